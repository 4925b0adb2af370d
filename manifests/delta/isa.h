/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isa.h - what references look like in machine code, one table of functions an instruction set.
 *
 * A *site* is a place in a copied part where machine code, as it stands in the base, refers to
 * another place: a branch, a call, an address that is computed. The words of a base are only ever
 * looked at as data: what looks like an instruction and is none costs a few bits, and no more.
 *
 *     base:  find() ---> site: class, target in the base
 *                           |  (target's new place, by map and memory)
 *     image: put() <--------+   the word that is expected
 *            get()              what the word that came really refers to: learned
 *
 * Both directions run all of it, in the same order, on the same bytes.
 *
 * Units    places are addresses by the code's own reckoning (of a file: in it); words are
 *          little-endian.
 * Memory   the state is the caller's, plain data; all zero at the beginning of each frame.
 */
#ifndef PST_MANIFESTS_DELTA_ISA_H
#define PST_MANIFESTS_DELTA_ISA_H

#include "manifests/bytes.h"

enum {
    /* find() may read so far before and behind; beyond the base's ends there are zeros. */
    PST_ISA_BEFORE = 64,
    PST_ISA_BEHIND = 64,
    PST_ISA_CLASSES = 16
};

enum pst_isa_name { PST_ISA_NONE, PST_ISA_ARM64, PST_ISA_ARM, PST_ISA_X86, PST_ISA_COUNT };

/* Memories of where targets went are kept apart: whole addresses, and pages of them. */
enum pst_isa_space { PST_SPACE_PLACE, PST_SPACE_PAGE, PST_SPACE_VALUE, PST_SPACE_COUNT };

struct pst_site {
    uint8_t skip;  /* bytes before it that are no part of it */
    uint8_t bytes; /* 1, 2 or 4; 0: no site, but `skip` bytes that belong together */
    uint8_t kind;  /* the instruction set's own: 1..PST_ISA_CLASSES - 1 */
    uint8_t space;
    uint8_t unit;  /* a register or the like, as find() needs it in put() and get() */
    uint32_t word; /* as in the base */
    uint32_t target;
    uint32_t anchor; /* what the image's word is counted from, where that is not its place */
};

/* What addresses computed in two steps leave between them. */
struct pst_isa_register {
    bool known;
    uint32_t base, image; /* the first step's result in either */
};
/* A word between functions that code loads, and adds to its own place or not (0). */
struct pst_isa_pool {
    uint32_t place;
    uint32_t base_pc, image_pc;
};
enum { PST_ISA_POOLS = 512 /* as many as a load reaches, and some */ };
struct pst_isa_state {
    uint32_t base_address, image_address; /* of place 0, as pointers tell it; set by the walk */
    uint32_t base_bytes;
    struct pst_isa_register of[32];
    struct pst_isa_pool pool[PST_ISA_POOLS]; /* by place */
    uint32_t instruction; /* where one begins, of those that have no fixed length */
    int32_t likely;       /* that it is one at all */
};

struct pst_isa {
    const char *name;
    uint8_t align; /* base and image must agree on the place modulo this */
    /* `old` is at base place `from`; looks for a site that begins in its first `len` (1..4) bytes.
     * Where instructions have no fixed length: in the one at `from`; false, and `skip` set, when
     * there is none up to its end. */
    bool (*find)(struct pst_isa_state *state, const uint8_t *old, uint32_t from, unsigned len,
                 struct pst_site *out);
    /* The word expected at image place `at` if the target went to `target`. */
    uint32_t (*put)(const struct pst_isa_state *state, const struct pst_site *site, uint32_t at,
                    uint32_t target);
    /* Where `word` at `at` leads; false when it is another kind of instruction. */
    bool (*get)(const struct pst_isa_state *state, const struct pst_site *site, uint32_t at,
                uint32_t word, uint32_t *target);
    /* The word `now` was made of the site: for the state. */
    void (*passed)(struct pst_isa_state *state, const struct pst_site *site, uint32_t from,
                   uint32_t at, uint32_t now);
    /* `word` with what changes when code moves made zero: what matching compares. Encoder only. */
    void (*project)(const uint8_t *in, uint8_t *out, size_t len);
};
extern const struct pst_isa pst_isa_arm64, pst_isa_arm, pst_isa_x86;
const struct pst_isa *pst_isa_of(enum pst_isa_name name); /* NULL for none */

static inline uint32_t pst_word_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The lower `bits` of a word as a number with a sign. */
static inline uint32_t pst_signed_bits(uint32_t word, unsigned bits)
{
    uint32_t top = UINT32_C(1) << (bits - 1);
    word &= (top << 1) - 1;
    return (word ^ top) - top;
}

#endif
