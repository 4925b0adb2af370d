/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A public key as a role lists it: keytype, scheme and public part, a line each, the last with all
 * lines that follow.
 */
#include "keys/public_key.h"
#include "tests/support/fuzz_property.h"

static struct pst_text line_of(struct pst_text *rest)
{
    struct pst_text line = {0};
    return pst_take_until(rest, '\n', &line) ? line : (struct pst_text){0};
}

static bool is_listed(struct pst_text scheme)
{
    const char *const *at = pst_schemes();
    while (*at != NULL && !pst_text_is(scheme, *at))
        at++;
    return *at != NULL;
}

/* The scheme comes from the key: the same material is no key of another scheme. */
static void hold_one_scheme(struct pst_text keytype, struct pst_text scheme, struct pst_text part)
{
    for (const char *const *at = pst_schemes(); *at != NULL; at++) {
        struct pst_public_key *other = NULL;
        if (!pst_text_is(scheme, *at))
            pst_fuzz_hold(pst_public_key_load(keytype, pst_text(*at), part, &other, NULL) ==
                              PST_ALGORITHM_UNKNOWN,
                          "a keytype goes with its own scheme only");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct pst_text part = pst_text_of(pst_bytes(at, len));
    struct pst_text keytype = line_of(&part), scheme = line_of(&part);
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL, *again = NULL;
    struct pst_report why = {0};

    enum pst_code code = pst_public_key_load(keytype, scheme, part, &key, &why);
    pst_fuzz_verdict(code, key != NULL, &why);
    if (key == NULL)
        return 0;
    pst_fuzz_hold(is_listed(scheme), "a key has a scheme that we list");
    pst_fuzz_hold(pst_public_key_bits(key) >= 253 && pst_public_key_bits(key) <= 8192,
                  "a key has the bits that its scheme allows");
    hold_one_scheme(keytype, scheme, part);
    pst_fuzz_hold(!pst_public_key_verifies(key, pst_bytes("", 0), pst_text("")),
                  "no signature does not verify");
    pst_fuzz_hold(pst_public_key_load(keytype, scheme, part, &again, NULL) == PST_OK &&
                      memcmp(pst_public_key_fingerprint(key), pst_public_key_fingerprint(again),
                             PST_SHA256_BYTES) == 0,
                  "one key has one fingerprint");
    return 0;
}
