/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_handle.h - one connection, and how its failures become findings. Private to this folder.
 */
#ifndef PST_SERVICE_STORE_SQLITE_SQLITE_HANDLE_H
#define PST_SERVICE_STORE_SQLITE_SQLITE_HANDLE_H

#include "service/store/store.h"

enum { PST_SQLITE_STATEMENTS_MOST = 80, PST_SQLITE_PATH_ROOM = 4096 };

struct sqlite3;
struct sqlite3_stmt;

struct pst_sqlite {
    struct pst_store store; /* first: a handle is cast from it */
    struct sqlite3 *db;
    bool writes;
    int writer_fd;     /* holds the lock that makes this the only writer; -1 for readers */
    int64_t wal_pages; /* in the log, as of the last commit */
    int64_t wal_kept;  /* of these, how many were there after the last checkpoint */
    size_t statement_count;
    struct {
        const char *sql; /* by address: each text is one static array */
        struct sqlite3_stmt *stmt;
        bool in_use;
    } statement[PST_SQLITE_STATEMENTS_MOST];
};

static inline struct pst_sqlite *pst_sqlite_of(struct pst_store *store)
{
    return (struct pst_sqlite *)(void *)store;
}

/* The finding for SQLite's result `rc`: host.* where the cause is the machine, service.conflict
 * for a violated constraint, else service.store with SQLite's own words. `what` is what was being
 * done. */
enum pst_code pst_sqlite_refuse(const struct pst_sqlite *store, int rc, const char *what,
                                struct pst_report *why);
/* Content that this program cannot have written. */
enum pst_code pst_sqlite_damaged(struct pst_report *why, const char *expected, const char *found);
/* Runs SQL that answers no rows and takes no values. */
enum pst_code pst_sqlite_exec(struct pst_sqlite *store, const char *sql, struct pst_report *why)
    PST_MUST_CHECK;
/* A write outside a transaction would be durable in halves: refused. */
enum pst_code pst_sqlite_in_transaction(const struct pst_sqlite *store, struct pst_report *why)
    PST_MUST_CHECK;

#endif
