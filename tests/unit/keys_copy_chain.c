/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "keys/copy_chain.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"
#include "tests/support/scratch.h"

/* A published folder with a product's role, and a chain over it. */
struct world {
    struct pst_repo *repo;
    struct pst_repo_key product;
    struct pst_scratch scratch; /* the copy; its metadata/ is `folder` */
    char folder[512];
    struct pst_chain_in in;
    struct pst_chain chain;
    struct pst_report why;
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->repo = pst_repo_new("ed25519");
    world->product = pst_repo_key("ed25519");
    world->scratch = pst_scratch();
    pst_scratch_path(&world->scratch, "metadata", world->folder, sizeof world->folder);
    world->in.product = "pos-a";
    struct pst_repo_role *role = pst_repo_delegate(world->repo, &world->repo->targets, "pos-a",
                                                   &world->product, "pos-a/*/*", true);
    pst_repo_target(role, "pos-a/1.0.0/manifest.json", pst_bytes_of(pst_text("{}")));
    pst_repo_target(role, "pos-b/1.0.0/manifest.json", pst_bytes_of(pst_text("{}")));
    pst_repo_publish_next(world->repo);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    pst_chain_clear(&world->chain);
    pst_repo_free(world->repo);
    pst_repo_key_cleanup(&world->product);
    pst_scratch_cleanup(&world->scratch);
    free(world);
    return 0;
}

static void walk(struct world *world, int64_t now_s)
{
    pst_chain_clear(&world->chain);
    world->why = (struct pst_report){.count = 0};
    PST_CLEANUP(pst_pack) struct pst_pack *pack = NULL;
    assert_int_equal(pst_pack_open(world->scratch.path, &pack, NULL), PST_OK);
    world->in.pack = pack;
    world->in.now_s = now_s;
    pst_chain_walk(&world->in, &world->chain, &world->why);
    world->in.pack = NULL;
}

static void take_away(const struct world *world, const char *name)
{
    char path[600];
    assert_true(pst_path_join(world->folder, name, path, sizeof path));
    assert_int_equal(unlink(path), 0);
}

static void a_published_folder_holds_and_is_fresh(void **state)
{
    struct world *world = *state;
    pst_repo_write(world->repo, world->folder);
    walk(world, PST_REPO_NOW);
    assert_int_equal(world->why.count, 0);
    assert_true(world->chain.fresh && world->chain.product.verified);
    assert_non_null(
        pst_chain_target(&world->chain, "pos-a", "pos-a/1.0.0/manifest.json", &world->why));
    assert_int_equal(world->why.count, 0);
}

static void without_snapshot_and_timestamp_it_holds_and_is_not_fresh(void **state)
{
    struct world *world = *state;
    pst_repo_write(world->repo, world->folder);
    take_away(world, "timestamp.json");
    take_away(world, "2.snapshot.json");
    walk(world, PST_REPO_NOW);
    assert_int_equal(world->why.count, 0);
    assert_true(!world->chain.fresh && world->chain.product.verified);
}

static void one_of_the_two_alone_bears_nothing_out(void **state)
{
    struct world *world = *state;
    pst_repo_write(world->repo, world->folder);
    take_away(world, "2.snapshot.json");
    walk(world, PST_REPO_NOW);
    assert_true(pst_report_has(&world->why, PST_METADATA_MISSING));
    assert_false(world->chain.product.verified);
    assert_non_null(world->chain.product.role);
}

static void a_path_outside_the_delegation_is_not_the_products_to_sign(void **state)
{
    struct world *world = *state;
    pst_repo_write(world->repo, world->folder);
    walk(world, PST_REPO_NOW);
    assert_null(pst_chain_target(&world->chain, "pos-a", "pos-b/1.0.0/manifest.json", &world->why));
    assert_true(pst_report_has(&world->why, PST_METADATA_NOT_LISTED));
}

static void every_role_that_has_run_out_is_told(void **state)
{
    struct world *world = *state;
    pst_repo_write(world->repo, world->folder);
    walk(world, PST_REPO_EXPIRES);
    assert_true(pst_report_has(&world->why, PST_METADATA_EXPIRED));
    assert_false(world->chain.root_verified || world->chain.product.verified);
    bool seen[2] = {false, false};
    for (size_t i = 0; i < world->why.count; i++) {
        seen[0] = seen[0] || strncmp(world->why.finding[i].where, "root", 4) == 0;
        seen[1] = seen[1] || (strncmp(world->why.finding[i].where, "pos-a", 5) == 0 &&
                              world->why.finding[i].unverified);
    }
    assert_true(seen[0] && seen[1]);
}

static void a_role_that_the_snapshot_does_not_mean_is_refused(void **state)
{
    struct world *world = *state;
    pst_repo_write(world->repo, world->folder);
    pst_repo_role(world->repo, "pos-a")->version = 7;
    pst_repo_sign(pst_repo_role(world->repo, "pos-a"));
    pst_repo_write(world->repo, world->folder);
    walk(world, PST_REPO_NOW);
    assert_true(pst_report_has(&world->why, PST_METADATA_CORRUPT) ||
                pst_report_has(&world->why, PST_METADATA_WRONG_VERSION));
    assert_false(world->chain.product.verified);
    assert_true(world->chain.targets.verified);
}

static void a_strangers_signature_bears_nothing_out(void **state)
{
    struct world *world = *state;
    struct pst_repo_key stranger = pst_repo_key("ed25519");
    struct pst_repo_role *role = pst_repo_role(world->repo, "pos-a");
    const struct pst_repo_key *signer[] = {&stranger};

    pst_repo_sign_with(role, signer, 1);
    pst_repo_publish(world->repo);
    pst_repo_write(world->repo, world->folder);
    walk(world, PST_REPO_NOW);
    assert_true(pst_report_has(&world->why, PST_SIGNATURE_THRESHOLD));
    assert_false(world->chain.product.verified);
    take_away(world, "timestamp.json");
    take_away(world, "2.snapshot.json");
    walk(world, PST_REPO_NOW);
    assert_true(pst_report_has(&world->why, PST_SIGNATURE_THRESHOLD));
    assert_false(world->chain.product.verified);
    pst_repo_sign_with(role, NULL, 0);
    pst_repo_key_cleanup(&stranger);
}

static void roots_are_followed_to_the_newest(void **state)
{
    struct world *world = *state;
    pst_repo_write(world->repo, world->folder);
    world->repo->root.version++;
    pst_repo_publish_next(world->repo);
    pst_repo_write(world->repo, world->folder);
    walk(world, PST_REPO_NOW);
    assert_int_equal(world->why.count, 0);
    assert_int_equal(pst_trust_role(world->chain.trust, PST_ROLE_ROOT)->version, 2);
    assert_int_equal(world->chain.targets.role->version, 3);
    assert_true(world->chain.product.verified);
}

static void schemes_are_needed_only_where_the_others_do_not_reach(void **state)
{
    struct world *world = *state;
    const char *out[PST_CHAIN_SCHEMES_MOST];
    static const char *const knows[] = {"rsassa-pss-sha256", "ed25519"};

    pst_repo_write(world->repo, world->folder);
    walk(world, PST_REPO_NOW);
    assert_int_equal(pst_chain_schemes(&world->chain, "pos-a", knows, 2, out), 0);
    assert_int_equal(pst_chain_schemes(&world->chain, "pos-a", knows, 1, out), 1);
    assert_string_equal(out[0], "ed25519");
}

static void an_empty_folder_is_told_what_it_lacks(void **state)
{
    struct world *world = *state;
    walk(world, PST_REPO_NOW);
    assert_int_equal(world->why.count, 3);
    for (size_t i = 0; i < world->why.count; i++)
        assert_int_equal(world->why.finding[i].code, PST_METADATA_MISSING);
    assert_false(world->chain.product.verified);
    assert_int_equal(pst_chain_schemes(&world->chain, "pos-a", NULL, 0, NULL), 0);
}

static void a_terminal_wants_snapshot_and_timestamp(void **state)
{
    struct world *world = *state;
    pst_repo_write(world->repo, world->folder);
    world->in.must_be_fresh = true;
    walk(world, PST_REPO_NOW);
    assert_true(world->chain.fresh && world->chain.product.verified);
    take_away(world, "timestamp.json");
    take_away(world, "2.snapshot.json");
    walk(world, PST_REPO_NOW);
    assert_int_equal(world->why.count, 2);
    assert_true(pst_report_has(&world->why, PST_METADATA_MISSING));
    assert_false(world->chain.product.verified);
}

/* The copy's own roots are another vendor's; they would bear each other out. */
static void a_terminal_begins_at_its_own_root(void **state)
{
    struct world *world = *state;
    PST_CLEANUP(pst_repo) struct pst_repo *other = pst_repo_new("ed25519");
    pst_repo_write(world->repo, world->folder);
    world->in.root = pst_repo_bytes(&other->root);
    walk(world, PST_REPO_NOW);
    assert_true(pst_report_has(&world->why, PST_SIGNATURE_MISSING) ||
                pst_report_has(&world->why, PST_SIGNATURE_THRESHOLD));
    assert_false(world->chain.fresh || world->chain.product.verified);
}

static void what_a_terminal_has_seen_is_the_floor(void **state)
{
    struct world *world = *state;
    PST_CLEANUP(pst_buf) struct pst_buf newer = pst_buf(1 << 20);
    pst_repo_write(world->repo, world->folder);
    pst_repo_publish_next(world->repo);
    struct pst_bytes timestamp = pst_repo_bytes(&world->repo->timestamp);
    assert_true(pst_buf_add(&newer, timestamp.at, timestamp.len));
    world->in.timestamp = pst_buf_bytes(&newer);
    walk(world, PST_REPO_NOW);
    assert_true(pst_report_has(&world->why, PST_METADATA_ROLLBACK));
    assert_false(world->chain.fresh || world->chain.product.verified);
}

static void below_a_root_that_has_run_out_all_else_is_judged(void **state)
{
    struct world *world = *state;
    static const char *const roles[] = {"root", "timestamp", "snapshot", "targets", "pos-a"};
    pst_repo_write(world->repo, world->folder);
    walk(world, PST_REPO_EXPIRES);
    for (size_t i = 0; i < PST_COUNT(roles); i++) {
        bool told = false;
        for (size_t k = 0; k < world->why.count; k++)
            told = told || strncmp(world->why.finding[k].where, roles[i], strlen(roles[i])) == 0;
        if (!told)
            fail_msg("nothing is said of %s", roles[i]);
    }
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_published_folder_holds_and_is_fresh),
        WITH_WORLD(without_snapshot_and_timestamp_it_holds_and_is_not_fresh),
        WITH_WORLD(one_of_the_two_alone_bears_nothing_out),
        WITH_WORLD(a_path_outside_the_delegation_is_not_the_products_to_sign),
        WITH_WORLD(every_role_that_has_run_out_is_told),
        WITH_WORLD(a_role_that_the_snapshot_does_not_mean_is_refused),
        WITH_WORLD(a_strangers_signature_bears_nothing_out),
        WITH_WORLD(roots_are_followed_to_the_newest),
        WITH_WORLD(schemes_are_needed_only_where_the_others_do_not_reach),
        WITH_WORLD(an_empty_folder_is_told_what_it_lacks),
        WITH_WORLD(a_terminal_wants_snapshot_and_timestamp),
        WITH_WORLD(a_terminal_begins_at_its_own_root),
        WITH_WORLD(what_a_terminal_has_seen_is_the_floor),
        WITH_WORLD(below_a_root_that_has_run_out_all_else_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
