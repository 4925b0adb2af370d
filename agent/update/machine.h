/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - the states of an update, as data.
 *
 * Each cell of the table holds the state to put on disk and the one action to take once it is
 * there: a power cut at any instruction leaves a state from which the same action can be taken
 * again.
 *
 * Threads  pure: no I/O, no clock, no globals.
 */
#ifndef PST_AGENT_UPDATE_MACHINE_H
#define PST_AGENT_UPDATE_MACHINE_H

#include "manifests/bytes.h"

enum pst_update_state {
    PST_UPDATE_IDLE,
    PST_UPDATE_CHECKING, /* asking, verifying, deciding */
    PST_UPDATE_WRITING,  /* fetching into the inactive slot, reading it back */
    PST_UPDATE_ARMING,   /* the slot is good; the boot marker is about to say so */
    PST_UPDATE_STAGED,   /* the next boot tries the new image */
    PST_UPDATE_TRIAL,    /* the new image runs, not confirmed */
    PST_UPDATE_CONFIRMING,
    PST_UPDATE_REVERTING
};
enum { PST_UPDATE_STATES = PST_UPDATE_REVERTING + 1 };

enum pst_update_event {
    PST_EVENT_WOKEN,   /* the cycle begins */
    PST_EVENT_STOPPED, /* nothing to do, refused, deferred or a fault: said why elsewhere */
    PST_EVENT_CHOSEN,  /* this release, from these sources */
    PST_EVENT_WRITTEN, /* slot written, read back, digest right */
    PST_EVENT_ARMED,
    PST_EVENT_BOOTED_NEW, /* the slot that was staged runs */
    PST_EVENT_BOOTED_OLD, /* it was staged and does not run: the boot loader gave up on it */
    PST_EVENT_HEALTHY,
    PST_EVENT_SICK,
    PST_EVENT_DONE /* confirmed or gone back */
};
enum { PST_UPDATE_EVENTS = PST_EVENT_DONE + 1 };

enum pst_update_action {
    PST_DO_NOTHING,
    PST_DO_CHECK,
    PST_DO_WRITE,
    PST_DO_ARM,
    PST_DO_TELL_STAGED,
    PST_DO_SELF_TEST,
    PST_DO_CONFIRM,
    PST_DO_REVERT,
    PST_DO_TELL_REVERTED
};
enum { PST_UPDATE_ACTIONS = PST_DO_TELL_REVERTED + 1 };

struct pst_update_step {
    bool known; /* false: this cannot happen in this state */
    enum pst_update_state state;
    enum pst_update_action action;
};

struct pst_update_step pst_update_step(enum pst_update_state state, enum pst_update_event event);

const char *pst_update_state_name(enum pst_update_state state); /* "idle", "checking", ... */
bool pst_update_state_parse(struct pst_text name, enum pst_update_state *out);
const char *pst_update_event_name(enum pst_update_event event);
const char *pst_update_action_name(enum pst_update_action action); /* "check", "write", ... */

#endif
