/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.h - where parts of the base went: the segments of a delta, and what is asked of them.
 *
 *     base   ......[ A ].....[ B ]....          a segment: image [at, at + len) was taken
 *     image  ..[ B ]....[ A ].........          from the base at `from`, perhaps changed
 *
 * A reference in a copied part that led to x in the base leads, most likely, to where x went.
 *
 * Units    bytes; offsets are of base and image, both below PST_DELTA_IMAGE_MOST.
 * Memory   PST_SEGMENT_BYTES for each segment, taken at once; pst_delta_map_clear().
 * Threads  one that fills it; any number that asks afterwards.
 */
#ifndef PST_MANIFESTS_DELTA_MAP_H
#define PST_MANIFESTS_DELTA_MAP_H

#include "manifests/bytes.h"

#define PST_DELTA_IMAGE_MOST UINT32_C(0x7fffffff)
/* `from` of a part that is one byte over and over: this, and the byte. */
#define PST_DELTA_FILL UINT32_C(0xffffff00)

struct pst_segment {
    uint32_t at, len, from;
};

enum { PST_SEGMENT_BYTES = sizeof(struct pst_segment) + sizeof(uint32_t) };

struct pst_delta_map {
    struct pst_segment *segment; /* by place in the image, without overlaps */
    uint32_t *by_base;           /* their numbers, by place in the base */
    size_t count;
};

/* Room for `count` segments; false when there is no memory. */
bool pst_delta_map_make(struct pst_delta_map *map, size_t count) PST_MUST_CHECK;
void pst_delta_map_clear(struct pst_delta_map *map);
static inline void pst_delta_map_cleanup(struct pst_delta_map *map)
{
    pst_delta_map_clear(map);
}
/* Once all segments are in. */
void pst_delta_map_sort(struct pst_delta_map *map);

/*
 * Where `place` of the base went, seen from segment `near`. True when a segment covers it; else
 * `*out` is where it would be if it had moved with what lies before it.
 */
bool pst_delta_map_find(const struct pst_delta_map *map, const struct pst_segment *near,
                        uint32_t place, uint32_t *out);

static inline bool pst_segment_is_fill(const struct pst_segment *segment)
{
    return segment->from >= PST_DELTA_FILL;
}

#endif
