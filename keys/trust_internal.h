/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust_internal.h - internal to keys/: the walk's state, and the judging of one file.
 *
 *     open(file, bytes)   ceiling, length and hashes, signatures, shape   -> a role, and a verdict
 *     the step's own      version, rollback, expiry
 *     keep                only where the verdict is PST_OK (or, local files, as a floor)
 *
 * A verdict keeps the first code and lets the later checks run. From the first failure of hashes or
 * signatures on, what the checks find in the content is marked unverified.
 */
#ifndef PST_KEYS_TRUST_INTERNAL_H
#define PST_KEYS_TRUST_INTERNAL_H

#include <stdlib.h>

#include "keys/trust.h"

enum { PST_TRUST_HELD_MOST = 4096 };

/* A targets role that was accepted under one delegator, in this walk. */
struct pst_trust_held {
    const struct pst_role *delegator;
    struct pst_role *role;
    struct pst_text name; /* borrowed from the snapshot, which stays once targets are there */
    uint8_t digest[PST_SHA256_BYTES];
};

struct pst_trust {
    int64_t now_s;
    struct pst_role *root;
    size_t rotations;
    bool root_is_final;

    /* The newest that ever verified: floors. `usable`: may be built upon as well. */
    struct pst_role *timestamp, *snapshot;
    bool timestamp_usable, snapshot_usable;

    const struct pst_role *targets; /* one of `held` */
    struct pst_trust_held *held;
    size_t held_count, held_room;
};

struct pst_trust_verdict {
    struct pst_report *why;
    enum pst_code first;
    bool was_unverified;
    bool signed_once; /* by enough keys, were they valid now or only in their day */
};

struct pst_trust_file {
    enum pst_role_kind kind;
    struct pst_text name;
    const struct pst_role *delegator;
    const struct pst_role_rule *rule;
    const struct pst_role_file *listed; /* NULL: no length and hashes to hold it to */
    size_t most_bytes;
    bool local;    /* also counts as signed_once when its keys were valid in their day only */
    bool leads_on; /* a root of the chain: its keys need have been valid in their day only */
};

/* Steps out of order would be trust without checks: our own mistake, but never one that goes on.
 * No assert(), for a release is built without those. */
static inline void pst_trust_in_order(bool holds)
{
    if (!holds)
        abort();
}

struct pst_trust_verdict pst_trust_verdict(struct pst_report *why);
/* Gives the report its mark back. */
void pst_trust_verdict_cleanup(struct pst_trust_verdict *verdict);
/* Takes over the result of one check. */
void pst_trust_took(struct pst_trust_verdict *verdict, enum pst_code code);

/*
 * NULL when the bytes are no such role at all; the verdict then says why. The role is the caller's.
 */
struct pst_role *pst_trust_open(const struct pst_trust *trust, const struct pst_trust_file *file,
                                struct pst_bytes bytes, struct pst_trust_verdict *verdict);
enum pst_code pst_trust_check_expiry(const struct pst_trust *trust, const struct pst_role *role,
                                     struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_trust_check_version(int64_t expected, const struct pst_role *role,
                                      struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_trust_check_digests(const struct pst_role_digests *digests,
                                      struct pst_bytes bytes, enum pst_code on_mismatch,
                                      struct pst_report *why) PST_MUST_CHECK;

/* The rule by which `delegator` lets `name` be signed; NULL when it does not delegate to it. */
const struct pst_role_rule *pst_trust_rule(const struct pst_role *delegator, struct pst_text name);
/* "<role>.json" in the trusted snapshot; NULL when it is not listed. */
const struct pst_role_file *pst_trust_listed(const struct pst_trust *trust, struct pst_text name);

/* TAP 15: the one bin whose turn a path is. `out` holds PST_TRUST_NAME_ROOM. */
enum { PST_TRUST_NAME_ROOM = 256 };
void pst_trust_bin_name(const struct pst_role_succinct *succinct, const uint8_t path_sha256[32],
                        char *out);

#endif
