/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "keys/tool/tool.h"
#include "manifests/file.h"

enum { ROOT_DAYS = 365, REVOKE_MOST = 32, THRESHOLD_MOST = PST_ROLE_KEYIDS_MOST };

static enum pst_code worse(enum pst_code first, enum pst_code next)
{
    return first != PST_OK ? first : next;
}

/* `otherwise` 0: as it stands in the rule. */
static enum pst_code set_threshold(const struct pst_tool *tool, const char *option,
                                   struct pst_ceremony_draft_rule *rule, struct pst_report *why)
{
    return pst_tool_number(tool, option, 1, THRESHOLD_MOST, rule->threshold, &rule->threshold, why);
}

static enum pst_code root_file(const struct pst_tool *tool, int64_t version, char out[PATH_ROOM],
                               struct pst_report *why)
{
    char name[40];
    snprintf(name, sizeof name, "%lld.root.json", (long long)version);
    return pst_tool_path(tool, name, "json", out, why);
}

static enum pst_code write_root(const struct pst_tool *tool, struct pst_ceremony_draft *draft,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = NULL;
    char path[PATH_ROOM], metadata[PATH_ROOM];

    enum pst_code rc = pst_tool_end(tool, "--expires", tool->now_s + (int64_t)ROOT_DAYS * DAY_S,
                                    &draft->expires_s, why);
    if (rc == PST_OK)
        rc = root_file(tool, draft->version, path, why);
    if (rc != PST_OK)
        return rc;
    if (access(path, F_OK) == 0)
        return pst_refuse(why, PST_HOST_EXISTS, pst_say("%s", path),
                          pst_say("a draft that is not signed by enough yet: sign it, or remove it "
                                  "to draft anew"));
    rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_folder_make(metadata, 0755, why);
    if (rc == PST_OK)
        rc = pst_tool_fleet(tool, tool->folder, &fleet, why);
    draft->fleet = fleet;
    if (rc == PST_OK)
        rc = pst_ceremony_draft_write(draft, NULL, path, tool->now_s, why);
    draft->fleet = NULL;
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), path);
    fprintf(tool->out, "%s: postern-keys sign %lld.root.json --key NAME\n",
            pst_tool_phrase(tool, SAY_NEXT), (long long)draft->version);
    return PST_OK;
}

static enum pst_code refuse_roots(const struct pst_tool *tool, struct pst_report *why)
{
    int64_t lowest = 0, highest = 0;
    char metadata[PATH_ROOM];

    enum pst_code rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_ceremony_root_range(metadata, &lowest, &highest, why);
    if (rc == PST_OK && highest > 0)
        rc = pst_refuse(why, PST_HOST_EXISTS,
                        pst_say("%s/%lld.root.json", metadata, (long long)highest),
                        pst_say("a root; `postern-keys root next` makes the one after it"));
    return rc;
}

enum pst_code pst_command_root_init(const struct pst_tool *tool, struct pst_report *why)
{
    static const char *const option_of_role[][2] = {
        {"root", "--root"},
        {"targets", "--targets"},
        {"snapshot", "--snapshot"},
        {"timestamp", "--timestamp"},
    };
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = NULL;

    enum pst_code rc = refuse_roots(tool, why);
    if (rc == PST_OK)
        rc = pst_ceremony_draft_new(PST_ROLE_ROOT, NULL, &draft, why);
    if (rc != PST_OK)
        return rc;
    draft->version = 1;
    for (size_t i = 0; i < PST_COUNT(option_of_role); i++) {
        struct pst_ceremony_draft_rule *rule = pst_ceremony_draft_rule(draft, option_of_role[i][0]);
        rc = worse(rc, pst_tool_add_keys(tool, option_of_role[i][1], draft, rule, NULL, why));
    }
    rc = worse(rc, set_threshold(tool, "--threshold", pst_ceremony_draft_rule(draft, "root"), why));
    rc = worse(rc, set_threshold(tool, "--targets-threshold",
                                 pst_ceremony_draft_rule(draft, "targets"), why));
    return rc == PST_OK ? write_root(tool, draft, why) : rc;
}

/* What `root next` works with. */
struct next {
    const struct pst_tool *tool;
    const struct pst_role *root;
    struct pst_role *targets; /* NULL: none there; only asked for names of keys */
    struct pst_ceremony_draft *draft;
    struct pst_tool_found_key revoked[REVOKE_MOST];
    struct pst_report *why;
};

static enum pst_code remove_keys(struct next *next, const char *option,
                                 struct pst_ceremony_draft_rule *rule)
{
    enum pst_code first = PST_OK;
    const char *word;

    for (size_t i = 0; (word = pst_arguments_at(next->tool->arguments, option, i)) != NULL; i++) {
        struct pst_tool_found_key found;
        enum pst_code rc = pst_tool_find_key(next->tool, word, next->root, NULL, &found, next->why);
        if (rc == PST_OK)
            rc = pst_ceremony_draft_remove_key(rule, found.id, next->why);
        first = worse(first, rc);
    }
    return first;
}

/* Removed before added: the same public key may come back with another window. */
static enum pst_code change_rule(struct next *next, const char *role, const char *add,
                                 const char *remove, const char *threshold)
{
    struct pst_ceremony_draft_rule *rule = pst_ceremony_draft_rule(next->draft, role);

    enum pst_code rc = remove_keys(next, remove, rule);
    rc = worse(rc, pst_tool_add_keys(next->tool, add, next->draft, rule, next->root, next->why));
    return worse(rc, set_threshold(next->tool, threshold, rule, next->why));
}

static enum pst_code set_online(struct next *next, const char *role, const char *option)
{
    struct pst_ceremony_draft_rule *rule = pst_ceremony_draft_rule(next->draft, role);

    if (!pst_arguments_has(next->tool->arguments, option))
        return PST_OK;
    rule->keyid_count = 0;
    return pst_tool_add_keys(next->tool, option, next->draft, rule, next->root, next->why);
}

static const char *reason_of(struct next *next)
{
    static const char *const reasons[] = {"leaked", "lost", "retired"};
    const char *given = pst_arguments_one(next->tool->arguments, "--reason");

    for (size_t i = 0; given != NULL && i < PST_COUNT(reasons); i++)
        if (strcmp(given, reasons[i]) == 0)
            return reasons[i];
    (void)pst_refuse(next->why, PST_USAGE, pst_say("--reason leaked, lost or retired"),
                     pst_say("%s", given != NULL ? given : "none"));
    return NULL;
}

static enum pst_code revoke(struct next *next)
{
    enum pst_code first = PST_OK;
    const char *word;

    if (!pst_arguments_has(next->tool->arguments, "--revoke"))
        return PST_OK;
    const char *reason = reason_of(next);
    if (reason == NULL)
        return PST_USAGE;
    for (size_t i = 0; (word = pst_arguments_at(next->tool->arguments, "--revoke", i)) != NULL;
         i++) {
        if (i == REVOKE_MOST)
            return pst_refuse(next->why, PST_USAGE, pst_say("at most %d at a time", REVOKE_MOST),
                              pst_say("more"));
        struct pst_tool_found_key *found = &next->revoked[i];
        enum pst_code rc =
            pst_tool_find_key(next->tool, word, next->root, next->targets, found, next->why);
        if (rc == PST_OK)
            rc = pst_ceremony_draft_revoke(next->draft, found->id, found->listed, reason,
                                           next->tool->now_s, next->why);
        first = worse(first, rc);
    }
    return first;
}

static enum pst_code retire(struct next *next)
{
    const char *scheme = pst_arguments_one(next->tool->arguments, "--retire-scheme");
    int64_t from_s = 0;

    if (scheme == NULL)
        return PST_OK;
    enum pst_code rc =
        pst_tool_instant(next->tool, "--from", next->tool->now_s, &from_s, next->why);
    if (rc != PST_OK)
        return rc;
    for (const char *const *known = pst_schemes(); *known != NULL; known++)
        if (strcmp(*known, scheme) == 0)
            return pst_ceremony_draft_retire(next->draft, *known, from_s, next->why);
    return pst_refuse(next->why, PST_ALGORITHM_UNKNOWN,
                      pst_say("a scheme that `new` makes keys of"), pst_say("%s", scheme));
}

static enum pst_code change_root(struct next *next)
{
    enum pst_code rc = change_rule(next, "root", "--add-root", "--remove-root", "--threshold");
    rc = worse(rc, change_rule(next, "targets", "--add-targets", "--remove-targets",
                               "--targets-threshold"));
    rc = worse(rc, set_online(next, "snapshot", "--set-snapshot"));
    rc = worse(rc, set_online(next, "timestamp", "--set-timestamp"));
    rc = worse(rc, revoke(next));
    return worse(rc, retire(next));
}

/* Keys of products stand there: --revoke may name them by their first digits. */
static struct pst_role *read_targets(const struct pst_tool *tool)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_TARGETS_BYTES);
    struct pst_role *targets = NULL;
    char path[PATH_ROOM];

    if (pst_tool_path(tool, "targets", "json", path, NULL) != PST_OK ||
        pst_file_read(path, &bytes, NULL) != PST_OK ||
        pst_role_parse(PST_ROLE_TARGETS, pst_buf_bytes(&bytes), &targets, NULL) != PST_OK)
        return NULL;
    return targets;
}

enum pst_code pst_command_root_next(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_CLEANUP(pst_role) struct pst_role *targets = read_targets(tool);
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = NULL;
    char metadata[PATH_ROOM];

    enum pst_code rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_ceremony_roots(metadata, INT64_MAX, tool->now_s, &trust, why);
    if (rc != PST_OK)
        return rc;
    const struct pst_role *root = pst_trust_role(trust, PST_ROLE_ROOT);
    rc = pst_ceremony_draft_new(PST_ROLE_ROOT, root, &draft, why);
    if (rc != PST_OK)
        return rc;
    struct next next = {.tool = tool, .root = root, .targets = targets, .draft = draft, .why = why};
    draft->version = root->version + 1;
    rc = change_root(&next);
    return rc == PST_OK ? write_root(tool, draft, why) : rc;
}
