/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - SHA-256 and SHA-512 of bytes and of streams, HMAC, and random bytes.
 *
 * Memory   a stream is {0} or begun; _end() and _cleanup() free what it holds.
 * Threads  one stream belongs to one thread.
 * Errors   PST_HOST_CRYPTO when the library refuses (out of memory, no entropy); never a wrong
 *          digest.
 */
#ifndef PST_KEYS_DIGEST_H
#define PST_KEYS_DIGEST_H

#include "manifests/finding.h"

enum pst_digest_algorithm { PST_SHA256, PST_SHA512 };
enum { PST_SHA256_BYTES = 32, PST_SHA512_BYTES = 64 };

struct pst_digest {
    void *state; /* the library's; NULL when not begun */
};

enum pst_code pst_digest_begin(struct pst_digest *digest, enum pst_digest_algorithm algorithm,
                               struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_digest_add(struct pst_digest *digest, struct pst_bytes bytes,
                             struct pst_report *why) PST_MUST_CHECK;
/* Writes 32 or 64 bytes; the stream is {0} afterwards, also on failure. */
enum pst_code pst_digest_end(struct pst_digest *digest, uint8_t *out, struct pst_report *why)
    PST_MUST_CHECK;
/* What _end() would write now; the stream goes on. */
enum pst_code pst_digest_peek(const struct pst_digest *digest, uint8_t *out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_digest_cleanup(struct pst_digest *digest);

enum pst_code pst_sha256(struct pst_bytes bytes, uint8_t out[PST_SHA256_BYTES],
                         struct pst_report *why) PST_MUST_CHECK;
/* Of `len` bytes of the file from its beginning; PST_HOST_IO when it is shorter. */
enum pst_code pst_sha256_fd(int fd, uint64_t len, uint8_t out[PST_SHA256_BYTES],
                            struct pst_report *why) PST_MUST_CHECK;

enum pst_code pst_hmac_sha256(struct pst_bytes key, struct pst_bytes message,
                              uint8_t out[PST_SHA256_BYTES], struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_random(uint8_t *out, size_t len, struct pst_report *why) PST_MUST_CHECK;
/* Takes the same time whether or not they are equal. */
bool pst_equal_in_constant_time(const uint8_t *a, const uint8_t *b, size_t len);

/* Bytes that must not outlive their use: passphrases, token secrets. */
struct pst_secret {
    size_t len;
    char at[256]; /* NUL-terminated */
};
void pst_secret_clear(struct pst_secret *secret);
static inline void pst_secret_cleanup(struct pst_secret *secret)
{
    pst_secret_clear(secret);
}
void pst_wipe(void *at, size_t len);

#endif
