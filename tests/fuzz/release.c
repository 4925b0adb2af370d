/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest that is read prints as the same manifest, in a form that does not change again. */
#include "manifests/release.h"

#include "tests/support/fuzz_property.h"

static struct pst_release *read_again(const struct pst_buf *printed)
{
    struct pst_release *release = NULL;
    pst_fuzz_hold(pst_release_parse(pst_buf_bytes(printed), &release, NULL) == PST_OK,
                  "what is printed reads again");
    return release;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf first = pst_buf(PST_RELEASE_BYTES_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf second = pst_buf(PST_RELEASE_BYTES_MOST);
    struct pst_report why = {0};

    enum pst_code code = pst_release_parse(pst_bytes(at, len), &release, &why);
    pst_fuzz_verdict(code, release != NULL, &why);
    if (release == NULL)
        return 0;
    pst_fuzz_hold(pst_release_check(release, NULL) == PST_OK, "what is read fits together");
    pst_fuzz_hold(pst_release_print(release, &first, NULL) == PST_OK, "what is read prints");

    PST_CLEANUP(pst_release) struct pst_release *again = read_again(&first);
    pst_fuzz_hold(pst_fuzz_same_document(release->json, again->json),
                  "printing loses nothing and adds nothing");
    pst_fuzz_hold(pst_release_print(again, &second, NULL) == PST_OK &&
                      pst_bytes_equal(pst_buf_bytes(&first), pst_buf_bytes(&second)),
                  "the printed form is a fixed point");
    return 0;
}
