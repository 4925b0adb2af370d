/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/packed_words.h"

#include <stdlib.h>
#include <zstd.h>

/* The string at the front, past which `rest` is moved; NULL when no NUL is left to end one. */
static const char *take_string(struct pst_text *rest)
{
    struct pst_text string;
    return pst_take_until(rest, '\0', &string) ? string.at : NULL;
}

static bool take_row(struct pst_text *rest, struct pst_words *row)
{
    row->title = take_string(rest);
    row->text = take_string(rest);
    for (size_t i = 0; i < PST_COUNT(row->remedy); i++)
        row->remedy[i] = take_string(rest);
    return row->remedy[PST_COUNT(row->remedy) - 1] != NULL; /* none before it was missing either */
}

static bool unpack(const struct pst_packed_words *packed, struct pst_words *rows, size_t count)
{
    char *text = (char *)(rows + count);
    struct pst_text rest = {text, packed->text_size};

    if (ZSTD_decompress(text, packed->text_size, packed->at, packed->len) != packed->text_size)
        return false; /* an error is no size either: all of them are beyond any that we have */
    for (size_t i = 0; i < count; i++) {
        rows[i].code = pst_code_at(i);
        if (!take_row(&rest, &rows[i]))
            return false;
    }
    return rest.len == 0;
}

struct pst_words *pst_words_unpack(const struct pst_packed_words *packed)
{
    size_t count = pst_code_count();
    struct pst_words *rows = malloc(count * sizeof *rows + packed->text_size);

    if (rows != NULL && unpack(packed, rows, count))
        return rows;
    free(rows);
    return NULL;
}
