/* SPDX-License-Identifier: Apache-2.0 */
/* postern-keys: the offline ceremony. Here is wiring only: which command, its options, what is
 * printed. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "keys/tool/tool.h"
#include "manifests/report_print.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    const char *usage;      /* behind the name */
    const char *summary[2]; /* by enum pst_language */
    size_t words_least, words_most;
    pst_tool_command *run;
    struct pst_option options[16];
};

/* clang-format off */
static const struct command commands[] = {
    {"new", "NAME --scheme ed25519|ecdsa-sha2-nistp256|rsassa-pss-sha256 [--not-before T]\n"
            "      [--not-after T | --days N] [--plain]",
     {"make a key pair: keys/NAME.key and keys/NAME.pub", "生成密钥对：keys/NAME.key 与 keys/NAME.pub"},
     1, 1, pst_command_new,
     {{"--scheme", TAKES_ONE, true}, {"--not-before", TAKES_ONE, false}, {"--not-after", TAKES_ONE, false},
      {"--days", TAKES_ONE, false}, {"--plain", TAKES_NONE, false}}},
    {"renew", "NAME [--not-before T] [--not-after T | --days N]",
     {"give a public key another window, and so another key id", "为公钥设定新的有效期（密钥标识随之改变）"},
     1, 1, pst_command_renew,
     {{"--not-before", TAKES_ONE, false}, {"--not-after", TAKES_ONE, false}, {"--days", TAKES_ONE, false}}},
    {"show", "FILE...",
     {"say in plain words what a key or a signed file is", "用通俗文字说明密钥或签名文件"},
     1, ARGUMENTS_WORDS_MOST, pst_command_show, {{NULL, TAKES_NONE, false}}},
    {"root init", "--threshold M --root NAME... --targets NAME... [--targets-threshold M]\n"
            "      --snapshot PUB --timestamp PUB [--expires T | --days N]",
     {"draft the first root", "起草第一个根文件"},
     0, 0, pst_command_root_init,
     {{"--threshold", TAKES_ONE, true}, {"--root", TAKES_MANY, true}, {"--targets", TAKES_MANY, true},
      {"--targets-threshold", TAKES_ONE, false}, {"--snapshot", TAKES_ONE, true},
      {"--timestamp", TAKES_ONE, true}, {"--expires", TAKES_ONE, false}, {"--days", TAKES_ONE, false}}},
    {"root next", "[--add-root NAME...] [--remove-root KEY...] [--threshold M]\n"
            "      [--add-targets NAME...] [--remove-targets KEY...] [--targets-threshold M]\n"
            "      [--set-snapshot PUB] [--set-timestamp PUB]\n"
            "      [--revoke KEY... --reason leaked|lost|retired] [--retire-scheme S [--from T]]\n"
            "      [--expires T | --days N]",
     {"draft the root after the last signed one", "在最后一个已签名根文件之后起草下一个"},
     0, 0, pst_command_root_next,
     {{"--add-root", TAKES_MANY, false}, {"--remove-root", TAKES_MANY, false},
      {"--threshold", TAKES_ONE, false}, {"--add-targets", TAKES_MANY, false},
      {"--remove-targets", TAKES_MANY, false}, {"--targets-threshold", TAKES_ONE, false},
      {"--set-snapshot", TAKES_ONE, false}, {"--set-timestamp", TAKES_ONE, false},
      {"--revoke", TAKES_MANY, false}, {"--reason", TAKES_ONE, false},
      {"--retire-scheme", TAKES_ONE, false}, {"--from", TAKES_ONE, false},
      {"--expires", TAKES_ONE, false}, {"--days", TAKES_ONE, false}}},
    {"targets init", "--product P --role-key NAME... [--threshold M] --assignments PUB\n"
            "      [--expires T | --days N]",
     {"draft targets.json with its first product", "起草含首个产品的 targets.json"},
     0, 0, pst_command_targets_init,
     {{"--product", TAKES_ONE, true}, {"--role-key", TAKES_MANY, true}, {"--threshold", TAKES_ONE, false},
      {"--assignments", TAKES_ONE, true}, {"--expires", TAKES_ONE, false}, {"--days", TAKES_ONE, false}}},
    {"targets next", "[--product P [--role-key NAME...] [--threshold M]] [--assignments PUB]\n"
            "      [--remove-product P] [--expires T | --days N]",
     {"draft targets.json anew: one more product, other keys, a later date", "重新起草 targets.json：增加产品、更换密钥或延期"},
     0, 0, pst_command_targets_next,
     {{"--product", TAKES_ONE, false}, {"--role-key", TAKES_MANY, false}, {"--threshold", TAKES_ONE, false},
      {"--assignments", TAKES_ONE, false}, {"--remove-product", TAKES_ONE, false},
      {"--expires", TAKES_ONE, false}, {"--days", TAKES_ONE, false}}},
    {"sign", "FILE --key NAME... [--root FILE] [--targets FILE]",
     {"show a draft and add signatures to it", "显示草稿并为其添加签名"},
     1, 1, pst_command_sign,
     {{"--key", TAKES_MANY, true}, {"--root", TAKES_ONE, false}, {"--targets", TAKES_ONE, false}}},
    {"check", "FILE [--root FILE] [--targets FILE]",
     {"verify a signed file as a terminal would", "像终端一样校验签名文件"},
     1, 1, pst_command_check, {{"--root", TAKES_ONE, false}, {"--targets", TAKES_ONE, false}}},
};

static const struct pst_option common[] = {
    {"--dir", TAKES_ONE, false}, {"--passphrase-file", TAKES_ONE, false}, {"--lang", TAKES_ONE, false},
    {"--help", TAKES_NONE, false}, {NULL, TAKES_NONE, false},
};
static const char common_usage[] =
    "  --dir DIR                the ceremony folder (POSTERN_CEREMONY, or .)\n"
    "  --passphrase-file FILE   instead of asking on the terminal (POSTERN_PASSPHRASE_FILE)\n"
    "  --lang en|zh-CN          (LC_ALL, LC_MESSAGES, LANG)\n"
    "  --help                   of the command\n";
/* clang-format on */

static void say_usage(FILE *out, const struct command *command, enum pst_language language)
{
    fprintf(out, "%s: postern-keys %s %s\n    %s\n", pst_phrase(SAY_USAGE, language), command->name,
            command->usage, command->summary[language]);
}

static void say_help(FILE *out, const struct command *command, enum pst_language language)
{
    if (command != NULL) {
        say_usage(out, command, language);
    } else {
        fprintf(out, "postern-keys %s\n%s:\n", PST_VERSION, pst_phrase(SAY_COMMANDS, language));
        for (size_t i = 0; i < PST_COUNT(commands); i++)
            fprintf(out, "  %s %s\n      %s\n", commands[i].name, commands[i].usage,
                    commands[i].summary[language]);
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

/* A command's name is one word or two. Answers how many of argv it took. */
static int find_command(int argc, char *const *argv, const struct command **out)
{
    for (size_t i = 0; i < PST_COUNT(commands); i++) {
        char two[32] = "";
        if (argc > 2)
            snprintf(two, sizeof two, "%.12s %.12s", argv[1], argv[2]);
        *out = &commands[i];
        if (argc > 2 && strcmp(two, commands[i].name) == 0)
            return 2;
        if (argc > 1 && strcmp(argv[1], commands[i].name) == 0)
            return 1;
    }
    *out = NULL;
    return 0;
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

static enum pst_code run(const struct command *command, const struct pst_arguments *arguments,
                         enum pst_language language, struct pst_report *why)
{
    const char *lang = pst_arguments_one(arguments, "--lang");
    const char *folder = pst_arguments_one(arguments, "--dir");
    const char *passphrase = pst_arguments_one(arguments, "--passphrase-file");
    enum pst_language ignored;

    if (lang != NULL && !pst_language_parse(pst_text(lang), &ignored))
        return pst_refuse(why, PST_USAGE, pst_say("--lang en or zh-CN"), pst_say("%s", lang));
    if (folder == NULL)
        folder = environment("POSTERN_CEREMONY");
    struct pst_tool tool = {
        .arguments = arguments,
        .language = language,
        .folder = folder != NULL ? folder : ".",
        .passphrase.file = passphrase != NULL ? passphrase : environment("POSTERN_PASSPHRASE_FILE"),
        .now_s = (int64_t)time(NULL),
        .out = stdout,
    };
    enum pst_code rc = command->run(&tool, why);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return pst_refuse(why, PST_HOST_IO, pst_say("standard output"),
                          pst_say("what was printed is not complete"));
    return rc;
}

int main(int argc, char **argv)
{
    const struct rlimit no_core = {0, 0};
    enum pst_language language = language_of(argc, argv);
    const struct command *command = NULL;
    struct pst_arguments arguments;
    struct pst_report why = {0};

    (void)setrlimit(RLIMIT_CORE, &no_core); /* a core dump would hold keys and passphrases */
    (void)signal(SIGPIPE, SIG_IGN);         /* a pager that is closed must not stop half-way */
    move_leading_options(argc, argv);
    int taken = find_command(argc, argv, &command);
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
        pst_arguments_parse(argc - 1 - taken, argv + 1 + taken, command->options, common,
                            command->words_least, command->words_most, &arguments, &why);
    if (rc == PST_OK && pst_arguments_has(&arguments, "--help")) {
        say_help(stdout, command, language);
        return EXIT_SUCCESS;
    }
    if (rc == PST_OK)
        rc = run(command, &arguments, language, &why);
    print_report(&why, language);
    if (rc == PST_USAGE)
        say_usage(stderr, command, language);
    return rc == PST_OK ? EXIT_SUCCESS : rc == PST_USAGE ? EXIT_USAGE : EXIT_REFUSED;
}
