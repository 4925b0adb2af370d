/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony_history.h - what was signed before, so that a holder can be shown what a draft changes;
 * and what the keys are called.
 *
 *     DIR/signed/7.pos-a.json     each file once enough had signed it, kept for comparison only
 *
 * Nothing here gives rights: a kept file that today's keys do not bear out is told as such, for
 * then whoever could write the folder may have chosen what the draft is compared with.
 *
 * Memory   pst_ceremony_before_clear(); names are values.
 * Errors   metadata.*, host.*.
 */
#ifndef PST_KEYS_CEREMONY_HISTORY_H
#define PST_KEYS_CEREMONY_HISTORY_H

#include "keys/ceremony.h"

/* Keeps a file that is signed by enough; does nothing for one that is not, and for a root: the
 * chain keeps those itself. */
enum pst_code pst_ceremony_keep(const char *history, const struct pst_ceremony_file *file,
                                struct pst_report *why) PST_MUST_CHECK;

struct pst_ceremony_before {
    const struct pst_role *role; /* NULL: none is known, this is the first */
    bool is_borne_out;           /* by keys that count today */
    struct pst_role *owned;
};
void pst_ceremony_before_clear(struct pst_ceremony_before *before);
static inline void pst_ceremony_before_cleanup(struct pst_ceremony_before *before)
{
    pst_ceremony_before_clear(before);
}
/* The last version below the file's own; of a root its predecessor in the chain. */
enum pst_code pst_ceremony_find_before(const char *history, const struct pst_ceremony_file *file,
                                       int64_t now_s, struct pst_ceremony_before *out,
                                       struct pst_report *why) PST_MUST_CHECK;
/* This file instead. */
enum pst_code pst_ceremony_read_before(const char *path, const struct pst_ceremony_file *file,
                                       int64_t now_s, struct pst_ceremony_before *out,
                                       struct pst_report *why) PST_MUST_CHECK;
/* "7.pos-a.json", of the highest version below `below`; empty when there is none. */
enum pst_code pst_ceremony_latest(const char *history, const char *role, int64_t below,
                                  char out[PST_CEREMONY_NAME_MOST + 1], struct pst_report *why)
    PST_MUST_CHECK;

/* What the public key files of a folder are called: for people, never for a decision. */
enum { PST_CEREMONY_NAMES_MOST = 512, PST_CEREMONY_KEY_NAME_ROOM = 65 };
struct pst_ceremony_names {
    size_t count;
    struct {
        char name[PST_CEREMONY_KEY_NAME_ROOM];
        uint8_t fingerprint[PST_SHA256_BYTES];
    } at[PST_CEREMONY_NAMES_MOST];
};
/* Files that are no public keys are passed over; a folder that is not there has none. */
enum pst_code pst_ceremony_names_read(const char *keys, struct pst_ceremony_names *out,
                                      struct pst_report *why) PST_MUST_CHECK;
/* Empty when it has none. */
const char *pst_ceremony_name_of(const struct pst_ceremony_names *names,
                                 const struct pst_ceremony_key *key);

#endif
