#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A release, a bundle, a mirror or a damaged copy, explained by both programs: the whole verdict, every
# finding, in both languages, for people and as JSON; and nothing is changed by looking.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

site_begin
site_ceremony pos-a release-1
site_image "$scratch/one" 900000 one
site_edited "$scratch/one" "$scratch/two" two
site_edited "$scratch/two" "$scratch/three" three
site_serve
site_release pos-a 2.0.0 "$scratch/two" 1.0.0 "$scratch/one"
site_terminal SN-fit pos-a 1.0.0 "$scratch/one"
site_terminal SN-other pos-a 1.0.0 "$scratch/one" model=X1
site_terminal SN-late pos-a 1.0.0 "$scratch/one" offset=$((3650 * 86400))
for serial in SN-fit SN-other SN-late; do
    "$agent" --config "$scratch/$serial/agent.conf" status 2>/dev/null |
        sed -n 's/.*"facts":\({.*}\)}$/\1/p' >"$scratch/$serial.json"
    [ -s "$scratch/$serial.json" ] || give_up "$serial has no facts"
done

# finds_all CODE...: what was said last names each of them.
finds_all() {
    for code in "$@"; do
        has "$code" "$scratch/said" || { cat "$scratch/said"; echo "no $code"; return 1; }
    done
}

# operator STATUS RELEASE SERIAL [option...], terminal STATUS COPY SERIAL [option...]: what was said is in
# $scratch/said.
operator() {
    operator_status=$1 operator_release=$2 operator_serial=$3
    shift 3
    says "$operator_status" "$postern" "$@" explain --release "$operator_release" \
        --terminal "$scratch/$operator_serial.json"
}
terminal() {
    terminal_status=$1 terminal_copy=$2 terminal_serial=$3
    shift 3
    says "$terminal_status" "$agent" --config "$scratch/$terminal_serial/agent.conf" "$@" \
        explain "$terminal_copy"
}

# both STATUS COPY SERIAL CODE...: both programs say each of the codes, in both languages and as JSON,
# and end with this status.
both() {
    both_status=$1 both_copy=$2 both_serial=$3
    shift 3
    for form in '--lang en' '--lang zh-CN' --json; do
        for program in operator terminal; do
            # shellcheck disable=SC2086  # an option and its value
            "$program" "$both_status" "$both_copy" "$both_serial" $form || return 1
            finds_all "$@" || { echo "$program $form"; return 1; }
        done
    done
}

# ---- the copies -------------------------------------------------------------------------------------

bundle=$scratch/stick.tar
folder=$scratch/folder
mkdir "$folder"
check "a bundle is made from the URL" says 0 "$postern" release bundle --release "$service/repo" \
    --product pos-a --out "$bundle"
must tar -xf "$bundle" -C "$folder"
check "and again from its unpacked files" says 0 "$postern" release bundle --release "$folder" \
    --out "$scratch/again.tar"
check "to the byte" cmp "$bundle" "$scratch/again.tar"
check "any tar can list it" says 0 tar -tf "$bundle"
check "with what vouches for the release" finds_all metadata/1.root.json metadata/timestamp.json \
    snapshot.json targets.json pos-a.json targets/pos-a/2.0.0/manifest.json os.full.zst

# ---- whole copies ---------------------------------------------------------------------------------------

for copy in "$bundle" "$folder"; do
    check "${copy##*/}: the terminal that it fits would install it" both 0 "$copy" SN-fit 2.0.0
    check "${copy##*/}: another model hears why not" both 1 "$copy" SN-other compat.hardware-model
done
check "the URL says the same" operator 0 "$service/repo" SN-fit
check "and why not to another model" operator 1 "$service/repo" SN-other
check "by name" finds_all compat.hardware-model
check "JSON is what was asked for, whole" operator 0 "$bundle" SN-fit --json
check "with verdict, version and sources" finds_all '"verdict":"install"' '"version":"2.0.0"' '"verified":true' \
    '"fresh":true' os.from-1.0.0.delta
check "remedies are there in Chinese" operator 1 "$bundle" SN-other --lang zh-CN
check "in Chinese words" finds_all 拒绝 型号
check "years on, everything that has run out is named" terminal 1 "$bundle" SN-late
check "role by role" finds_all metadata.expired root timestamp snapshot targets pos-a
check "a folder that was never published is not fresh" terminal 1 "$scratch/ceremony" SN-fit
check "for want of snapshot and timestamp" finds_all metadata.missing snapshot timestamp

# ---- damaged copies -----------------------------------------------------------------------------------------

# flipped NAME FILE-IN-THE-BUNDLE OFFSET: a copy with one byte of that file changed.
flipped() {
    cp "$bundle" "$scratch/$1"
    at=$(tar -tRf "$bundle" | sed -n "s|^block \([0-9]*\): .*$2\$|\1|p" | head -n 1)
    [ -n "$at" ] || give_up "$2 is not in the bundle"
    printf '\377' | dd of="$scratch/$1" bs=1 seek=$((at * 512 + $3)) conv=notrunc 2>/dev/null
}

flipped image.tar os.full.zst $((512 + 5000))
check "a damaged image is found in the bundle" both 1 "$scratch/image.tar" SN-fit image.corrupt os.full.zst
flipped manifest.tar 2.0.0/manifest.json $((512 + 40))
check "a damaged manifest" both 1 "$scratch/manifest.tar" SN-fit metadata.corrupt
flipped role.tar pos-a.json $((512 + 200))
check "a damaged role, and what it hides" both 1 "$scratch/role.tar" SN-other metadata.corrupt \
    compat.hardware-model
flipped header.tar 2.0.0/manifest.json 100
check "a damaged header costs its file" both 1 "$scratch/header.tar" SN-fit bundle.damaged metadata.missing
head -c $(($(size "$bundle") / 2)) "$bundle" >"$scratch/half.tar"
check "a copy that ended half-way" both 1 "$scratch/half.tar" SN-fit bundle.damaged image.corrupt
head -c 3000 "$bundle" >"$scratch/stub.tar"
check "one that hardly began" both 1 "$scratch/stub.tar" SN-fit bundle.damaged metadata.missing
head -c 9000 /dev/urandom >"$scratch/noise"
check "what is no bundle at all" both 1 "$scratch/noise" SN-fit bundle.format-unknown
: >"$scratch/empty"
check "nor an empty file" both 1 "$scratch/empty" SN-fit bundle.format-unknown
check "nor one that is not there" both 1 "$scratch/nowhere" SN-fit host.not-found
cp -r "$folder" "$scratch/copy"
printf x >>"$(find "$scratch/copy/targets" -name '*os.full.zst' | head -n 1)"
check "a damaged folder" both 1 "$scratch/copy" SN-fit image.corrupt os.full.zst
rm "$scratch"/copy/metadata/*snapshot.json
check "and what it lacks as well" both 1 "$scratch/copy" SN-fit image.corrupt metadata.missing snapshot

# ---- whose, and how old -----------------------------------------------------------------------------------

site_release pos-a 3.0.0 "$scratch/three" 2.0.0 "$scratch/two"
must "$postern" release bundle --release "$service/repo" --product pos-a --out "$scratch/newer.tar"
check "the newest release is explained" operator 0 "$scratch/newer.tar" SN-fit --json
check "by its version" finds_all '"version":"3.0.0"'
site_rollout pos-a 2.0.0
site_once SN-fit
check "the terminal has seen the newer timestamp" is SN-fit staged
check "so the older bundle is a rollback to it" terminal 1 "$bundle" SN-fit
check "and named so" finds_all metadata.rollback
check "to one that has not seen it, it is not" terminal 1 "$bundle" SN-other --json
check "but for its model it would do" has_not rollback "$scratch/said"

# ---- looking changes nothing, and waits for nobody -----------------------------------------------------------

digest_of_state() {
    (cd "$scratch/SN-fit" && find state boot a b -type f -exec openssl dgst -sha256 -r {} + | sort)
}
digest_of_state >"$scratch/before"
terminal 0 "$scratch/newer.tar" SN-fit >/dev/null
terminal 1 "$scratch/half.tar" SN-fit >/dev/null
digest_of_state >"$scratch/after"
check "a terminal is as it was" cmp "$scratch/before" "$scratch/after"
site_start daemon "$agent" --config "$scratch/SN-other/agent.conf" run
wait_for 20 has '^[a-z]' "$scratch/daemon.log"
check "beside a running agent, too, it explains" terminal 1 "$scratch/newer.tar" SN-other
check "by name" finds_all compat.hardware-model

# ---- wrong use ----------------------------------------------------------------------------------------------

check "a URL needs to know which product" says 2 "$postern" release bundle --release "$service/repo" --out "$scratch/x"
check "and says so" finds_all usage.bad-arguments --product
check "what is not whole makes no bundle" says 1 "$postern" release bundle --release "$scratch/copy" --out "$scratch/x"
check "and leaves nothing behind" test ! -e "$scratch/x"
check "no service there" says 1 "$postern" release bundle --release http://127.0.0.1:9 --product pos-a --out "$scratch/x"
check "is told" finds_all network.unreachable
check "nor does a manifest on its own" says 1 "$postern" release bundle \
    --release "$folder/targets/pos-a/2.0.0/manifest.json" --out "$scratch/x"
check "which is named" finds_all metadata.missing 'a manifest on its own'
check "no arguments" says 2 "$postern" release bundle
