/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/role_read.h"

enum { ALGORITHM_MOST = 64, FILE_NAME_MOST = 255 + 5 }; /* a role's name and ".json" */

static enum pst_code read_hex(struct pst_text text, uint8_t *out, size_t len, bool *has,
                              struct pst_report *why)
{
    *has = pst_hex_parse(text, out, len);
    if (*has)
        return PST_OK;
    return pst_refuse(why, PST_BAD_SYNTAX, pst_say("%zu hexadecimal digits", 2 * len),
                      pst_say("%.*s", PST_ARGS(text)));
}

static enum pst_code read_digest(const struct pst_json *json, struct pst_role_digests *digests,
                                 struct pst_report *why)
{
    struct pst_text name = {0};
    PST_WITHIN(why, "%.*s", PST_ARGS(pst_json_name(json)));
    enum pst_code code = pst_role_read_name(json, ALGORITHM_MOST, &name, why);
    if (code == PST_OK)
        code = pst_role_check_text(json, why);
    if (code != PST_OK)
        return code;
    digests->listed++;
    if (pst_text_is(name, "sha256"))
        return read_hex(pst_json_text(json), digests->sha256, sizeof digests->sha256,
                        &digests->has_sha256, why);
    if (pst_text_is(name, "sha512"))
        return read_hex(pst_json_text(json), digests->sha512, sizeof digests->sha512,
                        &digests->has_sha512, why);
    return PST_OK;
}

/* An empty list would pass every check that goes through it: it is no list of digests. */
void pst_role_read_digests(struct pst_fields *fields, struct pst_role_digests *digests)
{
    const struct pst_json *json = pst_fields_object(fields, "hashes");
    if (json == NULL)
        return;
    size_t count = pst_json_count(json);
    if (count == 0 || count > ALGORITHM_MOST) {
        pst_fields_fault(fields, "hashes", PST_OUT_OF_BOUNDS,
                         pst_say("1 to %d digests", ALGORITHM_MOST), pst_say("%zu", count));
        return;
    }
    PST_WITHIN(fields->why, "hashes");
    for (const struct pst_json *at = pst_json_first(json); at != NULL; at = pst_json_next(at))
        pst_fields_merge(fields, read_digest(at, digests, fields->why));
}

/* "" would be the file ".json" of a role without a name. */
static enum pst_code read_file_name(const struct pst_json *json, struct pst_text *out,
                                    struct pst_report *why)
{
    static const char ending[] = ".json";
    const size_t len = sizeof ending - 1;
    struct pst_text name = pst_json_name(json);
    if (name.len <= len || memcmp(name.at + name.len - len, ending, len) != 0)
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("a name that ends in %s", ending),
                          pst_say("%.*s", PST_ARGS(name)));
    return pst_role_read_name(json, FILE_NAME_MOST, out, why);
}

static enum pst_code read_file(const struct pst_json *json, void *element, struct pst_report *why)
{
    struct pst_role_file *file = element;
    struct pst_fields fields = pst_fields_open(json, why);

    pst_fields_merge(&fields, read_file_name(json, &file->name, why));
    file->version = pst_fields_integer(&fields, "version", 1, PST_JSON_INTEGER_MAX);
    file->has_length = pst_document_has(&fields, "length");
    if (file->has_length)
        file->length_bytes = pst_fields_integer(&fields, "length", 0, PST_JSON_INTEGER_MAX);
    if (pst_document_has(&fields, "hashes"))
        pst_role_read_digests(&fields, &file->digests);
    return pst_fields_close_open(&fields);
}

static int compare_files(const void *a, const void *b)
{
    const struct pst_role_file *left = a, *right = b;
    return pst_role_compare(left->name, right->name);
}

void pst_role_read_meta(struct pst_fields *fields, struct pst_role *role)
{
    static const struct pst_role_list files = {"meta", SIZE_MAX, sizeof(struct pst_role_file),
                                               read_file};
    const char *needed = role->kind == PST_ROLE_TIMESTAMP ? "snapshot.json" : "targets.json";
    const struct pst_json *json = pst_fields_object(fields, files.name);
    if (json == NULL)
        return;
    role->file = pst_role_read_list(fields, &files, json, &role->file_count);
    if (pst_json_member(json, needed) == NULL) {
        PST_WITHIN(fields->why, "%s", files.name);
        pst_fields_fault(fields, needed, PST_MISSING_FIELD, pst_say("%s", needed),
                         pst_say("not there"));
    }
    if (role->file_count > 0)
        qsort(role->file, role->file_count, sizeof *role->file, compare_files);
}
