/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instant.h - points in time: int64_t seconds since 1970, UTC; RFC 3339 on the wire.
 *
 * Exactly "YYYY-MM-DDTHH:MM:SSZ": no fraction, no other zone, no lower-case letters, no second 60,
 * years 1970 to 9999, and only days that exist.
 *
 * Threads  pure functions: no clock, no time-zone database.
 * Source   RFC 3339, section 5.6, in the narrow form that TUF 1.0.34 uses.
 */
#ifndef PST_MANIFESTS_INSTANT_H
#define PST_MANIFESTS_INSTANT_H

#include "manifests/finding.h"

enum { PST_INSTANT_ROOM = 24 };
#define PST_INSTANT_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

bool pst_instant_parse(struct pst_text text, int64_t *out_s);
/* Instants outside 1970..9999 are printed as the nearest end. Returns `out`. */
const char *pst_instant_print(int64_t at_s, char out[PST_INSTANT_ROOM]);

#endif
