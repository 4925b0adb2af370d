/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "service/store/sqlite/sqlite_ops.h"

bool pst_code_set_holds(const struct pst_code_set *set, int64_t code)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->code[i] == code)
            return true;
    return false;
}

static void insert(struct pst_code_set *set, int64_t code)
{
    if (pst_code_set_holds(set, code) || set->count == PST_COUNT(set->code))
        return;
    size_t at = set->count++;
    for (; at > 0 && set->code[at - 1] > code; at--)
        set->code[at] = set->code[at - 1];
    set->code[at] = code;
}

void pst_code_set_take(struct pst_code_set *set, const struct pst_report *findings)
{
    *set = (struct pst_code_set){0};
    for (size_t i = 0; i < findings->count; i++)
        if (!findings->finding[i].noted)
            insert(set, findings->finding[i].code);
}

void pst_code_set_print(const struct pst_code_set *set, char out[PST_CODE_SET_ROOM])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < set->count; i++)
        len += (size_t)snprintf(out + len, PST_CODE_SET_ROOM - len, "%s%d", i > 0 ? " " : "",
                                (int)set->code[i]);
}

bool pst_code_set_parse(struct pst_text text, struct pst_code_set *out)
{
    struct pst_code_set set = {0};
    uint64_t code = 0;

    while (text.len > 0) {
        if (set.count > 0 && !pst_take(&text, " "))
            return false;
        if (set.count == PST_COUNT(set.code) || !pst_take_number(&text, INT32_MAX, &code))
            return false;
        set.code[set.count++] = (int64_t)code;
    }
    *out = set;
    return true;
}

static enum pst_code add_one(struct pst_sqlite *store, const char *more_sql, const char *less_sql,
                             int64_t rollout, int64_t what, bool more, struct pst_report *why)
{
    int64_t changed = 0;
    PST_CLEANUP(pst_query)
    struct pst_query query = pst_query(store, more ? more_sql : less_sql, why);

    pst_bind_integer(&query, rollout);
    pst_bind_integer(&query, what);
    enum pst_code code = pst_query_run(&query, &changed);
    if (code == PST_OK && changed != 1)
        return pst_sqlite_damaged(why, "a counter for what was counted", "none");
    return code;
}

enum pst_code pst_sqlite_count_progress(struct pst_sqlite *store, int64_t rollout, int64_t progress,
                                        bool more, struct pst_report *why)
{
    static const char up[] =
        "INSERT INTO rollout_progress (rollout, progress, count) VALUES (?, ?, 1) "
        "ON CONFLICT (rollout, progress) DO UPDATE SET count = count + 1";
    static const char down[] =
        "UPDATE rollout_progress SET count = count - 1 WHERE rollout = ? AND progress = ?";
    return add_one(store, up, down, rollout, progress, more, why);
}

enum pst_code pst_sqlite_count_finding(struct pst_sqlite *store, int64_t rollout, int64_t code,
                                       bool more, struct pst_report *why)
{
    static const char up[] = "INSERT INTO rollout_finding (rollout, code, count) VALUES (?, ?, 1) "
                             "ON CONFLICT (rollout, code) DO UPDATE SET count = count + 1";
    static const char down[] =
        "UPDATE rollout_finding SET count = count - 1 WHERE rollout = ? AND code = ?";
    return add_one(store, up, down, rollout, code, more, why);
}

static void read_count(struct pst_query *query, bool by_finding, struct pst_count_row *out)
{
    int number = pst_column_choice(query, 0, by_finding ? INT32_MAX : PST_PROGRESS_FAILED);
    const char *name = by_finding ? pst_code_name((enum pst_code)number)
                                  : pst_progress_name((enum pst_progress)number);
    *out = (struct pst_count_row){.count = pst_column_integer(query, 1)};
    snprintf(out->key, sizeof out->key, "%s", name);
}

enum pst_code pst_sqlite_rollout_counts(struct pst_store *handle, const char *id, bool by_finding,
                                        pst_row_fn *each, void *context, struct pst_report *why)
{
    static const char progress[] = "SELECT progress, count FROM rollout_progress "
                                   "WHERE rollout = ? AND count > 0 ORDER BY count DESC, progress";
    static const char finding[] = "SELECT code, count FROM rollout_finding "
                                  "WHERE rollout = ? AND count > 0 ORDER BY count DESC, code";
    struct pst_sqlite *store = pst_sqlite_of(handle);
    int64_t key = 0;
    enum pst_code code = pst_sqlite_rollout_key(store, id, &key, why);
    if (code != PST_OK)
        return code;

    PST_CLEANUP(pst_query)
    struct pst_query query = pst_query(store, by_finding ? finding : progress, why);
    pst_bind_integer(&query, key);
    while (pst_query_row(&query)) {
        struct pst_count_row row;
        read_count(&query, by_finding, &row);
        if (query.code != PST_OK || !each(context, &row))
            break;
    }
    return pst_query_end(&query);
}
