/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/json_scan.h"
#include "tests/support/check.h"

/* In a block of exactly its size, so that a byte read beyond the end is seen by ASan. */
static enum pst_code scan_exact(struct pst_text text, const struct pst_json_limits *limits,
                                struct pst_report *why)
{
    uint8_t *copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(copy);
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    enum pst_code rc = pst_json_scan(pst_bytes(copy, text.len), limits, why);
    free(copy);
    return rc;
}

struct scan_case {
    const char *text;
    enum pst_code code;
    const char *where; /* NULL: not compared */
};

static void check_cases(const struct scan_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct pst_report why = {0};
        enum pst_code got = scan_exact(pst_text(cases[i].text), &pst_json_small, &why);
        if (got != cases[i].code)
            fail_msg("%s gave %s, not %s", cases[i].text, pst_code_name(got),
                     pst_code_name(cases[i].code));
        assert_true((why.count == 0) == (got == PST_OK)); /* a refusal is always explained */
        if (cases[i].where != NULL && strcmp(why.finding[0].where, cases[i].where) != 0)
            fail_msg("%s: at %s, not %s", cases[i].text, why.finding[0].where, cases[i].where);
        assert_string_equal(why.place, "");
    }
}

static void what_has_one_meaning_passes(void **state)
{
    static const struct scan_case cases[] = {
        {"{}", PST_OK, NULL},
        {" \t\r\n[ ] \n", PST_OK, NULL},
        {"null", PST_OK, NULL},
        {"true", PST_OK, NULL},
        {"\"\"", PST_OK, NULL},
        {"0", PST_OK, NULL},
        {"-1", PST_OK, NULL},
        {"9007199254740991", PST_OK, NULL},
        {"-9007199254740991", PST_OK, NULL},
        {"[1,[2,{\"a\":[{}]}],\"x\",false,null]", PST_OK, NULL},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"", PST_OK, NULL},
        {"\"\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\x7f\"", PST_OK, NULL},
        {"{\"a\":1,\"A\":1,\"\":1,\"aa\":1,\"\\n\":1}", PST_OK, NULL},
        {"[{\"a\":1},{\"a\":1},{\"b\":{\"a\":1},\"a\":{\"b\":1}}]", PST_OK, NULL},
    };
    (void)state;
    check_cases(cases, PST_COUNT(cases));
}

static void what_is_no_json_is_told_with_line_and_column(void **state)
{
    static const struct scan_case cases[] = {
        {"", PST_BAD_SYNTAX, "line 1, column 1"},
        {" \n ", PST_BAD_SYNTAX, "line 2, column 2"},
        {"{", PST_BAD_SYNTAX, "line 1, column 2"},
        {"[", PST_BAD_SYNTAX, NULL},
        {"[1", PST_BAD_SYNTAX, NULL},
        {"[1,", PST_BAD_SYNTAX, NULL},
        {"[1,]", PST_BAD_SYNTAX, "line 1, column 4"},
        {"[,1]", PST_BAD_SYNTAX, NULL},
        {"[1 2]", PST_BAD_SYNTAX, NULL},
        {"{\"1\":1,", PST_BAD_SYNTAX, "line 1, column 8"},
        {"{\"1\":1,}", PST_BAD_SYNTAX, NULL},
        {"{\"1\":", PST_BAD_SYNTAX, NULL},
        {"{\"1\"", PST_BAD_SYNTAX, NULL},
        {"{\"1\"}", PST_BAD_SYNTAX, NULL},
        {"{\"1\":}", PST_BAD_SYNTAX, NULL},
        {"{\"1", PST_BAD_SYNTAX, NULL},
        {"{1:1}", PST_BAD_SYNTAX, NULL},
        {"{a:1}", PST_BAD_SYNTAX, NULL},
        {"{'a':1}", PST_BAD_SYNTAX, NULL},
        {"{\"a\":1]", PST_BAD_SYNTAX, NULL},
        {"[1}", PST_BAD_SYNTAX, NULL},
        {"]", PST_BAD_SYNTAX, NULL},
        {"{}{}", PST_BAD_SYNTAX, "line 1, column 3"},
        {"1 1", PST_BAD_SYNTAX, NULL},
        {"{} x", PST_BAD_SYNTAX, NULL},
        {"{}//", PST_BAD_SYNTAX, NULL},
        {"[1]/* */", PST_BAD_SYNTAX, NULL},
        {"tru", PST_BAD_SYNTAX, NULL},
        {"truefalse", PST_BAD_SYNTAX, NULL},
        {"nul", PST_BAD_SYNTAX, NULL},
        {"True", PST_BAD_SYNTAX, NULL},
        {"NaN", PST_BAD_SYNTAX, NULL},
        {"Infinity", PST_BAD_SYNTAX, NULL},
        {"undefined", PST_BAD_SYNTAX, NULL},
        {"\"", PST_BAD_SYNTAX, NULL},
        {"\"a", PST_BAD_SYNTAX, NULL},
        {"\"\\", PST_BAD_SYNTAX, NULL},
        {"\"\\\"", PST_BAD_SYNTAX, NULL},
        {"\"\\u", PST_BAD_SYNTAX, NULL},
        {"\"\\u12", PST_BAD_SYNTAX, NULL},
        {"\"\\u12g4\"", PST_BAD_SYNTAX, NULL},
        {"\"\\x41\"", PST_BAD_SYNTAX, NULL},
        {"\"\\U0041\"", PST_BAD_SYNTAX, NULL},
        {"\"\\'\"", PST_BAD_SYNTAX, NULL},
        {"\"a\tb\"", PST_BAD_SYNTAX, "line 1, column 3"},
        {"[\"\xc3\xa9\",\n  \"a\nb\"]", PST_BAD_SYNTAX, "line 2, column 5"},
        {"[\"\xc3\xa9\xc3\xa9\", x]", PST_BAD_SYNTAX, "line 1, column 8"},
        {"\v1", PST_BAD_SYNTAX, NULL},
        {"\xc2\xa0"
         "1",
         PST_BAD_SYNTAX, NULL},
    };
    (void)state;
    check_cases(cases, PST_COUNT(cases));
}

static void text_that_other_readers_read_otherwise_is_refused(void **state)
{
    static const struct scan_case cases[] = {
        {"\xef\xbb\xbf{}", PST_BAD_ENCODING, "line 1, column 1"},
        {"\"\\u0000\"", PST_BAD_ENCODING, "line 1, column 2"},
        {"{\"a\\u0000b\":1}", PST_BAD_ENCODING, NULL},
        {"\"\\ud800\"", PST_BAD_ENCODING, NULL},
        {"\"\\udc00\"", PST_BAD_ENCODING, NULL},
        {"\"\\ud800\\ud800\"", PST_BAD_ENCODING, NULL},
        {"\"\\ud800x\"", PST_BAD_ENCODING, NULL},
        {"\"\\ud800\\n\"", PST_BAD_ENCODING, NULL},
        {"\"\\ude00\\ud83d\"", PST_BAD_ENCODING, NULL},
        {"\"\\ud800", PST_BAD_ENCODING, NULL},
        {"\"\xff\"", PST_BAD_ENCODING, NULL},
        {"\"\x80\"", PST_BAD_ENCODING, NULL},
        {"\"\xc0\xaf\"", PST_BAD_ENCODING, NULL},
        {"\"\xe0\x80\xaf\"", PST_BAD_ENCODING, NULL},
        {"\"\xed\xa0\x80\"", PST_BAD_ENCODING, NULL},
        {"\"\xf4\x90\x80\x80\"", PST_BAD_ENCODING, NULL},
        {"\"\xe4\xb8\"", PST_BAD_ENCODING, NULL},
        {"\"\xe4\xb8", PST_BAD_ENCODING, NULL},
        {"{\"\xc3\":1}", PST_BAD_ENCODING, NULL},
    };
    struct pst_report why = {0};
    (void)state;
    check_cases(cases, PST_COUNT(cases));
    assert_int_equal(scan_exact((struct pst_text){"\"a\0b\"", 5}, &pst_json_small, &why),
                     PST_BAD_SYNTAX);
    assert_int_equal(scan_exact((struct pst_text){"1\0", 2}, &pst_json_small, &why),
                     PST_BAD_SYNTAX);
}

static void numbers_are_integers_in_their_one_spelling(void **state)
{
    static const char *const refused[] = {
        "-0",
        "-",
        "--1",
        "+1",
        "007",
        "00",
        "-01",
        "1.0",
        "1.",
        ".5",
        "0.1",
        "1e3",
        "1E3",
        "1e+3",
        "1e400",
        "-1e-1",
        "0x10",
        "1-1",
        "9007199254740992",
        "9007199254740993",
        "-9007199254740992",
        "18446744073709551616",
        "1,5",
        "11111111111111111111111111111111111111111111111111111111111111111",
        "00000000000000000000000000000000000000000000000000000000000000001"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(refused); i++) {
        struct pst_report why = {0};
        if (scan_exact(pst_text(refused[i]), &pst_json_small, &why) != PST_BAD_SYNTAX)
            fail_msg("%s was let through", refused[i]);
    }
}

static void a_name_given_twice_is_found_however_it_is_written(void **state)
{
    static const struct scan_case cases[] = {
        {"{\"a\":1,\"a\":2}", PST_DUPLICATE_FIELD, "line 1, column 9"},
        {"{\"a\":1,\"\\u0061\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"\\u0061\":1,\"a\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"/\":1,\"\\/\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"\\u002F\":1,\"\\/\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"\\n\":1,\"\\u000a\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"\\b\\f\\r\\t\\\"\\\\\":1,\"\\u0008\\u000c\\u000d\\u0009\\u0022\\u005c\":2}",
         PST_DUPLICATE_FIELD, NULL},
        {"{\"\xc3\xa9\":1,\"\\u00e9\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"\":1,\"\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"a\":{\"b\":1,\"c\":[{}],\"b\":2}}", PST_DUPLICATE_FIELD, NULL},
        {"{\"a\":{\"a\":1},\"b\":{\"a\":1},\"a\":2}", PST_DUPLICATE_FIELD, NULL},
        {"{\"a\":1,\"b\":2,\"ab\":3,\"a\\u0062\":4}", PST_DUPLICATE_FIELD, NULL},
    };
    (void)state;
    check_cases(cases, PST_COUNT(cases));
}

static void names_that_differ_are_not_taken_for_one(void **state)
{
    static const struct scan_case cases[] = {
        {"{\"a\":1,\"\\u0041\":2}", PST_OK, NULL},
        {"{\"u0061\":1,\"a\":2,\"\\\\u0061\":3}", PST_OK, NULL},
        {"{\"\xee\x80\x80\":1,\"\\ud83d\\ude00\":2,\"\\ue001\":3}", PST_OK, NULL},
        {"{\"a\":1,\"a\\u0001\":2,\"a\\u0002\":3,\"ab\":4}", PST_OK, NULL},
    };
    (void)state;
    check_cases(cases, PST_COUNT(cases));
}

static void all_repeated_names_and_bad_numbers_are_told_in_one_run(void **state)
{
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(scan_exact(pst_text("{\"a\":01,\"a\":1.5,\n\"b\":{\"c\":1,\"c\":2}}"),
                                &pst_json_small, &why),
                     PST_BAD_SYNTAX);
    assert_int_equal(why.count, 4);
    assert_true(pst_report_has(&why, PST_DUPLICATE_FIELD));
    assert_string_equal(why.finding[2].where, "line 2, column 13");
}

static void the_limits_are_equalities(void **state)
{
    static const struct {
        const char *text;
        struct pst_json_limits limits;
        enum pst_code code;
    } cases[] = {
        {"[1,2]", {5, 3, 1}, PST_OK},
        {"[1,2]", {4, 3, 1}, PST_TOO_LARGE},
        {"[1,2]", {5, 2, 1}, PST_TOO_LARGE},
        {"[1,2]", {5, 3, 0}, PST_TOO_LARGE},
        {"7", {1, 1, 0}, PST_OK},
        {"7", {1, 0, 0}, PST_TOO_LARGE},
        {"[[],{}]", {99, 3, 2}, PST_OK},
        {"[[],{}]", {99, 3, 1}, PST_TOO_LARGE},
        {"{\"a\":1,\"b\":[true,null]}", {99, 5, 2}, PST_OK},
        {"{\"a\":1,\"b\":[true,null]}", {99, 4, 2}, PST_TOO_LARGE},
        {"{\"a\":1,\"b\":[true,null]}", {99, 1, 2}, PST_TOO_LARGE},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        enum pst_code got = scan_exact(pst_text(cases[i].text), &cases[i].limits, &why);
        if (got != cases[i].code)
            fail_msg("case %zu, %s, gave %s", i, cases[i].text, pst_code_name(got));
    }
}

static void nesting_costs_no_stack(void **state)
{
    static const struct pst_json_limits deep = {4 << 20, 4 << 20, 1 << 30};
    static const char *const units[] = {"[", "{\"a\":"};
    (void)state;
    for (size_t unit = 0; unit < PST_COUNT(units); unit++) {
        for (size_t depth = 10; depth <= 100000; depth *= 10) {
            PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(4 << 20);
            struct pst_report why = {0};
            for (size_t i = 0; i < depth; i++)
                assert_true(pst_buf_add_text(&text, units[unit]));
            assert_int_equal(scan_exact(pst_buf_text(&text), &deep, &why),
                             depth < PST_JSON_DEPTH_MOST ? PST_BAD_SYNTAX : PST_TOO_LARGE);
        }
    }
}

/*
 * 400000 names, all with one long beginning, all twice: a quadratic search would not end in time.
 */
static void many_names_are_compared_in_time(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(32 << 20);
    static const struct pst_json_limits limits = {32 << 20, 500000, 4};
    struct pst_report why = {0};
    (void)state;
    assert_true(pst_buf_add_text(&text, "{"));
    for (unsigned i = 0; i < 400000; i++)
        assert_true(pst_buf_print(&text, "%s\"hostile%u\":0", i > 0 ? "," : "", i % 200000));
    assert_true(pst_buf_add_text(&text, "}"));
    assert_int_equal(scan_exact(pst_buf_text(&text), &limits, &why), PST_DUPLICATE_FIELD);
    assert_in_range(why.count, 2, PST_REPORT_MOST);
}

static void a_long_text_or_blank_is_no_trouble(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(12 << 20);
    static const struct pst_json_limits limits = {12 << 20, 10, 4};
    struct pst_report why = {0};
    (void)state;
    assert_true(pst_buf_reserve(&text, 10 << 20));
    text.len = 10 << 20;
    memset(text.at, ' ', text.len);
    assert_int_equal(scan_exact(pst_buf_text(&text), &limits, &why), PST_BAD_SYNTAX);
    memset(text.at, 'x', text.len);
    text.at[0] = '"';
    text.at[text.len - 1] = '"';
    assert_int_equal(scan_exact(pst_buf_text(&text), &limits, &why), PST_OK);
    assert_int_equal(scan_exact(pst_buf_text(&text), &pst_json_large, &why), PST_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_one_meaning_passes),
        cmocka_unit_test(what_is_no_json_is_told_with_line_and_column),
        cmocka_unit_test(text_that_other_readers_read_otherwise_is_refused),
        cmocka_unit_test(numbers_are_integers_in_their_one_spelling),
        cmocka_unit_test(a_name_given_twice_is_found_however_it_is_written),
        cmocka_unit_test(names_that_differ_are_not_taken_for_one),
        cmocka_unit_test(all_repeated_names_and_bad_numbers_are_told_in_one_run),
        cmocka_unit_test(the_limits_are_equalities),
        cmocka_unit_test(nesting_costs_no_stack),
        cmocka_unit_test(many_names_are_compared_in_time),
        cmocka_unit_test(a_long_text_or_blank_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
