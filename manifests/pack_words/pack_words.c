/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_words.c - run when Postern is built: pack_words FILE.c writes the words of both languages as
 * the frames that packed_words.h describes. A code without words in a language does not build.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "manifests/packed_words.h"

/* Several times what a language has; and the most that zstd makes of so much. */
enum { TEXT_MOST = 256 * 1024, FRAME_MOST = TEXT_MOST + TEXT_MOST / 128 + 1024 };

static const struct language {
    const char *symbol;
    const struct pst_words *rows;
    const size_t *count;
} languages[] = {
    {"PST_LANGUAGE_EN", pst_words_en, &pst_words_en_count},
    {"PST_LANGUAGE_ZH_CN", pst_words_zh_cn, &pst_words_zh_cn_count},
};

static const struct code {
    enum pst_code code;
    const char *symbol;
} codes[] = {
#define ROW(symbol, number, name, kind, audience, severity) {symbol, #symbol},
    PST_CODES(ROW)
#undef ROW
};

/* pst_heap_cleanup() is in the library that waits for what is made here. */
static void heap_cleanup(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

struct text {
    char at[TEXT_MOST];
    size_t len;
};

static const struct pst_words *row_of(const struct language *language, enum pst_code code)
{
    for (size_t i = 0; i < *language->count; i++)
        if (language->rows[i].code == code)
            return &language->rows[i];
    return NULL;
}

static bool add_string(struct text *text, const char *string)
{
    size_t size = strlen(string) + 1;
    if (size > sizeof text->at - text->len)
        return false;
    memcpy(text->at + text->len, string, size);
    text->len += size;
    return true;
}

static bool add_row(struct text *text, const struct pst_words *row)
{
    bool added = add_string(text, row->title) && add_string(text, row->text);
    for (size_t i = 0; i < PST_COUNT(row->remedy); i++)
        added = added && add_string(text, row->remedy[i]);
    return added;
}

static bool add_all_rows(const struct language *language, struct text *text)
{
    for (size_t i = 0; i < PST_COUNT(codes); i++) {
        const struct pst_words *row = row_of(language, codes[i].code);
        if (row == NULL || !add_row(text, row)) {
            fprintf(stderr, "pack_words: %s: %s %s\n", language->symbol, codes[i].symbol,
                    row == NULL ? "has no words" : "does not fit; is TEXT_MOST too small?");
            return false;
        }
    }
    return true;
}

static bool write_frame(FILE *file, const struct language *language)
{
    PST_CLEANUP(heap) struct text *text = calloc(1, sizeof *text);
    PST_CLEANUP(heap) uint8_t *frame = malloc(FRAME_MOST);

    if (text == NULL || frame == NULL || !add_all_rows(language, text))
        return false;
    size_t len = ZSTD_compress(frame, FRAME_MOST, text->at, text->len, ZSTD_maxCLevel());
    if (ZSTD_isError(len)) {
        fprintf(stderr, "pack_words: %s\n", ZSTD_getErrorName(len));
        return false;
    }
    fprintf(file, "static const uint8_t of_%s[] = {", language->symbol);
    for (size_t i = 0; i < len; i++)
        fprintf(file, "%s%u,", i % 24 == 0 ? "\n" : "", frame[i]);
    fprintf(file, "\n};\nenum { SIZE_OF_%s = %zu };\n\n", language->symbol, text->len);
    return true;
}

static bool write_all(FILE *file)
{
    fprintf(file, "/* Made by manifests/pack_words/ from manifests/words_*.c. */\n"
                  "#include \"manifests/packed_words.h\"\n\n");
    for (size_t i = 0; i < PST_COUNT(languages); i++)
        if (!write_frame(file, &languages[i]))
            return false;
    fprintf(file, "const struct pst_packed_words pst_packed_words[] = {\n");
    for (size_t i = 0; i < PST_COUNT(languages); i++) {
        const char *symbol = languages[i].symbol;
        fprintf(file, "    [%s] = {of_%s, sizeof of_%s, SIZE_OF_%s},\n", symbol, symbol, symbol,
                symbol);
    }
    fprintf(file, "};\n");
    return ferror(file) == 0;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "w") : NULL;
    if (file == NULL) {
        fputs("usage: pack_words FILE.c\n", stderr);
        return EXIT_FAILURE;
    }
    bool written = write_all(file);
    if (fclose(file) == 0 && written)
        return EXIT_SUCCESS;
    remove(argv[1]);
    return EXIT_FAILURE;
}
