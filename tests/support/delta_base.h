/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delta_base.h - the one base that fuzzed deltas are applied to: words that look like code of all
 * kinds, like pointers and like nothing, so that whatever a delta says finds something to predict.
 */
#ifndef PST_TESTS_DELTA_BASE_H
#define PST_TESTS_DELTA_BASE_H

#include "manifests/bytes.h"

enum { PST_FUZZ_BASE = 16 << 10 };

static inline void pst_fuzz_base_fill(uint8_t out[PST_FUZZ_BASE])
{
    static const uint32_t like[] = {0x94000000, 0x90000000, 0x91000000, 0xd000f000,
                                    0xf8dff240, 0x00e80000, 0x0d8d4800, 0x00008000,
                                    0x00000000, 0xeb000000, 0x4478f2c0, 0xe59f0000};
    uint32_t state = 7;
    for (size_t i = 0; i + 4 <= PST_FUZZ_BASE; i += 4) {
        state = state * 1664525U + 1013904223U;
        uint32_t word = like[state >> 28 < PST_COUNT(like) ? state >> 28 : 8];
        word ^= state >> 8 & (state >> 20 & 1 ? 0xfff : 0xff);
        for (size_t k = 0; k < 4; k++)
            out[i + k] = (uint8_t)(word >> (8 * k));
    }
}

#endif
