/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cli/offline_chain.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "manifests/file.h"
#include "manifests/instant.h"
#include "service/cli/offline.h"

struct walk {
    const char *folder;
    int64_t now_s;
    struct pst_chain *chain;
    struct pst_report *why;
};

static const struct pst_role *root_of(const struct pst_chain *chain)
{
    return chain->trust != NULL ? pst_trust_role(chain->trust, PST_ROLE_ROOT) : NULL;
}

void pst_chain_clear(struct pst_chain *chain)
{
    pst_role_free(chain->targets.own);
    pst_role_free(chain->product.own);
    pst_trust_free(chain->trust);
    *chain = (struct pst_chain){.trust = NULL};
}

/* ---- files */

/* "NAME.json" or "7.NAME.json". */
static bool is_file_of(const char *file, const char *name, uint64_t *version)
{
    struct pst_text rest = pst_text(file), numbered = rest;

    *version = UINT64_MAX; /* a name without a version is the current one */
    if (pst_take(&rest, name) && pst_text_is(rest, ".json"))
        return true;
    return pst_take_number(&numbered, PST_JSON_INTEGER_MAX, version) && pst_take(&numbered, ".") &&
           pst_take(&numbered, name) && pst_text_is(numbered, ".json");
}

/* The newest file of a role that is not below `least`, or the oldest; false when there is none. */
static bool find_file(const char *folder, const char *name, bool oldest,
                      char out[PST_OFFLINE_PATH_ROOM], uint64_t *version)
{
    DIR *open = opendir(folder);
    struct dirent *entry;
    uint64_t found;
    bool any = false;

    while (open != NULL && (entry = readdir(open)) != NULL) {
        if (!is_file_of(entry->d_name, name, &found) ||
            (any && (oldest ? found >= *version : found <= *version)) ||
            !pst_path_join(folder, entry->d_name, out, PST_OFFLINE_PATH_ROOM))
            continue;
        *version = found;
        any = true;
    }
    if (open != NULL)
        closedir(open);
    return any;
}

/* False with PST_METADATA_MISSING when there is none. */
static bool read_file(const struct walk *walk, const char *name, size_t most, struct pst_buf *out)
{
    char path[PST_OFFLINE_PATH_ROOM];
    uint64_t version;

    *out = pst_buf(most);
    PST_WITHIN(walk->why, "%s", name);
    if (find_file(walk->folder, name, /* oldest= */ false, path, &version))
        return pst_file_read(path, out, walk->why) == PST_OK;
    (void)pst_refuse(walk->why, PST_METADATA_MISSING, pst_say("%s/%s.json", walk->folder, name),
                     pst_say("none"));
    return false;
}

static bool has_file(const struct walk *walk, const char *name)
{
    char path[PST_OFFLINE_PATH_ROOM];
    uint64_t version;
    return find_file(walk->folder, name, false, path, &version);
}

/* ---- roots */

static bool next_root(const struct walk *walk, uint64_t version, struct pst_buf *out)
{
    char name[64], path[PST_OFFLINE_PATH_ROOM];

    *out = pst_buf(PST_TRUST_ROOT_BYTES);
    (void)snprintf(name, sizeof name, "%llu.root.json", (unsigned long long)version);
    return pst_path_join(walk->folder, name, path, sizeof path) && access(path, F_OK) == 0 &&
           pst_file_read(path, out, walk->why) == PST_OK;
}

/* Numbered roots are a chain from the oldest; a single root.json is the trusted one itself. */
static void walk_roots(const struct walk *walk)
{
    PST_CLEANUP(pst_buf) struct pst_buf first = pst_buf(PST_TRUST_ROOT_BYTES);
    char path[PST_OFFLINE_PATH_ROOM];
    uint64_t version = 0;
    enum pst_code rc = PST_OK;

    if (!find_file(walk->folder, "root", /* oldest= */ true, path, &version)) {
        PST_WITHIN(walk->why, "root");
        (void)pst_refuse(walk->why, PST_METADATA_MISSING, pst_say("%s/1.root.json", walk->folder),
                         pst_say("none"));
        return;
    }
    if (pst_file_read(path, &first, walk->why) != PST_OK ||
        pst_trust_new(pst_buf_bytes(&first), walk->now_s, &walk->chain->trust, walk->why) != PST_OK)
        return;
    while (rc == PST_OK && version < UINT64_MAX) {
        PST_CLEANUP(pst_buf) struct pst_buf next = {0};
        if (!next_root(walk, ++version, &next))
            break;
        rc = pst_trust_root_next(walk->chain->trust, pst_buf_bytes(&next), walk->why);
    }
    enum pst_code today = pst_trust_root_done(walk->chain->trust, walk->why);
    walk->chain->root_verified = rc == PST_OK && today == PST_OK;
}

/* ---- snapshot and timestamp */

static void walk_online(const struct walk *walk)
{
    PST_CLEANUP(pst_buf) struct pst_buf timestamp = {0}, snapshot = {0};
    bool same = false;

    if (!walk->chain->root_verified ||
        (!has_file(walk, "timestamp") && !has_file(walk, "snapshot")))
        return;
    bool has_timestamp = read_file(walk, "timestamp", PST_TRUST_TIMESTAMP_BYTES, &timestamp) &&
                         pst_trust_timestamp(walk->chain->trust, pst_buf_bytes(&timestamp),
                                             /* local= */ false, &same, walk->why) == PST_OK;
    bool has_snapshot = read_file(walk, "snapshot", PST_TRUST_SNAPSHOT_BYTES, &snapshot);
    walk->chain->fresh = has_timestamp && has_snapshot &&
                         pst_trust_snapshot(walk->chain->trust, pst_buf_bytes(&snapshot),
                                            /* local= */ false, walk->why) == PST_OK;
}

/* ---- targets and the product */

static bool is_in_time(const struct walk *walk, const struct pst_role *role)
{
    char now[PST_INSTANT_ROOM], expires[PST_INSTANT_ROOM];

    if (walk->now_s < role->expires_s)
        return true;
    pst_instant_print(walk->now_s, now);
    pst_instant_print(role->expires_s, expires);
    (void)pst_refuse(walk->why, PST_METADATA_EXPIRED, pst_say("valid until after %s", now),
                     pst_say("expired %s", expires));
    return false;
}

/* By the delegator itself, as nothing lists the file. */
static bool holds(const struct walk *walk, const char *name, const struct pst_role *role,
                  const struct pst_role *delegator)
{
    const struct pst_verify_in in = {.envelope = role->envelope,
                                     .delegator = delegator,
                                     .rule = pst_role_rule(delegator, pst_text(name)),
                                     .root = root_of(walk->chain),
                                     .now_s = walk->now_s};
    bool is_signed = false;

    if (in.rule == NULL)
        (void)pst_refuse(walk->why, PST_METADATA_NOT_LISTED, pst_say("a delegation to this role"),
                         pst_say("none"));
    else
        is_signed = pst_verify(&in, walk->why) == PST_OK;
    return is_in_time(walk, role) && is_signed;
}

static void read_alone(const struct walk *walk, const char *name, struct pst_bytes bytes,
                       const struct pst_role *delegator, bool trusted, struct pst_chain_role *out)
{
    bool before = walk->why->unverified;

    PST_WITHIN(walk->why, "%s", name);
    walk->why->unverified = before || !trusted;
    enum pst_code rc = pst_role_parse(PST_ROLE_TARGETS, bytes, &out->own, walk->why);
    out->role = rc == PST_OK ? out->own : NULL;
    if (rc == PST_BAD_SYNTAX || rc == PST_BAD_ENCODING)
        (void)pst_refuse(walk->why, PST_METADATA_CORRUPT, pst_say("a whole signed file"),
                         pst_say("%zu bytes that are none", bytes.len));
    if (out->role != NULL && delegator != NULL)
        out->verified = holds(walk, name, out->role, delegator) && trusted;
    walk->why->unverified = before;
}

/* With a snapshot at hand as a terminal does it; a role that is refused is still read, for what
 * it lists. */
static void read_listed(const struct walk *walk, const char *name, struct pst_bytes bytes,
                        const struct pst_role *delegator, struct pst_chain_role *out)
{
    const struct pst_role *by = delegator == root_of(walk->chain) ? NULL : delegator;

    out->verified = pst_trust_targets(walk->chain->trust, pst_text(name), by, bytes, &out->role,
                                      walk->why) == PST_OK;
    if (out->verified)
        return;
    out->role = NULL;
    if (pst_role_parse(PST_ROLE_TARGETS, bytes, &out->own, NULL) == PST_OK)
        out->role = out->own;
}

static void walk_role(const struct walk *walk, const char *name, const struct pst_role *delegator,
                      bool trusted, struct pst_chain_role *out)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = {0};

    if (!read_file(walk, name, PST_TRUST_TARGETS_BYTES, &bytes))
        return;
    if (walk->chain->fresh && trusted)
        read_listed(walk, name, pst_buf_bytes(&bytes), delegator, out);
    else
        read_alone(walk, name, pst_buf_bytes(&bytes), delegator, trusted, out);
}

void pst_chain_walk(const char *folder, const char *product, int64_t now_s, struct pst_chain *out,
                    struct pst_report *why)
{
    const struct walk walk = {.folder = folder, .now_s = now_s, .chain = out, .why = why};

    *out = (struct pst_chain){.trust = NULL};
    walk_roots(&walk);
    walk_online(&walk);
    /* Where the folder speaks of freshness and that does not hold, nothing below is borne out. */
    bool online = has_file(&walk, "timestamp") || has_file(&walk, "snapshot");
    bool trusted = out->root_verified && (out->fresh || !online);
    walk_role(&walk, "targets", root_of(out), trusted, &out->targets);
    walk_role(&walk, product, out->targets.role, out->targets.verified, &out->product);
}

/* ---- what the chain says */

const struct pst_role_target *pst_chain_target(const struct pst_chain *chain, const char *product,
                                               const char *path, struct pst_report *why)
{
    const struct pst_role *role = chain->product.role, *targets = chain->targets.role;
    uint8_t sha256[PST_SHA256_BYTES];

    if (role == NULL)
        return NULL; /* why is told */
    PST_WITHIN(why, "%s", path);
    const struct pst_role_rule *rule =
        targets != NULL ? pst_role_rule(targets, pst_text(product)) : NULL;
    if (rule != NULL && (pst_sha256(pst_bytes_of(pst_text(path)), sha256, why) != PST_OK ||
                         !pst_role_rule_covers(rule, pst_text(path), sha256))) {
        (void)pst_refuse(why, PST_METADATA_NOT_LISTED,
                         pst_say("a path that '%s' may sign", product),
                         pst_say("targets does not delegate it"));
        return NULL;
    }
    const struct pst_role_target *target = pst_role_target(role, pst_text(path));
    if (target == NULL)
        (void)pst_refuse(why, PST_METADATA_NOT_LISTED, pst_say("an entry in %s.json", product),
                         pst_say("none"));
    return target;
}

static bool is_among(struct pst_text text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pst_text_is(text, list[i]))
            return true;
    return false;
}

static const struct pst_role_key *signer(const struct pst_role_rule *rule,
                                         const struct pst_role *delegator, struct pst_text keyid)
{
    for (size_t i = 0; i < rule->keyid_count; i++)
        if (pst_text_equal(rule->keyid[i], keyid))
            return pst_role_key(delegator, keyid);
    return NULL;
}

size_t pst_chain_schemes(const struct pst_chain *chain, const char *product,
                         const char *const *known, size_t known_count,
                         const char *out[PST_CHAIN_SCHEMES_MOST])
{
    const struct {
        const struct pst_role *role, *delegator;
        const char *name;
    } rows[] = {
        {chain->targets.role, root_of(chain), "targets"},
        {chain->product.role, chain->targets.role, product},
    };
    size_t count = 0;

    for (size_t i = 0; i < PST_COUNT(rows); i++) {
        const struct pst_role_rule *rule =
            rows[i].role != NULL && rows[i].delegator != NULL
                ? pst_role_rule(rows[i].delegator, pst_text(rows[i].name))
                : NULL;
        size_t before = count;
        int64_t counted = 0;
        for (size_t k = 0; rule != NULL && k < rows[i].role->envelope->signature_count; k++) {
            const struct pst_role_key *key =
                signer(rule, rows[i].delegator, rows[i].role->envelope->signature[k].keyid);
            if (key == NULL)
                continue;
            if (is_among(key->scheme, known, known_count))
                counted++;
            else if (!is_among(key->scheme, out, count) && count < PST_CHAIN_SCHEMES_MOST)
                out[count++] = key->scheme.at;
        }
        if (rule == NULL || counted >= rule->threshold)
            count = before; /* enough without them */
    }
    return count;
}
