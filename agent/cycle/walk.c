/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cycle/walk.h"

#include <stdlib.h>

#include "manifests/instant.h"

void pst_walk_clear(struct pst_walk *walk)
{
    if (walk->opened)
        pst_tuf_close(&walk->tuf);
    walk->opened = false;
}

/* ---- the assignment */

/* What is not proven, or not yet, is hearsay. Answers how it was before. */
static bool mark_unverified(struct pst_report *why, bool unverified)
{
    bool before = why->unverified;
    why->unverified = before || unverified;
    return before;
}

/* Reads it without believing it. */
static bool read_claim(const struct pst_walk_in *in, struct pst_envelope **envelope,
                       struct pst_assignment *claim, struct pst_report *why)
{
    PST_WITHIN(why, "assignment");
    bool before = mark_unverified(why, true);
    bool read = in->assignment.len > 0 &&
                pst_envelope_parse(in->assignment, &pst_json_small, envelope, why) == PST_OK &&
                pst_assignment_parse((*envelope)->body, claim, why) == PST_OK;
    why->unverified = before;
    return read;
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
    if (now_s >= claim->expires_s) /* messages.h: issued <= now < expires */
        rc = pst_refuse(why, PST_ASSIGNMENT_EXPIRED,
                        pst_say("valid at %s", pst_instant_print(now_s, now)),
                        pst_say("valid until %s", pst_instant_print(claim->expires_s, expires)));
    return rc;
}

/* Was it signed by the key that targets delegates "assignments" to, for us, now? Of one that could
 * not be read (`claim` is NULL) the signature is told all the same: a service of tomorrow and a
 * forger want different remedies. */
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
    if (claim == NULL)
        return signed_by != PST_OK ? signed_by : PST_INCONSISTENT;
    bool before = mark_unverified(why, signed_by != PST_OK);
    enum pst_code meant_for = check_addressee(in, claim, walk->now_s, why);
    why->unverified = before;
    return signed_by != PST_OK ? signed_by : meant_for;
}

/* ---- one walk by one time */

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

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Not by a moment: the floor comes from another clock. */
static bool is_before_floor(const struct pst_walk_in *in)
{
    return in->floor_s - in->wall_s > PST_CLOCK_SKEW_S;
}

/* Network and disk fail at any time of day; only what was judged may be judged otherwise. */
static bool was_judged(const struct pst_walk *own, const struct pst_report *why)
{
    return own->has_assignment || pst_report_kind(why) == PST_KIND_REFUSAL;
}

/* Whether the assignment's time could change the verdict, or shows that the clock is wrong. */
static bool is_worth_another(const struct pst_walk_in *in, const struct pst_walk *own,
                             int64_t signed_s)
{
    bool behind = signed_s - own->now_s > PST_CLOCK_SKEW_S; /* what has expired still looks good */
    bool ahead = own->now_s - signed_s > PST_CLOCK_SKEW_S;  /* what is good may look expired */

    return behind || (ahead && !own->has_assignment) ||
           distance(in->wall_s, signed_s) > PST_CLOCK_TOLERANCE_S;
}

/* The walk by the assignment's own time. True when that time is proven: the chain holds by it,
 * and then proves that the assignment, which says it, is genuine and fresh. */
static bool walk_by_signed_time(const struct pst_walk_in *in, int64_t signed_s,
                                const struct pst_envelope *envelope,
                                const struct pst_assignment *claim, struct pst_walk *out,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_walk) struct pst_walk again = {.opened = false};

    walk_by(in, signed_s, envelope, claim, &again, why);
    /* An assignment that the terminal's own time proved is no less genuine: then its time, not
     * the clock, rules whether this metadata may be used. */
    bool rules = again.has_assignment || out->has_assignment;
    if (rules) {
        pst_walk_clear(out);
        *out = again;
        again = (struct pst_walk){.opened = false};
    }
    return rules;
}

void pst_walk(const struct pst_walk_in *in, struct pst_walk *out, struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    PST_CLEANUP(pst_heap) struct pst_report *own = calloc(1, sizeof *own);
    PST_CLEANUP(pst_heap) struct pst_report *by_signed = calloc(1, sizeof *by_signed);
    struct pst_assignment claim = {.has_order = false};
    /* A clock before the floor is wrong for certain, whatever else is known. */
    int64_t own_s = later_of(in->wall_s, in->floor_s);

    *out = (struct pst_walk){.now_s = own_s};
    if (own == NULL || by_signed == NULL) {
        (void)pst_no_memory(why, "a report");
        return;
    }
    bool claimed = read_claim(in, &envelope, &claim, why);
    walk_by(in, own_s, envelope, claimed ? &claim : NULL, out, own);

    int64_t signed_s = later_of(claim.issued_s, in->floor_s);
    if (claimed && was_judged(out, own) && is_worth_another(in, out, signed_s) &&
        walk_by_signed_time(in, signed_s, envelope, &claim, out, by_signed)) {
        if (distance(in->wall_s, signed_s) > PST_CLOCK_TOLERANCE_S || is_before_floor(in))
            note_clock(in->wall_s, signed_s, why);
        pst_report_append(why, by_signed, false);
        return;
    }
    if (is_before_floor(in))
        note_clock(in->wall_s, in->floor_s, why);
    pst_report_append(why, own, false);
}
