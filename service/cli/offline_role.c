/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "keys/trust.h"
#include "manifests/file.h"
#include "manifests/instant.h"
#include "service/cli/offline_build.h"

enum { LIST_ROOM = PST_BUILD_PATH_ROOM + 8, DAY_S = 86400 };

/* Each source, its list, and the manifest. */
enum { FILES_OF_RELEASE = PST_RELEASE_COMPONENTS_MOST * 2 * (PST_CLI_PAIRS_MOST + 1) + 1 };

struct drafting {
    const struct pst_build *build;
    const struct pst_role *old; /* NULL: none */
    struct pst_role_draft_file *file;
    size_t count;
    char (*list)[LIST_ROOM]; /* names of the lists of blocks */
    size_t list_count;
    char manifest[PST_BUILD_PATH_ROOM];
};

/* ---- the old role */

/* What this could not write again, and so would lose. */
static const char *what_would_be_lost(const struct pst_role *role)
{
    if (role->rule_count > 0 || role->key_count > 0 || role->succinct.present)
        return "delegations";
    for (size_t i = 0; i < role->target_count; i++)
        if (role->target[i].custom != NULL || !role->target[i].digests.has_sha256 ||
            role->target[i].digests.listed != 1)
            return "targets with more than a length and a SHA-256";
    return NULL;
}

static enum pst_code read_old(const char *path, struct pst_role **out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_TARGETS_BYTES);
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;

    PST_WITHIN(why, "%s", path);
    enum pst_code rc = pst_file_read(path, &bytes, why);
    if (rc == PST_OK)
        rc = pst_role_parse(PST_ROLE_TARGETS, pst_buf_bytes(&bytes), &role, why);
    if (rc != PST_OK)
        return rc;
    const char *lost = what_would_be_lost(role);
    if (lost != NULL)
        return pst_refuse(why, PST_METADATA_FORMAT_UNKNOWN,
                          pst_say("a product's role file that lists targets and nothing else"),
                          pst_say("%s", lost));
    *out = role;
    role = NULL;
    return PST_OK;
}

/* --role, or what the tree has; neither: this is the product's first. */
static enum pst_code find_old(const struct pst_build *build, struct pst_role **out,
                              struct pst_report *why)
{
    char path[PST_OFFLINE_PATH_ROOM];

    if (build->cli->role != NULL)
        return read_old(build->cli->role, out, why);
    int len = snprintf(path, sizeof path, "%s/metadata/%s.json", build->cli->out, build->product);
    if (len < 0 || (size_t)len >= sizeof path || access(path, F_OK) != 0)
        return PST_OK;
    return read_old(path, out, why);
}

enum pst_code pst_build_check_role(const struct pst_build *build, struct pst_report *why)
{
    PST_CLEANUP(pst_role) struct pst_role *old = NULL;
    return find_old(build, &old, why);
}

/* ---- the new one */

static bool is_of_this_version(const struct pst_build *build, struct pst_text path)
{
    struct pst_text rest = path;
    return pst_take(&rest, build->product) && pst_take(&rest, "/") &&
           pst_take(&rest, build->version_name) && pst_take(&rest, "/");
}

static void add(struct drafting *drafting, const char *name, int64_t length_bytes,
                const uint8_t sha256[PST_SHA256_BYTES])
{
    struct pst_role_draft_file *file = &drafting->file[drafting->count++];
    *file = (struct pst_role_draft_file){.name = name, .length_bytes = length_bytes};
    memcpy(file->sha256, sha256, sizeof file->sha256);
}

static void add_source(struct drafting *drafting, const struct pst_build_source *source)
{
    char *list = drafting->list[drafting->list_count++];
    int64_t blocks = (source->bytes - 1) / PST_OFFLINE_BLOCK + 1;

    (void)snprintf(list, LIST_ROOM, "%s.blocks", source->path);
    add(drafting, source->path, source->bytes, source->sha256);
    add(drafting, list, blocks * PST_SHA256_BYTES, source->list_sha256);
}

static void add_all(struct drafting *drafting)
{
    const struct pst_build *build = drafting->build;

    for (size_t i = 0; drafting->old != NULL && i < drafting->old->target_count; i++) {
        const struct pst_role_target *target = &drafting->old->target[i];
        if (!is_of_this_version(build, target->path))
            add(drafting, target->path.at, target->length_bytes, target->digests.sha256);
    }
    for (size_t i = 0; i < build->component_count; i++)
        for (size_t k = 0; k < build->component[i].source_count; k++)
            add_source(drafting, &build->component[i].source[k]);
    (void)pst_release_path(pst_text(build->product), &build->version, drafting->manifest,
                           sizeof drafting->manifest);
    add(drafting, drafting->manifest, (int64_t)build->manifest.len, build->manifest_sha256);
}

/* A manifest that was signed is published as far as anybody here can know: a changed one must
 * say that it is the later one. */
static enum pst_code check_sequence(const struct pst_build *build, const struct pst_role *old,
                                    struct pst_report *why)
{
    char path[PST_BUILD_PATH_ROOM], on_disk[PST_OFFLINE_PATH_ROOM];
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_RELEASE_BYTES_MOST);
    PST_CLEANUP(pst_release) struct pst_release *before = NULL;

    (void)pst_release_path(pst_text(build->product), &build->version, path, sizeof path);
    const struct pst_role_target *target = pst_role_target(old, pst_text(path));
    if (target == NULL || old->envelope->signature_count == 0 ||
        memcmp(target->digests.sha256, build->manifest_sha256, PST_SHA256_BYTES) == 0)
        return PST_OK;
    int len = snprintf(on_disk, sizeof on_disk, "%s/targets/%s", build->cli->out, path);
    if (len < 0 || (size_t)len >= sizeof on_disk ||
        pst_file_read(on_disk, &bytes, NULL) != PST_OK ||
        pst_trust_check_target(target, pst_buf_bytes(&bytes), PST_METADATA_CORRUPT, NULL) !=
            PST_OK ||
        pst_release_parse(pst_buf_bytes(&bytes), &before, NULL) != PST_OK)
        return PST_OK; /* the service, which has it, will tell */
    if (build->release->sequence > before->sequence)
        return PST_OK;
    PST_WITHIN(why, "%s", path);
    return pst_refuse(why, PST_RELEASE_EXISTS,
                      pst_say("a sequence above %lld, as the manifest that was signed differs",
                              (long long)before->sequence),
                      pst_say("%lld", (long long)build->release->sequence));
}

static enum pst_code write_draft(const struct drafting *drafting, struct pst_buf *out,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(PST_TRUST_TARGETS_BYTES);
    const struct pst_role_draft draft = {.kind = PST_ROLE_TARGETS,
                                         .version = drafting->build->role_version,
                                         .expires_s = drafting->build->role_expires_s,
                                         .file = drafting->file,
                                         .file_count = drafting->count};

    PST_WITHIN(why, "%s", drafting->build->product);
    enum pst_code rc = pst_role_print(&draft, &body, why);
    return rc == PST_OK ? pst_envelope_print(pst_buf_bytes(&body), NULL, 0, out, why) : rc;
}

enum pst_code pst_build_role(struct pst_build *build, struct pst_buf *out, struct pst_report *why)
{
    PST_CLEANUP(pst_role) struct pst_role *old = NULL;
    enum pst_code rc = find_old(build, &old, why);
    if (rc == PST_OK && old != NULL)
        rc = check_sequence(build, old, why);
    if (rc != PST_OK)
        return rc;

    size_t room = FILES_OF_RELEASE + (old != NULL ? old->target_count : 0);
    PST_CLEANUP(pst_heap) struct pst_role_draft_file *file = calloc(room, sizeof *file);
    PST_CLEANUP(pst_heap) void *list = calloc(FILES_OF_RELEASE, LIST_ROOM);
    struct drafting drafting = {.build = build, .old = old, .file = file, .list = list};
    if (file == NULL || list == NULL)
        return pst_no_memory(why, "a role file");
    bool is_draft = old != NULL && build->cli->role == NULL && old->envelope->signature_count == 0;
    build->role_version = old == NULL ? 1 : old->version + (is_draft ? 0 : 1);
    /* To the day: the same release built twice on one day is the same draft. */
    build->role_expires_s = (build->now_s / DAY_S + build->days) * DAY_S;
    add_all(&drafting);
    return write_draft(&drafting, out, why);
}
