/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/coder.h"

enum { ONE_LEAST = 24, ONE_MOST = 65536 - ONE_LEAST };

/* ---- the range coder */

static void put(struct pst_coder *coder, uint8_t byte)
{
    if (!pst_buf_add(coder->out, &byte, 1))
        coder->full = true;
}

/* Hands out the top byte of `low` once no carry can reach it any more. */
void pst_coder_shift(struct pst_coder *coder)
{
    if ((uint32_t)coder->low < UINT32_C(0xff000000) || coder->low >> 32 != 0) {
        uint8_t carry = (uint8_t)(coder->low >> 32);
        put(coder, (uint8_t)(coder->cache + carry));
        for (; coder->pending > 0; coder->pending--)
            put(coder, (uint8_t)(0xff + carry));
        coder->cache = (uint8_t)(coder->low >> 24);
    } else {
        coder->pending++;
    }
    coder->low = (coder->low & 0x00ffffff) << 8;
}

void pst_coder_encode_to(struct pst_coder *coder, struct pst_buf *out)
{
    *coder = (struct pst_coder){.encoding = true, .range = UINT32_MAX, .out = out};
}

void pst_coder_encode_end(struct pst_coder *coder)
{
    for (int i = 0; i < PST_CODER_LEAD; i++)
        pst_coder_shift(coder);
}

void pst_coder_decode_from(struct pst_coder *coder, const uint8_t *in, size_t len)
{
    *coder = (struct pst_coder){.range = UINT32_MAX, .in = in, .in_len = len};
    for (int i = 0; i < PST_CODER_LEAD; i++) {
        uint8_t next = 0;
        coder->dry = coder->dry || coder->in_len == 0;
        if (coder->in_len > 0) {
            next = *coder->in++;
            coder->in_len--;
        }
        /* The first byte is the encoder's empty cache; another one cannot be. */
        if (i == 0 && next != 0)
            coder->dry = true;
        coder->code = coder->code << 8 | next;
    }
}

bool pst_coder_ended_well(const struct pst_coder *coder)
{
    return !coder->dry && coder->in_len == 0 && coder->code == 0;
}

/* ---- models */

/* 65536 / (1 + e^(-x/2)) for x = -16 .. 16; straight lines in between are near enough. */
static const uint16_t squash_knots[] = {
    22,    36,    60,    98,    162,   267,   439,   720,   1179,  1921,  3108,
    4971,  7812,  11955, 17625, 24743, 32768, 40793, 47911, 53581, 57724, 60565,
    62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514};

void pst_curves_fill(struct pst_curves *curves)
{
    for (int i = 0; i < 4096; i++) {
        int low = squash_knots[i / 128], high = squash_knots[i / 128 + 1];
        curves->squash[i] = (uint16_t)(low + (high - low) * (i % 128) / 128);
    }
    int at = 0;
    for (int p = 0; p < 4096; p++) {
        while (at < 4095 && curves->squash[at] < p * 16 + 8)
            at++;
        curves->stretch[p] = (int16_t)(at - 2048);
    }
    for (int count = 0; count < 1024; count++)
        curves->step[count] = (uint16_t)(655360 / (10 * count + 16));
}

static uint32_t within(uint32_t one)
{
    return one < ONE_LEAST ? ONE_LEAST : one > ONE_MOST ? ONE_MOST : one;
}

bool pst_code_flag(struct pst_coder *coder, const struct pst_curves *curves, pst_slot *slot,
                   bool bit)
{
    bit = pst_code_bit(coder, within(*slot >> 16), bit);
    pst_slot_learn(curves, slot, bit, 127);
    return bit;
}

/* The three digits below the first are modelled with those before them, the others each alone. */
static size_t digit_slot(int digits, int left, uint64_t so_far)
{
    return digits - 1 - left < 3 ? 33 + (size_t)digits * 8 + (size_t)(so_far & 7)
                                 : 33 + 33 * 8 + (size_t)left;
}

uint32_t pst_code_number(struct pst_coder *coder, const struct pst_curves *curves,
                         struct pst_number *model, uint32_t value)
{
    uint64_t plus_one = (uint64_t)value + 1;
    int digits = 0;
    while (digits < 32 &&
           pst_code_flag(coder, curves, &model->slot[digits], plus_one >> (digits + 1) != 0))
        digits++;
    uint64_t found = 1;
    for (int left = digits - 1; left >= 0; left--)
        found =
            found << 1 | pst_code_flag(coder, curves, &model->slot[digit_slot(digits, left, found)],
                                       (plus_one >> left & 1) != 0);
    return (uint32_t)(found - 1);
}

/* ---- mixing */

static uint32_t mixed_opinion(const struct pst_curves *curves, const struct pst_mix *mix,
                              const int32_t *opinion)
{
    int64_t sum = 0;
    for (size_t i = 0; i < mix->count; i++)
        sum += (int64_t)mix->weights->weight[i] * opinion[i];
    sum /= 65536;
    return curves->squash[(sum > 2047 ? 2047 : sum < -2047 ? -2047 : sum) + 2048];
}

static void learn_weights(const struct pst_mix *mix, const int32_t *opinion, uint32_t one, bool bit)
{
    const int64_t most = INT64_C(1) << 24;
    int32_t error = (bit ? 65535 : 0) - (int32_t)one;
    for (size_t i = 0; i < mix->count; i++) {
        int64_t weight =
            mix->weights->weight[i] + (int64_t)opinion[i] * error * mix->rate / (1 << 18);
        mix->weights->weight[i] = (int32_t)(weight > most ? most : weight < -most ? -most : weight);
    }
}

bool pst_code_mixed(struct pst_coder *coder, const struct pst_curves *curves,
                    const struct pst_mix *mix, bool bit)
{
    int32_t opinion[PST_MIX_MOST];
    for (size_t i = 0; i < mix->count; i++)
        opinion[i] = curves->stretch[*mix->slot[i] >> 20];
    uint32_t one = mixed_opinion(curves, mix, opinion);
    bit = pst_code_bit(coder, within(one), bit);
    learn_weights(mix, opinion, one, bit);
    for (size_t i = 0; i < mix->count; i++)
        pst_slot_learn(curves, mix->slot[i], bit, mix->count_most);
    return bit;
}

bool pst_code_mixed_small(struct pst_coder *coder, const struct pst_curves *curves,
                          const struct pst_mix *mix, pst_small_slot *const *small, bool bit)
{
    int32_t opinion[PST_MIX_MOST];
    for (size_t i = 0; i < mix->count; i++)
        opinion[i] = curves->stretch[*small[i] >> 4];
    uint32_t one = mixed_opinion(curves, mix, opinion);
    bit = pst_code_bit(coder, within(one), bit);
    learn_weights(mix, opinion, one, bit);
    for (size_t i = 0; i < mix->count; i++)
        pst_small_slot_learn(curves, small[i], bit);
    return bit;
}

/* By copies of copies: a frame begins with hundreds of thousands of slots. */
static void repeat_first(void *slots, size_t size, size_t count)
{
    uint8_t *at = slots;
    for (size_t done = 1, len; done < count; done += len) {
        len = done < count - done ? done : count - done;
        memcpy(at + done * size, at, len * size);
    }
}

void pst_slots_reset(pst_slot *slots, size_t count)
{
    slots[0] = PST_SLOT_NEW;
    repeat_first(slots, sizeof *slots, count);
}

void pst_small_slots_reset(pst_small_slot *slots, size_t count)
{
    slots[0] = PST_SMALL_SLOT_NEW;
    repeat_first(slots, sizeof *slots, count);
}

void pst_weights_reset(struct pst_weights *weights, size_t count, int32_t weight)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < PST_MIX_MOST; k++)
            weights[i].weight[k] = weight;
}
