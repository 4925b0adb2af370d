/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.h - internal to keys/pkcs11/: a PKCS#11 library, loaded and initialised, and its answers
 * as findings.
 *
 * It runs inside this process with all its rights, so its path is absolute and comes from whoever
 * runs the program, never from a file of the ceremony. It is initialised for one thread. How long
 * a call may take is the module's own affair.
 *
 * Errors   PST_TOKEN_MODULE (missing, not loadable, none); of calls PST_KEY_LOCKED,
 *          PST_TOKEN_ABSENT and PST_TOKEN_FAILED, with the CKR_ name.
 */
#ifndef PST_KEYS_PKCS11_MODULE_H
#define PST_KEYS_PKCS11_MODULE_H

#include "keys/pkcs11/api.h"
#include "keys/pkcs11/token_uri.h"

struct pst_token_module {
    struct ck_function_list *call; /* all that is used of it is there */
    void *library;
    bool is_ours; /* nobody else in this process had initialised it */
    char path[PST_TOKEN_PATH_MOST + 1];
};

enum pst_code pst_token_module_open(const char *path, struct pst_token_module *out,
                                    struct pst_report *why) PST_MUST_CHECK;
void pst_token_module_close(struct pst_token_module *module);

/* PST_OK for CKR_OK; else the finding for what `call` answered. */
enum pst_code pst_token_answer(struct pst_report *why, const char *call, unsigned long rv);
/* "CKR_PIN_INCORRECT", or its number. */
struct pst_value pst_token_answer_name(unsigned long rv);

#endif
