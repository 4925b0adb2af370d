/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault-proxy - a bad network to order: passes HTTP on to one server and damages what comes back.
 *
 * One thread, one poll loop, a fixed number of links; see fault_options.c for what it can do.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/fault_link.h"

enum { LINKS_MOST = 256, SIGNALS = 0, LISTENER = 1, FIRST_LINK = 2 };

struct proxy {
    struct pst_fault_options options;
    int listener;
    int signals;
    bool announced; /* the port file is ours to remove */
    int64_t hurt;
    size_t count;
    struct pst_fault_link *link[LINKS_MOST];
    struct pollfd wait[FIRST_LINK + 2 * LINKS_MOST];
};

static int64_t clock_ms(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool fault(const char *what, const char *which)
{
    fprintf(stderr, "fault-proxy: cannot %s %s: ", what, which);
    perror(NULL);
    return false;
}

static bool set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool open_listener(struct proxy *proxy)
{
    struct sockaddr_in *address = &proxy->options.listen;
    socklen_t len = sizeof *address;
    int on = 1;
    char name[64];

    inet_ntop(AF_INET, &address->sin_addr, name, sizeof name);
    size_t used = strlen(name);
    snprintf(name + used, sizeof name - used, ":%u", (unsigned)ntohs(address->sin_port));
    proxy->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (proxy->listener < 0 || !set_nonblocking(proxy->listener) ||
        setsockopt(proxy->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(proxy->listener, (const struct sockaddr *)address, len) != 0 ||
        listen(proxy->listener, SOMAXCONN) != 0 ||
        getsockname(proxy->listener, (struct sockaddr *)address, &len) != 0)
        return fault("listen on", name);
    return true;
}

/* Whole or not at all, so that whoever waits for the file never reads half a number. */
static bool write_port_file(struct proxy *proxy)
{
    const char *path = proxy->options.port_file;
    char fresh[512];

    if (path == NULL)
        return true;
    int len = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return fault("write", path);
    }
    FILE *file = fopen(fresh, "we");
    if (file == NULL)
        return fault("write", fresh);
    bool written = fprintf(file, "%u\n", (unsigned)ntohs(proxy->options.listen.sin_port)) > 0;
    written = fclose(file) == 0 && written;
    proxy->announced = written && rename(fresh, path) == 0;
    return proxy->announced || fault("write", path);
}

/* For whoever reads our output: this line comes once connections are taken. */
static bool tell_port(const struct proxy *proxy)
{
    printf("listening on port %u\n", (unsigned)ntohs(proxy->options.listen.sin_port));
    return fflush(stdout) == 0 || fault("write to", "the standard output");
}

static bool open_signals(struct proxy *proxy)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return fault("block", "signals");
    proxy->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return proxy->signals >= 0 || fault("wait for", "signals");
}

static bool open_proxy(struct proxy *proxy)
{
    proxy->listener = proxy->signals = -1;
    return open_signals(proxy) && open_listener(proxy) && write_port_file(proxy) &&
           tell_port(proxy);
}

static void close_proxy(struct proxy *proxy)
{
    for (size_t i = 0; i < proxy->count; i++)
        pst_fault_link_free(proxy->link[i]);
    if (proxy->listener >= 0)
        close(proxy->listener);
    if (proxy->signals >= 0)
        close(proxy->signals);
    if (proxy->announced)
        unlink(proxy->options.port_file);
}

static void accept_links(struct proxy *proxy, int64_t now_ms)
{
    while (proxy->count < LINKS_MOST) {
        int client = accept(proxy->listener, NULL, NULL);
        if (client < 0)
            return;
        if (!set_nonblocking(client)) {
            close(client);
            continue;
        }
        proxy->link[proxy->count] = pst_fault_link_new(client, now_ms);
        if (proxy->link[proxy->count] != NULL)
            proxy->count++;
    }
}

/* Waits for the next thing to happen. False when there is nothing to go on with. */
static bool wait_for_events(struct proxy *proxy)
{
    int64_t now_ms = clock_ms();
    int64_t next_ms = INT64_MAX;
    bool room = proxy->count < LINKS_MOST;

    proxy->wait[SIGNALS] = (struct pollfd){.fd = proxy->signals, .events = POLLIN};
    proxy->wait[LISTENER] = (struct pollfd){.fd = room ? proxy->listener : -1, .events = POLLIN};
    for (size_t i = 0; i < proxy->count; i++) {
        int64_t at_ms =
            pst_fault_link_wait(proxy->link[i], now_ms, &proxy->wait[FIRST_LINK + 2 * i]);
        next_ms = at_ms < next_ms ? at_ms : next_ms;
    }
    int64_t left_ms = next_ms > now_ms ? next_ms - now_ms : 0;
    int timeout_ms = next_ms == INT64_MAX ? -1 : (int)(left_ms < 60000 ? left_ms : 60000);
    nfds_t fds = (nfds_t)(FIRST_LINK + 2 * proxy->count);
    return poll(proxy->wait, fds, timeout_ms) >= 0 || errno == EINTR || fault("wait for", "events");
}

static void step_links(struct proxy *proxy, int64_t now_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < proxy->count; i++) {
        struct pst_fault_link *link = proxy->link[i];
        if (pst_fault_link_step(link, &proxy->wait[FIRST_LINK + 2 * i], &proxy->options,
                                &proxy->hurt, now_ms))
            proxy->link[kept++] = link;
        else
            pst_fault_link_free(link);
    }
    proxy->count = kept;
}

static bool serve(struct proxy *proxy)
{
    for (;;) {
        if (!wait_for_events(proxy))
            return false;
        if (proxy->wait[SIGNALS].revents != 0)
            return true;
        int64_t now_ms = clock_ms();
        step_links(proxy, now_ms);
        if (proxy->wait[LISTENER].revents != 0)
            accept_links(proxy, now_ms);
    }
}

int main(int argc, char **argv)
{
    struct pst_fault_options options;
    if (!pst_fault_options_parse(argc, argv, &options))
        return 2;
    if (options.help) {
        pst_fault_options_help();
        return 0;
    }
    struct proxy *proxy = calloc(1, sizeof *proxy);
    if (proxy == NULL) {
        fprintf(stderr, "fault-proxy: no memory\n");
        return 1;
    }
    proxy->options = options;
    bool ok = open_proxy(proxy) && serve(proxy);
    close_proxy(proxy);
    free(proxy);
    return ok ? 0 : 1;
}
