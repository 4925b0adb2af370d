#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Another TUF client, tuf-js, reads what posternd publishes and fetches a manifest, an image and a delta;
# also after the root was rotated, from the first root on.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

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

site_begin
must install_client
site_ceremony pos-a release-1
site_image "$scratch/one" 2000000 one
site_edited "$scratch/one" "$scratch/two" two
site_serve
site_release pos-a 2.0.0 "$scratch/two" 1.0.0 "$scratch/one"

# reads FOLDER TARGET...: as a client that trusts the first root, with its memory in FOLDER.
reads() {
    folder=$1
    shift
    node "$installed/read_repository.mjs" "$scratch/ceremony/metadata/1.root.json" \
        "$service/repo/metadata" "$service/repo/targets" "$folder" "$@" >"$scratch/said" 2>&1 &&
        return
    cat "$scratch/said"
    return 1
}

same() {
    [ "$(sha256 "$1")" = "$(sha256 "$2")" ]
}

as_saved() {
    printf %s "$1" | sed 's|/|%2F|g'
}

targets=$(cd "$scratch/ceremony/targets" && find pos-a/2.0.0 -type f | sort)
check "a release has its manifest, a full image, a delta and their lists of blocks" \
    test "$(echo "$targets" | wc -l)" -eq 5
# shellcheck disable=SC2086  # targets are words
check "tuf-js reads the repository and fetches all of them" reads "$scratch/client" $targets
for target in $targets; do
    saved=$scratch/client/targets/$(as_saved "$target")
    check "$target is what was built" same "$saved" "$scratch/ceremony/targets/$target"
done

not_there() {
    ! reads "$@" >"$scratch/refused" && has 'no role lists' "$scratch/refused"
}
check "what no role lists is not there" not_there "$scratch/client" pos-a/9.9.9/manifest.json

# ---- a new root, signed by the old one and by itself ---------------------------------------------------

site_key root-4
site_keys root next --remove-root root-3 --add-root root-4
site_keys sign 2.root.json --key root-1 root-2 root-4
must site_postern publish "$scratch/ceremony"
manifest=pos-a/2.0.0/manifest.json
check "after the rotation a client that knows the repository goes on" reads "$scratch/client" $manifest
check "and trusts the new root" same "$scratch/client/metadata/root.json" "$scratch/ceremony/metadata/2.root.json"
check "a client that begins with the first root gets there, too" reads "$scratch/other" $manifest
check "and trusts the new root" same "$scratch/other/metadata/root.json" "$scratch/ceremony/metadata/2.root.json"

# ---- what is damaged on the way is refused by this client, too -------------------------------------------

site_proxy corrupting --match manifest --flip 100
origin=$service
service=http://127.0.0.1:$port
damaged() {
    ! reads "$scratch/third" $manifest >"$scratch/refused" 2>&1
}
check "a manifest that is damaged on the way is refused" damaged
service=$origin
check "and read from the service itself" reads "$scratch/third" $manifest
