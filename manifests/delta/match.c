/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of work is bsdiff's (C. Percival, "Naive differences of executable code", 2003): scan
 * the image for matches that are longer than what the last one's shift already explains, and let
 * both grow towards each other. What is compared is not the bytes but their projection, so that
 * code that moved agrees although its references changed.
 */
#include <divsufsort.h>
#include <stdlib.h>

#include "manifests/delta/segments.h"

enum {
    LONGER_BY = 16,  /* than what the last shift explains, for a match to be worth a segment */
    RUN_TRUSTED = 32 /* so many bytes at the last shift, and nothing else is looked for */
};

/* Bytes of an image that stand somewhere else once they are put together. */
struct piece {
    size_t at, from, len;
};
struct pieces {
    struct piece *of;
    size_t count, room, bytes;
};

struct matching {
    struct pieces old_pieces, now_pieces;
    struct pst_bytes old, now; /* projections */
    int32_t *suffix;
};

static void matching_cleanup(struct matching *matching)
{
    free((void *)(uintptr_t)matching->old.at);
    free((void *)(uintptr_t)matching->now.at);
    free(matching->suffix);
    free(matching->old_pieces.of);
    free(matching->now_pieces.of);
}

/* ---- what is left beside the anchors, put together */

static bool pieces_add(struct pieces *pieces, size_t at, size_t end)
{
    if (at >= end)
        return true;
    if (pieces->count == pieces->room) {
        size_t room = pieces->room > 0 ? 2 * pieces->room : 64;
        struct piece *of = realloc(pieces->of, room * sizeof *of);
        if (of == NULL)
            return false;
        pieces->of = of;
        pieces->room = room;
    }
    pieces->of[pieces->count++] = (struct piece){pieces->bytes, at, end - at};
    pieces->bytes += end - at;
    return true;
}

static bool image_pieces(const struct pst_segments *anchors, size_t image_bytes, struct pieces *out)
{
    size_t at = 0;
    for (size_t i = 0; i < anchors->count; i++) {
        if (!pieces_add(out, at, anchors->of[i].at))
            return false;
        at = anchors->of[i].at + anchors->of[i].len;
    }
    return pieces_add(out, at, image_bytes);
}

static int by_base(const void *left, const void *right)
{
    const struct pst_segment *a = left, *b = right;
    return a->from < b->from ? -1 : a->from > b->from;
}

static bool base_pieces(const struct pst_segments *anchors, size_t base_bytes, struct pieces *out)
{
    PST_CLEANUP(pst_heap)
    struct pst_segment *sorted = malloc((anchors->count + 1) * sizeof *sorted);
    if (sorted == NULL)
        return false;
    if (anchors->count > 0)
        memcpy(sorted, anchors->of, anchors->count * sizeof *sorted);
    qsort(sorted, anchors->count, sizeof *sorted, by_base);
    size_t at = 0;
    for (size_t i = 0; i < anchors->count && !pst_segment_is_fill(&sorted[i]); i++) {
        size_t end = (size_t)sorted[i].from + sorted[i].len;
        if (!pieces_add(out, at, sorted[i].from))
            return false;
        at = end > at ? end : at;
    }
    return pieces_add(out, at, base_bytes);
}

/* The piece in which place `at` of what was put together lies. */
static const struct piece *piece_at(const struct pieces *pieces, size_t at)
{
    size_t low = 0, high = pieces->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (pieces->of[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return &pieces->of[low];
}

/* The projection of all, of which only the pieces are kept. */
static bool project(const struct pst_code_areas *code, struct pst_bytes in,
                    const struct pieces *pieces, struct pst_bytes *out)
{
    uint8_t *at = malloc(in.len + 1);
    if (at == NULL)
        return false;
    pst_code_project(code, in, at);
    for (size_t i = 0; i < pieces->count; i++)
        memmove(at + pieces->of[i].at, at + pieces->of[i].from, pieces->of[i].len);
    uint8_t *smaller = realloc(at, pieces->bytes + 1);
    *out = pst_bytes(smaller != NULL ? smaller : at, pieces->bytes);
    return true;
}

static bool matching_open(struct matching *matching, const struct pst_pair *pair,
                          const struct pst_segments *anchors)
{
    if (!base_pieces(anchors, pair->base.len, &matching->old_pieces) ||
        !image_pieces(anchors, pair->image.len, &matching->now_pieces) ||
        !project(&pair->base_code, pair->base, &matching->old_pieces, &matching->old) ||
        !project(&pair->image_code, pair->image, &matching->now_pieces, &matching->now))
        return false;
    size_t len = matching->old.len;
    matching->suffix = malloc((len + 1) * sizeof *matching->suffix);
    if (matching->suffix == NULL ||
        (len > 0 && divsufsort(matching->old.at, matching->suffix, (int32_t)len) != 0))
        return false;
    return true;
}

static size_t common(struct pst_bytes a, struct pst_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len, i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t x, y;
        memcpy(&x, a.at + i, 8);
        memcpy(&y, b.at + i, 8);
        if (x != y)
            break;
    }
    while (i < len && a.at[i] == b.at[i])
        i++;
    return i;
}

static struct pst_bytes from_on(struct pst_bytes bytes, size_t at)
{
    return pst_bytes(bytes.at + at, bytes.len - at);
}

/* The longest part of the base that is as the image from `at` on. */
static size_t longest(const struct matching *matching, size_t at, size_t *place)
{
    struct pst_bytes wanted = from_on(matching->now, at);
    size_t low = 0, high = matching->old.len, best = 0;
    size_t low_common = 0, high_common = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2, from = (size_t)matching->suffix[middle];
        struct pst_bytes old = from_on(matching->old, from);
        size_t known = low_common < high_common ? low_common : high_common;
        size_t len = known + common(from_on(old, known), from_on(wanted, known));
        if (len > best) {
            best = len;
            *place = from;
        }
        if (len == wanted.len)
            return len;
        if (len == old.len || old.at[len] < wanted.at[len]) {
            low = middle + 1;
            low_common = len;
        } else {
            high = middle;
            high_common = len;
        }
    }
    return best;
}

/* ---- growing */

struct anchor {
    size_t at, from; /* image, base */
};

static bool alike(const struct matching *matching, size_t from, size_t at)
{
    return from < matching->old.len && matching->old.at[from] == matching->now.at[at];
}

/* As far forward as more than half of it agrees. */
static size_t grow_forward(const struct matching *matching, struct anchor last, size_t limit)
{
    int64_t equal = 0, best = 0;
    size_t len = 0;
    for (size_t i = 0; last.at + i < limit && last.from + i < matching->old.len; i++) {
        equal += alike(matching, last.from + i, last.at + i);
        if (equal * 2 - (int64_t)i - 1 > best * 2 - (int64_t)len) {
            best = equal;
            len = i + 1;
        }
    }
    return len;
}

static size_t grow_back(const struct matching *matching, struct anchor next, size_t limit)
{
    int64_t equal = 0, best = 0;
    size_t len = 0;
    for (size_t i = 1; next.at >= limit + i && next.from >= i; i++) {
        equal += alike(matching, next.from - i, next.at - i);
        if (equal * 2 - (int64_t)i > best * 2 - (int64_t)len) {
            best = equal;
            len = i;
        }
    }
    return len;
}

/* Of `overlap` bytes that both claim, how many the earlier one should keep. */
static size_t share(const struct matching *matching, struct anchor left, struct anchor right,
                    size_t overlap)
{
    int64_t score = 0, best = 0;
    size_t kept = 0;
    for (size_t i = 0; i < overlap; i++) {
        score += alike(matching, left.from + i, left.at + i);
        score -= alike(matching, right.from + i, right.at + i);
        if (score > best) {
            best = score;
            kept = i + 1;
        }
    }
    return kept;
}

/* ---- scanning */

struct scan {
    size_t at, len, place;
    struct anchor last;
    int64_t shift;  /* of the last anchor */
    size_t counted; /* image bytes up to here are in `explained` */
    int64_t explained;
};

static size_t run_at_shift(const struct matching *matching, const struct scan *scan)
{
    int64_t from = (int64_t)scan->at + scan->shift;
    if (from < 0 || from >= (int64_t)matching->old.len)
        return 0;
    return common(from_on(matching->old, (size_t)from), from_on(matching->now, scan->at));
}

static bool explained(const struct matching *matching, const struct scan *scan, size_t at)
{
    int64_t from = (int64_t)at + scan->shift;
    return from >= 0 && alike(matching, (size_t)from, at);
}

/* Moves on to the next match that the last shift does not explain; false at the image's end. */
static bool next_match(const struct matching *matching, struct scan *scan)
{
    size_t end = matching->now.len;
    scan->explained = 0;
    scan->at += scan->len;
    scan->counted = scan->at;
    while (scan->at < end) {
        size_t run = run_at_shift(matching, scan);
        if (run >= RUN_TRUSTED) {
            scan->at += run;
            scan->explained = 0;
            scan->counted = scan->at;
            continue;
        }
        scan->len = longest(matching, scan->at, &scan->place);
        for (; scan->counted < scan->at + scan->len; scan->counted++)
            scan->explained += explained(matching, scan, scan->counted);
        if ((int64_t)scan->len > scan->explained + LONGER_BY)
            return true;
        if ((int64_t)scan->len == scan->explained && scan->len > 0) {
            scan->at += scan->len;
            scan->explained = 0;
            scan->counted = scan->at;
            continue;
        }
        if (scan->counted > scan->at)
            scan->explained -= explained(matching, scan, scan->at);
        else
            scan->counted = scan->at + 1;
        scan->at++;
    }
    return false;
}

/* What was put together may lie apart in base and image: a segment for each part. */
static bool add(const struct matching *matching, struct pst_segments *out, struct anchor at,
                size_t len)
{
    while (len > 0) {
        const struct piece *now = piece_at(&matching->now_pieces, at.at);
        const struct piece *old = piece_at(&matching->old_pieces, at.from);
        size_t now_left = now->at + now->len - at.at, old_left = old->at + old->len - at.from;
        size_t part = now_left < old_left ? now_left : old_left;
        part = part < len ? part : len;
        struct pst_segment segment = {(uint32_t)(now->from + (at.at - now->at)), (uint32_t)part,
                                      (uint32_t)(old->from + (at.from - old->at))};
        if (!pst_segments_add(out, segment))
            return false;
        at = (struct anchor){at.at + part, at.from + part};
        len -= part;
    }
    return true;
}

static bool scan_all(const struct matching *matching, struct pst_segments *out)
{
    struct scan scan = {0};
    for (bool more = true; more;) {
        more = next_match(matching, &scan);
        size_t limit = more ? scan.at : matching->now.len;
        size_t forward = grow_forward(matching, scan.last, limit);
        struct anchor next = {scan.at, scan.place};
        size_t back = more ? grow_back(matching, next, scan.last.at) : 0;
        if (scan.last.at + forward > limit - back) {
            size_t overlap = scan.last.at + forward - (limit - back);
            struct anchor left = {scan.last.at + forward - overlap,
                                  scan.last.from + forward - overlap};
            struct anchor right = {next.at - back, next.from - back};
            size_t kept = share(matching, left, right, overlap);
            forward = forward - overlap + kept;
            back -= kept;
        }
        if (!add(matching, out, scan.last, forward))
            return false;
        scan.last = (struct anchor){next.at - back, next.from - back};
        scan.shift = (int64_t)next.from - (int64_t)next.at;
    }
    return true;
}

/* Both are in the image's order, and neither covers what the other does. */
static bool merge(const struct pst_segments *a, const struct pst_segments *b,
                  struct pst_segments *out)
{
    size_t i = 0, k = 0;
    while (i < a->count || k < b->count) {
        bool first = k == b->count || (i < a->count && a->of[i].at < b->of[k].at);
        if (!pst_segments_add(out, first ? a->of[i++] : b->of[k++]))
            return false;
    }
    return true;
}

bool pst_match(const struct pst_pair *pair, const struct pst_segments *anchors,
               struct pst_segments *out)
{
    __attribute__((cleanup(matching_cleanup))) struct matching matching = {0};
    PST_CLEANUP(pst_segments) struct pst_segments found = {0};
    if (!matching_open(&matching, pair, anchors))
        return false;
    if (matching.now.len > 0 && matching.old.len > 0 && !scan_all(&matching, &found))
        return false;
    return merge(anchors, &found, out);
}
