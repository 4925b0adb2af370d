/* SPDX-License-Identifier: Apache-2.0 */
/* `postern release bundle`: a release and all that vouches for it, in one file for a USB stick. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "manifests/file.h"
#include "service/cli/offline_copy.h"

struct bundling {
    const struct pst_cli *cli;
    struct pst_offline_copy copy;
    struct pst_copied_release release;
    struct pst_report why;
    char beside[PST_OFFLINE_PATH_ROOM]; /* what is being written; renamed at the end */
    int fd;
    size_t files;
    int64_t bytes;
};

static void bundling_cleanup(struct bundling **pointer)
{
    struct bundling *self = *pointer;
    if (self == NULL)
        return;
    if (self->beside[0] != '\0')
        (void)unlink(self->beside);
    pst_fd_cleanup(&self->fd);
    pst_copied_release_clear(&self->release);
    pst_offline_copy_close(&self->copy);
    free(self);
}

/* ---- writing */

static enum pst_code put(struct bundling *self, struct pst_bytes bytes)
{
    self->bytes += (int64_t)bytes.len;
    return pst_fd_write(self->fd, bytes, self->cli->out, &self->why);
}

static enum pst_code put_header(struct bundling *self, const char *name, int64_t bytes)
{
    uint8_t block[PST_BUNDLE_BLOCK];

    if (!pst_bundle_header(name, bytes, block))
        return pst_refuse(&self->why, PST_TOO_LARGE,
                          pst_say("a name of at most 100 bytes below a folder, and under 8 GiB"),
                          pst_say("'%s', %" PRId64 " bytes", name, bytes));
    self->files++;
    return put(self, pst_bytes(block, sizeof block));
}

static enum pst_code put_padding(struct bundling *self, int64_t bytes)
{
    static const uint8_t zeroes[PST_BUNDLE_BLOCK];
    int64_t over = bytes % PST_BUNDLE_BLOCK;
    return over == 0 ? PST_OK : put(self, pst_bytes(zeroes, (size_t)(PST_BUNDLE_BLOCK - over)));
}

static enum pst_code put_part(struct bundling *self, const char *name, const struct pst_part *part)
{
    uint8_t piece[65536];
    enum pst_code rc = put_header(self, name, part->bytes);

    for (int64_t at = 0; rc == PST_OK && at < part->bytes; at += (int64_t)sizeof piece) {
        size_t len =
            part->bytes - at < (int64_t)sizeof piece ? (size_t)(part->bytes - at) : sizeof piece;
        if (!pst_fd_read_at(part->fd, (uint64_t)(part->at + at), piece, len))
            return pst_refuse(&self->why, PST_HOST_IO, pst_say("'%s' to be read", name),
                              pst_say("fewer bytes than before"));
        rc = put(self, pst_bytes(piece, len));
    }
    return rc == PST_OK ? put_padding(self, part->bytes) : rc;
}

static enum pst_code put_marker(struct bundling *self)
{
    static const char text[] = "{\"format\":\"" PST_BUNDLE_FORMAT "\"}";
    enum pst_code rc = put_header(self, PST_BUNDLE_MARKER, (int64_t)sizeof text - 1);
    if (rc == PST_OK)
        rc = put(self, pst_bytes(text, sizeof text - 1));
    return rc == PST_OK ? put_padding(self, (int64_t)sizeof text - 1) : rc;
}

/* ---- what goes in */

static enum pst_code put_named(struct bundling *self, const char *name)
{
    PST_CLEANUP(pst_part) struct pst_part part = pst_part_none();
    enum pst_code rc = pst_pack_find(self->copy.pack, name, &part, &self->why);
    return rc != PST_OK ? rc : put_part(self, name, &part);
}

static enum pst_code put_version(struct bundling *self, const char *role, int64_t version)
{
    char name[PST_BUNDLE_NAME_ROOM];
    (void)snprintf(name, sizeof name, "metadata/%" PRId64 ".%s.json", version, role);
    return put_named(self, name);
}

static enum pst_code put_metadata(struct bundling *self)
{
    const struct pst_chain *chain = &self->release.chain;
    int64_t newest = pst_trust_role(chain->trust, PST_ROLE_ROOT)->version;
    enum pst_code rc = PST_OK;

    for (int64_t version = 1; rc == PST_OK && version <= newest; version++)
        rc = put_version(self, "root", version);
    if (rc == PST_OK)
        rc = put_named(self, "metadata/timestamp.json");
    if (rc == PST_OK)
        rc =
            put_version(self, "snapshot", pst_trust_role(chain->trust, PST_ROLE_SNAPSHOT)->version);
    if (rc == PST_OK)
        rc = put_version(self, "targets", chain->targets.role->version);
    return rc == PST_OK ? put_version(self, self->release.product, chain->product.role->version)
                        : rc;
}

/* Under its plain name, which always fits a header. */
static enum pst_code put_target(struct bundling *self, const char *path,
                                const uint8_t sha256[PST_SHA256_BYTES])
{
    PST_CLEANUP(pst_part) struct pst_part part = pst_part_none();
    char digest[2 * PST_SHA256_BYTES + 1], name[PST_BUNDLE_NAME_ROOM + 8];

    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), digest);
    (void)snprintf(name, sizeof name, "targets/%s", path);
    enum pst_code rc = pst_pack_target(self->copy.pack, path, digest, &part, &self->why);
    return rc != PST_OK ? rc : put_part(self, name, &part);
}

static enum pst_code put_release(struct bundling *self)
{
    const struct pst_release *release = self->release.release;
    const struct pst_role_target *manifest =
        pst_role_target(self->release.chain.product.role, pst_text(self->release.manifest));

    enum pst_code rc = put_target(self, self->release.manifest, manifest->digests.sha256);
    for (size_t i = 0; i < release->component_count; i++)
        for (size_t k = 0; rc == PST_OK && k < release->component[i].source_count; k++) {
            const struct pst_source *source = &release->component[i].source[k];
            rc = put_target(self, source->blocks.path.at, source->blocks.sha256);
            if (rc == PST_OK)
                rc = put_target(self, source->path.at, source->sha256);
        }
    return rc;
}

static enum pst_code write_all(struct bundling *self)
{
    static const uint8_t end[2 * PST_BUNDLE_BLOCK];

    enum pst_code rc = put_marker(self);
    if (rc == PST_OK)
        rc = put_metadata(self);
    if (rc == PST_OK)
        rc = put_release(self);
    return rc == PST_OK ? put(self, pst_bytes(end, sizeof end)) : rc;
}

/* ---- the command */

/* Whole, signed and fresh, or no bundle: a stick goes where nobody can mend it. */
static enum pst_code judge(struct bundling *self)
{
    const struct pst_copied_release_choice choice = {
        .product = self->cli->product,
        .version = self->cli->version,
        .terminal_product = "",
        .chain = {.pack = self->copy.pack, .now_s = (int64_t)time(NULL), .must_be_fresh = true}};

    pst_copied_release_read(&choice, &self->release, &self->why);
    return pst_report_verdict(&self->why);
}

static enum pst_code begin_file(struct bundling *self)
{
    int len = snprintf(self->beside, sizeof self->beside, "%s.XXXXXX", self->cli->out);

    self->fd = len > 0 && (size_t)len < sizeof self->beside ? mkstemp(self->beside) : -1;
    if (self->fd >= 0)
        return PST_OK;
    self->beside[0] = '\0';
    return pst_refuse_errno(&self->why, errno, self->cli->out);
}

static enum pst_code end_file(struct bundling *self)
{
    if (fchmod(self->fd, 0644) != 0 || fsync(self->fd) != 0 ||
        rename(self->beside, self->cli->out) != 0)
        return pst_refuse_errno(&self->why, errno, self->cli->out);
    self->beside[0] = '\0';
    return pst_folder_sync_of(self->cli->out, &self->why);
}

int pst_cli_release_bundle(struct pst_cli *cli)
{
    PST_CLEANUP(bundling) struct bundling *self = calloc(1, sizeof *self);

    if (self == NULL)
        return 1;
    self->cli = cli;
    self->fd = -1;
    if (cli->release == NULL || cli->out == NULL) {
        fputs("usage: postern release bundle --release DIR|URL --out FILE [--product P] "
              "[--version V]\n",
              stderr);
        return 2;
    }
    enum pst_code rc = pst_offline_copy_open(cli, "", &self->copy, &self->why);
    if (self->copy.is_manifest)
        rc = pst_refuse(&self->why, PST_METADATA_MISSING,
                        pst_say("a folder, a bundle or a URL, with metadata/ and targets/"),
                        pst_say("a manifest on its own"));
    if (rc == PST_OK)
        rc = judge(self);
    if (rc == PST_OK)
        rc = begin_file(self);
    if (rc == PST_OK)
        rc = write_all(self);
    if (rc == PST_OK)
        rc = end_file(self);
    if (rc == PST_OK)
        printf("%s: %s %s, %zu files, %" PRId64 " bytes\n", cli->out, self->release.product,
               self->release.release->version.text, self->files, self->bytes);
    return pst_cli_tell(cli, &self->why);
}
