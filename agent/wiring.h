/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wiring.h - a terminal put together: configuration in, an agent with its real ports out.
 *
 * Memory   pst_wired_clear(); the agent borrows from it.
 * Errors   config.*, host.* (locked: another agent runs on the same state), slot.*, boot.*, key.*
 */
#ifndef PST_AGENT_WIRING_H
#define PST_AGENT_WIRING_H

#include "agent/config.h"
#include "agent/cycle/agent.h"
#include "agent/http/curl_transport.h"
#include "agent/posix/clock.h"
#include "agent/posix/terminal.h"
#include "agent/slot/file_boot.h"
#include "agent/slot/file_slot.h"
#include "agent/state/folder_state.h"

struct pst_wired {
    struct pst_agent_config config;
    int lock_fd;
    struct pst_posix_clock clock;
    struct pst_posix_terminal terminal;
    struct pst_file_boot boot;
    struct pst_file_slots slots;
    bool slots_open;
    struct pst_folder_state state, metadata;
    struct pst_curl_transport *transport;
    struct pst_private_key *key;
    char urls[2][PST_SOURCES_MOST][PST_CONFIG_TEXT_ROOM + 16]; /* metadata/, targets/ */
    struct pst_ports ports;
    struct pst_agent agent;
};

/* Acting takes the lock of the state folder; looking does not, and is possible beside a daemon. */
enum pst_wire_use { PST_WIRE_ACT, PST_WIRE_LOOK };

/* The struct must stay where it is: its parts point at each other. */
enum pst_code pst_wire(const char *config_path, enum pst_wire_use use, struct pst_wired *out,
                       struct pst_report *why) PST_MUST_CHECK;
/* Opens the slots as the boot marker now says; needed again after a restart was simulated. */
enum pst_code pst_wire_slots(struct pst_wired *wired, struct pst_report *why) PST_MUST_CHECK;
void pst_wired_clear(struct pst_wired *wired);

#endif
