/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json.h"
#include "tests/support/check.h"

static struct pst_json *parsed(struct pst_text text)
{
    struct pst_json *json = NULL;
    struct pst_report why = {0};
    if (pst_json_parse(pst_bytes_of(text), &pst_json_large, &json, &why) != PST_OK)
        fail_msg("%.*s: %s", PST_ARGS(text), why.finding[0].found);
    return json;
}

static void vectors_come_out_byte_for_byte(void **state)
{
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        /* Made with securesystemslib's encode_canonical(). */
        {"{\"b\":1,\"a\":[true,null,\"x\\\"\\\\\\n\\u00e9/\\u0001\"],\"A\":-5}",
         "{\"A\":-5,\"a\":[true,null,\"x\\\"\\\\\n\xc3\xa9/\x01\"],\"b\":1}"},
        {" { } ", "{}"},
        {"[ ]", "[]"},
        {"false", "false"},
        {"\"\"", "\"\""},
        {"9007199254740991", "9007199254740991"},
        {"-9007199254740991", "-9007199254740991"},
        {"\"\\/\\b\\f\\r\\t\\u007f\\ud83d\\ude00\"", "\"/\b\f\r\t\x7f\xf0\x9f\x98\x80\""},
        {"{\"\\u00e9\":1,\"z\":2,\"\":3,\"zz\":4,\"Z\":5}",
         "{\"\":3,\"Z\":5,\"z\":2,\"zz\":4,\"\xc3\xa9\":1}"},
        /* By code point, where UTF-16 (RFC 8785) would put the second first. */
        {"{\"\\ud83d\\ude00\":1,\"\\uff01\":2}", "{\"\xef\xbc\x81\":2,\"\xf0\x9f\x98\x80\":1}"},
        {"{\"a\\\"\":1,\"a!\":2,\"a#\":3,\"a\\\\\":4}",
         "{\"a!\":2,\"a\\\"\":1,\"a#\":3,\"a\\\\\":4}"},
        {"[{\"b\":{\"d\":1,\"c\":2},\"a\":[]},3]", "[{\"a\":[],\"b\":{\"c\":2,\"d\":1}},3]"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_json) struct pst_json *json = parsed(pst_text(cases[i].text));
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(1024);
        struct pst_report why = {0};
        assert_int_equal(pst_json_canonical(json, &out, &why), PST_OK);
        if (!pst_text_is(pst_buf_text(&out), cases[i].canonical))
            fail_msg("%s gave %.*s", cases[i].text, PST_ARGS(pst_buf_text(&out)));
    }
}

static void what_stands_in_the_buffer_stays(void **state)
{
    PST_CLEANUP(pst_json) struct pst_json *json = parsed(pst_text("{\"a\":\"b\"}"));
    struct pst_report why = {0};
    (void)state;
    for (size_t max = 0; max < 14; max++) {
        PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(max);
        bool begun = pst_buf_add_text(&out, "1234");
        enum pst_code rc = pst_json_canonical(json, &out, &why);
        assert_int_equal(rc, max - (begun ? 4 : 0) >= 9 ? PST_OK : PST_TOO_LARGE);
        assert_int_equal(out.len, (begun ? 4u : 0u) + (rc == PST_OK ? 9u : 0u));
    }
}

/* Sorted input is what a naive quicksort dies of, reversed input what an insertion sort does. */
static void a_large_object_is_sorted_in_time(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(8 << 20);
    (void)state;
    assert_true(pst_buf_add_text(&text, "{"));
    for (unsigned i = 400000; i > 0; i--)
        assert_true(pst_buf_print(&text, "\"%06u\":%u%s", i, i, i > 1 ? "," : "}"));

    PST_CLEANUP(pst_json) struct pst_json *json = parsed(pst_buf_text(&text));
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(8 << 20);
    struct pst_report why = {0};
    assert_int_equal(pst_json_canonical(json, &out, &why), PST_OK);
    assert_int_equal(out.len, text.len);
    assert_true(pst_text_starts(pst_buf_text(&out), "{\"000001\":1,\"000002\":2,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_out_byte_for_byte),
        cmocka_unit_test(what_stands_in_the_buffer_stays),
        cmocka_unit_test(a_large_object_is_sorted_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
