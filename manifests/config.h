/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - configuration files, libconfig syntax, read through a table of settings.
 *
 * The table is the documentation: key, type, bounds, default, unit and one line of help;
 * `--help-config` of each program prints it. A file with an unknown key, a value out of bounds or
 * a wrong type is refused with *all* its faults, each with file and line, and nothing of it is
 * used.
 *
 *     static const struct pst_setting settings[] = {
 *         {"listen.port", PST_SETTING_INTEGER, OFFSET(port), 0, 65535, "8470", "", "TCP port"},
 *         {"urls", PST_SETTING_TEXTS, OFFSET(urls), 1, 8, NULL, "", "base URLs, tried in order"},
 *     };
 *     struct my_config config;   // filled with defaults first, then from the file
 *
 * Memory   texts live in the caller's struct, which keeps no heap and needs no freeing.
 * Threads  values only.
 * Errors   config.*, host.* (file not there, not readable), PST_TOO_LARGE beyond 1 MiB. An
 *          @include is refused: one file is the whole configuration. Integers are decimal.
 */
#ifndef PST_MANIFESTS_CONFIG_H
#define PST_MANIFESTS_CONFIG_H

#include "manifests/finding.h"

enum { PST_CONFIG_TEXT_ROOM = 512, PST_CONFIG_LIST_MOST = 8 };

enum pst_setting_type {
    PST_SETTING_TEXT,    /* char[PST_CONFIG_TEXT_ROOM]; least..most bound its length */
    PST_SETTING_TEXTS,   /* struct pst_config_list; least..most bound the number of elements */
    PST_SETTING_INTEGER, /* int64_t; least..most bound the value */
    PST_SETTING_BOOL     /* bool */
};

struct pst_config_list {
    size_t count;
    char at[PST_CONFIG_LIST_MOST][PST_CONFIG_TEXT_ROOM];
};

struct pst_setting {
    const char *key; /* path with dots: "slots.a" */
    enum pst_setting_type type;
    size_t offset; /* offsetof() in the caller's struct */
    int64_t least, most;
    const char *preset; /* as written in the file, but texts may go without quotes and a list of one
                           without brackets; "" leaves a text or list empty, whatever its bounds;
                           NULL: the setting must be given */
    const char *unit;   /* "s", "bytes", "" */
    const char *help;   /* one line */
};

/* `path` may be NULL: then only presets apply. `into` is written on success only. */
enum pst_code pst_config_read(const char *path, const struct pst_setting *settings, size_t count,
                              void *into, size_t into_size, struct pst_report *why) PST_MUST_CHECK;
/* The same from text, for tests; `name` stands for the file in findings. */
enum pst_code pst_config_parse(const char *text, const char *name,
                               const struct pst_setting *settings, size_t count, void *into,
                               size_t into_size, struct pst_report *why) PST_MUST_CHECK;
/* One paragraph a setting, for --help-config. */
bool pst_config_help(const struct pst_setting *settings, size_t count, struct pst_buf *out)
    PST_MUST_CHECK;

#endif
