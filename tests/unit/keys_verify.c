/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/verify.h"
#include "manifests/envelope.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

enum { ED, EC, RSA, SCHEMES, KEYS = 7 };

/* Made once: key 0..2 are one of each scheme for any role, 3..5 are ed25519 with bounds, 6 is of
 * the scheme that is for products' roles only. */
struct world {
    struct pst_repo *repo;
    struct pst_repo_key key[KEYS];
    struct pst_repo_key again; /* key ED under another keyid */
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    for (size_t i = 0; i < SCHEMES; i++)
        world->key[i] = pst_repo_key(pst_schemes()[i]);
    world->key[3] = pst_repo_key_between("ed25519", INT64_MIN, PST_REPO_NOW);
    world->key[4] = pst_repo_key_between("ed25519", PST_REPO_NOW + 1, INT64_MAX);
    world->key[5] = pst_repo_key_between("ed25519", PST_REPO_NOW, PST_REPO_NOW + 1);
    world->key[6] = pst_repo_key("sm2-sm3");
    world->again = pst_repo_key_again(&world->key[ED], PST_REPO_EXPIRES);
    world->repo = pst_repo_new("ed25519");
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    pst_repo_free(world->repo);
    pst_repo_key_cleanup(&world->again);
    for (size_t i = 0; i < KEYS; i++)
        pst_repo_key_cleanup(&world->key[i]);
    free(world);
    return 0;
}

/* Root lets the listed keys sign targets; the signers do; root may carry marks. */
struct verify_case {
    const char *name;
    int64_t threshold;
    const char *listed, *signers; /* digits are keys of the world; 'a' is `again`, 't' root's own */
    const char *retired, *revoked; /* a scheme; a digit */
    enum pst_code expect;
    enum pst_code cause;
};

/* clang-format off */
static const struct verify_case cases[] = {
    {"ed25519",                         1, "0",   "0",   NULL, NULL, PST_OK, PST_OK},
    {"ecdsa",                           1, "1",   "1",   NULL, NULL, PST_OK, PST_OK},
    {"rsa",                             1, "2",   "2",   NULL, NULL, PST_OK, PST_OK},
    {"all three schemes, 3 of 3",       3, "012", "012", NULL, NULL, PST_OK, PST_OK},
    {"2 of 3",                          2, "012", "20",  NULL, NULL, PST_OK, PST_OK},
    {"1 of 3 where 2 are wanted",       2, "012", "1",   NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_OK},
    {"a stranger beside enough",        1, "0",   "t0",  NULL, NULL, PST_OK, PST_OK},
    {"a stranger alone",                1, "0",   "t",   NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"a stranger fills no threshold",   2, "01",  "0t",  NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"more wanted than there are keys", 4, "012", "012", NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_OK},
    {"nobody",                          1, "0",   "",    NULL, NULL, PST_SIGNATURE_MISSING, PST_OK},
    {"one key under two keyids",        2, "0a",  "0a",  NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_SIGNATURE_DUPLICATE},
    {"another key first",               3, "10a", "10a", NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_SIGNATURE_DUPLICATE},
    {"and another key with it",         2, "0a1", "0a1", NULL, NULL, PST_OK, PST_OK},
    {"expired at this second",          1, "3",   "3",   NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_KEY_EXPIRED},
    {"valid from the next second",      1, "4",   "4",   NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_KEY_NOT_YET_VALID},
    {"valid for this one second",       1, "5",   "5",   NULL, NULL, PST_OK, PST_OK},
    {"expired beside enough",           1, "30",  "30",  NULL, NULL, PST_OK, PST_OK},
    {"a retired scheme",                1, "1",   "1",   "ecdsa-sha2-nistp256", NULL, PST_SIGNATURE_THRESHOLD, PST_ALGORITHM_RETIRED},
    {"another scheme is retired",       1, "1",   "1",   "rsassa-pss-sha256", NULL, PST_OK, PST_OK},
    {"a revoked key",                   1, "0",   "0",   NULL, "0", PST_SIGNATURE_THRESHOLD, PST_KEY_REVOKED},
    {"a revoked key by another keyid",  1, "a0",  "a",   NULL, "0", PST_SIGNATURE_THRESHOLD, PST_KEY_REVOKED},
    {"sm2 for targets",                 1, "6",   "6",   NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_KEY_WRONG_ROLE},
    {"sm2 fills no threshold there",    2, "06",  "06",  NULL, NULL, PST_SIGNATURE_THRESHOLD, PST_KEY_WRONG_ROLE},
    {"sm2 beside enough",               1, "06",  "60",  NULL, NULL, PST_OK, PST_OK},
    {"sm2 retired beside enough",       1, "06",  "06",  "sm2-sm3", NULL, PST_OK, PST_OK},
    {"another key is revoked",          1, "01",  "0",   NULL, "1", PST_OK, PST_OK},
};
/* clang-format on */

static const struct pst_repo_key *key_of(const struct world *world, char name)
{
    if (name == 'a')
        return &world->again;
    if (name == 't')
        return &world->repo->key[PST_ROLE_ROOT];
    return &world->key[name - '0'];
}

static size_t keys_of(const struct world *world, const char *names, const struct pst_repo_key **out)
{
    size_t count = 0;
    for (; names[count] != '\0'; count++)
        out[count] = key_of(world, names[count]);
    return count;
}

/* Root and targets, written and read again. */
struct files {
    struct pst_role *root, *targets;
};

static void files_cleanup(struct files *files)
{
    pst_role_free(files->root);
    pst_role_free(files->targets);
}

static struct files read_files(const struct world *world)
{
    struct files files = {NULL, NULL};
    struct pst_report why = {0};
    if (pst_role_parse(PST_ROLE_ROOT, pst_repo_bytes(&world->repo->root), &files.root, &why) !=
            PST_OK ||
        pst_role_parse(PST_ROLE_TARGETS, pst_repo_bytes(&world->repo->targets), &files.targets,
                       &why) != PST_OK)
        fail_msg("%s %s %s", why.finding[0].where, why.finding[0].expected, why.finding[0].found);
    return files;
}

static void set_up(struct world *world, const struct verify_case *one)
{
    const struct pst_repo_key *keys[PST_REPO_SIGNERS];
    struct pst_repo_role *root = &world->repo->root;

    size_t count = keys_of(world, one->listed, keys);
    pst_repo_let(&root->rule[PST_ROLE_TARGETS], one->threshold, keys, count);
    count = keys_of(world, one->signers, keys);
    pst_repo_sign_with(&world->repo->targets, keys, count);
    root->retired_count = one->retired != NULL;
    root->retired[0] = (struct pst_role_draft_mark){.name = one->retired, .from_s = PST_REPO_NOW};
    root->revoked_count = one->revoked != NULL;
    if (one->revoked != NULL)
        root->revoked[0] = (struct pst_role_draft_mark){
            .name = key_of(world, one->revoked[0])->id, .from_s = PST_REPO_NOW, .reason = "leaked"};
    world->repo->targets.extra_count = 0;
    pst_repo_sign(root);
    pst_repo_sign(&world->repo->targets);
}

static struct pst_verify_in question(const struct files *files)
{
    return (struct pst_verify_in){
        .envelope = files->targets->envelope,
        .delegator = files->root,
        .rule = pst_role_rule(files->root, pst_text("targets")),
        .root = files->root,
        .now_s = PST_REPO_NOW,
    };
}

static void each_set_of_signers_is_enough_or_is_told_why_not(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        const struct verify_case *one = &cases[i];
        struct pst_report why = {0};
        set_up(world, one);
        __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
        struct pst_verify_in in = question(&files);

        enum pst_code got = pst_verify(&in, &why);
        if (got != one->expect)
            fail_msg("%s: %s", one->name, pst_code_name(got));
        if (one->cause != PST_OK && !pst_report_has(&why, one->cause))
            fail_msg("%s does not name %s", one->name, pst_code_name(one->cause));
        if (got == PST_OK)
            assert_int_equal(why.count, 0); /* what did not matter is not told */
        else                                /* the sum comes last */
            assert_int_equal(why.finding[why.count - 1].code, got);
        assert_int_equal(pst_verify(&in, NULL), got);
    }
}

static const struct pst_finding *finding_of(const struct pst_report *why, enum pst_code code)
{
    for (size_t i = 0; i < why->count; i++)
        if (why->finding[i].code == code)
            return &why->finding[i];
    fail_msg("no %s", pst_code_name(code));
    return NULL;
}

static void all_causes_are_named_at_their_keys_with_expected_and_found(void **state)
{
    static const struct verify_case one = {
        "", 3, "0a341", "0a34t", "ed25519", "4", PST_SIGNATURE_THRESHOLD, PST_OK};
    struct world *world = *state;
    struct pst_report why = {0};
    char where[64];

    set_up(world, &one);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    struct pst_verify_in in = question(&files);
    {
        PST_WITHIN(&why, "targets");
        assert_int_equal(pst_verify(&in, &why), PST_SIGNATURE_THRESHOLD);
    }
    const struct pst_finding *expired = finding_of(&why, PST_KEY_EXPIRED);
    snprintf(where, sizeof where, "targets/key %.8s", world->key[3].id);
    assert_string_equal(expired->where, where);
    assert_string_equal(expired->expected, "a key valid until after 2030-01-01T00:00:00Z");
    assert_string_equal(expired->found, "valid until 2030-01-01T00:00:00Z");

    const struct pst_finding *early = finding_of(&why, PST_KEY_NOT_YET_VALID);
    assert_string_equal(early->expected, "a key valid since 2030-01-01T00:00:00Z");
    assert_string_equal(early->found, "valid from 2030-01-01T00:00:01Z");

    assert_string_equal(finding_of(&why, PST_KEY_REVOKED)->found,
                        "revoked from 2030-01-01T00:00:00Z: leaked");
    assert_string_equal(finding_of(&why, PST_ALGORITHM_RETIRED)->found,
                        "ed25519, retired from 2030-01-01T00:00:00Z");
    assert_string_equal(finding_of(&why, PST_KEY_UNKNOWN)->found,
                        world->repo->key[PST_ROLE_ROOT].id);
    const struct pst_finding *sum = finding_of(&why, PST_SIGNATURE_THRESHOLD);
    assert_string_equal(sum->where, "targets");
    assert_string_equal(sum->expected, "3 keys of 'targets' to have signed");
    assert_string_equal(sum->found, "0 that count, of 5 signatures");
}

static void extra_signatures_that_are_bad_spoil_nothing(void **state)
{
    static const struct verify_case good = {"", 1, "01", "1", NULL, NULL, PST_OK, PST_OK};
    static const char *const bad[] = {"", "zz", "0", "00", "ABCDEF"};
    struct world *world = *state;

    for (size_t i = 0; i < PST_COUNT(bad); i++) {
        struct pst_report why = {0};
        set_up(world, &good);
        world->repo->targets.extra[0] =
            (struct pst_envelope_new_signature){world->key[ED].id, bad[i]};
        world->repo->targets.extra_count = 1;
        pst_repo_sign(&world->repo->targets);
        __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
        struct pst_verify_in in = question(&files);
        assert_int_equal(pst_verify(&in, &why), PST_OK);
    }
}

static void a_bad_signature_is_named_and_an_empty_one_is_none(void **state)
{
    static const struct verify_case nobody = {"", 1, "0", "", NULL, NULL, PST_OK, PST_OK};
    static const struct {
        const char *hex;
        enum pst_code expect, cause;
    } bad[] = {
        {"", PST_SIGNATURE_MISSING, PST_SIGNATURE_MISSING},
        {"zz", PST_SIGNATURE_THRESHOLD, PST_SIGNATURE_INVALID},
        {"0", PST_SIGNATURE_THRESHOLD, PST_SIGNATURE_INVALID},
        {"00112233445566778899aabb", PST_SIGNATURE_THRESHOLD, PST_SIGNATURE_INVALID},
    };
    struct world *world = *state;

    for (size_t i = 0; i < PST_COUNT(bad); i++) {
        struct pst_report why = {0};
        set_up(world, &nobody);
        world->repo->targets.extra[0] =
            (struct pst_envelope_new_signature){world->key[ED].id, bad[i].hex};
        world->repo->targets.extra_count = 1;
        pst_repo_sign(&world->repo->targets);
        __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
        struct pst_verify_in in = question(&files);
        assert_int_equal(pst_verify(&in, &why), bad[i].expect);
        assert_true(pst_report_has(&why, bad[i].cause));
    }
}

static void a_keyid_is_but_a_name_and_not_held_against_a_key(void **state)
{
    static const struct verify_case one = {"", 1, "0", "0", NULL, NULL, PST_OK, PST_OK};
    struct world *world = *state;
    char true_id[65];

    memcpy(true_id, world->key[ED].id, sizeof true_id);
    snprintf(world->key[ED].id, sizeof world->key[ED].id, "the-vendor's-first-key");
    set_up(world, &one);
    memcpy(world->key[ED].id, true_id, sizeof true_id);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    struct pst_verify_in in = question(&files);
    assert_int_equal(pst_verify(&in, NULL), PST_OK);
}

static void a_revoked_key_is_found_by_its_true_keyid_under_a_false_one(void **state)
{
    static const struct verify_case one = {"", 1, "0", "0", NULL, NULL, PST_OK, PST_OK};
    struct world *world = *state;
    struct pst_report why = {0};
    char true_id[65];

    memcpy(true_id, world->key[ED].id, sizeof true_id);
    snprintf(world->key[ED].id, sizeof world->key[ED].id, "alias");
    set_up(world, &one);
    world->repo->root.revoked_count = 1;
    world->repo->root.revoked[0] =
        (struct pst_role_draft_mark){.name = true_id, .from_s = PST_REPO_NOW, .reason = "leaked"};
    pst_repo_sign(&world->repo->root);
    memcpy(world->key[ED].id, true_id, sizeof true_id);

    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    struct pst_verify_in in = question(&files);
    assert_int_equal(pst_verify(&in, &why), PST_SIGNATURE_THRESHOLD);
    assert_true(pst_report_has(&why, PST_KEY_REVOKED));
}

/* A delegated role lists a key that root revoked, with a field more, and so by another keyid. */
static void a_revoked_key_is_found_by_its_public_part_in_another_role(void **state)
{
    static const struct verify_case revoked = {"", 1, "0", "0", NULL, "0", PST_OK, PST_OK};
    static const struct verify_case elsewhere = {"", 1, "a", "a", NULL, NULL, PST_OK, PST_OK};
    struct world *world = *state;
    struct pst_report why = {0};

    set_up(world, &revoked);
    __attribute__((cleanup(files_cleanup))) struct files of_root = read_files(world);
    set_up(world, &elsewhere);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    struct pst_verify_in in = question(&files);
    assert_int_equal(pst_verify(&in, NULL), PST_OK);
    in.root = of_root.root;
    assert_int_equal(pst_verify(&in, &why), PST_SIGNATURE_THRESHOLD);
    assert_true(pst_report_has(&why, PST_KEY_REVOKED));
}

/* A product's own list of keys may tell what the revoked keyid was, where root lists it no more. */
static void a_revoked_key_is_found_by_its_public_part_beside_itself(void **state)
{
    static const struct verify_case revoked = {"", 1, "1", "1", NULL, "0", PST_OK, PST_OK};
    static const struct verify_case both = {"", 1, "0a", "a", NULL, NULL, PST_OK, PST_OK};
    struct world *world = *state;
    struct pst_report why = {0};

    set_up(world, &revoked);
    __attribute__((cleanup(files_cleanup))) struct files of_root = read_files(world);
    assert_null(pst_role_key(of_root.root, pst_text(world->key[ED].id)));
    set_up(world, &both);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    struct pst_verify_in in = question(&files);
    in.root = of_root.root;
    assert_int_equal(pst_verify(&in, &why), PST_SIGNATURE_THRESHOLD);
    assert_true(pst_report_has(&why, PST_KEY_REVOKED));
}

static void a_keyid_without_its_key_counts_for_nothing(void **state)
{
    static const struct verify_case one = {"", 1, "0", "0", NULL, NULL, PST_OK, PST_OK};
    struct world *world = *state;
    struct pst_report why = {0};

    set_up(world, &one);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    struct pst_verify_in in = question(&files);
    files.root->key_count = 0;
    assert_int_equal(pst_verify(&in, &why), PST_SIGNATURE_THRESHOLD);
    assert_string_equal(finding_of(&why, PST_KEY_UNKNOWN)->expected,
                        "its public part beside the rule");
}

static void a_rule_that_wants_nobody_is_never_met(void **state)
{
    static const struct verify_case one = {"", 1, "0", "0", NULL, NULL, PST_OK, PST_OK};
    static const int64_t thresholds[] = {0, -1, INT64_MIN};
    struct world *world = *state;

    set_up(world, &one);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    struct pst_verify_in in = question(&files);
    for (size_t i = 0; i < PST_COUNT(thresholds); i++) { /* role.h reads none: made by hand */
        struct pst_role_rule rule = *in.rule;
        rule.threshold = thresholds[i];
        in.rule = &rule;
        assert_int_equal(pst_verify(&in, NULL), PST_SIGNATURE_THRESHOLD);
        in = question(&files);
    }
}

static void marks_of_the_future_do_not_count_yet(void **state)
{
    static const struct verify_case one = {"", 1, "0", "0", "ed25519", "0", PST_OK, PST_OK};
    struct world *world = *state;

    set_up(world, &one);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    struct pst_verify_in in = question(&files);
    assert_int_equal(pst_verify(&in, NULL), PST_SIGNATURE_THRESHOLD);
    in.now_s = PST_REPO_NOW - 1;
    assert_int_equal(pst_verify(&in, NULL), PST_OK);
    in.now_s = PST_REPO_NOW;
    in.root = NULL;
    assert_int_equal(pst_verify(&in, NULL), PST_OK);
}

static void at_any_time_windows_and_retirement_do_not_matter_and_revocation_does(void **state)
{
    static const struct verify_case past = {"", 2, "34", "34", "ed25519", NULL, PST_OK, PST_OK};
    static const struct verify_case leaked = {"", 1, "3", "3", NULL, "3", PST_OK, PST_OK};
    struct world *world = *state;

    for (int revoked = 0; revoked < 2; revoked++) {
        set_up(world, revoked ? &leaked : &past);
        __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
        struct pst_verify_in in = question(&files);
        assert_int_equal(pst_verify(&in, NULL), PST_SIGNATURE_THRESHOLD);
        in.at_any_time = true;
        assert_int_equal(pst_verify(&in, NULL), revoked ? PST_SIGNATURE_THRESHOLD : PST_OK);
    }
}

static void a_listed_key_that_is_malformed_or_of_an_unknown_scheme_is_named(void **state)
{
    static const struct verify_case one = {"", 1, "0", "0", NULL, NULL, PST_OK, PST_OK};
    static const struct {
        const char *find, *put;
        enum pst_code cause;
    } edits[] = {
        {"\"scheme\":\"ed25519\"", "\"scheme\":\"ed448\"", PST_ALGORITHM_UNKNOWN},
        {"\"keytype\":\"ed25519\"", "\"keytype\":\"unheard-of\"", PST_ALGORITHM_UNKNOWN},
    };
    struct world *world = *state;

    for (size_t i = 0; i < PST_COUNT(edits); i++) {
        /* All of root's keys are spoilt, whichever comes first; only targets is asked about. */
        struct pst_report why = {0};
        set_up(world, &one);
        for (size_t j = 0; j < 4; j++)
            pst_repo_edit(&world->repo->root, edits[i].find, edits[i].put);
        for (size_t j = 0; j < 4; j++)
            world->repo->root.rule[j] = world->repo->root.rule[PST_ROLE_TARGETS];
        world->repo->root.edit_count = 1; /* and now there is but one key */
        pst_repo_sign(&world->repo->root);
        __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
        struct pst_verify_in in = question(&files);
        assert_int_equal(pst_verify(&in, &why), PST_SIGNATURE_THRESHOLD);
        assert_true(pst_report_has(&why, edits[i].cause));
        world->repo->root.edit_count = 0;
    }
}

static void strangers_do_not_push_the_real_causes_out_of_the_report(void **state)
{
    static const struct verify_case one = {"", 1, "3", "3", NULL, NULL, PST_OK, PST_OK};
    struct world *world = *state;
    PST_CLEANUP(pst_envelope) struct pst_envelope *crowd = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    struct pst_envelope_new_signature signature[PST_SIGNATURES_MOST];
    char names[PST_SIGNATURES_MOST][16];
    struct pst_report why = {0};

    set_up(world, &one);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    for (size_t i = 0; i < PST_SIGNATURES_MOST; i++) {
        snprintf(names[i], sizeof names[i], "stranger %zu", i);
        signature[i] = (struct pst_envelope_new_signature){names[i], "00"};
    }
    signature[PST_SIGNATURES_MOST - 1].keyid = world->key[3].id;
    assert_int_equal(pst_envelope_print(pst_buf_bytes(&files.targets->envelope->canonical),
                                        signature, PST_SIGNATURES_MOST, &bytes, NULL),
                     PST_OK);
    assert_int_equal(pst_envelope_parse(pst_buf_bytes(&bytes), &pst_json_large, &crowd, NULL),
                     PST_OK);
    struct pst_verify_in in = question(&files);
    in.envelope = crowd;
    assert_int_equal(pst_verify(&in, &why), PST_SIGNATURE_THRESHOLD);
    assert_true(pst_report_has(&why, PST_KEY_EXPIRED));
    assert_true(pst_report_has(&why, PST_SIGNATURE_INVALID));
    assert_true(pst_report_has(&why, PST_SIGNATURE_THRESHOLD));
    assert_true(why.count < PST_REPORT_MOST / 2);
    assert_true(why.omitted > 0);
}

static struct pst_public_key *public_of(const struct files *files, const char *keyid)
{
    const struct pst_role_key *key = pst_role_key(files->root, pst_text(keyid));
    struct pst_public_key *public = NULL;
    assert_int_equal(
        pst_public_key_load(key->keytype, key->scheme, key->public_part, &public, NULL), PST_OK);
    return public;
}

static void one_known_key_is_verified_whatever_the_keyid_says(void **state)
{
    static const struct verify_case one = {"", 1, "01", "0", NULL, NULL, PST_OK, PST_OK};
    struct world *world = *state;
    struct pst_report why = {0};

    set_up(world, &one);
    __attribute__((cleanup(files_cleanup))) struct files files = read_files(world);
    PST_CLEANUP(pst_public_key) struct pst_public_key *right = public_of(&files, world->key[ED].id);
    PST_CLEANUP(pst_public_key) struct pst_public_key *wrong = public_of(&files, world->key[EC].id);
    assert_int_equal(pst_verify_by_key(files.targets->envelope, right, &why), PST_OK);
    assert_int_equal(pst_verify_by_key(files.targets->envelope, wrong, &why),
                     PST_SIGNATURE_INVALID);
    files.targets->envelope->signature[0].keyid = pst_text("some other name");
    assert_int_equal(pst_verify_by_key(files.targets->envelope, right, &why), PST_OK);
    files.targets->envelope->signature_count = 0;
    assert_int_equal(pst_verify_by_key(files.targets->envelope, right, &why),
                     PST_SIGNATURE_MISSING);
    assert_int_equal(why.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_set_of_signers_is_enough_or_is_told_why_not),
        cmocka_unit_test(all_causes_are_named_at_their_keys_with_expected_and_found),
        cmocka_unit_test(extra_signatures_that_are_bad_spoil_nothing),
        cmocka_unit_test(a_bad_signature_is_named_and_an_empty_one_is_none),
        cmocka_unit_test(a_keyid_is_but_a_name_and_not_held_against_a_key),
        cmocka_unit_test(a_revoked_key_is_found_by_its_true_keyid_under_a_false_one),
        cmocka_unit_test(a_revoked_key_is_found_by_its_public_part_in_another_role),
        cmocka_unit_test(a_revoked_key_is_found_by_its_public_part_beside_itself),
        cmocka_unit_test(a_keyid_without_its_key_counts_for_nothing),
        cmocka_unit_test(a_rule_that_wants_nobody_is_never_met),
        cmocka_unit_test(marks_of_the_future_do_not_count_yet),
        cmocka_unit_test(at_any_time_windows_and_retirement_do_not_matter_and_revocation_does),
        cmocka_unit_test(strangers_do_not_push_the_real_causes_out_of_the_report),
        cmocka_unit_test(one_known_key_is_verified_whatever_the_keyid_says),
        cmocka_unit_test(a_listed_key_that_is_malformed_or_of_an_unknown_scheme_is_named),
    };
    return cmocka_run_group_tests(tests, make_world, free_world);
}
