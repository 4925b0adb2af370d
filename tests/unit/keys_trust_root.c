/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/trust.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

enum { KEYS = 8 };

/* Keys a to h, and root's versions 1 (`old`) and the next (`repo->root`). */
struct world {
    struct pst_repo *repo;
    struct pst_repo_key key[KEYS];
    struct pst_buf old;
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->repo = pst_repo_new("ed25519");
    for (size_t i = 0; i < KEYS; i++)
        world->key[i] = pst_repo_key("ed25519");
    world->old = pst_buf(1 << 20);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    pst_repo_free(world->repo);
    for (size_t i = 0; i < KEYS; i++)
        pst_repo_key_cleanup(&world->key[i]);
    pst_buf_clear(&world->old);
    free(world);
    return 0;
}

static size_t keys_of(const struct world *world, const char *names, const struct pst_repo_key **out)
{
    size_t count = 0;
    for (; names[count] != '\0'; count++)
        out[count] = &world->key[names[count] - 'a'];
    return count;
}

static void write_root(struct world *world, int64_t version, int64_t threshold, const char *listed,
                       const char *signers)
{
    const struct pst_repo_key *keys[PST_REPO_SIGNERS];
    struct pst_repo_role *root = &world->repo->root;

    root->version = version;
    size_t count = keys_of(world, listed, keys);
    pst_repo_let(&root->rule[PST_ROLE_ROOT], threshold, keys, count);
    count = keys_of(world, signers, keys);
    pst_repo_sign_with(root, keys, count);
    pst_repo_sign(root);
}

static void keep_as_old(struct world *world)
{
    pst_buf_clear(&world->old);
    assert_true(pst_buf_add(&world->old, world->repo->root.bytes.at, world->repo->root.bytes.len));
}

struct rotation {
    const char *name;
    int64_t old_threshold;
    const char *old_keys;
    int64_t version, threshold;
    const char *keys, *signers;
    enum pst_code expect;
};

/* clang-format off */
static const struct rotation rotations[] = {
    {"the same key",                        1, "a",     2, 1, "a",     "a",      PST_OK},
    {"another key, signed by both",         1, "a",     2, 1, "b",     "ab",     PST_OK},
    {"and by one who has no say",           1, "a",     2, 1, "b",     "abh",    PST_OK},
    {"3 of 5, the same signers",            3, "abcde", 2, 3, "abcde", "abc",    PST_OK},
    {"3 of 5, other signers",               3, "abcde", 2, 3, "abcde", "cde",    PST_OK},
    {"one key of five replaced",            3, "abcde", 2, 3, "abcdf", "abc",    PST_OK},
    {"all keys replaced",                   3, "abc",   2, 3, "def",   "abcdef", PST_OK},
    {"a higher threshold",                  1, "abc",   2, 3, "abc",   "abc",    PST_OK},
    {"a lower threshold",                   3, "abc",   2, 1, "abc",   "abc",    PST_OK},
    {"K02 not by the old",                  1, "a",     2, 1, "b",     "b",      PST_SIGNATURE_THRESHOLD},
    {"K02 not by the new",                  1, "a",     2, 1, "b",     "a",      PST_SIGNATURE_THRESHOLD},
    {"K02 two of three old",                3, "abc",   2, 3, "def",   "abdef",  PST_SIGNATURE_THRESHOLD},
    {"K02 two of three new",                3, "abc",   2, 3, "def",   "abcde",  PST_SIGNATURE_THRESHOLD},
    {"K02 lowering it by the lower number", 3, "abc",   2, 1, "abc",   "a",      PST_SIGNATURE_THRESHOLD},
    {"K02 raising it by the lower number",  1, "abc",   2, 3, "abc",   "ab",     PST_SIGNATURE_THRESHOLD},
    {"K02 by nobody",                       1, "a",     2, 1, "a",     "",       PST_SIGNATURE_MISSING},
    {"K03 the same version",                1, "a",     1, 1, "a",     "a",      PST_METADATA_WRONG_VERSION},
    {"K03 one left out",                    1, "a",     3, 1, "a",     "a",      PST_METADATA_WRONG_VERSION},
    {"K08 a jump to the largest number",    1, "a", PST_JSON_INTEGER_MAX, 1, "a", "a", PST_METADATA_WRONG_VERSION},
};
/* clang-format on */

static struct pst_trust *trust_old(const struct world *world)
{
    struct pst_trust *trust = NULL;
    assert_int_equal(pst_trust_new(pst_buf_bytes(&world->old), PST_REPO_NOW, &trust, NULL), PST_OK);
    return trust;
}

static void each_rotation_is_followed_or_refused(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < PST_COUNT(rotations); i++) {
        const struct rotation *one = &rotations[i];
        struct pst_report why = {0};
        write_root(world, 1, one->old_threshold, one->old_keys, one->old_keys);
        keep_as_old(world);
        write_root(world, one->version, one->threshold, one->keys, one->signers);

        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_old(world);
        enum pst_code got = pst_trust_root_next(trust, pst_repo_bytes(&world->repo->root), &why);
        if (got != one->expect)
            fail_msg("%s: %s", one->name, pst_code_name(got));
        assert_int_equal(pst_trust_role(trust, PST_ROLE_ROOT)->version, got == PST_OK ? 2 : 1);
        assert_int_equal(why.count > 0, got != PST_OK);
        assert_false(why.unverified);
    }
}

static void a_root_refused_by_its_own_keys_says_so(void **state)
{
    struct world *world = *state;
    struct pst_report why = {0};

    write_root(world, 1, 1, "a", "a");
    keep_as_old(world);
    write_root(world, 2, 2, "bc", "ab");
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_old(world);
    assert_int_equal(pst_trust_root_next(trust, pst_repo_bytes(&world->repo->root), &why),
                     PST_SIGNATURE_THRESHOLD);
    const struct pst_finding *last = &why.finding[why.count - 1];
    assert_string_equal(last->where, "root/by itself");
    assert_string_equal(last->expected, "2 keys of 'root' to have signed");
    assert_false(last->unverified); /* the old keys vouch for what it says */
}

static void the_first_root_must_verify_against_itself(void **state)
{
    struct world *world = *state;
    struct pst_trust *trust = NULL;

    write_root(world, 1, 2, "ab", "a");
    assert_int_equal(pst_trust_new(pst_repo_bytes(&world->repo->root), PST_REPO_NOW, &trust, NULL),
                     PST_SIGNATURE_THRESHOLD);
    assert_null(trust);
    assert_int_equal(pst_trust_new(pst_bytes("", 0), PST_REPO_NOW, &trust, NULL),
                     PST_METADATA_CORRUPT);
    assert_int_equal(
        pst_trust_new(pst_repo_bytes(&world->repo->targets), PST_REPO_NOW, &trust, NULL),
        PST_METADATA_WRONG_ROLE);
    assert_null(trust);
}

/* A key of zeros, or a digit too long: the root that lists it is a root, and it never counts. */
/* A vendor's mistake in a file that is whole, and bytes that are no file, want different remedies.
 * Nothing that an unverified root says of itself is more than hearsay. */
static void a_first_root_with_a_field_at_fault_is_not_called_damaged(void **state)
{
    struct world *world = *state;
    struct pst_repo_role *root = &world->repo->root;
    struct pst_trust *trust = NULL;
    struct pst_report why = {0};

    pst_repo_edit(root, "\"expires\":\"2030", "\"expires\":\"2O30");
    pst_repo_sign(root);
    assert_int_equal(pst_trust_new(pst_repo_bytes(root), PST_REPO_NOW, &trust, &why),
                     PST_BAD_SYNTAX);
    assert_false(pst_report_has(&why, PST_METADATA_CORRUPT));
    assert_true(why.finding[0].unverified);
    assert_false(why.unverified);
    assert_null(trust);
}

static void a_malformed_key_counts_for_nothing_and_spoils_no_root(void **state)
{
    static const char *const spoilt[] = {
        "\"public\":\"0",
        "\"public\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"was\":"
        "\""};
    struct world *world = *state;
    struct pst_repo_role *root = &world->repo->root;

    for (size_t i = 0; i < PST_COUNT(spoilt); i++) {
        __attribute__((cleanup(pst_repo_key_cleanup))) struct pst_repo_key bad =
            pst_repo_key_with(&world->key[1], "\"public\":\"", spoilt[i]);
        const struct pst_repo_key *const both[] = {&world->key[0], &bad};
        root->version = 1;
        pst_repo_sign_with(root, both, 2);
        for (int64_t threshold = 1; threshold <= 2; threshold++) {
            PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
            struct pst_report why = {0};
            pst_repo_let(&root->rule[PST_ROLE_ROOT], threshold, both, 2);
            pst_repo_sign(root);
            enum pst_code got = pst_trust_new(pst_repo_bytes(root), PST_REPO_NOW, &trust, &why);
            assert_int_equal(got, threshold == 1 ? PST_OK : PST_SIGNATURE_THRESHOLD);
            assert_int_equal(pst_report_has(&why, PST_KEY_MALFORMED), threshold == 2);
            if (got == PST_OK)
                assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
        }
    }
}

static void a_threshold_below_one_is_no_root(void **state)
{
    static const char *const thresholds[] = {"0", "-1", "\"1\"", "1.5", "null", "2147483648"};
    struct world *world = *state;

    write_root(world, 1, 1, "a", "a");
    keep_as_old(world);
    for (size_t i = 0; i < PST_COUNT(thresholds); i++) {
        char put[64];
        struct pst_report why = {0};
        snprintf(put, sizeof put, "\"threshold\":%s", thresholds[i]);
        pst_repo_edit(&world->repo->root, "\"threshold\":1", put);
        write_root(world, 2, 1, "a", "a");
        world->repo->root.edit_count = 0;
        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_old(world);
        if (pst_trust_root_next(trust, pst_repo_bytes(&world->repo->root), &why) == PST_OK)
            fail_msg("threshold %s", thresholds[i]);
        assert_true(why.count > 0);
    }
}

static void a_threshold_above_the_keys_is_a_root_and_stops_only_its_role(void **state)
{
    struct world *world = *state;
    bool same = false;

    world->repo->root.rule[PST_ROLE_TIMESTAMP].threshold = 6;
    write_root(world, 1, 1, "a", "a");
    keep_as_old(world);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_old(world);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    assert_int_equal(
        pst_trust_timestamp(trust, pst_repo_bytes(&world->repo->timestamp), false, &same, NULL),
        PST_SIGNATURE_THRESHOLD);
}

static void after_256_roots_the_walk_stops_with_what_it_has(void **state)
{
    struct world *world = *state;
    struct pst_report why = {0};
    struct pst_trust_want want;

    write_root(world, 1, 1, "a", "a");
    keep_as_old(world);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_old(world);
    for (int64_t version = 2; version <= PST_TRUST_ROTATIONS + 1; version++) {
        assert_int_equal(pst_trust_want(trust, PST_ROLE_ROOT, pst_text(""), &want, NULL), PST_OK);
        assert_int_equal(want.version, version);
        write_root(world, version, 1, "a", "a");
        assert_int_equal(pst_trust_root_next(trust, pst_repo_bytes(&world->repo->root), &why),
                         PST_OK);
    }
    assert_int_equal(pst_trust_want(trust, PST_ROLE_ROOT, pst_text(""), &want, &why),
                     PST_METADATA_LIMIT);
    assert_int_equal(want.version, PST_TRUST_ROTATIONS + 1); /* what it was */
    write_root(world, PST_TRUST_ROTATIONS + 2, 1, "a", "a");
    assert_int_equal(pst_trust_root_next(trust, pst_repo_bytes(&world->repo->root), &why),
                     PST_METADATA_LIMIT);
    assert_int_equal(pst_trust_role(trust, PST_ROLE_ROOT)->version, PST_TRUST_ROTATIONS + 1);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    assert_int_equal(why.count, 1);
}

/* K05: the way leads over roots and keys that have expired since; only the last must hold today. */
static void expired_roots_and_keys_lead_on_but_do_not_stand_at_the_end(void **state)
{
    struct world *world = *state;
    struct pst_report why = {0};

    pst_repo_key_cleanup(&world->key[0]);
    world->key[0] = pst_repo_key_between("ed25519", INT64_MIN, PST_REPO_NOW - PST_REPO_DAY);
    world->repo->root.expires_s = PST_REPO_NOW - PST_REPO_DAY;
    write_root(world, 1, 1, "a", "a");
    keep_as_old(world);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_old(world);
    assert_int_equal(pst_trust_root_done(trust, &why), PST_METADATA_EXPIRED);
    assert_true(pst_report_has(&why, PST_KEY_EXPIRED));
    assert_true(pst_report_has(&why, PST_SIGNATURE_THRESHOLD));

    write_root(world, 2, 1, "a", "a");
    assert_int_equal(pst_trust_root_next(trust, pst_repo_bytes(&world->repo->root), NULL), PST_OK);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_METADATA_EXPIRED);
    world->repo->root.expires_s = PST_REPO_EXPIRES;
    write_root(world, 3, 1, "b", "ab");
    assert_int_equal(pst_trust_root_next(trust, pst_repo_bytes(&world->repo->root), NULL), PST_OK);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
}

static void a_root_within_its_days_but_not_its_keys_stops_installing(void **state)
{
    struct world *world = *state;

    pst_repo_key_cleanup(&world->key[0]);
    world->key[0] = pst_repo_key_between("ed25519", INT64_MIN, PST_REPO_NOW);
    write_root(world, 1, 1, "a", "a");
    keep_as_old(world);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_old(world);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_SIGNATURE_THRESHOLD);
}

static void an_oversized_root_is_not_even_parsed(void **state)
{
    struct world *world = *state;
    struct pst_report why = {0};
    PST_CLEANUP(pst_heap) uint8_t *zeros = calloc(1, PST_TRUST_ROOT_BYTES + 1);

    write_root(world, 1, 1, "a", "a");
    keep_as_old(world);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_old(world);
    assert_int_equal(pst_trust_root_next(trust, pst_bytes(zeros, PST_TRUST_ROOT_BYTES + 1), &why),
                     PST_METADATA_TOO_LARGE);
    assert_int_equal(why.count, 1);
}

int main(void)
{
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, free_world)
    const struct CMUnitTest tests[] = {
        WITH_WORLD(each_rotation_is_followed_or_refused),
        WITH_WORLD(a_root_refused_by_its_own_keys_says_so),
        WITH_WORLD(the_first_root_must_verify_against_itself),
        WITH_WORLD(a_first_root_with_a_field_at_fault_is_not_called_damaged),
        WITH_WORLD(a_malformed_key_counts_for_nothing_and_spoils_no_root),
        WITH_WORLD(a_threshold_below_one_is_no_root),
        WITH_WORLD(a_threshold_above_the_keys_is_a_root_and_stops_only_its_role),
        WITH_WORLD(after_256_roots_the_walk_stops_with_what_it_has),
        WITH_WORLD(expired_roots_and_keys_lead_on_but_do_not_stand_at_the_end),
        WITH_WORLD(a_root_within_its_days_but_not_its_keys_stops_installing),
        WITH_WORLD(an_oversized_root_is_not_even_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
