/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceremony_fleet.h - which signature schemes the terminals in the field verify, so that nobody
 * lists or uses a key that some of them cannot.
 *
 * `postern terminal schemes --json` writes the document from what the terminals told the service:
 *
 *     {"format": "postern.fleet-schemes/1", "at": T, "untold": N,
 *      "classes": [{"product": "pos-a", "schemes": ["ed25519"], "terminals": 120}, ...]}
 *
 * A key of root, targets, an online role or of assignments concerns every terminal; a key of a
 * product those of the product. Terminals that have never told their facts (`untold`) are not
 * counted: nothing is known of them.
 *
 * Memory   pst_ceremony_fleet_free().
 * Errors   document.*, PST_METADATA_FORMAT_UNKNOWN, host.*.
 */
#ifndef PST_KEYS_CEREMONY_FLEET_H
#define PST_KEYS_CEREMONY_FLEET_H

#include "manifests/facts.h"

enum { PST_CEREMONY_CLASSES_MOST = 512 };
#define PST_CEREMONY_FLEET_FORMAT "postern.fleet-schemes/1"

struct pst_ceremony_class {
    char product[PST_NAME_ROOM];
    int64_t terminals;
    size_t scheme_count;
    char scheme[PST_FACTS_SCHEMES_MOST][PST_NAME_ROOM];
};

struct pst_ceremony_fleet {
    int64_t at_s, untold;
    int64_t may_strand; /* so many and no other number may be stranded; -1: none */
    size_t class_count;
    struct pst_ceremony_class class[PST_CEREMONY_CLASSES_MOST];
};

enum pst_code pst_ceremony_fleet_read(const char *path, struct pst_ceremony_fleet **out,
                                      struct pst_report *why) PST_MUST_CHECK;
void pst_ceremony_fleet_free(struct pst_ceremony_fleet *fleet);
static inline void pst_ceremony_fleet_cleanup(struct pst_ceremony_fleet **fleet)
{
    pst_ceremony_fleet_free(*fleet);
}

/*
 * Several keys are asked about one after the other, then the verdict is given over all of them: a
 * terminal that two keys would strand is counted once. Without a fleet (NULL) nothing is held
 * against any key.
 */
struct pst_ceremony_stranding {
    const struct pst_ceremony_fleet *fleet;
    bool is_stranded[PST_CEREMONY_CLASSES_MOST];
    struct pst_report causes;
};
/* `product` empty: all of them. `place` is where findings stand. */
void pst_ceremony_strand(struct pst_ceremony_stranding *stranding, struct pst_text product,
                         struct pst_text scheme, const char *place);
/* PST_ALGORITHM_UNKNOWN with each key's count; merely noted when exactly `may_strand` are. */
enum pst_code pst_ceremony_strand_verdict(const struct pst_ceremony_stranding *stranding,
                                          struct pst_report *why) PST_MUST_CHECK;

#endif
