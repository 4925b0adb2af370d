/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h - what a terminal says of itself: the other half of every decision.
 *
 * "postern.facts/1", as sent with every check-in and kept by the service; the operator's
 * `postern explain --terminal FACTS.json` reads the same document.
 *
 * What a terminal cannot tell is left out of the document, and is unknown, unset or "" here. The
 * format is closed, as the release manifest's is. Schema: manifests/schema/facts.schema.json.
 *
 * Units    sizes in bytes, percentages 0..100.
 * Memory   values only: fixed room, nothing borrowed.
 * Threads  pure functions.
 * Errors   those of fields.h; PST_INCONSISTENT for a component or scheme named twice;
 *          PST_METADATA_FORMAT_UNKNOWN, alone, for another format.
 */
#ifndef PST_MANIFESTS_FACTS_H
#define PST_MANIFESTS_FACTS_H

#include "manifests/json.h"
#include "manifests/json_out.h"
#include "manifests/version.h"

#define PST_FACTS_FORMAT "postern.facts/1"

enum {
    PST_NAME_ROOM = 65,
    PST_TAG_ROOM = 192,
    PST_FACTS_COMPONENTS_MOST = 8,
    PST_FACTS_SCHEMES_MOST = 8
};

/* A yes or no that the terminal may be unable to tell. */
enum pst_tri { PST_TRI_UNKNOWN, PST_TRI_NO, PST_TRI_YES };

struct pst_facts_component {
    char name[PST_NAME_ROOM];
    char slot_class[PST_NAME_ROOM];
    int64_t slot_bytes;        /* room in the inactive slot */
    int64_t active_bytes;      /* size of the image in the active slot; 0 unknown */
    uint8_t active_sha256[32]; /* its digest; meaningless while active_bytes is 0 */
};

struct pst_facts {
    char serial[PST_NAME_ROOM];
    char product[PST_NAME_ROOM];
    char model[PST_NAME_ROOM];
    char region[PST_NAME_ROOM]; /* "" when not set */
    char group[PST_TAG_ROOM];   /* "acquirer/merchant/store"; "" when not set */
    struct pst_version revision, os, agent, bootloader, data_schema; /* the last two may be unset */
    struct pst_version security_floor;                               /* unset: none yet */
    size_t component_count;
    struct pst_facts_component component[PST_FACTS_COMPONENTS_MOST];
    size_t scheme_count;
    char scheme[PST_FACTS_SCHEMES_MOST][PST_NAME_ROOM]; /* signature schemes the agent can verify */
    int64_t free_bytes;                                 /* -1 unknown */
    int64_t memory_bytes;                               /* for the decoder */
    int64_t battery_percent;                            /* -1 unknown */
    enum pst_tri mains, busy, tampered, metered, window_open;
    int64_t root_version; /* of the trusted root; 0 unknown */
    int64_t sequence;     /* of the manifest that was last staged; 0 none */
};

enum pst_code pst_facts_parse(const struct pst_json *json, struct pst_facts *out,
                              struct pst_report *why) PST_MUST_CHECK;
/* Writes the document as a member `name`, or as an element or a whole document when that is NULL.
 * */
void pst_facts_print(const struct pst_facts *facts, struct pst_json_out *out, const char *name);
/* NULL when the terminal has none of that name. */
const struct pst_facts_component *pst_facts_component(const struct pst_facts *facts,
                                                      struct pst_text name);

#endif
