/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offline.h - what the commands that need no service share: files, decoding again, and progress.
 *
 * Memory   a file is read whole up to PST_OFFLINE_FILE_MOST, so that what was judged is what is
 *          used.
 * Errors   host.*, image.*, delta.*
 */
#ifndef PST_SERVICE_CLI_OFFLINE_H
#define PST_SERVICE_CLI_OFFLINE_H

#include "keys/digest.h"
#include "manifests/decoder.h"
#include "manifests/encoder.h"

enum { PST_OFFLINE_PATH_ROOM = 4096, PST_OFFLINE_BLOCK = 65536 };
#define PST_OFFLINE_FILE_MOST ((size_t)8 << 30)

/* Decodes a source from memory and says what comes out; nothing of it is kept. */
enum pst_code pst_offline_decode(const struct pst_decoder_plan *plan, struct pst_bytes source,
                                 struct pst_bytes base, uint8_t sha256[PST_SHA256_BYTES],
                                 struct pst_report *why) PST_MUST_CHECK;
/* Adds the SHA-256 of each 64 KiB of `source`, one after the other. */
enum pst_code pst_offline_block_list(struct pst_bytes source, struct pst_buf *out,
                                     struct pst_report *why) PST_MUST_CHECK;

/* A folder and all below it, as far as it can be removed. */
void pst_offline_remove(const char *path);
/* One line on standard error: it moves where that is a screen, and is told once where it is a
 * file. */
struct pst_progress_line {
    char what[128];
    bool moves;
    int shown; /* permille; -1: nothing yet */
};
struct pst_progress_line pst_progress_line(const char *format, ...) PST_PRINTF(1, 2);
struct pst_progress_port pst_progress_line_port(struct pst_progress_line *line);
/* `result`: what came out of it, or NULL when the report will say. */
void pst_progress_line_end(struct pst_progress_line *line, const char *result);

#endif
