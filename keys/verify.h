/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - was this envelope signed by enough of the keys that may sign it?
 *
 * A signature counts when its keyid is listed in the rule and known to the delegator, its key has a
 * scheme that we verify and that this role may have ("sm2-sm3" is for products' roles alone:
 * PST_KEY_WRONG_ROLE elsewhere), is inside its validity window, not revoked, its scheme not
 * retired, and the signature holds. Each distinct *public key* counts once, whatever its keyid,
 * keytype or how often it signed. Extra bad signatures do not spoil enough good ones.
 *
 * When the threshold is missed the report names everything that was wrong - each expired, not yet
 * valid, revoked, unknown, malformed key and each bad signature at its own place - and then
 * PST_SIGNATURE_THRESHOLD with how many were wanted and how many counted (PST_SIGNATURE_MISSING
 * when there was none at all). The code returned is PST_SIGNATURE_THRESHOLD or
 * PST_SIGNATURE_MISSING.
 *
 * A keyid that is not the SHA-256 of its key object is not held against a key (TAP 12): the
 * delegator that lists it is signed, keys are told apart by their material, and both python-tuf and
 * go-tuf read such files. Our own writers always give the right one. A revoked keyid is looked up
 * both ways, as listed and as computed, and stops every key with the same public part.
 *
 * Threads  pure, but for the crypto library's own memory.
 * Source   TUF 1.0.34, section 5.1.5 and 4.2.1; DESIGN: "Key validity".
 */
#ifndef PST_KEYS_VERIFY_H
#define PST_KEYS_VERIFY_H

#include "keys/public_key.h"
#include "manifests/role.h"

struct pst_verify_in {
    const struct pst_envelope *envelope;
    const struct pst_role *delegator; /* holds the keys */
    const struct pst_role_rule *rule; /* whose signatures count, and how many are wanted */
    const struct pst_role *root;      /* retired schemes, revoked keys; NULL: none */
    int64_t now_s;
    /*
     * Windows and retired schemes are not looked at: for files that were good in their day and now
     * only lead on (older roots, or a terminal that was off for a year would never find the newest
     * one) or hold back (what is on disk as the floor against rollback).
     */
    bool at_any_time;
};

enum pst_code pst_verify(const struct pst_verify_in *in, struct pst_report *why) PST_MUST_CHECK;

/* One envelope, one key that is known already (a terminal's). PST_SIGNATURE_INVALID or _MISSING;
 * PST_HOST_CRYPTO when the library fails; PST_KEY_WRONG_ROLE for a scheme that is for products'
 * roles alone. */
enum pst_code pst_verify_by_key(const struct pst_envelope *envelope,
                                const struct pst_public_key *key, struct pst_report *why)
    PST_MUST_CHECK;

#endif
