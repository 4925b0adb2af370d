/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs through writer and decoder of deltas, with nothing else linked: for machines of another
 * word size, where there are no libraries (delta-32.sh). The one line that it prints holds a hash
 * of all deltas: on every machine the same.
 *
 *     delta_32 COUNT
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "tests/support/check.h"
#include "tests/support/code_pair.h"
#include "tests/support/delta_writer.h"

enum { PIECES_MOST = 64, BYTES_MOST = 128 << 10 };

/* Of cmocka, what the support files call. */
void _fail(const char *const file, const int line)
{
    fprintf(stderr, "%s:%d: failed\n", file, line);
    abort();
}
void _assert_true(const LargestIntegralType result, const char *const expression,
                  const char *const file, const int line)
{
    if (result == 0) {
        fprintf(stderr, "%s\n", expression);
        _fail(file, line);
    }
}

static bool read_base(void *context, uint64_t at, void *into, size_t len)
{
    const struct pst_bytes *base = context;
    assert_true(at <= base->len && len <= base->len - at);
    if (len > 0)
        memcpy(into, base->at + at, len);
    return true;
}

static void decode(struct pst_bytes delta, const struct pst_delta_header *header,
                   const struct pst_pair *pair, size_t piece)
{
    struct pst_bytes base = pst_buf_bytes(&pair->base);
    const struct pst_base_port port = {&base, read_base};
    const struct pst_decoder_plan plan = {.format = PST_SOURCE_DELTA,
                                          .source_bytes = (int64_t)delta.len,
                                          .image_bytes = (int64_t)pair->image.len,
                                          .base_bytes = (int64_t)base.len,
                                          .memory_bytes = pst_delta_memory(header)};
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    PST_CLEANUP(pst_heap) uint8_t *out = malloc(pair->image.len + 1);
    size_t at = 0, made = 1;
    assert_true(out != NULL);
    assert_true(pst_decoder_open(&plan, &port, (struct pst_checkpoint){0}, &decoder, NULL) ==
                PST_OK);
    while (delta.len > 0 || made > 0) {
        struct pst_bytes in = {delta.at, delta.len < piece ? delta.len : piece};
        size_t fed = in.len;
        assert_true(pst_decoder_step(decoder, &in, out + at, pair->image.len - at, &made, NULL) ==
                    PST_OK);
        at += made;
        fed -= in.len;
        delta = (struct pst_bytes){delta.at + fed, delta.len - fed};
    }
    assert_true(pst_decoder_finish(decoder, NULL) == PST_OK);
    assert_true(at == pair->image.len);
    assert_true(at == 0 || memcmp(out, pair->image.at, at) == 0);
}

/* FNV-1a, of 64 bits. */
static uint64_t hashed(uint64_t hash, struct pst_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool try_pair(uint64_t seed, uint64_t *hash)
{
    PST_CLEANUP(pst_pair) struct pst_pair pair = pst_any_pair(seed);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(PST_OUT_MOST);
    struct pst_segment segment[PIECES_MOST];
    struct pst_region region[8];
    if (pair.image.len > BYTES_MOST)
        return false;
    const struct pst_delta_order order = {
        .base = pst_buf_bytes(&pair.base),
        .image = pst_buf_bytes(&pair.image),
        .segment = segment,
        .segments = pst_any_segments(seed, &pair, segment, PST_COUNT(segment)),
        .region = region,
        .regions = pst_any_regions(seed, &pair, region, PST_COUNT(region)),
        .frame_bytes = 1 + (uint32_t)pair.image.len / (1 + (uint32_t)seed % 3)};
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    decode(pst_buf_bytes(&delta), &header, &pair, 1 + (size_t)seed % 5000);
    *hash = hashed(*hash, pst_buf_bytes(&delta));
    return true;
}

int main(int argc, char **argv)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325),
             count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    unsigned long tried = 0;
    for (uint64_t seed = 0; seed < count; seed++)
        tried += try_pair(seed, &hash);
    printf("%lu pairs came back; all deltas hash to %016llx\n", tried, (unsigned long long)hash);
    return tried > 0 ? 0 : 1;
}
