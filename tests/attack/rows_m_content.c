/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a signed file, and what does not belong to it: fields, digests, bombs, swaps. */
#include <stdio.h>
#include <stdlib.h>

#include "keys/trust.h"
#include "tests/attack/keys.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

/* ---- M11 ----------------------------------------------------------------------------------- */

/* Beside what is signed: whatever it says, nobody listens. */
static void add_outside(struct pst_buf *bytes, const void *how)
{
    char put[300];
    snprintf(put, sizeof put, "{%s,\"signatures\":", (const char *)how);
    attack_replace(bytes, "{\"signatures\":", put);
}

static const char *const outside[] = {
    "\"version\":99,\"expires\":\"2099-01-01T00:00:00Z\"",
    "\"_type\":\"root\",\"keys\":{},\"roles\":{}",
    "\"targets\":{},\"meta\":{\"snapshot.json\":{\"version\":99}}",
    "\"has_order\":false,\"version\":\"9.9.9\",\"terminal\":\"t-2\"",
    "\"Signed\":{},\"SIGNED\":null,\"signed \":1",
};

/* Twice: a reader that takes the first and one that takes the last would believe two things. */
static const struct {
    const char *name;
    size_t which; /* ATTACK_SIGNED: all of them */
    const char *find, *put;
} twice[] = {
    {"version", ATTACK_SIGNED, "\"version\":", "\"version\":99,\"version\":"},
    {"expires", ATTACK_ROLES, "\"expires\":", "\"expires\":\"2099-01-01T00:00:00Z\",\"expires\":"},
    {"escaped", ATTACK_ROLES,
     "\"expires\":", "\"expire\\u0073\":\"2099-01-01T00:00:00Z\",\"expires\":"},
    {"signed", ATTACK_SIGNED, "\"signed\":", "\"signed\":{},\"signed\":"},
    {"signatures", ATTACK_SIGNED, "{\"signatures\":", "{\"signatures\":[],\"signatures\":"},
    {"sig", ATTACK_SIGNED, "\"sig\":", "\"sig\":\"\",\"sig\":"},
};

static void replace_nth(struct pst_buf *bytes, const void *how)
{
    size_t i = *(const size_t *)how;
    attack_replace(bytes, twice[i].find, twice[i].put);
}

static void fields_outside(struct attack *attack, size_t which)
{
    for (size_t i = 0; i < PST_COUNT(outside); i++) {
        PST_CLEANUP(attack_case)
        struct attack_case it =
            attack_case(attack, "%s, outside: %s", attack_nth_name(which), outside[i]);
        attack_tamper_nth(&it, which, add_outside, outside[i]);
        attack_publish(&it);
        attack_accepted(&it);
    }
}

static void fields_twice(struct attack *attack, size_t which)
{
    size_t i = 0;
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, version twice", attack_nth_name(which));

    attack_tamper_nth(&it, which, replace_nth, &i);
    attack_publish(&it);
    attack_refused(&it, PST_DUPLICATE_FIELD);
    for (i = 1; i < PST_COUNT(twice); i++) {
        if (twice[i].which <= which)
            continue;
        attack_again(&it, "%s, %s twice", attack_nth_name(which), twice[i].name);
        attack_publish_again(&it);
        attack_refused(&it, PST_DUPLICATE_FIELD);
    }
    attack_mended(&it);
}

/* And signed so, by the right key: still two meanings. */
static void signed_twice(struct attack *attack, size_t which)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, signed so", attack_nth_name(which));
    pst_repo_edit(attack_spoil_nth(&it, which),
                  "\"expires\":", "\"expires\":\"2099-01-01T00:00:00Z\",\"expires\":");
    attack_publish(&it);
    attack_refused(&it, PST_DUPLICATE_FIELD);
    attack_mended(&it);
}

void attack_m11(struct attack *attack)
{
    for (size_t which = 0; which < ATTACK_SIGNED; which++) {
        fields_outside(attack, which);
        fields_twice(attack, which);
    }
    for (size_t which = 0; which < ATTACK_ROLES; which++)
        signed_twice(attack, which);
}

/* ---- M12 ----------------------------------------------------------------------------------- */

/* By who lists: the snapshot in timestamp, targets in the snapshot, the manifest in the product's
 * role. Where the list itself is out of shape, it is not kept either. */
enum { LISTS = 3 };
static const struct {
    size_t which;
    const char *listed;
} lists[LISTS] = {{PST_ROLE_TIMESTAMP, "snapshot.json"},
                  {PST_ROLE_SNAPSHOT, "targets.json"},
                  {ATTACK_PRODUCT, "pos-a/5.2.0/manifest.json"}};

static const struct {
    const char *name, *put; /* for "sha256" and its value */
    bool misshapen;
    enum pst_code expect;
} digests[] = {
    {"md5 alone", "\"md5\":\"0123456789abcdef0123456789abcdef\"", false, PST_METADATA_CORRUPT},
    {"sha1 alone", "\"sha1\":\"0123456789abcdef0123456789abcdef01234567\"", false,
     PST_METADATA_CORRUPT},
    {"one that is not known", "\"blake9\":\"00\"", false, PST_METADATA_CORRUPT},
    {"none", "", true, PST_OUT_OF_BOUNDS},
    {"sha256 of no length", "\"sha256\":\"\"", true, PST_BAD_SYNTAX},
    {"sha256 too short", "\"sha256\":\"00\"", true, PST_BAD_SYNTAX},
    {"sha256 in no hex",
     "\"sha256\":\"zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"", true,
     PST_BAD_SYNTAX},
    {"sha256 that is null", "\"sha256\":null", true, PST_WRONG_TYPE},
    {"sha256 of something else",
     "\"sha256\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"", false,
     PST_METADATA_CORRUPT},
};

static const uint8_t *digest_of(const struct pst_repo_role *role, const char *listed)
{
    for (size_t i = 0; i < role->file_count; i++)
        if (strcmp(role->file[i].name, listed) == 0)
            return role->file[i].sha256;
    fail_msg("%s lists no %s", role->name, listed);
}

/* Published once to know what the digest is, and once more with another in its place: the file that
 * it is of does not change. */
static void list_digest(struct attack_case *it, size_t list, size_t how)
{
    struct pst_repo_role *role = it->spoilt[0];
    char find[100], hex[2 * PST_SHA256_BYTES + 1];

    role->edit_count = 0;
    attack_publish_again(it);
    pst_hex_print(pst_bytes(digest_of(role, lists[list].listed), PST_SHA256_BYTES), hex);
    snprintf(find, sizeof find, "\"sha256\":\"%s\"", hex);
    pst_repo_edit(role, find, digests[how].put);
    attack_publish_as_it_is(it);
    role->edit_count = 0;
}

static void digests_of(struct attack *attack, size_t list, size_t how)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, %s", lists[list].listed, digests[how].name);
    /* Files of targets are called by their digest. */
    bool is_name = lists[list].which == ATTACK_PRODUCT && how + 1 == PST_COUNT(digests);

    (void)attack_spoil_nth(&it, lists[list].which);
    list_digest(&it, list, how);
    if (!digests[how].misshapen) /* then what lists it is as good as any */
        it.spoilt_count = 0;
    attack_refused(&it, is_name ? PST_METADATA_MISSING : digests[how].expect);
    attack_mended(&it);
}

/* A root is taken that gives the role a key nobody can use; the next one mends it. */
static const struct {
    const char *name, *find, *put;
    enum pst_code expect;
} odd_keys[] = {
    {"a scheme of tomorrow", "\"scheme\":\"ed25519\"", "\"scheme\":\"ed99999\"",
     PST_ALGORITHM_UNKNOWN},
    {"another scheme's keytype", "\"keytype\":\"ed25519\"", "\"keytype\":\"ecdsa\"",
     PST_ALGORITHM_UNKNOWN},
    {"another scheme", "\"scheme\":\"ed25519\"", "\"scheme\":\"ecdsa-sha2-nistp256\"",
     PST_ALGORITHM_UNKNOWN},
};

static void odd_key(struct attack *attack, size_t which, size_t how)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s, %s", attack_nth_name(which), odd_keys[how].name);
    struct pst_repo *repo = it.scene->repo;
    const struct pst_repo_key *good =
        which == ATTACK_PRODUCT ? &it.scene->product_key : &repo->key[which];
    PST_CLEANUP(pst_repo_key)
    struct pst_repo_key odd = pst_repo_key_with(good, odd_keys[how].find, odd_keys[how].put);
    const struct pst_repo_key *bad = &odd;

    attack_rule(&it, which, 1, &bad, 1);
    repo->root.version++;
    attack_publish_again(&it);
    attack_refused(&it, odd_keys[how].expect, PST_SIGNATURE_THRESHOLD);
    attack_rule(&it, which, 1, &good, 1);
    repo->root.version++;
    attack_publish_again(&it);
    attack_converges(&it);
}

void attack_m12(struct attack *attack)
{
    for (size_t list = 0; list < LISTS; list++)
        for (size_t how = 0; how < PST_COUNT(digests); how++)
            digests_of(attack, list, how);
    for (size_t which = PST_ROLE_TIMESTAMP; which < ATTACK_ROLES; which++)
        for (size_t how = 0; how < PST_COUNT(odd_keys); how++)
            odd_key(attack, which, how);
}

/* ---- M13 ----------------------------------------------------------------------------------- */

enum bomb {
    DEEP_ARRAYS,
    DEEP_OBJECTS,
    MANY_FIELDS,
    SAME_FIELDS,
    MANY_NUMBERS,
    LONG_TEXT,
    ESCAPES,
    LONG_NUMBER,
    BOMBS
};
static const char *const bomb_names[BOMBS] = {[DEEP_ARRAYS] = "arrays in arrays",
                                              [DEEP_OBJECTS] = "objects in objects",
                                              [MANY_FIELDS] = "a field for each few bytes",
                                              [SAME_FIELDS] = "the same field all over",
                                              [MANY_NUMBERS] = "numbers",
                                              [LONG_TEXT] = "one long text",
                                              [ESCAPES] = "one text of escapes",
                                              [LONG_NUMBER] = "one long number"};

struct bomb_order {
    enum bomb bomb;
    size_t bytes;
};

static void fill(struct pst_buf *out, size_t bytes, const char *each)
{
    while (out->len + strlen(each) < bytes)
        assert_true(pst_buf_add_text(out, each));
}

static void fill_fields(struct pst_buf *out, size_t bytes)
{
    for (size_t i = 0; out->len + 24 < bytes; i++)
        assert_true(pst_buf_print(out, "%s\"%zx\":0", i > 0 ? "," : "", i));
}

static void write_bomb(struct pst_buf *out, enum bomb bomb, size_t bytes)
{
    static const char *const each[BOMBS] = {
        [DEEP_ARRAYS] = "[",   [DEEP_OBJECTS] = "{\"a\":", [SAME_FIELDS] = "\"a\":0,",
        [MANY_NUMBERS] = "0,", [LONG_TEXT] = "a",          [ESCAPES] = "\\u00e9",
        [LONG_NUMBER] = "7"};
    static const char *const begin[BOMBS] = {[MANY_FIELDS] = "{",
                                             [SAME_FIELDS] = "{",
                                             [MANY_NUMBERS] = "[",
                                             [LONG_TEXT] = "\"",
                                             [ESCAPES] = "\""};
    static const char *const end[BOMBS] = {[MANY_FIELDS] = "}",
                                           [SAME_FIELDS] = "\"a\":0}",
                                           [MANY_NUMBERS] = "0]",
                                           [LONG_TEXT] = "\"",
                                           [ESCAPES] = "\""};
    assert_true(pst_buf_add_text(out, begin[bomb] != NULL ? begin[bomb] : ""));
    if (bomb == MANY_FIELDS)
        fill_fields(out, bytes);
    else
        fill(out, bytes, each[bomb]);
    assert_true(pst_buf_add_text(out, end[bomb] != NULL ? end[bomb] : ""));
}

/* In what is signed, so that the signature is bad and somebody has to find out. */
static void plant_bomb(struct pst_buf *bytes, const void *how)
{
    const struct bomb_order *order = how;
    PST_CLEANUP(pst_buf) struct pst_buf put = pst_buf(16 << 20);

    assert_true(pst_buf_add_text(&put, "\"signed\":{\"bomb\":"));
    write_bomb(&put, order->bomb, order->bytes - bytes->len - 64);
    assert_true(pst_buf_add_text(&put, ",") && pst_buf_add(&put, "", 1));
    attack_replace(bytes, "\"signed\":{", (const char *)put.at);
}

static const size_t room_of[ATTACK_SIGNED] = {[PST_ROLE_ROOT] = PST_TRUST_ROOT_BYTES,
                                              [PST_ROLE_TIMESTAMP] = PST_TRUST_TIMESTAMP_BYTES,
                                              [PST_ROLE_SNAPSHOT] = PST_TRUST_SNAPSHOT_BYTES,
                                              [PST_ROLE_TARGETS] = PST_TRUST_TARGETS_BYTES,
                                              [ATTACK_PRODUCT] = PST_TRUST_TARGETS_BYTES,
                                              [ATTACK_ASSIGNMENT] = 60000};

/* The reader's own ceilings come first: depth, values. Below them the signature decides. */
typedef const enum pst_code outcome[4];
static outcome forged = {PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD};
static outcome strange = {PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD, PST_UNKNOWN_FIELD};
static outcome too_large = {PST_TOO_LARGE};
static outcome twice_named = {PST_DUPLICATE_FIELD};
static outcome no_json = {PST_METADATA_CORRUPT, PST_BAD_SYNTAX};
static outcome no_answer = {PST_BAD_SYNTAX}; /* what a service sends is no file */

static const enum pst_code *const explosion[BOMBS][ATTACK_SIGNED] = {
    [DEEP_ARRAYS] = {too_large, too_large, too_large, too_large, too_large, too_large},
    [DEEP_OBJECTS] = {too_large, too_large, too_large, too_large, too_large, too_large},
    [MANY_FIELDS] = {forged, forged, forged, too_large, too_large, too_large},
    [SAME_FIELDS] = {twice_named, twice_named, twice_named, too_large, too_large, too_large},
    [MANY_NUMBERS] = {forged, forged, too_large, too_large, too_large, too_large},
    [LONG_TEXT] = {forged, forged, forged, forged, forged, strange},
    [ESCAPES] = {forged, forged, forged, forged, forged, strange},
    [LONG_NUMBER] = {no_json, no_json, no_json, no_json, no_json, no_answer},
};

void attack_m13(struct attack *attack)
{
    for (size_t which = 0; which < ATTACK_SIGNED; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case(attack, "%s, too large", attack_nth_name(which));
        struct bomb_order order = {LONG_TEXT, room_of[which] + 8000};
        attack_tamper_nth(&it, which, plant_bomb, &order);
        attack_publish(&it);
        attack_refused(&it, which < ATTACK_ROLES ? PST_METADATA_TOO_LARGE : PST_TOO_LARGE);
        for (int bomb = 0; bomb < BOMBS; bomb++) {
            attack_again(&it, "%s, %s", attack_nth_name(which), bomb_names[bomb]);
            order = (struct bomb_order){(enum bomb)bomb, room_of[which]};
            attack_publish_again(&it);
            attack_refused_for(&it, explosion[bomb][which]);
        }
        attack_mended(&it);
    }
}

/* ---- M15 ----------------------------------------------------------------------------------- */

static void swap_bytes(struct pst_buf *bytes, const void *how)
{
    const struct pst_buf *other = how;
    pst_buf_clear(bytes);
    assert_true(pst_buf_add(bytes, other->at, other->len));
}

/* Valid, fresh, signed - for another role. */
static void swapped(struct attack *attack, size_t which, size_t other)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s served as %s", attack_nth_name(other), attack_nth_name(which));
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    const struct pst_repo_role *from =
        other == ATTACK_PRODUCT ? it.scene->product : attack_role(&it, (enum pst_role_kind)other);
    bool both_targets = which >= PST_ROLE_TARGETS && other >= PST_ROLE_TARGETS;

    assert_true(pst_buf_add(&bytes, from->bytes.at, from->bytes.len));
    attack_tamper_nth(&it, which, swap_bytes, &bytes);
    attack_publish(&it);
    if (both_targets)
        attack_refused(&it, PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD, PST_METADATA_WRONG_VERSION);
    else
        attack_refused(&it, PST_METADATA_WRONG_ROLE, PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD);
    attack_mended(&it);
}

static void says_another_type(struct attack *attack, size_t which, const char *type)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s says that it is '%s'", attack_nth_name(which), type);
    struct pst_repo_role *role = attack_spoil_nth(&it, which);
    char find[40], put[40];

    snprintf(find, sizeof find, "\"_type\":\"%s\"", pst_role_kind_name(role->kind));
    snprintf(put, sizeof put, "\"_type\":\"%s\"", type);
    pst_repo_edit(role, find, put);
    attack_publish(&it);
    attack_refused(&it, PST_METADATA_WRONG_ROLE);
    attack_mended(&it);
}

void attack_m15(struct attack *attack)
{
    static const char *const types[] = {"root", "timestamp", "snapshot", "targets",
                                        "Root", "mirrors",   " ",        "pos-a"};
    for (size_t which = 0; which < ATTACK_ROLES; which++) {
        for (size_t other = 0; other < ATTACK_ROLES; other++)
            if (other != which)
                swapped(attack, which, other);
        for (size_t i = 0; i < PST_COUNT(types); i++)
            if (which >= ATTACK_PRODUCT ? strcmp(types[i], "targets") != 0
                                        : strcmp(types[i], attack_nth_name(which)) != 0)
                says_another_type(attack, which, types[i]);
    }
}
