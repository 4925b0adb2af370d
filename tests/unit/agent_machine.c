/* SPDX-License-Identifier: Apache-2.0 */
/* Every state and every event: what follows, or that it cannot happen. */
#include "agent/update/machine.h"
#include "manifests/file.h"
#include "tests/support/check.h"

#define NEVER                                                                                      \
    {                                                                                              \
        0, 0, 0                                                                                    \
    }
#define TO(state, action)                                                                          \
    {                                                                                              \
        1, PST_UPDATE_##state, PST_DO_##action                                                     \
    }

/* One row a state, one column an event: this table is the specification. */
struct cell {
    int known, state, action;
};
/* clang-format off */
static const struct cell wanted[PST_UPDATE_STATES][PST_UPDATE_EVENTS] = {
/*               woken                     stopped              chosen              written           armed                       booted-new                booted-old                healthy                  sick                    done */
/* idle       */ {TO(CHECKING, CHECK),     NEVER,               NEVER,              NEVER,            NEVER,                      TO(REVERTING, REVERT),    NEVER,                    NEVER,                   NEVER,                  NEVER},
/* checking   */ {TO(CHECKING, CHECK),     TO(IDLE, NOTHING),   TO(WRITING, WRITE), NEVER,            NEVER,                      TO(REVERTING, REVERT),    NEVER,                    NEVER,                   NEVER,                  NEVER},
/* writing    */ {TO(CHECKING, CHECK),     TO(IDLE, NOTHING),   NEVER,              TO(ARMING, ARM),  NEVER,                      TO(REVERTING, REVERT),    NEVER,                    NEVER,                   NEVER,                  NEVER},
/* arming     */ {TO(ARMING, ARM),         TO(IDLE, NOTHING),   NEVER,              NEVER,            TO(STAGED, TELL_STAGED),    TO(TRIAL, SELF_TEST),     NEVER,                    NEVER,                   NEVER,                  NEVER},
/* staged     */ {TO(STAGED, NOTHING),     NEVER,               NEVER,              NEVER,            NEVER,                      TO(TRIAL, SELF_TEST),     TO(IDLE, TELL_REVERTED),  NEVER,                   NEVER,                  NEVER},
/* trial      */ {NEVER,                   NEVER,               NEVER,              NEVER,            NEVER,                      TO(TRIAL, SELF_TEST),     TO(IDLE, TELL_REVERTED),  TO(CONFIRMING, CONFIRM), TO(REVERTING, REVERT),  NEVER},
/* confirming */ {TO(CONFIRMING, CONFIRM), NEVER,               NEVER,              NEVER,            NEVER,                      TO(CONFIRMING, CONFIRM),  TO(IDLE, TELL_REVERTED),  NEVER,                   NEVER,                  TO(IDLE, NOTHING)},
/* reverting  */ {TO(REVERTING, REVERT),   NEVER,               NEVER,              NEVER,            NEVER,                      TO(REVERTING, REVERT),    TO(IDLE, TELL_REVERTED),  NEVER,                   NEVER,                  TO(REVERTING, NOTHING)},
};
/* clang-format on */

static void every_cell_is_as_specified(void **state)
{
    (void)state;
    for (int at = 0; at < PST_UPDATE_STATES; at++) {
        for (int event = 0; event < PST_UPDATE_EVENTS; event++) {
            const struct cell *cell = &wanted[at][event];
            struct pst_update_step step =
                pst_update_step((enum pst_update_state)at, (enum pst_update_event)event);
            if (step.known != (cell->known == 1) ||
                (step.known &&
                 ((int)step.state != cell->state || (int)step.action != cell->action)))
                fail_msg("%s, %s: known %d, to %s, action %d",
                         pst_update_state_name((enum pst_update_state)at),
                         pst_update_event_name((enum pst_update_event)event), step.known,
                         pst_update_state_name(step.state), (int)step.action);
        }
    }
}

/* A power cut leaves a state on disk: the first event after it must lead on, or nothing may be
 * left to do. */
static void no_state_is_a_dead_end(void **state)
{
    static const enum pst_update_event begins[] = {PST_EVENT_WOKEN, PST_EVENT_BOOTED_NEW,
                                                   PST_EVENT_BOOTED_OLD};
    (void)state;
    for (int at = 0; at < PST_UPDATE_STATES; at++) {
        bool leads_on = false;
        for (size_t i = 0; i < PST_COUNT(begins); i++)
            leads_on = leads_on || pst_update_step((enum pst_update_state)at, begins[i]).known;
        if (!leads_on)
            fail_msg("nothing leads on from %s", pst_update_state_name((enum pst_update_state)at));
    }
}

/* While a trial may be running the other slot is the only good one. */
static void nothing_is_written_on_the_way_from_a_boot(void **state)
{
    (void)state;
    for (int at = 0; at < PST_UPDATE_STATES; at++) {
        struct pst_update_step step =
            pst_update_step((enum pst_update_state)at, PST_EVENT_BOOTED_NEW);
        assert_true(step.known);
        assert_true(step.action == PST_DO_SELF_TEST || step.action == PST_DO_CONFIRM ||
                    step.action == PST_DO_REVERT);
    }
}

static void names_are_read_back(void **state)
{
    enum pst_update_state found = PST_UPDATE_TRIAL;
    (void)state;
    for (int at = 0; at < PST_UPDATE_STATES; at++) {
        assert_true(pst_update_state_parse(
            pst_text(pst_update_state_name((enum pst_update_state)at)), &found));
        assert_int_equal(found, at);
    }
    for (int event = 0; event < PST_UPDATE_EVENTS; event++)
        assert_non_null(pst_update_event_name((enum pst_update_event)event));
    found = PST_UPDATE_TRIAL;
    assert_false(pst_update_state_parse(pst_text("flying"), &found));
    assert_false(pst_update_state_parse(pst_text(""), &found));
    assert_int_equal(found, PST_UPDATE_TRIAL);
}

/* The table as agent/README.md shows it. */
static void print_table(struct pst_buf *out)
{
    assert_true(
        pst_buf_add_text(out, "| state | event | next state | action |\n|---|---|---|---|\n"));
    for (int at = 0; at < PST_UPDATE_STATES; at++) {
        for (int event = 0; event < PST_UPDATE_EVENTS; event++) {
            struct pst_update_step step =
                pst_update_step((enum pst_update_state)at, (enum pst_update_event)event);
            if (step.known)
                assert_true(pst_buf_print(out, "| %s | %s | %s | %s |\n",
                                          pst_update_state_name((enum pst_update_state)at),
                                          pst_update_event_name((enum pst_update_event)event),
                                          pst_update_state_name(step.state),
                                          pst_update_action_name(step.action)));
        }
    }
}

static void the_readme_shows_this_very_table(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf table = pst_buf(65536);
    PST_CLEANUP(pst_buf) struct pst_buf readme = pst_buf(65536);
    (void)state;
    print_table(&table);
    assert_true(pst_buf_add(&table, "", 1));
    assert_int_equal(pst_file_read("agent/README.md", &readme, NULL), PST_OK);
    assert_true(pst_buf_add(&readme, "", 1));
    if (strstr((const char *)readme.at, (const char *)table.at) == NULL)
        fail_msg("agent/README.md lacks the table as it is in update/machine.c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_as_specified),
        cmocka_unit_test(no_state_is_a_dead_end),
        cmocka_unit_test(nothing_is_written_on_the_way_from_a_boot),
        cmocka_unit_test(names_are_read_back),
        cmocka_unit_test(the_readme_shows_this_very_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
