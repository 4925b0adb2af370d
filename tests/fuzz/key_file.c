/* SPDX-License-Identifier: Apache-2.0 */
/* A public key file of the ceremony: what is read prints, and reads again as the same key. */
#include "keys/ceremony.h"
#include "tests/support/fuzz_property.h"

enum { FILE_MOST = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0}, again = {0};
    PST_CLEANUP(pst_buf) struct pst_buf printed = pst_buf(FILE_MOST);
    struct pst_report why = {0};

    enum pst_code code = pst_ceremony_key_parse(pst_bytes(at, len), &key, &why);
    pst_fuzz_verdict(code, key.public != NULL, &why);
    if (code != PST_OK)
        return 0;
    pst_fuzz_hold(key.not_before_s < key.not_after_s, "a window is not empty");
    pst_fuzz_hold(pst_ceremony_key_print(&key, &printed, NULL) == PST_OK, "what is read prints");
    pst_fuzz_hold(pst_ceremony_key_parse(pst_buf_bytes(&printed), &again, NULL) == PST_OK,
                  "what is printed reads again");
    pst_fuzz_hold(strcmp(key.id, again.id) == 0 && strcmp(key.scheme, again.scheme) == 0 &&
                      key.not_before_s == again.not_before_s &&
                      key.not_after_s == again.not_after_s && pst_ceremony_key_same(&key, &again),
                  "what is printed reads as the same key");
    return 0;
}
