/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources.h - the base URLs of a repository, tried in order, and small files fetched from them.
 *
 * Memory   texts are borrowed from the configuration.
 * Threads  values only; the transport port does the I/O.
 */
#ifndef PST_AGENT_TRUST_SOURCES_H
#define PST_AGENT_TRUST_SOURCES_H

#include "agent/ports.h"

enum { PST_SOURCES_MOST = 8, PST_URL_ROOM = 2048 };

struct pst_fetch_limits {
    int64_t connect_ms, stall_ms, whole_ms;
};

struct pst_sources {
    size_t count;
    const char *metadata[PST_SOURCES_MOST]; /* end in '/' */
    const char *targets[PST_SOURCES_MOST];
    struct pst_fetch_limits limits;
};

/* Percent-encodes all but letters, digits and "_.-~" (and '/', when `keep_slash`), in upper-case
 * hex. */
bool pst_url_encode(struct pst_text text, bool keep_slash, char *out, size_t room);

/*
 * Fetches one small file into `out`. PST_OK only for 200. 404 and 403 answer
 * PST_METADATA_MISSING; 503 PST_SERVICE_MAINTENANCE; a web page where JSON belongs
 * PST_NET_CAPTIVE; other statuses PST_NET_STATUS.
 */
enum pst_code pst_fetch_small(const struct pst_transport_port *transport,
                              const struct pst_fetch_limits *limits, const char *url,
                              size_t most_bytes, struct pst_buf *out, struct pst_report *why)
    PST_MUST_CHECK;
/* The body of an answer at the end of a buffer; its `max`, or request->most_bytes, is the
 * ceiling. */
enum pst_code pst_fetch_into(const struct pst_transport_port *transport,
                             const struct pst_fetch_request *request, struct pst_buf *out,
                             struct pst_fetch_answer *answer, struct pst_report *why)
    PST_MUST_CHECK;

#endif
