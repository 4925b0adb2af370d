/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - "postern.delta/1" as bytes: its header, its head, its frames' headers.
 *
 *     delta = header head frame*        grammar and limits: manifests/README.md
 *
 * Units    bytes, little-endian.
 * Errors   PST_DELTA_MALFORMED, PST_DELTA_FORMAT (a newer version).
 */
#ifndef PST_MANIFESTS_DELTA_FORMAT_H
#define PST_MANIFESTS_DELTA_FORMAT_H

#include "manifests/delta/walk.h"
#include "manifests/finding.h"

enum {
    PST_DELTA_VERSION = 1,
    PST_DELTA_HEADER = 112,
    PST_DELTA_FRAME_HEADER = 12,
    PST_DELTA_DIGEST = 32,
    PST_DELTA_FRAME_MOST = 64 << 20, /* bytes of image in one */
    PST_DELTA_SEGMENTS_MOST = 4 << 20,
    PST_DELTA_REGIONS_MOST = 4096,
    /* Beside walk and map: the decoder's own, with its input buffer. */
    PST_DELTA_FIXED = 16 << 10
};

struct pst_delta_header {
    uint32_t version;
    uint64_t base_bytes, image_bytes;
    uint8_t base_sha256[PST_DELTA_DIGEST], image_sha256[PST_DELTA_DIGEST]; /* zeros: not said */
    uint32_t segments, regions, frames;
    uint32_t head_bytes; /* packed */
    uint8_t table_log, window_log;
};

void pst_delta_header_print(const struct pst_delta_header *header, uint8_t out[PST_DELTA_HEADER]);
/* All that can be said of a header by itself; notes every fault. */
enum pst_code pst_delta_header_read(const uint8_t at[PST_DELTA_HEADER],
                                    struct pst_delta_header *out, struct pst_report *why)
    PST_MUST_CHECK;
/* What decoding it takes. */
int64_t pst_delta_memory(const struct pst_delta_header *header);

struct pst_delta_frame {
    uint32_t image_bytes, packed_bytes, decisions;
};

/* ---- the head: where everything comes from, coded like the frames, one item after the other */

struct pst_head_models {
    struct pst_number gap, len_after_gap, len, farther, nearer, isa, address, region_at;
    pst_slot direction, filled, again;
    uint32_t at;   /* the last segment's end */
    int64_t shift; /* of the last segment */
    int64_t shift_before;
};
void pst_head_begin(struct pst_head_models *models);
/* When decoding, `segment` and `region` are filled in; nothing is checked. */
void pst_head_code_segment(struct pst_coder *coder, const struct pst_curves *curves,
                           struct pst_head_models *models, struct pst_segment *segment);
void pst_head_code_region(struct pst_coder *coder, const struct pst_curves *curves,
                          struct pst_head_models *models, const struct pst_region *before,
                          struct pst_region *region);

#endif
