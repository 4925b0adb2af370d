/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delta_writer.h - a "postern.delta/1" to order: from any segments, in frames of any size.
 *
 * The encoder chooses well, so it never shows a decoder what is merely possible: parts taken from
 * the wrong place, many small frames, a head of megabytes. This writes what it is told, and, for
 * who attacks, a head that tells of other parts than the frames were made with.
 *
 * Memory   the caller's buffer.
 * Errors   what cannot be written ends the program.
 */
#ifndef PST_TESTS_DELTA_WRITER_H
#define PST_TESTS_DELTA_WRITER_H

#include "manifests/delta/format.h"
#include "manifests/encoder.h"

struct pst_delta_order {
    struct pst_bytes base, image;
    const struct pst_segment *segment; /* within base and image, in the image's order */
    size_t segments;
    const struct pst_region *region; /* NULL: one, without code */
    size_t regions;
    uint32_t frame_bytes;           /* of image; 0: all in one */
    uint8_t table_log, window_log;  /* 0: the least */
    const struct pst_segment *told; /* what the head says instead of `segment`; NULL: the truth */
    size_t told_count;
    const struct pst_region *told_region; /* and instead of `region` */
    size_t told_regions;
};

/* Adds the delta to `out`; answers its header, which is right but for what the head was told. */
struct pst_delta_header pst_delta_write(const struct pst_delta_order *order, struct pst_buf *out);

/* The header at the front of a delta is exchanged, whatever it says. */
void pst_delta_put_header(struct pst_buf *delta, const struct pst_delta_header *header);

#endif
