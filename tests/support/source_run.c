/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/source_run.h"

#include <stdlib.h>

#include "manifests/encoder_frames.h"
#include "tests/support/check.h"

bool pst_memory_base_read(void *context, uint64_t at, void *into, size_t len)
{
    struct pst_memory_base *base = context;
    if (at > base->bytes.len || len > base->bytes.len - at)
        fail_msg("the decoder reads %zu bytes at %llu of a base of %zu", len,
                 (unsigned long long)at, base->bytes.len);
    base->bytes_read += len;
    if (len > 0)
        memcpy(into, base->bytes.at + at, len);
    return !base->broken;
}

static void note_checkpoint(struct pst_run *run, const struct pst_decoder *decoder, size_t made)
{
    struct pst_checkpoint now = pst_decoder_checkpoint(decoder);
    assert_true(now.image_at <= (int64_t)made);
    if (run->checkpoints > 0 && run->checkpoint[run->checkpoints - 1].image_at == now.image_at)
        return;
    assert_true(run->checkpoints < PST_COUNT(run->checkpoint));
    run->checkpoint[run->checkpoints++] = now;
}

/* What comes next of the source: its head once more for a run that goes on, then the rest. */
static struct pst_bytes next_piece(const struct pst_run *run, size_t *at)
{
    size_t head = (size_t)run->from.head_bytes, from = (size_t)run->from.source_at;
    if (*at >= head && *at < from)
        *at = from;
    size_t end = *at < head ? head : run->source.len;
    size_t left = end > *at ? end - *at : 0;
    size_t len = run->feed == 0 || run->feed > left ? left : run->feed;
    struct pst_bytes piece = {len > 0 ? run->source.at + *at : run->source.at, len};
    *at += len;
    return piece;
}

enum pst_code pst_run_feed(struct pst_run *run, struct pst_decoder *decoder)
{
    size_t at = 0, image_at = (size_t)run->from.image_at;
    size_t image = (size_t)run->plan.image_bytes;
    struct pst_bytes in = {run->source.at, 0};
    for (;;) {
        if (in.len == 0)
            in = next_piece(run, &at);
        size_t room = image - image_at, made = 0, before = in.len;
        room = run->room > 0 && run->room < room ? run->room : room;
        enum pst_code rc =
            pst_decoder_step(decoder, &in, run->out + image_at, room, &made, &run->why);
        if (rc != PST_OK)
            return rc;
        assert_true(made <= room);
        image_at += made;
        note_checkpoint(run, decoder, image_at);
        if (made == 0 && in.len == before && before == 0)
            return pst_decoder_finish(decoder, &run->why);
        assert_true(made > 0 || in.len < before);
    }
}

enum pst_code pst_run_decode(struct pst_run *run)
{
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    struct pst_memory_base memory = {.bytes = run->base};
    struct pst_base_port base = {&memory, pst_memory_base_read};
    run->why = (struct pst_report){0};
    run->checkpoints = 0;
    run->out[run->plan.image_bytes] = 0xa5;
    enum pst_code rc = pst_decoder_open(&run->plan, &base, run->from, &decoder, &run->why);
    if (rc == PST_OK)
        rc = pst_run_feed(run, decoder);
    assert_int_equal(run->out[run->plan.image_bytes], 0xa5);
    if ((rc == PST_OK) != (run->why.count == 0))
        fail_msg("%s with %zu findings", pst_code_name(rc), run->why.count);
    return rc;
}

static void explain(const struct pst_report *why)
{
    for (size_t i = 0; i < why->count; i++)
        print_message("%s %s: expected %s, found %s\n", pst_code_name(why->finding[i].code),
                      why->finding[i].where, why->finding[i].expected, why->finding[i].found);
}

struct pst_run pst_run_of(const struct pst_buf *source, const struct pst_made_source *made,
                          struct pst_bytes base, size_t image_bytes)
{
    bool delta = pst_source_format_is_delta(made->format);
    struct pst_run run = {.plan = {.format = made->format,
                                   .source_bytes = (int64_t)source->len,
                                   .image_bytes = (int64_t)image_bytes,
                                   .base_bytes = delta ? (int64_t)base.len : 0,
                                   .memory_bytes = made->memory_bytes},
                          .source = pst_buf_bytes(source),
                          .base = base};
    run.out = malloc(image_bytes + 1);
    assert_non_null(run.out);
    return run;
}

void pst_run_cleanup(struct pst_run *run)
{
    free(run->out);
}

void pst_assert_decodes_to(struct pst_run *run, struct pst_bytes image)
{
    if (image.len > 0)
        memset(run->out + run->from.image_at, 0x5a, image.len - (size_t)run->from.image_at);
    enum pst_code rc = pst_run_decode(run);
    if (rc != PST_OK)
        explain(&run->why);
    assert_int_equal(rc, PST_OK);
    size_t from = (size_t)run->from.image_at;
    if (image.len > from)
        assert_memory_equal(run->out + from, image.at + from, image.len - from);
}

uint64_t pst_seeded_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t below(uint64_t *state, size_t most)
{
    uint64_t drawn = pst_seeded_random(state);
    return most > 1 ? (size_t)(drawn % most) : 0;
}

/* Bytes that pack somewhat, as programs do: letters, now and then a repeat or a run of zeros. */
static void fill(uint64_t *state, uint8_t *out, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t stretch = 1 + below(state, 512);
        stretch = stretch < len - at ? stretch : len - at;
        size_t kind = below(state, 8);
        size_t from = below(state, at + 1);
        for (size_t i = 0; i < stretch; i++, at++)
            out[at] = kind == 0                ? 0
                      : kind == 1 && from < at ? out[from + i < at ? from + i : from]
                      : kind < 5               ? (uint8_t)(pst_seeded_random(state) >> 56)
                                 : (uint8_t)("etaoinsr"[pst_seeded_random(state) >> 61]);
    }
}

void pst_pair_cleanup(struct pst_pair *pair)
{
    pst_buf_clear(&pair->base);
    pst_buf_clear(&pair->image);
}

void pst_grow(uint64_t *state, struct pst_buf *buf, size_t len)
{
    assert_true(pst_buf_reserve(buf, len + 1));
    fill(state, buf->at + buf->len, len);
    buf->len += len;
}

struct pst_pair pst_pair_make(uint64_t seed, size_t base_len)
{
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    struct pst_pair pair = {pst_buf(PST_OUT_MOST), pst_buf(PST_OUT_MOST)};
    pst_grow(&state, &pair.base, base_len);
    size_t piece_most = 1 + base_len / (1 + below(&state, 12));

    for (size_t at = 0; at < base_len;) {
        size_t len = 1 + below(&state, piece_most), kind = below(&state, 8);
        len = len < base_len - at ? len : base_len - at;
        size_t from = kind == 0 ? below(&state, base_len - len + 1) : at;
        if (kind == 1)
            pst_grow(&state, &pair.image, below(&state, len));
        if (kind != 2)
            assert_true(pst_buf_add(&pair.image, pair.base.at + from, len));
        for (size_t i = 0; kind == 3 && i < len / 64; i++)
            pair.image.at[pair.image.len - 1 - below(&state, len)] ^= (uint8_t)(1 + i % 255);
        at += len;
    }
    return pair;
}

void pst_pair_delta(const struct pst_pair *pair, struct pst_buf *out, struct pst_made_source *made)
{
    struct pst_report why = {0};
    *out = pst_buf(PST_OUT_MOST);
    enum pst_code rc = pst_encode_delta(pst_buf_bytes(&pair->base), pst_buf_bytes(&pair->image),
                                        NULL, out, made, &why);
    explain(&why);
    assert_int_equal(rc, PST_OK);
}

void pst_image_full(struct pst_bytes image, enum pst_source_format format, struct pst_buf *out,
                    struct pst_made_source *made)
{
    struct pst_report why = {0};
    *out = pst_buf(PST_OUT_MOST);
    assert_int_equal(pst_encode_full_by(0, format, image, NULL, out, made, &why), PST_OK);
}
