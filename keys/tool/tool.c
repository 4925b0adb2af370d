/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/tool/tool.h"

#include <stdarg.h>
#include <unistd.h>

#include "manifests/fields.h"
#include "manifests/file.h"
#include "manifests/instant.h"

enum { DAYS_MOST = 36500, KEYID_DIGITS_LEAST = 8 };

const char *pst_tool_phrase(const struct pst_tool *tool, enum pst_phrase which)
{
    return pst_phrase(which, tool->language);
}

void pst_tool_say(const struct pst_tool *tool, enum pst_phrase label, const char *format, ...)
{
    va_list args;

    fprintf(tool->out, "  %s: ", pst_tool_phrase(tool, label));
    va_start(args, format);
    vfprintf(tool->out, format, args);
    va_end(args);
    fputc('\n', tool->out);
}

enum pst_code pst_tool_folder(const struct pst_tool *tool, const char *name, char out[PATH_ROOM],
                              struct pst_report *why)
{
    if (pst_path_join(tool->folder, name, out, PATH_ROOM))
        return PST_OK;
    return pst_refuse(why, PST_USAGE, pst_say("a shorter path"), pst_say("%s", tool->folder));
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

enum pst_code pst_tool_path(const struct pst_tool *tool, const char *name, const char *kind,
                            char out[PATH_ROOM], struct pst_report *why)
{
    const char *folder = strcmp(kind, "json") == 0 ? "metadata" : "keys";
    char ending[8];
    int len = 0;

    snprintf(ending, sizeof ending, ".%s", kind);
    const char *added = ends_with(name, ending) ? "" : ending;
    if (strchr(name, '/') != NULL)
        len = snprintf(out, PATH_ROOM, "%s", name);
    else
        len = snprintf(out, PATH_ROOM, "%s/%s/%s%s", tool->folder, folder, name, added);
    if (len >= 0 && len < PATH_ROOM)
        return PST_OK;
    return pst_refuse(why, PST_USAGE, pst_say("a shorter path"), pst_say("%s", name));
}

enum pst_code pst_tool_open_last(const struct pst_tool *tool, const char *name,
                                 char path[PATH_ROOM], struct pst_ceremony_file *out,
                                 struct pst_report *why)
{
    char metadata[PATH_ROOM], history[PATH_ROOM];

    enum pst_code rc = pst_tool_path(tool, name, "json", path, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "signed", history, why);
    if (rc != PST_OK)
        return rc;
    const struct pst_ceremony_place place = {
        .path = path, .metadata = metadata, .now_s = tool->now_s};
    rc = pst_ceremony_open(&place, out, why);
    return rc == PST_OK ? pst_ceremony_keep(history, out, why) : rc;
}

enum pst_code pst_tool_number(const struct pst_tool *tool, const char *option, int64_t least,
                              int64_t most, int64_t otherwise, int64_t *out, struct pst_report *why)
{
    const char *word = pst_arguments_one(tool->arguments, option);
    struct pst_text rest = pst_text(word);
    uint64_t number = 0;

    if (word == NULL)
        *out = otherwise;
    else if (!pst_take_number(&rest, (uint64_t)most, &number) || rest.len > 0 ||
             (int64_t)number < least)
        return pst_refuse(why, PST_USAGE,
                          pst_say("%s with a whole number from %lld to %lld", option,
                                  (long long)least, (long long)most),
                          pst_say("%s", word));
    else
        *out = (int64_t)number;
    return PST_OK;
}

enum pst_code pst_tool_instant(const struct pst_tool *tool, const char *option, int64_t otherwise,
                               int64_t *out, struct pst_report *why)
{
    const char *word = pst_arguments_one(tool->arguments, option);

    if (word == NULL) {
        *out = otherwise;
        return PST_OK;
    }
    if (pst_instant_parse(pst_text(word), out))
        return PST_OK;
    return pst_refuse(why, PST_USAGE,
                      pst_say("%s with a time such as 2030-01-31T00:00:00Z", option),
                      pst_say("%s", word));
}

enum pst_code pst_tool_end(const struct pst_tool *tool, const char *option, int64_t otherwise,
                           int64_t *out, struct pst_report *why)
{
    int64_t days = 0;

    if (!pst_arguments_has(tool->arguments, "--days"))
        return pst_tool_instant(tool, option, otherwise, out, why);
    if (pst_arguments_has(tool->arguments, option))
        return pst_refuse(why, PST_USAGE, pst_say("%s or --days", option), pst_say("both"));
    enum pst_code rc = pst_tool_number(tool, "--days", 1, DAYS_MOST, 0, &days, why);
    if (rc == PST_OK)
        *out = tool->now_s + days * DAY_S;
    return rc;
}

enum pst_code pst_tool_window(const struct pst_tool *tool, int64_t *from_s, int64_t *until_s,
                              struct pst_report *why)
{
    char now[PST_INSTANT_ROOM], end[PST_INSTANT_ROOM];

    enum pst_code rc = pst_tool_instant(tool, "--not-before", INT64_MIN, from_s, why);
    enum pst_code of_end = pst_tool_end(tool, "--not-after", INT64_MAX, until_s, why);
    if (rc != PST_OK || of_end != PST_OK)
        return rc != PST_OK ? rc : of_end;
    if (*until_s <= tool->now_s)
        return pst_refuse(why, PST_KEY_EXPIRED,
                          pst_say("an end after %s", pst_instant_print(tool->now_s, now)),
                          pst_say("%s", pst_instant_print(*until_s, end)));
    return PST_OK;
}

static enum pst_code check_fit(const struct pst_tool *tool, const char *path,
                               const struct pst_role *root, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
    enum pst_code rc = pst_ceremony_key_read(path, &key, why);
    PST_WITHIN(why, "%s", path);
    return rc == PST_OK ? pst_ceremony_fit_key(&key, root, tool->now_s, why) : rc;
}

enum pst_code pst_tool_add_keys(const struct pst_tool *tool, const char *option,
                                struct pst_ceremony_draft *draft,
                                struct pst_ceremony_draft_rule *rule, const struct pst_role *root,
                                struct pst_report *why)
{
    enum pst_code first = PST_OK;
    const char *word;

    for (size_t i = 0; (word = pst_arguments_at(tool->arguments, option, i)) != NULL; i++) {
        char path[PATH_ROOM];
        enum pst_code rc = pst_tool_path(tool, word, "pub", path, why);
        if (rc == PST_OK)
            rc = check_fit(tool, path, root, why);
        if (rc == PST_OK)
            rc = pst_ceremony_draft_add_key(draft, rule, path, why);
        first = first == PST_OK ? rc : first;
    }
    return first;
}

enum pst_code pst_tool_fleet(const struct pst_tool *tool, const char *folder,
                             struct pst_ceremony_fleet **out, struct pst_report *why)
{
    const char *given = pst_arguments_one(tool->arguments, "--fleet");
    char path[PATH_ROOM];
    int64_t may_strand = 0;

    if (given == NULL && !pst_path_join(folder, "fleet-schemes.json", path, sizeof path))
        return pst_refuse(why, PST_USAGE, pst_say("a shorter path"), pst_say("%s", folder));
    enum pst_code rc =
        pst_tool_number(tool, "--strand", 0, PST_JSON_INTEGER_MAX, -1, &may_strand, why);
    if (rc != PST_OK)
        return rc;
    if (given == NULL && access(path, F_OK) != 0) {
        if (may_strand >= 0)
            return pst_refuse(why, PST_USAGE, pst_say("--fleet FILE with --strand"),
                              pst_say("none, nor %s", path));
        return PST_OK;
    }
    rc = pst_ceremony_fleet_read(given != NULL ? given : path, out, why);
    if (rc == PST_OK)
        (*out)->may_strand = may_strand;
    return rc;
}

static bool is_keyid(const char *word)
{
    size_t len = strlen(word);
    return len >= KEYID_DIGITS_LEAST && len <= PST_KEYID_MOST &&
           strspn(word, "0123456789abcdef") == len;
}

static size_t find_listed(const struct pst_role *role, const char *digits,
                          struct pst_tool_found_key *out)
{
    size_t found = 0;
    for (size_t i = 0; role != NULL && i < role->key_count; i++) {
        struct pst_text id = role->key[i].id;
        if (!pst_text_starts(id, digits) || pst_text_is(id, out->id))
            continue;
        found++;
        snprintf(out->id, sizeof out->id, "%.*s", PST_ARGS(id));
        out->listed = &role->key[i];
    }
    return found;
}

enum pst_code pst_tool_find_key(const struct pst_tool *tool, const char *word,
                                const struct pst_role *root, const struct pst_role *targets,
                                struct pst_tool_found_key *out, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
    char path[PATH_ROOM];
    const char *digits = word;

    *out = (struct pst_tool_found_key){{0}, NULL};
    if (!is_keyid(word)) {
        enum pst_code rc = pst_tool_path(tool, word, "pub", path, why);
        if (rc == PST_OK)
            rc = pst_ceremony_key_read(path, &key, why);
        if (rc != PST_OK)
            return rc;
        digits = key.id;
    }
    size_t found = find_listed(root, digits, out);
    found += find_listed(targets, digits, out);
    if (found > 1)
        return pst_refuse(why, PST_KEY_UNKNOWN, pst_say("a keyid that only one key begins with"),
                          pst_say("%s", digits));
    if (found == 0 && strlen(digits) < 64)
        return pst_refuse(why, PST_KEY_UNKNOWN,
                          pst_say("the beginning of a keyid in root or targets, or a whole one"),
                          pst_say("%s", digits));
    if (found == 0)
        snprintf(out->id, sizeof out->id, "%s", digits);
    return PST_OK;
}
