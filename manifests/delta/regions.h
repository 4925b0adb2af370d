/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regions.h - the image's code and the base's brought together: what a walk needs to know of each
 * stretch. Tools only.
 *
 * An ELF file's counterpart is the one in the base from which most of it was taken. Where a raw
 * image's pointers count from is found by trying: those that moved must have moved with what they
 * point to.
 *
 * Memory   pst_regions_clear().
 * Errors   false: no memory.
 */
#ifndef PST_MANIFESTS_DELTA_REGIONS_H
#define PST_MANIFESTS_DELTA_REGIONS_H

#include "manifests/delta/format.h"
#include "manifests/delta/segments.h"

struct pst_regions {
    struct pst_region *of;
    size_t count, room;
};
void pst_regions_clear(struct pst_regions *regions);

/* At least one, the first at 0. */
bool pst_regions_find(const struct pst_pair *pair, const struct pst_segments *segments,
                      struct pst_regions *out) PST_MUST_CHECK;
const struct pst_region *pst_region_at(const struct pst_regions *regions, uint32_t at);

#endif
