/* SPDX-License-Identifier: Apache-2.0 */
/* May it be now: proof, order, and the terminal as it is at this moment. */
#include "manifests/decide_checks.h"
#include "manifests/instant.h"

static const char *word_of(enum pst_tri tri)
{
    static const char *const words[] = {"unknown", "no", "yes"};
    return words[tri];
}

/* Whoever calls this must have a reason at hand why something was not verified. If not, here is
 * one. */
void pst_check_proof(const struct pst_decide_in *in, struct pst_report *why)
{
    if (in->trust != NULL && pst_report_verdict(in->trust) != PST_OK)
        return;
    if (in->release != NULL && !in->release_verified)
        (void)pst_refuse(why, PST_SIGNATURE_MISSING,
                         pst_say("a manifest that the product's role signed"),
                         pst_say("one that was not verified"));
    if (in->release == NULL && pst_decide_has_goal(in))
        (void)pst_refuse(why, PST_METADATA_MISSING, pst_say("a release manifest"), pst_say("none"));
}

static bool can_verify(const struct pst_facts *facts, const char *scheme)
{
    for (size_t i = 0; i < facts->scheme_count; i++)
        if (strcmp(facts->scheme[i], scheme) == 0)
            return true;
    return false;
}

void pst_check_schemes(const struct pst_decide_in *in, struct pst_report *why)
{
    struct pst_value known = pst_say("%s", in->facts->scheme_count == 0 ? "none" : "");
    for (size_t i = 0; i < in->facts->scheme_count; i++)
        known = pst_say("%s%s%s", known.at, i > 0 ? ", " : "", in->facts->scheme[i]);
    PST_WITHIN(why, "terminal/schemes");
    for (size_t i = 0; i < in->scheme_count; i++)
        if (!can_verify(in->facts, in->scheme[i]))
            (void)pst_refuse(why, PST_ALGORITHM_UNKNOWN, known, pst_say("%s", in->scheme[i]));
}

static void check_validity(const struct pst_assignment *assignment, int64_t now_s,
                           struct pst_report *why)
{
    char now[PST_INSTANT_ROOM], expires[PST_INSTANT_ROOM];
    if (now_s < assignment->expires_s)
        return;
    PST_WITHIN(why, "expires");
    (void)pst_refuse(why, PST_ASSIGNMENT_EXPIRED,
                     pst_say("before %s", pst_instant_print(assignment->expires_s, expires)),
                     pst_say("%s", pst_instant_print(now_s, now)));
}

/* The order by itself; the release that it names may not be at hand. */
void pst_check_order(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_assignment *assignment = in->assignment;
    if (assignment == NULL)
        return;
    PST_WITHIN(why, "assignment");
    check_validity(assignment, in->now_s, why);
    if (!assignment->has_order) {
        (void)pst_refuse(why, PST_ASSIGNMENT_NONE, pst_say("an order"), pst_say("none"));
        return;
    }
    if (in->release == NULL && strcmp(assignment->product, in->facts->product) != 0) {
        PST_WITHIN(why, "order/product");
        (void)pst_refuse(why, PST_PRODUCT, pst_say("%s", in->facts->product),
                         pst_say("%s", assignment->product));
    }
}

static void check_same(const char *name, const char *ordered, struct pst_text signed_one,
                       struct pst_report *why)
{
    if (pst_text_is(signed_one, ordered))
        return;
    PST_WITHIN(why, "assignment/order/%s", name);
    (void)pst_refuse(why, PST_ASSIGNMENT_MISMATCH, pst_say("%.*s", PST_ARGS(signed_one)),
                     pst_say("%s", ordered));
}

/* Versions are compared as text: 1.0.0+a and 1.0.0+b have the same rank and are two releases. */
void pst_check_match(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_assignment *assignment = in->assignment;
    const struct pst_release *release = in->release;
    char path[PST_TEXT_ROOM];
    if (assignment == NULL || !assignment->has_order)
        return;
    check_same("product", assignment->product, release->product, why);
    check_same("version", assignment->version.text, pst_text(release->version.text), why);
    check_same("manifest", assignment->manifest,
               pst_text(pst_release_path(release->product, &release->version, path, sizeof path)),
               why);
}

void pst_check_tamper(const struct pst_decide_in *in, struct pst_report *why)
{
    if (in->facts->tampered != PST_TRI_YES)
        return;
    PST_WITHIN(why, "terminal/tampered");
    (void)pst_refuse(why, PST_TAMPERED, pst_say("no"), pst_say("yes"));
}

/* Unknown means that no window is set. */
void pst_check_window(const struct pst_decide_in *in, struct pst_report *why)
{
    if (in->facts->window_open != PST_TRI_NO || !pst_decide_has_goal(in))
        return;
    PST_WITHIN(why, "terminal/window_open");
    (void)pst_refuse(why, PST_WINDOW_CLOSED, pst_say("within the time window"),
                     pst_say("outside of it"));
}

/* A fact that must have one value, and has another or none. */
static void check_tri(const char *fact, enum pst_tri has, enum pst_tri needed, enum pst_code code,
                      struct pst_report *why)
{
    if (has == needed)
        return;
    if (has == PST_TRI_UNKNOWN) {
        pst_decide_unknown(why, fact, pst_say("%s", word_of(needed)));
        return;
    }
    PST_WITHIN(why, "terminal/%s", fact);
    (void)pst_refuse(why, code, pst_say("%s", word_of(needed)), pst_say("%s", word_of(has)));
}

static void check_least(const char *fact, const char *unit, int64_t has, int64_t needed,
                        enum pst_code code, struct pst_report *why)
{
    struct pst_value least = pst_say("at least %lld %s", (long long)needed, unit);
    if (needed <= 0 || has >= needed)
        return;
    if (has < 0) {
        pst_decide_unknown(why, fact, least);
        return;
    }
    PST_WITHIN(why, "terminal/%s", fact);
    (void)pst_refuse(why, code, least, pst_say("%lld %s", (long long)has, unit));
}

void pst_check_power(const struct pst_decide_in *in, struct pst_report *why)
{
    check_least("battery_percent", "percent", in->facts->battery_percent,
                in->release->needs.battery_percent, PST_BATTERY_LOW, why);
    if (in->release->needs.mains)
        check_tri("mains", in->facts->mains, PST_TRI_YES, PST_NO_MAINS, why);
}

void pst_check_busy(const struct pst_decide_in *in, struct pst_report *why)
{
    if (in->release->needs.idle)
        check_tri("busy", in->facts->busy, PST_TRI_NO, PST_BUSY, why);
}

void pst_check_space(const struct pst_decide_in *in, struct pst_report *why)
{
    check_least("free_bytes", "bytes", in->facts->free_bytes, in->release->needs.free_bytes,
                PST_NO_SPACE, why);
}

/* What is costly on a link that may be used is decide_source.c's. */
void pst_check_link(const struct pst_decide_in *in, struct pst_report *why)
{
    if (!in->release->needs.metered_allowed)
        check_tri("metered", in->facts->metered, PST_TRI_NO, PST_METERED, why);
}
