/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoder.h - from a source's bytes to the image's: a step function without I/O of its own.
 *
 *     verified blocks --pst_decoder_step()--> image bytes, strictly forward
 *                             |
 *                     base, read at random through a port (deltas only)
 *
 * All memory is taken when the decoder is opened (of a delta: when its header came), at most what
 * the signed manifest declares. Sizes
 * are equalities: one byte more or fewer of source, base or image is a finding. The caller feeds
 * only blocks whose hash was checked, and checks the digest of the whole image itself.
 *
 * A source is a row of independent frames; after each, pst_decoder_checkpoint() names a place from
 * which decoding can begin again after a power loss.
 *
 *   raw    frames of one block each; nothing to decode
 *   zstd   zstd frames of 4 MiB of image each, the last perhaps smaller
 *   xz     xz streams of one block, 4 MiB of image each, the last perhaps smaller
 *   delta  "postern.delta/1": a header, a head that says which part of the image comes from where
 *          in the base, then frames that code what changed; see manifests/README.md
 *
 * Units    bytes, offsets from the beginning of source, base or image.
 * Memory   pst_decoder_free(); fixed after opening.
 * Threads  one decoder belongs to one thread.
 * Errors   PST_DELTA_MALFORMED, PST_DELTA_MEMORY (needs more than declared), PST_DELTA_BASE (the
 *          base cannot be read, or is not the one meant), PST_DELTA_FORMAT (a newer version),
 *          PST_IMAGE_SIZE, PST_OUT_OF_BOUNDS (plan or checkpoint make no sense), PST_NO_MEMORY.
 *          After an error the decoder only can be freed.
 */
#ifndef PST_MANIFESTS_DECODER_H
#define PST_MANIFESTS_DECODER_H

#include "manifests/finding.h"
#include "manifests/release.h"

struct pst_decoder;

/* Reads exactly `len` bytes of the base at `at`; answers false when it cannot. */
struct pst_base_port {
    void *context;
    bool (*read)(void *context, uint64_t at, void *into, size_t len);
};

/*
 * {0}: the beginning. A run that goes on from here is fed the first `head_bytes` of the source once
 * more (none, but for deltas), then what comes from `source_at` on.
 */
struct pst_checkpoint {
    int64_t source_at, image_at, head_bytes;
};

/* What the signed manifest says of a source; every member is binding. */
struct pst_decoder_plan {
    enum pst_source_format format;
    int64_t source_bytes, image_bytes, base_bytes, memory_bytes;
    /* SHA-256 that a delta's header must name, where it names any; NULL: not known. */
    const uint8_t *base_sha256, *image_sha256;
};

/* `base` may be NULL for formats without one. `from` is {0} or a checkpoint of an earlier run. */
enum pst_code pst_decoder_open(const struct pst_decoder_plan *plan,
                               const struct pst_base_port *base, struct pst_checkpoint from,
                               struct pst_decoder **out, struct pst_report *why) PST_MUST_CHECK;
void pst_decoder_free(struct pst_decoder *decoder);
static inline void pst_decoder_cleanup(struct pst_decoder **decoder)
{
    pst_decoder_free(*decoder);
}

/*
 * Takes from the front of `*in` (which shrinks by what was taken) and writes at most `room` bytes
 * of image into `out`; `*made` says how many. PST_OK with *made == 0 and *in empty: feed more, or
 * done. (While *made > 0, there may be more to come even when *in is empty.)
 */
enum pst_code pst_decoder_step(struct pst_decoder *decoder, struct pst_bytes *in, uint8_t *out,
                               size_t room, size_t *made, struct pst_report *why) PST_MUST_CHECK;
/* The source is at its end: PST_OK only if the image is complete and nothing is left over. */
enum pst_code pst_decoder_finish(struct pst_decoder *decoder, struct pst_report *why)
    PST_MUST_CHECK;
/* The last place from which decoding can begin again; never beyond what step() handed out. */
struct pst_checkpoint pst_decoder_checkpoint(const struct pst_decoder *decoder);

#endif
