/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "keys/ceremony_draft.h"
#include "manifests/envelope.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"
#include "tests/support/scratch.h"

#define NOW PST_REPO_NOW
#define DAY PST_REPO_DAY

enum { ROOTS = 3, PATH_ROOM = 512 };

/* A folder with public key files, and the private halves at hand. */
struct scene {
    struct pst_scratch scratch;
    struct pst_repo_key root[ROOTS], targets, snapshot, product, stranger;
};

static void path_of(const struct scene *scene, const char *name, char out[PATH_ROOM])
{
    pst_scratch_path(&scene->scratch, name, out, PATH_ROOM);
}

static void put(const struct scene *scene, const char *name, struct pst_bytes content)
{
    char path[PATH_ROOM];
    path_of(scene, name, path);
    assert_int_equal(pst_file_replace(path, content, 0600, NULL), PST_OK);
}

static void put_key(const struct scene *scene, const char *name, const struct pst_repo_key *key)
{
    put(scene, name, pst_buf_bytes(&key->object));
}

static struct pst_buf get(const struct scene *scene, const char *name)
{
    struct pst_buf content = pst_buf(1u << 20);
    char path[PATH_ROOM];
    path_of(scene, name, path);
    assert_int_equal(pst_file_read(path, &content, NULL), PST_OK);
    return content;
}

static struct scene open_scene(void)
{
    struct scene scene = {.scratch = pst_scratch()};
    char name[16];

    for (size_t i = 0; i < ROOTS; i++) {
        scene.root[i] = pst_repo_key("ed25519");
        snprintf(name, sizeof name, "root-%zu", i);
        put_key(&scene, name, &scene.root[i]);
    }
    scene.targets = pst_repo_key("ecdsa-sha2-nistp256");
    scene.snapshot = pst_repo_key("ed25519");
    scene.product = pst_repo_key("ed25519");
    scene.stranger = pst_repo_key("ed25519");
    put_key(&scene, "targets", &scene.targets);
    put_key(&scene, "snapshot", &scene.snapshot);
    put_key(&scene, "product", &scene.product);
    put_key(&scene, "stranger", &scene.stranger);
    return scene;
}

static void scene_cleanup(struct scene *scene)
{
    for (size_t i = 0; i < ROOTS; i++)
        pst_repo_key_cleanup(&scene->root[i]);
    pst_repo_key_cleanup(&scene->targets);
    pst_repo_key_cleanup(&scene->snapshot);
    pst_repo_key_cleanup(&scene->product);
    pst_repo_key_cleanup(&scene->stranger);
    pst_scratch_cleanup(&scene->scratch);
}

static enum pst_code add(const struct scene *scene, struct pst_ceremony_draft *draft,
                         const char *role, const char *key, struct pst_report *why)
{
    char path[PATH_ROOM];
    path_of(scene, key, path);
    return pst_ceremony_draft_add_key(draft, pst_ceremony_draft_rule(draft, role), path, why);
}

static struct pst_ceremony_draft *new_root(const struct scene *scene)
{
    static const char *const keys[][2] = {
        {"root", "root-0"},     {"root", "root-1"},       {"root", "root-2"},
        {"targets", "targets"}, {"snapshot", "snapshot"}, {"timestamp", "snapshot"},
    };
    struct pst_ceremony_draft *draft = NULL;

    assert_int_equal(pst_ceremony_draft_new(PST_ROLE_ROOT, NULL, &draft, NULL), PST_OK);
    draft->version = 1;
    draft->expires_s = NOW + 365 * DAY;
    for (size_t i = 0; i < PST_COUNT(keys); i++)
        assert_int_equal(add(scene, draft, keys[i][0], keys[i][1], NULL), PST_OK);
    pst_ceremony_draft_rule(draft, "root")->threshold = 2;
    return draft;
}

static enum pst_code write_at(const struct scene *scene, const struct pst_ceremony_draft *draft,
                              const char *name, int64_t now_s, struct pst_report *why)
{
    char path[PATH_ROOM];
    path_of(scene, name, path);
    return pst_ceremony_draft_write(draft, NULL, path, now_s, why);
}

static enum pst_code sign_at(const struct scene *scene, const char *name,
                             const struct pst_repo_key *key, int64_t now_s,
                             struct pst_ceremony_file *after, struct pst_report *why)
{
    char path[PATH_ROOM];
    path_of(scene, name, path);
    const struct pst_ceremony_place place = {.path = path, .now_s = now_s};
    const struct pst_ceremony_signer signer = {"the key", key->private};
    return pst_ceremony_sign_file(&place, &signer, 1, after, why);
}

static void sign(const struct scene *scene, const char *name, const struct pst_repo_key *key)
{
    struct pst_report why = {0};
    enum pst_code rc = sign_at(scene, name, key, NOW, NULL, &why);
    if (rc != PST_OK)
        fail_msg("signing %s: %s, %s: expected %s, found %s", name, pst_code_name(rc),
                 why.finding[0].where, why.finding[0].expected, why.finding[0].found);
}

static enum pst_code check_at(const struct scene *scene, const char *name, int64_t now_s,
                              struct pst_report *why)
{
    char path[PATH_ROOM];
    path_of(scene, name, path);
    const struct pst_ceremony_place place = {.path = path, .now_s = now_s};
    return pst_ceremony_check_file(&place, why);
}

static void sign_root_1(const struct scene *scene)
{
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = new_root(scene);
    assert_int_equal(write_at(scene, draft, "1.root.json", NOW, NULL), PST_OK);
    sign(scene, "1.root.json", &scene->root[0]);
    sign(scene, "1.root.json", &scene->root[1]);
}

/* targets.json with the product pos-a; unsigned. */
static void draft_targets(const struct scene *scene)
{
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = NULL;
    struct pst_ceremony_draft_rule *rule = NULL;

    assert_int_equal(pst_ceremony_draft_new(PST_ROLE_TARGETS, NULL, &draft, NULL), PST_OK);
    draft->version = 1;
    draft->expires_s = NOW + 100 * DAY;
    assert_int_equal(pst_ceremony_draft_delegate(draft, "pos-a", "pos-a/*/*", &rule, NULL), PST_OK);
    assert_int_equal(add(scene, draft, "pos-a", "product", NULL), PST_OK);
    assert_int_equal(write_at(scene, draft, "targets.json", NOW, NULL), PST_OK);
}

static void put_product(const struct scene *scene, const char *target)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(65536), file = pst_buf(65536);
    const struct pst_role_draft_file listed = {.name = target, .length_bytes = 4};
    const struct pst_role_draft draft = {.kind = PST_ROLE_TARGETS,
                                         .version = 1,
                                         .expires_s = NOW + 50 * DAY,
                                         .file = &listed,
                                         .file_count = 1};

    assert_int_equal(pst_role_print(&draft, &body, NULL), PST_OK);
    assert_int_equal(pst_envelope_print(pst_buf_bytes(&body), NULL, 0, &file, NULL), PST_OK);
    put(scene, "pos-a.json", pst_buf_bytes(&file));
}

static void a_root_counts_once_enough_of_its_keys_have_signed(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = new_root(&scene);
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file one = {0}, two = {0};
    struct pst_report why = {0};
    (void)state;

    assert_int_equal(write_at(&scene, draft, "1.root.json", NOW, NULL), PST_OK);
    assert_int_equal(check_at(&scene, "1.root.json", NOW, &why), PST_SIGNATURE_MISSING);
    assert_int_equal(sign_at(&scene, "1.root.json", &scene.root[0], NOW, &one, NULL), PST_OK);
    assert_int_equal(one.rule_count, 1);
    assert_int_equal(one.rule[0].wanted, 2);
    assert_int_equal(one.rule[0].counted, 1);
    assert_int_equal(check_at(&scene, "1.root.json", NOW, NULL), PST_SIGNATURE_THRESHOLD);
    assert_int_equal(sign_at(&scene, "1.root.json", &scene.root[2], NOW, &two, NULL), PST_OK);
    assert_int_equal(two.rule[0].counted, 2);
    assert_int_equal(check_at(&scene, "1.root.json", NOW, NULL), PST_OK);
    assert_int_equal(check_at(&scene, "1.root.json", NOW + 400 * DAY, NULL), PST_METADATA_EXPIRED);
}

static void signing_again_replaces_the_signature(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file after = {0};
    (void)state;

    sign_root_1(&scene);
    assert_int_equal(sign_at(&scene, "1.root.json", &scene.root[1], NOW, &after, NULL), PST_OK);
    assert_int_equal(after.role->envelope->signature_count, 2);
    assert_int_equal(after.rule[0].counted, 2);
}

struct refused_key {
    const char *name;
    size_t which; /* 0: targets, 1: stranger, 2: of another window */
    int64_t from_s, until_s;
    enum pst_code expect;
};

static void a_key_that_may_not_sign_is_refused_and_the_file_stays_as_it_was(void **state)
{
    static const struct refused_key cases[] = {
        {"of another role", 0, 0, 1, PST_KEY_WRONG_ROLE},
        {"of no role", 1, 0, 1, PST_KEY_UNKNOWN},
        {"not yet valid", 2, NOW + DAY, NOW + 9 * DAY, PST_KEY_NOT_YET_VALID},
        {"expired since it was drafted", 2, NOW - 9 * DAY, NOW - DAY, PST_KEY_EXPIRED},
    };
    (void)state;

    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
        PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = new_root(&scene);
        struct pst_repo_key other =
            pst_repo_key_between("ed25519", cases[i].from_s, cases[i].until_s);
        const struct pst_repo_key *const keys[] = {&scene.targets, &scene.stranger, &other};
        struct pst_report why = {0};

        if (cases[i].which == 2) {
            put_key(&scene, "other", &other);
            assert_int_equal(add(&scene, draft, "root", "other", NULL), PST_OK);
        }
        assert_int_equal(write_at(&scene, draft, "1.root.json", NOW, NULL), PST_OK);
        PST_CLEANUP(pst_buf) struct pst_buf before = get(&scene, "1.root.json");
        enum pst_code rc = sign_at(&scene, "1.root.json", keys[cases[i].which], NOW, NULL, &why);
        if (rc != cases[i].expect || !pst_report_has(&why, cases[i].expect))
            fail_msg("%s: %s, not %s", cases[i].name, pst_code_name(rc),
                     pst_code_name(cases[i].expect));
        assert_int_equal(why.count, 1);
        assert_int_equal(strncmp(why.finding[0].where, "the key", 7), 0);
        PST_CLEANUP(pst_buf) struct pst_buf after = get(&scene, "1.root.json");
        assert_true(pst_bytes_equal(pst_buf_bytes(&before), pst_buf_bytes(&after)));
        pst_repo_key_cleanup(&other);
    }
}

static void one_bad_key_among_several_stops_them_all(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = new_root(&scene);
    const struct pst_ceremony_signer signer[] = {{"good", scene.root[0].private},
                                                 {"wrong", scene.targets.private},
                                                 {"unknown", scene.stranger.private}};
    struct pst_report why = {0};
    char path[PATH_ROOM];
    (void)state;

    assert_int_equal(write_at(&scene, draft, "1.root.json", NOW, NULL), PST_OK);
    PST_CLEANUP(pst_buf) struct pst_buf before = get(&scene, "1.root.json");
    path_of(&scene, "1.root.json", path);
    const struct pst_ceremony_place place = {.path = path, .now_s = NOW};
    assert_int_equal(pst_ceremony_sign_file(&place, signer, PST_COUNT(signer), NULL, &why),
                     PST_KEY_WRONG_ROLE);
    assert_int_equal(why.count, 2); /* each is told, under its own name */
    assert_string_equal(why.finding[0].where, "wrong");
    assert_string_equal(why.finding[1].where, "unknown");
    PST_CLEANUP(pst_buf) struct pst_buf after = get(&scene, "1.root.json");
    assert_true(pst_bytes_equal(pst_buf_bytes(&before), pst_buf_bytes(&after)));
}

/* The last signed root's successor, ready to be changed. */
static struct pst_ceremony_draft *next_root(const struct scene *scene, struct pst_trust **trust)
{
    struct pst_ceremony_draft *draft = NULL;

    assert_int_equal(pst_ceremony_roots(scene->scratch.path, INT64_MAX, NOW, trust, NULL), PST_OK);
    const struct pst_role *root = pst_trust_role(*trust, PST_ROLE_ROOT);
    assert_int_equal(pst_ceremony_draft_new(PST_ROLE_ROOT, root, &draft, NULL), PST_OK);
    draft->version = root->version + 1;
    draft->expires_s = NOW + 365 * DAY;
    return draft;
}

static void a_new_root_needs_the_old_keys_and_its_own(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file after = {0};
    (void)state;

    sign_root_1(&scene);
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = next_root(&scene, &trust);
    struct pst_ceremony_draft_rule *rule = pst_ceremony_draft_rule(draft, "root");
    assert_int_equal(pst_ceremony_draft_remove_key(rule, scene.root[0].id, NULL), PST_OK);
    assert_int_equal(pst_ceremony_draft_remove_key(rule, scene.root[0].id, NULL), PST_KEY_UNKNOWN);
    assert_int_equal(add(&scene, draft, "root", "stranger", NULL), PST_OK);
    assert_int_equal(write_at(&scene, draft, "2.root.json", NOW, NULL), PST_OK);

    /* The new key alone, and one that stays: enough for the new root, not for the old one. */
    sign(&scene, "2.root.json", &scene.stranger);
    assert_int_equal(sign_at(&scene, "2.root.json", &scene.root[1], NOW, &after, NULL), PST_OK);
    assert_int_equal(after.rule_count, 2);
    assert_int_equal(after.rule[0].counted, 2);
    assert_int_equal(after.rule[1].counted, 1);
    assert_int_equal(check_at(&scene, "2.root.json", NOW, NULL), PST_SIGNATURE_THRESHOLD);
    /* The one that goes may still sign: it is the old root's. */
    sign(&scene, "2.root.json", &scene.root[0]);
    assert_int_equal(check_at(&scene, "2.root.json", NOW, NULL), PST_OK);
    assert_int_equal(check_at(&scene, "1.root.json", NOW, NULL), PST_OK);
}

static void a_root_is_not_signed_before_the_one_under_it(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    struct pst_report why = {0};
    (void)state;

    sign_root_1(&scene);
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = next_root(&scene, &trust);
    assert_int_equal(write_at(&scene, draft, "2.root.json", NOW, NULL), PST_OK);
    draft->version = 3;
    assert_int_equal(write_at(&scene, draft, "3.root.json", NOW, NULL), PST_OK);
    assert_int_equal(sign_at(&scene, "3.root.json", &scene.root[0], NOW, NULL, &why),
                     PST_METADATA_MISSING);
    assert_true(pst_report_has(&why, PST_SIGNATURE_MISSING)); /* noted: what 2.root.json lacks */
}

static void a_key_whose_window_was_renewed_signs_for_both_roots(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    struct pst_repo_key again = pst_repo_key_again(&scene.root[0], NOW + 700 * DAY);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file after = {0};
    (void)state;

    sign_root_1(&scene);
    put_key(&scene, "again", &again);
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = next_root(&scene, &trust);
    struct pst_ceremony_draft_rule *rule = pst_ceremony_draft_rule(draft, "root");
    assert_int_equal(add(&scene, draft, "root", "again", NULL), PST_OK);
    /* Both at once would be one person with two voices. */
    assert_int_equal(write_at(&scene, draft, "2.root.json", NOW, NULL), PST_INCONSISTENT);
    assert_int_equal(pst_ceremony_draft_remove_key(rule, scene.root[0].id, NULL), PST_OK);
    assert_int_equal(write_at(&scene, draft, "2.root.json", NOW, NULL), PST_OK);
    assert_int_equal(sign_at(&scene, "2.root.json", &scene.root[0], NOW, &after, NULL), PST_OK);
    assert_int_equal(after.rule[0].counted, 1);
    assert_int_equal(after.rule[1].counted, 1);
    assert_int_equal(after.role->envelope->signature_count, 2);
    pst_repo_key_cleanup(&again);
}

static void a_revoked_key_no_longer_signs_under_any_name(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    struct pst_report why = {0};
    (void)state;

    sign_root_1(&scene);
    draft_targets(&scene);
    sign(&scene, "targets.json", &scene.targets);
    put_product(&scene, "pos-a/1.0.0/manifest.json");
    sign(&scene, "pos-a.json", &scene.product);

    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = next_root(&scene, &trust);
    assert_int_equal(pst_ceremony_draft_revoke(draft, scene.product.id, NULL, "leaked", NOW, NULL),
                     PST_OK);
    assert_int_equal(pst_ceremony_draft_revoke(draft, scene.product.id, NULL, "leaked", NOW, NULL),
                     PST_INCONSISTENT);
    assert_int_equal(write_at(&scene, draft, "2.root.json", NOW, NULL), PST_OK);
    assert_int_equal(check_at(&scene, "pos-a.json", NOW, NULL),
                     PST_OK); /* a draft revokes nothing */
    sign(&scene, "2.root.json", &scene.root[0]);
    sign(&scene, "2.root.json", &scene.root[1]);
    assert_int_equal(sign_at(&scene, "pos-a.json", &scene.product, NOW, NULL, &why),
                     PST_KEY_REVOKED);
    assert_int_equal(check_at(&scene, "pos-a.json", NOW, NULL), PST_SIGNATURE_THRESHOLD);
}

static void a_retired_scheme_signs_until_its_day(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    struct pst_report why = {0};
    (void)state;

    sign_root_1(&scene);
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = next_root(&scene, &trust);
    assert_int_equal(pst_ceremony_draft_retire(draft, "ecdsa-sha2-nistp256", NOW + DAY, NULL),
                     PST_OK);
    assert_int_equal(write_at(&scene, draft, "2.root.json", NOW, NULL), PST_OK);
    sign(&scene, "2.root.json", &scene.root[0]);
    sign(&scene, "2.root.json", &scene.root[1]);
    draft_targets(&scene);
    sign(&scene, "targets.json", &scene.targets);
    assert_int_equal(sign_at(&scene, "targets.json", &scene.targets, NOW + DAY, NULL, &why),
                     PST_ALGORITHM_RETIRED);
}

static void only_signed_files_say_who_may_sign_others(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = new_root(&scene);
    (void)state;

    assert_int_equal(write_at(&scene, draft, "1.root.json", NOW, NULL), PST_OK);
    draft_targets(&scene);
    put_product(&scene, "pos-a/1.0.0/manifest.json");
    assert_int_equal(sign_at(&scene, "targets.json", &scene.targets, NOW, NULL, NULL),
                     PST_SIGNATURE_MISSING);
    sign(&scene, "1.root.json", &scene.root[0]);
    sign(&scene, "1.root.json", &scene.root[1]);
    assert_int_equal(sign_at(&scene, "pos-a.json", &scene.product, NOW, NULL, NULL),
                     PST_SIGNATURE_MISSING);
    sign(&scene, "targets.json", &scene.targets);
    assert_int_equal(sign_at(&scene, "pos-a.json", &scene.targets, NOW, NULL, NULL),
                     PST_KEY_WRONG_ROLE);
    sign(&scene, "pos-a.json", &scene.product);
    assert_int_equal(check_at(&scene, "pos-a.json", NOW, NULL), PST_OK);
    assert_int_equal(check_at(&scene, "pos-a.json", NOW + 60 * DAY, NULL), PST_METADATA_EXPIRED);
}

static void a_target_outside_the_products_paths_is_not_signed(void **state)
{
    static const char *const paths[] = {"pos-b/1.0.0/manifest.json", "pos-a/manifest.json",
                                        "pos-a/1.0.0/deep/os.img"};
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    (void)state;

    sign_root_1(&scene);
    draft_targets(&scene);
    sign(&scene, "targets.json", &scene.targets);
    for (size_t i = 0; i < PST_COUNT(paths); i++) {
        put_product(&scene, paths[i]);
        assert_int_equal(sign_at(&scene, "pos-a.json", &scene.product, NOW, NULL, NULL),
                         PST_INCONSISTENT);
    }
}

static const char weak_key[] =
    "{\"keytype\":\"rsa\",\"scheme\":\"rsassa-pss-sha256\",\"keyval\":{\"public\":\""
    "-----BEGIN PUBLIC KEY-----\\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAonEMlRGIdSjiwjSNjOca\\n"
    "wFxrlk2QUwMEj3CT8UAOOnCxgPfb6snTCLFJsYgCW6Ss6hxZkSq1z3WtWsZknYV6\\n"
    "JjFFnynrywPCAym0ogmHCQMcEPuUY47xWOnCVCmVtY3CPOVju7EYB7nwH46D5UR1\\n"
    "/XJ2rz4xtJUcPwYN1xFuMhZxWN9fYmAg8Dh2EuZJUrHLyTc06imRbrNVJSiVi7E1\\n"
    "0ehJUC6g/rthwVjaW+mgmGo042U0d3HjaMNdRlJyM4scHwAmX2rRxDo8B1sVIKrt\\n"
    "J33z5MU0anI93YJar5sbZNkP4cOkM9H3RX6Kbuch1hL9IqZSxqdFRkU5ACf8Bpn0\\n"
    "iQIDAQAB\\n"
    "-----END PUBLIC KEY-----\\n"
    "\"}}";

static void a_draft_that_should_not_be_signed_is_not_written(void **state)
{
    static const struct {
        const char *name, *role, *key;
        int64_t threshold, expires_s;
        enum pst_code expect;
    } cases[] = {
        {"an online key in an offline role", "root", "snapshot", 2, NOW + DAY, PST_KEY_WRONG_ROLE},
        {"an offline key in an online role", "timestamp", "root-1", 2, NOW + DAY,
         PST_KEY_WRONG_ROLE},
        {"a threshold above the number of keys", "root", "stranger", 5, NOW + DAY,
         PST_OUT_OF_BOUNDS},
        {"a key that has expired does not help a threshold", "root", "expired", 4, NOW + DAY,
         PST_OUT_OF_BOUNDS},
        {"a file that has expired", "root", "stranger", 2, NOW, PST_METADATA_EXPIRED},
        {"a weak key", "root", "weak", 2, NOW + DAY, PST_KEY_WEAK},
    };
    (void)state;

    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
        struct pst_repo_key expired = pst_repo_key_between("ed25519", NOW - 2 * DAY, NOW - DAY);
        PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = new_root(&scene);
        struct pst_report why = {0};
        char path[PATH_ROOM];
        struct stat facts;

        put_key(&scene, "expired", &expired);
        put(&scene, "weak", pst_bytes(weak_key, sizeof weak_key - 1));
        assert_int_equal(add(&scene, draft, cases[i].role, cases[i].key, NULL), PST_OK);
        pst_ceremony_draft_rule(draft, "root")->threshold = cases[i].threshold;
        draft->expires_s = cases[i].expires_s;
        enum pst_code rc = write_at(&scene, draft, "1.root.json", NOW, &why);
        if (rc != cases[i].expect)
            fail_msg("%s: %s, not %s", cases[i].name, pst_code_name(rc),
                     pst_code_name(cases[i].expect));
        path_of(&scene, "1.root.json", path);
        assert_int_not_equal(stat(path, &facts), 0);
        pst_repo_key_cleanup(&expired);
    }
}

static void a_public_key_file_must_be_what_it_says(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0}, again = {0}, refused = {0};
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(65536);
    (void)state;

    assert_int_equal(pst_ceremony_key_parse(pst_buf_bytes(&scene.targets.object), &key, NULL),
                     PST_OK);
    assert_string_equal(key.id, scene.targets.id);
    assert_int_equal(pst_ceremony_key_print(&key, &file, NULL), PST_OK);
    assert_int_equal(pst_ceremony_key_parse(pst_buf_bytes(&file), &again, NULL), PST_OK);
    assert_true(pst_ceremony_key_same(&key, &again));
    file.at[strlen("{\"keyid\":\"")] ^= 1; /* the first digit: another, or no digit at all */
    assert_int_equal(pst_ceremony_key_parse(pst_buf_bytes(&file), &refused, NULL),
                     PST_KEY_ID_MISMATCH);
    assert_int_equal(pst_ceremony_key_parse(pst_bytes("[]", 2), &refused, NULL), PST_WRONG_TYPE);
    assert_int_equal(pst_ceremony_key_parse(pst_bytes("{}", 2), &refused, NULL), PST_MISSING_FIELD);
    assert_int_equal(pst_ceremony_key_parse(pst_bytes("{", 1), &refused, NULL), PST_BAD_SYNTAX);
}

static void a_passphrase_file_is_one_line_for_our_eyes_only(void **state)
{
    static const struct {
        const char *content;
        unsigned mode;
        bool is_new;
        enum pst_code expect;
    } cases[] = {
        {"correct horse", 0600, true, PST_OK},
        {"correct horse\n", 0400, true, PST_OK},
        {"short", 0600, false, PST_OK},
        {"short", 0600, true, PST_KEY_LOCKED},
        {"", 0600, false, PST_KEY_LOCKED},
        {"\n", 0600, false, PST_KEY_LOCKED},
        {"two\nlines\n", 0600, false, PST_KEY_LOCKED},
        {"correct horse", 0644, false, PST_HOST_PERMISSION},
        {"correct horse", 0620, false, PST_HOST_PERMISSION},
    };
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    char path[PATH_ROOM];
    (void)state;

    path_of(&scene, "passphrase", path);
    const struct pst_passphrase_source source = {.file = path};
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_secret) struct pst_secret secret = {0};
        assert_int_equal(
            pst_file_replace(path, pst_bytes_of(pst_text(cases[i].content)), cases[i].mode, NULL),
            PST_OK);
        assert_int_equal(pst_passphrase_read(&source, "a key", cases[i].is_new, &secret, NULL),
                         cases[i].expect);
        if (cases[i].expect == PST_OK)
            assert_int_equal(secret.len, strcspn(cases[i].content, "\n"));
        else
            assert_int_equal(secret.len, 0);
    }
    const struct pst_passphrase_source nobody = {.never_ask = true};
    struct pst_secret none = {0};
    assert_int_equal(pst_passphrase_read(&nobody, "a key", false, &none, NULL), PST_KEY_LOCKED);
}

static void an_encrypted_key_asks_and_a_plain_one_does_not(void **state)
{
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    const struct pst_secret passphrase = {.len = 8, .at = "12345678"};
    const struct pst_passphrase_source nobody = {.never_ask = true};
    char plain[PATH_ROOM], sealed[PATH_ROOM], file[PATH_ROOM];
    (void)state;

    path_of(&scene, "plain.key", plain);
    path_of(&scene, "sealed.key", sealed);
    path_of(&scene, "passphrase", file);
    assert_int_equal(pst_private_key_write(scene.root[0].private, plain, NULL, NULL), PST_OK);
    assert_int_equal(pst_private_key_write(scene.root[0].private, sealed, &passphrase, NULL),
                     PST_OK);
    put(&scene, "passphrase", pst_bytes("12345678\n", 9));
    const struct pst_passphrase_source from_file = {.file = file};
    PST_CLEANUP(pst_private_key) struct pst_private_key *one = NULL;
    PST_CLEANUP(pst_private_key) struct pst_private_key *two = NULL;
    assert_int_equal(pst_ceremony_load_private(plain, &nobody, &one, NULL), PST_OK);
    assert_int_equal(pst_ceremony_load_private(sealed, &from_file, &two, NULL), PST_OK);
    struct pst_private_key *none = NULL;
    assert_int_equal(pst_ceremony_load_private(sealed, &nobody, &none, NULL), PST_KEY_LOCKED);
    put(&scene, "passphrase", pst_bytes("87654321\n", 9));
    assert_int_equal(pst_ceremony_load_private(sealed, &from_file, &none, NULL), PST_KEY_LOCKED);
    assert_null(none);
}

static void what_is_no_role_file_is_neither_signed_nor_changed(void **state)
{
    static const struct {
        const char *name, *content;
        enum pst_code expect;
    } cases[] = {
        {"1.root.json", "", PST_BAD_SYNTAX},
        {"1.root.json", "{\"signed\":", PST_BAD_SYNTAX},
        {"1.root.json", "{\"signatures\":[],\"signed\":{\"_type\":\"targets\"}}",
         PST_METADATA_WRONG_ROLE},
        {"targets.json", "{\"signatures\":[],\"signed\":{}}", PST_MISSING_FIELD},
        {"pos-a.json", "{\"signatures\":{},\"signed\":[]}", PST_WRONG_TYPE},
        {"pos-a.json", "{\"signed\":\"\xff\"}", PST_BAD_ENCODING},
    };
    __attribute__((cleanup(scene_cleanup))) struct scene scene = open_scene();
    (void)state;

    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        put(&scene, cases[i].name, pst_bytes_of(pst_text(cases[i].content)));
        enum pst_code rc = sign_at(&scene, cases[i].name, &scene.root[0], NOW, NULL, NULL);
        if (rc != cases[i].expect)
            fail_msg("%s: %s, not %s", cases[i].content, pst_code_name(rc),
                     pst_code_name(cases[i].expect));
        PST_CLEANUP(pst_buf) struct pst_buf after = get(&scene, cases[i].name);
        assert_true(pst_text_is(pst_buf_text(&after), cases[i].content));
    }
    sign_root_1(&scene);
    PST_CLEANUP(pst_buf) struct pst_buf root = get(&scene, "1.root.json");
    put(&scene, "2.root.json", pst_buf_bytes(&root)); /* a copy under the next name */
    assert_int_equal(sign_at(&scene, "2.root.json", &scene.root[0], NOW, NULL, NULL),
                     PST_METADATA_WRONG_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_counts_once_enough_of_its_keys_have_signed),
        cmocka_unit_test(signing_again_replaces_the_signature),
        cmocka_unit_test(a_key_that_may_not_sign_is_refused_and_the_file_stays_as_it_was),
        cmocka_unit_test(one_bad_key_among_several_stops_them_all),
        cmocka_unit_test(a_new_root_needs_the_old_keys_and_its_own),
        cmocka_unit_test(a_root_is_not_signed_before_the_one_under_it),
        cmocka_unit_test(a_key_whose_window_was_renewed_signs_for_both_roots),
        cmocka_unit_test(a_revoked_key_no_longer_signs_under_any_name),
        cmocka_unit_test(a_retired_scheme_signs_until_its_day),
        cmocka_unit_test(only_signed_files_say_who_may_sign_others),
        cmocka_unit_test(a_target_outside_the_products_paths_is_not_signed),
        cmocka_unit_test(a_draft_that_should_not_be_signed_is_not_written),
        cmocka_unit_test(a_public_key_file_must_be_what_it_says),
        cmocka_unit_test(a_passphrase_file_is_one_line_for_our_eyes_only),
        cmocka_unit_test(an_encrypted_key_asks_and_a_plain_one_does_not),
        cmocka_unit_test(what_is_no_role_file_is_neither_signed_nor_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
