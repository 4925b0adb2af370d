/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - between attack.c and invariants.c only.
 */
#ifndef PST_TESTS_ATTACK_INTERNAL_H
#define PST_TESTS_ATTACK_INTERNAL_H

#include "tests/attack/attack.h"

/* What stands before a cycle. */
struct attack_before {
    struct pst_boot_state boot;
    int64_t slot_writes;
    size_t reports, repeated;
    struct pst_fake_documents metadata; /* copies */
};

void attack_before(const struct attack_case *it, struct attack_before *out);
void attack_before_cleanup(struct attack_before *before);
/* Counts and tells what does not hold after it->cycle. */
void attack_check_invariants(struct attack_case *it, const struct attack_before *before);

/* "M01 name: ..." on stderr. */
void attack_tell(const struct attack_case *it, const char *what, const char *format, ...)
    PST_PRINTF(3, 4);
/* The codes of all findings that are not merely noted, each once, in order; PST_OK ends them. */
enum { ATTACK_CODES_MOST = PST_REPORT_MOST + 1 };
void attack_reasons(const struct pst_report *why, enum pst_code out[ATTACK_CODES_MOST]);

#endif
