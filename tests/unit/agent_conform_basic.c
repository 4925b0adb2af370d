/* SPDX-License-Identifier: Apache-2.0 */
/* What every TUF client must do with the four top-level roles: requests, what is kept, refusals. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define ALL   "root targets snapshot timestamp"
#define FIRST "2.root timestamp 1.snapshot 1.targets"
#define ONES  "root=1 snapshot=1 targets=1 timestamp=1"

static void unsigned_role(struct tuf_scene *scene, const char *name)
{
    tuf_role(scene, name)->signer_count = 0;
    tuf_publish(scene, ALL);
}

static void unsigned_root(struct tuf_scene *scene)
{
    unsigned_role(scene, "root");
}

static void unsigned_timestamp(struct tuf_scene *scene)
{
    unsigned_role(scene, "timestamp");
}

static void unsigned_snapshot(struct tuf_scene *scene)
{
    unsigned_role(scene, "snapshot");
}

static void unsigned_targets(struct tuf_scene *scene)
{
    unsigned_role(scene, "targets");
}

/* At the name of version 2, signed as it should be, stands version 3. */
static void other_version_inside(struct tuf_scene *scene, const char *name)
{
    struct pst_repo_role *role = tuf_role(scene, name);
    tuf_publish(scene, ALL);
    role->version = 3;
    pst_repo_sign(role);
    tuf_serve(scene, role, 2);
}

static void other_root_inside(struct tuf_scene *scene)
{
    other_version_inside(scene, "root");
}

static void other_snapshot_inside(struct tuf_scene *scene)
{
    other_version_inside(scene, "snapshot");
}

static void other_targets_inside(struct tuf_scene *scene)
{
    other_version_inside(scene, "targets");
}

static void list(struct tuf_scene *scene, unsigned lists)
{
    scene->repo->snapshot.lists = lists;
    scene->repo->timestamp.lists = lists;
    tuf_publish(scene, "targets snapshot timestamp");
}

static void list_sha256(struct tuf_scene *scene)
{
    list(scene, PST_REPO_LENGTH | PST_REPO_SHA256);
}

static void list_sha512(struct tuf_scene *scene)
{
    list(scene, PST_REPO_SHA512);
}

static void list_both(struct tuf_scene *scene)
{
    list(scene, PST_REPO_LENGTH | PST_REPO_SHA256 | PST_REPO_SHA512);
}

static void list_length(struct tuf_scene *scene)
{
    list(scene, PST_REPO_LENGTH);
}

static void list_unknown_beside(struct tuf_scene *scene)
{
    list(scene, PST_REPO_HASH_OF_TOMORROW | PST_REPO_SHA256);
}

static void wrong_hash_of_targets(struct tuf_scene *scene)
{
    list(scene, PST_REPO_LENGTH | PST_REPO_SHA256);
    tuf_settle(scene);
    tuf_publish(scene, "targets");
    memset(scene->repo->snapshot.file[0].sha256, 0, PST_SHA256_BYTES);
    tuf_publish(scene, "snapshot timestamp");
}

static void wrong_hash_of_snapshot(struct tuf_scene *scene)
{
    list(scene, PST_REPO_LENGTH | PST_REPO_SHA256);
    tuf_settle(scene);
    tuf_publish(scene, "snapshot");
    memset(scene->repo->timestamp.file[0].sha256, 0, PST_SHA256_BYTES);
    tuf_publish(scene, "timestamp");
}

/* Members that nobody has heard of: in the signed part, in a key that is needed, in a role. */
static void custom_fields(struct tuf_scene *scene)
{
    struct pst_repo_role *root = &scene->repo->root;
    const struct pst_repo_key *keys[] = {&scene->repo->key[PST_ROLE_ROOT], NULL};
    tuf_settle(scene);
    keys[1] = tuf_key_with(scene, tuf_key(scene, "ed25519"), "{\"keytype\"",
                           "{\"extra-field\":{\"a\":1,\"b\":2},\"keytype\"");
    tuf_let(scene, PST_ROLE_ROOT, 2, keys, 2);
    pst_repo_edit(root, "\"expires\"", "\"custom-field\":\"value\",\"expires\"");
    pst_repo_edit(root, "\"root\":{", "\"root\":{\"another-field\":\"value\",");
    tuf_publish(scene, "root");
}

static void keyid_hash_algorithms(struct tuf_scene *scene)
{
    tuf_settle(scene);
    const struct pst_repo_key *key = tuf_key_with(scene, tuf_key(scene, "ed25519"), "{\"keytype\"",
                                                  "{\"keyid_hash_algorithms\":\"md5\",\"keytype\"");
    tuf_let(scene, PST_ROLE_SNAPSHOT, 1, &key, 1);
    tuf_publish(scene, "root snapshot timestamp");
}

static void no_such_snapshot(struct tuf_scene *scene)
{
    tuf_settle(scene);
    scene->repo->timestamp.file[0].version = 2;
    tuf_publish(scene, "timestamp");
}

static void no_such_targets(struct tuf_scene *scene)
{
    tuf_settle(scene);
    scene->repo->snapshot.file[0].version = 2;
    tuf_publish(scene, "snapshot timestamp");
}

static void no_timestamp(struct tuf_scene *scene)
{
    tuf_settle(scene);
    pst_fake_remove(&scene->net, TUF_METADATA "timestamp.json");
}

/* Right in all but its type: the timestamp's key signs it, and it lists what a timestamp lists. */
static void snapshot_for_timestamp(struct tuf_scene *scene)
{
    struct pst_repo *repo = scene->repo;
    const struct pst_repo_key *keys[] = {&repo->key[PST_ROLE_SNAPSHOT],
                                         &repo->key[PST_ROLE_TIMESTAMP]};
    pst_repo_let(&repo->root.rule[PST_ROLE_SNAPSHOT], 1, keys, 2);
    pst_repo_sign_with(&repo->snapshot, keys, 2);
    pst_repo_edit(&repo->snapshot, "\"targets.json\"", "\"snapshot.json\"");
    tuf_publish(scene, "root snapshot");
    pst_fake_serve(&scene->net, TUF_METADATA "timestamp.json", pst_repo_bytes(&repo->snapshot));
}

static void root_runs_out_meanwhile(struct tuf_scene *scene)
{
    scene->repo->root.expires_s = PST_REPO_NOW + 7 * PST_REPO_DAY;
    tuf_publish(scene, "root");
    tuf_settle(scene);
    scene->now_s = PST_REPO_NOW + 8 * PST_REPO_DAY;
}

/* clang-format off */
static const struct tuf_case cases[] = {
    {"a first refresh asks for four files and keeps them", NULL, NULL, PST_OK, NULL, FIRST, ONES, NULL},
    {"a download refreshes first, also when there is no such target", NULL, "nonexistent", PST_METADATA_NOT_LISTED, "metadata", FIRST, ONES, NULL},
    {"a root without a signature",      unsigned_root,      NULL, PST_SIGNATURE_MISSING, "/root", "2.root", "root=1", NULL},
    {"a timestamp without a signature", unsigned_timestamp, NULL, PST_SIGNATURE_MISSING, "/timestamp", "2.root 3.root timestamp", "root=2", NULL},
    {"a snapshot without a signature",  unsigned_snapshot,  NULL, PST_SIGNATURE_MISSING, "/snapshot", "2.root 3.root timestamp 2.snapshot", "root=2 timestamp=2", NULL},
    {"targets without a signature",     unsigned_targets,   NULL, PST_SIGNATURE_MISSING, "/targets", "2.root 3.root timestamp 2.snapshot 2.targets", "root=2 snapshot=2 timestamp=2", NULL},
    {"another root than was asked for", other_root_inside,  NULL, PST_METADATA_WRONG_VERSION, "/root", "2.root", "root=1", NULL},
    {"another snapshot than was asked for", other_snapshot_inside, NULL, PST_METADATA_WRONG_VERSION, "/snapshot", "2.root 3.root timestamp 2.snapshot", "root=2 timestamp=2", NULL},
    {"other targets than were asked for", other_targets_inside, NULL, PST_METADATA_WRONG_VERSION, "/targets", "2.root 3.root timestamp 2.snapshot 2.targets", "root=2 snapshot=2 timestamp=2", NULL},
    {"right lengths and sha256",        list_sha256,         NULL, PST_OK, NULL, "2.root timestamp 2.snapshot 2.targets", "root=1 snapshot=2 targets=2 timestamp=2", NULL},
    {"right sha512",                    list_sha512,         NULL, PST_OK, NULL, "2.root timestamp 2.snapshot 2.targets", "root=1 snapshot=2 targets=2 timestamp=2", NULL},
    {"right lengths and both",          list_both,           NULL, PST_OK, NULL, "2.root timestamp 2.snapshot 2.targets", "root=1 snapshot=2 targets=2 timestamp=2", NULL},
    {"right lengths alone",             list_length,         NULL, PST_OK, NULL, "2.root timestamp 2.snapshot 2.targets", "root=1 snapshot=2 targets=2 timestamp=2", NULL},
    {"a right sha256 beside an unknown hash", list_unknown_beside, NULL, PST_OK, NULL, "2.root timestamp 2.snapshot 2.targets", "root=1 snapshot=2 targets=2 timestamp=2", NULL},
    {"a wrong hash of targets",         wrong_hash_of_targets, NULL, PST_METADATA_CORRUPT, "/targets", "2.root timestamp 3.snapshot 3.targets", "root=1 snapshot=3 targets=2 timestamp=3", NULL},
    {"a wrong hash of the snapshot",    wrong_hash_of_snapshot, NULL, PST_METADATA_CORRUPT, "/snapshot", "2.root timestamp 3.snapshot", "root=1 snapshot=2 targets=2 timestamp=3", NULL},
    {"fields that nobody knows",        custom_fields,       NULL, PST_OK, NULL, "2.root 3.root timestamp", "root=2 snapshot=1 targets=1 timestamp=1", NULL},
    {"keyid_hash_algorithms says nothing", keyid_hash_algorithms, NULL, PST_OK, NULL, "2.root 3.root timestamp 2.snapshot", "root=2 snapshot=2 targets=1 timestamp=2", NULL},
    {"no such snapshot",                no_such_snapshot,    NULL, PST_METADATA_MISSING, "source 1", "2.root timestamp 2.snapshot", "root=1 snapshot=1 targets=1 timestamp=2", NULL},
    {"no such targets",                 no_such_targets,     NULL, PST_METADATA_MISSING, "source 1", "2.root timestamp 2.snapshot 2.targets", "root=1 snapshot=2 targets=1 timestamp=2", NULL},
    {"no timestamp",                    no_timestamp,        NULL, PST_METADATA_MISSING, "source 1", "2.root timestamp", ONES, NULL},
    {"a signed snapshot in the timestamp's place", snapshot_for_timestamp, NULL, PST_METADATA_WRONG_ROLE, "timestamp", "2.root 3.root timestamp", "root=2", NULL},
    {"the clock decides what has expired", root_runs_out_meanwhile, NULL, PST_METADATA_EXPIRED, "/root", "3.root", "root=2 snapshot=1 targets=1 timestamp=1", NULL},
};
/* clang-format on */

static void each_publication_ends_as_the_suite_has_it(void **state)
{
    (void)state;
    tuf_run_cases(cases, PST_COUNT(cases), "ed25519");
}

/* `init` need only copy; what stands in the folder is verified before any request. */
static void a_first_root_that_is_none_is_refused_before_any_request(void **state)
{
    static const struct {
        const char *find, *put;
        enum pst_code code;
    } faults[] = {
        {"\"version\"", "\"VERSION\"", PST_MISSING_FIELD},
        {"\"threshold\":1", "\"threshold\":2", PST_SIGNATURE_THRESHOLD},
    };
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ecdsa-sha2-nistp256");
    struct pst_report why = {0};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(faults); i++) {
        pst_repo_sign(&scene->repo->root);
        pst_repo_spoil(&scene->repo->root, faults[i].find, faults[i].put);
        struct pst_bytes root = pst_repo_bytes(&scene->repo->root);
        assert_int_equal(tuf_init(scene, root, &why), faults[i].code);
        assert_int_equal(scene->kept.count, 0);
        pst_fake_document_put(&scene->kept, "root.json", root);
        assert_int_equal(tuf_refresh(scene, &why), PST_HOST_STATE);
        assert_int_equal(scene->net.call_count, 0);
        assert_int_equal(scene->kept.count, 1);
    }
}

static struct pst_bytes kept(const struct tuf_scene *scene, const char *name)
{
    const struct pst_buf *bytes = pst_fake_document(&scene->kept, name);
    assert_non_null(bytes);
    return pst_buf_bytes(bytes);
}

static void a_timestamp_of_the_same_version_changes_nothing(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
    PST_CLEANUP(pst_buf) struct pst_buf before = pst_buf(65536);
    struct pst_report why;
    (void)state;
    tuf_settle(scene);
    assert_true(
        pst_buf_add(&before, kept(scene, "timestamp.json").at, kept(scene, "timestamp.json").len));
    int64_t replaced = scene->kept.replaced;
    scene->repo->timestamp.file[0].version = 100;
    scene->repo->timestamp.version = 0;
    tuf_publish(scene, "timestamp"); /* version 1 again */
    assert_int_equal(tuf_refresh(scene, &why), PST_OK);
    tuf_check(scene, "another version 1", "2.root timestamp", ONES);
    assert_true(pst_bytes_equal(kept(scene, "timestamp.json"), pst_buf_bytes(&before)));
    assert_int_equal(scene->kept.replaced, replaced);
}

/* The blank is no part of what is signed, and still is kept: hashes are of bytes. */
static void every_role_is_kept_byte_for_byte(void **state)
{
    static const char *const names[] = {"root", "timestamp", "snapshot", "targets"};
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
    struct pst_report why;
    (void)state;
    for (size_t i = 0; i < PST_COUNT(names); i++)
        tuf_role(scene, names[i])->spaced = true;
    tuf_publish(scene, ALL);
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        struct pst_repo_role *role = tuf_role(scene, names[i]);
        assert_true(pst_buf_add_text(&role->bytes, " \n\t"));
        tuf_serve(scene, role, role->version);
    }
    assert_int_equal(tuf_refresh(scene, &why), PST_OK);
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        char file[32];
        snprintf(file, sizeof file, "%s.json", names[i]);
        assert_true(pst_bytes_equal(kept(scene, file), pst_repo_bytes(tuf_role(scene, names[i]))));
    }
    /* And they verify when they are loaded again. */
    assert_int_equal(tuf_refresh(scene, &why), PST_OK);
    tuf_check(scene, "nothing new", "3.root timestamp", "root=2 snapshot=2 targets=2 timestamp=2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_publication_ends_as_the_suite_has_it),
        cmocka_unit_test(a_first_root_that_is_none_is_refused_before_any_request),
        cmocka_unit_test(a_timestamp_of_the_same_version_changes_nothing),
        cmocka_unit_test(every_role_is_kept_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
