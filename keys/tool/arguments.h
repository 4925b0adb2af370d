/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arguments.h - a command line against a table of options.
 *
 *     postern-keys root init --threshold 2 --root a b c --days=365
 *
 * An option takes no word, one, or all that follow up to the next option; `--name=word` is one
 * word. Words before the first option are the command's own. All that is wrong is told, not the
 * first thing.
 *
 * Memory   words are borrowed from argv.
 * Errors   PST_USAGE.
 */
#ifndef PST_KEYS_TOOL_ARGUMENTS_H
#define PST_KEYS_TOOL_ARGUMENTS_H

#include "manifests/finding.h"

enum { ARGUMENTS_WORDS_MOST = 256 };
enum pst_option_takes { TAKES_NONE, TAKES_ONE, TAKES_MANY };

struct pst_option {
    const char *name; /* "--threshold"; NULL ends a table */
    enum pst_option_takes takes;
    bool is_required;
};

struct pst_arguments {
    size_t word_count; /* the command's own */
    const char *word[ARGUMENTS_WORDS_MOST];
    size_t given_count;
    struct {
        const struct pst_option *option;
        const char *word; /* NULL: the option without a word */
    } given[ARGUMENTS_WORDS_MOST];
};

/* `options` and `common` are tables; `words_least` and `words_most` bound the command's own. */
enum pst_code pst_arguments_parse(int count, char *const *argv, const struct pst_option *options,
                                  const struct pst_option *common, size_t words_least,
                                  size_t words_most, struct pst_arguments *out,
                                  struct pst_report *why) PST_MUST_CHECK;

bool pst_arguments_has(const struct pst_arguments *arguments, const char *name);
/* The option's only word; NULL when it was not given. */
const char *pst_arguments_one(const struct pst_arguments *arguments, const char *name);
/* Its words in order: 0, 1, ... until NULL. */
const char *pst_arguments_at(const struct pst_arguments *arguments, const char *name, size_t index);

#endif
