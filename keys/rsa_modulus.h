/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsa_modulus.h - internal to keys/: whether the numbers of an RSA key can be those of one.
 *
 * In place of the library's own check of a public key, which draws random numbers and refuses a
 * modulus with a middle-sized factor on one day and takes it on the next: a key has one verdict,
 * here, on every terminal, and each time it is asked for.
 *
 * Threads  pure, but for the crypto library's own memory.
 * Errors   false also when the library cannot say: no key is taken on such grounds.
 */
#ifndef PST_KEYS_RSA_MODULUS_H
#define PST_KEYS_RSA_MODULUS_H

#include <openssl/evp.h>
#include <stdbool.h>

/* The modulus is odd, has no factor up to 751 and is no prime; the exponent is odd and above 1. */
bool pst_rsa_is_sound(const EVP_PKEY *key);

#endif
