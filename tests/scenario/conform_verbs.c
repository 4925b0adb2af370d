/* SPDX-License-Identifier: Apache-2.0 */
/* `postern-agent init | refresh | download` as processes, over HTTP, in folders: exit status, the
 * requests that reach the server, and every file that is there afterwards. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manifests/file.h"
#include "tests/support/check.h"
#include "tests/support/file_server.h"
#include "tests/support/repo_builder.h"
#include "tests/support/scratch.h"

/* Not by the clock of the machine that runs this. */
#define FOR_EVER INT64_C(32503680000) /* 3000-01-01 */

enum { PATH_ROOM = 1024, TEXT_MOST = 1 << 16, ARGUMENTS = 24, NAMES_MOST = 64 };

struct site {
    struct pst_scratch scratch;
    struct file_server *server;
    struct pst_repo *repo;
    char served[PATH_ROOM], metadata[PATH_ROOM], targets[PATH_ROOM]; /* the server's */
    char trusted[PATH_ROOM], artifacts[PATH_ROOM];                   /* the client's */
    char root[PATH_ROOM], said[PATH_ROOM];
    char metadata_url[PATH_ROOM], targets_url[PATH_ROOM];
};

static const char *agent(void)
{
    static char path[PATH_ROOM];
    const char *folder = getenv("POSTERN_BIN");
    if (folder == NULL)
        fail_msg("POSTERN_BIN is not set");
    snprintf(path, sizeof path, "%s/postern-agent", folder);
    return path;
}

/* ---- the server ------------------------------------------------------------------------------ */

static void publish(struct site *site)
{
    struct pst_repo_role *const roles[] = {&site->repo->targets, &site->repo->snapshot,
                                           &site->repo->timestamp, &site->repo->root};
    for (size_t i = 0; i < PST_COUNT(roles); i++)
        if (roles[i]->expires_s == PST_REPO_EXPIRES)
            roles[i]->expires_s = FOR_EVER;
    for (size_t i = 0; i < site->repo->role_count; i++)
        site->repo->role[i].expires_s = FOR_EVER;
    pst_repo_publish_next(site->repo);
    pst_repo_write(site->repo, site->metadata);
}

static void write_file(const char *folder, const char *name, const char *content)
{
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(pst_file_replace(path, pst_bytes(content, strlen(content)), 0644, NULL),
                     PST_OK);
}

/* Where the server keeps what is listed with this content: "<sha256>.<name>", folders before it. */
static void serve_as(struct site *site, const char *path, const char *listed, const char *content)
{
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    uint8_t digest[PST_SHA256_BYTES];
    char hex[2 * PST_SHA256_BYTES + 1], name[PATH_ROOM], folder[2 * PATH_ROOM];
    assert_int_equal(pst_sha256(pst_bytes(listed, strlen(listed)), digest, NULL), PST_OK);
    pst_hex_print(pst_bytes(digest, sizeof digest), hex);
    snprintf(folder, sizeof folder, "%s/%.*s", site->targets, (int)(base - path), path);
    assert_int_equal(pst_folder_make(folder, 0755, NULL), PST_OK);
    snprintf(name, sizeof name, "%.*s%s.%s", (int)(base - path), path, hex, base);
    write_file(site->targets, name, content);
}

static void add(struct site *site, const char *path, const char *content)
{
    pst_repo_target(&site->repo->targets, path, pst_bytes(content, strlen(content)));
    serve_as(site, path, content, content);
}

static struct site *new_site(void)
{
    struct site *site = calloc(1, sizeof *site);
    assert_non_null(site);
    site->scratch = pst_scratch();
    pst_scratch_path(&site->scratch, "served", site->served, PATH_ROOM);
    pst_scratch_path(&site->scratch, "served/a%20case%5B%23%5D/metadata", site->metadata,
                     PATH_ROOM);
    pst_scratch_path(&site->scratch, "served/a%20case%5B%23%5D/targets", site->targets, PATH_ROOM);
    pst_scratch_path(&site->scratch, "client/D", site->trusted, PATH_ROOM);
    pst_scratch_path(&site->scratch, "client/T", site->artifacts, PATH_ROOM);
    pst_scratch_path(&site->scratch, "root.json", site->root, PATH_ROOM);
    pst_scratch_path(&site->scratch, "said", site->said, PATH_ROOM);
    assert_int_equal(pst_folder_make(site->metadata, 0755, NULL), PST_OK);
    assert_int_equal(pst_folder_make(site->targets, 0755, NULL), PST_OK);
    assert_int_equal(pst_folder_make(site->artifacts, 0755, NULL), PST_OK);
    assert_int_equal(pst_folder_make(site->trusted, 0755, NULL), PST_OK);
    site->server = file_server(site->served);
    snprintf(site->metadata_url, PATH_ROOM, "http://127.0.0.1:%d/a%%20case%%5B%%23%%5D/metadata/",
             site->server->port);
    snprintf(site->targets_url, PATH_ROOM, "http://127.0.0.1:%d/a%%20case%%5B%%23%%5D/targets/",
             site->server->port);

    site->repo = pst_repo_new("ecdsa-sha2-nistp256");
    site->repo->targets.file_count = 0;
    site->repo->targets.version = site->repo->snapshot.version = site->repo->timestamp.version = 0;
    publish(site);
    assert_int_equal(pst_file_replace(site->root, pst_repo_bytes(&site->repo->root), 0644, NULL),
                     PST_OK);
    return site;
}

static void free_site(struct site **site)
{
    file_server_free((*site)->server);
    pst_repo_free((*site)->repo);
    pst_scratch_cleanup(&(*site)->scratch);
    free(*site);
}
#define SITE(name) __attribute__((cleanup(free_site))) struct site *name = new_site()

/* ---- the client ------------------------------------------------------------------------------ */

static int run(struct site *site, const char *const arguments[])
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(site->said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(126);
        execv(agent(), (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("it did not exit: status %d", status);
    return WEXITSTATUS(status);
}

static int init(struct site *site)
{
    return run(site, (const char *const[]){"postern-agent", "--metadata-dir", site->trusted, "init",
                                           site->root, NULL});
}

static int refresh(struct site *site)
{
    return run(site, (const char *const[]){"postern-agent", "--metadata-url", site->metadata_url,
                                           "--metadata-dir", site->trusted, "refresh", NULL});
}

static int download(struct site *site, const char *const *names)
{
    const char *arguments[ARGUMENTS] = {"postern-agent",  "--metadata-url",    site->metadata_url,
                                        "--metadata-dir", site->trusted,       "--target-dir",
                                        site->artifacts,  "--target-base-url", site->targets_url};
    size_t count = 9;
    for (; *names != NULL; names++) {
        assert_true(count + 4 < ARGUMENTS);
        arguments[count++] = "--target-name";
        arguments[count++] = *names;
    }
    arguments[count++] = "download";
    arguments[count] = NULL;
    return run(site, arguments);
}
#define DOWNLOAD(site, ...) download((site), (const char *const[]){__VA_ARGS__, NULL})

/* ---- what came of it ------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All that is in the folder, hidden ones and folders too, by name, a blank between. */
static void assert_files(const char *folder, const char *wanted)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(TEXT_MOST);
    char *name[NAMES_MOST];
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_true(count < NAMES_MOST);
        name[count++] = strdup(entry->d_name);
    }
    closedir(dir);
    qsort(name, count, sizeof *name, by_text);
    for (size_t i = 0; i < count; i++) {
        assert_true(pst_buf_print(&text, "%s%s", i > 0 ? " " : "", name[i]));
        free(name[i]);
    }
    assert_true(pst_buf_add(&text, "", 1));
    assert_string_equal((const char *)text.at, wanted);
}

static void assert_content(const char *folder, const char *name, const char *wanted)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_buf(TEXT_MOST);
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(pst_file_read(path, &content, NULL), PST_OK);
    if (!pst_text_is(pst_buf_text(&content), wanted))
        fail_msg("%s is '%.*s', not '%s'", name, PST_ARGS(pst_buf_text(&content)), wanted);
}

static void assert_same_bytes(const struct site *site, const char *name,
                              const struct pst_repo_role *role)
{
    PST_CLEANUP(pst_buf) struct pst_buf content = pst_buf(TEXT_MOST);
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", site->trusted, name);
    assert_int_equal(pst_file_read(path, &content, NULL), PST_OK);
    assert_true(pst_bytes_equal(pst_buf_bytes(&content), pst_repo_bytes(role)));
}

/* "M" and "T" stand for the two base paths. */
static void assert_asked(struct site *site, const char *wanted)
{
    static const char *const bases[] = {"GET /a%20case%5B%23%5D/metadata/",
                                        "GET /a%20case%5B%23%5D/targets/"};
    PST_CLEANUP(pst_buf) struct pst_buf asked = pst_buf(TEXT_MOST), text = pst_buf(TEXT_MOST);
    file_server_asked(site->server, &asked);
    for (const char *at = (const char *)asked.at; *at != '\0';) {
        size_t which = 0;
        while (which < 2 && strncmp(at, bases[which], strlen(bases[which])) != 0)
            which++;
        assert_true(pst_buf_print(&text, "%.*s", which < 2 ? 2 : 1,
                                  which == 0   ? "M/"
                                  : which == 1 ? "T/"
                                               : at));
        at += which < 2 ? strlen(bases[which]) : 1;
    }
    assert_true(pst_buf_add(&text, "", 1));
    assert_string_equal((const char *)text.at, wanted);
}

static void assert_said(const struct site *site, const char *code)
{
    PST_CLEANUP(pst_buf) struct pst_buf said = pst_buf(TEXT_MOST);
    assert_int_equal(pst_file_read(site->said, &said, NULL), PST_OK);
    assert_true(pst_buf_add(&said, "", 1));
    if (strstr((const char *)said.at, code) == NULL)
        fail_msg("no %s in: %s", code, (const char *)said.at);
}

#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define ALL   "root.first root.json snapshot.json targets.json timestamp.json"

/* ---- init and refresh ------------------------------------------------------------------------ */

static void init_takes_a_good_root_once_and_asks_nobody(void **state)
{
    SITE(site);
    (void)state;
    assert_int_equal(init(site), 0);
    assert_files(site->trusted, "root.first root.json");
    assert_same_bytes(site, "root.json", &site->repo->root);
    assert_same_bytes(site, "root.first", &site->repo->root);
    assert_int_equal(init(site), 1);
    assert_said(site, "host.exists");
    assert_asked(site, "");
}

static void init_refuses_what_is_no_root_and_keeps_nothing(void **state)
{
    SITE(site);
    (void)state;
    write_file(site->scratch.path, "root.json", "{\"signed\":{}}");
    assert_int_equal(init(site), 1);
    pst_repo_spoil(&site->repo->root, "\"threshold\":1", "\"threshold\":2");
    assert_int_equal(pst_file_replace(site->root, pst_repo_bytes(&site->repo->root), 0644, NULL),
                     PST_OK);
    assert_int_equal(init(site), 1);
    assert_said(site, "signature.threshold");
    assert_files(site->trusted, "");
    assert_int_equal(refresh(site), 1);
    assert_said(site, "host.not-found");
    assert_asked(site, "");
}

static void refresh_keeps_four_files_byte_for_byte_and_then_asks_for_two(void **state)
{
    SITE(site);
    (void)state;
    assert_int_equal(init(site), 0);
    assert_int_equal(refresh(site), 0);
    assert_asked(site, "M/2.root.json | M/timestamp.json | M/1.snapshot.json | M/1.targets.json");
    assert_files(site->trusted, ALL);
    assert_same_bytes(site, "timestamp.json", &site->repo->timestamp);
    assert_same_bytes(site, "snapshot.json", &site->repo->snapshot);
    assert_same_bytes(site, "targets.json", &site->repo->targets);
    assert_int_equal(refresh(site), 0);
    assert_asked(site, "M/2.root.json | M/timestamp.json");
    site->repo->timestamp.expires_s = 1000000000; /* 2001 */
    publish(site);
    assert_int_equal(refresh(site), 1);
    assert_said(site, "metadata.expired");
    assert_asked(site, "M/2.root.json | M/timestamp.json");
    assert_files(site->trusted, ALL);
    assert_files(site->artifacts, "");
}

static void a_redirect_is_an_answer_and_not_a_way(void **state)
{
    SITE(site);
    char answer[2 * PATH_ROOM];
    (void)state;
    assert_int_equal(init(site), 0);
    snprintf(answer, sizeof answer,
             "HTTP/1.0 302 Found\r\nLocation: %s1.targets.json\r\nContent-Length: 0\r\n\r\n",
             site->metadata_url);
    write_file(site->metadata, "timestamp.json", answer);
    assert_int_equal(refresh(site), 1);
    assert_said(site, "network.redirect");
    assert_asked(site, "M/2.root.json | M/timestamp.json");
    assert_files(site->trusted, "root.first root.json");
}

/* ---- download -------------------------------------------------------------------------------- */

static void download_refreshes_first_and_fetches_what_is_asked_for(void **state)
{
    SITE(site);
    (void)state;
    add(site, "hello.txt", "hello");
    add(site, "path/to/hello.txt", "hello");
    publish(site);
    assert_int_equal(init(site), 0);
    assert_int_equal(DOWNLOAD(site, "nonexistent artifact"), 1);
    assert_said(site, "metadata.not-listed");
    assert_asked(site, "M/2.root.json | M/timestamp.json | M/2.snapshot.json | M/2.targets.json");
    assert_files(site->trusted, ALL);
    assert_files(site->artifacts, "");
    assert_int_equal(DOWNLOAD(site, "hello.txt", "path/to/hello.txt"), 0);
    assert_asked(site, "M/2.root.json | M/timestamp.json | T/" HELLO ".hello.txt | T/path/to/" HELLO
                       ".hello.txt");
    assert_files(site->artifacts, "hello.txt path%2Fto%2Fhello.txt");
    assert_content(site->artifacts, "hello.txt", "hello");
    assert_content(site->artifacts, "path%2Fto%2Fhello.txt", "hello");
    assert_files(site->trusted, ALL);
}

static struct stat facts_of(const struct site *site, const char *name)
{
    char path[2 * PATH_ROOM];
    struct stat facts;
    snprintf(path, sizeof path, "%s/%s", site->artifacts, name);
    assert_int_equal(stat(path, &facts), 0);
    return facts;
}

static void what_is_there_is_neither_fetched_nor_touched(void **state)
{
    SITE(site);
    (void)state;
    add(site, "hello.txt", "hello");
    publish(site);
    assert_int_equal(init(site), 0);
    assert_int_equal(DOWNLOAD(site, "hello.txt"), 0);
    struct stat before = facts_of(site, "hello.txt");
    assert_asked(site, "M/2.root.json | M/timestamp.json | M/2.snapshot.json | M/2.targets.json"
                       " | T/" HELLO ".hello.txt");
    assert_int_equal(DOWNLOAD(site, "hello.txt"), 0);
    assert_asked(site, "M/2.root.json | M/timestamp.json");
    struct stat after = facts_of(site, "hello.txt");
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    /* Damaged, it is fetched again. */
    write_file(site->artifacts, "hello.txt", "hellO");
    assert_int_equal(DOWNLOAD(site, "hello.txt"), 0);
    assert_asked(site, "M/2.root.json | M/timestamp.json | T/" HELLO ".hello.txt");
    assert_content(site->artifacts, "hello.txt", "hello");
}

static void a_substituted_file_is_not_kept_and_leaves_nothing_beside(void **state)
{
    SITE(site);
    (void)state;
    add(site, "one", "first");
    add(site, "two", "second");
    publish(site);
    assert_int_equal(init(site), 0);
    assert_int_equal(DOWNLOAD(site, "one"), 0);
    serve_as(site, "one", "first", "malicious data - should not download");
    serve_as(site, "two", "second", "malicious data - should not download");
    assert_int_equal(DOWNLOAD(site, "one"), 0);
    assert_int_equal(DOWNLOAD(site, "two"), 1);
    assert_said(site, "metadata.too-large");
    serve_as(site, "two", "second", "SECOND");
    assert_int_equal(DOWNLOAD(site, "one", "two"), 1);
    assert_said(site, "metadata.corrupt");
    assert_files(site->artifacts, "one");
    assert_content(site->artifacts, "one", "first");
}

static void a_new_file_of_the_same_path_takes_the_old_ones_place(void **state)
{
    SITE(site);
    (void)state;
    add(site, "f", "contents");
    publish(site);
    assert_int_equal(init(site), 0);
    assert_int_equal(DOWNLOAD(site, "f"), 0);
    for (int round = 0; round < 3; round++) {
        char content[32];
        snprintf(content, sizeof content, "contents %d", round);
        add(site, "f", content);
        publish(site);
        assert_int_equal(DOWNLOAD(site, "f"), 0);
        assert_files(site->artifacts, "f");
        assert_content(site->artifacts, "f", content);
        serve_as(site, "f", content, "malicious!");
        publish(site);
        assert_int_equal(DOWNLOAD(site, "f"), 0); /* what is there is right */
        assert_content(site->artifacts, "f", content);
    }
}

static void several_names_end_at_the_first_failure(void **state)
{
    SITE(site);
    (void)state;
    add(site, "a", "first");
    add(site, "b", "second");
    add(site, "c", "third");
    publish(site);
    assert_int_equal(init(site), 0);
    assert_int_equal(DOWNLOAD(site, "c", "nowhere", "a"), 1);
    assert_files(site->artifacts, "c");
    assert_int_equal(DOWNLOAD(site, "b", "a"), 0);
    assert_files(site->artifacts, "a b c");
}

/* CVE-2021-41149, CVE-2026-24137: no name leaves the folder, hides in it or is a folder. */
static void names_of_targets_and_roles_stay_in_their_folders(void **state)
{
    static const char *const paths[] = {"../x", "..", ".", ".hidden", "/etc/x", "a/../../x", "a b"};
    SITE(site);
    char outside[PATH_ROOM];
    (void)state;
    pst_scratch_path(&site->scratch, "client", outside, sizeof outside);
    struct pst_repo_role *role =
        pst_repo_delegate(site->repo, &site->repo->targets, "../delegatedrole",
                          &site->repo->key[PST_ROLE_TARGETS], "*", false);
    pst_repo_target(role, "of-the-role", pst_bytes("x", 1));
    serve_as(site, "of-the-role", "x", "x");
    for (size_t i = 0; i < PST_COUNT(paths); i++)
        pst_repo_target(&site->repo->targets, paths[i], pst_bytes("hello", 5));
    publish(site);
    assert_int_equal(init(site), 0);
    /* Already there and right, each is found by its name, wherever a server would look. */
    static const char *const kept[] = {"%2E.%2Fx",        "%2E.", "%2E", "%2Ehidden", "%2Fetc%2Fx",
                                       "a%2F..%2F..%2Fx", "a%20b"};
    for (size_t i = 0; i < PST_COUNT(paths); i++) {
        write_file(site->artifacts, kept[i], "hello");
        if (DOWNLOAD(site, paths[i]) != 0)
            fail_msg("%s is not %s", paths[i], kept[i]);
    }
    assert_int_equal(DOWNLOAD(site, "of-the-role"), 0);
    assert_files(site->artifacts, "%2E %2E. %2E.%2Fx %2Ehidden %2Fetc%2Fx a%20b a%2F..%2F..%2Fx "
                                  "of-the-role");
    assert_files(site->trusted, "%2E.%2Fdelegatedrole.json " ALL);
    assert_files(outside, "D T");
}

static void a_verb_without_what_it_needs_is_wrong_usage(void **state)
{
    SITE(site);
    (void)state;
    assert_int_equal(run(site, (const char *const[]){"postern-agent", "refresh", NULL}), 2);
    assert_int_equal(run(site, (const char *const[]){"postern-agent", "--metadata-dir",
                                                     site->trusted, "download", NULL}),
                     2);
    assert_files(site->trusted, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_takes_a_good_root_once_and_asks_nobody),
        cmocka_unit_test(init_refuses_what_is_no_root_and_keeps_nothing),
        cmocka_unit_test(refresh_keeps_four_files_byte_for_byte_and_then_asks_for_two),
        cmocka_unit_test(a_redirect_is_an_answer_and_not_a_way),
        cmocka_unit_test(download_refreshes_first_and_fetches_what_is_asked_for),
        cmocka_unit_test(what_is_there_is_neither_fetched_nor_touched),
        cmocka_unit_test(a_substituted_file_is_not_kept_and_leaves_nothing_beside),
        cmocka_unit_test(a_new_file_of_the_same_path_takes_the_old_ones_place),
        cmocka_unit_test(several_names_end_at_the_first_failure),
        cmocka_unit_test(names_of_targets_and_roles_stay_in_their_folders),
        cmocka_unit_test(a_verb_without_what_it_needs_is_wrong_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
