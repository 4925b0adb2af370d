/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/sqlite/sqlite_ops.h"

enum pst_code pst_sqlite_token(struct pst_store *handle, const char *id, struct pst_token_row *out,
                               struct pst_report *why)
{
    static const char sql[] = "SELECT id, name, role, secret_sha256, created_s, expires_s "
                              "FROM token WHERE id = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);
    struct pst_token_row row = {0};

    pst_bind_string(&query, id);
    enum pst_code code = pst_query_one(&query);
    if (code != PST_OK)
        return code;
    pst_column_text(&query, 0, row.id, sizeof row.id);
    pst_column_text(&query, 1, row.name, sizeof row.name);
    pst_column_text(&query, 2, row.role, sizeof row.role);
    pst_column_bytes(&query, 3, row.secret_sha256, sizeof row.secret_sha256);
    row.created_s = pst_column_integer(&query, 4);
    row.expires_s = pst_column_integer(&query, 5);
    code = pst_query_end(&query);
    if (code == PST_OK)
        *out = row;
    return code;
}

enum pst_code pst_sqlite_put_token(struct pst_store *handle, const struct pst_token_row *row,
                                   struct pst_report *why)
{
    static const char sql[] =
        "INSERT INTO token (id, name, role, secret_sha256, created_s, expires_s) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
        "role = excluded.role, secret_sha256 = excluded.secret_sha256, "
        "created_s = excluded.created_s, expires_s = excluded.expires_s";
    struct pst_sqlite *store = pst_sqlite_of(handle);
    enum pst_code code = pst_sqlite_in_transaction(store, why);
    if (code != PST_OK)
        return code;

    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_string(&query, row->id);
    pst_bind_string(&query, row->name);
    pst_bind_string(&query, row->role);
    pst_bind_bytes(&query, pst_bytes(row->secret_sha256, sizeof row->secret_sha256));
    pst_bind_integer(&query, row->created_s);
    pst_bind_integer(&query, row->expires_s);
    return pst_query_run(&query, NULL);
}
