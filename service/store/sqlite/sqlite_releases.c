/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/sqlite/sqlite_ops.h"

#define RELEASE_SELECT                                                                             \
    "SELECT p.name, e.version, e.sequence, e.published_s, e.manifest, e.manifest_sha256, "         \
    "e.full_bytes, e.deltas FROM release AS e JOIN product AS p ON p.key = e.product "

static void read_release(struct pst_query *query, struct pst_release_row *out)
{
    *out = (struct pst_release_row){0};
    pst_column_text(query, 0, out->product, sizeof out->product);
    pst_column_version(query, 1, &out->version);
    out->sequence = pst_column_integer(query, 2);
    out->published_s = pst_column_integer(query, 3);
    pst_column_text(query, 4, out->manifest, sizeof out->manifest);
    pst_column_bytes(query, 5, out->manifest_sha256, sizeof out->manifest_sha256);
    out->full_bytes = pst_column_integer(query, 6);
    pst_column_text(query, 7, out->deltas, sizeof out->deltas);
}

enum pst_code pst_sqlite_release(struct pst_store *handle, const char *product,
                                 const struct pst_version *version, struct pst_release_row *out,
                                 struct pst_report *why)
{
    static const char sql[] = RELEASE_SELECT "WHERE p.name = ? AND e.version = ?";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);
    struct pst_release_row row;

    pst_bind_string(&query, product);
    pst_bind_string(&query, version->text);
    enum pst_code code = pst_query_one(&query);
    if (code != PST_OK)
        return code;
    read_release(&query, &row);
    code = pst_query_end(&query);
    if (code == PST_OK)
        *out = row;
    return code;
}

enum pst_code pst_sqlite_releases(struct pst_store *handle, const char *product, pst_row_fn *each,
                                  void *context, struct pst_report *why)
{
    static const char all[] = RELEASE_SELECT "WHERE ?1 = '' "
                                             "ORDER BY p.name, e.published_s DESC, e.key DESC";
    static const char one[] = RELEASE_SELECT "WHERE p.name = ?1 "
                                             "ORDER BY e.published_s DESC, e.key DESC";
    PST_CLEANUP(pst_query)
    struct pst_query query = pst_query(pst_sqlite_of(handle), product != NULL ? one : all, why);

    pst_bind_string(&query, product != NULL ? product : "");
    while (pst_query_row(&query)) {
        struct pst_release_row row;
        read_release(&query, &row);
        if (query.code != PST_OK || !each(context, &row))
            break;
    }
    return pst_query_end(&query);
}

enum pst_code pst_sqlite_put_release(struct pst_store *handle, const struct pst_release_row *row,
                                     struct pst_report *why)
{
    static const char sql[] =
        "INSERT INTO release (product, version, sequence, published_s, manifest, manifest_sha256, "
        "full_bytes, deltas) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (product, version) DO UPDATE SET sequence = excluded.sequence, "
        "published_s = excluded.published_s, manifest = excluded.manifest, "
        "manifest_sha256 = excluded.manifest_sha256, full_bytes = excluded.full_bytes, "
        "deltas = excluded.deltas WHERE excluded.sequence >= release.sequence";
    struct pst_sqlite *store = pst_sqlite_of(handle);
    int64_t product = 0, changed = 0;
    enum pst_code code = pst_sqlite_in_transaction(store, why);
    if (code == PST_OK)
        code = pst_sqlite_product_key(store, row->product, &product, why);
    if (code != PST_OK)
        return code;

    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, sql, why);
    pst_bind_integer(&query, product);
    pst_bind_string(&query, row->version.text);
    pst_bind_integer(&query, row->sequence);
    pst_bind_integer(&query, row->published_s);
    pst_bind_string(&query, row->manifest);
    pst_bind_bytes(&query, pst_bytes(row->manifest_sha256, sizeof row->manifest_sha256));
    pst_bind_integer(&query, row->full_bytes);
    pst_bind_string(&query, row->deltas);
    code = pst_query_run(&query, &changed);
    if (code == PST_OK && changed == 0)
        return pst_refuse(why, PST_SERVICE_CONFLICT,
                          pst_say("a manifest not older than the one that is known"),
                          pst_say("sequence %lld", (long long)row->sequence));
    return code;
}
