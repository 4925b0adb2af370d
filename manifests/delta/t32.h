/* SPDX-License-Identifier: Apache-2.0 */
/*
 * t32.h - how T32 (Thumb) instructions hold distances, constants and offsets.
 *
 * An instruction is a word: its first halfword in the lower half, its second one, where it has
 * one, in the upper half.
 *
 * Units    distances are in bytes, modulo 2^32.
 * Source   Arm Architecture Reference Manual for A-profile, chapters F3 and F5.
 */
#ifndef PST_MANIFESTS_DELTA_T32_H
#define PST_MANIFESTS_DELTA_T32_H

#include "manifests/bytes.h"

/* Kinds of sites, as deltas learn of them; the later ones are no single instruction's. */
enum pst_t32_kind {
    PST_T32_BRANCH = 1, /* of 32 bits */
    PST_T32_BRANCH_LINK,
    PST_T32_BRANCH_SHORT,
    PST_T32_BRANCH_ON_ZERO,
    PST_T32_LITERAL, /* loads a pool's word */
    PST_T32_NEAR,    /* loads something else, or makes an address nearby */
    PST_T32_MOVE_ADDRESS,
    PST_T32_MOVE_VALUE,
    PST_T32_FIELD,
    PST_T32_ADD_PC,
    PST_T32_POOL_RELATIVE,
    PST_T32_POINTER, /* in a pool or anywhere */
    PST_T32_POOL_VALUE,
    PST_T32_STUB
};

/* What the number in an instruction is counted from. */
enum pst_t32_counted {
    PST_T32_FROM_PC,
    PST_T32_FROM_PC_WORD,
    PST_T32_FROM_NOTHING,
    PST_T32_FROM_FIELD
};
/* Offsets of fields are numbered from here, apart from other constants. */
#define PST_T32_FIELD_SPACE (UINT32_C(1) << 30)

struct pst_t32_encoding {
    uint32_t mask, is;
    uint8_t bytes;   /* 2 or 4 */
    uint8_t kind;    /* enum pst_t32_kind */
    uint8_t counted; /* enum pst_t32_counted */
    bool far;        /* changes whenever code moves: projected */
    uint32_t (*get)(uint32_t word);
    uint32_t (*put)(uint32_t word, uint32_t distance);
};

/* NULL for an instruction that refers to nothing; of 16 bits the upper half may be anything. */
const struct pst_t32_encoding *pst_t32_encoding_of(uint32_t word);
/* What the number counts from at `place`: the PC, as instructions see it, or a constant. */
uint32_t pst_t32_pc(const struct pst_t32_encoding *encoding, uint32_t place);

/* MOVW and MOVT: imm4:i:imm3:imm8. */
uint32_t pst_t32_get_move(uint32_t word);
uint32_t pst_t32_put_move(uint32_t word, uint32_t value);

enum { PST_T32_SECOND = 16 /* where the second halfword's bits begin */ };

/* True when `halfword` is the first one of two. */
static inline bool pst_t32_is_wide(uint32_t halfword)
{
    return halfword >= 0xe800;
}

static inline uint32_t pst_t32_bits(uint32_t word, unsigned at, unsigned count)
{
    return word >> at & ((UINT32_C(1) << count) - 1);
}

static inline uint32_t pst_t32_with_bits(uint32_t word, unsigned at, unsigned count, uint32_t value)
{
    uint32_t mask = (UINT32_C(1) << count) - 1;
    return (word & ~(mask << at)) | (value & mask) << at;
}

#endif
