/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that were stolen, revoked, lost, or are none. */
#include <stdio.h>

#include "keys/trust.h"
#include "tests/attack/keys.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

#define YEAR (365 * PST_REPO_DAY)

static const struct pst_repo_key *key_of(const struct attack_case *it, size_t which)
{
    if (which == ATTACK_ASSIGNMENT)
        return &it->scene->assignments_key;
    return which == ATTACK_PRODUCT ? &it->scene->product_key : &it->scene->repo->key[which];
}

/* The assignments' key is in the scene itself: it and the new one change places. */
static void give_new_key(struct attack_case *it, size_t which, struct pst_repo_key *fresh)
{
    const struct pst_repo_key *key = fresh;

    if (which < ATTACK_ROLES) {
        attack_rule(it, which, 1, &key, 1);
        return;
    }
    struct pst_repo_key before = it->scene->assignments_key;
    it->scene->assignments_key = *fresh;
    *fresh = before;
}

/* ---- K06 ----------------------------------------------------------------------------------- */

/* Replaced, and goes on signing under its own name. */
static void replaced(struct attack *attack, size_t which)
{
    PST_CLEANUP(pst_repo_key) struct pst_repo_key fresh = pst_repo_key("ed25519");
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, replaced", attack_nth_name(which));
    const struct pst_repo_key *old = key_of(&it, which);

    give_new_key(&it, which, &fresh);
    attack_settle(&it);
    pst_repo_sign_with(attack_spoil_nth(&it, which), &old, 1);
    attack_publish(&it);
    attack_refused(&it, PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD);
    attack_mended(&it);
}

/* `keyid` must outlive the case. */
static void revoke(struct attack_case *it, const char *keyid, int64_t from_s)
{
    struct pst_repo_role *root = &it->scene->repo->root;
    root->revoked[root->revoked_count++] =
        (struct pst_role_draft_mark){.name = keyid, .from_s = from_s, .reason = "leaked"};
}

/* Still listed where it was, for targets and products are signed by others than root. */
static void revoked(struct attack *attack, size_t which, bool under_another_name)
{
    PST_CLEANUP(pst_repo_key) struct pst_repo_key fresh = pst_repo_key("ed25519");
    struct pst_repo_key again = {.borrowed = true};
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, revoked%s", attack_nth_name(which),
                                        under_another_name ? ", and back under another keyid" : "");
    const struct pst_repo_key *old = key_of(&it, which), *other = &again;
    char keyid[sizeof old->id]; /* of what moves when the assignments' key is replaced */

    memcpy(keyid, old->id, sizeof keyid);
    revoke(&it, keyid, PST_REPO_NOW - PST_REPO_DAY);
    it.scene->repo->root.version++;
    if (under_another_name) {
        /* Beside its former self: the root that revokes a key keeps its public half. */
        again = pst_repo_key_again(old, PST_REPO_NOW + YEAR);
        const struct pst_repo_key *const both[] = {old, other};
        attack_rule(&it, which, 1, both, 2);
        pst_repo_sign_with(attack_spoil_nth(&it, which), &other, 1);
        it.spoilt_count = 0;
    }
    attack_publish(&it);
    attack_refused(&it, PST_KEY_REVOKED, PST_SIGNATURE_THRESHOLD);
    give_new_key(&it, which, &fresh);
    if (which == ATTACK_ASSIGNMENT) { /* targets names the new one by the same place */
        const struct pst_repo_key *named = &it.scene->assignments_key;
        pst_repo_let(&it.scene->repo->targets.delegation[1].rule, 1, &named, 1);
    }
    it.scene->repo->root.version++;
    attack_publish(&it);
    attack_converges(&it);
    pst_repo_key_cleanup(&again);
}

/* A date that is still to come stops nobody. */
static void revoked_tomorrow(struct attack *attack, size_t which)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s, revoked from tomorrow", attack_nth_name(which));
    revoke(&it, key_of(&it, which)->id, PST_REPO_NOW + PST_REPO_DAY);
    it.scene->repo->root.version++;
    attack_publish(&it);
    attack_accepted(&it);
}

/* A key whose time is over, or has not come, counts no more than one that was revoked. */
static void out_of_window(struct attack *attack, size_t which, int64_t from_s, int64_t to_s)
{
    PST_CLEANUP(pst_repo_key)
    struct pst_repo_key key = pst_repo_key_between("ed25519", from_s, to_s);
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, %s", attack_nth_name(which),
                                        to_s <= PST_REPO_NOW ? "ended" : "not begun");
    const struct pst_repo_key *let = &key, *good = key_of(&it, which);

    attack_rule(&it, which, 1, &let, 1);
    it.scene->repo->root.version++;
    attack_publish(&it);
    attack_refused(&it, to_s <= PST_REPO_NOW ? PST_KEY_EXPIRED : PST_KEY_NOT_YET_VALID,
                   PST_SIGNATURE_THRESHOLD);
    attack_rule(&it, which, 1, &good, 1);
    it.scene->repo->root.version++;
    attack_publish(&it);
    attack_converges(&it);
}

void attack_k06(struct attack *attack)
{
    for (size_t which = PST_ROLE_TIMESTAMP; which < ATTACK_ROLES; which++) {
        out_of_window(attack, which, PST_REPO_NOW - YEAR, PST_REPO_NOW);
        out_of_window(attack, which, PST_REPO_NOW + 1, PST_REPO_NOW + YEAR);
    }
    for (size_t which = 0; which < ATTACK_ROLES; which++)
        replaced(attack, which);
    for (size_t which = PST_ROLE_TIMESTAMP; which < ATTACK_SIGNED; which++) {
        revoked(attack, which, false);
        revoked_tomorrow(attack, which);
    }
    for (size_t which = PST_ROLE_TIMESTAMP; which < ATTACK_ROLES; which++)
        revoked(attack, which, true);
}

/* ---- K07 ----------------------------------------------------------------------------------- */

/* Other keys for timestamp and snapshot: what was seen under the old ones is no floor any more. */
static void rotate_online_keys(struct attack_case *it, const struct pst_repo_key fresh[2])
{
    const struct pst_repo_key *timestamp = &fresh[0], *snapshot = &fresh[1];
    attack_rule(it, PST_ROLE_TIMESTAMP, 1, &timestamp, 1);
    attack_rule(it, PST_ROLE_SNAPSHOT, 1, &snapshot, 1);
    it->scene->repo->root.version++;
}

/* The thief's timestamps last for ever, and name the snapshot that there is. */
static void freeze(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "frozen for a month");
    struct agent_scene *scene = it.scene;
    struct pst_repo_role *timestamp = attack_role(&it, PST_ROLE_TIMESTAMP);

    attack_role(&it, PST_ROLE_ROOT)->expires_s = PST_REPO_NOW + YEAR;
    attack_settle(&it);
    timestamp->expires_s = PST_REPO_NOW + 70 * YEAR;
    scene->service.has_order = false;
    for (int day = 1; day < 30; day++) {
        scene->clock.wall_s = scene->service.now_s = PST_REPO_NOW + day * PST_REPO_DAY;
        timestamp->version++;
        pst_repo_sign(timestamp);
        agent_scene_serve(scene);
        (void)attack_cycle(&it);
        attack_holds(&it, it.cycle->progress == PST_PROGRESS_IDLE, "day %d: %s%s", day,
                     pst_progress_name(it.cycle->progress), agent_scene_explain(&it.cycle->why));
    }
    scene->service.has_order = true;
    attack_again(&it, "and a day");
    scene->clock.wall_s = scene->service.now_s = PST_REPO_NOW + 30 * PST_REPO_DAY;
    attack_refused(&it, PST_METADATA_EXPIRED);
    attack_holds(&it, strcmp(it.cycle->why.finding[0].where, "metadata/source 1/snapshot") == 0,
                 "not the snapshot but %s", it.cycle->why.finding[0].where);
    attack_mended(&it);
}

/* All other files signed with it too, under its own name or theirs. */
static void forge_all(struct attack *attack, bool pretends)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "signs all the rest %s", pretends ? "in their names" : "in its own");
    const struct pst_repo_key *stolen = key_of(&it, PST_ROLE_TIMESTAMP);

    for (size_t which = PST_ROLE_SNAPSHOT; which < ATTACK_ROLES; which++) {
        struct pst_repo_key forged = attack_forged(stolen, pretends ? key_of(&it, which) : stolen);
        const struct pst_repo_key *const forger = &forged;
        attack_again(&it, "signs %s %s", attack_nth_name(which),
                     pretends ? "in its name" : "in its own");
        struct pst_repo_role *role = attack_spoil_nth(&it, which);
        const struct pst_repo_key *const right = role->signer[0];
        pst_repo_sign_with(role, &forger, 1);
        attack_publish_again(&it);
        attack_refused(&it, pretends ? PST_SIGNATURE_INVALID : PST_KEY_UNKNOWN,
                       PST_SIGNATURE_THRESHOLD);
        pst_repo_sign_with(role, &right, 1);
        it.spoilt_count = 0;
    }
    attack_again(&it, "signs an assignment");
    attack_publish_again(&it);
    it.scene->service.signer = stolen;
    attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
    attack_mended(&it);
}

/* It names a snapshot that nobody signed: no content, and a floor that only new keys undo. */
static void name_what_is_not(struct attack *attack)
{
    struct pst_repo_key fresh[2] = {pst_repo_key("ed25519"), pst_repo_key("ed25519")};
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "a snapshot that is not");
    struct agent_scene *scene = it.scene;
    struct pst_repo_role *timestamp = attack_role(&it, PST_ROLE_TIMESTAMP);

    timestamp->version = 1000;
    timestamp->file[0].version = 1000;
    pst_repo_sign(timestamp);
    agent_scene_serve(scene);
    attack_refused(&it, PST_METADATA_MISSING);
    rotate_online_keys(&it, fresh);
    timestamp->version = 1;
    attack_publish(&it);
    attack_converges(&it);
    for (size_t i = 0; i < PST_COUNT(fresh); i++)
        pst_repo_key_cleanup(&fresh[i]);
}

void attack_k07(struct attack *attack)
{
    freeze(attack);
    forge_all(attack, false);
    forge_all(attack, true);
    name_what_is_not(attack);
}

/* ---- K10 ----------------------------------------------------------------------------------- */

#define ZEROS_60 "000000000000000000000000000000000000000000000000000000000000"
#define EFS_60   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* The neutral element and no exponent: by a key of small order it would hold for every message. */
static const char hollow[] = "01" ZEROS_60 "00" ZEROS_60 "0000";

static const struct {
    const char *name, *hex;
} no_keys[] = {
    {"a digit", "0"},
    {"31 bytes", "01" ZEROS_60},
    {"33 bytes", "0101" ZEROS_60 "00"},
    {"63 digits", "01" ZEROS_60 "0"},
    {"65 digits", "01" ZEROS_60 "000"},
    {"no hex", "zz" ZEROS_60 "00"},
    {"all zero", "00" ZEROS_60 "00"},
    {"all zero, the other sign", "00" ZEROS_60 "80"},
    {"the neutral element", "01" ZEROS_60 "00"},
    {"the neutral element, the other sign", "01" ZEROS_60 "80"},
    {"of order two", "ec" EFS_60 "7f"},
    {"of order eight", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
    {"of order eight, its inverse",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
    {"p, for zero", "ed" EFS_60 "7f"},
    {"p + 1, for the neutral element", "ee" EFS_60 "7f"},
    {"all ones", "ff" EFS_60 "ff"},
};

static void put_signature(struct pst_buf *bytes, const void *how)
{
    char before[200], after[200];
    assert_true(pst_buf_reserve(bytes, 1)); /* strstr() wants an end */
    bytes->at[bytes->len] = '\0';
    const char *begin = strstr((const char *)bytes->at, "\"sig\":\"");
    assert_non_null(begin);
    snprintf(before, sizeof before, "\"sig\":\"%.128s", begin + strlen("\"sig\":\""));
    snprintf(after, sizeof after, "\"sig\":\"%s", (const char *)how);
    attack_replace(bytes, before, after);
}

static void no_key(struct attack *attack, size_t which, size_t how)
{
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s, %s", attack_nth_name(which), no_keys[how].name);
    const struct pst_repo_key *good = key_of(&it, which);
    struct pst_report why = {0};
    PST_CLEANUP(pst_json) struct pst_json *object = NULL;
    char find[100], put[100];

    assert_int_equal(pst_json_parse(pst_buf_bytes(&good->object), &pst_json_small, &object, &why),
                     PST_OK);
    struct pst_text public =
        pst_json_text(pst_json_member(pst_json_member(object, "keyval"), "public"));
    snprintf(find, sizeof find, "\"%.*s\"", PST_ARGS(public));
    snprintf(put, sizeof put, "\"%s\"", no_keys[how].hex);
    PST_CLEANUP(pst_repo_key) struct pst_repo_key bad = pst_repo_key_with(good, find, put);
    const struct pst_repo_key *const let = &bad;

    attack_rule(&it, which, 1, &let, 1);
    attack_tamper_nth(&it, which, put_signature, hollow);
    it.scene->repo->root.version++;
    attack_publish_again(&it);
    attack_refused(&it, PST_KEY_MALFORMED, PST_SIGNATURE_THRESHOLD);
    it.tamper = NULL;
    it.spoilt_count = 0;
    attack_rule(&it, which, 1, &good, 1);
    it.scene->repo->root.version++;
    attack_publish_again(&it);
    attack_converges(&it);
}

void attack_k10(struct attack *attack)
{
    for (size_t how = 0; how < PST_COUNT(no_keys); how++) {
        no_key(attack, PST_ROLE_TIMESTAMP, how);
        no_key(attack, ATTACK_PRODUCT, how);
    }
}

/* ---- K11 ----------------------------------------------------------------------------------- */

/* The terminal takes the newest root by itself, in one cycle. */
static void follow(struct attack_case *it)
{
    it->scene->service.has_order = false;
    attack_publish_again(it);
    (void)attack_cycle(it);
    it->scene->service.has_order = true;
    attack_holds(it,
                 it->cycle->progress == PST_PROGRESS_IDLE &&
                     attack_kept_version(it, "root.json") == it->scene->repo->root.version,
                 "not followed:%s", agent_scene_explain(&it->cycle->why));
    attack_good(it);
}

/* Two of three hold the root. One key is lost, and then found by somebody else; at the same time
 * the service and its online keys are stolen. No terminal is touched. */
void attack_k11(struct attack *attack)
{
    struct pst_repo_key key[7];
    for (size_t i = 0; i < PST_COUNT(key); i++)
        key[i] = pst_repo_key("ed25519");
    const struct pst_repo_key *const three[] = {&key[0], &key[1], &key[2]};
    const struct pst_repo_key *const next[] = {&key[0], &key[1], &key[3]};
    const struct pst_repo_key *const found[] = {&key[2]};
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "one of three is lost");
    struct pst_repo_role *root = &it.scene->repo->root;

    attack_rule(&it, PST_ROLE_ROOT, 2, three, 3);
    attack_settle(&it);
    revoke(&it, three[2]->id, PST_REPO_NOW - PST_REPO_DAY);
    pst_repo_let(&root->rule[PST_ROLE_ROOT], 2, next, 3);
    pst_repo_sign_with(root, next, 2); /* the two who are left */
    root->version++;
    follow(&it);

    attack_again(&it, "who found it signs a root alone");
    pst_repo_sign_with(attack_spoil(&it, PST_ROLE_ROOT), found, 1);
    attack_publish(&it);
    attack_refused(&it, PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD);
    root->version--;
    it.spoilt_count = 0;

    attack_again(&it, "the online keys are replaced by the two who are left");
    pst_repo_sign_with(root, next, 2);
    rotate_online_keys(&it, &key[4]);
    follow(&it);

    attack_again(&it, "and the stolen ones are worth nothing");
    const struct pst_repo_key *stolen = &it.scene->repo->key[PST_ROLE_TIMESTAMP];
    pst_repo_sign_with(attack_spoil(&it, PST_ROLE_TIMESTAMP), &stolen, 1);
    attack_publish_again(&it);
    attack_refused(&it, PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD);
    attack_mended(&it);
    for (size_t i = 0; i < PST_COUNT(key); i++)
        pst_repo_key_cleanup(&key[i]);
}
