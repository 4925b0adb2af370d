/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>

#include "service/store/sqlite/sqlite_ops.h"

/* A checkpoint costs two fsyncs; so much log is written between two of them. */
enum { LOG_PAGES_MOST = 16 * 1024 * 1024 / 4096, BUSY_MS = 5000 };

static enum pst_code run(struct pst_store *handle, const char *sql, struct pst_report *why)
{
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(pst_sqlite_of(handle), sql, why);
    return pst_query_run(&query, NULL);
}

/* Each text is one object: a prepared statement is found by its address. */
static const char begin[] = "BEGIN IMMEDIATE";
static const char commit[] = "COMMIT";
static const char rollback[] = "ROLLBACK";
static const char savepoint[] = "SAVEPOINT job";
static const char keep_job[] = "RELEASE job";
static const char undo_job[] = "ROLLBACK TO job";

enum pst_code pst_sqlite_begin(struct pst_store *handle, struct pst_report *why)
{
    if (!pst_sqlite_of(handle)->writes)
        return pst_refuse(why, PST_SERVICE_STORE, pst_say("the writer's handle"),
                          pst_say("a reader's handle"));
    return run(handle, begin, why);
}

enum pst_code pst_sqlite_savepoint(struct pst_store *handle, struct pst_report *why)
{
    enum pst_code code = pst_sqlite_in_transaction(pst_sqlite_of(handle), why);
    return code == PST_OK ? run(handle, savepoint, why) : code;
}

/* Some failures (disk full, I/O, memory) make SQLite roll the whole transaction back: then there
 * is no savepoint any more, and the caller learns here that the batch is lost. */
enum pst_code pst_sqlite_release_savepoint(struct pst_store *handle, bool keep,
                                           struct pst_report *why)
{
    enum pst_code code = pst_sqlite_in_transaction(pst_sqlite_of(handle), why);
    if (code == PST_OK && !keep)
        code = run(handle, undo_job, why);
    return code == PST_OK ? run(handle, keep_job, why) : code;
}

enum pst_code pst_sqlite_commit(struct pst_store *handle, struct pst_report *why)
{
    enum pst_code code = pst_sqlite_in_transaction(pst_sqlite_of(handle), why);
    return code == PST_OK ? run(handle, commit, why) : code;
}

void pst_sqlite_abandon(struct pst_store *handle)
{
    if (sqlite3_get_autocommit(pst_sqlite_of(handle)->db) == 0)
        (void)run(handle, rollback, NULL);
}

static int after_commit(void *context, sqlite3 *db, const char *name, int pages)
{
    struct pst_sqlite *store = context;
    (void)db;
    (void)name;
    if (pages < store->wal_pages)
        store->wal_kept = 0; /* SQLite began the log anew */
    store->wal_pages = pages;
    return SQLITE_OK;
}

void pst_sqlite_watch_log(struct pst_sqlite *store)
{
    sqlite3_wal_hook(store->db, after_commit, store);
}

enum pst_code pst_sqlite_checkpoint(struct pst_store *handle, bool idle, struct pst_report *why)
{
    struct pst_sqlite *store = pst_sqlite_of(handle);
    int64_t grown = store->wal_pages - store->wal_kept;

    if (!store->writes || (idle ? store->wal_pages == 0 : grown < LOG_PAGES_MOST))
        return PST_OK;
    /* A reader in the middle of something makes TRUNCATE wait; it is not worth a writer's time. */
    sqlite3_busy_timeout(store->db, 0);
    int rc = sqlite3_wal_checkpoint_v2(
        store->db, NULL, idle ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    if (rc == SQLITE_OK && idle)
        store->wal_pages = 0;
    store->wal_kept = store->wal_pages;
    if (rc == SQLITE_OK || rc == SQLITE_BUSY)
        return PST_OK;
    return pst_sqlite_refuse(store, rc, "a log that can be moved into the database", why);
}
