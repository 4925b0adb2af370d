#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fuzz campaign adds its executions up over many runs, and every target has what a search needs.
set -u
cd "${POSTERN_SOURCE:-.}" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

wrong() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}

# row CODE TARGET KIND SECONDS EXECUTIONS FEATURES: a line of the ledger.
row() {
    printf '2026-01-01T00:00:00Z\t%s\t%s\t%s\t%s\t%s\t%s\t0\n' "$@" >>"$scratch/ledger.tsv"
}

# tells LINE: of the status, blanks for tabs.
tells() {
    sh tests/fuzz/campaign.sh --status --tsv -d "$scratch" >"$scratch/status" || wrong "--status"
    tr '\t' ' ' <"$scratch/status" | grep -q -x -e "$1" || { cat "$scratch/status"; wrong "no line '$1'"; }
}

sh tests/fuzz/campaign.sh --status -d "$scratch" >"$scratch/said" 2>&1 && wrong "a status without a ledger"
row aaaaaaaaaaaa json checked 10 1000 70
row bbbbbbbbbbbb json fast 20 29000 90
row bbbbbbbbbbbb json replay 5 444 80
row aaaaaaaaaaaa root checked 4 3000000000 5
mkdir -p "$scratch/corpus/json" "$scratch/found/root"
touch "$scratch/corpus/json/a" "$scratch/corpus/json/b" "$scratch/found/root/crash-1" \
    "$scratch/found/root/slow-unit-1"
tells 'json 30000 1000 0 35 857 90 2 444 0'
tells 'root 3000000000 3000000000 0 4 750000000 5 0 0 1'
tells 'version 0 0 0 0 0 0 0 0 0'
tells 'all 3000030000 3000001000 0 39 76923846 - 2 444 1'
sh tests/fuzz/campaign.sh -d "$scratch" no-such-target >"$scratch/said" 2>&1 &&
    wrong "a target that is not there"
grep -q no-such-target "$scratch/said" || wrong "it is not named"

for source in tests/fuzz/*.c; do
    target=$(basename "$source" .c)
    [ "$(find "tests/fuzz/corpus/$target" -type f | wc -l)" -ge 3 ] || wrong "$target has no seeds"
    [ -s "tests/fuzz/words/$target.dict" ] || wrong "$target has no words"
done
[ "$(cat tests/fuzz/corpus/*/* | wc -c)" -lt 100000 ] || wrong "the corpora are not small"
echo "$failed failed"
[ "$failed" -eq 0 ]
