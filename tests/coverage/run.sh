#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Branch coverage of the code that decides whether to believe and whether to install:
#
#     sh tests/coverage/run.sh        a table, every branch that no test takes, exit 1 below 100 %
#
# The unit tests alone count: what only a scenario happens to pass through is not proven by it. Each
# condition of an `if`, `?:`, `&&` or `||` is a branch of its own, to be seen both true and false
# (clang's notion; gcc counts what its compiler makes of it). There is no way to excuse a branch: one
# that cannot be taken is taken out of the code. Needs clang, llvm-profdata and llvm-cov (package llvm).
# POSTERN_COVERAGE names the build folder, by default build/cover.
set -u
LC_ALL=C
export LC_ALL
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${POSTERN_COVERAGE:-$root/build/cover}

scope='keys/verify.c keys/public_key.c keys/rsa_*.c keys/scheme.c keys/digest.c keys/trust_*.c
    manifests/decide*.c manifests/version*.c manifests/envelope.c
    manifests/role.c manifests/role_lists.c manifests/role_parse*.c'
tests='keys_digest keys_public_key keys_scheme* keys_sm2* keys_verify* keys_trust* keys_faults*
    manifests_decide* manifests_version* manifests_envelope* manifests_role*'

cd "$root" || exit 1
for tool in clang llvm-profdata llvm-cov; do
    command -v $tool >/dev/null && continue
    echo "coverage: $tool is not here; install clang and llvm" >&2
    exit 1
done

# The names of the test programs, one a line.
programs() {
    for pattern in $tests; do
        for source in tests/unit/$pattern.c; do
            [ -f "$source" ] && basename "$source" .c | sed 's/^/unit_/'
        done
    done
}

build() {
    set -- -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug
    command -v ccache >/dev/null && set -- "$@" -DCMAKE_C_COMPILER_LAUNCHER=ccache
    cmake "$@" -DCMAKE_C_FLAGS_DEBUG='-O0 -g -fprofile-instr-generate -fcoverage-mapping' || return 1
    programs | xargs ninja -C "$build"
}

# Each test leaves its counts in a file; one that fails proves nothing: run.sh --one PROGRAM.
if [ "${1-}" = --one ]; then
    LLVM_PROFILE_FILE=$build/counts/$2.profraw "$build/tests/unit/$2" >"$build/counts/$2.log" 2>&1 && exit 0
    cat "$build/counts/$2.log"
    echo "coverage: $2 failed"
    exit 1
fi

mkdir -p "$build"
if ! build >"$build/log" 2>&1; then
    tail -n 30 "$build/log"
    echo 'coverage: the build failed' >&2
    exit 1
fi
counts=$build/counts
rm -rf "$counts"
mkdir -p "$counts"
programs | xargs -P "$(nproc)" -n 1 sh tests/coverage/run.sh --one || exit 1

llvm-profdata merge -o "$counts/all" "$counts"/*.profraw || exit 1
set --
for program in $(programs); do
    [ $# -eq 0 ] || set -- "$@" -object
    set -- "$@" "$build/tests/unit/$program"
done
# shellcheck disable=SC2086  # the scope is a list of patterns
llvm-cov export -format=lcov -instr-profile "$counts/all" "$@" $scope >"$counts/lcov" || exit 1

# A file of the scope in which nothing is counted would pass unseen.
for file in $scope; do
    grep -q "^SF:$root/$file\$" "$counts/lcov" || { echo "coverage: nothing is known of $file"; exit 1; }
done

awk -v root="$root/" '
    function share(part, of) { return of == 0 ? "    -" : sprintf("%5.1f", int(1000 * part / of) / 10) }
    function row(name, taken, all) { printf "%-36s %8d %8d %7s %%\n", name, all, taken, share(taken, all) }
    function source(file, line,    text, i) {
        for (i = 0; i < line; i++) if ((getline text < (root file)) <= 0) text = ""
        close(root file); sub(/^[ \t]+/, "", text); return text
    }
    BEGIN { printf "%-36s %8s %8s %9s\n", "file", "branches", "taken", "percent" }
    /^SF:/ { file = substr($0, 4); sub(root, "", file); all = 0; taken = 0 }
    /^BRDA:/ {
        split(substr($0, 6), field, ","); all++
        if (field[4] + 0 > 0) { taken++; next }
        missed[++misses] = file ":" field[1] ": condition " field[2] + 1 " is never " \
            (field[3] % 2 == 0 ? "true" : "false") ": " source(file, field[1])
    }
    /^end_of_record/ { row(file, taken, all); sum += all; sum_taken += taken }
    END {
        row("all", sum_taken, sum)
        for (i = 1; i <= misses; i++) print missed[i]
        exit sum == 0 || sum_taken < sum
    }' "$counts/lcov"
