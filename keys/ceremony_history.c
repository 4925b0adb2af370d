/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ceremony_history.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/file.h"

static void folder_cleanup(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

enum pst_code pst_ceremony_keep(const char *history, const struct pst_ceremony_file *file,
                                struct pst_report *why)
{
    char name[PST_CEREMONY_NAME_MOST + 32], path[PATH_MAX];

    if (file->role->kind == PST_ROLE_ROOT || !pst_ceremony_is_complete(file))
        return PST_OK;
    snprintf(name, sizeof name, "%lld.%s.json", (long long)file->role->version, file->name);
    if (!pst_path_join(history, name, path, sizeof path))
        return pst_refuse_errno(why, ENAMETOOLONG, history);
    enum pst_code rc = pst_folder_make(history, 0755, why);
    return rc == PST_OK ? pst_file_replace(path, pst_buf_bytes(&file->bytes), 0644, why) : rc;
}

void pst_ceremony_before_clear(struct pst_ceremony_before *before)
{
    pst_role_free(before->owned);
    *before = (struct pst_ceremony_before){0};
}

/* "7.pos-a.json" -> 7, when the role is "pos-a"; else 0. */
static int64_t version_of(const char *file_name, const char *role)
{
    struct pst_text name = pst_text(file_name);
    uint64_t version = 0;

    if (!pst_take_number(&name, INT64_MAX, &version) || !pst_take(&name, ".") ||
        !pst_take(&name, role) || !pst_text_is(name, ".json"))
        return 0;
    return (int64_t)version;
}

enum pst_code pst_ceremony_latest(const char *history, const char *role, int64_t below,
                                  char out[PST_CEREMONY_NAME_MOST + 1], struct pst_report *why)
{
    __attribute__((cleanup(folder_cleanup))) DIR *folder = opendir(history);
    const struct dirent *entry;
    int64_t highest = 0;

    out[0] = '\0';
    if (folder == NULL)
        return errno == ENOENT ? PST_OK : pst_refuse_errno(why, errno, history);
    errno = 0;
    while ((entry = readdir(folder)) != NULL) {
        int64_t version = version_of(entry->d_name, role);
        if (version <= highest || version >= below)
            continue;
        highest = version;
        snprintf(out, PST_CEREMONY_NAME_MOST + 1, "%s", entry->d_name);
    }
    return errno == 0 ? PST_OK : pst_refuse_errno(why, errno, history);
}

static bool is_borne_out(const struct pst_ceremony_file *file, const struct pst_role *before,
                         int64_t now_s)
{
    if (file->rule_count == 0)
        return false;
    const struct pst_ceremony_rule *rule = &file->rule[file->rule_count - 1];
    const struct pst_verify_in in = {
        .envelope = before->envelope,
        .delegator = rule->delegator,
        .rule = rule->rule,
        .root = rule->root,
        .now_s = now_s,
        .at_any_time = true,
    };
    return pst_verify(&in, NULL) == PST_OK;
}

enum pst_code pst_ceremony_read_before(const char *path, const struct pst_ceremony_file *file,
                                       int64_t now_s, struct pst_ceremony_before *out,
                                       struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(pst_json_large.bytes);
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;

    PST_WITHIN(why, "%s", path);
    enum pst_code rc = pst_file_read(path, &bytes, why);
    if (rc == PST_OK)
        rc = pst_role_parse(file->role->kind, pst_buf_bytes(&bytes), &role, why);
    if (rc != PST_OK)
        return rc;
    *out = (struct pst_ceremony_before){
        .role = role, .owned = role, .is_borne_out = is_borne_out(file, role, now_s)};
    role = NULL;
    return PST_OK;
}

enum pst_code pst_ceremony_find_before(const char *history, const struct pst_ceremony_file *file,
                                       int64_t now_s, struct pst_ceremony_before *out,
                                       struct pst_report *why)
{
    char name[PST_CEREMONY_NAME_MOST + 1], path[PATH_MAX];

    *out = (struct pst_ceremony_before){0};
    if (file->role->kind == PST_ROLE_ROOT) {
        if (file->rule_count == 2)
            *out =
                (struct pst_ceremony_before){.role = file->rule[1].delegator, .is_borne_out = true};
        return PST_OK;
    }
    enum pst_code rc = pst_ceremony_latest(history, file->name, file->role->version, name, why);
    if (rc != PST_OK || name[0] == '\0')
        return rc;
    if (!pst_path_join(history, name, path, sizeof path))
        return pst_refuse_errno(why, ENAMETOOLONG, history);
    return pst_ceremony_read_before(path, file, now_s, out, why);
}

static int by_length_then_name(const struct dirent **a, const struct dirent **b)
{
    size_t a_len = strlen((*a)->d_name), b_len = strlen((*b)->d_name);
    return a_len != b_len ? (a_len < b_len ? -1 : 1) : strcmp((*a)->d_name, (*b)->d_name);
}

static void add_name(const char *keys, const char *file, struct pst_ceremony_names *out)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
    size_t len = strlen(file);
    char path[PATH_MAX];

    if (len < 5 || strcmp(file + len - 4, ".pub") != 0 || out->count == PST_COUNT(out->at) ||
        !pst_path_join(keys, file, path, sizeof path) ||
        pst_ceremony_key_read(path, &key, NULL) != PST_OK ||
        pst_ceremony_name_of(out, &key)[0] != '\0')
        return;
    snprintf(out->at[out->count].name, sizeof out->at[0].name, "%.*s", (int)(len - 4), file);
    memcpy(out->at[out->count++].fingerprint, pst_public_key_fingerprint(key.public),
           PST_SHA256_BYTES);
}

/* The shortest name of a key is taken: `renew` leaves older halves with digits behind it. */
enum pst_code pst_ceremony_names_read(const char *keys, struct pst_ceremony_names *out,
                                      struct pst_report *why)
{
    struct dirent **entries = NULL;

    out->count = 0;
    int count = scandir(keys, &entries, NULL, by_length_then_name);
    if (count < 0)
        return errno == ENOENT ? PST_OK : pst_refuse_errno(why, errno, keys);
    for (int i = 0; i < count; i++) {
        add_name(keys, entries[i]->d_name, out);
        free(entries[i]);
    }
    free(entries);
    return PST_OK;
}

const char *pst_ceremony_name_of(const struct pst_ceremony_names *names,
                                 const struct pst_ceremony_key *key)
{
    for (size_t i = 0; i < names->count; i++)
        if (pst_equal_in_constant_time(names->at[i].fingerprint,
                                       pst_public_key_fingerprint(key->public), PST_SHA256_BYTES))
            return names->at[i].name;
    return "";
}
