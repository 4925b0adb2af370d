/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/attack/delta.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/fetch/blocks.h"
#include "tests/support/check.h"
#include "tests/support/code_pair.h"

/* ---- how often the decoder is asked ---------------------------------------------------------- */

/* The program's mutable state, as the decoder's caller is the agent. */
static size_t entered;

enum pst_code __real_pst_decoder_step(struct pst_decoder *decoder, struct pst_bytes *in,
                                      uint8_t *out, size_t room, size_t *made,
                                      struct pst_report *why);
enum pst_code __wrap_pst_decoder_step(struct pst_decoder *decoder, struct pst_bytes *in,
                                      uint8_t *out, size_t room, size_t *made,
                                      struct pst_report *why);
enum pst_code __wrap_pst_decoder_step(struct pst_decoder *decoder, struct pst_bytes *in,
                                      uint8_t *out, size_t room, size_t *made,
                                      struct pst_report *why)
{
    entered++;
    return __real_pst_decoder_step(decoder, in, out, room, made, why);
}

size_t attack_decoder_entered(void)
{
    return entered;
}

/* ---- offered to a terminal ------------------------------------------------------------------- */

struct pst_delta_order attack_delta_order(const struct attack_case *it)
{
    static const struct pst_segment whole[] = {{0, 20000, 0}};
    assert_int_equal(it->scene->image.len, whole[0].len);
    assert_int_equal(it->scene->base.len, whole[0].len);
    return (struct pst_delta_order){.base = pst_buf_bytes(&it->scene->base),
                                    .image = pst_buf_bytes(&it->scene->image),
                                    .segment = whole,
                                    .segments = 1};
}

static void list_blocks(const struct pst_buf *content, struct pst_buf *out)
{
    out->len = 0;
    for (size_t at = 0; at < content->len; at += PST_BLOCK_BYTES) {
        size_t left = content->len - at, len = left < PST_BLOCK_BYTES ? left : PST_BLOCK_BYTES;
        uint8_t digest[PST_SHA256_BYTES];
        assert_int_equal(pst_sha256(pst_bytes(content->at + at, len), digest, NULL), PST_OK);
        assert_true(pst_buf_add(out, digest, sizeof digest));
    }
}

/* The scene publishes its first source_count sources with their content: the first is now this. */
void attack_offer_delta(struct attack_case *it, const struct pst_buf *delta, int64_t memory_bytes)
{
    struct agent_scene *scene = it->scene;
    struct pst_source *source = &scene->source[0];

    *source = scene->source[1];
    source->path = pst_text("pos-a/5.2.0/os.offer");
    source->blocks.path = pst_text("pos-a/5.2.0/os.offer.blocks");
    source->length_bytes = (int64_t)delta->len;
    source->memory_bytes = memory_bytes;
    assert_int_equal(pst_sha256(pst_buf_bytes(delta), source->sha256, NULL), PST_OK);
    pst_buf_clear(&it->kept_content);
    pst_buf_clear(&it->kept_list);
    it->kept_content = scene->content[0];
    it->kept_list = scene->list[0];
    scene->content[0] = pst_buf(delta->len + 1);
    scene->list[0] = pst_buf(1 << 20);
    assert_true(pst_buf_add(&scene->content[0], delta->at, delta->len));
    list_blocks(&scene->content[0], &scene->list[0]);
    assert_int_equal(pst_sha256(pst_buf_bytes(&scene->list[0]), source->blocks.sha256, NULL),
                     PST_OK);
    scene->release.component[0].source_count = 1;
    attack_publish(it);
}

void attack_withdraw_delta(struct attack_case *it)
{
    struct agent_scene *scene = it->scene;
    pst_buf_clear(&scene->content[0]);
    pst_buf_clear(&scene->list[0]);
    scene->content[0] = it->kept_content;
    scene->list[0] = it->kept_list;
    it->kept_content = it->kept_list = pst_buf(0);
}

void attack_delta_refused(struct attack_case *it, const struct pst_buf *delta, int64_t memory_bytes,
                          enum pst_code code)
{
    attack_offer_delta(it, delta, memory_bytes);
    attack_refused(it, code);
    attack_withdraw_delta(it);
    attack_mended(it);
}

/* ---- for a decoder alone --------------------------------------------------------------------- */

struct attack_small attack_small(enum pst_isa_name isa, size_t bytes, uint32_t frame_bytes)
{
    struct pst_pair pair = {pst_buf(0), pst_buf(0)};
    uint32_t part = 0;
    for (uint64_t seed = 60 + isa; part < bytes / 8 || pair.base.len <= 3 * part; seed++) {
        pst_pair_cleanup(&pair); /* a version that lost or gained too much */
        pair = pst_code_pair(seed, bytes, isa);
        part = (uint32_t)pair.image.len / 5;
    }
    struct attack_small small = {pair.base, pair.image, pst_buf(ATTACK_DELTA_MOST), {0}};
    memset(small.image.at + 2 * part, 7, part);
    const struct pst_segment segment[] = {
        {0, 2 * part, 0}, {2 * part, part, PST_DELTA_FILL | 7}, {3 * part, part, 2 * part}};
    const struct pst_region region = {0, isa, 0, 0};
    const struct pst_delta_order order = {.base = pst_buf_bytes(&small.base),
                                          .image = pst_buf_bytes(&small.image),
                                          .segment = segment,
                                          .segments = PST_COUNT(segment),
                                          .region = &region,
                                          .regions = 1,
                                          .frame_bytes = frame_bytes};
    small.header = pst_delta_write(&order, &small.delta);
    return small;
}

void attack_small_cleanup(struct attack_small *small)
{
    pst_buf_clear(&small->base);
    pst_buf_clear(&small->image);
    pst_buf_clear(&small->delta);
}

/* Outside of the base nothing may be asked for: this one is of just its size, too. */
static bool read_base(void *context, uint64_t at, void *into, size_t len)
{
    const struct pst_bytes *base = context;
    assert_true(at <= base->len && len <= base->len - at);
    if (len > 0)
        memcpy(into, base->at + at, len);
    return true;
}

static enum pst_code decode(const struct attack_small *small, struct pst_bytes delta, uint8_t *out,
                            struct pst_report *why)
{
    struct pst_bytes base = pst_buf_bytes(&small->base);
    const struct pst_base_port port = {&base, read_base};
    const struct pst_decoder_plan plan = {.format = PST_SOURCE_DELTA,
                                          .source_bytes = (int64_t)delta.len,
                                          .image_bytes = (int64_t)small->image.len,
                                          .base_bytes = (int64_t)base.len,
                                          .memory_bytes = pst_delta_memory(&small->header)};
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    size_t at = 0, made = 1;
    enum pst_code rc = pst_decoder_open(&plan, &port, (struct pst_checkpoint){0}, &decoder, why);
    while (rc == PST_OK && (delta.len > 0 || made > 0)) {
        rc = pst_decoder_step(decoder, &delta, out + at, small->image.len - at, &made, why);
        at += rc == PST_OK ? made : 0;
    }
    return rc == PST_OK ? pst_decoder_finish(decoder, why) : rc;
}

bool attack_try_delta(struct attack *attack, const struct attack_small *small,
                      struct pst_bytes delta, const char *name)
{
    static const enum pst_code blamed[] = {PST_DELTA_MALFORMED, PST_DELTA_FORMAT, PST_DELTA_BASE,
                                           PST_IMAGE_SIZE, PST_DELTA_MEMORY};
    PST_CLEANUP(pst_heap) uint8_t *exact = malloc(delta.len > 0 ? delta.len : 1);
    PST_CLEANUP(pst_heap) uint8_t *out = malloc(small->image.len + 1);
    struct pst_report why = {0};
    assert_non_null(exact);
    assert_non_null(out);
    memset(out, 0x5a, small->image.len);
    if (delta.len > 0)
        memcpy(exact, delta.at, delta.len);
    enum pst_code rc = decode(small, pst_bytes(exact, delta.len), out, &why);
    size_t len = small->image.len;
    bool right = rc == PST_OK && (len == 0 || memcmp(out, small->image.at, len) == 0);
    bool known = rc == PST_OK;
    for (size_t i = 0; i < PST_COUNT(blamed); i++)
        known = known || (rc == blamed[i] && pst_report_has(&why, rc));
    attack->cases++;
    attack->accepted += rc == PST_OK && !right;
    attack->wrong_code += !known;
    if (!known || (rc == PST_OK && !right))
        fprintf(stderr, "%s %s: %s\n", attack->row, name, pst_code_name(rc));
    return right;
}
