/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json_out.h"
#include "tests/support/check.h"

static void a_document_of_every_kind_of_value(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(1024);
    struct pst_json_out out = pst_json_out(&buf);
    static const uint8_t bytes[] = {0x00, 0xab, 0xff};
    (void)state;
    pst_out_open(&out, NULL, '{');
    pst_out_text(&out, "text", pst_text("a\"\\/\n\x01\x7f\xc3\xa9"));
    pst_out_string(&out, "string", "s");
    pst_out_string(&out, "none", NULL);
    pst_out_open(&out, "list", '[');
    pst_out_integer(&out, NULL, -7);
    pst_out_integer(&out, NULL, PST_JSON_INTEGER_MAX);
    pst_out_open(&out, NULL, '[');
    pst_out_close(&out, ']');
    pst_out_bool(&out, NULL, true);
    pst_out_close(&out, ']');
    pst_out_bool(&out, "no", false);
    pst_out_null(&out, "null");
    pst_out_hex(&out, "hex", pst_bytes(bytes, sizeof bytes));
    pst_out_instant(&out, "at", 0);
    pst_out_verbatim(&out, "verbatim", pst_bytes("{\"x\":1}", 7));
    assert_false(pst_json_out_is_whole(&out));
    pst_out_close(&out, '}');
    assert_true(pst_json_out_is_whole(&out));
    assert_true(
        pst_text_is(pst_buf_text(&buf),
                    "{\"text\":\"a\\\"\\\\/\\u000a\\u0001\\u007f\xc3\xa9\",\"string\":\"s\","
                    "\"none\":null,\"list\":[-7,9007199254740991,[],true],\"no\":false,"
                    "\"null\":null,\"hex\":\"00abff\",\"at\":\"1970-01-01T00:00:00Z\","
                    "\"verbatim\":{\"x\":1}}"));
}

/* Every one-, two- and three-byte text: what is written is read again, and good text as it was. */
static void whatever_bytes_a_text_has_it_is_read_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 0x1000000; i += i < 0x20000 ? 1 : 251) {
        char text[3] = {(char)(i & 0xff), (char)(i >> 8 & 0xff), (char)(i >> 16)};
        size_t len = i < 0x100 ? 1 : i < 0x10000 ? 2 : 3;
        PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(64);
        PST_CLEANUP(pst_json) struct pst_json *json = NULL;
        struct pst_json_out out = pst_json_out(&buf);
        struct pst_report why = {0};

        pst_out_text(&out, NULL, (struct pst_text){text, len});
        assert_true(pst_json_out_is_whole(&out));
        if (pst_json_parse(pst_buf_bytes(&buf), &pst_json_small, &json, &why) != PST_OK)
            fail_msg("text %06x is not read again: %s", i, why.finding[0].found);
        bool same = pst_text_equal(pst_json_text(json), (struct pst_text){text, len});
        bool replaced = strstr(pst_json_text(json).at, "\xef\xbf\xbd") != NULL;
        assert_true(same || replaced);
    }
}

static void a_document_that_was_read_is_written_again(void **state)
{
    static const char text[] = "{\"z\":[1,null,{\"b\":\"\\u000a\",\"a\":true}],\"\":{},\"a\":[]}";
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(1024);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_json_out out = pst_json_out(&buf);
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_json_parse(pst_bytes(text, strlen(text)), &pst_json_small, &json, &why),
                     PST_OK);
    pst_out_json(&out, NULL, json);
    assert_true(pst_json_out_is_whole(&out));
    assert_true(pst_text_is(pst_buf_text(&buf), text));
}

static void a_ceiling_makes_failure_stick(void **state)
{
    (void)state;
    for (size_t max = 0; max < 12; max++) {
        PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(max);
        struct pst_json_out out = pst_json_out(&buf);
        pst_out_open(&out, NULL, '[');
        pst_out_string(&out, NULL, "abc");
        pst_out_integer(&out, NULL, 12);
        pst_out_close(&out, ']');
        assert_true(pst_json_out_is_whole(&out) == (max >= 10));
        assert_true(buf.len <= max);
    }
}

static void what_would_not_be_one_document_fails(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf buf = pst_buf(1024);
    struct pst_json_out nothing = pst_json_out(&buf);
    struct pst_json_out two = pst_json_out(&buf);
    struct pst_json_out closed = pst_json_out(&buf);
    struct pst_json_out large = pst_json_out(&buf);
    (void)state;
    assert_false(pst_json_out_is_whole(&nothing));
    pst_out_null(&two, NULL);
    assert_true(pst_json_out_is_whole(&two));
    pst_out_null(&two, NULL);
    assert_false(pst_json_out_is_whole(&two));
    pst_out_close(&closed, '}');
    assert_false(pst_json_out_is_whole(&closed));
    pst_out_integer(&large, NULL, PST_JSON_INTEGER_MAX + 1);
    assert_false(pst_json_out_is_whole(&large));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_of_every_kind_of_value),
        cmocka_unit_test(whatever_bytes_a_text_has_it_is_read_again),
        cmocka_unit_test(a_document_that_was_read_is_written_again),
        cmocka_unit_test(a_ceiling_makes_failure_stick),
        cmocka_unit_test(what_would_not_be_one_document_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
