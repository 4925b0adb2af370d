/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - what a finding says to people: one sentence and, for each audience, the way out.
 *
 * The agent reports codes and values only; the CLI, the service and the dashboard put these words
 * to them. `{expected}`, `{found}` and `{where}` in a text are filled in from the finding.
 *
 * Memory   static storage, never NULL: a remedy that does not concern an audience is "".
 * Threads  pure functions.
 * Source   words_en.c, words_zh_cn.c; a test holds both complete and their placeholders equal.
 */
#ifndef PST_MANIFESTS_WORDS_H
#define PST_MANIFESTS_WORDS_H

#include "manifests/finding.h"

enum pst_language { PST_LANGUAGE_EN, PST_LANGUAGE_ZH_CN };

struct pst_words {
    enum pst_code code;
    const char *title;     /* a few words, for tables and lists: "OS too old" */
    const char *text;      /* one sentence with placeholders */
    const char *remedy[3]; /* by enum pst_audience; at least that of the code's own audience */
};

/* "en", "en-US", "zh-CN", "zh", "zh_CN.UTF-8"; false on anything else, *out untouched. */
bool pst_language_parse(struct pst_text tag, enum pst_language *out);
const char *pst_language_tag(enum pst_language language); /* "en", "zh-CN" */

const struct pst_words *pst_words_of(enum pst_code code, enum pst_language language);

/* Adds the text of a finding with its values filled in. False when the buffer is at its ceiling. */
bool pst_words_fill(const struct pst_finding *finding, enum pst_language language,
                    struct pst_buf *out) PST_MUST_CHECK;

/* The tables themselves, each in the order of codes.h; only words.c and the tests use them. */
extern const struct pst_words pst_words_en[];
extern const struct pst_words pst_words_zh_cn[];
extern const size_t pst_words_en_count;
extern const size_t pst_words_zh_cn_count;

#endif
