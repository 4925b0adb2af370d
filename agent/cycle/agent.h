/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - one terminal: its ports, its identity and its policy; and what it can do with them.
 *
 *     pst_agent_check()   asks, verifies, decides; changes no slot
 *     pst_agent_once()    one whole cycle: what a restart brought, check, write, stage, report
 *
 * All state is on disk behind the ports; the struct holds wiring only.
 *
 * Threads  one thread. Memory: pst_check_clear().
 */
#ifndef PST_AGENT_CYCLE_AGENT_H
#define PST_AGENT_CYCLE_AGENT_H

#include "agent/cycle/memory.h"
#include "agent/session/session.h"
#include "manifests/decide.h"

/* Signed time and clock may differ by TOLERANCE before the clock is told to be wrong, and by SKEW
 * before it matters which of them metadata is judged by: see walk.h. */
enum { PST_CLOCK_TOLERANCE_S = 86400, PST_CLOCK_SKEW_S = 300 };

struct pst_agent {
    struct pst_ports *ports;
    struct pst_sources sources; /* of the repository */
    const char *service;        /* base URL of posternd */
    const char *enrol_code;     /* "" when none is needed */
    const struct pst_private_key *key;
    struct pst_facts facts; /* what does not change while the agent runs */
    int64_t build_s;        /* no clock is before this */
    bool full_on_metered;
};

struct pst_check {
    struct pst_decision decision;
    struct pst_release *release; /* NULL when it could not be had */
    struct pst_facts facts;      /* as of this check */
    bool has_assignment;
    struct pst_assignment assignment;
    int64_t now_s;  /* the time that was decided by */
    int64_t poll_s; /* what the service asks for; 0 when it was not reached */
};
void pst_check_clear(struct pst_check *check);

/* PST_OK: `out` holds a decision, good or bad. Otherwise this host could not even ask (`why`). */
enum pst_code pst_agent_check(const struct pst_agent *agent, struct pst_check *out,
                              struct pst_report *why) PST_MUST_CHECK;

struct pst_cycle {
    enum pst_progress progress; /* how things stand after this cycle */
    enum pst_update_state state;
    struct pst_report why; /* all findings of the cycle */
    int64_t poll_s;
    int64_t fetched_bytes;
    struct pst_version version; /* of the release concerned; not set: none */
    bool restart_wanted;        /* something is staged, or has to go back */
};
/* `simulate_restart`: let file boot control restart first, as a night's power cycle would. */
enum pst_code pst_agent_once(const struct pst_agent *agent, bool simulate_restart,
                             struct pst_cycle *out, struct pst_report *why) PST_MUST_CHECK;
/* By an operator's hand: the running trial is good, or goes back. */
enum pst_code pst_agent_confirm(const struct pst_agent *agent, struct pst_report *why)
    PST_MUST_CHECK;
enum pst_code pst_agent_revert(const struct pst_agent *agent, struct pst_report *why)
    PST_MUST_CHECK;

/* What the clock says, within the years that there are: 1970 to 9999. */
int64_t pst_agent_wall_s(const struct pst_agent *agent);
/* No time before this is believed: the build's, or the latest that was proven. */
int64_t pst_agent_floor(const struct pst_agent *agent, struct pst_report *why);
/* The facts as they are now; never fails: what cannot be told stays unknown and is noted. */
void pst_agent_facts(const struct pst_agent *agent, struct pst_facts *out, struct pst_report *why);

#endif
