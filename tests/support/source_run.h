/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_run.h - pairs of images from a seed, and runs of the decoder over what was packed.
 *
 * Memory   PST_CLEANUP() works on runs and pairs.
 * Errors   what cannot be prepared fails the test.
 */
#ifndef PST_TESTS_SOURCE_RUN_H
#define PST_TESTS_SOURCE_RUN_H

#include "manifests/encoder.h"

enum { PST_OUT_MOST = 16 << 20 };

/* A base that lies in memory, and counts what is read of it. */
struct pst_memory_base {
    struct pst_bytes bytes;
    uint64_t bytes_read;
    bool broken;
};
bool pst_memory_base_read(void *context, uint64_t at, void *into, size_t len);

/* How a run is fed and how it may write; 0: all at once. */
struct pst_run {
    struct pst_decoder_plan plan;
    struct pst_bytes source, base;
    size_t feed, room;
    struct pst_checkpoint from;
    uint8_t *out;       /* image_bytes, and one more that must stay as it is */
    size_t checkpoints; /* seen on the way */
    struct pst_checkpoint checkpoint[64];
    struct pst_report why;
};

/* A run over what an encoder made, with what a manifest would declare. */
struct pst_run pst_run_of(const struct pst_buf *source, const struct pst_made_source *made,
                          struct pst_bytes base, size_t image_bytes);
void pst_run_cleanup(struct pst_run *run);
/* Opens, feeds and finishes; fails the test when the decoder breaks its contract. */
enum pst_code pst_run_decode(struct pst_run *run);
/* The same with a decoder that is open. */
enum pst_code pst_run_feed(struct pst_run *run, struct pst_decoder *decoder);
void pst_assert_decodes_to(struct pst_run *run, struct pst_bytes image);

/* xorshift64*, so that each pair can be made again from its seed. */
uint64_t pst_seeded_random(uint64_t *state);

struct pst_pair {
    struct pst_buf base, image;
};
void pst_pair_cleanup(struct pst_pair *pair);
/* Adds `len` bytes that pack somewhat, as programs do. */
void pst_grow(uint64_t *state, struct pst_buf *buf, size_t len);
/* The base in pieces: kept, edited, left out, taken from elsewhere, with new ones in between. */
struct pst_pair pst_pair_make(uint64_t seed, size_t base_len);
void pst_pair_delta(const struct pst_pair *pair, struct pst_buf *out, struct pst_made_source *made);
/* Packed as said; raw where that makes it no smaller. */
void pst_image_full(struct pst_bytes image, enum pst_source_format format, struct pst_buf *out,
                    struct pst_made_source *made);

#endif
