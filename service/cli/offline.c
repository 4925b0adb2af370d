/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cli/offline.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/file.h"

enum { ROOM = 256 << 10, REMOVE_DEPTH = 8 };

/* ---- decoding again */

static bool read_memory(void *context, uint64_t at, void *into, size_t len)
{
    const struct pst_bytes *base = context;
    if (at > base->len || len > base->len - at)
        return false;
    if (len > 0)
        memcpy(into, base->at + at, len);
    return true;
}

static enum pst_code decode(struct pst_decoder *decoder, struct pst_bytes source,
                            struct pst_digest *digest, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) uint8_t *room = malloc(ROOM);
    size_t made = 0, left = 0;
    enum pst_code rc = room != NULL ? PST_OK : pst_no_memory(why, "decoding");

    do {
        left = source.len;
        if (rc == PST_OK)
            rc = pst_decoder_step(decoder, &source, room, ROOM, &made, why);
        if (rc == PST_OK)
            rc = pst_digest_add(digest, pst_bytes(room, made), why);
    } while (rc == PST_OK && (made > 0 || source.len < left));
    return rc == PST_OK ? pst_decoder_finish(decoder, why) : rc;
}

enum pst_code pst_offline_decode(const struct pst_decoder_plan *plan, struct pst_bytes source,
                                 struct pst_bytes base, uint8_t sha256[PST_SHA256_BYTES],
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_decoder) struct pst_decoder *decoder = NULL;
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    const struct pst_base_port port = {&base, read_memory};

    enum pst_code rc = pst_decoder_open(plan, &port, (struct pst_checkpoint){0}, &decoder, why);
    if (rc == PST_OK)
        rc = pst_digest_begin(&digest, PST_SHA256, why);
    if (rc == PST_OK)
        rc = decode(decoder, source, &digest, why);
    return rc == PST_OK ? pst_digest_end(&digest, sha256, why) : rc;
}

enum pst_code pst_offline_block_list(struct pst_bytes source, struct pst_buf *out,
                                     struct pst_report *why)
{
    uint8_t sha256[PST_SHA256_BYTES];

    for (size_t at = 0; at < source.len; at += PST_OFFLINE_BLOCK) {
        size_t len = source.len - at < PST_OFFLINE_BLOCK ? source.len - at : PST_OFFLINE_BLOCK;
        enum pst_code rc = pst_sha256(pst_bytes(source.at + at, len), sha256, why);
        if (rc != PST_OK)
            return rc;
        if (!pst_buf_add(out, sha256, sizeof sha256))
            return pst_no_memory(why, "a list of blocks");
    }
    return PST_OK;
}

/* ---- folders */

static void remove_below(const char *path, int depth)
{
    char child[PST_OFFLINE_PATH_ROOM];
    struct dirent *entry;
    struct stat facts;

    if (lstat(path, &facts) != 0)
        return;
    DIR *folder = S_ISDIR(facts.st_mode) && depth > 0 ? opendir(path) : NULL;
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            pst_path_join(path, entry->d_name, child, sizeof child))
            remove_below(child, depth - 1);
    if (folder != NULL)
        closedir(folder);
    (void)!(S_ISDIR(facts.st_mode) ? rmdir(path) : unlink(path));
}

void pst_offline_remove(const char *path)
{
    remove_below(path, REMOVE_DEPTH);
}

/* ---- progress */

struct pst_progress_line pst_progress_line(const char *format, ...)
{
    struct pst_progress_line line = {.moves = isatty(STDERR_FILENO) == 1, .shown = -1};
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line.what, sizeof line.what, format, args);
    va_end(args);
    return line;
}

static bool tell(void *context, int permille)
{
    struct pst_progress_line *line = context;
    if (line->moves && permille != line->shown)
        (void)fprintf(stderr, "\r%s  %3d.%d %%", line->what, permille / 10, permille % 10);
    line->shown = permille;
    return true;
}

struct pst_progress_port pst_progress_line_port(struct pst_progress_line *line)
{
    return (struct pst_progress_port){line, tell};
}

void pst_progress_line_end(struct pst_progress_line *line, const char *result)
{
    if (line->moves)
        (void)fprintf(stderr, "\r\033[K");
    (void)fprintf(stderr, "%s: %s\n", line->what, result != NULL ? result : "failed");
}
