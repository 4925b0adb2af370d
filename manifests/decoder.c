/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/decoder.h"

#include <stdlib.h>

#include "manifests/decoder_formats.h"

static int64_t raw_memory(int64_t image_bytes)
{
    (void)image_bytes;
    return 0;
}

static enum pst_code raw_open(struct pst_decoder *decoder, struct pst_report *why)
{
    const struct pst_decoder_plan *plan = &decoder->plan;
    if (plan->source_bytes != plan->image_bytes)
        return pst_refuse(why, PST_IMAGE_SIZE, pst_say("%lld bytes", (long long)plan->image_bytes),
                          pst_say("%lld bytes of raw source", (long long)plan->source_bytes));
    if (decoder->source_at != decoder->image_at)
        return pst_refuse(why, PST_OUT_OF_BOUNDS,
                          pst_say("image at %lld", (long long)decoder->source_at),
                          pst_say("image at %lld", (long long)decoder->image_at));
    return PST_OK;
}

static enum pst_code raw_step(struct pst_decoder *decoder, struct pst_flow *flow,
                              struct pst_report *why)
{
    (void)why;
    /* A frame at a time, so that no checkpoint is passed unseen. */
    int64_t left = pst_least(PST_RAW_FRAME - decoder->image_at % PST_RAW_FRAME,
                             decoder->plan.image_bytes - decoder->image_at);
    size_t len =
        (size_t)pst_least(left, (int64_t)(flow->in.len < flow->room ? flow->in.len : flow->room));
    if (len > 0)
        memcpy(flow->out, flow->in.at, len);
    pst_flow_took(flow, len);
    pst_flow_made(flow, len);
    decoder->in_frame = left > (int64_t)len;
    return PST_OK;
}

static const struct pst_decoder_format decoder_raw = {
    .frame_bytes = PST_RAW_FRAME, .memory = raw_memory, .open = raw_open, .step = raw_step};

static const struct pst_decoder_format *const formats[] = {
    [PST_SOURCE_RAW] = &decoder_raw,
    [PST_SOURCE_ZSTD] = &pst_decoder_zstd,
    [PST_SOURCE_XZ] = &pst_decoder_xz,
    [PST_SOURCE_DELTA] = &pst_decoder_delta,
};

int64_t pst_frame_count(int64_t image_bytes, int64_t frame_bytes)
{
    return image_bytes / frame_bytes + (image_bytes % frame_bytes != 0);
}

static void check_amount(const char *name, int64_t value, int64_t most, struct pst_report *why)
{
    if (value < 0 || value > most)
        (void)pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("%s of 0..%lld", name, (long long)most),
                         pst_say("%lld", (long long)value));
}

static enum pst_code check_plan(const struct pst_decoder_plan *plan, struct pst_report *why)
{
    if ((size_t)plan->format >= PST_COUNT(formats))
        return pst_refuse(why, PST_DELTA_FORMAT, pst_say("raw, zstd, xz or postern.delta/1"),
                          pst_say("format %d", (int)plan->format));

    struct pst_report own = {0};
    /* A source that is twice its image and more was made by no encoder. */
    check_amount("source_bytes", plan->source_bytes, 2 * PST_IMAGE_BYTES_MOST, &own);
    check_amount("image_bytes", plan->image_bytes, PST_IMAGE_BYTES_MOST, &own);
    check_amount("base_bytes", plan->base_bytes, PST_IMAGE_BYTES_MOST, &own);
    check_amount("memory_bytes", plan->memory_bytes, INT64_MAX, &own);
    if (own.count > 0) {
        pst_report_append(why, &own, false);
        return PST_OUT_OF_BOUNDS;
    }

    int64_t need = formats[plan->format]->memory(plan->image_bytes);
    if (plan->memory_bytes < need)
        return pst_refuse(why, PST_DELTA_MEMORY,
                          pst_say("%lld bytes or more declared", (long long)need),
                          pst_say("%lld bytes", (long long)plan->memory_bytes));
    return PST_OK;
}

/* A checkpoint comes from the terminal's own disk, which may have been torn. */
static enum pst_code check_checkpoint(const struct pst_decoder_plan *plan,
                                      struct pst_checkpoint from, struct pst_report *why)
{
    const struct pst_decoder_format *format = formats[plan->format];
    bool beginning = from.source_at == 0 && from.image_at == 0;
    bool inside = from.source_at >= format->header_bytes && from.source_at > 0 &&
                  from.source_at < plan->source_bytes && from.image_at > 0 &&
                  from.image_at < plan->image_bytes && from.image_at % format->frame_bytes == 0;
    bool at_end = from.source_at == plan->source_bytes && from.image_at == plan->image_bytes;
    if (beginning || inside || at_end)
        return PST_OK;
    return pst_refuse(
        why, PST_OUT_OF_BOUNDS, pst_say("a checkpoint at the end of a frame"),
        pst_say("source %lld, image %lld", (long long)from.source_at, (long long)from.image_at));
}

enum pst_code pst_decoder_open(const struct pst_decoder_plan *plan,
                               const struct pst_base_port *base, struct pst_checkpoint from,
                               struct pst_decoder **out, struct pst_report *why)
{
    PST_WITHIN(why, "source");
    enum pst_code rc = check_plan(plan, why);
    if (rc == PST_OK)
        rc = check_checkpoint(plan, from, why);
    if (rc != PST_OK)
        return rc;

    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL)
        return pst_no_memory(why, "a decoder");
    decoder->format = formats[plan->format];
    decoder->plan = *plan;
    decoder->base = base != NULL ? *base : (struct pst_base_port){0};
    decoder->source_at = from.source_at;
    decoder->image_at = from.image_at;
    decoder->checkpoint = from;
    rc = decoder->format->open(decoder, why);
    if (rc != PST_OK)
        return rc;

    *out = decoder;
    decoder = NULL; /* the caller's now */
    return PST_OK;
}

void pst_decoder_free(struct pst_decoder *decoder)
{
    if (decoder == NULL)
        return;
    pst_zstd_frame_free(decoder->frame);
    pst_delta_free(decoder->delta);
    pst_xz_free(decoder->xz);
    free(decoder);
}

/* One move of the format; `*moved` says whether anything was taken or made. */
static enum pst_code step_once(struct pst_decoder *decoder, struct pst_flow *flow, bool *moved,
                               struct pst_report *why)
{
    struct pst_flow before = *flow;
    enum pst_code rc = decoder->format->step(decoder, flow, why);
    if (rc != PST_OK)
        return rc;
    *moved = before.in.len != flow->in.len || before.room != flow->room;
    bool frame_end = decoder->image_at % decoder->format->frame_bytes == 0 ||
                     decoder->image_at == decoder->plan.image_bytes;
    if (!decoder->in_frame && frame_end && decoder->image_at > decoder->checkpoint.image_at)
        decoder->checkpoint =
            (struct pst_checkpoint){decoder->source_at, decoder->image_at, decoder->head_bytes};
    return PST_OK;
}

enum pst_code pst_decoder_step(struct pst_decoder *decoder, struct pst_bytes *in, uint8_t *out,
                               size_t room, size_t *made, struct pst_report *why)
{
    PST_WITHIN(why, "source");
    const struct pst_decoder_plan *plan = &decoder->plan;
    if (decoder->failed != PST_OK)
        return decoder->failed;
    if ((uint64_t)in->len > (uint64_t)(plan->source_bytes - decoder->source_at)) {
        decoder->failed = PST_IMAGE_SIZE;
        return pst_refuse(why, PST_IMAGE_SIZE,
                          pst_say("a source of %lld bytes", (long long)plan->source_bytes),
                          pst_say("more"));
    }

    struct pst_flow flow = {*in, out, room, &decoder->source_at, &decoder->image_at};
    for (bool moved = true; moved;) {
        decoder->failed = step_once(decoder, &flow, &moved, why);
        if (decoder->failed != PST_OK)
            return decoder->failed;
    }
    if (flow.in.len > 0 && !decoder->in_frame && decoder->image_at == plan->image_bytes) {
        decoder->failed = PST_DELTA_MALFORMED;
        return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("the end after the last frame"),
                          pst_say("%zu bytes more", flow.in.len));
    }
    *made = room - flow.room;
    *in = flow.in;
    return PST_OK;
}

enum pst_code pst_decoder_finish(struct pst_decoder *decoder, struct pst_report *why)
{
    PST_WITHIN(why, "source");
    const struct pst_decoder_plan *plan = &decoder->plan;
    if (decoder->failed != PST_OK)
        return decoder->failed;
    if (decoder->source_at == plan->source_bytes && decoder->image_at == plan->image_bytes &&
        !decoder->in_frame)
        return PST_OK;

    decoder->failed = PST_IMAGE_SIZE;
    return pst_refuse(why, PST_IMAGE_SIZE,
                      pst_say("source %lld, image %lld bytes", (long long)plan->source_bytes,
                              (long long)plan->image_bytes),
                      pst_say("source %lld, image %lld bytes%s", (long long)decoder->source_at,
                              (long long)decoder->image_at,
                              decoder->in_frame ? ", in the middle of a frame" : ""));
}

struct pst_checkpoint pst_decoder_checkpoint(const struct pst_decoder *decoder)
{
    return decoder->checkpoint;
}
