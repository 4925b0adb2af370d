/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/check.h"
#include "tests/support/store_conformance.h"

static bool is_there(struct pst_store_fixture *fx, struct pst_store *handle, unsigned number)
{
    struct pst_terminal_row row;
    enum pst_code code =
        handle->ops->terminal(handle, pst_store_terminal(number, "pos-a").id, &row, &fx->why);
    assert_true(code == PST_OK || code == PST_SERVICE_NOT_FOUND);
    return code == PST_OK;
}

static void put(struct pst_store_fixture *fx, unsigned number)
{
    struct pst_terminal_row row = pst_store_terminal(number, "pos-a");
    PST_STORE_OK(fx, fx->writer->ops->put_terminal(fx->writer, &row, &fx->why));
}

static void readers_see_what_is_committed_and_nothing_before(void **state)
{
    struct pst_store_fixture *fx = *state;
    pst_store_begin(fx);
    put(fx, 1);
    assert_true(is_there(fx, fx->writer, 1));
    assert_false(is_there(fx, fx->reader, 1));
    pst_store_commit(fx);
    assert_true(is_there(fx, fx->reader, 1));
}

static void an_undone_savepoint_leaves_the_others_alone(void **state)
{
    struct pst_store_fixture *fx = *state;
    const struct pst_store_ops *ops = fx->writer->ops;

    pst_store_begin(fx);
    for (unsigned i = 0; i < 6; i++) {
        PST_STORE_OK(fx, ops->savepoint(fx->writer, &fx->why));
        put(fx, i);
        PST_STORE_OK(fx, ops->release_savepoint(fx->writer, i % 2 == 0, &fx->why));
    }
    pst_store_commit(fx);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(is_there(fx, fx->reader, i), i % 2 == 0);
}

static void a_write_that_failed_inside_a_savepoint_does_not_spoil_the_batch(void **state)
{
    struct pst_store_fixture *fx = *state;
    const struct pst_store_ops *ops = fx->writer->ops;
    struct pst_terminal_row twin = pst_store_terminal(2, "pos-a");

    memcpy(twin.serial, pst_store_terminal(1, "pos-a").serial, sizeof twin.serial);
    pst_store_begin(fx);
    PST_STORE_OK(fx, ops->savepoint(fx->writer, &fx->why));
    put(fx, 1);
    PST_STORE_OK(fx, ops->release_savepoint(fx->writer, true, &fx->why));
    PST_STORE_OK(fx, ops->savepoint(fx->writer, &fx->why));
    PST_STORE_CODE(fx, PST_SERVICE_CONFLICT, ops->put_terminal(fx->writer, &twin, &fx->why));
    PST_STORE_OK(fx, ops->release_savepoint(fx->writer, false, &fx->why));
    PST_STORE_OK(fx, ops->savepoint(fx->writer, &fx->why));
    put(fx, 3);
    PST_STORE_OK(fx, ops->release_savepoint(fx->writer, true, &fx->why));
    pst_store_commit(fx);
    assert_true(is_there(fx, fx->reader, 1));
    assert_false(is_there(fx, fx->reader, 2));
    assert_true(is_there(fx, fx->reader, 3));
}

static void an_abandoned_transaction_leaves_nothing(void **state)
{
    struct pst_store_fixture *fx = *state;
    pst_store_begin(fx);
    put(fx, 1);
    fx->writer->ops->abandon(fx->writer);
    fx->writer->ops->abandon(fx->writer); /* nothing is left to abandon */
    assert_false(is_there(fx, fx->reader, 1));
    pst_store_begin(fx);
    put(fx, 2);
    pst_store_commit(fx);
    assert_true(is_there(fx, fx->reader, 2));
}

static void an_unfinished_transaction_ends_with_its_handle(void **state)
{
    struct pst_store_fixture *fx = *state;
    pst_store_begin(fx);
    put(fx, 1);
    pst_store_reopen(fx);
    assert_false(is_there(fx, fx->reader, 1));
}

/* Every write of `handle`, which must refuse all of them. */
static void expect_no_write(struct pst_store_fixture *fx, struct pst_store *handle)
{
    const struct pst_store_ops *ops = handle->ops;
    struct pst_terminal_row terminal = pst_store_terminal(1, "pos-a");
    struct pst_facts facts = pst_store_facts(1, "pos-a");
    struct pst_terminal_report report = pst_store_report(1, 1, "", PST_PROGRESS_IDLE);
    struct pst_rollout_row rollout = pst_store_rollout(1, "pos-a");
    struct pst_release_row release = pst_store_release(1, "pos-a");
    struct pst_token_row token = pst_store_token(1);
    bool fresh = false;

    const enum pst_code codes[] = {
        ops->put_terminal(handle, &terminal, &fx->why),
        ops->put_checkin(handle, terminal.id, &facts, 1, 1, &fx->why),
        ops->put_report(handle, &report, &fresh, &fx->why),
        ops->put_rollout(handle, &rollout, &fx->why),
        ops->put_release(handle, &release, &fx->why),
        ops->put_token(handle, &token, &fx->why),
        ops->savepoint(handle, &fx->why),
        ops->release_savepoint(handle, true, &fx->why),
        ops->commit(handle, &fx->why),
    };
    for (size_t i = 0; i < PST_COUNT(codes); i++)
        if (codes[i] != PST_SERVICE_STORE)
            fail_msg("write %zu gave %s", i, pst_code_name(codes[i]));
    fx->why = (struct pst_report){0};
}

static void nothing_is_written_outside_a_transaction_or_by_a_reader(void **state)
{
    struct pst_store_fixture *fx = *state;
    expect_no_write(fx, fx->writer);
    expect_no_write(fx, fx->reader);
    PST_STORE_CODE(fx, PST_SERVICE_STORE, fx->reader->ops->begin(fx->reader, &fx->why));
    assert_false(is_there(fx, fx->reader, 1));
}

static void checkpoints_change_nothing_that_is_read(void **state)
{
    struct pst_store_fixture *fx = *state;
    for (unsigned i = 0; i < 4; i++) {
        pst_store_put_terminals(fx, i * 100, 100, "pos-a");
        PST_STORE_OK(fx, fx->writer->ops->checkpoint(fx->writer, i % 2 == 0, &fx->why));
        assert_true(is_there(fx, fx->reader, i * 100 + 99));
        assert_true(is_there(fx, fx->writer, i * 100));
    }
}

const struct pst_store_case pst_store_transaction_cases[] = {
    PST_STORE_CASE(readers_see_what_is_committed_and_nothing_before),
    PST_STORE_CASE(an_undone_savepoint_leaves_the_others_alone),
    PST_STORE_CASE(a_write_that_failed_inside_a_savepoint_does_not_spoil_the_batch),
    PST_STORE_CASE(an_abandoned_transaction_leaves_nothing),
    PST_STORE_CASE(an_unfinished_transaction_ends_with_its_handle),
    PST_STORE_CASE(nothing_is_written_outside_a_transaction_or_by_a_reader),
    PST_STORE_CASE(checkpoints_change_nothing_that_is_read),
};
const size_t pst_store_transaction_case_count = PST_COUNT(pst_store_transaction_cases);
