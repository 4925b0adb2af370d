/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoder_frames.h - what the encoder's files share: an image cut into frames, packed side by side.
 *
 *     encoder.c         pst_encode_full(), and the workers that pack frames
 *     encoder_slice.c   which part of the base a frame is packed against
 *     encoder_delta.c   pst_encode_delta()
 *
 * Threads  frames do not depend on each other, so their number changes nothing in the result.
 */
#ifndef PST_MANIFESTS_ENCODER_FRAMES_H
#define PST_MANIFESTS_ENCODER_FRAMES_H

#include "manifests/encoder.h"

/* Where in the base the content of a frame lies. */
struct pst_slice {
    size_t at, len;
    size_t votes; /* samples of the frame that are in the base, byte for byte */
};

struct pst_slicer;
/* `base` stays as it is until the slicer is freed. Memory: at most 64 MiB. */
enum pst_code pst_slicer_new(struct pst_bytes base, struct pst_slicer **out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_slicer_free(struct pst_slicer *slicer);
static inline void pst_slicer_cleanup(struct pst_slicer **slicer)
{
    pst_slicer_free(*slicer);
}
/* For the frame at `at` of an image; false when memory is out. Any number of threads may ask. */
bool pst_slicer_pick(const struct pst_slicer *slicer, struct pst_bytes frame, size_t at,
                     struct pst_slice *out) PST_MUST_CHECK;

struct pst_packed_frame {
    uint8_t *at;
    size_t len, image_len;
    struct pst_slice slice;
};

struct pst_packing {
    struct pst_bytes base, image;
    size_t frame_bytes;
    const struct pst_slicer *slicer; /* NULL: no base */
    unsigned threads;                /* 0: one for each processor, up to 8 */
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

/* pst_encode_delta() with the number of threads said. */
enum pst_code pst_encode_delta_by(unsigned threads, struct pst_bytes base, struct pst_bytes image,
                                  const struct pst_progress_port *progress, struct pst_buf *out,
                                  struct pst_made_source *made, struct pst_report *why)
    PST_MUST_CHECK;

#endif
