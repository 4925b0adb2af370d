/* SPDX-License-Identifier: Apache-2.0 */
/* Repositories in the shape that two real writers give them, read to the end: fields that are
 * theirs alone, keys that did not sign, an old spec_version, deep patterns, a start in the middle
 * of the history. The values are ours. */
#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define EC "ecdsa-sha2-nistp256"

static void print_as_tuf_on_ci(struct pst_repo_role *role, const char *spec_version)
{
    role->spaced = true;
    pst_repo_edit(role, "\"spec_version\":\"1.0.34\"", spec_version);
}

/* Members of the writer's own behind the version. */
static void add_periods(struct pst_repo_role *role, const char *version)
{
    static const char *const puts[][2] = {
        {"\"version\":12}", "\"version\":12,\"x-tuf-on-ci-expiry-period\":197,"
                            "\"x-tuf-on-ci-signing-period\":46}"},
        {"\"version\":1}", "\"version\":1,\"x-tuf-on-ci-expiry-period\":7300,"
                           "\"x-tuf-on-ci-signing-period\":60}"},
        {"\"version\":2}", "\"version\":2,\"x-tuf-on-ci-expiry-period\":7300,"
                           "\"x-tuf-on-ci-signing-period\":60}"},
    };
    for (size_t i = 0; i < PST_COUNT(puts); i++)
        if (strcmp(puts[i][0], version) == 0)
            pst_repo_edit(role, puts[i][0], puts[i][1]);
}

/* An online key for snapshot and timestamp, with its place in the key object. */
static void go_online(struct tuf_scene *scene)
{
    const struct pst_repo_key *key =
        tuf_key_with(scene, tuf_key(scene, EC), "\"scheme\":\"ecdsa-sha2-nistp256\"",
                     "\"scheme\":\"ecdsa-sha2-nistp256\",\"x-tuf-on-ci-online-uri\":"
                     "\"gcpkms:projects/p/locations/global/keyRings/k/cryptoKeys/online/1\"");
    tuf_let(scene, PST_ROLE_SNAPSHOT, 1, &key, 1);
    tuf_let(scene, PST_ROLE_TIMESTAMP, 1, &key, 1);
}

static void download_and_check(struct tuf_scene *scene, const char *path, const char *first,
                               const char *kept, const char *got)
{
    struct pst_report why;
    assert_int_equal(tuf_refresh(scene, &why), PST_OK);
    assert_int_equal(why.count, 0);
    tuf_check(scene, "refresh", first, NULL);
    assert_int_equal(tuf_download(scene, path, &why), PST_OK);
    assert_int_equal(why.count, 0);
    tuf_check(scene, "download", NULL, kept);
    tuf_check_got(scene, "download", got);
}

/* tuf-on-ci 0.11: a terminating delegation four folders deep to a person and to one who never
 * signed, whose place is kept by an empty signature. */
static void a_repository_in_the_shape_of_tuf_on_ci_is_read_to_the_end(void **state)
{
    static const char *const version = "\"spec_version\":\"1.0.31\"";
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(EC);
    struct pst_repo *repo = scene->repo;
    const struct pst_repo_key *owner =
        tuf_key_with(scene, &repo->key[PST_ROLE_TARGETS], "{\"keytype\"",
                     "{\"x-tuf-on-ci-keyowner\":\"@somebody\",\"keytype\"");
    const struct pst_repo_key *idle =
        tuf_key_with(scene, tuf_key(scene, EC), "{\"keytype\"",
                     "{\"x-tuf-on-ci-keyowner\":\"@-test-user-\",\"keytype\"");
    (void)state;
    go_online(scene);
    tuf_let(scene, PST_ROLE_ROOT, 1, &owner, 1);
    tuf_let(scene, PST_ROLE_TARGETS, 1, &owner, 1);
    struct pst_repo_role *role =
        pst_repo_delegate(repo, &repo->targets, "delegatedrole", owner, "delegatedrole/*", true);
    struct pst_repo_delegation *delegation = &repo->targets.delegation[0];
    pst_repo_let(&delegation->rule, 1, (const struct pst_repo_key *[]){owner, idle}, 2);
    delegation->also[0] = "delegatedrole/*/*";
    delegation->also[1] = "delegatedrole/*/*/*";
    delegation->also[2] = "delegatedrole/*/*/*/*";
    role->extra[0] = (struct pst_envelope_new_signature){idle->id, ""};
    role->extra_count = 1;
    tuf_add_target(scene, role, "delegatedrole/artifact", "delegated-artifact");
    tuf_add_target(scene, role, "delegatedrole/a/b/c/d", "deep");

    struct pst_repo_role *const all[] = {&repo->root, &repo->targets, role, &repo->snapshot,
                                         &repo->timestamp};
    for (size_t i = 0; i < PST_COUNT(all); i++)
        print_as_tuf_on_ci(all[i], version);
    add_periods(&repo->root, "\"version\":1}");
    add_periods(&repo->targets, "\"version\":1}");
    add_periods(role, "\"version\":2}");
    pst_repo_edit(&repo->root, "\"threshold\":1}},",
                  "\"threshold\":1,\"x-tuf-on-ci-expiry-period\":7300,"
                  "\"x-tuf-on-ci-signing-period\":1}},");
    repo->root.version = 0;
    repo->targets.version = 0;
    tuf_publish(scene, "root delegatedrole targets snapshot timestamp");
    assert_int_equal(tuf_init(scene, pst_repo_bytes(&repo->root), NULL), PST_OK);
    download_and_check(scene, "delegatedrole/artifact delegatedrole/a/b/c/d",
                       "2.root timestamp 2.snapshot 1.targets",
                       "delegatedrole=2 root=1 snapshot=2 targets=1 timestamp=2",
                       "delegatedrole/a/b/c/d=deep delegatedrole/artifact=delegated-artifact");
}

/* The name of a key as its writer gave it, which is the hash of something else than the object. */
static void name_wrongly(struct pst_repo_key *key)
{
    key->id[0] = key->id[0] == '0' ? '1' : '0';
}

/* sigstore's root-signing: begun at version 12 of a root that five share and three sign, each file
 * with room for all five; spec_version "1.0"; keyid_hash_algorithms; targets with `custom`; and a
 * key under a keyid that is not its hash, as its version 11 had one. */
static void a_repository_in_the_shape_of_sigstores_is_read_to_the_end(void **state)
{
    static const char *const version = "\"spec_version\":\"1.0\"";
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(EC);
    struct pst_repo *repo = scene->repo;
    const struct pst_repo_key *five[5];
    (void)state;
    for (size_t i = 0; i < PST_COUNT(five); i++)
        five[i] = tuf_key_with(scene, tuf_key(scene, EC), "{\"keytype\"",
                               "{\"keyid_hash_algorithms\":[\"sha256\",\"sha512\"],"
                               "\"x-tuf-on-ci-keyowner\":\"@one-of-five\",\"keytype\"");
    name_wrongly(&scene->key[1]); /* five[0] */
    go_online(scene);
    struct pst_repo_role *const shared[] = {&repo->root, &repo->targets};
    for (size_t i = 0; i < PST_COUNT(shared); i++) {
        pst_repo_let(&repo->root.rule[shared[i]->kind], 3, five, 5);
        pst_repo_sign_with(shared[i], (const struct pst_repo_key *[]){five[0], five[3], five[4]},
                           3);
        shared[i]->extra[0] = (struct pst_envelope_new_signature){five[1]->id, ""};
        shared[i]->extra[1] = (struct pst_envelope_new_signature){five[2]->id, ""};
        shared[i]->extra_count = 2;
    }
    struct pst_repo_role *role =
        pst_repo_delegate(repo, &repo->targets, "registry.npmjs.org", &repo->key[PST_ROLE_TARGETS],
                          "registry.npmjs.org/*", true);
    tuf_add_target(scene, role, "registry.npmjs.org/keys.json", "keys-of-the-registry");
    tuf_add_target(scene, &repo->targets, "artifact.pub", "a-public-part");
    tuf_add_target(scene, &repo->targets, "trusted_root.json", "a-trusted-root");
    pst_repo_edit(&repo->targets, "\"artifact.pub\":{",
                  "\"artifact.pub\":{\"custom\":{\"sigstore\":{\"status\":\"Active\","
                  "\"uri\":\"https://rekor.example/\",\"usage\":\"Unknown\"}},");

    struct pst_repo_role *const all[] = {&repo->root, &repo->targets, role, &repo->snapshot,
                                         &repo->timestamp};
    for (size_t i = 0; i < PST_COUNT(all); i++)
        print_as_tuf_on_ci(all[i], version);
    add_periods(&repo->root, "\"version\":12}");
    repo->root.version = 11;
    repo->targets.version = 10;
    repo->snapshot.version = 158;
    repo->timestamp.version = 246;
    role->version = 4;
    tuf_publish(scene, "root registry.npmjs.org targets snapshot timestamp");
    assert_int_equal(tuf_init(scene, pst_repo_bytes(&repo->root), NULL), PST_OK);
    download_and_check(scene, "trusted_root.json registry.npmjs.org/keys.json",
                       "13.root timestamp 159.snapshot 11.targets",
                       "registry.npmjs.org=5 root=12 snapshot=159 targets=11 timestamp=247",
                       "registry.npmjs.org/keys.json=keys-of-the-registry "
                       "trusted_root.json=a-trusted-root");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repository_in_the_shape_of_tuf_on_ci_is_read_to_the_end),
        cmocka_unit_test(a_repository_in_the_shape_of_sigstores_is_read_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
