#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Another TUF client, tuf-js, reads every shape of repository that posternd publishes, and refuses what is
# damaged, expired or older than what it has seen.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"
# shellcheck source=tests/interop/shapes.inc
. "${POSTERN_SOURCE:-.}/tests/interop/shapes.inc"

command -v node >/dev/null 2>&1 || { echo "skipped: node is not there, and tuf-js needs it"; exit 77; }
interop=$(cd "${POSTERN_SOURCE:-.}/tests/interop" && pwd)
installed=${POSTERN_BUILD:-${TMPDIR:-/tmp}}/tests/interop

# Once a build folder, pinned by the lock file; never into the source tree.
install_client() {
    mkdir -p "$installed" || return 1
    for file in package.json package-lock.json read_repository.mjs; do
        cmp -s "$interop/$file" "$installed/$file" && continue
        cp "$interop/$file" "$installed" || return 1
        [ "$file" = read_repository.mjs ] || rm -f "$installed/complete"
    done
    [ -e "$installed/complete" ] && return
    (cd "$installed" && npm ci --no-audit --no-fund --omit-lockfile-registry-resolved) &&
        : >"$installed/complete"
}

# shellcheck disable=SC2329 # called by the shapes
client() {
    folder=$1
    shift
    set -- "$scratch/ceremony/metadata/1.root.json" "$service/repo/metadata" "$service/repo/targets" \
        "$folder" "$@"
    if [ -z "$client_date" ]; then
        ask "$@"
    else
        CLIENT_DATE=$client_date node "$installed/read_repository.mjs" "$@"
    fi
}

site_begin
must install_client
interop_reader node "$installed/read_repository.mjs"
clients=$scratch/clients
beside_sm2=reads
interop_shapes
