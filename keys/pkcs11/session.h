/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - internal to keys/pkcs11/: the one token that a URI names, and a session with it.
 *
 * A PIN is never tried twice by itself. When one try is left it is only taken from a person, who
 * is told; a script that keeps a wrong PIN in a file would lock the token otherwise.
 *
 * Memory   pst_token_session_close(), while the module is open.
 * Errors   PST_TOKEN_ABSENT, PST_TOKEN_NOT_ONE, PST_KEY_LOCKED, and what calls answer.
 */
#ifndef PST_KEYS_PKCS11_SESSION_H
#define PST_KEYS_PKCS11_SESSION_H

#include "keys/passphrase.h"
#include "keys/pkcs11/module.h"

struct pst_token_session {
    const struct pst_token_module *module; /* NULL: closed */
    unsigned long slot, handle, flags;     /* the token's CKF_ */
    char token[33], manufacturer[33], model[17], serial[17];
};

/* `writes`: keys will be made or destroyed in it. */
enum pst_code pst_token_session_open(const struct pst_token_module *module,
                                     const struct pst_token_uri *uri, bool writes,
                                     struct pst_token_session *out, struct pst_report *why)
    PST_MUST_CHECK;
/* Another one with the same token, which writes, and is logged in if `session` is. */
enum pst_code pst_token_session_twin(const struct pst_token_session *session,
                                     struct pst_token_session *out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_token_session_close(struct pst_token_session *session);
static inline void pst_token_session_cleanup(struct pst_token_session *session)
{
    pst_token_session_close(session);
}

/* Unless the token wants none, or another session of this process has logged in already. */
enum pst_code pst_token_session_login(const struct pst_token_session *session,
                                      const struct pst_passphrase_source *pin,
                                      struct pst_report *why) PST_MUST_CHECK;
/* For a key that wants the PIN before each signature. */
enum pst_code pst_token_session_login_again(const struct pst_token_session *session,
                                            const struct pst_passphrase_source *pin,
                                            struct pst_report *why) PST_MUST_CHECK;

#endif
