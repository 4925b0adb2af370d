/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the reader takes has one meaning: its canonical form, members in order, reads again to
 * the same bytes. Whatever it refuses, it explains.
 */
#include "manifests/json_out.h"
#include "tests/support/fuzz_property.h"

enum { TEXT_MOST = 1 << 20 };

/* Strictly ascending by bytes, all the way down: so one document has one form, whatever the order
 * that it was written in. */
static void hold_order(const struct pst_json *json)
{
    const char *last = NULL;
    for (const struct pst_json *at = pst_json_first(json); at != NULL; at = pst_json_next(at)) {
        const char *name = pst_json_name(at).at;
        if (pst_json_type(json) == PST_JSON_OBJECT)
            pst_fuzz_hold(last == NULL || strcmp(last, name) < 0, "members stand in order");
        last = name;
        hold_order(at);
    }
}

static void hold_same_canonical(const struct pst_json *json, struct pst_bytes text,
                                const char *what)
{
    PST_CLEANUP(pst_json) struct pst_json *again = NULL;

    pst_fuzz_hold(pst_json_parse(text, &pst_json_large, &again, NULL) == PST_OK, what);
    PST_CLEANUP(pst_buf) struct pst_buf first = pst_fuzz_canonical(json);
    PST_CLEANUP(pst_buf) struct pst_buf second = pst_fuzz_canonical(again);
    pst_fuzz_hold(pst_bytes_equal(pst_buf_bytes(&first), pst_buf_bytes(&second)), what);
}

static void hold_canonical(const struct pst_json *json, struct pst_bytes text)
{
    PST_CLEANUP(pst_json) struct pst_json *again = NULL;

    hold_same_canonical(json, text, "the canonical form is a fixed point");
    if (pst_json_parse(text, &pst_json_large, &again, NULL) == PST_OK)
        hold_order(again);
}

static bool has_control(struct pst_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < ' ')
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_report why = {0};

    enum pst_code code = pst_json_parse(pst_bytes(at, len), &pst_json_small, &json, &why);
    pst_fuzz_verdict(code, json != NULL, &why);
    if (json == NULL)
        return 0;

    /* Controls stand raw in the canonical form, which a strict reader does not take back. */
    PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_fuzz_canonical(json);
    if (!has_control(pst_buf_bytes(&canonical)))
        hold_canonical(json, pst_buf_bytes(&canonical));

    PST_CLEANUP(pst_buf) struct pst_buf written = pst_buf(TEXT_MOST);
    struct pst_json_out out = pst_json_out(&written);
    pst_out_json(&out, NULL, json);
    pst_fuzz_hold(pst_json_out_is_whole(&out), "what is read is written");
    hold_same_canonical(json, pst_buf_bytes(&written),
                        "what is written reads as the same document");
    return 0;
}
