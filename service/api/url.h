/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h - internal to api/: paths and queries, decoded strictly.
 *
 * A percent sign stands before two hex digits; what comes out is printable UTF-8. In a path no
 * segment is "." or ".." and none holds a '/' or '\' of its own, so what a handler sees never
 * climbs. A '+' is a plus.
 *
 * Memory   values in the caller's room. Threads: pure.
 * Errors   PST_SERVICE_BAD_REQUEST.
 */
#ifndef PST_SERVICE_API_URL_H
#define PST_SERVICE_API_URL_H

#include "manifests/finding.h"

/* One segment, or one value of a query. False when it is not well formed or has no room. */
bool pst_url_decode(struct pst_text raw, char *out, size_t room);

/* The decoded path into `out`, its segments still joined by '/'. */
enum pst_code pst_url_path(struct pst_text raw, char *out, size_t room, struct pst_report *why)
    PST_MUST_CHECK;

/* What a request may ask for: texts into room of their own; a number when `number` is not NULL. */
struct pst_url_parameter {
    const char *name;
    char *text;
    size_t room;
    int64_t *number;
    int64_t least, most;
};
/* All faults: unknown and repeated names, values that are too long or no numbers. What is not given
 * stays as it is. */
enum pst_code pst_url_query(struct pst_text query, const struct pst_url_parameter *parameters,
                            size_t count, struct pst_report *why) PST_MUST_CHECK;

#endif
