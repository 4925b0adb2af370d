#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every call of the crypto library on the way to "verified" is made to fail by unit.keys_faults: it has
# a WRAP_ line in tests/support/crypto_faults.c.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

verifying='keys/public_key.c keys/rsa_modulus.c keys/scheme.c keys/digest.c keys/verify.c'
wraps=$root/tests/support/crypto_faults.c

# What cannot fail: frees, constants, reading a number or our own memory.
cannot=' BIO_read BN_is_odd BN_is_one BN_mod_word EVP_sha256 EVP_sha512 EVP_PKEY_get0_type_name '

check() {
    for file in $verifying; do
        [ -f "$file" ] || continue
        code_of "$file" >"$scratch/code"
        awk -v file="$file" -v wraps="$wraps" -v cannot="$cannot" '
        BEGIN {
            while ((getline line < wraps) > 0)
                if (match(line, /^WRAP_[A-Z]+\([A-Za-z0-9_]+/)) {
                    sub(/^WRAP_[A-Z]+\(/, "", line); sub(/,.*/, "", line); known[line] = 1
                }
        }
        {
            line = $0
            while (match(line, /[A-Za-z_][A-Za-z0-9_]*\(/)) {
                name = substr(line, RSTART, RLENGTH - 1)
                line = substr(line, RSTART + RLENGTH)
                if (name !~ /^(EVP|BIO|BN|PEM|OSSL|HMAC|RAND|ASN1|X509|EC|RSA|[di]2[di])(_|$)/) continue
                if (name ~ /^OSSL_PARAM_/ || name ~ /_free(_all)?$/ || (name in known) ||
                    index(cannot, " " name " ")) continue
                print file ":" FNR ": " name "() never fails in a test; give it a WRAP_ line in " \
                    "tests/support/crypto_faults.c, or say here that it cannot"
            }
        }' "$scratch/code"
    done
}

plant 'a new call' keys/public_key.c 'if (EVP_PKEY_quite_new(key) != 1)'
plant 'a new decoder' keys/public_key.c 'key = d2i_NEWKEY(NULL, &at, len);'
allow 'known calls and frees' keys/verify.c 'EVP_DigestVerify(ctx, at, 1, at, 1); EVP_PKEY_free(key);'
allow 'files that do not verify' keys/private_key.c 'EVP_PKEY_quite_new(key);'
judge
