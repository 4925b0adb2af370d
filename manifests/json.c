/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json.h"

#include <cjson/cJSON.h>

#include "manifests/json_scan.h"

/*
 * A `struct pst_json` is a cJSON under another name: nothing outside this file knows. Of cJSON
 * only the parser and the plain links are used; its getters that ignore case are not.
 */
const struct pst_json_limits pst_json_small = {.bytes = 64 * 1024, .values = 4096, .depth = 16};
const struct pst_json_limits pst_json_large = {
    .bytes = 8 * 1024 * 1024, .values = 500000, .depth = 32};

static const cJSON *inside(const struct pst_json *json)
{
    return (const cJSON *)json;
}

static const struct pst_json *outside(const cJSON *item)
{
    return (const struct pst_json *)item;
}

static bool only_space(const char *at, const char *end)
{
    while (at < end && memchr(" \t\n\r", *at, 4) != NULL)
        at++;
    return at == end;
}

enum pst_code pst_json_parse(struct pst_bytes in, const struct pst_json_limits *limits,
                             struct pst_json **out, struct pst_report *why)
{
    enum pst_code rc = pst_json_scan(in, limits, why);
    if (rc != PST_OK)
        return rc;

    const char *text = (const char *)in.at;
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text, in.len, &end, false);
    /* The scan lets nothing through that cJSON would refuse, so memory is what was missing. */
    if (root == NULL)
        return pst_no_memory(why, "a JSON document");
    if (!only_space(end, text + in.len)) {
        cJSON_Delete(root);
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("the end of the document"),
                          pst_say("more after byte %zu", (size_t)(end - text)));
    }
    *out = (struct pst_json *)root;
    return PST_OK;
}

void pst_json_free(struct pst_json *json)
{
    cJSON_Delete((cJSON *)json);
}

enum pst_json_type pst_json_type(const struct pst_json *json)
{
    static const struct {
        int theirs;
        enum pst_json_type ours;
    } types[] = {
        {cJSON_False, PST_JSON_BOOL},     {cJSON_True, PST_JSON_BOOL},
        {cJSON_Number, PST_JSON_INTEGER}, {cJSON_String, PST_JSON_TEXT},
        {cJSON_Array, PST_JSON_ARRAY},    {cJSON_Object, PST_JSON_OBJECT},
    };
    for (size_t i = 0; json != NULL && i < PST_COUNT(types); i++)
        if ((inside(json)->type & 0xff) == types[i].theirs)
            return types[i].ours;
    return PST_JSON_NULL;
}

const char *pst_json_type_name(enum pst_json_type type)
{
    static const char *const names[] = {"null",   "true or false", "an integer",
                                        "a text", "an array",      "an object"};
    return names[type];
}

bool pst_json_bool(const struct pst_json *json)
{
    return json != NULL && cJSON_IsTrue(inside(json));
}

int64_t pst_json_integer(const struct pst_json *json)
{
    /*
     * Exact: the scan admits only integers that a double holds. `valueint` would stop at INT_MAX.
     */
    return pst_json_type(json) == PST_JSON_INTEGER ? (int64_t)inside(json)->valuedouble : 0;
}

struct pst_text pst_json_text(const struct pst_json *json)
{
    return pst_json_type(json) == PST_JSON_TEXT ? pst_text(inside(json)->valuestring)
                                                : (struct pst_text){"", 0};
}

static bool is_container(const struct pst_json *json)
{
    enum pst_json_type type = pst_json_type(json);
    return type == PST_JSON_ARRAY || type == PST_JSON_OBJECT;
}

size_t pst_json_count(const struct pst_json *json)
{
    size_t count = 0;
    for (const struct pst_json *child = pst_json_first(json); child != NULL;
         child = pst_json_next(child))
        count++;
    return count;
}

const struct pst_json *pst_json_first(const struct pst_json *json)
{
    return is_container(json) ? outside(inside(json)->child) : NULL;
}

const struct pst_json *pst_json_next(const struct pst_json *child)
{
    return outside(inside(child)->next);
}

struct pst_text pst_json_name(const struct pst_json *child)
{
    const char *name = inside(child)->string;
    return pst_text(name != NULL ? name : "");
}

const struct pst_json *pst_json_member(const struct pst_json *object, const char *name)
{
    return pst_json_type(object) == PST_JSON_OBJECT
               ? outside(cJSON_GetObjectItemCaseSensitive(inside(object), name))
               : NULL;
}
