/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resign.h - a signed document with one member changed, and signed again by the right key: what the
 * vendor's own tools never write, and a vendor's mistake or a thief of its key may.
 *
 *     struct attack_change change = {.path = "signed/order/manifest", .change = JSON_PUT,
 *                                    .put = "\"../x\"", .signer = attack_signer(&it, which)};
 *     attack_tamper_nth(&it, which, attack_change_and_sign, &change);
 *
 * Errors   a document without that member ends the program.
 */
#ifndef PST_TESTS_ATTACK_RESIGN_H
#define PST_TESTS_ATTACK_RESIGN_H

#include "tests/attack/attack.h"
#include "tests/support/json_change.h"

struct attack_change {
    const char *path; /* of the member; NULL: number `which` */
    size_t which;
    enum json_change change;
    const char *put;
    const struct pst_private_key *signer; /* of a scheme whose signatures have one length */
};

/* An attack_tamper_fn. What is outside of "signed" is not signed again. */
void attack_change_and_sign(struct pst_buf *bytes, const void *change);
/* The key that signs the nth file. */
const struct pst_private_key *attack_signer(const struct attack_case *it, size_t which);
/* A release manifest that has all there may be in one; `out` borrows from nothing. */
void attack_full_release(struct pst_buf *bytes, struct pst_json **out);
/* The same with one member changed, read as a release. */
enum pst_code attack_read_changed_release(const struct pst_json *full, const char *path,
                                          const char *put, struct pst_report *why);

#endif
