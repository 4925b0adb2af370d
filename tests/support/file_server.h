/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_server.h - the plainest HTTP server: the files of a folder over HTTP/1.0 on loopback, one
 * connection a request, and a list of what was asked.
 *
 *     PST_CLEANUP(file_server) struct file_server *server = file_server(folder);
 *     "http://127.0.0.1:<server->port>/a/b%20c" is the file <folder>/a/b%20c: names are not decoded
 *
 * What is not there is 404 with a web page, as such servers say it. A file whose first line is
 * "HTTP/1." is sent as it is: an answer of the test's own.
 *
 * Memory   file_server_free() ends its thread. Threads  the list is behind a lock.
 * Errors   a server that cannot start ends the program with a message.
 */
#ifndef PST_TESTS_FILE_SERVER_H
#define PST_TESTS_FILE_SERVER_H

#include "manifests/bytes.h"

struct file_server {
    int port;
    struct file_server_inside *inside;
};

struct file_server *file_server(const char *folder);
void file_server_free(struct file_server *server);
static inline void file_server_cleanup(struct file_server **server)
{
    file_server_free(*server);
}

/* Adds the request lines since the last time, "GET /a" each, with " | " between, and a NUL. */
void file_server_asked(struct file_server *server, struct pst_buf *out);

#endif
