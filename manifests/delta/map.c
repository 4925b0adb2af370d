/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/map.h"

#include <stdlib.h>

enum { COVERING_LOOKED_AT = 8 };

bool pst_delta_map_make(struct pst_delta_map *map, size_t count)
{
    struct pst_segment *segment = calloc(count + 1, sizeof *segment);
    uint32_t *by_base = calloc(count + 1, sizeof *by_base);
    if (segment == NULL || by_base == NULL) {
        free(segment);
        free(by_base);
        return false;
    }
    *map = (struct pst_delta_map){segment, by_base, count};
    return true;
}

void pst_delta_map_clear(struct pst_delta_map *map)
{
    free(map->segment);
    free(map->by_base);
    *map = (struct pst_delta_map){0};
}

static bool before(const struct pst_delta_map *map, uint32_t a, uint32_t b)
{
    const struct pst_segment *left = &map->segment[a], *right = &map->segment[b];
    return left->from != right->from ? left->from < right->from : a < b;
}

static void sink(const struct pst_delta_map *map, size_t root, size_t count)
{
    uint32_t *heap = map->by_base;
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && before(map, heap[child], heap[child + 1]))
            child++;
        if (!before(map, heap[root], heap[child]))
            return;
        uint32_t swap = heap[root];
        heap[root] = heap[child];
        heap[child] = swap;
    }
}

/* Heap sort: no memory, no recursion, no input that makes it slow. */
void pst_delta_map_sort(struct pst_delta_map *map)
{
    for (size_t i = 0; i < map->count; i++)
        map->by_base[i] = (uint32_t)i;
    for (size_t i = map->count / 2; i-- > 0;)
        sink(map, i, map->count);
    for (size_t left = map->count; left-- > 1;) {
        uint32_t swap = map->by_base[0];
        map->by_base[0] = map->by_base[left];
        map->by_base[left] = swap;
        sink(map, 0, left);
    }
}

/* How many segments begin in the base at `place` or before. */
static size_t count_up_to(const struct pst_delta_map *map, uint32_t place)
{
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->segment[map->by_base[middle]].from <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool pst_delta_map_find(const struct pst_delta_map *map, const struct pst_segment *near,
                        uint32_t place, uint32_t *out)
{
    if (place > PST_DELTA_IMAGE_MOST) {
        *out = place;
        return false;
    }
    if (!pst_segment_is_fill(near) && place - near->from < near->len) {
        *out = near->at + (place - near->from);
        return true;
    }
    size_t count = count_up_to(map, place);
    const struct pst_segment *best = NULL;
    for (size_t i = 0; i < COVERING_LOOKED_AT && i < count; i++) {
        const struct pst_segment *segment = &map->segment[map->by_base[count - 1 - i]];
        if (place - segment->from < segment->len && (best == NULL || segment->len > best->len))
            best = segment;
    }
    bool covered = best != NULL;
    if (!covered && count > 0)
        best = &map->segment[map->by_base[count - 1]];
    *out = best != NULL ? best->at + (place - best->from) : place;
    return covered;
}
