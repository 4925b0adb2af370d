/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_uri.h - a key in a token by name: the part of RFC 7512 that names one private key.
 *
 *     pkcs11:token=postern;object=root-1;type=private?module-path=/usr/lib/softhsm/libsofthsm2.so
 *
 *   which token   token, manufacturer, model, serial, slot-id
 *   which key     object (its label), id (any bytes); type=private, or no type at all
 *   this machine  module-path, pin-source (a file's path, or file:PATH)
 *
 * What is left out fits anything. All the rest of RFC 7512 is refused by name, so that nothing
 * that somebody wrote is silently passed over; pin-value above all, because a PIN in a command
 * line ends in shell histories and lists of processes.
 *
 * Memory   values only.
 * Threads  pure functions.
 * Errors   PST_BAD_SYNTAX, PST_BAD_ENCODING, PST_UNKNOWN_FIELD, PST_DUPLICATE_FIELD,
 *          PST_OUT_OF_BOUNDS; all that is wrong is told.
 */
#ifndef PST_KEYS_PKCS11_TOKEN_URI_H
#define PST_KEYS_PKCS11_TOKEN_URI_H

#include "manifests/finding.h"

enum { PST_TOKEN_TEXT_MOST = 255, PST_TOKEN_PATH_MOST = 1023, PST_TOKEN_URI_MOST = 8192 };

struct pst_token_uri {
    /* As PKCS#11 bounds them; "" fits any. */
    char token[33], manufacturer[33], model[17], serial[17];
    bool has_slot;
    uint64_t slot;
    char object[PST_TOKEN_TEXT_MOST + 1];
    size_t id_len; /* 0: any */
    uint8_t id[PST_TOKEN_TEXT_MOST];
    char module_path[PST_TOKEN_PATH_MOST + 1], pin_source[PST_TOKEN_PATH_MOST + 1]; /* "": none */
};

enum pst_code pst_token_uri_parse(struct pst_text text, struct pst_token_uri *out,
                                  struct pst_report *why) PST_MUST_CHECK;
/* Which token and which key. Never module-path and pin-source: those belong to one machine. */
enum pst_code pst_token_uri_print(const struct pst_token_uri *uri, struct pst_buf *out,
                                  struct pst_report *why) PST_MUST_CHECK;

#endif
