/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - strict UTF-8: no overlong form, no surrogate, nothing beyond U+10FFFF.
 *
 * Threads  pure functions.
 * Source   RFC 3629, section 4.
 */
#ifndef PST_MANIFESTS_UTF8_H
#define PST_MANIFESTS_UTF8_H

#include "manifests/bytes.h"

/* Takes one character from the front; answers its bytes (1 to 4), or 0 when there is none. */
size_t pst_utf8_take(struct pst_text *rest, uint32_t *rune);
/* False for control characters, line separators and the marks that turn the direction of text. */
bool pst_utf8_is_printable(uint32_t rune);
/* The whole text is UTF-8 and every character of it is printable. */
bool pst_utf8_is_plain(struct pst_text text);

#endif
