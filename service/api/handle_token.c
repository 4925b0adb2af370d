/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_token.c - a challenge, and the token for whoever signs it. Nothing is stored.
 *
 * An ID that nobody has gets challenges like any other, and its signature is checked against a key
 * that fits nothing: neither the answer nor its time tells whether a terminal exists.
 */
#include "service/api/call.h"

enum { SIGNATURE_MOST = PST_SIGNATURE_HEX_MOST };

static void end_ticket(struct pst_call *call, const char *name, const char *ticket,
                       int64_t expires_s)
{
    struct pst_response response;
    struct pst_json_out json = pst_response_json(&response, 200);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, name, ticket);
    pst_out_instant(&json, "expires", expires_s);
    pst_out_close(&json, '}');
    pst_call_end_json(call, &response, &json);
}

static void end_with_new_ticket(struct pst_call *call, enum pst_ticket kind, const char *terminal)
{
    const struct pst_api_options *options = &call->api->options;
    bool challenge = kind == PST_TICKET_CHALLENGE;
    int64_t expires_s =
        pst_api_now(call->api) + (challenge ? options->challenge_s : options->token_s);
    char ticket[PST_TICKET_ROOM];

    if (pst_ticket_new(options->secret, kind, terminal, expires_s, ticket, &call->why) == PST_OK)
        end_ticket(call, challenge ? "challenge" : "token", ticket, expires_s);
    else
        pst_call_problem(call);
}

/* A terminal's id: a safe name with room for it in a row. */
static struct pst_text read_id(struct pst_fields *fields)
{
    struct pst_text id = pst_fields_name(fields, "terminal");
    if (id.len < PST_ID_ROOM)
        return id;
    pst_fields_fault(fields, "terminal", PST_OUT_OF_BOUNDS,
                     pst_say("at most %d characters", PST_ID_ROOM - 1), pst_say("%zu", id.len));
    return (struct pst_text){0};
}

void pst_handle_challenge(struct pst_call *call)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    if (!pst_call_json(call, &json))
        return;
    struct pst_fields fields = pst_fields_open(json, &call->why);
    struct pst_text terminal = read_id(&fields);
    if (pst_fields_close(&fields) != PST_OK) {
        pst_call_problem(call);
        return;
    }
    end_with_new_ticket(call, PST_TICKET_CHALLENGE, terminal.at);
}

struct token_request {
    struct pst_text terminal, challenge, signature;
};

/* Loads the terminal's key, or the one that fits nothing. *known says which. */
static enum pst_code load_key(struct pst_call *call, const char *terminal,
                              struct pst_terminal_row *row, struct pst_public_key **out,
                              bool *known)
{
    /* A public key of RFC 8032's examples. */
    static const char nobody[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    enum pst_code code = call->reader->ops->terminal(call->reader, terminal, row, &call->why);
    if (code != PST_OK && code != PST_SERVICE_NOT_FOUND)
        return code;
    *known = code == PST_OK && row->has_key;
    if (*known)
        return pst_public_key_load(pst_text(row->keytype), pst_text(row->scheme),
                                   pst_text(row->public_part), out, &call->why);
    return pst_public_key_load(pst_text("ed25519"), pst_text("ed25519"), pst_text(nobody), out,
                               &call->why);
}

static enum pst_code check_signature(struct pst_call *call, const struct token_request *request,
                                     struct pst_terminal_row *row)
{
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
    char challenged[PST_ID_ROOM] = "";
    bool known = false;

    enum pst_code code =
        pst_ticket_check(call->api->options.secret, PST_TICKET_CHALLENGE, request->challenge,
                         pst_api_now(call->api), challenged, &call->why);
    if (code != PST_OK && code != PST_SERVICE_UNAUTHORIZED)
        return code;
    bool fresh = code == PST_OK && pst_text_is(request->terminal, challenged);
    code = load_key(call, request->terminal.at, row, &key, &known);
    if (code != PST_OK)
        return code;
    bool holds = pst_public_key_verifies(key, pst_bytes_of(request->challenge), request->signature);
    if (fresh && known && holds)
        return PST_OK;
    return pst_refuse(&call->why, PST_SERVICE_UNAUTHORIZED,
                      pst_say("a fresh challenge, signed by the terminal's key"),
                      pst_say("something else"));
}

void pst_handle_token(struct pst_call *call)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_terminal_row row = {0};
    struct token_request request;

    if (!pst_call_json(call, &json))
        return;
    struct pst_fields fields = pst_fields_open(json, &call->why);
    request.terminal = read_id(&fields);
    request.challenge = pst_fields_text(&fields, "challenge", PST_TICKET_ROOM - 1);
    request.signature = pst_fields_text(&fields, "signature", SIGNATURE_MOST);
    enum pst_code code = pst_fields_close(&fields);
    if (code == PST_OK)
        code = check_signature(call, &request, &row);
    if (code == PST_OK && row.state == PST_TERMINAL_BLOCKED)
        code = pst_refuse(&call->why, PST_SERVICE_FORBIDDEN,
                          pst_say("a terminal that is not blocked"), pst_say("a blocked one"));
    if (code == PST_OK)
        end_with_new_ticket(call, PST_TICKET_TOKEN, row.id);
    else
        pst_call_problem(call);
}
