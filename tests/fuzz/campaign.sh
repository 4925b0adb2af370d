#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The long search: each fuzz target until it was executed as often as asked, over as many runs as it takes.
#
#     sh tests/fuzz/campaign.sh [-n EXECUTIONS] [-c CHECKED] [-j JOBS] [-s SECONDS] [-d DIR] [TARGET...]
#     sh tests/fuzz/campaign.sh --status [-d DIR] [--tsv]
#
#   -n  executions of each target in all (100000000)      -s  seconds of a slice (120)
#   -c  of these, under ASan and UBSan (a tenth)          -d  where its state is (build/campaign)
#   -j  slices at a time (as many as there are processors)
#
# Two kinds of slice work on one corpus. "checked": ASan, UBSan and LSan. "fast": without ASan, and
# undefined behaviour traps. A checked slice begins with the whole corpus, and the campaign ends with a
# "replay" of it: so each input that the fast search kept was executed under the sanitizers too.
#
# It may be interrupted at any time: the corpus is kept, and each slice that ended is a line of
# DIR/ledger.tsv. A target with a finding (DIR/found/TARGET) is not searched until that is moved away.
set -u

cd "$(dirname "$0")/../.." || exit 2
wanted=100000000
checked=
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
slice_s=120
state=build/campaign
action=run
format=table

fail() {
    echo "campaign: $*" >&2
    exit 2
}

all_targets() {
    for source in tests/fuzz/*.c; do
        basename "$source" .c
    done
}

# What the searched programs are made of, as twelve digits: executions of older code are told apart.
code_digest() {
    cat manifests/*.[ch] manifests/delta/*.[ch] keys/*.[ch] tests/fuzz/*.c tests/support/fuzz_*.[ch] | sha256sum | cut -c 1-12
}

# Without coverage of comparisons, which costs half the time; the fuzz preset of the tests has it.
common='-O2 -g1 -fno-sanitize-recover=all -U_FORTIFY_SOURCE -fsanitize=fuzzer-no-link,undefined
-fsanitize-coverage=inline-8bit-counters,pc-table -fno-sanitize-coverage=trace-cmp'
flags_of() {
    case $1 in
    fast) echo "$common -fsanitize-trap=undefined" | tr '\n' ' ' ;;
    checked) echo "$common -fsanitize=address -fno-omit-frame-pointer" | tr '\n' ' ' ;;
    esac
}

# Short stacks and a small quarantine: a finding is run again by hand, with the defaults.
ASAN_OPTIONS=malloc_context_size=3:quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export ASAN_OPTIONS

build() {
    echo "building $1"
    launcher=
    command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
    # shellcheck disable=SC2046,SC2086 # no launcher is no argument; a word a target
    cmake -S . -B "$state/$1" -G Ninja -DCMAKE_C_COMPILER=clang -DPST_FUZZ=ON $launcher \
        -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="$(flags_of "$1")" >"$state/$1.log" 2>&1 &&
        ninja -C "$state/$1" -j "$jobs" $(all_targets | sed s/^/fuzz_/) >>"$state/$1.log" 2>&1 && return
    tail -n 40 "$state/$1.log" >&2
    fail "the $1 build failed"
}

# Twice the largest seed, 512 at least: longer inputs are slower, and say nothing new.
longest_input() {
    find "tests/fuzz/corpus/$1" -type f -exec wc -c {} + |
        awk 'BEGIN { most = 256 } $2 != "total" && $1 > most { most = $1 } END { print 2 * most }'
}

# done_of TARGET KIND-PATTERN: executions so far, on whatever code.
done_of() {
    [ -f "$state/ledger.tsv" ] || { echo 0; return; }
    awk -F '\t' -v target="$1" -v kind="$2" \
        '$3 == target && $4 ~ "^(" kind ")$" { sum += $6 } END { printf "%.0f\n", sum }' "$state/ledger.tsv"
}

findings_of() {
    find "$state/found/$1" -type f ! -name 'slow-unit-*' 2>/dev/null | wc -l
}

# engine KIND TARGET OPTION...: one run of a target over the kept corpus; a line in the ledger.
engine() {
    kind=$1
    target=$2
    shift 2
    program=$state/checked
    [ "$kind" != fast ] || program=$state/fast
    log=$state/log/$target.$kind
    words=tests/fuzz/words/$target.dict
    [ ! -f "$words" ] || set -- "$@" "-dict=$words"
    started_s=$(date +%s)
    "$program/tests/fuzz/fuzz_$target" "$@" -max_len="$(longest_input "$target")" -print_final_stats=1 \
        -timeout=60 -report_slow_units=60 -rss_limit_mb=2048 -malloc_limit_mb=512 -verbosity=1 \
        -artifact_prefix="$state/found/$target/" "$state/corpus/$target" "tests/fuzz/corpus/$target" \
        >"$log" 2>&1
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    features=$(sed -n 's/.* ft: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    printf '%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$code" "$target" \
        "$kind" $(($(date +%s) - started_s)) "${executed:-0}" "${features:-0}" "$(findings_of "$target")" \
        >>"$state/ledger.tsv"
}

# One slice: as many executions as are still wanted, or as many as its seconds allow.
slice() {
    engine "$1" "$2" -runs="$3" -max_total_time="$slice_s"
}

# The slices that are still to do, one a line, the furthest behind first.
remaining() {
    for target in "$@"; do
        [ "$(findings_of "$target")" -eq 0 ] || continue
        of_checked=$(done_of "$target" checked)
        of_all=$(done_of "$target" 'fast|checked')
        if [ "$of_checked" -lt "$checked" ]; then
            echo "$of_checked checked $target $((checked - of_checked))"
        elif [ "$of_all" -lt "$wanted" ]; then
            echo "$of_all fast $target $((wanted - of_all))"
        fi
    done | sort -n | cut -d ' ' -f 2-
}

# Both kinds of a target are never searched at once, so that neither waits for files of the other.
search() {
    while
        todo=$(remaining "$@")
        [ -n "$todo" ]
    do
        echo "$todo" | xargs -n 3 -P "$jobs" sh "$0" --slice "$state" "$code" "$slice_s"
        status
    done
}

status() {
    [ -f "$state/ledger.tsv" ] || fail "no ledger in $state yet"
    for target in $(all_targets); do
        printf '%s\t%d\t%d\n' "$target" "$(find "$state/corpus/$target" -type f 2>/dev/null | wc -l)" \
            "$(findings_of "$target")"
    done | awk -F '\t' -v code="$(code_digest)" -v format="$format" '
        function whole(number) { return sprintf("%.0f", number) } # awk itself goes over to 3e+09
        function rate(count, over) { return whole(over > 0 ? int(count / over) : 0) }
        NR == FNR {
            seconds[$3] += $5
            if ($7 > features[$3] + 0) features[$3] = $7
            if ($4 == "replay") { replayed[$3] = $6; next }
            executions[$3] += $6
            if ($4 == "checked") checked[$3] += $6
            if ($2 == code) present[$3] += $6
            next
        }
        FNR == 1 {
            row = "%-10s %13s %13s %13s %8s %9s %9s %8s %9s %9s\n"
            if (format == "tsv") row = "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n"
            printf(row, "target", "executions", "under ASan", "present code", "seconds", "exec/s",
                "features", "corpus", "replayed", "findings")
        }
        {
            printf(row, $1, whole(executions[$1]), whole(checked[$1]), whole(present[$1]),
                seconds[$1] + 0, rate(executions[$1], seconds[$1]), features[$1] + 0, $2,
                replayed[$1] + 0, $3)
            sum += executions[$1]; sum_checked += checked[$1]; sum_present += present[$1]
            sum_s += seconds[$1]; corpus += $2; all_replayed += replayed[$1]; findings += $3
        }
        END {
            printf(row, "all", whole(sum), whole(sum_checked), whole(sum_present), sum_s + 0,
                rate(sum, sum_s), "-", corpus, all_replayed + 0, findings)
        }' "$state/ledger.tsv" -
}

run() {
    [ $# -gt 0 ] || {
        # shellcheck disable=SC2046 # a word a target
        set -- $(all_targets)
    }
    mkdir -p "$state/log"
    for target in "$@"; do
        [ -f "tests/fuzz/$target.c" ] || fail "there is no target $target"
        mkdir -p "$state/corpus/$target" "$state/found/$target"
    done
    build fast
    build checked
    code=$(code_digest)
    search "$@"
    for target in "$@"; do
        engine replay "$target" -runs=0
    done
    status
    for target in "$@"; do
        [ "$(findings_of "$target")" -eq 0 ] || fail "findings in $state/found"
    done
}

if [ "${1-}" = --slice ]; then
    state=$2
    code=$3
    slice_s=$4
    slice "$5" "$6" "$7"
    exit 0
fi
while [ $# -gt 0 ]; do
    case $1 in
    --status) action=status ;;
    --tsv) format=tsv ;;
    -[ncjsd])
        [ $# -gt 1 ] || fail "$1 needs a value"
        case $1 in
        -n) wanted=$2 ;;
        -c) checked=$2 ;;
        -j) jobs=$2 ;;
        -s) slice_s=$2 ;;
        -d) state=$2 ;;
        esac
        shift
        ;;
    -*) fail "unknown option $1; see the top of tests/fuzz/campaign.sh" ;;
    *) break ;;
    esac
    shift
done
checked=${checked:-$((wanted / 10))}
"$action" "$@"
