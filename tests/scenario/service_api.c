/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service's interface from enrolment to status, called without sockets on a real store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "keys/verify.h"
#include "manifests/envelope.h"
#include "tests/support/check.h"
#include "tests/support/service_fixture.h"

static void expect(struct pst_service *service, int status, int wanted, const char *what)
{
    if (status != wanted)
        fail_msg("%s: %d instead of %d: %.*s", what, status, wanted,
                 PST_ARGS(pst_buf_text(&service->response.body)));
}

static void expect_code(const struct pst_service *service, const char *code)
{
    if (!pst_text_is(pst_service_text(service, "code"), code))
        fail_msg("%.*s instead of %s", PST_ARGS(pst_service_text(service, "code")), code);
}

static int start_code(void **state)
{
    *state = malloc(sizeof(struct pst_service));
    pst_service_start(*state, PST_ENROLMENT_CODE);
    return 0;
}

static int start_accept(void **state)
{
    *state = malloc(sizeof(struct pst_service));
    pst_service_start(*state, PST_ENROLMENT_ACCEPT);
    return 0;
}

static int stop(void **state)
{
    pst_service_stop(*state);
    free(*state);
    return 0;
}

/* Announces a serial; writes its one-time code. */
static void announce(struct pst_service *service, const char *serial, char code[64])
{
    char body[256];
    snprintf(body, sizeof body, "{\"serial\":\"%s\",\"product\":\"pos-a\"}", serial);
    expect(service,
           pst_service_call(service, PST_POST, "/api/v1/terminals",
                            service->token[PST_ACCESS_OPERATOR], body),
           201, "announce");
    snprintf(code, 64, "%.*s", PST_ARGS(pst_service_text(service, "code")));
}

static void bring_up(struct pst_service *service, struct pst_test_terminal *terminal,
                     const char *serial)
{
    char code[64];
    pst_test_terminal_init(terminal, "pos-a", serial);
    announce(service, serial, code);
    expect(service, pst_test_terminal_enroll(service, terminal, code), 201, "enroll");
    expect(service, pst_test_terminal_log_in(service, terminal), 200, "log in");
}

/* Makes and starts a rollout; writes its id. */
static void roll_out(struct pst_service *service, const char *version, char id[PST_ID_ROOM])
{
    char body[256], path[128];
    const char *token = service->token[PST_ACCESS_OPERATOR];

    pst_service_release(service, "pos-a", version);
    snprintf(body, sizeof body, "{\"product\":\"pos-a\",\"version\":\"%s\"}", version);
    expect(service, pst_service_call(service, PST_POST, "/api/v1/rollouts", token, body), 201,
           "a rollout");
    snprintf(id, PST_ID_ROOM, "%.*s", PST_ARGS(pst_service_text(service, "id")));
    snprintf(path, sizeof path, "/api/v1/rollouts/%s/start", id);
    expect(service, pst_service_call(service, PST_POST, path, token, NULL), 200, "its start");
}

static void a_terminal_goes_from_enrolment_to_status(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal terminal;
    char rollout[PST_ID_ROOM], path[128];

    bring_up(service, &terminal, "SN-1");
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 200, "check-in");
    assert_true(pst_service_member(service, "assignment.signed.order") == NULL);
    assert_true(pst_text_is(pst_service_text(service, "assignment.signed.nonce"), "nonce-1"));

    roll_out(service, "5.1.0", rollout);
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 200, "check-in");
    assert_true(pst_text_is(pst_service_text(service, "assignment.signed.order.version"), "5.1.0"));
    assert_int_equal(pst_json_integer(pst_service_member(service, "assignment.signed.sequence")),
                     2);

    struct pst_terminal_report report = {
        .sequence = 1, .at_s = PST_REPO_NOW, .progress = PST_PROGRESS_REFUSED, .product = "pos-a"};
    snprintf(report.terminal, sizeof report.terminal, "%s", terminal.id);
    snprintf(report.rollout, sizeof report.rollout, "%s", rollout);
    (void)pst_refuse(&report.findings, PST_OS_TOO_OLD, pst_say(">=5.0.5"), pst_say("5.0.0"));
    (void)pst_refuse(&report.findings, PST_SIGNATURE_THRESHOLD, pst_say("2"), pst_say("1"));
    expect(service, pst_test_terminal_report(service, &terminal, &report), 200, "report");
    assert_int_equal(pst_json_integer(pst_service_member(service, "accepted")), 1);
    expect(service, pst_test_terminal_report(service, &terminal, &report), 200, "the same again");

    snprintf(path, sizeof path, "/api/v1/rollouts/%s", rollout);
    expect(service,
           pst_service_call(service, PST_GET, path, service->token[PST_ACCESS_VIEWER], NULL), 200,
           "the rollout");
    assert_int_equal(pst_json_integer(pst_service_member(service, "counts.by_state.refused")), 1);
    assert_int_equal(pst_json_count(pst_service_member(service, "counts.by_finding")), 2);

    PST_CLEANUP(pst_words_book) struct pst_words_book book = {0};
    assert_true(pst_words_open(PST_LANGUAGE_ZH_CN, &book));
    snprintf(path, sizeof path, "/api/v1/terminals/%s", terminal.id);
    service->request.accept_language = pst_text("zh-CN,zh;q=0.9,en;q=0.5");
    expect(service,
           pst_service_call(service, PST_GET, path, service->token[PST_ACCESS_VIEWER], NULL), 200,
           "the terminal");
    assert_int_equal(pst_json_count(pst_service_member(service, "why")), 2);
    assert_true(pst_text_is(pst_service_text(service, "why.0.title"),
                            pst_words_of(&book, PST_OS_TOO_OLD).title));
    assert_true(pst_service_text(service, "why.0.remedies.operator").len > 0);
    pst_test_terminal_clear(&terminal);
}

static void every_assignment_is_signed_and_numbered(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal terminal;
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(8192);
    PST_CLEANUP(pst_json) struct pst_json *key_json = NULL;
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
    char keyid[65];

    bring_up(service, &terminal, "SN-1");
    assert_int_equal(pst_private_key_describe(service->assignments_key, INT64_MIN, INT64_MAX,
                                              &object, keyid, NULL),
                     PST_OK);
    assert_int_equal(pst_json_parse(pst_buf_bytes(&object), &pst_json_small, &key_json, NULL),
                     PST_OK);
    assert_int_equal(pst_public_key_load(pst_text("ed25519"), pst_text("ed25519"),
                                         pst_json_text(pst_json_member(
                                             pst_json_member(key_json, "keyval"), "public")),
                                         &key, NULL),
                     PST_OK);
    for (int64_t i = 1; i <= 5; i++) {
        PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_buf(65536);
        PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
        struct pst_assignment assignment;
        expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 200, "check-in");
        assert_int_equal(
            pst_json_canonical(pst_service_member(service, "assignment"), &canonical, NULL),
            PST_OK);
        assert_int_equal(
            pst_envelope_parse(pst_buf_bytes(&canonical), &pst_json_small, &envelope, NULL),
            PST_OK);
        assert_int_equal(pst_verify_by_key(envelope, key, NULL), PST_OK);
        assert_int_equal(pst_assignment_parse(envelope->body, &assignment, NULL), PST_OK);
        assert_int_equal(assignment.sequence, i);
        assert_string_equal(assignment.terminal, terminal.id);
        assert_int_equal(assignment.expires_s - assignment.issued_s, 86400);
    }
    pst_test_terminal_clear(&terminal);
}

static void what_is_installed_is_not_ordered_again(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal terminal;
    char older[PST_ID_ROOM], newer[PST_ID_ROOM];

    bring_up(service, &terminal, "SN-1");
    roll_out(service, "5.1.0", older);
    service->now_s += 10;
    roll_out(service, "5.2.0", newer);
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 200, "check-in");
    assert_true(pst_text_is(pst_service_text(service, "assignment.signed.order.rollout"), newer));
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.2.0"), 200, "check-in");
    assert_true(pst_service_member(service, "assignment.signed.order") == NULL);

    struct pst_terminal_report report = {
        .sequence = 1, .at_s = PST_REPO_NOW, .progress = PST_PROGRESS_TRIAL, .product = "pos-a"};
    snprintf(report.terminal, sizeof report.terminal, "%s", terminal.id);
    snprintf(report.rollout, sizeof report.rollout, "%s", newer);
    expect(service, pst_test_terminal_report(service, &terminal, &report), 200, "on trial");
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.2.0"), 200, "check-in");
    assert_true(pst_service_member(service, "assignment.signed.order") != NULL);

    report.sequence = 2;
    report.progress = PST_PROGRESS_REVERTED;
    expect(service, pst_test_terminal_report(service, &terminal, &report), 200, "reverted");
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 200, "check-in");
    assert_true(pst_service_member(service, "assignment.signed.order") == NULL);
    pst_test_terminal_clear(&terminal);
}

static void enrolment_by_code_takes_the_announced_serial_only(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal terminal, other;
    char code[64], again[64];

    pst_test_terminal_init(&terminal, "pos-a", "SN-1");
    pst_test_terminal_init(&other, "pos-a", "SN-1");
    expect(service, pst_test_terminal_enroll(service, &terminal, "guess"), 401, "not announced");
    announce(service, "SN-1", code);
    expect(service, pst_test_terminal_enroll(service, &terminal, "guess"), 401, "a wrong code");
    expect(service, pst_test_terminal_enroll(service, &terminal, ""), 401, "no code");
    announce(service, "SN-1", again);
    assert_string_not_equal(code, again);
    expect(service, pst_test_terminal_enroll(service, &terminal, code), 401, "the code before");
    expect(service, pst_test_terminal_enroll(service, &terminal, again), 201, "the code");
    assert_true(pst_text_is(pst_service_text(service, "state"), "accepted"));
    expect(service, pst_test_terminal_enroll(service, &terminal, ""), 200, "the same again");
    expect(service, pst_test_terminal_enroll(service, &other, again), 409, "with another key");
    expect_code(service, "service.conflict");
    snprintf(terminal.serial, sizeof terminal.serial, "SN-2");
    expect(service, pst_test_terminal_enroll(service, &terminal, ""), 409, "another serial");
    pst_test_terminal_clear(&terminal);
    pst_test_terminal_clear(&other);
}

static void a_terminal_waits_for_an_operator_where_the_policy_says_so(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal terminal;
    char path[128];
    const char *token = service->token[PST_ACCESS_OPERATOR];

    pst_test_terminal_init(&terminal, "pos-a", "SN-1");
    expect(service, pst_test_terminal_enroll(service, &terminal, ""), 201, "enroll");
    assert_true(pst_text_is(pst_service_text(service, "state"), "pending"));
    expect(service, pst_test_terminal_log_in(service, &terminal), 200, "log in");
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 403, "too early");
    expect_code(service, "service.not-accepted");
    expect(service,
           pst_service_call(service, PST_GET, "/api/v1/terminals?state=pending", token, NULL), 200,
           "those that wait");
    assert_int_equal(pst_json_count(pst_service_member(service, "terminals")), 1);
    snprintf(path, sizeof path, "/api/v1/terminals/%s/accept", terminal.id);
    expect(service, pst_service_call(service, PST_POST, path, token, NULL), 200, "accept");
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 200, "check-in");
    snprintf(path, sizeof path, "/api/v1/terminals/%s/block", terminal.id);
    expect(service, pst_service_call(service, PST_POST, path, token, NULL), 200, "block");
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 403, "blocked");
    expect(service, pst_test_terminal_log_in(service, &terminal), 403, "blocked");
    expect(service, pst_test_terminal_enroll(service, &terminal, ""), 403, "blocked");
    pst_test_terminal_clear(&terminal);
}

static void one_terminal_never_speaks_for_another(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal a, b;
    struct pst_terminal_report report = {
        .sequence = 1, .at_s = PST_REPO_NOW, .progress = PST_PROGRESS_IDLE, .product = "pos-a"};

    bring_up(service, &a, "SN-A");
    bring_up(service, &b, "SN-B");
    /* B's report with A's token; A's id in a report that B signs; A's facts with B's token. */
    snprintf(report.terminal, sizeof report.terminal, "%s", b.id);
    struct pst_test_terminal mixed = b;
    memcpy(mixed.token, a.token, sizeof mixed.token);
    expect(service, pst_test_terminal_report(service, &mixed, &report), 400, "a stranger's key");
    expect_code(service, "signature.invalid");
    snprintf(report.terminal, sizeof report.terminal, "%s", a.id);
    expect(service, pst_test_terminal_report(service, &b, &report), 403, "a stranger's id");
    memcpy(mixed.serial, a.serial, sizeof mixed.serial);
    memcpy(mixed.token, b.token, sizeof mixed.token);
    expect(service, pst_test_terminal_check_in(service, &mixed, "5.0.0"), 409,
           "a stranger's serial");
    /* A challenge of A, signed by B. */
    snprintf(mixed.id, sizeof mixed.id, "%s", a.id);
    expect(service, pst_test_terminal_log_in(service, &mixed), 401, "a stranger's challenge");
    pst_test_terminal_clear(&a);
    pst_test_terminal_clear(&b);
}

static void an_unknown_terminal_is_answered_like_a_known_one(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal terminal, nobody;
    char first[4096];

    bring_up(service, &terminal, "SN-1");
    pst_test_terminal_init(&nobody, "pos-a", "SN-9");
    snprintf(nobody.id, sizeof nobody.id, "t-000000000000000000000000");
    expect(service, pst_test_terminal_log_in(service, &nobody), 401, "nobody");
    snprintf(first, sizeof first, "%.*s", PST_ARGS(pst_buf_text(&service->response.body)));
    snprintf(nobody.id, sizeof nobody.id, "%s", terminal.id);
    expect(service, pst_test_terminal_log_in(service, &nobody), 401, "somebody, another key");
    assert_int_equal(service->response.body.len, strlen(first));
    assert_memory_equal(first, service->response.body.at, service->response.body.len);
    pst_test_terminal_clear(&terminal);
    pst_test_terminal_clear(&nobody);
}

static void tokens_and_challenges_end(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal terminal;

    bring_up(service, &terminal, "SN-1");
    service->now_s += 3599;
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 200, "in time");
    service->now_s += 1;
    expect(service, pst_test_terminal_check_in(service, &terminal, "5.0.0"), 401, "too late");
    expect_code(service, "service.unauthorized");
    assert_string_equal(pst_service_header(service, "WWW-Authenticate"), "Bearer");
    pst_test_terminal_clear(&terminal);
}

/* ---- generated from the route table */

/* The pattern with something in place of {id} and *. */
static void path_of(const char *pattern, char *out, size_t room)
{
    size_t len = 0;
    for (const char *at = pattern; *at != '\0' && len + 4 < room; at++) {
        if (*at == '{' || *at == '*') {
            out[len++] = 'x';
            at += *at == '{' ? 3 : 0;
        } else {
            out[len++] = *at;
        }
    }
    out[len] = '\0';
}

static int wanted_level(const char *access)
{
    static const char *const names[] = {"none", "terminal", "viewer", "operator", "admin"};
    for (int i = 0; i < (int)PST_COUNT(names); i++)
        if (strcmp(names[i], access) == 0)
            return i;
    fail_msg("no such access: %s", access);
    return 0;
}

static void every_route_refuses_whoever_may_not(void **state)
{
    struct pst_service *service = *state;
    struct pst_test_terminal terminal;
    size_t refused = 0;

    bring_up(service, &terminal, "SN-1");
    char altered[PST_OPERATOR_TOKEN_ROOM];
    snprintf(altered, sizeof altered, "%s", service->token[PST_ACCESS_ADMIN]);
    altered[strlen(altered) - 1] = altered[strlen(altered) - 1] == '0' ? '1' : '0';
    for (size_t i = 0; i < pst_api_route_count(); i++) {
        struct pst_api_route route = pst_api_route_at(i);
        int level = wanted_level(route.access);
        char path[256];
        path_of(route.pattern, path, sizeof path);
        if (level == PST_ACCESS_NONE)
            continue;
        const struct {
            const char *what, *token;
            int status;
        } cases[] = {
            {"no token", NULL, 401},
            {"no word", "", 401},
            {"a word", "token", 401},
            {"an altered one", altered, 401},
            {"an expired one", service->expired, 401},
            {"a stranger's",
             "pst_0000000000000000_"
             "0000000000000000000000000000000000000000000000000000000000000000",
             401},
            {"a terminal's, or an admin's for a terminal's route",
             level == PST_ACCESS_TERMINAL ? service->token[PST_ACCESS_ADMIN] : terminal.token, 401},
            {"a lower role", level > PST_ACCESS_VIEWER ? service->token[level - 1] : NULL,
             level > PST_ACCESS_VIEWER ? 403 : 401},
        };
        for (size_t j = 0; j < PST_COUNT(cases); j++) {
            int status = pst_service_call(service, route.method, path, cases[j].token, "{}");
            if (status != cases[j].status)
                fail_msg("%s %s with %s: %d, not %d", pst_method_name(route.method), path,
                         cases[j].what, status, cases[j].status);
            assert_string_equal(service->response.content_type, "application/problem+json");
            assert_true(pst_json_count(pst_service_member(service, "findings")) > 0);
            refused++;
        }
    }
    assert_true(refused >= 8 * 20);
    pst_test_terminal_clear(&terminal);
}

static void every_route_names_its_methods(void **state)
{
    struct pst_service *service = *state;

    for (size_t i = 0; i < pst_api_route_count(); i++) {
        struct pst_api_route route = pst_api_route_at(i);
        char path[256];
        path_of(route.pattern, path, sizeof path);
        expect(service, pst_service_call(service, PST_DELETE, path, NULL, NULL), 405, path);
        expect_code(service, "service.method");
        assert_non_null(
            strstr(pst_service_header(service, "Allow"), pst_method_name(route.method)));
    }
}

static void every_body_that_is_wrong_is_refused_with_reasons(void **state)
{
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "null",
        "7",
        "\"text\"",
        "{}",
        "{\"a\":1,\"a\":1}",
        "{\"x\":1.5}",
        "{\"serial\":\"../x\",\"product\":\"\"}",
        "{\"signed\":{},\"signatures\":[]}",
        "{\"terminal\":7}",
        "{\"terminal\":\"t-1\",\"admin\":true}",
        "{\"metadata\":[{\"name\":\"../root.json\",\"sha256\":\"00\"}]}",
        "{\"product\":\"pos-a\",\"version\":\"x\",\"percent\":101,\"filter\":{\"os\":\"<1 >2\"}}",
        "{\"nonce\":\"\",\"facts\":{}}",
        "\xff\xfe",
        "{\"a\":\"\\ud800\"}",
    };
    struct pst_service *service = *state;
    struct pst_test_terminal terminal;

    bring_up(service, &terminal, "SN-1");
    for (size_t i = 0; i < pst_api_route_count(); i++) {
        struct pst_api_route route = pst_api_route_at(i);
        bool steps = strstr(route.pattern, "{id}") != NULL;
        char path[256];
        if (route.method != PST_POST || steps)
            continue; /* those with an id take no body */
        path_of(route.pattern, path, sizeof path);
        const char *token = strcmp(route.access, "terminal") == 0
                                ? terminal.token
                                : service->token[PST_ACCESS_ADMIN];
        for (size_t j = 0; j < PST_COUNT(bodies); j++) {
            int status = pst_service_call(service, route.method, path, token, bodies[j]);
            bool fine = strcmp(path, "/v1/challenge") == 0 && status == 200;
            if (status != 400 && !fine)
                fail_msg("%s with %s: %d: %.*s", path, bodies[j], status,
                         PST_ARGS(pst_buf_text(&service->response.body)));
            assert_true(pst_json_count(pst_service_member(service, "findings")) > 0);
        }
    }
    pst_test_terminal_clear(&terminal);
}

static void a_rollout_goes_only_where_its_table_leads(void **state)
{
    struct pst_service *service = *state;
    const char *token = service->token[PST_ACCESS_OPERATOR];
    char id[PST_ID_ROOM], path[128];

    roll_out(service, "5.1.0", id);
    snprintf(path, sizeof path, "/api/v1/rollouts/%s/resume", id);
    expect(service, pst_service_call(service, PST_POST, path, token, NULL), 409, "it runs");
    expect_code(service, "rollout.wrong-state");
    snprintf(path, sizeof path, "/api/v1/rollouts/%s/pause", id);
    service->request.if_match = pst_text("\"1\"");
    expect(service, pst_service_call(service, PST_POST, path, token, NULL), 412, "an old look");
    service->request.if_match = pst_text("\"2\"");
    expect(service, pst_service_call(service, PST_POST, path, token, NULL), 200, "the right one");
    assert_string_equal(pst_service_header(service, "ETag"), "\"3\"");
    snprintf(path, sizeof path, "/api/v1/rollouts/%s/cancel", id);
    expect(service, pst_service_call(service, PST_POST, path, token, NULL), 200, "cancel");
    expect(service,
           pst_service_call(service, PST_POST, "/api/v1/rollouts/r-none/start", token, NULL), 404,
           "no such rollout");
}

static void the_same_request_twice_makes_one_rollout(void **state)
{
    static const char body[] = "{\"product\":\"pos-a\",\"version\":\"5.1.0\",\"percent\":10}";
    static const char other[] = "{\"product\":\"pos-a\",\"version\":\"5.1.0\",\"percent\":20}";
    struct pst_service *service = *state;
    const char *token = service->token[PST_ACCESS_OPERATOR];

    pst_service_release(service, "pos-a", "5.1.0");
    service->request.idempotency_key = pst_text("key-1");
    expect(service, pst_service_call(service, PST_POST, "/api/v1/rollouts", token, body), 201, "1");
    service->request.idempotency_key = pst_text("key-1");
    expect(service, pst_service_call(service, PST_POST, "/api/v1/rollouts", token, body), 200, "2");
    service->request.idempotency_key = pst_text("key-1");
    expect(service, pst_service_call(service, PST_POST, "/api/v1/rollouts", token, other), 409,
           "3");
    expect(service, pst_service_call(service, PST_GET, "/api/v1/rollouts", token, NULL), 200,
           "all");
    assert_int_equal(pst_json_count(pst_service_member(service, "rollouts")), 1);
}

static void listings_go_page_by_page(void **state)
{
    struct pst_service *service = *state;
    const char *token = service->token[PST_ACCESS_VIEWER];
    char path[256] = "/api/v1/terminals?limit=2", code[64];
    size_t seen = 0, pages = 0;

    for (int i = 0; i < 5; i++) {
        char serial[] = {'S', 'N', (char)('0' + i), '\0'};
        announce(service, serial, code);
    }
    for (; pages < 9; pages++) {
        expect(service, pst_service_call(service, PST_GET, path, token, NULL), 200, path);
        seen += pst_json_count(pst_service_member(service, "terminals"));
        struct pst_text next = pst_service_text(service, "next");
        if (next.len == 0)
            break;
        snprintf(path, sizeof path, "/api/v1/terminals?limit=2&cursor=%.*s", PST_ARGS(next));
    }
    assert_int_equal(seen, 5);
    static const char *const bad[] = {"limit=0",         "limit=1001", "limit=-1",
                                      "limit=1&limit=2", "page=1",     "state=x",
                                      "limit=1e9",       "cursor=%00", "limit=%zz"};
    for (size_t i = 0; i < PST_COUNT(bad); i++) {
        snprintf(path, sizeof path, "/api/v1/terminals?%s", bad[i]);
        expect(service, pst_service_call(service, PST_GET, path, token, NULL), 400, path);
    }
}

static void the_repository_is_served_with_conditions(void **state)
{
    struct pst_service *service = *state;
    char etag[128], whole[4096];

    expect(service, pst_service_call(service, PST_GET, "/repo/metadata/1.root.json", NULL, NULL),
           200, "the root");
    assert_true(service->response.fd >= 0);
    assert_int_equal(service->response.fd_bytes, service->repo->root.bytes.len);
    ssize_t got = pread(service->response.fd, whole, sizeof whole, 0);
    assert_int_equal(got, service->repo->root.bytes.len);
    assert_memory_equal(whole, service->repo->root.bytes.at, (size_t)got);
    snprintf(etag, sizeof etag, "%s", pst_service_header(service, "ETag"));
    assert_true(etag[0] == '"');

    service->request.if_none_match = pst_text(etag);
    expect(service, pst_service_call(service, PST_HEAD, "/repo/metadata/1.root.json", NULL, NULL),
           304, "not modified");
    service->request.range = pst_text("bytes=10-19");
    expect(service, pst_service_call(service, PST_GET, "/repo/metadata/1.root.json", NULL, NULL),
           206, "a part");
    assert_int_equal(service->response.fd_at, 10);
    assert_int_equal(service->response.fd_bytes, 10);
    service->request.range = pst_text("bytes=10-19");
    service->request.if_range = pst_text("\"other\"");
    expect(service, pst_service_call(service, PST_GET, "/repo/metadata/1.root.json", NULL, NULL),
           200, "another version: all of it");
    service->request.range = pst_text("bytes=9999999-");
    expect(service, pst_service_call(service, PST_GET, "/repo/metadata/1.root.json", NULL, NULL),
           416, "beyond the end");
    assert_non_null(strstr(pst_service_header(service, "Content-Range"), "bytes */"));

    static const char *const missing[] = {"/repo/metadata/9.root.json",
                                          "/repo/metadata/x",
                                          "/repo/uploads",
                                          "/repo/metadata/",
                                          "/repo/targets/pos-a/1.0.0/00.os.img",
                                          "/repo/x/y"};
    for (size_t i = 0; i < PST_COUNT(missing); i++)
        expect(service, pst_service_call(service, PST_GET, missing[i], NULL, NULL), 404,
               missing[i]);
}

static void uploads_are_kept_under_their_own_digest_only(void **state)
{
    static const char content[] = "an image";
    struct pst_service *service = *state;
    const char *token = service->token[PST_ACCESS_OPERATOR];
    uint8_t digest[PST_SHA256_BYTES];
    char hex[65], path[128];

    assert_int_equal(pst_sha256(pst_bytes(content, 8), digest, NULL), PST_OK);
    pst_hex_print(pst_bytes(digest, sizeof digest), hex);
    for (int round = 0; round < 3; round++) {
        int fd = pst_api_upload_fd(service->api, NULL);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, content, 8), 8);
        service->request.upload_fd = fd;
        service->request.upload_bytes = 8;
        memcpy(service->request.upload_sha256, digest, sizeof digest);
        snprintf(path, sizeof path, "/api/v1/blobs/%s", hex);
        if (round == 2)
            path[strlen(path) - 1] = path[strlen(path) - 1] == 'a' ? 'b' : 'a';
        expect(service, pst_service_call(service, PST_PUT, path, token, NULL),
               round == 0   ? 201
               : round == 1 ? 200
                            : 400,
               path);
        close(fd);
    }
    expect_code(service, "image.corrupt");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start_code, stop)
    const struct CMUnitTest tests[] = {
        CASE(a_terminal_goes_from_enrolment_to_status),
        CASE(every_assignment_is_signed_and_numbered),
        CASE(what_is_installed_is_not_ordered_again),
        CASE(enrolment_by_code_takes_the_announced_serial_only),
        cmocka_unit_test_setup_teardown(a_terminal_waits_for_an_operator_where_the_policy_says_so,
                                        start_accept, stop),
        CASE(one_terminal_never_speaks_for_another),
        CASE(an_unknown_terminal_is_answered_like_a_known_one),
        CASE(tokens_and_challenges_end),
        CASE(every_route_refuses_whoever_may_not),
        CASE(every_route_names_its_methods),
        CASE(every_body_that_is_wrong_is_refused_with_reasons),
        CASE(a_rollout_goes_only_where_its_table_leads),
        CASE(the_same_request_twice_makes_one_rollout),
        CASE(listings_go_page_by_page),
        CASE(the_repository_is_served_with_conditions),
        CASE(uploads_are_kept_under_their_own_digest_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
