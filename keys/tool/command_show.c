/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/tool/tool.h"

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Encrypted ones stay shut: what they are stands in the public key beside them. */
static enum pst_code show_private(const struct pst_tool *tool, const char *path,
                                  struct pst_report *why)
{
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key described = {0};
    struct pst_report causes = {0};

    enum pst_code rc = pst_private_key_read(path, NULL, &key, &causes);
    if (rc != PST_OK && rc != PST_KEY_LOCKED) {
        pst_report_append(why, &causes, false);
        return rc;
    }
    if (rc == PST_OK) {
        rc = pst_ceremony_key_of(key, INT64_MIN, INT64_MAX, &described, why);
        if (rc != PST_OK)
            return rc;
    }
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_KEY), path);
    pst_tool_say(tool, SAY_PRIVATE, "%s",
                 pst_tool_phrase(tool, key != NULL ? SAY_PLAIN : SAY_ENCRYPTED));
    if (key != NULL)
        pst_tool_say(tool, SAY_SCHEME, "%s", described.scheme);
    return PST_OK;
}

static enum pst_code show_public(const struct pst_tool *tool, const char *path,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};

    enum pst_code rc = pst_ceremony_key_read(path, &key, why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_KEY), path);
    pst_tool_say_key(tool, &key);
    return PST_OK;
}

/* Against the file that --against names, when it is given. */
static enum pst_code show_changes(const struct pst_tool *tool, const struct pst_ceremony_file *file,
                                  struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_before) struct pst_ceremony_before before = {0};
    const char *against = pst_arguments_one(tool->arguments, "--against");
    char path[PATH_ROOM];

    if (against == NULL)
        return PST_OK;
    enum pst_code rc = pst_tool_path(tool, against, "json", path, why);
    if (rc == PST_OK)
        rc = pst_ceremony_read_before(path, file, tool->now_s, &before, why);
    return rc == PST_OK ? pst_tool_say_changes(tool, file, &before, why) : rc;
}

static enum pst_code show_role(const struct pst_tool *tool, const char *path,
                               struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    char metadata[PATH_ROOM];

    enum pst_code rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc != PST_OK)
        return rc;
    const struct pst_ceremony_place place = {
        .path = path, .metadata = metadata, .now_s = tool->now_s};
    rc = pst_ceremony_open(&place, &file, why);
    if (rc != PST_OK)
        return rc;
    pst_tool_say_body(tool, path, &file);
    pst_tool_say_standing(tool, &file);
    pst_report_append(why, &file.causes, true); /* what it says is shown all the same */
    return show_changes(tool, &file, why);
}

/* What the file says; the token itself would want its PIN. */
static enum pst_code show_token(const struct pst_tool *tool, const char *path,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_TOKEN_URI_MOST);
    struct pst_token_uri uri;

    enum pst_code rc = pst_tool_read_token_file(path, &uri, why);
    if (rc == PST_OK)
        rc = pst_token_uri_print(&uri, &text, why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_KEY), path);
    pst_tool_say(tool, SAY_PRIVATE, "%s", pst_tool_phrase(tool, SAY_IN_TOKEN));
    pst_tool_say(tool, SAY_TOKEN, "%.*s", PST_ARGS(pst_buf_text(&text)));
    return PST_OK;
}

static enum pst_code show(const struct pst_tool *tool, const char *word, struct pst_report *why)
{
    static const struct {
        const char *kind, *ending;
        enum pst_code (*show)(const struct pst_tool *tool, const char *path,
                              struct pst_report *why);
    } kinds[] = {
        {"key", ".key", show_private},
        {"pub", ".pub", show_public},
        {"json", ".json", show_role},
        {"token", ".token", show_token},
    };
    char path[PATH_ROOM];
    size_t kind = 1; /* a name alone is a key's */

    for (size_t i = 0; i < PST_COUNT(kinds); i++)
        if (ends_with(word, kinds[i].ending))
            kind = i;
    enum pst_code rc = pst_tool_path(tool, word, kinds[kind].kind, path, why);
    return rc == PST_OK ? kinds[kind].show(tool, path, why) : rc;
}

enum pst_code pst_command_show(const struct pst_tool *tool, struct pst_report *why)
{
    enum pst_code first = PST_OK;
    for (size_t i = 0; i < tool->arguments->word_count; i++) {
        enum pst_code rc = show(tool, tool->arguments->word[i], why);
        first = first == PST_OK ? rc : first;
    }
    return first;
}
