/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/decide_scene.h"
#include "tests/support/publishing.h"

#define BOTH (PUBLISH_TARGETS | PUBLISH_PRODUCT)

static void a_damaged_file_is_named_and_keeps_the_service_from_starting(void **state)
{
    static const char *const files[] = {"1.root.json", "timestamp.json", "2.snapshot.json",
                                        "2.targets.json", "1.pos-a.json"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(files); i++)
        for (int kind = 0; kind < 3; kind++) { /* a changed byte, cut short, gone */
            PST_CLEANUP(publishing) struct publishing *p = publishing();
            struct pst_report why = {0};
            char path[1024];

            if (kind == 2 && i < 2)
                continue; /* a lost timestamp is mended, a lost first root is the initial one */
            publishing_first(p);
            publishing_must_send(p, PUBLISH_TARGETS);
            publishing_close(p);
            publishing_metadata_path(p, files[i], path);
            if (kind == 0)
                publishing_damage(path, 200);
            else
                assert_int_equal(kind == 1 ? truncate(path, 100) : unlink(path), 0);
            struct pst_folder_print before = publishing_print(p->folder);
            enum pst_code code = publishing_open(p, &why);
            if (code != PST_HOST_STATE)
                fail_msg("%s, %d: %s\n%s", files[i], kind, pst_code_name(code),
                         scene_explain(&why));
            bool named = false;
            for (size_t k = 0; k < why.count; k++)
                named = named || (why.finding[k].code == PST_HOST_STATE &&
                                  strstr(why.finding[k].where, files[i]) != NULL);
            if (!named)
                fail_msg("%s is not named\n%s", files[i], scene_explain(&why));
            struct pst_folder_print after = publishing_print(p->folder);
            assert_memory_equal(before.sha256, after.sha256, 32);
        }
}

static void copy_file(const struct publishing *p, const char *from, const char *to)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    char path[1024];

    publishing_metadata_path(p, from, path);
    assert_int_equal(pst_file_read(path, &bytes, NULL), PST_OK);
    publishing_metadata_path(p, to, path);
    assert_int_equal(pst_file_replace(path, pst_buf_bytes(&bytes), 0644, NULL), PST_OK);
}

static void a_file_rolled_back_on_disk_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
    } cases[] = {{"1.targets.json", "2.targets.json"},
                 {"1.snapshot.json", "2.snapshot.json"},
                 {"1.root.json", "2.root.json"}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(publishing) struct publishing *p = publishing();
        struct pst_report why = {0};

        publishing_first(p);
        publishing_must_send(p, PUBLISH_ROOT | PUBLISH_TARGETS);
        publishing_close(p);
        copy_file(p, cases[i].from, cases[i].to);
        publishing_must_be(PST_HOST_STATE, publishing_open(p, &why), &why);
    }
}

static void a_timestamp_that_is_older_or_lost_is_signed_anew_above_any_other(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    char path[1024];

    (void)state;
    publishing_first(p);
    copy_file(p, "timestamp.json", "kept");
    publishing_must_send(p, PUBLISH_TARGETS);
    publishing_close(p);
    copy_file(p, "kept", "timestamp.json");
    publishing_reopen(p);
    publishing_must_walk(p, "1.0.0");
    assert_int_equal(publishing_timestamp_version(p), 2);

    publishing_close(p);
    publishing_metadata_path(p, "timestamp.json", path);
    assert_int_equal(unlink(path), 0);
    publishing_reopen(p);
    publishing_must_walk(p, "1.0.0");
    assert_true(publishing_timestamp_version(p) > PST_REPO_NOW);
    assert_int_equal(publishing_version(p, "metadata/2.snapshot.json", PST_ROLE_SNAPSHOT), 2);
}

static void what_a_crash_left_lying_about_is_removed(void **state)
{
    static const char *const names[] = {"metadata/3.targets.json.a1B2c3",
                                        "metadata/timestamp.json.ZZZZZZ", "metadata/7.root.json",
                                        "metadata/5.snapshot.json", "uploads/blob.abcdef"};
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    char path[1024];

    (void)state;
    publishing_first(p);
    struct pst_folder_print before = publishing_print(p->folder);
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", p->folder, names[i]);
        assert_int_equal(pst_file_replace(path, pst_bytes("x", 1), 0600, NULL), PST_OK);
    }
    publishing_reopen(p);
    struct pst_folder_print after = publishing_print(p->folder);
    assert_int_equal(before.files, after.files);
    assert_memory_equal(before.sha256, after.sha256, 32);
    publishing_must_walk(p, "1.0.0");
}

static void a_publish_that_fails_at_its_last_file_takes_back_what_would_be_seen(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    struct pst_report why = {0};
    char path[1024];

    (void)state;
    publishing_metadata_path(p, "timestamp.json", path);
    assert_int_equal(mkdir(path, 0700), 0); /* so that no file can be renamed to it */
    publishing_release(p, &publishing_second);
    assert_int_not_equal(publishing_send(p, PUBLISH_ROOT | BOTH, &out, &why), PST_OK);
    publishing_metadata_path(p, "2.root.json", path);
    assert_int_equal(access(path, F_OK), -1);
    publishing_metadata_path(p, "1.snapshot.json", path);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(publishing_get(p->repository, "metadata/2.root.json", &bytes),
                     PST_SERVICE_NOT_FOUND);
    publishing_metadata_path(p, "timestamp.json", path);
    assert_int_equal(rmdir(path), 0);
    publishing_add_role(p, &p->repo->root);
    publishing_add_role(p, &p->repo->targets);
    publishing_add_role(p, p->product);
    why = (struct pst_report){0};
    publishing_must(publishing_publish(p, &out, &why), &why);
    publishing_must_walk(p, "1.1.0");
}

struct cut {
    int left; /* steps until the power goes */
};

static void cut_power(void *context, const char *name)
{
    struct cut *cut = context;
    (void)name;
    if (--cut->left == 0)
        _exit(9);
}

/* A second release; `rotating`, with new keys for root and targets. False once it ran to its end.
 */
static bool publish_and_cut(struct publishing *p, int at)
{
    struct cut cut = {at};
    struct pst_published out = {0};
    struct pst_report why = {0};
    int status = 0;

    publishing_close(p);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        p->options.after_step = cut_power;
        p->options.step_context = &cut;
        if (publishing_open(p, &why) != PST_OK)
            _exit(1);
        _exit(publishing_publish(p, &out, &why) == PST_OK ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != 9 && WEXITSTATUS(status) != 0)
        fail_msg("the child gave %d", WEXITSTATUS(status));
    return WEXITSTATUS(status) == 9;
}

/* Cuts at the n-th step; afterwards the old or the new set is there, and publishing again gives the
 * new. */
static bool check_cut(int at, bool first, bool rotating)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_repo_key) struct pst_repo_key root = pst_repo_key("ed25519");
    PST_CLEANUP(pst_repo_key) struct pst_repo_key targets = pst_repo_key("ed25519");
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};

    if (!first)
        publishing_first(p);
    if (rotating)
        publishing_rotate(p, &root, &targets);
    publishing_release(p, &publishing_second);
    publishing_sign(p, BOTH);
    size_t count = p->item_count;
    bool cut = publish_and_cut(p, at);
    publishing_must(publishing_open(p, &why), &why);
    enum pst_code is_new = publishing_walk(p, "1.1.0", &why);
    if (is_new != PST_OK && first) /* then there is nothing yet but a root */
        assert_int_equal(is_new, PST_SERVICE_NOT_FOUND);
    else if (is_new != PST_OK)
        publishing_must_walk(p, "1.0.0");
    assert_true(cut || is_new == PST_OK);
    p->item_count = count;
    why = (struct pst_report){0};
    publishing_must(publishing_publish(p, &out, &why), &why);
    publishing_must_walk(p, "1.1.0");
    publishing_reopen(p);
    publishing_must_walk(p, "1.1.0");
    return cut;
}

static void a_power_cut_at_any_step_leaves_the_old_set_or_the_new(void **state)
{
    static const struct {
        bool first, rotating;
        int steps; /* at least */
    } runs[] = {{false, false, 4}, {true, false, 4}, {false, true, 6}, {true, true, 6}};

    (void)state;
    for (size_t i = 0; i < PST_COUNT(runs); i++) {
        int at = 1;
        while (check_cut(at, runs[i].first, runs[i].rotating))
            at++;
        assert_true(at > runs[i].steps);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_file_is_named_and_keeps_the_service_from_starting),
        cmocka_unit_test(a_file_rolled_back_on_disk_is_refused),
        cmocka_unit_test(a_timestamp_that_is_older_or_lost_is_signed_anew_above_any_other),
        cmocka_unit_test(what_a_crash_left_lying_about_is_removed),
        cmocka_unit_test(a_publish_that_fails_at_its_last_file_takes_back_what_would_be_seen),
        cmocka_unit_test(a_power_cut_at_any_step_leaves_the_old_set_or_the_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
