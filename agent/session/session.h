/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - a terminal's talk with the update service: enrol, prove who it is, check in, report.
 *
 * Every request is bounded in bytes and time. What the service answers is believed as far as it
 * goes: an assignment comes back as bytes, and only a key that signed metadata names makes it one
 * (update/).
 *
 * Memory   the session holds a short-lived token, wiped by pst_session_close().
 * Threads  one session belongs to one thread.
 * Errors   network.*, service.* (with the service's own findings), document.*
 * Source   service/README.md, "The HTTP interface".
 */
#ifndef PST_AGENT_SESSION_SESSION_H
#define PST_AGENT_SESSION_SESSION_H

#include "agent/trust/sources.h"
#include "keys/private_key.h"
#include "manifests/messages.h"

struct pst_session_options {
    const struct pst_transport_port *transport;
    const char *service; /* base URL, without a '/' at the end */
    struct pst_fetch_limits limits;
    const struct pst_private_key *key; /* the terminal's own */
};

struct pst_session {
    struct pst_session_options options;
    char terminal[PST_NAME_ROOM]; /* "" until enrolled */
    struct pst_secret token;      /* empty until the first request that needs one */
    bool explained; /* the last refusal came with the service's own findings: no proxy's word */
};

struct pst_session pst_session_open(const struct pst_session_options *options,
                                    const char *terminal);
void pst_session_close(struct pst_session *session);

/* Enrols, or asks again how the enrolment stands; sets session->terminal. *accepted is false
 * while an operator's word is awaited. */
enum pst_code pst_session_enrol(struct pst_session *session, const struct pst_facts *facts,
                                const char *code, bool *accepted, struct pst_report *why)
    PST_MUST_CHECK;

/* Adds the assignment's envelope, as it came, to `assignment`. */
enum pst_code pst_session_checkin(struct pst_session *session, const struct pst_facts *facts,
                                  const char *nonce, struct pst_buf *assignment, int64_t *poll_s,
                                  struct pst_report *why) PST_MUST_CHECK;

/* Signs a report's body: the envelope that pst_session_report() sends, now or after weeks. */
enum pst_code pst_session_sign(const struct pst_private_key *key, struct pst_bytes body,
                               struct pst_buf *envelope, struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_session_report(struct pst_session *session, struct pst_bytes envelope,
                                 struct pst_report *why) PST_MUST_CHECK;

#endif
