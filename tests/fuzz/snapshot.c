/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fuzz_property.h"
#include "tests/support/fuzz_role.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    pst_fuzz_role(PST_ROLE_SNAPSHOT, pst_bytes(at, len));
    return 0;
}
