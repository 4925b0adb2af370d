/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "xz": one xz stream of one block for each frame, so that any xz tool reads the row of them.
 *
 * Of all that xz's format permits (checks, filters with options, several blocks, padding between
 * streams) one form is left: with the frame's image bytes, its packed bytes and its filter, every
 * other bit around the content is known. Packed bytes and filter are taken from the block's header;
 * then what stands before and behind the content is made here and compared, not read.
 *
 * liblzma allocates when a frame begins. It is given an arena instead of the heap, one block taken
 * when the decoder is opened, as large as the manifest declares: memory runs out there or never.
 */
#include <lzma.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>

#include "manifests/decoder_formats.h"

enum {
    STREAM_HEADER = LZMA_STREAM_HEADER_SIZE,
    SIZE_AT = STREAM_HEADER, /* of the block's header: how long it is */
    SIZES_AT = SIZE_AT + 2   /* the flags between them say what is there */
};

static const uint64_t filter_ids[PST_XZ_FILTERS] = {
    [PST_XZ_PLAIN] = LZMA_FILTER_LZMA2, [PST_XZ_X86] = LZMA_FILTER_X86,
    [PST_XZ_ARM] = LZMA_FILTER_ARM,     [PST_XZ_THUMB] = LZMA_FILTER_ARMTHUMB,
    [PST_XZ_ARM64] = LZMA_FILTER_ARM64,
};

enum part { PART_HEAD, PART_CONTENT, PART_TAIL };

struct pst_xz {
    lzma_stream stream;
    lzma_allocator allocator;
    enum part part;
    struct pst_xz_frame frame;
    int64_t index, image_left, packed_left, packed_most;
    uint8_t around[PST_XZ_AROUND_MOST]; /* the head as it comes; the tail as it must be */
    size_t around_len, around_at;
    size_t arena_bytes, arena_used;
    alignas(max_align_t) uint8_t arena[];
};

uint64_t pst_xz_filter_id(enum pst_xz_filter filter)
{
    return filter_ids[filter];
}

/* ---- what stands around a frame's content */

/* liblzma's description of a frame; `options` and `filters` are what it points to. */
struct shape {
    lzma_options_lzma options;
    lzma_filter filters[3];
};

static void shape_of(const struct pst_xz_frame *frame, struct shape *out)
{
    size_t count = 0;
    *out = (struct shape){.options = {.dict_size = pst_xz_dictionary(frame->image_bytes)}};
    if (frame->filter != PST_XZ_PLAIN)
        out->filters[count++] = (lzma_filter){filter_ids[frame->filter], NULL};
    out->filters[count++] = (lzma_filter){LZMA_FILTER_LZMA2, &out->options};
    out->filters[count] = (lzma_filter){LZMA_VLI_UNKNOWN, NULL};
}

size_t pst_xz_head(const struct pst_xz_frame *frame, uint8_t out[PST_XZ_AROUND_MOST])
{
    const lzma_stream_flags flags = {.version = 0, .check = LZMA_CHECK_NONE};
    struct shape shape;
    shape_of(frame, &shape);
    lzma_block block = {.version = 0,
                        .check = LZMA_CHECK_NONE,
                        .compressed_size = (lzma_vli)frame->packed_bytes,
                        .uncompressed_size = (lzma_vli)frame->image_bytes,
                        .filters = shape.filters};
    if (lzma_stream_header_encode(&flags, out) != LZMA_OK ||
        lzma_block_header_size(&block) != LZMA_OK ||
        block.header_size > PST_XZ_AROUND_MOST - STREAM_HEADER ||
        lzma_block_header_encode(&block, out + STREAM_HEADER) != LZMA_OK)
        return 0;
    return STREAM_HEADER + block.header_size;
}

size_t pst_xz_tail(const struct pst_xz_frame *frame, size_t head_len,
                   uint8_t out[PST_XZ_AROUND_MOST])
{
    const lzma_vli unpadded = head_len - STREAM_HEADER + (lzma_vli)frame->packed_bytes;
    const size_t index_at = (size_t)(-frame->packed_bytes & 3);
    size_t at = index_at;

    memset(out, 0, PST_XZ_AROUND_MOST);
    out[at + 1] = 1; /* an index of one block */
    at += 2;
    if (lzma_vli_encode(unpadded, NULL, out, &at, PST_XZ_AROUND_MOST) != LZMA_OK ||
        lzma_vli_encode((lzma_vli)frame->image_bytes, NULL, out, &at, PST_XZ_AROUND_MOST) !=
            LZMA_OK)
        return 0;
    at += -(at - index_at) & 3;
    pst_le_put(out + at, 4, lzma_crc32(out + index_at, at - index_at, 0));
    at += 4;

    const lzma_stream_flags flags = {
        .version = 0, .backward_size = at - index_at, .check = LZMA_CHECK_NONE};
    return lzma_stream_footer_encode(&flags, out + at) == LZMA_OK ? at + STREAM_HEADER : 0;
}

/* What a block's header says, as far as it differs from frame to frame. */
static bool read_head(const uint8_t *head, size_t len, struct pst_xz_frame *frame)
{
    lzma_vli packed = 0, image = 0, id = 0;
    size_t at = SIZES_AT;
    if (lzma_vli_decode(&packed, NULL, head, &at, len) != LZMA_OK ||
        lzma_vli_decode(&image, NULL, head, &at, len) != LZMA_OK ||
        lzma_vli_decode(&id, NULL, head, &at, len) != LZMA_OK)
        return false;
    frame->packed_bytes = (int64_t)packed;
    for (frame->filter = PST_XZ_PLAIN; frame->filter < PST_XZ_FILTERS; frame->filter++)
        if (filter_ids[frame->filter] == id)
            return true;
    return false;
}

/* ---- memory */

static void *arena_take(void *context, size_t count, size_t size)
{
    struct pst_xz *xz = context;
    const size_t unit = alignof(max_align_t);
    size_t len;
    if (__builtin_mul_overflow(count, size, &len) || len > xz->arena_bytes - xz->arena_used)
        return NULL;
    uint8_t *at = xz->arena + xz->arena_used;
    size_t padded = len + (-len & (unit - 1));
    size_t left = xz->arena_bytes - xz->arena_used;
    xz->arena_used += padded < left ? padded : left;
    return at;
}

/* A frame's memory is given back as a whole, when the next one begins. */
static void arena_give_back(void *context, void *at)
{
    (void)context;
    (void)at;
}

static enum pst_code refuse_lzma(lzma_ret ret, struct pst_report *why)
{
    if (ret == LZMA_MEM_ERROR)
        return pst_refuse(why, PST_DELTA_MEMORY, pst_say("the memory declared to be enough for xz"),
                          pst_say("a liblzma that wants more"));
    return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("a block of xz"),
                      pst_say("liblzma's error %d", (int)ret));
}

static enum pst_code begin_content(struct pst_xz *xz, struct pst_report *why)
{
    struct shape shape;
    shape_of(&xz->frame, &shape);
    lzma_end(&xz->stream);
    xz->arena_used = 0;
    xz->stream = (lzma_stream)LZMA_STREAM_INIT;
    xz->stream.allocator = &xz->allocator;
    lzma_ret ret = lzma_raw_decoder(&xz->stream, shape.filters);
    if (ret != LZMA_OK)
        return refuse_lzma(ret, why);

    xz->part = PART_CONTENT;
    xz->image_left = xz->frame.image_bytes;
    xz->packed_left = xz->frame.packed_bytes;
    return PST_OK;
}

uint32_t pst_xz_dictionary(int64_t image_bytes)
{
    return image_bytes < LZMA_DICT_SIZE_MIN ? LZMA_DICT_SIZE_MIN : (uint32_t)image_bytes;
}

int64_t pst_xz_memory(int64_t image_bytes)
{
    int64_t frame = pst_least(image_bytes, PST_FULL_FRAME);
    return frame > 0 ? (int64_t)pst_xz_dictionary(frame) + PST_XZ_FIXED : 0;
}

void pst_xz_free(struct pst_xz *xz)
{
    free(xz); /* the arena with it, and so all that liblzma has */
}

static enum pst_code xz_open(struct pst_decoder *decoder, struct pst_report *why)
{
    const int64_t memory = pst_xz_memory(decoder->plan.image_bytes);
    if (memory == 0)
        return PST_OK;
    struct pst_xz *xz = decoder->xz = malloc((size_t)memory);
    if (xz == NULL)
        return pst_no_memory(why, "decoding xz");
    *xz = (struct pst_xz){.stream = LZMA_STREAM_INIT,
                          .allocator = {arena_take, arena_give_back, xz},
                          .arena_bytes = (size_t)memory - sizeof *xz};
    /* The hungriest frame that can come, so that a liblzma that wants more is found out now. */
    xz->frame = (struct pst_xz_frame){
        .image_bytes = pst_least(decoder->plan.image_bytes, PST_FULL_FRAME), .filter = PST_XZ_X86};
    return begin_content(xz, why);
}

/* ---- the parts of a frame */

static void begin_frame(struct pst_decoder *decoder, int64_t image_left)
{
    struct pst_xz *xz = decoder->xz;
    int64_t image = pst_least(image_left, PST_FULL_FRAME);
    xz->part = PART_HEAD;
    xz->frame = (struct pst_xz_frame){.image_bytes = image};
    xz->index = decoder->image_at / PST_FULL_FRAME;
    xz->packed_most =
        pst_least(pst_xz_packed_most(image), decoder->plan.source_bytes - decoder->source_at);
    xz->around_at = 0;
    xz->around_len = SIZE_AT + 1; /* and as much as this byte says then */
    decoder->in_frame = true;
}

static enum pst_code refuse_byte(uint8_t expected, uint8_t found, size_t at, const char *where,
                                 struct pst_report *why)
{
    return pst_refuse(why, PST_DELTA_MALFORMED,
                      pst_say("0x%02x in byte %zu of an xz stream's %s", expected, at, where),
                      pst_say("0x%02x", found));
}

static enum pst_code check_head(struct pst_xz *xz, struct pst_report *why)
{
    uint8_t expected[PST_XZ_AROUND_MOST];
    bool read = read_head(xz->around, xz->around_len, &xz->frame);
    if (!read || xz->frame.packed_bytes < 1 || xz->frame.packed_bytes > xz->packed_most)
        return pst_refuse(
            why, PST_DELTA_MALFORMED,
            pst_say("a filter and up to %lld packed bytes", (long long)xz->packed_most),
            read ? pst_say("%lld bytes", (long long)xz->frame.packed_bytes)
                 : pst_say("the header of another block"));

    size_t len = pst_xz_head(&xz->frame, expected);
    for (size_t i = 0; i < xz->around_len; i++)
        if (i >= len || xz->around[i] != expected[i])
            return refuse_byte(i < len ? expected[i] : 0, xz->around[i], i, "head", why);
    return begin_content(xz, why);
}

static enum pst_code step_head(struct pst_decoder *decoder, struct pst_flow *flow,
                               struct pst_report *why)
{
    struct pst_xz *xz = decoder->xz;
    while (flow->in.len > 0 && xz->around_at < xz->around_len) {
        xz->around[xz->around_at++] = flow->in.at[0];
        pst_flow_took(flow, 1);
        if (xz->around_at == SIZE_AT + 1)
            xz->around_len = STREAM_HEADER + 4 * ((size_t)xz->around[SIZE_AT] + 1);
        if (xz->around_len > PST_XZ_AROUND_MOST)
            return pst_refuse(why, PST_DELTA_MALFORMED,
                              pst_say("the header of an xz block in %d bytes at most",
                                      PST_XZ_AROUND_MOST - STREAM_HEADER),
                              pst_say("%zu bytes", xz->around_len - STREAM_HEADER));
    }
    return xz->around_at < xz->around_len ? PST_OK : check_head(xz, why);
}

static enum pst_code refuse_end(const struct pst_xz *xz, struct pst_report *why)
{
    return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("image and xz block to end together"),
                      pst_say("%lld bytes of image and %lld of the block left",
                              (long long)xz->image_left, (long long)xz->packed_left));
}

static void begin_tail(struct pst_xz *xz)
{
    xz->part = PART_TAIL;
    xz->around_len = pst_xz_tail(&xz->frame, xz->around_len, xz->around);
    xz->around_at = 0;
}

static enum pst_code step_content(struct pst_decoder *decoder, struct pst_flow *flow,
                                  struct pst_report *why)
{
    struct pst_xz *xz = decoder->xz;
    if (flow->room == 0 && xz->image_left > 0)
        return PST_OK;

    /* When the image is complete, what still comes must end the block without making a byte. */
    uint8_t too_much;
    size_t room = (size_t)pst_least((int64_t)flow->room, xz->image_left);
    size_t len = (size_t)pst_least((int64_t)flow->in.len, xz->packed_left);
    xz->stream.next_in = flow->in.at;
    xz->stream.avail_in = len;
    xz->stream.next_out = room > 0 ? flow->out : &too_much;
    xz->stream.avail_out = room > 0 ? room : 1;
    lzma_ret ret = lzma_code(&xz->stream, LZMA_RUN);
    if (ret != LZMA_OK && ret != LZMA_STREAM_END && ret != LZMA_BUF_ERROR)
        return refuse_lzma(ret, why);

    size_t took = len - xz->stream.avail_in;
    size_t made = (room > 0 ? room : 1) - xz->stream.avail_out;
    if (room == 0 && made > 0)
        return refuse_end(xz, why);
    xz->packed_left -= (int64_t)took;
    xz->image_left -= (int64_t)made;
    pst_flow_took(flow, took);
    pst_flow_made(flow, made);
    if (ret != LZMA_STREAM_END)
        return xz->packed_left == 0 && made == 0 && took == 0 ? refuse_end(xz, why) : PST_OK;
    if (xz->image_left > 0 || xz->packed_left > 0)
        return refuse_end(xz, why);
    begin_tail(xz);
    return PST_OK;
}

static enum pst_code step_tail(struct pst_decoder *decoder, struct pst_flow *flow,
                               struct pst_report *why)
{
    struct pst_xz *xz = decoder->xz;
    for (; flow->in.len > 0 && xz->around_at < xz->around_len; xz->around_at++) {
        uint8_t expected = xz->around[xz->around_at], found = flow->in.at[0];
        if (found != expected)
            return refuse_byte(expected, found, xz->around_at, "tail", why);
        pst_flow_took(flow, 1);
    }
    decoder->in_frame = xz->around_at < xz->around_len;
    return PST_OK;
}

static enum pst_code xz_step(struct pst_decoder *decoder, struct pst_flow *flow,
                             struct pst_report *why)
{
    static enum pst_code (*const parts[])(struct pst_decoder *, struct pst_flow *,
                                          struct pst_report *) = {
        [PART_HEAD] = step_head,
        [PART_CONTENT] = step_content,
        [PART_TAIL] = step_tail,
    };
    int64_t image_left = decoder->plan.image_bytes - decoder->image_at;
    if (!decoder->in_frame && (image_left == 0 || flow->in.len == 0))
        return PST_OK;
    if (!decoder->in_frame)
        begin_frame(decoder, image_left);

    PST_WITHIN(why, "frames/%lld", (long long)decoder->xz->index);
    return parts[decoder->xz->part](decoder, flow, why);
}

const struct pst_decoder_format pst_decoder_xz = {
    .frame_bytes = PST_FULL_FRAME, .memory = pst_xz_memory, .open = xz_open, .step = xz_step};
