/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cycle/walk.h"

#include <stdlib.h>

#include "manifests/instant.h"

void pst_walk_close(struct pst_walk *walk)
{
    if (walk->opened)
        pst_tuf_close(&walk->tuf);
    walk->opened = false;
}

/* ---- the assignment ----------------------------------------------------------------------------------- */

/* Reads it without believing it. */
static bool read_claim(const struct pst_walk_in *in, struct pst_envelope **envelope,
                       struct pst_assignment *claim, struct pst_report *why)
{
    PST_WITHIN(why, "assignment");
    return in->assignment.len > 0 &&
           pst_envelope_parse(in->assignment, &pst_json_small, envelope, why) == PST_OK &&
           pst_assignment_parse((*envelope)->body, claim, why) == PST_OK;
}

static enum pst_code check_addressee(const struct pst_walk_in *in,
                                     const struct pst_assignment *claim, int64_t now_s,
                                     struct pst_report *why)
{
    char expires[PST_INSTANT_ROOM], now[PST_INSTANT_ROOM];
    enum pst_code rc = PST_OK;

    if (strcmp(claim->terminal, in->terminal) != 0)
        rc = pst_refuse(why, PST_ASSIGNMENT_OTHER, pst_say("terminal %s", in->terminal),
                        pst_say("%s", claim->terminal));
    if (strcmp(claim->nonce, in->nonce) != 0)
        rc = pst_refuse(why, PST_ASSIGNMENT_REPLAYED, pst_say("this check-in's nonce"),
                        pst_say("another"));
    if (claim->expires_s < now_s)
        rc = pst_refuse(why, PST_ASSIGNMENT_EXPIRED,
                        pst_say("valid at %s", pst_instant_print(now_s, now)),
                        pst_say("valid until %s", pst_instant_print(claim->expires_s, expires)));
    return rc;
}

/* Was it signed by the key that targets delegates "assignments" to, for us, now? */
static enum pst_code prove(const struct pst_walk_in *in, const struct pst_walk *walk,
                           const struct pst_envelope *envelope, const struct pst_assignment *claim,
                           struct pst_report *why)
{
    const struct pst_role *targets = pst_trust_role(walk->tuf.trust, PST_ROLE_TARGETS);
    const struct pst_role_rule *rule = pst_role_rule(targets, pst_text("assignments"));
    PST_WITHIN(why, "assignment");

    if (rule == NULL)
        return pst_refuse(why, PST_METADATA_NOT_LISTED,
                          pst_say("targets to name the assignments' key"),
                          pst_say("no such delegation"));
    struct pst_verify_in verify = {.envelope = envelope,
                                   .delegator = targets,
                                   .rule = rule,
                                   .root = pst_trust_role(walk->tuf.trust, PST_ROLE_ROOT),
                                   .now_s = walk->now_s};
    enum pst_code signed_by = pst_verify(&verify, why);
    enum pst_code meant_for = check_addressee(in, claim, walk->now_s, why);
    return signed_by != PST_OK ? signed_by : meant_for;
}

/* ---- one walk by one time --------------------------------------------------------------------------------- */

static void walk_by(const struct pst_walk_in *in, int64_t now_s,
                    const struct pst_envelope *envelope, const struct pst_assignment *claim,
                    struct pst_walk *walk, struct pst_report *why)
{
    const struct pst_agent *agent = in->agent;
    struct pst_tuf_options options = {.transport = &agent->ports->transport,
                                      .metadata = &agent->ports->metadata,
                                      .sources = &agent->sources,
                                      .now_s = now_s};

    *walk = (struct pst_walk){.now_s = now_s};
    walk->opened = pst_tuf_open(&options, &walk->tuf, why) == PST_OK;
    walk->refreshed = walk->opened && pst_tuf_refresh(&walk->tuf, why) == PST_OK;
    if (!walk->refreshed || envelope == NULL)
        return;
    walk->has_assignment = prove(in, walk, envelope, claim, why) == PST_OK;
    if (walk->has_assignment)
        walk->assignment = *claim;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static void note_clock(int64_t wall_s, int64_t better_s, struct pst_report *why)
{
    char wall[PST_INSTANT_ROOM], better[PST_INSTANT_ROOM];
    PST_WITHIN(why, "clock");
    pst_note(why, PST_CLOCK_UNTRUSTED, pst_say("about %s", pst_instant_print(better_s, better)),
             pst_say("%s", pst_instant_print(wall_s, wall)));
}

/* A clock before the floor is wrong for certain, whatever else is known. */
static int64_t own_time(const struct pst_walk_in *in)
{
    return in->wall_s > in->floor_s ? in->wall_s : in->floor_s;
}

void pst_walk(const struct pst_walk_in *in, struct pst_walk *out, struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    PST_CLEANUP(pst_heap) struct pst_report *first = calloc(1, sizeof *first);
    PST_CLEANUP(pst_heap) struct pst_report *second = calloc(1, sizeof *second);
    struct pst_assignment claim;

    *out = (struct pst_walk){.now_s = own_time(in)};
    if (first == NULL || second == NULL) {
        (void)pst_no_memory(why, "a report");
        return;
    }
    bool claimed = read_claim(in, &envelope, &claim, why);
    bool is_off = claimed && claim.issued_s >= in->floor_s &&
                  distance(in->wall_s, claim.issued_s) > PST_CLOCK_TOLERANCE_S;
    walk_by(in, out->now_s, claimed ? envelope : NULL, &claim, out, first);

    if (is_off) {
        struct pst_walk again;
        walk_by(in, claim.issued_s, envelope, &claim, &again, second);
        if (again.has_assignment) { /* the chain holds by that time and proves it */
            pst_walk_close(out);
            *out = again;
            note_clock(in->wall_s, claim.issued_s, why);
            pst_report_append(why, second, false);
            return;
        }
        pst_walk_close(&again);
    }
    pst_report_append(why, first, false);
    if (is_off || in->wall_s < in->floor_s)
        note_clock(in->wall_s, is_off ? claim.issued_s : in->floor_s, why);
}
