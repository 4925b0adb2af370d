/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "keys/tool/tool.h"
#include "manifests/fields.h"

enum { TARGETS_DAYS = 365, PATTERN_ROOM = 80 };

static enum pst_code check_product(const char *name, struct pst_report *why)
{
    static const char *const taken[] = {"root", "targets", "snapshot", "timestamp", "assignments"};

    if (!pst_name_is_safe(pst_text(name)))
        return pst_refuse(why, PST_USAGE,
                          pst_say("a product of letters, digits, '.', '_' and '-', 64 at most"),
                          pst_say("'%s'", name));
    for (size_t i = 0; i < PST_COUNT(taken); i++)
        if (strcmp(name, taken[i]) == 0)
            return pst_refuse(why, PST_USAGE, pst_say("a product that is no role's name"),
                              pst_say("'%s'", name));
    return PST_OK;
}

/* What targets.json is changed with. */
struct change {
    const struct pst_tool *tool;
    struct pst_ceremony_draft *draft;
    const struct pst_role *before; /* NULL: this is the first */
    const struct pst_role *root;   /* the last signed one */
    char pattern[PATTERN_ROOM];
    struct pst_report *why;
};

/* The keys that are given take the place of those that were there. */
static enum pst_code set_keys(const struct change *change, const char *option,
                              struct pst_ceremony_draft_rule *rule)
{
    bool is_given = pst_arguments_has(change->tool->arguments, option);

    if (is_given)
        rule->keyid_count = 0;
    return pst_tool_add_keys(change->tool, option, change->draft, rule, change->root, change->why);
}

static enum pst_code remove_keys(const struct change *change, struct pst_ceremony_draft_rule *rule)
{
    enum pst_code first = PST_OK;
    const char *word;

    for (size_t i = 0;
         (word = pst_arguments_at(change->tool->arguments, "--remove-role-key", i)) != NULL; i++) {
        struct pst_tool_found_key found;
        enum pst_code rc =
            pst_tool_find_key(change->tool, word, NULL, change->before, &found, change->why);
        if (rc == PST_OK)
            rc = pst_ceremony_draft_remove_key(rule, found.id, change->why);
        first = first == PST_OK ? rc : first;
    }
    return first;
}

/* Removed before added: the same public key may come back with another window. */
static enum pst_code change_keys(const struct change *change, struct pst_ceremony_draft_rule *rule)
{
    enum pst_code rc = remove_keys(change, rule);
    enum pst_code next = set_keys(change, "--role-key", rule);
    rc = rc == PST_OK ? next : rc;
    next = pst_tool_add_keys(change->tool, "--add-role-key", change->draft, rule, change->root,
                             change->why);
    rc = rc == PST_OK ? next : rc;
    if (rc == PST_OK && rule->keyid_count == 0)
        return pst_refuse(change->why, PST_USAGE,
                          pst_say("--role-key for the role '%s'", rule->name), pst_say("none"));
    return rc;
}

static enum pst_code set_product(struct change *change)
{
    static const char *const of_product[] = {"--role-key", "--add-role-key", "--remove-role-key",
                                             "--threshold"};
    const struct pst_arguments *arguments = change->tool->arguments;
    const char *product = pst_arguments_one(arguments, "--product");
    struct pst_ceremony_draft_rule *rule = NULL;

    for (size_t i = 0; product == NULL && i < PST_COUNT(of_product); i++)
        if (pst_arguments_has(arguments, of_product[i]))
            return pst_refuse(change->why, PST_USAGE, pst_say("--product with %s", of_product[i]),
                              pst_say("none"));
    if (product == NULL)
        return PST_OK;
    enum pst_code rc = check_product(product, change->why);
    if (rc != PST_OK)
        return rc;
    snprintf(change->pattern, PATTERN_ROOM, "%s/*/*", product);
    rc = pst_ceremony_draft_delegate(change->draft, product, change->pattern, &rule, change->why);
    if (rc == PST_OK)
        rc = change_keys(change, rule);
    if (rc != PST_OK)
        return rc;
    return pst_tool_number(change->tool, "--threshold", 1, PST_ROLE_KEYIDS_MOST, rule->threshold,
                           &rule->threshold, change->why);
}

static enum pst_code set_assignments(const struct change *change)
{
    struct pst_ceremony_draft_rule *rule = NULL;

    if (!pst_arguments_has(change->tool->arguments, "--assignments"))
        return PST_OK;
    enum pst_code rc = pst_ceremony_draft_delegate(change->draft, "assignments", "assignments/*",
                                                   &rule, change->why);
    return rc == PST_OK ? set_keys(change, "--assignments", rule) : rc;
}

static enum pst_code remove_product(const struct pst_tool *tool, struct pst_ceremony_draft *draft,
                                    struct pst_report *why)
{
    const char *product = pst_arguments_one(tool->arguments, "--remove-product");
    if (product == NULL)
        return PST_OK;
    enum pst_code rc = check_product(product, why);
    if (rc != PST_OK)
        return rc;
    struct pst_ceremony_draft_rule *rule = pst_ceremony_draft_rule(draft, product);
    if (rule == NULL)
        return pst_refuse(why, PST_METADATA_NOT_LISTED, pst_say("a product of targets.json"),
                          pst_say("'%s'", product));
    pst_ceremony_draft_undelegate(draft, rule);
    return PST_OK;
}

static enum pst_code change_all(struct change *change)
{
    const struct pst_tool *tool = change->tool;

    enum pst_code rc = pst_tool_end(tool, "--expires", tool->now_s + (int64_t)TARGETS_DAYS * DAY_S,
                                    &change->draft->expires_s, change->why);
    if (rc == PST_OK)
        rc = remove_product(tool, change->draft, change->why);
    if (rc == PST_OK)
        rc = set_product(change);
    return rc == PST_OK ? set_assignments(change) : rc;
}

static enum pst_code change_and_write(const struct pst_tool *tool, const struct pst_role *before,
                                      struct pst_ceremony_draft *draft, const char *path,
                                      struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = NULL;
    struct change change = {.tool = tool, .draft = draft, .before = before, .why = why};
    char metadata[PATH_ROOM];

    draft->allows_sm2 = pst_arguments_has(tool->arguments, "--allow-sm2");
    enum pst_code rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_ceremony_roots(metadata, INT64_MAX, tool->now_s, &trust, why);
    if (rc == PST_OK)
        rc = pst_tool_fleet(tool, tool->folder, &fleet, why);
    if (rc != PST_OK)
        return rc;
    change.root = pst_trust_role(trust, PST_ROLE_ROOT);
    rc = change_all(&change);
    draft->fleet = fleet;
    if (rc == PST_OK)
        rc = pst_ceremony_draft_write(draft, change.root, path, tool->now_s, why);
    draft->fleet = NULL;
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), path);
    fprintf(tool->out, "%s: postern-keys sign targets.json --key NAME\n",
            pst_tool_phrase(tool, SAY_NEXT));
    return PST_OK;
}

enum pst_code pst_command_targets_init(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = NULL;
    char path[PATH_ROOM];

    enum pst_code rc = pst_tool_path(tool, "targets", "json", path, why);
    if (rc != PST_OK)
        return rc;
    if (access(path, F_OK) == 0)
        return pst_refuse(why, PST_HOST_EXISTS, pst_say("%s", path),
                          pst_say("`postern-keys targets next` changes it"));
    rc = pst_ceremony_draft_new(PST_ROLE_TARGETS, NULL, &draft, why);
    if (rc != PST_OK)
        return rc;
    draft->version = 1;
    return change_and_write(tool, NULL, draft, path, why);
}

enum pst_code pst_command_targets_next(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file before = {0};
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = NULL;
    char path[PATH_ROOM];

    enum pst_code rc = pst_tool_open_last(tool, "targets", path, &before, why);
    if (rc == PST_OK)
        rc = pst_ceremony_draft_new(PST_ROLE_TARGETS, before.role, &draft, why);
    if (rc != PST_OK)
        return rc;
    draft->version = before.role->version + 1;
    return change_and_write(tool, before.role, draft, path, why);
}
