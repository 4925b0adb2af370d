/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/terminal_access.h"

enum pst_code pst_terminal_accepted(struct pst_store *store, const char *id,
                                    struct pst_terminal_row *out, struct pst_report *why)
{
    static const enum pst_code by_state[] = {
        [PST_TERMINAL_REGISTERED] = PST_SERVICE_NOT_ACCEPTED,
        [PST_TERMINAL_PENDING] = PST_SERVICE_NOT_ACCEPTED,
        [PST_TERMINAL_ACCEPTED] = PST_OK,
        [PST_TERMINAL_BLOCKED] = PST_SERVICE_FORBIDDEN,
    };
    struct pst_terminal_row row = {0};

    enum pst_code code = store->ops->terminal(store, id, &row, why);
    if (code == PST_SERVICE_NOT_FOUND || (code == PST_OK && !row.has_key))
        return pst_refuse(why, PST_SERVICE_UNAUTHORIZED, pst_say("an enrolled terminal"),
                          pst_say("none with this token"));
    if (code == PST_OK && by_state[row.state] != PST_OK)
        return pst_refuse(why, by_state[row.state], pst_say("an accepted terminal"),
                          pst_say("%s", pst_terminal_state_name(row.state)));
    if (code == PST_OK)
        *out = row;
    return code;
}
