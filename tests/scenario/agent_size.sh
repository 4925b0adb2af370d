#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The agent as it is delivered - built by the preset `release`, stripped, dynamic - is below 300 KiB.
set -u

most=$((300 * 1024))
cd "${POSTERN_SOURCE:-.}" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

# The build that runs the test if it is one of release, else one of its own, kept for the next time.
is_release() {
    grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Release$' "${POSTERN_BUILD-}/CMakeCache.txt" 2>/dev/null
}

if is_release; then
    agent=$POSTERN_BUILD/bin/postern-agent
else
    folder=${POSTERN_BUILD:-$PWD/build}/agent_size
    {
        cmake --preset release -B "$folder" && cmake --build "$folder" --target postern-agent
    } >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        exit 1
    }
    agent=$folder/bin/postern-agent
fi
strip -o "$scratch/agent" "$agent" || exit 1
bytes=$(wc -c <"$scratch/agent" | tr -d ' ')
echo "postern-agent: $bytes bytes stripped, of at most $most"
[ "$bytes" -lt "$most" ] || exit 1
readelf -d "$agent" | grep -q 'NEEDED.*libcrypto' || {
    echo "it is not linked dynamically, so that its size says nothing"
    exit 1
}
