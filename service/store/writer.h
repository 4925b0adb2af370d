/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer.h - the one thread that writes: a bounded queue, group commit, answers after the commit.
 *
 *     threads --submit--> queue --BEGIN, each job in a savepoint, COMMIT--> job->done(job, code)
 *
 * A job that refuses rolls back its own savepoint only; the others of the batch go on. `done` is
 * called after the commit (or after it failed: then every job of the batch gets that code), on the
 * writer thread.
 *
 * Threads  submit from any thread; a job belongs to the writer from submit until done returns.
 */
#ifndef PST_SERVICE_STORE_WRITER_H
#define PST_SERVICE_STORE_WRITER_H

#include "service/store/store.h"

struct pst_job {
    /* On the writer thread, inside the transaction. What it refuses goes into `why`, which is the
     * job's. */
    enum pst_code (*apply)(struct pst_job *job, struct pst_store *store);
    /* PST_OK: durable. Frees the job, if it is to be freed. */
    void (*done)(struct pst_job *job, enum pst_code code);
    struct pst_report why;
    struct pst_job *next; /* the queue's */
};

struct pst_writer;

struct pst_writer_options {
    size_t queue_most; /* jobs waiting; beyond: PST_SERVICE_OVERLOADED */
    size_t batch_most; /* jobs in one commit */
};

/* Opens the writer's handle (and migrates the database) before it answers. */
enum pst_code pst_writer_start(const struct pst_store_backend *backend,
                               const struct pst_writer_options *options, struct pst_writer **out,
                               struct pst_report *why) PST_MUST_CHECK;
/* Takes no more jobs, finishes those that wait, closes. */
void pst_writer_stop(struct pst_writer *writer);

/* PST_OK: `done` will be called. Otherwise it will not be, and the job is still the caller's. */
enum pst_code pst_writer_submit(struct pst_writer *writer, struct pst_job *job,
                                struct pst_report *why) PST_MUST_CHECK;
/* Submits and waits: for start-up, housekeeping and tests; never from an HTTP worker. `done` is
 * not called. */
enum pst_code pst_writer_run(struct pst_writer *writer, struct pst_job *job) PST_MUST_CHECK;

/* For readiness: false once a commit failed and no later one has succeeded. */
bool pst_writer_is_healthy(const struct pst_writer *writer);
size_t pst_writer_waiting(struct pst_writer *writer);

#endif
