/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library_error.h - internal to keys/: what OpenSSL says when it refuses, as a finding.
 *
 * Errors   the thread's error queue of the library is empty afterwards, so that no later caller
 *          reads this failure as its own.
 */
#ifndef PST_KEYS_LIBRARY_ERROR_H
#define PST_KEYS_LIBRARY_ERROR_H

#include "manifests/finding.h"

/* PST_HOST_CRYPTO, with what was wanted and the library's own words. */
enum pst_code pst_library_refused(struct pst_report *why, const char *what);
/* For failures that are answers (a bad signature, a wrong passphrase) and need no words. */
void pst_library_forget(void);

#endif
