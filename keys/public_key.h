/* SPDX-License-Identifier: Apache-2.0 */
/*
 * public_key.h - the schemes that Postern verifies, and one public key of them.
 *
 *   scheme                 keytype               public part          signature (lower-case hex)
 *   ed25519                ed25519               32 bytes in hex      64 bytes
 *   ecdsa-sha2-nistp256    ecdsa                 PEM (P-256)          DER
 *   rsassa-pss-sha256      rsa                   PEM, >= 2048 bits    PSS, MGF1-SHA-256, any salt
 *   length
 *   sm2-sm3                sm2                   PEM (SM2's curve)    DER, of identity
 *                                                                     1234567812345678
 *
 * (keytype "ecdsa-sha2-nistp256" is read as ecdsa too.) The scheme comes from the key, never from
 * the signature. A key of the wrong kind, length, curve or of small order is malformed.
 *
 * "sm2-sm3" counts in products' roles only (verify.h), and not at all where the crypto library was
 * built without it: it is then as unknown as any other name.
 *
 * Memory   pst_public_key_free(). Threads: immutable once loaded.
 * Errors   PST_ALGORITHM_UNKNOWN (scheme or keytype), PST_KEY_MALFORMED, PST_HOST_CRYPTO.
 * Source   TUF 1.0.34, section 4.2; GM/T 0003.2, 0003.5 and 0009; only == 1 from the crypto library
 *          counts as verified.
 */
#ifndef PST_KEYS_PUBLIC_KEY_H
#define PST_KEYS_PUBLIC_KEY_H

#include "keys/digest.h"

struct pst_public_key;

enum pst_code pst_public_key_load(struct pst_text keytype, struct pst_text scheme,
                                  struct pst_text public_part, struct pst_public_key **out,
                                  struct pst_report *why) PST_MUST_CHECK;
void pst_public_key_free(struct pst_public_key *key);
static inline void pst_public_key_cleanup(struct pst_public_key **key)
{
    pst_public_key_free(*key);
}

/*
 * SHA-256 of the key material alone (DER SubjectPublicKeyInfo): equal for one key under any name.
 */
const uint8_t *pst_public_key_fingerprint(const struct pst_public_key *key);
int pst_public_key_bits(const struct pst_public_key *key);
const char *pst_public_key_scheme(const struct pst_public_key *key);
/*
 * PST_SIGNATURE_INVALID for a bad signature, for hex that is none or has capitals (or one signature
 * would have many spellings) and for a wrong length: untold, for the caller knows whose it is.
 * PST_HOST_CRYPTO, told, when the library cannot begin; where it fails later, that looks to us like
 * a bad signature.
 */
enum pst_code pst_public_key_check(const struct pst_public_key *key, struct pst_bytes message,
                                   struct pst_text signature_hex, struct pst_report *why)
    PST_MUST_CHECK;
/* The same as yes or no. */
bool pst_public_key_verifies(const struct pst_public_key *key, struct pst_bytes message,
                             struct pst_text signature_hex);

/* NULL-terminated list of the schemes above that the library has, for facts and for help texts. */
const char *const *pst_schemes(void);
/* The keyid: SHA-256 of the canonical form of the whole key object, as 64 hex digits and a NUL. */
struct pst_json;
enum pst_code pst_keyid_of(const struct pst_json *key_object, char out[65], struct pst_report *why)
    PST_MUST_CHECK;

#endif
