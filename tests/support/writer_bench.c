/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/writer_bench.h"

#include <stdlib.h>

#include "service/store/sqlite/sqlite_store.h"
#include "tests/support/check.h"

void pst_bench_must(enum pst_code code, const struct pst_report *why)
{
    if (code != PST_OK)
        fail_msg("%s: expected %s, found %s", pst_code_name(code), why->finding[0].expected,
                 why->finding[0].found);
}

struct pst_bench *pst_bench_open_at(struct pst_scratch scratch, size_t queue_most,
                                    size_t batch_most)
{
    struct pst_bench *bench = calloc(1, sizeof *bench);
    struct pst_writer_options options = {queue_most, batch_most};
    struct pst_report why = {0};
    char path[512];

    assert_non_null(bench);
    bench->scratch = scratch;
    pst_scratch_path(&bench->scratch, "store.db", path, sizeof path);
    pst_bench_must(pst_sqlite_backend(path, &bench->backend, &why), &why);
    pst_bench_must(pst_writer_start(&bench->backend, &options, &bench->writer, &why), &why);
    sem_init(&bench->gate, 0, 0);
    sem_init(&bench->reached, 0, 0);
    pthread_mutex_init(&bench->lock, NULL);
    pthread_cond_init(&bench->changed, NULL);
    return bench;
}

struct pst_bench *pst_bench_open(size_t queue_most, size_t batch_most)
{
    return pst_bench_open_at(pst_scratch(), queue_most, batch_most);
}

void pst_bench_close(struct pst_bench *bench)
{
    pst_writer_stop(bench->writer);
    bench->backend.free(bench->backend.context);
    sem_destroy(&bench->gate);
    sem_destroy(&bench->reached);
    pthread_cond_destroy(&bench->changed);
    pthread_mutex_destroy(&bench->lock);
    pst_scratch_cleanup(&bench->scratch);
    free(bench);
}

struct pst_store *pst_bench_reader(struct pst_bench *bench)
{
    struct pst_store *reader = NULL;
    struct pst_report why = {0};
    pst_bench_must(bench->backend.open_reader(bench->backend.context, &reader, &why), &why);
    return reader;
}

bool pst_bench_is_stored(struct pst_store *reader, unsigned number)
{
    struct pst_terminal_row row;
    return reader->ops->terminal(reader, pst_store_terminal(number, "pos-a").id, &row, NULL) ==
           PST_OK;
}

enum pst_code pst_bench_put_terminal(struct pst_job *job, struct pst_store *store)
{
    struct pst_bench_job *mine = (struct pst_bench_job *)(void *)job;
    struct pst_terminal_row row = pst_store_terminal(mine->number, "pos-a");
    enum pst_code code = store->ops->put_terminal(store, &row, &job->why);

    if (code == PST_OK && mine->refuses)
        return pst_refuse(&job->why, PST_SERVICE_CONFLICT, pst_say("yes"), pst_say("no"));
    return code;
}

static void note_done(struct pst_job *job, enum pst_code code)
{
    struct pst_bench_job *mine = (struct pst_bench_job *)(void *)job;
    struct pst_bench *bench = mine->bench;
    bool seen = mine->check == NULL || pst_bench_is_stored(mine->check, mine->number);

    pthread_mutex_lock(&bench->lock);
    mine->code = seen ? code : PST_HOST_STATE;
    mine->is_done = true;
    mine->order = bench->done++;
    pthread_cond_signal(&bench->changed);
    pthread_mutex_unlock(&bench->lock);
}

void pst_bench_wait(struct pst_bench *bench, size_t count)
{
    pthread_mutex_lock(&bench->lock);
    while (bench->done < count)
        pthread_cond_wait(&bench->changed, &bench->lock);
    pthread_mutex_unlock(&bench->lock);
}

struct pst_bench_job *pst_bench_jobs(struct pst_bench *bench, size_t count, unsigned first)
{
    struct pst_bench_job *jobs = calloc(count, sizeof *jobs);
    assert_non_null(jobs);
    for (size_t i = 0; i < count; i++)
        jobs[i] =
            (struct pst_bench_job){.job = {.apply = pst_bench_put_terminal, .done = note_done},
                                   .bench = bench,
                                   .number = first + (unsigned)i};
    return jobs;
}

void pst_bench_submit(struct pst_bench *bench, struct pst_bench_job *job)
{
    struct pst_report why = {0};
    pst_bench_must(pst_writer_submit(bench->writer, &job->job, &why), &why);
}

static enum pst_code wait_at_gate(struct pst_job *job, struct pst_store *store)
{
    struct pst_bench *bench = ((struct pst_bench_job *)(void *)job)->bench;
    (void)store;
    sem_post(&bench->reached);
    while (sem_wait(&bench->gate) != 0)
        ;
    return PST_OK;
}

void pst_bench_hold(struct pst_bench *bench, struct pst_bench_job *gate)
{
    *gate =
        (struct pst_bench_job){.job = {.apply = wait_at_gate, .done = note_done}, .bench = bench};
    pst_bench_submit(bench, gate);
    while (sem_wait(&bench->reached) != 0)
        ;
}

void pst_bench_let_go(struct pst_bench *bench)
{
    sem_post(&bench->gate);
}
