/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "service/api/auth.h"
#include "tests/support/check.h"

enum { NOW_S = 1000000 };

/* A store that knows one token, and how often it was asked. */
struct one_token {
    struct pst_store store; /* first */
    struct pst_token_row row;
    unsigned asked;
    enum pst_code fails;
};

static enum pst_code find_token(struct pst_store *store, const char *id, struct pst_token_row *out,
                                struct pst_report *why)
{
    struct one_token *one = (struct one_token *)store;
    one->asked++;
    if (one->fails != PST_OK)
        return pst_refuse(why, one->fails, pst_say("a store"), pst_say("none"));
    if (strcmp(id, one->row.id) != 0)
        return PST_SERVICE_NOT_FOUND;
    *out = one->row;
    return PST_OK;
}

static const struct pst_store_ops ops = {.token = find_token};

static struct one_token with_token(enum pst_access role, char text[PST_OPERATOR_TOKEN_ROOM])
{
    struct one_token one = {.store = {&ops}};
    assert_int_equal(pst_operator_token_new("ci", role, NOW_S, NOW_S + 100, &one.row, text, NULL),
                     PST_OK);
    return one;
}

static enum pst_code ask(struct one_token *one, const char *format, const char *token,
                         enum pst_access needed, int64_t now_s, struct pst_caller *caller)
{
    struct pst_report why = {0};
    char authorization[256];
    (void)snprintf(authorization, sizeof authorization, "%s%s", format, token);
    enum pst_code code =
        pst_auth_operator(&one->store, pst_text(authorization), needed, now_s, caller, &why);
    assert_int_equal(why.count, code == PST_OK ? 0 : 1);
    return code;
}

static void each_role_reaches_its_own_and_those_below(void **state)
{
    (void)state;
    for (int role = PST_ACCESS_VIEWER; role <= PST_ACCESS_ADMIN; role++) {
        char text[PST_OPERATOR_TOKEN_ROOM];
        struct one_token one = with_token((enum pst_access)role, text);
        for (int needed = PST_ACCESS_VIEWER; needed <= PST_ACCESS_ADMIN; needed++) {
            struct pst_caller caller = {0};
            assert_int_equal(ask(&one, "Bearer ", text, (enum pst_access)needed, NOW_S, &caller),
                             role >= needed ? PST_OK : PST_SERVICE_FORBIDDEN);
            assert_string_equal(caller.name, role >= needed ? "ci" : "");
        }
    }
}

static void the_store_never_holds_the_secret(void **state)
{
    char text[PST_OPERATOR_TOKEN_ROOM];
    struct one_token one = with_token(PST_ACCESS_ADMIN, text);
    uint8_t digest[PST_SHA256_BYTES];
    const char *secret = strrchr(text, '_') + 1;
    (void)state;
    assert_int_equal(strlen(secret), 64);
    assert_int_equal(pst_sha256(pst_bytes(secret, 64), digest, NULL), PST_OK);
    assert_memory_equal(digest, one.row.secret_sha256, sizeof digest);
    assert_null(strstr(one.row.id, secret));
}

static void every_altered_token_is_refused(void **state)
{
    char text[PST_OPERATOR_TOKEN_ROOM], altered[PST_OPERATOR_TOKEN_ROOM];
    struct one_token one = with_token(PST_ACCESS_ADMIN, text);
    struct pst_caller caller;
    (void)state;
    for (size_t i = 0; i < strlen(text); i++) {
        memcpy(altered, text, sizeof altered);
        altered[i] = altered[i] == '0' ? '1' : '0';
        assert_int_equal(ask(&one, "Bearer ", altered, PST_ACCESS_VIEWER, NOW_S, &caller),
                         PST_SERVICE_UNAUTHORIZED);
        memcpy(altered, text, sizeof altered);
        altered[i] = '\0';
        assert_int_equal(ask(&one, "Bearer ", altered, PST_ACCESS_VIEWER, NOW_S, &caller),
                         PST_SERVICE_UNAUTHORIZED);
    }
}

static void each_form_of_the_header_gets_its_answer(void **state)
{
    static const struct {
        const char *prefix;
        enum pst_code code;
    } cases[] = {
        {"Bearer ", PST_OK},
        {"bearer ", PST_OK},
        {"BEARER ", PST_OK},
        {"", PST_SERVICE_UNAUTHORIZED},
        {"Bearer", PST_SERVICE_UNAUTHORIZED},
        {"Bearer  ", PST_SERVICE_UNAUTHORIZED},
        {"Bearer\t", PST_SERVICE_UNAUTHORIZED},
        {" Bearer ", PST_SERVICE_UNAUTHORIZED},
        {"Basic ", PST_SERVICE_UNAUTHORIZED},
        {"Bearer x", PST_SERVICE_UNAUTHORIZED},
    };
    char text[PST_OPERATOR_TOKEN_ROOM];
    struct one_token one = with_token(PST_ACCESS_VIEWER, text);
    struct pst_caller caller;
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        if (ask(&one, cases[i].prefix, text, PST_ACCESS_VIEWER, NOW_S, &caller) != cases[i].code)
            fail_msg("'%s'", cases[i].prefix);
}

static void a_token_ends_with_its_last_second(void **state)
{
    char text[PST_OPERATOR_TOKEN_ROOM];
    struct one_token one = with_token(PST_ACCESS_VIEWER, text);
    struct pst_caller caller;
    (void)state;
    assert_int_equal(ask(&one, "Bearer ", text, PST_ACCESS_VIEWER, NOW_S + 99, &caller), PST_OK);
    assert_int_equal(ask(&one, "Bearer ", text, PST_ACCESS_VIEWER, NOW_S + 100, &caller),
                     PST_SERVICE_UNAUTHORIZED);
}

static void a_store_that_fails_lets_nobody_in(void **state)
{
    char text[PST_OPERATOR_TOKEN_ROOM];
    struct one_token one = with_token(PST_ACCESS_ADMIN, text);
    struct pst_caller caller;
    (void)state;
    one.fails = PST_SERVICE_STORE;
    assert_int_equal(ask(&one, "Bearer ", text, PST_ACCESS_VIEWER, NOW_S, &caller),
                     PST_SERVICE_STORE);
}

static void a_role_that_is_unknown_is_no_role(void **state)
{
    char text[PST_OPERATOR_TOKEN_ROOM];
    struct one_token one = with_token(PST_ACCESS_ADMIN, text);
    struct pst_caller caller;
    (void)state;
    (void)snprintf(one.row.role, sizeof one.row.role, "terminal");
    assert_int_equal(ask(&one, "Bearer ", text, PST_ACCESS_VIEWER, NOW_S, &caller),
                     PST_SERVICE_UNAUTHORIZED);
}

/* ---- tickets */

static const uint8_t secret[32] = "secret of the service, 32 bytes";

static enum pst_code check(const char *text, enum pst_ticket kind, int64_t now_s,
                           char id[PST_ID_ROOM])
{
    return pst_ticket_check(pst_bytes(secret, sizeof secret), kind, pst_text(text), now_s, id,
                            NULL);
}

static void make(enum pst_ticket kind, const char *terminal, char out[PST_TICKET_ROOM])
{
    assert_int_equal(
        pst_ticket_new(pst_bytes(secret, sizeof secret), kind, terminal, NOW_S + 60, out, NULL),
        PST_OK);
}

static void a_ticket_is_good_for_its_terminal_kind_and_time(void **state)
{
    static const char *const ids[] = {"t-0123456789abcdef01234567", "a", "a.b_c-d",
                                      "12345678901234567890123456789012"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(ids); i++) {
        char text[PST_TICKET_ROOM], id[PST_ID_ROOM] = "untouched";
        make(PST_TICKET_TOKEN, ids[i], text);
        assert_int_equal(check(text, PST_TICKET_CHALLENGE, NOW_S, id), PST_SERVICE_UNAUTHORIZED);
        assert_int_equal(check(text, PST_TICKET_TOKEN, NOW_S + 60, id), PST_SERVICE_UNAUTHORIZED);
        assert_string_equal(id, "untouched");
        assert_int_equal(check(text, PST_TICKET_TOKEN, NOW_S + 59, id), PST_OK);
        assert_string_equal(id, ids[i]);
    }
}

static void no_two_tickets_are_equal(void **state)
{
    char a[PST_TICKET_ROOM], b[PST_TICKET_ROOM];
    (void)state;
    make(PST_TICKET_CHALLENGE, "t-1", a);
    make(PST_TICKET_CHALLENGE, "t-1", b);
    assert_string_not_equal(a, b);
    assert_true(a[0] != '{'); /* what a terminal signs here is never one of its documents */
}

static void every_altered_ticket_is_refused(void **state)
{
    char text[PST_TICKET_ROOM], id[PST_ID_ROOM];
    (void)state;
    make(PST_TICKET_TOKEN, "t-1", text);
    for (size_t i = 0; text[i] != '\0'; i++) {
        char kept = text[i];
        for (const char *c = "0a.Z\x7f"; *c != '\0'; c++) {
            text[i] = *c;
            if (*c != kept)
                assert_int_equal(check(text, PST_TICKET_TOKEN, NOW_S, id),
                                 PST_SERVICE_UNAUTHORIZED);
        }
        text[i] = '\0';
        assert_int_equal(check(text, PST_TICKET_TOKEN, NOW_S, id), PST_SERVICE_UNAUTHORIZED);
        text[i] = kept;
    }
    assert_int_equal(check(text, PST_TICKET_TOKEN, NOW_S, id), PST_OK);
}

static void another_services_ticket_is_refused(void **state)
{
    static const uint8_t other[32] = "another secret, also of 32 byte";
    char text[PST_TICKET_ROOM], id[PST_ID_ROOM];
    (void)state;
    assert_int_equal(pst_ticket_new(pst_bytes(other, sizeof other), PST_TICKET_TOKEN, "t-1",
                                    NOW_S + 60, text, NULL),
                     PST_OK);
    assert_int_equal(check(text, PST_TICKET_TOKEN, NOW_S, id), PST_SERVICE_UNAUTHORIZED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_reaches_its_own_and_those_below),
        cmocka_unit_test(the_store_never_holds_the_secret),
        cmocka_unit_test(every_altered_token_is_refused),
        cmocka_unit_test(each_form_of_the_header_gets_its_answer),
        cmocka_unit_test(a_token_ends_with_its_last_second),
        cmocka_unit_test(a_store_that_fails_lets_nobody_in),
        cmocka_unit_test(a_role_that_is_unknown_is_no_role),
        cmocka_unit_test(a_ticket_is_good_for_its_terminal_kind_and_time),
        cmocka_unit_test(no_two_tickets_are_equal),
        cmocka_unit_test(every_altered_ticket_is_refused),
        cmocka_unit_test(another_services_ticket_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
