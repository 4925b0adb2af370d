/* SPDX-License-Identifier: Apache-2.0 */
/* Where parts of the base went: the answer is that of a search over all segments. */
#include "manifests/delta/map.h"
#include "tests/support/check.h"
#include "tests/support/source_run.h"

enum { IMAGE = 1 << 20, BASE = 1 << 19, SEGMENTS_MOST = 400 };

static uint32_t below(uint64_t *seed, uint32_t most)
{
    return most > 0 ? (uint32_t)((pst_seeded_random(seed) >> 32) % most) : 0;
}

enum shape { APART, OVERLAPPING, ALL_OF_ONE_PLACE, WITH_FILLS, SHAPES };
static const char *const shape_names[] = {"apart", "overlapping", "all of one place", "with fills"};

/* Segments in the image's order; in the base they lie as the shape says. */
static struct pst_delta_map make_map(uint64_t *seed, enum shape shape, size_t count)
{
    struct pst_delta_map map = {0};
    uint32_t at = 0, from = 0, room = count > 0 ? IMAGE / (uint32_t)count : 0;
    assert_true(pst_delta_map_make(&map, count));
    assert_int_equal(map.count, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t gap = below(seed, room / 4), len = 1 + below(seed, room / 2 - 1);
        uint32_t anywhere = below(seed, BASE - len);
        at += gap;
        from += below(seed, 3);
        uint32_t place = shape == APART ? from : shape == ALL_OF_ONE_PLACE ? 1000 : anywhere;
        if (shape == WITH_FILLS && below(seed, 3) == 0)
            place = PST_DELTA_FILL | below(seed, 256);
        map.segment[i] = (struct pst_segment){at, len, place};
        at += len;
        from += len;
    }
    pst_delta_map_sort(&map);
    return map;
}

static bool covers(const struct pst_segment *segment, uint32_t place)
{
    return !pst_segment_is_fill(segment) && place >= segment->from &&
           place - segment->from < segment->len;
}

/* Whether `answer` is where some segment that covers the place took it. */
static bool is_a_way(const struct pst_delta_map *map, uint32_t place, uint32_t answer)
{
    for (size_t i = 0; i < map->count; i++)
        if (covers(&map->segment[i], place) &&
            answer == map->segment[i].at + (place - map->segment[i].from))
            return true;
    return false;
}

static size_t count_covering(const struct pst_delta_map *map, uint32_t place)
{
    size_t count = 0;
    for (size_t i = 0; i < map->count; i++)
        count += covers(&map->segment[i], place);
    return count;
}

/* The last segment of the base that begins at the place or before. */
static const struct pst_segment *last_before(const struct pst_delta_map *map, uint32_t place)
{
    const struct pst_segment *last = NULL;
    for (size_t i = 0; i < map->count; i++) {
        const struct pst_segment *segment = &map->segment[i];
        if (segment->from <= place && (last == NULL || segment->from >= last->from))
            last = segment;
    }
    return last;
}

static void check_place(const struct pst_delta_map *map, const struct pst_segment *near,
                        uint32_t place, bool apart)
{
    uint32_t answer = 0xdead;
    bool covered = pst_delta_map_find(map, near, place, &answer);
    if (covered)
        assert_true(is_a_way(map, place, answer));
    if (covers(near, place)) { /* what lies in the same part went with it */
        assert_true(covered);
        assert_int_equal(answer, near->at + (place - near->from));
    } else if (apart && place <= PST_DELTA_IMAGE_MOST) {
        const struct pst_segment *last = last_before(map, place);
        assert_int_equal(covered, count_covering(map, place) > 0);
        assert_int_equal(answer, last != NULL ? last->at + (place - last->from) : place);
    }
}

static void every_place_is_found_where_a_search_over_all_finds_it(void **state)
{
    static const size_t counts[] = {0, 1, 2, 7, 60, SEGMENTS_MOST};
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (enum shape shape = 0; shape < SHAPES; shape++)
            for (size_t i = 0; i < PST_COUNT(counts); i++) {
                uint64_t drawn = seed * 100 + i;
                PST_CLEANUP(pst_delta_map)
                struct pst_delta_map map = make_map(&drawn, shape, counts[i]);
                static const struct pst_segment none = {0};
                for (size_t n = 0; n < 200; n++) {
                    const struct pst_segment *near =
                        map.count > 0 ? &map.segment[below(&drawn, (uint32_t)map.count)] : &none;
                    uint32_t edge =
                        near->from + (n % 2 == 0 ? near->len : 0) + below(&drawn, 3) - 1;
                    check_place(&map, near, n % 4 < 2 ? edge : below(&drawn, BASE + 1000),
                                shape == APART);
                }
            }
}

/* Sorted by place in the base; what lies at the same place, by place in the image. */
static void sorting_orders_every_shape(void **state)
{
    (void)state;
    for (enum shape shape = 0; shape < SHAPES; shape++)
        for (size_t count = 0; count <= SEGMENTS_MOST; count = count < 9 ? count + 1 : count * 3) {
            uint64_t seed = count + 1;
            bool seen[SEGMENTS_MOST] = {false};
            PST_CLEANUP(pst_delta_map) struct pst_delta_map map = make_map(&seed, shape, count);
            for (size_t i = 0; i < count; i++) {
                assert_in_range(map.by_base[i], 0, count - 1);
                assert_false(seen[map.by_base[i]]);
                seen[map.by_base[i]] = true;
                if (i == 0)
                    continue;
                uint32_t before = map.by_base[i - 1], now = map.by_base[i];
                uint32_t a = map.segment[before].from, b = map.segment[now].from;
                if (!(a < b || (a == b && before < now)))
                    fail_msg("%s: %u after %u", shape_names[shape], now, before);
            }
        }
}

/* Words of a base are data: what they point at may be anywhere. */
static void places_that_no_base_has_are_left_as_they_are(void **state)
{
    static const uint32_t places[] = {0x80000000, 0xfffffeff, PST_DELTA_FILL, 0xffffff07,
                                      UINT32_MAX};
    (void)state;
    for (enum shape shape = 0; shape < SHAPES; shape++) {
        uint64_t seed = 5;
        PST_CLEANUP(pst_delta_map) struct pst_delta_map map = make_map(&seed, shape, 50);
        for (size_t i = 0; i < PST_COUNT(places) * map.count; i++) {
            uint32_t place = places[i % PST_COUNT(places)], answer = 0;
            assert_false(
                pst_delta_map_find(&map, &map.segment[i / PST_COUNT(places)], place, &answer));
            assert_int_equal(answer, place);
        }
    }
}

static void a_part_of_one_byte_leads_nowhere(void **state)
{
    (void)state;
    PST_CLEANUP(pst_delta_map) struct pst_delta_map map = {0};
    uint32_t answer = 0;
    assert_true(pst_delta_map_make(&map, 2));
    map.segment[0] = (struct pst_segment){0, 100, PST_DELTA_FILL};
    map.segment[1] = (struct pst_segment){100, 50, 10};
    pst_delta_map_sort(&map);
    assert_true(pst_delta_map_find(&map, &map.segment[0], 20, &answer));
    assert_int_equal(answer, 110);
    assert_false(pst_delta_map_find(&map, &map.segment[0], 5, &answer));
    assert_int_equal(answer, 5);
    assert_false(pst_delta_map_find(&map, &map.segment[0], 60, &answer));
    assert_int_equal(answer, 150); /* as if it had moved with what lies before it */
    assert_true(pst_segment_is_fill(&map.segment[0]));
    assert_false(pst_segment_is_fill(&map.segment[1]));
}

/* Thousands of parts taken from one place must not make every question slow. */
static void many_parts_of_one_place_are_answered_from_the_longest_of_a_few(void **state)
{
    (void)state;
    uint64_t seed = 9;
    PST_CLEANUP(pst_delta_map)
    struct pst_delta_map map = make_map(&seed, ALL_OF_ONE_PLACE, SEGMENTS_MOST);
    struct pst_segment far = {.at = 0, .len = 1, .from = BASE};
    uint32_t answer = 0, longest = 0;
    for (size_t i = 0; i < map.count; i++)
        longest = map.segment[i].len > longest ? map.segment[i].len : longest;
    assert_true(pst_delta_map_find(&map, &far, 1000, &answer));
    assert_true(is_a_way(&map, 1000, answer));
    assert_false(pst_delta_map_find(&map, &far, 1000 + longest, &answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_is_found_where_a_search_over_all_finds_it),
        cmocka_unit_test(sorting_orders_every_shape),
        cmocka_unit_test(places_that_no_base_has_are_left_as_they_are),
        cmocka_unit_test(a_part_of_one_byte_leads_nowhere),
        cmocka_unit_test(many_parts_of_one_place_are_answered_from_the_longest_of_a_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
