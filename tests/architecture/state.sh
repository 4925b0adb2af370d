#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# State is passed, never global: the layers' libraries hold no variable that can change.
# Looks at the objects, which know of macros and of statics inside functions; needs $POSTERN_BUILD.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

compiler=${CC:-cc}
build=${POSTERN_BUILD:-$root/build/dev}

# Symbols that may change, each for a reason: none so far.
known=' '

# mutable_in LIBRARY: "object: symbol" for each variable that can be written to after loading.
# Constant tables of pointers are in .data.rel.ro, which the loader closes.
mutable_in() {
    objdump -t "$1" | awk -v known="$known" '
        / file format / { object = $1; sub(/:$/, "", object); next }
        $0 !~ /^[0-9a-f]+ / { next }
        {
            section = ""
            for (i = 2; i <= NF; i++)
                if ($i ~ /^\.(data|bss|tdata|tbss)/ || $i == "*COM*") { section = $i; at = i }
            if (section == "" || section ~ /^\.data\.rel\.ro/ || at == NF) next
            name = $NF
            if (name ~ /^\./ || index(known, " " name " ")) next
            print object ": " name " can change (" section "); pass it as a parameter, or make it const"
        }'
}

check() {
    for library in "$build"/manifests/*.a "$build"/keys/*.a "$build"/agent/*.a "$build"/service/*.a \
        "$build"/agent/*/*.a "$build"/service/*/*.a "$build"/service/*/*/*.a; do
        [ -f "$library" ] && mutable_in "$library"
    done
}

# library FILE LINE...: an archive of one object.
library() {
    at=$scratch/$1
    shift
    printf '%s\n' "$@" >"$at.c"
    rm -f "$at.a"
    "$compiler" -std=c17 -fPIE -ffunction-sections -fdata-sections -c -o "$at.o" "$at.c" &&
        ar rc "$at.a" "$at.o" || exit 1
}

sees() {
    library seen "$2"
    mutable_in "$scratch/seen.a" | grep -q 'planted' && return
    echo "self-check: $1 is not seen"
    blind=$((blind + 1))
}

sees 'a counter' 'static int planted; int *f(void); int *f(void) { return &planted; }'
sees 'a static inside a function' 'int f(void); int f(void) { static int planted = 3; return planted++; }'
sees 'an exported variable' 'int planted = 1;'
sees 'a thread-local variable' '_Thread_local int planted;'
library good 'static const char *const names[] = {"a", "b"};' \
    'static const int numbers[] = {1, 2}; const char *f(int i);' \
    'const char *f(int i) { return names[numbers[i]]; }'
[ -z "$(mutable_in "$scratch/good.a")" ] || { echo 'self-check: constants are refused'; blind=1; }

[ -f "$build/manifests/libpostern_manifests.a" ] ||
    { echo "no libraries in $build; build first, or set POSTERN_BUILD"; exit 1; }
judge
