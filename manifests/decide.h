/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.h - may this terminal install this release now, and from which source?
 *
 * (trust verdict, release, facts, assignment, time) -> (verdict, all findings, a source a
 * component). The agent, the service's preview and `postern explain` call this one function.
 *
 * The checks are a table; every check runs whatever the others found. A release that did not verify
 * still has its compatibility checked: those findings are marked unverified, add reasons against
 * and never one for. Without a release only trust, assignment, schemes, tamper and window are
 * judged.
 *
 *   trust       what `trust` holds, first; a release that is not verified, or not there, is
 *               refused even when `trust` does not say why
 *   assignment  assignment.none, .expired, .mismatch (product, version, manifest path)
 *   identity    compat.product; compat.hardware-model and -revision; compat.region
 *   versions    compat.os-too-old, -too-new (outside all of fits.os, on one side), -not-listed
 *               (between); compat.agent-too-old, .bootloader, .data-schema. Versions of
 *               downgrade_from fit like those of fits.os, and so does the release's own: a repair.
 *   downgrade   downgrade.not-permitted unless downgrade_from holds the installed OS *and* the
 *               order, if there is one, says `downgrade`; downgrade.security-floor always
 *   components  compat.component-missing (also when it has another slot class), slot.too-small
 *   sources     delta.no-source, with a noted finding for each source that cannot be used
 *   terminal    terminal.tampered always; battery, mains, busy, space as `needs` asks; window;
 *               metered where `needs` forbids it, or where only a full image is usable and
 *               `full_on_metered` is not set. A fact that is asked for and unknown is
 *               terminal.fact-unknown: not a no, and not a yes either.
 *
 * A verified release whose images are all active is compat.already-installed. What only matters to
 * an install (identity to metered above) is then not judged: after an update the OS is beyond
 * fits.os on every healthy terminal, and an idle one by day is not "deferred". A component whose
 * active image is unknown counts as installed when the OS has the release's version.
 *
 * Which releases must not be skipped (compat.bridge-required) takes more than one release to know:
 * the planner's business. That an assignment is for this terminal and no replay is the agent's.
 *
 * Verdict: a refusal or a fault: REFUSE; else a deferral: DEFER; but NOTHING when all deferrals
 * say that there is nothing to do; INSTALL only when nothing at all is found. Noted findings stop
 * nothing.
 *
 * Memory   values only; nothing allocates. A decision takes about 15 KiB, and the work twice that.
 * Threads  pure: no I/O, no clock, no globals.
 */
#ifndef PST_MANIFESTS_DECIDE_H
#define PST_MANIFESTS_DECIDE_H

#include "manifests/facts.h"
#include "manifests/messages.h"
#include "manifests/release.h"

enum pst_verdict {
    PST_VERDICT_INSTALL,
    PST_VERDICT_NOTHING, /* nothing is assigned, or it is installed already */
    PST_VERDICT_DEFER,
    PST_VERDICT_REFUSE
};
const char *pst_verdict_name(
    enum pst_verdict verdict); /* "install", "nothing", "defer", "refuse" */

struct pst_decide_in {
    const struct pst_report *trust;    /* what verifying found; NULL: nothing */
    const struct pst_release *release; /* NULL: it could not be had or read */
    bool release_verified;             /* its bytes are those that the product's role signed */
    const struct pst_facts *facts;
    const struct pst_assignment *assignment; /* NULL: offline, nobody assigned anything */
    int64_t now_s;
    bool full_on_metered; /* policy: a full image may be fetched over a metered link */
    /* Signature schemes without which the release cannot be verified: the service's preview knows
     * them from the role's keys and asks whether the terminal's agent has them. An agent leaves
     * them out. */
    const char *const *scheme;
    size_t scheme_count;
};

struct pst_decision {
    enum pst_verdict verdict;
    /* For each component of the release, the index of the cheapest source that this terminal can
     * afford; meaningful when the verdict is INSTALL. */
    size_t source[PST_RELEASE_COMPONENTS_MOST];
    int64_t
        fetch_bytes; /* over all components: sources and their lists of blocks; 0 unless INSTALL */
    struct pst_report why;
};

/* `in->facts` must be there; everything else may be NULL or 0. */
void pst_decide(const struct pst_decide_in *in, struct pst_decision *out);

/*
 * Whether this source can be used here at all: base present, format known, memory enough. All that
 * is in the way is told: PST_DELTA_BASE, PST_DELTA_FORMAT, PST_DELTA_MEMORY.
 */
bool pst_source_is_usable(const struct pst_source *source, const struct pst_component *component,
                          const struct pst_facts *facts, struct pst_report *why);

#endif
