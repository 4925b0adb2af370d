/* SPDX-License-Identifier: Apache-2.0 */
/*
 * private_key_internal.h - internal to keys/: the seams between using a private key, its
 * file, and a token that holds it instead.
 *
 * Memory   what pst_private_key_encode() adds must be wiped by the caller before it is freed.
 */
#ifndef PST_KEYS_PRIVATE_KEY_INTERNAL_H
#define PST_KEYS_PRIVATE_KEY_INTERNAL_H

#include <openssl/types.h>

#include "keys/private_key.h"

enum { PST_PRIVATE_KEY_FILE_MOST = 32768, PST_SIGNATURE_MOST = 1024 };

/*
 * Whoever has the private half of a key that is not here: a token. `sign` writes at most
 * PST_SIGNATURE_MOST bytes, in the scheme's own form (public_key.h); they are verified before they
 * go further.
 */
struct pst_key_holder {
    void *context;
    enum pst_code (*sign)(void *context, struct pst_bytes message, uint8_t *out, size_t *len,
                          struct pst_report *why);
    void (*release)(void *context);
};
/*
 * A key that signs through its holder. Takes `public_half` in any case, and the holder on success;
 * refuses what pst_private_key_read() would refuse of such a key.
 */
enum pst_code pst_private_key_hold(EVP_PKEY *public_half, struct pst_key_holder holder,
                                   struct pst_private_key **out, struct pst_report *why)
    PST_MUST_CHECK;

/* PEM of PKCS#8, encrypted when there is a passphrase. `out` has room for it from the beginning,
 * so that no copy is left behind where it grew. */
enum pst_code pst_private_key_encode(const struct pst_private_key *key,
                                     const struct pst_secret *passphrase, struct pst_buf *out,
                                     struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_private_key_decode(struct pst_text pem, const struct pst_secret *passphrase,
                                     struct pst_private_key **out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
