/* SPDX-License-Identifier: Apache-2.0 */
/*
 * private_key_internal.h - internal to keys/: the seam between using a private key and its file.
 *
 * Memory   what pst_private_key_encode() adds must be wiped by the caller before it is freed.
 */
#ifndef PST_KEYS_PRIVATE_KEY_INTERNAL_H
#define PST_KEYS_PRIVATE_KEY_INTERNAL_H

#include "keys/private_key.h"

enum { PST_PRIVATE_KEY_FILE_MOST = 32768 };

/* PEM of PKCS#8, encrypted when there is a passphrase. `out` has room for it from the beginning,
 * so that no copy is left behind where it grew. */
enum pst_code pst_private_key_encode(const struct pst_private_key *key,
                                     const struct pst_secret *passphrase, struct pst_buf *out,
                                     struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_private_key_decode(struct pst_text pem, const struct pst_secret *passphrase,
                                     struct pst_private_key **out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
