/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repository.h - the signed files that terminals fetch, on disk, and how new ones become visible.
 *
 *     DIR/metadata/   N.root.json, N.targets.json, N.P.json, N.snapshot.json, timestamp.json
 *     DIR/blobs/      sha256/ab/cd/<64 hex>: content-addressed, immutable
 *     DIR/uploads/    parts on their way in; emptied at start
 *
 * Publishing verifies everything first - each role against the chain from the trusted root, every
 * target of every product role is there with its length and digest, every manifest parses and
 * belongs where it stands, released versions keep their images - and then writes: product roles,
 * targets, snapshot, new roots, and the timestamp last, each by rename. A reader sees the old set
 * or the new one: versions that are not published yet are not served, whether their files are there
 * or not.
 *
 * Opening verifies all that is on disk, keys and files alike. Signatures that were good in their
 * day and roles that are past their date do not keep the service from starting, for it must start
 * to be mended; files that do not belong together do. A publish that lost its power after its
 * snapshot (and its roots) were written is finished, any earlier one has left nothing.
 *
 * The snapshot and timestamp keys are the service's own, online; everything else is signed
 * elsewhere.
 *
 * Threads  reading functions and uploads from any thread: they hold a lock while they look up a
 *          name, never while a file is read; publishing and renewing from one thread at a time
 *          (the caller's lock or the writer thread), and releases() from that same thread.
 * Errors   metadata.*, signature.*, key.*, release.*, image.missing, image.corrupt, host.*;
 *          PST_HOST_STATE for what is on disk and does not verify, with the file's name in `where`;
 *          PST_KEY_WRONG_ROLE when a root gives our online roles to other keys: opening only notes
 *          it, so that a root with the new keys can still be published;
 *          PST_SERVICE_NOT_FOUND for names that nobody published.
 * Source   TUF 1.0.34, section 6.2; DESIGN: "Repository".
 */
#ifndef PST_SERVICE_REPOSITORY_REPOSITORY_H
#define PST_SERVICE_REPOSITORY_REPOSITORY_H

#include "keys/private_key.h"
#include "keys/trust.h"
#include "manifests/release.h"

struct pst_repository;

struct pst_repository_options {
    const char *folder;
    const struct pst_private_key *snapshot_key, *timestamp_key; /* borrowed */
    int64_t snapshot_days, timestamp_days; /* validity of what the service signs */
    int64_t (*now_s)(void *context);
    void *now_context;
    /* For tests that cut the power: called after each file that is made visible or removed, with
     * its name. NULL otherwise. */
    void (*after_step)(void *context, const char *name);
    void *step_context;
};

/* `initial_root` is used when the folder holds no root yet; may be empty otherwise. */
enum pst_code pst_repository_open(const struct pst_repository_options *options,
                                  struct pst_bytes initial_root, struct pst_repository **out,
                                  struct pst_report *why) PST_MUST_CHECK;
void pst_repository_free(struct pst_repository *repository);

/*
 * Opens what a URL names: decoded path below /repo/, like "metadata/3.targets.json" or
 * "targets/pos-a/1.0.0/<sha256>.os.img". The strong ETag is the content's SHA-256, or the version
 * where the name has one. Targets are those of the published set and of the one before it, so that
 * a terminal which is on its way comes to its end.
 */
struct pst_repository_file {
    int fd; /* the caller closes */
    uint64_t bytes;
    char etag[80]; /* with quotes */
    bool immutable;
    const char *content_type;
};
enum pst_code pst_repository_get(const struct pst_repository *repository, struct pst_text path,
                                 struct pst_repository_file *out, struct pst_report *why)
    PST_MUST_CHECK;

/*
 * Uploads: an unnamed file in the blob tree's file system, -1 with a finding when there is none to
 * be had; keep() hashes it once more and links it under its digest (durable). A blob that is there
 * already and is damaged is replaced. The fd stays the caller's.
 */
int pst_repository_upload_fd(const struct pst_repository *repository, struct pst_report *why);
enum pst_code pst_repository_keep(const struct pst_repository *repository, int upload_fd,
                                  const uint8_t sha256[32], bool *existed, struct pst_report *why)
    PST_MUST_CHECK;

struct pst_publish_item {
    char name[160]; /* "2.root.json", "targets.json", "pos-a.json" */
    uint8_t sha256[32];
};
struct pst_published_release { /* what the publish brought or changed */
    struct pst_release *release;
    uint8_t manifest_sha256[32];
    char path[256];
};
struct pst_published {
    int64_t snapshot_version, timestamp_version;
    size_t count;
    struct pst_published_release *release;
};
void pst_published_clear(struct pst_published *published);
static inline void pst_published_cleanup(struct pst_published *published)
{
    pst_published_clear(published);
}
/* Publishing what is published already changes nothing and is PST_OK. Every finding of every item
 * is told; with any of them that is not merely noted, nothing is written. */
enum pst_code pst_repository_publish(struct pst_repository *repository,
                                     const struct pst_publish_item *items, size_t count,
                                     struct pst_published *out, struct pst_report *why)
    PST_MUST_CHECK;

/* All releases that are published now: for a service that starts, whose store may lack some of
 * them. */
enum pst_code pst_repository_releases(const struct pst_repository *repository,
                                      struct pst_published *out, struct pst_report *why)
    PST_MUST_CHECK;

/* Signs a new timestamp (and snapshot) when less than a third of its life is left. *renewed says
 * so. Versions only ever grow, whatever the clock does. */
enum pst_code pst_repository_renew(struct pst_repository *repository, bool *renewed,
                                   struct pst_report *why) PST_MUST_CHECK;
/* When the first online role expires; INT64_MAX before the first publish. */
int64_t pst_repository_expires_s(const struct pst_repository *repository);

/* The manifest of a published release by its target path, re-verified against the signed digest. */
enum pst_code pst_repository_manifest(const struct pst_repository *repository, struct pst_text path,
                                      struct pst_release **out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
