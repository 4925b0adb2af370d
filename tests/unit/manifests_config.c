/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/config.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

struct settings {
    int64_t untouched;
    int64_t port, limit_bytes;
    bool tls;
    char name[PST_CONFIG_TEXT_ROOM];
    char note[PST_CONFIG_TEXT_ROOM];
    struct pst_config_list urls, tags;
};

#define AT(member) offsetof(struct settings, member)
static const struct pst_setting table[] = {
    {"listen.port", PST_SETTING_INTEGER, AT(port), 0, 65535, "8470", "", "TCP port"},
    {"limits.body.bytes", PST_SETTING_INTEGER, AT(limit_bytes), 1, INT64_C(1) << 40, "65536",
     "bytes", "largest request"},
    {"listen.tls", PST_SETTING_BOOL, AT(tls), 0, 0, "false", "", "TLS without a proxy"},
    {"name", PST_SETTING_TEXT, AT(name), 1, 16, NULL, "", "of this service"},
    {"note", PST_SETTING_TEXT, AT(note), 1, 500, "", "", "shown on the dashboard"},
    {"repository.urls", PST_SETTING_TEXTS, AT(urls), 1, 3, "[\"https://a\", \"https://b\"]", "",
     "base URLs, tried in order"},
    {"tags", PST_SETTING_TEXTS, AT(tags), 0, 8, "", "", "free words"},
};

static enum pst_code parse(const char *text, struct settings *into, struct pst_report *why)
{
    return pst_config_parse(text, "test.conf", table, PST_COUNT(table), into, sizeof *into, why);
}

static void what_is_not_written_has_its_preset(void **state)
{
    struct settings got = {.untouched = 7, .note = "old", .tags = {.count = 1}};
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse("name = \"x\";", &got, &why), PST_OK);
    assert_int_equal(why.count, 0);
    assert_int_equal(got.untouched, 7);
    assert_int_equal(got.port, 8470);
    assert_int_equal(got.limit_bytes, 65536);
    assert_false(got.tls);
    assert_string_equal(got.name, "x");
    assert_string_equal(got.note, "");
    assert_int_equal(got.urls.count, 2);
    assert_string_equal(got.urls.at[1], "https://b");
    assert_int_equal(got.tags.count, 0);
}

static void what_is_written_counts(void **state)
{
    struct settings got = {0};
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse("# 99999999999999999999\n"
                           "listen : { port = 0; tls = true }\n"
                           "limits = { body = { bytes = 8589934592; }; }; // 007\n"
                           "/* note = \"no\"; */ name = \"shop # 1 \\\"a\\\"\"\n"
                           "note = \"\xe4\xb8\xad\" \" 012\";\n"
                           "repository = { urls = [\"https://c\"]; };\n"
                           "tags = (\"a\", \"b-2\");\n",
                           &got, &why),
                     PST_OK);
    assert_int_equal(got.port, 0);
    assert_true(got.tls);
    assert_true(got.limit_bytes == INT64_C(8589934592));
    assert_string_equal(got.name, "shop # 1 \"a\"");
    assert_string_equal(got.note, "\xe4\xb8\xad 012");
    assert_int_equal(got.urls.count, 1);
    assert_int_equal(got.tags.count, 2);
    assert_string_equal(got.tags.at[1], "b-2");
}

static void all_faults_are_told_with_file_and_line(void **state)
{
    static const struct {
        enum pst_code code;
        const char *where, *expected, *found;
    } told[] = {
        {PST_CONFIG_VALUE, "test.conf:1", "listen.port: an integer, 0 to 65535", "65536"},
        {PST_CONFIG_UNKNOWN, "test.conf:2", "a setting that --help-config lists", "listen.prot"},
        {PST_CONFIG_VALUE, "test.conf:3", "listen.tls: true or false", "an integer"},
        {PST_CONFIG_VALUE, "test.conf:4", "limits: a group", "an integer"},
        {PST_CONFIG_UNKNOWN, "test.conf:5", "a setting that --help-config lists", "nested"},
        {PST_CONFIG_VALUE, "test.conf:6", "repository.urls: a list of 1 to 3 texts", "0 elements"},
        {PST_CONFIG_VALUE, "test.conf:7", "note: a text of 1 to 500 bytes", "0 bytes"},
        {PST_CONFIG_MISSING, "test.conf", "name: a text of 1 to 16 bytes", "nothing"},
    };
    struct settings got = {.port = 77};
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse("listen = { port = 65536;\n"
                           "  prot = 1;\n"
                           "  tls = 1; };\n"
                           "limits = 5;\n"
                           "nested = { a = { b = 1; }; };\n"
                           "repository = { urls = []; };\n"
                           "note = \"\";\n",
                           &got, &why),
                     PST_CONFIG_VALUE);
    assert_int_equal(why.count, PST_COUNT(told));
    for (size_t i = 0; i < PST_COUNT(told); i++) {
        assert_int_equal(why.finding[i].code, told[i].code);
        assert_string_equal(why.finding[i].where, told[i].where);
        assert_string_equal(why.finding[i].expected, told[i].expected);
        assert_string_equal(why.finding[i].found, told[i].found);
    }
    assert_int_equal(got.port, 77); /* nothing of it is used */
}

static void each_value_that_does_not_fit_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum pst_code code;
    } cases[] = {
        {"name = 1;", PST_CONFIG_VALUE},
        {"name = \"\";", PST_CONFIG_VALUE},
        {"name = \"12345678901234567\";", PST_CONFIG_VALUE},
        {"name = \"a\\tb\";", PST_CONFIG_VALUE},
        {"name = [\"a\"];", PST_CONFIG_VALUE},
        {"name = { x = 1; };", PST_CONFIG_VALUE},
        {"name = \"x\"; tags = \"a\";", PST_CONFIG_VALUE},
        {"name = \"x\"; tags = [1];", PST_CONFIG_VALUE},
        {"name = \"x\"; tags = (\"a\", (\"b\"));", PST_CONFIG_VALUE},
        {"name = \"x\"; tags = [\"\"];", PST_CONFIG_VALUE},
        {"name = \"x\"; tags = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"];",
         PST_CONFIG_VALUE},
        {"name = \"x\"; listen = { port = -1; };", PST_CONFIG_VALUE},
        {"name = \"x\"; listen = { port = \"80\"; };", PST_CONFIG_VALUE},
        {"name = \"x\"; limits = { body = 5; };", PST_CONFIG_VALUE},
        {"name = \"x\"; Name = \"y\";", PST_CONFIG_UNKNOWN},
        {"name = \"x\"; listen = { name = \"y\"; };", PST_CONFIG_UNKNOWN},
        {"name = \"x\"; listen = { port = 1; }; listen = { port = 2; };", PST_CONFIG_SYNTAX},
        {"name = \"x\"; name = \"y\";", PST_CONFIG_SYNTAX},
        {"name = \"x\"; }", PST_CONFIG_SYNTAX},
        {"name = ", PST_CONFIG_SYNTAX},
        {"", PST_CONFIG_MISSING},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct settings got = {.port = 77};
        struct pst_report why = {0};
        enum pst_code code = parse(cases[i].text, &got, &why);
        if (code != cases[i].code)
            fail_msg("%s gave %s: %s", cases[i].text, pst_code_name(code), why.finding[0].found);
        assert_int_equal(got.port, 77);
    }
}

static void a_syntax_error_names_its_line(void **state)
{
    struct settings got;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(parse("name = \"x\";\nlisten = {\n  port = = 5;\n};", &got, &why),
                     PST_CONFIG_SYNTAX);
    assert_string_equal(why.finding[0].where, "test.conf:3");
}

static void a_file_is_read_from_disk(void **state)
{
    static const char text[] = "name = \"from disk\";\nlisten = { port = 99999999999; };\n";
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    char path[300];
    struct settings got = {0};
    struct pst_report why = {0};
    (void)state;
    pst_scratch_path(&scratch, "a.conf", path, sizeof path);
    assert_int_equal(pst_config_read(path, table, PST_COUNT(table), &got, sizeof got, &why),
                     PST_HOST_NOT_FOUND);
    assert_int_equal(pst_file_replace(path, pst_bytes(text, strlen(text)), 0600, &why), PST_OK);
    assert_int_equal(pst_config_read(path, table, PST_COUNT(table), &got, sizeof got, &why),
                     PST_CONFIG_VALUE);
    assert_string_equal(why.finding[1].found, "99999999999");
    assert_int_equal(pst_file_replace(path, pst_bytes(text, 20), 0600, &why), PST_OK);
    assert_int_equal(pst_config_read(path, table, PST_COUNT(table), &got, sizeof got, &why),
                     PST_OK);
    assert_string_equal(got.name, "from disk");
}

static void without_a_file_only_presets_apply(void **state)
{
    struct settings got = {0};
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_config_read(NULL, table, 3, &got, sizeof got, &why), PST_OK);
    assert_int_equal(got.port, 8470);
    assert_int_equal(pst_config_read(NULL, table, 4, &got, sizeof got, &why), PST_CONFIG_MISSING);
}

static void a_preset_is_held_to_its_bounds_and_texts_need_no_quotes(void **state)
{
    static const struct pst_setting good[] = {
        {"text", PST_SETTING_TEXT, AT(name), 1, 99, "/var/lib/postern", "", ""},
        {"quoted", PST_SETTING_TEXT, AT(note), 1, 99, "\"a b\"", "", ""},
        {"one", PST_SETTING_TEXTS, AT(urls), 1, 2, "https://a", "", ""},
    };
    static const struct pst_setting bad[] = {
        {"x", PST_SETTING_INTEGER, AT(port), 0, 9, "10", "", ""}};
    struct settings got = {0};
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_config_read(NULL, good, PST_COUNT(good), &got, sizeof got, &why), PST_OK);
    assert_string_equal(got.name, "/var/lib/postern");
    assert_string_equal(got.note, "a b");
    assert_string_equal(got.urls.at[0], "https://a");
    assert_int_equal(pst_config_read(NULL, bad, PST_COUNT(bad), &got, sizeof got, &why),
                     PST_CONFIG_VALUE);
}

static void the_table_is_its_own_help(void **state)
{
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(4096);
    PST_CLEANUP(pst_buf) struct pst_buf small = pst_buf(40);
    (void)state;
    assert_true(pst_config_help(table, 2, &out));
    assert_true(
        pst_text_is(pst_buf_text(&out),
                    "listen.port\n    TCP port\n    an integer, 0 to 65535; preset: 8470\n\n"
                    "limits.body.bytes\n    largest request\n"
                    "    an integer, 1 to 1099511627776 bytes; preset: 65536\n\n"));
    assert_false(pst_config_help(table, 2, &small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_written_has_its_preset),
        cmocka_unit_test(what_is_written_counts),
        cmocka_unit_test(all_faults_are_told_with_file_and_line),
        cmocka_unit_test(each_value_that_does_not_fit_is_refused),
        cmocka_unit_test(a_syntax_error_names_its_line),
        cmocka_unit_test(a_file_is_read_from_disk),
        cmocka_unit_test(without_a_file_only_presets_apply),
        cmocka_unit_test(a_preset_is_held_to_its_bounds_and_texts_need_no_quotes),
        cmocka_unit_test(the_table_is_its_own_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
