/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a set in memory to the disk and to readers:
 *
 *     product roles, targets, snapshot    not served yet: their versions are not published
 *     new roots, the newest first         a chain with a gap ends before it: they appear at once
 *     the set, for readers
 *     timestamp                           now terminals are told
 *
 * A failure on the way takes back what could be taken for a finished publish at the next start: the
 * new roots and the snapshot. Everything else that is left is of versions that nobody lists.
 */
#include <stdio.h>
#include <unistd.h>

#include "manifests/file.h"
#include "service/repository/repository_internal.h"

struct commit {
    struct pst_repository *repository;
    const struct pst_set *old;
    struct pst_set *next;
    struct pst_signed *const *root;
    size_t root_count;
    struct pst_report *why;
    /* What this commit itself put there, and so may take back. */
    bool snapshot_written;
    size_t roots_written; /* the newest ones */
};

static void tell_step(const struct commit *commit, const char *name)
{
    if (commit->repository->options.after_step != NULL)
        commit->repository->options.after_step(commit->repository->options.step_context, name);
}

static bool has_bytes(const char *path, const struct pst_signed *part)
{
    PST_CLEANUP(pst_buf) struct pst_buf found = pst_buf(pst_signed_most(part->kind));
    return pst_file_read(path, &found, NULL) == PST_OK &&
           pst_bytes_equal(pst_buf_bytes(&found), pst_buf_bytes(&part->bytes));
}

/*
 * A file of this name may be left of a publish that did not come through, with other bytes. It was
 * never served, so it is replaced: published versions do not come here again.
 */
static enum pst_code write_part(const struct commit *commit, const struct pst_signed *part,
                                bool *written)
{
    char name[PST_METADATA_NAME_ROOM], path[PATH_MAX];

    pst_signed_file(part, name);
    enum pst_code rc = pst_metadata_path(commit->repository, name, path, commit->why);
    if (rc != PST_OK)
        return rc;
    *written = !has_bytes(path, part);
    if (*written)
        rc = pst_file_replace(path, pst_buf_bytes(&part->bytes), 0644, commit->why);
    else
        rc = pst_folder_sync_of(path, commit->why);
    if (rc == PST_OK)
        tell_step(commit, name);
    return rc;
}

static enum pst_code write_changed(const struct commit *commit, const struct pst_signed *before,
                                   const struct pst_signed *part, bool *written)
{
    return part == NULL || part == before ? PST_OK : write_part(commit, part, written);
}

static void take_back(const struct commit *commit, const struct pst_signed *part)
{
    char name[PST_METADATA_NAME_ROOM], path[PATH_MAX];

    pst_signed_file(part, name);
    if (pst_metadata_path(commit->repository, name, path, NULL) != PST_OK || unlink(path) != 0)
        return;
    (void)!pst_folder_sync_of(path, NULL);
    tell_step(commit, name);
}

/* The oldest root first: then the whole chain is gone. */
static void take_back_all(const struct commit *commit)
{
    for (size_t i = commit->root_count - commit->roots_written; i < commit->root_count; i++)
        take_back(commit, commit->root[i]);
    if (commit->snapshot_written)
        take_back(commit, commit->next->snapshot);
}

static enum pst_code write_roots(struct commit *commit)
{
    enum pst_code rc = PST_OK;

    for (size_t i = commit->root_count; rc == PST_OK && i-- > 0;) {
        bool written = false;
        rc = write_part(commit, commit->root[i], &written);
        commit->roots_written += written;
    }
    return rc;
}

static enum pst_code write_files(struct commit *commit)
{
    const struct pst_set *old = commit->old, *next = commit->next;
    enum pst_code rc = PST_OK;
    bool written = false;

    for (size_t i = 0; rc == PST_OK && i < next->count; i++)
        rc = write_changed(commit, pst_set_find(old, pst_text(next->product[i]->name)),
                           next->product[i], &written);
    if (rc == PST_OK)
        rc = write_changed(commit, old->targets, next->targets, &written);
    if (rc == PST_OK)
        rc = write_changed(commit, old->snapshot, next->snapshot, &commit->snapshot_written);
    return rc == PST_OK ? write_roots(commit) : rc;
}

static void show(struct pst_repository *repository, struct pst_set *set, struct pst_set *previous)
{
    (void)pthread_rwlock_wrlock(repository->lock);
    repository->set = set;
    repository->previous = previous;
    (void)pthread_rwlock_unlock(repository->lock);
}

/* After a failed rename the name tells whether it was done; the disk alone knows whether it will
 * last. */
static bool is_told(const struct commit *commit)
{
    char path[PATH_MAX];
    return pst_metadata_path(commit->repository, "timestamp.json", path, NULL) == PST_OK &&
           has_bytes(path, commit->next->timestamp);
}

static enum pst_code write_timestamp(const struct commit *commit, bool *told)
{
    bool written = false;

    if (commit->next->timestamp == NULL) { /* roots alone, before the first publish */
        *told = true;
        return PST_OK;
    }
    enum pst_code rc =
        write_changed(commit, commit->old->timestamp, commit->next->timestamp, &written);
    *told = rc == PST_OK || is_told(commit);
    return rc;
}

enum pst_code pst_repository_commit(struct pst_repository *repository, struct pst_set *next,
                                    struct pst_signed *const *roots, size_t root_count,
                                    struct pst_report *why)
{
    struct pst_set *old = repository->set, *before = repository->previous;
    struct commit commit = {
        .repository = repository,
        .old = old,
        .next = next,
        .root = roots,
        .root_count = root_count,
        .why = why,
    };
    /* Only online roles are new: what the one before held is still on its way. */
    bool renewal = next->targets == old->targets && next->root == old->root;
    bool told = false;

    for (size_t i = 0; renewal && i < next->count; i++)
        renewal = pst_set_find(old, pst_text(next->product[i]->name)) == next->product[i];
    enum pst_code rc = write_files(&commit);
    if (rc == PST_OK) {
        show(repository, next, renewal ? before : old);
        rc = write_timestamp(&commit, &told);
    }
    if (!told) {
        show(repository, old, before);
        take_back_all(&commit);
        pst_set_free(next);
        return rc;
    }
    if (next->timestamp != NULL && next->timestamp->role->version > repository->timestamp_floor)
        repository->timestamp_floor = next->timestamp->role->version;
    pst_set_free(renewal ? old : before);
    return rc;
}
