/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/session.h"

#include <stdio.h>

enum { SLOTS_MOST = 64 };

/* Fields of a token are padded with spaces, by some modules with NULs. */
static void copy_field(const unsigned char *field, size_t len, char *out)
{
    size_t end = 0;
    while (end < len && field[end] != '\0')
        end++;
    while (end > 0 && field[end - 1] == ' ')
        end--;
    memcpy(out, field, end);
    out[end] = '\0';
}

static void describe(const struct ck_token_info *info, struct pst_token_session *out)
{
    copy_field(info->label, sizeof info->label, out->token);
    copy_field(info->manufacturer_id, sizeof info->manufacturer_id, out->manufacturer);
    copy_field(info->model, sizeof info->model, out->model);
    copy_field(info->serial_number, sizeof info->serial_number, out->serial);
    out->flags = info->flags;
}

static bool fits(const char *wanted, const char *is)
{
    return wanted[0] == '\0' || strcmp(wanted, is) == 0;
}

static bool is_named(const struct pst_token_uri *uri, const struct pst_token_session *token)
{
    return fits(uri->token, token->token) && fits(uri->manufacturer, token->manufacturer) &&
           fits(uri->model, token->model) && fits(uri->serial, token->serial) &&
           (!uri->has_slot || uri->slot == token->slot);
}

static enum pst_code list_slots(const struct pst_token_module *module, unsigned long *slots,
                                unsigned long *count, struct pst_report *why)
{
    *count = SLOTS_MOST;
    unsigned long rv = module->call->C_GetSlotList(1, slots, count);
    if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && *count > SLOTS_MOST))
        return pst_refuse(why, PST_TOKEN_FAILED, pst_say("at most %d slots", SLOTS_MOST),
                          pst_say("%lu", *count));
    return pst_token_answer(why, "C_GetSlotList", rv);
}

/* "'postern' (serial 01ab, slot 0)", one behind the other while there is room. */
static void add_token(char *list, size_t room, const struct pst_token_session *token)
{
    size_t len = strlen(list);
    snprintf(list + len, room - len, "%s'%s' (serial %s, slot %lu)", len > 0 ? ", " : "",
             token->token, token->serial, token->slot);
}

static enum pst_code find_token(const struct pst_token_module *module,
                                const struct pst_token_uri *uri, struct pst_token_session *out,
                                struct pst_report *why)
{
    unsigned long slots[SLOTS_MOST] = {0}, count = 0;
    char all[PST_VALUE_BYTES] = "", named[PST_VALUE_BYTES] = "";
    size_t found = 0;

    enum pst_code rc = list_slots(module, slots, &count, why);
    if (rc != PST_OK)
        return rc;
    for (unsigned long i = 0; i < count; i++) {
        struct ck_token_info info = {0};
        struct pst_token_session token = {.module = module, .slot = slots[i]};
        unsigned long rv = module->call->C_GetTokenInfo(slots[i], &info);
        if (rv != CKR_OK) { /* one broken reader does not hide the token in another */
            pst_note(why, PST_TOKEN_FAILED, pst_say("C_GetTokenInfo of slot %lu: CKR_OK", slots[i]),
                     pst_token_answer_name(rv));
            continue;
        }
        if ((info.flags & CKF_TOKEN_INITIALIZED) == 0)
            continue;
        describe(&info, &token);
        add_token(all, sizeof all, &token);
        if (!is_named(uri, &token))
            continue;
        found++;
        add_token(named, sizeof named, &token);
        *out = token;
    }
    if (found == 1)
        return PST_OK;
    *out = (struct pst_token_session){0};
    if (found > 1)
        return pst_refuse(why, PST_TOKEN_NOT_ONE, pst_say("one token"), pst_say("%s", named));
    return pst_refuse(why, PST_TOKEN_ABSENT,
                      pst_say("token '%s'%s%s", uri->token,
                              uri->serial[0] != '\0' ? ", serial " : "", uri->serial),
                      pst_say("%s", all[0] != '\0' ? all : "no token at all"));
}

/* With the token that `session` describes. */
static enum pst_code begin(struct pst_token_session session, bool writes,
                           struct pst_token_session *out, struct pst_report *why)
{
    unsigned long flags = CKF_SERIAL_SESSION | (writes ? CKF_RW_SESSION : 0);
    unsigned long rv =
        session.module->call->C_OpenSession(session.slot, flags, NULL, NULL, &session.handle);
    enum pst_code rc = pst_token_answer(why, "C_OpenSession", rv);
    if (rc == PST_OK)
        *out = session;
    return rc;
}

enum pst_code pst_token_session_open(const struct pst_token_module *module,
                                     const struct pst_token_uri *uri, bool writes,
                                     struct pst_token_session *out, struct pst_report *why)
{
    struct pst_token_session found = {0};
    enum pst_code rc = find_token(module, uri, &found, why);
    return rc == PST_OK ? begin(found, writes, out, why) : rc;
}

enum pst_code pst_token_session_twin(const struct pst_token_session *session,
                                     struct pst_token_session *out, struct pst_report *why)
{
    return begin(*session, true, out, why);
}

/* The last session of a token that is closed logs out of it. */
void pst_token_session_close(struct pst_token_session *session)
{
    if (session->module != NULL)
        (void)session->module->call->C_CloseSession(session->handle);
    *session = (struct pst_token_session){0};
}

static const char *words_of_tries(unsigned long flags)
{
    if ((flags & CKF_USER_PIN_LOCKED) != 0)
        return "; the PIN is locked now";
    if ((flags & CKF_USER_PIN_FINAL_TRY) != 0)
        return "; ONE TRY IS LEFT before it locks";
    return (flags & CKF_USER_PIN_COUNT_LOW) != 0 ? "; few tries are left" : "";
}

/* What the token says of its PIN now, which may have changed since it was found. */
static unsigned long flags_now(const struct pst_token_session *session)
{
    struct ck_token_info info = {0};
    unsigned long rv = session->module->call->C_GetTokenInfo(session->slot, &info);
    return rv == CKR_OK ? info.flags : session->flags;
}

static enum pst_code check_tries(unsigned long flags, bool is_typed, struct pst_report *why)
{
    if ((flags & CKF_USER_PIN_LOCKED) != 0)
        return pst_refuse(why, PST_KEY_LOCKED, pst_say("a token whose PIN is not locked"),
                          pst_say("locked after too many wrong PINs; nothing was tried"));
    if ((flags & CKF_USER_PIN_INITIALIZED) == 0)
        return pst_refuse(why, PST_KEY_LOCKED, pst_say("a token with a user PIN"),
                          pst_say("one whose PIN was never set"));
    if ((flags & CKF_USER_PIN_FINAL_TRY) != 0 && !is_typed)
        return pst_refuse(why, PST_KEY_LOCKED, pst_say("the PIN typed by a person"),
                          pst_say("one from a file, with one try left; nothing was tried"));
    return PST_OK;
}

static enum pst_code say_login(const struct pst_token_session *session, unsigned long rv,
                               struct pst_report *why)
{
    if (rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LOCKED)
        return pst_token_answer(why, "C_Login", rv);
    struct pst_value name = pst_token_answer_name(rv);
    return pst_refuse(why, PST_KEY_LOCKED, pst_say("the PIN of token '%s'", session->token),
                      pst_say("%s%s", name.at, words_of_tries(flags_now(session))));
}

static enum pst_code log_in(const struct pst_token_session *session, unsigned long user,
                            const struct pst_passphrase_source *source, struct pst_report *why)
{
    PST_CLEANUP(pst_secret) struct pst_secret pin = {0};
    struct pst_passphrase_source asked = *source;
    unsigned long flags = flags_now(session);
    bool on_token = (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0; /* it has its own keys */
    char of[96];

    enum pst_code rc = check_tries(flags, on_token || source->file == NULL, why);
    if (rc == PST_OK && !on_token) {
        snprintf(of, sizeof of, "token '%s'%s", session->token, words_of_tries(flags));
        asked.asked = "PIN";
        rc = pst_passphrase_read(&asked, of, false, &pin, why);
    }
    if (rc != PST_OK)
        return rc;
    unsigned long rv = session->module->call->C_Login(
        session->handle, user, on_token ? NULL : (unsigned char *)pin.at, on_token ? 0 : pin.len);
    if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
        return PST_OK;
    return say_login(session, rv, why);
}

enum pst_code pst_token_session_login(const struct pst_token_session *session,
                                      const struct pst_passphrase_source *pin,
                                      struct pst_report *why)
{
    struct ck_session_info info = {0};

    if ((session->flags & CKF_LOGIN_REQUIRED) == 0)
        return PST_OK;
    unsigned long rv = session->module->call->C_GetSessionInfo(session->handle, &info);
    enum pst_code rc = pst_token_answer(why, "C_GetSessionInfo", rv);
    if (rc != PST_OK)
        return rc;
    if (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS)
        return PST_OK;
    return log_in(session, CKU_USER, pin, why);
}

enum pst_code pst_token_session_login_again(const struct pst_token_session *session,
                                            const struct pst_passphrase_source *pin,
                                            struct pst_report *why)
{
    return log_in(session, CKU_CONTEXT_SPECIFIC, pin, why);
}
