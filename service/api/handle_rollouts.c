/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_rollouts.c - rollouts: listing, looking, and the steps from one state to the next.
 */
#include <inttypes.h>
#include <stdio.h>

#include "service/api/call.h"
#include "service/api/range.h"
#include "service/api/rollout_answer.h"
#include "service/api/url.h"
#include "service/api/views.h"
#include "service/rollout/rollout.h"

enum { PAGE_DEFAULT = 100 };

/* ---- listing */

static bool view_row(void *context, const void *row)
{
    struct pst_json_out *json = context;
    pst_out_open(json, NULL, '{');
    pst_view_rollout(json, row);
    pst_out_close(json, '}');
    return !json->failed;
}

void pst_handle_rollouts(struct pst_call *call)
{
    pst_call_list(call, "rollouts", call->reader->ops->rollouts, view_row);
}

/* ---- one rollout */

struct counting {
    struct pst_json_out *json;
    const struct pst_words_book *book;
};

static bool view_state_count(void *context, const void *row)
{
    const struct pst_count_row *count = row;
    pst_out_integer(((struct counting *)context)->json, count->key, count->count);
    return true;
}

static bool view_finding_count(void *context, const void *row)
{
    struct counting *counting = context;
    pst_view_finding_count(counting->json, row, counting->book);
    return true;
}

static enum pst_code view_counts(struct pst_call *call, const char *id, struct pst_json_out *json)
{
    struct counting counting = {json, call->book};
    struct pst_store *reader = call->reader;

    pst_out_open(json, "counts", '{');
    pst_out_open(json, "by_state", '{');
    enum pst_code code = reader->ops->rollout_counts(reader, id, /* by_finding= */ false,
                                                     view_state_count, &counting, &call->why);
    pst_out_close(json, '}');
    pst_out_open(json, "by_finding", '[');
    if (code == PST_OK)
        code = reader->ops->rollout_counts(reader, id, /* by_finding= */ true, view_finding_count,
                                           &counting, &call->why);
    pst_out_close(json, ']');
    pst_out_close(json, '}');
    return code;
}

static enum pst_code find_rollout(struct pst_call *call, struct pst_rollout_row *row)
{
    return pst_refuse_missing(
        &call->why, call->reader->ops->rollout(call->reader, call->param, row, &call->why),
        "rollout", call->param);
}

void pst_handle_rollout(struct pst_call *call)
{
    struct pst_rollout_row row = {0};
    struct pst_response response;

    if (pst_url_query(call->request->query, NULL, 0, &call->why) != PST_OK ||
        find_rollout(call, &row) != PST_OK) {
        pst_call_problem(call);
        return;
    }
    struct pst_json_out json = pst_response_json(&response, 200);
    pst_out_open(&json, NULL, '{');
    pst_view_rollout(&json, &row);
    enum pst_code code = view_counts(call, row.id, &json);
    pst_out_close(&json, '}');
    if (code == PST_OK) {
        pst_response_header(&response, "ETag", PST_ROLLOUT_ETAG, row.revision);
        pst_call_end_json(call, &response, &json);
        return;
    }
    pst_response_clear(&response);
    pst_call_problem(call);
}

struct outcomes {
    struct pst_json_out json;
    const struct pst_words_book *book;
    int64_t seen;
    char last[PST_ID_ROOM];
};

static bool view_outcome(void *context, const void *row)
{
    struct outcomes *outcomes = context;
    const struct pst_outcome_row *outcome = row;

    outcomes->seen++;
    memcpy(outcomes->last, outcome->terminal, sizeof outcomes->last);
    pst_view_outcome(&outcomes->json, outcome, outcomes->book);
    return !outcomes->json.failed;
}

void pst_handle_rollout_terminals(struct pst_call *call)
{
    int64_t limit = PAGE_DEFAULT;
    char after[PST_ID_ROOM] = "";
    const struct pst_url_parameter parameters[] = {
        {.name = "cursor", .text = after, .room = sizeof after},
        {.name = "limit", .number = &limit, .least = 1, .most = PST_PAGE_MOST},
    };
    struct outcomes outcomes = {.book = call->book};
    struct pst_rollout_row row = {0};
    struct pst_response response;

    if (pst_url_query(call->request->query, parameters, PST_COUNT(parameters), &call->why) !=
            PST_OK ||
        find_rollout(call, &row) != PST_OK) {
        pst_call_problem(call);
        return;
    }
    outcomes.json = pst_response_json(&response, 200);
    pst_out_open(&outcomes.json, NULL, '{');
    pst_out_open(&outcomes.json, "terminals", '[');
    enum pst_code code = call->reader->ops->outcomes(call->reader, row.id, after, limit,
                                                     view_outcome, &outcomes, &call->why);
    pst_out_close(&outcomes.json, ']');
    pst_out_string(&outcomes.json, "next", outcomes.seen == limit ? outcomes.last : NULL);
    pst_out_close(&outcomes.json, '}');
    if (code == PST_OK) {
        pst_call_end_json(call, &response, &outcomes.json);
        return;
    }
    pst_response_clear(&response);
    pst_call_problem(call);
}

/* ---- the steps */

struct step_work {
    struct pst_work work; /* first */
    char id[PST_ID_ROOM];
    enum pst_rollout_event event;
    struct pst_rollout_row row;
};

/* If-Match, when it is sent, names the revision that the operator saw. */
static enum pst_code check_revision(struct step_work *work)
{
    struct pst_text wanted = work->work.request->if_match;
    char etag[32];

    snprintf(etag, sizeof etag, PST_ROLLOUT_ETAG, work->row.revision);
    if (wanted.len == 0 || pst_etag_list_holds(wanted, pst_text(etag), /* weak= */ false))
        return PST_OK;
    work->work.refused_status = 412;
    return pst_refuse(&work->work.job.why, PST_SERVICE_CONFLICT,
                      pst_say("If-Match: %.*s", PST_ARGS(wanted)), pst_say("%s", etag));
}

static enum pst_code apply_step(struct pst_work *base, struct pst_store *store)
{
    struct step_work *work = (struct step_work *)base;
    struct pst_report *why = &base->job.why;
    struct pst_rollout_row *row = &work->row;

    enum pst_code code = pst_refuse_missing(why, store->ops->rollout(store, work->id, row, why),
                                            "rollout", work->id);
    if (code == PST_OK)
        code = check_revision(work);
    if (code == PST_OK)
        code = pst_rollout_step(row->state, work->event, &row->state, why);
    if (code != PST_OK)
        return code;
    row->changed_s = pst_api_now(base->api);
    if (work->event == PST_ROLLOUT_START)
        row->started_s = row->changed_s;
    row->revision++;
    return store->ops->put_rollout(store, row, why);
}

static void answer_step(struct pst_work *base, struct pst_response *response)
{
    pst_rollout_answer(base, &((struct step_work *)base)->row, 200, response);
}

static void step(struct pst_call *call, enum pst_rollout_event event)
{
    struct step_work *work = pst_call_work(call, sizeof *work, apply_step, answer_step);
    if (work == NULL)
        return;
    work->event = event;
    snprintf(work->id, sizeof work->id, "%.*s", PST_ID_ROOM - 1, call->param);
    if (strlen(call->param) < PST_ID_ROOM)
        pst_call_write(call, &work->work);
    else
        pst_work_done(&work->work, pst_refuse_missing(&work->work.job.why, PST_SERVICE_NOT_FOUND,
                                                      "rollout", call->param));
}

void pst_handle_rollout_start(struct pst_call *call)
{
    step(call, PST_ROLLOUT_START);
}

void pst_handle_rollout_pause(struct pst_call *call)
{
    step(call, PST_ROLLOUT_PAUSE);
}

void pst_handle_rollout_resume(struct pst_call *call)
{
    step(call, PST_ROLLOUT_RESUME);
}

void pst_handle_rollout_cancel(struct pst_call *call)
{
    step(call, PST_ROLLOUT_CANCEL);
}
