/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/call.h"

static struct pst_text trimmed(struct pst_text text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = (struct pst_text){text.at + 1, text.len - 1};
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* Up to `end`, or all that is left. */
static struct pst_text take_part(struct pst_text *rest, char end)
{
    struct pst_text part;
    if (pst_take_until(rest, end, &part))
        return part;
    part = *rest;
    *rest = (struct pst_text){0};
    return part;
}

/* "q=0.8" in thousandths; 1000 when it is not given, 0 when it cannot be read. */
static unsigned weight_of(struct pst_text parameter)
{
    unsigned weight = 0, scale = 1000;

    parameter = trimmed(parameter);
    if (parameter.len == 0)
        return 1000;
    if (!pst_take(&parameter, "q=") || parameter.len == 0 || parameter.len > 5 ||
        (parameter.at[0] != '0' && parameter.at[0] != '1'))
        return 0;
    for (size_t i = 0; i < parameter.len; i++) {
        char c = parameter.at[i];
        if (i == 1 ? c != '.' : c < '0' || c > '9')
            return 0;
        if (i != 1) {
            weight += (unsigned)(c - '0') * scale;
            scale /= 10;
        }
    }
    return weight <= 1000 ? weight : 0;
}

enum pst_language pst_language_asked(struct pst_text accept_language)
{
    enum pst_language best = PST_LANGUAGE_EN;
    unsigned best_weight = 0;

    while (accept_language.len > 0) {
        struct pst_text parameter = take_part(&accept_language, ',');
        struct pst_text tag = trimmed(take_part(&parameter, ';'));
        unsigned weight = weight_of(parameter);
        enum pst_language language;
        if (weight > best_weight && pst_language_parse(tag, &language)) {
            best = language;
            best_weight = weight;
        }
    }
    return best;
}
