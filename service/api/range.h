/* SPDX-License-Identifier: Apache-2.0 */
/*
 * range.h - conditional and partial requests: what If-None-Match, If-Range and Range ask of a file.
 *
 * One range is honoured. Several, other units and what cannot be read are ignored, as RFC 9110
 * allows: the whole file is then the answer, so nothing is ever sent twice.
 *
 * Threads  pure functions.
 * Source   RFC 9110, sections 13 and 14.
 */
#ifndef PST_SERVICE_API_RANGE_H
#define PST_SERVICE_API_RANGE_H

#include "manifests/bytes.h"

enum pst_range_verdict {
    PST_RANGE_WHOLE,        /* no range that counts: 200 */
    PST_RANGE_PART,         /* 206 */
    PST_RANGE_UNSATISFIABLE /* 416 */
};
/* `from` and `len` are written for PST_RANGE_PART only; len >= 1. */
enum pst_range_verdict pst_range_of(struct pst_text range, uint64_t size, uint64_t *from,
                                    uint64_t *len);

/* Whether a list of entity tags (If-None-Match, If-Match) holds `etag`, which has its quotes; "*"
 * holds any. A weak tag matches its strong one when `weak` says so. An empty list holds nothing. */
bool pst_etag_list_holds(struct pst_text list, struct pst_text etag, bool weak);

/* Whether If-Range lets a range count: it is not given, or is exactly this strong tag. */
bool pst_if_range_holds(struct pst_text if_range, struct pst_text etag);

#endif
