/* SPDX-License-Identifier: Apache-2.0 */
/* Thresholds, signatures and kinds of keys, from outside: what is kept and what is told. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define ED "ed25519"

/* `count` keys of the role's own scheme: its first one, and new ones. */
static void keys_of(struct tuf_scene *scene, enum pst_role_kind kind,
                    const struct pst_repo_key *keys[], size_t count)
{
    keys[0] = &scene->repo->key[kind];
    for (size_t i = 1; i < count; i++)
        keys[i] = tuf_key(scene, ED);
}

static void snapshot_by_two_of_three(struct tuf_scene *scene)
{
    const struct pst_repo_key *keys[3];
    keys_of(scene, PST_ROLE_SNAPSHOT, keys, 3);
    tuf_let(scene, PST_ROLE_SNAPSHOT, 3, keys, 3);
    tuf_publish(scene, "root targets snapshot timestamp");
    tuf_settle(scene);
    tuf_check(scene, "by three", NULL, "root=2 snapshot=2 targets=2 timestamp=2");
    pst_repo_sign_with(&scene->repo->snapshot, keys, 2);
    tuf_publish(scene, "targets snapshot timestamp");
}

/* Nobody can ever sign that snapshot; the root that says so is none the worse for it. */
static void six_wanted_of_five(struct tuf_scene *scene)
{
    const struct pst_repo_key *keys[5];
    keys_of(scene, PST_ROLE_SNAPSHOT, keys, 5);
    tuf_let(scene, PST_ROLE_SNAPSHOT, 6, keys, 5);
    tuf_publish(scene, "root snapshot timestamp");
}

/* The first signature of a file so many times more. */
static void add_again(struct pst_repo_role *role, int times)
{
    PST_CLEANUP(pst_buf) struct pst_buf put = pst_buf(65536);
    const char *first = strstr((const char *)role->bytes.at, "{\"keyid\"");
    bool ok = pst_buf_add_text(&put, "{\"signatures\":[");
    for (int i = 0; i < times; i++)
        ok = ok && pst_buf_print(&put, "%.*s,", (int)strcspn(first, "}") + 1, first);
    assert_true(ok && pst_buf_add(&put, "", 1));
    pst_repo_spoil(role, "{\"signatures\":[", (const char *)put.at);
}

/* One keyid nine times in the rule, and its one signature nine times in the file. */
static void one_key_nine_times(struct tuf_scene *scene)
{
    static char find[200], put[1200];
    const char *id = scene->repo->key[PST_ROLE_SNAPSHOT].id;
    int len = snprintf(put, sizeof put, "\"snapshot\":{\"keyids\":[\"%s\"", id);
    for (int i = 0; i < 8; i++)
        len += snprintf(put + len, sizeof put - (size_t)len, ",\"%s\"", id);
    snprintf(put + len, sizeof put - (size_t)len, "],\"threshold\":6}");
    snprintf(find, sizeof find, "\"snapshot\":{\"keyids\":[\"%s\"],\"threshold\":1}", id);
    pst_repo_edit(&scene->repo->root, find, put);
    tuf_publish(scene, "root snapshot timestamp");
    add_again(&scene->repo->snapshot, 8);
    tuf_serve(scene, &scene->repo->snapshot, 2);
}

static void one_signature_twice(struct tuf_scene *scene)
{
    add_again(&scene->repo->snapshot, 1);
    tuf_serve(scene, &scene->repo->snapshot, 1);
}

/* python-tuf's GHSA-r7vq-6425-j94w: the same fault in the new root's check of itself alone. */
static void root_with_one_signature_twice(struct tuf_scene *scene)
{
    const struct pst_repo_key *keys[2];
    keys_of(scene, PST_ROLE_ROOT, keys, 2);
    pst_repo_let(&scene->repo->root.rule[PST_ROLE_ROOT], 2, keys, 2);
    tuf_publish(scene, "root");
    add_again(&scene->repo->root, 1);
    tuf_serve(scene, &scene->repo->root, 2);
}

/* clang-format off */
static const struct tuf_case cases[] = {
    {"two signatures where three are wanted", snapshot_by_two_of_three, NULL, PST_SIGNATURE_THRESHOLD, "/snapshot", "3.root timestamp 3.snapshot", "root=2 snapshot=2 targets=2 timestamp=3", NULL},
    {"six wanted of five keys",           six_wanted_of_five,  NULL, PST_SIGNATURE_THRESHOLD, "/snapshot", "2.root 3.root timestamp 2.snapshot", "root=2 timestamp=2", NULL},
    {"one key nine times is not six",     one_key_nine_times,  NULL, PST_DUPLICATE_FIELD, "root/roles/snapshot/keyids", "2.root", "root=1", NULL},
    {"one keyid twice, though one is enough", one_signature_twice, NULL, PST_SIGNATURE_DUPLICATE, "/snapshot/signatures/1", "2.root timestamp 1.snapshot", "root=1 timestamp=1", NULL},
    {"one keyid twice in a root",         root_with_one_signature_twice, NULL, PST_SIGNATURE_DUPLICATE, "root/signatures/1", "2.root", "root=1", NULL},
};
/* clang-format on */

static void signatures_are_counted_by_keys(void **state)
{
    (void)state;
    tuf_run_cases(cases, PST_COUNT(cases), ED);
}

/* One digit of a right signature is another: of the right form, and wrong. */
static void spoil_last_signature(struct pst_buf *bytes)
{
    const char *end = strstr((const char *)bytes->at, "\"}],\"signed\"");
    assert_non_null(end);
    uint8_t *digit = bytes->at + (end - (const char *)bytes->at) - 1;
    *digit = *digit == '0' ? '1' : '0';
}

static void each_kind_of_key_is_good_for_a_root_and_its_bad_signature_for_nothing(void **state)
{
    static const char *const schemes[] = {"rsassa-pss-sha256", "ecdsa-sha2-nistp256", "ed25519"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(schemes); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ecdsa-sha2-nistp256");
        const struct pst_repo_key *keys[] = {&scene->repo->key[PST_ROLE_ROOT],
                                             tuf_key(scene, schemes[i])};
        struct pst_report why;
        tuf_let(scene, PST_ROLE_ROOT, 2, keys, 2);
        tuf_publish(scene, "root");
        assert_int_equal(tuf_refresh(scene, &why), PST_OK);
        tuf_check(scene, schemes[i], NULL, "root=2 snapshot=1 targets=1 timestamp=1");

        tuf_publish(scene, "root");
        spoil_last_signature(&scene->repo->root.bytes);
        tuf_serve(scene, &scene->repo->root, 3);
        assert_int_equal(tuf_refresh(scene, &why), PST_SIGNATURE_THRESHOLD);
        tuf_check_why(schemes[i], &why, PST_SIGNATURE_INVALID, "/root");
        tuf_check(scene, schemes[i], "3.root", "root=2 snapshot=1 targets=1 timestamp=1");
    }
}

/* The first signature of a file, to be put where it does not belong. */
static const char *signature_of(const struct pst_repo_role *role, char out[400])
{
    const char *at = strstr((const char *)role->bytes.at, "\"sig\":\"");
    assert_non_null(at);
    snprintf(out, 400, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
    return out;
}

/* That of another version, none, and nonsense: enough good ones beside them are enough. */
static void a_bad_signature_beside_a_good_one_spoils_nothing(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ecdsa-sha2-nistp256");
    const struct pst_repo_key *keys[] = {&scene->repo->key[PST_ROLE_TIMESTAMP],
                                         tuf_key(scene, "ecdsa-sha2-nistp256")};
    struct pst_repo_role *timestamp = &scene->repo->timestamp;
    char old[400];
    const char *const signatures[] = {signature_of(timestamp, old), "", "00", "no hex"};
    (void)state;
    tuf_let(scene, PST_ROLE_TIMESTAMP, 1, keys, 2);
    tuf_publish(scene, "root");
    pst_repo_sign_with(timestamp, &keys[1], 1);
    timestamp->extra_count = 1;
    for (size_t i = 0; i < PST_COUNT(signatures); i++) {
        bool is_empty = signatures[i][0] == '\0';
        char kept[64];
        struct pst_report why;
        timestamp->extra[0] = (struct pst_envelope_new_signature){keys[0]->id, signatures[i]};
        tuf_publish(scene, "timestamp");
        assert_int_equal(tuf_refresh(scene, &why), PST_OK);
        assert_int_equal(why.count, 0);
        snprintf(kept, sizeof kept, "root=2 snapshot=1 targets=1 timestamp=%zu", i + 2);
        tuf_check(scene, "a bad one beside it", NULL, kept);
        /* The bad one alone is not enough. */
        timestamp->signer_count = 0;
        tuf_publish(scene, "timestamp");
        assert_int_equal(tuf_refresh(scene, &why),
                         is_empty ? PST_SIGNATURE_MISSING : PST_SIGNATURE_THRESHOLD);
        tuf_check(scene, "the bad one alone", "3.root timestamp", kept);
        timestamp->signer_count = 1;
        timestamp->version--;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_counted_by_keys),
        cmocka_unit_test(each_kind_of_key_is_good_for_a_root_and_its_bad_signature_for_nothing),
        cmocka_unit_test(a_bad_signature_beside_a_good_one_spoils_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
