/* SPDX-License-Identifier: Apache-2.0 */
/* How many signatures count, and whose: thresholds, repeated keys, keys of other roles. */
#include <stdio.h>

#include "tests/attack/keys.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

enum { HELD = 4 }; /* keys that a row makes for itself */

struct held {
    struct pst_repo_key key[HELD];
};

static struct held held(const char *scheme)
{
    struct held all;
    for (size_t i = 0; i < HELD; i++)
        all.key[i] = pst_repo_key(scheme);
    return all;
}

static void held_cleanup(struct held *all)
{
    for (size_t i = 0; i < HELD; i++)
        pst_repo_key_cleanup(&all->key[i]);
}

/* ---- M05 ----------------------------------------------------------------------------------- */

/* Two of keys 0, 1 and 2 are to sign; key 3 belongs to another role. */
static const struct {
    const char *name;
    size_t count;
    size_t signer[3];
    enum pst_code expect[3];
} too_few[] = {
    {"one of two", 1, {0}, {PST_SIGNATURE_THRESHOLD}},
    {"one of two, and another role's", 2, {1, 3}, {PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN}},
    {"another role's alone", 1, {3}, {PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN}},
};

/* The other role is a genuine one, and its key is signed into the same root or targets file. */
static void give_to_another(struct attack_case *it, size_t which, const struct pst_repo_key *key)
{
    size_t other = which == PST_ROLE_TIMESTAMP ? PST_ROLE_SNAPSHOT : PST_ROLE_TIMESTAMP;
    attack_rule(it, other, 1, &key, 1);
}

void attack_m05(struct attack *attack)
{
    PST_CLEANUP(held) struct held keys = held("ed25519");
    const struct pst_repo_key *const let[] = {&keys.key[0], &keys.key[1], &keys.key[2]};

    for (size_t which = 0; which < ATTACK_ROLES; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "%s, two of three: good", attack_nth_name(which));
        attack_rule(&it, which, 2, let, PST_COUNT(let));
        give_to_another(&it, which, &keys.key[3]);
        attack_settle(&it);
        struct pst_repo_role *role = attack_spoil_nth(&it, which);
        role->version += which == PST_ROLE_ROOT;
        for (size_t i = 0; i < PST_COUNT(too_few); i++) {
            const struct pst_repo_key *signers[3];
            attack_again(&it, "%s, %s", attack_nth_name(which), too_few[i].name);
            for (size_t s = 0; s < too_few[i].count; s++)
                signers[s] = &keys.key[too_few[i].signer[s]];
            pst_repo_sign_with(role, signers, too_few[i].count);
            attack_publish_again(&it);
            attack_refused_for(&it, too_few[i].expect);
        }
        attack_mended(&it);
    }
}

/* ---- M06 ----------------------------------------------------------------------------------- */

/* Signed by key 0 again and again; where the scheme is random, the values differ. */
void attack_m06(struct attack *attack)
{
    static const char *const schemes[] = {"ed25519", "ecdsa-sha2-nistp256"};
    for (size_t s = 0; s < PST_COUNT(schemes); s++) {
        PST_CLEANUP(held) struct held keys = held(schemes[s]);
        const struct pst_repo_key *const let[] = {&keys.key[0], &keys.key[1]};
        for (size_t which = 0; which < ATTACK_ROLES; which++) {
            PST_CLEANUP(attack_case)
            struct attack_case it =
                attack_case(attack, "%s, %s, twice", schemes[s], attack_nth_name(which));
            const struct pst_repo_key *const again[] = {let[0], let[0], let[0], let[1]};
            attack_rule(&it, which, 2, let, PST_COUNT(let));
            attack_settle(&it);
            pst_repo_sign_with(attack_spoil_nth(&it, which), again, 2);
            attack_publish(&it);
            attack_refused(&it, PST_SIGNATURE_DUPLICATE);
            attack_again(&it, "%s, %s, three times", schemes[s], attack_nth_name(which));
            pst_repo_sign_with(it.spoilt[0], again, 3);
            attack_publish_again(&it);
            attack_refused(&it, PST_SIGNATURE_DUPLICATE);
            /* Enough others beside it: a file that repeats a keyid is refused all the same. */
            attack_again(&it, "%s, %s, and another", schemes[s], attack_nth_name(which));
            pst_repo_sign_with(it.spoilt[0], again + 1, 3);
            attack_publish_again(&it);
            attack_refused(&it, PST_SIGNATURE_DUPLICATE);
            attack_mended(&it);
        }
    }
}

/* ---- M07 ----------------------------------------------------------------------------------- */

/* The same public key, written in another way and under another keyid. */
static const struct {
    const char *name, *scheme;
    const char *find, *put; /* in the key object; NULL: only the keyid differs */
} twins[] = {
    {"another keyid", "ed25519", NULL, NULL},
    {"another end", "ed25519", "\"keytype\"", "\"kept\":1,\"keytype\""},
    {"another keytype", "ecdsa-sha2-nistp256", "\"keytype\":\"ecdsa\"",
     "\"keytype\":\"ecdsa-sha2-nistp256\""},
    {"no line feed at the end", "ecdsa-sha2-nistp256", "-----END PUBLIC KEY-----\\u000a",
     "-----END PUBLIC KEY-----"},
    {"line feeds at the end", "ecdsa-sha2-nistp256", "-----END PUBLIC KEY-----\\u000a",
     "-----END PUBLIC KEY-----\\u000a\\u000a\\u000a"},
    {"blanks at the end", "rsassa-pss-sha256", "-----END PUBLIC KEY-----\\u000a",
     "-----END PUBLIC KEY-----\\u000a \\u000a"},
};

static struct pst_repo_key twin_of(const struct pst_repo_key *key, size_t how)
{
    if (twins[how].find != NULL)
        return pst_repo_key_with(key, twins[how].find, twins[how].put);
    struct pst_repo_key twin = pst_repo_key_again(key, INT64_MAX);
    for (size_t i = 0; i < 64; i++)
        twin.id[i] = key->id[63 - i];
    return twin;
}

static void sign_twice(struct attack *attack, size_t how)
{
    struct pst_repo_key key = pst_repo_key(twins[how].scheme);
    struct pst_repo_key other = pst_repo_key(twins[how].scheme);
    struct pst_repo_key twin = twin_of(&key, how);
    const struct pst_repo_key *const let[] = {&key, &twin, &other};

    for (size_t which = 0; which < ATTACK_ROLES; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "%s, %s", attack_nth_name(which), twins[how].name);
        attack_rule(&it, which, 2, let, PST_COUNT(let));
        attack_settle(&it);
        pst_repo_sign_with(attack_spoil_nth(&it, which), let, 2);
        attack_publish(&it);
        attack_refused(&it, PST_SIGNATURE_DUPLICATE, PST_SIGNATURE_THRESHOLD);
        attack_mended(&it);
    }
    pst_repo_key_cleanup(&twin);
    pst_repo_key_cleanup(&key);
    pst_repo_key_cleanup(&other);
}

void attack_m07(struct attack *attack)
{
    for (size_t how = 0; how < PST_COUNT(twins); how++)
        sign_twice(attack, how);
}

/* ---- M08 ----------------------------------------------------------------------------------- */

/* What is no integer of ours is no document of ours: it is called damaged. */
#define NO_INTEGER                                                                                 \
    {                                                                                              \
        PST_METADATA_CORRUPT, PST_BAD_SYNTAX                                                       \
    }
static const struct {
    const char *put;
    enum pst_code expect[3];
} thresholds[] = {
    {"", NO_INTEGER},
    {"0", {PST_OUT_OF_BOUNDS}},
    {"-1", {PST_OUT_OF_BOUNDS}},
    {"-9223372036854775808", NO_INTEGER},
    {"\"2\"", {PST_WRONG_TYPE}},
    {"null", {PST_WRONG_TYPE}},
    {"true", {PST_WRONG_TYPE}},
    {"[1]", {PST_WRONG_TYPE}},
    {"1.5", NO_INTEGER},
    {"1e0", NO_INTEGER},
    {"01", NO_INTEGER},
    {"2147483648", {PST_OUT_OF_BOUNDS}},
    {"4294967297", {PST_OUT_OF_BOUNDS}},  /* 1, in 32 bits */
    {"18446744073709551617", NO_INTEGER}, /* 1, in 64 */
};

static const struct {
    const char *name;
    size_t which;
    const char *after; /* the number */
} rules[] = {
    {"root's", PST_ROLE_ROOT, "},\"snapshot\":{\"keyids\""},
    {"timestamp's", PST_ROLE_ROOT, "}},\"spec_version\""},
    {"the product's", PST_ROLE_TARGETS, "},{\"keyids\""},
};

static void set_threshold(struct pst_repo_role *role, size_t rule, const char *put,
                          char room[2][80])
{
    snprintf(room[0], 80, "\"threshold\":1%s", rules[rule].after);
    snprintf(room[1], 80, "\"threshold\":%s%s", put, rules[rule].after);
    role->edit_count = 0;
    pst_repo_edit(role, room[0], room[1]);
}

/* More than there are keys: nobody can ever sign. A root that says so of another role is taken, as
 * TUF's conformance suite demands, and leads on to the next root; the role is refused. */
static void more_than_there_are(struct attack *attack, size_t rule)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s threshold, 2 of one key", rules[rule].name);
    struct pst_repo_role *role = attack_role(&it, (enum pst_role_kind)rules[rule].which);
    bool can_be_taken = rule > 0;
    char room[2][80];

    set_threshold(role, rule, "2", room);
    role->version += role->kind == PST_ROLE_ROOT;
    attack_publish_again(&it);
    attack_refused(&it, PST_SIGNATURE_THRESHOLD);
    role->edit_count = 0;
    role->version += role->kind == PST_ROLE_ROOT && can_be_taken;
    attack_publish_again(&it);
    attack_converges(&it);
}

void attack_m08(struct attack *attack)
{
    for (size_t rule = 0; rule < PST_COUNT(rules); rule++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case(attack, "%s threshold, left out", rules[rule].name);
        struct pst_repo_role *role = attack_spoil_nth(&it, rules[rule].which);
        char room[2][80], left_out[80];
        snprintf(left_out, sizeof left_out, ",\"threshold\":1%s", rules[rule].after);
        role->version += role->kind == PST_ROLE_ROOT;
        pst_repo_edit(role, left_out, rules[rule].after);
        attack_publish_again(&it);
        attack_refused(&it, PST_MISSING_FIELD);
        for (size_t i = 0; i < PST_COUNT(thresholds); i++) {
            attack_again(&it, "%s threshold %s", rules[rule].name, thresholds[i].put);
            set_threshold(role, rule, thresholds[i].put, room);
            attack_publish_again(&it);
            attack_refused_for(&it, thresholds[i].expect);
        }
        attack_mended(&it);
        more_than_there_are(attack, rule);
    }
}

/* ---- M10 ----------------------------------------------------------------------------------- */

static const struct pst_envelope_new_signature beside[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "00"},
    {"1111111111111111111111111111111111111111111111111111111111111111", ""},
    {"not hex at all", "nor is this"},
    {"short", "deadbeef"},
};

static void add_members(struct pst_buf *bytes, const void *how)
{
    (void)how;
    attack_replace(bytes, "{\"signatures\":[", "{\"comment\":[1,{\"a\":null}],\"signatures\":[");
    attack_replace(bytes, "{\"keyid\":", "{\"method\":\"ed25519\",\"keyid\":");
}

void attack_m10(struct attack *attack)
{
    for (size_t which = 0; which < ATTACK_ROLES; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "%s, bad ones beside it", attack_nth_name(which));
        struct pst_repo_role *role = attack_spoil_nth(&it, which);
        it.spoilt_count = 0; /* it is good */
        role->version += role->kind == PST_ROLE_ROOT;
        role->extra_count = PST_COUNT(beside);
        memcpy(role->extra, beside, sizeof beside);
        attack_publish(&it);
        attack_accepted(&it);
    }
    for (size_t which = 0; which < ATTACK_SIGNED; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "%s, members beside it", attack_nth_name(which));
        attack_tamper_nth(&it, which, add_members, NULL);
        attack_publish(&it);
        attack_accepted(&it);
    }
    for (size_t which = 0; which < ATTACK_ROLES; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "%s, members inside it", attack_nth_name(which));
        struct pst_repo_role *role = attack_spoil_nth(&it, which);
        pst_repo_edit(role,
                      "\"spec_version\":", "\"some\":{\"thing\":[null,true,-1]},\"spec_version\":");
        attack_publish(&it);
        attack_accepted(&it);
    }
}
