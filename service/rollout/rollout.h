/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout.h - which rollout concerns a terminal, and which steps a rollout may take.
 *
 * Threads  pure: no I/O, no clock, no store.
 */
#ifndef PST_SERVICE_ROLLOUT_ROLLOUT_H
#define PST_SERVICE_ROLLOUT_ROLLOUT_H

#include "manifests/facts.h"
#include "manifests/messages.h"

enum { PST_ID_ROOM = 33 }; /* of the service's own ids */

enum pst_rollout_state {
    PST_ROLLOUT_DRAFT,
    PST_ROLLOUT_RUNNING,
    PST_ROLLOUT_PAUSED,
    PST_ROLLOUT_CANCELLED
};

struct pst_rollout_row {
    char id[PST_ID_ROOM]; /* "r-" and 16 hex digits */
    char name[PST_TEXT_ROOM];
    char product[PST_NAME_ROOM];
    struct pst_version version;
    char manifest[PST_TEXT_ROOM]; /* target path */
    enum pst_rollout_state state;
    int64_t percent; /* 1..100 */
    char filter_os[PST_TEXT_ROOM], filter_model[PST_NAME_ROOM], filter_region[PST_NAME_ROOM],
        filter_group[PST_TAG_ROOM];
    char filter_serials[4096]; /* joined by '\n'; "" any */
    bool downgrade;
    int64_t created_s, started_s, changed_s;
    int64_t revision; /* grows with each change: the ETag */
};

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

/* Whether the filter and the percentage take this terminal in. The percentage goes by a stable
 * hash of (rollout id, serial): raising it keeps those that are in. The state does not matter. */
bool pst_rollout_holds(const struct pst_rollout_row *rollout, const struct pst_facts *facts);

/* 0..9999, the terminal's place in the rollout's order. */
unsigned pst_rollout_place(const char *rollout_id, const char *serial);

/* Checks an operator's new rollout: names, ranges, percent. All faults. */
enum pst_code pst_rollout_check(const struct pst_rollout_row *rollout, struct pst_report *why)
    PST_MUST_CHECK;

#endif
