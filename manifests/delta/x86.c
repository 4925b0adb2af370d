/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References of x86-64 code: calls and jumps, and operands that are addressed relative to the
 * instruction pointer. Instructions are followed from one to the next by their lengths; a start in
 * the middle of one is no harm, as the lengths fall into step again after a few.
 * Encodings: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2
 * (formats) and appendix A (opcode maps).
 */
#include "manifests/delta/isa.h"

enum kind { CALL = 1, JUMP, CONDITIONAL, ADDRESS, OPERAND, INDIRECT, SHORT, ABSOLUTE };

enum {
    LENGTH_MOST = 15,         /* of an instruction; volume 3, chapter 6.15, #GP */
    PREFIXES_MOST = 8,        /* more are never written */
    FALL_IN = 48,             /* bytes before a place, from where instructions are followed to it */
    USUAL_ADDRESS = 0x400000, /* of programs that are bound to one */
    NEAR_ZERO = 4096,         /* numbers below are no addresses */
    BEYOND = 4 << 20,         /* how far behind the base's end its variables reach */
    LIKELY_MOST = 48,         /* how sure of code, and of none, one can be */
    SPEAKS_FOR = 2,
    SPEAKS_AGAINST = 3
};

/*
 * What follows an opcode, in the rows and columns of the manual's maps:
 *     .  nothing         ?  no instruction in 64-bit mode
 *     m  ModRM           B  ModRM, imm8         Z  ModRM, imm32 (16 bits with a prefix 66)
 *     b  imm8            w  imm16               z  imm32 (as above)    e  imm16, imm8
 *     v  imm32 or 64     o  an address          f  ModRM, /0 and /1: imm8    F  the same, imm32
 *     j  rel8            J  rel32
 *     p  a prefix        s  the prefix 66       r  REX
 *     x  0F, or 0F 38    y  0F 3A               V W E  VEX of 3, of 2 bytes, EVEX
 */
static const char one_byte[16][17] = {
    "mmmmbz??mmmmbz?x", /* 00 */
    "mmmmbz??mmmmbz??", /* 10 */
    "mmmmbzp?mmmmbzp?", /* 20 */
    "mmmmbzp?mmmmbzp?", /* 30 */
    "rrrrrrrrrrrrrrrr", /* 40 */
    "................", /* 50 */
    "??EmppspzZbB....", /* 60 */
    "jjjjjjjjjjjjjjjj", /* 70 */
    "BZ?Bmmmmmmmmmmmm", /* 80 */
    "..........?.....", /* 90 */
    "oooo....bz......", /* a0 */
    "bbbbbbbbvvvvvvvv", /* b0 */
    "BBw.VWBZe.w..b?.", /* c0 */
    "mmmm???.mmmmmmmm", /* d0 */
    "jjjjbbbbJJ?j....", /* e0 */
    "p.pp..fF......mm", /* f0 */
};
static const char two_byte[16][17] = {
    "mmmm?.....?.?m.B", /* 0f 00 */
    "mmmmmmmmmmmmmmmm", /* 0f 10 */
    "mmmm????mmmmmmmm", /* 0f 20 */
    "........x?y?????", /* 0f 30 */
    "mmmmmmmmmmmmmmmm", /* 0f 40 */
    "mmmmmmmmmmmmmmmm", /* 0f 50 */
    "mmmmmmmmmmmmmmmm", /* 0f 60 */
    "BBBBmmm.mm??mmmm", /* 0f 70 */
    "JJJJJJJJJJJJJJJJ", /* 0f 80 */
    "mmmmmmmmmmmmmmmm", /* 0f 90 */
    "...mBm??...mBmmm", /* 0f a0 */
    "mmmmmmmmmmBmmmmm", /* 0f b0 */
    "mmBmBBBm........", /* 0f c0 */
    "mmmmmmmmmmmmmmmm", /* 0f d0 */
    "mmmmmmmmmmmmmmmm", /* 0f e0 */
    "mmmmmmmmmmmmmmmm", /* 0f f0 */
};

/*
 * One-byte opcodes that compilers' code is full of, and those that mostly come of reading data as
 * if it were code: counted in .text and in the data of five Debian programs, where one of the two
 * was thrice as frequent as the other at least.
 */
static const char speaks[16][17] = {
    "--------- ----- ", /* 00 */
    "--------- ------", /* 10 */
    "- ---- --+-+-- -", /* 20 */
    "-+- -----+-    -", /* 30 */
    "   - -   -   -  ", /* 40 */
    "  -  ++ -  ++++ ", /* 50 */
    "--      -- -----", /* 60 */
    "----  - ----- + ", /* 70 */
    " +-+++-- +-+-+--", /* 80 */
    "+-------  ------", /* 90 */
    "--------  - ----", /* a0 */
    "--------+++   ++", /* b0 */
    "-+-+  ++- ------", /* c0 */
    "- - ------------", /* d0 */
    "--------++-+----", /* e0 */
    " -  --++--------", /* f0 */
};

/* An instruction, and the reference in it. */
struct instruction {
    uint8_t length;
    uint8_t kind;  /* 0: no reference */
    uint8_t place; /* of the displacement: bytes from the instruction's first, */
    uint8_t bytes; /* and its size */
    uint8_t value; /* where a number of 4 bytes stands that may be an address; 0: none */
    char speaks;   /* for code, or against it */
};

/* What prefixes and opcode say. */
struct opcode {
    uint8_t length;  /* up to the opcode's last byte */
    uint8_t byte;    /* that last one */
    bool one;        /* of the one-byte map */
    bool short_data; /* 66 */
    bool wide;       /* REX.W */
    char follows;
};

static char in_map(const char map[16][17], uint8_t byte)
{
    return map[byte >> 4][byte & 15];
}

/* VEX and EVEX name the opcode's map by a number, in three bits: 0F, 0F 38, 0F 3A. */
enum { MAP_0F = 1, MAP_0F_3A = 3, MAP_BITS = 7 };

static char in_numbered_map(unsigned map, uint8_t byte)
{
    if (map == MAP_0F_3A)
        return 'B';
    bool vzero = byte == 0x77; /* VZEROUPPER has no operand */
    bool immediate = in_map(two_byte, byte) == 'B';
    return map == MAP_0F && (vzero || immediate) ? in_map(two_byte, byte) : 'm';
}

static void read_escaped(const uint8_t *at, struct opcode *opcode)
{
    opcode->byte = at[opcode->length++];
    opcode->follows = in_map(two_byte, opcode->byte);
    if (opcode->follows == 'x' || opcode->follows == 'y') {
        opcode->byte = at[opcode->length++];
        opcode->follows = opcode->follows == 'x' ? 'm' : 'B';
    }
}

static void read_vex(const uint8_t *at, struct opcode *opcode)
{
    const uint8_t *payload = at + opcode->length;
    unsigned bytes = opcode->follows == 'W' ? 1 : opcode->follows == 'V' ? 2 : 3;
    unsigned map = opcode->follows == 'W' ? MAP_0F : payload[0] & MAP_BITS;
    opcode->byte = payload[bytes];
    opcode->length = (uint8_t)(opcode->length + bytes + 1);
    opcode->follows = in_numbered_map(map, opcode->byte);
}

static void read_opcode(const uint8_t *at, struct opcode *opcode)
{
    *opcode = (struct opcode){0};
    do {
        opcode->wide = opcode->follows == 'r' && (opcode->byte & 8) != 0;
        opcode->byte = at[opcode->length++];
        opcode->follows = in_map(one_byte, opcode->byte);
        opcode->short_data = opcode->short_data || opcode->follows == 's';
    } while (strchr("psr", opcode->follows) != NULL && opcode->length <= PREFIXES_MOST);
    opcode->one = strchr("xVWE", opcode->follows) == NULL;
    if (opcode->follows == 'x')
        read_escaped(at, opcode);
    else if (!opcode->one)
        read_vex(at, opcode);
}

/* ModRM, SIB and displacement. */
static unsigned operand_length(const uint8_t *modrm)
{
    unsigned mod = modrm[0] >> 6, rm = modrm[0] & 7;
    if (mod == 3)
        return 1;
    bool sib = rm == 4;
    unsigned displacement = mod == 1                                  ? 1
                            : mod == 2                                ? 4
                            : rm == 5 || (sib && (modrm[1] & 7) == 5) ? 4
                                                                      : 0;
    return 1 + sib + displacement;
}

static unsigned immediate_length(const struct opcode *opcode, uint8_t modrm)
{
    unsigned z = opcode->short_data ? 2 : 4;
    bool test = (modrm >> 4 & 3) == 0; /* group 3: /0 and /1 */
    switch (opcode->follows) {
    case 'b':
    case 'B':
        return 1;
    case 'w':
        return 2;
    case 'e':
        return 3;
    case 'z':
    case 'Z':
        return z;
    case 'v':
        return opcode->wide ? 8 : z;
    case 'o':
        return 8;
    case 'f':
        return test ? 1 : 0;
    case 'F':
        return test ? z : 0;
    default:
        return 0;
    }
}

static void read_jump(const struct opcode *opcode, struct instruction *out)
{
    bool jump = (opcode->byte & 1) != 0; /* E9, not E8 */
    out->bytes = opcode->follows == 'J' ? 4 : 1;
    out->kind = out->bytes == 1 ? SHORT : !opcode->one ? CONDITIONAL : jump ? JUMP : CALL;
    out->place = opcode->length;
    out->length = (uint8_t)(opcode->length + out->bytes);
}

static void read_operands(const uint8_t *at, const struct opcode *opcode, struct instruction *out)
{
    const uint8_t *modrm = at + opcode->length;
    unsigned length = opcode->length;
    if (strchr("mBZfF", opcode->follows) != NULL) {
        length += operand_length(modrm);
        if (length >= opcode->length + 5u)
            out->value = (uint8_t)(length - 4);
        if ((modrm[0] & 0xc7) == 5) { /* mod 00, rm 101: from the instruction's end */
            bool lea = opcode->one && opcode->byte == 0x8d;
            bool indirect = opcode->one && opcode->byte == 0xff;
            out->kind = lea ? ADDRESS : indirect ? INDIRECT : OPERAND;
            out->place = (uint8_t)(opcode->length + 1);
            out->bytes = 4;
        }
    }
    out->length = (uint8_t)(length + immediate_length(opcode, modrm[0]));
    if (out->length == length + 4)
        out->value = (uint8_t)length;
}

/* Reads no more than 20 bytes; what is none is one of a single byte. */
static void read_instruction(const uint8_t *at, struct instruction *out)
{
    struct opcode opcode;
    read_opcode(at, &opcode);
    *out = (struct instruction){.speaks = opcode.one ? in_map(speaks, opcode.byte) : ' '};
    if (opcode.follows == 'J' || opcode.follows == 'j')
        read_jump(&opcode, out);
    else
        read_operands(at, &opcode, out);
    if (out->length > LENGTH_MOST)
        *out = (struct instruction){.length = 1, .speaks = '-'};
}

/* Where its reference leads, of an instruction at `place`. */
static uint32_t target_of(const struct instruction *instruction, const uint8_t *at, uint32_t place)
{
    const uint8_t *displacement = at + instruction->place;
    uint32_t by =
        instruction->bytes == 4 ? pst_word_at(displacement) : pst_signed_bits(displacement[0], 8);
    return place + instruction->length + by;
}

/* A reference that leads out of the base is none, but data that looks like one. */
static bool refers(const struct instruction *instruction, const uint8_t *at, uint32_t place,
                   uint32_t places)
{
    return instruction->kind != 0 && target_of(instruction, at, place) < (uint64_t)places + BEYOND;
}

/* ---- sites */

static void weigh(struct pst_isa_state *state, char speaks_how)
{
    int32_t likely = state->likely;
    likely += speaks_how == '+' ? SPEAKS_FOR : speaks_how == '-' ? -SPEAKS_AGAINST : 0;
    state->likely = likely > LIKELY_MOST    ? LIKELY_MOST
                    : likely < -LIKELY_MOST ? -LIKELY_MOST
                                            : likely;
}

/* Moves the state on to the instruction that base place `from` lies in; says how far in. */
static uint32_t follow(struct pst_isa_state *state, const uint8_t *old, uint32_t from,
                       struct instruction *out)
{
    uint32_t behind = from - state->instruction;
    if (behind > FALL_IN)
        behind = FALL_IN;
    read_instruction(old - behind, out);
    while (behind >= out->length) {
        behind -= out->length;
        weigh(state, out->speaks);
        read_instruction(old - behind, out);
    }
    state->instruction = from - behind;
    return behind;
}

/* Code that is bound to an address has addresses as they are: in operands and immediates. */
static bool is_absolute(const struct pst_isa_state *state, const struct instruction *instruction,
                        const uint8_t *at)
{
    if (state->base_address == 0 || instruction->kind != 0 || instruction->value == 0)
        return false;
    uint32_t value = pst_word_at(at + instruction->value);
    return value >= NEAR_ZERO && value - state->base_address < (uint64_t)state->base_bytes + BEYOND;
}

static bool find(struct pst_isa_state *state, const uint8_t *old, uint32_t from, unsigned len,
                 struct pst_site *out)
{
    (void)len; /* an instruction stays whole */
    struct instruction now;
    uint32_t behind = follow(state, old, from, &now), place = from - behind;
    const uint8_t *at = old - behind;
    if (state->likely <= 0)
        return false;
    if (is_absolute(state, &now, at)) {
        now.kind = ABSOLUTE;
        now.place = now.value;
        now.bytes = 4;
    } else if (!refers(&now, at, place - state->base_address, state->base_bytes)) {
        now.place = 0;
    }
    if (now.place == 0 || now.place < behind) {
        *out = (struct pst_site){.skip = (uint8_t)(now.length - behind)};
        return false;
    }
    uint32_t word = pst_word_at(at + now.place);
    *out = (struct pst_site){.skip = (uint8_t)(now.place - behind),
                             .bytes = now.bytes,
                             .kind = now.kind,
                             .space = PST_SPACE_PLACE,
                             .unit = (uint8_t)(now.length - now.place),
                             .word = now.bytes == 1 ? word & 255 : word,
                             .target = now.kind == ABSOLUTE ? word : target_of(&now, at, place)};
    return true;
}

static uint32_t put(const struct pst_isa_state *state, const struct pst_site *site, uint32_t at,
                    uint32_t target)
{
    (void)state;
    uint32_t by = site->kind == ABSOLUTE ? target : target - at - site->unit;
    return site->bytes == 1 ? by & 255 : by;
}

static bool get(const struct pst_isa_state *state, const struct pst_site *site, uint32_t at,
                uint32_t word, uint32_t *target)
{
    (void)state;
    uint32_t by = site->bytes == 1 ? pst_signed_bits(word, 8) : word;
    *target = site->kind == ABSOLUTE ? by : at + site->unit + by;
    return true;
}

static void passed(struct pst_isa_state *state, const struct pst_site *site, uint32_t from,
                   uint32_t at, uint32_t now)
{
    (void)state;
    (void)site;
    (void)from;
    (void)at;
    (void)now;
}

static bool is_usual_address(const struct instruction *instruction, const uint8_t *at, size_t len)
{
    return instruction->kind == 0 && instruction->value != 0 &&
           pst_word_at(at + instruction->value) - USUAL_ADDRESS < len + (uint64_t)BEYOND;
}

/* Code either computes its addresses or is bound to them: most of it, one way or the other. */
static bool is_bound(const uint8_t *in, size_t len)
{
    size_t computed = 0, usual = 0;
    struct instruction now;
    for (size_t i = 0; i + 2 * LENGTH_MOST < len; i += now.length) {
        read_instruction(in + i, &now);
        computed += now.kind == ADDRESS && refers(&now, in + i, (uint32_t)i, (uint32_t)len);
        usual += is_usual_address(&now, in + i, len);
    }
    return usual > computed;
}

/* Short jumps stay: what they lead over does not change so often. */
static void project(const uint8_t *in, uint8_t *out, size_t len)
{
    bool bound = is_bound(in, len);
    memcpy(out, in, len);
    struct instruction now;
    for (size_t i = 0; i + 2 * LENGTH_MOST < len; i += now.length) {
        read_instruction(in + i, &now);
        if (now.bytes == 4 && refers(&now, in + i, (uint32_t)i, (uint32_t)len))
            memset(out + i + now.place, 0, 4);
        else if (bound && is_usual_address(&now, in + i, len))
            memset(out + i + now.value, 0, 4);
    }
}

const struct pst_isa pst_isa_x86 = {"x86-64", 1, find, put, get, passed, project};
