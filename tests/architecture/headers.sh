#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header compiles alone, and twice, with all warnings: whoever includes it needs nothing else.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

compiler=${CC:-cc}
flags='-std=c17 -fsyntax-only -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -Wall -Wextra
-Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wmissing-prototypes -Wformat=2 -Wswitch-enum -Wvla
-Wcast-qual -Wstrict-prototypes -Wundef -Werror'
# The one third-party header that is not in the compiler's own path, and that a header of ours needs.
flags="$flags $(pkg-config --cflags p11-kit-1)"

check() {
    files .h | while IFS= read -r header; do
        # shellcheck disable=SC2086  # flags are words
        printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
            "$compiler" $flags -I. -x c - >"$scratch/compiler" 2>&1 && continue
        echo "$header:1: does not compile alone; include in it what it uses:" \
            "$(grep -m 1 error: "$scratch/compiler")"
    done
}

guarded() {
    plant "$1" keys/planted.h '#ifndef PST_PLANTED' '#define PST_PLANTED' "$2" '#endif'
}

guarded 'a type that nobody declared' 'size_t planted(void);'
guarded 'an old-style prototype' 'int planted();'
guarded 'a conversion that loses' 'static inline char planted(int i) { return i; }'
plant 'a missing guard' keys/planted.h 'struct planted { int x; };'
allow 'a good header' keys/planted.h '#ifndef X' '#define X' '#include <stddef.h>' \
    'size_t planted(void);' '#endif'

judge
