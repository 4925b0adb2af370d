/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects.h - internal to keys/pkcs11/: finding the objects of a token and reading what they are.
 *
 * Every length that a module answers is held against the room it was given.
 *
 * Errors   PST_TOKEN_NOT_ONE, PST_TOKEN_FAILED, and what calls answer.
 */
#ifndef PST_KEYS_PKCS11_OBJECTS_H
#define PST_KEYS_PKCS11_OBJECTS_H

#include "keys/pkcs11/session.h"

enum { PST_TOKEN_VALUE_MOST = 1025, PST_TOKEN_OBJECTS_MOST = 64 };

struct pst_token_value {
    size_t len; /* 0: the object has no such attribute, or does not give it away */
    uint8_t at[PST_TOKEN_VALUE_MOST];
};
static inline struct pst_bytes pst_token_value_bytes(const struct pst_token_value *value)
{
    return pst_bytes(value->at, value->len);
}

enum pst_code pst_token_read(const struct pst_token_session *session, unsigned long object,
                             unsigned long type, struct pst_token_value *out,
                             struct pst_report *why) PST_MUST_CHECK;
/* `otherwise` when the object does not have it. */
enum pst_code pst_token_read_number(const struct pst_token_session *session, unsigned long object,
                                    unsigned long type, unsigned long otherwise, unsigned long *out,
                                    struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_token_read_bool(const struct pst_token_session *session, unsigned long object,
                                  unsigned long type, bool otherwise, bool *out,
                                  struct pst_report *why) PST_MUST_CHECK;

/* The objects of a class; with this label and this id, unless they are empty. */
struct pst_token_objects {
    size_t count;
    unsigned long handle[PST_TOKEN_OBJECTS_MOST];
};
enum pst_code pst_token_find(const struct pst_token_session *session, unsigned long class_of,
                             struct pst_text label, struct pst_bytes id,
                             struct pst_token_objects *out, struct pst_report *why) PST_MUST_CHECK;
/* The one private key that the URI names; if not, those that there are. */
enum pst_code pst_token_find_private(const struct pst_token_session *session,
                                     const struct pst_token_uri *uri, unsigned long *out,
                                     struct pst_report *why) PST_MUST_CHECK;

/* For inputs of calls, whose prototypes in the standard have no const. */
static inline void *pst_token_input(const void *at)
{
    return (void *)(uintptr_t)at;
}

#endif
