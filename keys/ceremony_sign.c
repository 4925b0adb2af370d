/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/ceremony.h"
#include "manifests/envelope.h"
#include "manifests/file.h"
#include "manifests/instant.h"

enum { SIGNATURE_HEX_MOST = 2048, NAMES_MOST = 120 };

struct fresh {
    const char *keyid; /* as the delegator lists it */
    const char *hex;
};

struct work {
    const struct pst_ceremony_file *file;
    int64_t now_s;
    struct pst_report *why;
    size_t count; /* fresh signatures */
    struct fresh fresh[2 * PST_SIGNATURES_MOST];
    size_t hex_count;
    struct pst_buf hex[PST_SIGNATURES_MOST]; /* one a signer */
};

static void work_cleanup(struct work *work)
{
    for (size_t i = 0; i < work->hex_count; i++)
        pst_buf_clear(&work->hex[i]);
}

static bool is_listed(const struct pst_role_rule *rule, struct pst_text keyid)
{
    for (size_t i = 0; i < rule->keyid_count; i++)
        if (pst_text_equal(rule->keyid[i], keyid))
            return true;
    return false;
}

static bool is_this(const struct pst_role_key *listed, const struct pst_ceremony_key *mine)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
    return pst_ceremony_key_listed(listed, &key, NULL) == PST_OK &&
           pst_ceremony_key_same(&key, mine);
}

/* "'targets', 'pos-a'": the roles of `holder` that list this key. */
static void add_names(const struct pst_role *holder, const struct pst_ceremony_key *mine, char *out,
                      size_t room)
{
    for (size_t k = 0; holder != NULL && k < holder->key_count; k++) {
        if (!is_this(&holder->key[k], mine))
            continue;
        for (size_t i = 0; i < holder->rule_count; i++) {
            const struct pst_role_rule *rule = &holder->rule[i];
            size_t len = strlen(out);
            if (is_listed(rule, holder->key[k].id))
                snprintf(out + len, room - len, "%s'%.*s'", len > 0 ? ", " : "",
                         PST_ARGS(rule->name));
        }
    }
}

/* Revoked keys stay in the root's keys, in no role: they are told as what they are. */
static const struct pst_role_revoked *find_mark(const struct pst_role *root,
                                                const struct pst_ceremony_key *mine)
{
    for (size_t i = 0; root != NULL && i < root->revoked_count; i++) {
        const struct pst_role_key *listed = pst_role_key(root, root->revoked[i].keyid);
        if (listed != NULL && is_this(listed, mine))
            return &root->revoked[i];
    }
    return NULL;
}

static enum pst_code refuse_stranger(const struct work *work, const struct pst_ceremony_key *mine)
{
    const struct pst_ceremony_file *file = work->file;
    const struct pst_role_rule *rule = file->rule[0].rule;
    const struct pst_role *root =
        file->trust != NULL ? pst_trust_role(file->trust, PST_ROLE_ROOT) : NULL;
    char keyids[NAMES_MOST] = "", roles[NAMES_MOST] = "";

    for (size_t i = 0; i < rule->keyid_count && strlen(keyids) + 12 < sizeof keyids; i++)
        snprintf(keyids + strlen(keyids), sizeof keyids - strlen(keyids), "%s%.8s",
                 i > 0 ? ", " : "", rule->keyid[i].at);
    add_names(file->rule[0].delegator, mine, roles, sizeof roles);
    if (root != file->rule[0].delegator)
        add_names(root, mine, roles, sizeof roles);
    if (file->targets != file->rule[0].delegator)
        add_names(file->targets, mine, roles, sizeof roles);
    struct pst_value expected =
        pst_say("a key that may sign '%.*s': %s", PST_ARGS(rule->name), keyids);
    const struct pst_role_revoked *mark = find_mark(file->rule[0].root, mine);
    if (mark != NULL)
        return pst_refuse(work->why, PST_KEY_REVOKED, expected,
                          pst_say("a revoked key: %.*s", PST_ARGS(mark->reason)));
    if (roles[0] == '\0')
        return pst_refuse(work->why, PST_KEY_UNKNOWN, expected,
                          pst_say("a key that no role here lists"));
    return pst_refuse(work->why, PST_KEY_WRONG_ROLE, expected, pst_say("a key of %s", roles));
}

static void add_fresh(struct work *work, const char *keyid, const char *hex)
{
    for (size_t i = 0; i < work->count; i++)
        if (strcmp(work->fresh[i].keyid, keyid) == 0)
            return;
    if (work->count < PST_COUNT(work->fresh))
        work->fresh[work->count++] = (struct fresh){keyid, hex};
}

/*
 * A key may be listed by both rules of a root, even under two keyids when its window changed: it
 * signs under each. Once must be in time; that a root's predecessor lists it with a window that
 * is over does not matter then, as terminals do not ask for it there.
 */
static enum pst_code sign_listed(struct work *work, const struct pst_ceremony_key *mine,
                                 const char *hex)
{
    struct pst_report causes = {0};
    size_t listed_count = 0, good = 0, before = work->count;

    memcpy(causes.place, work->why->place, sizeof causes.place);
    for (size_t r = 0; r < work->file->rule_count; r++) {
        const struct pst_ceremony_rule *rule = &work->file->rule[r];
        struct pst_ceremony_rule strict = *rule;
        strict.at_any_time = false;
        for (size_t k = 0; k < rule->delegator->key_count; k++) {
            const struct pst_role_key *listed = &rule->delegator->key[k];
            if (!is_listed(rule->rule, listed->id) || !is_this(listed, mine))
                continue;
            struct pst_envelope_signature signature = {listed->id, pst_text(hex)};
            listed_count++;
            good +=
                pst_ceremony_judge(work->file, &strict, &signature, work->now_s, &causes) == PST_OK;
            if (pst_ceremony_judge(work->file, rule, &signature, work->now_s, NULL) == PST_OK)
                add_fresh(work, listed->id.at, hex);
        }
    }
    if (listed_count == 0)
        return refuse_stranger(work, mine);
    if (good > 0)
        return PST_OK;
    work->count = before;
    pst_report_append(work->why, &causes, false);
    return pst_report_verdict(&causes);
}

static enum pst_code sign_one(struct work *work, const struct pst_ceremony_signer *signer)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key mine = {0};
    struct pst_buf *hex = &work->hex[work->hex_count];

    PST_WITHIN(work->why, "%s", signer->name);
    enum pst_code rc = pst_ceremony_key_of(signer->key, INT64_MIN, INT64_MAX, &mine, work->why);
    if (rc != PST_OK)
        return rc;
    *hex = pst_buf(SIGNATURE_HEX_MOST);
    work->hex_count++;
    rc = pst_private_key_sign(signer->key, pst_buf_bytes(&work->file->role->envelope->canonical),
                              hex, work->why);
    if (rc == PST_OK && !pst_buf_add(hex, "", 1))
        rc = pst_no_memory(work->why, "a signature");
    return rc == PST_OK ? sign_listed(work, &mine, (const char *)hex->at) : rc;
}

static bool is_replaced(const struct work *work, struct pst_text keyid)
{
    for (size_t i = 0; i < work->count; i++)
        if (pst_text_is(keyid, work->fresh[i].keyid))
            return true;
    return false;
}

static enum pst_code write_signed(const struct work *work, const char *path)
{
    const struct pst_envelope *envelope = work->file->role->envelope;
    struct pst_envelope_new_signature all[3 * PST_SIGNATURES_MOST];
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(pst_json_large.bytes);
    size_t count = 0;

    for (size_t i = 0; i < envelope->signature_count; i++)
        if (!is_replaced(work, envelope->signature[i].keyid))
            all[count++] = (struct pst_envelope_new_signature){envelope->signature[i].keyid.at,
                                                               envelope->signature[i].hex.at};
    for (size_t i = 0; i < work->count; i++)
        all[count++] =
            (struct pst_envelope_new_signature){work->fresh[i].keyid, work->fresh[i].hex};
    enum pst_code rc =
        pst_envelope_print(pst_buf_bytes(&envelope->canonical), all, count, &out, work->why);
    return rc == PST_OK ? pst_file_replace(path, pst_buf_bytes(&out), 0644, work->why) : rc;
}

static enum pst_code lint(const struct pst_ceremony_place *place,
                          const struct pst_ceremony_file *file, struct pst_report *why)
{
    const struct pst_ceremony_rule *rule = file->rule_count > 0 ? &file->rule[0] : NULL;
    const struct pst_ceremony_lint_in in = {
        .role = file->role,
        .root = file->role->kind == PST_ROLE_ROOT || file->trust == NULL
                    ? NULL
                    : pst_trust_role(file->trust, PST_ROLE_ROOT),
        .rule = rule != NULL && rule->delegator == file->targets ? rule->rule : NULL,
        .now_s = place->now_s,
    };
    PST_WITHIN(why, "%s", file->name);
    return pst_ceremony_lint(&in, why);
}

static enum pst_code sign_all(struct work *work, const struct pst_ceremony_signer *signer,
                              size_t count)
{
    enum pst_code first = PST_OK;
    if (count == 0 || count > PST_SIGNATURES_MOST)
        return pst_refuse(work->why, PST_USAGE, pst_say("1 to %d keys", PST_SIGNATURES_MOST),
                          pst_say("%zu", count));
    for (size_t i = 0; i < count; i++) {
        enum pst_code rc = sign_one(work, &signer[i]);
        first = first == PST_OK ? rc : first;
    }
    return first;
}

enum pst_code pst_ceremony_sign_file(const struct pst_ceremony_place *place,
                                     const struct pst_ceremony_signer *signer, size_t count,
                                     struct pst_ceremony_file *after, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    struct pst_report unasked = {0};

    why = why != NULL ? why : &unasked;
    enum pst_code rc = pst_ceremony_open(place, &file, why);
    if (rc != PST_OK)
        return rc;
    pst_report_append(why, &file.causes, false);
    rc = pst_report_verdict(&file.causes);
    enum pst_code of_lint = lint(place, &file, why);
    rc = rc != PST_OK ? rc : of_lint;
    if (file.rule_count == 0)
        return rc;
    __attribute__((cleanup(work_cleanup))) struct work work = {
        .file = &file, .now_s = place->now_s, .why = why};
    enum pst_code of_keys = sign_all(&work, signer, count);
    rc = rc != PST_OK ? rc : of_keys;
    if (rc == PST_OK)
        rc = write_signed(&work, place->path);
    if (rc == PST_OK && after != NULL)
        rc = pst_ceremony_open(place, after, why);
    return rc;
}

static enum pst_code check_root(const struct pst_ceremony_place *place,
                                struct pst_ceremony_file *file, struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *alone = NULL;
    struct pst_bytes bytes = pst_buf_bytes(&file->bytes);
    struct pst_trust *trust = file->trust;
    enum pst_code rc = PST_OK;

    if (file->rule_count == 2) { /* its predecessor is known */
        rc = pst_trust_root_next(trust, bytes, why);
        file->rule_count = 0; /* they point into the predecessor, which is gone */
    } else if (pst_report_verdict(&file->causes) == PST_OK) {
        rc = pst_trust_new(bytes, place->now_s, &alone, why);
        trust = alone;
    } else {
        pst_report_append(why, &file->causes, false);
        return pst_report_verdict(&file->causes);
    }
    return rc == PST_OK ? pst_trust_root_done(trust, why) : rc;
}

static enum pst_code check_expiry(const struct pst_role *role, int64_t now_s,
                                  struct pst_report *why)
{
    char now[PST_INSTANT_ROOM], end[PST_INSTANT_ROOM];
    if (role->expires_s > now_s)
        return PST_OK;
    return pst_refuse(why, PST_METADATA_EXPIRED,
                      pst_say("valid after %s", pst_instant_print(now_s, now)),
                      pst_say("expires %s", pst_instant_print(role->expires_s, end)));
}

static enum pst_code check_delegated(const struct pst_ceremony_place *place,
                                     const struct pst_ceremony_file *file, struct pst_report *why)
{
    enum pst_code rc = pst_report_verdict(&file->causes), next = PST_OK;

    pst_report_append(why, &file->causes, false);
    if (file->trust != NULL)
        next = pst_trust_root_done(file->trust, why);
    rc = rc != PST_OK ? rc : next;
    if (file->targets != NULL) {
        PST_WITHIN(why, "targets");
        next = check_expiry(file->targets, place->now_s, why);
        rc = rc != PST_OK ? rc : next;
    }
    if (file->rule_count == 0)
        return rc;
    const struct pst_verify_in in = {
        .envelope = file->role->envelope,
        .delegator = file->rule[0].delegator,
        .rule = file->rule[0].rule,
        .root = file->rule[0].root,
        .now_s = place->now_s,
    };
    PST_WITHIN(why, "%s", file->name);
    next = pst_verify(&in, why);
    return rc != PST_OK ? rc : next;
}

enum pst_code pst_ceremony_check_file(const struct pst_ceremony_place *place,
                                      struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    struct pst_report unasked = {0};

    why = why != NULL ? why : &unasked;
    enum pst_code rc = pst_ceremony_open(place, &file, why);
    if (rc != PST_OK)
        return rc;
    enum pst_code of_lint = lint(place, &file, why);
    rc = file.role->kind == PST_ROLE_ROOT ? check_root(place, &file, why)
                                          : check_delegated(place, &file, why);
    return rc != PST_OK ? rc : of_lint;
}
