/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed streams: xz, LZMA, zstd, lz4, gzip, zlib, bzip2, lzop. */
#include <lzma.h>
#include <zstd.h>

#include "manifests/content_marks.h"

enum {
    GZIP_EXTRA = 4,
    GZIP_NAME = 8,
    GZIP_COMMENT = 16,
    GZIP_SUM = 2,
    GZIP_TEXT_MOST = 1024,
    LZMA_HEADER = 13,
    LZMA_TRIAL = 4096,
    ZSTD_TRIAL = 16 << 10,
    ZSTD_TRIAL_MOST = 1 << 20,
    LZOP_METHOD = 15,
    LZ4_LEGACY_BLOCK_MOST = (8 << 20) + (8 << 20) / 255 + 16
};

static bool check_xz(struct pst_bytes from, struct pst_content_hit *hit)
{
    *hit = (struct pst_content_hit){.what = "xz", .packed = true};
    return from.len > 24 && from.at[6] == 0 && from.at[7] < 16 &&
           pst_content_le(from, 8, 4) == lzma_crc32(from.at + 6, 2, 0);
}

/* Decodes the first bytes: of other content LZMA hardly ever makes that many. */
static bool lzma_makes_sense(struct pst_bytes from)
{
    uint8_t out[LZMA_TRIAL];
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_alone_decoder(&stream, UINT64_C(160) << 20) != LZMA_OK)
        return false;
    stream.next_in = from.at;
    stream.avail_in = from.len < 4 * sizeof out ? from.len : 4 * sizeof out;
    stream.next_out = out;
    stream.avail_out = sizeof out;
    lzma_ret ret = lzma_code(&stream, LZMA_RUN);
    bool full = stream.avail_out == 0;
    lzma_end(&stream);
    return full && (ret == LZMA_OK || ret == LZMA_STREAM_END);
}

/* "LZMA alone": properties, a dictionary of 2^n or 1.5 * 2^n, the size or -1, and a zero byte. */
static bool check_lzma(struct pst_bytes from, struct pst_content_hit *hit)
{
    uint64_t dictionary = pst_content_le(from, 1, 4), size = pst_content_le(from, 5, 8);
    uint64_t odd = dictionary;
    while (odd > 3 && odd % 2 == 0)
        odd /= 2;
    *hit = (struct pst_content_hit){.what = "LZMA", .packed = true};
    return from.len > LZMA_HEADER && dictionary >= 4096 && (odd == 2 || odd == 3) &&
           (size == UINT64_MAX || (size >= LZMA_TRIAL && size < UINT64_C(1) << 38)) &&
           from.at[LZMA_HEADER] == 0 && lzma_makes_sense(from);
}

/* Decodes the beginning: sizes alone lead somewhere by chance where a program names the mark. */
static bool zstd_makes_sense(struct pst_bytes frame)
{
    uint8_t out[ZSTD_TRIAL];
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {frame.at, frame.len, 0};
    size_t result = stream == NULL ? 0 : 1, made = 0;
    while (result > 0 && !ZSTD_isError(result) && made < ZSTD_TRIAL_MOST) {
        ZSTD_outBuffer room = {out, sizeof out, 0};
        result = ZSTD_decompressStream(stream, &room, &in);
        made += room.pos;
    }
    ZSTD_freeDStream(stream);
    return made > 0 && !ZSTD_isError(result);
}

static bool check_zstd(struct pst_bytes from, struct pst_content_hit *hit)
{
    size_t bytes = ZSTD_findFrameCompressedSize(from.at, from.len);
    *hit = (struct pst_content_hit){.what = "zstd", .packed = true};
    if (ZSTD_isError(bytes) || bytes < 12)
        return false;
    hit->bytes = (int64_t)bytes;
    return zstd_makes_sense(pst_bytes(from.at, bytes));
}

/* xxHash's 32 bits of fewer than 16 bytes. */
static uint32_t xxh32(const uint8_t *at, size_t len)
{
    uint32_t sum = 374761393U + (uint32_t)len;
    size_t i = 0;
    for (; i + 4 <= len; i += 4) {
        sum += (uint32_t)pst_content_le(pst_bytes(at, len), i, 4) * 3266489917U;
        sum = (sum << 17 | sum >> 15) * 668265263U;
    }
    for (; i < len; i++) {
        sum += at[i] * 374761393U;
        sum = (sum << 11 | sum >> 21) * 2654435761U;
    }
    sum = (sum ^ sum >> 15) * 2246822519U;
    sum = (sum ^ sum >> 13) * 3266489917U;
    return sum ^ sum >> 16;
}

/* Blocks until the mark of the end; their sizes must lead there. */
static bool check_lz4(struct pst_bytes from, struct pst_content_hit *hit)
{
    unsigned flags = (unsigned)pst_content_le(from, 4, 1);
    unsigned most = (unsigned)pst_content_le(from, 5, 1);
    size_t at = 6 + (flags & 8 ? 8U : 0) + (flags & 1 ? 4U : 0), blocks = 0;
    *hit = (struct pst_content_hit){.what = "lz4", .packed = true};
    if (flags >> 6 != 1 || flags & 2 || most & 0x8f || most >> 4 < 4 || from.len < at + 5 ||
        from.at[at] != (xxh32(from.at + 4, at - 4) >> 8 & 0xff))
        return false;
    for (at++;; blocks++) {
        uint64_t size = pst_content_le(from, at, 4) & 0x7fffffff;
        if (at > from.len - 4 || size > UINT64_C(1) << (8 + 2 * (most >> 4)))
            return false;
        at += 4;
        if (size == 0)
            break;
        at += size + (flags & 16 ? 4U : 0);
    }
    hit->bytes = (int64_t)at;
    return blocks > 0;
}

/* A length of 15 goes on in bytes of which the first below 255 is the last. */
static size_t lz4_length(struct pst_bytes block, size_t *at, size_t length)
{
    for (bool more = length == 15; more && *at < block.len;) {
        uint8_t byte = block.at[(*at)++];
        length += byte;
        more = byte == 255;
    }
    return length;
}

/* Whether literals and copies lead exactly to the block's end. */
static bool lz4_makes_sense(struct pst_bytes block)
{
    size_t at = 0, made = 0;
    while (at < block.len) {
        uint8_t token = block.at[at++];
        size_t literals = lz4_length(block, &at, token >> 4);
        if (literals > block.len - at)
            return false;
        at += literals;
        made += literals;
        if (at == block.len)
            return true;
        uint64_t back = pst_content_le(block, at, 2);
        at += 2;
        if (back == 0 || back > made)
            return false;
        made += 4 + lz4_length(block, &at, token & 15);
    }
    return false;
}

/* The form that kernels have: blocks until something else comes. */
static bool check_lz4_legacy(struct pst_bytes from, struct pst_content_hit *hit)
{
    size_t at = 4;
    while (at < from.len) {
        uint64_t size = pst_content_le(from, at, 4);
        if (size < 16 || size > LZ4_LEGACY_BLOCK_MOST || size + 4 > from.len - at ||
            !lz4_makes_sense(pst_bytes(from.at + at + 4, (size_t)size)))
            break;
        at += size + 4;
    }
    *hit = (struct pst_content_hit){.what = "lz4", .bytes = (int64_t)at, .packed = true};
    return at > 4;
}

/* Behind a zero byte; false when it does not come soon. */
static bool skip_text(struct pst_bytes from, size_t *at)
{
    for (size_t end = *at + GZIP_TEXT_MOST; *at < from.len && *at < end;)
        if (from.at[(*at)++] == 0)
            return true;
    return false;
}

static bool check_gzip(struct pst_bytes from, struct pst_content_hit *hit)
{
    unsigned flags = (unsigned)pst_content_le(from, 3, 1);
    unsigned effort = (unsigned)pst_content_le(from, 8, 1),
             os = (unsigned)pst_content_le(from, 9, 1);
    size_t at = 10;
    *hit = (struct pst_content_hit){.what = "gzip", .packed = true};
    if (from.len < 18 || flags >> 5 != 0 || (effort != 0 && effort != 2 && effort != 4) ||
        (os > 13 && os != 255))
        return false;
    if (flags & GZIP_EXTRA)
        at += 2 + pst_content_le(from, at, 2);
    if ((flags & GZIP_NAME && !skip_text(from, &at)) ||
        (flags & GZIP_COMMENT && !skip_text(from, &at)))
        return false;
    at += flags & GZIP_SUM ? 2 : 0;
    return pst_content_is_deflate(pst_content_after(from, at), /* strict= */ false);
}

static bool check_zlib(struct pst_bytes from, struct pst_content_hit *hit)
{
    *hit = (struct pst_content_hit){.what = "zlib", .packed = true};
    return pst_content_is_deflate(pst_content_after(from, 2), /* strict= */ true);
}

static bool check_bzip2(struct pst_bytes from, struct pst_content_hit *hit)
{
    static const uint8_t block[] = {0x31, 0x41, 0x59, 0x26, 0x53, 0x59};
    *hit = (struct pst_content_hit){.what = "bzip2", .packed = true};
    return from.len > 14 && from.at[3] >= '1' && from.at[3] <= '9' &&
           memcmp(from.at + 4, block, sizeof block) == 0;
}

static bool check_lzop(struct pst_bytes from, struct pst_content_hit *hit)
{
    *hit = (struct pst_content_hit){.what = "lzop", .packed = true};
    return from.len > 38 && from.at[LZOP_METHOD] >= 1 && from.at[LZOP_METHOD] <= 3;
}

/* clang-format off */
const struct pst_content_mark pst_content_streams[] = {
    {{0xfd, '7', 'z', 'X', 'Z', 0}, 6, 0, check_xz},
    {{0x5d, 0, 0}, 3, 0, check_lzma},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, 0, check_zstd},
    {{0x04, 0x22, 0x4d, 0x18}, 4, 0, check_lz4},
    {{0x02, 0x21, 0x4c, 0x18}, 4, 0, check_lz4_legacy},
    {{0x1f, 0x8b, 8}, 3, 0, check_gzip},
    {{0x78, 0x01}, 2, 0, check_zlib},
    {{0x78, 0x5e}, 2, 0, check_zlib},
    {{0x78, 0x9c}, 2, 0, check_zlib},
    {{0x78, 0xda}, 2, 0, check_zlib},
    {{'B', 'Z', 'h'}, 3, 0, check_bzip2},
    {{0x89, 'L', 'Z', 'O', 0, 0x0d, 0x0a, 0x1a}, 8, 0, check_lzop},
};
/* clang-format on */
const size_t pst_content_streams_count = PST_COUNT(pst_content_streams);
