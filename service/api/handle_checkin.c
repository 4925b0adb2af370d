/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_checkin.c - facts in, a signed assignment out.
 *
 * The assignment is signed here, on the worker, with the number after the terminal's last one; the
 * writer then takes it only if that is still so. Should the same terminal have been quicker
 * elsewhere, the writer signs anew: numbers never repeat, and signing costs no time of the
 * writer's otherwise.
 */
#include <stdio.h>

#include "service/api/call.h"
#include "service/api/terminal_access.h"
#include "service/rollout/rollout.h"

enum { ENVELOPE_MOST = 32 * 1024 };

struct checkin_work {
    struct pst_work work; /* first */
    char terminal[PST_ID_ROOM];
    struct pst_facts facts;
    struct pst_assignment assignment;
    struct pst_buf envelope;
};

/* ---- what this terminal is to do */

struct wanted {
    const struct pst_facts *facts;
    struct pst_rollout_row *out;
    bool found;
};

/* Rows come newest first: the newest that runs and holds the terminal decides, also by having been
 * done already. An older one behind it would only lead back. */
static bool consider(void *context, const void *row)
{
    struct wanted *wanted = context;
    const struct pst_rollout_row *rollout = row;

    if (rollout->state != PST_ROLLOUT_RUNNING || !pst_rollout_holds(rollout, wanted->facts))
        return true;
    *wanted->out = *rollout;
    wanted->found = true;
    return false;
}

/* The rollout list is short; a cache would stand here. */
static enum pst_code find_rollout(struct pst_call *call, const struct pst_facts *facts,
                                  struct pst_rollout_row *out, bool *found)
{
    struct wanted wanted = {.facts = facts, .out = out};
    enum pst_code code =
        call->reader->ops->rollouts(call->reader, facts->product, consider, &wanted, &call->why);
    *found = code == PST_OK && wanted.found;
    return code;
}

/* Installed and not on trial any more; or tried and reverted: a second try takes a new rollout. */
static bool is_done(const struct pst_rollout_row *rollout, const struct pst_terminal_row *row,
                    const struct pst_facts *facts)
{
    bool same = strcmp(row->rollout, rollout->id) == 0;
    bool under_way =
        same && (row->progress == PST_PROGRESS_FETCHING || row->progress == PST_PROGRESS_STAGED ||
                 row->progress == PST_PROGRESS_TRIAL);

    if (same && row->progress == PST_PROGRESS_REVERTED)
        return true;
    return !under_way && pst_version_compare(&facts->os, &rollout->version) == 0;
}

static void give_order(struct pst_assignment *assignment, const struct pst_rollout_row *rollout)
{
    assignment->has_order = true;
    assignment->version = rollout->version;
    assignment->downgrade = rollout->downgrade;
    snprintf(assignment->rollout, sizeof assignment->rollout, "%s", rollout->id);
    snprintf(assignment->product, sizeof assignment->product, "%s", rollout->product);
    snprintf(assignment->manifest, sizeof assignment->manifest, "%s", rollout->manifest);
}

static enum pst_code decide_order(struct pst_call *call, const struct pst_terminal_row *row,
                                  struct checkin_work *work)
{
    struct pst_rollout_row rollout;
    bool found = false;

    enum pst_code code = find_rollout(call, &work->facts, &rollout, &found);
    if (code == PST_OK && found && !is_done(&rollout, row, &work->facts))
        give_order(&work->assignment, &rollout);
    return code;
}

static enum pst_code sign(const struct pst_api *api, struct checkin_work *work,
                          struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(ENVELOPE_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST);

    enum pst_code code = pst_assignment_print(&work->assignment, &body, why);
    if (code == PST_OK)
        code = pst_private_key_sign(api->options.assignments_key, pst_buf_bytes(&body), &hex, why);
    if (code != PST_OK)
        return code;
    if (!pst_buf_add(&hex, "", 1))
        return pst_no_memory(why, "a signature");
    struct pst_envelope_new_signature signature = {api->assignments_keyid, (const char *)hex.at};
    work->envelope.len = 0;
    return pst_envelope_print(pst_buf_bytes(&body), &signature, 1, &work->envelope, why);
}

/* ---- storing it */

static enum pst_code apply_checkin(struct pst_work *base, struct pst_store *store)
{
    struct checkin_work *work = (struct checkin_work *)base;
    struct pst_report *why = &base->job.why;
    struct pst_terminal_row row;

    enum pst_code code = pst_terminal_accepted(store, work->terminal, &row, why);
    if (code != PST_OK)
        return code;
    if (work->assignment.sequence != row.assignment_sequence + 1) {
        work->assignment.sequence = row.assignment_sequence + 1;
        code = sign(base->api, work, why);
        if (code != PST_OK)
            return code;
    }
    return store->ops->put_checkin(store, work->terminal, &work->facts, work->assignment.issued_s,
                                   work->assignment.sequence, why);
}

static void answer_checkin(struct pst_work *base, struct pst_response *response)
{
    struct checkin_work *work = (struct checkin_work *)base;
    struct pst_json_out json = pst_response_json(response, 200);

    pst_out_open(&json, NULL, '{');
    pst_out_integer(&json, "poll_seconds", base->api->options.poll_s);
    pst_out_string(&json, "state", pst_terminal_state_name(PST_TERMINAL_ACCEPTED));
    pst_out_verbatim(&json, "assignment", pst_buf_bytes(&work->envelope));
    pst_out_close(&json, '}');
    pst_response_json_end(response, base->api, base->request, &json);
}

static void clear_checkin(struct pst_work *base)
{
    pst_buf_clear(&((struct checkin_work *)base)->envelope);
}

/* ---- reading it */

static void read_checkin(struct pst_fields *fields, struct checkin_work *work)
{
    struct pst_text nonce = pst_fields_text(fields, "nonce", PST_NONCE_ROOM - 1);
    const struct pst_json *facts = pst_fields_object(fields, "facts");

    snprintf(work->assignment.nonce, sizeof work->assignment.nonce, "%.*s", PST_ARGS(nonce));
    if (facts != NULL)
        pst_fields_merge(fields, pst_facts_parse(facts, &work->facts, fields->why));
}

/* A token speaks for one terminal; its facts must not speak for another. */
static enum pst_code check_identity(const struct pst_terminal_row *row,
                                    const struct pst_facts *facts, struct pst_report *why)
{
    if (strcmp(row->serial, facts->serial) == 0 && strcmp(row->product, facts->product) == 0)
        return PST_OK;
    return pst_refuse(why, PST_SERVICE_CONFLICT,
                      pst_say("serial %s of product %s, as enrolled", row->serial, row->product),
                      pst_say("serial %s of product %s", facts->serial, facts->product));
}

static enum pst_code prepare(struct pst_call *call, struct checkin_work *work)
{
    const struct pst_api *api = call->api;
    struct pst_terminal_row row;

    enum pst_code code = pst_terminal_accepted(call->reader, call->caller.id, &row, &call->why);
    if (code == PST_OK)
        code = check_identity(&row, &work->facts, &call->why);
    if (code != PST_OK)
        return code;
    /* Where an operator put it into a group, its own word does not move it to another. */
    if (row.group[0] != '\0')
        snprintf(work->facts.group, sizeof work->facts.group, "%s", row.group);
    snprintf(work->terminal, sizeof work->terminal, "%s", row.id);
    snprintf(work->assignment.terminal, sizeof work->assignment.terminal, "%s", row.id);
    work->assignment.issued_s = pst_api_now(api);
    work->assignment.expires_s = work->assignment.issued_s + api->options.assignment_s;
    work->assignment.sequence = row.assignment_sequence + 1;
    code = decide_order(call, &row, work);
    return code == PST_OK ? sign(api, work, &call->why) : code;
}

void pst_handle_checkin(struct pst_call *call)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    if (!pst_call_json(call, &json))
        return;
    struct checkin_work *work = pst_call_work(call, sizeof *work, apply_checkin, answer_checkin);
    if (work == NULL)
        return;
    work->envelope = pst_buf(ENVELOPE_MOST);
    work->work.clear = clear_checkin;

    struct pst_fields fields = pst_fields_open(json, &call->why);
    read_checkin(&fields, work);
    enum pst_code code = pst_fields_close(&fields);
    if (code == PST_OK)
        code = prepare(call, work);
    if (code == PST_OK) {
        pst_call_write(call, &work->work);
    } else {
        work->work.job.why = call->why;
        pst_work_done(&work->work, code);
    }
}
