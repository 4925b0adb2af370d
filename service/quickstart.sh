#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job, end to end, on real firmware: sh service/quickstart.sh [--exit]
#
# Installs what is missing, builds, holds a key ceremony, takes two consecutive Debian kernels as OS images,
# publishes them, enrolls a small fleet in which one of everything happens, and shows how the rollout stands.
# Without --exit the service stays up to be looked at; Ctrl-C ends it. QUICKSTART_DIR chooses the folder.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
work=${QUICKSTART_DIR:-$here/build/quickstart}
bin=$here/build/release/bin
stay=yes
case ${1-} in
--exit) stay=no ;;
'') ;;
*)
    echo "usage: sh $0 [--exit]" >&2
    exit 2
    ;;
esac

begun=$(date +%s)
step() { printf '\n== %s  (%s s)\n' "$1" "$(($(date +%s) - begun))"; }
fail() {
    echo "quickstart: $1" >&2
    exit 1
}

children=''
finish() {
    for child in $children; do kill "$child" 2>/dev/null || :; done
    wait 2>/dev/null || :
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---- build ----------------------------------------------------------------------------------------------

step 'Installing what is missing, building'
sh "$here/docker/setup-debian.sh" run
cd "$here"
cmake --preset release >/dev/null
cmake --build --preset release | tail -n 1

# Everything but the downloaded images is made anew each time.
images=$work/images
rm -rf "$work/site"
mkdir -p "$work/site" "$images"
cd "$work/site"
date -u +%s >began

# ---- two consecutive real OS images ------------------------------------------------------------------------

step 'Fetching two consecutive kernels from Debian'

# Debian's own packages for arm64, through a private copy of apt's state: nothing of this system is changed.
private_apt() {
    program=$1
    shift
    "$program" -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State="$images/apt" \
        -o Dir::State::status="$images/apt/status" -o Dir::Cache="$images/apt/cache" \
        -o APT::Sandbox::User=root "$@"
}

fetch_images() {
    mkdir -p "$images/apt/lists/partial" "$images/apt/cache/archives/partial"
    : >"$images/apt/status"
    private_apt apt-get update >"$images/apt.log" 2>&1 || fail "apt could not fetch its lists; see $images/apt.log"
    private_apt apt-cache search --names-only '^linux-image-6\.1\.0-[0-9]+-cloud-arm64$' |
        sed 's/ .*//' | sort -t- -k4,4n | tail -n 2 >"$images/names"
    [ "$(wc -l <"$images/names")" -eq 2 ] || fail 'this mirror has fewer than two kernels to go from and to'
    while read -r name; do
        echo "  $name"
        (cd "$images" && private_apt apt-get download "$name" >>apt.log 2>&1) || fail "see $images/apt.log"
        rm -rf "$images/unpacked"
        dpkg-deb -x "$images/$name"_*.deb "$images/unpacked"
        version=$(dpkg-deb -f "$images/$name"_*.deb Version | sed 's/[-+~].*//')
        abi=$(echo "$name" | sed 's/.*6\.1\.0-\([0-9]*\)-.*/\1/')
        cp "$images/unpacked"/boot/vmlinuz-* "$images/$version.$abi.img"
        echo "$version.$abi" >>"$images/versions.new"
        rm -rf "$images/unpacked" "$images/$name"_*.deb
    done <"$images/names"
    mv "$images/versions.new" "$images/versions"
}
[ -s "$images/versions" ] || fetch_images
old=$(head -n 1 "$images/versions")
new=$(tail -n 1 "$images/versions")
echo "  $old -> $new, $(wc -c <"$images/$new.img") bytes"

# ---- releases --------------------------------------------------------------------------------------------------

spec() { # PRODUCT VERSION OS-RANGE
    cat <<SPEC
{"format": "postern.release-spec/1", "product": "$1", "version": "$2", "severity": "high",
 "notes": {"en": "Kernel security update", "zh-CN": "内核安全更新"},
 "fits": {"hardware": [{"model": "S80", "revisions": ">=1.0 <3.0"}], "os": ["$3"], "regions": ["CN", "DE"]},
 "components": [{"name": "os", "slot_class": "os"}],
 "needs": {"free": 0, "battery": 30, "mains": false, "idle": true, "metered": true},
 "confirm": {"tries": 3, "within_seconds": 60, "checks": ["boot"]}}
SPEC
}
build() { # PRODUCT VERSION OS-RANGE OPTION...
    product=$1 version=$2
    spec "$1" "$2" "$3" >"$product-$version.spec.json"
    shift 3
    "$bin/postern" release build "$product-$version.spec.json" --image "os=$images/$version.img" "$@" \
        --out "out-$product"
}

step 'Building releases: full images, a delta, each proven by decoding it'
build kiosk-k "$new" '>=6.0.0 <7.0.0'
build pos-a "$old" '>=6.0.0 <7.0.0'
build pos-a "$new" '>=6.0.0 <7.0.0' --base "$old=$images/$old.img" --role out-pos-a/metadata/pos-a.json

# ---- ceremony -----------------------------------------------------------------------------------------------

step 'Key ceremony: root 2 of 3, offline roles, online keys'
printf 'a passphrase for a scratch folder\n' >passphrase
chmod 600 passphrase
export POSTERN_CEREMONY=ceremony POSTERN_PASSPHRASE_FILE=passphrase
mkdir -p ceremony/keys ceremony/metadata
keys() { "$bin/postern-keys" "$@" >>ceremony.log; }

cat >posternd.conf <<CONF
listen = "127.0.0.1:0";
state: { folder = "$work/site/posternd"; };
repository: { root = "$work/site/ceremony/metadata/1.root.json"; };
log: { access = false; };
CONF
"$bin/posternd" --config posternd.conf init >online-keys.json
online=posternd/keys

for name in root-anna root-bao root-carla targets-1 release-1; do
    keys new "$name" --scheme ed25519 --days 365
done
# The second product's signing key ends in a moment: its terminal will meet an expired key.
leftover=25
expires=$(($(date -u +%s) + leftover))
keys new release-2 --scheme ed25519 --not-after "$(date -u -d "@$expires" +%Y-%m-%dT%H:%M:%SZ)"

keys root init --threshold 2 --root root-anna root-bao root-carla --targets targets-1 \
    --snapshot $online/snapshot.pub --timestamp $online/timestamp.pub
keys sign ceremony/metadata/1.root.json --key root-anna
keys sign ceremony/metadata/1.root.json --key root-carla
keys targets init --product pos-a --role-key release-1 --assignments $online/assignments.pub
keys targets next --product kiosk-k --role-key release-2
keys sign ceremony/metadata/targets.json --key targets-1

# The releases, drafted above, signed by those who answer for them.
cp out-pos-a/metadata/pos-a.json out-kiosk-k/metadata/kiosk-k.json ceremony/metadata/
keys sign ceremony/metadata/pos-a.json --key release-1
keys sign ceremony/metadata/kiosk-k.json --key release-2

# ---- service -----------------------------------------------------------------------------------------------------

step 'Starting posternd, publishing'
# shellcheck disable=SC2094  # two words that look like one file
"$bin/posternd" --config posternd.conf token create quickstart admin >token
chmod 600 token
"$bin/posternd" --config posternd.conf --port-file port serve 2>posternd.log &
children=$!
while [ ! -s port ]; do
    kill -0 "$children" 2>/dev/null || fail "posternd did not start: $(cat posternd.log)"
    sleep 0.1
done
port=$(cat port)
export POSTERN_SERVICE="http://127.0.0.1:$port"
postern() { "$bin/postern" --token-file token "$@"; }

mkdir -p publish/metadata publish/targets
cp -r out-pos-a/targets/. out-kiosk-k/targets/. publish/targets/
cp ceremony/metadata/targets.json ceremony/metadata/pos-a.json ceremony/metadata/kiosk-k.json publish/metadata/
postern publish publish | tail -n 1

# A mirror that damages the manifest on its way: one bit, each time.
mkfifo mirror.fifo
"$bin/fault-proxy" --listen 127.0.0.1:0 --to "127.0.0.1:$port" --match manifest.json --flip 100 >mirror.fifo 2>mirror.log &
children="$children $!"
mirror=$(sed 's/[^0-9]//g;q' mirror.fifo)

# ---- fleet -----------------------------------------------------------------------------------------------------------

step 'Enrolling seven terminals'
mkdir -p health
printf '#!/bin/sh\nexit 0\n' >health/boot
chmod +x health/boot
head -c 20000000 "$images/$old.img" >factory-build.img # an image that no delta was made from

terminal() { # SERIAL PRODUCT MODEL OS IMAGE BATTERY [MORE SETTINGS]
    folder=terminals/$1
    mkdir -p "$folder"
    code=$(postern terminal add "$2" "$1" --group "acquirer/merchant-7/store-1")
    cp "$5" "$folder/slot-a.img"
    echo "$6" >"$folder/battery"
    echo no >"$folder/no"
    cat >"$folder/agent.conf" <<CONF
service: { url = "$POSTERN_SERVICE"; enrol_code = "$code"; ${8-} };
state: { folder = "$folder/state"; };
terminal: { serial = "$1"; product = "$2"; model = "$3"; revision = "2.1"; region = "CN";
            group = "acquirer/merchant-7/store-1"; os = "$4"; };
slots: { a = "$folder/slot-a.img"; b = "$folder/slot-b.img"; };
boot: { file = "$folder/boot.state"; };
facts: { battery = "$folder/battery"; busy = "$folder/no"; metered = "$folder/no"; tampered = "$folder/no"; };
health: { folder = "$work/site/health"; };
${7-}
CONF
    "$bin/postern-agent" --config "$folder/agent.conf" init ceremony/metadata/1.root.json
    echo "  $1"
}

terminal DELTA-001 pos-a S80 "$old" "$images/$old.img" 90
terminal FULL-002 pos-a S80 6.0.12.7 factory-build.img 90
terminal MISFIT-003 pos-a S90 5.10.4 factory-build.img 90
terminal MIRROR-004 pos-a S80 "$old" "$images/$old.img" 90 '' \
    "repositories = [\"http://127.0.0.1:$mirror/repo\", \"$POSTERN_SERVICE/repo\"];"
terminal EXPIRED-005 kiosk-k S80 6.0.12.7 factory-build.img 90
terminal DEADCLOCK-006 pos-a S80 "$old" "$images/$old.img" 90 "clock: { offset = -$(date +%s); };"
terminal LOWBATT-007 pos-a S80 "$old" "$images/$old.img" 12

step 'Rolling out'
first=$(postern --json rollout create --product pos-a --version "$new" --name 'kernel to the shops' |
    sed 's/.*"id":"\([^"]*\)".*/\1/')
second=$(postern --json rollout create --product kiosk-k --version "$new" --name 'kernel to the kiosks' |
    sed 's/.*"id":"\([^"]*\)".*/\1/')
postern rollout start "$first"
postern rollout start "$second"

# The kiosks' signing key has to be out of its window by now.
while [ "$(date -u +%s)" -le "$expires" ]; do sleep 1; done

step 'One night: each terminal checks, stages, restarts, confirms'
for folder in terminals/*; do
    serial=$(basename "$folder")
    for cycle in 1 2; do
        "$bin/postern-agent" --config "$folder/agent.conf" once >"$folder/once-$cycle.out" \
            2>"$folder/once-$cycle.err" || :
        printf '  %-14s %s\n' "$serial" "$(cat "$folder/once-$cycle.out")"
        grep -q staged "$folder/once-$cycle.out" || break
    done
done

# ---- what the operator sees ---------------------------------------------------------------------------------------------

step 'How the rollouts stand'
postern status
step 'Why MISFIT-003 refuses'
postern terminal why MISFIT-003
step '为什么 MISFIT-003 拒绝 (--lang zh-CN)'
postern --lang zh-CN terminal why MISFIT-003
step 'Why EXPIRED-005 refuses, and what DEADCLOCK-006 noted'
postern terminal why EXPIRED-005
postern terminal why DEADCLOCK-006

full=$(find "out-pos-a/targets/pos-a/$new" -name 'os.full.*' ! -name '*.blocks' -exec wc -c {} + | awk '{ print $1 }')
delta=$(wc -c <"out-pos-a/targets/pos-a/$new/os.from-$old.delta")
step "Done: the delta is $delta bytes, $((delta * 100 / full)) % of the full image's $full"
cat <<TXT

Look at:
  $POSTERN_SERVICE/repo/metadata/timestamp.json          the repository, for any TUF client
  $POSTERN_SERVICE/api/v1/rollouts/$first     the rollout (Authorization: Bearer, token in $work/site/token)
  $POSTERN_SERVICE/readyz
  export POSTERN_SERVICE=$POSTERN_SERVICE
  $bin/postern --token-file $work/site/token status
TXT
[ "$stay" = yes ] || exit 0
echo 'The service stays up until Ctrl-C.'
wait "${children%% *}"
