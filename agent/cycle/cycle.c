/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/cycle/agent.h"
#include "agent/cycle/reports.h"
#include "agent/fetch/stage.h"

/* Everything that one cycle carries from action to action. */
struct turn {
    const struct pst_agent *agent;
    struct pst_update_memory memory;
    struct pst_boot_state boot;
    struct pst_check check;
    struct pst_cycle *out;
    bool reportable; /* something happened that the service wants to know */
    bool reported;   /* and the report is kept already */
};

static const struct pst_state_port *state_of(const struct turn *turn)
{
    return &turn->agent->ports->state;
}

static void copy(const char *from, char *to, size_t room)
{
    snprintf(to, room, "%s", from);
}

/* ---- reporting */

static enum pst_code report(struct turn *turn)
{
    PST_CLEANUP(pst_heap) struct pst_terminal_report *report = calloc(1, sizeof *report);
    struct pst_report *why = &turn->out->why;

    if (report == NULL)
        return pst_no_memory(why, "a report");
    enum pst_code rc = pst_memory_load_terminal(state_of(turn), report->terminal, why);
    if (rc != PST_OK || report->terminal[0] == '\0')
        return rc; /* not enrolled: nobody to report to yet */
    report->at_s = turn->check.now_s > 0 ? turn->check.now_s : pst_agent_wall_s(turn->agent);
    int64_t floor_s = pst_agent_floor(turn->agent, why);
    if (report->at_s < floor_s)
        report->at_s = floor_s;
    copy(turn->memory.rollout, report->rollout, sizeof report->rollout);
    copy(turn->agent->facts.product, report->product, sizeof report->product);
    copy(turn->memory.source, report->source, sizeof report->source);
    report->version = turn->memory.version;
    report->progress = turn->out->progress;
    report->fetched_bytes = turn->memory.fetched_bytes;
    report->findings = *why;
    if (report->progress == PST_PROGRESS_CONFIRMED || report->progress == PST_PROGRESS_REVERTED)
        pst_memory_add_notes(state_of(turn), &report->findings);
    return pst_reports_add(state_of(turn), turn->agent->key, report, why);
}

/* ---- checking */

static enum pst_progress progress_of(const struct pst_decision *decision)
{
    static const enum pst_progress stopped[] = {
        [PST_VERDICT_INSTALL] = PST_PROGRESS_FETCHING,
        [PST_VERDICT_NOTHING] = PST_PROGRESS_IDLE,
        [PST_VERDICT_DEFER] = PST_PROGRESS_DEFERRED,
        [PST_VERDICT_REFUSE] = PST_PROGRESS_REFUSED,
    };
    bool only_faults = decision->verdict == PST_VERDICT_REFUSE &&
                       pst_report_kind(&decision->why) == PST_KIND_FAULT;
    return only_faults ? PST_PROGRESS_FAILED : stopped[decision->verdict];
}

static const char *source_kind(const struct pst_check *check)
{
    const struct pst_release *release = check->release;
    for (size_t i = 0; i < release->component_count; i++)
        if (release->component[i].source[check->decision.source[i]].has_base)
            return "delta";
    return "full";
}

/* What the later states need to know of the release, so that a restart finds it again. */
static void remember_release(struct turn *turn)
{
    const struct pst_check *check = &turn->check;
    const struct pst_release *release = check->release;
    struct pst_update_memory *memory = &turn->memory;

    memory->target = 1 - turn->boot.active;
    copy(check->assignment.rollout, memory->rollout, sizeof memory->rollout);
    copy(source_kind(check), memory->source, sizeof memory->source);
    memory->version = release->version;
    memory->from = check->facts.os;
    memory->security_floor = release->security_floor;
    memory->sequence = release->sequence;
    memory->tries = release->boot_tries;
    memory->confirm_within_s = release->confirm_within_s;
    for (size_t i = 0; i < release->check_count && i < PST_COUNT(memory->check); i++)
        snprintf(memory->check[memory->check_count++], PST_NAME_ROOM, "%.*s",
                 PST_ARGS(release->check[i]));
}

/* What is known so far is what the assignment says; nothing was fetched for it yet. */
static void forget_release(struct turn *turn)
{
    const struct pst_assignment *assignment =
        &turn->check.assignment; /* empty when there is none */
    struct pst_update_memory *memory = &turn->memory;

    copy(assignment->rollout, memory->rollout, sizeof memory->rollout);
    copy(turn->agent->facts.product, memory->product, sizeof memory->product);
    memory->version = assignment->version;
    memory->source[0] = '\0';
    memory->fetched_bytes = 0;
    memory->check_count = 0;
}

static enum pst_update_event do_check(struct turn *turn)
{
    struct pst_report *why = &turn->out->why;

    if (pst_agent_check(turn->agent, &turn->check, why) != PST_OK) {
        turn->out->progress = PST_PROGRESS_FAILED;
        return PST_EVENT_STOPPED;
    }
    turn->out->poll_s = turn->check.poll_s;
    turn->out->progress = progress_of(&turn->check.decision);
    /* Who was not reached need not be told so: such reports would only push out the ones that
     * matter. */
    turn->reportable = turn->check.poll_s > 0 && (turn->check.assignment.has_order ||
                                                  turn->out->progress != PST_PROGRESS_IDLE);
    forget_release(turn);
    pst_report_append(why, &turn->check.decision.why, false);
    if (turn->check.decision.verdict != PST_VERDICT_INSTALL)
        return PST_EVENT_STOPPED;
    remember_release(turn);
    return PST_EVENT_CHOSEN;
}

/* ---- writing */

static const struct pst_slot_port *slots_of(const struct turn *turn,
                                            const struct pst_component *component)
{
    const struct pst_ports *ports = turn->agent->ports;
    for (size_t i = 0; i < ports->slot_count; i++)
        if (pst_text_is(component->name, ports->slot[i].component))
            return &ports->slot[i];
    return NULL;
}

static enum pst_code write_from(struct turn *turn, const struct pst_component *component,
                                const struct pst_source *source, struct pst_report *why)
{
    const struct pst_agent *agent = turn->agent;
    struct pst_stage_in in = {.from = {&agent->ports->transport, &agent->sources},
                              .component = component,
                              .source = source,
                              .slots = slots_of(turn, component),
                              .active = turn->boot.active,
                              .state = state_of(turn)};
    if (in.slots == NULL)
        return pst_refuse(why, PST_COMPONENT_MISSING,
                          pst_say("a slot for '%.*s'", PST_ARGS(component->name)), pst_say("none"));
    return pst_stage(&in, &turn->memory.fetched_bytes, why);
}

/* The cheapest usable source that needs no base: what is left when a delta turns out not to fit. */
static const struct pst_source *full_source(const struct turn *turn,
                                            const struct pst_component *component)
{
    const struct pst_source *best = NULL;
    for (size_t i = 0; i < component->source_count; i++) {
        const struct pst_source *source = &component->source[i];
        if (!source->has_base &&
            pst_source_is_usable(source, component, &turn->check.facts, NULL) &&
            (best == NULL || source->length_bytes < best->length_bytes))
            best = source;
    }
    return best;
}

/* As pst_decide() has it: what the release allows is one thing, what the operator pays for
 * another. */
static bool full_is_permitted(const struct turn *turn)
{
    return turn->check.facts.metered == PST_TRI_NO || turn->agent->full_on_metered;
}

/* The delta itself is no good here. Not so when the network or the slot failed: then it goes on
 * later. */
static bool is_the_deltas_fault(enum pst_code code)
{
    return code != PST_OK && code != PST_SLOT_TOO_SMALL && pst_code_kind(code) == PST_KIND_REFUSAL;
}

/* A delta that does not apply is followed by the full image, unless a metered link forbids it:
 * then we say so. */
static enum pst_code write_component(struct turn *turn, const struct pst_component *component,
                                     size_t chosen)
{
    const struct pst_source *source = &component->source[chosen];
    PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);
    if (tried == NULL)
        return pst_no_memory(&turn->out->why, "a report");

    enum pst_code rc = write_from(turn, component, source, tried);
    const struct pst_source *full = full_source(turn, component);
    bool again = is_the_deltas_fault(rc) && source->has_base && full != NULL;
    if (again && !full_is_permitted(turn)) {
        pst_refuse(tried, PST_METERED, pst_say("the full image after the delta failed"),
                   pst_say("a link that is, or may be, metered"));
        again = false;
    }
    pst_report_append(&turn->out->why, tried, /* noted= */ rc == PST_OK || again);
    if (!again)
        return rc;
    copy("full", turn->memory.source, sizeof turn->memory.source);
    return write_from(turn, component, full, &turn->out->why);
}

/* A slot that an earlier release was staged in must not be tried while it is overwritten. */
static enum pst_code unstage(struct turn *turn)
{
    const struct pst_boot_port *boot = &turn->agent->ports->boot;
    if (turn->boot.next == turn->boot.active)
        return PST_OK;
    enum pst_code rc = boot->revert(boot->context, &turn->out->why);
    return rc != PST_OK ? rc : boot->read(boot->context, &turn->boot, &turn->out->why);
}

/* What the target slot holds from now on; forgotten before the first write, told after the last. */
static enum pst_code remember_slot(struct turn *turn, const struct pst_release *release)
{
    struct pst_slots_memory slots;
    struct pst_report *why = &turn->out->why;
    enum pst_code rc = pst_memory_load_slots(state_of(turn), &slots, why);
    if (rc != PST_OK)
        return rc;

    struct pst_slot_memory *slot = &slots.slot[turn->memory.target];
    *slot = (struct pst_slot_memory){.component_count = 0};
    for (size_t i = 0; release != NULL && i < release->component_count; i++) {
        struct pst_facts_component *component = &slot->component[slot->component_count++];
        snprintf(component->name, sizeof component->name, "%.*s",
                 PST_ARGS(release->component[i].name));
        component->active_bytes = release->component[i].size_bytes;
        memcpy(component->active_sha256, release->component[i].sha256,
               sizeof component->active_sha256);
    }
    if (release != NULL)
        slot->version = release->version;
    return pst_memory_keep_slots(state_of(turn), &slots, why);
}

static enum pst_progress progress_of_failure(enum pst_code code)
{
    static const enum pst_progress by_kind[] = {
        [PST_KIND_NONE] = PST_PROGRESS_FAILED,
        [PST_KIND_REFUSAL] = PST_PROGRESS_REFUSED,
        [PST_KIND_DEFERRAL] = PST_PROGRESS_DEFERRED,
        [PST_KIND_FAULT] = PST_PROGRESS_FAILED,
    };
    return by_kind[pst_code_kind(code)];
}

static enum pst_update_event do_write(struct turn *turn)
{
    const struct pst_release *release = turn->check.release;
    enum pst_code rc = unstage(turn);

    if (rc == PST_OK)
        rc = remember_slot(turn, NULL);
    for (size_t i = 0; rc == PST_OK && i < release->component_count; i++)
        rc = write_component(turn, &release->component[i], turn->check.decision.source[i]);
    if (rc == PST_OK)
        rc = remember_slot(turn, release);
    if (rc == PST_OK)
        rc = pst_memory_keep_notes(state_of(turn), &turn->out->why, &turn->out->why);
    turn->out->fetched_bytes = turn->memory.fetched_bytes;
    if (rc == PST_OK)
        return PST_EVENT_WRITTEN;
    turn->out->progress = progress_of_failure(rc);
    return PST_EVENT_STOPPED;
}

/* ---- committing and trying */

static enum pst_update_event do_arm(struct turn *turn)
{
    const struct pst_boot_port *boot = &turn->agent->ports->boot;
    enum pst_code rc = boot->set_next(boot->context, turn->memory.target, (int)turn->memory.tries,
                                      &turn->out->why);
    if (rc == PST_OK)
        return PST_EVENT_ARMED;
    turn->out->progress = PST_PROGRESS_FAILED;
    turn->reportable = true;
    return PST_EVENT_STOPPED;
}

static enum pst_update_event tell_staged(struct turn *turn)
{
    turn->out->progress = PST_PROGRESS_STAGED;
    turn->reportable = true;
    return PST_EVENT_STOPPED;
}

/* All checks run, whatever the first one says. */
static enum pst_update_event do_self_test(struct turn *turn)
{
    const struct pst_terminal_port *terminal = &turn->agent->ports->terminal;
    bool healthy = true;

    for (size_t i = 0; i < turn->memory.check_count; i++) {
        PST_WITHIN(&turn->out->why, "health/%s", turn->memory.check[i]);
        healthy =
            terminal->run_check(terminal->context, turn->memory.check[i],
                                turn->memory.confirm_within_s * 1000, &turn->out->why) == PST_OK &&
            healthy;
    }
    turn->out->progress = healthy ? PST_PROGRESS_TRIAL : PST_PROGRESS_REVERTED;
    return healthy ? PST_EVENT_HEALTHY : PST_EVENT_SICK;
}

/* The floor is raised only now: a release that never became healthy must not forbid the way
 * back. */
static enum pst_code raise_security_floor(struct turn *turn)
{
    struct pst_slots_memory slots;
    enum pst_code rc = pst_memory_load_slots(state_of(turn), &slots, &turn->out->why);
    if (rc != PST_OK)
        return rc == PST_HOST_NOT_FOUND ? PST_OK : rc;
    if (pst_version_is_set(&turn->memory.security_floor) &&
        (!pst_version_is_set(&slots.security_floor) ||
         pst_version_compare(&turn->memory.security_floor, &slots.security_floor) > 0))
        slots.security_floor = turn->memory.security_floor;
    slots.sequence = turn->memory.sequence;
    return pst_memory_keep_slots(state_of(turn), &slots, &turn->out->why);
}

static enum pst_update_event do_confirm(struct turn *turn)
{
    const struct pst_boot_port *boot = &turn->agent->ports->boot;
    turn->reportable = true;
    if (boot->confirm(boot->context, &turn->out->why) != PST_OK ||
        raise_security_floor(turn) != PST_OK) {
        turn->out->progress = PST_PROGRESS_FAILED;
        return PST_EVENT_STOPPED;
    }
    turn->out->progress = PST_PROGRESS_CONFIRMED;
    /* Before the state says that all is done: a power cut must not swallow the one report that
     * counts. */
    turn->reported = report(turn) == PST_OK;
    return PST_EVENT_DONE;
}

static enum pst_update_event do_revert(struct turn *turn)
{
    const struct pst_boot_port *boot = &turn->agent->ports->boot;
    turn->reportable = true;
    if (turn->memory.target != turn->boot.active)
        pst_refuse(&turn->out->why, PST_HOST_STATE, pst_say("to remember the release on trial"),
                   pst_say("nothing of it"));
    turn->memory.target = turn->boot.active;
    turn->out->restart_wanted = true;
    turn->out->progress = PST_PROGRESS_REVERTED;
    return boot->revert(boot->context, &turn->out->why) == PST_OK ? PST_EVENT_DONE
                                                                  : PST_EVENT_STOPPED;
}

static enum pst_update_event tell_reverted(struct turn *turn)
{
    pst_refuse(&turn->out->why, PST_BOOT_REVERTED,
               pst_say("%s to be running", turn->memory.version.text),
               pst_say("%s", turn->memory.from.text));
    turn->out->progress = PST_PROGRESS_REVERTED;
    turn->reportable = true;
    return PST_EVENT_STOPPED;
}

/* ---- the machine, driven */

typedef enum pst_update_event act_fn(struct turn *turn);
static act_fn *const acts[] = {
    [PST_DO_NOTHING] = NULL,
    [PST_DO_CHECK] = do_check,
    [PST_DO_WRITE] = do_write,
    [PST_DO_ARM] = do_arm,
    [PST_DO_TELL_STAGED] = tell_staged,
    [PST_DO_SELF_TEST] = do_self_test,
    [PST_DO_CONFIRM] = do_confirm,
    [PST_DO_REVERT] = do_revert,
    [PST_DO_TELL_REVERTED] = tell_reverted,
};

/* What the boot marker says about where we are. */
static enum pst_update_event first_event(const struct turn *turn)
{
    enum pst_update_state state = turn->memory.state;
    bool concerned = state >= PST_UPDATE_ARMING;

    /* On trial, and we know of none: the other slot is the only good one, and must not be
     * written. */
    if (!concerned && turn->boot.trial)
        return PST_EVENT_BOOTED_NEW;
    if (concerned && turn->boot.active == turn->memory.target)
        return PST_EVENT_BOOTED_NEW;
    if (concerned && state != PST_UPDATE_ARMING && turn->boot.next != turn->memory.target)
        return PST_EVENT_BOOTED_OLD;
    return PST_EVENT_WOKEN;
}

/* Persist, then act; an act's event leads on, until one leads nowhere. */
static enum pst_code drive(struct turn *turn)
{
    struct pst_update_step step = pst_update_step(turn->memory.state, first_event(turn));

    while (step.known) {
        turn->memory.state = step.state;
        enum pst_code rc = pst_memory_keep_update(state_of(turn), &turn->memory, &turn->out->why);
        if (rc != PST_OK)
            return rc;
        if (acts[step.action] == NULL)
            return PST_OK;
        step = pst_update_step(step.state, acts[step.action](turn));
    }
    return PST_OK;
}

/* Not reaching the service loses nothing: the report waits for the next cycle. */
static void deliver(struct turn *turn)
{
    struct pst_report *why = &turn->out->why;
    char terminal[PST_NAME_ROOM];
    struct pst_session_options options = {.transport = &turn->agent->ports->transport,
                                          .service = turn->agent->service,
                                          .limits = turn->agent->sources.limits,
                                          .key = turn->agent->key};
    PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);

    if (tried == NULL || pst_memory_load_terminal(state_of(turn), terminal, why) != PST_OK ||
        terminal[0] == '\0')
        return;
    struct pst_session session = pst_session_open(&options, terminal);
    (void)!pst_reports_send(state_of(turn), &session, tried);
    pst_session_close(&session);
    pst_report_append(why, tried, /* noted= */ true);
}

/* ---- the entrances */

static enum pst_code begin(const struct pst_agent *agent, struct turn *turn, struct pst_report *why)
{
    const struct pst_boot_port *boot = &agent->ports->boot;
    enum pst_code rc = boot->read(boot->context, &turn->boot, why);
    return rc != PST_OK ? rc : pst_memory_load_update(&agent->ports->state, &turn->memory, why);
}

static enum pst_code run_turn(struct turn *turn)
{
    enum pst_code rc = drive(turn);
    turn->out->state = turn->memory.state;
    turn->out->version = turn->memory.version;
    turn->out->restart_wanted =
        turn->out->restart_wanted || turn->memory.state == PST_UPDATE_STAGED;
    if (turn->reportable) {
        enum pst_code kept = turn->reported ? PST_OK : report(turn);
        rc = rc != PST_OK ? rc : kept;
        deliver(turn);
    }
    pst_check_clear(&turn->check);
    return rc;
}

enum pst_code pst_agent_once(const struct pst_agent *agent, bool simulate_restart,
                             struct pst_cycle *out, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct turn *turn = calloc(1, sizeof *turn);
    const struct pst_boot_port *boot = &agent->ports->boot;

    if (turn == NULL)
        return pst_no_memory(why, "a cycle");
    memset(out, 0, sizeof *out);
    if (simulate_restart && boot->simulate_restart != NULL) {
        enum pst_code rc = boot->simulate_restart(boot->context, why);
        if (rc != PST_OK)
            return rc;
    }
    turn->agent = agent;
    turn->out = out;
    enum pst_code rc = begin(agent, turn, why);
    return rc != PST_OK ? rc : run_turn(turn);
}

/* By hand: the same steps that the self test leads to, with the operator's word in its place. */
static enum pst_code by_hand(const struct pst_agent *agent, enum pst_update_event event,
                             struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct turn *turn = calloc(1, sizeof *turn);
    PST_CLEANUP(pst_heap) struct pst_cycle *out = calloc(1, sizeof *out);

    if (turn == NULL || out == NULL)
        return pst_no_memory(why, "a cycle");
    turn->agent = agent;
    turn->out = out;
    enum pst_code rc = begin(agent, turn, why);
    if (rc != PST_OK)
        return rc;
    struct pst_update_step step = pst_update_step(turn->memory.state, event);
    if (!step.known || turn->boot.active != turn->memory.target)
        return pst_refuse(why, PST_USAGE, pst_say("a release on trial"),
                          pst_say("the state '%s'", pst_update_state_name(turn->memory.state)));
    turn->memory.state = step.state;
    rc = pst_memory_keep_update(state_of(turn), &turn->memory, why);
    if (rc == PST_OK)
        step = pst_update_step(step.state, acts[step.action](turn));
    if (rc == PST_OK && step.known) {
        turn->memory.state = step.state;
        rc = pst_memory_keep_update(state_of(turn), &turn->memory, why);
    }
    if (rc == PST_OK && !turn->reported)
        rc = report(turn);
    deliver(turn);
    pst_report_append(why, &out->why, false);
    return rc != PST_OK ? rc : pst_report_verdict(&out->why);
}

enum pst_code pst_agent_confirm(const struct pst_agent *agent, struct pst_report *why)
{
    return by_hand(agent, PST_EVENT_HEALTHY, why);
}

enum pst_code pst_agent_revert(const struct pst_agent *agent, struct pst_report *why)
{
    return by_hand(agent, PST_EVENT_SICK, why);
}
