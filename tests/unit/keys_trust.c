/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/trust.h"
#include "tests/support/check.h"
#include "tests/support/repo_builder.h"

/* A terminal that holds version 5 of everything, with a delegated role, and what the server has
 * next. */
struct world {
    struct pst_repo *repo;
    struct pst_repo_key stranger;
    struct pst_repo_key expired; /* for one day still */
    struct pst_buf local[4];     /* by enum pst_role_kind */
};

enum step { AT_ROOT, AT_TIMESTAMP, AT_SNAPSHOT, AT_TARGETS, NOWHERE };

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->repo = pst_repo_new("ed25519");
    world->stranger = pst_repo_key("ed25519");
    world->expired = pst_repo_key_between("ed25519", INT64_MIN, PST_REPO_NOW);
    pst_repo_delegate(world->repo, &world->repo->targets, "pos-a",
                      &world->repo->key[PST_ROLE_TARGETS], "pos-a/*", true);
    for (int i = 0; i < 4; i++)
        pst_repo_publish_next(world->repo);
    const struct pst_repo_role *roles[] = {&world->repo->root, &world->repo->timestamp,
                                           &world->repo->snapshot, &world->repo->targets};
    for (size_t i = 0; i < PST_COUNT(roles); i++) {
        world->local[i] = pst_buf(1 << 20);
        assert_true(pst_buf_add(&world->local[i], roles[i]->bytes.at, roles[i]->bytes.len));
    }
    *state = world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;
    pst_repo_free(world->repo);
    pst_repo_key_cleanup(&world->stranger);
    pst_repo_key_cleanup(&world->expired);
    for (size_t i = 0; i < 4; i++)
        pst_buf_clear(&world->local[i]);
    free(world);
    return 0;
}

static struct pst_bytes local(const struct world *world, enum pst_role_kind kind)
{
    return pst_buf_bytes(&world->local[kind]);
}

static struct pst_trust *trust_at(const struct world *world, int64_t now_s)
{
    struct pst_trust *trust = NULL;
    assert_int_equal(pst_trust_new(local(world, PST_ROLE_ROOT), now_s, &trust, NULL), PST_OK);
    assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
    return trust;
}

static enum pst_code walk_files(struct pst_trust *trust, const struct world *world, enum step *at,
                                struct pst_report *why)
{
    const struct pst_repo *repo = world->repo;
    const struct pst_role *targets = NULL;
    bool same = false;

    *at = AT_TIMESTAMP;
    assert_int_equal(
        pst_trust_timestamp(trust, local(world, PST_ROLE_TIMESTAMP), true, &same, NULL), PST_OK);
    enum pst_code rc =
        pst_trust_timestamp(trust, pst_repo_bytes(&repo->timestamp), false, &same, why);
    if (rc != PST_OK)
        return rc;
    *at = AT_SNAPSHOT;
    if (pst_trust_snapshot(trust, local(world, PST_ROLE_SNAPSHOT), true, NULL) != PST_OK)
        rc = pst_trust_snapshot(trust, pst_repo_bytes(&repo->snapshot), false, why);
    if (rc != PST_OK)
        return rc;
    *at = AT_TARGETS;
    rc = pst_trust_targets(trust, pst_text("targets"), NULL, pst_repo_bytes(&repo->targets),
                           &targets, why);
    if (rc == PST_OK)
        *at = NOWHERE;
    assert_int_equal(rc == PST_OK, pst_trust_role(trust, PST_ROLE_TARGETS) != NULL);
    return rc;
}

/* What each case does to the server's next publication, before and after all is signed. */
static void nothing(struct world *world)
{
    (void)world;
}

static void list_and_sign_up(struct pst_repo *repo, enum step from)
{
    if (from == AT_TARGETS)
        pst_repo_list(&repo->snapshot, &repo->targets);
    if (from >= AT_SNAPSHOT) {
        pst_repo_sign(&repo->snapshot);
        pst_repo_list(&repo->timestamp, &repo->snapshot);
    }
    pst_repo_sign(&repo->timestamp);
}

static void nothing_new(struct world *world)
{
    struct pst_repo *repo = world->repo;
    repo->timestamp.version--;
    repo->snapshot.version--;
    repo->targets.version--;
    pst_repo_publish(repo);
}

static void older_timestamp(struct world *world)
{
    world->repo->timestamp.version = 4;
    pst_repo_sign(&world->repo->timestamp);
}

static void older_snapshot(struct world *world)
{
    world->repo->snapshot.version = 4;
    list_and_sign_up(world->repo, AT_SNAPSHOT);
}

static void older_targets(struct world *world)
{
    world->repo->targets.version = 4;
    pst_repo_sign(&world->repo->targets);
    list_and_sign_up(world->repo, AT_TARGETS);
}

static void dropped_role(struct world *world)
{
    struct pst_repo_role *snapshot = &world->repo->snapshot;
    for (size_t i = 0; i < snapshot->file_count; i++)
        if (strcmp(snapshot->file[i].name, "pos-a.json") == 0)
            snapshot->file[i] = snapshot->file[--snapshot->file_count];
    list_and_sign_up(world->repo, AT_SNAPSHOT);
}

static void expired_timestamp(struct world *world)
{
    world->repo->timestamp.expires_s = PST_REPO_NOW;
    pst_repo_sign(&world->repo->timestamp);
}

static void expired_snapshot(struct world *world)
{
    world->repo->snapshot.expires_s = PST_REPO_NOW;
    list_and_sign_up(world->repo, AT_SNAPSHOT);
}

static void expired_targets(struct world *world)
{
    world->repo->targets.expires_s = PST_REPO_NOW;
    pst_repo_sign(&world->repo->targets);
    list_and_sign_up(world->repo, AT_TARGETS);
}

static void by_stranger(struct world *world, struct pst_repo_role *role, enum step at)
{
    const struct pst_repo_key *stranger = &world->stranger;
    pst_repo_sign_with(role, &stranger, 1);
    pst_repo_sign(role);
    list_and_sign_up(world->repo, at);
}

static void strange_timestamp(struct world *world)
{
    by_stranger(world, &world->repo->timestamp, AT_TIMESTAMP);
}

static void strange_snapshot(struct world *world)
{
    by_stranger(world, &world->repo->snapshot, AT_SNAPSHOT);
}

static void strange_targets(struct world *world)
{
    by_stranger(world, &world->repo->targets, AT_TARGETS);
}

static void snapshot_by_timestamp_key(struct world *world)
{
    const struct pst_repo_key *key = &world->repo->key[PST_ROLE_TIMESTAMP];
    pst_repo_sign_with(&world->repo->snapshot, &key, 1);
    list_and_sign_up(world->repo, AT_SNAPSHOT);
}

static void unsigned_timestamp(struct world *world)
{
    world->repo->timestamp.signer_count = 0;
    pst_repo_sign(&world->repo->timestamp);
}

static void twice_signed_timestamp(struct world *world)
{
    world->repo->timestamp.extra[0] =
        (struct pst_envelope_new_signature){world->repo->key[PST_ROLE_TIMESTAMP].id, "00"};
    world->repo->timestamp.extra_count = 1;
    pst_repo_sign(&world->repo->timestamp);
}

static void other_snapshot_than_listed(struct world *world)
{
    world->repo->snapshot.expires_s++;
    pst_repo_sign(&world->repo->snapshot);
}

static void other_targets_than_listed(struct world *world)
{
    world->repo->targets.expires_s++;
    pst_repo_sign(&world->repo->targets);
}

static void longer_targets_than_listed(struct world *world)
{
    assert_true(pst_buf_add_text(&world->repo->targets.bytes, " "));
}

static void snapshot_of_another_version(struct world *world)
{
    world->repo->timestamp.file[0].version++;
    pst_repo_sign(&world->repo->timestamp);
}

static void targets_of_another_version(struct world *world)
{
    struct pst_repo_role *snapshot = &world->repo->snapshot;
    for (size_t i = 0; i < snapshot->file_count; i++)
        snapshot->file[i].version++;
    list_and_sign_up(world->repo, AT_SNAPSHOT);
}

static void swap(struct world *world, struct pst_repo_role *with)
{
    struct pst_buf *bytes = &world->repo->timestamp.bytes;
    pst_buf_clear(bytes);
    assert_true(pst_buf_add(bytes, with->bytes.at, with->bytes.len));
}

static void snapshot_as_timestamp(struct world *world)
{
    swap(world, &world->repo->snapshot);
}

static void root_as_timestamp(struct world *world)
{
    swap(world, &world->repo->root);
}

static void a_web_page(struct world *world)
{
    pst_buf_clear(&world->repo->timestamp.bytes);
    assert_true(pst_buf_add_text(&world->repo->timestamp.bytes, "<html>please sign in</html>"));
}

static void endless_timestamp(struct world *world)
{
    struct pst_buf *bytes = &world->repo->timestamp.bytes;
    while (bytes->len <= PST_TRUST_TIMESTAMP_BYTES)
        assert_true(pst_buf_add_text(bytes, "                                "));
}

static void unknown_hash_only(struct world *world)
{
    pst_repo_edit(&world->repo->timestamp, "\"sha256\"", "\"sha999\"");
    pst_repo_sign(&world->repo->timestamp);
    world->repo->timestamp.edit_count = 0;
}

static void unknown_hash_beside(struct world *world)
{
    pst_repo_edit(&world->repo->timestamp, "\"hashes\":{", "\"hashes\":{\"md5\":\"00\",");
    pst_repo_sign(&world->repo->timestamp);
    world->repo->timestamp.edit_count = 0;
}

static void no_hash_at_all(struct world *world)
{
    char find[200], hex[65];
    pst_hex_print(pst_bytes(world->repo->timestamp.file[0].sha256, 32), hex);
    snprintf(find, sizeof find, "\"hashes\":{\"sha256\":\"%s\"},\"length\":%lld,", hex,
             (long long)world->repo->timestamp.file[0].length_bytes);
    pst_repo_edit(&world->repo->timestamp, find, "");
    pst_repo_sign(&world->repo->timestamp);
    world->repo->timestamp.edit_count = 0;
}

static void another_format(struct world *world)
{
    pst_repo_edit(&world->repo->timestamp, "\"spec_version\":\"1", "\"spec_version\":\"2");
    pst_repo_sign(&world->repo->timestamp);
    world->repo->timestamp.edit_count = 0;
}

struct file_case {
    const char *name;
    void (*change)(struct world *);
    enum step stops;
    enum pst_code code, also;
};

/* clang-format off */
static const struct file_case file_cases[] = {
    {"all of the next version",         nothing,                     NOWHERE,      PST_OK, PST_OK},
    {"nothing new",                     nothing_new,                 NOWHERE,      PST_OK, PST_OK},
    {"no hashes and lengths",           no_hash_at_all,              NOWHERE,      PST_OK, PST_OK},
    {"an unknown hash beside sha256",   unknown_hash_beside,         NOWHERE,      PST_OK, PST_OK},
    {"B01 older timestamp",             older_timestamp,             AT_TIMESTAMP, PST_METADATA_ROLLBACK, PST_OK},
    {"B03 timestamp names an older snapshot", older_snapshot,        AT_TIMESTAMP, PST_METADATA_ROLLBACK, PST_OK},
    {"B04 snapshot lists older targets", older_targets,              AT_SNAPSHOT,  PST_METADATA_ROLLBACK, PST_OK},
    {"B04 snapshot drops a role",       dropped_role,                AT_SNAPSHOT,  PST_METADATA_ROLLBACK, PST_OK},
    {"B06 expired timestamp",           expired_timestamp,           AT_TIMESTAMP, PST_METADATA_EXPIRED, PST_OK},
    {"B06 expired snapshot",            expired_snapshot,            AT_SNAPSHOT,  PST_METADATA_EXPIRED, PST_OK},
    {"B06 expired targets",             expired_targets,             AT_TARGETS,   PST_METADATA_EXPIRED, PST_OK},
    {"M05 timestamp by a stranger",     strange_timestamp,           AT_TIMESTAMP, PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"M05 snapshot by a stranger",      strange_snapshot,            AT_SNAPSHOT,  PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"M05 targets by a stranger",       strange_targets,             AT_TARGETS,   PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"M05 snapshot by another role's key", snapshot_by_timestamp_key, AT_SNAPSHOT, PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"M01 unsigned",                    unsigned_timestamp,          AT_TIMESTAMP, PST_SIGNATURE_MISSING, PST_OK},
    {"M06 one keyid twice",             twice_signed_timestamp,      AT_TIMESTAMP, PST_SIGNATURE_DUPLICATE, PST_OK},
    {"B05 snapshot of another release", other_snapshot_than_listed,  AT_SNAPSHOT,  PST_METADATA_CORRUPT, PST_OK},
    {"B05 targets of another release",  other_targets_than_listed,   AT_TARGETS,   PST_METADATA_CORRUPT, PST_OK},
    {"a blank more than listed",        longer_targets_than_listed,  AT_TARGETS,   PST_METADATA_CORRUPT, PST_OK},
    {"snapshot of another version",     snapshot_of_another_version, AT_SNAPSHOT,  PST_METADATA_WRONG_VERSION, PST_OK},
    {"targets of another version",      targets_of_another_version,  AT_TARGETS,   PST_METADATA_WRONG_VERSION, PST_OK},
    {"M15 snapshot as timestamp",       snapshot_as_timestamp,       AT_TIMESTAMP, PST_SIGNATURE_THRESHOLD, PST_METADATA_WRONG_ROLE},
    {"M15 root as timestamp",           root_as_timestamp,           AT_TIMESTAMP, PST_SIGNATURE_THRESHOLD, PST_METADATA_WRONG_ROLE},
    {"a login page",                    a_web_page,                  AT_TIMESTAMP, PST_METADATA_CORRUPT, PST_BAD_SYNTAX},
    {"M13 endless data",                endless_timestamp,           AT_TIMESTAMP, PST_METADATA_TOO_LARGE, PST_OK},
    {"M12 only an unknown hash",        unknown_hash_only,           AT_SNAPSHOT,  PST_METADATA_CORRUPT, PST_OK},
    {"another major format",            another_format,              AT_TIMESTAMP, PST_METADATA_FORMAT_UNKNOWN, PST_OK},
};
/* clang-format on */

static void each_publication_is_taken_or_refused_at_its_step(void **state)
{
    static const enum pst_role_kind kinds[] = {PST_ROLE_TIMESTAMP, PST_ROLE_SNAPSHOT,
                                               PST_ROLE_TARGETS};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(file_cases); i++) {
        const struct file_case *one = &file_cases[i];
        void *made = NULL;
        struct pst_report why = {0};
        enum step at = AT_ROOT;
        make_world(&made);
        struct world *world = made;
        pst_repo_publish_next(world->repo);
        one->change(world);

        PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_at(world, PST_REPO_NOW);
        enum pst_code got = walk_files(trust, world, &at, &why);
        if (got != one->code || at != one->stops)
            fail_msg("%s: %s at step %d", one->name, pst_code_name(got), (int)at);
        if (one->also != PST_OK && !pst_report_has(&why, one->also))
            fail_msg("%s does not tell %s", one->name, pst_code_name(one->also));
        assert_int_equal(why.count > 0, got != PST_OK);
        const char *role = at >= AT_TIMESTAMP && at <= AT_TARGETS
                               ? pst_role_kind_name(kinds[at - AT_TIMESTAMP])
                               : "";
        for (size_t j = 0; j < why.count; j++) /* begins with the role's name */
            assert_int_equal(strncmp(why.finding[j].where, role, strlen(role)), 0);
        assert_false(why.unverified);
        free_world(&made);
    }
}

static void one_report_names_the_bad_signature_the_expiry_and_the_rollback(void **state)
{
    static const enum pst_code unverified[] = {PST_METADATA_ROLLBACK, PST_METADATA_EXPIRED};
    struct world *world = *state;
    struct pst_report why = {0};
    enum step at = AT_ROOT;

    world->repo->timestamp.version = 3;
    world->repo->timestamp.expires_s = PST_REPO_NOW - PST_REPO_DAY;
    world->repo->timestamp.file[0].version = 2;
    by_stranger(world, &world->repo->timestamp, AT_TIMESTAMP);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_at(world, PST_REPO_NOW);
    assert_int_equal(walk_files(trust, world, &at, &why), PST_SIGNATURE_THRESHOLD);
    assert_int_equal(why.count, 5); /* key, threshold; its own version, the snapshot's, expiry */
    for (size_t i = 0; i < why.count; i++) {
        bool learnt = false;
        for (size_t j = 0; j < PST_COUNT(unverified); j++)
            learnt = learnt || why.finding[i].code == unverified[j];
        assert_int_equal(why.finding[i].unverified, learnt);
    }
    assert_string_equal(why.finding[4].where, "timestamp");
    assert_string_equal(why.finding[4].expected, "valid until after 2030-01-01T00:00:00Z");
    assert_string_equal(
        why.finding[4].found,
        "expired 2029-12-31T00:00:00Z; the time is taken to be 2030-01-01T00:00:00Z");
    assert_string_equal(why.finding[3].where, "timestamp/snapshot.json");
    assert_string_equal(why.finding[3].expected, "version 5 or newer");
    assert_string_equal(why.finding[3].found, "version 2");
}

static void a_refused_file_changes_nothing(void **state)
{
    struct world *world = *state;
    struct pst_bytes good = local(world, PST_ROLE_TIMESTAMP);
    bool same = false;

    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_at(world, PST_REPO_NOW);
    assert_int_equal(pst_trust_timestamp(trust, good, true, &same, NULL), PST_OK);
    const struct pst_role *before = pst_trust_role(trust, PST_ROLE_TIMESTAMP);
    world->repo->timestamp.version = 9;
    expired_timestamp(world);
    assert_int_equal(
        pst_trust_timestamp(trust, pst_repo_bytes(&world->repo->timestamp), false, &same, NULL),
        PST_METADATA_EXPIRED);
    assert_ptr_equal(pst_trust_role(trust, PST_ROLE_TIMESTAMP), before);
    /* Neither was it kept as a floor: version 6 is still newer than what counts. */
    world->repo->timestamp.version = 6;
    world->repo->timestamp.expires_s = PST_REPO_EXPIRES;
    pst_repo_sign(&world->repo->timestamp);
    assert_int_equal(
        pst_trust_timestamp(trust, pst_repo_bytes(&world->repo->timestamp), false, &same, NULL),
        PST_OK);
    assert_false(same);
}

static void the_same_version_with_other_content_keeps_the_old(void **state)
{
    struct world *world = *state;
    bool same = false;

    PST_CLEANUP(pst_trust) struct pst_trust *trust = trust_at(world, PST_REPO_NOW);
    assert_int_equal(
        pst_trust_timestamp(trust, local(world, PST_ROLE_TIMESTAMP), true, &same, NULL), PST_OK);
    const struct pst_role *before = pst_trust_role(trust, PST_ROLE_TIMESTAMP);
    world->repo->timestamp.file[0].version = 77;
    pst_repo_sign(&world->repo->timestamp);
    assert_int_equal(
        pst_trust_timestamp(trust, pst_repo_bytes(&world->repo->timestamp), false, &same, NULL),
        PST_OK);
    assert_true(same);
    assert_ptr_equal(pst_trust_role(trust, PST_ROLE_TIMESTAMP), before);
}

static void expiry_is_exact_to_the_second(void **state)
{
    struct world *world = *state;
    for (int64_t from_expiry = -1; from_expiry <= 1; from_expiry++) {
        bool same = false;
        world->repo->root.expires_s = 2 * PST_REPO_EXPIRES;
        pst_repo_sign(&world->repo->root);
        struct pst_trust *trust = NULL;
        assert_int_equal(pst_trust_new(pst_repo_bytes(&world->repo->root),
                                       PST_REPO_EXPIRES + from_expiry, &trust, NULL),
                         PST_OK);
        assert_int_equal(pst_trust_now(trust), PST_REPO_EXPIRES + from_expiry);
        assert_int_equal(pst_trust_root_done(trust, NULL), PST_OK);
        assert_int_equal(
            pst_trust_timestamp(trust, local(world, PST_ROLE_TIMESTAMP), false, &same, NULL),
            from_expiry < 0 ? PST_OK : PST_METADATA_EXPIRED);
        pst_trust_free(trust);
    }
}

static void a_target_is_its_length_and_all_its_known_digests(void **state)
{
    struct pst_role_target target = {.length_bytes = 3};
    const struct pst_bytes content = pst_bytes("abc", 3);
    struct pst_report why = {0};

    (void)state;
    target.digests.listed = 2;
    assert_int_equal(pst_trust_check_target(&target, content, PST_IMAGE_CORRUPT, &why),
                     PST_IMAGE_CORRUPT); /* none that we know */
    target.digests.has_sha256 = true;
    assert_int_equal(pst_sha256(content, target.digests.sha256, NULL), PST_OK);
    assert_int_equal(pst_trust_check_target(&target, content, PST_IMAGE_CORRUPT, &why), PST_OK);
    assert_int_equal(pst_trust_check_target(&target, pst_bytes("abd", 3), PST_IMAGE_CORRUPT, &why),
                     PST_IMAGE_CORRUPT);
    assert_int_equal(pst_trust_check_target(&target, pst_bytes("abc", 2), PST_IMAGE_DIGEST, &why),
                     PST_IMAGE_DIGEST);
    target.digests.has_sha512 = true; /* one right and one wrong */
    assert_int_equal(pst_trust_check_target(&target, content, PST_IMAGE_CORRUPT, &why),
                     PST_IMAGE_CORRUPT);
    assert_int_equal(why.count, 4);
}

int main(void)
{
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, free_world)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_publication_is_taken_or_refused_at_its_step),
        WITH_WORLD(one_report_names_the_bad_signature_the_expiry_and_the_rollback),
        WITH_WORLD(a_refused_file_changes_nothing),
        WITH_WORLD(the_same_version_with_other_content_keeps_the_old),
        WITH_WORLD(expiry_is_exact_to_the_second),
        cmocka_unit_test(a_target_is_its_length_and_all_its_known_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
