/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "keys/digest.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

struct vector {
    const char *name, *text;
    size_t times;
    enum pst_digest_algorithm algorithm;
    const char *hex;
};

/* FIPS 180-4's examples. */
static const struct vector vectors[] = {
    {"sha256 of nothing", "", 1, PST_SHA256,
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"sha256 of abc", "abc", 1, PST_SHA256,
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha256 of a million times a", "aaaaaaaaaa", 100000, PST_SHA256,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"sha512 of abc", "abc", 1, PST_SHA512,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void a_stream_gives_the_published_digests(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(vectors); i++) {
        const struct vector *vector = &vectors[i];
        size_t len = vector->algorithm == PST_SHA256 ? PST_SHA256_BYTES : PST_SHA512_BYTES;
        PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
        uint8_t out[PST_SHA512_BYTES];
        char hex[2 * PST_SHA512_BYTES + 1];

        assert_int_equal(pst_digest_begin(&digest, vector->algorithm, NULL), PST_OK);
        for (size_t j = 0; j < vector->times; j++)
            assert_int_equal(pst_digest_add(&digest, pst_bytes_of(pst_text(vector->text)), NULL),
                             PST_OK);
        assert_int_equal(pst_digest_end(&digest, out, NULL), PST_OK);
        assert_null(digest.state);
        pst_hex_print(pst_bytes(out, len), hex);
        if (strcmp(hex, vector->hex) != 0)
            fail_msg("%s gave %s", vector->name, hex);
    }
}

static void one_call_gives_the_same_as_a_stream(void **state)
{
    uint8_t out[PST_SHA256_BYTES];
    char hex[2 * PST_SHA256_BYTES + 1];

    (void)state;
    assert_int_equal(pst_sha256(pst_bytes("abc", 3), out, NULL), PST_OK);
    pst_hex_print(pst_bytes(out, sizeof out), hex);
    assert_string_equal(hex, vectors[1].hex);
    assert_int_equal(pst_sha256(pst_bytes(NULL, 0), out, NULL), PST_OK);
    pst_hex_print(pst_bytes(out, sizeof out), hex);
    assert_string_equal(hex, vectors[0].hex);
}

static void a_file_is_digested_from_its_beginning_and_no_further_than_asked(void **state)
{
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    struct pst_report why = {0};
    uint8_t out[PST_SHA256_BYTES];
    char path[512], hex[2 * PST_SHA256_BYTES + 1];

    (void)state;
    pst_scratch_path(&scratch, "file", path, sizeof path);
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, "abcdef", 6), 6);
    assert_int_equal(pst_sha256_fd(fd, 3, out, &why), PST_OK);
    pst_hex_print(pst_bytes(out, sizeof out), hex);
    assert_string_equal(hex, vectors[1].hex);

    memset(out, 7, sizeof out);
    assert_int_equal(pst_sha256_fd(fd, 7, out, &why), PST_HOST_IO);
    assert_int_equal(why.count, 1);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], 7);
}

static void a_file_longer_than_one_piece_is_read_to_its_end(void **state)
{
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    static uint8_t content[65536 + 3];
    uint8_t of_file[PST_SHA256_BYTES], of_bytes[PST_SHA256_BYTES];
    char path[512];

    (void)state;
    memset(content, 'a', sizeof content);
    content[sizeof content - 1] = 'b';
    pst_scratch_path(&scratch, "file", path, sizeof path);
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, content, sizeof content), sizeof content);
    assert_int_equal(pst_sha256_fd(fd, sizeof content, of_file, NULL), PST_OK);
    assert_int_equal(pst_sha256(pst_bytes(content, sizeof content), of_bytes, NULL), PST_OK);
    assert_memory_equal(of_file, of_bytes, sizeof of_file);
}

static void peeking_tells_the_digest_so_far_and_the_stream_goes_on(void **state)
{
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    uint8_t out[PST_SHA256_BYTES];
    char hex[2 * PST_SHA256_BYTES + 1];

    (void)state;
    assert_int_equal(pst_digest_begin(&digest, PST_SHA256, NULL), PST_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pst_digest_peek(&digest, out, NULL), PST_OK);
        pst_hex_print(pst_bytes(out, sizeof out), hex);
        assert_string_equal(hex, vectors[i].hex); /* of nothing, then of abc */
        assert_int_equal(pst_digest_add(&digest, pst_bytes("abc", i == 0 ? 3 : 0), NULL), PST_OK);
    }
    assert_int_equal(pst_digest_end(&digest, out, NULL), PST_OK);
    pst_hex_print(pst_bytes(out, sizeof out), hex);
    assert_string_equal(hex, vectors[1].hex);
}

/* Lengths that the library's `int` could not tell; nothing is read or written. */
static void lengths_beyond_the_librarys_are_refused(void **state)
{
    const struct pst_bytes endless = pst_bytes("", (size_t)INT_MAX + 1);
    uint8_t out[PST_SHA256_BYTES] = {7};
    struct pst_report why = {0};

    (void)state;
    assert_int_equal(pst_hmac_sha256(endless, pst_bytes("", 0), out, &why), PST_TOO_LARGE);
    assert_int_equal(pst_random(out, endless.len, &why), PST_HOST_CRYPTO);
    assert_int_equal(why.count, 2);
    assert_int_equal(out[0], 7);
}

/* RFC 4231, test cases 2 and 6 (a key longer than a block). */
static void hmac_gives_the_published_values(void **state)
{
    static const struct {
        size_t key_len;
        const char *key, *message, *hex;
    } cases[] = {
        {4, "Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {131, NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {0, "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    uint8_t many[131], out[PST_SHA256_BYTES];
    char hex[2 * PST_SHA256_BYTES + 1];

    (void)state;
    memset(many, 0xaa, sizeof many);
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_bytes key = cases[i].key != NULL ? pst_bytes(cases[i].key, cases[i].key_len)
                                                    : pst_bytes(many, sizeof many);
        assert_int_equal(pst_hmac_sha256(key, pst_bytes_of(pst_text(cases[i].message)), out, NULL),
                         PST_OK);
        pst_hex_print(pst_bytes(out, sizeof out), hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void random_bytes_differ_from_call_to_call(void **state)
{
    uint8_t a[32] = {0}, b[32] = {0};

    (void)state;
    assert_int_equal(pst_random(a, sizeof a, NULL), PST_OK);
    assert_int_equal(pst_random(b, sizeof b, NULL), PST_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

static void comparing_sees_a_difference_in_each_byte(void **state)
{
    uint8_t a[32] = {0}, b[32] = {0};

    (void)state;
    assert_true(pst_equal_in_constant_time(a, b, sizeof a));
    assert_true(pst_equal_in_constant_time(NULL, NULL, 0));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] = 1;
        assert_false(pst_equal_in_constant_time(a, b, sizeof a));
        b[i] = 0;
    }
}

static void a_cleared_secret_holds_nothing_of_it(void **state)
{
    struct pst_secret secret = {.len = 6, .at = "secret"};
    static const struct pst_secret empty;

    (void)state;
    pst_secret_clear(&secret);
    assert_memory_equal(&secret, &empty, sizeof secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_gives_the_published_digests),
        cmocka_unit_test(one_call_gives_the_same_as_a_stream),
        cmocka_unit_test(a_file_is_digested_from_its_beginning_and_no_further_than_asked),
        cmocka_unit_test(a_file_longer_than_one_piece_is_read_to_its_end),
        cmocka_unit_test(peeking_tells_the_digest_so_far_and_the_stream_goes_on),
        cmocka_unit_test(lengths_beyond_the_librarys_are_refused),
        cmocka_unit_test(hmac_gives_the_published_values),
        cmocka_unit_test(random_bytes_differ_from_call_to_call),
        cmocka_unit_test(comparing_sees_a_difference_in_each_byte),
        cmocka_unit_test(a_cleared_secret_holds_nothing_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
