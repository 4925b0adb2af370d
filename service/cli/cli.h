/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - `postern`, the operators' command: options, the table of commands, and how each one
 * prints.
 *
 * Exit     0 done; nothing is wrong
 *          1 refused or failed: the findings are printed, with what to do
 *          2 the command line makes no sense
 *
 * Memory   options and arguments are borrowed from argv and the environment.
 */
#ifndef PST_SERVICE_CLI_CLI_H
#define PST_SERVICE_CLI_CLI_H

#include "manifests/json.h"
#include "manifests/words.h"

enum { PST_CLI_SERIALS_MOST = 64, PST_CLI_PAIRS_MOST = 32 };

/* Every option of every command, once; a command uses those that its usage names. */
struct pst_cli {
    const char *service, *token_file, *ca;
    enum pst_language language;
    bool json;
    const char *product, *version, *name, *os, *model, *region, *group, *state, *finding, *percent;
    const char *out, *role, *targets, *release, *terminal, *days, *passphrase_file;
    const char *serial[PST_CLI_SERIALS_MOST];
    size_t serial_count;
    const char *image[PST_CLI_PAIRS_MOST], *base[PST_CLI_PAIRS_MOST], *key[PST_CLI_PAIRS_MOST];
    size_t image_count, base_count, key_count;
    bool downgrade;
    int count; /* arguments that are left for the command */
    char **argument;
};

struct pst_cli_command {
    const char *name;  /* one or two words: "rollout create" */
    const char *usage; /* what follows the name */
    const char *summary;
    int least, most; /* arguments */
    int (*run)(struct pst_cli *cli);
};

/* Prints a report to standard error, with remedies, and answers the exit status: 0 when all of it
 * is merely noted, 2 when the command line is to blame, 1 otherwise. */
int pst_cli_tell(const struct pst_cli *cli, const struct pst_report *why);

/* A text of a JSON member, or "-". */
struct pst_text pst_cli_text(const struct pst_json *object, const char *name);
/* Prints padded to a width in columns of the screen, where Chinese characters take two. */
void pst_cli_column(struct pst_text text, int columns);
/* Prints the JSON itself, one line. */
int pst_cli_print_json(const struct pst_json *json);

/* online_*.c */
int pst_cli_publish(struct pst_cli *cli);
int pst_cli_releases(struct pst_cli *cli);
int pst_cli_rollout_create(struct pst_cli *cli);
int pst_cli_rollout_list(struct pst_cli *cli);
int pst_cli_rollout_start(struct pst_cli *cli);
int pst_cli_rollout_pause(struct pst_cli *cli);
int pst_cli_rollout_resume(struct pst_cli *cli);
int pst_cli_rollout_cancel(struct pst_cli *cli);
int pst_cli_status(struct pst_cli *cli);
int pst_cli_terminal_add(struct pst_cli *cli);
int pst_cli_terminal_list(struct pst_cli *cli);
int pst_cli_terminal_schemes(struct pst_cli *cli);
int pst_cli_terminal_show(struct pst_cli *cli);
int pst_cli_terminal_why(struct pst_cli *cli);
int pst_cli_terminal_accept(struct pst_cli *cli);
int pst_cli_terminal_block(struct pst_cli *cli);

/* offline_*.c */
int pst_cli_release_build(struct pst_cli *cli);
int pst_cli_release_bundle(struct pst_cli *cli);
int pst_cli_explain(struct pst_cli *cli);
int pst_cli_delta_make(struct pst_cli *cli);
int pst_cli_delta_apply(struct pst_cli *cli);
int pst_cli_delta_info(struct pst_cli *cli);

#endif
