/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/content.h"

#include <stdlib.h>
#include <zstd.h>

#include "manifests/content_marks.h"

enum {
    PACKED_PERCENT = 10,      /* of an image, from which on it counts as compressed */
    DENSE_PERCENT = 97,       /* what a quick compressor leaves of a block that is packed */
    KNOWN_DENSE_PERCENT = 90, /* ... by a kind that is known to have begun */
    LOOSE_MOST = 16,          /* blocks in a row that end a stream whose length nobody knows */
    ROOM = PST_CONTENT_BLOCK + 1024
};
static const char unknown[] = "unknown content, encrypted or compressed";

struct walk {
    struct pst_bytes image;
    struct pst_content *out;
    ZSTD_CCtx *packer;
    uint8_t *room;
    bool first_bytes[256]; /* that some mark begins with */
    /* Where the walk is: the compressed kind that began last, and where that ends; 0: unknown. */
    const char *owner;
    size_t owner_at, owner_end;
    bool owner_mixed;
    unsigned loose; /* blocks since the last dense one */
    size_t search_from;
};

static void walk_cleanup(struct walk *walk)
{
    ZSTD_freeCCtx(walk->packer);
    free(walk->room);
}

static struct pst_content_part *part_of(struct pst_content *content, const char *what, size_t at)
{
    for (size_t i = 0; i < content->count; i++)
        if (strcmp(content->part[i].what, what) == 0)
            return &content->part[i];
    if (content->count == PST_CONTENT_PARTS_MOST)
        return NULL;
    content->part[content->count] = (struct pst_content_part){.what = what, .at = (int64_t)at};
    return &content->part[content->count++];
}

/* ---- which kind begins where */

static void meet(struct walk *walk, size_t at, const struct pst_content_hit *hit)
{
    struct pst_content_part *part = part_of(walk->out, hit->what, at);
    if (part != NULL)
        part->count++;
    if (!hit->packed)
        return;
    size_t left = walk->image.len - at;
    size_t end =
        hit->bytes == 0 ? 0 : at + ((uint64_t)hit->bytes < left ? (size_t)hit->bytes : left);
    walk->owner = hit->what;
    walk->owner_at = at;
    walk->owner_end = end;
    walk->owner_mixed = hit->mixed;
    walk->loose = 0;
    if (!hit->mixed && end > 0)
        walk->search_from = end; /* what looks like a mark in there is none */
}

static bool find_mark(struct walk *walk, size_t at, const struct pst_content_mark *marks,
                      size_t count)
{
    struct pst_bytes from = pst_content_after(walk->image, at);
    for (size_t i = 0; i < count; i++) {
        const struct pst_content_mark *mark = &marks[i];
        struct pst_content_hit hit;
        if (from.len < mark->len || at < mark->at || memcmp(from.at, mark->bytes, mark->len) != 0 ||
            !mark->check(pst_content_after(walk->image, at - mark->at), &hit))
            continue;
        meet(walk, at - mark->at, &hit);
        return true;
    }
    return false;
}

static void search(struct walk *walk, size_t at, size_t end)
{
    for (at = at > walk->search_from ? at : walk->search_from; at < end; at++) {
        if (!walk->first_bytes[walk->image.at[at]])
            continue;
        if (!find_mark(walk, at, pst_content_systems, pst_content_systems_count))
            (void)find_mark(walk, at, pst_content_streams, pst_content_streams_count);
        if (walk->search_from > at)
            at = walk->search_from - 1;
    }
}

/* ---- the measure */

/* Whether bytes are so unevenly spread that packing needs no trial: below 6 bits each. */
static bool is_uneven(struct pst_bytes block)
{
    uint64_t counts[256] = {0}, squares = 0;
    for (size_t i = 0; i < block.len; i++)
        counts[block.at[i]]++;
    for (size_t i = 0; i < PST_COUNT(counts); i++)
        squares += counts[i] * counts[i];
    return squares > (uint64_t)block.len * block.len / 64;
}

static bool is_dense(const struct walk *walk, struct pst_bytes block)
{
    if (is_uneven(block))
        return false;
    size_t len = ZSTD_compressCCtx(walk->packer, walk->room, ROOM, block.at, block.len, 1);
    size_t percent = walk->owner != NULL ? KNOWN_DENSE_PERCENT : DENSE_PERCENT;
    return !ZSTD_isError(len) && len >= block.len / 100 * percent;
}

/* lz4 and lzo leave bits that others can pack: what lies in them is known, not measured. */
static bool is_owned(const struct walk *walk, size_t at, size_t len)
{
    size_t from = walk->owner_at > at ? walk->owner_at : at;
    size_t end = walk->owner_end < at + len ? walk->owner_end : at + len;
    return walk->owner != NULL && !walk->owner_mixed && end > from && end - from >= len / 2;
}

static void look_at_block(struct walk *walk, size_t at)
{
    size_t left = walk->image.len - at;
    size_t len = left < PST_CONTENT_BLOCK ? left : PST_CONTENT_BLOCK;
    search(walk, at, at + len);
    bool dense = is_owned(walk, at, len) || is_dense(walk, pst_bytes(walk->image.at + at, len));
    walk->loose = dense ? 0 : walk->loose + 1;
    bool over = walk->owner_end > 0 ? walk->owner_end <= at : walk->loose > LOOSE_MOST;
    if (over)
        walk->owner = NULL;
    if (!dense)
        return;
    walk->out->packed_bytes += (int64_t)len;
    struct pst_content_part *part =
        part_of(walk->out, walk->owner != NULL ? walk->owner : unknown, at);
    if (part != NULL)
        part->packed_bytes += (int64_t)len;
}

enum pst_code pst_content_look(struct pst_bytes image, struct pst_content *out,
                               struct pst_report *why)
{
    struct pst_content content = {.image_bytes = (int64_t)image.len};
    PST_CLEANUP(walk)
    struct walk walk = {
        .image = image, .out = &content, .packer = ZSTD_createCCtx(), .room = malloc(ROOM)};
    if (walk.packer == NULL || walk.room == NULL)
        return pst_no_memory(why, "looking at an image's content");
    for (size_t i = 0; i < pst_content_systems_count; i++)
        walk.first_bytes[pst_content_systems[i].bytes[0]] = true;
    for (size_t i = 0; i < pst_content_streams_count; i++)
        walk.first_bytes[pst_content_streams[i].bytes[0]] = true;

    for (size_t at = 0; at < image.len; at += PST_CONTENT_BLOCK)
        look_at_block(&walk, at);
    *out = content;
    return PST_OK;
}

bool pst_content_is_packed(const struct pst_content *content)
{
    return content->packed_bytes > 0 &&
           content->packed_bytes >= content->image_bytes / 100 * PACKED_PERCENT;
}

const char *pst_content_blame(const struct pst_content *content)
{
    const struct pst_content_part *most = NULL;
    for (size_t i = 0; i < content->count; i++)
        if (most == NULL || content->part[i].packed_bytes > most->packed_bytes)
            most = &content->part[i];
    return most != NULL && most->packed_bytes > 0 ? most->what : unknown;
}
