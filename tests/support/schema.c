/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/schema.h"

#include <dirent.h>
#include <stdio.h>

#include "manifests/file.h"
#include "manifests/json_out.h"
#include "tests/support/check.h"

enum { FILE_MOST = 1 << 20, SEEN_MOST = 256 };

struct pst_buf pst_test_file(const char *path)
{
    struct pst_buf content = pst_buf(FILE_MOST);
    if (pst_file_read(path, &content, /* why= */ NULL) != PST_OK)
        fail_msg("cannot read %s", path);
    return content;
}

static const char *explain(const struct pst_report *why)
{
    static char text[1024];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < why->count && len < sizeof text; i++)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "\n  %s at %s: expected %s, found %s",
                             pst_code_name(why->finding[i].code), why->finding[i].where,
                             why->finding[i].expected, why->finding[i].found);
    return text;
}

/* ---- examples */

static void check_example(const char *path, enum pst_code expected, pst_parse_check *parse)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_test_file(path);
    struct pst_report why = {0};
    enum pst_code code = parse(pst_buf_bytes(&content), &why);
    size_t findings = expected == PST_OK ? 0 : 1;
    if (code != expected || why.count != findings ||
        (findings == 1 && why.finding[0].code != expected))
        fail_msg("%s gave %s with %zu findings:%s", path, pst_code_name(code), why.count,
                 explain(&why));
}

static enum pst_code code_of_name(const char *name)
{
    struct pst_text rest = pst_text(name), code_name = {0};
    enum pst_code code = PST_OK;
    const char *end = strstr(name, "--");
    code_name = (struct pst_text){rest.at, end != NULL ? (size_t)(end - name) : 0};
    if (!pst_code_parse(code_name, &code))
        fail_msg("%s does not begin with a code and '--'", name);
    return code;
}

static void check_folder(const char *folder, const char *kind, pst_parse_check *parse)
{
    char path[512];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/%s", folder, kind);
    DIR *list = opendir(path);
    if (list == NULL)
        fail_msg("no folder %s", path);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", folder, kind, entry->d_name);
        check_example(path, strcmp(kind, "valid") == 0 ? PST_OK : code_of_name(entry->d_name),
                      parse);
        count++;
    }
    closedir(list);
    assert_true(count > 0);
}

void pst_examples_check(const char *folder, pst_parse_check *parse)
{
    check_folder(folder, "valid", parse);
    check_folder(folder, "invalid", parse);
}

/* ---- schema */

struct walk {
    const char *schema_path;
    const struct pst_json *schema, *example;
    pst_parse_check *parse;
    size_t seen_count;
    const struct pst_json *seen[SEEN_MOST]; /* properties that the example has */
};

/* Writes `node` again without `left_out`, and with a member more in `extended`. */
static void write_again(struct pst_json_out *out, const char *name, const struct pst_json *node,
                        const struct pst_json *left_out, const struct pst_json *extended)
{
    enum pst_json_type type = pst_json_type(node);
    if (type != PST_JSON_OBJECT && type != PST_JSON_ARRAY) {
        pst_out_json(out, name, node);
        return;
    }
    pst_out_open(out, name, type == PST_JSON_OBJECT ? '{' : '[');
    for (const struct pst_json *child = pst_json_first(node); child != NULL;
         child = pst_json_next(child))
        if (child != left_out)
            write_again(out, type == PST_JSON_OBJECT ? pst_json_name(child).at : NULL, child,
                        left_out, extended);
    if (node == extended)
        pst_out_integer(out, "nobody-knows-this", 1);
    pst_out_close(out, type == PST_JSON_OBJECT ? '}' : ']');
}

static void try_variant(struct walk *walk, const struct pst_json *left_out,
                        const struct pst_json *extended, enum pst_code expected, const char *what)
{
    PST_CLEANUP(pst_buf) struct pst_buf variant = pst_buf(FILE_MOST);
    struct pst_json_out out = pst_json_out(&variant);
    struct pst_report why = {0};

    write_again(&out, NULL, walk->example, left_out, extended);
    assert_true(pst_json_out_is_whole(&out));
    enum pst_code code = walk->parse(pst_buf_bytes(&variant), &why);
    if (code != expected || (expected != PST_OK && !pst_report_has(&why, expected)))
        fail_msg("%s: %s '%s' gave %s, not %s:%s", walk->schema_path,
                 extended != NULL ? "one member more in" : "without", what, pst_code_name(code),
                 pst_code_name(expected), explain(&why));
}

static const struct pst_json *member(const struct pst_json *object, const char *name)
{
    return object != NULL && pst_json_type(object) == PST_JSON_OBJECT
               ? pst_json_member(object, name)
               : NULL;
}

static bool is_listed(const struct pst_json *array, struct pst_text text)
{
    for (const struct pst_json *at = array != NULL ? pst_json_first(array) : NULL; at != NULL;
         at = pst_json_next(at))
        if (pst_text_equal(pst_json_text(at), text))
            return true;
    return false;
}

static const struct pst_json *resolve(const struct walk *walk, const struct pst_json *schema)
{
    const struct pst_json *ref = member(schema, "$ref");
    struct pst_text rest = ref != NULL ? pst_json_text(ref) : pst_text("");
    if (ref == NULL)
        return schema;
    assert_true(pst_take(&rest, "#/$defs/"));
    return resolve(walk, member(member(walk->schema, "$defs"), rest.at));
}

/* Alternatives are told apart by the values that they give "format". */
static const struct pst_json *alternative(const struct walk *walk, const struct pst_json *schema,
                                          const struct pst_json *instance)
{
    const struct pst_json *list = member(schema, "oneOf");
    if (list == NULL)
        return schema;
    for (const struct pst_json *at = pst_json_first(list); at != NULL; at = pst_json_next(at)) {
        const struct pst_json *one = resolve(walk, at);
        const struct pst_json *values = member(member(member(one, "properties"), "format"), "enum");
        if (is_listed(values, pst_json_text(member(instance, "format"))))
            return one;
    }
    fail_msg("%s: no alternative fits an example", walk->schema_path);
    return NULL;
}

static void mark(struct walk *walk, const struct pst_json *property)
{
    assert_true(walk->seen_count < SEEN_MOST);
    for (size_t i = 0; i < walk->seen_count; i++)
        if (walk->seen[i] == property)
            return;
    walk->seen[walk->seen_count++] = property;
}

static void visit(struct walk *walk, const struct pst_json *schema,
                  const struct pst_json *instance);

static void visit_object(struct walk *walk, const struct pst_json *schema,
                         const struct pst_json *instance)
{
    const struct pst_json *closed = member(schema, "additionalProperties");
    bool is_closed = closed != NULL && !pst_json_bool(closed);
    try_variant(walk, NULL, instance, is_closed ? PST_UNKNOWN_FIELD : PST_OK, "an object");
    for (const struct pst_json *property = pst_json_first(member(schema, "properties"));
         property != NULL; property = pst_json_next(property)) {
        struct pst_text name = pst_json_name(property);
        const struct pst_json *here = member(instance, name.at);
        if (here == NULL)
            continue;
        mark(walk, property);
        try_variant(walk, here, NULL,
                    is_listed(member(schema, "required"), name) ? PST_MISSING_FIELD : PST_OK,
                    name.at);
        visit(walk, property, here);
    }
}

static void visit(struct walk *walk, const struct pst_json *schema, const struct pst_json *instance)
{
    const struct pst_json *node = alternative(walk, resolve(walk, schema), instance);
    if (member(node, "properties") != NULL)
        visit_object(walk, node, instance);
    const struct pst_json *items = member(node, "items");
    if (items == NULL)
        return;
    for (const struct pst_json *at = pst_json_first(instance); at != NULL; at = pst_json_next(at))
        visit(walk, items, at);
}

/* A property that the example lacks would go untested. */
static void check_seen(const struct walk *walk, const struct pst_json *node)
{
    const struct pst_json *properties = member(node, "properties");
    for (const struct pst_json *property = properties != NULL ? pst_json_first(properties) : NULL;
         property != NULL; property = pst_json_next(property)) {
        bool seen = false;
        for (size_t i = 0; i < walk->seen_count; i++)
            seen = seen || walk->seen[i] == property;
        if (!seen)
            fail_msg("%s: the example has no '%s'", walk->schema_path, pst_json_name(property).at);
    }
    enum pst_json_type type = pst_json_type(node);
    if (type != PST_JSON_OBJECT && type != PST_JSON_ARRAY)
        return;
    for (const struct pst_json *child = pst_json_first(node); child != NULL;
         child = pst_json_next(child))
        check_seen(walk, child);
}

static struct pst_json *parse_file(const char *path)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_test_file(path);
    struct pst_json *json = NULL;
    struct pst_report why = {0};
    if (pst_json_parse(pst_buf_bytes(&content), &pst_json_large, &json, &why) != PST_OK)
        fail_msg("%s:%s", path, explain(&why));
    return json;
}

void pst_schema_check(const char *schema_path, const char *example_path, pst_parse_check *parse)
{
    PST_CLEANUP(pst_json) struct pst_json *schema = parse_file(schema_path);
    PST_CLEANUP(pst_json) struct pst_json *example = parse_file(example_path);
    struct walk walk = {schema_path, schema, example, parse, 0, {NULL}};

    try_variant(&walk, NULL, NULL, PST_OK, "nothing");
    visit(&walk, schema, example);
    check_seen(&walk, schema);
}
