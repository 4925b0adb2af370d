/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long stretches of an image that are in its base, byte for byte: most of a file system. They are
 * found by hashes of blocks, so that the suffix array need only be made of what is left.
 */
#include <stdlib.h>

#include "manifests/delta/segments.h"

enum {
    BLOCK = 512,
    RUN_LEAST = 16 << 10, /* shorter ones are left to the suffix array */
    FILL_LEAST = 4096
};
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

struct anchors {
    struct pst_bytes base, image;
    unsigned shift; /* of a hash, to an index into the table */
    size_t mask;
    uint64_t factor_out; /* FACTOR to the power of BLOCK - 1 */
    uint32_t *table;     /* 0: free; else the number of a block of the base, and one */
    size_t done;         /* image bytes before here are taken, or given up */
};

static uint64_t hash_block(const uint8_t *at)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < BLOCK; i++)
        hash = hash * FACTOR + at[i];
    return hash;
}

static bool is_fill(const uint8_t *at, size_t len)
{
    return len > 1 && memcmp(at, at + 1, len - 1) == 0;
}

static size_t slot_of(const struct anchors *anchors, uint64_t hash)
{
    return (size_t)((hash * FACTOR) >> anchors->shift);
}

/* The first of equal blocks stays; one over and over is no place to hold on to. */
static void enter_blocks(struct anchors *anchors)
{
    for (size_t number = 0; number < anchors->base.len / BLOCK; number++) {
        const uint8_t *block = anchors->base.at + number * BLOCK;
        if (is_fill(block, BLOCK))
            continue;
        size_t i = slot_of(anchors, hash_block(block));
        while (anchors->table[i] != 0 &&
               memcmp(anchors->base.at + (anchors->table[i] - 1) * (size_t)BLOCK, block, BLOCK) !=
                   0)
            i = (i + 1) & anchors->mask;
        if (anchors->table[i] == 0)
            anchors->table[i] = (uint32_t)number + 1;
    }
}

static bool look_up(const struct anchors *anchors, const uint8_t *block, uint64_t hash,
                    size_t *from)
{
    for (size_t i = slot_of(anchors, hash); anchors->table[i] != 0; i = (i + 1) & anchors->mask) {
        *from = (anchors->table[i] - 1) * (size_t)BLOCK;
        if (memcmp(anchors->base.at + *from, block, BLOCK) == 0)
            return true;
    }
    return false;
}

static struct pst_segment grow(const struct anchors *anchors, size_t at, size_t from)
{
    struct pst_bytes base = anchors->base, image = anchors->image;
    size_t begin = at, end = at + BLOCK;
    size_t shift_begin = from;
    while (begin > anchors->done && shift_begin > 0 &&
           base.at[shift_begin - 1] == image.at[begin - 1]) {
        begin--;
        shift_begin--;
    }
    size_t from_end = from + BLOCK;
    while (end < image.len && from_end < base.len && base.at[from_end] == image.at[end]) {
        end++;
        from_end++;
    }
    return (struct pst_segment){(uint32_t)begin, (uint32_t)(end - begin), (uint32_t)shift_begin};
}

static size_t fill_len(const struct anchors *anchors, size_t at)
{
    size_t end = at;
    while (end < anchors->image.len && anchors->image.at[end] == anchors->image.at[at])
        end++;
    return end - at;
}

/* Goes on with the shift of the last one after a few changed bytes: usual in a file system. */
static bool same_shift(const struct anchors *anchors, const struct pst_segments *out, size_t at,
                       size_t *from)
{
    if (out->count == 0 || pst_segment_is_fill(&out->of[out->count - 1]))
        return false;
    const struct pst_segment *last = &out->of[out->count - 1];
    *from = at - last->at + last->from;
    return *from + BLOCK <= anchors->base.len &&
           memcmp(anchors->base.at + *from, anchors->image.at + at, BLOCK) == 0 &&
           !is_fill(anchors->image.at + at, BLOCK);
}

static bool scan(struct anchors *anchors, struct pst_segments *out)
{
    struct pst_bytes image = anchors->image;
    uint64_t hash = image.len >= BLOCK ? hash_block(image.at) : 0;
    for (size_t at = 0; at + BLOCK <= image.len;) {
        size_t from, next = at + 1;
        bool found =
            same_shift(anchors, out, at, &from) || look_up(anchors, image.at + at, hash, &from);
        struct pst_segment segment = {0};
        if (found)
            segment = grow(anchors, at, from);
        else if (at % BLOCK == 0 && is_fill(image.at + at, BLOCK))
            segment = (struct pst_segment){(uint32_t)at, (uint32_t)fill_len(anchors, at),
                                           PST_DELTA_FILL | image.at[at]};
        if (segment.len >= (found ? RUN_LEAST : FILL_LEAST)) {
            if (!pst_segments_add(out, segment))
                return false;
            next = anchors->done = segment.at + segment.len;
        } else if (found && segment.at + segment.len > next) {
            next = segment.at + segment.len - BLOCK + 1; /* nothing longer begins within it */
            next = next > at ? next : at + 1;
        }
        if (next == at + 1 && next + BLOCK <= image.len)
            hash = (hash - image.at[at] * anchors->factor_out) * FACTOR + image.at[at + BLOCK];
        else if (next + BLOCK <= image.len)
            hash = hash_block(image.at + next);
        at = next;
    }
    return true;
}

bool pst_anchors_find(const struct pst_pair *pair, struct pst_segments *out)
{
    struct anchors anchors = {.base = pair->base, .image = pair->image, .factor_out = 1};
    unsigned log = 4; /* at most half full, so that each search ends */
    while ((size_t)1 << log < 2 * (pair->base.len / BLOCK + 1))
        log++;
    for (size_t i = 0; i < BLOCK - 1; i++)
        anchors.factor_out *= FACTOR;
    anchors.shift = 64 - log;
    anchors.mask = ((size_t)1 << log) - 1;
    anchors.table = calloc((size_t)1 << log, sizeof *anchors.table);
    if (anchors.table == NULL)
        return false;
    enter_blocks(&anchors);
    bool ok = scan(&anchors, out);
    free(anchors.table);
    return ok;
}
