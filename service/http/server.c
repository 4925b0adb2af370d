/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "service/http/listen.h"

#define US_PER_S INT64_C(1000000)

int64_t pst_http_clock_us(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

/* ---- readers */

struct pst_store *pst_http_take_reader(struct pst_http *http)
{
    struct pst_store *reader = NULL;
    pthread_mutex_lock(&http->lock);
    if (http->reader_count > 0)
        reader = http->reader[--http->reader_count];
    pthread_mutex_unlock(&http->lock);
    return reader;
}

void pst_http_give_reader(struct pst_http *http, struct pst_store *reader)
{
    pthread_mutex_lock(&http->lock);
    http->reader[http->reader_count++] = reader;
    pthread_mutex_unlock(&http->lock);
}

/* A worker uses one at a time, so there is always one for it. */
static enum pst_code open_readers(struct pst_http *http, struct pst_report *why)
{
    const struct pst_store_backend *backend = http->options.backend;

    http->reader = calloc(http->options.workers, sizeof(struct pst_store *));
    if (http->reader == NULL)
        return pst_no_memory(why, "readers");
    while (http->reader_count < http->options.workers) {
        enum pst_code code =
            backend->open_reader(backend->context, &http->reader[http->reader_count], why);
        if (code != PST_OK)
            return code;
        http->reader_count++;
    }
    return PST_OK;
}

/* ---- deadlines */

void pst_http_allow_us(struct pst_exchange *exchange, int64_t us)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct pst_link *link = info != NULL ? info->socket_context : NULL;

    if (link == NULL)
        return;
    pthread_mutex_lock(&exchange->http->lock);
    link->overdue_us = us < 0 ? INT64_MAX : pst_http_clock_us() + us;
    pthread_mutex_unlock(&exchange->http->lock);
}

/* Between requests the library's own idle time-out rules; then the next one has its time again. */
static int64_t next_request_us(const struct pst_http *http)
{
    return US_PER_S * (http->options.request_deadline_s + http->options.idle_timeout_s);
}

void pst_http_sweep(struct pst_http *http)
{
    int64_t now_us = pst_http_clock_us();

    pthread_mutex_lock(&http->lock);
    for (struct pst_link *link = http->links; link != NULL; link = link->next)
        if (link->overdue_us <= now_us)
            shutdown(link->fd, SHUT_RDWR);
    pthread_mutex_unlock(&http->lock);
}

static void connection_opened(struct pst_http *http, struct MHD_Connection *connection,
                              void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pst_link *link = calloc(1, sizeof *link);

    /* Without an entry the connection has no deadline but the library's. */
    if (link == NULL || info == NULL) {
        free(link);
        return;
    }
    link->fd = info->connect_fd;
    link->overdue_us = pst_http_clock_us() + next_request_us(http);
    pthread_mutex_lock(&http->lock);
    link->next = http->links;
    link->back = &http->links;
    if (link->next != NULL)
        link->next->back = &link->next;
    http->links = link;
    pthread_mutex_unlock(&http->lock);
    *context = link;
}

static void connection_closed(struct pst_http *http, void **context)
{
    struct pst_link *link = *context;

    if (link == NULL)
        return;
    pthread_mutex_lock(&http->lock);
    *link->back = link->next;
    if (link->next != NULL)
        link->next->back = link->back;
    pthread_mutex_unlock(&http->lock);
    free(link);
    *context = NULL;
}

/* ---- the library's callbacks */

static void on_connection(void *http, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connection_opened(http, connection, context);
    else
        connection_closed(http, context);
}

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct pst_http *http = context;
    struct pst_exchange *exchange = pst_exchange_new(http, connection, target);

    if (exchange == NULL)
        return NULL;
    pthread_mutex_lock(&http->lock);
    http->exchanges++;
    pthread_mutex_unlock(&http->lock);
    return exchange;
}

/* The target is decoded by the router alone, and only once. */
static size_t leave_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **exchange_at)
{
    struct pst_exchange *exchange = *exchange_at;
    (void)context;
    (void)connection;

    if (exchange == NULL) /* no memory */
        return MHD_NO;
    switch (exchange->stage) {
    case PST_STAGE_HEAD:
        return pst_exchange_head(exchange, url, method, version);
    case PST_STAGE_BODY:
        if (*data_len == 0)
            return pst_exchange_run(exchange);
        struct pst_bytes part = pst_bytes(data, *data_len);
        *data_len = 0;
        return pst_exchange_body(exchange, part);
    case PST_STAGE_RUNNING:
        return pst_exchange_answer(exchange);
    case PST_STAGE_ANSWERED:
        break;
    }
    return MHD_YES;
}

static void tell_access(const struct pst_exchange *exchange, bool broken)
{
    const struct pst_http_options *options = &exchange->http->options;
    struct pst_http_access access = {
        .method = exchange->method,
        .target = pst_text(exchange->target),
        .peer = exchange->request.peer,
        .request_id = exchange->request.id,
        .status = exchange->status,
        .bytes = exchange->sent_bytes,
        .duration_us = pst_http_clock_us() - exchange->started_us,
        .broken = broken,
    };
    if (options->on_access != NULL)
        options->on_access(options->context, &access);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **exchange_at,
                         enum MHD_RequestTerminationCode code)
{
    struct pst_http *http = context;
    struct pst_exchange *exchange = *exchange_at;
    (void)connection;

    if (exchange == NULL)
        return;
    tell_access(exchange, code != MHD_REQUEST_TERMINATED_COMPLETED_OK);
    pst_http_allow_us(exchange, next_request_us(http));
    pst_exchange_free(exchange);
    *exchange_at = NULL;
    pthread_mutex_lock(&http->lock);
    http->exchanges--;
    pthread_cond_broadcast(&http->quieter);
    pthread_mutex_unlock(&http->lock);
}

/* The library's own words go nowhere: what matters is in the answers and in on_access. */
static void say_nothing(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

/* ---- starting and stopping */

static struct MHD_Daemon *start_daemon(struct pst_http *http, int listener)
{
    const struct pst_http_options *options = &http->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)say_nothing, NULL}, /* first, to be heard by all */
        {MHD_OPTION_LISTEN_SOCKET, listener, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)options->connections_most, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->connection_memory_bytes, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)options->idle_timeout_s, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 0, NULL}, /* strict, it answers a missing Host twice */
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, http},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, http},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, http},
        /* A pool of one is refused: a single worker is the daemon's own thread. */
        {options->workers > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
         (intptr_t)options->workers, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, http, MHD_OPTION_ARRAY, items,
                            MHD_OPTION_END);
}

static void free_http(struct pst_http *http)
{
    for (size_t i = 0; i < http->reader_count; i++)
        http->reader[i]->ops->close(http->reader[i]);
    free(http->reader);
    pthread_cond_destroy(&http->quieter);
    pthread_mutex_destroy(&http->lock);
    free(http);
}

static void init_lock(struct pst_http *http)
{
    pthread_condattr_t clock;

    pthread_mutex_init(&http->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&http->quieter, &clock);
    pthread_condattr_destroy(&clock);
}

enum pst_code pst_http_start(const struct pst_http_options *options, const struct pst_api *api,
                             struct pst_http **out, struct pst_report *why)
{
    struct pst_http *http = calloc(1, sizeof *http);
    int listener = -1;

    if (http == NULL)
        return pst_no_memory(why, "the listener");
    http->options = *options;
    http->api = api;
    init_lock(http);
    enum pst_code code = open_readers(http, why);
    if (code == PST_OK)
        code = pst_http_listen(options->listen, &listener, &http->port, why);
    if (code == PST_OK) {
        http->daemon = start_daemon(http, listener);
        if (http->daemon == NULL) {
            close(listener);
            code = pst_refuse_errno(why, errno != 0 ? errno : EIO, "threads for the listener");
        }
    }
    if (code != PST_OK) {
        free_http(http);
        return code;
    }
    *out = http;
    return PST_OK;
}

unsigned pst_http_port(const struct pst_http *http)
{
    return http->port;
}

/* Answers that are being made always come; those on their way out have `drain_s`. */
static void wait_until_quiet(struct pst_http *http)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)http->options.drain_s;

    pthread_mutex_lock(&http->lock);
    while (http->running > 0)
        pthread_cond_wait(&http->quieter, &http->lock);
    while (http->exchanges > 0 &&
           pthread_cond_timedwait(&http->quieter, &http->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&http->lock);
}

void pst_http_stop(struct pst_http *http)
{
    if (http == NULL)
        return;
    atomic_store(&http->stopping, true);
    int listener = MHD_quiesce_daemon(http->daemon);
    wait_until_quiet(http);
    MHD_stop_daemon(http->daemon);
    if (listener >= 0)
        close(listener);
    free_http(http);
}
