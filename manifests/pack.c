/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/file.h"

struct pst_pack {
    char *path;
    bool is_folder; /* or a bundle */
    int fd;         /* the bundle's */
    struct pst_bundle bundle;
};

void pst_pack_free(struct pst_pack *pack)
{
    if (pack == NULL)
        return;
    free(pack->path);
    pst_bundle_clear(&pack->bundle);
    pst_fd_cleanup(&pack->fd);
    free(pack);
}

enum pst_code pst_pack_open(const char *path, struct pst_pack **out, struct pst_report *why)
{
    PST_CLEANUP(pst_pack) struct pst_pack *pack = calloc(1, sizeof *pack);
    struct stat facts;
    enum pst_code rc = PST_OK;

    PST_WITHIN(why, "%s", path);
    if (pack == NULL)
        return pst_no_memory(why, "a pack of files");
    pack->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (pack->fd < 0 || fstat(pack->fd, &facts) != 0)
        return pst_refuse_errno(why, errno, path);
    pack->path = strdup(path);
    pack->is_folder = S_ISDIR(facts.st_mode);
    if (pack->path == NULL)
        rc = pst_no_memory(why, "a pack of files");
    else if (S_ISREG(facts.st_mode))
        rc = pst_bundle_read(pack->fd, &pack->bundle, why);
    else if (!pack->is_folder)
        rc = pst_refuse(why, PST_HOST_NOT_FOUND, pst_say("a folder or a file"),
                        pst_say("a device or a pipe"));
    if (rc != PST_OK && rc != PST_BUNDLE_DAMAGED)
        return rc;
    *out = pack;
    pack = NULL;
    return rc;
}

const char *pst_pack_path(const struct pst_pack *pack)
{
    return pack->path;
}

/* ---- parts */

void pst_part_close(struct pst_part *part)
{
    if (part->own)
        pst_fd_cleanup(&part->fd);
    *part = pst_part_none();
}

static enum pst_code find_file(const char *folder, const char *name, struct pst_part *out,
                               struct pst_report *why)
{
    char path[PATH_MAX];
    struct stat facts;

    if (!pst_path_join(folder, name, path, sizeof path))
        return pst_refuse_errno(why, ENAMETOOLONG, folder);
    struct pst_part part = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .own = true};
    enum pst_code rc = PST_OK;
    if (part.fd < 0 || fstat(part.fd, &facts) != 0)
        rc = pst_refuse_errno(why, errno, path);
    else if (!S_ISREG(facts.st_mode))
        rc = pst_refuse(why, PST_HOST_NOT_FOUND, pst_say("'%s' to be a regular file", path),
                        pst_say("a folder, a device or a pipe"));
    if (rc != PST_OK) {
        pst_part_close(&part);
        return rc;
    }
    part.bytes = (int64_t)facts.st_size;
    *out = part;
    return PST_OK;
}

enum pst_code pst_pack_find(const struct pst_pack *pack, const char *name, struct pst_part *out,
                            struct pst_report *why)
{
    const struct pst_bundle_entry *entry;

    if (!pst_bundle_name_is_safe(pst_text(name)))
        return pst_refuse(why, PST_HOST_NOT_FOUND, pst_say("a name that a repository can have"),
                          pst_say("'%s'", name));
    if (pack->is_folder)
        return find_file(pack->path, name, out, why);
    entry = pst_bundle_find(&pack->bundle, name);
    if (entry == NULL)
        return pst_refuse(why, PST_HOST_NOT_FOUND, pst_say("'%s' in the bundle", name),
                          pst_say("none"));
    *out = (struct pst_part){.fd = pack->fd, .at = entry->at, .bytes = entry->bytes};
    return PST_OK;
}

enum pst_code pst_pack_target(const struct pst_pack *pack, const char *path, const char *digest,
                              struct pst_part *out, struct pst_report *why)
{
    char name[PST_BUNDLE_NAME_ROOM];
    const char *slash = strrchr(path, '/'), *last = slash != NULL ? slash + 1 : path;

    int len =
        snprintf(name, sizeof name, "targets/%.*s%s.%s", (int)(last - path), path, digest, last);
    if (len > 0 && (size_t)len < sizeof name && pst_pack_find(pack, name, out, NULL) == PST_OK)
        return PST_OK;
    len = snprintf(name, sizeof name, "targets/%s", path);
    if (len < 0 || (size_t)len >= sizeof name)
        return pst_refuse_errno(why, ENAMETOOLONG, path);
    return pst_pack_find(pack, name, out, why);
}

enum pst_code pst_part_read(const struct pst_part *part, struct pst_buf *out,
                            struct pst_report *why)
{
    if (part->bytes < 0 || (uint64_t)part->bytes > out->max - out->len)
        return pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", out->max),
                          pst_say("more"));
    if (!pst_buf_reserve(out, (size_t)part->bytes))
        return pst_no_memory(why, "a file of a pack");
    if (!pst_fd_read_at(part->fd, (uint64_t)part->at, out->at + out->len, (size_t)part->bytes))
        return pst_refuse_errno(why, EIO, "a file of a pack");
    out->len += (size_t)part->bytes;
    return PST_OK;
}

/* ---- names */

static void each_file(const char *folder, const char *below,
                      void (*see)(void *context, const char *name), void *context)
{
    char path[PATH_MAX];
    DIR *open = pst_path_join(folder, below, path, sizeof path) ? opendir(path) : NULL;
    struct dirent *entry;

    while (open != NULL && (entry = readdir(open)) != NULL)
        if (pst_bundle_name_is_safe(pst_text(entry->d_name)))
            see(context, entry->d_name);
    if (open != NULL)
        closedir(open);
}

/* The part of an entry's name that stands directly in the folder; empty when it is elsewhere. */
static struct pst_text directly_in(const char *folder, const char *name)
{
    struct pst_text rest = pst_text(name), part;
    if (!pst_take(&rest, folder) || !pst_take(&rest, "/"))
        return pst_text(NULL);
    struct pst_text whole = rest;
    return pst_take_until(&rest, '/', &part) ? part : whole;
}

void pst_pack_each(const struct pst_pack *pack, const char *folder,
                   void (*see)(void *context, const char *name), void *context)
{
    const struct pst_bundle *bundle = &pack->bundle;
    char name[PST_BUNDLE_NAME_ROOM];

    if (pack->is_folder) {
        each_file(pack->path, folder, see, context);
        return;
    }
    for (size_t i = 0; i < bundle->count; i++) {
        struct pst_text part = directly_in(folder, bundle->entry[i].name);
        bool seen = part.len == 0;
        for (size_t k = 0; k < i && !seen; k++)
            seen = pst_text_equal(directly_in(folder, bundle->entry[k].name), part);
        if (seen)
            continue;
        (void)snprintf(name, sizeof name, "%.*s", PST_ARGS(part));
        see(context, name);
    }
}
