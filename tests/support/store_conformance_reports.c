/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/store_conformance.h"

static void expect_same_findings(const struct pst_report *got, const struct pst_report *put)
{
    assert_int_equal(got->count, put->count);
    assert_int_equal(got->omitted, put->omitted);
    for (size_t i = 0; i < put->count; i++) {
        assert_int_equal(got->finding[i].code, put->finding[i].code);
        assert_int_equal(got->finding[i].noted, put->finding[i].noted);
        assert_int_equal(got->finding[i].unverified, put->finding[i].unverified);
        assert_string_equal(got->finding[i].where, put->finding[i].where);
        assert_string_equal(got->finding[i].expected, put->finding[i].expected);
        assert_string_equal(got->finding[i].found, put->finding[i].found);
    }
}

static void expect_last(struct pst_store_fixture *fx, const struct pst_terminal_report *put)
{
    struct pst_terminal_report got;
    PST_STORE_OK(fx, fx->reader->ops->last_report(fx->reader, put->terminal, &got, &fx->why));
    assert_string_equal(got.terminal, put->terminal);
    assert_int_equal(got.sequence, put->sequence);
    assert_int_equal(got.at_s, put->at_s);
    assert_string_equal(got.rollout, put->rollout);
    assert_string_equal(got.product, put->product);
    assert_string_equal(got.version.text, put->version.text);
    assert_int_equal(got.progress, put->progress);
    assert_string_equal(got.source, put->source);
    assert_int_equal(got.fetched_bytes, put->fetched_bytes);
    expect_same_findings(&got.findings, &put->findings);
}

/* Two terminals and two rollouts of pos-a, and a rollout of pos-b. */
static void put_scene(struct pst_store_fixture *fx)
{
    struct pst_rollout_row one = pst_store_rollout(1, "pos-a"), two = pst_store_rollout(2, "pos-a"),
                           other = pst_store_rollout(3, "pos-b");
    pst_store_put_terminals(fx, 1, 2, "pos-a");
    pst_store_put_rollout(fx, &one);
    pst_store_put_rollout(fx, &two);
    pst_store_put_rollout(fx, &other);
}

static void read_counts(struct pst_store_fixture *fx, const char *rollout, bool by_finding,
                        struct pst_store_list *out)
{
    out->count = 0;
    PST_STORE_OK(fx, fx->reader->ops->rollout_counts(fx->reader, rollout, by_finding,
                                                     pst_store_list_count, out, &fx->why));
}

static void a_last_report_is_as_it_was_sent(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_report report =
        pst_store_report(1, 1, pst_store_rollout(1, "pos-a").id, PST_PROGRESS_REFUSED);

    put_scene(fx);
    PST_WITHIN(&report.findings, "fits/os");
    (void)pst_refuse(&report.findings, PST_OS_TOO_OLD, pst_say(">=5.2.0"), pst_say("5.1.0"));
    pst_note(&report.findings, PST_NET_TRUNCATED, pst_say("10 bytes"), pst_say("9 \"bytes\""));
    report.findings.omitted = 3;
    assert_true(pst_store_put_report(fx, &report));
    expect_last(fx, &report);
}

static void a_report_of_no_rollout_or_of_a_strange_one_is_kept_and_counted_nowhere(void **state)
{
    static const char *const strange[] = {"", "r-ffffffffffffffff", "r-0000000000000003",
                                          "a-name-that-is-longer-than-the-ids-of-rollouts-are"};
    struct pst_store_fixture *fx = *state;
    static struct pst_store_list counts;
    struct pst_terminal_row got;

    put_scene(fx);
    for (size_t i = 0; i < PST_COUNT(strange); i++) {
        struct pst_terminal_report report =
            pst_store_report(1, (int64_t)i + 1, strange[i], PST_PROGRESS_FAILED);
        report.version = (struct pst_version){0};
        report.source[0] = '\0';
        assert_true(pst_store_put_report(fx, &report));
        expect_last(fx, &report);
        PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, report.terminal, &got, &fx->why));
        assert_int_equal(got.progress, PST_PROGRESS_FAILED);
        assert_string_equal(got.rollout, "");
    }
    read_counts(fx, "r-0000000000000003", false, &counts); /* another product's */
    assert_int_equal(counts.count, 0);
}

static void the_same_sequence_again_changes_nothing(void **state)
{
    struct pst_store_fixture *fx = *state;
    static struct pst_store_list counts;
    struct pst_rollout_row rollout = pst_store_rollout(1, "pos-a");
    struct pst_terminal_report first = pst_store_report(1, 5, rollout.id, PST_PROGRESS_STAGED);
    struct pst_terminal_report again = pst_store_report(1, 5, rollout.id, PST_PROGRESS_FAILED);

    put_scene(fx);
    assert_true(pst_store_put_report(fx, &first));
    assert_false(pst_store_put_report(fx, &first));
    assert_false(pst_store_put_report(fx, &again));
    again.sequence = 4;
    assert_false(pst_store_put_report(fx, &again));
    expect_last(fx, &first);
    read_counts(fx, rollout.id, false, &counts);
    assert_int_equal(counts.count, 1);
    assert_int_equal(pst_store_list_value(&counts, "staged"), 1);
}

static void a_terminal_moves_from_its_old_progress_and_findings_to_the_new(void **state)
{
    struct pst_store_fixture *fx = *state;
    static struct pst_store_list counts;
    char rollout[PST_ID_ROOM];
    pst_store_copy(rollout, sizeof rollout, pst_store_rollout(1, "pos-a").id);
    struct pst_terminal_report report = pst_store_report(1, 1, rollout, PST_PROGRESS_REFUSED);

    put_scene(fx);
    (void)pst_refuse(&report.findings, PST_OS_TOO_OLD, pst_say("a"), pst_say("b"));
    (void)pst_refuse(&report.findings, PST_OS_TOO_OLD, pst_say("c"), pst_say("d")); /* once */
    (void)pst_refuse(&report.findings, PST_REGION, pst_say("a"), pst_say("b"));
    pst_note(&report.findings, PST_NET_STALLED, pst_say("a"), pst_say("b")); /* stopped nothing */
    assert_true(pst_store_put_report(fx, &report));
    read_counts(fx, rollout, true, &counts);
    assert_int_equal(counts.count, 2);
    assert_int_equal(pst_store_list_value(&counts, "compat.os-too-old"), 1);
    assert_int_equal(pst_store_list_value(&counts, "compat.region"), 1);

    report = pst_store_report(1, 2, rollout, PST_PROGRESS_DEFERRED);
    (void)pst_refuse(&report.findings, PST_REGION, pst_say("a"), pst_say("b"));
    (void)pst_refuse(&report.findings, PST_BUSY, pst_say("a"), pst_say("b"));
    assert_true(pst_store_put_report(fx, &report));
    read_counts(fx, rollout, true, &counts);
    assert_int_equal(counts.count, 2);
    assert_int_equal(pst_store_list_value(&counts, "terminal.busy"), 1);
    assert_int_equal(pst_store_list_value(&counts, "compat.region"), 1);
    read_counts(fx, rollout, false, &counts);
    assert_int_equal(counts.count, 1);
    assert_int_equal(pst_store_list_value(&counts, "deferred"), 1);
}

static void a_report_of_an_unknown_terminal_is_refused(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_report report = pst_store_report(1, 1, "", PST_PROGRESS_IDLE);
    bool fresh = false;

    pst_store_begin(fx);
    PST_STORE_CODE(fx, PST_SERVICE_NOT_FOUND,
                   fx->writer->ops->put_report(fx->writer, &report, &fresh, &fx->why));
    pst_store_commit(fx);
    assert_false(fresh);
}

static void the_largest_report_fits(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_report report =
        pst_store_report(1, 1, pst_store_rollout(1, "pos-a").id, PST_PROGRESS_REFUSED);
    struct pst_report *findings = &report.findings;
    char quotes[PST_VALUE_BYTES];

    put_scene(fx);
    memset(quotes, '"', sizeof quotes - 1); /* each becomes two bytes in JSON */
    quotes[sizeof quotes - 1] = '\0';
    for (findings->count = 0; findings->count < PST_REPORT_MOST; findings->count++) {
        struct pst_finding *finding = &findings->finding[findings->count];
        finding->code = pst_code_at(1 + findings->count);
        memcpy(finding->expected, quotes, sizeof finding->expected);
        memcpy(finding->found, quotes, sizeof finding->found);
        memcpy(finding->where, quotes + sizeof quotes - sizeof finding->where,
               sizeof finding->where);
    }
    assert_true(pst_store_put_report(fx, &report));
    expect_last(fx, &report);
}

/* ---- counters against a model */

enum { TERMINALS = 60, ROLLOUTS = 3, REPORTS = 4000, CODES = 6 };

struct model {
    int progress[ROLLOUTS][TERMINALS]; /* -1: never reported */
    bool code[ROLLOUTS][TERMINALS][CODES];
    int64_t sequence[TERMINALS];
    size_t last_rollout[TERMINALS]; /* ROLLOUTS: none */
};
static const enum pst_code model_codes[CODES] = {PST_OS_TOO_OLD, PST_REGION,  PST_BUSY,
                                                 PST_NO_SPACE,   PST_METERED, PST_NET_STALLED};

static struct pst_terminal_report draw(struct model *model, struct pst_store_dice *dice)
{
    unsigned terminal = pst_store_roll(dice, TERMINALS);
    unsigned rollout = pst_store_roll(dice, ROLLOUTS + 1);
    bool stale = model->sequence[terminal] > 0 && pst_store_roll(dice, 5) == 0;
    struct pst_terminal_report report = pst_store_report(
        terminal, model->sequence[terminal] + (stale ? 0 : 1 + pst_store_roll(dice, 3)),
        rollout < ROLLOUTS ? pst_store_rollout(rollout, "pos-a").id : "",
        (enum pst_progress)pst_store_roll(dice, PST_PROGRESS_FAILED + 1));
    unsigned bits = pst_store_roll(dice, 1U << CODES);

    for (size_t i = 0; i < CODES; i++)
        if ((bits >> i & 1U) != 0)
            (void)pst_refuse(&report.findings, model_codes[i], pst_say("a"), pst_say("b"));
    if (stale)
        return report;
    model->sequence[terminal] = report.sequence;
    model->last_rollout[terminal] = rollout;
    if (rollout < ROLLOUTS) {
        model->progress[rollout][terminal] = (int)report.progress;
        for (size_t i = 0; i < CODES; i++)
            model->code[rollout][terminal][i] = (bits >> i & 1U) != 0;
    }
    return report;
}

static void expect_counts_of_model(struct pst_store_fixture *fx, const struct model *model,
                                   unsigned rollout)
{
    static struct pst_store_list counts;
    char id[PST_ID_ROOM];
    pst_store_copy(id, sizeof id, pst_store_rollout(rollout, "pos-a").id);

    read_counts(fx, id, false, &counts);
    for (int progress = 0; progress <= PST_PROGRESS_FAILED; progress++) {
        int64_t expected = 0;
        for (size_t t = 0; t < TERMINALS; t++)
            expected += model->progress[rollout][t] == progress;
        assert_int_equal(
            pst_store_list_value(&counts, pst_progress_name((enum pst_progress)progress)),
            expected);
    }
    for (size_t i = 1; i < counts.count; i++) /* largest first */
        assert_true(counts.value[i - 1] >= counts.value[i]);
    read_counts(fx, id, true, &counts);
    for (size_t i = 0; i < CODES; i++) {
        int64_t expected = 0;
        for (size_t t = 0; t < TERMINALS; t++)
            expected += model->code[rollout][t][i];
        assert_int_equal(pst_store_list_value(&counts, pst_code_name(model_codes[i])), expected);
    }
}

/* The filters of terminals go by the last report only, whichever rollout it was about. */
static void expect_filter_finds_last_reports(struct pst_store_fixture *fx,
                                             const struct model *model)
{
    static struct pst_store_list list;
    struct pst_terminal_row row;
    struct pst_terminal_query query = {.limit = PST_PAGE_MOST};

    for (int progress = 0; progress <= PST_PROGRESS_FAILED; progress++) {
        pst_store_copy(query.progress, sizeof query.progress,
                       pst_progress_name((enum pst_progress)progress));
        list.count = 0;
        PST_STORE_OK(fx, fx->reader->ops->terminals(fx->reader, &query, pst_store_list_terminal,
                                                    &list, &fx->why));
        for (size_t i = 0; i < list.count; i++) {
            PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, list.key[i], &row, &fx->why));
            assert_int_equal(row.progress, progress);
        }
    }
    query.progress[0] = '\0';
    pst_store_copy(query.finding, sizeof query.finding, pst_code_name(model_codes[0]));
    list.count = 0;
    PST_STORE_OK(fx, fx->reader->ops->terminals(fx->reader, &query, pst_store_list_terminal, &list,
                                                &fx->why));
    for (size_t t = 0; t < TERMINALS; t++) {
        bool listed = false;
        char id[PST_ID_ROOM];
        snprintf(id, sizeof id, "t-%024zx", t);
        for (size_t i = 0; i < list.count; i++)
            listed = listed || strcmp(list.key[i], id) == 0;
        if (model->last_rollout[t] < ROLLOUTS)
            assert_int_equal(listed, model->code[model->last_rollout[t]][t][0]);
    }
}

static void counters_equal_a_recount_after_any_sequence_of_reports(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_store_dice dice = {20260301};
    static struct model model;
    bool fresh = false;

    model = (struct model){0};
    memset(model.progress, -1, sizeof model.progress);
    pst_store_put_terminals(fx, 0, TERMINALS, "pos-a");
    for (unsigned i = 0; i < ROLLOUTS; i++) {
        struct pst_rollout_row rollout = pst_store_rollout(i, "pos-a");
        pst_store_put_rollout(fx, &rollout);
    }
    pst_store_begin(fx);
    for (int i = 0; i < REPORTS; i++) {
        struct pst_terminal_report report = draw(&model, &dice);
        PST_STORE_OK(fx, fx->writer->ops->put_report(fx->writer, &report, &fresh, &fx->why));
    }
    pst_store_commit(fx);
    for (unsigned i = 0; i < ROLLOUTS; i++)
        expect_counts_of_model(fx, &model, i);
    expect_filter_finds_last_reports(fx, &model);
}

const struct pst_store_case pst_store_report_cases[] = {
    PST_STORE_CASE(a_last_report_is_as_it_was_sent),
    PST_STORE_CASE(a_report_of_no_rollout_or_of_a_strange_one_is_kept_and_counted_nowhere),
    PST_STORE_CASE(the_same_sequence_again_changes_nothing),
    PST_STORE_CASE(a_terminal_moves_from_its_old_progress_and_findings_to_the_new),
    PST_STORE_CASE(a_report_of_an_unknown_terminal_is_refused),
    PST_STORE_CASE(the_largest_report_fits),
    PST_STORE_CASE(counters_equal_a_recount_after_any_sequence_of_reports),
};
const size_t pst_store_report_case_count = PST_COUNT(pst_store_report_cases);
