/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/exchange.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "manifests/file.h"
#include "service/http/guard.h"
#include "service/http/server.h"

enum {
    SLOWEST_BYTES_PER_S = 1024, /* who is slower than this for long is cut off */
    DISCARD_MOST = 256 * 1024   /* of a body that is too large already */
};
#define US_PER_S INT64_C(1000000)

/* ---- from and to the other threads */

static void deliver(struct pst_reply *reply, struct pst_response *response)
{
    struct pst_exchange *exchange = (struct pst_exchange *)reply;
    struct pst_http *http = exchange->http;

    exchange->response = *response;
    if (atomic_exchange(&exchange->turn, PST_TURN_DELIVERED) == PST_TURN_SUSPENDED)
        MHD_resume_connection(exchange->connection);
    /* The exchange may be gone by now. */
    pthread_mutex_lock(&http->lock);
    http->running--;
    pthread_cond_broadcast(&http->quieter);
    pthread_mutex_unlock(&http->lock);
}

/* ---- coming and going */

static void name_peer(struct MHD_Connection *connection, char *out, size_t room)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    snprintf(out, room, "-");
    if (info == NULL || info->client_addr == NULL)
        return;
    if (info->client_addr->sa_family == AF_INET) {
        struct sockaddr_in address;
        memcpy(&address, info->client_addr, sizeof address);
        inet_ntop(AF_INET, &address.sin_addr, out, (socklen_t)room);
    } else if (info->client_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 address;
        memcpy(&address, info->client_addr, sizeof address);
        inet_ntop(AF_INET6, &address.sin6_addr, out, (socklen_t)room);
    }
}

struct pst_exchange *pst_exchange_new(struct pst_http *http, struct MHD_Connection *connection,
                                      const char *target)
{
    struct pst_exchange *exchange = calloc(1, sizeof *exchange);
    uint8_t random[8] = {0};

    if (exchange == NULL)
        return NULL;
    exchange->target = strdup(target != NULL ? target : "");
    if (exchange->target == NULL) {
        free(exchange);
        return NULL;
    }
    exchange->reply.deliver = deliver;
    exchange->http = http;
    exchange->connection = connection;
    exchange->started_us = pst_http_clock_us();
    exchange->request.upload_fd = -1;
    pst_response_init(&exchange->response);
    if (pst_random(random, sizeof random, NULL) == PST_OK)
        pst_hex_print(pst_bytes(random, sizeof random), exchange->request.id);
    name_peer(connection, exchange->request.peer, sizeof exchange->request.peer);
    snprintf(exchange->method, sizeof exchange->method, "-");
    atomic_init(&exchange->turn, PST_TURN_WORKER);
    return exchange;
}

void pst_exchange_free(struct pst_exchange *exchange)
{
    pst_response_clear(&exchange->response);
    pst_buf_clear(&exchange->body);
    pst_digest_cleanup(&exchange->digest);
    if (exchange->request.upload_fd >= 0)
        close(exchange->request.upload_fd);
    free(exchange->target);
    free(exchange);
}

/* ---- answering */

static struct MHD_Response *make_response(struct pst_response *response, uint64_t *bytes)
{
    struct MHD_Response *made;

    if (response->fd >= 0) {
        *bytes = response->fd_bytes;
        made = MHD_create_response_from_fd_at_offset64(response->fd_bytes, response->fd,
                                                       response->fd_at);
        if (made != NULL)
            response->fd = -1; /* the library's now */
        return made;
    }
    *bytes = response->body.len;
    made = MHD_create_response_from_buffer(response->body.len, response->body.at,
                                           MHD_RESPMEM_MUST_FREE);
    if (made != NULL)
        response->body = pst_buf(0); /* the library's now */
    return made;
}

static bool has_header(const struct pst_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcmp(response->header[i].name, name) == 0)
            return true;
    return false;
}

static void add_headers(const struct pst_exchange *exchange, struct MHD_Response *made, bool close)
{
    const struct pst_response *response = &exchange->response;

    MHD_add_response_header(made, "Content-Type", response->content_type);
    for (size_t i = 0; i < response->header_count; i++)
        MHD_add_response_header(made, response->header[i].name, response->header[i].value);
    MHD_add_response_header(made, "X-Request-Id", exchange->request.id);
    MHD_add_response_header(made, "X-Content-Type-Options", "nosniff");
    if (!has_header(response, "Content-Security-Policy"))
        MHD_add_response_header(made, "Content-Security-Policy",
                                "default-src 'none'; frame-ancestors 'none'");
    if (!has_header(response, "Cache-Control"))
        MHD_add_response_header(made, "Cache-Control", "no-store");
    if (!has_header(response, "Vary") && response->fd < 0)
        MHD_add_response_header(made, "Vary", "Accept-Language, Authorization");
    if (close)
        MHD_add_response_header(made, "Connection", "close");
}

/* Sends what `exchange->response` holds; `close` ends the connection after it. */
static enum MHD_Result send_response(struct pst_exchange *exchange, bool close)
{
    int status = exchange->response.status;
    struct MHD_Response *made = make_response(&exchange->response, &exchange->sent_bytes);

    exchange->stage = PST_STAGE_ANSWERED;
    if (made == NULL)
        return MHD_NO;
    add_headers(exchange, made, close || atomic_load(&exchange->http->stopping));
    pst_http_allow_us(exchange, US_PER_S * (exchange->http->options.request_deadline_s +
                                            (int64_t)(exchange->sent_bytes / SLOWEST_BYTES_PER_S)));
    enum MHD_Result result = MHD_queue_response(exchange->connection, (unsigned)status, made);
    exchange->status = result == MHD_YES ? status : 0;
    MHD_destroy_response(made);
    return result;
}

static enum MHD_Result send_problem(struct pst_exchange *exchange, const struct pst_report *why)
{
    pst_response_problem(&exchange->response, exchange->http->api, &exchange->request, why);
    return send_response(exchange, /* close= */ true);
}

static enum MHD_Result send_one(struct pst_exchange *exchange, enum pst_code code,
                                struct pst_value expected, struct pst_value found)
{
    struct pst_report why = {0};
    (void)pst_refuse(&why, code, expected, found);
    return send_problem(exchange, &why);
}

/* ---- the head */

static enum MHD_Result keep_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct pst_guard_head *head = context;
    size_t at = head->header_count++;

    (void)kind;
    if (at < PST_GUARD_HEADERS_MOST) {
        head->header[at].name = (struct pst_text){name, name_len};
        head->header[at].value = (struct pst_text){value != NULL ? value : "", value_len};
    }
    return MHD_YES;
}

static void find_header(const struct pst_exchange *exchange, const char *name, struct pst_text *out)
{
    const char *value = NULL;
    size_t len = 0;
    if (MHD_lookup_connection_value_n(exchange->connection, MHD_HEADER_KIND, name, strlen(name),
                                      &value, &len) == MHD_YES &&
        value != NULL)
        *out = (struct pst_text){value, len};
}

static void fill_request(struct pst_exchange *exchange, const char *method)
{
    struct pst_request *request = &exchange->request;
    struct pst_text target = pst_text(exchange->target);
    const struct {
        const char *name;
        struct pst_text *out;
    } headers[] = {
        {"Authorization", &request->authorization},
        {"If-None-Match", &request->if_none_match},
        {"If-Match", &request->if_match},
        {"If-Range", &request->if_range},
        {"Range", &request->range},
        {"Content-Type", &request->content_type},
        {"Accept-Language", &request->accept_language},
        {"Idempotency-Key", &request->idempotency_key},
    };

    request->method = pst_method_of(method);
    request->path = target;
    if (pst_take_until(&target, '?', &request->path))
        request->query = target;
    for (size_t i = 0; i < PST_COUNT(headers); i++)
        find_header(exchange, headers[i].name, headers[i].out);
}

static bool admit(struct pst_exchange *exchange)
{
    struct pst_http *http = exchange->http;
    struct pst_store *reader = pst_http_take_reader(http);
    struct pst_report why = {0};

    if (reader == NULL) {
        (void)pst_refuse(&why, PST_SERVICE_OVERLOADED, pst_say("a reader that is free"),
                         pst_say("none"));
        pst_response_problem(&exchange->response, http->api, &exchange->request, &why);
        return false;
    }
    struct pst_response response;
    bool admitted =
        pst_api_admit(http->api, reader, &exchange->request, &exchange->limits, &response);
    pst_http_give_reader(http, reader);
    pst_response_clear(&exchange->response);
    exchange->response = response;
    return admitted;
}

static uint64_t body_most(const struct pst_exchange *exchange)
{
    return exchange->limits.upload ? (uint64_t)exchange->limits.upload_most
                                   : exchange->limits.body_most;
}

/* The body's announced length is within the route's ceiling; chunked bodies announce none. */
static bool length_fits(const struct pst_exchange *exchange, uint64_t *length)
{
    struct pst_text text = {0};
    find_header(exchange, "Content-Length", &text);
    return text.len == 0 || (pst_take_number(&text, INT64_MAX, length) && text.len == 0 &&
                             *length <= body_most(exchange));
}

static enum pst_code open_body(struct pst_exchange *exchange)
{
    if (!exchange->limits.upload) {
        exchange->body = pst_buf(exchange->limits.body_most);
        return PST_OK;
    }
    exchange->request.upload_fd = pst_api_upload_fd(exchange->http->api, &exchange->why);
    if (exchange->request.upload_fd < 0)
        return pst_report_verdict(&exchange->why) != PST_OK ? pst_report_verdict(&exchange->why)
                                                            : PST_HOST_IO;
    return pst_digest_begin(&exchange->digest, PST_SHA256, &exchange->why);
}

static enum MHD_Result begin_body(struct pst_exchange *exchange)
{
    uint64_t length = 0;

    if (!length_fits(exchange, &length))
        return send_one(exchange, PST_TOO_LARGE,
                        pst_say("at most %llu bytes", (unsigned long long)body_most(exchange)),
                        pst_say("Content-Length: %llu", (unsigned long long)length));
    if (open_body(exchange) != PST_OK)
        return send_problem(exchange, &exchange->why);
    if (exchange->limits.upload)
        pst_http_allow_us(exchange,
                          US_PER_S * (exchange->http->options.request_deadline_s +
                                      (int64_t)(body_most(exchange) / SLOWEST_BYTES_PER_S)));
    exchange->stage = PST_STAGE_BODY;
    return MHD_YES;
}

enum MHD_Result pst_exchange_head(struct pst_exchange *exchange, const char *url,
                                  const char *method, const char *version)
{
    struct pst_guard_head head = {
        .method = method, .version = version, .url = url, .target = pst_text(exchange->target)};

    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, keep_header, &head);
    if (pst_guard_check(&head, &exchange->why) != PST_OK)
        return send_problem(exchange, &exchange->why);
    snprintf(exchange->method, sizeof exchange->method, "%s", method);
    fill_request(exchange, method);
    if (atomic_load(&exchange->http->stopping))
        return send_one(exchange, PST_SERVICE_MAINTENANCE, pst_say("a service that goes on"),
                        pst_say("one that stops"));
    if (!admit(exchange))
        return send_response(exchange, /* close= */ false);
    pst_response_clear(&exchange->response);
    return begin_body(exchange);
}

/* ---- the body */

static enum pst_code keep_part(struct pst_exchange *exchange, struct pst_bytes part)
{
    struct pst_report *why = &exchange->why;

    if (exchange->came_bytes > body_most(exchange))
        return pst_refuse(why, PST_TOO_LARGE,
                          pst_say("at most %llu bytes", (unsigned long long)body_most(exchange)),
                          pst_say("more than that"));
    if (!exchange->limits.upload)
        return pst_buf_add(&exchange->body, part.at, part.len) ? PST_OK
                                                               : pst_no_memory(why, "the body");
    enum pst_code code = pst_fd_write(exchange->request.upload_fd, part, "the upload", why);
    return code == PST_OK ? pst_digest_add(&exchange->digest, part, why) : code;
}

enum MHD_Result pst_exchange_body(struct pst_exchange *exchange, struct pst_bytes part)
{
    if (part.len > UINT64_MAX - exchange->came_bytes)
        return MHD_NO;
    exchange->came_bytes += part.len;
    if (pst_report_verdict(&exchange->why) == PST_OK) {
        (void)keep_part(exchange, part);
        return MHD_YES;
    }
    /* The library answers after the body only: a little more is thrown away, then it is cut off. */
    return exchange->came_bytes <= body_most(exchange) ||
                   exchange->came_bytes - body_most(exchange) <= DISCARD_MOST
               ? MHD_YES
               : MHD_NO;
}

/* ---- running it */

static enum pst_code close_body(struct pst_exchange *exchange)
{
    enum pst_code code = pst_report_verdict(&exchange->why);

    exchange->request.body = pst_buf_bytes(&exchange->body);
    exchange->request.upload_bytes = (int64_t)exchange->came_bytes;
    if (code == PST_OK && exchange->limits.upload)
        code = pst_digest_end(&exchange->digest, exchange->request.upload_sha256, &exchange->why);
    return code;
}

enum MHD_Result pst_exchange_run(struct pst_exchange *exchange)
{
    struct pst_http *http = exchange->http;
    int worker = PST_TURN_WORKER;

    if (close_body(exchange) != PST_OK)
        return send_problem(exchange, &exchange->why);
    struct pst_store *reader = pst_http_take_reader(http);
    if (reader == NULL)
        return send_one(exchange, PST_SERVICE_OVERLOADED, pst_say("a reader that is free"),
                        pst_say("none"));
    exchange->stage = PST_STAGE_RUNNING;
    pst_http_allow_us(exchange, -1);
    pthread_mutex_lock(&http->lock);
    http->running++;
    pthread_mutex_unlock(&http->lock);
    pst_api_begin(http->api, reader, &exchange->request, &exchange->reply);
    pst_http_give_reader(http, reader);

    if (atomic_load(&exchange->turn) == PST_TURN_DELIVERED)
        return pst_exchange_answer(exchange);
    MHD_suspend_connection(exchange->connection);
    if (!atomic_compare_exchange_strong(&exchange->turn, &worker, PST_TURN_SUSPENDED))
        MHD_resume_connection(exchange->connection);
    return MHD_YES;
}

enum MHD_Result pst_exchange_answer(struct pst_exchange *exchange)
{
    if (atomic_load(&exchange->turn) != PST_TURN_DELIVERED)
        return MHD_YES; /* called early: the answer is still on its way */
    return send_response(exchange, /* close= */ false);
}
