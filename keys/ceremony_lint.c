/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/ceremony.h"
#include "keys/scheme.h"
#include "manifests/instant.h"

/* A key with what it is used for, here or in the root. */
struct used_key {
    struct pst_ceremony_key key; /* `public` is NULL when it does not load */
    const struct pst_role_rule *online, *offline;
};

struct used_keys {
    size_t count;
    struct used_key *at;
};

static void used_keys_cleanup(struct used_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        pst_ceremony_key_clear(&keys->at[i].key);
    free(keys->at);
}

static bool is_online(struct pst_text role)
{
    return pst_text_is(role, "snapshot") || pst_text_is(role, "timestamp") ||
           pst_text_is(role, "assignments");
}

static bool is_listed(const struct pst_role_rule *rule, struct pst_text keyid)
{
    for (size_t i = 0; i < rule->keyid_count; i++)
        if (pst_text_equal(rule->keyid[i], keyid))
            return true;
    return false;
}

static void note_uses(const struct pst_role *role, struct pst_text keyid, struct used_key *used)
{
    for (size_t i = 0; i < role->rule_count; i++) {
        const struct pst_role_rule *rule = &role->rule[i];
        if (is_listed(rule, keyid))
            *(is_online(rule->name) ? &used->online : &used->offline) = rule;
    }
}

/* Adds the keys of `role`; what does not load stays without `public`. */
static enum pst_code add_keys(const struct pst_role *role, struct used_keys *keys,
                              struct pst_report *why)
{
    enum pst_code first = PST_OK;
    for (size_t i = 0; i < role->key_count; i++) {
        struct used_key *used = &keys->at[keys->count++];
        enum pst_code rc = pst_ceremony_key_listed(&role->key[i], &used->key, why);
        note_uses(role, role->key[i].id, used);
        first = first == PST_OK ? rc : first;
    }
    return first;
}

static enum pst_code worse(enum pst_code first, enum pst_code next)
{
    return first != PST_OK ? first : next;
}

static enum pst_code check_key(const struct pst_role_key *listed, const struct used_key *used,
                               struct pst_report *why)
{
    const struct pst_scheme *scheme = pst_scheme_named(listed->scheme);
    enum pst_code rc = PST_OK;
    char id[65];

    PST_WITHIN(why, "key %.8s", listed->id.at);
    if (pst_keyid_of(listed->object, id, why) == PST_OK && !pst_text_is(listed->id, id))
        rc = pst_refuse(why, PST_KEY_ID_MISMATCH, pst_say("%s", id),
                        pst_say("%.*s", PST_ARGS(listed->id)));
    if (used->key.public == NULL || scheme == NULL)
        return rc; /* told where it was loaded */
    int bits = pst_public_key_bits(used->key.public);
    if (bits < scheme->sign_least_bits)
        rc = worse(rc, pst_refuse(why, PST_KEY_WEAK,
                                  pst_say("%d bits or more", scheme->sign_least_bits),
                                  pst_say("%d bits", bits)));
    return rc;
}

/* Expired, revoked, or of a retired scheme. */
static bool is_over(const struct pst_ceremony_lint_in *in, const struct pst_role_key *key)
{
    const struct pst_role *root = in->role->kind == PST_ROLE_ROOT ? in->role : in->root;
    const struct pst_role_revoked *mark = root != NULL ? pst_role_revoked(root, key->id) : NULL;
    return key->not_after_s <= in->now_s || (mark != NULL && mark->from_s <= in->now_s) ||
           (root != NULL && pst_role_retired_from(root, key->scheme) <= in->now_s);
}

static size_t index_of(const struct pst_role *role, struct pst_text keyid)
{
    size_t i = 0;
    while (i < role->key_count && !pst_text_equal(role->key[i].id, keyid))
        i++;
    return i;
}

/* The key of `keyid` stands in this rule before it, under another name. */
static bool is_repeated(const struct pst_role *role, const struct pst_role_rule *rule, size_t at,
                        const struct used_key *used)
{
    const struct used_key *key = &used[index_of(role, rule->keyid[at])];
    for (size_t i = 0; i < at; i++) {
        size_t other = index_of(role, rule->keyid[i]);
        if (other < role->key_count && used[other].key.public != NULL && key->key.public != NULL &&
            pst_ceremony_key_same(&used[other].key, &key->key))
            return true;
    }
    return false;
}

static enum pst_code check_scheme(const struct pst_role *role, const struct pst_role_rule *rule,
                                  const struct pst_role_key *key, struct pst_report *why)
{
    PST_WITHIN(why, "key %.8s", key->id.at);
    return pst_scheme_check_role(key->scheme, role->kind, rule->name, why);
}

static enum pst_code check_rule(const struct pst_ceremony_lint_in *in,
                                const struct pst_role_rule *rule, const struct used_key *used,
                                struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    int64_t usable = 0;

    PST_WITHIN(why, "role %.*s", PST_ARGS(rule->name));
    for (size_t i = 0; i < rule->keyid_count; i++) {
        size_t at = index_of(in->role, rule->keyid[i]);
        if (at == in->role->key_count)
            rc = worse(rc, pst_refuse(why, PST_KEY_UNKNOWN, pst_say("its public part in 'keys'"),
                                      pst_say("none for %.*s", PST_ARGS(rule->keyid[i]))));
        else if (is_repeated(in->role, rule, i, used))
            rc = worse(rc, pst_refuse(why, PST_INCONSISTENT, pst_say("each public key once"),
                                      pst_say("%.*s again", PST_ARGS(rule->keyid[i]))));
        else
            usable += !is_over(in, &in->role->key[at]);
        if (at < in->role->key_count)
            rc = worse(rc, check_scheme(in->role, rule, &in->role->key[at], why));
    }
    if (rule->threshold > usable)
        rc = worse(rc, pst_refuse(why, PST_OUT_OF_BOUNDS,
                                  pst_say("a threshold of at most %lld, the keys that are not "
                                          "expired, revoked or of a retired scheme",
                                          (long long)usable),
                                  pst_say("%lld", (long long)rule->threshold)));
    return rc;
}

/* A stolen service holds the online keys: were one of them an offline key too, it could do
 * what only people may. */
static enum pst_code check_separation(const struct used_keys *keys, struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    for (size_t i = 0; i < keys->count; i++) {
        const struct used_key *online = &keys->at[i];
        for (size_t j = 0; online->online != NULL && j < keys->count; j++) {
            const struct used_key *offline = &keys->at[j];
            if (offline->offline == NULL || online->key.public == NULL ||
                offline->key.public == NULL || !pst_ceremony_key_same(&online->key, &offline->key))
                continue;
            PST_WITHIN(why, "key %.8s", online->key.id);
            rc = worse(rc, pst_refuse(why, PST_KEY_WRONG_ROLE,
                                      pst_say("a key of its own for the online role '%.*s'",
                                              PST_ARGS(online->online->name)),
                                      pst_say("one that signs the offline role '%.*s' too",
                                              PST_ARGS(offline->offline->name))));
        }
    }
    return rc;
}

static enum pst_code check_keys(const struct pst_ceremony_lint_in *in, struct pst_report *why)
{
    size_t of_root = in->root != NULL ? in->root->key_count : 0;
    __attribute__((cleanup(used_keys_cleanup))) struct used_keys keys = {
        .at = calloc(in->role->key_count + of_root + 1, sizeof *keys.at)};
    if (keys.at == NULL)
        return pst_no_memory(why, "keys");

    enum pst_code rc = add_keys(in->role, &keys, why);
    for (size_t i = 0; i < in->role->key_count; i++)
        rc = worse(rc, check_key(&in->role->key[i], &keys.at[i], why));
    for (size_t i = 0; i < in->role->rule_count; i++)
        rc = worse(rc, check_rule(in, &in->role->rule[i], keys.at, why));
    if (in->root != NULL)
        (void)add_keys(in->root, &keys, NULL); /* signed already: its faults are not this file's */
    return worse(rc, check_separation(&keys, why));
}

static enum pst_code check_paths(const struct pst_ceremony_lint_in *in, struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    for (size_t i = 0; in->rule != NULL && i < in->role->target_count; i++) {
        struct pst_text path = in->role->target[i].path;
        uint8_t digest[PST_SHA256_BYTES];
        enum pst_code hashed = pst_sha256(pst_bytes_of(path), digest, why);
        if (hashed != PST_OK)
            return hashed;
        if (!pst_role_rule_covers(in->rule, path, digest))
            rc = worse(
                rc,
                pst_refuse(why, PST_INCONSISTENT,
                           pst_say("targets that '%.*s' may list: %.*s", PST_ARGS(in->rule->name),
                                   PST_ARGS(in->rule->pattern_count > 0 ? in->rule->pattern[0]
                                                                        : pst_text("none"))),
                           pst_say("%.*s", PST_ARGS(path))));
    }
    return rc;
}

/* A mark that brings the public part along has it in the form of the key's own scheme. */
static bool is_marked_by(const struct pst_role *root, const struct pst_role_revoked *mark,
                         const struct pst_ceremony_key *key)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key other = {0};
    const struct pst_role_key *listed = pst_role_key(root, mark->keyid);
    const struct pst_scheme *scheme = pst_scheme_named(pst_text(key->scheme));

    if (pst_text_is(mark->keyid, key->id))
        return true;
    if (listed != NULL)
        return pst_ceremony_key_listed(listed, &other, NULL) == PST_OK &&
               pst_ceremony_key_same(&other, key);
    return mark->public_part.len > 0 && scheme != NULL &&
           pst_public_key_load(pst_text(scheme->keytype[0]), pst_text(key->scheme),
                               mark->public_part, &other.public, NULL) == PST_OK &&
           pst_ceremony_key_same(&other, key);
}

static enum pst_code check_fleet(const struct pst_ceremony_lint_in *in, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_ceremony_stranding *stranding = calloc(1, sizeof *stranding);
    const struct pst_role *role = in->role;

    if (stranding == NULL)
        return pst_no_memory(why, "the fleet's schemes");
    stranding->fleet = in->fleet;
    for (size_t r = 0; r < role->rule_count; r++) {
        const struct pst_role_rule *rule = &role->rule[r];
        bool is_product = role->kind == PST_ROLE_TARGETS && !is_online(rule->name);
        for (size_t i = 0; i < rule->keyid_count; i++) {
            const struct pst_role_key *key = pst_role_key(role, rule->keyid[i]);
            char place[PST_WHERE_BYTES];
            if (key == NULL)
                continue;
            snprintf(place, sizeof place, "role %.*s/key %.8s", PST_ARGS(rule->name), key->id.at);
            pst_ceremony_strand(stranding, is_product ? rule->name : pst_text(""), key->scheme,
                                place);
        }
    }
    return pst_ceremony_strand_verdict(stranding, why);
}

const struct pst_role_revoked *pst_ceremony_revoked(const struct pst_role *root,
                                                    const struct pst_ceremony_key *key)
{
    for (size_t i = 0; root != NULL && i < root->revoked_count; i++)
        if (is_marked_by(root, &root->revoked[i], key))
            return &root->revoked[i];
    return NULL;
}

enum pst_code pst_ceremony_fit_key(const struct pst_ceremony_key *key, const struct pst_role *root,
                                   int64_t now_s, struct pst_report *why)
{
    const struct pst_role_revoked *mark = pst_ceremony_revoked(root, key);
    int64_t retired_s =
        root != NULL ? pst_role_retired_from(root, pst_text(key->scheme)) : INT64_MAX;
    char now[PST_INSTANT_ROOM], end[PST_INSTANT_ROOM];
    enum pst_code rc = PST_OK;

    pst_instant_print(now_s, now);
    if (mark != NULL)
        rc = pst_refuse(why, PST_KEY_REVOKED, pst_say("a key that was never revoked"),
                        pst_say("%.8s, revoked: %.*s", mark->keyid.at, PST_ARGS(mark->reason)));
    if (key->not_after_s <= now_s)
        rc = worse(rc, pst_refuse(why, PST_KEY_EXPIRED, pst_say("an end after %s", now),
                                  pst_say("%s", pst_instant_print(key->not_after_s, end))));
    if (retired_s <= now_s)
        rc = worse(rc, pst_refuse(why, PST_ALGORITHM_RETIRED,
                                  pst_say("a scheme that is not retired at %s", now),
                                  pst_say("%s, retired from %s", key->scheme,
                                          pst_instant_print(retired_s, end))));
    return rc;
}

enum pst_code pst_ceremony_lint(const struct pst_ceremony_lint_in *in, struct pst_report *why)
{
    char now[PST_INSTANT_ROOM], end[PST_INSTANT_ROOM];
    enum pst_code rc = PST_OK;

    if (in->role->expires_s <= in->now_s)
        rc = pst_refuse(why, PST_METADATA_EXPIRED,
                        pst_say("valid after %s", pst_instant_print(in->now_s, now)),
                        pst_say("expires %s", pst_instant_print(in->role->expires_s, end)));
    rc = worse(rc, check_keys(in, why));
    rc = worse(rc, check_fleet(in, why));
    return worse(rc, check_paths(in, why));
}
