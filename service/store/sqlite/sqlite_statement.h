/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_statement.h - prepared statements, once for each handle, with values that are always
 * bound.
 *
 *     static const char by_id[] = "SELECT name FROM product WHERE key = ?";
 *
 *     PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, by_id, why);
 *     pst_bind_integer(&query, key);
 *     if (pst_query_row(&query))
 *         pst_column_text(&query, 0, out->name, sizeof out->name);
 *     return pst_query_end(&query);
 *
 * The first failure sticks and makes the rest do nothing, so a caller has one error branch.
 * Columns are checked as all input is: a wrong type or a value without room is a damaged database.
 *
 * Memory   bound texts and bytes are borrowed until the query ends; SQL texts are static arrays,
 *          since a statement is found again by their address.
 */
#ifndef PST_SERVICE_STORE_SQLITE_SQLITE_STATEMENT_H
#define PST_SERVICE_STORE_SQLITE_SQLITE_STATEMENT_H

#include "service/store/sqlite/sqlite_handle.h"

struct pst_query {
    struct pst_sqlite *store;
    struct pst_report *why;
    struct sqlite3_stmt *stmt; /* NULL when it could not be had, and after the end */
    size_t slot;
    int bound;
    enum pst_code code;
};

struct pst_query pst_query(struct pst_sqlite *store, const char *sql, struct pst_report *why);

/* The next parameter. */
void pst_bind_integer(struct pst_query *query, int64_t value);
void pst_bind_text(struct pst_query *query, struct pst_text value);
void pst_bind_string(struct pst_query *query, const char *value);
void pst_bind_bytes(struct pst_query *query, struct pst_bytes value);
void pst_bind_null(struct pst_query *query);

/* Steps; false at the end of the rows and after a failure. */
bool pst_query_row(struct pst_query *query);
/* Gives the statement back. The first failure, or PST_OK. */
enum pst_code pst_query_end(struct pst_query *query);
/* For statements without rows: steps and ends. `changed`, if not NULL, gets the number of rows. */
enum pst_code pst_query_run(struct pst_query *query, int64_t *changed) PST_MUST_CHECK;
/* For one row at most: PST_SERVICE_NOT_FOUND, without a finding, when there is none. */
enum pst_code pst_query_one(struct pst_query *query) PST_MUST_CHECK;
static inline void pst_query_cleanup(struct pst_query *query)
{
    (void)pst_query_end(query);
}

bool pst_column_is_null(const struct pst_query *query, int at);
int64_t pst_column_integer(struct pst_query *query, int at);
/* An integer 0 .. most: the number of an enum. */
int pst_column_choice(struct pst_query *query, int at, int most);
void pst_column_text(struct pst_query *query, int at, char *out, size_t room);
/* Borrowed until the next row. */
struct pst_text pst_column_view(struct pst_query *query, int at);
/* Exactly `len` bytes. */
void pst_column_bytes(struct pst_query *query, int at, uint8_t *out, size_t len);
/* Not set when the text is empty. */
void pst_column_version(struct pst_query *query, int at, struct pst_version *out);
void pst_column_facts(struct pst_query *query, int at, struct pst_facts *out);
/* JSON of findings; none when the text is empty. */
void pst_column_findings(struct pst_query *query, int at, struct pst_report *out);

#endif
