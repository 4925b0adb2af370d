/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/config.h"

#include <inttypes.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/config_text.h"
#include "manifests/file.h"
#include "manifests/utf8.h"

enum { FILE_BYTES_MOST = 1 << 20, KEY_ROOM = 128 };

struct reading {
    const char *name; /* of the file, for findings */
    const struct pst_setting *settings;
    size_t count;
    uint8_t *into;
    struct pst_report *why;
    enum pst_code first;
};

static void fault(struct reading *reading, const config_setting_t *at, enum pst_code code,
                  struct pst_value expected, struct pst_value found)
{
    unsigned line = at != NULL ? config_setting_source_line(at) : 0;
    char place[PST_WHERE_BYTES];

    snprintf(place, sizeof place, line > 0 ? "%.110s:%u" : "%.110s", reading->name, line);
    PST_WITHIN(reading->why, "%s", place);
    enum pst_code rc = pst_refuse(reading->why, code, expected, found);
    if (reading->first == PST_OK)
        reading->first = rc;
}

/* What may be written for a setting: for findings and for --help-config. */
static struct pst_value allowed(const struct pst_setting *setting)
{
    const char *unit = setting->unit != NULL && setting->unit[0] != '\0' ? setting->unit : NULL;
    switch (setting->type) {
    case PST_SETTING_TEXT:
        return pst_say("a text of %" PRId64 " to %" PRId64 " bytes", setting->least, setting->most);
    case PST_SETTING_TEXTS:
        return pst_say("a list of %" PRId64 " to %" PRId64 " texts", setting->least, setting->most);
    case PST_SETTING_INTEGER:
        return pst_say("an integer, %" PRId64 " to %" PRId64 "%s%s", setting->least, setting->most,
                       unit != NULL ? " " : "", unit != NULL ? unit : "");
    case PST_SETTING_BOOL:
        break;
    }
    return pst_say("true or false");
}

static void bad_value(struct reading *reading, const struct pst_setting *setting,
                      const config_setting_t *at, struct pst_value found)
{
    fault(reading, at, PST_CONFIG_VALUE, pst_say("%s: %s", setting->key, allowed(setting).at),
          found);
}

static const char *type_name(const config_setting_t *at)
{
    static const char *const names[] = {"nothing",       "a group",    "an integer",
                                        "an integer",    "a fraction", "a text",
                                        "true or false", "an array",   "a list"};
    size_t type = (size_t)config_setting_type(at);
    return type < PST_COUNT(names) ? names[type] : "something else";
}

static bool is_plain(const char *text)
{
    return pst_utf8_is_plain(pst_text(text));
}

static void read_text(struct reading *reading, const struct pst_setting *setting,
                      const config_setting_t *at, void *into)
{
    const char *text = config_setting_get_string(at);
    size_t len = text != NULL ? strlen(text) : 0;
    size_t most = PST_CONFIG_TEXT_ROOM - 1;

    if (text == NULL)
        bad_value(reading, setting, at, pst_say("%s", type_name(at)));
    else if (len > most || len < (size_t)setting->least || len > (size_t)setting->most)
        bad_value(reading, setting, at, pst_say("%zu bytes", len));
    else if (!is_plain(text))
        bad_value(reading, setting, at, pst_say("characters that cannot be printed"));
    else
        memcpy(into, text, len + 1);
}

static void read_texts(struct reading *reading, const struct pst_setting *setting,
                       const config_setting_t *at, void *into)
{
    struct pst_config_list list = {0};
    bool sequence = config_setting_is_array(at) || config_setting_is_list(at);
    size_t count = sequence ? (size_t)config_setting_length(at) : 0;

    if (!sequence) {
        bad_value(reading, setting, at, pst_say("%s", type_name(at)));
        return;
    }
    if (count > PST_CONFIG_LIST_MOST || count < (size_t)setting->least ||
        count > (size_t)setting->most) {
        bad_value(reading, setting, at, pst_say("%zu elements", count));
        return;
    }
    for (; list.count < count; list.count++) {
        const config_setting_t *element = config_setting_get_elem(at, (unsigned)list.count);
        const char *text = config_setting_get_string(element);
        size_t len = text != NULL ? strlen(text) : 0;
        if (len == 0 || len >= PST_CONFIG_TEXT_ROOM || !is_plain(text))
            bad_value(reading, setting, element,
                      pst_say("element %zu is no text of 1 to %d printable bytes", list.count + 1,
                              PST_CONFIG_TEXT_ROOM - 1));
        else
            memcpy(list.at[list.count], text, len + 1);
    }
    memcpy(into, &list, sizeof list);
}

static void read_integer(struct reading *reading, const struct pst_setting *setting,
                         const config_setting_t *at, void *into)
{
    int type = config_setting_type(at);
    int64_t value = config_setting_get_int64(at);

    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        bad_value(reading, setting, at, pst_say("%s", type_name(at)));
    else if (value < setting->least || value > setting->most)
        bad_value(reading, setting, at, pst_say("%" PRId64, value));
    else
        memcpy(into, &value, sizeof value);
}

static void read_bool(struct reading *reading, const struct pst_setting *setting,
                      const config_setting_t *at, void *into)
{
    bool value = config_setting_get_bool(at) == CONFIG_TRUE;
    if (config_setting_type(at) != CONFIG_TYPE_BOOL)
        bad_value(reading, setting, at, pst_say("%s", type_name(at)));
    else
        memcpy(into, &value, sizeof value);
}

typedef void reader(struct reading *, const struct pst_setting *, const config_setting_t *, void *);
static reader *const readers[] = {
    [PST_SETTING_TEXT] = read_text,
    [PST_SETTING_TEXTS] = read_texts,
    [PST_SETTING_INTEGER] = read_integer,
    [PST_SETTING_BOOL] = read_bool,
};

static void read_setting(struct reading *reading, const struct pst_setting *setting,
                         const config_setting_t *at)
{
    readers[setting->type](reading, setting, at, reading->into + setting->offset);
}

/* 0: no setting is called so; 1: some are called so up to a dot; 2: `*out` is. */
static int find_setting(const struct reading *reading, const char *path,
                        const struct pst_setting **out)
{
    size_t len = strlen(path);
    int found = 0;
    for (size_t i = 0; i < reading->count; i++) {
        const char *key = reading->settings[i].key;
        if (strncmp(key, path, len) != 0 || (key[len] != '\0' && key[len] != '.'))
            continue;
        if (key[len] == '.') {
            found = 1;
            continue;
        }
        *out = &reading->settings[i];
        return 2;
    }
    return found;
}

/* Goes down only where the table goes, so never deeper than its keys. */
static void walk(struct reading *reading, const config_setting_t *group, const char *above)
{
    for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++) {
        const config_setting_t *child = config_setting_get_elem(group, i);
        const struct pst_setting *setting = NULL;
        char path[KEY_ROOM];
        int len = snprintf(path, sizeof path, "%s%s%s", above, above[0] != '\0' ? "." : "",
                           config_setting_name(child));
        bool fits = len > 0 && (size_t)len < sizeof path;
        int found = fits ? find_setting(reading, path, &setting) : 0;

        if (found == 2)
            read_setting(reading, setting, child);
        else if (found == 0)
            fault(reading, child, PST_CONFIG_UNKNOWN, pst_say("a setting that --help-config lists"),
                  pst_say("%s", path));
        else if (config_setting_is_group(child))
            walk(reading, child, path);
        else
            fault(reading, child, PST_CONFIG_VALUE, pst_say("%s: a group", path),
                  pst_say("%s", type_name(child)));
    }
}

static void tree_cleanup(config_t *tree)
{
    config_destroy(tree);
}

/* Fills `tree`, which is initialized already, or tells why not. */
static bool parse_tree(struct reading *reading, config_t *tree, struct pst_text text)
{
    PST_CLEANUP(pst_buf) struct pst_buf safe = pst_buf(2 * FILE_BYTES_MOST);
    enum pst_code rc = pst_config_text_prepare(text, reading->name, &safe, reading->why);

    if (rc != PST_OK) {
        reading->first = rc;
        return false;
    }
    if (config_read_string(tree, (const char *)safe.at) == CONFIG_TRUE)
        return true;
    PST_WITHIN(reading->why, "%s:%d", reading->name, config_error_line(tree));
    reading->first = pst_refuse(reading->why, PST_CONFIG_SYNTAX, pst_say("libconfig syntax"),
                                pst_say("%s", config_error_text(tree)));
    return false;
}

/* A preset is read as if it stood in a file, so that it means the same there. */
static void write_preset(const struct pst_setting *setting, char *out, size_t room)
{
    const char *preset = setting->preset;
    bool bare_text = setting->type == PST_SETTING_TEXT && preset[0] != '"';
    bool bare_texts = setting->type == PST_SETTING_TEXTS && preset[0] != '[';
    const char *before = bare_texts ? "[\"" : bare_text ? "\"" : "";
    const char *after = bare_texts ? "\"]" : bare_text ? "\"" : "";
    snprintf(out, room, "preset = %s%s%s;", before, preset, after);
}

/* Not set, whatever the bounds say of a text that is written. */
static bool leave_empty(const struct pst_setting *setting, void *into)
{
    static const struct pst_config_list none;
    if (setting->type == PST_SETTING_TEXT)
        memcpy(into, "", 1);
    else if (setting->type == PST_SETTING_TEXTS)
        memcpy(into, &none, sizeof none);
    return setting->type == PST_SETTING_TEXT || setting->type == PST_SETTING_TEXTS;
}

static void apply_preset(struct reading *reading, const struct pst_setting *setting)
{
    char text[2 * PST_CONFIG_TEXT_ROOM];
    if (setting->preset[0] == '\0' && leave_empty(setting, reading->into + setting->offset))
        return;
    write_preset(setting, text, sizeof text);

    PST_CLEANUP(tree) config_t tree;
    config_init(&tree);
    if (parse_tree(reading, &tree, pst_text(text)))
        read_setting(reading, setting, config_lookup(&tree, "preset"));
}

static void fill_gaps(struct reading *reading, const config_t *tree)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct pst_setting *setting = &reading->settings[i];
        if (config_lookup(tree, setting->key) != NULL)
            continue;
        if (setting->preset != NULL)
            apply_preset(reading, setting);
        else
            fault(reading, NULL, PST_CONFIG_MISSING,
                  pst_say("%s: %s", setting->key, allowed(setting).at), pst_say("nothing"));
    }
}

static void read_all(struct reading *reading, struct pst_text text)
{
    PST_CLEANUP(tree) config_t tree;
    config_init(&tree);
    if (!parse_tree(reading, &tree, text))
        return;
    walk(reading, config_root_setting(&tree), "");
    fill_gaps(reading, &tree);
}

static enum pst_code parse(struct pst_text text, const char *name,
                           const struct pst_setting *settings, size_t count, void *into,
                           size_t into_size, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) void *filled = malloc(into_size);
    if (filled == NULL)
        return pst_no_memory(why, "the configuration");
    memcpy(filled, into, into_size);

    struct reading reading = {
        .name = name, .settings = settings, .count = count, .into = filled, .why = why};
    read_all(&reading, text);
    if (reading.first == PST_OK)
        memcpy(into, filled, into_size);
    return reading.first;
}

enum pst_code pst_config_parse(const char *text, const char *name,
                               const struct pst_setting *settings, size_t count, void *into,
                               size_t into_size, struct pst_report *why)
{
    return parse(pst_text(text), name, settings, count, into, into_size, why);
}

enum pst_code pst_config_read(const char *path, const struct pst_setting *settings, size_t count,
                              void *into, size_t into_size, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_buf(FILE_BYTES_MOST);
    if (path != NULL) {
        enum pst_code rc = pst_file_read(path, &content, why);
        if (rc != PST_OK)
            return rc;
    }
    return parse(pst_buf_text(&content), path != NULL ? path : "presets", settings, count, into,
                 into_size, why);
}

bool pst_config_help(const struct pst_setting *settings, size_t count, struct pst_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const char *preset = settings[i].preset;
        bool empty = preset != NULL && preset[0] == '\0';
        if (!pst_buf_print(out, "%s\n    %s\n    %s; %s%s\n\n", settings[i].key, settings[i].help,
                           allowed(&settings[i]).at, preset == NULL ? "must be given" : "preset: ",
                           preset == NULL ? ""
                           : empty        ? "none"
                                          : preset))
            return false;
    }
    return true;
}
