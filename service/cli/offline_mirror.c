/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cli/offline_mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/http/curl_transport.h"
#include "keys/copy_release.h"
#include "manifests/file.h"
#include "service/cli/offline.h"

enum { URL_ROOM = 2048, STATUS_OK = 200, STATUS_MISSING = 404, STATUS_FORBIDDEN = 403 };

struct mirror {
    const struct pst_mirror_in *in;
    const char *folder;
    struct pst_transport_port transport;
    struct pst_report *why;
};

bool pst_is_url(const char *text)
{
    return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

/* ---- one file */

struct into_file {
    int fd;
    const char *path;
    struct pst_report *why;
};

static bool take(void *context, struct pst_bytes piece)
{
    const struct into_file *into = context;
    return pst_fd_write(into->fd, piece, into->path, into->why) == PST_OK;
}

static enum pst_code make_file(const char *path, int *fd, struct pst_report *why)
{
    char folder[PST_OFFLINE_PATH_ROOM];

    (void)snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    enum pst_code rc = pst_folder_make(folder, 0700, why);
    if (rc != PST_OK)
        return rc;
    *fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return *fd >= 0 ? PST_OK : pst_refuse_errno(why, errno, path);
}

/* "metadata/1.root.json" to FOLDER/metadata/1.root.json. *there says whether the mirror has it. */
static enum pst_code get(const struct mirror *mirror, const char *name, int64_t most_bytes,
                         bool *there)
{
    PST_CLEANUP(pst_fd) int fd = -1;
    char url[URL_ROOM], path[PST_OFFLINE_PATH_ROOM];
    size_t base = strlen(mirror->in->url);
    struct pst_fetch_answer answer = {0};

    *there = false;
    while (base > 0 && mirror->in->url[base - 1] == '/')
        base--;
    int len = snprintf(url, sizeof url, "%.*s/%s", (int)base, mirror->in->url, name);
    if (!pst_bundle_name_is_safe(pst_text(name)) || len < 0 || (size_t)len >= sizeof url ||
        !pst_path_join(mirror->folder, name, path, sizeof path))
        return pst_refuse(mirror->why, PST_USAGE, pst_say("a URL that can be fetched"),
                          pst_say("%s/%s", mirror->in->url, name));
    enum pst_code rc = make_file(path, &fd, mirror->why);
    if (rc != PST_OK)
        return rc;
    struct into_file into = {fd, path, mirror->why};
    const struct pst_sink sink = {&into, take};
    const struct pst_fetch_request request = {.method = "GET",
                                              .url = url,
                                              .body_fd = -1,
                                              .from = -1,
                                              .to = -1,
                                              .most_bytes = most_bytes,
                                              .connect_ms = 15000,
                                              .stall_ms = 60000};
    PST_WITHIN(mirror->why, "%s", name);
    rc = mirror->transport.fetch(mirror->transport.context, &request, &sink, &answer, mirror->why);
    if (rc == PST_OK && answer.status == STATUS_OK) {
        *there = true;
        return PST_OK;
    }
    (void)unlink(path);
    if (rc != PST_OK || answer.status == STATUS_MISSING || answer.status == STATUS_FORBIDDEN)
        return rc;
    return pst_refuse(mirror->why, PST_NET_STATUS, pst_say("HTTP 200"),
                      pst_say("HTTP %d", answer.status));
}

/* And its content; PST_OK with an empty buffer when it is not there. */
static enum pst_code get_text(const struct mirror *mirror, const char *name, size_t most_bytes,
                              struct pst_buf *out)
{
    char path[PST_OFFLINE_PATH_ROOM];
    bool there;

    *out = pst_buf(most_bytes);
    enum pst_code rc = get(mirror, name, (int64_t)most_bytes, &there);
    if (rc != PST_OK || !there || !pst_path_join(mirror->folder, name, path, sizeof path))
        return rc;
    return pst_file_read(path, out, mirror->why);
}

static enum pst_code get_role(const struct mirror *mirror, enum pst_role_kind kind,
                              const char *name, size_t most_bytes, struct pst_role **out)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = {0};
    enum pst_code rc = get_text(mirror, name, most_bytes, &bytes);

    if (rc == PST_OK && bytes.len > 0)
        (void)!pst_role_parse(kind, pst_buf_bytes(&bytes), out, NULL);
    return rc;
}

/* ---- metadata */

static enum pst_code get_roots(const struct mirror *mirror)
{
    enum pst_code rc = PST_OK;
    bool there = true;

    for (int version = 1; rc == PST_OK && there && version <= PST_TRUST_ROTATIONS; version++) {
        char name[64];
        (void)snprintf(name, sizeof name, "metadata/%d.root.json", version);
        rc = get(mirror, name, PST_TRUST_ROOT_BYTES, &there);
    }
    return rc;
}

/* "metadata/7.NAME.json" for the version that the parent lists; false when it lists none. */
static bool listed_name(const struct pst_role *parent, const char *role, char out[256])
{
    char file[128];
    (void)snprintf(file, sizeof file, "%s.json", role);
    const struct pst_role_file *listed =
        parent != NULL ? pst_role_file(parent, pst_text(file)) : NULL;
    int len =
        listed != NULL ? snprintf(out, 256, "metadata/%" PRId64 ".%s", listed->version, file) : -1;
    return len > 0 && len < 256;
}

static enum pst_code get_metadata(const struct mirror *mirror, struct pst_role **product)
{
    PST_CLEANUP(pst_role) struct pst_role *timestamp = NULL, *snapshot = NULL, *targets = NULL;
    char name[256];

    enum pst_code rc = get_roots(mirror);
    if (rc == PST_OK)
        rc = get_role(mirror, PST_ROLE_TIMESTAMP, "metadata/timestamp.json",
                      PST_TRUST_TIMESTAMP_BYTES, &timestamp);
    if (rc == PST_OK && listed_name(timestamp, "snapshot", name))
        rc = get_role(mirror, PST_ROLE_SNAPSHOT, name, PST_TRUST_SNAPSHOT_BYTES, &snapshot);
    if (rc == PST_OK && listed_name(snapshot, "targets", name))
        rc = get_role(mirror, PST_ROLE_TARGETS, name, PST_TRUST_TARGETS_BYTES, &targets);
    if (rc == PST_OK && listed_name(snapshot, mirror->in->product, name))
        rc = get_role(mirror, PST_ROLE_TARGETS, name, PST_TRUST_TARGETS_BYTES, product);
    return rc;
}

/* ---- the release */

static bool newest_listed(const struct mirror *mirror, const struct pst_role *product,
                          struct pst_version *out)
{
    if (mirror->in->version != NULL)
        return pst_version_parse(pst_text(mirror->in->version), out, mirror->why) == PST_OK;
    *out = (struct pst_version){.text = ""};
    pst_copied_release_newest(product, mirror->in->product, out);
    return pst_version_is_set(out);
}

/* targets/P/VERSION/SHA256.NAME, as a consistent repository serves it. */
static bool target_name(const char *path, const uint8_t sha256[PST_SHA256_BYTES],
                        char out[PST_BUNDLE_NAME_ROOM])
{
    char digest[2 * PST_SHA256_BYTES + 1];
    const char *slash = strrchr(path, '/');

    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), digest);
    int len = slash == NULL ? -1
                            : snprintf(out, PST_BUNDLE_NAME_ROOM, "targets/%.*s/%s.%s",
                                       (int)(slash - path), path, digest, slash + 1);
    return len > 0 && len < PST_BUNDLE_NAME_ROOM;
}

static enum pst_code get_sources(const struct mirror *mirror, const struct pst_release *release)
{
    enum pst_code rc = PST_OK;
    char name[PST_BUNDLE_NAME_ROOM];
    bool there;

    for (size_t i = 0; i < release->component_count; i++)
        for (size_t k = 0; rc == PST_OK && k < release->component[i].source_count; k++) {
            const struct pst_source *source = &release->component[i].source[k];
            if (target_name(source->blocks.path.at, source->blocks.sha256, name))
                rc = get(mirror, name, pst_source_list_bytes(source), &there);
            if (rc == PST_OK && target_name(source->path.at, source->sha256, name))
                rc = get(mirror, name, source->length_bytes, &there);
        }
    return rc;
}

static enum pst_code get_release(const struct mirror *mirror, const struct pst_role *product)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = {0};
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    struct pst_version version;
    char path[256], name[PST_BUNDLE_NAME_ROOM];

    if (!newest_listed(mirror, product, &version))
        return PST_OK;
    (void)pst_release_path(pst_text(mirror->in->product), &version, path, sizeof path);
    const struct pst_role_target *target = pst_role_target(product, pst_text(path));
    if (target == NULL || !target->digests.has_sha256 ||
        !target_name(path, target->digests.sha256, name))
        return PST_OK;
    enum pst_code rc = get_text(mirror, name, PST_RELEASE_BYTES_MOST, &bytes);
    if (rc != PST_OK || bytes.len == 0 ||
        pst_release_parse(pst_buf_bytes(&bytes), &release, NULL) != PST_OK)
        return rc;
    return get_sources(mirror, release);
}

enum pst_code pst_mirror_release(const struct pst_mirror_in *in, const char *folder,
                                 struct pst_report *why)
{
    const struct pst_curl_options options = {.ca_file = in->ca};
    PST_CLEANUP(pst_role) struct pst_role *product = NULL;
    struct pst_curl_transport *curl = NULL;
    struct mirror mirror = {.in = in, .folder = folder, .why = why};

    PST_WITHIN(why, "%s", in->url);
    enum pst_code rc = pst_curl_begin(why);
    if (rc == PST_OK)
        rc = pst_curl_transport_new(&options, &curl, why);
    if (rc != PST_OK)
        return rc;
    mirror.transport = pst_curl_transport_port(curl);
    rc = get_metadata(&mirror, &product);
    if (rc == PST_OK && product != NULL)
        rc = get_release(&mirror, product);
    pst_curl_transport_free(curl);
    return rc;
}
