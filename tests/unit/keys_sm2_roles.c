/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "keys/ceremony.h"
#include "keys/trust.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

enum { ED, SM2, OTHER, EXPIRED, EARLY, KEYS };

/* "pos-a" and "assignments" are delegated by targets; a test says to whom. */
struct world {
    struct pst_repo *repo;
    struct pst_repo_key key[KEYS];
    struct pst_repo_key renewed; /* key SM2 with another end */
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->repo = pst_repo_new("ed25519");
    world->key[ED] = pst_repo_key("ed25519");
    world->key[SM2] = pst_repo_key("sm2-sm3");
    world->key[OTHER] = pst_repo_key("sm2-sm3");
    world->key[EXPIRED] = pst_repo_key_between("sm2-sm3", INT64_MIN, PST_REPO_NOW);
    world->key[EARLY] = pst_repo_key_between("sm2-sm3", PST_REPO_NOW + 1, INT64_MAX);
    world->renewed = pst_repo_key_again(&world->key[SM2], PST_REPO_EXPIRES);
    pst_repo_delegate(world->repo, &world->repo->targets, "pos-a", &world->key[ED], "pos-a/*/*",
                      true);
    pst_repo_delegate(world->repo, &world->repo->targets, "assignments", &world->key[ED],
                      "assignments/*", true);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    pst_repo_free(world->repo);
    pst_repo_key_cleanup(&world->renewed);
    for (size_t i = 0; i < KEYS; i++)
        pst_repo_key_cleanup(&world->key[i]);
    free(world);
    return 0;
}

/* The same delegations, with root's own marks, before each test. */
static int reset(void **state)
{
    struct world *world = *state;
    const struct pst_repo_key *ed[] = {&world->key[ED]};

    for (size_t i = 0; i < world->repo->role_count; i++) {
        pst_repo_let(&world->repo->targets.delegation[i].rule, 1, ed, 1);
        pst_repo_sign_with(&world->repo->role[i], ed, 1);
    }
    for (size_t kind = 0; kind < 4; kind++) {
        const struct pst_repo_key *own[] = {&world->repo->key[kind]};
        pst_repo_let(&world->repo->root.rule[kind], 1, own, 1);
    }
    const struct pst_repo_key *of_targets[] = {&world->repo->key[PST_ROLE_TARGETS]};
    pst_repo_sign_with(&world->repo->targets, of_targets, 1);
    world->repo->root.retired_count = world->repo->root.revoked_count = 0;
    return 0;
}

static const struct pst_repo_key *key_of(const struct world *world, char name)
{
    static const char names[KEYS + 1] = "esoxy";
    return name == 'r' ? &world->renewed : &world->key[strchr(names, name) - names];
}

static size_t keys_of(const struct world *world, const char *names, const struct pst_repo_key **out)
{
    size_t count = 0;
    for (; names[count] != '\0'; count++)
        out[count] = key_of(world, names[count]);
    return count;
}

static struct pst_role *role_of(enum pst_role_kind kind, const struct pst_repo_role *from)
{
    struct pst_report why = {0};
    struct pst_role *role = NULL;
    if (pst_role_parse(kind, pst_repo_bytes(from), &role, &why) != PST_OK)
        fail_msg("%s %s %s", why.finding[0].where, why.finding[0].expected, why.finding[0].found);
    return role;
}

/* `listed` may sign the product's file, and `signers` do. */
struct product_case {
    const char *name;
    int64_t threshold;
    const char *listed, *signers; /* e s o x y: keys of the world; r: s with other dates */
    const char *retired;
    char revoked; /* a key's name; capital: its public part stands in the mark */
    enum pst_code expect, cause;
};

/* clang-format off */
static const struct product_case product_cases[] = {
    {"SM2 alone",                      1, "s",  "s",  NULL, 0, PST_OK, PST_OK},
    {"two of SM2",                     2, "so", "so", NULL, 0, PST_OK, PST_OK},
    {"one of each, both wanted",       2, "es", "es", NULL, 0, PST_OK, PST_OK},
    {"of these the first alone",       2, "es", "e",  NULL, 0, PST_SIGNATURE_THRESHOLD, PST_OK},
    {"of these the second alone",      2, "es", "s",  NULL, 0, PST_SIGNATURE_THRESHOLD, PST_OK},
    {"nobody",                         2, "es", "",   NULL, 0, PST_SIGNATURE_MISSING, PST_OK},
    {"a stranger of SM2",              1, "s",  "o",  NULL, 0, PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"one key under two keyids",       2, "sr", "sr", NULL, 0, PST_SIGNATURE_THRESHOLD, PST_SIGNATURE_DUPLICATE},
    {"expired",                        1, "x",  "x",  NULL, 0, PST_SIGNATURE_THRESHOLD, PST_KEY_EXPIRED},
    {"not yet valid",                  1, "y",  "y",  NULL, 0, PST_SIGNATURE_THRESHOLD, PST_KEY_NOT_YET_VALID},
    {"retired",                        1, "s",  "s",  "sm2-sm3", 0, PST_SIGNATURE_THRESHOLD, PST_ALGORITHM_RETIRED},
    {"retired beside enough",          1, "es", "es", "sm2-sm3", 0, PST_OK, PST_OK},
    {"another scheme is retired",      1, "s",  "s",  "rsassa-pss-sha256", 0, PST_OK, PST_OK},
    {"revoked",                        1, "s",  "s",  NULL, 's', PST_SIGNATURE_THRESHOLD, PST_KEY_REVOKED},
    {"another is revoked",             1, "s",  "s",  NULL, 'O', PST_OK, PST_OK},
    {"revoked, and listed anew",       1, "r",  "r",  NULL, 'S', PST_SIGNATURE_THRESHOLD, PST_KEY_REVOKED},
};
/* clang-format on */

static void set_up_product(struct world *world, const struct product_case *one,
                           struct pst_buf *public_part)
{
    const struct pst_repo_key *keys[PST_REPO_SIGNERS];
    struct pst_repo_role *product = pst_repo_role(world->repo, "pos-a");
    struct pst_repo_role *root = &world->repo->root;

    pst_repo_let(&world->repo->targets.delegation[0].rule, one->threshold, keys,
                 keys_of(world, one->listed, keys));
    pst_repo_sign_with(product, keys, keys_of(world, one->signers, keys));
    root->retired_count = one->retired != NULL;
    root->retired[0] = (struct pst_role_draft_mark){.name = one->retired, .from_s = PST_REPO_NOW};
    root->revoked_count = one->revoked != 0;
    if (one->revoked != 0) {
        bool apart = one->revoked < 'a';
        const struct pst_repo_key *key =
            key_of(world, (char)(apart ? one->revoked + 'a' - 'A' : one->revoked));
        PST_CLEANUP(pst_json) struct pst_json *json = NULL;
        assert_int_equal(pst_json_parse(pst_buf_bytes(&key->object), &pst_json_small, &json, NULL),
                         PST_OK);
        struct pst_text part =
            pst_json_text(pst_json_member(pst_json_member(json, "keyval"), "public"));
        assert_true(pst_buf_add(public_part, part.at, part.len) && pst_buf_add(public_part, "", 1));
        root->revoked[0] =
            (struct pst_role_draft_mark){.name = key->id,
                                         .from_s = PST_REPO_NOW,
                                         .reason = "leaked",
                                         .public_part = apart ? (char *)public_part->at : NULL};
    }
    pst_repo_publish(world->repo);
}

/* All steps of a terminal. */
static enum pst_code walk(const struct pst_repo *repo, struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    const struct pst_role *targets = NULL, *product = NULL;
    bool same = false;

    assert_int_equal(pst_trust_new(pst_repo_bytes(&repo->root), PST_REPO_NOW, &trust, why), PST_OK);
    enum pst_code rc = pst_trust_root_done(trust, why);
    if (rc == PST_OK)
        rc = pst_trust_timestamp(trust, pst_repo_bytes(&repo->timestamp), false, &same, why);
    if (rc == PST_OK)
        rc = pst_trust_snapshot(trust, pst_repo_bytes(&repo->snapshot), false, why);
    if (rc == PST_OK)
        rc = pst_trust_targets(trust, pst_text("targets"), NULL, pst_repo_bytes(&repo->targets),
                               &targets, why);
    if (rc == PST_OK)
        rc = pst_trust_targets(trust, pst_text("pos-a"), targets, pst_repo_bytes(&repo->role[0]),
                               &product, why);
    return rc;
}

static void a_products_role_counts_sm2_keys_as_any_other(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < PST_COUNT(product_cases); i++) {
        const struct product_case *one = &product_cases[i];
        PST_CLEANUP(pst_buf) struct pst_buf public_part = pst_buf(4096);
        struct pst_report why = {0};

        reset(state);
        set_up_product(world, one, &public_part);
        enum pst_code got = walk(world->repo, &why);
        if (got != one->expect)
            fail_msg("%s: %s", one->name, pst_code_name(got));
        if (one->cause != PST_OK && !pst_report_has(&why, one->cause))
            fail_msg("%s does not name %s", one->name, pst_code_name(one->cause));
        if (got == PST_OK)
            assert_int_equal(why.count, 0);
        else
            assert_int_equal(why.finding[why.count - 1].code, got);
    }
}

static void of_a_mixed_threshold_the_half_that_is_there_is_told(void **state)
{
    static const struct product_case half = {"",    2, "es", "s", NULL, 0, PST_SIGNATURE_THRESHOLD,
                                             PST_OK};
    struct world *world = *state;
    struct pst_report why = {0};

    set_up_product(world, &half, NULL);
    assert_int_equal(walk(world->repo, &why), PST_SIGNATURE_THRESHOLD);
    assert_int_equal(why.count, 1);
    assert_string_equal(why.finding[0].where, "pos-a");
    assert_string_equal(why.finding[0].expected, "2 keys of 'pos-a' to have signed");
    assert_string_equal(why.finding[0].found, "1 that count, of 1 signatures");
}

static void check_wrong_role(const struct pst_verify_in *in, const char *role)
{
    struct pst_report why = {0};

    assert_int_equal(pst_verify(in, &why), PST_SIGNATURE_THRESHOLD);
    assert_int_equal(why.count, 2);
    assert_int_equal(why.finding[0].code, PST_KEY_WRONG_ROLE);
    assert_non_null(strstr(why.finding[0].expected, role));
    assert_string_equal(why.finding[0].found, "sm2-sm3, which counts for products' roles only");
}

static void no_role_of_root_counts_an_sm2_key_at_whatever_time(void **state)
{
    struct world *world = *state;
    const struct pst_repo_key *keys[] = {&world->key[SM2], &world->key[ED]};

    for (enum pst_role_kind kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++) {
        pst_repo_let(&world->repo->root.rule[kind], 1, keys, 2);
        pst_repo_sign_with(&world->repo->targets, keys, 1);
        pst_repo_sign(&world->repo->root);
        pst_repo_sign(&world->repo->targets);
        PST_CLEANUP(pst_role) struct pst_role *root = role_of(PST_ROLE_ROOT, &world->repo->root);
        PST_CLEANUP(pst_role)
        struct pst_role *targets = role_of(PST_ROLE_TARGETS, &world->repo->targets);
        struct pst_verify_in in = {.envelope = targets->envelope,
                                   .delegator = root,
                                   .rule = pst_role_rule(root, pst_text(pst_role_kind_name(kind))),
                                   .root = root,
                                   .now_s = PST_REPO_NOW};
        check_wrong_role(&in, pst_role_kind_name(kind));
        in.at_any_time = true;
        check_wrong_role(&in, pst_role_kind_name(kind));

        pst_repo_sign_with(&world->repo->targets, keys,
                           2); /* and beside enough it spoils nothing */
        pst_repo_sign(&world->repo->targets);
        PST_CLEANUP(pst_role)
        struct pst_role *both = role_of(PST_ROLE_TARGETS, &world->repo->targets);
        in.envelope = both->envelope;
        assert_int_equal(pst_verify(&in, NULL), PST_OK);
    }
}

static void the_assignments_role_counts_none_either(void **state)
{
    struct world *world = *state;
    const struct pst_repo_key *keys[] = {&world->key[SM2]};

    pst_repo_let(&world->repo->targets.delegation[1].rule, 1, keys, 1);
    pst_repo_sign_with(&world->repo->role[1], keys, 1);
    pst_repo_publish(world->repo);
    PST_CLEANUP(pst_role)
    struct pst_role *targets = role_of(PST_ROLE_TARGETS, &world->repo->targets);
    PST_CLEANUP(pst_role)
    struct pst_role *assignments = role_of(PST_ROLE_TARGETS, &world->repo->role[1]);
    const struct pst_verify_in in = {.envelope = assignments->envelope,
                                     .delegator = targets,
                                     .rule = pst_role_rule(targets, pst_text("assignments")),
                                     .now_s = PST_REPO_NOW};
    check_wrong_role(&in, "assignments");
}

static void a_terminal_cannot_have_such_a_key(void **state)
{
    struct world *world = *state;
    const struct pst_repo_key *keys[] = {&world->key[SM2]};
    struct pst_report why = {0};
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;

    pst_repo_let(&world->repo->targets.delegation[0].rule, 1, keys, 1);
    pst_repo_sign_with(&world->repo->role[0], keys, 1);
    pst_repo_publish(world->repo);
    PST_CLEANUP(pst_role)
    struct pst_role *targets = role_of(PST_ROLE_TARGETS, &world->repo->targets);
    PST_CLEANUP(pst_role)
    struct pst_role *product = role_of(PST_ROLE_TARGETS, &world->repo->role[0]);
    const struct pst_role_key *listed = pst_role_key(targets, pst_text(world->key[SM2].id));
    assert_int_equal(
        pst_public_key_load(listed->keytype, listed->scheme, listed->public_part, &key, NULL),
        PST_OK);
    assert_true(pst_public_key_verifies(key, pst_buf_bytes(&product->envelope->canonical),
                                        product->envelope->signature[0].hex));
    assert_int_equal(pst_verify_by_key(product->envelope, key, &why), PST_KEY_WRONG_ROLE);
    assert_int_equal(why.count, 1);
}

static enum pst_code lint(const struct pst_role *role, const struct pst_role *root,
                          struct pst_report *why)
{
    const struct pst_ceremony_lint_in in = {.role = role, .root = root, .now_s = PST_REPO_NOW};
    return pst_ceremony_lint(&in, why);
}

/* Files from elsewhere: our own tool does not get so far. */
static void a_file_that_lists_an_sm2_key_outside_products_is_not_to_be_signed(void **state)
{
    struct world *world = *state;
    const struct pst_repo_key *keys[] = {&world->key[SM2]};

    for (enum pst_role_kind kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++) {
        struct pst_report why = {0};
        reset(state);
        pst_repo_let(&world->repo->root.rule[kind], 1, keys, 1);
        pst_repo_sign(&world->repo->root);
        PST_CLEANUP(pst_role) struct pst_role *root = role_of(PST_ROLE_ROOT, &world->repo->root);
        assert_int_equal(lint(root, NULL, &why), PST_KEY_WRONG_ROLE);
    }
    for (size_t i = 0; i < 2; i++) { /* the product's, then assignments */
        struct pst_report why = {0};
        reset(state);
        pst_repo_let(&world->repo->targets.delegation[i].rule, 1, keys, 1);
        pst_repo_publish(world->repo);
        PST_CLEANUP(pst_role) struct pst_role *root = role_of(PST_ROLE_ROOT, &world->repo->root);
        PST_CLEANUP(pst_role)
        struct pst_role *targets = role_of(PST_ROLE_TARGETS, &world->repo->targets);
        (void)lint(targets, root, &why);
        assert_int_equal(pst_report_has(&why, PST_KEY_WRONG_ROLE), i == 1);
    }
}

static void a_revoked_sm2_key_is_known_again_by_what_stands_in_the_mark(void **state)
{
    static const struct product_case revoked = {"", 1, "s", "s", NULL, 'S', PST_OK, PST_OK};
    struct world *world = *state;
    PST_CLEANUP(pst_buf) struct pst_buf public_part = pst_buf(4096);
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key renewed = {0}, other = {0};

    set_up_product(world, &revoked, &public_part);
    PST_CLEANUP(pst_role) struct pst_role *root = role_of(PST_ROLE_ROOT, &world->repo->root);
    assert_null(pst_role_key(root, pst_text(world->key[SM2].id)));
    assert_int_equal(pst_ceremony_key_parse(pst_buf_bytes(&world->renewed.object), &renewed, NULL),
                     PST_OK);
    assert_int_equal(pst_ceremony_key_parse(pst_buf_bytes(&world->key[OTHER].object), &other, NULL),
                     PST_OK);
    assert_non_null(pst_ceremony_revoked(root, &renewed));
    assert_null(pst_ceremony_revoked(root, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_products_role_counts_sm2_keys_as_any_other, reset),
        cmocka_unit_test_setup(of_a_mixed_threshold_the_half_that_is_there_is_told, reset),
        cmocka_unit_test_setup(no_role_of_root_counts_an_sm2_key_at_whatever_time, reset),
        cmocka_unit_test_setup(the_assignments_role_counts_none_either, reset),
        cmocka_unit_test_setup(a_terminal_cannot_have_such_a_key, reset),
        cmocka_unit_test_setup(a_file_that_lists_an_sm2_key_outside_products_is_not_to_be_signed,
                               reset),
        cmocka_unit_test_setup(a_revoked_sm2_key_is_known_again_by_what_stands_in_the_mark, reset),
    };
    return cmocka_run_group_tests(tests, make_world, free_world);
}
