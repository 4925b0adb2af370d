/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/json_change.h"

#include <ctype.h>
#include <stdio.h>

#include "tests/support/check.h"

enum { TEXT_MOST = 8 << 20 };

struct writer {
    size_t which, at; /* values so far */
    enum json_change change;
    const char *put;
    struct json_changed *out;
};

size_t json_value_count(const struct pst_json *json)
{
    size_t count = 0;
    for (const struct pst_json *at = pst_json_first(json); at != NULL; at = pst_json_next(at))
        count += 1 + json_value_count(at);
    return count;
}

static void add(struct writer *writer, const char *text)
{
    assert_true(pst_buf_add_text(&writer->out->text, text));
}

static void add_text(struct writer *writer, struct pst_text text, bool capital)
{
    add(writer, "\"");
    for (size_t i = 0; i < text.len; i++) {
        char byte = capital && i == 0 ? (char)toupper(text.at[i]) : text.at[i];
        if ((unsigned char)byte < 0x20 || byte == '"' || byte == '\\')
            assert_true(pst_buf_print(&writer->out->text, "\\u%04x", (unsigned)byte));
        else
            assert_true(pst_buf_add(&writer->out->text, &byte, 1));
    }
    add(writer, "\"");
}

static void add_value(struct writer *writer, const struct pst_json *json, const char *path);

static void add_member(struct writer *writer, const struct pst_json *child, bool named,
                       const char *path, bool chosen)
{
    if (named) {
        add_text(writer, pst_json_name(child), chosen && writer->change == JSON_CASE);
        add(writer, ":");
    }
    if (chosen && writer->change == JSON_PUT)
        add(writer, writer->put);
    else
        add_value(writer, child, path);
}

static void add_container(struct writer *writer, const struct pst_json *json, const char *path)
{
    bool named = pst_json_type(json) == PST_JSON_OBJECT;
    size_t index = 0, written = 0;

    add(writer, named ? "{" : "[");
    for (const struct pst_json *at = pst_json_first(json); at != NULL; at = pst_json_next(at)) {
        char child[300], number[24];
        snprintf(number, sizeof number, "%zu", index++);
        snprintf(child, sizeof child, "%s%s%.*s", path, *path != '\0' ? "/" : "",
                 PST_ARGS(named ? pst_json_name(at) : pst_text(number)));
        bool chosen = writer->at++ == writer->which;
        if (chosen) {
            snprintf(writer->out->path, sizeof writer->out->path, "%s", child);
            writer->out->value = at;
            writer->out->is_member = named;
        }
        if (chosen && writer->change == JSON_REMOVED)
            continue;
        add(writer, written++ > 0 ? "," : "");
        add_member(writer, at, named, child, chosen);
        if (chosen && writer->change == JSON_TWICE) {
            add(writer, ",");
            add_member(writer, at, named, child, false);
        }
    }
    add(writer, named ? "}" : "]");
}

static void add_value(struct writer *writer, const struct pst_json *json, const char *path)
{
    switch (pst_json_type(json)) {
    case PST_JSON_NULL:
        add(writer, "null");
        return;
    case PST_JSON_BOOL:
        add(writer, pst_json_bool(json) ? "true" : "false");
        return;
    case PST_JSON_INTEGER:
        assert_true(pst_buf_print(&writer->out->text, "%lld", (long long)pst_json_integer(json)));
        return;
    case PST_JSON_TEXT:
        add_text(writer, pst_json_text(json), false);
        return;
    case PST_JSON_ARRAY:
    case PST_JSON_OBJECT:
        add_container(writer, json, path);
        return;
    }
}

bool json_changed(const struct pst_json *json, size_t which, enum json_change change,
                  const char *put, struct json_changed *out)
{
    struct writer writer = {.which = which, .change = change, .put = put, .out = out};

    *out = (struct json_changed){.text = pst_buf(TEXT_MOST)};
    add_value(&writer, json, "");
    assert_non_null(out->value);
    if (change == JSON_PUT || out->is_member)
        return true;
    pst_buf_clear(&out->text);
    return false;
}
