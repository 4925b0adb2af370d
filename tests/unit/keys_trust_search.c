/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/trust.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

struct edge {
    const char *from, *to;
    const char *pattern;
    bool terminating;
};

struct graph_case {
    const char *name;
    struct edge edge[8];
    const char *holder, *target; /* the role that lists it; NULL: none does */
    const char *path;
    const char *visits; /* in order */
    enum pst_search_step ends;
};

#define T "targets"

/* clang-format off */
static const struct graph_case graphs[] = {
    {"no delegation", {{0}}, NULL, NULL, "f", "", PST_SEARCH_NOT_FOUND},
    {"in the top level, nobody is asked", {{T, "a", "*", false}}, T, "f", "f", "", PST_SEARCH_FOUND},
    {"a single level, in order", {{T, "b", "*", false}, {T, "a", "*", false}}, NULL, NULL, "f", "b a", PST_SEARCH_NOT_FOUND},
    {"found in the second, the third is left", {{T, "a", "*", false}, {T, "b", "*", false}, {T, "c", "*", false}}, "b", "f", "f", "a b", PST_SEARCH_FOUND},
    {"two levels, depth first", {{T, "a", "*", false}, {T, "b", "*", false}, {"a", "c", "*", false}, {"a", "d", "*", false}, {"b", "e", "*", false}}, NULL, NULL, "f", "a c d b e", PST_SEARCH_NOT_FOUND},
    {"three levels, depth first", {{T, "a", "*", false}, {T, "b", "*", false}, {"a", "c", "*", false}, {"c", "d", "*", false}}, NULL, NULL, "f", "a c d b", PST_SEARCH_NOT_FOUND},
    {"terminating at the first level", {{T, "a", "*", true}, {T, "b", "*", false}}, NULL, NULL, "f", "a", PST_SEARCH_NOT_FOUND},
    {"terminating below", {{T, "a", "*", false}, {T, "b", "*", false}, {"a", "c", "*", true}, {"a", "d", "*", false}}, NULL, NULL, "f", "a c", PST_SEARCH_NOT_FOUND},
    {"terminating does not match: no end", {{T, "a", "x/*", true}, {T, "b", "*", false}}, NULL, NULL, "f", "b", PST_SEARCH_NOT_FOUND},
    {"a non-matching branch is left out", {{T, "a", "x/*", false}, {T, "b", "*", false}, {"b", "c", "g", false}}, NULL, NULL, "f", "b", PST_SEARCH_NOT_FOUND},
    {"found only where all of the chain matches", {{T, "a", "p/*", false}, {"a", "b", "*", false}}, "b", "p/f", "p/f", "a", PST_SEARCH_NOT_FOUND},
    {"a cycle ends", {{T, "a", "*", false}, {"a", "b", "*", false}, {"b", "a", "*", false}}, NULL, NULL, "f", "a b a", PST_SEARCH_NOT_FOUND},
    {"a role that delegates to itself", {{T, "a", "*", false}, {"a", "a", "*", false}}, NULL, NULL, "f", "a a", PST_SEARCH_NOT_FOUND},
    {"two delegate to a third: under each", {{T, "a", "*", false}, {T, "b", "*", false}, {"a", "c", "*", false}, {"b", "c", "*", false}}, NULL, NULL, "f", "a c b c", PST_SEARCH_NOT_FOUND},
    {"'*' stops at '/'", {{T, "a", "*", false}}, "a", "d/f", "d/f", "", PST_SEARCH_NOT_FOUND},
    {"'?' is one character", {{T, "a", "f?", false}}, "a", "fxx", "fxx", "", PST_SEARCH_NOT_FOUND},
    {"case counts", {{T, "a", "F", false}}, "a", "f", "f", "", PST_SEARCH_NOT_FOUND},
    {"a name like a bin of nothing", {{T, "-", "*", false}}, "-", "f", "f", "-", PST_SEARCH_FOUND},
    {"a name like a path", {{T, "../x", "*", false}}, "../x", "f", "f", "../x", PST_SEARCH_FOUND},
};
/* clang-format on */

static struct pst_trust *trust_in(struct pst_repo *repo)
{
    struct pst_trust *trust = NULL;
    const struct pst_role *targets = NULL;
    bool same = false;

    pst_repo_publish_next(repo);
    assert_int_equal(pst_trust_new(pst_repo_bytes(&repo->root), PST_REPO_NOW, &trust, NULL),
                     PST_OK);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    assert_int_equal(
        pst_trust_timestamp(trust, pst_repo_bytes(&repo->timestamp), false, &same, NULL), PST_OK);
    assert_int_equal(pst_trust_snapshot(trust, pst_repo_bytes(&repo->snapshot), false, NULL),
                     PST_OK);
    assert_int_equal(pst_trust_targets(trust, pst_text("targets"), NULL,
                                       pst_repo_bytes(&repo->targets), &targets, NULL),
                     PST_OK);
    return trust;
}

/* Names of roles come without a NUL. */
static struct pst_repo_role *served(struct pst_repo *repo, struct pst_text name)
{
    char text[300];
    snprintf(text, sizeof text, "%.*s", PST_ARGS(name));
    return pst_repo_role(repo, text);
}

/* Walks to the end, writing the names of the roles in order; a role not served or refused is not
 * given. */
static enum pst_search_step walk(struct pst_repo *repo, struct pst_trust *trust, const char *path,
                                 struct pst_buf *visits, struct pst_report *why)
{
    PST_CLEANUP(pst_search) struct pst_search *search = NULL;
    const struct pst_role_target *target = NULL;
    const struct pst_role *role = NULL;
    struct pst_search_want want;
    enum pst_search_step step;

    assert_int_equal(pst_search_new(trust, pst_text(path), &search, NULL), PST_OK);
    while ((step = pst_search_step(search, &want, &target)) == PST_SEARCH_WANTS_ROLE) {
        struct pst_repo_role *file = served(repo, want.name);
        assert_true(
            pst_buf_print(visits, "%s%.*s", visits->len > 0 ? " " : "", PST_ARGS(want.name)));
        if (file != NULL && pst_trust_targets(trust, want.name, want.delegator,
                                              pst_repo_bytes(file), &role, why) == PST_OK)
            assert_int_equal(pst_search_give(search, role, why), PST_OK);
    }
    assert_int_equal(step == PST_SEARCH_FOUND, target != NULL);
    return step;
}

static void build(struct pst_repo *repo, const struct graph_case *one)
{
    const struct pst_repo_key *key = &repo->key[PST_ROLE_TARGETS];

    for (size_t i = 0; i < PST_COUNT(one->edge) && one->edge[i].from != NULL; i++) {
        const struct edge *edge = &one->edge[i];
        struct pst_repo_role *from =
            strcmp(edge->from, T) == 0 ? &repo->targets : pst_repo_role(repo, edge->from);
        pst_repo_delegate(repo, from, edge->to, key, edge->pattern, edge->terminating);
    }
    if (one->holder != NULL)
        pst_repo_target(strcmp(one->holder, T) == 0 ? &repo->targets
                                                    : pst_repo_role(repo, one->holder),
                        one->target, pst_bytes("x", 1));
}

static void each_graph_is_walked_in_its_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(graphs); i++) {
        PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
        PST_CLEANUP(pst_buf) struct pst_buf visits = pst_buf(4096);
        build(repo, &graphs[i]);
        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_in(repo);

        enum pst_search_step got = walk(repo, trust, graphs[i].path, &visits, NULL);
        if (got != graphs[i].ends || !pst_text_is(pst_buf_text(&visits), graphs[i].visits))
            fail_msg("%s: '%.*s', ends %d", graphs[i].name, PST_ARGS(pst_buf_text(&visits)),
                     (int)got);
    }
}

static void a_search_visits_32_roles_and_no_more(void **state)
{
    (void)state;
    for (size_t roles = PST_TRUST_VISITS; roles <= PST_TRUST_VISITS + 1; roles++) {
        PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
        PST_CLEANUP(pst_buf) struct pst_buf visits = pst_buf(4096);
        char names[PST_TRUST_VISITS + 1][24];
        for (size_t i = 0; i < roles; i++) {
            snprintf(names[i], sizeof names[i], "r%zu", i);
            pst_repo_delegate(repo, &repo->targets, names[i], &repo->key[PST_ROLE_TARGETS], "*",
                              false);
        }
        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_in(repo);
        assert_int_equal(walk(repo, trust, "f", &visits, NULL),
                         roles > PST_TRUST_VISITS ? PST_SEARCH_LIMIT : PST_SEARCH_NOT_FOUND);
    }
}

static void a_role_that_is_not_to_be_had_ends_the_search(void **state)
{
    struct pst_report why = {0};
    (void)state;
    for (int unlisted = 0; unlisted < 2; unlisted++) {
        PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
        PST_CLEANUP(pst_buf) struct pst_buf visits = pst_buf(4096);
        const struct pst_repo_key *wrong = &repo->key[PST_ROLE_SNAPSHOT];
        pst_repo_delegate(repo, &repo->targets, "a", &repo->key[PST_ROLE_TARGETS], "*", false);
        pst_repo_delegate(repo, &repo->targets, "b", &repo->key[PST_ROLE_TARGETS], "*", false);
        pst_repo_target(pst_repo_role(repo, "b"), "f", pst_bytes("x", 1));
        if (unlisted) /* a name of its own in no snapshot */
            repo->targets.delegation[0].name = "none";
        else
            pst_repo_sign_with(pst_repo_role(repo, "a"), &wrong, 1);
        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_in(repo);
        assert_int_equal(walk(repo, trust, "f", &visits, &why), PST_SEARCH_NOT_FOUND);
        assert_true(pst_text_is(pst_buf_text(&visits), unlisted ? "none" : "a"));
    }
    assert_true(pst_report_has(&why, PST_KEY_UNKNOWN));
    assert_true(pst_text_starts(pst_text(why.finding[0].where), "a"));
}

static void a_role_absent_from_the_snapshot_is_neither_wanted_nor_taken(void **state)
{
    PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
    struct pst_trust_want want;
    const struct pst_role *role = NULL;
    struct pst_report why = {0};

    (void)state;
    pst_repo_delegate(repo, &repo->targets, "a", &repo->key[PST_ROLE_TARGETS], "*", false);
    pst_repo_publish(repo);
    repo->role_count = 0; /* delegated to, but not published */
    repo->snapshot.file_count = 0;
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_in(repo);
    assert_int_equal(pst_trust_want(trust, PST_ROLE_TARGETS, pst_text("a"), &want, &why),
                     PST_METADATA_NOT_LISTED);
    assert_int_equal(pst_trust_targets(trust, pst_text("a"),
                                       pst_trust_role(trust, PST_ROLE_TARGETS),
                                       pst_repo_bytes(&repo->role[0]), &role, &why),
                     PST_METADATA_NOT_LISTED);
    assert_null(role);
    assert_int_equal(why.count, 1); /* the same finding */
    repo->role_count = 1;           /* so that it is freed */
}

static void a_role_is_verified_against_each_delegator_anew(void **state)
{
    PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
    const struct pst_repo_key *good = &repo->key[PST_ROLE_TARGETS];
    const struct pst_repo_key *other = &repo->key[PST_ROLE_TIMESTAMP];
    PST_CLEANUP(pst_buf) struct pst_buf visits = pst_buf(4096);

    (void)state;
    pst_repo_delegate(repo, &repo->targets, "a", good, "*", false);
    pst_repo_delegate(repo, &repo->targets, "b", good, "dir/*", false);
    pst_repo_delegate(repo, pst_repo_role(repo, "a"), "c", good, "*", false);
    pst_repo_delegate(repo, pst_repo_role(repo, "b"), "c", other, "dir/*", false);
    pst_repo_target(pst_repo_role(repo, "c"), "f", pst_bytes("x", 1));
    pst_repo_target(pst_repo_role(repo, "c"), "dir/f", pst_bytes("x", 1));
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_in(repo);
    struct pst_report why = {0};
    assert_int_equal(walk(repo, trust, "f", &visits, &why), PST_SEARCH_FOUND);
    pst_buf_clear(&visits);
    assert_int_equal(walk(repo, trust, "dir/f", &visits, &why), PST_SEARCH_NOT_FOUND);
    assert_true(pst_text_is(pst_buf_text(&visits), "b c"));
    assert_true(pst_report_has(&why, PST_SIGNATURE_THRESHOLD));
    pst_buf_clear(&visits); /* and the first is as good as before */
    assert_int_equal(walk(repo, trust, "f", &visits, &why), PST_SEARCH_FOUND);
}

static void the_same_file_under_the_same_delegator_is_kept_once(void **state)
{
    PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
    const struct pst_role *first = NULL, *second = NULL;

    (void)state;
    pst_repo_delegate(repo, &repo->targets, "a", &repo->key[PST_ROLE_TARGETS], "*", false);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_in(repo);
    const struct pst_role *targets = pst_trust_role(trust, PST_ROLE_TARGETS);
    struct pst_bytes bytes = pst_repo_bytes(pst_repo_role(repo, "a"));
    assert_int_equal(pst_trust_targets(trust, pst_text("a"), targets, bytes, &first, NULL), PST_OK);
    assert_int_equal(pst_trust_targets(trust, pst_text("a"), targets, bytes, &second, NULL),
                     PST_OK);
    assert_ptr_equal(first, second);
}

static void edit_to_succinct(struct pst_repo *repo, const char *bin, int bits, char room[2][300])
{
    const char *id = repo->key[PST_ROLE_TARGETS].id;

    snprintf(room[0], 300,
             "\"roles\":[{\"keyids\":[\"%s\"],\"name\":\"%s\",\"paths\":[\"*\"],"
             "\"terminating\":false,\"threshold\":1}]",
             id, bin);
    snprintf(room[1], 300,
             "\"succinct_roles\":{\"bit_length\":%d,\"keyids\":[\"%s\"],"
             "\"name_prefix\":\"bin\",\"threshold\":1}",
             bits, id);
    pst_repo_edit(&repo->targets, room[0], room[1]);
}

/* TAP 15, with the answers of python-tuf for "firmware/pos-a/1.2.3.img". */
static void succinct_roles_ask_for_the_bin_of_the_path(void **state)
{
    static const struct {
        int bits;
        const char *bin;
    } cases[] = {{1, "bin-1"},  {3, "bin-7"},    {4, "bin-e"},
                 {8, "bin-ec"}, {11, "bin-764"}, {16, "bin-ec99"}};
    static const char path[] = "firmware/pos-a/1.2.3.img";
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
        PST_CLEANUP(pst_buf) struct pst_buf visits = pst_buf(4096);
        char room[2][300];
        pst_repo_delegate(repo, &repo->targets, cases[i].bin, &repo->key[PST_ROLE_TARGETS], "*",
                          false);
        pst_repo_target(pst_repo_role(repo, cases[i].bin), path, pst_bytes("x", 1));
        edit_to_succinct(repo, cases[i].bin, cases[i].bits, room);
        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_in(repo);
        assert_int_equal(walk(repo, trust, path, &visits, NULL), PST_SEARCH_FOUND);
        assert_true(pst_text_is(pst_buf_text(&visits), cases[i].bin));
    }
}

/* GHSA-77hh-43cm-v8j6. */
static void succinct_roles_answer_for_no_other_name(void **state)
{
    static const struct {
        int bits;
        const char *bin;
        const char *others[10];
    } cases[] = {
        {8,
         "bin-ec",
         {"bin", "bin-", "bin-1", "bin-100", "bin-EC", "bin-gg", "bix-ec", "binzec", ""}},
        {3, "bin-7", {"bin-8", "bin-f", "bin-07"}}, /* eight bins: 0 to 7 */
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
        const struct pst_repo_key *key = &repo->key[PST_ROLE_TARGETS];
        char room[2][300];
        struct pst_repo_role *bin =
            pst_repo_delegate(repo, &repo->targets, cases[i].bin, key, "*", false);
        edit_to_succinct(repo, cases[i].bin, cases[i].bits, room);
        pst_repo_publish_next(repo);
        /* All of them are in the snapshot, so that only the delegation can refuse them. */
        struct pst_repo_role other = *bin;
        for (size_t j = 0; j < 10 && cases[i].others[j] != NULL; j++) {
            other.name = cases[i].others[j];
            if (other.name[0] != '\0')
                pst_repo_list(&repo->snapshot, &other);
        }
        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_in(repo);
        const struct pst_role *targets = pst_trust_role(trust, PST_ROLE_TARGETS), *role = NULL;
        for (size_t j = 0; j < 10 && cases[i].others[j] != NULL; j++) {
            struct pst_report why = {0};
            assert_int_equal(pst_trust_targets(trust, pst_text(cases[i].others[j]), targets,
                                               pst_repo_bytes(bin), &role, &why),
                             PST_METADATA_NOT_LISTED);
            assert_string_equal(why.finding[0].expected, "a delegation to this role");
        }
        assert_int_equal(pst_trust_targets(trust, pst_text(cases[i].bin), targets,
                                           pst_repo_bytes(bin), &role, NULL),
                         PST_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_graph_is_walked_in_its_order),
        cmocka_unit_test(a_search_visits_32_roles_and_no_more),
        cmocka_unit_test(a_role_that_is_not_to_be_had_ends_the_search),
        cmocka_unit_test(a_role_absent_from_the_snapshot_is_neither_wanted_nor_taken),
        cmocka_unit_test(a_role_is_verified_against_each_delegator_anew),
        cmocka_unit_test(the_same_file_under_the_same_delegator_is_kept_once),
        cmocka_unit_test(succinct_roles_ask_for_the_bin_of_the_path),
        cmocka_unit_test(succinct_roles_answer_for_no_other_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
