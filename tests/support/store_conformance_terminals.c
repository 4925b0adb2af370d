/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/store_conformance.h"

static void expect_same(const struct pst_terminal_row *got, const struct pst_terminal_row *put)
{
    assert_string_equal(got->id, put->id);
    assert_string_equal(got->serial, put->serial);
    assert_string_equal(got->product, put->product);
    assert_string_equal(got->group, put->group);
    assert_int_equal(got->state, put->state);
    assert_memory_equal(got->code_sha256, put->code_sha256, sizeof put->code_sha256);
    assert_int_equal(got->has_key, put->has_key);
    assert_string_equal(got->keytype, put->keytype);
    assert_string_equal(got->scheme, put->scheme);
    assert_string_equal(got->public_part, put->public_part);
    assert_memory_equal(got->key_fingerprint, put->key_fingerprint, sizeof put->key_fingerprint);
    assert_int_equal(got->registered_s, put->registered_s);
}

static void expect_same_facts(const struct pst_facts *got, const struct pst_facts *put)
{
    PST_CLEANUP(pst_buf) struct pst_buf a = pst_buf(PST_STORE_JSON_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf b = pst_buf(PST_STORE_JSON_MOST);
    struct pst_json_out out_a = pst_json_out(&a), out_b = pst_json_out(&b);

    pst_facts_print(got, &out_a, NULL);
    pst_facts_print(put, &out_b, NULL);
    assert_true(pst_json_out_is_whole(&out_a) && pst_json_out_is_whole(&out_b));
    assert_true(pst_text_equal(pst_buf_text(&a), pst_buf_text(&b)));
}

static void nothing_is_found_in_an_empty_store(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_store *reader = fx->reader;
    const struct pst_store_ops *ops = reader->ops;
    static struct pst_store_list list;
    uint8_t fingerprint[32] = {1};
    struct pst_version version = pst_store_version("1.0.0");
    struct pst_terminal_row terminal;
    struct pst_rollout_row rollout;
    struct pst_release_row release;
    struct pst_token_row token;
    struct pst_terminal_report report;
    struct pst_terminal_query query = {.limit = 10};
    struct pst_report why = {0};

    list.count = 0;
    assert_int_equal(ops->terminal(reader, "t-1", &terminal, &why), PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->terminal_by_serial(reader, "p", "s", &terminal, &why),
                     PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->terminal_by_key(reader, fingerprint, &terminal, &why),
                     PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->last_report(reader, "t-1", &report, &why), PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->rollout(reader, "r-1", &rollout, &why), PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->rollout_counts(reader, "r-1", true, pst_store_list_count, &list, &why),
                     PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->outcomes(reader, "r-1", "", 10, pst_store_list_outcome, &list, &why),
                     PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->release(reader, "p", &version, &release, &why), PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->token(reader, "k", &token, &why), PST_SERVICE_NOT_FOUND);
    assert_int_equal(ops->terminals(reader, &query, pst_store_list_terminal, &list, &why), PST_OK);
    assert_int_equal(ops->rollouts(reader, NULL, pst_store_list_rollout, &list, &why), PST_OK);
    assert_int_equal(ops->rollouts(reader, "p", pst_store_list_rollout, &list, &why), PST_OK);
    assert_int_equal(ops->releases(reader, NULL, pst_store_list_release, &list, &why), PST_OK);
    assert_int_equal(ops->products(reader, pst_store_list_count, &list, &why), PST_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(why.count, 0); /* that nothing is there is no finding */
}

static void a_terminal_is_found_by_id_serial_and_key_as_it_was_put(void **state)
{
    struct pst_store_fixture *fx = *state;
    const struct pst_store_ops *ops = fx->reader->ops;
    struct pst_terminal_row put = pst_store_terminal(7, "pos-a"), got;

    pst_store_put_terminals(fx, 6, 3, "pos-a");
    PST_STORE_OK(fx, ops->terminal(fx->reader, put.id, &got, &fx->why));
    expect_same(&got, &put);
    assert_false(got.has_facts);
    assert_string_equal(got.rollout, "");
    PST_STORE_OK(fx, ops->terminal_by_serial(fx->reader, "pos-a", put.serial, &got, &fx->why));
    expect_same(&got, &put);
    PST_STORE_OK(fx, ops->terminal_by_key(fx->reader, put.key_fingerprint, &got, &fx->why));
    expect_same(&got, &put);
    PST_STORE_CODE(fx, PST_SERVICE_NOT_FOUND,
                   ops->terminal_by_serial(fx->reader, "pos-b", put.serial, &got, &fx->why));
}

static void put(struct pst_store_fixture *fx, const struct pst_terminal_row *row)
{
    pst_store_begin(fx);
    PST_STORE_OK(fx, fx->writer->ops->put_terminal(fx->writer, row, &fx->why));
    pst_store_commit(fx);
}

static void terminals_without_a_key_are_many_and_may_get_one(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_row a = pst_store_terminal(1, "pos-a"), b = pst_store_terminal(2, "pos-a");
    struct pst_terminal_row got, enrolled = a;

    a.has_key = b.has_key = false;
    memset(a.key_fingerprint, 0, sizeof a.key_fingerprint);
    memset(b.key_fingerprint, 0, sizeof b.key_fingerprint);
    a.state = b.state = PST_TERMINAL_REGISTERED;
    put(fx, &a);
    put(fx, &b);
    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, a.id, &got, &fx->why));
    expect_same(&got, &a);
    put(fx, &enrolled);
    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, a.id, &got, &fx->why));
    expect_same(&got, &enrolled);
}

static void serials_of_a_product_and_keys_are_taken_once(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_row row;
    static struct pst_store_list products;

    pst_store_put_terminals(fx, 1, 2, "pos-a");
    pst_store_begin(fx);
    row = pst_store_terminal(3, "pos-a");
    memcpy(row.serial, pst_store_terminal(1, "pos-a").serial, sizeof row.serial);
    PST_STORE_CODE(fx, PST_SERVICE_CONFLICT,
                   fx->writer->ops->put_terminal(fx->writer, &row, &fx->why));
    row = pst_store_terminal(3, "pos-a");
    memcpy(row.key_fingerprint, pst_store_terminal(1, "pos-a").key_fingerprint, 32);
    PST_STORE_CODE(fx, PST_SERVICE_CONFLICT,
                   fx->writer->ops->put_terminal(fx->writer, &row, &fx->why));
    row = pst_store_terminal(3, "pos-b"); /* another product's serial is another terminal */
    memcpy(row.serial, pst_store_terminal(1, "pos-a").serial, sizeof row.serial);
    PST_STORE_OK(fx, fx->writer->ops->put_terminal(fx->writer, &row, &fx->why));
    pst_store_commit(fx);
    products.count = 0;
    PST_STORE_OK(fx,
                 fx->reader->ops->products(fx->reader, pst_store_list_count, &products, &fx->why));
    assert_int_equal(pst_store_list_value(&products, "pos-a"), 2);
    assert_int_equal(pst_store_list_value(&products, "pos-b"), 1);
}

static void products_count_their_terminals_also_when_one_moves(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_row row = pst_store_terminal(1, "pos-b");
    static struct pst_store_list products;

    pst_store_put_terminals(fx, 1, 5, "pos-a");
    pst_store_put_terminals(fx, 1, 5, "pos-a"); /* put again, and not counted again */
    put(fx, &row);
    products.count = 0;
    PST_STORE_OK(fx,
                 fx->reader->ops->products(fx->reader, pst_store_list_count, &products, &fx->why));
    assert_int_equal(products.count, 2);
    assert_int_equal(pst_store_list_value(&products, "pos-a"), 4);
    assert_int_equal(pst_store_list_value(&products, "pos-b"), 1);
}

static void checkin(struct pst_store_fixture *fx, const struct pst_facts *facts, int64_t seen_s,
                    int64_t sequence)
{
    char id[PST_ID_ROOM];
    memcpy(id, pst_store_terminal(1, "pos-a").id, sizeof id);
    pst_store_begin(fx);
    PST_STORE_OK(fx,
                 fx->writer->ops->put_checkin(fx->writer, id, facts, seen_s, sequence, &fx->why));
    pst_store_commit(fx);
}

static void a_checkin_keeps_the_facts_and_never_goes_back(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_facts facts = pst_store_facts(1, "pos-a");
    struct pst_terminal_row got;

    pst_store_put_terminals(fx, 1, 1, "pos-a");
    checkin(fx, &facts, 1700001000, 5);
    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, pst_store_terminal(1, "pos-a").id, &got,
                                               &fx->why));
    assert_true(got.has_facts);
    expect_same_facts(&got.facts, &facts);
    assert_int_equal(got.last_seen_s, 1700001000);
    assert_int_equal(got.assignment_sequence, 5);

    facts.os = pst_store_version("5.3.0");
    checkin(fx, &facts, 1700000999, 4);
    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, got.id, &got, &fx->why));
    expect_same_facts(&got.facts, &facts);
    assert_int_equal(got.last_seen_s, 1700001000);
    assert_int_equal(got.assignment_sequence, 5);
}

/* An operator's change, made from a row that was read before, must not undo a report since. */
static void putting_a_terminal_leaves_what_checkins_and_reports_brought(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_facts facts = pst_store_facts(1, "pos-a");
    struct pst_terminal_row stale, got;
    struct pst_rollout_row rollout = pst_store_rollout(1, "pos-a");
    struct pst_terminal_report report = pst_store_report(1, 9, rollout.id, PST_PROGRESS_CONFIRMED);

    pst_store_put_terminals(fx, 1, 1, "pos-a");
    pst_store_put_rollout(fx, &rollout);
    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, report.terminal, &stale, &fx->why));
    checkin(fx, &facts, 1700001000, 5);
    assert_true(pst_store_put_report(fx, &report));
    stale.state = PST_TERMINAL_BLOCKED;
    put(fx, &stale);

    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, report.terminal, &got, &fx->why));
    assert_int_equal(got.state, PST_TERMINAL_BLOCKED);
    assert_int_equal(got.last_seen_s, 1700001000);
    assert_int_equal(got.assignment_sequence, 5);
    assert_int_equal(got.report_sequence, 9);
    assert_int_equal(got.progress, PST_PROGRESS_CONFIRMED);
    assert_string_equal(got.rollout, rollout.id);
    expect_same_facts(&got.facts, &facts);
}

static void a_checkin_of_an_unknown_terminal_is_refused(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_facts facts = pst_store_facts(1, "pos-a");
    pst_store_begin(fx);
    PST_STORE_CODE(fx, PST_SERVICE_NOT_FOUND,
                   fx->writer->ops->put_checkin(fx->writer, "t-x", &facts, 1, 1, &fx->why));
    pst_store_commit(fx);
}

static void fields_that_are_full_come_back_whole(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_row full = pst_store_terminal(1, "pos-a"), got;

    memset(full.serial, 's', sizeof full.serial - 1);
    memset(full.product, 'p', sizeof full.product - 1);
    memset(full.group, 'g', sizeof full.group - 1);
    memset(full.id, 'i', sizeof full.id - 1);
    memset(full.public_part, 'k', sizeof full.public_part - 1);
    put(fx, &full);
    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, full.id, &got, &fx->why));
    expect_same(&got, &full);
}

static void what_is_committed_is_there_after_opening_again(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_terminal_row put_row = pst_store_terminal(3, "pos-a"), got;

    pst_store_put_terminals(fx, 1, 5, "pos-a");
    pst_store_reopen(fx);
    PST_STORE_OK(fx, fx->reader->ops->terminal(fx->reader, put_row.id, &got, &fx->why));
    expect_same(&got, &put_row);
}

const struct pst_store_case pst_store_terminal_cases[] = {
    PST_STORE_CASE(nothing_is_found_in_an_empty_store),
    PST_STORE_CASE(a_terminal_is_found_by_id_serial_and_key_as_it_was_put),
    PST_STORE_CASE(terminals_without_a_key_are_many_and_may_get_one),
    PST_STORE_CASE(serials_of_a_product_and_keys_are_taken_once),
    PST_STORE_CASE(products_count_their_terminals_also_when_one_moves),
    PST_STORE_CASE(a_checkin_keeps_the_facts_and_never_goes_back),
    PST_STORE_CASE(putting_a_terminal_leaves_what_checkins_and_reports_brought),
    PST_STORE_CASE(a_checkin_of_an_unknown_terminal_is_refused),
    PST_STORE_CASE(fields_that_are_full_come_back_whole),
    PST_STORE_CASE(what_is_committed_is_there_after_opening_again),
};
const size_t pst_store_terminal_case_count = PST_COUNT(pst_store_terminal_cases);
