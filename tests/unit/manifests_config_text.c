/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/config_text.h"
#include "tests/support/check.h"

static void integers_become_64_bit_and_nothing_else_changes(void **state)
{
    static const struct {
        const char *text, *prepared;
    } cases[] = {
        {"", ""},
        {"a = 5;", "a = 5L;"},
        {"a=-5 b=+5", "a=-5L b=+5L"},
        {"a = 99999999999L;", "a = 99999999999L;"},
        {"a = 999999999999999999", "a = 999999999999999999L"},
        {"a = [1,2 ,0];", "a = [1L,2L ,0L];"},
        {"a1 = x-2; *3 = 4;", "a1 = x-2; *3 = 4L;"},
        {"a = \"5 \\\" 6\" 7", "a = \"5 \\\" 6\" 7L"},
        {"# 5\n5 // 6\n/* 7\n */8", "# 5\n5L // 6\n/* 7\n */8L"},
        {"# \xe4\xb8\xad", "# \xe4\xb8\xad"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(256);
        struct pst_report why = {0};
        assert_int_equal(pst_config_text_prepare(pst_text(cases[i].text), "c", &out, &why), PST_OK);
        assert_string_equal((const char *)out.at, cases[i].prepared);
        assert_int_equal(out.len, strlen(cases[i].prepared) + 1);
    }
}

static void what_libconfig_would_misread_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        {"\na = 1000000000000000000;", "c:2"},
        {"a = 007;", "c:1"},
        {"a = 0x10;", "c:1"},
        {"a = 1.5;", "c:1"},
        {"a = 1e3;", "c:1"},
        {"a = .5;", "c:1"},
        {"a = --5;", "c:1"},
        {"a = 5LL;", "c:1"},
        {"a = 5x;", "c:1"},
        {"a = L;\nb = -;", "c:2"},
        {"a = 1;\n\n@include \"secret\"\n", "c:3"},
        {"a = \"\n\\x00\";", "c:2"},
        {"a = \"never", "c:1"},
        {"a = \"never\\", "c:1"},
        {"a = \"never\\\"", "c:1"},
        {"\n/* never", "c:2"},
        {"\n# \xff", "c:2"},
        {"a = \"\xc3\";", "c:1"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(256);
        struct pst_report why = {0};
        if (pst_config_text_prepare(pst_text(cases[i].text), "c", &out, &why) != PST_CONFIG_SYNTAX)
            fail_msg("%s was taken", cases[i].text);
        if (strcmp(why.finding[0].where, cases[i].where) != 0)
            fail_msg("%s: at %s", cases[i].text, why.finding[0].where);
    }
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(256);
    struct pst_report why = {0};
    assert_int_equal(pst_config_text_prepare((struct pst_text){"a\0b", 3}, "c", &out, &why),
                     PST_CONFIG_SYNTAX);
}

static void all_faults_are_told(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(256);
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_config_text_prepare(pst_text("a=01;\nb=1.5;\n@include \"x\"\nc=\"\\x00\""),
                                             "c", &out, &why),
                     PST_CONFIG_SYNTAX);
    assert_int_equal(why.count, 4);
    assert_string_equal(why.finding[3].where, "c:4");
}

static void a_ceiling_is_no_memory(void **state)
{
    (void)state;
    for (size_t max = 0; max < 8; max++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(max);
        struct pst_report why = {0};
        assert_int_equal(pst_config_text_prepare(pst_text("a = 5;"), "c", &out, &why),
                         PST_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_become_64_bit_and_nothing_else_changes),
        cmocka_unit_test(what_libconfig_would_misread_is_refused_with_its_line),
        cmocka_unit_test(all_faults_are_told),
        cmocka_unit_test(a_ceiling_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
