/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publisher.h - the one thread for what takes long: keeping uploads, publishing, renewing.
 *
 *     HTTP workers --submit--> queue of a few --> run, one after the other --> writer --> reply
 *
 * So neither the HTTP workers nor the store's writer wait for hashing and fsync of whole images.
 *
 * Threads  all functions but start, stop and recover from any thread.
 */
#ifndef PST_SERVICE_API_PUBLISHER_H
#define PST_SERVICE_API_PUBLISHER_H

#include "service/repository/repository.h"
#include "service/store/writer.h"

struct pst_publisher;
struct pst_work;

struct pst_publisher_options {
    struct pst_repository *repository; /* borrowed, as is the writer */
    struct pst_writer *writer;
    size_t queue_most;
    /* Called on the publisher's thread after each renewal that did something or failed; may be
     * NULL. */
    void (*on_renewed)(void *context, enum pst_code code, const struct pst_report *why);
    void *context;
};
enum pst_code pst_publisher_start(const struct pst_publisher_options *options,
                                  struct pst_publisher **out, struct pst_report *why)
    PST_MUST_CHECK;
/* Finishes what waits, then ends the thread. The writer must still run. */
void pst_publisher_stop(struct pst_publisher *publisher);

/* PST_OK: pst_work_done() will be called. PST_SERVICE_OVERLOADED: the queue is full. */
enum pst_code pst_publisher_submit(struct pst_publisher *publisher, struct pst_work *work,
                                   struct pst_report *why) PST_MUST_CHECK;
/* Asks for pst_repository_renew(); asking again before it ran does nothing more. */
void pst_publisher_renew(struct pst_publisher *publisher);

/* Stores the rows of published releases, and waits. Not from the writer's or an HTTP thread. */
enum pst_code pst_publisher_store(struct pst_writer *writer, const struct pst_published *published,
                                  struct pst_report *why) PST_MUST_CHECK;
/* At start: releases that the repository has and the store has not, after a crash in between. */
enum pst_code pst_publisher_recover(const struct pst_repository *repository,
                                    struct pst_writer *writer, struct pst_store *reader,
                                    size_t *recovered, struct pst_report *why) PST_MUST_CHECK;

/* The store's row of a release. Refuses with PST_TOO_LARGE what has no room in it. */
enum pst_code pst_release_row_of(const struct pst_published_release *published,
                                 struct pst_release_row *out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
