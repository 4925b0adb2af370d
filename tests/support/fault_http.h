/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_http.h - the little of HTTP/1.1 that fault-proxy has to understand.
 *
 * Threads  pure functions.
 * Source   RFC 9112 (messages), RFC 9110 section 14 (ranges).
 */
#ifndef PST_TESTS_FAULT_HTTP_H
#define PST_TESTS_FAULT_HTTP_H

#include "manifests/bytes.h"

/* The length of a message's head with its empty line, or 0 while that has not come. */
size_t pst_fault_head_length(struct pst_text text);
/* An interim answer (1xx): another head comes after this one. */
bool pst_fault_is_interim(struct pst_text head);
bool pst_fault_contains(struct pst_text text, const char *part);
/* A line without its end. */
bool pst_fault_take_line(struct pst_text *rest, struct pst_text *line);
/*
 * One range "bytes=a-b" or "bytes=a-" inside `size`; for anything else (a list, a suffix) a server
 * may answer the whole, and so it is false.
 */
bool pst_fault_range(struct pst_text head, int64_t size, int64_t *first, int64_t *last);
/*
 * Writes the head anew with "Connection: close" in place of what the client wanted, so that the
 * server's end of file ends the response. Answers its length, or 0 when `room` is too small.
 */
size_t pst_fault_rewrite(struct pst_text head, char *out, size_t room);

#endif
