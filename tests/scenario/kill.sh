#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGKILL at the worst moments: of the agent in the middle of a download, of a slot write, of what it
# keeps beside; of the service right after it acknowledged a report. The next run goes on.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

MIB=1048576
IMAGE_BYTES=$((24 * MIB)) # noise, so that the source is as long as the image
CHECKPOINT_BYTES=$((4 * MIB))

site_begin
site_ceremony pos-a release-1
site_noise $IMAGE_BYTES big >"$scratch/big"
site_image "$scratch/small" 200000 small
small_sha256=$(sha256 "$scratch/small")
big_sha256=$(sha256 "$scratch/big")
site_serve
site_release pos-a 2.0.0 "$scratch/big"
site_rollout pos-a 2.0.0

checkpoint_of() {
    sed -n 's/.*"image_at":\([0-9]*\).*/\1/p' "$scratch/$1/state/checkpoint-os" 2>/dev/null
}

has_checkpoint() {
    [ "$(checkpoint_of "$1")" = "$2" ]
}

fetched() {
    sed -n 's/.*"fetched_bytes":\([0-9]*\).*/\1/p' "$scratch/$1/out"
}

# Once it is the inactive one, its file grows to the slot's size.
active_is_untouched() {
    [ "$(sha256_start "$scratch/$1/a" 200000)" = "$small_sha256" ]
}

nothing_is_staged() {
    site_agent_runs "$1" status && has '"active_slot":"a","next_slot":"a","trial":false' "$scratch/$1/out"
}

ends_confirmed() {
    site_once "$1"
    is "$1" confirmed && active_is_untouched "$1" &&
        [ "$(sha256_start "$scratch/$1/b" $IMAGE_BYTES)" = "$big_sha256" ] &&
        [ ! -e "$scratch/$1/state/checkpoint-os" ]
}

# ---- in the middle of a download ---------------------------------------------------------------------

for stall_mib in 5 9 14 17 23; do
    name=SN-stall-$stall_mib
    site_proxy $name.proxy --match os.full --stall-after $((stall_mib * MIB))
    proxy_pid=$pid
    site_terminal "$name" pos-a 1.0.0 "$scratch/small" \
        repositories="\"http://127.0.0.1:$port/repo\", \"$service/repo\""
    site_start "$name" "$agent" --config "$scratch/$name/agent.conf" once
    agent_pid=$pid
    kept=$((stall_mib * MIB / CHECKPOINT_BYTES * CHECKPOINT_BYTES))
    wait_for 30 has_checkpoint "$name" $kept
    check "$stall_mib MiB of 24 are there, $((kept / MIB)) of them for good" has_checkpoint "$name" $kept
    check "the agent is in the middle of it" kill -0 "$agent_pid"
    site_stop "$agent_pid" KILL
    site_stop "$proxy_pid"
    check "the slot that runs is untouched" active_is_untouched "$name"
    check "nothing is staged" nothing_is_staged "$name"

    site_once "$name"
    check "the next run stages it" is "$name" staged
    check "and fetched $(fetched "$name") bytes, not $IMAGE_BYTES" \
        test "$(fetched "$name")" -eq $((IMAGE_BYTES - kept))
    check "after a restart it is confirmed" ends_confirmed "$name"
    rm -f "$scratch/$name/b"
done

# ---- in the middle of a slot write, and of keeping state ---------------------------------------------

# killed_at SERIAL CALL N: runs it until the N-th such system call, which it does not survive.
killed_at() {
    # LeakSanitizer cannot work beside strace.
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -o /dev/null -e "trace=$2" \
        -e "inject=$2:signal=KILL:when=$3" \
        "$agent" --config "$scratch/$1/agent.conf" --json once >"$scratch/$1/out" \
        2>"$scratch/$1/err" </dev/null
    [ $? -ge 128 ]
}

if strace -o /dev/null -e trace=none true 2>/dev/null; then
    for where in pwrite64:1 pwrite64:64 pwrite64:65 pwrite64:130 pwrite64:384 \
        fdatasync:1 fdatasync:2 fdatasync:6 rename:3 rename:8 rename:12; do
        name=SN-$(echo $where | tr : -)
        site_terminal "$name" pos-a 1.0.0 "$scratch/small"
        check "killed at $where" killed_at "$name" "${where%:*}" "${where#*:}"
        check "the slot that runs is untouched" active_is_untouched "$name"
        kept=$(checkpoint_of "$name")
        site_once "$name"
        case $where in
        pwrite64:*)
            check "the next run fetches what is missing after ${kept:-0} bytes" \
                test "$(fetched "$name")" -eq $((IMAGE_BYTES - ${kept:-0}))
            ;;
        esac
        # Late enough it may be staged already, and then that run was the restart.
        is "$name" confirmed >"$scratch/is" || check "the next run stages it" is "$name" staged
        is "$name" confirmed >"$scratch/is" || site_once "$name"
        check "and in the end it is confirmed" is "$name" confirmed
        check "with the image in its slot" test "$(sha256_start "$scratch/$name/b" $IMAGE_BYTES)" = "$big_sha256"
        check "and the other one untouched" active_is_untouched "$name"
        rm -f "$scratch/$name/b"
    done

    # Again and again: each run brings it 4 MiB further, whatever happens.
    site_terminal SN-often pos-a 1.0.0 "$scratch/small"
    for run in 1 2 3 4 5; do
        check "killed for the ${run}. time" killed_at SN-often pwrite64 80
        check "$((run * 4)) MiB are there for good" has_checkpoint SN-often $((run * CHECKPOINT_BYTES))
    done
    site_once SN-often
    check "the last run fetches the last 4 MiB" test "$(fetched SN-often)" -eq $CHECKPOINT_BYTES
    check "and after a restart it is confirmed" ends_confirmed SN-often
    rm -f "$scratch/SN-often/b"
else
    echo "skipped: SIGKILL at system calls, for strace is not there or may not trace"
fi

# ---- the service ------------------------------------------------------------------------------------------

restart_service() {
    site_serve "127.0.0.1:$service_port"
}

why_of() {
    says 0 site_postern --json terminal why "$1" && has "$2" "$scratch/said"
}

for round in 1 2 3 4 5; do
    name=SN-told-$round
    site_terminal "$name" pos-a 0.9.0 "$scratch/small" model=K1
    site_once "$name"
    site_stop "$service_pid" KILL
    check "$name was refused and has told it" is "$name" refused
    site_agent_runs "$name" status
    check "nothing waits" has '"reports_waiting":0' "$scratch/$name/out"
    restart_service
    check "after SIGKILL the report is there" why_of "$name" compat.os-too-old
    check "with both causes" has compat.hardware-model "$scratch/said"
    check "and is counted" says 0 site_postern --json status "$rollout"
    check "once" has "\"refused\":${round}[,}]" "$scratch/said"
done

# At any moment: what the agent no longer keeps, the service has.
is_told_or_kept() {
    site_agent_runs "$1" status
    has '"reports_waiting":[1-9]' "$scratch/$1/out" || why_of "$1" compat.os-too-old
}

for moment in 0.01 0.02 0.03 0.05 0.08; do
    name=SN-moment-$moment
    site_terminal "$name" pos-a 0.9.0 "$scratch/small"
    "$agent" --config "$scratch/$name/agent.conf" --json once >"$scratch/$name/out" \
        2>"$scratch/$name/err" </dev/null &
    agent_pid=$!
    sleep $moment
    site_stop "$service_pid" KILL
    wait $agent_pid
    restart_service
    # One that was cut off before it had its order has nothing to tell yet.
    ! is "$name" refused >"$scratch/is" ||
        check "killed after $moment s: the report is kept or told" is_told_or_kept "$name"
    site_once "$name"
    check "the next run tells it in any case" why_of "$name" compat.os-too-old
done
