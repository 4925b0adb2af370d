/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/cycle/agent.h"
#include "agent/cycle/reports.h"
#include "agent/cycle/walk.h"
#include "manifests/instant.h"

enum { NONCE_BYTES = 16, ASSIGNMENT_BYTES = 65536 };

void pst_check_clear(struct pst_check *check)
{
    pst_release_free(check->release);
    check->release = NULL;
}

/* ---- the service */

static enum pst_code make_nonce(char out[2 * NONCE_BYTES + 1], struct pst_report *why)
{
    uint8_t bytes[NONCE_BYTES];
    enum pst_code rc = pst_random(bytes, sizeof bytes, why);
    if (rc == PST_OK)
        pst_hex_print(pst_bytes(bytes, sizeof bytes), out);
    return rc;
}

static enum pst_code enrol(const struct pst_agent *agent, struct pst_session *session,
                           const struct pst_facts *facts, struct pst_report *why)
{
    bool accepted = false;
    if (session->terminal[0] != '\0')
        return PST_OK;
    enum pst_code rc = pst_session_enrol(session, facts, agent->enrol_code, &accepted, why);
    if (rc == PST_OK)
        rc = pst_memory_keep_terminal(&agent->ports->state, session->terminal, why);
    if (rc == PST_OK && !accepted)
        rc = pst_refuse(why, PST_SERVICE_NOT_ACCEPTED, pst_say("an accepted enrolment"),
                        pst_say("it is pending"));
    return rc;
}

/* What waits goes first: the service orders by what it knows, and must not order again what was
 * just reverted. That it could not be delivered says nothing against a release. */
static void send_waiting(const struct pst_agent *agent, struct pst_session *session,
                         struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);
    if (tried == NULL || pst_reports_send(&agent->ports->state, session, tried) == PST_OK)
        return;
    pst_report_append(why, tried, /* noted= */ true);
}

/* Delivers and checks in; what fails here is told, and the metadata is looked at all the same. */
static void talk(const struct pst_agent *agent, struct pst_session *session,
                 struct pst_check *check, const char *nonce, struct pst_buf *assignment,
                 struct pst_report *why)
{
    PST_WITHIN(why, "service");
    if (enrol(agent, session, &check->facts, why) != PST_OK)
        return;
    send_waiting(agent, session, why);
    (void)!pst_session_checkin(session, &check->facts, nonce, assignment, &check->poll_s, why);
}

/* ---- the release */

static enum pst_code fetch_release(struct pst_tuf *tuf, const struct pst_role_target *target,
                                   struct pst_release **out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_RELEASE_BYTES_MOST);
    enum pst_code rc = pst_tuf_fetch_target(tuf, target, PST_RELEASE_BYTES_MOST, &bytes, why);
    return rc != PST_OK ? rc : pst_release_parse(pst_buf_bytes(&bytes), out, why);
}

/* After a refusal: what would the release have said? Nothing of it is kept, and it can only add
 * reasons against. */
static void diagnose(struct pst_walk *walk, struct pst_text path, struct pst_release **out,
                     struct pst_report *why)
{
    const struct pst_role_target *target =
        walk->tuf.refused != NULL ? pst_role_target(walk->tuf.refused, path) : NULL;
    if (target == NULL)
        return;
    bool before = why->unverified;
    why->unverified = true;
    (void)!fetch_release(&walk->tuf, target, out, why);
    why->unverified = before;
}

static bool find_release(struct pst_walk *walk, struct pst_release **out, struct pst_report *why)
{
    const struct pst_role_target *target = NULL;
    struct pst_text path = pst_text(walk->assignment.manifest);

    if (pst_tuf_find(&walk->tuf, path, &target, why) == PST_OK)
        return fetch_release(&walk->tuf, target, out, why) == PST_OK;
    diagnose(walk, path, out, why);
    return false;
}

/* ---- the check */

int64_t pst_agent_floor(const struct pst_agent *agent, struct pst_report *why)
{
    int64_t kept_s = 0;
    if (pst_memory_load_floor(&agent->ports->state, &kept_s, why) != PST_OK ||
        kept_s < agent->build_s)
        return agent->build_s;
    return kept_s;
}

/* Nothing that a clock answers may upset who reckons with it. */
int64_t pst_agent_wall_s(const struct pst_agent *agent)
{
    const struct pst_clock_port *clock = &agent->ports->clock;
    int64_t wall_s = clock->wall_s(clock->context);

    if (wall_s < 0)
        return 0;
    return wall_s > PST_INSTANT_MAX ? PST_INSTANT_MAX : wall_s;
}

/* The floor moves only on signed evidence, and seldom enough to spare the flash. */
static void raise_floor(const struct pst_agent *agent, const struct pst_walk *walk, int64_t floor_s,
                        struct pst_report *why)
{
    if (walk->has_assignment && walk->assignment.issued_s > floor_s + 3600)
        (void)!pst_memory_keep_floor(&agent->ports->state, walk->assignment.issued_s, why);
}

static void note_root(const struct pst_walk *walk, struct pst_facts *facts)
{
    const struct pst_role *root =
        walk->opened ? pst_trust_role(walk->tuf.trust, PST_ROLE_ROOT) : NULL;
    if (root != NULL)
        facts->root_version = root->version;
}

static void decide(const struct pst_agent *agent, struct pst_walk *walk, struct pst_check *check,
                   struct pst_report *trust)
{
    bool verified = false;
    bool ordered = walk->has_assignment && walk->assignment.has_order;

    if (ordered)
        verified = find_release(walk, &check->release, trust);
    check->has_assignment = walk->has_assignment;
    check->assignment = walk->assignment;
    check->now_s = walk->now_s;
    struct pst_decide_in in = {.trust = trust,
                               .release = check->release,
                               .release_verified = verified,
                               .facts = &check->facts,
                               .assignment = walk->has_assignment ? &check->assignment : NULL,
                               .now_s = walk->now_s,
                               .full_on_metered = agent->full_on_metered};
    pst_decide(&in, &check->decision);
}

static enum pst_code open_session(const struct pst_agent *agent, struct pst_session *out,
                                  struct pst_report *why)
{
    char terminal[PST_NAME_ROOM];
    struct pst_session_options options = {.transport = &agent->ports->transport,
                                          .service = agent->service,
                                          .limits = agent->sources.limits,
                                          .key = agent->key};
    enum pst_code rc = pst_memory_load_terminal(&agent->ports->state, terminal, why);
    if (rc == PST_OK)
        *out = pst_session_open(&options, terminal);
    return rc;
}

enum pst_code pst_agent_check(const struct pst_agent *agent, struct pst_check *out,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf assignment = pst_buf(ASSIGNMENT_BYTES);
    PST_CLEANUP(pst_heap) struct pst_report *trust = calloc(1, sizeof *trust);
    PST_CLEANUP(pst_walk) struct pst_walk walk = {.opened = false};
    struct pst_check check = {.release = NULL};
    struct pst_session session;
    char nonce[2 * NONCE_BYTES + 1];

    if (trust == NULL)
        return pst_no_memory(why, "a report");
    enum pst_code rc = make_nonce(nonce, why);
    if (rc == PST_OK)
        rc = open_session(agent, &session, why);
    if (rc != PST_OK)
        return rc;

    pst_agent_facts(agent, &check.facts, trust);
    talk(agent, &session, &check, nonce, &assignment, trust);
    int64_t floor_s = pst_agent_floor(agent, trust);
    struct pst_walk_in in = {.agent = agent,
                             .assignment = pst_buf_bytes(&assignment),
                             .terminal = session.terminal,
                             .nonce = nonce,
                             .wall_s = pst_agent_wall_s(agent),
                             .floor_s = floor_s};
    pst_walk(&in, &walk, trust);
    pst_session_close(&session);
    raise_floor(agent, &walk, floor_s, trust);
    note_root(&walk, &check.facts);
    decide(agent, &walk, &check, trust);
    *out = check;
    return PST_OK;
}
