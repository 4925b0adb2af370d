/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References of T32 (Thumb) code: branches, loads from literal pools, addresses in the words of
 * those pools or in a MOVW and MOVT, and the A32 stubs of a procedure linkage table. Constants and
 * offsets of fields are followed as well: line numbers and structures change together.
 * Encodings: t32.c.
 *
 *     ldr  r3, [pc, #x]    seen first: tells that the word at x is no code (LITERAL)
 *     add  r3, pc          tells that this word is counted from here (ADD_PC)
 *     x:   .word y - .     comes last, and is then a reference to y (POOL_RELATIVE)
 */
#include "manifests/delta/isa.h"
#include "manifests/delta/t32.h"

static uint32_t halfword_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

/* ---- ADD (register, T2) of the PC */

static bool is_add_pc(uint32_t halfword)
{
    return (halfword & 0xff78) == 0x4478;
}

static unsigned add_pc_register(uint32_t halfword)
{
    return (halfword & 7) | (halfword >> 4 & 8);
}

/* ---- literal pools */

enum { POINTER_LEAST = 4096 /* numbers below are counts, sizes, offsets */ };

static const struct pst_isa_pool *pool_at(const struct pst_isa_state *state, uint32_t place)
{
    const struct pst_isa_pool *pool = &state->pool[place / 4 % PST_ISA_POOLS];
    return pool->place == place && place != 0 ? pool : NULL;
}

/* What has the value of an address is more likely one than an instruction. */
static bool is_pointer(const struct pst_isa_state *state, uint32_t word)
{
    return word >= POINTER_LEAST && word - state->base_address < state->base_bytes;
}

static void find_pool_word(const struct pst_isa_state *state, const struct pst_isa_pool *pool,
                           uint32_t word, struct pst_site *out)
{
    *out = (struct pst_site){.bytes = 4, .space = PST_SPACE_PLACE, .word = word};
    if (pool->base_pc != 0) {
        out->kind = PST_T32_POOL_RELATIVE;
        out->target = word + pool->base_pc;
        out->anchor = pool->image_pc;
    } else if (is_pointer(state, word)) {
        out->kind = PST_T32_POINTER;
        out->target = word;
    } else {
        out->kind = PST_T32_POOL_VALUE;
        out->space = PST_SPACE_VALUE;
        out->target = word;
    }
}

static bool is_pool_word(const struct pst_site *site)
{
    return site->kind == PST_T32_POOL_RELATIVE || site->kind == PST_T32_POINTER ||
           site->kind == PST_T32_POOL_VALUE;
}

static unsigned loaded_register(uint32_t word)
{
    return pst_t32_is_wide(word & 0xffff) ? word >> 28 : word >> 8 & 7;
}

/* ---- addresses that a MOVW and a MOVT make, and perhaps an ADD of the PC behind them */

enum { MOVE_REACH = 28 /* bytes in which the other parts are looked for */ };
/* Of a site's `unit`: which half it is, and whether the address is counted from the ADD. */
enum { MOVE_UPPER = 1, MOVE_RELATIVE = 2 };

static bool is_movw(uint32_t word)
{
    return (word & 0x8000fbf0) == 0x0000f240;
}

static bool is_movt(uint32_t word)
{
    return (word & 0x8000fbf0) == 0x0000f2c0;
}

static unsigned moved_register(uint32_t word)
{
    return pst_t32_bits(word, PST_T32_SECOND + 8, 4);
}

/* The other half of what `word` moves, behind a MOVW or before a MOVT; false if there is none. */
static bool find_half(const uint8_t *old, uint32_t word, uint32_t *half)
{
    bool upper = is_movt(word);
    for (int k = 4; k <= MOVE_REACH; k += 2) {
        uint32_t other = pst_word_at(upper ? old - k : old + k);
        if ((is_movw(other) || is_movt(other)) && moved_register(other) == moved_register(word)) {
            *half = pst_t32_get_move(other);
            return is_movt(other) != upper;
        }
    }
    return false;
}

/* How far behind `old` the PC is that an ADD adds to the register; 0 for none. */
static uint32_t find_add_pc(const uint8_t *old, unsigned reg)
{
    for (uint32_t k = 4; k <= MOVE_REACH; k += 2) {
        uint32_t halfword = halfword_at(old + k);
        if (is_add_pc(halfword) && add_pc_register(halfword) == reg)
            return k + 4;
    }
    return 0;
}

static bool find_move(const struct pst_isa_state *state, const uint8_t *old, uint32_t from,
                      struct pst_site *out)
{
    uint32_t word = pst_word_at(old), half;
    if ((!is_movw(word) && !is_movt(word)) || !find_half(old, word, &half))
        return false;
    bool upper = is_movt(word);
    uint32_t own = pst_t32_get_move(word), pc = find_add_pc(old, moved_register(word));
    uint32_t value = upper ? own << 16 | half : half << 16 | own;
    if (pc == 0 && state->base_address == 0)
        return false; /* code that runs anywhere holds no addresses */
    bool place = pc != 0 || is_pointer(state, value);
    *out = (struct pst_site){
        .bytes = 4,
        .kind = PST_T32_MOVE_ADDRESS,
        .space = place ? PST_SPACE_PLACE : PST_SPACE_VALUE,
        .unit = (uint8_t)((upper ? MOVE_UPPER : 0) | (pc != 0 ? MOVE_RELATIVE : 0)),
        .word = word,
        .target = value + (pc != 0 ? from + pc : 0),
        .anchor = pc};
    return true;
}

static uint32_t moved_from(const struct pst_site *site, uint32_t at)
{
    return (site->unit & MOVE_RELATIVE) != 0 ? at + site->anchor : 0;
}

/* ---- stubs: ADD ip, pc, #a; ADD ip, ip, #b; LDR pc, [ip, #c]! (A32) */

enum { STUB_WORDS = 3, STUB_PC = 8, STUB_REGISTER = 12 };

static const struct {
    uint32_t mask, is;
    uint8_t bits, scale; /* of its part of the distance */
} stub_words[STUB_WORDS] = {{0xffffff00, 0xe28fc600, 8, 20},
                            {0xffffff00, 0xe28cca00, 8, 12},
                            {0xfffff000, 0xe5bcf000, 12, 0}};

static uint32_t stub_part(uint32_t word, unsigned unit)
{
    return pst_t32_bits(word, 0, stub_words[unit].bits) << stub_words[unit].scale;
}

static uint32_t with_stub_part(const struct pst_site *site, uint32_t distance)
{
    return pst_t32_with_bits(site->word, 0, stub_words[site->unit].bits,
                             distance >> stub_words[site->unit].scale);
}

/* Which of the words it is; STUB_WORDS for none. */
static unsigned stub_unit(uint32_t word)
{
    unsigned unit = 0;
    while (unit < STUB_WORDS && (word & stub_words[unit].mask) != stub_words[unit].is)
        unit++;
    return unit;
}

static bool find_stub(const uint8_t *old, uint32_t from, struct pst_site *out)
{
    uint32_t word = pst_word_at(old), distance = 0;
    unsigned unit = stub_unit(word);
    if (unit == STUB_WORDS)
        return false;
    const uint8_t *stub = old - 4 * unit;
    for (unsigned i = 0; i < STUB_WORDS; i++) {
        uint32_t part = pst_word_at(stub + 4 * i);
        if ((part & stub_words[i].mask) != stub_words[i].is)
            return false;
        distance += stub_part(part, i);
    }
    *out = (struct pst_site){.bytes = 4,
                             .kind = PST_T32_STUB,
                             .space = PST_SPACE_PLACE,
                             .unit = (uint8_t)unit,
                             .word = word,
                             .target = from - 4 * unit + STUB_PC + distance};
    return true;
}

/* ---- sites */

/*
 * True when no instruction of 32 bits goes over `old`. A halfword that cannot begin one ends an
 * instruction, whatever it is; of those that can, every other one does.
 */
static bool is_boundary(const struct pst_isa_state *state, const uint8_t *old, uint32_t from)
{
    int run = 0;
    while (2 * (run + 1) <= PST_ISA_BEFORE && pst_t32_is_wide(halfword_at(old - 2 * (run + 1)))) {
        uint32_t place = from - 2 * ((uint32_t)run + 1);
        if (pool_at(state, place & ~UINT32_C(3)) != NULL)
            break;
        run++;
    }
    return run % 2 == 0;
}

static bool find_at(const struct pst_isa_state *state, const uint8_t *old, uint32_t from,
                    struct pst_site *out)
{
    uint32_t word = pst_word_at(old), halfword = word & 0xffff;
    if (!is_boundary(state, old, from))
        return false;
    if (is_add_pc(halfword) && state->of[add_pc_register(halfword)].known) {
        *out = (struct pst_site){.bytes = 2,
                                 .kind = PST_T32_ADD_PC,
                                 .word = halfword,
                                 .target = from,
                                 .space = PST_SPACE_PLACE};
        return true;
    }
    if (find_move(state, old, from, out))
        return true;
    const struct pst_t32_encoding *encoding = pst_t32_encoding_of(word);
    if (encoding == NULL)
        return false;
    word = encoding->bytes == 2 ? halfword : word;
    *out = (struct pst_site){.bytes = encoding->bytes,
                             .kind = encoding->kind,
                             .space = encoding->counted < PST_T32_FROM_NOTHING ? PST_SPACE_PLACE
                                                                               : PST_SPACE_VALUE,
                             .word = word,
                             .target = pst_t32_pc(encoding, from) + encoding->get(word)};
    return true;
}

/* What is a word by where it stands or by what it is; `*data`: it is, but tells nothing. */
static bool find_word(const struct pst_isa_state *state, const uint8_t *old, uint32_t from,
                      struct pst_site *out, bool *data)
{
    static const struct pst_isa_pool no_pool = {0};
    uint32_t word = pst_word_at(old);
    const struct pst_isa_pool *pool = pool_at(state, from);
    if (pool != NULL || (is_pointer(state, word) && state->base_address != 0)) {
        find_pool_word(state, pool != NULL ? pool : &no_pool, word, out);
        return true;
    }
    *data = is_pointer(state, word);
    return !*data && find_stub(old, from, out);
}

static bool find(struct pst_isa_state *state, const uint8_t *old, uint32_t from, unsigned len,
                 struct pst_site *out)
{
    bool data = false;
    if (from % 2 != 0)
        return false;
    if (from % 4 == 0 && len == 4 && find_word(state, old, from, out, &data))
        return true;
    for (unsigned skip = 0; !data && skip + 2 <= len; skip += 2) {
        if (find_at(state, old + skip, from + skip, out)) {
            out->skip = (uint8_t)skip;
            return true;
        }
    }
    return false;
}

static uint32_t put(const struct pst_isa_state *state, const struct pst_site *site, uint32_t at,
                    uint32_t target)
{
    (void)state;
    if (is_pool_word(site))
        return target - site->anchor;
    if (site->kind == PST_T32_MOVE_ADDRESS) {
        uint32_t value = target - moved_from(site, at);
        return pst_t32_put_move(site->word, (site->unit & MOVE_UPPER) != 0 ? value >> 16 : value);
    }
    if (site->kind == PST_T32_STUB)
        return with_stub_part(site, target - (at - 4 * site->unit + STUB_PC));
    const struct pst_t32_encoding *encoding = pst_t32_encoding_of(site->word);
    if (site->space == PST_SPACE_VALUE && target == site->target)
        return site->word; /* however it was written */
    return encoding != NULL ? encoding->put(site->word, target - pst_t32_pc(encoding, at))
                            : site->word;
}

static bool get(const struct pst_isa_state *state, const struct pst_site *site, uint32_t at,
                uint32_t word, uint32_t *target)
{
    if (is_pool_word(site)) {
        *target = word + site->anchor;
        return true;
    }
    if (site->kind == PST_T32_MOVE_ADDRESS) { /* the upper half tells */
        const struct pst_isa_register *of = &state->of[moved_register(site->word)];
        *target = (pst_t32_get_move(word) << 16 | of->image) + moved_from(site, at);
        return is_movt(word) && moved_register(word) == moved_register(site->word);
    }
    if (site->kind == PST_T32_STUB) {
        *target = state->of[STUB_REGISTER].image + stub_part(word, site->unit);
        return site->unit + 1 == STUB_WORDS;
    }
    const struct pst_t32_encoding *encoding = pst_t32_encoding_of(site->word);
    const struct pst_t32_encoding *now = pst_t32_encoding_of(word);
    if (encoding == NULL || now == NULL || now->kind != encoding->kind)
        return false;
    *target = pst_t32_pc(now, at) + now->get(word);
    return true;
}

static void passed(struct pst_isa_state *state, const struct pst_site *site, uint32_t from,
                   uint32_t at, uint32_t now)
{
    if (site->kind == PST_T32_LITERAL) {
        state->pool[site->target / 4 % PST_ISA_POOLS] =
            (struct pst_isa_pool){.place = site->target};
        state->of[loaded_register(site->word)] =
            (struct pst_isa_register){.known = true, .base = site->target};
    } else if (site->kind == PST_T32_ADD_PC) {
        struct pst_isa_register *of = &state->of[add_pc_register(site->word)];
        state->pool[of->base / 4 % PST_ISA_POOLS] =
            (struct pst_isa_pool){of->base, from + 4, at + 4};
        of->known = false;
    } else if (site->kind == PST_T32_MOVE_ADDRESS && (site->unit & MOVE_UPPER) == 0) {
        state->of[moved_register(site->word)] =
            (struct pst_isa_register){.known = false, .image = pst_t32_get_move(now)};
    } else if (site->kind == PST_T32_STUB) {
        uint32_t before = site->unit == 0 ? at + STUB_PC : state->of[STUB_REGISTER].image;
        state->of[STUB_REGISTER].image = before + stub_part(now, site->unit);
    }
}

/* ---- projection */

static void write_word(uint8_t *at, uint32_t word, size_t bytes)
{
    for (size_t k = 0; k < bytes; k++)
        at[k] = (uint8_t)(word >> (8 * k));
}

/* Remembers what tells of pools, as passed() does; the new word is left out. */
static void note_pool(struct pst_isa_state *state, const struct pst_t32_encoding *encoding,
                      uint32_t word, uint32_t place)
{
    struct pst_site site = {.word = word};
    if (encoding != NULL && encoding->kind == PST_T32_LITERAL) {
        site.kind = PST_T32_LITERAL;
        site.target = pst_t32_pc(encoding, place) + encoding->get(word);
    } else if (is_add_pc(word & 0xffff) && state->of[add_pc_register(word & 0xffff)].known) {
        site.kind = PST_T32_ADD_PC;
        site.word = word & 0xffff;
    }
    if (site.kind != 0)
        passed(state, &site, place, place, word);
}

enum { DATA_MOST = 1 << 24 /* words below this are numbers, or addresses */ };

/* A word that is no T32 code; false when it may be some. */
static bool project_word(const struct pst_isa_state *state, uint8_t *out, uint32_t place)
{
    uint32_t word = pst_word_at(out);
    const struct pst_isa_pool *pool = state != NULL ? pool_at(state, place) : NULL;
    unsigned unit = stub_unit(word);
    if (pool != NULL && pool->base_pc != 0)
        write_word(out, 0, 4);
    else if (unit < STUB_WORDS)
        write_word(out, word & stub_words[unit].mask, 4);
    return pool != NULL || unit < STUB_WORDS || word < DATA_MOST;
}

static size_t project_at(struct pst_isa_state *state, uint8_t *out, uint32_t place)
{
    if (place % 4 == 0 && project_word(state, out, place))
        return 4;
    uint32_t word = pst_word_at(out);
    const struct pst_t32_encoding *encoding = pst_t32_encoding_of(word);
    if (state != NULL)
        note_pool(state, encoding, word, place);
    if (encoding != NULL && encoding->far)
        write_word(out, encoding->put(word, 0), encoding->bytes);
    return pst_t32_is_wide(word & 0xffff) ? 4 : 2;
}

static void project_all(struct pst_isa_state *state, uint8_t *out, size_t len)
{
    for (size_t i = 0; i + 4 <= len;)
        i += project_at(state, out + i, (uint32_t)i);
}

static void project(const uint8_t *in, uint8_t *out, size_t len)
{
    if (len > 0)
        memcpy(out, in, len);
    if (len > 4) {
        struct pst_isa_state state = {0};
        project_all(&state, out, len);
    } else { /* asked often, and too short for a pool */
        project_all(NULL, out, len);
    }
}

const struct pst_isa pst_isa_arm = {"arm", 2, find, put, get, passed, project};
