/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passphrase.h - where the passphrase of a private key comes from: a file, or a person at a
 * terminal.
 *
 * From a file it is the first line, and nothing may follow; the file must belong to us and be
 * closed to others, as the keys are. From a person it is read on /dev/tty without echo, never
 * from standard input.
 *
 * Memory   the caller clears what was read: PST_CLEANUP(pst_secret).
 * Errors   PST_KEY_LOCKED (none to be had, none given, too short, not typed twice alike),
 *          PST_HOST_*.
 */
#ifndef PST_KEYS_PASSPHRASE_H
#define PST_KEYS_PASSPHRASE_H

#include "keys/digest.h"

enum { PST_PASSPHRASE_LEAST = 8 }; /* bytes, for a new key */

struct pst_passphrase_source {
    const char *file;  /* NULL: ask */
    bool never_ask;    /* there is nobody to ask: tests, cron */
    const char *asked; /* what a person is asked for; NULL: "passphrase" */
};

/* `of` names the key to the person; `is_new`: asked for twice, and not below the least length. */
enum pst_code pst_passphrase_read(const struct pst_passphrase_source *source, const char *of,
                                  bool is_new, struct pst_secret *out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
