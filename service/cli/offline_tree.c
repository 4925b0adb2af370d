/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     DIR/targets/P/VERSION/       as the manifest names the files
 *     DIR/targets/P/.VERSION.XXXXXX    while they are made; gone afterwards
 *     DIR/metadata/P.json          the draft of the role, last
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/file.h"
#include "service/cli/offline_build.h"

static enum pst_code place(const struct pst_build *build, const char *folder, const char *name,
                           char out[PST_OFFLINE_PATH_ROOM], struct pst_report *why)
{
    int len = snprintf(out, PST_OFFLINE_PATH_ROOM, "%s/%s%s%s", build->cli->out, folder,
                       name[0] != '\0' ? "/" : "", name);
    return len < 0 || len >= PST_OFFLINE_PATH_ROOM
               ? pst_refuse_errno(why, ENAMETOOLONG, build->cli->out)
               : PST_OK;
}

static enum pst_code version_folder(const struct pst_build *build, const char *before,
                                    const char *behind, char out[PST_OFFLINE_PATH_ROOM],
                                    struct pst_report *why)
{
    char name[2 * PST_BUILD_NAME_ROOM + 32];
    (void)snprintf(name, sizeof name, "%s/%s%s%s", build->product, before, build->version_name,
                   behind);
    return place(build, "targets", name, out, why);
}

enum pst_code pst_tree_begin(struct pst_build *build, struct pst_report *why)
{
    char folder[PST_OFFLINE_PATH_ROOM], metadata[PST_OFFLINE_PATH_ROOM];

    enum pst_code rc = place(build, "targets", build->product, folder, why);
    if (rc == PST_OK)
        rc = place(build, "metadata", "", metadata, why);
    if (rc == PST_OK)
        rc = pst_folder_make(metadata, 0755, why);
    if (rc == PST_OK)
        rc = pst_folder_make(folder, 0755, why);
    if (rc == PST_OK)
        rc = version_folder(build, ".", ".XXXXXX", build->folder, why);
    if (rc != PST_OK || mkdtemp(build->folder) == NULL || chmod(build->folder, 0755) != 0) {
        if (rc == PST_OK)
            rc = pst_refuse_errno(why, errno, folder);
        build->folder[0] = '\0';
    }
    return rc;
}

void pst_tree_drop(struct pst_build *build)
{
    if (build->folder[0] != '\0')
        pst_offline_remove(build->folder);
    build->folder[0] = '\0';
}

enum pst_code pst_build_put(const struct pst_build *build, const char *target_path,
                            struct pst_bytes content, struct pst_report *why)
{
    char path[PST_OFFLINE_PATH_ROOM];
    if (!pst_path_join(build->folder, strrchr(target_path, '/') + 1, path, sizeof path))
        return pst_refuse_errno(why, ENAMETOOLONG, build->folder);
    return pst_file_replace(path, content, 0644, why);
}

/* ---- what is there already */

static void check_image(const struct pst_component *before, const struct pst_build *build,
                        struct pst_report *why)
{
    char expected[2 * PST_SHA256_BYTES + 1], found[2 * PST_SHA256_BYTES + 1] = "none";

    for (size_t i = 0; i < build->component_count; i++) {
        if (!pst_text_is(before->name, build->component[i].name))
            continue;
        if (memcmp(before->sha256, build->component[i].sha256, PST_SHA256_BYTES) == 0)
            return;
        pst_hex_print(pst_bytes(build->component[i].sha256, PST_SHA256_BYTES), found);
    }
    PST_WITHIN(why, "%.*s", PST_ARGS(before->name));
    pst_hex_print(pst_bytes(before->sha256, PST_SHA256_BYTES), expected);
    (void)pst_refuse(why, PST_RELEASE_EXISTS, pst_say("image %s", expected),
                     pst_say("image %s", found));
}

static void check_images(const struct pst_release *before, const struct pst_build *build,
                         struct pst_report *why)
{
    for (size_t i = 0; i < before->component_count; i++)
        check_image(&before->component[i], build, why);
    if (before->component_count != build->component_count)
        (void)pst_refuse(why, PST_RELEASE_EXISTS,
                         pst_say("the %zu components that it has", before->component_count),
                         pst_say("%zu", build->component_count));
}

enum pst_code pst_tree_check(const struct pst_build *build, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_RELEASE_BYTES_MOST);
    PST_CLEANUP(pst_release) struct pst_release *before = NULL;
    char folder[PST_OFFLINE_PATH_ROOM], manifest[PST_OFFLINE_PATH_ROOM];

    enum pst_code rc = version_folder(build, "", "", folder, why);
    if (rc != PST_OK || access(folder, F_OK) != 0)
        return rc;
    PST_WITHIN(why, "%s", folder);
    if (!pst_path_join(folder, "manifest.json", manifest, sizeof manifest))
        return pst_refuse_errno(why, ENAMETOOLONG, folder);
    if (pst_file_read(manifest, &bytes, NULL) != PST_OK ||
        pst_release_parse(pst_buf_bytes(&bytes), &before, NULL) != PST_OK)
        return pst_refuse(why, PST_RELEASE_EXISTS,
                          pst_say("no folder of this version yet, or one with its manifest"),
                          pst_say("one without a manifest that can be read"));
    check_images(before, build, why);
    return pst_report_verdict(why);
}

/* ---- into the tree */

/* The one that is there, with the same images, steps aside; it comes back when the new one
 * cannot take its place. */
static enum pst_code swap_in(struct pst_build *build, struct pst_report *why)
{
    char folder[PST_OFFLINE_PATH_ROOM], aside[PST_OFFLINE_PATH_ROOM] = "";

    enum pst_code rc = version_folder(build, "", "", folder, why);
    if (rc != PST_OK)
        return rc;
    if (access(folder, F_OK) == 0) {
        rc = version_folder(build, ".", ".XXXXXX", aside, why);
        if (rc != PST_OK)
            return rc;
        if (mkdtemp(aside) == NULL)
            return pst_refuse_errno(why, errno, folder);
        if (rename(folder, aside) != 0) {
            rc = pst_refuse_errno(why, errno, folder);
            (void)!rmdir(aside);
            return rc;
        }
    }
    if (rename(build->folder, folder) != 0) {
        rc = pst_refuse_errno(why, errno, folder);
        if (aside[0] != '\0')
            (void)!rename(aside, folder);
        return rc;
    }
    build->folder[0] = '\0';
    if (aside[0] != '\0')
        pst_offline_remove(aside);
    return pst_folder_sync_of(folder, why);
}

enum pst_code pst_tree_finish(struct pst_build *build, struct pst_bytes role,
                              struct pst_report *why)
{
    char name[PST_BUILD_NAME_ROOM + 8], path[PST_OFFLINE_PATH_ROOM];

    (void)snprintf(name, sizeof name, "%s.json", build->product);
    enum pst_code rc = place(build, "metadata", name, path, why);
    if (rc == PST_OK)
        rc = swap_in(build, why);
    return rc == PST_OK ? pst_file_replace(path, role, 0644, why) : rc;
}
