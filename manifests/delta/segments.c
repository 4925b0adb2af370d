/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/segments.h"

#include <stdlib.h>

void pst_segments_clear(struct pst_segments *segments)
{
    free(segments->of);
    *segments = (struct pst_segments){0};
}

bool pst_segments_add(struct pst_segments *segments, struct pst_segment segment)
{
    if (segment.len == 0)
        return true;
    struct pst_segment *last = segments->count > 0 ? &segments->of[segments->count - 1] : NULL;
    bool same_fill = last != NULL && pst_segment_is_fill(last) && last->from == segment.from;
    bool goes_on = last != NULL && !pst_segment_is_fill(last) && !pst_segment_is_fill(&segment) &&
                   last->from + last->len == segment.from;
    if (last != NULL && last->at + last->len == segment.at && (same_fill || goes_on)) {
        last->len += segment.len;
        return true;
    }
    if (segments->count == segments->room) {
        size_t room = segments->room > 0 ? 2 * segments->room : 1024;
        struct pst_segment *of = realloc(segments->of, room * sizeof *of);
        if (of == NULL)
            return false;
        segments->of = of;
        segments->room = room;
    }
    segments->of[segments->count++] = segment;
    return true;
}

/* ---- gaps */

/* How much of image [at, end) is as in the base, moved by `shift`; -1 where it reaches beyond. */
static int64_t count_equal(const struct pst_pair *pair, int64_t shift, size_t at, size_t end)
{
    if ((int64_t)at + shift < 0 || (int64_t)end + shift > (int64_t)pair->base.len)
        return -1;
    const uint8_t *old = pair->base.at + ((int64_t)at + shift), *now = pair->image.at + at;
    int64_t equal = 0;
    for (size_t i = 0; i < end - at; i++)
        equal += old[i] == now[i];
    return equal;
}

static bool equal_at(const struct pst_pair *pair, int64_t shift, size_t at)
{
    int64_t from = (int64_t)at + shift;
    return from >= 0 && from < (int64_t)pair->base.len && pair->base.at[from] == pair->image.at[at];
}

static int64_t shift_of(const struct pst_segment *segment)
{
    return (int64_t)segment->from - (int64_t)segment->at;
}

/* Where [at, end) is best cut: the left part goes with the segment before, the right one with the
 * one behind. */
static size_t best_cut(const struct pst_pair *pair, int64_t left, int64_t right, size_t at,
                       size_t end)
{
    int64_t score = 0, best = 0;
    size_t cut = at;
    for (size_t i = at; i < end; i++) {
        score += equal_at(pair, left, i) - equal_at(pair, right, i);
        if (score > best) {
            best = score;
            cut = i + 1;
        }
    }
    return cut;
}

enum { GAP_SHARE = 3 /* one byte in so many must be equal */ };

static bool add_part(const struct pst_pair *pair, int64_t shift, size_t at, size_t end,
                     struct pst_segments *out)
{
    int64_t equal = count_equal(pair, shift, at, end);
    if (at == end || equal * GAP_SHARE < (int64_t)(end - at))
        return true;
    return pst_segments_add(out, (struct pst_segment){(uint32_t)at, (uint32_t)(end - at),
                                                      (uint32_t)((int64_t)at + shift)});
}

static bool fill_gap(const struct pst_pair *pair, const struct pst_segment *left,
                     const struct pst_segment *right, struct pst_segments *out)
{
    size_t at = left != NULL ? left->at + left->len : 0;
    size_t end = right != NULL ? right->at : pair->image.len;
    if (left != NULL && pst_segment_is_fill(left))
        left = NULL;
    if (right != NULL && pst_segment_is_fill(right))
        right = NULL;
    if (at == end || (left == NULL && right == NULL))
        return true;
    int64_t before = shift_of(left != NULL ? left : right);
    int64_t behind = shift_of(right != NULL ? right : left);
    size_t cut = best_cut(pair, before, behind, at, end);
    return add_part(pair, before, at, cut, out) && add_part(pair, behind, cut, end, out);
}

bool pst_segments_fill_gaps(const struct pst_pair *pair, struct pst_segments *segments)
{
    PST_CLEANUP(pst_segments) struct pst_segments filled = {0};
    for (size_t i = 0; i <= segments->count; i++) {
        const struct pst_segment *left = i > 0 ? &segments->of[i - 1] : NULL;
        const struct pst_segment *right = i < segments->count ? &segments->of[i] : NULL;
        if (!fill_gap(pair, left, right, &filled))
            return false;
        if (right != NULL && !pst_segments_add(&filled, *right))
            return false;
    }
    struct pst_segments swap = *segments;
    *segments = filled;
    filled = swap;
    return true;
}
