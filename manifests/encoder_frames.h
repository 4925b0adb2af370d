/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoder_frames.h - what the encoder's files share: an image cut into frames, packed side by side.
 *
 *     encoder.c         pst_encode_full(), and the workers that pack frames
 *     encoder_xz.c      a frame of "xz"
 *     encoder_delta.c   pst_encode_delta()
 *
 * Threads  frames do not depend on each other, so their number changes nothing in the result.
 */
#ifndef PST_MANIFESTS_ENCODER_FRAMES_H
#define PST_MANIFESTS_ENCODER_FRAMES_H

#include "manifests/encoder.h"

struct pst_packed_frame {
    uint8_t *at;
    size_t len, image_len;
};

struct pst_packing {
    struct pst_bytes image;
    size_t frame_bytes;
    /* Packs a frame into memory of its own, false without memory; NULL: zstd. */
    bool (*pack)(struct pst_bytes image, struct pst_packed_frame *out);
    unsigned threads; /* 0: one for each processor, up to 8 */
};

struct pst_packed {
    size_t count;
    struct pst_packed_frame *frame;
};
void pst_packed_clear(struct pst_packed *packed);
static inline void pst_packed_cleanup(struct pst_packed *packed)
{
    pst_packed_clear(packed);
}
enum pst_code pst_pack_frames(const struct pst_packing *packing,
                              const struct pst_progress_port *progress, struct pst_packed *out,
                              struct pst_report *why) PST_MUST_CHECK;

/* A frame of "xz" of at most PST_FULL_FRAME bytes; takes up to 60 MiB while it works. */
bool pst_xz_pack(struct pst_bytes image, struct pst_packed_frame *out) PST_MUST_CHECK;

/* pst_encode_full() with format, which is raw, zstd or xz, and number of threads said. */
enum pst_code pst_encode_full_by(unsigned threads, enum pst_source_format format,
                                 struct pst_bytes image, const struct pst_progress_port *progress,
                                 struct pst_buf *out, struct pst_made_source *made,
                                 struct pst_report *why) PST_MUST_CHECK;

/* pst_encode_delta() with the number of threads said. */
enum pst_code pst_encode_delta_by(unsigned threads, struct pst_bytes base, struct pst_bytes image,
                                  const struct pst_progress_port *progress, struct pst_buf *out,
                                  struct pst_made_source *made, struct pst_report *why)
    PST_MUST_CHECK;

#endif
