#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The bench of deltas measures what it says: on pairs made here, with the peers that are there, each
# patch is applied before it counts, a peer that fails is shown as failed, and a kept result is used.
set -u
: "${POSTERN_BIN:?the folder with the programs}"
case $POSTERN_BIN in
/*) ;;
*) POSTERN_BIN=$PWD/$POSTERN_BIN ;;
esac
cd "${POSTERN_SOURCE:-.}" || exit 1
command -v python3 >/dev/null 2>&1 || {
    echo "skipped: no python3 here"
    exit 77
}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
failed=0
unset PST_PEERS_DIR

wrong() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}

# bench ARGUMENT...: on the corpus of this test; what it prints is kept in $scratch/said.
bench() {
    sh tests/bench/run.sh delta --corpus "$scratch/corpus" --postern "$POSTERN_BIN/postern" "$@" \
        >"$scratch/said" 2>&1
}

# holds WHAT CONDITION: of the JSON, which Python calls `all`; `ours` and `row` are of pair "moved".
holds() {
    python3 -c '
import json, sys
all = json.load(open(sys.argv[1]))
row = [row for row in all["pairs"] if row["pair"] == "moved"][0]
ours = row["results"].get("postern")
sys.exit(0 if eval("(" + sys.argv[2] + ")") else 1)' "$scratch/json" "$2" || {
        wrong "$1"
        cat "$scratch/said"
    }
}

# Text that moves and grows, and an image with nothing new in it.
mkdir -p "$scratch/corpus/moved" "$scratch/corpus/same" "$scratch/corpus/half"
seq 1 12000 >"$scratch/corpus/moved/old"
{ seq 7000 12000; echo new; seq 1 7100; } >"$scratch/corpus/moved/new"
cp "$scratch/corpus/moved/old" "$scratch/corpus/same/old"
cp "$scratch/corpus/moved/old" "$scratch/corpus/same/new"
: >"$scratch/corpus/half/old" # not a pair: it has no `new`

bench --json "$scratch/json" || wrong "the bench fails: $(cat "$scratch/said")"
holds "its pairs" '[row["pair"] for row in all["pairs"]] == ["same", "moved"]'
holds "ours is proven, and its cost known" 'ours["state"] == "proven" and 0 < ours["bytes"] < 30000 and
    all["means"]["all"]["pairs"] == 2 and ours["make"]["cpu_s"] >= 0 and ours["apply"]["rss_bytes"] > 0'
holds "a peer has a result, or is said to be absent" 'set(row["results"]).isdisjoint(all["absent"]) and
    len(row["results"]) + len(all["absent"]) > 10'
holds "no patch counts that was not applied" 'set(result["state"] for row in all["pairs"]
    for result in row["results"].values()) <= {"proven", "failed", "not for it"}'
holds "the best peer is the smallest of those that are proven" 'row["best_peer"] is None or
    row["results"][row["best_peer"]]["bytes"] == min(result["bytes"] for name, result
    in row["results"].items() if result["state"] == "proven" and name not in ("postern", "full-xz", "full-postern"))'
grep -q '^geometric mean over all pairs (2)' "$scratch/said" || wrong "no means in the table"

# Programs that stand in for a peer: one that copies, one that lies, one that breaks down.
mkdir "$scratch/peers"
program() {
    printf '#!/bin/sh\n%s\n' "$2" >"$scratch/peers/$1" && chmod +x "$scratch/peers/$1"
}
# shellcheck disable=SC2016 # their arguments, not ours
{
    copying_maker='cp "$2" "$3"'
    copying='cp "$3" "$2"'
    lying='cp "$1" "$2"'
}
program bsdiff "$copying_maker"
program bspatch "$copying"
PST_PEERS_DIR=$scratch/peers
export PST_PEERS_DIR
one() {
    bench --json "$scratch/json" --peers bsdiff --pairs moved "$@" || wrong "the bench fails"
}
one --cache "$scratch/kept"
holds "a patch that is the image counts" 'row["results"]["bsdiff"]["bytes"] == row["bytes"] and
    row["best_peer"] == "bsdiff" and 0 < row["ratio_bsdiff"] < 1'
python3 -c '
import json, sys
kept = json.loads(open(sys.argv[1]).read())
kept["result"]["bytes"] = 12345
print(json.dumps(kept))' "$scratch/kept" >"$scratch/marked" && mv "$scratch/marked" "$scratch/kept"
one --cache "$scratch/kept"
holds "what is kept is not measured again" 'row["results"]["bsdiff"]["bytes"] == 12345'

program bspatch "$lying"
one --cache "$scratch/kept"
holds "another program is, and one that gives another image has failed" '
    row["results"]["bsdiff"]["state"] == "failed" and "another image" in row["results"]["bsdiff"]["why"]
    and row["best_peer"] is None and row["ratio_bsdiff"] is None'
grep -q '^failed: bsdiff on moved: ' "$scratch/said" || wrong "the table does not tell the failure"
program bsdiff 'echo no luck >&2; exit 3'
one
holds "and so has one that breaks down" '"ended with 3: no luck" in row["results"]["bsdiff"]["why"]'

# Ours is held to the same: its failure is the bench's.
program postern 'exit 1'
sh tests/bench/run.sh delta --corpus "$scratch/corpus" --postern "$scratch/peers/postern" --peers '' \
    >"$scratch/said" 2>&1 && wrong "a failure of ours goes unnoticed"
bench --pairs half && wrong "half a pair is taken for one"
bench --peers nobody && wrong "a peer that nobody knows is taken for one"
[ $failed -eq 0 ]
