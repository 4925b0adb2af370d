/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_names.h - the member names of the objects that a scan has open, to find one given twice.
 *
 * Names are kept as they stand in the document and compared as they are meant: "a" is "\u0061".
 * Those of an object are sorted when it closes, so hostile names cost O(n log n), not O(n^2).
 *
 * Memory   pst_json_names_clear(); grows with the members of open objects, at most `most` of them.
 * Threads  values only.
 */
#ifndef PST_MANIFESTS_JSON_NAMES_H
#define PST_MANIFESTS_JSON_NAMES_H

#include "manifests/bytes.h"

struct pst_json_names {
    struct pst_json_raw_name *at;
    size_t count, room, most;
};

static inline struct pst_json_names pst_json_names(size_t most)
{
    return (struct pst_json_names){.most = most};
}
void pst_json_names_clear(struct pst_json_names *names);
static inline void pst_json_names_cleanup(struct pst_json_names *names)
{
    pst_json_names_clear(names);
}

/* `raw` is what stands between the quotes, already found to be well formed. False: no memory. */
bool pst_json_names_add(struct pst_json_names *names, struct pst_text raw) PST_MUST_CHECK;
/* Sorts the names from index `first` on. */
void pst_json_names_sort(struct pst_json_names *names, size_t first);
/* After sorting: the next place from `*index` on where a name is that of its forerunner. */
bool pst_json_names_twice(const struct pst_json_names *names, size_t *index, struct pst_text *raw);

#endif
