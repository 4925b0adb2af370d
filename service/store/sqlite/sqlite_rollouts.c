/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/sqlite/sqlite_ops.h"

#define ROLLOUT_SELECT                                                                             \
    "SELECT r.id, r.name, p.name, r.version, r.manifest, r.state, r.percent, r.filter_os, "        \
    "r.filter_model, r.filter_region, r.filter_group, r.filter_serials, r.downgrade, "             \
    "r.created_s, r.started_s, r.changed_s, r.revision "                                           \
    "FROM rollout AS r JOIN product AS p ON p.key = r.product "

static void read_rollout(struct pst_query *query, struct pst_rollout_row *out)
{
    *out = (struct pst_rollout_row){0};
    pst_column_text(query, 0, out->id, sizeof out->id);
    pst_column_text(query, 1, out->name, sizeof out->name);
    pst_column_text(query, 2, out->product, sizeof out->product);
    pst_column_version(query, 3, &out->version);
    pst_column_text(query, 4, out->manifest, sizeof out->manifest);
    out->state = (enum pst_rollout_state)pst_column_choice(query, 5, PST_ROLLOUT_CANCELLED);
    out->percent = pst_column_integer(query, 6);
    pst_column_text(query, 7, out->filter_os, sizeof out->filter_os);
    pst_column_text(query, 8, out->filter_model, sizeof out->filter_model);
    pst_column_text(query, 9, out->filter_region, sizeof out->filter_region);
    pst_column_text(query, 10, out->filter_group, sizeof out->filter_group);
    pst_column_text(query, 11, out->filter_serials, sizeof out->filter_serials);
    out->downgrade = pst_column_choice(query, 12, 1) == 1;
    out->created_s = pst_column_integer(query, 13);
    out->started_s = pst_column_integer(query, 14);
    out->changed_s = pst_column_integer(query, 15);
    out->revision = pst_column_integer(query, 16);
}

enum pst_code pst_sqlite_rollout(struct pst_store *handle, const char *id,
                                 struct pst_rollout_row *out, struct pst_report *why)
{
    static const char sql[] = ROLLOUT_SELECT "WHERE r.id = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);
    struct pst_rollout_row row;

    pst_bind_string(&query, id);
    enum pst_code code = pst_query_one(&query);
    if (code != PST_OK)
        return code;
    read_rollout(&query, &row);
    code = pst_query_end(&query);
    if (code == PST_OK)
        *out = row;
    return code;
}

enum pst_code pst_sqlite_rollouts(struct pst_store *handle, const char *product, pst_row_fn *each,
                                  void *context, struct pst_report *why)
{
    static const char all[] = ROLLOUT_SELECT "WHERE ?1 = '' ORDER BY r.key DESC";
    static const char one[] = ROLLOUT_SELECT "WHERE p.name = ?1 ORDER BY r.key DESC";
    PST_CLEANUP(pst_query)
    struct pst_query query = pst_query(pst_sqlite_of(handle), product != NULL ? one : all, why);

    pst_bind_string(&query, product != NULL ? product : "");
    while (pst_query_row(&query)) {
        struct pst_rollout_row row;
        read_rollout(&query, &row);
        if (query.code != PST_OK || !each(context, &row))
            break;
    }
    return pst_query_end(&query);
}

enum pst_code pst_sqlite_rollout_key(struct pst_sqlite *store, const char *id, int64_t *out,
                                     struct pst_report *why)
{
    static const char sql[] = "SELECT key FROM rollout WHERE id = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    pst_bind_string(&query, id);
    enum pst_code code = pst_query_one(&query);
    if (code == PST_OK)
        *out = pst_column_integer(&query, 0);
    return code;
}

static void bind_rollout(struct pst_query *query, const struct pst_rollout_row *row,
                         int64_t product)
{
    pst_bind_string(query, row->id);
    pst_bind_string(query, row->name);
    pst_bind_integer(query, product);
    pst_bind_string(query, row->version.text);
    pst_bind_string(query, row->manifest);
    pst_bind_integer(query, row->state);
    pst_bind_integer(query, row->percent);
    pst_bind_string(query, row->filter_os);
    pst_bind_string(query, row->filter_model);
    pst_bind_string(query, row->filter_region);
    pst_bind_string(query, row->filter_group);
    pst_bind_string(query, row->filter_serials);
    pst_bind_integer(query, row->downgrade);
    pst_bind_integer(query, row->created_s);
    pst_bind_integer(query, row->started_s);
    pst_bind_integer(query, row->changed_s);
    pst_bind_integer(query, row->revision);
}

/* Two operators change one revision: the second is told, and does not undo the first. */
enum pst_code pst_sqlite_put_rollout(struct pst_store *handle, const struct pst_rollout_row *row,
                                     struct pst_report *why)
{
    static const char sql[] =
        "INSERT INTO rollout (id, name, product, version, manifest, state, percent, filter_os, "
        "filter_model, filter_region, filter_group, filter_serials, downgrade, created_s, "
        "started_s, changed_s, revision) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, product = excluded.product, "
        "version = excluded.version, manifest = excluded.manifest, state = excluded.state, "
        "percent = excluded.percent, filter_os = excluded.filter_os, "
        "filter_model = excluded.filter_model, filter_region = excluded.filter_region, "
        "filter_group = excluded.filter_group, filter_serials = excluded.filter_serials, "
        "downgrade = excluded.downgrade, created_s = excluded.created_s, "
        "started_s = excluded.started_s, changed_s = excluded.changed_s, "
        "revision = excluded.revision WHERE excluded.revision > rollout.revision";
    struct pst_sqlite *store = pst_sqlite_of(handle);
    int64_t product = 0, changed = 0;
    enum pst_code code = pst_sqlite_in_transaction(store, why);
    if (code == PST_OK)
        code = pst_sqlite_product_key(store, row->product, &product, why);
    if (code != PST_OK)
        return code;

    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    bind_rollout(&query, row, product);
    code = pst_query_run(&query, &changed);
    if (code == PST_OK && changed == 0)
        return pst_refuse(why, PST_SERVICE_CONFLICT, pst_say("a revision after the stored one"),
                          pst_say("revision %lld", (long long)row->revision));
    return code;
}
