/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offline_mirror.h - a copy of one product's release from a repository's URL: the signed files that
 * lead to it, and the release.
 *
 * Nothing is judged here: what is fetched is only followed to know what to fetch next, within the
 * limits that a terminal has. What is not there (404) is not told either: whoever judges the copy
 * misses it.
 *
 * Errors   network.*, host.*
 */
#ifndef PST_SERVICE_CLI_OFFLINE_MIRROR_H
#define PST_SERVICE_CLI_OFFLINE_MIRROR_H

#include "manifests/finding.h"

struct pst_mirror_in {
    const char *url; /* what /metadata and /targets are below */
    const char *ca;  /* NULL: the system's */
    const char *product;
    const char *version; /* NULL: the newest that the product's role lists */
};

/* Whether this names a URL rather than a file. */
bool pst_is_url(const char *text);

/* Into a folder that is there. */
enum pst_code pst_mirror_release(const struct pst_mirror_in *in, const char *folder,
                                 struct pst_report *why) PST_MUST_CHECK;

#endif
