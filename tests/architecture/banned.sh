#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Functions that are not used here, each with what to use instead.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

instead='
strcpy    writes without a limit; use a struct pst_buf or snprintf
strncpy   may leave out the NUL; use snprintf
strcat    writes without a limit; use a struct pst_buf
strncat   counts what is left, not what there is; use a struct pst_buf
stpcpy    writes without a limit; use a struct pst_buf
sprintf   writes without a limit; use snprintf or pst_buf_print
vsprintf  writes without a limit; use vsnprintf
gets      reads without a limit; use fgets or read
atoi      cannot refuse; use pst_take_number
atol      cannot refuse; use pst_take_number
atoll     cannot refuse; use pst_take_number
atof      cannot refuse; numbers here are integers
strtok    keeps hidden state and changes its input; use pst_take_until
gmtime    keeps hidden state; use manifests/instant.h
localtime keeps hidden state; use localtime_r
ctime     keeps hidden state; use manifests/instant.h
asctime   keeps hidden state; use manifests/instant.h
strerror  keeps hidden state; use pst_refuse_errno or strerror_r
tmpnam    can be raced; use mkstemp
mktemp    can be raced; use mkstemp
alloca    has no ceiling; use a struct pst_buf
system    hands a line to a shell; use posix_spawn with a list of words
popen     hands a line to a shell; use posix_spawn with a list of words
rand      can be guessed and keeps state; use keys/ for chance, a seed of your own in tests
'

check() {
    c_files | while IFS= read -r file; do
        code_of "$file" >"$scratch/code"
        awk -v file="$file" -v instead="$instead" '
        BEGIN {
            rows = split(instead, row, "\n")
            for (i = 1; i <= rows; i++) {
                name = row[i]; sub(/ .*/, "", name)
                words = row[i]; sub(/^[^ ]+ +/, "", words)
                if (name != "") why[name] = words
            }
        }
        NR == FNR { raw[FNR] = $0; next }
        {
            line = $0
            while (match(line, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
                name = substr(line, RSTART, RLENGTH - 1); sub(/[ \t]+$/, "", name)
                before = RSTART > 1 ? substr(line, RSTART - 1, 1) : ""
                line = substr(line, RSTART + RLENGTH)
                if (name in why && before != "." && before != ">")
                    print file ":" FNR ": " name "() " why[name]
                if (name == "memcmp" && file ~ /^keys\// && raw[FNR] !~ /\/\* public data \*\//)
                    print file ":" FNR ": memcmp() in keys/ tells by its time how much was right;" \
                        " use CRYPTO_memcmp, or write /* public data */ behind it where it is"
            }
        }' "$file" "$scratch/code"
    done
}

plant 'strcpy' agent/planted.c 'void f(char *a) { strcpy(a, "x"); }'
plant 'atoi behind a space' agent/planted.c 'int f(char *a) { return atoi (a); }'
plant 'gmtime' service/planted.c 'struct tm *t = gmtime(&now);'
plant 'sprintf after a comment' tests/unit/planted.c '/* a' 'b */ sprintf(a, "%d", 1);'
plant 'memcmp in keys' keys/planted.c 'return memcmp(a, b, 32) == 0;'
plant 'a shell' agent/planted.c 'system("reboot");'
allow 'words in comments' keys/planted.c '/* strcpy(a, b) */' '// atoi(x)' 'int x; /* memcmp(' ')*/'
allow 'words in strings' keys/planted.c 'puts("atoi(x) \" strcpy(a)");' "int c = '\"'; int d = '\\'';"
allow 'the reentrant ones' keys/planted.c 'gmtime_r(&a, &b); snprintf(a, 2, "x"); pst_rand(1); p->system(1);'
allow 'memcmp on public data' keys/planted.c 'return memcmp(a, b, 32) == 0; /* public data */'
allow 'memcmp elsewhere' manifests/planted.c 'return memcmp(a, b, 32) == 0;'

judge
