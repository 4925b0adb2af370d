/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/utf8.h"

/* The lead byte gives the length, the bits that it carries, and the least rune of that length. */
struct lead {
    uint8_t mask, value, carried;
    size_t len;
    uint32_t least;
};
static const struct lead leads[] = {
    {0xe0, 0xc0, 0x1f, 2, 0x80},
    {0xf0, 0xe0, 0x0f, 3, 0x800},
    {0xf8, 0xf0, 0x07, 4, 0x10000},
};

static const struct lead *lead_of(uint8_t byte)
{
    for (size_t i = 0; i < PST_COUNT(leads); i++)
        if ((byte & leads[i].mask) == leads[i].value)
            return &leads[i];
    return NULL;
}

size_t pst_utf8_take(struct pst_text *rest, uint32_t *rune)
{
    if (rest->len == 0)
        return 0;
    if ((uint8_t)rest->at[0] < 0x80) { /* nearly all there is: no table for it */
        *rune = (uint8_t)rest->at[0];
        *rest = (struct pst_text){rest->at + 1, rest->len - 1};
        return 1;
    }
    const struct lead *lead = lead_of((uint8_t)rest->at[0]);
    if (lead == NULL || rest->len < lead->len)
        return 0;

    uint32_t value = (uint8_t)rest->at[0] & lead->carried;
    for (size_t i = 1; i < lead->len; i++) {
        uint8_t byte = (uint8_t)rest->at[i];
        if ((byte & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (byte & 0x3fu);
    }
    if (value < lead->least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *rest = (struct pst_text){rest->at + lead->len, rest->len - lead->len};
    *rune = value;
    return lead->len;
}

bool pst_utf8_is_printable(uint32_t rune)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    };
    if (rune >= ' ' && rune <= '~')
        return true;
    for (size_t i = 0; i < PST_COUNT(hidden); i++)
        if (rune >= hidden[i].first && rune <= hidden[i].last)
            return false;
    return true;
}

bool pst_utf8_is_plain(struct pst_text text)
{
    uint32_t rune = 0;
    while (text.len > 0)
        if (pst_utf8_take(&text, &rune) == 0 || !pst_utf8_is_printable(rune))
            return false;
    return true;
}
