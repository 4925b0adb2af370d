/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image's content is found to be. The kinds are made here, byte by byte; what real tools
 * make is in tests/scenario/content.sh.
 */
#include <stdio.h>
#include <stdlib.h>

#include "manifests/content.h"
#include "manifests/decoder_formats.h"
#include "tests/support/check.h"
#include "tests/support/source_run.h"

enum { MIB = 1 << 20, IMAGE_MOST = 64 * MIB };

static void add(struct pst_buf *out, const void *at, size_t len)
{
    assert_true(pst_buf_add(out, at, len));
}

static void add_noise(struct pst_buf *out, size_t len)
{
    uint64_t seed = out->len + len;
    assert_true(pst_buf_reserve(out, len));
    for (size_t end = out->len + len; out->len < end; out->len++)
        out->at[out->len] = (uint8_t)(pst_seeded_random(&seed) >> 56);
}

static void add_loose(struct pst_buf *out, size_t len)
{
    for (size_t end = out->len + len; out->len < end;) {
        char line[80];
        int made = snprintf(line, sizeof line, "line %zu of a program's text;", out->len * 7919);
        add(out, line, (size_t)made < end - out->len ? (size_t)made : end - out->len);
    }
}

static struct pst_content look(const struct pst_buf *image)
{
    struct pst_content content;
    assert_int_equal(pst_content_look(pst_buf_bytes(image), &content, NULL), PST_OK);
    assert_int_equal(content.image_bytes, image->len);
    int64_t packed = 0;
    for (size_t i = 0; i < content.count; i++)
        packed += content.part[i].packed_bytes;
    assert_int_equal(packed, content.packed_bytes); /* each block is somebody's */
    return content;
}

static const struct pst_content_part *find(const struct pst_content *content, const char *what)
{
    for (size_t i = 0; i < content->count; i++)
        if (strcmp(content->part[i].what, what) == 0)
            return &content->part[i];
    return NULL;
}

/* ---- beginnings of each kind; what follows is noise, unless they bring it along */

/* UBI's and UBIFS's: not turned over at the end. */
static uint32_t flash_sum(const uint8_t *at, size_t len)
{
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        sum ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return sum;
}

static void put_squashfs(uint8_t *at, unsigned packer, unsigned flags)
{
    memcpy(at, "hsqs", 4);
    pst_le_put(at + 12, 4, 1 << 17);
    pst_le_put(at + 20, 2, packer);
    pst_le_put(at + 22, 2, 17);
    pst_le_put(at + 24, 2, flags);
    pst_le_put(at + 28, 2, 4);
    pst_le_put(at + 40, 8, 150000);
    pst_le_put(at + 64, 8, 140000);
    pst_le_put(at + 72, 8, 145000);
}

static void make_squashfs_xz(uint8_t *at)
{
    put_squashfs(at, 4, 0xc0);
}

static void make_squashfs_plain(uint8_t *at)
{
    put_squashfs(at, 1, 0x10b);
}

static void make_ext4(uint8_t *at)
{
    static const struct {
        uint16_t at, len;
        uint32_t value;
    } fields[] = {{0, 4, 1000}, {4, 4, 1000}, {24, 4, 2}, {32, 4, 32768}, {56, 2, 0xef53},
                  {58, 2, 1},   {60, 2, 1},   {76, 4, 1}, {88, 2, 256}};
    for (size_t i = 0; i < PST_COUNT(fields); i++)
        pst_le_put(at + 1024 + fields[i].at, fields[i].len, fields[i].value);
}

static void make_erofs(uint8_t *at)
{
    pst_le_put(at + 1024, 4, 0xe0f5e1e2);
    at[1024 + 12] = 12;
    pst_le_put(at + 1024 + 36, 4, 60);
    pst_le_put(at + 1024 + 80, 4, 3);
}

static void make_f2fs(uint8_t *at)
{
    pst_le_put(at + 1024, 4, 0xf2f52010);
    pst_le_put(at + 1028, 2, 1);
    pst_le_put(at + 1032, 4, 9);
    pst_le_put(at + 1036, 4, 3);
    pst_le_put(at + 1040, 4, 12);
}

static void make_ubi(uint8_t *at)
{
    memcpy(at, "UBI#\1", 5);
    uint32_t sum = flash_sum(at, 60);
    for (int i = 0; i < 4; i++)
        at[60 + i] = (uint8_t)(sum >> (24 - 8 * i));
}

static void make_ubifs(uint8_t *at)
{
    pst_le_put(at, 4, 0x06101831);
    pst_le_put(at + 16, 4, 4096);
    at[20] = 6;
    at[84] = 2;
    pst_le_put(at + 4, 4, flash_sum(at + 8, 4096 - 8));
}

static void make_sparse(uint8_t *at)
{
    static const uint8_t header[] = {0x3a, 0xff, 0x26, 0xed, 1,  0, 0, 0, 28, 0, 12, 0,
                                     0,    16,   0,    0,    50, 0, 0, 0, 3,  0, 0,  0};
    memcpy(at, header, sizeof header);
}

static void make_zip(uint8_t *at)
{
    static const uint8_t header[] = {'P', 'K', 3, 4, 20, 0, 0, 0, 8,    0,    0, 0, 0x21, 0x58, 0,
                                     0,   0,   0, 0, 0,  1, 0, 0, 0x20, 0x03, 0, 5, 0,    0,    0};
    memcpy(at, header, sizeof header);
    pst_le_put(at + 18, 4, 100000);
    memcpy(at + sizeof header, "a.bin", 5);
}

static void make_xz(uint8_t *at)
{
    const struct pst_xz_frame frame = {.image_bytes = 200000, .packed_bytes = 150000};
    uint8_t head[PST_XZ_AROUND_MOST];
    memcpy(at, head, pst_xz_head(&frame, head));
}

/* 8192 times the same letter: the header, and enough for a trial. */
static void make_lzma(uint8_t *at)
{
    static const uint8_t stream[] = {
        0x5d, 0x00, 0x00, 0x80, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x30,
        0xef, 0xfb, 0xbf, 0xfe, 0xa3, 0xb1, 0x5e, 0xe5, 0xf8, 0x3f, 0xb2, 0xaa, 0x26, 0x55, 0xf8,
        0x68, 0x70, 0x41, 0x70, 0x15, 0x0f, 0x8d, 0xfd, 0x1e, 0x4c, 0x1b, 0x8a, 0x42, 0xb7, 0x19,
        0xf4, 0x69, 0x18, 0x6c, 0x9f, 0x0a, 0x80, 0xbf, 0xff, 0xff, 0x51, 0xe4, 0x00, 0x00};
    memcpy(at, stream, sizeof stream);
}

/* Blocks as they are, of 100,000 bytes, the last one marked so. */
static void make_zstd(uint8_t *at)
{
    memcpy(at, "\x28\xb5\x2f\xfd\x00\x58", 6);
    pst_le_put(at + 6, 3, 100000 << 3 | 1);
}

static void make_lz4(uint8_t *at)
{
    memcpy(at, "\x04\x22\x4d\x18\x60\x70\x73", 7);
    pst_le_put(at + 7, 4, 0x80000000 | 150000);
    pst_le_put(at + 7 + 4 + 150000, 4, 0);
}

/* One block of 149,000 literals: 15, 584 times 255, and 65. */
static void make_lz4_legacy(uint8_t *at)
{
    enum { EXTRA = 584, BLOCK = 1 + EXTRA + 1 + 149000 };
    memcpy(at, "\x02\x21\x4c\x18", 4);
    pst_le_put(at + 4, 4, BLOCK);
    at[8] = 0xf0;
    memset(at + 9, 255, EXTRA);
    at[9 + EXTRA] = 65;
    pst_le_put(at + 8 + BLOCK, 4, 0);
}

/* With a name, and a block that is stored. */
static void make_gzip(uint8_t *at)
{
    memcpy(at, "\x1f\x8b\x08\x08\0\0\0\0\2\3initrd\0\0\x40\x9c\xbf\x63", 22);
}

static void make_zlib(uint8_t *at)
{
    static const uint8_t stream[] = {
        0x78, 0xda, 0x6d, 0x56, 0x69, 0xc2, 0xab, 0x30, 0x08, 0xbc, 0x4a, 0xaf, 0xa6, 0xad,
        0xb5, 0x2e, 0x71, 0xab, 0xd6, 0xb6, 0xa7, 0x7f, 0xdf, 0x63, 0x80, 0x31, 0xd8, 0x3f,
        0xd9, 0x43, 0x60, 0x18, 0x20, 0xe5, 0x38, 0xae, 0x97, 0xa6, 0x49, 0x45, 0x5d, 0x5d,
        0x7a, 0x74, 0x6f, 0x74, 0xf3, 0x5a, 0x2d, 0xa9, 0x19, 0x8a, 0xfe, 0x32, 0xde, 0x9b};
    memcpy(at, stream, sizeof stream);
}

static void make_bzip2(uint8_t *at)
{
    memcpy(at, "BZh91AY&SY", 10);
}

static void make_lzop(uint8_t *at)
{
    memcpy(at, "\x89LZO\0\r\n\x1a\n\x10\x30\x20\xa0\x09\x40\x01", 16);
}

/* A place in the header that must be right, besides the mark. */
static const struct kind {
    const char *what;
    void (*make)(uint8_t *at);
    size_t marked_at, checked_at;
    bool zeroes; /* the rest of the header */
    bool packed;
} kinds[] = {
    {"squashfs with xz", make_squashfs_xz, 0, 28, true, true},
    {"squashfs, not compressed", make_squashfs_plain, 0, 22, true, false},
    {"ext4", make_ext4, 1080, 1024 + 88, true, false},
    {"EROFS with compressed files", make_erofs, 1024, 1024 + 12, true, true},
    {"f2fs", make_f2fs, 1024, 1024 + 16, true, false},
    {"UBI", make_ubi, 0, 40, true, false},
    {"UBIFS with zlib", make_ubifs, 0, 3000, true, true},
    {"Android sparse image", make_sparse, 0, 8, false, false},
    {"zip", make_zip, 0, 9, false, true},
    {"xz", make_xz, 0, 8, false, true},
    {"LZMA", make_lzma, 0, 1, false, true},
    {"zstd", make_zstd, 0, 4, false, true},
    {"lz4", make_lz4, 0, 5, false, true},
    {"lz4", make_lz4_legacy, 0, 7, false, true},
    {"gzip", make_gzip, 0, 18, false, true},
    {"zlib", make_zlib, 1, 8, false, true},
    {"bzip2", make_bzip2, 0, 4, false, true},
    {"lzop", make_lzop, 3, 7, false, true},
};

/* Program text around 200,000 bytes that begin as the kind does. */
static struct pst_buf image_with(const struct kind *kind, size_t before)
{
    struct pst_buf image = pst_buf(IMAGE_MOST);
    add_loose(&image, before);
    add_noise(&image, 200000);
    if (kind->zeroes)
        memset(image.at + before, 0, 8192);
    kind->make(image.at + before);
    add_loose(&image, 300000);
    return image;
}

static void each_kind_is_found_wherever_it_begins(void **state)
{
    static const size_t befores[] = {0, 4096, 123457};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(kinds); i++)
        for (size_t k = 0; k < PST_COUNT(befores); k++) {
            PST_CLEANUP(pst_buf) struct pst_buf image = image_with(&kinds[i], befores[k]);
            struct pst_content content = look(&image);
            const struct pst_content_part *part = find(&content, kinds[i].what);
            if (part == NULL || part->count != 1 || part->at != (int64_t)befores[k])
                fail_msg("%s at %zu is not found", kinds[i].what, befores[k]);
            if ((part->packed_bytes >= 100000) != kinds[i].packed)
                fail_msg("%s at %zu: %lld bytes compressed", kinds[i].what, befores[k],
                         (long long)part->packed_bytes);
            assert_true(pst_content_is_packed(&content));
            assert_true(!kinds[i].packed ||
                        strcmp(pst_content_blame(&content), kinds[i].what) == 0);
        }
}

static void a_mark_alone_is_no_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(kinds); i++)
        for (int which = 0; which < 2; which++) {
            PST_CLEANUP(pst_buf) struct pst_buf image = image_with(&kinds[i], 4096);
            image.at[4096 + (which ? kinds[i].checked_at : kinds[i].marked_at)] ^= 0x6b;
            struct pst_content content = look(&image);
            if (find(&content, kinds[i].what) != NULL)
                fail_msg("%s is found with a wrong byte %zu", kinds[i].what,
                         which ? kinds[i].checked_at : kinds[i].marked_at);
        }
}

static void a_kind_cut_off_anywhere_is_looked_at_within_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(kinds); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf image = image_with(&kinds[i], 0);
        for (size_t len = 0; len < 1300; len = len < 100 ? len + 1 : len + 97) {
            /* A block of just that size, so that a sanitizer sees the first byte too many. */
            PST_CLEANUP(pst_buf) struct pst_buf part = pst_buf(len);
            add(&part, image.at, len);
            (void)look(&part);
        }
    }
}

static void noise_is_compressed_by_nobody_known(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(IMAGE_MOST);
    add_noise(&image, 48 * MIB);
    struct pst_content content = look(&image);
    assert_int_equal(content.packed_bytes, image.len);
    assert_int_equal(content.count, 1); /* in so many bytes no mark stands by chance */
    assert_string_equal(pst_content_blame(&content), "unknown content, encrypted or compressed");
}

static void code_and_text_are_not_compressed(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(IMAGE_MOST);
    FILE *self = fopen("/proc/self/exe", "rb");
    uint8_t piece[4096];
    assert_non_null(self);
    for (size_t len; (len = fread(piece, 1, sizeof piece, self)) > 0;)
        add(&image, piece, len);
    (void)fclose(self);
    add_loose(&image, 4 * MIB);
    memset(piece, 0, sizeof piece);
    for (int i = 0; i < 1000; i++)
        add(&image, piece, sizeof piece);
    struct pst_content content = look(&image);
    assert_false(pst_content_is_packed(&content));
    assert_int_equal(content.packed_bytes, 0);
}

static void each_dense_block_is_blamed_on_what_it_lies_in(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(IMAGE_MOST);
    uint8_t header[8192] = {0};
    add_loose(&image, 2 * MIB);
    make_bzip2(header);
    add(&image, header, 10);
    add_noise(&image, MIB);
    add_loose(&image, 2 * MIB); /* so long that it is over */
    add_noise(&image, MIB);
    add_loose(&image, 100000);
    make_gzip(header);
    add(&image, header, 22);
    add_noise(&image, 3 * MIB);
    struct pst_content content = look(&image);
    static const struct {
        const char *what;
        int64_t least, most;
    } expected[] = {
        {"bzip2", MIB - PST_CONTENT_BLOCK, MIB},
        {"unknown content, encrypted or compressed", MIB - PST_CONTENT_BLOCK, MIB},
        {"gzip", 3 * MIB - PST_CONTENT_BLOCK, 3 * MIB + PST_CONTENT_BLOCK},
    };
    assert_int_equal(content.count, PST_COUNT(expected));
    for (size_t i = 0; i < PST_COUNT(expected); i++) {
        const struct pst_content_part *part = find(&content, expected[i].what);
        assert_non_null(part);
        assert_in_range(part->packed_bytes, expected[i].least, expected[i].most);
    }
    assert_string_equal(pst_content_blame(&content), "gzip");
}

static void a_tenth_is_much(void **state)
{
    static const struct {
        int64_t image, packed;
        bool much;
    } cases[] = {
        {0, 0, false},
        {100, 0, false},
        {100 * MIB, 10 * MIB - 1, false},
        {100 * MIB, 10 * MIB, true},
        {100 * MIB, 100 * MIB, true},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_content content = {.image_bytes = cases[i].image,
                                      .packed_bytes = cases[i].packed};
        assert_int_equal(pst_content_is_packed(&content), cases[i].much);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_found_wherever_it_begins),
        cmocka_unit_test(a_mark_alone_is_no_kind),
        cmocka_unit_test(a_kind_cut_off_anywhere_is_looked_at_within_its_bounds),
        cmocka_unit_test(noise_is_compressed_by_nobody_known),
        cmocka_unit_test(code_and_text_are_not_compressed),
        cmocka_unit_test(each_dense_block_is_blamed_on_what_it_lies_in),
        cmocka_unit_test(a_tenth_is_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
