#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does some test notice when a security condition is taken away?
#
#     sh tests/mutation/run.sh [PATTERN]  each entry of mutants.txt (of the sources that match)
#     sh tests/mutation/run.sh --quick    that each entry still applies, and a dozen of them
#     sh tests/mutation/run.sh --all [PATTERN]  and each operator of the trust code, turned over by machine:
#                                         of these some change nothing, so survivors want a judgement
#
# A mutant is a changed copy of one source: compiled, linked before the libraries into the tests that
# may kill it, run until the first one fails. The tree is not touched. The last line is "mutants N,
# killed N"; exit status 1 where one survives, does not compile, or an entry's text is gone.
# POSTERN_BUILD names a build folder that is built already; otherwise build/mutate is made.
set -u
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

# ---- one mutant: run.sh --one FOLDER

# The command that makes `$1`'s object, with another source and another object.
compile() {
    command=$(grep -F -- " -c $root/$1" "$scratch/commands" | grep -v '[.]d[.]o ' | head -n 1 |
        sed 's/ -M[DTF] .*//')
    [ -n "$command" ] && (cd "$build" && eval "$command -w -o $2/mutant.o -c $2/source.c") >"$2/log" 2>&1
}

# The mutant stands before the libraries, so its namesake in there is left out.
link() {
    command=$(grep -F -- " -o tests/unit/unit_$1 " "$scratch/commands" | head -n 1 |
        sed "s| -o tests/unit/unit_$1 | -o $2/unit_$1 $2/mutant.o |")
    (cd "$build" && eval "$command") >"$2/log" 2>&1
}

one() {
    file=$(cat "$1/file")
    what=$(cat "$1/what")
    compile "$file" "$1" || { echo "NOT COMPILED  $what"; cat "$1/log"; return; }
    tests=$(cat "$1/tests")
    for test in $tests; do
        link "$test" "$1" || { echo "NOT LINKED    $what"; cat "$1/log"; return; }
        (cd "$root" && timeout 120 "$1/unit_$test") >"$1/log" 2>&1
        status=$?
        rm -f "$1/unit_$test"
        if [ $status -ne 0 ]; then
            [ $status -ne 124 ] || echo '[  FAILED  ] takes_too_long' >"$1/log"
            by=$(sed -n 's/^\[  FAILED  \] \([a-z_0-9]*\)$/\1/p' "$1/log" | head -n 1)
            echo "killed    $what  ($test${by:+: $by})"
            return
        fi
    done
    echo "SURVIVED  $what  ($tests)"
}

if [ "${1-}" = --one ]; then
    scratch=$POSTERN_MUTANTS
    build=$POSTERN_BUILD
    one "$2"
    exit 0
fi

# ---- all of them

quick=0
all=0
only=
for argument; do
    case $argument in
    --quick) quick=1 ;;
    --all) all=1 ;;
    *) only=$argument ;;
    esac
done

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

list=$here/mutants.txt
if [ $all -eq 1 ]; then
    cat "$list" >"$scratch/list"
    for file in keys/verify.c keys/trust_open.c keys/trust_root.c keys/trust_files.c keys/trust_search.c \
        manifests/decide.c manifests/decide_compat.c manifests/decide_source.c manifests/decide_terminal.c; do
        tests=$(awk -v line="file $file" '$0 == line { getline; sub(/^tests /, ""); print }' "$list")
        awk -v file="$file" -v tests="$tests" -f "$here/operators.awk" "$root/$file"
    done >>"$scratch/list"
    list=$scratch/list
fi
awk -v root="$root" -v out="$scratch" -v only="$only" -f "$here/apply.awk" "$list" ||
    { echo 'mutation: the list is out of date'; exit 1; }

find "$scratch" -mindepth 1 -maxdepth 1 -type d | sort -V >"$scratch/chosen"
if [ $quick -eq 1 ]; then # always the same ones: spread over the list
    awk -v of="$(wc -l <"$scratch/chosen")" 'NR % int(of / 12 + 1) == 1' "$scratch/chosen" >"$scratch/some"
    mv "$scratch/some" "$scratch/chosen"
fi
tests=$(while IFS= read -r folder; do tr ' ' '\n' <"$folder/tests"; done <"$scratch/chosen" | sort -u)

if [ -n "${POSTERN_BUILD-}" ]; then
    build=$(cd "$POSTERN_BUILD" && pwd) || exit 1
else
    build=$root/build/mutate
    set -- -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG=-O0
    command -v ccache >/dev/null && set -- "$@" -DCMAKE_C_COMPILER_LAUNCHER=ccache
    if ! cmake "$@" >"$scratch/log" 2>&1 ||
        ! echo "$tests" | sed 's/^/unit_/' | xargs ninja -C "$build" >"$scratch/log" 2>&1; then
        tail -n 30 "$scratch/log"
        echo 'mutation: the build failed'
        exit 1
    fi
fi
for test in $tests; do
    ninja -C "$build" -t commands "unit_$test"
done | sort -u >"$scratch/commands"
for test in $tests; do # a test that fails anyway kills everything
    (cd "$root" && "$build/tests/unit/unit_$test") >"$scratch/log" 2>&1 ||
        { cat "$scratch/log"; echo "mutation: unit_$test fails without any mutant"; exit 1; }
done

POSTERN_MUTANTS=$scratch
POSTERN_BUILD=$build
export POSTERN_MUTANTS POSTERN_BUILD

# Each source as it is, built in the same way, must survive: else a build folder that is older than the
# tree would seem to kill everything.
while IFS= read -r folder; do cat "$folder/file"; done <"$scratch/chosen" | sort -u |
    while IFS= read -r file; do
        control=$scratch/control/$(echo "$file" | tr / -)
        mkdir -p "$control"
        cp "$root/$file" "$control/source.c"
        echo "$file" >"$control/file"
        echo "$file as it is" >"$control/what"
        folder=$(grep -lx -- "$file" "$scratch"/*/file | head -n 1)
        sed 's/ .*//' "${folder%/file}/tests" >"$control/tests"
        echo "$control"
    done | xargs -P "$(nproc)" -n 1 sh "$here/run.sh" --one >"$scratch/controls"
if grep -v '^SURVIVED' "$scratch/controls"; then
    echo 'mutation: a source as it is fails; build again'
    exit 1
fi
xargs -P "$(nproc)" -n 1 sh "$here/run.sh" --one <"$scratch/chosen" | tee "$scratch/results"

mutants=$(wc -l <"$scratch/chosen")
killed=$(grep -c '^killed ' "$scratch/results")
grep -v '^killed ' "$scratch/results" | sed 's/^/  /' >"$scratch/rest"
[ -s "$scratch/rest" ] && { echo 'Not killed:'; cat "$scratch/rest"; }
echo "mutants $((mutants)), killed $((killed))"
[ "$mutants" -gt 0 ] && [ "$mutants" -eq "$killed" ]
