/* SPDX-License-Identifier: Apache-2.0 */
/* The range coder and its models: what went in comes out, and damage shows at the end. */
#include <stdlib.h>

#include "manifests/delta/coder.h"
#include "tests/support/check.h"
#include "tests/support/source_run.h"

enum { OUT_MOST = 1 << 20 };

/* One of each kind of model, as new. */
struct models {
    struct pst_curves curves;
    pst_slot flag, mixed[PST_MIX_MOST];
    pst_small_slot small[PST_MIX_MOST];
    struct pst_weights weights, small_weights;
    struct pst_number number;
};

static void begin_models(struct models *models)
{
    pst_curves_fill(&models->curves);
    models->flag = PST_SLOT_NEW;
    pst_slots_reset(models->mixed, PST_MIX_MOST);
    for (size_t i = 0; i < PST_MIX_MOST; i++)
        models->small[i] = PST_SMALL_SLOT_NEW;
    pst_weights_reset(&models->weights, 1, 26214);
    pst_weights_reset(&models->small_weights, 1, 26214);
    pst_slots_reset(models->number.slot, PST_NUMBER_SLOTS);
}

/* Codes one thing of the kind: one more way to ask the coder. Answers what came out. */
typedef uint32_t code_fn(struct pst_coder *coder, struct models *models, uint32_t value);

static uint32_t code_bare(struct pst_coder *coder, struct models *models, uint32_t value)
{
    (void)models;
    /* Each probability that a caller may give, the outermost ones too. */
    uint32_t one = 1 + value / 2 % 65535;
    return (value & ~1U) | pst_code_bit(coder, one, (value & 1) != 0);
}

static uint32_t code_flag(struct pst_coder *coder, struct models *models, uint32_t value)
{
    return pst_code_flag(coder, &models->curves, &models->flag, value != 0);
}

static uint32_t code_number(struct pst_coder *coder, struct models *models, uint32_t value)
{
    return pst_code_number(coder, &models->curves, &models->number, value);
}

static uint32_t code_mixed(struct pst_coder *coder, struct models *models, uint32_t value)
{
    struct pst_mix mix = {
        .count = PST_MIX_MOST, .weights = &models->weights, .count_most = 1000, .rate = 6};
    for (size_t i = 0; i < PST_MIX_MOST; i++)
        mix.slot[i] = &models->mixed[i];
    return pst_code_mixed(coder, &models->curves, &mix, value != 0);
}

static uint32_t code_small(struct pst_coder *coder, struct models *models, uint32_t value)
{
    struct pst_mix mix = {.count = PST_MIX_MOST, .weights = &models->small_weights, .rate = 6};
    pst_small_slot *small[PST_MIX_MOST];
    for (size_t i = 0; i < PST_MIX_MOST; i++)
        small[i] = &models->small[i];
    return pst_code_mixed_small(coder, &models->curves, &mix, small, value != 0);
}

/* ---- what is coded */

typedef uint32_t draw_fn(uint64_t *seed, size_t nth);

static uint32_t any_bit(uint64_t *seed, size_t nth)
{
    (void)nth;
    return (uint32_t)(pst_seeded_random(seed) >> 63);
}

static uint32_t seldom(uint64_t *seed, size_t nth)
{
    (void)nth;
    return pst_seeded_random(seed) >> 56 == 0;
}

static uint32_t always(uint64_t *seed, size_t nth)
{
    (void)seed;
    (void)nth;
    return 1;
}

/* Long certain, then all at once otherwise: where a model has the furthest to go. */
static uint32_t turning(uint64_t *seed, size_t nth)
{
    (void)seed;
    return nth / 1000 % 2 == 0;
}

static uint32_t any_number(uint64_t *seed, size_t nth)
{
    static const uint32_t edges[] = {0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    uint32_t drawn = (uint32_t)(pst_seeded_random(seed) >> 32);
    return nth % 3 == 0 ? edges[drawn % PST_COUNT(edges)] : drawn >> nth % 32;
}

static uint32_t each_power(uint64_t *seed, size_t nth)
{
    (void)seed;
    return (uint32_t)((UINT64_C(1) << nth / 3 % 33) - 1 + nth % 3);
}

static const struct {
    const char *name;
    code_fn *code;
    draw_fn *draw;
} kinds[] = {
    {"bits by any probability", code_bare, any_number},
    {"flags of chance", code_flag, any_bit},
    {"flags that are seldom", code_flag, seldom},
    {"flags that are always", code_flag, always},
    {"flags that turn", code_flag, turning},
    {"numbers of any size", code_number, any_number},
    {"numbers around powers of two", code_number, each_power},
    {"mixed bits of chance", code_mixed, any_bit},
    {"mixed bits that are seldom", code_mixed, seldom},
    {"mixed bits that turn", code_mixed, turning},
    {"small mixed bits of chance", code_small, any_bit},
    {"small mixed bits that are always", code_small, always},
    {"small mixed bits that turn", code_small, turning},
};

/* Things of all kinds by turns, as a frame has them; one kind alone when `kind` is one. */
static size_t kind_of(size_t kind, size_t nth)
{
    return kind < PST_COUNT(kinds) ? kind : nth % PST_COUNT(kinds);
}

static uint32_t drawn(size_t kind, uint64_t *seed, size_t nth)
{
    return kinds[kind].draw(seed, nth);
}

/* Answers the decisions. */
static uint32_t encode(size_t kind, size_t count, struct pst_buf *out)
{
    struct models models;
    struct pst_coder coder;
    uint64_t seed = kind * 977 + count + 1;
    begin_models(&models);
    pst_coder_encode_to(&coder, out);
    for (size_t i = 0; i < count; i++) {
        uint32_t value = drawn(kind_of(kind, i), &seed, i);
        assert_int_equal(kinds[kind_of(kind, i)].code(&coder, &models, value), value);
    }
    pst_coder_encode_end(&coder);
    assert_false(coder.full);
    return coder.decisions;
}

struct decoded {
    size_t right; /* until the first that is not what went in */
    uint32_t decisions;
    bool well, dry;
};

static struct decoded decode(size_t kind, size_t count, struct pst_bytes in)
{
    struct models models;
    struct pst_coder coder;
    struct decoded decoded = {0};
    uint64_t seed = kind * 977 + count + 1;
    begin_models(&models);
    pst_coder_decode_from(&coder, in.at, in.len);
    for (size_t i = 0; i < count; i++) {
        uint32_t value = drawn(kind_of(kind, i), &seed, i);
        /* A decoder is told nothing: what is handed in is ignored. */
        uint32_t blank = kinds[kind_of(kind, i)].code == code_bare ? value & ~1U : 0;
        if (kinds[kind_of(kind, i)].code(&coder, &models, blank) == value && decoded.right == i)
            decoded.right++;
        assert_true(coder.in >= in.at && coder.in + coder.in_len == in.at + in.len);
    }
    decoded.decisions = coder.decisions;
    decoded.well = pst_coder_ended_well(&coder);
    decoded.dry = coder.dry;
    return decoded;
}

static void what_is_coded_comes_back_decision_by_decision(void **state)
{
    static const size_t counts[] = {0, 1, 2, 3, 100, 20000};
    (void)state;
    for (size_t kind = 0; kind <= PST_COUNT(kinds); kind++)
        for (size_t i = 0; i < PST_COUNT(counts); i++) {
            PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(OUT_MOST);
            uint32_t decisions = encode(kind, counts[i], &out);
            struct decoded back = decode(kind, counts[i], pst_buf_bytes(&out));
            if (back.right != counts[i] || !back.well || back.decisions != decisions)
                fail_msg("%s: %zu of %zu, %s, %u of %u decisions",
                         kind < PST_COUNT(kinds) ? kinds[kind].name : "all", back.right, counts[i],
                         back.well ? "well" : "not well", back.decisions, decisions);
        }
}

static void what_is_foreseen_costs_little_and_chance_what_it_must(void **state)
{
    static const struct {
        code_fn *code;
        draw_fn *draw;
        size_t least, most; /* bytes for 20000 */
    } cases[] = {
        {code_flag, any_bit, 2450, 2700}, {code_flag, seldom, 80, 220},
        {code_flag, always, 5, 60},       {code_mixed, any_bit, 2450, 2800},
        {code_mixed, always, 5, 60},      {code_small, always, 5, 60},
        {code_mixed, seldom, 80, 260},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(OUT_MOST);
        struct models models;
        struct pst_coder coder;
        uint64_t seed = 7 + i;
        begin_models(&models);
        pst_coder_encode_to(&coder, &out);
        for (size_t nth = 0; nth < 20000; nth++)
            (void)cases[i].code(&coder, &models, cases[i].draw(&seed, nth));
        pst_coder_encode_end(&coder);
        assert_in_range(out.len, cases[i].least, cases[i].most);
    }
}

/* Whatever bit it is: the end does not come out even, or not at the right byte. */
static void each_flipped_bit_shows_at_the_end(void **state)
{
    size_t flipped = 0;
    (void)state;
    for (size_t kind = 0; kind <= PST_COUNT(kinds); kind++) {
        size_t count = kind == PST_COUNT(kinds) ? 300 : 100;
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(OUT_MOST);
        (void)encode(kind, count, &out);
        for (size_t bit = 0; bit < 8 * out.len; bit++, flipped++) {
            out.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
            struct decoded back = decode(kind, count, pst_buf_bytes(&out));
            if (back.well)
                fail_msg("kind %zu: bit %zu of %zu bytes goes unnoticed", kind, bit, out.len);
            out.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
    print_message("%zu bits flipped\n", flipped);
}

static void a_byte_too_few_or_too_many_shows_at_the_end(void **state)
{
    (void)state;
    for (size_t kind = 0; kind <= PST_COUNT(kinds); kind++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(OUT_MOST);
        (void)encode(kind, 200, &out);
        for (size_t len = 0; len < out.len; len++) {
            /* A block of just this size, so that a sanitizer sees the first byte too many. */
            uint8_t *cut = malloc(len > 0 ? len : 1);
            assert_non_null(cut);
            memcpy(cut, out.at, len);
            struct decoded back = decode(kind, 200, pst_bytes(cut, len));
            free(cut);
            assert_false(back.well);
        }
        assert_true(pst_buf_add(&out, "", 1));
        assert_false(decode(kind, 200, pst_buf_bytes(&out)).well);
    }
}

static void dry_input_is_read_as_zeros_and_said(void **state)
{
    (void)state;
    struct decoded back = decode(PST_COUNT(kinds), 5000, pst_bytes("", 0));
    assert_true(back.dry);
    assert_false(back.well);
    static const uint8_t no_beginning[] = {1, 0, 0, 0, 0};
    assert_true(decode(1, 0, pst_bytes(no_beginning, 5)).dry); /* an encoder begins with 0 */
}

static void a_buffer_that_is_full_is_said(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(64);
    struct models models;
    struct pst_coder coder;
    begin_models(&models);
    pst_coder_encode_to(&coder, &out);
    for (uint32_t i = 0; i < 1000; i++)
        (void)code_number(&coder, &models, i * 2654435761U);
    pst_coder_encode_end(&coder);
    assert_true(coder.full);
    assert_true(out.len <= 64);
}

/* The promise that a caller feeds by: nothing that is coded as one unit takes more. */
static void a_number_never_takes_more_than_a_unit(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(OUT_MOST);
    struct models models;
    struct pst_coder coder;
    uint64_t seed = 1;
    begin_models(&models);
    pst_coder_encode_to(&coder, &out);
    for (size_t i = 0; i < 20000; i++) {
        size_t before = out.len + (size_t)coder.pending;
        (void)code_number(&coder, &models, i % 500 == 499 ? any_number(&seed, 1) : 0);
        assert_true(out.len + (size_t)coder.pending - before <= PST_CODER_UNIT);
    }
}

static void slots_and_curves_stay_within_their_bits(void **state)
{
    (void)state;
    struct models models;
    begin_models(&models);
    for (size_t i = 1; i < 4096; i++) {
        assert_true(models.curves.squash[i] >= models.curves.squash[i - 1]);
        assert_true(models.curves.stretch[i] >= models.curves.stretch[i - 1]);
    }
    for (int bit = 0; bit < 2; bit++) {
        pst_slot slot = PST_SLOT_NEW;
        pst_small_slot small = PST_SMALL_SLOT_NEW;
        for (size_t i = 0; i < 5000; i++) {
            pst_slot_learn(&models.curves, &slot, bit != 0, 1000);
            pst_small_slot_learn(&models.curves, &small, bit != 0);
        }
        assert_true(bit != 0 ? slot >> 10 > (1U << PST_SLOT_BITS) * 99 / 100
                             : slot >> 10 < (1U << PST_SLOT_BITS) / 100);
        assert_true(bit != 0 ? small >> 4 > 4000 : small >> 4 < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_coded_comes_back_decision_by_decision),
        cmocka_unit_test(what_is_foreseen_costs_little_and_chance_what_it_must),
        cmocka_unit_test(each_flipped_bit_shows_at_the_end),
        cmocka_unit_test(a_byte_too_few_or_too_many_shows_at_the_end),
        cmocka_unit_test(dry_input_is_read_as_zeros_and_said),
        cmocka_unit_test(a_buffer_that_is_full_is_said),
        cmocka_unit_test(a_number_never_takes_more_than_a_unit),
        cmocka_unit_test(slots_and_curves_stay_within_their_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
