/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "keys/ceremony.h"
#include "manifests/file.h"

static void folder_cleanup(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

static int64_t version_of(const char *file_name)
{
    struct pst_text name = pst_text(file_name);
    uint64_t number = 0;

    if (!pst_take_number(&name, INT32_MAX, &number) || !pst_text_is(name, ".root.json"))
        return 0;
    return (int64_t)number;
}

enum pst_code pst_ceremony_root_range(const char *metadata, int64_t *lowest, int64_t *highest,
                                      struct pst_report *why)
{
    __attribute__((cleanup(folder_cleanup))) DIR *folder = opendir(metadata);
    const struct dirent *entry;

    *lowest = *highest = 0;
    if (folder == NULL)
        return errno == ENOENT ? PST_OK : pst_refuse_errno(why, errno, metadata);
    errno = 0;
    while ((entry = readdir(folder)) != NULL) {
        int64_t version = version_of(entry->d_name);
        if (version > 0 && (*lowest == 0 || version < *lowest))
            *lowest = version;
        if (version > *highest)
            *highest = version;
    }
    return errno == 0 ? PST_OK : pst_refuse_errno(why, errno, metadata);
}

static enum pst_code read_root(const char *metadata, int64_t version, struct pst_buf *out,
                               struct pst_report *why)
{
    char name[40], path[PATH_MAX];

    snprintf(name, sizeof name, "%lld.root.json", (long long)version);
    if (!pst_path_join(metadata, name, path, sizeof path))
        return pst_refuse_errno(why, ENAMETOOLONG, metadata);
    return pst_file_read(path, out, why);
}

/* Until the first that is not there or not signed by enough: that one is told as a note. */
static void walk(const char *metadata, int64_t from, int64_t below, struct pst_trust *trust,
                 struct pst_report *why)
{
    for (int64_t version = from; version < below; version++) {
        PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_ROOT_BYTES);
        struct pst_report causes = {0};
        PST_WITHIN(&causes, "%lld.root.json", (long long)version);
        enum pst_code rc = read_root(metadata, version, &bytes, &causes);
        if (rc == PST_HOST_NOT_FOUND)
            return;
        if (rc == PST_OK)
            rc = pst_trust_root_next(trust, pst_buf_bytes(&bytes), &causes);
        if (rc == PST_OK)
            continue;
        if (why != NULL)
            pst_report_append(why, &causes, true);
        return;
    }
}

enum pst_code pst_ceremony_roots(const char *metadata, int64_t below, int64_t now_s,
                                 struct pst_trust **out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_ROOT_BYTES);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    int64_t lowest = 0, highest = 0;

    enum pst_code rc = pst_ceremony_root_range(metadata, &lowest, &highest, why);
    if (rc != PST_OK)
        return rc;
    if (lowest == 0 || lowest >= below)
        return pst_refuse(why, PST_METADATA_MISSING, pst_say("a signed root in '%s'", metadata),
                          pst_say("none"));
    PST_WITHIN(why, "%lld.root.json", (long long)lowest);
    rc = read_root(metadata, lowest, &bytes, why);
    if (rc == PST_OK)
        rc = pst_trust_new(pst_buf_bytes(&bytes), now_s, &trust, why);
    if (rc != PST_OK)
        return rc;
    walk(metadata, lowest + 1, below, trust, why);
    *out = trust;
    trust = NULL;
    return PST_OK;
}
