/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/auth.h"

#include <inttypes.h>
#include <stdio.h>

#include "manifests/fields.h"
#include "manifests/instant.h"

enum { TOKEN_ID_HEX = 16, TOKEN_SECRET_HEX = 64, NONCE_BYTES = 16 };

static const char *const access_names[] = {"none", "terminal", "viewer", "operator", "admin"};

const char *pst_access_name(enum pst_access access)
{
    return access_names[access];
}

bool pst_operator_role_parse(struct pst_text name, enum pst_access *out)
{
    for (size_t i = PST_ACCESS_VIEWER; i < PST_COUNT(access_names); i++) {
        if (pst_text_is(name, access_names[i])) {
            *out = (enum pst_access)i;
            return true;
        }
    }
    return false;
}

/* The one answer to every credential that is not right. */
static enum pst_code unauthorized(struct pst_report *why, bool given)
{
    return pst_refuse(why, PST_SERVICE_UNAUTHORIZED, pst_say("a valid token"),
                      given ? pst_say("a token that is not valid") : pst_say("no token"));
}

/* "Bearer TOKEN"; the scheme's name in any case, one blank. */
static bool take_bearer(struct pst_text authorization, struct pst_text *token)
{
    static const char scheme[] = "bearer ";
    size_t len = sizeof scheme - 1;

    if (authorization.len <= len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = authorization.at[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != scheme[i])
            return false;
    }
    *token = (struct pst_text){authorization.at + len, authorization.len - len};
    return true;
}

static bool is_hex(struct pst_text text, size_t len)
{
    if (text.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!((text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'a' && text.at[i] <= 'f')))
            return false;
    return true;
}

static bool take_operator_token(struct pst_text token, struct pst_text *id, struct pst_text *secret)
{
    return pst_take(&token, "pst_") && pst_take_until(&token, '_', id) &&
           is_hex(*id, TOKEN_ID_HEX) && is_hex(*secret = token, TOKEN_SECRET_HEX);
}

/* PST_OK with an all-zero row when there is none: it is then compared like any other. */
static enum pst_code find_token(struct pst_store *reader, struct pst_text id,
                                struct pst_token_row *row, struct pst_report *why)
{
    char name[TOKEN_ID_HEX + 1];

    *row = (struct pst_token_row){0};
    snprintf(name, sizeof name, "%.*s", PST_ARGS(id));
    enum pst_code code = reader->ops->token(reader, name, row, why);
    if (code != PST_SERVICE_NOT_FOUND)
        return code;
    *row = (struct pst_token_row){0};
    return PST_OK;
}

enum pst_code pst_auth_operator(struct pst_store *reader, struct pst_text authorization,
                                enum pst_access needed, int64_t now_s, struct pst_caller *out,
                                struct pst_report *why)
{
    struct pst_caller caller = {0};
    struct pst_token_row row;
    struct pst_text token, id, secret;
    uint8_t digest[PST_SHA256_BYTES];

    if (!take_bearer(authorization, &token) || !take_operator_token(token, &id, &secret))
        return unauthorized(why, authorization.len > 0);
    enum pst_code code = find_token(reader, id, &row, why);
    if (code == PST_OK)
        code = pst_sha256(pst_bytes_of(secret), digest, why);
    if (code != PST_OK)
        return code;

    bool same = pst_equal_in_constant_time(digest, row.secret_sha256, sizeof digest);
    if (!same || row.id[0] == '\0' || now_s >= row.expires_s ||
        !pst_operator_role_parse(pst_text(row.role), &caller.access))
        return unauthorized(why, true);
    if (caller.access < needed)
        return pst_refuse(why, PST_SERVICE_FORBIDDEN,
                          pst_say("a token with the role %s", pst_access_name(needed)),
                          pst_say("the role %s", pst_access_name(caller.access)));
    snprintf(caller.id, sizeof caller.id, "%s", row.id);
    snprintf(caller.name, sizeof caller.name, "%s", row.name);
    *out = caller;
    return PST_OK;
}

enum pst_code pst_operator_token_new(const char *name, enum pst_access role, int64_t now_s,
                                     int64_t expires_s, struct pst_token_row *row,
                                     char text[PST_OPERATOR_TOKEN_ROOM], struct pst_report *why)
{
    struct pst_token_row made = {.created_s = now_s, .expires_s = expires_s};
    uint8_t random[TOKEN_ID_HEX / 2 + TOKEN_SECRET_HEX / 2];
    char secret[TOKEN_SECRET_HEX + 1];

    enum pst_code code = pst_random(random, sizeof random, why);
    if (code != PST_OK)
        return code;
    pst_hex_print(pst_bytes(random, TOKEN_ID_HEX / 2), made.id);
    pst_hex_print(pst_bytes(random + TOKEN_ID_HEX / 2, TOKEN_SECRET_HEX / 2), secret);
    snprintf(made.name, sizeof made.name, "%s", name);
    snprintf(made.role, sizeof made.role, "%s", pst_access_name(role));
    code = pst_sha256(pst_bytes(secret, TOKEN_SECRET_HEX), made.secret_sha256, why);
    if (code == PST_OK) {
        snprintf(text, PST_OPERATOR_TOKEN_ROOM, "pst_%s_%s", made.id, secret);
        *row = made;
    }
    pst_wipe(random, sizeof random);
    pst_wipe(secret, sizeof secret);
    return code;
}

/* ---- tickets */

static const char *const ticket_words[] = {"postern-challenge.", "postern-token."};

enum pst_code pst_ticket_new(struct pst_bytes secret, enum pst_ticket kind, const char *terminal,
                             int64_t expires_s, char out[PST_TICKET_ROOM], struct pst_report *why)
{
    uint8_t nonce[NONCE_BYTES], mac[PST_SHA256_BYTES];
    char nonce_hex[2 * NONCE_BYTES + 1], mac_hex[2 * PST_SHA256_BYTES + 1], text[PST_TICKET_ROOM];

    enum pst_code code = pst_random(nonce, sizeof nonce, why);
    if (code != PST_OK)
        return code;
    pst_hex_print(pst_bytes(nonce, sizeof nonce), nonce_hex);
    int len = snprintf(text, sizeof text, "%s%.*s.%" PRId64 ".%s", ticket_words[kind],
                       PST_ID_ROOM - 1, terminal, expires_s, nonce_hex);
    code = pst_hmac_sha256(secret, pst_bytes(text, (size_t)len), mac, why);
    if (code != PST_OK)
        return code;
    pst_hex_print(pst_bytes(mac, sizeof mac), mac_hex);
    snprintf(out, PST_TICKET_ROOM, "%.*s.%s", 180, text, mac_hex);
    return PST_OK;
}

/* What stands behind the last '.'; `rest` keeps what is before it. */
static bool take_last(struct pst_text *rest, struct pst_text *last)
{
    for (size_t i = rest->len; i > 0; i--) {
        if (rest->at[i - 1] == '.') {
            *last = (struct pst_text){rest->at + i, rest->len - i};
            rest->len = i - 1;
            return true;
        }
    }
    return false;
}

static bool read_ticket(struct pst_text rest, const char *word, struct pst_text *signed_part,
                        uint8_t mac[PST_SHA256_BYTES], uint64_t *expires_s, struct pst_text *id)
{
    struct pst_text mac_hex, nonce, expiry;

    if (!take_last(&rest, &mac_hex) || !is_hex(mac_hex, 2 * PST_SHA256_BYTES) ||
        !pst_hex_parse(mac_hex, mac, PST_SHA256_BYTES))
        return false;
    *signed_part = rest;
    if (!pst_take(&rest, word) || !take_last(&rest, &nonce) || !is_hex(nonce, 2 * NONCE_BYTES) ||
        !take_last(&rest, &expiry) ||
        !pst_take_number(&expiry, (uint64_t)PST_INSTANT_MAX, expires_s) || expiry.len > 0)
        return false;
    *id = rest;
    return rest.len < PST_ID_ROOM && pst_name_is_safe(rest);
}

enum pst_code pst_ticket_check(struct pst_bytes secret, enum pst_ticket kind, struct pst_text text,
                               int64_t now_s, char terminal[PST_ID_ROOM], struct pst_report *why)
{
    uint8_t given[PST_SHA256_BYTES], right[PST_SHA256_BYTES];
    struct pst_text signed_part, id;
    uint64_t expires_s;

    if (text.len >= PST_TICKET_ROOM ||
        !read_ticket(text, ticket_words[kind], &signed_part, given, &expires_s, &id))
        return PST_SERVICE_UNAUTHORIZED;
    enum pst_code code = pst_hmac_sha256(secret, pst_bytes_of(signed_part), right, why);
    if (code != PST_OK)
        return code;
    if (!pst_equal_in_constant_time(given, right, sizeof right) || now_s >= (int64_t)expires_s)
        return PST_SERVICE_UNAUTHORIZED;
    snprintf(terminal, PST_ID_ROOM, "%.*s", PST_ARGS(id));
    return PST_OK;
}

enum pst_code pst_auth_terminal(struct pst_bytes secret, struct pst_text authorization,
                                int64_t now_s, struct pst_caller *out, struct pst_report *why)
{
    struct pst_caller caller = {.access = PST_ACCESS_TERMINAL};
    struct pst_text token;

    if (!take_bearer(authorization, &token))
        return unauthorized(why, authorization.len > 0);
    enum pst_code code = pst_ticket_check(secret, PST_TICKET_TOKEN, token, now_s, caller.id, why);
    if (code == PST_SERVICE_UNAUTHORIZED)
        return unauthorized(why, true);
    if (code == PST_OK)
        *out = caller;
    return code;
}
