#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad input at every door but HTTP's (that is bad_requests.sh): arguments of all programs, settings,
# files that are not what they claim, passphrases, full disks, ports, folders. Each is refused with the
# status that it should have and a message that names the thing; and nothing has changed.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

kept='' # folders that no refusal may change

fingerprint() {
    # shellcheck disable=SC2086  # folders are words
    find $kept -type f ! -name '*-wal' ! -name '*-shm' -exec sha256sum {} + | sort | sha256sum
}

refuses() {
    wanted=$1
    words=$2
    shift 2
    before=$(fingerprint)
    says "$wanted" "$@" || return 1
    has "$words" "$scratch/said" || {
        echo "nothing of '$words' in:"
        cat "$scratch/said"
        return 1
    }
    [ "$before" = "$(fingerprint)" ] || {
        echo "it changed something"
        return 1
    }
}

# no WHAT STATUS WORDS COMMAND...
no() {
    what=$1
    shift
    check "$what" refuses "$@"
}

tool() {
    "$keys" --dir "$scratch/ceremony" "$@"
}

# as_nobody COMMAND...: root may write everywhere.
as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

site_begin
site_ceremony pos-a release-1
site_image "$scratch/one" 300000 one
site_edited "$scratch/one" "$scratch/two" two
site_serve
first_port=$service_port
site_release pos-a 2.0.0 "$scratch/two" 1.0.0 "$scratch/one"
site_terminal SN-1 pos-a 1.0.0 "$scratch/one"
site_once SN-1
check "the terminal that is spoilt below is fine at first" is SN-1 idle
site_stop "$service_pid"
kept="$scratch/ceremony $scratch/state $scratch/SN-1/state $scratch/SN-1/a"
run_agent() {
    "$agent" --config "$scratch/SN-1/agent.conf" "$@"
}

# A picture, as far as anybody looks.
printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0' >"$scratch/picture.png"
printf '{"a": 1' >"$scratch/half.json"
: >"$scratch/empty"
png=$scratch/picture.png
conf=$scratch/posternd.conf

# ---- arguments ------------------------------------------------------------------------------------------

for program in posternd postern postern-keys postern-agent fault-proxy; do
    no "$program: an unknown option" 2 'frobnicate' "$POSTERN_BIN/$program" --frobnicate
done
no "posternd: an unknown command" 2 "'frobnicate'" "$posternd" --config "$conf" frobnicate
no "posternd: no settings" 2 'config FILE' "$posternd" serve
no "posternd: an option without its value" 2 'config' "$posternd" --config
no "posternd: days that are no number" 2 "'soon'" "$posternd" --config "$conf" --days soon token create a admin
no "posternd: days beyond all bounds" 2 "'99999999999999999999'" "$posternd" --config "$conf" \
    --days 99999999999999999999 token create a admin
no "posternd: a language that is none" 2 "'tlh'" "$posternd" --lang tlh --config "$conf" init
no "posternd: a role that is none" 2 "'king'" "$posternd" --config "$conf" token create a king
no "posternd: a name that is none" 2 "'../a'" "$posternd" --config "$conf" token create ../a admin
no "posternd: too few words" 2 'token create NAME ROLE' "$posternd" --config "$conf" token create
no "posternd: too many words" 2 'now' "$posternd" --config "$conf" init now
no "posternd: an address that is none" 1 "nonsense" "$posternd" --config "$conf" --listen nonsense
no "posternd: a port that is none" 1 "70000" "$posternd" --config "$conf" --listen 127.0.0.1:70000

no "postern: no command" 2 'usage: postern' "$postern"
no "postern: an unknown command" 2 "'frobnicate'" "$postern" frobnicate
no "postern: half a command" 2 "'rollout'" "$postern" rollout
no "postern: an argument too few" 2 'usage: postern rollout start ROLLOUT' "$postern" rollout start
no "postern: an argument too many" 2 'usage: postern publish DIR' "$postern" publish a b
no "postern: an option without its value" 2 'product' "$postern" rollout create --product
no "postern: a percentage that is none" 2 "'half'" site_postern rollout create --product p --version 1.0.0 --percent half
no "postern: more than all" 2 "'101'" site_postern rollout create --product p --version 1.0.0 --percent 101
no "postern: nobody" 2 "'0'" site_postern rollout create --product p --version 1.0.0 --percent 0
no "postern: a rollout of nothing" 2 'product P and --version V' site_postern rollout create
no "postern: an id that climbs" 2 "'../../livez'" site_postern status ../../livez
no "postern: a serial number that climbs" 2 "'../livez'" site_postern terminal show ../livez
no "postern: no service" 2 'POSTERN_SERVICE' env -u POSTERN_SERVICE "$postern" --token-file "$scratch/token" status
no "postern: no token" 1 'POSTERN_TOKEN' "$postern" status
no "postern: a language that is none" 2 'postern' "$postern" --lang tlh status
no "postern: a release of nothing" 2 'out DIR' "$postern" release build "$scratch/spec.json"
no "postern: an image without a component" 2 "'$scratch/one'" "$postern" release build \
    "$scratch/spec.json" --image "$scratch/one" --out "$scratch/ceremony"
no "postern: a base without a version" 2 "'latest=$scratch/one'" "$postern" release build \
    "$scratch/spec.json" --image "os=$scratch/two" --base "latest=$scratch/one" --out "$scratch/ceremony"

no "postern-keys: no command" 2 'commands:' "$keys"
no "postern-keys: an unknown command" 2 'frobnicate' tool frobnicate
no "postern-keys: an option without its value" 2 'scheme' tool new a --scheme
no "postern-keys: what has to be said is not" 2 'scheme' tool new a
no "postern-keys: a scheme that is none" 1 'rot13' tool new a --scheme rot13 --plain
no "postern-keys: a name that climbs" 2 "'../a'" tool new ../a --scheme ed25519 --plain
no "postern-keys: days that are no number" 2 'soon' tool new a --scheme ed25519 --days soon
no "postern-keys: a time that is none" 2 'tomorrow' tool new a --scheme ed25519 --not-after tomorrow
no "postern-keys: a threshold that is none" 2 'many' tool root next --threshold many
no "postern-keys: a threshold beyond its keys" 1 '9' tool root next --threshold 9
no "postern-keys: the same option twice" 2 'twice' tool new a --scheme ed25519 --scheme ed25519
no "postern-keys: a key that is not there" 1 'nobody' tool sign targets.json --key nobody
no "postern-keys: a file that is not there" 1 'nothing.json' tool check nothing.json
no "postern-keys: a key that is there already" 1 'root-1' tool new root-1 --scheme ed25519 --plain
no "postern-keys: a root that is there already" 1 '1.root.json' tool root init --threshold 1 \
    --root root-1 --targets targets-1 --snapshot targets-1 --timestamp targets-1

no "postern-agent: no command" 2 'usage: postern-agent' "$agent"
no "postern-agent: an unknown command" 2 "'frobnicate'" run_agent frobnicate
no "postern-agent: no settings" 2 'config FILE' "$agent" once
no "postern-agent: an option without its value" 2 'config' "$agent" --config
no "postern-agent: an argument too few" 2 "'init'" run_agent init
no "postern-agent: an argument too many" 2 "'once'" run_agent once twice
no "postern-agent: a language that is none" 2 'usage: postern-agent' run_agent --lang tlh once
no "postern-agent: a refresh of nothing" 2 'metadata-dir' "$agent" refresh
no "postern-agent: confirming nothing" 1 'a release on trial' run_agent confirm
no "postern-agent: a second root" 1 'root.json' run_agent init "$scratch/ceremony/metadata/1.root.json"

no "fault-proxy: a number that is none" 2 "'x'" "$proxy" --listen 127.0.0.1:0 --to 127.0.0.1:1 --flip x

# ---- settings -----------------------------------------------------------------------------------------------

bad_conf=$scratch/bad.conf
for program in posternd postern-agent; do
    case $program in
    posternd) command=init ;;
    *) command=once ;;
    esac
    run="$POSTERN_BIN/$program"
    no "$program: settings that are not there" 1 "$scratch/none.conf" "$run" --config "$scratch/none.conf" $command
    no "$program: a folder for settings" 1 "$scratch" "$run" --config "$scratch" $command
    no "$program: a picture for settings" 1 "picture.png:1" "$run" --config "$png" $command
    no "$program: an endless file for settings" 1 '/dev/zero' "$run" --config /dev/zero $command
    printf 'a = 1;\nb = = 2;\n' >"$bad_conf"
    no "$program: settings that do not parse" 1 'bad.conf:2' "$run" --config "$bad_conf" $command
done
cat >"$bad_conf" <<END
listen = 5;
state = { folder = "$scratch/new"; };
repository = { timestamp_days = 91; snapshot_dais = 3; };
http = { workers = "many"; };
enrolment = { policy = "anybody"; };
END
no "posternd: settings, and all that is wrong with them" 1 'bad.conf:1' "$posternd" --config "$bad_conf" init
for words in 'bad.conf:3.*timestamp_days' 'bad.conf:3.*snapshot_dais' 'bad.conf:4.*workers' '91' \
    config.bad-value config.unknown-setting; do
    check "it names $words" has "$words" "$scratch/said"
done
printf 'state = { folder = "%s"; };\nenrolment = { policy = "anybody"; };\n' "$scratch/new" >"$bad_conf"
no "posternd: a policy that is none" 1 "'anybody'" "$posternd" --config "$bad_conf" init
check "and no folder was made" test ! -e "$scratch/new"
echo 'listen = "127.0.0.1:0";' >"$bad_conf"
no "posternd: a setting that is not there" 1 'state.folder' "$posternd" --config "$bad_conf" init
printf 'state = { folder = "%s"; };\n' "$scratch/new" >"$bad_conf"
no "posternd: a state folder that init never made" 1 "$scratch/new" "$posternd" --config "$bad_conf" serve

# spoil SED-SCRIPT: the terminal's settings, spoilt.
spoil() {
    sed "$1" "$scratch/SN-1/agent.conf" >"$bad_conf"
}
spoil 's/^terminal = .*/terminal = { serial = 7; serail = "x"; model = "C9"; os = "one"; };/
       s/^network = .*/network = { stall = 0; connect = 99999999999; };/'
no "postern-agent: settings, and all that is wrong with them" 1 'bad.conf:3.*serial' "$agent" --config "$bad_conf" once
for words in 'bad.conf:3.*serail' 'terminal.product' 'bad.conf:[0-9]*.*stall' 'bad.conf:[0-9]*.*connect'; do
    check "it names $words" has "$words" "$scratch/said"
done
spoil 's/os = "1.0.0"/os = "one"/; s/model = "C9"/model = "C 9"/'
no "postern-agent: a version that is none" 1 "'one'" "$agent" --config "$bad_conf" once
check "and at once the model that is none" has "'C 9'" "$scratch/said"
spoil "s|b = \"$scratch/SN-1/b\"|b = \"$scratch/SN-1/a\"|"
no "postern-agent: one slot twice" 1 'are one' "$agent" --config "$bad_conf" once
spoil 's|url = "http://127.0.0.1:[0-9]*"|url = "http://192.0.2.1"|'
no "postern-agent: plain http to another host" 1 '192.0.2.1' "$agent" --config "$bad_conf" once
spoil 's|url = "http://127.0.0.1:[0-9]*"|url = "gopher://127.0.0.1"|'
no "postern-agent: a URL of another kind" 1 'gopher' "$agent" --config "$bad_conf" once

# ---- files that are not what they claim ------------------------------------------------------------------------

mkdir "$scratch/tree" "$scratch/tree/metadata"
cp "$png" "$scratch/tree/metadata/pos-a.json"
cp "$png" "$scratch/png.key"
chmod 600 "$scratch/png.key"
for file in "$png" "$scratch/half.json" "$scratch/empty" "$scratch"; do
    name=${file##*/}
    [ -d "$file" ] && delta_status=2 || delta_status=1
    no "postern-keys: $name to sign" 1 "$name" tool sign "$file" --key root-1
    no "postern-keys: $name to check" 1 "$name" tool check "$file"
    no "postern-agent: $name as a root" 1 "$name" "$agent" --metadata-dir "$scratch/fresh" init "$file"
    no "postern-agent: $name as a manifest" 1 "$name" run_agent explain "$file"
    no "postern: $name as a specification" 1 "$name" "$postern" release build "$file" \
        --image "os=$scratch/one" --out "$scratch/out"
    no "postern: $name as a delta" "$delta_status" "$name" "$postern" delta info "$file"
    no "postern: $name to apply" "$delta_status" "$name" "$postern" delta apply "$scratch/one" "$file" "$scratch/out.img"
    no "postern: $name as a terminal" 1 "$name" "$postern" explain --release "$scratch/ceremony" --terminal "$file"
    no "postern: $name as a release" 1 "$name" "$postern" explain --release "$file" --terminal "$scratch/half.json"
    printf 'state = { folder = "%s"; };\nrepository = { root = "%s"; };\n' "$scratch/fresh-state" "$file" >"$bad_conf"
    must "$posternd" --config "$bad_conf" init
    no "posternd: $name as its root" 1 "$name\\|initial root" "$posternd" --config "$bad_conf" --listen 127.0.0.1:0
done
check "no output was left of any of them" test ! -e "$scratch/out.img" -a ! -e "$scratch/out"
no "postern-keys: a picture for a private key" 1 'png.key' tool sign targets.json --key "$scratch/png.key"
no "postern-keys: a picture for a public key" 1 'picture.png' tool root next --add-root "$png"
no "postern: a delta from another base" 1 'delta.base-mismatch' "$postern" delta apply "$scratch/two" \
    "$(find "$scratch/ceremony/targets" -name '*.delta')" "$scratch/out.img"
check "of which nothing is left" test ! -e "$scratch/out.img"
no "postern: an image that is not there" 1 'none.img' "$postern" release build "$scratch/spec.json" \
    --image "os=$scratch/none.img" --out "$scratch/out"
no "postern: an image without a byte" 2 'empty' "$postern" release build "$scratch/spec.json" \
    --image "os=$scratch/empty" --out "$scratch/out"
no "postern: another image for a version that is out" 1 'release.immutable' "$postern" release build \
    "$scratch/spec.json" --image "os=$scratch/one" --out "$scratch/ceremony"
chmod 644 "$scratch/png.key"
must tool new loose --scheme ed25519 --plain
chmod 644 "$scratch/ceremony/keys/loose.key"
no "postern-keys: a private key that others may read" 1 'loose.key' tool sign targets.json --key loose

# ---- passphrases ----------------------------------------------------------------------------------------------------

(umask 077 && echo 'correct horse battery staple' >"$scratch/pass" && echo 'Tr0ub4dor&3 is not it' >"$scratch/wrong")
must tool new locked --scheme ed25519 --passphrase-file "$scratch/pass"
no "a wrong passphrase" 1 'key.locked' tool sign targets.json --key locked --passphrase-file "$scratch/wrong"
no "no passphrase" 1 'locked' tool sign targets.json --key locked
no "a passphrase file that is not there" 1 'none.pass' tool sign targets.json --key locked \
    --passphrase-file "$scratch/none.pass"
chmod 644 "$scratch/pass"
no "a passphrase that others may read" 1 "$scratch/pass" tool sign targets.json --key locked \
    --passphrase-file "$scratch/pass"

# ---- ports --------------------------------------------------------------------------------------------------------------

site_proxy taken
no "a port in use" 1 "127.0.0.1:$port" "$posternd" --config "$conf" --listen "127.0.0.1:$port"
check "by its code" has host.port-in-use "$scratch/said"
no "an address of another host" 1 '192.0.2.1' "$posternd" --config "$conf" --listen 192.0.2.1:8470
site_serve
no "a second service on one state folder" 1 'host.locked' "$posternd" --config "$conf" --listen 127.0.0.1:0
no "a token while serving" 1 'host.locked' "$posternd" --config "$conf" token create b admin
site_stop "$service_pid"
no "nobody there" 1 'network.unreachable' site_postern --service "$service" status
no "a URL that is none" 1 'nonsense' site_postern --service nonsense status
no "a URL of another kind" 1 'ftp://127.0.0.1' site_postern --service ftp://127.0.0.1 status
no "a token file that is not there" 1 'none.token' "$postern" --token-file "$scratch/none.token" status
no "a token file that is a folder" 1 "$scratch" "$postern" --token-file "$scratch" status
no "a picture for a token" 1 'picture.png\|token' "$postern" --token-file "$png" status

# ---- folders that may not be written ----------------------------------------------------------------------------

mkdir "$scratch/shut" "$scratch/ours"
chmod 555 "$scratch/shut"
[ "$(id -u)" -ne 0 ] || chown 65534 "$scratch/ours"
chmod 755 "$scratch/shut" "$scratch/ceremony" "$scratch/ceremony/metadata" "$scratch/ours"
[ "$(id -u)" -eq 0 ] || chmod 555 "$scratch/shut"
sed "s|$scratch/state|$scratch/shut/state|" "$conf" >"$bad_conf"
no "posternd: a state folder that may not be made" 1 "$scratch/shut" as_nobody "$posternd" --config "$bad_conf" init
no "postern-keys: keys that may not be written" 1 "$scratch/shut" as_nobody "$keys" --dir "$scratch/shut" new a --scheme ed25519 --plain
no "postern: a release that may not be written" 1 "$scratch/shut" as_nobody "$postern" release build \
    "$scratch/spec.json" --image "os=$scratch/one" --out "$scratch/shut/out"
no "postern: a delta that may not be written" 1 "$scratch/shut" as_nobody "$postern" delta make \
    "$scratch/one" "$scratch/two" "$scratch/shut/delta"
sed "s|folder = \"$scratch/SN-1|folder = \"$scratch/shut|" "$scratch/SN-1/agent.conf" >"$bad_conf"
no "postern-agent: a state folder that may not be made" 1 "$scratch/shut" as_nobody "$agent" --config "$bad_conf" once
check "nothing is in that folder" test -z "$(ls "$scratch/shut")"

# ---- full disks ---------------------------------------------------------------------------------------------------------

# small_disk COMMAND...: files end at 64 KiB, which programs see as a full disk.
small_disk() (
    trap '' XFSZ
    # dash counts in blocks of 512 bytes, bash in KiB
    ulimit -f 128
    "$@"
)

no "postern: a release on a full disk" 1 'host.disk-full' small_disk "$postern" release build \
    "$scratch/spec.json" --image "os=$scratch/one" --out "$scratch/ours/out"
no "postern: a delta on a full disk" 1 'host.disk-full' small_disk "$postern" delta apply "$scratch/one" \
    "$(find "$scratch/ceremony/targets" -name '*.delta')" "$scratch/ours/out.img"
check "no file is left of them" test -z "$(find "$scratch/ours" -type f)"

site_serve "127.0.0.1:$first_port"
site_rollout pos-a 2.0.0
site_terminal SN-2 pos-a 1.0.0 "$scratch/one"
kept="$scratch/ceremony $scratch/SN-1/a $scratch/SN-1/boot"
if [ "$(id -u)" -eq 0 ] && mkdir "$scratch/small" &&
    mount -t tmpfs -o size=128k none "$scratch/small" 2>/dev/null; then
    spoil "s|b = \"$scratch/SN-1/b\"|b = \"$scratch/small/b\"|"
    no "postern-agent: a slot on a full disk" 1 "$scratch/small/b" "$agent" --config "$bad_conf" once
    check "by its code" has 'slot.io-error' "$scratch/said"
    umount "$scratch/small"
else
    echo "skipped: a slot on a full disk, for no small one can be mounted here"
fi
for name in SN-1 SN-2; do
    site_once $name
    check "with room $name goes on" is $name staged
done
