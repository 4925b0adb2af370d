/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoder.h - making sources of an image: packed in full, or as a delta against a base. Tools only.
 *
 * Deterministic: the same input gives the same bytes on any machine and with any number of
 * threads, with the same versions of libzstd and liblzma; what was made decodes with all of them.
 *
 * Memory   stated by the functions; the result is written to the caller's buffer up to its ceiling.
 * Threads  works with one thread a processor, up to 8; progress is told by the caller's own.
 * Errors   PST_NO_MEMORY, PST_TOO_LARGE (ceiling), PST_OUT_OF_BOUNDS (image over 1 TiB),
 *          PST_HOST_STOPPED (progress said so). After an error the buffer is as it was.
 */
#ifndef PST_MANIFESTS_ENCODER_H
#define PST_MANIFESTS_ENCODER_H

#include "manifests/decoder.h"

/* Called now and then with the share done, 0..1000; may be NULL. Answering false stops the work. */
struct pst_progress_port {
    void *context;
    bool (*tell)(void *context, int permille);
};

/* What the encoder made, as the manifest must declare it. */
struct pst_made_source {
    enum pst_source_format format;
    int64_t memory_bytes; /* what pst_decoder_open() needs */
};

/*
 * Packed as xz and as zstd: `made->format` says which was kept. It is xz where that saves 2 % of
 * zstd's bytes, else zstd, which decodes faster; raw when neither makes it smaller. Memory: both
 * results, and up to 60 MiB a thread.
 */
enum pst_code pst_encode_full(struct pst_bytes image, const struct pst_progress_port *progress,
                              struct pst_buf *out, struct pst_made_source *made,
                              struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_encode_delta(struct pst_bytes base, struct pst_bytes image,
                               const struct pst_progress_port *progress, struct pst_buf *out,
                               struct pst_made_source *made, struct pst_report *why) PST_MUST_CHECK;
/* Writes into a delta's header what it leads from and to: 32 bytes of SHA-256 each. */
void pst_delta_name_ends(struct pst_buf *delta, const uint8_t *base_sha256,
                         const uint8_t *image_sha256);

/* Header of a delta, for `postern delta info`. */
struct pst_delta_info {
    int64_t base_bytes, image_bytes, frames, segments, head_bytes, memory_bytes;
    uint8_t base_sha256[32], image_sha256[32]; /* zeros: not said */
};
enum pst_code pst_delta_info(struct pst_bytes delta, struct pst_delta_info *out,
                             struct pst_report *why) PST_MUST_CHECK;

#endif
