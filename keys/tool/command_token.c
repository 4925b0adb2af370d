/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in tokens: made there by `new --token`, or found there by `adopt`. */
#include <unistd.h>

#include "keys/tool/tool.h"
#include "manifests/file.h"

enum { PUBLIC_FILE_MOST = 65536 };

struct work {
    const struct pst_tool *tool;
    struct pst_report *why;
    struct pst_token_uri uri;
    int64_t from_s, until_s;
    char private[PATH_ROOM], public[PATH_ROOM]; /* NAME.token and NAME.pub */
    struct pst_private_key *key;
    struct pst_token_facts facts;
    struct pst_ceremony_key described;
};

static void work_cleanup(struct work *work)
{
    pst_private_key_free(work->key);
    pst_ceremony_key_clear(&work->described);
}

static struct pst_token_access access_of(const struct pst_tool *tool)
{
    return (struct pst_token_access){.module = tool->module, .pin = tool->passphrase};
}

static enum pst_code begin(struct work *work)
{
    const struct pst_tool *tool = work->tool;
    struct pst_report *why = work->why;

    if (pst_arguments_has(tool->arguments, "--plain"))
        return pst_refuse(why, PST_USAGE, pst_say("--plain or --token"), pst_say("both"));
    enum pst_code rc = pst_tool_window(tool, &work->from_s, &work->until_s, why);
    if (rc == PST_OK)
        rc = pst_token_uri_parse(pst_text(pst_arguments_one(tool->arguments, "--token")),
                                 &work->uri, why);
    if (rc == PST_OK)
        rc = pst_tool_reserve(tool, tool->arguments->word[0], "token", work->private, work->public,
                              why);
    return rc;
}

static enum pst_code write_files(const struct work *work)
{
    PST_CLEANUP(pst_buf) struct pst_buf file = pst_buf(PUBLIC_FILE_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf line = pst_buf(PST_TOKEN_URI_MOST + 1);

    enum pst_code rc = pst_ceremony_key_print(&work->described, &file, work->why);
    if (rc == PST_OK)
        rc = pst_token_uri_print(&work->facts.uri, &line, work->why);
    if (rc == PST_OK && !pst_buf_add_text(&line, "\n"))
        rc = pst_no_memory(work->why, "a pkcs11: URI");
    if (rc == PST_OK)
        rc = pst_file_replace(work->private, pst_buf_bytes(&line), 0644, work->why);
    if (rc != PST_OK)
        return rc;
    rc = pst_file_replace(work->public, pst_buf_bytes(&file), 0644, work->why);
    if (rc != PST_OK)
        unlink(work->private); /* half a pair would only be in the way */
    return rc;
}

static enum pst_code describe_and_write(struct work *work)
{
    enum pst_code rc =
        pst_ceremony_key_of(work->key, work->from_s, work->until_s, &work->described, work->why);
    return rc == PST_OK ? write_files(work) : rc;
}

static void say(const struct work *work)
{
    const struct pst_tool *tool = work->tool;
    enum pst_phrase copies = work->facts.is_extractable     ? SAY_EXTRACTABLE
                             : !work->facts.was_made_inside ? SAY_BROUGHT_IN
                                                            : SAY_NO_COPIES;

    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), work->private);
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), work->public);
    pst_tool_say(tool, SAY_PRIVATE, "%s", pst_tool_phrase(tool, SAY_IN_TOKEN));
    pst_tool_say(tool, SAY_TOKEN, "%s", work->facts.uri.token);
    pst_tool_say(tool, SAY_SERIAL, "%s", work->facts.serial);
    pst_tool_say(tool, SAY_COPIES, "%s", pst_tool_phrase(tool, copies));
    pst_tool_say_key(tool, &work->described);
}

enum pst_code pst_tool_new_in_token(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(work) struct work work = {.tool = tool, .why = why};
    const struct pst_token_access access = access_of(tool);

    enum pst_code rc = begin(&work);
    if (rc != PST_OK)
        return rc;
    if (work.uri.object[0] == '\0')
        snprintf(work.uri.object, sizeof work.uri.object, "%s", tool->arguments->word[0]);
    rc = pst_token_make(tool->tokens, &work.uri, pst_arguments_one(tool->arguments, "--scheme"),
                        &access, &work.key, &work.facts, why);
    if (rc != PST_OK)
        return rc;
    rc = describe_and_write(&work);
    if (rc == PST_OK)
        say(&work);
    else
        (void)pst_token_unmake(tool->tokens, why); /* never used, and nobody knows its name */
    return rc;
}

enum pst_code pst_command_adopt(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(work) struct work work = {.tool = tool, .why = why};
    const struct pst_token_access access = access_of(tool);

    enum pst_code rc = begin(&work);
    if (rc == PST_OK)
        rc = pst_token_open(tool->tokens, &work.uri, &access, &work.key, &work.facts, why);
    if (rc == PST_OK)
        rc = pst_token_prove(work.key, why);
    if (rc == PST_OK)
        rc = describe_and_write(&work);
    if (rc == PST_OK)
        say(&work);
    return rc;
}
