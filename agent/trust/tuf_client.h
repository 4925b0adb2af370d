/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tuf_client.h - a TUF client over ports: what keys/trust.h decides, with fetching and keeping.
 *
 * Trusted files are kept under the names root.json, timestamp.json, snapshot.json and ROLE.json
 * (encoded), byte for byte as served, each stored only after all its checks passed and verified
 * again whenever it is loaded. Each file is asked of the first source; of the next ones only when
 * that one fails or gives something that is refused. What a source did wrong is noted when
 * another made up for it. That there is no newer root is believed of any one source, once none
 * gave a good one: a mirror that is down must not stop the others.
 *
 * Memory   pst_tuf_close(). Errors: those of keys/trust.h, network.*, host.*
 * Source   TUF 1.0.34, section 5; requests as the public conformance suite counts them.
 */
#ifndef PST_AGENT_TRUST_TUF_CLIENT_H
#define PST_AGENT_TRUST_TUF_CLIENT_H

#include "agent/trust/sources.h"
#include "keys/trust.h"

struct pst_tuf_options {
    const struct pst_transport_port *transport;
    const struct pst_state_port *metadata;
    const struct pst_sources *sources;
    int64_t now_s; /* fixed for this walk */
};

struct pst_tuf {
    struct pst_tuf_options options;
    struct pst_trust *trust;
    /* A delegated role that was fetched and refused: for the diagnosis pass, never for trust.
     * NULL: none. */
    struct pst_role *refused;
};

/* Stores a first root after checking it against itself; no network. Refuses to replace one that
 * is there. It is kept once more under "root.first", which no role's file can be called. */
enum pst_code pst_tuf_init(const struct pst_state_port *metadata, struct pst_bytes root,
                           int64_t now_s, struct pst_report *why) PST_MUST_CHECK;

/* Loads the trusted root. One that is damaged or gone is replaced by the first one, from which the
 * next refresh walks up again: noted as PST_HOST_STATE. Without that one as well: PST_HOST_STATE,
 * or PST_HOST_NOT_FOUND. */
enum pst_code pst_tuf_open(const struct pst_tuf_options *options, struct pst_tuf *out,
                           struct pst_report *why) PST_MUST_CHECK;
void pst_tuf_close(struct pst_tuf *tuf);
static inline void pst_tuf_cleanup(struct pst_tuf *tuf)
{
    pst_tuf_close(tuf);
}

/* Brings the four top-level roles up to date. */
enum pst_code pst_tuf_refresh(struct pst_tuf *tuf, struct pst_report *why) PST_MUST_CHECK;
/* After a refresh: searches the delegations. PST_METADATA_NOT_LISTED when no role lists the
 * path. */
enum pst_code pst_tuf_find(struct pst_tuf *tuf, struct pst_text path,
                           const struct pst_role_target **out, struct pst_report *why)
    PST_MUST_CHECK;

/* "BASE" + "dir/HASH.name" (consistent snapshots) or the path itself, for an empty `digest`. */
bool pst_tuf_target_url(const char *base, struct pst_text path, struct pst_bytes digest,
                        char out[PST_URL_ROOM]);
/* A small target whole, from the first source that gives its exact bytes. */
enum pst_code pst_tuf_fetch_target(struct pst_tuf *tuf, const struct pst_role_target *target,
                                   size_t most_bytes, struct pst_buf *out, struct pst_report *why)
    PST_MUST_CHECK;

#endif
