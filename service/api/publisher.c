/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/publisher.h"

#include <pthread.h>
#include <stdlib.h>

#include "service/api/call.h"

struct pst_publisher {
    struct pst_publisher_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wakes;
    struct pst_job *first, **last; /* the queue: each is the head of a struct pst_work */
    size_t waiting;
    bool renew, stopping;
};

enum task { TASK_WORK, TASK_RENEW, TASK_STOP };

static enum task next_task(struct pst_publisher *publisher, struct pst_work **work)
{
    enum task task = TASK_STOP;

    pthread_mutex_lock(&publisher->lock);
    while (publisher->first == NULL && !publisher->renew && !publisher->stopping)
        pthread_cond_wait(&publisher->wakes, &publisher->lock);
    if (publisher->first != NULL) {
        task = TASK_WORK;
        *work = (struct pst_work *)publisher->first;
        publisher->first = publisher->first->next;
        if (publisher->first == NULL)
            publisher->last = &publisher->first;
        publisher->waiting--;
    } else if (publisher->renew && !publisher->stopping) {
        task = TASK_RENEW;
        publisher->renew = false;
    }
    pthread_mutex_unlock(&publisher->lock);
    return task;
}

static void renew(struct pst_publisher *publisher)
{
    struct pst_report why = {0};
    bool renewed = false;

    enum pst_code code = pst_repository_renew(publisher->options.repository, &renewed, &why);
    if (publisher->options.on_renewed != NULL && (renewed || code != PST_OK))
        publisher->options.on_renewed(publisher->options.context, code, &why);
}

static void *run(void *context)
{
    struct pst_publisher *publisher = context;
    struct pst_work *work = NULL;

    for (;;) {
        switch (next_task(publisher, &work)) {
        case TASK_WORK:
            pst_work_done(work, work->apply(work, NULL));
            break;
        case TASK_RENEW:
            renew(publisher);
            break;
        case TASK_STOP:
            return NULL;
        }
    }
}

enum pst_code pst_publisher_start(const struct pst_publisher_options *options,
                                  struct pst_publisher **out, struct pst_report *why)
{
    struct pst_publisher *publisher = calloc(1, sizeof *publisher);
    if (publisher == NULL)
        return pst_no_memory(why, "the publisher");
    publisher->options = *options;
    publisher->last = &publisher->first;
    pthread_mutex_init(&publisher->lock, NULL);
    pthread_cond_init(&publisher->wakes, NULL);
    int error = pthread_create(&publisher->thread, NULL, run, publisher);
    if (error != 0) {
        free(publisher);
        return pst_refuse_errno(why, error, "a thread for publishing");
    }
    *out = publisher;
    return PST_OK;
}

void pst_publisher_stop(struct pst_publisher *publisher)
{
    if (publisher == NULL)
        return;
    pthread_mutex_lock(&publisher->lock);
    publisher->stopping = true;
    pthread_cond_signal(&publisher->wakes);
    pthread_mutex_unlock(&publisher->lock);
    pthread_join(publisher->thread, NULL);
    pthread_cond_destroy(&publisher->wakes);
    pthread_mutex_destroy(&publisher->lock);
    free(publisher);
}

enum pst_code pst_publisher_submit(struct pst_publisher *publisher, struct pst_work *work,
                                   struct pst_report *why)
{
    pthread_mutex_lock(&publisher->lock);
    bool full = publisher->waiting >= publisher->options.queue_most || publisher->stopping;
    if (!full) {
        work->job.next = NULL;
        *publisher->last = &work->job;
        publisher->last = &work->job.next;
        publisher->waiting++;
        pthread_cond_signal(&publisher->wakes);
    }
    pthread_mutex_unlock(&publisher->lock);
    if (full)
        return pst_refuse(
            why, PST_SERVICE_OVERLOADED,
            pst_say("at most %zu uploads and publishes waiting", publisher->options.queue_most),
            pst_say("one more"));
    return PST_OK;
}

void pst_publisher_renew(struct pst_publisher *publisher)
{
    pthread_mutex_lock(&publisher->lock);
    publisher->renew = true;
    pthread_cond_signal(&publisher->wakes);
    pthread_mutex_unlock(&publisher->lock);
}

/* ---- releases into the store */

struct store_releases {
    struct pst_job job; /* first */
    const struct pst_published *published;
};

static enum pst_code apply_releases(struct pst_job *job, struct pst_store *store)
{
    const struct pst_published *published = ((struct store_releases *)job)->published;
    struct pst_release_row row;

    for (size_t i = 0; i < published->count; i++) {
        enum pst_code code = pst_release_row_of(&published->release[i], &row, &job->why);
        if (code == PST_OK)
            code = store->ops->put_release(store, &row, &job->why);
        if (code != PST_OK)
            return code;
    }
    return PST_OK;
}

enum pst_code pst_publisher_store(struct pst_writer *writer, const struct pst_published *published,
                                  struct pst_report *why)
{
    if (published->count == 0)
        return PST_OK;
    struct store_releases *job = calloc(1, sizeof *job);
    if (job == NULL)
        return pst_no_memory(why, "the releases");
    job->job.apply = apply_releases;
    job->published = published;
    enum pst_code code = pst_writer_run(writer, &job->job);
    pst_report_append(why, &job->job.why, /* noted= */ false);
    free(job);
    return code;
}

static bool is_stored(struct pst_store *reader, const struct pst_published_release *published,
                      struct pst_report *why, enum pst_code *code)
{
    struct pst_release_row row;
    char product[PST_NAME_ROOM] = "";

    memcpy(product, published->release->product.at,
           published->release->product.len < sizeof product ? published->release->product.len : 0);
    *code = reader->ops->release(reader, product, &published->release->version, &row, why);
    if (*code == PST_SERVICE_NOT_FOUND) {
        *code = PST_OK;
        return false;
    }
    return *code == PST_OK && row.sequence >= published->release->sequence;
}

/* Keeps those that the store lacks at the front of the array; the others move behind them. */
static enum pst_code sort_missing(struct pst_published *published, struct pst_store *reader,
                                  size_t *missing, struct pst_report *why)
{
    *missing = 0;
    for (size_t i = 0; i < published->count; i++) {
        enum pst_code code;
        bool stored = is_stored(reader, &published->release[i], why, &code);
        if (code != PST_OK)
            return code;
        if (stored)
            continue;
        struct pst_published_release swap = published->release[*missing];
        published->release[*missing] = published->release[i];
        published->release[i] = swap;
        ++*missing;
    }
    return PST_OK;
}

enum pst_code pst_publisher_recover(const struct pst_repository *repository,
                                    struct pst_writer *writer, struct pst_store *reader,
                                    size_t *recovered, struct pst_report *why)
{
    struct pst_published published = {0};

    enum pst_code code = pst_repository_releases(repository, &published, why);
    if (code != PST_OK)
        return code;
    code = sort_missing(&published, reader, recovered, why);
    if (code == PST_OK) {
        struct pst_published missing = published;
        missing.count = *recovered;
        code = pst_publisher_store(writer, &missing, why);
    }
    pst_published_clear(&published);
    return code;
}
