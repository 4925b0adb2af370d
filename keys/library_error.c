/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/library_error.h"

#include <openssl/err.h>

enum pst_code pst_library_refused(struct pst_report *why, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    const char *words = error != 0 ? ERR_reason_error_string(error) : NULL;
    struct pst_value found = pst_say("%s", words != NULL ? words : "a failure without a reason");

    ERR_clear_error();
    return pst_refuse(why, PST_HOST_CRYPTO, pst_say("%s", what), found);
}

void pst_library_forget(void)
{
    ERR_clear_error();
}
