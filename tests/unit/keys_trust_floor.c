/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "keys/trust.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

/* What is on a terminal's disk, version 5 of everything; the repository goes on from there. */
struct world {
    struct pst_repo *repo;
    struct pst_repo_key other[4]; /* new keys, by enum pst_role_kind */
    struct pst_buf local[4];
};

static void keep(struct world *world)
{
    const struct pst_repo_role *roles[] = {&world->repo->root, &world->repo->timestamp,
                                           &world->repo->snapshot, &world->repo->targets};
    for (size_t i = 0; i < PST_COUNT(roles); i++) {
        pst_buf_clear(&world->local[i]);
        world->local[i] = pst_buf(1 << 20);
        assert_true(pst_buf_add(&world->local[i], roles[i]->bytes.at, roles[i]->bytes.len));
    }
}

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->repo = pst_repo_new("ed25519");
    for (size_t i = 0; i < PST_COUNT(world->other); i++)
        world->other[i] = pst_repo_key("ed25519");
    for (int i = 0; i < 4; i++)
        pst_repo_publish_next(world->repo);
    keep(world);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    pst_repo_free(world->repo);
    for (size_t i = 0; i < PST_COUNT(world->other); i++)
        pst_repo_key_cleanup(&world->other[i]);
    for (size_t i = 0; i < PST_COUNT(world->local); i++)
        pst_buf_clear(&world->local[i]);
    free(world);
    return 0;
}

static struct pst_trust *trust_now(const struct world *world)
{
    struct pst_trust *trust = NULL;
    assert_int_equal(
        pst_trust_new(pst_buf_bytes(&world->local[PST_ROLE_ROOT]), PST_REPO_NOW, &trust, NULL),
        PST_OK);
    return trust;
}

static enum pst_code local_timestamp(struct pst_trust *trust, const struct world *world)
{
    bool same = false;
    return pst_trust_timestamp(trust, pst_buf_bytes(&world->local[PST_ROLE_TIMESTAMP]), true, &same,
                               NULL);
}

static enum pst_code local_snapshot(struct pst_trust *trust, const struct world *world)
{
    return pst_trust_snapshot(trust, pst_buf_bytes(&world->local[PST_ROLE_SNAPSHOT]), true, NULL);
}

static enum pst_code served_timestamp(struct pst_trust *trust, struct world *world, int64_t version)
{
    bool same = false;
    world->repo->timestamp.version = version;
    pst_repo_sign(&world->repo->timestamp);
    return pst_trust_timestamp(trust, pst_repo_bytes(&world->repo->timestamp), false, &same, NULL);
}

static enum pst_code served_snapshot(struct pst_trust *trust, struct world *world)
{
    return pst_trust_snapshot(trust, pst_repo_bytes(&world->repo->snapshot), false, NULL);
}

static void an_expired_local_timestamp_is_a_floor_and_no_more(void **state)
{
    struct world *world = *state;
    world->repo->timestamp.expires_s = PST_REPO_NOW;
    pst_repo_publish(world->repo);
    keep(world);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_now(world);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);

    assert_int_equal(local_timestamp(trust, world), PST_METADATA_EXPIRED);
    assert_null(pst_trust_role(trust, PST_ROLE_TIMESTAMP));
    world->repo->timestamp.expires_s = PST_REPO_EXPIRES;
    assert_int_equal(served_timestamp(trust, world, 4), PST_METADATA_ROLLBACK);
    assert_null(pst_trust_role(trust, PST_ROLE_TIMESTAMP));
    assert_int_equal(served_timestamp(trust, world, 6), PST_OK);
    assert_int_equal(pst_trust_role(trust, PST_ROLE_TIMESTAMP)->version, 6);
}

static void an_expired_local_timestamp_again_from_the_server_is_still_expired(void **state)
{
    struct world *world = *state;
    bool same = false;
    world->repo->timestamp.expires_s = PST_REPO_NOW;
    pst_repo_publish(world->repo);
    keep(world);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_now(world);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    assert_int_equal(local_timestamp(trust, world), PST_METADATA_EXPIRED);
    assert_int_equal(pst_trust_timestamp(trust, pst_buf_bytes(&world->local[PST_ROLE_TIMESTAMP]),
                                         false, &same, NULL),
                     PST_METADATA_EXPIRED);
    assert_false(same);
    assert_null(pst_trust_role(trust, PST_ROLE_TIMESTAMP));
}

static void an_expired_local_snapshot_is_a_floor_and_no_more(void **state)
{
    struct world *world = *state;
    world->repo->snapshot.expires_s = PST_REPO_NOW;
    pst_repo_publish(world->repo);
    keep(world);
    for (int older = 0; older < 2; older++) {
        world->repo->snapshot.expires_s = PST_REPO_EXPIRES;
        world->repo->timestamp.version = world->repo->snapshot.version = 5;
        world->repo->targets.version = older ? 3 : 5;
        pst_repo_publish_next(world->repo);
        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_now(world);
        assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
        assert_int_equal(local_timestamp(trust, world), PST_OK);
        assert_int_equal(served_timestamp(trust, world, 6), PST_OK);
        assert_int_equal(local_snapshot(trust, world), PST_METADATA_WRONG_VERSION);
        assert_null(pst_trust_role(trust, PST_ROLE_SNAPSHOT));
        assert_int_equal(served_snapshot(trust, world), older ? PST_METADATA_ROLLBACK : PST_OK);
    }
}

static void a_local_snapshot_that_is_listed_needs_no_fetching(void **state)
{
    struct world *world = *state;
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_now(world);
    struct pst_trust_want want;

    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    assert_int_equal(local_timestamp(trust, world), PST_OK);
    assert_int_equal(local_snapshot(trust, world), PST_OK);
    assert_int_equal(pst_trust_want(trust, PST_ROLE_TARGETS, pst_text("targets"), &want, NULL),
                     PST_OK);
    assert_int_equal(want.version, 5);
    assert_true(want.name_has_version);
    assert_int_equal(want.most_bytes, world->local[PST_ROLE_TARGETS].len);
}

static void what_stands_on_disk_without_a_good_signature_is_no_floor(void **state)
{
    struct world *world = *state;
    struct pst_bytes bytes = pst_buf_bytes(&world->local[PST_ROLE_TIMESTAMP]);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_now(world);

    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    world->local[PST_ROLE_TIMESTAMP].at[bytes.len / 4] ^= 1; /* within the signature */
    assert_int_not_equal(local_timestamp(trust, world), PST_OK);
    world->repo->timestamp.file[0].version = 1;
    assert_int_equal(served_timestamp(trust, world, 1), PST_OK);
}

/* The key's end is no reason to forget what it signed: else waiting would undo the floor. */
static void a_floor_outlives_the_window_of_the_key_that_signed_it(void **state)
{
    struct world *world = *state;
    struct pst_repo_key ending = pst_repo_key_between("ed25519", INT64_MIN, PST_REPO_NOW);
    const struct pst_repo_key *both[] = {&ending, &world->repo->key[PST_ROLE_TIMESTAMP]};

    pst_repo_let(&world->repo->root.rule[PST_ROLE_TIMESTAMP], 1, both, 2);
    pst_repo_sign_with(&world->repo->timestamp, both, 1);
    pst_repo_publish(world->repo);
    keep(world);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_now(world);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    assert_int_equal(local_timestamp(trust, world), PST_SIGNATURE_THRESHOLD);
    assert_null(pst_trust_role(trust, PST_ROLE_TIMESTAMP));

    pst_repo_sign_with(&world->repo->timestamp, both + 1, 1);
    assert_int_equal(served_timestamp(trust, world, 4), PST_METADATA_ROLLBACK);
    assert_int_equal(served_timestamp(trust, world, 6), PST_OK);
    pst_repo_key_cleanup(&ending);
}

/* K08: whoever had the keys set the numbers as high as they go; new keys bring them down again. */
static void numbers_set_too_high_are_left_behind_with_the_keys_that_set_them(void **state)
{
    struct world *world = *state;
    const struct pst_repo_key *timestamp_key = &world->other[PST_ROLE_TIMESTAMP];
    const struct pst_repo_key *snapshot_key = &world->other[PST_ROLE_SNAPSHOT];
    struct pst_repo *repo = world->repo;

    repo->timestamp.version = repo->snapshot.version = PST_JSON_INTEGER_MAX;
    pst_repo_publish(repo);
    keep(world);
    repo->root.version = 2;
    pst_repo_let(&repo->root.rule[PST_ROLE_TIMESTAMP], 1, &timestamp_key, 1);
    pst_repo_let(&repo->root.rule[PST_ROLE_SNAPSHOT], 1, &snapshot_key, 1);
    pst_repo_sign_with(&repo->timestamp, &timestamp_key, 1);
    pst_repo_sign_with(&repo->snapshot, &snapshot_key, 1);
    repo->timestamp.version = repo->snapshot.version = 1;
    repo->targets.version = 1;
    pst_repo_publish(repo);

    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_now(world);
    const struct pst_role *targets = NULL;
    assert_int_equal(pst_trust_root_next(trust, pst_repo_bytes(&repo->root), NULL), PST_OK);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    assert_int_equal(local_timestamp(trust, world), PST_SIGNATURE_THRESHOLD);
    assert_int_equal(served_timestamp(trust, world, 1), PST_OK);
    assert_int_equal(local_snapshot(trust, world), PST_SIGNATURE_THRESHOLD);
    assert_int_equal(served_snapshot(trust, world), PST_OK);
    assert_int_equal(pst_trust_targets(trust, pst_text("targets"), NULL,
                                       pst_repo_bytes(&repo->targets), &targets, NULL),
                     PST_OK);
    assert_int_equal(targets->version, 1);
}

static void a_revoked_timestamp_key_stops_counting_at_once(void **state)
{
    struct world *world = *state;
    struct pst_repo *repo = world->repo;
    bool same = false;
    struct pst_report why = {0};

    repo->root.version =
        2; /* the key is still listed: an emergency, and nothing but the mark added */
    repo->root.revoked_count = 1;
    repo->root.revoked[0] = (struct pst_role_draft_mark){.name = repo->key[PST_ROLE_TIMESTAMP].id,
                                                         .from_s = PST_REPO_NOW - PST_REPO_DAY,
                                                         .reason = "leaked"};
    pst_repo_sign(&repo->root);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_now(world);
    assert_int_equal(pst_trust_root_next(trust, pst_repo_bytes(&repo->root), NULL), PST_OK);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    assert_int_equal(
        pst_trust_timestamp(trust, pst_repo_bytes(&repo->timestamp), false, &same, &why),
        PST_SIGNATURE_THRESHOLD);
    assert_true(pst_report_has(&why, PST_KEY_REVOKED));
}

int main(void)
{
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, free_world)
    const struct CMUnitTest tests[] = {
        WITH_WORLD(an_expired_local_timestamp_is_a_floor_and_no_more),
        WITH_WORLD(an_expired_local_timestamp_again_from_the_server_is_still_expired),
        WITH_WORLD(an_expired_local_snapshot_is_a_floor_and_no_more),
        WITH_WORLD(a_local_snapshot_that_is_listed_needs_no_fetching),
        WITH_WORLD(what_stands_on_disk_without_a_good_signature_is_no_floor),
        WITH_WORLD(a_floor_outlives_the_window_of_the_key_that_signed_it),
        WITH_WORLD(numbers_set_too_high_are_left_behind_with_the_keys_that_set_them),
        WITH_WORLD(a_revoked_timestamp_key_stops_counting_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
