/* SPDX-License-Identifier: Apache-2.0 */
/*
 * code_pair.h - two versions of a program from a seed: functions that call each other, tables of
 * addresses, text, zeros and noise; then some parts are edited, moved, left out and put in, and all
 * references follow, as a linker would let them.
 *
 * Memory   pst_pair_cleanup() of source_run.h.
 */
#ifndef PST_TESTS_CODE_PAIR_H
#define PST_TESTS_CODE_PAIR_H

#include "manifests/delta/walk.h"
#include "tests/support/source_run.h"

/* About `bytes` bytes; PST_ISA_NONE: tables and other data alone. */
struct pst_pair pst_code_pair(uint64_t seed, size_t bytes, enum pst_isa_name isa);

/* Any pair at all, of 0 to 2^20 bytes, small ones far more often: what identity tests draw from. */
struct pst_pair pst_any_pair(uint64_t seed);

/*
 * Segments that are merely possible, whatever the content: within base and image, in the image's
 * order. Writes at most `room`, answers how many.
 */
size_t pst_any_segments(uint64_t seed, const struct pst_pair *pair, struct pst_segment *out,
                        size_t room);
/* Regions likewise; one at least. */
size_t pst_any_regions(uint64_t seed, const struct pst_pair *pair, struct pst_region *out,
                       size_t room);

#endif
