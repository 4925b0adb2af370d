/* SPDX-License-Identifier: Apache-2.0 */
/* D04 to D07: a delta that makes more or less than is signed, wants more than it may, or nothing
 * unusual at all. All of it is signed as it should be. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "manifests/decoder_formats.h"
#include "tests/attack/delta.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

enum { ALL = 20000, FRAME = 9000 };
/* Where numbers stand in a delta. */
enum { IMAGE_AT = 16, SEGMENTS_AT = 88, REGIONS_AT = 92, FRAMES_AT = 96, HEAD_AT = 100 };
enum { TABLE_AT = 104, WINDOW_AT = 105 };
enum { OF_FRAME_IMAGE = 0, OF_FRAME_PACKED = 4, OF_FRAME_DECISIONS = 8, IN_HEADER = -1 };

/* One number of a delta is another one. */
struct forgery {
    const char *name;
    int of_frame; /* IN_HEADER, or which number of a frame's header */
    size_t at;    /* in the header; in frames: which frame */
    size_t len;
    int64_t by;   /* added to what is there, unless it is `set` */
    uint64_t set; /* 0: by */
    enum pst_code expect;
};

static size_t frame_at(const struct pst_buf *delta, const struct pst_delta_header *header,
                       size_t nth)
{
    size_t at = PST_DELTA_HEADER + (size_t)header->head_bytes;
    for (; nth > 0; nth--)
        at += PST_DELTA_FRAME_HEADER + (size_t)pst_le_get(delta->at + at + OF_FRAME_PACKED, 4);
    return at;
}

static void forged(struct attack *attack, const struct forgery *forgery)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", forgery->name);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_order order = attack_delta_order(&it);
    order.frame_bytes = FRAME;
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    size_t at = forgery->of_frame == IN_HEADER
                    ? forgery->at
                    : frame_at(&delta, &header, forgery->at) + (size_t)forgery->of_frame;
    uint64_t value = pst_le_get(delta.at + at, forgery->len) + (uint64_t)forgery->by;
    pst_le_put(delta.at + at, forgery->len, forgery->set != 0 ? forgery->set : value);
    it.slot_may_be_begun = forgery->of_frame != IN_HEADER || forgery->at == FRAMES_AT;
    attack_delta_refused(&it, &delta, pst_delta_memory(&header), forgery->expect);
}

static void each_forged(struct attack *attack, const struct forgery *forgeries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        forged(attack, &forgeries[i]);
}

/* ---- D04 ------------------------------------------------------------------------------------- */

/* Made for an image of `bytes` bytes, which the manifest says too when `agreed`. */
static void another_size(struct attack *attack, int by, bool agreed)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "an image of %+d bytes, %s", by,
                                        agreed ? "as the manifest says" : "in the delta alone");
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(ALL + 64);
    struct pst_delta_order order = attack_delta_order(&it);
    size_t len = (size_t)ALL + (size_t)by;
    struct pst_segment part = {0, (uint32_t)(len < ALL ? len : ALL), 0};

    assert_true(pst_buf_add(&image, it.scene->image.at, part.len));
    while (image.len < len)
        assert_true(pst_buf_add(&image, "x", 1));
    order.image = pst_buf_bytes(&image);
    order.segment = &part;
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    if (agreed) {
        it.scene->release.component[0].size_bytes = (int64_t)len;
        it.slot_may_be_begun = true;
    }
    attack_delta_refused(&it, &delta, pst_delta_memory(&header),
                         agreed ? PST_IMAGE_DIGEST : PST_IMAGE_SIZE);
}

void attack_d04(struct attack *attack)
{
    static const struct forgery forgeries[] = {
        {"a header with a byte more", IN_HEADER, IMAGE_AT, 8, 1, 0, PST_IMAGE_SIZE},
        {"a header with a byte fewer", IN_HEADER, IMAGE_AT, 8, -1, 0, PST_IMAGE_SIZE},
        {"a first frame with a byte more", OF_FRAME_IMAGE, 0, 4, 1, 0, PST_DELTA_MALFORMED},
        {"a first frame with a byte fewer", OF_FRAME_IMAGE, 0, 4, -1, 0, PST_DELTA_MALFORMED},
        {"a last frame with a byte more", OF_FRAME_IMAGE, 2, 4, 1, 0, PST_DELTA_MALFORMED},
        {"a last frame with a byte fewer", OF_FRAME_IMAGE, 2, 4, -1, 0, PST_IMAGE_SIZE},
        {"a frame of no bytes", OF_FRAME_IMAGE, 1, 4, -FRAME, 0, PST_DELTA_MALFORMED},
        {"a packed byte more", OF_FRAME_PACKED, 0, 4, 1, 0, PST_DELTA_MALFORMED},
        {"a packed byte fewer", OF_FRAME_PACKED, 0, 4, -1, 0, PST_DELTA_MALFORMED},
    };
    each_forged(attack, forgeries, PST_COUNT(forgeries));
    for (int by = -1; by <= 1; by += 2) {
        another_size(attack, by, false);
        another_size(attack, by, true);
    }
}

/* ---- D05 ------------------------------------------------------------------------------------- */

static size_t resident_bytes(void)
{
    char line[128], *rest;
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    (void)strtoul(line, &rest, 10); /* all pages; those that are resident are the second number */
    unsigned long resident = strtoul(rest, NULL, 10);
    assert_true(resident > 0);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static bool read_nothing(void *context, uint64_t at, void *into, size_t len)
{
    (void)context;
    (void)at;
    (void)into;
    return len == 0;
}

/* So many zeros in some hundred bytes, and all of it signed: it makes just that, in no more memory
 * than is declared, at whatever size. */
static void zeros(struct attack *attack, size_t bytes)
{
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(bytes);
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    struct attack_case it = {.attack = attack, .name = "zeros"};
    const struct pst_segment fill = {0, (uint32_t)bytes, PST_DELTA_FILL};
    static uint8_t out[65536];
    size_t made = 1, sum = 0, most = 0;

    assert_true(pst_buf_reserve(&image, bytes));
    memset(image.at, 0, bytes);
    image.len = bytes;
    const struct pst_delta_order order = {
        .image = pst_buf_bytes(&image), .segment = &fill, .segments = 1, .frame_bytes = 32 << 20};
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    const struct pst_decoder_plan plan = {PST_SOURCE_DELTA,
                                          (int64_t)delta.len,
                                          (int64_t)bytes,
                                          0,
                                          pst_delta_memory(&header),
                                          NULL,
                                          NULL};
    const struct pst_base_port base = {NULL, read_nothing};
    size_t before = resident_bytes();
    struct pst_bytes in = pst_buf_bytes(&delta);
    enum pst_code rc = pst_decoder_open(&plan, &base, (struct pst_checkpoint){0}, &decoder, NULL);
    while (rc == PST_OK && (made > 0 || in.len > 0)) {
        rc = pst_decoder_step(decoder, &in, out, sizeof out, &made, NULL);
        sum += rc == PST_OK ? made : 0;
        size_t now = sum % (1 << 20) == 0 ? resident_bytes() : 0;
        most = now > most ? now : most;
    }
    attack->cases++;
    attack_holds(&it, rc == PST_OK && sum == bytes, "%zu of %zu bytes", sum, bytes);
    attack_holds(&it, most < before + (size_t)plan.memory_bytes + (2 << 20),
                 "%zu bytes more than before", most - before);
    attack_holds(&it, delta.len < bytes / 10000, "%zu bytes of delta", delta.len);
}

void attack_d05(struct attack *attack)
{
    static const struct forgery forgeries[] = {
        {"10 GB of image", IN_HEADER, IMAGE_AT, 8, 0, UINT64_C(10000000000), PST_DELTA_MALFORMED},
        {"2 GiB of image", IN_HEADER, IMAGE_AT, 8, 0, 0x7fffffff, PST_DELTA_MALFORMED},
        {"192 MiB of image", IN_HEADER, IMAGE_AT, 8, 0, 192 << 20, PST_IMAGE_SIZE},
        {"a window log of 31", IN_HEADER, WINDOW_AT, 1, 0, 31, PST_DELTA_MALFORMED},
        {"the largest window", IN_HEADER, WINDOW_AT, 1, 0, 24, PST_DELTA_MEMORY},
        {"a window twice as large", IN_HEADER, WINDOW_AT, 1, 1, 0, PST_DELTA_MEMORY},
        {"a table log of 40", IN_HEADER, TABLE_AT, 1, 0, 40, PST_DELTA_MALFORMED},
        {"the largest tables", IN_HEADER, TABLE_AT, 1, 0, 20, PST_DELTA_MEMORY},
        {"4 million segments", IN_HEADER, SEGMENTS_AT, 4, 0, 4 << 20, PST_DELTA_MALFORMED},
        {"as many segments as bytes", IN_HEADER, SEGMENTS_AT, 4, 0, ALL, PST_DELTA_MEMORY},
        {"4096 regions", IN_HEADER, REGIONS_AT, 4, 0, 4096, PST_DELTA_MEMORY},
        {"a million frames", IN_HEADER, FRAMES_AT, 4, 0, 1000000, PST_DELTA_MALFORMED},
        {"as many frames as bytes", IN_HEADER, FRAMES_AT, 4, 0, ALL, PST_DELTA_MALFORMED},
        {"a head of 1 GiB", IN_HEADER, HEAD_AT, 4, 0, 1 << 30, PST_DELTA_MALFORMED},
        {"a frame of 64 MiB", OF_FRAME_IMAGE, 0, 4, 0, 64 << 20, PST_DELTA_MALFORMED},
        {"a frame of 4 GiB", OF_FRAME_IMAGE, 0, 4, 0, UINT32_MAX, PST_DELTA_MALFORMED},
        {"4 GiB in a frame", OF_FRAME_PACKED, 0, 4, 0, UINT32_MAX, PST_DELTA_MALFORMED},
    };
    each_forged(attack, forgeries, PST_COUNT(forgeries));
    zeros(attack, 4 << 20);
    zeros(attack, 64 << 20);
}

/* ---- D06 ------------------------------------------------------------------------------------- */

struct extreme {
    const char *name;
    size_t parts; /* of the image, each from where it was; 0: all is inserted */
    uint32_t frame_bytes;
    uint8_t table_log, window_log;
    enum pst_isa_name isa;
    bool backwards; /* each part from the other end of the base */
};

static void accepted(struct attack *attack, const struct extreme *extreme)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", extreme->name);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_order order = attack_delta_order(&it);
    static struct pst_segment parts[ALL];
    const struct pst_region region = {0, extreme->isa, 0x8000, 0x9000};
    uint32_t len = extreme->parts > 0 ? ALL / (uint32_t)extreme->parts : 0;

    for (uint32_t i = 0; i < extreme->parts; i++)
        parts[i] =
            (struct pst_segment){i * len, len, extreme->backwards ? ALL - (i + 1) * len : i * len};
    order.segment = parts;
    order.segments = extreme->parts;
    order.region = &region;
    order.regions = 1;
    order.frame_bytes = extreme->frame_bytes;
    order.table_log = extreme->table_log;
    order.window_log = extreme->window_log;
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    attack_accepted(&it);
}

/* Images that are none to a terminal, but to a decoder; with the memory just declared. */
static void decoded(struct attack *attack, const char *name, size_t base_len, size_t image_len)
{
    struct attack_small small = {pst_buf(64), pst_buf(64), pst_buf(ATTACK_DELTA_MOST), {0}};
    for (size_t i = 0; i < base_len; i++)
        assert_true(pst_buf_add(&small.base, "b", 1));
    for (size_t i = 0; i < image_len; i++)
        assert_true(pst_buf_add(&small.image, "i", 1));
    const struct pst_segment part = {0, 1, 0};
    const struct pst_delta_order order = {.base = pst_buf_bytes(&small.base),
                                          .image = pst_buf_bytes(&small.image),
                                          .segment = &part,
                                          .segments = base_len > 0 && image_len > 0 ? 1 : 0};
    small.header = pst_delta_write(&order, &small.delta);
    attack->wrong_code += !attack_try_delta(attack, &small, pst_buf_bytes(&small.delta), name);
    attack_small_cleanup(&small);
}

void attack_d06(struct attack *attack)
{
    static const struct extreme extremes[] = {
        {"one part", 1, 0, 0, 0, PST_ISA_NONE, false},
        {"nothing of the base", 0, 0, 0, 0, PST_ISA_NONE, false},
        {"a part a byte", ALL, 0, 0, 0, PST_ISA_NONE, false},
        {"a part a byte, backwards", ALL, 0, 0, 0, PST_ISA_ARM64, true},
        {"parts of five bytes", ALL / 5, 777, 0, 0, PST_ISA_ARM, true},
        {"frames of 50 bytes", 3, 50, 0, 0, PST_ISA_NONE, false},
        {"the largest tables", 2, 0, PST_TABLE_LOG_MOST, 0, PST_ISA_NONE, false},
        {"the largest window", 2, 0, 0, PST_WINDOW_LOG_MOST, PST_ISA_NONE, false},
        {"what is no code as arm64", 2, 0, 0, 0, PST_ISA_ARM64, true},
        {"what is no code as arm", 2, 0, 0, 0, PST_ISA_ARM, true},
        {"what is no code as x86", 2, 0, 0, 0, PST_ISA_X86, true},
    };
    for (size_t i = 0; i < PST_COUNT(extremes); i++)
        accepted(attack, &extremes[i]);
    for (size_t base = 0; base < 3; base++)
        for (size_t image = 0; image < 3; image++)
            decoded(attack, "next to nothing", base, image);
}

/* ---- D07 ------------------------------------------------------------------------------------- */

void attack_d07(struct attack *attack)
{
    static const struct forgery forgeries[] = {
        {"a decision fewer than there are", OF_FRAME_DECISIONS, 0, 4, -1, 0, PST_DELTA_MALFORMED},
        {"a decision more", OF_FRAME_DECISIONS, 0, 4, 1, 0, PST_DELTA_MALFORMED},
        {"a single one", OF_FRAME_DECISIONS, 1, 4, 0, 1, PST_DELTA_MALFORMED},
        {"2^32 - 1 decisions", OF_FRAME_DECISIONS, 1, 4, 0, UINT32_MAX, PST_DELTA_MALFORMED},
        {"2^31 decisions", OF_FRAME_DECISIONS, 2, 4, 0, 0x80000000, PST_DELTA_MALFORMED},
        {"a segment more in the header", IN_HEADER, SEGMENTS_AT, 4, 1, 0, PST_DELTA_MEMORY},
        {"a segment fewer", IN_HEADER, SEGMENTS_AT, 4, -1, 0, PST_DELTA_MALFORMED},
        {"a frame more in the header", IN_HEADER, FRAMES_AT, 4, 1, 0, PST_DELTA_MALFORMED},
        {"a frame fewer", IN_HEADER, FRAMES_AT, 4, -1, 0, PST_DELTA_MALFORMED},
    };
    static const struct pst_segment nothing[1000];
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "1000 parts of nothing");
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_order order = attack_delta_order(&it);
    order.told = nothing;
    order.told_count = PST_COUNT(nothing);
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    attack_delta_refused(&it, &delta, pst_delta_memory(&header), PST_DELTA_MALFORMED);
    each_forged(attack, forgeries, PST_COUNT(forgeries));
}
