/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "keys/tool/tool.h"

void pst_tool_signers_free(struct pst_tool_signers *signers)
{
    for (size_t i = 0; signers != NULL && i < signers->count; i++)
        pst_private_key_free(signers->key[i]);
    free(signers);
}

/* All are tried: one run tells everything that is wrong. */
enum pst_code pst_tool_signers_load(const struct pst_tool *tool, struct pst_tool_signers **out,
                                    struct pst_report *why)
{
    struct pst_tool_signers *signers = calloc(1, sizeof *signers);
    enum pst_code first = PST_OK;
    const char *word;

    if (signers == NULL)
        return pst_no_memory(why, "the signers");
    *out = signers;
    for (size_t i = 0; (word = pst_arguments_at(tool->arguments, "--key", i)) != NULL; i++) {
        if (i == SIGNERS_MOST)
            return pst_refuse(why, PST_USAGE, pst_say("at most %d keys", SIGNERS_MOST),
                              pst_say("more"));
        enum pst_code rc =
            pst_tool_load_private(tool, word, signers->path[i], &signers->key[i], why);
        signers->signer[i] = (struct pst_ceremony_signer){signers->path[i], signers->key[i]};
        signers->count++;
        first = first == PST_OK ? rc : first;
    }
    return first;
}
