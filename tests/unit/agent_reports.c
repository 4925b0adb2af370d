/* SPDX-License-Identifier: Apache-2.0 */
/* Reports: kept until they were taken, in order, each number once, and never without end. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/cycle/reports.h"
#include "tests/support/agent_scene.h"
#include "tests/support/check.h"

enum { IMAGE_BYTES = 70000 };
#define NOW PST_REPO_NOW

static enum pst_code add(struct agent_scene *scene, int64_t bytes, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_terminal_report *report = calloc(1, sizeof *report);
    snprintf(report->terminal, sizeof report->terminal, "t-1");
    snprintf(report->product, sizeof report->product, "pos-a");
    report->at_s = NOW;
    report->progress = PST_PROGRESS_STAGED;
    report->fetched_bytes = bytes;
    return pst_reports_add(&scene->ports.state, scene->key, report, why);
}

static enum pst_code send_all(struct agent_scene *scene, struct pst_report *why)
{
    struct pst_session_options options = {.transport = &scene->ports.transport,
                                          .service = scene->agent.service,
                                          .limits = scene->agent.sources.limits,
                                          .key = scene->key};
    struct pst_session session = pst_session_open(&options, "t-1");
    enum pst_code rc = pst_reports_send(&scene->ports.state, &session, why);
    pst_session_close(&session);
    return rc;
}

static int64_t waiting(struct agent_scene *scene)
{
    int64_t count = -1;
    assert_int_equal(pst_reports_waiting(&scene->ports.state, &count, NULL), PST_OK);
    return count;
}

static void reports_are_sent_in_order_and_then_gone(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    assert_int_equal(waiting(scene), 0);
    assert_int_equal(send_all(scene, NULL), PST_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(add(scene, i, NULL), PST_OK);
    assert_int_equal(waiting(scene), 5);
    assert_int_equal(send_all(scene, NULL), PST_OK);
    assert_int_equal(waiting(scene), 0);
    assert_int_equal(scene->service.report_count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(scene->service.report[i].fetched_bytes, i);
    for (size_t i = 0; i < scene->state.count; i++)
        assert_null(strstr(scene->state.document[i].name, "report-"));
}

static void beyond_the_bound_the_oldest_goes(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    for (int i = 0; i < PST_REPORTS_MOST + 9; i++)
        assert_int_equal(add(scene, i, NULL), PST_OK);
    assert_int_equal(waiting(scene), PST_REPORTS_MOST);
    assert_in_range(scene->state.count, PST_REPORTS_MOST, PST_REPORTS_MOST + 4);
    assert_int_equal(send_all(scene, NULL), PST_OK);
    assert_int_equal(scene->service.report_count, PST_REPORTS_MOST);
    assert_int_equal(scene->service.report[0].fetched_bytes, 9);
}

/* N13: the acknowledgement was lost, or the power went before it was acted upon. */
static void a_report_whose_answer_was_lost_is_sent_again_with_its_number(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    assert_int_equal(add(scene, 1, NULL), PST_OK);
    assert_int_equal(add(scene, 2, NULL), PST_OK);
    pst_fake_power_on(&scene->power, 0);
    assert_true(send_all(scene, NULL) != PST_OK);
    assert_int_equal(scene->service.report_count, 1);
    pst_fake_power_on(&scene->power, -1);
    assert_int_equal(send_all(scene, NULL), PST_OK);
    assert_int_equal(scene->service.report_count, 2);
    assert_int_equal(scene->service.repeated, 1);
    assert_true(scene->service.report[1].sequence > scene->service.report[0].sequence);
}

static void a_cut_while_adding_or_sending_loses_no_number(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    for (int64_t cut = 0; cut < 8; cut++) {
        pst_fake_power_on(&scene->power, cut);
        (void)!add(scene, 100 + cut, NULL);
        (void)!send_all(scene, NULL);
        pst_fake_power_on(&scene->power, -1);
        assert_int_equal(add(scene, cut, NULL), PST_OK);
        assert_int_equal(send_all(scene, NULL), PST_OK);
        assert_int_equal(waiting(scene), 0);
        assert_int_equal(scene->service.report[scene->service.report_count - 1].fetched_bytes, cut);
    }
}

/* The service counts only higher numbers than it had. */
static void after_the_row_was_lost_numbers_still_grow(void **state)
{
    static const char *const damaged[] = {"",
                                          "{",
                                          "{}",
                                          "{\"first\":0,\"next\":1}",
                                          "{\"first\":9,\"next\":1}",
                                          "{\"first\":1,\"next\":1000}",
                                          "{\"first\":9007199254740991,\"next\":9007199254740991}"};
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    /* One that began at 1, as agents do whose clock was right at once, and long ago. */
    pst_fake_document_put(&scene->state, "reports", pst_bytes("{\"first\":7,\"next\":7}", 20));
    assert_int_equal(add(scene, 0, NULL), PST_OK);
    assert_int_equal(send_all(scene, NULL), PST_OK);
    assert_int_equal(scene->service.report[0].sequence, 7);
    for (size_t i = 0; i < PST_COUNT(damaged); i++) {
        PST_CLEANUP(agent_scene) struct agent_scene *other = agent_scene(IMAGE_BYTES);
        struct pst_report why = {0};
        pst_fake_document_put(&other->state, "reports", pst_bytes_of(pst_text(damaged[i])));
        assert_int_equal(add(other, 1, &why), PST_OK);
        assert_true(agent_scene_noted(&why, PST_HOST_STATE));
        assert_int_equal(send_all(other, NULL), PST_OK);
        assert_int_equal(other->service.report[0].sequence, NOW);
    }
}

struct answer_case {
    const char *name;
    int status;
    const char *problem;
    bool dropped;
    enum pst_code told;
};

#define PROBLEM(code)                                                                              \
    "{\"type\":\"about:blank\",\"status\":400,\"findings\":[{\"code\":\"" code                     \
    "\",\"where\":\"report\",\"expected\":\"a\",\"found\":\"b\"}]}"

static void only_what_the_service_itself_refuses_for_good_is_dropped(void **state)
{
    static const struct answer_case cases[] = {
        {"a report that makes no sense", 400, PROBLEM("document.missing-field"), true,
         PST_MISSING_FIELD},
        {"a rollout that is gone", 404, PROBLEM("service.not-found"), true, PST_SERVICE_NOT_FOUND},
        {"another key", 400, PROBLEM("signature.invalid"), true, PST_SIGNATURE_INVALID},
        {"a blocked terminal", 403, PROBLEM("service.forbidden"), false, PST_SERVICE_FORBIDDEN},
        {"maintenance", 503, PROBLEM("service.maintenance"), false, PST_SERVICE_MAINTENANCE},
        {"a store that fails", 500, PROBLEM("service.store"), false, PST_SERVICE_STORE},
        {"somebody on the way says 400", 400, NULL, false, PST_SERVICE_BAD_REQUEST},
        {"somebody on the way says 404", 404, NULL, false, PST_SERVICE_NOT_FOUND},
        {"somebody on the way says 502", 502, NULL, false, PST_NET_STATUS},
        {"too many", 429, NULL, false, PST_SERVICE_OVERLOADED},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        const struct answer_case *one = &cases[i];
        PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
        struct pst_report why = {0};
        /* Something else was refused before: that is not this report's verdict. */
        (void)pst_refuse(&why, PST_BAD_SYNTAX, pst_say("something else"),
                         pst_say("refused before"));
        assert_int_equal(add(scene, 1, NULL), PST_OK);
        assert_int_equal(add(scene, 2, NULL), PST_OK);
        scene->service.refuse_reports = one->status;
        scene->service.problem = one->problem;
        enum pst_code rc = send_all(scene, &why);
        if ((waiting(scene) == 0) != one->dropped || (rc == PST_OK) != one->dropped)
            fail_msg("%s: %s, %lld wait%s", one->name, pst_code_name(rc), (long long)waiting(scene),
                     agent_scene_explain(&why));
        if (!pst_report_has(&why, one->told) ||
            (one->dropped && !agent_scene_noted(&why, one->told)))
            fail_msg("%s: not told%s", one->name, agent_scene_explain(&why));
    }
}

static void a_report_file_that_is_missing_or_damaged_does_not_block_the_next(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    char name[64];
    (void)state;
    assert_int_equal(add(scene, 1, NULL), PST_OK);
    assert_int_equal(add(scene, 2, NULL), PST_OK);
    snprintf(name, sizeof name, "report-%lld", (long long)NOW);
    assert_non_null(pst_fake_document(&scene->state, name));
    assert_int_equal(scene->ports.state.remove(scene->ports.state.context, name, NULL), PST_OK);
    assert_int_equal(send_all(scene, NULL), PST_OK);
    assert_int_equal(scene->service.report_count, 1);
    assert_int_equal(scene->service.report[0].fetched_bytes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_sent_in_order_and_then_gone),
        cmocka_unit_test(beyond_the_bound_the_oldest_goes),
        cmocka_unit_test(a_report_whose_answer_was_lost_is_sent_again_with_its_number),
        cmocka_unit_test(a_cut_while_adding_or_sending_loses_no_number),
        cmocka_unit_test(after_the_row_was_lost_numbers_still_grow),
        cmocka_unit_test(only_what_the_service_itself_refuses_for_good_is_dropped),
        cmocka_unit_test(a_report_file_that_is_missing_or_damaged_does_not_block_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
