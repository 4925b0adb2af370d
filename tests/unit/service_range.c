/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "service/api/range.h"
#include "tests/support/check.h"

struct range_case {
    const char *range;
    uint64_t size;
    enum pst_range_verdict verdict;
    uint64_t from, len;
};

static void each_range_gets_its_part(void **state)
{
    /* clang-format off */
    static const struct range_case cases[] = {
        {"", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=0-0", 100, PST_RANGE_PART, 0, 1},
        {"bytes=0-99", 100, PST_RANGE_PART, 0, 100},
        {"bytes=0-100", 100, PST_RANGE_PART, 0, 100},
        {"bytes=99-", 100, PST_RANGE_PART, 99, 1},
        {"bytes=100-", 100, PST_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=100-200", 100, PST_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-1", 100, PST_RANGE_PART, 99, 1},
        {"bytes=-100", 100, PST_RANGE_PART, 0, 100},
        {"bytes=-101", 100, PST_RANGE_PART, 0, 100},
        {"bytes=-0", 100, PST_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-5", 0, PST_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=0-", 0, PST_RANGE_UNSATISFIABLE, 0, 0},
        {"BYTES=1-2", 100, PST_RANGE_PART, 1, 2},
        {"bytes= 1-2 ", 100, PST_RANGE_PART, 1, 2},
        {"bytes=007-008", 100, PST_RANGE_PART, 7, 2},
        {"bytes=5-4", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=0-1,3-4", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=0-1,", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=-", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=--1", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=+1-2", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=1 -2", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=0x1-2", 100, PST_RANGE_WHOLE, 0, 0},
        {"items=0-1", 100, PST_RANGE_WHOLE, 0, 0},
        {"bytes=0-18446744073709551615", 100, PST_RANGE_PART, 0, 100},
        {"bytes=0-99999999999999999999999", 100, PST_RANGE_PART, 0, 100},
        {"bytes=99999999999999999999999-", 100, PST_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-99999999999999999999999", 100, PST_RANGE_PART, 0, 100},
        {"bytes=18446744073709551615-", UINT64_MAX, PST_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=0-", UINT64_MAX, PST_RANGE_PART, 0, UINT64_MAX},
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        uint64_t from = 7777, len = 7777;
        enum pst_range_verdict got =
            pst_range_of(pst_text(cases[i].range), cases[i].size, &from, &len);
        bool part = cases[i].verdict == PST_RANGE_PART;
        if (got != cases[i].verdict || from != (part ? cases[i].from : 7777) ||
            len != (part ? cases[i].len : 7777))
            fail_msg("'%s': %d, %llu+%llu", cases[i].range, (int)got, (unsigned long long)from,
                     (unsigned long long)len);
    }
}

static void every_part_lies_inside_the_file(void **state)
{
    char range[64];
    (void)state;
    for (uint64_t size = 0; size < 6; size++) {
        for (unsigned first = 0; first < 8; first++) {
            for (unsigned last = 0; last < 8; last++) {
                uint64_t from = 0, len = 0;
                (void)snprintf(range, sizeof range, "bytes=%u-%u", first, last);
                if (pst_range_of(pst_text(range), size, &from, &len) != PST_RANGE_PART)
                    continue;
                assert_true(len > 0 && from + len <= size && from == first);
            }
        }
    }
}

static void entity_tags_are_compared_as_told(void **state)
{
    static const struct {
        const char *list;
        bool weak, strong;
    } cases[] = {
        {"\"a\"", true, true},
        {"\"b\", \"a\"", true, true},
        {"\"b\",\"a\"", true, true},
        {"W/\"a\"", true, false},
        {"W/\"b\" , W/\"a\"", true, false},
        {"*", true, true},
        {" * ", true, true},
        {"", false, false},
        {"\"b\"", false, false},
        {"a", false, false},
        {"\"a", false, false},
        {"\"a\"x, \"b\"", true, true},
        {"\"b\"x, \"a\"", false, false},
        {"w/\"a\"", false, false},
        {"\"A\"", false, false},
        {"*, \"a\"", false, false},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_text list = pst_text(cases[i].list), etag = pst_text("\"a\"");
        if (pst_etag_list_holds(list, etag, true) != cases[i].weak ||
            pst_etag_list_holds(list, etag, false) != cases[i].strong)
            fail_msg("%s", cases[i].list);
    }
}

static void a_range_counts_for_the_same_version_only(void **state)
{
    (void)state;
    assert_true(pst_if_range_holds(pst_text(""), pst_text("\"a\"")));
    assert_true(pst_if_range_holds(pst_text("\"a\""), pst_text("\"a\"")));
    assert_false(pst_if_range_holds(pst_text("\"b\""), pst_text("\"a\"")));
    assert_false(pst_if_range_holds(pst_text("W/\"a\""), pst_text("\"a\"")));
    assert_false(pst_if_range_holds(pst_text("Sat, 29 Oct 1994 19:43:31 GMT"), pst_text("\"a\"")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_range_gets_its_part),
        cmocka_unit_test(every_part_lies_inside_the_file),
        cmocka_unit_test(entity_tags_are_compared_as_told),
        cmocka_unit_test(a_range_counts_for_the_same_version_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
