/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that two readers understand differently, sent raw to a real listener on loopback: none
 * of them reaches a handler, and each closes its connection, so that nothing behind it is read as
 * a request.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "service/http/guard.h"
#include "service/http/http.h"
#include "tests/support/check.h"
#include "tests/support/service_fixture.h"

enum { ANSWER_ROOM = 65536, PATIENCE_S = 20 };

struct listener {
    struct pst_service service;
    struct pst_http *http;
    atomic_uint served; /* answers below 400 */
};

static void count_served(void *context, const struct pst_http_access *access)
{
    struct listener *listener = context;
    if (access->status > 0 && access->status < 400)
        atomic_fetch_add(&listener->served, 1);
}

static int start(void **state)
{
    struct listener *listener = calloc(1, sizeof *listener);
    struct pst_report why = {0};

    assert_non_null(listener);
    pst_service_start(&listener->service, PST_ENROLMENT_CODE);
    struct pst_http_options options = {.listen = "127.0.0.1:0",
                                       .workers = 2,
                                       .connections_most = 256,
                                       .connection_memory_bytes = 32768,
                                       .idle_timeout_s = 10,
                                       .request_deadline_s = 10,
                                       .drain_s = 5,
                                       .backend = &listener->service.backend,
                                       .on_access = count_served,
                                       .context = listener};
    assert_int_equal(pst_http_start(&options, listener->service.api, &listener->http, &why),
                     PST_OK);
    *state = listener;
    return 0;
}

static int stop(void **state)
{
    struct listener *listener = *state;
    pst_http_stop(listener->http);
    pst_service_stop(&listener->service);
    free(listener);
    return 0;
}

static int dial(const struct listener *listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)pst_http_port(listener->http)),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* What is sent after the other side has closed is lost, and that is fine. */
static void say(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        len -= (size_t)sent;
    }
}

/* All until the other side closes, also by a reset. False: it did not within the time. */
static bool hear(int fd, char *out, size_t room)
{
    size_t len = 0;
    ssize_t got;

    while ((got = recv(fd, out + len, room - 1 - len, 0)) > 0)
        len += (size_t)got;
    out[len] = '\0';
    return got == 0 || errno == ECONNRESET;
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

struct pattern {
    const char *name, *text;
    size_t len; /* 0: up to the NUL */
};

#define LEN(text) (text), sizeof(text) - 1
#define HIDDEN    "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST      "POST /v1/challenge HTTP/1.1\r\nHost: a\r\n"

/* clang-format off */
static const struct pattern bad[] = {
    {"both lengths", LEN(POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"both lengths, the other order", LEN(POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"two lengths that differ", LEN(POST "Content-Length: 0\r\nContent-Length: 34\r\n\r\n" HIDDEN)},
    {"two lengths that are equal", LEN(POST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" HIDDEN)},
    {"two lengths in other letters", LEN(POST "content-length: 0\r\nCONTENT-LENGTH: 34\r\n\r\n" HIDDEN)},
    {"a list of lengths", LEN(POST "Content-Length: 0, 0\r\n\r\n" HIDDEN)},
    {"a length with a sign", LEN(POST "Content-Length: +0\r\n\r\n" HIDDEN)},
    {"a negative length", LEN(POST "Content-Length: -1\r\n\r\n" HIDDEN)},
    {"a length in hex", LEN(POST "Content-Length: 0x0\r\n\r\n" HIDDEN)},
    {"a length with a zero in front", LEN(POST "Content-Length: 034\r\n\r\n" HIDDEN)},
    {"a length with a blank behind", LEN(POST "Content-Length: 0 \r\n\r\n" HIDDEN)},
    {"an empty length", LEN(POST "Content-Length:\r\n\r\n" HIDDEN)},
    {"a length beyond 64 bits", LEN(POST "Content-Length: 18446744073709551616\r\n\r\n" HIDDEN)},
    {"a length beyond 63 bits", LEN(POST "Content-Length: 9223372036854775808\r\n\r\n" HIDDEN)},
    {"a blank before the colon of the length", LEN(POST "Content-Length : 34\r\n\r\n" HIDDEN)},
    {"a tab before the colon of the length", LEN(POST "Content-Length\t: 34\r\n\r\n" HIDDEN)},
    {"a blank before the colon of the encoding", LEN(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"two encodings in one", LEN(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"two encodings in two", LEN(POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"chunked twice", LEN(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"chunked and identity", LEN(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"identity", LEN(POST "Transfer-Encoding: identity\r\n\r\n" HIDDEN)},
    {"xchunked", LEN(POST "Transfer-Encoding: xchunked\r\n\r\n" HIDDEN)},
    {"chunked with a parameter", LEN(POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"chunked in quotes", LEN(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"chunked with a comma", LEN(POST "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"chunked after a vertical tab", LEN(POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"chunked after a control character", LEN(POST "Transfer-Encoding: \x01" "chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"an empty encoding", LEN(POST "Transfer-Encoding:\r\n\r\n" HIDDEN)},
    {"an encoding in HTTP/1.0", LEN("POST /v1/challenge HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"a folded encoding", LEN(POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"an encoding folded by a tab", LEN(POST "Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"a folded length", LEN(POST "Content-Length:\r\n 34\r\n\r\n" HIDDEN)},
    {"a length that goes on in a fold", LEN(POST "Content-Length: 3\r\n 4\r\n\r\n" HIDDEN)},
    {"a fold of no importance", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\nY: d\r\n\r\n")},
    {"a fold at the end", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n")},
    {"a fold of a short name", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX:\r\n c\r\n\r\n")},
    {"a fold of the first line", LEN("GET /livez HTTP/1.1\r\n X: b\r\nHost: a\r\n\r\n")},
    {"a line without a colon", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nwhat\r\n\r\n")},
    {"a header without a name", LEN("GET /livez HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n")},
    {"a header without a name hides a request", LEN("GET /nowhere HTTP/1.1\r\nHost: a\r\n: b\r\n" HIDDEN)},
    {"a header without a name comes first", LEN("GET /livez HTTP/1.1\r\n: b\r\nHost: a\r\n\r\n")},
    {"a blank in a name", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n")},
    {"a control character in a name", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX\x7f: b\r\n\r\n")},
    {"a control character in a value", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX: \x1b[31m\r\n\r\n")},
    {"a bare carriage return in a value", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n")},
    {"bare line feeds", LEN("GET /livez HTTP/1.1\nHost: a\nX: b\n\n")},
    {"a bare line feed hides an encoding", LEN(POST "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN)},
    {"a bare line feed after the first line", LEN("GET /livez HTTP/1.1\nHost: a\r\n\r\n")},
    {"a NUL in a value", LEN("GET /livez HTTP/1.1\r\nX: b\0c\r\nHost: a\r\n\r\n")},
    {"a NUL in a length", LEN(POST "Content-Length: 0\0" "34\r\nX: y\r\n\r\n" HIDDEN)},
    {"a NUL in a name", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX\0Y: b\r\n\r\n")},
    {"a NUL in the target", LEN("GET /livez\0/x HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"an escaped NUL in the target", LEN("GET /livez%00 HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"an escaped NUL in the query", LEN("GET /livez?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"an escaped line feed in the target", LEN("GET /livez%0a HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"half an escape", LEN("GET /livez?% HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"a blank in the target", LEN("GET /livez x HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"two blanks before the version", LEN("GET /livez  HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"two blanks before the target", LEN("GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"a blank behind the version", LEN("GET /livez HTTP/1.1 \r\nHost: a\r\n\r\n")},
    {"broken UTF-8 in the target", LEN("GET /livez?\xff HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"a fragment", LEN("GET /livez#x HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"a whole URL as the target", LEN("GET http://a/livez HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"a star as the target", LEN("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"no host", LEN("GET /livez HTTP/1.1\r\n\r\n")},
    {"an empty host", LEN("GET /livez HTTP/1.1\r\nHost:\r\n\r\n")},
    {"two hosts", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")},
    {"a list of hosts", LEN("GET /livez HTTP/1.1\r\nHost: a, b\r\n\r\n")},
    {"a host with a path", LEN("GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n")},
    {"two authorizations", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n")},
    {"two ranges", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n")},
    {"no version", LEN("GET /livez\r\n\r\n")},
    {"another version", LEN("GET /livez HTTP/1.2\r\nHost: a\r\n\r\n")},
    {"version 2", LEN("GET /livez HTTP/2.0\r\nHost: a\r\n\r\n")},
    {"version 0.9", LEN("GET /livez HTTP/0.9\r\nHost: a\r\n\r\n")},
    {"no method", LEN(" /livez HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"a method that is no word", LEN("G(T /livez HTTP/1.1\r\nHost: a\r\n\r\n")},
    {"a chunk of no size", LEN(POST "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n" HIDDEN)},
    {"a chunk with a sign", LEN(POST "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" HIDDEN)},
    {"a chunk beyond 64 bits", LEN(POST "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n" HIDDEN)},
    {"a body where none belongs", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n" HIDDEN)},
    {"a body beyond the ceiling", LEN(POST "Content-Length: 999999\r\n\r\n" HIDDEN)},
};

static const struct pattern good[] = {
    {"plain", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")},
    {"small letters", LEN("GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")},
    {"an address as the host", LEN("GET /livez HTTP/1.1\r\nHost: [::1]:8470\r\nConnection: close\r\n\r\n")},
    {"no blank after the colon", LEN("GET /livez HTTP/1.1\r\nHost:a\r\nX:y\r\nConnection:close\r\n\r\n")},
    {"blanks and tabs after the colon", LEN("GET /livez HTTP/1.1\r\nHost: \t a\r\nX:\t y\r\nConnection:   close\r\n\r\n")},
    {"an empty value", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX:\r\nY: \r\nConnection: close\r\n\r\n")},
    {"a value in UTF-8", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nX: \xe4\xb8\xad\r\nConnection: close\r\n\r\n")},
    {"a cookie", LEN("GET /livez HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=\"d\"\r\nConnection: close\r\n\r\n")},
    {"HTTP/1.0 without a host", LEN("GET /livez HTTP/1.0\r\n\r\n")},
    {"a query", LEN("GET /livez?a=b&c=%e4%b8%ad&d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")},
    {"a body", LEN(POST "Connection: close\r\nContent-Length: 18\r\n\r\n{\"terminal\":\"t-1\"}")},
    {"chunks", LEN(POST "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"termina\r\n9;x=y\r\nl\":\"t-1\"}\r\n0\r\n\r\n")},
    {"CHUNKED", LEN(POST "Connection: close\r\nTransfer-Encoding: CHUNKED\r\n\r\n12\r\n{\"terminal\":\"t-1\"}\r\n0\r\n\r\n")},
    {"a trailer", LEN(POST "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{\"terminal\":\"t-1\"}\r\n0\r\nX: y\r\n\r\n")},
    {"the root of trust", LEN("GET /repo/metadata/1.root.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")},
};
/* clang-format on */

static void no_ambiguous_request_reaches_a_handler(void **state)
{
    struct listener *listener = *state;
    char answer[ANSWER_ROOM];

    for (size_t i = 0; i < PST_COUNT(bad); i++) {
        int fd = dial(listener);
        say(fd, bad[i].text, bad[i].len);
        bool closed = hear(fd, answer, sizeof answer);
        close(fd);
        if (!closed || count_of(answer, "HTTP/1.1 2") > 0 ||
            count_of(answer, "\"status\":\"ready\""))
            fail_msg("%s: %s", bad[i].name, answer);
        if (count_of(answer, "application/problem+json") > 1)
            fail_msg("%s: more than one answer: %s", bad[i].name, answer);
    }
    assert_true(PST_COUNT(bad) >= 70);
    assert_int_equal(atomic_load(&listener->served), 0);
}

static void what_our_own_guard_refuses_is_a_problem(void **state)
{
    struct listener *listener = *state;
    char answer[ANSWER_ROOM];
    int fd = dial(listener);

    say(fd, bad[0].text, bad[0].len);
    assert_true(hear(fd, answer, sizeof answer));
    close(fd);
    assert_non_null(strstr(answer, "HTTP/1.1 400"));
    assert_non_null(strstr(answer, "application/problem+json"));
    assert_non_null(strstr(answer, "service.bad-request"));
    assert_non_null(strstr(answer, "Connection: close"));
}

static void ordinary_requests_pass(void **state)
{
    struct listener *listener = *state;
    char answer[ANSWER_ROOM];

    for (size_t i = 0; i < PST_COUNT(good); i++) {
        int fd = dial(listener);
        say(fd, good[i].text, good[i].len);
        bool closed = hear(fd, answer, sizeof answer);
        close(fd);
        if (!closed || strncmp(answer, "HTTP/1.1 200", 12) != 0)
            fail_msg("%s: %s", good[i].name, answer);
    }
}

static void a_request_may_come_byte_by_byte(void **state)
{
    struct listener *listener = *state;
    char answer[ANSWER_ROOM];

    for (size_t i = 0; i < PST_COUNT(good); i++) {
        int fd = dial(listener);
        for (size_t at = 0; at < good[i].len; at++)
            say(fd, good[i].text + at, 1);
        bool closed = hear(fd, answer, sizeof answer);
        close(fd);
        if (!closed || strncmp(answer, "HTTP/1.1 200", 12) != 0)
            fail_msg("%s: %s", good[i].name, answer);
    }
}

/* The library's buffer grows while a long head comes in; what the guard measures must stay true. */
static void heads_of_every_size_pass_until_the_memory_ends(void **state)
{
    struct listener *listener = *state;
    char answer[ANSWER_ROOM];
    unsigned passed = 0;

    for (int size = 0; size < 40000; size += 997) {
        PST_CLEANUP(pst_buf) struct pst_buf head = pst_buf(65536);
        int fd = dial(listener);
        assert_true(pst_buf_print(&head,
                                  "GET /livez HTTP/1.1\r\nHost: a\r\nX-A: %0*d\r\nX-B: c\r\n"
                                  "X-C: %0*d\r\nConnection: close\r\n\r\n",
                                  size / 2 + 1, 1, size / 2 + 1, 2));
        say(fd, (const char *)head.at, head.len);
        bool closed = hear(fd, answer, sizeof answer);
        close(fd);
        assert_true(closed);
        bool served = strncmp(answer, "HTTP/1.1 200", 12) == 0;
        if (!served && size < 24000)
            fail_msg("a head of %zu bytes: %.300s", head.len, answer);
        passed += served ? 1 : 0;
    }
    assert_in_range(passed, 24, 35); /* those beyond the memory are refused */
}

static void many_headers_are_refused_and_some_are_not(void **state)
{
    struct listener *listener = *state;
    char answer[ANSWER_ROOM];

    for (int count = 60; count <= 64; count++) {
        PST_CLEANUP(pst_buf) struct pst_buf head = pst_buf(65536);
        int fd = dial(listener);
        assert_true(
            pst_buf_add_text(&head, "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"));
        for (int i = 0; i < count; i++)
            assert_true(pst_buf_print(&head, "X-%d: y\r\n", i));
        assert_true(pst_buf_add_text(&head, "\r\n"));
        say(fd, (const char *)head.at, head.len);
        assert_true(hear(fd, answer, sizeof answer));
        close(fd);
        assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12) == 0, count + 2 <= 64);
    }
}

static void requests_in_one_packet_are_answered_in_order(void **state)
{
    static const char both[] = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
                               "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
                               "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    struct listener *listener = *state;
    char answer[ANSWER_ROOM];
    int fd = dial(listener);

    say(fd, both, sizeof both - 1);
    assert_true(hear(fd, answer, sizeof answer));
    close(fd);
    const char *first = strstr(answer, "\"alive\""), *second = strstr(answer, "\"ready\"");
    assert_true(first != NULL && second != NULL && first < second);
    assert_non_null(strstr(second, "HTTP/1.1 404"));
}

static void an_endless_body_is_cut_off(void **state)
{
    struct listener *listener = *state;
    char answer[ANSWER_ROOM], chunk[4096 + 16];
    int fd = dial(listener), len;
    size_t sent = 0;

    say(fd, LEN(POST "Transfer-Encoding: chunked\r\n\r\n"));
    len = snprintf(chunk, sizeof chunk, "1000\r\n%04096d\r\n", 1);
    for (; sent < 64u << 20; sent += (size_t)len)
        if (send(fd, chunk, (size_t)len, MSG_NOSIGNAL) <= 0)
            break;
    assert_true(sent < 64u << 20);
    (void)hear(fd, answer, sizeof answer);
    close(fd);
    assert_int_equal(count_of(answer, "HTTP/1.1 2"), 0);
}

static void a_body_a_little_too_large_is_413(void **state)
{
    struct listener *listener = *state;
    char answer[ANSWER_ROOM];
    PST_CLEANUP(pst_buf) struct pst_buf request = pst_buf(65536);
    int fd = dial(listener);

    assert_true(pst_buf_print(&request,
                              POST "Transfer-Encoding: chunked\r\n\r\n1001\r\n%04097d\r\n"
                                   "0\r\n\r\n",
                              1));
    say(fd, (const char *)request.at, request.len);
    assert_true(hear(fd, answer, sizeof answer));
    close(fd);
    assert_non_null(strstr(answer, "HTTP/1.1 413"));
}

/* ---- a request that comes too slowly */

static void a_request_that_is_overdue_is_cut_off(void **state)
{
    struct listener listener = {.http = NULL};
    struct pst_report why = {0};
    char answer[ANSWER_ROOM];
    (void)state;

    pst_service_start(&listener.service, PST_ENROLMENT_CODE);
    struct pst_http_options options = {.listen = "127.0.0.1:0",
                                       .workers = 1,
                                       .connections_most = 16,
                                       .connection_memory_bytes = 32768,
                                       .idle_timeout_s = 0, /* the library's own is off */
                                       .request_deadline_s = 0,
                                       .backend = &listener.service.backend};
    assert_int_equal(pst_http_start(&options, listener.service.api, &listener.http, &why), PST_OK);
    int fd = dial(&listener);
    say(fd, LEN("GET /livez HTTP/1.1\r\nHost:"));
    /* Each sweep comes after the deadline; only whether it has seen the connection yet is open. */
    struct timeval brief = {.tv_usec = 10000};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief), 0);
    ssize_t got = -1;
    for (int i = 0; i < 1000 && got < 0; i++) {
        pst_http_sweep(listener.http);
        got = recv(fd, answer, sizeof answer, 0);
    }
    assert_int_equal(got, 0);
    close(fd);
    pst_http_stop(listener.http);
    pst_service_stop(&listener.service);
}

/* ---- many at once, through the writer's thread */

struct crowd {
    struct listener *listener;
    const char *token;
    unsigned answered;
};

static void *announce_many(void *context)
{
    struct crowd *crowd = context;
    char request[1024], answer[ANSWER_ROOM];

    for (unsigned i = 0; i < 40; i++) {
        int fd = dial(crowd->listener);
        char body[128];
        int body_len = snprintf(
            body, sizeof body, "{\"serial\":\"SN-%p-%u\",\"product\":\"pos-a\"}", (void *)crowd, i);
        int len = snprintf(request, sizeof request,
                           "POST /api/v1/terminals HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                           "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
                           crowd->token, body_len, body);
        say(fd, request, (size_t)len);
        if (hear(fd, answer, sizeof answer) && strncmp(answer, "HTTP/1.1 201", 12) == 0)
            crowd->answered++;
        close(fd);
    }
    return NULL;
}

static void every_write_of_many_at_once_is_answered(void **state)
{
    struct listener *listener = *state;
    struct crowd crowd[8];
    pthread_t thread[8];

    for (size_t i = 0; i < PST_COUNT(crowd); i++) {
        crowd[i] = (struct crowd){listener, listener->service.token[PST_ACCESS_OPERATOR], 0};
        assert_int_equal(pthread_create(&thread[i], NULL, announce_many, &crowd[i]), 0);
    }
    for (size_t i = 0; i < PST_COUNT(crowd); i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(crowd[i].answered, 40);
    }
}

static void uploads_stream_to_the_repository(void **state)
{
    static char content[300000];
    struct listener *listener = *state;
    char hex[65], head[512], answer[ANSWER_ROOM];
    uint8_t digest[PST_SHA256_BYTES];

    memset(content, 'x', sizeof content);
    assert_int_equal(pst_sha256(pst_bytes(content, sizeof content), digest, NULL), PST_OK);
    pst_hex_print(pst_bytes(digest, sizeof digest), hex);
    for (int round = 0; round < 3; round++) {
        int fd = dial(listener);
        content[0] = round == 2 ? 'y' : 'x';
        int len = snprintf(head, sizeof head,
                           "PUT /api/v1/blobs/%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                           "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n",
                           hex, listener->service.token[PST_ACCESS_OPERATOR], sizeof content);
        say(fd, head, (size_t)len);
        say(fd, content, sizeof content);
        assert_true(hear(fd, answer, sizeof answer));
        close(fd);
        static const char *const wanted[] = {"HTTP/1.1 201", "HTTP/1.1 200", "HTTP/1.1 400"};
        if (strncmp(answer, wanted[round], 12) != 0)
            fail_msg("%d: %s", round, answer);
    }
}

static void a_port_in_use_is_named(void **state)
{
    struct listener *listener = *state;
    struct pst_http *second = NULL;
    struct pst_report why = {0};
    char address[64];

    (void)snprintf(address, sizeof address, "127.0.0.1:%u", pst_http_port(listener->http));
    struct pst_http_options options = {
        .listen = address, .workers = 2, .backend = &listener->service.backend};
    assert_int_equal(pst_http_start(&options, listener->service.api, &second, &why), PST_HOST_PORT);
    assert_string_equal(why.finding[0].expected, address);
    static const char *const wrong[] = {"",           "localhost:1", "127.0.0.1",
                                        "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                                        "[::1:80",    "/run/socket", "1.2.3:80"};
    for (size_t i = 0; i < PST_COUNT(wrong); i++) {
        options.listen = wrong[i];
        assert_int_equal(pst_http_start(&options, listener->service.api, &second, &why),
                         PST_CONFIG_VALUE);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(no_ambiguous_request_reaches_a_handler),
        CASE(what_our_own_guard_refuses_is_a_problem),
        CASE(ordinary_requests_pass),
        CASE(a_request_may_come_byte_by_byte),
        CASE(heads_of_every_size_pass_until_the_memory_ends),
        CASE(many_headers_are_refused_and_some_are_not),
        CASE(requests_in_one_packet_are_answered_in_order),
        CASE(an_endless_body_is_cut_off),
        CASE(a_body_a_little_too_large_is_413),
        cmocka_unit_test(a_request_that_is_overdue_is_cut_off),
        CASE(every_write_of_many_at_once_is_answered),
        CASE(uploads_stream_to_the_repository),
        CASE(a_port_in_use_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
