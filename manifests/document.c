/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/document.h"

enum { FORMAT_MOST = 64, PATH_MOST = 255 };

enum pst_code pst_document_format(const struct pst_json *json, const char *format,
                                  const char *needs, struct pst_report *why)
{
    if (json == NULL || pst_json_type(json) != PST_JSON_OBJECT)
        return PST_OK;
    const struct pst_json *member = pst_json_member(json, "format");
    if (member == NULL || pst_json_type(member) != PST_JSON_TEXT)
        return PST_OK;

    struct pst_text found = pst_json_text(member);
    if (pst_text_is(found, format))
        return PST_OK;
    PST_WITHIN(why, "format");
    return pst_refuse(why, PST_METADATA_FORMAT_UNKNOWN, pst_say("%s", format),
                      pst_say("%.*s%s%s", (int)(found.len < FORMAT_MOST ? found.len : FORMAT_MOST),
                              found.at, needs[0] != '\0' ? ", which needs " : "", needs));
}

bool pst_document_has(const struct pst_fields *fields, const char *name)
{
    return fields->object != NULL && pst_json_member(fields->object, name) != NULL;
}

void pst_document_keep(struct pst_text text, char *out, size_t room)
{
    size_t len = text.len < room ? text.len : room - 1;
    if (len > 0)
        memcpy(out, text.at, len);
    out[len] = '\0';
}

void pst_document_name(struct pst_fields *fields, const char *name, char *out, size_t room)
{
    pst_document_keep(pst_fields_name(fields, name), out, room);
}

void pst_document_text(struct pst_fields *fields, const char *name, char *out, size_t room)
{
    pst_document_keep(pst_fields_text(fields, name, room - 1), out, room);
}

struct pst_text pst_document_path(struct pst_fields *fields, const char *name)
{
    struct pst_text path = pst_fields_text(fields, name, PATH_MOST);
    if (path.len == 0 || pst_target_path_is_safe(path))
        return path;
    pst_fields_fault(fields, name, PST_BAD_SYNTAX,
                     pst_say("names of letters, digits, '.', '_' and '-' joined by '/'"),
                     pst_say("%.*s", PST_ARGS(path)));
    return (struct pst_text){0};
}

static bool is_among(struct pst_text text, const struct pst_text *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pst_text_equal(list[i], text))
            return true;
    return false;
}

size_t pst_document_texts(struct pst_fields *fields, const char *name, size_t least, size_t most,
                          bool (*is_good)(struct pst_text text), const char *expected,
                          struct pst_text *out)
{
    const struct pst_json *array = pst_fields_array(fields, name, least, most);
    size_t count = 0, at = 0;
    if (array == NULL)
        return 0;

    PST_WITHIN(fields->why, "%s", name);
    for (const struct pst_json *child = pst_json_first(array); child != NULL;
         child = pst_json_next(child), at++) {
        PST_WITHIN(fields->why, "%zu", at);
        struct pst_text text = pst_json_text(child);
        enum pst_code code = PST_OK;
        if (pst_json_type(child) != PST_JSON_TEXT)
            code = pst_refuse(fields->why, PST_WRONG_TYPE, pst_say("a text"),
                              pst_say("%s", pst_json_type_name(pst_json_type(child))));
        else if (!is_good(text))
            code = pst_refuse(fields->why, PST_BAD_SYNTAX, pst_say("%s", expected),
                              pst_say("%.*s", PST_ARGS(text)));
        else if (is_among(text, out, count))
            code = pst_refuse(fields->why, PST_INCONSISTENT, pst_say("each only once"),
                              pst_say("%.*s again", PST_ARGS(text)));
        else
            out[count++] = text;
        pst_fields_merge(fields, code);
    }
    return count;
}

enum pst_code pst_document_finish(const struct pst_buf *written,
                                  enum pst_code (*check)(const struct pst_json *json,
                                                         struct pst_report *why),
                                  struct pst_buf *out, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    enum pst_code code = pst_json_parse(pst_buf_bytes(written), &pst_json_large, &json, why);
    if (code == PST_OK)
        code = check(json, why);
    if (code == PST_OK)
        code = pst_json_canonical(json, out, why);
    return code;
}
