/* SPDX-License-Identifier: Apache-2.0 */
/* Older files than were seen already; and the way back from numbers that were driven too high. */
#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define TWOS "root=1 snapshot=2 targets=2 timestamp=2"

static void older_timestamp(struct tuf_scene *scene)
{
    tuf_publish(scene, "timestamp");
    tuf_settle(scene);
    scene->repo->timestamp.version = 0;
    tuf_publish(scene, "timestamp");
}

static void older_snapshot(struct tuf_scene *scene)
{
    tuf_publish(scene, "snapshot timestamp");
    tuf_settle(scene);
    scene->repo->snapshot.version = 0;
    tuf_publish(scene, "snapshot timestamp");
}

static void older_targets(struct tuf_scene *scene)
{
    tuf_publish(scene, "targets snapshot timestamp");
    tuf_settle(scene);
    scene->repo->targets.version = 0;
    tuf_publish(scene, "targets snapshot timestamp");
}

static void with_hashes(struct tuf_scene *scene)
{
    scene->repo->snapshot.lists = PST_REPO_LENGTH | PST_REPO_SHA256;
    scene->repo->timestamp.lists = PST_REPO_LENGTH | PST_REPO_SHA256;
}

static void older_snapshot_with_hashes(struct tuf_scene *scene)
{
    with_hashes(scene);
    older_snapshot(scene);
}

static void older_targets_with_hashes(struct tuf_scene *scene)
{
    with_hashes(scene);
    older_targets(scene);
}

static void delegated_and_settled(struct tuf_scene *scene)
{
    pst_repo_delegate(scene->repo, &scene->repo->targets, "delegated",
                      &scene->repo->key[PST_ROLE_TARGETS], "delegatedpath/*", false)
        ->version = 0;
    tuf_publish(scene, "delegated targets snapshot timestamp");
    tuf_settle(scene);
}

static void unlist(struct pst_repo_role *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->file_count; i++)
        if (strcmp(snapshot->file[i].name, name) == 0) {
            snapshot->file[i] = snapshot->file[--snapshot->file_count];
            return;
        }
    fail_msg("%s is not listed", name);
}

static void role_is_gone(struct tuf_scene *scene)
{
    delegated_and_settled(scene);
    unlist(&scene->repo->snapshot, "delegated.json");
    tuf_publish(scene, "snapshot timestamp");
}

/* CVE-2025-2887: the floor holds for delegated roles as well. */
static void older_delegated_role(struct tuf_scene *scene)
{
    delegated_and_settled(scene);
    tuf_publish(scene, "delegated snapshot timestamp");
    tuf_settle(scene);
    pst_repo_role(scene->repo, "delegated")->version = 0;
    tuf_publish(scene, "delegated snapshot timestamp");
}

static void rotate(struct tuf_scene *scene, enum pst_role_kind kind)
{
    const struct pst_repo_key *key = tuf_key(scene, "ed25519");
    tuf_let(scene, kind, 1, &key, 1);
}

static void targets_too_high(struct tuf_scene *scene)
{
    scene->repo->targets.version = 99;
    delegated_and_settled(scene);
    tuf_check(scene, "too high", NULL, "root=1 snapshot=2 targets=100 timestamp=2");
    rotate(scene, PST_ROLE_SNAPSHOT);
    scene->repo->targets.version = 0;
    unlist(&scene->repo->snapshot, "delegated.json");
    scene->repo->targets.delegation_count = 0;
    tuf_publish(scene, "root targets snapshot timestamp");
}

static void snapshot_too_high(struct tuf_scene *scene)
{
    scene->repo->snapshot.version = 99;
    tuf_publish(scene, "snapshot timestamp");
    tuf_settle(scene);
    rotate(scene, PST_ROLE_SNAPSHOT);
    rotate(scene, PST_ROLE_TIMESTAMP);
    scene->repo->snapshot.version = 0;
    tuf_publish(scene, "root targets snapshot timestamp");
}

static void timestamp_too_high(struct tuf_scene *scene)
{
    scene->repo->timestamp.version = 99;
    tuf_publish(scene, "timestamp");
    tuf_settle(scene);
    rotate(scene, PST_ROLE_TIMESTAMP);
    scene->repo->timestamp.version = 0;
    tuf_publish(scene, "root timestamp");
}

/* The same without new keys is but the attack. */
static void timestamp_too_high_same_keys(struct tuf_scene *scene)
{
    scene->repo->timestamp.version = 99;
    tuf_publish(scene, "timestamp");
    tuf_settle(scene);
    scene->repo->timestamp.version = 0;
    tuf_publish(scene, "root timestamp");
}

/* What the timestamp says of the snapshot is a floor of its own: its key must go as well. */
static void snapshot_too_high_old_timestamp_key(struct tuf_scene *scene)
{
    scene->repo->snapshot.version = 99;
    tuf_publish(scene, "snapshot timestamp");
    tuf_settle(scene);
    rotate(scene, PST_ROLE_SNAPSHOT);
    scene->repo->snapshot.version = 0;
    tuf_publish(scene, "root targets snapshot timestamp");
}

/* clang-format off */
static const struct tuf_case cases[] = {
    {"an older timestamp",               older_timestamp, NULL, PST_METADATA_ROLLBACK, "/timestamp", "2.root timestamp", "root=1 snapshot=1 targets=1 timestamp=2", NULL},
    {"an older snapshot, whose timestamp is not kept either", older_snapshot, NULL, PST_METADATA_ROLLBACK, "/timestamp/snapshot.json", "2.root timestamp", "root=1 snapshot=2 targets=1 timestamp=2", NULL},
    {"an older snapshot, with hashes",   older_snapshot_with_hashes, NULL, PST_METADATA_ROLLBACK, "/timestamp/snapshot.json", "2.root timestamp", "root=1 snapshot=2 targets=1 timestamp=2", NULL},
    {"older targets",                    older_targets, NULL, PST_METADATA_ROLLBACK, "/snapshot/targets.json", "2.root timestamp 3.snapshot", "root=1 snapshot=2 targets=2 timestamp=3", NULL},
    {"older targets, with hashes",       older_targets_with_hashes, NULL, PST_METADATA_ROLLBACK, "/snapshot/targets.json", "2.root timestamp 3.snapshot", "root=1 snapshot=2 targets=2 timestamp=3", NULL},
    {"a role that is no longer listed",  role_is_gone, NULL, PST_METADATA_ROLLBACK, "/snapshot/delegated.json", "2.root timestamp 3.snapshot", "root=1 snapshot=2 targets=2 timestamp=3", NULL},
    {"targets 100 again from 1, by a new snapshot key", targets_too_high, NULL, PST_OK, NULL, "2.root 3.root timestamp 3.snapshot 1.targets", "root=2 snapshot=3 targets=1 timestamp=3", NULL},
    {"snapshot 100 again from 1, by new keys", snapshot_too_high, NULL, PST_OK, NULL, "2.root 3.root timestamp 1.snapshot 2.targets", "root=2 snapshot=1 targets=2 timestamp=3", NULL},
    {"timestamp 100 again from 1, by a new key", timestamp_too_high, NULL, PST_OK, NULL, "2.root 3.root timestamp", "root=2 snapshot=1 targets=1 timestamp=1", NULL},
    /* beyond the suite */
    {"an older delegated role",          older_delegated_role, NULL, PST_METADATA_ROLLBACK, "/snapshot/delegated.json", "2.root timestamp 4.snapshot", "root=1 snapshot=3 targets=2 timestamp=4", NULL},
    {"timestamp 100 again from 1, by the same key", timestamp_too_high_same_keys, NULL, PST_METADATA_ROLLBACK, "/timestamp", "2.root 3.root timestamp", "root=2 snapshot=1 targets=1 timestamp=100", NULL},
    {"snapshot 100 again from 1, by the old timestamp key", snapshot_too_high_old_timestamp_key, NULL, PST_METADATA_ROLLBACK, "/timestamp/snapshot.json", "2.root 3.root timestamp", "root=2 snapshot=100 targets=1 timestamp=2", NULL},
};
/* clang-format on */

static void nothing_older_is_taken_but_after_new_keys(void **state)
{
    (void)state;
    tuf_run_cases(cases, PST_COUNT(cases), "ed25519");
}

/* CVE-2022-29173, CVE-2025-2888: what was refused is not on the disk, so the next round is as good
 * as if nothing had been. */
static void a_refused_rollback_leaves_no_trace(void **state)
{
    static void (*const attacks[])(struct tuf_scene *) = {older_timestamp, older_snapshot,
                                                          older_targets};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(attacks); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene("ed25519");
        struct pst_report why;
        attacks[i](scene);
        assert_int_equal(tuf_refresh(scene, &why), PST_METADATA_ROLLBACK);
        assert_int_equal(tuf_refresh(scene, &why), PST_METADATA_ROLLBACK);
        scene->repo->targets.version = 8;
        scene->repo->snapshot.version = 8;
        scene->repo->timestamp.version = 8;
        tuf_publish(scene, "targets snapshot timestamp");
        tuf_settle(scene);
        tuf_check(scene, "after it", "2.root timestamp 9.snapshot 9.targets",
                  "root=1 snapshot=9 targets=9 timestamp=9");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_older_is_taken_but_after_new_keys),
        cmocka_unit_test(a_refused_rollback_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
