/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout.h - which rollout concerns a terminal, and which steps a rollout may take.
 *
 * Threads  pure: no I/O, no clock, no store.
 */
#ifndef PST_SERVICE_ROLLOUT_ROLLOUT_H
#define PST_SERVICE_ROLLOUT_ROLLOUT_H

#include "service/store/store.h"

enum pst_rollout_event {
    PST_ROLLOUT_START,
    PST_ROLLOUT_PAUSE,
    PST_ROLLOUT_RESUME,
    PST_ROLLOUT_CANCEL
};
const char *pst_rollout_state_name(enum pst_rollout_state state); /* "draft", "running", ... */
bool pst_rollout_state_parse(struct pst_text name, enum pst_rollout_state *out);
bool pst_rollout_event_parse(struct pst_text name,
                             enum pst_rollout_event *out); /* "start", "pause", ... */

/* The state after the event; PST_ROLLOUT_STATE (the finding) when the table has no such step. */
enum pst_code pst_rollout_step(enum pst_rollout_state state, enum pst_rollout_event event,
                               enum pst_rollout_state *out, struct pst_report *why) PST_MUST_CHECK;

/* Whether the filter and the percentage take this terminal in. The percentage goes by a stable hash of
 * (rollout id, serial): raising it keeps those that are in. A state does not matter here. */
bool pst_rollout_holds(const struct pst_rollout_row *rollout, const struct pst_facts *facts);

/* 0..9999, the terminal's place in the rollout's order. */
unsigned pst_rollout_place(const char *rollout_id, const char *serial);

/* Checks an operator's new rollout: names, ranges, percent. All faults. */
enum pst_code pst_rollout_check(const struct pst_rollout_row *rollout, struct pst_report *why)
    PST_MUST_CHECK;

#endif
