/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_print.h - a report as plain text for people: what programs print when refused.
 *
 *     error: Field missing [document.missing-field] at release/components/0
 *         The field {where} is not there ... (the catalogue's sentence with the values filled in)
 *         expected: a text
 *         found: nothing
 *         operator: Correct the place named and send the document again.
 *
 * Findings that are merely noted begin with "note:", and "(not verified)" stands behind those that
 * were learnt from content that did not verify. No control characters but line feeds.
 *
 * Memory   adds to the caller's buffer; the words are unpacked once, and gone at the end. Without
 *          memory for them a finding still has its code, its place and its values.
 * Threads  pure function.
 * Source   words.h for the texts.
 */
#ifndef PST_MANIFESTS_REPORT_PRINT_H
#define PST_MANIFESTS_REPORT_PRINT_H

#include "manifests/words.h"

/*
 * All findings, those that decide before those that are noted, each remedy under its audience. An
 * empty report adds nothing. False, with the buffer as it was, when it is at its ceiling.
 */
bool pst_report_print(const struct pst_report *why, enum pst_language language, bool with_remedies,
                      struct pst_buf *out) PST_MUST_CHECK;

/* Enough for a full report with all its remedies in either language. */
enum { PST_REPORT_PRINT_MOST = 256 * 1024 };

#endif
