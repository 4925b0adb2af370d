/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed_words.h - internal to manifests/: the words of words_*.c as programs carry them.
 *
 * A language is one zstd frame over the title, the text and the three remedies of each code in the
 * order of codes.h, each string with its NUL. pack_words/ makes the frames when Postern is built.
 */
#ifndef PST_MANIFESTS_PACKED_WORDS_H
#define PST_MANIFESTS_PACKED_WORDS_H

#include "manifests/words.h"

struct pst_packed_words {
    const uint8_t *at;
    size_t len;       /* of the frame, exactly */
    size_t text_size; /* of the strings in it, exactly */
};
extern const struct pst_packed_words pst_packed_words[]; /* by enum pst_language */

/*
 * A row for each code, in the order of codes.h, and behind the rows the strings they point into:
 * one block, the caller's to free(). NULL without memory, or when the frame holds anything else
 * than just that many strings of that size.
 */
struct pst_words *pst_words_unpack(const struct pst_packed_words *packed) PST_MUST_CHECK;

#endif
