/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/role_read.h"

enum { SPEC_VERSION_MOST = 32 };

/* "1", "1.0", "1.0.34": one to three numbers, of which the first alone tells whether we can
 * read on. */
static bool split_spec_version(struct pst_text text, uint64_t *major)
{
    uint64_t number = 0;
    if (!pst_take_number(&text, UINT32_MAX, major))
        return false;
    for (int parts = 1; parts < 3 && text.len > 0; parts++)
        if (!pst_take(&text, ".") || !pst_take_number(&text, UINT32_MAX, &number))
            return false;
    return text.len == 0;
}

static struct pst_text read_spec_version(struct pst_fields *fields)
{
    struct pst_text text = pst_fields_text(fields, "spec_version", SPEC_VERSION_MOST);
    uint64_t major = 0;
    if (text.len == 0)
        return text;
    if (!split_spec_version(text, &major))
        pst_fields_fault(fields, "spec_version", PST_BAD_SYNTAX, pst_say("1.x.y"),
                         pst_say("%.*s", PST_ARGS(text)));
    else if (major != 1)
        pst_fields_fault(fields, "spec_version", PST_METADATA_FORMAT_UNKNOWN, pst_say("1.x.y"),
                         pst_say("%.*s", PST_ARGS(text)));
    return text;
}

/* One role's file must never pass for another's, however well it is signed. */
static bool read_type(struct pst_fields *fields, enum pst_role_kind kind)
{
    struct pst_text type = pst_fields_text(fields, "_type", PST_VALUE_BYTES);
    if (type.len == 0 || pst_text_is(type, pst_role_kind_name(kind)))
        return true;
    pst_fields_fault(fields, "_type", PST_METADATA_WRONG_ROLE,
                     pst_say("%s", pst_role_kind_name(kind)), pst_say("%.*s", PST_ARGS(type)));
    return false;
}

enum pst_code pst_role_read_body(const struct pst_json *body, struct pst_role *role,
                                 struct pst_report *why)
{
    static void (*const readers[])(struct pst_fields *, struct pst_role *) = {
        [PST_ROLE_ROOT] = pst_role_read_root,
        [PST_ROLE_TIMESTAMP] = pst_role_read_meta,
        [PST_ROLE_SNAPSHOT] = pst_role_read_meta,
        [PST_ROLE_TARGETS] = pst_role_read_targets,
    };
    struct pst_fields fields = pst_fields_open(body, why);
    bool same_type = read_type(&fields, role->kind);
    role->spec_version = read_spec_version(&fields);
    role->version = pst_fields_integer(&fields, "version", 1, PST_JSON_INTEGER_MAX);
    role->expires_s = pst_fields_instant(&fields, "expires");
    if (same_type) /* what another kind of file does not have is no fault of it */
        readers[role->kind](&fields, role);
    return pst_fields_close_open(&fields);
}

enum pst_code pst_role_parse(enum pst_role_kind kind, struct pst_bytes in, struct pst_role **out,
                             struct pst_report *why)
{
    PST_CLEANUP(pst_role) struct pst_role *role = calloc(1, sizeof *role);
    if (role == NULL)
        return pst_no_memory(why, "a role");
    role->kind = kind;

    PST_WITHIN(why, "%s", pst_role_kind_name(kind));
    enum pst_code code = pst_envelope_read(in, &pst_json_large, &role->envelope, why);
    if (role->envelope == NULL)
        return code;
    enum pst_code of_body = pst_role_read_body(role->envelope->body, role, why);
    if (code != PST_OK || of_body != PST_OK)
        return code != PST_OK ? code : of_body;

    *out = role;
    role = NULL;
    return PST_OK;
}
