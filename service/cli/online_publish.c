/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing a folder: DIR/targets/ holds the artifacts, DIR/metadata/ the signed files. All is
 * uploaded under its digest first; then one request makes it visible, or says everything that is
 * wrong and changes nothing.
 */
#include <dirent.h>
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
#include "service/cli/client.h"

enum { DEPTH_MOST = 8, BODY_BYTES = 1 << 20 };

struct publishing {
    struct pst_cli *cli;
    struct pst_client client;
    struct pst_json_out out; /* the request that names the metadata files */
    int64_t uploaded, bytes;
    struct pst_report *why;
};

/* ---- one file */

static enum pst_code upload(struct publishing *work, const char *path,
                            uint8_t sha256[PST_SHA256_BYTES])
{
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    char hex[2 * PST_SHA256_BYTES + 1], url[128];
    struct stat facts;

    if (fd < 0 || fstat(fd, &facts) != 0)
        return pst_refuse_errno(work->why, errno, path);
    enum pst_code rc = pst_sha256_fd(fd, (uint64_t)facts.st_size, sha256, work->why);
    if (rc != PST_OK)
        return rc;
    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), hex);
    snprintf(url, sizeof url, "/api/v1/blobs/%s", hex);
    rc = pst_client_upload(&work->client, url, fd, &answer, work->why);
    if (rc == PST_OK) {
        work->uploaded++;
        work->bytes += (int64_t)facts.st_size;
        if (!work->cli->json)
            printf("  %12jd  %s\n", (intmax_t)facts.st_size, path);
    }
    return rc;
}

/* ---- folders */

typedef enum pst_code file_fn(struct publishing *work, const char *path, const char *name);

static enum pst_code each_file(struct publishing *work, const char *folder, int depth,
                               file_fn *act);

static enum pst_code visit(struct publishing *work, const char *folder, const char *name, int depth,
                           file_fn *act)
{
    char path[PATH_MAX];
    struct stat facts;

    if (name[0] == '.')
        return PST_OK;
    if (!pst_path_join(folder, name, path, sizeof path))
        return pst_refuse_errno(work->why, ENAMETOOLONG, folder);
    if (lstat(path, &facts) != 0)
        return pst_refuse_errno(work->why, errno, path);
    if (S_ISDIR(facts.st_mode))
        return each_file(work, path, depth + 1, act);
    if (!S_ISREG(facts.st_mode))
        return pst_refuse(work->why, PST_USAGE, pst_say("regular files only"),
                          pst_say("'%s'", path));
    return act(work, path, name);
}

static enum pst_code each_file(struct publishing *work, const char *folder, int depth, file_fn *act)
{
    struct dirent **entries = NULL;
    enum pst_code rc = PST_OK;

    if (depth > DEPTH_MOST)
        return pst_refuse(work->why, PST_USAGE, pst_say("at most %d folders deep", DEPTH_MOST),
                          pst_say("'%s'", folder));
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return pst_refuse_errno(work->why, errno, folder);
    for (int i = 0; i < count; i++) {
        if (rc == PST_OK)
            rc = visit(work, folder, entries[i]->d_name, depth, act);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static enum pst_code add_artifact(struct publishing *work, const char *path, const char *name)
{
    uint8_t sha256[PST_SHA256_BYTES];
    (void)name;
    return upload(work, path, sha256);
}

static enum pst_code add_metadata(struct publishing *work, const char *path, const char *name)
{
    uint8_t sha256[PST_SHA256_BYTES];
    size_t len = strlen(name);
    if (len < 6 || strcmp(name + len - 5, ".json") != 0)
        return PST_OK; /* drafts and notes beside the signed files */
    enum pst_code rc = upload(work, path, sha256);
    if (rc != PST_OK)
        return rc;
    pst_out_open(&work->out, NULL, '{');
    pst_out_string(&work->out, "name", name);
    pst_out_hex(&work->out, "sha256", pst_bytes(sha256, sizeof sha256));
    pst_out_close(&work->out, '}');
    return PST_OK;
}

/* ---- all of it */

static enum pst_code add_all(struct publishing *work, const char *folder)
{
    char targets[PATH_MAX], metadata[PATH_MAX];
    if (!pst_path_join(folder, "targets", targets, sizeof targets) ||
        !pst_path_join(folder, "metadata", metadata, sizeof metadata))
        return pst_refuse_errno(work->why, ENAMETOOLONG, folder);
    pst_out_open(&work->out, NULL, '{');
    pst_out_open(&work->out, "metadata", '[');
    /* A folder without artifacts publishes new roots or new delegations. */
    enum pst_code rc =
        access(targets, F_OK) == 0 ? each_file(work, targets, 0, add_artifact) : PST_OK;
    if (rc == PST_OK)
        rc = each_file(work, metadata, 0, add_metadata);
    pst_out_close(&work->out, ']');
    pst_out_close(&work->out, '}');
    if (rc == PST_OK && !pst_json_out_is_whole(&work->out))
        rc = pst_refuse(work->why, PST_TOO_LARGE, pst_say("fewer metadata files"),
                        pst_say("too many"));
    return rc;
}

static void print_published(const struct publishing *work, const struct pst_json *answer)
{
    printf("published: timestamp %" PRId64 ", snapshot %" PRId64 ", %" PRId64 " files, %" PRId64
           " bytes\n",
           pst_json_integer(pst_json_member(answer, "timestamp")),
           pst_json_integer(pst_json_member(answer, "snapshot")), work->uploaded, work->bytes);
}

int pst_cli_publish(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(BODY_BYTES);
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;
    struct publishing work = {.cli = cli, .out = pst_json_out(&body), .why = why};

    if (why == NULL)
        return 1;
    enum pst_code rc = pst_client_open(cli, &work.client, why);
    if (rc != PST_OK)
        return pst_cli_tell(cli, why);
    rc = add_all(&work, cli->argument[0]);
    if (rc == PST_OK)
        rc = pst_client_call(&work.client, "POST", "/api/v1/publish", pst_buf_bytes(&body), &answer,
                             why);
    pst_client_close(&work.client);
    if (rc != PST_OK)
        return pst_cli_tell(cli, why);
    if (cli->json)
        return pst_cli_print_json(answer);
    print_published(&work, answer);
    return 0;
}

static void print_release(const struct pst_json *release)
{
    pst_cli_column(pst_cli_text(release, "product"), 16);
    pst_cli_column(pst_cli_text(release, "version"), 18);
    printf("full %12" PRId64 " bytes", pst_json_integer(pst_json_member(release, "full_bytes")));
    for (const struct pst_json *one = pst_json_first(pst_json_member(release, "deltas"));
         one != NULL; one = pst_json_next(one))
        printf(", from %.*s %" PRId64, PST_ARGS(pst_cli_text(one, "base")),
               pst_json_integer(pst_json_member(one, "bytes")));
    printf("\n");
}

int pst_cli_releases(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_client) struct pst_client client = {.curl = NULL};
    PST_CLEANUP(pst_json) struct pst_json *answer = NULL;

    if (why == NULL)
        return 1;
    if (pst_client_open(cli, &client, why) != PST_OK ||
        pst_client_call(&client, "GET", "/api/v1/releases", (struct pst_bytes){NULL, 0}, &answer,
                        why) != PST_OK)
        return pst_cli_tell(cli, why);
    if (cli->json)
        return pst_cli_print_json(answer);
    for (const struct pst_json *one = pst_json_first(pst_json_member(answer, "releases"));
         one != NULL; one = pst_json_next(one))
        print_release(one);
    return 0;
}
