/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/publishing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/encoder.h"
#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/decide_scene.h"

enum { IMAGE_BYTES = 150000, FILE_MOST = 1 << 20 };

static int64_t now_of(void *context)
{
    const struct publishing *p = context;
    return p->now_s;
}

struct publishing *publishing(void)
{
    struct publishing *p = calloc(1, sizeof *p);
    struct pst_report why = {0};

    assert_non_null(p);
    p->scratch = pst_scratch();
    pst_scratch_path(&p->scratch, "repository", p->folder, sizeof p->folder);
    p->repo = pst_repo_new("ed25519");
    p->product_key = pst_repo_key("ed25519");
    p->product =
        pst_repo_delegate(p->repo, &p->repo->targets, "pos-a", &p->product_key, "pos-a/*/*", true);
    p->repo->targets.version = 0;
    p->product->version = 0;
    p->now_s = PST_REPO_NOW;
    p->options = (struct pst_repository_options){
        .folder = p->folder,
        .snapshot_key = p->repo->key[PST_ROLE_SNAPSHOT].private,
        .timestamp_key = p->repo->key[PST_ROLE_TIMESTAMP].private,
        .snapshot_days = 9,
        .timestamp_days = 3,
        .now_s = now_of,
        .now_context = p,
    };
    publishing_must(publishing_open(p, &why), &why);
    uint8_t sha256[32];
    publishing_upload(p, pst_bytes("hello", 5), sha256); /* that targets.json lists */
    return p;
}

void publishing_close(struct publishing *p)
{
    pst_repository_free(p->repository);
    p->repository = NULL;
}

void publishing_free(struct publishing *p)
{
    if (p == NULL)
        return;
    publishing_close(p);
    pst_repo_free(p->repo);
    pst_repo_key_cleanup(&p->product_key);
    pst_scratch_cleanup(&p->scratch);
    free(p);
}

enum pst_code publishing_open(struct publishing *p, struct pst_report *why)
{
    return pst_repository_open(&p->options, pst_repo_bytes(&p->repo->root), &p->repository, why);
}

void publishing_reopen(struct publishing *p)
{
    struct pst_report why = {0};
    publishing_close(p);
    publishing_must(publishing_open(p, &why), &why);
}

void publishing_upload(struct publishing *p, struct pst_bytes bytes, uint8_t sha256[32])
{
    struct pst_report why = {0};
    bool existed = false;

    PST_CLEANUP(pst_fd) int fd = pst_repository_upload_fd(p->repository, &why);
    if (fd < 0)
        fail_msg("%s", scene_explain(&why));
    publishing_must(pst_fd_write(fd, bytes, "an upload", &why), &why);
    publishing_must(pst_sha256(bytes, sha256, &why), &why);
    publishing_must(pst_repository_keep(p->repository, fd, sha256, &existed, &why), &why);
}

void publishing_add(struct publishing *p, const char *name, struct pst_bytes bytes)
{
    assert_true(p->item_count < PUBLISHING_ITEMS);
    struct pst_publish_item *item = &p->item[p->item_count++];
    (void)snprintf(item->name, sizeof item->name, "%s", name);
    publishing_upload(p, bytes, item->sha256);
}

void publishing_add_role(struct publishing *p, const struct pst_repo_role *role)
{
    char name[160];

    if (role->kind == PST_ROLE_ROOT)
        (void)snprintf(name, sizeof name, "%lld.root.json", (long long)role->version);
    else
        (void)snprintf(name, sizeof name, "%.100s.json", role->name);
    publishing_add(p, name, pst_repo_bytes(role));
}

enum pst_code publishing_publish(struct publishing *p, struct pst_published *out,
                                 struct pst_report *why)
{
    size_t count = p->item_count;
    p->item_count = 0;
    return pst_repository_publish(p->repository, p->item, count, out, why);
}

void publishing_sign(struct publishing *p, unsigned roles)
{
    struct pst_repo_role *const role[] = {&p->repo->root, &p->repo->targets, p->product};

    for (size_t i = 0; i < PST_COUNT(role); i++) {
        if ((roles & 1U << i) == 0)
            continue;
        role[i]->version++;
        pst_repo_sign(role[i]);
        publishing_add_role(p, role[i]);
    }
}

enum pst_code publishing_send(struct publishing *p, unsigned roles, struct pst_published *out,
                              struct pst_report *why)
{
    publishing_sign(p, roles);
    return publishing_publish(p, out, why);
}

void publishing_first(struct publishing *p)
{
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};

    publishing_release(p, &(struct made_spec){.version = "1.0.0", .sequence = 1, .image = 'a'});
    publishing_must(publishing_send(p, PUBLISH_TARGETS | PUBLISH_PRODUCT, &out, &why), &why);
}

/* Noise that does not pack, so that there are several blocks; the letter changes little of it. */
static void fill_image(char letter, uint8_t *image)
{
    uint32_t state = 12345;

    for (size_t i = 0; i < IMAGE_BYTES; i++) {
        state = state * 1103515245U + 12345U;
        image[i] = (uint8_t)(state >> 16);
    }
    for (size_t i = 0; i < IMAGE_BYTES; i += 10000)
        image[i] = (uint8_t)letter;
}

static void list_blocks(const struct pst_buf *bytes, struct pst_buf *list)
{
    struct pst_report why = {0};

    for (size_t at = 0; at < bytes->len; at += PST_RELEASE_BLOCK_BYTES) {
        size_t left = bytes->len - at;
        uint8_t sha256[32];
        size_t len = left < PST_RELEASE_BLOCK_BYTES ? left : PST_RELEASE_BLOCK_BYTES;
        publishing_must(pst_sha256(pst_bytes(bytes->at + at, len), sha256, &why), &why);
        assert_true(pst_buf_add(list, sha256, sizeof sha256));
    }
}

static void name_file(struct made_file *file, const struct made_release *made, const char *name)
{
    (void)snprintf(file->path, sizeof file->path, "%s/%s/%s", made->product,
                   made->release.version.text, name);
    file->is_uploaded = file->is_listed = true;
}

static void fill_source(struct made_release *made, size_t index,
                        const struct pst_made_source *packed)
{
    struct pst_source *source = &made->source[index];
    struct made_file *file = &made->file[2 * index], *list = &made->file[2 * index + 1];

    list_blocks(&file->bytes, &list->bytes);
    *source = (struct pst_source){
        .path = pst_text(file->path),
        .format = packed->format,
        .length_bytes = (int64_t)file->bytes.len,
        .memory_bytes = packed->memory_bytes,
        .blocks = {.path = pst_text(list->path), .size_bytes = PST_RELEASE_BLOCK_BYTES},
    };
    publishing_must(pst_sha256(pst_buf_bytes(&file->bytes), source->sha256, NULL), NULL);
    publishing_must(pst_sha256(pst_buf_bytes(&list->bytes), source->blocks.sha256, NULL), NULL);
}

static void fill_sources(struct made_release *made, const struct made_spec *spec)
{
    static uint8_t image[IMAGE_BYTES], base[IMAGE_BYTES];
    struct pst_bytes bytes = {image, sizeof image};
    struct pst_made_source packed;
    struct pst_report why = {0};

    fill_image(spec->image, image);
    publishing_must(pst_sha256(bytes, made->component.sha256, &why), &why);
    publishing_must(pst_encode_full(bytes, NULL, &made->file[MADE_FULL].bytes, &packed, &why),
                    &why);
    fill_source(made, 0, &packed);
    if (spec->base == 0)
        return;
    fill_image(spec->base, base);
    publishing_must(pst_encode_delta(pst_bytes(base, sizeof base), bytes, NULL,
                                     &made->file[MADE_DELTA].bytes, &packed, &why),
                    &why);
    fill_source(made, 1, &packed);
    made->source[1].has_base = true;
    made->source[1].base_version = scene_version(spec->base_version);
    made->source[1].base_size_bytes = sizeof base;
    publishing_must(pst_sha256(pst_bytes(base, sizeof base), made->source[1].base_sha256, &why),
                    &why);
}

void made_release(struct made_release *made, const struct made_spec *spec)
{
    static const char *const names[] = {"app.zst", "app.zst.blocks", "app.delta",
                                        "app.delta.blocks", "manifest.json"};
    *made = (struct made_release){.product = "pos-a"};
    made->release.version = scene_version(spec->version);
    for (size_t i = 0; i < PST_COUNT(names); i++) {
        made->file[i].bytes = pst_buf(FILE_MOST);
        if (spec->base != 0 || i < MADE_DELTA || i == MADE_MANIFEST)
            name_file(&made->file[i], made, names[i]);
    }
    fill_sources(made, spec);
    made->component.name = made->component.slot_class = pst_text("app");
    made->component.size_bytes = IMAGE_BYTES;
    made->component.source_count = spec->base != 0 ? 2 : 1;
    made->component.source = made->source;

    struct pst_release *release = &made->release;
    release->product = pst_text(made->product);
    release->sequence = spec->sequence;
    release->published_s = PST_REPO_NOW;
    release->severity = pst_text("normal");
    release->hardware_count = release->os_count = release->component_count = 1;
    release->hardware[0].model = pst_text("P1");
    publishing_must(pst_version_range_parse(pst_text("*"), &release->os[0], NULL), NULL);
    release->component[0] = made->component;
    release->needs.metered_allowed = true;
    release->boot_tries = 3;
    release->confirm_within_s = 600;
}

void made_put(struct publishing *p, struct made_release *made)
{
    struct pst_report why = {0};
    uint8_t sha256[32];

    made->release.component[0] = made->component;
    if (made->file[MADE_MANIFEST].bytes.len == 0) /* a test may have written its own */
        publishing_must(pst_release_print(&made->release, &made->file[MADE_MANIFEST].bytes, &why),
                        &why);
    for (size_t i = 0; i < MADE_KINDS; i++) {
        const struct made_file *file = &made->file[i];
        if (file->is_uploaded)
            publishing_upload(p, pst_buf_bytes(&file->bytes), sha256);
        if (file->is_listed)
            pst_repo_target(p->product, file->path, pst_buf_bytes(&file->bytes));
    }
}

void made_clear(struct made_release *made)
{
    for (size_t i = 0; i < MADE_KINDS; i++)
        pst_buf_clear(&made->file[i].bytes);
}

void publishing_release(struct publishing *p, const struct made_spec *spec)
{
    PST_CLEANUP(made) struct made_release made;

    made_release(&made, spec);
    made_put(p, &made);
}

enum pst_code publishing_get(const struct pst_repository *repository, const char *path,
                             struct pst_buf *out)
{
    struct pst_repository_file file = {.fd = -1};

    enum pst_code rc = pst_repository_get(repository, pst_text(path), &file, NULL);
    if (rc != PST_OK)
        return rc;
    PST_CLEANUP(pst_fd) int fd = file.fd;
    assert_true(pst_buf_reserve(out, (size_t)file.bytes + 1));
    assert_true(pst_fd_read_at(fd, 0, out->at + out->len, (size_t)file.bytes));
    out->len += (size_t)file.bytes;
    return PST_OK;
}

/* A file of the metadata, by the version that the walk wants. */
static enum pst_code fetch(const struct publishing *p, const struct pst_trust *trust,
                           enum pst_role_kind kind, struct pst_text name, struct pst_buf *out,
                           struct pst_report *why)
{
    struct pst_trust_want want;
    char path[256];

    enum pst_code rc = pst_trust_want(trust, kind, name, &want, why);
    if (rc != PST_OK)
        return rc;
    if (want.name_has_version)
        (void)snprintf(path, sizeof path, "metadata/%lld.%.*s.json", (long long)want.version,
                       PST_ARGS(name));
    else
        (void)snprintf(path, sizeof path, "metadata/%.*s.json", PST_ARGS(name));
    pst_buf_clear(out);
    return publishing_get(p->repository, path, out);
}

static enum pst_code walk_top(const struct publishing *p, struct pst_trust *trust,
                              struct pst_buf *bytes, const struct pst_role **targets,
                              struct pst_report *why)
{
    bool same = false;

    while (fetch(p, trust, PST_ROLE_ROOT, pst_text("root"), bytes, why) == PST_OK) {
        enum pst_code of_root = pst_trust_root_next(trust, pst_buf_bytes(bytes), why);
        if (of_root != PST_OK)
            return of_root;
    }
    enum pst_code rc = pst_trust_root_done(trust, why);
    if (rc == PST_OK)
        rc = fetch(p, trust, PST_ROLE_TIMESTAMP, pst_text("timestamp"), bytes, why);
    if (rc == PST_OK)
        rc = pst_trust_timestamp(trust, pst_buf_bytes(bytes), false, &same, why);
    if (rc == PST_OK)
        rc = fetch(p, trust, PST_ROLE_SNAPSHOT, pst_text("snapshot"), bytes, why);
    if (rc == PST_OK)
        rc = pst_trust_snapshot(trust, pst_buf_bytes(bytes), false, why);
    if (rc == PST_OK)
        rc = fetch(p, trust, PST_ROLE_TARGETS, pst_text("targets"), bytes, why);
    return rc == PST_OK ? pst_trust_targets(trust, pst_text("targets"), NULL, pst_buf_bytes(bytes),
                                            targets, why)
                        : rc;
}

static enum pst_code fetch_target(const struct publishing *p, const struct pst_role *role,
                                  struct pst_text path, struct pst_buf *out, struct pst_report *why)
{
    const struct pst_role_target *target = pst_role_target(role, path);
    char hex[65], url[512];
    size_t folder = path.len;

    if (target == NULL)
        return PST_SERVICE_NOT_FOUND;
    while (folder > 0 && path.at[folder - 1] != '/')
        folder--;
    pst_hex_print(pst_bytes(target->digests.sha256, 32), hex);
    (void)snprintf(url, sizeof url, "targets/%.*s%s.%.*s", (int)folder, path.at, hex,
                   (int)(path.len - folder), path.at + folder);
    pst_buf_clear(out);
    enum pst_code rc = publishing_get(p->repository, url, out);
    return rc == PST_OK ? pst_trust_check_target(target, pst_buf_bytes(out), PST_IMAGE_CORRUPT, why)
                        : rc;
}

static enum pst_code fetch_release(const struct publishing *p, const struct pst_role *role,
                                   const char *version, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(FILE_MOST);
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    char path[256];

    (void)snprintf(path, sizeof path, "pos-a/%s/manifest.json", version);
    enum pst_code rc = fetch_target(p, role, pst_text(path), &bytes, why);
    if (rc == PST_OK)
        rc = pst_release_parse(pst_buf_bytes(&bytes), &release, why);
    for (size_t i = 0; rc == PST_OK && i < release->component[0].source_count; i++) {
        const struct pst_source *source = &release->component[0].source[i];
        rc = fetch_target(p, role, source->path, &bytes, why);
        if (rc == PST_OK)
            rc = fetch_target(p, role, source->blocks.path, &bytes, why);
    }
    return rc;
}

enum pst_code publishing_walk(const struct publishing *p, const char *version,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(FILE_MOST);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    const struct pst_role *targets = NULL, *product = NULL;

    enum pst_code rc = publishing_get(p->repository, "metadata/1.root.json", &bytes);
    if (rc == PST_OK)
        rc = pst_trust_new(pst_buf_bytes(&bytes), p->now_s, &trust, why);
    if (rc == PST_OK)
        rc = walk_top(p, trust, &bytes, &targets, why);
    if (rc == PST_OK)
        rc = fetch(p, trust, PST_ROLE_TARGETS, pst_text("pos-a"), &bytes, why);
    if (rc == PST_OK)
        rc = pst_trust_targets(trust, pst_text("pos-a"), targets, pst_buf_bytes(&bytes), &product,
                               why);
    return rc == PST_OK ? fetch_release(p, product, version, why) : rc;
}

/* Sums do not depend on the order in which a folder lists its names. */
static void print_into(const char *path, struct pst_folder_print *print)
{
    struct stat facts;
    assert_int_equal(lstat(path, &facts), 0);
    if (S_ISDIR(facts.st_mode)) {
        DIR *dir = opendir(path);
        assert_non_null(dir);
        for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
            char below[1024];
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            assert_true(pst_path_join(path, entry->d_name, below, sizeof below));
            print_into(below, print);
        }
        closedir(dir);
        return;
    }
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(FILE_MOST);
    uint8_t sha256[32];
    assert_true(pst_buf_add_text(&bytes, path) && pst_buf_add(&bytes, "", 1));
    publishing_must(pst_file_read(path, &bytes, NULL), NULL);
    publishing_must(pst_sha256(pst_buf_bytes(&bytes), sha256, NULL), NULL);
    for (size_t i = 0; i < sizeof sha256; i++)
        print->sha256[i] = (uint8_t)(print->sha256[i] + sha256[i]);
    print->files++;
}

struct pst_folder_print publishing_print(const char *folder)
{
    struct pst_folder_print print = {{0}, 0};
    print_into(folder, &print);
    return print;
}

const struct made_spec publishing_second = {"1.1.0", 1, 'b', 'a', "1.0.0"};

void publishing_must(enum pst_code code, const struct pst_report *why)
{
    if (code != PST_OK)
        fail_msg("%s\n%s", pst_code_name(code), scene_explain(why));
}

void publishing_must_be(enum pst_code expected, enum pst_code code, const struct pst_report *why)
{
    if (code != expected)
        fail_msg("%s, not %s\n%s", pst_code_name(code), pst_code_name(expected),
                 scene_explain(why));
}

void publishing_must_walk(const struct publishing *p, const char *version)
{
    struct pst_report why = {0};
    publishing_must(publishing_walk(p, version, &why), &why);
}

void publishing_must_send(struct publishing *p, unsigned roles)
{
    PST_CLEANUP(pst_published) struct pst_published out = {0};
    struct pst_report why = {0};
    publishing_must(publishing_send(p, roles, &out, &why), &why);
}

int64_t publishing_version(const struct publishing *p, const char *path, enum pst_role_kind kind)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    struct pst_report why = {0};

    publishing_must(publishing_get(p->repository, path, &bytes), &why);
    publishing_must(pst_role_parse(kind, pst_buf_bytes(&bytes), &role, &why), &why);
    return role->version;
}

int64_t publishing_timestamp_version(const struct publishing *p)
{
    return publishing_version(p, "metadata/timestamp.json", PST_ROLE_TIMESTAMP);
}

/* Under the root in between, neither the old targets nor the new ones hold. */
void publishing_rotate(struct publishing *p, const struct pst_repo_key *root_key,
                       const struct pst_repo_key *targets_key)
{
    const struct pst_repo_key *both[] = {&p->repo->key[PST_ROLE_ROOT], root_key};

    pst_repo_let(&p->repo->root.rule[PST_ROLE_ROOT], 1, &root_key, 1);
    pst_repo_let(&p->repo->root.rule[PST_ROLE_TARGETS], 1, &root_key, 1);
    pst_repo_sign_with(&p->repo->root, both, 2);
    publishing_sign(p, PUBLISH_ROOT);
    pst_repo_sign_with(&p->repo->root, &root_key, 1);
    pst_repo_let(&p->repo->root.rule[PST_ROLE_TARGETS], 1, &targets_key, 1);
    publishing_sign(p, PUBLISH_ROOT);
    pst_repo_sign_with(&p->repo->targets, &targets_key, 1);
}

struct pst_repo_file *publishing_listed(struct publishing *p, const char *name)
{
    for (size_t i = 0; i < p->product->file_count; i++)
        if (strstr(p->product->file[i].name, name) != NULL)
            return &p->product->file[i];
    fail_msg("%s is not listed", name);
    return NULL;
}

void publishing_damage(const char *path, int64_t at)
{
    uint8_t byte = 0;
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

void publishing_metadata_path(const struct publishing *p, const char *file, char out[1024])
{
    (void)snprintf(out, 1024, "%s/metadata/%s", p->folder, file);
}
