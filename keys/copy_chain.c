/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/copy_chain.h"

#include <inttypes.h>
#include <stdio.h>

#include "manifests/instant.h"
#include "manifests/json.h"

enum { FILE_NAME_ROOM = 160 };

struct walk {
    const struct pst_chain_in *in;
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

struct finding_file {
    const char *name;
    bool oldest, any;
    uint64_t version;
    char found[FILE_NAME_ROOM];
};

static void see_file(void *context, const char *file)
{
    struct finding_file *finding = context;
    uint64_t version;

    if (!is_file_of(file, finding->name, &version) ||
        (finding->any &&
         (finding->oldest ? version >= finding->version : version <= finding->version)))
        return;
    int len = snprintf(finding->found, sizeof finding->found, "metadata/%s", file);
    if (len < 0 || (size_t)len >= sizeof finding->found)
        return;
    finding->version = version;
    finding->any = true;
}

/* The newest file of a role, or the oldest. */
static struct finding_file find_file(const struct walk *walk, const char *name, bool oldest)
{
    struct finding_file finding = {.name = name, .oldest = oldest};
    pst_pack_each(walk->in->pack, "metadata", see_file, &finding);
    return finding;
}

static bool has_file(const struct walk *walk, const char *name)
{
    return find_file(walk, name, /* oldest= */ false).any;
}

static enum pst_code read_named(const struct walk *walk, const char *name, struct pst_buf *out)
{
    PST_CLEANUP(pst_part) struct pst_part part = pst_part_none();
    enum pst_code rc = pst_pack_find(walk->in->pack, name, &part, walk->why);
    return rc != PST_OK ? rc : pst_part_read(&part, out, walk->why);
}

/* False with PST_METADATA_MISSING when there is none. */
static bool read_file(const struct walk *walk, const char *name, size_t most, struct pst_buf *out)
{
    struct finding_file file = find_file(walk, name, /* oldest= */ false);

    *out = pst_buf(most);
    PST_WITHIN(walk->why, "%s", name);
    if (file.any)
        return read_named(walk, file.found, out) == PST_OK;
    (void)pst_refuse(walk->why, PST_METADATA_MISSING, pst_say("metadata/%s.json", name),
                     pst_say("none"));
    return false;
}

/* ---- roots */

static bool next_root(const struct walk *walk, uint64_t version, struct pst_buf *out)
{
    PST_CLEANUP(pst_part) struct pst_part part = pst_part_none();
    char name[FILE_NAME_ROOM];

    *out = pst_buf(PST_TRUST_ROOT_BYTES);
    (void)snprintf(name, sizeof name, "metadata/%" PRIu64 ".root.json", version);
    return pst_pack_find(walk->in->pack, name, &part, NULL) == PST_OK &&
           pst_part_read(&part, out, walk->why) == PST_OK;
}

/* The one that the terminal trusts; else the oldest of the copy. */
static bool first_root(const struct walk *walk, uint64_t *version)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_ROOT_BYTES);
    struct pst_bytes first = walk->in->root;

    if (first.len == 0) {
        struct finding_file file = find_file(walk, "root", /* oldest= */ true);
        PST_WITHIN(walk->why, "root");
        if (!file.any)
            (void)pst_refuse(walk->why, PST_METADATA_MISSING, pst_say("metadata/1.root.json"),
                             pst_say("none"));
        if (!file.any || read_named(walk, file.found, &bytes) != PST_OK)
            return false;
        first = pst_buf_bytes(&bytes);
    }
    if (pst_trust_new(first, walk->in->now_s, &walk->chain->trust, walk->why) != PST_OK)
        return false;
    *version = (uint64_t)root_of(walk->chain)->version;
    return true;
}

static void walk_roots(const struct walk *walk)
{
    uint64_t version = 0;
    enum pst_code rc = PST_OK;

    if (!first_root(walk, &version))
        return;
    for (int steps = 0; rc == PST_OK && steps < PST_TRUST_ROTATIONS; steps++) {
        PST_CLEANUP(pst_buf) struct pst_buf next = {0};
        if (!next_root(walk, ++version, &next))
            break;
        rc = pst_trust_root_next(walk->chain->trust, pst_buf_bytes(&next), walk->why);
    }
    enum pst_code today = pst_trust_root_done(walk->chain->trust, walk->why);
    walk->chain->root_verified = rc == PST_OK && today == PST_OK;
}

/* ---- one role on its own */

static bool is_in_time(const struct walk *walk, const struct pst_role *role)
{
    char now[PST_INSTANT_ROOM], expires[PST_INSTANT_ROOM];

    if (walk->in->now_s < role->expires_s)
        return true;
    pst_instant_print(walk->in->now_s, now);
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
                                     .now_s = walk->in->now_s};
    bool is_signed = false;

    if (in.rule == NULL)
        (void)pst_refuse(walk->why, PST_METADATA_NOT_LISTED, pst_say("a delegation to this role"),
                         pst_say("none"));
    else
        is_signed = pst_verify(&in, walk->why) == PST_OK;
    return is_in_time(walk, role) && is_signed;
}

struct alone {
    enum pst_role_kind kind;
    const char *name;
    const struct pst_role *delegator; /* NULL: not known */
    bool trusted;                     /* the delegator is */
};

static void read_alone(const struct walk *walk, const struct alone *alone, struct pst_bytes bytes,
                       struct pst_chain_role *out)
{
    bool before = walk->why->unverified;

    PST_WITHIN(walk->why, "%s", alone->name);
    walk->why->unverified = before || !alone->trusted;
    enum pst_code rc = pst_role_parse(alone->kind, bytes, &out->own, walk->why);
    out->role = rc == PST_OK ? out->own : NULL;
    if (rc == PST_BAD_SYNTAX || rc == PST_BAD_ENCODING)
        (void)pst_refuse(walk->why, PST_METADATA_CORRUPT, pst_say("a whole signed file"),
                         pst_say("%zu bytes that are none", bytes.len));
    if (out->role != NULL && alone->delegator != NULL)
        out->verified = holds(walk, alone->name, out->role, alone->delegator) && alone->trusted;
    walk->why->unverified = before;
}

/* ---- snapshot and timestamp */

/* It cannot be believed any more, but it may have more to say against itself. */
static void judge_online(const struct walk *walk, enum pst_role_kind kind, const char *name,
                         struct pst_bytes bytes)
{
    const struct alone alone = {
        .kind = kind, .name = name, .delegator = root_of(walk->chain), .trusted = false};
    struct pst_chain_role role = {.role = NULL};

    read_alone(walk, &alone, bytes, &role);
    pst_role_free(role.own);
}

static void walk_online(const struct walk *walk)
{
    PST_CLEANUP(pst_buf) struct pst_buf timestamp = {0}, snapshot = {0};
    bool same = false, holds_so_far = walk->chain->root_verified;

    if (!has_file(walk, "timestamp") && !has_file(walk, "snapshot") && !walk->in->must_be_fresh)
        return;
    /* Nothing older than what the terminal has seen: its own files are the floor, and only that. */
    if (holds_so_far && walk->in->timestamp.len > 0)
        (void)!pst_trust_timestamp(walk->chain->trust, walk->in->timestamp, /* local= */ true,
                                   &same, NULL);
    bool has_timestamp = read_file(walk, "timestamp", PST_TRUST_TIMESTAMP_BYTES, &timestamp);
    if (has_timestamp && !holds_so_far)
        judge_online(walk, PST_ROLE_TIMESTAMP, "timestamp", pst_buf_bytes(&timestamp));
    holds_so_far = holds_so_far && has_timestamp &&
                   pst_trust_timestamp(walk->chain->trust, pst_buf_bytes(&timestamp),
                                       /* local= */ false, &same, walk->why) == PST_OK;
    if (holds_so_far && walk->in->snapshot.len > 0)
        (void)!pst_trust_snapshot(walk->chain->trust, walk->in->snapshot, /* local= */ true, NULL);
    bool has_snapshot = read_file(walk, "snapshot", PST_TRUST_SNAPSHOT_BYTES, &snapshot);
    if (has_snapshot && !holds_so_far)
        judge_online(walk, PST_ROLE_SNAPSHOT, "snapshot", pst_buf_bytes(&snapshot));
    walk->chain->fresh = holds_so_far && has_snapshot &&
                         pst_trust_snapshot(walk->chain->trust, pst_buf_bytes(&snapshot),
                                            /* local= */ false, walk->why) == PST_OK;
}

/* ---- targets and the product */

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
    const struct alone alone = {PST_ROLE_TARGETS, name, delegator, trusted};
    if (walk->chain->fresh && trusted)
        read_listed(walk, name, pst_buf_bytes(&bytes), delegator, out);
    else
        read_alone(walk, &alone, pst_buf_bytes(&bytes), out);
}

void pst_chain_walk(const struct pst_chain_in *in, struct pst_chain *out, struct pst_report *why)
{
    const struct walk walk = {.in = in, .chain = out, .why = why};

    *out = (struct pst_chain){.trust = NULL};
    walk_roots(&walk);
    walk_online(&walk);
    /* Where the copy speaks of freshness and that does not hold, nothing below is borne out. */
    bool online = has_file(&walk, "timestamp") || has_file(&walk, "snapshot");
    bool trusted = out->root_verified && (out->fresh || (!online && !in->must_be_fresh));
    walk_role(&walk, "targets", root_of(out), trusted, &out->targets);
    walk_role(&walk, in->product, out->targets.role, out->targets.verified, &out->product);
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
