/* SPDX-License-Identifier: Apache-2.0 */
/* TUF's own verbs, on a folder of trusted metadata: what the public conformance suite drives. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/commands.h"
#include "agent/config.h"
#include "agent/http/curl_transport.h"
#include "agent/state/folder_state.h"
#include "agent/trust/tuf_client.h"
#include "manifests/file.h"

enum { ARTIFACT_BYTES_MOST = 256 << 20 };

struct parts {
    struct pst_report why;
    struct pst_folder_state folder;
    struct pst_curl_transport *curl;
    struct pst_state_port metadata;
    struct pst_transport_port transport;
    struct pst_sources sources;
    struct pst_tuf tuf;
};

static void parts_cleanup(struct parts **parts)
{
    if (*parts == NULL)
        return;
    pst_tuf_close(&(*parts)->tuf);
    pst_curl_transport_free((*parts)->curl);
    free(*parts);
}

/* ---- init */

/* The folder is given, or is that of the configured agent. */
static bool metadata_folder(const struct pst_agent_options *options, char *out, size_t room,
                            struct pst_report *why)
{
    if (options->metadata_dir != NULL)
        return snprintf(out, room, "%s", options->metadata_dir) < (int)room;
    PST_CLEANUP(pst_heap) struct pst_agent_config *config = calloc(1, sizeof *config);
    if (options->config == NULL || config == NULL)
        return false;
    return pst_config_read(options->config, pst_agent_settings, pst_agent_setting_count, config,
                           sizeof *config, why) == PST_OK &&
           pst_path_join(config->state_folder, "metadata", out, room);
}

int pst_agent_init(const struct pst_agent_options *options, int count, char **arguments)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_buf) struct pst_buf root = pst_buf(PST_TRUST_ROOT_BYTES);
    struct pst_folder_state state;
    char folder[PST_CONFIG_TEXT_ROOM + 16];
    (void)count;
    if (why == NULL)
        return 1;

    if (!metadata_folder(options, folder, sizeof folder, why)) {
        if (pst_report_verdict(why) == PST_OK)
            pst_refuse(why, PST_USAGE, pst_say("--config FILE or --metadata-dir DIR"),
                       pst_say("neither"));
        return pst_agent_tell(options, why);
    }
    if (pst_file_read(arguments[0], &root, why) == PST_OK &&
        pst_folder_state_open(folder, &state, why) == PST_OK) {
        struct pst_state_port port = pst_folder_state_port(&state);
        PST_WITHIN(why, "%s", arguments[0]);
        (void)!pst_tuf_init(&port, pst_buf_bytes(&root), (int64_t)time(NULL), why);
    }
    return pst_agent_tell(options, why);
}

/* ---- refresh and download */

static struct parts *open_parts(const struct pst_agent_options *options, enum pst_code *rc)
{
    struct parts *parts = calloc(1, sizeof *parts);
    struct pst_curl_options plain = {.allow_http = true};
    if (parts == NULL)
        return NULL;

    parts->sources = (struct pst_sources){.count = 1,
                                          .metadata = {options->metadata_url},
                                          .targets = {options->target_base_url},
                                          .limits = {15000, 30000, 120000}};
    *rc = pst_folder_state_open(options->metadata_dir, &parts->folder, &parts->why);
    parts->metadata = pst_folder_state_port(&parts->folder);
    if (*rc == PST_OK)
        *rc = pst_curl_transport_new(&plain, &parts->curl, &parts->why);
    if (*rc != PST_OK)
        return parts;
    parts->transport = pst_curl_transport_port(parts->curl);
    struct pst_tuf_options tuf = {.transport = &parts->transport,
                                  .metadata = &parts->metadata,
                                  .sources = &parts->sources,
                                  .now_s = (int64_t)time(NULL)};
    *rc = pst_tuf_open(&tuf, &parts->tuf, &parts->why);
    if (*rc == PST_OK)
        *rc = pst_tuf_refresh(&parts->tuf, &parts->why);
    return parts;
}

static int refuse_usage(const char *what)
{
    fprintf(stderr, "postern-agent: %s is needed\n", what);
    return 2;
}

int pst_agent_refresh(const struct pst_agent_options *options, int count, char **arguments)
{
    enum pst_code rc = PST_OK;
    (void)count, (void)arguments;
    if (options->metadata_dir == NULL || options->metadata_url == NULL)
        return refuse_usage("--metadata-dir DIR and --metadata-url URL");
    __attribute__((cleanup(parts_cleanup))) struct parts *parts = open_parts(options, &rc);
    return parts == NULL ? 1 : pst_agent_tell(options, &parts->why);
}

/* A target's path becomes one file name: encoded, so that it stays inside the folder, with a first
 * dot as well, so that it is never hidden, "." or "..". */
static bool local_path(const char *folder, const char *target, char out[PATH_MAX])
{
    char encoded[NAME_MAX + 1], name[NAME_MAX + 1];
    bool hidden = target[0] == '.';

    if (target[0] == '\0' || !pst_url_encode(pst_text(target), false, encoded, sizeof encoded))
        return false;
    int len = snprintf(name, sizeof name, "%s%s", hidden ? "%2E" : "", encoded + (hidden ? 1 : 0));
    return len > 0 && len <= NAME_MAX && pst_path_join(folder, name, out, PATH_MAX);
}

/* What is there already and right is not fetched, and not touched. */
static bool is_there(const struct pst_role_target *target, const char *path)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(ARTIFACT_BYTES_MOST);
    return access(path, F_OK) == 0 && pst_file_read(path, &bytes, NULL) == PST_OK &&
           pst_trust_check_target(target, pst_buf_bytes(&bytes), PST_IMAGE_CORRUPT, NULL) == PST_OK;
}

static enum pst_code download_one(struct parts *parts, const struct pst_agent_options *options,
                                  const char *name)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(ARTIFACT_BYTES_MOST);
    const struct pst_role_target *target = NULL;
    char path[PATH_MAX];

    enum pst_code rc = pst_tuf_find(&parts->tuf, pst_text(name), &target, &parts->why);
    if (rc != PST_OK)
        return rc;
    if (!local_path(options->target_dir, name, path))
        return pst_refuse(&parts->why, PST_USAGE, pst_say("a target name that can be a file name"),
                          pst_say("'%s'", name));
    if (is_there(target, path))
        return PST_OK;
    rc = pst_tuf_fetch_target(&parts->tuf, target, ARTIFACT_BYTES_MOST, &bytes, &parts->why);
    return rc != PST_OK ? rc : pst_file_replace(path, pst_buf_bytes(&bytes), 0644, &parts->why);
}

int pst_agent_download(const struct pst_agent_options *options, int count, char **arguments)
{
    enum pst_code rc = PST_OK;
    (void)count, (void)arguments;
    if (options->metadata_dir == NULL || options->metadata_url == NULL ||
        options->target_dir == NULL || options->target_base_url == NULL ||
        options->target_count == 0)
        return refuse_usage(
            "--metadata-dir, --metadata-url, --target-dir, --target-base-url and --target-name");
    __attribute__((cleanup(parts_cleanup))) struct parts *parts = open_parts(options, &rc);
    if (parts == NULL)
        return 1;
    for (size_t i = 0; rc == PST_OK && i < options->target_count; i++)
        rc = download_one(parts, options, options->target_name[i]);
    return pst_agent_tell(options, &parts->why);
}
