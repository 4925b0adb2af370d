/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fuzz_property.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/version.h"

enum { CANONICAL_MOST = 1 << 20, RANGE_TEXT_ROOM = 2048 };

void pst_fuzz_fail(const char *what)
{
    fprintf(stderr, "fuzz: does not hold: %s\n", what);
    abort();
}

void pst_fuzz_verdict(enum pst_code code, bool has_result, const struct pst_report *why)
{
    if (code == PST_OK) {
        pst_fuzz_hold(has_result, "what is accepted gives a result");
        pst_fuzz_hold(pst_report_verdict(why) == PST_OK, "what is accepted has no finding");
        return;
    }
    pst_fuzz_hold(!has_result, "a refusal leaves the result alone");
    pst_fuzz_hold(pst_report_verdict(why) != PST_OK, "a refusal is explained");
    pst_fuzz_hold(pst_report_has(why, code), "the explanation holds the code that is returned");
}

struct pst_buf pst_fuzz_canonical(const struct pst_json *json)
{
    struct pst_report why = {0};
    struct pst_buf out = pst_buf(CANONICAL_MOST);

    pst_fuzz_hold(pst_json_canonical(json, &out, &why) == PST_OK,
                  "what is read has a canonical form");
    return out;
}

static bool same_digest(struct pst_text a, struct pst_text b)
{
    uint8_t left[32], right[32];
    return pst_hex_parse(a, left, sizeof left) && pst_hex_parse(b, right, sizeof right) &&
           memcmp(left, right, sizeof left) == 0;
}

static bool same_range(struct pst_text a, struct pst_text b)
{
    struct pst_version_range range = {0};
    char text[RANGE_TEXT_ROOM];

    return pst_version_range_parse(a, &range, NULL) == PST_OK &&
           pst_text_is(b, pst_version_range_print(&range, text, sizeof text));
}

static bool same_text(const struct pst_json *read, const struct pst_json *printed)
{
    struct pst_text a = pst_json_text(read), b = pst_json_text(printed);
    return pst_text_equal(a, b) || same_digest(a, b) || same_range(a, b);
}

static bool same_elements(const struct pst_json *read, const struct pst_json *printed)
{
    const struct pst_json *a = pst_json_first(read), *b = pst_json_first(printed);
    while (a != NULL && b != NULL && pst_fuzz_same_document(a, b)) {
        a = pst_json_next(a);
        b = pst_json_next(b);
    }
    return a == NULL && b == NULL;
}

static bool says_nothing(const struct pst_json *json)
{
    switch (pst_json_type(json)) {
    case PST_JSON_INTEGER:
        return pst_json_integer(json) == 0;
    case PST_JSON_TEXT:
        return pst_json_text(json).len == 0;
    case PST_JSON_ARRAY:
    case PST_JSON_OBJECT:
        return pst_json_count(json) == 0;
    case PST_JSON_NULL:
    case PST_JSON_BOOL:
        break;
    }
    return false;
}

static bool same_members(const struct pst_json *read, const struct pst_json *printed)
{
    size_t found = 0;
    for (const struct pst_json *at = pst_json_first(read); at != NULL; at = pst_json_next(at)) {
        const struct pst_json *other = pst_json_member(printed, pst_json_name(at).at);
        if (other == NULL ? !says_nothing(at) : !pst_fuzz_same_document(at, other))
            return false;
        found += other != NULL;
    }
    return found == pst_json_count(printed); /* and nothing was added */
}

bool pst_fuzz_same_document(const struct pst_json *read, const struct pst_json *printed)
{
    if (pst_json_type(read) != pst_json_type(printed))
        return false;
    switch (pst_json_type(read)) {
    case PST_JSON_NULL:
        return true;
    case PST_JSON_BOOL:
        return pst_json_bool(read) == pst_json_bool(printed);
    case PST_JSON_INTEGER:
        return pst_json_integer(read) == pst_json_integer(printed);
    case PST_JSON_TEXT:
        return same_text(read, printed);
    case PST_JSON_ARRAY:
        return same_elements(read, printed);
    case PST_JSON_OBJECT:
        break;
    }
    return same_members(read, printed);
}
