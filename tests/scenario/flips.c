/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/agent_scene.h"
#include "tests/support/check.h"

/*
 * One bit of one file is wrong, always at the same place, however often it is asked for: nothing
 * may be staged. The whole agent runs, from check-in to boot marker, over a repository that lies in
 * memory and has one mirror. Every byte of what is small; of an image's source, a sample: its first
 * and last bytes, and places spread evenly between.
 *
 * The builder writes compact canonical files without a byte to spare and each role has one key, so
 * that each byte matters.
 */
enum { IMAGE_BYTES = 2 << 20, SAMPLES = 256, EDGE = 64, EACH = 0 };

struct world {
    struct agent_scene *scene;
    struct pst_buf first_root, slots;
    struct pst_cycle cycle;
    int (*service)(void *context, const struct pst_fetch_request *request, struct pst_buf *body,
                   char content_type[64]);
    int64_t spoil_at, assignment_bytes; /* in the assignment's envelope; -1: nothing is spoilt */
};

struct tally {
    size_t flipped, staged, untold, wrong_slot;
};

static const char assignment_begins[] = "\"assignment\":";

/* What the scene's service answers, with one bit of the assignment turned. */
static int serve(void *context, const struct pst_fetch_request *request, struct pst_buf *body,
                 char content_type[64])
{
    struct world *world = context;
    int status = world->service(world->scene, request, body, content_type);

    if (strstr(request->url, "/v1/checkin") == NULL)
        return status;
    assert_true(pst_buf_add(body, "", 1));
    body->len--;
    char *begin = strstr((char *)body->at, assignment_begins) + strlen(assignment_begins);
    world->assignment_bytes = (char *)body->at + body->len - begin - 1;
    if (world->spoil_at >= 0)
        begin[world->spoil_at] ^= 0x01;
    return status;
}

static void keep(struct pst_buf *out, const struct pst_buf *from)
{
    *out = pst_buf(from->len + 1);
    assert_true(pst_buf_add(out, from->at, from->len));
}

/* As it came from the factory and enrolled: it trusts the first root and has fetched nothing. */
static void reset(struct world *world)
{
    struct agent_scene *scene = world->scene;

    pst_fake_documents_clear(&scene->state);
    pst_fake_documents_clear(&scene->metadata);
    scene->boot.state = (struct pst_boot_state){.active = 0};
    scene->net.call_count = 0;
    scene->service.report_count = 0;
    pst_fake_document_put(&scene->metadata, "root.json", pst_buf_bytes(&world->first_root));
    pst_fake_document_put(&scene->state, "slots", pst_buf_bytes(&world->slots));
    assert_int_equal(pst_memory_keep_terminal(&scene->ports.state, "t-1", NULL), PST_OK);
}

/* True when something is staged in the end. */
static bool cycle(struct world *world)
{
    struct agent_scene *scene = world->scene;

    reset(world);
    agent_scene_once(scene, &world->cycle);
    assert_int_equal(scene->slots.active_writes, 0);
    return scene->boot.state.next != 0 || scene->boot.state.active != 0;
}

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    struct agent_scene *scene = world->scene = agent_scene(IMAGE_BYTES);
    struct pst_facts facts;

    scene->agent.sources.count = 1;
    keep(&world->first_root, &scene->repo->root.bytes);
    scene->repo->root.version = 2;
    agent_scene_publish_next(scene);
    pst_agent_facts(&scene->agent, &facts, NULL); /* the slots are hashed once, not in each cycle */
    keep(&world->slots, pst_fake_document(&scene->state, "slots"));
    world->service = scene->net.service;
    world->spoil_at = -1;
    scene->net.service = serve;
    scene->net.service_context = world;
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    agent_scene_free(world->scene);
    pst_buf_clear(&world->first_root);
    pst_buf_clear(&world->slots);
    free(world);
    return 0;
}

static const struct pst_fake_file *file_of(const struct world *world, const char *end)
{
    const struct pst_fake_net *net = &world->scene->net;

    for (size_t i = 0; i < net->file_count; i++) {
        const char *url = net->file[i].url;
        if (strlen(url) > strlen(end) && strcmp(url + strlen(url) - strlen(end), end) == 0)
            return &net->file[i]; /* the first mirror's */
    }
    fail_msg("%s is not served", end);
    return NULL;
}

static void add_to(struct tally *tally, const struct world *world, bool staged)
{
    const struct agent_scene *scene = world->scene;

    tally->flipped++;
    tally->staged += staged;
    tally->untold += !staged && pst_report_verdict(&world->cycle.why) == PST_OK;
    tally->wrong_slot += staged && !agent_scene_slot_holds(scene, 1, &scene->image);
}

static void try_flip(struct world *world, const struct pst_fake_file *file, int64_t at,
                     struct tally *tally)
{
    struct pst_fake_net *net = &world->scene->net;

    pst_fake_fail(net, file->url, PST_FAKE_FLIP, at, -1);
    add_to(tally, world, cycle(world));
    /* A flip in what was never asked for would prove nothing. */
    if (pst_fake_asked(net, file->url) == 0)
        fail_msg("%s was not fetched", file->url);
    net->rule_count--;
}

static void try_file(struct world *world, const char *end, int64_t samples, struct tally *tally)
{
    const struct pst_fake_file *file = file_of(world, end);
    int64_t len = (int64_t)file->content.len;
    int64_t step = samples != EACH && len > 8 * samples ? len / samples : 1;

    for (int64_t at = 0; at < len; at += at < EDGE || at >= len - EDGE ? 1 : step)
        try_flip(world, file, at, tally);
    print_message("%s: %lld bytes, flipped %zu, staged %zu\n", end, (long long)len, tally->flipped,
                  tally->staged);
}

/* ---- tests ------------------------------------------------------------------------------- */

static void what_is_not_spoilt_is_staged(void **state)
{
    struct world *world = *state;
    struct agent_scene *scene = world->scene;

    assert_true(cycle(world));
    assert_true(agent_scene_slot_holds(scene, 1, &scene->image));
    assert_int_equal(pst_fake_asked(&scene->net, "os.full"), 0);

    memset(scene->slots.at[1], 0, (size_t)scene->slots.bytes);
    pst_fake_fail(&scene->net, "os.delta", PST_FAKE_STATUS, 404, -1);
    assert_true(cycle(world));
    assert_true(agent_scene_slot_holds(scene, 1, &scene->image));
    pst_fake_mend(&scene->net);
}

/* All of them are fetched in each cycle: the terminal begins with the first root alone. */
static void a_flipped_bit_of_signed_metadata_is_never_staged(void **state)
{
    static const char *const files[] = {"/2.root.json",    "/timestamp.json", "/2.snapshot.json",
                                        "/2.targets.json", "/2.pos-a.json",   ".manifest.json"};

    for (size_t i = 0; i < PST_COUNT(files); i++) {
        struct tally tally = {0};
        try_file(*state, files[i], EACH, &tally);
        assert_true(tally.flipped > 300);
        assert_int_equal(tally.staged, 0);
        assert_int_equal(tally.untold, 0);
    }
}

static void a_flipped_bit_of_an_assignment_is_never_staged(void **state)
{
    struct world *world = *state;
    struct tally tally = {0};

    assert_true(cycle(world));
    int64_t len = world->assignment_bytes;
    for (int64_t at = 0; at < len; at++) {
        world->spoil_at = at;
        add_to(&tally, world, cycle(world));
    }
    world->spoil_at = -1;
    print_message("assignment: %lld bytes, flipped %zu, staged %zu\n", (long long)len,
                  tally.flipped, tally.staged);
    assert_true(tally.flipped > 300);
    assert_int_equal(tally.staged, 0);
    assert_int_equal(tally.untold, 0);
}

/* Without the other source, so that nothing can make up for the flip. */
static void try_alone(struct world *world, const char *missing, const char *end, int64_t samples)
{
    struct tally tally = {0};

    pst_fake_fail(&world->scene->net, missing, PST_FAKE_STATUS, 404, -1);
    try_file(world, end, samples, &tally);
    pst_fake_mend(&world->scene->net);
    assert_int_equal(tally.staged, 0);
    assert_int_equal(tally.untold, 0);
}

static void a_flipped_bit_of_the_full_image_is_never_staged(void **state)
{
    try_alone(*state, "os.delta", ".os.full", SAMPLES);
    try_alone(*state, "os.delta", ".os.full.blocks", EACH);
}

static void a_flipped_bit_of_the_delta_is_never_staged(void **state)
{
    try_alone(*state, "os.full", ".os.delta", SAMPLES);
    try_alone(*state, "os.full", ".os.delta.blocks", EACH);
}

/* With the full image at hand, that is what ends up in the slot, and nothing else. */
static void a_damaged_delta_is_made_up_for_by_the_signed_image(void **state)
{
    struct world *world = *state;
    const struct pst_fake_file *delta = file_of(world, ".os.delta");
    struct tally tally = {0};

    for (size_t at = 0; at < delta->content.len; at += delta->content.len / 16 + 1)
        try_flip(world, delta, (int64_t)at, &tally);
    assert_true(tally.flipped >= 15);
    assert_int_equal(tally.staged, tally.flipped);
    assert_int_equal(tally.wrong_slot, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_spoilt_is_staged),
        cmocka_unit_test(a_flipped_bit_of_signed_metadata_is_never_staged),
        cmocka_unit_test(a_flipped_bit_of_an_assignment_is_never_staged),
        cmocka_unit_test(a_flipped_bit_of_the_full_image_is_never_staged),
        cmocka_unit_test(a_flipped_bit_of_the_delta_is_never_staged),
        cmocka_unit_test(a_damaged_delta_is_made_up_for_by_the_signed_image),
    };
    return cmocka_run_group_tests(tests, make_world, free_world);
}
