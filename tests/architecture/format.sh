#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# C is laid out as .clang-format says, and scripts are what shellcheck likes.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

command -v clang-format >/dev/null 2>&1 || { echo 'clang-format is not installed'; exit 77; }
style="file:$root/.clang-format"

check() {
    c_files | xargs -r -P 2 -n 8 clang-format --style="$style" --dry-run 2>&1 |
        awk -F: '/warning:/ && !seen[$1]++ { print $1 ":" $2 ": not laid out; run clang-format -i " $1 }'
    command -v shellcheck >/dev/null 2>&1 || return
    { files .sh .inc; [ ! -f .ci/run ] || echo .ci/run; } |
        xargs -r shellcheck -x -f gcc --source-path=.
}

plant 'a brace in the wrong place' keys/planted.c 'int f(void) {' '    return 1;' '}'
plant 'includes in the wrong order' keys/planted.c '#include <stdio.h>' '#include "keys/planted.h"'
allow 'the right order' keys/planted.c '#include "keys/planted.h"' '' '#include <stdio.h>' '' \
    '#include "manifests/bytes.h"'
if command -v shellcheck >/dev/null 2>&1; then
    # shellcheck disable=SC2016  # not ours to expand: it is the planted fault
    plant 'a variable that splits' tests/planted.sh '#!/bin/sh' 'rm $1'
fi

judge
