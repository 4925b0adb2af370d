/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "service/rollout/rollout.h"
#include "tests/support/check.h"
#include "tests/support/store_fixture.h"

static const enum pst_rollout_state states[] = {PST_ROLLOUT_DRAFT, PST_ROLLOUT_RUNNING,
                                                PST_ROLLOUT_PAUSED, PST_ROLLOUT_CANCELLED};
static const enum pst_rollout_event events[] = {PST_ROLLOUT_START, PST_ROLLOUT_PAUSE,
                                                PST_ROLLOUT_RESUME, PST_ROLLOUT_CANCEL};

static void every_step_of_every_state_is_as_the_operators_know_it(void **state)
{
    enum { NO = -1 };
    static const int after[4][4] = {
        /* start, pause, resume, cancel */
        {PST_ROLLOUT_RUNNING, NO, NO, PST_ROLLOUT_CANCELLED},
        {NO, PST_ROLLOUT_PAUSED, NO, PST_ROLLOUT_CANCELLED},
        {NO, NO, PST_ROLLOUT_RUNNING, PST_ROLLOUT_CANCELLED},
        {NO, NO, NO, NO},
    };
    (void)state;
    for (size_t s = 0; s < PST_COUNT(states); s++) {
        for (size_t e = 0; e < PST_COUNT(events); e++) {
            struct pst_report why = {0};
            enum pst_rollout_state got = PST_ROLLOUT_DRAFT;
            enum pst_code code = pst_rollout_step(states[s], events[e], &got, &why);
            assert_int_equal(code, after[s][e] == NO ? PST_ROLLOUT_STATE : PST_OK);
            assert_int_equal(got, after[s][e] == NO ? PST_ROLLOUT_DRAFT : after[s][e]);
            assert_int_equal(why.count, after[s][e] == NO ? 1 : 0);
        }
    }
}

static void a_refused_step_names_the_states_that_would_take_it(void **state)
{
    struct pst_report why = {0};
    enum pst_rollout_state got = PST_ROLLOUT_PAUSED;
    (void)state;
    assert_int_equal(pst_rollout_step(PST_ROLLOUT_CANCELLED, PST_ROLLOUT_CANCEL, &got, &why),
                     PST_ROLLOUT_STATE);
    assert_string_equal(why.finding[0].expected,
                        "a rollout that is draft or running or paused, for 'cancel'");
    assert_string_equal(why.finding[0].found, "cancelled");
    assert_int_equal(got, PST_ROLLOUT_PAUSED);
}

static void names_are_read_as_they_are_printed(void **state)
{
    static const char *const words[] = {"start", "pause", "resume", "cancel"};
    enum pst_rollout_state rollout = PST_ROLLOUT_DRAFT;
    enum pst_rollout_event event = PST_ROLLOUT_START;
    (void)state;
    for (size_t i = 0; i < PST_COUNT(states); i++) {
        assert_true(pst_rollout_state_parse(pst_text(pst_rollout_state_name(states[i])), &rollout));
        assert_int_equal(rollout, states[i]);
        assert_true(pst_rollout_event_parse(pst_text(words[i]), &event));
        assert_int_equal(event, events[i]);
    }
    assert_false(pst_rollout_state_parse(pst_text("Draft"), &rollout));
    assert_false(pst_rollout_state_parse(pst_text(""), &rollout));
    assert_false(pst_rollout_event_parse(pst_text("starting"), &event));
    assert_string_equal(pst_rollout_state_name((enum pst_rollout_state)9), "unknown");
    assert_string_equal(pst_terminal_state_name(PST_TERMINAL_PENDING), "pending");
    assert_string_equal(pst_terminal_state_name((enum pst_terminal_state)9), "unknown");
}

/* ---- places */

static unsigned place_of(const char *rollout, unsigned serial)
{
    char text[PST_NAME_ROOM];
    snprintf(text, sizeof text, "SN-%08u", serial);
    return pst_rollout_place(rollout, text);
}

/* Published once, these never change: another hash would move terminals across a percentage. */
static void places_are_the_same_for_ever(void **state)
{
    (void)state;
    assert_int_equal(pst_rollout_place("", ""), 7715);
    assert_int_equal(pst_rollout_place("r-0000000000000001", "SN-00000001"), 3049);
    assert_int_equal(pst_rollout_place("r-0000000000000001", "SN-00000002"), 4715);
    assert_int_equal(pst_rollout_place("r-0000000000000002", "SN-00000001"), 9239);
}

/* Chi-square over 100 bins of 1000 serials each, counting up as real ones do. With 99 degrees of
 * freedom even a perfect hash stays between 53 and 161 in all but one of ten thousand rollouts a
 * side. */
static void serials_that_count_up_are_spread_evenly(void **state)
{
    enum { BINS = 100, SERIALS = 100000 };
    (void)state;
    for (unsigned r = 0; r < 10; r++) {
        unsigned count[BINS] = {0};
        char rollout[PST_ID_ROOM];
        double chi = 0;
        snprintf(rollout, sizeof rollout, "r-%016x", r);
        for (unsigned i = 0; i < SERIALS; i++) {
            unsigned place = place_of(rollout, i);
            assert_in_range(place, 0, 9999);
            count[place / (10000 / BINS)]++;
        }
        for (size_t i = 0; i < BINS; i++) {
            double off = (double)count[i] - (double)SERIALS / BINS;
            chi += off * off / ((double)SERIALS / BINS);
        }
        if (chi < 53 || chi > 161)
            fail_msg("rollout %s: chi-square is %f", rollout, chi);
    }
}

/* Otherwise the same shops would be the first of every rollout. */
static void each_rollout_has_an_order_of_its_own(void **state)
{
    enum { SERIALS = 10000 };
    unsigned both = 0;
    (void)state;
    for (unsigned i = 0; i < SERIALS; i++)
        both +=
            place_of("r-0000000000000001", i) < 1000 && place_of("r-0000000000000002", i) < 1000;
    assert_in_range(both, 60, 140); /* 100 of 10000 by chance */
}

static void the_bytes_of_id_and_serial_do_not_run_together(void **state)
{
    (void)state;
    assert_int_not_equal(pst_rollout_place("ab", "c"), pst_rollout_place("a", "bc"));
}

static void raising_the_percentage_keeps_those_that_are_in(void **state)
{
    struct pst_rollout_row rollout = {.id = "r-0000000000000007", .product = "pos-a"};
    struct pst_facts facts = pst_store_facts(1, "pos-a");
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        bool before = false;
        snprintf(facts.serial, sizeof facts.serial, "SN-%08u", i);
        for (rollout.percent = 1; rollout.percent <= 100; rollout.percent++) {
            bool now = pst_rollout_holds(&rollout, &facts);
            assert_true(now || !before);
            before = now;
        }
        assert_true(before); /* 100 percent is everybody */
    }
}

/* ---- the filter */

static void a_filter_takes_in_what_it_says(void **state)
{
    static const struct {
        const char *name;
        struct pst_rollout_row rollout; /* percent and product are filled in */
        bool expect;
    } cases[] = {
        {"no filter", {.percent = 100}, true},
        {"its OS", {.filter_os = ">=5.2.0 <5.3.0"}, true},
        {"a newer OS only", {.filter_os = ">=5.3.0"}, false},
        {"a range that cannot be read", {.filter_os = "5.x or so"}, false},
        {"its model", {.filter_model = "Counter 9"}, true},
        {"the model in other letters", {.filter_model = "counter 9"}, false},
        {"its region", {.filter_region = "CN"}, true},
        {"another region", {.filter_region = "C"}, false},
        {"its acquirer", {.filter_group = "acme"}, true},
        {"its merchant", {.filter_group = "acme/merchant-1"}, true},
        {"a step cut in the middle", {.filter_group = "acme/merchant"}, false},
        {"a store below its merchant", {.filter_group = "acme/merchant-1/store-1"}, false},
        {"its serial among others", {.filter_serials = "SN-1\nSN-00000001\nSN-2"}, true},
        {"its serial alone", {.filter_serials = "SN-00000001"}, true},
        {"its serial at the end", {.filter_serials = "SN-9\nSN-00000001"}, true},
        {"a part of its serial", {.filter_serials = "SN-0000000\nSN-000000011"}, false},
        {"another product", {.product = "pos-b"}, false},
        {"one of several does not fit", {.filter_region = "CN", .filter_model = "Other"}, false},
        {"all of several fit", {.filter_region = "CN", .filter_os = "*"}, true},
    };
    struct pst_facts facts = pst_store_facts(1, "pos-a");
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_rollout_row rollout = cases[i].rollout;
        rollout.percent = 100;
        if (rollout.product[0] == '\0')
            pst_store_copy(rollout.product, sizeof rollout.product, "pos-a");
        if (pst_rollout_holds(&rollout, &facts) != cases[i].expect)
            fail_msg("%s: expected %d", cases[i].name, cases[i].expect);
    }
}

static void a_terminal_without_group_or_region_is_in_no_such_filter(void **state)
{
    struct pst_rollout_row rollout = {.product = "pos-a", .percent = 100, .filter_group = "acme"};
    struct pst_facts facts = pst_store_facts(1, "pos-a");
    (void)state;
    facts.group[0] = facts.region[0] = '\0';
    assert_false(pst_rollout_holds(&rollout, &facts));
    rollout = (struct pst_rollout_row){.product = "pos-a", .percent = 100, .filter_region = "CN"};
    assert_false(pst_rollout_holds(&rollout, &facts));
}

/* ---- new rollouts */

static void a_new_rollout_is_checked_field_by_field(void **state)
{
    static const struct {
        const char *name;
        size_t at, room; /* the field that is replaced */
        const char *value;
        const char *where; /* NULL: it is good */
    } cases[] = {
#define FIELD(member)                                                                              \
    offsetof(struct pst_rollout_row, member), sizeof(((struct pst_rollout_row *)0)->member)
        {"no name", FIELD(name), "", NULL},
        {"a Chinese name", FIELD(name), "\xe5\xa4\x9c\xe9\x97\xb4", NULL},
        {"a name with a control character", FIELD(name), "a\033[31m", "rollout/name"},
        {"a name in broken UTF-8", FIELD(name), "\xff", "rollout/name"},
        {"no product", FIELD(product), "", "rollout/product"},
        {"a product that is a path", FIELD(product), "../x", "rollout/product"},
        {"no manifest", FIELD(manifest), "", "rollout/manifest"},
        {"a manifest outside", FIELD(manifest), "pos-a/../../x", "rollout/manifest"},
        {"no OS filter", FIELD(filter_os), "", NULL},
        {"an OS filter that nothing is in", FIELD(filter_os), ">=2.0.0 <1.0.0",
         "rollout/filter/os"},
        {"an OS filter that is none", FIELD(filter_os), "five", "rollout/filter/os"},
        {"a model with a line feed", FIELD(filter_model), "a\nb", "rollout/filter/model"},
        {"a region with a blank", FIELD(filter_region), "C N", "rollout/filter/region"},
        {"a group with an empty step", FIELD(filter_group), "acme//x", "rollout/filter/group"},
        {"a group that ends in '/'", FIELD(filter_group), "acme/", "rollout/filter/group"},
        {"an empty serial", FIELD(filter_serials), "a\n\nb", "rollout/filter/serials"},
        {"a serial with a quote", FIELD(filter_serials), "a\nb'", "rollout/filter/serials"},
#undef FIELD
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_rollout_row rollout = pst_store_rollout(1, "pos-a");
        struct pst_report why = {0};
        pst_store_copy((char *)&rollout + cases[i].at, cases[i].room, cases[i].value);
        enum pst_code code = pst_rollout_check(&rollout, &why);
        if ((code == PST_OK) != (cases[i].where == NULL) || (code == PST_OK) != (why.count == 0))
            fail_msg("%s gave %s with %zu findings", cases[i].name, pst_code_name(code), why.count);
        if (cases[i].where != NULL)
            assert_string_equal(why.finding[0].where, cases[i].where);
    }
}

static void all_faults_of_a_new_rollout_are_told_at_once(void **state)
{
    struct pst_rollout_row rollout = {.name = "\a",
                                      .product = "-x",
                                      .percent = 101,
                                      .manifest = "/x",
                                      .filter_os = "?",
                                      .filter_serials = "ok\n\n-bad\n"};
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_rollout_check(&rollout, &why), PST_BAD_SYNTAX);
    assert_true(pst_report_has(&why, PST_MISSING_FIELD)); /* the version */
    assert_true(pst_report_has(&why, PST_OUT_OF_BOUNDS)); /* the percentage */
    assert_int_equal(why.count, 8);
    rollout = pst_store_rollout(1, "pos-a");
    rollout.percent = 0;
    assert_int_equal(pst_rollout_check(&rollout, &why), PST_OUT_OF_BOUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_of_every_state_is_as_the_operators_know_it),
        cmocka_unit_test(a_refused_step_names_the_states_that_would_take_it),
        cmocka_unit_test(names_are_read_as_they_are_printed),
        cmocka_unit_test(places_are_the_same_for_ever),
        cmocka_unit_test(serials_that_count_up_are_spread_evenly),
        cmocka_unit_test(each_rollout_has_an_order_of_its_own),
        cmocka_unit_test(the_bytes_of_id_and_serial_do_not_run_together),
        cmocka_unit_test(raising_the_percentage_keeps_those_that_are_in),
        cmocka_unit_test(a_filter_takes_in_what_it_says),
        cmocka_unit_test(a_terminal_without_group_or_region_is_in_no_such_filter),
        cmocka_unit_test(a_new_rollout_is_checked_field_by_field),
        cmocka_unit_test(all_faults_of_a_new_rollout_are_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
