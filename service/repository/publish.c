/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A publish from the request to what terminals see:
 *
 *     check everything -> sign snapshot and timestamp -> walk the result as a terminal would ->
 * write
 */
#include <stdlib.h>

#include "service/repository/repository_internal.h"

static void publish_cleanup(struct pst_publish *publish)
{
    for (size_t i = 0; publish->part != NULL && i < publish->count; i++)
        pst_signed_drop(publish->part[i]);
    free(publish->part);
    pst_set_free(publish->set);
    pst_published_clear(&publish->published);
}

static bool is_changed(const struct pst_publish *publish)
{
    const struct pst_set *old = publish->old, *set = publish->set;
    bool changed = set->root != old->root || set->targets != old->targets;

    for (size_t i = 0; !changed && i < set->count; i++)
        changed = pst_set_find(old, pst_text(set->product[i]->name)) != set->product[i];
    return changed;
}

static enum pst_code sign(struct pst_publish *publish)
{
    const struct pst_repository *repository = publish->repository;
    const struct pst_signed *before = publish->old->snapshot;

    enum pst_code rc = pst_online_snapshot(
        repository, publish->set, before != NULL ? before->role->version + 1 : 1, publish->why);
    if (rc == PST_OK)
        rc = pst_online_timestamp(repository, publish->set, repository->timestamp_floor + 1,
                                  publish->why);
    return rc;
}

/* What the terminal has, as far as the new root lets it count; no verdict over it is of interest.
 */
static void walk_old(struct pst_trust *trust, const struct pst_signed *timestamp)
{
    bool same = false;
    if (timestamp != NULL)
        (void)!pst_trust_timestamp(trust, pst_buf_bytes(&timestamp->bytes), true, &same, NULL);
}

static enum pst_code walk_snapshot(struct pst_trust *trust, const struct pst_publish *publish)
{
    const struct pst_signed *before = publish->old->snapshot;
    bool same = false;

    enum pst_code rc = pst_trust_timestamp(trust, pst_buf_bytes(&publish->set->timestamp->bytes),
                                           false, &same, publish->why);
    if (rc != PST_OK)
        return rc;
    if (before != NULL)
        (void)!pst_trust_snapshot(trust, pst_buf_bytes(&before->bytes), true, NULL);
    return pst_trust_snapshot(trust, pst_buf_bytes(&publish->set->snapshot->bytes), false,
                              publish->why);
}

static enum pst_code walk_roles(struct pst_trust *trust, const struct pst_publish *publish)
{
    const struct pst_set *set = publish->set;
    const struct pst_role *targets = NULL, *role = NULL;

    enum pst_code rc =
        pst_trust_targets(trust, pst_text("targets"), NULL, pst_buf_bytes(&set->targets->bytes),
                          &targets, publish->why);
    for (size_t i = 0; rc == PST_OK && i < set->count; i++) {
        struct pst_text name = pst_text(set->product[i]->name);
        if (pst_set_find(publish->old, name) != set->product[i])
            rc = pst_trust_targets(trust, name, targets, pst_buf_bytes(&set->product[i]->bytes),
                                   &role, publish->why);
    }
    return rc;
}

/* The last proof: a terminal that has the old set takes the new one. */
static enum pst_code walk(const struct pst_publish *publish)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;

    PST_WITHIN(publish->why, "as a terminal sees it");
    enum pst_code rc = pst_trust_new(pst_buf_bytes(&publish->set->root->bytes), publish->now_s,
                                     &trust, publish->why);
    if (rc == PST_OK)
        rc = pst_trust_root_done(trust, publish->why);
    if (rc != PST_OK)
        return rc;
    walk_old(trust, publish->old->timestamp);
    rc = walk_snapshot(trust, publish);
    return rc == PST_OK ? walk_roles(trust, publish) : rc;
}

static enum pst_code begin(struct pst_publish *publish)
{
    if (publish->count == 0 || publish->count > PST_METADATA_ITEMS_MOST)
        return pst_refuse(publish->why, PST_SERVICE_BAD_REQUEST,
                          pst_say("1 to %d files", PST_METADATA_ITEMS_MOST),
                          pst_say("%zu", publish->count));
    publish->part = calloc(publish->count, sizeof(struct pst_signed *));
    if (publish->part == NULL)
        return pst_no_memory(publish->why, "a publish");
    return pst_set_new(publish->old, &publish->set, publish->why);
}

static enum pst_code commit(struct pst_repository *repository, struct pst_publish *publish)
{
    struct pst_set *set = publish->set;

    if (!is_changed(publish))
        return PST_OK;
    if (set->targets != NULL) { /* before the first publish there are only roots */
        enum pst_code rc = sign(publish);
        if (rc == PST_OK)
            rc = walk(publish);
        if (rc != PST_OK)
            return rc;
    }
    publish->set = NULL;
    return pst_repository_commit(repository, set, publish->root, publish->root_count, publish->why);
}

enum pst_code pst_repository_publish(struct pst_repository *repository,
                                     const struct pst_publish_item *items, size_t count,
                                     struct pst_published *out, struct pst_report *why)
{
    __attribute__((cleanup(publish_cleanup))) struct pst_publish publish = {
        .repository = repository,
        .item = items,
        .count = count,
        .now_s = pst_repository_now(repository),
        .why = why,
        .old = repository->set,
    };
    enum pst_code rc = begin(&publish);
    if (rc == PST_OK)
        rc = pst_publish_check(&publish);
    if (rc == PST_OK)
        rc = commit(repository, &publish);
    if (rc != PST_OK)
        return rc;
    if (repository->set->snapshot != NULL) {
        publish.published.snapshot_version = repository->set->snapshot->role->version;
        publish.published.timestamp_version = repository->set->timestamp->role->version;
    }
    *out = publish.published;
    publish.published = (struct pst_published){0};
    return PST_OK;
}
