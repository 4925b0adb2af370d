/* SPDX-License-Identifier: Apache-2.0 */
/* What was signed stays what was signed: an envelope that is read prints, and reads again with the
 * same signatures around the same bytes. */
#include "manifests/envelope.h"

#include "tests/support/fuzz_property.h"

enum { ENVELOPE_MOST = 1 << 20 };

static void print_again(const struct pst_envelope *envelope, struct pst_buf *out)
{
    struct pst_envelope_new_signature signature[PST_SIGNATURES_MOST];

    for (size_t i = 0; i < envelope->signature_count; i++)
        signature[i] = (struct pst_envelope_new_signature){envelope->signature[i].keyid.at,
                                                           envelope->signature[i].hex.at};
    pst_fuzz_hold(pst_envelope_print(pst_buf_bytes(&envelope->canonical), signature,
                                     envelope->signature_count, out, NULL) == PST_OK,
                  "what is read prints");
}

static void hold_same(const struct pst_envelope *a, const struct pst_envelope *b)
{
    pst_fuzz_hold(pst_bytes_equal(pst_buf_bytes(&a->canonical), pst_buf_bytes(&b->canonical)),
                  "the bytes that signatures cover stay the same");
    pst_fuzz_hold(a->signature_count == b->signature_count, "no signature is lost or added");
    for (size_t i = 0; i < a->signature_count; i++)
        pst_fuzz_hold(pst_text_equal(a->signature[i].keyid, b->signature[i].keyid) &&
                          pst_text_equal(a->signature[i].hex, b->signature[i].hex),
                      "signatures stay as they are");
}

static void hold_no_key_twice(const struct pst_envelope *envelope)
{
    for (size_t i = 1; i < envelope->signature_count; i++)
        for (size_t j = 0; j < i; j++)
            pst_fuzz_hold(
                !pst_text_equal(envelope->signature[i].keyid, envelope->signature[j].keyid),
                "no key signs twice");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL, *again = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf printed = pst_buf(ENVELOPE_MOST);
    struct pst_report why = {0};

    enum pst_code code = pst_envelope_parse(pst_bytes(at, len), &pst_json_small, &envelope, &why);
    pst_fuzz_verdict(code, envelope != NULL, &why);
    if (envelope == NULL)
        return 0;
    hold_no_key_twice(envelope);
    print_again(envelope, &printed);
    pst_fuzz_hold(pst_envelope_parse(pst_buf_bytes(&printed), &pst_json_large, &again, NULL) ==
                      PST_OK,
                  "what is printed reads again");
    hold_same(envelope, again);
    return 0;
}
