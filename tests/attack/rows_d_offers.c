/* SPDX-License-Identifier: Apache-2.0 */
/* D01, D11 to D14: which delta is offered to whom, and what comes instead of it. */
#include <stdio.h>

#include "agent/fetch/checkpoint.h"
#include "tests/attack/delta.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

static struct pst_delta_header write_good(const struct attack_case *it, struct pst_buf *delta)
{
    struct pst_delta_order order = attack_delta_order(it);
    order.frame_bytes = 9000;
    return pst_delta_write(&order, delta);
}

/* ---- D01 ------------------------------------------------------------------------------------- */

typedef void spoil_base_fn(struct attack_case *it);

/* The terminal runs this now; its own digest of it is what was installed. */
static void a_byte_first(struct attack_case *it)
{
    it->scene->base.at[0] ^= 1;
    it->scene->slots.at[0][0] ^= 1;
}

static void a_byte_last(struct attack_case *it)
{
    size_t last = it->scene->base.len - 1;
    it->scene->base.at[last] ^= 0x80;
    it->scene->slots.at[0][last] ^= 0x80;
}

static void all_of_it(struct attack_case *it)
{
    for (size_t i = 0; i < it->scene->base.len; i++)
        it->scene->base.at[i] = it->scene->slots.at[0][i] = (uint8_t)i;
}

static void other_base(struct attack *attack, const char *name, spoil_base_fn *spoil)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", name);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_header header = write_good(&it, &delta);
    spoil(&it);
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    attack_refused(&it, PST_DELTA_BASE);
    attack_withdraw_delta(&it);
    attack_mended(&it); /* by the full image, as the delta is still of no use */
}

typedef void claim_fn(struct pst_source *source);

static void another_digest(struct pst_source *source)
{
    source->base_sha256[31] ^= 1;
}

static void a_byte_shorter(struct pst_source *source)
{
    source->base_size_bytes--;
}

static void a_byte_longer(struct pst_source *source)
{
    source->base_size_bytes++;
}

/* The manifest says another base than the terminal has. */
static void claimed(struct attack *attack, const char *name, claim_fn *claim)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", name);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_header header = write_good(&it, &delta);
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    claim(&it.scene->source[0]);
    attack_publish_again(&it);
    attack_refused(&it, PST_DELTA_NO_SOURCE); /* before anything is fetched */
    attack_noted(&it, PST_DELTA_BASE);
    attack_withdraw_delta(&it);
    attack_mended(&it);
}

/* The manifest is right, and the delta itself names others. */
static void named(struct attack *attack, bool base)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "a delta that names another %s", base ? "base" : "image");
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_header header = write_good(&it, &delta);
    uint8_t of_base[32], of_image[32];
    memcpy(of_base, it.scene->source[1].base_sha256, sizeof of_base);
    memcpy(of_image, it.scene->release.component[0].sha256, sizeof of_image);
    (base ? of_base : of_image)[7] ^= 4;
    pst_delta_name_ends(&delta, of_base, of_image);
    attack_delta_refused(&it, &delta, pst_delta_memory(&header),
                         base ? PST_DELTA_BASE : PST_IMAGE_DIGEST);
}

void attack_d01(struct attack *attack)
{
    other_base(attack, "the first byte of the base differs", a_byte_first);
    other_base(attack, "the last byte of the base differs", a_byte_last);
    other_base(attack, "the base is another", all_of_it);
    claimed(attack, "a base of another digest", another_digest);
    claimed(attack, "a base of a byte fewer", a_byte_shorter);
    claimed(attack, "a base of a byte more", a_byte_longer);
    named(attack, true);
    named(attack, false);
}

/* ---- D11 ------------------------------------------------------------------------------------- */

static void not_what_is_signed(struct attack *attack, const char *like, int64_t at)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "byte %lld of %s", (long long)at, like);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_header header = write_good(&it, &delta);
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    pst_fake_fail(&it.scene->net, like, PST_FAKE_FLIP, at, -1);
    size_t entered = attack_decoder_entered();
    attack_refused(&it, PST_IMAGE_CORRUPT);
    attack_holds(&it, attack_decoder_entered() == entered, "the decoder was entered");
    attack_withdraw_delta(&it);
    attack_mended(&it);
    attack_holds(&it, attack_decoder_entered() > entered, "the counter does not count");
}

void attack_d11(struct attack *attack)
{
    static const int64_t places[] = {0, 4, 50, 100, 120, 250};
    for (size_t i = 0; i < PST_COUNT(places); i++)
        not_what_is_signed(attack, ".os.offer", places[i]);
    for (int64_t at = 0; at < 32; at += 31)
        not_what_is_signed(attack, ".os.offer.blocks", at);
}

/* ---- D12 ------------------------------------------------------------------------------------- */

/* Whoever may sign payloads signs a delta of another image; the manifest names the right one. */
static void another_image(struct attack *attack, size_t at, size_t len)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%zu bytes of another image", len);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(20000);
    struct pst_delta_order order = attack_delta_order(&it);
    assert_true(pst_buf_add(&image, it.scene->image.at, it.scene->image.len));
    for (size_t i = 0; i < len; i++)
        image.at[at + i] ^= 0x21;
    order.image = pst_buf_bytes(&image);
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    it.slot_may_be_begun = true;
    attack_delta_refused(&it, &delta, pst_delta_memory(&header), PST_IMAGE_DIGEST);
}

/* Nothing in it is a delta at all, and every digest is right. */
static void no_delta(struct attack *attack, const char *name, const char *text)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", name);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    while (delta.len < 300)
        assert_true(pst_buf_add_text(&delta, text));
    attack_delta_refused(&it, &delta, 8 << 20, PST_DELTA_MALFORMED);
}

void attack_d12(struct attack *attack)
{
    another_image(attack, 0, 1);
    another_image(attack, 19999, 1);
    another_image(attack, 1000, 15000);
    no_delta(attack, "text", "this is no delta; ");
    no_delta(attack, "zstd", "\x28\xb5\x2f\xfd");
    no_delta(attack, "one byte over and over", "\xff");
}

/* ---- D13 ------------------------------------------------------------------------------------- */

static void keep_checkpoint(struct attack_case *it, const uint8_t *sha256, struct pst_checkpoint at)
{
    struct pst_kept_checkpoint kept = {.slot = 1, .at = at};
    memcpy(kept.source_sha256, sha256, sizeof kept.source_sha256);
    assert_int_equal(pst_checkpoint_keep(&it->scene->ports.state, pst_text("os"), &kept, NULL),
                     PST_OK);
}

/* A checkpoint of a delta that was withdrawn counts for none. */
static void of_another_delta(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "of another delta");
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_header header = write_good(&it, &delta);
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    uint8_t other[32];
    memcpy(other, it.scene->source[0].sha256, sizeof other);
    other[0] ^= 1;
    keep_checkpoint(&it, other,
                    (struct pst_checkpoint){PST_DELTA_HEADER + header.head_bytes + 20, 9000,
                                            PST_DELTA_HEADER + header.head_bytes});
    attack_accepted(&it);
}

/* One that names this delta and a place where it cannot go on: refused once, then from the
 * beginning. */
static void of_a_wrong_place(struct attack *attack, int64_t source_at, int64_t image_at,
                             int head_by)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "from %lld, image %lld, head %+d",
                                        (long long)source_at, (long long)image_at, head_by);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_header header = write_good(&it, &delta);
    int64_t head = PST_DELTA_HEADER + header.head_bytes;
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    keep_checkpoint(&it, it.scene->source[0].sha256,
                    (struct pst_checkpoint){head + source_at, image_at, head + head_by});
    attack_converges(&it);
}

/* The image is its own base: the delta does not fit what it made. */
static void applied_twice(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "applied twice");
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_header header = write_good(&it, &delta);
    struct pst_bytes image = pst_buf_bytes(&it.scene->image);
    pst_fake_slots_fill(&it.scene->slots, 0, image);
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    attack_refused(&it, PST_DELTA_BASE);
}

void attack_d13(struct attack *attack)
{
    of_another_delta(attack);
    of_a_wrong_place(attack, 0, 9000, 0);
    of_a_wrong_place(attack, 1, 9000, 0);
    of_a_wrong_place(attack, 40, 18000, 0);
    of_a_wrong_place(attack, 40, 9001, 0);
    of_a_wrong_place(attack, 40, 9000, 1);
    of_a_wrong_place(attack, 40, 9000, -1);
    of_a_wrong_place(attack, 40, 9000, -100);
    applied_twice(attack);
}

/* ---- D14 ------------------------------------------------------------------------------------- */

/* The list of its blocks is asked for first. */
static void gone(struct attack *attack, bool full_too)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "the delta%s", full_too ? " and all" : "");
    attack_publish(&it);
    pst_fake_fail(&it.scene->net, full_too ? ".os." : ".os.delta", PST_FAKE_STATUS, 404, -1);
    if (full_too) {
        attack_refused(&it, PST_METADATA_MISSING);
        attack_mended(&it);
    } else {
        attack_accepted(&it);
        attack_noted(&it, PST_METADATA_MISSING);
    }
}

static void too_old(struct attack *attack, bool full_there)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "a base that nobody runs any more%s",
                                        full_there ? "" : ", and no full image");
    struct agent_scene *scene = it.scene;
    scene->base.at[5] ^= 1;
    scene->slots.at[0][5] ^= 1;
    if (full_there) {
        attack_publish(&it);
        attack_accepted(&it);
        return;
    }
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_header header = write_good(&it, &delta);
    attack_offer_delta(&it, &delta, pst_delta_memory(&header));
    attack_refused(&it, PST_DELTA_BASE);
    attack_withdraw_delta(&it);
    attack_mended(&it);
}

void attack_d14(struct attack *attack)
{
    gone(attack, false);
    gone(attack, true);
    too_old(attack, true);
    too_old(attack, false);
}
