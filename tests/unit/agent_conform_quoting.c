/* SPDX-License-Identifier: Apache-2.0 */
/* Names of roles become URLs and file names: both encoded, neither leaving its place. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define FIRST "2.root timestamp 2.snapshot 2.targets"
#define ONES  "root=1 snapshot=2 targets=2 timestamp=2"

struct name_case {
    const char *role, *asked;
    const char *kept; /* all that is kept, in order */
};

/* clang-format off */
static const struct name_case names[] = {
    {"?",                "1.%3F",                "%3F=1 " ONES},
    {"#",                "1.%23",                "%23=1 " ONES},
    {"/delegatedrole",   "1.%2Fdelegatedrole",   "%2Fdelegatedrole=1 " ONES},
    {"../delegatedrole", "1...%2Fdelegatedrole", "%2E.%2Fdelegatedrole=1 " ONES},
    /* beyond the suite: CVE-2021-41131, CVE-2021-41150 */
    {"..",               "1...",                 "%2E.=1 " ONES},
    {".",                "1..",                  "%2E=1 " ONES},
    {"../../etc/passwd", "1...%2F..%2Fetc%2Fpasswd", "%2E.%2F..%2Fetc%2Fpasswd=1 " ONES},
    {"..\\..\\x",        "1...%5C..%5Cx",        "%2E.%5C..%5Cx=1 " ONES},
    {"%2e%2e%2fx",       "1.%252e%252e%252fx",   "%252e%252e%252fx=1 " ONES},
    {"%2E",              "1.%252E",              "%252E=1 " ONES},
    {"root.json/../x",   "1.root.json%2F..%2Fx", "root=1 root.json%2F..%2Fx=1 snapshot=2 targets=2 timestamp=2"},
    {"1.root",           "1.1.root",             "1.root=1 " ONES},
    {"Root",             "1.Root",               "Root=1 " ONES},
    {"a b&c=d;e",        "1.a%20b%26c%3Dd%3Be",  "a%20b%26c%3Dd%3Be=1 " ONES},
    {"\xc3\xa9",         "1.%C3%A9",             "%C3%A9=1 " ONES},
};
/* clang-format on */

/* By hand, as names with blanks are no words of tuf_publish(). */
static void delegate(struct tuf_scene *scene, const char *name)
{
    struct pst_repo_role *role = pst_repo_delegate(scene->repo, &scene->repo->targets, name,
                                                   tuf_key(scene, "ed25519"), "*", false);
    pst_repo_sign(role);
    pst_repo_list(&scene->repo->snapshot, role);
    tuf_serve(scene, role, role->version);
    tuf_publish(scene, "targets snapshot timestamp");
}

static void each_name_is_one_file_here_and_one_path_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
        char asked[512];
        struct pst_report why;
        delegate(scene, names[i].role);
        assert_int_equal(tuf_download(scene, "nonexistent", &why), PST_METADATA_NOT_LISTED);
        snprintf(asked, sizeof asked, FIRST " %s", names[i].asked);
        tuf_check(scene, names[i].role, asked, names[i].kept);
        /* And found again there: no second request. */
        assert_int_equal(tuf_download(scene, "nonexistent", &why), PST_METADATA_NOT_LISTED);
        tuf_check(scene, names[i].role, "2.root timestamp", names[i].kept);
    }
}

/* A delegated role by a top-level role's name would be kept in that one's place. */
static void no_delegated_role_is_named_like_a_top_level_one(void **state)
{
    static const char *const top[] = {"root", "timestamp", "snapshot", "targets"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(top); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
        char put[64];
        struct pst_report why;
        delegate(scene, "innocent");
        snprintf(put, sizeof put, "\"name\":\"%s\"", top[i]);
        pst_repo_edit(&scene->repo->targets, "\"name\":\"innocent\"", put);
        tuf_publish(scene, "targets snapshot timestamp");
        assert_int_equal(tuf_download(scene, "nonexistent", &why), PST_INCONSISTENT);
        tuf_check_why(top[i], &why, PST_INCONSISTENT, "/targets/delegations/roles/0/name");
        tuf_check(scene, top[i], "2.root timestamp 3.snapshot 3.targets",
                  "root=1 snapshot=3 timestamp=3");
    }
}

/* Paths of targets keep their slashes, in URLs, and nothing else of theirs is believed. */
static void each_target_path_is_asked_for_below_the_base(void **state)
{
    static const char hex[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    static const struct {
        const char *path, *folder, *file;
    } paths[] = {
        {"a.bin", "", "a.bin"},
        {"d/e/a.bin", "d/e/", "a.bin"},
        {"a?b#c%d.bin", "", "a%3Fb%23c%25d.bin"},
        {"../../x", "../../", "x"}, /* not resolved by the client: what comes is held to its hash */
        {"/etc/passwd", "/etc/", "passwd"},
        {"d/", "d/", ""},
        {"\xe4\xb8\xad", "", "%E4%B8%AD"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(paths); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
        char asked[512], got[128];
        struct pst_report why;
        tuf_add_target(scene, &scene->repo->targets, paths[i].path, "hello");
        tuf_publish(scene, "targets snapshot timestamp");
        enum pst_code rc = tuf_download(scene, paths[i].path, &why);
        tuf_check_why(paths[i].path, &why, PST_OK, "");
        assert_int_equal(rc, PST_OK);
        snprintf(asked, sizeof asked, FIRST " targets/%s%s.%s", paths[i].folder, hex,
                 paths[i].file);
        tuf_check(scene, paths[i].path, asked, ONES);
        snprintf(got, sizeof got, "%s=hello", paths[i].path);
        tuf_check_got(scene, paths[i].path, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_is_one_file_here_and_one_path_there),
        cmocka_unit_test(no_delegated_role_is_named_like_a_top_level_one),
        cmocka_unit_test(each_target_path_is_asked_for_below_the_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
