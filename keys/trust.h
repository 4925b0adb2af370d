/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust.h - the TUF walk, without I/O: bytes in, trusted roles or all the reasons against out.
 *
 *     new(root)  root_next(N+1)*  root_done  timestamp  snapshot  targets  delegated*
 *
 * The caller fetches; each step checks everything about one file - shape, type, hashes and length
 * where its parent lists them, signatures, version, rollback, expiry - and takes it only when all
 * holds. A refused file changes nothing. Steps out of order are our own mistake and assert.
 *
 * Files from disk go through the same steps with `local` true: one that is no longer good -
 * expired, of another version than is listed, or signed by keys whose window has ended since - is
 * kept as the floor that later ones must not fall below, but is not *used*: its step answers why,
 * and the caller fetches. A floor that cannot be used may be followed by the same version, if that
 * one holds today.
 *
 * Roots lead from one to the next whatever their age, and so do keys and schemes that have run out
 * since (a terminal that was off for a year must find its way). The newest must hold today:
 * root_done() asks for its expiry, and for enough of its own keys within their windows. A key that
 * is malformed refuses no root: it never counts.
 *
 * `now_s` is fixed when the walk begins (TUF 5.1) and is the caller's best time.
 *
 * Memory   pst_trust_free(); roles are borrowed from it.
 * Threads  one walk belongs to one thread.
 * Errors   all of metadata.*, signature.*, key.*, document.*; `where` begins with the role's name.
 * Source   TUF 1.0.34, section 5.2 to 5.6; fast-forward recovery (5.3.11) by re-verifying local
 *          files against the new root instead of deleting them.
 */
#ifndef PST_KEYS_TRUST_H
#define PST_KEYS_TRUST_H

#include "keys/verify.h"

enum {
    PST_TRUST_ROOT_BYTES = 512000,
    PST_TRUST_TIMESTAMP_BYTES = 16384,
    PST_TRUST_SNAPSHOT_BYTES = 2000000,
    PST_TRUST_TARGETS_BYTES = 5000000,
    PST_TRUST_ROTATIONS = 256, /* root files in one walk */
    PST_TRUST_VISITS = 32      /* delegated roles in one search */
};

struct pst_trust;

enum pst_code pst_trust_new(struct pst_bytes root, int64_t now_s, struct pst_trust **out,
                            struct pst_report *why) PST_MUST_CHECK;
void pst_trust_free(struct pst_trust *trust);
static inline void pst_trust_cleanup(struct pst_trust **trust)
{
    pst_trust_free(*trust);
}

/*
 * Signed by the trusted root's threshold and by its own; version exactly one more; expiry not
 * looked at.
 */
enum pst_code pst_trust_root_next(struct pst_trust *trust, struct pst_bytes bytes,
                                  struct pst_report *why) PST_MUST_CHECK;
/* No newer root is to be had: now its expiry counts, and that its keys are valid today. The roots
 * before it need have been good in their day only: a terminal that slept for a year must be able to
 * follow them.
 */
enum pst_code pst_trust_root_done(struct pst_trust *trust, struct pst_report *why) PST_MUST_CHECK;
/* *same is set when the version is the one that is trusted already: nothing changed, PST_OK. */
enum pst_code pst_trust_timestamp(struct pst_trust *trust, struct pst_bytes bytes, bool local,
                                  bool *same, struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_trust_snapshot(struct pst_trust *trust, struct pst_bytes bytes, bool local,
                                 struct pst_report *why) PST_MUST_CHECK;
/* The top-level targets: name "targets", delegator NULL. A delegated role: verified against the
 * role that delegates to it in *this* search, every time, whatever was verified under another
 * one. */
enum pst_code pst_trust_targets(struct pst_trust *trust, struct pst_text name,
                                const struct pst_role *delegator, struct pst_bytes bytes,
                                const struct pst_role **out, struct pst_report *why) PST_MUST_CHECK;

/* NULL until trusted. */
const struct pst_role *pst_trust_role(const struct pst_trust *trust, enum pst_role_kind kind);
int64_t pst_trust_now(const struct pst_trust *trust);

/*
 * What to fetch for a role: version (consistent snapshots put it in the name; 0 for timestamp, or
 * where the root says no) and the ceiling in bytes. PST_METADATA_NOT_LISTED when the snapshot lacks
 * the role.
 */
struct pst_trust_want {
    int64_t version;
    size_t most_bytes;
    bool name_has_version;
};
enum pst_code pst_trust_want(const struct pst_trust *trust, enum pst_role_kind kind,
                             struct pst_text name, struct pst_trust_want *out,
                             struct pst_report *why) PST_MUST_CHECK;

/*
 * Searching a target: pre-order, depth first, each (delegator, role) once, terminating delegations
 * honoured, at most PST_TRUST_VISITS roles.
 *
 *     struct pst_search *search;
 *     pst_search_new(trust, path, &search, why)
 *     while ((step = pst_search_step(search, &role_wanted, &target)) == PST_SEARCH_WANTS_ROLE)
 *         ... get role_wanted.name's file, pst_trust_targets(trust, name, delegator, bytes, &role,
 *         why) pst_search_give(search, role)
 */
enum pst_search_step {
    PST_SEARCH_FOUND,
    PST_SEARCH_NOT_FOUND,
    PST_SEARCH_WANTS_ROLE,
    PST_SEARCH_LIMIT
};
struct pst_search;
struct pst_search_want {
    struct pst_text name;
    const struct pst_role *delegator;
};
enum pst_code pst_search_new(const struct pst_trust *trust, struct pst_text path,
                             struct pst_search **out, struct pst_report *why) PST_MUST_CHECK;
enum pst_search_step pst_search_step(struct pst_search *search, struct pst_search_want *want,
                                     const struct pst_role_target **found);
enum pst_code pst_search_give(struct pst_search *search, const struct pst_role *role,
                              struct pst_report *why) PST_MUST_CHECK;
void pst_search_free(struct pst_search *search);
static inline void pst_search_cleanup(struct pst_search **search)
{
    pst_search_free(*search);
}

/*
 * The bytes of a target: length and every listed digest that we know; at least one must be known.
 */
enum pst_code pst_trust_check_target(const struct pst_role_target *target, struct pst_bytes content,
                                     enum pst_code on_mismatch, struct pst_report *why)
    PST_MUST_CHECK;

#endif
