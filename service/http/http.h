/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - the service's listener: HTTP/1.1 in, struct pst_request out. Alone uses libmicrohttpd.
 *
 *     socket -> libmicrohttpd (workers, epoll) -> guard -> pst_api_admit -> body -> pst_api_begin
 *                                                                                        |
 *     socket <- libmicrohttpd <- resumed worker <-- deliver (any thread) <---------------'
 *
 * libmicrohttpd 0.9.75 lets requests through that two readers understand differently; guard.h
 * refuses them before anything else looks at them. Errors that the library finds itself (a header
 * block beyond its memory, a malformed chunk, a Content-Length that is no number) are answered by
 * it, in HTML, and the last of these with its head sent twice; it closes the connection after each.
 *
 * Plain HTTP only, on TCP only (the library mishandles AF_UNIX clients): TLS is the proxy's.
 *
 * Threads  start and stop from one thread; the callbacks come from the workers.
 * Errors   PST_HOST_PORT naming the address; PST_CONFIG_VALUE for an address that is none;
 *          PST_HOST_*.
 */
#ifndef PST_SERVICE_HTTP_HTTP_H
#define PST_SERVICE_HTTP_HTTP_H

#include "service/api/api.h"

struct pst_http;

/* One request that has ended, for the log. Valid during the call only. */
struct pst_http_access {
    const char *method;     /* as sent, when it is a word; else "-" */
    struct pst_text target; /* as sent: may hold anything but a NUL */
    const char *peer, *request_id;
    int status;     /* 0: none was sent by us */
    uint64_t bytes; /* of the answer's body */
    int64_t duration_us;
    bool broken; /* the connection ended before the answer was out */
};

struct pst_http_options {
    const char *listen; /* "127.0.0.1:8470", "[::1]:0": numeric; port 0 takes a free one */
    unsigned workers;
    unsigned connections_most;
    size_t connection_memory_bytes; /* for a request's head; beyond: 431 */
    unsigned idle_timeout_s;        /* without a byte in or out */
    int64_t request_deadline_s; /* for a whole request, however slowly it comes; uploads get more */
    int64_t drain_s;            /* that stop waits for answers on their way */
    const struct pst_store_backend *backend; /* for a reader a worker */
    void (*on_access)(void *context, const struct pst_http_access *access); /* may be NULL */
    void *context;
};

enum pst_code pst_http_start(const struct pst_http_options *options, const struct pst_api *api,
                             struct pst_http **out, struct pst_report *why) PST_MUST_CHECK;
unsigned pst_http_port(const struct pst_http *http);
/* Closes connections whose request or answer is overdue. From the main loop, each second or so. */
void pst_http_sweep(struct pst_http *http);
/* Takes no more connections, waits for the answers on their way, ends. Writer and publisher still
 * run. */
void pst_http_stop(struct pst_http *http);

#endif
