/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "manifests/envelope.h"
#include "tests/support/check.h"

static enum pst_code parse(const char *text, struct pst_envelope **out, struct pst_report *why)
{
    return pst_envelope_parse(pst_bytes(text, strlen(text)), &pst_json_small, out, why);
}

static void the_canonical_form_of_the_body_is_what_signatures_cover(void **state)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse("{ \"signed\" : {\"b\": 1, \"a\": \"x\\n\\u00e9\\/\", \"A\": []},\n"
                           "  \"signatures\": [{\"keyid\": \"k1\", \"sig\": \"00AA\"}] }",
                           &envelope, &why),
                     PST_OK);
    assert_true(pst_text_is(pst_buf_text(&envelope->canonical),
                            "{\"A\":[],\"a\":\"x\n\xc3\xa9/\",\"b\":1}"));
    assert_int_equal(envelope->signature_count, 1);
    assert_true(pst_text_is(envelope->signature[0].keyid, "k1"));
    assert_true(pst_text_is(envelope->signature[0].hex, "00AA"));
}

static void what_spoils_only_a_signature_does_not_spoil_the_file(void **state)
{
    static const char *const texts[] = {
        "{\"signed\":{},\"signatures\":[]}",
        "{\"signed\":{},\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\"}]}",
        "{\"signed\":{},\"signatures\":[{\"keyid\":\"a\",\"sig\":\"no hex\"}]}",
        "{\"signed\":{},\"signatures\":[{\"keyid\":\"a\",\"sig\":\"0\\n\"}]}",
        "{\"signed\":{},\"signatures\":[{\"keyid\":\"a\",\"sig\":\"00\",\"cert\":{}}],\"more\":[]}",
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
        struct pst_report why = {0};
        if (parse(texts[i], &envelope, &why) != PST_OK)
            fail_msg("%s: %s", texts[i], why.finding[0].found);
        assert_int_equal(why.count, 0);
    }
}

static void each_fault_has_its_code_and_place(void **state)
{
    static const struct {
        const char *text;
        enum pst_code code;
        const char *where;
    } cases[] = {
        {"", PST_BAD_SYNTAX, NULL},
        {"[]", PST_WRONG_TYPE, ""},
        {"null", PST_WRONG_TYPE, ""},
        {"{\"signatures\":[]}", PST_MISSING_FIELD, "signed"},
        {"{\"signed\":null,\"signatures\":[]}", PST_WRONG_TYPE, "signed"},
        {"{\"signed\":[],\"signatures\":[]}", PST_WRONG_TYPE, "signed"},
        {"{\"signed\":{}}", PST_MISSING_FIELD, "signatures"},
        {"{\"signed\":{},\"signatures\":{}}", PST_WRONG_TYPE, "signatures"},
        {"{\"signed\":{},\"signatures\":[null]}", PST_WRONG_TYPE, "signatures/0"},
        {"{\"signed\":{},\"signatures\":[{\"sig\":\"\"}]}", PST_MISSING_FIELD,
         "signatures/0/keyid"},
        {"{\"signed\":{},\"signatures\":[{\"keyid\":\"\",\"sig\":\"\"}]}", PST_OUT_OF_BOUNDS,
         "signatures/0/keyid"},
        {"{\"signed\":{},\"signatures\":[{\"keyid\":\"a\\u202e\",\"sig\":\"\"}]}", PST_BAD_SYNTAX,
         "signatures/0/keyid"},
        {"{\"signed\":{},\"signatures\":[{\"keyid\":\"a\"}]}", PST_MISSING_FIELD,
         "signatures/0/sig"},
        {"{\"signed\":{},\"signatures\":[{\"keyid\":\"a\",\"sig\":null}]}", PST_WRONG_TYPE,
         "signatures/0/sig"},
        {"{\"signed\":{},\"signatures\":[{\"keyid\":\"a\",\"sig\":\"0\"},{\"keyid\":\"b\","
         "\"sig\":\"\"},{\"keyid\":\"a\",\"sig\":\"1\"}]}",
         PST_SIGNATURE_DUPLICATE, "signatures/2"},
        {"{\"signed\":{},\"signatures\":[{\"keyid\":\"a\",\"sig\":\"0\"},{\"keyid\":\"\\u0061\","
         "\"sig\":\"1\"}]}",
         PST_SIGNATURE_DUPLICATE, "signatures/1"},
        {"{\"signed\":{},\"signed\":{},\"signatures\":[]}", PST_DUPLICATE_FIELD, NULL},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_envelope *envelope = NULL;
        struct pst_report why = {0};
        enum pst_code got = parse(cases[i].text, &envelope, &why);
        if (got != cases[i].code || why.count == 0 ||
            (cases[i].where != NULL && strcmp(why.finding[0].where, cases[i].where) != 0))
            fail_msg("%s: %s at '%s'", cases[i].text, pst_code_name(got), why.finding[0].where);
        assert_null(envelope);
        assert_string_equal(why.place, "");
    }
}

static void all_faults_are_told_in_one_run(void **state)
{
    struct pst_envelope *envelope = NULL;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse("{\"signatures\":[7,{\"keyid\":\"a\",\"sig\":false},{\"sig\":\"\"},"
                           "{\"keyid\":\"a\",\"sig\":\"\"}]}",
                           &envelope, &why),
                     PST_MISSING_FIELD);
    assert_int_equal(why.count, 5);
    assert_string_equal(why.finding[0].where, "signed");
    assert_string_equal(why.finding[1].where, "signatures/0");
    assert_string_equal(why.finding[2].where, "signatures/1/sig");
    assert_string_equal(why.finding[3].where, "signatures/2/keyid");
    assert_string_equal(why.finding[4].where, "signatures/3");
}

static enum pst_code parse_signatures(size_t count, struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(1 << 16);
    assert_true(pst_buf_add_text(&buf, "{\"signed\":{},\"signatures\":["));
    for (size_t i = 0; i < count; i++)
        assert_true(
            pst_buf_print(&buf, "%s{\"keyid\":\"k%zu\",\"sig\":\"\"}", i > 0 ? "," : "", i));
    assert_true(pst_buf_add_text(&buf, "]}"));
    return pst_envelope_parse(pst_buf_bytes(&buf), &pst_json_small, &envelope, why);
}

static void there_is_a_ceiling_on_signatures(void **state)
{
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse_signatures(PST_SIGNATURES_MOST, &why), PST_OK);
    assert_int_equal(parse_signatures(PST_SIGNATURES_MOST + 1, &why), PST_TOO_LARGE);
    assert_string_equal(why.finding[0].where, "signatures");
}

static enum pst_code parse_lengths(int keyid, int sig, struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(1 << 16);
    assert_true(pst_buf_print(
        &buf, "{\"signed\":{},\"signatures\":[{\"keyid\":\"%0*d\",\"sig\":\"%0*d\"}]}", keyid, 0,
        sig, 0));
    return pst_envelope_parse(pst_buf_bytes(&buf), &pst_json_small, &envelope, why);
}

static void keyids_and_signatures_are_bounded(void **state)
{
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse_lengths(PST_KEYID_MOST, PST_SIGNATURE_HEX_MOST, &why), PST_OK);
    assert_int_equal(parse_lengths(PST_KEYID_MOST + 1, 1, &why), PST_OUT_OF_BOUNDS);
    assert_int_equal(parse_lengths(1, PST_SIGNATURE_HEX_MOST + 1, &why), PST_OUT_OF_BOUNDS);
}

static void every_truncation_is_refused(void **state)
{
    static const char text[] =
        "{\"signed\":{\"a\":[1,{}]},\"signatures\":[{\"keyid\":\"a\",\"sig\":\"00\"}]}";
    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        struct pst_envelope *envelope = NULL;
        struct pst_report why = {0};
        assert_int_not_equal(
            pst_envelope_parse(pst_bytes(text, len), &pst_json_small, &envelope, &why), PST_OK);
        assert_null(envelope);
        assert_true(why.count > 0);
    }
}

/* The canonical form of a PEM key holds raw line feeds, which no JSON may. */
static void a_canonical_body_is_written_so_that_it_reads_again_to_the_same_bytes(void **state)
{
    static const char body[] = "{\"a\\\"\\\\\n\":\"x\n\\\"\x01\\\\\",\"b\":[]}";
    static const struct pst_envelope_new_signature signatures[] = {{"k1", "00"}, {"k2", ""}};
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(4096);
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(
        pst_envelope_print(pst_bytes(body, sizeof body - 1), signatures, 2, &out, &why), PST_OK);
    assert_int_equal(pst_envelope_parse(pst_buf_bytes(&out), &pst_json_small, &envelope, &why),
                     PST_OK);
    assert_true(pst_text_is(pst_buf_text(&envelope->canonical), body));
    assert_int_equal(envelope->signature_count, 2);
    assert_true(pst_text_is(envelope->signature[1].keyid, "k2"));
    assert_int_equal(envelope->signature[1].hex.len, 0);
}

static void what_no_reader_would_take_is_not_written(void **state)
{
    static const struct pst_envelope_new_signature twice[] = {{"k1", "00"}, {"k1", "11"}};
    static const struct {
        const char *body;
        size_t signatures, room;
        enum pst_code code;
    } cases[] = {
        {"{}", 2, 4096, PST_SIGNATURE_DUPLICATE}, {"", 1, 4096, PST_BAD_SYNTAX},
        {"[]", 1, 4096, PST_WRONG_TYPE},          {"{},\"signed\":{}", 1, 4096, PST_BAD_SYNTAX},
        {"{\"a\":1.5}", 1, 4096, PST_BAD_SYNTAX}, {"{}", 1, 10, PST_TOO_LARGE},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(cases[i].room);
        struct pst_report why = {0};
        enum pst_code got = pst_envelope_print(pst_bytes(cases[i].body, strlen(cases[i].body)),
                                               twice, cases[i].signatures, &out, &why);
        if (got != cases[i].code)
            fail_msg("%s: %s", cases[i].body, pst_code_name(got));
        assert_int_equal(out.len, 0);
        assert_true(why.count > 0);
    }
}

/* 8 MiB is the ceiling: one byte more before escaping, or no room left for the envelope. */
static void a_body_beyond_the_ceiling_is_not_written(void **state)
{
    const size_t lens[] = {pst_json_large.bytes + 1, pst_json_large.bytes};
    PST_CLEANUP(pst_heap) char *body = malloc(lens[0]);
    (void)state;
    memset(body, ' ', lens[0]);
    memcpy(body, "{}", 2);
    for (size_t i = 0; i < PST_COUNT(lens); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(2 * lens[0]);
        struct pst_report why = {0};
        assert_int_equal(pst_envelope_print(pst_bytes(body, lens[i]), NULL, 0, &out, &why),
                         PST_TOO_LARGE);
        assert_int_equal(out.len, 0);
        assert_int_equal(why.count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_canonical_form_of_the_body_is_what_signatures_cover),
        cmocka_unit_test(what_spoils_only_a_signature_does_not_spoil_the_file),
        cmocka_unit_test(each_fault_has_its_code_and_place),
        cmocka_unit_test(all_faults_are_told_in_one_run),
        cmocka_unit_test(there_is_a_ceiling_on_signatures),
        cmocka_unit_test(keyids_and_signatures_are_bounded),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_canonical_body_is_written_so_that_it_reads_again_to_the_same_bytes),
        cmocka_unit_test(what_no_reader_would_take_is_not_written),
        cmocka_unit_test(a_body_beyond_the_ceiling_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
