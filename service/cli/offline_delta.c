/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deltas as files of their own: made, applied, explained. A delta's header names the digests of
 * base and image; `apply` holds both against it. A delta without them (zeros) it takes as well, and
 * says that nothing but its shape was checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/file.h"
#include "manifests/json_out.h"
#include "service/cli/cli.h"
#include "service/cli/offline.h"

enum { HEADER_MOST = 256, ROOM = 256 << 10 };
static const uint8_t delta_mark[4] = {'P', 'S', 'T', 'D'};

struct delta_file {
    int fd;
    int64_t delta_bytes;
    bool sealed; /* it names its digests */
    struct pst_delta_info info;
};

/* ---- files */

/* OUT must not be one of the others, under any name, nor anything but a file. */
static enum pst_code check_out(const struct pst_cli *cli, struct pst_report *why)
{
    const char *out = cli->argument[2];
    struct stat of_out, other;

    if (lstat(out, &of_out) != 0)
        return PST_OK;
    if (!S_ISREG(of_out.st_mode))
        return pst_refuse(why, PST_USAGE, pst_say("OUT to be a regular file, or not there yet"),
                          pst_say("'%s'", out));
    for (int i = 0; i < 2; i++)
        if (stat(cli->argument[i], &other) == 0 && other.st_dev == of_out.st_dev &&
            other.st_ino == of_out.st_ino)
            return pst_refuse(why, PST_USAGE, pst_say("an OUT that is none of the others"),
                              pst_say("'%s', which is '%s'", out, cli->argument[i]));
    return PST_OK;
}

static enum pst_code open_file(const char *path, int *fd, int64_t *bytes, struct pst_report *why)
{
    struct stat facts;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0 || fstat(*fd, &facts) != 0)
        return pst_refuse_errno(why, errno, path);
    if (!S_ISREG(facts.st_mode))
        return pst_refuse(why, PST_USAGE, pst_say("a regular file"), pst_say("'%s'", path));
    *bytes = (int64_t)facts.st_size;
    return PST_OK;
}

static enum pst_code open_delta(const char *path, struct delta_file *out, struct pst_report *why)
{
    static const uint8_t nothing[PST_SHA256_BYTES];
    uint8_t header[HEADER_MOST];

    PST_WITHIN(why, "%s", path);
    enum pst_code rc = open_file(path, &out->fd, &out->delta_bytes, why);
    if (rc != PST_OK)
        return rc;
    size_t len = out->delta_bytes < HEADER_MOST ? (size_t)out->delta_bytes : HEADER_MOST;
    if (!pst_fd_read_at(out->fd, 0, header, len))
        return pst_refuse_errno(why, EIO, path);
    if (len < sizeof delta_mark || memcmp(header, delta_mark, sizeof delta_mark) != 0)
        return pst_refuse(why, PST_DELTA_MALFORMED, pst_say("a delta, which begins with PSTD"),
                          pst_say("'%s', which is none", path));
    rc = pst_delta_info(pst_bytes(header, len), &out->info, why);
    out->sealed = rc == PST_OK && memcmp(out->info.base_sha256, nothing, sizeof nothing) != 0 &&
                  memcmp(out->info.image_sha256, nothing, sizeof nothing) != 0;
    return rc;
}

static enum pst_code check_digest(const uint8_t *expected, const uint8_t *found, enum pst_code code,
                                  struct pst_report *why)
{
    char a[2 * PST_SHA256_BYTES + 1], b[2 * PST_SHA256_BYTES + 1];

    if (memcmp(expected, found, PST_SHA256_BYTES) == 0)
        return PST_OK;
    pst_hex_print(pst_bytes(expected, PST_SHA256_BYTES), a);
    pst_hex_print(pst_bytes(found, PST_SHA256_BYTES), b);
    return pst_refuse(why, code, pst_say("sha256 %s", a), pst_say("sha256 %s", b));
}

/* ---- make */

struct making {
    struct pst_buf base, image, delta;
    struct pst_made_source made;
    uint8_t base_sha256[PST_SHA256_BYTES], image_sha256[PST_SHA256_BYTES];
};

static void making_cleanup(struct making *making)
{
    pst_buf_clear(&making->base);
    pst_buf_clear(&making->image);
    pst_buf_clear(&making->delta);
}

static enum pst_code prove(const struct making *making, struct pst_report *why)
{
    const struct pst_decoder_plan plan = {.format = making->made.format,
                                          .source_bytes = (int64_t)making->delta.len,
                                          .image_bytes = (int64_t)making->image.len,
                                          .base_bytes = (int64_t)making->base.len,
                                          .memory_bytes = making->made.memory_bytes,
                                          .base_sha256 = making->base_sha256,
                                          .image_sha256 = making->image_sha256};
    uint8_t sha256[PST_SHA256_BYTES];

    enum pst_code rc = pst_offline_decode(&plan, pst_buf_bytes(&making->delta),
                                          pst_buf_bytes(&making->base), sha256, why);
    return rc == PST_OK ? check_digest(making->image_sha256, sha256, PST_RELEASE_UNPROVEN, why)
                        : rc;
}

static enum pst_code encode(struct making *making, struct pst_report *why)
{
    struct pst_progress_line line = pst_progress_line("delta");
    struct pst_progress_port progress = pst_progress_line_port(&line);

    enum pst_code rc = pst_sha256(pst_buf_bytes(&making->base), making->base_sha256, why);
    if (rc == PST_OK)
        rc = pst_sha256(pst_buf_bytes(&making->image), making->image_sha256, why);
    if (rc == PST_OK)
        rc = pst_encode_delta(pst_buf_bytes(&making->base), pst_buf_bytes(&making->image),
                              &progress, &making->delta, &making->made, why);
    if (rc == PST_OK)
        pst_delta_name_ends(&making->delta, making->base_sha256, making->image_sha256);
    if (rc == PST_OK)
        rc = prove(making, why);
    pst_progress_line_end(&line, rc == PST_OK ? "made, applied again: the image" : NULL);
    return rc;
}

static int print_made(const struct pst_cli *cli, const struct making *making)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(4096);
    struct pst_json_out out = pst_json_out(&bytes);
    size_t image = making->image.len;
    size_t share = image == 0 ? 0 : making->delta.len * 1000 / image;

    if (!cli->json) {
        printf(
            "%s: %zu bytes, %zu.%zu %% of the image; decoding takes %" PRId64 " bytes of memory\n",
            cli->argument[2], making->delta.len, share / 10, share % 10, making->made.memory_bytes);
        return 0;
    }
    pst_out_open(&out, NULL, '{');
    pst_out_integer(&out, "bytes", (int64_t)making->delta.len);
    pst_out_integer(&out, "image_bytes", (int64_t)image);
    pst_out_integer(&out, "base_bytes", (int64_t)making->base.len);
    pst_out_integer(&out, "memory_bytes", making->made.memory_bytes);
    pst_out_hex(&out, "base_sha256", pst_bytes(making->base_sha256, PST_SHA256_BYTES));
    pst_out_hex(&out, "image_sha256", pst_bytes(making->image_sha256, PST_SHA256_BYTES));
    pst_out_close(&out, '}');
    printf("%.*s\n", PST_ARGS(pst_buf_text(&bytes)));
    return 0;
}

int pst_cli_delta_make(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(making)
    struct making making = {.base = pst_buf(PST_OFFLINE_FILE_MOST),
                            .image = pst_buf(PST_OFFLINE_FILE_MOST),
                            .delta = pst_buf(PST_OFFLINE_FILE_MOST)};
    if (why == NULL)
        return 1;
    if (check_out(cli, why) != PST_OK)
        return pst_cli_tell(cli, why);
    enum pst_code of_base = pst_file_read(cli->argument[0], &making.base, why);
    enum pst_code of_image = pst_file_read(cli->argument[1], &making.image, why);
    if (of_base != PST_OK || of_image != PST_OK || encode(&making, why) != PST_OK ||
        pst_file_replace(cli->argument[2], pst_buf_bytes(&making.delta), 0644, why) != PST_OK)
        return pst_cli_tell(cli, why);
    return print_made(cli, &making);
}

/* ---- apply: the base at random, the delta and the image piece by piece */

struct applying {
    struct delta_file delta;
    int base_fd, out_fd;
    struct pst_decoder *decoder;
    struct pst_digest digest;
    uint8_t *in, *out;
    uint8_t sha256[PST_SHA256_BYTES]; /* of the image that was made */
    char beside[PATH_MAX];            /* the image on its way; "" when there is none */
};

static void applying_cleanup(struct applying *applying)
{
    if (applying->beside[0] != '\0')
        (void)unlink(applying->beside);
    pst_fd_cleanup(&applying->delta.fd);
    pst_fd_cleanup(&applying->base_fd);
    pst_fd_cleanup(&applying->out_fd);
    pst_decoder_free(applying->decoder);
    pst_digest_cleanup(&applying->digest);
    free(applying->in);
    free(applying->out);
}

static bool read_base(void *context, uint64_t at, void *into, size_t len)
{
    const struct applying *applying = context;
    return pst_fd_read_at(applying->base_fd, at, into, len);
}

static enum pst_code open_base(const char *path, struct applying *applying, struct pst_report *why)
{
    const struct delta_file *delta = &applying->delta;
    uint8_t sha256[PST_SHA256_BYTES];
    int64_t bytes = 0;

    PST_WITHIN(why, "%s", path);
    enum pst_code rc = open_file(path, &applying->base_fd, &bytes, why);
    if (rc == PST_OK && bytes != delta->info.base_bytes)
        return pst_refuse(why, PST_DELTA_BASE,
                          pst_say("a base of %" PRId64 " bytes", delta->info.base_bytes),
                          pst_say("%" PRId64 " bytes", bytes));
    if (rc == PST_OK && delta->sealed)
        rc = pst_sha256_fd(applying->base_fd, (uint64_t)bytes, sha256, why);
    return rc == PST_OK && delta->sealed
               ? check_digest(delta->info.base_sha256, sha256, PST_DELTA_BASE, why)
               : rc;
}

static enum pst_code open_image(const char *path, struct applying *applying, struct pst_report *why)
{
    int len = snprintf(applying->beside, sizeof applying->beside, "%s.XXXXXX", path);
    bool fits = len > 0 && (size_t)len < sizeof applying->beside;

    if (fits)
        applying->out_fd = mkstemp(applying->beside);
    if (fits && applying->out_fd >= 0)
        return PST_OK;
    applying->beside[0] = '\0';
    return pst_refuse_errno(why, fits ? errno : ENAMETOOLONG, path);
}

static enum pst_code open_decoder(struct applying *applying, struct pst_report *why)
{
    const struct pst_delta_info *info = &applying->delta.info;
    const struct pst_decoder_plan plan = {.format = PST_SOURCE_DELTA,
                                          .source_bytes = applying->delta.delta_bytes,
                                          .image_bytes = info->image_bytes,
                                          .base_bytes = info->base_bytes,
                                          .memory_bytes = info->memory_bytes};
    const struct pst_base_port base = {applying, read_base};

    applying->in = malloc(PST_OFFLINE_BLOCK);
    applying->out = malloc(ROOM);
    if (applying->in == NULL || applying->out == NULL)
        return pst_no_memory(why, "applying a delta");
    enum pst_code rc = pst_digest_begin(&applying->digest, PST_SHA256, why);
    return rc == PST_OK
               ? pst_decoder_open(&plan, &base, (struct pst_checkpoint){0}, &applying->decoder, why)
               : rc;
}

/* All that comes of one piece of the delta; with an empty one, what the decoder still holds. */
static enum pst_code apply_piece(struct applying *applying, struct pst_bytes in, const char *path,
                                 struct pst_report *why)
{
    size_t made = 0, left = 0;
    enum pst_code rc = PST_OK;

    do {
        left = in.len;
        rc = pst_decoder_step(applying->decoder, &in, applying->out, ROOM, &made, why);
        if (rc == PST_OK)
            rc = pst_digest_add(&applying->digest, pst_bytes(applying->out, made), why);
        if (rc == PST_OK)
            rc = pst_fd_write(applying->out_fd, pst_bytes(applying->out, made), path, why);
    } while (rc == PST_OK && (made > 0 || in.len < left));
    return rc;
}

static enum pst_code apply_all(const struct pst_cli *cli, struct applying *applying,
                               struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    int64_t bytes = applying->delta.delta_bytes;

    PST_WITHIN(why, "%s", cli->argument[1]);
    for (int64_t at = 0; rc == PST_OK && at < bytes; at += PST_OFFLINE_BLOCK) {
        size_t len =
            bytes - at < PST_OFFLINE_BLOCK ? (size_t)(bytes - at) : (size_t)PST_OFFLINE_BLOCK;
        if (!pst_fd_read_at(applying->delta.fd, (uint64_t)at, applying->in, len))
            return pst_refuse_errno(why, EIO, cli->argument[1]);
        rc = apply_piece(applying, pst_bytes(applying->in, len), cli->argument[2], why);
    }
    if (rc == PST_OK)
        rc = pst_decoder_finish(applying->decoder, why);
    if (rc == PST_OK)
        rc = pst_digest_end(&applying->digest, applying->sha256, why);
    return rc == PST_OK && applying->delta.sealed
               ? check_digest(applying->delta.info.image_sha256, applying->sha256, PST_IMAGE_DIGEST,
                              why)
               : rc;
}

static enum pst_code keep_image(const char *path, struct applying *applying, struct pst_report *why)
{
    if (fchmod(applying->out_fd, 0644) != 0 || fsync(applying->out_fd) != 0 ||
        rename(applying->beside, path) != 0)
        return pst_refuse_errno(why, errno, path);
    applying->beside[0] = '\0';
    return pst_folder_sync_of(path, why);
}

static enum pst_code apply(const struct pst_cli *cli, struct applying *applying,
                           struct pst_report *why)
{
    enum pst_code rc = open_delta(cli->argument[1], &applying->delta, why);
    if (rc == PST_OK)
        rc = open_base(cli->argument[0], applying, why);
    if (rc == PST_OK)
        rc = open_decoder(applying, why);
    if (rc == PST_OK)
        rc = open_image(cli->argument[2], applying, why);
    if (rc == PST_OK)
        rc = apply_all(cli, applying, why);
    return rc == PST_OK ? keep_image(cli->argument[2], applying, why) : rc;
}

static int print_applied(const struct pst_cli *cli, const struct applying *applying)
{
    const struct delta_file *delta = &applying->delta;
    char hex[2 * PST_SHA256_BYTES + 1];

    pst_hex_print(pst_bytes(applying->sha256, PST_SHA256_BYTES), hex);
    if (cli->json)
        printf("{\"bytes\":%" PRId64 ",\"proven\":%s,\"sha256\":\"%s\"}\n", delta->info.image_bytes,
               delta->sealed ? "true" : "false", hex);
    else
        printf("%s: %" PRId64 " bytes, sha256 %s%s\n", cli->argument[2], delta->info.image_bytes,
               hex,
               delta->sealed ? ", as the delta says"
                             : "; the delta names no digests: compare this with the manifest");
    return 0;
}

int pst_cli_delta_apply(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(applying)
    struct applying applying = {.delta = {.fd = -1}, .base_fd = -1, .out_fd = -1};

    if (why == NULL)
        return 1;
    if (check_out(cli, why) != PST_OK)
        return pst_cli_tell(cli, why);
    return apply(cli, &applying, why) == PST_OK ? print_applied(cli, &applying)
                                                : pst_cli_tell(cli, why);
}

/* ---- info */

static int print_info(const struct pst_cli *cli, const struct delta_file *delta)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(4096);
    struct pst_json_out out = pst_json_out(&bytes);
    char base[2 * PST_SHA256_BYTES + 1], image[2 * PST_SHA256_BYTES + 1];

    pst_hex_print(pst_bytes(delta->info.base_sha256, PST_SHA256_BYTES), base);
    pst_hex_print(pst_bytes(delta->info.image_sha256, PST_SHA256_BYTES), image);
    if (!cli->json) {
        printf("format  %s\n", pst_source_format_name(PST_SOURCE_DELTA));
        printf("delta   %" PRId64 " bytes, %" PRId64 " frames\n", delta->delta_bytes,
               delta->info.frames);
        printf("base    %" PRId64 " bytes%s%s\n", delta->info.base_bytes,
               delta->sealed ? ", sha256 " : "", delta->sealed ? base : "");
        printf("image   %" PRId64 " bytes%s%s\n", delta->info.image_bytes,
               delta->sealed ? ", sha256 " : "", delta->sealed ? image : "");
        printf("memory  %" PRId64 " bytes to decode it\n", delta->info.memory_bytes);
        return 0;
    }
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "format", pst_source_format_name(PST_SOURCE_DELTA));
    pst_out_integer(&out, "bytes", delta->delta_bytes);
    pst_out_integer(&out, "frames", delta->info.frames);
    pst_out_integer(&out, "base_bytes", delta->info.base_bytes);
    pst_out_integer(&out, "image_bytes", delta->info.image_bytes);
    pst_out_integer(&out, "memory_bytes", delta->info.memory_bytes);
    pst_out_string(&out, "base_sha256", delta->sealed ? base : NULL);
    pst_out_string(&out, "image_sha256", delta->sealed ? image : NULL);
    pst_out_close(&out, '}');
    printf("%.*s\n", PST_ARGS(pst_buf_text(&bytes)));
    return 0;
}

int pst_cli_delta_info(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    struct delta_file delta = {.fd = -1};

    if (why == NULL)
        return 1;
    int status = open_delta(cli->argument[0], &delta, why) == PST_OK ? print_info(cli, &delta)
                                                                     : pst_cli_tell(cli, why);
    pst_fd_cleanup(&delta.fd);
    return status;
}
