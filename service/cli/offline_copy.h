/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offline_copy.h - what --release names, as files: a folder, a bundle, or a repository's URL, of
 * which a copy is made in the folder for temporary files.
 *
 * Memory   pst_offline_copy_close() removes that copy.
 * Errors   host.*, bundle.*, network.*; PST_USAGE where a URL does not say which product.
 */
#ifndef PST_SERVICE_CLI_OFFLINE_COPY_H
#define PST_SERVICE_CLI_OFFLINE_COPY_H

#include "keys/copy_release.h"
#include "service/cli/cli.h"
#include "service/cli/offline.h"

struct pst_offline_copy {
    struct pst_pack *pack;               /* NULL when it could not be opened */
    bool is_manifest;                    /* it is a manifest on its own instead */
    char fetched[PST_OFFLINE_PATH_ROOM]; /* the folder that was made; "" for none */
};

/* PST_OK also for a damaged bundle: what is wrong with it is told, what is left can be judged.
 * `product` is the terminal's; "" when it is not known and --product has to say it. */
enum pst_code pst_offline_copy_open(const struct pst_cli *cli, const char *product,
                                    struct pst_offline_copy *out, struct pst_report *why)
    PST_MUST_CHECK;
void pst_offline_copy_close(struct pst_offline_copy *copy);
static inline void pst_offline_copy_cleanup(struct pst_offline_copy *copy)
{
    pst_offline_copy_close(copy);
}

#endif
