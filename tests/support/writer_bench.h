/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer_bench.h - a writer on a store of its own in a scratch folder, and jobs that put terminals.
 *
 * Threads  a bench may be used by several threads, apart from opening and closing it.
 * Errors   whatever fails here fails the test.
 */
#ifndef PST_TESTS_WRITER_BENCH_H
#define PST_TESTS_WRITER_BENCH_H

#include <pthread.h>
#include <semaphore.h>

#include "service/store/writer.h"
#include "tests/support/store_fixture.h"

/* A writer on a store of its own, and what its jobs have come to. */
struct pst_bench {
    struct pst_scratch scratch;
    struct pst_store_backend backend;
    struct pst_writer *writer;
    sem_t gate, reached; /* see pst_bench_hold() */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t done; /* jobs whose done() was called */
};

struct pst_bench_job {
    struct pst_job job;
    struct pst_bench *bench;
    unsigned number; /* of the terminal that it puts */
    bool refuses, is_done;
    enum pst_code code;
    size_t order;            /* how many were done before this one */
    struct pst_store *check; /* a reader that must see the terminal at done(), or NULL */
};

/* Fails the test with the first finding unless the code is PST_OK. */
void pst_bench_must(enum pst_code code, const struct pst_report *why);

struct pst_bench *pst_bench_open(size_t queue_most, size_t batch_most);
/* In a folder that is there; the bench takes it over. */
struct pst_bench *pst_bench_open_at(struct pst_scratch scratch, size_t queue_most,
                                    size_t batch_most);
/* Stops the writer, unless the test did and set it to NULL, and removes the folder. */
void pst_bench_close(struct pst_bench *bench);

struct pst_store *pst_bench_reader(struct pst_bench *bench);
bool pst_bench_is_stored(struct pst_store *reader, unsigned number);

/* Puts the terminal with the job's number, and then refuses if it is told to. */
enum pst_code pst_bench_put_terminal(struct pst_job *job, struct pst_store *store);
/* `count` such jobs, numbered from `first`; the caller frees. */
struct pst_bench_job *pst_bench_jobs(struct pst_bench *bench, size_t count, unsigned first);
void pst_bench_submit(struct pst_bench *bench, struct pst_bench_job *job);
/* Waits until so many jobs are done in all. */
void pst_bench_wait(struct pst_bench *bench, size_t count);

/* Submits a job that waits inside its transaction: what is queued behind it is one batch later. */
void pst_bench_hold(struct pst_bench *bench, struct pst_bench_job *gate);
void pst_bench_let_go(struct pst_bench *bench);

#endif
