/* SPDX-License-Identifier: Apache-2.0 */
/* What stays on the terminal: versions driven to the end, and trusted files that were damaged. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/keys.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

/* ---- K08 ----------------------------------------------------------------------------------- */

static const int64_t ends[] = {INT32_MAX, INT64_C(1) << 32, PST_JSON_INTEGER_MAX};

/* Who holds the role's key (and those of its parents) signs the last version that there is. Nothing
 * genuine is newer, until the keys that said so are replaced. */
static void fast_forward(struct attack *attack, size_t which, int64_t version)
{
    struct pst_repo_key fresh[3] = {pst_repo_key("ed25519"), pst_repo_key("ed25519"),
                                    pst_repo_key("ed25519")};
    PST_CLEANUP(attack_case)
    struct attack_case it =
        attack_case(attack, "%s at %lld", attack_nth_name(which), (long long)version);
    struct agent_scene *scene = it.scene;
    struct pst_repo_role *role =
        which == ATTACK_PRODUCT ? scene->product : attack_role(&it, (enum pst_role_kind)which);

    /* The thief, while nothing is ordered. */
    scene->service.has_order = false;
    attack_publish_again(&it);
    role->version = version;
    attack_publish_as_it_is(&it);
    (void)attack_cycle(&it);
    attack_holds(&it, it.cycle->progress == PST_PROGRESS_IDLE, "not taken:%s",
                 agent_scene_explain(&it.cycle->why));

    /* The owner again. */
    scene->service.has_order = true;
    role->version = 3;
    attack_publish_again(&it);
    attack_refused(&it, PST_METADATA_ROLLBACK);
    for (size_t kind = PST_ROLE_TIMESTAMP; kind <= PST_ROLE_SNAPSHOT; kind++) {
        const struct pst_repo_key *key = &fresh[kind];
        attack_rule(&it, kind, 1, &key, 1);
    }
    scene->repo->root.version++;
    attack_publish_again(&it);
    attack_accepted(&it);
    for (size_t i = 0; i < PST_COUNT(fresh); i++)
        pst_repo_key_cleanup(&fresh[i]);
}

/* Beyond what a number may be nothing is taken, so nothing has to be undone. */
static void beyond_the_end(struct attack *attack, size_t which, const char *version)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s at %s", attack_nth_name(which), version);
    struct pst_repo_role *role = attack_spoil_nth(&it, which);
    char put[60];

    role->version = 776; /* the next is found nowhere else in the file */
    snprintf(put, sizeof put, "\"version\":%s}", version);
    pst_repo_edit(role, "\"version\":777}", put);
    attack_publish(&it);
    attack_refused(&it, PST_METADATA_CORRUPT, PST_BAD_SYNTAX);
    attack_mended(&it);
}

void attack_k08(struct attack *attack)
{
    static const char *const beyond[] = {"9007199254740992", "9223372036854775807",
                                         "18446744073709551616"};
    for (size_t which = PST_ROLE_TIMESTAMP; which < ATTACK_ROLES; which++)
        for (size_t i = 0; i < PST_COUNT(ends); i++)
            fast_forward(attack, which, ends[i]);
    for (size_t which = PST_ROLE_TIMESTAMP; which < ATTACK_ROLES; which++)
        for (size_t i = 0; i < PST_COUNT(beyond); i++)
            beyond_the_end(attack, which, beyond[i]);
}

/* ---- K09 ----------------------------------------------------------------------------------- */

typedef void damage_fn(struct pst_buf *bytes, const struct pst_repo_role *other);

static void cut(struct pst_buf *bytes, const struct pst_repo_role *other)
{
    (void)other;
    bytes->len /= 2;
}

static void empty(struct pst_buf *bytes, const struct pst_repo_role *other)
{
    (void)other;
    bytes->len = 0;
}

static void zero(struct pst_buf *bytes, const struct pst_repo_role *other)
{
    (void)other;
    memset(bytes->at, 0, bytes->len);
}

static void zero_a_page(struct pst_buf *bytes, const struct pst_repo_role *other)
{
    (void)other;
    memset(bytes->at + bytes->len / 3, 0, bytes->len / 3);
}

static void rot(struct pst_buf *bytes, const struct pst_repo_role *other)
{
    (void)other;
    bytes->at[bytes->len * 2 / 3] ^= 0x04;
}

static void rot_signature(struct pst_buf *bytes, const struct pst_repo_role *other)
{
    (void)other;
    assert_true(pst_buf_reserve(bytes, 1)); /* strstr() wants an end */
    bytes->at[bytes->len] = '\0';
    char *begin = strstr((char *)bytes->at, "\"sig\":\"");
    assert_non_null(begin);
    begin[30] = begin[30] == '0' ? '1' : '0';
}

static void grow(struct pst_buf *bytes, const struct pst_repo_role *other)
{
    (void)other;
    assert_true(pst_buf_reserve(bytes, 600000));
    memset(bytes->at + bytes->len, ' ', 600000);
    bytes->len += 600000;
}

static void swap(struct pst_buf *bytes, const struct pst_repo_role *other)
{
    bytes->len = 0;
    assert_true(pst_buf_add(bytes, other->bytes.at, other->bytes.len));
}

static const struct {
    const char *name;
    damage_fn *damage;
} damages[] = {{"cut", cut},     {"empty", empty},
               {"zeroed", zero}, {"a page zeroed", zero_a_page},
               {"rotten", rot},  {"its signature rotten", rot_signature},
               {"grown", grow}};

static void damage_kept(struct attack_case *it, const char *name, damage_fn *damage,
                        const struct pst_repo_role *other)
{
    struct pst_fake_documents *metadata = &it->scene->metadata;
    const struct pst_buf *kept = pst_fake_document(metadata, name);
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);

    assert_non_null(kept);
    assert_true(pst_buf_add(&bytes, kept->at, kept->len));
    damage(&bytes, other);
    pst_fake_document_put(metadata, name, pst_buf_bytes(&bytes));
}

/* Another repository, as good as ours. */
static const struct pst_repo_role *role_of(const struct pst_repo *repo, const char *name)
{
    const struct pst_repo_role *const roles[] = {&repo->root, &repo->timestamp, &repo->snapshot,
                                                 &repo->targets};
    for (size_t i = 0; i < PST_COUNT(roles); i++)
        if (strncmp(roles[i]->name, name, strlen(roles[i]->name)) == 0)
            return roles[i];
    return NULL;
}

static const char *const kept_files[] = {"root.json", "root.first", "timestamp.json",
                                         "snapshot.json", "targets.json"};

static void one_damage(struct attack *attack, const char *file, size_t how)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, %s", file, damages[how].name);
    int64_t root = 0;

    attack_settle(&it);
    root = it.scene->repo->root.version;
    damage_kept(&it, file, damages[how].damage, NULL);
    attack_accepted(&it);
    if (strcmp(file, "root.json") == 0)
        attack_noted(&it, PST_HOST_STATE);
    attack_holds(&it, attack_kept_version(&it, "root.json") == root, "not the newest root");
}

/* A valid one of somebody else's: what they sign is not ours, and ours is not theirs. */
static void swapped_for_strangers(struct attack *attack, const char *file)
{
    PST_CLEANUP(pst_repo) struct pst_repo *theirs = pst_repo_new("ed25519");
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "%s, a stranger's", file);
    PST_CLEANUP(pst_buf) struct pst_buf ours = pst_buf(1 << 20);

    attack_settle(&it);
    const struct pst_buf *kept = pst_fake_document(&it.scene->metadata, file);
    assert_true(pst_buf_add(&ours, kept->at, kept->len));
    damage_kept(&it, file, swap, role_of(theirs, file));
    if (strcmp(file, "root.json") != 0) {
        attack_accepted(&it);
        return;
    }
    attack_refused(&it, PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD);
    pst_fake_document_put(&it.scene->metadata, file, pst_buf_bytes(&ours)); /* somebody has to */
    attack_mended(&it);
}

/* An older one of ours leads up again. */
static void swapped_for_older(struct attack *attack, const char *file)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "%s, an older one", file);
    PST_CLEANUP(pst_buf) struct pst_buf older = pst_buf(1 << 20);
    const struct pst_buf *kept = pst_fake_document(&it.scene->metadata, file);

    assert_true(pst_buf_add(&older, kept->at, kept->len));
    attack_settle(&it);
    pst_fake_document_put(&it.scene->metadata, file, pst_buf_bytes(&older));
    attack_accepted(&it);
    attack_holds(&it, attack_kept_version(&it, file) == 2, "version %lld",
                 (long long)attack_kept_version(&it, file));
}

/* Without the first root there is nothing to start over from; nothing is believed instead. */
static void both_roots(struct attack *attack)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case(attack, "root.json and root.first");
    attack_settle(&it);
    damage_kept(&it, "root.json", zero, NULL);
    damage_kept(&it, "root.first", zero, NULL);
    attack_refused(&it, PST_HOST_STATE, PST_METADATA_CORRUPT, PST_BAD_SYNTAX);
}

void attack_k09(struct attack *attack)
{
    for (size_t i = 0; i < PST_COUNT(kept_files); i++)
        for (size_t how = 0; how < PST_COUNT(damages); how++)
            one_damage(attack, kept_files[i], how);
    for (size_t i = 0; i < PST_COUNT(kept_files); i++)
        swapped_for_strangers(attack, kept_files[i]);
    swapped_for_older(attack, "root.json");
    swapped_for_older(attack, "timestamp.json");
    swapped_for_older(attack, "snapshot.json");
    both_roots(attack);
}
