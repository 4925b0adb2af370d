/* SPDX-License-Identifier: Apache-2.0 */
/* What the walk answers at its edges: steps out of order, what to fetch, floors offered twice,
 * limits. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "keys/trust_internal.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

static int make_repo(void **state)
{
    *state = pst_repo_new("ed25519");
    return 0;
}

static int free_repo(void **state)
{
    pst_repo_free(*state);
    return 0;
}

enum reached { AT_START, AT_ROOT, AT_TIMESTAMP, AT_SNAPSHOT, AT_TARGETS };

/* A walk through the files as published, up to and with one of them. */
static struct pst_trust *walked(const struct pst_repo *repo, enum reached reached)
{
    struct pst_trust *trust = NULL;
    const struct pst_role *targets = NULL;
    bool same = false;

    assert_int_equal(pst_trust_new(pst_repo_bytes(&repo->root), PST_REPO_NOW, &trust, NULL),
                     PST_OK);
    if (reached >= AT_ROOT)
        assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    if (reached >= AT_TIMESTAMP)
        assert_int_equal(
            pst_trust_timestamp(trust, pst_repo_bytes(&repo->timestamp), false, &same, NULL),
            PST_OK);
    if (reached >= AT_SNAPSHOT)
        assert_int_equal(pst_trust_snapshot(trust, pst_repo_bytes(&repo->snapshot), false, NULL),
                         PST_OK);
    if (reached >= AT_TARGETS)
        assert_int_equal(pst_trust_targets(trust, pst_text("targets"), NULL,
                                           pst_repo_bytes(&repo->targets), &targets, NULL),
                         PST_OK);
    return trust;
}

/* ---- steps out of order */

struct step_of {
    struct pst_repo *repo;
    struct pst_trust *trust;
    struct pst_search *search;
};

static void root_next(struct step_of *of)
{
    (void)!pst_trust_root_next(of->trust, pst_repo_bytes(&of->repo->root), NULL);
}

static void timestamp(struct step_of *of)
{
    bool same;
    (void)!pst_trust_timestamp(of->trust, pst_repo_bytes(&of->repo->timestamp), false, &same, NULL);
}

static void snapshot(struct step_of *of)
{
    (void)!pst_trust_snapshot(of->trust, pst_repo_bytes(&of->repo->snapshot), false, NULL);
}

static void targets(struct step_of *of)
{
    const struct pst_role *role;
    (void)!pst_trust_targets(of->trust, pst_text("targets"), NULL,
                             pst_repo_bytes(&of->repo->targets), &role, NULL);
}

static void role_of_nobody(struct step_of *of)
{
    const struct pst_role *role;
    (void)!pst_trust_targets(of->trust, pst_text("pos-a"), NULL, pst_repo_bytes(&of->repo->targets),
                             &role, NULL);
}

static void want_snapshot(struct step_of *of)
{
    struct pst_trust_want want;
    (void)!pst_trust_want(of->trust, PST_ROLE_SNAPSHOT, pst_text("snapshot"), &want, NULL);
}

static void want_targets(struct step_of *of)
{
    struct pst_trust_want want;
    (void)!pst_trust_want(of->trust, PST_ROLE_TARGETS, pst_text("targets"), &want, NULL);
}

static void begin_search(struct step_of *of)
{
    (void)!pst_search_new(of->trust, pst_text("f"), &of->search, NULL);
}

static void give_unasked(struct step_of *of)
{
    (void)!pst_search_give(of->search, pst_trust_role(of->trust, PST_ROLE_TARGETS), NULL);
}

static void give_nothing(struct step_of *of)
{
    struct pst_search_want want;
    const struct pst_role_target *found;
    assert_int_equal(pst_search_step(of->search, &want, &found), PST_SEARCH_WANTS_ROLE);
    (void)!pst_search_give(of->search, NULL, NULL);
}

static sigjmp_buf back;

static void come_back(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

static bool aborts(void (*step)(struct step_of *), struct step_of *of)
{
    struct sigaction before, action = {.sa_handler = come_back};
    volatile bool aborted = true;

    sigaction(SIGABRT, &action, &before);
    if (sigsetjmp(back, 1) == 0) {
        step(of);
        aborted = false;
    }
    sigaction(SIGABRT, &before, NULL);
    return aborted;
}

static void a_step_out_of_order_ends_the_program(void **state)
{
    static const struct {
        const char *name;
        enum reached reached;
        void (*step)(struct step_of *);
    } cases[] = {
        {"another root after the last", AT_ROOT, root_next},
        {"a timestamp before the last root", AT_START, timestamp},
        {"a timestamp after the snapshot", AT_SNAPSHOT, timestamp},
        {"a snapshot before the timestamp", AT_ROOT, snapshot},
        {"a snapshot after targets", AT_TARGETS, snapshot},
        {"targets before the snapshot", AT_TIMESTAMP, targets},
        {"a delegated role without its delegator", AT_TARGETS, role_of_nobody},
        {"what snapshot to fetch, before the timestamp", AT_ROOT, want_snapshot},
        {"what targets to fetch, before the snapshot", AT_TIMESTAMP, want_targets},
        {"a search before targets", AT_SNAPSHOT, begin_search},
        {"a role that no search asked for", AT_TARGETS, give_unasked},
        {"no role where one was asked for", AT_TARGETS, give_nothing},
    };
    struct pst_repo *repo = *state;

    pst_repo_delegate(repo, &repo->targets, "pos-a", &repo->key[PST_ROLE_TARGETS], "*", false);
    pst_repo_publish(repo);
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, cases[i].reached);
        struct step_of of = {.repo = repo, .trust = trust};
        if (cases[i].step == give_unasked || cases[i].step == give_nothing)
            begin_search(&of);
        if (!aborts(cases[i].step, &of))
            fail_msg("%s goes on", cases[i].name);
        pst_search_free(of.search);
    }
}

/* ---- bytes that are no role */

/* What is no JSON at all was damaged on its way; what is, was written so. */
static void damage_is_told_apart_from_a_mistake(void **state)
{
    static char endless[PST_TRUST_ROOT_BYTES + 1];
    struct pst_repo *repo = *state;
    bool same;

    pst_repo_edit(&repo->root, "\"expires\":\"20", "\"expires\":\"x");
    pst_repo_sign(&repo->root);
    PST_CLEANUP(pst_trust) struct pst_trust *before = NULL;
    const struct {
        struct pst_bytes root;
        enum pst_code code;
    } roots[] = {
        {pst_bytes("x", 1), PST_METADATA_CORRUPT},
        {pst_bytes("{\"\xff\":1}", 7), PST_METADATA_CORRUPT},
        {pst_bytes(endless, sizeof endless), PST_METADATA_TOO_LARGE},
        {pst_repo_bytes(&repo->root), PST_BAD_SYNTAX},
    };
    for (size_t i = 0; i < PST_COUNT(roots); i++)
        assert_int_equal(pst_trust_new(roots[i].root, PST_REPO_NOW, &before, NULL), roots[i].code);
    assert_null(before);

    repo->root.edit_count = 0;
    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_ROOT);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pst_trust_timestamp(trust, roots[i].root, false, &same, NULL),
                         roots[i].code);
}

/* ---- what to fetch */

static struct pst_trust_want wanted(const struct pst_trust *trust, enum pst_role_kind kind)
{
    struct pst_trust_want want = {0};
    assert_int_equal(pst_trust_want(trust, kind, pst_text(pst_role_kind_name(kind)), &want, NULL),
                     PST_OK);
    return want;
}

static void what_is_fetched_is_named_and_bounded_by_what_lists_it(void **state)
{
    struct pst_repo *repo = *state;

    for (int consistent = 0; consistent < 2; consistent++) {
        for (int lengths = 0; lengths < 2; lengths++) {
            repo->root.inconsistent = consistent == 0;
            repo->snapshot.lists = repo->timestamp.lists =
                lengths ? PST_REPO_LENGTH : PST_REPO_VERSION_ALONE;
            repo->snapshot.version = 7;
            repo->targets.version = 9;
            pst_repo_publish(repo);
            PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_SNAPSHOT);

            struct pst_trust_want want = wanted(trust, PST_ROLE_ROOT);
            assert_int_equal(want.version, repo->root.version + 1);
            assert_true(want.name_has_version && want.most_bytes == PST_TRUST_ROOT_BYTES);
            want = wanted(trust, PST_ROLE_TIMESTAMP);
            assert_int_equal(want.version, 0);
            assert_true(!want.name_has_version && want.most_bytes == PST_TRUST_TIMESTAMP_BYTES);
            want = wanted(trust, PST_ROLE_SNAPSHOT);
            assert_int_equal(want.version, consistent ? 7 : 0);
            assert_int_equal(want.most_bytes,
                             lengths ? repo->snapshot.bytes.len : PST_TRUST_SNAPSHOT_BYTES);
            assert_int_equal(want.name_has_version, consistent);
            want = wanted(trust, PST_ROLE_TARGETS);
            assert_int_equal(want.version, consistent ? 9 : 0);
            assert_int_equal(want.most_bytes,
                             lengths ? repo->targets.bytes.len : PST_TRUST_TARGETS_BYTES);
            assert_int_equal(want.name_has_version, consistent);
        }
    }
}

static void a_listed_length_does_not_raise_the_ceiling(void **state)
{
    struct pst_repo *repo = *state;
    repo->snapshot.lists = PST_REPO_LENGTH;
    pst_repo_publish(repo);
    repo->snapshot.file[0].length_bytes = 1 << 30;
    pst_repo_sign(&repo->snapshot);
    pst_repo_list(&repo->timestamp, &repo->snapshot);
    pst_repo_sign(&repo->timestamp);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_SNAPSHOT);
    assert_int_equal(wanted(trust, PST_ROLE_TARGETS).most_bytes, PST_TRUST_TARGETS_BYTES);
}

static void a_role_that_is_not_listed_is_not_to_be_fetched(void **state)
{
    struct pst_repo *repo = *state;
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_SNAPSHOT);
    struct pst_trust_want want = {.version = 77};
    struct pst_report why = {0};
    char endless[300];

    memset(endless, 'a', sizeof endless);
    const struct pst_text names[] = {pst_text("pos-a"), {endless, sizeof endless}};
    for (size_t i = 0; i < PST_COUNT(names); i++)
        assert_int_equal(pst_trust_want(trust, PST_ROLE_TARGETS, names[i], &want, &why),
                         PST_METADATA_NOT_LISTED);
    assert_int_equal(why.count, 2);
    assert_int_equal(want.version, 77);
}

/* ---- the last root */

static void an_expired_root_stops_here_whoever_signed_it(void **state)
{
    struct pst_repo *repo = *state;
    struct pst_report why = {0};

    repo->root.expires_s = PST_REPO_NOW;
    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_START);
    assert_int_equal(pst_trust_root_done(trust, &why), PST_METADATA_EXPIRED);
    assert_int_equal(why.count, 1);
    struct step_of of = {.repo = repo, .trust = trust};
    assert_true(aborts(timestamp, &of));
}

static void a_root_whose_keys_have_run_out_leads_no_further(void **state)
{
    struct pst_repo *repo = *state;
    __attribute__((cleanup(pst_repo_key_cleanup))) struct pst_repo_key ended =
        pst_repo_key_between("ed25519", INT64_MIN, PST_REPO_NOW);
    const struct pst_repo_key *const signer[] = {&ended};

    pst_repo_let(&repo->root.rule[PST_ROLE_ROOT], 1, signer, 1);
    pst_repo_sign_with(&repo->root, signer, 1);
    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_START);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_SIGNATURE_THRESHOLD);
    struct step_of of = {.repo = repo, .trust = trust};
    assert_true(aborts(timestamp, &of));
}

/* A root's own marks hold for the root itself, whatever the day. */
static void a_root_by_a_key_that_it_revokes_is_none(void **state)
{
    struct pst_repo *repo = *state;
    struct pst_trust *trust = NULL;
    struct pst_report why = {0};

    repo->root.revoked_count = 1;
    repo->root.revoked[0] = (struct pst_role_draft_mark){
        .name = repo->key[PST_ROLE_ROOT].id, .from_s = PST_REPO_NOW, .reason = "leaked"};
    pst_repo_sign(&repo->root);
    assert_int_equal(pst_trust_new(pst_repo_bytes(&repo->root), PST_REPO_NOW, &trust, &why),
                     PST_SIGNATURE_THRESHOLD);
    assert_true(pst_report_has(&why, PST_KEY_REVOKED));
    assert_null(trust);
}

/* ---- floors */

/* Whatever is on the disk, and in whatever order it is offered: a floor never sinks. */
static void a_floor_is_not_lowered_by_an_older_file_from_the_disk(void **state)
{
    struct pst_repo *repo = *state;
    bool same = false;

    repo->timestamp.version = 4;
    pst_repo_publish(repo);
    PST_CLEANUP(pst_buf) struct pst_buf older = pst_buf(1 << 16);
    PST_CLEANUP(pst_buf) struct pst_buf older_snapshot = pst_buf(1 << 16);
    assert_true(pst_buf_add(&older, repo->timestamp.bytes.at, repo->timestamp.bytes.len));
    assert_true(pst_buf_add(&older_snapshot, repo->snapshot.bytes.at, repo->snapshot.bytes.len));
    pst_repo_publish_next(repo);

    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TIMESTAMP);
    assert_int_equal(pst_trust_timestamp(trust, pst_buf_bytes(&older), true, &same, NULL),
                     PST_METADATA_ROLLBACK);
    assert_int_equal(pst_trust_role(trust, PST_ROLE_TIMESTAMP)->version, 5);
    assert_int_equal(pst_trust_snapshot(trust, pst_repo_bytes(&repo->snapshot), true, NULL),
                     PST_OK);
    assert_int_equal(pst_trust_snapshot(trust, pst_buf_bytes(&older_snapshot), true, NULL),
                     PST_METADATA_ROLLBACK);
    assert_int_equal(pst_trust_role(trust, PST_ROLE_SNAPSHOT)->version, repo->snapshot.version);
}

static void the_same_version_by_nobody_is_not_the_same(void **state)
{
    struct pst_repo *repo = *state;
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TIMESTAMP);
    bool same = false;

    repo->timestamp.signer_count = 0;
    pst_repo_sign(&repo->timestamp);
    assert_int_equal(
        pst_trust_timestamp(trust, pst_repo_bytes(&repo->timestamp), false, &same, NULL),
        PST_SIGNATURE_MISSING);
    assert_false(same);
}

/* Only the disk holds floors: a server that serves another snapshot first sets none. */
static void a_snapshot_that_was_not_listed_is_no_floor(void **state)
{
    struct pst_repo *repo = *state;
    PST_CLEANUP(pst_buf) struct pst_buf listed = pst_buf(1 << 16);

    assert_true(pst_buf_add(&listed, repo->snapshot.bytes.at, repo->snapshot.bytes.len));
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TIMESTAMP);
    pst_repo_publish_next(repo);
    assert_int_equal(pst_trust_snapshot(trust, pst_repo_bytes(&repo->snapshot), false, NULL),
                     PST_METADATA_CORRUPT);
    assert_int_equal(pst_trust_snapshot(trust, pst_buf_bytes(&listed), false, NULL), PST_OK);
}

static void a_file_beyond_its_ceiling_is_not_even_parsed(void **state)
{
    static char endless[PST_TRUST_TARGETS_BYTES + 1];
    const struct pst_role *targets = NULL;

    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(*state, AT_TIMESTAMP);
    assert_int_equal(
        pst_trust_snapshot(trust, pst_bytes(endless, PST_TRUST_SNAPSHOT_BYTES + 1), false, NULL),
        PST_METADATA_TOO_LARGE);
    PST_CLEANUP(pst_trust) struct pst_trust *further = walked(*state, AT_SNAPSHOT);
    assert_int_equal(pst_trust_targets(further, pst_text("targets"), NULL,
                                       pst_bytes(endless, sizeof endless), &targets, NULL),
                     PST_METADATA_TOO_LARGE);
}

/* ---- delegated roles */

static void one_roles_file_is_not_anothers(void **state)
{
    struct pst_repo *repo = *state;
    const struct pst_repo_key *key = &repo->key[PST_ROLE_TARGETS];
    struct pst_repo_role *first = pst_repo_delegate(repo, &repo->targets, "a", key, "*", false);
    const struct pst_role *role = NULL, *other = NULL;

    pst_repo_target(first, "f", pst_bytes("x", 1));
    pst_repo_delegate(repo, &repo->targets, "b", key, "*", false);
    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TARGETS);
    const struct pst_role *by = pst_trust_role(trust, PST_ROLE_TARGETS);
    assert_int_equal(
        pst_trust_targets(trust, pst_text("a"), by, pst_repo_bytes(first), &role, NULL), PST_OK);
    assert_int_equal(
        pst_trust_targets(trust, pst_text("b"), by, pst_repo_bytes(first), &other, NULL),
        PST_METADATA_CORRUPT);
    assert_null(other);
}

static void another_file_of_a_role_that_is_held_is_judged_anew(void **state)
{
    struct pst_repo *repo = *state;
    struct pst_repo_role *product =
        pst_repo_delegate(repo, &repo->targets, "pos-a", &repo->key[PST_ROLE_TARGETS], "*", false);
    const struct pst_role *held = NULL, *again = NULL;

    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TARGETS);
    const struct pst_role *by = pst_trust_role(trust, PST_ROLE_TARGETS);
    assert_int_equal(
        pst_trust_targets(trust, pst_text("pos-a"), by, pst_repo_bytes(product), &held, NULL),
        PST_OK);
    product->signer_count = 0;
    pst_repo_sign(product);
    assert_int_equal(
        pst_trust_targets(trust, pst_text("pos-a"), by, pst_repo_bytes(product), &again, NULL),
        PST_METADATA_CORRUPT);
    assert_null(again);
}

/* A role that delegates to itself is a new delegator each time it is taken. */
static void roles_are_held_up_to_a_limit(void **state)
{
    struct pst_repo *repo = *state;
    const struct pst_repo_key *key = &repo->key[PST_ROLE_TARGETS];
    struct pst_repo_role *product =
        pst_repo_delegate(repo, &repo->targets, "pos-a", key, "*", false);
    struct pst_report why = {0};

    pst_repo_delegate(repo, product, "pos-a", key, "*", false);
    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TARGETS);
    const struct pst_role *by = pst_trust_role(trust, PST_ROLE_TARGETS);
    for (size_t held = 1; held < PST_TRUST_HELD_MOST; held++) /* the first is targets */
        assert_int_equal(
            pst_trust_targets(trust, pst_text("pos-a"), by, pst_repo_bytes(product), &by, NULL),
            PST_OK);
    assert_int_equal(
        pst_trust_targets(trust, pst_text("pos-a"), by, pst_repo_bytes(product), &by, &why),
        PST_METADATA_LIMIT);
    assert_int_equal(why.count, 1);
}

/* ---- reports */

static void a_mark_that_the_report_came_with_is_given_back(void **state)
{
    struct pst_repo *repo = *state;
    struct pst_report why = {0};
    bool same;

    for (int marked = 0; marked < 2; marked++) {
        PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_ROOT);
        struct pst_trust *none = NULL;
        struct pst_report first = {.unverified = marked};
        assert_int_equal(pst_trust_new(pst_bytes("x", 1), PST_REPO_NOW, &none, &first),
                         PST_METADATA_CORRUPT);
        assert_true(first.finding[0].unverified); /* hearsay, until a root has verified */
        assert_int_equal(first.unverified, marked);
        why.unverified = marked;
        assert_int_equal(pst_trust_timestamp(trust, pst_bytes("x", 1), false, &same, &why),
                         PST_METADATA_CORRUPT);
        assert_int_equal(why.unverified, marked);
    }
}

/* ---- targets by SHA-512 alone, or by nothing that we know */

static void any_one_known_digest_is_enough_and_none_is_not(void **state)
{
    static const struct {
        unsigned lists;
        enum pst_code code;
    } cases[] = {
        {PST_REPO_LENGTH | PST_REPO_SHA256, PST_OK},
        {PST_REPO_LENGTH | PST_REPO_SHA512, PST_OK},
        {PST_REPO_LENGTH | PST_REPO_SHA256 | PST_REPO_SHA512, PST_OK},
        {PST_REPO_LENGTH | PST_REPO_HASH_OF_TOMORROW, PST_IMAGE_CORRUPT},
    };
    struct pst_repo *repo = *state;

    pst_repo_target(&repo->targets, "f", pst_bytes("x", 1));
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        repo->targets.lists = cases[i].lists;
        pst_repo_publish(repo);
        PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TARGETS);
        const struct pst_role_target *target =
            pst_role_target(pst_trust_role(trust, PST_ROLE_TARGETS), pst_text("f"));
        assert_int_equal(pst_trust_check_target(target, pst_bytes("x", 1), PST_IMAGE_CORRUPT, NULL),
                         cases[i].code);
        assert_int_equal(pst_trust_check_target(target, pst_bytes("y", 1), PST_IMAGE_CORRUPT, NULL),
                         PST_IMAGE_CORRUPT);
    }
}

static void a_target_of_another_length_is_refused_whatever_its_digests(void **state)
{
    struct pst_repo *repo = *state;
    pst_repo_target(&repo->targets, "f", pst_bytes("xyz", 3));
    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TARGETS);
    struct pst_role_target target =
        *pst_role_target(pst_trust_role(trust, PST_ROLE_TARGETS), pst_text("f"));
    for (int64_t length = 2; length <= 4; length++) {
        target.length_bytes = length;
        assert_int_equal(
            pst_trust_check_target(&target, pst_bytes("xyz", 3), PST_IMAGE_CORRUPT, NULL),
            length == 3 ? PST_OK : PST_IMAGE_CORRUPT);
    }
}

static void a_file_of_another_length_is_refused_whatever_its_digests(void **state)
{
    struct pst_repo *repo = *state;
    const struct pst_role *targets = NULL;

    for (int64_t off = -1; off <= 1; off++) {
        pst_repo_publish(repo);
        for (size_t i = 0; i < repo->snapshot.file_count; i++)
            repo->snapshot.file[i].length_bytes += off;
        pst_repo_sign(&repo->snapshot);
        pst_repo_list(&repo->timestamp, &repo->snapshot);
        pst_repo_sign(&repo->timestamp);
        PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_SNAPSHOT);
        assert_int_equal(pst_trust_targets(trust, pst_text("targets"), NULL,
                                           pst_repo_bytes(&repo->targets), &targets, NULL),
                         off == 0 ? PST_OK : PST_METADATA_CORRUPT);
    }
}

/* ---- searches */

static void a_path_has_a_ceiling_and_no_floor(void **state)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(*state, AT_TARGETS);
    const size_t lens[] = {0, 1, 1024, 1025};
    char path[1025];

    memset(path, 'a', sizeof path);
    for (size_t i = 0; i < PST_COUNT(lens); i++) {
        PST_CLEANUP(pst_search) struct pst_search *search = NULL;
        assert_int_equal(pst_search_new(trust, (struct pst_text){path, lens[i]}, &search, NULL),
                         lens[i] <= 1024 ? PST_OK : PST_TOO_LARGE);
    }
}

static void a_search_that_is_over_stays_over(void **state)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(*state, AT_TARGETS);
    PST_CLEANUP(pst_search) struct pst_search *search = NULL;
    const struct pst_role_target *found = NULL;
    struct pst_search_want want;

    assert_int_equal(pst_search_new(trust, pst_text("f"), &search, NULL), PST_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pst_search_step(search, &want, &found), PST_SEARCH_NOT_FOUND);
}

static void a_role_that_comes_too_late_does_not_go_on_with_the_search(void **state)
{
    struct pst_repo *repo = *state;
    const struct pst_repo_key *key = &repo->key[PST_ROLE_TARGETS];
    struct pst_repo_role *first = pst_repo_delegate(repo, &repo->targets, "a", key, "*", false);
    const struct pst_role_target *found = NULL;
    const struct pst_role *role = NULL;
    struct pst_search_want want;

    pst_repo_delegate(repo, first, "b", key, "*", false);
    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TARGETS);
    PST_CLEANUP(pst_search) struct pst_search *search = NULL;
    assert_int_equal(pst_search_new(trust, pst_text("f"), &search, NULL), PST_OK);
    assert_int_equal(pst_search_step(search, &want, &found), PST_SEARCH_WANTS_ROLE);
    assert_int_equal(pst_search_step(search, &want, &found), PST_SEARCH_NOT_FOUND);
    assert_int_equal(
        pst_trust_targets(trust, want.name, want.delegator, pst_repo_bytes(first), &role, NULL),
        PST_OK);
    assert_int_equal(pst_search_give(search, role, NULL), PST_OK);
    assert_int_equal(pst_search_step(search, &want, &found), PST_SEARCH_NOT_FOUND);
}

/* A path has one bin: what waits beside the role that has bins is not asked any more. */
static void nothing_is_asked_behind_a_bin(void **state)
{
    struct pst_repo *repo = *state;
    const struct pst_repo_key *key = &repo->key[PST_ROLE_TARGETS];
    struct pst_repo_role *binned = pst_repo_delegate(repo, &repo->targets, "a", key, "*", false);
    const struct pst_role_target *found = NULL;
    const struct pst_role *role = NULL;
    struct pst_search_want want;

    pst_repo_delegate(repo, &repo->targets, "b", key, "*", false);
    pst_repo_delegate_bins(binned, "bin", 1, key);
    pst_repo_add_role(repo, "bin-0", key);
    pst_repo_add_role(repo, "bin-1", key);
    pst_repo_publish(repo);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walked(repo, AT_TARGETS);
    PST_CLEANUP(pst_search) struct pst_search *search = NULL;
    assert_int_equal(pst_search_new(trust, pst_text("f"), &search, NULL), PST_OK);
    for (int visits = 0; visits < 2; visits++) { /* "a", and its bin */
        char name[16];
        assert_int_equal(pst_search_step(search, &want, &found), PST_SEARCH_WANTS_ROLE);
        snprintf(name, sizeof name, "%.*s", PST_ARGS(want.name));
        assert_int_equal(pst_trust_targets(trust, want.name, want.delegator,
                                           pst_repo_bytes(pst_repo_role(repo, name)), &role, NULL),
                         PST_OK);
        assert_int_equal(pst_search_give(search, role, NULL), PST_OK);
    }
    assert_int_equal(pst_search_step(search, &want, &found), PST_SEARCH_NOT_FOUND);
}

int main(void)
{
#define WITH_REPO(test) cmocka_unit_test_setup_teardown(test, make_repo, free_repo)
    const struct CMUnitTest tests[] = {
        WITH_REPO(a_step_out_of_order_ends_the_program),
        WITH_REPO(damage_is_told_apart_from_a_mistake),
        WITH_REPO(what_is_fetched_is_named_and_bounded_by_what_lists_it),
        WITH_REPO(a_listed_length_does_not_raise_the_ceiling),
        WITH_REPO(a_role_that_is_not_listed_is_not_to_be_fetched),
        WITH_REPO(an_expired_root_stops_here_whoever_signed_it),
        WITH_REPO(a_root_whose_keys_have_run_out_leads_no_further),
        WITH_REPO(a_root_by_a_key_that_it_revokes_is_none),
        WITH_REPO(a_floor_is_not_lowered_by_an_older_file_from_the_disk),
        WITH_REPO(the_same_version_by_nobody_is_not_the_same),
        WITH_REPO(a_snapshot_that_was_not_listed_is_no_floor),
        WITH_REPO(a_file_beyond_its_ceiling_is_not_even_parsed),
        WITH_REPO(one_roles_file_is_not_anothers),
        WITH_REPO(another_file_of_a_role_that_is_held_is_judged_anew),
        WITH_REPO(roles_are_held_up_to_a_limit),
        WITH_REPO(a_mark_that_the_report_came_with_is_given_back),
        WITH_REPO(any_one_known_digest_is_enough_and_none_is_not),
        WITH_REPO(a_target_of_another_length_is_refused_whatever_its_digests),
        WITH_REPO(a_file_of_another_length_is_refused_whatever_its_digests),
        WITH_REPO(a_path_has_a_ceiling_and_no_floor),
        WITH_REPO(a_search_that_is_over_stays_over),
        WITH_REPO(a_role_that_comes_too_late_does_not_go_on_with_the_search),
        WITH_REPO(nothing_is_asked_behind_a_bin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
