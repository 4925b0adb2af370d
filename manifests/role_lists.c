/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "manifests/role_read.h"
#include "manifests/utf8.h"

/* A report keeps half as many: reading on would only cost time, and a hostile file could buy
 * much. */
enum { BAD_CHILDREN_MOST = 64 };

static void *make_room(struct pst_fields *fields, const struct pst_role_list *list, size_t count)
{
    if (count == 0)
        return NULL;
    if (count > list->most) {
        pst_fields_fault(fields, list->name, PST_METADATA_LIMIT, pst_say("at most %zu", list->most),
                         pst_say("%zu", count));
        return NULL;
    }
    void *room = calloc(count, list->size);
    if (room == NULL)
        pst_fields_merge(fields, pst_no_memory(fields->why, list->name));
    return room;
}

static enum pst_code read_child(const struct pst_role_list *list, const struct pst_json *child,
                                bool named, size_t index, void *element, struct pst_report *why)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", index);
    PST_WITHIN(why, "%.*s", PST_ARGS(named ? pst_json_name(child) : pst_text(number)));
    return list->read(child, element, why);
}

void *pst_role_read_list(struct pst_fields *fields, const struct pst_role_list *list,
                         const struct pst_json *json, size_t *count)
{
    *count = 0;
    if (json == NULL)
        return NULL;
    unsigned char *room = make_room(fields, list, pst_json_count(json));
    if (room == NULL)
        return NULL;

    PST_WITHIN(fields->why, "%s", list->name);
    bool named = pst_json_type(json) == PST_JSON_OBJECT;
    size_t bad = 0;
    for (const struct pst_json *child = pst_json_first(json);
         child != NULL && bad < BAD_CHILDREN_MOST; child = pst_json_next(child)) {
        void *element = room + *count * list->size;
        enum pst_code code = read_child(list, child, named, *count, element, fields->why);
        (*count)++;
        bad += code != PST_OK;
        pst_fields_merge(fields, code);
    }
    return room;
}

static const struct pst_text *text_at(const struct pst_text *first, size_t index, size_t size)
{
    return (const struct pst_text *)(const void *)((const unsigned char *)first + index * size);
}

void pst_role_refuse_repeated(struct pst_fields *fields, const char *name,
                              const struct pst_text *first, size_t count, size_t size)
{
    for (size_t i = 1; i < count; i++) {
        struct pst_text text = *text_at(first, i, size);
        bool repeated = false;
        for (size_t j = 0; j < i && text.len > 0 && !repeated; j++)
            repeated = pst_text_equal(*text_at(first, j, size), text);
        if (repeated)
            pst_fields_fault(fields, name, PST_DUPLICATE_FIELD, pst_say("each once"),
                             pst_say("%.*s again", PST_ARGS(text)));
    }
}

static enum pst_code take_plain(struct pst_text text, size_t most, struct pst_text *out,
                                struct pst_report *why)
{
    if (text.len == 0 || text.len > most)
        return pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("1 to %zu bytes", most),
                          pst_say("%zu bytes", text.len));
    if (!pst_utf8_is_plain(text))
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("printable text"),
                          pst_say("%.*s", PST_ARGS(text)));
    *out = text;
    return PST_OK;
}

enum pst_code pst_role_read_name(const struct pst_json *child, size_t most, struct pst_text *out,
                                 struct pst_report *why)
{
    return take_plain(pst_json_name(child), most, out, why);
}

enum pst_code pst_role_check_text(const struct pst_json *child, struct pst_report *why)
{
    if (pst_json_type(child) == PST_JSON_TEXT)
        return PST_OK;
    return pst_refuse(why, PST_WRONG_TYPE, pst_say("%s", pst_json_type_name(PST_JSON_TEXT)),
                      pst_say("%s", pst_json_type_name(pst_json_type(child))));
}

enum pst_code pst_role_read_text(const struct pst_json *child, size_t most, struct pst_text *out,
                                 struct pst_report *why)
{
    enum pst_code code = pst_role_check_text(child, why);
    return code == PST_OK ? take_plain(pst_json_text(child), most, out, why) : code;
}
