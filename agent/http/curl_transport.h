/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_transport.h - the transport port on libcurl; the only HTTP client in the house.
 *
 * https only, unless the host is loopback or `allow_http` says otherwise. No redirects, no
 * cookies, no netrc, no HSTS file, no proxy from the environment, no decompression: what is asked
 * for is what comes, or a finding says why. One handle is kept for connection reuse.
 *
 * Units    milliseconds and bytes, as in ports.h. Fewer than 64 bytes a second over the stall
 *          time is a stall.
 * Memory   pst_curl_transport_free().
 * Threads  one transport belongs to one thread; pst_curl_begin() once per process, before any
 *          thread.
 * Errors   network.*, PST_NET_FORBIDDEN for a URL of another scheme.
 */
#ifndef PST_AGENT_HTTP_CURL_TRANSPORT_H
#define PST_AGENT_HTTP_CURL_TRANSPORT_H

#include "agent/ports.h"

struct pst_curl_options {
    bool allow_http;                      /* plain http to any host, not only to loopback */
    const char *ca_file;                  /* NULL or "": the system's */
    const char *client_cert, *client_key; /* NULL or "": none */
    const char *proxy;                    /* NULL or "": none */
    const char *interface;                /* NULL or "": any */
};

struct pst_curl_transport;

enum pst_code pst_curl_begin(struct pst_report *why) PST_MUST_CHECK;
void pst_curl_end(void);

enum pst_code pst_curl_transport_new(const struct pst_curl_options *options,
                                     struct pst_curl_transport **out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_curl_transport_free(struct pst_curl_transport *transport);
struct pst_transport_port pst_curl_transport_port(struct pst_curl_transport *transport);

#endif
