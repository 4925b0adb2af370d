/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "postern.delta/1" there and back: every pair gives its image, however the delta is cut, wherever
 * its run is resumed, and nothing else gives it.
 *
 *     unit_manifests_delta               the tests
 *     unit_manifests_delta FIRST COUNT   so many pairs more, from this seed on
 *     unit_manifests_delta seeds FOLDER  small deltas for tests/fuzz/corpus/delta, of this format
 */
#include <stdio.h>
#include <stdlib.h>

#include "manifests/encoder_frames.h"
#include "tests/support/check.h"
#include "tests/support/code_pair.h"
#include "tests/support/delta_base.h"
#include "tests/support/delta_writer.h"

enum { PIECES_MOST = 64, SMALL = 64 << 10 };

static size_t below(uint64_t *seed, size_t most)
{
    return most > 1 ? (size_t)((pst_seeded_random(seed) >> 24) % most) : 0;
}

/* ---- identity ------------------------------------------------------------------------------ */

/* Once as it comes, once in pieces of whatever size. */
static void assert_comes_back(uint64_t seed, const struct pst_buf *delta, int64_t memory_bytes,
                              const struct pst_pair *pair)
{
    struct pst_made_source made = {PST_SOURCE_DELTA, memory_bytes};
    PST_CLEANUP(pst_run)
    struct pst_run run = pst_run_of(delta, &made, pst_buf_bytes(&pair->base), pair->image.len);
    uint64_t drawn = seed + 1;
    pst_assert_decodes_to(&run, pst_buf_bytes(&pair->image));
    run.feed = 1 + below(&drawn, 1 << below(&drawn, 15));
    run.room = 1 + below(&drawn, 1 << below(&drawn, 18));
    if (pair->image.len <= SMALL)
        pst_assert_decodes_to(&run, pst_buf_bytes(&pair->image));
}

static void check_encoder(uint64_t seed, const struct pst_pair *pair)
{
    PST_CLEANUP(pst_buf) struct pst_buf delta = {0};
    PST_CLEANUP(pst_buf) struct pst_buf again = {0};
    struct pst_made_source made, other;
    pst_pair_delta(pair, &delta, &made);
    assert_int_equal(made.format, PST_SOURCE_DELTA);
    assert_comes_back(seed, &delta, made.memory_bytes, pair);
    if (seed % 16 != 0)
        return;
    pst_pair_delta(pair, &again, &other);
    assert_true(pst_bytes_equal(pst_buf_bytes(&delta), pst_buf_bytes(&again)));
    assert_int_equal(other.memory_bytes, made.memory_bytes);
}

/* What no encoder would choose decodes all the same. */
static void check_writer(uint64_t seed, const struct pst_pair *pair)
{
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(PST_OUT_MOST);
    struct pst_segment segment[PIECES_MOST];
    struct pst_region region[8];
    uint64_t drawn = seed + 2;
    struct pst_delta_order order = {
        .base = pst_buf_bytes(&pair->base),
        .image = pst_buf_bytes(&pair->image),
        .segment = segment,
        .segments = pst_any_segments(seed, pair, segment, PST_COUNT(segment)),
        .region = region,
        .regions = pst_any_regions(seed, pair, region, PST_COUNT(region)),
        .frame_bytes = 1 + (uint32_t)(pair->image.len / (1 + below(&drawn, 5)))};
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    assert_comes_back(seed, &delta, pst_delta_memory(&header), pair);
}

/* Answers the bytes of the image. */
static size_t check_pair(uint64_t seed)
{
    PST_CLEANUP(pst_pair) struct pst_pair pair = pst_any_pair(seed);
    check_encoder(seed, &pair);
    if (pair.image.len <= SMALL)
        check_writer(seed, &pair);
    return pair.image.len;
}

static void every_pair_gives_its_image(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 70; seed++)
        (void)check_pair(seed);
}

/* Once a repaired part went beyond the base's end. */
static void pairs_that_once_broke_the_encoder_come_back(void **state)
{
    static const uint64_t seeds[] = {102700, 103909, 105882};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(seeds); i++)
        (void)check_pair(seeds[i]);
}

static void code_of_each_kind_gives_its_image(void **state)
{
    static const size_t sizes[] = {0, 1, 4, 63, 1000, 5000, 100000};
    (void)state;
    for (enum pst_isa_name isa = 0; isa < PST_ISA_COUNT; isa++)
        for (size_t i = 0; i < PST_COUNT(sizes); i++) {
            PST_CLEANUP(pst_pair)
            struct pst_pair pair = pst_code_pair(isa * 100 + i, sizes[i], isa);
            check_encoder(isa * 100 + i, &pair);
            if (pair.image.len <= SMALL)
                check_writer(i, &pair);
        }
}

static void any_number_of_threads_gives_the_same_bytes(void **state)
{
    static const unsigned threads[] = {1, 3, 8};
    (void)state;
    PST_CLEANUP(pst_pair) struct pst_pair pair = pst_code_pair(77, 200000, PST_ISA_ARM64);
    PST_CLEANUP(pst_buf) struct pst_buf first = {0};
    struct pst_made_source made;
    pst_pair_delta(&pair, &first, &made);
    for (size_t i = 0; i < PST_COUNT(threads); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(PST_OUT_MOST);
        assert_int_equal(pst_encode_delta_by(threads[i], pst_buf_bytes(&pair.base),
                                             pst_buf_bytes(&pair.image), NULL, &delta, &made, NULL),
                         PST_OK);
        assert_true(pst_bytes_equal(pst_buf_bytes(&first), pst_buf_bytes(&delta)));
    }
}

/* ---- a small delta with a bit of all, to try everything on ---------------------------------- */

struct small {
    struct pst_pair pair;
    struct pst_buf delta;
    struct pst_delta_header header;
    uint8_t base_sha256[PST_DELTA_DIGEST], image_sha256[PST_DELTA_DIGEST];
};

static void small_cleanup(struct small *small)
{
    pst_pair_cleanup(&small->pair);
    pst_buf_clear(&small->delta);
}

/* A copy that changed, a fill, what is inserted, and code where `isa` says so. */
static struct small make_small(enum pst_isa_name isa, size_t bytes, uint32_t frame_bytes)
{
    struct small small = {.delta = pst_buf(PST_OUT_MOST)};
    struct pst_pair *pair = &small.pair;
    uint32_t part = 0;
    for (uint64_t seed = 40 + isa; part < bytes / 8 || pair->base.len <= 3 * part; seed++) {
        pst_pair_cleanup(pair); /* a version that lost or gained too much */
        *pair = pst_code_pair(seed, bytes, isa);
        part = (uint32_t)pair->image.len / 5;
    }
    memset(pair->image.at + 2 * part, 7, part);
    const struct pst_segment segment[] = {
        {0, 2 * part, 0}, {2 * part, part, PST_DELTA_FILL | 7}, {3 * part, part, 2 * part}};
    const struct pst_region region = {0, isa, 0, 0};
    const struct pst_delta_order order = {.base = pst_buf_bytes(&pair->base),
                                          .image = pst_buf_bytes(&pair->image),
                                          .segment = segment,
                                          .segments = PST_COUNT(segment),
                                          .region = &region,
                                          .regions = 1,
                                          .frame_bytes = frame_bytes};
    small.header = pst_delta_write(&order, &small.delta);
    memset(small.base_sha256, 0x11, PST_DELTA_DIGEST);
    memset(small.image_sha256, 0x22, PST_DELTA_DIGEST);
    pst_delta_name_ends(&small.delta, small.base_sha256, small.image_sha256);
    return small;
}

static struct pst_run run_of_small(const struct small *small)
{
    struct pst_made_source made = {PST_SOURCE_DELTA, pst_delta_memory(&small->header)};
    struct pst_run run =
        pst_run_of(&small->delta, &made, pst_buf_bytes(&small->pair.base), small->pair.image.len);
    run.plan.base_sha256 = small->base_sha256;
    run.plan.image_sha256 = small->image_sha256;
    return run;
}

static void the_way_it_is_cut_makes_no_difference(void **state)
{
    static const size_t steps[] = {0, 1, 2, 3, 7, 64, 511, 512, 513, 4095, 4096, 4097};
    (void)state;
    for (enum pst_isa_name isa = 0; isa < PST_ISA_COUNT; isa++) {
        PST_CLEANUP(small) struct small small = make_small(isa, 5000, 0);
        for (size_t i = 0; i < PST_COUNT(steps) * PST_COUNT(steps); i++) {
            PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small);
            run.feed = steps[i / PST_COUNT(steps)];
            run.room = steps[i % PST_COUNT(steps)];
            pst_assert_decodes_to(&run, pst_buf_bytes(&small.pair.image));
        }
    }
}

/* ---- resuming ------------------------------------------------------------------------------ */

static void every_checkpoint_resumes_to_the_same_image(void **state)
{
    static const size_t feeds[] = {0, 1, 700};
    (void)state;
    for (enum pst_isa_name isa = 0; isa < PST_ISA_COUNT; isa++) {
        PST_CLEANUP(small) struct small small = make_small(isa, 9000, 777);
        PST_CLEANUP(pst_run) struct pst_run first = run_of_small(&small);
        struct pst_bytes image = pst_buf_bytes(&small.pair.image);
        first.room = 64;
        pst_assert_decodes_to(&first, image);
        assert_int_equal(first.checkpoints, 1 + small.header.frames);
        for (size_t i = 0; i < first.checkpoints; i++) {
            struct pst_checkpoint from = first.checkpoint[i];
            assert_int_equal(from.head_bytes,
                             i > 0 ? PST_DELTA_HEADER + small.header.head_bytes : 0);
            assert_true(from.image_at == (int64_t)image.len || from.image_at % 777 == 0);
            for (size_t k = 0; k < PST_COUNT(feeds); k++) {
                PST_CLEANUP(pst_run) struct pst_run again = run_of_small(&small);
                again.from = from;
                again.feed = feeds[k];
                pst_assert_decodes_to(&again, image);
            }
        }
    }
}

/* It comes from the terminal's own disk. What it says can lead anywhere, but not out of bounds,
 * and the digest of the image is still to come. */
static void a_torn_checkpoint_is_refused_or_gives_another_image(void **state)
{
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(PST_ISA_ARM64, 9000, 777);
    PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small);
    struct pst_bytes image = pst_buf_bytes(&small.pair.image);
    run.room = 64;
    pst_assert_decodes_to(&run, image);
    const struct pst_checkpoint good = run.checkpoint[2], next = run.checkpoint[3];
    const struct pst_checkpoint torn[] = {
        {good.source_at + 1, good.image_at, good.head_bytes},
        {good.source_at - 1, good.image_at, good.head_bytes},
        {good.source_at, good.image_at + 1, good.head_bytes},
        {good.source_at, good.image_at - 1, good.head_bytes},
        {next.source_at, good.image_at, good.head_bytes},
        {good.source_at, next.image_at, good.head_bytes},
        {good.source_at, good.image_at, good.head_bytes + 1},
        {good.source_at, good.image_at, good.head_bytes - 1},
        {good.source_at, good.image_at, PST_DELTA_HEADER},
        {good.source_at, good.image_at, 0},
        {good.head_bytes, good.image_at, good.head_bytes},
        {run.plan.source_bytes - 1, run.plan.image_bytes - 1, good.head_bytes},
    };
    for (size_t i = 0; i < PST_COUNT(torn); i++) {
        run.from = torn[i];
        memset(run.out, 0x5a, image.len);
        enum pst_code rc = pst_run_decode(&run);
        size_t from = (size_t)torn[i].image_at;
        bool right = rc == PST_OK && memcmp(run.out + from, image.at + from, image.len - from) == 0;
        if (right || (rc != PST_OK && rc != PST_OUT_OF_BOUNDS && rc != PST_DELTA_MALFORMED &&
                      rc != PST_IMAGE_SIZE))
            fail_msg("torn checkpoint %zu: %s", i, pst_code_name(rc));
    }
    const struct pst_checkpoint senseless[] = {
        {0, good.image_at, good.head_bytes},
        {good.source_at, 0, good.head_bytes},
        {-1, good.image_at, good.head_bytes},
        {good.source_at, -1, good.head_bytes},
        {PST_DELTA_HEADER - 1, good.image_at, good.head_bytes},
        {INT64_MAX, good.image_at, good.head_bytes},
        {good.source_at, INT64_MAX, good.head_bytes},
        {run.plan.source_bytes, good.image_at, good.head_bytes},
        {good.source_at, run.plan.image_bytes, good.head_bytes},
    };
    for (size_t i = 0; i < PST_COUNT(senseless); i++) {
        PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
        struct pst_memory_base memory = {.bytes = run.base};
        struct pst_base_port base = {&memory, pst_memory_base_read};
        assert_int_equal(pst_decoder_open(&run.plan, &base, senseless[i], &decoder, NULL),
                         PST_OUT_OF_BOUNDS);
    }
}

/* ---- damage -------------------------------------------------------------------------------- */

struct tally {
    size_t tried, the_image, accepted, wrong_code;
};

static void try_damaged(struct pst_run *run, struct pst_bytes image, struct tally *tally)
{
    static const enum pst_code blamed[] = {PST_DELTA_MALFORMED, PST_DELTA_FORMAT, PST_DELTA_BASE,
                                           PST_IMAGE_SIZE,      PST_IMAGE_DIGEST, PST_DELTA_MEMORY};
    memset(run->out, 0x5a, image.len);
    enum pst_code rc = pst_run_decode(run);
    bool known = rc == PST_OK;
    for (size_t i = 0; i < PST_COUNT(blamed); i++)
        known = known || blamed[i] == rc;
    bool right = rc == PST_OK && memcmp(run->out, image.at, image.len) == 0;
    tally->tried++;
    tally->the_image += right;
    tally->accepted += rc == PST_OK && !right;
    tally->wrong_code += !known;
}

/* One bit of the head can say which kind of code there is, and where there is no reference to be
 * found, no kind finds any: that flip gives the very image. */
static void no_flipped_bit_and_no_cut_gives_another_image(void **state)
{
    struct tally flips = {0}, cuts = {0};
    (void)state;
    for (enum pst_isa_name isa = 0; isa < PST_ISA_COUNT; isa++) {
        PST_CLEANUP(small) struct small small = make_small(isa, 500, 300);
        PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small);
        struct pst_bytes image = pst_buf_bytes(&small.pair.image);
        pst_assert_decodes_to(&run, image);
        for (size_t bit = 0; bit < 8 * small.delta.len; bit++) {
            small.delta.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
            try_damaged(&run, image, &flips);
            small.delta.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        for (size_t len = 0; len < 2 * small.delta.len; len++) {
            bool honest = len % 2 == 0; /* the plan knows the shorter length, or does not */
            run.source.len = len / 2;
            run.plan.source_bytes = (int64_t)(honest ? len / 2 : small.delta.len);
            try_damaged(&run, image, &cuts);
        }
    }
    print_message("%zu bits flipped: %zu gave another image, %zu the very image, %zu wrong codes; "
                  "%zu cuts: %zu, %zu, %zu\n",
                  flips.tried, flips.accepted, flips.the_image, flips.wrong_code, cuts.tried,
                  cuts.accepted, cuts.the_image, cuts.wrong_code);
    assert_int_equal(flips.accepted + flips.wrong_code, 0);
    assert_int_equal(cuts.accepted + cuts.the_image + cuts.wrong_code, 0);
    assert_true(flips.the_image * 1000 < flips.tried);
}

static void a_base_that_differs_never_gives_the_image_unnoticed(void **state)
{
    size_t other = 0;
    (void)state;
    for (enum pst_isa_name isa = 0; isa < PST_ISA_COUNT; isa++) {
        PST_CLEANUP(small) struct small small = make_small(isa, 500, 0);
        PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small);
        struct pst_bytes image = pst_buf_bytes(&small.pair.image);
        for (size_t i = 0; i < small.pair.base.len; i++) {
            small.pair.base.at[i] ^= 1;
            enum pst_code rc = pst_run_decode(&run);
            assert_true(rc == PST_OK || rc == PST_DELTA_MALFORMED);
            other += rc != PST_OK || memcmp(run.out, image.at, image.len) != 0;
            small.pair.base.at[i] ^= 1;
        }
    }
    assert_true(other > 500); /* what no segment takes may differ */
}

/* ---- as a command -------------------------------------------------------------------------- */

static int run_pairs(uint64_t first, uint64_t count)
{
    uint64_t bytes = 0, largest = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        /* Told before, so that a pair that ends the program is known. */
        fprintf(stderr, "\r%llu ", (unsigned long long)seed);
        size_t len = check_pair(seed);
        bytes += len;
        largest = len > largest ? len : largest;
    }
    printf("%llu pairs from %llu on, %llu bytes of image, the largest %llu: all came back\n",
           (unsigned long long)count, (unsigned long long)first, (unsigned long long)bytes,
           (unsigned long long)largest);
    return 0;
}

/* A file of the corpus: two bytes for tests/fuzz/delta.c, then the delta. */
static void write_seed(const char *folder, const char *name, const struct pst_delta_order *order)
{
    static const uint8_t control[] = {15, 0x80};
    PST_CLEANUP(pst_buf) struct pst_buf seed = pst_buf(PST_OUT_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(PST_OUT_MOST);
    char path[400];
    (void)pst_delta_write(order, &delta);
    assert_true(pst_buf_add(&seed, control, sizeof control) &&
                pst_buf_add(&seed, delta.at, delta.len));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(seed.at, 1, seed.len, file), seed.len);
    assert_int_equal(fclose(file), 0);
}

/* Of each kind of code: parts that moved and changed, a fill, what is inserted, two frames. */
static int write_seeds(const char *folder)
{
    static const char *const names[] = {"plain", "arm64", "arm", "x86"};
    static uint8_t base[PST_FUZZ_BASE], image[3000];
    pst_fuzz_base_fill(base);
    for (enum pst_isa_name isa = 0; isa < PST_ISA_COUNT; isa++) {
        const struct pst_segment segment[] = {
            {0, 900, 256}, {900, 300, PST_DELTA_FILL | 5}, {1200, 1500, 4096}};
        const struct pst_region region[] = {{0, isa, 0, 0}, {2000, isa, 0x8000, 0x8100}};
        uint64_t drawn = isa + 1;
        memcpy(image, base + 256, 900);
        memset(image + 900, 5, 300);
        memcpy(image + 1200, base + 4096, 1500);
        for (size_t i = 0; i < 60; i++)
            image[below(&drawn, 2700)] ^= (uint8_t)(1 << i % 8);
        memset(image + 2700, 'x', 300);
        struct pst_delta_order order = {.base = pst_bytes(base, sizeof base),
                                        .image = pst_bytes(image, sizeof image),
                                        .segment = segment,
                                        .segments = PST_COUNT(segment),
                                        .region = region,
                                        .regions = PST_COUNT(region),
                                        .frame_bytes = 1600};
        write_seed(folder, names[isa], &order);
    }
    const struct pst_segment fill = {0, 3000, PST_DELTA_FILL | 'x'};
    memset(image, 'x', sizeof image);
    struct pst_delta_order order = {.image = pst_bytes(image, sizeof image)};
    write_seed(folder, "inserted", &order);
    order.segment = &fill;
    order.segments = 1;
    write_seed(folder, "filled", &order);
    order.image.len = 0;
    write_seed(folder, "empty", &order);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_gives_its_image),
        cmocka_unit_test(pairs_that_once_broke_the_encoder_come_back),
        cmocka_unit_test(code_of_each_kind_gives_its_image),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(the_way_it_is_cut_makes_no_difference),
        cmocka_unit_test(every_checkpoint_resumes_to_the_same_image),
        cmocka_unit_test(a_torn_checkpoint_is_refused_or_gives_another_image),
        cmocka_unit_test(no_flipped_bit_and_no_cut_gives_another_image),
        cmocka_unit_test(a_base_that_differs_never_gives_the_image_unnoticed),
    };
    if (argc != 3)
        return cmocka_run_group_tests(tests, NULL, NULL);
    /* Outside of its own tests, cmocka would end the program without a word. */
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    if (strcmp(argv[1], "seeds") == 0)
        return write_seeds(argv[2]);
    return run_pairs(strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10));
}
