/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoding.h - internal to keys/pkcs11/: from PKCS#11's forms of keys and signatures to the ones
 * that metadata and OpenSSL know, and back.
 *
 * Tokens differ. An Edwards curve is called by its name or by one of two object identifiers; a
 * point stands inside a DER OCTET STRING, as the standard says, or bare.
 *
 * Threads  pure functions.
 * Errors   PST_KEY_MALFORMED, PST_ALGORITHM_UNKNOWN (another curve), PST_HOST_CRYPTO.
 * Source   PKCS #11 3.0, sections 2.3.3 (EC) and 2.3.1 (ECDSA signatures); RFC 8410, RFC 5480.
 */
#ifndef PST_KEYS_PKCS11_ENCODING_H
#define PST_KEYS_PKCS11_ENCODING_H

#include <openssl/types.h>

#include "manifests/finding.h"

enum { PST_P256_SIGNATURE_MOST = 72 }; /* SEQUENCE of two INTEGERs of up to 33 bytes */

/* CKA_EC_PARAMS, in the order in which a token is asked to make a key; {NULL, 0} past the end. */
struct pst_bytes pst_ed25519_params(size_t index);
struct pst_bytes pst_p256_params(size_t index);

/* A key to verify with, for EVP_PKEY_free(); `point` is CKA_EC_POINT. */
enum pst_code pst_ed25519_public(struct pst_bytes params, struct pst_bytes point, EVP_PKEY **out,
                                 struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_p256_public(struct pst_bytes params, struct pst_bytes point, EVP_PKEY **out,
                              struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_rsa_public(struct pst_bytes modulus, struct pst_bytes exponent, EVP_PKEY **out,
                             struct pst_report *why) PST_MUST_CHECK;

/* r and s in two halves of equal length, at most 32 bytes each, into DER. */
enum pst_code pst_p256_signature(struct pst_bytes halves, uint8_t out[PST_P256_SIGNATURE_MOST],
                                 size_t *len, struct pst_report *why) PST_MUST_CHECK;

#endif
