/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - what the agent remembers across power cuts: five small documents.
 *
 *     update     the state of the machine and what it is about
 *     slots      what each slot holds: version and each component's size and digest
 *     identity   the service's id of this terminal
 *     time       the floor: the latest signed time that was proven
 *     notes      what was noted while the staged release was fetched
 *
 * Each is replaced whole. A damaged document counts as absent and is told as PST_HOST_STATE
 * (noted): the agent starts over from what the boot marker and the trusted root say.
 *
 * Memory   values only.
 */
#ifndef PST_AGENT_CYCLE_MEMORY_H
#define PST_AGENT_CYCLE_MEMORY_H

#include "agent/ports.h"
#include "agent/update/machine.h"
#include "keys/digest.h"
#include "manifests/messages.h"

struct pst_update_memory {
    enum pst_update_state state;
    int target; /* the slot that is written, staged or on trial */
    char rollout[PST_NAME_ROOM], product[PST_NAME_ROOM], source[PST_NAME_ROOM];
    struct pst_version version, from;  /* of the release; what ran before */
    struct pst_version security_floor; /* of the release: raised once it is confirmed */
    int64_t sequence;                  /* of its manifest */
    int64_t tries, confirm_within_s;
    int64_t fetched_bytes;
    size_t check_count;
    char check[8][PST_NAME_ROOM];
};

struct pst_slot_memory {
    struct pst_version version; /* not set: nothing known to be in it */
    size_t component_count;
    struct pst_facts_component component[PST_FACTS_COMPONENTS_MOST];
};

struct pst_slots_memory {
    struct pst_slot_memory slot[2];
    struct pst_version security_floor; /* of the terminal; not set: none */
    int64_t sequence;                  /* of the manifest confirmed last */
};

enum pst_code pst_memory_load_update(const struct pst_state_port *state,
                                     struct pst_update_memory *out, struct pst_report *why)
    PST_MUST_CHECK;
enum pst_code pst_memory_keep_update(const struct pst_state_port *state,
                                     const struct pst_update_memory *memory, struct pst_report *why)
    PST_MUST_CHECK;
/* PST_HOST_NOT_FOUND when nothing was ever kept. */
enum pst_code pst_memory_load_slots(const struct pst_state_port *state,
                                    struct pst_slots_memory *out, struct pst_report *why)
    PST_MUST_CHECK;
enum pst_code pst_memory_keep_slots(const struct pst_state_port *state,
                                    const struct pst_slots_memory *memory, struct pst_report *why)
    PST_MUST_CHECK;
enum pst_code pst_memory_load_terminal(const struct pst_state_port *state, char out[PST_NAME_ROOM],
                                       struct pst_report *why)
    PST_MUST_CHECK; /* "" when not enrolled */
enum pst_code pst_memory_keep_terminal(const struct pst_state_port *state, const char *terminal,
                                       struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_memory_load_floor(const struct pst_state_port *state, int64_t *out_s,
                                    struct pst_report *why) PST_MUST_CHECK; /* 0 when none */
enum pst_code pst_memory_keep_floor(const struct pst_state_port *state, int64_t floor_s,
                                    struct pst_report *why) PST_MUST_CHECK;

/* The notes outlive the restart, so that the report of how it ended tells them once more. */
enum pst_code pst_memory_keep_notes(const struct pst_state_port *state,
                                    const struct pst_report *notes, struct pst_report *why)
    PST_MUST_CHECK;
/* Adds them to `into`, noted. */
void pst_memory_add_notes(const struct pst_state_port *state, struct pst_report *into);

#endif
