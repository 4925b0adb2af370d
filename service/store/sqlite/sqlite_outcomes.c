/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "service/store/sqlite/sqlite_ops.h"

static void read_report(struct pst_query *query, struct pst_terminal_report *out)
{
    *out = (struct pst_terminal_report){0};
    pst_column_text(query, 0, out->terminal, sizeof out->terminal);
    out->sequence = pst_column_integer(query, 1);
    out->at_s = pst_column_integer(query, 2);
    pst_column_text(query, 3, out->rollout, sizeof out->rollout);
    pst_column_text(query, 4, out->product, sizeof out->product);
    pst_column_version(query, 5, &out->version);
    out->progress = (enum pst_progress)pst_column_choice(query, 6, PST_PROGRESS_FAILED);
    pst_column_text(query, 7, out->source, sizeof out->source);
    out->fetched_bytes = pst_column_integer(query, 8);
    pst_column_findings(query, 9, &out->findings);
    out->findings.omitted = (size_t)pst_column_choice(query, 10, INT32_MAX);
}

enum pst_code pst_sqlite_last_report(struct pst_store *handle, const char *terminal,
                                     struct pst_terminal_report *out, struct pst_report *why)
{
    static const char sql[] =
        "SELECT t.id, n.report_sequence, o.at_s, ifnull(r.id, o.stated_rollout), o.product, "
        "o.version, o.progress, o.source, o.fetched_bytes, o.findings, o.omitted "
        "FROM terminal AS t JOIN terminal_now AS n ON n.terminal = t.key "
        "JOIN outcome AS o ON o.rollout = n.rollout AND o.terminal = t.key "
        "LEFT JOIN rollout AS r ON r.key = n.rollout WHERE t.id = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);
    struct pst_terminal_report report;

    pst_bind_string(&query, terminal);
    enum pst_code code = pst_query_one(&query);
    if (code != PST_OK)
        return code;
    read_report(&query, &report);
    code = pst_query_end(&query);
    if (code == PST_OK)
        *out = report;
    return code;
}

static void read_row(struct pst_query *query, const char *rollout, struct pst_outcome_row *out)
{
    *out = (struct pst_outcome_row){0};
    pst_column_text(query, 0, out->terminal, sizeof out->terminal);
    pst_column_text(query, 1, out->serial, sizeof out->serial);
    snprintf(out->rollout, sizeof out->rollout, "%s", rollout);
    out->progress = (enum pst_progress)pst_column_choice(query, 2, PST_PROGRESS_FAILED);
    pst_column_text(query, 3, out->source, sizeof out->source);
    out->fetched_bytes = pst_column_integer(query, 4);
    out->at_s = pst_column_integer(query, 5);
    pst_column_findings(query, 6, &out->findings);
    out->findings.omitted = (size_t)pst_column_choice(query, 7, INT32_MAX);
}

enum pst_code pst_sqlite_outcomes(struct pst_store *handle, const char *rollout,
                                  const char *after_terminal, int64_t limit, pst_row_fn *each,
                                  void *context, struct pst_report *why)
{
    static const char sql[] =
        "SELECT t.id, t.serial, o.progress, o.source, o.fetched_bytes, o.at_s, o.findings, "
        "o.omitted FROM outcome AS o CROSS JOIN terminal AS t ON t.key = o.terminal "
        "WHERE o.rollout = ? AND o.terminal > ? ORDER BY o.terminal LIMIT ?";
    struct pst_sqlite *store = pst_sqlite_of(handle);
    int64_t key = 0, after = 0;
    enum pst_code code = pst_sqlite_rollout_key(store, rollout, &key, why);
    if (code == PST_OK)
        code = pst_sqlite_check_limit(limit, why);
    if (code == PST_OK)
        code = pst_sqlite_cursor(store, after_terminal, &after, why);
    if (code != PST_OK)
        return code;

    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_integer(&query, key);
    pst_bind_integer(&query, after);
    pst_bind_integer(&query, limit);
    while (pst_query_row(&query)) {
        struct pst_outcome_row row;
        read_row(&query, rollout, &row);
        if (query.code != PST_OK || !each(context, &row))
            break;
    }
    return pst_query_end(&query);
}
