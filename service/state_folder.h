/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_folder.h - what posternd keeps beside its database: the lock, the secret, the online keys.
 *
 *     DIR/lock                         held by the one process that uses the folder
 *     DIR/secret                       32 random bytes: signs challenges and terminals' tokens
 *     DIR/keys/{snapshot,timestamp,assignments}.key, and .pub beside each for the ceremony
 *     DIR/postern.db                   the store
 *     DIR/repository/                  repository.h
 *
 * Memory   pst_state_folder_close() wipes and frees; {0} with lock -1 is closed.
 * Errors   PST_HOST_LOCKED while another process has it; PST_HOST_NOT_FOUND before `posternd init`.
 */
#ifndef PST_SERVICE_STATE_FOLDER_H
#define PST_SERVICE_STATE_FOLDER_H

#include "keys/private_key.h"

enum { PST_STATE_SECRET_BYTES = 32, PST_STATE_PATH_ROOM = 512 };
enum pst_online_key { PST_ONLINE_SNAPSHOT, PST_ONLINE_TIMESTAMP, PST_ONLINE_ASSIGNMENTS };
enum { PST_ONLINE_KEYS = PST_ONLINE_ASSIGNMENTS + 1 };
const char *pst_online_key_name(enum pst_online_key key); /* "snapshot", ... */

struct pst_state_folder {
    int lock;
    char database[PST_STATE_PATH_ROOM], repository[PST_STATE_PATH_ROOM];
    uint8_t secret[PST_STATE_SECRET_BYTES];
    struct pst_private_key *key[PST_ONLINE_KEYS];
};

/* `make`: whatever is not there is made. Otherwise it must be there, and keys and secret be ours
 * alone. */
enum pst_code pst_state_folder_open(const char *path, bool make, struct pst_state_folder *out,
                                    struct pst_report *why) PST_MUST_CHECK;
void pst_state_folder_close(struct pst_state_folder *state);

#endif
