/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/session/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/envelope.h"
#include "manifests/fields.h"
#include "manifests/json_out.h"

enum { ANSWER_BYTES = 65536, REQUEST_BYTES = 65536, POLL_LEAST_S = 1, POLL_MOST_S = 7 * 86400 };

struct pst_session pst_session_open(const struct pst_session_options *options, const char *terminal)
{
    struct pst_session session = {.options = *options};
    snprintf(session.terminal, sizeof session.terminal, "%s", terminal != NULL ? terminal : "");
    return session;
}

void pst_session_close(struct pst_session *session)
{
    pst_secret_clear(&session->token);
}

/* ---- one request */

/* The service explains itself in problem+json; its findings become ours. PST_OK when it did not. */
static enum pst_code add_findings_of(const struct pst_json *problem, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_report *told = calloc(1, sizeof *told);
    const struct pst_json *findings = pst_json_member(problem, "findings");
    if (told == NULL || findings == NULL || pst_json_type(findings) != PST_JSON_ARRAY ||
        pst_findings_parse(findings, told, NULL) != PST_OK)
        return PST_OK;
    enum pst_code said = pst_report_verdict(told);
    if (said != PST_OK)
        pst_report_append(why, told, false);
    return said;
}

static enum pst_code code_of_status(int status)
{
    static const struct {
        int status;
        enum pst_code code;
    } rows[] = {
        {401, PST_SERVICE_UNAUTHORIZED}, {403, PST_SERVICE_FORBIDDEN},
        {404, PST_SERVICE_NOT_FOUND},    {409, PST_SERVICE_CONFLICT},
        {429, PST_SERVICE_OVERLOADED},   {503, PST_SERVICE_MAINTENANCE},
        {400, PST_SERVICE_BAD_REQUEST},  {413, PST_SERVICE_BAD_REQUEST},
        {511, PST_NET_CAPTIVE},
    };
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].code;
    return PST_NET_STATUS;
}

static enum pst_code refuse_status(struct pst_session *session, const char *url,
                                   const struct pst_fetch_answer *answer, struct pst_bytes body,
                                   struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *problem = NULL;
    enum pst_code said = PST_OK;

    if (strncmp(answer->content_type, "application/problem+json", 24) == 0 &&
        pst_json_parse(body, &pst_json_small, &problem, NULL) == PST_OK)
        said = add_findings_of(problem, why);
    session->explained = said != PST_OK;
    if (session->explained)
        return said;
    return pst_refuse(why, code_of_status(answer->status), pst_say("an answer from %s", url),
                      pst_say("HTTP %d", answer->status));
}

/* Posts JSON and reads the JSON that comes back. */
static enum pst_code post(struct pst_session *session, const char *path, struct pst_bytes body,
                          bool with_token, struct pst_json **out, struct pst_report *why)
{
    const struct pst_session_options *options = &session->options;
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(ANSWER_BYTES);
    struct pst_fetch_answer answer = {0};
    char url[PST_URL_ROOM];

    session->explained = false;
    int len = snprintf(url, sizeof url, "%s%s", options->service, path);
    if (len < 0 || (size_t)len >= sizeof url)
        return pst_refuse(why, PST_NET_FORBIDDEN, pst_say("a shorter URL"),
                          pst_say("'%s'", options->service));
    struct pst_fetch_request request = {.method = "POST",
                                        .url = url,
                                        .body = body,
                                        .body_fd = -1,
                                        .content_type = "application/json",
                                        .bearer = with_token ? session->token.at : NULL,
                                        .from = -1,
                                        .to = -1,
                                        .most_bytes = ANSWER_BYTES,
                                        .connect_ms = options->limits.connect_ms,
                                        .stall_ms = options->limits.stall_ms,
                                        .whole_ms = options->limits.whole_ms};
    enum pst_code rc = pst_fetch_into(options->transport, &request, &bytes, &answer, why);
    if (rc != PST_OK)
        return rc;
    if (answer.status < 200 || answer.status > 299)
        return refuse_status(session, url, &answer, pst_buf_bytes(&bytes), why);
    if (strncmp(answer.content_type, "text/html", 9) == 0)
        return pst_refuse(why, PST_NET_CAPTIVE, pst_say("an answer from %s", url),
                          pst_say("a web page"));
    return pst_json_parse(pst_buf_bytes(&bytes), &pst_json_small, out, why);
}

static enum pst_code whole(const struct pst_json_out *out, struct pst_report *why)
{
    return pst_json_out_is_whole(out) ? PST_OK : pst_no_memory(why, "a request");
}

static void copy_text(struct pst_text text, char *out, size_t room)
{
    snprintf(out, room, "%.*s", PST_ARGS(text));
}

/* ---- enrolling */

static enum pst_code print_enrol(const struct pst_session *session, const struct pst_facts *facts,
                                 const char *code, struct pst_buf *body, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(PST_PUBLIC_KEY_ROOM * 2);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_enrol enrol = {.serial = ""};
    char keyid[65];

    enum pst_code rc =
        pst_private_key_describe(session->options.key, INT64_MIN, INT64_MAX, &object, keyid, why);
    if (rc == PST_OK)
        rc = pst_json_parse(pst_buf_bytes(&object), &pst_json_small, &json, why);
    if (rc != PST_OK)
        return rc;
    struct pst_text public_part =
        pst_json_text(pst_json_member(pst_json_member(json, "keyval"), "public"));
    copy_text(pst_text(facts->serial), enrol.serial, sizeof enrol.serial);
    copy_text(pst_text(facts->product), enrol.product, sizeof enrol.product);
    copy_text(pst_json_text(pst_json_member(json, "keytype")), enrol.keytype, sizeof enrol.keytype);
    copy_text(pst_json_text(pst_json_member(json, "scheme")), enrol.scheme, sizeof enrol.scheme);
    copy_text(public_part, enrol.public_part, sizeof enrol.public_part);
    copy_text(pst_text(code), enrol.code, sizeof enrol.code);
    return pst_enrol_print(&enrol, body, why);
}

enum pst_code pst_session_sign(const struct pst_private_key *key, struct pst_bytes body,
                               struct pst_buf *envelope, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(PST_PUBLIC_KEY_ROOM * 2);
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST);
    char keyid[65];

    enum pst_code rc = pst_private_key_describe(key, INT64_MIN, INT64_MAX, &object, keyid, why);
    if (rc == PST_OK)
        rc = pst_private_key_sign(key, body, &hex, why);
    if (rc == PST_OK && !pst_buf_add(&hex, "", 1))
        rc = pst_no_memory(why, "a signature");
    if (rc != PST_OK)
        return rc;
    struct pst_envelope_new_signature signature = {keyid, (const char *)hex.at};
    return pst_envelope_print(body, &signature, 1, envelope, why);
}

enum pst_code pst_session_enrol(struct pst_session *session, const struct pst_facts *facts,
                                const char *code, bool *accepted, struct pst_report *why)
{
    static const char *const states[] = {"accepted", "pending", NULL};
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(REQUEST_BYTES);
    PST_CLEANUP(pst_buf) struct pst_buf envelope = pst_buf(REQUEST_BYTES);
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    PST_WITHIN(why, "enroll");

    enum pst_code rc = print_enrol(session, facts, code, &body, why);
    if (rc == PST_OK)
        rc = pst_session_sign(session->options.key, pst_buf_bytes(&body), &envelope, why);
    if (rc == PST_OK)
        rc = post(session, "/v1/enroll", pst_buf_bytes(&envelope), false, &answer, why);
    if (rc != PST_OK)
        return rc;

    struct pst_fields fields = pst_fields_open(answer, why);
    struct pst_text terminal = pst_fields_name(&fields, "terminal");
    int state = pst_fields_choice(&fields, "state", states);
    rc = pst_fields_close_open(&fields);
    if (rc != PST_OK)
        return rc;
    copy_text(terminal, session->terminal, sizeof session->terminal);
    *accepted = state == 0;
    return PST_OK;
}

/* ---- proving who we are */

static enum pst_code get_challenge(struct pst_session *session, struct pst_json **answer,
                                   struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(REQUEST_BYTES);
    struct pst_json_out out = pst_json_out(&body);

    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "terminal", session->terminal);
    pst_out_close(&out, '}');
    enum pst_code rc = whole(&out, why);
    return rc != PST_OK ? rc
                        : post(session, "/v1/challenge", pst_buf_bytes(&body), false, answer, why);
}

static enum pst_code answer_challenge(struct pst_session *session, struct pst_text challenge,
                                      struct pst_json **answer, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(REQUEST_BYTES);
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST);
    struct pst_json_out out = pst_json_out(&body);

    enum pst_code rc =
        pst_private_key_sign(session->options.key, pst_bytes_of(challenge), &hex, why);
    if (rc != PST_OK)
        return rc;
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "terminal", session->terminal);
    pst_out_text(&out, "challenge", challenge);
    pst_out_text(&out, "signature", pst_buf_text(&hex));
    pst_out_close(&out, '}');
    rc = whole(&out, why);
    return rc != PST_OK ? rc : post(session, "/v1/token", pst_buf_bytes(&body), false, answer, why);
}

static enum pst_code get_token(struct pst_session *session, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *question = NULL;
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    PST_WITHIN(why, "token");

    if (session->token.len > 0)
        return PST_OK;
    enum pst_code rc = get_challenge(session, &question, why);
    if (rc != PST_OK)
        return rc;
    struct pst_fields fields = pst_fields_open(question, why);
    struct pst_text challenge = pst_fields_text(&fields, "challenge", 512);
    /* The same key signs reports: nobody gets one signed by calling it a challenge. */
    if (pst_text_starts(challenge, "{"))
        pst_fields_fault(&fields, "challenge", PST_BAD_SYNTAX, pst_say("a ticket"),
                         pst_say("a document"));
    rc = pst_fields_close_open(&fields);
    if (rc == PST_OK)
        rc = answer_challenge(session, challenge, &answer, why);
    if (rc != PST_OK)
        return rc;
    fields = pst_fields_open(answer, why);
    struct pst_text token = pst_fields_text(&fields, "token", sizeof session->token.at - 1);
    rc = pst_fields_close_open(&fields);
    if (rc == PST_OK) {
        copy_text(token, session->token.at, sizeof session->token.at);
        session->token.len = token.len;
    }
    return rc;
}

/* ---- checking in and reporting */

static enum pst_code read_checkin(const struct pst_json *answer, struct pst_buf *assignment,
                                  int64_t *poll_s, struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(answer, why);
    int64_t poll = pst_fields_integer(&fields, "poll_seconds", POLL_LEAST_S, POLL_MOST_S);
    const struct pst_json *envelope = pst_fields_object(&fields, "assignment");
    enum pst_code rc = pst_fields_close_open(&fields);
    if (rc == PST_OK)
        rc = pst_json_canonical(envelope, assignment, why);
    if (rc == PST_OK)
        *poll_s = poll;
    return rc;
}

enum pst_code pst_session_checkin(struct pst_session *session, const struct pst_facts *facts,
                                  const char *nonce, struct pst_buf *assignment, int64_t *poll_s,
                                  struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(REQUEST_BYTES);
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    struct pst_json_out out = pst_json_out(&body);
    PST_WITHIN(why, "checkin");

    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "nonce", nonce);
    pst_facts_print(facts, &out, "facts");
    pst_out_close(&out, '}');
    enum pst_code rc = whole(&out, why);
    if (rc == PST_OK)
        rc = get_token(session, why);
    if (rc == PST_OK)
        rc = post(session, "/v1/checkin", pst_buf_bytes(&body), true, &answer, why);
    return rc != PST_OK ? rc : read_checkin(answer, assignment, poll_s, why);
}

enum pst_code pst_session_report(struct pst_session *session, struct pst_bytes envelope,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    PST_WITHIN(why, "report");

    enum pst_code rc = get_token(session, why);
    return rc != PST_OK ? rc : post(session, "/v1/reports", envelope, true, &answer, why);
}
