/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/verify.h"

#include "keys/scheme.h"
#include "manifests/envelope.h"
#include "manifests/instant.h"

/* A report holds 32: what strangers signed must not push out what the rest of the checks find. */
enum { KEYID_SHOWN = 8, CAUSES_MOST = 12 };

/* What was counted so far. One row a public key, so that none counts twice. */
struct tally {
    const struct pst_verify_in *in;
    struct pst_report *why;
    size_t given; /* signatures that are not empty */
    size_t count;
    struct {
        uint8_t fingerprint[PST_SHA256_BYTES];
        struct pst_text keyid;
    } counted[PST_SIGNATURES_MOST];
};

static struct pst_text shown(struct pst_text keyid)
{
    return (struct pst_text){keyid.at, keyid.len < KEYID_SHOWN ? keyid.len : KEYID_SHOWN};
}

static bool is_listed(const struct pst_role_rule *rule, struct pst_text keyid)
{
    for (size_t i = 0; i < rule->keyid_count; i++)
        if (pst_text_equal(rule->keyid[i], keyid))
            return true;
    return false;
}

static const struct pst_role_key *find_key(const struct tally *tally, struct pst_text keyid)
{
    if (!is_listed(tally->in->rule, keyid)) {
        (void)pst_refuse(tally->why, PST_KEY_UNKNOWN,
                         pst_say("a key that may sign '%.*s'", PST_ARGS(tally->in->rule->name)),
                         pst_say("%.*s", PST_ARGS(keyid)));
        return NULL;
    }
    const struct pst_role_key *key = pst_role_key(tally->in->delegator, keyid);
    if (key == NULL)
        (void)pst_refuse(tally->why, PST_KEY_UNKNOWN, pst_say("its public part beside the rule"),
                         pst_say("none for %.*s", PST_ARGS(keyid)));
    return key;
}

static bool is_in_window(const struct tally *tally, const struct pst_role_key *key)
{
    char now[PST_INSTANT_ROOM], bound[PST_INSTANT_ROOM];
    bool begun = key->not_before_s <= tally->in->now_s;
    bool ended = key->not_after_s <= tally->in->now_s;

    pst_instant_print(tally->in->now_s, now);
    if (!begun)
        (void)pst_refuse(tally->why, PST_KEY_NOT_YET_VALID, pst_say("a key valid since %s", now),
                         pst_say("valid from %s", pst_instant_print(key->not_before_s, bound)));
    if (ended)
        (void)pst_refuse(tally->why, PST_KEY_EXPIRED, pst_say("a key valid until after %s", now),
                         pst_say("valid until %s", pst_instant_print(key->not_after_s, bound)));
    return begun && !ended;
}

static bool is_scheme_in_use(const struct tally *tally, const struct pst_role_key *key)
{
    const struct pst_role *root = tally->in->root;
    int64_t from_s = root != NULL ? pst_role_retired_from(root, key->scheme) : INT64_MAX;
    char from[PST_INSTANT_ROOM], now[PST_INSTANT_ROOM];

    if (tally->in->now_s < from_s)
        return true;
    (void)pst_refuse(
        tally->why, PST_ALGORITHM_RETIRED,
        pst_say("a scheme in use at %s", pst_instant_print(tally->in->now_s, now)),
        pst_say("%.*s, retired from %s", PST_ARGS(key->scheme), pst_instant_print(from_s, from)));
    return false;
}

static bool is_same_public_part(const struct pst_role *holder, struct pst_text keyid,
                                const struct pst_role_key *key)
{
    const struct pst_role_key *other = pst_role_key(holder, keyid);
    return other != NULL && pst_text_equal(other->public_part, key->public_part);
}

/* By its name as listed, by its true name, and by what it is. */
static bool is_named_by(const struct tally *tally, const struct pst_role_revoked *mark,
                        const struct pst_role_key *key, const char *true_keyid)
{
    return pst_text_equal(mark->keyid, key->id) || pst_text_is(mark->keyid, true_keyid) ||
           is_same_public_part(tally->in->root, mark->keyid, key) ||
           is_same_public_part(tally->in->delegator, mark->keyid, key) ||
           (mark->public_part.len > 0 && pst_text_equal(mark->public_part, key->public_part));
}

static bool is_not_revoked(const struct tally *tally, const struct pst_role_key *key)
{
    const struct pst_role *root = tally->in->root;
    char from[PST_INSTANT_ROOM], keyid[65];

    if (root == NULL || root->revoked_count == 0)
        return true;
    if (pst_keyid_of(key->object, keyid, tally->why) != PST_OK)
        return false;
    for (size_t i = 0; i < root->revoked_count; i++) {
        const struct pst_role_revoked *mark = &root->revoked[i];
        if (mark->from_s > tally->in->now_s || !is_named_by(tally, mark, key, keyid))
            continue;
        (void)pst_refuse(tally->why, PST_KEY_REVOKED, pst_say("a key that is not revoked"),
                         pst_say("revoked from %s: %.*s", pst_instant_print(mark->from_s, from),
                                 PST_ARGS(mark->reason)));
        return false;
    }
    return true;
}

/* All of them are asked, so that a key which is expired *and* revoked is called both. */
static bool may_sign_now(const struct tally *tally, const struct pst_role_key *key)
{
    bool timely = tally->in->at_any_time || is_in_window(tally, key);
    bool in_use = tally->in->at_any_time || is_scheme_in_use(tally, key);
    bool unrevoked = is_not_revoked(tally, key);
    bool in_place = pst_scheme_check_role(key->scheme, tally->in->delegator->kind,
                                          tally->in->rule->name, tally->why) == PST_OK;

    return timely && in_use && unrevoked && in_place;
}

static bool holds(const struct tally *tally, const struct pst_public_key *public,
                  struct pst_text hex)
{
    enum pst_code rc = pst_public_key_check(public, pst_buf_bytes(&tally->in->envelope->canonical),
                                            hex, tally->why);
    if (rc == PST_SIGNATURE_INVALID)
        (void)pst_refuse(tally->why, rc, pst_say("a signature of these contents by this key"),
                         pst_say("one that does not hold: %.*s%s", hex.len < 16 ? (int)hex.len : 16,
                                 hex.at, hex.len > 16 ? "..." : ""));
    return rc == PST_OK;
}

static void count(struct tally *tally, const struct pst_public_key *public, struct pst_text keyid)
{
    const uint8_t *fingerprint = pst_public_key_fingerprint(public);

    for (size_t i = 0; i < tally->count; i++) {
        if (!pst_equal_in_constant_time(tally->counted[i].fingerprint, fingerprint,
                                        PST_SHA256_BYTES))
            continue;
        (void)pst_refuse(
            tally->why, PST_SIGNATURE_DUPLICATE, pst_say("another public key"),
            pst_say("that of key %.*s again", PST_ARGS(shown(tally->counted[i].keyid))));
        return;
    }
    memcpy(tally->counted[tally->count].fingerprint, fingerprint, PST_SHA256_BYTES);
    tally->counted[tally->count++].keyid = keyid;
}

static void judge(struct tally *tally, const struct pst_envelope_signature *signature)
{
    PST_CLEANUP(pst_public_key) struct pst_public_key *public = NULL;

    PST_WITHIN(tally->why, "key %.*s", PST_ARGS(shown(signature->keyid)));
    if (signature->hex.len == 0) { /* how some writers leave room for one that is still to come */
        (void)pst_refuse(tally->why, PST_SIGNATURE_MISSING, pst_say("a signature by this key"),
                         pst_say("an empty one"));
        return;
    }
    tally->given++;
    const struct pst_role_key *key = find_key(tally, signature->keyid);
    if (key == NULL)
        return;
    bool may_sign = may_sign_now(tally, key);
    if (pst_public_key_load(key->keytype, key->scheme, key->public_part, &public, tally->why) !=
        PST_OK)
        return;
    if (holds(tally, public, signature->hex) && may_sign)
        count(tally, public, key->id);
}

static void judge_all(struct tally *tally, bool listed)
{
    const struct pst_envelope *envelope = tally->in->envelope;
    for (size_t i = 0; i < envelope->signature_count; i++)
        if (is_listed(tally->in->rule, envelope->signature[i].keyid) == listed)
            judge(tally, &envelope->signature[i]);
}

/* What this host could not do: PST_OK when there was no such thing. */
static enum pst_code fault_among(const struct pst_report *causes)
{
    for (size_t i = 0; i < causes->count; i++)
        if (pst_code_kind(causes->finding[i].code) == PST_KIND_FAULT)
            return causes->finding[i].code;
    return PST_OK;
}

enum pst_code pst_verify(const struct pst_verify_in *in, struct pst_report *why)
{
    struct pst_report causes = {0};
    struct tally tally = {.in = in, .why = &causes};

    if (why != NULL)
        memcpy(causes.place, why->place, sizeof causes.place);
    judge_all(&tally, true);
    judge_all(&tally, false); /* never counts, and so is told last */
    /*
     * The rule's threshold is 1 or more: role.h. Checked again, for here nothing else stands
     * behind.
     */
    if (in->rule->threshold >= 1 && (uint64_t)in->rule->threshold <= tally.count)
        return PST_OK;

    if (causes.count > CAUSES_MOST) {
        causes.omitted += causes.count - CAUSES_MOST;
        causes.count = CAUSES_MOST;
    }
    if (why != NULL)
        pst_report_append(why, &causes, false);
    /* What could not be judged is not said to be missing: asked again, it may well be there. */
    enum pst_code fault = fault_among(&causes);
    if (fault != PST_OK)
        return fault;
    return pst_refuse(why, tally.given == 0 ? PST_SIGNATURE_MISSING : PST_SIGNATURE_THRESHOLD,
                      pst_say("%lld keys of '%.*s' to have signed", (long long)in->rule->threshold,
                              PST_ARGS(in->rule->name)),
                      pst_say("%zu that count, of %zu signatures", tally.count, tally.given));
}

enum pst_code pst_verify_by_key(const struct pst_envelope *envelope,
                                const struct pst_public_key *key, struct pst_report *why)
{
    const char *scheme = pst_public_key_scheme(key);
    size_t given = 0;

    if (pst_scheme_is_for_products(pst_text(scheme)))
        return pst_refuse(why, PST_KEY_WRONG_ROLE,
                          pst_say("a key of a scheme that counts for a single signer"),
                          pst_say("%s, which counts for products' roles only", scheme));
    for (size_t i = 0; i < envelope->signature_count; i++) {
        const struct pst_envelope_signature *signature = &envelope->signature[i];
        enum pst_code rc =
            pst_public_key_check(key, pst_buf_bytes(&envelope->canonical), signature->hex, why);
        if (rc != PST_SIGNATURE_INVALID)
            return rc;
        given += signature->hex.len > 0;
    }
    return pst_refuse(why, given == 0 ? PST_SIGNATURE_MISSING : PST_SIGNATURE_INVALID,
                      pst_say("a signature of these contents by this key"),
                      pst_say("%zu signatures, none of which holds", given));
}
