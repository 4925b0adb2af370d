/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/attack/crypto.h"

#include <stdbool.h>
#include <string.h>

static struct {
    const char *like; /* NULL: the truth */
    int answer;
    size_t truths; /* still to be told first */
    size_t lies;
} order;

void attack_crypto_answers(const char *like, int answer, size_t truths)
{
    order.like = like;
    order.answer = answer;
    order.truths = truths;
    order.lies = 0;
}

size_t attack_crypto_lies(void)
{
    return order.lies;
}

void attack_crypto_is_sound(void)
{
    order.like = NULL;
}

static bool contains(const unsigned char *at, size_t len, const char *like)
{
    size_t like_len = strlen(like);
    for (size_t i = 0; i + like_len <= len; i++)
        if (memcmp(at + i, like, like_len) == 0)
            return true;
    return false;
}

/* -Wl,--wrap=EVP_DigestVerify. The context stays opaque: OpenSSL's headers are for keys/ alone. */
int __real_EVP_DigestVerify(void *ctx, const unsigned char *sig, size_t sig_len,
                            const unsigned char *tbs, size_t tbs_len);
int __wrap_EVP_DigestVerify(void *ctx, const unsigned char *sig, size_t sig_len,
                            const unsigned char *tbs, size_t tbs_len);

int __wrap_EVP_DigestVerify(void *ctx, const unsigned char *sig, size_t sig_len,
                            const unsigned char *tbs, size_t tbs_len)
{
    if (order.like == NULL || !contains(tbs, tbs_len, order.like))
        return __real_EVP_DigestVerify(ctx, sig, sig_len, tbs, tbs_len);
    if (order.truths > 0) {
        order.truths--;
        return __real_EVP_DigestVerify(ctx, sig, sig_len, tbs, tbs_len);
    }
    order.lies++;
    return order.answer;
}
