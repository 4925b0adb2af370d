/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/code_pair.h"

#include <stdlib.h>

#include "tests/support/check.h"

enum { PARTS_MOST = 4096, PART_BYTES = 200, ADDRESS = 0x8000 };

enum kind { CODE, POINTERS, OFFSETS, TEXT, ZEROS, NOISE, KINDS };

/* What a program is made of; its content follows from its seed and from where all parts lie. */
struct part {
    uint64_t seed;
    enum kind kind;
    uint32_t len;
    size_t id; /* who refers to it, says this */
};

struct program {
    enum pst_isa_name isa;
    size_t count, ids;
    struct part part[PARTS_MOST];
    uint32_t place[2 * PARTS_MOST]; /* by id */
};

static uint32_t below(uint64_t *seed, size_t most)
{
    return most > 1 ? (uint32_t)((pst_seeded_random(seed) >> 20) % most) : 0;
}

static struct part new_part(struct program *program, uint64_t *seed)
{
    static const enum kind usual[] = {CODE, CODE, CODE, CODE, CODE, POINTERS, OFFSETS, TEXT, ZEROS};
    enum kind kind = below(seed, 40) == 0 ? NOISE : usual[below(seed, PST_COUNT(usual))];
    if (kind == CODE && program->isa == PST_ISA_NONE)
        kind = TEXT;
    uint32_t most = below(seed, 10) == 0 ? 10 * PART_BYTES : 2 * PART_BYTES;
    uint32_t len = 4 + below(seed, most);
    /* Most parts are aligned, as in a program. */
    len = below(seed, 50) == 0 ? len : len & ~UINT32_C(3);
    return (struct part){pst_seeded_random(seed) | 1, kind, len, program->ids++};
}

static void lay_out(struct program *program)
{
    uint32_t at = 0;
    for (size_t i = 0; i < program->count; i++) {
        program->place[program->part[i].id] = at;
        at += program->part[i].len;
    }
}

/* ---- machine code ---------------------------------------------------------------------------- */

struct emitted {
    uint8_t byte[8];
    unsigned len;
};

static struct emitted emit(uint32_t word, unsigned len)
{
    struct emitted out = {.len = len};
    for (unsigned i = 0; i < len; i++)
        out.byte[i] = (uint8_t)(word >> (8 * i));
    return out;
}

static struct emitted arm64_word(uint64_t *seed, uint32_t at, uint32_t to)
{
    uint32_t by = (to - at) >> 2, pages = (to >> 12) - (at >> 12), reg = below(seed, 31);
    switch (below(seed, 12)) {
    case 0:
    case 1:
        return emit(0x94000000 | (by & 0x3ffffff), 4); /* BL */
    case 2:
        return emit(0x54000000 | (by & 0x7ffff) << 5 | below(seed, 14), 4);
    case 3:
        return emit(0x90000000 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5 | reg, 4);
    case 4:
        return emit(0x91000000 | (to & 0xfff) << 10 | reg << 5 | reg, 4); /* ADD */
    case 5:
        return emit(0xf9400000 | (to >> 3 & 0x1ff) << 10 | reg << 5 | below(seed, 31), 4);
    default:
        return emit(0xaa0003e0 | below(seed, 31) << 16 | reg, 4); /* MOV */
    }
}

static struct emitted arm_word(uint64_t *seed, uint32_t at, uint32_t to)
{
    uint32_t by = (to - at - 4) >> 1, s = by >> 23 & 1;
    uint32_t j1 = ((by >> 22 & 1) ^ 1 ^ s) & 1, j2 = ((by >> 21 & 1) ^ 1 ^ s) & 1;
    switch (below(seed, 10)) {
    case 0:
    case 1: /* BL */
        return emit((0xf000 | s << 10 | (by >> 11 & 0x3ff)) |
                        (0xd000 | j1 << 13 | j2 << 11 | (by & 0x7ff)) << 16,
                    4);
    case 2:
        return emit(0x4800 | below(seed, 8) << 8 | below(seed, 256), 2); /* LDR literal */
    case 3:
        return emit(0xd000 | below(seed, 14) << 8 | below(seed, 256), 2);
    case 4: /* MOVW, MOVT */
        return emit((below(seed, 2) == 0 ? 0xf240 : 0xf2c0) | (to & 15) | (to & 0xff) << 16, 4);
    case 5:
        return emit(0xeb000000 | (((to - at - 8) >> 2) & 0xffffff), 4); /* A32 */
    default:
        return emit(0x4600 | below(seed, 256), 2);
    }
}

static struct emitted x86_word(uint64_t *seed, uint32_t at, uint32_t to)
{
    struct emitted out = {.len = 0};
    uint32_t kind = below(seed, 8), opcode_len = 0;
    if (kind < 2)
        out.byte[opcode_len++] = kind == 0 ? 0xe8 : 0xe9;
    else if (kind == 2) {
        out.byte[opcode_len++] = 0x0f;
        out.byte[opcode_len++] = (uint8_t)(0x80 | below(seed, 16));
    } else if (kind < 5) { /* mov or lea, relative to RIP */
        out.byte[opcode_len++] = 0x48;
        out.byte[opcode_len++] = kind == 3 ? 0x8d : 0x8b;
        out.byte[opcode_len++] = (uint8_t)(5 | below(seed, 8) << 3);
    } else {
        out = emit(0xc08948 | below(seed, 64) << 16, 3);
        return out;
    }
    uint32_t by = to - (at + opcode_len + 4);
    for (unsigned i = 0; i < 4; i++)
        out.byte[opcode_len + i] = (uint8_t)(by >> (8 * i));
    out.len = opcode_len + 4;
    return out;
}

static struct emitted one_thing(const struct program *program, const struct part *part,
                                uint64_t *seed, uint32_t at)
{
    uint32_t to = program->place[below(seed, program->ids)] + below(seed, 16) * 4;
    switch (part->kind) {
    case CODE:
        return program->isa == PST_ISA_ARM64 ? arm64_word(seed, at, to)
               : program->isa == PST_ISA_ARM ? arm_word(seed, at, to)
                                             : x86_word(seed, at, to);
    case POINTERS:
        return emit(ADDRESS + to, 4);
    case OFFSETS:
        return emit(to - at, 4);
    case TEXT:
        return emit((uint8_t) "etaoinsr \n"[below(seed, 10)], 1);
    case NOISE:
        return emit((uint32_t)pst_seeded_random(seed), 1);
    case ZEROS:
    case KINDS:
        break;
    }
    return emit(0, 4);
}

static void write_part(const struct program *program, const struct part *part, struct pst_buf *out)
{
    uint64_t seed = part->seed;
    for (uint32_t at = 0; at < part->len;) {
        struct emitted thing = one_thing(program, part, &seed, program->place[part->id] + at);
        unsigned len = thing.len < part->len - at ? thing.len : part->len - at;
        assert_true(pst_buf_add(out, thing.byte, len));
        at += len;
    }
}

static void write_program(struct program *program, struct pst_buf *out)
{
    lay_out(program);
    for (size_t i = 0; i < program->count; i++)
        write_part(program, &program->part[i], out);
}

/* ---- the next version ------------------------------------------------------------------------ */

static void insert(struct program *program, size_t where, struct part part)
{
    if (program->count == PARTS_MOST || program->ids >= 2 * PARTS_MOST)
        return;
    memmove(&program->part[where + 1], &program->part[where],
            (program->count - where) * sizeof part);
    program->part[where] = part;
    program->count++;
}

static struct part take_out(struct program *program, size_t where)
{
    struct part part = program->part[where];
    program->count--;
    memmove(&program->part[where], &program->part[where + 1],
            (program->count - where) * sizeof part);
    return part;
}

static void change(struct program *program, uint64_t *seed)
{
    size_t changes = below(seed, 3) == 0 ? program->count / 2 : program->count / 16 + 1;
    for (size_t i = 0; i < changes && program->count > 0; i++) {
        size_t where = below(seed, program->count);
        struct part *part = &program->part[where];
        switch (below(seed, 6)) {
        case 0:
            (void)take_out(program, where);
            break;
        case 1:
            if (program->ids < 2 * PARTS_MOST - 1)
                insert(program, where, new_part(program, seed));
            break;
        case 2:
            insert(program, below(seed, program->count), take_out(program, where));
            break;
        case 3:
            part->seed = pst_seeded_random(seed) | 1;
            break;
        case 4: /* longer or shorter at its end */
            part->len = below(seed, 2) == 0 ? part->len + 4 : (part->len > 8 ? part->len - 4 : 4);
            break;
        default:
            part->kind = below(seed, 20) == 0 ? ZEROS : part->kind;
        }
    }
}

/* Bytes that nobody can explain, as signatures and dates are. */
static void touch(struct pst_buf *buf, uint64_t *seed)
{
    size_t count = below(seed, 4) == 0 ? buf->len / 100 : below(seed, 3);
    for (size_t i = 0; i < count && buf->len > 0; i++)
        buf->at[below(seed, buf->len)] ^= (uint8_t)(1 + below(seed, 255));
}

struct pst_pair pst_code_pair(uint64_t seed, size_t bytes, enum pst_isa_name isa)
{
    uint64_t drawn = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    struct pst_pair pair = {pst_buf(PST_OUT_MOST), pst_buf(PST_OUT_MOST)};
    struct program *program = calloc(1, sizeof *program);
    assert_non_null(program);
    program->isa = isa;
    for (size_t at = 0; at < bytes && program->count < PARTS_MOST;) {
        struct part part = new_part(program, &drawn);
        insert(program, program->count, part);
        at += part.len;
    }
    write_program(program, &pair.base);
    change(program, &drawn);
    write_program(program, &pair.image);
    touch(&pair.image, &drawn);
    free(program);
    return pair;
}

struct pst_pair pst_any_pair(uint64_t seed)
{
    uint64_t drawn = seed * UINT64_C(0xbf58476d1ce4e5b9) + 1;
    uint32_t power = below(&drawn, 21), shape = below(&drawn, PST_ISA_COUNT + 2);
    /* Twice drawn, and the smaller one: a millionth part of all pairs is a MiB each. */
    uint32_t again = below(&drawn, 21), third = below(&drawn, 21);
    power = again < power ? again : power;
    power = third < power ? third : power;
    size_t bytes = below(&drawn, 16) == 0 ? (size_t)1 << 20 >> below(&drawn, 6) >> power / 2
                                          : below(&drawn, ((size_t)1 << power) + 1);
    return shape < PST_ISA_COUNT ? pst_code_pair(seed, bytes, (enum pst_isa_name)shape)
                                 : pst_pair_make(seed, bytes);
}

/* ---- what is merely possible ----------------------------------------------------------------- */

size_t pst_any_segments(uint64_t seed, const struct pst_pair *pair, struct pst_segment *out,
                        size_t room)
{
    uint64_t drawn = seed * UINT64_C(0x94d049bb133111eb) + 1;
    uint32_t image = (uint32_t)pair->image.len, base = (uint32_t)pair->base.len;
    uint32_t longest = 1 + image / (1 + below(&drawn, 9)), at = 0;
    size_t count = 0;
    while (count < room) {
        at += below(&drawn, 3) == 0 ? below(&drawn, longest) : 0;
        if (at >= image)
            break;
        uint32_t len = 1 + below(&drawn, longest), kind = below(&drawn, 4);
        len = len < image - at ? len : image - at;
        if (kind != 0 && base > 0) {
            len = len < base ? len : base;
            uint32_t last = base - len, there = at < last ? at : last;
            uint32_t from = kind == 1 ? there : below(&drawn, (size_t)last + 1);
            out[count++] = (struct pst_segment){at, len, kind == 2 ? from & ~3U : from};
        } else {
            out[count++] = (struct pst_segment){at, len, PST_DELTA_FILL | below(&drawn, 256)};
        }
        at += len;
    }
    return count;
}

size_t pst_any_regions(uint64_t seed, const struct pst_pair *pair, struct pst_region *out,
                       size_t room)
{
    uint64_t drawn = seed * UINT64_C(0xd6e8feb86659fd93) + 1;
    size_t count = 0;
    for (uint32_t at = 0; count < room && at < pair->image.len;
         at += 1 + below(&drawn, pair->image.len)) {
        uint32_t base = below(&drawn, 2) == 0 ? 0 : (uint32_t)pst_seeded_random(&drawn);
        out[count++] = (struct pst_region){at, (enum pst_isa_name)below(&drawn, PST_ISA_COUNT),
                                           base, base + below(&drawn, 3) * 0x1000};
    }
    return count;
}
