/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/store_conformance.h"

#include "tests/support/check.h"

enum { CASES_MOST = 64 };

int pst_store_conformance(const char *name, pst_store_make_fn *make)
{
    const struct {
        const struct pst_store_case *cases;
        size_t count;
    } areas[] = {
        {pst_store_terminal_cases, pst_store_terminal_case_count},
        {pst_store_report_cases, pst_store_report_case_count},
        {pst_store_catalogue_cases, pst_store_catalogue_case_count},
        {pst_store_listing_cases, pst_store_listing_case_count},
        {pst_store_transaction_cases, pst_store_transaction_case_count},
    };
    struct pst_store_maker maker = {make};
    struct CMUnitTest tests[CASES_MOST];
    size_t count = 0;

    for (size_t i = 0; i < PST_COUNT(areas); i++) {
        for (size_t j = 0; j < areas[i].count && count < CASES_MOST; j++)
            tests[count++] = (struct CMUnitTest){areas[i].cases[j].name, areas[i].cases[j].run,
                                                 pst_store_setup, pst_store_teardown, &maker};
    }
    /* The macro for it wants an array, and takes its size. */
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}
