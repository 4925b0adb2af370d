/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony_internal.h - internal to the ceremony: what signing and checking share.
 */
#ifndef PST_KEYS_CEREMONY_INTERNAL_H
#define PST_KEYS_CEREMONY_INTERNAL_H

#include "keys/ceremony.h"

/* pst_ceremony_lint() with what is known of the file's delegator. */
enum pst_code pst_ceremony_lint_file(const struct pst_ceremony_place *place,
                                     const struct pst_ceremony_file *file, struct pst_report *why)
    PST_MUST_CHECK;

#endif
