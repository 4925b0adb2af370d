/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_change.h - a document with one thing changed: for tests that spoil each field in turn.
 *
 *     for (size_t i = 0; i < json_value_count(json); i++)
 *         if (json_changed(json, i, JSON_REMOVED, NULL, &changed)) ...
 *
 * Values are counted as they stand in the document, the outermost not among them.
 *
 * Memory   values only. Errors: memory that is out ends the test.
 */
#ifndef PST_TESTS_JSON_CHANGE_H
#define PST_TESTS_JSON_CHANGE_H

#include "manifests/json.h"

enum json_change {
    JSON_REMOVED, /* a member */
    JSON_PUT,     /* another value in its place: JSON text */
    JSON_CASE,    /* a member's name begins with a capital */
    JSON_TWICE    /* a member stands there a second time */
};

struct json_changed {
    char path[300]; /* "roles/root/threshold" */
    const struct pst_json *value;
    bool is_member; /* no element of an array */
    struct pst_buf text;
};

size_t json_value_count(const struct pst_json *json);
/* False when there is no such change: elements have no name. `out->text` is the caller's. */
bool json_changed(const struct pst_json *json, size_t which, enum json_change change,
                  const char *put, struct json_changed *out);
static inline void json_changed_cleanup(struct json_changed *changed)
{
    pst_buf_clear(&changed->text);
}

#endif
