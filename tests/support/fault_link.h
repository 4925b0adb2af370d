/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_link.h - one connection through fault-proxy: one request, one hurt or healthy response.
 *
 *     head of the request -> (connect) -> relay -> end: close | reset | stall
 *
 * The request is passed on with "Connection: close", so the server's end of file is the end of the
 * response and no length has to be understood. The caller owns the poll loop: it asks each link
 * what to wait for, and steps it with what came.
 *
 * Units    now_ms is a monotonic clock.
 * Memory   a link is one block of fixed size.
 * Errors   whatever goes wrong on one link ends that link only.
 */
#ifndef PST_TESTS_FAULT_LINK_H
#define PST_TESTS_FAULT_LINK_H

#include <poll.h>

#include "tests/support/fault_options.h"

struct pst_fault_link;

/* Takes `client`, which must be non-blocking, also when it answers NULL for want of memory. */
struct pst_fault_link *pst_fault_link_new(int client, int64_t now_ms);
void pst_fault_link_free(struct pst_fault_link *link);

/*
 * What to wait for: client in wait[0], server in wait[1] (fd -1: nothing). Answers the time at
 * which to step the link even if nothing came, or INT64_MAX.
 */
int64_t pst_fault_link_wait(const struct pst_fault_link *link, int64_t now_ms,
                            struct pollfd wait[2]);

/* Goes on with the link. `*hurt` counts the responses that were hurt so far. False: it is over. */
bool pst_fault_link_step(struct pst_fault_link *link, const struct pollfd wait[2],
                         const struct pst_fault_options *options, int64_t *hurt, int64_t now_ms);

#endif
