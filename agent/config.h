/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - the agent's settings; `postern-agent --help-config` prints the table.
 */
#ifndef PST_AGENT_CONFIG_H
#define PST_AGENT_CONFIG_H

#include "manifests/config.h"

struct pst_agent_config {
    char service[PST_CONFIG_TEXT_ROOM];
    struct pst_config_list repositories;
    char enrol_code[PST_CONFIG_TEXT_ROOM];
    char state_folder[PST_CONFIG_TEXT_ROOM], key_file[PST_CONFIG_TEXT_ROOM];

    char serial[PST_CONFIG_TEXT_ROOM], product[PST_CONFIG_TEXT_ROOM], model[PST_CONFIG_TEXT_ROOM],
        revision[PST_CONFIG_TEXT_ROOM], region[PST_CONFIG_TEXT_ROOM], group[PST_CONFIG_TEXT_ROOM],
        os[PST_CONFIG_TEXT_ROOM], bootloader[PST_CONFIG_TEXT_ROOM],
        data_schema[PST_CONFIG_TEXT_ROOM];
    int64_t memory_bytes;

    char component[PST_CONFIG_TEXT_ROOM], slot_class[PST_CONFIG_TEXT_ROOM];
    char slot_a[PST_CONFIG_TEXT_ROOM], slot_b[PST_CONFIG_TEXT_ROOM];
    int64_t slot_bytes, image_bytes;
    char boot_file[PST_CONFIG_TEXT_ROOM];

    char battery_file[PST_CONFIG_TEXT_ROOM], mains_file[PST_CONFIG_TEXT_ROOM],
        busy_file[PST_CONFIG_TEXT_ROOM], tampered_file[PST_CONFIG_TEXT_ROOM],
        metered_file[PST_CONFIG_TEXT_ROOM], window_file[PST_CONFIG_TEXT_ROOM],
        free_path[PST_CONFIG_TEXT_ROOM], health_folder[PST_CONFIG_TEXT_ROOM];

    int64_t connect_ms, stall_ms, request_ms;
    char ca_file[PST_CONFIG_TEXT_ROOM], client_cert[PST_CONFIG_TEXT_ROOM],
        client_key[PST_CONFIG_TEXT_ROOM], proxy[PST_CONFIG_TEXT_ROOM];
    bool allow_http, full_on_metered;
    int64_t clock_offset_s;
};

extern const struct pst_setting pst_agent_settings[];
extern const size_t pst_agent_setting_count;

#endif
