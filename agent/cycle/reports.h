/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reports.h - reports to the service: signed, numbered, kept until they were taken.
 *
 * A report is kept before it is sent and removed after the service's answer; the service counts a
 * number once. Beyond PST_REPORTS_MOST waiting ones the oldest is dropped: the newest says how
 * things stand. Numbers only grow, also after the state was lost: see reports.c.
 *
 * Errors   host.* when keeping fails; sending fails with the session's findings and loses nothing.
 */
#ifndef PST_AGENT_CYCLE_REPORTS_H
#define PST_AGENT_CYCLE_REPORTS_H

#include "agent/session/session.h"

enum { PST_REPORTS_MOST = 64 };

/* Numbers, signs and keeps a report; `report->sequence` is filled in. */
enum pst_code pst_reports_add(const struct pst_state_port *state, const struct pst_private_key *key,
                              struct pst_terminal_report *report, struct pst_report *why)
    PST_MUST_CHECK;
/* Sends what waits, oldest first; a report that the service refuses for good is dropped and
 * noted. */
enum pst_code pst_reports_send(const struct pst_state_port *state, struct pst_session *session,
                               struct pst_report *why) PST_MUST_CHECK;
/* How many wait. */
enum pst_code pst_reports_waiting(const struct pst_state_port *state, int64_t *out,
                                  struct pst_report *why) PST_MUST_CHECK;

#endif
