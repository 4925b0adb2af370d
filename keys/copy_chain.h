/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy_chain.h - whether the signed files of a copy - a folder, a stick, a mirror - bear out a
 * product's role, without a service.
 *
 *     roots (N.root.json in order, or root.json)  ->  targets.json  ->  P.json
 *
 * Files may carry their version in front ("3.targets.json"); the newest counts. What is trusted
 * already is given by a terminal; without it the first root of the copy is taken as it is, and
 * whoever asks must know where the copy came from. Where snapshot and timestamp are there they are
 * walked too, as a terminal would; where both are absent, as they are before publishing, freshness
 * is not judged.
 *
 * Everything that can still be judged is: a role below one that does not hold is read and judged,
 * and marked unverified.
 *
 * Memory   pst_chain_clear(); roles are borrowed from the chain.
 * Errors   metadata.*, signature.*, key.*, document.*, host.*; `where` begins with the role's name.
 */
#ifndef PST_KEYS_COPY_CHAIN_H
#define PST_KEYS_COPY_CHAIN_H

#include "keys/trust.h"
#include "manifests/pack.h"

enum { PST_CHAIN_SCHEMES_MOST = 8 };

struct pst_chain_role {
    const struct pst_role *role; /* NULL: not there, or not to be read */
    struct pst_role *own;        /* the same, when no trust walk holds it */
    bool verified;
};

struct pst_chain {
    struct pst_trust *trust; /* NULL when there is no root */
    bool root_verified;      /* it holds today */
    bool fresh;              /* a snapshot and a timestamp list the rest */
    struct pst_chain_role targets, product;
};

struct pst_chain_in {
    const struct pst_pack *pack;
    const char *product;
    int64_t now_s;
    /* What a terminal trusts: the files it keeps. Empty: nothing is known. */
    struct pst_bytes root, timestamp, snapshot;
    bool must_be_fresh; /* a copy without snapshot and timestamp is refused, as a terminal does */
};

/* All findings are in `why`; the chain says how far it holds. */
void pst_chain_walk(const struct pst_chain_in *in, struct pst_chain *out, struct pst_report *why);
void pst_chain_clear(struct pst_chain *chain);
static inline void pst_chain_cleanup(struct pst_chain *chain)
{
    pst_chain_clear(chain);
}

/* Whether the product's role may list this path at all, and does. NULL with the reason why not. */
const struct pst_role_target *pst_chain_target(const struct pst_chain *chain, const char *product,
                                               const char *path, struct pst_report *why);
/* Signature schemes without which one of the thresholds would be missed on a terminal that has
 * only those of `known`. Answers how many were written. */
size_t pst_chain_schemes(const struct pst_chain *chain, const char *product,
                         const char *const *known, size_t known_count,
                         const char *out[PST_CHAIN_SCHEMES_MOST]);

#endif
