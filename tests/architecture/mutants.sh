#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each security condition of the trust code has a mutant in tests/mutation/mutants.txt whose text is still
# there, and a dozen of them are killed; tests/mutation/run.sh kills them all, in minutes.
root=${POSTERN_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
: "${POSTERN_BUILD:=$root/build/dev}"
export POSTERN_BUILD
grep -q '^CMAKE_GENERATOR:INTERNAL=Ninja$' "$POSTERN_BUILD/CMakeCache.txt" ||
    { echo 'without Ninja nobody knows how the tests are built'; exit 77; }
exec sh "$root/tests/mutation/run.sh" --quick
