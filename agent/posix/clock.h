/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the clock port on the system's clocks.
 *
 * Memory   the struct is the caller's and must stay where it is while the port is in use.
 */
#ifndef PST_AGENT_POSIX_CLOCK_H
#define PST_AGENT_POSIX_CLOCK_H

#include "agent/ports.h"

struct pst_posix_clock {
    int64_t offset_s; /* added to the wall clock: demonstrations of a wrong one */
};

struct pst_clock_port pst_posix_clock_port(struct pst_posix_clock *clock);

#endif
