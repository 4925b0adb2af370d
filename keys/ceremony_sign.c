/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/ceremony_internal.h"
#include "manifests/envelope.h"
#include "manifests/file.h"

enum { NAMES_MOST = 120 };

struct work {
    const struct pst_ceremony_file *file;
    const struct pst_ceremony_place *place;
    struct pst_report *why;
    struct pst_ceremony_signatures *fresh;
    struct pst_ceremony_stranding *stranding;
};

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
    /* Revoked keys stay in the root's keys, in no role: they are told as what they are. */
    const struct pst_role_revoked *mark = pst_ceremony_revoked(file->rule[0].root, mine);
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
    struct pst_ceremony_signatures *fresh = work->fresh;

    for (size_t i = 0; i < fresh->count; i++)
        if (strcmp(fresh->at[i].keyid, keyid) == 0)
            return;
    if (fresh->count == PST_COUNT(fresh->at))
        return;
    struct pst_ceremony_signature *one = &fresh->at[fresh->count++];
    snprintf(one->keyid, sizeof one->keyid, "%s", keyid);
    snprintf(one->hex, sizeof one->hex, "%s", hex);
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
    size_t listed_count = 0, good = 0, before = work->fresh->count;
    int64_t now_s = work->place->now_s;

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
            good += pst_ceremony_judge(work->file, &strict, &signature, now_s, &causes) == PST_OK;
            if (pst_ceremony_judge(work->file, rule, &signature, now_s, NULL) == PST_OK)
                add_fresh(work, listed->id.at, hex);
        }
    }
    if (listed_count == 0)
        return refuse_stranger(work, mine);
    if (good > 0)
        return PST_OK;
    work->fresh->count = before;
    pst_report_append(work->why, &causes, false);
    return pst_report_verdict(&causes);
}

static void ask_fleet(const struct work *work, const struct pst_ceremony_signer *signer)
{
    const struct pst_ceremony_file *file = work->file;
    bool is_product = file->rule[0].delegator == file->targets;

    pst_ceremony_strand(work->stranding, is_product ? file->rule[0].rule->name : pst_text(""),
                        pst_text(pst_private_key_scheme(signer->key)), signer->name);
}

static enum pst_code sign_one(struct work *work, const struct pst_ceremony_signer *signer)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key mine = {0};
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_CEREMONY_HEX_ROOM);

    ask_fleet(work, signer);
    PST_WITHIN(work->why, "%s", signer->name);
    enum pst_code rc = pst_ceremony_key_of(signer->key, INT64_MIN, INT64_MAX, &mine, work->why);
    if (rc == PST_OK)
        rc = pst_private_key_sign(
            signer->key, pst_buf_bytes(&work->file->role->envelope->canonical), &hex, work->why);
    if (rc == PST_OK && !pst_buf_add(&hex, "", 1))
        rc = pst_no_memory(work->why, "a signature");
    return rc == PST_OK ? sign_listed(work, &mine, (const char *)hex.at) : rc;
}

static bool is_replaced(const struct pst_ceremony_signatures *fresh, struct pst_text keyid)
{
    for (size_t i = 0; i < fresh->count; i++)
        if (pst_text_is(keyid, fresh->at[i].keyid))
            return true;
    return false;
}

enum pst_code pst_ceremony_write_signed(const struct pst_ceremony_file *file,
                                        const struct pst_ceremony_signatures *signatures,
                                        const char *path, struct pst_report *why)
{
    const struct pst_envelope *envelope = file->role->envelope;
    struct pst_envelope_new_signature all[PST_SIGNATURES_MOST + PST_CEREMONY_SIGNATURES_MOST];
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(pst_json_large.bytes);
    size_t count = 0;

    for (size_t i = 0; i < envelope->signature_count; i++)
        if (!is_replaced(signatures, envelope->signature[i].keyid))
            all[count++] = (struct pst_envelope_new_signature){envelope->signature[i].keyid.at,
                                                               envelope->signature[i].hex.at};
    for (size_t i = 0; i < signatures->count; i++)
        all[count++] =
            (struct pst_envelope_new_signature){signatures->at[i].keyid, signatures->at[i].hex};
    enum pst_code rc =
        pst_envelope_print(pst_buf_bytes(&envelope->canonical), all, count, &out, why);
    return rc == PST_OK ? pst_file_replace(path, pst_buf_bytes(&out), 0644, why) : rc;
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
    enum pst_code of_fleet = pst_ceremony_strand_verdict(work->stranding, work->why);
    return first == PST_OK ? of_fleet : first;
}

enum pst_code pst_ceremony_make(const struct pst_ceremony_place *place,
                                const struct pst_ceremony_signer *signer, size_t count,
                                struct pst_ceremony_file *file, struct pst_ceremony_signatures *out,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_ceremony_stranding *stranding = calloc(1, sizeof *stranding);
    struct pst_report unasked = {0};

    why = why != NULL ? why : &unasked;
    if (stranding == NULL)
        return pst_no_memory(why, "the fleet's schemes");
    enum pst_code rc = pst_ceremony_open(place, file, why);
    if (rc != PST_OK)
        return rc;
    pst_report_append(why, &file->causes, false);
    rc = pst_report_verdict(&file->causes);
    enum pst_code of_lint = pst_ceremony_lint_file(place, file, why);
    rc = rc != PST_OK ? rc : of_lint;
    if (file->rule_count == 0)
        return rc;
    stranding->fleet = place->fleet;
    struct work work = {
        .file = file, .place = place, .why = why, .fresh = out, .stranding = stranding};
    enum pst_code of_keys = sign_all(&work, signer, count);
    return rc != PST_OK ? rc : of_keys;
}

bool pst_ceremony_may_sign(const struct pst_ceremony_file *file, const struct pst_private_key *key)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key mine = {0};

    if (pst_ceremony_key_of(key, INT64_MIN, INT64_MAX, &mine, NULL) != PST_OK)
        return false;
    for (size_t r = 0; r < file->rule_count; r++)
        for (size_t k = 0; k < file->rule[r].delegator->key_count; k++) {
            const struct pst_role_key *listed = &file->rule[r].delegator->key[k];
            if (is_listed(file->rule[r].rule, listed->id) && is_this(listed, &mine))
                return true;
        }
    return false;
}

enum pst_code pst_ceremony_sign_file(const struct pst_ceremony_place *place,
                                     const struct pst_ceremony_signer *signer, size_t count,
                                     struct pst_ceremony_file *after, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    PST_CLEANUP(pst_heap) struct pst_ceremony_signatures *fresh = calloc(1, sizeof *fresh);

    if (fresh == NULL)
        return pst_no_memory(why, "signatures");
    enum pst_code rc = pst_ceremony_make(place, signer, count, &file, fresh, why);
    if (rc == PST_OK)
        rc = pst_ceremony_write_signed(&file, fresh, place->path, why);
    if (rc == PST_OK && after != NULL)
        rc = pst_ceremony_open(place, after, why);
    return rc;
}
