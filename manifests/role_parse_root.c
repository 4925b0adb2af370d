/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/instant.h"
#include "manifests/role_read.h"

enum { SCHEME_MOST = 128, REASON_MOST = 256, PUBLIC_MOST = 16384 };

static enum pst_code read_rule(const struct pst_json *json, struct pst_role_rule *rule,
                               struct pst_report *why)
{
    PST_WITHIN(why, "%.*s", PST_ARGS(rule->name));
    struct pst_fields fields = pst_fields_open(json, why);
    pst_role_read_signers(&fields, rule);
    return pst_fields_close_open(&fields);
}

/* The four must be there; others ("mirrors") are left alone, as nothing asks for them. */
static enum pst_code read_rules(const struct pst_json *json, struct pst_role *role,
                                struct pst_report *why)
{
    static const enum pst_role_kind kinds[] = {PST_ROLE_ROOT, PST_ROLE_TIMESTAMP, PST_ROLE_SNAPSHOT,
                                               PST_ROLE_TARGETS};
    PST_WITHIN(why, "roles");
    struct pst_fields fields = pst_fields_open(json, why);
    for (size_t i = 0; i < PST_COUNT(kinds); i++) {
        const char *name = pst_role_kind_name(kinds[i]);
        const struct pst_json *object = pst_fields_object(&fields, name);
        struct pst_role_rule *rule = &role->rule[role->rule_count++];
        rule->name = pst_text(name);
        if (object != NULL)
            pst_fields_merge(&fields, read_rule(object, rule, why));
    }
    return pst_fields_close_open(&fields);
}

static enum pst_code read_retired(const struct pst_json *json, void *element,
                                  struct pst_report *why)
{
    struct pst_role_retired *retired = element;
    enum pst_code code = pst_role_read_name(json, SCHEME_MOST, &retired->scheme, why);
    if (code == PST_OK)
        code = pst_role_check_text(json, why);
    if (code != PST_OK)
        return code;
    if (!pst_instant_parse(pst_json_text(json), &retired->from_s))
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("YYYY-MM-DDTHH:MM:SSZ"),
                          pst_say("%.*s", PST_ARGS(pst_json_text(json))));
    return PST_OK;
}

static enum pst_code read_revoked(const struct pst_json *json, void *element,
                                  struct pst_report *why)
{
    struct pst_role_revoked *revoked = element;
    struct pst_fields fields = pst_fields_open(json, why);
    pst_fields_merge(&fields, pst_role_read_name(json, PST_KEYID_MOST, &revoked->keyid, why));
    revoked->from_s = pst_fields_instant(&fields, "from");
    revoked->reason = pst_fields_text(&fields, "reason", REASON_MOST);
    if (pst_document_has(&fields, "public"))
        revoked->public_part = pst_fields_raw_text(&fields, "public", PUBLIC_MOST);
    return pst_fields_close_open(&fields);
}

static void *read_marks(struct pst_fields *fields, const struct pst_role_list *list, size_t *count)
{
    const struct pst_json *json = NULL;
    if (pst_document_has(fields, list->name))
        json = pst_fields_object(fields, list->name);
    return pst_role_read_list(fields, list, json, count);
}

void pst_role_read_root(struct pst_fields *fields, struct pst_role *role)
{
    static const struct pst_role_list retired = {"x-postern-retired-schemes", PST_ROLE_RETIRED_MOST,
                                                 sizeof(struct pst_role_retired), read_retired};
    static const struct pst_role_list revoked = {"x-postern-revoked-keys", PST_ROLE_REVOKED_MOST,
                                                 sizeof(struct pst_role_revoked), read_revoked};

    if (pst_document_has(fields, "consistent_snapshot"))
        role->consistent_snapshot = pst_fields_bool(fields, "consistent_snapshot");
    pst_role_read_keys(fields, role);
    const struct pst_json *rules = pst_fields_object(fields, "roles");
    role->rule = calloc(PST_ROLE_TARGETS + 1, sizeof *role->rule);
    if (role->rule == NULL)
        pst_fields_merge(fields, pst_no_memory(fields->why, "a root's rules"));
    else if (rules != NULL)
        pst_fields_merge(fields, read_rules(rules, role, fields->why));
    role->retired = read_marks(fields, &retired, &role->retired_count);
    role->revoked = read_marks(fields, &revoked, &role->revoked_count);
}
