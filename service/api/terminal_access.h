/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal_access.h - internal to api/: may this terminal take part?
 */
#ifndef PST_SERVICE_API_TERMINAL_ACCESS_H
#define PST_SERVICE_API_TERMINAL_ACCESS_H

#include "service/store/store.h"

/*
 * The row of a terminal that is accepted and has a key. PST_SERVICE_NOT_ACCEPTED while it waits,
 * PST_SERVICE_FORBIDDEN when it is blocked, PST_SERVICE_UNAUTHORIZED when there is none (any more).
 */
enum pst_code pst_terminal_accepted(struct pst_store *store, const char *id,
                                    struct pst_terminal_row *out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
