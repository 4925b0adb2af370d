/* SPDX-License-Identifier: Apache-2.0 */
/* D09, D10: a small delta cut everywhere, each bit of it flipped, and damage at random. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/delta.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"
#include "tests/support/source_run.h"

enum { SMALL_BYTES = 400, FRAME_BYTES = 250, DAMAGED = 2000, NOISE_MOST = 700 };

/*
 * What gives the very image does no harm: the header's digests say nothing here, where no manifest
 * says any, and the bit for the kind of code says nothing where there is none.
 */
static void cut_and_flip(struct attack *attack, enum pst_isa_name isa)
{
    PST_CLEANUP(attack_small)
    struct attack_small small = attack_small(isa, SMALL_BYTES, FRAME_BYTES);
    struct pst_buf *delta = &small.delta;
    char name[80];

    if (!attack_try_delta(attack, &small, pst_buf_bytes(delta), "as it is"))
        attack->wrong_code++;
    for (size_t len = 0; len < delta->len; len++) {
        snprintf(name, sizeof name, "isa %d, cut to %zu", (int)isa, len);
        attack->accepted += attack_try_delta(attack, &small, pst_bytes(delta->at, len), name);
    }
    for (size_t bit = 0; bit < 8 * delta->len; bit++) {
        snprintf(name, sizeof name, "isa %d, byte %zu, bit %zu", (int)isa, bit / 8, bit % 8);
        delta->at[bit / 8] ^= (uint8_t)(1U << bit % 8);
        (void)attack_try_delta(attack, &small, pst_buf_bytes(delta), name);
        delta->at[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (unsigned byte = 0; byte < 256; byte += 51) {
        const uint8_t trailing = (uint8_t)byte;
        assert_true(pst_buf_add(delta, &trailing, 1));
        attack->accepted += attack_try_delta(attack, &small, pst_buf_bytes(delta), "with a tail");
        delta->len--;
    }
}

/* A whole terminal, and a delta that was signed as it is: damaged before. */
static void signed_so(struct attack *attack, size_t at, bool cut)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s at %zu", cut ? "cut" : "flipped", at);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_order order = attack_delta_order(&it);
    order.frame_bytes = 9000;
    struct pst_delta_header header = pst_delta_write(&order, &delta);

    if (cut)
        delta.len = at;
    else
        delta.at[at] ^= 0x10;
    /* A cut inside of a section, or of a header, ends the source too early. */
    bool whole_header = at >= PST_DELTA_HEADER;
    it.slot_may_be_begun = whole_header;
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    (void)attack_cycle(&it);
    bool blamed = pst_report_has(&it.cycle->why, PST_DELTA_MALFORMED) ||
                  pst_report_has(&it.cycle->why, PST_IMAGE_SIZE) ||
                  pst_report_has(&it.cycle->why, PST_DELTA_BASE) ||
                  pst_report_has(&it.cycle->why, PST_DELTA_FORMAT) ||
                  pst_report_has(&it.cycle->why, PST_DELTA_MEMORY) ||
                  pst_report_has(&it.cycle->why, PST_IMAGE_DIGEST);
    attack_holds(&it, blamed && it.cycle->progress == PST_PROGRESS_REFUSED, "%s%s",
                 pst_progress_name(it.cycle->progress), agent_scene_explain(&it.cycle->why));
    attack_withdraw_delta(&it);
    attack_mended(&it);
}

void attack_d09(struct attack *attack)
{
    static const size_t places[] = {1, 5, 9, 17, 30, 60, 89, 93, 97, 101, 106, 113, 120, 130, 200};
    for (enum pst_isa_name isa = 0; isa < PST_ISA_COUNT; isa++)
        cut_and_flip(attack, isa);
    for (size_t i = 0; i < PST_COUNT(places); i++) {
        signed_so(attack, places[i], true);
        signed_so(attack, places[i], false);
    }
}

/* ---- D10 ------------------------------------------------------------------------------------- */

static size_t below(uint64_t *seed, size_t most)
{
    return (size_t)((pst_seeded_random(seed) >> 24) % most);
}

/* A few bytes exchanged, moved or repeated; the header stays, so that most of it gets through. */
static void damage(struct pst_buf *delta, uint64_t *seed)
{
    size_t begin = PST_DELTA_HEADER, len = delta->len - begin;
    for (size_t i = 0; i <= below(seed, 4); i++) {
        size_t at = begin + below(seed, len), from = begin + below(seed, len);
        size_t most = delta->len - (at > from ? at : from), some = 1 + below(seed, most);
        if (below(seed, 2) == 0)
            delta->at[at] = (uint8_t)pst_seeded_random(seed);
        else
            memmove(delta->at + at, delta->at + from, some);
    }
}

void attack_d10(struct attack *attack)
{
    uint64_t seed = 10;
    for (size_t i = 0; i < DAMAGED; i++) {
        PST_CLEANUP(attack_small)
        struct attack_small small =
            attack_small((enum pst_isa_name)(i % PST_ISA_COUNT), SMALL_BYTES + i % 7 * 100, 0);
        PST_CLEANUP(pst_buf) struct pst_buf noise = pst_buf(ATTACK_DELTA_MOST);
        damage(&small.delta, &seed);
        (void)attack_try_delta(attack, &small, pst_buf_bytes(&small.delta), "damaged");
        /* A right header before anything at all. */
        assert_true(pst_buf_add(&noise, small.delta.at, PST_DELTA_HEADER));
        for (size_t k = below(&seed, NOISE_MOST); k > 0; k--) {
            uint8_t byte = k % 8 < i % 9 ? (uint8_t)pst_seeded_random(&seed) : 0;
            assert_true(pst_buf_add(&noise, &byte, 1));
        }
        attack->accepted += attack_try_delta(attack, &small, pst_buf_bytes(&noise), "noise");
    }
}
