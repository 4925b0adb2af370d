/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal's talk with the service: what it sends, and what it makes of the answers. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/session/session.h"
#include "keys/verify.h"
#include "manifests/envelope.h"
#include "tests/support/agent_scene.h"
#include "tests/support/check.h"

/* A service that gives the answers that a test wrote down, and keeps what it was sent. */
struct script {
    struct pst_fake_net net;
    struct pst_transport_port transport;
    struct pst_private_key *key;
    struct pst_session session;
    struct {
        const char *path;
        int status;
        const char *content_type, *body;
    } answer[8];
    struct {
        char path[64], bearer[64];
        struct pst_buf body;
    } sent[8];
    size_t sent_count;
};

static int serve(void *context, const struct pst_fetch_request *request, struct pst_buf *body,
                 char content_type[64])
{
    struct script *script = context;
    const char *path = request->url + strlen("https://service.example");

    assert_true(script->sent_count < PST_COUNT(script->sent));
    assert_string_equal(request->content_type, "application/json");
    snprintf(script->sent[script->sent_count].path, 64, "%s", path);
    snprintf(script->sent[script->sent_count].bearer, 64, "%s",
             request->bearer != NULL ? request->bearer : "");
    script->sent[script->sent_count].body = pst_buf(65536);
    assert_true(
        pst_buf_add(&script->sent[script->sent_count++].body, request->body.at, request->body.len));
    for (size_t i = 0; i < PST_COUNT(script->answer); i++) {
        if (script->answer[i].path == NULL || strcmp(script->answer[i].path, path) != 0)
            continue;
        snprintf(content_type, 64, "%s", script->answer[i].content_type);
        assert_true(pst_buf_add_text(body, script->answer[i].body));
        return script->answer[i].status;
    }
    return 404;
}

static void answer(struct script *script, const char *path, int status, const char *content_type,
                   const char *body)
{
    size_t i = 0;
    while (script->answer[i].path != NULL && strcmp(script->answer[i].path, path) != 0)
        i++;
    script->answer[i].path = path;
    script->answer[i].status = status;
    script->answer[i].content_type = content_type;
    script->answer[i].body = body;
}

static int begin(void **state)
{
    struct script *script = calloc(1, sizeof *script);
    assert_non_null(script);
    assert_int_equal(pst_private_key_generate("ed25519", &script->key, NULL), PST_OK);
    script->net.service_context = script;
    script->net.service = serve;
    script->transport = pst_fake_net_port(&script->net);
    struct pst_session_options options = {.transport = &script->transport,
                                          .service = "https://service.example",
                                          .limits = {1000, 1000, 1000},
                                          .key = script->key};
    script->session = pst_session_open(&options, "t-1");
    answer(script, "/v1/challenge", 200, "application/json", "{\"challenge\":\"c.t-1.9.x\"}");
    answer(script, "/v1/token", 200, "application/json", "{\"token\":\"the-token\"}");
    answer(script, "/v1/reports", 200, "application/json", "{\"accepted\":1}");
    *state = script;
    return 0;
}

static int end(void **state)
{
    struct script *script = *state;
    pst_session_close(&script->session);
    assert_int_equal(script->session.token.len, 0);
    assert_int_equal(script->session.token.at[0], '\0');
    pst_private_key_free(script->key);
    for (size_t i = 0; i < script->sent_count; i++)
        pst_buf_clear(&script->sent[i].body);
    free(script);
    return 0;
}

static enum pst_code report(struct script *script, struct pst_report *why)
{
    return pst_session_report(&script->session, pst_bytes("{}", 2), why);
}

static enum pst_code checkin(struct script *script, struct pst_buf *assignment, int64_t *poll_s,
                             struct pst_report *why)
{
    struct pst_facts facts = {.serial = "SN-1", .product = "pos-a", .model = "P400"};
    assert_int_equal(pst_version_parse(pst_text("1"), &facts.revision, NULL) == PST_OK ||
                         pst_version_parse(pst_text("1.0"), &facts.revision, NULL) == PST_OK,
                     1);
    return pst_session_checkin(&script->session, &facts, "a-nonce", assignment, poll_s, why);
}

/* ---- the token ------------------------------------------------------------------------------- */

static void one_token_serves_a_session_and_its_challenge_is_signed(void **state)
{
    struct script *script = *state;
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(4096);
    PST_CLEANUP(pst_json) struct pst_json *key_json = NULL;
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
    char keyid[65];

    assert_int_equal(report(script, NULL), PST_OK);
    assert_int_equal(report(script, NULL), PST_OK);
    assert_int_equal(script->sent_count, 4);
    assert_string_equal(script->sent[0].path, "/v1/challenge");
    assert_string_equal(script->sent[0].bearer, "");
    assert_string_equal(script->sent[1].path, "/v1/token");
    assert_string_equal(script->sent[1].bearer, "");
    assert_string_equal(script->sent[2].bearer, "the-token");
    assert_string_equal(script->sent[3].path, "/v1/reports");

    assert_int_equal(
        pst_json_parse(pst_buf_bytes(&script->sent[1].body), &pst_json_small, &json, NULL), PST_OK);
    assert_int_equal(
        pst_private_key_describe(script->key, INT64_MIN, INT64_MAX, &object, keyid, NULL), PST_OK);
    assert_int_equal(pst_json_parse(pst_buf_bytes(&object), &pst_json_small, &key_json, NULL), 0);
    assert_int_equal(pst_public_key_load(pst_text("ed25519"), pst_text("ed25519"),
                                         pst_json_text(pst_json_member(
                                             pst_json_member(key_json, "keyval"), "public")),
                                         &key, NULL),
                     PST_OK);
    assert_true(pst_public_key_verifies(key, pst_bytes("c.t-1.9.x", 9),
                                        pst_json_text(pst_json_member(json, "signature"))));
}

/* Whoever can pose as the service must not get a report signed by asking for it. */
static void a_document_is_not_signed_as_a_challenge(void **state)
{
    struct script *script = *state;
    struct pst_report why = {0};
    answer(script, "/v1/challenge", 200, "application/json",
           "{\"challenge\":\"{\\\"format\\\":\\\"postern.report/1\\\"}\"}");
    assert_int_equal(report(script, &why), PST_BAD_SYNTAX);
    assert_int_equal(script->sent_count, 1);
}

static void a_token_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *path, *body;
        enum pst_code expect;
    } cases[] = {
        {"/v1/challenge", "{}", PST_MISSING_FIELD},
        {"/v1/challenge", "{\"challenge\":7}", PST_WRONG_TYPE},
        {"/v1/challenge", "{\"challenge\":\"\"}", PST_OUT_OF_BOUNDS},
        {"/v1/challenge", "nothing", PST_BAD_SYNTAX},
        {"/v1/token", "{\"token\":null}", PST_WRONG_TYPE},
        {"/v1/token", "[]", PST_WRONG_TYPE},
        {"/v1/token", "", PST_BAD_SYNTAX},
        {"/v1/token", "{\"token\":\"a\\u0000b\"}", PST_BAD_ENCODING},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        void *mine = NULL;
        struct pst_report why = {0};
        begin(&mine);
        struct script *script = mine;
        answer(script, cases[i].path, 200, "application/json", cases[i].body);
        enum pst_code rc = report(script, &why);
        if (rc == PST_OK || pst_report_verdict(&why) == PST_OK)
            fail_msg("%s %s: %s%s", cases[i].path, cases[i].body, pst_code_name(rc),
                     agent_scene_explain(&why));
        assert_int_equal(script->session.token.len, 0);
        end(&mine);
    }
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void the_services_findings_become_ours(void **state)
{
    struct script *script = *state;
    struct pst_report why = {0};
    (void)pst_refuse(&why, PST_NET_STALLED, pst_say("something"), pst_say("before"));
    answer(script, "/v1/reports", 409, "application/problem+json; charset=utf-8",
           "{\"title\":\"no\",\"status\":409,\"findings\":["
           "{\"code\":\"service.conflict\",\"where\":\"terminal\",\"expected\":\"one\",\"found\":"
           "\"two\\u001b[31m\"},"
           "{\"code\":\"terminal.tampered\",\"where\":\"facts\",\"expected\":\"no\",\"found\":"
           "\"yes\"},"
           "{\"code\":\"of.a-newer-service\",\"where\":\"\",\"expected\":\"\",\"found\":\"\"}]}");
    assert_int_equal(report(script, &why), PST_SERVICE_CONFLICT); /* not what was there before */
    assert_true(script->session.explained);
    assert_true(pst_report_has(&why, PST_TAMPERED));
    assert_int_equal(why.omitted, 1);
    for (size_t i = 0; i < why.count; i++)
        assert_null(strchr(why.finding[i].found, 0x1b));
}

static void a_refusal_without_findings_goes_by_its_status(void **state)
{
    static const struct {
        int status;
        const char *content_type, *body;
        enum pst_code expect;
    } cases[] = {
        {400, "text/plain", "no", PST_SERVICE_BAD_REQUEST},
        {401, "", "", PST_SERVICE_UNAUTHORIZED},
        {403, "text/html", "<html>", PST_SERVICE_FORBIDDEN},
        {404, "", "", PST_SERVICE_NOT_FOUND},
        {409, "", "", PST_SERVICE_CONFLICT},
        {413, "", "", PST_SERVICE_BAD_REQUEST},
        {429, "", "", PST_SERVICE_OVERLOADED},
        {500, "", "", PST_NET_STATUS},
        {502, "", "", PST_NET_STATUS},
        {503, "", "", PST_SERVICE_MAINTENANCE},
        {511, "text/html", "<html>log in", PST_NET_CAPTIVE},
        {500, "application/problem+json", "{", PST_NET_STATUS},
        {500, "application/problem+json", "{\"findings\":7}", PST_NET_STATUS},
        {500, "application/problem+json", "{\"findings\":[]}", PST_NET_STATUS},
        {500, "application/problem+json", "{\"findings\":[{\"code\":\"no.such\"}]}",
         PST_NET_STATUS},
        {200, "text/html; charset=utf-8", "<html>log in", PST_NET_CAPTIVE},
        {200, "application/json", "<html>", PST_BAD_SYNTAX},
        {200, "application/json", "{\"a\":1,\"a\":1}", PST_DUPLICATE_FIELD},
    };
    struct script *script = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        answer(script, "/v1/reports", cases[i].status, cases[i].content_type, cases[i].body);
        enum pst_code rc = report(script, &why);
        for (size_t sent = 0; sent < script->sent_count; sent++)
            pst_buf_clear(&script->sent[sent].body);
        script->sent_count = 0;
        if (rc != cases[i].expect || pst_report_verdict(&why) != cases[i].expect)
            fail_msg("%d %s: %s%s", cases[i].status, cases[i].body, pst_code_name(rc),
                     agent_scene_explain(&why));
        assert_false(script->session.explained);
    }
}

/* ---- checking in ----------------------------------------------------------------------------- */

static void a_check_in_brings_the_assignment_as_it_came(void **state)
{
    struct script *script = *state;
    PST_CLEANUP(pst_buf) struct pst_buf assignment = pst_buf(65536);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    int64_t poll_s = 0;
    answer(script, "/v1/checkin", 200, "application/json",
           "{\"poll_seconds\":300,\"new\":1,\"assignment\":{\"signed\":{\"b\":1,\"a\":2},"
           "\"signatures\":[]}}");
    assert_int_equal(checkin(script, &assignment, &poll_s, NULL), PST_OK);
    assert_int_equal(poll_s, 300);
    assert_true(
        pst_text_is(pst_buf_text(&assignment), "{\"signatures\":[],\"signed\":{\"a\":2,\"b\":1}}"));
    assert_int_equal(
        pst_json_parse(pst_buf_bytes(&script->sent[2].body), &pst_json_small, &json, NULL), PST_OK);
    assert_true(pst_text_is(pst_json_text(pst_json_member(json, "nonce")), "a-nonce"));
    assert_true(pst_text_is(
        pst_json_text(pst_json_member(pst_json_member(json, "facts"), "serial")), "SN-1"));
}

static void a_check_in_that_makes_no_sense_leaves_nothing(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"poll_seconds\":300}",
        "{\"assignment\":{}}",
        "{\"poll_seconds\":0,\"assignment\":{}}",
        "{\"poll_seconds\":604801,\"assignment\":{}}",
        "{\"poll_seconds\":\"300\",\"assignment\":{}}",
        "{\"poll_seconds\":300,\"assignment\":[]}",
        "{\"poll_seconds\":300,\"assignment\":null}",
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(bodies); i++) {
        void *mine = NULL;
        PST_CLEANUP(pst_buf) struct pst_buf assignment = pst_buf(65536);
        struct pst_report why = {0};
        int64_t poll_s = -1;
        begin(&mine);
        struct script *script = mine;
        answer(script, "/v1/checkin", 200, "application/json", bodies[i]);
        if (checkin(script, &assignment, &poll_s, &why) == PST_OK || assignment.len != 0 ||
            poll_s != -1 || pst_report_verdict(&why) == PST_OK)
            fail_msg("%s is taken", bodies[i]);
        end(&mine);
    }
}

/* ---- enrolling ------------------------------------------------------------------------------- */

static void enrolling_proves_the_key_and_says_how_it_stands(void **state)
{
    static const struct {
        const char *body;
        enum pst_code expect;
        bool accepted;
    } cases[] = {
        {"{\"terminal\":\"t-9\",\"state\":\"accepted\"}", PST_OK, true},
        {"{\"terminal\":\"t-9\",\"state\":\"pending\",\"more\":1}", PST_OK, false},
        {"{\"terminal\":\"../9\",\"state\":\"accepted\"}", PST_BAD_SYNTAX, false},
        {"{\"terminal\":\"t-9\",\"state\":\"perhaps\"}", PST_OUT_OF_BOUNDS, false},
        {"{\"state\":\"accepted\"}", PST_MISSING_FIELD, false},
    };
    struct pst_facts facts = {.serial = "SN-1", .product = "pos-a"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        void *mine = NULL;
        bool accepted = false;
        struct pst_report why = {0};
        begin(&mine);
        struct script *script = mine;
        answer(script, "/v1/enroll", 200, "application/json", cases[i].body);
        enum pst_code rc = pst_session_enrol(&script->session, &facts, "one-time", &accepted, &why);
        if ((rc == PST_OK) != (cases[i].expect == PST_OK) || accepted != cases[i].accepted)
            fail_msg("%s: %s%s", cases[i].body, pst_code_name(rc), agent_scene_explain(&why));
        assert_string_equal(script->session.terminal, rc == PST_OK ? "t-9" : "t-1");

        PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
        PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
        struct pst_enrol enrol;
        assert_int_equal(pst_envelope_parse(pst_buf_bytes(&script->sent[0].body), &pst_json_small,
                                            &envelope, NULL),
                         PST_OK);
        assert_int_equal(pst_enrol_parse(envelope->body, &enrol, NULL), PST_OK);
        assert_string_equal(enrol.serial, "SN-1");
        assert_string_equal(enrol.code, "one-time");
        assert_int_equal(pst_public_key_load(pst_text(enrol.keytype), pst_text(enrol.scheme),
                                             pst_text(enrol.public_part), &key, NULL),
                         PST_OK);
        assert_int_equal(pst_verify_by_key(envelope, key, NULL), PST_OK);
        end(&mine);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_token_serves_a_session_and_its_challenge_is_signed),
        TEST(a_document_is_not_signed_as_a_challenge),
        TEST(a_token_that_is_none_is_refused),
        TEST(the_services_findings_become_ours),
        TEST(a_refusal_without_findings_goes_by_its_status),
        TEST(a_check_in_brings_the_assignment_as_it_came),
        TEST(a_check_in_that_makes_no_sense_leaves_nothing),
        TEST(enrolling_proves_the_key_and_says_how_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
