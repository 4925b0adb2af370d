/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/sqlite/sqlite_migrate.h"

#include <sqlite3.h>
#include <stdio.h>

#include "service/store/sqlite/sqlite_statement.h"

/* In the file's header, so that `file` and other programs can tell whose database it is. */
enum { APPLICATION_ID = 0x50737472 };

static enum pst_code read_number(struct pst_sqlite *store, const char *sql, int64_t *out,
                                 struct pst_report *why)
{
    sqlite3_stmt *stmt = NULL; /* not kept: it is asked once */
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    enum pst_code code = PST_OK;
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(stmt, 0);
    else
        code = pst_sqlite_refuse(store, rc, "a database that can be read", why);
    sqlite3_finalize(stmt);
    return code;
}

/* How many steps were done; 0 for an empty database. */
static enum pst_code read_version(struct pst_sqlite *store, int64_t *out, struct pst_report *why)
{
    int64_t application = 0, tables = 0, version = 0;
    enum pst_code code = read_number(store, "PRAGMA application_id", &application, why);
    if (code == PST_OK)
        code = read_number(store, "SELECT count(*) FROM sqlite_schema", &tables, why);
    if (code == PST_OK)
        code = read_number(store, "PRAGMA user_version", &version, why);
    if (code != PST_OK)
        return code;

    bool empty = application == 0 && tables == 0 && version == 0;
    if (!empty && (application != APPLICATION_ID || version < 1))
        return pst_sqlite_damaged(why, "a store of Postern's", "another program's database");
    if (version > (int64_t)pst_sqlite_step_count)
        return pst_refuse(why, PST_HOST_STATE_NEWER,
                          pst_say("schema %zu or older", pst_sqlite_step_count),
                          pst_say("schema %lld", (long long)version));
    *out = version;
    return PST_OK;
}

static enum pst_code take_step(struct pst_sqlite *store, size_t number, struct pst_report *why)
{
    char mark[128];
    const struct pst_sqlite_step *step = &pst_sqlite_steps[number - 1];

    PST_WITHIN(why, "%s", step->name);
    snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %zu; COMMIT",
             APPLICATION_ID, number);
    enum pst_code code = pst_sqlite_exec(store, "BEGIN IMMEDIATE", why);
    if (code == PST_OK)
        code = pst_sqlite_exec(store, step->sql, why);
    if (code == PST_OK)
        code = pst_sqlite_exec(store, mark, why);
    if (code != PST_OK && sqlite3_get_autocommit(store->db) == 0)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

enum pst_code pst_sqlite_migrate(struct pst_sqlite *store, struct pst_report *why)
{
    int64_t version = 0;
    enum pst_code code = read_version(store, &version, why);

    for (size_t i = (size_t)version; code == PST_OK && i < pst_sqlite_step_count; i++)
        code = take_step(store, i + 1, why);
    return code;
}

enum pst_code pst_sqlite_check_schema(struct pst_sqlite *store, struct pst_report *why)
{
    int64_t version = 0;
    enum pst_code code = read_version(store, &version, why);

    if (code == PST_OK && version < (int64_t)pst_sqlite_step_count)
        return pst_refuse(why, PST_HOST_STATE, pst_say("schema %zu", pst_sqlite_step_count),
                          pst_say("schema %lld, which the writer has not brought up to date",
                                  (long long)version));
    return code;
}
