/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repo_builder.h - signed repositories for tests: good by default, and wrong in exactly the way
 * asked for.
 *
 *     struct pst_repo *repo = pst_repo_new("ed25519");   // four roles, a key each; publishes
 *     repo->timestamp.version = 2;                       // change anything ...
 *     repo->timestamp.signer[0] = &stranger;             // ... also who *does* sign
 *     pst_repo_sign(&repo->timestamp);                   // one file, as it stands
 *     pst_repo_publish(repo);                            // or all, with their parents to match
 *     pst_trust_timestamp(trust, pst_repo_bytes(&repo->timestamp), ...)
 *
 * Who may sign stands in the delegator: root's `rule` by kind, `delegation` for the rest. What no
 * writer of ours would write is reached by an `edit` of the body before it is signed, by `extra`
 * signatures, and by changing the bytes afterwards.
 *
 * Units    instants are seconds; the clock of the good repository is PST_REPO_NOW.
 * Memory   pst_repo_free(); keys and texts that a test puts in are the test's own.
 * Errors   a test without its repository proves nothing: every function ends the program with a
 * message.
 */
#ifndef PST_TESTS_REPO_BUILDER_H
#define PST_TESTS_REPO_BUILDER_H

#include "keys/private_key.h"
#include "manifests/role.h"

#define PST_REPO_NOW     INT64_C(1893456000) /* 2030-01-01T00:00:00Z */
#define PST_REPO_DAY     INT64_C(86400)
#define PST_REPO_EXPIRES (PST_REPO_NOW + 30 * PST_REPO_DAY)

enum {
    PST_REPO_SIGNERS = 8,
    PST_REPO_FILES = 80,
    PST_REPO_DELEGATIONS = 40,
    PST_REPO_ROLES = 40,
    PST_REPO_PATTERNS = 4,
    PST_REPO_EDITS = 8
};

/* What a role says of its files or targets; 0 is the length and the sha256. */
enum pst_repo_lists {
    PST_REPO_LENGTH = 1,
    PST_REPO_SHA256 = 2,
    PST_REPO_SHA512 = 4,
    PST_REPO_HASH_OF_TOMORROW = 8, /* of a kind that nobody knows */
    PST_REPO_VERSION_ALONE = 16
};

struct pst_repo_key {
    struct pst_private_key *private;
    struct pst_buf object; /* JSON */
    char id[65];           /* a test may write another: keyids are but names */
    bool borrowed;         /* `private` is freed by the key that this one was made from */
};

/* Who may sign. */
struct pst_repo_rule {
    size_t key_count;
    const struct pst_repo_key *key[PST_REPO_SIGNERS];
    int64_t threshold;
};

struct pst_repo_delegation {
    const char *name;
    struct pst_repo_rule rule;
    const char *pattern;
    bool terminating;
    const char *also[PST_REPO_PATTERNS]; /* more patterns, up to the first NULL */
    bool by_hash_prefix;                 /* the patterns are hash prefixes */
    int bits; /* > 0: the one delegation of its delegator, as TAP 15's 2^bits succinct roles */
};

/* The first `find` of the body becomes `put`. Keep it canonical (no blanks, names in order) if the
 * signature shall hold. */
struct pst_repo_edit {
    const char *find, *put;
};

struct pst_repo_file { /* of snapshot and timestamp: a role's file; of targets: a target */
    char name[300];
    int64_t version, length_bytes;
    uint8_t sha256[PST_SHA256_BYTES], sha512[PST_SHA512_BYTES];
};

struct pst_repo_role {
    enum pst_role_kind kind;
    const char *name;
    int64_t version, expires_s;

    size_t signer_count; /* who does sign */
    const struct pst_repo_key *signer[PST_REPO_SIGNERS];
    size_t extra_count; /* and what stands beside their signatures */
    struct pst_envelope_new_signature extra[PST_REPO_SIGNERS];

    struct pst_repo_rule rule[4]; /* of root: by enum pst_role_kind */
    size_t retired_count, revoked_count;
    struct pst_role_draft_mark retired[2], revoked[2]; /* of root */
    size_t delegation_count;                           /* of targets */
    struct pst_repo_delegation delegation[PST_REPO_DELEGATIONS];
    size_t file_count;
    struct pst_repo_file file[PST_REPO_FILES];

    unsigned lists;    /* enum pst_repo_lists, for all its entries */
    bool inconsistent; /* of root: "consistent_snapshot" is false */
    bool spaced;       /* printed over many lines, as other writers do */
    size_t edit_count;
    struct pst_repo_edit edit[PST_REPO_EDITS];
    struct pst_buf bytes; /* as signed last, with a NUL behind */
};

struct pst_repo {
    struct pst_repo_key key[4]; /* by enum pst_role_kind */
    struct pst_repo_role root, timestamp, snapshot, targets;
    size_t role_count;
    struct pst_repo_role role[PST_REPO_ROLES]; /* delegated ones */
};

/* All roles of one scheme, and published. */
struct pst_repo *pst_repo_new(const char *scheme);
void pst_repo_free(struct pst_repo *repo);
static inline void pst_repo_cleanup(struct pst_repo **repo)
{
    pst_repo_free(*repo);
}

struct pst_repo_key pst_repo_key(const char *scheme);
struct pst_repo_key pst_repo_key_between(const char *scheme, int64_t not_before_s,
                                         int64_t not_after_s);
void pst_repo_key_cleanup(struct pst_repo_key *key);
/* The same private key with another end, and so another keyid. The first key must outlive it. */
struct pst_repo_key pst_repo_key_again(const struct pst_repo_key *key, int64_t not_after_s);
/* The same private key with the first `find` of its key object changed, and the keyid of that. */
struct pst_repo_key pst_repo_key_with(const struct pst_repo_key *key, const char *find,
                                      const char *put);

/* Exactly these keys may sign a role, or do sign it: pst_repo_let(&rule, 2, (...[]){&a, &b, &c},
 * 3). */
void pst_repo_let(struct pst_repo_rule *rule, int64_t threshold,
                  const struct pst_repo_key *const *key, size_t count);
void pst_repo_sign_with(struct pst_repo_role *role, const struct pst_repo_key *const *key,
                        size_t count);
void pst_repo_edit(struct pst_repo_role *role, const char *find, const char *put);

/* A delegated role, signed by `key`; `delegator` lets it sign what matches `pattern`. */
struct pst_repo_role *pst_repo_delegate(struct pst_repo *repo, struct pst_repo_role *delegator,
                                        const char *name, const struct pst_repo_key *key,
                                        const char *pattern, bool terminating);
/* As succinct roles: `delegator` lets `key` sign its 2^bits bins "prefix-<hex>". */
void pst_repo_delegate_bins(struct pst_repo_role *delegator, const char *prefix, int bits,
                            const struct pst_repo_key *key);
/* A role that is published, whoever delegates to it. */
struct pst_repo_role *pst_repo_add_role(struct pst_repo *repo, const char *name,
                                        const struct pst_repo_key *key);
/* NULL when there is none. */
struct pst_repo_role *pst_repo_role(struct pst_repo *repo, const char *name);
void pst_repo_target(struct pst_repo_role *role, const char *path, struct pst_bytes content);

/* Changes the first `find` of the file as signed last: what somebody does on the way. */
void pst_repo_spoil(struct pst_repo_role *role, const char *find, const char *put);

/* Signs one file as it stands. */
void pst_repo_sign(struct pst_repo_role *role);
/* Puts the file of `role`, as signed last, into a snapshot or timestamp: length, hash and version.
 * */
void pst_repo_list(struct pst_repo_role *in, const struct pst_repo_role *role);
/* Signs root, delegated roles and targets, lists them in the snapshot, and that in the timestamp.
 * */
void pst_repo_publish(struct pst_repo *repo);
/* The next version of a role and of what lists it: raises all three numbers and publishes. */
void pst_repo_publish_next(struct pst_repo *repo);

static inline struct pst_bytes pst_repo_bytes(const struct pst_repo_role *role)
{
    return pst_buf_bytes(&role->bytes);
}

/* Writes the files as signed last under `folder`: N.root.json, timestamp.json, N.<role>.json. */
void pst_repo_write(const struct pst_repo *repo, const char *folder);

#endif
