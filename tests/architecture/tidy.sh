#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the whole tree, as .clang-tidy says. Not among the tests of CTest, since it takes
# minutes: tests/run.sh calls it. Needs a build folder with compile_commands.json.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${POSTERN_BUILD:-$root/build/dev}

command -v clang-tidy >/dev/null 2>&1 || { echo 'clang-tidy is not installed'; exit 77; }
[ -f "$build/compile_commands.json" ] || { echo "no compile_commands.json in $build"; exit 1; }

# What the build itself wrote is nobody's to mend.
written=$(cd "$build" && pwd)/
sources() {
    awk -F'"' -v written="$written" '$2 == "file" && index($4, written) != 1 { print $4 }' \
        "$build/compile_commands.json" | sort -u
}

# A flag that only gcc knows is no finding about the code.
tidy() {
    xargs -r -P "${JOBS:-2}" -n 4 clang-tidy -p "$build" --quiet \
        --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-unused-value "$@" 2>/dev/null
}

cd "$root" || exit 1
failed=0
# Where the functions are defined that tidy.h puts macros over, it must stay out.
sources | grep '/manifests/finding\.c$' | tidy || failed=1
sources | grep -v '/manifests/finding\.c$' |
    tidy --extra-arg=-include --extra-arg="$root/tests/architecture/tidy.h" || failed=1
exit $failed
