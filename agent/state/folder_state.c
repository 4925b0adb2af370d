/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/state/folder_state.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "manifests/file.h"

/* Role names come from the network; only what cannot leave the folder becomes a file name. */
static bool is_safe_file_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL &&
           strlen(name) < NAME_MAX - 8;
}

static enum pst_code path_of(const struct pst_folder_state *state, const char *name,
                             char path[PATH_MAX], struct pst_report *why)
{
    if (!is_safe_file_name(name) || !pst_path_join(state->folder, name, path, PATH_MAX))
        return pst_refuse(why, PST_HOST_NOT_FOUND, pst_say("a plain file name"),
                          pst_say("'%s'", name));
    return PST_OK;
}

static enum pst_code read_document(void *context, const char *name, struct pst_buf *out,
                                   struct pst_report *why)
{
    char path[PATH_MAX];
    enum pst_code rc = path_of(context, name, path, why);
    /* Not being there is an answer, not a finding. */
    if (rc == PST_OK && access(path, F_OK) != 0 && errno == ENOENT)
        return PST_HOST_NOT_FOUND;
    return rc != PST_OK ? rc : pst_file_read(path, out, why);
}

static enum pst_code replace_document(void *context, const char *name, struct pst_bytes content,
                                      struct pst_report *why)
{
    char path[PATH_MAX];
    enum pst_code rc = path_of(context, name, path, why);
    return rc != PST_OK ? rc : pst_file_replace(path, content, 0600, why);
}

static enum pst_code remove_document(void *context, const char *name, struct pst_report *why)
{
    char path[PATH_MAX];
    enum pst_code rc = path_of(context, name, path, why);
    if (rc != PST_OK)
        return rc;
    if (unlink(path) != 0)
        return errno == ENOENT ? PST_OK : pst_refuse_errno(why, errno, path);
    return pst_folder_sync_of(path, why);
}

enum pst_code pst_folder_state_open(const char *folder, struct pst_folder_state *out,
                                    struct pst_report *why)
{
    struct pst_folder_state state;
    int len = snprintf(state.folder, sizeof state.folder, "%s", folder);
    if (len < 0 || (size_t)len >= sizeof state.folder)
        return pst_refuse_errno(why, ENAMETOOLONG, folder);
    enum pst_code rc = pst_folder_make(folder, 0700, why);
    if (rc == PST_OK)
        *out = state;
    return rc;
}

struct pst_state_port pst_folder_state_port(struct pst_folder_state *state)
{
    return (struct pst_state_port){.context = state,
                                   .read = read_document,
                                   .replace = replace_document,
                                   .remove = remove_document};
}
