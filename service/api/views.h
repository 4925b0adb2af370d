/* SPDX-License-Identifier: Apache-2.0 */
/*
 * views.h - internal to api/: how rows look as JSON, with words of the book that is handed in.
 *
 * Memory   written to the caller's writer. Threads: pure.
 */
#ifndef PST_SERVICE_API_VIEWS_H
#define PST_SERVICE_API_VIEWS_H

#include "manifests/json_out.h"
#include "manifests/words.h"
#include "service/store/store.h"

/* As pst_out_findings(), and with "title", "text" and "remedies" {merchant, operator, vendor}. */
void pst_view_findings(struct pst_json_out *out, const char *name, const struct pst_report *why,
                       const struct pst_words_book *book);

/* The members of a terminal, without the brackets: the short form of listings. */
void pst_view_terminal(struct pst_json_out *out, const struct pst_terminal_row *row);

void pst_view_rollout(struct pst_json_out *out, const struct pst_rollout_row *row); /* members */
void pst_view_release(struct pst_json_out *out, const struct pst_release_row *row); /* an object */
void pst_view_outcome(struct pst_json_out *out, const struct pst_outcome_row *row,
                      const struct pst_words_book *book); /* an object */
/* {"code", "count", "title", "remedy"}, an object; the remedy is for the code's own audience. */
void pst_view_finding_count(struct pst_json_out *out, const struct pst_count_row *row,
                            const struct pst_words_book *book);

/* null for 0, which stands for never. */
void pst_view_instant(struct pst_json_out *out, const char *name, int64_t at_s);

#endif
