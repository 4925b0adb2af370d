/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/decide_scene.h"
#include "tests/support/publishing.h"

#define BOTH (PUBLISH_TARGETS | PUBLISH_PRODUCT)

struct fault {
    const char *name;
    void (*make)(struct publishing *p); /* fills the items */
    enum pst_code code;                 /* what publishing answers with */
    enum pst_code also;                 /* a finding that must be among them; 0: none */
};

static void source_not_uploaded(struct publishing *p)
{
    PST_CLEANUP(made) struct made_release made;
    made_release(&made, &publishing_second);
    made.file[MADE_DELTA].is_uploaded = false;
    made_put(p, &made);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void manifest_not_uploaded(struct publishing *p)
{
    PST_CLEANUP(made) struct made_release made;
    made_release(&made, &publishing_second);
    made.file[MADE_MANIFEST].is_uploaded = false;
    made_put(p, &made);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void length_listed_wrong(struct publishing *p)
{
    publishing_release(p, &publishing_second);
    publishing_listed(p, "1.1.0/app.zst")->length_bytes++;
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void digest_listed_wrong(struct publishing *p)
{
    publishing_release(p, &publishing_second);
    publishing_listed(p, "1.1.0/app.zst")->sha256[0] ^= 1;
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void source_not_listed(struct publishing *p)
{
    PST_CLEANUP(made) struct made_release made;
    made_release(&made, &publishing_second);
    made.file[MADE_DELTA].is_listed = false;
    made_put(p, &made);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void block_list_not_listed(struct publishing *p)
{
    PST_CLEANUP(made) struct made_release made;
    made_release(&made, &publishing_second);
    made.file[MADE_FULL_BLOCKS].is_listed = false;
    made_put(p, &made);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void block_list_of_other_bytes(struct publishing *p)
{
    PST_CLEANUP(made) struct made_release made;
    made_release(&made, &publishing_second);
    struct pst_buf *list = &made.file[MADE_FULL_BLOCKS].bytes;
    assert_int_equal(list->len, 96); /* several blocks, and the last one is wrong */
    list->at[95] ^= 1;
    assert_int_equal(pst_sha256(pst_buf_bytes(list), made.source[0].blocks.sha256, NULL), PST_OK);
    made_put(p, &made);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void manifest_of_another_version(struct publishing *p)
{
    PST_CLEANUP(made) struct made_release made;
    made_release(&made, &publishing_second);
    (void)snprintf(made.file[MADE_MANIFEST].path, sizeof made.file[MADE_MANIFEST].path,
                   "pos-a/1.2.0/manifest.json");
    made_put(p, &made);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void manifest_of_another_product(struct publishing *p)
{
    PST_CLEANUP(made) struct made_release made;
    made_release(&made, &publishing_second);
    memcpy(made.product, "pos-b", 6);
    for (size_t i = 0; i < MADE_KINDS; i++)
        made.file[i].path[4] = i == MADE_MANIFEST ? 'a' : 'b';
    made_put(p, &made);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void manifest_that_is_none(struct publishing *p)
{
    PST_CLEANUP(made) struct made_release made;
    made_release(&made, &publishing_second);
    assert_true(
        pst_buf_add_text(&made.file[MADE_MANIFEST].bytes, "{\"format\":\"postern.release/1\"}"));
    made_put(p, &made);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void image_of_a_version_changed(struct publishing *p)
{
    publishing_release(p, &(struct made_spec){"1.0.0", 2, 'b', 0, NULL});
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void sequence_that_does_not_grow(struct publishing *p)
{
    publishing_release(p, &(struct made_spec){"1.0.0", 1, 'a', 'z', "0.9.0"});
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void withdrawn_version_with_another_image(struct publishing *p)
{
    p->product->file_count = 0;
    publishing_release(p, &publishing_second);
    publishing_must_send(p, PUBLISH_PRODUCT);
    publishing_release(p, &(struct made_spec){"1.0.0", 2, 'b', 0, NULL});
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void signed_by_a_stranger(struct publishing *p)
{
    const struct pst_repo_key *stranger = &p->repo->key[PST_ROLE_TIMESTAMP];
    publishing_release(p, &publishing_second);
    pst_repo_sign_with(p->product, &stranger, 1);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void signed_by_an_expired_key(struct publishing *p)
{
    struct pst_repo_key old = pst_repo_key_again(&p->product_key, PST_REPO_NOW - 1);
    const struct pst_repo_key *key = &old;

    publishing_release(p, &publishing_second);
    pst_repo_let(&p->repo->targets.delegation[0].rule, 1, &key, 1);
    pst_repo_sign_with(p->product, &key, 1);
    publishing_sign(p, BOTH);
    pst_repo_key_cleanup(&old);
}

static void product_past_its_date(struct publishing *p)
{
    p->product->expires_s = PST_REPO_NOW;
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void targets_past_their_date(struct publishing *p)
{
    p->repo->targets.expires_s = PST_REPO_NOW - 1;
    publishing_sign(p, PUBLISH_TARGETS);
}

static void same_version_with_other_bytes(struct publishing *p)
{
    publishing_release(p, &publishing_second);
    p->product->version--;
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void version_that_goes_back(struct publishing *p)
{
    publishing_must_send(p, PUBLISH_TARGETS);
    p->repo->targets.version -= 2;
    publishing_sign(p, PUBLISH_TARGETS);
}

static void product_that_nobody_delegates(struct publishing *p)
{
    p->product->version++;
    pst_repo_sign(p->product);
    publishing_add(p, "pos-b.json", pst_repo_bytes(p->product));
}

static void product_that_delegates_on(struct publishing *p)
{
    (void)pst_repo_delegate(p->repo, p->product, "pos-c", &p->product_key, "pos-a/*/*", true);
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void delegation_taken_to_another_key(struct publishing *p)
{
    const struct pst_repo_key *other = &p->repo->key[PST_ROLE_TIMESTAMP];
    pst_repo_let(&p->repo->targets.delegation[0].rule, 1, &other, 1);
    publishing_sign(p, PUBLISH_TARGETS);
}

static void target_of_another_product(struct publishing *p)
{
    pst_repo_target(p->product, "pos-b/1.0.0/x", pst_bytes("hello", 5));
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void target_that_climbs(struct publishing *p)
{
    pst_repo_target(p->product, "pos-a/../x", pst_bytes("hello", 5));
    publishing_sign(p, PUBLISH_PRODUCT);
}

static void root_that_skips_one(struct publishing *p)
{
    p->repo->root.version++;
    publishing_sign(p, PUBLISH_ROOT);
}

static void root_by_a_stranger(struct publishing *p)
{
    const struct pst_repo_key *stranger = &p->repo->key[PST_ROLE_TIMESTAMP];
    pst_repo_let(&p->repo->root.rule[PST_ROLE_ROOT], 1, &stranger, 1);
    pst_repo_sign_with(&p->repo->root, &stranger, 1);
    publishing_sign(p, PUBLISH_ROOT);
}

static void root_of_the_same_version(struct publishing *p)
{
    p->repo->root.expires_s++;
    p->repo->root.version--;
    publishing_sign(p, PUBLISH_ROOT);
}

static void root_under_another_name(struct publishing *p)
{
    p->repo->root.version++;
    pst_repo_sign(&p->repo->root);
    publishing_add(p, "3.root.json", pst_repo_bytes(&p->repo->root));
}

static void root_that_takes_our_key_away(struct publishing *p)
{
    const struct pst_repo_key *other = &p->product_key;
    pst_repo_let(&p->repo->root.rule[PST_ROLE_TIMESTAMP], 1, &other, 1);
    publishing_sign(p, PUBLISH_ROOT);
}

static void root_that_the_targets_do_not_follow(struct publishing *p)
{
    const struct pst_repo_key *other = &p->product_key;
    pst_repo_let(&p->repo->root.rule[PST_ROLE_TARGETS], 1, &other, 1);
    publishing_sign(p, PUBLISH_ROOT);
}

static void root_past_its_date(struct publishing *p)
{
    p->repo->root.expires_s = PST_REPO_NOW;
    publishing_sign(p, PUBLISH_ROOT);
}

static void root_without_consistent_snapshots(struct publishing *p)
{
    pst_repo_edit(&p->repo->root, "\"consistent_snapshot\":true", "\"consistent_snapshot\":false");
    publishing_sign(p, PUBLISH_ROOT);
}

static void item_that_was_not_uploaded(struct publishing *p)
{
    p->item[p->item_count++] = (struct pst_publish_item){.name = "pos-a.json", .sha256 = {1}};
}

static void item_that_is_no_json(struct publishing *p)
{
    publishing_add(p, "targets.json", pst_bytes("hello", 5));
}

static void item_of_another_type(struct publishing *p)
{
    publishing_add(p, "pos-a.json", pst_repo_bytes(&p->repo->root));
}

static void the_same_name_twice(struct publishing *p)
{
    publishing_add_role(p, &p->repo->targets);
    publishing_add_role(p, &p->repo->targets);
}

static void no_items(struct publishing *p)
{
    p->item_count = 0;
}

static const struct fault faults[] = {
    {"source not uploaded", source_not_uploaded, PST_IMAGE_MISSING, 0},
    {"manifest not uploaded", manifest_not_uploaded, PST_IMAGE_MISSING, 0},
    {"length listed wrong", length_listed_wrong, PST_IMAGE_CORRUPT, PST_INCONSISTENT},
    {"digest listed wrong", digest_listed_wrong, PST_IMAGE_MISSING, PST_INCONSISTENT},
    {"source not listed", source_not_listed, PST_RELEASE_INCOMPLETE, 0},
    {"block list not listed", block_list_not_listed, PST_RELEASE_INCOMPLETE, 0},
    {"block list of other bytes", block_list_of_other_bytes, PST_IMAGE_CORRUPT, 0},
    {"manifest of another version", manifest_of_another_version, PST_INCONSISTENT, 0},
    {"manifest of another product", manifest_of_another_product, PST_INCONSISTENT, 0},
    {"manifest that is none", manifest_that_is_none, PST_MISSING_FIELD, 0},
    {"image of a version changed", image_of_a_version_changed, PST_RELEASE_EXISTS, 0},
    {"sequence that does not grow", sequence_that_does_not_grow, PST_RELEASE_EXISTS, 0},
    {"withdrawn version with another image", withdrawn_version_with_another_image,
     PST_RELEASE_EXISTS, 0},
    {"signed by a stranger", signed_by_a_stranger, PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"signed by an expired key", signed_by_an_expired_key, PST_SIGNATURE_THRESHOLD,
     PST_KEY_EXPIRED},
    {"product past its date", product_past_its_date, PST_METADATA_EXPIRED, 0},
    {"targets past their date", targets_past_their_date, PST_METADATA_EXPIRED, 0},
    {"same version with other bytes", same_version_with_other_bytes, PST_METADATA_ROLLBACK, 0},
    {"version that goes back", version_that_goes_back, PST_METADATA_ROLLBACK, 0},
    {"product that nobody delegates", product_that_nobody_delegates, PST_METADATA_NOT_LISTED, 0},
    {"product that delegates on", product_that_delegates_on, PST_INCONSISTENT, 0},
    {"delegation taken to another key", delegation_taken_to_another_key, PST_SIGNATURE_THRESHOLD,
     PST_KEY_UNKNOWN},
    {"target of another product", target_of_another_product, PST_INCONSISTENT, 0},
    {"target that climbs", target_that_climbs, PST_BAD_SYNTAX, 0},
    {"root that skips one", root_that_skips_one, PST_METADATA_WRONG_VERSION, 0},
    {"root by a stranger", root_by_a_stranger, PST_SIGNATURE_THRESHOLD, 0},
    {"root of the same version", root_of_the_same_version, PST_METADATA_ROLLBACK, 0},
    {"root under another name", root_under_another_name, PST_METADATA_WRONG_VERSION, 0},
    {"root that takes our key away", root_that_takes_our_key_away, PST_KEY_WRONG_ROLE, 0},
    {"root that the targets do not follow", root_that_the_targets_do_not_follow,
     PST_SIGNATURE_THRESHOLD, PST_KEY_UNKNOWN},
    {"root past its date", root_past_its_date, PST_METADATA_EXPIRED, 0},
    {"root without consistent snapshots", root_without_consistent_snapshots, PST_INCONSISTENT, 0},
    {"item that was not uploaded", item_that_was_not_uploaded, PST_METADATA_MISSING, 0},
    {"item that is no JSON", item_that_is_no_json, PST_BAD_SYNTAX, 0},
    {"item of another type", item_of_another_type, PST_METADATA_WRONG_ROLE, 0},
    {"the same name twice", the_same_name_twice, PST_SERVICE_BAD_REQUEST, 0},
    {"no items", no_items, PST_SERVICE_BAD_REQUEST, 0},
};

static void check_fault(const struct fault *fault)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};

    publishing_first(p);
    fault->make(p);
    struct pst_folder_print before = publishing_print(p->folder);
    enum pst_code code = publishing_publish(p, &out, &why);
    struct pst_folder_print after = publishing_print(p->folder);
    if (code != fault->code)
        fail_msg("%s gave %s, not %s\n%s", fault->name, pst_code_name(code),
                 pst_code_name(fault->code), scene_explain(&why));
    if (!pst_report_has(&why, fault->code))
        fail_msg("%s is not explained\n%s", fault->name, scene_explain(&why));
    if (fault->also != PST_OK && !pst_report_has(&why, fault->also))
        fail_msg("%s did not tell %s\n%s", fault->name, pst_code_name(fault->also),
                 scene_explain(&why));
    if (before.files != after.files || memcmp(before.sha256, after.sha256, 32) != 0)
        fail_msg("%s changed the disk", fault->name);
    assert_int_equal(out.count, 0);
    publishing_reopen(p);
}

static void each_fault_has_its_code_and_changes_nothing_on_disk(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(faults); i++)
        check_fault(&faults[i]);
}

static void names_of_items_are_none_of_paths(void **state)
{
    static const char *const names[] = {
        "",          "x",       ".json",         "../targets.json", "a/b.json",
        "root.json", "2.root",  "02.root.json",  "0.root.json",     "timestamp.json",
        "-x.json",   ".x.json", "snapshot.json", "pos a.json",      "pos%2fa.json",
    };
    PST_CLEANUP(publishing) struct publishing *p = publishing();

    (void)state;
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        PST_CLEANUP(pst_published) struct pst_published out = {0};
        struct pst_report why = {0};
        publishing_add(p, names[i], pst_repo_bytes(&p->repo->targets));
        enum pst_code code = publishing_publish(p, &out, &why);
        if (code != PST_SERVICE_BAD_REQUEST)
            fail_msg("'%s' gave %s", names[i], pst_code_name(code));
    }
    struct pst_publish_item item;
    memset(&item, 'a', sizeof item); /* not terminated */
    struct pst_published out = {0};
    assert_int_equal(pst_repository_publish(p->repository, &item, 1, &out, NULL),
                     PST_SERVICE_BAD_REQUEST);
}

static void all_faults_of_all_items_are_told_at_once(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};

    (void)state;
    publishing_first(p);
    p->repo->targets.expires_s = PST_REPO_NOW - 1;
    root_past_its_date(p);
    publishing_sign(p, PUBLISH_TARGETS);
    block_list_not_listed(p);
    item_that_was_not_uploaded(p);
    p->item[p->item_count - 1].name[4] = 'z';
    assert_int_not_equal(publishing_publish(p, &out, &why), PST_OK);
    assert_true(pst_report_has(&why, PST_METADATA_EXPIRED));
    assert_true(pst_report_has(&why, PST_RELEASE_INCOMPLETE));
    assert_true(pst_report_has(&why, PST_METADATA_MISSING));
}

static void an_expired_product_keeps_nobody_else_from_publishing(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};

    (void)state;
    p->product->expires_s = PST_REPO_NOW + 10;
    publishing_first(p);
    p->now_s += 20;
    publishing_must(publishing_send(p, PUBLISH_TARGETS, &out, &why), &why);
    assert_true(pst_report_has(&why, PST_METADATA_EXPIRED)); /* noted */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_its_code_and_changes_nothing_on_disk),
        cmocka_unit_test(names_of_items_are_none_of_paths),
        cmocka_unit_test(all_faults_of_all_items_are_told_at_once),
        cmocka_unit_test(an_expired_product_keeps_nobody_else_from_publishing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
