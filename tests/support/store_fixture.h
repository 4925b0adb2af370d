/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_fixture.h - an empty store of any backend for one test, and rows to put into it.
 *
 * Threads  one fixture belongs to one test.
 * Errors   whatever fails here fails the test.
 */
#ifndef PST_TESTS_STORE_FIXTURE_H
#define PST_TESTS_STORE_FIXTURE_H

#include "service/store/store.h"
#include "tests/support/scratch.h"

/* How a backend makes a store inside a folder; the same folder again opens the same store. */
typedef enum pst_code pst_store_make_fn(const char *folder, struct pst_store_backend *out,
                                        struct pst_report *why);

struct pst_store_fixture {
    pst_store_make_fn *make;
    struct pst_scratch scratch;
    struct pst_store_backend backend;
    struct pst_store *writer, *reader;
    struct pst_report why;
};

/* For cmocka: *state is the pst_store_maker before, and the fixture after. */
struct pst_store_maker {
    pst_store_make_fn *make;
};
int pst_store_setup(void **state);
int pst_store_teardown(void **state);
/* Closes both handles and opens them again. */
void pst_store_reopen(struct pst_store_fixture *fixture);

void pst_store_begin(struct pst_store_fixture *fixture);
void pst_store_commit(struct pst_store_fixture *fixture);
/* Fails the test, with the findings, unless both codes are equal. */
void pst_store_expect(struct pst_store_fixture *fixture, enum pst_code expected, enum pst_code got,
                      const char *what);
#define PST_STORE_OK(fixture, call)            pst_store_expect((fixture), PST_OK, (call), #call)
#define PST_STORE_CODE(fixture, code_is, call) pst_store_expect((fixture), (code_is), (call), #call)

/* Rows that differ by their number; every field is set. */
struct pst_terminal_row pst_store_terminal(unsigned number, const char *product);
struct pst_facts pst_store_facts(unsigned number, const char *product);
struct pst_rollout_row pst_store_rollout(unsigned number, const char *product);
struct pst_release_row pst_store_release(unsigned number, const char *product);
struct pst_token_row pst_store_token(unsigned number);
struct pst_terminal_report pst_store_report(unsigned terminal, int64_t sequence,
                                            const char *rollout, enum pst_progress progress);
struct pst_version pst_store_version(const char *text);
void pst_store_copy(char *out, size_t room, const char *text);

/* Puts `count` terminals of a product, numbered from `first`, in one transaction. */
void pst_store_put_terminals(struct pst_store_fixture *fixture, unsigned first, unsigned count,
                             const char *product);
/* One write in a transaction of its own. */
void pst_store_put_rollout(struct pst_store_fixture *fixture, const struct pst_rollout_row *row);
bool pst_store_put_report(struct pst_store_fixture *fixture,
                          const struct pst_terminal_report *report);

/* Collects the keys of a listing: ids of terminals, rollouts, outcomes; names of counts. */
struct pst_store_list {
    size_t count, stop_at; /* stop_at 0: never */
    char key[1024][PST_NAME_ROOM];
    int64_t value[1024]; /* of counts */
};
bool pst_store_list_terminal(void *context, const void *row);
bool pst_store_list_outcome(void *context, const void *row);
bool pst_store_list_rollout(void *context, const void *row);
bool pst_store_list_release(void *context, const void *row);
bool pst_store_list_count(void *context, const void *row);
/* 0 when the key is not there. */
int64_t pst_store_list_value(const struct pst_store_list *list, const char *key);

/* The same numbers for the same seed, on every machine. */
struct pst_store_dice {
    uint64_t state;
};
unsigned pst_store_roll(struct pst_store_dice *dice, unsigned below);

#endif
