/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/json.h"
#include "manifests/json_out.h"
#include "manifests/report_print.h"
#include "tests/support/check.h"

/*
 * Each allocation fails in turn, here and inside cJSON and libzstd: the answer is PST_NO_MEMORY, or
 * what can be said without; nothing crashes and nothing is left over. The allocator of this program
 * takes the place of libc's, which sanitizers do too: under them the test is skipped.
 */
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

static bool armed;  /* allocations are counted, and one fails */
static bool spent;  /* it has failed: all that follow do too */
static size_t left; /* allocations before it */
static size_t live; /* blocks not freed */

#if !SANITIZED
extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *at, size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void __libc_free(void *at);

static bool fails(void)
{
    if (armed && left == 0)
        spent = true;
    left -= left > 0 && armed ? 1 : 0;
    return armed && spent;
}

static void *counted(void *at)
{
    live += armed && at != NULL ? 1 : 0;
    return at;
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
    live -= armed && at != NULL ? 1 : 0;
    return counted(__libc_realloc(at, size));
}

void free(void *at)
{
    live -= armed && at != NULL ? 1 : 0;
    __libc_free(at);
}
#endif

static enum pst_code read_and_write(struct pst_report *why)
{
    static const char text[] =
        "{\"b\":[1,\"x\",{\"c\":null,\"a\":\"\\u00e9\"}],\"a\":true,\"\\u0063\":{}}";
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_buf(1024);
    PST_CLEANUP(pst_buf) struct pst_buf again = pst_buf(1024);
    enum pst_code rc =
        pst_json_parse(pst_bytes(text, sizeof text - 1), &pst_json_small, &json, why);
    if (rc == PST_OK)
        rc = pst_json_canonical(json, &canonical, why);
    if (rc != PST_OK)
        return rc;
    struct pst_json_out out = pst_json_out(&again);
    pst_out_json(&out, NULL, json);
    return pst_json_out_is_whole(&out) ? PST_OK : pst_no_memory(why, "JSON");
}

/* From now on the allocation after `nth` more fails, and all that follow; until disarm(). */
static void arm(size_t nth)
{
    live = 0;
    spent = false;
    left = nth;
    armed = true;
}

static void disarm(void)
{
    armed = false;
    assert_int_equal(live, 0);
}

static void each_allocation_may_fail(void **state)
{
    enum pst_code rc = PST_NO_MEMORY;
    size_t failed = 0;
    (void)state;
    if (SANITIZED)
        skip();
    for (size_t nth = 0; rc != PST_OK; nth++) {
        struct pst_report why = {0};
        arm(nth);
        rc = read_and_write(&why);
        disarm();
        assert_int_equal(why.count, rc == PST_OK ? 0 : 1);
        assert_true(rc == PST_OK || rc == PST_NO_MEMORY);
        failed += rc == PST_OK ? 0 : 1;
        assert_true(nth < 1000);
    }
    assert_true(failed > 20);
}

static void a_report_without_memory_for_words_names_code_place_and_values(void **state)
{
    static const char bare[] =
        "error: compat.os-too-old [compat.os-too-old] at release\n"
        "    Expected >=5.2.0, found 5.0.0 (release).\n    expected: >=5.2.0\n    found: 5.0.0\n";
    size_t failed = 0;
    (void)state;
    if (SANITIZED)
        skip();
    for (bool whole = false; !whole; failed += whole ? 0 : 1) {
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
        struct pst_report why = {0};
        PST_WITHIN(&why, "release");
        (void)pst_refuse(&why, PST_OS_TOO_OLD, pst_say(">=5.2.0"), pst_say("5.0.0"));
        assert_true(pst_buf_reserve(&text, 4096)); /* that the text has room is another matter */
        arm(failed);
        assert_true(pst_report_print(&why, PST_LANGUAGE_EN, /* with_remedies= */ true, &text));
        disarm();
        whole = !spent;
        if (pst_text_is(pst_buf_text(&text), bare) == whole)
            fail_msg("without allocation %zu: %.*s", failed, PST_ARGS(pst_buf_text(&text)));
    }
    assert_true(failed >= 2); /* the book, and what libzstd needs to unpack it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(a_report_without_memory_for_words_names_code_place_and_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
