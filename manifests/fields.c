/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/fields.h"

#include <inttypes.h>

#include "manifests/instant.h"
#include "manifests/utf8.h"

struct pst_fields pst_fields_open(const struct pst_json *object, struct pst_report *why)
{
    struct pst_fields fields = {.object = object, .why = why};
    if (pst_json_type(object) != PST_JSON_OBJECT) {
        fields.object = NULL;
        fields.first = pst_refuse(
            why, PST_WRONG_TYPE, pst_say("an object"),
            pst_say("%s", object == NULL ? "nothing" : pst_json_type_name(pst_json_type(object))));
    }
    return fields;
}

static bool was_read(const struct pst_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->read_count; i++)
        if (strcmp(fields->read[i], name) == 0)
            return true;
    return false;
}

/*
 * The member, which from now on counts as known. A parser with more names than there is room for
 * has its last ones refused as unknown: its first test shows it.
 */
static const struct pst_json *look_up(struct pst_fields *fields, const char *name)
{
    if (!was_read(fields, name) && fields->read_count < PST_FIELDS_MOST)
        fields->read[fields->read_count++] = name;
    return pst_json_member(fields->object, name);
}

void pst_fields_merge(struct pst_fields *fields, enum pst_code code)
{
    if (fields->first == PST_OK)
        fields->first = code;
}

void pst_fields_fault(struct pst_fields *fields, const char *name, enum pst_code code,
                      struct pst_value expected, struct pst_value found)
{
    PST_WITHIN(fields->why, "%s", name);
    pst_fields_merge(fields, pst_refuse(fields->why, code, expected, found));
}

bool pst_fields_has(struct pst_fields *fields, const char *name)
{
    const struct pst_json *member = look_up(fields, name);
    return member != NULL && pst_json_type(member) != PST_JSON_NULL;
}

/*
 * The member of that type, or NULL after a fault. Without an object the one fault was told already.
 */
static const struct pst_json *of_type(struct pst_fields *fields, const char *name,
                                      enum pst_json_type type)
{
    const struct pst_json *member = look_up(fields, name);
    if (fields->object == NULL)
        return NULL;
    if (member == NULL) {
        pst_fields_fault(fields, name, PST_MISSING_FIELD, pst_say("%s", pst_json_type_name(type)),
                         pst_say("nothing"));
        return NULL;
    }
    if (pst_json_type(member) != type) {
        pst_fields_fault(fields, name, PST_WRONG_TYPE, pst_say("%s", pst_json_type_name(type)),
                         pst_say("%s", pst_json_type_name(pst_json_type(member))));
        return NULL;
    }
    return member;
}

int64_t pst_fields_integer(struct pst_fields *fields, const char *name, int64_t least, int64_t most)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_INTEGER);
    if (member == NULL)
        return 0;
    int64_t value = pst_json_integer(member);
    if (value >= least && value <= most)
        return value;
    pst_fields_fault(fields, name, PST_OUT_OF_BOUNDS,
                     pst_say("%" PRId64 " to %" PRId64, least, most), pst_say("%" PRId64, value));
    return 0;
}

bool pst_fields_bool(struct pst_fields *fields, const char *name)
{
    return pst_json_bool(of_type(fields, name, PST_JSON_BOOL));
}

static struct pst_value quoted(struct pst_text text)
{
    return pst_say("'%.*s'", text.len > 128 ? 128 : (int)text.len, text.len > 0 ? text.at : "");
}

static const struct pst_text nothing = {"", 0};

struct pst_text pst_fields_raw_text(struct pst_fields *fields, const char *name, size_t most)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_TEXT);
    struct pst_text text = pst_json_text(member);
    if (member == NULL || (text.len >= 1 && text.len <= most))
        return text;
    pst_fields_fault(fields, name, PST_OUT_OF_BOUNDS, pst_say("1 to %zu bytes", most),
                     pst_say("%zu bytes", text.len));
    return nothing;
}

struct pst_text pst_fields_text(struct pst_fields *fields, const char *name, size_t most)
{
    struct pst_text text = pst_fields_raw_text(fields, name, most);
    if (pst_utf8_is_plain(text))
        return text;
    pst_fields_fault(fields, name, PST_BAD_SYNTAX, pst_say("printable characters"), quoted(text));
    return nothing;
}

struct pst_text pst_fields_name(struct pst_fields *fields, const char *name)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_TEXT);
    struct pst_text text = pst_json_text(member);
    if (member == NULL || pst_name_is_safe(text))
        return text;
    pst_fields_fault(fields, name, PST_BAD_SYNTAX,
                     pst_say("1 to 64 of A-Z a-z 0-9 . _ -, not beginning with '.' or '-'"),
                     quoted(text));
    return nothing;
}

bool pst_fields_hex(struct pst_fields *fields, const char *name, uint8_t *out, size_t len)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_TEXT);
    struct pst_text text = pst_json_text(member);
    if (member == NULL)
        return false;
    if (pst_hex_is_lower(text) && pst_hex_parse(text, out, len))
        return true;
    pst_fields_fault(fields, name, PST_BAD_SYNTAX, pst_say("%zu digits of 0-9 a-f", 2 * len),
                     quoted(text));
    return false;
}

int64_t pst_fields_instant(struct pst_fields *fields, const char *name)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_TEXT);
    struct pst_text text = pst_json_text(member);
    int64_t at_s = 0;
    if (member != NULL && !pst_instant_parse(text, &at_s))
        pst_fields_fault(fields, name, PST_BAD_SYNTAX,
                         pst_say("an instant such as 2026-11-05T07:08:09Z"), quoted(text));
    return at_s;
}

struct pst_version pst_fields_version(struct pst_fields *fields, const char *name)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_TEXT);
    struct pst_version version = {0};
    if (member != NULL) {
        PST_WITHIN(fields->why, "%s", name);
        pst_fields_merge(fields, pst_version_parse(pst_json_text(member), &version, fields->why));
    }
    return version;
}

struct pst_version_range pst_fields_range(struct pst_fields *fields, const char *name)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_TEXT);
    struct pst_version_range range = {0};
    if (member != NULL) {
        PST_WITHIN(fields->why, "%s", name);
        pst_fields_merge(fields,
                         pst_version_range_parse(pst_json_text(member), &range, fields->why));
    }
    return range;
}

static struct pst_value listed(const char *const *words)
{
    struct pst_value value = pst_say("one of %s", words[0] != NULL ? words[0] : "nothing");
    for (size_t i = 1; words[0] != NULL && words[i] != NULL; i++)
        value = pst_say("%s, %s", value.at, words[i]);
    return value;
}

int pst_fields_choice(struct pst_fields *fields, const char *name, const char *const *words)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_TEXT);
    struct pst_text text = pst_json_text(member);
    if (member == NULL)
        return -1;
    for (int i = 0; words[i] != NULL; i++)
        if (pst_text_is(text, words[i]))
            return i;
    pst_fields_fault(fields, name, PST_OUT_OF_BOUNDS, listed(words), quoted(text));
    return -1;
}

const struct pst_json *pst_fields_object(struct pst_fields *fields, const char *name)
{
    return of_type(fields, name, PST_JSON_OBJECT);
}

const struct pst_json *pst_fields_array(struct pst_fields *fields, const char *name, size_t least,
                                        size_t most)
{
    const struct pst_json *member = of_type(fields, name, PST_JSON_ARRAY);
    size_t count = pst_json_count(member);
    if (member == NULL || (count >= least && count <= most))
        return member;
    pst_fields_fault(fields, name, PST_OUT_OF_BOUNDS, pst_say("%zu to %zu elements", least, most),
                     pst_say("%zu elements", count));
    return NULL;
}

enum pst_code pst_fields_close(struct pst_fields *fields)
{
    for (const struct pst_json *member = pst_json_first(fields->object); member != NULL;
         member = pst_json_next(member)) {
        struct pst_text name = pst_json_name(member);
        if (!was_read(fields, name.at))
            pst_fields_fault(fields, name.at, PST_UNKNOWN_FIELD, pst_say("only known members"),
                             quoted(name));
    }
    return fields->first;
}

enum pst_code pst_fields_close_open(struct pst_fields *fields)
{
    return fields->first;
}

bool pst_name_is_safe(struct pst_text name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (name.len < 1 || name.len > 64 || name.at[0] == '.' || name.at[0] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (memchr(allowed, name.at[i], sizeof allowed - 1) == NULL)
            return false;
    return true;
}

bool pst_target_path_is_safe(struct pst_text path)
{
    struct pst_text part;
    if (path.len > 255)
        return false;
    while (pst_take_until(&path, '/', &part))
        if (!pst_name_is_safe(part))
            return false;
    return pst_name_is_safe(path);
}
