/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - is this head of a request one that every reader understands in the same way?
 *
 * A proxy in front and the library here must agree on where a request ends. libmicrohttpd 0.9.75
 * takes Transfer-Encoding over Content-Length, the first of two lengths, header names with blanks,
 * folded lines (which it glues to the *name*), bare line feeds, and cuts at a NUL. All of that is
 * refused, and told.
 *
 * The library hands out pointers into the block that it received; where the texts do not lie one
 * behind the other exactly as in "METHOD TARGET VERSION CRLF (name: value CRLF)* CRLF", something
 * stood between them that it did not tell: a fold, a NUL, a bare line feed, a second blank, a line
 * without a name (which it takes for the end of the head). The four bytes behind the last text are
 * read: the library has received them.
 *
 * Threads  pure.
 * Errors   PST_SERVICE_BAD_REQUEST, one finding for each fault.
 * Source   RFC 9112, sections 2.2, 3, 5.1, 5.2, 6.1 and 6.3.
 */
#ifndef PST_SERVICE_HTTP_GUARD_H
#define PST_SERVICE_HTTP_GUARD_H

#include "manifests/finding.h"

enum { PST_GUARD_HEADERS_MOST = 64 };

struct pst_guard_head {
    const char *method, *version; /* the library's own pointers */
    const char *url;              /* where the target began in the received block */
    struct pst_text target;       /* a copy of it, as sent */
    size_t header_count;          /* also those beyond the array */
    struct {
        struct pst_text name, value; /* the library's own pointers; value.at is never NULL */
    } header[PST_GUARD_HEADERS_MOST];
};

enum pst_code pst_guard_check(const struct pst_guard_head *head, struct pst_report *why)
    PST_MUST_CHECK;
/* The layout alone: false when the texts do not lie as they were sent. */
bool pst_guard_layout_holds(const struct pst_guard_head *head);

#endif
