/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segments.h - which part of an image to take from where in its base. Tools only.
 *
 *     anchors.c    long stretches that are the same, by hashes of blocks
 *     match.c      suffix array over both with their references made zero; stretches that agree
 *     segments.c   the list of segments, and what makes it cheaper to say and to code
 *
 * Memory   pst_segments_clear(). Matching takes 5 bytes a byte of base and 1 a byte of image.
 * Errors   false: no memory.
 */
#ifndef PST_MANIFESTS_DELTA_SEGMENTS_H
#define PST_MANIFESTS_DELTA_SEGMENTS_H

#include "manifests/delta/code.h"
#include "manifests/delta/map.h"

/* In the image's order, without overlaps. */
struct pst_segments {
    struct pst_segment *of;
    size_t count, room;
};
void pst_segments_clear(struct pst_segments *segments);
static inline void pst_segments_cleanup(struct pst_segments *segments)
{
    pst_segments_clear(segments);
}
/* Behind the last one; made one with it where it goes on. Of 0 bytes: nothing. */
bool pst_segments_add(struct pst_segments *segments, struct pst_segment segment) PST_MUST_CHECK;

struct pst_pair {
    struct pst_bytes base, image;
    struct pst_code_areas base_code, image_code;
};

/* Long stretches that are the base's, and those of one byte over and over. */
bool pst_anchors_find(const struct pst_pair *pair, struct pst_segments *out) PST_MUST_CHECK;
/* Anchors, and between them what is alike, also where single bytes differ. */
bool pst_match(const struct pst_pair *pair, const struct pst_segments *anchors,
               struct pst_segments *out) PST_MUST_CHECK;
/* What lies between two segments is taken along with one of them, where that is worth it. */
bool pst_segments_fill_gaps(const struct pst_pair *pair, struct pst_segments *segments)
    PST_MUST_CHECK;
/* Tables whose entries moved against each other: cut where the neighbour's place fits better. */
struct pst_regions;
bool pst_segments_repair(const struct pst_pair *pair, const struct pst_regions *regions,
                         struct pst_segments *segments) PST_MUST_CHECK;

#endif
