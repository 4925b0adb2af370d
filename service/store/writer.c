/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* So long without a job, and the log is moved into the database to its end. */
enum { IDLE_S = 2 };

struct pst_writer {
    struct pst_store *store; /* the writer thread's, once it runs */
    size_t queue_most, batch_most;
    pthread_t thread;
    atomic_bool healthy;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct pst_job *first, **last;
    size_t waiting;
    bool stopping;
    enum pst_code *code; /* one for each job of a batch; the writer thread's */
};

/* ---- one batch */

static enum pst_code apply_one(struct pst_store *store, struct pst_job *job, enum pst_code *verdict,
                               struct pst_report *why)
{
    enum pst_code code = store->ops->savepoint(store, why);
    if (code != PST_OK)
        return code;
    *verdict = job->apply(job, store);
    return store->ops->release_savepoint(store, *verdict == PST_OK, why);
}

/* A job's own verdict stands in codes[]; what is answered is the fate of the batch as a whole. */
static enum pst_code apply_all(struct pst_store *store, struct pst_job *batch, enum pst_code *codes,
                               struct pst_report *why)
{
    size_t i = 0;
    enum pst_code code = store->ops->begin(store, why);

    for (struct pst_job *job = batch; code == PST_OK && job != NULL; job = job->next)
        code = apply_one(store, job, &codes[i++], why);
    if (code == PST_OK)
        code = store->ops->commit(store, why);
    if (code != PST_OK)
        store->ops->abandon(store);
    return code;
}

static void run_batch(struct pst_writer *writer, struct pst_job *batch)
{
    struct pst_report why = {0};
    enum pst_code fate = apply_all(writer->store, batch, writer->code, &why);
    size_t i = 0;

    atomic_store(&writer->healthy, fate == PST_OK);
    while (batch != NULL) {
        struct pst_job *job = batch;
        batch = job->next; /* done() may free it */
        job->next = NULL;
        if (fate != PST_OK)
            job->why = why; /* whatever it refused before rested on writes that are lost */
        job->done(job, fate != PST_OK ? fate : writer->code[i]);
        i++;
    }
}

/* ---- the queue */

static struct timespec idle_until(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += IDLE_S;
    return at;
}

/* With the lock held; returns with work, or when the writer stops. */
static void wait_for_work(struct pst_writer *writer, bool *unsettled)
{
    struct timespec until = idle_until();
    while (writer->first == NULL && !writer->stopping) {
        if (!*unsettled) {
            pthread_cond_wait(&writer->work, &writer->lock);
        } else if (pthread_cond_timedwait(&writer->work, &writer->lock, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&writer->lock);
            /* A failure says itself again at the next commit, where somebody waits. */
            (void)writer->store->ops->checkpoint(writer->store, /* idle= */ true, NULL);
            *unsettled = false;
            pthread_mutex_lock(&writer->lock);
        }
    }
}

/* With the lock held. No delay to gather more: that happens while a batch is written. */
static struct pst_job *take_batch(struct pst_writer *writer)
{
    struct pst_job *batch = writer->first;
    struct pst_job **end = &writer->first;
    size_t count = 0;

    while (*end != NULL && count < writer->batch_most) {
        end = &(*end)->next;
        count++;
    }
    writer->first = *end;
    if (writer->first == NULL)
        writer->last = &writer->first;
    *end = NULL;
    writer->waiting -= count;
    return batch;
}

static void *serve(void *context)
{
    struct pst_writer *writer = context;
    bool unsettled = true;

    pthread_mutex_lock(&writer->lock);
    for (;;) {
        wait_for_work(writer, &unsettled);
        if (writer->first == NULL)
            break;
        struct pst_job *batch = take_batch(writer);
        pthread_mutex_unlock(&writer->lock);
        run_batch(writer, batch);
        (void)writer->store->ops->checkpoint(writer->store, /* idle= */ false, NULL);
        unsettled = true;
        pthread_mutex_lock(&writer->lock);
    }
    pthread_mutex_unlock(&writer->lock);
    (void)writer->store->ops->checkpoint(writer->store, /* idle= */ true, NULL);
    return NULL;
}

static enum pst_code enqueue(struct pst_writer *writer, struct pst_job *job)
{
    enum pst_code code = PST_SERVICE_OVERLOADED;

    pthread_mutex_lock(&writer->lock);
    if (!writer->stopping && writer->waiting < writer->queue_most) {
        job->next = NULL;
        *writer->last = job;
        writer->last = &job->next;
        writer->waiting++;
        code = PST_OK;
        pthread_cond_signal(&writer->work);
    }
    pthread_mutex_unlock(&writer->lock);
    return code;
}

enum pst_code pst_writer_submit(struct pst_writer *writer, struct pst_job *job,
                                struct pst_report *why)
{
    enum pst_code code = enqueue(writer, job);
    if (code == PST_OK)
        return PST_OK;
    return pst_refuse(why, code, pst_say("room among %zu waiting writes", writer->queue_most),
                      pst_say("none, or the service is stopping"));
}

size_t pst_writer_waiting(struct pst_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    size_t waiting = writer->waiting;
    pthread_mutex_unlock(&writer->lock);
    return waiting;
}

bool pst_writer_is_healthy(const struct pst_writer *writer)
{
    return atomic_load(&writer->healthy);
}

/* ---- submitting and waiting */

struct visit {
    struct pst_job job; /* first: what the writer sees is cast to the visit */
    struct pst_job *inner;
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool is_over;
    enum pst_code code;
};

static enum pst_code visit_apply(struct pst_job *job, struct pst_store *store)
{
    struct visit *visit = (struct visit *)(void *)job;
    return visit->inner->apply(visit->inner, store);
}

static void visit_done(struct pst_job *job, enum pst_code code)
{
    struct visit *visit = (struct visit *)(void *)job;

    if (visit->job.why.count > 0) /* the batch was lost */
        visit->inner->why = visit->job.why;
    pthread_mutex_lock(&visit->lock);
    visit->code = code;
    visit->is_over = true;
    pthread_cond_signal(&visit->over);
    pthread_mutex_unlock(&visit->lock);
}

enum pst_code pst_writer_run(struct pst_writer *writer, struct pst_job *job)
{
    struct visit visit = {.job = {.apply = visit_apply, .done = visit_done}, .inner = job};

    pthread_mutex_init(&visit.lock, NULL);
    pthread_cond_init(&visit.over, NULL);
    enum pst_code code = pst_writer_submit(writer, &visit.job, &job->why);
    if (code == PST_OK) {
        pthread_mutex_lock(&visit.lock);
        while (!visit.is_over)
            pthread_cond_wait(&visit.over, &visit.lock);
        pthread_mutex_unlock(&visit.lock);
        code = visit.code;
    }
    pthread_cond_destroy(&visit.over);
    pthread_mutex_destroy(&visit.lock);
    return code;
}

/* ---- its life */

static void writer_free(struct pst_writer *writer)
{
    if (writer->store != NULL)
        writer->store->ops->close(writer->store);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
    free(writer->code);
    free(writer);
}

static enum pst_code writer_new(const struct pst_writer_options *options, struct pst_writer **out,
                                struct pst_report *why)
{
    pthread_condattr_t monotonic;
    struct pst_writer *writer = calloc(1, sizeof *writer);
    enum pst_code *codes = calloc(options->batch_most, sizeof *codes);
    if (writer == NULL || codes == NULL) {
        free(writer);
        free(codes);
        return pst_no_memory(why, "the writer");
    }
    writer->queue_most = options->queue_most;
    writer->batch_most = options->batch_most;
    writer->code = codes;
    writer->last = &writer->first;
    atomic_init(&writer->healthy, true);
    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *out = writer;
    return PST_OK;
}

/* Signals are for the thread that waits for them, never for the middle of a commit. */
static int start_thread(struct pst_writer *writer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&writer->thread, NULL, serve, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

enum pst_code pst_writer_start(const struct pst_store_backend *backend,
                               const struct pst_writer_options *options, struct pst_writer **out,
                               struct pst_report *why)
{
    struct pst_writer *writer = NULL;
    if (options->queue_most == 0 || options->batch_most == 0)
        return pst_refuse(why, PST_OUT_OF_BOUNDS, pst_say("room for a job at least"),
                          pst_say("none"));
    enum pst_code code = writer_new(options, &writer, why);
    if (code != PST_OK)
        return code;
    code = backend->open_writer(backend->context, &writer->store, why);
    int error = code == PST_OK ? start_thread(writer) : 0;
    if (error != 0)
        code = pst_refuse_errno(why, error, "a thread for the writer");
    if (code != PST_OK) {
        writer_free(writer);
        return code;
    }
    *out = writer;
    return PST_OK;
}

void pst_writer_stop(struct pst_writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    writer_free(writer);
}
