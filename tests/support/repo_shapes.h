/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repo_shapes.h - internal to repo_builder.c: bodies of roles in shapes that our own writer does
 * not write, though other writers do, or nobody should.
 *
 * All of it works on the canonical text, and keeps it canonical.
 */
#ifndef PST_TESTS_REPO_SHAPES_H
#define PST_TESTS_REPO_SHAPES_H

#include "tests/support/repo_builder.h"

/* The first `find` becomes `put`; false where there is none, for a test that changes nothing
 * proves nothing. */
bool pst_repo_replace(struct pst_buf *text, const char *find, const char *put);
/* What the role's members `lists`, `inconsistent`, `by_hash_prefix`, `bits` and `edit` ask for. */
bool pst_repo_shape(const struct pst_repo_role *role, struct pst_buf *body);
/* As JSON: line feeds, which the canonical form has raw in PEM keys, are escaped. `spaced`: over
 * many lines. */
bool pst_repo_add_as_json(struct pst_bytes body, bool spaced, struct pst_buf *out);

#endif
