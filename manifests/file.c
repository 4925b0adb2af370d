/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool pst_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return false;
    return true;
}

bool pst_path_join(const char *folder, const char *name, char *out, size_t room)
{
    int len = snprintf(out, room, "%s/%s", folder, name);
    return len >= 0 && (size_t)len < room;
}

bool pst_fd_read_at(int fd, uint64_t at, void *into, size_t len)
{
    uint8_t *next = into;
    while (len > 0) {
        ssize_t got = pread(fd, next, len, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        next += got;
        at += (uint64_t)got;
        len -= (size_t)got;
    }
    return true;
}

bool pst_file_begins_with(const char *path, char first)
{
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char found = '\0';
    return fd >= 0 && pst_fd_read_at(fd, 0, &found, 1) && found == first;
}

static enum pst_code read_all(int fd, const char *path, struct pst_buf *out, struct pst_report *why)
{
    uint8_t piece[16384];
    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pst_refuse_errno(why, errno, path);
        if (got == 0)
            return PST_OK;
        if ((size_t)got > out->max - out->len)
            return pst_refuse(why, PST_TOO_LARGE,
                              pst_say("'%s' of at most %zu bytes", path, out->max),
                              pst_say("more"));
        if (!pst_buf_add(out, piece, (size_t)got))
            return pst_no_memory(why, path);
    }
}

enum pst_code pst_file_read(const char *path, struct pst_buf *out, struct pst_report *why)
{
    /* Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever. */
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;
    size_t before = out->len;

    if (fd < 0 || fstat(fd, &facts) != 0)
        return pst_refuse_errno(why, errno, path);
    if (!S_ISREG(facts.st_mode))
        return pst_refuse(why, PST_HOST_NOT_FOUND, pst_say("'%s' to be a regular file", path),
                          pst_say("a folder, a device or a pipe"));
    enum pst_code rc = read_all(fd, path, out, why);
    if (rc != PST_OK)
        out->len = before;
    return rc;
}

enum pst_code pst_fd_write(int fd, struct pst_bytes content, const char *what,
                           struct pst_report *why)
{
    while (content.len > 0) {
        ssize_t put = write(fd, content.at, content.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return pst_refuse_errno(why, put < 0 ? errno : EIO, what);
        content = pst_bytes(content.at + put, content.len - (size_t)put);
    }
    return PST_OK;
}

enum pst_code pst_folder_sync_of(const char *path, struct pst_report *why)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);

    if (len >= sizeof folder)
        return pst_refuse_errno(why, ENAMETOOLONG, path);
    memcpy(folder, slash == NULL ? "." : path, len);
    folder[len] = '\0';
    PST_CLEANUP(pst_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return pst_refuse_errno(why, errno, folder);
    return PST_OK;
}

static enum pst_code write_beside(int fd, struct pst_bytes content, unsigned mode, const char *path,
                                  struct pst_report *why)
{
    enum pst_code rc = pst_fd_write(fd, content, path, why);
    if (rc == PST_OK && (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0))
        rc = pst_refuse_errno(why, errno, path);
    return rc;
}

enum pst_code pst_file_replace(const char *path, struct pst_bytes content, unsigned mode,
                               struct pst_report *why)
{
    char beside[PATH_MAX];
    int len = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof beside)
        return pst_refuse_errno(why, ENAMETOOLONG, path);

    PST_CLEANUP(pst_fd) int fd = mkstemp(beside);
    if (fd < 0)
        return pst_refuse_errno(why, errno, path);
    enum pst_code rc = write_beside(fd, content, mode, path, why);
    if (rc == PST_OK && rename(beside, path) != 0)
        rc = pst_refuse_errno(why, errno, path);
    if (rc != PST_OK) {
        unlink(beside);
        return rc;
    }
    return pst_folder_sync_of(path, why);
}

enum pst_code pst_folder_make(const char *path, unsigned mode, struct pst_report *why)
{
    char step[PATH_MAX];
    size_t len = strlen(path);
    struct stat facts;

    if (len == 0 || len >= sizeof step)
        return pst_refuse_errno(why, len == 0 ? ENOENT : ENAMETOOLONG, path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(step, path, i);
        step[i] = '\0';
        if (mkdir(step, (mode_t)mode) != 0 && errno != EEXIST)
            return pst_refuse_errno(why, errno, step);
    }
    if (stat(path, &facts) != 0 || !S_ISDIR(facts.st_mode))
        return pst_refuse_errno(why, ENOTDIR, path);
    return PST_OK;
}
