/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_ops.h - the functions behind struct pst_store_ops, by the file that holds them; their
 * contract is store.h. Private to this folder.
 */
#ifndef PST_SERVICE_STORE_SQLITE_SQLITE_OPS_H
#define PST_SERVICE_STORE_SQLITE_SQLITE_OPS_H

#include "service/store/sqlite/sqlite_statement.h"

/* sqlite_terminals.c */
enum pst_code pst_sqlite_terminal(struct pst_store *, const char *id, struct pst_terminal_row *,
                                  struct pst_report *why);
enum pst_code pst_sqlite_terminal_by_serial(struct pst_store *, const char *product,
                                            const char *serial, struct pst_terminal_row *,
                                            struct pst_report *why);
enum pst_code pst_sqlite_terminal_by_key(struct pst_store *, const uint8_t fingerprint[32],
                                         struct pst_terminal_row *, struct pst_report *why);
enum pst_code pst_sqlite_put_terminal(struct pst_store *, const struct pst_terminal_row *,
                                      struct pst_report *why);
enum pst_code pst_sqlite_put_checkin(struct pst_store *, const char *terminal,
                                     const struct pst_facts *, int64_t seen_s,
                                     int64_t assignment_sequence, struct pst_report *why);
/* The columns of a terminal, in the order in which pst_sqlite_read_terminal() reads them. */
#define PST_SQLITE_TERMINAL_COLUMNS                                                                \
    "t.id, t.serial, p.name, t.tag, t.state, t.code_sha256, t.keytype, t.scheme, t.public_part, "  \
    "t.key_fingerprint, t.registered_s, n.last_seen_s, n.assignment_sequence, n.report_sequence, " \
    "n.progress, r.id, f.json "
#define PST_SQLITE_TERMINAL_JOINS                                                                  \
    "JOIN product AS p ON p.key = t.product "                                                      \
    "LEFT JOIN rollout AS r ON r.key = n.rollout LEFT JOIN facts AS f ON f.terminal = t.key "
void pst_sqlite_read_terminal(struct pst_query *query, struct pst_terminal_row *out);

/* sqlite_listing.c */
enum pst_code pst_sqlite_terminals(struct pst_store *, const struct pst_terminal_query *,
                                   pst_row_fn *, void *context, struct pst_report *why);
/* The key behind a cursor, 0 for "". PST_SERVICE_BAD_REQUEST when nobody has this id. */
enum pst_code pst_sqlite_cursor(struct pst_sqlite *, const char *terminal, int64_t *out,
                                struct pst_report *why);
enum pst_code pst_sqlite_check_limit(int64_t limit, struct pst_report *why);

/* sqlite_reports.c */
enum pst_code pst_sqlite_last_report(struct pst_store *, const char *terminal,
                                     struct pst_terminal_report *, struct pst_report *why);
enum pst_code pst_sqlite_outcomes(struct pst_store *, const char *rollout,
                                  const char *after_terminal, int64_t limit, pst_row_fn *,
                                  void *context, struct pst_report *why);
enum pst_code pst_sqlite_put_report(struct pst_store *, const struct pst_terminal_report *,
                                    bool *fresh, struct pst_report *why);

/* sqlite_counts.c: the findings of a report that stopped something, as numbers, ascending, each
 * once. */
struct pst_code_set {
    size_t count;
    int64_t code[PST_REPORT_MOST];
};
enum { PST_CODE_SET_ROOM = PST_REPORT_MOST * 12 };
void pst_code_set_take(struct pst_code_set *set, const struct pst_report *findings);
void pst_code_set_print(const struct pst_code_set *set, char out[PST_CODE_SET_ROOM]);
/* False when the text is not what was printed. */
bool pst_code_set_parse(struct pst_text text, struct pst_code_set *out);
bool pst_code_set_holds(const struct pst_code_set *set, int64_t code);
enum pst_code pst_sqlite_rollout_counts(struct pst_store *, const char *id, bool by_finding,
                                        pst_row_fn *, void *context, struct pst_report *why);
/* Adds 1 to the counter of a progress or a finding of a rollout, or takes 1 from it. */
enum pst_code pst_sqlite_count_progress(struct pst_sqlite *, int64_t rollout, int64_t progress,
                                        bool more, struct pst_report *why);
enum pst_code pst_sqlite_count_finding(struct pst_sqlite *, int64_t rollout, int64_t code,
                                       bool more, struct pst_report *why);

/* sqlite_rollouts.c */
enum pst_code pst_sqlite_rollout(struct pst_store *, const char *id, struct pst_rollout_row *,
                                 struct pst_report *why);
enum pst_code pst_sqlite_rollouts(struct pst_store *, const char *product, pst_row_fn *,
                                  void *context, struct pst_report *why);
enum pst_code pst_sqlite_put_rollout(struct pst_store *, const struct pst_rollout_row *,
                                     struct pst_report *why);
/* PST_SERVICE_NOT_FOUND, without a finding. */
enum pst_code pst_sqlite_rollout_key(struct pst_sqlite *, const char *id, int64_t *out,
                                     struct pst_report *why);

/* sqlite_releases.c */
enum pst_code pst_sqlite_release(struct pst_store *, const char *product,
                                 const struct pst_version *, struct pst_release_row *,
                                 struct pst_report *why);
enum pst_code pst_sqlite_releases(struct pst_store *, const char *product, pst_row_fn *,
                                  void *context, struct pst_report *why);
enum pst_code pst_sqlite_put_release(struct pst_store *, const struct pst_release_row *,
                                     struct pst_report *why);

/* sqlite_products.c */
enum pst_code pst_sqlite_products(struct pst_store *, pst_row_fn *, void *context,
                                  struct pst_report *why);
/* The key of a product; it is made when it is new. */
enum pst_code pst_sqlite_product_key(struct pst_sqlite *, const char *name, int64_t *out,
                                     struct pst_report *why);
enum pst_code pst_sqlite_count_terminals(struct pst_sqlite *, int64_t product, int64_t more,
                                         struct pst_report *why);

/* sqlite_tokens.c */
enum pst_code pst_sqlite_token(struct pst_store *, const char *id, struct pst_token_row *,
                               struct pst_report *why);
enum pst_code pst_sqlite_put_token(struct pst_store *, const struct pst_token_row *,
                                   struct pst_report *why);

/* sqlite_transaction.c */
enum pst_code pst_sqlite_begin(struct pst_store *, struct pst_report *why);
enum pst_code pst_sqlite_savepoint(struct pst_store *, struct pst_report *why);
enum pst_code pst_sqlite_release_savepoint(struct pst_store *, bool keep, struct pst_report *why);
enum pst_code pst_sqlite_commit(struct pst_store *, struct pst_report *why);
void pst_sqlite_abandon(struct pst_store *);
enum pst_code pst_sqlite_checkpoint(struct pst_store *, bool idle, struct pst_report *why);
/* Has the connection tell how long the log is after each commit. */
void pst_sqlite_watch_log(struct pst_sqlite *);

#endif
