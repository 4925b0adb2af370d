/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repository.h - the signed files that terminals fetch, on disk, and how new ones become visible.
 *
 *     DIR/metadata/   N.root.json, N.targets.json, N.P.json, N.snapshot.json, timestamp.json
 *     DIR/blobs/      sha256/ab/cd/<64 hex>: content-addressed, immutable
 *     DIR/uploads/    parts on their way in; emptied at start
 *
 * Publishing verifies everything first - each role against the chain from the trusted root, every target
 * of every product role is there with its length and digest, every manifest parses and belongs where it
 * stands, released versions keep their images - and then writes: product roles, targets, snapshot, and
 * the timestamp last, by rename. A reader sees the old set or the new one.
 *
 * The snapshot and timestamp keys are the service's own, online; everything else is signed elsewhere.
 *
 * Threads  reading functions from any thread; publishing and renewing from one thread at a time (the
 *          caller's lock or the writer thread).
 * Errors   metadata.*, signature.*, key.*, release.*, image.missing, image.corrupt, host.*
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
};

/* `initial_root` is used when the folder holds no root yet; may be empty otherwise. */
enum pst_code pst_repository_open(const struct pst_repository_options *options,
                                  struct pst_bytes initial_root, struct pst_repository **out,
                                  struct pst_report *why) PST_MUST_CHECK;
void pst_repository_free(struct pst_repository *repository);

/* Opens what a URL names: decoded path below /repo/, like "metadata/3.targets.json" or
 * "targets/pos-a/1.0.0/<sha256>.os.img". The strong ETag is the content's SHA-256 (or version for metadata). */
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

/* Uploads: an unnamed file in the blob tree's file system; keep() links it under its digest (durable). */
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
enum pst_code pst_repository_publish(struct pst_repository *repository,
                                     const struct pst_publish_item *items, size_t count,
                                     struct pst_published *out, struct pst_report *why)
    PST_MUST_CHECK;

/* Signs a new timestamp (and snapshot) when less than a third of its life is left. *renewed says so. */
enum pst_code pst_repository_renew(struct pst_repository *repository, bool *renewed,
                                   struct pst_report *why) PST_MUST_CHECK;
/* When the first online role expires. */
int64_t pst_repository_expires_s(const struct pst_repository *repository);

/* The release manifest's bytes of a published release, re-verified against the signed digest. */
enum pst_code pst_repository_manifest(const struct pst_repository *repository, struct pst_text path,
                                      struct pst_release **out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
