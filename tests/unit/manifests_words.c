/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/packed_words.h"
#include "manifests/utf8.h"
#include "tests/support/check.h"

static const enum pst_language both[] = {PST_LANGUAGE_EN, PST_LANGUAGE_ZH_CN};

/* The agent carries all of it packed, and has 300 KiB in all; an open book is on its heap. */
enum { PACKED_MOST_BYTES = 24 * 1024, BOOK_MOST_BYTES = 48 * 1024 };
enum { STRING_MOST_BYTES = 400, STRINGS_A_ROW = 5 };

static const char *const placeholders[] = {"{expected}", "{found}", "{where}"};

static const struct pst_words *table_of(enum pst_language language)
{
    return language == PST_LANGUAGE_EN ? pst_words_en : pst_words_zh_cn;
}

static size_t count_of(enum pst_language language)
{
    return language == PST_LANGUAGE_EN ? pst_words_en_count : pst_words_zh_cn_count;
}

/* String `n` of a row: title, text, then the three remedies. */
static const char *string_of(const struct pst_words *row, size_t n)
{
    return n == 0 ? row->title : n == 1 ? row->text : row->remedy[n - 2];
}

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + strlen(part), part))
        count++;
    return count;
}

static struct pst_words_book book_of(enum pst_language language)
{
    struct pst_words_book book;
    assert_true(pst_words_open(language, &book));
    return book;
}

typedef void check_row(const struct pst_words *row, enum pst_language language);

/* Over the tables themselves: pst_words_of() has an answer for a missing row too. */
static void for_every_row(check_row *check)
{
    for (size_t l = 0; l < PST_COUNT(both); l++)
        for (size_t i = 0; i < count_of(both[l]); i++)
            check(&table_of(both[l])[i], both[l]);
}

static void both_tables_hold_exactly_the_codes_of_the_catalogue_in_its_order(void **state)
{
    (void)state;
    for (size_t l = 0; l < PST_COUNT(both); l++) {
        for (size_t i = 0; i < pst_code_count() && i < count_of(both[l]); i++) {
            enum pst_code got = table_of(both[l])[i].code;
            if (got != pst_code_at(i))
                fail_msg("%s, row %zu: %s, not %s", pst_language_tag(both[l]), i,
                         pst_code_name(got), pst_code_name(pst_code_at(i)));
        }
        assert_int_equal(count_of(both[l]), pst_code_count());
    }
}

static void row_says_something(const struct pst_words *row, enum pst_language language)
{
    const char *tag = pst_language_tag(language);
    for (size_t n = 0; n < STRINGS_A_ROW; n++)
        if (string_of(row, n) == NULL)
            fail_msg("%s %s: string %zu is NULL", tag, pst_code_name(row->code), n);
    if (row->title[0] == '\0' || row->text[0] == '\0')
        fail_msg("%s %s: no title or no text", tag, pst_code_name(row->code));
    enum pst_audience own = pst_code_audience(row->code);
    if (row->remedy[own][0] == '\0')
        fail_msg("%s %s: nothing for the %s", tag, pst_code_name(row->code),
                 pst_audience_name(own));
}

static void every_code_has_title_text_and_a_remedy_for_its_own_audience(void **state)
{
    (void)state;
    for_every_row(row_says_something);
}

static void row_is_plain_text(const struct pst_words *row, enum pst_language language)
{
    for (size_t n = 0; n < STRINGS_A_ROW; n++) {
        const char *text = string_of(row, n);
        size_t len = strlen(text);
        if (!pst_utf8_is_plain(pst_text(text)) || len > STRING_MOST_BYTES || strstr(text, "  ") ||
            (len > 0 && (text[0] == ' ' || text[len - 1] == ' ')))
            fail_msg("%s %s: '%s'", pst_language_tag(language), pst_code_name(row->code), text);
    }
}

static void every_string_is_printable_utf8_without_stray_spaces(void **state)
{
    (void)state;
    for_every_row(row_is_plain_text);
}

static bool has_han(const char *text)
{
    struct pst_text rest = pst_text(text);
    uint32_t rune = 0;
    while (pst_utf8_take(&rest, &rune) > 0)
        if (rune >= 0x4e00 && rune <= 0x9fff)
            return true;
    return false;
}

/* Han exactly in the Chinese table: a row in the wrong table, or left untranslated, fails. */
static void row_is_in_its_language(const struct pst_words *row, enum pst_language language)
{
    for (size_t n = 0; n < STRINGS_A_ROW; n++) {
        const char *text = string_of(row, n);
        bool wanted = language == PST_LANGUAGE_ZH_CN && text[0] != '\0';
        if (has_han(text) != wanted)
            fail_msg("%s %s: '%s'", pst_language_tag(language), pst_code_name(row->code), text);
    }
}

static void chinese_rows_are_chinese_and_english_rows_are_not(void **state)
{
    (void)state;
    for_every_row(row_is_in_its_language);
}

static void placeholders_are_equal_in_both_languages_and_stand_in_texts_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < pst_words_en_count; i++) {
        const struct pst_words *en = &pst_words_en[i], *zh = &pst_words_zh_cn[i];
        size_t known = 0;
        for (size_t p = 0; p < PST_COUNT(placeholders); p++) {
            known += occurrences(en->text, placeholders[p]);
            if (occurrences(en->text, placeholders[p]) != occurrences(zh->text, placeholders[p]))
                fail_msg("%s: %s", pst_code_name(en->code), placeholders[p]);
        }
        assert_int_equal(occurrences(en->text, "{"), known); /* a misspelt one would be shown */
        assert_int_equal(occurrences(zh->text, "{"), known);
        for (size_t n = 0; n < STRINGS_A_ROW; n++)
            if (n != 1 && (strchr(string_of(en, n), '{') || strchr(string_of(zh, n), '{')))
                fail_msg("%s: a brace in string %zu", pst_code_name(en->code), n);
    }
}

/* The next `...` of a text, without its marks. */
static bool take_quoted(struct pst_text *rest, struct pst_text *out)
{
    struct pst_text before;
    return pst_take_until(rest, '`', &before) && pst_take_until(rest, '`', out);
}

static bool quotes(const char *text, struct pst_text wanted)
{
    struct pst_text rest = pst_text(text), quoted;
    while (take_quoted(&rest, &quoted))
        if (pst_text_equal(quoted, wanted))
            return true;
    return false;
}

static void same_audiences_and_commands(const struct pst_words *a, const struct pst_words *b)
{
    for (size_t n = 2; n < STRINGS_A_ROW; n++) {
        struct pst_text rest = pst_text(string_of(a, n)), quoted;
        if ((string_of(a, n)[0] == '\0') != (string_of(b, n)[0] == '\0'))
            fail_msg("%s: audience %zu in one language only", pst_code_name(a->code), n - 2);
        while (take_quoted(&rest, &quoted))
            if (!quotes(string_of(b, n), quoted))
                fail_msg("%s: `%.*s` in one language only", pst_code_name(a->code),
                         PST_ARGS(quoted));
    }
}

static void both_languages_advise_the_same_people_to_run_the_same_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < pst_words_en_count; i++) {
        same_audiences_and_commands(&pst_words_en[i], &pst_words_zh_cn[i]);
        same_audiences_and_commands(&pst_words_zh_cn[i], &pst_words_en[i]);
    }
}

static bool is_command_of_ours(struct pst_text text)
{
    static const char *const commands[] = {
        "postern status",         "postern terminal why ID", "postern explain",
        "postern publish DIR",    "postern rollout pause",   "postern rollout resume",
        "postern rollout cancel", "postern rollout start",   "postern release build",
        "postern release bundle", "postern-keys show",       "postern-keys sign",
        "postern-agent once",     "postern-agent check",     "postern-agent status",
        "postern-agent revert",
    };
    for (size_t i = 0; i < PST_COUNT(commands); i++)
        if (pst_text_is(text, commands[i]))
            return true;
    return false;
}

static void row_names_real_commands(const struct pst_words *row, enum pst_language language)
{
    for (size_t n = 0; n < STRINGS_A_ROW; n++) {
        struct pst_text rest = pst_text(string_of(row, n)), quoted;
        assert_int_equal(occurrences(string_of(row, n), "`") % 2, 0);
        while (take_quoted(&rest, &quoted))
            if (pst_text_starts(quoted, "postern") && !is_command_of_ours(quoted))
                fail_msg("%s %s: there is no `%.*s`", pst_language_tag(language),
                         pst_code_name(row->code), PST_ARGS(quoted));
    }
}

static void commands_named_are_those_that_exist(void **state)
{
    (void)state;
    for_every_row(row_names_real_commands);
}

/* Causes that look alike are only told apart if they do not say the same. */
static void no_two_codes_have_the_same_title_or_text(void **state)
{
    (void)state;
    for (size_t l = 0; l < PST_COUNT(both); l++)
        for (size_t i = 0; i < count_of(both[l]); i++)
            for (size_t k = 0; k < i; k++) {
                const struct pst_words *a = &table_of(both[l])[i], *b = &table_of(both[l])[k];
                if (strcmp(a->title, b->title) == 0 || strcmp(a->text, b->text) == 0)
                    fail_msg("%s and %s say the same", pst_code_name(a->code),
                             pst_code_name(b->code));
            }
}

static void english_titles_have_two_to_five_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < pst_words_en_count; i++) {
        size_t words = 1 + occurrences(pst_words_en[i].title, " ");
        if (words < 2 || words > 5)
            fail_msg("'%s'", pst_words_en[i].title);
    }
}

static void both_languages_fit_into_the_agents_budget(void **state)
{
    size_t packed = 0;
    (void)state;
    for (size_t l = 0; l < PST_COUNT(both); l++) {
        const struct pst_packed_words *words = &pst_packed_words[both[l]];
        size_t book = pst_code_count() * sizeof(struct pst_words) + words->text_size;
        print_message("%s: %zu bytes, %zu when unpacked\n", pst_language_tag(both[l]), words->len,
                      book);
        assert_true(book <= BOOK_MOST_BYTES);
        packed += words->len;
    }
    assert_true(packed <= PACKED_MOST_BYTES);
}

static void assert_row_is_that_of_the_table(const struct pst_words *got,
                                            const struct pst_words *row)
{
    assert_int_equal(got->code, row->code);
    for (size_t n = 0; n < STRINGS_A_ROW; n++)
        assert_string_equal(string_of(got, n), string_of(row, n));
}

static void what_was_packed_is_what_the_tables_say(void **state)
{
    (void)state;
    for (size_t l = 0; l < PST_COUNT(both); l++) {
        PST_CLEANUP(pst_words_book) struct pst_words_book book = book_of(both[l]);
        size_t bytes = 0;
        for (size_t i = 0; i < count_of(both[l]); i++) {
            const struct pst_words *row = &table_of(both[l])[i];
            struct pst_words got = pst_words_of(&book, row->code);
            assert_row_is_that_of_the_table(&got, row);
            for (size_t n = 0; n < STRINGS_A_ROW; n++)
                bytes += strlen(string_of(row, n)) + 1;
        }
        assert_int_equal(pst_packed_words[both[l]].text_size, bytes);
    }
}

/* A book of another size than the frame's was not made by our packer; nothing is read beyond it. */
static void a_frame_of_any_other_size_is_no_book(void **state)
{
    (void)state;
    for (size_t l = 0; l < PST_COUNT(both); l++) {
        const struct pst_packed_words good = pst_packed_words[both[l]];
        for (size_t cut = 0; cut < good.len; cut += 97) { /* each in a block of just its size */
            uint8_t *at = malloc(cut > 0 ? cut : 1);
            assert_non_null(at);
            memcpy(at, good.at, cut);
            assert_null(pst_words_unpack(&(struct pst_packed_words){at, cut, good.text_size}));
            free(at);
        }
        const size_t sizes[] = {0, 1, good.text_size / 2, good.text_size - 1, good.text_size + 1};
        for (size_t i = 0; i < PST_COUNT(sizes); i++)
            assert_null(pst_words_unpack(&(struct pst_packed_words){good.at, good.len, sizes[i]}));
    }
}

/* One block, not compressed, of fewer, more or unended strings than the codes have. */
static void a_frame_of_more_or_fewer_strings_is_no_book(void **state)
{
    enum { HEADERS = 4 + 1 + 4 + 3 };
    const size_t wanted = pst_code_count() * STRINGS_A_ROW;
    static const struct {
        int more;
        uint8_t last;
        bool is_book;
    } cases[] = {{0, 0, true}, {-1, 0, false}, {1, 0, false}, {0, 'x', false}, {1, 'x', false}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        uint8_t frame[HEADERS + 4096] = {0x28, 0xb5, 0x2f, 0xfd, 0xa0};
        size_t size = wanted + (size_t)cases[i].more;
        uint32_t block = (uint32_t)(size << 3 | 1); /* RFC 8878, 3.1.1.2: raw, and the last one */
        assert_true(size <= sizeof frame - HEADERS);
        for (size_t b = 0; b < 4; b++)
            frame[5 + b] = (uint8_t)(size >> 8 * b);
        for (size_t b = 0; b < 3; b++)
            frame[9 + b] = (uint8_t)(block >> 8 * b);
        frame[HEADERS + size - 1] = cases[i].last;
        struct pst_words *rows =
            pst_words_unpack(&(struct pst_packed_words){frame, HEADERS + size, size});
        assert_int_equal(rows != NULL, cases[i].is_book);
        free(rows);
    }
}

static void a_language_tag_is_understood_or_refused(void **state)
{
    enum { NONE = -1, EN = PST_LANGUAGE_EN, ZH = PST_LANGUAGE_ZH_CN };
    static const struct {
        const char *tag;
        int expect;
    } cases[] = {
        {"en", EN},           {"en-US", EN},        {"EN_us", EN},      {"en_GB.UTF-8", EN},
        {"en-001", EN},       {"zh", ZH},           {"zh-CN", ZH},      {"zh_CN.UTF-8", ZH},
        {"ZH-cn", ZH},        {"zh-Hans", ZH},      {"zh-Hans-CN", ZH}, {"zh_CN.UTF-8@pinyin", ZH},
        {"zh-SG", ZH},        {"zh_CN@pinyin", ZH}, {"zh-TW", NONE},    {"zh-Hant", NONE},
        {"zh-Hant-CN", NONE}, {"zhong", NONE},      {"zh-", NONE},      {"zh.", NONE},
        {"zh-CN-", NONE},     {"english", NONE},    {"en-", NONE},      {"en-U", NONE},
        {"en-USAX", NONE},    {"en-US-x", NONE},    {"en-U$", NONE},    {"en.", NONE},
        {"en@", NONE},        {"en.UTF 8", NONE},   {"en,zh", NONE},    {" en", NONE},
        {"en\n", NONE},       {"de", NONE},         {"C", NONE},        {"e", NONE},
        {"", NONE},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        for (size_t start = 0; start < PST_COUNT(both); start++) {
            enum pst_language got = both[start];
            bool understood = pst_language_parse(pst_text(cases[i].tag), &got);
            if (understood != (cases[i].expect != NONE))
                fail_msg("'%s' was %s", cases[i].tag, understood ? "understood" : "refused");
            if ((int)got != (understood ? cases[i].expect : (int)both[start]))
                fail_msg("'%s' gave %s", cases[i].tag, pst_language_tag(got));
        }
    enum pst_language untouched = PST_LANGUAGE_ZH_CN;
    assert_false(pst_language_parse((struct pst_text){NULL, 0}, &untouched));
    assert_false(pst_language_parse((struct pst_text){"en.a\0b", 6}, &untouched));
    assert_int_equal(untouched, PST_LANGUAGE_ZH_CN);
}

static void a_languages_own_tag_names_it(void **state)
{
    (void)state;
    assert_string_equal(pst_language_tag(PST_LANGUAGE_EN), "en");
    assert_string_equal(pst_language_tag(PST_LANGUAGE_ZH_CN), "zh-CN");
    for (size_t l = 0; l < PST_COUNT(both); l++) {
        enum pst_language got = both[1 - l];
        assert_true(pst_language_parse(pst_text(pst_language_tag(both[l])), &got));
        assert_int_equal(got, both[l]);
    }
}

static void an_unknown_code_still_gets_words(void **state)
{
    (void)state;
    for (size_t l = 0; l < PST_COUNT(both); l++) {
        PST_CLEANUP(pst_words_book) struct pst_words_book book = book_of(both[l]);
        struct pst_words row = pst_words_of(&book, (enum pst_code)9999);
        assert_true(row.title[0] != '\0' && strstr(row.text, "{found}") != NULL);
        assert_string_not_equal(row.title, pst_words_of(&book, PST_OK).title);
        for (size_t a = 0; a < 3; a++)
            assert_non_null(row.remedy[a]);
        assert_true(row.remedy[pst_code_audience((enum pst_code)9999)][0] != '\0');
        row_is_in_its_language(&row, both[l]);
        row_is_plain_text(&row, both[l]);
    }
}

static void a_book_without_words_still_names_the_code(void **state)
{
    (void)state;
    for (size_t l = 0; l < PST_COUNT(both); l++)
        for (size_t i = 0; i < pst_code_count(); i++) {
            const struct pst_words_book book = {.language = both[l]};
            struct pst_words row = pst_words_of(&book, pst_code_at(i));
            assert_int_equal(row.code, pst_code_at(i));
            assert_string_equal(row.title, pst_code_name(pst_code_at(i)));
            for (size_t p = 0; p < PST_COUNT(placeholders); p++)
                assert_int_equal(occurrences(row.text, placeholders[p]), 1);
            for (size_t a = 0; a < PST_COUNT(row.remedy); a++)
                assert_string_equal(row.remedy[a], "");
            row_is_plain_text(&row, both[l]);
            assert_int_equal(has_han(row.text), both[l] == PST_LANGUAGE_ZH_CN);
        }
}

static void a_closed_book_is_one_without_words(void **state)
{
    struct pst_words_book book = book_of(PST_LANGUAGE_EN);
    (void)state;
    pst_words_close(&book);
    assert_string_equal(pst_words_of(&book, PST_OS_TOO_OLD).title, "compat.os-too-old");
    pst_words_close(&book);
}

static struct pst_finding finding_of(enum pst_code code, const char *expected, const char *found)
{
    struct pst_report why = {0};
    PST_WITHIN(&why, "release 5.2.0");
    pst_refuse(&why, code, pst_say("%s", expected), pst_say("%s", found));
    return why.finding[0];
}

static void assert_filled(const struct pst_finding *finding, enum pst_language language,
                          const char *expect)
{
    PST_CLEANUP(pst_words_book) struct pst_words_book book = book_of(language);
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(4096);
    assert_true(pst_words_fill(&book, finding, &out));
    if (!pst_text_is(pst_buf_text(&out), expect))
        fail_msg("'%.*s', not '%s'", PST_ARGS(pst_buf_text(&out)), expect);
}

static void values_are_filled_in(void **state)
{
    struct pst_finding finding = finding_of(PST_OS_TOO_OLD, ">=5.2.0 <6.0.0", "5.1.9");
    (void)state;
    assert_filled(&finding, PST_LANGUAGE_EN,
                  "The terminal's OS is too old for this release: needed >=5.2.0 <6.0.0, found "
                  "5.1.9.");
    assert_filled(&finding, PST_LANGUAGE_ZH_CN,
                  "终端系统版本低于此固件的要求："
                  "需要 >=5.2.0 <6.0.0，实为 5.1.9。");
    finding = finding_of(PST_SIGNATURE_THRESHOLD, "2", "1");
    assert_filled(&finding, PST_LANGUAGE_EN,
                  "release 5.2.0 has too few signatures that count: needed 2, counted 1.");
}

static void an_empty_value_leaves_no_hole(void **state)
{
    struct pst_finding finding = {.code = PST_NET_TLS};
    (void)state;
    assert_filled(
        &finding, PST_LANGUAGE_EN,
        "The secure connection to this item failed: expected not stated, found not stated.");
    assert_filled(&finding, PST_LANGUAGE_ZH_CN,
                  "与 此处 的安全连接失败：应为 未注明，实为 未注明。");
}

static void a_placeholder_inside_a_value_is_not_filled_in_again(void **state)
{
    struct pst_finding finding = finding_of(PST_USAGE, "{found} {where} {", "{nobody} {expected}");
    (void)state;
    assert_filled(&finding, PST_LANGUAGE_EN,
                  "The command was not called properly: expected {found} {where} {, found {nobody} "
                  "{expected}.");
}

static void the_text_is_added_whole_or_not_at_all(void **state)
{
    struct pst_finding finding = finding_of(PST_OS_TOO_OLD, ">=5.2.0", "5.1.9");
    PST_CLEANUP(pst_words_book) struct pst_words_book book = book_of(PST_LANGUAGE_ZH_CN);
    PST_CLEANUP(pst_buf) struct pst_buf whole = pst_buf(4096);
    (void)state;
    assert_true(pst_buf_add_text(&whole, "- ") && pst_words_fill(&book, &finding, &whole));
    for (size_t max = 2; max <= whole.len; max++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(max);
        assert_true(pst_buf_add_text(&out, "- "));
        assert_int_equal(pst_words_fill(&book, &finding, &out), max == whole.len);
        assert_int_equal(out.len, max == whole.len ? whole.len : 2);
        assert_memory_equal(out.at, whole.at, out.len);
    }
}

/* The longest values that a finding holds, in the text that uses them. */
static void every_text_fits_with_the_longest_values(void **state)
{
    (void)state;
    for (size_t l = 0; l < PST_COUNT(both); l++) {
        PST_CLEANUP(pst_words_book) struct pst_words_book book = book_of(both[l]);
        for (size_t i = 0; i < pst_code_count(); i++) {
            struct pst_finding finding = {.code = pst_code_at(i)};
            PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(1024);
            memset(finding.where, 'w', sizeof finding.where - 1);
            memset(finding.expected, 'e', sizeof finding.expected - 1);
            memset(finding.found, 'f', sizeof finding.found - 1);
            assert_true(pst_words_fill(&book, &finding, &out));
            assert_null(memchr(out.at, '{', out.len));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_tables_hold_exactly_the_codes_of_the_catalogue_in_its_order),
        cmocka_unit_test(every_code_has_title_text_and_a_remedy_for_its_own_audience),
        cmocka_unit_test(every_string_is_printable_utf8_without_stray_spaces),
        cmocka_unit_test(chinese_rows_are_chinese_and_english_rows_are_not),
        cmocka_unit_test(placeholders_are_equal_in_both_languages_and_stand_in_texts_only),
        cmocka_unit_test(both_languages_advise_the_same_people_to_run_the_same_commands),
        cmocka_unit_test(commands_named_are_those_that_exist),
        cmocka_unit_test(no_two_codes_have_the_same_title_or_text),
        cmocka_unit_test(english_titles_have_two_to_five_words),
        cmocka_unit_test(both_languages_fit_into_the_agents_budget),
        cmocka_unit_test(a_language_tag_is_understood_or_refused),
        cmocka_unit_test(a_languages_own_tag_names_it),
        cmocka_unit_test(what_was_packed_is_what_the_tables_say),
        cmocka_unit_test(a_frame_of_any_other_size_is_no_book),
        cmocka_unit_test(a_frame_of_more_or_fewer_strings_is_no_book),
        cmocka_unit_test(an_unknown_code_still_gets_words),
        cmocka_unit_test(a_book_without_words_still_names_the_code),
        cmocka_unit_test(a_closed_book_is_one_without_words),
        cmocka_unit_test(values_are_filled_in),
        cmocka_unit_test(an_empty_value_leaves_no_hole),
        cmocka_unit_test(a_placeholder_inside_a_value_is_not_filled_in_again),
        cmocka_unit_test(the_text_is_added_whole_or_not_at_all),
        cmocka_unit_test(every_text_fits_with_the_longest_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
