/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/file.h"
#include "service/repository/repository_internal.h"

enum { BLOB_NAME_ROOM = 96 };

/* sha256/ab/cd/<64 hex>: two levels, so that no folder grows large. */
static void name_blob(const uint8_t sha256[PST_SHA256_BYTES], char out[BLOB_NAME_ROOM])
{
    char hex[2 * PST_SHA256_BYTES + 1];

    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), hex);
    (void)snprintf(out, BLOB_NAME_ROOM, "blobs/sha256/%.2s/%.2s/%s", hex, hex + 2, hex);
}

static int open_blob(const char *path)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd >= 0 && (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))) {
        close(fd);
        errno = ENOENT;
        return -1;
    }
    return fd;
}

int pst_blob_open(const struct pst_repository *repository, const uint8_t sha256[PST_SHA256_BYTES])
{
    char name[BLOB_NAME_ROOM], path[PATH_MAX];

    name_blob(sha256, name);
    if (pst_repository_path(repository, name, path, NULL) != PST_OK)
        return -1;
    return open_blob(path);
}

static enum pst_code missing(const uint8_t sha256[PST_SHA256_BYTES], struct pst_report *why)
{
    char hex[2 * PST_SHA256_BYTES + 1];

    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), hex);
    return pst_refuse(why, PST_IMAGE_MISSING, pst_say("blob %s, uploaded before", hex),
                      pst_say("none"));
}

static enum pst_code corrupt(const uint8_t sha256[PST_SHA256_BYTES],
                             const uint8_t found[PST_SHA256_BYTES], struct pst_report *why)
{
    char hex[2 * PST_SHA256_BYTES + 1], found_hex[2 * PST_SHA256_BYTES + 1];

    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), hex);
    pst_hex_print(pst_bytes(found, PST_SHA256_BYTES), found_hex);
    return pst_refuse(why, PST_IMAGE_CORRUPT, pst_say("sha256 %s", hex),
                      pst_say("sha256 %s", found_hex));
}

static enum pst_code read_fd(int fd, struct pst_buf *out, size_t *len, struct pst_report *why)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0)
        return pst_refuse_errno(why, errno, "a blob");
    if ((uint64_t)facts.st_size > out->max - out->len)
        return pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", out->max - out->len),
                          pst_say("%lld bytes", (long long)facts.st_size));
    *len = (size_t)facts.st_size;
    if (!pst_buf_reserve(out, *len))
        return pst_no_memory(why, "a blob");
    if (*len > 0 && !pst_fd_read_at(fd, 0, out->at + out->len, *len))
        return pst_refuse(why, PST_HOST_IO, pst_say("%zu bytes", *len), pst_say("fewer"));
    return PST_OK;
}

enum pst_code pst_blob_read(const struct pst_repository *repository,
                            const uint8_t sha256[PST_SHA256_BYTES], struct pst_buf *out,
                            struct pst_report *why)
{
    PST_CLEANUP(pst_fd) int fd = pst_blob_open(repository, sha256);
    uint8_t found[PST_SHA256_BYTES];
    size_t len = 0;

    if (fd < 0)
        return errno == ENOENT ? missing(sha256, why) : pst_refuse_errno(why, errno, "a blob");
    enum pst_code rc = read_fd(fd, out, &len, why);
    if (rc == PST_OK)
        rc = pst_sha256(pst_bytes(len > 0 ? out->at + out->len : NULL, len), found, why);
    if (rc != PST_OK)
        return rc;
    if (memcmp(found, sha256, PST_SHA256_BYTES) != 0)
        return corrupt(sha256, found, why);
    out->len += len;
    return PST_OK;
}

int pst_repository_upload_fd(const struct pst_repository *repository, struct pst_report *why)
{
    char folder[PATH_MAX], beside[PATH_MAX];

    if (pst_repository_path(repository, "uploads", folder, why) != PST_OK ||
        pst_repository_path(repository, "uploads/part.XXXXXX", beside, why) != PST_OK)
        return -1;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (fd >= 0)
        return fd;
    /* File systems without unnamed files; keep() copies then. */
    fd = mkstemp(beside);
    if (fd >= 0)
        unlink(beside);
    else
        (void)pst_refuse_errno(why, errno, folder);
    return fd;
}

static bool is_whole(const char *path, const uint8_t sha256[PST_SHA256_BYTES])
{
    PST_CLEANUP(pst_fd) int fd = open_blob(path);
    uint8_t found[PST_SHA256_BYTES];
    struct stat facts;

    return fd >= 0 && fstat(fd, &facts) == 0 &&
           pst_sha256_fd(fd, (uint64_t)facts.st_size, found, NULL) == PST_OK &&
           memcmp(found, sha256, PST_SHA256_BYTES) == 0;
}

/* "blobs", "blobs/sha256", ".../ab", ".../ab/cd": each one durable before the next is made in it.
 */
static enum pst_code make_folders(const struct pst_repository *repository, const char *name,
                                  struct pst_report *why)
{
    char path[PATH_MAX];
    enum pst_code rc = pst_repository_path(repository, name, path, why);
    size_t from = strlen(repository->folder) + 1;

    for (size_t i = from; rc == PST_OK && path[i] != '\0'; i++) {
        if (path[i] != '/')
            continue;
        path[i] = '\0';
        if (mkdir(path, 0755) == 0)
            rc = pst_folder_sync_of(path, why);
        else if (errno != EEXIST)
            rc = pst_refuse_errno(why, errno, path);
        path[i] = '/';
    }
    return rc;
}

static enum pst_code copy_all(int from, int to, uint64_t len, const char *what,
                              struct pst_report *why)
{
    uint8_t piece[65536];
    enum pst_code rc = PST_OK;

    for (uint64_t at = 0; rc == PST_OK && at < len;) {
        size_t size = len - at < sizeof piece ? (size_t)(len - at) : sizeof piece;
        if (!pst_fd_read_at(from, at, piece, size))
            return pst_refuse(why, PST_HOST_IO, pst_say("%llu bytes", (unsigned long long)len),
                              pst_say("fewer"));
        rc = pst_fd_write(to, pst_bytes(piece, size), what, why);
        at += size;
    }
    if (rc == PST_OK && (fchmod(to, 0644) != 0 || fsync(to) != 0))
        rc = pst_refuse_errno(why, errno, what);
    return rc;
}

/* Where the upload cannot be linked (no /proc, or it had a name once), and over damaged blobs. */
static enum pst_code copy_over(const struct pst_repository *repository, int upload_fd, uint64_t len,
                               const char *path, struct pst_report *why)
{
    char beside[PATH_MAX];
    enum pst_code rc = pst_repository_path(repository, "uploads/blob.XXXXXX", beside, why);

    if (rc != PST_OK)
        return rc;
    PST_CLEANUP(pst_fd) int fd = mkstemp(beside);
    if (fd < 0)
        return pst_refuse_errno(why, errno, beside);
    rc = copy_all(upload_fd, fd, len, beside, why);
    if (rc == PST_OK && rename(beside, path) != 0)
        rc = pst_refuse_errno(why, errno, path);
    if (rc != PST_OK)
        unlink(beside);
    return rc;
}

static enum pst_code link_in(const struct pst_repository *repository, int upload_fd, uint64_t len,
                             const char *path, const uint8_t sha256[PST_SHA256_BYTES],
                             bool *existed, struct pst_report *why)
{
    char unnamed[64];

    *existed = false;
    (void)snprintf(unnamed, sizeof unnamed, "/proc/self/fd/%d", upload_fd);
    if (linkat(AT_FDCWD, unnamed, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
        return PST_OK;
    int error = errno;
    if (error == ENOSPC || error == EDQUOT || error == EROFS)
        return pst_refuse_errno(why, error, path);
    if (is_whole(path, sha256)) {
        *existed = true;
        return PST_OK;
    }
    return copy_over(repository, upload_fd, len, path, why);
}

static enum pst_code check_upload(int upload_fd, const uint8_t sha256[PST_SHA256_BYTES],
                                  uint64_t *len, struct pst_report *why)
{
    uint8_t found[PST_SHA256_BYTES];
    struct stat facts;

    if (fchmod(upload_fd, 0644) != 0 || fsync(upload_fd) != 0 || fstat(upload_fd, &facts) != 0)
        return pst_refuse_errno(why, errno, "an upload");
    enum pst_code rc = pst_sha256_fd(upload_fd, (uint64_t)facts.st_size, found, why);
    if (rc == PST_OK && memcmp(found, sha256, PST_SHA256_BYTES) != 0)
        rc = corrupt(sha256, found, why);
    *len = (uint64_t)facts.st_size;
    return rc;
}

enum pst_code pst_repository_keep(const struct pst_repository *repository, int upload_fd,
                                  const uint8_t sha256[32], bool *existed, struct pst_report *why)
{
    char name[BLOB_NAME_ROOM], path[PATH_MAX];
    bool was_there = false;
    uint64_t len = 0;

    name_blob(sha256, name);
    enum pst_code rc = check_upload(upload_fd, sha256, &len, why);
    if (rc == PST_OK)
        rc = pst_repository_path(repository, name, path, why);
    if (rc == PST_OK)
        rc = make_folders(repository, name, why);
    if (rc == PST_OK)
        rc = link_in(repository, upload_fd, len, path, sha256, &was_there, why);
    /* Also when it was there: whoever put it may not have come so far. */
    if (rc == PST_OK)
        rc = pst_folder_sync_of(path, why);
    if (rc == PST_OK)
        *existed = was_there;
    return rc;
}
