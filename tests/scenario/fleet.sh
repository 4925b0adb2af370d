#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Six terminals, six outcomes: what each one says, what the operator reads, in both languages.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

KEY_LASTS_S=8 # the release key of pos-b: long enough to publish with, short enough to wait for

# A line with each of these words, in this order, is in the file.
says_together() {
    has "$(printf '%s.*' "$@")" "$said"
}

# Nothing but the terminal's own doing wrote to what it booted from.
active_is() {
    [ "$(sha256_start "$scratch/$1/$2" "$(size "$3")")" = "$(sha256 "$3")" ]
}

# Each terminal's first run stages or says why not; its second restarts first and confirms.
twice() {
    site_once "$1"
    check "$1 $2 at first" is "$1" "$2"
    cp "$scratch/$1/out" "$scratch/$1/first"
    site_once "$1"
    check "$1 $3 in the end" is "$1" "$3"
    cp "$scratch/$1/out" "$scratch/$1/second"
    cp "$scratch/$1/first" "$scratch/$1/out"
}

fetched() {
    sed -n 's/.*"fetched_bytes":\([0-9]*\).*/\1/p' "$scratch/$1/first"
}

site_begin
site_ceremony pos-a release-1
site_image "$scratch/one" 2500000 one
site_edited "$scratch/one" "$scratch/two" two
site_image "$scratch/other" 2400000 other
site_image "$scratch/small" 200000 small
site_serve
site_release pos-a 2.0.0 "$scratch/two" 1.0.0 "$scratch/one"
site_rollout pos-a 2.0.0 --name "six terminals"
fleet=$rollout

# What needs no key first, for from then on the clock runs.
site_build pos-b 2.0.0 "$scratch/small"
expires_s=$(($(date +%s) + KEY_LASTS_S))
site_product pos-b release-2 --not-after "$(date -u -d "@$expires_s" +%Y-%m-%dT%H:%M:%SZ)"
site_keys sign pos-b.json --key release-2
must site_postern publish "$scratch/ceremony"
site_rollout pos-b 2.0.0 --name "expired key"
expired=$rollout

site_proxy damaging --match os.full. --flip 1000000
damaging="\"http://127.0.0.1:$port/repo\", \"$service/repo\""
site_proxy corrupting --match manifest.json --flip 100
corrupting="\"http://127.0.0.1:$port/repo\", \"$service/repo\""
now_s=$(date +%s)
site_terminal SN-delta pos-a 1.0.0 "$scratch/one"
site_terminal SN-full pos-a 1.5.0 "$scratch/other" repositories="$damaging"
site_terminal SN-misfit pos-a 0.9.0 "$scratch/one" model=K1
site_terminal SN-corrupt pos-a 1.0.0 "$scratch/one" repositories="$corrupting"
site_terminal SN-expired pos-b 1.0.0 "$scratch/one"
site_terminal SN-clock pos-a 1.0.0 "$scratch/one" offset=-$((now_s - 86400))

# ---- what they do --------------------------------------------------------------------------------

twice SN-delta staged confirmed
twice SN-full staged confirmed
twice SN-misfit refused refused
twice SN-corrupt staged confirmed
twice SN-clock staged confirmed
key_is_expired() {
    [ "$(date +%s)" -gt "$expires_s" ]
}
wait_for 30 key_is_expired || give_up "the clock stands still"
twice SN-expired refused refused

full_bytes=$(site_postern --json release list | tr '{' '\n' | grep pos-a |
    sed -n 's/.*"full_bytes":\([0-9]*\).*/\1/p')
check "the delta is less than a tenth of the full image" test $(($(fetched SN-delta) * 10)) -lt "$full_bytes"
check "the terminal without the base fetched the full image" test "$(fetched SN-full)" -gt "$full_bytes"
check "and one damaged block twice" test "$(fetched SN-full)" -le $((full_bytes + 2 * 65536))
check "which is noted" finds SN-full image.corrupt noted
check "and nothing else stood against it" has_not '"noted":false' "$scratch/SN-full/first"
check "the hardware is named" finds SN-misfit compat.hardware-model
check "and in the same run that the OS is too old" finds SN-misfit compat.os-too-old
check "the corrupted manifest is noted" finds SN-corrupt metadata.corrupt noted
check "and nothing else stood against it" has_not '"noted":false' "$scratch/SN-corrupt/first"
check "the dead clock is noted" finds SN-clock clock.untrusted noted
check "and nothing else stood against it" has_not '"noted":false' "$scratch/SN-clock/first"
check "the expired key is named" finds SN-expired key.expired
check "and no clock is blamed for it" finds_not SN-expired clock.untrusted
for name in delta full corrupt clock; do
    check "SN-$name has the release in its other slot" active_is SN-$name b "$scratch/two"
done
for name in misfit expired; do
    check "SN-$name has nothing in its other slot" \
        test "$(tr -d '\0' <"$scratch/SN-$name/b" | wc -c)" -eq 0
done
check "the first slots are as they were" active_is SN-delta a "$scratch/one"
for name in delta full misfit corrupt expired clock; do
    site_agent_runs SN-$name status
    case $name in
    misfit) wanted='"running":"0.9.0"' ;;
    expired) wanted='"running":"1.0.0"' ;;
    *) wanted='"running":"2.0.0"' ;;
    esac
    check "SN-$name says what runs" has "$wanted" "$scratch/SN-$name/out"
    check "SN-$name has told all it has to tell" has '"reports_waiting":0' "$scratch/SN-$name/out"
done

# ---- what the operator reads ------------------------------------------------------------------------

said=$scratch/said
check "status can be asked" says 0 site_postern --json status "$fleet"
check "four are confirmed and one refused" says_together '"by_state":{"confirmed":4,"refused":1}'
check "one OS is too old" says_together '"code":"compat.os-too-old","count":1'
check "one model is another" says_together '"code":"compat.hardware-model","count":1'
check "delta and full are told apart" says_together '"serial":"SN-delta","source":"delta"'
check "full and delta are told apart" says_together '"serial":"SN-full","source":"full"'
check "status of the other product" says 0 site_postern --json status "$expired"
check "one is refused, and no other" says_together '"by_state":{"refused":1}'
check "for its key" says_together '"code":"key.expired"'
check "and not for its clock" has_not '"code":"clock.untrusted"' "$said"

check "status is readable" says 0 site_postern status
check "with both rollouts" says_together "$fleet.*running"
check "and the counts" says_together '    confirmed .*4'
check "and the cause" says_together 'OS too old .compat.os-too-old'

check "why is answered" says 0 site_postern terminal why SN-misfit
check "with both causes" says_together 'compat.hardware-model'
check "the OS as well" says_together 'OS too old .compat.os-too-old. at fits/os'
check "expected hardware" says_together 'expected: C9'
check "found hardware" says_together 'found: *K1'
check "expected OS" says_together 'expected: >=1.0.0 <2.0.0'
check "found OS" says_together 'found: *0.9.0'
check "and what the operator can do" says_together 'operator: Run .postern rollout start. for a release in between'
check "why is answered in Chinese" says 0 site_postern --lang zh-CN terminal why SN-misfit
check "with the hardware" says_together '硬件型号不符 .compat.hardware-model'
check "the OS" says_together '系统版本过低 .compat.os-too-old'
check "the values" says_together '>=1.0.0 <2.0.0' '0.9.0'
check "and the remedies" says_together '请先用 .postern rollout start. 下发适用的中间版本'
check "why of the expired key" says 0 site_postern terminal why SN-expired
check "names it" says_together 'key.expired'
check "and no clock" has_not '.clock.untrusted. at' "$said"
check "why of the dead clock" says 0 site_postern terminal why SN-clock
check "notes it, after the restart as well" says_together 'note.*clock.untrusted. at clock'
check "why of the corrupted copy" says 0 site_postern terminal why SN-corrupt
check "notes it, too" says_together 'note.*metadata.corrupt'
check "the list finds terminals by cause" says 0 site_postern terminal list --finding key.expired
check "and finds the right one" says_together SN-expired
check "and it alone" test "$(wc -l <"$said")" -eq 1
