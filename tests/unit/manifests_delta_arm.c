/* SPDX-License-Identifier: Apache-2.0 */
/* T32 code in deltas: where instructions and pool words lead, and how they are written again. */
#include <stdlib.h>

#include "manifests/delta/isa.h"
#include "tests/support/check.h"
#include "tests/support/source_run.h"

enum {
    PLACE = 0x20000, /* of the first byte of a listing, in the base */
    CODE_MOST = 256,
    FIELD = 1 << 30, /* offsets of fields are numbered from here */
    NOP = 0xbf00     /* the halfwords around a listing */
};

/* Code with what find() may see before and behind it. */
struct listing {
    uint8_t around[PST_ISA_BEFORE + CODE_MOST + PST_ISA_BEHIND];
    struct pst_isa_state state;
};

static uint8_t *code_of(struct listing *listing)
{
    return listing->around + PST_ISA_BEFORE;
}

static void write_halfword(uint8_t *at, uint32_t halfword)
{
    at[0] = (uint8_t)halfword;
    at[1] = (uint8_t)(halfword >> 8);
}

static struct listing listing_of(const uint16_t *halfwords, size_t count)
{
    struct listing listing = {.state = {.base_bytes = 1 << 20}};
    for (size_t i = 0; i + 2 <= sizeof listing.around; i += 2)
        write_halfword(listing.around + i, NOP);
    for (size_t i = 0; i < count; i++)
        write_halfword(code_of(&listing) + 2 * i, halfwords[i]);
    return listing;
}

static bool find_at(struct listing *listing, uint32_t offset, unsigned len, struct pst_site *site)
{
    *site = (struct pst_site){0};
    return pst_isa_arm.find(&listing->state, code_of(listing) + offset, PLACE + offset, len, site);
}

/* The site that begins at `offset`; there must be one. */
static struct pst_site site_at(struct listing *listing, uint32_t offset)
{
    struct pst_site site;
    assert_true(find_at(listing, offset, offset % 4 == 0 ? 4 : 2, &site));
    assert_int_equal(site.skip, 0);
    return site;
}

/* The walk went over the site at `offset`, which became `now` at `at`. */
static void pass(struct listing *listing, uint32_t offset, uint32_t at, uint32_t now)
{
    struct pst_site site = site_at(listing, offset);
    pst_isa_arm.passed(&listing->state, &site, PLACE + offset, at, now);
}

/* ---- instructions, each by itself; words as assemblers make them */

static const struct {
    const char *text;
    uint16_t first, second; /* second is 0: of 16 bits */
    uint32_t at;            /* behind PLACE */
    uint32_t target;        /* its place, or its value */
} instructions[] = {
    {"bl +0x12340", 0xf012, 0xf9a0, 0, PLACE + 4 + 0x12340},
    {"bl -0x2468", 0xf7fd, 0xfdcc, 2, PLACE + 6 - 0x2468},
    {"blx +0x1000", 0xf001, 0xe800, 2, PLACE + 4 + 0x1000},
    {"b.w +0x800", 0xf000, 0xbc00, 0, PLACE + 4 + 0x800},
    {"beq.w -0x400", 0xf43f, 0xae00, 0, PLACE + 4 - 0x400},
    {"bne +0x40", 0xd120, 0, 0, PLACE + 4 + 0x40},
    {"b -0x60", 0xe7d0, 0, 2, PLACE + 6 - 0x60},
    {"cbz r3, +0x60", 0xb383, 0, 0, PLACE + 4 + 0x60},
    {"cbnz r1, +0x4a", 0xbb29, 0, 2, PLACE + 6 + 0x4a},
    {"ldr r3, [pc, #12]", 0x4b03, 0, 2, PLACE + 4 + 12},
    {"ldr.w r3, [pc, #12]", 0xf8df, 0x300c, 0, PLACE + 4 + 12},
    {"ldr.w r8, [pc, #-12]", 0xf85f, 0x800c, 2, PLACE + 4 - 12},
    {"ldrb.w r2, [pc, #20]", 0xf89f, 0x2014, 0, PLACE + 4 + 20},
    {"ldrh.w r2, [pc, #-20]", 0xf83f, 0x2014, 0, PLACE + 4 - 20},
    {"ldrd r2, r3, [pc, #32]", 0xe9df, 0x2308, 0, PLACE + 4 + 32},
    {"vldr d0, [pc, #-32]", 0xed1f, 0x0b08, 0, PLACE + 4 - 32},
    {"adr r2, +128", 0xa220, 0, 0, PLACE + 4 + 128},
    {"adr.w r2, +144", 0xf20f, 0x0290, 0, PLACE + 4 + 144},
    {"adr.w r2, -16", 0xf2af, 0x0210, 0, PLACE + 4 - 16},
    {"movw r3, #0x1234", 0xf241, 0x2334, 0, 0x1234},
    {"mov.w r3, #300", 0xf44f, 0x7396, 0, 300},
    {"mov.w r3, #0xff00ff", 0xf04f, 0x13ff, 0, 0xff00ff},
    {"ldr.w r4, [r5, #484]", 0xf8d5, 0x41e4, 0, FIELD + 484},
    {"str.w r4, [r5, #2748]", 0xf8c5, 0x4abc, 0, FIELD + 2748},
    {"strd r2, r3, [r5, #32]", 0xe9c5, 0x2308, 0, FIELD + 32},
};

static struct listing listing_of_instruction(size_t i)
{
    uint16_t halfwords[3] = {NOP, NOP, NOP};
    halfwords[instructions[i].at / 2] = instructions[i].first;
    if (instructions[i].second != 0)
        halfwords[instructions[i].at / 2 + 1] = instructions[i].second;
    return listing_of(halfwords, 3);
}

static void each_instruction_leads_where_the_manual_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(instructions); i++) {
        print_message("%s\n", instructions[i].text);
        struct listing listing = listing_of_instruction(i);
        struct pst_site site = site_at(&listing, instructions[i].at);
        assert_int_equal(site.bytes, instructions[i].second != 0 ? 4 : 2);
        assert_int_equal(site.target, instructions[i].target);
        assert_int_equal(site.word, instructions[i].first | (uint32_t)instructions[i].second << 16);
        assert_int_equal(
            pst_isa_arm.put(&listing.state, &site, PLACE + instructions[i].at, site.target),
            site.word);
    }
}

static void an_instruction_put_elsewhere_leads_to_the_same_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(instructions); i++) {
        print_message("%s\n", instructions[i].text);
        struct listing listing = listing_of_instruction(i);
        struct pst_site site = site_at(&listing, instructions[i].at);
        uint32_t at = PLACE + instructions[i].at - 4, target;
        uint32_t word = pst_isa_arm.put(&listing.state, &site, at, site.target);
        assert_int_equal(word != site.word, site.space == PST_SPACE_PLACE);
        assert_true(pst_isa_arm.get(&listing.state, &site, at, word, &target));
        assert_int_equal(target, site.target);
    }
}

static void a_constant_takes_the_encoding_that_assemblers_choose(void **state)
{
    (void)state;
    static const struct {
        uint32_t value, word;
    } moves[] = {{300, 0x7396f44f}, {301, 0x132df240}, {0xff00ff, 0x13fff04f}};
    const uint16_t movw[] = {0xf241, 0x2334};
    struct listing listing = listing_of(movw, 2);
    struct pst_site site = site_at(&listing, 0);
    for (size_t i = 0; i < PST_COUNT(moves); i++) {
        uint32_t word = pst_isa_arm.put(&listing.state, &site, PLACE, moves[i].value), value;
        assert_int_equal(word, moves[i].word);
        assert_true(pst_isa_arm.get(&listing.state, &site, PLACE, word, &value));
        assert_int_equal(value, moves[i].value);
    }
}

static void what_has_no_condition_is_no_branch(void **state)
{
    (void)state;
    const uint16_t others[] = {0xdf01 /* svc 1 */, 0xde01 /* udf 1 */, 0xf3bf, 0x8f5f /* dmb */};
    struct listing listing = listing_of(others, 4);
    struct pst_site site;
    for (uint32_t at = 0; at < 8; at += 2)
        assert_false(find_at(&listing, at, 2, &site));
}

static void no_instruction_begins_within_another(void **state)
{
    (void)state;
    const uint16_t within[] = {0xf8d5, 0xe1e4 /* ldr.w lr, [r5, #484]; else: b */, 0xe7d0};
    struct listing listing = listing_of(within, 3);
    struct pst_site site;
    assert_int_equal(site_at(&listing, 0).bytes, 4);
    assert_false(find_at(&listing, 2, 2, &site));
    assert_int_equal(site_at(&listing, 4).bytes, 2);
}

/* ---- literal pools */

static const uint16_t loads[] = {
    0x4b02,                                 /*  0: ldr r3, [pc, #8]: 12 */
    0x4a03,                                 /*  2: ldr r2, [pc, #12]: 16 */
    0x447b,                                 /*  4: add r3, pc */
    0xbf00, 0x4770, 0xbf00, 0x0100, 0x0000, /* 12: counted from 8 */
    0x2468, 0x0007,                         /* 16: as it is */
};

static struct listing walked_loads(uint32_t moved_by)
{
    struct listing listing = listing_of(loads, PST_COUNT(loads));
    listing.state.base_address = listing.state.image_address = 0;
    for (uint32_t at = 0; at < 6; at += 2)
        pass(&listing, at, PLACE + at + moved_by, loads[at / 2]);
    return listing;
}

static void a_pool_word_is_counted_from_the_add_that_uses_it(void **state)
{
    (void)state;
    struct listing listing = walked_loads(0x40);
    struct pst_site site = site_at(&listing, 12);
    uint32_t target;
    assert_int_equal(site.target, PLACE + 8 + 0x100);
    /* The ADD moved by 0x40, its target did not. */
    uint32_t word = pst_isa_arm.put(&listing.state, &site, PLACE + 12 + 0x48, site.target);
    assert_int_equal(word, 0x100 - 0x40);
    assert_true(pst_isa_arm.get(&listing.state, &site, PLACE + 12 + 0x48, word, &target));
    assert_int_equal(target, site.target);
}

static void a_pool_word_that_nothing_is_added_to_is_a_pointer_or_a_value(void **state)
{
    (void)state;
    struct listing listing = walked_loads(0);
    struct pst_site site = site_at(&listing, 16);
    assert_int_equal(site.target, 0x72468);
    assert_int_equal(site.space, PST_SPACE_PLACE);
    listing.state.base_address = 0x8000000;
    site = site_at(&listing, 16);
    assert_int_equal(site.target, 0x72468);
    assert_int_equal(site.space, PST_SPACE_VALUE);
}

static void a_pointer_into_the_image_is_no_code(void **state)
{
    (void)state;
    const uint16_t pointer[] = {0xd123, 0x0802};
    struct listing listing = listing_of(pointer, 2);
    listing.state.base_address = 0x8000000;
    struct pst_site site = site_at(&listing, 0);
    assert_int_equal(site.bytes, 4);
    assert_int_equal(site.target, 0x802d123);
    listing.state.base_address = 0x20000000;
    site = site_at(&listing, 0);
    assert_int_equal(site.bytes, 2);
}

/* ---- addresses in two moves, and stubs */

static void check_moves(const uint16_t *halfwords, size_t count, uint32_t target, uint32_t moved_to)
{
    struct listing listing = listing_of(halfwords, count);
    listing.state.base_address = 0x8000000;
    uint32_t at = PLACE + 0x400, found;
    struct pst_site lower = site_at(&listing, 0);
    assert_int_equal(lower.target, target);
    uint32_t word = pst_isa_arm.put(&listing.state, &lower, at, moved_to);
    assert_false(pst_isa_arm.get(&listing.state, &lower, at, word, &found));
    pst_isa_arm.passed(&listing.state, &lower, PLACE, at, word);

    struct pst_site upper = site_at(&listing, 4);
    assert_int_equal(upper.target, target);
    word = pst_isa_arm.put(&listing.state, &upper, at + 4, moved_to);
    assert_true(pst_isa_arm.get(&listing.state, &upper, at + 4, word, &found));
    assert_int_equal(found, moved_to);
}

static void two_moves_make_an_address(void **state)
{
    (void)state;
    const uint16_t absolute[] = {0xf241, 0x2334, 0xf6c0, 0x0305}; /* 0x08051234 */
    check_moves(absolute, 4, 0x8051234, 0x806fedc);
    const uint16_t relative[] = {0xf241, 0x2334, 0xf2c0, 0x0301, 0x447b}; /* and add r3, pc */
    check_moves(relative, 5, PLACE + 12 + 0x11234, PLACE + 0x7fedc);
}

static void two_moves_to_different_registers_make_none(void **state)
{
    (void)state;
    const uint16_t apart[] = {0xf241, 0x2334, 0xf6c0, 0x0205};
    struct listing listing = listing_of(apart, 4);
    listing.state.base_address = 0x8000000;
    struct pst_site site = site_at(&listing, 0);
    assert_int_equal(site.target, 0x1234);
    assert_false(find_at(&listing, 4, 4, &site));
}

static void a_stub_leads_to_its_slot(void **state)
{
    (void)state;
    const uint16_t stub[] = {0xc600, 0xe28f, 0xca12, 0xe28c, 0xf345, 0xe5bc};
    struct listing listing = listing_of(stub, 6);
    uint32_t target = PLACE + 8 + 0x12345, at = PLACE + 0x200, slot = target + 0x300abc, found = 0;
    for (uint32_t i = 0; i < 3; i++) {
        struct pst_site site = site_at(&listing, 4 * i);
        assert_int_equal(site.target, target);
        uint32_t word = pst_isa_arm.put(&listing.state, &site, at + 4 * i, slot);
        assert_int_equal(pst_isa_arm.get(&listing.state, &site, at + 4 * i, word, &found), i == 2);
        pst_isa_arm.passed(&listing.state, &site, PLACE + 4 * i, at + 4 * i, word);
    }
    assert_int_equal(found, slot);
}

/* ---- projection */

static void code_that_moved_is_projected_alike(void **state)
{
    (void)state;
    uint16_t here[PST_COUNT(loads) + 2], there[PST_COUNT(here)];
    memcpy(here, loads, sizeof loads);
    here[PST_COUNT(loads)] = 0xf012;
    here[PST_COUNT(loads) + 1] = 0xf9a0; /* bl */
    memcpy(there, here, sizeof here);
    there[6] = 0x00c0;                    /* what the ADD refers to is nearer */
    there[PST_COUNT(loads) + 1] = 0xf9b0; /* and so is what is called */
    uint8_t out[2][sizeof here];
    struct listing one = listing_of(here, PST_COUNT(here)),
                   two = listing_of(there, PST_COUNT(there));
    pst_isa_arm.project(code_of(&one), out[0], sizeof here);
    pst_isa_arm.project(code_of(&two), out[1], sizeof there);
    assert_memory_equal(out[0], out[1], sizeof here);
    assert_memory_not_equal(out[0], code_of(&one), sizeof here);
}

/* ---- any bytes */

enum { ROUNDS = 20000 };

static void check_any(struct listing *listing, uint32_t offset, uint64_t *seed)
{
    struct pst_site site;
    if (!find_at(listing, offset, 1 + (unsigned)(*seed % 4), &site))
        return;
    assert_true(site.kind > 0 && site.kind < PST_ISA_CLASSES);
    assert_true(site.bytes == 2 || site.bytes == 4);
    assert_true(site.skip < 4);
    uint32_t at = (uint32_t)pst_seeded_random(seed), target = (uint32_t)pst_seeded_random(seed);
    uint32_t word = pst_isa_arm.put(&listing->state, &site, at, target), again;
    if (pst_isa_arm.get(&listing->state, &site, at, word, &again) && site.skip == 0)
        (void)pst_isa_arm.put(&listing->state, &site, at, again);
    pst_isa_arm.passed(&listing->state, &site, PLACE + offset, at, word);
}

static void any_bytes_lead_somewhere_and_nothing_breaks(void **state)
{
    (void)state;
    uint64_t seed = 1;
    struct listing *listing = malloc(sizeof *listing);
    assert_non_null(listing);
    *listing = listing_of(NULL, 0);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i + 2 <= sizeof listing->around; i += 2)
            write_halfword(listing->around + i, (uint32_t)(pst_seeded_random(&seed) >> 32));
        for (uint32_t offset = 0; offset < 32; offset++)
            check_any(listing, offset, &seed);
    }
    free(listing);
}

static void projection_stays_within_its_bytes(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t len = pst_seeded_random(&seed) % 64;
        uint8_t *in = malloc(len + 1), *out = malloc(len + 1);
        assert_non_null(in);
        assert_non_null(out);
        for (size_t i = 0; i < len; i++)
            in[i] = (uint8_t)(pst_seeded_random(&seed) >> 32);
        out[len] = 0xa5;
        pst_isa_arm.project(in, out, len);
        assert_int_equal(out[len], 0xa5);
        free(in);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_instruction_leads_where_the_manual_says),
        cmocka_unit_test(an_instruction_put_elsewhere_leads_to_the_same_target),
        cmocka_unit_test(a_constant_takes_the_encoding_that_assemblers_choose),
        cmocka_unit_test(what_has_no_condition_is_no_branch),
        cmocka_unit_test(no_instruction_begins_within_another),
        cmocka_unit_test(a_pool_word_is_counted_from_the_add_that_uses_it),
        cmocka_unit_test(a_pool_word_that_nothing_is_added_to_is_a_pointer_or_a_value),
        cmocka_unit_test(a_pointer_into_the_image_is_no_code),
        cmocka_unit_test(two_moves_make_an_address),
        cmocka_unit_test(two_moves_to_different_registers_make_none),
        cmocka_unit_test(a_stub_leads_to_its_slot),
        cmocka_unit_test(code_that_moved_is_projected_alike),
        cmocka_unit_test(any_bytes_lead_somewhere_and_nothing_breaks),
        cmocka_unit_test(projection_stays_within_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
