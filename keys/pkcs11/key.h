/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - internal to keys/pkcs11/: the schemes as PKCS#11 has them, and a token's key as the
 * holder of a struct pst_private_key.
 */
#ifndef PST_KEYS_PKCS11_KEY_H
#define PST_KEYS_PKCS11_KEY_H

#include <openssl/types.h>

#include "keys/pkcs11/objects.h"
#include "keys/pkcs11/token.h"

/* A way to sign. Hashing here comes first: every token takes 32 bytes, few take megabytes. */
struct pst_token_mechanism {
    unsigned long type; /* CKM_ */
    const char *name;   /* NULL ends */
    bool is_hashed_here;
};

struct pst_token_scheme {
    const char *name;
    unsigned long key_type, generate; /* CKK_, CKM_ */
    const char *generate_name;
    struct pst_token_mechanism sign[3];
    struct pst_bytes (*curve)(size_t index); /* NULL: RSA */
    /* `point` is CKA_EC_POINT, or CKA_MODULUS with CKA_PUBLIC_EXPONENT as `params`. */
    unsigned long params_type, point_type; /* CKA_ */
    enum pst_code (*public_of)(struct pst_bytes params, struct pst_bytes point, EVP_PKEY **out,
                               struct pst_report *why);
};

/* PST_ALGORITHM_UNKNOWN for what tokens do not have. */
enum pst_code pst_token_scheme_named(const char *name, const struct pst_token_scheme **out,
                                     struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_token_scheme_of(unsigned long key_type, const struct pst_token_scheme **out,
                                  struct pst_report *why) PST_MUST_CHECK;
/* Whether the token has the mechanism for this: CKF_SIGN, CKF_GENERATE_KEY_PAIR. */
enum pst_code pst_token_can(const struct pst_token_session *session, unsigned long mechanism,
                            unsigned long flag, bool *out, struct pst_report *why) PST_MUST_CHECK;

/* Which objects, how they sign, and where the PIN comes from when each signature wants it. */
struct pst_token_pair {
    const struct pst_token_scheme *scheme;
    unsigned long private, public; /* public may be the private one again */
    struct pst_passphrase_source pin;
};
/* Takes `session` in any case. */
enum pst_code pst_token_key_new(struct pst_token_session *session,
                                const struct pst_token_pair *pair, struct pst_private_key **out,
                                struct pst_report *why) PST_MUST_CHECK;
/* Its label, its id, and how well it is kept. */
enum pst_code pst_token_key_facts(const struct pst_token_session *session, unsigned long private,
                                  struct pst_token_facts *out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
