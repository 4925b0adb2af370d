/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publishing.h - a repository of the service and, beside it, who signs what it publishes.
 *
 *     PST_CLEANUP(publishing) struct publishing *p = publishing();  // open, nothing published
 *     publishing_release(p, &(struct made_spec){"1.0.0", 1, 'a'});  // uploads, lists in pos-a
 *     publishing_send(p, PUBLISH_TARGETS | PUBLISH_PRODUCT, &out, &why)
 *
 * The product is "pos-a"; its releases have one component with a packed source and, with a base, a
 * delta. To spoil a release, make it, change it, and put it: made_release(), made_put().
 *
 * Memory   publishing_free(), made_clear().
 * Errors   what is no part of a test's claim ends the test.
 */
#ifndef PST_TESTS_PUBLISHING_H
#define PST_TESTS_PUBLISHING_H

#include "service/repository/repository.h"
#include "tests/support/repo_builder.h"
#include "tests/support/scratch.h"

enum { PUBLISHING_ITEMS = 8 };

struct publishing {
    struct pst_scratch scratch;
    char folder[300];
    struct pst_repo *repo;
    struct pst_repo_key product_key;
    struct pst_repo_role *product;
    int64_t now_s;
    struct pst_repository_options options; /* the clock is now_s */
    struct pst_repository *repository;     /* NULL while closed */
    size_t item_count;
    struct pst_publish_item item[PUBLISHING_ITEMS];
};

struct publishing *publishing(void);
void publishing_free(struct publishing *p);
static inline void publishing_cleanup(struct publishing **p)
{
    publishing_free(*p);
}
void publishing_close(struct publishing *p);
enum pst_code publishing_open(struct publishing *p, struct pst_report *why);
/* Closes and opens; must work. */
void publishing_reopen(struct publishing *p);

void publishing_upload(struct publishing *p, struct pst_bytes bytes, uint8_t sha256[32]);

/* Uploads bytes and adds the item. */
void publishing_add(struct publishing *p, const char *name, struct pst_bytes bytes);
/* A role as signed last, under its name. */
void publishing_add_role(struct publishing *p, const struct pst_repo_role *role);
/* What was added; forgets the items. */
enum pst_code publishing_publish(struct publishing *p, struct pst_published *out,
                                 struct pst_report *why);

/* Signs these roles with the next version each (root and targets from their first on), adds and
 * publishes. */
enum { PUBLISH_ROOT = 1, PUBLISH_TARGETS = 2, PUBLISH_PRODUCT = 4 };
void publishing_sign(struct publishing *p, unsigned roles);
enum pst_code publishing_send(struct publishing *p, unsigned roles, struct pst_published *out,
                              struct pst_report *why);
/* targets and product with a release 1.0.0: the usual beginning. Must work. */
void publishing_first(struct publishing *p);

struct made_spec {
    const char *version;
    int64_t sequence;
    char image;               /* names the image's bytes */
    char base;                /* 0: no delta */
    const char *base_version; /* of the delta */
};
struct made_file {
    char path[128];
    struct pst_buf bytes;
    bool is_uploaded, is_listed;
};
enum made_kind {
    MADE_FULL,
    MADE_FULL_BLOCKS,
    MADE_DELTA,
    MADE_DELTA_BLOCKS,
    MADE_MANIFEST,
    MADE_KINDS
};
struct made_release {
    struct pst_release release; /* texts are of the other members */
    struct pst_component component;
    struct pst_source source[2];
    char product[32];
    struct made_file file[MADE_KINDS];
};
void made_release(struct made_release *made, const struct made_spec *spec);
void made_put(struct publishing *p, struct made_release *made);
void made_clear(struct made_release *made);
static inline void made_cleanup(struct made_release *made)
{
    made_clear(made);
}
void publishing_release(struct publishing *p, const struct made_spec *spec);

/* Reads what a URL names. */
enum pst_code publishing_get(const struct pst_repository *repository, const char *path,
                             struct pst_buf *out);
/* Walks as a terminal with the first root would, and reads this version's release with all its
 * files. PST_SERVICE_NOT_FOUND when the release is not listed. */
enum pst_code publishing_walk(const struct publishing *p, const char *version,
                              struct pst_report *why);
/* One number for all files below `folder`, their names and bytes. */
struct pst_folder_print {
    uint8_t sha256[32];
    size_t files;
};
struct pst_folder_print publishing_print(const char *folder);

/* What ends the test with all findings: another answer than PST_OK, or than the one expected. */
void publishing_must(enum pst_code code, const struct pst_report *why);
void publishing_must_be(enum pst_code expected, enum pst_code code, const struct pst_report *why);
void publishing_must_walk(const struct publishing *p, const char *version);
void publishing_must_send(struct publishing *p, unsigned roles);

/* The usual second release: 1.1.0, with a delta from 1.0.0. */
extern const struct made_spec publishing_second;
/* The version inside what this URL names. */
int64_t publishing_version(const struct publishing *p, const char *path, enum pst_role_kind kind);
int64_t publishing_timestamp_version(const struct publishing *p);
/* The product's entry whose path has this in it. */
struct pst_repo_file *publishing_listed(struct publishing *p, const char *name);
/* Signs and adds two roots: the first gives root and targets to `root_key`; the second, signed by
 * it alone, gives the targets on to `targets_key`. */
void publishing_rotate(struct publishing *p, const struct pst_repo_key *root_key,
                       const struct pst_repo_key *targets_key);
void publishing_metadata_path(const struct publishing *p, const char *file, char out[1024]);
/* Flips a bit. */
void publishing_damage(const char *path, int64_t at);

#endif
