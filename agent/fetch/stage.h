/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage.h - one component's image from a source straight into the inactive slot.
 *
 *     block -> verified -> decoded -> slot;  checkpoint now and then;  digest;  read back;  digest
 *
 * There is no temporary file. A checkpoint is kept only for what is synced in the slot, so after
 * a power loss the work goes on from it; the digest is then taken up by reading the slot from its
 * beginning. Nothing here switches the boot marker.
 *
 * Errors   image.corrupt (blocks), image.digest-mismatch (decoding gave other bytes),
 *          slot.readback-mismatch (the device did, naming the MiB), delta.base-mismatch (the base
 *          is not what the delta was made from: found before the first write), slot.*, delta.*,
 *          network.*, host.*
 */
#ifndef PST_AGENT_FETCH_STAGE_H
#define PST_AGENT_FETCH_STAGE_H

#include "agent/fetch/blocks.h"

enum { PST_CHECKPOINT_BYTES = 4 << 20 }; /* of image between two checkpoints, at least */

struct pst_stage_in {
    struct pst_blocks_from from;
    const struct pst_component *component;
    const struct pst_source *source;
    const struct pst_slot_port *slots;
    int active;                         /* slot; the other one is written */
    const struct pst_state_port *state; /* for the checkpoint */
};

enum pst_code pst_stage(const struct pst_stage_in *in, int64_t *fetched_bytes,
                        struct pst_report *why) PST_MUST_CHECK;

/* SHA-256 of the first `bytes` of a slot. */
enum pst_code pst_slot_sha256(const struct pst_slot_port *slots, int slot, int64_t bytes,
                              uint8_t out[PST_SHA256_BYTES], struct pst_report *why) PST_MUST_CHECK;

#endif
