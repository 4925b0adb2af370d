/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cycle/explain.h"

#include <stdlib.h>

void pst_explained_clear(struct pst_explained *explained)
{
    pst_copied_release_clear(&explained->found);
}

static int64_t now_of(const struct pst_agent *agent, struct pst_report *why)
{
    int64_t wall_s = pst_agent_wall_s(agent);
    int64_t floor_s = pst_agent_floor(agent, why);

    return wall_s > floor_s ? wall_s : floor_s;
}

static void decide(const struct pst_agent *agent, int64_t now_s, struct pst_explained *out,
                   struct pst_report *trust)
{
    struct pst_facts facts;

    pst_agent_facts(agent, &facts, trust);
    const struct pst_decide_in in = {.trust = trust,
                                     .release = out->found.release,
                                     .release_verified = out->found.verified,
                                     .facts = &facts,
                                     .now_s = now_s,
                                     .full_on_metered = agent->full_on_metered};
    pst_decide(&in, &out->decision);
}

/* Absent files are no fault: a new terminal has seen nothing but its root. */
static struct pst_bytes kept(const struct pst_agent *agent, const char *name, struct pst_buf *into)
{
    const struct pst_state_port *metadata = &agent->ports->metadata;
    (void)!metadata->read(metadata->context, name, into, NULL);
    return pst_buf_bytes(into);
}

enum pst_code pst_agent_explain(const struct pst_agent *agent, const struct pst_pack *pack,
                                const struct pst_report *beforehand, struct pst_explained *out,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_report *trust = calloc(1, sizeof *trust);
    PST_CLEANUP(pst_buf) struct pst_buf root = pst_buf(PST_TRUST_ROOT_BYTES);
    PST_CLEANUP(pst_buf) struct pst_buf timestamp = pst_buf(PST_TRUST_TIMESTAMP_BYTES);
    PST_CLEANUP(pst_buf) struct pst_buf snapshot = pst_buf(PST_TRUST_SNAPSHOT_BYTES);

    if (trust == NULL)
        return pst_no_memory(why, "a report");
    if (beforehand != NULL)
        pst_report_append(trust, beforehand, false);
    if (kept(agent, "root.json", &root).len == 0)
        return pst_refuse(why, PST_HOST_NOT_FOUND, pst_say("a trusted root.json"),
                          pst_say("none; was 'init' run?"));
    const struct pst_copied_release_choice choice = {
        .terminal_product = agent->facts.product,
        .chain = {.pack = pack,
                  .now_s = now_of(agent, trust),
                  .root = pst_buf_bytes(&root),
                  .timestamp = kept(agent, "timestamp.json", &timestamp),
                  .snapshot = kept(agent, "snapshot.json", &snapshot),
                  .must_be_fresh = true}};
    pst_copied_release_read(&choice, &out->found, trust);
    decide(agent, choice.chain.now_s, out, trust);
    return PST_OK;
}

enum pst_code pst_agent_explain_manifest(const struct pst_agent *agent, const char *path,
                                         struct pst_explained *out, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_report *trust = calloc(1, sizeof *trust);

    if (trust == NULL)
        return pst_no_memory(why, "a report");
    *out = (struct pst_explained){.found = {.product = ""}};
    pst_release_file_read(path, &out->found.release, trust);
    decide(agent, now_of(agent, trust), out, trust);
    return PST_OK;
}
