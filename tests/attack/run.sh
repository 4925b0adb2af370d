#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The attack matrix, and its opposite, the good repositories:
#
#     sh tests/attack/run.sh                  all rows
#     sh tests/attack/run.sh M05 K            these rows, or families of rows
#     sh tests/attack/run.sh --full           all rows, and ten times as many good repositories
#
# The last line is "rows N of M, accepted 0, wrong code 0". Exit status 0: all rows are there, nothing
# was accepted, nothing was refused for a wrong reason, no invariant broke, no good one was refused.
set -u

cd "${POSTERN_SOURCE:-$(dirname "$0")/../..}" || exit 1
good=1000
[ "${1-}" != --full ] || {
    good=10000
    shift
}

build=${POSTERN_BUILD-}
[ -n "$build" ] || {
    build=build/dev
    { cmake --preset dev && cmake --build "$build" --target attack attack_valid postern-agent; } >&2 ||
        exit 1
}
export POSTERN_BIN="${POSTERN_BIN-$build/bin}" # F12 tries postern-agent itself

status=0
[ $# -gt 0 ] || "$build/tests/attack/attack_valid" "$good" || status=1
"$build/tests/attack/attack" "$@" || status=1
exit "$status"
