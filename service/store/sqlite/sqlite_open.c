/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "service/store/sqlite/sqlite_migrate.h"
#include "service/store/sqlite/sqlite_ops.h"
#include "service/store/sqlite/sqlite_store.h"

/* synchronous=FULL: an answered write survives power loss. wal_autocheckpoint=0: only the writer
 * moves the log, when pst_sqlite_checkpoint() says so. mmap 0: a stray write or a failing disk
 * then hurts a page, not the process. secure_delete off: nothing secret is deleted here, and it
 * costs writes. */
static const char writer_pragmas[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA journal_size_limit = 67108864; PRAGMA foreign_keys = ON; PRAGMA secure_delete = OFF;"
    "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -65536";
static const char reader_pragmas[] =
    "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;"
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192";
enum { BUSY_MS = 5000 };

static void close_handle(struct pst_store *handle)
{
    if (handle == NULL)
        return;
    struct pst_sqlite *store = pst_sqlite_of(handle);
    for (size_t i = 0; i < store->statement_count; i++)
        sqlite3_finalize(store->statement[i].stmt);
    sqlite3_close(store->db);
    pst_fd_cleanup(&store->writer_fd); /* after the database: its closing still writes */
    free(store);
}

static const struct pst_store_ops ops = {
    .terminal = pst_sqlite_terminal,
    .terminal_by_serial = pst_sqlite_terminal_by_serial,
    .terminal_by_key = pst_sqlite_terminal_by_key,
    .terminals = pst_sqlite_terminals,
    .last_report = pst_sqlite_last_report,
    .rollout = pst_sqlite_rollout,
    .rollouts = pst_sqlite_rollouts,
    .rollout_counts = pst_sqlite_rollout_counts,
    .outcomes = pst_sqlite_outcomes,
    .release = pst_sqlite_release,
    .releases = pst_sqlite_releases,
    .products = pst_sqlite_products,
    .token = pst_sqlite_token,
    .begin = pst_sqlite_begin,
    .savepoint = pst_sqlite_savepoint,
    .release_savepoint = pst_sqlite_release_savepoint,
    .commit = pst_sqlite_commit,
    .abandon = pst_sqlite_abandon,
    .put_terminal = pst_sqlite_put_terminal,
    .put_checkin = pst_sqlite_put_checkin,
    .put_report = pst_sqlite_put_report,
    .put_rollout = pst_sqlite_put_rollout,
    .put_release = pst_sqlite_put_release,
    .put_token = pst_sqlite_put_token,
    .checkpoint = pst_sqlite_checkpoint,
    .close = close_handle,
};

static void handle_cleanup(struct pst_sqlite **store)
{
    if (*store != NULL)
        close_handle(&(*store)->store);
}

static enum pst_code new_handle(bool writes, struct pst_sqlite **out, struct pst_report *why)
{
    struct pst_sqlite *store = calloc(1, sizeof *store);
    if (store == NULL)
        return pst_no_memory(why, "a handle of the store");
    store->store.ops = &ops;
    store->writes = writes;
    store->writer_fd = -1;
    *out = store;
    return PST_OK;
}

/* Two writers could corrupt the file (sqlite_store.h), so the second service is refused. The lock
 * is on a file of its own: closing any descriptor of the database itself would drop SQLite's own
 * locks. */
static enum pst_code lock_writer(struct pst_sqlite *store, const char *path, struct pst_report *why)
{
    char lock[PST_SQLITE_PATH_ROOM + sizeof ".writer"];
    snprintf(lock, sizeof lock, "%s.writer", path);
    store->writer_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->writer_fd < 0)
        return pst_refuse_errno(why, errno, lock);
    if (flock(store->writer_fd, LOCK_EX | LOCK_NB) == 0)
        return PST_OK;
    if (errno != EWOULDBLOCK)
        return pst_refuse_errno(why, errno, lock);
    return pst_refuse(why, PST_HOST_LOCKED, pst_say("one service for %s", path),
                      pst_say("another one is running"));
}

/* SQLite would make the file readable by all; it holds digests of codes and tokens. */
static enum pst_code make_file(const char *path, struct pst_report *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return pst_refuse_errno(why, errno, path);
    return PST_OK;
}

static enum pst_code open_database(struct pst_sqlite *store, const char *path,
                                   struct pst_report *why)
{
    int mode = store->writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int rc =
        sqlite3_open_v2(path, &store->db, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK)
        return pst_sqlite_refuse(store, rc, path, why);
    if (store->writes && sqlite3_db_readonly(store->db, "main") != 0)
        return pst_refuse(why, PST_HOST_PERMISSION, pst_say("%s to be writable", path),
                          pst_say("a file that may only be read"));
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
    if (!store->writes) /* the last to close would move the log: the writer's right alone */
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    return pst_sqlite_exec(store, store->writes ? writer_pragmas : reader_pragmas, why);
}

/* A file system without shared memory makes SQLite stay with another journal without an error. */
static enum pst_code check_log(struct pst_sqlite *store, struct pst_report *why)
{
    static const char asked[] = "PRAGMA journal_mode";
    PST_CLEANUP(pst_query) struct pst_query query = pst_query(store, asked, why);
    enum pst_code code = pst_query_one(&query);
    if (code == PST_OK && !pst_text_is(pst_column_view(&query, 0), "wal"))
        code = pst_refuse(why, PST_SERVICE_STORE, pst_say("a file system that can hold a WAL"),
                          pst_say("journal mode %.*s", PST_ARGS(pst_column_view(&query, 0))));
    return code;
}

static enum pst_code open_writer(void *context, struct pst_store **out, struct pst_report *why)
{
    const char *path = context;
    PST_CLEANUP(handle) struct pst_sqlite *store = NULL;

    PST_WITHIN(why, "store");
    enum pst_code code = new_handle(true, &store, why);
    if (code == PST_OK)
        code = lock_writer(store, path, why);
    if (code == PST_OK)
        code = make_file(path, why);
    if (code == PST_OK)
        code = open_database(store, path, why);
    if (code == PST_OK)
        code = check_log(store, why);
    if (code == PST_OK)
        code = pst_sqlite_migrate(store, why);
    if (code != PST_OK)
        return code;
    pst_sqlite_watch_log(store);
    *out = &store->store;
    store = NULL;
    return PST_OK;
}

static enum pst_code open_reader(void *context, struct pst_store **out, struct pst_report *why)
{
    PST_CLEANUP(handle) struct pst_sqlite *store = NULL;

    PST_WITHIN(why, "store");
    enum pst_code code = new_handle(false, &store, why);
    if (code == PST_OK)
        code = open_database(store, context, why);
    if (code == PST_OK)
        code = pst_sqlite_check_schema(store, why);
    if (code != PST_OK)
        return code;
    *out = &store->store;
    store = NULL;
    return PST_OK;
}

enum pst_code pst_sqlite_backend(const char *path, struct pst_store_backend *out,
                                 struct pst_report *why)
{
    size_t len = strlen(path);
    if (len == 0 || len + sizeof "./" > PST_SQLITE_PATH_ROOM)
        return pst_refuse(why, PST_OUT_OF_BOUNDS,
                          pst_say("a path of 1 to %d bytes", PST_SQLITE_PATH_ROOM - 3),
                          pst_say("%zu bytes", len));
    char *kept = malloc(len + sizeof "./");
    if (kept == NULL)
        return pst_no_memory(why, "the path of the store");
    /* Never a name with a meaning of its own, as ":memory:" and "file:..." have for SQLite. */
    snprintf(kept, len + sizeof "./", "%s%s", path[0] == '/' ? "" : "./", path);
    *out = (struct pst_store_backend){kept, open_writer, open_reader, free};
    return PST_OK;
}
