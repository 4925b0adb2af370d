/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/token.h"

#include <stdlib.h>

#include "keys/pkcs11/key.h"
#include "keys/pkcs11/tokens.h"

/* No role file: not even JSON. */
static const char words_to_sign[] = "postern-keys: does this key sign?";

enum pst_code pst_tokens_new(struct pst_tokens **out, struct pst_report *why)
{
    struct pst_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL)
        return pst_no_memory(why, "tokens");
    *out = tokens;
    return PST_OK;
}

void pst_tokens_free(struct pst_tokens *tokens)
{
    if (tokens == NULL)
        return;
    pst_token_session_close(&tokens->made.session);
    for (size_t i = 0; i < tokens->count; i++)
        pst_token_module_close(&tokens->module[i]);
    free(tokens);
}

static enum pst_code use_module(struct pst_tokens *tokens, const char *path,
                                const struct pst_token_module **out, struct pst_report *why)
{
    for (size_t i = 0; i < tokens->count; i++)
        if (strcmp(tokens->module[i].path, path) == 0) {
            *out = &tokens->module[i];
            return PST_OK;
        }
    if (tokens->count == PST_COUNT(tokens->module))
        return pst_refuse(why, PST_TOKEN_MODULE,
                          pst_say("at most %zu modules at once", tokens->count), pst_say("more"));
    struct pst_token_module *module = &tokens->module[tokens->count];
    enum pst_code rc = pst_token_module_open(path, module, why);
    if (rc != PST_OK)
        return rc;
    tokens->count++;
    *out = module;
    return PST_OK;
}

enum pst_code pst_tokens_session(struct pst_tokens *tokens, const struct pst_token_uri *uri,
                                 const struct pst_token_access *access, bool writes,
                                 struct pst_passphrase_source *pin, struct pst_token_session *out,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_token_session) struct pst_token_session session = {0};
    const struct pst_token_module *module = NULL;
    const char *path = uri->module_path[0] != '\0' ? uri->module_path : access->module;

    if (path == NULL)
        return pst_refuse(why, PST_TOKEN_MODULE,
                          pst_say("--module, POSTERN_PKCS11_MODULE or module-path in the URI"),
                          pst_say("none of them"));
    *pin = access->pin;
    if (uri->pin_source[0] != '\0')
        pin->file = uri->pin_source;
    enum pst_code rc = use_module(tokens, path, &module, why);
    if (rc == PST_OK)
        rc = pst_token_session_open(module, uri, writes, &session, why);
    if (rc == PST_OK)
        rc = pst_token_session_login(&session, pin, why);
    if (rc != PST_OK)
        return rc;
    *out = session;
    session = (struct pst_token_session){0};
    return PST_OK;
}

/* The public key with the private one's id, or label; the private object itself when there is
 * none, as an RSA key knows its public half. */
static enum pst_code find_public(const struct pst_token_session *session,
                                 const struct pst_token_uri *exact, unsigned long private,
                                 unsigned long *out, struct pst_report *why)
{
    const struct pst_bytes id = pst_bytes(exact->id, exact->id_len);
    struct pst_token_objects found;

    *out = private;
    if (id.len == 0 && exact->object[0] == '\0')
        return PST_OK;
    enum pst_code rc = pst_token_find(session, CKO_PUBLIC_KEY,
                                      pst_text(id.len == 0 ? exact->object : ""), id, &found, why);
    if (rc == PST_OK && found.count > 1)
        return pst_refuse(why, PST_TOKEN_NOT_ONE, pst_say("one public key beside the private one"),
                          pst_say("%zu of this id", found.count));
    if (rc == PST_OK && found.count == 1)
        *out = found.handle[0];
    return rc;
}

enum pst_code pst_token_open(struct pst_tokens *tokens, const struct pst_token_uri *uri,
                             const struct pst_token_access *access, struct pst_private_key **out,
                             struct pst_token_facts *facts, struct pst_report *why)
{
    PST_CLEANUP(pst_token_session) struct pst_token_session session = {0};
    struct pst_token_facts mine;
    struct pst_token_pair pair = {0};
    unsigned long key_type = 0;

    enum pst_code rc = pst_tokens_session(tokens, uri, access, false, &pair.pin, &session, why);
    if (rc != PST_OK)
        return rc;
    PST_WITHIN(why, "token '%s'", session.token);
    rc = pst_token_find_private(&session, uri, &pair.private, why);
    if (rc == PST_OK)
        rc = pst_token_read_number(&session, pair.private, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION,
                                   &key_type, why);
    if (rc == PST_OK)
        rc = pst_token_scheme_of(key_type, &pair.scheme, why);
    if (rc == PST_OK)
        rc = pst_token_key_facts(&session, pair.private, &mine, why);
    if (rc == PST_OK)
        rc = find_public(&session, &mine.uri, pair.private, &pair.public, why);
    if (rc == PST_OK)
        rc = pst_token_key_new(&session, &pair, out, why);
    if (rc == PST_OK)
        *facts = mine;
    return rc;
}

enum pst_code pst_token_prove(const struct pst_private_key *key, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(4096);
    return pst_private_key_sign(key, pst_bytes_of(pst_text(words_to_sign)), &hex, why);
}
