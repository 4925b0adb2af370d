/* SPDX-License-Identifier: Apache-2.0 */
/* What every instruction set promises the walk, whatever bytes it is shown. */
#include <stdlib.h>

#include "manifests/delta/isa.h"
#include "tests/support/check.h"
#include "tests/support/code_pair.h"

enum { CODE = 4096, TOGETHER_MOST = 16 /* bytes that the walk codes at once */ };

/* Code with the margins that the walk has, and nothing beyond: sanitizers see one byte more. */
static uint8_t *with_margins(const struct pst_buf *code)
{
    uint8_t *all = calloc(1, PST_ISA_BEFORE + code->len + PST_ISA_BEHIND);
    assert_non_null(all);
    memcpy(all + PST_ISA_BEFORE, code->at, code->len);
    return all;
}

/* One step of the walk; answers how far it went. */
static uint32_t step(const struct pst_isa *isa, struct pst_isa_state *state, const uint8_t *old,
                     uint32_t from, uint32_t at, uint32_t left, uint64_t *seed)
{
    struct pst_site site = {0};
    uint32_t len = 4 - (at & 3), target;
    len = len < left ? len : left;
    bool found = isa->find(state, old, from, len, &site);
    assert_true(site.skip <= TOGETHER_MOST);
    if (!found)
        return site.skip > 0 ? site.skip : len;
    assert_true(site.kind > 0 && site.kind < PST_ISA_CLASSES);
    assert_true(site.space < PST_SPACE_COUNT);
    assert_true(site.bytes == 1 || site.bytes == 2 || site.bytes == 4);
    if (site.skip > 0 || site.bytes > left)
        return site.skip > 0 ? site.skip : len;
    uint32_t drawn = (uint32_t)pst_seeded_random(seed);
    uint32_t word = isa->put(state, &site, at, drawn & 3 ? site.target + drawn % 64 : drawn);
    if (drawn & 4)
        word = (uint32_t)(pst_seeded_random(seed) >> 32);
    (void)isa->get(state, &site, at, word, &target);
    isa->passed(state, &site, from, at, word);
    return site.bytes;
}

static void go_over(const struct pst_isa *isa, const struct pst_buf *code, uint64_t seed)
{
    struct pst_isa_state *state = calloc(1, sizeof *state);
    uint8_t *all = with_margins(code);
    uint32_t image = (uint32_t)pst_seeded_random(&seed) & 0x7ffffffc, left = (uint32_t)code->len;
    assert_non_null(state);
    state->base_bytes = left;
    state->base_address = seed % 3 == 0 ? 0x8000 : seed % 3 == 1 ? (uint32_t)seed : 0;
    state->image_address = state->base_address + (uint32_t)(seed % 5) * 4;
    for (uint32_t from = 0; left > 0;) {
        uint32_t went =
            step(isa, state, all + PST_ISA_BEFORE + from, from, image + from, left, &seed);
        assert_true(went > 0); /* or the walk would stand still */
        went = went < left ? went : left;
        from += went;
        left -= went;
    }
    free(all);
    free(state);
}

static void no_bytes_lead_out_of_bounds_or_nowhere(void **state)
{
    (void)state;
    for (enum pst_isa_name isa = PST_ISA_NONE + 1; isa < PST_ISA_COUNT; isa++)
        for (uint64_t seed = 1; seed < 60; seed++) {
            /* Code of this kind, of another, or none. */
            PST_CLEANUP(pst_pair)
            struct pst_pair pair = pst_code_pair(seed, CODE, (enum pst_isa_name)(seed % 4));
            uint64_t noise = seed;
            for (size_t i = 0; seed % 7 == 0 && i < pair.base.len; i++)
                pair.base.at[i] = (uint8_t)pst_seeded_random(&noise);
            go_over(pst_isa_of(isa), &pair.base, seed);
        }
}

/* What the word says is what is found in it again: else nothing would ever be learned. */
static void a_reference_that_is_put_is_got(void **state)
{
    size_t gots = 0;
    (void)state;
    for (enum pst_isa_name name = PST_ISA_NONE + 1; name < PST_ISA_COUNT; name++) {
        const struct pst_isa *isa = pst_isa_of(name);
        PST_CLEANUP(pst_pair) struct pst_pair pair = pst_code_pair(name, CODE, name);
        struct pst_isa_state *isa_state = calloc(1, sizeof *isa_state);
        uint8_t *all = with_margins(&pair.base);
        size_t here = 0;
        assert_non_null(isa_state);
        isa_state->base_bytes = (uint32_t)pair.base.len;
        for (uint32_t from = 0; from + 4 <= pair.base.len;) {
            struct pst_site site = {0};
            const uint8_t *old = all + PST_ISA_BEFORE + from;
            uint32_t target = 0;
            bool found = isa->find(isa_state, old, from, 4, &site);
            if (found && site.skip == 0) {
                /* Where nothing moved, the word is what it was. */
                uint32_t mask = site.bytes == 4 ? UINT32_MAX : (1U << 8 * site.bytes) - 1;
                uint32_t word = isa->put(isa_state, &site, from, site.target) & mask;
                if (isa->get(isa_state, &site, from, site.word & mask, &target) &&
                    target == site.target) {
                    assert_int_equal(word, site.word & mask);
                    here++;
                }
                isa->passed(isa_state, &site, from, from, site.word);
            }
            from += site.skip > 0 ? site.skip : found ? site.bytes : 4;
        }
        assert_true(here > 20);
        gots += here;
        free(all);
        free(isa_state);
    }
    print_message("%zu references\n", gots);
}

/* Matching compares what projecting leaves: it writes as much as it reads. */
static void projecting_keeps_to_its_length(void **state)
{
    (void)state;
    for (enum pst_isa_name name = PST_ISA_NONE + 1; name < PST_ISA_COUNT; name++)
        for (size_t len = 0; len < 70; len++) {
            uint8_t *in = malloc(len + 1), *out = malloc(len + 1);
            uint64_t seed = len + 1;
            assert_non_null(in);
            assert_non_null(out);
            for (size_t i = 0; i < len; i++)
                in[i] = (uint8_t)pst_seeded_random(&seed);
            out[len] = 0xa5;
            pst_isa_of(name)->project(in, out, len);
            assert_int_equal(out[len], 0xa5);
            free(in);
            free(out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bytes_lead_out_of_bounds_or_nowhere),
        cmocka_unit_test(a_reference_that_is_put_is_got),
        cmocka_unit_test(projecting_keeps_to_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
