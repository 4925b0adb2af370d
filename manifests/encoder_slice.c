/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding where a frame's content lies in the base.
 *
 * Blocks of 64 bytes of the base are entered into a table by their hash. A hash that rolls over
 * the frame then finds those that are in it, at whatever distance they were moved. Each one found
 * votes for a place in the base; the stretch of the base with most votes wins, and the middle one
 * of its shifts says where the slice lies. Blocks that occur twice (zeros, padding) do not vote.
 */
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "manifests/encoder_frames.h"

enum {
    BLOCK = 64,
    SLICE = 4 << 20, /* larger ones were no smaller on kernels, and cost memory and time */
    BLOCKS_MOST = 1 << 22
};
#define FACTOR    UINT64_C(0x9e3779b97f4a7c15)
#define AMBIGUOUS UINT32_C(0x80000000)

struct pst_slicer {
    struct pst_bytes base;
    size_t stride;  /* every so many bytes a block is entered */
    unsigned shift; /* of a hash, to an index into the table */
    size_t mask;
    uint64_t factor_out; /* FACTOR to the power of BLOCK - 1 */
    uint32_t *table;     /* 0: free; else block number + 1, perhaps with AMBIGUOUS */
};

struct vote {
    size_t base_at;
    int64_t shift; /* base_at less its place in the image */
};

static uint64_t hash_block(const uint8_t *at)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < BLOCK; i++)
        hash = hash * FACTOR + at[i];
    return hash;
}

/* The entry of the table that holds these bytes, or the free one where they would belong. */
static uint32_t *look_up(const struct pst_slicer *slicer, const uint8_t *block, uint64_t hash)
{
    size_t i = (size_t)((hash * FACTOR) >> slicer->shift);
    for (;; i = (i + 1) & slicer->mask) {
        uint32_t entry = slicer->table[i];
        if (entry == 0)
            return &slicer->table[i];
        size_t at = ((entry & ~AMBIGUOUS) - 1) * slicer->stride;
        if (memcmp(slicer->base.at + at, block, BLOCK) == 0)
            return &slicer->table[i];
    }
}

static void enter_blocks(struct pst_slicer *slicer)
{
    for (size_t at = 0; slicer->base.len - at >= BLOCK;) {
        const uint8_t *block = slicer->base.at + at;
        uint32_t *entry = look_up(slicer, block, hash_block(block));
        *entry = *entry == 0 ? (uint32_t)(at / slicer->stride) + 1 : *entry | AMBIGUOUS;
        if (slicer->base.len - at <= slicer->stride)
            break;
        at += slicer->stride;
    }
}

enum pst_code pst_slicer_new(struct pst_bytes base, struct pst_slicer **out, struct pst_report *why)
{
    PST_CLEANUP(pst_slicer) struct pst_slicer *slicer = calloc(1, sizeof *slicer);
    if (slicer == NULL)
        return pst_no_memory(why, "an index of the base");
    size_t blocks = base.len / BLOCK;
    slicer->base = base;
    slicer->stride = BLOCK * (blocks / BLOCKS_MOST + 1);
    unsigned log = 4; /* the table is at most half full, so that each search ends */
    while ((size_t)1 << log < 2 * (base.len / slicer->stride + 1))
        log++;
    slicer->shift = 64 - log;
    slicer->mask = ((size_t)1 << log) - 1;
    slicer->factor_out = 1;
    for (size_t i = 0; i < BLOCK - 1; i++)
        slicer->factor_out *= FACTOR;
    slicer->table = calloc((size_t)1 << log, sizeof *slicer->table);
    if (slicer->table == NULL)
        return pst_no_memory(why, "an index of the base");
    enter_blocks(slicer);

    *out = slicer;
    slicer = NULL; /* the caller's now */
    return PST_OK;
}

void pst_slicer_free(struct pst_slicer *slicer)
{
    if (slicer == NULL)
        return;
    free(slicer->table);
    free(slicer);
}

/* `votes` has room for one vote each BLOCK bytes of the frame; answers how many there are. */
static size_t collect(const struct pst_slicer *slicer, struct pst_bytes frame, size_t image_at,
                      struct vote *votes)
{
    size_t count = 0, at = 0;
    uint64_t hash = frame.len >= BLOCK ? hash_block(frame.at) : 0;

    while (at + BLOCK <= frame.len) {
        uint32_t entry = *look_up(slicer, frame.at + at, hash);
        if (entry != 0 && (entry & AMBIGUOUS) == 0) {
            size_t base_at = (entry - 1) * slicer->stride;
            votes[count++] = (struct vote){base_at, (int64_t)base_at - (int64_t)(image_at + at)};
            at += BLOCK;
            if (at + BLOCK <= frame.len)
                hash = hash_block(frame.at + at);
            continue;
        }
        if (at + BLOCK < frame.len)
            hash = (hash - frame.at[at] * slicer->factor_out) * FACTOR + frame.at[at + BLOCK];
        at++;
    }
    return count;
}

static int by_place(const void *left, const void *right)
{
    const struct vote *a = left, *b = right;
    if (a->base_at != b->base_at)
        return a->base_at < b->base_at ? -1 : 1;
    return a->shift < b->shift ? -1 : a->shift > b->shift;
}

static int by_shift(const void *left, const void *right)
{
    const struct vote *a = left, *b = right;
    return a->shift < b->shift ? -1 : a->shift > b->shift;
}

/* The shift that most of the content has: among the votes of the best stretch, the middle one. */
static int64_t elect(struct vote *votes, size_t count)
{
    size_t best_at = 0, best = 0;
    qsort(votes, count, sizeof *votes, by_place);
    for (size_t from = 0, to = 0; from < count; from++) {
        while (to < count && votes[to].base_at - votes[from].base_at < SLICE)
            to++;
        if (to - from > best) {
            best = to - from;
            best_at = from;
        }
    }
    qsort(votes + best_at, best, sizeof *votes, by_shift);
    return votes[best_at + best / 2].shift;
}

bool pst_slicer_pick(const struct pst_slicer *slicer, struct pst_bytes frame, size_t at,
                     struct pst_slice *out)
{
    PST_CLEANUP(pst_heap) struct vote *votes = calloc(frame.len / BLOCK + 1, sizeof *votes);
    if (votes == NULL)
        return false;
    size_t count = collect(slicer, frame, at, votes);
    int64_t shift = count > 0 ? elect(votes, count) : 0;

    int64_t len = pst_least((int64_t)slicer->base.len, SLICE);
    int64_t begin = (int64_t)(at + frame.len / 2) + shift - len / 2;
    begin = pst_least(begin > 0 ? begin : 0, (int64_t)slicer->base.len - len);
    *out = (struct pst_slice){(size_t)begin, (size_t)len, count};
    return true;
}
