/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/decide.h"
#include "tests/support/check.h"
#include "tests/support/decide_scene.h"

static void without_a_cause_it_installs_from_the_cheapest_sources(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    pst_decide(&s->in, &d);
    assert_int_equal(d.why.count, 0);
    assert_int_equal(d.verdict, PST_VERDICT_INSTALL);
    assert_int_equal(d.source[0], 2);
    assert_int_equal(d.source[1], 0);
    assert_int_equal(d.fetch_bytes, (410000 + 7 * 32) + (120000 + 2 * 32));
}

static void the_cheapest_usable_source_is_taken(void **state)
{
    enum { RAW, ZSTD, NEAR, FAR };
    static const struct {
        const char *name;
        int64_t length[4];
        int64_t memory;
        int base; /* 0: of NEAR, 1: of FAR, 2: another */
        bool spare_link;
        size_t expected;
    } cases[] = {
        {"the delta", {900, 500, 100, 200}, 1 << 26, 0, false, NEAR},
        {"only the delta whose base is there", {900, 500, 100, 200}, 1 << 26, 1, false, FAR},
        {"no base: packed", {900, 500, 100, 200}, 1 << 26, 2, false, ZSTD},
        {"packed, as it is smaller than the delta", {900, 50, 100, 200}, 1 << 26, 0, false, ZSTD},
        {"the dearer delta on a metered link", {900, 50, 100, 200}, 1 << 26, 0, true, NEAR},
        {"too little memory for the delta", {900, 500, 100, 200}, 8912895, 0, false, ZSTD},
        {"just enough", {900, 500, 100, 200}, 8912896, 0, false, NEAR},
        {"too little for both", {900, 500, 100, 200}, 4718591, 0, false, RAW},
        {"the first of equals", {500, 500, 500, 500}, 1 << 26, 0, false, RAW},
        {"its list of blocks counts", {65536, 65537, 900000, 1}, 1 << 26, 0, false, RAW},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(scene) struct scene *s = scene();
        struct pst_component *os = &s->release->component[0];
        struct pst_decision d;
        scene_cut(s);
        for (size_t k = 0; k < 4; k++)
            os->source[k].length_bytes = cases[i].length[k];
        s->facts.memory_bytes = cases[i].memory;
        memset(s->facts.component[0].active_sha256, cases[i].base == 2 ? 0 : 0xc1 + cases[i].base,
               32);
        s->facts.component[0].active_bytes = cases[i].base == 1 ? 8126464 : 8323072;
        s->facts.metered = cases[i].spare_link ? PST_TRI_YES : PST_TRI_NO;
        s->in.full_on_metered = !cases[i].spare_link;
        pst_decide(&s->in, &d);
        if (d.verdict != PST_VERDICT_INSTALL || d.source[0] != cases[i].expected)
            fail_msg("%s: %s, source %zu%s", cases[i].name, pst_verdict_name(d.verdict),
                     d.source[0], scene_explain(&d.why));
    }
}

static void no_usable_source_says_why_of_each(void **state)
{
    static const struct {
        const char *where;
        enum pst_code code;
    } reasons[] = {
        {"components/os/sources/0", PST_DELTA_BASE},
        {"components/os/sources/0", PST_DELTA_MEMORY},
        {"components/os/sources/1", PST_DELTA_BASE},
        {"components/os/sources/1", PST_DELTA_MEMORY},
        {"components/os/sources/2", PST_DELTA_FORMAT},
    };
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_component *os = &s->release->component[0];
    struct pst_decision d;
    struct pst_source kept[] = {os->source[2], os->source[3], os->source[0]};
    memcpy(os->source, kept, sizeof kept);
    os->source[2].format = (enum pst_source_format)77;
    os->source_count = 3;
    scene_cut(s);
    s->facts.memory_bytes = 1000;
    s->facts.component[0].active_bytes = 0;
    pst_decide(&s->in, &d);

    assert_int_equal(d.verdict, PST_VERDICT_REFUSE);
    assert_int_equal(d.why.count, 1 + PST_COUNT(reasons));
    assert_int_equal(d.why.finding[0].code, PST_DELTA_NO_SOURCE);
    for (size_t i = 0; i < PST_COUNT(reasons); i++) {
        bool told = false;
        for (size_t k = 1; k < d.why.count; k++)
            told = told || (d.why.finding[k].noted && d.why.finding[k].code == reasons[i].code &&
                            strcmp(d.why.finding[k].where, reasons[i].where) == 0);
        if (!told)
            fail_msg("%s:%s", reasons[i].where, scene_explain(&d.why));
    }
}

static void bytes_beyond_counting_are_refused(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    struct pst_decision d;
    for (size_t i = 0; i < 4; i++)
        s->release->component[0].source[i].length_bytes = INT64_MAX;
    pst_decide(&s->in, &d);
    assert_int_equal(d.verdict, PST_VERDICT_REFUSE);
    assert_true(pst_report_has(&d.why, PST_OUT_OF_BOUNDS));
    assert_int_equal(d.fetch_bytes, 0);
}

static void whether_a_source_is_usable_is_told_with_reasons(void **state)
{
    (void)state;
    PST_CLEANUP(scene) struct scene *s = scene();
    const struct pst_component *os = &s->release->component[0];
    struct pst_report why = {0};
    assert_true(pst_source_is_usable(&os->source[2], os, &s->facts, &why));
    assert_int_equal(why.count, 0);
    assert_false(pst_source_is_usable(&os->source[3], os, &s->facts, &why));
    assert_int_equal(why.count, 1);
    assert_string_equal(why.finding[0].expected,
                        "5.1.0, sha256 c2c2c2c2c2c2c2c2..., 8126464 bytes");
    assert_string_equal(why.finding[0].found, "sha256 c1c1c1c1c1c1c1c1..., 8323072 bytes");

    struct pst_source baseless = os->source[2];
    baseless.has_base = false;
    baseless.base_size_bytes = 0;
    assert_false(pst_source_is_usable(&baseless, os, &s->facts, NULL));
    s->facts.component[0].active_bytes = 0; /* nor is an unknown image such a base */
    assert_false(pst_source_is_usable(&baseless, os, &s->facts, NULL));
    s->facts.component_count = 0;
    assert_false(pst_source_is_usable(&os->source[2], os, &s->facts, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_cause_it_installs_from_the_cheapest_sources),
        cmocka_unit_test(the_cheapest_usable_source_is_taken),
        cmocka_unit_test(no_usable_source_says_why_of_each),
        cmocka_unit_test(bytes_beyond_counting_are_refused),
        cmocka_unit_test(whether_a_source_is_usable_is_told_with_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
