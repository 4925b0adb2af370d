/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - signing keys that live in a PKCS#11 token (an HSM, a smart card, SoftHSM2) and never
 * leave it.
 *
 *     struct pst_tokens *tokens;
 *     pst_tokens_new(&tokens, why);
 *     pst_token_uri_parse(pst_text("pkcs11:token=postern;object=root-1"), &uri, why);
 *     pst_token_open(tokens, &uri, &access, &key, &facts, why);  // logs in
 *     pst_private_key_sign(key, message, &hex, why);             // the token signs
 *     pst_private_key_free(key);
 *     pst_tokens_free(tokens);
 *
 * The schemes are ed25519, ecdsa-sha2-nistp256 and rsassa-pss-sha256; the token's API is spoken
 * directly. What a token signs is verified with its public half before it is handed out, as for
 * keys in files; so a token that errs, or lies, makes no signature.
 *
 * Memory   keys borrow from `tokens` and from what `access` points to: both outlive them.
 * Threads  one; a process that forks opens its own.
 * Errors   PST_TOKEN_*, PST_KEY_LOCKED (PIN), PST_KEY_WEAK, PST_KEY_MALFORMED,
 *          PST_ALGORITHM_UNKNOWN, PST_HOST_EXISTS, PST_HOST_CRYPTO.
 * Source   PKCS #11 2.40 and 3.0; RFC 7512 for names.
 */
#ifndef PST_KEYS_PKCS11_TOKEN_H
#define PST_KEYS_PKCS11_TOKEN_H

#include "keys/passphrase.h"
#include "keys/pkcs11/token_uri.h"
#include "keys/private_key.h"

/* The modules in use, each loaded once. */
struct pst_tokens;
enum pst_code pst_tokens_new(struct pst_tokens **out, struct pst_report *why) PST_MUST_CHECK;
void pst_tokens_free(struct pst_tokens *tokens);
static inline void pst_tokens_cleanup(struct pst_tokens **tokens)
{
    pst_tokens_free(*tokens);
}

/* What this machine has to say; the URI's module-path and pin-source, where given, come first. */
struct pst_token_access {
    const char *module; /* may be NULL */
    struct pst_passphrase_source pin;
};

struct pst_token_facts {
    struct pst_token_uri uri; /* names this key alone: its token, label and id */
    char serial[17];          /* of the token */
    bool is_extractable;      /* a copy may be elsewhere, or could be made */
    bool was_made_inside;
};

/* Refuses when not exactly one token and one key fit, and lists those that there are. */
enum pst_code pst_token_open(struct pst_tokens *tokens, const struct pst_token_uri *uri,
                             const struct pst_token_access *access, struct pst_private_key **out,
                             struct pst_token_facts *facts, struct pst_report *why) PST_MUST_CHECK;

/*
 * Makes a key that cannot leave the token, under the URI's object (which it must have) and its id,
 * or else a random one. PST_HOST_EXISTS when the token has a private key of this label or id. A
 * key that could be made and then not be used is destroyed again.
 */
enum pst_code pst_token_make(struct pst_tokens *tokens, const struct pst_token_uri *uri,
                             const char *scheme, const struct pst_token_access *access,
                             struct pst_private_key **out, struct pst_token_facts *facts,
                             struct pst_report *why) PST_MUST_CHECK;
/* Destroys what pst_token_make() made last: for a caller that could not keep its name, and whose
 * own reason comes first. */
enum pst_code pst_token_unmake(struct pst_tokens *tokens, struct pst_report *why);

/* Signs words that are no metadata, and forgets the signature: whether the key works at all. */
enum pst_code pst_token_prove(const struct pst_private_key *key, struct pst_report *why)
    PST_MUST_CHECK;

#endif
