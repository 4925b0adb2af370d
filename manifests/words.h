/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - what a finding says to people: one sentence and, for each audience, the way out.
 *
 * The agent reports codes and values only; the CLI, the service and the dashboard put these words
 * to them. `{expected}`, `{found}` and `{where}` in a text are filled in from the finding.
 *
 * Programs carry the words packed. Whoever wants some opens the book of a language for a while:
 *
 *     PST_CLEANUP(pst_words_book) struct pst_words_book book = {0};
 *     pst_words_open(language, &book);
 *     ... pst_words_of(&book, code).title ...
 *
 * Memory   an open book is one block of about 40 KiB; what it answers is borrowed from it. No text
 *          is NULL: a remedy that does not concern an audience is "".
 * Threads  values only; threads may share an open book.
 * Errors   without memory a book has no words, yet an answer for each code: its name for a title,
 *          a text of what was expected and found, and no remedy.
 * Source   words_en.c, words_zh_cn.c, packed by pack_words/; a test holds both complete and their
 *          placeholders equal.
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

struct pst_words_book {
    enum pst_language language;
    struct pst_words *rows; /* in the order of codes.h; NULL: a book without words */
};

/* False without memory: the book is one without words then. Who only prints need not ask. */
bool pst_words_open(enum pst_language language, struct pst_words_book *out);
void pst_words_close(struct pst_words_book *book);
static inline void pst_words_book_cleanup(struct pst_words_book *book)
{
    pst_words_close(book);
}

struct pst_words pst_words_of(const struct pst_words_book *book, enum pst_code code);

/* Adds the text of a finding with its values filled in. False when the buffer is at its ceiling. */
bool pst_words_fill(const struct pst_words_book *book, const struct pst_finding *finding,
                    struct pst_buf *out) PST_MUST_CHECK;

/* The tables themselves, each in the order of codes.h; only pack_words/ and the tests link them. */
extern const struct pst_words pst_words_en[];
extern const struct pst_words pst_words_zh_cn[];
extern const size_t pst_words_en_count;
extern const size_t pst_words_zh_cn_count;

#endif
