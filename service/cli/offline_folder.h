/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offline_folder.h - a release as files: DIR/targets/P/VERSION/, and DIR/metadata/ that vouches for
 * it.
 *
 * Memory   pst_release_folder_clear().
 * Errors   metadata.*, image.missing, image.corrupt with the damaged place, document.* of the
 *          manifest
 */
#ifndef PST_SERVICE_CLI_OFFLINE_FOLDER_H
#define PST_SERVICE_CLI_OFFLINE_FOLDER_H

#include "manifests/release.h"
#include "service/cli/offline.h"
#include "service/cli/offline_chain.h"

struct pst_release_folder {
    char product[65];
    char manifest[256]; /* its target path; "" when the folder has none */
    struct pst_chain chain;
    struct pst_release *release; /* NULL: not there, or not to be read */
    bool verified;               /* its bytes are those that the product's role signed */
};

struct pst_release_choice {
    const char *folder;
    const char *product, *version; /* as asked for; NULL: the terminal's, and the newest */
    const char *terminal_product;  /* "" when it is not known */
    int64_t now_s;
};

/* Judges all of it: what can be had is in `out`, what is wrong in `why`. */
void pst_release_folder_read(const struct pst_release_choice *choice,
                             struct pst_release_folder *out, struct pst_report *why);
void pst_release_folder_clear(struct pst_release_folder *folder);
static inline void pst_release_folder_cleanup(struct pst_release_folder *folder)
{
    pst_release_folder_clear(folder);
}

/* A manifest on its own. */
void pst_release_file_read(const char *path, struct pst_release **out, struct pst_report *why);

#endif
