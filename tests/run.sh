#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All tests, from a bare Debian 12 on:
#
#     sh tests/run.sh            every day and before a merge: dev, asan, tsan, fuzz, clang-tidy
#     sh tests/run.sh --quick    dev only
#     sh tests/run.sh --full     that, and the tests on the optimised and hardened build
#
# The last line is "N passed, N failed", summed over all runs; the exit status tells the same.
set -u

cd "$(dirname "$0")/.." || exit 1
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
started_s=$(date +%s)
passed=0
failed=0
skipped=0

case ${1-} in
'' | --quick | --full) scope=${1-} ;;
*)
    echo "usage: sh tests/run.sh [--quick | --full]" >&2
    exit 2
    ;;
esac

finish() {
    summary="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
    echo "$summary"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit $?
}

say() {
    printf '%4ds  %s\n' $(($(date +%s) - started_s)) "$*"
}

# step NAME COMMAND...: output goes to a log, and is shown only when it went wrong.
step() {
    name=$1
    log=build/log/$(printf %s "$name" | tr -c 'a-z0-9\n' '-')
    shift
    say "$name"
    "$@" >"$log" 2>&1 </dev/null
    outcome=$?
    [ "$outcome" -eq 0 ] || [ "$outcome" -eq 77 ] || {
        tail -n 120 "$log"
        say "$name: FAILED (all of it in $log)"
    }
    return "$outcome"
}

# one NAME COMMAND...: a step that counts as a test. Exit status 77: it cannot be run here.
one() {
    step "$@"
    case $? in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
}

count_of() {
    tr '\n\t' '  ' <"$2" | sed -n "s/.*<testsuite [^>]* $1=\"\([0-9]*\)\".*/\1/p"
}

# count JUNIT: adds what a run of ctest found.
count() {
    tests=$(count_of tests "$1")
    failures=$(count_of failures "$1")
    omitted=$(count_of skipped "$1")
    disabled=$(count_of disabled "$1")
    omitted=$((${omitted:-0} + ${disabled:-0}))
    passed=$((passed + ${tests:-0} - ${failures:-0} - omitted))
    failed=$((failed + ${failures:-0}))
    skipped=$((skipped + omitted))
    say "  ${tests:-0} tests, ${failures:-0} failed, $omitted skipped"
}

build() {
    preset=$1
    shift
    step "$preset: configure" cmake --preset "$preset" "$@" &&
        step "$preset: build" cmake --build --preset "$preset" --parallel "$jobs"
}

# run PRESET [ctest options]: builds it, runs its tests, counts them. A build that fails is one failure.
run() {
    preset=$1
    shift
    build "$preset" || {
        failed=$((failed + 1))
        return
    }
    junit=$PWD/build/log/$preset.xml
    rm -f "$junit"
    step "$preset: test" ctest --preset "$preset" --parallel "$jobs" --output-junit "$junit" "$@"
    status=$?
    if [ -s "$junit" ]; then
        count "$junit"
    elif [ "$status" -ne 0 ]; then
        failed=$((failed + 1))
    fi
}

mkdir -p build/log
say "setting up"
sh docker/setup-debian.sh dev || {
    failed=1
    finish
}

run dev
[ "$scope" = --quick ] && finish

run asan
# Threads are the service's; the rest of the scenarios would only be slow there.
run tsan --tests-regex '^(unit\.service|scenario\.(service_|posternd|fleet|kill|bad_requests))'
run fuzz --tests-regex '^fuzz\.'
one "clang-tidy" env JOBS="$jobs" sh tests/architecture/tidy.sh
[ "$scope" != --full ] || run release-tests
finish
