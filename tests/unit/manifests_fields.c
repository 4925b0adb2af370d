/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/fields.h"
#include "tests/support/check.h"

static struct pst_json *parsed(const char *text)
{
    struct pst_json *json = NULL;
    struct pst_report why = {0};
    if (pst_json_parse(pst_bytes(text, strlen(text)), &pst_json_small, &json, &why) != PST_OK)
        fail_msg("%s: %s", text, why.finding[0].found);
    return json;
}

static const char *const words[] = {"low", "normal", "high", NULL};

struct all {
    int64_t integer;
    bool flag;
    struct pst_text text, raw, name;
    bool has_hex;
    uint8_t hex[2];
    int64_t instant_s;
    struct pst_version version;
    struct pst_version_range range;
    int choice;
    const struct pst_json *object, *array;
};

static enum pst_code read_all(const struct pst_json *json, struct all *all, struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    all->integer = pst_fields_integer(&fields, "integer", -5, 5);
    all->flag = pst_fields_bool(&fields, "bool");
    all->text = pst_fields_text(&fields, "text", 4);
    all->raw = pst_fields_raw_text(&fields, "raw", 4);
    all->name = pst_fields_name(&fields, "name");
    all->has_hex = pst_fields_hex(&fields, "hex", all->hex, 2);
    all->instant_s = pst_fields_instant(&fields, "instant");
    all->version = pst_fields_version(&fields, "version");
    all->range = pst_fields_range(&fields, "range");
    all->choice = pst_fields_choice(&fields, "choice", words);
    all->object = pst_fields_object(&fields, "object");
    all->array = pst_fields_array(&fields, "array", 1, 2);
    return pst_fields_close(&fields);
}

static void a_good_object_is_read_whole(void **state)
{
    PST_CLEANUP(pst_json)
    struct pst_json *json =
        parsed("{\"integer\":-5,\"bool\":true,\"text\":\"\\u00e9\\u00e9\",\"raw\":\"a\\nb\\n\","
               "\"name\":\"a-1\","
               "\"hex\":\"00ff\",\"instant\":\"1970-01-01T00:00:07Z\",\"version\":\"1.2\","
               "\"range\":\"*\",\"choice\":\"high\",\"object\":{},\"array\":[1,2]}");
    struct all all;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(read_all(json, &all, &why), PST_OK);
    assert_int_equal(why.count, 0);
    assert_int_equal(all.integer, -5);
    assert_true(all.flag);
    assert_true(pst_text_is(all.text, "\xc3\xa9\xc3\xa9"));
    assert_true(pst_text_is(all.raw, "a\nb\n"));
    assert_true(pst_text_is(all.name, "a-1"));
    assert_true(all.has_hex && all.hex[0] == 0 && all.hex[1] == 0xff);
    assert_int_equal(all.instant_s, 7);
    assert_string_equal(all.version.text, "1.2");
    assert_int_equal(all.range.count, 1);
    assert_int_equal(all.choice, 2);
    assert_non_null(all.object);
    assert_int_equal(pst_json_count(all.array), 2);
}

static void check_zeroes(const struct all *all)
{
    assert_int_equal(all->integer, 0);
    assert_false(all->flag);
    assert_int_equal(all->text.len + all->raw.len + all->name.len, 0);
    assert_string_equal(all->text.at, "");
    assert_false(all->has_hex);
    assert_int_equal(all->instant_s, 0);
    assert_false(pst_version_is_set(&all->version));
    assert_int_equal(all->range.count, 0);
    assert_int_equal(all->choice, -1);
    assert_null(all->object);
    assert_null(all->array);
}

static void every_missing_member_is_told(void **state)
{
    PST_CLEANUP(pst_json) struct pst_json *json = parsed("{}");
    struct all all;
    struct pst_report why = {0};
    (void)state;
    PST_WITHIN(&why, "thing");
    assert_int_equal(read_all(json, &all, &why), PST_MISSING_FIELD);
    assert_int_equal(why.count, 12);
    assert_string_equal(why.finding[0].where, "thing/integer");
    assert_string_equal(why.finding[0].expected, "an integer");
    assert_string_equal(why.finding[0].found, "nothing");
    check_zeroes(&all);
}

static void every_wrong_type_and_value_is_told(void **state)
{
    static const struct {
        const char *text;
        enum pst_code code;
    } cases[] = {
        {"{\"integer\":null,\"bool\":1,\"text\":1,\"raw\":[],\"name\":{},\"hex\":12,\"instant\":7,"
         "\"version\":1,\"range\":[],\"choice\":1,\"object\":[],\"array\":{}}",
         PST_WRONG_TYPE},
        {"{\"integer\":6,\"bool\":\"true\",\"text\":\"12345\",\"raw\":\"\",\"name\":\"..\",\"hex\":"
         "\"00FF\","
         "\"instant\":\"today\",\"version\":\"1\",\"range\":\">2.0 <1.0\",\"choice\":\"High\","
         "\"object\":\"\",\"array\":[]}",
         PST_OUT_OF_BOUNDS},
        {"{\"integer\":-6,\"bool\":null,\"text\":\"a\\u202e\",\"raw\":\"12345\",\"name\":\"\","
         "\"hex\":\"00\",\"instant\":\"\",\"version\":\"\",\"range\":\"\",\"choice\":\"\","
         "\"object\":null,"
         "\"array\":[1,2,3]}",
         PST_OUT_OF_BOUNDS},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(pst_json) struct pst_json *json = parsed(cases[i].text);
        struct all all;
        struct pst_report why = {0};
        assert_int_equal(read_all(json, &all, &why), cases[i].code);
        assert_int_equal(why.count, 12);
        check_zeroes(&all);
    }
}

static void what_is_no_object_is_told_once(void **state)
{
    static const char *const texts[] = {"null", "[]", "\"{}\"", "7"};
    struct all all;
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        PST_CLEANUP(pst_json) struct pst_json *json = parsed(texts[i]);
        struct pst_report why = {0};
        assert_int_equal(read_all(json, &all, &why), PST_WRONG_TYPE);
        assert_int_equal(why.count, 1);
        check_zeroes(&all);
    }
    struct pst_report why = {0};
    assert_int_equal(read_all(NULL, &all, &why), PST_WRONG_TYPE);
    assert_int_equal(read_all(NULL, &all, NULL), PST_WRONG_TYPE);
    assert_int_equal(why.count, 1);
}

static void members_that_nobody_read_are_refused_unless_tolerated(void **state)
{
    PST_CLEANUP(pst_json)
    struct pst_json *json = parsed("{\"a\":1,\"A\":2,\"b\\n\":3,\"c\":null,\"d\":4}");
    struct pst_report why = {0};
    struct pst_fields fields = pst_fields_open(json, &why);
    (void)state;
    assert_int_equal(pst_fields_integer(&fields, "a", 0, 9), 1);
    assert_false(pst_fields_has(&fields, "c"));
    assert_false(pst_fields_has(&fields, "e"));
    assert_true(pst_fields_has(&fields, "d"));
    assert_int_equal(pst_fields_close_open(&fields), PST_OK);
    assert_int_equal(pst_fields_close(&fields), PST_UNKNOWN_FIELD);
    assert_int_equal(why.count, 2);
    assert_string_equal(why.finding[0].where, "A");
    assert_string_equal(why.finding[1].where, "b?");
}

static void a_caller_adds_faults_and_verdicts_of_its_own(void **state)
{
    PST_CLEANUP(pst_json) struct pst_json *json = parsed("{}");
    struct pst_report why = {0};
    struct pst_fields fields = pst_fields_open(json, &why);
    (void)state;
    pst_fields_merge(&fields, PST_OK);
    pst_fields_fault(&fields, "x", PST_INCONSISTENT, pst_say("1"), pst_say("2"));
    pst_fields_merge(&fields, PST_TOO_LARGE);
    assert_int_equal(pst_fields_close(&fields), PST_INCONSISTENT);
    assert_string_equal(why.finding[0].where, "x");
}

static void only_names_that_cannot_do_harm_in_a_path_are_safe(void **state)
{
    static const struct {
        const char *text;
        bool name, path;
    } cases[] = {
        {"a", true, true},
        {"A-Z.0_9-", true, true},
        {"_", true, true},
        {"CON", true, true}, /* a word to some systems, none of which Postern writes on */
        {"a/b/c.img", false, true},
        {"pos-a/1.2.3/manifest.json", false, true},
        {"", false, false},
        {".", false, false},
        {"..", false, false},
        {".hidden", false, false},
        {"-option", false, false},
        {"a/../b", false, false},
        {"a/./b", false, false},
        {"a//b", false, false},
        {"/a", false, false},
        {"a/", false, false},
        {"a\\b", false, false},
        {"a b", false, false},
        {"%2e%2e", false, false},
        {"a:b", false, false},
        {"a\n", false, false},
        {"\xc3\xa9", false, false},
        {"0123456789012345678901234567890123456789012345678901234567890123", true, true},
        {"01234567890123456789012345678901234567890123456789012345678901234", false, false},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        if (pst_name_is_safe(pst_text(cases[i].text)) != cases[i].name)
            fail_msg("name '%s'", cases[i].text);
        if (pst_target_path_is_safe(pst_text(cases[i].text)) != cases[i].path)
            fail_msg("path '%s'", cases[i].text);
    }
    assert_false(pst_name_is_safe((struct pst_text){"a\0b", 3}));
}

static void a_path_has_at_most_255_bytes(void **state)
{
    char path[260];
    (void)state;
    for (size_t i = 0; i < sizeof path; i++)
        path[i] = i % 2 == 0 ? 'a' : '/';
    assert_true(pst_target_path_is_safe((struct pst_text){path, 255}));
    assert_false(pst_target_path_is_safe((struct pst_text){path, 257}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_object_is_read_whole),
        cmocka_unit_test(every_missing_member_is_told),
        cmocka_unit_test(every_wrong_type_and_value_is_told),
        cmocka_unit_test(what_is_no_object_is_told_once),
        cmocka_unit_test(members_that_nobody_read_are_refused_unless_tolerated),
        cmocka_unit_test(a_caller_adds_faults_and_verdicts_of_its_own),
        cmocka_unit_test(only_names_that_cannot_do_harm_in_a_path_are_safe),
        cmocka_unit_test(a_path_has_at_most_255_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
