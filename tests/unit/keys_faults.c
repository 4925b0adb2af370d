/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The crypto library answers -1, 0, 2 or NULL, and memory runs out, at each call in turn: nothing
 * ever counts as verified, what is told is the true reason, and (sanitizers) nothing is left over.
 */
#include <stdlib.h>
#include <unistd.h>

#include "keys/digest.h"
#include "keys/trust.h"
#include "manifests/json.h"
#include "tests/support/check.h"
#include "tests/support/crypto_faults.h"
#include "tests/support/repo_builder.h"

static const char *const schemes[] = {"ed25519", "ecdsa-sha2-nistp256", "rsassa-pss-sha256",
                                      "sm2-sm3"};

/* For each scheme a product's role signed by its key; all others are signed by ed25519. */
struct world {
    struct pst_repo *repo; /* root has revoked a stranger */
    struct pst_repo_key stranger, key[PST_COUNT(schemes)];
    struct pst_role *root, *targets, *product[PST_COUNT(schemes)];
    size_t scheme_count; /* not all libraries have SM2 */
    int file;
};

static const char content[] = "an image";

static struct pst_role *role_of(const struct pst_repo_role *signed_role)
{
    struct pst_role *role = NULL;
    assert_int_equal(pst_role_parse(signed_role->kind, pst_repo_bytes(signed_role), &role, NULL),
                     PST_OK);
    return role;
}

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char path[] = "/tmp/pst-faults-XXXXXX";

    struct pst_repo *repo = world->repo = pst_repo_new("ed25519");
    world->stranger = pst_repo_key("ed25519");
    repo->root.revoked_count = 1;
    repo->root.revoked[0] = (struct pst_role_draft_mark){
        .name = world->stranger.id, .from_s = PST_REPO_NOW, .reason = "leaked"};
    while (pst_schemes()[world->scheme_count] != NULL) {
        size_t i = world->scheme_count++;
        world->key[i] = pst_repo_key(schemes[i]);
        struct pst_repo_role *product = pst_repo_delegate(
            repo, &repo->targets, schemes[i], &world->key[i], i == 0 ? "f" : "nothing", false);
        pst_repo_target(product, "f", pst_bytes(content, sizeof content));
    }
    pst_repo_publish(repo);
    world->root = role_of(&repo->root);
    world->targets = role_of(&repo->targets);
    for (size_t i = 0; i < world->scheme_count; i++)
        world->product[i] = role_of(pst_repo_role(repo, schemes[i]));
    world->file = mkstemp(path);
    assert_true(world->file >= 0 && unlink(path) == 0);
    assert_int_equal(write(world->file, content, sizeof content), sizeof content);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < world->scheme_count; i++) {
        pst_role_free(world->product[i]);
        pst_repo_key_cleanup(&world->key[i]);
    }
    pst_role_free(world->targets);
    pst_role_free(world->root);
    pst_repo_free(world->repo);
    pst_repo_key_cleanup(&world->stranger);
    close(world->file);
    free(world);
    return 0;
}

/* ---- what is done; PST_OK says that all of it was good */

typedef enum pst_code operation(const struct world *world, size_t scheme, struct pst_report *why);

static enum pst_code digest_a_stream(const struct world *world, size_t scheme,
                                     struct pst_report *why)
{
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    uint8_t peeked[PST_SHA512_BYTES], ended[PST_SHA512_BYTES];

    (void)world;
    enum pst_digest_algorithm algorithm = scheme == 0 ? PST_SHA256 : PST_SHA512;
    enum pst_code rc = pst_digest_begin(&digest, algorithm, why);
    if (rc == PST_OK)
        rc = pst_digest_add(&digest, pst_bytes(content, sizeof content), why);
    if (rc == PST_OK)
        rc = pst_digest_peek(&digest, peeked, why);
    return rc == PST_OK ? pst_digest_end(&digest, ended, why) : rc;
}

static enum pst_code digest_a_file(const struct world *world, size_t scheme, struct pst_report *why)
{
    uint8_t out[PST_SHA256_BYTES];
    (void)scheme;
    return pst_sha256_fd(world->file, sizeof content, out, why);
}

static enum pst_code make_an_hmac(const struct world *world, size_t scheme, struct pst_report *why)
{
    uint8_t out[PST_SHA256_BYTES];
    (void)world, (void)scheme;
    return pst_hmac_sha256(pst_bytes("key", 3), pst_bytes(content, sizeof content), out, why);
}

static enum pst_code take_chance(const struct world *world, size_t scheme, struct pst_report *why)
{
    uint8_t out[16];
    (void)world, (void)scheme;
    return pst_random(out, sizeof out, why);
}

static struct pst_verify_in question(const struct world *world, size_t scheme)
{
    return (struct pst_verify_in){
        .envelope = world->product[scheme]->envelope,
        .delegator = world->targets,
        .rule = pst_role_rule(world->targets, pst_text(schemes[scheme])),
        .root = world->root,
        .now_s = PST_REPO_NOW,
    };
}

static enum pst_code read_an_envelope(const struct world *world, size_t scheme,
                                      struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    return pst_envelope_parse(pst_repo_bytes(pst_repo_role(world->repo, schemes[scheme])),
                              &pst_json_large, &envelope, why);
}

static enum pst_code verify_one(const struct world *world, size_t scheme, struct pst_report *why)
{
    const struct pst_verify_in in = question(world, scheme);
    return pst_verify(&in, why);
}

/* As the service does it with a terminal's key, which is of no product's scheme. */
static enum pst_code verify_by_a_known_key(const struct world *world, size_t scheme,
                                           struct pst_report *why)
{
    const struct pst_verify_in in = question(world, scheme);
    const struct pst_role_key *key = pst_role_key(in.delegator, in.rule->keyid[0]);
    PST_CLEANUP(pst_public_key) struct pst_public_key *public = NULL;
    enum pst_code rc =
        pst_public_key_load(key->keytype, key->scheme, key->public_part, &public, why);
    return rc == PST_OK ? pst_verify_by_key(in.envelope, public, why) : rc;
}

/* Yes or no, without words: those are ours. */
static enum pst_code ask_whether_it_verifies(const struct world *world, size_t scheme,
                                             struct pst_report *why)
{
    const struct pst_verify_in in = question(world, scheme);
    const struct pst_role_key *key = pst_role_key(in.delegator, in.rule->keyid[0]);
    PST_CLEANUP(pst_public_key) struct pst_public_key *public = NULL;
    enum pst_code rc =
        pst_public_key_load(key->keytype, key->scheme, key->public_part, &public, why);
    if (rc != PST_OK || pst_public_key_verifies(public, pst_buf_bytes(&in.envelope->canonical),
                                                in.envelope->signature[0].hex))
        return rc;
    return pst_refuse(why, pst_faults_failed()->code, pst_say("yes"), pst_say("no"));
}

static enum pst_code begin_walk(const struct pst_repo *repo, struct pst_trust **trust,
                                struct pst_report *why)
{
    const struct pst_role *targets = NULL;
    bool same = false;

    enum pst_code rc = pst_trust_new(pst_repo_bytes(&repo->root), PST_REPO_NOW, trust, why);
    if (rc == PST_OK)
        rc = pst_trust_root_done(*trust, why);
    if (rc == PST_OK)
        rc = pst_trust_timestamp(*trust, pst_repo_bytes(&repo->timestamp), false, &same, why);
    if (rc == PST_OK)
        rc = pst_trust_snapshot(*trust, pst_repo_bytes(&repo->snapshot), false, why);
    if (rc == PST_OK)
        rc = pst_trust_targets(*trust, pst_text("targets"), NULL, pst_repo_bytes(&repo->targets),
                               &targets, why);
    return rc;
}

static enum pst_code find_a_target(const struct world *world, size_t scheme, struct pst_report *why)
{
    const struct pst_repo *repo = world->repo;
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_CLEANUP(pst_search) struct pst_search *search = NULL;
    const struct pst_role_target *found = NULL;
    const struct pst_role *product = NULL;
    struct pst_search_want want = {0};

    enum pst_code rc = begin_walk(repo, &trust, why);
    if (rc == PST_OK)
        rc = pst_search_new(trust, pst_text("f"), &search, why);
    if (rc != PST_OK)
        return rc;
    assert_int_equal(pst_search_step(search, &want, &found), PST_SEARCH_WANTS_ROLE);
    rc = pst_trust_targets(trust, want.name, want.delegator,
                           pst_repo_bytes(pst_repo_role(world->repo, schemes[scheme])), &product,
                           why);
    if (rc == PST_OK)
        rc = pst_search_give(search, product, why);
    if (rc != PST_OK)
        return rc;
    assert_int_equal(pst_search_step(search, &want, &found), PST_SEARCH_FOUND);
    return pst_trust_check_target(found, pst_bytes(content, sizeof content), PST_IMAGE_CORRUPT,
                                  why);
}

/* ---- each of its calls in turn */

static bool is_told(const struct pst_report *why, const struct pst_fault *fault)
{
    /* A buffer that cannot grow says "more, or no memory". */
    return pst_report_has(why, fault->code) ||
           (fault->code == PST_NO_MEMORY && pst_report_has(why, PST_TOO_LARGE));
}

static size_t fail_each_call(const struct world *world, operation *run, size_t scheme)
{
    struct pst_report why = {0};
    size_t failed = 0;

    pst_faults_count();
    enum pst_code rc = run(world, scheme, &why);
    size_t calls = pst_faults_end();
    if (rc != PST_OK || why.count != 0)
        fail_msg("without a fault: %s", pst_code_name(rc));
    for (size_t nth = 0; nth < calls; nth++) {
        for (enum pst_fault_answer answer = PST_FAULT_MINUS_ONE; answer < PST_FAULT_ANSWERS;
             answer++) {
            why = (struct pst_report){0};
            pst_faults_fail(nth, answer);
            rc = run(world, scheme, &why);
            (void)pst_faults_end();
            const struct pst_fault *fault = pst_faults_failed();
            assert_non_null(fault);
            if (rc == PST_OK || !is_told(&why, fault))
                fail_msg("call %zu, %s, answer %d: %s, told: %s %s", nth, fault->name, (int)answer,
                         pst_code_name(rc), pst_code_name(why.finding[0].code),
                         why.finding[0].expected);
            failed++;
            if (answer + 1 == fault->answers)
                break;
        }
    }
    return failed;
}

static void no_digest_comes_of_a_library_that_fails(void **state)
{
    operation *const all[] = {digest_a_stream, digest_a_file, make_an_hmac, take_chance};
    for (size_t i = 0; i < PST_COUNT(all); i++)
        for (size_t scheme = 0; scheme < 2; scheme++)
            assert_true(fail_each_call(*state, all[i], scheme) > 0);
}

static void no_signature_holds_by_a_library_that_fails(void **state)
{
    const struct world *world = *state;
    for (size_t i = 0; i < world->scheme_count; i++)
        assert_true(fail_each_call(world, verify_one, i) > 15);
    for (size_t i = 0; i < world->scheme_count; i++)
        assert_true(fail_each_call(world, ask_whether_it_verifies, i) > 15);
    for (size_t i = 0; i < 3; i++)
        assert_true(fail_each_call(world, verify_by_a_known_key, i) > 15);
}

static void no_envelope_is_read_in_part(void **state)
{
    assert_true(fail_each_call(*state, read_an_envelope, 0) > 3);
}

static void no_walk_ends_in_trust_by_a_library_that_fails(void **state)
{
    assert_true(fail_each_call(*state, find_a_target, 0) > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_digest_comes_of_a_library_that_fails),
        cmocka_unit_test(no_signature_holds_by_a_library_that_fails),
        cmocka_unit_test(no_envelope_is_read_in_part),
        cmocka_unit_test(no_walk_ends_in_trust_by_a_library_that_fails),
    };
    return cmocka_run_group_tests(tests, make_world, free_world);
}
