/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/scheme.h"

#include <openssl/evp.h>

#include "keys/library_error.h"
#include "keys/public_key.h"

/* TUF 1.0.34, 4.2; GM/T 0003.2 and 0009. RSA's largest size bounds what one verification may cost.
 */
static const struct pst_scheme table[] = {
    {
        .name = "ed25519",
        .keytype = {"ed25519"},
        .type = "ED25519",
        .public_is_hex = true,
        .verify_least_bits = 253,
        .sign_least_bits = 253,
        .most_bits = 256,
    },
    {
        .name = "ecdsa-sha2-nistp256",
        .keytype = {"ecdsa", "ecdsa-sha2-nistp256"},
        .type = "EC",
        .curve = "prime256v1",
        .digest = "SHA256",
        .verify_least_bits = 256,
        .sign_least_bits = 256,
        .most_bits = 256,
    },
    {
        .name = "rsassa-pss-sha256",
        .keytype = {"rsa"},
        .type = "RSA",
        .digest = "SHA256",
        .pss = true,
        .verify_least_bits = 2048,
        .sign_least_bits = 3072,
        .most_bits = 8192,
    },
    {
        .name = "sm2-sm3",
        .keytype = {"sm2"},
        .type = "SM2",
        .curve = "SM2",
        .digest = "SM3",
        .signer_id = "1234567812345678",
        .verify_least_bits = 256,
        .sign_least_bits = 256,
        .most_bits = 256,
        .is_for_products = true,
        .may_be_missing = true,
    },
};

static bool is_there(const struct pst_scheme *scheme)
{
    if (!scheme->may_be_missing)
        return true;
    EVP_SIGNATURE *signatures = EVP_SIGNATURE_fetch(NULL, scheme->type, NULL);
    EVP_MD *digest = EVP_MD_fetch(NULL, scheme->digest, NULL);
    bool both = signatures != NULL && digest != NULL;

    EVP_SIGNATURE_free(signatures);
    EVP_MD_free(digest);
    if (!both)
        pst_library_forget();
    return both;
}

const char *const *pst_schemes(void)
{
    static const char *const all[] = {"ed25519", "ecdsa-sha2-nistp256", "rsassa-pss-sha256",
                                      "sm2-sm3", NULL};
    static const char *const without_sm2[] = {"ed25519", "ecdsa-sha2-nistp256", "rsassa-pss-sha256",
                                              NULL};
    return pst_scheme_named(pst_text("sm2-sm3")) != NULL ? all : without_sm2;
}

size_t pst_scheme_count(void)
{
    return PST_COUNT(table);
}

const struct pst_scheme *pst_scheme_at(size_t index)
{
    return &table[index];
}

const struct pst_scheme *pst_scheme_named(struct pst_text name)
{
    for (size_t i = 0; i < PST_COUNT(table); i++)
        if (pst_text_is(name, table[i].name))
            return is_there(&table[i]) ? &table[i] : NULL;
    return NULL;
}

struct pst_value pst_scheme_list(void)
{
    const char *const *name = pst_schemes();
    struct pst_value list = pst_say("%s", *name);

    while (*++name != NULL)
        list = pst_say("%s, %s", list.at, *name);
    return list;
}

bool pst_scheme_identify(const struct pst_scheme *scheme, EVP_MD_CTX *ctx)
{
    /* Not among the parameters of the init: OpenSSL 3.0 takes no identity there. */
    return scheme->signer_id == NULL ||
           EVP_PKEY_CTX_set1_id(EVP_MD_CTX_get_pkey_ctx(ctx), scheme->signer_id,
                                (int)strlen(scheme->signer_id)) == 1;
}

bool pst_scheme_is_for_products(struct pst_text name)
{
    for (size_t i = 0; i < PST_COUNT(table); i++)
        if (pst_text_is(name, table[i].name))
            return table[i].is_for_products;
    return false;
}

enum pst_code pst_scheme_check_role(struct pst_text scheme, enum pst_role_kind delegator,
                                    struct pst_text role, struct pst_report *why)
{
    bool is_product = delegator == PST_ROLE_TARGETS && !pst_text_is(role, "assignments");

    if (is_product || !pst_scheme_is_for_products(scheme))
        return PST_OK;
    return pst_refuse(why, PST_KEY_WRONG_ROLE,
                      pst_say("a key of a scheme that counts for '%.*s'", PST_ARGS(role)),
                      pst_say("%.*s, which counts for products' roles only", PST_ARGS(scheme)));
}
