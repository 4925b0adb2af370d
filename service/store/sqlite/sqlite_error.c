/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sqlite3.h>

#include "service/store/sqlite/sqlite_handle.h"

static const struct {
    int rc; /* primary result */
    enum pst_code code;
} codes[] = {
    {SQLITE_FULL, PST_HOST_DISK_FULL},      {SQLITE_CORRUPT, PST_HOST_STATE},
    {SQLITE_NOTADB, PST_HOST_STATE},        {SQLITE_CANTOPEN, PST_HOST_PERMISSION},
    {SQLITE_READONLY, PST_HOST_PERMISSION}, {SQLITE_PERM, PST_HOST_PERMISSION},
    {SQLITE_NOMEM, PST_NO_MEMORY},          {SQLITE_CONSTRAINT, PST_SERVICE_CONFLICT},
};

static int errno_of_file(sqlite3_file *file)
{
    int error = 0;
    if (file == NULL || file->pMethods == NULL ||
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error) != SQLITE_OK)
        return 0;
    return error;
}

/* SQLite keeps no errno of a COMMIT that fails; the file that failed still knows it. */
static int last_errno(sqlite3 *db)
{
    static const int files[] = {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER};
    int error = sqlite3_system_errno(db);

    for (size_t i = 0; i < PST_COUNT(files) && error == 0; i++) {
        sqlite3_file *file = NULL;
        if (sqlite3_file_control(db, "main", files[i], &file) == SQLITE_OK)
            error = errno_of_file(file);
    }
    return error;
}

/* SQLite says "I/O error" or "cannot open" of several causes that an operator tells apart. */
static enum pst_code code_of(const struct pst_sqlite *store, int rc)
{
    int primary = rc & 0xff;
    int error = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ? last_errno(store->db) : 0;

    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return PST_HOST_DISK_FULL;
    if (error == ENOENT || error == ENOTDIR)
        return PST_HOST_NOT_FOUND;
    for (size_t i = 0; i < PST_COUNT(codes); i++)
        if (codes[i].rc == primary)
            return codes[i].code;
    return PST_SERVICE_STORE;
}

enum pst_code pst_sqlite_refuse(const struct pst_sqlite *store, int rc, const char *what,
                                struct pst_report *why)
{
    /* A handle that could not even be allocated has no words of its own. */
    const char *words = store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc);
    enum pst_code code = store->db != NULL ? code_of(store, rc) : PST_NO_MEMORY;
    return pst_refuse(why, code, pst_say("%s", what), pst_say("%s (SQLite %d)", words, rc));
}

enum pst_code pst_sqlite_damaged(struct pst_report *why, const char *expected, const char *found)
{
    return pst_refuse(why, PST_HOST_STATE, pst_say("%s", expected), pst_say("%s", found));
}

enum pst_code pst_sqlite_exec(struct pst_sqlite *store, const char *sql, struct pst_report *why)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? PST_OK : pst_sqlite_refuse(store, rc, "a statement that runs", why);
}

enum pst_code pst_sqlite_in_transaction(const struct pst_sqlite *store, struct pst_report *why)
{
    if (store->writes && sqlite3_get_autocommit(store->db) == 0)
        return PST_OK;
    return pst_refuse(why, PST_SERVICE_STORE, pst_say("a write inside the writer's transaction"),
                      pst_say(store->writes ? "no transaction" : "a reader's handle"));
}
