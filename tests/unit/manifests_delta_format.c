/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a delta: what may stand in it, and that every bit of it counts. */
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "manifests/delta/format.h"
#include "tests/support/check.h"
#include "tests/support/delta_writer.h"
#include "tests/support/source_run.h"

static struct pst_delta_header good_header(void)
{
    struct pst_delta_header header = {.version = PST_DELTA_VERSION,
                                      .base_bytes = 5000000,
                                      .image_bytes = 6000000,
                                      .segments = 77,
                                      .regions = 3,
                                      .frames = 4,
                                      .head_bytes = 900,
                                      .table_log = 16,
                                      .window_log = 20};
    for (size_t i = 0; i < PST_DELTA_DIGEST; i++) {
        header.base_sha256[i] = (uint8_t)(i + 1);
        header.image_sha256[i] = (uint8_t)(255 - i);
    }
    return header;
}

static enum pst_code read_header(const struct pst_delta_header *header,
                                 struct pst_delta_header *out, struct pst_report *why)
{
    uint8_t bytes[PST_DELTA_HEADER];
    pst_delta_header_print(header, bytes);
    return pst_delta_header_read(bytes, out, why);
}

static void what_is_printed_is_read_again(void **state)
{
    (void)state;
    struct pst_delta_header header = good_header(), found;
    struct pst_report why = {0};
    assert_int_equal(read_header(&header, &found, &why), PST_OK);
    assert_int_equal(why.count, 0);
    assert_int_equal(found.base_bytes, header.base_bytes);
    assert_int_equal(found.image_bytes, header.image_bytes);
    assert_memory_equal(found.base_sha256, header.base_sha256, PST_DELTA_DIGEST);
    assert_memory_equal(found.image_sha256, header.image_sha256, PST_DELTA_DIGEST);
    assert_int_equal(found.segments, header.segments);
    assert_int_equal(found.regions, header.regions);
    assert_int_equal(found.frames, header.frames);
    assert_int_equal(found.head_bytes, header.head_bytes);
    assert_int_equal(found.table_log, header.table_log);
    assert_int_equal(found.window_log, header.window_log);
}

/* Where the fields stand, for who implements the format from its page. */
static void the_fields_stand_where_the_page_says(void **state)
{
    static const struct {
        size_t at, len;
        uint64_t value;
    } fields[] = {{4, 4, 1},  {8, 8, 5000000}, {16, 8, 6000000}, {88, 4, 77},  {92, 4, 3},
                  {96, 4, 4}, {100, 4, 900},   {104, 1, 16},     {105, 1, 20}, {106, 6, 0},
                  {24, 1, 1}, {55, 1, 32},     {56, 1, 255},     {87, 1, 224}};
    struct pst_delta_header header = good_header();
    uint8_t bytes[PST_DELTA_HEADER];
    (void)state;
    pst_delta_header_print(&header, bytes);
    assert_memory_equal(bytes, "PSTD", 4);
    for (size_t i = 0; i < PST_COUNT(fields); i++)
        assert_int_equal(pst_le_get(bytes + fields[i].at, fields[i].len), fields[i].value);
}

struct forgery {
    const char *name;
    size_t at, len;
    uint64_t value;
    enum pst_code expect;
};

enum { BASE = 8, IMAGE = 16, SEGMENTS = 88, REGIONS = 92, FRAMES = 96, HEAD = 100 };
enum { TABLE = 104, WINDOW = 105 };

static const struct forgery forgeries[] = {
    {"another magic", 0, 4, 0, PST_DELTA_MALFORMED},
    {"zstd's magic", 0, 4, 0xFD2FB528, PST_DELTA_MALFORMED},
    {"version 0", 4, 4, 0, PST_DELTA_FORMAT},
    {"version 2", 4, 4, 2, PST_DELTA_FORMAT},
    {"version 2^31 + 1", 4, 4, 0x80000001, PST_DELTA_FORMAT},
    {"the largest base", BASE, 8, PST_DELTA_IMAGE_MOST, PST_OK},
    {"a base one larger", BASE, 8, UINT64_C(0x80000000), PST_DELTA_MALFORMED},
    {"a base of 2^32", BASE, 8, UINT64_C(1) << 32, PST_DELTA_MALFORMED},
    {"a base of 2^63", BASE, 8, UINT64_C(1) << 63, PST_DELTA_MALFORMED},
    {"a base of all ones", BASE, 8, UINT64_MAX, PST_DELTA_MALFORMED},
    {"no base", BASE, 8, 0, PST_OK},
    {"an image one larger", IMAGE, 8, UINT64_C(0x80000000), PST_DELTA_MALFORMED},
    {"an image of 2^32", IMAGE, 8, UINT64_C(1) << 32, PST_DELTA_MALFORMED},
    {"an image of all ones", IMAGE, 8, UINT64_MAX, PST_DELTA_MALFORMED},
    {"an empty image with segments and all", IMAGE, 8, 0, PST_DELTA_MALFORMED},
    {"an image of fewer bytes than segments", IMAGE, 8, 76, PST_DELTA_MALFORMED},
    {"an image too large for its frames", IMAGE, 8, 4 * (64 << 20) + 1, PST_DELTA_MALFORMED},
    {"an image of just its frames", IMAGE, 8, 4 * (64 << 20), PST_OK},
    {"the most segments", SEGMENTS, 4, PST_DELTA_SEGMENTS_MOST, PST_OK},
    {"a segment more", SEGMENTS, 4, PST_DELTA_SEGMENTS_MOST + 1, PST_DELTA_MALFORMED},
    {"2^32 - 1 segments", SEGMENTS, 4, UINT32_MAX, PST_DELTA_MALFORMED},
    {"no segments", SEGMENTS, 4, 0, PST_OK},
    {"no region", REGIONS, 4, 0, PST_DELTA_MALFORMED},
    {"the most regions", REGIONS, 4, PST_DELTA_REGIONS_MOST, PST_OK},
    {"a region more", REGIONS, 4, PST_DELTA_REGIONS_MOST + 1, PST_DELTA_MALFORMED},
    {"2^32 - 1 regions", REGIONS, 4, UINT32_MAX, PST_DELTA_MALFORMED},
    {"no frames", FRAMES, 4, 0, PST_DELTA_MALFORMED},
    {"more frames than bytes", FRAMES, 4, 6000001, PST_DELTA_MALFORMED},
    {"2^32 - 1 frames", FRAMES, 4, UINT32_MAX, PST_DELTA_MALFORMED},
    {"no head", HEAD, 4, 0, PST_DELTA_MALFORMED},
    {"a head of fewer bytes than it must have", HEAD, 4, PST_CODER_LEAD - 1, PST_DELTA_MALFORMED},
    {"the shortest head", HEAD, 4, PST_CODER_LEAD, PST_OK},
    {"a head of 2 GiB", HEAD, 4, 0x80000000, PST_DELTA_MALFORMED},
    {"2^32 - 1 bytes of head", HEAD, 4, UINT32_MAX, PST_DELTA_MALFORMED},
    {"the least tables", TABLE, 1, PST_TABLE_LOG_LEAST, PST_OK},
    {"smaller tables", TABLE, 1, PST_TABLE_LOG_LEAST - 1, PST_DELTA_MALFORMED},
    {"no tables", TABLE, 1, 0, PST_DELTA_MALFORMED},
    {"the largest tables", TABLE, 1, PST_TABLE_LOG_MOST, PST_OK},
    {"larger tables", TABLE, 1, PST_TABLE_LOG_MOST + 1, PST_DELTA_MALFORMED},
    {"tables of 2^255", TABLE, 1, 255, PST_DELTA_MALFORMED},
    {"the least window", WINDOW, 1, PST_WINDOW_LOG_LEAST, PST_OK},
    {"a smaller window", WINDOW, 1, PST_WINDOW_LOG_LEAST - 1, PST_DELTA_MALFORMED},
    {"the largest window", WINDOW, 1, PST_WINDOW_LOG_MOST, PST_OK},
    {"a larger window", WINDOW, 1, PST_WINDOW_LOG_MOST + 1, PST_DELTA_MALFORMED},
    {"a window of 2^31", WINDOW, 1, 31, PST_DELTA_MALFORMED},
    {"a window of 2^255", WINDOW, 1, 255, PST_DELTA_MALFORMED},
    {"something in the first reserved byte", 106, 1, 1, PST_DELTA_MALFORMED},
    {"something in the last reserved byte", 111, 1, 0x80, PST_DELTA_MALFORMED},
};

static void each_field_beyond_its_limit_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(forgeries); i++) {
        const struct forgery *forgery = &forgeries[i];
        struct pst_delta_header header = good_header(), out = {.version = 99};
        struct pst_report why = {0};
        uint8_t bytes[PST_DELTA_HEADER];
        pst_delta_header_print(&header, bytes);
        pst_le_put(bytes + forgery->at, forgery->len, forgery->value);
        enum pst_code got = pst_delta_header_read(bytes, &out, &why);
        if (got != forgery->expect || (got == PST_OK) != (why.count == 0))
            fail_msg("%s: %s, not %s, with %zu findings", forgery->name, pst_code_name(got),
                     pst_code_name(forgery->expect), why.count);
        assert_true(got == PST_OK || out.version == 99); /* a refusal leaves the result alone */
    }
}

static void all_faults_of_a_header_are_named_at_once(void **state)
{
    (void)state;
    struct pst_delta_header header = good_header(), out;
    struct pst_report why = {0};
    header.base_bytes = header.image_bytes = UINT64_MAX;
    header.segments = header.regions = header.frames = header.head_bytes = UINT32_MAX;
    header.table_log = header.window_log = 255;
    header.frames = 0;
    assert_int_equal(read_header(&header, &out, &why), PST_DELTA_MALFORMED);
    assert_int_equal(why.count, 8);
}

/* One reason: who is told of a version as well looks for the wrong thing. */
static void what_is_no_delta_is_said_to_be_none_and_no_more(void **state)
{
    static const uint8_t fills[] = {0, 7, 0x50, 255};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(fills); i++) {
        struct pst_report why = {0};
        struct pst_delta_header out;
        uint8_t bytes[PST_DELTA_HEADER];
        memset(bytes, fills[i], sizeof bytes);
        assert_int_equal(pst_delta_header_read(bytes, &out, &why), PST_DELTA_MALFORMED);
        assert_int_equal(why.count, 1);
        why = (struct pst_report){0};
        memcpy(bytes, "PSTD", 4); /* one of a time to come */
        assert_int_equal(pst_delta_header_read(bytes, &out, &why), PST_DELTA_FORMAT);
        assert_int_equal(why.count, 1);
    }
}

/* Of an empty image, too: there is a header, or there is no delta. */
static void no_bytes_are_no_delta(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf nothing = pst_buf(8);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(PST_OUT_MOST);
    const struct pst_delta_order order = {.image = {.len = 0}};
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    struct pst_made_source made = {PST_SOURCE_DELTA, pst_delta_memory(&header)};
    PST_CLEANUP(pst_run)
    struct pst_run run = pst_run_of(&delta, &made, (struct pst_bytes){0}, 0);
    pst_assert_decodes_to(&run, (struct pst_bytes){0});
    PST_CLEANUP(pst_run)
    struct pst_run none = pst_run_of(&nothing, &made, (struct pst_bytes){0}, 0);
    assert_int_equal(pst_run_decode(&none), PST_IMAGE_SIZE);
}

/* An empty image has nothing else: no head, no region, no frame. */
static void an_empty_image_has_an_empty_rest(void **state)
{
    static const struct {
        size_t at;
        const char *name;
    } rest[] = {{SEGMENTS, "segments"}, {REGIONS, "regions"}, {FRAMES, "frames"}, {HEAD, "head"}};
    struct pst_delta_header header = {
        .version = 1, .base_bytes = 10, .table_log = 16, .window_log = 16};
    struct pst_delta_header out;
    uint8_t bytes[PST_DELTA_HEADER];
    (void)state;
    assert_int_equal(read_header(&header, &out, NULL), PST_OK);
    assert_true(pst_delta_memory(&header) > 0);
    for (size_t i = 0; i < PST_COUNT(rest); i++) {
        pst_delta_header_print(&header, bytes);
        bytes[rest[i].at] = 1;
        if (pst_delta_header_read(bytes, &out, NULL) != PST_DELTA_MALFORMED)
            fail_msg("%s of nothing", rest[i].name);
    }
}

static void memory_grows_with_what_is_declared_and_never_wraps(void **state)
{
    (void)state;
    struct pst_delta_header header = good_header();
    int64_t before = pst_delta_memory(&header);
    for (header.table_log = PST_TABLE_LOG_LEAST; header.table_log <= PST_TABLE_LOG_MOST;
         header.table_log++)
        for (header.window_log = PST_WINDOW_LOG_LEAST; header.window_log <= PST_WINDOW_LOG_MOST;
             header.window_log++)
            assert_in_range(pst_delta_memory(&header), 1 << 18, 64 << 20);
    header = good_header();
    header.segments = PST_DELTA_SEGMENTS_MOST;
    header.regions = PST_DELTA_REGIONS_MOST;
    assert_true(pst_delta_memory(&header) >=
                before + (int64_t)(PST_DELTA_SEGMENTS_MOST - 77) * PST_SEGMENT_BYTES);
}

/* ---- in a delta: the plan knows better ------------------------------------------------------- */

/* A small delta with its ends named, and the plan that a manifest would make of it. */
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

static struct small make_small(void)
{
    struct small small = {.pair = {pst_buf(PST_OUT_MOST), pst_buf(PST_OUT_MOST)},
                          .delta = pst_buf(PST_OUT_MOST)};
    uint64_t seed = 3;
    pst_grow(&seed, &small.pair.base, 3000);
    assert_true(pst_buf_add(&small.pair.image, small.pair.base.at + 100, 2000));
    pst_grow(&seed, &small.pair.image, 700);
    const struct pst_segment segments[] = {{0, 900, 100}, {900, 1100, 1000}};
    const struct pst_delta_order order = {.base = pst_buf_bytes(&small.pair.base),
                                          .image = pst_buf_bytes(&small.pair.image),
                                          .segment = segments,
                                          .segments = PST_COUNT(segments),
                                          .frame_bytes = 1000};
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

static void every_flipped_bit_of_a_header_is_noticed(void **state)
{
    static const enum pst_code blamed[] = {PST_DELTA_MALFORMED, PST_DELTA_FORMAT, PST_DELTA_BASE,
                                           PST_IMAGE_SIZE,      PST_IMAGE_DIGEST, PST_DELTA_MEMORY};
    (void)state;
    PST_CLEANUP(small) struct small small = make_small();
    PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small);
    pst_assert_decodes_to(&run, pst_buf_bytes(&small.pair.image));
    for (size_t bit = 0; bit < 8 * (size_t)PST_DELTA_HEADER; bit++) {
        small.delta.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
        enum pst_code got = pst_run_decode(&run);
        bool known = false;
        for (size_t i = 0; i < PST_COUNT(blamed); i++)
            known = known || blamed[i] == got;
        if (!known)
            fail_msg("byte %zu, bit %zu: %s", bit / 8, bit % 8, pst_code_name(got));
        small.delta.at[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

struct contradiction {
    const char *name;
    enum pst_code expect;
    void (*change)(struct pst_run *run, struct pst_delta_header *header);
};

static void plan_base(struct pst_run *run, struct pst_delta_header *header)
{
    header->base_bytes--;
    (void)run;
}

static void plan_image(struct pst_run *run, struct pst_delta_header *header)
{
    header->image_bytes--;
    (void)run;
}

static void plan_base_sha256(struct pst_run *run, struct pst_delta_header *header)
{
    header->base_sha256[31] ^= 1;
    (void)run;
}

static void plan_image_sha256(struct pst_run *run, struct pst_delta_header *header)
{
    header->image_sha256[0] ^= 1;
    (void)run;
}

static void plan_memory(struct pst_run *run, struct pst_delta_header *header)
{
    run->plan.memory_bytes--;
    (void)header;
}

static void more_memory(struct pst_run *run, struct pst_delta_header *header)
{
    header->window_log++;
    (void)run;
}

static void more_frames_than_source(struct pst_run *run, struct pst_delta_header *header)
{
    header->frames = (uint32_t)run->plan.source_bytes / PST_DELTA_FRAME_HEADER;
}

static void more_head_than_source(struct pst_run *run, struct pst_delta_header *header)
{
    header->head_bytes = (uint32_t)run->plan.source_bytes;
}

static void a_frame_more(struct pst_run *run, struct pst_delta_header *header)
{
    header->frames++;
    (void)run;
}

static void a_frame_fewer(struct pst_run *run, struct pst_delta_header *header)
{
    header->frames--;
    (void)run;
}

static void nothing(struct pst_run *run, struct pst_delta_header *header)
{
    (void)run;
    (void)header;
}

static void no_digests(struct pst_run *run, struct pst_delta_header *header)
{
    memset(header->base_sha256, 0, PST_DELTA_DIGEST);
    memset(header->image_sha256, 0, PST_DELTA_DIGEST);
    (void)run;
}

static void what_plan_and_header_say_must_agree(void **state)
{
    static const struct contradiction cases[] = {
        {"nothing", PST_OK, nothing},
        {"digests that are not said", PST_OK, no_digests},
        {"a base of another size", PST_DELTA_BASE, plan_base},
        {"an image of another size", PST_IMAGE_SIZE, plan_image},
        {"another base", PST_DELTA_BASE, plan_base_sha256},
        {"another image", PST_IMAGE_DIGEST, plan_image_sha256},
        {"a byte of memory too few", PST_DELTA_MEMORY, plan_memory},
        {"a larger window", PST_DELTA_MEMORY, more_memory},
        {"more frames than bytes", PST_DELTA_MALFORMED, more_frames_than_source},
        {"more head than bytes", PST_DELTA_MALFORMED, more_head_than_source},
        {"a frame more", PST_DELTA_MALFORMED, a_frame_more},
        {"a frame fewer", PST_DELTA_MALFORMED, a_frame_fewer},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(small) struct small small = make_small();
        PST_CLEANUP(pst_run) struct pst_run run = run_of_small(&small);
        struct pst_delta_header header;
        assert_int_equal(pst_delta_header_read(small.delta.at, &header, NULL), PST_OK);
        cases[i].change(&run, &header);
        pst_delta_put_header(&small.delta, &header);
        enum pst_code got = pst_run_decode(&run);
        if (got != cases[i].expect)
            fail_msg("%s: %s, not %s", cases[i].name, pst_code_name(got),
                     pst_code_name(cases[i].expect));
    }
}

static void info_tells_what_the_header_says(void **state)
{
    (void)state;
    PST_CLEANUP(small) struct small small = make_small();
    struct pst_delta_info info = {.frames = -1};
    assert_int_equal(pst_delta_info(pst_buf_bytes(&small.delta), &info, NULL), PST_OK);
    assert_int_equal(info.base_bytes, small.pair.base.len);
    assert_int_equal(info.image_bytes, small.pair.image.len);
    assert_int_equal(info.frames, 3);
    assert_int_equal(info.segments, 2);
    assert_int_equal(info.head_bytes, small.header.head_bytes);
    assert_int_equal(info.memory_bytes, pst_delta_memory(&small.header));
    assert_memory_equal(info.base_sha256, small.base_sha256, PST_DELTA_DIGEST);
    assert_memory_equal(info.image_sha256, small.image_sha256, PST_DELTA_DIGEST);
    for (size_t len = 0; len < PST_DELTA_HEADER; len++) {
        struct pst_report why = {0};
        assert_int_equal(pst_delta_info(pst_bytes(small.delta.at, len), &info, &why),
                         PST_DELTA_MALFORMED);
        assert_int_equal(why.count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read_again),
        cmocka_unit_test(the_fields_stand_where_the_page_says),
        cmocka_unit_test(each_field_beyond_its_limit_is_refused),
        cmocka_unit_test(all_faults_of_a_header_are_named_at_once),
        cmocka_unit_test(what_is_no_delta_is_said_to_be_none_and_no_more),
        cmocka_unit_test(no_bytes_are_no_delta),
        cmocka_unit_test(an_empty_image_has_an_empty_rest),
        cmocka_unit_test(memory_grows_with_what_is_declared_and_never_wraps),
        cmocka_unit_test(every_flipped_bit_of_a_header_is_noticed),
        cmocka_unit_test(what_plan_and_header_say_must_agree),
        cmocka_unit_test(info_tells_what_the_header_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
