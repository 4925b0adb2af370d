/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/trust_internal.h"
#include "manifests/envelope.h"

static const struct pst_role_file *snapshot_entry(const struct pst_role *timestamp)
{
    return pst_role_file(timestamp, pst_text("snapshot.json"));
}

const struct pst_role_file *pst_trust_listed(const struct pst_trust *trust, struct pst_text name)
{
    char file[PST_TRUST_NAME_ROOM + 8];

    pst_trust_in_order(trust->snapshot_usable);
    int len = snprintf(file, sizeof file, "%.*s.json", PST_ARGS(name));
    if ((size_t)len >= sizeof file)
        return NULL;
    return pst_role_file(trust->snapshot, pst_text(file));
}

static void replace(struct pst_role **kept, struct pst_role **with)
{
    pst_role_free(*kept);
    *kept = *with;
    *with = NULL;
}

static enum pst_code rollback(struct pst_report *why, int64_t floor, int64_t found)
{
    return pst_refuse(why, PST_METADATA_ROLLBACK,
                      pst_say("version %lld or newer", (long long)floor),
                      pst_say("version %lld", (long long)found));
}

/* TUF 1.0.34, 5.4.3: neither it nor the snapshot that it names may be older than what was seen. */
static enum pst_code check_timestamp_rollback(const struct pst_role *floor,
                                              const struct pst_role *timestamp,
                                              struct pst_report *why)
{
    enum pst_code of_itself = PST_OK, of_snapshot = PST_OK;
    int64_t before = snapshot_entry(floor)->version;
    int64_t now = snapshot_entry(timestamp)->version;

    if (timestamp->version < floor->version)
        of_itself = rollback(why, floor->version, timestamp->version);
    PST_WITHIN(why, "snapshot.json");
    if (now < before)
        of_snapshot = rollback(why, before, now);
    return of_itself != PST_OK ? of_itself : of_snapshot;
}

static bool is_same_version(const struct pst_trust *trust, const struct pst_role *timestamp,
                            const struct pst_trust_verdict *verdict)
{
    return verdict->first == PST_OK && trust->timestamp_usable &&
           timestamp->version == trust->timestamp->version;
}

enum pst_code pst_trust_timestamp(struct pst_trust *trust, struct pst_bytes bytes, bool local,
                                  bool *same, struct pst_report *why)
{
    const struct pst_trust_file file = {
        .kind = PST_ROLE_TIMESTAMP,
        .name = pst_text("timestamp"),
        .delegator = trust->root,
        .rule = pst_role_rule(trust->root, pst_text("timestamp")),
        .most_bytes = PST_TRUST_TIMESTAMP_BYTES,
        .local = local,
    };
    PST_CLEANUP(pst_trust_verdict) struct pst_trust_verdict verdict = pst_trust_verdict(why);

    pst_trust_in_order(trust->root_is_final && trust->snapshot == NULL);
    PST_CLEANUP(pst_role)
    struct pst_role *timestamp = pst_trust_open(trust, &file, bytes, &verdict);
    if (timestamp == NULL)
        return verdict.first;
    if (is_same_version(trust, timestamp, &verdict)) {
        *same = true;
        return PST_OK;
    }

    PST_WITHIN(why, "timestamp");
    enum pst_code of_floor = PST_OK;
    if (trust->timestamp != NULL)
        of_floor = check_timestamp_rollback(trust->timestamp, timestamp, why);
    pst_trust_took(&verdict, of_floor);
    pst_trust_took(&verdict, pst_trust_check_expiry(trust, timestamp, why));
    if (verdict.first == PST_OK || (local && verdict.signed_once && of_floor == PST_OK)) {
        trust->timestamp_usable = verdict.first == PST_OK;
        replace(&trust->timestamp, &timestamp);
    }
    if (verdict.first == PST_OK)
        *same = false;
    return verdict.first;
}

/* TUF 1.0.34, 5.5.5: nothing that was listed may vanish or become older. */
static enum pst_code check_snapshot_rollback(const struct pst_role *floor,
                                             const struct pst_role *snapshot,
                                             struct pst_report *why)
{
    enum pst_code first = PST_OK;

    for (size_t i = 0; i < floor->file_count; i++) {
        const struct pst_role_file *before = &floor->file[i];
        const struct pst_role_file *now = pst_role_file(snapshot, before->name);
        enum pst_code rc = PST_OK;

        PST_WITHIN(why, "%.*s", PST_ARGS(before->name));
        if (now == NULL)
            rc = pst_refuse(why, PST_METADATA_ROLLBACK,
                            pst_say("version %lld or newer", (long long)before->version),
                            pst_say("no longer listed"));
        else if (now->version < before->version)
            rc = rollback(why, before->version, now->version);
        if (first == PST_OK)
            first = rc;
    }
    return first;
}

enum pst_code pst_trust_snapshot(struct pst_trust *trust, struct pst_bytes bytes, bool local,
                                 struct pst_report *why)
{
    pst_trust_in_order(trust->timestamp_usable && trust->targets == NULL);
    const struct pst_role_file *listed = snapshot_entry(trust->timestamp);
    const struct pst_trust_file file = {
        .kind = PST_ROLE_SNAPSHOT,
        .name = pst_text("snapshot"),
        .delegator = trust->root,
        .rule = pst_role_rule(trust->root, pst_text("snapshot")),
        .listed = local ? NULL : listed, /* an older one than is listed now is still a floor */
        .most_bytes = PST_TRUST_SNAPSHOT_BYTES,
        .local = local,
    };
    PST_CLEANUP(pst_trust_verdict) struct pst_trust_verdict verdict = pst_trust_verdict(why);
    PST_CLEANUP(pst_role) struct pst_role *snapshot = pst_trust_open(trust, &file, bytes, &verdict);
    if (snapshot == NULL)
        return verdict.first;

    PST_WITHIN(why, "snapshot");
    enum pst_code of_floor = PST_OK;
    if (trust->snapshot != NULL)
        of_floor = check_snapshot_rollback(trust->snapshot, snapshot, why);
    pst_trust_took(&verdict, of_floor);
    pst_trust_took(&verdict, pst_trust_check_version(listed->version, snapshot, why));
    pst_trust_took(&verdict, pst_trust_check_expiry(trust, snapshot, why));
    if (verdict.first == PST_OK || (local && verdict.signed_once && of_floor == PST_OK)) {
        trust->snapshot_usable = verdict.first == PST_OK;
        replace(&trust->snapshot, &snapshot);
    }
    return verdict.first;
}

/* The same bytes under the same delegator were judged before in this walk: the answer cannot
 * differ, for neither the delegator nor the time has changed. */
static const struct pst_role *find_held(const struct pst_trust *trust,
                                        const struct pst_role *delegator, struct pst_text name,
                                        const uint8_t digest[PST_SHA256_BYTES])
{
    for (size_t i = 0; i < trust->held_count; i++)
        if (trust->held[i].delegator == delegator && pst_text_equal(trust->held[i].name, name) &&
            pst_equal_in_constant_time(trust->held[i].digest, digest, PST_SHA256_BYTES))
            return trust->held[i].role;
    return NULL;
}

static enum pst_code make_room(struct pst_trust *trust, struct pst_report *why)
{
    if (trust->held_count < trust->held_room)
        return PST_OK;
    if (trust->held_count >= PST_TRUST_HELD_MOST)
        return pst_refuse(why, PST_METADATA_LIMIT,
                          pst_say("at most %d delegated roles at a time", PST_TRUST_HELD_MOST),
                          pst_say("more"));
    size_t room = trust->held_room == 0 ? 8 : 2 * trust->held_room;
    struct pst_trust_held *held = realloc(trust->held, room * sizeof *held);
    if (held == NULL)
        return pst_no_memory(why, "delegated roles");
    trust->held = held;
    trust->held_room = room;
    return PST_OK;
}

static enum pst_code check_targets(const struct pst_trust *trust, const struct pst_trust_file *file,
                                   struct pst_bytes bytes, struct pst_role **out,
                                   struct pst_report *why)
{
    PST_CLEANUP(pst_trust_verdict) struct pst_trust_verdict verdict = pst_trust_verdict(why);
    PST_CLEANUP(pst_role) struct pst_role *role = pst_trust_open(trust, file, bytes, &verdict);
    if (role == NULL)
        return verdict.first;

    PST_WITHIN(why, "%.*s", PST_ARGS(file->name));
    pst_trust_took(&verdict, pst_trust_check_version(file->listed->version, role, why));
    pst_trust_took(&verdict, pst_trust_check_expiry(trust, role, why));
    if (verdict.first == PST_OK) {
        *out = role;
        role = NULL;
    }
    return verdict.first;
}

static enum pst_code refuse_unlisted(struct pst_text name, bool delegated, struct pst_report *why)
{
    PST_WITHIN(why, "%.*s", PST_ARGS(name));
    return pst_refuse(why, PST_METADATA_NOT_LISTED,
                      pst_say(delegated ? "an entry in the snapshot" : "a delegation to this role"),
                      pst_say("none"));
}

enum pst_code pst_trust_targets(struct pst_trust *trust, struct pst_text name,
                                const struct pst_role *delegator, struct pst_bytes bytes,
                                const struct pst_role **out, struct pst_report *why)
{
    pst_trust_in_order(delegator != NULL || pst_text_is(name, "targets"));
    const struct pst_role *by = delegator != NULL ? delegator : trust->root;
    const struct pst_trust_file file = {
        .kind = PST_ROLE_TARGETS,
        .name = name,
        .delegator = by,
        .rule = pst_trust_rule(by, name),
        .listed = pst_trust_listed(trust, name),
        .most_bytes = PST_TRUST_TARGETS_BYTES,
    };
    struct pst_trust_held held = {.delegator = by};

    if (file.rule == NULL || file.listed == NULL)
        return refuse_unlisted(name, file.rule != NULL, why);
    enum pst_code rc = pst_sha256(bytes, held.digest, why);
    const struct pst_role *again = rc == PST_OK ? find_held(trust, by, name, held.digest) : NULL;
    if (again != NULL) {
        *out = again;
        return PST_OK;
    }
    if (rc == PST_OK)
        rc = make_room(trust, why);
    if (rc == PST_OK)
        rc = check_targets(trust, &file, bytes, &held.role, why);
    if (rc != PST_OK)
        return rc;
    held.name = pst_text_of(pst_bytes(file.listed->name.at, name.len)); /* without ".json" */
    trust->held[trust->held_count++] = held;
    if (delegator == NULL)
        trust->targets = held.role;
    *out = held.role;
    return PST_OK;
}
