/* SPDX-License-Identifier: Apache-2.0 */
/* postern-agent: wiring of the command line; what it does is in commands.c. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "agent/commands.h"
#include "agent/config.h"
#include "manifests/file.h"

static void print_usage(FILE *to)
{
    fputs("usage: postern-agent --config FILE [--lang en|zh-CN] [--json] COMMAND\n"
          "       postern-agent --help-config\n\n",
          to);
    for (size_t i = 0; i < pst_agent_command_count; i++)
        fprintf(to, "  %-10s %-9s %s\n", pst_agent_commands[i].name,
                pst_agent_commands[i].arguments, pst_agent_commands[i].summary);
    fputs(
        "\n  The TUF verbs: --metadata-dir DIR [--metadata-url URL] [--target-name NAME ...\n"
        "  --target-dir DIR --target-base-url URL] init ROOT | refresh | download\n\n"
        "exit status: 0 done, 1 refused or failed (the findings are printed), 2 bad command line\n",
        to);
}

static int print_help_config(void)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(65536);
    if (!pst_config_help(pst_agent_settings, pst_agent_setting_count, &text))
        return 1;
    fwrite(text.at, 1, text.len, stdout);
    return 0;
}

enum option_key {
    KEY_CONFIG = 256,
    KEY_LANG,
    KEY_JSON,
    KEY_HELP,
    KEY_HELP_CONFIG,
    KEY_VERSION,
    KEY_METADATA_DIR,
    KEY_METADATA_URL,
    KEY_TARGET_DIR,
    KEY_TARGET_BASE_URL,
    KEY_TARGET_NAME
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, KEY_CONFIG},
    {"lang", required_argument, NULL, KEY_LANG},
    {"json", no_argument, NULL, KEY_JSON},
    {"help", no_argument, NULL, KEY_HELP},
    {"help-config", no_argument, NULL, KEY_HELP_CONFIG},
    {"version", no_argument, NULL, KEY_VERSION},
    {"metadata-dir", required_argument, NULL, KEY_METADATA_DIR},
    {"metadata-url", required_argument, NULL, KEY_METADATA_URL},
    {"target-dir", required_argument, NULL, KEY_TARGET_DIR},
    {"target-base-url", required_argument, NULL, KEY_TARGET_BASE_URL},
    {"target-name", required_argument, NULL, KEY_TARGET_NAME},
    {NULL, 0, NULL, 0},
};

/* The options that keep a text, and where. */
static const char **text_option(struct pst_agent_options *options, int key)
{
    const struct {
        int key;
        const char **text;
    } rows[] = {
        {KEY_CONFIG, &options->config},
        {KEY_METADATA_DIR, &options->metadata_dir},
        {KEY_METADATA_URL, &options->metadata_url},
        {KEY_TARGET_DIR, &options->target_dir},
        {KEY_TARGET_BASE_URL, &options->target_base_url},
    };
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (rows[i].key == key)
            return rows[i].text;
    return NULL;
}

/* -1: go on; else the exit status. */
static int take_option(struct pst_agent_options *options, int key, const char *value)
{
    const char **text = text_option(options, key);

    if (text != NULL)
        *text = value;
    else if (key == KEY_JSON)
        options->json = true;
    else if (key == KEY_TARGET_NAME && options->target_count < PST_COUNT(options->target_name))
        options->target_name[options->target_count++] = value;
    else if (key == KEY_HELP)
        return print_usage(stdout), 0;
    else if (key == KEY_HELP_CONFIG)
        return print_help_config();
    else if (key == KEY_VERSION)
        return puts("postern-agent " PST_VERSION), 0;
    else if (key != KEY_LANG || !pst_language_parse(pst_text(value), &options->language))
        return print_usage(stderr), 2;
    return -1;
}

static const struct pst_agent_command *find_command(const char *name)
{
    for (size_t i = 0; i < pst_agent_command_count; i++)
        if (pst_text_is(pst_text(name), pst_agent_commands[i].name))
            return &pst_agent_commands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    struct pst_agent_options options = {.language = PST_LANGUAGE_EN};
    int key;

    if (!pst_standard_files())
        return 1;
    /* A core dump would hold the terminal's key. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    (void)!pst_language_parse(pst_text(getenv("LANG")), &options.language);
    while ((key = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
        int status = take_option(&options, key, optarg);
        if (status >= 0)
            return status;
    }
    if (optind == argc)
        return print_usage(stderr), 2;
    const struct pst_agent_command *command = find_command(argv[optind]);
    int count = argc - optind - 1;
    if (command == NULL || count < command->least || count > command->most) {
        fprintf(stderr, "postern-agent: %s '%s'\n\n",
                command == NULL ? "no command" : "wrong arguments for", argv[optind]);
        return print_usage(stderr), 2;
    }
    return command->run(&options, count, argv + optind + 1);
}
