/* SPDX-License-Identifier: Apache-2.0 */
/* D02, D03, D08: a head that tells of parts which cannot be. It is signed as it should be. */
#include <stdio.h>

#include "tests/attack/delta.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

enum { ALL = 20000, PARTS_MOST = 4 }; /* bytes of base and image; told parts of a case */

struct told_parts {
    const char *name;
    size_t count;
    struct pst_segment part[PARTS_MOST];
};

static void refused(struct attack *attack, const char *name, const struct pst_segment *told,
                    size_t told_count, const struct pst_region *regions, size_t region_count)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", name);
    PST_CLEANUP(pst_buf) struct pst_buf delta = pst_buf(ATTACK_DELTA_MOST);
    struct pst_delta_order order = attack_delta_order(&it);

    order.told = told;
    order.told_count = told_count;
    order.told_region = regions;
    order.told_regions = region_count;
    struct pst_delta_header header = pst_delta_write(&order, &delta);
    attack_delta_refused(&it, &delta, pst_delta_memory(&header), PST_DELTA_MALFORMED);
}

static void parts_refused(struct attack *attack, const struct told_parts *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        refused(attack, cases[i].name, cases[i].part, cases[i].count, NULL, 0);
}

void attack_d02(struct attack *attack)
{
    static const struct told_parts cases[] = {
        {"a part of no bytes", 1, {{0, 0, 0}}},
        {"a part one byte behind the base", 1, {{0, 100, ALL - 99}}},
        {"a part wholly behind the base", 1, {{0, 100, ALL}}},
        {"a part far behind the base", 1, {{0, 100, 0x7fffff00}}},
        {"a part at 2^31", 1, {{0, 100, 0x80000000}}},
        {"a part before the base", 1, {{0, 100, UINT32_C(0) - 300}}},
        {"a part at -1", 1, {{100, 100, UINT32_C(0) - 257}}},
        {"a part one byte longer than the image", 1, {{0, ALL + 1, 0}}},
        {"a part of 2^31 - 1 bytes", 1, {{0, 0x7fffffff, 0}}},
        {"a part of 2^31 bytes", 1, {{0, 0x80000000, 0}}},
        {"a part of 2^32 - 1 bytes", 1, {{0, UINT32_MAX, 0}}},
        {"a part behind the image", 1, {{ALL, 1, 0}}},
        {"a part far behind the image", 1, {{0x7fffffff, 1, 0}}},
        {"a part at the end of all numbers", 1, {{UINT32_MAX, 1, 0}}},
        {"a fill longer than the image", 1, {{0, ALL + 1, PST_DELTA_FILL | 9}}},
        {"a fill of 2^32 - 1 bytes", 1, {{0, UINT32_MAX, PST_DELTA_FILL | 9}}},
        {"a good part, then one behind the base", 2, {{0, 100, 0}, {100, 2, ALL - 1}}},
    };
    parts_refused(attack, cases, PST_COUNT(cases));
}

void attack_d03(struct attack *attack)
{
    static const struct told_parts cases[] = {
        {"at + length = 2^32", 1, {{1, UINT32_MAX, 0}}},
        {"at + length = 2^32 + 99", 1, {{100, UINT32_MAX, 0}}},
        {"at + length = 2^32, far up", 1, {{UINT32_MAX, 1, 0}}},
        {"at + length beyond, far up", 1, {{UINT32_MAX - 10, 200, 0}}},
        {"from + length = 2^32", 1, {{0, 0x200, 0xfffffe00}}},
        {"from + length = 2^32 + 1", 1, {{0, 0x201, 0xfffffe00}}},
        {"from + length = 2^32, half and half", 1, {{0, 0x80000000, 0x80000000}}},
        {"the second part begins by wrapping", 2, {{500, 100, 0}, {10, 50, 0}}},
        {"the second part wraps to the first's beginning", 2, {{0, 100, 0}, {0, 100, 0}}},
        {"parts whose lengths add up to 2^32", 3, {{0, 100, 0}, {100, UINT32_MAX, 0}, {99, 9, 0}}},
        {"a shift of 2^32 back and forth", 2, {{0, 9, 0x7fffffff}, {9, 9, 0x80000001}}},
    };
    parts_refused(attack, cases, PST_COUNT(cases));
}

struct told_regions {
    const char *name;
    size_t count;
    struct pst_region region[PARTS_MOST];
};

void attack_d08(struct attack *attack)
{
    static const struct told_parts parts[] = {
        {"parts that overlap by a byte", 2, {{0, 100, 0}, {99, 100, 0}}},
        {"a part inside of another", 2, {{0, 1000, 0}, {10, 10, 0}}},
        {"the same part twice", 2, {{0, 1000, 0}, {0, 1000, 0}}},
        {"a fill over a part", 2, {{0, 1000, 0}, {500, 1000, PST_DELTA_FILL}}},
        {"parts in no order", 3, {{0, 10, 0}, {900, 10, 0}, {500, 10, 0}}},
    };
    static const struct told_regions regions[] = {
        {"a first region behind the beginning", 1, {{1, PST_ISA_NONE, 0, 0}}},
        {"a region behind the image", 2, {{0, PST_ISA_NONE, 0, 0}, {ALL, PST_ISA_ARM, 0, 0}}},
        {"two regions at one place", 2, {{0, PST_ISA_NONE, 0, 0}, {0, PST_ISA_ARM, 0, 0}}},
        {"regions in no order",
         3,
         {{0, PST_ISA_NONE, 0, 0}, {900, PST_ISA_ARM, 0, 0}, {500, PST_ISA_X86, 0, 0}}},
        {"a region that wraps", 2, {{0, PST_ISA_NONE, 0, 0}, {UINT32_MAX, PST_ISA_NONE, 0, 0}}},
        {"code of no kind", 1, {{0, PST_ISA_COUNT, 0, 0}}},
        {"code of kind 2^32 - 1", 1, {{0, (enum pst_isa_name)UINT32_MAX, 0, 0}}},
        {"code of kind 2^31", 1, {{0, (enum pst_isa_name)0x80000000U, 0, 0}}},
    };
    static const struct pst_segment whole[] = {{0, ALL, 0}};
    parts_refused(attack, parts, PST_COUNT(parts));
    for (size_t i = 0; i < PST_COUNT(regions); i++)
        refused(attack, regions[i].name, whole, 1, regions[i].region, regions[i].count);
}
