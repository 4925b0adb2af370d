/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/delta_writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/decoder_formats.h"

static const struct pst_region no_code = {.isa = PST_ISA_NONE};

static void must(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "delta_writer: cannot %s\n", what);
    abort();
}

static bool read_base(void *context, uint64_t at, void *into, size_t len)
{
    const struct pst_bytes *base = context;
    must(at <= base->len && len <= base->len - at, "read beyond the base");
    if (len > 0)
        memcpy(into, base->at + at, len);
    return true;
}

static void write_head(struct pst_walk *walk, const struct pst_delta_order *order,
                       struct pst_buf *out)
{
    PST_CLEANUP(pst_heap) struct pst_head_models *models = malloc(sizeof *models);
    must(models != NULL, "get memory");
    pst_head_begin(models);
    pst_coder_encode_to(&walk->coder, out);
    for (size_t i = 0; i < order->told_regions; i++) {
        struct pst_region region = order->told_region[i];
        pst_head_code_region(&walk->coder, &walk->curves, models,
                             i > 0 ? &order->told_region[i - 1] : NULL, &region);
    }
    for (size_t i = 0; i < order->told_count; i++) {
        struct pst_segment segment = order->told[i];
        pst_head_code_segment(&walk->coder, &walk->curves, models, &segment);
    }
    pst_coder_encode_end(&walk->coder);
    must(!walk->coder.full, "write the head");
}

static void write_frame(struct pst_walk *walk, uint32_t at, uint32_t end, struct pst_buf *out)
{
    uint8_t header[PST_DELTA_FRAME_HEADER] = {0};
    size_t header_at = out->len;
    must(pst_buf_add(out, header, sizeof header), "write a frame");
    pst_walk_begin_frame(walk, at, end);
    pst_coder_encode_to(&walk->coder, out);
    while (walk->at < end)
        must(pst_walk_unit(walk), "read the base");
    pst_coder_encode_end(&walk->coder);
    must(!walk->coder.full && walk->at == end, "write a frame");
    pst_le_put(out->at + header_at, 4, end - at);
    pst_le_put(out->at + header_at + 4, 4, out->len - header_at - sizeof header);
    pst_le_put(out->at + header_at + 8, 4, walk->coder.decisions);
}

/* What an order leaves out. */
static struct pst_delta_order completed(const struct pst_delta_order *order)
{
    struct pst_delta_order whole = *order;
    if (whole.region == NULL) {
        whole.region = &no_code;
        whole.regions = 1;
    }
    if (whole.told == NULL) {
        whole.told = whole.segment;
        whole.told_count = whole.segments;
    }
    if (whole.told_region == NULL) {
        whole.told_region = whole.region;
        whole.told_regions = whole.regions;
    }
    if (whole.frame_bytes == 0)
        whole.frame_bytes = PST_DELTA_FRAME_MOST;
    if (whole.table_log == 0)
        whole.table_log = PST_TABLE_LOG_LEAST;
    if (whole.window_log == 0)
        whole.window_log = PST_WINDOW_LOG_LEAST;
    return whole;
}

static void write_sections(const struct pst_delta_order *order, struct pst_delta_header *header,
                           struct pst_buf *out)
{
    PST_CLEANUP(pst_delta_map) struct pst_delta_map map = {0};
    PST_CLEANUP(pst_walk) struct pst_walk walk = {0};
    struct pst_bytes base = order->base;
    uint32_t image = (uint32_t)order->image.len;

    must(pst_delta_map_make(&map, order->segments), "get memory");
    if (order->segments > 0)
        memcpy(map.segment, order->segment, order->segments * sizeof *order->segment);
    pst_delta_map_sort(&map);
    const struct pst_walk_plan plan = {.map = &map,
                                       .region = order->region,
                                       .region_count = order->regions,
                                       .base = {&base, read_base},
                                       .base_bytes = (uint32_t)base.len,
                                       .table_log = order->table_log,
                                       .window_log = order->window_log,
                                       .image = order->image.at};
    must(pst_walk_open(&walk, &plan), "get memory");
    size_t before = out->len;
    write_head(&walk, order, out);
    header->head_bytes = (uint32_t)(out->len - before);
    for (uint32_t at = 0; at < image; header->frames++) {
        uint32_t left = image - at, len = left < order->frame_bytes ? left : order->frame_bytes;
        write_frame(&walk, at, at + len, out);
        at += len;
    }
}

struct pst_delta_header pst_delta_write(const struct pst_delta_order *order, struct pst_buf *out)
{
    struct pst_delta_order whole = completed(order);
    struct pst_delta_header header = {.version = PST_DELTA_VERSION,
                                      .base_bytes = whole.base.len,
                                      .image_bytes = whole.image.len,
                                      .table_log = whole.table_log,
                                      .window_log = whole.window_log};
    uint8_t printed[PST_DELTA_HEADER];
    size_t header_at = out->len;

    memset(printed, 0, sizeof printed);
    must(pst_buf_add(out, printed, sizeof printed), "write the header");
    if (whole.image.len > 0) {
        header.segments = (uint32_t)whole.told_count;
        header.regions = (uint32_t)whole.told_regions;
        write_sections(&whole, &header, out);
    }
    pst_delta_header_print(&header, out->at + header_at);
    return header;
}

void pst_delta_put_header(struct pst_buf *delta, const struct pst_delta_header *header)
{
    must(delta->len >= PST_DELTA_HEADER, "find a header");
    pst_delta_header_print(header, delta->at);
}
