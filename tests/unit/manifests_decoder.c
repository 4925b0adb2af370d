/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/decoder.h"
#include "manifests/decoder_formats.h"
#include "manifests/delta/format.h"
#include "manifests/encoder.h"
#include "manifests/encoder_frames.h"
#include "tests/support/check.h"
#include "tests/support/source_run.h"

static void assert_pair_comes_back(const struct pst_pair *pair)
{
    static const enum pst_source_format fulls[] = {PST_SOURCE_ZSTD, PST_SOURCE_XZ};
    PST_CLEANUP(pst_buf) struct pst_buf delta = {0};
    struct pst_made_source made;
    struct pst_bytes image = pst_buf_bytes(&pair->image);
    pst_pair_delta(pair, &delta, &made);
    PST_CLEANUP(pst_run)
    struct pst_run run = pst_run_of(&delta, &made, pst_buf_bytes(&pair->base), image.len);
    pst_assert_decodes_to(&run, image);
    for (size_t i = 0; i < PST_COUNT(fulls); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf full = {0};
        pst_image_full(image, fulls[i], &full, &made);
        PST_CLEANUP(pst_run)
        struct pst_run whole = pst_run_of(&full, &made, (struct pst_bytes){0}, image.len);
        pst_assert_decodes_to(&whole, image);
    }
}

static void what_is_encoded_decodes_to_the_same_image(void **state)
{
    static const size_t sizes[] = {0,     1,     2,      63,     64,     65,
                                   255,   256,   257,    4095,   4096,   65535,
                                   65791, 65792, 100000, 131072, 300000, 1 << 20};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(sizes); i++)
        for (uint64_t seed = 0; seed < (sizes[i] < 70000 ? 4 : 1); seed++) {
            PST_CLEANUP(pst_pair) struct pst_pair pair = pst_pair_make(seed * 100 + i, sizes[i]);
            assert_pair_comes_back(&pair);
        }
}

static void an_identical_image_costs_almost_nothing(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf delta = {0};
    PST_CLEANUP(pst_pair) struct pst_pair pair = pst_pair_make(3, 0);
    struct pst_made_source made;
    uint64_t seed = 5;
    pst_grow(&seed, &pair.base, 3 << 20);
    assert_true(pst_buf_add(&pair.image, pair.base.at, pair.base.len));
    pst_pair_delta(&pair, &delta, &made);
    assert_true(delta.len < PST_DELTA_HEADER + 2 * 512);
    PST_CLEANUP(pst_run)
    struct pst_run run = pst_run_of(&delta, &made, pst_buf_bytes(&pair.base), pair.image.len);
    pst_assert_decodes_to(&run, pst_buf_bytes(&pair.image));
}

static void an_empty_base_or_image_is_no_special_case(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        PST_CLEANUP(pst_pair) struct pst_pair pair = pst_pair_make(0, 0);
        uint64_t seed = 9;
        if (which != 0)
            pst_grow(&seed, which == 1 ? &pair.base : &pair.image, 5000);
        assert_pair_comes_back(&pair);
    }
}

static void content_that_moved_by_megabytes_is_found(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf delta = {0};
    PST_CLEANUP(pst_pair) struct pst_pair pair = {pst_buf(PST_OUT_MOST), pst_buf(PST_OUT_MOST)};
    struct pst_made_source made;
    uint64_t seed = 11;
    pst_grow(&seed, &pair.base, 6 << 20);
    size_t moved = (4 << 20) + 12345;
    assert_true(pst_buf_add(&pair.image, pair.base.at + moved, 1 << 20));
    pst_pair_delta(&pair, &delta, &made);
    assert_true(delta.len < pair.image.len / 256);
}

/* A pair small enough to try everything on. */
enum { OF_DELTA, OF_ZSTD, OF_XZ, SOURCES };
struct small {
    struct pst_pair pair;
    struct pst_buf source[SOURCES]; /* the delta; the image in full */
    struct pst_made_source made[SOURCES];
};

static void small_cleanup(struct small *small)
{
    pst_pair_cleanup(&small->pair);
    for (size_t i = 0; i < SOURCES; i++)
        pst_buf_clear(&small->source[i]);
}

static struct small make_small(uint64_t seed, size_t base_len)
{
    struct small small = {.pair = pst_pair_make(seed, base_len)};
    pst_pair_delta(&small.pair, &small.source[0], &small.made[0]);
    struct pst_bytes image = pst_buf_bytes(&small.pair.image);
    pst_image_full(image, PST_SOURCE_ZSTD, &small.source[OF_ZSTD], &small.made[OF_ZSTD]);
    pst_image_full(image, PST_SOURCE_XZ, &small.source[OF_XZ], &small.made[OF_XZ]);
    assert_int_equal(small.made[OF_ZSTD].format, PST_SOURCE_ZSTD);
    assert_int_equal(small.made[OF_XZ].format, PST_SOURCE_XZ);
    return small;
}

/* Of several frames; made once for all tests, which leave it as it is: packing takes seconds. */
static int make_big(void **state)
{
    struct small *big = calloc(1, sizeof *big);
    assert_non_null(big);
    *big = make_small(22, 9 << 19);
    assert_true(big->pair.image.len > PST_FULL_FRAME); /* or take another seed */
    *state = big;
    return 0;
}

static int free_big(void **state)
{
    small_cleanup(*state);
    free(*state);
    return 0;
}

static struct pst_run run_of_small(const struct small *small, size_t which)
{
    return pst_run_of(&small->source[which], &small->made[which], pst_buf_bytes(&small->pair.base),
                      small->pair.image.len);
}

static void images_of_several_frames_come_back(void **state)
{
    struct small *big = *state;
    for (size_t which = 0; which < SOURCES; which++) {
        PST_CLEANUP(pst_run) struct pst_run run = run_of_small(big, which);
        pst_assert_decodes_to(&run, pst_buf_bytes(&big->pair.image));
    }
}

static void any_chunks_and_any_room_give_the_same_image(void **state)
{
    static const size_t steps[] = {0, 1, 2, 3, 7, 64, 100, 4096};
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(21, 6000);
    for (size_t which = 0; which < SOURCES; which++)
        for (size_t i = 0; i < PST_COUNT(steps) * PST_COUNT(steps); i++) {
            PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small, which);
            run.feed = steps[i / PST_COUNT(steps)];
            run.room = steps[i % PST_COUNT(steps)];
            pst_assert_decodes_to(&run, pst_buf_bytes(&small.pair.image));
        }
}

static void raw_sources_are_handed_through(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf noise = pst_buf(PST_OUT_MOST), source = {0};
    struct pst_made_source made;
    uint64_t seed = 4;
    for (size_t i = 0; i < 200001; i++) {
        uint8_t byte = (uint8_t)(pst_seeded_random(&seed) >> 56);
        assert_true(pst_buf_add(&noise, &byte, 1));
    }
    pst_image_full(pst_buf_bytes(&noise), PST_SOURCE_ZSTD, &source, &made);
    assert_int_equal(made.format, PST_SOURCE_RAW); /* it does not pack */
    PST_CLEANUP(pst_run)
    struct pst_run run = pst_run_of(&source, &made, (struct pst_bytes){0}, noise.len);
    run.feed = 777;
    pst_assert_decodes_to(&run, pst_buf_bytes(&noise));
    assert_int_equal(run.checkpoints, 1 + 4);
    run.from = run.checkpoint[2];
    assert_int_equal(run.from.image_at, 2 * PST_RAW_FRAME);
    pst_assert_decodes_to(&run, pst_buf_bytes(&noise));

    run.plan.source_bytes--;
    assert_int_equal(pst_run_decode(&run), PST_IMAGE_SIZE);
}

static void every_checkpoint_resumes_to_the_same_image(void **state)
{
    const struct small *big = *state;
    for (size_t which = 0; which < SOURCES; which++) {
        PST_CLEANUP(pst_run) struct pst_run first = run_of_small(big, which);
        first.feed = 65536;
        first.room = 100000;
        pst_assert_decodes_to(&first, pst_buf_bytes(&big->pair.image));
        assert_true(first.checkpoints >= 1 + (which == OF_DELTA ? 1 : 2));
        assert_int_equal(first.checkpoint[first.checkpoints - 1].image_at, first.plan.image_bytes);
        for (size_t i = 0; i < first.checkpoints; i++) {
            PST_CLEANUP(pst_run) struct pst_run again = run_of_small(big, which);
            again.from = first.checkpoint[i];
            again.feed = 10000;
            pst_assert_decodes_to(&again, pst_buf_bytes(&big->pair.image));
        }
    }
}

static void a_checkpoint_that_was_torn_is_refused(void **state)
{
    const struct small *big = *state;
    PST_CLEANUP(pst_run) struct pst_run run = run_of_small(big, OF_ZSTD);
    run.feed = run.room = 4096;
    pst_assert_decodes_to(&run, pst_buf_bytes(&big->pair.image));
    struct pst_checkpoint good = run.checkpoint[1];
    assert_int_equal(good.image_at, PST_FULL_FRAME);
    const struct pst_checkpoint torn[] = {
        {0, good.image_at, 0},
        {good.source_at, 0, 0},
        {0, INT64_MAX, 0},
        {-1, good.image_at, 0},
        {good.source_at, -1, 0},
        {good.source_at, good.image_at + 1, 0},
        {INT64_MAX, good.image_at, 0},
        {good.source_at, INT64_MAX, 0},
        {INT64_MIN, INT64_MIN, 0},
        {run.plan.source_bytes, good.image_at, 0},
    };
    for (size_t i = 0; i < PST_COUNT(torn); i++) {
        run.from = torn[i];
        PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
        struct pst_memory_base memory = {.bytes = run.base};
        struct pst_base_port base = {&memory, pst_memory_base_read};
        assert_int_equal(pst_decoder_open(&run.plan, &base, torn[i], &decoder, NULL),
                         PST_OUT_OF_BOUNDS);
    }
    /* Inside the source, but not where a frame begins. */
    run.from = (struct pst_checkpoint){good.source_at + 1, good.image_at, 0};
    assert_int_not_equal(pst_run_decode(&run), PST_OK);
}

/* Flips each bit of bytes [from, to); answers how many of them went unnoticed. */
static size_t flip_each_bit(const struct small *small, size_t which, size_t from, size_t to)
{
    size_t unnoticed = 0;
    PST_CLEANUP(pst_run) struct pst_run run = run_of_small(small, which);
    PST_CLEANUP(pst_buf) struct pst_buf bent = pst_buf(PST_OUT_MOST);
    assert_true(pst_buf_add(&bent, run.source.at, run.source.len));
    run.source = pst_buf_bytes(&bent);
    for (size_t bit = from * 8; bit < to * 8; bit++) {
        bent.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
        memset(run.out, 0x5a, small->pair.image.len);
        enum pst_code rc = pst_run_decode(&run);
        unnoticed +=
            rc == PST_OK && memcmp(run.out, small->pair.image.at, small->pair.image.len) == 0;
        bent.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    return unnoticed;
}

/* zstd's frame header, and the header of its first block. */
enum { ZSTD_HEADERS = 4 + 1 + 2 + 3 };

static void every_flipped_bit_of_a_header_is_noticed(void **state)
{
    (void)state;
    for (uint64_t seed = 31; seed < 39; seed++) {
        PST_CLEANUP(small) struct small small = make_small(seed, 1500);
        assert_int_equal(flip_each_bit(&small, OF_ZSTD, 0, ZSTD_HEADERS), 0);
    }
}

/*
 * In a block's content zstd has bits that say nothing: two that are reserved (RFC 8878,
 * 3.1.1.3.2.1), and those that fill the last byte of its tables. A flip there gives the very image.
 */
static void a_flipped_bit_of_content_is_noticed_unless_it_says_nothing(void **state)
{
    (void)state;
    size_t bits = 0, unnoticed = 0;
    for (uint64_t seed = 31; seed < 39; seed++) {
        PST_CLEANUP(small) struct small small = make_small(seed, 1500);
        size_t len = small.source[OF_ZSTD].len;
        size_t here = flip_each_bit(&small, OF_ZSTD, ZSTD_HEADERS, len);
        assert_true(here <= 2 + 7 * 4); /* the reserved ones; at most 4 tables, 7 bits each */
        bits += 8 * (len - ZSTD_HEADERS);
        unnoticed += here;
    }
    print_message("%zu of %zu bits of content say nothing\n", unnoticed, bits);
    assert_true(unnoticed * 100 < bits);
}

static void every_truncation_is_an_error(void **state)
{
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(37, 1500);
    for (size_t which = 0; which < SOURCES; which++)
        for (int honest = 0; honest < 2; honest++)
            for (size_t len = 0; len < small.source[which].len; len++) {
                PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small, which);
                run.source.len = len;
                run.plan.source_bytes = honest ? (int64_t)len : run.plan.source_bytes;
                assert_int_not_equal(pst_run_decode(&run), PST_OK);
            }
}

static void a_byte_after_the_end_is_an_error(void **state)
{
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(38, 1500);
    for (size_t which = 0; which < SOURCES; which++) {
        assert_true(pst_buf_add(&small.source[which], "", 1));
        PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small, which);
        assert_int_equal(pst_run_decode(&run), PST_DELTA_MALFORMED);
        run.plan.source_bytes--;
        assert_int_equal(pst_run_decode(&run), PST_IMAGE_SIZE);
    }
}

static void a_base_that_differs_never_gives_the_image_unnoticed(void **state)
{
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(39, 1500);
    struct pst_bytes image = pst_buf_bytes(&small.pair.image);
    PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small, 0);
    size_t other = 0, same = 0;
    for (size_t i = 0; i < small.pair.base.len; i++) {
        small.pair.base.at[i] ^= 1;
        bool right = pst_run_decode(&run) == PST_OK && memcmp(run.out, image.at, image.len) == 0;
        *(right ? &same : &other) += 1;
        small.pair.base.at[i] ^= 1;
    }
    /* A byte of the base that no frame uses may differ; the seed decides how many there are. */
    assert_int_equal(other + same, small.pair.base.len);
    assert_true(other > 100);

    run.plan.base_bytes++;
    assert_int_equal(pst_run_decode(&run), PST_DELTA_BASE);
}

static void a_base_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(40, 1500);
    PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small, 0);
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    struct pst_memory_base memory = {.bytes = run.base, .broken = true};
    struct pst_base_port base = {&memory, pst_memory_base_read};
    struct pst_report why = {0};
    assert_int_equal(pst_decoder_open(&run.plan, NULL, run.from, &decoder, &why), PST_DELTA_BASE);
    assert_int_equal(pst_decoder_open(&run.plan, &base, run.from, &decoder, &why), PST_OK);
    struct pst_bytes in = run.source;
    size_t made;
    assert_int_equal(pst_decoder_step(decoder, &in, run.out, small.pair.image.len, &made, &why),
                     PST_DELTA_BASE);
    assert_int_equal(pst_decoder_step(decoder, &in, run.out, small.pair.image.len, &made, &why),
                     PST_DELTA_BASE); /* and it stays that way */
    assert_int_equal(pst_decoder_finish(decoder, &why), PST_DELTA_BASE);
}

static void the_base_is_read_about_once(void **state)
{
    const struct small *big = *state;
    PST_CLEANUP(pst_run) struct pst_run run = run_of_small(big, 0);
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    struct pst_memory_base memory = {.bytes = run.base};
    struct pst_base_port base = {&memory, pst_memory_base_read};
    assert_int_equal(pst_decoder_open(&run.plan, &base, run.from, &decoder, NULL), PST_OK);
    assert_int_equal(pst_run_feed(&run, decoder), PST_OK);
    assert_true(memory.bytes_read < 2 * big->pair.image.len);
}

static void memory_declared_too_small_is_refused(void **state)
{
    const struct small *big = *state;
    for (size_t which = 0; which < SOURCES; which++) {
        PST_CLEANUP(pst_run) struct pst_run run = run_of_small(big, which);
        assert_true(run.plan.memory_bytes <= 16 << 20);
        const int64_t enough = run.plan.memory_bytes;
        const int64_t less[] = {enough - 1, enough / 2, PST_XZ_FIXED, 1, 0};
        for (size_t i = 0; i < PST_COUNT(less); i++) {
            run.plan.memory_bytes = less[i];
            assert_int_equal(pst_run_decode(&run), PST_DELTA_MEMORY);
        }
        run.plan.memory_bytes = enough;
        pst_assert_decodes_to(&run, pst_buf_bytes(&big->pair.image));
    }
    struct pst_delta_info info;
    assert_int_equal(pst_delta_info(pst_buf_bytes(&big->source[0]), &info, NULL), PST_OK);
    assert_int_equal(info.memory_bytes, big->made[0].memory_bytes);
    assert_int_equal(info.base_bytes, big->pair.base.len);
    assert_int_equal(info.image_bytes, big->pair.image.len);
    assert_in_range(info.head_bytes, PST_CODER_LEAD, big->source[0].len);
    assert_in_range(info.frames, 1, info.image_bytes);
}

static void plans_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const struct pst_decoder_plan plans[] = {
        {.format = PST_SOURCE_ZSTD,
         .source_bytes = -1,
         .image_bytes = 1,
         .base_bytes = 0,
         .memory_bytes = 1 << 20},
        {.format = PST_SOURCE_ZSTD,
         .source_bytes = 1,
         .image_bytes = -1,
         .base_bytes = 0,
         .memory_bytes = 1 << 20},
        {.format = PST_SOURCE_DELTA,
         .source_bytes = 64,
         .image_bytes = 1,
         .base_bytes = -1,
         .memory_bytes = 1 << 20},
        {.format = PST_SOURCE_ZSTD,
         .source_bytes = 1,
         .image_bytes = 1,
         .base_bytes = 0,
         .memory_bytes = -1},
        {.format = PST_SOURCE_ZSTD,
         .source_bytes = 1,
         .image_bytes = PST_IMAGE_BYTES_MOST + 1,
         .base_bytes = 0,
         .memory_bytes = INT64_MAX},
        {.format = PST_SOURCE_ZSTD,
         .source_bytes = INT64_MAX,
         .image_bytes = INT64_MAX,
         .base_bytes = INT64_MAX,
         .memory_bytes = INT64_MAX},
        {.format = PST_SOURCE_RAW,
         .source_bytes = INT64_MIN,
         .image_bytes = INT64_MIN,
         .base_bytes = INT64_MIN,
         .memory_bytes = INT64_MIN},
    };
    for (size_t i = 0; i < PST_COUNT(plans); i++) {
        PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
        struct pst_report why = {0};
        assert_int_equal(
            pst_decoder_open(&plans[i], NULL, (struct pst_checkpoint){0}, &decoder, &why),
            PST_OUT_OF_BOUNDS);
        assert_null(decoder);
        assert_true(why.count > 0);
    }
}

/* A zstd frame of `image_bytes` by hand: blocks as type (0 raw, 1 the same byte again) and size. */
struct block {
    unsigned last, type, size;
};

static void add_block(struct pst_buf *out, struct block block)
{
    uint8_t header[3], content[512] = {7};
    pst_le_put(header, sizeof header, block.last | block.type << 1 | (uint64_t)block.size << 3);
    assert_true(pst_buf_add(out, header, sizeof header));
    assert_true(pst_buf_add(out, content, block.type == 1 ? 1 : block.size));
}

static void frames_made_by_hand_make_what_they_declare_or_nothing(void **state)
{
    static const struct {
        const char *name;
        size_t repeats; /* of the first block */
        struct block block[2];
        enum pst_code expected;
    } cases[] = {
        {"all in one block", 1, {{1, 1, 300}}, PST_OK},
        {"in two blocks", 1, {{0, 0, 100}, {1, 1, 200}}, PST_OK},
        {"in three hundred", 299, {{0, 0, 1}, {1, 1, 1}}, PST_OK},
        {"a byte fewer", 1, {{1, 1, 299}}, PST_DELTA_MALFORMED},
        {"a byte more", 1, {{0, 1, 300}, {1, 0, 1}}, PST_DELTA_MALFORMED},
        {"a bomb in one block", 1, {{1, 1, 131072}}, PST_DELTA_MALFORMED},
        {"a bomb in many blocks", 5000, {{0, 1, 300}, {1, 1, 300}}, PST_DELTA_MALFORMED},
        {"nothing, often", 5000, {{0, 0, 0}, {1, 0, 0}}, PST_DELTA_MALFORMED},
        {"the reserved type of block", 1, {{1, 3, 300}}, PST_DELTA_MALFORMED},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf source = pst_buf(PST_OUT_MOST);
        uint8_t header[PST_ZSTD_HEADER_MOST];
        assert_true(pst_buf_add(&source, header, pst_zstd_header(300, header)));
        for (size_t r = 0; r < cases[i].repeats; r++)
            add_block(&source, cases[i].block[0]);
        if (!cases[i].block[0].last)
            add_block(&source, cases[i].block[1]);
        struct pst_made_source made = {PST_SOURCE_ZSTD, pst_zstd_memory(300)};
        for (size_t feed = 0; feed < 3; feed++) {
            PST_CLEANUP(pst_run)
            struct pst_run run = pst_run_of(&source, &made, (struct pst_bytes){0}, 300);
            run.feed = feed;
            run.room = 2 * feed;
            enum pst_code rc = pst_run_decode(&run);
            if (rc != cases[i].expected)
                fail_msg("%s: %s", cases[i].name, pst_code_name(rc));
        }
    }
}

static void asking_again_without_food_is_no_error(void **state)
{
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(43, 1500);
    for (size_t which = 0; which < SOURCES; which++) {
        PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small, which);
        PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
        struct pst_memory_base memory = {.bytes = run.base};
        struct pst_base_port base = {&memory, pst_memory_base_read};
        assert_int_equal(pst_decoder_open(&run.plan, &base, run.from, &decoder, NULL), PST_OK);
        size_t image_at = 0;
        for (size_t at = 0; at < run.source.len; at++) {
            struct pst_bytes in = {run.source.at + at, 1};
            for (size_t again = 0; again < 40; again++) {
                size_t made, room = again % 2 == 0 ? 0 : small.pair.image.len - image_at;
                assert_int_equal(
                    pst_decoder_step(decoder, &in, run.out + image_at, room, &made, NULL), PST_OK);
                image_at += made;
            }
            assert_int_equal(in.len, 0);
        }
        assert_int_equal(pst_decoder_finish(decoder, NULL), PST_OK);
        assert_memory_equal(run.out, small.pair.image.at, small.pair.image.len);
    }
}

static void threads_and_repetition_change_no_byte(void **state)
{
    static const unsigned threads[] = {1, 1, 4};
    (void)state;
    PST_CLEANUP(pst_pair) struct pst_pair pair = pst_pair_make(51, 9 << 18);
    PST_CLEANUP(pst_buf) struct pst_buf first = {0};
    for (size_t i = 0; i < PST_COUNT(threads); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(PST_OUT_MOST);
        struct pst_made_source made;
        assert_int_equal(pst_encode_delta_by(threads[i], pst_buf_bytes(&pair.base),
                                             pst_buf_bytes(&pair.image), NULL, &delta, &made, NULL),
                         PST_OK);
        if (i > 0)
            assert_true(pst_bytes_equal(pst_buf_bytes(&first), pst_buf_bytes(&delta)));
        else {
            first = delta;
            delta = pst_buf(0);
        }
    }
}

struct told {
    int calls, last, stop_at;
};

static bool hear(void *context, int permille)
{
    struct told *told = context;
    assert_true(permille >= told->last && permille <= 1000);
    told->last = permille;
    return ++told->calls != told->stop_at;
}

static void work_that_is_stopped_or_does_not_fit_leaves_the_buffer_alone(void **state)
{
    (void)state;
    PST_CLEANUP(pst_pair) struct pst_pair pair = pst_pair_make(52, 1 << 18);
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(1000);
    struct pst_bytes base = pst_buf_bytes(&pair.base), image = pst_buf_bytes(&pair.image);
    struct pst_made_source made = {PST_SOURCE_RAW, -1};
    struct told told = {.stop_at = 1};
    struct pst_progress_port port = {&told, hear};
    struct pst_report why = {0};

    assert_true(pst_buf_add_text(&out, "before"));
    assert_int_equal(pst_encode_delta_by(1, base, image, &port, &out, &made, &why),
                     PST_HOST_STOPPED);
    assert_int_equal(told.calls, 1);
    assert_int_equal(pst_encode_delta(base, image, NULL, &out, &made, &why), PST_TOO_LARGE);
    assert_int_equal(pst_encode_full(image, NULL, &out, &made, &why), PST_TOO_LARGE);
    assert_true(pst_text_is(pst_buf_text(&out), "before"));
    assert_int_equal(made.memory_bytes, -1);

    told = (struct told){0};
    out.max = PST_OUT_MOST;
    assert_int_equal(pst_encode_full(image, &port, &out, &made, &why), PST_OK);
    assert_true(told.calls > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_decodes_to_the_same_image),
        cmocka_unit_test(images_of_several_frames_come_back),
        cmocka_unit_test(an_identical_image_costs_almost_nothing),
        cmocka_unit_test(an_empty_base_or_image_is_no_special_case),
        cmocka_unit_test(content_that_moved_by_megabytes_is_found),
        cmocka_unit_test(any_chunks_and_any_room_give_the_same_image),
        cmocka_unit_test(raw_sources_are_handed_through),
        cmocka_unit_test(every_checkpoint_resumes_to_the_same_image),
        cmocka_unit_test(a_checkpoint_that_was_torn_is_refused),
        cmocka_unit_test(every_flipped_bit_of_a_header_is_noticed),
        cmocka_unit_test(a_flipped_bit_of_content_is_noticed_unless_it_says_nothing),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(a_byte_after_the_end_is_an_error),
        cmocka_unit_test(a_base_that_differs_never_gives_the_image_unnoticed),
        cmocka_unit_test(a_base_that_cannot_be_read_is_named),
        cmocka_unit_test(the_base_is_read_about_once),
        cmocka_unit_test(memory_declared_too_small_is_refused),
        cmocka_unit_test(plans_out_of_bounds_are_refused),
        cmocka_unit_test(frames_made_by_hand_make_what_they_declare_or_nothing),
        cmocka_unit_test(asking_again_without_food_is_no_error),
        cmocka_unit_test(threads_and_repetition_change_no_byte),
        cmocka_unit_test(work_that_is_stopped_or_does_not_fit_leaves_the_buffer_alone),
    };
    return cmocka_run_group_tests(tests, make_big, free_big);
}
