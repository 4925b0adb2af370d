/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_terminals.c - operators look at terminals, announce them, accept and block them.
 */
#include <stdio.h>

#include "service/api/call.h"
#include "service/api/url.h"
#include "service/api/views.h"

enum { PAGE_DEFAULT = 100, CODE_BYTES = 10 };

/* ---- listing */

struct listing {
    struct pst_json_out json;
    bool only_state; /* enrolment state; looked at here, row by row */
    enum pst_terminal_state state;
    int64_t seen;
    char last[PST_ID_ROOM];
};

static bool view_row(void *context, const void *row)
{
    struct listing *listing = context;
    const struct pst_terminal_row *terminal = row;

    listing->seen++;
    memcpy(listing->last, terminal->id, sizeof listing->last);
    if (listing->only_state && terminal->state != listing->state)
        return true;
    pst_out_open(&listing->json, NULL, '{');
    pst_view_terminal(&listing->json, terminal);
    pst_out_close(&listing->json, '}');
    return !listing->json.failed;
}

/* `state` is an enrolment state, or the progress of the last report. */
static enum pst_code read_state(const char *state, struct pst_terminal_query *query,
                                struct listing *listing, struct pst_report *why)
{
    enum pst_progress progress;

    if (state[0] == '\0')
        return PST_OK;
    for (int i = PST_TERMINAL_REGISTERED; i <= PST_TERMINAL_BLOCKED; i++) {
        if (strcmp(state, pst_terminal_state_name((enum pst_terminal_state)i)) == 0) {
            listing->only_state = true;
            listing->state = (enum pst_terminal_state)i;
            return PST_OK;
        }
    }
    if (!pst_progress_parse(pst_text(state), &progress))
        return pst_refuse(why, PST_SERVICE_BAD_REQUEST,
                          pst_say("the state of an enrolment or of an update"),
                          pst_say("'%s'", state));
    snprintf(query->progress, sizeof query->progress, "%s", state);
    return PST_OK;
}

static enum pst_code read_query(struct pst_call *call, struct pst_terminal_query *query,
                                struct listing *listing)
{
    char state[PST_NAME_ROOM] = "";
    const struct pst_url_parameter parameters[] = {
        {.name = "cursor", .text = query->after, .room = sizeof query->after},
        {.name = "limit", .number = &query->limit, .least = 1, .most = PST_PAGE_MOST},
        {.name = "product", .text = query->product, .room = sizeof query->product},
        {.name = "state", .text = state, .room = sizeof state},
        {.name = "finding", .text = query->finding, .room = sizeof query->finding},
        {.name = "serial", .text = query->serial, .room = sizeof query->serial},
    };
    enum pst_code code =
        pst_url_query(call->request->query, parameters, PST_COUNT(parameters), &call->why);
    return code == PST_OK ? read_state(state, query, listing, &call->why) : code;
}

void pst_handle_terminals(struct pst_call *call)
{
    struct pst_terminal_query query = {.limit = PAGE_DEFAULT};
    struct listing listing = {.seen = 0};
    struct pst_response response;

    if (read_query(call, &query, &listing) != PST_OK) {
        pst_call_problem(call);
        return;
    }
    listing.json = pst_response_json(&response, 200);
    pst_out_open(&listing.json, NULL, '{');
    pst_out_open(&listing.json, "terminals", '[');
    enum pst_code code =
        call->reader->ops->terminals(call->reader, &query, view_row, &listing, &call->why);
    pst_out_close(&listing.json, ']');
    pst_out_string(&listing.json, "next", listing.seen == query.limit ? listing.last : NULL);
    pst_out_close(&listing.json, '}');
    if (code == PST_OK) {
        pst_call_end_json(call, &response, &listing.json);
        return;
    }
    pst_response_clear(&response);
    pst_call_problem(call);
}

/* ---- one terminal */

static void view_report(struct pst_json_out *json, const struct pst_terminal_report *report)
{
    pst_out_open(json, "report", '{');
    pst_out_integer(json, "sequence", report->sequence);
    pst_view_instant(json, "at", report->at_s);
    pst_out_string(json, "progress", pst_progress_name(report->progress));
    pst_out_string(json, "rollout", report->rollout[0] != '\0' ? report->rollout : NULL);
    pst_out_string(json, "version", report->version.text[0] != '\0' ? report->version.text : NULL);
    pst_out_string(json, "source", report->source[0] != '\0' ? report->source : NULL);
    pst_out_integer(json, "fetched_bytes", report->fetched_bytes);
    pst_out_close(json, '}');
}

static void view_whole(struct pst_call *call, const struct pst_terminal_row *row,
                       const struct pst_terminal_report *report)
{
    static const struct pst_report nothing = {0};
    struct pst_response response;
    struct pst_json_out json = pst_response_json(&response, 200);

    pst_out_open(&json, NULL, '{');
    pst_view_terminal(&json, row);
    pst_out_integer(&json, "assignment", row->assignment_sequence);
    if (row->has_facts)
        pst_facts_print(&row->facts, &json, "facts");
    else
        pst_out_null(&json, "facts");
    if (report != NULL)
        view_report(&json, report);
    else
        pst_out_null(&json, "report");
    pst_view_findings(&json, "why", report != NULL ? &report->findings : &nothing, call->book);
    pst_out_close(&json, '}');
    pst_call_end_json(call, &response, &json);
}

void pst_handle_terminal(struct pst_call *call)
{
    struct pst_terminal_row row = {0};
    struct pst_terminal_report report = {0};

    enum pst_code code = pst_url_query(call->request->query, NULL, 0, &call->why);
    if (code == PST_OK)
        code = pst_refuse_missing(
            &call->why, call->reader->ops->terminal(call->reader, call->param, &row, &call->why),
            "terminal", call->param);
    if (code != PST_OK) {
        pst_call_problem(call);
        return;
    }
    code = call->reader->ops->last_report(call->reader, row.id, &report, &call->why);
    if (code == PST_OK || code == PST_SERVICE_NOT_FOUND)
        view_whole(call, &row, code == PST_OK ? &report : NULL);
    else
        pst_call_problem(call);
}

/* ---- announcing */

struct add_work {
    struct pst_work work; /* first */
    struct pst_terminal_row row;
    char code[2 * CODE_BYTES + 1]; /* shown once */
};

/* A serial that is announced but not enrolled yet gets a new code: the old one may be lost. */
static enum pst_code apply_add(struct pst_work *base, struct pst_store *store)
{
    struct add_work *work = (struct add_work *)base;
    struct pst_terminal_row known = {0};

    enum pst_code code = store->ops->terminal_by_serial(store, work->row.product, work->row.serial,
                                                        &known, &base->job.why);
    if (code == PST_OK && (known.has_key || known.state != PST_TERMINAL_REGISTERED))
        return pst_refuse(
            &base->job.why, PST_SERVICE_CONFLICT, pst_say("a serial that is new"),
            pst_say("terminal %s, %s", known.id, pst_terminal_state_name(known.state)));
    if (code == PST_OK)
        memcpy(work->row.id, known.id, sizeof work->row.id);
    else if (code != PST_SERVICE_NOT_FOUND)
        return code;
    return store->ops->put_terminal(store, &work->row, &base->job.why);
}

static void answer_add(struct pst_work *base, struct pst_response *response)
{
    struct add_work *work = (struct add_work *)base;
    struct pst_json_out json = pst_response_json(response, 201);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "id", work->row.id);
    pst_out_string(&json, "serial", work->row.serial);
    pst_out_string(&json, "code", work->code);
    pst_out_close(&json, '}');
    pst_response_header(response, "Location", "/api/v1/terminals/%s", work->row.id);
    pst_response_json_end(response, base->api, base->request, &json);
}

static enum pst_code read_add(const struct pst_json *json, struct pst_terminal_row *row,
                              struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    struct pst_text serial = pst_fields_name(&fields, "serial");
    struct pst_text product = pst_fields_name(&fields, "product");
    struct pst_text group = {0};

    if (pst_fields_has(&fields, "group"))
        group = pst_fields_text(&fields, "group", PST_TAG_ROOM - 1);
    snprintf(row->serial, sizeof row->serial, "%.*s", PST_ARGS(serial));
    snprintf(row->product, sizeof row->product, "%.*s", PST_ARGS(product));
    snprintf(row->group, sizeof row->group, "%.*s", PST_ARGS(group));
    return pst_fields_close(&fields);
}

static enum pst_code make_code(struct add_work *work, struct pst_report *why)
{
    uint8_t random[12 + CODE_BYTES];

    enum pst_code code = pst_random(random, sizeof random, why);
    if (code != PST_OK)
        return code;
    work->row.id[0] = 't';
    work->row.id[1] = '-';
    pst_hex_print(pst_bytes(random, 12), work->row.id + 2);
    pst_hex_print(pst_bytes(random + 12, CODE_BYTES), work->code);
    return pst_sha256(pst_bytes_of(pst_text(work->code)), work->row.code_sha256, why);
}

void pst_handle_terminal_add(struct pst_call *call)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    if (!pst_call_json(call, &json))
        return;
    struct add_work *work = pst_call_work(call, sizeof *work, apply_add, answer_add);
    if (work == NULL)
        return;
    work->row.state = PST_TERMINAL_REGISTERED;
    work->row.registered_s = pst_api_now(call->api);
    enum pst_code code = read_add(json, &work->row, &work->work.job.why);
    if (code == PST_OK)
        code = make_code(work, &work->work.job.why);
    if (code == PST_OK)
        pst_call_write(call, &work->work);
    else
        pst_work_done(&work->work, code);
}

/* ---- accepting and blocking */

struct state_work {
    struct pst_work work; /* first */
    char id[PST_ID_ROOM];
    enum pst_terminal_state wanted;
    struct pst_terminal_row row;
};

static enum pst_code apply_state(struct pst_work *base, struct pst_store *store)
{
    struct state_work *work = (struct state_work *)base;
    struct pst_report *why = &base->job.why;

    enum pst_code code = pst_refuse_missing(
        why, store->ops->terminal(store, work->id, &work->row, why), "terminal", work->id);
    if (code != PST_OK || work->row.state == work->wanted)
        return code;
    if (work->wanted == PST_TERMINAL_ACCEPTED && !work->row.has_key)
        return pst_refuse(why, PST_SERVICE_CONFLICT, pst_say("a terminal that has enrolled"),
                          pst_say("%s", pst_terminal_state_name(work->row.state)));
    work->row.state = work->wanted;
    return store->ops->put_terminal(store, &work->row, why);
}

static void answer_state(struct pst_work *base, struct pst_response *response)
{
    struct state_work *work = (struct state_work *)base;
    struct pst_json_out json = pst_response_json(response, 200);

    pst_out_open(&json, NULL, '{');
    pst_view_terminal(&json, &work->row);
    pst_out_close(&json, '}');
    pst_response_json_end(response, base->api, base->request, &json);
}

static void change_state(struct pst_call *call, enum pst_terminal_state wanted)
{
    struct state_work *work = pst_call_work(call, sizeof *work, apply_state, answer_state);
    if (work == NULL)
        return;
    work->wanted = wanted;
    snprintf(work->id, sizeof work->id, "%.*s", PST_ID_ROOM - 1, call->param);
    if (strlen(call->param) < PST_ID_ROOM)
        pst_call_write(call, &work->work);
    else
        pst_work_done(&work->work, pst_refuse_missing(&work->work.job.why, PST_SERVICE_NOT_FOUND,
                                                      "terminal", call->param));
}

void pst_handle_terminal_accept(struct pst_call *call)
{
    change_state(call, PST_TERMINAL_ACCEPTED);
}

void pst_handle_terminal_block(struct pst_call *call)
{
    change_state(call, PST_TERMINAL_BLOCKED);
}
