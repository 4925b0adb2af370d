/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/instant.h"
#include "manifests/role.h"
#include "tests/support/check.h"

#define PEM_KEY                                                                                    \
    "{\"scheme\": \"rsassa-pss-sha256\", \"keytype\": \"rsa\",\n"                                  \
    " \"keyval\": {\"public\": \"-----BEGIN\\nAA\\n\"}, \"x-holder\": \"Zo\\u00eb\"}"
#define SHORT_KEY                                                                                  \
    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"00ff\"}}"

static struct pst_bytes json(const char *text)
{
    return pst_bytes(text, strlen(text));
}

static const char *const both[] = {"aa", "bb"};
static const char *const globs[] = {"pos-a/*/*"};

static const struct pst_role_draft_mark retired[] = {
    {.name = "rsassa-pss-sha256", .from_s = 1861920000}};
static const struct pst_role_draft_mark revoked[] = {
    {.name = "cc", .from_s = 0, .reason = "leaked", .public_part = "-----BEGIN\nAA\n"}};
static const struct pst_role_draft_rule root_rules[] = {
    {.name = "root", .threshold = 2, .keyid = both, .keyid_count = 2},
    {.name = "timestamp", .threshold = 1, .keyid = both, .keyid_count = 1},
    {.name = "snapshot", .threshold = 1, .keyid = both, .keyid_count = 1},
    {.name = "targets", .threshold = 1, .keyid = both + 1, .keyid_count = 1},
};
static const struct pst_role_draft_rule delegations[] = {
    {"pos-a", 1, both, 2, globs, 1, true},
    {"assignments", 1, both, 1, NULL, 0, false},
};
static const struct pst_role_draft_file meta[] = {
    {"targets.json", 4, 512, {0xab}},
    {"pos-a.json", 9007199254740991, 0, {0xcd}},
    {"snapshot.json", 4, 512, {0xef}},
};
static const struct pst_role_draft_file images[] = {
    {"pos-a/1.0.0/os.img", 0, 70000, {0x01}},
    {"pos-a/1.0.0/\"\\.img", 0, 0, {0x02}},
};

/* The keys are given at run time: a view of a literal is no constant. */
static struct pst_role_draft draft_of(enum pst_role_kind kind,
                                      const struct pst_role_draft_key *keys)
{
    struct pst_role_draft draft = {.kind = kind, .version = 7, .expires_s = 1893553445};
    if (kind == PST_ROLE_ROOT || kind == PST_ROLE_TARGETS) {
        draft.key = keys;
        draft.key_count = 2;
        draft.rule = kind == PST_ROLE_ROOT ? root_rules : delegations;
        draft.rule_count = kind == PST_ROLE_ROOT ? PST_COUNT(root_rules) : PST_COUNT(delegations);
    }
    if (kind == PST_ROLE_ROOT) {
        draft.retired = retired;
        draft.revoked = revoked;
        draft.retired_count = draft.revoked_count = 1;
    } else {
        draft.file = kind == PST_ROLE_TARGETS ? images : meta;
        draft.file_count = kind == PST_ROLE_TARGETS ? PST_COUNT(images) : PST_COUNT(meta);
    }
    return draft;
}

static void a_timestamp_is_written_in_canonical_form(void **state)
{
    static const struct pst_role_draft_file file = {"snapshot.json", 4, 512, {0xef}};
    const struct pst_role_draft draft = {
        .kind = PST_ROLE_TIMESTAMP, .version = 3, .expires_s = 0, .file = &file, .file_count = 1};
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(4096);
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_role_print(&draft, &out, &why), PST_OK);
    assert_true(pst_text_is(
        pst_buf_text(&out),
        "{\"_type\":\"timestamp\",\"expires\":\"1970-01-01T00:00:00Z\",\"meta\":{\"snapshot.json\":"
        "{\"hashes\":{\"sha256\":"
        "\"ef00000000000000000000000000000000000000000000000000000000000000\"},"
        "\"length\":512,\"version\":4}},\"spec_version\":\"1.0.34\",\"version\":3}"));
}

static void targets_without_delegations_have_no_such_member(void **state)
{
    const struct pst_role_draft draft = {.kind = PST_ROLE_TARGETS, .version = 1, .expires_s = 1};
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(4096);
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_role_print(&draft, &out, &why), PST_OK);
    assert_true(pst_text_is(pst_buf_text(&out),
                            "{\"_type\":\"targets\",\"expires\":\"1970-01-01T00:00:01Z\","
                            "\"spec_version\":\"1.0.34\",\"targets\":{},\"version\":1}"));
}

static void check_rules(const struct pst_role_draft *draft, const struct pst_role *role)
{
    assert_int_equal(role->rule_count, draft->rule_count);
    for (size_t i = 0; i < draft->rule_count; i++) {
        const struct pst_role_draft_rule *from = &draft->rule[i];
        const struct pst_role_rule *rule = pst_role_rule(role, pst_text(from->name));
        assert_non_null(rule);
        assert_true(draft->kind == PST_ROLE_ROOT || rule == &role->rule[i]);
        assert_int_equal(rule->threshold, from->threshold);
        assert_int_equal(rule->keyid_count, from->keyid_count);
        for (size_t k = 0; k < from->keyid_count; k++)
            assert_true(pst_text_is(rule->keyid[k], from->keyid[k]));
        assert_int_equal(rule->terminating, from->terminating);
        assert_int_equal(rule->pattern_count, from->pattern_count);
        for (size_t k = 0; k < from->pattern_count; k++)
            assert_true(pst_text_is(rule->pattern[k], from->pattern[k]));
    }
}

static void check_keys(const struct pst_role_draft *draft, const struct pst_role *role)
{
    assert_int_equal(role->key_count, draft->key_count);
    for (size_t i = 0; i < draft->key_count; i++) {
        PST_CLEANUP(pst_json) struct pst_json *object = NULL;
        PST_CLEANUP(pst_buf) struct pst_buf ours = pst_buf(4096);
        PST_CLEANUP(pst_buf) struct pst_buf theirs = pst_buf(4096);
        struct pst_report why = {0};
        const struct pst_role_key *key = pst_role_key(role, pst_text(draft->key[i].id));
        assert_int_equal(pst_json_parse(draft->key[i].object, &pst_json_small, &object, &why),
                         PST_OK);
        assert_int_equal(pst_json_canonical(object, &ours, &why), PST_OK);
        assert_int_equal(pst_json_canonical(key->object, &theirs, &why), PST_OK);
        assert_true(pst_bytes_equal(pst_buf_bytes(&ours), pst_buf_bytes(&theirs)));
    }
}

static void check_files(const struct pst_role_draft *draft, const struct pst_role *role)
{
    for (size_t i = 0; i < draft->file_count; i++) {
        const struct pst_role_draft_file *from = &draft->file[i];
        struct pst_role_digests digests;
        if (draft->kind == PST_ROLE_TARGETS) {
            const struct pst_role_target *target = pst_role_target(role, pst_text(from->name));
            assert_int_equal(target->length_bytes, from->length_bytes);
            digests = target->digests;
        } else {
            const struct pst_role_file *file = pst_role_file(role, pst_text(from->name));
            assert_true(file->version == from->version && file->has_length);
            assert_int_equal(file->length_bytes, from->length_bytes);
            digests = file->digests;
        }
        assert_true(digests.has_sha256 && !digests.has_sha512 && digests.listed == 1);
        assert_memory_equal(digests.sha256, from->sha256, 32);
    }
    assert_int_equal(role->file_count + role->target_count, draft->file_count);
}

static void check_marks(const struct pst_role_draft *draft, const struct pst_role *role)
{
    assert_int_equal(role->retired_count, draft->retired_count);
    assert_int_equal(role->revoked_count, draft->revoked_count);
    if (draft->kind != PST_ROLE_ROOT)
        return;
    assert_true(role->consistent_snapshot);
    assert_true(pst_role_retired_from(role, pst_text("rsassa-pss-sha256")) == 1861920000);
    assert_int_equal(role->revoked[0].from_s, 0);
    assert_true(pst_text_is(role->revoked[0].reason, "leaked"));
    assert_true(pst_text_is(role->revoked[0].public_part, "-----BEGIN\nAA\n"));
}

static void what_is_written_reads_again_to_the_same_values_and_bytes(void **state)
{
    const struct pst_role_draft_key keys[] = {{"aa", json(SHORT_KEY)}, {"bb", json(PEM_KEY)}};
    static const struct pst_envelope_new_signature signature = {"aa", "00"};
    (void)state;
    for (int kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++) {
        const struct pst_role_draft draft = draft_of((enum pst_role_kind)kind, keys);
        PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(1 << 16);
        PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(1 << 16);
        PST_CLEANUP(pst_role) struct pst_role *role = NULL;
        struct pst_report why = {0};
        if (pst_role_print(&draft, &body, &why) != PST_OK)
            fail_msg("%s: %s", why.finding[0].where, why.finding[0].found);
        assert_int_equal(pst_envelope_print(pst_buf_bytes(&body), &signature, 1, &file, &why),
                         PST_OK);
        assert_int_equal(pst_role_parse(draft.kind, pst_buf_bytes(&file), &role, &why), PST_OK);
        assert_true(
            pst_bytes_equal(pst_buf_bytes(&role->envelope->canonical), pst_buf_bytes(&body)));
        assert_int_equal(role->version, 7);
        assert_int_equal(role->expires_s, 1893553445);
        check_keys(&draft, role);
        check_rules(&draft, role);
        check_files(&draft, role);
        check_marks(&draft, role);
        assert_int_equal(why.count, 0);
    }
}

/* `where` is how the place begins: in a text it goes on with line and column. */
static void refuse(struct pst_role_draft draft, enum pst_code code, const char *where)
{
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(1 << 16);
    struct pst_report why = {0};
    enum pst_code got = pst_role_print(&draft, &out, &why);
    if (got != code || why.count == 0 || !pst_text_starts(pst_text(why.finding[0].where), where))
        fail_msg("%s at '%s', not %s at '%s'", pst_code_name(got), why.finding[0].where,
                 pst_code_name(code), where);
    assert_int_equal(out.len, 0);
    assert_string_equal(why.place, "");
}

static void what_no_terminal_would_take_is_not_written(void **state)
{
    static const char *const twice[] = {"aa", "aa"};
    static const char *const broken[] = {"pos-\xff/*"};
    static const struct pst_role_draft_file same[] = {{.name = "a"}, {.name = "a"}};
    static const struct pst_role_draft_file negative = {.name = "a", .length_bytes = -1};
    static const struct pst_role_draft_file bent = {.name = "a\xff"};
    static const struct pst_role_draft_mark silent = {.name = "cc", .from_s = 1};
    static const struct pst_role_draft_mark far = {
        .name = "cc", .from_s = PST_INSTANT_MAX + 1, .reason = "lost"};
    const struct pst_role_draft_rule repeated = {"r", 1, twice, 2, globs, 1, true};
    const struct pst_role_draft_rule garbled = {"r", 1, both, 2, broken, 1, true};
    const struct pst_role_draft_rule top = {"root", 1, both, 2, globs, 1, true};
    const struct pst_role_draft_rule free_for_all = {"r", 0, both, 2, globs, 1, true};
    const struct pst_role_draft_key keys[] = {{"aa", json(SHORT_KEY)}, {"bb", json(PEM_KEY)}};
    const struct pst_role_draft_key more = {"aa", json(SHORT_KEY ",\"bb\":" SHORT_KEY)};
    const struct pst_role_draft root = draft_of(PST_ROLE_ROOT, keys);
    const struct pst_role_draft targets = draft_of(PST_ROLE_TARGETS, keys);
    struct pst_role_draft draft;
    (void)state;
    /* clang-format off */
    draft = root; draft.version = 0; refuse(draft, PST_OUT_OF_BOUNDS, "root/version");
    draft = root; draft.expires_s = PST_INSTANT_MAX + 1; refuse(draft, PST_OUT_OF_BOUNDS, "root");
    draft = root; draft.version = INT64_MAX; refuse(draft, PST_OUT_OF_BOUNDS, "root");
    draft = root; draft.expires_s = -1; refuse(draft, PST_OUT_OF_BOUNDS, "root");
    draft = root; draft.rule_count = 3; refuse(draft, PST_MISSING_FIELD, "root/roles/targets");
    draft = root; draft.revoked = &silent;
    refuse(draft, PST_WRONG_TYPE, "root/x-postern-revoked-keys/cc/reason");
    draft = root; draft.revoked = &far; refuse(draft, PST_OUT_OF_BOUNDS, "root");
    draft = root; draft.key = &more; draft.key_count = 1;
    refuse(draft, PST_BAD_SYNTAX, "root/keys/aa");
    draft = targets; draft.rule_count = 1;
    draft.rule = &repeated;
    refuse(draft, PST_DUPLICATE_FIELD, "targets/delegations/roles/0/keyids");
    draft.rule = &garbled; refuse(draft, PST_BAD_ENCODING, "targets");
    draft.rule = &top; refuse(draft, PST_INCONSISTENT, "targets/delegations/roles/0/name");
    draft.rule = &free_for_all;
    refuse(draft, PST_OUT_OF_BOUNDS, "targets/delegations/roles/0/threshold");
    draft = targets; draft.file = &negative; draft.file_count = 1;
    refuse(draft, PST_OUT_OF_BOUNDS, "targets/targets/a/length");
    draft.file = &bent; refuse(draft, PST_BAD_ENCODING, "targets");
    /* clang-format on */

    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(1 << 16);
    struct pst_report why = {0};
    draft = targets;
    draft.file = same;
    draft.file_count = 2;
    assert_int_equal(pst_role_print(&draft, &out, &why), PST_DUPLICATE_FIELD);
    assert_int_equal(out.len, 0);
}

static void a_full_buffer_keeps_what_it_held(void **state)
{
    const struct pst_role_draft draft = {.kind = PST_ROLE_TARGETS, .version = 1};
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(32);
    struct pst_report why = {0};
    (void)state;
    assert_true(pst_buf_add_text(&out, "before"));
    assert_int_equal(pst_role_print(&draft, &out, &why), PST_TOO_LARGE);
    assert_true(pst_text_is(pst_buf_text(&out), "before"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timestamp_is_written_in_canonical_form),
        cmocka_unit_test(targets_without_delegations_have_no_such_member),
        cmocka_unit_test(what_is_written_reads_again_to_the_same_values_and_bytes),
        cmocka_unit_test(what_no_terminal_would_take_is_not_written),
        cmocka_unit_test(a_full_buffer_keeps_what_it_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
