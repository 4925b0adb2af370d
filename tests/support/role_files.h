/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_files.h - one good file of each TUF role, with every member that a role may have, to be
 * spoilt.
 *
 * Written with ' in place of ", so that they can be read here; role_file_text() gives the JSON.
 *
 * Memory   texts with static storage, or the caller's buffer.
 */
#ifndef PST_TESTS_ROLE_FILES_H
#define PST_TESTS_ROLE_FILES_H

#include "manifests/role.h"

/* A kind's file; PST_ROLE_TARGETS with delegations by name, `role_file_bins` with succinct
 * roles. */
const char *role_file(enum pst_role_kind kind);
extern const char role_file_bins[];

/*
 * Adds the file with the first `find` replaced by `put`, ready to parse; NULL for `find`:
 * unchanged. Answers false when `find` is not in it, as a case that changes nothing proves
 * nothing.
 */
bool role_file_text(const char *file, const char *find, const char *put, struct pst_buf *out);
/* Reads the changed file; a `find` that is not there ends the program. */
enum pst_code role_file_parse(enum pst_role_kind kind, const char *file, const char *find,
                              const char *put, struct pst_role **out, struct pst_report *why);

#endif
