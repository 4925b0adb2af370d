/* SPDX-License-Identifier: Apache-2.0 */
/* New keys and thresholds, root by root and role by role: which chains are followed and how far. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define ED "ed25519"
enum { KEYS = 10, ROOTS_MOST = 4 };

/* Keys by their digits: who may sign, how many must, who does. */
struct signers {
    const char *keys;
    int threshold;
    const char *by;
};

static void set(struct tuf_scene *scene, enum pst_role_kind kind, const struct signers *signers)
{
    const struct pst_repo_key *may[PST_REPO_SIGNERS], *does[PST_REPO_SIGNERS];
    size_t may_count = strlen(signers->keys), does_count = strlen(signers->by);
    for (size_t i = 0; i < may_count; i++)
        may[i] = &scene->key[signers->keys[i] - '0'];
    for (size_t i = 0; i < does_count; i++)
        does[i] = &scene->key[signers->by[i] - '0'];
    tuf_let(scene, kind, signers->threshold, may, may_count);
    pst_repo_sign_with(tuf_role(scene, pst_role_kind_name(kind)), does, does_count);
}

static struct tuf_scene *scene_with_keys(void)
{
    struct tuf_scene *scene = tuf_scene(ED);
    for (int i = 0; i < KEYS; i++)
        (void)tuf_key(scene, ED);
    return scene;
}

/* ---- roots ----------------------------------------------------------------------------------- */

struct root_case {
    const char *name;
    struct signers root[ROOTS_MOST]; /* version 1 and on */
    const char *missed;              /* of the last one: whose threshold; NULL: it is taken */
};

/* clang-format off */
static const struct root_case roots[] = {
    {"1 of 1, another key", {{"1", 1, "1"}, {"2", 1, "21"}, {"2", 1, "2"}}, NULL},
    {"1 of 1, another key, and signatures of strangers", {{"1", 1, "314"}, {"2", 1, "3214"}, {"2", 1, "324"}}, NULL},
    {"3 of 5, by others each time", {{"01234", 3, "024"}, {"01234", 3, "041"}, {"01234", 3, "013"}, {"01234", 3, "013"}}, NULL},
    {"3 of 5, one key replaced", {{"01234", 3, "024"}, {"01345", 3, "041"}}, NULL},
    {"3 of 5, one key replaced over one root more", {{"01234", 3, "024"}, {"01345", 3, "0245"}, {"01345", 3, "045"}}, NULL},
    {"3 of 5, all keys replaced over one root more", {{"01234", 3, "024"}, {"56789", 3, "024567"}, {"56789", 3, "567"}}, NULL},
    {"1 of 3 becomes 2 of 3", {{"123", 1, "1"}, {"123", 2, "12"}}, NULL},
    {"2 of 3 becomes 1 of 3", {{"123", 2, "12"}, {"123", 1, "12"}, {"123", 1, "1"}}, NULL},
    {"1 of 1 becomes 2 of 2", {{"1", 1, "1"}, {"12", 2, "12"}}, NULL},
    {"not by the old key", {{"1", 1, "1"}, {"2", 1, "234"}}, "1 keys"},
    {"not by the new key", {{"1", 1, "1"}, {"2", 1, "134"}}, "1 keys"},
    {"3 of 5, not by three of the new", {{"01234", 3, "024"}, {"01345", 3, "024"}}, "3 keys"},
    {"3 of 5, not by three of the old", {{"01234", 3, "024"}, {"01345", 3, "045"}}, "3 keys"},
    {"1 of 3 to 2 of 3, the new threshold is missed", {{"123", 1, "1"}, {"123", 2, "2"}}, "2 keys"},
    {"2 of 3 to 1 of 3, the old threshold is missed", {{"123", 2, "12"}, {"123", 1, "1"}}, "2 keys"},
};
/* clang-format on */

static size_t count_of(const struct root_case *one)
{
    size_t count = 0;
    while (count < ROOTS_MOST && one->root[count].keys != NULL)
        count++;
    return count;
}

/* Publishes version 1 and on, and trusts version 1. Versions behind the last one are not served. */
static void publish_roots(struct tuf_scene *scene, const struct root_case *one)
{
    scene->repo->root.version = 0;
    for (size_t i = 0; i < count_of(one); i++) {
        set(scene, PST_ROLE_ROOT, &one->root[i]);
        tuf_publish(scene, "root");
        if (i == 0)
            assert_int_equal(tuf_init(scene, pst_repo_bytes(&scene->repo->root), NULL), PST_OK);
    }
    tuf_publish(scene, "targets snapshot timestamp");
}

static void print_asked(const struct root_case *one, size_t count, char *out, size_t room)
{
    size_t len = 0, last = one->missed == NULL ? count + 1 : count;
    for (size_t version = 2; version <= last; version++)
        len +=
            (size_t)snprintf(out + len, room - len, "%s%zu.root", version > 2 ? " " : "", version);
    if (one->missed == NULL)
        snprintf(out + len, room - len, " timestamp 2.snapshot 2.targets");
}

static void each_chain_of_roots_is_followed_as_far_as_it_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(roots); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = scene_with_keys();
        const struct root_case *one = &roots[i];
        size_t count = count_of(one);
        char asked[128], kept[128];
        struct pst_report why;

        publish_roots(scene, one);
        enum pst_code rc = tuf_refresh(scene, &why);
        if (rc != (one->missed == NULL ? PST_OK : PST_SIGNATURE_THRESHOLD))
            fail_msg("%s: %s", one->name, pst_code_name(rc));
        if (one->missed != NULL) {
            tuf_check_why(one->name, &why, PST_SIGNATURE_THRESHOLD, "/root");
            bool told = false;
            for (size_t j = 0; j < why.count; j++)
                told = told || (why.finding[j].code == PST_SIGNATURE_THRESHOLD &&
                                strncmp(why.finding[j].expected, one->missed, 6) == 0);
            assert_true(told);
        }
        print_asked(one, count, asked, sizeof asked);
        snprintf(kept, sizeof kept,
                 one->missed == NULL ? "root=%zu snapshot=2 targets=2 timestamp=2" : "root=%zu",
                 one->missed == NULL ? count : count - 1);
        tuf_check(scene, one->name, asked, kept);
    }
}

/* ---- the other roles ------------------------------------------------------------------------- */

struct role_case {
    const char *name;
    struct signers signers;
    enum pst_code code;
};

/* clang-format off */
static const struct role_case roles[] = {
    {"another key", {"2", 1, "2"}, PST_OK},
    {"the key, and signatures of strangers", {"1", 1, "314"}, PST_OK},
    {"not by the new key", {"2", 1, "134"}, PST_SIGNATURE_THRESHOLD},
    {"3 of 5, one of the signers is no longer a key", {"01345", 3, "024"}, PST_SIGNATURE_THRESHOLD},
    {"3 of 5, by two", {"01345", 3, "04"}, PST_SIGNATURE_THRESHOLD},
    {"3 of 5, by the first, third and fifth", {"01234", 3, "024"}, PST_OK},
    {"3 of 5, by the first, fifth and second", {"01234", 3, "041"}, PST_OK},
    {"3 of 5, by the first, second and fourth", {"01234", 3, "013"}, PST_OK},
    {"3 of 5, by the three in the middle", {"01234", 3, "123"}, PST_OK},
    {"3 of 5, by the last three", {"01234", 3, "234"}, PST_OK},
};
/* clang-format on */

/* In one terminal one after the other, as in life; a role that cannot be signed stops it there. */
static void each_role_goes_by_its_new_keys_at_once(void **state)
{
    static const struct {
        enum pst_role_kind kind;
        const char *kept; /* where it was refused; the first round publishes version 2 of all */
    } turns[] = {
        {PST_ROLE_TIMESTAMP, "root=2"},
        {PST_ROLE_SNAPSHOT, "root=2 timestamp=2"},
        {PST_ROLE_TARGETS, "root=2 snapshot=2 timestamp=2"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(roles); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *together = scene_with_keys();
        for (size_t turn = 0; turn < PST_COUNT(turns); turn++) {
            PST_CLEANUP(tuf_scene) struct tuf_scene *alone = scene_with_keys();
            struct tuf_scene *scene = roles[i].code == PST_OK ? together : alone;
            const char *role = pst_role_kind_name(turns[turn].kind);
            char kept[128];
            struct pst_report why;
            set(scene, turns[turn].kind, &roles[i].signers);
            tuf_publish(scene, "root targets snapshot timestamp");
            enum pst_code rc = tuf_refresh(scene, &why);
            if (rc != roles[i].code)
                fail_msg("%s, %s: %s", role, roles[i].name, pst_code_name(rc));
            if (rc != PST_OK)
                tuf_check_why(roles[i].name, &why, rc, role);
            snprintf(kept, sizeof kept, "root=%zu snapshot=%zu targets=%zu timestamp=%zu", turn + 2,
                     turn + 2, turn + 2, turn + 2);
            tuf_check(scene, roles[i].name, NULL, rc == PST_OK ? kept : turns[turn].kept);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chain_of_roots_is_followed_as_far_as_it_holds),
        cmocka_unit_test(each_role_goes_by_its_new_keys_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
