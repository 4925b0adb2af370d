/* SPDX-License-Identifier: Apache-2.0 */
#include "service/store/store.h"

const char *pst_terminal_state_name(enum pst_terminal_state state)
{
    static const char *const names[] = {
        [PST_TERMINAL_REGISTERED] = "registered",
        [PST_TERMINAL_PENDING] = "pending",
        [PST_TERMINAL_ACCEPTED] = "accepted",
        [PST_TERMINAL_BLOCKED] = "blocked",
    };
    return (size_t)state < PST_COUNT(names) ? names[state] : "unknown";
}
