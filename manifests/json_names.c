/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json_names.h"

#include <stdlib.h>

#include "manifests/utf8.h"

struct pst_json_raw_name {
    struct pst_text raw;
    bool escaped; /* holds a backslash: has to be decoded to be compared */
};

void pst_json_names_clear(struct pst_json_names *names)
{
    free(names->at);
    *names = pst_json_names(names->most);
}

static bool grow(struct pst_json_names *names)
{
    size_t room = names->room < 32 ? 32 : names->room * 2;
    if (names->count == names->most)
        return false;
    struct pst_json_raw_name *at = realloc(names->at, room * sizeof *at);
    if (at == NULL)
        return false;
    names->at = at;
    names->room = room;
    return true;
}

bool pst_json_names_add(struct pst_json_names *names, struct pst_text raw)
{
    if (names->count == names->room && !grow(names))
        return false;
    bool escaped = raw.len > 0 && memchr(raw.at, '\\', raw.len) != NULL;
    names->at[names->count++] = (struct pst_json_raw_name){raw, escaped};
    return true;
}

static uint32_t hex4(const char *at)
{
    uint8_t two[2] = {0};
    (void)pst_hex_parse((struct pst_text){at, 4}, two, sizeof two);
    return (uint32_t)two[0] << 8 | two[1];
}

static void skip(struct pst_text *rest, size_t len)
{
    *rest = (struct pst_text){rest->at + len, rest->len - len};
}

/* `rest` stands behind "\u". */
static uint32_t take_unicode_escape(struct pst_text *rest)
{
    uint32_t rune = hex4(rest->at);
    skip(rest, 4);
    if (rune < 0xd800 || rune > 0xdbff)
        return rune;
    uint32_t low = hex4(rest->at + 2);
    skip(rest, 6);
    return 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
}

/* The next character as it is meant. The scan has checked the text: nothing here can fail. */
static uint32_t take_rune(struct pst_text *rest)
{
    static const char meant[][2] = {
        {'b', '\b'}, {'f', '\f'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}};
    uint32_t rune = 0;

    if (rest->at[0] != '\\') {
        (void)pst_utf8_take(rest, &rune);
        return rune;
    }
    char letter = rest->at[1];
    skip(rest, 2);
    if (letter == 'u')
        return take_unicode_escape(rest);
    for (size_t i = 0; i < PST_COUNT(meant); i++)
        if (meant[i][0] == letter)
            return (uint32_t)meant[i][1];
    return (uint32_t)letter;
}

static int compare_decoded(struct pst_text a, struct pst_text b)
{
    while (a.len > 0 && b.len > 0) {
        uint32_t rune_a = take_rune(&a);
        uint32_t rune_b = take_rune(&b);
        if (rune_a != rune_b)
            return rune_a < rune_b ? -1 : 1;
    }
    return (a.len > 0) - (b.len > 0);
}

/* UTF-8 sorts by bytes as its characters do by number: both ways of comparing make one order. */
static int compare_bytes(struct pst_text a, struct pst_text b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.at, b.at, common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_names(const void *left, const void *right)
{
    const struct pst_json_raw_name *a = left;
    const struct pst_json_raw_name *b = right;
    return a->escaped || b->escaped ? compare_decoded(a->raw, b->raw)
                                    : compare_bytes(a->raw, b->raw);
}

void pst_json_names_sort(struct pst_json_names *names, size_t first)
{
    if (names->count - first > 1)
        qsort(names->at + first, names->count - first, sizeof names->at[0], compare_names);
}

bool pst_json_names_twice(const struct pst_json_names *names, size_t *index, struct pst_text *raw)
{
    for (size_t i = *index; i + 1 < names->count; i++) {
        if (compare_names(&names->at[i], &names->at[i + 1]) == 0) {
            *index = i + 1;
            *raw = names->at[i + 1].raw;
            return true;
        }
    }
    return false;
}
