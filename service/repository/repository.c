/* SPDX-License-Identifier: Apache-2.0 */
#include "service/repository/repository.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/file.h"
#include "service/repository/repository_internal.h"

/* Longest name below the folder: metadata/, or blobs/sha256/ab/cd/ and a digest. */
enum { NAMES_MOST = 256 };

static const int64_t day_s = 86400;

int64_t pst_repository_now(const struct pst_repository *repository)
{
    return repository->options.now_s(repository->options.now_context);
}

static enum pst_code new_repository(const struct pst_repository_options *options,
                                    struct pst_repository **out, struct pst_report *why)
{
    if (options->snapshot_days < 1 || options->timestamp_days < 1)
        return pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("online roles valid for 1 day or more"),
                          pst_say("%lld and %lld days", (long long)options->snapshot_days,
                                  (long long)options->timestamp_days));
    if (strlen(options->folder) + NAMES_MOST > PATH_MAX)
        return pst_refuse_errno(why, ENAMETOOLONG, options->folder);
    struct pst_repository *repository = calloc(1, sizeof *repository);
    pthread_rwlock_t *lock = calloc(1, sizeof *lock);
    if (repository == NULL || lock == NULL || pthread_rwlock_init(lock, NULL) != 0) {
        free(lock);
        free(repository);
        return pst_no_memory(why, "the repository");
    }
    repository->options = *options;
    repository->lock = lock;
    (void)snprintf(repository->folder, sizeof repository->folder, "%s", options->folder);
    repository->options.folder = repository->folder;
    *out = repository;
    return PST_OK;
}

static enum pst_code make_folders(const struct pst_repository *repository, struct pst_report *why)
{
    static const char *const names[] = {"metadata", "blobs", "uploads"};
    enum pst_code rc = PST_OK;

    for (size_t i = 0; rc == PST_OK && i < PST_COUNT(names); i++) {
        char path[PATH_MAX];
        rc = pst_repository_path(repository, names[i], path, why);
        if (rc == PST_OK)
            rc = pst_folder_make(path, 0755, why);
        if (rc == PST_OK)
            rc = pst_folder_sync_of(path, why);
    }
    return rc;
}

/* What cannot be signed now can be mended while the service runs, and so is only noted. */
static void renew_or_note(struct pst_repository *repository, struct pst_report *why)
{
    struct pst_report found = {0};
    bool renewed = false;

    enum pst_code rc = pst_online_check(repository, repository->set->root->role, &found);
    if (rc == PST_OK)
        rc = pst_repository_renew(repository, &renewed, &found);
    if (rc != PST_OK && why != NULL)
        pst_report_append(why, &found, true);
}

enum pst_code pst_repository_open(const struct pst_repository_options *options,
                                  struct pst_bytes initial_root, struct pst_repository **out,
                                  struct pst_report *why)
{
    struct pst_repository *repository = NULL;

    PST_WITHIN(why, "repository");
    enum pst_code rc = new_repository(options, &repository, why);
    if (repository == NULL)
        return rc;
    rc = make_folders(repository, why);
    if (rc == PST_OK)
        rc = pst_repository_load(repository, initial_root, why);
    if (rc != PST_OK) {
        pst_repository_free(repository);
        return rc;
    }
    renew_or_note(repository, why);
    *out = repository;
    return PST_OK;
}

void pst_repository_free(struct pst_repository *repository)
{
    if (repository == NULL)
        return;
    pst_set_free(repository->set);
    pst_set_free(repository->previous);
    (void)pthread_rwlock_destroy(repository->lock);
    free(repository->lock);
    free(repository);
}

static bool is_due(const struct pst_signed *part, int64_t days, int64_t now_s)
{
    return part->role->expires_s - now_s < days * day_s / 3;
}

/* Also when a new root gave the role to another key. */
static bool is_refused(const struct pst_set *set, const struct pst_signed *part, int64_t now_s)
{
    return pst_signed_verify(part, set->root->role, set->root->role, now_s, false, NULL) != PST_OK;
}

static enum pst_code sign_again(const struct pst_repository *repository, bool snapshot,
                                struct pst_set *next, struct pst_report *why)
{
    enum pst_code rc = PST_OK;

    if (snapshot)
        rc = pst_online_snapshot(repository, next, next->snapshot->role->version + 1, why);
    if (rc == PST_OK)
        rc = pst_online_timestamp(repository, next, repository->timestamp_floor + 1, why);
    return rc;
}

enum pst_code pst_repository_renew(struct pst_repository *repository, bool *renewed,
                                   struct pst_report *why)
{
    const struct pst_set *set = repository->set;
    PST_CLEANUP(pst_set) struct pst_set *next = NULL;
    int64_t now_s = pst_repository_now(repository);

    if (set->snapshot == NULL) {
        *renewed = false;
        return PST_OK;
    }
    bool snapshot = is_due(set->snapshot, repository->options.snapshot_days, now_s) ||
                    is_refused(set, set->snapshot, now_s);
    bool timestamp = is_due(set->timestamp, repository->options.timestamp_days, now_s) ||
                     is_refused(set, set->timestamp, now_s);
    if (!snapshot && !timestamp) {
        *renewed = false;
        return PST_OK;
    }
    enum pst_code rc = pst_set_new(set, &next, why);
    if (rc == PST_OK)
        rc = sign_again(repository, snapshot, next, why);
    if (rc != PST_OK)
        return rc;
    struct pst_set *taken = next;
    next = NULL;
    rc = pst_repository_commit(repository, taken, NULL, 0, why);
    if (rc == PST_OK)
        *renewed = true;
    return rc;
}

int64_t pst_repository_expires_s(const struct pst_repository *repository)
{
    int64_t expires_s = INT64_MAX;

    (void)pthread_rwlock_rdlock(repository->lock);
    if (repository->set->snapshot != NULL) {
        int64_t of_snapshot = repository->set->snapshot->role->expires_s;
        expires_s = repository->set->timestamp->role->expires_s;
        expires_s = of_snapshot < expires_s ? of_snapshot : expires_s;
    }
    (void)pthread_rwlock_unlock(repository->lock);
    return expires_s;
}

enum pst_code pst_manifest_read(const struct pst_repository *repository,
                                const struct pst_role_target *target, struct pst_release **out,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_RELEASE_BYTES_MOST);

    enum pst_code rc = pst_blob_read(repository, target->digests.sha256, &bytes, why);
    if (rc == PST_OK && bytes.len != (uint64_t)target->length_bytes)
        rc = pst_refuse(why, PST_IMAGE_CORRUPT,
                        pst_say("%lld bytes", (long long)target->length_bytes),
                        pst_say("%zu bytes", bytes.len));
    if (rc == PST_OK)
        rc = pst_release_parse(pst_buf_bytes(&bytes), out, why);
    return rc;
}

enum pst_code pst_repository_manifest(const struct pst_repository *repository, struct pst_text path,
                                      struct pst_release **out, struct pst_report *why)
{
    struct pst_text rest = path, product = {0};
    struct pst_role_target found = {0};

    bool is_manifest = pst_take_until(&rest, '/', &product) && pst_path_is_manifest(path, product);
    (void)pthread_rwlock_rdlock(repository->lock);
    const struct pst_role_target *target =
        is_manifest ? pst_set_target(repository->set, path) : NULL;
    if (target != NULL)
        found = *target;
    (void)pthread_rwlock_unlock(repository->lock);
    if (target == NULL || !found.digests.has_sha256)
        return pst_refuse(why, PST_SERVICE_NOT_FOUND, pst_say("the path of a published manifest"),
                          pst_say("%.*s", PST_ARGS(path)));
    PST_WITHIN(why, "%.*s", PST_ARGS(path));
    return pst_manifest_read(repository, &found, out, why); /* texts of `found` are not looked at */
}

void pst_published_clear(struct pst_published *published)
{
    for (size_t i = 0; i < published->count; i++)
        pst_release_free(published->release[i].release);
    free(published->release);
    *published = (struct pst_published){0};
}

enum pst_code pst_published_add(struct pst_published *published, struct pst_release **release,
                                const uint8_t sha256[PST_SHA256_BYTES], struct pst_text path,
                                struct pst_report *why)
{
    struct pst_published_release *more =
        realloc(published->release, (published->count + 1) * sizeof *more);

    if (more == NULL)
        return pst_no_memory(why, "the list of releases");
    published->release = more;
    struct pst_published_release *row = &more[published->count++];
    *row = (struct pst_published_release){.release = *release};
    *release = NULL;
    memcpy(row->manifest_sha256, sha256, sizeof row->manifest_sha256);
    (void)snprintf(row->path, sizeof row->path, "%.*s", PST_ARGS(path));
    return PST_OK;
}

static enum pst_code add_release(const struct pst_repository *repository,
                                 const struct pst_role_target *target, struct pst_published *all,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;

    PST_WITHIN(why, "%.*s", PST_ARGS(target->path));
    enum pst_code rc = pst_manifest_read(repository, target, &release, why);
    if (rc == PST_OK)
        rc = pst_published_add(all, &release, target->digests.sha256, target->path, why);
    return rc;
}

static enum pst_code add_releases(const struct pst_repository *repository,
                                  const struct pst_signed *part, struct pst_published *all,
                                  struct pst_report *why)
{
    enum pst_code rc = PST_OK;

    for (size_t i = 0; rc == PST_OK && i < part->role->target_count; i++) {
        struct pst_text path = part->role->target[i].path;
        if (pst_path_is_manifest(path, pst_text(part->name)) &&
            pst_set_target(repository->set, path) == &part->role->target[i])
            rc = add_release(repository, &part->role->target[i], all, why);
    }
    return rc;
}

enum pst_code pst_repository_releases(const struct pst_repository *repository,
                                      struct pst_published *out, struct pst_report *why)
{
    PST_CLEANUP(pst_published) struct pst_published all = {0};
    const struct pst_set *set = repository->set;
    enum pst_code rc = PST_OK;

    if (set->snapshot != NULL) {
        all.snapshot_version = set->snapshot->role->version;
        all.timestamp_version = set->timestamp->role->version;
    }
    for (size_t i = 0; rc == PST_OK && i < set->count; i++)
        rc = add_releases(repository, set->product[i], &all, why);
    if (rc != PST_OK)
        return rc;
    *out = all;
    all = (struct pst_published){0};
    return PST_OK;
}
