/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/facts.h"
#include "tests/support/check.h"
#include "tests/support/schema.h"

#define EXAMPLES "manifests/examples/facts"
#define FULL     EXAMPLES "/valid/full.json"
#define MINIMAL  EXAMPLES "/valid/minimal.json"

static enum pst_code read_facts(struct pst_bytes document, struct pst_facts *out,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    enum pst_code code = pst_json_parse(document, &pst_json_small, &json, why);
    return code == PST_OK ? pst_facts_parse(json, out, why) : code;
}

static enum pst_code parse(struct pst_bytes document, struct pst_report *why)
{
    struct pst_facts facts;
    return read_facts(document, &facts, why);
}

static struct pst_facts facts_of(const char *path)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_test_file(path);
    struct pst_facts facts;
    assert_int_equal(read_facts(pst_buf_bytes(&content), &facts, NULL), PST_OK);
    return facts;
}

static void every_example_gets_the_verdict_of_its_name(void **state)
{
    (void)state;
    pst_examples_check(EXAMPLES, parse);
}

static void schema_and_parser_know_the_same_members(void **state)
{
    (void)state;
    pst_schema_check("manifests/schema/facts.schema.json", FULL, parse);
}

static void every_member_reaches_the_struct(void **state)
{
    (void)state;
    struct pst_facts f = facts_of(FULL);
    assert_string_equal(f.serial, "P4-000123");
    assert_string_equal(f.product, "meridian-p400");
    assert_string_equal(f.model, "P400");
    assert_string_equal(f.region, "EU");
    assert_string_equal(f.group, "acme-pay/corner-shop/berlin-1");
    assert_string_equal(f.revision.text, "1.4.0");
    assert_string_equal(f.os.text, "5.2.1");
    assert_string_equal(f.agent.text, "1.3.0");
    assert_string_equal(f.bootloader.text, "2.1.0");
    assert_string_equal(f.data_schema.text, "8.0");
    assert_string_equal(f.security_floor.text, "5.1.0");
    assert_int_equal(f.component_count, 2);
    assert_int_equal(f.component[0].slot_bytes, 16777216);
    assert_int_equal(f.component[0].active_bytes, 8323072);
    assert_int_equal(f.component[0].active_sha256[0], 0xc1);
    assert_int_equal(f.scheme_count, 3);
    assert_string_equal(f.scheme[0], "ed25519");
    assert_int_equal(f.free_bytes, 104857600);
    assert_int_equal(f.memory_bytes, 67108864);
    assert_int_equal(f.battery_percent, 80);
    assert_int_equal(f.mains, PST_TRI_YES);
    assert_int_equal(f.busy, PST_TRI_NO);
    assert_int_equal(f.tampered, PST_TRI_NO);
    assert_int_equal(f.metered, PST_TRI_NO);
    assert_int_equal(f.window_open, PST_TRI_YES);
    assert_int_equal(f.root_version, 3);
    assert_int_equal(f.sequence, 41);
}

static void what_a_terminal_leaves_out_is_unknown(void **state)
{
    (void)state;
    struct pst_facts f = facts_of(MINIMAL);
    assert_string_equal(f.region, "");
    assert_string_equal(f.group, "");
    assert_false(pst_version_is_set(&f.bootloader));
    assert_false(pst_version_is_set(&f.data_schema));
    assert_false(pst_version_is_set(&f.security_floor));
    assert_int_equal(f.free_bytes, -1);
    assert_int_equal(f.battery_percent, -1);
    assert_int_equal(f.mains, PST_TRI_UNKNOWN);
    assert_int_equal(f.busy, PST_TRI_UNKNOWN);
    assert_int_equal(f.tampered, PST_TRI_UNKNOWN);
    assert_int_equal(f.metered, PST_TRI_UNKNOWN);
    assert_int_equal(f.window_open, PST_TRI_UNKNOWN);
}

static void what_is_printed_is_what_was_read(void **state)
{
    static const char *const files[] = {FULL, MINIMAL};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(files); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf content = pst_test_file(files[i]);
        PST_CLEANUP(pst_buf) struct pst_buf before = pst_buf(1 << 16), after = pst_buf(1 << 16);
        PST_CLEANUP(pst_buf) struct pst_buf printed = pst_buf(1 << 16);
        PST_CLEANUP(pst_json) struct pst_json *read = NULL, *again = NULL;
        struct pst_facts facts = facts_of(files[i]);
        struct pst_json_out out = pst_json_out(&printed);

        pst_facts_print(&facts, &out, NULL);
        assert_true(pst_json_out_is_whole(&out));
        assert_int_equal(pst_json_parse(pst_buf_bytes(&content), &pst_json_small, &read, NULL), 0);
        assert_int_equal(pst_json_parse(pst_buf_bytes(&printed), &pst_json_small, &again, NULL), 0);
        assert_int_equal(pst_json_canonical(read, &before, NULL), PST_OK);
        assert_int_equal(pst_json_canonical(again, &after, NULL), PST_OK);
        assert_true(pst_bytes_equal(pst_buf_bytes(&before), pst_buf_bytes(&after)));
    }
}

static void a_refusal_leaves_the_result_alone(void **state)
{
    static const char document[] = "{\"format\":\"postern.facts/1\",\"serial\":\"x\"}";
    struct pst_facts facts = {.sequence = 77};
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(read_facts(pst_bytes_of(pst_text(document)), &facts, &why), PST_MISSING_FIELD);
    assert_int_equal(facts.sequence, 77);
    assert_int_equal(why.count, 10); /* every required member but the two that are there */
}

static void a_component_is_found_by_its_whole_name(void **state)
{
    (void)state;
    struct pst_facts facts = facts_of(FULL);
    assert_ptr_equal(pst_facts_component(&facts, pst_text("os")), &facts.component[0]);
    assert_null(pst_facts_component(&facts, pst_text("o")));
    assert_null(pst_facts_component(&facts, pst_text("os2")));
    assert_null(pst_facts_component(&facts, pst_text("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_gets_the_verdict_of_its_name),
        cmocka_unit_test(schema_and_parser_know_the_same_members),
        cmocka_unit_test(every_member_reaches_the_struct),
        cmocka_unit_test(what_a_terminal_leaves_out_is_unknown),
        cmocka_unit_test(what_is_printed_is_what_was_read),
        cmocka_unit_test(a_refusal_leaves_the_result_alone),
        cmocka_unit_test(a_component_is_found_by_its_whole_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
