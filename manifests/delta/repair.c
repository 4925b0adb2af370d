/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of pointers, of relative offsets, of symbols: when an entry is put in, all entries behind
 * it move, but as bytes they look like anything else, so matching leaves them where they were. Here
 * each word of a copied part is held against what it should have become; where most of a stretch is
 * wrong, the shifts nearby are tried.
 */
#include <stdlib.h>

#include "manifests/delta/regions.h"

enum {
    SHIFTS = 96,    /* words that are tried in either direction */
    STRETCH = 48,   /* words that are looked at */
    BETTER_BY = 12, /* of them, for a cut to be worth it */
    WRONG_MOST = 3, /* of the last 8 words, before anything is tried */
    REST_LEAST = 2, /* words after a try in vain; twice as many after each further one */
    REST_DOUBLED = 7
};

struct repair {
    const struct pst_pair *pair;
    const struct pst_delta_map *map;
    const struct pst_segment *near;
    const struct pst_region *region;
};

static bool leads_alike(const struct repair *repair, uint32_t old, uint32_t now, uint32_t from,
                        uint32_t at)
{
    const struct pst_pair *pair = repair->pair;
    uint32_t place, pointed = old - repair->region->base_address;
    if (old > 4096 && pointed < pair->base.len &&
        pst_delta_map_find(repair->map, repair->near, pointed, &place) &&
        place + repair->region->image_address == now)
        return true;
    return from + old < pair->base.len &&
           pst_delta_map_find(repair->map, repair->near, from + old, &place) && place - at == now;
}

static bool code_alike(const struct repair *repair, uint32_t from, uint32_t at)
{
    const struct pst_pair *pair = repair->pair;
    const struct pst_isa *isa = pst_isa_of(repair->region->isa);
    uint8_t old[4], now[4];
    if (isa == NULL)
        return false;
    isa->project(pair->base.at + from, old, 4);
    isa->project(pair->image.at + at, now, 4);
    return memcmp(old, now, 4) == 0 && memcmp(old, pair->base.at + from, 4) != 0;
}

static bool as_expected(const struct repair *repair, uint32_t from, uint32_t at)
{
    uint32_t old = pst_word_at(repair->pair->base.at + from);
    uint32_t now = pst_word_at(repair->pair->image.at + at);
    return old == now || leads_alike(repair, old, now, from, at) || code_alike(repair, from, at);
}

static int count_expected(const struct repair *repair, int64_t shift, uint32_t at, uint32_t len,
                          int more_than)
{
    int count = 0;
    for (uint32_t i = 0; i + 4 <= len; i += 4) {
        count += as_expected(repair, (uint32_t)((int64_t)(at + i) + shift), at + i);
        if (count + (int)((len - i) / 4) <= more_than)
            break;
    }
    return count;
}

/* The shift that fits the words from `at` on best, if it is much better than `now`; else `now`. All
 * up to `end` goes with it, and must have been in the base. */
static int64_t better_shift(const struct repair *repair, int64_t now, uint32_t at, uint32_t len,
                            uint32_t end)
{
    int current = count_expected(repair, now, at, len, -1), best = current + BETTER_BY - 1;
    int64_t found = now;
    for (int64_t k = -SHIFTS; k <= SHIFTS; k++) {
        int64_t shift = now + 4 * k;
        if (k == 0 || (int64_t)at + shift < 0 ||
            (int64_t)end + shift > (int64_t)repair->pair->base.len)
            continue;
        int count = count_expected(repair, shift, at, len, best);
        if (count > best) {
            best = count;
            found = shift;
        }
    }
    return found;
}

static uint32_t first_wrong(uint32_t wrong, uint32_t at, uint32_t begin)
{
    for (uint32_t back = 7; back > 0; back--)
        if ((wrong >> back & 1) != 0 && at >= begin + 4 * back)
            return at - 4 * back;
    return at;
}

static bool repair_segment(struct repair *repair, const struct pst_regions *regions,
                           const struct pst_segment *segment, struct pst_segments *out)
{
    uint32_t begin = segment->at, end = segment->at + segment->len, wrong = 0;
    uint32_t rest_until = 0, vain = 0;
    int64_t shift = (int64_t)segment->from - (int64_t)segment->at;
    repair->near = segment;
    repair->region = pst_region_at(regions, segment->at);
    for (uint32_t at = (begin + 3) & ~UINT32_C(3); at + 4 <= end;) {
        bool right = as_expected(repair, (uint32_t)((int64_t)at + shift), at);
        wrong = wrong << 1 | !right;
        if (right || at < rest_until || __builtin_popcount(wrong & 255) <= WRONG_MOST) {
            at += 4;
            continue;
        }
        uint32_t from = first_wrong(wrong, at, begin);
        uint32_t len = end - from < 4 * STRETCH ? end - from : 4 * STRETCH;
        int64_t better = better_shift(repair, shift, from, len, end);
        wrong = 0;
        at += 4;
        if (better == shift) {
            rest_until = at + ((uint32_t)(4 * REST_LEAST) << (vain < REST_DOUBLED ? vain++ : vain));
            continue;
        }
        vain = 0;
        struct pst_segment part = {begin, from - begin, (uint32_t)((int64_t)begin + shift)};
        if (!pst_segments_add(out, part))
            return false;
        begin = at = from;
        shift = better;
    }
    return pst_segments_add(
        out, (struct pst_segment){begin, end - begin, (uint32_t)((int64_t)begin + shift)});
}

bool pst_segments_repair(const struct pst_pair *pair, const struct pst_regions *regions,
                         struct pst_segments *segments)
{
    PST_CLEANUP(pst_segments) struct pst_segments repaired = {0};
    PST_CLEANUP(pst_delta_map) struct pst_delta_map map = {0};
    if (!pst_delta_map_make(&map, segments->count))
        return false;
    for (size_t i = 0; i < segments->count; i++)
        map.segment[i] = segments->of[i];
    pst_delta_map_sort(&map);
    struct repair repair = {.pair = pair, .map = &map};
    for (size_t i = 0; i < segments->count; i++) {
        const struct pst_segment *segment = &segments->of[i];
        bool words = !pst_segment_is_fill(segment) && (segment->at - segment->from) % 4 == 0;
        if (!(words ? repair_segment(&repair, regions, segment, &repaired)
                    : pst_segments_add(&repaired, *segment)))
            return false;
    }
    struct pst_segments swap = *segments;
    *segments = repaired;
    repaired = swap;
    return true;
}
