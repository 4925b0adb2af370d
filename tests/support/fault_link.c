/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fault_link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/fault_http.h"

enum { HEAD_MOST = 16 * 1024, REQUEST_LIMIT_MS = 30000, END_LIMIT_MS = 2000, TICK_MS = 10 };

enum link_state {
    READING_HEAD, /* of the request */
    CONNECTING,
    RELAYING,
    STALLED,   /* holds the client and says nothing */
    RESETTING, /* until the kernel has sent what was promised before the reset */
    CLOSING,   /* all is sent; reads on until the client closes, so that nothing of it is lost */
    OVER
};

/* A straight buffer: filled, emptied, filled again. */
struct pipe {
    size_t from, to;
    char at[HEAD_MOST + 64];
};

struct pst_fault_link {
    enum link_state state;
    int client;
    int server; /* a socket, the file of --replace, or -1 */
    bool client_ended;
    bool server_ended;
    bool head_passed;             /* the response's head: what comes now is body */
    enum link_state then;         /* state to enter once `down` is empty */
    enum link_state cut_then;     /* the same, when the response is cut at `cut_at` */
    int64_t body_left;            /* of a file that is answered by range; else INT64_MAX */
    int64_t body_seen;            /* bytes of the body that were put into `down` */
    int64_t deadline_ms;          /* INT64_MAX: none */
    int64_t began_ms, sent, pace; /* for --rate; pace 0: as fast as it goes */
    int64_t flip, cut_at;
    struct pipe up, down;
};

static size_t held(const struct pipe *pipe)
{
    return pipe->to - pipe->from;
}

static struct pst_text held_text(const struct pipe *pipe)
{
    return (struct pst_text){pipe->at + pipe->from, held(pipe)};
}

static void enter(struct pst_fault_link *link, enum link_state state, int64_t deadline_ms)
{
    link->state = state;
    link->deadline_ms = deadline_ms;
}

/* Reads into a pipe. False: nothing more will come; `*failed` tells an error from an end. */
static bool fill(struct pipe *pipe, int fd, size_t most, bool *failed)
{
    size_t room = sizeof pipe->at - pipe->to;
    ssize_t got = read(fd, pipe->at + pipe->to, most < room ? most : room);

    *failed = got < 0 && errno != EAGAIN && errno != EINTR;
    if (got > 0)
        pipe->to += (size_t)got;
    return got > 0 || (got < 0 && !*failed);
}

/* Sends up to `most` bytes. False when the other side no longer takes any. */
static bool drain(struct pipe *pipe, int fd, size_t most, size_t *sent)
{
    size_t len = held(pipe) < most ? held(pipe) : most;
    ssize_t done = len > 0 ? send(fd, pipe->at + pipe->from, len, MSG_NOSIGNAL) : 0;

    if (done < 0)
        return errno == EAGAIN || errno == EINTR;
    pipe->from += (size_t)done;
    *sent += (size_t)done;
    if (pipe->from == pipe->to)
        pipe->from = pipe->to = 0;
    return true;
}

/* Where the faults act: counts and changes the body's bytes in `down` from `at` on. */
static void hurt_body(struct pst_fault_link *link, size_t at)
{
    int64_t came = (int64_t)(link->down.to - at);
    int64_t kept = came;

    if (link->cut_at >= 0 && link->cut_at - link->body_seen <= came) {
        kept = link->cut_at - link->body_seen;
        link->down.to = at + (size_t)kept;
        link->server_ended = true;
        link->then = link->cut_then;
    }
    if (link->flip >= link->body_seen && link->flip - link->body_seen < kept)
        link->down.at[at + (size_t)(link->flip - link->body_seen)] ^= 1;
    link->body_seen += kept;
}

/* Lets heads go by until the last one (a 1xx answer comes before another); the rest is body. */
static void pass_head(struct pst_fault_link *link)
{
    struct pst_text text = held_text(&link->down);
    size_t at = link->down.from;

    while (!link->head_passed) {
        size_t len = pst_fault_head_length(text);
        if (len == 0)
            return;
        bool interim = pst_fault_is_interim(text);
        text = (struct pst_text){text.at + len, text.len - len};
        at += len;
        link->head_passed = !interim;
    }
    hurt_body(link, at);
}

static void read_response(struct pst_fault_link *link)
{
    bool failed = false;
    size_t before = link->down.to;
    size_t most = link->body_left < HEAD_MOST ? (size_t)link->body_left : HEAD_MOST;

    if (most == 0 || !fill(&link->down, link->server, most, &failed))
        link->server_ended = true;
    if (failed)
        link->then = RESETTING;
    if (link->body_left != INT64_MAX)
        link->body_left -= (int64_t)(link->down.to - before);
    if (link->head_passed)
        hurt_body(link, before);
    else
        pass_head(link);
}

/* The bytes that --rate lets go at this instant. */
static size_t allowance(const struct pst_fault_link *link, int64_t now_ms)
{
    if (link->pace == 0)
        return SIZE_MAX;
    int64_t due = link->pace * (now_ms - link->began_ms) / 1000 - link->sent;
    return due > 0 ? (size_t)due : 0;
}

/* A head that has not come whole waits for its rest, unless there is no room or none will come. */
static bool may_send(const struct pst_fault_link *link)
{
    bool full = link->down.to == sizeof link->down.at;
    return held(&link->down) > 0 && (link->head_passed || link->server_ended || full);
}

static void answer(struct pst_fault_link *link, const char *status, int64_t length,
                   const char *extra)
{
    int len = snprintf(link->down.at, sizeof link->down.at,
                       "HTTP/1.1 %s\r\n%sContent-Length: %lld\r\nConnection: close\r\n\r\n", status,
                       extra, (long long)length);
    link->down.from = 0;
    link->down.to = (size_t)len;
    link->up.from = link->up.to = 0;
    pass_head(link);
}

static void answer_only(struct pst_fault_link *link, const char *status)
{
    answer(link, status, 0, "");
    link->server_ended = true;
    enter(link, RELAYING, INT64_MAX);
}

static void answer_file(struct pst_fault_link *link, struct pst_text head, const char *path)
{
    struct stat info;
    int64_t first = 0;
    int64_t last = 0;
    char extra[128] = "Accept-Ranges: bytes\r\n";

    link->server = open(path, O_RDONLY | O_CLOEXEC);
    if (link->server < 0 || fstat(link->server, &info) != 0 || !S_ISREG(info.st_mode)) {
        fprintf(stderr, "fault-proxy: --replace: cannot read the file %s\n", path);
        answer_only(link, "502 Bad Gateway");
        return;
    }
    bool part = pst_fault_range(head, info.st_size, &first, &last);
    link->body_left = part ? last - first + 1 : info.st_size;
    if (part)
        snprintf(extra, sizeof extra, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)first,
                 (long long)last, (long long)info.st_size);
    if (lseek(link->server, first, SEEK_SET) != first)
        link->server_ended = true;
    answer(link, part ? "206 Partial Content" : "200 OK", link->body_left, extra);
    enter(link, RELAYING, INT64_MAX);
}

static void connect_server(struct pst_fault_link *link, const struct pst_fault_options *options,
                           int64_t now_ms)
{
    const struct sockaddr *to = (const struct sockaddr *)&options->to;

    link->server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->server >= 0 &&
        (connect(link->server, to, sizeof options->to) == 0 || errno == EINPROGRESS))
        enter(link, CONNECTING, now_ms + REQUEST_LIMIT_MS);
    else
        answer_only(link, "502 Bad Gateway");
}

static void connected(struct pst_fault_link *link)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(link->server, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0) {
        enter(link, RELAYING, INT64_MAX);
        return;
    }
    close(link->server);
    link->server = -1;
    answer_only(link, "502 Bad Gateway");
}

/* Puts the rewritten head into `up`, before what of the body has come with it. */
static bool rewrite_head(struct pipe *up, struct pst_text head)
{
    struct pipe fresh = {0};
    size_t body = up->to - head.len;
    size_t len = pst_fault_rewrite(head, fresh.at, sizeof fresh.at);

    if (len == 0 || body > sizeof fresh.at - len)
        return false;
    memcpy(fresh.at + len, up->at + head.len, body);
    fresh.to = len + body;
    *up = fresh;
    return true;
}

static void choose_faults(struct pst_fault_link *link, const struct pst_fault_options *options,
                          struct pst_text request, int64_t now_ms)
{
    const struct {
        int64_t after;
        enum link_state then;
    } ends[] = {{options->truncate, CLOSING},
                {options->reset_after, RESETTING},
                {options->stall_after, STALLED}};

    fprintf(stderr, "fault-proxy: hurts %.*s\n", PST_ARGS(request));
    link->flip = options->flip;
    link->pace = options->rate > 0 ? options->rate : 0;
    link->began_ms = now_ms;
    for (size_t i = 0; i < PST_COUNT(ends); i++) {
        if (ends[i].after >= 0) {
            link->cut_at = ends[i].after;
            link->cut_then = ends[i].then;
        }
    }
}

static bool is_hurt(const struct pst_fault_options *options, struct pst_text path, int64_t hurt)
{
    return (options->match == NULL || pst_fault_contains(path, options->match)) &&
           (options->first < 0 || hurt < options->first);
}

static void begin_exchange(struct pst_fault_link *link, const struct pst_fault_options *options,
                           size_t head_len, int64_t *hurt, int64_t now_ms)
{
    struct pst_text head = {link->up.at, head_len};
    struct pst_text rest = head;
    struct pst_text line = {NULL, 0};
    struct pst_text method;
    struct pst_text path;
    bool read = pst_fault_take_line(&rest, &line);
    struct pst_text words = line;

    if (!read || !pst_take_until(&words, ' ', &method) || !pst_take_until(&words, ' ', &path) ||
        !pst_text_starts(words, "HTTP/1.")) {
        answer_only(link, "400 Bad Request");
        return;
    }
    bool hurts = is_hurt(options, path, *hurt);
    if (hurts) {
        ++*hurt;
        choose_faults(link, options, (struct pst_text){line.at, line.len - words.len}, now_ms);
    }
    char status[32];
    snprintf(status, sizeof status, "%lld Answered By Fault-Proxy", (long long)options->status);
    if (hurts && options->status >= 0)
        answer_only(link, status);
    else if (hurts && options->replace != NULL)
        answer_file(link, head, options->replace);
    else if (rewrite_head(&link->up, head))
        connect_server(link, options, now_ms);
    else
        answer_only(link, "431 Request Header Fields Too Large");
}

static void read_head(struct pst_fault_link *link, const struct pst_fault_options *options,
                      int64_t *hurt, int64_t now_ms)
{
    bool failed = false;
    if (!fill(&link->up, link->client, HEAD_MOST - link->up.to, &failed)) {
        enter(link, OVER, INT64_MAX);
        return;
    }
    size_t len = pst_fault_head_length(held_text(&link->up));
    if (len > 0)
        begin_exchange(link, options, len, hurt, now_ms);
    else if (link->up.to >= HEAD_MOST)
        answer_only(link, "431 Request Header Fields Too Large");
}

static void end_response(struct pst_fault_link *link, int64_t now_ms)
{
    if (link->then == STALLED) {
        enter(link, STALLED, INT64_MAX);
    } else if (link->then == RESETTING) {
        enter(link, RESETTING, now_ms + END_LIMIT_MS);
    } else {
        shutdown(link->client, SHUT_WR);
        enter(link, CLOSING, now_ms + END_LIMIT_MS);
    }
}

static void relay(struct pst_fault_link *link, const struct pollfd wait[2], int64_t now_ms)
{
    bool failed = false;
    size_t up = 0;
    size_t down = 0;

    if (wait[0].revents != 0 && (wait[0].events & POLLIN) != 0)
        link->client_ended = !fill(&link->up, link->client, HEAD_MOST, &failed);
    if (link->server >= 0 && !drain(&link->up, link->server, SIZE_MAX, &up))
        link->up.from = link->up.to = 0; /* the server answers without reading on: let it */
    if (wait[1].revents != 0 && (wait[1].events & POLLIN) != 0)
        read_response(link);
    bool taken =
        !may_send(link) || drain(&link->down, link->client, allowance(link, now_ms), &down);
    if (failed || !taken) {
        enter(link, OVER, INT64_MAX);
        return;
    }
    link->sent += (int64_t)down;
    if (link->server_ended && held(&link->down) == 0)
        end_response(link, now_ms);
}

/* Reads and forgets what the client still says. False: the client is gone. */
static bool discard(struct pst_fault_link *link, const struct pollfd *wait)
{
    bool failed = false;
    link->up.from = link->up.to = 0;
    return wait->revents == 0 || fill(&link->up, link->client, HEAD_MOST, &failed);
}

static void try_reset(struct pst_fault_link *link, int64_t now_ms)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    int unsent = 0;

    if (now_ms < link->deadline_ms && ioctl(link->client, SIOCOUTQ, &unsent) == 0 && unsent > 0)
        return;
    setsockopt(link->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    enter(link, OVER, INT64_MAX);
}

bool pst_fault_link_step(struct pst_fault_link *link, const struct pollfd wait[2],
                         const struct pst_fault_options *options, int64_t *hurt, int64_t now_ms)
{
    switch (link->state) {
    case READING_HEAD:
        if (wait[0].revents != 0)
            read_head(link, options, hurt, now_ms);
        break;
    case CONNECTING:
        if (wait[1].revents != 0)
            connected(link);
        break;
    case RELAYING:
        relay(link, wait, now_ms);
        break;
    case RESETTING:
        try_reset(link, now_ms);
        break;
    case STALLED:
    case CLOSING:
        if (!discard(link, &wait[0]))
            enter(link, OVER, INT64_MAX);
        break;
    case OVER:
        break;
    }
    return link->state != OVER && now_ms < link->deadline_ms;
}

/* Reads on only when what was read before is gone: that is all the memory a link has. */
static bool wants_client(const struct pst_fault_link *link)
{
    switch (link->state) {
    case READING_HEAD:
    case STALLED:
    case CLOSING:
        return true;
    case RELAYING:
        return !link->client_ended && link->server >= 0 && held(&link->up) == 0;
    case CONNECTING:
    case RESETTING:
    case OVER:
        return false;
    }
    return false;
}

static short server_events(const struct pst_fault_link *link, bool sending)
{
    if (link->state == CONNECTING)
        return POLLOUT;
    if (link->state != RELAYING || link->server < 0)
        return 0;
    bool reads = !link->server_ended && !sending;
    return (short)((reads ? POLLIN : 0) | (held(&link->up) > 0 ? POLLOUT : 0));
}

int64_t pst_fault_link_wait(const struct pst_fault_link *link, int64_t now_ms,
                            struct pollfd wait[2])
{
    bool sending = link->state == RELAYING && may_send(link);
    bool due = sending && allowance(link, now_ms) > 0;
    short client = (short)((wants_client(link) ? POLLIN : 0) | (due ? POLLOUT : 0));
    short server = server_events(link, sending);

    /* Without an event to wait for, a socket stays out: poll would tell of its end for ever. */
    wait[0] = (struct pollfd){.fd = client != 0 ? link->client : -1, .events = client};
    wait[1] = (struct pollfd){.fd = server != 0 ? link->server : -1, .events = server};
    bool ticks = link->state == RESETTING || (sending && !due);
    int64_t tick_ms = ticks ? now_ms + TICK_MS : INT64_MAX;
    return tick_ms < link->deadline_ms ? tick_ms : link->deadline_ms;
}

struct pst_fault_link *pst_fault_link_new(int client, int64_t now_ms)
{
    struct pst_fault_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        close(client);
        return NULL;
    }
    link->client = client;
    link->server = -1;
    link->then = link->cut_then = CLOSING;
    link->flip = link->cut_at = PST_FAULT_OFF;
    link->body_left = INT64_MAX;
    enter(link, READING_HEAD, now_ms + REQUEST_LIMIT_MS);
    return link;
}

void pst_fault_link_free(struct pst_fault_link *link)
{
    if (link == NULL)
        return;
    close(link->client);
    if (link->server >= 0)
        close(link->server);
    free(link);
}
