/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/decide_scene.h"
#include "tests/support/publishing.h"

#define BOTH (PUBLISH_TARGETS | PUBLISH_PRODUCT)

static void blob_path(const struct publishing *p, const uint8_t sha256[32], char *out, size_t room)
{
    char hex[65];
    pst_hex_print(pst_bytes(sha256, 32), hex);
    (void)snprintf(out, room, "%s/blobs/sha256/%.2s/%.2s/%s", p->folder, hex, hex + 2, hex);
}

static void a_damaged_blob_is_not_published_and_is_mended_by_uploading_it_again(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    PST_CLEANUP(made) struct made_release made;
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};
    uint8_t sha256[32];
    char path[1024];

    (void)state;
    made_release(&made, &publishing_second);
    made_put(p, &made);
    blob_path(p, made.source[0].sha256, path, sizeof path);
    publishing_damage(path, 70000);
    publishing_must_be(PST_IMAGE_CORRUPT, publishing_send(p, BOTH, &out, &why), &why);
    publishing_upload(p, pst_buf_bytes(&made.file[MADE_FULL].bytes), sha256);
    publishing_must_send(p, BOTH);
    publishing_must_walk(p, "1.1.0");
    publishing_damage(path, 70000); /* that of a published release */
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    blob_path(p, publishing_listed(p, "manifest.json")->sha256, path, sizeof path);
    publishing_damage(path, 10);
    assert_int_equal(pst_repository_manifest(p->repository, pst_text("pos-a/1.1.0/manifest.json"),
                                             &release, NULL),
                     PST_IMAGE_CORRUPT);
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(publishing_walk(p, "1.1.0", &why), PST_IMAGE_CORRUPT);
}

static void an_upload_is_kept_only_under_its_own_digest(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    uint8_t sha256[32], other[32] = {1};
    bool existed = true;
    char path[1024];
    struct stat facts;

    (void)state;
    PST_CLEANUP(pst_fd) int fd = pst_repository_upload_fd(p->repository, NULL);
    assert_int_equal(write(fd, "bytes", 5), 5);
    assert_int_equal(pst_sha256(pst_bytes("bytes", 5), sha256, NULL), PST_OK);
    assert_int_equal(pst_repository_keep(p->repository, fd, other, &existed, NULL),
                     PST_IMAGE_CORRUPT);
    blob_path(p, other, path, sizeof path);
    assert_int_equal(stat(path, &facts), -1);
    assert_int_equal(pst_repository_keep(p->repository, fd, sha256, &existed, NULL), PST_OK);
    assert_false(existed);
    assert_int_equal(pst_repository_keep(p->repository, fd, sha256, &existed, NULL), PST_OK);
    assert_true(existed);
}

static void an_upload_that_cannot_be_linked_is_copied(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    uint8_t sha256[32];
    bool existed = true;
    char name[512];

    (void)state;
    pst_scratch_path(&p->scratch, "plain", name, sizeof name);
    PST_CLEANUP(pst_fd) int fd = open(name, O_RDWR | O_CREAT, 0600);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(write(fd, "bytes", 5), 5);
    assert_int_equal(pst_sha256(pst_bytes("bytes", 5), sha256, NULL), PST_OK);
    assert_int_equal(pst_repository_keep(p->repository, fd, sha256, &existed, NULL), PST_OK);
    assert_false(existed);
    blob_path(p, sha256, name, sizeof name);
    assert_int_equal(access(name, R_OK), 0);
}

static void no_name_reaches_a_file_that_was_not_published(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    char hex[65], secret[512], listed_name[200], capitals[200], nul[200], deep[6000], other[200];
    uint8_t sha256[32];

    (void)state;
    publishing_first(p);
    pst_scratch_path(&p->scratch, "secret.json", secret, sizeof secret);
    assert_int_equal(pst_file_replace(secret, pst_bytes("x", 1), 0600, NULL), PST_OK);
    pst_scratch_path(&p->scratch, "repository/metadata/9.targets.json", secret, sizeof secret);
    assert_int_equal(pst_file_replace(secret, pst_bytes("x", 1), 0600, NULL), PST_OK);
    pst_hex_print(pst_bytes(publishing_listed(p, "app.zst")->sha256, 32), hex);
    (void)snprintf(listed_name, sizeof listed_name, "targets/pos-a/1.0.0/%s.other", hex);
    (void)snprintf(capitals, sizeof capitals, "targets/pos-a/1.0.0/%s.app.zst", hex);
    for (size_t i = strlen("targets/pos-a/1.0.0/"); capitals[i] != '.'; i++)
        if (capitals[i] >= 'a' && capitals[i] <= 'f')
            capitals[i] = (char)(capitals[i] - 'a' + 'A');
    publishing_upload(p, pst_bytes("not published", 13), sha256);
    char other_hex[65];
    pst_hex_print(pst_bytes(sha256, 32), other_hex);
    (void)snprintf(other, sizeof other, "targets/pos-a/1.0.0/%s.app.zst", other_hex);
    memset(deep, 'a', sizeof deep);
    memcpy(deep, "targets/", 8);
    deep[sizeof deep - 1] = '\0';

    const char *const names[] = {
        "",
        "/",
        ".",
        "..",
        "metadata",
        "metadata/",
        "metadata/.",
        "metadata/..",
        "metadata/../secret.json",
        "metadata/../../secret.json",
        "../secret.json",
        "/etc/passwd",
        "metadata//etc/passwd",
        "metadata/1.../../secret.json",
        "metadata/1.%2e%2e%2fsecret.json",
        "metadata/1.root.json/",
        "metadata/./1.root.json",
        "metadata/01.root.json",
        "metadata/root.json",
        "metadata/0.root.json",
        "metadata/-1.root.json",
        "metadata/1.timestamp.json",
        "metadata/99999999999999999999.root.json",
        "metadata/9.targets.json",
        "metadata/1.Root.json",
        "metadata/1.root.json.abcdef",
        "blobs/sha256/aa/bb/x",
        "uploads/x",
        "targets/",
        "targets/../secret.json",
        "targets/pos-a/../../secret.json",
        "targets/pos-a/1.0.0/app.zst",
        "targets/pos-a/1.0.0/manifest.json",
        listed_name,
        capitals,
        other,
        deep,
    };
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        struct pst_repository_file file = {.fd = -1};
        enum pst_code code = pst_repository_get(p->repository, pst_text(names[i]), &file, NULL);
        if (code != PST_SERVICE_NOT_FOUND || file.fd != -1)
            fail_msg("'%.100s' gave %s", names[i], pst_code_name(code));
    }
    /* A NUL inside must not make two names of one. */
    int len = snprintf(nul, sizeof nul, "targets/pos-a/1.0.0/%s.app.zst", hex);
    memcpy(nul + len + 1, ".x", 3);
    const struct pst_text with_nul[] = {
        {nul, (size_t)len + 3}, {"metadata/1.root.json\0x", 22}, {"metadata/1.root\0.json", 21}};
    for (size_t i = 0; i < PST_COUNT(with_nul); i++) {
        struct pst_repository_file file = {.fd = -1};
        assert_int_equal(pst_repository_get(p->repository, with_nul[i], &file, NULL),
                         PST_SERVICE_NOT_FOUND);
    }
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    assert_int_equal(publishing_get(p->repository, nul, &bytes),
                     PST_OK); /* without it, it is one */
}

static void a_file_tells_its_size_mark_and_whether_it_may_change(void **state)
{
    PST_CLEANUP(publishing) struct publishing *p = publishing();
    struct pst_repository_file file = {.fd = -1}, again = {.fd = -1};
    char hex[65], url[200], quoted[80];

    (void)state;
    publishing_first(p);
    assert_int_equal(
        pst_repository_get(p->repository, pst_text("metadata/timestamp.json"), &file, NULL),
        PST_OK);
    close(file.fd);
    assert_false(file.immutable);
    assert_int_equal(strlen(file.etag), 66);
    assert_string_equal(file.content_type, "application/json");
    publishing_must_send(p, PUBLISH_TARGETS);
    assert_int_equal(
        pst_repository_get(p->repository, pst_text("metadata/timestamp.json"), &again, NULL),
        PST_OK);
    close(again.fd);
    assert_string_not_equal(file.etag, again.etag);
    assert_int_equal(
        pst_repository_get(p->repository, pst_text("metadata/2.targets.json"), &file, NULL),
        PST_OK);
    close(file.fd);
    assert_true(file.immutable);
    assert_string_equal(file.etag, "\"2\"");
    pst_hex_print(pst_bytes(publishing_listed(p, "app.zst")->sha256, 32), hex);
    (void)snprintf(url, sizeof url, "targets/pos-a/1.0.0/%s.app.zst", hex);
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", hex);
    assert_int_equal(pst_repository_get(p->repository, pst_text(url), &file, NULL), PST_OK);
    close(file.fd);
    assert_true(file.immutable);
    assert_string_equal(file.etag, quoted);
    assert_true(file.bytes == (uint64_t)publishing_listed(p, "app.zst")->length_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_blob_is_not_published_and_is_mended_by_uploading_it_again),
        cmocka_unit_test(an_upload_is_kept_only_under_its_own_digest),
        cmocka_unit_test(an_upload_that_cannot_be_linked_is_copied),
        cmocka_unit_test(no_name_reaches_a_file_that_was_not_published),
        cmocka_unit_test(a_file_tells_its_size_mark_and_whether_it_may_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
