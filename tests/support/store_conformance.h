/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_conformance.h - what every backend of the store has to do, as one suite.
 *
 * A backend's test gives its maker and gets the number of tests that failed; a second backend runs
 * the same. The tests of one area stand together in store_conformance_<area>.c.
 */
#ifndef PST_TESTS_STORE_CONFORMANCE_H
#define PST_TESTS_STORE_CONFORMANCE_H

#include "tests/support/store_fixture.h"

int pst_store_conformance(const char *name, pst_store_make_fn *make);

/* The areas. Each row is a test whose name is the sentence that it proves. */
struct pst_store_case {
    const char *name;
    void (*run)(void **state);
};
extern const struct pst_store_case pst_store_terminal_cases[];
extern const size_t pst_store_terminal_case_count;
extern const struct pst_store_case pst_store_report_cases[];
extern const size_t pst_store_report_case_count;
extern const struct pst_store_case pst_store_catalogue_cases[];
extern const size_t pst_store_catalogue_case_count;
extern const struct pst_store_case pst_store_listing_cases[];
extern const size_t pst_store_listing_case_count;
extern const struct pst_store_case pst_store_transaction_cases[];
extern const size_t pst_store_transaction_case_count;

#define PST_STORE_CASE(function)                                                                   \
    {                                                                                              \
#function, function                                                                        \
    }

#endif
