/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fuzz_role.h"

#include <stdlib.h>

#include "manifests/json_out.h"
#include "tests/support/fuzz_property.h"

enum { FILE_MOST = 1 << 20, KEY_MOST = 1 << 16 };

static bool same_texts(const struct pst_text *a, const struct pst_text *b, size_t count)
{
    size_t same = 0;
    while (same < count && pst_text_equal(a[same], b[same]))
        same++;
    return same == count;
}

static bool same_rule(const struct pst_role_rule *a, const struct pst_role_rule *b)
{
    return pst_text_equal(a->name, b->name) && a->threshold == b->threshold &&
           a->keyid_count == b->keyid_count && same_texts(a->keyid, b->keyid, a->keyid_count) &&
           a->terminating == b->terminating && a->by_hash_prefix == b->by_hash_prefix &&
           a->pattern_count == b->pattern_count &&
           same_texts(a->pattern, b->pattern, a->pattern_count);
}

static bool same_object(const struct pst_json *a, const struct pst_json *b)
{
    PST_CLEANUP(pst_buf) struct pst_buf left = pst_fuzz_canonical(a);
    PST_CLEANUP(pst_buf) struct pst_buf right = pst_fuzz_canonical(b);
    return pst_bytes_equal(pst_buf_bytes(&left), pst_buf_bytes(&right));
}

static bool same_key(const struct pst_role_key *a, const struct pst_role_key *b)
{
    return pst_text_equal(a->id, b->id) && pst_text_equal(a->keytype, b->keytype) &&
           pst_text_equal(a->scheme, b->scheme) && pst_text_equal(a->public_part, b->public_part) &&
           a->not_before_s == b->not_before_s && a->not_after_s == b->not_after_s &&
           same_object(a->object, b->object);
}

static bool same_digests(const struct pst_role_digests *a, const struct pst_role_digests *b)
{
    return a->has_sha256 == b->has_sha256 && a->has_sha512 == b->has_sha512 &&
           a->listed == b->listed && memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0 &&
           memcmp(a->sha512, b->sha512, sizeof a->sha512) == 0;
}

static bool same_file(const struct pst_role_file *a, const struct pst_role_file *b)
{
    return pst_text_equal(a->name, b->name) && a->version == b->version &&
           a->has_length == b->has_length && a->length_bytes == b->length_bytes &&
           same_digests(&a->digests, &b->digests);
}

static bool same_target(const struct pst_role_target *a, const struct pst_role_target *b)
{
    return pst_text_equal(a->path, b->path) && a->length_bytes == b->length_bytes &&
           same_digests(&a->digests, &b->digests) && (a->custom == NULL) == (b->custom == NULL) &&
           (a->custom == NULL || same_object(a->custom, b->custom));
}

/* Keys stand in the order of the document in one and in that of their names in the other. */
static bool same_keys(const struct pst_role *a, const struct pst_role *b)
{
    bool same = a->key_count == b->key_count;
    for (size_t i = 0; same && i < a->key_count; i++) {
        const struct pst_role_key *other = pst_role_key(b, a->key[i].id);
        same = other != NULL && same_key(&a->key[i], other);
    }
    return same;
}

static bool same_rules(const struct pst_role *a, const struct pst_role *b)
{
    bool same = a->rule_count == b->rule_count;
    for (size_t i = 0; same && i < a->rule_count; i++)
        same = same_rule(&a->rule[i], &b->rule[i]);
    return same && a->succinct.present == b->succinct.present &&
           a->succinct.bits == b->succinct.bits &&
           pst_text_equal(a->succinct.name_prefix, b->succinct.name_prefix) &&
           same_rule(&a->succinct.rule, &b->succinct.rule);
}

static bool same_marks(const struct pst_role *a, const struct pst_role *b)
{
    bool same = a->retired_count == b->retired_count && a->revoked_count == b->revoked_count;
    for (size_t i = 0; same && i < a->retired_count; i++)
        same = pst_role_retired_from(b, a->retired[i].scheme) == a->retired[i].from_s;
    for (size_t i = 0; same && i < a->revoked_count; i++) {
        const struct pst_role_revoked *other = pst_role_revoked(b, a->revoked[i].keyid);
        same = other != NULL && other->from_s == a->revoked[i].from_s &&
               pst_text_equal(other->reason, a->revoked[i].reason);
    }
    return same;
}

static bool same_files(const struct pst_role *a, const struct pst_role *b)
{
    bool same = a->file_count == b->file_count && a->target_count == b->target_count;
    for (size_t i = 0; same && i < a->file_count; i++)
        same = same_file(&a->file[i], &b->file[i]);
    for (size_t i = 0; same && i < a->target_count; i++)
        same = same_target(&a->target[i], &b->target[i]);
    return same;
}

/* All but the spec version, the snapshots' consistency and the signatures: those are fixed in what
 * we write ourselves. */
static bool same_role(const struct pst_role *a, const struct pst_role *b)
{
    return a->kind == b->kind && a->version == b->version && a->expires_s == b->expires_s &&
           same_keys(a, b) && same_rules(a, b) && same_marks(a, b) && same_files(a, b);
}

static bool same_signatures(const struct pst_envelope *a, const struct pst_envelope *b)
{
    bool same = a->signature_count == b->signature_count;
    for (size_t i = 0; same && i < a->signature_count; i++)
        same = pst_text_equal(a->signature[i].keyid, b->signature[i].keyid) &&
               pst_text_equal(a->signature[i].hex, b->signature[i].hex);
    return same;
}

static void hold_rule(const struct pst_role_rule *rule)
{
    pst_fuzz_hold(rule->threshold >= 1, "a threshold is at least 1");
    for (size_t i = 1; i < rule->keyid_count; i++)
        for (size_t j = 0; j < i; j++)
            pst_fuzz_hold(!pst_text_equal(rule->keyid[i], rule->keyid[j]),
                          "no keyid stands twice in a rule");
}

static void hold_bounds(const struct pst_role *role)
{
    pst_fuzz_hold(role->version >= 1, "a version is at least 1");
    for (size_t i = 0; i < role->rule_count; i++)
        hold_rule(&role->rule[i]);
    if (role->succinct.present)
        hold_rule(&role->succinct.rule);
    for (size_t i = 1; i < role->file_count; i++)
        pst_fuzz_hold(!pst_text_equal(role->file[i - 1].name, role->file[i].name),
                      "no file is listed twice");
    for (size_t i = 0; i < role->file_count; i++)
        pst_fuzz_hold(pst_role_file(role, role->file[i].name) == &role->file[i],
                      "each file is found by its name");
    for (size_t i = 0; i < role->target_count; i++)
        pst_fuzz_hold(pst_role_target(role, role->target[i].path) == &role->target[i],
                      "each target is found by its path");
}

static void hold_one_kind(enum pst_role_kind kind, struct pst_bytes in)
{
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    enum pst_role_kind other = (enum pst_role_kind)(((int)kind + 1) % (PST_ROLE_TARGETS + 1));
    pst_fuzz_hold(pst_role_parse(other, in, &role, NULL) == PST_METADATA_WRONG_ROLE,
                  "a file of one kind is none of another");
}

static struct pst_role *parse_printed(enum pst_role_kind kind, struct pst_bytes body,
                                      const struct pst_envelope *signatures)
{
    struct pst_envelope_new_signature signature[PST_SIGNATURES_MOST];
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(FILE_MOST);
    struct pst_role *role = NULL;

    for (size_t i = 0; i < signatures->signature_count; i++)
        signature[i] = (struct pst_envelope_new_signature){signatures->signature[i].keyid.at,
                                                           signatures->signature[i].hex.at};
    pst_fuzz_hold(pst_envelope_print(body, signature, signatures->signature_count, &out, NULL) ==
                      PST_OK,
                  "an envelope prints around a body that was read");
    pst_fuzz_hold(pst_role_parse(kind, pst_buf_bytes(&out), &role, NULL) == PST_OK,
                  "what is printed reads again");
    return role;
}

static void hold_signed_again(const struct pst_role *role)
{
    struct pst_bytes body = pst_buf_bytes(&role->envelope->canonical);
    PST_CLEANUP(pst_role) struct pst_role *again = parse_printed(role->kind, body, role->envelope);

    pst_fuzz_hold(pst_bytes_equal(body, pst_buf_bytes(&again->envelope->canonical)),
                  "the canonical form is a fixed point");
    pst_fuzz_hold(same_signatures(role->envelope, again->envelope), "signatures stay as they are");
    pst_fuzz_hold(pst_text_equal(role->spec_version, again->spec_version) &&
                      role->consistent_snapshot == again->consistent_snapshot &&
                      same_role(role, again),
                  "what is printed reads as the same role");
}

/* A draft with the lists that it points into. */
struct draft {
    struct pst_role_draft out;
    struct pst_role_draft_key *key;
    struct pst_buf *object;
    struct pst_role_draft_rule *rule;
    const char **text; /* of all rules: their keyids and patterns */
    struct pst_role_draft_file *file;
    struct pst_role_draft_mark *mark;
};

static void draft_cleanup(struct draft *draft)
{
    for (size_t i = 0; draft->object != NULL && i < draft->out.key_count; i++)
        pst_buf_clear(&draft->object[i]);
    free(draft->object);
    free(draft->key);
    free(draft->rule);
    free(draft->text);
    free(draft->file);
    free(draft->mark);
}

static void *room(size_t count, size_t size)
{
    void *at = calloc(count > 0 ? count : 1, size);
    pst_fuzz_hold(at != NULL, "there is memory");
    return at;
}

/* A draft's files have one SHA-256 and a length. */
static bool is_plain(const struct pst_role_digests *digests)
{
    return digests->has_sha256 && digests->listed == 1;
}

static bool draft_can_say(const struct pst_role *role)
{
    bool can = !role->succinct.present;
    for (size_t i = 0; can && i < role->rule_count; i++)
        can = !role->rule[i].by_hash_prefix;
    for (size_t i = 0; can && i < role->file_count; i++)
        can = role->file[i].has_length && is_plain(&role->file[i].digests);
    for (size_t i = 0; can && i < role->target_count; i++)
        can = role->target[i].custom == NULL && is_plain(&role->target[i].digests);
    return can;
}

static void draft_keys(struct draft *draft, const struct pst_role *role)
{
    draft->key = room(role->key_count, sizeof *draft->key);
    draft->object = room(role->key_count, sizeof *draft->object);
    for (size_t i = 0; i < role->key_count; i++) {
        draft->object[i] = pst_buf(KEY_MOST);
        struct pst_json_out json = pst_json_out(&draft->object[i]);
        pst_out_json(&json, NULL, role->key[i].object);
        pst_fuzz_hold(pst_json_out_is_whole(&json), "a key object that was read is written");
        draft->key[i] =
            (struct pst_role_draft_key){role->key[i].id.at, pst_buf_bytes(&draft->object[i])};
    }
    draft->out.key = draft->key;
    draft->out.key_count = role->key_count;
}

static const char *const *draft_texts(const char ***rest, const struct pst_text *text, size_t count)
{
    const char **first = *rest;
    for (size_t i = 0; i < count; i++)
        *(*rest)++ = text[i].at;
    return first;
}

static void draft_rules(struct draft *draft, const struct pst_role *role)
{
    size_t texts = 0;
    for (size_t i = 0; i < role->rule_count; i++)
        texts += role->rule[i].keyid_count + role->rule[i].pattern_count;
    draft->rule = room(role->rule_count, sizeof *draft->rule);
    draft->text = room(texts, sizeof *draft->text);
    const char **rest = draft->text;
    for (size_t i = 0; i < role->rule_count; i++) {
        const struct pst_role_rule *rule = &role->rule[i];
        draft->rule[i] = (struct pst_role_draft_rule){
            .name = rule->name.at,
            .threshold = rule->threshold,
            .keyid = draft_texts(&rest, rule->keyid, rule->keyid_count),
            .keyid_count = rule->keyid_count,
            .pattern = draft_texts(&rest, rule->pattern, rule->pattern_count),
            .pattern_count = rule->pattern_count,
            .terminating = rule->terminating,
        };
    }
    draft->out.rule = draft->rule;
    draft->out.rule_count = role->rule_count;
}

static void draft_files(struct draft *draft, const struct pst_role *role)
{
    draft->out.file_count = role->file_count + role->target_count;
    draft->file = room(draft->out.file_count, sizeof *draft->file);
    draft->out.file = draft->file;
    for (size_t i = 0; i < draft->out.file_count; i++) {
        struct pst_role_draft_file *file = &draft->file[i];
        const uint8_t *sha256 = NULL;
        if (i < role->file_count) {
            const struct pst_role_file *from = &role->file[i];
            *file =
                (struct pst_role_draft_file){from->name.at, from->version, from->length_bytes, {0}};
            sha256 = from->digests.sha256;
        } else {
            const struct pst_role_target *from = &role->target[i - role->file_count];
            *file = (struct pst_role_draft_file){from->path.at, 0, from->length_bytes, {0}};
            sha256 = from->digests.sha256;
        }
        memcpy(file->sha256, sha256, sizeof file->sha256);
    }
}

static void draft_marks(struct draft *draft, const struct pst_role *role)
{
    draft->mark = room(role->retired_count + role->revoked_count, sizeof *draft->mark);
    struct pst_role_draft_mark *mark = draft->mark;
    draft->out.retired = mark;
    for (size_t i = 0; i < role->retired_count; i++)
        *mark++ = (struct pst_role_draft_mark){.name = role->retired[i].scheme.at,
                                               .from_s = role->retired[i].from_s};
    draft->out.revoked = mark;
    for (size_t i = 0; i < role->revoked_count; i++)
        *mark++ = (struct pst_role_draft_mark){.name = role->revoked[i].keyid.at,
                                               .from_s = role->revoked[i].from_s,
                                               .reason = role->revoked[i].reason.at,
                                               .public_part = role->revoked[i].public_part.at};
    draft->out.retired_count = role->retired_count;
    draft->out.revoked_count = role->revoked_count;
}

/* Keys of a draft are read with the small limits: only then may the writer say "too large". */
static void hold_drafted(const struct pst_role *role)
{
    static const struct pst_envelope unsigned_yet = {0};
    PST_CLEANUP(draft)
    struct draft draft = {
        .out = {.kind = role->kind, .version = role->version, .expires_s = role->expires_s}};
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(FILE_MOST);

    draft_keys(&draft, role);
    draft_rules(&draft, role);
    draft_files(&draft, role);
    draft_marks(&draft, role);
    enum pst_code code = pst_role_print(&draft.out, &body, NULL);
    if (code == PST_TOO_LARGE)
        return;
    pst_fuzz_hold(code == PST_OK, "our writer writes what was read");
    PST_CLEANUP(pst_role)
    struct pst_role *again = parse_printed(role->kind, pst_buf_bytes(&body), &unsigned_yet);
    pst_fuzz_hold(pst_bytes_equal(pst_buf_bytes(&body), pst_buf_bytes(&again->envelope->canonical)),
                  "our writer writes the canonical form");
    pst_fuzz_hold(same_role(role, again), "our writer loses nothing and adds nothing");
}

void pst_fuzz_role(enum pst_role_kind kind, struct pst_bytes in)
{
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    struct pst_report why = {0};

    enum pst_code code = pst_role_parse(kind, in, &role, &why);
    pst_fuzz_verdict(code, role != NULL, &why);
    if (role == NULL)
        return;
    hold_bounds(role);
    hold_one_kind(kind, in);
    hold_signed_again(role);
    if (draft_can_say(role))
        hold_drafted(role);
}
