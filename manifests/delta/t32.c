/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/t32.h"

#include "manifests/delta/isa.h"

enum { J1 = PST_T32_SECOND + 13, J2 = PST_T32_SECOND + 11, S = 10 };

/* B (T4), BL, BLX: S:I1:I2:imm10:imm11:0, and I is J where S is 1. */
static uint32_t get_branch24(uint32_t word)
{
    uint32_t s = pst_t32_bits(word, S, 1), flip = s ^ 1;
    return pst_signed_bits(s << 24 | (pst_t32_bits(word, J1, 1) ^ flip) << 23 |
                               (pst_t32_bits(word, J2, 1) ^ flip) << 22 |
                               pst_t32_bits(word, 0, 10) << 12 |
                               pst_t32_bits(word, PST_T32_SECOND, 11) << 1,
                           25);
}

static uint32_t put_branch24(uint32_t word, uint32_t distance)
{
    uint32_t s = distance >> 24 & 1, flip = s ^ 1;
    word = pst_t32_with_bits(word, S, 1, s);
    word = pst_t32_with_bits(word, J1, 1, (distance >> 23 & 1) ^ flip);
    word = pst_t32_with_bits(word, J2, 1, (distance >> 22 & 1) ^ flip);
    word = pst_t32_with_bits(word, 0, 10, distance >> 12);
    return pst_t32_with_bits(word, PST_T32_SECOND, 11, distance >> 1);
}

/* B<c> (T3): S:J2:J1:imm6:imm11:0. */
static uint32_t get_branch20(uint32_t word)
{
    return pst_signed_bits(pst_t32_bits(word, S, 1) << 20 | pst_t32_bits(word, J2, 1) << 19 |
                               pst_t32_bits(word, J1, 1) << 18 | pst_t32_bits(word, 0, 6) << 12 |
                               pst_t32_bits(word, PST_T32_SECOND, 11) << 1,
                           21);
}

static uint32_t put_branch20(uint32_t word, uint32_t distance)
{
    word = pst_t32_with_bits(word, S, 1, distance >> 20);
    word = pst_t32_with_bits(word, J2, 1, distance >> 19);
    word = pst_t32_with_bits(word, J1, 1, distance >> 18);
    word = pst_t32_with_bits(word, 0, 6, distance >> 12);
    return pst_t32_with_bits(word, PST_T32_SECOND, 11, distance >> 1);
}

static uint32_t get_branch11(uint32_t word)
{
    return pst_signed_bits(word << 1, 12);
}

static uint32_t put_branch11(uint32_t word, uint32_t distance)
{
    return pst_t32_with_bits(word, 0, 11, distance >> 1);
}

static uint32_t get_branch8(uint32_t word)
{
    return pst_signed_bits(word << 1, 9);
}

static uint32_t put_branch8(uint32_t word, uint32_t distance)
{
    return pst_t32_with_bits(word, 0, 8, distance >> 1);
}

/* CBZ, CBNZ: i:imm5:0. */
static uint32_t get_on_zero(uint32_t word)
{
    return pst_t32_bits(word, 9, 1) << 6 | pst_t32_bits(word, 3, 5) << 1;
}

static uint32_t put_on_zero(uint32_t word, uint32_t distance)
{
    return pst_t32_with_bits(pst_t32_with_bits(word, 9, 1, distance >> 6), 3, 5, distance >> 1);
}

static uint32_t get_words8(uint32_t word)
{
    return pst_t32_bits(word, 0, 8) << 2;
}

static uint32_t put_words8(uint32_t word, uint32_t distance)
{
    return pst_t32_with_bits(word, 0, 8, distance >> 2);
}

/* Bit U of the first halfword: forward; else the second halfword's number is how far back. */
enum { U = 7 };

static uint32_t get_bytes12(uint32_t word)
{
    uint32_t far = pst_t32_bits(word, PST_T32_SECOND, 12);
    return pst_t32_bits(word, U, 1) != 0 ? far : 0 - far;
}

static uint32_t put_bytes12(uint32_t word, uint32_t distance)
{
    uint32_t forward = distance >> 31 ^ 1;
    return pst_t32_with_bits(pst_t32_with_bits(word, U, 1, forward), PST_T32_SECOND, 12,
                             forward != 0 ? distance : 0 - distance);
}

static uint32_t get_signed_words8(uint32_t word)
{
    uint32_t far = pst_t32_bits(word, PST_T32_SECOND, 8) << 2;
    return pst_t32_bits(word, U, 1) != 0 ? far : 0 - far;
}

static uint32_t put_signed_words8(uint32_t word, uint32_t distance)
{
    uint32_t forward = distance >> 31 ^ 1;
    return pst_t32_with_bits(pst_t32_with_bits(word, U, 1, forward), PST_T32_SECOND, 8,
                             (forward != 0 ? distance : 0 - distance) >> 2);
}

/* ADR (T2, T3): i:imm3:imm8, back or forward by its opcode. */
static uint32_t immediate12(uint32_t word)
{
    return pst_t32_bits(word, 10, 1) << 11 | pst_t32_bits(word, PST_T32_SECOND + 12, 3) << 8 |
           pst_t32_bits(word, PST_T32_SECOND, 8);
}

static uint32_t with_immediate12(uint32_t word, uint32_t value)
{
    word = pst_t32_with_bits(word, 10, 1, value >> 11);
    word = pst_t32_with_bits(word, PST_T32_SECOND + 12, 3, value >> 8);
    return pst_t32_with_bits(word, PST_T32_SECOND, 8, value);
}

static uint32_t get_adr_back(uint32_t word)
{
    return 0 - immediate12(word);
}

static uint32_t put_adr_back(uint32_t word, uint32_t distance)
{
    return with_immediate12(word, 0 - distance);
}

uint32_t pst_t32_get_move(uint32_t word)
{
    return pst_t32_bits(word, 0, 4) << 12 | immediate12(word);
}

uint32_t pst_t32_put_move(uint32_t word, uint32_t value)
{
    return pst_t32_with_bits(with_immediate12(word, value), 0, 4, value >> 12);
}

/* Modified immediates: a byte once, twice or four times, or one with its upper bit set, rotated. */
static uint32_t modified(uint32_t immediate)
{
    uint32_t byte = immediate & 255, top = byte | 128, turn = immediate >> 7;
    switch (immediate >> 8) {
    case 0:
        return byte;
    case 1:
        return byte << 16 | byte;
    case 2:
        return byte << 24 | byte << 8;
    case 3:
        return byte << 24 | byte << 16 | byte << 8 | byte;
    default:
        return top << (32 - turn);
    }
}

enum { NOT_MODIFIED = 1 << 12 };

static uint32_t find_modified(uint32_t value)
{
    if (value < 256)
        return value;
    for (uint32_t repeated = 1; repeated < 4; repeated++) {
        uint32_t byte = repeated == 2 ? value >> 8 & 255 : value & 255;
        if (modified(repeated << 8 | byte) == value)
            return repeated << 8 | byte;
    }
    uint32_t turn = 8 + (uint32_t)__builtin_clz(value);
    uint32_t found = turn << 7 | (value >> (32 - turn) & 127);
    return modified(found) == value ? found : (uint32_t)NOT_MODIFIED;
}

static uint32_t get_modified(uint32_t word)
{
    return modified(immediate12(word));
}

/* MOV takes a modified immediate where there is one, else 16 bits: what assemblers choose. */
static uint32_t put_move(uint32_t word, uint32_t value)
{
    uint32_t opcodes = UINT32_C(0x8000fbff), found = find_modified(value);
    if (found != NOT_MODIFIED)
        return with_immediate12((word & ~opcodes) | 0xf04f, found);
    return pst_t32_put_move((word & ~opcodes) | 0xf240, value);
}

/* LDR and STR with an offset. */
static uint32_t get_offset12(uint32_t word)
{
    return pst_t32_bits(word, PST_T32_SECOND, 12);
}

static uint32_t put_offset12(uint32_t word, uint32_t offset)
{
    return pst_t32_with_bits(word, PST_T32_SECOND, 12, offset);
}

static const struct pst_t32_encoding encodings[] = {
    {0xd000f800, 0xd000f000, 4, PST_T32_BRANCH_LINK, PST_T32_FROM_PC, true, get_branch24,
     put_branch24}, /* BL */
    {0xd001f800, 0xc000f000, 4, PST_T32_BRANCH_LINK, PST_T32_FROM_PC_WORD, true, get_branch24,
     put_branch24}, /* BLX */
    {0xd000f800, 0x9000f000, 4, PST_T32_BRANCH, PST_T32_FROM_PC, true, get_branch24,
     put_branch24}, /* B (T4) */
    {0xd000f800, 0x8000f000, 4, PST_T32_BRANCH, PST_T32_FROM_PC, true, get_branch20,
     put_branch20}, /* B (T3) */
    {0x0000f800, 0x0000e000, 2, PST_T32_BRANCH_SHORT, PST_T32_FROM_PC, true, get_branch11,
     put_branch11},
    {0x0000f000, 0x0000d000, 2, PST_T32_BRANCH_SHORT, PST_T32_FROM_PC, true, get_branch8,
     put_branch8},
    {0x0000f500, 0x0000b100, 2, PST_T32_BRANCH_ON_ZERO, PST_T32_FROM_PC, true, get_on_zero,
     put_on_zero},
    {0x0000f800, 0x00004800, 2, PST_T32_LITERAL, PST_T32_FROM_PC_WORD, true, get_words8,
     put_words8}, /* LDR (T1) */
    {0x0000ff7f, 0x0000f85f, 4, PST_T32_LITERAL, PST_T32_FROM_PC_WORD, true, get_bytes12,
     put_bytes12}, /* LDR (T2) */
    {0x0000fe1f, 0x0000f81f, 4, PST_T32_NEAR, PST_T32_FROM_PC_WORD, false, get_bytes12,
     put_bytes12}, /* LDRB.. */
    {0x0000ff7f, 0x0000e95f, 4, PST_T32_NEAR, PST_T32_FROM_PC_WORD, false, get_signed_words8,
     put_signed_words8}, /* LDRD */
    {0x0e00ff3f, 0x0a00ed1f, 4, PST_T32_NEAR, PST_T32_FROM_PC_WORD, false, get_signed_words8,
     put_signed_words8}, /* VLDR */
    {0x0000f800, 0x0000a000, 2, PST_T32_NEAR, PST_T32_FROM_PC_WORD, false, get_words8,
     put_words8}, /* ADR (T1) */
    {0x8000fbff, 0x0000f2af, 4, PST_T32_NEAR, PST_T32_FROM_PC_WORD, false, get_adr_back,
     put_adr_back}, /* ADR (T2) */
    {0x8000fbff, 0x0000f20f, 4, PST_T32_NEAR, PST_T32_FROM_PC_WORD, false, immediate12,
     with_immediate12}, /* (T3) */
    {0x8000fbf0, 0x0000f240, 4, PST_T32_MOVE_VALUE, PST_T32_FROM_NOTHING, false, pst_t32_get_move,
     put_move}, /* MOVW */
    {0x8000fbff, 0x0000f04f, 4, PST_T32_MOVE_VALUE, PST_T32_FROM_NOTHING, false, get_modified,
     put_move}, /* MOV */
    {0x0000ffe0, 0x0000e9c0, 4, PST_T32_FIELD, PST_T32_FROM_FIELD, false, get_signed_words8,
     put_signed_words8}, /* LDRD, STRD */
    {0x0000fe80, 0x0000f880, 4, PST_T32_FIELD, PST_T32_FROM_FIELD, false, get_offset12,
     put_offset12}, /* LDR, STR */
};

/* SVC and UDF stand where B<c> (T1) would have a condition 14 or 15; the like goes for T3. */
static bool has_no_condition(const struct pst_t32_encoding *encoding, uint32_t word)
{
    return (encoding->get == get_branch8 && pst_t32_bits(word, 9, 3) == 7) ||
           (encoding->get == get_branch20 && pst_t32_bits(word, 7, 3) == 7);
}

const struct pst_t32_encoding *pst_t32_encoding_of(uint32_t word)
{
    unsigned bytes = pst_t32_is_wide(word & 0xffff) ? 4 : 2;
    for (size_t i = 0; i < PST_COUNT(encodings); i++)
        if (encodings[i].bytes == bytes && (word & encodings[i].mask) == encodings[i].is)
            return has_no_condition(&encodings[i], word) ? NULL : &encodings[i];
    return NULL;
}

uint32_t pst_t32_pc(const struct pst_t32_encoding *encoding, uint32_t place)
{
    switch (encoding->counted) {
    case PST_T32_FROM_PC:
        return place + 4;
    case PST_T32_FROM_PC_WORD:
        return (place + 4) & ~UINT32_C(3);
    case PST_T32_FROM_FIELD:
        return PST_T32_FIELD_SPACE;
    default:
        return 0;
    }
}
