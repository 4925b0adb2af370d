/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "service/store/writer.h"
#include "tests/support/check.h"
#include "tests/support/writer_bench.h"

enum { THREADS = 4, JOBS = 500 };

static void *submit_many(void *context)
{
    struct pst_bench_job *jobs = context;
    for (size_t i = 0; i < JOBS; i++)
        if (pst_writer_submit(jobs[i].bench->writer, &jobs[i].job, NULL) != PST_OK)
            return context;
    return NULL;
}

static void jobs_of_many_threads_are_durable_and_in_each_threads_order(void **state)
{
    struct pst_bench *bench = pst_bench_open(THREADS * JOBS, 64);
    struct pst_bench_job *jobs[THREADS];
    pthread_t thread[THREADS];
    (void)state;

    for (unsigned t = 0; t < THREADS; t++) {
        jobs[t] = pst_bench_jobs(bench, JOBS, t * JOBS);
        assert_int_equal(pthread_create(&thread[t], NULL, submit_many, jobs[t]), 0);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        void *failed = NULL;
        pthread_join(thread[t], &failed);
        assert_null(failed);
    }
    pst_bench_wait(bench, (size_t)THREADS * JOBS);
    struct pst_store *reader = pst_bench_reader(bench);
    for (unsigned t = 0; t < THREADS; t++) {
        for (unsigned i = 0; i < JOBS; i++) {
            assert_int_equal(jobs[t][i].code, PST_OK);
            assert_true(i == 0 || jobs[t][i].order > jobs[t][i - 1].order);
            assert_true(pst_bench_is_stored(reader, t * JOBS + i));
        }
        free(jobs[t]);
    }
    assert_true(pst_writer_is_healthy(bench->writer));
    reader->ops->close(reader);
    pst_bench_close(bench);
}

static void an_answer_comes_after_the_commit(void **state)
{
    struct pst_bench *bench = pst_bench_open(100, 8);
    struct pst_bench_job *jobs = pst_bench_jobs(bench, 50, 0);
    struct pst_store *reader = pst_bench_reader(bench);
    (void)state;
    for (size_t i = 0; i < 50; i++) {
        jobs[i].check = reader; /* used by the writer's thread only, until it has stopped */
        pst_bench_submit(bench, &jobs[i]);
    }
    pst_bench_wait(bench, 50);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(jobs[i].code, PST_OK);
    reader->ops->close(reader);
    free(jobs);
    pst_bench_close(bench);
}

static void a_job_that_refuses_undoes_itself_only(void **state)
{
    struct pst_bench *bench = pst_bench_open(100, 100);
    struct pst_bench_job *jobs = pst_bench_jobs(bench, 40, 0), gate;
    (void)state;
    pst_bench_hold(bench, &gate);
    for (size_t i = 0; i < 40; i++) {
        jobs[i].refuses = i % 13 == 5;
        pst_bench_submit(bench, &jobs[i]);
    }
    pst_bench_let_go(bench);
    pst_bench_wait(bench, 41);
    struct pst_store *reader = pst_bench_reader(bench);
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(jobs[i].code, jobs[i].refuses ? PST_SERVICE_CONFLICT : PST_OK);
        assert_int_equal(jobs[i].job.why.count, jobs[i].refuses ? 1 : 0);
        assert_int_equal(pst_bench_is_stored(reader, i), !jobs[i].refuses);
    }
    assert_true(pst_writer_is_healthy(bench->writer)); /* a refusal is no fault of the store */
    reader->ops->close(reader);
    free(jobs);
    pst_bench_close(bench);
}

static void a_full_queue_refuses_and_loses_nothing_that_it_took(void **state)
{
    struct pst_bench *bench = pst_bench_open(10, 4);
    struct pst_bench_job *jobs = pst_bench_jobs(bench, 12, 0), gate;
    struct pst_report why = {0};
    (void)state;
    pst_bench_hold(bench, &gate);
    for (size_t i = 0; i < 10; i++)
        pst_bench_submit(bench, &jobs[i]);
    assert_int_equal(pst_writer_waiting(bench->writer), 10);
    assert_int_equal(pst_writer_submit(bench->writer, &jobs[10].job, &why), PST_SERVICE_OVERLOADED);
    assert_int_equal(why.count, 1);
    assert_int_equal(pst_writer_run(bench->writer, &jobs[11].job), PST_SERVICE_OVERLOADED);
    assert_int_equal(jobs[11].job.why.count, 1);
    pst_bench_let_go(bench);
    pst_bench_wait(bench, 11);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(jobs[i].is_done, i < 10);
    assert_int_equal(pst_writer_run(bench->writer, &jobs[10].job), PST_OK);
    free(jobs);
    pst_bench_close(bench);
}

static void stopping_finishes_what_waits(void **state)
{
    struct pst_bench *bench = pst_bench_open(100, 7);
    struct pst_bench_job *jobs = pst_bench_jobs(bench, 60, 0), gate;
    struct pst_report why = {0};
    struct pst_store *store = NULL;
    (void)state;
    pst_bench_hold(bench, &gate);
    for (size_t i = 0; i < 60; i++)
        pst_bench_submit(bench, &jobs[i]);
    pst_bench_let_go(bench);
    pst_writer_stop(bench->writer);
    bench->writer = NULL;
    assert_int_equal(bench->done, 61);
    /* The store is free for the next writer, and holds everything. */
    pst_bench_must(bench->backend.open_writer(bench->backend.context, &store, &why), &why);
    for (unsigned i = 0; i < 60; i++)
        assert_true(jobs[i].code == PST_OK && pst_bench_is_stored(store, i));
    store->ops->close(store);
    free(jobs);
    pst_bench_close(bench);
}

static void running_a_job_waits_for_its_verdict_and_calls_no_done(void **state)
{
    struct pst_bench *bench = pst_bench_open(10, 4);
    struct pst_bench_job *jobs = pst_bench_jobs(bench, 2, 0);
    (void)state;
    jobs[1].refuses = true;
    assert_int_equal(pst_writer_run(bench->writer, &jobs[0].job), PST_OK);
    assert_int_equal(pst_writer_run(bench->writer, &jobs[1].job), PST_SERVICE_CONFLICT);
    assert_int_equal(jobs[1].job.why.count, 1);
    assert_int_equal(bench->done, 0);
    struct pst_store *reader = pst_bench_reader(bench);
    assert_true(pst_bench_is_stored(reader, 0));
    assert_false(pst_bench_is_stored(reader, 1));
    reader->ops->close(reader);
    free(jobs);
    pst_bench_close(bench);
}

static void a_writer_that_cannot_start_says_why(void **state)
{
    struct pst_bench *bench = pst_bench_open(1, 1);
    struct pst_writer *writer = NULL;
    struct pst_report why = {0};
    struct pst_writer_options none = {0, 0}, some = {1, 1};
    (void)state;
    assert_int_equal(pst_writer_start(&bench->backend, &none, &writer, &why), PST_OUT_OF_BOUNDS);
    assert_int_equal(pst_writer_start(&bench->backend, &some, &writer, &why), PST_HOST_LOCKED);
    assert_null(writer);
    assert_int_equal(why.count, 2);
    pst_writer_stop(NULL);
    pst_bench_close(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_many_threads_are_durable_and_in_each_threads_order),
        cmocka_unit_test(an_answer_comes_after_the_commit),
        cmocka_unit_test(a_job_that_refuses_undoes_itself_only),
        cmocka_unit_test(a_full_queue_refuses_and_loses_nothing_that_it_took),
        cmocka_unit_test(stopping_finishes_what_waits),
        cmocka_unit_test(running_a_job_waits_for_its_verdict_and_calls_no_done),
        cmocka_unit_test(a_writer_that_cannot_start_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
