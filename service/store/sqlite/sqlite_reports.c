/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json_out.h"
#include "service/store/sqlite/sqlite_ops.h"

/* What is known of the terminal before the report. */
struct standing {
    int64_t terminal, sequence, rollout, product;
};

/* One row of outcome, as far as counters need it. */
struct standing_outcome {
    bool is_there;
    int64_t progress;
    struct pst_code_set codes;
};

static enum pst_code read_standing(struct pst_sqlite *store, const char *id, struct standing *out,
                                   struct pst_report *why)
{
    static const char sql[] =
        "SELECT t.key, n.report_sequence, n.rollout, t.product FROM terminal AS t "
        "JOIN terminal_now AS n ON n.terminal = t.key WHERE t.id = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    pst_bind_string(&query, id);
    enum pst_code code = pst_query_one(&query);
    if (code == PST_SERVICE_NOT_FOUND)
        return pst_refuse(why, code, pst_say("a known terminal"), pst_say("%s", id));
    if (code != PST_OK)
        return code;
    out->terminal = pst_column_integer(&query, 0);
    out->sequence = pst_column_integer(&query, 1);
    out->rollout = pst_column_integer(&query, 2);
    out->product = pst_column_integer(&query, 3);
    return pst_query_end(&query);
}

/* A terminal counts in rollouts of its own product only; any other name it gives counts nowhere. */
static enum pst_code find_rollout(struct pst_sqlite *store, const char *id, int64_t product,
                                  int64_t *out, struct pst_report *why)
{
    static const char sql[] = "SELECT key FROM rollout WHERE id = ? AND product = ?";
    *out = 0;
    if (id[0] == '\0')
        return PST_OK;
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_string(&query, id);
    pst_bind_integer(&query, product);
    if (pst_query_row(&query))
        *out = pst_column_integer(&query, 0);
    return pst_query_end(&query);
}

static enum pst_code read_outcome(struct pst_sqlite *store, int64_t rollout, int64_t terminal,
                                  struct standing_outcome *out, struct pst_report *why)
{
    static const char sql[] =
        "SELECT progress, codes FROM outcome WHERE rollout = ? AND terminal = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    *out = (struct standing_outcome){0};
    pst_bind_integer(&query, rollout);
    pst_bind_integer(&query, terminal);
    out->is_there = pst_query_row(&query);
    if (out->is_there) {
        out->progress = pst_column_integer(&query, 0);
        if (!pst_code_set_parse(pst_column_view(&query, 1), &out->codes))
            return pst_sqlite_damaged(why, "numbers of findings", "another text in the database");
    }
    return pst_query_end(&query);
}

static enum pst_code print_findings(const struct pst_report *findings, struct pst_buf *out,
                                    struct pst_report *why)
{
    struct pst_json_out json = pst_json_out(out);
    if (findings->count == 0)
        return PST_OK;
    pst_out_findings(&json, NULL, findings);
    if (pst_json_out_is_whole(&json))
        return PST_OK;
    return pst_refuse(why, PST_TOO_LARGE,
                      pst_say("findings of at most %d bytes", PST_STORE_JSON_MOST),
                      pst_say("more"));
}

static enum pst_code write_outcome(struct pst_sqlite *store, int64_t rollout, int64_t terminal,
                                   const struct pst_terminal_report *report,
                                   const struct pst_code_set *set, struct pst_report *why)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO outcome (rollout, terminal, progress, fetched_bytes, at_s, source, "
        "product, version, stated_rollout, codes, omitted, findings) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    PST_CLEANUP(pst_buf) struct pst_buf findings = pst_buf(PST_STORE_JSON_MOST);
    char codes[PST_CODE_SET_ROOM];
    enum pst_code code = print_findings(&report->findings, &findings, why);
    if (code != PST_OK)
        return code;

    pst_code_set_print(set, codes);
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_integer(&query, rollout);
    pst_bind_integer(&query, terminal);
    pst_bind_integer(&query, report->progress);
    pst_bind_integer(&query, report->fetched_bytes);
    pst_bind_integer(&query, report->at_s);
    pst_bind_string(&query, report->source);
    pst_bind_string(&query, report->product);
    pst_bind_string(&query, report->version.text);
    pst_bind_string(&query, rollout == 0 ? report->rollout : "");
    pst_bind_string(&query, codes);
    pst_bind_integer(&query, (int64_t)(report->findings.omitted & INT32_MAX));
    pst_bind_text(&query, pst_buf_text(&findings));
    return pst_query_run(&query, NULL);
}

static enum pst_code write_standing(struct pst_sqlite *store, const struct standing *standing,
                                    const struct pst_terminal_report *report, int64_t rollout,
                                    struct pst_report *why)
{
    static const char sql[] = "UPDATE terminal_now SET report_sequence = ?, progress = ?, "
                              "rollout = ? WHERE terminal = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    pst_bind_integer(&query, report->sequence);
    pst_bind_integer(&query, report->progress);
    pst_bind_integer(&query, rollout);
    pst_bind_integer(&query, standing->terminal);
    return pst_query_run(&query, NULL);
}

/* ---- what findings are moved in: a rollout's counters, or the index of the last reports */

typedef enum pst_code move_fn(struct pst_sqlite *store, int64_t of, int64_t code, bool more,
                              struct pst_report *why);

static enum pst_code mark_finding(struct pst_sqlite *store, int64_t terminal, int64_t code,
                                  bool more, struct pst_report *why)
{
    static const char add[] = "INSERT INTO terminal_finding (terminal, code) VALUES (?, ?)";
    static const char drop[] = "DELETE FROM terminal_finding WHERE terminal = ? AND code = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, more ? add : drop, why);

    pst_bind_integer(&query, terminal);
    pst_bind_integer(&query, code);
    return pst_query_run(&query, NULL);
}

static enum pst_code move_codes(struct pst_sqlite *store, move_fn *move, int64_t of,
                                const struct pst_code_set *from, const struct pst_code_set *to,
                                struct pst_report *why)
{
    enum pst_code code = PST_OK;
    for (size_t i = 0; code == PST_OK && i < from->count; i++)
        if (!pst_code_set_holds(to, from->code[i]))
            code = move(store, of, from->code[i], false, why);
    for (size_t i = 0; code == PST_OK && i < to->count; i++)
        if (!pst_code_set_holds(from, to->code[i]))
            code = move(store, of, to->code[i], true, why);
    return code;
}

static enum pst_code move_progress(struct pst_sqlite *store, int64_t rollout,
                                   const struct standing_outcome *before, int64_t progress,
                                   struct pst_report *why)
{
    enum pst_code code = PST_OK;
    if (before->is_there && before->progress == progress)
        return PST_OK;
    if (before->is_there)
        code = pst_sqlite_count_progress(store, rollout, before->progress, false, why);
    return code == PST_OK ? pst_sqlite_count_progress(store, rollout, progress, true, why) : code;
}

/* `before` is the outcome that the report replaces, `last` that of the terminal's last report. */
static enum pst_code apply(struct pst_sqlite *store, const struct standing *standing,
                           const struct pst_terminal_report *report, int64_t rollout,
                           struct pst_report *why)
{
    struct standing_outcome before, last;
    struct pst_code_set codes;

    pst_code_set_take(&codes, &report->findings);
    enum pst_code code = read_outcome(store, rollout, standing->terminal, &before, why);
    last = before;
    if (code == PST_OK && rollout != standing->rollout)
        code = read_outcome(store, standing->rollout, standing->terminal, &last, why);
    if (code == PST_OK)
        code = write_outcome(store, rollout, standing->terminal, report, &codes, why);
    if (code == PST_OK && rollout != 0)
        code = move_progress(store, rollout, &before, report->progress, why);
    if (code == PST_OK && rollout != 0)
        code = move_codes(store, pst_sqlite_count_finding, rollout, &before.codes, &codes, why);
    if (code == PST_OK)
        code = move_codes(store, mark_finding, standing->terminal, &last.codes, &codes, why);
    return code == PST_OK ? write_standing(store, standing, report, rollout, why) : code;
}

enum pst_code pst_sqlite_put_report(struct pst_store *handle,
                                    const struct pst_terminal_report *report, bool *fresh,
                                    struct pst_report *why)
{
    struct pst_sqlite *store = pst_sqlite_of(handle);
    struct standing standing;
    int64_t rollout = 0;
    enum pst_code code = pst_sqlite_in_transaction(store, why);
    if (code == PST_OK)
        code = read_standing(store, report->terminal, &standing, why);
    if (code != PST_OK)
        return code;

    bool is_fresh = report->sequence > standing.sequence;
    if (is_fresh)
        code = find_rollout(store, report->rollout, standing.product, &rollout, why);
    if (is_fresh && code == PST_OK)
        code = apply(store, &standing, report, rollout, why);
    if (code == PST_OK)
        *fresh = is_fresh;
    return code;
}
