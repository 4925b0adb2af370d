/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_migrate.h - from whatever schema a database has to the one that this program knows.
 *
 * Steps are numbered from 1; PRAGMA user_version says how many were done. Each is one transaction
 * together with its number: a program that dies in the middle finds the step undone and does it
 * again.
 *
 * Errors   PST_HOST_STATE_NEWER for a database of a newer program, PST_HOST_STATE for a database
 *          that is no store of Postern's, or that no writer has prepared yet (readers).
 */
#ifndef PST_SERVICE_STORE_SQLITE_SQLITE_MIGRATE_H
#define PST_SERVICE_STORE_SQLITE_SQLITE_MIGRATE_H

#include "service/store/sqlite/sqlite_handle.h"

struct pst_sqlite_step {
    const char *name; /* of the file in store/schema/ */
    const char *sql;
};
/* Generated from store/schema/sqlite-*.sql. */
extern const struct pst_sqlite_step pst_sqlite_steps[];
extern const size_t pst_sqlite_step_count;

enum pst_code pst_sqlite_migrate(struct pst_sqlite *store, struct pst_report *why) PST_MUST_CHECK;
/* For readers: the schema is exactly the one that this program knows. */
enum pst_code pst_sqlite_check_schema(struct pst_sqlite *store, struct pst_report *why)
    PST_MUST_CHECK;

#endif
