/* SPDX-License-Identifier: Apache-2.0 */
/* Old files for new ones: replayed, mixed, expired; all of it once signed by the right keys. */
#include <stdio.h>

#include "tests/attack/keys.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

static const char *const mirrors[] = {"https://one.example/", "https://two.example/"};

/* A file of the repository, as it is served now. */
static void take(const struct attack_case *it, const char *name, struct pst_buf *out)
{
    const struct pst_fake_net *net = &it->scene->net;
    char url[300];

    snprintf(url, sizeof url, "%smetadata/%s", mirrors[0], name);
    for (size_t i = 0; i < net->file_count; i++)
        if (strcmp(net->file[i].url, url) == 0) {
            pst_buf_clear(out);
            *out = pst_buf(1 << 20);
            assert_true(pst_buf_add(out, net->file[i].content.at, net->file[i].content.len));
            return;
        }
    fail_msg("%s is not served", url);
}

static void give(struct attack_case *it, const char *name, const struct pst_buf *bytes)
{
    char url[300];
    for (size_t i = 0; i < PST_COUNT(mirrors); i++) {
        snprintf(url, sizeof url, "%smetadata/%s", mirrors[i], name);
        pst_fake_serve(&it->scene->net, url, pst_buf_bytes(bytes));
    }
}

static void check_kept(struct attack_case *it, const char *name, int64_t version)
{
    attack_holds(it, attack_kept_version(it, name) == version, "%s is version %lld, not %lld", name,
                 (long long)attack_kept_version(it, name), (long long)version);
}

/* ---- B01 ----------------------------------------------------------------------------------- */

/* The terminal knows version 4. */
void attack_b01(struct attack *attack)
{
    struct pst_buf old[4] = {{0}};
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "each version before");

    for (size_t i = 1; i < PST_COUNT(old); i++) {
        take(&it, "timestamp.json", &old[i]);
        attack_settle(&it);
    }
    for (size_t i = 1; i < PST_COUNT(old); i++) {
        attack_again(&it, "version %zu", i);
        give(&it, "timestamp.json", &old[i]);
        attack_refused(&it, PST_METADATA_ROLLBACK);
        check_kept(&it, "timestamp.json", 4);
        pst_buf_clear(&old[i]);
    }
    /* The number alone is older: it names the snapshot of today. */
    struct pst_repo_role *timestamp = attack_spoil(&it, PST_ROLE_TIMESTAMP);
    for (timestamp->version = 1; timestamp->version < 4; timestamp->version++) {
        attack_again(&it, "version %lld, of today", (long long)timestamp->version);
        pst_repo_sign(timestamp);
        give(&it, "timestamp.json", &timestamp->bytes);
        attack_refused(&it, PST_METADATA_ROLLBACK);
        check_kept(&it, "timestamp.json", 4);
    }
    attack_mended(&it);
}

/* ---- B02 ----------------------------------------------------------------------------------- */

/* The number is the same, so nothing is new: what was trusted stays, and nobody is alarmed. */
static void same_timestamp(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "timestamp, signed again");
    struct pst_repo_role *timestamp = attack_spoil(&it, PST_ROLE_TIMESTAMP);

    it.scene->service.has_order = false;
    timestamp->expires_s += PST_REPO_DAY;
    attack_publish_as_it_is(&it);
    for (int cycle = 0; cycle < 3; cycle++) {
        (void)attack_cycle(&it);
        attack_holds(&it, it.cycle->progress == PST_PROGRESS_IDLE, "%s%s",
                     pst_progress_name(it.cycle->progress), agent_scene_explain(&it.cycle->why));
        attack_holds(&it,
                     !pst_bytes_equal(
                         pst_buf_bytes(pst_fake_document(&it.scene->metadata, "timestamp.json")),
                         pst_repo_bytes(timestamp)),
                     "it took the place of the first");
    }
    it.scene->service.has_order = true;
    attack_mended(&it);
}

/* The number is the same, but who lists it says that it is another file. */
static void same_number(struct attack *attack, size_t which)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, listed anew", attack_nth_name(which));
    struct pst_repo *repo = it.scene->repo;

    attack_role(&it, (enum pst_role_kind)which)->expires_s += PST_REPO_DAY;
    repo->timestamp.version++;
    repo->snapshot.version += which != PST_ROLE_SNAPSHOT;
    attack_publish_as_it_is(&it);
    attack_accepted(&it);
}

/* And by a stranger's hand it is refused like any other. */
static void same_number_forged(struct attack *attack, size_t which)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, forged", attack_nth_name(which));
    struct pst_repo_role *role = attack_spoil_nth(&it, which);
    struct pst_repo_key forged = attack_forged(&it.scene->stranger, role->signer[0]);
    const struct pst_repo_key *const forger = &forged;

    role->expires_s += PST_REPO_DAY;
    pst_repo_sign_with(role, &forger, 1);
    if (which != PST_ROLE_TIMESTAMP) {
        it.scene->repo->timestamp.version++;
        it.scene->repo->snapshot.version += which != PST_ROLE_SNAPSHOT;
    }
    attack_publish_as_it_is(&it);
    if (which == PST_ROLE_SNAPSHOT) { /* the number that is kept: nobody asks for it */
        it.spoilt_count = 0;
        attack_accepted(&it);
        const struct pst_buf *kept = pst_fake_document(&it.scene->metadata, "snapshot.json");
        attack_holds(&it, !pst_bytes_equal(pst_buf_bytes(kept), pst_repo_bytes(role)),
                     "it took the place of the first");
        return;
    }
    attack_refused(&it, PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD);
    attack_mended(&it);
}

void attack_b02(struct attack *attack)
{
    same_timestamp(attack);
    for (size_t which = PST_ROLE_SNAPSHOT; which <= PST_ROLE_TARGETS; which++)
        same_number(attack, which);
    for (size_t which = PST_ROLE_TIMESTAMP; which < ATTACK_ROLES; which++)
        same_number_forged(attack, which);
}

/* ---- B03 and B04 --------------------------------------------------------------------------- */

/* Newer itself, and signed; what it lists is older, and genuine. */
void attack_b03(struct attack *attack)
{
    struct pst_repo_file older[3];
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "each snapshot before");
    struct pst_repo *repo = it.scene->repo;

    for (size_t i = 0; i < PST_COUNT(older); i++) {
        older[i] = repo->timestamp.file[0];
        attack_settle(&it);
    }
    for (size_t i = 0; i < PST_COUNT(older); i++) {
        attack_again(&it, "snapshot %zu", i + 1);
        attack_good(&it);
        repo->timestamp.version++;
        (void)attack_spoil(&it, PST_ROLE_TIMESTAMP);
        repo->timestamp.file[0] = older[i];
        pst_repo_sign(&repo->timestamp);
        agent_scene_serve(it.scene);
        for (int again = 0; again < 2; again++) {
            attack_refused(&it, PST_METADATA_ROLLBACK);
            check_kept(&it, "timestamp.json", 4);
            check_kept(&it, "snapshot.json", 4);
        }
    }
    attack_mended(&it);
}

static const struct {
    const char *name, *file;
    int64_t version; /* 0: it is not listed at all */
} worse[] = {{"targets of before", "targets.json", 1},
             {"a product's role of before", "pos-a.json", 1},
             {"no product's role", "pos-a.json", 0},
             {"no assignments' role", "assignments.json", 0}};

static void list_worse(struct pst_repo_role *snapshot, const char *name, int64_t version)
{
    size_t i = 0;
    while (strcmp(snapshot->file[i].name, name) != 0)
        assert_true(++i < snapshot->file_count);
    if (version > 0)
        snapshot->file[i].version = version;
    else
        snapshot->file[i] = snapshot->file[--snapshot->file_count];
}

static void publish_snapshot(struct attack_case *it)
{
    struct pst_repo *repo = it->scene->repo;

    repo->snapshot.version++;
    repo->timestamp.version++;
    pst_repo_sign(&repo->snapshot);
    pst_repo_list(&repo->timestamp, &repo->snapshot);
    pst_repo_sign(&repo->timestamp);
    agent_scene_serve(it->scene);
}

void attack_b04(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(worse); i++) {
        PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s", worse[i].name);
        attack_settle(&it);
        list_worse(attack_spoil(&it, PST_ROLE_SNAPSHOT), worse[i].file, worse[i].version);
        publish_snapshot(&it);
        for (int again = 0; again < 2; again++) {
            attack_refused(&it, PST_METADATA_ROLLBACK);
            check_kept(&it, "snapshot.json", 2);
        }
        attack_mended(&it);
    }
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "no targets");
    attack_settle(&it);
    pst_repo_edit(attack_spoil(&it, PST_ROLE_SNAPSHOT), "\"targets.json\":", "\"tarjets.json\":");
    publish_snapshot(&it);
    attack_refused(&it, PST_MISSING_FIELD);
    check_kept(&it, "snapshot.json", 2);
    attack_mended(&it);
}

/* ---- B05 ----------------------------------------------------------------------------------- */

/* A file of the release before, under the name that the new one has. */
static void mixed(struct attack *attack, size_t which, bool newer)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s of the release %s", attack_nth_name(which),
                                        newer ? "after" : "before");
    struct pst_repo_role *role =
        which == ATTACK_PRODUCT ? it.scene->product : attack_role(&it, (enum pst_role_kind)which);
    PST_CLEANUP(pst_buf) struct pst_buf other = pst_buf(1 << 20);
    char name[100];

    if (newer) {
        int64_t version = role->version;
        role->version = version + 2;
        pst_repo_sign(role);
        assert_true(pst_buf_add(&other, role->bytes.at, role->bytes.len));
        role->version = version;
    } else {
        assert_true(pst_buf_add(&other, role->bytes.at, role->bytes.len));
    }
    attack_publish(&it);
    snprintf(name, sizeof name, "%lld.%s.json", (long long)role->version, role->name);
    give(&it, name, &other);
    attack_refused(&it, PST_METADATA_CORRUPT, PST_METADATA_WRONG_VERSION);
    attack_mended(&it);
}

/* One mirror lags behind, or lies: the other makes up for it. */
static void one_mirror(struct attack *attack, size_t which)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, one mirror only", attack_nth_name(which));
    struct pst_repo_role *role =
        which == ATTACK_PRODUCT ? it.scene->product : attack_role(&it, (enum pst_role_kind)which);
    PST_CLEANUP(pst_buf) struct pst_buf other = pst_buf(1 << 20);
    char url[200];

    assert_true(pst_buf_add(&other, role->bytes.at, role->bytes.len));
    attack_publish(&it);
    snprintf(url, sizeof url, "%smetadata/%lld.%s.json", mirrors[0], (long long)role->version,
             role->name);
    pst_fake_serve(&it.scene->net, url, pst_buf_bytes(&other));
    attack_accepted(&it);
    attack_noted(&it, PST_METADATA_CORRUPT);
}

void attack_b05(struct attack *attack)
{
    for (size_t which = PST_ROLE_SNAPSHOT; which < ATTACK_ROLES; which++) {
        mixed(attack, which, false);
        mixed(attack, which, true);
        one_mirror(attack, which);
    }
}

/* ---- B06 ----------------------------------------------------------------------------------- */

static void expired_there(struct attack *attack, size_t which, int64_t after_now_s)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s ends %lld s from now", attack_nth_name(which),
                                        (long long)after_now_s);
    struct pst_repo_role *role = attack_spoil_nth(&it, which);

    role->expires_s = PST_REPO_NOW + after_now_s;
    if (after_now_s > 0 || which == PST_ROLE_ROOT) /* a root leads on whatever its age */
        it.spoilt_count = 0;
    role->version += which == PST_ROLE_ROOT;
    attack_publish(&it);
    if (after_now_s > 0) {
        attack_accepted(&it);
        return;
    }
    attack_refused(&it, PST_METADATA_EXPIRED);
    if (which == PST_ROLE_ROOT) { /* it was taken: the next one mends it */
        role->expires_s = PST_REPO_EXPIRES;
        role->version++;
        attack_publish(&it);
        attack_converges(&it);
        return;
    }
    attack_mended(&it);
}

/* All that it keeps has expired meanwhile; what is served has not. */
static void expired_here(struct attack *attack, size_t which)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, on the terminal only", attack_nth_name(which));
    struct agent_scene *scene = it.scene;
    struct pst_repo_role *role = attack_spoil_nth(&it, which);

    it.spoilt_count = 0;
    role->expires_s = PST_REPO_NOW + PST_REPO_DAY;
    attack_settle(&it);
    scene->clock.wall_s = scene->service.now_s = PST_REPO_NOW + 2 * PST_REPO_DAY;
    role->expires_s = PST_REPO_EXPIRES;
    scene->repo->root.version++;
    attack_publish(&it);
    attack_accepted(&it);
}

void attack_b06(struct attack *attack)
{
    static const int64_t after[] = {1, 0, -1, -PST_REPO_DAY, -3650 * PST_REPO_DAY};
    for (size_t which = 0; which < ATTACK_ROLES; which++) {
        for (size_t i = 0; i < PST_COUNT(after); i++)
            expired_there(attack, which, after[i]);
        expired_here(attack, which);
    }
}
