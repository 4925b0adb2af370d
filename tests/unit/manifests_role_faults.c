/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/role.h"
#include "tests/support/check.h"
#include "tests/support/role_files.h"

struct edit {
    enum pst_role_kind kind;
    const char *find, *put; /* the first `find` in the kind's good file becomes `put` */
};

struct fault {
    struct edit edit;
    enum pst_code code;
    const char *where;
};

static void check_faults(const struct fault *faults, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct edit *edit = &faults[i].edit;
        struct pst_role *role = NULL;
        struct pst_report why = {0};
        enum pst_code got =
            role_file_parse(edit->kind, role_file(edit->kind), edit->find, edit->put, &role, &why);
        if (got != faults[i].code || why.count != 1 ||
            strcmp(why.finding[0].where, faults[i].where) != 0)
            fail_msg("%s: %s, %zu findings, at %s", edit->put, pst_code_name(got), why.count,
                     why.finding[0].where);
        assert_null(role);
        assert_string_equal(why.place, "");
    }
}

static void each_fault_of_a_root_has_its_code_and_place(void **state)
{
    static const struct fault faults[] = {
        {{PST_ROLE_ROOT, "'_type':'root'", "'_type':'targets'"},
         PST_METADATA_WRONG_ROLE,
         "root/_type"},
        {{PST_ROLE_ROOT, "'1.0.34'", "'2.0.0'"}, PST_METADATA_FORMAT_UNKNOWN, "root/spec_version"},
        {{PST_ROLE_ROOT, "'1.0.34'", "'0.9'"}, PST_METADATA_FORMAT_UNKNOWN, "root/spec_version"},
        {{PST_ROLE_ROOT, "'1.0.34'", "'1.0.34.5'"}, PST_BAD_SYNTAX, "root/spec_version"},
        {{PST_ROLE_ROOT, "'1.0.34'", "'1.'"}, PST_BAD_SYNTAX, "root/spec_version"},
        {{PST_ROLE_ROOT, "'1.0.34'", "'1.0x'"}, PST_BAD_SYNTAX, "root/spec_version"},
        {{PST_ROLE_ROOT, "'version':7", "'version':0"}, PST_OUT_OF_BOUNDS, "root/version"},
        {{PST_ROLE_ROOT, "05Z'", "05.5Z'"}, PST_BAD_SYNTAX, "root/expires"},
        {{PST_ROLE_ROOT, "05Z'", "05+00:00'"}, PST_BAD_SYNTAX, "root/expires"},
        {{PST_ROLE_ROOT, "2030-01-02", "2030-02-30"}, PST_BAD_SYNTAX, "root/expires"},
        {{PST_ROLE_ROOT, "'consistent_snapshot':true", "'consistent_snapshot':1"},
         PST_WRONG_TYPE,
         "root/consistent_snapshot"},
        {{PST_ROLE_ROOT, "'threshold':2", "'threshold':0"},
         PST_OUT_OF_BOUNDS,
         "root/roles/root/threshold"},
        {{PST_ROLE_ROOT, "'threshold':2", "'threshold':-1"},
         PST_OUT_OF_BOUNDS,
         "root/roles/root/threshold"},
        {{PST_ROLE_ROOT, "'threshold':2", "'threshold':2147483648"},
         PST_OUT_OF_BOUNDS,
         "root/roles/root/threshold"},
        {{PST_ROLE_ROOT, "'threshold':2", "'threshold':'2'"},
         PST_WRONG_TYPE,
         "root/roles/root/threshold"},
        {{PST_ROLE_ROOT, "['aa','bb']", "['aa','bb','aa']"},
         PST_DUPLICATE_FIELD,
         "root/roles/root/keyids"},
        {{PST_ROLE_ROOT, "['aa','bb']", "['aa','']"},
         PST_OUT_OF_BOUNDS,
         "root/roles/root/keyids/1"},
        {{PST_ROLE_ROOT, "['aa','bb']", "['aa',7]"}, PST_WRONG_TYPE, "root/roles/root/keyids/1"},
        {{PST_ROLE_ROOT, "'timestamp':{", "'Timestamp':{"},
         PST_MISSING_FIELD,
         "root/roles/timestamp"},
        {{PST_ROLE_ROOT, "'scheme':'ed25519'", "'Scheme':'ed25519'"},
         PST_MISSING_FIELD,
         "root/keys/aa/scheme"},
        {{PST_ROLE_ROOT, "'keytype':'ed25519'", "'keytype':'a\\u0007'"},
         PST_BAD_SYNTAX,
         "root/keys/aa/keytype"},
        {{PST_ROLE_ROOT, "'public':'00ff'", "'public':''"},
         PST_OUT_OF_BOUNDS,
         "root/keys/aa/keyval/public"},
        {{PST_ROLE_ROOT, "'aa':{", "'':{"}, PST_OUT_OF_BOUNDS, "root/keys/"},
        {{PST_ROLE_ROOT, "'aa':{", "'a\\n':{"}, PST_BAD_SYNTAX, "root/keys/a?"},
        {{PST_ROLE_ROOT, "2028-01-01", "2025-01-01"},
         PST_EMPTY_RANGE,
         "root/keys/aa/x-postern-not-after"},
        {{PST_ROLE_ROOT, "'2028-01-01T00:00:00Z'", "'soon'"},
         PST_BAD_SYNTAX,
         "root/keys/aa/x-postern-not-after"},
        {{PST_ROLE_ROOT, "'2028-01-01T00:00:00Z'", "'2026-01-01T00:00:00Z'"},
         PST_EMPTY_RANGE,
         "root/keys/aa/x-postern-not-after"},
        {{PST_ROLE_ROOT, "'2026-01-01T00:00:00Z'", "null"},
         PST_WRONG_TYPE,
         "root/keys/aa/x-postern-not-before"},
        {{PST_ROLE_ROOT, "'2029-01-01T00:00:00Z'", "'2029'"},
         PST_BAD_SYNTAX,
         "root/x-postern-retired-schemes/rsassa-pss-sha256"},
        {{PST_ROLE_ROOT, "'2029-01-01T00:00:00Z'", "true"},
         PST_WRONG_TYPE,
         "root/x-postern-retired-schemes/rsassa-pss-sha256"},
        {{PST_ROLE_ROOT, "{'rsassa-pss-sha256':'2029", "{'':'2029"},
         PST_OUT_OF_BOUNDS,
         "root/x-postern-retired-schemes/"},
        {{PST_ROLE_ROOT, ",'reason':'leaked'", ""},
         PST_MISSING_FIELD,
         "root/x-postern-revoked-keys/cc/reason"},
        {{PST_ROLE_ROOT, "{'from':'2026-05-05T00:00:00Z','reason':'leaked'}", "'leaked'"},
         PST_WRONG_TYPE,
         "root/x-postern-revoked-keys/cc"},
        {{PST_ROLE_ROOT, "{'keyid':'bb','sig':''}", "{'keyid':'aa','sig':''}"},
         PST_SIGNATURE_DUPLICATE,
         "root/signatures/1"},
    };
    (void)state;
    check_faults(faults, PST_COUNT(faults));
}

static void each_fault_of_timestamp_and_snapshot_has_its_code_and_place(void **state)
{
    static const struct fault faults[] = {
        {{PST_ROLE_TIMESTAMP, "'snapshot.json':", "'targets.json':"},
         PST_MISSING_FIELD,
         "timestamp/meta/snapshot.json"},
        {{PST_ROLE_SNAPSHOT, "'targets.json':", "'Targets.json':"},
         PST_MISSING_FIELD,
         "snapshot/meta/targets.json"},
        {{PST_ROLE_SNAPSHOT, "'_type':'snapshot'", "'_type':'timestamp'"},
         PST_METADATA_WRONG_ROLE,
         "snapshot/_type"},
        {{PST_ROLE_SNAPSHOT, "pos-a.json", "pos-a"}, PST_BAD_SYNTAX, "snapshot/meta/pos-a"},
        {{PST_ROLE_SNAPSHOT, "pos-a.json", "pos-a.jsom"},
         PST_BAD_SYNTAX,
         "snapshot/meta/pos-a.jsom"},
        {{PST_ROLE_SNAPSHOT, "pos-a.json", ".json"}, PST_BAD_SYNTAX, "snapshot/meta/.json"},
        {{PST_ROLE_SNAPSHOT, "pos-a.json", "a\\u2028.json"},
         PST_BAD_SYNTAX,
         "snapshot/meta/a?.json"},
        {{PST_ROLE_SNAPSHOT, "'version':12", "'version':0"},
         PST_OUT_OF_BOUNDS,
         "snapshot/meta/pos-a.json/version"},
        {{PST_ROLE_SNAPSHOT, "'length':512", "'length':-1"},
         PST_OUT_OF_BOUNDS,
         "snapshot/meta/pos-a.json/length"},
        {{PST_ROLE_SNAPSHOT, "'length':512", "'length':null"},
         PST_WRONG_TYPE,
         "snapshot/meta/pos-a.json/length"},
        {{PST_ROLE_SNAPSHOT, "'length':512", "'hashes':{}"},
         PST_OUT_OF_BOUNDS,
         "snapshot/meta/pos-a.json/hashes"},
        {{PST_ROLE_SNAPSHOT, "'length':512", "'hashes':{'sha256':'00'}"},
         PST_BAD_SYNTAX,
         "snapshot/meta/pos-a.json/hashes/sha256"},
        {{PST_ROLE_SNAPSHOT, "'length':512", "'hashes':{'sha512':null}"},
         PST_WRONG_TYPE,
         "snapshot/meta/pos-a.json/hashes/sha512"},
        {{PST_ROLE_SNAPSHOT, "'length':512", "'hashes':{'':'00'}"},
         PST_OUT_OF_BOUNDS,
         "snapshot/meta/pos-a.json/hashes/"},
        {{PST_ROLE_SNAPSHOT, "'length':512", "'hashes':{'of tomorrow':7}"},
         PST_WRONG_TYPE,
         "snapshot/meta/pos-a.json/hashes/of tomorrow"},
        {{PST_ROLE_TIMESTAMP, "001122", "00112g"},
         PST_BAD_SYNTAX,
         "timestamp/meta/snapshot.json/hashes/sha256"},
    };
    (void)state;
    check_faults(faults, PST_COUNT(faults));
}

static void each_fault_of_targets_has_its_code_and_place(void **state)
{
    static const struct fault faults[] = {
        {{PST_ROLE_TARGETS, "'hashes':{'blake2b':'00'}", "'hashes':{}"},
         PST_OUT_OF_BOUNDS,
         "targets/targets/pos-a/1.0.0/os.img/hashes"},
        {{PST_ROLE_TARGETS, ",'hashes':{'blake2b':'00'}", ""},
         PST_MISSING_FIELD,
         "targets/targets/pos-a/1.0.0/os.img/hashes"},
        {{PST_ROLE_TARGETS, "'length':70000", "'length':-1"},
         PST_OUT_OF_BOUNDS,
         "targets/targets/pos-a/2.0.0/os.img/length"},
        {{PST_ROLE_TARGETS, "'custom':{}", "'custom':[]"},
         PST_WRONG_TYPE,
         "targets/targets/pos-a/2.0.0/os.img/custom"},
        {{PST_ROLE_TARGETS, "'pos-a/2.0.0/os.img'", "''"}, PST_OUT_OF_BOUNDS, "targets/targets/"},
        {{PST_ROLE_TARGETS, "'name':'pos-a'", "'name':'rest'"},
         PST_DUPLICATE_FIELD,
         "targets/delegations/roles"},
        {{PST_ROLE_TARGETS, "'name':'pos-a'", "'name':'snapshot'"},
         PST_INCONSISTENT,
         "targets/delegations/roles/0/name"},
        {{PST_ROLE_TARGETS, "'name':'pos-a'", "'name':'root'"},
         PST_INCONSISTENT,
         "targets/delegations/roles/0/name"},
        {{PST_ROLE_TARGETS, "'name':'pos-a'", "'name':'targets'"},
         PST_INCONSISTENT,
         "targets/delegations/roles/0/name"},
        {{PST_ROLE_TARGETS, "'name':'pos-a'", "'name':''"},
         PST_OUT_OF_BOUNDS,
         "targets/delegations/roles/0/name"},
        {{PST_ROLE_TARGETS, "'terminating':true,", ""},
         PST_MISSING_FIELD,
         "targets/delegations/roles/0/terminating"},
        {{PST_ROLE_TARGETS, "'paths':", "'path_hash_prefixes':['0'],'paths':"},
         PST_INCONSISTENT,
         "targets/delegations/roles/0/paths"},
        {{PST_ROLE_TARGETS, "'paths':", "'Paths':"},
         PST_MISSING_FIELD,
         "targets/delegations/roles/0/paths"},
        {{PST_ROLE_TARGETS, "'pos-a/*/*'", "'pos-a/*/*',''"},
         PST_OUT_OF_BOUNDS,
         "targets/delegations/roles/0/paths/1"},
        {{PST_ROLE_TARGETS, "'0a','f'", "'0a','F'"},
         PST_BAD_SYNTAX,
         "targets/delegations/roles/1/path_hash_prefixes/1"},
        {{PST_ROLE_TARGETS, "['dd'],'threshold':2", "['dd','dd'],'threshold':2"},
         PST_DUPLICATE_FIELD,
         "targets/delegations/roles/1/keyids"},
        {{PST_ROLE_TARGETS, "'threshold':2", "'threshold':0"},
         PST_OUT_OF_BOUNDS,
         "targets/delegations/roles/1/threshold"},
        {{PST_ROLE_TARGETS, "'roles':", "'succinct_roles':{},'roles':"},
         PST_INCONSISTENT,
         "targets/delegations/roles"},
        {{PST_ROLE_TARGETS, "'roles':", "'Roles':"},
         PST_MISSING_FIELD,
         "targets/delegations/roles"},
        {{PST_ROLE_TARGETS, "'keys':", "'Keys':"}, PST_MISSING_FIELD, "targets/delegations/keys"},
    };
    (void)state;
    check_faults(faults, PST_COUNT(faults));
}

static void each_fault_of_succinct_roles_is_refused(void **state)
{
    static const char *const edits[][2] = {
        {"'bit_length':8", "'bit_length':0"},
        {"'bit_length':8", "'bit_length':33"},
        {"'bit_length':8", "'bit_length':-1"},
        {"'bit_length':8", "'bit_length':4294967297"},
        {"'name_prefix':'bin'", "'name_prefix':''"},
        {"'threshold':1", "'threshold':0"},
        {"['dd']", "['dd','dd']"},
        {",'name_prefix':'bin'", ""},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(edits); i++) {
        struct pst_role *role = NULL;
        struct pst_report why = {0};
        if (role_file_parse(PST_ROLE_TARGETS, role_file_bins, edits[i][0], edits[i][1], &role,
                            &why) == PST_OK)
            fail_msg("%s was accepted", edits[i][1]);
        assert_int_equal(why.count, 1);
        assert_ptr_equal(strstr(why.finding[0].where, "targets/delegations/succinct_roles/"),
                         why.finding[0].where);
    }
}

static void a_file_of_another_kind_is_refused_as_that_and_no_more(void **state)
{
    (void)state;
    for (int kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++) {
        for (int served = PST_ROLE_ROOT; served <= PST_ROLE_TARGETS; served++) {
            struct pst_role *role = NULL;
            struct pst_report why = {0};
            if (served == kind)
                continue;
            assert_int_equal(role_file_parse((enum pst_role_kind)kind,
                                             role_file((enum pst_role_kind)served), NULL, NULL,
                                             &role, &why),
                             PST_METADATA_WRONG_ROLE);
            assert_int_equal(why.count, 1);
            assert_string_equal(why.finding[0].found,
                                pst_role_kind_name((enum pst_role_kind)served));
        }
    }
}

static void all_faults_of_a_file_are_told_in_one_run(void **state)
{
    static const char file[] =
        "{'signatures':[{'keyid':'a','sig':0}],'signed':{'_type':'root','spec_version':'3',"
        "'version':0,'expires':'never','keys':{'a':{'keytype':'rsa','keyval':{}},'b':7},"
        "'roles':{'root':{'keyids':['a','a'],'threshold':0},'timestamp':[],"
        "'snapshot':{'keyids':[],'threshold':1}}}}";
    static const char *const places[] = {
        "root/signatures/0/sig", "root/spec_version",      "root/version",
        "root/expires",          "root/keys/a/scheme",     "root/keys/a/keyval/public",
        "root/keys/b",           "root/roles/root/keyids", "root/roles/root/threshold",
        "root/roles/timestamp",  "root/roles/targets",
    };
    struct pst_role *role = NULL;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(role_file_parse(PST_ROLE_ROOT, file, NULL, NULL, &role, &why), PST_WRONG_TYPE);
    for (size_t i = 0; i < PST_COUNT(places) && i < why.count; i++)
        assert_string_equal(why.finding[i].where, places[i]);
    assert_int_equal(why.count, PST_COUNT(places));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_of_a_root_has_its_code_and_place),
        cmocka_unit_test(each_fault_of_timestamp_and_snapshot_has_its_code_and_place),
        cmocka_unit_test(each_fault_of_targets_has_its_code_and_place),
        cmocka_unit_test(each_fault_of_succinct_roles_is_refused),
        cmocka_unit_test(a_file_of_another_kind_is_refused_as_that_and_no_more),
        cmocka_unit_test(all_faults_of_a_file_are_told_in_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
