/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/check.h"
#include "tests/support/store_conformance.h"

enum { MANY = 10000 };

/* The cursor of the next page: the last id of this one. */
static size_t page(struct pst_store_fixture *fx, struct pst_terminal_query *query,
                   struct pst_store_list *list)
{
    list->count = 0;
    PST_STORE_OK(
        fx, fx->reader->ops->terminals(fx->reader, query, pst_store_list_terminal, list, &fx->why));
    if (list->count > 0)
        pst_store_copy(query->after, sizeof query->after, list->key[list->count - 1]);
    return list->count;
}

/* The number that pst_store_terminal() made the id of. */
static unsigned number_of(const char *id)
{
    uint8_t bytes[12];
    assert_true(pst_hex_parse(pst_text(id + 2), bytes, sizeof bytes));
    return (unsigned)bytes[10] << 8 | bytes[11];
}

/* Walks all pages; checks that each terminal comes once, and answers how many there were. */
static size_t walk(struct pst_store_fixture *fx, struct pst_terminal_query query)
{
    static struct pst_store_list list;
    static bool seen[MANY];
    size_t total = 0;

    memset(seen, 0, sizeof seen);
    while (page(fx, &query, &list) > 0) {
        assert_true(list.count <= (size_t)query.limit);
        for (size_t i = 0; i < list.count; i++) {
            unsigned number = number_of(list.key[i]);
            assert_true(number < MANY);
            assert_false(seen[number]);
            seen[number] = true;
        }
        total += list.count;
    }
    return total;
}

/* Every tenth terminal reports a refusal, every twentieth with a finding. */
static void put_fleet(struct pst_store_fixture *fx)
{
    struct pst_rollout_row rollout = pst_store_rollout(1, "pos-a");
    bool fresh = false;

    pst_store_put_terminals(fx, 0, MANY / 2, "pos-a");
    pst_store_put_terminals(fx, MANY / 2, MANY / 2, "pos-b");
    pst_store_put_rollout(fx, &rollout);
    pst_store_begin(fx);
    for (unsigned i = 0; i < MANY; i += 10) {
        struct pst_terminal_report report =
            pst_store_report(i, 1, rollout.id, PST_PROGRESS_REFUSED);
        if (i % 20 == 0)
            (void)pst_refuse(&report.findings, PST_REGION, pst_say("CN"), pst_say("DE"));
        PST_STORE_OK(fx, fx->writer->ops->put_report(fx->writer, &report, &fresh, &fx->why));
    }
    pst_store_commit(fx);
}

static void pages_bring_each_of_many_terminals_once(void **state)
{
    static const struct {
        const char *product, *progress, *finding, *serial;
        size_t expected;
    } cases[] = {
        {"", "", "", "", MANY},
        {"pos-a", "", "", "", MANY / 2},
        {"pos-c", "", "", "", 0},
        {"", "refused", "", "", MANY / 10},
        {"", "idle", "", "", MANY - MANY / 10},
        {"pos-b", "refused", "", "", MANY / 20},
        {"", "", "compat.region", "", MANY / 20},
        {"pos-b", "refused", "compat.region", "", MANY / 40},
        {"", "confirmed", "compat.region", "", 0},
        {"", "", "", "SN-00000020", 1},
        {"pos-a", "refused", "compat.region", "SN-00000020", 1},
        {"pos-b", "", "", "SN-00000020", 0},
    };
    static const int64_t limits[] = {1000, 333};
    struct pst_store_fixture *fx = *state;

    put_fleet(fx);
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        for (size_t j = 0; j < PST_COUNT(limits); j++) {
            struct pst_terminal_query query = {.limit = limits[j]};
            pst_store_copy(query.product, sizeof query.product, cases[i].product);
            pst_store_copy(query.progress, sizeof query.progress, cases[i].progress);
            pst_store_copy(query.finding, sizeof query.finding, cases[i].finding);
            pst_store_copy(query.serial, sizeof query.serial, cases[i].serial);
            size_t total = walk(fx, query);
            if (total != cases[i].expected)
                fail_msg("case %zu gave %zu terminals, not %zu", i, total, cases[i].expected);
        }
    }
}

static void outcomes_of_a_rollout_come_in_pages(void **state)
{
    struct pst_store_fixture *fx = *state;
    static struct pst_store_list list;
    char rollout[PST_ID_ROOM], after[PST_ID_ROOM] = "";
    size_t total = 0;

    put_fleet(fx);
    pst_store_copy(rollout, sizeof rollout, pst_store_rollout(1, "pos-a").id);
    do {
        list.count = 0;
        PST_STORE_OK(fx, fx->reader->ops->outcomes(fx->reader, rollout, after, 70,
                                                   pst_store_list_outcome, &list, &fx->why));
        for (size_t i = 0; i < list.count; i++) {
            assert_int_equal(number_of(list.key[i]), (total + i) * 10);
            assert_int_equal(list.value[i], PST_PROGRESS_REFUSED);
        }
        total += list.count;
        if (list.count > 0)
            pst_store_copy(after, sizeof after, list.key[list.count - 1]);
    } while (list.count > 0);
    assert_int_equal(total, MANY / 20); /* those of the rollout's product */
}

static bool look_at_outcome(void *context, const void *row)
{
    *(struct pst_outcome_row *)context = *(const struct pst_outcome_row *)row;
    return true;
}

static void an_outcome_tells_what_was_reported(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_rollout_row rollout = pst_store_rollout(1, "pos-a");
    struct pst_terminal_report report = pst_store_report(4, 3, rollout.id, PST_PROGRESS_REFUSED);
    static struct pst_outcome_row row;

    pst_store_put_terminals(fx, 1, 9, "pos-a");
    pst_store_put_rollout(fx, &rollout);
    (void)pst_refuse(&report.findings, PST_REGION, pst_say("CN"), pst_say("DE"));
    report.findings.omitted = 2;
    assert_true(pst_store_put_report(fx, &report));
    PST_STORE_OK(fx, fx->reader->ops->outcomes(fx->reader, rollout.id, "", 9, look_at_outcome, &row,
                                               &fx->why));
    assert_string_equal(row.terminal, report.terminal);
    assert_string_equal(row.serial, "SN-00000004");
    assert_string_equal(row.rollout, rollout.id);
    assert_string_equal(row.source, "delta");
    assert_int_equal(row.fetched_bytes, report.fetched_bytes);
    assert_int_equal(row.at_s, report.at_s);
    assert_int_equal(row.findings.count, 1);
    assert_int_equal(row.findings.omitted, 2);
    assert_string_equal(row.findings.finding[0].expected, "CN");
}

static void a_listing_ends_when_the_asker_has_enough(void **state)
{
    struct pst_store_fixture *fx = *state;
    static struct pst_store_list list;
    struct pst_terminal_query query = {.limit = 100};

    pst_store_put_terminals(fx, 0, 50, "pos-a");
    list = (struct pst_store_list){.stop_at = 7};
    PST_STORE_OK(fx, fx->reader->ops->terminals(fx->reader, &query, pst_store_list_terminal, &list,
                                                &fx->why));
    assert_int_equal(list.count, 7);
    list.stop_at = 0;
}

struct nested {
    struct pst_store_fixture *fx;
    size_t rows, inner_rows;
};

static bool ask_again(void *context, const void *row)
{
    struct nested *nested = context;
    static struct pst_store_list list;
    struct pst_terminal_query query = {.limit = 100};
    (void)row;

    list.count = 0;
    PST_STORE_OK(nested->fx, nested->fx->reader->ops->terminals(nested->fx->reader, &query,
                                                                pst_store_list_terminal, &list,
                                                                &nested->fx->why));
    nested->rows++;
    nested->inner_rows += list.count;
    return true;
}

static void a_row_may_ask_the_same_store_the_same_question(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct nested nested = {.fx = fx};
    struct pst_terminal_query query = {.limit = 100};

    pst_store_put_terminals(fx, 0, 5, "pos-a");
    PST_STORE_OK(fx, fx->reader->ops->terminals(fx->reader, &query, ask_again, &nested, &fx->why));
    assert_int_equal(nested.rows, 5);
    assert_int_equal(nested.inner_rows, 25);
}

static void a_question_that_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *what;
        struct pst_terminal_query query;
    } cases[] = {
        {"no limit", {.limit = 0}},
        {"a negative limit", {.limit = -1}},
        {"a limit beyond a page", {.limit = PST_PAGE_MOST + 1}},
        {"a cursor that nobody gave", {.limit = 1, .after = "t-none"}},
        {"a progress that does not exist", {.limit = 1, .progress = "flying"}},
        {"a finding that does not exist", {.limit = 1, .finding = "compat.mood"}},
    };
    struct pst_store_fixture *fx = *state;
    struct pst_rollout_row rollout = pst_store_rollout(1, "pos-a");
    static struct pst_store_list list;

    list.count = 0;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        enum pst_code code = fx->reader->ops->terminals(fx->reader, &cases[i].query,
                                                        pst_store_list_terminal, &list, &why);
        if (code != PST_SERVICE_BAD_REQUEST || why.count != 1)
            fail_msg("%s gave %s with %zu findings", cases[i].what, pst_code_name(code), why.count);
    }
    pst_store_put_rollout(fx, &rollout);
    PST_STORE_CODE(fx, PST_SERVICE_BAD_REQUEST,
                   fx->reader->ops->outcomes(fx->reader, rollout.id, "t-none", 5,
                                             pst_store_list_outcome, &list, &fx->why));
    PST_STORE_CODE(fx, PST_SERVICE_BAD_REQUEST,
                   fx->reader->ops->outcomes(fx->reader, rollout.id, "", 0, pst_store_list_outcome,
                                             &list, &fx->why));
    assert_int_equal(list.count, 0);
}

const struct pst_store_case pst_store_listing_cases[] = {
    PST_STORE_CASE(pages_bring_each_of_many_terminals_once),
    PST_STORE_CASE(outcomes_of_a_rollout_come_in_pages),
    PST_STORE_CASE(an_outcome_tells_what_was_reported),
    PST_STORE_CASE(a_listing_ends_when_the_asker_has_enough),
    PST_STORE_CASE(a_row_may_ask_the_same_store_the_same_question),
    PST_STORE_CASE(a_question_that_makes_no_sense_is_refused),
};
const size_t pst_store_listing_case_count = PST_COUNT(pst_store_listing_cases);
