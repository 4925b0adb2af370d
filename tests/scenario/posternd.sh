#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# posternd as an operator meets it: init, ceremony, token, serve, stop; and what it says when it cannot.
set -u
LC_ALL=C
export LC_ALL

bin=${POSTERN_BIN:?}
scratch=$(mktemp -d) || exit 1
pid=
failed=0
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

command -v curl >/dev/null || exit 77

say_failed() {
    echo "FAILED: $1"
    [ -f "$scratch/said" ] && cat "$scratch/said"
    failed=$((failed + 1))
}

# expect WHAT STATUS COMMAND...: exit status; what it says is kept in $scratch/said.
expect() {
    what=$1
    wanted=$2
    shift 2
    "$@" >"$scratch/said" 2>&1
    got=$?
    [ "$got" -eq "$wanted" ] || say_failed "$what: exit status $got instead of $wanted"
}

# says WHAT WORDS: the last command said so.
says() {
    grep -q -e "$2" "$scratch/said" || say_failed "$1: nothing about '$2'"
}

# answer WHAT STATUS WORDS CURL-ARGUMENTS...
answer() {
    what=$1
    wanted=$2
    words=$3
    shift 3
    got=$(curl -s --max-time 20 -o "$scratch/said" -w '%{http_code}' "$@")
    [ "$got" = "$wanted" ] || say_failed "$what: HTTP $got instead of $wanted"
    says "$what" "$words"
}

cat >"$scratch/posternd.conf" <<CONF
listen = "127.0.0.1:0";
state : { folder = "$scratch/state"; };
repository : { root = "$scratch/ceremony/metadata/1.root.json"; };
http : { workers = 2; };
CONF
cat >"$scratch/bad.conf" <<'CONF'
enrolment : { policy = "code"; };
http : { workers = 1000; colour = "red"; };
CONF
posternd="$bin/posternd --config $scratch/posternd.conf"

expect 'no configuration' 2 "$bin/posternd"
expect 'a bad configuration' 1 "$bin/posternd" --config "$scratch/bad.conf"
says 'a bad configuration' 'config.bad-value'
says 'a bad configuration' 'config.unknown-setting'
says 'a bad configuration' 'config.missing-setting'
# shellcheck disable=SC2086  # words
{
    expect 'serving before init' 1 $posternd
    says 'serving before init' 'posternd init'
    expect 'init' 0 $posternd init
    says 'init' '"role":"timestamp"'
    expect 'init again' 0 $posternd init
}
[ "$(stat -c %a "$scratch/state/secret")" = 600 ] || say_failed 'the secret is open to others'

keys="$bin/postern-keys --dir $scratch/ceremony"
mkdir -p "$scratch/ceremony"
# shellcheck disable=SC2086
{
    expect 'a root key' 0 $keys new r1 --scheme ed25519 --plain
    expect 'a targets key' 0 $keys new t1 --scheme ed25519 --plain
    expect 'a root' 0 $keys root init --threshold 1 --root r1 --targets t1 \
        --snapshot "$scratch/state/keys/snapshot.pub" --timestamp "$scratch/state/keys/timestamp.pub"
    expect 'its signature' 0 $keys sign 1.root.json --key r1 --yes
    expect 'a token for nobody' 2 $posternd token create ci boss
    expect 'a token' 0 $posternd token create ci operator
}
token=$(cat "$scratch/said")

# serve [ARGUMENTS...]: in the background, until it takes connections.
serve() {
    mkfifo "$scratch/ready"
    # shellcheck disable=SC2086
    $posternd --port-file "$scratch/port" "$@" 2>"$scratch/ready" &
    pid=$!
    tee "$scratch/log" <"$scratch/ready" | grep -m 1 -e 'event=started' >/dev/null
    url=http://127.0.0.1:$(cat "$scratch/port")
}
