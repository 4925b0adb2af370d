/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/posix/clock.h"

#include <errno.h>
#include <time.h>

static int64_t wall_s(void *context)
{
    const struct pst_posix_clock *clock = context;
    return (int64_t)time(NULL) + clock->offset_s;
}

static int64_t monotonic_ms(void *context)
{
    struct timespec now = {0};
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A signal ends the sleep early: the caller looks at why. */
static void sleep_ms(void *context, int64_t ms)
{
    struct timespec span = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)context;
    nanosleep(&span, NULL);
}

struct pst_clock_port pst_posix_clock_port(struct pst_posix_clock *clock)
{
    return (struct pst_clock_port){
        .context = clock, .wall_s = wall_s, .monotonic_ms = monotonic_ms, .sleep_ms = sleep_ms};
}
