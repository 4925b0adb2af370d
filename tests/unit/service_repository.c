/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/check.h"
#include "tests/support/decide_scene.h"
#include "tests/support/publishing.h"

#define BOTH (PUBLISH_TARGETS | PUBLISH_PRODUCT)

static void a_new_repository_serves_its_root_and_nothing_else(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    bool renewed = true;

    (void)state;
    assert_int_equal(publishing_get(p->repository, "metadata/1.root.json", &bytes), PST_OK);
    assert_true(pst_bytes_equal(pst_buf_bytes(&bytes), pst_repo_bytes(&p->repo->root)));
    assert_int_equal(publishing_get(p->repository, "metadata/timestamp.json", &bytes),
                     PST_SERVICE_NOT_FOUND);
    assert_int_equal(publishing_get(p->repository, "metadata/2.root.json", &bytes),
                     PST_SERVICE_NOT_FOUND);
    assert_int_equal(pst_repository_renew(p->repository, &renewed, NULL), PST_OK);
    assert_false(renewed);
    assert_true(pst_repository_expires_s(p->repository) == INT64_MAX);
}

static void a_repository_without_any_root_does_not_open(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    struct pst_report why = {0};
    char folder[400];

    (void)state;
    publishing_close(p);
    pst_scratch_path(&p->scratch, "another", folder, sizeof folder);
    p->options.folder = folder;
    publishing_must_be(PST_METADATA_MISSING,
                       pst_repository_open(&p->options, pst_bytes(NULL, 0), &p->repository, &why),
                       &why);
    assert_null(p->repository);
}

static void a_published_release_is_read_back_as_a_terminal_reads_it(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_published) struct pst_published out = {0}, all = {0};
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    struct pst_report why = {0};

    (void)state;
    publishing_release(p, &(struct made_spec){"1.0.0", 1, 'a', 'z', "0.9.0"});
    publishing_must(publishing_send(p, BOTH, &out, &why), &why);
    assert_int_equal(out.snapshot_version, 1);
    assert_int_equal(out.timestamp_version, 1);
    assert_int_equal(out.count, 1);
    assert_string_equal(out.release[0].path, "pos-a/1.0.0/manifest.json");
    assert_string_equal(out.release[0].release->version.text, "1.0.0");
    assert_int_equal(out.release[0].release->component[0].source_count, 2);
    publishing_must_walk(p, "1.0.0");
    publishing_reopen(p);
    publishing_must_walk(p, "1.0.0");
    publishing_must(pst_repository_manifest(p->repository, pst_text("pos-a/1.0.0/manifest.json"),
                                            &release, &why),
                    &why);
    assert_string_equal(release->version.text, "1.0.0");
    publishing_must(pst_repository_releases(p->repository, &all, &why), &why);
    assert_int_equal(all.count, 1);
    assert_memory_equal(all.release[0].manifest_sha256, out.release[0].manifest_sha256, 32);
    assert_int_equal(
        pst_repository_manifest(p->repository, pst_text("pos-a/1.0.0/app.zst"), &release, NULL),
        PST_SERVICE_NOT_FOUND);
}

static void a_second_release_is_added_and_only_it_is_told(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};

    (void)state;
    publishing_first(p);
    publishing_release(p, &(struct made_spec){"1.1.0", 1, 'b', 'a', "1.0.0"});
    publishing_must(publishing_send(p, PUBLISH_PRODUCT, &out, &why), &why);
    assert_int_equal(out.count, 1);
    assert_string_equal(out.release[0].path, "pos-a/1.1.0/manifest.json");
    assert_int_equal(out.snapshot_version, 2);
    assert_int_equal(publishing_timestamp_version(p), 2);
    publishing_must_walk(p, "1.0.0");
    publishing_must_walk(p, "1.1.0");
}

static void a_later_manifest_of_a_version_may_add_sources(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};

    (void)state;
    publishing_first(p);
    publishing_release(p, &(struct made_spec){"1.0.0", 2, 'a', 'z', "0.9.0"});
    publishing_must(publishing_send(p, PUBLISH_PRODUCT, &out, &why), &why);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.release[0].release->sequence, 2);
    publishing_must_walk(p, "1.0.0");
}

static void a_withdrawn_release_is_gone_and_its_file_stays_for_who_is_on_the_way(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    struct pst_report why = {0};
    char hex[65], url[256];

    (void)state;
    publishing_first(p);
    pst_hex_print(pst_bytes(p->product->file[0].sha256, 32), hex);
    (void)snprintf(url, sizeof url, "targets/pos-a/1.0.0/%s.app.zst", hex);
    p->product->file_count = 0;
    publishing_release(p, &(struct made_spec){"1.1.0", 1, 'b', 0, NULL});
    publishing_must_send(p, PUBLISH_PRODUCT);
    publishing_must_be(PST_SERVICE_NOT_FOUND, publishing_walk(p, "1.0.0", &why), &why);
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    assert_int_equal(publishing_get(p->repository, url, &bytes), PST_OK);
    publishing_reopen(p);
    assert_int_equal(publishing_get(p->repository, url, &bytes), PST_SERVICE_NOT_FOUND);
}

static void publishing_the_same_again_changes_nothing(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};

    (void)state;
    publishing_first(p);
    struct pst_folder_print before = publishing_print(p->folder);
    publishing_add_role(p, &p->repo->root);
    publishing_add_role(p, &p->repo->targets);
    publishing_add_role(p, p->product);
    struct pst_folder_print uploaded = publishing_print(p->folder);
    publishing_must(publishing_publish(p, &out, &why), &why);
    struct pst_folder_print after = publishing_print(p->folder);
    assert_memory_equal(after.sha256, uploaded.sha256, sizeof after.sha256);
    assert_int_equal(before.files + 1, after.files); /* the root, as a blob */
    assert_int_equal(out.count, 0);
    assert_int_equal(out.snapshot_version, 1);
    assert_int_equal(out.timestamp_version, 1);
}

static void roots_are_rotated_several_at_once_and_with_the_roles_that_need_them(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_repo_key) struct pst_repo_key root = pst_repo_key("ed25519");
    PST_CLEANUP(pst_repo_key) struct pst_repo_key targets = pst_repo_key("ed25519");

    (void)state;
    publishing_first(p);
    publishing_rotate(p, &root, &targets);
    publishing_release(p, &(struct made_spec){"1.1.0", 1, 'b', 'a', "1.0.0"});
    publishing_must_send(p, BOTH);
    publishing_must_walk(p, "1.1.0");
    publishing_reopen(p);
    publishing_must_walk(p, "1.1.0");
    assert_int_equal(publishing_version(p, "metadata/3.root.json", PST_ROLE_ROOT), 3);
}

static void a_root_alone_is_published_before_and_after_the_first_release(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();

    (void)state;
    publishing_must_send(p, PUBLISH_ROOT);
    assert_int_equal(publishing_version(p, "metadata/2.root.json", PST_ROLE_ROOT), 2);
    publishing_first(p);
    publishing_must_send(p, PUBLISH_ROOT);
    publishing_must_walk(p, "1.0.0");
    publishing_reopen(p);
    publishing_must_walk(p, "1.0.0");
    assert_int_equal(publishing_version(p, "metadata/3.root.json", PST_ROLE_ROOT), 3);
}

static void new_online_keys_come_with_a_service_that_has_them(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_repo_key) struct pst_repo_key key = pst_repo_key("ecdsa-sha2-nistp256");
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    const struct pst_repo_key *online = &key;
    struct pst_report why = {0};
    bool renewed = false;

    (void)state;
    publishing_first(p);
    p->options.snapshot_key = p->options.timestamp_key = key.private;
    publishing_close(p);
    publishing_must(publishing_open(p, &why), &why); /* starts, or it could never be mended */
    assert_true(pst_report_has(&why, PST_KEY_WRONG_ROLE));
    assert_int_equal(pst_report_verdict(&why), PST_OK);
    publishing_must_walk(p, "1.0.0");
    p->now_s += 3 * PST_REPO_DAY;
    why = (struct pst_report){0};
    publishing_must_be(PST_KEY_WRONG_ROLE, pst_repository_renew(p->repository, &renewed, &why),
                       &why);
    assert_non_null(strstr(why.finding[0].found, key.id));
    assert_non_null(strstr(why.finding[0].expected, p->repo->key[PST_ROLE_TIMESTAMP].id));

    pst_repo_let(&p->repo->root.rule[PST_ROLE_SNAPSHOT], 1, &online, 1);
    pst_repo_let(&p->repo->root.rule[PST_ROLE_TIMESTAMP], 1, &online, 1);
    why = (struct pst_report){0};
    publishing_must(publishing_send(p, PUBLISH_ROOT, &out, &why), &why);
    publishing_must_walk(p, "1.0.0");
}

static void online_roles_are_renewed_in_the_last_third_of_their_life(void **state)
{
    static const struct {
        int64_t day;
        bool renewed;
        int64_t timestamp, snapshot;
    } steps[] = {
        {1, false, 1, 1}, {2, false, 1, 1}, /* exactly a third is left of three days */
        {3, true, 2, 1},  {5, false, 2, 1}, {7, true, 3, 2}, {-100, false, 3, 2},
    };
    PST_CLEANUP(publishing) struct publishing *p = publishing();

    (void)state;
    p->product->expires_s = p->repo->targets.expires_s = PST_REPO_NOW + 300 * PST_REPO_DAY;
    publishing_first(p);
    for (size_t i = 0; i < PST_COUNT(steps); i++) {
        struct pst_report why = {0};
        bool renewed = false;
        p->now_s = PST_REPO_NOW + steps[i].day * PST_REPO_DAY;
        publishing_must(pst_repository_renew(p->repository, &renewed, &why), &why);
        if (renewed != steps[i].renewed || publishing_timestamp_version(p) != steps[i].timestamp)
            fail_msg("day %lld: renewed %d, timestamp %lld", (long long)steps[i].day, renewed,
                     (long long)publishing_timestamp_version(p));
        char path[64];
        (void)snprintf(path, sizeof path, "metadata/%lld.snapshot.json",
                       (long long)steps[i].snapshot);
        assert_int_equal(publishing_version(p, path, PST_ROLE_SNAPSHOT), steps[i].snapshot);
        if (steps[i].day > 0)
            publishing_must_walk(p, "1.0.0");
    }
    /* The clock went back a hundred days: what is published now still counts on. */
    publishing_must_send(p, PUBLISH_TARGETS);
    assert_int_equal(publishing_timestamp_version(p), 4);
    assert_true(pst_repository_expires_s(p->repository) == p->now_s + 3 * PST_REPO_DAY);
}

static void opening_signs_again_what_expired_meanwhile(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();

    (void)state;
    publishing_first(p);
    p->now_s += 20 * PST_REPO_DAY;
    publishing_reopen(p);
    assert_int_equal(publishing_timestamp_version(p), 2);
    publishing_must_walk(p, "1.0.0");
}

static void an_expired_root_does_not_keep_the_service_from_starting(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    struct pst_report why = {0};

    (void)state;
    publishing_first(p);
    p->now_s += 100 * PST_REPO_DAY;
    publishing_reopen(p);
    publishing_must_be(PST_METADATA_EXPIRED, publishing_walk(p, "1.0.0", &why), &why);
    p->repo->root.expires_s = p->repo->targets.expires_s = p->product->expires_s =
        p->now_s + PST_REPO_DAY;
    publishing_must_send(p, PUBLISH_ROOT | BOTH);
    publishing_must_walk(p, "1.0.0");
}

struct reader {
    const struct publishing *p;
    atomic_bool stop;
    atomic_int walks, failures;
};

static void *read_on(void *context)
{
    struct reader *reader = context;

    while (!atomic_load(&reader->stop)) {
        struct pst_report why = {0};
        if (publishing_walk(reader->p, "1.0.0", &why) != PST_OK)
            atomic_fetch_add(&reader->failures, 1);
        atomic_fetch_add(&reader->walks, 1);
    }
    return NULL;
}

static void readers_see_a_whole_set_while_another_is_published(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    struct reader reader = {.p = p};
    pthread_t thread[2];

    (void)state;
    publishing_first(p);
    for (size_t i = 0; i < PST_COUNT(thread); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, read_on, &reader), 0);
    for (int i = 0; i < 10; i++)
        publishing_must_send(p, BOTH);
    while (atomic_load(&reader.walks) < 4)
        publishing_must_send(p, PUBLISH_TARGETS);
    atomic_store(&reader.stop, true);
    for (size_t i = 0; i < PST_COUNT(thread); i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_int_equal(atomic_load(&reader.failures), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_repository_serves_its_root_and_nothing_else),
        cmocka_unit_test(a_repository_without_any_root_does_not_open),
        cmocka_unit_test(a_published_release_is_read_back_as_a_terminal_reads_it),
        cmocka_unit_test(a_second_release_is_added_and_only_it_is_told),
        cmocka_unit_test(a_later_manifest_of_a_version_may_add_sources),
        cmocka_unit_test(a_withdrawn_release_is_gone_and_its_file_stays_for_who_is_on_the_way),
        cmocka_unit_test(publishing_the_same_again_changes_nothing),
        cmocka_unit_test(roots_are_rotated_several_at_once_and_with_the_roles_that_need_them),
        cmocka_unit_test(a_root_alone_is_published_before_and_after_the_first_release),
        cmocka_unit_test(new_online_keys_come_with_a_service_that_has_them),
        cmocka_unit_test(online_roles_are_renewed_in_the_last_third_of_their_life),
        cmocka_unit_test(opening_signs_again_what_expired_meanwhile),
        cmocka_unit_test(an_expired_root_does_not_keep_the_service_from_starting),
        cmocka_unit_test(readers_see_a_whole_set_while_another_is_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
