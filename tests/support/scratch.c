/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MOST = 32 };

static void give_up(const char *what, const char *path)
{
    perror(path);
    fprintf(stderr, "tests/support/scratch.c: cannot %s\n", what);
    exit(1);
}

struct pst_scratch pst_scratch(void)
{
    struct pst_scratch scratch = {{0}};
    const char *under = getenv("TMPDIR");
    int len = snprintf(scratch.path, sizeof scratch.path, "%s/postern-XXXXXX",
                       under != NULL && under[0] != '\0' ? under : "/tmp");

    if (len < 0 || (size_t)len >= sizeof scratch.path || mkdtemp(scratch.path) == NULL)
        give_up("make a scratch folder", scratch.path);
    return scratch;
}

void pst_scratch_path(const struct pst_scratch *scratch, const char *name, char *out, size_t room)
{
    int len = snprintf(out, room, "%s/%s", scratch->path, name);
    if (len < 0 || (size_t)len >= room)
        give_up("fit a path into its buffer", name);
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void empty_folder(int at, const char *name, int depth)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    fchmod(fd, S_IRWXU); /* a test may have taken the right to write away */
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (is_dot(entry->d_name) || unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        if (depth < DEPTH_MOST)
            empty_folder(fd, entry->d_name, depth + 1);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(folder);
}

void pst_scratch_cleanup(struct pst_scratch *scratch)
{
    if (scratch->path[0] == '\0')
        return;
    empty_folder(AT_FDCWD, scratch->path, 0);
    if (rmdir(scratch->path) != 0)
        perror(scratch->path);
    scratch->path[0] = '\0';
}
