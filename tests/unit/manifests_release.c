/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/release.h"
#include "tests/support/check.h"
#include "tests/support/schema.h"

#define EXAMPLES "manifests/examples/release"
#define FULL     EXAMPLES "/valid/full.json"

static enum pst_code parse(struct pst_bytes document, struct pst_report *why)
{
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    return pst_release_parse(document, &release, why);
}

static struct pst_release *read_release(const char *path)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_test_file(path);
    struct pst_release *release = NULL;
    assert_int_equal(pst_release_parse(pst_buf_bytes(&content), &release, NULL), PST_OK);
    return release;
}

static void every_example_gets_the_verdict_of_its_name(void **state)
{
    (void)state;
    pst_examples_check(EXAMPLES, parse);
}

static void schema_and_parser_know_the_same_members(void **state)
{
    (void)state;
    pst_schema_check("manifests/schema/release.schema.json", FULL, parse);
}

static void every_member_reaches_the_struct(void **state)
{
    (void)state;
    PST_CLEANUP(pst_release) struct pst_release *r = read_release(FULL);
    const struct pst_source *delta = &r->component[0].source[2];

    assert_true(pst_text_is(r->product, "meridian-p400"));
    assert_string_equal(r->version.text, "5.3.0");
    assert_int_equal(r->sequence, 2);
    assert_int_equal(r->published_s, 1793862000);
    assert_true(pst_text_is(r->notes_en, "Contactless kernels updated; receipts print faster."));
    assert_true(pst_text_starts(r->notes_zh_cn, "更新"));
    assert_true(pst_text_is(r->severity, "high"));
    assert_int_equal(r->hardware_count, 2);
    assert_int_equal(r->hardware[0].revisions.count, 1);
    assert_int_equal(r->hardware[1].revisions.count, 0);
    assert_int_equal(r->os_count, 2);
    assert_string_equal(r->agent_least.text, "1.2.0");
    assert_int_equal(r->bootloader.count, 1);
    assert_int_equal(r->data_schema.count, 1);
    assert_int_equal(r->region_count, 2);
    assert_string_equal(r->security_floor.text, "5.1.0");
    assert_int_equal(r->downgrade_count, 1);
    assert_int_equal(r->bridge_count, 1);
    assert_int_equal(r->component_count, 2);
    assert_int_equal(r->component[0].source_count, 4);
    assert_int_equal(r->component[0].size_bytes, 8388608);
    assert_int_equal(delta->format, PST_SOURCE_DELTA);
    assert_int_equal(delta->memory_bytes, 8912896);
    assert_true(delta->has_base);
    assert_string_equal(delta->base_version.text, "5.2.1");
    assert_int_equal(delta->base_size_bytes, 8323072);
    assert_int_equal(delta->base_sha256[31], 0xc1);
    assert_int_equal(delta->blocks.sha256[0], 0xb2);
    assert_int_equal(r->needs.free_bytes, 16777216);
    assert_int_equal(r->needs.battery_percent, 40);
    assert_true(!r->needs.mains && r->needs.idle && r->needs.metered_allowed);
    assert_true(pst_text_is(r->needs.backup_hook, "backup-journal"));
    assert_int_equal(r->needs.expected_s, 180);
    assert_int_equal(r->boot_tries, 3);
    assert_int_equal(r->confirm_within_s, 600);
    assert_int_equal(r->check_count, 2);
}

static void what_is_printed_is_the_canonical_form_of_what_was_read(void **state)
{
    static const char *const files[] = {FULL, EXAMPLES "/valid/minimal.json",
                                        EXAMPLES "/valid/pre-release-with-build.json"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(files); i++) {
        PST_CLEANUP(pst_release) struct pst_release *release = read_release(files[i]);
        PST_CLEANUP(pst_buf) struct pst_buf printed = pst_buf(PST_RELEASE_BYTES_MOST);
        PST_CLEANUP(pst_buf) struct pst_buf canonical = pst_buf(PST_RELEASE_BYTES_MOST);
        assert_int_equal(pst_release_print(release, &printed, NULL), PST_OK);
        assert_int_equal(pst_json_canonical(release->json, &canonical, NULL), PST_OK);
        if (!pst_bytes_equal(pst_buf_bytes(&printed), pst_buf_bytes(&canonical)))
            fail_msg("%s:\n%.*s\n%.*s", files[i], PST_ARGS(pst_buf_text(&printed)),
                     PST_ARGS(pst_buf_text(&canonical)));
    }
}

static void what_would_not_be_read_is_not_printed(void **state)
{
    (void)state;
    PST_CLEANUP(pst_release) struct pst_release *release = read_release(FULL);
    PST_CLEANUP(pst_buf) struct pst_buf printed = pst_buf(PST_RELEASE_BYTES_MOST);
    struct pst_report why = {0};

    release->security_floor = release->downgrade_from[0].span[0].high; /* 5.4.0 */
    release->component[1].source[0].path = pst_text("../root.json");
    assert_int_equal(pst_release_print(release, &printed, &why), PST_BAD_SYNTAX);
    assert_true(pst_report_has(&why, PST_INCONSISTENT));
    assert_int_equal(printed.len, 0);
}

struct fault {
    enum pst_code code;
    const char *where;
};

static bool names(const struct pst_report *why, const struct fault *fault)
{
    for (size_t i = 0; i < why->count; i++)
        if (why->finding[i].code == fault->code && strcmp(why->finding[i].where, fault->where) == 0)
            return true;
    return false;
}

static void all_faults_are_named_in_one_run(void **state)
{
    static const char document[] =
        "{\"format\":\"postern.release/1\",\"product\":\"a/"
        "b\",\"version\":\"1.0.0\",\"sequence\":0,"
        "\"notes\":{\"de\":\"x\"},\"severity\":\"urgent\","
        "\"fits\":{\"hardware\":[],\"os\":[\">=2.0.0 <1.0.0\",\"<3.0.0\",\"<=2.0.0\"],\"agent\":7},"
        "\"security_floor\":\"2.0.0\",\"colour\":\"red\","
        "\"components\":[{\"name\":\"os\",\"slot_class\":\"os\",\"image\":{\"size\":5},"
        "\"sources\":[{\"path\":\"/x\",\"format\":\"raw\",\"length\":4,\"sha256\":\"00\","
        "\"memory\":0,\"blocks\":{}}]}],"
        "\"needs\":{\"free\":-1,\"battery\":0,\"mains\":0,\"idle\":false,\"metered\":false},"
        "\"confirm\":{\"tries\":1,\"within_seconds\":60,\"checks\":[\"a\",\"a\",3]}}";
    static const struct fault faults[] = {
        {PST_BAD_SYNTAX, "release/product"},
        {PST_OUT_OF_BOUNDS, "release/sequence"},
        {PST_MISSING_FIELD, "release/published"},
        {PST_UNKNOWN_FIELD, "release/notes/de"},
        {PST_OUT_OF_BOUNDS, "release/severity"},
        {PST_OUT_OF_BOUNDS, "release/fits/hardware"},
        {PST_EMPTY_RANGE, "release/fits/os/0"},
        {PST_INCONSISTENT, "release/fits/os/2"},
        {PST_WRONG_TYPE, "release/fits/agent"},
        {PST_INCONSISTENT, "release/security_floor"},
        {PST_UNKNOWN_FIELD, "release/colour"},
        {PST_MISSING_FIELD, "release/components/0/image/sha256"},
        {PST_BAD_SYNTAX, "release/components/0/sources/0/path"},
        {PST_INCONSISTENT, "release/components/0/sources/0/length"},
        {PST_BAD_SYNTAX, "release/components/0/sources/0/sha256"},
        {PST_MISSING_FIELD, "release/components/0/sources/0/blocks/path"},
        {PST_MISSING_FIELD, "release/components/0/sources/0/blocks/size"},
        {PST_MISSING_FIELD, "release/components/0/sources/0/blocks/sha256"},
        {PST_OUT_OF_BOUNDS, "release/needs/free"},
        {PST_WRONG_TYPE, "release/needs/mains"},
        {PST_INCONSISTENT, "release/confirm/checks/1"},
        {PST_WRONG_TYPE, "release/confirm/checks/2"},
    };
    struct pst_report why = {0};
    (void)state;
    assert_int_not_equal(parse(pst_bytes_of(pst_text(document)), &why), PST_OK);
    for (size_t i = 0; i < PST_COUNT(faults); i++)
        if (!names(&why, &faults[i]))
            fail_msg("%s at %s is not told", pst_code_name(faults[i].code), faults[i].where);
}

static void a_newer_format_names_the_agent_that_it_needs(void **state)
{
    static const struct {
        const char *document, *found;
    } cases[] = {
        {"{\"format\":\"postern.release/2\",\"fits\":{\"agent\":\"2.4.0\"}}",
         "postern.release/2, which needs agent 2.4.0 or newer"},
        {"{\"format\":\"postern.release/2\",\"fits\":{\"agent\":\"new\"}}",
         "postern.release/2, which needs a newer agent"},
        {"{\"format\":\"postern.release/2\",\"fits\":3}",
         "postern.release/2, which needs a newer agent"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_report why = {0};
        assert_int_equal(parse(pst_bytes_of(pst_text(cases[i].document)), &why),
                         PST_METADATA_FORMAT_UNKNOWN);
        assert_int_equal(why.count, 1);
        assert_string_equal(why.finding[0].found, cases[i].found);
        assert_string_equal(why.finding[0].expected, PST_RELEASE_FORMAT);
    }
}

/* Memory is the sanitizers' to watch here; the assertion is that output and verdict agree. */
static void damaged_documents_are_read_safely(void **state)
{
    (void)state;
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_test_file(FULL);
    for (size_t i = 0; i < content.len; i++) {
        PST_CLEANUP(pst_release) struct pst_release *cut = NULL;
        PST_CLEANUP(pst_release) struct pst_release *flipped = NULL;
        uint8_t flip = (uint8_t)(1u << (i % 8));
        if (i + 2 < content.len)
            assert_int_not_equal(pst_release_parse(pst_bytes(content.at, i), &cut, NULL), PST_OK);
        assert_null(cut);
        content.at[i] ^= flip;
        enum pst_code code = pst_release_parse(pst_buf_bytes(&content), &flipped, NULL);
        assert_int_equal(code == PST_OK, flipped != NULL);
        content.at[i] ^= flip;
    }
}

static enum pst_code check_ranges(const char *first, const char *second)
{
    PST_CLEANUP(pst_release) struct pst_release *release = read_release(FULL);
    release->os_count = 2;
    assert_int_equal(pst_version_range_parse(pst_text(first), &release->os[0], NULL), PST_OK);
    assert_int_equal(pst_version_range_parse(pst_text(second), &release->os[1], NULL), PST_OK);
    return pst_release_check(release, NULL);
}

static void ranges_may_touch_and_not_overlap(void **state)
{
    static const struct {
        const char *first, *second;
        enum pst_code expected;
    } cases[] = {
        {"<5.2.0", ">=5.2.0", PST_OK},
        {"<=5.2.0", ">5.2.0", PST_OK},
        {"<5.2.0", ">5.2.0", PST_OK},
        {"<=5.2.0", ">=5.2.0", PST_INCONSISTENT},
        {"5.2.0", "5.2.1", PST_OK},
        {"5.2.0", "5.2.0", PST_INCONSISTENT},
        {"*", "5.2.0", PST_INCONSISTENT},
        {"<5.1.0 || >5.3.0", ">=5.1.0 <=5.3.0", PST_OK},
        {"<5.1.0 || >5.3.0", ">=5.1.0 <5.3.1", PST_INCONSISTENT},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        assert_int_equal(check_ranges(cases[i].first, cases[i].second), cases[i].expected);
        assert_int_equal(check_ranges(cases[i].second, cases[i].first), cases[i].expected);
    }
}

static void a_floor_may_be_the_version_itself(void **state)
{
    (void)state;
    PST_CLEANUP(pst_release) struct pst_release *release = read_release(FULL);
    release->security_floor = release->version;
    assert_int_equal(pst_release_check(release, NULL), PST_OK);
}

static void a_path_holds_no_plus_and_stays_its_own(void **state)
{
    static const struct {
        const char *version, *path;
    } cases[] = {
        {"5.2.0", "p/5.2.0/manifest.json"},
        {"5.2.1.20260301", "p/5.2.1.20260301/manifest.json"},
        {"1.0.0-rc.1+a.b", "p/1.0.0-rc.1_a.b/manifest.json"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_version version;
        char path[64];
        assert_int_equal(pst_version_parse(pst_text(cases[i].version), &version, NULL), PST_OK);
        assert_string_equal(pst_release_path(pst_text("p"), &version, path, sizeof path),
                            cases[i].path);
        assert_int_equal(strlen(pst_release_path(pst_text("p"), &version, path, 4)), 3);
    }
}

static void a_list_of_blocks_has_a_digest_for_each_begun_block(void **state)
{
    static const struct {
        int64_t length, list;
    } cases[] = {{1, 32}, {65536, 32}, {65537, 64}, {PST_IMAGE_BYTES_MOST, 32 * 16777216}, {0, 0}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_source source = {.length_bytes = cases[i].length, .blocks.size_bytes = 65536};
        assert_int_equal(pst_source_list_bytes(&source), cases[i].list);
    }
}

static void nothing_may_be_freed(void **state)
{
    (void)state;
    pst_release_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_gets_the_verdict_of_its_name),
        cmocka_unit_test(schema_and_parser_know_the_same_members),
        cmocka_unit_test(every_member_reaches_the_struct),
        cmocka_unit_test(what_is_printed_is_the_canonical_form_of_what_was_read),
        cmocka_unit_test(what_would_not_be_read_is_not_printed),
        cmocka_unit_test(all_faults_are_named_in_one_run),
        cmocka_unit_test(a_newer_format_names_the_agent_that_it_needs),
        cmocka_unit_test(damaged_documents_are_read_safely),
        cmocka_unit_test(ranges_may_touch_and_not_overlap),
        cmocka_unit_test(a_floor_may_be_the_version_itself),
        cmocka_unit_test(a_path_holds_no_plus_and_stays_its_own),
        cmocka_unit_test(a_list_of_blocks_has_a_digest_for_each_begun_block),
        cmocka_unit_test(nothing_may_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
