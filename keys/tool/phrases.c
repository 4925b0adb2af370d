/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/tool/phrases.h"

const char *pst_phrase(enum pst_phrase which, enum pst_language language)
{
#define PHRASE_ROW(symbol, en, zh_cn) [symbol] = {en, zh_cn},
    static const char *const rows[][2] = {PHRASES(PHRASE_ROW)};
#undef PHRASE_ROW
    return rows[which][language];
}
