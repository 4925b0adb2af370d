/* SPDX-License-Identifier: Apache-2.0 */
/* The TUF client over its ports: what it asks for, what it keeps, and what it does with mirrors. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/trust/tuf_client.h"
#include "tests/support/agent_scene.h"
#include "tests/support/check.h"

enum { IMAGE_BYTES = 70000 };
#define NOW PST_REPO_NOW

/* ---- one refresh ----------------------------------------------------------------------------- */

struct run {
    enum pst_code rc;
    struct pst_report why;
};

static void open_tuf(struct agent_scene *scene, int64_t now_s, struct pst_tuf *tuf,
                     struct pst_report *why)
{
    struct pst_tuf_options options = {.transport = &scene->ports.transport,
                                      .metadata = &scene->ports.metadata,
                                      .sources = &scene->agent.sources,
                                      .now_s = now_s};
    assert_int_equal(pst_tuf_open(&options, tuf, why), PST_OK);
}

static struct run refresh(struct agent_scene *scene)
{
    struct run run = {.rc = PST_OK};
    struct pst_tuf tuf;
    scene->net.call_count = 0;
    open_tuf(scene, NOW, &tuf, &run.why);
    run.rc = pst_tuf_refresh(&tuf, &run.why);
    pst_tuf_close(&tuf);
    assert_int_equal(pst_report_verdict(&run.why) == PST_OK, run.rc == PST_OK);
    return run;
}

static void assert_refresh(struct agent_scene *scene, enum pst_code expect)
{
    struct run run = refresh(scene);
    if (run.rc != expect)
        fail_msg("%s, not %s:%s", pst_code_name(run.rc), pst_code_name(expect),
                 agent_scene_explain(&run.why));
}

/* Exactly these, in this order; each a part of the URL from "metadata/" or "targets/" on. */
static void assert_asked(const struct agent_scene *scene, const char *const *wanted)
{
    size_t i = 0;
    for (; wanted[i] != NULL && i < scene->net.call_count; i++)
        if (strstr(scene->net.call[i].url, wanted[i]) == NULL)
            fail_msg("request %zu is %s, not %s", i, scene->net.call[i].url, wanted[i]);
    if (wanted[i] != NULL)
        fail_msg("nobody asked for %s", wanted[i]);
    if (i < scene->net.call_count)
        fail_msg("one more request: %s", scene->net.call[i].url);
}
#define ASKED(scene, ...) assert_asked((scene), (const char *const[]){__VA_ARGS__, NULL})

static struct agent_scene *one_source(void)
{
    struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    scene->agent.sources.count = 1;
    return scene;
}

static int64_t kept_version(const struct agent_scene *scene, const char *name,
                            enum pst_role_kind kind)
{
    const struct pst_buf *bytes = pst_fake_document(&scene->metadata, name);
    struct pst_role *role = NULL;
    if (bytes == NULL)
        return 0;
    assert_int_equal(pst_role_parse(kind, pst_buf_bytes(bytes), &role, NULL), PST_OK);
    int64_t version = role->version;
    pst_role_free(role);
    return version;
}

static void assert_kept(const struct agent_scene *scene, int64_t root, int64_t timestamp,
                        int64_t snapshot, int64_t targets)
{
    assert_int_equal(kept_version(scene, "root.json", PST_ROLE_ROOT), root);
    assert_int_equal(kept_version(scene, "timestamp.json", PST_ROLE_TIMESTAMP), timestamp);
    assert_int_equal(kept_version(scene, "snapshot.json", PST_ROLE_SNAPSHOT), snapshot);
    assert_int_equal(kept_version(scene, "targets.json", PST_ROLE_TARGETS), targets);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void a_first_refresh_asks_for_four_files_and_an_idle_one_for_two(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    (void)state;
    assert_refresh(scene, PST_OK);
    ASKED(scene, "/2.root.json", "/timestamp.json", "/1.snapshot.json", "/1.targets.json");
    assert_kept(scene, 1, 1, 1, 1);
    int64_t replaced = scene->metadata.replaced;
    assert_refresh(scene, PST_OK);
    ASKED(scene, "/2.root.json", "/timestamp.json");
    assert_int_equal(scene->metadata.replaced, replaced); /* flash is not written for nothing */
}

static void what_is_new_is_asked_for_and_no_more(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    (void)state;
    assert_refresh(scene, PST_OK);
    agent_scene_publish_next(scene);
    assert_refresh(scene, PST_OK);
    ASKED(scene, "/2.root.json", "/timestamp.json", "/2.snapshot.json", "/2.targets.json");
    assert_kept(scene, 1, 2, 2, 2);

    scene->repo->root.version = 2;
    agent_scene_publish(scene);
    assert_refresh(scene, PST_OK);
    ASKED(scene, "/2.root.json", "/3.root.json", "/timestamp.json");
    assert_kept(scene, 2, 2, 2, 2);
}

static void the_bytes_are_kept_as_they_were_served(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    PST_CLEANUP(pst_buf) struct pst_buf spaced = pst_buf(65536);
    const struct pst_buf *signed_one = &scene->repo->timestamp.bytes;
    (void)state;
    assert_true(pst_buf_add(&spaced, signed_one->at, signed_one->len));
    assert_true(pst_buf_add_text(&spaced, " \n"));
    pst_fake_serve(&scene->net, "https://one.example/metadata/timestamp.json",
                   pst_buf_bytes(&spaced));
    assert_refresh(scene, PST_OK);
    assert_true(
        pst_bytes_equal(pst_buf_bytes(pst_fake_document(&scene->metadata, "timestamp.json")),
                        pst_buf_bytes(&spaced)));
}

/* ---- refusals -------------------------------------------------------------------------------- */

struct missing_case {
    const char *file;
    int64_t timestamp, snapshot, targets; /* kept */
};

static void a_file_that_is_missing_stops_there_and_keeps_what_came_before(void **state)
{
    static const struct missing_case cases[] = {
        {"timestamp.json", 1, 1, 1}, {"2.snapshot.json", 2, 1, 1}, {"2.targets.json", 2, 2, 1}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
        assert_refresh(scene, PST_OK);
        agent_scene_publish_next(scene);
        pst_fake_fail(&scene->net, cases[i].file, PST_FAKE_STATUS, 404, -1);
        assert_refresh(scene, PST_METADATA_MISSING);
        assert_kept(scene, 1, cases[i].timestamp, cases[i].snapshot, cases[i].targets);
        assert_non_null(strstr(scene->net.call[scene->net.call_count - 1].url, cases[i].file));
    }
}

/* M09, from the outside: whatever byte of whatever file is another, nothing of it is kept. */
static void a_flipped_byte_anywhere_is_refused_and_not_kept(void **state)
{
    static const struct missing_case cases[] = {
        {"timestamp.json", 0, 0, 0}, {"1.snapshot.json", 1, 0, 0}, {"1.targets.json", 1, 1, 0}};
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    PST_CLEANUP(pst_buf) struct pst_buf root = pst_buf(65536);
    (void)state;
    assert_true(pst_buf_add(&root, scene->repo->root.bytes.at, scene->repo->root.bytes.len));
    const struct pst_repo_role *const roles[] = {&scene->repo->timestamp, &scene->repo->snapshot,
                                                 &scene->repo->targets};
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        for (size_t at = 0; at < roles[i]->bytes.len; at += 37) {
            pst_fake_documents_clear(&scene->metadata);
            pst_fake_document_put(&scene->metadata, "root.json", pst_buf_bytes(&root));
            pst_fake_mend(&scene->net);
            pst_fake_fail(&scene->net, cases[i].file, PST_FAKE_FLIP, (int64_t)at, -1);
            struct run run = refresh(scene);
            if (run.rc == PST_OK)
                fail_msg("byte %zu of %s may be another", at, cases[i].file);
            assert_kept(scene, 1, cases[i].timestamp, cases[i].snapshot, cases[i].targets);
        }
    }
}

static void each_answer_that_is_no_file_is_called_by_its_name(void **state)
{
    static const struct {
        enum pst_fake_fault fault;
        int64_t number;
        enum pst_code expect;
    } cases[] = {
        {PST_FAKE_STATUS, 404, PST_METADATA_MISSING},
        {PST_FAKE_STATUS, 403, PST_METADATA_MISSING},
        {PST_FAKE_STATUS, 500, PST_NET_STATUS},
        {PST_FAKE_STATUS, 503, PST_SERVICE_MAINTENANCE},
        {PST_FAKE_STATUS, 511, PST_NET_CAPTIVE},
        {PST_FAKE_STATUS, 204, PST_NET_STATUS},
        {PST_FAKE_STATUS, 304, PST_NET_STATUS},
        {PST_FAKE_HTML, 0, PST_NET_CAPTIVE},
        {PST_FAKE_REDIRECT, 0, PST_NET_REDIRECT},
        {PST_FAKE_UNREACHABLE, 0, PST_NET_UNREACHABLE},
        {PST_FAKE_STALL, 10, PST_NET_STALLED},
        {PST_FAKE_TRUNCATE, 10, PST_NET_TRUNCATED},
        {PST_FAKE_ENDLESS, 0, PST_METADATA_TOO_LARGE},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
        pst_fake_fail(&scene->net, "timestamp.json", cases[i].fault, cases[i].number, -1);
        assert_refresh(scene, cases[i].expect);
        assert_kept(scene, 1, 0, 0, 0);
        /* Of roots, only "there is none" lets the walk go on. */
        pst_fake_mend(&scene->net);
        pst_fake_fail(&scene->net, "2.root.json", cases[i].fault, cases[i].number, -1);
        scene->repo->root.version = 2;
        agent_scene_publish(scene);
        assert_refresh(scene, cases[i].expect == PST_METADATA_MISSING ? PST_OK : cases[i].expect);
    }
}

static void a_root_that_is_refused_is_not_kept(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    const struct pst_repo_key *stranger = &scene->stranger;
    (void)state;
    scene->repo->root.version = 2;
    pst_repo_sign_with(&scene->repo->root, &stranger, 1);
    agent_scene_publish(scene);
    assert_refresh(scene, PST_SIGNATURE_THRESHOLD);
    assert_kept(scene, 1, 0, 0, 0);
}

/* A terminal that slept for years follows roots whose keys and days are long over. */
static void old_roots_are_followed_and_only_the_last_is_judged_by_today(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    PST_CLEANUP(pst_repo_key)
    struct pst_repo_key second =
        pst_repo_key_between("ed25519", NOW - 300 * PST_REPO_DAY, NOW - 200 * PST_REPO_DAY);
    struct pst_repo_role *root = &scene->repo->root;
    const struct pst_repo_key *first = &scene->repo->key[PST_ROLE_ROOT], *keys[2];
    (void)state;
    keys[0] = first;
    keys[1] = &second;
    root->version = 2;
    root->expires_s = NOW - 250 * PST_REPO_DAY;
    pst_repo_let(&root->rule[PST_ROLE_ROOT], 1, &keys[1], 1);
    pst_repo_sign_with(root, keys, 2);
    agent_scene_publish(scene);
    assert_refresh(scene, PST_METADATA_EXPIRED);
    assert_kept(scene, 2, 0, 0, 0); /* but it was followed */

    root->version = 3;
    root->expires_s = PST_REPO_EXPIRES;
    pst_repo_let(&root->rule[PST_ROLE_ROOT], 1, &keys[0], 1);
    pst_repo_sign_with(root, keys, 2);
    agent_scene_publish(scene);
    assert_refresh(scene, PST_OK);
    assert_kept(scene, 3, 1, 1, 1);
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static void a_damaged_copy_is_fetched_again(void **state)
{
    static const char *const names[] = {"timestamp.json", "snapshot.json", "targets.json"};
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    (void)state;
    assert_refresh(scene, PST_OK);
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        pst_fake_document_put(&scene->metadata, names[i], pst_bytes("{\"signed\":{}", 12));
        assert_refresh(scene, PST_OK);
        assert_kept(scene, 1, 1, 1, 1);
    }
}

/* By itself, up to the newest; only without the first root as well somebody has to come. */
static void a_damaged_root_starts_over_from_the_first(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    (void)state;
    scene->repo->root.version = 2;
    agent_scene_publish(scene);
    assert_refresh(scene, PST_OK);
    pst_fake_document_put(&scene->metadata, "root.json", pst_bytes("{}", 2));
    struct run run = refresh(scene);
    assert_int_equal(run.rc, PST_OK);
    assert_true(agent_scene_noted(&run.why, PST_HOST_STATE));
    assert_kept(scene, 2, 1, 1, 1);

    pst_fake_document_put(&scene->metadata, "root.json", pst_bytes("{}", 2));
    pst_fake_document_put(&scene->metadata, "root.first", pst_bytes("{}", 2));
    struct pst_tuf_options options = {.transport = &scene->ports.transport,
                                      .metadata = &scene->ports.metadata,
                                      .sources = &scene->agent.sources,
                                      .now_s = NOW};
    struct pst_report why = {0};
    struct pst_tuf tuf;
    assert_int_equal(pst_tuf_open(&options, &tuf, &why), PST_HOST_STATE);
    pst_fake_documents_clear(&scene->metadata);
    assert_int_equal(pst_tuf_open(&options, &tuf, &why), PST_HOST_NOT_FOUND);
}

static void a_disk_that_is_full_is_told_and_no_mirror_is_blamed(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    scene->repo->root.version = 2;
    agent_scene_publish(scene);
    scene->metadata.refuse = PST_HOST_DISK_FULL;
    struct run run = refresh(scene);
    assert_int_equal(run.rc, PST_HOST_DISK_FULL);
    assert_int_equal(run.why.count, 1);
    assert_int_equal(scene->net.call_count, 1);
}

static void the_first_root_is_checked_and_never_replaced(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    struct pst_report why = {0};
    struct pst_bytes root = pst_repo_bytes(&scene->repo->root);
    (void)state;
    assert_int_equal(pst_tuf_init(&scene->ports.metadata, root, NOW, &why), PST_HOST_EXISTS);
    pst_fake_documents_clear(&scene->metadata);
    assert_true(pst_tuf_init(&scene->ports.metadata, pst_bytes("{}", 2), NOW, &why) != PST_OK);
    assert_int_equal(scene->metadata.count, 0);
    scene->repo->root.bytes.at[scene->repo->root.bytes.len / 2] ^= 1;
    assert_true(pst_tuf_init(&scene->ports.metadata, root, NOW, &why) != PST_OK);
    assert_int_equal(scene->metadata.count, 0);
    assert_int_equal(scene->net.call_count, 0);
}

/* ---- mirrors --------------------------------------------------------------------------------- */

static void the_second_source_makes_up_for_the_first_which_is_noted(void **state)
{
    static const struct {
        const char *file;
        enum pst_fake_fault fault;
        int64_t number;
        enum pst_code noted;
    } cases[] = {
        {"timestamp.json", PST_FAKE_STATUS, 500, PST_NET_STATUS},
        {"timestamp.json", PST_FAKE_STATUS, 404, PST_METADATA_MISSING},
        {"timestamp.json", PST_FAKE_FLIP, 60, PST_METADATA_CORRUPT},
        {"1.snapshot.json", PST_FAKE_UNREACHABLE, 0, PST_NET_UNREACHABLE},
        {"1.snapshot.json", PST_FAKE_HTML, 0, PST_NET_CAPTIVE},
        {"1.targets.json", PST_FAKE_FLIP, 300, PST_METADATA_CORRUPT},
        {"1.targets.json", PST_FAKE_STALL, 300, PST_NET_STALLED},
        {"2.root.json", PST_FAKE_STATUS, 500, PST_NET_STATUS},
        {"", PST_FAKE_UNREACHABLE, 0, PST_NET_UNREACHABLE},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        for (int bad = 0; bad < 2; bad++) {
            PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
            char like[PST_FAKE_URL_ROOM];
            snprintf(like, sizeof like, "%s.example/metadata/%s", bad == 0 ? "one" : "two",
                     cases[i].file);
            pst_fake_fail(&scene->net, like, cases[i].fault, cases[i].number, -1);
            struct run run = refresh(scene);
            bool asked = pst_fake_asked(&scene->net, like) > 0;
            if (run.rc != PST_OK || (asked && cases[i].noted != PST_METADATA_CORRUPT &&
                                     !agent_scene_noted(&run.why, cases[i].noted)))
                fail_msg("%s fails: %s%s", like, pst_code_name(run.rc),
                         agent_scene_explain(&run.why));
            if (asked && run.why.count == 0)
                fail_msg("%s fails, and nobody says so", like);
            assert_kept(scene, 1, 1, 1, 1);
        }
    }
}

static void the_newer_root_of_either_source_is_followed(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    scene->repo->root.version = 2;
    agent_scene_publish(scene);
    pst_fake_remove(&scene->net, "https://one.example/metadata/2.root.json");
    assert_refresh(scene, PST_OK);
    assert_kept(scene, 2, 1, 1, 1);
}

/* ---- targets --------------------------------------------------------------------------------- */

static void a_target_is_found_through_its_role_and_fetched_whole(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    PST_CLEANUP(pst_tuf) struct pst_tuf tuf = {.trust = NULL};
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    const struct pst_role_target *target = NULL;
    struct pst_report why = {0};
    (void)state;
    open_tuf(scene, NOW, &tuf, NULL);
    assert_int_equal(pst_tuf_refresh(&tuf, &why), PST_OK);
    scene->net.call_count = 0;
    assert_int_equal(pst_tuf_find(&tuf, pst_text("pos-a/5.2.0/manifest.json"), &target, &why),
                     PST_OK);
    ASKED(scene, "/1.pos-a.json");
    assert_non_null(pst_fake_document(&scene->metadata, "pos-a.json"));
    assert_int_equal(pst_tuf_fetch_target(&tuf, target, 1 << 20, &bytes, &why), PST_OK);
    assert_true(pst_bytes_equal(pst_buf_bytes(&bytes), pst_buf_bytes(&scene->manifest)));
    assert_int_equal(pst_tuf_find(&tuf, pst_text("pos-a/5.2.0/manifest.json"), &target, &why),
                     PST_OK);
    assert_int_equal(pst_fake_asked(&scene->net, "pos-a.json"), 1); /* kept and verified again */

    assert_int_equal(pst_tuf_find(&tuf, pst_text("pos-a/9.9.9/manifest.json"), &target, &why),
                     PST_METADATA_NOT_LISTED);
    struct pst_report larger = {0};
    assert_int_equal(pst_tuf_fetch_target(&tuf, target, 10, &bytes, &larger),
                     PST_METADATA_TOO_LARGE);
    pst_fake_fail(&scene->net, "manifest.json", PST_FAKE_FLIP, 9, -1);
    assert_int_equal(pst_tuf_fetch_target(&tuf, target, 1 << 20, &bytes, &larger),
                     PST_METADATA_CORRUPT);
    assert_int_equal(bytes.len, scene->manifest.len); /* as it was */
}

static void what_a_refused_role_says_is_at_hand_for_a_diagnosis_alone(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = one_source();
    PST_CLEANUP(pst_tuf) struct pst_tuf tuf = {.trust = NULL};
    const struct pst_role_target *target = NULL;
    const struct pst_repo_key *stranger = &scene->stranger;
    struct pst_report why = {0};
    (void)state;
    pst_repo_sign_with(scene->product, &stranger, 1);
    agent_scene_publish(scene);
    open_tuf(scene, NOW, &tuf, NULL);
    assert_int_equal(pst_tuf_refresh(&tuf, &why), PST_OK);
    assert_true(pst_tuf_find(&tuf, pst_text("pos-a/5.2.0/manifest.json"), &target, &why) != PST_OK);
    assert_null(target);
    assert_non_null(tuf.refused);
    assert_non_null(pst_role_target(tuf.refused, pst_text("pos-a/5.2.0/manifest.json")));
    assert_null(pst_fake_document(&scene->metadata, "pos-a.json"));
}

static void names_are_encoded_into_urls_and_files(void **state)
{
    static const struct {
        const char *path;
        size_t digest_bytes;
        const char *expect;
    } cases[] = {
        {"a.bin", 0, "https://h/t/a.bin"},
        {"d/e/a.bin", 2, "https://h/t/d/e/abab.a.bin"},
        {"a b?#%.bin", 0, "https://h/t/a%20b%3F%23%25.bin"},
        {"../x", 2, "https://h/t/../abab.x"},
        {"\xc3\xa9", 0, "https://h/t/%C3%A9"},
    };
    static const uint8_t digest[64] = {0xab, 0xab};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        char url[PST_URL_ROOM];
        assert_true(pst_tuf_target_url("https://h/t/", pst_text(cases[i].path),
                                       pst_bytes(digest, cases[i].digest_bytes), url));
        assert_string_equal(url, cases[i].expect);
    }
    char longest[PST_URL_ROOM + 1], url[PST_URL_ROOM];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(pst_tuf_target_url("https://h/t/", pst_text(longest), pst_bytes(digest, 64), url));
    assert_true(pst_tuf_target_url("https://h/t/", pst_text("a"), pst_bytes(digest, 64), url));
    assert_int_equal(strlen(url), strlen("https://h/t/") + 128 + 2);
}

static void a_url_fits_with_its_end_or_is_none(void **state)
{
    char out[8];
    (void)state;
    assert_true(pst_url_encode(pst_text("abcdefg"), false, out, sizeof out));
    assert_string_equal(out, "abcdefg");
    assert_false(pst_url_encode(pst_text("abcdefgh"), false, out, sizeof out));
    assert_true(pst_url_encode(pst_text("abcd/"), false, out, sizeof out));
    assert_false(pst_url_encode(pst_text("abcde/"), false, out, sizeof out));
    assert_false(pst_url_encode(pst_text(""), false, out, 0));
}

/* What a fetch that failed has left is not there for whoever asks next. */
static void a_fetch_that_fails_leaves_nothing(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(1 << 20);
    (void)state;
    assert_true(pst_buf_add_text(&out, "before"));
    pst_fake_fail(&scene->net, "timestamp.json", PST_FAKE_HTML, 0, -1);
    assert_int_equal(pst_fetch_small(&scene->ports.transport, &scene->agent.sources.limits,
                                     "https://one.example/metadata/timestamp.json", 100000, &out,
                                     NULL),
                     PST_NET_CAPTIVE);
    assert_true(pst_text_is(pst_buf_text(&out), "before"));
}

/* The transport itself stops at the length that is listed: no more is even held in memory. */
static void a_file_longer_than_listed_is_cut_off_while_it_comes(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    (void)state;
    assert_true(pst_buf_add_text(&scene->repo->snapshot.bytes, " "));
    agent_scene_serve(scene);
    struct run run = refresh(scene);
    assert_int_equal(run.rc, PST_METADATA_TOO_LARGE);
    assert_false(pst_report_has(&run.why, PST_METADATA_CORRUPT));
}

static const struct pst_role_target *found(struct pst_tuf *tuf, const char *path)
{
    const struct pst_role_target *target = NULL;
    assert_int_equal(pst_tuf_find(tuf, pst_text(path), &target, NULL), PST_OK);
    return target;
}

static void a_role_is_kept_under_a_name_that_stays_in_its_folder(void **state)
{
    static const char *const names[] = {"../a/b", ".hidden", "plain"};
    static const char *const paths[] = {"q", "r", "s"};
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    struct pst_repo *repo = scene->repo;
    const struct pst_repo_key *key = &repo->key[PST_ROLE_TARGETS];
    struct pst_report why = {0};
    struct pst_tuf tuf;
    (void)state;
    for (size_t i = 0; i < PST_COUNT(names); i++)
        pst_repo_target(pst_repo_delegate(repo, &repo->targets, names[i], key, paths[i], false),
                        paths[i], pst_bytes("x", 1));
    agent_scene_publish(scene);
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        char encoded[64], url[PST_URL_ROOM];
        assert_true(pst_url_encode(pst_text(names[i]), false, encoded, sizeof encoded));
        snprintf(url, sizeof url, "%s1.%s.json", scene->agent.sources.metadata[0], encoded);
        pst_fake_serve(&scene->net, url, pst_repo_bytes(pst_repo_role(repo, names[i])));
    }
    open_tuf(scene, NOW, &tuf, &why);
    assert_int_equal(pst_tuf_refresh(&tuf, &why), PST_OK);
    for (size_t i = 0; i < PST_COUNT(paths); i++)
        assert_non_null(found(&tuf, paths[i]));
    pst_tuf_close(&tuf);
    assert_true(scene->metadata.count >= 4 + PST_COUNT(names));
    for (size_t i = 0; i < scene->metadata.count; i++) {
        assert_null(strchr(scene->metadata.document[i].name, '/'));
        assert_true(scene->metadata.document[i].name[0] != '.');
    }
}

/* Nothing can be compared with it: so it is not even asked for. */
static void a_target_that_only_unknown_digests_name_is_not_fetched(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(1 << 20);
    struct pst_report why = {0};
    struct pst_tuf tuf;
    (void)state;
    scene->product->lists = PST_REPO_LENGTH | PST_REPO_HASH_OF_TOMORROW;
    agent_scene_publish(scene);
    open_tuf(scene, NOW, &tuf, &why);
    assert_int_equal(pst_tuf_refresh(&tuf, &why), PST_OK);
    const struct pst_role_target *target = found(&tuf, "pos-a/5.2.0/manifest.json");
    size_t asked = scene->net.call_count;
    assert_int_equal(pst_tuf_fetch_target(&tuf, target, 1 << 20, &out, &why), PST_METADATA_CORRUPT);
    assert_int_equal(scene->net.call_count, asked);
    pst_tuf_close(&tuf);
}

static enum pst_code cannot_read(void *context, const char *name, struct pst_buf *out,
                                 struct pst_report *why)
{
    (void)context, (void)name, (void)out;
    return pst_refuse(why, PST_HOST_IO, pst_say("to read"), pst_say("EIO"));
}

/* It may be there again the next time: only what is damaged or gone is begun anew. */
static void a_root_that_cannot_be_read_just_now_is_not_given_up(void **state)
{
    PST_CLEANUP(agent_scene) struct agent_scene *scene = agent_scene(IMAGE_BYTES);
    struct pst_state_port metadata = scene->ports.metadata;
    struct pst_tuf_options options = {.transport = &scene->ports.transport,
                                      .metadata = &metadata,
                                      .sources = &scene->agent.sources,
                                      .now_s = NOW};
    struct pst_report why = {0};
    struct pst_tuf tuf;
    int64_t replaced = scene->metadata.replaced;
    (void)state;
    metadata.read = cannot_read;
    assert_int_equal(pst_tuf_open(&options, &tuf, &why), PST_HOST_IO);
    assert_false(pst_report_has(&why, PST_HOST_STATE));
    assert_int_equal(scene->metadata.replaced, replaced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_refresh_asks_for_four_files_and_an_idle_one_for_two),
        cmocka_unit_test(what_is_new_is_asked_for_and_no_more),
        cmocka_unit_test(the_bytes_are_kept_as_they_were_served),
        cmocka_unit_test(a_file_that_is_missing_stops_there_and_keeps_what_came_before),
        cmocka_unit_test(a_flipped_byte_anywhere_is_refused_and_not_kept),
        cmocka_unit_test(each_answer_that_is_no_file_is_called_by_its_name),
        cmocka_unit_test(a_root_that_is_refused_is_not_kept),
        cmocka_unit_test(old_roots_are_followed_and_only_the_last_is_judged_by_today),
        cmocka_unit_test(a_damaged_copy_is_fetched_again),
        cmocka_unit_test(a_damaged_root_starts_over_from_the_first),
        cmocka_unit_test(a_disk_that_is_full_is_told_and_no_mirror_is_blamed),
        cmocka_unit_test(the_first_root_is_checked_and_never_replaced),
        cmocka_unit_test(the_second_source_makes_up_for_the_first_which_is_noted),
        cmocka_unit_test(the_newer_root_of_either_source_is_followed),
        cmocka_unit_test(a_target_is_found_through_its_role_and_fetched_whole),
        cmocka_unit_test(what_a_refused_role_says_is_at_hand_for_a_diagnosis_alone),
        cmocka_unit_test(names_are_encoded_into_urls_and_files),
        cmocka_unit_test(a_url_fits_with_its_end_or_is_none),
        cmocka_unit_test(a_fetch_that_fails_leaves_nothing),
        cmocka_unit_test(a_file_longer_than_listed_is_cut_off_while_it_comes),
        cmocka_unit_test(a_role_is_kept_under_a_name_that_stays_in_its_folder),
        cmocka_unit_test(a_target_that_only_unknown_digests_name_is_not_fetched),
        cmocka_unit_test(a_root_that_cannot_be_read_just_now_is_not_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
