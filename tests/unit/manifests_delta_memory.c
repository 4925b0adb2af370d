/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a delta declares is what decoding it takes, and each allocation may fail. The allocator of
 * this program takes the place of libc's, which sanitizers do too: under them the test is skipped.
 */
#include <malloc.h>
#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/code_pair.h"
#include "tests/support/delta_writer.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static bool armed;        /* allocations are counted */
static size_t left;       /* allocations before the one that fails, with all that follow */
static size_t live, most; /* bytes */

#if !SANITIZED
extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *at, size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void __libc_free(void *at);

static bool fails(void)
{
    bool now = armed && left == 0;
    left -= armed && left > 0;
    return now;
}

static void *counted(void *at)
{
    if (armed && at != NULL)
        live += malloc_usable_size(at);
    most = live > most ? live : most;
    return at;
}

static void gone(void *at)
{
    if (armed && at != NULL)
        live -= malloc_usable_size(at);
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *at, size_t size)
{
    if (fails())
        return NULL;
    gone(at);
    return counted(__libc_realloc(at, size));
}

void free(void *at)
{
    gone(at);
    __libc_free(at);
}
#endif

static void arm(size_t nth)
{
    live = most = 0;
    left = nth;
    armed = true;
}

struct scene {
    struct pst_pair pair;
    struct pst_buf delta;
    struct pst_delta_header header;
};

static void scene_cleanup(struct scene *scene)
{
    pst_pair_cleanup(&scene->pair);
    pst_buf_clear(&scene->delta);
}

static struct scene make_scene(size_t segments, uint8_t table_log, uint8_t window_log)
{
    struct scene scene = {.pair = pst_code_pair(5, 20000, PST_ISA_ARM64),
                          .delta = pst_buf(PST_OUT_MOST)};
    struct pst_segment *segment = calloc(segments + 1, sizeof *segment);
    assert_non_null(segment);
    for (uint32_t i = 0; i < segments; i++)
        segment[i] = (struct pst_segment){i, 1, i};
    const struct pst_delta_order order = {.base = pst_buf_bytes(&scene.pair.base),
                                          .image = pst_buf_bytes(&scene.pair.image),
                                          .segment = segment,
                                          .segments = segments,
                                          .frame_bytes = 9000,
                                          .table_log = table_log,
                                          .window_log = window_log};
    scene.header = pst_delta_write(&order, &scene.delta);
    free(segment);
    return scene;
}

static bool read_base(void *context, uint64_t at, void *into, size_t len)
{
    const struct pst_bytes *base = context;
    memcpy(into, base->at + at, len);
    return true;
}

/* Everything is released when it answers. */
static enum pst_code decode(const struct scene *scene, int64_t memory_bytes, uint8_t *out,
                            struct pst_report *why)
{
    struct pst_bytes base = pst_buf_bytes(&scene->pair.base), in = pst_buf_bytes(&scene->delta);
    const struct pst_base_port port = {&base, read_base};
    const struct pst_decoder_plan plan = {.format = PST_SOURCE_DELTA,
                                          .source_bytes = (int64_t)in.len,
                                          .image_bytes = (int64_t)scene->pair.image.len,
                                          .base_bytes = (int64_t)base.len,
                                          .memory_bytes = memory_bytes};
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    size_t at = 0, made = 1, image = scene->pair.image.len;
    enum pst_code rc = pst_decoder_open(&plan, &port, (struct pst_checkpoint){0}, &decoder, why);
    while (rc == PST_OK && (in.len > 0 || made > 0)) {
        rc = pst_decoder_step(decoder, &in, out + at, image - at, &made, why);
        at += rc == PST_OK ? made : 0;
    }
    return rc == PST_OK ? pst_decoder_finish(decoder, why) : rc;
}

static void decoding_takes_no_more_than_is_declared(void **state)
{
    static const struct {
        size_t segments;
        uint8_t table_log, window_log;
    } cases[] = {{0, 12, 16}, {1, 12, 16}, {5000, 12, 16},
                 {1, 18, 20}, {1, 20, 24}, {9000, 16, 16}};
    (void)state;
    if (SANITIZED)
        skip();
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(scene)
        struct scene scene = make_scene(cases[i].segments, cases[i].table_log, cases[i].window_log);
        PST_CLEANUP(pst_heap) uint8_t *out = malloc(scene.pair.image.len);
        int64_t declared = pst_delta_memory(&scene.header);
        arm(SIZE_MAX);
        enum pst_code rc = decode(&scene, declared, out, NULL);
        armed = false;
        assert_int_equal(rc, PST_OK);
        assert_int_equal(live, 0);
        if ((int64_t)most > declared || (int64_t)most < declared / 2)
            fail_msg("case %zu: %zu bytes taken, %lld declared", i, most, (long long)declared);
    }
}

static void a_delta_that_wants_more_is_refused_before_it_takes_it(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();
    PST_CLEANUP(scene) struct scene scene = make_scene(9000, 20, 24);
    uint8_t out[1] = {0};
    for (int64_t memory = PST_DELTA_FIXED; memory < pst_delta_memory(&scene.header);
         memory = memory * 2 + 1) {
        arm(SIZE_MAX);
        enum pst_code rc = decode(&scene, memory, out, NULL);
        armed = false;
        assert_int_equal(rc, PST_DELTA_MEMORY);
        assert_true(most <= 2 * (size_t)PST_DELTA_FIXED + sizeof(struct pst_walk));
        assert_int_equal(live, 0);
    }
}

static void each_allocation_may_fail(void **state)
{
    enum pst_code rc = PST_NO_MEMORY;
    size_t failed = 0;
    (void)state;
    if (SANITIZED)
        skip();
    PST_CLEANUP(scene) struct scene scene = make_scene(100, 12, 16);
    PST_CLEANUP(pst_heap) uint8_t *out = malloc(scene.pair.image.len);
    for (size_t nth = 0; rc != PST_OK; nth++) {
        struct pst_report why = {0};
        arm(nth);
        rc = decode(&scene, pst_delta_memory(&scene.header), out, &why);
        armed = false;
        assert_true(rc == PST_OK || rc == PST_NO_MEMORY);
        assert_int_equal(why.count, rc == PST_OK ? 0 : 1);
        assert_int_equal(live, 0);
        failed += rc != PST_OK;
    }
    assert_true(failed >= 12);
    assert_memory_equal(out, scene.pair.image.at, scene.pair.image.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_takes_no_more_than_is_declared),
        cmocka_unit_test(a_delta_that_wants_more_is_refused_before_it_takes_it),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
