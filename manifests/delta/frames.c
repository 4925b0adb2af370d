/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of functions in .eh_frame_hdr: sorted by place, so when functions change their order,
 * each entry becomes another one's. What comes next in the image's list follows from the map: the
 * place after the last one to which a function of the base went.
 * Layout: Linux Standard Base, Core specification, chapter 10.6.2; the encodings that linkers use.
 */
#include "manifests/delta/walk.h"

/* Version 1; pointer to frames: pcrel sdata4, count: udata4, entries: datarel sdata4. */
#define FRAMES_MARK UINT32_C(0x3b031b01)

enum { COUNT_AT = 8, ENTRIES_AT = 12, ENTRY_BYTES = 8, SEGMENTS_LOOKED_AT = 32 };

static uint32_t read_base(const struct pst_walk *walk, uint32_t place)
{
    uint8_t bytes[4] = {0};
    if (place > walk->base_bytes || walk->base_bytes - place < sizeof bytes)
        return 0;
    if (!walk->base.read(walk->base.context, place, bytes, sizeof bytes)) {
        walk->model->base_failed = true;
        return 0;
    }
    return pst_word_at(bytes);
}

/* Column 0: where the function of a base's entry is; 1: where its frame description is. */
static uint32_t of_entry(const struct pst_walk *walk, uint32_t entry, uint32_t column)
{
    const struct pst_frames *frames = &walk->model->frames;
    return frames->base +
           read_base(walk, frames->base + ENTRIES_AT + entry * ENTRY_BYTES + 4 * column);
}

static bool is_first_from(const struct pst_walk *walk, uint32_t entry, uint32_t place)
{
    const struct pst_frames *frames = &walk->model->frames;
    return entry <= frames->base_count &&
           (entry == frames->base_count || of_entry(walk, entry, 0) >= place) &&
           (entry == 0 || of_entry(walk, entry - 1, 0) < place);
}

/* The base's first entry of a function at `place` or behind. */
static uint32_t first_from(const struct pst_walk *walk, uint32_t place)
{
    const struct pst_frames *frames = &walk->model->frames;
    for (uint32_t i = 0; i < 2; i++)
        if (is_first_from(walk, frames->entry + i, place))
            return frames->entry + i;
    uint32_t low = 0, high = frames->base_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (of_entry(walk, middle, 0) < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first segment that ends behind image place `at`. */
static size_t segment_at(const struct pst_delta_map *map, uint32_t at)
{
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->segment[middle].at + map->segment[middle].len <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first place in the image, from `at` on, to which a function of the base went. */
static bool next_function(const struct pst_walk *walk, uint32_t at, uint32_t *out)
{
    struct pst_frames *frames = &walk->model->frames;
    size_t first = segment_at(walk->map, at);
    for (size_t i = first; i < walk->map->count && i - first < SEGMENTS_LOOKED_AT; i++) {
        const struct pst_segment *segment = &walk->map->segment[i];
        uint32_t skip = at > segment->at ? at - segment->at : 0;
        if (pst_segment_is_fill(segment))
            continue;
        uint32_t entry = first_from(walk, segment->from + skip);
        uint32_t into = of_entry(walk, entry, 0) - segment->from;
        if (entry < frames->base_count && into < segment->len) {
            frames->entry = entry;
            *out = segment->at + into;
            return true;
        }
    }
    return false;
}

bool pst_frames_expect(const struct pst_walk *walk, const struct pst_segment *near, uint32_t at,
                       uint32_t *out)
{
    struct pst_frames *frames = &walk->model->frames;
    uint32_t into = at - frames->image - ENTRIES_AT, place = 0;
    if (!frames->known || into / ENTRY_BYTES >= frames->image_count)
        return false;
    bool found =
        into % ENTRY_BYTES == 0
            ? next_function(walk, frames->last + 1, &place)
            : next_function(walk, frames->last, &place) && place == frames->last &&
                  pst_delta_map_find(walk->map, near, of_entry(walk, frames->entry, 1), &place);
    *out = place - frames->image;
    return found;
}

void pst_frames_learn(struct pst_walk *walk, uint32_t from, uint32_t at, uint32_t old, uint32_t now)
{
    struct pst_frames *frames = &walk->model->frames;
    uint32_t into = at - frames->image;
    if (old == FRAMES_MARK)
        *frames = (struct pst_frames){.known = true,
                                      .base = from,
                                      .image = at,
                                      .base_count = read_base(walk, from + COUNT_AT)};
    else if (frames->known && into == COUNT_AT)
        frames->image_count = now;
    else if (frames->known && into >= ENTRIES_AT && into % ENTRY_BYTES == ENTRIES_AT % ENTRY_BYTES)
        frames->last = frames->image + now;
}
