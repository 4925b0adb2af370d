/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "keys/library_error.h"
#include "manifests/file.h"

enum pst_code pst_digest_begin(struct pst_digest *digest, enum pst_digest_algorithm algorithm,
                               struct pst_report *why)
{
    const EVP_MD *const kinds[] = {[PST_SHA256] = EVP_sha256(), [PST_SHA512] = EVP_sha512()};
    EVP_MD_CTX *state = EVP_MD_CTX_new();

    if (state == NULL || EVP_DigestInit_ex(state, kinds[algorithm], NULL) != 1) {
        EVP_MD_CTX_free(state);
        return pst_library_refused(why, "to begin a digest");
    }
    *digest = (struct pst_digest){state};
    return PST_OK;
}

enum pst_code pst_digest_add(struct pst_digest *digest, struct pst_bytes bytes,
                             struct pst_report *why)
{
    if (bytes.len > 0 && EVP_DigestUpdate(digest->state, bytes.at, bytes.len) != 1)
        return pst_library_refused(why, "to go on with a digest");
    return PST_OK;
}

enum pst_code pst_digest_end(struct pst_digest *digest, uint8_t *out, struct pst_report *why)
{
    uint8_t value[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool ended = EVP_DigestFinal_ex(digest->state, value, &len) == 1;

    pst_digest_cleanup(digest);
    if (!ended)
        return pst_library_refused(why, "to end a digest");
    memcpy(out, value, len);
    return PST_OK;
}

enum pst_code pst_digest_peek(const struct pst_digest *digest, uint8_t *out, struct pst_report *why)
{
    struct pst_digest copy = {EVP_MD_CTX_new()};

    if (copy.state != NULL && EVP_MD_CTX_copy_ex(copy.state, digest->state) == 1)
        return pst_digest_end(&copy, out, why);
    pst_digest_cleanup(&copy);
    return pst_library_refused(why, "to look at a digest");
}

void pst_digest_cleanup(struct pst_digest *digest)
{
    EVP_MD_CTX_free(digest->state);
    *digest = (struct pst_digest){NULL};
}

enum pst_code pst_sha256(struct pst_bytes bytes, uint8_t out[PST_SHA256_BYTES],
                         struct pst_report *why)
{
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};

    enum pst_code rc = pst_digest_begin(&digest, PST_SHA256, why);
    if (rc == PST_OK)
        rc = pst_digest_add(&digest, bytes, why);
    if (rc == PST_OK)
        rc = pst_digest_end(&digest, out, why);
    return rc;
}

enum pst_code pst_sha256_fd(int fd, uint64_t len, uint8_t out[PST_SHA256_BYTES],
                            struct pst_report *why)
{
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    uint8_t piece[65536];
    uint64_t at = 0;

    enum pst_code rc = pst_digest_begin(&digest, PST_SHA256, why);
    while (rc == PST_OK && at < len) {
        size_t want = len - at < sizeof piece ? (size_t)(len - at) : sizeof piece;
        if (!pst_fd_read_at(fd, at, piece, want))
            return pst_refuse(why, PST_HOST_IO,
                              pst_say("%llu bytes to digest", (unsigned long long)len),
                              pst_say("no more after byte %llu", (unsigned long long)at));
        rc = pst_digest_add(&digest, pst_bytes(piece, want), why);
        at += want;
    }
    if (rc == PST_OK)
        rc = pst_digest_end(&digest, out, why);
    return rc;
}

enum pst_code pst_hmac_sha256(struct pst_bytes key, struct pst_bytes message,
                              uint8_t out[PST_SHA256_BYTES], struct pst_report *why)
{
    static const uint8_t empty[1] = {0};
    uint8_t value[PST_SHA256_BYTES];

    if (key.len > INT_MAX)
        return pst_refuse(why, PST_TOO_LARGE, pst_say("a key of at most %d bytes", INT_MAX),
                          pst_say("%zu bytes", key.len));
    /* The library reads a NULL key as "the key of last time". */
    if (HMAC(EVP_sha256(), key.len > 0 ? key.at : empty, (int)key.len,
             message.len > 0 ? message.at : empty, message.len, value, NULL) == NULL)
        return pst_library_refused(why, "an HMAC-SHA-256");
    memcpy(out, value, PST_SHA256_BYTES);
    return PST_OK;
}

enum pst_code pst_random(uint8_t *out, size_t len, struct pst_report *why)
{
    if (len > INT_MAX || RAND_bytes(out, (int)len) != 1)
        return pst_library_refused(why, "random bytes");
    return PST_OK;
}

bool pst_equal_in_constant_time(const uint8_t *a, const uint8_t *b, size_t len)
{
    return len == 0 || CRYPTO_memcmp(a, b, len) == 0;
}

void pst_secret_clear(struct pst_secret *secret)
{
    pst_wipe(secret, sizeof *secret);
}

void pst_wipe(void *at, size_t len)
{
    OPENSSL_cleanse(at, len);
}
