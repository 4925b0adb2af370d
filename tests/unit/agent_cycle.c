/* SPDX-License-Identifier: Apache-2.0 */
/* Whole cycles of a terminal: from an order to a confirmed release, and all that can come
 * between. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/cycle/reports.h"
#include "tests/support/agent_scene.h"
#include "tests/support/check.h"

enum { IMAGE_BYTES = 300000 };

#define assert_codes(why, ...)                                                                     \
    do {                                                                                           \
        static const enum pst_code wanted_[] = {__VA_ARGS__};                                      \
        for (size_t i_ = 0; i_ < PST_COUNT(wanted_); i_++)                                         \
            if (!pst_report_has((why), wanted_[i_]))                                               \
                fail_msg("%s is missing in:%s", pst_code_name(wanted_[i_]),                        \
                         agent_scene_explain(why));                                                \
    } while (0)

static void assert_stands(const struct pst_cycle *cycle, enum pst_progress progress,
                          enum pst_update_state state)
{
    if (cycle->progress != progress || cycle->state != state)
        fail_msg("%s in state %s, not %s in %s:%s", pst_progress_name(cycle->progress),
                 pst_update_state_name(cycle->state), pst_progress_name(progress),
                 pst_update_state_name(state), agent_scene_explain(&cycle->why));
}

static const struct pst_terminal_report *last_report(const struct agent_scene *scene)
{
    assert_true(scene->service.report_count > 0);
    return &scene->service.report[scene->service.report_count - 1];
}

static void an_ordered_release_is_staged_tried_and_confirmed(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;

    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_STAGED, PST_UPDATE_STAGED);
    assert_true(cycle->restart_wanted);
    assert_true(agent_scene_slot_holds(scene, 1, &scene->image));
    assert_int_equal(last_report(scene)->progress, PST_PROGRESS_STAGED);
    assert_string_equal(last_report(scene)->source, "delta");

    agent_scene_once(scene, cycle); /* not restarted yet: nothing happens */
    assert_int_equal(cycle->state, PST_UPDATE_STAGED);

    agent_scene_restart(scene);
    assert_int_equal(scene->boot.state.active, 1);
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_CONFIRMED, PST_UPDATE_IDLE);
    assert_false(scene->boot.state.trial);
    assert_int_equal(scene->terminal.checks_run, 2);
    assert_int_equal(last_report(scene)->progress, PST_PROGRESS_CONFIRMED);
    assert_string_equal(last_report(scene)->version.text, "5.2.0");

    scene->service.has_order = false;
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_IDLE, PST_UPDATE_IDLE);
    assert_string_equal(scene->service.facts.os.text, "5.2.0");
    assert_string_equal(scene->service.facts.security_floor.text, "5.1.0");
    assert_int_equal(scene->slots.active_writes, 0);
}

static void a_second_cycle_with_nothing_to_do_tells_nobody(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;
    scene->service.has_order = false;

    for (int i = 0; i < 3; i++) {
        agent_scene_once(scene, cycle);
        assert_stands(cycle, PST_PROGRESS_IDLE, PST_UPDATE_IDLE);
    }
    assert_int_equal(scene->service.checkins, 3);
    assert_int_equal(scene->service.report_count, 0);
    assert_int_equal(scene->slots.writes, 0);
}

static void a_refused_release_is_told_with_all_its_causes(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    PST_CLEANUP(pst_repo_key)
    struct pst_repo_key expired = pst_repo_key_between("ed25519", PST_REPO_NOW - 90 * PST_REPO_DAY,
                                                       PST_REPO_NOW - PST_REPO_DAY);
    (void)state;
    agent_scene_sign_product_with(scene, &expired);
    assert_int_equal(
        pst_version_range_parse(pst_text(">=5.1.5 <5.2.0"), &scene->release.os[0], NULL), PST_OK);
    agent_scene_publish(scene);

    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_REFUSED, PST_UPDATE_IDLE);
    assert_codes(&cycle->why, PST_KEY_EXPIRED, PST_SIGNATURE_THRESHOLD, PST_OS_TOO_OLD);
    assert_false(pst_report_has(&cycle->why, PST_CLOCK_UNTRUSTED));
    assert_int_equal(scene->slots.writes, 0);
    const struct pst_terminal_report *told = last_report(scene);
    assert_int_equal(told->progress, PST_PROGRESS_REFUSED);
    assert_string_equal(told->version.text, "5.2.0");
    assert_string_equal(told->source, "");
    assert_codes(&told->findings, PST_KEY_EXPIRED, PST_OS_TOO_OLD);
    for (size_t i = 0; i < told->findings.count; i++)
        if (told->findings.finding[i].code == PST_OS_TOO_OLD)
            assert_true(told->findings.finding[i].unverified);
}

/* What a diagnosis meets on its way is as little proven as what it reads. */
static void what_a_diagnosis_fails_at_is_hearsay(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    PST_CLEANUP(pst_repo_key)
    struct pst_repo_key expired = pst_repo_key_between("ed25519", PST_REPO_NOW - 90 * PST_REPO_DAY,
                                                       PST_REPO_NOW - PST_REPO_DAY);
    size_t met = 0;
    (void)state;
    agent_scene_sign_product_with(scene, &expired);
    agent_scene_publish(scene);
    pst_fake_fail(&scene->net, "manifest.json", PST_FAKE_UNREACHABLE, 0, -1);

    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_REFUSED, PST_UPDATE_IDLE);
    for (size_t i = 0; i < cycle->why.count; i++)
        if (cycle->why.finding[i].code == PST_NET_UNREACHABLE) {
            assert_true(cycle->why.finding[i].unverified);
            met++;
        }
    assert_true(met > 0);
}

static struct pst_slots_memory slots_of(const struct agent_scene *scene)
{
    struct pst_slots_memory slots;
    assert_int_equal(pst_memory_load_slots(&scene->ports.state, &slots, NULL), PST_OK);
    return slots;
}

static enum pst_code cannot_confirm(void *context, struct pst_report *why)
{
    (void)context;
    return pst_refuse(why, PST_BOOT_MARKER, pst_say("to be written"), pst_say("an error"));
}

static void the_floor_waits_for_the_confirmation_and_never_falls(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    const struct pst_boot_port good = scene->ports.boot;
    (void)state;

    agent_scene_once(scene, cycle);
    agent_scene_restart(scene);
    scene->ports.boot.confirm = cannot_confirm;
    agent_scene_once(scene, cycle);
    assert_int_equal(cycle->progress, PST_PROGRESS_FAILED);
    struct pst_slots_memory slots = slots_of(scene);
    assert_false(pst_version_is_set(&slots.security_floor));

    assert_int_equal(pst_version_parse(pst_text("5.1.9"), &slots.security_floor, NULL), PST_OK);
    assert_int_equal(pst_memory_keep_slots(&scene->ports.state, &slots, NULL), PST_OK);
    scene->ports.boot = good;
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_CONFIRMED, PST_UPDATE_IDLE);
    slots = slots_of(scene);
    assert_string_equal(slots.security_floor.text, "5.1.9"); /* the release itself says 5.1.0 */
}

/* An earlier release was staged there; the first write fails. */
static void what_is_overwritten_is_neither_tried_nor_remembered(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;

    scene->service.has_order = false;
    agent_scene_once(scene, cycle); /* looks at what the slots hold */
    scene->service.has_order = true;
    struct pst_slots_memory slots = slots_of(scene);
    slots.slot[1] = slots.slot[0];
    assert_true(slots.slot[1].component_count > 0);
    assert_int_equal(pst_memory_keep_slots(&scene->ports.state, &slots, NULL), PST_OK);
    scene->boot.state.next = 1;
    scene->slots.io_error_at = 0;
    agent_scene_once(scene, cycle);
    assert_codes(&cycle->why, PST_SLOT_IO);
    assert_int_equal(scene->boot.state.next, 0);
    slots = slots_of(scene);
    assert_int_equal(slots.slot[1].component_count, 0);
    assert_false(pst_version_is_set(&slots.slot[1].version));
    assert_true(slots.slot[0].component_count > 0);
}

static void each_health_check_must_be_well(void **state)
{
    static const char *const checks[] = {"payment", "network"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(checks); i++) {
        PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
        PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
        scene->terminal.sick = checks[i];
        agent_scene_once(scene, cycle);
        agent_scene_restart(scene);
        agent_scene_once(scene, cycle);
        assert_stands(cycle, PST_PROGRESS_REVERTED, PST_UPDATE_REVERTING);
    }
}

static void an_unhealthy_release_goes_back_and_leaves_the_floor_alone(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;
    scene->terminal.sick = "network";

    agent_scene_once(scene, cycle);
    agent_scene_restart(scene);
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_REVERTED, PST_UPDATE_REVERTING);
    assert_codes(&cycle->why, PST_BOOT_HEALTH);
    assert_int_equal(scene->terminal.checks_run, 2); /* both, whatever the first says */
    assert_true(cycle->restart_wanted);

    agent_scene_restart(scene);
    assert_int_equal(scene->boot.state.active, 0);
    scene->service.has_order = false; /* as the service does after such a report */
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_REVERTED, PST_UPDATE_IDLE);
    assert_codes(&last_report(scene)->findings, PST_BOOT_REVERTED);
    agent_scene_once(scene, cycle);
    assert_string_equal(scene->service.facts.os.text, "5.1.0");
    assert_false(pst_version_is_set(&scene->service.facts.security_floor));
    assert_int_equal(scene->slots.active_writes, 0);
}

static void a_release_that_never_comes_up_is_given_up_after_its_tries(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;

    agent_scene_once(scene, cycle);
    for (int i = 0; i < 3; i++) {
        agent_scene_restart(scene);
        assert_int_equal(scene->boot.state.active, 1);
    }
    agent_scene_restart(scene);
    assert_int_equal(scene->boot.state.active, 0);
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_REVERTED, PST_UPDATE_IDLE);
    assert_codes(&cycle->why, PST_BOOT_REVERTED);
}

/* What waits is delivered before the service is asked what to do: it would order the same again. */
static void the_service_hears_of_a_reversal_before_it_orders_again(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;
    scene->terminal.sick = "payment";
    agent_scene_once(scene, cycle);
    agent_scene_restart(scene);
    pst_fake_fail(&scene->net, "service.example", PST_FAKE_UNREACHABLE, 0, -1);
    agent_scene_once(scene, cycle);
    agent_scene_restart(scene);
    agent_scene_once(scene, cycle);
    assert_int_equal(scene->service.report_count, 1); /* "staged"; the others wait */

    pst_fake_mend(&scene->net);
    scene->net.call_count = 0;
    agent_scene_once(scene, cycle);
    assert_int_equal(scene->service.report_count > 2, true);
    size_t first_report = SIZE_MAX, checkin = SIZE_MAX;
    for (size_t i = scene->net.call_count; i-- > 0;) {
        first_report = strstr(scene->net.call[i].url, "/v1/reports") != NULL ? i : first_report;
        checkin = strstr(scene->net.call[i].url, "/v1/checkin") != NULL ? i : checkin;
    }
    assert_true(first_report < checkin);
}

static void a_report_that_cannot_be_delivered_does_not_stop_an_update(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    int64_t waiting = 0;
    (void)state;
    scene->terminal.battery_percent = 10;
    scene->release.needs.battery_percent = 50;
    agent_scene_publish(scene);
    pst_fake_fail(&scene->net, "/v1/reports", PST_FAKE_STATUS, 500, -1);

    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_DEFERRED, PST_UPDATE_IDLE);
    scene->terminal.battery_percent = 90;
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_STAGED, PST_UPDATE_STAGED);
    assert_int_equal(pst_reports_waiting(&scene->ports.state, &waiting, NULL), PST_OK);
    assert_int_equal(waiting, 2);

    pst_fake_mend(&scene->net);
    agent_scene_restart(scene);
    agent_scene_once(scene, cycle);
    assert_int_equal(scene->service.report_count, 3);
    assert_int_equal(scene->service.report[0].progress, PST_PROGRESS_DEFERRED);
    assert_int_equal(scene->service.report[2].progress, PST_PROGRESS_CONFIRMED);
}

static void polls_without_a_service_do_not_push_out_what_waits(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    int64_t waiting = 0;
    (void)state;
    agent_scene_once(scene, cycle);
    agent_scene_restart(scene);
    pst_fake_fail(&scene->net, "service.example", PST_FAKE_UNREACHABLE, 0, -1);
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_CONFIRMED, PST_UPDATE_IDLE);

    for (int i = 0; i < 5; i++) {
        agent_scene_once(scene, cycle);
        assert_stands(cycle, PST_PROGRESS_FAILED, PST_UPDATE_IDLE);
        assert_codes(&cycle->why, PST_NET_UNREACHABLE);
    }
    assert_int_equal(pst_reports_waiting(&scene->ports.state, &waiting, NULL), PST_OK);
    assert_int_equal(waiting, 1);
}

/* ---- deltas and links ------------------------------------------------------------------------ */

static void a_damaged_delta_is_followed_by_the_full_image(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;
    pst_fake_fail(&scene->net, ".os.delta", PST_FAKE_FLIP, 5, -1);

    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_STAGED, PST_UPDATE_STAGED);
    assert_true(agent_scene_noted(&cycle->why, PST_IMAGE_CORRUPT));
    assert_string_equal(last_report(scene)->source, "full");
    assert_true(agent_scene_slot_holds(scene, 1, &scene->image));
}

static void a_metered_link_forbids_the_full_image_and_says_so(void **state)
{
    static const struct {
        const char *name;
        bool full_on_metered, metered_allowed;
        enum pst_progress expect;
    } cases[] = {
        {"forbidden", false, false, PST_PROGRESS_DEFERRED},
        {"the delta alone is allowed by the release", false, true, PST_PROGRESS_STAGED},
        {"policy permits the full image, the release no metered link", true, false,
         PST_PROGRESS_DEFERRED},
        {"both permit", true, true, PST_PROGRESS_STAGED},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
        PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
        scene->terminal.metered = PST_TRI_YES;
        scene->agent.full_on_metered = cases[i].full_on_metered;
        scene->release.needs.metered_allowed = cases[i].metered_allowed;
        agent_scene_publish(scene);
        agent_scene_once(scene, cycle);
        if (cycle->progress != cases[i].expect)
            fail_msg("%s: %s%s", cases[i].name, pst_progress_name(cycle->progress),
                     agent_scene_explain(&cycle->why));
        if (cases[i].expect == PST_PROGRESS_DEFERRED)
            assert_codes(&cycle->why, PST_METERED);
    }
}

/* The release may be fetched over a metered link, but only its delta is to be paid for. */
static void on_a_metered_link_a_delta_that_fails_is_not_followed_by_the_full_image(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;
    scene->terminal.metered = PST_TRI_YES;
    scene->release.needs.metered_allowed = true;
    agent_scene_publish(scene);
    pst_fake_fail(&scene->net, ".os.delta", PST_FAKE_FLIP, 5, -1);

    agent_scene_once(scene, cycle);
    assert_codes(&cycle->why, PST_IMAGE_CORRUPT, PST_METERED);
    assert_int_equal(pst_fake_asked(&scene->net, ".os.full"), 0);
    assert_int_equal(scene->boot.state.next, 0);
    assert_int_equal(cycle->state, PST_UPDATE_IDLE);
}

static void a_network_that_fails_does_not_make_it_fetch_more(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;
    pst_fake_fail(&scene->net, ".os.delta", PST_FAKE_STALL, 5, -1);

    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_FAILED, PST_UPDATE_IDLE);
    assert_codes(&cycle->why, PST_NET_STALLED);
    assert_int_equal(pst_fake_asked(&scene->net, ".os.full"), 0);
    pst_fake_mend(&scene->net);
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_STAGED, PST_UPDATE_STAGED);
}

static void a_refusal_after_an_update_does_not_claim_its_bytes(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;
    agent_scene_once(scene, cycle);
    agent_scene_restart(scene);
    agent_scene_once(scene, cycle);
    assert_true(last_report(scene)->fetched_bytes > 0);

    scene->terminal.tampered = PST_TRI_YES;
    agent_scene_once(scene, cycle);
    assert_int_equal(last_report(scene)->progress, PST_PROGRESS_REFUSED);
    assert_int_equal(last_report(scene)->fetched_bytes, 0);
    assert_string_equal(last_report(scene)->source, "");
}

/* ---- power and memory ------------------------------------------------------------------------ */

static void assert_something_boots(const struct agent_scene *scene, int64_t cut)
{
    int active = scene->boot.state.active;
    if (!agent_scene_slot_holds(scene, active, &scene->base) &&
        !agent_scene_slot_holds(scene, active, &scene->image))
        fail_msg("cut %lld: slot %d runs and holds no whole image", (long long)cut, active);
    assert_int_equal(scene->slots.active_writes, 0);
}

/* Cuts the power at the n-th change and lets the terminal go on; answers how many changes there
 * were. */
static int64_t run_with_cut(int64_t cut, int64_t second_cut)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(70000);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    bool confirmed = false;

    pst_fake_power_on(&scene->power, cut);
    for (int i = 0; i < 12 && !confirmed; i++) {
        (void)!pst_agent_once(&scene->agent, false, cycle, why);
        assert_something_boots(scene, cut);
        confirmed = !scene->power.out && scene->boot.state.active == 1 &&
                    !scene->boot.state.trial && cycle->state == PST_UPDATE_IDLE;
        if (scene->power.out) {
            agent_scene_power_on(scene, second_cut);
            second_cut = -1;
        } else if (!confirmed) {
            agent_scene_restart(scene);
        }
        assert_something_boots(scene, cut);
    }
    if (!confirmed)
        fail_msg("cut %lld: stuck in %s%s", (long long)cut, pst_update_state_name(cycle->state),
                 agent_scene_explain(&cycle->why));
    assert_true(agent_scene_slot_holds(scene, 1, &scene->image));
    int64_t changes = scene->power.changes;
    pst_fake_power_on(&scene->power, -1);
    agent_scene_once(scene, cycle); /* and what there was to tell is told */
    bool told = false;
    for (size_t i = 0; i < scene->service.report_count; i++)
        told = told || scene->service.report[i].progress == PST_PROGRESS_CONFIRMED;
    if (!told)
        fail_msg("cut %lld: confirmed, and nobody was told", (long long)cut);
    return changes;
}

static void whenever_the_power_goes_the_update_ends_well(void **state)
{
    int64_t changes = run_with_cut(-1, -1);
    (void)state;
    assert_in_range(changes, 20, 200);
    for (int64_t cut = 0; cut < changes; cut++)
        run_with_cut(cut, -1);
}

static void also_when_it_goes_again_soon_after(void **state)
{
    (void)state;
    for (int64_t cut = 3; cut < 40; cut += 4)
        for (int64_t second = 1; second < 30; second += 7)
            run_with_cut(cut, second);
}

static void a_trial_that_nobody_remembers_goes_back(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    (void)state;
    agent_scene_once(scene, cycle);
    agent_scene_restart(scene);
    pst_fake_document_put(&scene->state, "update", pst_bytes("{\"sta", 5));
    int64_t writes = scene->slots.writes;

    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_REVERTED, PST_UPDATE_REVERTING);
    assert_codes(&cycle->why, PST_HOST_STATE);
    assert_int_equal(scene->slots.writes, writes); /* the only good slot was not touched */
    agent_scene_restart(scene);
    assert_int_equal(scene->boot.state.active, 0);
    agent_scene_once(scene, cycle);
    assert_stands(cycle, PST_PROGRESS_REVERTED, PST_UPDATE_IDLE);
}

static void with_a_boot_marker_that_cannot_be_read_nothing_is_done(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    struct pst_report why = {0};
    (void)state;
    scene->boot.damaged = true;
    assert_int_equal(pst_agent_once(&scene->agent, false, cycle, &why), PST_BOOT_MARKER);
    assert_int_equal(scene->net.call_count, 0);
    assert_int_equal(scene->slots.writes, 0);
}

/* ---- by hand --------------------------------------------------------------------------------- */

static void an_operator_may_revert_a_trial_and_confirm_only_what_runs(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_heap) struct pst_cycle *cycle = calloc(1, sizeof *cycle);
    struct pst_update_memory memory;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_agent_confirm(&scene->agent, &why), PST_USAGE);

    agent_scene_once(scene, cycle);
    agent_scene_restart(scene);
    assert_int_equal(pst_memory_load_update(&scene->ports.state, &memory, NULL), PST_OK);
    memory.state = PST_UPDATE_TRIAL;
    assert_int_equal(pst_memory_keep_update(&scene->ports.state, &memory, NULL), PST_OK);
    scene->boot.state = (struct pst_boot_state){.active = 0};
    assert_int_equal(pst_agent_confirm(&scene->agent, &why), PST_USAGE); /* the old one runs */

    struct pst_report told = {0};
    scene->boot.state =
        (struct pst_boot_state){.active = 1, .next = 1, .tries_left = 2, .trial = true};
    assert_int_equal(pst_agent_revert(&scene->agent, &told), PST_OK);
    assert_int_equal(last_report(scene)->progress, PST_PROGRESS_REVERTED);
    agent_scene_restart(scene);
    assert_int_equal(scene->boot.state.active, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordered_release_is_staged_tried_and_confirmed),
        cmocka_unit_test(a_second_cycle_with_nothing_to_do_tells_nobody),
        cmocka_unit_test(a_refused_release_is_told_with_all_its_causes),
        cmocka_unit_test(what_a_diagnosis_fails_at_is_hearsay),
        cmocka_unit_test(the_floor_waits_for_the_confirmation_and_never_falls),
        cmocka_unit_test(what_is_overwritten_is_neither_tried_nor_remembered),
        cmocka_unit_test(each_health_check_must_be_well),
        cmocka_unit_test(an_unhealthy_release_goes_back_and_leaves_the_floor_alone),
        cmocka_unit_test(a_release_that_never_comes_up_is_given_up_after_its_tries),
        cmocka_unit_test(the_service_hears_of_a_reversal_before_it_orders_again),
        cmocka_unit_test(a_report_that_cannot_be_delivered_does_not_stop_an_update),
        cmocka_unit_test(polls_without_a_service_do_not_push_out_what_waits),
        cmocka_unit_test(a_damaged_delta_is_followed_by_the_full_image),
        cmocka_unit_test(a_metered_link_forbids_the_full_image_and_says_so),
        cmocka_unit_test(on_a_metered_link_a_delta_that_fails_is_not_followed_by_the_full_image),
        cmocka_unit_test(a_network_that_fails_does_not_make_it_fetch_more),
        cmocka_unit_test(a_refusal_after_an_update_does_not_claim_its_bytes),
        cmocka_unit_test(whenever_the_power_goes_the_update_ends_well),
        cmocka_unit_test(also_when_it_goes_again_soon_after),
        cmocka_unit_test(a_trial_that_nobody_remembers_goes_back),
        cmocka_unit_test(with_a_boot_marker_that_cannot_be_read_nothing_is_done),
        cmocka_unit_test(an_operator_may_revert_a_trial_and_confirm_only_what_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
