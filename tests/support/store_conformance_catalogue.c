/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/store_conformance.h"

static void expect_same_rollout(const struct pst_rollout_row *got,
                                const struct pst_rollout_row *put)
{
    assert_string_equal(got->id, put->id);
    assert_string_equal(got->name, put->name);
    assert_string_equal(got->product, put->product);
    assert_string_equal(got->version.text, put->version.text);
    assert_int_equal(pst_version_compare(&got->version, &put->version), 0);
    assert_string_equal(got->manifest, put->manifest);
    assert_int_equal(got->state, put->state);
    assert_int_equal(got->percent, put->percent);
    assert_string_equal(got->filter_os, put->filter_os);
    assert_string_equal(got->filter_model, put->filter_model);
    assert_string_equal(got->filter_region, put->filter_region);
    assert_string_equal(got->filter_group, put->filter_group);
    assert_string_equal(got->filter_serials, put->filter_serials);
    assert_int_equal(got->downgrade, put->downgrade);
    assert_int_equal(got->created_s, put->created_s);
    assert_int_equal(got->started_s, put->started_s);
    assert_int_equal(got->changed_s, put->changed_s);
    assert_int_equal(got->revision, put->revision);
}

static void a_rollout_is_as_it_was_put_and_as_it_was_changed(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_rollout_row row = pst_store_rollout(1, "pos-a"), got;

    memset(row.filter_serials, 's', sizeof row.filter_serials - 1);
    pst_store_put_rollout(fx, &row);
    PST_STORE_OK(fx, fx->reader->ops->rollout(fx->reader, row.id, &got, &fx->why));
    expect_same_rollout(&got, &row);
    row.state = PST_ROLLOUT_PAUSED;
    row.percent = 77;
    row.revision++;
    pst_store_put_rollout(fx, &row);
    PST_STORE_OK(fx, fx->reader->ops->rollout(fx->reader, row.id, &got, &fx->why));
    expect_same_rollout(&got, &row);
}

static void the_second_change_of_one_revision_is_refused(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_rollout_row first = pst_store_rollout(1, "pos-a"), second, got;

    pst_store_put_rollout(fx, &first);
    second = first;
    first.revision = second.revision = 2;
    first.state = PST_ROLLOUT_PAUSED;
    second.state = PST_ROLLOUT_CANCELLED;
    pst_store_put_rollout(fx, &first);
    pst_store_begin(fx);
    PST_STORE_CODE(fx, PST_SERVICE_CONFLICT,
                   fx->writer->ops->put_rollout(fx->writer, &second, &fx->why));
    pst_store_commit(fx);
    PST_STORE_OK(fx, fx->reader->ops->rollout(fx->reader, first.id, &got, &fx->why));
    expect_same_rollout(&got, &first);
}

static void rollouts_are_listed_newest_first(void **state)
{
    struct pst_store_fixture *fx = *state;
    static struct pst_store_list list;
    char newest[PST_ID_ROOM];

    for (unsigned i = 0; i < 6; i++) {
        struct pst_rollout_row row = pst_store_rollout(9 - i, i % 2 == 0 ? "pos-a" : "pos-b");
        pst_store_put_rollout(fx, &row);
    }
    list.count = 0;
    PST_STORE_OK(
        fx, fx->reader->ops->rollouts(fx->reader, NULL, pst_store_list_rollout, &list, &fx->why));
    assert_int_equal(list.count, 6);
    pst_store_copy(newest, sizeof newest, pst_store_rollout(4, "pos-b").id);
    assert_string_equal(list.key[0], newest);
    list.count = 0;
    PST_STORE_OK(fx, fx->reader->ops->rollouts(fx->reader, "pos-b", pst_store_list_rollout, &list,
                                               &fx->why));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.key[0], newest);
}

static enum pst_code put_release(struct pst_store_fixture *fx, const struct pst_release_row *row)
{
    pst_store_begin(fx);
    enum pst_code code = fx->writer->ops->put_release(fx->writer, row, &fx->why);
    pst_store_commit(fx);
    return code;
}

static void a_release_is_as_it_was_put_and_its_manifest_never_gets_older(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_release_row row = pst_store_release(3, "pos-a"), got;

    row.sequence = 4;
    PST_STORE_OK(fx, put_release(fx, &row));
    memset(row.manifest_sha256, 9, sizeof row.manifest_sha256);
    row.sequence = 5;
    memset(row.deltas, '1', sizeof row.deltas - 1);
    PST_STORE_OK(fx, put_release(fx, &row));
    PST_STORE_OK(fx, fx->reader->ops->release(fx->reader, "pos-a", &row.version, &got, &fx->why));
    assert_int_equal(got.sequence, 5);
    assert_memory_equal(got.manifest_sha256, row.manifest_sha256, sizeof row.manifest_sha256);
    assert_string_equal(got.manifest, row.manifest);
    assert_string_equal(got.deltas, row.deltas);
    assert_string_equal(got.product, row.product);
    assert_string_equal(got.version.text, row.version.text);
    assert_int_equal(got.full_bytes, row.full_bytes);
    assert_int_equal(got.published_s, row.published_s);
    row.sequence = 4;
    PST_STORE_CODE(fx, PST_SERVICE_CONFLICT, put_release(fx, &row));
    PST_STORE_CODE(fx, PST_SERVICE_NOT_FOUND,
                   fx->reader->ops->release(fx->reader, "pos-b", &row.version, &got, &fx->why));
}

static void releases_are_listed_by_product_newest_first(void **state)
{
    struct pst_store_fixture *fx = *state;
    static struct pst_store_list list;

    for (unsigned i = 0; i < 4; i++) {
        struct pst_release_row row = pst_store_release(i, i < 3 ? "pos-b" : "pos-a");
        PST_STORE_OK(fx, put_release(fx, &row));
    }
    list.count = 0;
    PST_STORE_OK(fx, fx->reader->ops->releases(fx->reader, "pos-b", pst_store_list_release, &list,
                                               &fx->why));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.key[0], "5.2.0");
    list.count = 0;
    PST_STORE_OK(
        fx, fx->reader->ops->releases(fx->reader, NULL, pst_store_list_release, &list, &fx->why));
    assert_int_equal(list.count, 4);
    assert_string_equal(list.key[0], "5.3.0");
    list.count = 0; /* a product is known by its releases too */
    PST_STORE_OK(fx, fx->reader->ops->products(fx->reader, pst_store_list_count, &list, &fx->why));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.key[0], "pos-a");
    assert_int_equal(list.value[0], 0);
}

static void a_token_is_as_it_was_put_and_may_be_replaced(void **state)
{
    struct pst_store_fixture *fx = *state;
    struct pst_token_row row = pst_store_token(1), got;

    for (int round = 0; round < 2; round++) {
        pst_store_begin(fx);
        PST_STORE_OK(fx, fx->writer->ops->put_token(fx->writer, &row, &fx->why));
        pst_store_commit(fx);
        PST_STORE_OK(fx, fx->reader->ops->token(fx->reader, row.id, &got, &fx->why));
        assert_string_equal(got.id, row.id);
        assert_string_equal(got.name, row.name);
        assert_string_equal(got.role, row.role);
        assert_memory_equal(got.secret_sha256, row.secret_sha256, sizeof row.secret_sha256);
        assert_int_equal(got.created_s, row.created_s);
        assert_int_equal(got.expires_s, row.expires_s);
        row.expires_s = 5;
        pst_store_copy(row.role, sizeof row.role, "viewer");
        row.secret_sha256[0] ^= 1;
    }
}

/* ---- texts are never anything but texts */

static const char sql_text[] = "x'); DROP TABLE terminal; --\" ' OR ''='";

static void put_hostile_rows(struct pst_store_fixture *fx)
{
    struct pst_store *writer = fx->writer;
    struct pst_terminal_row terminal = pst_store_terminal(1, sql_text);
    struct pst_rollout_row rollout = pst_store_rollout(1, sql_text);
    struct pst_release_row release = pst_store_release(1, sql_text);
    struct pst_token_row token = pst_store_token(1);
    struct pst_terminal_report report = pst_store_report(1, 1, "", PST_PROGRESS_REFUSED);
    bool fresh = false;

    memcpy(terminal.serial, sql_text, sizeof sql_text);
    memcpy(terminal.group, sql_text, sizeof sql_text);
    memcpy(terminal.keytype, sql_text, sizeof sql_text);
    memcpy(terminal.scheme, sql_text, sizeof sql_text);
    memcpy(terminal.public_part, sql_text, sizeof sql_text);
    memcpy(rollout.name, sql_text, sizeof sql_text);
    memcpy(rollout.manifest, sql_text, sizeof sql_text);
    memcpy(rollout.filter_serials, sql_text, sizeof sql_text);
    memcpy(release.manifest, sql_text, sizeof sql_text);
    memcpy(release.deltas, sql_text, sizeof sql_text);
    memcpy(token.name, sql_text, sizeof sql_text);
    memcpy(report.source, sql_text, sizeof sql_text);
    memcpy(report.rollout, sql_text, sizeof sql_text);
    memcpy(report.product, sql_text, sizeof sql_text);
    (void)pst_refuse(&report.findings, PST_REGION, pst_say("%s", sql_text),
                     pst_say("%s", sql_text));
    pst_store_begin(fx);
    PST_STORE_OK(fx, writer->ops->put_terminal(writer, &terminal, &fx->why));
    PST_STORE_OK(fx, writer->ops->put_rollout(writer, &rollout, &fx->why));
    PST_STORE_OK(fx, writer->ops->put_release(writer, &release, &fx->why));
    PST_STORE_OK(fx, writer->ops->put_token(writer, &token, &fx->why));
    PST_STORE_OK(fx, writer->ops->put_report(writer, &report, &fresh, &fx->why));
    pst_store_commit(fx);
}

static void sql_in_any_text_is_only_a_text(void **state)
{
    struct pst_store_fixture *fx = *state;
    const struct pst_store_ops *ops = fx->reader->ops;
    struct pst_terminal_row terminal;
    struct pst_rollout_row rollout;
    struct pst_terminal_report report;
    struct pst_token_row token;
    struct pst_terminal_query query = {.limit = 10};
    static struct pst_store_list list;

    put_hostile_rows(fx);
    PST_STORE_OK(fx, ops->terminal_by_serial(fx->reader, sql_text, sql_text, &terminal, &fx->why));
    assert_string_equal(terminal.group, sql_text);
    assert_string_equal(terminal.public_part, sql_text);
    PST_STORE_OK(fx, ops->last_report(fx->reader, terminal.id, &report, &fx->why));
    assert_string_equal(report.rollout, sql_text);
    assert_string_equal(report.findings.finding[0].found, sql_text);
    PST_STORE_OK(fx, ops->rollout(fx->reader, pst_store_rollout(1, "x").id, &rollout, &fx->why));
    assert_string_equal(rollout.filter_serials, sql_text);
    PST_STORE_OK(fx, ops->token(fx->reader, pst_store_token(1).id, &token, &fx->why));
    assert_string_equal(token.name, sql_text);

    PST_STORE_CODE(fx, PST_SERVICE_NOT_FOUND,
                   ops->terminal(fx->reader, sql_text, &terminal, &fx->why));
    PST_STORE_CODE(fx, PST_SERVICE_NOT_FOUND,
                   ops->rollout(fx->reader, sql_text, &rollout, &fx->why));
    PST_STORE_CODE(fx, PST_SERVICE_NOT_FOUND, ops->token(fx->reader, sql_text, &token, &fx->why));
    list.count = 0;
    memcpy(query.product, sql_text, sizeof sql_text);
    memcpy(query.serial, sql_text, sizeof sql_text);
    PST_STORE_OK(fx, ops->terminals(fx->reader, &query, pst_store_list_terminal, &list, &fx->why));
    assert_int_equal(list.count, 1);
}

const struct pst_store_case pst_store_catalogue_cases[] = {
    PST_STORE_CASE(a_rollout_is_as_it_was_put_and_as_it_was_changed),
    PST_STORE_CASE(the_second_change_of_one_revision_is_refused),
    PST_STORE_CASE(rollouts_are_listed_newest_first),
    PST_STORE_CASE(a_release_is_as_it_was_put_and_its_manifest_never_gets_older),
    PST_STORE_CASE(releases_are_listed_by_product_newest_first),
    PST_STORE_CASE(a_token_is_as_it_was_put_and_may_be_replaced),
    PST_STORE_CASE(sql_in_any_text_is_only_a_text),
};
const size_t pst_store_catalogue_case_count = PST_COUNT(pst_store_catalogue_cases);
