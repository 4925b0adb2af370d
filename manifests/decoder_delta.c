/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "postern.delta/1": header, head, frames. The grammar and its limits: manifests/README.md, "The
 * delta format"; what a frame holds: delta/walk.h.
 *
 *     BEFORE_HEADER -> IN_HEAD -> BEFORE_FRAME <-> IN_FRAME
 *
 * A run that resumes is fed the head once more, then goes on with the frame it was told.
 */
#include <assert.h>
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "manifests/delta/format.h"
#include "manifests/encoder.h"

enum {
    INPUT = 4096,
    AHEAD = 512, /* what is there before an item or unit is begun: none takes more */
    UNITS_A_STEP = 4096
};
static_assert((int)AHEAD >= (int)PST_CODER_UNIT && INPUT >= 2 * AHEAD, "a unit's input must fit");

enum state { BEFORE_HEADER, IN_HEAD, BEFORE_FRAME, IN_FRAME };

struct pst_delta {
    enum state state;
    struct pst_checkpoint from; /* where this run begins, once the head is known */
    struct pst_delta_header header;
    uint8_t small[PST_DELTA_HEADER]; /* a header that is coming */
    size_t small_len;

    uint8_t input[INPUT]; /* of the section at hand */
    size_t input_len;
    uint64_t section_left; /* bytes of it that did not come yet */
    bool started;          /* the coder has its first bytes */

    struct pst_head_models *head;       /* while the head is read */
    uint32_t segments, regions, frames; /* so many are there */
    struct pst_delta_frame frame;
    struct pst_delta_map map;
    struct pst_region *region;
    struct pst_walk walk;
};

static int64_t memory_least(int64_t image_bytes)
{
    (void)image_bytes;
    return PST_DELTA_FIXED;
}

void pst_delta_free(struct pst_delta *delta)
{
    if (delta == NULL)
        return;
    pst_walk_close(&delta->walk);
    pst_delta_map_clear(&delta->map);
    free(delta->region);
    free(delta->head);
    free(delta);
}

static enum pst_code delta_open(struct pst_decoder *decoder, struct pst_report *why)
{
    if (decoder->base.read == NULL)
        return pst_refuse(why, PST_DELTA_BASE, pst_say("the base"), pst_say("none"));
    struct pst_delta *delta = decoder->delta = calloc(1, sizeof *delta);
    if (delta == NULL)
        return pst_no_memory(why, "a delta");
    delta->from = decoder->checkpoint;
    decoder->source_at = 0;
    decoder->in_frame = true; /* no bytes at all are no delta, not even of an empty image */
    return PST_OK;
}

/* ---- the header */

static bool is_said(const uint8_t *digest)
{
    static const uint8_t nothing[PST_DELTA_DIGEST];
    return memcmp(digest, nothing, sizeof nothing) != 0;
}

static void check_digest(const uint8_t *expected, const uint8_t *found, const char *of,
                         enum pst_code code, struct pst_report *why)
{
    char a[2 * PST_DELTA_DIGEST + 1], b[2 * PST_DELTA_DIGEST + 1];
    if (expected == NULL || !is_said(found) || memcmp(expected, found, PST_DELTA_DIGEST) == 0)
        return;
    pst_hex_print(pst_bytes(expected, PST_DELTA_DIGEST), a);
    pst_hex_print(pst_bytes(found, PST_DELTA_DIGEST), b);
    (void)pst_refuse(why, code, pst_say("%s with SHA-256 %.16s...", of, a),
                     pst_say("SHA-256 %.16s...", b));
}

static void check_size(const char *name, enum pst_code code, int64_t expected, uint64_t found,
                       struct pst_report *why)
{
    if (found != (uint64_t)expected)
        (void)pst_refuse(why, code, pst_say("%s of %lld bytes", name, (long long)expected),
                         pst_say("%llu", (unsigned long long)found));
}

static enum pst_code check_against_plan(const struct pst_decoder_plan *plan,
                                        const struct pst_delta_header *header,
                                        struct pst_report *why)
{
    struct pst_report own = {0};
    int64_t need = pst_delta_memory(header);
    uint64_t source_least = PST_DELTA_HEADER + (uint64_t)header->head_bytes +
                            (uint64_t)header->frames * (PST_DELTA_FRAME_HEADER + PST_CODER_LEAD);

    check_size("a base", PST_DELTA_BASE, plan->base_bytes, header->base_bytes, &own);
    check_size("an image", PST_IMAGE_SIZE, plan->image_bytes, header->image_bytes, &own);
    check_digest(plan->base_sha256, header->base_sha256, "a base", PST_DELTA_BASE, &own);
    check_digest(plan->image_sha256, header->image_sha256, "an image", PST_IMAGE_DIGEST, &own);
    if (source_least > (uint64_t)plan->source_bytes)
        (void)pst_refuse(
            &own, PST_DELTA_MALFORMED,
            pst_say("head and frames within %lld bytes", (long long)plan->source_bytes),
            pst_say("%llu bytes or more", (unsigned long long)source_least));
    if (own.count == 0 && need > plan->memory_bytes)
        (void)pst_refuse(&own, PST_DELTA_MEMORY,
                         pst_say("%lld bytes or more declared", (long long)need),
                         pst_say("%lld bytes", (long long)plan->memory_bytes));
    pst_report_append(why, &own, false);
    return own.count > 0 ? pst_report_verdict(&own) : PST_OK;
}

static void begin_section(struct pst_delta *delta, uint64_t bytes, enum state state)
{
    delta->section_left = bytes;
    delta->input_len = 0;
    delta->started = false;
    delta->state = state;
}

static enum pst_code take_header(struct pst_decoder *decoder, struct pst_report *why)
{
    PST_WITHIN(why, "header");
    struct pst_delta *delta = decoder->delta;
    enum pst_code rc = pst_delta_header_read(delta->small, &delta->header, why);
    if (rc == PST_OK)
        rc = check_against_plan(&decoder->plan, &delta->header, why);
    if (rc != PST_OK)
        return rc;
    begin_section(delta, delta->header.head_bytes, IN_HEAD);
    if (delta->header.image_bytes == 0)
        return PST_OK;

    delta->head = malloc(sizeof *delta->head);
    delta->region = calloc(delta->header.regions, sizeof *delta->region);
    const struct pst_walk_plan plan = {.map = &delta->map,
                                       .region = delta->region,
                                       .region_count = delta->header.regions,
                                       .base = decoder->base,
                                       .base_bytes = (uint32_t)delta->header.base_bytes,
                                       .table_log = delta->header.table_log,
                                       .window_log = delta->header.window_log};
    if (delta->head == NULL || delta->region == NULL ||
        !pst_delta_map_make(&delta->map, delta->header.segments) ||
        !pst_walk_open(&delta->walk, &plan))
        return pst_no_memory(why, "a delta");
    pst_head_begin(delta->head);
    return PST_OK;
}

/* ---- sections: a row of bytes of known length, decoded by one coder from its beginning */

static void feed(struct pst_decoder *decoder, struct pst_flow *flow)
{
    struct pst_delta *delta = decoder->delta;
    struct pst_coder *coder = &delta->walk.coder;
    if (delta->started && coder->in_len < AHEAD) {
        memmove(delta->input, coder->in, coder->in_len);
        delta->input_len = coder->in_len;
        coder->in = delta->input;
    }
    size_t room = INPUT - delta->input_len;
    if (delta->started && coder->in_len >= AHEAD)
        return;
    size_t len = flow->in.len < room ? flow->in.len : room;
    if (len > delta->section_left)
        len = (size_t)delta->section_left;
    if (len > 0)
        memcpy(delta->input + delta->input_len, flow->in.at, len);
    delta->input_len += len;
    delta->section_left -= len;
    pst_flow_took(flow, len);
    if (delta->started)
        coder->in_len += len;
}

/* Whether there is enough for one more item or unit. */
static bool is_fed(struct pst_delta *delta)
{
    struct pst_coder *coder = &delta->walk.coder;
    if (!delta->started && (delta->section_left == 0 || delta->input_len >= AHEAD)) {
        pst_coder_decode_from(coder, delta->input, delta->input_len);
        delta->started = true;
    }
    return delta->started && (delta->section_left == 0 || coder->in_len >= AHEAD);
}

static enum pst_code end_section(const struct pst_delta *delta, struct pst_report *why)
{
    if (delta->section_left == 0 && pst_coder_ended_well(&delta->walk.coder))
        return PST_OK;
    return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("what was coded to end with its bytes"),
                      pst_say("damaged bytes"));
}

/* ---- the head */

static bool segment_fits(const struct pst_delta *delta, const struct pst_segment *segment)
{
    const struct pst_segment *before =
        delta->segments > 0 ? &delta->map.segment[delta->segments - 1] : NULL;
    uint64_t at_least = before != NULL ? (uint64_t)before->at + before->len : 0;
    uint64_t end = (uint64_t)segment->at + segment->len;
    uint64_t base_end = (uint64_t)segment->from + segment->len;
    return segment->len > 0 && segment->at >= at_least && end <= delta->header.image_bytes &&
           (pst_segment_is_fill(segment) || base_end <= delta->header.base_bytes);
}

static bool region_fits(const struct pst_delta *delta, const struct pst_region *region)
{
    bool first = delta->regions == 0;
    return (unsigned)region->isa < PST_ISA_COUNT && (first ? region->at == 0 : true) &&
           (first || region->at > delta->region[delta->regions - 1].at) &&
           region->at < delta->header.image_bytes;
}

static enum pst_code take_head_item(struct pst_delta *delta, struct pst_report *why)
{
    struct pst_walk *walk = &delta->walk;
    bool fits;
    if (delta->regions < delta->header.regions) {
        struct pst_region *before = delta->regions > 0 ? &delta->region[delta->regions - 1] : NULL;
        struct pst_region region = {0};
        pst_head_code_region(&walk->coder, &walk->curves, delta->head, before, &region);
        fits = region_fits(delta, &region);
        delta->region[delta->regions] = fits ? region : (struct pst_region){0};
        delta->regions++;
    } else {
        struct pst_segment segment = {0};
        pst_head_code_segment(&walk->coder, &walk->curves, delta->head, &segment);
        fits = segment_fits(delta, &segment);
        delta->map.segment[delta->segments] = segment;
        delta->segments++;
    }
    return fits && !walk->coder.dry
               ? PST_OK
               : pst_refuse(why, PST_DELTA_MALFORMED,
                            pst_say("parts of base and image, in the image's order"),
                            pst_say("number %u outside of them", delta->segments));
}

static enum pst_code end_head(struct pst_decoder *decoder, struct pst_report *why)
{
    struct pst_delta *delta = decoder->delta;
    if (delta->header.image_bytes > 0) {
        enum pst_code rc = end_section(delta, why);
        if (rc != PST_OK)
            return rc;
        pst_delta_map_sort(&delta->map);
        free(delta->head);
        delta->head = NULL;
    }
    int64_t head_end = decoder->source_at;
    if (delta->from.source_at != 0 && delta->from.head_bytes != head_end)
        return pst_refuse(why, PST_OUT_OF_BOUNDS,
                          pst_say("a head of %lld bytes", (long long)delta->from.head_bytes),
                          pst_say("%lld bytes", (long long)head_end));
    if (delta->from.source_at != 0)
        decoder->source_at = delta->from.source_at;
    decoder->head_bytes = head_end;
    delta->state = BEFORE_FRAME;
    return PST_OK;
}

static enum pst_code read_head(struct pst_decoder *decoder, struct pst_flow *flow,
                               struct pst_report *why)
{
    PST_WITHIN(why, "head");
    struct pst_delta *delta = decoder->delta;
    const struct pst_delta_header *header = &delta->header;
    for (;;) {
        if (delta->segments == header->segments && delta->regions == header->regions)
            return end_head(decoder, why);
        feed(decoder, flow);
        if (!is_fed(delta))
            return PST_OK;
        enum pst_code rc = take_head_item(delta, why);
        if (rc != PST_OK)
            return rc;
    }
}

/* ---- frames */

static enum pst_code begin_frame(struct pst_decoder *decoder, struct pst_report *why)
{
    struct pst_delta *delta = decoder->delta;
    const struct pst_decoder_plan *plan = &decoder->plan;
    struct pst_delta_frame frame = {(uint32_t)pst_le_get(delta->small, 4),
                                    (uint32_t)pst_le_get(delta->small + 4, 4),
                                    (uint32_t)pst_le_get(delta->small + 8, 4)};
    int64_t image_left = plan->image_bytes - decoder->image_at;
    int64_t image_most = pst_least(image_left, PST_DELTA_FRAME_MOST);
    int64_t source_left = plan->source_bytes - decoder->source_at;

    if (frame.image_bytes == 0 || frame.image_bytes > image_most ||
        frame.packed_bytes < PST_CODER_LEAD || frame.packed_bytes > source_left)
        return pst_refuse(why, PST_DELTA_MALFORMED,
                          pst_say("a frame of 1..%lld bytes in %d..%lld", (long long)image_most,
                                  PST_CODER_LEAD, (long long)source_left),
                          pst_say("%u bytes in %u", frame.image_bytes, frame.packed_bytes));
    delta->frame = frame;
    uint32_t at = (uint32_t)decoder->image_at;
    pst_walk_begin_frame(&delta->walk, at, at + frame.image_bytes);
    begin_section(delta, frame.packed_bytes, IN_FRAME);
    return PST_OK;
}

/* Hands out what the walk made and nobody has yet. */
static void hand_out(struct pst_decoder *decoder, struct pst_flow *flow)
{
    const struct pst_walk *walk = &decoder->delta->walk;
    uint32_t mask = pst_window_mask(walk), at = (uint32_t)decoder->image_at;
    while (at != walk->at && flow->room > 0) {
        size_t len = walk->at - at, straight = (size_t)mask + 1 - (at & mask);
        len = len < straight ? len : straight;
        len = len < flow->room ? len : flow->room;
        memcpy(flow->out, walk->window + (at & mask), len);
        pst_flow_made(flow, len);
        at += (uint32_t)len;
    }
}

static enum pst_code end_frame(struct pst_decoder *decoder, struct pst_report *why)
{
    struct pst_delta *delta = decoder->delta;
    enum pst_code rc = end_section(delta, why);
    if (rc != PST_OK)
        return rc;
    if (delta->walk.coder.decisions != delta->frame.decisions)
        return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("%u decisions", delta->frame.decisions),
                          pst_say("%u", delta->walk.coder.decisions));
    delta->frames++;
    delta->small_len = 0;
    delta->state = BEFORE_FRAME;
    /* A run that resumed did not see the frames before. */
    bool last = decoder->image_at == decoder->plan.image_bytes && delta->from.source_at == 0;
    if (last && delta->frames != delta->header.frames)
        return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("%u frames", delta->header.frames),
                          pst_say("%u", delta->frames));
    return PST_OK;
}

static enum pst_code read_frame(struct pst_decoder *decoder, struct pst_flow *flow,
                                struct pst_report *why)
{
    struct pst_delta *delta = decoder->delta;
    struct pst_walk *walk = &delta->walk;
    for (int i = 0; i < UNITS_A_STEP; i++) {
        /* Once much is waiting, the window must not be written over. */
        if (walk->at - (uint32_t)decoder->image_at >= PST_WALK_PIECE || walk->at == walk->frame_end)
            hand_out(decoder, flow);
        if (walk->at == walk->frame_end)
            break;
        if (walk->at - (uint32_t)decoder->image_at >= PST_WALK_PIECE)
            return PST_OK;
        feed(decoder, flow);
        if (!is_fed(delta))
            break;
        if (!pst_walk_unit(walk))
            return pst_refuse(why, PST_DELTA_BASE, pst_say("bytes of the base"),
                              pst_say("a failed read"));
        if (walk->bad || walk->coder.dry || walk->coder.decisions > delta->frame.decisions)
            return pst_refuse(why, PST_DELTA_MALFORMED,
                              pst_say("%u decisions in %u bytes", delta->frame.decisions,
                                      delta->frame.packed_bytes),
                              pst_say("other ones"));
    }
    hand_out(decoder, flow);
    bool ended = walk->at == walk->frame_end && (uint32_t)decoder->image_at == walk->at;
    return ended ? end_frame(decoder, why) : PST_OK;
}

/* Gathers a header's bytes; true once all are there. */
static bool take_small(struct pst_delta *delta, struct pst_flow *flow, size_t whole)
{
    size_t missing = whole - delta->small_len;
    size_t len = flow->in.len < missing ? flow->in.len : missing;
    if (len > 0)
        memcpy(delta->small + delta->small_len, flow->in.at, len);
    delta->small_len += len;
    pst_flow_took(flow, len);
    return delta->small_len == whole;
}

static enum pst_code delta_step(struct pst_decoder *decoder, struct pst_flow *flow,
                                struct pst_report *why)
{
    struct pst_delta *delta = decoder->delta;
    enum pst_code rc = PST_OK;
    bool complete = decoder->image_at == decoder->plan.image_bytes;
    switch (delta->state) {
    case BEFORE_HEADER:
        if (take_small(delta, flow, PST_DELTA_HEADER))
            rc = take_header(decoder, why);
        break;
    case IN_HEAD:
        rc = read_head(decoder, flow, why);
        delta->small_len = 0;
        break;
    case BEFORE_FRAME:
    case IN_FRAME: {
        PST_WITHIN(why, "image at %lld", (long long)decoder->image_at);
        if (delta->state == IN_FRAME)
            rc = read_frame(decoder, flow, why);
        else if (!complete && take_small(delta, flow, PST_DELTA_FRAME_HEADER))
            rc = begin_frame(decoder, why);
        break;
    }
    }
    decoder->in_frame = delta->state != BEFORE_FRAME || delta->small_len > 0;
    return rc;
}

const struct pst_decoder_format pst_decoder_delta = {.frame_bytes = 1,
                                                     .header_bytes = PST_DELTA_HEADER,
                                                     .memory = memory_least,
                                                     .open = delta_open,
                                                     .step = delta_step};

/* ---- what tools ask */

enum pst_code pst_delta_info(struct pst_bytes delta, struct pst_delta_info *out,
                             struct pst_report *why)
{
    PST_WITHIN(why, "header");
    struct pst_delta_header header;
    if (delta.len < PST_DELTA_HEADER)
        return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("%d bytes or more", PST_DELTA_HEADER),
                          pst_say("%zu bytes", delta.len));
    enum pst_code rc = pst_delta_header_read(delta.at, &header, why);
    if (rc != PST_OK)
        return rc;
    *out = (struct pst_delta_info){.base_bytes = (int64_t)header.base_bytes,
                                   .image_bytes = (int64_t)header.image_bytes,
                                   .frames = header.frames,
                                   .segments = header.segments,
                                   .head_bytes = header.head_bytes,
                                   .memory_bytes = pst_delta_memory(&header)};
    memcpy(out->base_sha256, header.base_sha256, sizeof out->base_sha256);
    memcpy(out->image_sha256, header.image_sha256, sizeof out->image_sha256);
    return PST_OK;
}
