/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scheme.h - internal to keys/: the signature schemes as a table, read by public and private keys
 * alike.
 *
 * A new scheme is a row here, and its name in pst_schemes().
 */
#ifndef PST_KEYS_SCHEME_H
#define PST_KEYS_SCHEME_H

#include <openssl/types.h>

#include "manifests/role.h"

struct pst_scheme {
    const char *name;
    const char *keytype[3]; /* first the one that is written, then what is read too; NULL ends */
    const char *type;       /* the library's name of this kind of key */
    const char *curve;      /* the library's name of the only curve; NULL: no curve to choose */
    const char *digest;     /* NULL: the scheme brings its own */
    const char *signer_id;  /* what the digest covers before the message; NULL: nothing */
    bool pss;
    bool public_is_hex; /* raw bytes in hex; otherwise PEM */
    int verify_least_bits, sign_least_bits;
    int most_bits;        /* what a hostile key may cost at most */
    bool is_for_products; /* counts in a product's role only */
    bool may_be_missing;  /* builds of the library leave it out */
};

/* NULL when there is none, or when the library lacks it. */
const struct pst_scheme *pst_scheme_named(struct pst_text name);
size_t pst_scheme_count(void);
const struct pst_scheme *pst_scheme_at(size_t index);

/* "ed25519, ecdsa-sha2-nistp256, ...", for `expected`. */
struct pst_value pst_scheme_list(void);

/* Between the init of a signature or verification and the message. False also when the key is none
 * that takes an identity: it would make a signature of another scheme. */
bool pst_scheme_identify(const struct pst_scheme *scheme, EVP_MD_CTX *ctx);

/* By the name alone, whatever this library has. */
bool pst_scheme_is_for_products(struct pst_text name);
/* Whether keys of this scheme may count in the rule that a root or targets file has for `role`:
 * PST_KEY_WRONG_ROLE. One that is not known here is not judged. */
enum pst_code pst_scheme_check_role(struct pst_text scheme, enum pst_role_kind delegator,
                                    struct pst_text role, struct pst_report *why) PST_MUST_CHECK;

#endif
