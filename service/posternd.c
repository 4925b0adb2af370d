/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posternd.c - the service's program: arguments, commands, what is said at the end.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "manifests/fields.h"
#include "manifests/file.h"
#include "manifests/json_out.h"
#include "manifests/report_print.h"
#include "service/api/auth.h"
#include "service/config.h"
#include "service/serve.h"
#include "service/state_folder.h"
#include "service/store/sqlite/sqlite_store.h"
#include "service/store/writer.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, DAYS_MOST = 3650, KEYS_MOST = 65536 };

struct arguments {
    const char *config, *listen, *port_file;
    int64_t days;
    enum pst_language language;
    char **rest; /* of the command */
    int rest_count;
};

/* ---- init */

static enum pst_code print_keys(const struct pst_state_folder *state, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(KEYS_MOST);
    struct pst_json_out json = pst_json_out(&text);

    pst_out_open(&json, NULL, '{');
    pst_out_open(&json, "keys", '[');
    for (int i = 0; i < PST_ONLINE_KEYS; i++) {
        PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(KEYS_MOST);
        char keyid[65] = "";
        enum pst_code code =
            pst_private_key_describe(state->key[i], INT64_MIN, INT64_MAX, &object, keyid, why);
        if (code != PST_OK)
            return code;
        pst_out_open(&json, NULL, '{');
        pst_out_string(&json, "role", pst_online_key_name((enum pst_online_key)i));
        pst_out_string(&json, "keyid", keyid);
        pst_out_verbatim(&json, "key", pst_buf_bytes(&object));
        pst_out_close(&json, '}');
    }
    pst_out_close(&json, ']');
    pst_out_close(&json, '}');
    if (!pst_json_out_is_whole(&json))
        return pst_no_memory(why, "the keys");
    printf("%.*s\n", PST_ARGS(pst_buf_text(&text)));
    return PST_OK;
}

static enum pst_code command_init(const struct arguments *arguments,
                                  const struct pst_service_config *config, struct pst_report *why)
{
    struct pst_state_folder state = {.lock = -1};
    (void)arguments;

    enum pst_code code = pst_state_folder_open(config->state, /* make= */ true, &state, why);
    if (code == PST_OK)
        code = print_keys(&state, why);
    pst_state_folder_close(&state);
    return code;
}

/* ---- token create */

struct token_job {
    struct pst_job job; /* first */
    struct pst_token_row row;
};

static enum pst_code apply_token(struct pst_job *job, struct pst_store *store)
{
    return store->ops->put_token(store, &((struct token_job *)job)->row, &job->why);
}

static enum pst_code store_token(const char *database, const struct pst_token_row *row,
                                 struct pst_report *why)
{
    static const struct pst_writer_options options = {.queue_most = 1, .batch_most = 1};
    struct token_job job = {.job = {.apply = apply_token}, .row = *row};
    struct pst_store_backend backend = {0};
    struct pst_writer *writer = NULL;

    enum pst_code code = pst_sqlite_backend(database, &backend, why);
    if (code != PST_OK)
        return code;
    code = pst_writer_start(&backend, &options, &writer, why);
    if (code == PST_OK) {
        code = pst_writer_run(writer, &job.job);
        pst_report_append(why, &job.job.why, /* noted= */ false);
        pst_writer_stop(writer);
    }
    backend.free(backend.context);
    return code;
}

static enum pst_code read_token_words(const struct arguments *arguments, enum pst_access *role,
                                      struct pst_report *why)
{
    if (arguments->rest_count != 3 || strcmp(arguments->rest[0], "create") != 0)
        return pst_refuse(why, PST_USAGE, pst_say("token create NAME ROLE"),
                          pst_say("%d words after 'token'", arguments->rest_count));
    if (!pst_name_is_safe(pst_text(arguments->rest[1])))
        return pst_refuse(why, PST_USAGE, pst_say("a name of letters, digits, '.', '_' and '-'"),
                          pst_say("'%s'", arguments->rest[1]));
    if (!pst_operator_role_parse(pst_text(arguments->rest[2]), role))
        return pst_refuse(why, PST_USAGE, pst_say("viewer, operator or admin"),
                          pst_say("'%s'", arguments->rest[2]));
    return PST_OK;
}

static enum pst_code command_token(const struct arguments *arguments,
                                   const struct pst_service_config *config, struct pst_report *why)
{
    struct pst_state_folder state = {.lock = -1};
    struct pst_token_row row = {0};
    char text[PST_OPERATOR_TOKEN_ROOM];
    enum pst_access role = PST_ACCESS_NONE;
    int64_t now_s = (int64_t)time(NULL);

    enum pst_code code = read_token_words(arguments, &role, why);
    if (code == PST_OK)
        code = pst_state_folder_open(config->state, /* make= */ false, &state, why);
    if (code == PST_OK)
        code = pst_operator_token_new(arguments->rest[1], role, now_s,
                                      now_s + arguments->days * 86400, &row, text, why);
    if (code == PST_OK)
        code = store_token(state.database, &row, why);
    if (code == PST_OK)
        printf("%s\n", text);
    pst_wipe(text, sizeof text);
    pst_state_folder_close(&state);
    return code;
}

/* ---- serve */

static enum pst_code command_serve(const struct arguments *arguments,
                                   const struct pst_service_config *config, struct pst_report *why)
{
    return pst_serve(config, arguments->port_file, why);
}

/* ---- the program */

static const struct command {
    const char *name, *usage, *help;
    int words; /* behind the name, at most */
    enum pst_code (*run)(const struct arguments *arguments, const struct pst_service_config *config,
                         struct pst_report *why);
} commands[] = {
    {"serve", "serve", "serve until SIGTERM or SIGINT; the default", 0, command_serve},
    {"init", "init",
     "make the state folder, its secret and its online keys, and print their public parts as JSON",
     0, command_init},
    {"token", "token create NAME ROLE",
     "make an operator's token (viewer, operator, admin) and print it, once; not while serving", 3,
     command_token},
};

static void print_help(void)
{
    puts("posternd --config FILE [options] [command]\n"
         "The update service for payment terminals.\n\nCommands");
    for (size_t i = 0; i < PST_COUNT(commands); i++)
        printf("  %-24s %s\n", commands[i].usage, commands[i].help);
    puts("\nOptions\n"
         "  --config FILE            the settings (--help-config lists them)\n"
         "  --listen ADDRESS:PORT    instead of the setting; port 0 takes a free one\n"
         "  --port-file FILE         write the port to it once connections are taken\n"
         "  --days N                 how long a new token is good (365)\n"
         "  --lang en|zh-CN          language of what is said here\n"
         "  --help, --help-config, --version\n\n"
         "Exit status\n"
         "  0  done\n"
         "  1  refused or failed; every finding is on the standard error\n"
         "  2  the arguments are wrong");
}

static void print_help_config(void)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(65536);
    if (pst_service_config_help(&text))
        printf("%.*s", PST_ARGS(pst_buf_text(&text)));
}

/* From the environment, as programs do it; English otherwise. */
static enum pst_language own_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    enum pst_language language = PST_LANGUAGE_EN;

    for (size_t i = 0; i < PST_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            (void)pst_language_parse(pst_text(value), &language);
            return language;
        }
    }
    return language;
}

static bool read_days(const char *text, int64_t *out, struct pst_report *why)
{
    struct pst_text rest = pst_text(text);
    uint64_t days;

    if (pst_take_number(&rest, DAYS_MOST, &days) && rest.len == 0 && days > 0) {
        *out = (int64_t)days;
        return true;
    }
    (void)pst_refuse(why, PST_USAGE, pst_say("--days from 1 to %d", DAYS_MOST),
                     pst_say("'%s'", text));
    return false;
}

enum choice {
    CHOICE_CONFIG = 1,
    CHOICE_LISTEN,
    CHOICE_PORT_FILE,
    CHOICE_DAYS,
    CHOICE_LANG,
    CHOICE_HELP,
    CHOICE_HELP_CONFIG,
    CHOICE_VERSION,
    CHOICE_UNKNOWN = '?' /* getopt_long has said so itself */
};

/* False: the program ends here, with *status. */
static bool take_choice(int choice, struct arguments *out, int *status, struct pst_report *why)
{
    *status = EXIT_SUCCESS;
    switch (choice) {
    case CHOICE_CONFIG:
        out->config = optarg;
        return true;
    case CHOICE_LISTEN:
        out->listen = optarg;
        return true;
    case CHOICE_PORT_FILE:
        out->port_file = optarg;
        return true;
    case CHOICE_HELP:
        print_help();
        return false;
    case CHOICE_HELP_CONFIG:
        print_help_config();
        return false;
    case CHOICE_VERSION:
        printf("posternd %s\n", PST_VERSION);
        return false;
    case CHOICE_DAYS:
        *status = EXIT_USAGE;
        return read_days(optarg, &out->days, why);
    case CHOICE_LANG:
        *status = EXIT_USAGE;
        if (pst_language_parse(pst_text(optarg), &out->language))
            return true;
        (void)pst_refuse(why, PST_USAGE, pst_say("--lang en or zh-CN"), pst_say("'%s'", optarg));
        return false;
    default:
        *status = EXIT_USAGE;
        return false;
    }
}

static bool read_arguments(int argc, char **argv, struct arguments *out, int *status,
                           struct pst_report *why)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, CHOICE_CONFIG},
        {"listen", required_argument, NULL, CHOICE_LISTEN},
        {"port-file", required_argument, NULL, CHOICE_PORT_FILE},
        {"days", required_argument, NULL, CHOICE_DAYS},
        {"lang", required_argument, NULL, CHOICE_LANG},
        {"help", no_argument, NULL, CHOICE_HELP},
        {"help-config", no_argument, NULL, CHOICE_HELP_CONFIG},
        {"version", no_argument, NULL, CHOICE_VERSION},
        {NULL, 0, NULL, 0},
    };
    int choice;

    while ((choice = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_choice(choice, out, status, why))
            return false;
    out->rest = argv + optind;
    out->rest_count = argc - optind;
    return true;
}

static bool has_few_words(const struct arguments *arguments, const struct command *command,
                          struct pst_report *why)
{
    if (arguments->rest_count <= command->words)
        return true;
    (void)pst_refuse(why, PST_USAGE, pst_say("%s", command->usage),
                     pst_say("'%s' as well", arguments->rest[command->words]));
    return false;
}

static const struct command *find_command(struct arguments *arguments, struct pst_report *why)
{
    if (arguments->rest_count == 0)
        return &commands[0];
    for (size_t i = 0; i < PST_COUNT(commands); i++) {
        if (strcmp(commands[i].name, arguments->rest[0]) == 0) {
            arguments->rest++;
            arguments->rest_count--;
            return has_few_words(arguments, &commands[i], why) ? &commands[i] : NULL;
        }
    }
    (void)pst_refuse(why, PST_USAGE, pst_say("serve, init or token"),
                     pst_say("'%s'", arguments->rest[0]));
    return NULL;
}

static enum pst_code read_config(const struct arguments *arguments,
                                 struct pst_service_config *config, struct pst_report *why)
{
    if (arguments->config == NULL)
        return pst_refuse(why, PST_USAGE, pst_say("--config FILE"), pst_say("none"));
    enum pst_code code = pst_service_config_read(arguments->config, config, why);
    if (code == PST_OK && arguments->listen != NULL)
        snprintf(config->listen, sizeof config->listen, "%s", arguments->listen);
    return code;
}

static int say_why(const struct pst_report *why, enum pst_language language, int status)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);

    if (pst_report_print(why, language, /* with_remedies= */ true, &text))
        fprintf(stderr, "%.*s", PST_ARGS(pst_buf_text(&text)));
    return pst_report_verdict(why) == PST_USAGE ? EXIT_USAGE : status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.days = 365, .language = own_language()};
    struct pst_service_config config;
    struct pst_report why = {0};
    int status = EXIT_SUCCESS;

    if (!pst_standard_files())
        return EXIT_REFUSED;
    if (!read_arguments(argc, argv, &arguments, &status, &why))
        return say_why(&why, arguments.language, status);
    const struct command *command = find_command(&arguments, &why);
    if (command == NULL)
        return say_why(&why, arguments.language, EXIT_USAGE);
    if (read_config(&arguments, &config, &why) != PST_OK ||
        command->run(&arguments, &config, &why) != PST_OK)
        return say_why(&why, arguments.language, EXIT_REFUSED);
    return say_why(&why, arguments.language, EXIT_SUCCESS);
}
