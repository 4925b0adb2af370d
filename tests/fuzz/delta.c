/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deltas: as they come, with a plan that agrees to what the header says; and the input as parts and
 * frames in a delta around it whose header, head and lengths are right, as no search would find
 * those through a coder. What is accepted is an image of the size declared, and the same however
 * the bytes come and whatever room there is. The base is asked for nothing outside of it.
 */
#include <malloc.h>
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "manifests/delta/format.h"
#include "tests/support/delta_base.h"
#include "tests/support/fuzz_property.h"

enum {
    IMAGE_MOST = 4096, /* a larger one is slower, and says nothing new */
    SEGMENTS_MOST = 64,
    MADE_IMAGE_MOST = 700,
    MADE_SEGMENT = 5, /* bytes of input for one */
    GUARD = 0xa5
};

struct outcome {
    enum pst_code code;
    size_t made;
};

static const uint8_t *the_base(void)
{
    static uint8_t base[PST_FUZZ_BASE];
    if (base[0] == 0 && base[1] == 0 && base[2] == 0 && base[3] == 0)
        pst_fuzz_base_fill(base);
    return base;
}

static bool read_base(void *context, uint64_t at, void *into, size_t len)
{
    const uint64_t *bytes = context;
    pst_fuzz_hold(at <= *bytes && len <= *bytes - at, "the base is read within its bounds");
    if (len > 0)
        memcpy(into, the_base() + at, len);
    return true;
}

static bool blames_the_source(enum pst_code code)
{
    return code == PST_OK || code == PST_DELTA_MALFORMED || code == PST_IMAGE_SIZE;
}

/* Feeds at most `piece` bytes at a time, and offers that much room; 0: all at once. */
static struct outcome decode(struct pst_bytes source, const struct pst_delta_header *header,
                             size_t piece, uint8_t *image)
{
    uint64_t base_bytes = header->base_bytes;
    const size_t image_bytes = (size_t)header->image_bytes;
    const struct pst_base_port base = {&base_bytes, read_base};
    const struct pst_decoder_plan plan = {.format = PST_SOURCE_DELTA,
                                          .source_bytes = (int64_t)source.len,
                                          .image_bytes = (int64_t)image_bytes,
                                          .base_bytes = (int64_t)base_bytes,
                                          .memory_bytes = pst_delta_memory(header)};
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    struct pst_report why = {0};
    struct outcome outcome = {.made = 0};
    struct pst_bytes in = {source.at, 0};
    size_t at = 0, made = 0, before = 1;

    outcome.code = pst_decoder_open(&plan, &base, (struct pst_checkpoint){0}, &decoder, &why);
    pst_fuzz_hold(outcome.code == PST_OK, "an honest plan opens");
    image[image_bytes] = GUARD;
    while (outcome.code == PST_OK && (at < source.len || made > 0 || in.len < before)) {
        size_t left = source.len - at, room = image_bytes - outcome.made;
        if (in.len == 0 && left > 0) {
            in = pst_bytes(source.at + at, piece > 0 && piece < left ? piece : left);
            at += in.len;
        }
        before = in.len;
        outcome.code = pst_decoder_step(decoder, &in, image + outcome.made,
                                        piece > 0 && piece < room ? piece : room, &made, &why);
        outcome.made += outcome.code == PST_OK ? made : 0;
    }
    if (outcome.code == PST_OK)
        outcome.code = pst_decoder_finish(decoder, &why);
    pst_fuzz_hold(image[image_bytes] == GUARD, "nothing is written behind the image");
    pst_fuzz_hold((outcome.code == PST_OK) == (why.count == 0), "a refusal is explained");
    pst_fuzz_hold(blames_the_source(outcome.code), "a refusal blames the source");
    return outcome;
}

/* Larger ones are refused for what they want, not for what is in them, or would only be slow. */
static bool is_small(const struct pst_delta_header *header)
{
    return header->image_bytes <= IMAGE_MOST && header->base_bytes <= PST_FUZZ_BASE &&
           header->segments <= SEGMENTS_MOST && header->regions <= SEGMENTS_MOST &&
           header->table_log == PST_TABLE_LOG_LEAST && header->window_log == PST_WINDOW_LOG_LEAST;
}

static void hold_source(struct pst_bytes source, size_t piece)
{
    static uint8_t first[IMAGE_MOST + 1], second[IMAGE_MOST + 1];
    struct pst_delta_header header;
    if (source.len < PST_DELTA_HEADER ||
        pst_delta_header_read(source.at, &header, NULL) != PST_OK || !is_small(&header))
        return;
    const size_t image_bytes = (size_t)header.image_bytes;
    struct outcome whole = decode(source, &header, 0, first);
    /* The second way costs as much again, so only each 16th input goes it, and what is accepted. */
    if (whole.code != PST_OK && piece % 16 != 0)
        return;
    struct outcome pieces = decode(source, &header, piece, second);

    pst_fuzz_hold((whole.code == PST_OK) == (pieces.code == PST_OK),
                  "pieces make no difference to the verdict");
    if (whole.code != PST_OK)
        return;
    pst_fuzz_hold(whole.made == image_bytes && pieces.made == image_bytes,
                  "what is accepted is of the size declared");
    pst_fuzz_hold(memcmp(first, second, image_bytes) == 0, "pieces make no difference");
}

/* ---- parts and frames ------------------------------------------------------------------------ */

struct head {
    struct pst_coder coder;
    struct pst_head_models models;
};

static const struct pst_curves *the_curves(void)
{
    static struct pst_curves curves;
    if (curves.step[0] == 0)
        pst_curves_fill(&curves);
    return &curves;
}

/* As the input says, brought within bounds: another head is refused at once. */
static struct pst_segment segment_of(const uint8_t *at, uint32_t *image_at, uint32_t image_bytes)
{
    uint32_t gap = at[0] & 15, len = 1 + (uint32_t)pst_le_get(at + 1, 2) % MADE_IMAGE_MOST;
    uint32_t from = (uint32_t)pst_le_get(at + 3, 2) % PST_FUZZ_BASE;
    struct pst_segment segment = {*image_at + gap, len, from};
    if (segment.at >= image_bytes)
        return (struct pst_segment){0};
    if (len > image_bytes - segment.at)
        segment.len = image_bytes - segment.at;
    if (segment.len > PST_FUZZ_BASE - from)
        segment.len = PST_FUZZ_BASE - from;
    if ((at[0] & 0x70) == 0x70)
        segment.from = PST_DELTA_FILL | at[3];
    *image_at = segment.at + segment.len;
    return segment;
}

static void make_head(struct pst_bytes *in, struct pst_delta_header *header, unsigned isa,
                      size_t segments, struct pst_buf *out)
{
    PST_CLEANUP(pst_heap) struct head *head = malloc(sizeof *head);
    struct pst_region region = {0, (enum pst_isa_name)isa, 0, isa * 64};
    uint32_t at = 0;
    pst_fuzz_hold(head != NULL, "there is memory");
    const struct pst_curves *curves = the_curves();
    pst_head_begin(&head->models);
    pst_coder_encode_to(&head->coder, out);
    pst_head_code_region(&head->coder, curves, &head->models, NULL, &region);
    for (; segments > 0 && in->len >= MADE_SEGMENT; segments--) {
        struct pst_segment segment = segment_of(in->at, &at, (uint32_t)header->image_bytes);
        *in = pst_bytes(in->at + MADE_SEGMENT, in->len - MADE_SEGMENT);
        if (segment.len == 0)
            break;
        pst_head_code_segment(&head->coder, curves, &head->models, &segment);
        header->segments++;
    }
    pst_coder_encode_end(&head->coder);
    header->regions = 1;
    header->head_bytes = (uint32_t)(out->len - PST_DELTA_HEADER);
}

static void hold_parts(struct pst_bytes in, size_t piece, unsigned isa, size_t segments)
{
    PST_CLEANUP(pst_buf) struct pst_buf source = pst_buf(1 << 20);
    struct pst_delta_header header = {.version = PST_DELTA_VERSION,
                                      .base_bytes = PST_FUZZ_BASE,
                                      .frames = 1,
                                      .table_log = PST_TABLE_LOG_LEAST,
                                      .window_log = PST_WINDOW_LOG_LEAST};
    uint8_t printed[PST_DELTA_HEADER] = {0}, frame[PST_DELTA_FRAME_HEADER + 1] = {0};
    if (in.len < 2)
        return;
    header.image_bytes = 1 + pst_le_get(in.at, 2) % MADE_IMAGE_MOST;
    in = pst_bytes(in.at + 2, in.len - 2);
    pst_fuzz_hold(pst_buf_add(&source, printed, sizeof printed), "there is memory");
    make_head(&in, &header, isa, segments, &source);
    pst_le_put(frame, 4, header.image_bytes);
    pst_le_put(frame + 4, 4, in.len + 1 > PST_CODER_LEAD ? in.len + 1 : PST_CODER_LEAD);
    pst_le_put(frame + 8, 4, UINT32_MAX); /* so it goes on to the frame's end */
    pst_fuzz_hold(pst_buf_add(&source, frame, sizeof frame) &&
                      (in.len == 0 || pst_buf_add(&source, in.at, in.len)),
                  "there is memory");
    while (in.len++ < PST_CODER_LEAD - 1)
        pst_fuzz_hold(pst_buf_add(&source, "", 1), "there is memory");
    pst_delta_header_print(&header, source.at);
    hold_source(pst_buf_bytes(&source), piece);
}

/* What a decoder takes is kept for the next one: else the kernel clears half a MiB each time. */
static void keep_memory(void)
{
    static bool kept;
    if (!kept)
        kept = mallopt(M_MMAP_THRESHOLD, 64 << 20) == 1 && mallopt(M_TRIM_THRESHOLD, 64 << 20) == 1;
}

/* The first bytes: how it is fed; and how many parts of what kind of code, or a whole delta. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    if (len < 2)
        return 0;
    keep_memory();
    struct pst_bytes rest = pst_bytes(at + 2, len - 2);
    size_t piece = 1 + (size_t)at[0];
    if ((at[1] & 0x80) != 0)
        hold_source(rest, piece);
    else
        hold_parts(rest, piece, at[1] & 3, at[1] >> 2 & 15);
    return 0;
}
