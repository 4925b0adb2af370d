/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/pkcs11/token_uri.h"
#include "tests/support/check.h"

static enum pst_code parse(const char *text, struct pst_token_uri *out, struct pst_report *why)
{
    return pst_token_uri_parse(pst_text(text), out, why);
}

static void every_part_of_a_uri_is_read(void **state)
{
    struct pst_token_uri uri;

    (void)state;
    assert_int_equal(
        parse("pkcs11:token=My%20HSM;manufacturer=A%26B;model=X1;serial=0a0b;slot-id=12;"
              "object=root%3b1;id=%00%ff%41b;type=private"
              "?module-path=/usr/lib/x%20y.so&pin-source=file:/etc/pin",
              &uri, NULL),
        PST_OK);
    assert_string_equal(uri.token, "My HSM");
    assert_string_equal(uri.manufacturer, "A&B");
    assert_string_equal(uri.model, "X1");
    assert_string_equal(uri.serial, "0a0b");
    assert_true(uri.has_slot);
    assert_int_equal(uri.slot, 12);
    assert_string_equal(uri.object, "root;1");
    assert_int_equal(uri.id_len, 4);
    assert_memory_equal(uri.id, "\0\xff\x41\x62", 4);
    assert_string_equal(uri.module_path, "/usr/lib/x y.so");
    assert_string_equal(uri.pin_source, "/etc/pin");
}

static void what_is_left_out_fits_anything(void **state)
{
    struct pst_token_uri uri;

    (void)state;
    assert_int_equal(parse("pkcs11:", &uri, NULL), PST_OK);
    assert_string_equal(uri.token, "");
    assert_string_equal(uri.object, "");
    assert_int_equal(uri.id_len, 0);
    assert_false(uri.has_slot);
}

static void each_fault_has_its_reason(void **state)
{
    static const struct {
        const char *name, *text;
        enum pst_code code;
        const char *said; /* in where, expected or found */
    } cases[] = {
        {"nothing", "", PST_BAD_SYNTAX, "pkcs11:token="},
        {"another scheme", "file:/x", PST_BAD_SYNTAX, "file:/x"},
        {"a capital scheme", "PKCS11:token=a", PST_BAD_SYNTAX, "PKCS11"},
        {"a word without a value", "pkcs11:token", PST_BAD_SYNTAX, "without '='"},
        {"an empty value", "pkcs11:token=", PST_BAD_SYNTAX, "nothing behind"},
        {"an empty word", "pkcs11:token=a;;object=b", PST_BAD_SYNTAX, "without '='"},
        {"a separator at the end", "pkcs11:token=a;", PST_BAD_SYNTAX, "nothing"},
        {"a separator at the end of the query", "pkcs11:token=a?pin-source=/a&", PST_BAD_SYNTAX,
         "nothing"},
        {"twice the same", "pkcs11:object=a;object=b", PST_DUPLICATE_FIELD, "object once"},
        {"twice in the query", "pkcs11:?pin-source=/a&pin-source=/b", PST_DUPLICATE_FIELD,
         "pin-source"},
        {"twice the type", "pkcs11:type=private;type=private", PST_DUPLICATE_FIELD, "type"},
        {"an unknown word", "pkcs11:tokn=a", PST_UNKNOWN_FIELD, "'tokn'"},
        {"a word in capitals", "pkcs11:Token=a", PST_UNKNOWN_FIELD, "'Token'"},
        {"a vendor's word", "pkcs11:x-yubi=a", PST_UNKNOWN_FIELD, "'x-yubi'"},
        {"a library's version", "pkcs11:library-version=3", PST_UNKNOWN_FIELD, "--module"},
        {"a slot by its maker", "pkcs11:slot-manufacturer=a", PST_UNKNOWN_FIELD, "slot-id"},
        {"a module by name", "pkcs11:?module-name=softhsm2", PST_UNKNOWN_FIELD, "module-path"},
        {"a PIN", "pkcs11:token=a?pin-value=1234", PST_UNKNOWN_FIELD, "shell histories"},
        {"a PIN in the path", "pkcs11:pin-value=1234", PST_UNKNOWN_FIELD, "shell histories"},
        {"a command for the PIN", "pkcs11:?pin-source=|cat%20/etc/shadow", PST_BAD_SYNTAX,
         "absolute path"},
        {"a PIN for its source", "pkcs11:?pin-source=1234", PST_BAD_SYNTAX, "something else"},
        {"a PIN source that is relative", "pkcs11:?pin-source=file:pin", PST_BAD_SYNTAX,
         "absolute"},
        {"a module that is relative", "pkcs11:?module-path=evil.so", PST_BAD_SYNTAX, "evil.so"},
        {"a query word in the path", "pkcs11:module-path=/a", PST_BAD_SYNTAX, "behind '?'"},
        {"a path word in the query", "pkcs11:?token=a", PST_BAD_SYNTAX, "before '?'"},
        {"a public key", "pkcs11:type=public", PST_BAD_SYNTAX, "private"},
        {"a half escape", "pkcs11:token=a%4", PST_BAD_ENCODING, "%4"},
        {"an escape that is none", "pkcs11:token=%zz", PST_BAD_ENCODING, "%zz"},
        {"a lone percent sign", "pkcs11:token=%", PST_BAD_ENCODING, "%"},
        {"a space", "pkcs11:token=My HSM", PST_BAD_ENCODING, "%20"},
        {"a slash in the path", "pkcs11:token=a/b", PST_BAD_ENCODING, "%2F"},
        {"an escaped NUL in a text", "pkcs11:token=a%00b", PST_BAD_ENCODING, "UTF-8"},
        {"a line feed in a text", "pkcs11:object=a%0ab", PST_BAD_ENCODING, "UTF-8"},
        {"broken UTF-8", "pkcs11:object=%c3", PST_BAD_ENCODING, "UTF-8"},
        {"a token name of 33 bytes", "pkcs11:token=123456789012345678901234567890123",
         PST_OUT_OF_BOUNDS, "33 bytes"},
        {"a serial of 17 bytes", "pkcs11:serial=12345678901234567", PST_OUT_OF_BOUNDS,
         "at most 16"},
        {"a slot that is no number", "pkcs11:slot-id=0x1", PST_BAD_SYNTAX, "0x1"},
        {"a slot with a sign", "pkcs11:slot-id=-1", PST_BAD_SYNTAX, "-1"},
        {"a slot too large", "pkcs11:slot-id=4294967296", PST_BAD_SYNTAX, "4294967296"},
    };

    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_token_uri uri = {.slot = 99};
        struct pst_report why = {0};
        enum pst_code got = parse(cases[i].text, &uri, &why);
        if (got != cases[i].code || why.count != 1)
            fail_msg("%s: %s with %zu findings", cases[i].name, pst_code_name(got), why.count);
        const struct pst_finding *finding = &why.finding[0];
        if (strstr(finding->expected, cases[i].said) == NULL &&
            strstr(finding->found, cases[i].said) == NULL)
            fail_msg("%s: expected %s, found %s", cases[i].name, finding->expected, finding->found);
        assert_int_equal(uri.slot, 99); /* a refusal leaves the result alone */
    }
}

static void a_pin_in_the_uri_is_never_told(void **state)
{
    static const char *const texts[] = {"pkcs11:?pin-value=secret", "pkcs11:pin-value=secret",
                                        "pkcs11:?pin-source=secret", "pkcs11:?secret",
                                        "pkcs11:?pin-vaule=secret"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        struct pst_token_uri uri;
        struct pst_report why = {0};
        assert_int_not_equal(parse(texts[i], &uri, &why), PST_OK);
        assert_null(strstr(why.finding[0].found, "secret"));
        assert_null(strstr(why.finding[0].expected, "secret"));
        assert_null(strstr(why.finding[0].where, "secret"));
    }
}

static void all_that_is_wrong_is_told(void **state)
{
    struct pst_token_uri uri;
    struct pst_report why = {0};

    (void)state;
    assert_int_not_equal(
        parse("pkcs11:tokn=a;object=b;object=c;id=%;slot-id=x?pin-value=1&module-path=x", &uri,
              &why),
        PST_OK);
    assert_true(pst_report_has(&why, PST_UNKNOWN_FIELD));
    assert_true(pst_report_has(&why, PST_DUPLICATE_FIELD));
    assert_true(pst_report_has(&why, PST_BAD_ENCODING));
    assert_true(pst_report_has(&why, PST_BAD_SYNTAX));
    assert_int_equal(why.count, 5);
}

static void what_is_printed_reads_back_without_what_belongs_to_one_machine(void **state)
{
    static const char *const texts[] = {
        "pkcs11:token=a;object=b;type=private",
        "pkcs11:token=%c3%a9%25%3b;object=a%20b;id=%00%01%ff;serial=00;slot-id=3;model=m",
        "pkcs11:manufacturer=o",
        "pkcs11:",
        "pkcs11:object=a?module-path=/m.so&pin-source=/p",
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(texts); i++) {
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_TOKEN_URI_MOST);
        struct pst_token_uri before, after;
        assert_int_equal(parse(texts[i], &before, NULL), PST_OK);
        assert_int_equal(pst_token_uri_print(&before, &text, NULL), PST_OK);
        assert_int_equal(pst_token_uri_parse(pst_buf_text(&text), &after, NULL), PST_OK);
        before.module_path[0] = before.pin_source[0] = '\0';
        assert_string_equal(after.token, before.token);
        assert_string_equal(after.object, before.object);
        assert_string_equal(after.serial, before.serial);
        assert_string_equal(after.model, before.model);
        assert_string_equal(after.manufacturer, before.manufacturer);
        assert_string_equal(after.module_path, "");
        assert_string_equal(after.pin_source, "");
        assert_int_equal(after.slot, before.slot);
        assert_int_equal(after.has_slot, before.has_slot);
        assert_int_equal(after.id_len, before.id_len);
        assert_memory_equal(after.id, before.id, before.id_len);
    }
}

/* A view is no string: what stands behind it is not read. */
static void nothing_behind_the_text_is_read(void **state)
{
    const char text[] = "pkcs11:object=abcdef";
    struct pst_token_uri uri;

    (void)state;
    assert_int_equal(pst_token_uri_parse((struct pst_text){text, 15}, &uri, NULL), PST_OK);
    assert_string_equal(uri.object, "a");
    for (size_t len = 0; len < sizeof text; len++) {
        char *exact = test_malloc(len + 1);
        memcpy(exact, text, len);
        (void)!pst_token_uri_parse((struct pst_text){exact, len}, &uri, NULL);
        test_free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_of_a_uri_is_read),
        cmocka_unit_test(what_is_left_out_fits_anything),
        cmocka_unit_test(each_fault_has_its_reason),
        cmocka_unit_test(a_pin_in_the_uri_is_never_told),
        cmocka_unit_test(all_that_is_wrong_is_told),
        cmocka_unit_test(what_is_printed_reads_back_without_what_belongs_to_one_machine),
        cmocka_unit_test(nothing_behind_the_text_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
