/* SPDX-License-Identifier: Apache-2.0 */
/* From one root to the next: good rotations, bad ones, too many, and a terminal that slept. */
#include <stdio.h>
#include <stdlib.h>

#include "keys/trust.h"
#include "tests/attack/keys.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

enum { HOLDERS = 5, NO_HOLDER = HOLDERS };

struct holders {
    struct pst_repo_key key[HOLDERS];
};

static struct holders holders(void)
{
    struct holders all;
    for (size_t i = 0; i < HOLDERS; i++)
        all.key[i] = pst_repo_key("ed25519");
    return all;
}

static void holders_cleanup(struct holders *all)
{
    for (size_t i = 0; i < HOLDERS; i++)
        pst_repo_key_cleanup(&all->key[i]);
}

/* "abc": holders 0, 1 and 2. */
static size_t named(const struct holders *all, const char *names, const struct pst_repo_key **out)
{
    size_t count = strlen(names);
    for (size_t i = 0; i < count; i++)
        out[i] = &all->key[names[i] - 'a'];
    return count;
}

/* ---- K01 and K02: who may sign before, after, and who signs the step ------------------------- */

struct step {
    const char *name;
    int64_t before;
    const char *old;
    int64_t after;
    const char *new, *signers;
    enum pst_code expect[3]; /* nothing: it is good */
};

static const struct step roots[] = {
    {"the same key", 1, "a", 1, "a", "a", {PST_OK}},
    {"another key", 1, "a", 1, "b", "ab", {PST_OK}},
    {"one more key", 1, "a", 1, "ab", "a", {PST_OK}},
    {"one more key, which signs too", 1, "a", 1, "ab", "ab", {PST_OK}},
    {"a key less", 1, "ab", 1, "a", "a", {PST_OK}},
    {"a key less, signed by the one that goes", 1, "ab", 1, "a", "ab", {PST_OK}},
    {"two sign from now on", 1, "a", 2, "ab", "ab", {PST_OK}},
    {"two of three from now on", 1, "a", 2, "abc", "ac", {PST_OK}},
    {"one signs from now on", 2, "ab", 1, "a", "ab", {PST_OK}},
    {"both replaced", 2, "ab", 2, "cd", "abcd", {PST_OK}},
    {"one of two replaced", 2, "ab", 2, "bc", "abc", {PST_OK}},
    {"one of three lost", 2, "abc", 2, "abd", "ab", {PST_OK}},
    {"the three in another order", 2, "abc", 2, "cba", "bc", {PST_OK}},
    {"three of five to two of three", 3, "abcde", 2, "abc", "abe", {PST_OK}},
    {"two of three to three of five", 2, "abc", 3, "abcde", "abe", {PST_OK}},
    {"more signatures than are needed", 2, "abc", 2, "abc", "abc", {PST_OK}},
};

static const struct step bad_roots[] = {
    {"nobody", 1, "a", 1, "b", "", {PST_SIGNATURE_MISSING}},
    {"the new key alone", 1, "a", 1, "b", "b", {PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD}},
    {"the old key alone", 1, "a", 1, "b", "a", {PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD}},
    {"one of the two old", 2, "ab", 2, "ab", "a", {PST_SIGNATURE_THRESHOLD}},
    {"one of the two new", 1, "a", 2, "ab", "a", {PST_SIGNATURE_THRESHOLD}},
    {"the old one short", 2, "ab", 1, "a", "a", {PST_SIGNATURE_THRESHOLD}},
    {"both new, one old", 2, "ab", 2, "cd", "acd", {PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD}},
    {"both old, one new", 2, "ab", 2, "cd", "abc", {PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD}},
    {"one that stays, counted for both", 2, "ab", 2, "bc", "b", {PST_SIGNATURE_THRESHOLD}},
    {"strangers", 2, "ab", 2, "ab", "cd", {PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD}},
};

/* Root as its holders were before, trusted by the terminal. */
static void begin_with(struct attack_case *it, const struct holders *all, size_t which,
                       const struct step *step)
{
    const struct pst_repo_key *old[HOLDERS];
    attack_rule(it, which, step->before, old, named(all, step->old, old));
    attack_settle(it);
}

static void try_root(struct attack *attack, const struct holders *all, const struct step *step)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "root, %s", step->name);
    struct pst_repo_role *root = &it.scene->repo->root;
    const struct pst_repo_key *new[HOLDERS], *signers[HOLDERS];
    bool is_good = step->expect[0] == PST_OK;

    begin_with(&it, all, PST_ROLE_ROOT, step);
    pst_repo_let(&root->rule[PST_ROLE_ROOT], step->after, new, named(all, step->new, new));
    pst_repo_sign_with(root, signers, named(all, step->signers, signers));
    if (!is_good)
        (void)attack_spoil(&it, PST_ROLE_ROOT);
    root->version += is_good;
    attack_publish(&it);
    if (is_good) {
        attack_accepted(&it);
        attack_holds(&it, attack_kept_version(&it, "root.json") == root->version,
                     "the new root is not kept");
        return;
    }
    attack_refused_for(&it, step->expect);
    attack_mended(&it);
}

/* The same patterns for a role that a root, or targets, names the keys of. */
static const struct step others[] = {
    {"the same key", 1, "a", 1, "a", "a", {PST_OK}},
    {"another key", 1, "a", 1, "b", "b", {PST_OK}},
    {"one more key, the old signs", 1, "a", 1, "ab", "a", {PST_OK}},
    {"one more key, the new signs", 1, "a", 1, "ab", "b", {PST_OK}},
    {"a key less", 1, "ab", 1, "b", "b", {PST_OK}},
    {"two sign from now on", 1, "a", 2, "ab", "ab", {PST_OK}},
    {"two of three", 1, "a", 2, "abc", "bc", {PST_OK}},
    {"one signs from now on", 2, "ab", 1, "a", "a", {PST_OK}},
    {"both replaced", 2, "ab", 2, "cd", "cd", {PST_OK}},
    {"the three in another order", 2, "abc", 2, "cba", "ac", {PST_OK}},
};

static void try_other(struct attack *attack, const struct holders *all, size_t which,
                      const struct step *step)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, %s", attack_nth_name(which), step->name);
    const struct pst_repo_key *new[HOLDERS], *signers[HOLDERS];
    struct pst_repo_role *role = attack_spoil_nth(&it, which);

    it.spoilt_count = 0; /* it is good */
    begin_with(&it, all, which, step);
    attack_rule(&it, which, step->after, new, named(all, step->new, new));
    pst_repo_sign_with(role, signers, named(all, step->signers, signers));
    it.scene->repo->root.version++;
    attack_publish(&it);
    attack_accepted(&it);
}

void attack_k01(struct attack *attack)
{
    PST_CLEANUP(holders) struct holders all = holders();
    for (size_t i = 0; i < PST_COUNT(roots); i++)
        try_root(attack, &all, &roots[i]);
    for (size_t which = PST_ROLE_TIMESTAMP; which < ATTACK_ROLES; which++)
        for (size_t i = 0; i < PST_COUNT(others); i++)
            try_other(attack, &all, which, &others[i]);
}

void attack_k02(struct attack *attack)
{
    PST_CLEANUP(holders) struct holders all = holders();
    for (size_t i = 0; i < PST_COUNT(bad_roots); i++)
        try_root(attack, &all, &bad_roots[i]);
}

/* ---- K03 ----------------------------------------------------------------------------------- */

/* The terminal trusts version 2 and asks for version 3. */
static const struct {
    const char *name;
    int64_t version; /* of the file that it is given instead */
} numbers[] = {{"one is left out", 4},
               {"the same again", 2},
               {"the one before", 1},
               {"far ahead", INT64_C(9007199254740991)}};

static void serve_as(struct attack_case *it, const char *name, const struct pst_repo_role *role)
{
    static const char *const mirrors[] = {"https://one.example/metadata/",
                                          "https://two.example/metadata/"};
    char url[300];
    for (size_t i = 0; i < PST_COUNT(mirrors); i++) {
        snprintf(url, sizeof url, "%s%s", mirrors[i], name);
        pst_fake_serve(&it->scene->net, url, pst_repo_bytes(role));
    }
}

void attack_k03(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(numbers); i++) {
        PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", numbers[i].name);
        struct pst_repo_role *root = &it.scene->repo->root;
        attack_settle(&it);
        assert_int_equal(root->version, 2);
        root->version = numbers[i].version;
        if (root->version != 2) /* else it is the very file that is trusted */
            (void)attack_spoil(&it, PST_ROLE_ROOT);
        attack_publish_again(&it);
        serve_as(&it, "3.root.json", root);
        for (int again = 0; again < 2; again++) { /* what was refused is not trusted next time */
            attack_refused(&it, PST_METADATA_WRONG_VERSION);
            attack_holds(&it, attack_kept_version(&it, "root.json") == 2, "another root is kept");
        }
        attack_mended(&it);
    }
    /* One is not there at all: the terminal sees nothing of those behind it. */
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "3 is not to be had");
    attack_settle(&it);
    it.scene->repo->root.version = 4;
    attack_publish_again(&it);
    attack_accepted(&it);
    attack_holds(&it, attack_kept_version(&it, "root.json") == 2, "another root is kept");
}

/* ---- K04 and K05: many roots ----------------------------------------------------------------- */

/* Roots 2 to `last`, made when they are asked for. */
struct chain {
    struct pst_repo_role root; /* as the next is to be */
    int64_t last;
    const struct pst_repo_key *new_timestamp_key; /* in the last one */
};

static void chain_cleanup(struct chain *chain)
{
    pst_buf_clear(&chain->root.bytes);
}

static struct chain chain_of(const struct attack_case *it, int64_t last)
{
    struct chain chain = {.root = it->scene->repo->root, .last = last};
    chain.root.bytes = pst_buf(1 << 20);
    return chain;
}

static bool make_root(void *context, const char *url, struct pst_buf *out)
{
    struct chain *chain = context;
    const char *name = strstr(url, "/metadata/");
    char *end = NULL;

    if (name == NULL)
        return false;
    int64_t version = strtoll(name + strlen("/metadata/"), &end, 10);
    if (strcmp(end, ".root.json") != 0 || version > chain->last)
        return false;
    chain->root.version = version;
    if (version == chain->last && chain->new_timestamp_key != NULL)
        pst_repo_let(&chain->root.rule[PST_ROLE_TIMESTAMP], 1, &chain->new_timestamp_key, 1);
    pst_repo_sign(&chain->root);
    return pst_buf_add(out, chain->root.bytes.at, chain->root.bytes.len);
}

static void serve_chain(struct attack_case *it, struct chain *chain)
{
    it->requests_most = PST_TRUST_ROTATIONS + ATTACK_REQUESTS_MOST;
    it->scene->net.maker = make_root;
    it->scene->net.maker_context = chain;
}

/* The newest root has another timestamp key; until the terminal is there, nothing can be had. */
static void many_roots(struct attack *attack, int64_t last)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%lld", (long long)last);
    PST_CLEANUP(pst_repo_key) struct pst_repo_key key = pst_repo_key("ed25519");
    PST_CLEANUP(chain) struct chain chain = chain_of(&it, last);
    const struct pst_repo_key *signer = &key;

    chain.new_timestamp_key = signer;
    serve_chain(&it, &chain);
    pst_repo_sign_with(&it.scene->repo->timestamp, &signer, 1);
    attack_publish(&it);
    for (int64_t version = 1 + PST_TRUST_ROTATIONS; version < last;
         version += PST_TRUST_ROTATIONS) {
        attack_refused(&it, PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD);
        attack_noted(&it, PST_METADATA_LIMIT);
        attack_holds(&it, attack_kept_version(&it, "root.json") == version,
                     "it stands at root %lld", (long long)attack_kept_version(&it, "root.json"));
        attack_again(&it, "%lld, from %lld on", (long long)last, (long long)version);
    }
    attack_accepted(&it);
    attack_holds(&it, attack_kept_version(&it, "root.json") == last, "not the newest root");
}

/* Whoever holds the root's keys can do this, and all else: it costs no more than the ceiling. */
static void endless_roots(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "endless");
    PST_CLEANUP(chain) struct chain chain = chain_of(&it, INT64_MAX);

    serve_chain(&it, &chain);
    for (int64_t cycle = 1; cycle <= 4; cycle++) {
        it.scene->service.has_order = cycle == 4;
        if (cycle == 4)
            attack_accepted(&it);
        else
            (void)attack_cycle(&it);
        attack_noted(&it, PST_METADATA_LIMIT);
        attack_holds(&it, attack_kept_version(&it, "root.json") == 1 + cycle * PST_TRUST_ROTATIONS,
                     "not %d roots a cycle", PST_TRUST_ROTATIONS);
    }
}

void attack_k04(struct attack *attack)
{
    many_roots(attack, 300);
    many_roots(attack, 1024);
    endless_roots(attack);
}

enum { SLEPT_ROOTS = 40, SLEPT_DAYS = 548 };

/* Each root has a key of its own, valid for a while only, and ends soon after the next one. */
struct slept {
    struct pst_repo_key key[SLEPT_ROOTS + 2]; /* by root version */
    struct pst_repo_role root;
    const struct pst_repo_rule *newest; /* of timestamp, snapshot and targets */
};

static int64_t born(int64_t version)
{
    return PST_REPO_NOW + (version - 1) * (SLEPT_DAYS - 10) / SLEPT_ROOTS * PST_REPO_DAY;
}

static void slept_cleanup(struct slept *slept)
{
    for (size_t i = 2; i < PST_COUNT(slept->key); i++)
        pst_repo_key_cleanup(&slept->key[i]);
    pst_buf_clear(&slept->root.bytes);
}

static bool make_slept_root(void *context, const char *url, struct pst_buf *out)
{
    struct slept *slept = context;
    const char *name = strstr(url, "/metadata/");
    char *end = NULL;

    if (name == NULL)
        return false;
    int64_t version = strtoll(name + strlen("/metadata/"), &end, 10);
    if (strcmp(end, ".root.json") != 0 || version < 2 || version > 1 + SLEPT_ROOTS)
        return false;
    const struct pst_repo_key *const signers[] = {
        version == 2 ? slept->root.signer[0] : &slept->key[version - 1], &slept->key[version]};
    struct pst_repo_role root = slept->root;
    root.version = version;
    root.expires_s = born(version) + 30 * PST_REPO_DAY;
    pst_repo_let(&root.rule[PST_ROLE_ROOT], 1, &signers[1], 1);
    for (int kind = PST_ROLE_TIMESTAMP; version > SLEPT_ROOTS && kind <= PST_ROLE_TARGETS; kind++)
        root.rule[kind] = slept->newest[kind];
    pst_repo_sign_with(&root, signers, 2);
    root.bytes = pst_buf(1 << 20);
    pst_repo_sign(&root);
    bool made = pst_buf_add(out, root.bytes.at, root.bytes.len);
    pst_buf_clear(&root.bytes);
    return made;
}

/* All keys are others now, all files have expired, and nobody came by. */
static void wake_up(struct attack *attack, const char *name, bool knows_time)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", name);
    PST_CLEANUP(slept) struct slept slept = {.root = it.scene->repo->root};
    struct pst_repo_rule newest[4];
    struct pst_repo *repo = it.scene->repo;
    int64_t now_s = PST_REPO_NOW + SLEPT_DAYS * PST_REPO_DAY;

    slept.root.bytes = pst_buf(1);
    for (int64_t version = 2; version <= 1 + SLEPT_ROOTS; version++)
        slept.key[version] = pst_repo_key_between("ed25519", born(version) - PST_REPO_DAY,
                                                  born(version) + 60 * PST_REPO_DAY);
    for (int kind = PST_ROLE_TIMESTAMP; kind <= PST_ROLE_TARGETS; kind++) {
        const struct pst_repo_key *last = &slept.key[1 + SLEPT_ROOTS];
        pst_repo_let(&newest[kind], 1, &last, 1);
        pst_repo_sign_with(attack_role(&it, (enum pst_role_kind)kind), &last, 1);
        attack_role(&it, (enum pst_role_kind)kind)->expires_s = now_s + PST_REPO_DAY;
    }
    for (size_t i = 0; i < repo->role_count; i++)
        repo->role[i].expires_s = now_s + PST_REPO_DAY;
    slept.newest = newest;
    it.scene->net.maker = make_slept_root;
    it.scene->net.maker_context = &slept;
    it.scene->service.now_s = now_s;
    it.scene->clock.wall_s = knows_time ? now_s : 0;
    it.requests_most = 2 * (SLEPT_ROOTS + ATTACK_REQUESTS_MOST);
    attack_publish(&it);
    attack_accepted(&it);
    attack_holds(&it, attack_kept_version(&it, "root.json") == 1 + SLEPT_ROOTS,
                 "not the newest root");
    if (!knows_time)
        attack_noted(&it, PST_CLOCK_UNTRUSTED);
}

void attack_k05(struct attack *attack)
{
    wake_up(attack, "its clock went on", true);
    wake_up(attack, "its clock is dead", false);
}
