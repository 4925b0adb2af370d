/* SPDX-License-Identifier: Apache-2.0 */
/*
 * private_key.h - making, keeping and using signing keys: the ceremony's, the service's online ones
 * and each terminal's own.
 *
 * On disk a key is PKCS#8: encrypted with a passphrase (PBES2, scrypt or PBKDF2 and AES-256) or,
 * where the machine itself is the boundary (a terminal, an online role), plain with mode 0600. A
 * key file that others may read is refused.
 *
 * Memory   pst_private_key_free() wipes. Errors   PST_KEY_MALFORMED, PST_KEY_LOCKED (wrong or
 * missing passphrase), PST_KEY_WEAK (RSA below
 *          3072 bits), PST_ALGORITHM_UNKNOWN, PST_HOST_*.
 */
#ifndef PST_KEYS_PRIVATE_KEY_H
#define PST_KEYS_PRIVATE_KEY_H

#include "keys/public_key.h"

struct pst_private_key;

/* `scheme` is one of pst_schemes(); RSA keys have 3072 bits. */
enum pst_code pst_private_key_generate(const char *scheme, struct pst_private_key **out,
                                       struct pst_report *why) PST_MUST_CHECK;
/* `passphrase` may be NULL for a plain key. The file must belong to us and be closed to others. */
enum pst_code pst_private_key_read(const char *path, const struct pst_secret *passphrase,
                                   struct pst_private_key **out, struct pst_report *why)
    PST_MUST_CHECK;
/* Never overwrites: PST_HOST_EXISTS. Mode 0600, durable when it returns. */
enum pst_code pst_private_key_write(const struct pst_private_key *key, const char *path,
                                    const struct pst_secret *passphrase, struct pst_report *why)
    PST_MUST_CHECK;
void pst_private_key_free(struct pst_private_key *key);
static inline void pst_private_key_cleanup(struct pst_private_key **key)
{
    pst_private_key_free(*key);
}

const char *pst_private_key_scheme(const struct pst_private_key *key);
/* Adds the signature as lower-case hex. A signature is verified before it is handed out. */
enum pst_code pst_private_key_sign(const struct pst_private_key *key, struct pst_bytes message,
                                   struct pst_buf *hex, struct pst_report *why) PST_MUST_CHECK;

/*
 * Adds the public key object as compact JSON {keytype, keyval{public}, scheme,
 * x-postern-not-after?, x-postern-not-before?} and writes its keyid. (Not the canonical form, which
 * no JSON reader takes where a PEM text has line feeds.) Pass INT64_MIN, INT64_MAX for a key
 * without a window.
 */
enum pst_code pst_private_key_describe(const struct pst_private_key *key, int64_t not_before_s,
                                       int64_t not_after_s, struct pst_buf *object, char keyid[65],
                                       struct pst_report *why) PST_MUST_CHECK;

#endif
