/* SPDX-License-Identifier: Apache-2.0 */
/* The transport on libcurl, against a small server of this test's own on loopback. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/http/curl_transport.h"
#include "tests/support/check.h"

/* ---- the server ------------------------------------------------------------------------------ */

struct server {
    int listener, wake[2];
    int port;
    pthread_t thread;
    pthread_mutex_t lock; /* of `seen` and `requests` */
    char seen[8192];      /* the last request, with its body */
    int requests;
};

struct page {
    const char *path, *answer;
    enum { CLOSE, STALL, DRIP, ENDLESS, LARGE_ERROR } then;
};

/* clang-format off */
static const struct page pages[] = {
    {"/ok", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"e1\"\r\n"
            "Content-Length: 5\r\n\r\nhello", CLOSE},
    {"/old", "HTTP/1.0 200 OK\r\nContent-length: 5\r\n\r\nhello", CLOSE},
    {"/until-close", "HTTP/1.0 200 OK\r\n\r\nhello", CLOSE},
    {"/range", "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 2-3/5\r\nContent-Length: 2\r\n\r\nll", CLOSE},
    {"/range-odd", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-2/5\r\nContent-Length: 2\r\n\r\nll", CLOSE},
    {"/range-unknown", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-3/*\r\nContent-Length: 2\r\n\r\nll", CLOSE},
    {"/early", "HTTP/1.1 103 Early Hints\r\nContent-Range: bytes 0-1/2\r\n\r\n"
               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", CLOSE},
    {"/moved", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", CLOSE},
    {"/moved-for-good", "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://evil.example/\r\n"
                        "Content-Length: 0\r\n\r\n", CLOSE},
    {"/missing", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n"
                 "<html>not here</html>", CLOSE},
    {"/missing-large", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n", LARGE_ERROR},
    {"/later", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", CLOSE},
    {"/cut", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello", CLOSE},
    {"/stall", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello", STALL},
    {"/drip", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello", DRIP},
    {"/silent", "", STALL},
    {"/nothing", "", CLOSE},
    {"/endless", "HTTP/1.1 200 OK\r\n\r\n", ENDLESS},
    {"/zipped", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", CLOSE},
    {"/cookie", "HTTP/1.1 200 OK\r\nSet-Cookie: id=7; Path=/\r\nStrict-Transport-Security: max-age=99\r\n"
                "Content-Length: 2\r\n\r\nok", CLOSE},
    {"/ancient", "hello, this is no HTTP at all\r\n", CLOSE},
};
/* clang-format on */

/* Reads a request with its body, as far as it comes. */
static void read_request(int peer, char *out, size_t room)
{
    size_t len = 0, wanted = SIZE_MAX;
    while (len + 1 < room && len < wanted) {
        ssize_t got = recv(peer, out + len, room - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        out[len] = '\0';
        if (out[0] == 0x16) /* a TLS handshake: no use waiting for its end */
            break;
        const char *end = strstr(out, "\r\n\r\n"), *at = strstr(out, "Content-Length: ");
        if (end != NULL)
            wanted =
                (size_t)(end - out) + 4 + (at != NULL && at < end ? strtoul(at + 16, NULL, 10) : 0);
    }
    out[len] = '\0';
}

static const struct page *page_of(const char *request)
{
    const char *path = strchr(request, ' ');
    for (size_t i = 0; path != NULL && i < PST_COUNT(pages); i++) {
        size_t len = strlen(pages[i].path);
        if (strncmp(path + 1, pages[i].path, len) == 0 && path[1 + len] == ' ')
            return &pages[i];
    }
    return NULL;
}

static void send_more(int peer, bool for_ever)
{
    static const char filler[4096] = {'x'};
    for (int i = 0; for_ever || i < 64; i++)
        if (send(peer, filler, sizeof filler, MSG_NOSIGNAL) < 0)
            return;
}

static void wait_for_hangup(const struct server *server, int peer)
{
    struct pollfd waits[2] = {{.fd = peer, .events = POLLIN},
                              {.fd = server->wake[0], .events = POLLIN}};
    (void)poll(waits, 2, -1);
}

/* A byte now and then: never still, and never done. */
static void drip(const struct server *server, int peer)
{
    struct pollfd waits[2] = {{.fd = peer, .events = POLLIN},
                              {.fd = server->wake[0], .events = POLLIN}};
    while (poll(waits, 2, 10) == 0 && send(peer, "x", 1, MSG_NOSIGNAL) == 1)
        ;
}

static void answer(struct server *server, int peer)
{
    static const char not_found[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    char request[8192] = "";
    read_request(peer, request, sizeof request);
    pthread_mutex_lock(&server->lock);
    memcpy(server->seen, request, sizeof request);
    server->requests++;
    pthread_mutex_unlock(&server->lock);

    const struct page *page = page_of(request);
    const char *text = page != NULL ? page->answer : not_found;
    (void)!send(peer, text, strlen(text), MSG_NOSIGNAL);
    if (page != NULL && page->then == STALL)
        wait_for_hangup(server, peer);
    if (page != NULL && page->then == DRIP)
        drip(server, peer);
    if (page != NULL && (page->then == ENDLESS || page->then == LARGE_ERROR))
        send_more(peer, page->then == ENDLESS);
}

static void *serve(void *context)
{
    struct server *server = context;
    for (;;) {
        struct pollfd waits[2] = {{.fd = server->listener, .events = POLLIN},
                                  {.fd = server->wake[0], .events = POLLIN}};
        if (poll(waits, 2, -1) < 0 || waits[1].revents != 0)
            return NULL;
        int peer = accept(server->listener, NULL, NULL);
        if (peer < 0)
            continue;
        answer(server, peer);
        close(peer);
    }
}

static int start(void **state)
{
    struct server *server = calloc(1, sizeof *server);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;

    assert_non_null(server);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(server->listener, 16), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&at, &len), 0);
    server->port = ntohs(at.sin_port);
    assert_int_equal(pipe(server->wake), 0);
    assert_int_equal(pthread_mutex_init(&server->lock, NULL), 0);
    assert_int_equal(pst_curl_begin(NULL), PST_OK);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    *state = server;
    return 0;
}

static int stop(void **state)
{
    struct server *server = *state;
    assert_int_equal(write(server->wake[1], "x", 1), 1);
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->wake[0]);
    close(server->wake[1]);
    pthread_mutex_destroy(&server->lock);
    free(server);
    pst_curl_end();
    return 0;
}

/* ---- one request ----------------------------------------------------------------------------- */

struct got {
    enum pst_code rc;
    struct pst_fetch_answer answer;
    struct pst_report why;
    char body[1024];
    size_t len;
    bool refuse; /* the sink takes nothing */
};

static bool take(void *context, struct pst_bytes piece)
{
    struct got *got = context;
    if (got->refuse || got->len + piece.len >= sizeof got->body)
        return false;
    memcpy(got->body + got->len, piece.at, piece.len);
    got->len += piece.len;
    got->body[got->len] = '\0';
    return true;
}

static void fetch_with(const struct pst_curl_options *options,
                       const struct pst_fetch_request *request, struct got *got)
{
    struct pst_curl_transport *transport = NULL;
    struct pst_sink sink = {got, take};
    assert_int_equal(pst_curl_transport_new(options, &transport, NULL), PST_OK);
    struct pst_transport_port port = pst_curl_transport_port(transport);
    got->rc = port.fetch(port.context, request, &sink, &got->answer, &got->why);
    pst_curl_transport_free(transport);
    if ((got->rc == PST_OK) != (pst_report_verdict(&got->why) == PST_OK))
        fail_msg("%s: %s is not explained", request->url, pst_code_name(got->rc));
}

static struct pst_fetch_request get(const char *url)
{
    return (struct pst_fetch_request){.method = "GET",
                                      .url = url,
                                      .body_fd = -1,
                                      .from = -1,
                                      .to = -1,
                                      .most_bytes = 100,
                                      .connect_ms = 2000,
                                      .stall_ms = 30000,
                                      .whole_ms = 5000};
}

static const char *url_of(const struct server *server, const char *path, char out[256])
{
    snprintf(out, 256, "http://127.0.0.1:%d%s", server->port, path);
    return out;
}

static int requests(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    int count = server->requests;
    pthread_mutex_unlock(&server->lock);
    return count;
}

static bool was_seen(struct server *server, const char *text)
{
    pthread_mutex_lock(&server->lock);
    bool seen = strstr(server->seen, text) != NULL;
    pthread_mutex_unlock(&server->lock);
    return seen;
}

/* ---- tests ----------------------------------------------------------------------------------- */

struct answer_case {
    const char *path;
    int64_t from;
    enum pst_code expect;
    int status;
    const char *body;
};

static void each_answer_is_called_by_its_name(void **state)
{
    static const struct answer_case cases[] = {
        {"/ok", -1, PST_OK, 200, "hello"},
        {"/old", -1, PST_OK, 200, "hello"},
        {"/until-close", -1, PST_OK, 200, "hello"},
        {"/range", 2, PST_OK, 206, "ll"},
        {"/early", -1, PST_OK, 200, "hello"},
        {"/zipped", -1, PST_OK, 200, "hello"}, /* as it came: nothing is unpacked */
        {"/moved", -1, PST_NET_REDIRECT, 302, ""},
        {"/moved-for-good", -1, PST_NET_REDIRECT, 308, ""},
        {"/missing", -1, PST_OK, 404, ""},
        {"/missing-large", -1, PST_OK, 404, ""},
        {"/nowhere", -1, PST_OK, 404, ""},
        {"/later", -1, PST_OK, 503, ""},
        {"/cut", -1, PST_NET_TRUNCATED, 200, "hello"},
        {"/nothing", -1, PST_NET_TRUNCATED, 0, ""},
        {"/endless", -1, PST_TOO_LARGE, 200, NULL},
        {"/ancient", -1, PST_NET_STATUS, 0, ""},
    };
    struct server *server = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        const struct answer_case *one = &cases[i];
        struct got got = {.rc = PST_OK};
        char url[256];
        struct pst_fetch_request request = get(url_of(server, one->path, url));
        request.from = one->from;
        request.to = one->from >= 0 ? one->from + 1 : -1;
        fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
        if (got.rc != one->expect || got.answer.status != one->status ||
            (one->body != NULL && strcmp(got.body, one->body) != 0))
            fail_msg("%s: %s, HTTP %d, '%s'", one->path, pst_code_name(got.rc), got.answer.status,
                     got.body);
        assert_true(got.answer.body_bytes <= request.most_bytes);
    }
}

static void headers_are_read_in_any_case_and_ranges_only_when_sound(void **state)
{
    static const struct {
        const char *path;
        bool has_range;
        int64_t from, to, size;
    } cases[] = {{"/range", true, 2, 3, 5},
                 {"/range-unknown", true, 2, 3, -1},
                 {"/range-odd", false, 0, 0, -1},
                 {"/early", false, 0, 0, -1}};
    struct server *server = *state;
    char url[256];
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct got got = {.rc = PST_OK};
        struct pst_fetch_request request = get(url_of(server, cases[i].path, url));
        fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
        assert_int_equal(got.rc, PST_OK);
        assert_int_equal(got.answer.has_range, cases[i].has_range);
        if (!cases[i].has_range)
            continue;
        assert_int_equal(got.answer.range_from, cases[i].from);
        assert_int_equal(got.answer.range_to, cases[i].to);
        assert_int_equal(got.answer.range_size, cases[i].size);
    }
    struct got got = {.rc = PST_OK};
    struct pst_fetch_request request = get(url_of(server, "/ok", url));
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_string_equal(got.answer.content_type, "application/json");
    assert_string_equal(got.answer.etag, "\"e1\"");
    assert_int_equal(got.answer.retry_after_s, -1);
    request = get(url_of(server, "/later", url));
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_int_equal(got.answer.retry_after_s, 120);
}

static void a_transfer_that_is_cut_or_stands_still_ends(void **state)
{
    static const struct {
        const char *path;
        int64_t most_bytes;
        enum pst_code expect;
    } cases[] = {{"/cut", 1000, PST_NET_TRUNCATED},
                 {"/stall", 1000, PST_NET_STALLED},
                 {"/drip", 1000, PST_NET_STALLED},
                 {"/silent", 1000, PST_NET_STALLED}};
    struct server *server = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct got got = {.rc = PST_OK};
        char url[256];
        struct pst_fetch_request request = get(url_of(server, cases[i].path, url));
        request.most_bytes = cases[i].most_bytes;
        request.whole_ms = 150;
        fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
        if (got.rc != cases[i].expect)
            fail_msg("%s: %s", cases[i].path, pst_code_name(got.rc));
    }
}

static void a_sink_that_wants_no_more_ends_the_transfer(void **state)
{
    struct server *server = *state;
    struct got got = {.rc = PST_OK, .refuse = true};
    char url[256];
    struct pst_fetch_request request = get(url_of(server, "/ok", url));
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_int_equal(got.rc, PST_NET_TRUNCATED);
}

static void urls_that_must_not_be_asked_are_not(void **state)
{
    static const char *const urls[] = {
        "http://example.com/x",
        "http://192.0.2.1/x",
        "http://127.0.0.1.example.com/x",
        "http://localhost.example.com/x",
        "http://[::2]/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1/x",
        "127.0.0.1/x",
        "",
        "http://",
        "https://user@example.com/x",
        "https://user:secret@example.com/x",
        "https://:secret@example.com/x",
        "http://user@127.0.0.1/x",
    };
    struct server *server = *state;
    int before = requests(server);
    for (size_t i = 0; i < PST_COUNT(urls); i++) {
        struct got got = {.rc = PST_OK};
        struct pst_fetch_request request = get(urls[i]);
        fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
        if (got.rc != PST_NET_FORBIDDEN)
            fail_msg("'%s': %s", urls[i], pst_code_name(got.rc));
    }
    /* User names stay forbidden where plain http is allowed. */
    char url[256];
    snprintf(url, sizeof url, "http://user@127.0.0.1:%d/ok", server->port);
    struct got got = {.rc = PST_OK};
    struct pst_fetch_request request = get(url);
    fetch_with(&(struct pst_curl_options){.allow_http = true}, &request, &got);
    assert_int_equal(got.rc, PST_NET_FORBIDDEN);
    assert_int_equal(requests(server), before);
}

static void nobody_there_is_unreachable(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    struct got got = {.rc = PST_OK};
    char url[256];
    (void)state;
    /* A port that is bound and does not listen: nobody else has it either. */
    int deaf = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(deaf, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(deaf, (struct sockaddr *)&at, &len), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/x", ntohs(at.sin_port));
    struct pst_fetch_request request = get(url);
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_int_equal(got.rc, PST_NET_UNREACHABLE);
    assert_int_equal(got.answer.status, 0);
    close(deaf);

    /* To a server that speaks no TLS. */
    struct server *server = *state;
    snprintf(url, sizeof url, "https://127.0.0.1:%d/ok", server->port);
    request = get(url);
    memset(&got, 0, sizeof got);
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_int_equal(got.rc, PST_NET_TLS);
}

/* N10: what lies about in the environment and in the home folder is nobody's order to us. */
static void the_environment_changes_nothing(void **state)
{
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY",
                                        "https_proxy"};
    struct server *server = *state;
    struct got got = {.rc = PST_OK};
    char url[256];
    for (size_t i = 0; i < PST_COUNT(names); i++)
        assert_int_equal(setenv(names[i], "http://127.0.0.1:9", 1), 0);
    struct pst_fetch_request request = get(url_of(server, "/ok", url));
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    for (size_t i = 0; i < PST_COUNT(names); i++)
        unsetenv(names[i]);
    assert_int_equal(got.rc, PST_OK);
    assert_string_equal(got.body, "hello");
}

static void nothing_is_remembered_between_requests(void **state)
{
    struct server *server = *state;
    struct pst_curl_transport *transport = NULL;
    struct got got = {.rc = PST_OK};
    struct pst_sink sink = {&got, take};
    char url[256];
    assert_int_equal(
        pst_curl_transport_new(&(struct pst_curl_options){.allow_http = false}, &transport, NULL),
        PST_OK);
    struct pst_transport_port port = pst_curl_transport_port(transport);
    struct pst_fetch_request request = get(url_of(server, "/cookie", url));
    request.bearer = "a-token";
    request.from = 0;
    assert_int_equal(port.fetch(port.context, &request, &sink, &got.answer, NULL), PST_OK);
    assert_true(was_seen(server, "Authorization: Bearer a-token\r\n"));
    assert_true(was_seen(server, "Range: bytes=0-\r\n"));
    request = get(url_of(server, "/ok", url));
    assert_int_equal(port.fetch(port.context, &request, &sink, &got.answer, NULL), PST_OK);
    assert_false(was_seen(server, "Cookie"));
    assert_false(was_seen(server, "Authorization"));
    assert_false(was_seen(server, "Range"));
    assert_false(was_seen(server, "Accept-Encoding"));
    pst_curl_transport_free(transport);
}

static void a_body_is_posted_as_it_is_and_a_file_is_put(void **state)
{
    struct server *server = *state;
    struct got got = {.rc = PST_OK};
    char url[256];
    struct pst_fetch_request request = get(url_of(server, "/ok", url));
    request.method = "POST";
    request.body = pst_bytes("{\"a\":1}", 7);
    request.content_type = "application/json";
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_int_equal(got.rc, PST_OK);
    assert_true(was_seen(server, "POST /ok HTTP/1.1\r\n"));
    assert_true(was_seen(server, "Content-Type: application/json\r\n"));
    assert_true(was_seen(server, "\r\n\r\n{\"a\":1}"));
    assert_false(was_seen(server, "Expect"));

    /* Of POST the service's own words are wanted, whatever the status. */
    got = (struct got){.rc = PST_OK};
    request.url = url_of(server, "/missing", url);
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_int_equal(got.rc, PST_OK);
    assert_int_equal(got.answer.status, 404);
    assert_int_equal(strncmp(got.body, "<html>", 6), 0);

    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fputs("from a file", file) < 0, 0);
    assert_int_equal(fflush(file), 0);
    got = (struct got){.rc = PST_OK};
    request = get(url_of(server, "/ok", url));
    request.method = "PUT";
    request.body_fd = fileno(file);
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_int_equal(got.rc, PST_OK);
    assert_true(was_seen(server, "PUT /ok HTTP/1.1\r\n"));
    assert_true(was_seen(server, "\r\n\r\nfrom a file"));
    fclose(file);
}

static void a_header_cannot_be_smuggled_in(void **state)
{
    struct server *server = *state;
    char url[256];
    int before = requests(server);
    struct got got = {.rc = PST_OK};
    struct pst_fetch_request request = get(url_of(server, "/ok", url));
    request.bearer = "x\r\nX-Evil: 1";
    fetch_with(&(struct pst_curl_options){.allow_http = false}, &request, &got);
    assert_true(got.rc != PST_OK);
    assert_int_equal(requests(server), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_called_by_its_name),
        cmocka_unit_test(headers_are_read_in_any_case_and_ranges_only_when_sound),
        cmocka_unit_test(a_transfer_that_is_cut_or_stands_still_ends),
        cmocka_unit_test(a_sink_that_wants_no_more_ends_the_transfer),
        cmocka_unit_test(urls_that_must_not_be_asked_are_not),
        cmocka_unit_test(nobody_there_is_unreachable),
        cmocka_unit_test(the_environment_changes_nothing),
        cmocka_unit_test(nothing_is_remembered_between_requests),
        cmocka_unit_test(a_body_is_posted_as_it_is_and_a_file_is_put),
        cmocka_unit_test(a_header_cannot_be_smuggled_in),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
