/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle.h - a repository's files in one POSIX tar, for a USB stick: `postern.bundle/1`.
 *
 *     postern-bundle.json       {"format":"postern.bundle/1"}; first: one look tells what it is
 *     metadata/N.root.json ...  all roots, timestamp, snapshot, targets, the product's role
 *     targets/P/VERSION/...     the manifest, its sources and their lists of blocks
 *
 * A bundle is not signed and vouches for nothing: each file in it is believed for its own
 * signatures, as if it came from a mirror. So reading goes on behind damage, and names all of it:
 * one flipped bit in a header costs that entry alone. Plain ustar: no links, no long-name records;
 * names are at most 100 bytes below a folder of at most 155.
 *
 * Units    bytes; offsets from the beginning of the file.
 * Memory   pst_bundle_clear().
 * Errors   bundle.damaged for each damaged place, bundle.format-unknown, host.*. What could be
 *          read is in `out` all the same.
 * Source   POSIX.1-2017, pax, "ustar Interchange Format".
 */
#ifndef PST_MANIFESTS_BUNDLE_H
#define PST_MANIFESTS_BUNDLE_H

#include "manifests/finding.h"

#define PST_BUNDLE_MARKER "postern-bundle.json"
#define PST_BUNDLE_FORMAT "postern.bundle/1"
enum { PST_BUNDLE_ENTRIES_MOST = 4096, PST_BUNDLE_NAME_ROOM = 257, PST_BUNDLE_BLOCK = 512 };

struct pst_bundle_entry {
    char name[PST_BUNDLE_NAME_ROOM];
    int64_t at, bytes; /* that are there: fewer than the header says where the file was cut */
};
struct pst_bundle {
    size_t count;
    struct pst_bundle_entry *entry; /* in the order of the file */
};

enum pst_code pst_bundle_read(int fd, struct pst_bundle *out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_bundle_clear(struct pst_bundle *bundle);
static inline void pst_bundle_cleanup(struct pst_bundle *bundle)
{
    pst_bundle_clear(bundle);
}
/* NULL when there is none. */
const struct pst_bundle_entry *pst_bundle_find(const struct pst_bundle *bundle, const char *name);

/* What a folder of a repository may hold: names of letters, digits and "._-%", joined by '/'. */
bool pst_bundle_name_is_safe(struct pst_text name);

/* The header of a regular file; false for a name or a size that ustar cannot carry. The content
 * follows, padded with zeroes to whole blocks; two blocks of zeroes end the bundle. */
bool pst_bundle_header(const char *name, int64_t bytes, uint8_t out[PST_BUNDLE_BLOCK]);

#endif
