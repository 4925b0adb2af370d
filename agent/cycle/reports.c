/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cycle/reports.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/fields.h"
#include "manifests/json_out.h"

enum { REPORT_BYTES = 131072, FILE_NAME_ROOM = 48 };

/* Those that wait have the numbers first .. next - 1. */
struct row {
    int64_t first, next;
};

static const char *name_of(int64_t sequence, char out[FILE_NAME_ROOM])
{
    snprintf(out, FILE_NAME_ROOM, "report-%" PRId64, sequence);
    return out;
}

static enum pst_code load_row(const struct pst_state_port *state, struct row *out,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1024);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct row row = {1, 1};

    enum pst_code rc = state->read(state->context, "reports", &bytes, why);
    if (rc != PST_OK && rc != PST_HOST_NOT_FOUND)
        return rc;
    if (rc == PST_OK &&
        pst_json_parse(pst_buf_bytes(&bytes), &pst_json_small, &json, NULL) == PST_OK) {
        row.first = pst_json_integer(pst_json_member(json, "first"));
        row.next = pst_json_integer(pst_json_member(json, "next"));
    }
    bool sound =
        row.first >= 1 && row.next >= row.first && row.next - row.first <= PST_REPORTS_MOST;
    *out = sound ? row : (struct row){1, 1};
    return PST_OK;
}

static enum pst_code keep_row(const struct pst_state_port *state, const struct row *row,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1024);
    struct pst_json_out out = pst_json_out(&bytes);

    pst_out_open(&out, NULL, '{');
    pst_out_integer(&out, "first", row->first);
    pst_out_integer(&out, "next", row->next);
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        return pst_no_memory(why, "the row of reports");
    return state->replace(state->context, "reports", pst_buf_bytes(&bytes), why);
}

static enum pst_code drop_first(const struct pst_state_port *state, struct row *row,
                                struct pst_report *why)
{
    char name[FILE_NAME_ROOM];
    int64_t dropped = row->first++;
    enum pst_code rc = keep_row(state, row, why);
    return rc != PST_OK ? rc : state->remove(state->context, name_of(dropped, name), why);
}

static enum pst_code keep_report(const struct pst_state_port *state,
                                 const struct pst_private_key *key,
                                 const struct pst_terminal_report *report, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(REPORT_BYTES);
    PST_CLEANUP(pst_buf) struct pst_buf envelope = pst_buf(2 * REPORT_BYTES);
    char name[FILE_NAME_ROOM];

    enum pst_code rc = pst_terminal_report_print(report, &body, why);
    if (rc == PST_OK)
        rc = pst_session_sign(key, pst_buf_bytes(&body), &envelope, why);
    if (rc == PST_OK)
        rc = state->replace(state->context, name_of(report->sequence, name),
                            pst_buf_bytes(&envelope), why);
    return rc;
}

enum pst_code pst_reports_add(const struct pst_state_port *state, const struct pst_private_key *key,
                              struct pst_terminal_report *report, struct pst_report *why)
{
    struct row row;
    PST_WITHIN(why, "reports");

    enum pst_code rc = load_row(state, &row, why);
    while (rc == PST_OK && row.next - row.first >= PST_REPORTS_MOST)
        rc = drop_first(state, &row, why);
    if (rc != PST_OK)
        return rc;
    report->sequence = row.next;
    rc = keep_report(state, key, report, why);
    row.next++;
    return rc != PST_OK ? rc : keep_row(state, &row, why);
}

/* An answer that will be the same for ever: keeping the report would block all that follow. */
static bool is_final(enum pst_code code)
{
    return code == PST_SERVICE_BAD_REQUEST || code == PST_SERVICE_CONFLICT ||
           code == PST_SIGNATURE_INVALID || code == PST_MISSING_FIELD || code == PST_WRONG_TYPE ||
           code == PST_OUT_OF_BOUNDS || code == PST_UNKNOWN_FIELD || code == PST_BAD_SYNTAX ||
           code == PST_METADATA_FORMAT_UNKNOWN;
}

static enum pst_code send_one(const struct pst_state_port *state, struct pst_session *session,
                              int64_t sequence, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf envelope = pst_buf(2 * REPORT_BYTES);
    PST_CLEANUP(pst_heap) struct pst_report *answer = calloc(1, sizeof *answer);
    char name[FILE_NAME_ROOM];

    if (answer == NULL)
        return pst_no_memory(why, "a report");
    enum pst_code rc = state->read(state->context, name_of(sequence, name), &envelope, why);
    if (rc == PST_HOST_NOT_FOUND)
        return PST_OK; /* the cut came between the row and the removal */
    if (rc == PST_OK)
        rc = pst_session_report(session, pst_buf_bytes(&envelope), answer);
    bool final = is_final(rc);
    pst_report_append(why, answer, /* noted= */ final);
    return final ? PST_OK : rc;
}

enum pst_code pst_reports_send(const struct pst_state_port *state, struct pst_session *session,
                               struct pst_report *why)
{
    struct row row;
    PST_WITHIN(why, "reports");

    enum pst_code rc = load_row(state, &row, why);
    while (rc == PST_OK && row.first < row.next) {
        rc = send_one(state, session, row.first, why);
        if (rc == PST_OK)
            rc = drop_first(state, &row, why);
    }
    return rc;
}

enum pst_code pst_reports_waiting(const struct pst_state_port *state, int64_t *out,
                                  struct pst_report *why)
{
    struct row row;
    enum pst_code rc = load_row(state, &row, why);
    if (rc == PST_OK)
        *out = row.next - row.first;
    return rc;
}
