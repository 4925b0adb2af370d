/* SPDX-License-Identifier: Apache-2.0 */
/* Expired files of the server's and of the client's own, and clocks that go on. */
#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define ALL  "root targets snapshot timestamp"
#define ONES "root=1 snapshot=1 targets=1 timestamp=1"

static void expire(struct tuf_scene *scene, const char *name, const char *publish)
{
    tuf_settle(scene);
    tuf_role(scene, name)->expires_s = PST_REPO_NOW - 5 * PST_REPO_DAY;
    tuf_publish(scene, publish);
}

static void expired_root(struct tuf_scene *scene)
{
    tuf_settle(scene);
    tuf_publish(scene, "root");
    expire(scene, "root", ALL);
}

static void expired_timestamp(struct tuf_scene *scene)
{
    expire(scene, "timestamp", "timestamp");
}

static void expired_snapshot(struct tuf_scene *scene)
{
    expire(scene, "snapshot", "snapshot timestamp");
}

static void expired_targets(struct tuf_scene *scene)
{
    expire(scene, "targets", "targets snapshot timestamp");
}

static void expired_local_root(struct tuf_scene *scene)
{
    scene->repo->root.expires_s = PST_REPO_NOW + 7 * PST_REPO_DAY;
    tuf_publish(scene, "root");
    tuf_settle(scene);
    scene->repo->root.expires_s = PST_REPO_NOW + 21 * PST_REPO_DAY;
    tuf_publish(scene, "root");
    scene->now_s = PST_REPO_NOW + 18 * PST_REPO_DAY;
}

static void expired_local_timestamp(struct tuf_scene *scene)
{
    scene->repo->timestamp.expires_s = PST_REPO_NOW + 7 * PST_REPO_DAY;
    tuf_publish(scene, "timestamp");
    tuf_settle(scene);
    scene->repo->timestamp.expires_s = PST_REPO_NOW + 21 * PST_REPO_DAY;
    tuf_publish(scene, "targets snapshot timestamp");
    scene->now_s = PST_REPO_NOW + 18 * PST_REPO_DAY;
}

/* It is of no use any more, and still says how old the next one must not be. */
static void older_than_the_expired_timestamp(struct tuf_scene *scene)
{
    expired_local_timestamp(scene);
    scene->repo->timestamp.version = 0;
    tuf_publish(scene, "timestamp");
}

static void older_than_what_the_expired_snapshot_lists(struct tuf_scene *scene)
{
    scene->repo->snapshot.expires_s = PST_REPO_NOW + 7 * PST_REPO_DAY;
    tuf_publish(scene, "targets snapshot timestamp");
    tuf_settle(scene);
    scene->repo->snapshot.expires_s = PST_REPO_NOW + 21 * PST_REPO_DAY;
    scene->repo->targets.version = 0;
    tuf_publish(scene, "targets snapshot timestamp");
    scene->now_s = PST_REPO_NOW + 18 * PST_REPO_DAY;
}

/* Everything ran out while the terminal slept, its own root as well; the server went on. */
static void all_local_files_expired(struct tuf_scene *scene)
{
    static const char *const names[] = {"root", "timestamp", "snapshot", "targets"};
    tuf_settle(scene);
    for (size_t i = 0; i < PST_COUNT(names); i++)
        tuf_role(scene, names[i])->expires_s = PST_REPO_NOW + 400 * PST_REPO_DAY;
    tuf_publish(scene, ALL);
    scene->now_s = PST_REPO_NOW + 365 * PST_REPO_DAY;
}

/* clang-format off */
static const struct tuf_case cases[] = {
    {"an expired root is kept, and nothing after it", expired_root, NULL, PST_METADATA_EXPIRED, "/root", "3.root 4.root", "root=3 snapshot=1 targets=1 timestamp=1", NULL},
    {"an expired timestamp is not kept",  expired_timestamp, NULL, PST_METADATA_EXPIRED, "/timestamp", "2.root timestamp", ONES, NULL},
    {"an expired snapshot is not kept",   expired_snapshot,  NULL, PST_METADATA_EXPIRED, "/snapshot", "2.root timestamp 2.snapshot", "root=1 snapshot=1 targets=1 timestamp=2", NULL},
    {"expired targets are not kept",      expired_targets,   NULL, PST_METADATA_EXPIRED, "/targets", "2.root timestamp 2.snapshot 2.targets", "root=1 snapshot=2 targets=1 timestamp=2", NULL},
    {"an expired local root leads on",    expired_local_root, NULL, PST_OK, NULL, "3.root 4.root timestamp", "root=3 snapshot=1 targets=1 timestamp=1", NULL},
    {"an expired local timestamp is followed", expired_local_timestamp, NULL, PST_OK, NULL, "2.root timestamp 2.snapshot 2.targets", "root=1 snapshot=2 targets=2 timestamp=3", NULL},
    /* beyond the suite */
    {"an expired local timestamp is a floor", older_than_the_expired_timestamp, NULL, PST_METADATA_ROLLBACK, "/timestamp", "2.root timestamp", "root=1 snapshot=1 targets=1 timestamp=2", NULL},
    {"an expired local snapshot is a floor", older_than_what_the_expired_snapshot_lists, NULL, PST_METADATA_ROLLBACK, "/snapshot/targets.json", "2.root timestamp 3.snapshot", "root=1 snapshot=2 targets=2 timestamp=3", NULL},
    {"all local files expired",           all_local_files_expired, NULL, PST_OK, NULL, "2.root 3.root timestamp 2.snapshot 2.targets", "root=2 snapshot=2 targets=2 timestamp=2", NULL},
};
/* clang-format on */

static void expiry_stops_what_is_new_and_not_the_way_to_it(void **state)
{
    (void)state;
    tuf_run_cases(cases, PST_COUNT(cases), "ed25519");
}

/* Expired is what says so at this second or before; then a newer one ends it. */
static void a_terminal_stuck_at_an_expired_file_goes_on_when_there_is_a_new_one(void **state)
{
    static const char *const names[] = {"root", "timestamp", "snapshot", "targets"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
        struct pst_repo_role *role = tuf_role(scene, names[i]);
        struct pst_report why;
        tuf_settle(scene);
        role->expires_s = PST_REPO_NOW;
        tuf_publish(scene, ALL);
        assert_int_equal(tuf_refresh(scene, &why), PST_METADATA_EXPIRED);
        tuf_check_why(names[i], &why, PST_METADATA_EXPIRED, names[i]);
        scene->now_s--;
        tuf_settle(scene);
        scene->now_s++;
        role->expires_s = PST_REPO_NOW + 1;
        tuf_publish(scene, ALL);
        tuf_settle(scene);
        tuf_check(scene, names[i], NULL, "root=3 snapshot=3 targets=3 timestamp=3");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expiry_stops_what_is_new_and_not_the_way_to_it),
        cmocka_unit_test(a_terminal_stuck_at_an_expired_file_goes_on_when_there_is_a_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
