/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pkcs11/encoding.h"
#include "keys/private_key_internal.h"
#include "manifests/json.h"
#include "tests/support/check.h"

enum { DER_MOST = 1024, RSA_BYTES = 384 };

/* The public half of a new key as metadata has it: keyid, and bytes. */
struct made {
    struct pst_private_key *key;
    char keyid[65];
    size_t len;
    uint8_t public[DER_MOST]; /* DER of a PEM text, or raw bytes */
};

static void made_cleanup(struct made *made)
{
    pst_private_key_free(made->key);
}

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static size_t decode_pem(struct pst_text pem, uint8_t *out)
{
    size_t len = 0;
    unsigned bits = 0, count = 0;
    struct pst_text head;

    assert_true(pst_take_until(&pem, '\n', &head));
    for (size_t i = 0; i < pem.len && pem.at[i] != '-' && pem.at[i] != '='; i++) {
        int digit = digit_of(pem.at[i]);
        if (digit < 0)
            continue;
        bits = (bits << 6 | (unsigned)digit) & 0xffffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            assert_true(len < DER_MOST);
            out[len++] = (uint8_t)(bits >> count);
        }
    }
    return len;
}

static void describe(const struct pst_private_key *key, struct made *out)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(65536);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;

    assert_int_equal(pst_private_key_describe(key, INT64_MIN, INT64_MAX, &object, out->keyid, NULL),
                     PST_OK);
    assert_int_equal(pst_json_parse(pst_buf_bytes(&object), &pst_json_small, &json, NULL), PST_OK);
    struct pst_text part =
        pst_json_text(pst_json_member(pst_json_member(json, "keyval"), "public"));
    if (part.len == 64) {
        assert_true(pst_hex_parse(part, out->public, 32));
        out->len = 32;
    } else {
        out->len = decode_pem(part, out->public);
    }
}

static struct made make(const char *scheme)
{
    struct made made = {0};
    assert_int_equal(pst_private_key_generate(scheme, &made.key, NULL), PST_OK);
    describe(made.key, &made);
    return made;
}

static enum pst_code refuse_to_sign(void *context, struct pst_bytes message, uint8_t *out,
                                    size_t *len, struct pst_report *why)
{
    (void)context;
    (void)message;
    (void)out;
    (void)len;
    return pst_refuse(why, PST_TOKEN_FAILED, pst_say("a token"), pst_say("none"));
}

/* The keyid of a public key that a token gave. */
static void hold(EVP_PKEY *public, char keyid[65])
{
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;
    struct made held = {0};
    const struct pst_key_holder holder = {.sign = refuse_to_sign};

    assert_int_equal(pst_private_key_hold(public, holder, &key, NULL), PST_OK);
    describe(key, &held);
    memcpy(keyid, held.keyid, 65);
}

static struct pst_bytes wrap(struct pst_bytes point, uint8_t out[DER_MOST])
{
    out[0] = 0x04;
    out[1] = (uint8_t)point.len;
    memcpy(out + 2, point.at, point.len);
    return pst_bytes(out, point.len + 2);
}

static void an_edwards_point_is_read_in_every_form_of_the_curve_wrapped_or_bare(void **state)
{
    PST_CLEANUP(made) struct made made = make("ed25519");
    const struct pst_bytes bare = pst_bytes(made.public, 32);
    uint8_t room[DER_MOST];

    (void)state;
    size_t forms = 0;
    for (; pst_ed25519_params(forms).len > 0; forms++) {
        const struct pst_bytes points[] = {bare, wrap(bare, room)};
        for (size_t i = 0; i < PST_COUNT(points); i++) {
            EVP_PKEY *key = NULL;
            char keyid[65];
            assert_int_equal(pst_ed25519_public(pst_ed25519_params(forms), points[i], &key, NULL),
                             PST_OK);
            hold(key, keyid);
            assert_string_equal(keyid, made.keyid);
        }
    }
    assert_int_equal(forms, 3);
}

static void a_p256_point_is_read_wrapped_or_bare(void **state)
{
    PST_CLEANUP(made) struct made made = make("ecdsa-sha2-nistp256");
    const struct pst_bytes bare = pst_bytes(made.public + made.len - 65, 65);
    uint8_t room[DER_MOST];
    const struct pst_bytes points[] = {bare, wrap(bare, room)};

    (void)state;
    for (size_t i = 0; i < PST_COUNT(points); i++) {
        EVP_PKEY *key = NULL;
        char keyid[65];
        assert_int_equal(pst_p256_public(pst_p256_params(0), points[i], &key, NULL), PST_OK);
        hold(key, keyid);
        assert_string_equal(keyid, made.keyid);
    }
}

static void an_rsa_modulus_is_read_with_and_without_a_leading_zero(void **state)
{
    PST_CLEANUP(made) struct made made = make("rsassa-pss-sha256");
    static const uint8_t exponent[] = {1, 0, 1};
    const uint8_t *modulus = made.public + made.len - 5 - RSA_BYTES;

    (void)state;
    for (size_t zeros = 0; zeros < 2; zeros++) {
        EVP_PKEY *key = NULL;
        char keyid[65];
        assert_int_equal(pst_rsa_public(pst_bytes(modulus - zeros, RSA_BYTES + zeros),
                                        pst_bytes(exponent, sizeof exponent), &key, NULL),
                         PST_OK);
        hold(key, keyid);
        assert_string_equal(keyid, made.keyid);
    }
}

static void what_is_no_key_of_the_curve_is_refused(void **state)
{
    PST_CLEANUP(made) struct made made = make("ecdsa-sha2-nistp256");
    static const uint8_t p384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
    static const uint8_t sm2[] = {0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d};
    uint8_t point[67], beside[65], compressed[33], odd[65];
    const uint8_t *good = made.public + made.len - 65;
    const struct pst_bytes curve = pst_p256_params(0);

    memcpy(point, "\x04\x42", 2); /* an OCTET STRING with a length of its own */
    memcpy(point + 2, good, 65);
    memcpy(beside, good, 65);
    beside[64] ^= 1;
    memcpy(odd, good, 65);
    odd[0] = 0x06; /* the hybrid form */
    compressed[0] = 0x02;
    memcpy(compressed + 1, good + 1, 32);
    const struct {
        const char *name;
        struct pst_bytes params, point;
        enum pst_code code;
    } cases[] = {
        {"no curve", {NULL, 0}, {good, 65}, PST_ALGORITHM_UNKNOWN},
        {"P-384", {p384, sizeof p384}, {good, 65}, PST_ALGORITHM_UNKNOWN},
        {"SM2", {sm2, sizeof sm2}, {good, 65}, PST_ALGORITHM_UNKNOWN},
        {"half a curve", {curve.at, curve.len - 1}, {good, 65}, PST_ALGORITHM_UNKNOWN},
        {"no point", curve, {NULL, 0}, PST_KEY_MALFORMED},
        {"a point one byte short", curve, {good, 64}, PST_KEY_MALFORMED},
        {"a point one byte long", curve, {made.public, 66}, PST_KEY_MALFORMED},
        {"a wrapped point of a false length", curve, {point, 67}, PST_KEY_MALFORMED},
        {"a point beside the curve", curve, {beside, 65}, PST_KEY_MALFORMED},
        {"a compressed point", curve, {compressed, 33}, PST_KEY_MALFORMED},
        {"a hybrid point", curve, {odd, 65}, PST_KEY_MALFORMED},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        EVP_PKEY *key = NULL;
        struct pst_report why = {0};
        enum pst_code got = pst_p256_public(cases[i].params, cases[i].point, &key, &why);
        if (got != cases[i].code || key != NULL || why.count != 1)
            fail_msg("%s: %s", cases[i].name, pst_code_name(got));
    }
    EVP_PKEY *key = NULL;
    assert_int_equal(pst_ed25519_public(curve, pst_bytes(good, 32), &key, NULL),
                     PST_ALGORITHM_UNKNOWN);
    assert_int_equal(pst_ed25519_public(pst_ed25519_params(0), pst_bytes(good, 33), &key, NULL),
                     PST_KEY_MALFORMED);
    assert_int_equal(pst_rsa_public(pst_bytes(NULL, 0), pst_bytes(good, 3), &key, NULL),
                     PST_KEY_MALFORMED);
    assert_int_equal(pst_rsa_public(pst_bytes(good, 65), pst_bytes(NULL, 0), &key, NULL),
                     PST_KEY_MALFORMED);
}

/* "r s" in hex, and the DER that they make. */
static void halves_become_der_whatever_they_begin_with(void **state)
{
    static const struct {
        const char *name, *halves, *der;
    } cases[] = {
        {"one byte each", "0102", "3006020101020102"},
        {"the first bit set", "80ff", "300802020080020200ff"},
        {"zeros in front are dropped", "00000001000000ff",
         "30070201010202"
         "00ff"},
        {"but not the one that keeps it positive", "00800001", "300702020080020101"},
        {"zero stays one byte", "00000001", "3006020100020101"},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        uint8_t halves[64], der[PST_P256_SIGNATURE_MOST];
        char hex[2 * sizeof der + 1];
        size_t len = strlen(cases[i].halves) / 2, der_len = 0;
        assert_true(pst_hex_parse(pst_text(cases[i].halves), halves, len));
        assert_int_equal(pst_p256_signature(pst_bytes(halves, len), der, &der_len, NULL), PST_OK);
        pst_hex_print(pst_bytes(der, der_len), hex);
        if (strcmp(hex, cases[i].der) != 0)
            fail_msg("%s: %s", cases[i].name, hex);
    }
}

static void the_longest_halves_fit(void **state)
{
    uint8_t halves[64], der[PST_P256_SIGNATURE_MOST];
    size_t len = 0;

    (void)state;
    memset(halves, 0xff, sizeof halves);
    assert_int_equal(pst_p256_signature(pst_bytes(halves, sizeof halves), der, &len, NULL), PST_OK);
    assert_int_equal(len, sizeof der);
}

static void halves_of_no_length_an_odd_one_or_too_much_are_refused(void **state)
{
    static const size_t lengths[] = {0, 1, 3, 63, 65, 66, 128};
    uint8_t halves[128] = {1}, der[PST_P256_SIGNATURE_MOST];

    (void)state;
    for (size_t i = 0; i < PST_COUNT(lengths); i++) {
        size_t len = 77;
        assert_int_equal(pst_p256_signature(pst_bytes(halves, lengths[i]), der, &len, NULL),
                         PST_TOKEN_FAILED);
        assert_int_equal(len, 77);
    }
}

/* Takes an INTEGER of DER as `len` bytes, with zeros in front. */
static const uint8_t *take_half(const uint8_t *at, uint8_t *out, size_t len)
{
    size_t is = at[1];
    const uint8_t *from = at + 2;

    assert_int_equal(at[0], 0x02);
    if (is > len) {
        from++;
        is--;
    }
    memset(out, 0, len);
    memcpy(out + len - is, from, is);
    return at + 2 + at[1];
}

static void signatures_of_a_real_key_go_to_halves_and_back_unchanged(void **state)
{
    PST_CLEANUP(made) struct made made = make("ecdsa-sha2-nistp256");
    enum { SIGNATURES = 400 }; /* one in 128 has a half that begins with a zero byte */

    (void)state;
    for (size_t i = 0; i < SIGNATURES; i++) {
        PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(4096);
        uint8_t der[PST_P256_SIGNATURE_MOST], again[PST_P256_SIGNATURE_MOST], halves[64];
        size_t len = 0;
        assert_int_equal(pst_private_key_sign(made.key, pst_bytes(&i, sizeof i), &hex, NULL),
                         PST_OK);
        assert_true(pst_hex_parse(pst_buf_text(&hex), der, hex.len / 2));
        take_half(take_half(der + 2, halves, 32), halves + 32, 32);
        assert_int_equal(pst_p256_signature(pst_bytes(halves, 64), again, &len, NULL), PST_OK);
        assert_int_equal(len, hex.len / 2);
        assert_memory_equal(again, der, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edwards_point_is_read_in_every_form_of_the_curve_wrapped_or_bare),
        cmocka_unit_test(a_p256_point_is_read_wrapped_or_bare),
        cmocka_unit_test(an_rsa_modulus_is_read_with_and_without_a_leading_zero),
        cmocka_unit_test(what_is_no_key_of_the_curve_is_refused),
        cmocka_unit_test(halves_become_der_whatever_they_begin_with),
        cmocka_unit_test(the_longest_halves_fit),
        cmocka_unit_test(halves_of_no_length_an_odd_one_or_too_much_are_refused),
        cmocka_unit_test(signatures_of_a_real_key_go_to_halves_and_back_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
