/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/sqlite/sqlite_ops.h"

enum pst_code pst_sqlite_products(struct pst_store *handle, pst_row_fn *each, void *context,
                                  struct pst_report *why)
{
    static const char sql[] = "SELECT name, terminals FROM product ORDER BY name";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);

    while (pst_query_row(&query)) {
        struct pst_count_row row = {0};
        pst_column_text(&query, 0, row.key, sizeof row.key);
        row.count = pst_column_integer(&query, 1);
        if (query.code != PST_OK || !each(context, &row))
            break;
    }
    return pst_query_end(&query);
}

static enum pst_code find(struct pst_sqlite *store, const char *name, int64_t *out,
                          struct pst_report *why)
{
    static const char sql[] = "SELECT key FROM product WHERE name = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    pst_bind_string(&query, name);
    enum pst_code code = pst_query_one(&query);
    if (code == PST_OK)
        *out = pst_column_integer(&query, 0);
    return code;
}

enum pst_code pst_sqlite_product_key(struct pst_sqlite *store, const char *name, int64_t *out,
                                     struct pst_report *why)
{
    static const char sql[] = "INSERT INTO product (name) VALUES (?)";
    enum pst_code code = find(store, name, out, why);
    if (code != PST_SERVICE_NOT_FOUND)
        return code;

    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_string(&query, name);
    code = pst_query_run(&query, NULL);
    return code == PST_OK ? find(store, name, out, why) : code;
}

enum pst_code pst_sqlite_count_terminals(struct pst_sqlite *store, int64_t product, int64_t more,
                                         struct pst_report *why)
{
    static const char sql[] = "UPDATE product SET terminals = terminals + ? WHERE key = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);

    pst_bind_integer(&query, more);
    pst_bind_integer(&query, product);
    return pst_query_run(&query, NULL);
}
