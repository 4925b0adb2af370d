/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.h - where writing a slot can go on after a power loss, kept through the state port.
 *
 * It names source and slot; one for another source, or a damaged one, counts as none.
 */
#ifndef PST_AGENT_FETCH_CHECKPOINT_H
#define PST_AGENT_FETCH_CHECKPOINT_H

#include "agent/ports.h"
#include "keys/digest.h"
#include "manifests/decoder.h"

struct pst_kept_checkpoint {
    uint8_t source_sha256[PST_SHA256_BYTES];
    int slot;
    struct pst_checkpoint at;
};

/* {0} in out->at when there is none that fits. */
void pst_checkpoint_load(const struct pst_state_port *state, struct pst_text component,
                         struct pst_kept_checkpoint *inout);
enum pst_code pst_checkpoint_keep(const struct pst_state_port *state, struct pst_text component,
                                  const struct pst_kept_checkpoint *checkpoint,
                                  struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_checkpoint_drop(const struct pst_state_port *state, struct pst_text component,
                                  struct pst_report *why) PST_MUST_CHECK;

#endif
