/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that two readers read differently, and JSON of another shape than a role's: refused, the
 * reason told, nothing kept - and on the disk no worse than a file that is not there. */
#include <stdio.h>

#include "tests/support/check.h"
#include "tests/support/tuf_scene.h"

#define ED "ed25519"

struct text_case {
    const char *find, *put;
    enum pst_code code;
};

/* Of the timestamp's body, which is signed as it then stands. */
/* clang-format off */
static const struct text_case bodies[] = {
    {"\"version\":2}", "\"version\":2,\"version\":2}", PST_DUPLICATE_FIELD},
    {"\"version\":2}", "\"version\":2,\"\\u0076ersion\":3}", PST_DUPLICATE_FIELD},
    {"\"_type\"", "\"_type\":\"root\",\"_type\"", PST_DUPLICATE_FIELD},
    {"\"version\":2}", "\"version\":02}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":+2}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2.0}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2e0}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":0x2}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":-0}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":NaN}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":Infinity}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":9007199254740993}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":18446744073709551618}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":-2}", PST_OUT_OF_BOUNDS},
    {"\"version\":2}", "\"version\":0}", PST_OUT_OF_BOUNDS},
    {"\"version\":2}", "\"version\":\"2\"}", PST_WRONG_TYPE},
    {"\"version\":2}", "\"version\":null}", PST_WRONG_TYPE},
    {"\"version\":2}", "\"version\":true}", PST_WRONG_TYPE},
    {"\"version\":2}", "\"version\":[2]}", PST_WRONG_TYPE},
    {"\"version\":2}", "\"Version\":2}", PST_MISSING_FIELD},
    {"\"version\":2}", "\"version\":2,}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2/**/}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "'version':2}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "version:2}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2,\"x\":\"\\u0000\"}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2,\"x\":\"\\ud800\"}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2,\"x\":\"\\x41\"}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2,\"x\":\"\t\"}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2,\"x\":\"\xff\"}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2,\"x\":\"\xc0\xaf\"}", PST_METADATA_CORRUPT},
    {"\"version\":2}", "\"version\":2,\"x\":\"\xed\xa0\x80\"}", PST_METADATA_CORRUPT},
    {"T00:00:00Z", "T00:00:00.5Z", PST_BAD_SYNTAX},
    {"T00:00:00Z", "T00:00:00+00:00", PST_BAD_SYNTAX},
    {"T00:00:00Z", " 00:00:00Z", PST_BAD_SYNTAX},
    {"T00:00:00Z", "T24:00:00Z", PST_BAD_SYNTAX},
    {"2030-01-31", "2030-02-31", PST_BAD_SYNTAX},
    {"\"timestamp\"", "\"Timestamp\"", PST_METADATA_WRONG_ROLE},
    {"\"snapshot.json\"", "\"Snapshot.json\"", PST_MISSING_FIELD},
    {"\"meta\":{", "\"meta\":null,\"neta\":{", PST_WRONG_TYPE},
};
/* clang-format on */

static void the_timestamp_is_read_by_one_meaning_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(bodies); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        struct pst_report why;
        tuf_settle(scene);
        pst_repo_edit(&scene->repo->timestamp, bodies[i].find, bodies[i].put);
        tuf_publish(scene, "timestamp");
        enum pst_code rc = tuf_refresh(scene, &why);
        if (rc != bodies[i].code && !pst_report_has(&why, bodies[i].code))
            fail_msg("%s: %s", bodies[i].put, pst_code_name(rc));
        assert_int_not_equal(rc, PST_OK);
        tuf_check(scene, bodies[i].put, "2.root timestamp",
                  "root=1 snapshot=1 targets=1 timestamp=1");
    }
}

/* What stands around a good file. */
static void nothing_stands_before_or_after_a_file(void **state)
{
    static const struct {
        const char *before, *after;
        enum pst_code code;
    } around[] = {
        {"", " \n\t\r", PST_OK},
        {" \n", "", PST_OK},
        {"\xef\xbb\xbf", "", PST_METADATA_CORRUPT},
        {"", "x", PST_METADATA_CORRUPT},
        {"", "{}", PST_METADATA_CORRUPT},
        {"", "\xc2\xa0", PST_METADATA_CORRUPT},
        {"\f", "", PST_METADATA_CORRUPT},
        {"[", "]", PST_METADATA_CORRUPT},
    };
    (void)state;
    for (size_t i = 0; i < PST_COUNT(around); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(65536);
        struct pst_buf *bytes = &scene->repo->timestamp.bytes;
        struct pst_report why;
        assert_true(pst_buf_add_text(&text, around[i].before) &&
                    pst_buf_add(&text, bytes->at, bytes->len) &&
                    pst_buf_add_text(&text, around[i].after));
        pst_buf_clear(bytes);
        assert_true(pst_buf_add(bytes, text.at, text.len));
        tuf_serve(scene, &scene->repo->timestamp, 1);
        enum pst_code rc = tuf_refresh(scene, &why);
        if (rc != around[i].code && !(rc != PST_OK && around[i].before[0] == '['))
            fail_msg("'%s' '%s': %s", around[i].before, around[i].after, pst_code_name(rc));
        tuf_check(scene, "around", NULL,
                  rc == PST_OK ? "root=1 snapshot=1 targets=1 timestamp=1" : "root=1");
    }
}

static const char no_value[] =
    "{\"signed\":{\"_type\":null,\"version\":{},\"expires\":[],\"keys\":null,\"roles\":null,"
    "\"meta\":null,\"targets\":null,\"delegations\":null,\"spec_version\":null},\"signatures\":[]}";
static const char targets_of_null[] =
    "{\"signed\":{\"_type\":\"targets\",\"spec_version\":\"1.0\",\"version\":1,\"expires\":"
    "\"2040-01-01T00:00:00Z\",\"targets\":{\"a\":null},\"delegations\":{\"keys\":{\"a\":null},"
    "\"roles\":[null]}},\"signatures\":[{\"keyid\":\"a\",\"sig\":\"00\"}]}";
static const char root_of_null[] =
    "{\"signed\":{\"_type\":\"root\",\"spec_version\":\"1.0\",\"version\":2,\"expires\":"
    "\"2040-01-01T00:00:00Z\",\"keys\":{\"a\":{}},\"roles\":{\"root\":null}},\"signatures\":[]}";

/* CVE-2026-23991: JSON as it should be, of a shape that no role has. */
static const char *const shapes[] = {
    "",
    "null",
    "true",
    "1",
    "\"x\"",
    "[]",
    "{}",
    "{\"signed\":null,\"signatures\":[]}",
    "{\"signed\":{},\"signatures\":null}",
    "{\"signed\":[],\"signatures\":{}}",
    "{\"signed\":{},\"signatures\":[]}",
    "{\"signatures\":[]}",
    "{\"signed\":{}}",
    "{\"signed\":{},\"signatures\":[null]}",
    "{\"signed\":{},\"signatures\":[{}]}",
    "{\"signed\":{},\"signatures\":[{\"keyid\":null,\"sig\":null}]}",
    "{\"signed\":\"x\",\"signatures\":\"x\"}",
    no_value,
    targets_of_null,
    root_of_null,
};

static void serve_text(struct tuf_scene *scene, const char *name, const char *text)
{
    char url[PST_FAKE_URL_ROOM];
    snprintf(url, sizeof url, "%s%s%s.json", TUF_METADATA,
             strcmp(name, "timestamp") == 0 ? "" : "2.", name);
    pst_fake_serve(&scene->net, url, pst_bytes(text, strlen(text)));
}

static const struct {
    const char *name, *kept; /* where it was refused, with everything published at version 2 */
} files[] = {
    {"root", "root=1"},
    {"timestamp", "root=2"},
    {"snapshot", "root=2 timestamp=2"},
    {"targets", "root=2 snapshot=2 timestamp=2"},
    {"role", "root=2 snapshot=2 targets=2 timestamp=2"},
};

static void publish_with_role(struct tuf_scene *scene)
{
    struct pst_repo_role *role = pst_repo_delegate(scene->repo, &scene->repo->targets, "role",
                                                   tuf_key(scene, ED), "*", false);
    tuf_add_target(scene, role, "f", "content");
    tuf_publish(scene, "root role targets snapshot timestamp");
}

static void a_file_of_no_roles_shape_is_refused_and_harms_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(shapes) * PST_COUNT(files); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        size_t file = i % PST_COUNT(files);
        const char *shape = shapes[i / PST_COUNT(files)];
        struct pst_report why;
        publish_with_role(scene);
        serve_text(scene, files[file].name, shape);
        enum pst_code rc = tuf_download(scene, "f", &why);
        if (rc == PST_OK || why.count == 0)
            fail_msg("%s: %s", files[file].name, shape);
        tuf_check(scene, shape, NULL, files[file].kept);
        tuf_check_got(scene, shape, "");
    }
}

/* Deeper than any stack: both of arrays and of objects. */
static void depth_has_a_ceiling(void **state)
{
    static const char *const open[] = {"[", "{\"a\":"};
    (void)state;
    for (size_t i = 0; i < PST_COUNT(open); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(600000);
        struct pst_report why;
        publish_with_role(scene);
        while (text.len < 100000)
            assert_true(pst_buf_add_text(&text, open[i]));
        assert_true(pst_buf_add(&text, "", 1));
        serve_text(scene, "snapshot", (const char *)text.at);
        assert_int_not_equal(tuf_refresh(scene, &why), PST_OK);
        tuf_check(scene, "deep", NULL, "root=2 timestamp=2");
    }
}

/* On the disk the same is no more than a file that is not there: fetched again. */
static void a_kept_file_of_no_roles_shape_is_fetched_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < PST_COUNT(shapes); i++) {
        PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(ED);
        struct pst_report why;
        publish_with_role(scene);
        for (size_t file = 1; file < PST_COUNT(files); file++) {
            char name[32];
            snprintf(name, sizeof name, "%s.json", files[file].name);
            pst_fake_document_put(&scene->kept, name, pst_bytes(shapes[i], strlen(shapes[i])));
        }
        assert_int_equal(tuf_download(scene, "f", &why), PST_OK);
        tuf_check(scene, shapes[i], NULL, "role=2 root=2 snapshot=2 targets=2 timestamp=2");
        pst_fake_document_put(&scene->kept, "root.json", pst_bytes(shapes[i], strlen(shapes[i])));
        pst_fake_document_put(&scene->kept, "root.first", pst_bytes(shapes[i], strlen(shapes[i])));
        assert_int_equal(tuf_refresh(scene, &why), PST_HOST_STATE);
        assert_int_equal(scene->net.call_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_timestamp_is_read_by_one_meaning_or_not_at_all),
        cmocka_unit_test(nothing_stands_before_or_after_a_file),
        cmocka_unit_test(a_file_of_no_roles_shape_is_refused_and_harms_nothing),
        cmocka_unit_test(depth_has_a_ceiling),
        cmocka_unit_test(a_kept_file_of_no_roles_shape_is_fetched_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
