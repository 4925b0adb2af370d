#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every test that a README names, as `unit.NAME`, `scenario.NAME`, `fuzz.NAME` or `architecture.NAME`, is
# there: a promise without its test would rot.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

check() {
    files README.md | while IFS= read -r readme; do
        # shellcheck disable=SC2016  # Markdown's back-quotes
        grep -noE '`(unit|scenario|fuzz|architecture)\.[a-z0-9_]+`' "$readme" | tr -d '`' |
            while IFS=: read -r line name; do
                path=tests/$(printf %s "$name" | sed 's|\.|/|')
                [ -f "$path.c" ] || [ -f "$path.sh" ] ||
                    echo "$readme:$line: no test $name; write it, or take the promise out"
            done
    done
}

# shellcheck disable=SC2016  # the back-quotes of Markdown
plant 'a promise whose test is not there' README.md '| no terminal bricks | `unit.no_such_test` |'
# shellcheck disable=SC2016
allow 'a word that only looks like a test' README.md 'see `unit` and scenario.x'
judge
