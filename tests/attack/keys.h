/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - other keys and other rules for the terminal of a case, by rotations that are good.
 *
 * Memory   keys are the row's; they must outlive the case.
 */
#ifndef PST_TESTS_ATTACK_KEYS_H
#define PST_TESTS_ATTACK_KEYS_H

#include "tests/attack/attack.h"

/* From now on `threshold` of these keys sign the role (not the assignment), and all of them do.
 * When it is root's own rule, the next root is signed by the old keys as well. */
void attack_rule(struct attack_case *it, size_t which, int64_t threshold,
                 const struct pst_repo_key *const *key, size_t count);
/* Publishes it under a new root, lets the terminal see it with nothing ordered, and calls it
 * good. */
void attack_settle(struct attack_case *it);
/* A key that says it is the other one. */
struct pst_repo_key attack_forged(const struct pst_repo_key *forger,
                                  const struct pst_repo_key *pretended);

#endif
