/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repository_internal.h - internal to repository/: the published set in memory, and its files.
 *
 *     struct pst_signed   one role file: its bytes, digest and meaning; never changes
 *     struct pst_set      the files that are published together; never changes once it is shown
 *
 *     load / publish / renew --> a new set --pst_repository_commit()--> disk and readers
 *
 * Memory   parts are shared between a set and the next; only the publishing thread makes, shares
 *          and drops them, so that their counts need no lock.
 * Threads  `set` and `previous` are read under the lock, and changed by the publishing thread
 *          alone, which may therefore read them without it.
 */
#ifndef PST_SERVICE_REPOSITORY_REPOSITORY_INTERNAL_H
#define PST_SERVICE_REPOSITORY_REPOSITORY_INTERNAL_H

#include <limits.h>
#include <pthread.h>

#include "service/repository/repository.h"

enum { PST_METADATA_NAME_ROOM = 128, PST_METADATA_ITEMS_MOST = 512 };

struct pst_signed {
    unsigned users;
    enum pst_role_kind kind;
    char name[72]; /* "root", "targets", "pos-a" */
    struct pst_buf bytes;
    uint8_t sha256[PST_SHA256_BYTES];
    struct pst_role *role;
};

struct pst_set {
    struct pst_signed *root;
    struct pst_signed *timestamp, *snapshot, *targets; /* NULL before the first publish */
    size_t count;
    struct pst_signed *
        *product; /* by name; those that nobody delegates to any longer stay listed */
};

struct pst_repository {
    struct pst_repository_options options;
    char folder[PATH_MAX];
    pthread_rwlock_t *lock;
    struct pst_set *set, *previous; /* previous may be NULL */
    int64_t root_first;             /* the oldest root on disk */
    int64_t timestamp_floor;        /* the highest version that was ever shown */
};

int64_t pst_repository_now(const struct pst_repository *repository);

/* repository_set.c. Making a part takes the bytes over, also on failure. */
enum pst_code pst_signed_new(enum pst_role_kind kind, const char *name, struct pst_buf *bytes,
                             struct pst_signed **out, struct pst_report *why) PST_MUST_CHECK;
struct pst_signed *pst_signed_share(struct pst_signed *part);
void pst_signed_drop(struct pst_signed *part);
static inline void pst_signed_cleanup(struct pst_signed **part)
{
    pst_signed_drop(*part);
}
/* "3.pos-a.json", "timestamp.json". */
void pst_signed_file(const struct pst_signed *part, char out[PST_METADATA_NAME_ROOM]);
/* What may be read of a kind: the limits of TUF clients. */
size_t pst_signed_most(enum pst_role_kind kind);
/* Signed by the delegator's keys. `at_any_time`: valid now, or only in their day. */
enum pst_code pst_signed_verify(const struct pst_signed *part, const struct pst_role *delegator,
                                const struct pst_role *root, int64_t now_s, bool at_any_time,
                                struct pst_report *why) PST_MUST_CHECK;

/* Shares the parts of `from`, which may be NULL. */
enum pst_code pst_set_new(const struct pst_set *from, struct pst_set **out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_set_free(struct pst_set *set);
static inline void pst_set_cleanup(struct pst_set **set)
{
    pst_set_free(*set);
}
/* Puts a part in the place of the one of its name; the set has a share of its own. */
enum pst_code pst_set_put(struct pst_set *set, struct pst_signed *part, struct pst_report *why)
    PST_MUST_CHECK;
struct pst_signed *pst_set_find(const struct pst_set *set, struct pst_text name);
/* As a TUF client finds it: the top-level targets, then the role that the path's first name is. */
const struct pst_role_target *pst_set_target(const struct pst_set *set, struct pst_text path);
/* "P/<version>/manifest.json" in role P. */
bool pst_path_is_manifest(struct pst_text path, struct pst_text product);

/* repository_files.c: "<version>.<role>.json", or "timestamp.json" with version 0. */
struct pst_metadata_name {
    int64_t version;
    struct pst_text role;
};
bool pst_metadata_name_parse(struct pst_text file, struct pst_metadata_name *out);
/* "metadata/<name>" or "uploads" in the repository's folder. */
enum pst_code pst_repository_path(const struct pst_repository *repository, const char *name,
                                  char out[PATH_MAX], struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_metadata_path(const struct pst_repository *repository, const char *file,
                                char out[PATH_MAX], struct pst_report *why) PST_MUST_CHECK;

/* blobs.c: -1 and errno when there is none. */
int pst_blob_open(const struct pst_repository *repository, const uint8_t sha256[PST_SHA256_BYTES]);
/* Adds the whole blob, hashed again: PST_IMAGE_MISSING, PST_IMAGE_CORRUPT, PST_TOO_LARGE. */
enum pst_code pst_blob_read(const struct pst_repository *repository,
                            const uint8_t sha256[PST_SHA256_BYTES], struct pst_buf *out,
                            struct pst_report *why) PST_MUST_CHECK;

/* online_roles.c. Nothing is signed with a key that the root does not name: PST_KEY_WRONG_ROLE. */
enum pst_code pst_online_check(const struct pst_repository *repository, const struct pst_role *root,
                               struct pst_report *why) PST_MUST_CHECK;
/* Each replaces the set's own, signed now and listing what the set holds. */
enum pst_code pst_online_snapshot(const struct pst_repository *repository, struct pst_set *set,
                                  int64_t version, struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_online_timestamp(const struct pst_repository *repository, struct pst_set *set,
                                   int64_t version, struct pst_report *why) PST_MUST_CHECK;

/* repository_commit.c: writes what differs from the current set and shows it. Takes `next` over,
 * also on failure, which leaves the old set. `roots` are the new ones, oldest first. */
enum pst_code pst_repository_commit(struct pst_repository *repository, struct pst_set *next,
                                    struct pst_signed *const *roots, size_t root_count,
                                    struct pst_report *why) PST_MUST_CHECK;

/* repository_load.c: the set from disk, finished where a publish was cut off. */
enum pst_code pst_repository_load(struct pst_repository *repository, struct pst_bytes initial_root,
                                  struct pst_report *why) PST_MUST_CHECK;

/* One publish under way: publish.c, publish_check.c, publish_release.c. */
struct pst_publish {
    const struct pst_repository *repository;
    const struct pst_publish_item *item;
    size_t count;
    int64_t now_s;
    struct pst_report *why;
    enum pst_code first; /* what the checks found first */

    struct pst_signed **part; /* an item each; NULL where it is unreadable */
    const struct pst_set *old;
    struct pst_set *set; /* what will be published */
    struct pst_signed
        *root[PST_TRUST_ROTATIONS]; /* new ones, oldest first; the items' own shares */
    size_t root_count;
    struct pst_published published;
};
void pst_publish_took(struct pst_publish *publish, enum pst_code code);
/* All checks that need nothing signed by the online roles; fills set, root and published. */
enum pst_code pst_publish_check(struct pst_publish *publish) PST_MUST_CHECK;
/* The targets and releases of a role that is new or changed. */
void pst_publish_check_releases(struct pst_publish *publish, const struct pst_signed *product,
                                const struct pst_role_rule *rule);
/* The top-level targets: only their blobs. */
void pst_publish_check_targets(struct pst_publish *publish, const struct pst_signed *part);

/* Adds a release to the list; takes it over on success. */
enum pst_code pst_published_add(struct pst_published *published, struct pst_release **release,
                                const uint8_t sha256[PST_SHA256_BYTES], struct pst_text path,
                                struct pst_report *why) PST_MUST_CHECK;
/* Reads, re-verifies and parses a manifest that a role lists. */
enum pst_code pst_manifest_read(const struct pst_repository *repository,
                                const struct pst_role_target *target, struct pst_release **out,
                                struct pst_report *why) PST_MUST_CHECK;

#endif
