/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder_state.h - the state port on a folder: one file a document, replaced whole and durably.
 *
 * Memory   the struct is the caller's and must stay where it is while the port is in use.
 */
#ifndef PST_AGENT_STATE_FOLDER_STATE_H
#define PST_AGENT_STATE_FOLDER_STATE_H

#include "agent/ports.h"

struct pst_folder_state {
    char folder[512];
};

/* Makes the folder (mode 0700) when it is not there. */
enum pst_code pst_folder_state_open(const char *folder, struct pst_folder_state *out,
                                    struct pst_report *why) PST_MUST_CHECK;
struct pst_state_port pst_folder_state_port(struct pst_folder_state *state);

#endif
