/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rsa_modulus.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

enum { FACTOR_MOST = 751 }; /* as the library has it, after SP 800-89, 5.3.3 */

static void bignum_cleanup(BIGNUM **number)
{
    BN_free(*number);
}

static bool has_small_factor(const BIGNUM *number)
{
    for (BN_ULONG factor = 3; factor <= FACTOR_MOST; factor += 2)
        if (BN_mod_word(number, factor) == 0)
            return true;
    return false;
}

bool pst_rsa_is_sound(const EVP_PKEY *key)
{
    __attribute__((cleanup(bignum_cleanup))) BIGNUM *modulus = NULL;
    __attribute__((cleanup(bignum_cleanup))) BIGNUM *exponent = NULL;

    return EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1 &&
           EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
           BN_is_odd(modulus) && BN_is_odd(exponent) && !BN_is_one(exponent) &&
           !has_small_factor(modulus) && BN_check_prime(modulus, NULL, NULL) == 0;
}
