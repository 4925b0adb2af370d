/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scheme.h - internal to keys/: the signature schemes as a table, read by public and private keys
 * alike.
 *
 * A new scheme is a row here, and its name in pst_schemes().
 */
#ifndef PST_KEYS_SCHEME_H
#define PST_KEYS_SCHEME_H

#include "manifests/finding.h"

struct pst_scheme {
    const char *name;
    const char *keytype[3]; /* first the one that is written, then what is read too; NULL ends */
    const char *type;       /* the library's name of this kind of key */
    const char *curve;      /* the library's name of the only curve; NULL: no curve to choose */
    const char *digest;     /* NULL: the scheme brings its own */
    bool pss;
    bool public_is_hex; /* raw bytes in hex; otherwise PEM */
    int verify_least_bits, sign_least_bits;
    int most_bits; /* what a hostile key may cost at most */
};

/* NULL when there is none. */
const struct pst_scheme *pst_scheme_named(struct pst_text name);
size_t pst_scheme_count(void);
const struct pst_scheme *pst_scheme_at(size_t index);

/* "ed25519, ecdsa-sha2-nistp256, ...", for `expected`. */
struct pst_value pst_scheme_list(void);

#endif
