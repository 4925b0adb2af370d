/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "keys/tool/tool.h"

enum { SIGNERS_MOST = PST_SIGNATURES_MOST };

struct signers {
    size_t count;
    struct pst_private_key *key[SIGNERS_MOST];
    char path[SIGNERS_MOST][PATH_ROOM];
    struct pst_ceremony_signer signer[SIGNERS_MOST];
};

static void signers_cleanup(struct signers **signers)
{
    if (*signers == NULL)
        return;
    for (size_t i = 0; i < (*signers)->count; i++)
        pst_private_key_free((*signers)->key[i]);
    free(*signers);
}

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

static enum pst_code load_signers(const struct pst_tool *tool, struct signers *signers,
                                  struct pst_report *why)
{
    enum pst_code first = PST_OK;
    const char *word;

    for (size_t i = 0; (word = pst_arguments_at(tool->arguments, "--key", i)) != NULL; i++) {
        if (i == SIGNERS_MOST)
            return pst_refuse(why, PST_USAGE, pst_say("at most %d keys", SIGNERS_MOST),
                              pst_say("more"));
        enum pst_code rc = pst_tool_path(tool, word, "key", signers->path[i], why);
        if (rc == PST_OK)
            rc = pst_ceremony_load_private(signers->path[i], &tool->passphrase, &signers->key[i],
                                           why);
        signers->signer[i] = (struct pst_ceremony_signer){signers->path[i], signers->key[i]};
        signers->count++;
        first = first == PST_OK ? rc : first;
    }
    return first;
}

/* What is signed is shown first: a holder reads it before the passphrase is typed. */
static enum pst_code show_body(const struct pst_tool *tool, const struct pst_ceremony_place *place,
                               struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};

    enum pst_code rc = pst_ceremony_open(place, &file, why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s ", pst_tool_phrase(tool, SAY_SIGNING));
    pst_tool_say_body(tool, place->path, &file);
    fflush(tool->out);
    return PST_OK;
}

enum pst_code pst_command_sign(const struct pst_tool *tool, struct pst_report *why)
{
    __attribute__((cleanup(signers_cleanup))) struct signers *signers = calloc(1, sizeof *signers);
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file after = {0};
    struct pst_ceremony_place place;
    struct place_paths paths;

    if (signers == NULL)
        return pst_no_memory(why, "the signers");
    enum pst_code rc = find_place(tool, &paths, &place, why);
    if (rc == PST_OK)
        rc = show_body(tool, &place, why);
    if (rc == PST_OK)
        rc = load_signers(tool, signers, why);
    if (rc == PST_OK)
        rc = pst_ceremony_sign_file(&place, signers->signer, signers->count, &after, why);
    if (rc != PST_OK)
        return rc;
    pst_tool_say_standing(tool, &after);
    return PST_OK;
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
