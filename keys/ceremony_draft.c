/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ceremony_draft.h"

#include <stdlib.h>

#include "keys/scheme.h"
#include "manifests/envelope.h"
#include "manifests/file.h"

enum { NEW_RULES = 4 };

static void free_key(struct pst_ceremony_key *key)
{
    if (key != NULL)
        pst_ceremony_key_clear(key);
    free(key);
}

void pst_ceremony_draft_free(struct pst_ceremony_draft *draft)
{
    if (draft == NULL)
        return;
    for (size_t i = 0; i < draft->key_count; i++)
        free_key(draft->key[i]);
    for (size_t i = 0; i < draft->rule_count; i++)
        free(draft->rule[i].pattern);
    free(draft->rule);
    free(draft->file);
    free(draft);
}

static struct pst_ceremony_key *find_key(const struct pst_ceremony_draft *draft, const char *id)
{
    for (size_t i = 0; i < draft->key_count; i++)
        if (strcmp(draft->key[i]->id, id) == 0)
            return draft->key[i];
    return NULL;
}

/* Takes what is in `key`, unless the draft has it already. Answers the draft's own. */
static enum pst_code take_key(struct pst_ceremony_draft *draft, struct pst_ceremony_key *key,
                              const char **id, struct pst_report *why)
{
    struct pst_ceremony_key *held = find_key(draft, key->id);
    if (held == NULL && draft->key_count == PST_COUNT(draft->key))
        return pst_refuse(why, PST_METADATA_LIMIT, pst_say("at most %d keys", PST_ROLE_KEYS_MOST),
                          pst_say("more"));
    if (held == NULL) {
        held = calloc(1, sizeof *held);
        if (held == NULL)
            return pst_no_memory(why, "a key");
        *held = *key;
        *key = (struct pst_ceremony_key){0};
        draft->key[draft->key_count++] = held;
    }
    *id = held->id;
    return PST_OK;
}

static enum pst_code copy_keys(struct pst_ceremony_draft *draft, const struct pst_role *from,
                               struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    for (size_t i = 0; rc == PST_OK && i < from->key_count; i++) {
        PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
        const char *id = NULL;
        rc = pst_ceremony_key_listed(&from->key[i], &key, why);
        if (rc == PST_OK)
            rc = take_key(draft, &key, &id, why);
    }
    return rc;
}

static enum pst_code copy_rule(struct pst_ceremony_draft *draft, const struct pst_role_rule *from,
                               struct pst_report *why)
{
    struct pst_ceremony_draft_rule *rule = &draft->rule[draft->rule_count];

    *rule = (struct pst_ceremony_draft_rule){
        .name = from->name.at, .threshold = from->threshold, .terminating = from->terminating};
    rule->pattern = calloc(from->pattern_count + 1, sizeof *rule->pattern);
    if (rule->pattern == NULL)
        return pst_no_memory(why, "a delegation");
    draft->rule_count++;
    for (size_t i = 0; i < from->pattern_count; i++)
        rule->pattern[rule->pattern_count++] = from->pattern[i].at;
    for (size_t i = 0; i < from->keyid_count; i++)
        rule->keyid[rule->keyid_count++] = from->keyid[i].at;
    return PST_OK;
}

static enum pst_code copy_targets(struct pst_ceremony_draft *draft, const struct pst_role *from,
                                  struct pst_report *why)
{
    draft->file = calloc(from->target_count + 1, sizeof *draft->file);
    if (draft->file == NULL)
        return pst_no_memory(why, "targets");
    for (size_t i = 0; i < from->target_count; i++) {
        const struct pst_role_target *target = &from->target[i];
        struct pst_role_draft_file *file = &draft->file[draft->file_count++];
        file->name = target->path.at;
        file->length_bytes = target->length_bytes;
        memcpy(file->sha256, target->digests.sha256, sizeof file->sha256);
    }
    return PST_OK;
}

static void copy_marks(struct pst_ceremony_draft *draft, const struct pst_role *from)
{
    for (size_t i = 0; i < from->retired_count; i++)
        draft->retired[draft->retired_count++] = (struct pst_role_draft_mark){
            .name = from->retired[i].scheme.at, .from_s = from->retired[i].from_s};
    for (size_t i = 0; i < from->revoked_count; i++)
        draft->revoked[draft->revoked_count++] =
            (struct pst_role_draft_mark){.name = from->revoked[i].keyid.at,
                                         .from_s = from->revoked[i].from_s,
                                         .reason = from->revoked[i].reason.at,
                                         .public_part = from->revoked[i].public_part.at};
}

static const char *what_cannot_be_kept(const struct pst_role *from)
{
    if (from->succinct.present)
        return "delegations to hash bins";
    for (size_t i = 0; i < from->rule_count; i++)
        if (from->rule[i].by_hash_prefix)
            return "a delegation by hash prefixes";
    for (size_t i = 0; i < from->target_count; i++)
        if (from->target[i].custom != NULL || !from->target[i].digests.has_sha256 ||
            from->target[i].digests.listed != 1)
            return "targets with more than a length and a SHA-256";
    return NULL;
}

static enum pst_code copy(struct pst_ceremony_draft *draft, const struct pst_role *from,
                          struct pst_report *why)
{
    const char *lost = what_cannot_be_kept(from);
    if (lost != NULL)
        return pst_refuse(why, PST_METADATA_FORMAT_UNKNOWN,
                          pst_say("a file as postern-keys writes it"), pst_say("%s", lost));
    enum pst_code rc = copy_keys(draft, from, why);
    for (size_t i = 0; rc == PST_OK && i < from->rule_count; i++)
        rc = copy_rule(draft, &from->rule[i], why);
    if (rc == PST_OK)
        rc = copy_targets(draft, from, why);
    copy_marks(draft, from);
    return rc;
}

static void begin_root(struct pst_ceremony_draft *draft)
{
    static const char *const names[NEW_RULES] = {"root", "targets", "snapshot", "timestamp"};
    for (size_t i = 0; i < PST_COUNT(names); i++)
        draft->rule[draft->rule_count++] =
            (struct pst_ceremony_draft_rule){.name = names[i], .threshold = 1};
}

enum pst_code pst_ceremony_draft_new(enum pst_role_kind kind, const struct pst_role *from,
                                     struct pst_ceremony_draft **out, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL)
        return pst_no_memory(why, "a draft");
    draft->kind = kind;
    draft->rule_room = NEW_RULES + (from != NULL ? from->rule_count : 0);
    draft->rule = calloc(draft->rule_room, sizeof *draft->rule);
    if (draft->rule == NULL)
        return pst_no_memory(why, "a draft");
    if (from == NULL && kind == PST_ROLE_ROOT)
        begin_root(draft);
    enum pst_code rc = from != NULL ? copy(draft, from, why) : PST_OK;
    if (rc != PST_OK)
        return rc;
    *out = draft;
    draft = NULL;
    return PST_OK;
}

struct pst_ceremony_draft_rule *pst_ceremony_draft_rule(struct pst_ceremony_draft *draft,
                                                        const char *name)
{
    for (size_t i = 0; i < draft->rule_count; i++)
        if (strcmp(draft->rule[i].name, name) == 0)
            return &draft->rule[i];
    return NULL;
}

enum pst_code pst_ceremony_draft_delegate(struct pst_ceremony_draft *draft, const char *name,
                                          const char *pattern, struct pst_ceremony_draft_rule **out,
                                          struct pst_report *why)
{
    struct pst_ceremony_draft_rule *rule = pst_ceremony_draft_rule(draft, name);
    if (rule == NULL) {
        if (draft->rule_count == draft->rule_room)
            return pst_refuse(why, PST_METADATA_LIMIT, pst_say("fewer new roles at a time"),
                              pst_say("%zu", draft->rule_count));
        rule = &draft->rule[draft->rule_count];
        *rule = (struct pst_ceremony_draft_rule){
            .name = name, .threshold = 1, .terminating = true, .pattern_count = 1};
        rule->pattern = calloc(1, sizeof *rule->pattern);
        if (rule->pattern == NULL)
            return pst_no_memory(why, "a delegation");
        rule->pattern[0] = pattern;
        draft->rule_count++;
    }
    *out = rule;
    return PST_OK;
}

void pst_ceremony_draft_undelegate(struct pst_ceremony_draft *draft,
                                   const struct pst_ceremony_draft_rule *rule)
{
    size_t at = (size_t)(rule - draft->rule);
    free(draft->rule[at].pattern);
    draft->rule_count--;
    memmove(&draft->rule[at], &draft->rule[at + 1],
            (draft->rule_count - at) * sizeof draft->rule[0]);
}

static size_t index_in(const struct pst_ceremony_draft_rule *rule, const char *keyid)
{
    size_t i = 0;
    while (i < rule->keyid_count && strcmp(rule->keyid[i], keyid) != 0)
        i++;
    return i;
}

/* Whoever opts in knows what it costs; nobody gets there by a key file of the wrong name. */
static enum pst_code check_scheme(const struct pst_ceremony_draft *draft, const char *rule,
                                  const struct pst_ceremony_key *key, struct pst_report *why)
{
    struct pst_text scheme = pst_text(key->scheme);

    enum pst_code rc = pst_scheme_check_role(scheme, draft->kind, pst_text(rule), why);
    if (rc != PST_OK || draft->allows_sm2 || !pst_scheme_is_for_products(scheme))
        return rc;
    return pst_refuse(
        why, PST_USAGE,
        pst_say("--allow-sm2 with key %.8s; python-tuf then refuses the whole file", key->id),
        pst_say("%s without it", key->scheme));
}

enum pst_code pst_ceremony_draft_add_key(struct pst_ceremony_draft *draft,
                                         struct pst_ceremony_draft_rule *rule, const char *path,
                                         struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
    const char *id = NULL;

    enum pst_code rc = pst_ceremony_key_read(path, &key, why);
    if (rc != PST_OK)
        return rc;
    PST_WITHIN(why, "role %s", rule->name);
    if (index_in(rule, key.id) < rule->keyid_count)
        return pst_refuse(why, PST_INCONSISTENT, pst_say("each key once"),
                          pst_say("key %.8s of %s again", key.id, path));
    if (rule->keyid_count == PST_COUNT(rule->keyid))
        return pst_refuse(why, PST_METADATA_LIMIT,
                          pst_say("at most %d keys a role", PST_ROLE_KEYIDS_MOST), pst_say("more"));
    rc = check_scheme(draft, rule->name, &key, why);
    if (rc == PST_OK)
        rc = take_key(draft, &key, &id, why);
    if (rc == PST_OK)
        rule->keyid[rule->keyid_count++] = id;
    return rc;
}

static void drop(struct pst_ceremony_draft_rule *rule, size_t at)
{
    rule->keyid_count--;
    memmove(&rule->keyid[at], &rule->keyid[at + 1],
            (rule->keyid_count - at) * sizeof rule->keyid[0]);
}

enum pst_code pst_ceremony_draft_remove_key(struct pst_ceremony_draft_rule *rule, const char *keyid,
                                            struct pst_report *why)
{
    size_t at = index_in(rule, keyid);

    PST_WITHIN(why, "role %s", rule->name);
    if (at == rule->keyid_count)
        return pst_refuse(why, PST_KEY_UNKNOWN, pst_say("a key of '%s'", rule->name),
                          pst_say("%s", keyid));
    drop(rule, at);
    return PST_OK;
}

enum pst_code pst_ceremony_draft_revoke(struct pst_ceremony_draft *draft, const char *keyid,
                                        const struct pst_role_key *listed, const char *reason,
                                        int64_t from_s, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
    bool apart = listed != NULL && pst_scheme_is_for_products(listed->scheme);
    const char *id = keyid;
    enum pst_code rc = PST_OK;

    for (size_t i = 0; i < draft->revoked_count; i++)
        if (strcmp(draft->revoked[i].name, keyid) == 0)
            return pst_refuse(why, PST_INCONSISTENT, pst_say("a key that is not revoked yet"),
                              pst_say("%s", keyid));
    if (draft->revoked_count == PST_COUNT(draft->revoked))
        return pst_refuse(why, PST_METADATA_LIMIT,
                          pst_say("at most %d revoked keys", PST_ROLE_REVOKED_MOST),
                          pst_say("more"));
    if (listed != NULL && !apart)
        rc = pst_ceremony_key_listed(listed, &key, why);
    if (rc == PST_OK && listed != NULL && !apart)
        rc = take_key(draft, &key, &id, why);
    if (rc != PST_OK)
        return rc;
    for (size_t i = 0; i < draft->rule_count; i++)
        if (index_in(&draft->rule[i], keyid) < draft->rule[i].keyid_count)
            drop(&draft->rule[i], index_in(&draft->rule[i], keyid));
    draft->revoked[draft->revoked_count++] =
        (struct pst_role_draft_mark){.name = id,
                                     .from_s = from_s,
                                     .reason = reason,
                                     .public_part = apart ? listed->public_part.at : NULL};
    return PST_OK;
}

enum pst_code pst_ceremony_draft_retire(struct pst_ceremony_draft *draft, const char *scheme,
                                        int64_t from_s, struct pst_report *why)
{
    struct pst_role_draft_mark mark = {.name = scheme, .from_s = from_s};

    for (size_t i = 0; i < draft->retired_count; i++) {
        if (strcmp(draft->retired[i].name, scheme) == 0) {
            draft->retired[i] = mark;
            return PST_OK;
        }
    }
    if (draft->retired_count == PST_COUNT(draft->retired))
        return pst_refuse(why, PST_METADATA_LIMIT,
                          pst_say("at most %d retired schemes", PST_ROLE_RETIRED_MOST),
                          pst_say("more"));
    draft->retired[draft->retired_count++] = mark;
    return PST_OK;
}

static bool is_needed(const struct pst_ceremony_draft *draft, const char *id)
{
    for (size_t i = 0; i < draft->rule_count; i++)
        if (index_in(&draft->rule[i], id) < draft->rule[i].keyid_count)
            return true;
    for (size_t i = 0; i < draft->revoked_count; i++)
        if (strcmp(draft->revoked[i].name, id) == 0)
            return true;
    return false;
}

static enum pst_code print_body(const struct pst_ceremony_draft *draft, struct pst_buf *body,
                                struct pst_report *why)
{
    struct pst_role_draft_key key[PST_ROLE_KEYS_MOST];
    PST_CLEANUP(pst_heap)
    struct pst_role_draft_rule *rule = calloc(draft->rule_count + 1, sizeof *rule);
    size_t key_count = 0;

    if (rule == NULL)
        return pst_no_memory(why, "a draft");
    for (size_t i = 0; i < draft->key_count; i++)
        if (is_needed(draft, draft->key[i]->id))
            key[key_count++] = (struct pst_role_draft_key){draft->key[i]->id,
                                                           pst_buf_bytes(&draft->key[i]->object)};
    for (size_t i = 0; i < draft->rule_count; i++) {
        const struct pst_ceremony_draft_rule *from = &draft->rule[i];
        rule[i] = (struct pst_role_draft_rule){
            from->name,    from->threshold,     from->keyid,      from->keyid_count,
            from->pattern, from->pattern_count, from->terminating};
    }
    const struct pst_role_draft out = {
        .kind = draft->kind,
        .version = draft->version,
        .expires_s = draft->expires_s,
        .key = key,
        .key_count = key_count,
        .rule = rule,
        .rule_count = draft->rule_count,
        .file = draft->file,
        .file_count = draft->file_count,
        .retired = draft->retired,
        .revoked = draft->revoked,
        .retired_count = draft->retired_count,
        .revoked_count = draft->revoked_count,
    };
    return pst_role_print(&out, body, why);
}

enum pst_code pst_ceremony_draft_write(const struct pst_ceremony_draft *draft,
                                       const struct pst_role *root, const char *path, int64_t now_s,
                                       struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;

    enum pst_code rc = print_body(draft, &body, why);
    if (rc == PST_OK)
        rc = pst_envelope_print(pst_buf_bytes(&body), NULL, 0, &file, why);
    if (rc == PST_OK)
        rc = pst_role_parse(draft->kind, pst_buf_bytes(&file), &role, why);
    if (rc != PST_OK)
        return rc;
    const struct pst_ceremony_lint_in in = {
        .role = role, .root = root, .fleet = draft->fleet, .now_s = now_s};
    PST_WITHIN(why, "%s", pst_role_kind_name(draft->kind));
    rc = pst_ceremony_lint(&in, why);
    return rc == PST_OK ? pst_file_replace(path, pst_buf_bytes(&file), 0644, why) : rc;
}
