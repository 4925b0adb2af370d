/* SPDX-License-Identifier: Apache-2.0 */
/* T04: a file is good until the second before its expiry, and an instant has one spelling. */
#include <stdio.h>

#include "manifests/instant.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

/* The terminal's root ends in 2030; the one that it finds at the service does not. */
static void it_is(struct attack_case *it, int64_t now_s)
{
    it->scene->clock.wall_s = it->scene->service.now_s = now_s;
    for (int kind = PST_ROLE_ROOT; kind <= PST_ROLE_TARGETS; kind++)
        attack_role(it, (enum pst_role_kind)kind)->expires_s = now_s + PST_REPO_DAY;
    for (size_t i = 0; i < it->scene->repo->role_count; i++)
        it->scene->repo->role[i].expires_s = now_s + PST_REPO_DAY;
    it->scene->repo->root.version++;
    attack_publish(it);
    attack_good(it);
}

/* ---- the edge -------------------------------------------------------------------------------- */

static const int64_t times[] = {
    PST_REPO_NOW,        INT64_C(1961625600), /* 2032-02-29T00:00:00Z */
    INT64_C(1961711999),                      /* 2032-02-29T23:59:59Z */
    INT64_C(2147483647),                      /* 2038-01-19T03:14:07Z: the last of 32 bits */
    INT64_C(2147483648), INT64_C(4107542399), /* 2100-02-28T23:59:59Z: no leap year */
    INT64_C(4294967295),
};

/* A root that has expired is kept, for it leads on to the next; nothing is installed by it. */
static void expires(struct attack *attack, size_t which, int64_t now_s, int64_t after_s)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case_new(attack, "%s expires %+lld s after %lld", attack_nth_name(which),
                        (long long)after_s, (long long)now_s);
    bool of_root = which == PST_ROLE_ROOT;

    it_is(&it, now_s);
    struct pst_repo_role *role =
        which == ATTACK_PRODUCT ? it.scene->product : attack_role(&it, (enum pst_role_kind)which);
    if (after_s <= 0 && !of_root)
        (void)attack_spoil_nth(&it, which);
    role->expires_s = now_s + after_s;
    role->version += of_root;
    attack_publish(&it);
    if (after_s > 0) {
        attack_accepted(&it);
        return;
    }
    attack_refused(&it, PST_METADATA_EXPIRED);
    if (!of_root) {
        attack_mended(&it);
        return;
    }
    role->expires_s = now_s + PST_REPO_DAY;
    role->version++;
    attack_publish(&it);
    attack_converges(&it);
}

static void assignment_expires(struct attack *attack, int64_t now_s, int64_t after_s)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case_new(attack, "the assignment expires %+lld s after %lld",
                                            (long long)after_s, (long long)now_s);
    it_is(&it, now_s);
    it.scene->service.assignment.issued_s = now_s - 10;
    it.scene->service.assignment.expires_s = now_s + after_s;
    if (after_s > 0) {
        attack_accepted(&it);
        return;
    }
    attack_refused(&it, PST_ASSIGNMENT_EXPIRED);
    attack_mended(&it);
}

/* ---- the spelling ---------------------------------------------------------------------------- */

static const char *const no_instants[] = {
    "2030-01-31T00:00:00+02:00",
    "2030-01-31T00:00:00+00:00",
    "2030-01-31T00:00:00-00:00",
    "2030-01-31T00:00:00.5Z",
    "2030-01-31T00:00:00.000Z",
    "2030-01-31T00:00:00z",
    "2030-01-31t00:00:00Z",
    "2030-01-31 00:00:00Z",
    "2030-01-31T00:00:00",
    "2030-01-31T00:00Z",
    "2030-01-31T00:00:60Z",
    "2030-06-30T23:59:60Z",
    "2030-01-31T24:00:00Z",
    "2030-01-31T00:60:00Z",
    "2030-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2030-04-31T00:00:00Z",
    "2030-13-01T00:00:00Z",
    "2030-00-01T00:00:00Z",
    "2030-01-00T00:00:00Z",
    "2030-01-32T00:00:00Z",
    "2030-1-31T00:00:00Z",
    "2030-01-31T0:00:00Z",
    "1969-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "+2030-01-31T00:00:00Z",
    "-2030-01-31T00:00:00Z",
    "20300131T000000Z",
    "2030-W05-4T00:00:00Z",
    "2030-031T00:00:00Z",
    " 2030-01-31T00:00:00Z",
    "2030-01-31T00:00:00Z ",
    "2030-01-31T00:00:00ZZ",
    "2O30-01-31T00:00:00Z",
    "\xd9\xa2\xd9\xa0\xd9\xa3\xd9\xa0-01-31T00:00:00Z", /* 2030 in Arabic digits */
    "Thu, 31 Jan 2030 00:00:00 GMT",
    "1895961600",
    "never",
    "",
};

static const char *const good_instants[] = {"2032-02-29T23:59:59Z", "9999-12-31T23:59:59Z",
                                            "2100-02-28T00:00:00Z"};

static void spell(struct pst_repo_role *role, const char *text, char find[64], char put[96])
{
    char expires[PST_INSTANT_ROOM];
    snprintf(find, 64, "\"expires\":\"%s\"", pst_instant_print(role->expires_s, expires));
    snprintf(put, 96, "\"expires\":\"%s\"", text);
    role->edit_count = 0;
    pst_repo_edit(role, find, put);
}

static void spelt_badly(struct attack *attack, size_t which)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, well spelt", attack_nth_name(which));
    struct pst_repo_role *role = attack_spoil_nth(&it, which);
    char find[64], put[96];

    attack_publish(&it);
    for (size_t i = 0; i < PST_COUNT(no_instants); i++) {
        attack_again(&it, "%s expires '%s'", attack_nth_name(which), no_instants[i]);
        spell(role, no_instants[i], find, put);
        attack_publish_again(&it);
        attack_refused(&it, PST_BAD_SYNTAX);
    }
    attack_mended(&it);
}

static void spelt_well(struct attack *attack, size_t which, const char *text)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s expires '%s'", attack_nth_name(which), text);
    char find[64], put[96];
    struct pst_repo_role *role =
        which == ATTACK_PRODUCT ? it.scene->product : attack_role(&it, (enum pst_role_kind)which);
    role->version += which == PST_ROLE_ROOT;
    spell(role, text, find, put);
    attack_publish(&it);
    attack_accepted(&it);
}

static void misspell(struct pst_buf *bytes, const void *how)
{
    char put[96];
    snprintf(put, sizeof put, "\"expires\":\"%s\"", (const char *)how);
    attack_replace(bytes, "\"expires\":\"2030-01-01T01:00:00Z\"", put);
}

static void assignment_spelt_badly(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "assignment, well spelt");
    for (size_t i = 0; i < PST_COUNT(no_instants); i++) {
        attack_again(&it, "the assignment expires '%s'", no_instants[i]);
        attack_tamper_nth(&it, ATTACK_ASSIGNMENT, misspell, no_instants[i]);
        attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD, PST_BAD_SYNTAX);
    }
    attack_mended(&it);
}

void attack_t04(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(times); i++)
        for (int64_t after_s = -1; after_s <= 1; after_s++) {
            for (size_t which = 0; which < ATTACK_ROLES; which++)
                expires(attack, which, times[i], after_s);
            assignment_expires(attack, times[i], after_s);
        }
    for (size_t which = 0; which < ATTACK_ROLES; which++) {
        spelt_badly(attack, which);
        for (size_t i = 0; i < PST_COUNT(good_instants); i++)
            spelt_well(attack, which, good_instants[i]);
    }
    assignment_spelt_badly(attack);
}
