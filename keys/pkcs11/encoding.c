/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/encoding.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "keys/library_error.h"

enum { OCTET_STRING = 0x04, INTEGER = 0x02, SEQUENCE = 0x30, HALF = 32 };
enum { ED25519_POINT = 32, P256_POINT = 65, UNCOMPRESSED = 0x04 };

/* PrintableString "edwards25519"; then 1.3.6.1.4.1.11591.15.1 and 1.3.101.112. */
static const uint8_t edwards_name[] = {0x13, 0x0c, 'e', 'd', 'w', 'a', 'r',
                                       'd',  's',  '2', '5', '5', '1', '9'};
static const uint8_t edwards_gnu[] = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x04,
                                      0x01, 0xda, 0x47, 0x0f, 0x01};
static const uint8_t edwards_pkix[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
/* 1.2.840.10045.3.1.7 */
static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

struct pst_bytes pst_ed25519_params(size_t index)
{
    const struct pst_bytes known[] = {{edwards_name, sizeof edwards_name},
                                      {edwards_gnu, sizeof edwards_gnu},
                                      {edwards_pkix, sizeof edwards_pkix}};
    return index < PST_COUNT(known) ? known[index] : (struct pst_bytes){NULL, 0};
}

struct pst_bytes pst_p256_params(size_t index)
{
    return index == 0 ? pst_bytes(p256, sizeof p256) : (struct pst_bytes){NULL, 0};
}

static enum pst_code check_curve(struct pst_bytes params, struct pst_bytes (*known)(size_t),
                                 const char *name, struct pst_report *why)
{
    char hex[2 * 24 + 1];

    for (size_t i = 0; known(i).len > 0; i++)
        if (pst_bytes_equal(params, known(i)))
            return PST_OK;
    pst_hex_print(pst_bytes(params.at, params.len < 24 ? params.len : 24), hex);
    return pst_refuse(why, PST_ALGORITHM_UNKNOWN, pst_say("a key on the curve %s", name),
                      pst_say("CKA_EC_PARAMS %s", params.len > 0 ? hex : "without a curve"));
}

/* The point alone, when it is of this length, inside an OCTET STRING or bare. */
static enum pst_code unwrap_point(struct pst_bytes *point, size_t len, struct pst_report *why)
{
    bool is_wrapped = point->len == len + 2 && point->at[0] == OCTET_STRING && point->at[1] == len;

    if (is_wrapped)
        *point = pst_bytes(point->at + 2, len);
    if (point->len == len)
        return PST_OK;
    return pst_refuse(why, PST_KEY_MALFORMED,
                      pst_say("CKA_EC_POINT of %zu bytes, in an OCTET STRING or bare", len),
                      pst_say("%zu bytes", point->len));
}

enum pst_code pst_ed25519_public(struct pst_bytes params, struct pst_bytes point, EVP_PKEY **out,
                                 struct pst_report *why)
{
    enum pst_code rc = check_curve(params, pst_ed25519_params, "edwards25519", why);
    if (rc == PST_OK)
        rc = unwrap_point(&point, ED25519_POINT, why);
    if (rc != PST_OK)
        return rc;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point.at, point.len);
    if (key == NULL)
        return pst_library_refused(why, "an ed25519 key of the token");
    *out = key;
    return PST_OK;
}

static void params_cleanup(OSSL_PARAM **params)
{
    OSSL_PARAM_free(*params);
}

static void build_cleanup(OSSL_PARAM_BLD **build)
{
    OSSL_PARAM_BLD_free(*build);
}

static void context_cleanup(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void number_cleanup(BIGNUM **number)
{
    BN_free(*number);
}

/* What OpenSSL refuses here is no key: a point beside the curve, say. */
static enum pst_code make_public(const char *type, OSSL_PARAM_BLD *build, EVP_PKEY **out,
                                 struct pst_report *why)
{
    __attribute__((cleanup(params_cleanup))) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    __attribute__((cleanup(context_cleanup))) EVP_PKEY_CTX *context =
        EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1)
        return pst_library_refused(why, "a public key of the token");
    if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pst_library_forget();
        return pst_refuse(why, PST_KEY_MALFORMED, pst_say("a public key of type %s", type),
                          pst_say("bytes that are none"));
    }
    *out = key;
    return PST_OK;
}

enum pst_code pst_p256_public(struct pst_bytes params, struct pst_bytes point, EVP_PKEY **out,
                              struct pst_report *why)
{
    __attribute__((cleanup(build_cleanup))) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();

    enum pst_code rc = check_curve(params, pst_p256_params, "P-256", why);
    if (rc == PST_OK)
        rc = unwrap_point(&point, P256_POINT, why);
    if (rc == PST_OK && point.at[0] != UNCOMPRESSED)
        rc = pst_refuse(why, PST_KEY_MALFORMED, pst_say("an uncompressed point"),
                        pst_say("one that begins with %02x", point.at[0]));
    if (rc != PST_OK)
        return rc;
    if (build == NULL ||
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.at, point.len) != 1)
        return pst_library_refused(why, "a public key of the token");
    return make_public("EC", build, out, why);
}

enum pst_code pst_rsa_public(struct pst_bytes modulus, struct pst_bytes exponent, EVP_PKEY **out,
                             struct pst_report *why)
{
    __attribute__((cleanup(build_cleanup))) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    __attribute__((cleanup(number_cleanup))) BIGNUM *n = NULL;
    __attribute__((cleanup(number_cleanup))) BIGNUM *e = NULL;

    if (modulus.len == 0 || exponent.len == 0)
        return pst_refuse(why, PST_KEY_MALFORMED, pst_say("CKA_MODULUS and CKA_PUBLIC_EXPONENT"),
                          pst_say("a key without"));
    n = BN_bin2bn(modulus.at, (int)modulus.len, NULL);
    e = BN_bin2bn(exponent.at, (int)exponent.len, NULL);
    if (build == NULL || n == NULL || e == NULL ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        return pst_library_refused(why, "a public key of the token");
    return make_public("RSA", build, out, why);
}

/* An INTEGER has no leading zeros, but one where the first bit would make it negative. */
static size_t put_integer(const uint8_t *at, size_t len, uint8_t *out)
{
    size_t written = 0;

    while (len > 1 && at[0] == 0) {
        at++;
        len--;
    }
    size_t sign = (at[0] & 0x80) != 0 ? 1 : 0;
    out[written++] = INTEGER;
    out[written++] = (uint8_t)(len + sign);
    if (sign > 0)
        out[written++] = 0;
    memcpy(out + written, at, len);
    return written + len;
}

enum pst_code pst_p256_signature(struct pst_bytes halves, uint8_t out[PST_P256_SIGNATURE_MOST],
                                 size_t *len, struct pst_report *why)
{
    size_t half = halves.len / 2;

    if (half == 0 || halves.len % 2 != 0 || half > HALF)
        return pst_refuse(why, PST_TOKEN_FAILED,
                          pst_say("an ECDSA signature of two halves of up to %d bytes", HALF),
                          pst_say("%zu bytes", halves.len));
    size_t body = put_integer(halves.at, half, out + 2);
    body += put_integer(halves.at + half, half, out + 2 + body);
    out[0] = SEQUENCE;
    out[1] = (uint8_t)body;
    *len = 2 + body;
    return PST_OK;
}
