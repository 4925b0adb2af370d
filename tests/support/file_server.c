/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/file_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "manifests/file.h"

enum { REQUEST_ROOM = 16384, FILE_MOST = 16 << 20, LOG_MOST = 1 << 20 };

struct file_server_inside {
    const char *folder;
    int listener, wake[2];
    pthread_t thread;
    pthread_mutex_t lock; /* of `log` */
    struct pst_buf log;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

static void send_all(int peer, const void *at, size_t len)
{
    const char *rest = at;
    while (len > 0) {
        ssize_t sent = send(peer, rest, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        rest += sent;
        len -= (size_t)sent;
    }
}

static void send_file(int peer, const struct pst_buf *file)
{
    char head[200];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.0 200 OK\r\nServer: plain\r\nContent-type: application/octet-stream"
                       "\r\nContent-length: %zu\r\n\r\n",
                       file->len);
    if (!pst_text_starts(pst_buf_text(file), "HTTP/1."))
        send_all(peer, head, (size_t)len);
    send_all(peer, file->at, file->len);
}

static void send_missing(int peer)
{
    static const char missing[] =
        "HTTP/1.0 404 File not found\r\nContent-Type: text/html;charset=utf-8\r\n\r\n"
        "<!DOCTYPE HTML>\n<html><body>nothing here</body></html>\n";
    send_all(peer, missing, sizeof missing - 1);
}

static void answer(struct file_server_inside *server, int peer, const char *line)
{
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(FILE_MOST);
    char path[4096];
    const char *target = strncmp(line, "GET /", 5) == 0 ? line + 5 : NULL;
    bool below = target != NULL && strstr(target, "/../") == NULL && strncmp(target, "../", 3) != 0;

    if (below && pst_path_join(server->folder, target, path, sizeof path) &&
        pst_file_read(path, &file, NULL) == PST_OK)
        send_file(peer, &file);
    else
        send_missing(peer);
}

/* The first line without its version; false when there is none. */
static bool read_line(int peer, char out[REQUEST_ROOM])
{
    size_t len = 0;
    while (len + 1 < REQUEST_ROOM) {
        ssize_t got = recv(peer, out + len, REQUEST_ROOM - 1 - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        out[len] = '\0';
        if (strstr(out, "\r\n\r\n") != NULL)
            break;
    }
    char *end = strstr(out, " HTTP/1.");
    if (end == NULL)
        return false;
    *end = '\0';
    return true;
}

static void serve_one(struct file_server_inside *server, int peer)
{
    char line[REQUEST_ROOM] = "";
    if (!read_line(peer, line))
        return;
    pthread_mutex_lock(&server->lock);
    must(pst_buf_print(&server->log, "%s%s", server->log.len > 0 ? " | " : "", line),
         "a list of requests");
    pthread_mutex_unlock(&server->lock);
    answer(server, peer, line);
}

static void *serve(void *context)
{
    struct file_server_inside *server = context;
    for (;;) {
        struct pollfd waits[2] = {{.fd = server->listener, .events = POLLIN},
                                  {.fd = server->wake[0], .events = POLLIN}};
        if (poll(waits, 2, -1) < 0 || waits[1].revents != 0)
            return NULL;
        int peer = accept(server->listener, NULL, NULL);
        if (peer < 0)
            continue;
        serve_one(server, peer);
        close(peer);
    }
}

struct file_server *file_server(const char *folder)
{
    struct file_server *server = calloc(1, sizeof *server);
    struct file_server_inside *inside = calloc(1, sizeof *inside);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;

    must(server != NULL && inside != NULL, "memory for a server");
    *server = (struct file_server){.inside = inside};
    inside->folder = folder;
    inside->log = pst_buf(LOG_MOST);
    inside->listener = socket(AF_INET, SOCK_STREAM, 0);
    must(inside->listener >= 0 && bind(inside->listener, (struct sockaddr *)&at, sizeof at) == 0 &&
             listen(inside->listener, 16) == 0 &&
             getsockname(inside->listener, (struct sockaddr *)&at, &len) == 0,
         "a socket on loopback");
    server->port = ntohs(at.sin_port);
    must(pipe(inside->wake) == 0 && pthread_mutex_init(&inside->lock, NULL) == 0 &&
             pthread_create(&inside->thread, NULL, serve, inside) == 0,
         "a thread for a server");
    return server;
}

void file_server_free(struct file_server *server)
{
    if (server == NULL)
        return;
    close(server->inside->wake[1]);
    pthread_join(server->inside->thread, NULL);
    close(server->inside->wake[0]);
    close(server->inside->listener);
    pthread_mutex_destroy(&server->inside->lock);
    pst_buf_clear(&server->inside->log);
    free(server->inside);
    free(server);
}

void file_server_asked(struct file_server *server, struct pst_buf *out)
{
    pthread_mutex_lock(&server->inside->lock);
    must(pst_buf_add(out, server->inside->log.at, server->inside->log.len) &&
             pst_buf_add(out, "", 1),
         "a list of requests");
    pst_buf_clear(&server->inside->log);
    pthread_mutex_unlock(&server->inside->lock);
}
