/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h - internal to http/: a listening socket for an address as text.
 */
#ifndef PST_SERVICE_HTTP_LISTEN_H
#define PST_SERVICE_HTTP_LISTEN_H

#include "manifests/finding.h"

/* "127.0.0.1:8470", "[::1]:0". Refuses with PST_CONFIG_VALUE (no such address), PST_HOST_PORT (in
 * use), PST_HOST_*; each names the address. */
enum pst_code pst_http_listen(const char *address, int *out, unsigned *port, struct pst_report *why)
    PST_MUST_CHECK;

#endif
