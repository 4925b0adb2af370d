/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/role_read.h"

enum { ROLE_NAME_MOST = 255, PATH_MOST = 1024, PREFIX_MOST = 64, BIN_PREFIX_MOST = 246 };

static enum pst_code read_target(const struct pst_json *json, void *element, struct pst_report *why)
{
    struct pst_role_target *target = element;
    struct pst_fields fields = pst_fields_open(json, why);

    /* The path is kept as given: where a file is put is decided by who stores it, never by
     * this name. */
    pst_fields_merge(&fields, pst_role_read_name(json, PATH_MOST, &target->path, why));
    target->length_bytes = pst_fields_integer(&fields, "length", 0, PST_JSON_INTEGER_MAX);
    pst_role_read_digests(&fields, &target->digests);
    if (pst_document_has(&fields, "custom"))
        target->custom = pst_fields_object(&fields, "custom");
    return pst_fields_close_open(&fields);
}

static int compare_targets(const void *a, const void *b)
{
    const struct pst_role_target *left = a, *right = b;
    return pst_role_compare(left->path, right->path);
}

static enum pst_code read_glob(const struct pst_json *json, void *element, struct pst_report *why)
{
    return pst_role_read_text(json, PATH_MOST, element, why);
}

static enum pst_code read_prefix(const struct pst_json *json, void *element, struct pst_report *why)
{
    struct pst_text *prefix = element;
    enum pst_code code = pst_role_read_text(json, PREFIX_MOST, prefix, why);
    for (size_t i = 0; code == PST_OK && i < prefix->len; i++)
        if (strchr("0123456789abcdef", prefix->at[i]) == NULL)
            code = pst_refuse(why, PST_BAD_SYNTAX, pst_say("lower-case hexadecimal digits"),
                              pst_say("%.*s", PST_ARGS(*prefix)));
    return code;
}

/* Both at once would mean one thing to one client and another to the next. */
static void read_patterns(struct pst_fields *fields, struct pst_role_rule *rule)
{
    static const struct pst_role_list lists[] = {
        {"paths", PST_ROLE_PATTERNS_MOST, sizeof(struct pst_text), read_glob},
        {"path_hash_prefixes", PST_ROLE_PATTERNS_MOST, sizeof(struct pst_text), read_prefix},
    };
    if (fields->object == NULL) /* told already, and not twice */
        return;
    bool by_path = pst_document_has(fields, "paths");
    bool by_hash = pst_document_has(fields, "path_hash_prefixes");
    if (by_path == by_hash) {
        pst_fields_fault(fields, "paths", by_path ? PST_INCONSISTENT : PST_MISSING_FIELD,
                         pst_say("paths or path_hash_prefixes"),
                         pst_say(by_path ? "both" : "neither"));
        return;
    }
    const struct pst_role_list *list = &lists[by_hash];
    const struct pst_json *json = pst_fields_array(fields, list->name, 0, SIZE_MAX);
    rule->by_hash_prefix = by_hash;
    rule->pattern = pst_role_read_list(fields, list, json, &rule->pattern_count);
}

static void read_role_name(struct pst_fields *fields, struct pst_role_rule *rule)
{
    struct pst_text name = pst_fields_text(fields, "name", ROLE_NAME_MOST);
    for (int kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++)
        if (pst_text_is(name, pst_role_kind_name((enum pst_role_kind)kind)))
            pst_fields_fault(fields, "name", PST_INCONSISTENT,
                             pst_say("a name that is no top-level role's"),
                             pst_say("%.*s", PST_ARGS(name)));
    rule->name = name;
}

static enum pst_code read_delegation(const struct pst_json *json, void *element,
                                     struct pst_report *why)
{
    struct pst_role_rule *rule = element;
    struct pst_fields fields = pst_fields_open(json, why);
    read_role_name(&fields, rule);
    pst_role_read_signers(&fields, rule);
    rule->terminating = pst_fields_bool(&fields, "terminating");
    read_patterns(&fields, rule);
    return pst_fields_close_open(&fields);
}

static enum pst_code read_succinct(const struct pst_json *json, struct pst_role_succinct *succinct,
                                   struct pst_report *why)
{
    PST_WITHIN(why, "succinct_roles");
    struct pst_fields fields = pst_fields_open(json, why);
    succinct->present = true;
    pst_role_read_signers(&fields, &succinct->rule);
    succinct->bits = (unsigned)pst_fields_integer(&fields, "bit_length", 1, 32);
    succinct->name_prefix = pst_fields_text(&fields, "name_prefix", BIN_PREFIX_MOST);
    return pst_fields_close_open(&fields);
}

static void read_rules(struct pst_fields *fields, struct pst_role *role)
{
    static const struct pst_role_list roles = {"roles", PST_ROLE_RULES_MOST,
                                               sizeof(struct pst_role_rule), read_delegation};
    bool listed = pst_document_has(fields, "roles");
    bool succinct = pst_document_has(fields, "succinct_roles");
    if (listed == succinct) {
        pst_fields_fault(fields, "roles", listed ? PST_INCONSISTENT : PST_MISSING_FIELD,
                         pst_say("roles or succinct_roles"), pst_say(listed ? "both" : "neither"));
    } else if (listed) {
        const struct pst_json *json = pst_fields_array(fields, roles.name, 0, SIZE_MAX);
        role->rule = pst_role_read_list(fields, &roles, json, &role->rule_count);
        if (role->rule_count > 0)
            pst_role_refuse_repeated(fields, roles.name, &role->rule->name, role->rule_count,
                                     sizeof *role->rule);
    } else {
        const struct pst_json *json = pst_fields_object(fields, "succinct_roles");
        if (json != NULL)
            pst_fields_merge(fields, read_succinct(json, &role->succinct, fields->why));
    }
}

static enum pst_code read_delegations(const struct pst_json *json, struct pst_role *role,
                                      struct pst_report *why)
{
    PST_WITHIN(why, "delegations");
    struct pst_fields fields = pst_fields_open(json, why);
    pst_role_read_keys(&fields, role);
    read_rules(&fields, role);
    return pst_fields_close_open(&fields);
}

void pst_role_read_targets(struct pst_fields *fields, struct pst_role *role)
{
    static const struct pst_role_list targets = {"targets", SIZE_MAX,
                                                 sizeof(struct pst_role_target), read_target};
    const struct pst_json *json = pst_fields_object(fields, targets.name);
    role->target = pst_role_read_list(fields, &targets, json, &role->target_count);
    if (role->target_count > 0)
        qsort(role->target, role->target_count, sizeof *role->target, compare_targets);
    if (!pst_document_has(fields, "delegations"))
        return;
    const struct pst_json *delegations = pst_fields_object(fields, "delegations");
    if (delegations != NULL)
        pst_fields_merge(fields, read_delegations(delegations, role, fields->why));
}
