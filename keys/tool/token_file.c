/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "keys/tool/tool.h"
#include "manifests/fields.h"
#include "manifests/file.h"

static const char *const private_kinds[] = {"key", "token"};

static enum pst_code refuse_existing(const char *path, struct pst_report *why)
{
    if (access(path, F_OK) == 0)
        return pst_refuse_errno(why, EEXIST, path);
    return errno == ENOENT ? PST_OK : pst_refuse_errno(why, errno, path);
}

enum pst_code pst_tool_reserve(const struct pst_tool *tool, const char *name, const char *kind,
                               char private[PATH_ROOM], char public[PATH_ROOM],
                               struct pst_report *why)
{
    char folder[PATH_ROOM];

    if (!pst_name_is_safe(pst_text(name)))
        return pst_refuse(why, PST_USAGE,
                          pst_say("a name of letters, digits, '.', '_' and '-', 64 at most"),
                          pst_say("'%s'", name));
    enum pst_code rc = pst_tool_folder(tool, "keys", folder, why);
    if (rc == PST_OK)
        rc = pst_folder_make(folder, 0700, why);
    if (rc == PST_OK)
        rc = pst_tool_path(tool, name, "pub", public, why);
    if (rc != PST_OK)
        return rc;
    for (size_t i = 0; i < PST_COUNT(private_kinds); i++) {
        enum pst_code next = pst_tool_path(tool, name, private_kinds[i], private, why);
        if (next == PST_OK)
            next = refuse_existing(private, why);
        rc = rc != PST_OK ? rc : next;
    }
    enum pst_code of_public = refuse_existing(public, why);
    rc = rc != PST_OK ? rc : of_public;
    return rc == PST_OK ? pst_tool_path(tool, name, kind, private, why) : rc;
}

/* The folder travels, and whoever can write to it must not choose what code runs here, nor which
 * file's first line is given to it as a PIN. */
static enum pst_code refuse_machine(const struct pst_token_uri *uri, struct pst_report *why)
{
    if (uri->module_path[0] == '\0' && uri->pin_source[0] == '\0')
        return PST_OK;
    return pst_refuse(why, PST_UNKNOWN_FIELD,
                      pst_say("the token and the key alone; --module and --passphrase-file say "
                              "the rest"),
                      pst_say("%s", uri->module_path[0] != '\0' ? "module-path" : "pin-source"));
}

enum pst_code pst_tool_read_token_file(const char *path, struct pst_token_uri *out,
                                       struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(PST_TOKEN_URI_MOST);
    struct pst_token_uri uri;

    PST_WITHIN(why, "%s", path);
    enum pst_code rc = pst_file_read(path, &file, why);
    if (rc != PST_OK)
        return rc;
    struct pst_text line = pst_buf_text(&file);
    if (line.len > 0 && line.at[line.len - 1] == '\n')
        line.len--;
    rc = pst_token_uri_parse(line, &uri, why);
    if (rc == PST_OK)
        rc = refuse_machine(&uri, why);
    if (rc == PST_OK)
        *out = uri;
    return rc;
}

static enum pst_code open_token(const struct pst_tool *tool, const struct pst_token_uri *uri,
                                struct pst_private_key **out, struct pst_report *why)
{
    const struct pst_token_access access = {.module = tool->module, .pin = tool->passphrase};
    struct pst_token_facts facts;
    return pst_token_open(tool->tokens, uri, &access, out, &facts, why);
}

static enum pst_code load_by_file(const struct pst_tool *tool, const char *path,
                                  struct pst_private_key **out, struct pst_report *why)
{
    struct pst_token_uri uri;

    enum pst_code rc = pst_tool_read_token_file(path, &uri, why);
    if (rc != PST_OK)
        return rc;
    PST_WITHIN(why, "%s", path);
    return open_token(tool, &uri, out, why);
}

static enum pst_code load_by_uri(const struct pst_tool *tool, const char *word,
                                 struct pst_private_key **out, struct pst_report *why)
{
    struct pst_token_uri uri;

    enum pst_code rc = pst_token_uri_parse(pst_text(word), &uri, why);
    return rc == PST_OK ? open_token(tool, &uri, out, why) : rc;
}

enum pst_code pst_tool_load_private(const struct pst_tool *tool, const char *word,
                                    char path[PATH_ROOM], struct pst_private_key **out,
                                    struct pst_report *why)
{
    char of_token[PATH_ROOM];

    if (strncmp(word, "pkcs11:", strlen("pkcs11:")) == 0) {
        snprintf(path, PATH_ROOM, "pkcs11:");
        return load_by_uri(tool, word, out, why);
    }
    enum pst_code rc = pst_tool_path(tool, word, "key", path, why);
    if (rc == PST_OK)
        rc = pst_tool_path(tool, word, "token", of_token, why);
    if (rc != PST_OK)
        return rc;
    if (access(of_token, F_OK) != 0)
        return pst_ceremony_load_private(path, &tool->passphrase, out, why);
    if (access(path, F_OK) == 0)
        return pst_refuse(why, PST_TOKEN_NOT_ONE, pst_say("%s or the .token beside it", path),
                          pst_say("both"));
    memcpy(path, of_token, PATH_ROOM);
    return load_by_file(tool, path, out, why);
}
