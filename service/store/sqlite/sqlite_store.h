/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_store.h - the store on SQLite: WAL, synchronous=FULL, one writer, readers read-only.
 *
 * Debian 12's SQLite 3.40.1 can corrupt a database that two connections write and checkpoint at
 * once; so the writer's connection alone writes and checkpoints (store/README.md).
 */
#ifndef PST_SERVICE_STORE_SQLITE_STORE_H
#define PST_SERVICE_STORE_SQLITE_STORE_H

#include "service/store/store.h"

/* `path` is the database file; it is made when it is not there. Nothing is opened yet. */
enum pst_code pst_sqlite_backend(const char *path, struct pst_store_backend *out,
                                 struct pst_report *why) PST_MUST_CHECK;

#endif
