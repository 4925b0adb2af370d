/* SPDX-License-Identifier: Apache-2.0 */
/* What conformance suites leave out: names without versions, hash bins, sizes, and how many. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define ED    "ed25519"
#define TWOS  "root=1 snapshot=2 targets=2 timestamp=2"
#define FIRST "2.root timestamp 2.snapshot 2.targets"

static const char *const top[] = {"root", "timestamp", "snapshot", "targets"};

/* ---- names without versions ------------------------------------------------------------------ */

static void a_root_may_say_that_names_have_no_versions_and_change_its_mind(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    struct pst_report why;
    (void)state;
    tuf_settle(scene);
    scene->repo->root.inconsistent = true;
    pst_repo_delegate(scene->repo, &scene->repo->targets, "role", tuf_key(scene, ED), "d/*", false)
        ->version = 0;
    tuf_add_target(scene, tuf_role(scene, "role"), "d/f", "content");
    tuf_serve_target(scene, "d/f", "content");
    tuf_publish(scene, "root role targets snapshot timestamp");
    assert_int_equal(tuf_download(scene, "d/f", &why), PST_OK);
    tuf_check(scene, "without versions",
              "2.root 3.root timestamp snapshot targets role targets/d/f",
              "role=1 root=2 snapshot=2 targets=2 timestamp=2");
    assert_int_equal(tuf_download(scene, "d/f", &why), PST_OK);
    tuf_check(scene, "nothing new", "3.root timestamp targets/d/f", NULL);

    /* Without versions in the names, a server can give another file than is listed. */
    pst_repo_sign(&scene->repo->snapshot);
    tuf_publish(scene, "timestamp");
    scene->repo->timestamp.file[0].version = 3;
    tuf_publish(scene, "timestamp");
    assert_int_equal(tuf_refresh(scene, &why), PST_METADATA_WRONG_VERSION);
    tuf_check(scene, "another than is listed", "3.root timestamp snapshot",
              "role=1 root=2 snapshot=2 targets=2 timestamp=4");

    scene->repo->root.inconsistent = false;
    tuf_publish(scene, "root role targets snapshot timestamp");
    assert_int_equal(tuf_download(scene, "d/f", &why), PST_OK);
    tuf_check(scene, "with versions", NULL, "role=2 root=3 snapshot=3 targets=3 timestamp=5");
    assert_int_equal(pst_fake_asked(&scene->net, "3.snapshot.json"), 1);
    assert_int_equal(pst_fake_asked(&scene->net, "2.role.json"), 1);
}

/* ---- hash bins ------------------------------------------------------------------------------- */

/* SHA-256 of this path begins with ec99909d. */
#define IMAGE "firmware/pos-a/1.2.3.img"

static void a_delegation_by_hash_prefix_covers_what_begins_so(void **state)
{
    static const struct {
        const char *prefixes[2];
        bool covers;
    } cases[] = {{{"e", NULL}, true},         {{"ec99909d", NULL}, true},
                 {{"ec99909c", NULL}, false}, {{"0", "ec"}, true},
                 {{"ed", "eb"}, false},       {{"cec", NULL}, false},
                 {{"ec99909d0", NULL}, false}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        struct pst_report why;
        pst_repo_delegate(scene->repo, &scene->repo->targets, "bin", tuf_key(scene, ED),
                          cases[i].prefixes[0], false)
            ->version = 0;
        scene->repo->targets.delegation[0].also[0] = cases[i].prefixes[1];
        scene->repo->targets.delegation[0].by_hash_prefix = true;
        tuf_add_target(scene, tuf_role(scene, "bin"), IMAGE, "image");
        tuf_publish(scene, "bin targets snapshot timestamp");
        enum pst_code rc = tuf_download(scene, IMAGE, &why);
        if (rc != (cases[i].covers ? PST_OK : PST_METADATA_NOT_LISTED))
            fail_msg("%s: %s", cases[i].prefixes[0], pst_code_name(rc));
        assert_int_equal(pst_fake_asked(&scene->net, "1.bin.json"), cases[i].covers);
    }
}

static void succinct_roles_ask_for_the_one_bin_of_the_path(void **state)
{
    static const struct {
        int bits;
        const char *bin;
    } cases[] = {{1, "bin-1"},    {3, "bin-7"},     {4, "bin-e"},        {8, "bin-ec"},
                 {11, "bin-764"}, {16, "bin-ec99"}, {32, "bin-ec99909d"}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(cases); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        const struct pst_repo_key *key = tuf_key(scene, ED);
        char asked[128];
        struct pst_report why;
        pst_repo_delegate_bins(&scene->repo->targets, "bin", cases[i].bits, key);
        pst_repo_add_role(scene->repo, cases[i].bin, key)->version = 0;
        tuf_add_target(scene, tuf_role(scene, cases[i].bin), IMAGE, "image");
        tuf_publish(scene, cases[i].bin);
        tuf_publish(scene, "targets snapshot timestamp");
        assert_int_equal(tuf_download(scene, IMAGE, &why), PST_OK);
        scene->net.call_count--; /* the image itself */
        snprintf(asked, sizeof asked, FIRST " 1.%s", cases[i].bin);
        tuf_check(scene, cases[i].bin, asked, NULL);
        tuf_check_got(scene, cases[i].bin, IMAGE "=image");
        /* A path of another bin: that bin is not listed, and no other is asked. */
        assert_int_equal(tuf_download(scene, "firmware/pos-a/1.2.4.img", &why),
                         PST_METADATA_NOT_LISTED);
        tuf_check(scene, "another bin", "2.root timestamp", NULL);
    }
}

static void the_number_of_bins_has_its_bounds(void **state)
{
    static const char *const bits[] = {"0", "33", "-1", "4294967304", "\"8\"", "null", "true"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(bits); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        char put[64];
        struct pst_report why;
        pst_repo_delegate_bins(&scene->repo->targets, "bin", 8, tuf_key(scene, ED));
        snprintf(put, sizeof put, "\"bit_length\":%s", bits[i]);
        pst_repo_edit(&scene->repo->targets, "\"bit_length\":8", put);
        tuf_publish(scene, "targets snapshot timestamp");
        enum pst_code rc = tuf_download(scene, IMAGE, &why);
        if (rc != PST_OUT_OF_BOUNDS && rc != PST_WRONG_TYPE)
            fail_msg("%s: %s", bits[i], pst_code_name(rc));
        tuf_check_why(bits[i], &why, rc, "/targets/delegations/succinct_roles/bit_length");
        tuf_check(scene, bits[i], FIRST, "root=1 snapshot=2 timestamp=2");
    }
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t most;
    const char *before; /* kept when it is refused; everything is at version 2 */
} sizes[] = {
    {"root", 512000, "root=1"},
    {"timestamp", 16384, "root=2"},
    {"snapshot", 2000000, "root=2 timestamp=2"},
    {"targets", 5000000, "root=2 snapshot=2 timestamp=2"},
};

static void publish_all(struct tuf_scene *scene)
{
    tuf_publish(scene, "root targets snapshot timestamp");
}

static void a_file_may_have_its_most_bytes_and_not_one_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(sizes); i++) {
        for (size_t over = 0; over < 2; over++) {
            PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
            struct pst_repo_role *role = tuf_role(scene, sizes[i].name);
            struct pst_report why;
            publish_all(scene);
            while (role->bytes.len < sizes[i].most + over)
                assert_true(pst_buf_add(&role->bytes, "                                ",
                                        sizes[i].most + over - role->bytes.len < 32
                                            ? sizes[i].most + over - role->bytes.len
                                            : 32));
            tuf_serve(scene, role, 2);
            assert_int_equal(tuf_refresh(scene, &why), over ? PST_METADATA_TOO_LARGE : PST_OK);
            tuf_check(scene, sizes[i].name, NULL,
                      over ? sizes[i].before : "root=2 snapshot=2 targets=2 timestamp=2");
        }
    }
}

static void endless_data_ends_at_the_ceiling(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(sizes); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        char like[32];
        struct pst_report why;
        publish_all(scene);
        snprintf(like, sizeof like, "%s%s.json", i == 1 ? "" : "2.", sizes[i].name);
        pst_fake_fail(&scene->net, like, PST_FAKE_ENDLESS, 0, -1);
        assert_int_equal(tuf_refresh(scene, &why), PST_METADATA_TOO_LARGE);
        tuf_check_why(sizes[i].name, &why, PST_METADATA_TOO_LARGE, "source 1");
        tuf_check(scene, sizes[i].name, NULL, sizes[i].before);
        assert_true(scene->net.call[scene->net.call_count - 1].body_bytes <=
                    (int64_t)sizes[i].most);
    }
}

/* Listed lengths bound the reading too; one beyond the ceiling does not lift it. */
static void a_listed_length_is_held_to_and_is_no_leave_for_more(void **state)
{
    static const struct {
        int64_t off;
        enum pst_code code;
    } lengths[] = {{0, PST_OK},
                   {-1, PST_METADATA_TOO_LARGE},
                   {1, PST_METADATA_CORRUPT},
                   {6000000, PST_METADATA_TOO_LARGE}};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(lengths); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        struct pst_report why;
        scene->repo->snapshot.lists = PST_REPO_LENGTH;
        tuf_publish(scene, "targets");
        scene->repo->snapshot.file[0].length_bytes += lengths[i].off;
        tuf_publish(scene, "snapshot timestamp");
        if (lengths[i].off > PST_TRUST_TARGETS_BYTES)
            pst_fake_fail(&scene->net, "targets.json", PST_FAKE_ENDLESS, 0, -1);
        assert_int_equal(tuf_refresh(scene, &why), lengths[i].code);
        tuf_check(scene, "a length", FIRST,
                  lengths[i].code == PST_OK ? TWOS : "root=1 snapshot=2 timestamp=2");
        assert_true(scene->net.call[3].body_bytes <= PST_TRUST_TARGETS_BYTES);
    }
}

/* ---- how many -------------------------------------------------------------------------------- */

/* The next root is made when it is asked for, up to `number`. */
static void make_root(struct tuf_scene *scene, const char *url)
{
    char next[PST_FAKE_URL_ROOM];
    snprintf(next, sizeof next, "%s%lld.root.json", TUF_METADATA,
             (long long)scene->repo->root.version + 1);
    if (strcmp(url, next) != 0 || scene->repo->root.version >= scene->number)
        return;
    if (scene->repo->root.version > 1)
        pst_fake_remove(&scene->net, scene->net.file[scene->net.file_count - 1].url);
    tuf_publish(scene, "root");
}

static void a_walk_follows_256_roots_and_the_next_one_goes_on(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    struct pst_report why;
    (void)state;
    scene->before = make_root;
    scene->number = 300;
    assert_int_equal(tuf_refresh(scene, &why), PST_OK);
    tuf_check(scene, "the first walk", NULL, "root=257 snapshot=1 targets=1 timestamp=1");
    assert_int_equal(pst_fake_asked(&scene->net, ".root.json"), PST_TRUST_ROTATIONS);
    assert_int_equal(tuf_refresh(scene, &why), PST_OK);
    tuf_check(scene, "the second", NULL, "root=300 snapshot=1 targets=1 timestamp=1");
    assert_int_equal(pst_fake_asked(&scene->net, ".root.json"), 300 - 257 + 1);
}

static void a_search_asks_for_32_roles_and_no_more(void **state)
{
    (void)state;
    for (size_t roles = PST_TRUST_VISITS; roles <= PST_TRUST_VISITS + 1; roles++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        char name[PST_TRUST_VISITS + 1][24];
        struct pst_report why;
        for (size_t i = 0; i < roles; i++) {
            snprintf(name[i], sizeof name[i], "r%zu", i);
            pst_repo_delegate(scene->repo, &scene->repo->targets, name[i],
                              &scene->repo->key[PST_ROLE_TARGETS], "*", false)
                ->version = 0;
            if (i + 1 == roles)
                tuf_add_target(scene, tuf_role(scene, name[i]), "f", "content");
            tuf_publish(scene, name[i]);
        }
        tuf_publish(scene, "targets snapshot timestamp");
        assert_int_equal(tuf_download(scene, "f", &why),
                         roles > PST_TRUST_VISITS ? PST_METADATA_LIMIT : PST_OK);
        assert_int_equal(pst_fake_asked(&scene->net, "1.r"), PST_TRUST_VISITS);
    }
}

/* CVE-2020-6173: what costs a verification each has a ceiling, before any is made. */
static void a_file_with_more_signatures_than_anyone_needs_is_not_verified(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    PST_CLEANUP(pst_buf) struct pst_buf put = pst_buf(65536);
    struct pst_report why;
    (void)state;
    assert_true(pst_buf_add_text(&put, "{\"signatures\":["));
    for (int i = 0; i < PST_SIGNATURES_MOST; i++)
        assert_true(pst_buf_print(&put, "{\"keyid\":\"%d\",\"sig\":\"00\"},", i));
    assert_true(pst_buf_add(&put, "", 1));
    pst_repo_spoil(&scene->repo->timestamp, "{\"signatures\":[", (const char *)put.at);
    tuf_serve(scene, &scene->repo->timestamp, 1);
    enum pst_code rc = tuf_refresh(scene, &why);
    tuf_check_why("too many signatures", &why, PST_TOO_LARGE, "signatures");
    assert_int_equal(rc, PST_TOO_LARGE);
    assert_false(pst_report_has(&why, PST_KEY_UNKNOWN));
    tuf_check(scene, "too many signatures", "2.root timestamp", "root=1");
}

/* ---- the network ----------------------------------------------------------------------------- */

/* A redirect is not followed, a slow or broken answer is none, and nothing of them is kept. */
static void what_the_network_does_to_any_file_keeps_nothing_of_it(void **state)
{
    static const struct {
        enum pst_fake_fault fault;
        int64_t number;
        enum pst_code code;
    } faults[] = {
        {PST_FAKE_REDIRECT, 0, PST_NET_REDIRECT},    {PST_FAKE_STALL, 100, PST_NET_STALLED},
        {PST_FAKE_TRUNCATE, 100, PST_NET_TRUNCATED}, {PST_FAKE_STATUS, 500, PST_NET_STATUS},
        {PST_FAKE_STATUS, 206, PST_NET_STATUS},      {PST_FAKE_HTML, 0, PST_NET_CAPTIVE},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(sizes) * PST_COUNT(faults); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        size_t file = i / PST_COUNT(faults), fault = i % PST_COUNT(faults);
        char like[32];
        struct pst_report why;
        publish_all(scene);
        snprintf(like, sizeof like, "%s%s.json", file == 1 ? "" : "2.", top[file]);
        pst_fake_fail(&scene->net, like, faults[fault].fault, faults[fault].number, -1);
        assert_int_equal(tuf_refresh(scene, &why), faults[fault].code);
        tuf_check(scene, sizes[file].name, NULL, sizes[file].before);
        assert_non_null(strstr(scene->net.call[scene->net.call_count - 1].url, like));
    }
}

/* One mirror that floods the report with faults of its root must not hide that another has none. */
static void a_mirror_with_a_false_root_does_not_stop_the_others(void **state)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
    PST_CLEANUP(pst_buf) struct pst_buf root = pst_buf(65536);
    struct pst_report why;
    (void)state;
    assert_true(pst_buf_add_text(&root, "{\"signatures\":["));
    for (int i = 0; i < 2 * PST_REPORT_MOST - 1; i++)
        assert_true(pst_buf_print(&root, "{\"keyid\":\"%d\",\"sig\":%d},", i / 2, i));
    assert_true(pst_buf_add_text(&root, "{\"keyid\":\"x\",\"sig\":\"\"}],\"signed\":{\"keys\":{"));
    for (int i = 0; i < 2 * PST_REPORT_MOST; i++)
        assert_true(pst_buf_print(&root, "%s\"%d\":%d", i > 0 ? "," : "", i, i));
    assert_true(pst_buf_add_text(&root, "}}}"));
    pst_fake_serve(&scene->net, "http://mirror.example/2.root.json", pst_buf_bytes(&root));
    scene->sources.count = 2;
    scene->sources.metadata[0] = "http://mirror.example/";
    scene->sources.metadata[1] = TUF_METADATA;
    assert_int_equal(tuf_refresh(scene, &why), PST_OK);
    scene->net.call_count = 0;
    tuf_check(scene, "by the other", NULL, "root=1 snapshot=1 targets=1 timestamp=1");
}

/* ---- the power and the disk ------------------------------------------------------------------ */

static void publish_with_role(struct tuf_scene *scene)
{
    struct pst_repo_role *role = pst_repo_delegate(scene->repo, &scene->repo->targets, "role",
                                                   tuf_key(scene, ED), "*", false);
    tuf_add_target(scene, role, "f", "content");
    tuf_publish(scene, "root role targets snapshot timestamp");
}

/* Whatever was written before the cut was good; the next walk ends where this one would have. */
static void a_walk_cut_at_any_write_is_finished_by_the_next_one(void **state)
{
    static const char *const kept[] = {
        "root=1 snapshot=1 targets=1 timestamp=1", "root=2 snapshot=1 targets=1 timestamp=1",
        "root=2 snapshot=1 targets=1 timestamp=2", "root=2 snapshot=2 targets=1 timestamp=2",
        "root=2 snapshot=2 targets=2 timestamp=2"};
    (void)state;
    for (size_t writes = 0; writes <= PST_COUNT(kept); writes++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        struct pst_fake_power power = {.left = -1};
        bool by_power = writes < PST_COUNT(kept); /* and then once for a disk that is full */
        struct pst_report why;
        tuf_settle(scene);
        publish_with_role(scene);
        if (by_power) {
            scene->kept.power = &power;
            pst_fake_power_on(&power, (int64_t)writes);
            assert_int_not_equal(tuf_download(scene, "f", &why), PST_OK);
            scene->kept.power = NULL;
            tuf_check(scene, "cut", NULL, kept[writes]);
        } else {
            scene->kept.refuse = PST_HOST_DISK_FULL;
            assert_int_equal(tuf_download(scene, "f", &why), PST_HOST_DISK_FULL);
            scene->kept.refuse = PST_OK;
            tuf_check(scene, "full", "2.root", kept[0]);
        }
        tuf_check_got(scene, "cut", "");
        assert_int_equal(tuf_download(scene, "f", &why), PST_OK);
        tuf_check(scene, "the next one", NULL, "role=2 root=2 snapshot=2 targets=2 timestamp=2");
        tuf_check_got(scene, "the next one", "f=content");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_may_say_that_names_have_no_versions_and_change_its_mind),
        cmocka_unit_test(a_delegation_by_hash_prefix_covers_what_begins_so),
        cmocka_unit_test(succinct_roles_ask_for_the_one_bin_of_the_path),
        cmocka_unit_test(the_number_of_bins_has_its_bounds),
        cmocka_unit_test(a_file_may_have_its_most_bytes_and_not_one_more),
        cmocka_unit_test(endless_data_ends_at_the_ceiling),
        cmocka_unit_test(a_listed_length_is_held_to_and_is_no_leave_for_more),
        cmocka_unit_test(a_walk_follows_256_roots_and_the_next_one_goes_on),
        cmocka_unit_test(a_search_asks_for_32_roles_and_no_more),
        cmocka_unit_test(a_file_with_more_signatures_than_anyone_needs_is_not_verified),
        cmocka_unit_test(what_the_network_does_to_any_file_keeps_nothing_of_it),
        cmocka_unit_test(a_mirror_with_a_false_root_does_not_stop_the_others),
        cmocka_unit_test(a_walk_cut_at_any_write_is_finished_by_the_next_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
