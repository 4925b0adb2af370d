/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - reading JSON strictly, and its canonical form.
 *
 * The bytes are scanned before cJSON sees them; what is let through has exactly one meaning:
 *   UTF-8 without BOM, no U+0000 and no lone surrogate in strings, no raw control character, no
 *   member name twice (also after unescaping), numbers only as integers -2^53+1 .. 2^53-1 without
 *   fraction, exponent, leading zero or "-0", nothing but white space after the value, and never
 *   more bytes, depth or values than the caller's limits.
 *
 *   bytes --pst_json_parse()--> struct pst_json --accessors / fields.h--> values
 *                                      '--pst_json_canonical()--> the bytes that signatures cover
 *
 * Memory   pst_json_free(); texts and children are borrowed until then.
 * Threads  a document is immutable once parsed.
 * Errors   PST_BAD_SYNTAX, PST_BAD_ENCODING, PST_DUPLICATE_FIELD, PST_TOO_LARGE, PST_NO_MEMORY;
 *          each names line and column.
 * Source   RFC 8259; canonical form as in securesystemslib (OLPC), which is not RFC 8785: members
 *          sorted by code point, only `"` and `\` escaped, everything else raw.
 */
#ifndef PST_MANIFESTS_JSON_H
#define PST_MANIFESTS_JSON_H

#include "manifests/finding.h"

struct pst_json; /* one value; opaque */

enum pst_json_type {
    PST_JSON_NULL,
    PST_JSON_BOOL,
    PST_JSON_INTEGER,
    PST_JSON_TEXT,
    PST_JSON_ARRAY,
    PST_JSON_OBJECT
};

struct pst_json_limits {
    size_t bytes;  /* of the whole document */
    size_t values; /* of all kinds, members counted by their value */
    size_t depth;  /* of nesting; a bare number has depth 0 */
};

/* For what comes in over HTTP: 64 KiB, 4096 values, depth 16. */
extern const struct pst_json_limits pst_json_small;
/* For signed metadata: 8 MiB, 500000 values, depth 32. */
extern const struct pst_json_limits pst_json_large;

#define PST_JSON_INTEGER_MAX INT64_C(9007199254740991)

enum pst_code pst_json_parse(struct pst_bytes in, const struct pst_json_limits *limits,
                             struct pst_json **out, struct pst_report *why) PST_MUST_CHECK;
void pst_json_free(struct pst_json *json);
static inline void pst_json_cleanup(struct pst_json **json)
{
    pst_json_free(*json);
}

enum pst_json_type pst_json_type(const struct pst_json *json);
const char *pst_json_type_name(enum pst_json_type type); /* "an object", "a text", ... */
bool pst_json_bool(const struct pst_json *json);         /* false unless it is true */
int64_t pst_json_integer(const struct pst_json *json);   /* 0 unless it is an integer */
/* Empty unless it is a text; NUL-terminated. */
struct pst_text pst_json_text(const struct pst_json *json);

/* Arrays and objects: children in document order; walking is linear in the number of children. */
size_t pst_json_count(const struct pst_json *json);
const struct pst_json *pst_json_first(const struct pst_json *json);
const struct pst_json *pst_json_next(const struct pst_json *child);
struct pst_text pst_json_name(const struct pst_json *child); /* of an object's member */
const struct pst_json *pst_json_member(const struct pst_json *object, const char *name);

/* Adds the canonical form. PST_TOO_LARGE when the buffer's ceiling is reached, PST_NO_MEMORY. */
enum pst_code pst_json_canonical(const struct pst_json *json, struct pst_buf *out,
                                 struct pst_report *why) PST_MUST_CHECK;

#endif
