#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nothing in the tree that is not for its readers: no private key, no path of one machine, no note to
# self, no file without its licence line.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

texts() {
    files .c .h .sh .inc .txt .cmake .md .json .js .mjs .css .html .sql .conf .cfg .yml .yaml .service \
        Dockerfile .clang-format .clang-tidy .ci/run
    [ ! -f .ci/run ] || echo .ci/run
}

# each PATTERN WHAT: one line for each line of the list on stdin's files that matches.
each() {
    while IFS= read -r file; do
        grep -nE -e "$1" "$file" /dev/null | sed -E "s|^([^:]*:[0-9]+):.*|\\1: $2|"
    done
}

check() {
    texts >"$scratch/texts"
    each '(^|[^A-Za-z0-9_.~-])/(home|root|work)/' \
        'a path of one machine; take it from a parameter or an environment variable' <"$scratch/texts"
    grep -v '\.json$' "$scratch/texts" | each '(^|[^A-Za-z0-9_])(TO[D]O|FIX[M]E|X[X]X|HA[C]K)([^A-Za-z0-9_]|$)' \
        'a note to self; do it now or open an issue'
    grep -E '\.(c|h|sh|inc|cmake|js|mjs|css|sql)$|CMakeLists\.txt$|Dockerfile$|\.ci/run$|\.clang-' \
        "$scratch/texts" | while IFS= read -r file; do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2\.0' ||
            echo "$file:1: no licence line; begin with SPDX-License-Identifier: Apache-2.0"
    done
    files '' | grep -v '^tests/' | while IFS= read -r file; do
        grep -a -A 1 -E -e '-----BEGIN [A-Z ]*PRIVATE KEY-----' "$file" |
            grep -qE '[A-Za-z0-9+/]{40}' &&
            echo "$file:1: a private key; take it out, and never use it again"
    done
}

spdx='/* SPDX-License-Identifier: Apache-2.0 */'
body=MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg
plant 'a path of one machine' keys/planted.c "$spdx" 'open("/''work/x");'
plant 'a note to self' keys/planted.c "$spdx" '/* TO''DO: later */'
plant 'a file without its licence' keys/planted.c 'int x;'
plant 'a script without its licence' service/planted.sh '#!/bin/sh' 'true'
plant 'a private key' keys/planted.pem '-----BEGIN PRIVATE KEY-----' "$body"
plant 'an encrypted private key' planted '-----BEGIN ENCRYPTED PRIVATE KEY-----' "$body"
plant 'a private key in C' agent/planted.c "$spdx" '"-----BEGIN EC PRIVATE KEY-----\n"' "\"$body\""
allow 'a key for tests' tests/fixtures/planted.pem '-----BEGIN PRIVATE KEY-----' "$body"
allow 'the mark of a key' keys/planted.c "$spdx" '"-----BEGIN ENCRYPTED PRIVATE KEY-----"' 'int x;'
allow 'a template for mkstemp' keys/planted.c "$spdx" 'char name[] = "postern-XXXXXX";'

judge
