/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the disk to a set in memory, every file verified again: roots as a chain, the timestamp and
 * the snapshot by the newest root, the rest by its digest in the snapshot and by its delegator's
 * keys. What was signed well in its day is good here: time is the publisher's business, and
 * renewing heals it.
 *
 * Where a publish was cut off between its snapshot and its timestamp, the newer snapshot and all
 * that it lists are there and verify: it is finished now.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "manifests/file.h"
#include "service/repository/repository_internal.h"

/* What the names in metadata/ say. 0: none. */
struct on_disk {
    int64_t root_first, root_last, snapshot_last;
};

typedef void visit_fn(const struct pst_repository *repository, const char *name, void *context);

static enum pst_code visit_folder(const struct pst_repository *repository, const char *folder,
                                  visit_fn *visit, void *context, struct pst_report *why)
{
    char path[PATH_MAX];
    enum pst_code rc = pst_repository_path(repository, folder, path, why);
    DIR *dir = rc == PST_OK ? opendir(path) : NULL;

    if (dir == NULL)
        return rc != PST_OK ? rc : pst_refuse_errno(why, errno, path);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            visit(repository, entry->d_name, context);
    }
    if (errno != 0)
        rc = pst_refuse_errno(why, errno, path);
    closedir(dir);
    return rc;
}

static void remove_file(const struct pst_repository *repository, const char *folder,
                        const char *file)
{
    char name[300], path[PATH_MAX];

    int len = snprintf(name, sizeof name, "%s/%s", folder, file);
    if (len > 0 && (size_t)len < sizeof name &&
        pst_repository_path(repository, name, path, NULL) == PST_OK)
        unlink(path);
}

static void empty_uploads(const struct pst_repository *repository, const char *name, void *context)
{
    (void)context;
    remove_file(repository, "uploads", name);
}

/* "3.targets.json.a1B2c3": what pst_file_replace() was writing when the power went. */
static bool is_half_written(const char *name)
{
    static const char mark[] = ".json.";
    size_t len = strlen(name);
    return len > sizeof mark - 1 + 6 &&
           memcmp(name + len - 6 - (sizeof mark - 1), mark, sizeof mark - 1) == 0;
}

static void look_at(const struct pst_repository *repository, const char *name, void *context)
{
    struct on_disk *seen = context;
    struct pst_metadata_name parsed;

    if (is_half_written(name))
        remove_file(repository, "metadata", name);
    if (!pst_metadata_name_parse(pst_text(name), &parsed) || parsed.version == 0)
        return;
    if (pst_text_is(parsed.role, "root")) {
        if (seen->root_first == 0 || parsed.version < seen->root_first)
            seen->root_first = parsed.version;
        if (parsed.version > seen->root_last)
            seen->root_last = parsed.version;
    }
    if (pst_text_is(parsed.role, "snapshot") && parsed.version > seen->snapshot_last)
        seen->snapshot_last = parsed.version;
}

/* Of a publish that did not come through: a later one must not find them in its chain. */
static void remove_newer(const struct pst_repository *repository, const char *name, void *context)
{
    const struct pst_set *set = context;
    struct pst_metadata_name parsed;

    if (!pst_metadata_name_parse(pst_text(name), &parsed))
        return;
    bool root = pst_text_is(parsed.role, "root"), snapshot = pst_text_is(parsed.role, "snapshot");
    int64_t last = root                    ? set->root->role->version
                   : set->snapshot != NULL ? set->snapshot->role->version
                                           : 0;
    if ((root || snapshot) && parsed.version > last)
        remove_file(repository, "metadata", name);
}

/* The host's own troubles keep their name; anything else means that the disk holds something wrong.
 */
static enum pst_code as_state(enum pst_code rc, struct pst_report *why)
{
    static const enum pst_code faults[] = {PST_NO_MEMORY, PST_HOST_IO, PST_HOST_PERMISSION,
                                           PST_HOST_DISK_FULL, PST_HOST_CRYPTO};
    for (size_t i = 0; i < PST_COUNT(faults); i++)
        if (rc == faults[i])
            return rc;
    if (rc == PST_OK)
        return rc;
    return pst_refuse(why, PST_HOST_STATE, pst_say("the file as it was published"),
                      pst_say("%s", pst_code_name(rc)));
}

/* Found by name, so the version inside must be that of the name. */
static enum pst_code read_part(const struct pst_repository *repository, enum pst_role_kind kind,
                               const char *role, int64_t version, struct pst_signed **out,
                               struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(pst_signed_most(kind));
    char file[PST_METADATA_NAME_ROOM], path[PATH_MAX];
    struct pst_signed *part = NULL;

    if (version > 0)
        (void)snprintf(file, sizeof file, "%lld.%s.json", (long long)version, role);
    else
        (void)snprintf(file, sizeof file, "%s.json", role);
    enum pst_code rc = pst_metadata_path(repository, file, path, why);
    if (rc == PST_OK)
        rc = pst_file_read(path, &bytes, why);
    if (rc == PST_OK)
        rc = pst_signed_new(kind, role, &bytes, &part, why);
    if (rc == PST_OK && version > 0 && part->role->version != version) {
        rc =
            pst_refuse(why, PST_METADATA_WRONG_VERSION, pst_say("version %lld", (long long)version),
                       pst_say("version %lld", (long long)part->role->version));
        pst_signed_drop(part);
    }
    if (rc == PST_OK)
        *out = part;
    return rc;
}

static enum pst_code check_listed(const struct pst_role_file *listed, const struct pst_signed *part,
                                  struct pst_report *why)
{
    char expected[2 * PST_SHA256_BYTES + 1], found[2 * PST_SHA256_BYTES + 1];

    if (listed->digests.has_sha256 &&
        memcmp(listed->digests.sha256, part->sha256, PST_SHA256_BYTES) == 0 &&
        listed->version == part->role->version)
        return PST_OK;
    pst_hex_print(pst_bytes(listed->digests.sha256, PST_SHA256_BYTES), expected);
    pst_hex_print(pst_bytes(part->sha256, PST_SHA256_BYTES), found);
    return pst_refuse(why, PST_METADATA_CORRUPT,
                      pst_say("version %lld, sha256 %s", (long long)listed->version, expected),
                      pst_say("version %lld, sha256 %s", (long long)part->role->version, found));
}

static enum pst_code load_listed(const struct pst_repository *repository, struct pst_set *set,
                                 const struct pst_role_file *listed, struct pst_report *why)
{
    PST_CLEANUP(pst_signed) struct pst_signed *part = NULL;
    const struct pst_role *root = set->root->role;
    struct pst_metadata_name name;
    char role[72], file[PST_METADATA_NAME_ROOM];

    (void)snprintf(file, sizeof file, "%lld.%.*s", (long long)listed->version,
                   PST_ARGS(listed->name));
    PST_WITHIN(why, "metadata/%s", file);
    if (!pst_metadata_name_parse(pst_text(file), &name))
        return as_state(PST_METADATA_NOT_LISTED, why);
    (void)snprintf(role, sizeof role, "%.*s", PST_ARGS(name.role));
    enum pst_code rc = read_part(repository, PST_ROLE_TARGETS, role, listed->version, &part, why);
    if (rc == PST_OK)
        rc = check_listed(listed, part, why);
    if (rc == PST_OK && strcmp(role, "targets") == 0)
        rc = pst_signed_verify(part, root, root, pst_repository_now(repository), true, why);
    /* A product that nobody delegates to any longer stays listed, and is nobody's word. */
    else if (rc == PST_OK && pst_role_rule(set->targets->role, name.role) != NULL)
        rc = pst_signed_verify(part, set->targets->role, root, pst_repository_now(repository), true,
                               why);
    if (rc == PST_OK)
        rc = pst_set_put(set, part, why);
    return as_state(rc, why);
}

static enum pst_code load_all_listed(const struct pst_repository *repository, struct pst_set *set,
                                     struct pst_report *why)
{
    const struct pst_role *snapshot = set->snapshot->role;
    const struct pst_role_file *targets = pst_role_file(snapshot, pst_text("targets.json"));

    PST_WITHIN(why, "metadata/%lld.snapshot.json", (long long)snapshot->version);
    if (targets == NULL)
        return as_state(PST_METADATA_NOT_LISTED, why);
    enum pst_code first = load_listed(repository, set, targets, why);
    for (size_t i = 0; set->targets != NULL && i < snapshot->file_count; i++) {
        if (&snapshot->file[i] == targets)
            continue;
        enum pst_code rc = load_listed(repository, set, &snapshot->file[i], why);
        first = first == PST_OK ? rc : first;
    }
    return first;
}

/* The set below a snapshot; `listed` is what the timestamp says of it, NULL where there is none. */
static enum pst_code load_set(const struct pst_repository *repository, struct pst_signed *root,
                              int64_t version, const struct pst_role_file *listed,
                              struct pst_set **out, struct pst_report *why)
{
    PST_CLEANUP(pst_set) struct pst_set *set = NULL;
    PST_CLEANUP(pst_signed) struct pst_signed *snapshot = NULL;

    enum pst_code rc = pst_set_new(NULL, &set, why);
    if (rc == PST_OK)
        rc = pst_set_put(set, root, why);
    if (rc != PST_OK)
        return rc;
    {
        PST_WITHIN(why, "metadata/%lld.snapshot.json", (long long)version);
        rc = read_part(repository, PST_ROLE_SNAPSHOT, "snapshot", version, &snapshot, why);
        if (rc == PST_OK && listed != NULL)
            rc = check_listed(listed, snapshot, why);
        if (rc == PST_OK)
            rc = pst_signed_verify(snapshot, root->role, root->role, pst_repository_now(repository),
                                   true, why);
        rc = as_state(rc, why);
    }
    if (rc == PST_OK)
        rc = pst_set_put(set, snapshot, why);
    if (rc == PST_OK)
        rc = load_all_listed(repository, set, why);
    if (rc != PST_OK)
        return rc;
    *out = set;
    set = NULL;
    return PST_OK;
}

/* What the timestamp stands for. *timestamp is set as soon as there is one that can be read. */
static enum pst_code load_told(const struct pst_repository *repository, struct pst_signed *root,
                               struct pst_signed **timestamp, struct pst_set **out,
                               struct pst_report *why)
{
    enum pst_code rc;
    {
        PST_WITHIN(why, "metadata/timestamp.json");
        rc = as_state(read_part(repository, PST_ROLE_TIMESTAMP, "timestamp", 0, timestamp, why),
                      why);
        if (rc == PST_OK)
            rc = as_state(pst_signed_verify(*timestamp, root->role, root->role,
                                            pst_repository_now(repository), true, why),
                          why);
    }
    if (rc != PST_OK || *timestamp == NULL)
        return rc;
    const struct pst_role_file *listed =
        pst_role_file((*timestamp)->role, pst_text("snapshot.json"));
    rc = load_set(repository, root, listed->version, listed, out, why);
    return rc == PST_OK ? pst_set_put(*out, *timestamp, why) : rc;
}

/* Shows what a cut-off publish had written; the present set is told from the timestamp, or has no
 * roles. */
static enum pst_code finish(struct pst_repository *repository, struct pst_set *next, bool was_told,
                            struct pst_report *why)
{
    /* A timestamp that is lost took its count with it; seconds since 1970 are above any count. */
    if (!was_told && next->snapshot->role->version > 1)
        repository->timestamp_floor = pst_repository_now(repository);
    enum pst_code rc = pst_online_timestamp(repository, next, repository->timestamp_floor + 1, why);
    if (rc != PST_OK) {
        pst_set_free(next);
        return rc;
    }
    return pst_repository_commit(repository, next, NULL, 0, why);
}

static bool timestamp_is_there(const struct pst_repository *repository)
{
    char path[PATH_MAX];
    return pst_metadata_path(repository, "timestamp.json", path, NULL) == PST_OK &&
           access(path, F_OK) == 0;
}

static int64_t told_snapshot(const struct pst_signed *timestamp)
{
    return timestamp == NULL ? 0
                             : pst_role_file(timestamp->role, pst_text("snapshot.json"))->version;
}

/*
 *     told   newer
 *     good   good    the newer one, if it can be told; else what is told
 *     good   bad     what is told; the newer is of a publish that did not come that far
 *     bad    good    the newer one: the roots were already there, and the old set is not theirs
 *     bad    bad     the disk is damaged
 *     none   good    a first publish that lacked only its timestamp, or one that was lost
 *     none   bad     a first publish that did not come that far (snapshot 1); otherwise damage
 */
static enum pst_code load_roles(struct pst_repository *repository, const struct on_disk *disk,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_signed) struct pst_signed *timestamp = NULL;
    PST_CLEANUP(pst_set) struct pst_set *newer = NULL;
    struct pst_report of_told = {0}, of_newer = {0}, of_finish = {0};
    struct pst_signed *root = repository->set->root;
    bool told = timestamp_is_there(repository);
    struct pst_set *found = NULL;
    enum pst_code rc_told = PST_OK;

    if (told)
        rc_told = load_told(repository, root, &timestamp, &found, &of_told);
    if (found != NULL) {
        pst_set_free(repository->set);
        repository->set = found;
    }
    if (timestamp != NULL)
        repository->timestamp_floor = timestamp->role->version;
    bool is_newer = disk->snapshot_last > told_snapshot(timestamp) && (timestamp != NULL || !told);
    enum pst_code rc_newer =
        !is_newer ? PST_HOST_STATE
                  : load_set(repository, root, disk->snapshot_last, NULL, &newer, &of_newer);
    if (rc_newer == PST_OK) {
        struct pst_set *taken = newer;
        newer = NULL;
        rc_newer = finish(repository, taken, told, &of_finish);
        if (rc_newer == PST_OK)
            return PST_OK;
        if (why != NULL)
            pst_report_append(why, &of_finish, told && rc_told == PST_OK);
        if (!told)
            return rc_newer;
    }
    if (told && why != NULL)
        pst_report_append(why, &of_told, false);
    if (!told && disk->snapshot_last > 1) {
        if (why != NULL)
            pst_report_append(why, &of_newer, false);
        return rc_newer;
    }
    return rc_told;
}

static enum pst_code follows(const struct pst_signed *root, struct pst_bytes next, int64_t now_s,
                             struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;

    enum pst_code rc = pst_trust_new(pst_buf_bytes(&root->bytes), now_s, &trust, why);
    if (rc == PST_OK && next.len > 0)
        rc = pst_trust_root_next(trust, next, why);
    return rc;
}

static enum pst_code load_root(struct pst_repository *repository, int64_t version,
                               struct pst_report *why)
{
    PST_CLEANUP(pst_signed) struct pst_signed *root = NULL;
    const struct pst_signed *before = repository->set->root;
    int64_t now_s = pst_repository_now(repository);

    PST_WITHIN(why, "metadata/%lld.root.json", (long long)version);
    enum pst_code rc = read_part(repository, PST_ROLE_ROOT, "root", version, &root, why);
    if (rc == PST_OK)
        rc = before == NULL ? follows(root, pst_bytes(NULL, 0), now_s, why)
                            : follows(before, pst_buf_bytes(&root->bytes), now_s, why);
    if (rc == PST_OK)
        rc = pst_set_put(repository->set, root, why);
    return as_state(rc, why);
}

static bool root_is_there(const struct pst_repository *repository, int64_t version)
{
    char file[PST_METADATA_NAME_ROOM], path[PATH_MAX];

    (void)snprintf(file, sizeof file, "%lld.root.json", (long long)version);
    return pst_metadata_path(repository, file, path, NULL) == PST_OK && access(path, F_OK) == 0;
}

static enum pst_code load_chain(struct pst_repository *repository, const struct on_disk *disk,
                                struct pst_report *why)
{
    enum pst_code rc = PST_OK;

    repository->root_first = disk->root_first;
    for (int64_t version = disk->root_first;
         rc == PST_OK && version <= disk->root_last && root_is_there(repository, version);
         version++)
        rc = load_root(repository, version, why);
    return rc;
}

static enum pst_code take_initial(struct pst_repository *repository, struct pst_bytes bytes,
                                  struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf copy = pst_buf(PST_TRUST_ROOT_BYTES);
    PST_CLEANUP(pst_signed) struct pst_signed *root = NULL;
    char file[PST_METADATA_NAME_ROOM], path[PATH_MAX];

    PST_WITHIN(why, "initial root");
    if (bytes.len == 0)
        return pst_refuse(why, PST_METADATA_MISSING, pst_say("a root, to begin a repository with"),
                          pst_say("none"));
    if (bytes.len > copy.max)
        return pst_refuse(why, PST_METADATA_TOO_LARGE, pst_say("at most %zu bytes", copy.max),
                          pst_say("%zu bytes", bytes.len));
    if (!pst_buf_add(&copy, bytes.at, bytes.len))
        return pst_no_memory(why, "the root");
    enum pst_code rc = pst_signed_new(PST_ROLE_ROOT, "root", &copy, &root, why);
    if (rc == PST_OK)
        rc = follows(root, pst_bytes(NULL, 0), pst_repository_now(repository), why);
    if (rc == PST_OK && !root->role->consistent_snapshot)
        rc = pst_refuse(why, PST_INCONSISTENT, pst_say("consistent_snapshot true"),
                        pst_say("false"));
    if (rc != PST_OK)
        return rc;
    pst_signed_file(root, file);
    rc = pst_metadata_path(repository, file, path, why);
    if (rc == PST_OK)
        rc = pst_file_replace(path, bytes, 0644, why);
    if (rc == PST_OK)
        rc = pst_set_put(repository->set, root, why);
    repository->root_first = root->role->version;
    return rc;
}

enum pst_code pst_repository_load(struct pst_repository *repository, struct pst_bytes initial_root,
                                  struct pst_report *why)
{
    struct on_disk disk = {0};

    enum pst_code rc = pst_set_new(NULL, &repository->set, why);
    if (rc == PST_OK)
        rc = visit_folder(repository, "uploads", empty_uploads, NULL, why);
    if (rc == PST_OK)
        rc = visit_folder(repository, "metadata", look_at, &disk, why);
    if (rc != PST_OK)
        return rc;
    rc = disk.root_first == 0 ? take_initial(repository, initial_root, why)
                              : load_chain(repository, &disk, why);
    if (rc == PST_OK)
        rc = load_roles(repository, &disk, why);
    if (rc == PST_OK)
        rc = visit_folder(repository, "metadata", remove_newer, repository->set, why);
    return rc;
}
