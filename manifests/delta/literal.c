/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/walk.h"

enum {
    RATE = 6,
    MATCH_MOST = 32, /* longer ones are no surer */
    MATCH_HASHED = 5
};

/* Sets of weights, by what kind of byte it is. */
enum { WEIGHTS_SPELT = 0, WEIGHTS_INSERTED = 128, WEIGHTS_CHANGED = 248 };

struct byte_contexts {
    uint32_t hash[PST_LITERAL_CONTEXTS];
    unsigned weights; /* a row of four sets: for the upper bits of the byte, and the lower */
};

static pst_small_slot *literal_slot(const struct pst_walk *walk, unsigned context, uint32_t hash,
                                    uint32_t node)
{
    uint32_t mixed = (hash + node * UINT32_C(0x9E3779B1)) ^ (hash >> 15) ^ node << 7;
    mixed *= UINT32_C(0x2C1B3C6D);
    return &walk->literal[context][mixed >> (32 - walk->table_log)];
}

static unsigned bit_group(int bit)
{
    return bit > 5 ? 0 : bit > 3 ? 1 : bit > 1 ? 2 : 3;
}

static uint8_t code_byte(struct pst_walk *walk, const struct byte_contexts *contexts, uint8_t value)
{
    uint32_t node = 1;
    for (int bit = 7; bit >= 0; bit--) {
        struct pst_mix mix = {.count = PST_LITERAL_CONTEXTS,
                              .weights =
                                  &walk->model->literal_weights[contexts->weights + bit_group(bit)],
                              .rate = RATE};
        pst_small_slot *small[PST_LITERAL_CONTEXTS];
        for (unsigned i = 0; i < PST_LITERAL_CONTEXTS; i++)
            small[i] = literal_slot(walk, i, contexts->hash[i], node);
        node = node << 1 | pst_code_mixed_small(&walk->coder, &walk->curves, &mix, small,
                                                (value >> bit & 1) != 0);
    }
    return (uint8_t)node;
}

/* ---- a word, from its upper byte down */

uint32_t pst_code_spelt(struct pst_walk *walk, const struct pst_word *word, uint32_t value)
{
    uint32_t expected = word->guess[0].value, before = walk->model->word_before, found = 0;
    uint32_t kind = word->site.kind;
    for (unsigned k = word->bytes; k-- > 0;) {
        uint32_t old = word->old >> (8 * k) & 255, guess = expected >> (8 * k) & 255;
        bool first = k + 1 == word->bytes;
        uint32_t upper = first ? 0 : found >> (8 * (k + 1));
        uint32_t agrees = first ? 3
                                : (upper == word->old >> (8 * (k + 1)) ? 1u : 0u) |
                                      (upper == expected >> (8 * (k + 1)) ? 2u : 0u);
        struct byte_contexts contexts = {
            .hash = {pst_hash2(k << 8 | old, 1),
                     pst_hash2(k << 16 | guess << 8 | old, 2 + kind * 16),
                     pst_hash2(upper, 3 + k * 16), pst_hash2(k << 8 | (before >> (8 * k) & 255), 4),
                     pst_hash2(upper * 4 + k, (word->old >> (8 * k)) * 8 + 5),
                     pst_hash2((upper & 255) * 4 + k, 6 + kind * 16)},
            .weights = WEIGHTS_SPELT + (k * 4 + agrees) * 4 + (kind != 0 ? 64 : 0)};
        found |= (uint32_t)code_byte(walk, &contexts, (uint8_t)(value >> (8 * k))) << (8 * k);
    }
    return found;
}

/* ---- bytes of a copied part that are no word */

uint8_t pst_code_changed_byte(struct pst_walk *walk, const uint8_t *unit, unsigned i, bool changed,
                              uint8_t value)
{
    uint32_t old = unit[i], before = pst_walk_back(walk, 1);
    uint32_t moved = (uint8_t)(before - unit[(int)i - 1]);
    struct byte_contexts contexts = {
        .hash = {pst_hash2(old, 201), pst_hash2(old | before << 8, 202),
                 pst_hash2(old | moved << 8, 203), pst_hash2(before, 204),
                 pst_hash2((changed ? 1u : 0u) | i << 1, 205),
                 pst_hash2(old | (uint32_t)unit[0] << 8, 206)},
        .weights = WEIGHTS_CHANGED + (changed ? 4 : 0)};
    return code_byte(walk, &contexts, value);
}

/* ---- inserted bytes */

static uint32_t match_hash(const struct pst_walk *walk)
{
    uint32_t hash = 0;
    for (uint32_t i = 1; i <= MATCH_HASHED; i++)
        hash = hash * UINT32_C(0x2F0B4C47) + pst_walk_back(walk, i) + 1;
    return hash * UINT32_C(0x9E3779B1) >> (32 - (walk->window_log - 4));
}

/* Follows the match that there is, or looks for a new one. */
static void follow_match(struct pst_walk *walk)
{
    struct pst_model *model = walk->model;
    uint32_t mask = pst_window_mask(walk), *entry = &walk->match[match_hash(walk)];
    if (model->match_len > 0 && walk->window[model->match_at & mask] == pst_walk_back(walk, 1)) {
        model->match_at++;
        model->match_len += model->match_len < MATCH_MOST;
    } else {
        model->match_len = 0;
    }
    if (model->match_len == 0 && *entry > walk->frame_at && walk->at - *entry < mask) {
        uint32_t len = 0;
        while (len<MATCH_MOST && * entry - walk->frame_at> len && walk->at - *entry + len < mask &&
               walk->window[(*entry - 1 - len) & mask] == pst_walk_back(walk, 1 + len))
            len++;
        model->match_len = len;
        model->match_at = *entry;
    }
    *entry = walk->at;
}

uint8_t pst_code_inserted_byte(struct pst_walk *walk, uint8_t value)
{
    follow_match(walk);
    const struct pst_model *model = walk->model;
    uint32_t back[9];
    for (uint32_t i = 1; i < PST_COUNT(back); i++)
        back[i] = pst_walk_back(walk, i);
    uint32_t phase = walk->at & 3, two = back[1] | back[2] << 8,
             four = two | back[3] << 16 | back[4] << 24;
    uint32_t like =
        model->match_len > 0 ? walk->window[model->match_at & pst_window_mask(walk)] | 256 : 0;
    uint32_t len = model->match_len < 16 ? model->match_len : 16 + model->match_len / 16;
    struct byte_contexts contexts = {
        .hash = {pst_hash2(back[1], 101), pst_hash2(two, 102), pst_hash2(two | back[3] << 16, 103),
                 pst_hash2(phase | back[4] << 2 | back[8] << 10, 104), pst_hash2(four, 105),
                 like != 0 ? pst_hash2(like | len << 9, 106)
                           : pst_hash2(phase | back[4] << 2, 107)},
        .weights = WEIGHTS_INSERTED + (phase + (like != 0 ? (len > 15 ? 8 : 4) : 0)) * 4};
    return code_byte(walk, &contexts, value);
}
