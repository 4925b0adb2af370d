/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tidy.h - what clang's analyzer cannot see across files, for tests/architecture/tidy.sh alone.
 *
 * pst_refuse() answers the code it was given. Without that the analyzer follows paths on which a
 * refusal is PST_OK, and reports the results that nobody wrote on them.
 */
#ifndef PST_TESTS_TIDY_H
#define PST_TESTS_TIDY_H

#include "manifests/finding.h"

#undef pst_refuse
#define pst_refuse(why, code, expected, found)                                                     \
    (pst_refuse_values((why), (code), (struct pst_value[1]){expected},                             \
                       (struct pst_value[1]){found}),                                              \
     (code))
#define pst_no_memory(why, what)           (pst_no_memory((why), (what)), PST_NO_MEMORY)
#define pst_refuse_errno(why, error, what) (pst_refuse_errno((why), (error), (what)), PST_HOST_IO)

#endif
