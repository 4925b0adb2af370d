/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References of A64 code: branches, ADR, loads from literals, and addresses made of ADRP and the
 * instruction after it that adds the lower 12 bits or loads with them.
 * Encodings: Arm Architecture Reference Manual for A-profile, chapter C4.
 */
#include "manifests/delta/isa.h"

enum kind { BRANCH26 = 1, BRANCH19, BRANCH14, ADR, ADRP_PAIRED, ADRP_ALONE, LOW12 };

enum { PAIR_REACH = 10 /* words after an ADRP in which its other half is looked for */ };

/* An instruction that ends in a displacement: its bits, and where the displacement stands. */
static const struct displacement {
    uint32_t mask, is;
    uint8_t kind, bits, shift;
} displacements[] = {
    {0x7c000000, 0x14000000, BRANCH26, 26, 0}, /* B, BL */
    {0xff000010, 0x54000000, BRANCH19, 19, 5}, /* B.cond */
    {0x7e000000, 0x34000000, BRANCH19, 19, 5}, /* CBZ, CBNZ */
    {0x7e000000, 0x36000000, BRANCH14, 14, 5}, /* TBZ, TBNZ */
    {0xbf000000, 0x18000000, BRANCH19, 19, 5}, /* LDR (literal), 32 and 64 bits */
    {0xff000000, 0x98000000, BRANCH19, 19, 5}, /* LDRSW (literal) */
    {0x3f000000, 0x1c000000, BRANCH19, 19, 5}, /* LDR (literal, SIMD) */
};

static const struct displacement *displacement_of(uint32_t word)
{
    for (size_t i = 0; i < PST_COUNT(displacements); i++)
        if ((word & displacements[i].mask) == displacements[i].is)
            return &displacements[i];
    return NULL;
}

static bool is_adr(uint32_t word)
{
    return (word & 0x9f000000) == 0x10000000;
}

static bool is_adrp(uint32_t word)
{
    return (word & 0x9f000000) == 0x90000000;
}

static uint32_t adr_distance(uint32_t word)
{
    return pst_signed_bits((word >> 3 & 0x1ffffc) | (word >> 29 & 3), 21);
}

static uint32_t with_adr_distance(uint32_t word, uint32_t distance)
{
    return (word & 0x9f00001f) | (distance & 3) << 29 | (distance >> 2 & 0x7ffff) << 5;
}

static uint32_t page(uint32_t place)
{
    return place & ~UINT32_C(0xfff);
}

/* ADD (immediate, 64 bits, not shifted), or a load or store with an unsigned offset. */
struct low12 {
    unsigned from_register, scale;
    uint32_t offset;
};

static bool low12_of(uint32_t word, struct low12 *out)
{
    bool add = (word & 0xffc00000) == 0x91000000;
    bool load = (word & 0x3b000000) == 0x39000000;
    if (!add && !load)
        return false;
    out->from_register = word >> 5 & 31;
    out->scale = add ? 0 : (word & 0x04800000) == 0x04800000 ? 4 : word >> 30;
    out->offset = (word >> 10 & 0xfff) << out->scale;
    return true;
}

static void find_adrp_target(const uint8_t *old, uint32_t from, struct pst_site *site)
{
    uint32_t to = page(from) + (adr_distance(site->word) << 12);
    site->unit = site->word & 31;
    site->kind = ADRP_ALONE;
    site->space = PST_SPACE_PAGE;
    site->target = to;
    for (size_t i = 1; i <= PAIR_REACH; i++) {
        uint32_t word = pst_word_at(old + 4 * i);
        struct low12 low;
        if (low12_of(word, &low) && low.from_register == site->unit) {
            site->kind = ADRP_PAIRED;
            site->space = PST_SPACE_PLACE;
            site->target = to + low.offset;
            return;
        }
        if (is_adrp(word) && (word & 31) == site->unit)
            return;
    }
}

static bool find(struct pst_isa_state *state, const uint8_t *old, uint32_t from, unsigned len,
                 struct pst_site *out)
{
    if (len < 4 || from % 4 != 0)
        return false;
    uint32_t word = pst_word_at(old);
    *out = (struct pst_site){.bytes = 4, .word = word, .space = PST_SPACE_PLACE};
    const struct displacement *branch = displacement_of(word);
    struct low12 low;
    if (branch != NULL) {
        out->kind = branch->kind;
        out->target = from + (pst_signed_bits(word >> branch->shift, branch->bits) << 2);
    } else if (is_adr(word)) {
        out->kind = ADR;
        out->target = from + adr_distance(word);
    } else if (is_adrp(word)) {
        find_adrp_target(old, from, out);
    } else if (low12_of(word, &low) && state->of[low.from_register].known) {
        out->kind = LOW12;
        out->unit = (uint8_t)low.from_register;
        out->target = state->of[low.from_register].base + low.offset;
    } else {
        return false;
    }
    return true;
}

static uint32_t put(const struct pst_isa_state *state, const struct pst_site *site, uint32_t at,
                    uint32_t target)
{
    (void)state;
    uint32_t word = site->word;
    struct low12 low = {0};
    switch ((enum kind)site->kind) {
    case BRANCH26:
    case BRANCH19:
    case BRANCH14: {
        const struct displacement *branch = displacement_of(word);
        uint32_t mask = ((UINT32_C(1) << branch->bits) - 1) << branch->shift;
        return (word & ~mask) | (((target - at) >> 2) << branch->shift & mask);
    }
    case ADR:
        return with_adr_distance(word, target - at);
    case ADRP_PAIRED:
    case ADRP_ALONE:
        return with_adr_distance(word, (page(target) - page(at)) >> 12);
    case LOW12:
        (void)low12_of(word, &low);
        return (word & ~(UINT32_C(0xfff) << 10)) | ((target & 0xfff) >> low.scale) << 10;
    }
    return word;
}

static bool get(const struct pst_isa_state *state, const struct pst_site *site, uint32_t at,
                uint32_t word, uint32_t *target)
{
    struct low12 low;
    switch ((enum kind)site->kind) {
    case BRANCH26:
    case BRANCH19:
    case BRANCH14: {
        const struct displacement *branch = displacement_of(site->word);
        uint32_t mask = ((UINT32_C(1) << branch->bits) - 1) << branch->shift;
        *target = at + (pst_signed_bits(word >> branch->shift, branch->bits) << 2);
        return ((word ^ site->word) & ~mask) == 0;
    }
    case ADR:
        *target = at + adr_distance(word);
        return ((word ^ site->word) & 0x9f00001f) == 0;
    case ADRP_PAIRED: /* its other half tells, and is learned from */
        return false;
    case ADRP_ALONE:
        *target = page(at) + (adr_distance(word) << 12);
        return ((word ^ site->word) & 0x9f00001f) == 0;
    case LOW12:
        if (!low12_of(word, &low) || low.from_register != site->unit)
            return false;
        *target = state->of[site->unit].image + low.offset;
        return true;
    }
    return false;
}

static void passed(struct pst_isa_state *state, const struct pst_site *site, uint32_t from,
                   uint32_t at, uint32_t now)
{
    if (site->kind == ADRP_PAIRED || site->kind == ADRP_ALONE)
        state->of[site->unit] =
            (struct pst_isa_register){true, page(from) + (adr_distance(site->word) << 12),
                                      page(at) + (adr_distance(now) << 12)};
    /* ADD that writes the register it reads: the page is gone. */
    if (site->kind == LOW12 && (site->word & 0xffc00000) == 0x91000000 &&
        (site->word & 31) == site->unit)
        state->of[site->unit].known = false;
}

static uint32_t projected(uint32_t word)
{
    const struct displacement *branch = displacement_of(word);
    if (branch != NULL)
        return word & ~(((UINT32_C(1) << branch->bits) - 1) << branch->shift);
    return is_adr(word) || is_adrp(word) ? word & 0x9f00001f : word;
}

static void project(const uint8_t *in, uint8_t *out, size_t len)
{
    for (size_t i = 0; i + 4 <= len; i += 4) {
        uint32_t word = projected(pst_word_at(in + i));
        for (size_t k = 0; k < 4; k++)
            out[i + k] = (uint8_t)(word >> (8 * k));
    }
    if (len % 4 != 0)
        memcpy(out + (len - len % 4), in + (len - len % 4), len % 4);
}

const struct pst_isa pst_isa_arm64 = {"arm64", 4, find, put, get, passed, project};
