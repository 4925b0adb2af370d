#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Encode then decode is the identity: on as many generated pairs as asked (tests/support/code_pair.h
# says what they are), side by side on all processors, with what the encoder chooses and with parts
# that are merely possible.
#
#     sh tests/bench/delta-identity.sh [-n PAIRS] [-f FIRST SEED] [-j JOBS]
#
# The last line is "identity: N pairs, 0 differ". Exit status 0 if so.
set -u

cd "${POSTERN_SOURCE:-$(dirname "$0")/../..}" || exit 1
pairs=100000
first=1000
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
while [ $# -gt 1 ]; do
    case $1 in
    -n) pairs=$2 ;;
    -f) first=$2 ;;
    -j) jobs=$2 ;;
    *) break ;;
    esac
    shift 2
done
[ $# -eq 0 ] || {
    echo "delta-identity: see the top of tests/bench/delta-identity.sh" >&2
    exit 2
}

build=${POSTERN_BUILD-}
[ -n "$build" ] || {
    build=build/dev
    { cmake --preset dev && cmake --build "$build" --target unit_manifests_delta; } >&2 || exit 1
}
program=$build/tests/unit/unit_manifests_delta
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# In slices, so that a pair that differs ends one of them alone, and says which it was.
slice=500
seed=$first
while [ "$seed" -lt $((first + pairs)) ]; do
    count=$((first + pairs - seed))
    [ "$count" -le "$slice" ] || count=$slice
    echo "$seed $count"
    seed=$((seed + count))
done >"$scratch/slices"
# shellcheck disable=SC2016 # the inner shell's
xargs -n 2 -P "$jobs" sh -c '
    if "$0" "$2" "$3" >"$1/$2.said" 2>"$1/$2.log"; then
        echo "$3" >>"$1/done"
    else
        tr "\r" "\n" <"$1/$2.log" | tail -n 8 | sed "s/^/slice $2: /"
    fi' "$program" "$scratch" <"$scratch/slices"
came=$(awk '{ sum += $1 } END { print sum + 0 }' "$scratch/done" 2>/dev/null)
bytes=$(cat "$scratch"/*.said 2>/dev/null | awk '{ sum += $6 } END { printf "%.0f", sum / 1000000 }')
echo "identity: ${came:-0} of $pairs pairs came back, ${bytes:-0} MB of image"
if [ "${came:-0}" -ne "$pairs" ]; then
    echo "identity: some slice of $slice pairs holds one that differs" >&2
    exit 1
fi
echo "identity: $pairs pairs, 0 differ"
