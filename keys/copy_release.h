/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy_release.h - a release as it lies in a copy: its manifest, what vouches for it, and whether
 * its files are whole.
 *
 * Memory   pst_copied_release_clear().
 * Errors   metadata.*, image.missing, image.corrupt with the damaged place, document.* of the
 *          manifest
 */
#ifndef PST_KEYS_COPY_RELEASE_H
#define PST_KEYS_COPY_RELEASE_H

#include "keys/copy_chain.h"
#include "manifests/release.h"

struct pst_copied_release {
    char product[65];
    char manifest[256]; /* its target path; "" when the copy has none */
    struct pst_chain chain;
    struct pst_release *release; /* NULL: not there, or not to be read */
    bool verified;               /* its bytes are those that the product's role signed */
};

struct pst_copied_release_choice {
    const char *product, *version; /* as asked for; NULL: the terminal's, and the newest */
    const char *terminal_product;  /* "" when it is not known */
    struct pst_chain_in chain;     /* `product` is filled in here */
};

/* Judges all of it: what can be had is in `out`, what is wrong in `why`. */
void pst_copied_release_read(const struct pst_copied_release_choice *choice,
                             struct pst_copied_release *out, struct pst_report *why);
void pst_copied_release_clear(struct pst_copied_release *release);
static inline void pst_copied_release_cleanup(struct pst_copied_release *release)
{
    pst_copied_release_clear(release);
}

/* The newest version whose manifest the product's role lists, if it is newer than *newest. */
void pst_copied_release_newest(const struct pst_role *role, const char *product,
                               struct pst_version *newest);

/* A manifest on its own. */
void pst_release_file_read(const char *path, struct pst_release **out, struct pst_report *why);

#endif
