/* SPDX-License-Identifier: Apache-2.0 */
/* What time it is, and who says so: metadata, assignment and clock judged together. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/cycle/walk.h"
#include "manifests/instant.h"
#include "tests/support/agent_scene.h"
#include "tests/support/check.h"

enum { IMAGE_BYTES = 70000, HOUR = 3600 };
#define NOW  PST_REPO_NOW
#define DAY  PST_REPO_DAY
#define YEAR (365 * PST_REPO_DAY)

/* ---- what can be different ------------------------------------------------------------------- */

static void nothing(struct agent_scene *scene)
{
    (void)scene;
}

static void service_is_down(struct agent_scene *scene)
{
    pst_fake_fail(&scene->net, "service.example", PST_FAKE_UNREACHABLE, 0, -1);
}

static void forged(struct agent_scene *scene)
{
    scene->service.signer = &scene->stranger;
}

static void forged_ten_years_ahead(struct agent_scene *scene)
{
    scene->service.signer = &scene->stranger;
    scene->service.assignment.issued_s = NOW + 10 * YEAR;
}

static void service_ten_years_ahead(struct agent_scene *scene)
{
    scene->service.assignment.issued_s = NOW + 10 * YEAR;
}

static void service_ten_days_behind(struct agent_scene *scene)
{
    scene->service.assignment.issued_s = NOW - 10 * DAY;
}

static void wrong_nonce(struct agent_scene *scene)
{
    snprintf(scene->service.assignment.nonce, sizeof scene->service.assignment.nonce, "%s",
             "0123456789abcdef0123456789abcdef");
}

static void other_terminal(struct agent_scene *scene)
{
    snprintf(scene->service.assignment.terminal, sizeof scene->service.assignment.terminal, "t-2");
}

static void ends_now(struct agent_scene *scene)
{
    scene->service.assignment.issued_s = NOW - HOUR;
    scene->service.assignment.expires_s = NOW;
}

static void wrong_nonce_for_another_long_ago(struct agent_scene *scene)
{
    wrong_nonce(scene);
    other_terminal(scene);
    ends_now(scene);
}

static void replace_key(struct agent_scene *scene, enum pst_role_kind kind, int64_t from_s,
                        int64_t to_s)
{
    struct pst_repo_key *key = &scene->repo->key[kind];
    struct pst_report why = {0};
    pst_repo_key_cleanup(key);
    *key = pst_repo_key_between("ed25519", from_s, to_s);
    agent_scene_publish(scene);
    pst_fake_documents_clear(&scene->metadata);
    assert_int_equal(
        pst_tuf_init(&scene->ports.metadata, pst_repo_bytes(&scene->repo->root), NOW, &why),
        PST_OK);
}

/* Signed by a key that began yesterday: for a clock that stands at the floor it has not begun
 * yet. */
static void young_targets_key(struct agent_scene *scene)
{
    replace_key(scene, PST_ROLE_TARGETS, NOW - DAY, NOW + YEAR);
}

static void young_targets_key_and_no_service(struct agent_scene *scene)
{
    young_targets_key(scene);
    service_is_down(scene);
}

static void expired_targets_key(struct agent_scene *scene)
{
    replace_key(scene, PST_ROLE_TARGETS, NOW - YEAR, NOW - DAY);
}

static void old_root_key(struct agent_scene *scene)
{
    replace_key(scene, PST_ROLE_ROOT, NOW - YEAR, NOW - DAY);
}

/* The key that signs assignments, with a window of its own; the delegation points to it. */
static void replace_assignments_key(struct agent_scene *scene, int64_t from_s, int64_t to_s)
{
    pst_repo_key_cleanup(&scene->assignments_key);
    scene->assignments_key = pst_repo_key_between("ed25519", from_s, to_s);
    agent_scene_publish(scene);
}

static void expired_assignments_key(struct agent_scene *scene)
{
    replace_assignments_key(scene, NOW - YEAR, NOW - DAY);
}

/* Stolen when it was no longer valid: the thief signs that it is still the day before. */
static void stolen_assignments_key(struct agent_scene *scene)
{
    expired_assignments_key(scene);
    scene->service.assignment.issued_s = NOW - 2 * DAY;
}

static void nobody_is_to_sign_assignments(struct agent_scene *scene)
{
    struct pst_repo_role *targets = &scene->repo->targets;
    for (size_t i = 0; i < targets->delegation_count; i++)
        if (strcmp(targets->delegation[i].name, "assignments") == 0)
            targets->delegation[i].name = "orders";
    agent_scene_publish(scene);
}

static void revoked_assignments_key(struct agent_scene *scene)
{
    struct pst_repo_role *root = &scene->repo->root;
    root->version++;
    root->revoked_count = 1;
    root->revoked[0] = (struct pst_role_draft_mark){
        .name = scene->assignments_key.id, .from_s = NOW, .reason = "leaked"};
    agent_scene_publish(scene);
}

static void timestamp_until(struct agent_scene *scene, int64_t expires_s)
{
    scene->repo->timestamp.expires_s = expires_s;
    agent_scene_publish(scene);
}

static void timestamp_of_an_hour_ago(struct agent_scene *scene)
{
    timestamp_until(scene, NOW - HOUR);
}

static void timestamp_of_an_hour(struct agent_scene *scene)
{
    timestamp_until(scene, NOW + HOUR);
}

static void metadata_is_down(struct agent_scene *scene)
{
    pst_fake_fail(&scene->net, "/metadata/", PST_FAKE_UNREACHABLE, 0, -1);
}

/* ---- the table ------------------------------------------------------------------------------- */

struct time_case {
    const char *name;
    int64_t wall_s, floor_s; /* floor 0: none kept */
    void (*spoil)(struct agent_scene *scene);
    enum pst_verdict expect;
    bool clock_noted;
    int64_t floor_after_s; /* as kept; 0: none */
    enum pst_code codes[3];
};

/* clang-format off */
static const struct time_case cases[] = {
    {"all is well", NOW, 0, nothing, PST_VERDICT_INSTALL, false, NOW, {0}},
    {"well again", NOW, NOW - 60, nothing, PST_VERDICT_INSTALL, false, NOW - 60, {0}},
    {"a dead clock: 1970", 0, 0, nothing, PST_VERDICT_INSTALL, true, NOW, {0}},
    {"a dead clock before 1970", -1000000, 0, nothing, PST_VERDICT_INSTALL, true, NOW, {0}},
    {"a dead clock and a key that is younger than the floor", 0, 0, young_targets_key,
        PST_VERDICT_INSTALL, true, NOW, {0}},
    {"ten years ahead", NOW + 10 * YEAR, 0, nothing, PST_VERDICT_INSTALL, true, NOW, {0}},
    {"ten years ahead, not the first time", NOW + 10 * YEAR, NOW - 60, nothing,
        PST_VERDICT_INSTALL, true, NOW - 60, {0}},
    {"ten years ahead, the service a little before the floor", NOW + 10 * YEAR, NOW + 60, nothing,
        PST_VERDICT_INSTALL, true, NOW + 60, {0}},
    {"two days ahead, all still valid", NOW + 2 * DAY, 0, nothing, PST_VERDICT_INSTALL, true, NOW, {0}},
    {"five minutes ahead", NOW + 300, 0, nothing, PST_VERDICT_INSTALL, false, NOW, {0}},
    {"two hours ahead, the timestamp would be over", NOW + 2 * HOUR, 0, timestamp_of_an_hour,
        PST_VERDICT_INSTALL, false, NOW, {0}},
    {"two hours behind, the timestamp is over", NOW - 2 * HOUR, 0, timestamp_of_an_hour_ago,
        PST_VERDICT_REFUSE, false, 0, {PST_METADATA_EXPIRED}},
    {"two hours behind, all is well", NOW - 2 * HOUR, 0, nothing, PST_VERDICT_INSTALL, false, NOW, {0}},

    {"a forged assignment", NOW, 0, forged, PST_VERDICT_REFUSE, false, 0,
        {PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD}},
    {"a forged time", NOW, 0, forged_ten_years_ahead, PST_VERDICT_REFUSE, false, 0,
        {PST_SIGNATURE_THRESHOLD}},
    {"a forged time and a dead clock", 0, 0, forged_ten_years_ahead, PST_VERDICT_REFUSE, true, 0,
        {PST_SIGNATURE_THRESHOLD}},
    {"a genuine time that metadata does not bear out", NOW, 0, service_ten_years_ahead,
        PST_VERDICT_REFUSE, true, 0, {PST_METADATA_EXPIRED}},
    {"the service is behind the floor", 0, NOW - 60, service_ten_days_behind, PST_VERDICT_REFUSE, true,
        NOW - 60, {PST_ASSIGNMENT_EXPIRED}},
    {"a stolen key from before the floor", NOW, NOW - HOUR, stolen_assignments_key, PST_VERDICT_REFUSE,
        false, NOW - HOUR, {PST_KEY_EXPIRED, PST_ASSIGNMENT_EXPIRED}},

    {"an expired key and a good clock", NOW, 0, expired_targets_key, PST_VERDICT_REFUSE, false, 0,
        {PST_KEY_EXPIRED}},
    {"an expired root key and a good clock", NOW, 0, old_root_key, PST_VERDICT_REFUSE, false, 0,
        {PST_KEY_EXPIRED}},
    {"an expired key for assignments", NOW, 0, expired_assignments_key, PST_VERDICT_REFUSE, false, 0,
        {PST_KEY_EXPIRED}},
    {"a revoked key for assignments", NOW, 0, revoked_assignments_key, PST_VERDICT_REFUSE, false, 0,
        {PST_KEY_REVOKED}},
    {"nobody is to sign assignments", NOW, 0, nobody_is_to_sign_assignments, PST_VERDICT_REFUSE, false,
        0, {PST_METADATA_NOT_LISTED}},
    {"a dead clock without a service", 0, 0, young_targets_key_and_no_service, PST_VERDICT_REFUSE, true,
        0, {PST_KEY_NOT_YET_VALID, PST_NET_UNREACHABLE}},
    {"ten years ahead without a service", NOW + 10 * YEAR, 0, service_is_down, PST_VERDICT_REFUSE, false,
        0, {PST_METADATA_EXPIRED, PST_NET_UNREACHABLE}},
    {"no metadata", NOW + 10 * YEAR, 0, metadata_is_down, PST_VERDICT_REFUSE, false, 0,
        {PST_NET_UNREACHABLE}},

    {"another's nonce", NOW, 0, wrong_nonce, PST_VERDICT_REFUSE, false, 0, {PST_ASSIGNMENT_REPLAYED}},
    {"another's nonce and a dead clock", 0, 0, wrong_nonce, PST_VERDICT_REFUSE, true, 0,
        {PST_ASSIGNMENT_REPLAYED}},
    {"another's assignment", NOW, 0, other_terminal, PST_VERDICT_REFUSE, false, 0, {PST_ASSIGNMENT_OTHER}},
    {"over since this second", NOW, NOW - 60, ends_now, PST_VERDICT_REFUSE, false, NOW - 60,
        {PST_ASSIGNMENT_EXPIRED}},
    {"all three", NOW, NOW - 60, wrong_nonce_for_another_long_ago, PST_VERDICT_REFUSE, false, NOW - 60,
        {PST_ASSIGNMENT_REPLAYED, PST_ASSIGNMENT_OTHER, PST_ASSIGNMENT_EXPIRED}},
};
/* clang-format on */

static void check_codes(const struct time_case *one, const struct pst_report *why)
{
    for (size_t i = 0; i < PST_COUNT(one->codes); i++)
        if (one->codes[i] != PST_OK && !pst_report_has(why, one->codes[i]))
            fail_msg("%s: %s is missing:%s", one->name, pst_code_name(one->codes[i]),
                     agent_scene_explain(why));
    if (agent_scene_noted(why, PST_CLOCK_UNTRUSTED) != one->clock_noted)
        fail_msg("%s: the clock is %s:%s", one->name, one->clock_noted ? "not noted" : "noted",
                 agent_scene_explain(why));
}

static void each_pair_of_clocks_gets_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        const struct time_case *one = &cases[i];
        PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
        PST_CLEANUP(pst_heap) struct pst_check *check = calloc(1, sizeof *check);
        struct pst_report why = {0};
        int64_t floor_s = -1;

        scene->clock.wall_s = one->wall_s;
        if (one->floor_s != 0)
            assert_int_equal(pst_memory_keep_floor(&scene->ports.state, one->floor_s, NULL), 0);
        one->spoil(scene);
        assert_int_equal(pst_agent_check(&scene->agent, check, &why), PST_OK);
        if (check->decision.verdict != one->expect)
            fail_msg("%s: %s%s", one->name, pst_verdict_name(check->decision.verdict),
                     agent_scene_explain(&check->decision.why));
        check_codes(one, &check->decision.why);
        assert_int_equal(pst_memory_load_floor(&scene->ports.state, &floor_s, NULL), PST_OK);
        if (floor_s != one->floor_after_s)
            fail_msg("%s: the floor is %lld", one->name, (long long)floor_s);
        assert_true(check->now_s >= scene->agent.build_s && check->now_s >= one->floor_s);
        pst_check_clear(check);
    }
}

/* By any time that the terminal may believe in the end. */
static void with_a_wrong_clock_everything_is_judged_by_signed_time(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_check *check = calloc(1, sizeof *check);
    struct pst_report why = {0};
    (void)state;
    scene->clock.wall_s = NOW + 10 * YEAR;
    assert_int_equal(pst_agent_check(&scene->agent, check, &why), PST_OK);
    assert_int_equal(check->now_s, NOW);
    pst_check_clear(check);
}

/* The clock is good: nobody is asked twice. */
static void a_good_clock_costs_one_walk(void **state)
{
    static const struct {
        int64_t wall_s;
        size_t timestamps;
    } rows[] = {{NOW, 1}, {NOW - 200, 1}, {NOW + 200, 1}, {NOW + HOUR / 2, 1}, {NOW - HOUR, 2}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(rows); i++) {
        PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
        PST_CLEANUP(pst_heap) struct pst_check *check = calloc(1, sizeof *check);
        struct pst_report why = {0};
        scene->clock.wall_s = rows[i].wall_s;
        assert_int_equal(pst_agent_check(&scene->agent, check, &why), PST_OK);
        assert_int_equal(check->decision.verdict, PST_VERDICT_INSTALL);
        assert_int_equal(pst_fake_asked(&scene->net, "timestamp.json"), rows[i].timestamps);
        pst_check_clear(check);
    }
}

static void an_assignment_that_is_none_is_told_and_believed_in_nothing(void **state)
{
    static const char *const texts[] = {"", "{}", "not json", "{\"signed\":{},\"signatures\":[]}"};
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        PST_CLEANUP(pst_walk) struct pst_walk walk = {.opened = false};
        struct pst_report why = {0};
        struct pst_walk_in in = {.agent = &scene->agent,
                                 .assignment = pst_bytes_of(pst_text(texts[i])),
                                 .terminal = "t-1",
                                 .nonce = "n",
                                 .wall_s = NOW,
                                 .floor_s = NOW - DAY};
        pst_walk(&in, &walk, &why);
        assert_true(walk.refreshed);
        assert_false(walk.has_assignment);
        assert_int_equal(pst_report_verdict(&why) == PST_OK, texts[i][0] == '\0');
    }
}

/* Of a format of tomorrow: the right key signed it, and nothing of it can be believed. */
static void an_assignment_that_cannot_be_read_is_none_whoever_signed_it(void **state)
{
    static const char body[] = "{\"format\":\"postern.assignment/9\"}";
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_walk) struct pst_walk walk = {.opened = false};
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(4096), text = pst_buf(4096);
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_private_key_sign(scene->assignments_key.private,
                                          pst_bytes(body, sizeof body - 1), &hex, NULL),
                     PST_OK);
    assert_true(pst_buf_add(&hex, "", 1));
    const struct pst_envelope_new_signature signature = {scene->assignments_key.id,
                                                         (const char *)hex.at};
    assert_int_equal(
        pst_envelope_print(pst_bytes(body, sizeof body - 1), &signature, 1, &text, NULL), PST_OK);
    struct pst_walk_in in = {.agent = &scene->agent,
                             .assignment = pst_buf_bytes(&text),
                             .terminal = "t-1",
                             .nonce = "n",
                             .wall_s = NOW,
                             .floor_s = NOW - DAY};
    pst_walk(&in, &walk, &why);
    assert_true(walk.refreshed);
    assert_false(walk.has_assignment);
    assert_false(pst_report_has(&why, PST_SIGNATURE_THRESHOLD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pair_of_clocks_gets_its_verdict),
        cmocka_unit_test(with_a_wrong_clock_everything_is_judged_by_signed_time),
        cmocka_unit_test(a_good_clock_costs_one_walk),
        cmocka_unit_test(an_assignment_that_is_none_is_told_and_believed_in_nothing),
        cmocka_unit_test(an_assignment_that_cannot_be_read_is_none_whoever_signed_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
