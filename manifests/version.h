/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.h - versions of OS, agent, boot loader and hardware, and ranges of them.
 *
 *     5.2.0   5.2.0-rc.1+build7   5.2.1.20260301   (four parts: vendors do that)
 *     >=1.2.0 <2.0.0 || >=3.1.0 <3.2.0     comparators joined by a blank hold together; || is "or"
 *     =5.2.0   5.2.0   *                   exactly this one; any
 *
 * Units    two to four decimal parts, each 0 .. 2^53-1, no sign, no leading zero; the text of a
 *          version is at most PST_VERSION_ROOM - 1 bytes, a range at most 8 alternatives.
 * Memory   values only: nothing allocates, nothing needs freeing.
 * Threads  pure functions.
 * Errors   PST_BAD_SYNTAX naming the part that is wrong; PST_EMPTY_RANGE for a range, or one of its
 *          alternatives, that no version is in (reversed bounds); PST_INCONSISTENT for alternatives
 *          that overlap.
 * Source   Semantic Versioning 2.0.0, section 11, on the numbers and the pre-release; build
 *          metadata does not take part in order. A part left out counts as 0. Unlike npm, a
 *          pre-release is in a range by order alone: ">=1.0.0 <2.0.0" holds 2.0.0-rc.1 and does
 *          not hold 1.0.0-rc.1; whoever means to keep 2.0.0's candidates out writes "<2.0.0-0".
 */
#ifndef PST_MANIFESTS_VERSION_H
#define PST_MANIFESTS_VERSION_H

#include "manifests/finding.h"

enum { PST_VERSION_ROOM = 64, PST_RANGE_MOST = 8 };

struct pst_version {
    uint64_t part[4];
    uint8_t pre_at, pre_len;     /* the pre-release inside `text`; pre_len 0 when there is none */
    char text[PST_VERSION_ROOM]; /* as written; "" in a version that was never parsed */
};

enum pst_code pst_version_parse(struct pst_text text, struct pst_version *out,
                                struct pst_report *why) PST_MUST_CHECK;
/* <0, 0, >0. */
int pst_version_compare(const struct pst_version *a, const struct pst_version *b);
bool pst_version_is_set(const struct pst_version *version);

struct pst_version_span {
    bool has_low, low_open;   /* low_open: the bound itself is outside (">") */
    bool has_high, high_open; /* high_open: "<" */
    struct pst_version low, high;
};

/* Alternatives in ascending order, none overlapping another. */
struct pst_version_range {
    size_t count; /* 0 in a range that was never parsed; such a range holds nothing */
    struct pst_version_span span[PST_RANGE_MOST];
};

enum pst_code pst_version_range_parse(struct pst_text text, struct pst_version_range *out,
                                      struct pst_report *why) PST_MUST_CHECK;
bool pst_version_range_holds(const struct pst_version_range *range,
                             const struct pst_version *version);
/* BELOW or ABOVE all of the range, or BETWEEN two alternatives (also when there is none at all). */
enum pst_version_place {
    PST_VERSION_INSIDE,
    PST_VERSION_BELOW,
    PST_VERSION_ABOVE,
    PST_VERSION_BETWEEN
};
enum pst_version_place pst_version_range_place(const struct pst_version_range *range,
                                               const struct pst_version *version);
/*
 * Writes the range in its one normal form, alternatives in order: ">=1.2.0 <2.0.0 || =3.1.0", "*";
 * read again it is the same range. Cut and terminated. Returns `out`.
 */
const char *pst_version_range_print(const struct pst_version_range *range, char *out, size_t room);

#endif
