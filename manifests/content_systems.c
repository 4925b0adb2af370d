/* SPDX-License-Identifier: Apache-2.0 */
/* File systems, flash layers and archives. */
#include <lzma.h>

#include "manifests/content_marks.h"

enum { SUPERBLOCK = 1024, SQUASHFS_NO_FRAGMENTS = 16, EROFS_ALGORITHMS = 2, UBIFS_SUPERBLOCK = 6 };

static bool check_squashfs(struct pst_bytes from, struct pst_content_hit *hit)
{
    static const char *const names[] = {NULL,
                                        "squashfs with gzip",
                                        "squashfs with LZMA",
                                        "squashfs with lzo",
                                        "squashfs with xz",
                                        "squashfs with lz4",
                                        "squashfs with zstd"};
    enum { PLAIN_DATA = 2, PLAIN_FRAGMENTS = 8 };
    uint64_t block = pst_content_le(from, 12, 4), block_log = pst_content_le(from, 22, 2);
    uint64_t packer = pst_content_le(from, 20, 2), flags = pst_content_le(from, 24, 2);
    uint64_t bytes = pst_content_le(from, 40, 8), inodes = pst_content_le(from, 64, 8),
             folders = pst_content_le(from, 72, 8);
    if (from.len < 96 || pst_content_le(from, 28, 4) != 4 || block_log < 12 || block_log > 20 ||
        block != UINT64_C(1) << block_log || packer < 1 || packer >= PST_COUNT(names) ||
        bytes <= 96 || bytes > from.len || inodes < 96 || inodes >= bytes || folders >= bytes)
        return false;
    bool plain = flags & PLAIN_DATA && flags & (PLAIN_FRAGMENTS | SQUASHFS_NO_FRAGMENTS);
    *hit = (struct pst_content_hit){.what = plain ? "squashfs, not compressed" : names[packer],
                                    .bytes = (int64_t)bytes,
                                    .packed = !plain};
    return true;
}

static bool check_ext4(struct pst_bytes from, struct pst_content_hit *hit)
{
    struct pst_bytes super = pst_content_after(from, SUPERBLOCK);
    uint64_t log = pst_content_le(super, 24, 4), blocks = pst_content_le(super, 4, 4);
    uint64_t of_group = pst_content_le(super, 32, 4), inode = pst_content_le(super, 88, 2);
    uint64_t errors = pst_content_le(super, 60, 2);
    *hit = (struct pst_content_hit){.what = "ext4", .mixed = true};
    if (super.len < SUPERBLOCK || log > 6 || blocks == 0 || pst_content_le(super, 0, 4) == 0 ||
        pst_content_le(super, 20, 4) != (log == 0) || of_group == 0 ||
        of_group > UINT64_C(8192) << log || pst_content_le(super, 58, 2) > 7 || errors < 1 ||
        errors > 3 || pst_content_le(super, 72, 4) > 4 || pst_content_le(super, 76, 4) > 1 ||
        inode < 128 || (inode & (inode - 1)) != 0)
        return false;
    hit->bytes = (int64_t)(blocks << (10 + log));
    return true;
}

static bool check_erofs(struct pst_bytes from, struct pst_content_hit *hit)
{
    struct pst_bytes super = pst_content_after(from, SUPERBLOCK);
    uint64_t log = pst_content_le(super, 12, 1), blocks = pst_content_le(super, 36, 4);
    bool packed = pst_content_le(super, 80, 4) & EROFS_ALGORITHMS;
    *hit = (struct pst_content_hit){
        .what = packed ? "EROFS with compressed files" : "EROFS", .packed = packed, .mixed = true};
    if (super.len < 128 || log < 9 || log > 16 || blocks == 0 || blocks > (from.len >> log) + 1)
        return false;
    hit->bytes = (int64_t)(blocks << log);
    return true;
}

static bool check_f2fs(struct pst_bytes from, struct pst_content_hit *hit)
{
    struct pst_bytes super = pst_content_after(from, SUPERBLOCK);
    uint64_t sector = pst_content_le(super, 8, 4), sectors = pst_content_le(super, 12, 4);
    uint64_t block = pst_content_le(super, 16, 4);
    *hit = (struct pst_content_hit){.what = "f2fs", .mixed = true};
    return super.len >= SUPERBLOCK && pst_content_le(super, 4, 2) == 1 && sector >= 9 &&
           sector <= 12 && sectors <= 3 && sector + sectors == block && block >= 12;
}

static bool check_ubi(struct pst_bytes from, struct pst_content_hit *hit)
{
    *hit = (struct pst_content_hit){.what = "UBI", .mixed = true};
    uint32_t sum = from.len >= 64 ? ~lzma_crc32(from.at, 60, 0) : 0;
    return from.len >= 64 && from.at[4] == 1 && from.at[60] == (uint8_t)(sum >> 24) &&
           from.at[61] == (uint8_t)(sum >> 16) && from.at[62] == (uint8_t)(sum >> 8) &&
           from.at[63] == (uint8_t)sum;
}

/* The superblock of a volume: which way its files are packed, unless they say otherwise. */
static bool check_ubifs(struct pst_bytes from, struct pst_content_hit *hit)
{
    static const char *const names[] = {"UBIFS, not compressed", "UBIFS with lzo",
                                        "UBIFS with zlib", "UBIFS with zstd"};
    uint64_t len = pst_content_le(from, 16, 4), packer = pst_content_le(from, 84, 2);
    if (from.len < 4096 || len != 4096 || from.at[20] != UBIFS_SUPERBLOCK ||
        packer >= PST_COUNT(names) ||
        (uint32_t)~lzma_crc32(from.at + 8, 4096 - 8, 0) != pst_content_le(from, 4, 4))
        return false;
    *hit = (struct pst_content_hit){
        .what = names[packer], .bytes = (int64_t)from.len, .packed = packer > 0, .mixed = true};
    return true;
}

static bool check_sparse(struct pst_bytes from, struct pst_content_hit *hit)
{
    uint64_t block = pst_content_le(from, 12, 4);
    *hit = (struct pst_content_hit){.what = "Android sparse image", .mixed = true};
    return from.len >= 40 && pst_content_le(from, 4, 4) == 1 && pst_content_le(from, 8, 2) == 28 &&
           pst_content_le(from, 10, 2) == 12 && block >= 512 && block % 4 == 0 &&
           pst_content_le(from, 16, 4) > 0 && pst_content_le(from, 20, 4) > 0;
}

static bool check_zip(struct pst_bytes from, struct pst_content_hit *hit)
{
    enum { HEADER = 30, DEFLATED = 8, SIZE_BEHIND = 8, UNKNOWN_FLAGS = 0xd780 };
    uint64_t flags = pst_content_le(from, 6, 2), method = pst_content_le(from, 8, 2);
    uint64_t month = pst_content_le(from, 12, 2) >> 5 & 15, bytes = pst_content_le(from, 18, 4);
    uint64_t name = pst_content_le(from, 26, 2), extra = pst_content_le(from, 28, 2);
    *hit = (struct pst_content_hit){.what = "zip", .packed = method != 0, .mixed = true};
    if (from.len < HEADER + name || pst_content_le(from, 4, 2) > 63 || flags & UNKNOWN_FLAGS ||
        month > 12 || name == 0 || name > 1024 || from.at[HEADER] < ' ' || from.at[HEADER] > '~' ||
        bytes > from.len ||
        (method != 0 && method != DEFLATED && method != 9 && method != 12 && method != 14 &&
         method != 93 && method != 95))
        return false;
    if (!(flags & SIZE_BEHIND) && bytes > 0)
        hit->bytes = (int64_t)(HEADER + name + extra + bytes);
    return true;
}

/* clang-format off */
const struct pst_content_mark pst_content_systems[] = {
    {{'h', 's', 'q', 's'}, 4, 0, check_squashfs},
    {{0x53, 0xef}, 2, SUPERBLOCK + 56, check_ext4},
    {{0xe2, 0xe1, 0xf5, 0xe0}, 4, SUPERBLOCK, check_erofs},
    {{0x10, 0x20, 0xf5, 0xf2}, 4, SUPERBLOCK, check_f2fs},
    {{'U', 'B', 'I', '#'}, 4, 0, check_ubi},
    {{0x31, 0x18, 0x10, 0x06}, 4, 0, check_ubifs},
    {{0x3a, 0xff, 0x26, 0xed}, 4, 0, check_sparse},
    {{'P', 'K', 3, 4}, 4, 0, check_zip},
};
/* clang-format on */
const size_t pst_content_systems_count = PST_COUNT(pst_content_systems);
