/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/version.h"
#include "tests/support/check.h"

static struct pst_version version(const char *text)
{
    struct pst_version out = {0};
    struct pst_report why = {0};
    if (pst_version_parse(pst_text(text), &out, &why) != PST_OK)
        fail_msg("%s: %s, not %s", text, why.finding[0].found, why.finding[0].expected);
    return out;
}

static void each_chain_is_in_order(void **state)
{
    static const char *const chains[][12] = {
        /* semver.org 2.0.0, item 11 */
        {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
         "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1"},
        {"1.8", "1.9", "1.10", "1.100", "2.0"},
        {"0.0.0-0", "0.0.0-0.0", "0.0.0-1", "0.0.0--", "0.0.0-A", "0.0.0-a", "0.0.0", "0.0.0.1-0",
         "0.0.0.1", "0.0.1"},
        {"5.2.0.20260301", "5.2.1", "5.2.1.20260228", "5.2.1.20260301-rc.1", "5.2.1.20260301",
         "5.2.2"},
        {"1.0.0-9", "1.0.0-10", "1.0.0-99999999999999999999", "1.0.0-100000000000000000000",
         "1.0.0-0a", "1.0.0-1a", "1.0.0-rc1", "1.0.0-rc1-2"},
        {"0.9007199254740990", "0.9007199254740991", "9007199254740991.0"},
    };
    (void)state;
    for (size_t chain = 0; chain < PST_COUNT(chains); chain++) {
        for (size_t i = 0; i < PST_COUNT(chains[0]) && chains[chain][i] != NULL; i++) {
            struct pst_version a = version(chains[chain][i]);
            assert_int_equal(pst_version_compare(&a, &a), 0);
            for (size_t j = i + 1; j < PST_COUNT(chains[0]) && chains[chain][j] != NULL; j++) {
                struct pst_version b = version(chains[chain][j]);
                if (pst_version_compare(&a, &b) >= 0 || pst_version_compare(&b, &a) <= 0)
                    fail_msg("%s is not before %s", a.text, b.text);
            }
        }
    }
}

static void spellings_of_one_version_are_equal(void **state)
{
    static const char *const pairs[][2] = {
        {"1.0", "1.0.0"},       {"1.0.0", "1.0.0.0"},   {"1.2-rc.1", "1.2.0-rc.1"},
        {"1.0.0+a", "1.0.0+b"}, {"1.0.0", "1.0.0+001"}, {"1.0.0-rc.1+x", "1.0.0-rc.1"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(pairs); i++) {
        struct pst_version a = version(pairs[i][0]);
        struct pst_version b = version(pairs[i][1]);
        assert_int_equal(pst_version_compare(&a, &b), 0);
        assert_string_equal(a.text, pairs[i][0]);
    }
}

static void anything_else_is_no_version(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "1",
        "1.",
        ".1",
        "1..2",
        "1.2.",
        "1.2.3.",
        "1.2.3.4.5",
        "v1.2.3",
        "V1.0",
        "1.2.x",
        "1.2.*",
        "01.2.3",
        "1.02.3",
        "1.2.03",
        "00.0",
        "-1.0",
        "+1.0",
        "1.-2",
        "1.2 ",
        " 1.2",
        "1.2\n",
        "1.2.3-",
        "1.2.3-.",
        "1.2.3-a.",
        "1.2.3-.a",
        "1.2.3-a..b",
        "1.2.3-01",
        "1.2.3-a.007",
        "1.2.3-\xc3\xa9",
        "1.2.3-a_b",
        "1.2.3-a~b",
        "1.2.3-a@b",
        "1.2.3-a`b",
        "1.2.3+",
        "1.2.3-a+",
        "1.2.3+a..b",
        "1.2.3+a+b",
        "1.2.3+a_b",
        "1,2",
        "1.2e3.0",
        "0x1.2",
        "9007199254740992.0",
        "1.18446744073709551616",
        "1.2.3-a b",
        "../1.2",
        "1.2/3",
        "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        struct pst_version out = {.part = {77}};
        struct pst_report why = {0};
        if (pst_version_parse(pst_text(texts[i]), &out, &why) != PST_BAD_SYNTAX)
            fail_msg("'%s' was taken", texts[i]);
        assert_int_equal(why.count, 1);
        assert_int_equal(out.part[0], 77);
        assert_int_equal(out.text[0], 0);
    }
}

static void the_longest_version_fits_and_one_more_does_not(void **state)
{
    static const char *const long_text =
        "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    (void)state;
    assert_int_equal(strlen(long_text), PST_VERSION_ROOM - 1);
    struct pst_version out = version(long_text);
    assert_string_equal(out.text, long_text);
    assert_int_equal(out.pre_at + out.pre_len, PST_VERSION_ROOM - 1);
}

static void hostile_lengths_are_refused_without_harm(void **state)
{
    static const char fills[] = "19.-+a\xff\n\"";
    char text[70000];
    (void)state;
    for (size_t fill = 0; fill < sizeof fills; fill++) { /* the NUL too */
        static const size_t lens[] = {64, 255, 256, 300, 65535, 65536, 70000};
        memset(text, fills[fill], sizeof text);
        for (size_t i = 0; i < PST_COUNT(lens); i++) {
            struct pst_version out;
            struct pst_report why = {0};
            memcpy(text, "1.0", 3);
            assert_int_equal(pst_version_parse((struct pst_text){text, lens[i]}, &out, &why),
                             PST_BAD_SYNTAX);
        }
    }
}

static void a_version_that_was_never_parsed_is_not_set(void **state)
{
    struct pst_version none = {0};
    struct pst_version zero = version("0.0");
    (void)state;
    assert_false(pst_version_is_set(&none));
    assert_true(pst_version_is_set(&zero));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chain_is_in_order),
        cmocka_unit_test(spellings_of_one_version_are_equal),
        cmocka_unit_test(anything_else_is_no_version),
        cmocka_unit_test(the_longest_version_fits_and_one_more_does_not),
        cmocka_unit_test(hostile_lengths_are_refused_without_harm),
        cmocka_unit_test(a_version_that_was_never_parsed_is_not_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
