#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The delta decoder where words have 32 bits: pairs there and back, byte for byte what a 64-bit
# machine makes, and the seeds of the fuzz target (and whatever else is given) replayed; under ASan
# and UBSan where the compiler has them for 32 bits.
#
#     sh tests/bench/delta-32.sh [-n PAIRS] [FOLDER of inputs for fuzz_delta]...
#
# Needs gcc -m32 (Debian: gcc-multilib) and nothing else: formats other than deltas are left out.
# Exit status 77: this machine cannot.
set -u

cd "${POSTERN_SOURCE:-$(dirname "$0")/../..}" || exit 1
pairs=2000
[ "${1-}" != -n ] || {
    pairs=$2
    shift 2
}
cc=${CC32-gcc}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

echo 'int main(void) { return sizeof(void *) == 4 ? 0 : 1; }' >"$scratch/try.c"
runs() { # runs FLAG...: a program made with these runs here
    "$cc" -m32 "$@" "$scratch/try.c" -o "$scratch/try" 2>/dev/null && "$scratch/try"
}
runs || {
    echo "delta-32: $cc -m32 makes no program that runs here (Debian: apt-get install gcc-multilib)"
    exit 77
}
sanitize='-fsanitize=address,undefined -fno-sanitize-recover=all'
# shellcheck disable=SC2086 # words
runs $sanitize || {
    echo "delta-32: without sanitizers, as $cc has none for 32 bits"
    sanitize=
}

# What the decoder is made of: all of manifests/delta but the encoder's part.
decoder='manifests/decoder.c manifests/decoder_delta.c manifests/finding.c manifests/bytes.c manifests/utf8.c'
for source in manifests/delta/*.c; do
    case $(basename "$source" .c) in
    match | segments | regions | repair) ;;
    *) grep -q 'divsufsort\|segments\.h' "$source" || decoder="$decoder $source" ;;
    esac
done
flags='-std=c17 -O2 -g1 -I. -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64
    -Wall -Wextra -Werror -ffunction-sections -fdata-sections -Wl,--gc-sections'

# build PROGRAM SOURCE... with the flags in $extra
build() {
    program=$1
    shift
    # shellcheck disable=SC2086 # words
    "$cc" $flags $extra "$@" $decoder -o "$scratch/$program" >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        echo "delta-32: $program does not build"
        exit 1
    }
}
support='tests/bench/delta_alone.c tests/support/code_pair.c tests/support/delta_writer.c tests/support/source_run.c'
# shellcheck disable=SC2086 # words
{
    extra="-m32 $sanitize" && build pairs_32 tests/bench/delta_32.c $support
    extra=-m64 && build pairs_64 tests/bench/delta_32.c $support
    extra="-m32 $sanitize"
    build fuzz_32 tests/fuzz/delta.c tests/support/fuzz_replay.c tests/bench/delta_alone.c
}

status=0
"$scratch/pairs_32" "$pairs" >"$scratch/said_32" || status=1
"$scratch/pairs_64" "$pairs" >"$scratch/said_64" || status=1
sed 's/^/32 bits: /' "$scratch/said_32"
sed 's/^/64 bits: /' "$scratch/said_64"
cmp -s "$scratch/said_32" "$scratch/said_64" || {
    echo "delta-32: other bytes than a 64-bit machine makes"
    status=1
}
"$scratch/fuzz_32" tests/fuzz/corpus/delta "$@" || status=1
exit "$status"
