/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

static void open_handles(struct pst_store_fixture *fixture)
{
    PST_STORE_OK(fixture, fixture->make(fixture->scratch.path, &fixture->backend, &fixture->why));
    PST_STORE_OK(fixture, fixture->backend.open_writer(fixture->backend.context, &fixture->writer,
                                                       &fixture->why));
    PST_STORE_OK(fixture, fixture->backend.open_reader(fixture->backend.context, &fixture->reader,
                                                       &fixture->why));
}

static void close_handles(struct pst_store_fixture *fixture)
{
    if (fixture->reader != NULL)
        fixture->reader->ops->close(fixture->reader);
    if (fixture->writer != NULL)
        fixture->writer->ops->close(fixture->writer);
    fixture->reader = fixture->writer = NULL;
    fixture->backend.free(fixture->backend.context);
}

int pst_store_setup(void **state)
{
    const struct pst_store_maker *maker = *state;
    struct pst_store_fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->make = maker->make;
    fixture->scratch = pst_scratch();
    open_handles(fixture);
    *state = fixture;
    return 0;
}

int pst_store_teardown(void **state)
{
    struct pst_store_fixture *fixture = *state;
    close_handles(fixture);
    pst_scratch_cleanup(&fixture->scratch);
    free(fixture);
    return 0;
}

void pst_store_reopen(struct pst_store_fixture *fixture)
{
    close_handles(fixture);
    open_handles(fixture);
}

void pst_store_expect(struct pst_store_fixture *fixture, enum pst_code expected, enum pst_code got,
                      const char *what)
{
    const struct pst_finding *first = &fixture->why.finding[0];
    if (got != expected)
        fail_msg("%s gave %s, not %s; %zu findings, the first: %s at '%s': expected %s, found %s",
                 what, pst_code_name(got), pst_code_name(expected), fixture->why.count,
                 pst_code_name(first->code), first->where, first->expected, first->found);
    fixture->why = (struct pst_report){0};
}

void pst_store_begin(struct pst_store_fixture *fixture)
{
    PST_STORE_OK(fixture, fixture->writer->ops->begin(fixture->writer, &fixture->why));
}

void pst_store_commit(struct pst_store_fixture *fixture)
{
    PST_STORE_OK(fixture, fixture->writer->ops->commit(fixture->writer, &fixture->why));
}

void pst_store_put_terminals(struct pst_store_fixture *fixture, unsigned first, unsigned count,
                             const char *product)
{
    struct pst_store *writer = fixture->writer;
    pst_store_begin(fixture);
    for (unsigned i = 0; i < count; i++) {
        struct pst_terminal_row row = pst_store_terminal(first + i, product);
        PST_STORE_OK(fixture, writer->ops->put_terminal(writer, &row, &fixture->why));
    }
    pst_store_commit(fixture);
}

void pst_store_put_rollout(struct pst_store_fixture *fixture, const struct pst_rollout_row *row)
{
    struct pst_store *writer = fixture->writer;
    pst_store_begin(fixture);
    PST_STORE_OK(fixture, writer->ops->put_rollout(writer, row, &fixture->why));
    pst_store_commit(fixture);
}

bool pst_store_put_report(struct pst_store_fixture *fixture,
                          const struct pst_terminal_report *report)
{
    struct pst_store *writer = fixture->writer;
    bool fresh = false;
    pst_store_begin(fixture);
    PST_STORE_OK(fixture, writer->ops->put_report(writer, report, &fresh, &fixture->why));
    pst_store_commit(fixture);
    return fresh;
}

static bool add_key(struct pst_store_list *list, const char *key, int64_t value)
{
    assert_true(list->count < PST_COUNT(list->key));
    pst_store_copy(list->key[list->count], sizeof list->key[0], key);
    list->value[list->count++] = value;
    return list->count != list->stop_at;
}

bool pst_store_list_terminal(void *context, const void *row)
{
    return add_key(context, ((const struct pst_terminal_row *)row)->id, 0);
}

bool pst_store_list_outcome(void *context, const void *row)
{
    const struct pst_outcome_row *outcome = row;
    return add_key(context, outcome->terminal, (int64_t)outcome->progress);
}

bool pst_store_list_rollout(void *context, const void *row)
{
    return add_key(context, ((const struct pst_rollout_row *)row)->id, 0);
}

bool pst_store_list_release(void *context, const void *row)
{
    return add_key(context, ((const struct pst_release_row *)row)->version.text, 0);
}

bool pst_store_list_count(void *context, const void *row)
{
    const struct pst_count_row *count = row;
    return add_key(context, count->key, count->count);
}

int64_t pst_store_list_value(const struct pst_store_list *list, const char *key)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->key[i], key) == 0)
            return list->value[i];
    return 0;
}

unsigned pst_store_roll(struct pst_store_dice *dice, unsigned below)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((dice->state >> 33) % below);
}
