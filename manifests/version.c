/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/version.h"

#define PART_MAX ((UINT64_C(1) << 53) - 1)

enum { PARTS_LEAST = 2, PARTS_MOST = 4 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_identifier_character(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
}

static bool is_number(struct pst_text identifier)
{
    for (size_t i = 0; i < identifier.len; i++)
        if (!is_digit(identifier.at[i]))
            return false;
    return identifier.len > 0;
}

static struct pst_text after(struct pst_text text, size_t len)
{
    return (struct pst_text){text.at + len, text.len - len};
}

static struct pst_text take_identifier(struct pst_text *rest)
{
    struct pst_text identifier = {rest->at, 0};
    while (identifier.len < rest->len && is_identifier_character(rest->at[identifier.len]))
        identifier.len++;
    *rest = after(*rest, identifier.len);
    return identifier;
}

/*
 * "rc.1" after '-', "build.007" after '+': identifiers joined by dots; numbers without leading
 * zeros in the first only.
 */
static bool take_identifiers(struct pst_text *rest, bool leading_zeros)
{
    do {
        struct pst_text identifier = take_identifier(rest);
        if (identifier.len == 0)
            return false;
        if (!leading_zeros && identifier.len > 1 && identifier.at[0] == '0' &&
            is_number(identifier))
            return false;
    } while (pst_take(rest, "."));
    return true;
}

/* What is wrong, or NULL. `rest` ends where reading stopped. */
static const char *read_version(struct pst_text *rest, struct pst_version *version)
{
    size_t count = 0;
    struct pst_text all = *rest;

    do {
        if (!pst_take_number(rest, PART_MAX, &version->part[count]))
            return "a decimal number below 2^53 without leading zero";
        count++;
    } while (count < PARTS_MOST && pst_take(rest, "."));
    if (count < PARTS_LEAST)
        return "two to four numbers joined by dots";
    if (pst_take(rest, "-")) {
        version->pre_at = (uint8_t)(all.len - rest->len);
        if (!take_identifiers(rest, false))
            return "a pre-release of letters, digits and '-', numbers without leading zero";
        version->pre_len = (uint8_t)(all.len - rest->len - version->pre_at);
    }
    if (pst_take(rest, "+") && !take_identifiers(rest, true))
        return "build metadata of letters, digits and '-'";
    return rest->len > 0 ? "the end of the version" : NULL;
}

enum pst_code pst_version_parse(struct pst_text text, struct pst_version *out,
                                struct pst_report *why)
{
    struct pst_version version = {0};
    struct pst_text rest = text;

    if (text.len == 0 || text.len >= PST_VERSION_ROOM)
        return pst_refuse(why, PST_BAD_SYNTAX,
                          pst_say("a version of 1 to %d characters", PST_VERSION_ROOM - 1),
                          pst_say("%zu characters", text.len));
    const char *wrong = read_version(&rest, &version);
    if (wrong != NULL)
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("%s", wrong),
                          pst_say("'%.*s' at the end of '%.*s'", PST_ARGS(rest), PST_ARGS(text)));
    memcpy(version.text, text.at, text.len);
    *out = version;
    return PST_OK;
}

bool pst_version_is_set(const struct pst_version *version)
{
    return version->text[0] != '\0';
}

static int compare_bytes(struct pst_text a, struct pst_text b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.at, b.at, common); /* neither is empty: no pre-release has such a part */
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* SemVer 2.0.0, 11.4: numbers by value and below words; words by ASCII. */
static int compare_identifiers(struct pst_text a, struct pst_text b)
{
    bool number_a = is_number(a);
    bool number_b = is_number(b);
    if (number_a != number_b)
        return number_a ? -1 : 1;
    /* Without leading zeros the longer number is the greater, however long. */
    if (number_a && a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return compare_bytes(a, b);
}

static int compare_pre_releases(struct pst_text a, struct pst_text b)
{
    /* SemVer 2.0.0, 11.3: a pre-release comes before its release. */
    if (a.len == 0 || b.len == 0)
        return (a.len == 0) - (b.len == 0);
    for (;;) {
        int order = compare_identifiers(take_identifier(&a), take_identifier(&b));
        bool more_a = pst_take(&a, ".");
        bool more_b = pst_take(&b, ".");
        if (order != 0 || !more_a || !more_b)
            return order != 0 ? order : (int)more_a - (int)more_b;
    }
}

int pst_version_compare(const struct pst_version *a, const struct pst_version *b)
{
    for (size_t i = 0; i < PARTS_MOST; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return compare_pre_releases((struct pst_text){a->text + a->pre_at, a->pre_len},
                                (struct pst_text){b->text + b->pre_at, b->pre_len});
}
