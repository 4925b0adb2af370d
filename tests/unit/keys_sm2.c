/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/private_key.h"
#include "manifests/file.h"
#include "manifests/json.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

/*
 * GM/T 0003.5-2012, annex A: the example of a signature on the recommended curve, with its public
 * key, the identity 1234567812345678 and the message "message digest".
 */
#define STANDARD_R "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
#define STANDARD_S "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
static const char message[] = "message digest";
/* The curve's order, and with its s for an r of the standard. */
#define ORDER "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"

/* That key in several forms, good and bad. */
/* clang-format off */
static const char pem_sm2[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
    "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_compressed[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DIgADCfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
    "M/wHa7CP81bzUCA=\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_hybrid[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAHCfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
    "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_explicit[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBMzCB7AYHKoZIzj0CATCB4AIBATAsBgcqhkjOPQEBAiEA/////v//////////\n"
    "//////////8AAAAA//////////8wRAQg/////v////////////////////8AAAAA\n"
    "//////////wEICjp+p6dn140TVqeS89lCafzl4n1FauPkt28vUFNlA6TBEEEMsSu\n"
    "LB8ZgRlfmQRGajnJlI/jC7/yZgvhcVpFiTNMdMe8Nzai9PZ3nFm9zuNraSFT0KmH\n"
    "fMYqR0AC3zLlITnwoAIhAP////7///////////////9yA99rIcYFK1O79Ak51UEj\n"
    "AgEBA0IABAn53zEeVCGhUN19Fh5LxcZyF5+tGDP8B2uwj/NW81AgzOpJDOJndaUt\n"
    "xupxjMGqYArtBfvzXghKZjL2By2prRM=\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_off_the_curve[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
    "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEg==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_infinity[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MBkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DAgAA\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_as_p256[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
    "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_oid_of_the_curve[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFAwCgYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60YM/wHa7CP81bz\n"
    "UCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_without_a_curve[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFEwCwYHKoZIzj0CAQUAA0IABAn53zEeVCGhUN19Fh5LxcZyF5+tGDP8B2uwj/NW\n"
    "81AgzOpJDOJndaUtxupxjMGqYArtBfvzXghKZjL2By2prRM=\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_beyond_the_field[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAE/////v////////////////////8A\n"
    "AAAA///////////M6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_p256[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoZ0kweK7TXC7tAnGL+pFa9kaKpsa\n"
    "ve6mhlEvX48NsRNxYhfmFJrcllHcEw1E28xY91VoMKaR6Itlcef4sITerQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char pem_ed25519[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAt/slUKfYCNPqRBKjv6QBFP0PQUm5YhtXz5XdOAhF4rc=\n"
    "-----END PUBLIC KEY-----\n";
/* A key of SM2's curve, and an ECDSA signature with SM3 by it: made with the crypto library. */
static const char pem_used_for_ecdsa[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEWpEqo7trvSU3/FD3niR7gGjzhxlc\n"
    "Z0pe4Su2FmR+WaQogyW5nnwxkaWlV5BsM3iHDI0Zq6A/Zk58vO3GIm2Blw==\n"
    "-----END PUBLIC KEY-----\n";

#define SM2 "sm2", "sm2-sm3"
#define EC  "ecdsa", "ecdsa-sha2-nistp256"

static const struct {
    const char *name, *keytype, *scheme, *public_part;
    enum pst_code expect;
} load_cases[] = {
    {"the standard's key", SM2, pem_sm2, PST_OK},
    {"its point compressed", SM2, pem_compressed, PST_OK},
    {"its point in the hybrid form", SM2, pem_hybrid, PST_OK},
    {"its curve spelt out", SM2, pem_explicit, PST_KEY_MALFORMED},
    {"its curve left out", SM2, pem_without_a_curve, PST_KEY_MALFORMED},
    {"the curve's name as the algorithm", SM2, pem_oid_of_the_curve, PST_KEY_MALFORMED},
    {"a point beside the curve", SM2, pem_off_the_curve, PST_KEY_MALFORMED},
    {"the point at infinity", SM2, pem_infinity, PST_KEY_MALFORMED},
    {"x = p", SM2, pem_beyond_the_field, PST_KEY_MALFORMED},
    {"its point on P-256", SM2, pem_as_p256, PST_KEY_MALFORMED},
    {"a P-256 key", SM2, pem_p256, PST_KEY_MALFORMED},
    {"an Ed25519 key", SM2, pem_ed25519, PST_KEY_MALFORMED},
    {"a bare point", SM2, "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020", PST_KEY_MALFORMED},
    {"an SM2 key as ecdsa", EC, pem_sm2, PST_KEY_MALFORMED},
    {"an SM2 key with its curve spelt out as ecdsa", EC, pem_explicit, PST_KEY_MALFORMED},
    {"keytype ecdsa for the scheme", "ecdsa", "sm2-sm3", pem_sm2, PST_ALGORITHM_UNKNOWN},
    {"keytype sm2 for ecdsa", "sm2", "ecdsa-sha2-nistp256", pem_sm2, PST_ALGORITHM_UNKNOWN},
    {"sm2 with SHA-256", "sm2", "sm2-sha256", pem_sm2, PST_ALGORITHM_UNKNOWN},
};

#define R_OF_STANDARD "022100" STANDARD_R
#define S_OF_STANDARD "022100" STANDARD_S
/* clang-format on */

static struct pst_public_key *loaded(const char *public_part)
{
    struct pst_public_key *key = NULL;
    assert_int_equal(pst_public_key_load(pst_text("sm2"), pst_text("sm2-sm3"),
                                         pst_text(public_part), &key, NULL),
                     PST_OK);
    return key;
}

static bool holds(const struct pst_public_key *key, const char *hex)
{
    return pst_public_key_verifies(key, pst_bytes_of(pst_text(message)), pst_text(hex));
}

static void each_key_loads_or_is_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(load_cases); i++) {
        PST_CLEANUP(pst_public_key) struct pst_public_key *key = NULL;
        struct pst_report why = {0};
        enum pst_code got =
            pst_public_key_load(pst_text(load_cases[i].keytype), pst_text(load_cases[i].scheme),
                                pst_text(load_cases[i].public_part), &key, &why);
        if (got != load_cases[i].expect || (key != NULL) != (got == PST_OK))
            fail_msg("%s gave %s: %s", load_cases[i].name, pst_code_name(got),
                     why.finding[0].found);
        assert_int_equal(why.count, got != PST_OK);
    }
}

static void one_key_has_one_fingerprint_however_it_is_written(void **state)
{
    static const char *const forms[] = {pem_compressed, pem_hybrid};
    PST_CLEANUP(pst_public_key) struct pst_public_key *plain = loaded(pem_sm2);

    (void)state;
    assert_int_equal(pst_public_key_bits(plain), 256);
    assert_string_equal(pst_public_key_scheme(plain), "sm2-sm3");
    for (size_t i = 0; i < PST_COUNT(forms); i++) {
        PST_CLEANUP(pst_public_key) struct pst_public_key *other = loaded(forms[i]);
        assert_memory_equal(pst_public_key_fingerprint(plain), pst_public_key_fingerprint(other),
                            PST_SHA256_BYTES);
        assert_true(holds(other, "3046" R_OF_STANDARD S_OF_STANDARD));
    }
}

/* Signatures of the same message by the same key: with the standard's half published, anybody can
 * make them. */
static void only_a_signature_with_the_identity_of_the_scheme_holds(void **state)
{
    static const struct {
        const char *name, *hex;
        bool holds;
    } cases[] = {
        {"the standard's example", "3046" R_OF_STANDARD S_OF_STANDARD, true},
        {"the identity ALICE123@YAHOO.COM",
         "304502200f7670e56a40e906d7404b997ec2b36f041699a4fb6a357722f4c0cc55896c50022100846ce220c0"
         "4a37e3ca710822641a261154c0de6e0daf77e86679ae9b113f601d",
         false},
        {"no identity",
         "304502203cc944e2eddb00acea01406479c3d8b31e649e78880395e625ab264e3677e3cc022100bab94d1932"
         "a9892f79f73c83190b930875aa72d4b90981921908c6edecdc53c4",
         false},
        {"an empty identity",
         "3045022003e0307d2fa486238c4f24e9a0c8bcf4534e9e56da7d569d41add45c1697bf9e0221008d6583c736"
         "dda0f9c756ba84000a267582e4aa9a2be57626ca9c121d7380d9ad",
         false},
    };
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = loaded(pem_sm2);

    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        if (holds(key, cases[i].hex) != cases[i].holds)
            fail_msg("%s", cases[i].name);
}

static void nothing_signed_can_be_verified_too(void **state)
{
    static const char of_nothing[] =
        "3045022100fb568b09ad6c7b59a9e0567e06e48426966d970b7a7bb214fc7455ff0961e13502202cefa30ce4e5"
        "1e32edc473d88f969139363a9f2a74c83fb3f40c819889b0d568";
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = loaded(pem_sm2);

    (void)state;
    assert_true(pst_public_key_verifies(key, pst_bytes(NULL, 0), pst_text(of_nothing)));
    assert_false(holds(key, of_nothing));
}

/* OpenSSL gives SM2's curve to ECDSA as well, where it takes no identity and asks for none. */
static void an_ecdsa_signature_on_the_same_curve_does_not_hold(void **state)
{
    static const char ecdsa[] =
        "30450220480a729c10a2101e1e30b97e972fb7f4b85462056716b2425150ac0ad9a589f50221009f4336dbf113"
        "ded2bf4a2b9a2f4aea7594b9dc7c3bb7e6cd85b63cf93c942e7e";
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = loaded(pem_used_for_ecdsa);

    (void)state;
    assert_false(holds(key, ecdsa));
}

static void a_signature_is_written_in_the_one_way_and_within_the_order(void **state)
{
    static const struct {
        const char *name, *hex;
    } cases[] = {
        {"a byte more", "3046" R_OF_STANDARD S_OF_STANDARD "00"},
        {"a byte more inside", "3047" R_OF_STANDARD S_OF_STANDARD "00"},
        {"a third number", "3049" R_OF_STANDARD S_OF_STANDARD "020101"},
        {"the length in two bytes", "308146" R_OF_STANDARD S_OF_STANDARD},
        {"the length in three bytes", "30820046" R_OF_STANDARD S_OF_STANDARD},
        {"no length", "3080" R_OF_STANDARD S_OF_STANDARD "0000"},
        {"a number's length in two bytes", "304702812100" STANDARD_R S_OF_STANDARD},
        {"r with a zero too many", "304702220000" STANDARD_R S_OF_STANDARD},
        {"s with a zero too many", "3047" R_OF_STANDARD "02220000" STANDARD_S},
        {"r negative", "30450220" STANDARD_R S_OF_STANDARD},
        {"s negative", "3045" R_OF_STANDARD "0220" STANDARD_S},
        {"a set for a sequence", "3146" R_OF_STANDARD S_OF_STANDARD},
        {"r for s", "3046" S_OF_STANDARD R_OF_STANDARD},
        {"r alone", "3023" R_OF_STANDARD},
        {"an empty sequence", "3000"},
        {"two bare numbers", STANDARD_R STANDARD_S},
        {"r = 0", "3026020100" S_OF_STANDARD},
        {"s = 0", "3026" R_OF_STANDARD "020100"},
        {"both 0", "3006020100020100"},
        {"r = n", "3046022100" ORDER S_OF_STANDARD},
        {"s = n", "3046" R_OF_STANDARD "022100" ORDER},
        {"r + n", "3046022101f5a03b0548d2c4630eeac513e1bb81a0cb48b9a3499bbc6c976872b628bc61d"
                  "6" S_OF_STANDARD},
        {"s + n",
         "3046" R_OF_STANDARD "022101b1b6aa28df212fd8763182bc0d421ca12d941868414547ffd7c75dcdbf9102"
         "cd"},
        {"n - s, as holds in ECDSA",
         "3045" R_OF_STANDARD
         "02204e4955d520ded02789ce7d43f2bde35db673a66e0246c256cfb08a44b4197f79"},
        {"r + s = n", "3045" R_OF_STANDARD
                      "02200a5fc4f8b72d3b9cf1153aec1e447e5e18bf0532f9f04dea100f755c4aee2070"},
    };
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = loaded(pem_sm2);

    (void)state;
    assert_true(holds(key, "3046" R_OF_STANDARD S_OF_STANDARD));
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        if (holds(key, cases[i].hex))
            fail_msg("%s", cases[i].name);
}

static void no_length_and_no_flipped_bit_of_a_signature_holds(void **state)
{
    static const char good[] = "3046" R_OF_STANDARD S_OF_STANDARD;
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = loaded(pem_sm2);
    uint8_t raw[sizeof good / 2];
    char hex[2 * sizeof raw + 65];
    const size_t len = sizeof raw;

    (void)state;
    assert_true(pst_hex_parse((struct pst_text){good, 2 * len}, raw, len));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        pst_hex_print(pst_bytes(raw, len), hex);
        if (holds(key, hex))
            fail_msg("it holds with bit %zu flipped", bit);
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    memset(hex, '0', sizeof hex);
    memcpy(hex, good, 2 * len);
    for (size_t cut = 0; cut <= sizeof hex; cut++)
        assert_int_equal(pst_public_key_verifies(key, pst_bytes_of(pst_text(message)),
                                                 (struct pst_text){hex, cut}),
                         cut == 2 * len);
}

static void no_flipped_bit_of_the_message_is_overlooked(void **state)
{
    PST_CLEANUP(pst_public_key) struct pst_public_key *key = loaded(pem_sm2);
    char changed[sizeof message];

    (void)state;
    for (size_t bit = 0; bit < 8 * (sizeof message - 1); bit++) {
        memcpy(changed, message, sizeof message);
        changed[bit / 8] = (char)(changed[bit / 8] ^ (1 << bit % 8));
        assert_false(pst_public_key_verifies(key, pst_bytes(changed, sizeof message - 1),
                                             pst_text("3046" R_OF_STANDARD S_OF_STANDARD)));
    }
}

/* The key object, read again as a terminal would. */
static struct pst_public_key *published(const struct pst_private_key *key)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(65536);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_public_key *public = NULL;
    char keyid[65];

    assert_int_equal(pst_private_key_describe(key, INT64_MIN, INT64_MAX, &object, keyid, NULL),
                     PST_OK);
    assert_int_equal(pst_json_parse(pst_buf_bytes(&object), &pst_json_small, &json, NULL), PST_OK);
    assert_true(pst_text_is(pst_json_text(pst_json_member(json, "keytype")), "sm2"));
    assert_true(pst_text_is(pst_json_text(pst_json_member(json, "scheme")), "sm2-sm3"));
    struct pst_text part =
        pst_json_text(pst_json_member(pst_json_member(json, "keyval"), "public"));
    assert_true(pst_text_starts(part, "-----BEGIN PUBLIC KEY-----\n"));
    assert_int_equal(pst_public_key_load(pst_text("sm2"), pst_text("sm2-sm3"), part, &public, NULL),
                     PST_OK);
    return public;
}

static void a_key_signs_after_it_came_back_from_its_file_plain_or_sealed(void **state)
{
    const struct pst_secret passphrase = {.len = 5, .at = "horse"};
    const struct pst_secret *const with[] = {NULL, &passphrase};
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    PST_CLEANUP(pst_private_key) struct pst_private_key *key = NULL;

    (void)state;
    assert_int_equal(pst_private_key_generate("sm2-sm3", &key, NULL), PST_OK);
    PST_CLEANUP(pst_public_key) struct pst_public_key *public = published(key);
    for (size_t i = 0; i < PST_COUNT(with); i++) {
        PST_CLEANUP(pst_private_key) struct pst_private_key *back = NULL;
        PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(4096);
        char name[16], path[512];

        snprintf(name, sizeof name, "%zu.key", i);
        pst_scratch_path(&scratch, name, path, sizeof path);
        assert_int_equal(pst_private_key_write(key, path, with[i], NULL), PST_OK);
        assert_int_equal(pst_private_key_read(path, with[i], &back, NULL), PST_OK);
        assert_string_equal(pst_private_key_scheme(back), "sm2-sm3");
        assert_int_equal(pst_private_key_sign(back, pst_bytes_of(pst_text(message)), &hex, NULL),
                         PST_OK);
        assert_true(
            pst_public_key_verifies(public, pst_bytes_of(pst_text(message)), pst_buf_text(&hex)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_loads_or_is_refused_with_its_reason),
        cmocka_unit_test(one_key_has_one_fingerprint_however_it_is_written),
        cmocka_unit_test(only_a_signature_with_the_identity_of_the_scheme_holds),
        cmocka_unit_test(nothing_signed_can_be_verified_too),
        cmocka_unit_test(an_ecdsa_signature_on_the_same_curve_does_not_hold),
        cmocka_unit_test(a_signature_is_written_in_the_one_way_and_within_the_order),
        cmocka_unit_test(no_length_and_no_flipped_bit_of_a_signature_holds),
        cmocka_unit_test(no_flipped_bit_of_the_message_is_overlooked),
        cmocka_unit_test(a_key_signs_after_it_came_back_from_its_file_plain_or_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
