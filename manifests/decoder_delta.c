/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "postern.delta-zstd/1": a header, then frames, each packed against a slice of the base.
 * The grammar and its limits: manifests/README.md, "The delta format".
 */
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "manifests/encoder.h"

enum { RESERVED_AT = 36 };
static const char magic[4] = {'P', 'S', 'T', 'D'};

struct header {
    uint64_t version, base_bytes, image_bytes, frames, slice_most, frame_log;
};

struct pst_delta {
    uint8_t header[PST_DELTA_HEADER]; /* the delta's, or the frame's that comes */
    size_t header_len, header_at;
    bool begun;         /* the delta's header was read, in this run or in the one before */
    uint8_t *slice;     /* of the base, `room` bytes */
    int64_t room, most; /* most: what the header declares */
    int64_t held_at, held_len;
};

int64_t pst_delta_memory(int64_t image_bytes, int64_t slice_most)
{
    int64_t frame = pst_least(image_bytes, PST_DELTA_FRAME);
    return frame > 0 ? PST_DECODER_FIXED + frame + slice_most : 0;
}

static int64_t memory_without_slice(int64_t image_bytes)
{
    return pst_delta_memory(image_bytes, 0);
}

void pst_delta_free(struct pst_delta *delta)
{
    if (delta == NULL)
        return;
    free(delta->slice);
    free(delta);
}

static enum pst_code delta_open(struct pst_decoder *decoder, struct pst_report *why)
{
    const struct pst_decoder_plan *plan = &decoder->plan;
    if (decoder->base.read == NULL)
        return pst_refuse(why, PST_DELTA_BASE, pst_say("the base"), pst_say("none"));
    struct pst_delta *delta = decoder->delta = calloc(1, sizeof *delta);
    if (delta == NULL)
        return pst_no_memory(why, "a delta");
    delta->begun = decoder->source_at > 0;
    delta->header_len = delta->begun ? PST_DELTA_FRAME_HEADER : PST_DELTA_HEADER;
    int64_t frame = pst_least(plan->image_bytes, PST_DELTA_FRAME);
    if (frame == 0)
        return PST_OK;

    /* A run that resumes does not see the header: the memory declared says how much may be. */
    int64_t room = pst_least(plan->base_bytes, PST_DELTA_SLICE_MOST);
    room = pst_least(room, plan->memory_bytes - memory_without_slice(plan->image_bytes));
    delta->room = delta->most = room;
    delta->slice = malloc(room > 0 ? (size_t)room : 1);
    if (delta->slice == NULL)
        return pst_no_memory(why, "a slice of the base");
    return pst_zstd_frame_new(frame, &decoder->frame, why);
}

static struct header read_header(const uint8_t *at)
{
    return (struct header){.version = pst_le_get(at + 4, 4),
                           .base_bytes = pst_le_get(at + 8, 8),
                           .image_bytes = pst_le_get(at + 16, 8),
                           .frames = pst_le_get(at + 24, 4),
                           .slice_most = pst_le_get(at + 28, 4),
                           .frame_log = pst_le_get(at + 32, 4)};
}

static void check_number(const char *name, enum pst_code code, uint64_t expected, uint64_t found,
                         struct pst_report *why)
{
    if (found != expected)
        (void)pst_refuse(why, code, pst_say("%s %llu", name, (unsigned long long)expected),
                         pst_say("%llu", (unsigned long long)found));
}

/* All that can be said of a header by itself. */
static void check_header(const uint8_t *at, const struct header *header, struct pst_report *why)
{
    if (memcmp(at, magic, sizeof magic) != 0)
        (void)pst_refuse(why, PST_DELTA_MALFORMED, pst_say("PSTD in the first 4 bytes"),
                         pst_say("0x%02x%02x%02x%02x", at[0], at[1], at[2], at[3]));
    check_number("version", PST_DELTA_FORMAT, PST_DELTA_VERSION, header->version, why);
    check_number("frame log", PST_DELTA_MALFORMED, PST_DELTA_FRAME_LOG, header->frame_log, why);
    for (size_t i = RESERVED_AT; i < PST_DELTA_HEADER; i++)
        check_number("reserved bytes", PST_DELTA_MALFORMED, 0, at[i], why);

    bool sizes_fit = header->base_bytes <= (uint64_t)PST_IMAGE_BYTES_MOST &&
                     header->image_bytes <= (uint64_t)PST_IMAGE_BYTES_MOST;
    if (!sizes_fit)
        (void)pst_refuse(why, PST_DELTA_MALFORMED,
                         pst_say("sizes up to %lld", (long long)PST_IMAGE_BYTES_MOST),
                         pst_say("base %llu, image %llu", (unsigned long long)header->base_bytes,
                                 (unsigned long long)header->image_bytes));
    else
        check_number("frames", PST_DELTA_MALFORMED,
                     (uint64_t)pst_frame_count((int64_t)header->image_bytes, PST_DELTA_FRAME),
                     header->frames, why);
    if (header->slice_most > PST_DELTA_SLICE_MOST || header->slice_most > header->base_bytes ||
        (header->slice_most > 0 && header->image_bytes == 0))
        (void)pst_refuse(why, PST_DELTA_MALFORMED,
                         pst_say("slices up to %d bytes, in the base", PST_DELTA_SLICE_MOST),
                         pst_say("%llu bytes", (unsigned long long)header->slice_most));
}

static enum pst_code take_delta_header(struct pst_decoder *decoder, struct pst_report *why)
{
    PST_WITHIN(why, "header");
    struct pst_delta *delta = decoder->delta;
    const struct pst_decoder_plan *plan = &decoder->plan;
    struct header header = read_header(delta->header);
    struct pst_report own = {0};

    check_header(delta->header, &header, &own);
    check_number("base bytes", PST_DELTA_BASE, (uint64_t)plan->base_bytes, header.base_bytes, &own);
    check_number("image bytes", PST_IMAGE_SIZE, (uint64_t)plan->image_bytes, header.image_bytes,
                 &own);
    if (own.count == 0 && header.slice_most > (uint64_t)delta->room)
        (void)pst_refuse(
            &own, PST_DELTA_MEMORY,
            pst_say("%lld bytes or more declared",
                    (long long)pst_delta_memory(plan->image_bytes, (int64_t)header.slice_most)),
            pst_say("%lld bytes", (long long)plan->memory_bytes));
    pst_report_append(why, &own, false);
    if (own.count > 0)
        return pst_report_verdict(&own);

    delta->most = (int64_t)header.slice_most;
    delta->begun = true;
    return PST_OK;
}

/* Makes the slice [at, at + len) the one that is held; what is held already is moved, not read. */
static bool hold_slice(struct pst_decoder *decoder, int64_t at, int64_t len)
{
    struct pst_delta *delta = decoder->delta;
    const struct pst_base_port *base = &decoder->base;
    int64_t end = at + len, held_end = delta->held_at + delta->held_len;
    int64_t keep_at = at > delta->held_at ? at : delta->held_at;
    int64_t keep_end = pst_least(end, held_end);
    if (keep_at >= keep_end)
        keep_at = keep_end = at; /* nothing: all of it is read as what comes after */
    else
        memmove(delta->slice + (keep_at - at), delta->slice + (keep_at - delta->held_at),
                (size_t)(keep_end - keep_at));

    bool ok = keep_at == at ||
              base->read(base->context, (uint64_t)at, delta->slice, (size_t)(keep_at - at));
    ok = ok &&
         (keep_end == end || base->read(base->context, (uint64_t)keep_end,
                                        delta->slice + (keep_end - at), (size_t)(end - keep_end)));
    delta->held_at = at;
    delta->held_len = ok ? len : 0;
    return ok;
}

static enum pst_code take_frame_header(struct pst_decoder *decoder, struct pst_report *why)
{
    struct pst_delta *delta = decoder->delta;
    const struct pst_decoder_plan *plan = &decoder->plan;
    uint64_t base_at = pst_le_get(delta->header, 8), base_len = pst_le_get(delta->header + 8, 4);
    uint64_t image = pst_le_get(delta->header + 12, 4), packed = pst_le_get(delta->header + 16, 4);
    uint64_t image_due =
        (uint64_t)pst_least(PST_DELTA_FRAME, plan->image_bytes - decoder->image_at);
    uint64_t base_bytes = (uint64_t)plan->base_bytes;
    uint64_t source_left = (uint64_t)(plan->source_bytes - decoder->source_at);
    struct pst_report own = {0};

    check_number("image bytes", PST_DELTA_MALFORMED, image_due, image, &own);
    check_number("reserved bytes", PST_DELTA_MALFORMED, 0, pst_le_get(delta->header + 20, 4), &own);
    if (packed > source_left)
        (void)pst_refuse(&own, PST_DELTA_MALFORMED,
                         pst_say("at most %llu bytes of frame", (unsigned long long)source_left),
                         pst_say("%llu bytes", (unsigned long long)packed));
    if (base_len > (uint64_t)delta->most || base_at > base_bytes ||
        base_len > base_bytes - base_at || (base_len == 0 && base_at != 0))
        (void)pst_refuse(&own, PST_DELTA_MALFORMED,
                         pst_say("a slice of at most %lld bytes in a base of %lld",
                                 (long long)delta->most, (long long)plan->base_bytes),
                         pst_say("%llu bytes at %llu", (unsigned long long)base_len,
                                 (unsigned long long)base_at));
    pst_report_append(why, &own, false);
    if (own.count > 0)
        return pst_report_verdict(&own);

    if (base_len > 0 && !hold_slice(decoder, (int64_t)base_at, (int64_t)base_len))
        return pst_refuse(why, PST_DELTA_BASE,
                          pst_say("%llu bytes of the base at %llu", (unsigned long long)base_len,
                                  (unsigned long long)base_at),
                          pst_say("a failed read"));
    struct pst_zstd_frame_plan frame = {.image_bytes = (int64_t)image,
                                        .packed_most = (int64_t)packed,
                                        .packed_exactly = true,
                                        .prefix = pst_bytes(delta->slice, (size_t)base_len)};
    enum pst_code rc = pst_zstd_frame_begin(decoder->frame, &frame, why);
    decoder->in_frame = rc == PST_OK;
    return rc;
}

static enum pst_code take_any_header(struct pst_decoder *decoder, struct pst_flow *flow,
                                     struct pst_report *why)
{
    struct pst_delta *delta = decoder->delta;
    size_t missing = delta->header_len - delta->header_at;
    size_t len = flow->in.len < missing ? flow->in.len : missing;
    if (len > 0)
        memcpy(delta->header + delta->header_at, flow->in.at, len);
    delta->header_at += len;
    pst_flow_took(flow, len);
    if (delta->header_at < delta->header_len)
        return PST_OK;

    enum pst_code rc =
        delta->begun ? take_frame_header(decoder, why) : take_delta_header(decoder, why);
    delta->header_at = 0;
    delta->header_len = PST_DELTA_FRAME_HEADER;
    return rc;
}

static enum pst_code delta_step(struct pst_decoder *decoder, struct pst_flow *flow,
                                struct pst_report *why)
{
    bool complete = decoder->delta->begun && decoder->image_at == decoder->plan.image_bytes;
    if (complete && !decoder->in_frame)
        return PST_OK;

    if (!decoder->delta->begun)
        return take_any_header(decoder, flow, why);
    PST_WITHIN(why, "frames/%lld", (long long)(decoder->image_at / PST_DELTA_FRAME));
    if (!decoder->in_frame)
        return take_any_header(decoder, flow, why);
    bool ended;
    enum pst_code rc = pst_zstd_frame_step(decoder->frame, flow, &ended, why);
    decoder->in_frame = !ended;
    return rc;
}

const struct pst_decoder_format pst_decoder_delta = {.frame_bytes = PST_DELTA_FRAME,
                                                     .header_bytes = PST_DELTA_HEADER,
                                                     .memory = memory_without_slice,
                                                     .open = delta_open,
                                                     .step = delta_step};

enum pst_code pst_delta_info(struct pst_bytes delta, struct pst_delta_info *out,
                             struct pst_report *why)
{
    PST_WITHIN(why, "header");
    if (delta.len < PST_DELTA_HEADER)
        return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("%d bytes or more", PST_DELTA_HEADER),
                          pst_say("%zu bytes", delta.len));
    struct header header = read_header(delta.at);
    struct pst_report own = {0};
    check_header(delta.at, &header, &own);
    pst_report_append(why, &own, false);
    if (own.count > 0)
        return pst_report_verdict(&own);

    *out = (struct pst_delta_info){
        .base_bytes = (int64_t)header.base_bytes,
        .image_bytes = (int64_t)header.image_bytes,
        .frames = (int64_t)header.frames,
        .memory_bytes = pst_delta_memory((int64_t)header.image_bytes, (int64_t)header.slice_most)};
    return PST_OK;
}
