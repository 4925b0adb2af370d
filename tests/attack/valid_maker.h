/* SPDX-License-Identifier: Apache-2.0 */
/*
 * valid_maker.h - between valid_repo.c and valid_sign.c only: who signs, and signing.
 */
#ifndef PST_TESTS_ATTACK_VALID_MAKER_H
#define PST_TESTS_ATTACK_VALID_MAKER_H

#include "manifests/envelope.h"
#include "manifests/instant.h"
#include "manifests/role.h"
#include "tests/attack/valid.h"

enum { VALID_FILE_MOST = 8 << 20, VALID_HOLDERS_MOST = PST_ROLE_KEYIDS_MOST };

struct valid_maker {
    const struct valid_keys *keys;
    struct any *any;
    struct valid_repo *repo;
};

struct valid_holder {
    const struct pst_private_key *key; /* NULL: its keyid is all there is of it */
    char id[PST_KEYID_MOST + 1];
    struct pst_buf object;
    bool signs;
};

struct valid_rule {
    int64_t threshold;
    size_t count;
    struct valid_holder holder[VALID_HOLDERS_MOST];
};

/* Ends the program with what could not be done. */
void valid_must(enum pst_code code, const char *what);

/* Who may sign and who does: `threshold` distinct keys at the least, which count `today` or did
 * once. */
void valid_rule(struct valid_maker *maker, bool of_product, bool today, struct valid_rule *out);
void valid_free_rule(struct valid_rule *rule);
/* "keys": those of several rules, each keyid once. */
void valid_put_keys(struct valid_maker *maker, struct pst_buf *out, const struct valid_rule *rule,
                    size_t count);
/* "keyids" and "threshold". */
void valid_put_signers(struct valid_maker *maker, struct valid_object *object,
                       const struct valid_rule *rule);
/* Signs as each of the rules wants it; blanks, up to the last byte that a reader takes. */
void valid_seal(struct valid_maker *maker, struct pst_buf *body, const struct valid_rule *rules,
                size_t count, size_t most, struct pst_buf *out);

#endif
