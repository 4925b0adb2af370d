/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_role.h - what holds of every role file that is read, whatever its kind.
 *
 *     - a refusal is explained, and leaves nothing behind; a file is of one kind only
 *     - versions and thresholds are at least 1, no keyid stands twice in a rule
 *     - signed again with the same signatures around the canonical body, it reads as the same role,
 *       and its canonical form stays the same byte for byte
 *     - given to our own writer as a draft, as far as a draft can say it, it reads as the same role
 */
#ifndef PST_TESTS_FUZZ_ROLE_H
#define PST_TESTS_FUZZ_ROLE_H

#include "manifests/role.h"

void pst_fuzz_role(enum pst_role_kind kind, struct pst_bytes in);

#endif
