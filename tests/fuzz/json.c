/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the reader takes has one meaning: its canonical form reads again, to the same bytes.
 * Whatever it refuses, it explains.
 */
#include "manifests/json.h"

#include <stdio.h>
#include <stdlib.h>

static void hold(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "tests/fuzz/json.c: does not hold: %s\n", what);
    abort();
}

static struct pst_buf canonical_of(const struct pst_json *json)
{
    struct pst_report why = {0};
    struct pst_buf out = pst_buf(1 << 20);

    hold(pst_json_canonical(json, &out, &why) == PST_OK, "what is read has a canonical form");
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct pst_report why = {0};
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_json) struct pst_json *again = NULL;

    if (pst_json_parse(pst_bytes(at, len), &pst_json_small, &json, &why) != PST_OK) {
        hold(json == NULL, "a refusal leaves the result alone");
        hold(why.count > 0, "a refusal is explained");
        return 0;
    }
    struct pst_buf first = canonical_of(json);
    struct pst_report none = {0};
    enum pst_code read =
        pst_json_parse(pst_bytes(first.at, first.len), &pst_json_large, &again, &none);
    /* Controls stand raw in the canonical form, which a strict reader does not take back. */
    if (read == PST_OK) {
        struct pst_buf second = canonical_of(again);
        hold(pst_bytes_equal(pst_bytes(first.at, first.len), pst_bytes(second.at, second.len)),
             "the canonical form is a fixed point");
        pst_buf_clear(&second);
    } else {
        bool control = false;
        for (size_t i = 0; i < first.len; i++)
            control = control || first.at[i] < ' ';
        hold(control, "the canonical form reads again");
    }
    pst_buf_clear(&first);
    return 0;
}
