/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/ceremony_calendar.h"
#include "manifests/envelope.h"
#include "tests/support/check.h"

#define NOW INT64_C(1900000000)
enum { DAY = 86400, KEYS = 4 };
#define EVER INT64_MAX

/* A key's window in days from now; -EVER and EVER: no bound. */
struct window {
    int64_t from, until;
    int same_as; /* the index + 1 of the key whose material it has; 0: its own */
    const char *scheme;
};

struct rule_case {
    const char *name;
    struct window key[KEYS];
    int64_t threshold;
    int revoked;          /* the index + 1 of a revoked key; 0: none */
    int64_t ed25519_ends; /* days; EVER: not retired */
    int64_t ends, left;   /* expected */
};

static int64_t instant(int64_t days)
{
    return days == EVER ? INT64_MAX : days == -EVER ? INT64_MIN : NOW + days * DAY;
}

struct keys {
    size_t count;
    struct pst_private_key *private[KEYS];
    struct pst_ceremony_key key[KEYS];
};

static void keys_cleanup(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        pst_private_key_free(keys->private[i]);
        pst_ceremony_key_clear(&keys->key[i]);
    }
}

static void make_keys(const struct rule_case *row, struct keys *out)
{
    for (; out->count < KEYS && row->key[out->count].scheme != NULL; out->count++) {
        const struct window *window = &row->key[out->count];
        size_t material = window->same_as > 0 ? (size_t)window->same_as - 1 : out->count;
        if (material == out->count)
            assert_int_equal(
                pst_private_key_generate(window->scheme, &out->private[material], NULL), PST_OK);
        assert_int_equal(pst_ceremony_key_of(out->private[material], instant(window->from),
                                             instant(window->until), &out -> key[out->count], NULL),
                         PST_OK);
    }
}

/* A targets file that delegates "pos-a" to these keys. */
static struct pst_role *delegator_of(const struct keys *keys, int64_t threshold)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(65536), file = pst_buf(65536);
    struct pst_role_draft_key key[KEYS];
    const char *id[KEYS], *pattern = "pos-a/*/*";
    struct pst_role *role = NULL;

    for (size_t i = 0; i < keys->count; i++) {
        id[i] = keys->key[i].id;
        key[i] = (struct pst_role_draft_key){id[i], pst_buf_bytes(&keys->key[i].object)};
    }
    const struct pst_role_draft_rule rule = {.name = "pos-a",
                                             .threshold = threshold,
                                             .keyid = id,
                                             .keyid_count = keys->count,
                                             .pattern = &pattern,
                                             .pattern_count = 1,
                                             .terminating = true};
    const struct pst_role_draft draft = {.kind = PST_ROLE_TARGETS,
                                         .version = 1,
                                         .expires_s = NOW + DAY,
                                         .key = key,
                                         .key_count = keys->count,
                                         .rule = &rule,
                                         .rule_count = 1};
    assert_int_equal(pst_role_print(&draft, &body, NULL), PST_OK);
    assert_int_equal(pst_envelope_print(pst_buf_bytes(&body), NULL, 0, &file, NULL), PST_OK);
    assert_int_equal(pst_role_parse(PST_ROLE_TARGETS, pst_buf_bytes(&file), &role, NULL), PST_OK);
    return role;
}

static void try_rule(const struct rule_case *row)
{
    __attribute__((cleanup(keys_cleanup))) struct keys keys = {.count = 0};
    int64_t left = -1;

    make_keys(row, &keys);
    PST_CLEANUP(pst_role) struct pst_role *delegator = delegator_of(&keys, row->threshold);
    struct pst_role_retired retired = {pst_text("ed25519"), instant(row->ed25519_ends)};
    struct pst_role_revoked revoked = {.from_s = NOW, .reason = pst_text("leaked")};
    if (row->revoked > 0)
        revoked.keyid = pst_text(keys.key[row->revoked - 1].id);
    const struct pst_role root = {.retired_count = row->ed25519_ends != EVER,
                                  .retired = &retired,
                                  .revoked_count = row->revoked > 0,
                                  .revoked = &revoked};
    int64_t ends = pst_calendar_rule_ends(delegator, &delegator->rule[0], &root, NULL, NOW, &left);
    if (ends != instant(row->ends) || left != row->left)
        fail_msg("%s: ends %lld with %lld left", row->name, (long long)((ends - NOW) / DAY),
                 (long long)left);
}

static void a_role_ends_when_fewer_keys_than_its_threshold_are_left(void **state)
{
    static const char ed[] = "ed25519", p256[] = "ecdsa-sha2-nistp256";
    const struct rule_case cases[] = {
        {"no key ends", {{-EVER, EVER, 0, ed}, {-EVER, EVER, 0, ed}}, 2, 0, EVER, EVER, 2},
        {"the only key ends", {{-EVER, 5, 0, ed}}, 1, 0, EVER, 5, 0},
        {"one of two is enough, so the later end counts",
         {{-EVER, 5, 0, ed}, {-EVER, 9, 0, ed}},
         1,
         0,
         EVER,
         9,
         0},
        {"two of three with two ending: the first end leaves two, the second one",
         {{-EVER, 9, 0, ed}, {-EVER, 5, 0, ed}, {-EVER, EVER, 0, ed}},
         2,
         0,
         EVER,
         9,
         1},
        {"two that end in one second",
         {{-EVER, 5, 0, ed}, {-EVER, 5, 0, ed}, {-EVER, 9, 0, ed}},
         2,
         0,
         EVER,
         5,
         1},
        {"one that is over already", {{-EVER, -1, 0, ed}, {-EVER, 9, 0, ed}}, 1, 0, EVER, 9, 0},
        {"too few today", {{-EVER, -1, 0, ed}, {-EVER, 9, 0, ed}}, 2, 0, EVER, 0, 1},
        {"one that begins before the other ends",
         {{-EVER, 5, 0, ed}, {3, 9, 0, ed}},
         1,
         0,
         EVER,
         9,
         0},
        {"a gap between two", {{-EVER, 5, 0, ed}, {7, 9, 0, ed}}, 1, 0, EVER, 5, 0},
        {"one key under two ids is one", {{-EVER, 5, 0, ed}, {-EVER, 9, 1, ed}}, 2, 0, EVER, 0, 1},
        {"a revoked key is none", {{-EVER, EVER, 0, ed}, {-EVER, 9, 0, ed}}, 1, 1, EVER, 9, 0},
        {"a scheme's end ends its keys",
         {{-EVER, EVER, 0, ed}, {-EVER, EVER, 0, ed}, {-EVER, EVER, 0, p256}},
         2,
         0,
         6,
         6,
         1},
        {"but no others", {{-EVER, EVER, 0, ed}, {-EVER, EVER, 0, p256}}, 1, 0, 6, EVER, 2},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++)
        try_rule(&cases[i]);
}

static void alarms_begin_30_14_7_and_1_days_before_the_end(void **state)
{
    static const struct {
        int64_t before_s;
        int alarm, online;
    } cases[] = {
        {31 * DAY, -1, -1}, {30 * DAY + 1, -1, -1}, {30 * DAY, 30, -1}, {14 * DAY + 1, 30, -1},
        {14 * DAY, 14, -1}, {7 * DAY + 1, 14, -1},  {7 * DAY, 7, -1},   {DAY + 1, 7, -1},
        {DAY, 1, -1},       {6 * 3600 + 1, 1, -1},  {6 * 3600, 1, 1},   {1, 1, 1},
        {0, 0, 0},          {-DAY, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        struct pst_calendar_entry entry = {.end_s = NOW + cases[i].before_s};
        assert_int_equal(pst_calendar_alarm(&entry, NOW), cases[i].alarm);
        entry.is_replaced_online = true; /* the service renews these while it runs */
        assert_int_equal(pst_calendar_alarm(&entry, NOW), cases[i].online);
    }
    const struct pst_calendar_entry never = {.end_s = INT64_MAX};
    assert_int_equal(pst_calendar_alarm(&never, NOW), PST_CALENDAR_ALARM_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_ends_when_fewer_keys_than_its_threshold_are_left),
        cmocka_unit_test(alarms_begin_30_14_7_and_1_days_before_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
