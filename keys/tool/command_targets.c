/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "keys/tool/tool.h"
#include "manifests/fields.h"
#include "manifests/file.h"

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

/* The keys that are given take the place of those that were there. */
static enum pst_code set_keys(const struct pst_tool *tool, const char *option,
                              struct pst_ceremony_draft *draft,
                              struct pst_ceremony_draft_rule *rule, struct pst_report *why)
{
    if (pst_arguments_has(tool->arguments, option))
        rule->keyid_count = 0;
    if (rule->keyid_count == 0 && !pst_arguments_has(tool->arguments, option))
        return pst_refuse(why, PST_USAGE, pst_say("%s for the new role '%s'", option, rule->name),
                          pst_say("none"));
    return pst_tool_add_keys(tool, option, draft, rule, why);
}

static enum pst_code set_product(const struct pst_tool *tool, struct pst_ceremony_draft *draft,
                                 char pattern[PATTERN_ROOM], struct pst_report *why)
{
    const char *product = pst_arguments_one(tool->arguments, "--product");
    struct pst_ceremony_draft_rule *rule = NULL;

    if (product == NULL) {
        if (pst_arguments_has(tool->arguments, "--role-key") ||
            pst_arguments_has(tool->arguments, "--threshold"))
            return pst_refuse(why, PST_USAGE, pst_say("--product with --role-key or --threshold"),
                              pst_say("none"));
        return PST_OK;
    }
    enum pst_code rc = check_product(product, why);
    if (rc != PST_OK)
        return rc;
    snprintf(pattern, PATTERN_ROOM, "%s/*/*", product);
    rc = pst_ceremony_draft_delegate(draft, product, pattern, &rule, why);
    if (rc == PST_OK)
        rc = set_keys(tool, "--role-key", draft, rule, why);
    if (rc != PST_OK)
        return rc;
    return pst_tool_number(tool, "--threshold", 1, PST_ROLE_KEYIDS_MOST, rule->threshold,
                           &rule->threshold, why);
}

static enum pst_code set_assignments(const struct pst_tool *tool, struct pst_ceremony_draft *draft,
                                     struct pst_report *why)
{
    struct pst_ceremony_draft_rule *rule = NULL;

    if (!pst_arguments_has(tool->arguments, "--assignments"))
        return PST_OK;
    enum pst_code rc =
        pst_ceremony_draft_delegate(draft, "assignments", "assignments/*", &rule, why);
    return rc == PST_OK ? set_keys(tool, "--assignments", draft, rule, why) : rc;
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

static enum pst_code change_and_write(const struct pst_tool *tool, struct pst_ceremony_draft *draft,
                                      const char *path, struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    char metadata[PATH_ROOM], pattern[PATTERN_ROOM];

    enum pst_code rc = pst_tool_end(tool, "--expires", tool->now_s + (int64_t)TARGETS_DAYS * DAY_S,
                                    &draft->expires_s, why);
    if (rc == PST_OK)
        rc = remove_product(tool, draft, why);
    if (rc == PST_OK)
        rc = set_product(tool, draft, pattern, why);
    if (rc == PST_OK)
        rc = set_assignments(tool, draft, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_ceremony_roots(metadata, INT64_MAX, tool->now_s, &trust, why);
    if (rc == PST_OK)
        rc = pst_ceremony_draft_write(draft, pst_trust_role(trust, PST_ROLE_ROOT), path,
                                      tool->now_s, why);
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
    return change_and_write(tool, draft, path, why);
}

enum pst_code pst_command_targets_next(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_TARGETS_BYTES);
    PST_CLEANUP(pst_role) struct pst_role *before = NULL;
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = NULL;
    char path[PATH_ROOM];

    enum pst_code rc = pst_tool_path(tool, "targets", "json", path, why);
    if (rc == PST_OK)
        rc = pst_file_read(path, &bytes, why);
    if (rc == PST_OK)
        rc = pst_role_parse(PST_ROLE_TARGETS, pst_buf_bytes(&bytes), &before, why);
    if (rc == PST_OK)
        rc = pst_ceremony_draft_new(PST_ROLE_TARGETS, before, &draft, why);
    if (rc != PST_OK)
        return rc;
    draft->version = before->version + 1;
    return change_and_write(tool, draft, path, why);
}
