/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers from a seed, and JSON as other writers write it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/valid.h"

/* ---- numbers --------------------------------------------------------------------------------- */

struct any any_seed(uint64_t seed)
{
    return (struct any){seed};
}

/* splitmix64. */
uint64_t any_number(struct any *any)
{
    uint64_t z = any->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t any_below(struct any *any, size_t end)
{
    return (size_t)(any_number(any) % end);
}

bool any_once_in(struct any *any, size_t times)
{
    return any_below(any, times) == 0;
}

int64_t any_between(struct any *any, int64_t least, int64_t most)
{
    switch (any_below(any, 4)) {
    case 0:
        return least;
    case 1:
        return most;
    default:
        return least + (int64_t)(any_number(any) % ((uint64_t)(most - least) + 1));
    }
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void must_hold(bool holds)
{
    if (holds)
        return;
    fprintf(stderr, "tests/attack/valid_text.c: out of memory, or of a buffer's room\n");
    exit(1);
}

void valid_print(struct pst_buf *out, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    must_hold(len >= 0 && (size_t)len < sizeof text && pst_buf_add(out, text, (size_t)len));
}

void valid_text(struct any *any, struct pst_buf *out, struct pst_text text)
{
    valid_print(out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.at[i];
        if (byte < 0x20 || byte == '"' || byte == '\\' || (byte < 0x80 && any_once_in(any, 64)))
            valid_print(out, any_once_in(any, 2) ? "\\u%04x" : "\\u%04X", byte);
        else
            must_hold(pst_buf_add(out, &byte, 1));
    }
    valid_print(out, "\"");
}

/* One of each length in UTF-8, at the ends of what is printable. */
static const char *const characters[] = {"a",
                                         "Z",
                                         "0",
                                         "-",
                                         "_",
                                         "~",
                                         "\"",
                                         "\\",
                                         " ",
                                         "\xc2\xa0" /* the first of two bytes */,
                                         "\xc3\xa9",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xe4\xb8\x96",
                                         "\xed\x9f\xbf",
                                         "\xee\x80\x80",
                                         "\xf0\x90\x80\x80",
                                         "\xf0\x9f\x94\x92",
                                         "\xf4\x8f\xbf\xbd",
                                         "b",
                                         "9",
                                         "."};

void valid_word(struct any *any, struct pst_buf *out, size_t most, const char *but)
{
    size_t len = 1 + (any_once_in(any, 8) ? most - 1 : any_below(any, most < 12 ? most : 12));
    size_t end = out->len + len;

    must_hold(pst_buf_add(out, "w", 1));
    while (out->len < end) {
        const char *character = characters[any_below(any, PST_COUNT(characters))];
        bool fits = strlen(character) <= end - out->len && strpbrk(character, but) == NULL;
        must_hold(pst_buf_add_text(out, fits ? character : "x"));
    }
}

/* ---- objects --------------------------------------------------------------------------------- */

struct pst_buf *valid_member(struct any *any, struct valid_object *object, const char *name)
{
    must_hold(object->count < VALID_MEMBERS);
    struct pst_buf *member = &object->member[object->count++];
    *member = pst_buf(8 << 20);
    valid_text(any, member, pst_text(name));
    valid_print(member, ":");
    return member;
}

void valid_close(struct any *any, struct valid_object *object, struct pst_buf *out)
{
    valid_print(out, "{");
    for (size_t left = object->count; left > 0; left--) {
        struct pst_buf *next = &object->member[any_below(any, left)];
        must_hold(pst_buf_add(out, next->at, next->len));
        valid_print(out, left > 1 ? "," : "");
        pst_buf_clear(next);
        *next = object->member[left - 1];
        object->member[left - 1] = (struct pst_buf){.at = NULL};
    }
    valid_print(out, "}");
    object->count = 0;
}

void valid_close_open(struct any *any, struct valid_object *object, struct pst_buf *out)
{
    static const char *const unknown[] = {"null",
                                          "true",
                                          "[]",
                                          "{}",
                                          "-9007199254740991",
                                          "9007199254740991",
                                          "\"\"",
                                          "0",
                                          "[[[[[[[[[[[[[[[[[[[[\"deep\"]]]]]]]]]]]]]]]]]]]]",
                                          "{\"signatures\":[],\"signed\":{\"version\":1}}",
                                          "\"\\ud83d\\udd12\\u0001\\n\""};
    char name[32];

    for (size_t i = any_once_in(any, 3) ? any_below(any, 4) : 0; i > 0; i--) {
        snprintf(name, sizeof name, "x-unknown-%zu", i);
        valid_print(valid_member(any, object, name), "%s",
                    unknown[any_below(any, PST_COUNT(unknown))]);
    }
    valid_close(any, object, out);
}

void valid_blanks(struct any *any, struct pst_bytes in, struct pst_buf *out)
{
    static const char *const blanks[] = {" ", "\n", "\t", "\r\n", "  ", "\n    "};
    bool inside = false, escaped = false, pretty = in.len < 100000 && any_once_in(any, 2);

    for (size_t i = 0; i < in.len; i++) {
        uint8_t byte = in.at[i];
        bool mark = !inside && strchr("{}[]:,", byte) != NULL;
        must_hold(pst_buf_add(out, &byte, 1));
        if (pretty && mark && any_once_in(any, 3))
            must_hold(pst_buf_add_text(out, blanks[any_below(any, PST_COUNT(blanks))]));
        if (byte == '"' && !escaped)
            inside = !inside;
        escaped = inside && byte == '\\' && !escaped;
    }
}
