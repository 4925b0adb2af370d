/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "manifests/version.h"
#include "tests/support/check.h"

static struct pst_version version(const char *text)
{
    struct pst_version out = {0};
    assert_int_equal(pst_version_parse(pst_text(text), &out, NULL), PST_OK);
    return out;
}

static struct pst_version_range range(const char *text)
{
    struct pst_version_range out = {0};
    struct pst_report why = {0};
    if (pst_version_range_parse(pst_text(text), &out, &why) != PST_OK)
        fail_msg("%s: %s, not %s", text, why.finding[0].found, why.finding[0].expected);
    return out;
}

static void each_version_has_its_place(void **state)
{
    static const struct {
        const char *range, *version;
        enum pst_version_place place;
    } cases[] = {
        {"*", "0.0.0-0", PST_VERSION_INSIDE},
        {">=1.2.0 <2.0.0", "1.2.0", PST_VERSION_INSIDE},
        {">=1.2.0 <2.0.0", "1.10.0", PST_VERSION_INSIDE},
        {">=1.2.0 <2.0.0", "1.2.0-rc.1", PST_VERSION_BELOW},
        {">=1.2.0 <2.0.0", "1.1.9.99", PST_VERSION_BELOW},
        {">=1.2.0 <2.0.0", "2.0.0-rc.1", PST_VERSION_INSIDE}, /* by order alone; see version.h */
        {">=1.2.0 <2.0.0-0", "2.0.0-rc.1", PST_VERSION_ABOVE},
        {">=1.2.0 <2.0.0", "2.0.0", PST_VERSION_ABOVE},
        {">1.2.0 <=2.0.0", "1.2.0", PST_VERSION_BELOW},
        {">1.2.0 <=2.0.0", "1.2.0+build", PST_VERSION_BELOW},
        {">1.2.0 <=2.0.0", "1.2.0.1", PST_VERSION_INSIDE},
        {">1.2.0 <=2.0.0", "2.0.0", PST_VERSION_INSIDE},
        {">1.2.0 <=2.0.0", "2.0.0.1", PST_VERSION_ABOVE},
        {">=3.0", "9.0", PST_VERSION_INSIDE},
        {">=3.0", "2.9", PST_VERSION_BELOW},
        {"<3.0", "0.1", PST_VERSION_INSIDE},
        {"<3.0", "3.0", PST_VERSION_ABOVE},
        {"=5.2.0", "5.2", PST_VERSION_INSIDE},
        {"5.2.0", "5.2.1", PST_VERSION_ABOVE},
        {"5.2.0", "5.1", PST_VERSION_BELOW},
        {">=1.2.0 <2.0.0 || >=3.1.0 <3.2.0", "2.5.0", PST_VERSION_BETWEEN},
        {">=3.1.0 <3.2.0 || >=1.2.0 <2.0.0", "3.1.5", PST_VERSION_INSIDE},
        {">=3.1.0 <3.2.0 || >=1.2.0 <2.0.0", "1.0.0", PST_VERSION_BELOW},
        {">=3.1.0 <3.2.0 || >=1.2.0 <2.0.0", "3.2.0", PST_VERSION_ABOVE},
        {"<1.0||>2.0", "1.0", PST_VERSION_BETWEEN},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_version_range r = range(cases[i].range);
        struct pst_version v = version(cases[i].version);
        enum pst_version_place got = pst_version_range_place(&r, &v);
        if (got != cases[i].place)
            fail_msg("%s in '%s': place %d", cases[i].version, cases[i].range, (int)got);
        assert_true(pst_version_range_holds(&r, &v) == (got == PST_VERSION_INSIDE));
    }
}

static void each_fault_has_its_code(void **state)
{
    static const struct {
        const char *text;
        enum pst_code code;
    } cases[] = {
        {"", PST_BAD_SYNTAX},
        {"   ", PST_BAD_SYNTAX},
        {"||", PST_BAD_SYNTAX},
        {">=1.0 ||", PST_BAD_SYNTAX},
        {"|| >=1.0", PST_BAD_SYNTAX},
        {">=1.0 | <2.0", PST_BAD_SYNTAX},
        {">=1.0 |||| <2.0", PST_BAD_SYNTAX},
        {">= 1.0", PST_BAD_SYNTAX},
        {">=", PST_BAD_SYNTAX},
        {"=>1.0", PST_BAD_SYNTAX},
        {"==1.0", PST_BAD_SYNTAX},
        {"!=1.0", PST_BAD_SYNTAX},
        {"^1.0", PST_BAD_SYNTAX},
        {"~1.0", PST_BAD_SYNTAX},
        {"1.x", PST_BAD_SYNTAX},
        {"1.0 - 2.0", PST_BAD_SYNTAX},
        {"* >=1.0", PST_BAD_SYNTAX},
        {">=1.0,<2.0", PST_BAD_SYNTAX},
        {">=1.0\t<2.0", PST_BAD_SYNTAX},
        {">=1.0 >=2.0", PST_BAD_SYNTAX},
        {"<1.0 <2.0", PST_BAD_SYNTAX},
        {"=1.0 <2.0", PST_BAD_SYNTAX},
        {"1.0 2.0", PST_BAD_SYNTAX},
        {">=01.0", PST_BAD_SYNTAX},
        {"1.0||2.0||3.0||4.0||5.0||6.0||7.0||8.0||9.0", PST_BAD_SYNTAX},
        {">=2.0 <1.0", PST_EMPTY_RANGE},
        {">=2.0 <2.0", PST_EMPTY_RANGE},
        {">2.0 <=2.0.0", PST_EMPTY_RANGE},
        {">2.0 <2.0", PST_EMPTY_RANGE},
        {">=2.0 <2.0-rc.1", PST_EMPTY_RANGE},
        {"<0.0.0-0", PST_EMPTY_RANGE},
        {">1.0-a <1.0-a.0", PST_EMPTY_RANGE},
        {">1.0.0.4 <1.0.0.5-0", PST_EMPTY_RANGE},
        {"1.0 || >=3.0 <2.0", PST_EMPTY_RANGE},
        {">=1.0 <3.0 || >=2.0 <4.0", PST_INCONSISTENT},
        {">=2.0 <4.0 || >=1.0 <3.0", PST_INCONSISTENT},
        {">=1.0 <=2.0 || >=2.0", PST_INCONSISTENT},
        {"1.0 || 1.0.0+b", PST_INCONSISTENT},
        {"* || 1.0", PST_INCONSISTENT},
        {"* || *", PST_INCONSISTENT},
        {"<2.0 || <1.0", PST_INCONSISTENT},
        {">2.0 || >=1.0", PST_INCONSISTENT},
        {">=1.0 <9.0 || =3.0", PST_INCONSISTENT},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_version_range out = {.count = 77};
        struct pst_report why = {0};
        enum pst_code got = pst_version_range_parse(pst_text(cases[i].text), &out, &why);
        if (got != cases[i].code)
            fail_msg("'%s' gave %s, not %s", cases[i].text, pst_code_name(got),
                     pst_code_name(cases[i].code));
        assert_true(why.count > 0);
        assert_int_equal(out.count, 77);
    }
}

static void every_bad_alternative_is_told(void **state)
{
    struct pst_version_range out;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_version_range_parse(pst_text("1.x || 2.0 || >3.0 <2.0"), &out, &why),
                     PST_BAD_SYNTAX);
    assert_int_equal(why.count, 2);
    assert_int_equal(why.finding[1].code, PST_EMPTY_RANGE);
}

static void a_long_text_is_quoted_in_part(void **state)
{
    struct pst_version_range out;
    struct pst_report why = {0};
    char text[300];
    (void)state;
    snprintf(text, sizeof text, ">2.0%250s<1.0", "");
    assert_int_equal(pst_version_range_parse(pst_text(text), &out, &why), PST_EMPTY_RANGE);
    assert_int_equal(strlen(why.finding[0].found), 130);
}

static void the_normal_form_is_read_as_the_same_range(void **state)
{
    static const struct {
        const char *text, *normal;
    } cases[] = {
        {"*", "*"},
        {" * ", "*"},
        {"5.2.0", "=5.2.0"},
        {">=5.2.0 <=5.2.0", "=5.2.0"},
        {"<=5.2+b >=5.2+a", "=5.2+a"},
        {"  <2.0.0   >=1.2.0 ", ">=1.2.0 <2.0.0"},
        {">=3.1.0 <3.2.0||>=1.2.0 <2.0.0", ">=1.2.0 <2.0.0 || >=3.1.0 <3.2.0"},
        {">2.0.0 || <2.0.0", "<2.0.0 || >2.0.0"},
        {">=2.0.0 || <2.0.0", "<2.0.0 || >=2.0.0"},
        {">2.0.0 || <=2.0.0", "<=2.0.0 || >2.0.0"},
        {">1.0-a <=1.0-a.0", ">1.0-a <=1.0-a.0"},
        {"8.0||7.0||6.0||5.0||4.0||3.0||2.0||1.0",
         "=1.0 || =2.0 || =3.0 || =4.0 || =5.0 || =6.0 || =7.0 || =8.0"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_version_range first = range(cases[i].text);
        char text[1200];
        assert_string_equal(pst_version_range_print(&first, text, sizeof text), cases[i].normal);
        struct pst_version_range second = range(text);
        assert_int_equal(first.count, second.count);
        for (size_t span = 0; span < first.count; span++) {
            const struct pst_version_span *a = &first.span[span];
            const struct pst_version_span *b = &second.span[span];
            assert_true(a->has_low == b->has_low && a->has_high == b->has_high);
            assert_true(a->low_open == b->low_open && a->high_open == b->high_open);
            assert_memory_equal(&a->low, &b->low, sizeof a->low);
            assert_memory_equal(&a->high, &b->high, sizeof a->high);
        }
    }
}

static void printing_is_cut_and_terminated(void **state)
{
    struct pst_version_range r = range(">=1.2.0 <2.0.0");
    struct pst_version_range none = {0};
    struct pst_version v = version("1.2.0");
    char text[16] = "untouched";
    (void)state;
    pst_version_range_print(&r, text, 0);
    assert_string_equal(text, "untouched");
    assert_string_equal(pst_version_range_print(&r, text, 1), "");
    assert_string_equal(pst_version_range_print(&r, text, 8), ">=1.2.0");
    assert_string_equal(pst_version_range_print(&r, text, 15), ">=1.2.0 <2.0.0");
    assert_string_equal(pst_version_range_print(&none, text, sizeof text), "");
    assert_false(pst_version_range_holds(&none, &v));
}

static void hostile_lengths_are_refused_without_harm(void **state)
{
    static const char fills[] = "19.-+a\xff\n >=<|*";
    static char text[100000];
    (void)state;
    for (size_t fill = 0; fill < sizeof fills; fill++) {
        struct pst_version_range out;
        struct pst_report why = {0};
        memset(text, fills[fill], sizeof text);
        assert_int_equal(pst_version_range_parse((struct pst_text){text, sizeof text}, &out, &why),
                         PST_BAD_SYNTAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_version_has_its_place),
        cmocka_unit_test(each_fault_has_its_code),
        cmocka_unit_test(every_bad_alternative_is_told),
        cmocka_unit_test(a_long_text_is_quoted_in_part),
        cmocka_unit_test(the_normal_form_is_read_as_the_same_range),
        cmocka_unit_test(printing_is_cut_and_terminated),
        cmocka_unit_test(hostile_lengths_are_refused_without_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
