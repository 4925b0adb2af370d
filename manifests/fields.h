/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h - reading an object so that the parser looks like its schema.
 *
 * The reader keeps the first verdict and *all* findings: a parser reads every field in turn and has
 * one error branch at the end, and a bad document is told everything that is wrong with it in one
 * run.
 *
 *     PST_WITHIN(why, "release");
 *     struct pst_fields fields = pst_fields_open(json, why);
 *     release->sequence = pst_fields_integer(&fields, "sequence", 1, PST_JSON_INTEGER_MAX);
 *     release->product = pst_fields_name(&fields, "product");
 *     if (pst_fields_has(&fields, "notes"))
 *         ...
 *     return pst_fields_close(&fields);     // also refuses members that nobody read
 *
 * After a fault a reader function answers the type's zero (0, empty text, NULL).
 *
 * Memory   texts are borrowed from the document, NUL-terminated, and stay until it is freed.
 * Threads  values only.
 * Errors   PST_MISSING_FIELD, PST_WRONG_TYPE, PST_OUT_OF_BOUNDS, PST_UNKNOWN_FIELD, PST_BAD_SYNTAX.
 */
#ifndef PST_MANIFESTS_FIELDS_H
#define PST_MANIFESTS_FIELDS_H

#include "manifests/json.h"
#include "manifests/version.h"

enum { PST_FIELDS_MOST = 48 };

struct pst_fields {
    const struct pst_json *object; /* NULL when what was opened is no object */
    struct pst_report *why;
    enum pst_code first;
    size_t read_count;
    const char *read[PST_FIELDS_MOST]; /* names asked for, to find those that nobody read */
};

struct pst_fields pst_fields_open(const struct pst_json *object, struct pst_report *why);

/*
 * True when the member is there and not null; in any case it counts as known. For optional fields.
 */
bool pst_fields_has(struct pst_fields *fields, const char *name);

int64_t pst_fields_integer(struct pst_fields *fields, const char *name, int64_t least,
                           int64_t most);
bool pst_fields_bool(struct pst_fields *fields, const char *name);
/* Printable UTF-8 of 1 to `most` bytes. */
struct pst_text pst_fields_text(struct pst_fields *fields, const char *name, size_t most);
/* As text, but control characters are kept: keys in PEM hold line feeds. */
struct pst_text pst_fields_raw_text(struct pst_fields *fields, const char *name, size_t most);
/* A name that may become part of a path: pst_name_is_safe(). */
struct pst_text pst_fields_name(struct pst_fields *fields, const char *name);
/* Exactly `len` bytes of lower-case hex. */
bool pst_fields_hex(struct pst_fields *fields, const char *name, uint8_t *out, size_t len);
/* RFC 3339 in UTC, whole seconds, ending in Z. */
int64_t pst_fields_instant(struct pst_fields *fields, const char *name);
struct pst_version pst_fields_version(struct pst_fields *fields, const char *name);
struct pst_version_range pst_fields_range(struct pst_fields *fields, const char *name);
/*
 * The text must be one of `words` (NULL-terminated list); answers its index, or -1 after a fault.
 */
int pst_fields_choice(struct pst_fields *fields, const char *name, const char *const *words);
const struct pst_json *pst_fields_object(struct pst_fields *fields, const char *name);
/* At most `most` elements. */
const struct pst_json *pst_fields_array(struct pst_fields *fields, const char *name, size_t least,
                                        size_t most);

/* Records a fault that the caller found at this field itself. */
void pst_fields_fault(struct pst_fields *fields, const char *name, enum pst_code code,
                      struct pst_value expected, struct pst_value found);
/* Takes over the verdict of a nested parser. */
void pst_fields_merge(struct pst_fields *fields, enum pst_code code);

/* Ends the reading: refuses members that nobody read. PST_OK only when nothing was wrong. */
enum pst_code pst_fields_close(struct pst_fields *fields) PST_MUST_CHECK;
/* The same, but unknown members are tolerated, as TUF demands of its metadata. */
enum pst_code pst_fields_close_open(struct pst_fields *fields) PST_MUST_CHECK;

/*
 * Names of products, components, serials, roles in paths: 1 to 64 characters of [A-Za-z0-9._-] that
 * do not begin with '.' or '-'. So a name is never "..", never hidden, never an option.
 */
bool pst_name_is_safe(struct pst_text name);
/* A target path: safe names joined by '/', at most 255 bytes. */
bool pst_target_path_is_safe(struct pst_text path);

#endif
