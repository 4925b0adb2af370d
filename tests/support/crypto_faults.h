/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_faults.h - one call of the crypto library, or one allocation, fails.
 *
 *     pst_faults_count();                 // nothing fails yet
 *     work();
 *     size_t calls = pst_faults_end();    // it made so many
 *     pst_faults_fail(nth, PST_FAULT_MINUS_ONE);
 *     work();                             // its call number `nth`, from 0, answers -1
 *     (void)pst_faults_end();
 *     pst_faults_failed()->name           // "EVP_DigestVerify"
 *
 * The program is linked with pst_test_with_faults() of tests/CMakeLists.txt, which puts the
 * functions of crypto_faults.c before the library's and libc's own: in our objects alone, so what
 * OpenSSL and cmocka allocate is left in peace. tests/architecture/crypto_faults.sh holds that
 * every call on the way to "verified" is among them.
 *
 * Threads  none: the state is the program's.
 */
#ifndef PST_TESTS_CRYPTO_FAULTS_H
#define PST_TESTS_CRYPTO_FAULTS_H

#include "manifests/finding.h"

/* What the failing call answers. A function that returns a pointer answers NULL to the first, and
 * one that returns a length has no third. */
enum pst_fault_answer {
    PST_FAULT_MINUS_ONE,
    PST_FAULT_ZERO,
    PST_FAULT_TWO, /* the call is made, and still does not say 1 */
    PST_FAULT_ANSWERS
};

struct pst_fault {
    const char *name;
    enum pst_code code;            /* what is then told */
    enum pst_fault_answer answers; /* how many of them make sense */
};

void pst_faults_count(void);
void pst_faults_fail(size_t nth, enum pst_fault_answer answer);
/* Calls since one of these; from now on none is counted and none fails. */
size_t pst_faults_end(void);
/* The function whose call failed; NULL when none did. */
const struct pst_fault *pst_faults_failed(void);

#endif
