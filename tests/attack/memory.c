/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/attack/memory.h"

#include <stdint.h>
#include <stdlib.h>

enum { LIVE_MOST = 4096 };

static struct {
    bool armed, onwards;
    int paused; /* below zero: resumed inside of a pause */
    size_t calls, nth;
    size_t live_count;
    void *live[LIVE_MOST]; /* counted, and not given back yet */
} memory;

void attack_memory_fails(size_t nth, bool onwards)
{
    memory.armed = true;
    memory.onwards = onwards;
    memory.paused = 0;
    memory.calls = 0;
    memory.nth = nth;
    memory.live_count = 0;
}

void attack_memory_counts(void)
{
    attack_memory_fails(SIZE_MAX, false);
}

size_t attack_memory_is_back(void)
{
    memory.armed = false;
    return memory.calls;
}

void attack_memory_pause(void)
{
    memory.paused++;
}

void attack_memory_resume(void)
{
    memory.paused--;
}

size_t attack_memory_kept(void)
{
    return memory.live_count;
}

static bool is_counting(void)
{
    return memory.armed && memory.paused <= 0;
}

static void *keep(void *at)
{
    if (is_counting() && at != NULL) {
        if (memory.live_count == LIVE_MOST)
            abort();
        memory.live[memory.live_count++] = at;
    }
    return at;
}

static void let_go(const void *at)
{
    for (size_t i = 0; i < memory.live_count; i++)
        if (memory.live[i] == at) {
            memory.live[i] = memory.live[--memory.live_count];
            return;
        }
}

static bool fails(void)
{
    if (!is_counting())
        return false;
    size_t call = memory.calls++;
    return memory.onwards ? call >= memory.nth : call == memory.nth;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : keep(__real_malloc(size));
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : keep(__real_calloc(count, size));
}

void *__real_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size)
{
    if (fails())
        return NULL;
    let_go(at);
    return keep(__real_realloc(at, size));
}

void __real_free(void *at);
void __wrap_free(void *at);
void __wrap_free(void *at)
{
    let_go(at);
    __real_free(at);
}

void *__real_cJSON_ParseWithLengthOpts(const char *text, size_t len, const char **end, int whole);
void *__wrap_cJSON_ParseWithLengthOpts(const char *text, size_t len, const char **end, int whole);
void *__wrap_cJSON_ParseWithLengthOpts(const char *text, size_t len, const char **end, int whole)
{
    return fails() ? NULL : __real_cJSON_ParseWithLengthOpts(text, len, end, whole);
}
