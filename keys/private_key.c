/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/private_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "keys/library_error.h"
#include "keys/private_key_internal.h"
#include "keys/scheme.h"
#include "manifests/json_out.h"

/* N = 2^14, r = 8, p = 5: 16 MiB and about a quarter of a second for each guess at a passphrase. */
enum { SALT_BYTES = 16, SCRYPT_N = 16384, SCRYPT_R = 8, SCRYPT_P = 5 };
enum { PUBLIC_PART_MOST = 8192, ED25519_BYTES = 32 };

struct pst_private_key {
    const struct pst_scheme *scheme;
    EVP_PKEY *material; /* the public half alone when there is a holder */
    struct pst_key_holder holder;
    struct pst_buf public_part;    /* hex or PEM, as it stands in metadata */
    struct pst_public_key *public; /* what each signature is checked with */
};

static void bio_cleanup(BIO **bio)
{
    BIO_free_all(*bio);
}

static void pkey_cleanup(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void p8_cleanup(PKCS8_PRIV_KEY_INFO **p8)
{
    PKCS8_PRIV_KEY_INFO_free(*p8);
}

static void sealed_cleanup(X509_SIG **sealed)
{
    X509_SIG_free(*sealed);
}

static void md_ctx_cleanup(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

static enum pst_code print_public_hex(const EVP_PKEY *material, struct pst_buf *out,
                                      struct pst_report *why)
{
    uint8_t raw[ED25519_BYTES];
    char hex[2 * sizeof raw + 1];
    size_t len = sizeof raw;

    if (EVP_PKEY_get_raw_public_key(material, raw, &len) != 1 || len != sizeof raw)
        return pst_library_refused(why, "the public half of a key");
    pst_hex_print(pst_bytes(raw, len), hex);
    return pst_buf_add_text(out, hex) ? PST_OK : pst_no_memory(why, "a public key");
}

static enum pst_code print_public_pem(EVP_PKEY *material, struct pst_buf *out,
                                      struct pst_report *why)
{
    __attribute__((cleanup(bio_cleanup))) BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    if (bio == NULL || PEM_write_bio_PUBKEY(bio, material) != 1)
        return pst_library_refused(why, "the public half of a key");
    long len = BIO_get_mem_data(bio, &text);
    if (len <= 0 || !pst_buf_add(out, text, (size_t)len))
        return pst_no_memory(why, "a public key");
    return PST_OK;
}

static const struct pst_scheme *scheme_of(const EVP_PKEY *material)
{
    for (size_t i = 0; i < pst_scheme_count(); i++)
        if (EVP_PKEY_is_a(material, pst_scheme_at(i)->type) == 1)
            return pst_scheme_at(i);
    return NULL;
}

static enum pst_code describe_material(struct pst_private_key *key, struct pst_report *why)
{
    enum pst_code rc = key->scheme->public_is_hex
                           ? print_public_hex(key->material, &key->public_part, why)
                           : print_public_pem(key->material, &key->public_part, why);
    if (rc == PST_OK)
        rc = pst_public_key_load(pst_text(key->scheme->keytype[0]), pst_text(key->scheme->name),
                                 pst_buf_text(&key->public_part), &key->public, why);
    return rc;
}

/* Takes `material`, also when it refuses; the holder only when it does not. */
static enum pst_code wrap(EVP_PKEY *material, struct pst_key_holder holder,
                          struct pst_private_key **out, struct pst_report *why)
{
    __attribute__((cleanup(pkey_cleanup))) EVP_PKEY *held = material;
    const struct pst_scheme *scheme = scheme_of(material);

    if (scheme == NULL)
        return pst_refuse(why, PST_ALGORITHM_UNKNOWN, pst_scheme_list(),
                          pst_say("a key of type %s", EVP_PKEY_get0_type_name(material)));
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return pst_no_memory(why, "a private key");
    *key = (struct pst_private_key){
        .scheme = scheme,
        .material = held,
        .public_part = pst_buf(PUBLIC_PART_MOST),
    };
    held = NULL;

    enum pst_code rc = describe_material(key, why);
    if (rc != PST_OK)
        return rc;
    if (pst_public_key_bits(key->public) < scheme->sign_least_bits)
        return pst_refuse(why, PST_KEY_WEAK,
                          pst_say("%d bits or more to sign with", scheme->sign_least_bits),
                          pst_say("%d bits", pst_public_key_bits(key->public)));
    key->holder = holder;
    *out = key;
    key = NULL;
    return PST_OK;
}

enum pst_code pst_private_key_hold(EVP_PKEY *public_half, struct pst_key_holder holder,
                                   struct pst_private_key **out, struct pst_report *why)
{
    return wrap(public_half, holder, out, why);
}

static EVP_PKEY *generate(const struct pst_scheme *scheme)
{
    if (scheme->curve != NULL)
        return EVP_PKEY_Q_keygen(NULL, NULL, scheme->type, scheme->curve);
    if (scheme->pss)
        return EVP_PKEY_Q_keygen(NULL, NULL, scheme->type, (size_t)scheme->sign_least_bits);
    return EVP_PKEY_Q_keygen(NULL, NULL, scheme->type);
}

enum pst_code pst_private_key_generate(const char *scheme_name, struct pst_private_key **out,
                                       struct pst_report *why)
{
    const struct pst_scheme *scheme = pst_scheme_named(pst_text(scheme_name));
    if (scheme == NULL)
        return pst_refuse(why, PST_ALGORITHM_UNKNOWN, pst_scheme_list(),
                          pst_say("%s", scheme_name));

    EVP_PKEY *material = generate(scheme);
    if (material == NULL)
        return pst_library_refused(why, "to make a key");
    return wrap(material, (struct pst_key_holder){0}, out, why);
}

void pst_private_key_free(struct pst_private_key *key)
{
    if (key == NULL)
        return;
    if (key->holder.release != NULL)
        key->holder.release(key->holder.context);
    EVP_PKEY_free(key->material); /* wipes what it held */
    pst_buf_clear(&key->public_part);
    pst_public_key_free(key->public);
    free(key);
}

const char *pst_private_key_scheme(const struct pst_private_key *key)
{
    return key->scheme->name;
}

static bool sign(const struct pst_private_key *key, struct pst_bytes message, uint8_t *out,
                 size_t *len)
{
    char pss[] = OSSL_PKEY_RSA_PAD_MODE_PSS, salt[] = OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST;
    char digest[] = "SHA256";
    const OSSL_PARAM with_pss[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, pss, sizeof pss - 1),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, digest, sizeof digest - 1),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, salt, sizeof salt - 1),
        OSSL_PARAM_END,
    };
    static const uint8_t nothing[1] = {0};
    __attribute__((cleanup(md_ctx_cleanup))) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    return ctx != NULL &&
           EVP_DigestSignInit_ex(ctx, NULL, key->scheme->digest, NULL, NULL, key->material,
                                 key->scheme->pss ? with_pss : NULL) == 1 &&
           pst_scheme_identify(key->scheme, ctx) &&
           EVP_DigestSign(ctx, out, len, message.len > 0 ? message.at : nothing, message.len) == 1;
}

static enum pst_code sign_by_holder_or_here(const struct pst_private_key *key,
                                            struct pst_bytes message, uint8_t *out, size_t *len,
                                            struct pst_report *why)
{
    const struct pst_key_holder *holder = &key->holder;
    if (holder->sign != NULL)
        return holder->sign(holder->context, message, out, len, why);
    return sign(key, message, out, len) ? PST_OK : pst_library_refused(why, "a signature");
}

enum pst_code pst_private_key_sign(const struct pst_private_key *key, struct pst_bytes message,
                                   struct pst_buf *hex, struct pst_report *why)
{
    uint8_t signature[PST_SIGNATURE_MOST];
    char text[2 * PST_SIGNATURE_MOST + 1];
    size_t len = sizeof signature;

    enum pst_code rc = sign_by_holder_or_here(key, message, signature, &len, why);
    if (rc != PST_OK)
        return rc;
    pst_hex_print(pst_bytes(signature, len), text);
    /* A bit that flips while signing can give the key away: such a signature never leaves. */
    if (!pst_public_key_verifies(key->public, message, pst_text(text)))
        return pst_refuse(why, PST_HOST_CRYPTO, pst_say("a signature that holds"),
                          pst_say("one that does not"));
    return pst_buf_add_text(hex, text) ? PST_OK : pst_no_memory(why, "a signature");
}

static enum pst_code print_object(const struct pst_private_key *key, int64_t not_before_s,
                                  int64_t not_after_s, struct pst_buf *out, struct pst_report *why)
{
    struct pst_json_out json = pst_json_out(out);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "keytype", key->scheme->keytype[0]);
    pst_out_open(&json, "keyval", '{');
    pst_out_text(&json, "public", pst_buf_text(&key->public_part));
    pst_out_close(&json, '}');
    pst_out_string(&json, "scheme", key->scheme->name);
    if (not_after_s != INT64_MAX)
        pst_out_instant(&json, "x-postern-not-after", not_after_s);
    if (not_before_s != INT64_MIN)
        pst_out_instant(&json, "x-postern-not-before", not_before_s);
    pst_out_close(&json, '}');
    return pst_json_out_is_whole(&json) ? PST_OK : pst_no_memory(why, "a key object");
}

enum pst_code pst_private_key_describe(const struct pst_private_key *key, int64_t not_before_s,
                                       int64_t not_after_s, struct pst_buf *object, char keyid[65],
                                       struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf plain = pst_buf(2 * PUBLIC_PART_MOST);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    char id[65];

    if (not_before_s >= not_after_s)
        return pst_refuse(why, PST_EMPTY_RANGE, pst_say("a key valid for some time"),
                          pst_say("one that ends before it begins"));
    enum pst_code rc = print_object(key, not_before_s, not_after_s, &plain, why);
    if (rc == PST_OK)
        rc = pst_json_parse(pst_buf_bytes(&plain), &pst_json_small, &json, why);
    if (rc == PST_OK)
        rc = pst_keyid_of(json, id, why);
    if (rc != PST_OK)
        return rc;
    if (!pst_buf_add(object, plain.at, plain.len))
        return pst_no_memory(why, "a key object");
    memcpy(keyid, id, sizeof id);
    return PST_OK;
}

/* The private half in the clear exists in this object and in a BIO that wipes, nowhere else. */
static X509_SIG *seal(PKCS8_PRIV_KEY_INFO *p8, const struct pst_secret *passphrase)
{
    uint8_t salt[SALT_BYTES];
    if (pst_random(salt, sizeof salt, NULL) != PST_OK)
        return NULL;
    X509_ALGOR *method = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, NULL, SCRYPT_N,
                                               SCRYPT_R, SCRYPT_P);
    if (method == NULL)
        return NULL;
    X509_SIG *sealed = PKCS8_set0_pbe(passphrase->at, (int)passphrase->len, p8, method);
    if (sealed == NULL) /* otherwise it owns the method now */
        X509_ALGOR_free(method);
    return sealed;
}

static bool write_pem(BIO *bio, PKCS8_PRIV_KEY_INFO *p8, const struct pst_secret *passphrase)
{
    __attribute__((cleanup(sealed_cleanup))) X509_SIG *sealed = NULL;

    if (passphrase == NULL)
        return PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, p8) == 1;
    sealed = seal(p8, passphrase);
    return sealed != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1;
}

enum pst_code pst_private_key_encode(const struct pst_private_key *key,
                                     const struct pst_secret *passphrase, struct pst_buf *out,
                                     struct pst_report *why)
{
    __attribute__((cleanup(p8_cleanup))) PKCS8_PRIV_KEY_INFO *p8 = NULL;
    __attribute__((cleanup(bio_cleanup))) BIO *bio = NULL;
    char *text = NULL;

    if (key->holder.sign != NULL)
        return pst_refuse(why, PST_KEY_MALFORMED, pst_say("a private key that is here"),
                          pst_say("one that its holder keeps"));
    p8 = EVP_PKEY2PKCS8(key->material);
    bio = BIO_new(BIO_s_secmem());
    if (p8 == NULL || bio == NULL || !write_pem(bio, p8, passphrase))
        return pst_library_refused(why, "a private key as PKCS#8");
    long len = BIO_get_mem_data(bio, &text);
    if (len <= 0 || !pst_buf_add(out, text, (size_t)len))
        return pst_no_memory(why, "a private key");
    return PST_OK;
}

static enum pst_code malformed(struct pst_report *why, const char *expected, const char *found)
{
    pst_library_forget();
    return pst_refuse(why, PST_KEY_MALFORMED, pst_say("%s", expected), pst_say("%s", found));
}

static enum pst_code open_sealed(struct pst_bytes der, const struct pst_secret *passphrase,
                                 PKCS8_PRIV_KEY_INFO **out, struct pst_report *why)
{
    const uint8_t *at = der.at;
    __attribute__((cleanup(sealed_cleanup))) X509_SIG *sealed =
        d2i_X509_SIG(NULL, &at, (long)der.len);

    if (sealed == NULL || at != der.at + der.len)
        return malformed(why, "an encrypted PKCS#8 key", "something else");
    if (passphrase == NULL)
        return pst_refuse(why, PST_KEY_LOCKED, pst_say("a passphrase"), pst_say("none"));
    *out = PKCS8_decrypt(sealed, passphrase->at, (int)passphrase->len);
    pst_library_forget();
    if (*out == NULL)
        return pst_refuse(why, PST_KEY_LOCKED, pst_say("the passphrase of this key"),
                          pst_say("one that does not open it"));
    return PST_OK;
}

static enum pst_code open_plain(struct pst_bytes der, PKCS8_PRIV_KEY_INFO **out,
                                struct pst_report *why)
{
    const uint8_t *at = der.at;

    *out = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (*out == NULL || at != der.at + der.len)
        return malformed(why, "a PKCS#8 key", "something else");
    return PST_OK;
}

static enum pst_code open_p8(const char *name, struct pst_bytes der,
                             const struct pst_secret *passphrase, PKCS8_PRIV_KEY_INFO **out,
                             struct pst_report *why)
{
    if (strcmp(name, PEM_STRING_PKCS8) == 0)
        return open_sealed(der, passphrase, out, why);
    if (strcmp(name, PEM_STRING_PKCS8INF) == 0)
        return open_plain(der, out, why);
    return malformed(why, "PEM of a PKCS#8 PRIVATE KEY", name);
}

struct pem {
    char *name, *header;
    uint8_t *der;
    long len;
};

static void pem_cleanup(struct pem *pem)
{
    OPENSSL_secure_free(pem->name);
    OPENSSL_secure_free(pem->header);
    OPENSSL_secure_clear_free(pem->der, pem->len > 0 ? (size_t)pem->len : 0);
}

enum pst_code pst_private_key_decode(struct pst_text text, const struct pst_secret *passphrase,
                                     struct pst_private_key **out, struct pst_report *why)
{
    __attribute__((cleanup(bio_cleanup))) BIO *bio = NULL;
    __attribute__((cleanup(p8_cleanup))) PKCS8_PRIV_KEY_INFO *p8 = NULL;
    __attribute__((cleanup(pem_cleanup))) struct pem pem = {0};

    if (text.len == 0 || text.len > PST_PRIVATE_KEY_FILE_MOST)
        return malformed(why, "a PEM text", text.len == 0 ? "nothing" : "far too much");
    bio = BIO_new_mem_buf(text.at, (int)text.len);
    if (bio == NULL)
        return pst_library_refused(why, "to read a private key");
    if (PEM_read_bio_ex(bio, &pem.name, &pem.header, &pem.der, &pem.len, PEM_FLAG_SECURE) != 1)
        return malformed(why, "a PEM text", "one that does not decode");
    /* Headers mean the old encryption: one round of MD5 over the passphrase. */
    if (pem.header[0] != '\0')
        return malformed(why, "PKCS#8 without PEM headers", "PEM headers");
    enum pst_code rc = open_p8(pem.name, pst_bytes(pem.der, (size_t)pem.len), passphrase, &p8, why);
    if (rc != PST_OK)
        return rc;

    EVP_PKEY *material = EVP_PKCS82PKEY(p8);
    if (material == NULL)
        return malformed(why, "a key of a known kind", "a PKCS#8 key of another");
    return wrap(material, (struct pst_key_holder){0}, out, why);
}
