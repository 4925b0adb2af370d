/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/trust_internal.h"
#include "manifests/envelope.h"

static const struct pst_role_rule *root_rule(const struct pst_role *root)
{
    return pst_role_rule(root, pst_text("root"));
}

/*
 * Each root of the chain was good in its day, and only leads to the newest: expired keys and
 * retired schemes do not break the chain, or a terminal that was off for a year could never go on.
 * The newest answers for now, in pst_trust_root_done().
 */
static enum pst_code verify_itself(const struct pst_trust *trust, const struct pst_role *root,
                                   bool at_any_time, struct pst_report *why)
{
    const struct pst_verify_in in = {
        .envelope = root->envelope,
        .delegator = root,
        .rule = root_rule(root),
        .root = root,
        .now_s = trust->now_s,
        .at_any_time = at_any_time,
    };
    PST_WITHIN(why, "by itself");
    return pst_verify(&in, why);
}

static enum pst_code read_root(struct pst_bytes bytes, struct pst_role **out,
                               struct pst_report *why)
{
    if (bytes.len > PST_TRUST_ROOT_BYTES) {
        PST_WITHIN(why, "root");
        return pst_refuse(why, PST_METADATA_TOO_LARGE,
                          pst_say("at most %d bytes", PST_TRUST_ROOT_BYTES),
                          pst_say("%zu bytes", bytes.len));
    }
    PST_CLEANUP(pst_envelope) struct pst_envelope *bare = NULL;
    enum pst_code rc = pst_role_parse(PST_ROLE_ROOT, bytes, out, why);
    if ((rc != PST_BAD_SYNTAX && rc != PST_BAD_ENCODING) ||
        pst_envelope_parse(bytes, &pst_json_large, &bare, NULL) == PST_OK)
        return rc;
    PST_WITHIN(why, "root");
    return pst_refuse(why, PST_METADATA_CORRUPT, pst_say("a whole root file"),
                      pst_say("%zu bytes that are none", bytes.len));
}

enum pst_code pst_trust_new(struct pst_bytes root, int64_t now_s, struct pst_trust **out,
                            struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = calloc(1, sizeof *trust);
    PST_CLEANUP(pst_trust_verdict)
    __attribute__((unused)) struct pst_trust_verdict verdict = pst_trust_verdict(why);
    if (trust == NULL)
        return pst_no_memory(why, "the trust walk");

    trust->now_s = now_s;
    if (why != NULL) /* until it has verified, all that is told of it is hearsay */
        why->unverified = true;
    enum pst_code rc = read_root(root, &trust->root, why);
    if (rc != PST_OK)
        return rc;
    PST_WITHIN(why, "root");
    rc = verify_itself(trust, trust->root, true, why);
    if (rc != PST_OK)
        return rc;
    *out = trust;
    trust = NULL;
    return PST_OK;
}

void pst_trust_free(struct pst_trust *trust)
{
    if (trust == NULL)
        return;
    for (size_t i = 0; i < trust->held_count; i++)
        pst_role_free(trust->held[i].role);
    free(trust->held);
    pst_role_free(trust->snapshot);
    pst_role_free(trust->timestamp);
    pst_role_free(trust->root);
    free(trust);
}

static enum pst_code check_rotations(const struct pst_trust *trust, struct pst_report *why)
{
    if (trust->rotations < PST_TRUST_ROTATIONS)
        return PST_OK;
    PST_WITHIN(why, "root");
    return pst_refuse(
        why, PST_METADATA_LIMIT, pst_say("at most %d new roots at a time", PST_TRUST_ROTATIONS),
        pst_say("more; the next walk goes on from version %lld", (long long)trust->root->version));
}

/* TUF 1.0.34, 5.3.4 and 5.3.5: by the old keys, so that nobody else replaces them; by its own, so
 * that nobody is locked out; exactly the next, so that none is skipped. */
enum pst_code pst_trust_root_next(struct pst_trust *trust, struct pst_bytes bytes,
                                  struct pst_report *why)
{
    const struct pst_trust_file file = {
        .kind = PST_ROLE_ROOT,
        .name = pst_text("root"),
        .delegator = trust->root,
        .rule = root_rule(trust->root),
        .most_bytes = PST_TRUST_ROOT_BYTES,
        .leads_on = true,
    };
    PST_CLEANUP(pst_trust_verdict) struct pst_trust_verdict verdict = pst_trust_verdict(why);

    pst_trust_in_order(!trust->root_is_final);
    enum pst_code rc = check_rotations(trust, why);
    if (rc != PST_OK)
        return rc;
    PST_CLEANUP(pst_role) struct pst_role *next = pst_trust_open(trust, &file, bytes, &verdict);
    if (next == NULL)
        return verdict.first;

    PST_WITHIN(why, "root");
    pst_trust_took(&verdict, verify_itself(trust, next, true, why));
    pst_trust_took(&verdict, pst_trust_check_version(trust->root->version + 1, next, why));
    if (verdict.first != PST_OK)
        return verdict.first;
    pst_role_free(trust->root);
    trust->root = next;
    next = NULL;
    trust->rotations++;
    return PST_OK;
}

enum pst_code pst_trust_root_done(struct pst_trust *trust, struct pst_report *why)
{
    PST_WITHIN(why, "root");
    enum pst_code of_keys = verify_itself(trust, trust->root, false, why);
    enum pst_code of_expiry = pst_trust_check_expiry(trust, trust->root, why);

    trust->root_is_final = of_keys == PST_OK && of_expiry == PST_OK;
    return of_expiry != PST_OK ? of_expiry : of_keys;
}

int64_t pst_trust_now(const struct pst_trust *trust)
{
    return trust->now_s;
}

const struct pst_role *pst_trust_role(const struct pst_trust *trust, enum pst_role_kind kind)
{
    const struct pst_role *const trusted[] = {
        [PST_ROLE_ROOT] = trust->root,
        [PST_ROLE_TIMESTAMP] = trust->timestamp_usable ? trust->timestamp : NULL,
        [PST_ROLE_SNAPSHOT] = trust->snapshot_usable ? trust->snapshot : NULL,
        [PST_ROLE_TARGETS] = trust->targets,
    };
    return trusted[kind];
}

static struct pst_trust_want want_listed(const struct pst_trust *trust,
                                         const struct pst_role_file *listed, size_t ceiling)
{
    bool consistent = trust->root->consistent_snapshot;
    bool shorter = listed->has_length && (uint64_t)listed->length_bytes < ceiling;

    return (struct pst_trust_want){
        .version = consistent ? listed->version : 0,
        .most_bytes = shorter ? (size_t)listed->length_bytes : ceiling,
        .name_has_version = consistent,
    };
}

static enum pst_code want_targets(const struct pst_trust *trust, struct pst_text name,
                                  struct pst_trust_want *out, struct pst_report *why)
{
    const struct pst_role_file *listed = pst_trust_listed(trust, name);

    PST_WITHIN(why, "%.*s", PST_ARGS(name));
    if (listed == NULL)
        return pst_refuse(why, PST_METADATA_NOT_LISTED, pst_say("an entry in the snapshot"),
                          pst_say("none"));
    *out = want_listed(trust, listed, PST_TRUST_TARGETS_BYTES);
    return PST_OK;
}

enum pst_code pst_trust_want(const struct pst_trust *trust, enum pst_role_kind kind,
                             struct pst_text name, struct pst_trust_want *out,
                             struct pst_report *why)
{
    if (kind == PST_ROLE_TARGETS)
        return want_targets(trust, name, out, why);
    if (kind == PST_ROLE_ROOT) {
        enum pst_code rc = check_rotations(trust, why);
        if (rc == PST_OK)
            *out = (struct pst_trust_want){trust->root->version + 1, PST_TRUST_ROOT_BYTES, true};
        return rc;
    }
    if (kind == PST_ROLE_TIMESTAMP) {
        *out = (struct pst_trust_want){0, PST_TRUST_TIMESTAMP_BYTES, false};
        return PST_OK;
    }
    pst_trust_in_order(trust->timestamp_usable);
    *out = want_listed(trust, pst_role_file(trust->timestamp, pst_text("snapshot.json")),
                       PST_TRUST_SNAPSHOT_BYTES);
    return PST_OK;
}
