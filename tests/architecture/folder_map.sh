#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The folder map in README.md is the tree: what it lists exists, and every folder of code is in it.
# The map is the lines that begin with "path/" between <!-- folder map --> and <!-- /folder map -->.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

map_of() {
    awk '/<!-- folder map -->/ { inside = 1; next }
         /<!-- \/folder map -->/ { inside = 0 }
         inside && $1 ~ /^[A-Za-z0-9_.-]+[A-Za-z0-9_.\/-]*\/$/ && $0 !~ /^[ \t]/ {
             path = $1; sub(/\/$/, "", path); print NR ":" path }' README.md
}

check() {
    [ -f README.md ] || { echo "README.md:1: is missing; write it, with the folder map"; return; }
    map_of >"$scratch/map"
    [ -s "$scratch/map" ] || {
        echo "README.md:1: has no folder map; add it between the two folder map comments"
        return
    }
    while IFS=: read -r line path; do
        [ -d "$path" ] || echo "README.md:$line: $path/ does not exist; take it out or make it"
    done <"$scratch/map"
    c_files | awk -F/ 'NF == 2 { print $1 } NF >= 3 { print $1; print $1 "/" $2 }' | sort -u |
        while IFS= read -r folder; do
            grep -q ":$folder\$" "$scratch/map" ||
                echo "README.md:1: $folder/ holds code and is not in the folder map; add it"
        done
}

plant 'a README without a map' README.md 'words'
plant 'a folder that is not there' README.md '<!-- folder map -->' 'gone/  words' '<!-- /folder map -->'
plant 'a README that is missing' README 'words'

# The third way to be wrong needs two files.
mkdir -p "$scratch/two/keys/tool" "$scratch/two/manifests"
printf '%s\n' '<!-- folder map -->' '```' 'keys/       words' '  more words' 'manifests/' '```' \
    '<!-- /folder map -->' >"$scratch/two/README.md"
touch "$scratch/two/manifests/a.c"
[ -z "$(cd "$scratch/two" && check)" ] || { echo 'self-check: a good map is refused'; blind=1; }
touch "$scratch/two/keys/tool/b.c"
(cd "$scratch/two" && check) | grep -q 'keys/tool/ holds code' ||
    { echo 'self-check: a folder that is not in the map is not seen'; blind=1; }

[ -f "$root/README.md" ] || { echo 'README.md is not there yet, so neither is its map'; exit 77; }
judge
