/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delta.h - what rows D share: deltas made to order, offered to a terminal in a signed release that
 * has nothing else, and small ones for a decoder alone.
 *
 *     PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "a bomb");
 *     PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
 *     (void)pst_delta_write(&order, &delta);
 *     attack_offer_delta(&it, &delta, memory);    // with the right digests, by the right keys
 *     attack_refused(&it, PST_DELTA_MALFORMED);
 *     attack_withdraw_delta(&it);                 // and then attack_mended(&it)
 */
#ifndef PST_TESTS_ATTACK_DELTA_H
#define PST_TESTS_ATTACK_DELTA_H

#include "tests/attack/attack.h"
#include "tests/support/delta_writer.h"

enum { ATTACK_DELTA_MOST = 1 << 20 };

/* Base and image of the case's terminal; one part, the whole, from where it was. */
struct pst_delta_order attack_delta_order(const struct attack_case *it);
/* The release has this delta as its only source. */
void attack_offer_delta(struct attack_case *it, const struct pst_buf *delta, int64_t memory_bytes);
/* The scene's own delta is there again. */
void attack_withdraw_delta(struct attack_case *it);
/* Offers it and expects exactly this refusal; then the terminal is mended. */
void attack_delta_refused(struct attack_case *it, const struct pst_buf *delta, int64_t memory_bytes,
                          enum pst_code code);

/* A pair and its delta, some hundred bytes: copies that changed, a fill, insertions, code. */
struct attack_small {
    struct pst_buf base, image, delta;
    struct pst_delta_header header;
};
struct attack_small attack_small(enum pst_isa_name isa, size_t bytes, uint32_t frame_bytes);
void attack_small_cleanup(struct attack_small *small);
/*
 * Decodes exactly these bytes, which lie in a block of just their size. What is no refusal, or is
 * one for a reason that blames anybody but the delta, is counted against the row; answers whether
 * it was taken and is the image.
 */
bool attack_try_delta(struct attack *attack, const struct attack_small *small,
                      struct pst_bytes delta, const char *name);

/* How often the decoder was entered since the program began. */
size_t attack_decoder_entered(void);

#endif
