/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h - what this terminal would say to a copy of a repository - a stick, a folder - and
 * why, with nothing changed: from the root that it trusts, not older than what it has seen, by the
 * same decision as in a cycle. An order of the service is not asked for.
 *
 * Memory   pst_explained_clear(). Errors: those of keys/copy_release.h, in the decision.
 */
#ifndef PST_AGENT_CYCLE_EXPLAIN_H
#define PST_AGENT_CYCLE_EXPLAIN_H

#include "agent/cycle/agent.h"
#include "keys/copy_release.h"

struct pst_explained {
    struct pst_copied_release found;
    struct pst_decision decision;
};

/* `beforehand`: what opening the copy found, or NULL. Refuses only when this terminal cannot even
 * begin: no trusted root, no memory. */
enum pst_code pst_agent_explain(const struct pst_agent *agent, const struct pst_pack *pack,
                                const struct pst_report *beforehand, struct pst_explained *out,
                                struct pst_report *why) PST_MUST_CHECK;
/* A manifest on its own: nobody vouches for it, so nothing is decided for it. */
enum pst_code pst_agent_explain_manifest(const struct pst_agent *agent, const char *path,
                                         struct pst_explained *out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_explained_clear(struct pst_explained *explained);

#endif
