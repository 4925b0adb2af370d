/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "keys/tool/tool.h"
#include "manifests/file.h"
#include "manifests/instant.h"
#include "manifests/json_out.h"

enum { PUBLIC_FILE_MOST = 65536 };

/* The same key object with another window, and so under another keyid. */
static enum pst_code with_window(const struct pst_ceremony_key *before, int64_t from_s,
                                 int64_t until_s, struct pst_ceremony_key *out,
                                 struct pst_report *why)
{
    static const char *const kept[] = {"keytype", "keyval", "scheme"};
    PST_CLEANUP(pst_json) struct pst_json *object = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(PUBLIC_FILE_MOST);
    struct pst_json_out json = pst_json_out(&file);

    enum pst_code rc =
        pst_json_parse(pst_buf_bytes(&before->object), &pst_json_small, &object, why);
    if (rc != PST_OK)
        return rc;
    pst_out_open(&json, NULL, '{');
    for (size_t i = 0; i < PST_COUNT(kept); i++)
        pst_out_json(&json, kept[i], pst_json_member(object, kept[i]));
    if (until_s != INT64_MAX)
        pst_out_instant(&json, "x-postern-not-after", until_s);
    if (from_s != INT64_MIN)
        pst_out_instant(&json, "x-postern-not-before", from_s);
    pst_out_close(&json, '}');
    if (!pst_json_out_is_whole(&json))
        return pst_no_memory(why, "a key object");
    return pst_ceremony_key_parse(pst_buf_bytes(&file), out, why);
}

static enum pst_code write_key(const struct pst_ceremony_key *key, const char *path,
                               struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(PUBLIC_FILE_MOST);
    enum pst_code rc = pst_ceremony_key_print(key, &file, why);
    return rc == PST_OK ? pst_file_replace(path, pst_buf_bytes(&file), 0644, why) : rc;
}

/* The old one stays beside it: `root next --remove-root` must be able to name it. */
static enum pst_code replace(const struct pst_tool *tool, const char *name,
                             const struct pst_ceremony_key *before,
                             const struct pst_ceremony_key *after, struct pst_report *why)
{
    char path[PATH_ROOM], old_path[PATH_ROOM], old_name[160];

    snprintf(old_name, sizeof old_name, "%.100s-%.8s", name, before->id);
    enum pst_code rc = pst_tool_path(tool, name, "pub", path, why);
    if (rc == PST_OK)
        rc = pst_tool_path(tool, old_name, "pub", old_path, why);
    if (rc == PST_OK)
        rc = write_key(before, old_path, why);
    if (rc == PST_OK)
        rc = write_key(after, path, why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), old_path);
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), path);
    pst_tool_say_key(tool, after);
    return PST_OK;
}

enum pst_code pst_command_renew(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key before = {0}, after = {0};
    const char *name = tool->arguments->word[0];
    char path[PATH_ROOM];
    int64_t from_s = 0, until_s = 0;

    enum pst_code rc = pst_tool_window(tool, &from_s, &until_s, why);
    if (rc == PST_OK && strchr(name, '/') != NULL)
        rc = pst_refuse(why, PST_USAGE, pst_say("the name of a key in the ceremony folder"),
                        pst_say("%s", name));
    if (rc == PST_OK)
        rc = pst_tool_path(tool, name, "pub", path, why);
    if (rc == PST_OK)
        rc = pst_ceremony_key_read(path, &before, why);
    if (rc == PST_OK)
        rc = with_window(&before, from_s, until_s, &after, why);
    return rc == PST_OK ? replace(tool, name, &before, &after, why) : rc;
}
