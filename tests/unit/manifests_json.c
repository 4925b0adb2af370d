/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/json.h"
#include "tests/support/check.h"

static enum pst_code parse_with(const char *text, const struct pst_json_limits *limits,
                                struct pst_json **out, struct pst_report *why)
{
    size_t len = strlen(text);
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, text, len);
    enum pst_code rc = pst_json_parse(pst_bytes(exact, len), limits, out, why);
    free(exact); /* nothing of the input is kept */
    return rc;
}

static struct pst_json *parsed(const char *text)
{
    struct pst_json *json = NULL;
    struct pst_report why = {0};
    if (parse_with(text, &pst_json_small, &json, &why) != PST_OK)
        fail_msg("%s: %s, not %s", text, why.finding[0].found, why.finding[0].expected);
    return json;
}

static void a_document_is_read_as_it_is_written(void **state)
{
    PST_CLEANUP(pst_json)
    struct pst_json *json =
        parsed(" {\"n\" : null, \"t\":true,\"f\":false,\"i\":-5,\r\n\"s\":\"a\\u00e9\","
               "\"a\":[1,[],{}],\"o\":{\"x\":\"y\"}}\n");
    static const struct {
        const char *name;
        enum pst_json_type type;
    } members[] = {
        {"n", PST_JSON_NULL},    {"t", PST_JSON_BOOL}, {"f", PST_JSON_BOOL},
        {"i", PST_JSON_INTEGER}, {"s", PST_JSON_TEXT}, {"a", PST_JSON_ARRAY},
        {"o", PST_JSON_OBJECT},
    };
    size_t i = 0;
    (void)state;

    assert_int_equal(pst_json_type(json), PST_JSON_OBJECT);
    assert_int_equal(pst_json_count(json), PST_COUNT(members));
    for (const struct pst_json *child = pst_json_first(json); child != NULL;
         child = pst_json_next(child), i++) {
        assert_true(pst_text_is(pst_json_name(child), members[i].name));
        assert_int_equal(pst_json_type(child), members[i].type);
        assert_ptr_equal(pst_json_member(json, members[i].name), child);
    }
    assert_true(pst_json_bool(pst_json_member(json, "t")));
    assert_false(pst_json_bool(pst_json_member(json, "f")));
    assert_int_equal(pst_json_integer(pst_json_member(json, "i")), -5);
    assert_true(pst_text_is(pst_json_text(pst_json_member(json, "s")), "a\xc3\xa9"));
    assert_int_equal(pst_json_count(pst_json_member(json, "a")), 3);
}

static void names_are_looked_up_by_case(void **state)
{
    PST_CLEANUP(pst_json) struct pst_json *json = parsed("{\"Version\":1,\"size\":2,\"SIZE\":3}");
    (void)state;
    assert_null(pst_json_member(json, "version"));
    assert_int_equal(pst_json_integer(pst_json_member(json, "SIZE")), 3);
    assert_int_equal(pst_json_integer(pst_json_member(json, "size")), 2);
}

static void integers_are_exact_to_their_ends(void **state)
{
    PST_CLEANUP(pst_json)
    struct pst_json *json = parsed("[9007199254740991,-9007199254740991,2147483648,4294967297,0]");
    static const int64_t values[] = {PST_JSON_INTEGER_MAX, -PST_JSON_INTEGER_MAX,
                                     INT64_C(2147483648), INT64_C(4294967297), 0};
    size_t i = 0;
    (void)state;
    for (const struct pst_json *item = pst_json_first(json); item != NULL;
         item = pst_json_next(item), i++)
        assert_true(pst_json_integer(item) == values[i]);
    assert_int_equal(i, PST_COUNT(values));
}

static void asking_for_another_type_gives_its_zero(void **state)
{
    static const char *const texts[] = {"null", "7", "\"7\"", "true", "[7]", "{\"7\":7}"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        PST_CLEANUP(pst_json) struct pst_json *json = parsed(texts[i]);
        enum pst_json_type type = pst_json_type(json);
        assert_int_equal(pst_json_integer(json), type == PST_JSON_INTEGER ? 7 : 0);
        assert_int_equal(pst_json_text(json).len, type == PST_JSON_TEXT ? 1 : 0);
        assert_true(pst_json_bool(json) == (type == PST_JSON_BOOL));
        assert_int_equal(pst_json_count(json), type >= PST_JSON_ARRAY ? 1 : 0);
        assert_true((pst_json_member(json, "7") != NULL) == (type == PST_JSON_OBJECT));
    }
    assert_int_equal(pst_json_integer(NULL), 0);
    assert_int_equal(pst_json_text(NULL).len, 0);
    assert_false(pst_json_bool(NULL));
    assert_null(pst_json_member(NULL, "x"));
    assert_null(pst_json_first(NULL));
    assert_int_equal(pst_json_type(NULL), PST_JSON_NULL);
    pst_json_free(NULL);
}

static void a_refusal_leaves_the_result_alone(void **state)
{
    static const char *const texts[] = {"", "[1", "{\"a\":1,\"a\":1}", "\xef\xbb\xbf{}", "1.5"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        struct pst_report why = {0};
        struct pst_json *json = (struct pst_json *)&why;
        assert_int_not_equal(parse_with(texts[i], &pst_json_small, &json, &why), PST_OK);
        assert_ptr_equal(json, &why);
        assert_int_equal(why.count, 1);
    }
    struct pst_json *json = NULL;
    assert_int_equal(parse_with("[1", &pst_json_small, &json, NULL), PST_BAD_SYNTAX);
}

static void each_type_has_a_name(void **state)
{
    (void)state;
    for (int type = PST_JSON_NULL; type <= PST_JSON_OBJECT; type++)
        assert_true(strlen(pst_json_type_name((enum pst_json_type)type)) > 0);
}

static void the_deepest_document_allowed_is_read_and_freed(void **state)
{
    static const char text[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(strlen(text), 2 * pst_json_large.depth);
    assert_int_equal(parse_with(text, &pst_json_small, &json, &why), PST_TOO_LARGE);
    assert_int_equal(parse_with(text, &pst_json_large, &json, &why), PST_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read_as_it_is_written),
        cmocka_unit_test(names_are_looked_up_by_case),
        cmocka_unit_test(integers_are_exact_to_their_ends),
        cmocka_unit_test(asking_for_another_type_gives_its_zero),
        cmocka_unit_test(a_refusal_leaves_the_result_alone),
        cmocka_unit_test(each_type_has_a_name),
        cmocka_unit_test(the_deepest_document_allowed_is_read_and_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
