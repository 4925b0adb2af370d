/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/update/machine.h"

/* clang-format off */
#define TO(state, action) {true, PST_UPDATE_##state, PST_DO_##action}
static const struct pst_update_step steps[PST_UPDATE_STATES][PST_UPDATE_EVENTS] = {
    [PST_UPDATE_IDLE] = {
        [PST_EVENT_WOKEN]      = TO(CHECKING, CHECK),
        [PST_EVENT_BOOTED_NEW] = TO(REVERTING, REVERT)}, /* a trial that nobody remembers: not to be trusted */
    [PST_UPDATE_CHECKING] = {
        [PST_EVENT_WOKEN]      = TO(CHECKING, CHECK), /* the last cycle was cut short */
        [PST_EVENT_BOOTED_NEW] = TO(REVERTING, REVERT),
        [PST_EVENT_STOPPED]    = TO(IDLE, NOTHING),
        [PST_EVENT_CHOSEN]     = TO(WRITING, WRITE)},
    [PST_UPDATE_WRITING] = {
        [PST_EVENT_WOKEN]      = TO(CHECKING, CHECK), /* decides again; the checkpoint saves the bytes */
        [PST_EVENT_BOOTED_NEW] = TO(REVERTING, REVERT),
        [PST_EVENT_STOPPED]    = TO(IDLE, NOTHING),
        [PST_EVENT_WRITTEN]    = TO(ARMING, ARM)},
    [PST_UPDATE_ARMING] = {
        [PST_EVENT_WOKEN]      = TO(ARMING, ARM),
        [PST_EVENT_ARMED]      = TO(STAGED, TELL_STAGED),
        [PST_EVENT_STOPPED]    = TO(IDLE, NOTHING),
        [PST_EVENT_BOOTED_NEW] = TO(TRIAL, SELF_TEST)}, /* the cut came after the marker was written */
    [PST_UPDATE_STAGED] = {
        [PST_EVENT_WOKEN]      = TO(STAGED, NOTHING), /* not restarted yet */
        [PST_EVENT_BOOTED_NEW] = TO(TRIAL, SELF_TEST),
        [PST_EVENT_BOOTED_OLD] = TO(IDLE, TELL_REVERTED)},
    [PST_UPDATE_TRIAL] = {
        [PST_EVENT_BOOTED_NEW] = TO(TRIAL, SELF_TEST), /* restarted during the trial */
        [PST_EVENT_BOOTED_OLD] = TO(IDLE, TELL_REVERTED),
        [PST_EVENT_HEALTHY]    = TO(CONFIRMING, CONFIRM),
        [PST_EVENT_SICK]       = TO(REVERTING, REVERT)},
    [PST_UPDATE_CONFIRMING] = {
        [PST_EVENT_WOKEN]      = TO(CONFIRMING, CONFIRM),
        [PST_EVENT_BOOTED_NEW] = TO(CONFIRMING, CONFIRM),
        [PST_EVENT_BOOTED_OLD] = TO(IDLE, TELL_REVERTED), /* the last try was used up before the confirmation */
        [PST_EVENT_DONE]       = TO(IDLE, NOTHING)},
    [PST_UPDATE_REVERTING] = {
        [PST_EVENT_WOKEN]      = TO(REVERTING, REVERT),
        [PST_EVENT_BOOTED_NEW] = TO(REVERTING, REVERT),
        [PST_EVENT_BOOTED_OLD] = TO(IDLE, TELL_REVERTED),
        [PST_EVENT_DONE]       = TO(REVERTING, NOTHING)}, /* until the restart */
};
#undef TO
/* clang-format on */

static const char *const state_names[PST_UPDATE_STATES] = {
    [PST_UPDATE_IDLE] = "idle",
    [PST_UPDATE_CHECKING] = "checking",
    [PST_UPDATE_WRITING] = "writing",
    [PST_UPDATE_ARMING] = "arming",
    [PST_UPDATE_STAGED] = "staged",
    [PST_UPDATE_TRIAL] = "trial",
    [PST_UPDATE_CONFIRMING] = "confirming",
    [PST_UPDATE_REVERTING] = "reverting",
};

static const char *const event_names[PST_UPDATE_EVENTS] = {
    [PST_EVENT_WOKEN] = "woken",
    [PST_EVENT_STOPPED] = "stopped",
    [PST_EVENT_CHOSEN] = "chosen",
    [PST_EVENT_WRITTEN] = "written",
    [PST_EVENT_ARMED] = "armed",
    [PST_EVENT_BOOTED_NEW] = "booted-new",
    [PST_EVENT_BOOTED_OLD] = "booted-old",
    [PST_EVENT_HEALTHY] = "healthy",
    [PST_EVENT_SICK] = "sick",
    [PST_EVENT_DONE] = "done",
};

static const char *const action_names[PST_UPDATE_ACTIONS] = {
    [PST_DO_NOTHING] = "nothing",
    [PST_DO_CHECK] = "check",
    [PST_DO_WRITE] = "write",
    [PST_DO_ARM] = "arm",
    [PST_DO_TELL_STAGED] = "tell staged",
    [PST_DO_SELF_TEST] = "self-test",
    [PST_DO_CONFIRM] = "confirm",
    [PST_DO_REVERT] = "revert",
    [PST_DO_TELL_REVERTED] = "tell reverted",
};

struct pst_update_step pst_update_step(enum pst_update_state state, enum pst_update_event event)
{
    return steps[state][event];
}

const char *pst_update_state_name(enum pst_update_state state)
{
    return state_names[state];
}

const char *pst_update_event_name(enum pst_update_event event)
{
    return event_names[event];
}

const char *pst_update_action_name(enum pst_update_action action)
{
    return action_names[action];
}

bool pst_update_state_parse(struct pst_text name, enum pst_update_state *out)
{
    for (size_t i = 0; i < PST_UPDATE_STATES; i++) {
        if (pst_text_is(name, state_names[i])) {
            *out = (enum pst_update_state)i;
            return true;
        }
    }
    return false;
}
