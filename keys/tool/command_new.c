/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "keys/tool/tool.h"
#include "manifests/file.h"

enum { PUBLIC_FILE_MOST = 65536 };

static enum pst_code write_both(const struct pst_private_key *key,
                                const struct pst_secret *passphrase, const char *private,
                                const struct pst_ceremony_key *described, const char *public,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(PUBLIC_FILE_MOST);

    enum pst_code rc = pst_ceremony_key_print(described, &file, why);
    if (rc == PST_OK)
        rc = pst_private_key_write(key, private, passphrase, why);
    if (rc != PST_OK)
        return rc;
    rc = pst_file_replace(public, pst_buf_bytes(&file), 0644, why);
    if (rc != PST_OK)
        unlink(private); /* never used yet: half a pair would only be in the way */
    return rc;
}

enum pst_code pst_command_new(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key described = {0};
    PST_CLEANUP(pst_secret) struct pst_secret passphrase = {0};
    bool plain = pst_arguments_has(tool->arguments, "--plain");
    const char *name = tool->arguments->word[0];
    char private[PATH_ROOM], public[PATH_ROOM];
    int64_t from_s = 0, until_s = 0;

    if (pst_arguments_has(tool->arguments, "--token"))
        return pst_tool_new_in_token(tool, why);
    enum pst_code rc = pst_tool_window(tool, &from_s, &until_s, why);
    if (rc == PST_OK)
        rc = pst_tool_reserve(tool, name, "key", private, public, why);
    if (rc == PST_OK)
        rc = pst_private_key_generate(pst_arguments_one(tool->arguments, "--scheme"), &key, why);
    if (rc == PST_OK)
        rc = pst_ceremony_key_of(key, from_s, until_s, &described, why);
    if (rc == PST_OK && !plain)
        rc = pst_passphrase_read(&tool->passphrase, name, true, &passphrase, why);
    if (rc == PST_OK)
        rc = write_both(key, plain ? NULL : &passphrase, private, &described, public, why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), private);
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), public);
    pst_tool_say(tool, SAY_PRIVATE, "%s", pst_tool_phrase(tool, plain ? SAY_PLAIN : SAY_ENCRYPTED));
    pst_tool_say_key(tool, &described);
    return PST_OK;
}
