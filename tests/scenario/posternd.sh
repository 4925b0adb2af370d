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
    expect 'its signature' 0 $keys sign 1.root.json --key r1
    expect 'a token for nobody' 2 $posternd token create ci boss
    expect 'a token' 0 $posternd token create ci operator
}
token=$(cat "$scratch/said")

# In the background, until it says that it takes connections: its log comes through a pipe.
serve() {
    rm -f "$scratch/log" "$scratch/port"
    mkfifo "$scratch/log"
    # shellcheck disable=SC2086
    $posternd --port-file "$scratch/port" 2>"$scratch/log" &
    pid=$!
    exec 3<"$scratch/log"
    while read -r line <&3; do
        case $line in *event=started*) break ;; esac
    done
    [ -s "$scratch/port" ] || say_failed 'the port was not written'
    url=http://127.0.0.1:$(cat "$scratch/port")
}

stop() {
    kill "$pid"
    wait "$pid"
    got=$?
    pid=
    cat <&3 >"$scratch/said"
    [ "$got" -eq 0 ] || say_failed "stopping: exit status $got"
    says 'stopping' 'event=stopping'
}

serve
answer 'alive' 200 '"alive"' "$url/livez"
answer 'ready' 200 '"ready"' "$url/readyz"
answer 'the root of trust' 200 '"_type"' "$url/repo/metadata/1.root.json"
answer 'a part of it' 206 '^.' -r 0-9 "$url/repo/metadata/1.root.json"
[ "$(wc -c <"$scratch/said")" -eq 10 ] || say_failed 'a part of another size'
answer 'nobody' 401 'service.unauthorized' "$url/api/v1/whoami"
answer 'in Chinese' 404 '"code":"service.not-found"' -H 'Accept-Language: zh-CN' "$url/nowhere"
answer 'an operator' 200 '"role":"operator"' -H "Authorization: Bearer $token" "$url/api/v1/whoami"
answer 'a terminal announced' 201 '"code"' -H "Authorization: Bearer $token" \
    -d '{"serial":"SN-1","product":"pos-a"}' -H 'Content-Type: application/json' \
    "$url/api/v1/terminals"
printf 'an image' >"$scratch/blob"
digest=$(sha256sum "$scratch/blob" | cut -d' ' -f1)
answer 'an upload' 201 "$digest" -H "Authorization: Bearer $token" -T "$scratch/blob" \
    "$url/api/v1/blobs/$digest"
# shellcheck disable=SC2086
{
    expect 'a second instance' 1 $posternd
    says 'a second instance' 'host.locked'
    expect 'a token while it serves' 1 $posternd token create other viewer
}
stop
says 'the access log' 'target="/nowhere" status=404'
serve
answer 'what was there stays' 200 '"SN-1"' -H "Authorization: Bearer $token" \
    "$url/api/v1/terminals"
stop

[ "$failed" -eq 0 ] && echo 'all as it should be'
[ "$failed" -eq 0 ]
