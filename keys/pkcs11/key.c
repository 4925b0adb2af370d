/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/key.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "keys/pkcs11/encoding.h"
#include "keys/private_key_internal.h"
#include "manifests/utf8.h"

enum { PIN_FILE_ROOM = 4096 };

struct token_key {
    struct pst_token_session session;
    const struct pst_token_scheme *scheme;
    const struct pst_token_mechanism *mechanism;
    unsigned long private;
    bool asks_each_time;
    struct pst_passphrase_source pin;
    char pin_file[PIN_FILE_ROOM]; /* what `pin` points to: the URI that named it may be gone */
};

static void free_key(struct token_key *key)
{
    if (key == NULL)
        return;
    pst_token_session_close(&key->session);
    free(key);
}

static void token_key_cleanup(struct token_key **key)
{
    free_key(*key);
}

static void public_cleanup(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void release(void *context)
{
    free_key(context);
}

static enum pst_code begin_signing(const struct token_key *key, struct pst_report *why)
{
    struct ck_rsa_pkcs_pss_params pss = {CKM_SHA256, CKG_MGF1_SHA256, PST_SHA256_BYTES};
    struct ck_mechanism mechanism = {key->mechanism->type, NULL, 0};

    if (key->scheme->key_type == CKK_RSA) {
        mechanism.parameter = &pss;
        mechanism.parameter_len = sizeof pss;
    }
    unsigned long rv =
        key->session.module->call->C_SignInit(key->session.handle, &mechanism, key->private);
    enum pst_code rc = pst_token_answer(why, "C_SignInit", rv);
    if (rc == PST_OK && key->asks_each_time)
        rc = pst_token_session_login_again(&key->session, &key->pin, why);
    return rc;
}

/* `len` holds the room before, and what was written afterwards. */
static enum pst_code sign_bytes(const struct token_key *key, struct pst_bytes data, uint8_t *out,
                                size_t *len, struct pst_report *why)
{
    unsigned long written = *len;

    enum pst_code rc = begin_signing(key, why);
    if (rc != PST_OK)
        return rc;
    unsigned long rv = key->session.module->call->C_Sign(
        key->session.handle, pst_token_input(data.at), data.len, out, &written);
    rc = pst_token_answer(why, "C_Sign", rv);
    if (rc == PST_OK && (written == 0 || written > *len))
        return pst_refuse(why, PST_TOKEN_FAILED, pst_say("a signature of 1 to %zu bytes", *len),
                          pst_say("%lu bytes", written));
    *len = written;
    return rc;
}

static enum pst_code sign(void *context, struct pst_bytes message, uint8_t *out, size_t *len,
                          struct pst_report *why)
{
    const struct token_key *key = context;
    uint8_t hash[PST_SHA256_BYTES], raw[PST_SIGNATURE_MOST];
    size_t raw_len = sizeof raw;

    PST_WITHIN(why, "token '%s'", key->session.token);
    if (key->mechanism->is_hashed_here) {
        enum pst_code rc = pst_sha256(message, hash, why);
        if (rc != PST_OK)
            return rc;
        message = pst_bytes(hash, sizeof hash);
    }
    enum pst_code rc = sign_bytes(key, message, raw, &raw_len, why);
    if (rc != PST_OK)
        return rc;
    if (key->scheme->key_type == CKK_EC)
        return pst_p256_signature(pst_bytes(raw, raw_len), out, len, why);
    memcpy(out, raw, raw_len);
    *len = raw_len;
    return PST_OK;
}

static enum pst_code choose_mechanism(struct token_key *key, struct pst_report *why)
{
    const struct pst_token_mechanism *mechanism = key->scheme->sign;

    for (; mechanism->name != NULL; mechanism++) {
        bool can = false;
        enum pst_code rc = pst_token_can(&key->session, mechanism->type, CKF_SIGN, &can, why);
        if (rc != PST_OK)
            return rc;
        if (can) {
            key->mechanism = mechanism;
            return PST_OK;
        }
    }
    return pst_refuse(why, PST_ALGORITHM_UNKNOWN,
                      pst_say("a token that signs with %s", key->scheme->sign[0].name),
                      pst_say("one that does not"));
}

static enum pst_code check_usage(struct token_key *key, struct pst_report *why)
{
    bool may_sign = true;

    enum pst_code rc =
        pst_token_read_bool(&key->session, key->private, CKA_SIGN, true, &may_sign, why);
    if (rc == PST_OK && !may_sign)
        return pst_refuse(why, PST_KEY_WRONG_ROLE, pst_say("a key with CKA_SIGN"),
                          pst_say("one that may not sign"));
    if (rc == PST_OK)
        rc = pst_token_read_bool(&key->session, key->private, CKA_ALWAYS_AUTHENTICATE, false,
                                 &key->asks_each_time, why);
    return rc;
}

static enum pst_code read_public(const struct pst_token_session *session,
                                 const struct pst_token_pair *pair, EVP_PKEY **out,
                                 struct pst_report *why)
{
    struct pst_token_value params, point;

    enum pst_code rc =
        pst_token_read(session, pair->public, pair->scheme->params_type, &params, why);
    if (rc == PST_OK)
        rc = pst_token_read(session, pair->public, pair->scheme->point_type, &point, why);
    if (rc != PST_OK)
        return rc;
    if (pair->public == pair->private && point.len == 0)
        return pst_refuse(why, PST_KEY_MALFORMED,
                          pst_say("a public key of the same CKA_ID in the token"), pst_say("none"));
    return pair->scheme->public_of(pst_token_value_bytes(&params), pst_token_value_bytes(&point),
                                   out, why);
}

enum pst_code pst_token_key_new(struct pst_token_session *session,
                                const struct pst_token_pair *pair, struct pst_private_key **out,
                                struct pst_report *why)
{
    PST_CLEANUP(token_key) struct token_key *key = calloc(1, sizeof *key);
    __attribute__((cleanup(public_cleanup))) EVP_PKEY *public = NULL;
    struct pst_private_key *held = NULL;

    if (key == NULL) {
        pst_token_session_close(session);
        return pst_no_memory(why, "a key in a token");
    }
    *key = (struct token_key){
        .session = *session, .scheme = pair->scheme, .private = pair->private, .pin = pair->pin};
    *session = (struct pst_token_session){0}; /* the key's now */
    if (pair->pin.file != NULL) {
        snprintf(key->pin_file, sizeof key->pin_file, "%s", pair->pin.file);
        key->pin.file = key->pin_file;
    }
    enum pst_code rc = choose_mechanism(key, why);
    if (rc == PST_OK)
        rc = check_usage(key, why);
    if (rc == PST_OK)
        rc = read_public(&key->session, pair, &public, why);
    if (rc != PST_OK)
        return rc;
    const struct pst_key_holder holder = {.context = key, .sign = sign, .release = release};
    EVP_PKEY *given = public;
    public = NULL;
    rc = pst_private_key_hold(given, holder, &held, why);
    if (rc != PST_OK)
        return rc;
    key = NULL; /* the holder's now */
    *out = held;
    return PST_OK;
}

enum pst_code pst_token_key_facts(const struct pst_token_session *session, unsigned long private,
                                  struct pst_token_facts *out, struct pst_report *why)
{
    struct pst_token_facts facts = {.uri = {.slot = 0}};
    struct pst_token_value label, id;

    enum pst_code rc = pst_token_read(session, private, CKA_LABEL, &label, why);
    if (rc == PST_OK)
        rc = pst_token_read(session, private, CKA_ID, &id, why);
    if (rc == PST_OK)
        rc = pst_token_read_bool(session, private, CKA_EXTRACTABLE, true, &facts.is_extractable,
                                 why);
    if (rc == PST_OK)
        rc = pst_token_read_bool(session, private, CKA_LOCAL, false, &facts.was_made_inside, why);
    if (rc != PST_OK)
        return rc;
    if (label.len > PST_TOKEN_TEXT_MOST || id.len > PST_TOKEN_TEXT_MOST)
        return pst_refuse(
            why, PST_OUT_OF_BOUNDS,
            pst_say("a CKA_LABEL and CKA_ID of at most %d bytes", PST_TOKEN_TEXT_MOST),
            pst_say("%zu and %zu bytes", label.len, id.len));
    /* By its label, so that a backup of the token may be used instead. */
    if (session->token[0] != '\0' && pst_utf8_is_plain(pst_text(session->token)))
        memcpy(facts.uri.token, session->token, sizeof facts.uri.token);
    else
        memcpy(facts.uri.serial, session->serial, sizeof facts.uri.serial);
    memcpy(facts.serial, session->serial, sizeof facts.serial);
    if (pst_utf8_is_plain(pst_text_of(pst_token_value_bytes(&label)))) /* else by its id alone */
        memcpy(facts.uri.object, label.at, label.len);
    memcpy(facts.uri.id, id.at, id.len);
    facts.uri.id_len = id.len;
    *out = facts;
    return PST_OK;
}
