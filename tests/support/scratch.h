/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.h - a folder of one's own for a test, removed with all that is in it.
 *
 *     PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
 *     pst_scratch_path(&scratch, "slots/a", path, sizeof path);
 *
 * Memory   values only.
 * Errors   a test without its folder proves nothing: both functions end the program with a message.
 */
#ifndef PST_TESTS_SCRATCH_H
#define PST_TESTS_SCRATCH_H

#include "manifests/bytes.h"

struct pst_scratch {
    char path[256];
};

/* Makes a new empty folder, in $TMPDIR or else in /tmp. */
struct pst_scratch pst_scratch(void);
/* Writes "<folder>/<name>" to `out`. */
void pst_scratch_path(const struct pst_scratch *scratch, const char *name, char *out, size_t room);
/* Removes the folder. Links in it are removed, never followed. */
void pst_scratch_cleanup(struct pst_scratch *scratch);

#endif
