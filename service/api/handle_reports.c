/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_reports.c - what a terminal did: signed by its key, numbered, counted once.
 */
#include "service/api/call.h"
#include "service/api/terminal_access.h"

struct report_work {
    struct pst_work work; /* first */
    struct pst_terminal_report report;
};

static enum pst_code apply_report(struct pst_work *base, struct pst_store *store)
{
    struct report_work *work = (struct report_work *)base;
    struct pst_terminal_row row;
    bool fresh;

    enum pst_code code = pst_terminal_accepted(store, work->report.terminal, &row, &base->job.why);
    if (code != PST_OK)
        return code;
    return store->ops->put_report(store, &work->report, &fresh, &base->job.why);
}

static void answer_report(struct pst_work *base, struct pst_response *response)
{
    struct report_work *work = (struct report_work *)base;
    struct pst_json_out json = pst_response_json(response, 200);

    pst_out_open(&json, NULL, '{');
    pst_out_integer(&json, "accepted", work->report.sequence);
    pst_out_close(&json, '}');
    pst_response_json_end(response, base->api, base->request, &json);
}

static enum pst_code verify(const struct pst_envelope *envelope, const struct pst_terminal_row *row,
                            struct pst_report *why)
{
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
    enum pst_code code = pst_public_key_load(pst_text(row->keytype), pst_text(row->scheme),
                                             pst_text(row->public_part), &key, why);
    return code == PST_OK ? pst_verify_by_key(envelope, key, why) : code;
}

/* The rollout it speaks of, if any, is one of the terminal's own product. */
static enum pst_code check_rollout(struct pst_call *call, const struct pst_terminal_report *report,
                                   const struct pst_terminal_row *row)
{
    struct pst_rollout_row rollout;

    if (report->rollout[0] == '\0')
        return PST_OK;
    enum pst_code code =
        call->reader->ops->rollout(call->reader, report->rollout, &rollout, &call->why);
    if (code == PST_OK && strcmp(rollout.product, row->product) != 0)
        code = PST_SERVICE_NOT_FOUND;
    return pst_refuse_missing(&call->why, code, "rollout of this product", report->rollout);
}

static enum pst_code check_identity(const struct pst_terminal_report *report,
                                    const struct pst_terminal_row *row, struct pst_report *why)
{
    if (strcmp(report->terminal, row->id) == 0 && strcmp(report->product, row->product) == 0)
        return PST_OK;
    return pst_refuse(why, PST_SERVICE_FORBIDDEN, pst_say("a report of this token's terminal"),
                      pst_say("terminal %s, product %s", report->terminal, report->product));
}

static enum pst_code read_report(struct pst_call *call, struct pst_terminal_report *report)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    struct pst_terminal_row row;

    enum pst_code code = pst_terminal_accepted(call->reader, call->caller.id, &row, &call->why);
    if (code == PST_OK)
        code = pst_envelope_parse(call->request->body, &pst_json_small, &envelope, &call->why);
    if (code == PST_OK)
        code = verify(envelope, &row, &call->why);
    if (code == PST_OK)
        code = pst_terminal_report_parse(envelope->body, report, &call->why);
    if (code == PST_OK)
        code = check_identity(report, &row, &call->why);
    return code == PST_OK ? check_rollout(call, report, &row) : code;
}

void pst_handle_report(struct pst_call *call)
{
    struct report_work *work = pst_call_work(call, sizeof *work, apply_report, answer_report);
    if (work == NULL)
        return;
    enum pst_code code = read_report(call, &work->report);
    if (code == PST_OK) {
        pst_call_write(call, &work->work);
    } else {
        work->work.job.why = call->why;
        pst_work_done(&work->work, code);
    }
}
