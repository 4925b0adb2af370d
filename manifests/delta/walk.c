/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/walk.h"

#include <stdlib.h>

/* ---- memory */

static size_t literal_slots(unsigned table_log)
{
    return (size_t)1 << table_log;
}

static size_t match_entries(unsigned window_log)
{
    return (size_t)1 << (window_log - 4);
}

int64_t pst_walk_bytes(unsigned table_log, unsigned window_log)
{
    return (int64_t)(sizeof(struct pst_walk) + sizeof(struct pst_model) +
                     PST_LITERAL_CONTEXTS * literal_slots(table_log) * sizeof(pst_small_slot) +
                     ((size_t)1 << window_log) + match_entries(window_log) * sizeof(uint32_t) +
                     PST_WALK_CACHE + PST_ISA_BEFORE + PST_ISA_BEHIND);
}

bool pst_walk_open(struct pst_walk *walk, const struct pst_walk_plan *plan)
{
    *walk = (struct pst_walk){.map = plan->map,
                              .region = plan->region,
                              .region_count = plan->region_count,
                              .image = plan->image,
                              .base = plan->base,
                              .base_bytes = plan->base_bytes,
                              .table_log = plan->table_log,
                              .window_log = plan->window_log};
    pst_curves_fill(&walk->curves);
    walk->cache = malloc(PST_WALK_CACHE + PST_ISA_BEFORE + PST_ISA_BEHIND);
    walk->window = malloc((size_t)1 << plan->window_log);
    walk->match = malloc(match_entries(plan->window_log) * sizeof *walk->match);
    walk->model = malloc(sizeof *walk->model);
    bool all =
        walk->cache != NULL && walk->window != NULL && walk->match != NULL && walk->model != NULL;
    for (unsigned i = 0; i < PST_LITERAL_CONTEXTS; i++) {
        walk->literal[i] = malloc(literal_slots(plan->table_log) * sizeof(pst_small_slot));
        all = all && walk->literal[i] != NULL;
    }
    if (!all)
        pst_walk_close(walk);
    return all;
}

void pst_walk_close(struct pst_walk *walk)
{
    free(walk->cache);
    free(walk->window);
    free(walk->match);
    free(walk->model);
    for (unsigned i = 0; i < PST_LITERAL_CONTEXTS; i++)
        free(walk->literal[i]);
    *walk = (struct pst_walk){0};
}

static void forget(struct pst_walk *walk)
{
    struct pst_model *model = walk->model;
    memset(model, 0, sizeof *model);
    for (unsigned i = 0; i < PST_FLAG_CONTEXTS; i++)
        pst_slots_reset(model->flag[i], PST_FLAG_SLOTS);
    pst_slots_reset(model->plain_flag, PST_COUNT(model->plain_flag));
    pst_slots_reset(model->run.slot, PST_COUNT(model->run.slot));
    pst_weights_reset(model->flag_weights, PST_COUNT(model->flag_weights), 26214);
    pst_weights_reset(model->literal_weights, PST_COUNT(model->literal_weights), 26214);
    for (unsigned i = 0; i < PST_LITERAL_CONTEXTS; i++)
        pst_small_slots_reset(walk->literal[i], literal_slots(walk->table_log));
    memset(walk->match, 0, match_entries(walk->window_log) * sizeof *walk->match);
    model->hits = UINT32_MAX;
}

void pst_walk_begin_frame(struct pst_walk *walk, uint32_t at, uint32_t end)
{
    walk->at = walk->frame_at = at;
    walk->frame_end = end;
    walk->same_left = walk->free_left = 0;
    walk->bad = false;
    forget(walk);
}

/* ---- where the walk is */

static const struct pst_segment *segment_here(struct pst_walk *walk)
{
    const struct pst_delta_map *map = walk->map;
    while (walk->segment_now > 0 && map->segment[walk->segment_now - 1].at > walk->at)
        walk->segment_now--;
    while (walk->segment_now < map->count &&
           map->segment[walk->segment_now].at + map->segment[walk->segment_now].len <= walk->at)
        walk->segment_now++;
    return walk->segment_now < map->count ? &map->segment[walk->segment_now] : NULL;
}

static void find_region(struct pst_walk *walk)
{
    while (walk->region_now > 0 && walk->region[walk->region_now].at > walk->at)
        walk->region_now--;
    while (walk->region_now + 1 < walk->region_count &&
           walk->region[walk->region_now + 1].at <= walk->at)
        walk->region_now++;
    struct pst_isa_state *state = &walk->model->isa;
    state->base_address = walk->region[walk->region_now].base_address;
    state->image_address = walk->region[walk->region_now].image_address;
    state->base_bytes = walk->base_bytes;
}

/* ---- the base */

static bool cache_holds(const struct pst_walk *walk, uint32_t from, uint32_t len)
{
    return walk->cached_len > 0 && from >= walk->cached_from &&
           from - walk->cached_from <= walk->cached_len &&
           len <= walk->cached_len - (from - walk->cached_from);
}

/* Reads [from, from + len) and the margins around it; outside of the base there are zeros. */
static bool fill_cache(struct pst_walk *walk, uint32_t from, uint32_t len)
{
    uint32_t before = from < PST_ISA_BEFORE ? from : PST_ISA_BEFORE;
    uint64_t end = (uint64_t)from + len + PST_ISA_BEHIND;
    uint32_t begin = from - before;
    size_t real = (size_t)((end < walk->base_bytes ? end : walk->base_bytes) - begin);
    uint8_t *to = walk->cache + (PST_ISA_BEFORE - before);

    walk->cached_len = 0;
    memset(walk->cache, 0, PST_ISA_BEFORE);
    memset(to + real, 0, (size_t)(end - begin) - real);
    if (!walk->base.read(walk->base.context, begin, to, real))
        return false;
    walk->cached_from = from;
    walk->cached_len = len;
    return true;
}

/* The base at `from`, of which `len` <= PST_WALK_PIECE bytes are wanted and `left` may follow. */
static const uint8_t *base_at(struct pst_walk *walk, const struct pst_segment *segment,
                              uint32_t from, uint32_t len, uint32_t left)
{
    if (pst_segment_is_fill(segment)) {
        memset(walk->fill, (int)(segment->from & 255), sizeof walk->fill);
        return walk->fill + PST_ISA_BEFORE;
    }
    if (!cache_holds(walk, from, len) &&
        !fill_cache(walk, from, left < PST_WALK_CACHE ? left : PST_WALK_CACHE))
        return NULL;
    return walk->cache + PST_ISA_BEFORE + (from - walk->cached_from);
}

/* ---- units */

enum { RUN_FOLLOWED = PST_WALK_PIECE /* the end of a run, whose code is looked at */ };

/* What an encoder has to code: the image's bytes as a word; a decoder has nothing. */
static uint32_t image_word(const struct pst_walk *walk, unsigned bytes)
{
    uint32_t word = 0;
    for (unsigned i = bytes; walk->image != NULL && i-- > 0;)
        word = word << 8 | walk->image[walk->at + i];
    return word;
}

static void make(struct pst_walk *walk, uint32_t word, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        pst_walk_made(walk, (uint8_t)(word >> (8 * i)));
}

static uint32_t code_guess(struct pst_walk *walk, const struct pst_word *word, uint32_t value)
{
    struct pst_model *model = walk->model;
    const struct pst_site *site = &word->site;
    uint32_t plain_trust = model->trust[word->at / 4 % PST_COLUMNS][2];
    for (unsigned i = 0; i < word->guesses && i < PST_GUESSES; i++) {
        uint32_t way = word->guess[i].way, kind = site->kind, rank = way * 4 + i;
        uint32_t own = kind != 0
                           ? ((kind * 8 + word->certainty) * 64 + rank) * 8 + (model->hits & 7)
                           : (rank * 32 + plain_trust / 8 % 32) * 16 +
                                 ((word->guesses > 1 ? 1u : 0u) +
                                  (model->change[1] != 0 ? 2u : 0u) + (model->hits & 3) * 4);
        uint32_t contexts[PST_FLAG_CONTEXTS] = {
            kind != 0 ? pst_hash2(own, 1) : pst_hash2(own, 2),
            pst_hash2(word->old >> 21, rank + 64 * kind),
            pst_hash2((model->hits & 0x7ff) * 64 + rank, 3 + (kind != 0))};
        struct pst_mix mix = {.count = PST_FLAG_CONTEXTS,
                              .weights = &model->flag_weights[kind * 4 + i],
                              .count_most = 1000,
                              .rate = 3};
        for (unsigned k = 0; k < PST_FLAG_CONTEXTS; k++)
            mix.slot[k] = &model->flag[k][contexts[k] % PST_FLAG_SLOTS];
        if (pst_code_mixed(&walk->coder, &walk->curves, &mix, value == word->guess[i].value))
            return word->guess[i].value;
    }
    return pst_code_spelt(walk, word, value);
}

static void code_word(struct pst_walk *walk, struct pst_word *word)
{
    struct pst_model *model = walk->model;
    uint32_t now = code_guess(walk, word, image_word(walk, word->bytes));
    model->hits = model->hits << 1 | (now == word->guess[0].value);
    pst_learn_word(walk, word, now);
    model->word_before = now;
    make(walk, now, word->bytes);
}

enum { PLAIN_WEIGHTS = PST_ISA_CLASSES * 4 - 1 };

static bool code_is_same(struct pst_walk *walk, const uint8_t *old, unsigned bytes, bool same)
{
    struct pst_model *model = walk->model;
    uint32_t first = pst_word_at(old) & 0xffffff, hits = model->hits;
    uint32_t before = pst_hash2(hits & 0xffff, 5), like = pst_hash2(first, (hits & 3) << 4 | 6);
    struct pst_mix mix = {.slot = {&model->plain_flag[(bytes - 1) << 8 | (hits & 255)],
                                   &model->flag[0][before % PST_FLAG_SLOTS],
                                   &model->flag[1][like % PST_FLAG_SLOTS]},
                          .count = 3,
                          .weights = &model->flag_weights[PLAIN_WEIGHTS],
                          .count_most = 255,
                          .rate = 3};
    return pst_code_mixed(&walk->coder, &walk->curves, &mix, same);
}

/* Up to 16 bytes that are no word: all as in the base, or each by itself. */
static void code_plain(struct pst_walk *walk, const uint8_t *old, unsigned bytes)
{
    struct pst_model *model = walk->model;
    const uint8_t *wanted = walk->image != NULL ? walk->image + walk->at : old;
    bool same = code_is_same(walk, old, bytes, memcmp(wanted, old, bytes) == 0);
    model->hits = model->hits << 1 | same;
    bool changed = false;
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t now = same ? old[i] : pst_code_changed_byte(walk, old, i, changed, wanted[i]);
        changed = changed || now != old[i];
        pst_walk_made(walk, now);
    }
}

/* Code that did not change: nothing is coded, but what comes behind may depend on it. */
static void follow_run(struct pst_walk *walk, const uint8_t *old, uint32_t from, uint32_t len)
{
    find_region(walk);
    const struct pst_isa *isa = pst_walk_isa(walk);
    const struct pst_region *region = &walk->region[walk->region_now];
    struct pst_isa_state *state = &walk->model->isa;
    uint32_t at = walk->at + region->image_address;
    from += region->base_address;
    if (isa == NULL || (at - from) % isa->align != 0)
        return;
    for (uint32_t i = 0; i < len;) {
        uint32_t left = len - i, step = 4 - ((at + i) & 3);
        struct pst_site site = {0};
        if (step > left)
            step = left;
        bool found = isa->find(state, old + i, from + i, step, &site) && site.skip == 0 &&
                     site.bytes <= left;
        if (found)
            isa->passed(state, &site, from + i, at + i, site.word);
        if (found || site.skip > 0)
            step = found ? site.bytes : site.skip;
        i += step;
    }
}

static bool code_run(struct pst_walk *walk, const struct pst_segment *segment, uint32_t from)
{
    uint32_t len = walk->same_left < PST_WALK_PIECE ? walk->same_left : PST_WALK_PIECE;
    const uint8_t *old = base_at(walk, segment, from, len, walk->same_left);
    if (old == NULL)
        return false;
    if (walk->same_left <= RUN_FOLLOWED)
        follow_run(walk, old, from, len);
    for (uint32_t i = 0; i < len; i++)
        pst_walk_made(walk, old[i]);
    walk->same_left -= len;
    return true;
}

/* One word, or the bytes before the next one. */
static bool code_changed(struct pst_walk *walk, const struct pst_segment *segment, uint32_t from,
                         uint32_t left)
{
    const uint8_t *old = base_at(walk, segment, from, 4 < left ? 4 : left, left);
    if (old == NULL)
        return false;
    uint32_t begun_at = walk->at;
    find_region(walk);
    const struct pst_region *region = &walk->region[walk->region_now];
    const struct pst_isa *isa = pst_walk_isa(walk);
    struct pst_word word = {.from = from + region->base_address,
                            .at = walk->at + region->image_address,
                            .old = pst_word_at(old),
                            .bytes = 4};
    unsigned bytes = 4 - (word.at & 3);
    if (bytes > left)
        bytes = left;
    bool code = isa != NULL && (word.at - word.from) % isa->align == 0 &&
                isa->find(&walk->model->isa, old, word.from, bytes, &word.site) &&
                word.site.skip + word.site.bytes <= left;
    if (code && word.site.skip == 0) {
        word.bytes = word.site.bytes;
        if (word.bytes < 4)
            word.old &= (UINT32_C(1) << (8 * word.bytes)) - 1;
        pst_predict_site(walk, segment, &word);
        code_word(walk, &word);
    } else if (!code && word.site.skip == 0 && bytes == 4 && (word.from & 3) == 0) {
        pst_predict_data(walk, segment, &word);
        code_word(walk, &word);
    } else {
        unsigned together = word.site.skip > 0 ? word.site.skip : bytes;
        code_plain(walk, old, together < left ? together : left);
    }
    uint32_t made = walk->at - begun_at;
    walk->free_left -= made < walk->free_left ? made : walk->free_left;
    return true;
}

/* How many whole runs of the image from here are the base's; what an encoder has to say. */
static bool count_runs(struct pst_walk *walk, const struct pst_segment *segment, uint32_t from,
                       uint32_t left, uint32_t *out)
{
    uint32_t runs = 0;
    for (; walk->image != NULL && runs < left / PST_WALK_RUN; runs++) {
        uint32_t done = runs * PST_WALK_RUN;
        const uint8_t *old = base_at(walk, segment, from + done, PST_WALK_RUN, left - done);
        if (old == NULL)
            return false;
        if (memcmp(old, walk->image + walk->at + done, PST_WALK_RUN) != 0)
            break;
    }
    *out = runs;
    return true;
}

static bool begin_run(struct pst_walk *walk, const struct pst_segment *segment, uint32_t from,
                      uint32_t left)
{
    uint32_t runs = 0;
    if (left >= PST_WALK_RUN) {
        if (!count_runs(walk, segment, from, left, &runs))
            return false;
        runs = pst_code_number(&walk->coder, &walk->curves, &walk->model->run, runs);
        if (runs > left / PST_WALK_RUN) {
            walk->bad = true;
            runs = left / PST_WALK_RUN;
        }
    }
    walk->same_left = runs * PST_WALK_RUN;
    left -= walk->same_left;
    walk->free_left = left < PST_WALK_RUN ? left : PST_WALK_RUN;
    return true;
}

bool pst_walk_unit(struct pst_walk *walk)
{
    const struct pst_segment *segment = segment_here(walk);
    if (segment == NULL || walk->at < segment->at) {
        pst_walk_made(
            walk, pst_code_inserted_byte(walk, walk->image != NULL ? walk->image[walk->at] : 0));
        return true;
    }
    uint32_t end = segment->at + segment->len;
    uint32_t left = (end < walk->frame_end ? end : walk->frame_end) - walk->at;
    bool fill = pst_segment_is_fill(segment);
    uint32_t from = fill ? 0 : segment->from + (walk->at - segment->at);
    if (walk->same_left == 0 && walk->free_left == 0 && !begin_run(walk, segment, from, left))
        return false;
    bool coded = walk->same_left > 0 ? code_run(walk, segment, from)
                                     : code_changed(walk, segment, from, left);
    return coded && !walk->model->base_failed;
}
