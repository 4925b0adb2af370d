/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/instant.h"
#include "tests/support/check.h"

static void known_instants_are_read_and_printed(void **state)
{
    static const struct {
        const char *text;
        int64_t at_s;
    } cases[] = {
        /* made with date -u -d ... +%s */
        {"1970-01-01T00:00:00Z", 0},
        {"1970-12-31T23:59:59Z", 31535999},
        {"1972-02-29T00:00:00Z", 68169600},
        {"2000-02-29T12:34:56Z", 951827696},
        {"2000-03-01T00:00:00Z", 951868800},
        {"2026-11-05T07:08:09Z", 1793862489},
        {"2038-01-19T03:14:08Z", INT64_C(2147483648)},
        {"2100-02-28T23:59:59Z", INT64_C(4107542399)},
        {"2100-03-01T00:00:00Z", INT64_C(4107542400)},
        {"9999-12-31T23:59:59Z", PST_INSTANT_MAX},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        int64_t at_s = -1;
        char out[PST_INSTANT_ROOM];
        assert_true(pst_instant_parse(pst_text(cases[i].text), &at_s));
        if (at_s != cases[i].at_s)
            fail_msg("%s is not %lld", cases[i].text, (long long)at_s);
        assert_string_equal(pst_instant_print(at_s, out), cases[i].text);
    }
}

static void every_day_of_eight_thousand_years_comes_back(void **state)
{
    int64_t next = 0;
    (void)state;
    for (int64_t day = 0; day <= PST_INSTANT_MAX / 86400; day++) {
        char out[PST_INSTANT_ROOM];
        int64_t at_s = day * 86400 + day % 86400;
        assert_true(pst_instant_parse(pst_text(pst_instant_print(at_s, out)), &next));
        if (next != at_s)
            fail_msg("%s is another second", out);
    }
}

static void anything_else_is_no_instant(void **state)
{
    static const char *const texts[] = {
        "",
        "2026-11-05",
        "2026-11-05T07:08:09",
        "2026-11-05T07:08:09z",
        "2026-11-05t07:08:09Z",
        "2026-11-05 07:08:09Z",
        "2026-11-05T07:08:09.0Z",
        "2026-11-05T07:08:09+00:00",
        "2026-11-05T07:08:09ZZ",
        " 2026-11-05T07:08:09Z",
        "2026-11-05T07:08:60Z",
        "2026-11-05T07:60:09Z",
        "2026-11-05T24:00:00Z",
        "2026-00-05T07:08:09Z",
        "2026-13-05T07:08:09Z",
        "2026-11-00T07:08:09Z",
        "2026-11-31T07:08:09Z",
        "2026-02-29T07:08:09Z",
        "2100-02-29T07:08:09Z",
        "2000-02-30T07:08:09Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "+026-11-05T07:08:09Z",
        "-026-11-05T07:08:09Z",
        "2026-1 -05T07:08:09Z",
        "2026-11-05T07:08:0\xb2",
        "12026-11-05T07:08:9Z",
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        int64_t at_s = 42;
        if (pst_instant_parse(pst_text(texts[i]), &at_s))
            fail_msg("%s was taken", texts[i]);
        assert_int_equal(at_s, 42);
    }
    int64_t at_s = 42;
    assert_false(pst_instant_parse((struct pst_text){NULL, 0}, &at_s));
}

static void what_is_out_of_reach_is_printed_as_the_nearest_end(void **state)
{
    char out[PST_INSTANT_ROOM];
    (void)state;
    assert_string_equal(pst_instant_print(-1, out), "1970-01-01T00:00:00Z");
    assert_string_equal(pst_instant_print(INT64_MIN, out), "1970-01-01T00:00:00Z");
    assert_string_equal(pst_instant_print(PST_INSTANT_MAX + 1, out), "9999-12-31T23:59:59Z");
    assert_string_equal(pst_instant_print(INT64_MAX, out), "9999-12-31T23:59:59Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants_are_read_and_printed),
        cmocka_unit_test(every_day_of_eight_thousand_years_comes_back),
        cmocka_unit_test(anything_else_is_no_instant),
        cmocka_unit_test(what_is_out_of_reach_is_printed_as_the_nearest_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
