/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h - the PKCS#11 header, included here and nowhere else.
 *
 * Any copy of the standard's header would do; this one comes with p11-kit, of which nothing is
 * linked. Its GNU spelling leaves names such as `value` and `flags` to us.
 *
 * Source   PKCS #11 Cryptographic Token Interface Base Specification 2.40 and 3.0.
 */
#ifndef PST_KEYS_PKCS11_API_H
#define PST_KEYS_PKCS11_API_H

#define CRYPTOKI_GNU 1
#include <p11-kit/pkcs11.h>

#endif
