/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/tool/arguments.h"

static const struct pst_option *find(const struct pst_option *options, struct pst_text name)
{
    for (; options->name != NULL; options++)
        if (pst_text_is(name, options->name))
            return options;
    return NULL;
}

static enum pst_code usage(struct pst_report *why, struct pst_value expected,
                           struct pst_value found)
{
    return pst_refuse(why, PST_USAGE, expected, found);
}

static bool keep(struct pst_arguments *out, const struct pst_option *option, const char *word,
                 struct pst_report *why)
{
    if (out->given_count < PST_COUNT(out->given)) {
        out->given[out->given_count].option = option;
        out->given[out->given_count++].word = word;
        return true;
    }
    (void)usage(why, pst_say("at most %d words", ARGUMENTS_WORDS_MOST), pst_say("more"));
    return false;
}

struct reader {
    int count, at;
    char *const *argv;
    const struct pst_option *options, *common;
    struct pst_arguments *out;
    struct pst_report *why;
};

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] == '-' && word[2] != '\0';
}

static void read_values(struct reader *reader, const struct pst_option *option, const char *joined)
{
    size_t taken = 0;
    if (joined != NULL) {
        if (option->takes == TAKES_NONE)
            (void)usage(reader->why, pst_say("%s without a word", option->name),
                        pst_say("%s=%s", option->name, joined));
        (void)keep(reader->out, option, joined, reader->why);
        return;
    }
    if (option->takes == TAKES_NONE) {
        (void)keep(reader->out, option, NULL, reader->why);
        return;
    }
    while (reader->at < reader->count && !is_option(reader->argv[reader->at]) &&
           (taken == 0 || option->takes == TAKES_MANY) &&
           keep(reader->out, option, reader->argv[reader->at], reader->why)) {
        reader->at++;
        taken++;
    }
    if (taken == 0)
        (void)usage(reader->why, pst_say("a word after %s", option->name), pst_say("none"));
}

static void read_option(struct reader *reader, const char *word)
{
    const char *equals = strchr(word, '=');
    struct pst_text name = {word, equals != NULL ? (size_t)(equals - word) : strlen(word)};
    const struct pst_option *option = find(reader->options, name);

    if (option == NULL)
        option = find(reader->common, name);
    if (option == NULL) {
        (void)usage(reader->why, pst_say("an option of this command"),
                    pst_say("%.*s", PST_ARGS(name)));
        return;
    }
    if (option->takes != TAKES_MANY && pst_arguments_has(reader->out, option->name))
        (void)usage(reader->why, pst_say("%s once", option->name), pst_say("twice"));
    read_values(reader, option, equals != NULL ? equals + 1 : NULL);
}

static void check_required(const struct pst_option *options, const struct pst_arguments *out,
                           struct pst_report *why)
{
    for (; options->name != NULL; options++)
        if (options->is_required && !pst_arguments_has(out, options->name))
            (void)usage(why, pst_say("%s", options->name), pst_say("nothing of it"));
}

enum pst_code pst_arguments_parse(int count, char *const *argv, const struct pst_option *options,
                                  const struct pst_option *common, size_t words_least,
                                  size_t words_most, struct pst_arguments *out,
                                  struct pst_report *why)
{
    struct reader reader = {
        .count = count, .argv = argv, .options = options, .common = common, .out = out, .why = why};

    memset(out, 0, sizeof *out);
    while (reader.at < count) {
        const char *word = argv[reader.at++];
        if (is_option(word))
            read_option(&reader, word);
        else if (out->word_count < words_most && out->word_count < PST_COUNT(out->word))
            out->word[out->word_count++] = word;
        else
            (void)usage(why, pst_say("at most %zu words before the options", words_most),
                        pst_say("'%s' as well", word));
    }
    if (pst_arguments_has(out, "--help"))
        return PST_OK; /* whatever is missing: it is the help that was asked for */
    if (out->word_count < words_least)
        (void)usage(why, pst_say("at least %zu words", words_least),
                    pst_say("%zu", out->word_count));
    check_required(options, out, why);
    return pst_report_verdict(why);
}

const char *pst_arguments_at(const struct pst_arguments *arguments, const char *name, size_t index)
{
    for (size_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].option->name, name) == 0 && index-- == 0)
            return arguments->given[i].word;
    return NULL;
}

bool pst_arguments_has(const struct pst_arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].option->name, name) == 0)
            return true;
    return false;
}

const char *pst_arguments_one(const struct pst_arguments *arguments, const char *name)
{
    return pst_arguments_at(arguments, name, 0);
}
