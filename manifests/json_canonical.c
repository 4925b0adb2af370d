/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/json.h"

/*
 * The form that TUF signatures and keyids cover: no white space, members sorted, `"` and `\`
 * escaped and every other character as it is, line feeds and control characters too. It need not
 * be JSON. Recursion goes as deep as the parser let the document be.
 */
struct sink {
    struct pst_buf *out;
    struct pst_report *why;
};

static enum pst_code put(const struct sink *sink, const void *at, size_t len)
{
    if (pst_buf_add(sink->out, at, len))
        return PST_OK;
    return pst_refuse_growth(sink->why, sink->out);
}

static enum pst_code put_string(const struct sink *sink, const char *string)
{
    return put(sink, string, strlen(string));
}

static enum pst_code put_text(const struct sink *sink, struct pst_text text)
{
    enum pst_code rc = put_string(sink, "\"");
    while (rc == PST_OK && text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && text.at[plain] != '"' && text.at[plain] != '\\')
            plain++;
        rc = put(sink, text.at, plain);
        if (rc == PST_OK && plain < text.len) {
            char escaped[2] = {'\\', text.at[plain++]};
            rc = put(sink, escaped, sizeof escaped);
        }
        text = (struct pst_text){text.at + plain, text.len - plain};
    }
    return rc == PST_OK ? put_string(sink, "\"") : rc;
}

static enum pst_code put_value(const struct sink *sink, const struct pst_json *json);

static enum pst_code put_array(const struct sink *sink, const struct pst_json *json)
{
    enum pst_code rc = put_string(sink, "[");
    const struct pst_json *first = pst_json_first(json);
    for (const struct pst_json *item = first; rc == PST_OK && item != NULL;
         item = pst_json_next(item)) {
        if (item != first)
            rc = put_string(sink, ",");
        if (rc == PST_OK)
            rc = put_value(sink, item);
    }
    return rc == PST_OK ? put_string(sink, "]") : rc;
}

/* Bytes of UTF-8 sort as code points do. */
static int compare_names(const void *left, const void *right)
{
    const struct pst_json *const *a = left;
    const struct pst_json *const *b = right;
    return strcmp(pst_json_name(*a).at, pst_json_name(*b).at);
}

static enum pst_code put_members(const struct sink *sink, const struct pst_json *const *member,
                                 size_t count)
{
    enum pst_code rc = PST_OK;
    for (size_t i = 0; rc == PST_OK && i < count; i++) {
        if (i > 0)
            rc = put_string(sink, ",");
        if (rc == PST_OK)
            rc = put_text(sink, pst_json_name(member[i]));
        if (rc == PST_OK)
            rc = put_string(sink, ":");
        if (rc == PST_OK)
            rc = put_value(sink, member[i]);
    }
    return rc;
}

static enum pst_code put_object(const struct sink *sink, const struct pst_json *json)
{
    size_t count = pst_json_count(json);
    PST_CLEANUP(pst_heap) const struct pst_json **member = calloc(count + 1, sizeof(void *));
    if (member == NULL)
        return pst_no_memory(sink->why, "canonical JSON");

    size_t i = 0;
    for (const struct pst_json *child = pst_json_first(json); child != NULL;
         child = pst_json_next(child))
        member[i++] = child;
    qsort(member, count, sizeof(void *), compare_names);

    enum pst_code rc = put_string(sink, "{");
    if (rc == PST_OK)
        rc = put_members(sink, member, count);
    return rc == PST_OK ? put_string(sink, "}") : rc;
}

static enum pst_code put_integer(const struct sink *sink, const struct pst_json *json)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, pst_json_integer(json));
    return put_string(sink, digits);
}

static enum pst_code put_value(const struct sink *sink, const struct pst_json *json)
{
    switch (pst_json_type(json)) {
    case PST_JSON_NULL:
        return put_string(sink, "null");
    case PST_JSON_BOOL:
        return put_string(sink, pst_json_bool(json) ? "true" : "false");
    case PST_JSON_INTEGER:
        return put_integer(sink, json);
    case PST_JSON_TEXT:
        return put_text(sink, pst_json_text(json));
    case PST_JSON_ARRAY:
        return put_array(sink, json);
    case PST_JSON_OBJECT:
        return put_object(sink, json);
    }
    return PST_OK;
}

enum pst_code pst_json_canonical(const struct pst_json *json, struct pst_buf *out,
                                 struct pst_report *why)
{
    struct sink sink = {out, why};
    size_t before = out->len;
    enum pst_code rc = put_value(&sink, json);
    if (rc != PST_OK)
        out->len = before;
    return rc;
}
