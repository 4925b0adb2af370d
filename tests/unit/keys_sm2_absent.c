/* SPDX-License-Identifier: Apache-2.0 */
/* A crypto library that was built without SM2, as approved ones are: the linker puts the function
 * below before the library's own. */
#include "keys/trust.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

void *__real_EVP_SIGNATURE_fetch(void *library, const char *name, const char *query);
void *__wrap_EVP_SIGNATURE_fetch(void *library, const char *name, const char *query);

void *__wrap_EVP_SIGNATURE_fetch(void *library, const char *name, const char *query)
{
    return strcmp(name, "SM2") == 0 ? NULL : __real_EVP_SIGNATURE_fetch(library, name, query);
}

static const char three[] = "ed25519, ecdsa-sha2-nistp256, rsassa-pss-sha256";

static void it_is_not_among_the_schemes(void **state)
{
    size_t count = 0;

    (void)state;
    for (const char *const *name = pst_schemes(); *name != NULL; name++, count++)
        assert_string_not_equal(*name, "sm2-sm3");
    assert_int_equal(count, 3);
}

/* Whatever the key looks like: it may be a good one. */
static void a_key_of_it_is_of_an_unknown_algorithm_and_not_malformed(void **state)
{
    static const char *const parts[] = {
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
        "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
        "-----END PUBLIC KEY-----\n",
        "nonsense",
    };

    (void)state;
    for (size_t i = 0; i < PST_COUNT(parts); i++) {
        struct pst_public_key *key = NULL;
        struct pst_report why = {0};
        assert_int_equal(pst_public_key_load(pst_text("sm2"), pst_text("sm2-sm3"),
                                             pst_text(parts[i]), &key, &why),
                         PST_ALGORITHM_UNKNOWN);
        assert_null(key);
        assert_int_equal(why.count, 1);
        assert_string_equal(why.finding[0].expected, three);
        assert_string_equal(why.finding[0].found, "sm2-sm3");
    }
}

static void no_key_of_it_is_made(void **state)
{
    struct pst_private_key *key = NULL;
    struct pst_report why = {0};

    (void)state;
    assert_int_equal(pst_private_key_generate("sm2-sm3", &key, &why), PST_ALGORITHM_UNKNOWN);
    assert_null(key);
    assert_string_equal(why.finding[0].expected, three);
}

static struct pst_role *role_of(enum pst_role_kind kind, const struct pst_repo_role *from)
{
    struct pst_role *role = NULL;
    assert_int_equal(pst_role_parse(kind, pst_repo_bytes(from), &role, NULL), PST_OK);
    return role;
}

static void a_signature_by_it_is_told_so_and_spoils_no_others(void **state)
{
    PST_CLEANUP(pst_repo) struct pst_repo *repo = pst_repo_new("ed25519");
    PST_CLEANUP(pst_repo_key) struct pst_repo_key modern = pst_repo_key("ed25519");
    PST_CLEANUP(pst_repo_key)
    struct pst_repo_key sm2 =
        pst_repo_key_with(&modern, "\"scheme\":\"ed25519\"", "\"scheme\":\"sm2-sm3\"");
    const struct pst_repo_key *both[] = {&modern, &sm2};

    (void)state;
    pst_repo_delegate(repo, &repo->targets, "pos-a", &modern, "pos-a/*/*", true);
    pst_repo_sign_with(&repo->role[0], both, 2);
    for (int64_t threshold = 1; threshold <= 2; threshold++) {
        struct pst_report why = {0};
        pst_repo_let(&repo->targets.delegation[0].rule, threshold, both, 2);
        pst_repo_publish(repo);
        PST_CLEANUP(pst_role) struct pst_role *targets = role_of(PST_ROLE_TARGETS, &repo->targets);
        PST_CLEANUP(pst_role) struct pst_role *product = role_of(PST_ROLE_TARGETS, &repo->role[0]);
        const struct pst_verify_in in = {.envelope = product->envelope,
                                         .delegator = targets,
                                         .rule = pst_role_rule(targets, pst_text("pos-a")),
                                         .now_s = PST_REPO_NOW};
        assert_int_equal(pst_verify(&in, &why), threshold == 1 ? PST_OK : PST_SIGNATURE_THRESHOLD);
        assert_int_equal(pst_report_has(&why, PST_ALGORITHM_UNKNOWN), threshold == 2);
        assert_false(pst_report_has(&why, PST_KEY_MALFORMED));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_not_among_the_schemes),
        cmocka_unit_test(a_key_of_it_is_of_an_unknown_algorithm_and_not_malformed),
        cmocka_unit_test(no_key_of_it_is_made),
        cmocka_unit_test(a_signature_by_it_is_told_so_and_spoils_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
