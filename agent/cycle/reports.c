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

static enum pst_code parse_row(struct pst_bytes bytes, struct row *out)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;

    enum pst_code rc = pst_json_parse(bytes, &pst_json_small, &json, NULL);
    if (rc != PST_OK)
        return rc;
    out->first = pst_json_integer(pst_json_member(json, "first"));
    out->next = pst_json_integer(pst_json_member(json, "next"));
    return PST_OK;
}

static bool is_sound(const struct row *row)
{
    return row->first >= 1 && row->next >= row->first && row->next < PST_JSON_INTEGER_MAX &&
           row->next - row->first <= PST_REPORTS_MOST;
}

/*
 * Without a row (a new terminal, or one that lost its state) the numbers begin at `begin`, the
 * time of the first report in seconds: the service counts only higher numbers than it had, and
 * whoever began at 1 again would talk to nobody.
 */
static enum pst_code load_row(const struct pst_state_port *state, int64_t begin, struct row *out,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1024);

    enum pst_code rc = state->read(state->context, "reports", &bytes, NULL);
    if (rc != PST_OK && rc != PST_HOST_NOT_FOUND && rc != PST_TOO_LARGE)
        return pst_refuse(why, rc, pst_say("to read the row of reports"),
                          pst_say("%s", pst_code_name(rc)));
    struct row row = {0, 0};
    if (rc == PST_OK && parse_row(pst_buf_bytes(&bytes), &row) == PST_NO_MEMORY)
        return pst_no_memory(why, "the row of reports");
    if (rc == PST_OK && is_sound(&row)) {
        *out = row;
        return PST_OK;
    }
    if (rc != PST_HOST_NOT_FOUND)
        pst_note(why, PST_HOST_STATE, pst_say("the row of reports to make sense"),
                 pst_say("a damaged document"));
    *out = (struct row){begin, begin};
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

    enum pst_code rc = load_row(state, report->at_s > 0 ? report->at_s : 1, &row, why);
    while (rc == PST_OK && row.next - row.first >= PST_REPORTS_MOST)
        rc = drop_first(state, &row, why);
    if (rc != PST_OK)
        return rc;
    report->sequence = row.next;
    rc = keep_report(state, key, report, why);
    row.next++;
    return rc != PST_OK ? rc : keep_row(state, &row, why);
}

/*
 * An answer that will be the same for ever: keeping the report would block all that follow. Only
 * the service's own word counts, not a status that anybody on the way may have given.
 */
static bool is_final(const struct pst_session *session, enum pst_code code)
{
    static const enum pst_code codes[] = {
        PST_SERVICE_BAD_REQUEST, PST_SERVICE_CONFLICT,
        PST_SERVICE_NOT_FOUND, /* the rollout that it speaks of */
        PST_SIGNATURE_INVALID,   PST_SIGNATURE_MISSING,
        PST_SIGNATURE_DUPLICATE, PST_METADATA_FORMAT_UNKNOWN,
        PST_BAD_SYNTAX,          PST_BAD_ENCODING,
        PST_DUPLICATE_FIELD,     PST_MISSING_FIELD,
        PST_UNKNOWN_FIELD,       PST_WRONG_TYPE,
        PST_OUT_OF_BOUNDS,       PST_TOO_LARGE,
        PST_INCONSISTENT,
    };
    for (size_t i = 0; session->explained && i < PST_COUNT(codes); i++)
        if (codes[i] == code)
            return true;
    return false;
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
    bool final = rc != PST_OK && is_final(session, rc);
    pst_report_append(why, answer, /* noted= */ final);
    return final ? PST_OK : rc;
}

enum pst_code pst_reports_send(const struct pst_state_port *state, struct pst_session *session,
                               struct pst_report *why)
{
    struct row row;
    PST_WITHIN(why, "reports");

    enum pst_code rc = load_row(state, 1, &row, why);
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
    enum pst_code rc = load_row(state, 1, &row, why);
    if (rc == PST_OK)
        *out = row.next - row.first;
    return rc;
}
