/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/public_key.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "keys/library_error.h"
#include "keys/rsa_modulus.h"
#include "keys/scheme.h"
#include "manifests/json.h"

enum {
    ED25519_BYTES = 32,
    SIGNATURE_MOST = 1024,
    PUBLIC_PART_MOST = 8192,
    KEY_OBJECT_MOST = 65536
};

struct pst_public_key {
    const struct pst_scheme *scheme;
    EVP_PKEY *material;
    int bits;
    uint8_t fingerprint[PST_SHA256_BYTES];
};

static void bio_cleanup(BIO **bio)
{
    BIO_free_all(*bio);
}

static void openssl_heap_cleanup(void *pointer_to_pointer)
{
    void *pointer;
    memcpy(&pointer, pointer_to_pointer, sizeof pointer);
    OPENSSL_free(pointer);
}

static void pkey_ctx_cleanup(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static void md_ctx_cleanup(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

/* What the library queued about a bad key is ours to tell; nobody else should find it there. */
#define malformed(why, expected, found)                                                            \
    (pst_library_forget(), pst_refuse((why), PST_KEY_MALFORMED, expected, found))

/*
 * The y coordinates of the eight points whose order divides 8, without the sign of x: a key among
 * them makes signatures that hold for many messages. An encoding of y >= p is a second name of
 * another point, and is refused by y_is_canonical() whatever it names.
 */
static const uint8_t small_order_y[][ED25519_BYTES] = {
    {0x00},
    {0x01},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

/* p = 2^255 - 19, little endian: ed, then 30 times ff, then 7f. */
static bool y_is_canonical(const uint8_t y[ED25519_BYTES])
{
    if (y[ED25519_BYTES - 1] != 0x7f || y[0] < 0xed)
        return true;
    for (size_t i = 1; i < ED25519_BYTES - 1; i++)
        if (y[i] != 0xff)
            return true;
    return false;
}

static bool is_usable_point(const uint8_t encoded[ED25519_BYTES])
{
    uint8_t y[ED25519_BYTES];

    memcpy(y, encoded, sizeof y);
    y[ED25519_BYTES - 1] &= 0x7f;
    for (size_t i = 0; i < PST_COUNT(small_order_y); i++)
        if (pst_equal_in_constant_time(y, small_order_y[i], sizeof y))
            return false;
    return y_is_canonical(y);
}

static enum pst_code load_hex(struct pst_text text, EVP_PKEY **out, struct pst_report *why)
{
    uint8_t raw[ED25519_BYTES];

    if (!pst_hex_parse(text, raw, sizeof raw))
        return malformed(why, pst_say("%d bytes in hex", ED25519_BYTES),
                         pst_say("%zu characters%s", text.len,
                                 text.len == 2 * sizeof raw ? ", not all of them hex" : ""));
    if (!is_usable_point(raw))
        return malformed(why, pst_say("a point of the whole group, written in the one way"),
                         pst_say("%.*s", PST_ARGS(text)));
    *out = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw, sizeof raw);
    return *out != NULL ? PST_OK : pst_library_refused(why, "an Ed25519 key");
}

static bool only_white_space_is_left(BIO *bio)
{
    char c;
    while (BIO_read(bio, &c, 1) == 1)
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            return false;
    return true;
}

static enum pst_code load_pem(struct pst_text text, EVP_PKEY **out, struct pst_report *why)
{
    __attribute__((cleanup(bio_cleanup))) BIO *bio = NULL;
    __attribute__((cleanup(openssl_heap_cleanup))) char *name = NULL;
    __attribute__((cleanup(openssl_heap_cleanup))) char *header = NULL;
    __attribute__((cleanup(openssl_heap_cleanup))) uint8_t *der = NULL;
    long len = 0;

    if (text.len > PUBLIC_PART_MOST || !pst_text_starts(text, "-----BEGIN "))
        return malformed(why, pst_say("PEM of at most %d bytes", PUBLIC_PART_MOST),
                         pst_say("%zu bytes of something else", text.len));
    bio = BIO_new_mem_buf(text.at, (int)text.len);
    if (bio == NULL)
        return pst_library_refused(why, "to read a PEM text");
    if (PEM_read_bio(bio, &name, &header, &der, &len) != 1)
        return malformed(why, pst_say("a whole PEM text"), pst_say("one that does not decode"));
    if (strcmp(name, "PUBLIC KEY") != 0 || header[0] != '\0')
        return malformed(why, pst_say("PEM of a PUBLIC KEY"), pst_say("PEM of '%s'", name));
    if (!only_white_space_is_left(bio))
        return malformed(why, pst_say("nothing after the PEM text"), pst_say("more"));

    const uint8_t *at = der;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, len);
    if (key == NULL || at != der + len) {
        EVP_PKEY_free(key);
        return malformed(why, pst_say("one SubjectPublicKeyInfo"), pst_say("something else"));
    }
    *out = key;
    return PST_OK;
}

/* Explicit curve parameters may describe any group, and would give one key two fingerprints. */
static bool is_on_its_curve(const struct pst_scheme *scheme, EVP_PKEY *key)
{
    char curve[64], encoding[64];
    size_t len = 0;

    return scheme->curve == NULL ||
           (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve,
                                           &len) == 1 &&
            strcmp(curve, scheme->curve) == 0 &&
            EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding,
                                           sizeof encoding, &len) == 1 &&
            strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) == 0);
}

/* Raw keys were looked at by load_hex(); the library would say yes to any. */
static enum pst_code check_numbers(const struct pst_scheme *scheme, EVP_PKEY *key,
                                   struct pst_report *why)
{
    __attribute__((cleanup(pkey_ctx_cleanup))) EVP_PKEY_CTX *ctx = NULL;

    if (scheme->public_is_hex)
        return PST_OK;
    if (!scheme->pss) {
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        if (ctx == NULL)
            return pst_library_refused(why, "to check a key");
    }
    if (scheme->pss ? !pst_rsa_is_sound(key) : EVP_PKEY_public_check(ctx) != 1)
        return malformed(why, pst_say("a valid %s key", scheme->type),
                         pst_say("an impossible one"));
    return PST_OK;
}

static enum pst_code check_material(const struct pst_public_key *key, struct pst_report *why)
{
    const struct pst_scheme *scheme = key->scheme;
    const int bits = key->bits;

    if (EVP_PKEY_is_a(key->material, scheme->type) != 1)
        return malformed(why, pst_say("a key of type %s", scheme->type),
                         pst_say("%s", EVP_PKEY_get0_type_name(key->material)));
    if (!is_on_its_curve(scheme, key->material))
        return malformed(why, pst_say("the named curve %s", scheme->curve),
                         pst_say("another curve, or its parameters spelt out"));
    if (bits < scheme->verify_least_bits || bits > scheme->most_bits)
        return malformed(why,
                         pst_say("%d to %d bits", scheme->verify_least_bits, scheme->most_bits),
                         pst_say("%d bits", bits));
    return check_numbers(scheme, key->material, why);
}

/* A point may be written compressed or not: one form, so that one key has one fingerprint. */
static enum pst_code take_fingerprint(struct pst_public_key *key, struct pst_report *why)
{
    __attribute__((cleanup(openssl_heap_cleanup))) uint8_t *der = NULL;

    if (key->scheme->curve != NULL &&
        EVP_PKEY_set_utf8_string_param(key->material, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1)
        return pst_library_refused(why, "an uncompressed point");
    int len = i2d_PUBKEY(key->material, &der);
    if (len <= 0)
        return pst_library_refused(why, "a key's SubjectPublicKeyInfo");
    return pst_sha256(pst_bytes(der, (size_t)len), key->fingerprint, why);
}

static bool has_keytype(const struct pst_scheme *scheme, struct pst_text keytype)
{
    for (size_t i = 0; scheme->keytype[i] != NULL; i++)
        if (pst_text_is(keytype, scheme->keytype[i]))
            return true;
    return false;
}

enum pst_code pst_public_key_load(struct pst_text keytype, struct pst_text scheme_name,
                                  struct pst_text public_part, struct pst_public_key **out,
                                  struct pst_report *why)
{
    const struct pst_scheme *scheme = pst_scheme_named(scheme_name);

    if (scheme == NULL)
        return pst_refuse(why, PST_ALGORITHM_UNKNOWN, pst_scheme_list(),
                          pst_say("%.*s", PST_ARGS(scheme_name)));
    if (!has_keytype(scheme, keytype))
        return pst_refuse(why, PST_ALGORITHM_UNKNOWN,
                          pst_say("keytype %s for scheme %s", scheme->keytype[0], scheme->name),
                          pst_say("%.*s", PST_ARGS(keytype)));

    PST_CLEANUP(pst_public_key) struct pst_public_key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return pst_no_memory(why, "a public key");
    key->scheme = scheme;
    enum pst_code rc = scheme->public_is_hex ? load_hex(public_part, &key->material, why)
                                             : load_pem(public_part, &key->material, why);
    if (rc != PST_OK)
        return rc;
    key->bits = EVP_PKEY_get_bits(key->material);
    rc = check_material(key, why);
    if (rc == PST_OK)
        rc = take_fingerprint(key, why);
    if (rc != PST_OK)
        return rc;
    *out = key;
    key = NULL;
    return PST_OK;
}

void pst_public_key_free(struct pst_public_key *key)
{
    if (key != NULL)
        EVP_PKEY_free(key->material);
    free(key);
}

const uint8_t *pst_public_key_fingerprint(const struct pst_public_key *key)
{
    return key->fingerprint;
}

int pst_public_key_bits(const struct pst_public_key *key)
{
    return key->bits;
}

const char *pst_public_key_scheme(const struct pst_public_key *key)
{
    return key->scheme->name;
}

/* Ready to verify by this key; only 1 is "yes" here too. */
static bool begin_verifying(EVP_MD_CTX *ctx, const struct pst_public_key *key)
{
    /* The library's parameters are not const, but it only reads these when setting. */
    char pss[] = OSSL_PKEY_RSA_PAD_MODE_PSS, any_salt[] = OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO;
    char digest[] = "SHA256";
    const OSSL_PARAM with_pss[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, pss, sizeof pss - 1),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, digest, sizeof digest - 1),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, any_salt, sizeof any_salt - 1),
        OSSL_PARAM_END,
    };

    return EVP_DigestVerifyInit_ex(ctx, NULL, key->scheme->digest, NULL, NULL, key->material,
                                   key->scheme->pss ? with_pss : NULL) == 1 &&
           pst_scheme_identify(key->scheme, ctx);
}

enum pst_code pst_public_key_check(const struct pst_public_key *key, struct pst_bytes message,
                                   struct pst_text signature_hex, struct pst_report *why)
{
    static const uint8_t nothing[1] = {0};
    __attribute__((cleanup(md_ctx_cleanup))) EVP_MD_CTX *ctx = NULL;
    uint8_t signature[SIGNATURE_MOST];
    size_t len = signature_hex.len / 2;

    if (len > sizeof signature || !pst_hex_is_lower(signature_hex) ||
        !pst_hex_parse(signature_hex, signature, len))
        return PST_SIGNATURE_INVALID;
    ctx = EVP_MD_CTX_new();
    if (ctx == NULL || !begin_verifying(ctx, key))
        return pst_library_refused(why, "to verify a signature");
    /* Only 1 is "holds": 0 is a bad signature, and so may negative numbers be. */
    bool holds = EVP_DigestVerify(ctx, signature, len, message.len > 0 ? message.at : nothing,
                                  message.len) == 1;
    pst_library_forget();
    return holds ? PST_OK : PST_SIGNATURE_INVALID;
}

bool pst_public_key_verifies(const struct pst_public_key *key, struct pst_bytes message,
                             struct pst_text signature_hex)
{
    return pst_public_key_check(key, message, signature_hex, NULL) == PST_OK;
}

enum pst_code pst_keyid_of(const struct pst_json *key_object, char out[65], struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_buf(KEY_OBJECT_MOST);
    uint8_t digest[PST_SHA256_BYTES];

    enum pst_code rc = pst_json_canonical(key_object, &canonical, why);
    if (rc == PST_OK)
        rc = pst_sha256(pst_buf_bytes(&canonical), digest, why);
    if (rc == PST_OK)
        pst_hex_print(pst_bytes(digest, sizeof digest), out);
    return rc;
}
