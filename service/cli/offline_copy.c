/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cli/offline_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/file.h"
#include "service/cli/offline_mirror.h"

void pst_offline_copy_close(struct pst_offline_copy *copy)
{
    pst_pack_free(copy->pack);
    copy->pack = NULL;
    if (copy->fetched[0] != '\0')
        pst_offline_remove(copy->fetched);
    copy->fetched[0] = '\0';
}

static enum pst_code fetch(const struct pst_cli *cli, const char *product,
                           struct pst_offline_copy *copy, struct pst_report *why)
{
    const struct pst_mirror_in in = {.url = cli->release,
                                     .ca = cli->ca,
                                     .product = cli->product != NULL ? cli->product : product,
                                     .version = cli->version};
    const char *folder = getenv("TMPDIR");
    char made[PST_OFFLINE_PATH_ROOM];

    if (in.product[0] == '\0')
        return pst_refuse(why, PST_USAGE, pst_say("--product"), pst_say("none"));
    int len = snprintf(made, sizeof made, "%s/postern-copy.XXXXXX",
                       folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    if (len < 0 || (size_t)len >= sizeof made || mkdtemp(made) == NULL)
        return pst_refuse_errno(why, errno, "a folder for a copy");
    memcpy(copy->fetched, made, sizeof made);
    return pst_mirror_release(&in, made, why);
}

enum pst_code pst_offline_copy_open(const struct pst_cli *cli, const char *product,
                                    struct pst_offline_copy *out, struct pst_report *why)
{
    *out = (struct pst_offline_copy){.pack = NULL};
    out->is_manifest = !pst_is_url(cli->release) && pst_file_begins_with(cli->release, '{');
    if (out->is_manifest)
        return PST_METADATA_MISSING; /* nothing vouches for it; pst_decide() says so */
    enum pst_code rc = pst_is_url(cli->release) ? fetch(cli, product, out, why) : PST_OK;
    if (rc == PST_OK)
        rc = pst_pack_open(out->fetched[0] != '\0' ? out->fetched : cli->release, &out->pack, why);
    return rc == PST_BUNDLE_DAMAGED && out->pack != NULL ? PST_OK : rc;
}
