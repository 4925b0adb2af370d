/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of format xz: as they come, and the input as the content of one frame around which all
 * sums are right, as no search would find those. What is accepted is an image of the size declared,
 * and the same however the bytes come and whatever room there is.
 */
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "tests/support/fuzz_property.h"

enum { CONTROL = 3, IMAGE_MOST = 1 << 14, GUARD = 0xa5 };

struct outcome {
    enum pst_code code;
    size_t made;
};

/* Feeds at most `piece` bytes at a time, and offers that much room; 0: all at once. */
static struct outcome decode(struct pst_bytes source, size_t image_bytes, size_t piece,
                             uint8_t *image)
{
    const struct pst_decoder_plan plan = {.format = PST_SOURCE_XZ,
                                          .source_bytes = (int64_t)source.len,
                                          .image_bytes = (int64_t)image_bytes,
                                          .memory_bytes = pst_xz_memory((int64_t)image_bytes)};
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    struct pst_report why = {0};
    struct outcome outcome = {.made = 0};
    struct pst_bytes in = {source.at, 0};
    size_t at = 0, made = 0, before = 1;

    outcome.code = pst_decoder_open(&plan, NULL, (struct pst_checkpoint){0}, &decoder, &why);
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
    pst_fuzz_hold(outcome.code == PST_OK || outcome.code == PST_DELTA_MALFORMED ||
                      outcome.code == PST_IMAGE_SIZE,
                  "a refusal blames the source");
    return outcome;
}

static void hold_source(struct pst_bytes source, size_t image_bytes, size_t piece)
{
    static uint8_t first[IMAGE_MOST + 1], second[IMAGE_MOST + 1];
    struct outcome whole = decode(source, image_bytes, 0, first);
    struct outcome pieces = decode(source, image_bytes, piece, second);

    pst_fuzz_hold((whole.code == PST_OK) == (pieces.code == PST_OK),
                  "pieces make no difference to the verdict");
    if (whole.code != PST_OK)
        return;
    pst_fuzz_hold(whole.made == image_bytes && pieces.made == image_bytes,
                  "what is accepted is of the size declared");
    pst_fuzz_hold(memcmp(first, second, image_bytes) == 0, "pieces make no difference");
}

static void hold_content(struct pst_bytes content, size_t image_bytes, size_t piece,
                         enum pst_xz_filter filter)
{
    const struct pst_xz_frame frame = {(int64_t)image_bytes, (int64_t)content.len, filter};
    PST_CLEANUP(pst_buf) struct pst_buf source = pst_buf(1 << 20);
    uint8_t head[PST_XZ_AROUND_MOST], tail[PST_XZ_AROUND_MOST];
    size_t head_len = pst_xz_head(&frame, head);

    pst_fuzz_hold(head_len > 0 && pst_buf_add(&source, head, head_len) &&
                      pst_buf_add(&source, content.at, content.len) &&
                      pst_buf_add(&source, tail, pst_xz_tail(&frame, head_len, tail)),
                  "there is memory");
    hold_source(pst_buf_bytes(&source), image_bytes, piece);
}

/* The first bytes: how large the image is, how it is fed, and which filter. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    if (len <= CONTROL)
        return 0;
    struct pst_bytes rest = pst_bytes(at + CONTROL, len - CONTROL);
    size_t image_bytes = 1 + (size_t)pst_le_get(at, 2) % IMAGE_MOST, piece = 1 + (at[2] >> 3);
    unsigned filter = at[2] & 7;

    if (filter < PST_XZ_FILTERS)
        hold_content(rest, image_bytes, piece, filter);
    else
        hold_source(rest, image_bytes, piece);
    return 0;
}
