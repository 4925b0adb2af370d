/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coder.h - a binary range coder, and the adaptive models that tell it what to expect.
 *
 *     decision --model: probability--> coder <--> bytes
 *
 * One set of functions codes in both directions, so that encoder and decoder cannot drift apart:
 * an encoding coder takes the decision that it is given, a decoding one finds it in its input and
 * ignores what it was given. All is integer arithmetic: the same on every machine.
 *
 * Units    probabilities of a 1, in 1/65536; a slot holds one in 1/2^22, with a count of 10 bits.
 * Memory   the caller's. Input is what `in` holds; a coder that needs more reads zeros and says
 *          `dry`: the caller feeds it PST_CODER_UNIT bytes ahead, or all there is.
 * Threads  a coder and its models belong to one thread.
 * Errors   none while coding; `dry`, `full` and pst_coder_ended_well() afterwards.
 */
#ifndef PST_MANIFESTS_DELTA_CODER_H
#define PST_MANIFESTS_DELTA_CODER_H

#include "manifests/bytes.h"

enum {
    /* Each section begins with so many bytes that say nothing yet, and ends with as many. */
    PST_CODER_LEAD = 5,
    /* No unit (a word, a byte, a number) takes more: 48 decisions of at most 11 bits. */
    PST_CODER_UNIT = 80,
    PST_SLOT_BITS = 22
};

struct pst_coder {
    bool encoding;
    uint32_t range;
    uint32_t decisions; /* how many were coded; wraps, and is compared as it is */

    uint32_t code; /* decoding */
    const uint8_t *in;
    size_t in_len;
    bool dry; /* it read beyond its input */

    uint64_t low; /* encoding */
    uint64_t pending;
    uint8_t cache;
    struct pst_buf *out;
    bool full; /* `out` could not grow */
};

void pst_coder_encode_to(struct pst_coder *coder, struct pst_buf *out);
void pst_coder_encode_end(struct pst_coder *coder);
/* Takes PST_CODER_LEAD bytes; `in` and `in_len` are moved on by all that is read. */
void pst_coder_decode_from(struct pst_coder *coder, const uint8_t *in, size_t len);
/* What an encoder's end leaves behind: damage of a section is seen here, all but 1 in 2^32. */
bool pst_coder_ended_well(const struct pst_coder *coder);

void pst_coder_shift(struct pst_coder *coder);

static inline void pst_coder_refill(struct pst_coder *coder)
{
    coder->range <<= 8;
    if (coder->encoding) {
        pst_coder_shift(coder);
        return;
    }
    uint8_t next = 0;
    if (coder->in_len > 0) {
        next = *coder->in++;
        coder->in_len--;
    } else {
        coder->dry = true;
    }
    coder->code = coder->code << 8 | next;
}

/* `one`: the probability of a 1, in 1..65535. */
static inline bool pst_code_bit(struct pst_coder *coder, uint32_t one, bool bit)
{
    uint32_t bound = (coder->range >> 16) * one;
    coder->decisions++;
    if (!coder->encoding)
        bit = coder->code < bound;
    if (bit) {
        coder->range = bound;
    } else {
        coder->range -= bound;
        if (coder->encoding)
            coder->low += bound;
        else
            coder->code -= bound;
    }
    while (coder->range < UINT32_C(1) << 24)
        pst_coder_refill(coder);
    return bit;
}

/* ---- models */

typedef uint32_t pst_slot; /* a probability and how often it was learned */
#define PST_SLOT_NEW (UINT32_C(1) << 31)

struct pst_curves {
    uint16_t squash[4096]; /* (x + 2048) -> 65536 / (1 + e^(-x / 256)) */
    int16_t stretch[4096]; /* its inverse: a probability's 12 upper bits -> x */
    uint16_t step[1024];   /* how far a slot moves that was learned so often */
};
void pst_curves_fill(struct pst_curves *curves);

static inline void pst_slot_learn(const struct pst_curves *curves, pst_slot *slot, bool bit,
                                  uint32_t count_most)
{
    uint32_t count = *slot & 1023;
    int64_t now = *slot >> 10, goal = bit ? (1 << PST_SLOT_BITS) - 1 : 0;
    now += (goal - now) * curves->step[count] / 65536;
    *slot = (uint32_t)now << 10 | (count < count_most ? count + 1 : count);
}

/* One slot alone. */
bool pst_code_flag(struct pst_coder *coder, const struct pst_curves *curves, pst_slot *slot,
                   bool bit);

/* A number by the length of its binary form and its digits, the upper ones modelled. */
enum { PST_NUMBER_SLOTS = 33 + 33 * 8 + 33 };
struct pst_number {
    pst_slot slot[PST_NUMBER_SLOTS];
};
uint32_t pst_code_number(struct pst_coder *coder, const struct pst_curves *curves,
                         struct pst_number *model, uint32_t value);

/*
 * A slot of half the size, for the large tables of bytes: 12 bits of probability, 4 of count. What
 * is coded with it is seldom foreseeable to more than that.
 */
typedef uint16_t pst_small_slot;
#define PST_SMALL_SLOT_NEW (UINT16_C(1) << 15)
enum { PST_SMALL_COUNT_MOST = 15 };

static inline void pst_small_slot_learn(const struct pst_curves *curves, pst_small_slot *slot,
                                        bool bit)
{
    uint32_t count = *slot & 15;
    int32_t now = *slot >> 4, goal = bit ? 4095 : 0;
    now += (goal - now) * curves->step[count] / 65536;
    *slot = (uint16_t)((uint32_t)now << 4 | (count < PST_SMALL_COUNT_MOST ? count + 1 : count));
}

/* Several slots' opinions, weighed; the weights learn as well. */
enum { PST_MIX_MOST = 8 };
struct pst_weights {
    int32_t weight[PST_MIX_MOST];
};
struct pst_mix {
    pst_slot *slot[PST_MIX_MOST];
    size_t count;
    struct pst_weights *weights;
    uint32_t count_most; /* of the slots: how slow they become */
    int32_t rate;        /* of the weights */
};
bool pst_code_mixed(struct pst_coder *coder, const struct pst_curves *curves,
                    const struct pst_mix *mix, bool bit);
/* The same with small slots; `slot` and `count_most` of `mix` are not looked at. */
bool pst_code_mixed_small(struct pst_coder *coder, const struct pst_curves *curves,
                          const struct pst_mix *mix, pst_small_slot *const *small, bool bit);

/* One slot at least. */
void pst_slots_reset(pst_slot *slots, size_t count);
void pst_small_slots_reset(pst_small_slot *slots, size_t count);
void pst_weights_reset(struct pst_weights *weights, size_t count, int32_t weight);

/* Mixes two numbers into one that has no pattern left; for tables that are indexed by a context. */
static inline uint32_t pst_hash2(uint32_t a, uint32_t b)
{
    uint32_t hash = a * UINT32_C(0x9E3779B1) ^ b * UINT32_C(0x85EBCA77);
    hash ^= hash >> 15;
    hash *= UINT32_C(0x2C1B3C6D);
    return hash ^ hash >> 13;
}

#endif
