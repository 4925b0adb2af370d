/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/encoding.h"
#include "keys/pkcs11/key.h"

/* pst_rsa_public() with the exponent as the parameter of the modulus. */
static enum pst_code rsa_public(struct pst_bytes exponent, struct pst_bytes modulus, EVP_PKEY **out,
                                struct pst_report *why)
{
    return pst_rsa_public(modulus, exponent, out, why);
}

#define MECHANISM(type) type, #type
static const struct pst_token_scheme schemes[] = {
    {
        .name = "ed25519",
        .key_type = CKK_EC_EDWARDS,
        .generate = CKM_EC_EDWARDS_KEY_PAIR_GEN,
        .generate_name = "CKM_EC_EDWARDS_KEY_PAIR_GEN",
        .sign = {{MECHANISM(CKM_EDDSA), false}},
        .curve = pst_ed25519_params,
        .params_type = CKA_EC_PARAMS,
        .point_type = CKA_EC_POINT,
        .public_of = pst_ed25519_public,
    },
    {
        .name = "ecdsa-sha2-nistp256",
        .key_type = CKK_EC,
        .generate = CKM_EC_KEY_PAIR_GEN,
        .generate_name = "CKM_EC_KEY_PAIR_GEN",
        .sign = {{MECHANISM(CKM_ECDSA), true}, {MECHANISM(CKM_ECDSA_SHA256), false}},
        .curve = pst_p256_params,
        .params_type = CKA_EC_PARAMS,
        .point_type = CKA_EC_POINT,
        .public_of = pst_p256_public,
    },
    {
        .name = "rsassa-pss-sha256",
        .key_type = CKK_RSA,
        .generate = CKM_RSA_PKCS_KEY_PAIR_GEN,
        .generate_name = "CKM_RSA_PKCS_KEY_PAIR_GEN",
        .sign = {{MECHANISM(CKM_RSA_PKCS_PSS), true}, {MECHANISM(CKM_SHA256_RSA_PKCS_PSS), false}},
        .params_type = CKA_PUBLIC_EXPONENT,
        .point_type = CKA_MODULUS,
        .public_of = rsa_public,
    },
};
#undef MECHANISM

static const char known[] =
    "ed25519, ecdsa-sha2-nistp256 or rsassa-pss-sha256 for a key in a token";

enum pst_code pst_token_scheme_named(const char *name, const struct pst_token_scheme **out,
                                     struct pst_report *why)
{
    for (size_t i = 0; i < PST_COUNT(schemes); i++)
        if (strcmp(schemes[i].name, name) == 0) {
            *out = &schemes[i];
            return PST_OK;
        }
    return pst_refuse(why, PST_ALGORITHM_UNKNOWN, pst_say("%s", known), pst_say("%s", name));
}

enum pst_code pst_token_scheme_of(unsigned long key_type, const struct pst_token_scheme **out,
                                  struct pst_report *why)
{
    for (size_t i = 0; i < PST_COUNT(schemes); i++)
        if (schemes[i].key_type == key_type) {
            *out = &schemes[i];
            return PST_OK;
        }
    return pst_refuse(why, PST_ALGORITHM_UNKNOWN, pst_say("%s", known),
                      pst_say("CKA_KEY_TYPE 0x%lx", key_type));
}

enum pst_code pst_token_can(const struct pst_token_session *session, unsigned long mechanism,
                            unsigned long flag, bool *out, struct pst_report *why)
{
    struct ck_mechanism_info info = {0};

    unsigned long rv = session->module->call->C_GetMechanismInfo(session->slot, mechanism, &info);
    if (rv != CKR_OK && rv != CKR_MECHANISM_INVALID)
        return pst_token_answer(why, "C_GetMechanismInfo", rv);
    *out = rv == CKR_OK && (info.flags & flag) != 0;
    return PST_OK;
}
