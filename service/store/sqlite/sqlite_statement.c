/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/sqlite/sqlite_statement.h"

#include <limits.h>
#include <sqlite3.h>

static void fail(struct pst_query *query, int rc, const char *what)
{
    if (query->code == PST_OK)
        query->code = pst_sqlite_refuse(query->store, rc, what, query->why);
}

/* One in use (by a listing whose callback asks the same) is not taken from under it. */
static bool find_free(const struct pst_sqlite *store, const char *sql, size_t *slot)
{
    for (size_t i = 0; i < store->statement_count; i++) {
        if (store->statement[i].sql == sql && !store->statement[i].in_use) {
            *slot = i;
            return true;
        }
    }
    return false;
}

static void prepare(struct pst_query *query, const char *sql)
{
    struct pst_sqlite *store = query->store;
    sqlite3_stmt *stmt = NULL;

    if (store->statement_count == PST_SQLITE_STATEMENTS_MOST) {
        query->code = pst_refuse(query->why, PST_SERVICE_STORE,
                                 pst_say("at most %d statements", PST_SQLITE_STATEMENTS_MOST),
                                 pst_say("one more"));
        return;
    }
    int rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK) {
        fail(query, rc, "a statement that fits the schema");
        return;
    }
    query->slot = store->statement_count++;
    store->statement[query->slot].sql = sql;
    store->statement[query->slot].stmt = stmt;
}

struct pst_query pst_query(struct pst_sqlite *store, const char *sql, struct pst_report *why)
{
    struct pst_query query = {.store = store, .why = why};

    if (!find_free(store, sql, &query.slot))
        prepare(&query, sql);
    if (query.code == PST_OK) {
        query.stmt = store->statement[query.slot].stmt;
        store->statement[query.slot].in_use = true;
    }
    return query;
}

static void bound(struct pst_query *query, int rc)
{
    if (rc != SQLITE_OK)
        fail(query, rc, "a value for each parameter");
}

/* The statement keeps its bindings for the next query, so every parameter is bound each time. */
static bool may_bind(struct pst_query *query)
{
    query->bound++;
    return query->code == PST_OK && query->stmt != NULL;
}

void pst_bind_integer(struct pst_query *query, int64_t value)
{
    if (may_bind(query))
        bound(query, sqlite3_bind_int64(query->stmt, query->bound, value));
}

void pst_bind_text(struct pst_query *query, struct pst_text value)
{
    if (may_bind(query))
        bound(query,
              sqlite3_bind_text64(query->stmt, query->bound, value.at != NULL ? value.at : "",
                                  value.len, SQLITE_STATIC, SQLITE_UTF8));
}

void pst_bind_string(struct pst_query *query, const char *value)
{
    pst_bind_text(query, pst_text(value));
}

void pst_bind_bytes(struct pst_query *query, struct pst_bytes value)
{
    if (may_bind(query))
        bound(query, sqlite3_bind_blob64(query->stmt, query->bound,
                                         value.len > 0 ? (const void *)value.at : "", value.len,
                                         SQLITE_STATIC));
}

void pst_bind_null(struct pst_query *query)
{
    if (may_bind(query))
        bound(query, sqlite3_bind_null(query->stmt, query->bound));
}

bool pst_query_row(struct pst_query *query)
{
    if (query->code != PST_OK || query->stmt == NULL)
        return false;
    if (query->bound != sqlite3_bind_parameter_count(query->stmt)) {
        fail(query, SQLITE_MISUSE, "as many values as parameters");
        return false;
    }
    int rc = sqlite3_step(query->stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        fail(query, rc, "a statement that runs");
    return rc == SQLITE_ROW;
}

enum pst_code pst_query_end(struct pst_query *query)
{
    if (query->stmt == NULL)
        return query->code;
    int rc = sqlite3_reset(query->stmt);
    if (rc != SQLITE_OK)
        fail(query, rc, "a statement that ends");
    sqlite3_clear_bindings(query->stmt); /* they point into the caller's memory */
    query->store->statement[query->slot].in_use = false;
    query->stmt = NULL;
    return query->code;
}

enum pst_code pst_query_run(struct pst_query *query, int64_t *changed)
{
    if (pst_query_row(query))
        fail(query, SQLITE_MISUSE, "a statement without rows");
    if (changed != NULL && query->code == PST_OK)
        *changed = sqlite3_changes64(query->store->db);
    return pst_query_end(query);
}

enum pst_code pst_query_one(struct pst_query *query)
{
    if (pst_query_row(query))
        return PST_OK;
    return query->code != PST_OK ? query->code : PST_SERVICE_NOT_FOUND;
}
