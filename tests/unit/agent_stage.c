/* SPDX-License-Identifier: Apache-2.0 */
/* From a source on the network into the inactive slot, with everything that can go wrong on the
 * way. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/fetch/checkpoint.h"
#include "agent/fetch/stage.h"
#include "agent/trust/tuf_client.h"
#include "tests/support/agent_scene.h"
#include "tests/support/check.h"
#include "tests/support/delta_writer.h"

enum {
    IMAGE_BYTES = 9000001
}; /* two checkpoints of a full source, and no whole block at the end */
/* PIECES: a delta whose head is longer than a block, in frames that leave checkpoints. */
enum { FULL, DELTA, RAW, SOURCES, PIECES = SOURCES, ALL_SOURCES };
static const char *const source_names[] = {"full", "delta", "raw", "pieces"};
enum {
    PIECES_COUNT = 24000,
    PIECES_FRAME = 1 << 20,
    PIECES_SPELT_AT = 5 << 20,
    PIECES_SPELT = 300000
};

/* One scene for all tests: packing images takes longer than all of them. */
struct stage {
    struct agent_scene *scene;
    struct pst_source source[ALL_SOURCES];
    struct pst_buf pieces;
    struct pst_delta_header pieces_header;
    int64_t fetched_bytes;
    struct pst_report why;
};

static void serve(struct stage *stage, struct pst_text path, const struct pst_buf *content)
{
    static const char *const mirrors[] = {"https://one.example/targets/",
                                          "https://two.example/targets/"};
    uint8_t digest[PST_SHA256_BYTES];
    char url[PST_URL_ROOM];
    assert_int_equal(pst_sha256(pst_buf_bytes(content), digest, NULL), PST_OK);
    for (size_t i = 0; i < PST_COUNT(mirrors); i++) {
        assert_true(pst_tuf_target_url(mirrors[i], path, pst_bytes(digest, sizeof digest), url));
        pst_fake_serve(&stage->scene->net, url, pst_buf_bytes(content));
    }
}

static void list_blocks(const struct pst_buf *content, struct pst_buf *out)
{
    for (size_t at = 0; at < content->len; at += PST_BLOCK_BYTES) {
        size_t left = content->len - at, len = left < PST_BLOCK_BYTES ? left : PST_BLOCK_BYTES;
        uint8_t digest[PST_SHA256_BYTES];
        assert_int_equal(pst_sha256(pst_bytes(content->at + at, len), digest, NULL), PST_OK);
        assert_true(pst_buf_add(out, digest, sizeof digest));
    }
}

/* Serves `content` and its list, and says so in `source`. */
static void publish(struct stage *stage, const struct pst_buf *content, struct pst_source *source)
{
    PST_CLEANUP(pst_buf) struct pst_buf list = pst_buf(1 << 20);
    list_blocks(content, &list);
    source->length_bytes = (int64_t)content->len;
    source->blocks.size_bytes = PST_BLOCK_BYTES;
    assert_int_equal(pst_sha256(pst_buf_bytes(content), source->sha256, NULL), PST_OK);
    assert_int_equal(pst_sha256(pst_buf_bytes(&list), source->blocks.sha256, NULL), PST_OK);
    serve(stage, source->path, content);
    serve(stage, source->blocks.path, &list);
}

static void add_raw(struct stage *stage)
{
    struct pst_source *raw = &stage->source[RAW];
    *raw = (struct pst_source){.path = pst_text("pos-a/5.2.0/os.raw"),
                               .format = PST_SOURCE_RAW,
                               .blocks = {.path = pst_text("pos-a/5.2.0/os.raw.blocks")}};
    publish(stage, &stage->scene->image, raw);
}

/* The image's beginning out of many small parts from anywhere, then all from where it was, but for
 * a stretch that is spelt: so there is something to fetch before and behind checkpoints. */
static size_t choose_pieces(const struct agent_scene *scene, struct pst_segment *out)
{
    uint32_t at = 0, seed = 3, image = (uint32_t)scene->image.len;
    for (size_t i = 0; i + 2 < PIECES_COUNT; i++) {
        seed = seed * 1664525U + 1013904223U;
        uint32_t len = 3 + (seed >> 16) % 4, from = seed % (image - 64);
        out[i] = (struct pst_segment){at, len, from};
        at += len;
    }
    assert_true(at < PIECES_SPELT_AT && PIECES_SPELT_AT + PIECES_SPELT < image);
    out[PIECES_COUNT - 2] = (struct pst_segment){at, PIECES_SPELT_AT - at, at};
    at = PIECES_SPELT_AT + PIECES_SPELT;
    out[PIECES_COUNT - 1] = (struct pst_segment){at, image - at, at};
    return PIECES_COUNT;
}

static void add_pieces(struct stage *stage)
{
    const struct agent_scene *scene = stage->scene;
    struct pst_source *pieces = &stage->source[PIECES];
    PST_CLEANUP(pst_heap) struct pst_segment *segment = calloc(PIECES_COUNT, sizeof *segment);
    assert_non_null(segment);
    struct pst_delta_order order = {.base = pst_buf_bytes(&scene->base),
                                    .image = pst_buf_bytes(&scene->image),
                                    .segment = segment,
                                    .segments = choose_pieces(scene, segment),
                                    .frame_bytes = PIECES_FRAME};
    stage->pieces = pst_buf(scene->image.len);
    stage->pieces_header = pst_delta_write(&order, &stage->pieces);
    assert_true(stage->pieces_header.head_bytes > PST_BLOCK_BYTES);
    *pieces = scene->source[1];
    pieces->path = pst_text("pos-a/5.2.0/os.pieces");
    pieces->blocks.path = pst_text("pos-a/5.2.0/os.pieces.blocks");
    pieces->memory_bytes = pst_delta_memory(&stage->pieces_header);
    publish(stage, &stage->pieces, pieces);
}

static int begin_all(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    stage->scene = agent_scene(IMAGE_BYTES);
    add_raw(stage);
    add_pieces(stage);
    *state = stage;
    return 0;
}

static int end_all(void **state)
{
    struct stage *stage = *state;
    agent_scene_free(stage->scene);
    pst_buf_clear(&stage->pieces);
    free(stage);
    return 0;
}

/* As good as new: the old image runs, the other slot is empty, nothing was fetched. */
static void renew(struct stage *stage)
{
    struct agent_scene *scene = stage->scene;
    pst_fake_power_on(&scene->power, -1);
    pst_fake_mend(&scene->net);
    scene->net.call_count = 0;
    pst_fake_documents_clear(&scene->state);
    pst_fake_slots_fill(&scene->slots, 0, pst_buf_bytes(&scene->base));
    pst_fake_slots_fill(&scene->slots, 1, pst_bytes("", 0));
    scene->slots.io_error_at = scene->slots.bad_at = -1;
    scene->slots.writes = 0;
    stage->source[FULL] = scene->source[0];
    stage->source[DELTA] = scene->source[1];
    stage->fetched_bytes = 0;
    memset(&stage->why, 0, sizeof stage->why);
}

static int begin_one(void **state)
{
    renew(*state);
    return 0;
}

static enum pst_code run_component(struct stage *stage, const struct pst_component *component,
                                   const struct pst_source *source)
{
    struct agent_scene *scene = stage->scene;
    struct pst_stage_in in = {.from = {&scene->ports.transport, &scene->agent.sources},
                              .component = component,
                              .source = source,
                              .slots = &scene->ports.slot[0],
                              .active = 0,
                              .state = &scene->ports.state};
    memset(&stage->why, 0, sizeof stage->why);
    return pst_stage(&in, &stage->fetched_bytes, &stage->why);
}

static enum pst_code run(struct stage *stage, int which)
{
    return run_component(stage, &stage->scene->release.component[0], &stage->source[which]);
}

static void assert_run(struct stage *stage, int which, enum pst_code expect)
{
    enum pst_code got = run(stage, which);
    if (got != expect)
        fail_msg("%s: %s, not %s:%s", source_names[which], pst_code_name(got),
                 pst_code_name(expect), agent_scene_explain(&stage->why));
    assert_int_equal(stage->scene->slots.active_writes, 0);
    if (expect != PST_OK && !pst_report_has(&stage->why, expect))
        fail_msg("%s is not explained:%s", pst_code_name(expect), agent_scene_explain(&stage->why));
}

static void assert_staged(const struct stage *stage, int which)
{
    const struct agent_scene *scene = stage->scene;
    if (!agent_scene_slot_holds(scene, 1, &scene->image))
        fail_msg("%s: the slot does not hold the image", source_names[which]);
    assert_true(agent_scene_slot_holds(scene, 0, &scene->base));
    assert_null(pst_fake_document(&scene->state, "checkpoint-os"));
}

/* ---- the good way ---------------------------------------------------------------------------- */

static void each_kind_of_source_gives_the_image(void **state)
{
    struct stage *stage = *state;
    for (int which = 0; which < ALL_SOURCES; which++) {
        renew(stage);
        assert_run(stage, which, PST_OK);
        assert_staged(stage, which);
        assert_int_equal(stage->fetched_bytes, stage->source[which].length_bytes);
        assert_int_equal(stage->scene->net.call_count, 2); /* the list and the source */
    }
}

/* ---- damage on the way ----------------------------------------------------------------------- */

static void a_damaged_block_is_fetched_again_alone_from_the_next_source(void **state)
{
    struct stage *stage = *state;
    const struct pst_fake_net *net = &stage->scene->net;
    for (int which = 0; which < SOURCES; which++) {
        renew(stage);
        int64_t bad_block = stage->source[which].length_bytes / PST_BLOCK_BYTES / 2;
        pst_fake_fail(&stage->scene->net, "one.example/targets/pos-a/5.2.0", PST_FAKE_FLIP,
                      bad_block * PST_BLOCK_BYTES + 7, -1);
        assert_run(stage, which, PST_OK);
        assert_staged(stage, which);
        assert_true(agent_scene_noted(&stage->why, PST_IMAGE_CORRUPT));
        assert_int_equal(net->call_count, 3);
        assert_non_null(strstr(net->call[2].url, "two.example"));
        assert_int_equal(net->call[2].from, bad_block * PST_BLOCK_BYTES);
        assert_true(stage->fetched_bytes <=
                    stage->source[which].length_bytes + PST_BLOCK_BYTES + PST_FAKE_PIECE_BYTES);
    }
}

/* D11: what follows a block with a wrong hash never reaches the decoder, nor does the block. */
static void damage_everywhere_is_told_and_never_decoded(void **state)
{
    struct stage *stage = *state;
    for (int which = 0; which < SOURCES; which++) {
        renew(stage);
        pst_fake_fail(&stage->scene->net, ".os.", PST_FAKE_FLIP, 3, -1);
        assert_run(stage, which, PST_IMAGE_CORRUPT);
        assert_int_equal(stage->scene->slots.writes, 0);
        assert_int_equal(stage->fetched_bytes, 0); /* the list already differs */
    }
}

static void a_source_damaged_behind_its_sound_list_is_never_decoded(void **state)
{
    struct stage *stage = *state;
    PST_CLEANUP(pst_buf) struct pst_buf other = pst_buf(stage->scene->content[DELTA].len);
    const struct pst_buf *sound = &stage->scene->content[DELTA];
    char url[2][PST_URL_ROOM];
    assert_true(pst_buf_add(&other, sound->at, sound->len));
    other.at[20] ^= 0xff; /* of the header */
    for (size_t i = 0; i < 2; i++) {
        assert_true(pst_tuf_target_url(stage->scene->agent.sources.targets[i],
                                       stage->source[DELTA].path,
                                       pst_bytes(stage->source[DELTA].sha256, 32), url[i]));
        pst_fake_serve(&stage->scene->net, url[i], pst_buf_bytes(&other));
    }
    assert_run(stage, DELTA, PST_IMAGE_CORRUPT);
    assert_false(pst_report_has(&stage->why, PST_DELTA_MALFORMED)); /* who decodes would say so */
    assert_int_equal(stage->scene->slots.writes, 0);
    assert_int_equal(pst_fake_asked(&stage->scene->net, "os.delta"),
                     1 + 4); /* twice at each source */
    for (size_t i = 0; i < 2; i++)
        pst_fake_serve(&stage->scene->net, url[i], pst_buf_bytes(sound));
}

struct fault_case {
    const char *name;
    enum pst_fake_fault fault;
    int64_t number;
    enum pst_code expect; /* where both sources do it */
};

static void each_fault_of_one_source_is_made_up_for_and_of_both_is_told(void **state)
{
    static const struct fault_case cases[] = {
        {"stalls", PST_FAKE_STALL, 200001, PST_NET_STALLED},
        {"breaks off", PST_FAKE_TRUNCATE, 200001, PST_NET_TRUNCATED},
        {"breaks off at a block", PST_FAKE_TRUNCATE, 131072, PST_NET_TRUNCATED},
        {"is gone", PST_FAKE_STATUS, 404, PST_IMAGE_MISSING},
        {"is closed", PST_FAKE_STATUS, 403, PST_IMAGE_MISSING},
        {"is maintained", PST_FAKE_STATUS, 503, PST_SERVICE_MAINTENANCE},
        {"fails", PST_FAKE_STATUS, 500, PST_NET_STATUS},
        {"knows no such range", PST_FAKE_STATUS, 416, PST_NET_RANGE},
        {"redirects", PST_FAKE_REDIRECT, 0, PST_NET_REDIRECT},
        {"is not there", PST_FAKE_UNREACHABLE, 0, PST_NET_UNREACHABLE},
        {"gives another range", PST_FAKE_WRONG_RANGE, 65536, PST_NET_RANGE},
        {"gives a web page", PST_FAKE_HTML, 0, PST_NET_TRUNCATED},
        {"gives bytes without end", PST_FAKE_ENDLESS, 0, PST_IMAGE_CORRUPT},
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        const struct fault_case *one = &cases[i];
        renew(stage);
        PST_CLEANUP(pst_buf) struct pst_buf like = pst_buf(256);
        char hex[65];
        pst_hex_print(pst_bytes(stage->source[FULL].sha256, 32), hex);
        assert_true(pst_buf_print(&like, "one.example/targets/pos-a/5.2.0/%s", hex));
        assert_true(pst_buf_add(&like, "", 1));
        pst_fake_fail(&stage->scene->net, (const char *)like.at, one->fault, one->number, -1);
        enum pst_code got = run(stage, FULL);
        if (got != PST_OK || !agent_scene_noted(&stage->why, one->expect))
            fail_msg("one source %s: %s%s", one->name, pst_code_name(got),
                     agent_scene_explain(&stage->why));
        assert_staged(stage, FULL);

        renew(stage);
        pst_fake_fail(&stage->scene->net, hex, one->fault, one->number, -1);
        got = run(stage, FULL);
        if (got != one->expect)
            fail_msg("both %s: %s, not %s%s", one->name, pst_code_name(got),
                     pst_code_name(one->expect), agent_scene_explain(&stage->why));
    }
}

/* N08: a server that ignores Range is good enough for the beginning, and not for the middle. */
static void the_whole_file_for_a_range_is_taken_only_from_the_beginning(void **state)
{
    struct stage *stage = *state;
    char hex[65];
    pst_hex_print(pst_bytes(stage->source[FULL].sha256, 32), hex);
    pst_fake_fail(&stage->scene->net, hex, PST_FAKE_WHOLE, 0, -1);
    assert_run(stage, FULL, PST_OK);
    assert_staged(stage, FULL);

    renew(stage);
    pst_fake_fail(&stage->scene->net, hex, PST_FAKE_TRUNCATE, 70000, 1);
    pst_fake_fail(&stage->scene->net, hex, PST_FAKE_WHOLE, 0, -1);
    assert_run(stage, FULL, PST_NET_RANGE);
}

/* ---- the slot -------------------------------------------------------------------------------- */

static void another_base_is_refused_before_the_first_write(void **state)
{
    struct stage *stage = *state;
    stage->scene->slots.at[0][IMAGE_BYTES - 1] ^= 1;
    assert_run(stage, DELTA, PST_DELTA_BASE);
    assert_int_equal(stage->scene->slots.writes, 0);
    assert_int_equal(stage->scene->net.call_count, 0);

    stage->scene->slots.at[0][IMAGE_BYTES - 1] ^= 1;
    stage->source[DELTA].base_size_bytes = stage->scene->slots.bytes + 1;
    assert_run(stage, DELTA, PST_DELTA_BASE);
}

static void a_wrong_image_is_told_and_the_next_run_begins_anew(void **state)
{
    struct stage *stage = *state;
    struct pst_component other = stage->scene->release.component[0];
    other.sha256[0] ^= 1;
    for (int which = 0; which < SOURCES; which++) {
        renew(stage);
        assert_int_equal(run_component(stage, &other, &stage->source[which]), PST_IMAGE_DIGEST);
        assert_true(pst_report_has(&stage->why, PST_IMAGE_DIGEST));
        assert_null(pst_fake_document(&stage->scene->state, "checkpoint-os"));
        assert_int_equal(stage->scene->boot.state.next, 0);
    }
}

static void a_device_that_gives_back_other_bytes_is_told_with_the_place(void **state)
{
    static const struct {
        int64_t bad_at;
        const char *says;
    } cases[] = {{0, "MiB 0"},
                 {1048575, "MiB 0"},
                 {1048576, "MiB 1"},
                 {5 * 1048576 + 3, "MiB 5"},
                 {IMAGE_BYTES - 1, "MiB 8"}};
    struct stage *stage = *state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        renew(stage);
        stage->scene->slots.bad_at = cases[i].bad_at;
        assert_run(stage, RAW, PST_SLOT_READBACK);
        if (strstr(stage->why.finding[0].found, cases[i].says) == NULL)
            fail_msg("%s is not in: %s", cases[i].says, stage->why.finding[0].found);
        assert_null(pst_fake_document(&stage->scene->state, "checkpoint-os"));
    }
}

static void a_device_that_fails_is_told(void **state)
{
    struct stage *stage = *state;
    for (int64_t at = 0; at < IMAGE_BYTES; at += 2100003) {
        renew(stage);
        stage->scene->slots.io_error_at = at;
        assert_run(stage, FULL, PST_SLOT_IO);
    }
    renew(stage);
    stage->scene->slots.io_error_at = -1;
    struct pst_component larger = stage->scene->release.component[0];
    larger.size_bytes = stage->scene->slots.bytes + 1;
    struct pst_source raw = stage->source[RAW];
    assert_true(run_component(stage, &larger, &raw) != PST_OK);
}

/* ---- power ----------------------------------------------------------------------------------- */

/* Cuts at the n-th change, lets what was not synced vanish, goes on. Answers the changes of a
 * whole run. */
static int64_t run_with_cut(struct stage *stage, int which, int64_t cut)
{
    struct agent_scene *scene = stage->scene;
    renew(stage);
    pst_fake_power_on(&scene->power, cut);
    enum pst_code rc = run(stage, which);
    if (!scene->power.out) {
        assert_int_equal(rc, PST_OK);
        return scene->power.changes;
    }
    assert_true(rc != PST_OK);
    assert_true(agent_scene_slot_holds(scene, 0, &scene->base));
    pst_fake_power_on(&scene->power, -1);
    pst_fake_slots_lose(&scene->slots);
    rc = run(stage, which);
    if (rc != PST_OK)
        fail_msg("%s, cut %lld: %s%s", source_names[which], (long long)cut, pst_code_name(rc),
                 agent_scene_explain(&stage->why));
    assert_staged(stage, which);
    return cut;
}

static void after_a_cut_at_any_change_the_image_is_right_in_the_end(void **state)
{
    struct stage *stage = *state;
    static const int64_t strides[] = {[FULL] = 31, [DELTA] = 83, [RAW] = 17, [PIECES] = 83};
    for (int which = 0; which < ALL_SOURCES; which++) {
        int64_t changes = run_with_cut(stage, which, -1);
        assert_in_range(changes, 100, 1000);
        for (int64_t cut = 0; cut < changes;
             cut += cut < 4 || cut > changes - 5 ? 1 : strides[which])
            run_with_cut(stage, which, cut);
        /* Around a checkpoint: the sync, the document, the write after it. */
        for (int64_t cut = 60; cut < 72 && which != DELTA; cut += which == PIECES ? 4 : 1)
            run_with_cut(stage, which, cut);
    }
}

static void after_a_cut_it_goes_on_from_the_checkpoint(void **state)
{
    static const int leaving_checkpoints[] = {FULL, RAW, PIECES};
    struct stage *stage = *state;
    for (size_t i = 0; i < PST_COUNT(leaving_checkpoints); i++) {
        int which = leaving_checkpoints[i];
        int64_t changes = run_with_cut(stage, which, -1);
        (void)run_with_cut(stage, which, changes - 3); /* nearly all was written */
        /* All of it once, and again what lies behind the last checkpoint. */
        if (stage->fetched_bytes > stage->source[which].length_bytes * 7 / 4)
            fail_msg("%s: %lld bytes of %lld", source_names[which], (long long)stage->fetched_bytes,
                     (long long)stage->source[which].length_bytes);
    }
}

static struct pst_checkpoint kept_checkpoint(const struct stage *stage, int which)
{
    struct pst_kept_checkpoint kept = {.slot = 1};
    memcpy(kept.source_sha256, stage->source[which].sha256, sizeof kept.source_sha256);
    pst_checkpoint_load(&stage->scene->ports.state, pst_text("os"), &kept);
    return kept.at;
}

/* In whole blocks: those that hold the head, and those from the checkpoint on. */
static int64_t bytes_to_go(const struct stage *stage, int which, struct pst_checkpoint from)
{
    int64_t length = stage->source[which].length_bytes;
    int64_t head_end = pst_blocks_end(from.head_bytes) * PST_BLOCK_BYTES;
    int64_t rest = from.source_at / PST_BLOCK_BYTES * PST_BLOCK_BYTES;
    return head_end >= length ? length : head_end + length - (rest > head_end ? rest : head_end);
}

/* What the network gave until it stalled is decoded, and its last checkpoint kept. */
static void a_delta_that_was_stopped_anywhere_fetches_its_head_and_what_is_missing(void **state)
{
    struct stage *stage = *state;
    int64_t checkpoint_before = 0;
    size_t checkpoints = 0;
    char hex[65];
    pst_hex_print(pst_bytes(stage->source[PIECES].sha256, 32), hex);
    for (int64_t at = PST_BLOCK_BYTES; at < stage->source[PIECES].length_bytes;
         at += PST_BLOCK_BYTES) {
        renew(stage);
        pst_fake_fail(&stage->scene->net, hex, PST_FAKE_STALL, at, -1);
        assert_run(stage, PIECES, PST_NET_STALLED);
        struct pst_checkpoint kept = kept_checkpoint(stage, PIECES);
        assert_true(kept.image_at % PIECES_FRAME == 0);
        assert_int_equal(kept.head_bytes, kept.source_at != 0
                                              ? PST_DELTA_HEADER + stage->pieces_header.head_bytes
                                              : 0);
        checkpoints += kept.image_at > checkpoint_before;
        checkpoint_before = kept.image_at;

        pst_fake_mend(&stage->scene->net);
        pst_fake_slots_lose(&stage->scene->slots);
        stage->fetched_bytes = 0;
        assert_run(stage, PIECES, PST_OK);
        assert_staged(stage, PIECES);
        assert_int_equal(stage->fetched_bytes, bytes_to_go(stage, PIECES, kept));
    }
    assert_true(checkpoints >= 1);
}

/* Torn, or of another delta's head: the run fails once, and the next one begins anew. */
static void a_checkpoint_with_another_head_is_forgotten(void **state)
{
    struct stage *stage = *state;
    int64_t head = PST_DELTA_HEADER + stage->pieces_header.head_bytes;
    const int64_t heads[] = {0, 1, PST_DELTA_HEADER, head - 1, head + 1, 2 * head};
    char hex[65];
    pst_hex_print(pst_bytes(stage->source[PIECES].sha256, 32), hex);
    for (size_t i = 0; i < PST_COUNT(heads); i++) {
        renew(stage);
        pst_fake_fail(&stage->scene->net, hex, PST_FAKE_STALL,
                      stage->source[PIECES].length_bytes - 100, -1);
        assert_run(stage, PIECES, PST_NET_STALLED);
        struct pst_kept_checkpoint kept = {.slot = 1, .at = kept_checkpoint(stage, PIECES)};
        assert_true(kept.at.image_at > 0);
        kept.at.head_bytes = heads[i];
        memcpy(kept.source_sha256, stage->source[PIECES].sha256, sizeof kept.source_sha256);
        assert_int_equal(
            pst_checkpoint_keep(&stage->scene->ports.state, pst_text("os"), &kept, NULL), PST_OK);
        pst_fake_mend(&stage->scene->net);
        if (run(stage, PIECES) != PST_OK)
            assert_null(pst_fake_document(&stage->scene->state, "checkpoint-os"));
        assert_run(stage, PIECES, PST_OK);
        assert_staged(stage, PIECES);
    }
}

static void a_network_that_breaks_again_and_again_costs_no_byte_twice_but_a_block(void **state)
{
    struct stage *stage = *state;
    int64_t length = stage->source[RAW].length_bytes;
    char hex[65];
    pst_hex_print(pst_bytes(stage->source[RAW].sha256, 32), hex);
    for (int64_t at = 1000003; at < length; at += 2000003)
        pst_fake_fail(&stage->scene->net, hex, PST_FAKE_TRUNCATE, at, 1);
    int64_t breaks = (int64_t)stage->scene->net.rule_count;
    assert_run(stage, RAW, PST_OK);
    assert_staged(stage, RAW);
    assert_true(stage->fetched_bytes <= length + breaks * PST_BLOCK_BYTES);
}

static void a_checkpoint_of_another_source_or_slot_or_none_at_all_counts_as_none(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "{\"source\":\"00\",\"slot\":1,\"source_at\":65536,\"image_at\":4194304}",
        "{\"source\":\"%s\",\"slot\":0,\"source_at\":65536,\"image_at\":65536}",
        "{\"source\":\"%s\",\"slot\":1,\"source_at\":-1,\"image_at\":65536}",
        "{\"source\":\"%s\",\"slot\":1,\"source_at\":65536,\"image_at\":9007199254740991}",
        "{\"source\":\"%s\",\"slot\":1,\"source_at\":65536,\"image_at\":65536,\"more\":1}",
    };
    struct stage *stage = *state;
    char hex[65];
    pst_hex_print(pst_bytes(stage->source[RAW].sha256, 32), hex);
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(1024);
        renew(stage);
        for (const char *at = texts[i]; *at != '\0'; at++) {
            bool here = at[0] == '%' && at[1] == 's';
            assert_true(here ? pst_buf_add_text(&text, hex) : pst_buf_add(&text, at, 1));
            at += here;
        }
        pst_fake_document_put(&stage->scene->state, "checkpoint-os", pst_buf_bytes(&text));
        assert_run(stage, RAW, PST_OK);
        assert_staged(stage, RAW);
        assert_int_equal(stage->fetched_bytes, stage->source[RAW].length_bytes);
    }
}

/* One that the decoder cannot begin from must not stop the terminal for ever. */
static void a_checkpoint_that_makes_no_sense_is_forgotten(void **state)
{
    struct stage *stage = *state;
    struct pst_kept_checkpoint kept = {.slot = 1, .at = {.source_at = 5, .image_at = 65536}};
    memcpy(kept.source_sha256, stage->source[FULL].sha256, sizeof kept.source_sha256);
    assert_int_equal(pst_checkpoint_keep(&stage->scene->ports.state, pst_text("os"), &kept, NULL),
                     PST_OK);
    (void)run(stage, FULL);
    assert_run(stage, FULL, PST_OK);
    assert_staged(stage, FULL);
}

/* Nor does one of a longer source, or of a larger image: it counts as none at once. */
static void a_checkpoint_beyond_the_end_counts_as_none(void **state)
{
    struct stage *stage = *state;
    const struct pst_checkpoint beyond[] = {
        {.source_at = stage->source[FULL].length_bytes + 1, .image_at = 65536},
        {.source_at = 5, .image_at = IMAGE_BYTES + 1},
    };
    for (size_t i = 0; i < PST_COUNT(beyond); i++) {
        struct pst_kept_checkpoint kept = {.slot = 1, .at = beyond[i]};
        renew(stage);
        memcpy(kept.source_sha256, stage->source[FULL].sha256, sizeof kept.source_sha256);
        assert_int_equal(
            pst_checkpoint_keep(&stage->scene->ports.state, pst_text("os"), &kept, NULL), PST_OK);
        assert_run(stage, FULL, PST_OK);
        assert_staged(stage, FULL);
    }
}

/* All its blocks are as signed, and still it stops in mid-frame. */
static void a_source_that_ends_too_early_is_called_so(void **state)
{
    struct stage *stage = *state;
    const struct pst_buf *whole = &stage->scene->content[0];
    PST_CLEANUP(pst_buf) struct pst_buf cut = pst_buf(whole->len);
    struct pst_source *source = &stage->source[FULL];

    assert_true(pst_buf_add(&cut, whole->at, whole->len - 10));
    publish(stage, &cut, source);
    assert_run(stage, FULL, PST_IMAGE_SIZE);
}

/* Half of one release, then half of another over it: the first one's checkpoint is worth nothing
 * any more. */
static void an_older_checkpoint_does_not_survive_the_bytes_that_it_speaks_of(void **state)
{
    struct stage *stage = *state;
    struct agent_scene *scene = stage->scene;
    char raw[65], full[65];
    pst_hex_print(pst_bytes(stage->source[RAW].sha256, 32), raw);
    pst_hex_print(pst_bytes(stage->source[FULL].sha256, 32), full);
    pst_fake_fail(&scene->net, raw, PST_FAKE_STALL, 6000000, -1);
    assert_run(stage, RAW, PST_NET_STALLED);
    assert_non_null(pst_fake_document(&scene->state, "checkpoint-os"));

    /* Another release: its image is other bytes, and it breaks off before a checkpoint of its
     * own. */
    memset(scene->slots.at[1], 0, 100000);
    memset(scene->slots.synced[1], 0, 100000);
    pst_fake_fail(&scene->net, full, PST_FAKE_STALL, 100000, -1);
    assert_run(stage, FULL, PST_NET_STALLED);
    memset(scene->slots.at[1], 0xee, 65536);
    memset(scene->slots.synced[1], 0xee, 65536);

    pst_fake_mend(&scene->net);
    assert_run(stage, RAW, PST_OK);
    assert_staged(stage, RAW);
}

static void a_state_that_cannot_be_kept_stops_before_the_slot_is_touched(void **state)
{
    struct stage *stage = *state;
    struct agent_scene *scene = stage->scene;
    scene->state.refuse = PST_HOST_DISK_FULL;
    assert_run(stage, RAW, PST_HOST_DISK_FULL);
    scene->state.refuse = PST_OK;
    assert_run(stage, RAW, PST_OK);
    assert_staged(stage, RAW);
}

#define TEST(name) cmocka_unit_test_setup(name, begin_one)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_of_source_gives_the_image),
        TEST(a_damaged_block_is_fetched_again_alone_from_the_next_source),
        TEST(damage_everywhere_is_told_and_never_decoded),
        TEST(a_source_damaged_behind_its_sound_list_is_never_decoded),
        TEST(each_fault_of_one_source_is_made_up_for_and_of_both_is_told),
        TEST(the_whole_file_for_a_range_is_taken_only_from_the_beginning),
        TEST(another_base_is_refused_before_the_first_write),
        TEST(a_wrong_image_is_told_and_the_next_run_begins_anew),
        TEST(a_device_that_gives_back_other_bytes_is_told_with_the_place),
        TEST(a_device_that_fails_is_told),
        TEST(after_a_cut_at_any_change_the_image_is_right_in_the_end),
        TEST(after_a_cut_it_goes_on_from_the_checkpoint),
        TEST(a_delta_that_was_stopped_anywhere_fetches_its_head_and_what_is_missing),
        TEST(a_checkpoint_with_another_head_is_forgotten),
        TEST(a_network_that_breaks_again_and_again_costs_no_byte_twice_but_a_block),
        TEST(a_checkpoint_of_another_source_or_slot_or_none_at_all_counts_as_none),
        TEST(a_checkpoint_that_makes_no_sense_is_forgotten),
        TEST(a_checkpoint_beyond_the_end_counts_as_none),
        TEST(a_source_that_ends_too_early_is_called_so),
        TEST(an_older_checkpoint_does_not_survive_the_bytes_that_it_speaks_of),
        TEST(a_state_that_cannot_be_kept_stops_before_the_slot_is_touched),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
