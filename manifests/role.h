/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role.h - TUF's role files: root, targets (top-level and delegated), snapshot, timestamp.
 *
 * One struct serves all four; the lists that a kind does not have are empty. Reading checks
 * shape and bounds only. Whether to believe a file is keys/trust.h's business.
 *
 *     root       keys, rules for root/targets/snapshot/timestamp, consistent_snapshot,
 *                x-postern-retired-schemes, x-postern-revoked-keys
 *     timestamp  files: "snapshot.json"
 *     snapshot   files: "targets.json" and every delegated role's file
 *     targets    targets; keys and rules of its delegations, in order of preference
 *
 * Units    lengths are bytes; instants are seconds, UTC.
 * Memory   pst_role_free(); texts are borrowed from the role.
 * Errors   document.*, PST_METADATA_WRONG_ROLE (`_type`), PST_METADATA_FORMAT_UNKNOWN
 *          (spec_version of another major), PST_METADATA_LIMIT.
 * Source   TUF 1.0.34, sections 4.3 to 4.6; TAP 15 for succinct roles. A key object may hold
 *          x-postern-not-before and x-postern-not-after: its validity window.
 */
#ifndef PST_MANIFESTS_ROLE_H
#define PST_MANIFESTS_ROLE_H

#include "manifests/envelope.h"

enum pst_role_kind { PST_ROLE_ROOT, PST_ROLE_TIMESTAMP, PST_ROLE_SNAPSHOT, PST_ROLE_TARGETS };
const char *pst_role_kind_name(enum pst_role_kind kind); /* "root", ...: also the `_type` */

enum {
    PST_ROLE_KEYS_MOST = 256,
    PST_ROLE_RULES_MOST = 1024,
    PST_ROLE_KEYIDS_MOST = 64,     /* a rule */
    PST_ROLE_PATTERNS_MOST = 1024, /* a rule */
    PST_ROLE_RETIRED_MOST = 16,
    PST_ROLE_REVOKED_MOST = 256
};

struct pst_role_key {
    struct pst_text id;
    struct pst_text keytype, scheme, public_part;
    int64_t not_before_s, not_after_s; /* INT64_MIN, INT64_MAX where the key has no such bound */
    const struct pst_json *object;     /* the whole key object, which the keyid covers */
};

/* Who may sign a role: a root's entry, or a delegation. */
struct pst_role_rule {
    struct pst_text name;
    int64_t threshold; /* >= 1 */
    size_t keyid_count;
    struct pst_text *keyid; /* no two equal */
    /* Delegations only: */
    bool terminating;
    size_t pattern_count;
    struct pst_text *pattern; /* globs of target paths, or hash prefixes */
    bool by_hash_prefix;
};

struct pst_role_digests {
    bool has_sha256, has_sha512;
    uint8_t sha256[32], sha512[64];
    size_t listed; /* algorithms listed, known or not */
};

/* What timestamp and snapshot say of another role's file. */
struct pst_role_file {
    struct pst_text name; /* "targets.json" */
    int64_t version;
    bool has_length;
    int64_t length_bytes;
    struct pst_role_digests digests;
};

struct pst_role_target {
    struct pst_text path;
    int64_t length_bytes;
    struct pst_role_digests digests;
    const struct pst_json *custom; /* NULL when there is none */
};

struct pst_role_retired {
    struct pst_text scheme;
    int64_t from_s;
};

struct pst_role_revoked {
    struct pst_text keyid;
    int64_t from_s;
    struct pst_text reason;      /* "leaked", "lost", "retired": for people */
    struct pst_text public_part; /* of a key that root does not list (sm2); empty otherwise */
};

struct pst_role_succinct { /* TAP 15: 2^bits delegated roles, "prefix-<hex>" */
    bool present;
    unsigned bits; /* 1 to 32 */
    struct pst_text name_prefix;
    struct pst_role_rule rule; /* its keyids and threshold */
};

struct pst_role {
    enum pst_role_kind kind;
    struct pst_envelope *envelope;
    struct pst_text spec_version;
    int64_t version; /* >= 1 */
    int64_t expires_s;

    size_t key_count;
    struct pst_role_key *key;
    size_t rule_count;
    struct pst_role_rule *rule;
    struct pst_role_succinct succinct;

    bool consistent_snapshot;
    size_t retired_count;
    struct pst_role_retired *retired;
    size_t revoked_count;
    struct pst_role_revoked *revoked;

    /* In the order of their names, not of the document. */
    size_t file_count;
    struct pst_role_file *file;
    size_t target_count;
    struct pst_role_target *target;
};

enum pst_code pst_role_parse(enum pst_role_kind kind, struct pst_bytes in, struct pst_role **out,
                             struct pst_report *why) PST_MUST_CHECK;
void pst_role_free(struct pst_role *role);
static inline void pst_role_cleanup(struct pst_role **role)
{
    pst_role_free(*role);
}

/* NULL when there is none. Keys: the first of several entries (JSON forbids several anyway). */
const struct pst_role_key *pst_role_key(const struct pst_role *role, struct pst_text keyid);
const struct pst_role_rule *pst_role_rule(const struct pst_role *role, struct pst_text name);
const struct pst_role_file *pst_role_file(const struct pst_role *role, struct pst_text name);
const struct pst_role_target *pst_role_target(const struct pst_role *role, struct pst_text path);
const struct pst_role_revoked *pst_role_revoked(const struct pst_role *role, struct pst_text keyid);
/* INT64_MAX when the scheme is not retired. */
int64_t pst_role_retired_from(const struct pst_role *role, struct pst_text scheme);

/* `*` and `?` never match '/', no other character is special; same number of components; case
 * counts. */
bool pst_role_pattern_matches(struct pst_text pattern, struct pst_text path);
/* Whether a delegation covers a target path; `path_sha256` is the digest of the path itself. */
bool pst_role_rule_covers(const struct pst_role_rule *rule, struct pst_text path,
                          const uint8_t path_sha256[32]);

/*
 * Writing: values in, the body's canonical JSON out, ready for signing. Only what the struct
 * says is written; keys are given as their whole JSON objects so that nothing of them is lost.
 */
struct pst_role_draft_rule {
    const char *name;
    int64_t threshold;
    const char *const *keyid;
    size_t keyid_count;
    const char *const *pattern; /* delegations only */
    size_t pattern_count;
    bool terminating;
};
struct pst_role_draft_key {
    const char *id;
    struct pst_bytes object; /* JSON */
};
/* Also a target: then `name` is its path, and version is not written. */
struct pst_role_draft_file {
    const char *name;
    int64_t version;
    int64_t length_bytes;
    uint8_t sha256[32];
};
struct pst_role_draft_mark { /* a retired scheme or a revoked keyid */
    const char *name;
    int64_t from_s;
    const char *reason;      /* revoked keys only */
    const char *public_part; /* the same; NULL: none */
};
struct pst_role_draft {
    enum pst_role_kind kind;
    int64_t version, expires_s;
    const struct pst_role_draft_key *key;
    size_t key_count;
    const struct pst_role_draft_rule *rule;
    size_t rule_count;
    const struct pst_role_draft_file *file; /* timestamp and snapshot: files; targets: targets */
    size_t file_count;
    const struct pst_role_draft_mark *retired, *revoked; /* root only */
    size_t retired_count, revoked_count;
};
enum pst_code pst_role_print(const struct pst_role_draft *draft, struct pst_buf *out,
                             struct pst_report *why) PST_MUST_CHECK;

#endif
