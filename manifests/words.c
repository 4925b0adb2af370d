/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/words.h"

#include <stdlib.h>

#include "manifests/packed_words.h"

/* For a code from a newer version: whoever reads it still learns whom to ask. */
static const struct pst_words unknown_en = {
    PST_OK,
    "Unknown finding",
    "This program is older than the finding and has no words for it: expected {expected}, found "
    "{found} ({where}).",
    {"Call your service provider and give them this code.",
     "Update this program, then look at the finding again.", ""}};
static const struct pst_words unknown_zh_cn = {
    PST_OK,
    "未知结论",
    "本程序版本较旧，没有此结论的说明："
    "应为 {expected}，实为 {found}（{where}）。",
    {"请联系服务商，并告知此代码。", "请升级本程序后再次查看。", ""}};

static const struct language {
    const char *tag;
    const char *no_value; /* stands for an empty {expected} or {found}: a sentence has no hole */
    const char *no_place; /* the same for {where} */
    const char *no_words; /* the text of every code when there is no memory for words */
    const struct pst_words *unknown;
} languages[] = {
    [PST_LANGUAGE_EN] = {"en", "not stated", "this item",
                         "Expected {expected}, found {found} ({where}).", &unknown_en},
    [PST_LANGUAGE_ZH_CN] = {"zh-CN", "未注明", "此处", "应为 {expected}，实为 {found}（{where}）。",
                            &unknown_zh_cn},
};

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* What tags hold equal: capitals and small letters, and POSIX's "zh_CN" with "zh-CN". */
static char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '_' ? '-' : c;
}

static bool take_folded(struct pst_text *rest, const char *name)
{
    size_t len = strlen(name);
    if (rest->len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (folded(rest->at[i]) != name[i])
            return false;
    *rest = (struct pst_text){rest->at + len, rest->len - len};
    return true;
}

/* "-US", "-001"; moves past it. */
static bool take_region(struct pst_text *rest)
{
    size_t len = 1;
    if (rest->len == 0 || folded(rest->at[0]) != '-')
        return false;
    while (len < rest->len && is_letter_or_digit(rest->at[len]))
        len++;
    if (len < 3 || len > 4)
        return false;
    *rest = (struct pst_text){rest->at + len, rest->len - len};
    return true;
}

/* Nothing, or ".UTF-8" and "@modifier" as POSIX locales have them; our output is UTF-8 anyway. */
static bool is_end_of_tag(struct pst_text rest)
{
    if (rest.len == 0)
        return true;
    if (rest.len == 1 || (rest.at[0] != '.' && rest.at[0] != '@'))
        return false;
    for (size_t i = 1; i < rest.len; i++)
        if (!is_letter_or_digit(rest.at[i]) && memchr("-_@", rest.at[i], 3) == NULL)
            return false;
    return true;
}

bool pst_language_parse(struct pst_text tag, enum pst_language *out)
{
    /* Chinese by name only: a reader of zh-TW or zh-Hant did not ask for simplified characters. */
    static const struct {
        const char *name;
        bool any_region;
        enum pst_language language;
    } rows[] = {
        {"en", true, PST_LANGUAGE_EN},
        {"zh", false, PST_LANGUAGE_ZH_CN},
        {"zh-cn", false, PST_LANGUAGE_ZH_CN},
        {"zh-sg", false, PST_LANGUAGE_ZH_CN},
        {"zh-hans", false, PST_LANGUAGE_ZH_CN},
        {"zh-hans-cn", false, PST_LANGUAGE_ZH_CN},
        {"zh-hans-sg", false, PST_LANGUAGE_ZH_CN},
    };
    for (size_t i = 0; i < PST_COUNT(rows); i++) {
        struct pst_text rest = tag;
        if (!take_folded(&rest, rows[i].name))
            continue;
        if (is_end_of_tag(rest) ||
            (rows[i].any_region && take_region(&rest) && is_end_of_tag(rest))) {
            *out = rows[i].language;
            return true;
        }
    }
    return false;
}

const char *pst_language_tag(enum pst_language language)
{
    return languages[language].tag;
}

bool pst_words_open(enum pst_language language, struct pst_words_book *out)
{
    *out = (struct pst_words_book){language, pst_words_unpack(&pst_packed_words[language])};
    return out->rows != NULL;
}

void pst_words_close(struct pst_words_book *book)
{
    free(book->rows);
    book->rows = NULL;
}

struct pst_words pst_words_of(const struct pst_words_book *book, enum pst_code code)
{
    const struct language *language = &languages[book->language];

    if (book->rows == NULL)
        return (struct pst_words){code, pst_code_name(code), language->no_words, {"", "", ""}};
    for (size_t i = 0; i < pst_code_count(); i++)
        if (book->rows[i].code == code)
            return book->rows[i];
    return *language->unknown;
}

static const char *or_else(const char *value, const char *other)
{
    return value[0] != '\0' ? value : other;
}

/* What the placeholder at the front stands for, past which `rest` is moved; else NULL. */
static const char *take_placeholder(struct pst_text *rest, const struct pst_finding *finding,
                                    const struct language *language)
{
    if (pst_take(rest, "{expected}"))
        return or_else(finding->expected, language->no_value);
    if (pst_take(rest, "{found}"))
        return or_else(finding->found, language->no_value);
    if (pst_take(rest, "{where}"))
        return or_else(finding->where, language->no_place);
    return NULL;
}

/* The text up to the next brace; at least one character, so that a brace of no meaning is kept. */
static struct pst_text take_plain(struct pst_text *rest)
{
    const char *brace = rest->len > 1 ? memchr(rest->at + 1, '{', rest->len - 1) : NULL;
    size_t len = brace != NULL ? (size_t)(brace - rest->at) : rest->len;
    struct pst_text plain = {rest->at, len};
    *rest = (struct pst_text){rest->at + len, rest->len - len};
    return plain;
}

/* Values are added as they are: a placeholder that stands in a value is not filled in again. */
static bool fill(struct pst_text rest, const struct pst_finding *finding,
                 const struct language *language, struct pst_buf *out)
{
    while (rest.len > 0) {
        const char *value = take_placeholder(&rest, finding, language);
        struct pst_text part = value != NULL ? pst_text(value) : take_plain(&rest);
        if (!pst_buf_add(out, part.at, part.len))
            return false;
    }
    return true;
}

bool pst_words_fill(const struct pst_words_book *book, const struct pst_finding *finding,
                    struct pst_buf *out)
{
    size_t before = out->len;
    struct pst_text text = pst_text(pst_words_of(book, finding->code).text);
    if (fill(text, finding, &languages[book->language], out))
        return true;
    out->len = before; /* half a sentence says something else than the whole */
    return false;
}
