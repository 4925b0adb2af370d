/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/tuf_scene.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { TEXT_MOST = 1 << 16, NAME_ROOM = 600 };

/* ---- the server ------------------------------------------------------------------------------ */

/* What a server puts on its disk: all but letters, digits and "_.-~" in upper-case hex. */
static void encode(const char *text, bool keep_slash, char *out, size_t room)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~";
    size_t len = 0;
    for (; *text != '\0'; text++) {
        bool as_is = strchr(plain, *text) != NULL || (keep_slash && *text == '/');
        assert_true(len + 4 < room);
        len += (size_t)snprintf(out + len, room - len, as_is ? "%c" : "%%%02X",
                                as_is ? *text : (unsigned char)*text);
    }
    out[len] = '\0';
}

static void remember(struct tuf_scene *scene, struct pst_bytes bytes)
{
    assert_true(scene->published_count < TUF_PUBLISHED_MOST);
    assert_int_equal(pst_sha256(bytes, scene->published[scene->published_count++], NULL), PST_OK);
}

static bool was_published(const struct tuf_scene *scene, struct pst_bytes bytes)
{
    uint8_t digest[PST_SHA256_BYTES];
    assert_int_equal(pst_sha256(bytes, digest, NULL), PST_OK);
    for (size_t i = 0; i < scene->published_count; i++)
        if (memcmp(scene->published[i], digest, sizeof digest) == 0)
            return true;
    return false;
}

void tuf_serve(struct tuf_scene *scene, const struct pst_repo_role *role, int64_t version)
{
    char name[NAME_ROOM], url[PST_FAKE_URL_ROOM];
    bool bare = role->kind == PST_ROLE_TIMESTAMP ||
                (scene->repo->root.inconsistent && role->kind != PST_ROLE_ROOT);
    int len;

    encode(role->name, false, name, sizeof name);
    if (bare)
        len = snprintf(url, sizeof url, "%s%s.json", TUF_METADATA, name);
    else
        len = snprintf(url, sizeof url, "%s%lld.%s.json", TUF_METADATA, (long long)version, name);
    assert_true(len > 0 && (size_t)len < sizeof url);
    remember(scene, pst_repo_bytes(role));
    pst_fake_serve(&scene->net, url, pst_repo_bytes(role));
}

struct pst_repo_role *tuf_role(struct tuf_scene *scene, const char *name)
{
    struct pst_repo_role *const top[] = {&scene->repo->root, &scene->repo->timestamp,
                                         &scene->repo->snapshot, &scene->repo->targets};
    for (size_t i = 0; i < PST_COUNT(top); i++)
        if (strcmp(top[i]->name, name) == 0)
            return top[i];
    return pst_repo_role(scene->repo, name);
}

static void publish_one(struct tuf_scene *scene, const char *name)
{
    struct pst_repo_role *role = tuf_role(scene, name);
    if (role == NULL)
        fail_msg("no role '%s'", name);
    role->version++;
    pst_repo_sign(role);
    if (role->kind == PST_ROLE_TARGETS)
        pst_repo_list(&scene->repo->snapshot, role);
    if (role->kind == PST_ROLE_SNAPSHOT)
        pst_repo_list(&scene->repo->timestamp, role);
    tuf_serve(scene, role, role->version);
}

/* Takes the next word of `rest`. */
static bool next_word(const char **rest, char *out, size_t room)
{
    size_t len = strcspn(*rest, " ");
    if (len == 0)
        return false;
    assert_true(len < room);
    snprintf(out, room, "%.*s", (int)len, *rest);
    *rest += len + ((*rest)[len] == ' ');
    return true;
}

void tuf_publish(struct tuf_scene *scene, const char *roles)
{
    char name[NAME_ROOM];
    while (next_word(&roles, name, sizeof name))
        publish_one(scene, name);
}

void tuf_serve_target(struct tuf_scene *scene, const char *name, const char *content)
{
    char encoded[NAME_ROOM], url[PST_FAKE_URL_ROOM];
    encode(name, true, encoded, sizeof encoded);
    int len = snprintf(url, sizeof url, "%s%s", TUF_TARGETS, encoded);
    assert_true(len > 0 && (size_t)len < sizeof url);
    pst_fake_serve(&scene->net, url, pst_bytes(content, strlen(content)));
}

void tuf_add_target(struct tuf_scene *scene, struct pst_repo_role *role, const char *path,
                    const char *content)
{
    struct pst_bytes bytes = pst_bytes(content, strlen(content));
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    uint8_t digest[PST_SHA256_BYTES];
    char hex[2 * PST_SHA256_BYTES + 1], name[NAME_ROOM];

    pst_repo_target(role, path, bytes);
    assert_int_equal(pst_sha256(bytes, digest, NULL), PST_OK);
    pst_hex_print(pst_bytes(digest, sizeof digest), hex);
    snprintf(name, sizeof name, "%.*s%s.%s", (int)(base - path), path, hex, base);
    tuf_serve_target(scene, name, content);
}

static enum pst_code fetch(void *context, const struct pst_fetch_request *request,
                           const struct pst_sink *sink, struct pst_fetch_answer *answer,
                           struct pst_report *why)
{
    struct tuf_scene *scene = context;
    if (scene->before != NULL)
        scene->before(scene, request->url);
    return scene->server.fetch(scene->server.context, request, sink, answer, why);
}

/* ---- the scene ------------------------------------------------------------------------------- */

struct tuf_scene *tuf_scene(const char *scheme)
{
    struct tuf_scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->repo = pst_repo_new(scheme);
    scene->now_s = PST_REPO_NOW;
    scene->sources = (struct pst_sources){.count = 1,
                                          .metadata = {TUF_METADATA},
                                          .targets = {TUF_TARGETS},
                                          .limits = {1000, 1000, 9000}};
    scene->server = pst_fake_net_port(&scene->net);
    scene->transport = (struct pst_transport_port){scene, fetch};
    scene->metadata = pst_fake_documents_port(&scene->kept);

    scene->repo->snapshot.lists = PST_REPO_VERSION_ALONE;
    scene->repo->timestamp.lists = PST_REPO_VERSION_ALONE;
    scene->repo->targets.file_count = 0;
    struct pst_repo_role *const roles[] = {&scene->repo->root, &scene->repo->targets,
                                           &scene->repo->snapshot, &scene->repo->timestamp};
    for (size_t i = 0; i < PST_COUNT(roles); i++)
        roles[i]->version = 0;
    tuf_publish(scene, "root targets snapshot timestamp");
    assert_int_equal(tuf_init(scene, pst_repo_bytes(&scene->repo->root), NULL), PST_OK);
    return scene;
}

void tuf_scene_free(struct tuf_scene *scene)
{
    if (scene == NULL)
        return;
    for (size_t i = 0; i < scene->key_count; i++)
        pst_repo_key_cleanup(&scene->key[i]);
    pst_buf_clear(&scene->first);
    pst_fake_documents_clear(&scene->kept);
    pst_fake_documents_clear(&scene->got);
    pst_fake_net_clear(&scene->net);
    pst_repo_free(scene->repo);
    free(scene);
}

const struct pst_repo_key *tuf_key(struct tuf_scene *scene, const char *scheme)
{
    assert_true(scene->key_count < PST_COUNT(scene->key));
    scene->key[scene->key_count] = pst_repo_key(scheme);
    return &scene->key[scene->key_count++];
}

const struct pst_repo_key *tuf_key_with(struct tuf_scene *scene, const struct pst_repo_key *key,
                                        const char *find, const char *put)
{
    assert_true(scene->key_count < PST_COUNT(scene->key));
    scene->key[scene->key_count] = pst_repo_key_with(key, find, put);
    return &scene->key[scene->key_count++];
}

void tuf_let(struct tuf_scene *scene, enum pst_role_kind kind, int64_t threshold,
             const struct pst_repo_key *const *key, size_t count)
{
    pst_repo_let(&scene->repo->root.rule[kind], threshold, key, count);
    pst_repo_sign_with(tuf_role(scene, pst_role_kind_name(kind)), key, count);
}

/* ---- the client ------------------------------------------------------------------------------ */

enum pst_code tuf_init(struct tuf_scene *scene, struct pst_bytes root, struct pst_report *why)
{
    pst_fake_documents_clear(&scene->kept);
    remember(scene, root);
    pst_buf_clear(&scene->first);
    scene->first = pst_buf(root.len);
    assert_true(pst_buf_add(&scene->first, root.at, root.len));
    return pst_tuf_init(&scene->metadata, root, scene->now_s, why);
}

static enum pst_code start(struct tuf_scene *scene, struct pst_tuf *tuf, struct pst_report *why)
{
    const struct pst_tuf_options options = {.transport = &scene->transport,
                                            .metadata = &scene->metadata,
                                            .sources = &scene->sources,
                                            .now_s = scene->now_s};
    scene->net.call_count = 0;
    *why = (struct pst_report){.count = 0};
    enum pst_code rc = pst_tuf_open(&options, tuf, why);
    return rc == PST_OK ? pst_tuf_refresh(tuf, why) : rc;
}

/* What is told and what is answered are one. */
static enum pst_code ended(enum pst_code rc, const struct pst_report *why)
{
    if ((pst_report_verdict(why) == PST_OK) != (rc == PST_OK))
        fail_msg("answered %s and told %s", pst_code_name(rc),
                 pst_code_name(pst_report_verdict(why)));
    assert_string_equal(why->place, "");
    assert_false(why->unverified);
    return rc;
}

enum pst_code tuf_refresh(struct tuf_scene *scene, struct pst_report *why)
{
    PST_CLEANUP(pst_tuf) struct pst_tuf tuf = {.trust = NULL};
    return ended(start(scene, &tuf, why), why);
}

static enum pst_code download_one(struct tuf_scene *scene, struct pst_tuf *tuf, const char *path,
                                  struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(TEXT_MOST);
    const struct pst_role_target *target = NULL;
    enum pst_code rc = pst_tuf_find(tuf, pst_text(path), &target, why);
    if (rc == PST_OK)
        rc = pst_tuf_fetch_target(tuf, target, TEXT_MOST, &bytes, why);
    if (rc == PST_OK)
        pst_fake_document_put(&scene->got, path, pst_buf_bytes(&bytes));
    else
        assert_int_equal(bytes.len, 0);
    return rc;
}

enum pst_code tuf_download(struct tuf_scene *scene, const char *paths, struct pst_report *why)
{
    PST_CLEANUP(pst_tuf) struct pst_tuf tuf = {.trust = NULL};
    char path[NAME_ROOM];
    enum pst_code rc = start(scene, &tuf, why);
    while (rc == PST_OK && next_word(&paths, path, sizeof path))
        rc = download_one(scene, &tuf, path, why);
    return ended(rc, why);
}

void tuf_settle(struct tuf_scene *scene)
{
    struct pst_report why;
    enum pst_code rc = tuf_refresh(scene, &why);
    if (rc != PST_OK)
        fail_msg("%s at %s: expected %s, found %s", pst_code_name(rc), why.finding[0].where,
                 why.finding[0].expected, why.finding[0].found);
}

/* ---- what came of it ------------------------------------------------------------------------- */

static void check_text(const char *name, const char *what, struct pst_buf *found,
                       const char *wanted)
{
    assert_true(pst_buf_add(found, "", 1));
    if (strcmp((const char *)found->at, wanted) != 0)
        fail_msg("%s: %s\n  %s\nnot\n  %s", name, what, (const char *)found->at, wanted);
}

static const char *gap(const struct pst_buf *text)
{
    return text->len > 0 ? " " : "";
}

static void print_call(const char *name, const struct pst_fake_call *call, struct pst_buf *out)
{
    size_t metadata = strlen(TUF_METADATA), common = strlen(TUF_TARGETS) - strlen("targets/");
    const char *url = call->url;

    if (strcmp(call->method, "GET") != 0 || call->from >= 0)
        fail_msg("%s: %s %s", name, call->method, url);
    if (strncmp(url, TUF_METADATA, metadata) == 0) {
        size_t len = strlen(url + metadata);
        assert_true(len > 5 && strcmp(url + metadata + len - 5, ".json") == 0);
        assert_true(pst_buf_print(out, "%s%.*s", gap(out), (int)len - 5, url + metadata));
    } else if (strncmp(url, TUF_TARGETS, common) == 0) {
        assert_true(pst_buf_print(out, "%s%s", gap(out), url + common));
    } else {
        fail_msg("%s: %s is nothing of this server", name, url);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct pst_fake_document *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static size_t sorted(const struct pst_fake_documents *documents,
                     const struct pst_fake_document *out[PST_FAKE_DOCUMENTS])
{
    size_t count = 0;
    for (size_t i = 0; i < documents->count; i++)
        if (strcmp(documents->document[i].name, "root.first") != 0)
            out[count++] = &documents->document[i];
    qsort(out, count, sizeof(void *), by_name);
    return count;
}

/* What init() was given is kept beside the rest as it was. */
static void check_first_root(const struct tuf_scene *scene, const char *name)
{
    const struct pst_buf *first = pst_fake_document(&scene->kept, "root.first");
    if (first != NULL && !pst_bytes_equal(pst_buf_bytes(first), pst_buf_bytes(&scene->first)))
        fail_msg("%s: the first root is another", name);
}

static enum pst_role_kind kind_of(const char *file)
{
    for (int kind = PST_ROLE_ROOT; kind < PST_ROLE_TARGETS; kind++) {
        const char *name = pst_role_kind_name((enum pst_role_kind)kind);
        if (strncmp(file, name, strlen(name)) == 0 && strcmp(file + strlen(name), ".json") == 0)
            return (enum pst_role_kind)kind;
    }
    return PST_ROLE_TARGETS;
}

static void print_kept(const struct tuf_scene *scene, const char *name,
                       const struct pst_fake_document *file, struct pst_buf *out)
{
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    struct pst_bytes bytes = pst_buf_bytes(&file->content);
    size_t len = strlen(file->name);

    if (len <= 5 || strcmp(file->name + len - 5, ".json") != 0 || strchr(file->name, '/') != NULL ||
        file->name[0] == '.' || pst_role_parse(kind_of(file->name), bytes, &role, NULL) != PST_OK)
        fail_msg("%s: '%s' was kept", name, file->name);
    if (!was_published(scene, bytes))
        fail_msg("%s: %s was kept with bytes that nobody published", name, file->name);
    assert_true(pst_buf_print(out, "%s%.*s=%lld", gap(out), (int)len - 5, file->name,
                              (long long)role->version));
}

void tuf_check(const struct tuf_scene *scene, const char *name, const char *asked, const char *kept)
{
    PST_CLEANUP(pst_buf) struct pst_buf calls = pst_buf(TEXT_MOST), files = pst_buf(TEXT_MOST);
    const struct pst_fake_document *file[PST_FAKE_DOCUMENTS];

    for (size_t i = 0; i < scene->net.call_count; i++)
        print_call(name, &scene->net.call[i], &calls);
    check_first_root(scene, name);
    size_t count = sorted(&scene->kept, file);
    for (size_t i = 0; i < count; i++)
        print_kept(scene, name, file[i], &files);
    if (asked != NULL)
        check_text(name, "asked for", &calls, asked);
    if (kept != NULL)
        check_text(name, "kept", &files, kept);
}

void tuf_check_got(const struct tuf_scene *scene, const char *name, const char *got)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(TEXT_MOST);
    const struct pst_fake_document *file[PST_FAKE_DOCUMENTS];
    size_t count = sorted(&scene->got, file);

    for (size_t i = 0; i < count; i++)
        assert_true(pst_buf_print(&text, "%s%s=%.*s", gap(&text), file[i]->name,
                                  PST_ARGS(pst_buf_text(&file[i]->content))));
    check_text(name, "downloaded", &text, got);
}

void tuf_check_why(const char *name, const struct pst_report *why, enum pst_code code,
                   const char *where)
{
    for (size_t i = 0; i < why->count; i++)
        if (why->finding[i].code == code && !why->finding[i].noted &&
            strstr(why->finding[i].where, where) != NULL)
            return;
    for (size_t i = 0; i < why->count; i++)
        print_message("  %s at %s: expected %s, found %s\n", pst_code_name(why->finding[i].code),
                      why->finding[i].where, why->finding[i].expected, why->finding[i].found);
    if (code != PST_OK || pst_report_verdict(why) != PST_OK)
        fail_msg("%s: no %s at %s", name, pst_code_name(code), where);
}

static void run_case(const struct tuf_case *one, const char *scheme)
{
    PST_CLEANUP(tuf_scene) struct tuf_scene *scene = tuf_scene(scheme);
    struct pst_report why;

    if (one->act != NULL)
        one->act(scene);
    enum pst_code rc =
        one->find == NULL ? tuf_refresh(scene, &why) : tuf_download(scene, one->find, &why);
    if (rc != one->code || rc != PST_OK)
        tuf_check_why(one->name, &why, one->code, one->where != NULL ? one->where : "");
    if (rc != one->code)
        fail_msg("%s: %s, not %s", one->name, pst_code_name(rc), pst_code_name(one->code));
    tuf_check(scene, one->name, one->asked, one->kept);
    tuf_check_got(scene, one->name, one->got != NULL ? one->got : "");
}

void tuf_run_cases(const struct tuf_case *cases, size_t count, const char *scheme)
{
    for (size_t i = 0; i < count; i++)
        run_case(&cases[i], scheme);
}
