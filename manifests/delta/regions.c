/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/regions.h"

#include <stdlib.h>

void pst_regions_clear(struct pst_regions *regions)
{
    free(regions->of);
    *regions = (struct pst_regions){0};
}

static bool add(struct pst_regions *regions, struct pst_region region)
{
    if (regions->count == regions->room) {
        size_t room = regions->room > 0 ? 2 * regions->room : 16;
        struct pst_region *of = realloc(regions->of, room * sizeof *of);
        if (of == NULL)
            return false;
        regions->of = of;
        regions->room = room;
    }
    regions->of[regions->count++] = region;
    return true;
}

/* ---- addresses */

static const struct pst_code_area *code_at(const struct pst_code_areas *list, uint32_t place)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->of[middle].at <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && place - list->of[low - 1].at < list->of[low - 1].len ? &list->of[low - 1]
                                                                           : NULL;
}

enum { SAMPLES_MOST = 4096, GRAIN_LOG = 16, GRAINS = 1 << (32 - GRAIN_LOG) };

struct sample {
    uint32_t old, now;
};

/* Words of copied parts that changed, and that are large enough for addresses. */
static size_t gather(const struct pst_pair *pair, const struct pst_segments *segments,
                     struct sample *samples)
{
    size_t count = 0, stride = 1 + pair->image.len / (SAMPLES_MOST * 64);
    for (size_t i = 0; i < segments->count && count < SAMPLES_MOST; i++) {
        const struct pst_segment *segment = &segments->of[i];
        const struct pst_code_area *area = code_at(&pair->image_code, segment->at);
        if (pst_segment_is_fill(segment) || (segment->at - segment->from) % 4 != 0 ||
            (area != NULL && !area->raw))
            continue;
        uint32_t end = segment->at + segment->len;
        for (uint32_t at = (segment->at + 3) & ~UINT32_C(3); at + 4 <= end && count < SAMPLES_MOST;
             at += 4 * (uint32_t)stride) {
            struct sample sample = {pst_word_at(pair->base.at + segment->from + (at - segment->at)),
                                    pst_word_at(pair->image.at + at)};
            uint32_t moved = sample.now - sample.old;
            if (sample.old != sample.now && sample.old >= 1 << GRAIN_LOG &&
                (moved < 1 << 22 || moved > UINT32_MAX - (1 << 22)))
                samples[count++] = sample;
        }
    }
    return count;
}

static size_t count_hits(const struct pst_delta_map *map, const struct sample *samples,
                         size_t count, uint32_t address, uint32_t base_bytes)
{
    static const struct pst_segment nowhere = {0};
    size_t hits = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t place;
        if (samples[i].old - address < base_bytes &&
            pst_delta_map_find(map, &nowhere, samples[i].old - address, &place))
            hits += place + address == samples[i].now;
    }
    return hits;
}

/* Tries each address at which most of the samples lie within the base. */
static uint32_t best_address(const struct pst_delta_map *map, const struct sample *samples,
                             size_t count, const uint32_t *grain, uint32_t base_bytes)
{
    uint32_t grains = (base_bytes >> GRAIN_LOG) + 1, inside = 0, most = 0;
    size_t best = count_hits(map, samples, count, 0, base_bytes) + count / 64;
    uint32_t found = 0;
    for (uint32_t i = 0; i < GRAINS + grains; i++) {
        inside += i < GRAINS ? grain[i] : 0;
        inside -= i >= grains ? grain[i - grains] : 0;
        most = inside > most ? inside : most;
    }
    inside = 0;
    for (uint32_t i = 0; i < GRAINS; i++) {
        inside += grain[i];
        inside -= i >= grains ? grain[i - grains] : 0;
        if (inside * 2 < most || most < 16 || i + 1 < grains)
            continue;
        uint32_t address = (i + 1 - grains) << GRAIN_LOG;
        size_t hits = count_hits(map, samples, count, address, base_bytes);
        if (hits > best) {
            best = hits;
            found = address;
        }
    }
    return found;
}

static bool find_address(const struct pst_pair *pair, const struct pst_segments *segments,
                         uint32_t *address)
{
    PST_CLEANUP(pst_delta_map) struct pst_delta_map map = {0};
    PST_CLEANUP(pst_heap) struct sample *samples = malloc(SAMPLES_MOST * sizeof *samples);
    PST_CLEANUP(pst_heap) uint32_t *grain = calloc(GRAINS, sizeof *grain);
    if (samples == NULL || grain == NULL || !pst_delta_map_make(&map, segments->count))
        return false;
    for (size_t i = 0; i < segments->count; i++)
        map.segment[i] = segments->of[i];
    pst_delta_map_sort(&map);
    size_t count = gather(pair, segments, samples);
    for (size_t i = 0; i < count; i++)
        grain[samples[i].old >> GRAIN_LOG]++;
    *address = best_address(&map, samples, count, grain, (uint32_t)pair->base.len);
    return true;
}

/* ---- files and their counterparts */

enum { APART = 64 << 10 /* files nearer to each other are not told from what lies between */ };

static uint32_t overlap(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
    uint32_t begin = a > b ? a : b, a_end = a + a_len, b_end = b + b_len;
    uint32_t end = a_end < b_end ? a_end : b_end;
    return end > begin ? end - begin : 0;
}

/* The file of the base from which the longest part of `code` was taken. `*changed`: not all of it
 * is as it was. */
static const struct pst_code_area *counterpart(const struct pst_pair *pair,
                                               const struct pst_segments *segments,
                                               size_t *segment_now,
                                               const struct pst_code_area *code, bool *changed)
{
    const struct pst_code_area *best = NULL;
    uint32_t longest = 0, covered = 0;
    *changed = false;
    for (; *segment_now < segments->count; (*segment_now)++) {
        const struct pst_segment *segment = &segments->of[*segment_now];
        uint32_t len = overlap(segment->at, segment->len, code->at, code->len);
        uint32_t begin = segment->at > code->at ? segment->at : code->at;
        if (segment->at >= code->at + code->len)
            break;
        if (len > 0 && !pst_segment_is_fill(segment)) {
            uint32_t from = segment->from + (begin - segment->at);
            const struct pst_code_area *file = code_at(&pair->base_code, from + len / 2);
            covered += len;
            *changed = *changed || memcmp(pair->base.at + from, pair->image.at + begin, len) != 0;
            if (len > longest && file != NULL) {
                longest = len;
                best = file;
            }
        }
        if (segment->at + segment->len > code->at + code->len)
            break; /* the next file begins in it, perhaps */
    }
    *changed = *changed || covered < code->len;
    return best;
}

static bool add_area(struct pst_regions *out, const struct pst_code_area *code,
                     const struct pst_code_area *from, uint32_t raw_address)
{
    struct pst_region *last = &out->of[out->count - 1];
    uint32_t image_address = code->raw ? raw_address : code->address;
    uint32_t base_address =
        from != NULL && !code->raw && !from->raw ? from->address : image_address;
    struct pst_region region = {code->at, code->isa, base_address, image_address};
    if (out->count >= PST_DELTA_REGIONS_MOST - 2)
        return true;
    bool near = last->isa == PST_ISA_NONE && out->count > 1 && region.at - last->at < APART;
    if (region.at <= last->at || near)
        *last = region;
    else if (!add(out, region))
        return false;
    return add(out,
               (struct pst_region){code->at + code->len, PST_ISA_NONE, raw_address, raw_address});
}

bool pst_regions_find(const struct pst_pair *pair, const struct pst_segments *segments,
                      struct pst_regions *out)
{
    size_t segment_now = 0;
    uint32_t raw_address;
    if (!find_address(pair, segments, &raw_address))
        return false;
    if (!add(out, (struct pst_region){0, PST_ISA_NONE, raw_address, raw_address}))
        return false;
    for (size_t i = 0; i < pair->image_code.count; i++) {
        const struct pst_code_area *code = &pair->image_code.of[i];
        bool changed;
        const struct pst_code_area *from =
            counterpart(pair, segments, &segment_now, code, &changed);
        if (changed && !add_area(out, code, from, raw_address))
            return false;
    }
    if (out->count > 1 && out->of[out->count - 1].at >= pair->image.len)
        out->count--;
    return true;
}

const struct pst_region *pst_region_at(const struct pst_regions *regions, uint32_t at)
{
    size_t low = 0, high = regions->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (regions->of[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return &regions->of[low];
}
