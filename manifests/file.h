/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - reading a file whole, and replacing one so that power loss leaves the old or the new.
 *
 * Replacing is: write beside it, fsync, rename over it, fsync the folder. A failed fsync means that
 * the data is lost; the caller begins again from its source, never with another fsync.
 *
 * Threads  plain system calls, no state. Errors   host.*, PST_TOO_LARGE. A file that is no regular
 * file (a folder, a pipe) is refused.
 */
#ifndef PST_MANIFESTS_FILE_H
#define PST_MANIFESTS_FILE_H

#include "manifests/finding.h"

/* Adds the file's content to `out`; PST_HOST_NOT_FOUND when there is none. */
enum pst_code pst_file_read(const char *path, struct pst_buf *out, struct pst_report *why)
    PST_MUST_CHECK;
/* `mode` as for open(): 0600 for secrets, 0644 otherwise. */
enum pst_code pst_file_replace(const char *path, struct pst_bytes content, unsigned mode,
                               struct pst_report *why) PST_MUST_CHECK;
/* Makes a folder, and those above it, unless they are there. */
enum pst_code pst_folder_make(const char *path, unsigned mode, struct pst_report *why)
    PST_MUST_CHECK;
/* fsync of the folder that holds `path`: makes a rename or removal in it last. */
enum pst_code pst_folder_sync_of(const char *path, struct pst_report *why) PST_MUST_CHECK;
/* All of it, through EINTR and short writes; the offset is the file's own. */
enum pst_code pst_fd_write(int fd, struct pst_bytes content, const char *what,
                           struct pst_report *why) PST_MUST_CHECK;
/* Exactly `len` bytes at `at`; false when they are not there. */
bool pst_fd_read_at(int fd, uint64_t at, void *into, size_t len);

/* Opens /dev/null for those of 0, 1 and 2 that the parent closed: the next file would get the
 * number, and the next message would be written into it. False when even that fails. */
bool pst_standard_files(void) PST_MUST_CHECK;

/* Whether its first byte is this one: a manifest is JSON and begins with '{', as no tar file of
 * ours does. */
bool pst_file_begins_with(const char *path, char first);

/* "folder/name" into `out`; false when it does not fit. */
bool pst_path_join(const char *folder, const char *name, char *out, size_t room);

#endif
