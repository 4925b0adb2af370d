/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The beginning of a deflate stream (RFC 1951). Its codes must be complete, which those of other
 * bytes hardly ever are; nothing is inflated.
 */
#include "manifests/content_marks.h"

enum {
    LITERALS_MOST = 286,
    DISTANCES_MOST = 30,
    LENGTHS = 19,
    END_OF_BLOCK = 256,
    LENGTH_BITS = 7
};

struct bits {
    struct pst_bytes in;
    size_t at; /* in bits */
    bool out;  /* more were asked for than there are */
};

static unsigned take(struct bits *bits, unsigned count)
{
    unsigned value = 0;
    for (unsigned i = 0; i < count; i++, bits->at++) {
        if (bits->at / 8 >= bits->in.len) {
            bits->out = true;
            return 0;
        }
        value |= ((unsigned)bits->in.at[bits->at / 8] >> bits->at % 8 & 1U) << i;
    }
    return value;
}

/* Kraft's sum in parts of 2^-15: 0x8000 for a complete code. */
static unsigned sum_of(const uint8_t *lengths, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += lengths[i] > 0 ? 0x8000U >> lengths[i] : 0;
    return sum;
}

static bool is_complete(const uint8_t *lengths, size_t count)
{
    return sum_of(lengths, count) == 0x8000;
}

/* One symbol of a complete code, bit by bit; RFC 1951, 3.2.2. */
static unsigned take_symbol(struct bits *bits, const uint8_t *lengths, size_t count)
{
    unsigned code = 0, first = 0;
    for (unsigned len = 1; len <= LENGTH_BITS; len++) {
        unsigned of_len = 0;
        code |= take(bits, 1);
        for (size_t i = 0; i < count; i++)
            if (lengths[i] == len && first + of_len++ == code)
                return (unsigned)i;
        first = (first + of_len) << 1;
        code <<= 1;
    }
    bits->out = true;
    return 0;
}

static bool take_lengths(struct bits *bits, const uint8_t *code, uint8_t *out, size_t count)
{
    static const struct {
        unsigned bits, least;
    } repeats[] = {{2, 3}, {3, 3}, {7, 11}}; /* symbols 16, 17 and 18 */
    for (size_t i = 0; i < count && !bits->out;) {
        unsigned symbol = take_symbol(bits, code, LENGTHS);
        if (symbol < 16) {
            out[i++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == 16 && i == 0)
            return false;
        uint8_t again = symbol == 16 ? out[i - 1] : 0;
        size_t times = repeats[symbol - 16].least + take(bits, repeats[symbol - 16].bits);
        if (times > count - i)
            return false;
        for (; times > 0; times--)
            out[i++] = again;
    }
    return !bits->out;
}

static bool begins_with_codes(struct bits *bits)
{
    static const uint8_t order[LENGTHS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                           11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t code[LENGTHS] = {0}, lengths[LITERALS_MOST + DISTANCES_MOST] = {0};
    size_t literals = 257 + take(bits, 5), distances = 1 + take(bits, 5), coded = 4 + take(bits, 4);
    if (literals > LITERALS_MOST || distances > DISTANCES_MOST)
        return false;
    for (size_t i = 0; i < coded; i++)
        code[order[i]] = (uint8_t)take(bits, 3);
    if (bits->out || !is_complete(code, LENGTHS) ||
        !take_lengths(bits, code, lengths, literals + distances))
        return false;
    /* A code of distances may be incomplete when there is none, or one. */
    unsigned of_distances = sum_of(lengths + literals, distances);
    return lengths[END_OF_BLOCK] > 0 && is_complete(lengths, literals) &&
           (of_distances == 0x8000 || of_distances == 0x4000 || of_distances == 0);
}

bool pst_content_is_deflate(struct pst_bytes from, bool strict)
{
    struct bits bits = {.in = from};
    (void)take(&bits, 1); /* whether it is the last block */
    unsigned type = take(&bits, 2);
    if (bits.out || type == 3)
        return false;
    if (type == 2)
        return begins_with_codes(&bits);
    if (type == 0 && !strict)
        return from.len >= 5 && (pst_content_le(from, 1, 2) ^ pst_content_le(from, 3, 2)) == 0xffff;
    return !strict;
}
