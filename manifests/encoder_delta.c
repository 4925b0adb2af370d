/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a "postern.delta/1": find what is alike, say where it went, code what changed.
 */
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "manifests/delta/format.h"
#include "manifests/delta/regions.h"
#include "manifests/delta/segments.h"
#include "manifests/encoder.h"
#include "manifests/encoder_frames.h"

enum {
    TABLE_LOG = 18,
    WINDOW_LOG = 20,
    PIECE = 4096,           /* in which it is counted what changed */
    CHANGED_MOST = 4 << 20, /* a frame has so many bytes of changed pieces, or */
    FRAME_MOST = 32 << 20   /* so many bytes in all */
};

struct encoding {
    struct pst_pair pair;
    const struct pst_progress_port *progress;
    struct pst_regions regions;
    struct pst_segments segments;
    struct pst_delta_map map;
    struct pst_delta_header header;
    struct pst_walk walk;
    struct pst_buf head, body;
};

static void encoding_cleanup(struct encoding *encoding)
{
    pst_code_areas_clear(&encoding->pair.base_code);
    pst_code_areas_clear(&encoding->pair.image_code);
    pst_segments_clear(&encoding->segments);
    pst_delta_map_clear(&encoding->map);
    pst_regions_clear(&encoding->regions);
    pst_walk_close(&encoding->walk);
    pst_buf_clear(&encoding->head);
    pst_buf_clear(&encoding->body);
}

static enum pst_code tell(const struct encoding *encoding, int permille, struct pst_report *why)
{
    const struct pst_progress_port *progress = encoding->progress;
    if (progress == NULL || progress->tell(progress->context, permille))
        return PST_OK;
    return pst_refuse(why, PST_HOST_STOPPED, pst_say("the delta to be made to its end"),
                      pst_say("a stop"));
}

static bool read_base(void *context, uint64_t at, void *into, size_t len)
{
    const struct pst_bytes *base = context;
    if (len > 0)
        memcpy(into, base->at + at, len);
    return true;
}

/* ---- what comes from where */

/* Smaller pairs are left to the suffix array as they are, which finds a little more. */
enum { ANCHORED_FROM = 16 << 20 };

static bool find_segments(struct encoding *encoding)
{
    PST_CLEANUP(pst_segments) struct pst_segments anchors = {0};
    struct pst_pair *pair = &encoding->pair;
    struct pst_segments *segments = &encoding->segments;
    if (!pst_code_find(pair->base, &pair->base_code) ||
        !pst_code_find(pair->image, &pair->image_code))
        return false;
    if (pair->base.len + pair->image.len >= ANCHORED_FROM && !pst_anchors_find(pair, &anchors))
        return false;
    if (!pst_match(pair, &anchors, segments) || !pst_segments_fill_gaps(pair, segments) ||
        !pst_regions_find(pair, segments, &encoding->regions) ||
        !pst_segments_repair(pair, &encoding->regions, segments) ||
        !pst_delta_map_make(&encoding->map, segments->count))
        return false;
    if (segments->count > 0)
        memcpy(encoding->map.segment, segments->of, segments->count * sizeof *segments->of);
    pst_delta_map_sort(&encoding->map);
    return true;
}

/* ---- frames */

static bool piece_changed(const struct encoding *encoding, size_t *segment_now, uint32_t at,
                          uint32_t len)
{
    const struct pst_delta_map *map = &encoding->map;
    while (*segment_now < map->count &&
           map->segment[*segment_now].at + map->segment[*segment_now].len <= at)
        (*segment_now)++;
    if (*segment_now == map->count)
        return true;
    const struct pst_segment *segment = &map->segment[*segment_now];
    if (at < segment->at || at + len > segment->at + segment->len)
        return true;
    if (pst_segment_is_fill(segment))
        return false;
    return memcmp(encoding->pair.base.at + segment->from + (at - segment->at),
                  encoding->pair.image.at + at, len) != 0;
}

/* Where the frame that begins at `at` ends. */
static uint32_t frame_end(const struct encoding *encoding, size_t *segment_now, uint32_t at)
{
    size_t image = encoding->pair.image.len;
    uint32_t end = at, changed = 0;
    while (end < image && changed < CHANGED_MOST && end - at < FRAME_MOST) {
        uint32_t len = image - end < PIECE ? (uint32_t)(image - end) : PIECE;
        if (piece_changed(encoding, segment_now, end, len))
            changed += len;
        end += len;
    }
    return end;
}

static enum pst_code code_frame(struct encoding *encoding, uint32_t at, uint32_t end,
                                struct pst_report *why)
{
    struct pst_walk *walk = &encoding->walk;
    struct pst_buf *body = &encoding->body;
    uint8_t header[PST_DELTA_FRAME_HEADER] = {0};
    size_t header_at = body->len;
    bool ok = pst_buf_add(body, header, sizeof header);

    pst_walk_begin_frame(walk, at, end);
    pst_coder_encode_to(&walk->coder, body);
    while (ok && walk->at < end) {
        ok = pst_walk_unit(walk);
        if ((walk->at & 0xfffff) == 0) {
            int64_t share = (int64_t)walk->at * 500 / (int64_t)encoding->pair.image.len;
            enum pst_code rc = tell(encoding, 500 + (int)share, why);
            if (rc != PST_OK)
                return rc;
        }
    }
    pst_coder_encode_end(&walk->coder);
    if (!ok || walk->coder.full)
        return PST_NO_MEMORY;
    pst_le_put(body->at + header_at, 4, end - at);
    pst_le_put(body->at + header_at + 4, 4, body->len - header_at - sizeof header);
    pst_le_put(body->at + header_at + 8, 4, walk->coder.decisions);
    encoding->header.frames++;
    return PST_OK;
}

static bool code_head(struct encoding *encoding)
{
    struct pst_walk *walk = &encoding->walk;
    PST_CLEANUP(pst_heap) struct pst_head_models *models = malloc(sizeof *models);
    if (models == NULL)
        return false;
    pst_head_begin(models);
    pst_coder_encode_to(&walk->coder, &encoding->head);
    for (size_t i = 0; i < encoding->regions.count; i++)
        pst_head_code_region(&walk->coder, &walk->curves, models,
                             i > 0 ? &encoding->regions.of[i - 1] : NULL, &encoding->regions.of[i]);
    for (size_t i = 0; i < encoding->map.count; i++)
        pst_head_code_segment(&walk->coder, &walk->curves, models, &encoding->map.segment[i]);
    pst_coder_encode_end(&walk->coder);
    return !walk->coder.full;
}

static enum pst_code code_all(struct encoding *encoding, struct pst_report *why)
{
    struct pst_delta_header *header = &encoding->header;
    const struct pst_walk_plan plan = {.map = &encoding->map,
                                       .region = encoding->regions.of,
                                       .region_count = encoding->regions.count,
                                       .base = {&encoding->pair.base, read_base},
                                       .base_bytes = (uint32_t)encoding->pair.base.len,
                                       .table_log = header->table_log,
                                       .window_log = header->window_log,
                                       .image = encoding->pair.image.at};
    if (!pst_walk_open(&encoding->walk, &plan) || !code_head(encoding))
        return PST_NO_MEMORY;
    header->segments = (uint32_t)encoding->map.count;
    header->regions = (uint32_t)encoding->regions.count;
    header->head_bytes = (uint32_t)encoding->head.len;
    enum pst_code rc = PST_OK;
    size_t segment_now = 0;
    for (uint32_t at = 0, end; rc == PST_OK && at < encoding->pair.image.len; at = end) {
        end = frame_end(encoding, &segment_now, at);
        rc = code_frame(encoding, at, end, why);
    }
    return rc;
}

/* ---- the whole */

/* Small images need no large tables. */
static void choose_sizes(struct encoding *encoding)
{
    unsigned window_log = PST_WINDOW_LOG_LEAST, table_log = 16;
    size_t image = encoding->pair.image.len;
    while (window_log < WINDOW_LOG && (size_t)1 << window_log < image)
        window_log++;
    while (table_log < TABLE_LOG && (size_t)1 << table_log < image)
        table_log++;
    encoding->header.window_log = (uint8_t)window_log;
    encoding->header.table_log = (uint8_t)table_log;
}

static enum pst_code make(struct encoding *encoding, struct pst_report *why)
{
    encoding->header.version = PST_DELTA_VERSION;
    encoding->header.base_bytes = encoding->pair.base.len;
    encoding->header.image_bytes = encoding->pair.image.len;
    choose_sizes(encoding);
    if (encoding->pair.image.len == 0)
        return PST_OK;
    enum pst_code rc = tell(encoding, 0, why);
    if (rc == PST_OK && !find_segments(encoding))
        rc = PST_NO_MEMORY;
    if (rc == PST_OK)
        rc = tell(encoding, 500, why);
    return rc == PST_OK ? code_all(encoding, why) : rc;
}

static enum pst_code write_out(const struct encoding *encoding, struct pst_buf *out,
                               struct pst_report *why)
{
    uint8_t header[PST_DELTA_HEADER];
    size_t len = sizeof header + encoding->head.len + encoding->body.len;
    pst_delta_header_print(&encoding->header, header);
    if (!pst_buf_reserve(out, len))
        return out->max - out->len < len
                   ? pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", out->max),
                                pst_say("%zu bytes", len))
                   : pst_no_memory(why, "a delta");
    bool added = pst_buf_add(out, header, sizeof header) &&
                 pst_buf_add(out, encoding->head.at, encoding->head.len) &&
                 pst_buf_add(out, encoding->body.at, encoding->body.len);
    return added ? PST_OK : pst_no_memory(why, "a delta");
}

enum pst_code pst_encode_delta_by(unsigned threads, struct pst_bytes base, struct pst_bytes image,
                                  const struct pst_progress_port *progress, struct pst_buf *out,
                                  struct pst_made_source *made, struct pst_report *why)
{
    (void)threads;
    if (base.len > PST_DELTA_IMAGE_MOST || image.len > PST_DELTA_IMAGE_MOST)
        return pst_refuse(why, PST_OUT_OF_BOUNDS,
                          pst_say("base and image up to %u bytes", PST_DELTA_IMAGE_MOST),
                          pst_say("%zu and %zu bytes", base.len, image.len));
    PST_CLEANUP(encoding)
    struct encoding encoding = {.pair = {.base = base, .image = image},
                                .progress = progress,
                                .head = pst_buf(SIZE_MAX),
                                .body = pst_buf(SIZE_MAX)};
    enum pst_code rc = make(&encoding, why);
    if (rc == PST_NO_MEMORY)
        return pst_no_memory(why, "a delta");
    if (rc == PST_OK)
        rc = write_out(&encoding, out, why);
    if (rc == PST_OK)
        *made = (struct pst_made_source){PST_SOURCE_DELTA, pst_delta_memory(&encoding.header)};
    return rc;
}

void pst_delta_name_ends(struct pst_buf *delta, const uint8_t *base_sha256,
                         const uint8_t *image_sha256)
{
    struct pst_delta_header header;
    if (delta->len < PST_DELTA_HEADER || pst_delta_header_read(delta->at, &header, NULL) != PST_OK)
        return;
    memcpy(header.base_sha256, base_sha256, sizeof header.base_sha256);
    memcpy(header.image_sha256, image_sha256, sizeof header.image_sha256);
    pst_delta_header_print(&header, delta->at);
}

enum pst_code pst_encode_delta(struct pst_bytes base, struct pst_bytes image,
                               const struct pst_progress_port *progress, struct pst_buf *out,
                               struct pst_made_source *made, struct pst_report *why)
{
    return pst_encode_delta_by(0, base, image, progress, out, made, why);
}
