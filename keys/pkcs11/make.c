/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/key.h"
#include "keys/pkcs11/tokens.h"

enum { ID_BYTES = 16, RSA_BITS = 3072 };

static enum pst_code refuse_taken(const struct pst_token_session *session,
                                  const struct pst_token_uri *uri, struct pst_report *why)
{
    const struct pst_bytes id = pst_bytes(uri->id, uri->id_len), any = {0};
    struct pst_token_objects same_label, same_id = {0};

    enum pst_code rc =
        pst_token_find(session, CKO_PRIVATE_KEY, pst_text(uri->object), any, &same_label, why);
    if (rc == PST_OK && id.len > 0)
        rc = pst_token_find(session, CKO_PRIVATE_KEY, (struct pst_text){0}, id, &same_id, why);
    if (rc == PST_OK && same_label.count + same_id.count > 0)
        return pst_refuse(
            why, PST_HOST_EXISTS,
            pst_say("no private key '%s' in token '%s' yet", uri->object, session->token),
            pst_say("one of this %s", same_label.count > 0 ? "label" : "id"));
    return rc;
}

/* One call. `curve` is empty for RSA. */
static unsigned long generate(const struct pst_token_session *session,
                              const struct pst_token_scheme *scheme, struct pst_token_uri *uri,
                              struct pst_bytes curve, unsigned long *public, unsigned long *private)
{
    unsigned char yes = 1, no = 0, exponent[] = {1, 0, 1};
    unsigned long bits = RSA_BITS, label_len = strlen(uri->object);
    struct ck_mechanism mechanism = {scheme->generate, NULL, 0};
    struct ck_attribute for_public[6] = {
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_VERIFY, &yes, sizeof yes},
        {CKA_LABEL, uri->object, label_len},
        {CKA_ID, uri->id, uri->id_len},
        {CKA_EC_PARAMS, pst_token_input(curve.at), curve.len},
    };
    struct ck_attribute for_private[] = {
        {CKA_TOKEN, &yes, sizeof yes},     {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes}, {CKA_EXTRACTABLE, &no, sizeof no},
        {CKA_SIGN, &yes, sizeof yes},      {CKA_LABEL, uri->object, label_len},
        {CKA_ID, uri->id, uri->id_len},
    };
    unsigned long public_count = 5;

    if (scheme->curve == NULL) {
        for_public[4] = (struct ck_attribute){CKA_MODULUS_BITS, &bits, sizeof bits};
        for_public[5] = (struct ck_attribute){CKA_PUBLIC_EXPONENT, exponent, sizeof exponent};
        public_count = 6;
    }
    return session->module->call->C_GenerateKeyPair(session->handle, &mechanism, for_public,
                                                    public_count, for_private,
                                                    PST_COUNT(for_private), public, private);
}

static bool is_about_the_curve(unsigned long rv)
{
    return rv == CKR_CURVE_NOT_SUPPORTED || rv == CKR_DOMAIN_PARAMS_INVALID ||
           rv == CKR_ATTRIBUTE_VALUE_INVALID;
}

/* Under each name of its curve in turn. */
static enum pst_code make_pair(struct pst_tokens *tokens, const struct pst_token_session *session,
                               struct pst_token_uri *uri, struct pst_token_pair *pair,
                               struct pst_report *why)
{
    const struct pst_token_scheme *scheme = pair->scheme;
    struct pst_bytes curve = {0};
    unsigned long rv = CKR_CURVE_NOT_SUPPORTED;
    bool can = false;

    enum pst_code rc = pst_token_can(session, scheme->generate, CKF_GENERATE_KEY_PAIR, &can, why);
    if (rc == PST_OK && !can)
        rc = pst_refuse(why, PST_ALGORITHM_UNKNOWN,
                        pst_say("a token with %s", scheme->generate_name), pst_say("one without"));
    if (rc != PST_OK)
        return rc;
    for (size_t i = 0; is_about_the_curve(rv); i++) {
        if (scheme->curve != NULL)
            curve = scheme->curve(i);
        if (i > 0 && curve.len == 0)
            break;
        rv = generate(session, scheme, uri, curve, &pair->public, &pair->private);
    }
    rc = pst_token_answer(why, "C_GenerateKeyPair", rv);
    if (rc != PST_OK)
        return rc;
    tokens->made.is_there = true;
    tokens->made.private = pair->private;
    tokens->made.public = pair->public;
    return PST_OK;
}

/* A token may pass over what it was asked for. */
static enum pst_code check_made(const struct pst_token_session *session,
                                const struct pst_token_pair *pair, struct pst_token_facts *facts,
                                struct pst_report *why)
{
    bool is_sensitive = false;

    enum pst_code rc = pst_token_key_facts(session, pair->private, facts, why);
    if (rc == PST_OK)
        rc = pst_token_read_bool(session, pair->private, CKA_SENSITIVE, false, &is_sensitive, why);
    if (rc == PST_OK && (facts->is_extractable || !is_sensitive))
        return pst_refuse(why, PST_KEY_WEAK, pst_say("a key that cannot leave its token"),
                          pst_say("one that was made extractable"));
    return rc;
}

static enum pst_code make_in(struct pst_tokens *tokens, struct pst_token_session *session,
                             struct pst_token_uri *uri, struct pst_token_pair *pair,
                             struct pst_private_key **out, struct pst_token_facts *facts,
                             struct pst_report *why)
{
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;

    enum pst_code rc = refuse_taken(session, uri, why);
    if (rc == PST_OK && uri->id_len == 0) {
        uri->id_len = ID_BYTES;
        rc = pst_random(uri->id, ID_BYTES, why);
    }
    if (rc == PST_OK)
        rc = make_pair(tokens, session, uri, pair, why);
    if (rc != PST_OK)
        return rc;
    rc = check_made(session, pair, facts, why);
    if (rc == PST_OK)
        rc = pst_token_key_new(session, pair, &key, why);
    if (rc == PST_OK)
        rc = pst_token_prove(key, why);
    if (rc == PST_OK) {
        *out = key;
        key = NULL;
    }
    return rc;
}

enum pst_code pst_token_unmake(struct pst_tokens *tokens, struct pst_report *why)
{
    const struct pst_token_session *session = &tokens->made.session;

    if (!tokens->made.is_there)
        return PST_OK;
    tokens->made.is_there = false;
    const struct ck_function_list *call = session->module->call;
    unsigned long private = call->C_DestroyObject(session->handle, tokens->made.private);
    unsigned long public = call->C_DestroyObject(session->handle, tokens->made.public);
    enum pst_code rc = pst_token_answer(why, "C_DestroyObject (private)", private);
    enum pst_code of_public = pst_token_answer(why, "C_DestroyObject (public)", public);
    return rc != PST_OK ? rc : of_public;
}

enum pst_code pst_token_make(struct pst_tokens *tokens, const struct pst_token_uri *uri,
                             const char *scheme, const struct pst_token_access *access,
                             struct pst_private_key **out, struct pst_token_facts *facts,
                             struct pst_report *why)
{
    PST_CLEANUP(pst_token_session) struct pst_token_session session = {0};
    struct pst_token_uri mine = *uri;
    struct pst_token_facts made;
    struct pst_token_pair pair = {0};

    enum pst_code rc = pst_token_scheme_named(scheme, &pair.scheme, why);
    if (rc == PST_OK && mine.object[0] == '\0')
        rc = pst_refuse(why, PST_USAGE, pst_say("object=NAME in the pkcs11: URI"), pst_say("none"));
    if (rc == PST_OK)
        rc = pst_tokens_session(tokens, &mine, access, true, &pair.pin, &session, why);
    if (rc != PST_OK)
        return rc;
    PST_WITHIN(why, "token '%s'", session.token);
    pst_token_session_close(&tokens->made.session);
    tokens->made.is_there = false;
    rc = pst_token_session_twin(&session, &tokens->made.session, why);
    if (rc == PST_OK)
        rc = make_in(tokens, &session, &mine, &pair, out, &made, why);
    if (rc == PST_OK)
        *facts = made;
    else if (tokens->made.is_there)
        (void)pst_token_unmake(tokens, why); /* what it says joins the reasons */
    return rc;
}
