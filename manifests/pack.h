/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h - a repository's files, in a folder or in one bundle, read by name.
 *
 *     metadata/3.root.json, targets/pos-a/5.2.0/manifest.json
 *
 * A consistent repository serves a target as HASH.NAME, a folder that `postern release build` made
 * has the plain name: pst_pack_target() finds either. Nothing here is believed; whoever reads
 * verifies.
 *
 * Memory   pst_pack_free(); a part borrows the bundle's descriptor and is closed before it.
 * Threads  reading at offsets only; one thread a pack.
 * Errors   host.*, bundle.*; PST_HOST_NOT_FOUND for a name that is not there.
 */
#ifndef PST_MANIFESTS_PACK_H
#define PST_MANIFESTS_PACK_H

#include "manifests/bundle.h"

struct pst_pack;

/* A folder or a bundle. A damaged bundle answers PST_BUNDLE_DAMAGED, and a pack with what is
 * left. */
enum pst_code pst_pack_open(const char *path, struct pst_pack **out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_pack_free(struct pst_pack *pack);
static inline void pst_pack_cleanup(struct pst_pack **pack)
{
    pst_pack_free(*pack);
}

/* As it was opened, for findings. */
const char *pst_pack_path(const struct pst_pack *pack);

/* Bytes of one file: `bytes` of them from `at` on. */
struct pst_part {
    int fd;
    bool own; /* `fd` is closed with it */
    int64_t at, bytes;
};
static inline struct pst_part pst_part_none(void)
{
    return (struct pst_part){.fd = -1};
}
void pst_part_close(struct pst_part *part);
static inline void pst_part_cleanup(struct pst_part *part)
{
    pst_part_close(part);
}

/* `name` as above. With `why` NULL only the code says what is wrong. */
enum pst_code pst_pack_find(const struct pst_pack *pack, const char *name, struct pst_part *out,
                            struct pst_report *why) PST_MUST_CHECK;
/* A target by its path, under its plain name or with this digest (hex) before it. */
enum pst_code pst_pack_target(const struct pst_pack *pack, const char *path, const char *digest,
                              struct pst_part *out, struct pst_report *why) PST_MUST_CHECK;
/* All of it into `out`, up to its ceiling. */
enum pst_code pst_part_read(const struct pst_part *part, struct pst_buf *out,
                            struct pst_report *why) PST_MUST_CHECK;

/* Each name directly in the folder "metadata" or "targets/pos-a", once. */
void pst_pack_each(const struct pst_pack *pack, const char *folder,
                   void (*see)(void *context, const char *name), void *context);

#endif
