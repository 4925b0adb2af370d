/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts: found, fetched by the right name, and taken only as the bytes that were signed for. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define FILE_NAME "target_file.txt"
#define CONTENT   "target-file-contents"
#define FIRST     "2.root timestamp 2.snapshot 2.targets"
#define KEPT      "root=1 snapshot=2 targets=2 timestamp=2"

static void publish(struct tuf_scene *scene, const char *path, const char *content)
{
    tuf_add_target(scene, &scene->repo->targets, path, content);
    tuf_publish(scene, "targets snapshot timestamp");
}

static void print_hex(const struct pst_repo_file *file, bool sha512, char out[129])
{
    pst_hex_print(sha512 ? pst_bytes(file->sha512, sizeof file->sha512)
                         : pst_bytes(file->sha256, sizeof file->sha256),
                  out);
}

static void a_file_is_fetched_once_by_its_digest(void **state)
{
    static const char *const paths[][2] = {{"", FILE_NAME}, {"path/to/a/", FILE_NAME}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(paths); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
        char path[128], asked[512], got[256], hex[129];
        struct pst_report why;
        snprintf(path, sizeof path, "%s%s", paths[i][0], paths[i][1]);
        publish(scene, path, CONTENT);
        tuf_settle(scene);
        tuf_check_got(scene, "a refresh downloads nothing", "");
        assert_int_equal(tuf_download(scene, path, &why), PST_OK);
        print_hex(&scene->repo->targets.file[0], false, hex);
        snprintf(asked, sizeof asked, "2.root timestamp targets/%s%s.%s", paths[i][0], hex,
                 paths[i][1]);
        tuf_check(scene, path, asked, KEPT);
        snprintf(got, sizeof got, "%s=%s", path, CONTENT);
        tuf_check_got(scene, path, got);
    }
}

static void what_is_put_in_a_files_place_is_not_taken(void **state)
{
    static const struct {
        const char *served;
        enum pst_code code;
    } served[] = {
        {"malicious-data-should-not-be-downloaded", PST_METADATA_TOO_LARGE},
        {"target-file-contentS", PST_METADATA_CORRUPT},
        {"target-file-content", PST_METADATA_CORRUPT},
        {"", PST_METADATA_CORRUPT},
    };
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
    char name[256], hex[129];
    struct pst_report why;
    (void)state;
    publish(scene, FILE_NAME, CONTENT);
    assert_int_equal(tuf_download(scene, FILE_NAME, &why), PST_OK);
    print_hex(&scene->repo->targets.file[0], false, hex);
    snprintf(name, sizeof name, "%s.%s", hex, FILE_NAME);
    for (size_t i = 0; i < PST_COUNT(served); i++) {
        tuf_serve_target(scene, name, served[i].served);
        assert_int_equal(tuf_download(scene, FILE_NAME, &why), served[i].code);
        tuf_check_why(served[i].served, &why, served[i].code, FILE_NAME);
        tuf_check_got(scene, "the good copy stays", FILE_NAME "=" CONTENT);
    }
    pst_fake_fail(&scene->net, "/targets/", PST_FAKE_ENDLESS, 0, -1);
    assert_int_equal(tuf_download(scene, FILE_NAME, &why), PST_METADATA_TOO_LARGE);
    tuf_check_got(scene, "the good copy stays", FILE_NAME "=" CONTENT);
}

/* Eleven rounds: the file changes rightly each time and is replaced by a false one in between; the
 * client looks in every fifth round. */
static void a_file_that_changes_often_is_always_the_one_that_was_signed_for(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
    PST_CLEANUP(pst_buf) struct pst_buf extra = pst_buf(1024);
    struct pst_report why;
    (void)state;
    publish(scene, FILE_NAME, CONTENT);
    assert_int_equal(tuf_download(scene, FILE_NAME, &why), PST_OK);
    for (int round = 0; round <= 10; round++) {
        char content[64], other[64], path[64], name[256], hex[129], got[1024];
        snprintf(content, sizeof content, "modified-file-contents-%d", round);
        snprintf(other, sizeof other, "new-file-contents-%d", round);
        snprintf(path, sizeof path, "new-target-%02d", round);
        tuf_add_target(scene, &scene->repo->targets, path, other);
        publish(scene, FILE_NAME, content);
        if (round % 5 != 0)
            continue;
        assert_int_equal(tuf_download(scene, FILE_NAME, &why), PST_OK);
        assert_int_equal(tuf_download(scene, path, &why), PST_OK);
        assert_true(pst_buf_print(&extra, "%s=%s ", path, other));
        snprintf(got, sizeof got, "%.*s" FILE_NAME "=%s", PST_ARGS(pst_buf_text(&extra)), content);
        tuf_check_got(scene, "right", got);

        print_hex(&scene->repo->targets.file[0], false, hex);
        snprintf(name, sizeof name, "%s.%s", hex, FILE_NAME);
        tuf_serve_target(scene, name, "malicious");
        tuf_publish(scene, "targets snapshot timestamp");
        assert_int_equal(tuf_download(scene, FILE_NAME, &why), PST_METADATA_CORRUPT);
        tuf_check_got(scene, "false", got);
    }
}

/* ---- hashes ---------------------------------------------------------------------------------- */

struct hash_case {
    const char *name;
    unsigned lists;
    bool by_sha512; /* the prefix that it is asked for by */
    bool false256, false512;
    enum pst_code code;
};

/* clang-format off */
static const struct hash_case hashes[] = {
    {"sha256",                        PST_REPO_SHA256, false, false, false, PST_OK},
    {"sha512",                        PST_REPO_SHA512, true, false, false, PST_OK},
    {"both",                          PST_REPO_SHA256 | PST_REPO_SHA512, false, false, false, PST_OK},
    {"an unknown one beside",         PST_REPO_SHA256 | PST_REPO_HASH_OF_TOMORROW, false, false, false, PST_OK},
    {"sha256 right and sha512 false", PST_REPO_SHA256 | PST_REPO_SHA512, false, false, true, PST_METADATA_CORRUPT},
    {"sha256 false and sha512 right", PST_REPO_SHA256 | PST_REPO_SHA512, false, true, false, PST_METADATA_CORRUPT},
    {"sha512 false, an unknown one beside", PST_REPO_SHA512 | PST_REPO_HASH_OF_TOMORROW, true, false, true, PST_METADATA_CORRUPT},
};
/* clang-format on */

static void all_hashes_that_are_known_must_hold_and_one_must_be_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(hashes); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
        char name[256], asked[512], hex[129];
        struct pst_report why;
        pst_repo_target(&scene->repo->targets, FILE_NAME, pst_bytes(CONTENT, strlen(CONTENT)));
        struct pst_repo_file *file = &scene->repo->targets.file[0];
        file->sha256[31] ^= hashes[i].false256;
        file->sha512[63] ^= hashes[i].false512;
        scene->repo->targets.lists = PST_REPO_LENGTH | hashes[i].lists;
        tuf_publish(scene, "targets snapshot timestamp");
        print_hex(file, hashes[i].by_sha512, hex);
        snprintf(name, sizeof name, "%s.%s", hex, FILE_NAME);
        tuf_serve_target(scene, name, CONTENT);

        enum pst_code rc = tuf_download(scene, FILE_NAME, &why);
        if (rc != hashes[i].code)
            fail_msg("%s: %s", hashes[i].name, pst_code_name(rc));
        snprintf(asked, sizeof asked, FIRST " targets/%s", name);
        tuf_check(scene, hashes[i].name, asked, KEPT);
        tuf_check_got(scene, hashes[i].name, rc == PST_OK ? FILE_NAME "=" CONTENT : "");
    }
}

static void a_file_with_no_hash_that_is_known_is_not_taken(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
    struct pst_report why;
    (void)state;
    pst_repo_target(&scene->repo->targets, FILE_NAME, pst_bytes(CONTENT, strlen(CONTENT)));
    scene->repo->targets.lists = PST_REPO_LENGTH | PST_REPO_HASH_OF_TOMORROW;
    tuf_publish(scene, "targets snapshot timestamp");
    tuf_serve_target(scene, FILE_NAME, CONTENT);
    assert_int_equal(tuf_download(scene, FILE_NAME, &why), PST_METADATA_CORRUPT);
    tuf_check_why("unknown", &why, PST_METADATA_CORRUPT, FILE_NAME);
    tuf_check(scene, "unknown", FIRST, KEPT);
    tuf_check_got(scene, "unknown", "");
}

/* An empty list of hashes is no list: go-tuf took such a file. */
static void a_file_without_hashes_spoils_the_role_that_lists_it(void **state)
{
    static char find[160];
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
    struct pst_report why;
    char hex[129];
    (void)state;
    tuf_add_target(scene, &scene->repo->targets, FILE_NAME, CONTENT);
    print_hex(&scene->repo->targets.file[0], false, hex);
    snprintf(find, sizeof find, "\"sha256\":\"%s\"", hex);
    pst_repo_edit(&scene->repo->targets, find, "");
    tuf_publish(scene, "targets snapshot timestamp");
    assert_int_equal(tuf_download(scene, FILE_NAME, &why), PST_OUT_OF_BOUNDS);
    tuf_check_why("no hashes", &why, PST_OUT_OF_BOUNDS, "/targets/targets/" FILE_NAME "/hashes");
    tuf_check(scene, "no hashes", FIRST, "root=1 snapshot=2 timestamp=2");
}

/* ---- several --------------------------------------------------------------------------------- */

static void several_files_are_fetched_in_order_up_to_the_first_failure(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
    struct pst_report why;
    (void)state;
    tuf_add_target(scene, &scene->repo->targets, "c", "third");
    tuf_add_target(scene, &scene->repo->targets, "a", "first");
    tuf_add_target(scene, &scene->repo->targets, "empty", "");
    publish(scene, "b", "second");
    assert_int_equal(tuf_download(scene, "c a empty", &why), PST_OK);
    tuf_check_got(scene, "in order", "a=first c=third empty=");
    const struct pst_fake_call *calls = scene->net.call;
    assert_int_equal(scene->net.call_count, 7);
    assert_non_null(strstr(calls[4].url, ".c"));
    assert_non_null(strstr(calls[5].url, ".a"));
    assert_int_equal(tuf_download(scene, "a nowhere b", &why), PST_METADATA_NOT_LISTED);
    tuf_check_got(scene, "up to the first failure", "a=first c=third empty=");
    assert_int_equal(pst_fake_asked(&scene->net, ".b"), 0);
}

/* Each check of an artifact is of the mirror that gave it: the next one may do better. */
static void a_second_source_makes_up_for_a_false_artifact(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
    struct pst_report why;
    (void)state;
    publish(scene, FILE_NAME, CONTENT);
    scene->sources.count = 2;
    scene->sources.metadata[1] = TUF_METADATA;
    scene->sources.targets[1] = TUF_TARGETS;
    pst_fake_fail(&scene->net, "/targets/", PST_FAKE_FLIP, 3, 1);
    assert_int_equal(tuf_download(scene, FILE_NAME, &why), PST_OK);
    tuf_check_got(scene, "from the second", FILE_NAME "=" CONTENT);
    assert_true(why.count >= 1 && why.finding[why.count - 1].noted);
    assert_true(pst_report_has(&why, PST_METADATA_CORRUPT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_fetched_once_by_its_digest),
        cmocka_unit_test(what_is_put_in_a_files_place_is_not_taken),
        cmocka_unit_test(a_file_that_changes_often_is_always_the_one_that_was_signed_for),
        cmocka_unit_test(all_hashes_that_are_known_must_hold_and_one_must_be_known),
        cmocka_unit_test(a_file_with_no_hash_that_is_known_is_not_taken),
        cmocka_unit_test(a_file_without_hashes_spoils_the_role_that_lists_it),
        cmocka_unit_test(several_files_are_fetched_in_order_up_to_the_first_failure),
        cmocka_unit_test(a_second_source_makes_up_for_a_false_artifact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
