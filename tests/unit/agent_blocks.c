/* SPDX-License-Identifier: Apache-2.0 */
/* A source as a row of blocks: what is checked before anybody sees it, and what is asked again
 * of whom. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/fetch/blocks.h"
#include "agent/trust/tuf_client.h"
#include "tests/support/check.h"
#include "tests/support/fake_ports.h"

enum { BLOCKS = 5, LENGTH = (BLOCKS - 1) * PST_BLOCK_BYTES + 777, SOURCES = 3 };

/* A file of five blocks on three mirrors, and what came out of it. */
struct scene {
    struct pst_fake_net net;
    struct pst_transport_port transport;
    struct pst_sources sources;
    struct pst_blocks_from from;
    struct pst_source source;
    struct pst_block_list list;
    struct pst_buf content, digests;
    char url[SOURCES][PST_URL_ROOM], list_url[SOURCES][PST_URL_ROOM];

    struct pst_buf taken;
    size_t blocks_taken;
    size_t stop_after; /* the sink refuses this one; 0: none */
    int64_t fetched_bytes;
    struct pst_report why;
};

static const char *const bases[SOURCES] = {"https://a.example/", "https://b.example/",
                                           "https://c.example/"};

static void make_content(struct scene *scene, size_t length)
{
    uint32_t seed = 7;
    scene->content = pst_buf(length + 1);
    scene->digests = pst_buf(65536);
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint8_t byte = (uint8_t)(seed >> 24);
        assert_true(pst_buf_add(&scene->content, &byte, 1));
    }
    for (size_t at = 0; at < length; at += PST_BLOCK_BYTES) {
        uint8_t digest[PST_SHA256_BYTES];
        size_t len = length - at < PST_BLOCK_BYTES ? length - at : PST_BLOCK_BYTES;
        assert_int_equal(pst_sha256(pst_bytes(scene->content.at + at, len), digest, NULL), PST_OK);
        assert_true(pst_buf_add(&scene->digests, digest, sizeof digest));
    }
}

static void publish(struct scene *scene)
{
    for (size_t i = 0; i < SOURCES; i++) {
        scene->sources.targets[i] = bases[i];
        assert_true(pst_tuf_target_url(bases[i], scene->source.path,
                                       pst_bytes(scene->source.sha256, 32), scene->url[i]));
        assert_true(pst_tuf_target_url(bases[i], scene->source.blocks.path,
                                       pst_bytes(scene->source.blocks.sha256, 32),
                                       scene->list_url[i]));
        pst_fake_serve(&scene->net, scene->url[i], pst_buf_bytes(&scene->content));
        pst_fake_serve(&scene->net, scene->list_url[i], pst_buf_bytes(&scene->digests));
    }
}

static struct scene *scene_of(size_t length)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    make_content(scene, length);
    scene->source = (struct pst_source){
        .path = pst_text("p/1.0/os"),
        .length_bytes = (int64_t)length,
        .blocks = {.path = pst_text("p/1.0/os.blocks"), .size_bytes = PST_BLOCK_BYTES}};
    assert_int_equal(pst_sha256(pst_buf_bytes(&scene->content), scene->source.sha256, NULL), 0);
    assert_int_equal(pst_sha256(pst_buf_bytes(&scene->digests), scene->source.blocks.sha256, NULL),
                     0);
    scene->sources.count = SOURCES;
    scene->sources.limits = (struct pst_fetch_limits){1, 1, 1};
    scene->transport = pst_fake_net_port(&scene->net);
    scene->from = (struct pst_blocks_from){&scene->transport, &scene->sources};
    scene->taken = pst_buf(length + 1);
    publish(scene);
    return scene;
}

static void scene_cleanup(struct scene **scene)
{
    pst_fake_net_clear(&(*scene)->net);
    pst_block_list_clear(&(*scene)->list);
    pst_buf_clear(&(*scene)->content);
    pst_buf_clear(&(*scene)->digests);
    pst_buf_clear(&(*scene)->taken);
    free(*scene);
}
#define SCENE(name, length)                                                                        \
    __attribute__((cleanup(scene_cleanup))) struct scene *name = scene_of(length)

static enum pst_code take(void *context, struct pst_bytes block, struct pst_report *why)
{
    struct scene *scene = context;
    if (++scene->blocks_taken == scene->stop_after)
        return pst_refuse(why, PST_SLOT_IO, pst_say("room"), pst_say("none"));
    assert_true(pst_buf_add(&scene->taken, block.at, block.len));
    return PST_OK;
}

static enum pst_code run_from(struct scene *scene, int64_t first)
{
    struct pst_block_sink sink = {scene, take};
    pst_block_list_clear(&scene->list);
    enum pst_code rc =
        pst_blocks_fetch_list(&scene->from, &scene->source, &scene->list, &scene->why);
    return rc != PST_OK ? rc
                        : pst_blocks_stream(&scene->from, &scene->source, &scene->list, first,
                                            pst_blocks_end(scene->source.length_bytes), &sink,
                                            &scene->fetched_bytes, &scene->why);
}

static void assert_all_taken(const struct scene *scene, int64_t first)
{
    size_t at = (size_t)first * PST_BLOCK_BYTES;
    assert_int_equal(scene->taken.len, scene->content.len - at);
    assert_memory_equal(scene->taken.at, scene->content.at + at, scene->taken.len);
}

static void every_length_comes_whole_and_in_one_request(void **state)
{
    static const size_t lengths[] = {
        1, PST_BLOCK_BYTES - 1, PST_BLOCK_BYTES, PST_BLOCK_BYTES + 1, 2 * PST_BLOCK_BYTES, LENGTH};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(lengths); i++) {
        SCENE(scene, lengths[i]);
        assert_int_equal(run_from(scene, 0), PST_OK);
        assert_all_taken(scene, 0);
        assert_int_equal(scene->net.call_count, 2);
        assert_int_equal(scene->net.call[1].from, 0);
        assert_int_equal(scene->net.call[1].to, (int64_t)lengths[i] - 1);
        assert_int_equal(scene->fetched_bytes, (int64_t)lengths[i]);
        assert_int_equal(scene->why.count, 0);
    }
}

static void it_begins_at_any_block(void **state)
{
    (void)state;
    for (int64_t first = 0; first <= BLOCKS; first++) {
        SCENE(scene, LENGTH);
        assert_int_equal(run_from(scene, first), PST_OK);
        if (first < BLOCKS)
            assert_all_taken(scene, first);
        else
            assert_int_equal(scene->net.call_count, 1); /* the list alone */
    }
}

static void a_block_damaged_at_any_place_comes_from_the_next_source(void **state)
{
    (void)state;
    for (int64_t block = 0; block < BLOCKS; block++) {
        SCENE(scene, LENGTH);
        pst_fake_fail(&scene->net, scene->url[0], PST_FAKE_FLIP, block * PST_BLOCK_BYTES + 700, -1);
        assert_int_equal(run_from(scene, 0), PST_OK);
        assert_all_taken(scene, 0);
        assert_int_equal(scene->net.call_count, 3);
        assert_string_equal(scene->net.call[2].url, scene->url[1]);
        assert_int_equal(scene->net.call[2].from, block * PST_BLOCK_BYTES);
        assert_int_equal(scene->blocks_taken, BLOCKS); /* none twice */
    }
}

static void a_block_damaged_everywhere_ends_it_after_two_rounds(void **state)
{
    SCENE(scene, LENGTH);
    (void)state;
    pst_fake_fail(&scene->net, ".os", PST_FAKE_FLIP, 2 * PST_BLOCK_BYTES + 1, -1);
    assert_int_equal(run_from(scene, 0), PST_IMAGE_CORRUPT);
    assert_int_equal(scene->blocks_taken, 2);
    assert_int_equal(scene->net.call_count, 1 + 2 * SOURCES);
    assert_non_null(strstr(scene->why.finding[0].expected, "block 2"));
}

/* Each source is damaged, each at another block: together they still give it all. */
static void different_damage_at_each_source_is_made_up_for(void **state)
{
    SCENE(scene, LENGTH);
    (void)state;
    for (size_t i = 0; i < SOURCES; i++)
        pst_fake_fail(&scene->net, scene->url[i], PST_FAKE_FLIP,
                      (int64_t)(i + 1) * PST_BLOCK_BYTES + 9, -1);
    assert_int_equal(run_from(scene, 0), PST_OK);
    assert_all_taken(scene, 0);
    assert_int_equal(pst_report_verdict(&scene->why), PST_OK);
    assert_true(scene->why.count > 0);
}

static void a_list_that_is_not_the_signed_one_is_refused_whole(void **state)
{
    static const struct {
        enum pst_fake_fault fault;
        int64_t number;
        enum pst_code expect;
    } cases[] = {
        {PST_FAKE_FLIP, 0, PST_IMAGE_CORRUPT}, {PST_FAKE_FLIP, 32 * BLOCKS - 1, PST_IMAGE_CORRUPT},
        {PST_FAKE_ENDLESS, 0, PST_TOO_LARGE},  {PST_FAKE_STATUS, 404, PST_METADATA_MISSING},
        {PST_FAKE_HTML, 0, PST_NET_CAPTIVE},   {PST_FAKE_STALL, 33, PST_NET_STALLED}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        SCENE(scene, LENGTH);
        pst_fake_fail(&scene->net, "os.blocks", cases[i].fault, cases[i].number, -1);
        enum pst_code rc = run_from(scene, 0);
        if (rc != cases[i].expect)
            fail_msg("%zu: %s", i, pst_code_name(rc));
        assert_int_equal(scene->blocks_taken, 0);
        assert_int_equal(scene->net.call_count, SOURCES);
    }
    /* One mirror has it: enough. */
    SCENE(scene, LENGTH);
    pst_fake_fail(&scene->net, scene->list_url[0], PST_FAKE_FLIP, 3, -1);
    pst_fake_fail(&scene->net, scene->list_url[1], PST_FAKE_UNREACHABLE, 0, -1);
    assert_int_equal(run_from(scene, 0), PST_OK);
    assert_int_equal(pst_report_verdict(&scene->why), PST_OK);
}

/* As many digests as blocks, and the hash right: a list of another length cannot be the
 * manifest's. */
static void a_list_of_another_length_is_refused_although_it_is_signed(void **state)
{
    SCENE(scene, LENGTH);
    (void)state;
    scene->digests.len -= 32;
    assert_int_equal(pst_sha256(pst_buf_bytes(&scene->digests), scene->source.blocks.sha256, NULL),
                     0);
    publish(scene);
    assert_int_equal(run_from(scene, 0), PST_IMAGE_CORRUPT);
    assert_int_equal(scene->blocks_taken, 0);
}

static void a_sink_that_refuses_ends_it_with_its_own_reason(void **state)
{
    SCENE(scene, LENGTH);
    (void)state;
    scene->stop_after = 3;
    assert_int_equal(run_from(scene, 0), PST_SLOT_IO);
    assert_int_equal(pst_report_verdict(&scene->why), PST_SLOT_IO);
    assert_int_equal(scene->net.call_count, 2); /* no mirror is to blame */
}

static void a_source_that_sends_more_than_there_is_is_not_followed(void **state)
{
    SCENE(scene, LENGTH);
    (void)state;
    assert_true(pst_buf_add_text(&scene->content, "x"));
    pst_fake_serve(&scene->net, scene->url[0], pst_buf_bytes(&scene->content));
    pst_fake_fail(&scene->net, scene->url[0], PST_FAKE_WHOLE, 0, -1);
    assert_int_equal(run_from(scene, 0), PST_OK);
    assert_int_equal(scene->taken.len, LENGTH);
}

/* A transport that does not keep to most_bytes: the source, and then what nobody asked for. */
static enum pst_code flood(void *context, const struct pst_fetch_request *request,
                           const struct pst_sink *sink, struct pst_fetch_answer *answer,
                           struct pst_report *why)
{
    struct scene *scene = context;
    static const uint8_t more[2 * PST_BLOCK_BYTES];

    (void)why;
    assert_int_equal(request->most_bytes, scene->content.len);
    answer->status = 200;
    if (request->from == 0 &&
        sink->take(sink->context, pst_bytes(scene->content.at, scene->content.len)))
        while (sink->take(sink->context, pst_bytes(more, sizeof more)))
            scene->blocks_taken++;
    return PST_OK;
}

static void a_transport_that_does_not_stop_is_stopped(void **state)
{
    static const size_t lengths[] = {LENGTH, 2 * PST_BLOCK_BYTES};
    const struct pst_transport_port flooding = {.fetch = flood};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(lengths); i++) {
        SCENE(scene, lengths[i]);
        struct pst_transport_port transport = flooding;
        struct pst_block_sink sink = {scene, take};
        assert_int_equal(
            pst_blocks_fetch_list(&scene->from, &scene->source, &scene->list, &scene->why), PST_OK);
        transport.context = scene;
        scene->from.transport = &transport;
        assert_int_equal(pst_blocks_stream(&scene->from, &scene->source, &scene->list, 0,
                                           pst_blocks_end(scene->source.length_bytes), &sink,
                                           &scene->fetched_bytes, &scene->why),
                         PST_OK);
        assert_all_taken(scene, 0);
        assert_int_equal(scene->blocks_taken, (lengths[i] + PST_BLOCK_BYTES - 1) / PST_BLOCK_BYTES);
    }
}

static void a_block_is_its_whole_digest(void **state)
{
    SCENE(scene, LENGTH);
    struct pst_block_sink sink = {scene, take};
    (void)state;
    assert_int_equal(pst_blocks_fetch_list(&scene->from, &scene->source, &scene->list, &scene->why),
                     PST_OK);
    for (size_t i = 0; i < PST_SHA256_BYTES; i++) {
        scene->list.digests.at[i] ^= 1;
        assert_int_equal(pst_blocks_stream(&scene->from, &scene->source, &scene->list, 0,
                                           pst_blocks_end(scene->source.length_bytes), &sink,
                                           &scene->fetched_bytes, &scene->why),
                         PST_IMAGE_CORRUPT);
        scene->list.digests.at[i] ^= 1;
    }
    assert_int_equal(scene->blocks_taken, 0);
}

static void without_a_source_there_is_nothing(void **state)
{
    SCENE(scene, LENGTH);
    struct pst_block_sink sink = {scene, take};
    (void)state;
    assert_int_equal(pst_blocks_fetch_list(&scene->from, &scene->source, &scene->list, &scene->why),
                     PST_OK);
    scene->sources.count = 0;
    assert_true(pst_blocks_stream(&scene->from, &scene->source, &scene->list, 0,
                                  pst_blocks_end(scene->source.length_bytes), &sink,
                                  &scene->fetched_bytes, &scene->why) != PST_OK);
}

static void a_list_beyond_its_ceiling_is_not_even_asked_for(void **state)
{
    SCENE(scene, LENGTH);
    (void)state;
    scene->source.length_bytes = ((int64_t)PST_BLOCK_LIST_MOST / 32 + 1) * PST_BLOCK_BYTES;
    assert_int_equal(run_from(scene, 0), PST_METADATA_LIMIT);
    assert_int_equal(scene->net.call_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_whole_and_in_one_request),
        cmocka_unit_test(it_begins_at_any_block),
        cmocka_unit_test(a_block_damaged_at_any_place_comes_from_the_next_source),
        cmocka_unit_test(a_block_damaged_everywhere_ends_it_after_two_rounds),
        cmocka_unit_test(different_damage_at_each_source_is_made_up_for),
        cmocka_unit_test(a_list_that_is_not_the_signed_one_is_refused_whole),
        cmocka_unit_test(a_list_of_another_length_is_refused_although_it_is_signed),
        cmocka_unit_test(a_sink_that_refuses_ends_it_with_its_own_reason),
        cmocka_unit_test(a_source_that_sends_more_than_there_is_is_not_followed),
        cmocka_unit_test(a_transport_that_does_not_stop_is_stopped),
        cmocka_unit_test(a_block_is_its_whole_digest),
        cmocka_unit_test(without_a_source_there_is_nothing),
        cmocka_unit_test(a_list_beyond_its_ceiling_is_not_even_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
