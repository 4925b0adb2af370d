/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_pkcs11.h - a PKCS#11 module of one token that does as it is told: fails at the n-th call,
 * lies about lengths, pulls the token out.
 *
 * It is a library of its own, loaded as every module is. A test finds its plan through
 * dlsym("fake_pkcs11"), sets it, and reads there afterwards what was done. The crypto is the
 * test's: the plan has a function that signs.
 *
 * Memory   the plan is the module's, one a process.
 */
#ifndef PST_TESTS_FAKE_PKCS11_H
#define PST_TESTS_FAKE_PKCS11_H

#include <stdbool.h>
#include <stddef.h>

#include "keys/pkcs11/api.h"

enum { FAKE_OBJECTS = 8, FAKE_ATTRIBUTES = 16, FAKE_BYTES = 80, FAKE_SLOT = 7 };

enum fake_lie {
    FAKE_HONEST,
    FAKE_SIGNATURE_LENGTH, /* C_Sign claims lie_number bytes */
    FAKE_SIGNATURE_BITS,   /* one bit of the signature is another */
    FAKE_ATTRIBUTE_LENGTH, /* the attribute lie_number claims a megabyte */
    FAKE_ATTRIBUTE_ABSENT, /* it has CK_UNAVAILABLE_INFORMATION */
    FAKE_ATTRIBUTE_SHORT,  /* it claims one byte */
    FAKE_SLOTS,            /* C_GetSlotList claims lie_number slots */
    FAKE_OBJECTS_AT_ONCE,  /* C_FindObjects claims more than it was asked for */
    FAKE_OBJECTS_FOR_EVER, /* and never comes to an end */
    FAKE_EXTRACTABLE,      /* C_GenerateKeyPair passes over CKA_EXTRACTABLE false */
    FAKE_VERSION,          /* the function list is of version lie_number */
    FAKE_NO_FUNCTION,      /* it lacks C_Sign */
};

struct fake_attribute {
    unsigned long type, len;
    unsigned char at[FAKE_BYTES];
};

struct fake_object {
    bool is_there;
    size_t count;
    struct fake_attribute attribute[FAKE_ATTRIBUTES];
};

struct fake_pkcs11 {
    /* What it does. */
    unsigned long fail_at; /* this call of all, from 1; 0: none */
    unsigned long fail_with;
    enum fake_lie lie;
    unsigned long lie_number;
    unsigned long flags;  /* CKF_ of the token */
    unsigned long tokens; /* how many slots have one, all alike */
    char pin[32];
    unsigned tries;                  /* wrong PINs until it locks */
    unsigned char point[FAKE_BYTES]; /* CKA_EC_POINT of a key that it makes */
    unsigned long point_len;
    bool always_authenticate;
    struct fake_object object[FAKE_OBJECTS];
    bool (*sign)(void *context, const unsigned char *data, unsigned long len,
                 unsigned char out[64]);
    void *context;
    /* What was done. */
    unsigned long calls;
    const char *failed; /* the call that fail_at hit */
    int sessions, initialised, logins, made, destroyed;
    bool logged_in, initialised_for_a_null, finding, signing, writes;
    unsigned long find_class, find_count;
    struct fake_attribute find[4];
    unsigned long find_next;
};

#endif
