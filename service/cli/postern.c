/* SPDX-License-Identifier: Apache-2.0 */
/* postern: wiring of the command line; what the commands do is in online_*.c and offline_*.c. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "manifests/file.h"
#include "service/cli/cli.h"

static const struct pst_cli_command commands[] = {
    {"status", "[ROLLOUT]",
     "how rollouts stand: counts by state and cause, each terminal's outcome", 0, 1,
     pst_cli_status},
    {"rollout create",
     "--product P --version V [--percent N] [--name N] [--os RANGE] [--model M] [--region R] "
     "[--group G] [--serial S ...] [--downgrade]",
     "a new rollout, not started", 0, 0, pst_cli_rollout_create},
    {"rollout list", "", "all rollouts", 0, 0, pst_cli_rollout_list},
    {"rollout start", "ROLLOUT", "begin handing it out", 1, 1, pst_cli_rollout_start},
    {"rollout pause", "ROLLOUT", "hand it out to nobody for now", 1, 1, pst_cli_rollout_pause},
    {"rollout resume", "ROLLOUT", "go on", 1, 1, pst_cli_rollout_resume},
    {"rollout cancel", "ROLLOUT", "end it for good", 1, 1, pst_cli_rollout_cancel},
    {"terminal list", "[--product P] [--state S] [--finding CODE]", "terminals", 0, 0,
     pst_cli_terminal_list},
    {"terminal schemes", "[--product P]",
     "which signature schemes the terminals verify; with --json for `postern-keys --fleet`", 0, 0,
     pst_cli_terminal_schemes},
    {"terminal add", "PRODUCT SERIAL [--group G]", "announce a terminal; prints its one-time code",
     2, 2, pst_cli_terminal_add},
    {"terminal show", "ID|SERIAL", "one terminal", 1, 1, pst_cli_terminal_show},
    {"terminal why", "ID|SERIAL", "every cause of its last outcome, and who mends what", 1, 1,
     pst_cli_terminal_why},
    {"terminal accept", "ID|SERIAL", "accept an enrolment that is pending", 1, 1,
     pst_cli_terminal_accept},
    {"terminal block", "ID|SERIAL", "let it have nothing more", 1, 1, pst_cli_terminal_block},
    {"release list", "", "what is published", 0, 0, pst_cli_releases},
    {"release build",
     "SPEC --image COMPONENT=FILE ... [--base [COMPONENT:]VERSION=FILE ...] [--role OLD] "
     "[--days N] --out DIR",
     "packs images, makes and proves deltas, drafts the product's role", 1, 1,
     pst_cli_release_build},
    {"release bundle", "--release DIR|URL --out FILE [--product P] [--version V]",
     "one file for a USB stick: a published release and all that vouches for it", 0, 0,
     pst_cli_release_bundle},
    {"publish", "DIR", "make a built and signed release visible", 1, 1, pst_cli_publish},
    {"explain",
     "--release DIR|BUNDLE|URL|MANIFEST --terminal FACTS.json [--product P] [--version V]",
     "every finding, offline", 0, 0, pst_cli_explain},
    {"delta make", "OLD NEW OUT", "a delta from one image to another", 3, 3, pst_cli_delta_make},
    {"delta apply", "OLD DELTA OUT", "the image again", 3, 3, pst_cli_delta_apply},
    {"delta info", "DELTA", "what a delta needs", 1, 1, pst_cli_delta_info},
};

static void print_usage(FILE *to)
{
    fputs("usage: postern [--service URL] [--token-file FILE] [--lang en|zh-CN] [--json] COMMAND "
          "...\n\n",
          to);
    for (size_t i = 0; i < PST_COUNT(commands); i++)
        fprintf(to, "  %s %s\n        %s\n", commands[i].name, commands[i].usage,
                commands[i].summary);
    fputs(
        "\nPOSTERN_SERVICE and POSTERN_TOKEN stand for --service and the token.\n"
        "exit status: 0 done, 1 refused or failed (the findings are printed), 2 bad command line\n",
        to);
}

/* ---- options */

enum { KEY_TEXT = 256, KEY_LIST, KEY_JSON, KEY_DOWNGRADE, KEY_LANG, KEY_HELP, KEY_VERSION };

#define OPTION(name, kind)                                                                         \
    {                                                                                              \
        name, required_argument, NULL, kind                                                        \
    }
static const struct option long_options[] = {
    OPTION("service", KEY_TEXT),
    OPTION("token-file", KEY_TEXT),
    OPTION("ca", KEY_TEXT),
    OPTION("product", KEY_TEXT),
    OPTION("version", KEY_TEXT),
    OPTION("name", KEY_TEXT),
    OPTION("os", KEY_TEXT),
    OPTION("model", KEY_TEXT),
    OPTION("region", KEY_TEXT),
    OPTION("group", KEY_TEXT),
    OPTION("state", KEY_TEXT),
    OPTION("finding", KEY_TEXT),
    OPTION("percent", KEY_TEXT),
    OPTION("out", KEY_TEXT),
    OPTION("role", KEY_TEXT),
    OPTION("targets", KEY_TEXT),
    OPTION("release", KEY_TEXT),
    OPTION("terminal", KEY_TEXT),
    OPTION("days", KEY_TEXT),
    OPTION("passphrase-file", KEY_TEXT),
    OPTION("serial", KEY_LIST),
    OPTION("image", KEY_LIST),
    OPTION("base", KEY_LIST),
    OPTION("key", KEY_LIST),
    OPTION("lang", KEY_LANG),
    {"json", no_argument, NULL, KEY_JSON},
    {"downgrade", no_argument, NULL, KEY_DOWNGRADE},
    {"help", no_argument, NULL, KEY_HELP},
    {NULL, 0, NULL, 0},
};
#undef OPTION

static const char **text_option(struct pst_cli *cli, const char *name)
{
    const struct {
        const char *name;
        const char **text;
    } rows[] = {
        {"service", &cli->service}, {"token-file", &cli->token_file},
        {"ca", &cli->ca},           {"product", &cli->product},
        {"version", &cli->version}, {"name", &cli->name},
        {"os", &cli->os},           {"model", &cli->model},
        {"region", &cli->region},   {"group", &cli->group},
        {"state", &cli->state},     {"finding", &cli->finding},
        {"percent", &cli->percent}, {"out", &cli->out},
        {"role", &cli->role},       {"targets", &cli->targets},
        {"release", &cli->release}, {"terminal", &cli->terminal},
        {"days", &cli->days},       {"passphrase-file", &cli->passphrase_file},
    };
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].text;
    return NULL;
}

static bool add_to_list(struct pst_cli *cli, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **list;
        size_t *count, most;
    } rows[] = {
        {"serial", cli->serial, &cli->serial_count, PST_CLI_SERIALS_MOST},
        {"image", cli->image, &cli->image_count, PST_CLI_PAIRS_MOST},
        {"base", cli->base, &cli->base_count, PST_CLI_PAIRS_MOST},
        {"key", cli->key, &cli->key_count, PST_CLI_PAIRS_MOST},
    };
    for (size_t i = 0; i < PST_COUNT(rows); i++) {
        if (strcmp(rows[i].name, name) != 0 || *rows[i].count == rows[i].most)
            continue;
        rows[i].list[(*rows[i].count)++] = value;
        return true;
    }
    return false;
}

/* -1: go on; else the exit status. */
static int take_option(struct pst_cli *cli, int kind, const char *name, const char *value)
{
    if (kind == KEY_TEXT)
        *text_option(cli, name) = value;
    else if (kind == KEY_JSON)
        cli->json = true;
    else if (kind == KEY_DOWNGRADE)
        cli->downgrade = true;
    else if (kind == KEY_HELP)
        return print_usage(stdout), 0;
    else if (!(kind == KEY_LIST && add_to_list(cli, name, value)) &&
             !(kind == KEY_LANG && pst_language_parse(pst_text(value), &cli->language)))
        return fprintf(stderr, "postern: see postern --help\n"), 2;
    return -1;
}

/* ---- commands */

/* The command whose one or two words the arguments begin with; *words says how many. */
static const struct pst_cli_command *find_command(int count, char **argument, int *words)
{
    char two[64] = "";
    if (count > 1)
        snprintf(two, sizeof two, "%.30s %.30s", argument[0], argument[1]);
    for (size_t i = 0; i < PST_COUNT(commands); i++) {
        *words = strchr(commands[i].name, ' ') != NULL ? 2 : 1;
        if (strcmp(commands[i].name, *words == 2 ? two : argument[0]) == 0)
            return &commands[i];
    }
    return NULL;
}

static int run(struct pst_cli *cli, int count, char **argument)
{
    int words = 0;
    const struct pst_cli_command *command =
        count > 0 ? find_command(count, argument, &words) : NULL;

    if (command == NULL) {
        if (count > 0)
            fprintf(stderr, "postern: no command '%s'\n\n", argument[0]);
        return print_usage(stderr), 2;
    }
    cli->count = count - words;
    cli->argument = argument + words;
    if (cli->count < command->least || cli->count > command->most) {
        fprintf(stderr, "usage: postern %s %s\n", command->name, command->usage);
        return 2;
    }
    return command->run(cli);
}

int main(int argc, char **argv)
{
    struct pst_cli cli = {.service = getenv("POSTERN_SERVICE"), .language = PST_LANGUAGE_EN};
    int index = 0, kind;

    if (!pst_standard_files())
        return 1;
    (void)!pst_language_parse(pst_text(getenv("LANG")), &cli.language);
    while ((kind = getopt_long(argc, argv, "", long_options, &index)) != -1) {
        int status = take_option(&cli, kind, long_options[index].name, optarg);
        if (status >= 0)
            return status;
    }
    return run(&cli, argc - optind, argv + optind);
}
