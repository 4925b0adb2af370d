/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/scheme.h"

#include <stdio.h>

#include "keys/public_key.h"

/* TUF 1.0.34, 4.2. RSA's largest size bounds what one verification may cost. */
static const struct pst_scheme table[] = {
    {
        .name = "ed25519",
        .keytype = {"ed25519"},
        .type = "ED25519",
        .public_is_hex = true,
        .verify_least_bits = 253,
        .sign_least_bits = 253,
        .most_bits = 256,
    },
    {
        .name = "ecdsa-sha2-nistp256",
        .keytype = {"ecdsa", "ecdsa-sha2-nistp256"},
        .type = "EC",
        .curve = "prime256v1",
        .digest = "SHA256",
        .verify_least_bits = 256,
        .sign_least_bits = 256,
        .most_bits = 256,
    },
    {
        .name = "rsassa-pss-sha256",
        .keytype = {"rsa"},
        .type = "RSA",
        .digest = "SHA256",
        .pss = true,
        .verify_least_bits = 2048,
        .sign_least_bits = 3072,
        .most_bits = 8192,
    },
};

const char *const *pst_schemes(void)
{
    static const char *const names[] = {"ed25519", "ecdsa-sha2-nistp256", "rsassa-pss-sha256",
                                        NULL};
    return names;
}

size_t pst_scheme_count(void)
{
    return PST_COUNT(table);
}

const struct pst_scheme *pst_scheme_at(size_t index)
{
    return &table[index];
}

const struct pst_scheme *pst_scheme_named(struct pst_text name)
{
    for (size_t i = 0; i < PST_COUNT(table); i++)
        if (pst_text_is(name, table[i].name))
            return &table[i];
    return NULL;
}

struct pst_value pst_scheme_list(void)
{
    char list[PST_VALUE_BYTES] = "";
    size_t len = 0;

    for (size_t i = 0; i < PST_COUNT(table) && len < sizeof list; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i > 0 ? ", " : "",
                                table[i].name);
    return pst_say("%s", list);
}
