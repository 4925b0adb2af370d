/* SPDX-License-Identifier: Apache-2.0 */
/* A product's file anew, with what it lists or less: for another key, or a later date. New releases
 * come from `postern release build`. */
#include "keys/tool/tool.h"
#include "manifests/fields.h"

enum { PRODUCT_DAYS = 365 };

/* "pos-a/2.0.0/" begins this path, for one of the versions to leave out. */
static bool is_left_out(const struct pst_tool *tool, const char *product, struct pst_text path,
                        bool *used)
{
    const char *version;

    for (size_t i = 0; (version = pst_arguments_at(tool->arguments, "--without", i)) != NULL; i++) {
        struct pst_text rest = path;
        if (!pst_take(&rest, product) || !pst_take(&rest, "/") || !pst_take(&rest, version) ||
            !pst_take(&rest, "/"))
            continue;
        used[i] = true;
        return true;
    }
    return false;
}

static enum pst_code leave_out(const struct pst_tool *tool, const char *product,
                               struct pst_ceremony_draft *draft, struct pst_report *why)
{
    bool used[ARGUMENTS_WORDS_MOST] = {false};
    enum pst_code rc = PST_OK;
    const char *version;
    size_t kept = 0;

    for (size_t i = 0; i < draft->file_count; i++)
        if (!is_left_out(tool, product, pst_text(draft->file[i].name), used))
            draft->file[kept++] = draft->file[i];
    draft->file_count = kept;
    for (size_t i = 0; (version = pst_arguments_at(tool->arguments, "--without", i)) != NULL; i++)
        if (!used[i])
            rc = pst_refuse(why, PST_METADATA_NOT_LISTED, pst_say("a version that is listed"),
                            pst_say("%s", version));
    return rc;
}

static enum pst_code fill(const struct pst_tool *tool, const char *product,
                          const struct pst_role *before, struct pst_ceremony_draft *draft,
                          struct pst_report *why)
{
    int64_t above = 0;

    enum pst_code rc =
        pst_tool_number(tool, "--above", 0, PST_JSON_INTEGER_MAX - 1, 0, &above, why);
    if (rc == PST_OK)
        rc = pst_tool_end(tool, "--expires", tool->now_s + (int64_t)PRODUCT_DAYS * DAY_S,
                          &draft->expires_s, why);
    if (rc == PST_OK)
        rc = leave_out(tool, product, draft, why);
    draft->version = (before->version > above ? before->version : above) + 1;
    return rc;
}

enum pst_code pst_command_product_next(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file before = {0};
    PST_CLEANUP(pst_ceremony_draft) struct pst_ceremony_draft *draft = NULL;
    const char *product = tool->arguments->word[0];
    char path[PATH_ROOM];

    if (!pst_name_is_safe(pst_text(product)) || strcmp(product, "targets") == 0)
        return pst_refuse(why, PST_USAGE, pst_say("a product"), pst_say("'%s'", product));
    enum pst_code rc = pst_tool_open_last(tool, product, path, &before, why);
    if (rc == PST_OK && before.role->kind != PST_ROLE_TARGETS)
        rc = pst_refuse(why, PST_USAGE, pst_say("a product"), pst_say("'%s'", product));
    if (rc == PST_OK)
        rc = pst_ceremony_draft_new(PST_ROLE_TARGETS, before.role, &draft, why);
    if (rc == PST_OK)
        rc = fill(tool, product, before.role, draft, why);
    if (rc == PST_OK)
        rc = pst_ceremony_draft_write(draft, NULL, path, tool->now_s, why);
    if (rc != PST_OK)
        return rc;
    fprintf(tool->out, "%s: %s\n", pst_tool_phrase(tool, SAY_WRITTEN), path);
    fprintf(tool->out, "%s: postern-keys sign %s.json --key NAME\n",
            pst_tool_phrase(tool, SAY_NEXT), product);
    return PST_OK;
}
