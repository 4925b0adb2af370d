/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.h - what `postern-agent` can be told to do, as a table; each prints and answers an
 * exit status.
 *
 * Exit     0 done; nothing is wrong
 *          1 refused, deferred or failed: the findings are printed
 *          2 the command line makes no sense
 */
#ifndef PST_AGENT_COMMANDS_H
#define PST_AGENT_COMMANDS_H

#include "manifests/words.h"

struct pst_agent_options {
    const char *config;
    enum pst_language language;
    bool json;
    /* The conformance suite's: */
    const char *metadata_dir, *metadata_url, *target_dir, *target_base_url;
    const char *target_name[32];
    size_t target_count;
};

struct pst_agent_command {
    const char *name, *arguments, *summary;
    int least, most; /* arguments */
    int (*run)(const struct pst_agent_options *options, int count, char **arguments);
};

extern const struct pst_agent_command pst_agent_commands[];
extern const size_t pst_agent_command_count;

/* Prints a report to standard error, with remedies; answers 1 when something in it is not merely
 * noted. */
int pst_agent_tell(const struct pst_agent_options *options, const struct pst_report *why);

/* trusted_files.c: TUF's verbs on a folder, as the conformance suite calls them. */
int pst_agent_init(const struct pst_agent_options *options, int count, char **arguments);
int pst_agent_refresh(const struct pst_agent_options *options, int count, char **arguments);
int pst_agent_download(const struct pst_agent_options *options, int count, char **arguments);

#endif
