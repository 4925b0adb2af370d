/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of "xz". Which filter and which of LZMA's contexts suit a frame is found by trying them in
 * a hurry on samples of it; on images of four architectures the winner was that of a full trial.
 */
#include <lzma.h>
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "manifests/encoder_frames.h"

enum { SAMPLES = 4, SAMPLE = 128 << 10 };

/* lc, lp, pb: how many bits of the byte before, and of the position, LZMA's predictions see. */
struct choice {
    enum pst_xz_filter filter;
    uint32_t lc, lp, pb;
};

static const struct choice choices[] = {
    {PST_XZ_PLAIN, 3, 0, 2}, {PST_XZ_PLAIN, 0, 2, 2}, {PST_XZ_X86, 3, 0, 2},
    {PST_XZ_ARM, 2, 2, 2},   {PST_XZ_THUMB, 3, 1, 1}, {PST_XZ_ARM64, 2, 2, 2},
};

/* How hard to look for repeats; spelt out, as a preset means other numbers in other versions. */
struct effort {
    lzma_mode mode;
    lzma_match_finder finder;
    uint32_t nice_len, depth;
};
static const struct effort in_a_hurry = {LZMA_MODE_FAST, LZMA_MF_HC3, 128, 4};
static const struct effort thoroughly = {LZMA_MODE_NORMAL, LZMA_MF_BT4, 273, 512};

/* Adds LZMA2 to `out` at `*at`; false without memory, or where it does not fit. */
static bool pack(struct pst_bytes in, const struct choice *choice, const struct effort *effort,
                 uint8_t *out, size_t *at, size_t room)
{
    lzma_options_lzma options = {.dict_size = pst_xz_dictionary((int64_t)in.len),
                                 .lc = choice->lc,
                                 .lp = choice->lp,
                                 .pb = choice->pb,
                                 .mode = effort->mode,
                                 .mf = effort->finder,
                                 .nice_len = effort->nice_len,
                                 .depth = effort->depth};
    const lzma_filter filters[] = {{pst_xz_filter_id(choice->filter), NULL},
                                   {LZMA_FILTER_LZMA2, &options},
                                   {LZMA_VLI_UNKNOWN, NULL}};
    const lzma_filter *first = choice->filter == PST_XZ_PLAIN ? filters + 1 : filters;
    return lzma_raw_buffer_encode(first, NULL, in.at, in.len, out, at, room) == LZMA_OK;
}

/* Pieces from all over the frame, one behind the other. */
static struct pst_bytes take_samples(struct pst_bytes image, uint8_t *into)
{
    if (image.len <= (size_t)SAMPLES * SAMPLE)
        return image;
    /* In steps of 4 KiB, so that what is aligned in the image is aligned in the samples. */
    size_t apart = (image.len - SAMPLE) / (SAMPLES - 1) & ~(size_t)4095;
    for (size_t i = 0; i < SAMPLES; i++)
        memcpy(into + i * SAMPLE, image.at + i * apart, SAMPLE);
    return pst_bytes(into, (size_t)SAMPLES * SAMPLE);
}

static bool choose(struct pst_bytes image, uint8_t *room, size_t room_bytes,
                   const struct choice **out)
{
    PST_CLEANUP(pst_heap) uint8_t *sample_room = malloc((size_t)SAMPLES * SAMPLE);
    if (sample_room == NULL)
        return false;
    struct pst_bytes samples = take_samples(image, sample_room);
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < PST_COUNT(choices); i++) {
        size_t len = 0;
        if (!pack(samples, &choices[i], &in_a_hurry, room, &len, room_bytes))
            return false;
        if (len < least)
            *out = &choices[i];
        least = len < least ? len : least;
    }
    return true;
}

bool pst_xz_pack(struct pst_bytes image, struct pst_packed_frame *out)
{
    const size_t content_most = (size_t)pst_xz_packed_most((int64_t)image.len);
    const size_t room_bytes = content_most + 2 * PST_XZ_AROUND_MOST;
    PST_CLEANUP(pst_heap) uint8_t *room = malloc(room_bytes);
    const struct choice *choice = NULL;
    if (room == NULL || !choose(image, room, room_bytes, &choice))
        return false;

    /* How long the head is, is known when the content is; so the content has its place after. */
    size_t at = PST_XZ_AROUND_MOST;
    if (!pack(image, choice, &thoroughly, room, &at, PST_XZ_AROUND_MOST + content_most))
        return false;
    const struct pst_xz_frame frame = {.image_bytes = (int64_t)image.len,
                                       .packed_bytes = (int64_t)(at - PST_XZ_AROUND_MOST),
                                       .filter = choice->filter};
    uint8_t head[PST_XZ_AROUND_MOST], tail[PST_XZ_AROUND_MOST];
    size_t head_len = pst_xz_head(&frame, head), tail_len = pst_xz_tail(&frame, head_len, tail);
    size_t len = head_len + (size_t)frame.packed_bytes + tail_len;
    uint8_t *packed = malloc(len);
    if (packed == NULL)
        return false;
    memcpy(packed, head, head_len);
    memcpy(packed + head_len, room + PST_XZ_AROUND_MOST, (size_t)frame.packed_bytes);
    memcpy(packed + len - tail_len, tail, tail_len);
    *out = (struct pst_packed_frame){.at = packed, .len = len, .image_len = image.len};
    return true;
}
