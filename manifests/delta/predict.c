/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/walk.h"

/* Ways to predict a word of data. */
enum way {
    WAY_NONE,
    WAY_MAPPED, /* code: by the map or by what was learned of the target */
    WAY_PLAIN,
    WAY_LEARNED, /* this value changed like this before */
    WAY_POINTER,
    WAY_LIKE_2_BACK, /* the change of the word so many before */
    WAY_LIKE_6_BACK,
    WAY_RELATIVE,    /* to its own place */
    WAY_FRAME_TABLE, /* to the beginning of .eh_frame_hdr */
    WAY_RANGE_0,     /* a length that begins where the last pointer led */
    WAY_RANGE_1,
    WAY_NEARBY,
    WAY_LIKE_4_BACK,
    WAY_BACK,  /* a distance back from its own place */
    WAY_FRAMES /* the list of functions goes on */
};

enum { CERTAIN_NOT, CERTAIN_EXACT, CERTAIN_MAPPED, CERTAIN_NEARBY };

/* Numbers below are no addresses: counts, flags, lengths. */
enum { VALUE_LEAST = 256, POINTER_LEAST = 4096, RANGE_MOST = 1 << 20, BACK_MOST = 1 << 24 };
#define FRAME_TABLE_MARK UINT32_C(0x3b031b01) /* version 1; pcrel sdata4, udata4, datarel sdata4 */

static uint32_t key_of(enum pst_isa_space space, uint32_t value)
{
    return value ^ ((uint32_t)space + 1) * UINT32_C(0x10001) ^ UINT32_C(0x5a5a5a5a);
}

static struct pst_shift *exact(const struct pst_walk *walk, enum pst_isa_space space,
                               uint32_t value)
{
    return &walk->model->exact[pst_hash2(value, (uint32_t)space + 1) >> (32 - PST_EXACT_LOG)];
}

static struct pst_shift *nearby(const struct pst_walk *walk, enum pst_isa_space space,
                                uint32_t value)
{
    return &walk->model
                ->nearby[pst_hash2(value >> 8, (uint32_t)space + 8) >> (32 - PST_NEARBY_LOG)];
}

static void learn_shift(struct pst_walk *walk, enum pst_isa_space space, uint32_t value,
                        uint32_t by)
{
    *exact(walk, space, value) = (struct pst_shift){key_of(space, value), by};
    *nearby(walk, space, value) = (struct pst_shift){key_of(space, value >> 8), by};
}

static void add_guess(struct pst_word *word, uint32_t value, enum way way)
{
    for (unsigned i = 0; i < word->guesses; i++)
        if (word->guess[i].value == value)
            return;
    word->guess[word->guesses++] = (struct pst_guess){value, (uint8_t)way};
}

static const struct pst_region *region_of(const struct pst_walk *walk)
{
    return &walk->region[walk->region_now];
}

const struct pst_isa *pst_isa_of(enum pst_isa_name name)
{
    static const struct pst_isa *const all[PST_ISA_COUNT] = {[PST_ISA_ARM64] = &pst_isa_arm64,
                                                             [PST_ISA_ARM] = &pst_isa_arm,
                                                             [PST_ISA_X86] = &pst_isa_x86};
    return all[name];
}

const struct pst_isa *pst_walk_isa(const struct pst_walk *walk)
{
    return pst_isa_of(region_of(walk)->isa);
}

/* Where what was at `address` of the base is in the image; false when no segment covers it. */
static bool moved_to(const struct pst_walk *walk, const struct pst_segment *segment,
                     uint32_t address, uint32_t *out)
{
    const struct pst_region *region = region_of(walk);
    uint32_t place = address - region->base_address;
    bool covered = pst_delta_map_find(walk->map, segment, place, out);
    *out += region->image_address;
    return covered;
}

static bool is_in_base(const struct pst_walk *walk, uint32_t address)
{
    return address - region_of(walk)->base_address < walk->base_bytes;
}

/* ---- code */

void pst_predict_site(const struct pst_walk *walk, const struct pst_segment *segment,
                      struct pst_word *word)
{
    const struct pst_isa *isa = pst_walk_isa(walk);
    const struct pst_site *site = &word->site;
    const struct pst_isa_state *state = &walk->model->isa;
    const struct pst_shift *own = exact(walk, site->space, site->target);
    const struct pst_shift *near = nearby(walk, site->space, site->target);
    bool near_known = near->key == key_of(site->space, site->target >> 8);
    uint32_t mapped = site->target;

    word->guesses = word->ways = 0;
    bool covered = site->space != PST_SPACE_VALUE && moved_to(walk, segment, site->target, &mapped);
    word->certainty = covered ? CERTAIN_MAPPED : near_known ? CERTAIN_NEARBY : CERTAIN_NOT;
    if (own->key == key_of(site->space, site->target)) {
        word->certainty = CERTAIN_EXACT;
        add_guess(word, isa->put(state, site, word->at, site->target + own->by), WAY_MAPPED);
    }
    if (site->space != PST_SPACE_VALUE && (covered || !near_known))
        add_guess(word, isa->put(state, site, word->at, mapped), WAY_MAPPED);
    if (near_known)
        add_guess(word, isa->put(state, site, word->at, site->target + near->by), WAY_NEARBY);
    add_guess(word, word->old, WAY_PLAIN);
}

static void learn_site(struct pst_walk *walk, const struct pst_word *word, uint32_t now)
{
    const struct pst_isa *isa = pst_walk_isa(walk);
    const struct pst_site *site = &word->site;
    uint32_t target;
    if (isa->get(&walk->model->isa, site, word->at, now, &target))
        learn_shift(walk, site->space, site->target, target - site->target);
    isa->passed(&walk->model->isa, site, word->from, word->at, now);
}

/* ---- data */

static unsigned column_of(const struct pst_word *word)
{
    return word->at / 4 % PST_COLUMNS;
}

static void add_way(struct pst_word *word, uint32_t value, enum way way)
{
    word->way[word->ways++] = (struct pst_guess){value, (uint8_t)way};
}

static void add_ways_by_map(const struct pst_walk *walk, const struct pst_segment *segment,
                            struct pst_word *word)
{
    const struct pst_model *model = walk->model;
    uint32_t old = word->old, relative = word->from + old, back = word->from - old, to;

    if (old > POINTER_LEAST && is_in_base(walk, old) && moved_to(walk, segment, old, &to))
        add_way(word, to, WAY_POINTER);
    if (old >= VALUE_LEAST && is_in_base(walk, relative) && moved_to(walk, segment, relative, &to))
        add_way(word, to - word->at, WAY_RELATIVE);
    if (old >= VALUE_LEAST && old < BACK_MOST && is_in_base(walk, back) &&
        moved_to(walk, segment, back, &to))
        add_way(word, word->at - to, WAY_BACK);
    if (pst_frames_expect(walk, segment, word->at - region_of(walk)->image_address, &to))
        add_way(word, to, WAY_FRAMES);
    if (model->frame_table.known && moved_to(walk, segment, old + model->frame_table.base, &to))
        add_way(word, to - model->frame_table.image, WAY_FRAME_TABLE);
    for (unsigned i = 0; i < 2; i++)
        if (old != 0 && old < RANGE_MOST && model->pointer[i].known &&
            moved_to(walk, segment, model->pointer[i].base + old, &to))
            add_way(word, to - model->pointer[i].image, WAY_RANGE_0 + i);
}

/* How large a number is, and of which sign. */
static unsigned size_of(uint32_t value)
{
    bool negative = value >> 31 != 0;
    uint32_t magnitude = negative ? ~value : value;
    unsigned bits = magnitude == 0 ? 0 : 32 - (unsigned)__builtin_clz(magnitude);
    return bits / 2 + (negative ? PST_SIZES / 2 : 0);
}

/* The likeliest first; ways that were right equally often stay in their order. */
static void rank(const struct pst_walk *walk, struct pst_word *word)
{
    const uint32_t *trust = walk->model->trust[column_of(word)];
    const uint32_t *by_size = walk->model->trust_by_size[size_of(word->old)];
    uint32_t score[PST_CANDIDATES];
    for (unsigned i = 0; i < word->ways; i++) {
        struct pst_guess way = word->way[i];
        uint32_t bonus = way.way == WAY_PLAIN     ? 16
                         : way.way == WAY_LEARNED ? 24
                         : way.way == WAY_FRAMES  ? 192
                                                  : 0;
        uint32_t own = trust[way.way] + by_size[way.way] + bonus;
        unsigned k = i;
        for (; k > 0 && score[k - 1] < own; k--) {
            score[k] = score[k - 1];
            word->way[k] = word->way[k - 1];
        }
        score[k] = own;
        word->way[k] = way;
    }
}

void pst_predict_data(const struct pst_walk *walk, const struct pst_segment *segment,
                      struct pst_word *word)
{
    const struct pst_model *model = walk->model;
    const struct pst_shift *own = exact(walk, PST_SPACE_VALUE, word->old);
    const struct pst_shift *near = nearby(walk, PST_SPACE_VALUE, word->old);

    word->site.kind = 0;
    word->guesses = word->ways = 0;
    word->certainty = CERTAIN_NOT;
    add_way(word, word->old, WAY_PLAIN);
    if (own->key == key_of(PST_SPACE_VALUE, word->old))
        add_way(word, word->old + own->by, WAY_LEARNED);
    if (near->key == key_of(PST_SPACE_VALUE, word->old >> 8))
        add_way(word, word->old + near->by, WAY_NEARBY);
    add_way(word, word->old + model->change[1], WAY_LIKE_2_BACK);
    add_way(word, word->old + model->change[5], WAY_LIKE_6_BACK);
    add_way(word, word->old + model->change[3], WAY_LIKE_4_BACK);
    add_ways_by_map(walk, segment, word);
    rank(walk, word);
    for (unsigned i = 0; i < word->ways; i++)
        add_guess(word, word->way[i].value, (enum way)word->way[i].way);
}

static void learn_one(uint32_t *trust, bool right)
{
    if (right)
        *trust += (256 - *trust) / 16;
    else
        *trust -= *trust / 16;
}

static void learn_trust(struct pst_walk *walk, const struct pst_word *word, uint32_t now)
{
    uint32_t *trust = walk->model->trust[column_of(word)];
    uint32_t *by_size = walk->model->trust_by_size[size_of(word->old)];
    for (unsigned i = 0; i < word->ways; i++) {
        learn_one(&trust[word->way[i].way], word->way[i].value == now);
        learn_one(&by_size[word->way[i].way], word->way[i].value == now);
    }
}

static void learn_pointer(struct pst_walk *walk, const struct pst_word *word, uint32_t now)
{
    struct pst_model *model = walk->model;
    struct pst_pointer *last = &model->pointer[0];
    uint32_t relative = word->from + word->old;

    model->pointer[1] = *last;
    if (is_in_base(walk, relative) && word->old >> 31 != 0)
        *last = (struct pst_pointer){true, relative, word->at + now};
    else if (word->old > POINTER_LEAST && is_in_base(walk, word->old))
        *last = (struct pst_pointer){true, word->old, now};
    else if (word->old != 0)
        last->known = false;
    if (word->old == FRAME_TABLE_MARK)
        model->frame_table = (struct pst_pointer){true, word->from, word->at};
}

static void learn_data(struct pst_walk *walk, const struct pst_word *word, uint32_t now)
{
    const struct pst_shift *own = exact(walk, PST_SPACE_VALUE, word->old);
    bool learned = own->key == key_of(PST_SPACE_VALUE, word->old);
    learn_trust(walk, word, now);
    if (word->old >= VALUE_LEAST && (now != word->old || learned))
        learn_shift(walk, PST_SPACE_VALUE, word->old, now - word->old);
    else if (word->old >= VALUE_LEAST)
        *nearby(walk, PST_SPACE_VALUE, word->old) =
            (struct pst_shift){key_of(PST_SPACE_VALUE, word->old >> 8), 0};
    learn_pointer(walk, word, now);
    pst_frames_learn(walk, word->from - region_of(walk)->base_address,
                     word->at - region_of(walk)->image_address, word->old, now);
}

void pst_learn_word(struct pst_walk *walk, const struct pst_word *word, uint32_t now)
{
    struct pst_model *model = walk->model;
    bool data = word->site.kind == 0;
    if (data)
        learn_data(walk, word, now);
    else
        learn_site(walk, word, now);
    memmove(model->change + 1, model->change, sizeof model->change - sizeof model->change[0]);
    model->change[0] = data ? now - word->old : 0;
}
