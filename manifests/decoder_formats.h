/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoder_formats.h - what the decoder's files, and the encoder, share; nobody else includes it.
 *
 *     decoder.c         the public functions: totals, checkpoints, and the table of formats
 *     decoder_zstd.c    "zstd", and one zstd frame of known size, for both formats that have such
 *     decoder_xz.c      "xz"
 *     decoder_delta.c   "postern.delta/1", over delta/
 *
 * Memory that a plan has to declare, in bytes; the same on every machine and with every libzstd
 * and liblzma:
 *
 *     raw     0
 *     zstd    PST_DECODER_FIXED + frame
 *     xz      PST_XZ_FIXED + frame                   (the least dictionary: 4 KiB)
 *     delta   pst_delta_memory(), delta/format.h
 *
 * where a frame is PST_FULL_FRAME bytes of image, or the image if that is smaller; all but a
 * delta's is 0 for an empty image. The fixed part covers libzstd's context, its input block and
 * its margins.
 */
#ifndef PST_MANIFESTS_DECODER_FORMATS_H
#define PST_MANIFESTS_DECODER_FORMATS_H

#include "manifests/decoder.h"

enum {
    PST_DECODER_FIXED = 512 << 10,
    PST_RAW_FRAME = 64 << 10,
    PST_FULL_FRAME_LOG = 22,
    PST_FULL_FRAME = 1 << PST_FULL_FRAME_LOG,
    PST_ZSTD_HEADER_MOST = 9,
    PST_XZ_FIXED = 128 << 10, /* ours, and liblzma's beside its dictionary: 36 KiB with 5.4.1 */
    PST_XZ_AROUND_MOST = 40
};

static inline int64_t pst_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Little-endian numbers of `len` bytes, len <= 8. */
static inline uint64_t pst_le_get(const uint8_t *at, size_t len)
{
    uint64_t value = 0;
    for (size_t i = len; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static inline void pst_le_put(uint8_t *at, size_t len, uint64_t value)
{
    for (size_t i = 0; i < len; i++, value >>= 8)
        at[i] = (uint8_t)value;
}

/* What one step has to give and to take. */
struct pst_flow {
    struct pst_bytes in;
    uint8_t *out;
    size_t room;
    int64_t *source_at, *image_at; /* the decoder's totals: they move with the flow */
};

/* The header that a zstd frame of `image_bytes` must have, to the bit; answers its length. */
size_t pst_zstd_header(int64_t image_bytes, uint8_t out[PST_ZSTD_HEADER_MOST]);

/* One zstd frame after the other, each of a size that is known before. */
struct pst_zstd_frame;
struct pst_zstd_frame_plan {
    int64_t image_bytes;
    int64_t packed_most;     /* the frame is no longer than this */
    bool packed_exactly;     /* ... and no shorter */
    struct pst_bytes prefix; /* stays as it is until the frame's end */
};
/* Takes all memory for frames up to `image_most` bytes, at most that and PST_DECODER_FIXED. */
enum pst_code pst_zstd_frame_new(int64_t image_most, struct pst_zstd_frame **out,
                                 struct pst_report *why) PST_MUST_CHECK;
void pst_zstd_frame_free(struct pst_zstd_frame *frame);
static inline void pst_zstd_frame_cleanup(struct pst_zstd_frame **frame)
{
    pst_zstd_frame_free(*frame);
}
enum pst_code pst_zstd_frame_begin(struct pst_zstd_frame *frame,
                                   const struct pst_zstd_frame_plan *plan, struct pst_report *why)
    PST_MUST_CHECK;
/* Moves `flow` on; `*ended` is set once the frame is complete and its last byte handed out. */
enum pst_code pst_zstd_frame_step(struct pst_zstd_frame *frame, struct pst_flow *flow, bool *ended,
                                  struct pst_report *why) PST_MUST_CHECK;

/* A filter that turns relative addresses of code into absolute ones, which pack better. */
enum pst_xz_filter {
    PST_XZ_PLAIN,
    PST_XZ_X86,
    PST_XZ_ARM,
    PST_XZ_THUMB,
    PST_XZ_ARM64,
    PST_XZ_FILTERS
};
uint64_t pst_xz_filter_id(enum pst_xz_filter filter); /* xz's; of none: LZMA2's */
struct pst_xz_frame {
    int64_t image_bytes, packed_bytes;
    enum pst_xz_filter filter;
};
/* What must stand before and behind a frame's content, to the bit; both answer its length, or 0
 * for a frame that there cannot be. */
size_t pst_xz_head(const struct pst_xz_frame *frame, uint8_t out[PST_XZ_AROUND_MOST]);
size_t pst_xz_tail(const struct pst_xz_frame *frame, size_t head_len,
                   uint8_t out[PST_XZ_AROUND_MOST]);
uint32_t pst_xz_dictionary(int64_t image_bytes); /* of a frame */
int64_t pst_xz_memory(int64_t image_bytes);
/* LZMA2 stores what does not pack in pieces of about 64 KiB, with 3 bytes before each. */
static inline int64_t pst_xz_packed_most(int64_t image_bytes)
{
    return image_bytes + (image_bytes >> 12) + 64;
}
struct pst_xz;
void pst_xz_free(struct pst_xz *xz);

struct pst_delta;
struct pst_decoder {
    const struct pst_decoder_format *format;
    struct pst_decoder_plan plan;
    struct pst_base_port base;
    int64_t source_at, image_at;
    int64_t head_bytes; /* of a delta, once it was read */
    struct pst_checkpoint checkpoint;
    enum pst_code failed;         /* the first error; the decoder is of no use after it */
    struct pst_zstd_frame *frame; /* NULL where no frame will come */
    bool in_frame;
    struct pst_delta *delta;
    struct pst_xz *xz;
};

struct pst_decoder_format {
    int64_t frame_bytes;  /* of image; all frames are of this size but the last */
    int64_t header_bytes; /* of source, before the first frame */
    /* The least that such an image takes; a delta says more in its header. */
    int64_t (*memory)(int64_t image_bytes);
    /* Checks what the plan says for this format, and takes the memory. */
    enum pst_code (*open)(struct pst_decoder *decoder, struct pst_report *why);
    /* Moves on what can be moved at once; called again until nothing moves any more. */
    enum pst_code (*step)(struct pst_decoder *decoder, struct pst_flow *flow,
                          struct pst_report *why);
};
extern const struct pst_decoder_format pst_decoder_zstd, pst_decoder_xz, pst_decoder_delta;

static inline void pst_flow_took(struct pst_flow *flow, size_t len)
{
    flow->in = (struct pst_bytes){len > 0 ? flow->in.at + len : flow->in.at, flow->in.len - len};
    *flow->source_at += (int64_t)len;
}

static inline void pst_flow_made(struct pst_flow *flow, size_t len)
{
    flow->out = len > 0 ? flow->out + len : flow->out;
    flow->room -= len;
    *flow->image_at += (int64_t)len;
}

void pst_delta_free(struct pst_delta *delta);
int64_t pst_zstd_memory(int64_t image_bytes);
int64_t pst_frame_count(int64_t image_bytes, int64_t frame_bytes);

#endif
