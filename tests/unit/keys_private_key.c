/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/private_key.h"
#include "manifests/file.h"
#include "manifests/json.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

enum { SCHEMES = 4 };

/* One key of each scheme for all tests: RSA keys take their time. */
struct keys {
    struct pst_private_key *key[SCHEMES];
};

static int make_keys(void **state)
{
    struct keys *keys = calloc(1, sizeof *keys);
    for (size_t i = 0; keys != NULL && i < SCHEMES; i++)
        if (pst_private_key_generate(pst_schemes()[i], &keys->key[i], NULL) != PST_OK)
            return -1;
    *state = keys;
    return keys != NULL ? 0 : -1;
}

static int free_keys(void **state)
{
    struct keys *keys = *state;
    for (size_t i = 0; i < SCHEMES; i++)
        pst_private_key_free(keys->key[i]);
    free(keys);
    return 0;
}

static struct pst_secret secret(const char *text)
{
    struct pst_secret secret = {.len = strlen(text)};
    memcpy(secret.at, text, secret.len);
    return secret;
}

static struct pst_public_key *public_of(const struct pst_private_key *key)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(65536);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_public_key *public = NULL;
    char keyid[65];

    assert_int_equal(pst_private_key_describe(key, INT64_MIN, INT64_MAX, &object, keyid, NULL),
                     PST_OK);
    assert_int_equal(pst_json_parse(pst_buf_bytes(&object), &pst_json_small, &json, NULL), PST_OK);
    struct pst_text part =
        pst_json_text(pst_json_member(pst_json_member(json, "keyval"), "public"));
    assert_int_equal(pst_public_key_load(pst_json_text(pst_json_member(json, "keytype")),
                                         pst_json_text(pst_json_member(json, "scheme")), part,
                                         &public, NULL),
                     PST_OK);
    return public;
}

static void what_each_scheme_signs_verifies_with_its_public_key_only(void **state)
{
    const struct keys *keys = *state;
    const struct pst_bytes message = pst_bytes("message", 7);

    for (size_t i = 0; i < SCHEMES; i++) {
        PST_CLEANUP(pst_public_key) struct pst_public_key *public = public_of(keys->key[i]);
        PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(4096);
        assert_string_equal(pst_private_key_scheme(keys->key[i]), pst_schemes()[i]);
        assert_int_equal(pst_private_key_sign(keys->key[i], message, &hex, NULL), PST_OK);
        assert_true(pst_public_key_verifies(public, message, pst_buf_text(&hex)));
        assert_false(pst_public_key_verifies(public, pst_bytes("message", 6), pst_buf_text(&hex)));
        for (size_t j = 0; j < SCHEMES; j++) {
            PST_CLEANUP(pst_public_key) struct pst_public_key *other = public_of(keys->key[j]);
            assert_int_equal(pst_public_key_verifies(other, message, pst_buf_text(&hex)), i == j);
        }
        for (size_t j = 0; j < hex.len; j++) /* lower case */
            assert_non_null(memchr("0123456789abcdef", hex.at[j], 16));
    }
}

static void an_empty_message_can_be_signed(void **state)
{
    const struct keys *keys = *state;
    for (size_t i = 0; i < SCHEMES; i++) {
        PST_CLEANUP(pst_public_key) struct pst_public_key *public = public_of(keys->key[i]);
        PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(4096);
        assert_int_equal(pst_private_key_sign(keys->key[i], pst_bytes(NULL, 0), &hex, NULL),
                         PST_OK);
        assert_true(pst_public_key_verifies(public, pst_bytes(NULL, 0), pst_buf_text(&hex)));
    }
}

static void an_unknown_scheme_makes_no_key(void **state)
{
    struct pst_private_key *key = NULL;
    struct pst_report why = {0};
    (void)state;
    assert_int_equal(pst_private_key_generate("dsa", &key, &why), PST_ALGORITHM_UNKNOWN);
    assert_null(key);
    assert_string_equal(why.finding[0].found, "dsa");
}

static void rsa_keys_have_3072_bits(void **state)
{
    const struct keys *keys = *state;
    PST_CLEANUP(pst_public_key) struct pst_public_key *public = public_of(keys->key[2]);
    assert_int_equal(pst_public_key_bits(public), 3072);
}

static bool same_key(const struct pst_private_key *a, const struct pst_private_key *b)
{
    PST_CLEANUP(pst_public_key) struct pst_public_key *first = public_of(a);
    PST_CLEANUP(pst_public_key) struct pst_public_key *second = public_of(b);
    return memcmp(pst_public_key_fingerprint(first), pst_public_key_fingerprint(second),
                  PST_SHA256_BYTES) == 0;
}

static void a_key_comes_back_from_its_file_plain_or_sealed(void **state)
{
    const struct keys *keys = *state;
    const struct pst_secret passphrase = secret("correct horse");
    for (size_t i = 0; i < 2 * SCHEMES; i++) {
        PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
        PST_CLEANUP(pst_private_key) struct pst_private_key *back = NULL;
        const struct pst_secret *with = i < SCHEMES ? NULL : &passphrase;
        char path[512];
        struct stat facts;

        pst_scratch_path(&scratch, "key.pem", path, sizeof path);
        assert_int_equal(pst_private_key_write(keys->key[i % SCHEMES], path, with, NULL), PST_OK);
        assert_int_equal(stat(path, &facts), 0);
        assert_int_equal(facts.st_mode & 07777, 0600);
        assert_int_equal(pst_private_key_read(path, with, &back, NULL), PST_OK);
        assert_true(same_key(keys->key[i % SCHEMES], back));
    }
}

static void a_sealed_key_opens_with_its_passphrase_only(void **state)
{
    const struct keys *keys = *state;
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    PST_CLEANUP(pst_buf) struct pst_buf pem = pst_buf(65536);
    const struct pst_secret right = secret("right"), wrong = secret("wrong"), empty = secret("");
    const struct pst_secret *const bad[] = {&wrong, &empty, NULL};
    struct pst_private_key *key = NULL;
    char path[512];

    pst_scratch_path(&scratch, "key.pem", path, sizeof path);
    assert_int_equal(pst_private_key_write(keys->key[0], path, &right, NULL), PST_OK);
    for (size_t i = 0; i < PST_COUNT(bad); i++) {
        struct pst_report why = {0};
        assert_int_equal(pst_private_key_read(path, bad[i], &key, &why), PST_KEY_LOCKED);
        assert_null(key);
        assert_int_equal(why.count, 1);
        assert_string_equal(why.finding[0].where, path);
    }
    assert_int_equal(pst_file_read(path, &pem, NULL), PST_OK);
    assert_true(pst_buf_add(&pem, "", 1));
    assert_non_null(strstr((const char *)pem.at, "BEGIN ENCRYPTED PRIVATE KEY"));
}

static void an_empty_passphrase_seals_nothing(void **state)
{
    const struct keys *keys = *state;
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    const struct pst_secret empty = secret("");
    char path[512];

    pst_scratch_path(&scratch, "key.pem", path, sizeof path);
    assert_int_equal(pst_private_key_write(keys->key[0], path, &empty, NULL), PST_KEY_LOCKED);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_key_file_is_never_overwritten(void **state)
{
    const struct keys *keys = *state;
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    PST_CLEANUP(pst_private_key) struct pst_private_key *back = NULL;
    char path[512];

    pst_scratch_path(&scratch, "key.pem", path, sizeof path);
    assert_int_equal(pst_private_key_write(keys->key[0], path, NULL, NULL), PST_OK);
    assert_int_equal(pst_private_key_write(keys->key[1], path, NULL, NULL), PST_HOST_EXISTS);
    assert_int_equal(pst_private_key_read(path, NULL, &back, NULL), PST_OK);
    assert_true(same_key(keys->key[0], back));
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
    static const mode_t open_modes[] = {0640, 0604, 0660, 0601, 0644, 0777, 0620};
    const struct keys *keys = *state;
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    struct pst_private_key *key = NULL;
    char path[512];

    pst_scratch_path(&scratch, "key.pem", path, sizeof path);
    assert_int_equal(pst_private_key_write(keys->key[0], path, NULL, NULL), PST_OK);
    for (size_t i = 0; i < PST_COUNT(open_modes); i++) {
        struct pst_report why = {0};
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_int_equal(pst_private_key_read(path, NULL, &key, &why), PST_HOST_PERMISSION);
        assert_null(key);
        assert_int_equal(why.count, 1);
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(pst_private_key_read(path, NULL, &key, NULL), PST_OK);
    pst_private_key_free(key);
}

static void a_key_file_of_somebody_else_is_refused(void **state)
{
    const struct keys *keys = *state;
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    struct pst_private_key *key = NULL;
    char path[512];

    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    pst_scratch_path(&scratch, "key.pem", path, sizeof path);
    assert_int_equal(pst_private_key_write(keys->key[0], path, NULL, NULL), PST_OK);
    assert_int_equal(chown(path, 1, 1), 0);
    assert_int_equal(pst_private_key_read(path, NULL, &key, NULL), PST_HOST_PERMISSION);
    assert_null(key);
}

static void what_is_no_pkcs8_key_is_refused(void **state)
{
    static const struct {
        const char *name, *content;
    } cases[] = {
        {"nothing", ""},
        {"text", "hello\n"},
        {"the older form", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"},
        {"a public key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"},
        {"nonsense inside", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
        {"nonsense sealed",
         "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"},
        {"the older encryption", "-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
                                 "DES-CBC,00\n\nAAAA\n-----END PRIVATE KEY-----\n"},
    };
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    const struct pst_secret passphrase = secret("x");
    char path[512];

    (void)state;
    pst_scratch_path(&scratch, "key.pem", path, sizeof path);
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_private_key *key = NULL;
        struct pst_report why = {0};
        assert_int_equal(
            pst_file_replace(path, pst_bytes_of(pst_text(cases[i].content)), 0600, NULL), PST_OK);
        enum pst_code got = pst_private_key_read(path, &passphrase, &key, &why);
        if (got != PST_KEY_MALFORMED || why.count != 1)
            fail_msg("%s gave %s", cases[i].name, pst_code_name(got));
        assert_null(key);
    }
    assert_int_equal(unlink(path), 0);
    struct pst_private_key *key = NULL;
    assert_int_equal(pst_private_key_read(path, NULL, &key, NULL), PST_HOST_NOT_FOUND);
    assert_int_equal(pst_private_key_read(scratch.path, NULL, &key, NULL), PST_KEY_MALFORMED);
}

static void no_truncation_of_a_key_file_is_read(void **state)
{
    const struct keys *keys = *state;
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    PST_CLEANUP(pst_buf) struct pst_buf pem = pst_buf(65536);
    char path[512];

    pst_scratch_path(&scratch, "key.pem", path, sizeof path);
    assert_int_equal(pst_private_key_write(keys->key[0], path, NULL, NULL), PST_OK);
    assert_int_equal(pst_file_read(path, &pem, NULL), PST_OK);
    for (size_t len = pem.len - 1; len-- > 0;) { /* without the last line feed it is whole */
        struct pst_private_key *key = NULL;
        assert_int_equal(truncate(path, (off_t)len), 0);
        if (pst_private_key_read(path, NULL, &key, NULL) == PST_OK)
            fail_msg("%zu bytes of %zu were enough", len, pem.len);
    }
}

static void a_description_is_json_and_its_keyid_covers_the_window(void **state)
{
    const struct keys *keys = *state;
    PST_CLEANUP(pst_buf) struct pst_buf plain = pst_buf(65536);
    PST_CLEANUP(pst_buf) struct pst_buf bounded = pst_buf(65536);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    char plain_id[65], bounded_id[65], again[65];

    assert_int_equal(
        pst_private_key_describe(keys->key[0], INT64_MIN, INT64_MAX, &plain, plain_id, NULL),
        PST_OK);
    assert_int_equal(
        pst_private_key_describe(keys->key[0], 1767225600, 1798761600, &bounded, bounded_id, NULL),
        PST_OK);
    assert_string_not_equal(plain_id, bounded_id);
    assert_true(pst_text_starts(pst_buf_text(&plain),
                                "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\""));
    assert_int_equal(pst_json_parse(pst_buf_bytes(&bounded), &pst_json_small, &json, NULL), PST_OK);
    assert_true(pst_text_is(pst_json_text(pst_json_member(json, "x-postern-not-before")),
                            "2026-01-01T00:00:00Z"));
    assert_true(pst_text_is(pst_json_text(pst_json_member(json, "x-postern-not-after")),
                            "2027-01-01T00:00:00Z"));
    assert_int_equal(pst_keyid_of(json, again, NULL), PST_OK);
    assert_string_equal(again, bounded_id);
}

static void a_key_that_ends_before_it_begins_is_not_described(void **state)
{
    const struct keys *keys = *state;
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(65536);
    char keyid[65] = "untouched";

    assert_int_equal(pst_private_key_describe(keys->key[0], 20, 10, &object, keyid, NULL),
                     PST_EMPTY_RANGE);
    assert_int_equal(object.len, 0);
    assert_string_equal(keyid, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_each_scheme_signs_verifies_with_its_public_key_only),
        cmocka_unit_test(an_empty_message_can_be_signed),
        cmocka_unit_test(an_unknown_scheme_makes_no_key),
        cmocka_unit_test(rsa_keys_have_3072_bits),
        cmocka_unit_test(a_key_comes_back_from_its_file_plain_or_sealed),
        cmocka_unit_test(a_sealed_key_opens_with_its_passphrase_only),
        cmocka_unit_test(an_empty_passphrase_seals_nothing),
        cmocka_unit_test(a_key_file_is_never_overwritten),
        cmocka_unit_test(a_key_file_that_others_may_read_is_refused),
        cmocka_unit_test(a_key_file_of_somebody_else_is_refused),
        cmocka_unit_test(what_is_no_pkcs8_key_is_refused),
        cmocka_unit_test(no_truncation_of_a_key_file_is_read),
        cmocka_unit_test(a_description_is_json_and_its_keyid_covers_the_window),
        cmocka_unit_test(a_key_that_ends_before_it_begins_is_not_described),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
