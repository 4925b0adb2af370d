/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens.h - internal to keys/pkcs11/: the modules in use, and a session by URI.
 */
#ifndef PST_KEYS_PKCS11_TOKENS_H
#define PST_KEYS_PKCS11_TOKENS_H

#include "keys/pkcs11/session.h"
#include "keys/pkcs11/token.h"

struct pst_tokens {
    size_t count;
    struct pst_token_module module[4];
    /* What pst_token_make() made last, with a session of its own to destroy it in. */
    struct {
        bool is_there;
        struct pst_token_session session;
        unsigned long private, public;
    } made;
};

/* Loaded, found, logged in. `pin` is where the PIN came from: it points into `uri` or `access`. */
enum pst_code pst_tokens_session(struct pst_tokens *tokens, const struct pst_token_uri *uri,
                                 const struct pst_token_access *access, bool writes,
                                 struct pst_passphrase_source *pin, struct pst_token_session *out,
                                 struct pst_report *why) PST_MUST_CHECK;

#endif
