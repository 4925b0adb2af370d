/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - the metadata walk and the assignment, together: each proves something about the
 * other's time.
 *
 * The assignment carries this check-in's nonce, so it was signed just now: its `issued` is the
 * best time there is - if the key that signed it is the one that signed metadata names. And
 * metadata is judged by a time. So the walk is done by the terminal's own time first: its clock,
 * or the floor when the clock is before that. It is done again by the assignment's time when that
 * is
 *
 *     later than the own time by PST_CLOCK_SKEW_S     what has expired must not pass for good
 *     earlier by as much, and the first was refused   the clock may be what expired everything
 *     PST_CLOCK_TOLERANCE_S away from the clock       it is wrong; noted as clock.untrusted
 *
 * The assignment's time counts only if one of the two walks holds as a whole *and* proves the
 * assignment's signature; then what the second one says is what holds. A time that nobody proved
 * changes nothing and is not told. Neither time is ever below the floor.
 */
#ifndef PST_AGENT_CYCLE_WALK_H
#define PST_AGENT_CYCLE_WALK_H

#include "agent/cycle/agent.h"
#include "agent/trust/tuf_client.h"
#include "manifests/envelope.h"

struct pst_walk_in {
    const struct pst_agent *agent;
    struct pst_bytes assignment; /* the envelope as it came; empty: none came */
    const char *terminal, *nonce;
    int64_t wall_s, floor_s;
};

struct pst_walk {
    struct pst_tuf tuf; /* open, refreshed when `refreshed` */
    bool opened, refreshed;
    bool has_assignment; /* proven */
    struct pst_assignment assignment;
    int64_t now_s; /* the time that this was judged by */
};

void pst_walk_clear(struct pst_walk *walk);
static inline void pst_walk_cleanup(struct pst_walk *walk)
{
    pst_walk_clear(walk);
}

/* Fills `out` as far as it came; what stopped it is in `why`. */
void pst_walk(const struct pst_walk_in *in, struct pst_walk *out, struct pst_report *why);

#endif
