/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json_out.h"
#include "tests/support/check.h"

static enum pst_code parse(struct pst_text text, struct pst_report *out, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    if (pst_json_parse(pst_bytes_of(text), &pst_json_small, &json, why) != PST_OK)
        fail_msg("%.*s: %s", PST_ARGS(text), why->finding[0].found);
    return pst_findings_parse(json, out, why);
}

static void findings_survive_the_way_over_the_wire(void **state)
{
    struct pst_report sent = {0};
    (void)state;
    for (size_t i = 1; i < pst_code_count() && i <= PST_REPORT_MOST; i++) {
        PST_WITHIN(&sent, "release/%zu", i);
        sent.unverified = i % 3 == 0;
        if (i % 2 == 0)
            pst_note(&sent, pst_code_at(i), pst_say("'\xe4\xb8\xad'"), pst_say("\"%zu\\", i));
        else
            (void)pst_refuse(&sent, pst_code_at(i), pst_say("%zu", i), pst_say("%s", ""));
    }
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(64 * 1024);
    struct pst_json_out out = pst_json_out(&buf);
    pst_out_findings(&out, NULL, &sent);
    assert_true(pst_json_out_is_whole(&out));

    struct pst_report received = {0};
    struct pst_report why = {0};
    assert_int_equal(parse(pst_buf_text(&buf), &received, &why), PST_OK);
    assert_int_equal(why.count, 0);
    assert_int_equal(received.count, sent.count);
    assert_memory_equal(received.finding, sent.finding, sizeof sent.finding);
    assert_int_equal(received.omitted, 0);
}

static void a_finding_is_written_with_all_that_follows_from_its_code(void **state)
{
    struct pst_report why = {0};
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(1024);
    struct pst_json_out out = pst_json_out(&buf);
    (void)state;
    PST_WITHIN(&why, "os");
    (void)pst_refuse(&why, PST_OS_TOO_OLD, pst_say(">=5.2.0"), pst_say("5.1.9"));
    pst_out_findings(&out, NULL, &why);
    assert_true(pst_text_is(pst_buf_text(&buf),
                            "[{\"code\":\"compat.os-too-old\",\"number\":200,\"kind\":\"refusal\","
                            "\"audience\":\"operator\",\"severity\":\"error\",\"where\":\"os\","
                            "\"expected\":\">=5.2.0\",\"found\":\"5.1.9\",\"noted\":false,"
                            "\"unverified\":false}]"));
}

static void a_newer_agent_is_understood_as_far_as_possible(void **state)
{
    struct pst_report out = {0};
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse(pst_text("[{\"code\":\"quantum.decohered\",\"where\":\"x\"},"
                                    "{\"code\":\"slot.io-error\",\"kind\":7,\"tomorrow\":[]},"
                                    "{\"code\":\"ok\"}]"),
                           &out, &why),
                     PST_OK);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.finding[0].code, PST_SLOT_IO);
    assert_string_equal(out.finding[0].where, "");
    assert_int_equal(out.omitted, 2);
    assert_int_equal(why.count, 0);
}

static void values_are_cut_and_made_printable(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(64 * 1024);
    struct pst_report out = {0};
    struct pst_report why = {0};
    (void)state;
    assert_true(pst_buf_add_text(&buf, "[{\"code\":\"slot.io-error\",\"found\":\"\\u001b[2J"));
    for (int i = 0; i < 10000; i++)
        assert_true(pst_buf_add_text(&buf, "\xe4\xb8\xad"));
    assert_true(pst_buf_add_text(&buf, "\",\"where\":\"a\\nb\\u202e\"}]"));
    assert_int_equal(parse(pst_buf_text(&buf), &out, &why), PST_OK);
    assert_string_equal(out.finding[0].where, "a?b?");
    assert_true(pst_text_starts(pst_text(out.finding[0].found), "?[2J\xe4\xb8\xad"));
}

static void more_findings_than_there_is_room_for_are_counted(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(64 * 1024);
    struct pst_report out = {0};
    struct pst_report why = {0};
    (void)state;
    for (int i = 0; i < PST_REPORT_MOST + 5; i++)
        assert_true(pst_buf_print(&buf, "%c{\"code\":\"slot.io-error\",\"where\":\"%d\"}",
                                  i > 0 ? ',' : '[', i));
    assert_true(pst_buf_add_text(&buf, "]"));
    assert_int_equal(parse(pst_buf_text(&buf), &out, &why), PST_OK);
    assert_int_equal(out.count, PST_REPORT_MOST);
    assert_int_equal(out.omitted, 5);
}

static void what_is_no_list_of_findings_is_refused_with_all_faults(void **state)
{
    static const struct {
        const char *text;
        enum pst_code code;
        size_t findings;
    } cases[] = {
        {"{}", PST_WRONG_TYPE, 1},
        {"null", PST_WRONG_TYPE, 1},
        {"[1]", PST_WRONG_TYPE, 1},
        {"[{}]", PST_MISSING_FIELD, 1},
        {"[{\"code\":5}]", PST_WRONG_TYPE, 1},
        {"[{\"code\":\"\"}]", PST_OUT_OF_BOUNDS, 1},
        {"[{\"code\":\"slot.io-error\",\"where\":[],\"noted\":\"yes\"},{\"code\":1}]",
         PST_WRONG_TYPE, 3},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report out = {.omitted = 77};
        struct pst_report why = {0};
        enum pst_code got = parse(pst_text(cases[i].text), &out, &why);
        if (got != cases[i].code || why.count != cases[i].findings)
            fail_msg("%s gave %s with %zu findings", cases[i].text, pst_code_name(got), why.count);
        assert_int_equal(out.omitted, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_survive_the_way_over_the_wire),
        cmocka_unit_test(a_finding_is_written_with_all_that_follows_from_its_code),
        cmocka_unit_test(a_newer_agent_is_understood_as_far_as_possible),
        cmocka_unit_test(values_are_cut_and_made_printable),
        cmocka_unit_test(more_findings_than_there_is_room_for_are_counted),
        cmocka_unit_test(what_is_no_list_of_findings_is_refused_with_all_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
