/* SPDX-License-Identifier: Apache-2.0 */
/* postern-keys: the offline ceremony. Here is wiring only: which command, its options, what is
 * printed. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "keys/tool/tool.h"
#include "manifests/file.h"
#include "manifests/report_print.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* clang-format off */
static const char common_usage[] =
    "  --dir DIR                the ceremony folder (POSTERN_CEREMONY, or .)\n"
    "  --passphrase-file FILE   instead of asking on the terminal (POSTERN_PASSPHRASE_FILE)\n"
    "  --module FILE            the PKCS#11 library of keys in tokens (POSTERN_PKCS11_MODULE)\n"
    "  --lang en|zh-CN          (LC_ALL, LC_MESSAGES, LANG)\n"
    "  --help                   of the command\n";
/* clang-format on */

static void say_usage(FILE *out, const struct pst_tool_row *command, enum pst_language language)
{
    fprintf(out, "%s: postern-keys %s %s\n    %s\n", pst_phrase(SAY_USAGE, language), command->name,
            command->usage, command->summary[language]);
}

static void say_help(FILE *out, const struct pst_tool_row *command, enum pst_language language)
{
    if (command != NULL) {
        say_usage(out, command, language);
    } else {
        fprintf(out, "postern-keys %s\n%s:\n", PST_VERSION, pst_phrase(SAY_COMMANDS, language));
        for (size_t i = 0; i < pst_tool_row_count(); i++)
            fprintf(out, "  %s %s\n      %s\n", pst_tool_rows[i].name, pst_tool_rows[i].usage,
                    pst_tool_rows[i].summary[language]);
    }
    fprintf(out, "%s:\n%s", pst_phrase(SAY_COMMON, language), common_usage);
}

/* `--dir DIR show ...` means the same as `show --dir DIR ...`: options in front go behind the
 * rest. */
static void move_leading_options(int argc, char **argv)
{
    int moved = 1;
    while (moved < argc && strncmp(argv[moved], "--", 2) == 0 && strcmp(argv[moved], "--help") != 0)
        moved += strchr(argv[moved], '=') != NULL ? 1 : 2;
    for (; moved > 1 && moved < argc; moved--) {
        char *first = argv[1];
        memmove(&argv[1], &argv[2], (size_t)(argc - 2) * sizeof argv[0]);
        argv[argc - 1] = first;
    }
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Before the options are read: their faults are told in the right language, too. */
static enum pst_language language_of(int argc, char *const *argv)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    enum pst_language language = PST_LANGUAGE_EN;

    for (size_t i = PST_COUNT(variables); i-- > 0;) {
        const char *value = environment(variables[i]);
        if (value != NULL && !pst_language_parse(pst_text(value), &language))
            language = PST_LANGUAGE_EN;
    }
    for (int i = 1; i < argc && argv[i] != NULL; i++) {
        const char *value = strncmp(argv[i], "--lang=", 7) == 0 ? argv[i] + 7
                            : strcmp(argv[i], "--lang") == 0    ? argv[i + 1]
                                                                : NULL;
        if (value != NULL)
            (void)pst_language_parse(pst_text(value), &language);
    }
    return language;
}

static void print_report(const struct pst_report *why, enum pst_language language)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);
    if (pst_report_print(why, language, true, &text) && text.len > 0)
        fwrite(text.at, 1, text.len, stderr);
}

static enum pst_code run(const struct pst_tool_row *command, const struct pst_arguments *arguments,
                         enum pst_language language, int *status, struct pst_report *why)
{
    const char *lang = pst_arguments_one(arguments, "--lang");
    const char *folder = pst_arguments_one(arguments, "--dir");
    const char *passphrase = pst_arguments_one(arguments, "--passphrase-file");
    const char *module = pst_arguments_one(arguments, "--module");
    PST_CLEANUP(pst_tokens) struct pst_tokens *tokens = NULL;
    enum pst_language ignored;

    if (lang != NULL && !pst_language_parse(pst_text(lang), &ignored))
        return pst_refuse(why, PST_USAGE, pst_say("--lang en or zh-CN"), pst_say("%s", lang));
    if (folder == NULL)
        folder = environment("POSTERN_CEREMONY");
    enum pst_code rc = pst_tokens_new(&tokens, why);
    if (rc != PST_OK)
        return rc;
    struct pst_tool tool = {
        .arguments = arguments,
        .language = language,
        .folder = folder != NULL ? folder : ".",
        .passphrase.file = passphrase != NULL ? passphrase : environment("POSTERN_PASSPHRASE_FILE"),
        .module = module != NULL ? module : environment("POSTERN_PKCS11_MODULE"),
        .tokens = tokens,
        .now_s = (int64_t)time(NULL),
        .out = stdout,
        .status = status,
    };
    rc = command->run(&tool, why);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return pst_refuse(why, PST_HOST_IO, pst_say("standard output"),
                          pst_say("what was printed is not complete"));
    return rc;
}

int main(int argc, char **argv)
{
    const struct rlimit no_core = {0, 0};
    enum pst_language language = language_of(argc, argv);
    const struct pst_tool_row *command = NULL;
    struct pst_arguments arguments;
    struct pst_report why = {0};
    int status = EXIT_SUCCESS;

    if (!pst_standard_files())
        return EXIT_FAILURE;
    (void)setrlimit(RLIMIT_CORE, &no_core); /* a core dump would hold keys and passphrases */
    (void)signal(SIGPIPE, SIG_IGN);         /* a pager that is closed must not stop half-way */
    move_leading_options(argc, argv);
    int taken = pst_tool_find_row(argc, argv, &command);
    if (command == NULL) {
        bool asked = argc > 1 && strcmp(argv[1], "--help") == 0;
        if (!asked) {
            (void)pst_refuse(&why, PST_USAGE, pst_say("a command, as listed"),
                             pst_say("%s", argc > 1 ? argv[1] : "none"));
            print_report(&why, language);
        }
        say_help(asked ? stdout : stderr, NULL, language);
        return asked ? EXIT_SUCCESS : EXIT_USAGE;
    }
    enum pst_code rc =
        pst_arguments_parse(argc - 1 - taken, argv + 1 + taken, command->options, pst_tool_common,
                            command->words_least, command->words_most, &arguments, &why);
    if (rc == PST_OK && pst_arguments_has(&arguments, "--help")) {
        say_help(stdout, command, language);
        return EXIT_SUCCESS;
    }
    if (rc == PST_OK)
        rc = run(command, &arguments, language, &status, &why);
    print_report(&why, language);
    if (rc == PST_USAGE)
        say_usage(stderr, command, language);
    return rc == PST_OK ? status : rc == PST_USAGE ? EXIT_USAGE : EXIT_REFUSED;
}
