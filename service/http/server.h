/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - internal to http/: what the exchanges share.
 */
#ifndef PST_SERVICE_HTTP_SERVER_H
#define PST_SERVICE_HTTP_SERVER_H

#include <pthread.h>

#include "service/http/exchange.h"

/* One connection's deadline. The socket is open as long as the entry is in the list. */
struct pst_link {
    struct pst_link *next, **back; /* `back` points to what points here */
    int fd;
    int64_t overdue_us; /* INT64_MAX: not now */
};

struct pst_http {
    struct pst_http_options options;
    const struct pst_api *api;
    struct MHD_Daemon *daemon;
    unsigned port;
    atomic_bool stopping;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t quieter;
    struct pst_link *links;
    size_t exchanges, running; /* all; those that wait for an answer */
    size_t reader_count;       /* those that nobody uses now */
    struct pst_store **reader;
};

int64_t pst_http_clock_us(void); /* monotonic */

struct pst_store *pst_http_take_reader(struct pst_http *http); /* NULL when all are taken */
void pst_http_give_reader(struct pst_http *http, struct pst_store *reader);

/* From now on the connection has this long, or (negative) for ever. */
void pst_http_allow_us(struct pst_exchange *exchange, int64_t us);

#endif
