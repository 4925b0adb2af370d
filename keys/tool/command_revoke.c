/* SPDX-License-Identifier: Apache-2.0 */
/* A key leaked, or is lost: the plan, step by step, and the drafts that need nobody else's key. */
#include <stdlib.h>
#include <unistd.h>

#include "keys/tool/revoke.h"
#include "manifests/file.h"

enum { WORDS_MOST = 40, WORD_ROOM = 160 };

static const char *words_of(const struct pst_revoke *plan, enum pst_phrase phrase)
{
    return pst_tool_phrase(plan->tool, phrase);
}

/* ---- drafting, by the commands themselves */

struct words {
    int count;
    char room[WORDS_MOST][WORD_ROOM];
    char *argv[WORDS_MOST];
};

static void add_word(struct words *words, const char *word)
{
    if (words->count == WORDS_MOST)
        return; /* more than any step here has */
    snprintf(words->room[words->count], WORD_ROOM, "%.150s", word);
    words->argv[words->count] = words->room[words->count];
    words->count++;
}

static void add_words(struct words *words, const char *option, const char *word)
{
    add_word(words, option);
    add_word(words, word);
}

static struct words begin_words(const char *group, const char *command)
{
    struct words words = {.count = 0};
    add_word(&words, "postern-keys");
    add_words(&words, group, command);
    return words;
}

/* Says the command, then runs it, unless it needs a key that does not exist yet. */
static enum pst_code draft(struct pst_revoke *plan, enum pst_phrase what, struct words *words,
                           bool can_do)
{
    char line[WORDS_MOST * WORD_ROOM] = "";

    for (int i = 0; i < words->count; i++) {
        size_t len = strlen(line);
        words->argv[i] = words->room[i];
        snprintf(line + len, sizeof line - len, "%s%s", i > 0 ? " " : "", words->room[i]);
    }
    pst_revoke_say_step(plan, what, SAY_YOU, can_do, "%s", line);
    return can_do ? pst_tool_run(plan->tool, words->count, words->argv, plan->why) : PST_OK;
}

static const char *new_name(const struct pst_revoke *plan)
{
    return plan->with != NULL ? plan->with : "NEW";
}

/* An earlier run drafted it: then it must revoke this key already, and say nothing more. */
static bool is_drafted(const struct pst_revoke *plan)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_ROOT_BYTES);
    PST_CLEANUP(pst_role) struct pst_role *root = NULL;
    char name[40], path[PATH_ROOM];

    snprintf(name, sizeof name, "%lld.root.json", (long long)plan->root->version + 1);
    return pst_tool_path(plan->tool, name, "json", path, NULL) == PST_OK &&
           pst_file_read(path, &bytes, NULL) == PST_OK &&
           pst_role_parse(PST_ROLE_ROOT, pst_buf_bytes(&bytes), &root, NULL) == PST_OK &&
           pst_ceremony_revoked(root, &plan->key) != NULL;
}

static enum pst_code draft_root(struct pst_revoke *plan, bool can_do)
{
    static const char *const option_of[][2] = {{"root", "--add-root"},
                                               {"targets", "--add-targets"},
                                               {"snapshot", "--set-snapshot"},
                                               {"timestamp", "--set-timestamp"}};
    struct words words = begin_words("root", "next");
    char signers[PST_REVOKE_LINE_ROOM];
    bool uses_new = false;

    add_word(&words, "--revoke");
    for (size_t i = 0; i < plan->use_count; i++) {
        bool is_repeated = false;
        for (size_t k = 0; k < i; k++)
            is_repeated = is_repeated || pst_text_equal(plan->use[k].keyid, plan->use[i].keyid);
        if (!is_repeated)
            add_word(&words, plan->use[i].keyid.at);
    }
    add_words(&words, "--reason", plan->reason);
    for (size_t i = 0; i < PST_COUNT(option_of); i++) {
        bool wants =
            pst_revoke_serves(plan, option_of[i][0]) && (plan->with != NULL || !can_do || i >= 2);
        if (wants)
            add_words(&words, option_of[i][1], new_name(plan));
        uses_new = uses_new || wants;
    }
    enum pst_code rc = PST_OK;
    if (!uses_new && is_drafted(plan))
        pst_revoke_say_step(plan, SAY_DRAFT_ROOT, SAY_YOU, true, "%lld.root.json",
                            (long long)plan->root->version + 1);
    else
        rc = draft(plan, SAY_DRAFT_ROOT, &words, can_do || !uses_new);
    if (rc != PST_OK)
        return rc;
    pst_revoke_list_signers(plan, plan->root, pst_role_rule(plan->root, pst_text("root")),
                            pst_revoke_serves(plan, "root"), signers);
    pst_revoke_say_step(plan, SAY_SIGN_ROOT, SAY_HOLDERS_ROOT, false,
                        "postern-keys sign %lld.root.json --key NAME   (%s)",
                        (long long)plan->root->version + 1, signers);
    return PST_OK;
}

static enum pst_code draft_delegations(struct pst_revoke *plan, bool can_do)
{
    for (size_t i = 0; i < plan->use_count; i++) {
        const struct pst_revoke_use *use = &plan->use[i];
        struct words words = begin_words("targets", "next");
        if (use->delegator != plan->targets)
            continue;
        if (pst_revoke_is_product(plan, use)) {
            add_words(&words, "--product", use->rule->name.at);
            add_words(&words, "--remove-role-key", use->keyid.at);
            if (plan->with != NULL || !can_do)
                add_words(&words, "--add-role-key", new_name(plan));
        } else {
            add_words(&words, "--assignments", new_name(plan));
        }
        enum pst_code rc = draft(plan, SAY_DRAFT_TARGETS, &words, can_do);
        if (rc != PST_OK)
            return rc;
    }
    return PST_OK;
}

static enum pst_code draft_targets(struct pst_revoke *plan, bool can_do)
{
    bool of_delegation = pst_revoke_serves_products(plan) || pst_revoke_serves(plan, "assignments");
    char signers[PST_REVOKE_LINE_ROOM];

    if (plan->targets == NULL || !(of_delegation || pst_revoke_serves(plan, "targets")))
        return PST_OK;
    enum pst_code rc = draft_delegations(plan, can_do);
    if (rc == PST_OK && !of_delegation) { /* the same content, for other signatures */
        struct words words = begin_words("targets", "next");
        rc = draft(plan, SAY_DRAFT_TARGETS, &words, true);
    }
    if (rc != PST_OK)
        return rc;
    pst_revoke_list_signers(plan, plan->root, pst_role_rule(plan->root, pst_text("targets")),
                            pst_revoke_serves(plan, "targets"), signers);
    pst_revoke_say_step(plan, SAY_SIGN_TARGETS, SAY_HOLDERS_TARGETS, false,
                        "postern-keys sign targets.json --key NAME   (%s)", signers);
    return PST_OK;
}

/* The thief may have published a higher version than the holders ever signed. */
static int64_t published_version(const struct pst_revoke *plan, const char *product)
{
    const char *published = pst_arguments_one(plan->tool->arguments, "--metadata");
    char name[PST_CEREMONY_NAME_MOST + 1];
    uint64_t version = 0;

    if (published == NULL ||
        pst_ceremony_latest(published, product, INT64_MAX, name, NULL) != PST_OK)
        return 0;
    struct pst_text rest = pst_text(name);
    return pst_take_number(&rest, PST_JSON_INTEGER_MAX - 1, &version) ? (int64_t)version : 0;
}

static enum pst_code draft_product(struct pst_revoke *plan, const struct pst_revoke_use *use)
{
    struct words words = begin_words("product", "next");
    char path[PATH_ROOM], above[32], signers[PST_REVOKE_LINE_ROOM];

    add_word(&words, use->rule->name.at);
    int64_t version = published_version(plan, use->rule->name.at);
    snprintf(above, sizeof above, "%lld", (long long)version);
    if (version > 0)
        add_words(&words, "--above", above);
    enum pst_code rc = pst_tool_path(plan->tool, use->rule->name.at, "json", path, plan->why);
    if (rc == PST_OK && access(path, F_OK) != 0)
        return PST_OK; /* nothing of it was ever released */
    if (rc == PST_OK)
        rc = draft(plan, SAY_DRAFT_PRODUCT, &words, true);
    if (rc != PST_OK)
        return rc;
    pst_revoke_list_signers(plan, plan->targets, use->rule, true, signers);
    pst_revoke_say_step(plan, SAY_SIGN_PRODUCT, SAY_HOLDERS_PRODUCT, false,
                        "postern-keys sign %.64s.json --key NAME   (%s)", use->rule->name.at,
                        signers);
    return PST_OK;
}

static enum pst_code draft_all(struct pst_revoke *plan, bool can_do)
{
    enum pst_code rc = draft_root(plan, can_do);
    if (rc == PST_OK)
        rc = draft_targets(plan, can_do);
    for (size_t i = 0; rc == PST_OK && i < plan->use_count; i++)
        if (pst_revoke_is_product(plan, &plan->use[i]))
            rc = draft_product(plan, &plan->use[i]);
    return rc;
}

static void say_service(struct pst_revoke *plan, bool is_stopped)
{
    static const char *const online[] = {"snapshot", "timestamp", "assignments"};

    for (size_t i = 0; i < PST_COUNT(online); i++)
        if (pst_revoke_serves(plan, online[i]))
            pst_revoke_say_step(plan, SAY_INSTALL_KEY, SAY_OPERATOR, false,
                                "install -m 600 %.64s.key STATE/keys/%s.key", new_name(plan),
                                online[i]);
    pst_revoke_say_step(plan, SAY_PUBLISH, SAY_OPERATOR, false, "postern publish %s",
                        plan->tool->folder);
    if (is_stopped)
        pst_revoke_say_step(plan, SAY_RESUME, SAY_OPERATOR, false, "postern rollout start ROLLOUT");
    fprintf(plan->tool->out, "%s: %s\n", words_of(plan, SAY_FROM_THEN),
            words_of(plan, SAY_WHEN_OVER));
}

static void say_title(const struct pst_revoke *plan)
{
    const char *name = pst_ceremony_name_of(plan->names, &plan->key);

    fprintf(plan->tool->out, "%s %s (%.8s)\n", words_of(plan, SAY_PLAN_OF),
            name[0] != '\0' ? name : "?", plan->key.id);
    for (size_t i = 0; i < plan->use_count; i++)
        pst_tool_say(plan->tool, SAY_ROLE, "%.*s, %lld/%zu", PST_ARGS(plan->use[i].rule->name),
                     (long long)plan->use[i].rule->threshold, plan->use[i].rule->keyid_count);
    fprintf(plan->tool->out, "  %s\n",
            words_of(plan, strcmp(plan->reason, "lost") == 0 ? SAY_LOST : SAY_LEAKED));
}

/* A root that nobody can sign any more is the one thing that cannot be mended from here. */
static enum pst_code check_root(const struct pst_revoke *plan)
{
    for (size_t i = 0; i < plan->use_count; i++) {
        const struct pst_revoke_use *use = &plan->use[i];
        int64_t left = pst_revoke_left(plan, use);
        if (use->delegator == plan->root && pst_text_is(use->rule->name, "root") &&
            strcmp(plan->reason, "lost") == 0 && left < use->rule->threshold)
            return pst_refuse(
                plan->why, PST_SIGNATURE_THRESHOLD,
                pst_say("%lld root keys beside the lost one", (long long)use->rule->threshold),
                pst_say("%lld: no terminal follows a root without them", (long long)left));
    }
    return PST_OK;
}

static enum pst_code tell_and_draft(struct pst_revoke *plan)
{
    bool is_leaked = strcmp(plan->reason, "leaked") == 0;
    bool stops =
        is_leaked && (pst_revoke_serves_products(plan) || pst_revoke_serves(plan, "assignments"));
    bool is_online = pst_revoke_serves(plan, "snapshot") || pst_revoke_serves(plan, "timestamp") ||
                     pst_revoke_serves(plan, "assignments");
    bool can_do = plan->with != NULL || !(pst_revoke_needs_new_key(plan) || is_online);

    enum pst_code rc = check_root(plan);
    if (rc != PST_OK)
        return rc;
    say_title(plan);
    if (stops)
        pst_revoke_say_step(plan, SAY_STOP_ROLLOUTS, SAY_OPERATOR, false,
                            "postern rollout pause ROLLOUT");
    if (!can_do)
        pst_revoke_say_step(
            plan, SAY_MAKE_KEY, is_online ? SAY_OPERATOR : SAY_NEW_HOLDER, false,
            "postern-keys new NEW --scheme %s%s; postern-keys revoke %s --reason %s --with NEW",
            plan->key.scheme, is_online ? " --plain" : " --days N", plan->tool->arguments->word[0],
            plan->reason);
    rc = draft_all(plan, can_do);
    if (rc == PST_OK)
        say_service(plan, stops);
    return rc;
}

/* ---- the key and who lists it */

static enum pst_code read_key(struct pst_revoke *plan)
{
    struct pst_tool_found_key found;
    const char *word = plan->tool->arguments->word[0];
    char path[PATH_ROOM];

    enum pst_code rc =
        pst_tool_find_key(plan->tool, word, plan->root, plan->targets, &found, plan->why);
    if (rc != PST_OK)
        return rc;
    if (found.listed != NULL)
        return pst_ceremony_key_listed(found.listed, &plan->key, plan->why);
    /* Renewed since it was listed: the same public part under another id. */
    rc = pst_tool_path(plan->tool, word, "pub", path, plan->why);
    return rc == PST_OK ? pst_ceremony_key_read(path, &plan->key, plan->why) : rc;
}

static enum pst_code make_plan(struct pst_revoke *plan)
{
    char keys[PATH_ROOM];

    enum pst_code rc = pst_tool_folder(plan->tool, "keys", keys, plan->why);
    if (rc == PST_OK)
        rc = pst_ceremony_names_read(keys, plan->names, plan->why);
    if (rc == PST_OK)
        rc = read_key(plan);
    if (rc != PST_OK)
        return rc;
    pst_revoke_find_uses(plan, plan->root);
    pst_revoke_find_uses(plan, plan->targets);
    if (plan->use_count == 0)
        return pst_refuse(plan->why, PST_KEY_UNKNOWN, pst_say("a key that a role lists"),
                          pst_say("%.16s, which none does", plan->key.id));
    return tell_and_draft(plan);
}

enum pst_code pst_command_revoke(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file targets = {0};
    PST_CLEANUP(pst_heap) struct pst_ceremony_names *names = calloc(1, sizeof *names);
    const char *reason = pst_arguments_one(tool->arguments, "--reason");
    char metadata[PATH_ROOM], path[PATH_ROOM];

    if (names == NULL)
        return pst_no_memory(why, "names of keys");
    if (strcmp(reason, "leaked") != 0 && strcmp(reason, "lost") != 0)
        return pst_refuse(why, PST_USAGE, pst_say("--reason leaked or lost"),
                          pst_say("%s", reason));
    enum pst_code rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_ceremony_roots(metadata, INT64_MAX, tool->now_s, &trust, why);
    if (rc == PST_OK)
        rc = pst_tool_path(tool, "targets", "json", path, why);
    if (rc == PST_OK && access(path, F_OK) == 0)
        rc = pst_tool_open_last(tool, "targets", path, &targets, why);
    if (rc != PST_OK)
        return rc;
    struct pst_revoke plan = {.tool = tool,
                              .reason = reason,
                              .with = pst_arguments_one(tool->arguments, "--with"),
                              .root = pst_trust_role(trust, PST_ROLE_ROOT),
                              .targets = targets.role,
                              .names = names,
                              .why = why};
    rc = make_plan(&plan);
    pst_ceremony_key_clear(&plan.key);
    return rc;
}
