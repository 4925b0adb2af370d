/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures themselves: none, wrong, misshapen, with a key inside; a library that misleads. */
#include <stdio.h>

#include "tests/attack/crypto.h"
#include "tests/attack/keys.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

/* ---- tampering with the first signature of a file ------------------------------------------- */

static void set_first(struct pst_buf *bytes, const char *member, const char *value)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(bytes->max + 1);
    assert_true(pst_buf_add(&text, bytes->at, bytes->len) && pst_buf_add(&text, "", 1));
    const char *begin = strstr((const char *)text.at, member);
    assert_non_null(begin);
    begin += strlen(member);
    char before[PST_SIGNATURE_HEX_MOST + 64], after[PST_SIGNATURE_HEX_MOST + 64];
    snprintf(before, sizeof before, "%s%.*s\"", member, (int)strcspn(begin, "\""), begin);
    snprintf(after, sizeof after, "%s%s\"", member, value);
    if (strcmp(before, after) == 0) /* a change that changes nothing proves nothing */
        fail_msg("%s is '%s' already", member, value);
    attack_replace(bytes, before, after);
}

static void get_first(const struct pst_buf *bytes, const char *member, char *out, size_t room)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(bytes->max + 1);
    assert_true(pst_buf_add(&text, bytes->at, bytes->len) && pst_buf_add(&text, "", 1));
    const char *begin = strstr((const char *)text.at, member);
    assert_non_null(begin);
    begin += strlen(member);
    snprintf(out, room, "%.*s", (int)strcspn(begin, "\""), begin);
}

static void set_signature(struct pst_buf *bytes, const void *hex)
{
    set_first(bytes, "\"sig\":\"", hex);
}

static void change_signature(struct pst_buf *bytes, void (*change)(char *hex))
{
    char hex[PST_SIGNATURE_HEX_MOST + 1];
    get_first(bytes, "\"sig\":\"", hex, sizeof hex);
    change(hex);
    set_signature(bytes, hex);
}

/* ---- M01 ----------------------------------------------------------------------------------- */

/* All that stands between the brackets. */
static void set_signatures(struct pst_buf *bytes, const void *put)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(bytes->max + 1);
    PST_CLEANUP(pst_buf) struct pst_buf before = pst_buf(bytes->max);
    assert_true(pst_buf_add(&text, bytes->at, bytes->len) && pst_buf_add(&text, "", 1));
    const char *begin = strstr((const char *)text.at, "\"signatures\":[");
    assert_non_null(begin);
    const char *end = strchr(begin, ']');
    assert_non_null(end);
    assert_true(pst_buf_add(&before, begin, (size_t)(end - begin) + 1) &&
                pst_buf_add(&before, "", 1));
    attack_replace(bytes, (const char *)before.at, put);
}

static const struct {
    const char *name, *put;
    enum pst_code expect[2];
} no_signatures[] = {
    {"an empty list", "\"signatures\":[]", {PST_SIGNATURE_MISSING}},
    {"no list", "\"signature\":[]", {PST_MISSING_FIELD}},
    {"null", "\"signatures\":null", {PST_WRONG_TYPE}},
    {"an object", "\"signatures\":{}", {PST_WRONG_TYPE}},
};

void attack_m01(struct attack *attack)
{
    for (size_t which = 0; which < ATTACK_SIGNED; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case(attack, "%s, an empty text", attack_nth_name(which));
        attack_tamper_nth(&it, which, set_signature, "");
        attack_publish(&it);
        attack_refused(&it, PST_SIGNATURE_MISSING);
        it.tamper = set_signatures;
        for (size_t i = 0; i < PST_COUNT(no_signatures); i++) {
            attack_again(&it, "%s, %s", attack_nth_name(which), no_signatures[i].name);
            it.how = no_signatures[i].put;
            attack_publish_again(&it);
            attack_refused_for(&it, no_signatures[i].expect);
        }
        attack_mended(&it);
    }
}

/* ---- M02 ----------------------------------------------------------------------------------- */

static void flip_first_bit(char *hex)
{
    hex[0] = hex[0] == '0' ? '1' : '0';
}

static void flip_last_bit(char *hex)
{
    char *last = hex + strlen(hex) - 1;
    *last = *last == '0' ? '1' : '0';
}

static void zero_all(char *hex)
{
    memset(hex, '0', strlen(hex));
}

static void swap_halves(char *hex)
{
    size_t half = strlen(hex) / 2;
    for (size_t i = 0; i < half; i++) {
        char c = hex[i];
        hex[i] = hex[half + i];
        hex[half + i] = c;
    }
}

static const struct {
    const char *name;
    void (*change)(char *hex);
} changes[] = {{"its first bit flipped", flip_first_bit},
               {"its last bit flipped", flip_last_bit},
               {"all zero", zero_all},
               {"its halves swapped", swap_halves}};

static void change_nth(struct pst_buf *bytes, const void *how)
{
    change_signature(bytes, changes[*(const size_t *)how].change);
}

static void wrong_signatures(struct attack *attack, const char *scheme, size_t which,
                             const struct pst_repo_key *good, const struct pst_repo_key *stranger)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s, %s, a stranger's", scheme, attack_nth_name(which));
    const struct pst_repo_key *const let = good;
    struct pst_repo_key forged = attack_forged(stranger, good);
    const struct pst_repo_key *const forger = &forged;
    char hex[PST_SIGNATURE_HEX_MOST + 1];

    attack_rule(&it, which, 1, &let, 1);
    attack_settle(&it);
    struct pst_repo_role *role = attack_spoil_nth(&it, which);
    get_first(&role->bytes, "\"sig\":\"", hex, sizeof hex);
    pst_repo_sign_with(role, &forger, 1);
    attack_publish(&it);
    attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);

    pst_repo_sign_with(role, &let, 1);
    attack_again(&it, "%s, %s, that of the version before", scheme, attack_nth_name(which));
    it.tamper = set_signature;
    it.how = hex;
    attack_publish_again(&it);
    attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
    it.tamper = change_nth;
    for (size_t i = 0; i < PST_COUNT(changes); i++) {
        attack_again(&it, "%s, %s, %s", scheme, attack_nth_name(which), changes[i].name);
        it.how = &i;
        attack_publish_again(&it);
        attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
    }
    attack_mended(&it);
}

static void wrong_assignment(struct attack *attack)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "assignment, a stranger's");
    it.scene->service.signer = &it.scene->stranger;
    attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
    it.scene->service.signer = &it.scene->assignments_key;
    attack_tamper_nth(&it, ATTACK_ASSIGNMENT, change_nth, NULL);
    for (size_t i = 0; i < PST_COUNT(changes); i++) {
        attack_again(&it, "assignment, %s", changes[i].name);
        it.how = &i;
        attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
    }
    attack_mended(&it);
}

void attack_m02(struct attack *attack)
{
    for (const char *const *scheme = pst_schemes(); *scheme != NULL; scheme++) {
        struct pst_repo_key good = pst_repo_key(*scheme), stranger = pst_repo_key(*scheme);
        bool for_products = strcmp(*scheme, "sm2-sm3") == 0;
        for (size_t which = for_products ? ATTACK_PRODUCT : 0; which < ATTACK_ROLES; which++)
            wrong_signatures(attack, *scheme, which, &good, &stranger);
        pst_repo_key_cleanup(&good);
        pst_repo_key_cleanup(&stranger);
    }
    wrong_assignment(attack);
}

/* ---- M03 ----------------------------------------------------------------------------------- */

enum { LENGTHS = 129, HEX_ROOM = 2 * LENGTHS + 2 };

/* The right signature, cut or drawn out to so many hex digits. */
static void set_length(struct pst_buf *bytes, const void *how)
{
    size_t digits = *(const size_t *)how;
    char hex[PST_SIGNATURE_HEX_MOST + 1];

    get_first(bytes, "\"sig\":\"", hex, sizeof hex);
    for (size_t i = strlen(hex); i < digits; i++)
        hex[i] = hex[i % 128];
    hex[digits] = '\0';
    set_signature(bytes, hex);
}

static void to_upper(char *hex)
{
    for (; *hex != '\0'; hex++)
        *hex = *hex >= 'a' && *hex <= 'f' ? (char)(*hex - 'a' + 'A') : *hex;
}

static void no_hex_at_the_end(char *hex)
{
    hex[strlen(hex) - 1] = 'g';
}

static void blank_before(char *hex)
{
    hex[0] = ' ';
}

static void as_base64(char *hex)
{
    memset(hex, 'A', strlen(hex));
    memcpy(hex + strlen(hex) - 2, "==", 2);
}

static void with_prefix(char *hex)
{
    memcpy(hex, "0x", 2);
}

static const struct {
    const char *name;
    void (*change)(char *hex);
} spellings[] = {{"in capitals", to_upper},
                 {"not hex at its end", no_hex_at_the_end},
                 {"a blank before it", blank_before},
                 {"base64", as_base64},
                 {"0x before it", with_prefix}};

static void spell_nth(struct pst_buf *bytes, const void *how)
{
    change_signature(bytes, spellings[*(const size_t *)how].change);
}

static void one_length(struct attack_case *it, size_t which, size_t digits)
{
    static const enum pst_code none[] = {PST_SIGNATURE_MISSING, PST_OK};
    static const enum pst_code bad[] = {PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD, PST_OK};

    attack_again(it, "%s, %zu digits", attack_nth_name(which), digits);
    it->how = &digits;
    attack_publish_again(it);
    attack_refused_for(it, digits == 0 ? none : bad);
}

void attack_m03(struct attack *attack)
{
    for (size_t which = 0; which < ATTACK_SIGNED; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "%s, one digit too many", attack_nth_name(which));
        size_t digits = 129;
        attack_tamper_nth(&it, which, set_length, &digits);
        attack_publish(&it);
        attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
        for (size_t bytes = 0; bytes < LENGTHS; bytes++)
            if (bytes != 64)
                one_length(&it, which, 2 * bytes);
        one_length(&it, which, 127);
        one_length(&it, which, PST_SIGNATURE_HEX_MOST);
        it.tamper = spell_nth;
        for (size_t i = 0; i < PST_COUNT(spellings); i++) {
            attack_again(&it, "%s, %s", attack_nth_name(which), spellings[i].name);
            it.how = &i;
            attack_publish_again(&it);
            attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
        }
        attack_mended(&it);
    }
}

/* ---- M04 ----------------------------------------------------------------------------------- */

static const char *const signed_as[ATTACK_SIGNED] = {
    [PST_ROLE_ROOT] = "\"_type\":\"root\"",
    [PST_ROLE_TIMESTAMP] = "\"_type\":\"timestamp\"",
    [PST_ROLE_SNAPSHOT] = "\"_type\":\"snapshot\"",
    [PST_ROLE_TARGETS] = "\"delegations\":{\"keys\":{\"",
    [ATTACK_PRODUCT] = "pos-a/5.2.0/manifest.json\":{",
    [ATTACK_ASSIGNMENT] = "postern.assignment/1",
};

static void misled(struct attack *attack, size_t which, int answer)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s, the library answers %d", attack_nth_name(which), answer);
    static const enum pst_code bad[] = {PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD, PST_OK};
    /* The trusted root is read again: it is damaged, as far as the terminal can tell. */
    static const enum pst_code bad_root[] = {PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD,
                                             PST_HOST_STATE, PST_OK};

    attack_publish(&it);
    attack_crypto_answers(signed_as[which], answer, which == ATTACK_ASSIGNMENT);
    attack_refused_for(&it, which == PST_ROLE_ROOT ? bad_root : bad);
    attack_holds(&it, attack_crypto_lies() > 0, "the library was not asked");
    attack_crypto_is_sound();
    attack_mended(&it);
}

void attack_m04(struct attack *attack)
{
    static const int answers[] = {0, -1, -2, 2, 256, INT32_MAX, INT32_MIN};
    for (size_t which = 0; which < ATTACK_SIGNED; which++)
        for (size_t i = 0; i < PST_COUNT(answers); i++)
            misled(attack, which, answers[i]);
}

/* ---- M14 ----------------------------------------------------------------------------------- */

/* The stranger's public key, in every place where somebody might look for one. */
static void add_key(struct pst_buf *bytes, const void *how)
{
    const struct pst_repo_key *key = how;
    char put[4096];

    snprintf(put, sizeof put,
             "{\"key\":%.*s,\"keyval\":{\"public\":\"00\"},\"x5c\":[\"MIIB\"],\"cert\":\"MIIB\","
             "\"keyid\":\"",
             PST_ARGS(pst_buf_text(&key->object)));
    attack_replace(bytes, "{\"keyid\":\"", put);
    snprintf(put, sizeof put, "{\"keys\":{\"%s\":%.*s},\"signatures\":", key->id,
             PST_ARGS(pst_buf_text(&key->object)));
    attack_replace(bytes, "{\"signatures\":", put);
}

/* In a root and in targets also beside the genuine ones, for no role. */
static void smuggled(struct attack *attack, size_t which, bool pretends)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, %s", attack_nth_name(which),
                                        pretends ? "under the right keyid" : "under its own keyid");
    const struct pst_repo_key *stranger = &it.scene->stranger;
    struct pst_repo_key forged = *stranger;

    attack_tamper_nth(&it, which, add_key, stranger);
    if (which == ATTACK_ASSIGNMENT) { /* always under the right keyid: agent_scene.c */
        it.scene->service.signer = stranger;
    } else {
        struct pst_repo_role *role = it.spoilt[0];
        forged.borrowed = true;
        if (pretends)
            memcpy(forged.id, role->signer[0]->id, sizeof forged.id);
        const struct pst_repo_key *const forger = &forged;
        pst_repo_sign_with(role, &forger, 1);
        attack_publish(&it);
    }
    attack_refused(&it, pretends ? PST_SIGNATURE_INVALID : PST_KEY_UNKNOWN,
                   PST_SIGNATURE_THRESHOLD);
    attack_mended(&it);
}

void attack_m14(struct attack *attack)
{
    for (size_t which = 0; which < ATTACK_ROLES; which++)
        smuggled(attack, which, false);
    for (size_t which = 0; which < ATTACK_SIGNED; which++)
        smuggled(attack, which, true);
}
