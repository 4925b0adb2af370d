#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `postern release build` on images as real tools make them: what is compressed is named, with what it costs, in both
# languages and as JSON; what is not is left in peace. And what it packs itself, other tools unpack.
set -u

: "${POSTERN_BIN:?the folder with the programs}"
postern=$POSTERN_BIN/postern
[ -x "$postern" ] || { echo "$postern is not built"; exit 77; }

scratch=$(mktemp -d) || exit 1
failed=0
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch" || exit 1
unset LC_ALL LC_MESSAGES
LANG=en SOURCE_DATE_EPOCH=$(date +%s)
export LANG SOURCE_DATE_EPOCH

check() {
    name=$1
    shift
    if "$@"; then
        echo "ok: $name"
    else
        echo "FAILED: $name"
        sed 's/^/    /' out err
        failed=$((failed + 1))
    fi
}

# build IMAGE BASE OPTION...: whether a release is built of it; words in out and err.
build() {
    rm -rf tree
    build_image=$1 build_base=$2
    shift 2
    "$postern" "$@" release build spec.json --image "os=$build_image" --base "1.0.0=$build_base" --out tree >out 2>err
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

cat >spec.json <<END
{"format": "postern.release-spec/1", "product": "pos-a", "version": "2.0.0",
 "published": "2026-01-02T03:04:05Z", "notes": {"en": "One.", "zh-CN": "一。"}, "severity": "high",
 "fits": {"hardware": [{"model": "P400"}], "os": [">=1.0.0 <2.0.0"], "regions": ["EU"]},
 "components": [{"name": "os", "slot_class": "rootfs"}],
 "needs": {"free": 0, "battery": 30, "mains": false, "idle": true, "metered": true},
 "confirm": {"tries": 3, "within_seconds": 600, "checks": []}}
END

# Two versions of a file: a program's beginning, with a line in it that the other has not.
mkdir old new
head -c 400000 "$postern" >old/file
{ head -c 5000 old/file; echo 'a new line'; tail -c +5001 old/file; } >new/file

check "a program is not compressed" build new/file old/file
check "and nothing is said of it" silent_on release.content-compressed 'compressed content'
check "its delta is in the release" test -s tree/targets/pos-a/2.0.0/os.from-1.0.0.delta
packed=tree/targets/pos-a/2.0.0/os.full.xz
check "packed it is xz" test -s $packed
if command -v xz >/dev/null; then
    check "and xz unpacks it" sh -c "xz -dc <$packed | cmp - new/file"
    check "as code" sh -c "xz --robot -lvv $packed | grep -q -e '--lzma2'"
fi

# try KIND COMMAND...: the command packs "file" on standard output, in the folder where it is.
try() {
    kind=$1
    shift
    command -v "$1" >/dev/null || { echo "skipped: there is no $1"; return 1; }
    for version in old new; do
        (cd $version && "$@") >"$version.img" 2>err || { check "$1 works" false; return 1; }
    done
    check "$kind: a release is built" build new.img old.img --json
    check "$kind: is named" says "\"kinds\":[{\"what\":\"$kind\"" "\"count\":1"
}
told() {
    check "$1: and what that costs" says '"code":"release.content-compressed"' "found\":\"$1, " '% of the full source'
}
for kind in gzip zstd bzip2; do
    try "$kind" "$kind" -c file && told "$kind"
done
try LZMA xz --format=lzma -c file && told LZMA
try xz xz -c file && told xz
check "of xz no delta is left" build new.img old.img
check "which is said, and what to do" says 'no delta from 1.0.0' 'up to 85 %' 'compressed content: xz' 'mksquashfs -noI'
# These leave bytes where they were, so that deltas may do well all the same.
try lz4 lz4 -qc file
try zip zip -q - file
squash() {
    mksquashfs file squash.out -comp "$1" -quiet -no-progress -all-root -noappend >&2 && cat squash.out
}
if command -v mksquashfs >/dev/null; then
    for packer in xz gzip; do
        for version in old new; do (cd $version && squash "$packer" >../$version.img 2>/dev/null); done
        check "squashfs with $packer" build new.img old.img
        check "squashfs with $packer is named" says release.content-compressed "squashfs with $packer, "
    done
    for version in old new; do
        (cd $version && mksquashfs file plain.out -noI -noD -noF -noX -quiet -no-progress -all-root -noappend) \
            >/dev/null 2>&1
    done
    check "squashfs without compression" build new/plain.out old/plain.out
    check "is as good as the file" silent_on release.content-compressed 'compressed content'
fi

xz -c new/file >new.img 2>/dev/null || gzip -nc new/file >new.img
xz -c old/file >old.img 2>/dev/null || gzip -nc old/file >old.img
check "in Chinese too" build new.img old.img --lang zh-CN
check "with what to do" says release.content-compressed 内容已压缩 'mksquashfs -noI'
check "it is noted, and the release is there" test -s tree/targets/pos-a/2.0.0/manifest.json
# The same compressed part in both images costs nothing: no reason to complain.
cat old/file old.img >old.both
cat new/file old.img >new.both
check "compressed content that stays as it is" build new.both old.both
check "does no harm" silent_on release.content-compressed

[ "$failed" -eq 0 ] || { echo "$failed failed"; exit 1; }
