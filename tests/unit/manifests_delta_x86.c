/* SPDX-License-Identifier: Apache-2.0 */
/* x86-64 code in deltas: how long instructions are, where they lead, how they are written again. */
#include <stdlib.h>

#include "manifests/delta/isa.h"
#include "tests/support/check.h"

enum { PLACE = 0x1000, TARGET = 0x2000, BASE_BYTES = 1 << 20, CODE_MOST = 16, NOP = 0x90 };

/* Code with what find() may see before and behind it. */
struct listing {
    uint8_t around[PST_ISA_BEFORE + CODE_MOST + PST_ISA_BEHIND];
    struct pst_isa_state state;
};

static struct listing listing_of(const uint8_t *code, size_t len, uint32_t base_address)
{
    struct listing listing = {.state = {.base_address = base_address,
                                        .base_bytes = BASE_BYTES,
                                        .instruction = base_address + PLACE,
                                        .likely = 1}};
    memset(listing.around, NOP, sizeof listing.around);
    memcpy(listing.around + PST_ISA_BEFORE, code, len);
    return listing;
}

static bool find(struct listing *listing, uint32_t into, struct pst_site *site)
{
    *site = (struct pst_site){0};
    return pst_isa_x86.find(&listing->state, listing->around + PST_ISA_BEFORE + into,
                            listing->state.base_address + PLACE + into, 4, site);
}

/* Instructions as GNU as writes them, at PLACE; all refer to TARGET. */
static const struct example {
    const char *text;
    uint8_t len, skip, bytes;
    uint32_t base_address;
    uint8_t code[CODE_MOST];
} examples[] = {
    {"call TARGET", 5, 1, 4, 0, {0xe8, 0xfb, 0x0f}},
    {"jmp TARGET", 5, 1, 4, 0, {0xe9, 0xfb, 0x0f}},
    {"je TARGET", 6, 2, 4, 0, {0x0f, 0x84, 0xfa, 0x0f}},
    {"lea TARGET(%rip), %rax", 7, 3, 4, 0, {0x48, 0x8d, 0x05, 0xf9, 0x0f}},
    {"mov TARGET(%rip), %ecx", 6, 2, 4, 0, {0x8b, 0x0d, 0xfa, 0x0f}},
    {"movl $7, TARGET(%rip)", 10, 2, 4, 0, {0xc7, 0x05, 0xf6, 0x0f, 0, 0, 7}},
    {"movq $7, TARGET(%rip)", 11, 3, 4, 0, {0x48, 0xc7, 0x05, 0xf5, 0x0f, 0, 0, 7}},
    {"movw $7, TARGET(%rip)", 9, 3, 4, 0, {0x66, 0xc7, 0x05, 0xf7, 0x0f, 0, 0, 7}},
    {"cmpb $7, TARGET(%rip)", 7, 2, 4, 0, {0x80, 0x3d, 0xf9, 0x0f, 0, 0, 7}},
    {"testb $7, TARGET(%rip)", 7, 2, 4, 0, {0xf6, 0x05, 0xf9, 0x0f, 0, 0, 7}},
    {"negl TARGET(%rip)", 6, 2, 4, 0, {0xf7, 0x1d, 0xfa, 0x0f}},
    {"call *TARGET(%rip)", 6, 2, 4, 0, {0xff, 0x15, 0xfa, 0x0f}},
    {"movzbl TARGET(%rip), %eax", 7, 3, 4, 0, {0x0f, 0xb6, 0x05, 0xf9, 0x0f}},
    {"pshufb TARGET(%rip), %xmm0", 9, 5, 4, 0, {0x66, 0x0f, 0x38, 0x00, 0x05, 0xf7, 0x0f}},
    {"palignr $7, TARGET(%rip), %xmm0",
     10,
     5,
     4,
     0,
     {0x66, 0x0f, 0x3a, 0x0f, 0x05, 0xf6, 0x0f, 0, 0, 7}},
    {"vmovaps TARGET(%rip), %xmm0", 8, 4, 4, 0, {0xc5, 0xf8, 0x28, 0x05, 0xf8, 0x0f}},
    {"vpshufd $7, TARGET(%rip), %ymm0", 9, 4, 4, 0, {0xc5, 0xfd, 0x70, 0x05, 0xf7, 0x0f, 0, 0, 7}},
    {"vpbroadcastd TARGET(%rip), %ymm0", 9, 5, 4, 0, {0xc4, 0xe2, 0x7d, 0x58, 0x05, 0xf7, 0x0f}},
    {"vpalignr $7, TARGET(%rip), %ymm0, %ymm0",
     10,
     5,
     4,
     0,
     {0xc4, 0xe3, 0x7d, 0x0f, 0x05, 0xf6, 0x0f, 0, 0, 7}},
    {"vmovaps TARGET(%rip), %zmm0", 10, 6, 4, 0, {0x62, 0xf1, 0x7c, 0x48, 0x28, 0x05, 0xf6, 0x0f}},
    {"mov $TARGET, %edi", 5, 1, 4, 0x400000, {0xbf, 0x00, 0x20, 0x40}},
    {"jmp *TARGET(,%rax,8)", 7, 3, 4, 0x400000, {0xff, 0x24, 0xc5, 0x00, 0x20, 0x40}},
};

static void references_are_found_where_they_stand(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(examples); i++) {
        const struct example *example = &examples[i];
        struct listing listing = listing_of(example->code, example->len, example->base_address);
        struct pst_site site;
        print_message("%s\n", example->text);
        assert_true(find(&listing, 0, &site));
        assert_int_equal(site.skip, example->skip);
        assert_int_equal(site.bytes, example->bytes);
        assert_int_equal(site.target, example->base_address + TARGET);
        assert_int_equal(site.word, pst_word_at(example->code + example->skip));
    }
}

static void a_reference_that_is_put_elsewhere_leads_where_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(examples); i++) {
        const struct example *example = &examples[i];
        struct listing listing = listing_of(example->code, example->len, example->base_address);
        struct pst_site site;
        uint32_t at = example->base_address + 0x54321, to = example->base_address + 0x1234, target;
        assert_true(find(&listing, 0, &site));
        uint32_t word = pst_isa_x86.put(&listing.state, &site, at, to);
        assert_true(pst_isa_x86.get(&listing.state, &site, at, word, &target));
        assert_int_equal(target, to);
        uint32_t same = pst_isa_x86.put(&listing.state, &site,
                                        example->base_address + PLACE + example->skip, site.target);
        assert_int_equal(same, site.word);
    }
}

static void short_jumps_lead_back_and_forth(void **state)
{
    (void)state;
    struct listing listing = listing_of((const uint8_t[]){0x74, 0xfe}, 2, 0);
    struct pst_site site;
    uint32_t target;
    assert_true(find(&listing, 0, &site));
    assert_int_equal(site.bytes, 1);
    assert_int_equal(site.target, PLACE);
    assert_int_equal(pst_isa_x86.put(&listing.state, &site, 0x501, 0x510), 0x0e);
    assert_true(pst_isa_x86.get(&listing.state, &site, 0x501, 0xf0, &target));
    assert_int_equal(target, 0x501 + 1 - 0x10);
}

static void an_instruction_without_a_reference_is_passed_whole(void **state)
{
    (void)state;
    /* mov $0x1122334455667788, %rax; what looks like a call in it is none */
    struct listing listing =
        listing_of((const uint8_t[]){0x48, 0xb8, 0xe8, 0, 0, 0, 0, 0x33, 0x22, 0x11}, 10, 0);
    struct pst_site site;
    assert_false(find(&listing, 0, &site));
    assert_int_equal(site.skip, 10);
    assert_false(find(&listing, 4, &site));
    assert_int_equal(site.skip, 6);
}

static void what_leads_out_of_the_base_is_no_reference(void **state)
{
    (void)state;
    struct listing listing = listing_of((const uint8_t[]){0xe8, 0, 0, 0, 0x40}, 5, 0);
    struct pst_site site;
    assert_false(find(&listing, 0, &site));
    assert_int_equal(site.skip, 5);
}

static void data_is_not_taken_for_code(void **state)
{
    (void)state;
    uint8_t zeros[PST_ISA_BEFORE + CODE_MOST + PST_ISA_BEHIND] = {0};
    struct pst_isa_state isa = {.base_bytes = BASE_BYTES, .likely = 48};
    struct pst_site site = {0};
    for (uint32_t i = 0; i < 8; i++)
        assert_false(pst_isa_x86.find(&isa, zeros + PST_ISA_BEFORE, PLACE + 4 * i, 4, &site));
    site = (struct pst_site){0};
    assert_false(pst_isa_x86.find(&isa, zeros + PST_ISA_BEFORE, PLACE + 512, 4, &site));
    assert_int_equal(site.skip, 0);
}

enum { NOISE = 1 << 16, ROUNDS = 200000 };

static uint32_t next_noise(uint32_t *seed)
{
    *seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return *seed >> 8;
}

static void any_bytes_at_any_place_stay_in_bounds(void **state)
{
    (void)state;
    uint32_t seed = 1;
    struct pst_isa_state isa = {.base_address = 0x400000, .base_bytes = BASE_BYTES};
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t *bytes = malloc(PST_ISA_BEFORE + PST_ISA_BEHIND); /* so that ASan sees its ends */
        struct pst_site site = {0};
        assert_non_null(bytes);
        for (int k = 0; k < PST_ISA_BEFORE + PST_ISA_BEHIND; k++)
            bytes[k] = i % 3 == 0 ? 0x66 : (uint8_t)next_noise(&seed);
        isa.likely = 48;
        uint32_t from =
            i % 2 == 0 ? isa.instruction + next_noise(&seed) % 64 : next_noise(&seed) << 8;
        bool found = pst_isa_x86.find(&isa, bytes + PST_ISA_BEFORE, from, 4, &site);
        assert_true(site.skip + site.bytes <= 15);
        assert_true(!found || site.bytes == 1 || site.bytes == 4);
        free(bytes);
    }
}

static void projection_zeroes_references_and_nothing_else(void **state)
{
    (void)state;
    uint8_t code[128], once[sizeof code], twice[sizeof code];
    memset(code, NOP, sizeof code);
    memcpy(code, (const uint8_t[]){0xe8, 0x10, 0, 0, 0, 0x48, 0x8d, 0x05, 1, 2, 0, 0, 0xeb, 3}, 14);
    pst_isa_x86.project(code, once, sizeof code);
    assert_memory_equal(
        once, ((const uint8_t[]){0xe8, 0, 0, 0, 0, 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xeb, 3}), 14);
    assert_memory_equal(once + 14, code + 14, sizeof code - 14);
    pst_isa_x86.project(once, twice, sizeof once);
    assert_memory_equal(once, twice, sizeof once);
}

static void projecting_noise_twice_is_projecting_it_once(void **state)
{
    (void)state;
    uint32_t seed = 2;
    uint8_t *noise = malloc(NOISE), *once = malloc(NOISE), *twice = malloc(NOISE);
    assert_true(noise != NULL && once != NULL && twice != NULL);
    for (size_t i = 0; i < NOISE; i++)
        noise[i] = (uint8_t)next_noise(&seed);
    for (size_t len = NOISE; len > 0; len /= 2) {
        pst_isa_x86.project(noise, once, len);
        pst_isa_x86.project(once, twice, len);
        assert_memory_equal(once, twice, len);
    }
    free(noise);
    free(once);
    free(twice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_found_where_they_stand),
        cmocka_unit_test(a_reference_that_is_put_elsewhere_leads_where_it_should),
        cmocka_unit_test(short_jumps_lead_back_and_forth),
        cmocka_unit_test(an_instruction_without_a_reference_is_passed_whole),
        cmocka_unit_test(what_leads_out_of_the_base_is_no_reference),
        cmocka_unit_test(data_is_not_taken_for_code),
        cmocka_unit_test(any_bytes_at_any_place_stay_in_bounds),
        cmocka_unit_test(projection_zeroes_references_and_nothing_else),
        cmocka_unit_test(projecting_noise_twice_is_projecting_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
