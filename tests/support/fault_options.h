/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_options.h - what fault-proxy was asked to do to the responses that pass through it.
 *
 * Units    sizes and offsets are bytes of the response's body as it travels: in a chunked body they
 *          count the chunk marks too.
 * Memory   views borrow from argv.
 */
#ifndef PST_TESTS_FAULT_OPTIONS_H
#define PST_TESTS_FAULT_OPTIONS_H

#include <netinet/in.h>

#include "manifests/bytes.h"

enum { PST_FAULT_OFF = -1 }; /* in an int64_t option: not asked for */

struct pst_fault_options {
    struct sockaddr_in listen;
    struct sockaddr_in to;
    const char *port_file; /* NULL: none */
    const char *match;     /* part of the request's path; NULL: every request */
    const char *replace;   /* NULL: none */
    int64_t flip;
    int64_t truncate;
    int64_t reset_after;
    int64_t stall_after;
    int64_t rate; /* bytes a second */
    int64_t status;
    int64_t first;
    bool help;
};

/* Refuses with one line on stderr for each fault found; `*out` is written only on success. */
bool pst_fault_options_parse(int argc, char **argv, struct pst_fault_options *out) PST_MUST_CHECK;
void pst_fault_options_help(void);

#endif
