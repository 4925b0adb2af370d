/* SPDX-License-Identifier: Apache-2.0 */
/* xz alone: frames, filters, forgeries. What holds of all formats is in manifests_decoder.c. */
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "manifests/encoder_frames.h"
#include "tests/support/check.h"
#include "tests/support/source_run.h"

/* Frames of xz even where they are larger than the image. */
static void add_xz(struct pst_bytes image, struct pst_buf *out)
{
    *out = pst_buf(PST_OUT_MOST);
    for (size_t at = 0; at < image.len; at += PST_FULL_FRAME) {
        struct pst_packed_frame frame = {0};
        size_t left = image.len - at;
        assert_true(pst_xz_pack(
            pst_bytes(image.at + at, left < PST_FULL_FRAME ? left : PST_FULL_FRAME), &frame));
        assert_true(pst_buf_add(out, frame.at, frame.len));
        free(frame.at);
    }
}

static struct pst_run run_of(const struct pst_buf *source, size_t image_bytes)
{
    const struct pst_made_source made = {PST_SOURCE_XZ, pst_xz_memory((int64_t)image_bytes)};
    return pst_run_of(source, &made, (struct pst_bytes){0}, image_bytes);
}

/* What the head of the only frame says, found by trying: packed bytes and filter are all it has. */
static struct pst_xz_frame frame_of(const struct pst_buf *source, size_t image_bytes)
{
    struct pst_xz_frame frame = {.image_bytes = (int64_t)image_bytes};
    uint8_t head[PST_XZ_AROUND_MOST], tail[PST_XZ_AROUND_MOST];
    for (frame.filter = PST_XZ_PLAIN; frame.filter < PST_XZ_FILTERS; frame.filter++)
        for (frame.packed_bytes = 1; frame.packed_bytes < (int64_t)source->len;
             frame.packed_bytes++) {
            size_t head_len = pst_xz_head(&frame, head);
            if (memcmp(source->at, head, head_len) == 0 &&
                head_len + (size_t)frame.packed_bytes + pst_xz_tail(&frame, head_len, tail) ==
                    source->len)
                return frame;
        }
    fail_msg("the source is no single frame of %zu bytes", image_bytes);
    return frame;
}

/* A number here and there in zeroes: packs in no time, and no part is like another. */
static struct pst_buf sparse_image(size_t len)
{
    struct pst_buf image = pst_buf(PST_OUT_MOST);
    uint64_t seed = len + 1;
    assert_true(pst_buf_reserve(&image, len + 1));
    memset(image.at, 0, len + 1);
    image.len = len;
    for (size_t at = 0; at + 8 <= len; at += 4096)
        pst_le_put(image.at + at, 8, pst_seeded_random(&seed));
    return image;
}

static void images_of_any_number_of_frames_come_back_from_every_checkpoint(void **state)
{
    static const struct {
        size_t bytes, frames;
    } cases[] = {
        {0, 0},
        {1, 1},
        {4095, 1},
        {PST_FULL_FRAME - 1, 1},
        {PST_FULL_FRAME, 1},
        {PST_FULL_FRAME + 1, 2},
        {3 * PST_FULL_FRAME, 3},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf image = sparse_image(cases[i].bytes), source = {0};
        add_xz(pst_buf_bytes(&image), &source);
        PST_CLEANUP(pst_run) struct pst_run first = run_of(&source, image.len);
        first.feed = 10;
        first.room = 1 << 20;
        pst_assert_decodes_to(&first, pst_buf_bytes(&image));
        assert_int_equal(first.checkpoints, 1 + cases[i].frames);
        for (size_t k = 0; k < first.checkpoints; k++) {
            PST_CLEANUP(pst_run) struct pst_run again = run_of(&source, image.len);
            again.from = first.checkpoint[k];
            pst_assert_decodes_to(&again, pst_buf_bytes(&image));
        }
    }
}

static void threads_change_no_byte(void **state)
{
    static const unsigned threads[] = {1, 4};
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf image = sparse_image(2 * PST_FULL_FRAME + 5);
    PST_CLEANUP(pst_buf) struct pst_buf expected = {0};
    add_xz(pst_buf_bytes(&image), &expected);
    for (size_t i = 0; i < PST_COUNT(threads); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf source = pst_buf(PST_OUT_MOST);
        struct pst_made_source made;
        assert_int_equal(pst_encode_full_by(threads[i], PST_SOURCE_XZ, pst_buf_bytes(&image), NULL,
                                            &source, &made, NULL),
                         PST_OK);
        assert_int_equal(made.format, PST_SOURCE_XZ);
        assert_int_equal(made.memory_bytes, PST_FULL_FRAME + PST_XZ_FIXED);
        assert_true(pst_bytes_equal(pst_buf_bytes(&source), pst_buf_bytes(&expected)));
    }
}

/* ---- filters: programs that call one of a few functions all the time */

static void put_arm(uint8_t *at, uint32_t target, uint32_t here)
{
    pst_le_put(at, 4, 0xeb000000 | ((target - here - 8) >> 2 & 0xffffff));
}

static void put_arm64(uint8_t *at, uint32_t target, uint32_t here)
{
    pst_le_put(at, 4, 0x94000000 | ((target - here) >> 2 & 0x3ffffff));
}

static void put_thumb(uint8_t *at, uint32_t target, uint32_t here)
{
    uint32_t by = (target - here - 4) >> 1;
    pst_le_put(at, 4, 0xf000 | (by >> 11 & 0x7ff) | (0xf800U | (by & 0x7ff)) << 16);
}

static void put_x86(uint8_t *at, uint32_t target, uint32_t here)
{
    at[0] = 0xe8;
    pst_le_put(at + 1, 4, target - here - 5);
}

static void the_filter_that_fits_the_code_is_found(void **state)
{
    enum { BYTES = 64 << 10 };
    static const struct {
        const char *name;
        enum pst_xz_filter filter;
        void (*put)(uint8_t *at, uint32_t target, uint32_t here);
    } cases[] = {
        {"ARM", PST_XZ_ARM, put_arm},
        {"ARM64", PST_XZ_ARM64, put_arm64},
        {"Thumb", PST_XZ_THUMB, put_thumb},
        {"x86", PST_XZ_X86, put_x86},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(PST_OUT_MOST), source = {0};
        uint8_t code[8] = {0};
        uint64_t seed = i + 1;
        while (image.len < BYTES) {
            uint32_t target = (uint32_t)(pst_seeded_random(&seed) >> 60) * 0xa30;
            cases[i].put(code, target, (uint32_t)image.len);
            assert_true(pst_buf_add(&image, code, sizeof code));
        }
        add_xz(pst_buf_bytes(&image), &source);
        PST_CLEANUP(pst_run) struct pst_run run = run_of(&source, image.len);
        pst_assert_decodes_to(&run, pst_buf_bytes(&image));

        if (frame_of(&source, image.len).filter != cases[i].filter)
            fail_msg("%s was packed with another filter", cases[i].name);
    }
}

static void grow_zeroes(struct pst_buf *image)
{
    assert_true(pst_buf_add(image, (const uint8_t[4096]){0}, 4096));
}

static void grow_calls(struct pst_buf *image)
{
    uint64_t seed = image->len + 1;
    for (size_t i = 0; i < 512; i++) {
        uint8_t code[8] = {0};
        put_arm64(code, (uint32_t)(pst_seeded_random(&seed) >> 60) * 0xa30, (uint32_t)image->len);
        assert_true(pst_buf_add(image, code, sizeof code));
    }
}

static void grow_noise(struct pst_buf *image)
{
    uint64_t seed = image->len + 1;
    for (size_t i = 0; i < 4096; i++) {
        uint8_t byte = (uint8_t)(pst_seeded_random(&seed) >> 56);
        assert_true(pst_buf_add(image, &byte, 1));
    }
}

static void the_smallest_is_kept_and_xz_has_to_be_worth_it(void **state)
{
    static const struct {
        const char *name;
        void (*grow)(struct pst_buf *image);
        enum pst_source_format expected;
    } cases[] = {
        {"zeroes, of which zstd makes less", grow_zeroes, PST_SOURCE_ZSTD},
        {"code, of which xz makes less", grow_calls, PST_SOURCE_XZ},
        {"noise, of which nobody makes less", grow_noise, PST_SOURCE_RAW},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(PST_OUT_MOST);
        PST_CLEANUP(pst_buf) struct pst_buf source = pst_buf(PST_OUT_MOST);
        struct pst_made_source made;
        while (image.len < 64 << 10)
            cases[i].grow(&image);
        assert_int_equal(pst_encode_full(pst_buf_bytes(&image), NULL, &source, &made, NULL),
                         PST_OK);
        if (made.format != cases[i].expected)
            fail_msg("%s: %s", cases[i].name, pst_source_format_name(made.format));
        PST_CLEANUP(pst_run)
        struct pst_run run = pst_run_of(&source, &made, (struct pst_bytes){0}, image.len);
        pst_assert_decodes_to(&run, pst_buf_bytes(&image));
    }
}

/* ---- damage and forgery */

struct small {
    struct pst_buf image, source;
    struct pst_xz_frame frame;
    size_t head_len, tail_len;
};

static void small_cleanup(struct small *small)
{
    pst_buf_clear(&small->image);
    pst_buf_clear(&small->source);
}

static struct small make_small(size_t bytes)
{
    struct small small = {.image = pst_buf(PST_OUT_MOST)};
    uint8_t around[PST_XZ_AROUND_MOST];
    uint64_t seed = bytes;
    pst_grow(&seed, &small.image, bytes);
    add_xz(pst_buf_bytes(&small.image), &small.source);
    small.frame = frame_of(&small.source, bytes);
    small.head_len = pst_xz_head(&small.frame, around);
    small.tail_len = pst_xz_tail(&small.frame, small.head_len, around);
    return small;
}

/*
 * Around the content, each bit counts. In it a flip may give another image, which the digest
 * refuses, or the very image: where no prediction was in want of them, LZMA's contexts may be
 * others.
 */
static void every_flipped_bit_is_refused_or_left_to_the_digest_or_says_nothing(void **state)
{
    (void)state;
    size_t refused = 0, wrong = 0, nothing = 0;
    for (size_t bytes = 40; bytes < 1300; bytes += 400) {
        PST_CLEANUP(small) struct small small = make_small(bytes);
        PST_CLEANUP(pst_run) struct pst_run run = run_of(&small.source, bytes);
        pst_assert_decodes_to(&run, pst_buf_bytes(&small.image));
        for (size_t bit = 0; bit < 8 * small.source.len; bit++) {
            small.source.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
            enum pst_code rc = pst_run_decode(&run);
            small.source.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
            bool around = bit / 8 < small.head_len || bit / 8 >= small.source.len - small.tail_len;
            bool same = rc == PST_OK && memcmp(run.out, small.image.at, bytes) == 0;
            if (rc != PST_DELTA_MALFORMED && (rc != PST_OK || around))
                fail_msg("bit %zu of %zu bytes: %s", bit, small.source.len, pst_code_name(rc));
            *(same ? &nothing : rc == PST_OK ? &wrong : &refused) += 1;
        }
    }
    print_message("%zu refused, %zu left to the digest, %zu say nothing\n", refused, wrong,
                  nothing);
    assert_true(refused > wrong && nothing * 100 < refused);
}

/* Head, content and tail as said, all sums right. */
static enum pst_code decode_forged(const struct pst_xz_frame *said, struct pst_bytes content,
                                   size_t image_bytes, size_t source_more)
{
    PST_CLEANUP(pst_buf) struct pst_buf source = pst_buf(PST_OUT_MOST);
    uint8_t around[PST_XZ_AROUND_MOST];
    size_t head_len = pst_xz_head(said, around);
    assert_true(head_len > 0);
    assert_true(pst_buf_add(&source, around, head_len));
    assert_true(pst_buf_add(&source, content.at, content.len));
    assert_true(pst_buf_add(&source, around, pst_xz_tail(said, head_len, around)));
    for (size_t i = 0; i < source_more; i++)
        assert_true(pst_buf_add(&source, "", 1));
    PST_CLEANUP(pst_run) struct pst_run run = run_of(&source, image_bytes);
    return pst_run_decode(&run);
}

static void sizes_that_lie_are_refused_though_all_sums_are_right(void **state)
{
    enum { BYTES = 5000 };
    static const struct {
        const char *name;
        int64_t packed_more, image_more; /* than there are, in the header */
        int64_t plan_more;               /* in the manifest */
        size_t source_more;              /* zeroes behind */
        enum pst_code expected;
    } cases[] = {
        {"the truth", 0, 0, 0, 0, PST_OK},
        {"a packed byte fewer", -1, 0, 0, 0, PST_DELTA_MALFORMED},
        {"a packed byte more", 1, 0, 0, 0, PST_DELTA_MALFORMED},
        {"a packed byte more, and it is there", 1, 0, 0, 4, PST_DELTA_MALFORMED},
        {"more packed bytes than the source has", 100, 0, 0, 0, PST_DELTA_MALFORMED},
        {"more than any image takes", BYTES, 0, 0, 4 * BYTES, PST_DELTA_MALFORMED},
        {"a gigabyte", 1 << 30, 0, 0, 0, PST_DELTA_MALFORMED},
        {"half of 64 bits", INT64_MAX / 2, 0, 0, 0, PST_DELTA_MALFORMED},
        {"an image byte fewer than the manifest's", 0, -1, 0, 0, PST_DELTA_MALFORMED},
        {"one more", 0, 1, 0, 0, PST_DELTA_MALFORMED},
        {"a terabyte", 0, INT64_C(1) << 40, 0, 0, PST_DELTA_MALFORMED},
        {"one fewer in the manifest too", 0, -1, -1, 0, PST_DELTA_MALFORMED},
        {"one more in the manifest too", 0, 1, 1, 0, PST_DELTA_MALFORMED},
        {"the largest frame for so little", 0, PST_FULL_FRAME - BYTES, PST_FULL_FRAME - BYTES, 0,
         PST_DELTA_MALFORMED},
        {"a byte behind the last frame", 0, 0, 0, 1, PST_DELTA_MALFORMED},
    };
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(BYTES);
    struct pst_bytes content =
        pst_bytes(small.source.at + small.head_len, (size_t)small.frame.packed_bytes);
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_xz_frame said = small.frame;
        said.packed_bytes += cases[i].packed_more;
        said.image_bytes += cases[i].image_more;
        enum pst_code rc = decode_forged(&said, content, (size_t)(BYTES + cases[i].plan_more),
                                         cases[i].source_more);
        if (rc != cases[i].expected)
            fail_msg("%s: %s", cases[i].name, pst_code_name(rc));
    }
}

/* LZMA2 by hand: chunks of "copy this", and the byte that ends the row. */
static void contents_made_by_hand_make_what_they_declare_or_nothing(void **state)
{
    enum { IMAGE = 300 };
    static const struct {
        const char *name;
        size_t chunks, chunk_bytes;
        uint8_t first, end;
        size_t behind; /* the end, and counted as packed */
        enum pst_code expected;
    } cases[] = {
        {"all in one chunk", 1, 300, 1, 0, 0, PST_OK},
        {"a byte a chunk", 300, 1, 1, 0, 0, PST_OK},
        {"a byte fewer", 1, 299, 1, 0, 0, PST_DELTA_MALFORMED},
        {"a byte more", 1, 301, 1, 0, 0, PST_DELTA_MALFORMED},
        {"a bomb", 60, 65536, 1, 0, 0, PST_DELTA_MALFORMED},
        {"no end", 1, 300, 1, 1, 0, PST_DELTA_MALFORMED},
        {"something behind the end", 1, 300, 1, 0, 3, PST_DELTA_MALFORMED},
        {"a dictionary from before", 1, 300, 2, 0, 0, PST_DELTA_MALFORMED},
        {"a chunk of no kind", 1, 300, 3, 0, 0, PST_DELTA_MALFORMED},
        {"nothing at all", 0, 0, 1, 0, 0, PST_DELTA_MALFORMED},
    };
    static const uint8_t zeroes[1 << 16];
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf content = pst_buf(PST_OUT_MOST);
        for (size_t k = 0; k < cases[i].chunks; k++) {
            size_t less = cases[i].chunk_bytes - 1;
            const uint8_t header[3] = {k == 0 ? cases[i].first : 2, (uint8_t)(less >> 8),
                                       (uint8_t)less};
            assert_true(pst_buf_add(&content, header, sizeof header));
            assert_true(pst_buf_add(&content, zeroes, cases[i].chunk_bytes));
        }
        if (cases[i].end == 0)
            assert_true(pst_buf_add(&content, zeroes, 1 + cases[i].behind));
        for (unsigned filter = 0; filter < PST_XZ_FILTERS; filter++) {
            struct pst_xz_frame said = {IMAGE, (int64_t)content.len, filter};
            /* A frame may be a little longer than its image, so as to hold what does not pack. */
            bool fits = said.packed_bytes <= pst_xz_packed_most(IMAGE);
            enum pst_code expected = fits ? cases[i].expected : PST_DELTA_MALFORMED;
            enum pst_code rc = decode_forged(&said, pst_buf_bytes(&content), IMAGE, 0);
            if (rc != expected)
                fail_msg("%s, filter %u: %s", cases[i].name, filter, pst_code_name(rc));
        }
    }
}

static void what_xz_permits_and_we_do_not_is_refused(void **state)
{
    static const struct {
        const char *name;
        size_t at, len;
        uint8_t bytes[12];
    } cases[] = {
        {"a check of the content", 6, 6, {0, 1, 0x69, 0x22, 0xde, 0x36}},
        {"no block at all", 12, 4, {0, 0, 0, 0}},
        {"a block without its sizes", 13, 1, {0}},
        {"another magic", 0, 4, {0x28, 0xb5, 0x2f, 0xfd}},
        {"a header of a kilobyte", 12, 1, {0xff}},
        {"padding between streams", 0, 4, {0}},
    };
    (void)state;
    PST_CLEANUP(small) struct small small = make_small(700);
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf bent = pst_buf(PST_OUT_MOST);
        assert_true(pst_buf_add(&bent, small.source.at, small.source.len));
        memcpy(bent.at + cases[i].at, cases[i].bytes, cases[i].len);
        PST_CLEANUP(pst_run) struct pst_run run = run_of(&bent, small.image.len);
        enum pst_code rc = pst_run_decode(&run);
        if (rc != PST_DELTA_MALFORMED)
            fail_msg("%s: %s", cases[i].name, pst_code_name(rc));
    }
}

static void memory_is_what_is_declared(void **state)
{
    static const struct {
        int64_t image, memory;
    } cases[] = {
        {0, 0},
        {1, PST_XZ_FIXED + 4096},
        {4097, PST_XZ_FIXED + 4097},
        {PST_FULL_FRAME, PST_XZ_FIXED + PST_FULL_FRAME},
        {PST_IMAGE_BYTES_MOST, PST_XZ_FIXED + PST_FULL_FRAME},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        for (int64_t less = 0; less < 2 && less <= cases[i].memory; less++) {
            struct pst_decoder_plan plan = {.format = PST_SOURCE_XZ,
                                            .source_bytes = 1000,
                                            .image_bytes = cases[i].image,
                                            .memory_bytes = cases[i].memory - less};
            PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
            assert_int_equal(
                pst_decoder_open(&plan, NULL, (struct pst_checkpoint){0}, &decoder, NULL),
                less == 0 ? PST_OK : PST_DELTA_MEMORY);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_of_any_number_of_frames_come_back_from_every_checkpoint),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(the_filter_that_fits_the_code_is_found),
        cmocka_unit_test(the_smallest_is_kept_and_xz_has_to_be_worth_it),
        cmocka_unit_test(every_flipped_bit_is_refused_or_left_to_the_digest_or_says_nothing),
        cmocka_unit_test(sizes_that_lie_are_refused_though_all_sums_are_right),
        cmocka_unit_test(contents_made_by_hand_make_what_they_declare_or_nothing),
        cmocka_unit_test(what_xz_permits_and_we_do_not_is_refused),
        cmocka_unit_test(memory_is_what_is_declared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
