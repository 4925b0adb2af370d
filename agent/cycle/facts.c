/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "agent/cycle/agent.h"
#include "agent/fetch/stage.h"
#include "keys/public_key.h"

/* The first start on this terminal: what runs is the factory's image, of the size of its slot's
 * content. */
static void first_slots(const struct pst_agent *agent, const struct pst_boot_state *boot,
                        struct pst_slots_memory *out, struct pst_report *why)
{
    struct pst_slot_memory *active = &out->slot[boot->active];
    *out = (struct pst_slots_memory){.sequence = 0};
    active->version = agent->facts.os;
    out->security_floor = agent->facts.security_floor;
    for (size_t i = 0; i < agent->facts.component_count && i < agent->ports->slot_count; i++) {
        struct pst_facts_component component = agent->facts.component[i];
        const struct pst_slot_port *slots = &agent->ports->slot[i];
        if (pst_slot_sha256(slots, boot->active, component.active_bytes, component.active_sha256,
                            why) == PST_OK)
            active->component[active->component_count++] = component;
    }
    (void)!pst_memory_keep_slots(&agent->ports->state, out, why);
}

static void add_slots(const struct pst_agent *agent, struct pst_facts *facts,
                      struct pst_report *why)
{
    struct pst_slots_memory memory;
    struct pst_boot_state boot = {.active = 0};

    if (agent->ports->boot.read(agent->ports->boot.context, &boot, why) != PST_OK)
        return;
    if (pst_memory_load_slots(&agent->ports->state, &memory, why) != PST_OK)
        first_slots(agent, &boot, &memory, why);

    const struct pst_slot_memory *active = &memory.slot[boot.active];
    facts->os = active->version;
    facts->security_floor = memory.security_floor;
    facts->sequence = memory.sequence;
    for (size_t i = 0; i < facts->component_count && i < agent->ports->slot_count; i++) {
        struct pst_facts_component *fact = &facts->component[i];
        const struct pst_slot_port *slots = &agent->ports->slot[i];
        fact->slot_bytes = slots->slot_bytes(slots->context, 1 - boot.active);
        fact->active_bytes = 0;
        memset(fact->active_sha256, 0, sizeof fact->active_sha256);
        for (size_t j = 0; j < active->component_count; j++) {
            if (strcmp(active->component[j].name, fact->name) != 0)
                continue;
            fact->active_bytes = active->component[j].active_bytes;
            memcpy(fact->active_sha256, active->component[j].active_sha256,
                   sizeof fact->active_sha256);
        }
    }
}

void pst_agent_facts(const struct pst_agent *agent, struct pst_facts *out, struct pst_report *why)
{
    struct pst_facts facts = agent->facts;
    const char *const *schemes = pst_schemes();

    for (facts.scheme_count = 0;
         schemes[facts.scheme_count] != NULL && facts.scheme_count < PST_FACTS_SCHEMES_MOST;
         facts.scheme_count++)
        snprintf(facts.scheme[facts.scheme_count], PST_NAME_ROOM, "%s",
                 schemes[facts.scheme_count]);
    add_slots(agent, &facts, why);
    agent->ports->terminal.read_facts(agent->ports->terminal.context, &facts, why);
    *out = facts;
}
