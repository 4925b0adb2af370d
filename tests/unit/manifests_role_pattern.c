/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/role.h"
#include "tests/support/check.h"

static void each_pattern_matches_just_what_it_says(void **state)
{
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        {"a", "a", true},
        {"a", "A", false},
        {"a", "ab", false},
        {"ab", "a", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "abc", true},
        {"*", "a/b", false},
        {"*", ".hidden", true},
        {"*.img", "os.img", true},
        {"*.img", ".img", true},
        {"*.img", "os.img.sig", false},
        {"*.img", "os.img.img", true},
        {"pos-a/*", "pos-a/", true},
        {"pos-a/*", "pos-a", false},
        {"pos-a/*", "pos-a/1/os", false},
        {"pos-a/*/*", "pos-a/1.0.0/os.img", true},
        {"pos-a/*/*", "pos-b/1.0.0/os.img", false},
        {"*/b", "a/b", true},
        {"*a*b/*c", "xaybzb/zc", true},
        {"*a*b/*c", "xaybz/zc", false},
        {"a*/b", "a/x/b", false},
        {"**", "a/b", false},
        {"**/b", "a/b", true},
        {"?", "a", true},
        {"?", "", false},
        {"?", "ab", false},
        {"?", "/", false},
        {"a?b", "a/b", false},
        {"?", "?", true},
        {"*", "*", true},
        {"?", "\xe5\xa5\xbd", true},
        {"*??", "\xe5\xa5\xbd", false},
        {"*?", "\xe5\xa5\xbd", true},
        {"??", "\xe5\xa5\xbd", false},
        {"?", "\xff", true},
        {"[ab]", "a", false},
        {"[ab]", "[ab]", true},
        {"{a,b}", "a", false},
        {"!a", "b", false},
        {"\\*", "*", false},
        {"\\*", "\\anything", true},
        {"a.c", "abc", false},
        {"a//b", "a/b", false},
        {"a/*/b", "a//b", true},
        {"../*", "../x", true},
        {"*ab", "aab", true},
        {"*aab*", "aaaab", true},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        if (pst_role_pattern_matches(pst_text(cases[i].pattern), pst_text(cases[i].path)) !=
            cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].path);
}

/* All texts of up to `most` letters over an alphabet, in turn; false when there are no more. */
static bool next_text(char *text, const char *alphabet, size_t most)
{
    for (size_t i = 0; i < most; i++) {
        const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) + 1 : alphabet;
        if (*at != '\0') {
            text[i] = *at;
            return true;
        }
        text[i] = alphabet[0];
    }
    return false;
}

/* The definition, word for word, however slow. */
static bool matches_by_definition(const char *pattern, const char *path)
{
    if (*pattern == '\0')
        return *path == '\0';
    if (*pattern == '*')
        return matches_by_definition(pattern + 1, path) ||
               (*path != '\0' && *path != '/' && matches_by_definition(pattern, path + 1));
    bool one = *pattern == '?' ? *path != '\0' && *path != '/' : *path == *pattern;
    return one && matches_by_definition(pattern + 1, path + 1);
}

static void the_walk_agrees_with_the_definition_on_all_short_texts(void **state)
{
    char pattern[8] = "";
    size_t matched = 0;
    (void)state;
    do {
        char path[8] = "";
        do {
            bool expected = matches_by_definition(pattern, path);
            matched += expected;
            if (pst_role_pattern_matches(pst_text(pattern), pst_text(path)) != expected)
                fail_msg("'%s' and '%s'", pattern, path);
        } while (next_text(path, "ab/", 5));
    } while (next_text(pattern, "a/*?", 5));
    assert_true(matched > 1000);
}

/* Exponential matchers need ages for this one. */
static void a_hostile_pattern_costs_no_more_than_its_length_times_the_paths(void **state)
{
    char pattern[1025] = "", path[1025] = "";
    (void)state;
    for (size_t i = 0; i + 1 < sizeof pattern; i++)
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    memset(path, 'a', sizeof path - 1);
    pattern[sizeof pattern - 2] = 'b';
    for (int i = 0; i < 100; i++)
        assert_false(pst_role_pattern_matches(pst_text(pattern), pst_text(path)));
}

static void a_rule_covers_by_any_pattern_or_by_the_digest_of_the_path(void **state)
{
    struct pst_text globs[] = {pst_text("a/*"), pst_text("b/*")};
    struct pst_text prefixes[] = {pst_text("00"), pst_text("ec9")};
    struct pst_role_rule rule = {.pattern_count = 2, .pattern = globs};
    uint8_t digest[32] = {0xec, 0x99};
    (void)state;
    assert_true(pst_role_rule_covers(&rule, pst_text("b/x"), digest));
    assert_false(pst_role_rule_covers(&rule, pst_text("c/x"), digest));
    rule.pattern = prefixes;
    rule.by_hash_prefix = true;
    assert_true(pst_role_rule_covers(&rule, pst_text("c/x"), digest));
    digest[1] = 0x89;
    assert_false(pst_role_rule_covers(&rule, pst_text("c/x"), digest));
    rule.pattern_count = 0;
    assert_false(pst_role_rule_covers(&rule, pst_text("a/x"), digest));
}

static void a_prefix_is_at_most_the_whole_digest(void **state)
{
    char hex[66];
    struct pst_text prefix = {hex, 64};
    struct pst_role_rule rule = {.pattern_count = 1, .pattern = &prefix, .by_hash_prefix = true};
    uint8_t digest[32] = {0};
    (void)state;
    memset(hex, '0', sizeof hex);
    assert_true(pst_role_rule_covers(&rule, pst_text("x"), digest));
    prefix.len = 65; /* role.h reads none: made by hand */
    hex[64] = '\0';
    assert_false(pst_role_rule_covers(&rule, pst_text("x"), digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pattern_matches_just_what_it_says),
        cmocka_unit_test(the_walk_agrees_with_the_definition_on_all_short_texts),
        cmocka_unit_test(a_hostile_pattern_costs_no_more_than_its_length_times_the_paths),
        cmocka_unit_test(a_rule_covers_by_any_pattern_or_by_the_digest_of_the_path),
        cmocka_unit_test(a_prefix_is_at_most_the_whole_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
