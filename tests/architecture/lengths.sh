#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Short enough to be read: files, functions and lines. A function above the lower mark is only told.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

file_lines=700
function_lines=100
function_told=80
columns=100

# lengths_of FILE MARK: functions longer than MARK. A body begins and ends at the first column.
lengths_of() {
    awk -v file="$1" -v mark="$2" '
        /^[A-Za-z].*\(/ { head = $0; head_at = FNR }
        /^\{/ { begin = FNR }
        /^\}/ && begin {
            lines = FNR - begin + 1
            name = head; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
            if (lines > mark)
                print file ":" head_at ": " name "() has " lines " lines (more than " mark \
                    "); make it a table, or smaller steps with names"
            begin = 0
        }' "$1"
}

check() {
    c_files | while IFS= read -r file; do
        case $file in
        manifests/words_*.c) lines=0 ;; # the words in one language: a table that only grows down
        *) lines=$(wc -l <"$file") ;;
        esac
        [ "$lines" -le "$file_lines" ] ||
            echo "$file:$file_lines: has $((lines)) lines (more than $file_lines); one thing a file: split it"
        lengths_of "$file" "$function_lines"
        awk -v file="$file" -v most="$columns" '
            /clang-format off/ { off = 1 }
            /clang-format on/ { off = 0 }
            !off && length($0) > most && $0 !~ /[\200-\377]/ && $0 !~ /https?:\/\// {
                print file ":" FNR ": " length($0) " columns (more than " most "); break the line" }' "$file"
    done
}

long_file() {
    i=0
    while [ $i -lt "$1" ]; do echo "int x$i;"; i=$((i + 1)); done
}

plant 'a long file' keys/planted.c "$(long_file 701)"
plant 'a long function' keys/planted.c 'static int f(int a,' '      int b)' '{' "$(long_file 99)" '}'
plant 'a wide line' keys/planted.c "/* $(printf '%0100d' 0) */"
allow 'a table by hand' keys/planted.c '/* clang-format off */' "/* $(printf '%0100d' 0) */"
allow 'a file and a function that just fit' keys/planted.c 'int f(void)' '{' "$(long_file 98)" '}' \
    "$(long_file 599)"

(cd "$root" && c_files | while IFS= read -r file; do lengths_of "$file" "$function_told"; done) |
    sed 's/^/told only: /'
judge
