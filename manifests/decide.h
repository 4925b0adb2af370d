/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.h - may this terminal install this release now, and from which source?
 *
 * (trust verdict, release, facts, assignment, time) -> (verdict, all findings, a source a component).
 * The agent, the service's preview and `postern explain` call this one function.
 *
 * The checks are a table; every check runs whatever the others found. A release that did not verify
 * still has its compatibility checked: those findings are marked unverified, add reasons against and
 * never one for.
 *
 * Memory   values only; nothing allocates.
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
const char *pst_verdict_name(enum pst_verdict verdict); /* "install", "nothing", "defer", "refuse" */

struct pst_decide_in {
    const struct pst_report *trust;            /* what verifying found; noted findings stop nothing */
    const struct pst_release *release;         /* NULL: it could not be had or read */
    bool release_verified;                     /* its bytes are those that the product's role signed */
    const struct pst_facts *facts;
    const struct pst_assignment *assignment;   /* NULL: offline, nobody assigned anything */
    int64_t now_s;
    bool full_on_metered; /* policy: a full image may be fetched over a metered link */
};

struct pst_decision {
    enum pst_verdict verdict;
    /* For each component of the release, the index of the cheapest source that this terminal can
     * afford; meaningful when the verdict is INSTALL. */
    size_t source[PST_RELEASE_COMPONENTS_MOST];
    int64_t fetch_bytes; /* over all components */
    struct pst_report why;
};

void pst_decide(const struct pst_decide_in *in, struct pst_decision *out);

/* Whether this source can be used here at all: base present, format known, memory enough. */
bool pst_source_is_usable(const struct pst_source *source, const struct pst_component *component,
                          const struct pst_facts *facts, struct pst_report *why);

#endif
