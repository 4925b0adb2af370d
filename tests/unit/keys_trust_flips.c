/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/trust.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

/*
 * Attack M09, exhaustively: each byte of each metadata file changed, each truncation, in every
 * place where a walk reads that file. The builder writes compact canonical files without a byte to
 * spare, so nothing but the original may pass; except that a signature may be spelt in capitals (a2
 * or A2).
 */
enum { ROOT_FIRST, ROOT_NEXT, TIMESTAMP, SNAPSHOT, TARGETS, DELEGATED, PLACES };
enum { CAPITALS = 0x20 };
static const char *const place_names[PLACES] = {"first root", "next root", "timestamp",
                                                "snapshot",   "targets",   "delegated role"};

struct world {
    struct pst_repo *repo;
    struct pst_buf first_root;
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->repo = pst_repo_new("ed25519");
    world->first_root = pst_buf(1 << 20);
    pst_repo_delegate(world->repo, &world->repo->targets, "pos-a",
                      &world->repo->key[PST_ROLE_TARGETS], "pos-a/*", true);
    assert_true(
        pst_buf_add(&world->first_root, world->repo->root.bytes.at, world->repo->root.bytes.len));
    world->repo->root.version = 2;
    pst_repo_publish(world->repo);
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    pst_repo_free(world->repo);
    pst_buf_clear(&world->first_root);
    free(world);
    return 0;
}

static struct pst_bytes original(const struct world *world, int place)
{
    const struct pst_repo *repo = world->repo;
    const struct pst_bytes bytes[PLACES] = {
        [ROOT_FIRST] = pst_buf_bytes(&world->first_root),
        [ROOT_NEXT] = pst_repo_bytes(&repo->root),
        [TIMESTAMP] = pst_repo_bytes(&repo->timestamp),
        [SNAPSHOT] = pst_repo_bytes(&repo->snapshot),
        [TARGETS] = pst_repo_bytes(&repo->targets),
        [DELEGATED] = pst_repo_bytes(&repo->role[0]),
    };
    return bytes[place];
}

/* Feeds one step. */
static enum pst_code feed(struct pst_trust **trust, int place, struct pst_bytes bytes,
                          struct pst_report *why)
{
    const struct pst_role *role = NULL;
    bool same = false;
    enum pst_code rc = PST_OK;

    switch (place) {
    case ROOT_FIRST:
        return pst_trust_new(bytes, PST_REPO_NOW, trust, why);
    case ROOT_NEXT:
        return pst_trust_root_next(*trust, bytes, why);
    case TIMESTAMP:
        rc = pst_trust_root_done(*trust, why);
        return rc != PST_OK ? rc : pst_trust_timestamp(*trust, bytes, false, &same, why);
    case SNAPSHOT:
        return pst_trust_snapshot(*trust, bytes, false, why);
    case TARGETS:
        return pst_trust_targets(*trust, pst_text("targets"), NULL, bytes, &role, why);
    default:
        return pst_trust_targets(*trust, pst_text("pos-a"),
                                 pst_trust_role(*trust, PST_ROLE_TARGETS), bytes, &role, why);
    }
}

/* A walk up to, but not into, this place. */
static struct pst_trust *walk_to(const struct world *world, int place)
{
    struct pst_trust *trust = NULL;
    for (int at = ROOT_FIRST; at < place; at++)
        assert_int_equal(feed(&trust, at, original(world, at), NULL), PST_OK);
    return trust;
}

struct count {
    size_t tried, taken, untold;
};

/* One walk serves for all tries: what is refused changes nothing, which is proved by the way. */
static void try(struct pst_trust **trust, int place, struct pst_bytes bytes, struct count *count)
{
    struct pst_report why = {0};
    enum pst_code got = feed(trust, place, bytes, &why);

    count->tried++;
    count->taken += got == PST_OK;
    count->untold += got != PST_OK && pst_report_verdict(&why) == PST_OK;
}

/* Where the only signature's hex stands: capitals there are the same signature. */
static bool is_signature(struct pst_bytes bytes, size_t at)
{
    struct pst_text rest = pst_text_of(bytes), hex = {NULL, 0};

    while (rest.len > 0 && !pst_take(&rest, "\"sig\":\""))
        rest = (struct pst_text){rest.at + 1, rest.len - 1};
    assert_true(pst_take_until(&rest, '"', &hex));
    size_t begin = (size_t)((const uint8_t *)hex.at - bytes.at);
    return at >= begin && at < begin + hex.len;
}

static void try_all(const struct world *world, int place, bool cut, struct count *count)
{
    static const uint8_t masks[] = {0x01, 0x80, CAPITALS};
    struct pst_bytes good = original(world, place);
    PST_CLEANUP(pst_heap) uint8_t *bytes = malloc(good.len);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = walk_to(world, place);

    memcpy(bytes, good.at, good.len);
    for (size_t at = 0; cut && at < good.len; at++) {
        /* On the heap and exactly as long, so that reading too far is seen. */
        PST_CLEANUP(pst_heap) uint8_t *piece = malloc(at > 0 ? at : 1);
        memcpy(piece, bytes, at);
        try(&trust, place, pst_bytes(piece, at), count);
    }
    for (size_t at = 0; !cut && at < good.len; at++) {
        for (size_t i = 0; i < PST_COUNT(masks); i++) {
            if (masks[i] == CAPITALS && is_signature(good, at))
                continue;
            bytes[at] ^= masks[i];
            try(&trust, place, pst_bytes(bytes, good.len), count);
            bytes[at] ^= masks[i];
        }
    }
    assert_int_equal(feed(&trust, place, good, NULL), PST_OK);
}

static void no_file_passes_with_a_byte_changed(void **state)
{
    for (int place = 0; place < PLACES; place++) {
        struct count count = {0};
        try_all(*state, place, false, &count);
        print_message("%s: %zu changed bytes, %zu taken\n", place_names[place], count.tried,
                      count.taken);
        assert_true(count.tried > 800);
        assert_int_equal(count.taken, 0);
        assert_int_equal(count.untold, 0);
    }
}

static void no_file_passes_cut_short(void **state)
{
    for (int place = 0; place < PLACES; place++) {
        struct count count = {0};
        try_all(*state, place, true, &count);
        print_message("%s: %zu cuts, %zu taken\n", place_names[place], count.tried, count.taken);
        assert_true(count.tried > 300);
        assert_int_equal(count.taken, 0);
        assert_int_equal(count.untold, 0);
    }
}

static void a_signature_in_capitals_is_the_same_file(void **state)
{
    const struct world *world = *state;
    for (int place = ROOT_FIRST; place <= TIMESTAMP; place++) { /* the rest is held to its hash */
        struct pst_bytes good = original(world, place);
        PST_CLEANUP(pst_heap) uint8_t *bytes = malloc(good.len);
        PST_CLEANUP(pst_trust) struct pst_trust *trust = walk_to(world, place);
        for (size_t at = 0; at < good.len; at++) {
            bool letter = good.at[at] >= 'a' && good.at[at] <= 'f' && is_signature(good, at);
            bytes[at] = letter ? good.at[at] ^ CAPITALS : good.at[at];
        }
        assert_memory_not_equal(bytes, good.at, good.len);
        assert_int_equal(feed(&trust, place, pst_bytes(bytes, good.len), NULL), PST_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_file_passes_with_a_byte_changed, make_world, free_world),
        cmocka_unit_test_setup_teardown(no_file_passes_cut_short, make_world, free_world),
        cmocka_unit_test_setup_teardown(a_signature_in_capitals_is_the_same_file, make_world,
                                        free_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
