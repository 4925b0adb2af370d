/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json_out.h"

#include <inttypes.h>
#include <stdio.h>

#include "manifests/instant.h"
#include "manifests/utf8.h"

static void put(struct pst_json_out *out, const void *at, size_t len)
{
    if (!out->failed && !pst_buf_add(out->buf, at, len))
        out->failed = true;
}

static void put_string(struct pst_json_out *out, const char *string)
{
    put(out, string, strlen(string));
}

/*
 * One character as json.h reads it again; what it would refuse (broken bytes, NUL) becomes U+FFFD.
 */
static void put_character(struct pst_json_out *out, struct pst_text *rest)
{
    const char *from = rest->at;
    uint32_t rune = 0;
    size_t size = pst_utf8_take(rest, &rune);
    char escape[8];

    if (size == 0)
        *rest = (struct pst_text){rest->at + 1, rest->len - 1};
    if (size == 0 || rune == 0) {
        put_string(out, "\xef\xbf\xbd");
    } else if (rune == '"' || rune == '\\') {
        put(out, (char[]){'\\', (char)rune}, 2);
    } else if (rune < 0x20 || rune == 0x7f) {
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)rune);
        put_string(out, escape);
    } else {
        put(out, from, size);
    }
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_text(struct pst_json_out *out, struct pst_text text)
{
    put_string(out, "\"");
    while (text.len > 0 && !out->failed) {
        size_t plain = 0;
        while (plain < text.len && is_plain(text.at[plain]))
            plain++;
        put(out, text.at, plain);
        text = (struct pst_text){text.at + plain, text.len - plain};
        if (text.len > 0)
            put_character(out, &text);
    }
    put_string(out, "\"");
}

/*
 * What stands before a value: a comma, a name. Outside of containers there is one value, unnamed.
 */
static void begin(struct pst_json_out *out, const char *name)
{
    if (out->depth == 0 && (out->comma || name != NULL))
        out->failed = true;
    if (out->comma)
        put_string(out, ",");
    if (name != NULL) {
        put_text(out, pst_text(name));
        put_string(out, ":");
    }
    out->comma = true;
}

void pst_out_open(struct pst_json_out *out, const char *name, char bracket)
{
    begin(out, name);
    put(out, &bracket, 1);
    out->comma = false;
    out->depth++;
}

void pst_out_close(struct pst_json_out *out, char bracket)
{
    if (out->depth == 0) {
        out->failed = true;
        return;
    }
    put(out, &bracket, 1);
    out->comma = true;
    out->depth--;
}

void pst_out_text(struct pst_json_out *out, const char *name, struct pst_text value)
{
    begin(out, name);
    put_text(out, value);
}

void pst_out_string(struct pst_json_out *out, const char *name, const char *value)
{
    if (value != NULL)
        pst_out_text(out, name, pst_text(value));
    else
        pst_out_null(out, name);
}

void pst_out_integer(struct pst_json_out *out, const char *name, int64_t value)
{
    char digits[24];
    begin(out, name);
    if (value > PST_JSON_INTEGER_MAX || value < -PST_JSON_INTEGER_MAX)
        out->failed = true; /* no reader of ours would take it */
    snprintf(digits, sizeof digits, "%" PRId64, value);
    put_string(out, digits);
}

void pst_out_bool(struct pst_json_out *out, const char *name, bool value)
{
    begin(out, name);
    put_string(out, value ? "true" : "false");
}

void pst_out_null(struct pst_json_out *out, const char *name)
{
    begin(out, name);
    put_string(out, "null");
}

void pst_out_hex(struct pst_json_out *out, const char *name, struct pst_bytes value)
{
    begin(out, name);
    put_string(out, "\"");
    for (size_t i = 0; i < value.len && !out->failed; i++) {
        char digits[3];
        pst_hex_print(pst_bytes(value.at + i, 1), digits);
        put(out, digits, 2);
    }
    put_string(out, "\"");
}

void pst_out_instant(struct pst_json_out *out, const char *name, int64_t at_s)
{
    char text[PST_INSTANT_ROOM];
    pst_out_string(out, name, pst_instant_print(at_s, text));
}

void pst_out_verbatim(struct pst_json_out *out, const char *name, struct pst_bytes json)
{
    begin(out, name);
    put(out, json.at, json.len);
}

static void put_children(struct pst_json_out *out, const char *name, const struct pst_json *value,
                         const char *brackets)
{
    bool named = brackets[0] == '{';
    pst_out_open(out, name, brackets[0]);
    for (const struct pst_json *child = pst_json_first(value); child != NULL && !out->failed;
         child = pst_json_next(child))
        pst_out_json(out, named ? pst_json_name(child).at : NULL, child);
    pst_out_close(out, brackets[1]);
}

/* Recursion goes as deep as the parser let the document be. */
void pst_out_json(struct pst_json_out *out, const char *name, const struct pst_json *value)
{
    switch (pst_json_type(value)) {
    case PST_JSON_NULL:
        pst_out_null(out, name);
        break;
    case PST_JSON_BOOL:
        pst_out_bool(out, name, pst_json_bool(value));
        break;
    case PST_JSON_INTEGER:
        pst_out_integer(out, name, pst_json_integer(value));
        break;
    case PST_JSON_TEXT:
        pst_out_text(out, name, pst_json_text(value));
        break;
    case PST_JSON_ARRAY:
        put_children(out, name, value, "[]");
        break;
    case PST_JSON_OBJECT:
        put_children(out, name, value, "{}");
        break;
    }
}

bool pst_json_out_is_whole(const struct pst_json_out *out)
{
    return !out->failed && out->depth == 0 && out->comma;
}
