/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/repo_shapes.h"

#include <stdio.h>

enum { TEXT_ROOM = 2048 };

bool pst_repo_replace(struct pst_buf *text, const char *find, const char *put)
{
    PST_CLEANUP(pst_buf) struct pst_buf edited = pst_buf(text->max);
    size_t len = strlen(find), at = 0;

    while (at + len <= text->len && memcmp(text->at + at, find, len) != 0)
        at++;
    if (at + len > text->len || !pst_buf_add(&edited, text->at, at) ||
        !pst_buf_add_text(&edited, put) ||
        !pst_buf_add(&edited, text->at + at + len, text->len - at - len) ||
        !pst_buf_add(&edited, "", 1)) /* a NUL behind it, as pst_repo_sign() puts one */
        return false;
    edited.len--;
    struct pst_buf before = *text;
    *text = edited;
    edited = before;
    return true;
}

static bool add_hashes(const struct pst_repo_file *file, unsigned lists, struct pst_buf *out)
{
    static const unsigned any = PST_REPO_SHA256 | PST_REPO_SHA512 | PST_REPO_HASH_OF_TOMORROW;
    char sha256[2 * PST_SHA256_BYTES + 1], sha512[2 * PST_SHA512_BYTES + 1];
    const char *comma = "";
    bool ok = true;

    if ((lists & any) == 0)
        return true;
    pst_hex_print(pst_bytes(file->sha256, sizeof file->sha256), sha256);
    pst_hex_print(pst_bytes(file->sha512, sizeof file->sha512), sha512);
    ok = pst_buf_add_text(out, "\"hashes\":{");
    if (lists & PST_REPO_HASH_OF_TOMORROW) {
        ok = ok && pst_buf_add_text(out, "\"of-tomorrow\":\"00ff\"");
        comma = ",";
    }
    if (lists & PST_REPO_SHA256) {
        ok = ok && pst_buf_print(out, "%s\"sha256\":\"%s\"", comma, sha256);
        comma = ",";
    }
    if (lists & PST_REPO_SHA512)
        ok = ok && pst_buf_print(out, "%s\"sha512\":\"%s\"", comma, sha512);
    return ok && pst_buf_add_text(out, "},");
}

/* Each member of an entry with a comma behind it, as in the files of snapshots, whose version
 * follows. */
static bool print_entry(const struct pst_repo_file *file, unsigned lists, char out[TEXT_ROOM])
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(TEXT_ROOM);
    bool ok = add_hashes(file, lists, &text);

    if (lists & PST_REPO_LENGTH)
        ok = ok && pst_buf_print(&text, "\"length\":%lld,", (long long)file->length_bytes);
    if (!ok || text.len >= TEXT_ROOM)
        return false;
    snprintf(out, TEXT_ROOM, "%.*s", PST_ARGS(pst_buf_text(&text)));
    return true;
}

static bool shape_entry(const struct pst_repo_role *role, const struct pst_repo_file *file,
                        struct pst_buf *body)
{
    char before[TEXT_ROOM], after[TEXT_ROOM];

    if (!print_entry(file, PST_REPO_SHA256 | PST_REPO_LENGTH, before) ||
        !print_entry(file, role->lists, after))
        return false;
    if (role->kind == PST_ROLE_TARGETS) { /* a target's length comes last */
        before[strlen(before) - 1] = '\0';
        after[strlen(after) - 1] = '\0';
    }
    return pst_repo_replace(body, before, after);
}

static bool shape_prefixes(const struct pst_repo_delegation *delegation, struct pst_buf *body)
{
    char before[TEXT_ROOM], after[TEXT_ROOM];

    snprintf(before, sizeof before, "\"name\":\"%s\",\"paths\":", delegation->name);
    snprintf(after, sizeof after, "\"name\":\"%s\",\"path_hash_prefixes\":", delegation->name);
    return pst_repo_replace(body, before, after);
}

static bool shape_bins(const struct pst_repo_delegation *delegation, struct pst_buf *body)
{
    const char *id = delegation->rule.key[0]->id;
    char before[TEXT_ROOM], after[TEXT_ROOM];

    snprintf(before, sizeof before,
             "\"roles\":[{\"keyids\":[\"%s\"],\"name\":\"%s\",\"paths\":[\"*\"],"
             "\"terminating\":false,\"threshold\":1}]",
             id, delegation->name);
    snprintf(after, sizeof after,
             "\"succinct_roles\":{\"bit_length\":%d,\"keyids\":[\"%s\"],"
             "\"name_prefix\":\"%s\",\"threshold\":1}",
             delegation->bits, id, delegation->name);
    return pst_repo_replace(body, before, after);
}

bool pst_repo_shape(const struct pst_repo_role *role, struct pst_buf *body)
{
    bool ok = true;

    for (size_t i = 0; role->lists != 0 && i < role->file_count; i++)
        ok = ok && shape_entry(role, &role->file[i], body);
    if (role->inconsistent)
        ok = ok && pst_repo_replace(body, "\"consistent_snapshot\":true",
                                    "\"consistent_snapshot\":false");
    for (size_t i = 0; i < role->delegation_count; i++) {
        if (role->delegation[i].by_hash_prefix)
            ok = ok && shape_prefixes(&role->delegation[i], body);
        if (role->delegation[i].bits > 0)
            ok = ok && shape_bins(&role->delegation[i], body);
    }
    for (size_t i = 0; ok && i < role->edit_count; i++) {
        ok = pst_repo_replace(body, role->edit[i].find, role->edit[i].put);
        if (!ok)
            fprintf(stderr, "no %s in the body of %s\n", role->edit[i].find, role->name);
    }
    return ok;
}

bool pst_repo_add_as_json(struct pst_bytes body, bool spaced, struct pst_buf *out)
{
    bool ok = true, quoted = false;

    for (size_t i = 0; ok && i < body.len; i++) {
        uint8_t c = body.at[i];
        bool escaped = quoted && c == '\\';
        if (escaped || c != '\n')
            ok = pst_buf_add(out, &body.at[i], escaped && i + 1 < body.len ? 2 : 1);
        else
            ok = pst_buf_add_text(out, "\\n");
        i += escaped;
        quoted = c == '"' ? !quoted : quoted;
        if (spaced && !quoted && (c == ',' || c == '{' || c == '['))
            ok = ok && pst_buf_add_text(out, "\n  ");
    }
    return ok;
}
