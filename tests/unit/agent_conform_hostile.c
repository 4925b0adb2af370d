/* SPDX-License-Identifier: Apache-2.0 */
/* What other clients got wrong, from outside: thresholds and keys made to count for nothing or
 * twice, documents of the wrong shape, and JSON that two readers read differently. All of it is
 * signed as it should be, so that nothing but the fault itself can be what refuses it. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define ED   "ed25519"
#define EC   "ecdsa-sha2-nistp256"
#define ONES "root=1 snapshot=1 targets=1 timestamp=1"

static const char *const top[] = {"root", "timestamp", "snapshot", "targets"};

/* The texts of an edit, which must last until the role is signed. */
struct texts {
    char find[400], put[400];
};

static void edit_rule(struct tuf_scene *scene, enum pst_role_kind kind, const char *threshold,
                      struct texts *texts)
{
    const char *name = pst_role_kind_name(kind), *id = scene->repo->key[kind].id;
    snprintf(texts->find, sizeof texts->find, "\"%s\":{\"keyids\":[\"%s\"],\"threshold\":1}", name,
             id);
    snprintf(texts->put, sizeof texts->put, "\"%s\":{\"keyids\":[\"%s\"],\"threshold\":%s}", name,
             id, threshold);
    pst_repo_edit(&scene->repo->root, texts->find, texts->put);
}

/* ---- thresholds ------------------------------------------------------------------------------ */

/* CVE-2026-23992. Nobody signs the role in question: a threshold below one would take it so. */
static const struct {
    const char *text;
    enum pst_code code;
} thresholds[] = {
    {"0", PST_OUT_OF_BOUNDS},
    {"-1", PST_OUT_OF_BOUNDS},
    {"-9223372036854775808", PST_METADATA_CORRUPT},
    {"1.5", PST_METADATA_CORRUPT},
    {"0.0", PST_METADATA_CORRUPT},
    {"1e0", PST_METADATA_CORRUPT},
    {"\"1\"", PST_WRONG_TYPE},
    {"null", PST_WRONG_TYPE},
    {"false", PST_WRONG_TYPE},
    {"[1]", PST_WRONG_TYPE},
    {"4294967296", PST_OUT_OF_BOUNDS},
    {"2147483648", PST_OUT_OF_BOUNDS},
    {"9007199254740993", PST_METADATA_CORRUPT},
};

static void a_threshold_in_a_root_is_a_whole_number_of_one_or_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(thresholds) * PST_COUNT(top); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        enum pst_role_kind kind = (enum pst_role_kind)(i % PST_COUNT(top));
        size_t at = i / PST_COUNT(top);
        struct texts texts;
        struct pst_report why;
        edit_rule(scene, kind, thresholds[at].text, &texts);
        if (kind != PST_ROLE_ROOT)
            tuf_role(scene, top[kind])->signer_count = 0;
        tuf_publish(scene, "root targets snapshot timestamp");
        enum pst_code rc = tuf_refresh(scene, &why);
        if (rc != thresholds[at].code)
            fail_msg("%s %s: %s", top[kind], thresholds[at].text, pst_code_name(rc));
        tuf_check(scene, thresholds[at].text, "2.root", "root=1");
    }
}

static void a_threshold_in_a_delegation_is_a_whole_number_of_one_or_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(thresholds); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        char put[64];
        struct pst_report why;
        struct pst_repo_role *role = pst_repo_delegate(scene->repo, &scene->repo->targets, "role",
                                                       tuf_key(scene, ED), "*", false);
        role->signer_count = 0;
        snprintf(put, sizeof put, "\"terminating\":false,\"threshold\":%s}", thresholds[i].text);
        pst_repo_edit(&scene->repo->targets, "\"terminating\":false,\"threshold\":1}", put);
        tuf_add_target(scene, role, "f", "content");
        tuf_publish(scene, "role targets snapshot timestamp");
        enum pst_code rc = tuf_download(scene, "f", &why);
        if (rc != thresholds[i].code)
            fail_msg("%s: %s", thresholds[i].text, pst_code_name(rc));
        tuf_check(scene, thresholds[i].text, "2.root timestamp 2.snapshot 2.targets",
                  "root=1 snapshot=2 timestamp=2");
        tuf_check_got(scene, thresholds[i].text, "");
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* GHSA-3633-5h82-39pq, tough's PR 944: other members, another keytype, another spelling. */
static void one_public_key_counts_once_whatever_it_is_called(void **state)
{
    static const struct {
        const char *scheme, *find, *put;
    } again[] = {
        {ED, "{\"keytype\"", "{\"comment\":\"another\",\"keytype\""},
        {ED, "{\"keytype\"", "{\"x-postern-not-after\":\"2040-01-01T00:00:00Z\",\"keytype\""},
        {EC, "\"keytype\":\"ecdsa\"", "\"keytype\":\"ecdsa-sha2-nistp256\""},
        {EC, "-----END PUBLIC KEY-----\\u000a", "-----END PUBLIC KEY-----"},
        {"rsassa-pss-sha256", "{\"keytype\"", "{\"keyid_hash_algorithms\":[],\"keytype\""},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(again); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        const struct pst_repo_key *keys[3] = {tuf_key(scene, again[i].scheme)};
        struct pst_report why;
        keys[1] = tuf_key_with(scene, keys[0], again[i].find, again[i].put);
        keys[2] = tuf_key(scene, ED);
        tuf_settle(scene);
        tuf_let(scene, PST_ROLE_TIMESTAMP, 2, keys, 3);
        pst_repo_sign_with(&scene->repo->timestamp, keys, 2);
        tuf_publish(scene, "root timestamp");
        assert_int_equal(tuf_refresh(scene, &why), PST_SIGNATURE_THRESHOLD);
        tuf_check_why(again[i].put, &why, PST_SIGNATURE_DUPLICATE, "/timestamp");
        tuf_check(scene, again[i].put, NULL, "root=2 snapshot=1 targets=1 timestamp=1");
        pst_repo_sign_with(&scene->repo->timestamp, keys, 3);
        tuf_publish(scene, "timestamp");
        assert_int_equal(tuf_refresh(scene, &why), PST_OK);
        tuf_check(scene, again[i].put, NULL, "root=2 snapshot=1 targets=1 timestamp=3");
    }
}

/* The keyid is a name: a false one neither refuses a key (TAP 12) nor makes it another key. */
static void a_keyid_that_is_not_the_hash_of_its_key_is_but_a_name(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    struct pst_repo_key *key = (struct pst_repo_key *)(uintptr_t)tuf_key(scene, ED);
    const struct pst_repo_key *keys[] = {&scene->repo->key[PST_ROLE_TIMESTAMP], key};
    struct pst_report why;
    (void)state;
    memset(key->id, 'a', 64);
    tuf_let(scene, PST_ROLE_TIMESTAMP, 2, keys, 2);
    tuf_publish(scene, "root timestamp");
    assert_int_equal(tuf_refresh(scene, &why), PST_OK);
    tuf_check(scene, "a false name", NULL, "root=2 snapshot=1 targets=1 timestamp=2");
    pst_repo_sign_with(&scene->repo->timestamp, &keys[1], 1);
    tuf_publish(scene, "timestamp");
    assert_int_equal(tuf_refresh(scene, &why), PST_SIGNATURE_THRESHOLD);
}

static void keys_that_nobody_knows_stand_beside_good_ones_and_never_count(void **state)
{
    static const char *const unknown[][2] = {
        {"\"keytype\":\"ed25519\"", "\"keytype\":\"sphincs-plus\""},
        {"\"scheme\":\"ed25519\"", "\"scheme\":\"ed25519ph\""},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(unknown); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        const struct pst_repo_key *odd =
            tuf_key_with(scene, tuf_key(scene, ED), unknown[i][0], unknown[i][1]);
        struct pst_report why;
        for (int kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++)
            tuf_let(scene, (enum pst_role_kind)kind, 1,
                    (const struct pst_repo_key *[]){odd, &scene->repo->key[kind]}, 2);
        tuf_publish(scene, "root targets snapshot timestamp");
        assert_int_equal(tuf_refresh(scene, &why), PST_OK);
        tuf_check(scene, unknown[i][1], NULL, "root=2 snapshot=2 targets=2 timestamp=2");
        pst_repo_sign_with(&scene->repo->timestamp, &odd, 1);
        tuf_publish(scene, "timestamp");
        assert_int_equal(tuf_refresh(scene, &why), PST_SIGNATURE_THRESHOLD);
        tuf_check_why(unknown[i][1], &why, PST_ALGORITHM_UNKNOWN, "/timestamp");
    }
}

/* The signature that the neutral element verifies, of whatever message, where nobody looks. */
#define ZEROS_31 "00000000000000000000000000000000000000000000000000000000000000"
#define FORGED   "01" ZEROS_31 "00" ZEROS_31

/* Where `"public":"` and the 64 digits behind it begin. */
static size_t public_at(const struct pst_buf *object)
{
    static const char name[] = "\"public\":\"";
    size_t at = 0;
    while (at + 74 <= object->len && memcmp(object->at + at, name, sizeof name - 1) != 0)
        at++;
    assert_true(at + 74 <= object->len);
    return at;
}

static void ed25519_keys_of_wrong_length_or_small_order_verify_nothing(void **state)
{
    static const char *const publics[] = {
        "01" ZEROS_31,
        "0100000000000000000000000000000000000000000000000000000000000080",
        "00" ZEROS_31,
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "01" ZEROS_31 "00",
        ZEROS_31,
        "0"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(publics); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        const struct pst_repo_key *plain = tuf_key(scene, ED);
        char find[80], put[160];
        struct pst_report why;
        size_t at = public_at(&plain->object);
        snprintf(find, sizeof find, "%.74s", (const char *)plain->object.at + at);
        snprintf(put, sizeof put, "\"public\":\"%s", publics[i]);
        const struct pst_repo_key *weak = tuf_key_with(scene, plain, find, put);
        tuf_let(scene, PST_ROLE_TIMESTAMP, 1, &weak, 1);
        scene->repo->timestamp.signer_count = 0;
        scene->repo->timestamp.extra[0] = (struct pst_envelope_new_signature){weak->id, FORGED};
        scene->repo->timestamp.extra_count = 1;
        tuf_publish(scene, "root timestamp");
        assert_int_equal(tuf_refresh(scene, &why), PST_SIGNATURE_THRESHOLD);
        tuf_check_why(publics[i], &why, PST_KEY_MALFORMED, "/timestamp");
        tuf_check(scene, publics[i], "2.root 3.root timestamp", "root=2");
    }
}

/* CVE-2015-9258: how to verify is the key's to say; what a signature says of itself is nothing. */
static void a_signature_does_not_choose_its_own_algorithm(void **state)
{
    static const char *const says[] = {
        "{\"signatures\":[{\"method\":\"none\",\"keyid\"",
        "{\"signatures\":[{\"method\":\"rsassa-pss-sha256\",\"scheme\":\"none\",\"keyid\"",
        "{\"signatures\":[{\"keytype\":\"hmac\",\"keyid\""};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(says); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        struct pst_repo_role *timestamp = &scene->repo->timestamp;
        struct pst_report why;
        pst_repo_spoil(timestamp, "{\"signatures\":[{\"keyid\"", says[i]);
        tuf_serve(scene, timestamp, 1);
        assert_int_equal(tuf_refresh(scene, &why), PST_OK);
        timestamp->signer_count = 0;
        timestamp->extra[0] =
            (struct pst_envelope_new_signature){scene->repo->key[PST_ROLE_TIMESTAMP].id, FORGED};
        timestamp->extra_count = 1;
        tuf_publish(scene, "timestamp");
        pst_repo_spoil(timestamp, "{\"signatures\":[{\"keyid\"", says[i]);
        tuf_serve(scene, timestamp, 2);
        assert_int_equal(tuf_refresh(scene, &why), PST_SIGNATURE_THRESHOLD);
        tuf_check(scene, says[i], "2.root timestamp", ONES);
    }
}

/* ---- roots ----------------------------------------------------------------------------------- */

/* CVE-2020-15163: what was refused is not there the next time; the right one is taken then. */
static void a_refused_root_is_forgotten(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    const struct pst_repo_key *stranger = tuf_key(scene, ED);
    const struct pst_repo_key *own = &scene->repo->key[PST_ROLE_ROOT];
    struct pst_report why;
    (void)state;
    tuf_let(scene, PST_ROLE_ROOT, 1, &stranger, 1);
    tuf_publish(scene, "root");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tuf_refresh(scene, &why), PST_SIGNATURE_THRESHOLD);
        tuf_check(scene, "the stranger's", "2.root", "root=1");
    }
    tuf_let(scene, PST_ROLE_ROOT, 1, &own, 1);
    scene->repo->root.version = 1;
    tuf_publish(scene, "root");
    tuf_settle(scene);
    tuf_check(scene, "the right one", "2.root 3.root timestamp 1.snapshot 1.targets",
              "root=2 snapshot=1 targets=1 timestamp=1");
}

/* rust-tuf's issue 253: never from the first to the last at one leap. */
static void no_root_is_left_out(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    struct pst_report why;
    (void)state;
    tuf_publish(scene, "root root");
    pst_fake_serve(&scene->net, TUF_METADATA "root.json", pst_repo_bytes(&scene->repo->root));
    pst_fake_remove(&scene->net, TUF_METADATA "2.root.json");
    tuf_settle(scene);
    tuf_check(scene, "the second is missing", "2.root timestamp 1.snapshot 1.targets", ONES);
    pst_fake_serve(&scene->net, TUF_METADATA "2.root.json", pst_repo_bytes(&scene->repo->root));
    assert_int_equal(tuf_refresh(scene, &why), PST_METADATA_WRONG_VERSION);
    tuf_check(scene, "the third as the second", "2.root", ONES);
}

/* ---- spec_version ---------------------------------------------------------------------------- */

static void another_major_version_of_the_format_is_refused_in_each_role(void **state)
{
    static const struct {
        const char *put;
        enum pst_code code;
    } versions[] = {
        {"\"spec_version\":\"1\"", PST_OK},
        {"\"spec_version\":\"1.0\"", PST_OK},
        {"\"spec_version\":\"1.99.7\"", PST_OK},
        {"\"spec_version\":\"2.0.0\"", PST_METADATA_FORMAT_UNKNOWN},
        {"\"spec_version\":\"0.9.0\"", PST_METADATA_FORMAT_UNKNOWN},
        {"\"spec_version\":\"10.0.0\"", PST_METADATA_FORMAT_UNKNOWN},
        {"\"spec_version\":1", PST_WRONG_TYPE},
        {"\"spec_version\":\"\"", PST_OUT_OF_BOUNDS},
        {"\"spec_version\":\"one\"", PST_BAD_SYNTAX},
        {"\"spec-version\":\"1.0.34\"", PST_MISSING_FIELD},
    };
    static const char *const kept[] = {"root=1", "root=2", "root=2 timestamp=2",
                                       "root=2 snapshot=2 timestamp=2"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(versions) * PST_COUNT(top); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        size_t version = i / PST_COUNT(top), role = i % PST_COUNT(top);
        struct pst_report why;
        pst_repo_edit(tuf_role(scene, top[role]), "\"spec_version\":\"1.0.34\"",
                      versions[version].put);
        tuf_publish(scene, "root targets snapshot timestamp");
        enum pst_code rc = tuf_refresh(scene, &why);
        if (rc != versions[version].code)
            fail_msg("%s %s: %s", top[role], versions[version].put, pst_code_name(rc));
        tuf_check(scene, versions[version].put, NULL,
                  rc == PST_OK ? "root=2 snapshot=2 targets=2 timestamp=2" : kept[role]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_threshold_in_a_root_is_a_whole_number_of_one_or_more),
        cmocka_unit_test(a_threshold_in_a_delegation_is_a_whole_number_of_one_or_more),
        cmocka_unit_test(one_public_key_counts_once_whatever_it_is_called),
        cmocka_unit_test(a_keyid_that_is_not_the_hash_of_its_key_is_but_a_name),
        cmocka_unit_test(keys_that_nobody_knows_stand_beside_good_ones_and_never_count),
        cmocka_unit_test(ed25519_keys_of_wrong_length_or_small_order_verify_nothing),
        cmocka_unit_test(a_signature_does_not_choose_its_own_algorithm),
        cmocka_unit_test(a_refused_root_is_forgotten),
        cmocka_unit_test(no_root_is_left_out),
        cmocka_unit_test(another_major_version_of_the_format_is_refused_in_each_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
