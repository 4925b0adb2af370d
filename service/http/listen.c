/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

struct address {
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
};

static bool read_host(struct pst_text host, bool v6, uint16_t port, struct address *out)
{
    char text[INET6_ADDRSTRLEN];

    if (host.len == 0 || host.len >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", PST_ARGS(host));
    if (v6) {
        out->len = sizeof out->at.v6;
        out->at.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        return inet_pton(AF_INET6, text, &out->at.v6.sin6_addr) == 1;
    }
    out->len = sizeof out->at.v4;
    out->at.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    return inet_pton(AF_INET, text, &out->at.v4.sin_addr) == 1;
}

static bool read_address(struct pst_text text, struct address *out)
{
    struct pst_text host;
    uint64_t port;
    bool v6 = pst_take(&text, "[");

    if (v6 ? !(pst_take_until(&text, ']', &host) && pst_take(&text, ":"))
           : !pst_take_until(&text, ':', &host))
        return false;
    return pst_take_number(&text, UINT16_MAX, &port) && text.len == 0 &&
           read_host(host, v6, (uint16_t)port, out);
}

static int open_socket(const struct address *address)
{
    int on = 1;
    int fd = socket(address->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    /* A restart must not wait for the old connections' last packets. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, &address->at.any, address->len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

enum pst_code pst_http_listen(const char *text, int *out, unsigned *port, struct pst_report *why)
{
    struct address address = {0};

    if (!read_address(pst_text(text), &address))
        return pst_refuse(why, PST_CONFIG_VALUE,
                          pst_say("an address to listen on, like 127.0.0.1:8470 or [::1]:8470"),
                          pst_say("'%s'", text));
    int fd = open_socket(&address);
    if (fd < 0)
        return pst_refuse_errno(why, errno, text);
    if (getsockname(fd, &address.at.any, &address.len) != 0) {
        int error = errno;
        close(fd);
        return pst_refuse_errno(why, error, text);
    }
    *port = ntohs(address.at.any.sa_family == AF_INET6 ? address.at.v6.sin6_port
                                                       : address.at.v4.sin_port);
    *out = fd;
    return PST_OK;
}
