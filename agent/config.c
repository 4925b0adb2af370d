/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/config.h"

#define TEXT_MOST  (PST_CONFIG_TEXT_ROOM - 1)
#define AT(member) offsetof(struct pst_agent_config, member)
#define TEXT(key, member, preset, help)                                                            \
    {                                                                                              \
        key, PST_SETTING_TEXT, AT(member), 0, TEXT_MOST, preset, "", help                          \
    }
#define NAME(key, member, help)                                                                    \
    {                                                                                              \
        key, PST_SETTING_TEXT, AT(member), 1, 64, NULL, "", help                                   \
    }
#define BYTES(key, member, preset, help)                                                           \
    {                                                                                              \
        key, PST_SETTING_INTEGER, AT(member), 1, INT64_C(1) << 40, preset, "bytes", help           \
    }
#define MS(key, member, preset, help)                                                              \
    {                                                                                              \
        key, PST_SETTING_INTEGER, AT(member), 1, 86400000, preset, "ms", help                      \
    }

/* clang-format off */
const struct pst_setting pst_agent_settings[] = {
    {"service.url", PST_SETTING_TEXT, AT(service), 8, TEXT_MOST, NULL, "", "posternd's base URL"},
    {"service.repositories", PST_SETTING_TEXTS, AT(repositories), 0, PST_CONFIG_LIST_MOST, "[]", "", "base URLs of the repository, tried in order; none: service.url + \"/repo\""},
    TEXT("service.enrol_code", enrol_code, "", "one-time code for enrolling"),
    {"state.folder", PST_SETTING_TEXT, AT(state_folder), 1, 300, NULL, "", "where the agent keeps what it must remember"},
    TEXT("state.key", key_file, "", "the terminal's private key; none: terminal.key in state.folder"),

    NAME("terminal.serial", serial, "serial number"),
    NAME("terminal.product", product, "product line"),
    NAME("terminal.model", model, "hardware model"),
    TEXT("terminal.revision", revision, "1.0", "hardware revision"),
    TEXT("terminal.region", region, "", "region code"),
    TEXT("terminal.group", group, "", "acquirer/merchant/store"),
    NAME("terminal.os", os, "version of the image that the factory put into the active slot"),
    TEXT("terminal.bootloader", bootloader, "", "boot loader's version"),
    TEXT("terminal.data_schema", data_schema, "", "version of the data that the application keeps"),
    BYTES("terminal.decoder_memory", memory_bytes, "67108864", "memory that decoding a source may take"),

    TEXT("slots.component", component, "os", "name of the component"),
    TEXT("slots.class", slot_class, "os", "slot class"),
    NAME("slots.a", slot_a, "device or file of slot A"),
    NAME("slots.b", slot_b, "device or file of slot B"),
    BYTES("slots.bytes", slot_bytes, "67108864", "size of a slot that is a regular file"),
    {"slots.image_bytes", PST_SETTING_INTEGER, AT(image_bytes), 0, INT64_C(1) << 40, "0", "bytes", "size of the factory's image; 0: all of slot A's content"},
    {"boot.file", PST_SETTING_TEXT, AT(boot_file), 1, 400, NULL, "", "boot marker of file boot control"},

    TEXT("facts.battery", battery_file, "", "file with the battery's percent"),
    TEXT("facts.mains", mains_file, "", "file with yes or no: mains power"),
    TEXT("facts.busy", busy_file, "", "file with yes or no: a transaction is under way"),
    TEXT("facts.tampered", tampered_file, "", "file with yes or no: tamper lock"),
    TEXT("facts.metered", metered_file, "", "file with yes or no: the link is metered"),
    TEXT("facts.window", window_file, "", "file with yes or no: the maintenance window is open"),
    TEXT("facts.free", free_path, "", "a path on the file system whose free room counts"),
    TEXT("health.folder", health_folder, "", "folder of health-check programs"),

    MS("network.connect", connect_ms, "15000", "time for a connection"),
    MS("network.stall", stall_ms, "30000", "time without a byte"),
    MS("network.request", request_ms, "60000", "time for a small request as a whole"),
    TEXT("network.ca", ca_file, "", "CA certificates, PEM; none: the system's"),
    TEXT("network.certificate", client_cert, "", "client certificate, PEM"),
    TEXT("network.key", client_key, "", "its key, PEM"),
    TEXT("network.proxy", proxy, "", "proxy URL; the environment's is never used"),
    {"network.allow_http", PST_SETTING_BOOL, AT(allow_http), 0, 0, "false", "", "plain http to other hosts than this one"},
    {"policy.full_on_metered", PST_SETTING_BOOL, AT(full_on_metered), 0, 0, "false", "", "fetch full images over metered links"},
    {"clock.offset", PST_SETTING_INTEGER, AT(clock_offset_s), -INT64_C(4000000000), INT64_C(4000000000), "0", "s", "added to the system's clock: demonstrations of a wrong one"},
};
/* clang-format on */
const size_t pst_agent_setting_count = PST_COUNT(pst_agent_settings);
