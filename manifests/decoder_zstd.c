/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of zstd, and the format that is nothing but such frames.
 *
 * Zstd's format leaves a writer much room: window sizes, dictionary IDs, checksums, unknown sizes,
 * frames to be skipped. None of it is wanted here. The size of a frame's image is known before its
 * first byte comes, so the header it must have is known too and is compared, not read. What libzstd
 * is then asked to decode never has a window larger than the frame.
 */
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "manifests/decoder_formats.h"

enum { BLOCK_HEADER = 3, WINDOW_LOG_LEAST = 10 };

struct pst_zstd_frame {
    ZSTD_DCtx *context;
    uint8_t header[PST_ZSTD_HEADER_MOST];
    size_t header_len, header_at;
    int64_t image_left, packed_left;
    bool packed_exactly;
    bool pending; /* libzstd may hold image that did not fit into the room that it got */
};

/* RFC 8878, 3.1.1.1: single segment, shortest content size, no dictionary, no checksum. */
size_t pst_zstd_header(int64_t image_bytes, uint8_t out[PST_ZSTD_HEADER_MOST])
{
    uint64_t size = (uint64_t)image_bytes;
    size_t len = size < 256 ? 1 : size < 65536 + 256 ? 2 : 4;
    unsigned flag = len == 1 ? 0 : len == 2 ? 1 : 2;

    pst_le_put(out, 4, ZSTD_MAGICNUMBER);
    out[4] = (uint8_t)(flag << 6 | 1U << 5);
    pst_le_put(out + 5, len, len == 2 ? size - 256 : size);
    return 5 + len;
}

void pst_zstd_frame_free(struct pst_zstd_frame *frame)
{
    if (frame == NULL)
        return;
    ZSTD_freeDCtx(frame->context);
    free(frame);
}

static enum pst_code refuse_zstd(size_t result, struct pst_report *why)
{
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
        return pst_no_memory(why, "decoding zstd");
    return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("a zstd frame"),
                      pst_say("%s", ZSTD_getErrorName(result)));
}

/*
 * libzstd takes its buffers when it has seen a frame's header. Showing it the largest header that
 * can come makes it take them now, so that memory runs out here or not at all.
 */
static enum pst_code take_memory(ZSTD_DCtx *context, int64_t image_most, struct pst_report *why)
{
    int window_log = WINDOW_LOG_LEAST;
    while (INT64_C(1) << window_log < image_most)
        window_log++;
    uint8_t header[PST_ZSTD_HEADER_MOST];
    ZSTD_inBuffer in = {header, pst_zstd_header(image_most, header), 0};
    ZSTD_outBuffer out = {NULL, 0, 0};

    size_t result = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_log);
    if (!ZSTD_isError(result))
        result = ZSTD_decompressStream(context, &out, &in);
    if (ZSTD_isError(result))
        return refuse_zstd(result, why);
    size_t taken = ZSTD_sizeof_DCtx(context);
    if (taken > (size_t)image_most + PST_DECODER_FIXED)
        return pst_refuse(
            why, PST_DELTA_MEMORY,
            pst_say("at most %lld bytes for zstd", (long long)image_most + PST_DECODER_FIXED),
            pst_say("%zu bytes", taken));
    return PST_OK;
}

enum pst_code pst_zstd_frame_new(int64_t image_most, struct pst_zstd_frame **out,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_zstd_frame) struct pst_zstd_frame *frame = calloc(1, sizeof *frame);
    if (frame != NULL)
        frame->context = ZSTD_createDCtx();
    if (frame == NULL || frame->context == NULL)
        return pst_no_memory(why, "decoding zstd");
    enum pst_code rc = take_memory(frame->context, image_most, why);
    if (rc != PST_OK)
        return rc;

    *out = frame;
    frame = NULL; /* the caller's now */
    return PST_OK;
}

enum pst_code pst_zstd_frame_begin(struct pst_zstd_frame *frame,
                                   const struct pst_zstd_frame_plan *plan, struct pst_report *why)
{
    frame->header_len = pst_zstd_header(plan->image_bytes, frame->header);
    frame->header_at = 0;
    frame->image_left = plan->image_bytes;
    frame->packed_left = plan->packed_most;
    frame->packed_exactly = plan->packed_exactly;
    frame->pending = false;
    int64_t least = (int64_t)frame->header_len + BLOCK_HEADER;
    if (plan->packed_most < least)
        return pst_refuse(why, PST_DELTA_MALFORMED,
                          pst_say("%lld bytes or more of zstd", (long long)least),
                          pst_say("%lld bytes", (long long)plan->packed_most));

    size_t result = ZSTD_DCtx_reset(frame->context, ZSTD_reset_session_only);
    if (!ZSTD_isError(result))
        result = ZSTD_DCtx_refPrefix(frame->context, plan->prefix.at, plan->prefix.len);
    return ZSTD_isError(result) ? refuse_zstd(result, why) : PST_OK;
}

/* Compares the header as it comes; libzstd is given ours, once it is complete. */
static enum pst_code take_header(struct pst_zstd_frame *frame, struct pst_flow *flow,
                                 struct pst_report *why)
{
    while (frame->header_at < frame->header_len && flow->in.len > 0) {
        uint8_t expected = frame->header[frame->header_at], found = flow->in.at[0];
        if (found != expected)
            return pst_refuse(
                why, PST_DELTA_MALFORMED,
                pst_say("0x%02x in byte %zu of the zstd header", expected, frame->header_at),
                pst_say("0x%02x", found));
        frame->header_at++;
        frame->packed_left--;
        pst_flow_took(flow, 1);
    }
    if (frame->header_at < frame->header_len)
        return PST_OK;

    ZSTD_inBuffer in = {frame->header, frame->header_len, 0};
    ZSTD_outBuffer out = {NULL, 0, 0};
    size_t result = ZSTD_decompressStream(frame->context, &out, &in);
    return ZSTD_isError(result) ? refuse_zstd(result, why) : PST_OK;
}

static enum pst_code refuse_end(const struct pst_zstd_frame *frame, struct pst_report *why)
{
    return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("image and zstd frame to end together"),
                      pst_say("%lld bytes of image and %lld of the frame left",
                              (long long)frame->image_left, (long long)frame->packed_left));
}

enum pst_code pst_zstd_frame_step(struct pst_zstd_frame *frame, struct pst_flow *flow, bool *ended,
                                  struct pst_report *why)
{
    *ended = false;
    if (frame->header_at < frame->header_len)
        return take_header(frame, flow, why);
    if (flow->room == 0 && frame->image_left > 0)
        return PST_OK;

    /* When the image is complete, what still comes must end the frame without making a byte. */
    uint8_t too_much;
    size_t room = (size_t)pst_least((int64_t)flow->room, frame->image_left);
    size_t len = (size_t)pst_least((int64_t)flow->in.len, frame->packed_left);
    if (len == 0 && !frame->pending)
        return frame->packed_left == 0 ? refuse_end(frame, why) : PST_OK;
    ZSTD_inBuffer in = {flow->in.at, len, 0};
    ZSTD_outBuffer out = {room > 0 ? flow->out : &too_much, room > 0 ? room : 1, 0};
    size_t result = ZSTD_decompressStream(frame->context, &out, &in);
    if (ZSTD_isError(result))
        return refuse_zstd(result, why);
    frame->packed_left -= (int64_t)in.pos;
    if (room == 0 && out.pos > 0)
        return refuse_end(frame, why);
    frame->image_left -= (int64_t)out.pos;
    pst_flow_took(flow, in.pos);
    pst_flow_made(flow, out.pos);

    frame->pending = out.pos == out.size;
    *ended = result == 0;
    bool left = frame->image_left > 0 || (frame->packed_exactly && frame->packed_left > 0);
    return *ended && left ? refuse_end(frame, why) : PST_OK;
}

int64_t pst_zstd_memory(int64_t image_bytes)
{
    int64_t frame = pst_least(image_bytes, PST_FULL_FRAME);
    return frame > 0 ? frame + PST_DECODER_FIXED : 0;
}

static enum pst_code zstd_open(struct pst_decoder *decoder, struct pst_report *why)
{
    int64_t frame = pst_least(decoder->plan.image_bytes, PST_FULL_FRAME);
    return frame > 0 ? pst_zstd_frame_new(frame, &decoder->frame, why) : PST_OK;
}

static enum pst_code zstd_step(struct pst_decoder *decoder, struct pst_flow *flow,
                               struct pst_report *why)
{
    int64_t image_left = decoder->plan.image_bytes - decoder->image_at;
    if (!decoder->in_frame) {
        if (image_left == 0 || flow->in.len == 0)
            return PST_OK;
        struct pst_zstd_frame_plan plan = {.image_bytes = pst_least(image_left, PST_FULL_FRAME),
                                           .packed_most =
                                               decoder->plan.source_bytes - decoder->source_at};
        enum pst_code rc = pst_zstd_frame_begin(decoder->frame, &plan, why);
        if (rc != PST_OK)
            return rc;
        decoder->in_frame = true;
    }

    PST_WITHIN(why, "frames/%lld",
               (long long)((decoder->plan.image_bytes - image_left) / PST_FULL_FRAME));
    bool ended;
    enum pst_code rc = pst_zstd_frame_step(decoder->frame, flow, &ended, why);
    decoder->in_frame = !ended;
    return rc;
}

const struct pst_decoder_format pst_decoder_zstd = {
    .frame_bytes = PST_FULL_FRAME, .memory = pst_zstd_memory, .open = zstd_open, .step = zstd_step};
