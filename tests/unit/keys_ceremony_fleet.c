/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "keys/ceremony_fleet.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static const char fleet_text[] =
    "{\"format\":\"postern.fleet-schemes/1\",\"at\":\"2026-01-01T00:00:00Z\",\"untold\":4,"
    "\"classes\":[{\"product\":\"pos-a\",\"schemes\":[\"ed25519\",\"sm2-sm3\"],\"terminals\":10},"
    "{\"product\":\"pos-a\",\"schemes\":[\"ed25519\"],\"terminals\":2},"
    "{\"product\":\"pos-b\",\"schemes\":[\"ed25519\"],\"terminals\":7}]}";

static enum pst_code read_text(const char *text, struct pst_ceremony_fleet **out)
{
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    char path[512];

    pst_scratch_path(&scratch, "fleet.json", path, sizeof path);
    assert_int_equal(pst_file_replace(path, pst_bytes_of(pst_text(text)), 0600, NULL), PST_OK);
    return pst_ceremony_fleet_read(path, out, NULL);
}

static void only_whole_inventories_are_read(void **state)
{
    static const struct {
        const char *text;
        enum pst_code expect;
    } cases[] = {
        {fleet_text, PST_OK},
        {"{\"format\":\"postern.fleet-schemes/1\",\"at\":\"2026-01-01T00:00:00Z\",\"untold\":0,"
         "\"classes\":[]}",
         PST_OK},
        {"{\"format\":\"postern.fleet-schemes/2\"}", PST_METADATA_FORMAT_UNKNOWN},
        {"{\"format\":\"postern.fleet-schemes/1\"}", PST_MISSING_FIELD},
        {"{}", PST_MISSING_FIELD},
        {"[]", PST_WRONG_TYPE},
        {"{\"format\":\"postern.fleet-schemes/1\",\"at\":\"2026-01-01T00:00:00Z\",\"untold\":-1,"
         "\"classes\":[]}",
         PST_OUT_OF_BOUNDS},
        {"{\"format\":\"postern.fleet-schemes/1\",\"at\":\"2026-01-01T00:00:00Z\",\"untold\":0,"
         "\"classes\":[{\"product\":\"../a\",\"schemes\":[],\"terminals\":1}]}",
         PST_BAD_SYNTAX},
        {"{\"format\":\"postern.fleet-schemes/1\",\"at\":\"2026-01-01T00:00:00Z\",\"untold\":0,"
         "\"classes\":[{\"product\":\"a\",\"schemes\":[],\"terminals\":9007199254740991},"
         "{\"product\":\"b\",\"schemes\":[],\"terminals\":1}]}",
         PST_OUT_OF_BOUNDS},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = NULL;
        enum pst_code got = read_text(cases[i].text, &fleet);
        if (got != cases[i].expect)
            fail_msg("'%s' gave %s", cases[i].text, pst_code_name(got));
        assert_int_equal(fleet != NULL, got == PST_OK);
    }
}

static void a_terminal_that_two_keys_strand_is_counted_once(void **state)
{
    static const struct {
        const char *product, *scheme, *also;
        int64_t stranded; /* in all; 0: none, and PST_OK */
    } cases[] = {
        {"pos-a", "ed25519", "ed25519", 0}, {"pos-a", "sm2-sm3", "sm2-sm3", 2},
        {"pos-a", "sm2-sm3", "ed25519", 2}, {"pos-b", "sm2-sm3", "ed25519", 7},
        {"", "sm2-sm3", "ed25519", 9},      {"pos-a", "rot13", "sm2-sm3", 12},
        {"", "rot13", "sm2-sm3", 19},       {"pos-c", "rot13", "rot13", 0},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_ceremony_fleet) struct pst_ceremony_fleet *fleet = NULL;
        PST_CLEANUP(pst_heap)
        struct pst_ceremony_stranding *stranding = calloc(1, sizeof *stranding);
        struct pst_text product = pst_text(cases[i].product);
        struct pst_report why = {0};

        assert_int_equal(read_text(fleet_text, &fleet), PST_OK);
        assert_int_equal(fleet->may_strand, -1);
        assert_non_null(stranding);
        stranding->fleet = fleet;
        pst_ceremony_strand(stranding, product, pst_text(cases[i].scheme), "key one");
        pst_ceremony_strand(stranding, product, pst_text(cases[i].also), "key two");
        enum pst_code expect = cases[i].stranded > 0 ? PST_ALGORITHM_UNKNOWN : PST_OK;
        assert_int_equal(pst_ceremony_strand_verdict(stranding, &why), expect);
        assert_int_equal(why.count > 0, expect != PST_OK);
        for (int64_t n = 0; expect != PST_OK && n <= 20; n++) {
            struct pst_report told = {0};
            fleet->may_strand = n;
            assert_int_equal(pst_ceremony_strand_verdict(stranding, &told),
                             n == cases[i].stranded ? PST_OK : PST_ALGORITHM_UNKNOWN);
            assert_true(told.count > 0); /* overruled ones are told all the same */
        }
    }
}

static void without_an_inventory_nothing_is_held_against_any_key(void **state)
{
    PST_CLEANUP(pst_heap) struct pst_ceremony_stranding *stranding = calloc(1, sizeof *stranding);
    (void)state;
    assert_non_null(stranding);
    pst_ceremony_strand(stranding, pst_text(""), pst_text("rot13"), "a key");
    assert_int_equal(pst_ceremony_strand_verdict(stranding, NULL), PST_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_whole_inventories_are_read),
        cmocka_unit_test(a_terminal_that_two_keys_strand_is_counted_once),
        cmocka_unit_test(without_an_inventory_nothing_is_held_against_any_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
