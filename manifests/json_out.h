/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.h - writing JSON in one pass.
 *
 *     struct pst_json_out out = pst_json_out(&buf);
 *     pst_out_open(&out, NULL, '{');
 *     pst_out_text(&out, "format", pst_text("postern.report/1"));
 *     pst_out_open(&out, "findings", '[');
 *     pst_out_integer(&out, NULL, 7);
 *     pst_out_close(&out, ']');
 *     pst_out_close(&out, '}');
 *     if (!pst_json_out_is_whole(&out)) ...
 *
 * What is written is compact JSON that json.h reads again. Names are given in members of objects
 * and NULL in arrays. For the canonical form, parse what was written and use pst_json_canonical().
 *
 * Memory   grows the caller's buffer; a ceiling or lack of memory makes `failed` stick. So does an
 *          integer that json.h would not take, a second value beside the outermost, a close too
 *          many.
 * Threads  values only.
 */
#ifndef PST_MANIFESTS_JSON_OUT_H
#define PST_MANIFESTS_JSON_OUT_H

#include "manifests/finding.h"
#include "manifests/json.h"

struct pst_json_out {
    struct pst_buf *buf;
    bool failed;
    bool comma; /* the next value is not the first of its container */
    size_t depth;
};

static inline struct pst_json_out pst_json_out(struct pst_buf *buf)
{
    return (struct pst_json_out){.buf = buf};
}

void pst_out_open(struct pst_json_out *out, const char *name, char bracket); /* '{' or '[' */
void pst_out_close(struct pst_json_out *out, char bracket);                  /* '}' or ']' */
/*
 * Text that is not UTF-8 is written with its broken bytes as U+FFFD; so is U+0000, which json.h
 * refuses.
 */
void pst_out_text(struct pst_json_out *out, const char *name, struct pst_text value);
void pst_out_string(struct pst_json_out *out, const char *name, const char *value); /* NULL: null */
void pst_out_integer(struct pst_json_out *out, const char *name, int64_t value);
void pst_out_bool(struct pst_json_out *out, const char *name, bool value);
void pst_out_null(struct pst_json_out *out, const char *name);
void pst_out_hex(struct pst_json_out *out, const char *name, struct pst_bytes value);
void pst_out_instant(struct pst_json_out *out, const char *name, int64_t at_s);
/* A value that is JSON already: a document read before, or bytes that pst_json_parse() accepted. */
void pst_out_json(struct pst_json_out *out, const char *name, const struct pst_json *value);
void pst_out_verbatim(struct pst_json_out *out, const char *name, struct pst_bytes json);

/*
 * Findings as {code, number, kind, audience, severity, where, expected, found, noted, unverified}.
 */
void pst_out_findings(struct pst_json_out *out, const char *name, const struct pst_report *why);

/* The members of one finding, without its brackets, for those who add more to it. */
void pst_out_finding_members(struct pst_json_out *out, const struct pst_finding *finding);

/* Everything that was opened was closed, and nothing failed. */
bool pst_json_out_is_whole(const struct pst_json_out *out);

/*
 * Reads what pst_out_findings() wrote. Only code, where, expected, found, noted and unverified
 * count: the rest follows from the code, and unknown members are tolerated. A code that this build
 * does not know (a newer agent's) and findings beyond PST_REPORT_MOST are counted in
 * `out->omitted`. Values are cut and made printable. `*out` is replaced.
 */
enum pst_code pst_findings_parse(const struct pst_json *array, struct pst_report *out,
                                 struct pst_report *why) PST_MUST_CHECK;

#endif
