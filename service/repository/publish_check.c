/* SPDX-License-Identifier: Apache-2.0 */
/* Everything about the items that can be known before anything is signed or written; all faults are
 * told. */
#include <stdio.h>
#include <stdlib.h>

#include "manifests/fields.h"
#include "manifests/file.h"
#include "manifests/instant.h"
#include "service/repository/repository_internal.h"

void pst_publish_took(struct pst_publish *publish, enum pst_code code)
{
    if (publish->first == PST_OK)
        publish->first = code;
}

static void refuse(struct pst_publish *publish, enum pst_code code, struct pst_value expected,
                   struct pst_value found)
{
    pst_publish_took(publish, pst_refuse(publish->why, code, expected, found));
}

/* "2.root.json" -> root and 2; "targets.json", "pos-a.json" -> targets role of that name. */
struct item_name {
    enum pst_role_kind kind;
    int64_t version;
    char role[72];
};

static bool ends_in(struct pst_text text, const char *ending)
{
    size_t len = strlen(ending);
    return text.len > len && memcmp(text.at + text.len - len, ending, len) == 0;
}

static bool parse_product(struct pst_text file, struct item_name *out)
{
    if (!ends_in(file, ".json"))
        return false;
    struct pst_text role = {file.at, file.len - strlen(".json")};
    if (!pst_name_is_safe(role) || pst_text_is(role, "root") || pst_text_is(role, "snapshot") ||
        pst_text_is(role, "timestamp"))
        return false;
    if (ends_in(role,
                ".root")) /* "02.root.json" is a root's name written wrong, and no product's */
        return false;
    *out = (struct item_name){.kind = PST_ROLE_TARGETS};
    (void)snprintf(out->role, sizeof out->role, "%.*s", PST_ARGS(role));
    return true;
}

static bool parse_item_name(const struct pst_publish_item *item, struct item_name *out)
{
    struct pst_text file = {item->name, strnlen(item->name, sizeof item->name)};
    struct pst_metadata_name name;

    if (file.len == sizeof item->name)
        return false;
    if (!pst_metadata_name_parse(file, &name) || !pst_text_is(name.role, "root"))
        return parse_product(file, out);
    *out = (struct item_name){.kind = PST_ROLE_ROOT, .version = name.version, .role = "root"};
    return true;
}

static bool is_repeated(const struct pst_publish *publish, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strncmp(publish->item[i].name, publish->item[index].name,
                    sizeof publish->item[i].name) == 0)
            return true;
    return false;
}

/* A blob that is no image: the words of metadata, so that they lead to the right remedy. */
static enum pst_code read_item(const struct pst_publish *publish,
                               const struct pst_publish_item *item, struct pst_buf *bytes)
{
    struct pst_report found = {0};
    enum pst_code rc = pst_blob_read(publish->repository, item->sha256, bytes, &found);
    const struct pst_finding *first = &found.finding[0];

    if (rc == PST_OK)
        return rc;
    if (rc == PST_IMAGE_MISSING)
        rc = PST_METADATA_MISSING;
    else if (rc == PST_IMAGE_CORRUPT)
        rc = PST_METADATA_CORRUPT;
    else if (rc == PST_TOO_LARGE)
        rc = PST_METADATA_TOO_LARGE;
    return pst_refuse(publish->why, rc, pst_say("%s", first->expected),
                      pst_say("%s", first->found));
}

static enum pst_code open_item(struct pst_publish *publish, size_t index)
{
    const struct pst_publish_item *item = &publish->item[index];
    struct item_name name = {.kind = PST_ROLE_TARGETS};

    if (!parse_item_name(item, &name))
        return pst_refuse(publish->why, PST_SERVICE_BAD_REQUEST,
                          pst_say("N.root.json, targets.json or <product>.json"),
                          pst_say("%.*s", (int)sizeof item->name, item->name));
    if (is_repeated(publish, index))
        return pst_refuse(publish->why, PST_SERVICE_BAD_REQUEST, pst_say("each name once"),
                          pst_say("%s again", item->name));
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(pst_signed_most(name.kind));
    enum pst_code rc = read_item(publish, item, &bytes);
    if (rc == PST_OK)
        rc = pst_signed_new(name.kind, name.role, &bytes, &publish->part[index], publish->why);
    if (rc == PST_OK && name.version > 0 && publish->part[index]->role->version != name.version)
        rc = pst_refuse(publish->why, PST_METADATA_WRONG_VERSION,
                        pst_say("version %lld, as its name says", (long long)name.version),
                        pst_say("version %lld", (long long)publish->part[index]->role->version));
    return rc;
}

static void open_items(struct pst_publish *publish)
{
    for (size_t i = 0; i < publish->count; i++) {
        PST_WITHIN(publish->why, "%.*s", (int)sizeof publish->item[i].name, publish->item[i].name);
        pst_publish_took(publish, open_item(publish, i));
    }
}

static bool is_expired(struct pst_publish *publish, const struct pst_signed *part,
                       struct pst_value *expected, struct pst_value *found)
{
    char now[PST_INSTANT_ROOM], expires[PST_INSTANT_ROOM];

    *expected = pst_say("valid until after %s", pst_instant_print(publish->now_s, now));
    *found = pst_say("expired %s", pst_instant_print(part->role->expires_s, expires));
    return part->role->expires_s <= publish->now_s;
}

static void check_expiry(struct pst_publish *publish, const struct pst_signed *part)
{
    struct pst_value expected, found;
    if (is_expired(publish, part, &expected, &found))
        refuse(publish, PST_METADATA_EXPIRED, expected, found);
}

/* False when it is what is published already, or cannot be: nothing more of it is to be looked at.
 */
static bool is_next(struct pst_publish *publish, const struct pst_signed *before,
                    const struct pst_signed *part)
{
    if (before == NULL || part->role->version > before->role->version)
        return true;
    if (part->role->version == before->role->version &&
        memcmp(part->sha256, before->sha256, PST_SHA256_BYTES) == 0)
        return false;
    refuse(publish, PST_METADATA_ROLLBACK,
           pst_say("version %lld or newer", (long long)before->role->version + 1),
           pst_say("version %lld%s", (long long)part->role->version,
                   part->role->version == before->role->version ? " with other bytes" : ""));
    return true; /* its other faults are worth telling too */
}

static void put(struct pst_publish *publish, struct pst_signed *part)
{
    pst_publish_took(publish, pst_set_put(publish->set, part, publish->why));
}

/* A root that is on disk already: the same bytes, or a fork. */
static void check_old_root(struct pst_publish *publish, const struct pst_signed *part)
{
    PST_CLEANUP(pst_buf) struct pst_buf found = pst_buf(PST_TRUST_ROOT_BYTES);
    char file[PST_METADATA_NAME_ROOM], path[PATH_MAX];

    pst_signed_file(part, file);
    enum pst_code rc = pst_metadata_path(publish->repository, file, path, publish->why);
    if (rc == PST_OK && pst_file_read(path, &found, NULL) == PST_OK &&
        pst_bytes_equal(pst_buf_bytes(&found), pst_buf_bytes(&part->bytes)))
        return;
    refuse(publish, PST_METADATA_ROLLBACK,
           pst_say("version %lld, or the root as published",
                   (long long)publish->old->root->role->version + 1),
           pst_say("version %lld with other bytes", (long long)part->role->version));
}

static void check_new_root(struct pst_publish *publish, struct pst_signed *part)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    const struct pst_signed *before = publish->set->root;

    enum pst_code rc =
        pst_trust_new(pst_buf_bytes(&before->bytes), publish->now_s, &trust, publish->why);
    if (rc == PST_OK)
        rc = pst_trust_root_next(trust, pst_buf_bytes(&part->bytes), publish->why);
    if (rc == PST_OK && publish->root_count == PST_COUNT(publish->root))
        rc = pst_refuse(publish->why, PST_METADATA_LIMIT,
                        pst_say("at most %zu new roots", publish->root_count), pst_say("more"));
    pst_publish_took(publish, rc);
    if (!part->role->consistent_snapshot)
        refuse(publish, PST_INCONSISTENT, pst_say("consistent_snapshot true"), pst_say("false"));
    if (rc != PST_OK)
        return;
    publish->root[publish->root_count++] = part;
    put(publish, part);
}

/* NULL when there is none above `version`. */
static struct pst_signed *next_root(const struct pst_publish *publish, int64_t version)
{
    struct pst_signed *next = NULL;

    for (size_t i = 0; i < publish->count; i++) {
        struct pst_signed *part = publish->part[i];
        if (part != NULL && part->kind == PST_ROLE_ROOT && part->role->version > version &&
            (next == NULL || part->role->version < next->role->version))
            next = part;
    }
    return next;
}

static void check_roots(struct pst_publish *publish)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    struct pst_signed *part = next_root(publish, 0);

    for (; part != NULL; part = next_root(publish, part->role->version)) {
        char file[PST_METADATA_NAME_ROOM];
        pst_signed_file(part, file);
        PST_WITHIN(publish->why, "%s", file);
        if (part->role->version <= publish->old->root->role->version)
            check_old_root(publish, part);
        else
            check_new_root(publish, part);
    }
    enum pst_code rc = pst_trust_new(pst_buf_bytes(&publish->set->root->bytes), publish->now_s,
                                     &trust, publish->why);
    if (rc == PST_OK)
        rc = pst_trust_root_done(trust, publish->why);
    pst_publish_took(publish, rc);
    pst_publish_took(publish,
                     pst_online_check(publish->repository, publish->set->root->role, publish->why));
}

static struct pst_signed *item_of(const struct pst_publish *publish, const char *role)
{
    for (size_t i = 0; i < publish->count; i++)
        if (publish->part[i] != NULL && strcmp(publish->part[i]->name, role) == 0)
            return publish->part[i];
    return NULL;
}

static void note_assignments(struct pst_publish *publish)
{
    if (pst_role_rule(publish->set->targets->role, pst_text("assignments")) == NULL)
        pst_note(publish->why, PST_METADATA_NOT_LISTED,
                 pst_say("a delegation 'assignments', to the key that signs them"),
                 pst_say("none"));
}

/* By the new root, also when it is the old file: terminals will see these two together. */
static void check_targets(struct pst_publish *publish)
{
    struct pst_signed *part = item_of(publish, "targets");
    const struct pst_role *root = publish->set->root->role;

    PST_WITHIN(publish->why, "targets.json");
    if (part != NULL && is_next(publish, publish->old->targets, part)) {
        put(publish, part);
        pst_publish_check_targets(publish, part);
    }
    const struct pst_signed *targets = publish->set->targets;
    if (targets == NULL)
        return;
    pst_publish_took(publish,
                     pst_signed_verify(targets, root, root, publish->now_s, false, publish->why));
    check_expiry(publish, targets);
    if (part != NULL)
        note_assignments(publish);
}

static void check_product(struct pst_publish *publish, struct pst_signed *part)
{
    const struct pst_signed *before = pst_set_find(publish->old, pst_text(part->name));
    const struct pst_set *set = publish->set;

    PST_WITHIN(publish->why, "%s.json", part->name);
    if (!is_next(publish, before, part))
        return;
    put(publish, part);
    if (set->targets == NULL) {
        refuse(publish, PST_METADATA_MISSING, pst_say("targets.json, which delegates to it"),
               pst_say("none"));
        return;
    }
    pst_publish_took(publish, pst_signed_verify(part, set->targets->role, set->root->role,
                                                publish->now_s, false, publish->why));
    check_expiry(publish, part);
    if (part->role->rule_count > 0 || part->role->succinct.present)
        refuse(publish, PST_INCONSISTENT, pst_say("a product role without delegations of its own"),
               pst_say("%zu", part->role->rule_count));
    const struct pst_role_rule *rule = pst_role_rule(set->targets->role, pst_text(part->name));
    if (rule != NULL)
        pst_publish_check_releases(publish, part, rule);
}

/*
 * A product that is not among the items must still be believed under the new root and targets. That
 * it has expired is its owner's business, and keeps nobody else from publishing.
 */
static void check_unchanged(struct pst_publish *publish, const struct pst_signed *part)
{
    const struct pst_set *set = publish->set;
    struct pst_report found = {0};
    struct pst_value expected, expired;

    PST_WITHIN(publish->why, "%s.json", part->name);
    if (set->targets == NULL || pst_role_rule(set->targets->role, pst_text(part->name)) == NULL)
        return;
    enum pst_code rc = pst_signed_verify(part, set->targets->role, set->root->role, publish->now_s,
                                         true, publish->why);
    pst_publish_took(publish, rc);
    if (rc == PST_OK && pst_signed_verify(part, set->targets->role, set->root->role, publish->now_s,
                                          false, &found) != PST_OK)
        pst_report_append(publish->why, &found, true);
    if (is_expired(publish, part, &expected, &expired))
        pst_note(publish->why, PST_METADATA_EXPIRED, expected, expired);
}

static void check_products(struct pst_publish *publish)
{
    for (size_t i = 0; i < publish->count; i++) {
        struct pst_signed *part = publish->part[i];
        if (part != NULL && part->kind == PST_ROLE_TARGETS && strcmp(part->name, "targets") != 0)
            check_product(publish, part);
    }
    for (size_t i = 0; i < publish->old->count; i++) {
        const struct pst_signed *part = publish->old->product[i];
        if (pst_set_find(publish->set, pst_text(part->name)) == part)
            check_unchanged(publish, part);
    }
}

enum pst_code pst_publish_check(struct pst_publish *publish)
{
    open_items(publish);
    check_roots(publish);
    check_targets(publish);
    check_products(publish);
    return publish->first;
}
