/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.h - the strict look over JSON text before a lax parser gets to see it.
 *
 * cJSON 1.7.15 takes member names twice, NUL in texts, broken UTF-8, "007", "1e400", numbers that
 * lose digits, a BOM, and whatever follows the value. The scan takes none of these; what passes
 * has exactly one reading. Only json.c uses it.
 *
 * Memory   a flat stack of PST_JSON_DEPTH_MOST frames, and one entry a member of each open object.
 * Threads  pure function.
 * Errors   those of json.h. Bad numbers and repeated names are all told; any other fault ends the
 *          scan.
 */
#ifndef PST_MANIFESTS_JSON_SCAN_H
#define PST_MANIFESTS_JSON_SCAN_H

#include "manifests/json.h"

enum { PST_JSON_DEPTH_MOST = 64 }; /* whatever a caller's limits say */

enum pst_code pst_json_scan(struct pst_bytes in, const struct pst_json_limits *limits,
                            struct pst_report *why) PST_MUST_CHECK;

#endif
