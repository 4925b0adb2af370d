/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wiring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/fields.h"
#include "manifests/file.h"

/* ---- what the configuration says of this terminal */

static void set_name(const char *setting, const char *value, char out[PST_NAME_ROOM], bool needed,
                     struct pst_report *why)
{
    if (!needed && value[0] == '\0')
        return;
    if (!pst_name_is_safe(pst_text(value)))
        pst_refuse(why, PST_CONFIG_VALUE, pst_say("%s: 1 to 64 of A-Z a-z 0-9 . _ -", setting),
                   pst_say("'%s'", value));
    snprintf(out, PST_NAME_ROOM, "%.64s", value);
}

static void set_version(const char *setting, const char *value, struct pst_version *out,
                        bool needed, struct pst_report *why)
{
    if (!needed && value[0] == '\0')
        return;
    PST_WITHIN(why, "%s", setting);
    if (pst_version_parse(pst_text(value), out, why) != PST_OK)
        pst_refuse(why, PST_CONFIG_VALUE, pst_say("a version"), pst_say("'%s'", value));
}

/* "acquirer/merchant/store": safe names joined by slashes, or nothing. */
static void set_group(const char *value, char out[PST_TAG_ROOM], struct pst_report *why)
{
    if (value[0] != '\0' &&
        (strlen(value) >= PST_TAG_ROOM || !pst_target_path_is_safe(pst_text(value))))
        pst_refuse(why, PST_CONFIG_VALUE, pst_say("terminal.group: names joined by '/'"),
                   pst_say("'%s'", value));
    snprintf(out, PST_TAG_ROOM, "%.190s", value);
}

static enum pst_code set_facts(const struct pst_agent_config *config, struct pst_facts *out,
                               struct pst_report *why)
{
    struct pst_facts facts = {.memory_bytes = config->memory_bytes, .component_count = 1};
    PST_WITHIN(why, "config");

    set_name("terminal.serial", config->serial, facts.serial, true, why);
    set_name("terminal.product", config->product, facts.product, true, why);
    set_name("terminal.model", config->model, facts.model, true, why);
    set_name("terminal.region", config->region, facts.region, false, why);
    set_group(config->group, facts.group, why);
    set_version("terminal.revision", config->revision, &facts.revision, true, why);
    set_version("terminal.os", config->os, &facts.os, true, why);
    set_version("terminal.bootloader", config->bootloader, &facts.bootloader, false, why);
    set_version("terminal.data_schema", config->data_schema, &facts.data_schema, false, why);
    set_version("agent", PST_VERSION, &facts.agent, true, why);
    set_name("slots.component", config->component, facts.component[0].name, true, why);
    set_name("slots.class", config->slot_class, facts.component[0].slot_class, true, why);
    *out = facts;
    return pst_report_verdict(why);
}

/* ---- parts */

/* One agent a state folder: two would write the same slot. The lock dies with its process. */
static enum pst_code lock(const char *folder, int *fd, struct pst_report *why)
{
    char path[PATH_MAX];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (!pst_path_join(folder, "lock", path, sizeof path))
        return pst_refuse_errno(why, ENAMETOOLONG, folder);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return pst_refuse_errno(why, errno, path);
    if (fcntl(*fd, F_SETLK, &whole) != 0)
        return pst_refuse(why, PST_HOST_LOCKED, pst_say("to be the only agent on '%s'", folder),
                          pst_say("another one is running"));
    return PST_OK;
}

/* The terminal's own key is made on the terminal, at the first start, and never leaves it. */
static enum pst_code load_key(const struct pst_agent_config *config, struct pst_private_key **out,
                              struct pst_report *why)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s",
             config->key_file[0] != '\0' ? config->key_file : config->state_folder,
             config->key_file[0] != '\0' ? "" : "/terminal.key");
    if (access(path, F_OK) == 0 || errno != ENOENT)
        return pst_private_key_read(path, /* passphrase= */ NULL, out, why);
    enum pst_code rc = pst_private_key_generate("ed25519", out, why);
    return rc != PST_OK ? rc : pst_private_key_write(*out, path, /* passphrase= */ NULL, why);
}

static enum pst_code set_sources(struct pst_wired *wired, struct pst_report *why)
{
    const struct pst_agent_config *config = &wired->config;
    struct pst_sources *sources = &wired->agent.sources;
    size_t count = config->repositories.count;

    sources->limits =
        (struct pst_fetch_limits){config->connect_ms, config->stall_ms, config->request_ms};
    sources->count = count > 0 ? count : 1;
    for (size_t i = 0; i < sources->count; i++) {
        char base[PST_CONFIG_TEXT_ROOM + 8];
        if (count > 0)
            snprintf(base, sizeof base, "%s", config->repositories.at[i]);
        else
            snprintf(base, sizeof base, "%s/repo", config->service);
        size_t len = strlen(base);
        if (len > 0 && base[len - 1] == '/')
            base[len - 1] = '\0';
        if (strlen(base) >= PST_CONFIG_TEXT_ROOM)
            return pst_refuse(why, PST_CONFIG_VALUE, pst_say("service.repositories: shorter URLs"),
                              pst_say("'%.60s...'", base));
        snprintf(wired->urls[0][i], sizeof wired->urls[0][i], "%.511s/metadata/", base);
        snprintf(wired->urls[1][i], sizeof wired->urls[1][i], "%.511s/targets/", base);
        sources->metadata[i] = wired->urls[0][i];
        sources->targets[i] = wired->urls[1][i];
    }
    return PST_OK;
}

static void set_terminal(struct pst_wired *wired)
{
    const struct pst_agent_config *config = &wired->config;
    wired->terminal = (struct pst_posix_terminal){.battery_file = config->battery_file,
                                                  .mains_file = config->mains_file,
                                                  .busy_file = config->busy_file,
                                                  .tampered_file = config->tampered_file,
                                                  .metered_file = config->metered_file,
                                                  .window_file = config->window_file,
                                                  .free_path = config->free_path,
                                                  .health_folder = config->health_folder};
}

static enum pst_code open_folders(struct pst_wired *wired, enum pst_wire_use use,
                                  struct pst_report *why)
{
    char metadata[PST_CONFIG_TEXT_ROOM + 16];
    enum pst_code rc = pst_folder_state_open(wired->config.state_folder, &wired->state, why);
    if (rc == PST_OK && use == PST_WIRE_ACT)
        rc = lock(wired->config.state_folder, &wired->lock_fd, why);
    snprintf(metadata, sizeof metadata, "%s/metadata", wired->config.state_folder);
    return rc != PST_OK ? rc : pst_folder_state_open(metadata, &wired->metadata, why);
}

static enum pst_code open_transport(struct pst_wired *wired, struct pst_report *why)
{
    const struct pst_agent_config *config = &wired->config;
    struct pst_curl_options options = {.allow_http = config->allow_http,
                                       .ca_file = config->ca_file,
                                       .client_cert = config->client_cert,
                                       .client_key = config->client_key,
                                       .proxy = config->proxy};
    return pst_curl_transport_new(&options, &wired->transport, why);
}

/* The factory's image: as long as the settings say, or all of slot A's file as it is delivered. */
static int64_t factory_bytes(const struct pst_agent_config *config)
{
    struct stat facts;
    if (config->image_bytes > 0)
        return config->image_bytes;
    return stat(config->slot_a, &facts) == 0 && S_ISREG(facts.st_mode) ? (int64_t)facts.st_size : 0;
}

enum pst_code pst_wire_slots(struct pst_wired *wired, struct pst_report *why)
{
    const struct pst_agent_config *config = &wired->config;
    struct pst_boot_port boot = pst_file_boot_port(&wired->boot);
    struct pst_boot_state state;

    if (wired->slots_open)
        pst_file_slots_close(&wired->slots);
    wired->slots_open = false;
    enum pst_code rc = boot.read(boot.context, &state, why);
    if (rc != PST_OK)
        return rc;
    struct pst_file_slots_options options = {.component = config->component,
                                             .slot_class = config->slot_class,
                                             .path = {config->slot_a, config->slot_b},
                                             .slot_bytes = config->slot_bytes,
                                             .active = state.active};
    rc = pst_file_slots_open(&options, &wired->slots, why);
    wired->slots_open = rc == PST_OK;
    wired->ports.slot[0] = pst_file_slots_port(&wired->slots);
    return rc;
}

static enum pst_code open_parts(struct pst_wired *wired, enum pst_wire_use use,
                                struct pst_report *why)
{
    enum pst_code rc = set_facts(&wired->config, &wired->agent.facts, why);
    if (rc == PST_OK)
        rc = set_sources(wired, why);
    if (rc == PST_OK)
        rc = open_folders(wired, use, why);
    if (rc == PST_OK)
        rc = pst_file_boot_open(wired->config.boot_file, &wired->boot, why);
    wired->agent.facts.component[0].active_bytes = factory_bytes(&wired->config);
    if (rc == PST_OK)
        rc = pst_wire_slots(wired, why);
    if (rc == PST_OK)
        rc = load_key(&wired->config, &wired->key, why);
    return rc != PST_OK ? rc : open_transport(wired, why);
}

static void connect(struct pst_wired *wired)
{
    set_terminal(wired);
    wired->clock.offset_s = wired->config.clock_offset_s;
    wired->ports.clock = pst_posix_clock_port(&wired->clock);
    wired->ports.transport = pst_curl_transport_port(wired->transport);
    wired->ports.slot_count = 1;
    wired->ports.boot = pst_file_boot_port(&wired->boot);
    wired->ports.state = pst_folder_state_port(&wired->state);
    wired->ports.metadata = pst_folder_state_port(&wired->metadata);
    wired->ports.terminal = pst_posix_terminal_port(&wired->terminal);
    wired->agent.ports = &wired->ports;
    wired->agent.service = wired->config.service;
    wired->agent.enrol_code = wired->config.enrol_code;
    wired->agent.key = wired->key;
    wired->agent.build_s = PST_BUILD_S;
    wired->agent.full_on_metered = wired->config.full_on_metered;
}

enum pst_code pst_wire(const char *config_path, enum pst_wire_use use, struct pst_wired *out,
                       struct pst_report *why)
{
    *out = (struct pst_wired){.lock_fd = -1};
    enum pst_code rc = pst_config_read(config_path, pst_agent_settings, pst_agent_setting_count,
                                       &out->config, sizeof out->config, why);
    if (rc == PST_OK)
        rc = open_parts(out, use, why);
    if (rc == PST_OK)
        connect(out);
    else
        pst_wired_clear(out);
    return rc;
}

void pst_wired_clear(struct pst_wired *wired)
{
    pst_curl_transport_free(wired->transport);
    pst_private_key_free(wired->key);
    if (wired->slots_open)
        pst_file_slots_close(&wired->slots);
    pst_fd_cleanup(&wired->lock_fd);
    wired->transport = NULL;
    wired->key = NULL;
    wired->slots_open = false;
    wired->lock_fd = -1;
}
