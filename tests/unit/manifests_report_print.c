/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "manifests/report_print.h"
#include "tests/support/check.h"

static struct pst_report two_findings(void)
{
    struct pst_report why = {0};
    pst_note(&why, PST_NET_STALLED, pst_say("1 kB/s"), pst_say("nothing for 30 s"));
    PST_WITHIN(&why, "release");
    (void)pst_refuse(&why, PST_OS_TOO_OLD, pst_say(">=5.2.0"), pst_say("5.0.0"));
    return why;
}

static const char *at_of(const struct pst_buf *text, const char *part)
{
    return strstr((const char *)text->at, part);
}

static void print(const struct pst_report *why, enum pst_language language, bool remedies,
                  struct pst_buf *out)
{
    assert_true(pst_report_print(why, language, remedies, out));
    assert_true(pst_buf_add(out, "", 1));
}

static void a_finding_is_told_with_code_place_values_and_remedies(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    struct pst_report why = two_findings();
    PST_CLEANUP(pst_words_book) struct pst_words_book book = {0};
    (void)state;

    assert_true(pst_words_open(PST_LANGUAGE_EN, &book));
    struct pst_words words = pst_words_of(&book, PST_OS_TOO_OLD);
    print(&why, PST_LANGUAGE_EN, true, &text);
    assert_non_null(at_of(&text, "[compat.os-too-old] at release\n"));
    assert_non_null(at_of(&text, words.title));
    assert_non_null(at_of(&text, "    expected: >=5.2.0\n    found: 5.0.0\n"));
    assert_non_null(at_of(&text, words.remedy[PST_AUDIENCE_OPERATOR]));
}

static void what_decides_comes_before_what_is_noted(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    struct pst_report why = two_findings();
    (void)state;

    print(&why, PST_LANGUAGE_EN, false, &text);
    assert_non_null(at_of(&text, "note: "));
    assert_true(at_of(&text, "[compat.os-too-old]") < at_of(&text, "[network.stalled]"));
    assert_null(at_of(&text, "operator: "));
}

static void chinese_is_chinese(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    PST_CLEANUP(pst_words_book) struct pst_words_book book = {0};
    struct pst_report why = two_findings();
    (void)state;

    assert_true(pst_words_open(PST_LANGUAGE_ZH_CN, &book));
    why.omitted = 3;
    print(&why, PST_LANGUAGE_ZH_CN, true, &text);
    assert_non_null(at_of(&text, pst_words_of(&book, PST_OS_TOO_OLD).title));
    assert_non_null(at_of(&text, "应为: >=5.2.0"));
    assert_non_null(at_of(&text, "另有 3 条"));
}

static void an_empty_report_says_nothing(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    struct pst_report why = {0};
    (void)state;
    assert_true(pst_report_print(&why, PST_LANGUAGE_EN, true, &text));
    assert_int_equal(text.len, 0);
}

static void the_fullest_report_of_all_codes_has_room(void **state)
{
    (void)state;
    for (int language = PST_LANGUAGE_EN; language <= PST_LANGUAGE_ZH_CN; language++) {
        for (size_t from = 0; from < pst_code_count(); from += PST_REPORT_MOST) {
            PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
            struct pst_report why = {0};
            for (size_t i = from; i < from + PST_REPORT_MOST && i < pst_code_count(); i++)
                (void)pst_refuse(&why, pst_code_at(i), pst_say("%0150d", 1), pst_say("%0150d", 2));
            assert_true(pst_report_print(&why, (enum pst_language)language, true, &text));
        }
    }
}

static void without_room_nothing_is_added(void **state)
{
    struct pst_report why = two_findings();
    (void)state;
    for (size_t max = 0; max < 300; max += 7) {
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(max);
        assert_false(pst_report_print(&why, PST_LANGUAGE_EN, true, &text));
        assert_int_equal(text.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_is_told_with_code_place_values_and_remedies),
        cmocka_unit_test(what_decides_comes_before_what_is_noted),
        cmocka_unit_test(chinese_is_chinese),
        cmocka_unit_test(an_empty_report_says_nothing),
        cmocka_unit_test(the_fullest_report_of_all_codes_has_room),
        cmocka_unit_test(without_room_nothing_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
