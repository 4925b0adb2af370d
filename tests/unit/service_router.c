/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a request to its handler: paths, queries, methods, languages, statuses.
 */
#include <stdio.h>
#include <stdlib.h>

#include "service/api/call.h"
#include "service/api/url.h"
#include "tests/support/check.h"
#include "tests/support/service_fixture.h"

struct path_case {
    const char *raw, *decoded; /* NULL: refused */
};

static void paths_are_decoded_once_and_never_climb(void **state)
{
    static const struct path_case cases[] = {
        {"/", "/"},
        {"/livez", "/livez"},
        {"/a/b/", "/a/b/"},
        {"//a", "//a"},
        {"/a%20b", "/a b"},
        {"/%E4%B8%AD", "/\xe4\xb8\xad"},
        {"/a+b", "/a+b"},
        {"/%252e%252e", "/%2e%2e"},
        {"/...", "/..."},
        {"", NULL},
        {"a", NULL},
        {"/..", NULL},
        {"/a/../b", NULL},
        {"/%2e%2E/b", NULL},
        {"/.%2e/b", NULL},
        {"/./b", NULL},
        {"/a%2fb", NULL},
        {"/a%5cb", NULL},
        {"/a\\b", NULL},
        {"/a%00b", NULL},
        {"/a%0ab", NULL},
        {"/a%7fb", NULL},
        {"/a%", NULL},
        {"/a%4", NULL},
        {"/a%zz", NULL},
        {"/%ff", NULL},
        {"/%c0%ae%c0%ae", NULL},
        {"/%ed%a0%80", NULL},
        {"/%e2%80%ae", NULL},
        {"/a\nb", NULL},
        {"/\xff", NULL},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        char path[256] = "";
        enum pst_code code = pst_url_path(pst_text(cases[i].raw), path, sizeof path, &why);
        bool right = cases[i].decoded == NULL
                         ? code == PST_SERVICE_BAD_REQUEST && why.count == 1
                         : code == PST_OK && strcmp(path, cases[i].decoded) == 0;
        if (!right)
            fail_msg("'%s': %s, '%s'", cases[i].raw, pst_code_name(code), path);
    }
}

static void a_path_without_room_is_refused(void **state)
{
    struct pst_report why = {0};
    char path[16];
    (void)state;
    assert_int_equal(pst_url_path(pst_text("/123456789012345"), path, sizeof path, &why),
                     PST_SERVICE_BAD_REQUEST);
    assert_int_equal(pst_url_path(pst_text("/12345678901234"), path, sizeof path, &why), PST_OK);
    assert_int_equal(pst_url_path(pst_text("/1234567890123/"), path, sizeof path, &why), PST_OK);
    assert_int_equal(pst_url_path(pst_text("/12345678901234/"), path, sizeof path, &why),
                     PST_SERVICE_BAD_REQUEST);
}

static void all_faults_of_a_query_are_told(void **state)
{
    char name[8] = "as-is";
    int64_t limit = 7;
    const struct pst_url_parameter parameters[] = {
        {.name = "name", .text = name, .room = sizeof name},
        {.name = "limit", .number = &limit, .least = 1, .most = 10},
    };
    struct pst_report why = {0};
    (void)state;

    assert_int_equal(pst_url_query(pst_text("limit=10&name=%61b&"), parameters, 2, &why), PST_OK);
    assert_string_equal(name, "ab");
    assert_int_equal(limit, 10);
    assert_int_equal(
        pst_url_query(pst_text("limit=11&x=1&name=12345678&name=b&%00=1"), parameters, 2, &why),
        PST_SERVICE_BAD_REQUEST);
    assert_int_equal(why.count, 5);
    assert_int_equal(limit, 10);
}

static void each_language_asked_for_is_heard(void **state)
{
    static const struct {
        const char *header;
        enum pst_language language;
    } cases[] = {
        {"", PST_LANGUAGE_EN},
        {"zh-CN", PST_LANGUAGE_ZH_CN},
        {"zh-CN,zh;q=0.9,en;q=0.8", PST_LANGUAGE_ZH_CN},
        {"en;q=0.8, zh-CN;q=0.9", PST_LANGUAGE_ZH_CN},
        {"en, zh", PST_LANGUAGE_EN},
        {"fr, zh;q=0.1", PST_LANGUAGE_ZH_CN},
        {"fr", PST_LANGUAGE_EN},
        {"zh;q=0", PST_LANGUAGE_EN},
        {"zh;q=x", PST_LANGUAGE_EN},
        {"zh;q=1.000", PST_LANGUAGE_ZH_CN},
        {"zh;q=2", PST_LANGUAGE_EN},
        {"zh;q=0.0001", PST_LANGUAGE_EN},
        {",,;;q=,zh-CN", PST_LANGUAGE_ZH_CN},
        {"*", PST_LANGUAGE_EN},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        if (pst_language_asked(pst_text(cases[i].header)) != cases[i].language)
            fail_msg("'%s'", cases[i].header);
}

static void every_code_has_a_status_of_its_kind(void **state)
{
    static const struct {
        enum pst_code code;
        int status;
    } cases[] = {
        {PST_SERVICE_UNAUTHORIZED, 401}, {PST_SERVICE_FORBIDDEN, 403},
        {PST_SERVICE_NOT_ACCEPTED, 403}, {PST_SERVICE_NOT_FOUND, 404},
        {PST_SERVICE_METHOD, 405},       {PST_SERVICE_CONFLICT, 409},
        {PST_ROLLOUT_STATE, 409},        {PST_TOO_LARGE, 413},
        {PST_IMAGE_CORRUPT, 400},        {PST_MISSING_FIELD, 400},
        {PST_SERVICE_OVERLOADED, 503},   {PST_SERVICE_STORE, 503},
        {PST_HOST_DISK_FULL, 507},       {PST_HOST_IO, 500},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        assert_int_equal(pst_status_of(cases[i].code), cases[i].status);
    for (size_t i = 0; i < pst_code_count(); i++) {
        int status = pst_status_of(pst_code_at(i));
        assert_in_range(status, 400, 599);
    }
}

/* ---- through the router */

static int start(void **state)
{
    *state = malloc(sizeof(struct pst_service));
    pst_service_start(*state, PST_ENROLMENT_CODE);
    return 0;
}

static int stop(void **state)
{
    pst_service_stop(*state);
    free(*state);
    return 0;
}

static void what_is_no_path_is_404_and_what_cannot_be_one_400(void **state)
{
    static const struct {
        const char *path;
        int status;
    } cases[] = {
        {"/", 404},
        {"/api", 404},
        {"/livez/", 404},
        {"//livez", 404},
        {"/Livez", 404},
        {"/repo", 404},
        {"/repo/", 404},
        {"/api/v1/terminals/", 404},
        {"/api/v1/terminals/a/b", 404},
        {"/api/v1/terminals//accept", 404},
        {"/api/v2/whoami", 404},
        {"/<script>alert(1)</script>", 404},
        {"/repo/../secret", 400},
        {"/repo/%2e%2e/secret", 400},
        {"/repo/metadata%2f1.root.json", 400},
        {"/repo/%00", 400},
        {"/livez%0d%0aX: y", 400},
        {"/livez", 200},
        {"/livez?x", 200},
    };
    struct pst_service *service = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        int status = pst_service_call(service, PST_GET, cases[i].path, NULL, NULL);
        if (status != cases[i].status)
            fail_msg("%s: %d", cases[i].path, status);
    }
}

static void head_is_answered_where_get_is(void **state)
{
    struct pst_service *service = *state;
    assert_int_equal(pst_service_call(service, PST_HEAD, "/livez", NULL, NULL), 200);
    assert_int_equal(pst_service_call(service, PST_HEAD, "/v1/enroll", NULL, NULL), 405);
    assert_int_equal(pst_service_call(service, PST_METHOD_OTHER, "/livez", NULL, NULL), 405);
    assert_string_equal(pst_service_header(service, "Allow"), "GET, HEAD");
    assert_int_equal(pst_service_call(service, PST_METHOD_OTHER, "/api/v1/rollouts", NULL, NULL),
                     405);
    assert_non_null(strstr(pst_service_header(service, "Allow"), "POST"));
    assert_non_null(strstr(pst_service_header(service, "Allow"), "GET, HEAD"));
}

static void a_problem_names_its_request_in_the_language_asked_for(void **state)
{
    struct pst_service *service = *state;
    PST_CLEANUP(pst_words_book) struct pst_words_book book = {0};
    assert_true(pst_words_open(PST_LANGUAGE_ZH_CN, &book));
    service->request.accept_language = pst_text("zh-CN");
    assert_int_equal(pst_service_call(service, PST_GET, "/nowhere", NULL, NULL), 404);
    assert_string_equal(service->response.content_type, "application/problem+json");
    assert_true(
        pst_text_is(pst_service_text(service, "type"), "urn:postern:finding:service.not-found"));
    assert_true(pst_text_is(pst_service_text(service, "request_id"), "req-1"));
    assert_true(pst_text_is(pst_service_text(service, "title"),
                            pst_words_of(&book, PST_SERVICE_NOT_FOUND).title));
    assert_int_equal(pst_json_integer(pst_service_member(service, "status")), 404);
    struct pst_report findings;
    assert_int_equal(pst_findings_parse(pst_service_member(service, "findings"), &findings, NULL),
                     PST_OK);
    assert_true(pst_report_has(&findings, PST_SERVICE_NOT_FOUND));
}

static void a_body_beyond_the_routes_ceiling_is_413(void **state)
{
    struct pst_service *service = *state;
    char body[5000];
    memset(body, ' ', sizeof body);
    body[sizeof body - 1] = '\0';
    assert_int_equal(pst_service_call(service, PST_POST, "/v1/challenge", NULL, body), 413);
    assert_int_equal(pst_service_call(service, PST_GET, "/livez", NULL, "x"), 413);
}

static void another_content_type_is_415(void **state)
{
    struct pst_service *service = *state;
    service->request.content_type = pst_text("text/plain");
    assert_int_equal(
        pst_service_call(service, PST_POST, "/v1/challenge", NULL, "{\"terminal\":\"t-1\"}"), 415);
    service->request.content_type = pst_text("Application/JSON; charset=utf-8");
    assert_int_equal(
        pst_service_call(service, PST_POST, "/v1/challenge", NULL, "{\"terminal\":\"t-1\"}"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_decoded_once_and_never_climb),
        cmocka_unit_test(a_path_without_room_is_refused),
        cmocka_unit_test(all_faults_of_a_query_are_told),
        cmocka_unit_test(each_language_asked_for_is_heard),
        cmocka_unit_test(every_code_has_a_status_of_its_kind),
        cmocka_unit_test_setup_teardown(what_is_no_path_is_404_and_what_cannot_be_one_400, start,
                                        stop),
        cmocka_unit_test_setup_teardown(head_is_answered_where_get_is, start, stop),
        cmocka_unit_test_setup_teardown(a_problem_names_its_request_in_the_language_asked_for,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_body_beyond_the_routes_ceiling_is_413, start, stop),
        cmocka_unit_test_setup_teardown(another_content_type_is_415, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
