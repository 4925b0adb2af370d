/* SPDX-License-Identifier: Apache-2.0 */
/* Which delegated roles are asked for, in what order, and by whose word they count. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define T     "targets"
#define FIRST "2.root timestamp 2.snapshot 2.targets"
#define EDGES 8
#define ED    "ed25519"

struct edge {
    const char *from, *to;
    const char *pattern; /* NULL: "*" */
    bool terminating;
};

static void delegate(struct tuf_scene *scene, const struct edge *edge,
                     const struct pst_repo_key *key)
{
    struct pst_repo_role *from = tuf_role(scene, edge->from);
    bool is_new = pst_repo_role(scene->repo, edge->to) == NULL;
    struct pst_repo_role *to =
        pst_repo_delegate(scene->repo, from, edge->to, key,
                          edge->pattern != NULL ? edge->pattern : "*", edge->terminating);
    if (is_new)
        to->version = 0;
}

/* All roles once, whoever delegates to them, and then those that list them. */
static void publish(struct tuf_scene *scene)
{
    for (size_t i = 0; i < scene->repo->role_count; i++)
        tuf_publish(scene, scene->repo->role[i].name);
    tuf_publish(scene, "targets snapshot timestamp");
}

/* ---- graphs ---------------------------------------------------------------------------------- */

struct graph {
    const char *name;
    struct edge edge[EDGES];
    const char *visited;
};

/* clang-format off */
static const struct graph graphs[] = {
    {"one role", {{T, "A", NULL, false}}, " 1.A"},
    {"one level", {{T, "A", NULL, false}, {T, "B", NULL, false}}, " 1.A 1.B"},
    {"two levels", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"B", "C", NULL, false}}, " 1.A 1.B 1.C"},
    {"two levels, depth first", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"A", "C", NULL, false}, {"A", "D", NULL, false}}, " 1.A 1.C 1.D 1.B"},
    {"three levels, depth first", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"A", "C", NULL, false}, {"C", "D", NULL, false}}, " 1.A 1.C 1.D 1.B"},
    {"two levels, terminating", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"A", "C", NULL, true}, {"A", "D", NULL, false}}, " 1.A 1.C"},
    {"three levels, terminating: its own roles are still searched", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"A", "C", NULL, true}, {"C", "D", NULL, false}}, " 1.A 1.C 1.D"},
    {"two levels, a branch that does not match", {{T, "A", "*.py", false}, {T, "B", NULL, false}, {"A", "C", NULL, false}}, " 1.B"},
    {"three levels, a branch that does not match", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"A", "C", "*.py", false}, {"C", "D", NULL, false}}, " 1.A 1.B"},
    {"a cycle", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"B", "C", NULL, false}, {"C", "D", NULL, false}, {"D", "B", NULL, false}}, " 1.A 1.B 1.C 1.D"},
    {"two delegate to a third", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"B", "C", NULL, false}, {"A", "C", NULL, false}}, " 1.A 1.C 1.B"},
    {"two delegate to a third, other paths", {{T, "A", NULL, false}, {T, "B", NULL, false}, {"B", "C", NULL, false}, {"A", "C", "*.py", false}}, " 1.A 1.B 1.C"},
    /* beyond the suite */
    {"a role that delegates to itself (GHSA-j8x2-777p-23fc)", {{T, "A", NULL, false}, {"A", "A", NULL, false}}, " 1.A"},
    {"two that delegate to each other", {{T, "A", NULL, false}, {"A", "B", NULL, false}, {"B", "A", NULL, false}}, " 1.A 1.B"},
    {"terminating at the top (CVE-2025-2886)", {{T, "A", NULL, true}, {T, "B", NULL, false}}, " 1.A"},
    {"terminating, but not for this path", {{T, "A", "*.py", true}, {T, "B", NULL, false}}, " 1.B"},
    {"in the order of the file, not of the names (CVE-2024-47534)", {{T, "D", NULL, false}, {T, "B", NULL, false}, {T, "A", NULL, false}, {T, "C", NULL, false}}, " 1.D 1.B 1.A 1.C"},
};
/* clang-format on */

static void each_graph_is_asked_for_in_its_order_each_role_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(graphs); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        const struct pst_repo_key *key = &scene->repo->key[PST_ROLE_TARGETS];
        char asked[256];
        struct pst_report why;
        for (size_t at = 0; at < EDGES && graphs[i].edge[at].from != NULL; at++)
            delegate(scene, &graphs[i].edge[at], key);
        publish(scene);
        assert_int_equal(tuf_download(scene, "missingpath", &why), PST_METADATA_NOT_LISTED);
        snprintf(asked, sizeof asked, FIRST "%s", graphs[i].visited);
        tuf_check(scene, graphs[i].name, asked, NULL);
        assert_int_equal(why.count, 1);
        /* All that was asked for but 2.root, and root.json and root.first. */
        assert_int_equal(scene->kept.count, scene->net.call_count + 1);
    }
}

/* ---- searches -------------------------------------------------------------------------------- */

/* clang-format off */
static const struct edge tree[] = {
    {T, "A", "*.doc", false}, {T, "B", "releases/*/*", false},
    {"B", "C", "releases/x/*", false}, {"B", "D", "releases/y/*.zip", false},
};
static const struct {
    const char *role, *path, *content;
} leaves[] = {
    {T, "targetfile", "targetfile-content"}, {"A", "README.md", "README-by-A"},
    {"A", "releases/README.md", "nested-README-by-A"}, {"A", "foo-1.tgz", "foo-1"},
    {"A", "foo-alpha.tgz", "foo-alpha"}, {"C", "releases/x/x_v1", "x-release-by-C"},
    {"D", "releases/y/y_v1.zip", "y-release-by-D"}, {"D", "releases/z/z_v1.zip", "z-release-by-D"},
};
static const struct {
    const char *name, *path, *visited, *content; /* NULL: not found */
} searches[] = {
    {"listed at the top", "targetfile", "", "targetfile-content"},
    {"a wildcard", "README.md", " 1.A", "README-by-A"},
    {"a path with separators, x", "releases/x/x_v1", " 1.B 1.C", "x-release-by-C"},
    {"a path with separators, y", "releases/y/y_v1.zip", " 1.B 1.D", "y-release-by-D"},
    {"not delegated by all of the chain", "releases/z/z_v1.zip", " 1.B", NULL},
    {"'*' does not match a separator", "releases/README.md", "", NULL},
    {"'?' matches one character", "foo-1.tgz", " 1.A", "foo-1"},
    {"'?' does not match several", "foo-alpha.tgz", "", NULL},
    {"case counts", "README.MD", "", NULL},
};
/* clang-format on */

static void plant_tree(struct tuf_scene *scene)
{
    for (size_t i = 0; i < PST_COUNT(tree); i++)
        delegate(scene, &tree[i], &scene->repo->key[PST_ROLE_TARGETS]);
    scene->repo->targets.delegation[0].also[0] = "*.md";
    scene->repo->targets.delegation[0].also[1] = "foo-?.tgz";
    for (size_t i = 0; i < PST_COUNT(leaves); i++)
        tuf_add_target(scene, tuf_role(scene, leaves[i].role), leaves[i].path, leaves[i].content);
    publish(scene);
}

static void each_path_is_found_where_all_of_the_chain_delegates_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(searches); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        PST_CLEANUP(pst_buf) struct pst_buf asked = pst_buf(1024);
        char got[128] = "";
        struct pst_report why;
        plant_tree(scene);
        enum pst_code rc = tuf_download(scene, searches[i].path, &why);
        if (rc != (searches[i].content != NULL ? PST_OK : PST_METADATA_NOT_LISTED))
            fail_msg("%s: %s", searches[i].name, pst_code_name(rc));
        if (searches[i].content != NULL) {
            snprintf(got, sizeof got, "%s=%s", searches[i].path, searches[i].content);
            assert_non_null(strstr(scene->net.call[scene->net.call_count - 1].url, "/targets/"));
            scene->net.call_count--;
        }
        assert_true(pst_buf_print(&asked, FIRST "%s", searches[i].visited) &&
                    pst_buf_add(&asked, "", 1));
        tuf_check(scene, searches[i].name, (const char *)asked.at, NULL);
        tuf_check_got(scene, searches[i].name, got);
    }
}

/* ---- by whose word --------------------------------------------------------------------------- */

/* What was good under A is judged anew under B, in the same walk and in the next one. */
static void a_role_found_good_under_one_delegator_is_nothing_under_another(void **state)
{
    static const struct edge edges[] = {{T, "parent-a", "team-a/*", false},
                                        {T, "parent-b", "team-b/*", false}};
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    const struct pst_repo_key *of_a = tuf_key(scene, ED), *of_b = tuf_key(scene, ED);
    struct pst_report why;
    (void)state;
    for (size_t i = 0; i < PST_COUNT(edges); i++)
        delegate(scene, &edges[i], &scene->repo->key[PST_ROLE_TARGETS]);
    delegate(scene, &(struct edge){"parent-a", "release", "team-a/*", false}, of_a);
    delegate(scene, &(struct edge){"parent-b", "release", "team-b/*", false}, of_b);
    tuf_add_target(scene, tuf_role(scene, "release"), "team-a/trusted_root.json", "trusted-A");
    tuf_add_target(scene, tuf_role(scene, "release"), "team-b/trusted_root.json", "malicious-B");
    publish(scene);

    assert_int_equal(tuf_download(scene, "team-a/trusted_root.json team-b/trusted_root.json", &why),
                     PST_SIGNATURE_THRESHOLD);
    tuf_check_why("under B", &why, PST_KEY_UNKNOWN, "release");
    tuf_check_got(scene, "under B", "team-a/trusted_root.json=trusted-A");
    assert_int_equal(tuf_download(scene, "team-b/trusted_root.json", &why),
                     PST_SIGNATURE_THRESHOLD);
    tuf_check_got(scene, "under B, later", "team-a/trusted_root.json=trusted-A");
    /* Signed by both, it is good under both, and asked for once. */
    pst_repo_sign_with(tuf_role(scene, "release"), (const struct pst_repo_key *[]){of_a, of_b}, 2);
    tuf_publish(scene, "release snapshot timestamp");
    assert_int_equal(tuf_download(scene, "team-a/trusted_root.json team-b/trusted_root.json", &why),
                     PST_OK);
    assert_int_equal(pst_fake_asked(&scene->net, "2.release.json"), 1);
}

static void a_role_that_the_snapshot_does_not_list_is_neither_asked_for_nor_kept(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    struct pst_report why;
    (void)state;
    delegate(scene, &(struct edge){T, "delegated", "delegatedpath/*", false},
             &scene->repo->key[PST_ROLE_TARGETS]);
    tuf_add_target(scene, tuf_role(scene, "delegated"), "delegatedpath/foo", "foo");
    tuf_publish(scene, "delegated");
    scene->repo->snapshot.file_count--;
    tuf_publish(scene, "targets snapshot timestamp");
    tuf_settle(scene);
    assert_int_equal(tuf_download(scene, "delegatedpath/foo", &why), PST_METADATA_NOT_LISTED);
    tuf_check_why("not listed", &why, PST_METADATA_NOT_LISTED, "metadata/delegated");
    tuf_check(scene, "not listed", "2.root timestamp", "root=1 snapshot=2 targets=2 timestamp=2");
    tuf_check_got(scene, "not listed", "");
}

/* A search does not go on behind a role that it could not have: what stands there would win. */
static void a_role_that_is_withheld_or_forged_hides_nothing_behind_it(void **state)
{
    (void)state;
    for (int forged = 0; forged < 2; forged++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        const struct pst_repo_key *stranger = tuf_key(scene, ED);
        struct pst_report why;
        delegate(scene, &(struct edge){T, "A", NULL, false}, &scene->repo->key[PST_ROLE_TARGETS]);
        delegate(scene, &(struct edge){T, "B", NULL, false}, &scene->repo->key[PST_ROLE_TARGETS]);
        tuf_add_target(scene, tuf_role(scene, "A"), "f", "of-A");
        tuf_add_target(scene, tuf_role(scene, "B"), "f", "of-B");
        if (forged)
            pst_repo_sign_with(tuf_role(scene, "A"), &stranger, 1);
        publish(scene);
        if (!forged)
            pst_fake_remove(&scene->net, TUF_METADATA "1.A.json");
        assert_int_equal(tuf_download(scene, "f", &why),
                         forged ? PST_SIGNATURE_THRESHOLD : PST_METADATA_MISSING);
        tuf_check(scene, "A is not to be had", FIRST " 1.A",
                  "root=1 snapshot=2 targets=2 timestamp=2");
        tuf_check_got(scene, "A is not to be had", "");
    }
}

/* rust-tuf's issue 275: each check of a top-level file holds for delegated ones as well. */
static void a_delegated_role_is_held_to_version_expiry_type_hash_and_size(void **state)
{
    static const enum pst_code codes[] = {PST_METADATA_WRONG_VERSION, PST_METADATA_EXPIRED,
                                          PST_METADATA_WRONG_ROLE, PST_METADATA_CORRUPT,
                                          PST_METADATA_TOO_LARGE};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(codes); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        struct pst_report why;
        delegate(scene, &(struct edge){T, "A", NULL, false}, &scene->repo->key[PST_ROLE_TARGETS]);
        struct pst_repo_role *role = tuf_role(scene, "A");
        scene->repo->snapshot.lists = PST_REPO_VERSION_ALONE;
        if (codes[i] == PST_METADATA_EXPIRED)
            role->expires_s = PST_REPO_NOW;
        if (codes[i] == PST_METADATA_WRONG_ROLE)
            pst_repo_edit(role, "\"_type\":\"targets\"", "\"_type\":\"timestamp\"");
        if (codes[i] == PST_METADATA_CORRUPT)
            scene->repo->snapshot.lists = PST_REPO_SHA256;
        if (codes[i] == PST_METADATA_TOO_LARGE)
            scene->repo->snapshot.lists = PST_REPO_LENGTH;
        publish(scene);
        if (codes[i] == PST_METADATA_WRONG_VERSION)
            role->version = 2;
        if (codes[i] == PST_METADATA_CORRUPT)
            role->expires_s++;
        if (codes[i] == PST_METADATA_TOO_LARGE)
            pst_repo_target(role, "more", pst_bytes("", 0));
        pst_repo_sign(role);
        tuf_serve(scene, role, 1);
        enum pst_code rc = tuf_download(scene, "f", &why);
        if (rc != codes[i])
            fail_msg("%s, not %s", pst_code_name(rc), pst_code_name(codes[i]));
        tuf_check(scene, pst_code_name(codes[i]), FIRST " 1.A",
                  "root=1 snapshot=2 targets=2 timestamp=2");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_graph_is_asked_for_in_its_order_each_role_once),
        cmocka_unit_test(each_path_is_found_where_all_of_the_chain_delegates_it),
        cmocka_unit_test(a_role_found_good_under_one_delegator_is_nothing_under_another),
        cmocka_unit_test(a_role_that_the_snapshot_does_not_list_is_neither_asked_for_nor_kept),
        cmocka_unit_test(a_role_that_is_withheld_or_forged_hides_nothing_behind_it),
        cmocka_unit_test(a_delegated_role_is_held_to_version_expiry_type_hash_and_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
