/* SPDX-License-Identifier: Apache-2.0 */
/*
 * valid.h - generated repositories and releases that are good: odd, at the limits and within them,
 * but good. Whoever refuses one refuses somebody's update.
 *
 *     struct any any = any_seed(seed);
 *     struct valid_repo *repo = valid_repo(&keys, &any);   // the same shape for the same seed
 *     ... walk over repo->root[], timestamp, snapshot, step[] to the target that it has
 *
 * The texts are written here and not by the writers of manifests/: members in any order, blanks,
 * escapes, unknown members, what other writers may do.
 *
 * Memory   valid_repo_free(), valid_keys_free().
 * Errors   what cannot be made ends the program.
 */
#ifndef PST_TESTS_ATTACK_VALID_H
#define PST_TESTS_ATTACK_VALID_H

#include "keys/private_key.h"
#include "keys/trust.h"

/* ---- numbers that a seed gives --------------------------------------------------------------- */

struct any {
    uint64_t state;
};
struct any any_seed(uint64_t seed);
uint64_t any_number(struct any *any);
size_t any_below(struct any *any, size_t end); /* 0 to end - 1 */
bool any_once_in(struct any *any, size_t times);
/* One of the two ends as often as all that is between. */
int64_t any_between(struct any *any, int64_t least, int64_t most);

/* ---- texts ----------------------------------------------------------------------------------- */

void valid_print(struct pst_buf *out, const char *format, ...) PST_PRINTF(2, 3);
/* A JSON text with its quotes: some characters as they are, some escaped. */
void valid_text(struct any *any, struct pst_buf *out, struct pst_text text);
/* Printable text of 1 to `most` bytes in many scripts, without the characters of `but`. */
void valid_word(struct any *any, struct pst_buf *out, size_t most, const char *but);

/* The members of an object, put together in any order. */
enum { VALID_MEMBERS = 24 };
struct valid_object {
    size_t count;
    struct pst_buf member[VALID_MEMBERS];
};
/* The next member, its name already written. */
struct pst_buf *valid_member(struct any *any, struct valid_object *object, const char *name);
/* Adds some members that nobody knows; closes and frees the object. */
void valid_close_open(struct any *any, struct valid_object *object, struct pst_buf *out);
void valid_close(struct any *any, struct valid_object *object, struct pst_buf *out);
/* With blanks where JSON lets them be, `in` any of them. */
void valid_blanks(struct any *any, struct pst_bytes in, struct pst_buf *out);

/* ---- keys ------------------------------------------------------------------------------------ */

enum { VALID_KEYS = 18 };
struct valid_keys { /* made once a run: the schemes mixed */
    size_t count;
    size_t for_all; /* the first ones may sign every role; the rest product roles only */
    struct pst_private_key *key[VALID_KEYS];
};
void valid_keys(struct valid_keys *out);
void valid_keys_free(struct valid_keys *keys);

/* ---- a repository ---------------------------------------------------------------------------- */

enum { VALID_ROOTS = PST_TRUST_ROTATIONS + 1, VALID_STEPS = PST_TRUST_VISITS };
struct valid_step { /* a role on the way to the target; the first is "targets" */
    char name[PST_KEYID_MOST * 2 + 1];
    int64_t version;
    struct pst_buf bytes;
};
struct valid_repo {
    int64_t now_s;
    size_t root_count;
    struct pst_buf root[VALID_ROOTS];
    struct pst_buf timestamp, snapshot;
    size_t step_count;
    struct valid_step step[VALID_STEPS + 8];
    struct pst_buf path, content; /* the target */
};
struct valid_repo *valid_repo(const struct valid_keys *keys, struct any *any);
void valid_repo_free(struct valid_repo *repo);

/* ---- a release ------------------------------------------------------------------------------- */

/* A manifest at or within every limit; its product is "pos-a". */
void valid_release(struct any *any, struct pst_buf *out);

#endif
