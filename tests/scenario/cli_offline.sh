#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# postern without a service: deltas, building a release, and explaining it to a terminal, with the real programs
# and keys from postern-keys. Each refusal is looked for by its code, beside what must not have happened.
set -u

: "${POSTERN_BIN:?the folder with the programs}"
postern=$POSTERN_BIN/postern
keys=$POSTERN_BIN/postern-keys
for tool in "$postern" "$keys"; do
    [ -x "$tool" ] || { echo "$tool is not built"; exit 77; }
done

scratch=$(mktemp -d) || exit 1
failed=0
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch" || exit 1
unset POSTERN_CEREMONY POSTERN_PASSPHRASE_FILE POSTERN_SERVICE LC_ALL LC_MESSAGES
LANG=en SOURCE_DATE_EPOCH=$(date +%s)
export LANG SOURCE_DATE_EPOCH

check() {
    name=$1
    shift
    if "$@"; then
        echo "ok: $name"
    else
        echo "FAILED: $name (exit $status)"
        sed 's/^/    /' out err
        failed=$((failed + 1))
    fi
}

# run STATUS ARGUMENTS...: whether postern ends with that status; its words are in out and err.
run() {
    wanted=$1
    shift
    "$postern" "$@" >out 2>err
    status=$?
    [ "$status" -eq "$wanted" ]
}

says() {
    for word in "$@"; do
        grep -qF -e "$word" out err || { echo "    not said: $word"; return 1; }
    done
}

silent_on() {
    for word in "$@"; do
        if grep -qF -e "$word" out err; then echo "    said: $word"; return 1; fi
    done
}

both() { # both FIRST... -- SECOND...: two checks as one
    first=''
    while [ "$1" != -- ]; do
        first="$first $1"
        shift
    done
    shift
    # shellcheck disable=SC2086  # words
    $first && "$@"
}

size() {
    wc -c <"$1" | tr -d ' '
}

# flip FILE OFFSET: turns all bits of one byte.
flip() {
    old=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059  # the byte is the format
    printf "$(printf '\\%03o' $((255 - old)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

nothing_beside() { # nothing_beside FILE: neither the file nor a temporary one of it
    for left in "$1" "$1".*; do
        if [ -e "$left" ]; then echo "    left: $left"; return 1; fi
    done
}

same_tree() {
    diff -r "$1" "$2"
}

# ---- images: two generated ones, and two versions of a real program ---------------------------------------------

i=0
while [ $i -lt 9000 ]; do
    echo "line $i of a terminal's image, with words that pack well: $((i * 7919 % 10007))"
    i=$((i + 1))
done >v1.img
head -c 200000 /dev/urandom >>v1.img
{ head -c 100000 v1.img; echo 'a new line in the middle'; tail -c +100001 v1.img; head -c 5000 /dev/urandom; } >v2.img
{ cat v2.img; echo 'and one at the end'; } >v3.img
head -c 300000 /dev/urandom >noise.img
for n in 1 2; do
    printf '#include <stdio.h>\n#include <stdlib.h>\n' >prog.c
    [ $n = 1 ] || printf 'static int twice(int i) { return 2 * i; }\n' >>prog.c
    i=0
    while [ $i -lt 200 ]; do
        echo "int f$i(int a); int f$i(int a) { return printf(\"step $i of %d;\", a * $i + $n); }"
        i=$((i + 1))
    done >>prog.c
    if [ $n = 1 ]; then echo 'int main(void) { return f1(2); }'
    else echo 'int main(void) { return twice(f1(2)) + abs(f7(3)); }'; fi >>prog.c
    ${CC:-cc} -O1 -w -o "prog$n" prog.c || exit 1
done

# ---- delta make, info, apply -----------------------------------------------------------------------------------

for pair in v1.img:v2.img prog1:prog2 noise.img:v1.img v1.img:v1.img; do
    old=${pair%%:*} new=${pair##*:}
    check "a delta from $old to $new is made" run 0 delta make "$old" "$new" d
    check "and info tells of it" both run 0 delta info d -- says "$(size "$new") bytes" postern.delta
    check "and applied it is the image" both run 0 delta apply "$old" d o -- cmp "$new" o
    rm -f d o
done
"$postern" delta make v1.img v2.img d >/dev/null 2>&1
check "it is a small part of the image" test $(($(size d) * 10)) -lt "$(size v2.img)"
"$postern" delta make v1.img v2.img d2 >/dev/null 2>&1
check "made twice it has the same bytes" cmp d d2
check "--json of make" run 0 --json delta make v1.img v2.img d2
check "is JSON with the digests" grep -q '^{.*"image_sha256":"[0-9a-f]\{64\}".*}$' out
check "--json of info" both run 0 --json delta info d -- grep -q "\"image_bytes\":$(size v2.img),.*}\$" out
check "--json of apply" both run 0 --json delta apply v1.img d o -- says '"proven":true'
rm -f o d2

check "another base is refused" both run 1 delta apply noise.img d o -- says delta.base-mismatch
check "and leaves nothing" nothing_beside o
cp v1.img v1.bent && flip v1.bent 5000
check "a damaged base of the same size too" both run 1 delta apply v1.bent d o -- says delta.base-mismatch
check "and leaves nothing" nothing_beside o
# Every place of a delta: header, both digests, head, frames.
unnoticed=''
for at in 0 4 9 17 24 40 55 56 64 87 88 92 96 100 104 105 106 111 112 120 130 1000 3000 $(($(size d) - 73)) $(($(size d) - 1)); do
    cp d bent && flip bent "$at"
    if run 1 delta apply v1.img bent o && [ -s err ] && nothing_beside o; then :; else unnoticed="$unnoticed $at"; fi
done
check "a delta with any byte turned is refused, and leaves nothing" test -z "$unnoticed"
for len in 0 1 63 111 112 113 200 $(($(size d) - 72)) $(($(size d) - 1)); do
    head -c "$len" d >part
    check "cut to $len bytes it is refused" both run 1 delta apply v1.img part o -- nothing_beside o
done
{ head -c 24 d && head -c 64 /dev/zero && tail -c +89 d; } >part
check "without its digests it is applied, and told to be unproven" \
    both run 0 delta apply v1.img part o -- says 'no digest'
check "and is the image" cmp v2.img o
rm -f o
run 1 delta info v1.img
check "what is no delta is said to be none, once" test "$(grep -c delta.malformed err)" = 1
cp v1.img keep
check "OUT may not be OLD" both run 2 delta apply v1.img d v1.img -- cmp v1.img keep
ln v1.img other-name
check "nor under another name" both run 2 delta apply v1.img d other-name -- cmp v1.img keep
check "nor NEW" both run 2 delta make v1.img v2.img v2.img -- says usage.bad-arguments
mkdir folder
check "nor a folder" run 2 delta apply v1.img d folder
check "a file that is not there is named" both run 1 delta make gone v2.img o -- says host.not-found gone
check "both of them are" both run 1 delta make gone lost o -- says gone lost
check "OUT in no folder" both run 1 delta apply v1.img d nowhere/o -- says host.not-found
check "too few arguments" run 2 delta make v1.img v2.img
echo old >o
check "an OUT that was there stays when the delta is bad" \
    both run 1 delta apply v1.img bent o -- grep -q '^old$' o
check "and is replaced when it is good" both run 0 delta apply v1.img d o -- cmp v2.img o

# ---- release build ------------------------------------------------------------------------------------------------

# spec VERSION COMPONENTS: a specification on standard output
spec() {
    cat <<END
{"format": "postern.release-spec/1", "product": "pos-a", "version": "$1",
 "published": "2026-01-02T03:04:05Z", "notes": {"en": "One.", "zh-CN": "一。"}, "severity": "high",
 "fits": {"hardware": [{"model": "P400"}], "os": [">=1.0.0 <$1"], "regions": ["EU"]},
 "components": [$2],
 "needs": {"free": 0, "battery": 30, "mains": false, "idle": true, "metered": true},
 "confirm": {"tries": 3, "within_seconds": 600, "checks": []}}
END
}
os='{"name": "os", "slot_class": "rootfs"}'
app='{"name": "app", "slot_class": "app"}'
spec 2.0.0 "$os" >spec.json

check "a release is built" run 0 release build spec.json --image os=v2.img --base 1.0.0=v1.img --out tree
check "with its table" says os.full.xz os.from-1.0.0.delta postern.delta/1 'OF IMAGE'
for file in manifest.json os.full.xz os.full.xz.blocks os.from-1.0.0.delta os.from-1.0.0.delta.blocks; do
    check "$file is there" test -s "tree/targets/pos-a/2.0.0/$file"
done
check "nothing else is" test "$(find tree -type f | wc -l | tr -d ' ')" = 6
check "the draft has no signature yet" grep -q '"signatures":\[\]' tree/metadata/pos-a.json
check "the manifest has no member of the specification's format" \
    grep -q '"format":"postern.release/1"' tree/targets/pos-a/2.0.0/manifest.json
blocks=$(($(size tree/targets/pos-a/2.0.0/os.full.xz) / 65536 + 1))
check "a list has 32 bytes a block" test "$(size tree/targets/pos-a/2.0.0/os.full.xz.blocks)" = $((blocks * 32))
check "the delta of a release can be applied" \
    both run 0 delta apply v1.img tree/targets/pos-a/2.0.0/os.from-1.0.0.delta o2 -- cmp v2.img o2
check "built again elsewhere" run 0 --json release build spec.json --image os=v2.img --base 1.0.0=v1.img --out tree2
check "it has the same bytes" same_tree tree tree2
check "and the summary as JSON" grep -q '^{.*"permille_of_image":.*"role_version":1.*}$\|^{.*"role_version":1.*"permille_of_image":.*}$' out
check "built again in its place" run 0 release build spec.json --image os=v2.img --base 1.0.0=v1.img --out tree2
check "nothing has changed" same_tree tree tree2
check "other images for that version are refused" both \
    run 1 release build spec.json --image os=v1.img --out tree2 -- says release.immutable
check "and nothing has changed" same_tree tree tree2

check "what does not pack stays as it is" run 0 release build spec.json --image os=noise.img --out raw
check "as a raw source" cmp noise.img raw/targets/pos-a/2.0.0/os.full.img
check "a delta that saves too little is left out" both \
    run 0 release build spec.json --image os=noise.img --base 1.0.0=v1.img --out raw -- says 'no delta from 1.0.0'
check "and one from the image itself" both \
    run 0 release build spec.json --image os=noise.img --base 1.0.0=noise.img --out raw -- says 'the same image'
check "neither is there" test ! -e raw/targets/pos-a/2.0.0/os.from-1.0.0.delta

spec 2.0.0+build7 "$os, $app" >two.json
check "two components" run 0 release build two.json --image os=v2.img --image app=prog2 \
    --base os:1.0.0=v1.img --base app:1.0.0+b1=prog1 --out two
check "each with its delta" test -s two/targets/pos-a/2.0.0_build7/app.from-1.0.0_b1.delta
check "a base must say whose it is" both \
    run 2 release build two.json --image os=v2.img --image app=prog2 --base 1.0.0=v1.img --out two -- says COMPONENT:VERSION=FILE

sed -e 's/"2.0.0"/"2.0"/; s/>=1.0.0 <2.0.0/>=3.0.0 <2.0.0/; s/"severity": "high"/"severity": "huge"/' \
    -e 's/"battery": 30/"battery": 130, "colour": 1/; s/"slot_class": "rootfs"/"image": {}/' spec.json >bad.json
sed -e 's/"2.0"/"2..0"/' bad.json >worse.json
check "a specification with many faults has all of them named" both \
    run 1 release build worse.json --image os=v2.img --image app=gone --out no -- \
    says release/version release/severity release/fits/os/0 release/needs/battery release/needs/colour \
    release/components/0/slot_class "'image'" "'app'" gone
check "and nothing is made" test ! -e no
echo '{"format": "postern.release-spec/2"}' >newer.json
check "a newer format is named alone" both run 1 release build newer.json --image os=v2.img --out no -- says metadata.format-unknown
echo '{' >broken.json
check "so is what is no JSON" both run 1 release build broken.json --image os=v2.img --out no -- says document.bad-syntax
check "a component without an image" both run 2 release build two.json --image os=v2.img --out no -- says '--image app=FILE'
check "an image twice" both run 2 release build spec.json --image os=v2.img --image os=v1.img --out no -- says 'another for'
check "a base version twice" both \
    run 2 release build spec.json --image os=v2.img --base 1.0.0=v1.img --base 1.0=v1.img --out no -- says 'each base version once'
: >empty.img
check "an empty image" both run 2 release build spec.json --image os=empty.img --out no -- says empty
check "a command line with many faults has all of them named" both \
    run 2 release build spec.json --image os --base x=y --days 0 -- says '--out DIR' "'os'" "'x=y'" '--days'
check "no image at all" run 2 release build spec.json --out no
check "no specification" run 2 release build --image os=v2.img --out no
check "nothing was made by any of these" test ! -e no
: >blocker
check "an OUT that is a file" both run 1 release build spec.json --image os=v2.img --out blocker -- test ! -s blocker
if [ "$(id -u)" != 0 ]; then
    mkdir locked && chmod 555 locked
    check "an OUT that may not be written" both run 1 release build spec.json --image os=v2.img --out locked/x -- says host.permission
fi
check "an OUT that cannot be" both run 1 release build spec.json --image os=v2.img --out /proc/postern-none -- says host.

# ---- signing, and the next version ------------------------------------------------------------------------------------

ceremony() {
    "$keys" --dir tree "$@" >out 2>err </dev/null
    status=$?
    [ "$status" -eq 0 ]
}
for name in root-a product-a online; do
    check "a key $name" ceremony new "$name" --scheme ed25519 --plain
done
check "a root" ceremony root init --threshold 1 --root root-a --targets root-a \
    --snapshot tree/keys/online.pub --timestamp tree/keys/online.pub
check "signed" ceremony sign tree/metadata/1.root.json --key root-a
check "targets" ceremony targets init --product pos-a --role-key product-a --assignments tree/keys/online.pub
check "signed" ceremony sign tree/metadata/targets.json --key root-a

# facts FILE [sed script]: a terminal that fits, changed as asked
base_sha=$(sha256sum v1.img | cut -d ' ' -f 1)
facts() {
    cat <<END | sed "${2:-}" >"$1"
{"format": "postern.facts/1", "serial": "P4-1", "product": "pos-a", "model": "P400", "region": "EU",
 "revision": "1.0", "os": "1.0.0", "agent": "1.0.0",
 "components": [{"name": "os", "slot_class": "rootfs", "slot_bytes": 16777216,
                 "active": {"size": $(size v1.img), "sha256": "$base_sha"}}],
 "schemes": ["ed25519"], "free_bytes": 1000000, "memory_bytes": 67108864, "battery_percent": 80,
 "mains": true, "busy": false, "tampered": false, "metered": false, "window_open": true,
 "root_version": 1, "sequence": 0}
END
}
facts fits.json
explain() { # explain STATUS FACTS [options]
    explain_status=$1 explain_facts=$2
    shift 2
    run "$explain_status" "$@" explain --release tree --terminal "$explain_facts"
}

check "a draft without signatures is refused for that" both explain 1 fits.json -- says refuse signature.missing
check "the product's role is signed" ceremony sign tree/metadata/pos-a.json --key product-a

check "a terminal that fits installs" both explain 0 fits.json -- says 'install: pos-a 2.0.0' 'root 1' os.from-1.0.0.delta
check "with no finding" silent_on '['
check "and is told that freshness was not judged" says 'freshness is not judged'
check "in Chinese too" both explain 0 fits.json --lang zh-CN -- says '安装' '未判断新旧'
check "as JSON" both explain 0 fits.json --json -- grep -q '^{"verdict":"install",.*"verified":true.*"findings":\[\]}$' out
facts far.json 's/"active": .*/"active": {"size": 5, "sha256": "'"$(printf '%064d' 1)"'"}}],/'
check "a terminal with another image takes the full source" both explain 0 far.json -- says os.full.xz

facts wrong.json 's/P400/P200/; s/"os": "1.0.0"/"os": "0.9.0"/; s/"EU"/"CN"/; s/"battery_percent": 80/"battery_percent": 5/'
check "a terminal that does not fit hears every cause" both explain 1 wrong.json -- \
    says refuse: compat.hardware-model compat.os-too-old compat.region terminal.battery-low operator: merchant:
check "in Chinese" both explain 1 wrong.json --lang zh-CN -- \
    says '拒绝' compat.hardware-model compat.os-too-old compat.region terminal.battery-low '运维' '商户'
check "and as JSON" both explain 1 wrong.json --json -- \
    grep -q '^{"verdict":"refuse".*"code":"compat.hardware-model".*}$' out
facts low.json 's/"battery_percent": 80/"battery_percent": 5/'
check "a flat battery defers" both explain 1 low.json -- says defer: terminal.battery-low
facts old.json 's/"ed25519"/"rsassa-pss-sha256"/'
check "an agent without the scheme is told so before it tries" both explain 1 old.json -- says signature.algorithm-unknown
facts done.json 's/"os": "1.0.0"/"os": "2.0.0"/; s/"size": [0-9]*, "sha256": "[0-9a-f]*"/"size": '"$(size v2.img)"', "sha256": "'"$(sha256sum v2.img | cut -d ' ' -f 1)"'"/'
check "one that has it has nothing to do" both explain 1 done.json -- says 'nothing to do' compat.already-installed

# The old role goes on: what it lists stays, its version grows.
spec 2.1.0 "$os" >next.json
check "the next version, from the signed role" run 0 release build next.json --image os=v3.img --base 2.0.0=v2.img --out tree
check "is version 2 of the role" both grep -q '"version":2' tree/metadata/pos-a.json -- says 'version 2'
check "which keeps the release before" grep -q 'pos-a/2.0.0/os.full.xz' tree/metadata/pos-a.json
check "built again it is the same draft" both cp tree/metadata/pos-a.json draft -- \
    run 0 release build next.json --image os=v3.img --base 2.0.0=v2.img --out tree
check "to the byte" cmp draft tree/metadata/pos-a.json
check "signed" ceremony sign tree/metadata/pos-a.json --key product-a
check "the newest is explained" both explain 0 fits.json -- says 'install: pos-a 2.1.0'
check "or the one asked for" both explain 0 fits.json --version 2.0.0 -- says 'install: pos-a 2.0.0' 'pos-a 2'
cp tree/metadata/pos-a.json signed.json
sed 's/"One."/"Two."/' next.json >changed.json
check "a signed manifest is not changed without a higher sequence" both \
    run 1 release build changed.json --image os=v3.img --base 2.0.0=v2.img --out tree -- says release.immutable sequence
check "and the signed role is still there" cmp signed.json tree/metadata/pos-a.json
check "--role from elsewhere" run 0 release build spec.json --image os=v2.img --role signed.json --out elsewhere
check "goes on from that" both grep -q '"version":3' elsewhere/metadata/pos-a.json -- grep -q pos-a/2.1.0/ elsewhere/metadata/pos-a.json
check "a role that is none" both run 1 release build spec.json --image os=v2.img --role spec.json --out no -- test ! -e no
check "a role that would lose its delegations" both \
    run 1 release build spec.json --image os=v2.img --role tree/metadata/targets.json --out no -- says delegations

# A folder with snapshot and timestamp is walked as a terminal does it; signed by nobody they bear nothing out.
check "a timestamp without its snapshot is told" both cp tree/metadata/targets.json tree/metadata/timestamp.json -- explain 1 fits.json
check "with what is wrong with each" says metadata.missing snapshot metadata.wrong-role
rm tree/metadata/timestamp.json

# ---- damage ---------------------------------------------------------------------------------------------------------------

# hurt NAME FILE COMMAND...: the file as the command leaves it, until heal.
hurt() {
    hurt_file=$1
    shift
    cp "$hurt_file" unhurt
    "$@"
}
heal() {
    cp unhurt "$hurt_file"
}
release=tree/targets/pos-a/2.1.0
full=$release/os.full.xz
hurt $full flip $full 70000
check "a damaged image is found, and where" both explain 1 fits.json -- \
    says image.corrupt pos-a/2.1.0/os.full.xz '1 of ' 'first at byte 65536'
heal
delta=$release/os.from-2.0.0.delta
hurt $delta flip $delta 100
check "a damaged delta too" both explain 1 fits.json -- says image.corrupt os.from-2.0.0.delta
heal
hurt $delta.blocks flip $delta.blocks 3
check "and a damaged list" both explain 1 fits.json -- says image.corrupt os.from-2.0.0.delta.blocks
heal
hurt $full rm $full
check "a missing image is named" both explain 1 wrong.json -- says image.missing os.full.xz compat.hardware-model
heal
hurt $full sh -c "head -c 1000 unhurt >$full"
check "a truncated one is too short" both explain 1 fits.json -- says image.corrupt '1000 bytes'
heal
hurt $release/manifest.json sed -i 's/"high"/"low"/' $release/manifest.json
check "a changed manifest is no longer the signed one, and what it says is marked" both explain 1 wrong.json -- \
    says metadata.corrupt compat.hardware-model '(not verified)'
heal
hurt $release/manifest.json sh -c "head -c 500 unhurt >$release/manifest.json"
check "a torn manifest is told to be torn" both explain 1 fits.json -- says metadata.corrupt document.
heal
hurt $release/manifest.json rm $release/manifest.json
check "a missing manifest is named" both explain 1 fits.json -- says metadata.missing pos-a/2.1.0/manifest.json
heal
hurt tree/metadata/pos-a.json sed -i 's/"length":\([0-9]\)/"length":1\1/' tree/metadata/pos-a.json
check "a changed role does not carry its signatures" both explain 1 fits.json -- says signature.invalid signature.threshold
heal
hurt tree/metadata/targets.json sh -c 'echo "<html>" >tree/metadata/targets.json'
check "a web page is no targets file" both explain 1 wrong.json -- says metadata.corrupt compat.os-too-old
heal
hurt tree/metadata/1.root.json rm tree/metadata/1.root.json
check "without a root nothing is borne out, and all the same judged" both explain 1 wrong.json -- \
    says metadata.missing compat.os-too-old '(not verified)'
heal
check "whole again, it installs" explain 0 fits.json

# A manifest alone, and what is no release at all.
alone() {
    run "$1" explain --release "$2" --terminal "$3"
}
check "a manifest alone is judged, and refused for want of a signature" both alone 1 $release/manifest.json wrong.json -- \
    says signature.missing compat.hardware-model compat.os-too-old '(not verified)'
sed 's/"tries":3/"tries":30/; s/"P400"/7/' $release/manifest.json >manifest.json
check "a damaged one has its faults named" both alone 1 manifest.json fits.json -- \
    says release/confirm/tries release/fits/hardware/0/model
check "facts that are none" both alone 1 tree spec.json -- says metadata.format-unknown
check "both at once" both alone 1 manifest.json spec.json -- says metadata.format-unknown release/confirm/tries
check "no such release" both alone 1 nowhere fits.json -- says host.not-found nowhere
mkdir void
check "an empty folder" both alone 1 void fits.json -- says metadata.missing
check "a version that is not there" both explain 1 fits.json --version 9.9.9 -- says metadata.not-listed metadata.missing 9.9.9
check "no terminal" run 2 explain --release tree
check "no release" run 2 explain --terminal fits.json

# Every JSON that was printed must be JSON: the strict reader of the facts is at hand, and tells syntax from format.
for wanted in install refuse; do
    facts_of=fits.json
    [ $wanted = install ] || facts_of=wrong.json
    "$postern" --json explain --release tree --terminal $facts_of >said.json 2>/dev/null
    check "the JSON of '$wanted' parses" both alone 1 tree said.json -- silent_on document.bad-syntax document.bad-encoding
done

[ "$failed" -eq 0 ] || { echo "$failed failed"; exit 1; }
