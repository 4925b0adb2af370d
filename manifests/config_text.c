/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/config_text.h"

#include "manifests/utf8.h"

#define INTEGER_MOST UINT64_C(999999999999999999) /* 18 digits always fit int64_t */

struct reader {
    struct pst_text rest;
    size_t line;
    const char *name;
    struct pst_buf *out;
    struct pst_report *why;
    enum pst_code first;
};

static void fault(struct reader *reader, const char *wanted, struct pst_text found)
{
    PST_WITHIN(reader->why, "%s:%zu", reader->name, reader->line);
    enum pst_code rc = pst_refuse(reader->why, PST_CONFIG_SYNTAX, pst_say("%s", wanted),
                                  pst_say("%.*s", found.len > 64 ? 64 : (int)found.len, found.at));
    if (reader->first == PST_OK)
        reader->first = rc;
}

static void keep(struct reader *reader, const char *at, size_t len)
{
    if (!pst_buf_add(reader->out, at, len) && reader->first == PST_OK)
        reader->first = pst_no_memory(reader->why, "the configuration");
}

/* Hands the first `len` bytes on. */
static void pass(struct reader *reader, size_t len)
{
    struct pst_text passed = {reader->rest.at, len};
    for (size_t i = 0; i < len; i++)
        reader->line += passed.at[i] == '\n' ? 1 : 0;
    keep(reader, passed.at, len);
    reader->rest = (struct pst_text){reader->rest.at + len, reader->rest.len - len};
}

static size_t len_until(struct pst_text text, const char *end)
{
    size_t len = 0;
    while (len < text.len &&
           !pst_text_starts((struct pst_text){text.at + len, text.len - len}, end))
        len++;
    return len;
}

static size_t len_of(struct pst_text text, const char *allowed)
{
    size_t len = 0;
    while (len < text.len && text.at[len] != '\0' && strchr(allowed, text.at[len]) != NULL)
        len++;
    return len;
}

static void take_comment(struct reader *reader)
{
    bool block = pst_text_starts(reader->rest, "/*");
    size_t head = block ? 2 : 0;
    struct pst_text body = {reader->rest.at + head, reader->rest.len - head};
    size_t len = len_until(body, block ? "*/" : "\n");
    if (block && len == body.len)
        fault(reader, "an end of this comment", pst_text("none"));
    pass(reader, head + len + (block && len < body.len ? 2 : 0));
}

static void take_string(struct reader *reader)
{
    size_t begun = reader->line;
    pass(reader, 1);
    while (reader->rest.len > 0 && reader->rest.at[0] != '"') {
        if (pst_text_starts(reader->rest, "\\x00"))
            fault(reader, "a text without \\x00", pst_text("\\x00"));
        pass(reader, reader->rest.at[0] == '\\' && reader->rest.len > 1 ? 2 : 1);
    }
    if (reader->rest.len > 0) {
        pass(reader, 1);
        return;
    }
    reader->line = begun;
    fault(reader, "an end of this text", pst_text("none"));
}

/* Names may hold digits and dashes, which are no numbers then. */
static void take_name(struct reader *reader)
{
    pass(reader, len_of(reader->rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789_*-"));
}

static void take_number(struct reader *reader)
{
    size_t len = len_of(reader->rest, "+-.0123456789ABCDEFabcdefLlXx");
    struct pst_text whole = {reader->rest.at, len};
    struct pst_text digits = whole;
    uint64_t value = 0;

    if (!pst_take(&digits, "-"))
        (void)pst_take(&digits, "+");
    bool exact =
        digits.len > 0 && digits.at[0] != 'L' && pst_take_number(&digits, INTEGER_MOST, &value);
    bool suffixed = exact && pst_take(&digits, "L");
    if (!exact || digits.len > 0)
        fault(reader, "an integer in decimal digits, at most 18, without leading zero", whole);
    pass(reader, len);
    if (exact && !suffixed)
        keep(reader, "L", 1);
}

static void take_include(struct reader *reader)
{
    fault(reader, "settings of this file only", pst_text("an include"));
    pass(reader, len_until(reader->rest, "\n"));
}

static bool starts_name(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '*';
}

static bool starts_comment(struct pst_text rest)
{
    return pst_text_starts(rest, "#") || pst_text_starts(rest, "//") || pst_text_starts(rest, "/*");
}

static void take_next(struct reader *reader)
{
    char c = reader->rest.at[0];
    if (starts_comment(reader->rest))
        take_comment(reader);
    else if (c == '"')
        take_string(reader);
    else if (c == '@')
        take_include(reader);
    else if (starts_name(c))
        take_name(reader);
    else if (c != '\0' && strchr("+-.0123456789", c) != NULL)
        take_number(reader);
    else
        pass(reader, 1); /* white space, braces, and what libconfig finds fault with itself */
}

/* Comments and texts too: an editor that saved in another encoding would garble what is shown. */
static void check_encoding(struct reader *reader)
{
    size_t line = reader->line;
    struct pst_text rest = reader->rest;
    uint32_t rune = 1;

    while (rest.len > 0 && pst_utf8_take(&rest, &rune) > 0 && rune != 0)
        reader->line += rune == '\n' ? 1 : 0;
    if (rest.len > 0 || rune == 0)
        fault(reader, "UTF-8 text without NUL", pst_text("another byte"));
    reader->line = line;
}

enum pst_code pst_config_text_prepare(struct pst_text text, const char *name, struct pst_buf *out,
                                      struct pst_report *why)
{
    struct reader reader = {.rest = text, .line = 1, .name = name, .out = out, .why = why};
    check_encoding(&reader);
    while (reader.rest.len > 0 && reader.first != PST_NO_MEMORY)
        take_next(&reader);
    keep(&reader, "", 1);
    return reader.first;
}
