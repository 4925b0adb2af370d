/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshot and timestamp: drafted from the set, signed with the service's own keys, and verified as
 * a client would before they are handed out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "service/repository/repository_internal.h"

enum { BODY_MOST = 2 * PST_TRUST_SNAPSHOT_BYTES };

static const int64_t day_s = 86400;

static const struct pst_private_key *key_of(const struct pst_repository *repository,
                                            enum pst_role_kind kind)
{
    return kind == PST_ROLE_SNAPSHOT ? repository->options.snapshot_key
                                     : repository->options.timestamp_key;
}

static bool is_in_window(const struct pst_role_key *key, int64_t now_s)
{
    return key->not_before_s <= now_s && now_s < key->not_after_s;
}

/* Which of the rule's keys made this signature: one that is valid now before one that is not; NULL:
 * none. */
static const struct pst_role_key *find_signer(const struct pst_role *root,
                                              const struct pst_role_rule *rule, int64_t now_s,
                                              struct pst_bytes message, struct pst_text hex)
{
    const struct pst_role_key *found = NULL;

    for (size_t i = 0; i < rule->keyid_count; i++) {
        PST_CLEANUP(pst_public_key) struct pst_public_key *public = NULL;
        const struct pst_role_key *key = pst_role_key(root, rule->keyid[i]);
        if (key == NULL || pst_public_key_load(key->keytype, key->scheme, key->public_part, &public,
                                               NULL) != PST_OK)
            continue;
        if (!pst_public_key_verifies(public, message, hex))
            continue;
        if (is_in_window(key, now_s))
            return key;
        found = key;
    }
    return found;
}

static enum pst_code refuse_key(const struct pst_private_key *key, const struct pst_role_rule *rule,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(65536);
    char keyid[65] = "";

    enum pst_code rc = pst_private_key_describe(key, INT64_MIN, INT64_MAX, &object, keyid, why);
    if (rc != PST_OK)
        return rc;
    PST_WITHIN(why, "%.*s", PST_ARGS(rule->name));
    return pst_refuse(why, PST_KEY_WRONG_ROLE,
                      pst_say("key %.*s%s, as the root says", PST_ARGS(rule->keyid[0]),
                              rule->keyid_count > 1 ? " or one of the others" : ""),
                      pst_say("key %s", keyid));
}

/* Signs and names the signer as the root does. */
static enum pst_code sign(const struct pst_repository *repository, const struct pst_role *root,
                          enum pst_role_kind kind, struct pst_bytes body, struct pst_buf *hex,
                          const struct pst_role_key **signer, struct pst_report *why)
{
    const struct pst_private_key *key = key_of(repository, kind);
    const struct pst_role_rule *rule = pst_role_rule(root, pst_text(pst_role_kind_name(kind)));

    enum pst_code rc = pst_private_key_sign(key, body, hex, why);
    if (rc != PST_OK)
        return rc;
    *signer = find_signer(root, rule, pst_repository_now(repository), body, pst_buf_text(hex));
    if (*signer == NULL)
        return refuse_key(key, rule, why);
    return pst_buf_add(hex, "", 1) ? PST_OK : pst_no_memory(why, "a signature");
}

enum pst_code pst_online_check(const struct pst_repository *repository, const struct pst_role *root,
                               struct pst_report *why)
{
    static const enum pst_role_kind kinds[] = {PST_ROLE_SNAPSHOT, PST_ROLE_TIMESTAMP};
    static const char probe[] = "postern: whose key is this?";
    enum pst_code first = PST_OK;

    for (size_t i = 0; i < PST_COUNT(kinds); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST + 1);
        const struct pst_role_key *signer = NULL;
        enum pst_code rc =
            sign(repository, root, kinds[i], pst_bytes(probe, sizeof probe), &hex, &signer, why);
        if (first == PST_OK)
            first = rc;
    }
    return first;
}

static int64_t life_s(const struct pst_repository *repository, enum pst_role_kind kind)
{
    return day_s * (kind == PST_ROLE_SNAPSHOT ? repository->options.snapshot_days
                                              : repository->options.timestamp_days);
}

static enum pst_code wrap(const struct pst_repository *repository, struct pst_set *set,
                          enum pst_role_kind kind, const struct pst_buf *body,
                          struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST + 1);
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(BODY_MOST);
    PST_CLEANUP(pst_signed) struct pst_signed *part = NULL;
    const struct pst_role *root = set->root->role;
    const struct pst_role_key *signer = NULL;
    char keyid[PST_KEYID_MOST + 1];

    enum pst_code rc = sign(repository, root, kind, pst_buf_bytes(body), &hex, &signer, why);
    if (rc != PST_OK)
        return rc;
    (void)snprintf(keyid, sizeof keyid, "%.*s", PST_ARGS(signer->id));
    const struct pst_envelope_new_signature signature = {keyid, (const char *)hex.at};
    rc = pst_envelope_print(pst_buf_bytes(body), &signature, 1, &bytes, why);
    if (rc == PST_OK)
        rc = pst_signed_new(kind, pst_role_kind_name(kind), &bytes, &part, why);
    if (rc == PST_OK)
        rc = pst_signed_verify(part, root, root, pst_repository_now(repository), false, why);
    if (rc == PST_OK)
        rc = pst_set_put(set, part, why);
    return rc;
}

static enum pst_code draft(const struct pst_repository *repository, struct pst_set *set,
                           enum pst_role_kind kind, int64_t version,
                           const struct pst_role_draft_file *file, size_t count,
                           struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(BODY_MOST);
    const struct pst_role_draft role = {
        .kind = kind,
        .version = version,
        .expires_s = pst_repository_now(repository) + life_s(repository, kind),
        .file = file,
        .file_count = count,
    };
    enum pst_code rc = pst_role_print(&role, &body, why);

    PST_WITHIN(why, "%s", pst_role_kind_name(kind));
    return rc == PST_OK ? wrap(repository, set, kind, &body, why) : rc;
}

struct entry {
    char name[PST_METADATA_NAME_ROOM];
};

static void list(const struct pst_signed *part, struct entry *entry,
                 struct pst_role_draft_file *file)
{
    (void)snprintf(entry->name, sizeof entry->name, "%s.json", part->name);
    *file = (struct pst_role_draft_file){
        .name = entry->name,
        .version = part->role->version,
        .length_bytes = (int64_t)part->bytes.len,
    };
    memcpy(file->sha256, part->sha256, sizeof file->sha256);
}

enum pst_code pst_online_snapshot(const struct pst_repository *repository, struct pst_set *set,
                                  int64_t version, struct pst_report *why)
{
    size_t count = set->count + 1;
    PST_CLEANUP(pst_heap) struct entry *entry = calloc(count, sizeof *entry);
    PST_CLEANUP(pst_heap) struct pst_role_draft_file *file = calloc(count, sizeof *file);

    if (entry == NULL || file == NULL)
        return pst_no_memory(why, "the snapshot");
    for (size_t i = 0; i < set->count; i++)
        list(set->product[i], &entry[i], &file[i]);
    list(set->targets, &entry[set->count], &file[set->count]);
    return draft(repository, set, PST_ROLE_SNAPSHOT, version, file, count, why);
}

enum pst_code pst_online_timestamp(const struct pst_repository *repository, struct pst_set *set,
                                   int64_t version, struct pst_report *why)
{
    struct entry entry;
    struct pst_role_draft_file file;

    list(set->snapshot, &entry, &file);
    return draft(repository, set, PST_ROLE_TIMESTAMP, version, &file, 1, why);
}
