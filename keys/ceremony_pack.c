/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ceremony_pack.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "manifests/envelope.h"
#include "manifests/fields.h"
#include "manifests/file.h"
#include "manifests/json_out.h"

enum { PACK_FILE_MOST = 65536 };

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static enum pst_code join(const char *folder, const char *name, char out[PATH_MAX],
                          struct pst_report *why)
{
    return pst_path_join(folder, name, out, PATH_MAX) ? PST_OK
                                                      : pst_refuse_errno(why, ENAMETOOLONG, folder);
}

/* Only what reads as a role file is copied. */
static enum pst_code copy_role(const char *from, enum pst_role_kind kind, const char *folder,
                               const char *name, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    char to[PATH_MAX];

    PST_WITHIN(why, "%s", from);
    enum pst_code rc = pst_file_read(from, &bytes, why);
    if (rc == PST_OK)
        rc = pst_role_parse(kind, pst_buf_bytes(&bytes), &role, why);
    if (rc == PST_OK)
        rc = join(folder, name, to, why);
    return rc == PST_OK ? pst_file_replace(to, pst_buf_bytes(&bytes), 0644, why) : rc;
}

static enum pst_code copy_chain(const struct pst_ceremony_export *in, const char *metadata,
                                struct pst_report *why)
{
    int64_t lowest = 0, highest = 0;
    char path[PATH_MAX], name[40];

    enum pst_code rc = pst_ceremony_root_range(in->metadata, &lowest, &highest, why);
    for (int64_t v = lowest; rc == PST_OK && lowest > 0 && v <= highest; v++) {
        snprintf(name, sizeof name, "%lld.root.json", (long long)v);
        rc = join(in->metadata, name, path, why);
        if (rc == PST_OK)
            rc = copy_role(path, PST_ROLE_ROOT, metadata, name, why);
    }
    if (rc == PST_OK)
        rc = join(in->metadata, "targets.json", path, why);
    if (rc == PST_OK && access(path, F_OK) == 0)
        rc = copy_role(path, PST_ROLE_TARGETS, metadata, "targets.json", why);
    return rc;
}

static enum pst_code copy_before(const struct pst_ceremony_export *in,
                                 const struct pst_ceremony_file *file, const char *signed_folder,
                                 struct pst_report *why)
{
    char name[PST_CEREMONY_NAME_MOST + 1] = "", path[PATH_MAX];

    if (file->role->kind == PST_ROLE_ROOT)
        return PST_OK;
    enum pst_code rc = pst_ceremony_latest(in->history, file->name, file->role->version, name, why);
    if (rc != PST_OK || name[0] == '\0')
        return rc;
    rc = join(in->history, name, path, why);
    return rc == PST_OK ? copy_role(path, PST_ROLE_TARGETS, signed_folder, name, why) : rc;
}

static enum pst_code copy_draft(const struct pst_ceremony_export *in, const char *draft,
                                const char *metadata, const char *signed_folder,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    const struct pst_ceremony_place place = {
        .path = draft, .metadata = in->metadata, .now_s = in->now_s};

    enum pst_code rc = pst_ceremony_open(&place, &file, why);
    if (rc == PST_OK && strlen(base_of(draft)) > PST_CEREMONY_NAME_MOST)
        rc = pst_refuse_errno(why, ENAMETOOLONG, draft);
    if (rc == PST_OK)
        rc = copy_role(draft, file.role->kind, metadata, base_of(draft), why);
    return rc == PST_OK ? copy_before(in, &file, signed_folder, why) : rc;
}

static enum pst_code copy_fleet(const char *fleet_path, const char *folder, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(pst_json_large.bytes);
    char to[PATH_MAX];

    if (fleet_path == NULL)
        return PST_OK;
    enum pst_code rc = pst_ceremony_fleet_read(fleet_path, &fleet, why);
    if (rc == PST_OK)
        rc = pst_file_read(fleet_path, &bytes, why);
    if (rc == PST_OK)
        rc = join(folder, "fleet-schemes.json", to, why);
    return rc == PST_OK ? pst_file_replace(to, pst_buf_bytes(&bytes), 0644, why) : rc;
}

static enum pst_code write_list(const struct pst_ceremony_export *in, const char *folder,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PACK_FILE_MOST);
    struct pst_json_out out = pst_json_out(&text);
    char to[PATH_MAX];

    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "format", PST_CEREMONY_PACK_FORMAT);
    pst_out_instant(&out, "made", in->now_s);
    pst_out_open(&out, "drafts", '[');
    for (size_t i = 0; i < in->count; i++)
        pst_out_string(&out, NULL, base_of(in->draft[i]));
    pst_out_close(&out, ']');
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out) || !pst_buf_add_text(&text, "\n"))
        return pst_refuse(why, PST_TOO_LARGE, pst_say("fewer drafts"), pst_say("%zu", in->count));
    enum pst_code rc = join(folder, "pack.json", to, why);
    return rc == PST_OK ? pst_file_replace(to, pst_buf_bytes(&text), 0644, why) : rc;
}

static enum pst_code fill(const struct pst_ceremony_export *in, const char *folder,
                          struct pst_report *why)
{
    char metadata[PATH_MAX], signed_folder[PATH_MAX];

    enum pst_code rc = join(folder, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = join(folder, "signed", signed_folder, why);
    if (rc == PST_OK)
        rc = pst_folder_make(metadata, 0755, why);
    if (rc == PST_OK)
        rc = pst_folder_make(signed_folder, 0755, why);
    if (rc == PST_OK)
        rc = copy_chain(in, metadata, why);
    for (size_t i = 0; rc == PST_OK && i < in->count; i++)
        rc = copy_draft(in, in->draft[i], metadata, signed_folder, why);
    if (rc == PST_OK)
        rc = copy_fleet(in->fleet_path, folder, why);
    return rc == PST_OK ? write_list(in, folder, why) : rc;
}

/* What can be refused is refused before anything is made. */
static enum pst_code look_at_drafts(const struct pst_ceremony_export *in, struct pst_report *why)
{
    enum pst_code first = PST_OK;

    if (in->count == 0 || in->count > PST_CEREMONY_PACK_MOST)
        return pst_refuse(why, PST_USAGE, pst_say("1 to %d drafts", PST_CEREMONY_PACK_MOST),
                          pst_say("%zu", in->count));
    for (size_t i = 0; i < in->count; i++) {
        PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
        const struct pst_ceremony_place place = {
            .path = in->draft[i], .metadata = in->metadata, .now_s = in->now_s};
        enum pst_code rc = pst_ceremony_open(&place, &file, why);
        first = first == PST_OK ? rc : first;
    }
    return first;
}

enum pst_code pst_ceremony_pack_make(const struct pst_ceremony_export *in, struct pst_report *why)
{
    char part[PATH_MAX];

    enum pst_code rc = look_at_drafts(in, why);
    if (rc != PST_OK)
        return rc;
    int len = snprintf(part, sizeof part, "%s.part", in->to);
    if (len < 0 || (size_t)len >= sizeof part)
        return pst_refuse_errno(why, ENAMETOOLONG, in->to);
    if (access(in->to, F_OK) == 0 || access(part, F_OK) == 0)
        return pst_refuse_errno(why, EEXIST, access(in->to, F_OK) == 0 ? in->to : part);
    rc = fill(in, part, why);
    if (rc == PST_OK && rename(part, in->to) != 0)
        rc = pst_refuse_errno(why, errno, in->to);
    return rc;
}

static enum pst_code read_drafts(const struct pst_json *array, struct pst_ceremony_pack *out,
                                 struct pst_report *why)
{
    const struct pst_json *one = pst_json_first(array);

    for (; one != NULL; one = pst_json_next(one)) {
        struct pst_text name = pst_json_text(one);
        if (!pst_target_path_is_safe(name) || memchr(name.at, '/', name.len) != NULL ||
            name.len > PST_CEREMONY_NAME_MOST)
            return pst_refuse(why, PST_WRONG_TYPE, pst_say("names of role files"),
                              pst_say("'%.*s'", PST_ARGS(name)));
        snprintf(out->draft[out->count++], sizeof out->draft[0], "%.*s", PST_ARGS(name));
    }
    return PST_OK;
}

enum pst_code pst_ceremony_pack_read(const char *folder, struct pst_ceremony_pack *out,
                                     struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PACK_FILE_MOST);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    char path[PATH_MAX];

    *out = (struct pst_ceremony_pack){0};
    enum pst_code rc = join(folder, "pack.json", path, why);
    PST_WITHIN(why, "%s", folder);
    if (rc == PST_OK)
        rc = pst_file_read(path, &bytes, why);
    if (rc == PST_OK)
        rc = pst_json_parse(pst_buf_bytes(&bytes), &pst_json_small, &json, why);
    if (rc != PST_OK)
        return rc;
    struct pst_fields fields = pst_fields_open(json, why);
    struct pst_text format = pst_fields_text(&fields, "format", 64);
    if (format.len > 0 && !pst_text_is(format, PST_CEREMONY_PACK_FORMAT))
        return pst_refuse(why, PST_METADATA_FORMAT_UNKNOWN, pst_say("%s", PST_CEREMONY_PACK_FORMAT),
                          pst_say("%.*s", PST_ARGS(format)));
    out->made_s = pst_fields_instant(&fields, "made");
    const struct pst_json *drafts = pst_fields_array(&fields, "drafts", 1, PST_CEREMONY_PACK_MOST);
    pst_fields_merge(&fields, read_drafts(drafts, out, why));
    return pst_fields_close(&fields);
}

static enum pst_code read_root(const char *metadata, const char *name, struct pst_role **out,
                               struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_ROOT_BYTES);
    char path[PATH_MAX];

    enum pst_code rc = join(metadata, name, path, why);
    if (rc != PST_OK || access(path, F_OK) != 0)
        return rc;
    PST_WITHIN(why, "%s", path);
    rc = pst_file_read(path, &bytes, why);
    return rc == PST_OK ? pst_role_parse(PST_ROLE_ROOT, pst_buf_bytes(&bytes), out, why) : rc;
}

enum pst_code pst_ceremony_pack_anchor(const char *metadata, const char *known, int64_t *shared,
                                       struct pst_report *why)
{
    int64_t lowest = 0, highest = 0;

    *shared = 0;
    enum pst_code rc = pst_ceremony_root_range(known, &lowest, &highest, why);
    for (int64_t v = lowest; rc == PST_OK && lowest > 0 && v <= highest; v++) {
        PST_CLEANUP(pst_role) struct pst_role *mine = NULL, *theirs = NULL;
        char name[40];
        snprintf(name, sizeof name, "%lld.root.json", (long long)v);
        rc = read_root(known, name, &mine, why);
        if (rc == PST_OK)
            rc = read_root(metadata, name, &theirs, why);
        if (rc != PST_OK || mine == NULL || theirs == NULL)
            continue;
        ++*shared;
        if (!pst_bytes_equal(pst_buf_bytes(&mine->envelope->canonical),
                             pst_buf_bytes(&theirs->envelope->canonical)))
            rc = pst_refuse(why, PST_INCONSISTENT, pst_say("%s as it is in %s", name, known),
                            pst_say("another one in %s", metadata));
    }
    return rc;
}
