/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - the way over an image, unit by unit, that encoder and decoder go in the same steps.
 *
 *     segment:  inserted bytes | part of the base, perhaps changed | inserted bytes | ...
 *     unit:     one byte       | a run that is the base's | a word: predicted, or spelt | ...
 *
 *     walk.c     from unit to unit
 *     predict.c  what a word is expected to be
 *     frames.c   the list of functions that unwinding goes by
 *     literal.c  bytes that nothing foretold
 *
 * All that is learned is forgotten at the beginning of a frame, so a frame can be coded by itself.
 *
 * Units    bytes; places are offsets in base and image.
 * Memory   pst_walk_bytes() at pst_walk_open(), nothing later; pst_walk_close().
 * Threads  one. Several walks may share a map.
 * Errors   a walk that decodes and is led beyond its bounds says `bad`; its output stays in bounds.
 */
#ifndef PST_MANIFESTS_DELTA_WALK_H
#define PST_MANIFESTS_DELTA_WALK_H

#include "manifests/decoder.h"
#include "manifests/delta/coder.h"
#include "manifests/delta/isa.h"
#include "manifests/delta/map.h"

enum {
    PST_WALK_PIECE = 4096, /* no unit makes more */
    PST_WALK_RUN = 256,    /* runs are so many bytes, or a multiple */
    PST_WALK_CACHE = 64 << 10,
    PST_TABLE_LOG_LEAST = 12,
    PST_TABLE_LOG_MOST = 20,
    PST_WINDOW_LOG_LEAST = 16,
    PST_WINDOW_LOG_MOST = 24
};

/* A stretch of the image with one kind of code in it. Both numbers turn a place into an address:
 * what the code itself takes for its place. */
struct pst_region {
    uint32_t at; /* it ends where the next one begins */
    enum pst_isa_name isa;
    uint32_t base_address, image_address; /* of place 0, by the code's own reckoning */
};

enum {
    PST_LITERAL_CONTEXTS = 6,
    PST_LITERAL_WEIGHTS = 256,
    PST_FLAG_SLOTS = 1 << 14,
    PST_FLAG_CONTEXTS = 3,
    PST_EXACT_LOG = 15,
    PST_NEARBY_LOG = 12,
    PST_COLUMNS = 12,
    PST_SIZES = 32,
    PST_WORDS_BACK = 8,
    PST_CANDIDATES = 16,
    PST_GUESSES = 4 /* candidates that are asked for, one after the other */
};

struct pst_shift {
    uint32_t key, by;
};

/* Where the last pointers led, in base and image. */
struct pst_pointer {
    bool known;
    uint32_t base, image;
};

/* The list of functions in .eh_frame_hdr. */
struct pst_frames {
    bool known;
    uint32_t base, image; /* where it is */
    uint32_t base_count, image_count;
    uint32_t entry; /* of the base: what was last looked at */
    uint32_t last;  /* in the image: the last function */
};

/* What is learned within a frame. */
struct pst_model {
    pst_slot flag[PST_FLAG_CONTEXTS][PST_FLAG_SLOTS];
    struct pst_weights flag_weights[PST_ISA_CLASSES * 4];
    pst_slot plain_flag[4096];
    struct pst_number run;
    struct pst_weights literal_weights[PST_LITERAL_WEIGHTS];
    struct pst_shift exact[1 << PST_EXACT_LOG];
    struct pst_shift nearby[1 << PST_NEARBY_LOG];
    struct pst_isa_state isa;
    uint32_t trust[PST_COLUMNS][16]; /* how often a way to predict data was right, 0..256 */
    uint32_t trust_by_size[PST_SIZES][16];
    uint32_t change[PST_WORDS_BACK]; /* of the last words, the newest first */
    struct pst_pointer pointer[2];
    struct pst_pointer frame_table; /* the last .eh_frame_hdr */
    struct pst_frames frames;
    uint32_t hits; /* of the last words, a bit each */
    uint32_t word_before;
    uint32_t match_at; /* in the image: what inserted bytes were last like; 0 for nothing */
    uint32_t match_len;
    bool base_failed; /* a table of the base could not be read */
};

struct pst_walk {
    struct pst_coder coder;
    const struct pst_delta_map *map;
    const struct pst_region *region;
    size_t region_count;
    const uint8_t *image; /* when encoding */

    uint32_t at; /* in the image */
    uint32_t frame_at, frame_end;
    size_t segment_now, region_now;
    uint32_t same_left; /* of a run that is the base's, byte for byte */
    uint32_t free_left; /* of bytes before the next run may begin */
    bool bad;

    struct pst_base_port base;
    uint32_t base_bytes;
    uint32_t cached_from, cached_len; /* cache[0] is base place cached_from - PST_ISA_BEFORE */
    uint8_t *cache;
    uint8_t fill[PST_ISA_BEFORE + PST_WALK_PIECE + PST_ISA_BEHIND];

    unsigned table_log, window_log;
    uint8_t *window; /* the last bytes of the image */
    uint32_t *match; /* by hash of the bytes before: where in the image they were */
    pst_small_slot *literal[PST_LITERAL_CONTEXTS];
    struct pst_model *model;
    struct pst_curves curves;
};

struct pst_walk_plan {
    const struct pst_delta_map *map;
    const struct pst_region *region; /* the first begins at 0; there is one at least */
    size_t region_count;
    struct pst_base_port base;
    uint32_t base_bytes;
    unsigned table_log, window_log;
    const uint8_t *image; /* NULL: decode */
};

/* Memory of a walk; the map's is not in it. */
int64_t pst_walk_bytes(unsigned table_log, unsigned window_log);
bool pst_walk_open(struct pst_walk *walk, const struct pst_walk_plan *plan) PST_MUST_CHECK;
void pst_walk_close(struct pst_walk *walk);
static inline void pst_walk_cleanup(struct pst_walk *walk)
{
    pst_walk_close(walk);
}

void pst_walk_begin_frame(struct pst_walk *walk, uint32_t at, uint32_t end);
/* One unit: 1 to PST_WALK_PIECE bytes, up to frame_end; false when the base cannot be read. */
bool pst_walk_unit(struct pst_walk *walk) PST_MUST_CHECK;

static inline uint32_t pst_window_mask(const struct pst_walk *walk)
{
    return (UINT32_C(1) << walk->window_log) - 1;
}

/* The byte `back` before the one that comes; 0 before the frame's beginning. */
static inline uint8_t pst_walk_back(const struct pst_walk *walk, uint32_t back)
{
    return walk->at - walk->frame_at >= back
               ? walk->window[(walk->at - back) & pst_window_mask(walk)]
               : 0;
}

static inline void pst_walk_made(struct pst_walk *walk, uint8_t byte)
{
    walk->window[walk->at & pst_window_mask(walk)] = byte;
    walk->at++;
}

/* ---- predict.c */

/* Of the code at the place where the walk is; NULL for none. */
const struct pst_isa *pst_walk_isa(const struct pst_walk *walk);

/* What a word in a copied part may be, the likeliest first. */
struct pst_guess {
    uint32_t value;
    uint8_t way;
};
struct pst_word {
    uint32_t from, at; /* addresses in base and image */
    uint32_t old;      /* as in the base */
    unsigned bytes;
    struct pst_site site; /* kind 0: data */
    uint8_t certainty;    /* of the first guess: where it was taken from */
    unsigned guesses, ways;
    struct pst_guess guess[PST_CANDIDATES];
    struct pst_guess way[PST_CANDIDATES]; /* data: all ways, to see which are right */
};
void pst_predict_site(const struct pst_walk *walk, const struct pst_segment *segment,
                      struct pst_word *word);
void pst_predict_data(const struct pst_walk *walk, const struct pst_segment *segment,
                      struct pst_word *word);
void pst_learn_word(struct pst_walk *walk, const struct pst_word *word, uint32_t now);

/* ---- frames.c */

/* The word at image place `at`, if it is part of the list and can be foretold. */
bool pst_frames_expect(const struct pst_walk *walk, const struct pst_segment *near, uint32_t at,
                       uint32_t *out);
void pst_frames_learn(struct pst_walk *walk, uint32_t from, uint32_t at, uint32_t old,
                      uint32_t now);

/* ---- literal.c */

/* A word that was none of the guesses. */
uint32_t pst_code_spelt(struct pst_walk *walk, const struct pst_word *word, uint32_t value);
/* A byte of a copied part outside of words: number `i` of a unit as in the base, of which bytes
 * before it have changed or not. */
uint8_t pst_code_changed_byte(struct pst_walk *walk, const uint8_t *unit, unsigned i, bool changed,
                              uint8_t value);
uint8_t pst_code_inserted_byte(struct pst_walk *walk, uint8_t value);

#endif
