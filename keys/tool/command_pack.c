/* SPDX-License-Identifier: Apache-2.0 */
/* Drafts to a machine without a network, and signatures back from it. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "keys/tool/tool.h"
#include "manifests/envelope.h"
#include "manifests/file.h"

bool pst_tool_is_pack(const char *word)
{
    char path[PATH_ROOM];
    return pst_path_join(word, "pack.json", path, sizeof path) && access(path, F_OK) == 0;
}

/* ---- export */

static enum pst_code fill_paths(const struct pst_tool *tool, char (*path)[PATH_ROOM],
                                const char **draft, struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    for (size_t i = 0; rc == PST_OK && i < tool->arguments->word_count; i++) {
        rc = pst_tool_path(tool, tool->arguments->word[i], "json", path[i], why);
        draft[i] = path[i];
    }
    return rc;
}

enum pst_code pst_command_export(const struct pst_tool *tool, struct pst_report *why)
{
    size_t count = tool->arguments->word_count;
    PST_CLEANUP(pst_heap) char(*path)[PATH_ROOM] = calloc(count + 1, PATH_ROOM);
    PST_CLEANUP(pst_heap) const char **draft = calloc(count + 1, sizeof *draft);
    char metadata[PATH_ROOM], history[PATH_ROOM], fleet[PATH_ROOM];

    if (path == NULL || draft == NULL)
        return pst_no_memory(why, "names of drafts");
    enum pst_code rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "signed", history, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "fleet-schemes.json", fleet, why);
    if (rc == PST_OK)
        rc = fill_paths(tool, path, draft, why);
    if (rc != PST_OK)
        return rc;
    const char *given = pst_arguments_one(tool->arguments, "--fleet");
    const struct pst_ceremony_export in = {
        .metadata = metadata,
        .history = history,
        .fleet_path = given != NULL              ? given
                      : access(fleet, F_OK) == 0 ? fleet
                                                 : NULL,
        .to = pst_arguments_one(tool->arguments, "--to"),
        .now_s = tool->now_s,
        .count = count,
        .draft = draft,
    };
    rc = pst_ceremony_pack_make(&in, why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), in.to);
    fprintf(tool->out, "%s: postern-keys sign %s --key NAME\n", pst_tool_phrase(tool, SAY_NEXT),
            in.to);
    return PST_OK;
}

/* ---- sign */

struct signing {
    const struct pst_tool *tool;
    char metadata[PATH_ROOM], history[PATH_ROOM];
    const struct pst_ceremony_fleet *fleet;
    struct pst_tool_signers *signers;
    struct pst_ceremony_pack pack;
    struct pst_ceremony_shares *shares;
    bool used[SIGNERS_MOST];
    struct pst_report *why;
};

static enum pst_code say_anchor(const struct signing *signing)
{
    const struct pst_tool *tool = signing->tool;
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_ROOT_BYTES);
    char known[PATH_ROOM], path[PATH_ROOM], hex[2 * PST_SHA256_BYTES + 1];
    uint8_t sha256[PST_SHA256_BYTES];
    int64_t shared = 0;

    enum pst_code rc = pst_tool_folder(tool, "metadata", known, signing->why);
    if (rc == PST_OK)
        rc = pst_ceremony_pack_anchor(signing->metadata, known, &shared, signing->why);
    if (rc != PST_OK || !pst_path_join(signing->metadata, "1.root.json", path, sizeof path) ||
        pst_file_read(path, &bytes, NULL) != PST_OK)
        return rc;
    rc = pst_sha256(pst_buf_bytes(&bytes), sha256, signing->why);
    if (rc != PST_OK)
        return rc;
    pst_hex_print(pst_bytes(sha256, sizeof sha256), hex);
    pst_tool_say(tool, SAY_ANCHOR, "%s", hex);
    if (shared > 0)
        pst_tool_say(tool, SAY_ANCHORED, "%lld", (long long)shared);
    else
        fprintf(tool->out, "  %s\n", pst_tool_phrase(tool, SAY_NOT_ANCHORED));
    return PST_OK;
}

static enum pst_code place_of(const struct signing *signing, const char *draft,
                              char path[PATH_ROOM], struct pst_ceremony_place *out)
{
    if (!pst_path_join(signing->metadata, draft, path, PATH_ROOM))
        return pst_refuse_errno(signing->why, ENAMETOOLONG, draft);
    *out = (struct pst_ceremony_place){.path = path,
                                       .metadata = signing->metadata,
                                       .fleet = signing->fleet,
                                       .now_s = signing->tool->now_s};
    return PST_OK;
}

static enum pst_code show_draft(const struct signing *signing, const char *draft)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    PST_CLEANUP(pst_ceremony_before) struct pst_ceremony_before before = {0};
    const struct pst_tool *tool = signing->tool;
    struct pst_ceremony_place place;
    char path[PATH_ROOM];

    enum pst_code rc = place_of(signing, draft, path, &place);
    if (rc == PST_OK)
        rc = pst_ceremony_open(&place, &file, signing->why);
    if (rc == PST_OK)
        rc = pst_ceremony_find_before(signing->history, &file, tool->now_s, &before, signing->why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s ", pst_tool_phrase(tool, SAY_SIGNING));
    pst_tool_say_body(tool, path, &file);
    return pst_tool_say_changes(tool, &file, &before, signing->why);
}

/* With those of the holder's keys that may sign this draft. */
static enum pst_code sign_draft(struct signing *signing, const char *draft, bool with_all)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file looked_at = {0}, file = {0};
    PST_CLEANUP(pst_heap) struct pst_ceremony_signatures *fresh = calloc(1, sizeof *fresh);
    struct pst_ceremony_signer mine[SIGNERS_MOST];
    struct pst_ceremony_place place;
    char path[PATH_ROOM];
    size_t count = 0;

    if (fresh == NULL)
        return pst_no_memory(signing->why, "signatures");
    enum pst_code rc = place_of(signing, draft, path, &place);
    if (rc == PST_OK)
        rc = pst_ceremony_open(&place, &looked_at, signing->why);
    for (size_t i = 0; rc == PST_OK && i < signing->signers->count; i++) {
        bool may = with_all || pst_ceremony_may_sign(&looked_at, signing->signers->key[i]);
        signing->used[i] = signing->used[i] || may;
        if (may)
            mine[count++] = signing->signers->signer[i];
    }
    if (rc != PST_OK)
        return rc;
    if (count == 0) {
        fprintf(signing->tool->out, "%s: %s\n", draft,
                pst_tool_phrase(signing->tool, SAY_NOT_YOURS));
        return PST_OK;
    }
    rc = pst_ceremony_make(&place, mine, count, &file, fresh, signing->why);
    return rc == PST_OK
               ? pst_ceremony_shares_add(signing->shares, draft, &file, &fresh, signing->why)
               : rc;
}

static enum pst_code sign_all(struct signing *signing)
{
    enum pst_code first = PST_OK;

    for (size_t i = 0; i < signing->pack.count; i++) {
        enum pst_code rc = sign_draft(signing, signing->pack.draft[i], false);
        first = first == PST_OK ? rc : first;
    }
    for (size_t i = 0; first == PST_OK && i < signing->signers->count; i++)
        if (!signing->used[i]) /* of no use here: the first draft's refusal says why */
            first = sign_draft(signing, signing->pack.draft[0], true);
    return first;
}

static enum pst_code write_shares(const struct signing *signing, const char *pack)
{
    const struct pst_tool *tool = signing->tool;
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(pst_json_large.bytes);
    const char *to = pst_arguments_one(tool->arguments, "--to");
    const char *key = strrchr(signing->signers->path[0], '/');
    char made[PATH_ROOM];

    snprintf(made, sizeof made, "%.3000s.%.200s.sigs", pack,
             key != NULL ? key + 1 : signing->signers->path[0]);
    to = to != NULL ? to : made;
    if (access(to, F_OK) == 0)
        return pst_refuse_errno(signing->why, EEXIST, to);
    enum pst_code rc = pst_ceremony_shares_print(signing->shares, &text, signing->why);
    if (rc == PST_OK)
        rc = pst_file_replace(to, pst_buf_bytes(&text), 0644, signing->why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), to);
    fprintf(tool->out, "%s: postern-keys import %s\n", pst_tool_phrase(tool, SAY_NEXT), to);
    return PST_OK;
}

static enum pst_code sign_pack(struct signing *signing, const char *pack)
{
    enum pst_code rc = pst_ceremony_pack_read(pack, &signing->pack, signing->why);
    if (rc == PST_OK)
        rc = say_anchor(signing);
    for (size_t i = 0; rc == PST_OK && i < signing->pack.count; i++)
        rc = show_draft(signing, signing->pack.draft[i]);
    fflush(signing->tool->out); /* read before the passphrase is typed */
    if (rc == PST_OK)
        rc = pst_tool_signers_load(signing->tool, &signing->signers, signing->why);
    if (rc == PST_OK)
        rc = sign_all(signing);
    return rc == PST_OK ? write_shares(signing, pack) : rc;
}

enum pst_code pst_tool_sign_pack(const struct pst_tool *tool, const char *pack,
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct signing *signing = calloc(1, sizeof *signing);
    PST_CLEANUP(pst_ceremony_shares) struct pst_ceremony_shares *shares = calloc(1, sizeof *shares);
    PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = NULL;

    if (signing == NULL || shares == NULL)
        return pst_no_memory(why, "a pack");
    *signing = (struct signing){.tool = tool, .shares = shares, .why = why};
    if (pst_arguments_has(tool->arguments, "--root") ||
        pst_arguments_has(tool->arguments, "--targets"))
        return pst_refuse(why, PST_USAGE, pst_say("a pack's own chain of roots"),
                          pst_say("--root or --targets"));
    if (!pst_path_join(pack, "metadata", signing->metadata, sizeof signing->metadata) ||
        !pst_path_join(pack, "signed", signing->history, sizeof signing->history))
        return pst_refuse_errno(why, ENAMETOOLONG, pack);
    enum pst_code rc = pst_tool_fleet(tool, pack, &fleet, why);
    signing->fleet = fleet;
    if (rc == PST_OK)
        rc = sign_pack(signing, pack);
    pst_tool_signers_free(signing->signers);
    return rc;
}

/* ---- import */

static enum pst_code say_imported(const struct pst_tool *tool,
                                  const struct pst_ceremony_import *import, const char *history,
                                  struct pst_report *why)
{
    for (size_t i = 0; i < import->count; i++) {
        PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file after = {0};
        const struct pst_ceremony_place place = {
            .path = import->at[i].path, .metadata = import->metadata, .now_s = tool->now_s};
        enum pst_code rc = pst_ceremony_open(&place, &after, why);
        if (rc != PST_OK)
            return rc;
        fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_FILE), import->at[i].path);
        pst_tool_say_standing(tool, &after);
        rc = pst_ceremony_keep(history, &after, why);
        if (rc != PST_OK)
            return rc;
    }
    return PST_OK;
}

enum pst_code pst_command_import(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_import) struct pst_ceremony_import *import = calloc(1, sizeof *import);
    PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = NULL;
    char metadata[PATH_ROOM], history[PATH_ROOM];

    if (import == NULL)
        return pst_no_memory(why, "signatures");
    enum pst_code rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "signed", history, why);
    if (rc == PST_OK)
        rc = pst_tool_fleet(tool, tool->folder, &fleet, why);
    if (rc != PST_OK)
        return rc;
    *import =
        (struct pst_ceremony_import){.metadata = metadata, .fleet = fleet, .now_s = tool->now_s};
    for (size_t i = 0; i < tool->arguments->word_count; i++) {
        enum pst_code of_one = pst_ceremony_import_take(import, tool->arguments->word[i], why);
        rc = rc == PST_OK ? of_one : rc;
    }
    if (rc == PST_OK)
        rc = pst_ceremony_import_write(import, why);
    return rc == PST_OK ? say_imported(tool, import, history, why) : rc;
}
