/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "manifests/role.h"
#include "tests/support/check.h"
#include "tests/support/role_files.h"

static struct pst_role *parse_good(enum pst_role_kind kind)
{
    struct pst_role *role = NULL;
    struct pst_report why = {0};
    if (role_file_parse(kind, role_file(kind), NULL, NULL, &role, &why) != PST_OK)
        fail_msg("%s: %s, not %s", why.finding[0].where, why.finding[0].found,
                 why.finding[0].expected);
    assert_int_equal(why.count, 0);
    return role;
}

static void a_root_is_read_with_all_that_it_says(void **state)
{
    PST_CLEANUP(pst_role) struct pst_role *role = parse_good(PST_ROLE_ROOT);
    (void)state;
    assert_int_equal(role->version, 7);
    assert_int_equal(role->expires_s, 1893553445);
    assert_true(pst_text_is(role->spec_version, "1.0.34"));
    assert_true(role->consistent_snapshot);

    assert_int_equal(role->key_count, 2);
    const struct pst_role_key *aa = pst_role_key(role, pst_text("aa"));
    const struct pst_role_key *bb = pst_role_key(role, pst_text("bb"));
    assert_true(pst_text_is(aa->keytype, "ed25519"));
    assert_true(pst_text_is(aa->public_part, "00ff"));
    assert_int_equal(aa->not_before_s, 1767225600);
    assert_int_equal(aa->not_after_s, 1830297600);
    assert_int_equal(pst_json_count(aa->object), 5);
    assert_true(pst_text_is(bb->scheme, "rsassa-pss-sha256"));
    assert_true(pst_text_is(bb->public_part, "-----BEGIN\nAA\n"));
    assert_true(bb->not_before_s == INT64_MIN && bb->not_after_s == INT64_MAX);
    assert_null(pst_role_key(role, pst_text("cc")));

    assert_int_equal(role->rule_count, 4);
    const struct pst_role_rule *rule = pst_role_rule(role, pst_text("root"));
    assert_int_equal(rule->threshold, 2);
    assert_int_equal(rule->keyid_count, 2);
    assert_true(pst_text_is(rule->keyid[1], "bb"));
    assert_null(pst_role_rule(role, pst_text("mirrors")));

    assert_true(pst_role_retired_from(role, pst_text("rsassa-pss-sha256")) == 1861920000);
    assert_true(pst_role_retired_from(role, pst_text("ed25519")) == INT64_MAX);
    assert_int_equal(pst_role_revoked(role, pst_text("cc"))->from_s, 1777939200);
    assert_true(pst_text_is(pst_role_revoked(role, pst_text("cc"))->reason, "leaked"));
    assert_int_equal(pst_role_revoked(role, pst_text("cc"))->public_part.len, 0);
    assert_null(pst_role_revoked(role, pst_text("aa")));
}

static void timestamp_and_snapshot_are_read_with_and_without_lengths_and_hashes(void **state)
{
    PST_CLEANUP(pst_role) struct pst_role *timestamp = parse_good(PST_ROLE_TIMESTAMP);
    PST_CLEANUP(pst_role) struct pst_role *snapshot = parse_good(PST_ROLE_SNAPSHOT);
    (void)state;
    assert_int_equal(timestamp->version, PST_JSON_INTEGER_MAX);
    const struct pst_role_file *file = pst_role_file(timestamp, pst_text("snapshot.json"));
    assert_int_equal(file->version, 3);
    assert_true(file->has_length);
    assert_true(file->digests.has_sha256 && !file->digests.has_sha512);
    assert_int_equal(file->digests.sha256[31], 0xff);

    assert_int_equal(snapshot->file_count, 2);
    file = pst_role_file(snapshot, pst_text("targets.json"));
    assert_true(!file->has_length && file->digests.listed == 0);
    file = pst_role_file(snapshot, pst_text("pos-a.json"));
    assert_int_equal(file->version, 12);
    assert_int_equal(file->length_bytes, 512);
    assert_null(pst_role_file(snapshot, pst_text("pos-a")));
}

static void targets_are_read_with_their_delegations_in_order(void **state)
{
    PST_CLEANUP(pst_role) struct pst_role *role = parse_good(PST_ROLE_TARGETS);
    (void)state;
    assert_int_equal(role->target_count, 2);
    const struct pst_role_target *target = pst_role_target(role, pst_text("pos-a/2.0.0/os.img"));
    assert_int_equal(target->length_bytes, 70000);
    assert_true(target->digests.has_sha256 && target->digests.has_sha512);
    assert_int_equal(target->digests.listed, 2);
    assert_non_null(target->custom);
    target = pst_role_target(role, pst_text("pos-a/1.0.0/os.img"));
    assert_true(!target->digests.has_sha256 && !target->digests.has_sha512);
    assert_int_equal(target->digests.listed, 1);
    assert_null(target->custom);
    assert_null(pst_role_target(role, pst_text("pos-a/1.0.0/os.im")));
    assert_null(pst_role_file(role, pst_text("pos-a.json"))); /* no such list in targets */

    assert_int_equal(role->key_count, 1);
    assert_int_equal(role->rule_count, 2);
    assert_true(pst_text_is(role->rule[0].name, "pos-a"));
    assert_true(role->rule[0].terminating && !role->rule[0].by_hash_prefix);
    assert_true(pst_text_is(role->rule[0].pattern[0], "pos-a/*/*"));
    assert_true(!role->rule[1].terminating && role->rule[1].by_hash_prefix);
    assert_int_equal(role->rule[1].pattern_count, 2);
    assert_false(role->succinct.present);
}

static void succinct_roles_are_read_in_place_of_roles(void **state)
{
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(role_file_parse(PST_ROLE_TARGETS, role_file_bins, NULL, NULL, &role, &why),
                     PST_OK);
    assert_true(role->succinct.present);
    assert_int_equal(role->succinct.bits, 8);
    assert_true(pst_text_is(role->succinct.name_prefix, "bin"));
    assert_int_equal(role->succinct.rule.keyid_count, 1);
    assert_int_equal(role->rule_count, 0);
}

static void files_and_targets_are_found_whatever_their_order(void **state)
{
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf meta = pst_buf(1 << 20);
    struct pst_report why = {0};
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(pst_buf_print(&meta, "'r%d.json':{'version':%d},", i * 7919 % 1000, i + 1));
    assert_true(pst_buf_add(&meta, "'targets.json'", sizeof "'targets.json'"));
    assert_int_equal(role_file_parse(PST_ROLE_SNAPSHOT, role_file(PST_ROLE_SNAPSHOT),
                                     "'targets.json'", (const char *)meta.at, &role, &why),
                     PST_OK);
    for (int i = 0; i < 1000; i++) {
        char name[24];
        snprintf(name, sizeof name, "r%d.json", i * 7919 % 1000);
        assert_int_equal(pst_role_file(role, pst_text(name))->version, i + 1);
    }
    assert_null(pst_role_file(role, pst_text("r1000.json")));
    assert_null(pst_role_target(role, pst_text("r1.json"))); /* no such list in a snapshot */
}

struct edit {
    enum pst_role_kind kind;
    const char *find, *put; /* the first `find` in the kind's good file becomes `put` */
};

/* What other TUF writers do, and what the rules leave to whoever verifies. */
static void what_is_unusual_but_harmless_is_accepted(void **state)
{
    static const struct edit edits[] = {
        {PST_ROLE_ROOT, "'_type'", "'x-more':{'a':[null]},'_type'"},
        {PST_ROLE_ROOT, "'keytype':", "'keyid_hash_algorithms':['sha256'],'keytype':"},
        {PST_ROLE_ROOT, "'consistent_snapshot':true,", ""},
        {PST_ROLE_ROOT, "'spec_version':'1.0.34'", "'spec_version':'1.99.0'"},
        {PST_ROLE_ROOT, "'threshold':2", "'threshold':6"},
        {PST_ROLE_ROOT, "'threshold':2", "'threshold':2147483647"},
        {PST_ROLE_ROOT, "['aa','bb']", "[]"},
        {PST_ROLE_ROOT, "['aa','bb']", "['aa','not among the keys']"},
        {PST_ROLE_ROOT, "'roles':{", "'roles':{'mirrors':{'keyids':7},"},
        {PST_ROLE_ROOT, "'keytype':'ed25519'", "'keytype':'of tomorrow'"},
        {PST_ROLE_ROOT, "'keytype':'ed25519','scheme':'ed25519','keyval':{'public':'00ff'}",
         "'keytype':'sigstore-oidc','scheme':'Fulcio','keyval':{'identity':'a','issuer':'b'}"},
        {PST_ROLE_ROOT, "'scheme':'ed25519'", "'scheme':'of tomorrow'"},
        {PST_ROLE_ROOT, "'x-postern-not-before':'2026-01-01T00:00:00Z',", ""},
        {PST_ROLE_ROOT, "[{'keyid':'aa','sig':'00ff'},{'keyid':'bb','sig':''}]", "[]"},
        {PST_ROLE_TIMESTAMP, "'meta':{", "'meta':{'more.json':{'version':1},"},
        {PST_ROLE_TIMESTAMP, "'sha256':", "'md4':'any','sha256':"},
        {PST_ROLE_SNAPSHOT, "pos-a.json", "../a b.json"},
        {PST_ROLE_TARGETS, "'pos-a/2.0.0/os.img'", "'../../etc/passwd'"},
        {PST_ROLE_TARGETS, "['pos-a/*/*']", "[]"},
        {PST_ROLE_TARGETS, "'name':'pos-a'", "'name':'../delegatedrole'"},
        {PST_ROLE_TARGETS, "'name':'pos-a'", "'name':'Root'"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(edits); i++) {
        PST_CLEANUP(pst_role) struct pst_role *role = NULL;
        struct pst_report why = {0};
        if (role_file_parse(edits[i].kind, role_file(edits[i].kind), edits[i].find, edits[i].put,
                            &role, &why) != PST_OK)
            fail_msg("%s: %s: %s", edits[i].put, why.finding[0].where, why.finding[0].found);
        assert_int_equal(why.count, 0);
    }
}

/* A list of `count` numbered members, "'m0':{...},'m1':..." or elements, in place of `find`. */
static enum pst_code parse_list(enum pst_role_kind kind, const char *find, const char *head,
                                const char *each, size_t count, const char *tail,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf put = pst_buf(1 << 19);
    assert_true(pst_buf_add_text(&put, head));
    for (size_t i = 0; i < count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%s'm%zu", i > 0 ? "," : "", i);
        assert_true(pst_buf_add_text(&put, number) && pst_buf_add_text(&put, each));
    }
    assert_true(pst_buf_add_text(&put, tail) && pst_buf_add(&put, "", 1));
    return role_file_parse(kind, role_file(kind), find, (const char *)put.at, &role, why);
}

static void every_list_has_a_ceiling(void **state)
{
    static const struct {
        enum pst_role_kind kind;
        const char *find, *head, *each, *tail;
        size_t most;
    } cases[] = {
        {PST_ROLE_ROOT, "'keys':{", "'keys':{",
         "':{'keytype':'a','scheme':'b','keyval':{'public':'c'}}", ",", PST_ROLE_KEYS_MOST - 2},
        {PST_ROLE_ROOT, "['aa','bb']", "[", "'", "]", PST_ROLE_KEYIDS_MOST},
        {PST_ROLE_ROOT, "{'rsassa-pss-sha256':'2029-01-01T00:00:00Z'}", "{",
         "':'2029-01-01T00:00:00Z'", "}", PST_ROLE_RETIRED_MOST},
        {PST_ROLE_ROOT, "{'cc':", "{", "':{'from':'2029-01-01T00:00:00Z','reason':'lost'}",
         ",'cc':", PST_ROLE_REVOKED_MOST - 1},
        {PST_ROLE_TARGETS, "['pos-a/*/*']", "[", "'", "]", PST_ROLE_PATTERNS_MOST},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        assert_int_equal(parse_list(cases[i].kind, cases[i].find, cases[i].head, cases[i].each,
                                    cases[i].most, cases[i].tail, &why),
                         PST_OK);
        assert_int_equal(parse_list(cases[i].kind, cases[i].find, cases[i].head, cases[i].each,
                                    cases[i].most + 1, cases[i].tail, &why),
                         PST_METADATA_LIMIT);
    }
}

static void the_name_of_a_role_has_a_ceiling(void **state)
{
    (void)state;
    for (int len = 255; len <= 256; len++) {
        PST_CLEANUP(pst_role) struct pst_role *role = NULL;
        char name[300];
        snprintf(name, sizeof name, "%0*d.json", len, 0);
        assert_int_equal(role_file_parse(PST_ROLE_SNAPSHOT, role_file(PST_ROLE_SNAPSHOT),
                                         "pos-a.json", name, &role, NULL),
                         len == 255 ? PST_OK : PST_OUT_OF_BOUNDS);
    }
}

static void a_list_of_digests_has_a_ceiling(void **state)
{
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(
        parse_list(PST_ROLE_SNAPSHOT, "'length':512", "'hashes':{", "':'00'", 64, "}", &why),
        PST_OK);
    assert_int_equal(
        parse_list(PST_ROLE_SNAPSHOT, "'length':512", "'hashes':{", "':'00'", 65, "}", &why),
        PST_OUT_OF_BOUNDS);
}

static void a_file_of_nothing_but_faults_is_given_up_early(void **state)
{
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(
        parse_list(PST_ROLE_SNAPSHOT, "'meta':{", "'meta':{", ".json':0", 20000, ",", &why),
        PST_WRONG_TYPE);
    assert_int_equal(why.count, PST_REPORT_MOST);
    assert_true(why.omitted > 0 && why.omitted < 100);
}

static void reading_needs_no_report(void **state)
{
    struct pst_role *role = NULL;
    (void)state;
    assert_int_equal(role_file_parse(PST_ROLE_ROOT, role_file(PST_ROLE_ROOT), "'threshold':2",
                                     "'threshold':0", &role, NULL),
                     PST_OUT_OF_BOUNDS);
    assert_null(role);
    pst_role_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_is_read_with_all_that_it_says),
        cmocka_unit_test(timestamp_and_snapshot_are_read_with_and_without_lengths_and_hashes),
        cmocka_unit_test(targets_are_read_with_their_delegations_in_order),
        cmocka_unit_test(succinct_roles_are_read_in_place_of_roles),
        cmocka_unit_test(files_and_targets_are_found_whatever_their_order),
        cmocka_unit_test(what_is_unusual_but_harmless_is_accepted),
        cmocka_unit_test(every_list_has_a_ceiling),
        cmocka_unit_test(a_list_of_digests_has_a_ceiling),
        cmocka_unit_test(the_name_of_a_role_has_a_ceiling),
        cmocka_unit_test(a_file_of_nothing_but_faults_is_given_up_early),
        cmocka_unit_test(reading_needs_no_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
