/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/tool/tool.h"

struct place_paths {
    char file[PATH_ROOM], metadata[PATH_ROOM], root[PATH_ROOM], targets[PATH_ROOM];
};

static enum pst_code optional_path(const struct pst_tool *tool, const char *option, char *room,
                                   const char **out, struct pst_report *why)
{
    const char *word = pst_arguments_one(tool->arguments, option);
    if (word == NULL)
        return PST_OK;
    *out = room;
    return pst_tool_path(tool, word, "json", room, why);
}

static enum pst_code find_place(const struct pst_tool *tool, struct place_paths *paths,
                                struct pst_ceremony_place *out, struct pst_report *why)
{
    *out = (struct pst_ceremony_place){
        .path = paths->file, .metadata = paths->metadata, .now_s = tool->now_s};
    enum pst_code rc = pst_tool_folder(tool, "metadata", paths->metadata, why);
    if (rc == PST_OK)
        rc = pst_tool_path(tool, tool->arguments->word[0], "json", paths->file, why);
    if (rc == PST_OK)
        rc = optional_path(tool, "--root", paths->root, &out->root_path, why);
    if (rc == PST_OK)
        rc = optional_path(tool, "--targets", paths->targets, &out->targets_path, why);
    return rc;
}

/* What is signed is shown first, and what it changes: a holder reads it before the passphrase is
 * typed. */
static enum pst_code show_body(const struct pst_tool *tool, const struct pst_ceremony_place *place,
                               const char *history, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    PST_CLEANUP(pst_ceremony_before) struct pst_ceremony_before before = {0};

    enum pst_code rc = pst_ceremony_open(place, &file, why);
    if (rc == PST_OK)
        rc = pst_ceremony_find_before(history, &file, tool->now_s, &before, why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s ", pst_tool_phrase(tool, SAY_SIGNING));
    pst_tool_say_body(tool, place->path, &file);
    rc = pst_tool_say_changes(tool, &file, &before, why);
    fflush(tool->out);
    return rc;
}

static enum pst_code sign_one(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_tool_signers) struct pst_tool_signers *signers = NULL;
    PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = NULL;
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file after = {0};
    struct pst_ceremony_place place;
    struct place_paths paths;
    char history[PATH_ROOM];

    enum pst_code rc = find_place(tool, &paths, &place, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "signed", history, why);
    if (rc == PST_OK)
        rc = pst_tool_fleet(tool, tool->folder, &fleet, why);
    place.fleet = fleet;
    if (rc == PST_OK)
        rc = show_body(tool, &place, history, why);
    if (rc == PST_OK)
        rc = pst_tool_signers_load(tool, &signers, why);
    if (rc == PST_OK)
        rc = pst_ceremony_sign_file(&place, signers->signer, signers->count, &after, why);
    if (rc != PST_OK)
        return rc;
    pst_tool_say_standing(tool, &after);
    return pst_ceremony_keep(history, &after, why);
}

enum pst_code pst_command_sign(const struct pst_tool *tool, struct pst_report *why)
{
    const char *word = tool->arguments->word[0];
    if (pst_tool_is_pack(word))
        return pst_tool_sign_pack(tool, word, why);
    if (pst_arguments_has(tool->arguments, "--to"))
        return pst_refuse(why, PST_USAGE, pst_say("--to with a folder that `export` made"),
                          pst_say("%s", word));
    return sign_one(tool, why);
}

enum pst_code pst_command_check(const struct pst_tool *tool, struct pst_report *why)
{
    struct pst_ceremony_place place;
    struct place_paths paths;

    enum pst_code rc = find_place(tool, &paths, &place, why);
    if (rc == PST_OK)
        rc = pst_ceremony_check_file(&place, why);
    if (rc == PST_OK)
        fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_IN_ORDER), place.path);
    return rc;
}
