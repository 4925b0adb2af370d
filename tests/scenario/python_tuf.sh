#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# TUF's own client, python-tuf, reads every shape of repository that posternd publishes, and refuses what
# is damaged, expired or older than what it has seen. And our agent reads repositories that python-tuf
# wrote, in shapes that we never publish, and refuses what is wrong with them.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"
# shellcheck source=tests/interop/shapes.inc
. "${POSTERN_SOURCE:-.}/tests/interop/shapes.inc"

source=$(cd "${POSTERN_SOURCE:-.}" && pwd)
interop=$source/tests/interop

# One for all build folders: it has nothing of ours in it.
root=$source/build/interop/trixie
mkdir -p "$source/build/interop"
[ "$(id -u)" -eq 0 ] || { echo "skipped: only root may enter the folder with python-tuf"; exit 77; }
sh "$interop/python-tuf.sh" "$root" || exit $?

site_begin
inside=/tmp/$(basename "$scratch") # of the chroot
clients=$root$inside/clients
mkdir -p "$clients"
# shellcheck disable=SC2154 # the trap's own
trap 'left=$?; rm -rf "${root:?}$inside"; (exit "$left"); site_end' EXIT
cp "$interop"/*.py "$root$inside"

interop_reader chroot "$root" python3 "$inside/read_repository.py"

# shellcheck disable=SC2329 # called by the shapes
client() {
    folder=$inside${1#"$root$inside"}
    shift
    cp "$scratch/ceremony/metadata/1.root.json" "$root$inside/1.root.json"
    set -- "$inside/1.root.json" "$service/repo/metadata" "$service/repo/targets" "$folder" "$@"
    if [ -z "$client_date" ]; then
        ask "$@"
    else
        chroot "$root" faketime "$client_date 00:00:00" python3 "$inside/read_repository.py" "$@"
    fi
}

# Written and served while the first half runs.
repositories=$root$inside/repositories
chroot "$root" python3 "$inside/write_repositories.py" "$inside/repositories" "$inside/port" \
    >"$scratch/writer.log" 2>&1 &
writer=$!
site_started="$site_started $writer"

beside_sm2=refuses
interop_shapes

# ---- the agent reads what python-tuf wrote ---------------------------------------------------------------

is_written() {
    [ -s "$root$inside/port" ] || ! kill -0 "$writer" 2>/dev/null
}
wait_for 60 is_written
written=http://127.0.0.1:$(cat "$root$inside/port") || give_up "nothing was written"

# visits SHAPE STEP: as the same terminal as in the steps before.
visits() {
    url=$written/$1/$2
    memory=$scratch/agents/$1
    rm -rf "$memory/targets"
    mkdir -p "$memory/metadata" "$memory/targets" # the agent makes neither
    if [ "$2" -eq 1 ]; then
        "$agent" --metadata-dir "$memory/metadata" init "$repositories/$1/root.json" || return
    fi
    set --
    while read -r target; do
        set -- "$@" --target-name "$target"
    done <"$scratch/wanted"
    "$agent" --metadata-url "$url/metadata/" --metadata-dir "$memory/metadata" "$@" \
        --target-dir "$memory/targets" --target-base-url "$url/targets/" download
}

reads_written() {
    visits "$1" "$2" >"$scratch/said" 2>&1 || { cat "$scratch/said"; return 1; }
    while read -r target; do
        cmp "$scratch/agents/$1/targets/$(printf %s "$target" | sed 's|/|%2F|g')" \
            "$repositories/$1/$2/content/$target" || return 1
    done <"$scratch/wanted"
}

refuses_written() {
    got=0
    visits "$1" "$2" >"$scratch/said" 2>&1 || got=$?
    [ "$got" -eq 1 ] && [ -z "$(ls "$scratch/agents/$1/targets")" ] &&
        grep -q -E -e "\[($3)" "$scratch/said" && return
    cat "$scratch/said"
    return 1
}

for shape in "$repositories"/*; do
    name=$(basename "$shape")
    step=1
    while [ -d "$shape/$step" ]; do
        tail -n +2 "$shape/$step/expect" >"$scratch/wanted"
        read -r verdict code <"$shape/$step/expect"
        if [ "$verdict" = good ]; then
            check "the agent reads '$name', step $step" reads_written "$name" "$step"
        else
            check "the agent refuses '$name', step $step, with $code" \
                refuses_written "$name" "$step" "$code"
        fi
        step=$((step + 1))
    done
done
check "python-tuf wrote what it was to write" test "$(find "$repositories" -name expect | wc -l)" -ge 55
