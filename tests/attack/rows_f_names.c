/* SPDX-License-Identifier: Apache-2.0 */
/* F08: names that are paths, or mean something to a shell or another file system. Roles may bear
 * them, and are kept in a folder of files; whatever they are, nothing is written beside it. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "agent/state/folder_state.h"
#include "agent/trust/tuf_client.h"
#include "tests/attack/resign.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

/* ---- roles ----------------------------------------------------------------------------------- */

struct name {
    const char *name; /* one character stands for `times` of it */
    size_t times;
};

/* clang-format off */
static const struct name names[] = {
    {"..", 0}, {".", 0}, {"...", 0}, {"../x", 0}, {"../../../../tmp/x", 0},
    {"/etc/x", 0}, {"/", 0}, {"a/../../b", 0}, {"./a", 0}, {"a/", 0}, {"a//b", 0},
    {"%2e%2e%2fx", 0}, {"%2E%2E/x", 0}, {"%00", 0}, {"a%", 0}, {"%c0%ae", 0},
    {"..\\x", 0}, {"a\\b", 0}, {"C:\\x", 0}, {"CON", 0}, {"nul", 0}, {"aux.txt", 0},
    {"a:b", 0}, {".hidden", 0}, {"-rf", 0}, {"~root", 0}, {"$(id)", 0}, {"`id`", 0},
    {"a;b", 0}, {"a b", 0}, {" ", 0}, {"*", 0}, {"'", 0}, {"a\"b", 0}, {"a?b", 0},
    {"a#b", 0}, {"a&b=c", 0}, {"http://elsewhere.example/x", 0}, {"@", 0},
    {"ROOT", 0}, {"Timestamp", 0}, {"root.json", 0}, {"1.root", 0}, {"tmp", 0},
    {"\xe4\xb8\x96\xe7\x95\x8c", 0}, {"e\xcc\x81", 0}, {"\xef\xbc\x8e\xef\xbc\x8e/x", 0},
    {"a", 128}, {"a", 240},
    {"a", 195}, {"a", 196}, {"a", 255}, {"/", 65}, {"/", 66}, {"/", 255},
};
/* clang-format on */

static void spell(const struct name *name, char out[6000])
{
    size_t len = 0;
    for (size_t i = 0; i < name->times; i++)
        out[len++] = name->name[0];
    snprintf(out + len, 6000 - len, "%s", name->times > 0 ? "" : name->name);
}

/* As every server has it: but for letters, digits and "_.-~", a name in a URL is written in hex. */
static void serve_product(struct attack_case *it)
{
    static const char *const mirrors[] = {"https://one.example", "https://two.example"};
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~";
    const struct pst_repo_role *role = it->scene->product;
    char url[1000];

    for (size_t i = 0; i < PST_COUNT(mirrors); i++) {
        size_t len = (size_t)snprintf(url, sizeof url, "%s/metadata/%lld.", mirrors[i],
                                      (long long)role->version);
        for (const char *at = role->name; *at != '\0' && len + 12 < sizeof url; at++)
            len += (size_t)snprintf(url + len, sizeof url - len,
                                    strchr(plain, *at) != NULL ? "%c" : "%%%02X",
                                    strchr(plain, *at) != NULL ? *at : (unsigned char)*at);
        snprintf(url + len, sizeof url - len, ".json");
        if (strlen(url) < PST_FAKE_URL_ROOM)
            pst_fake_serve(&it->scene->net, url, pst_repo_bytes(role));
    }
}

/* How many files are in a folder; SIZE_MAX when something that is no file is. */
static size_t files_in(const char *folder, size_t folders)
{
    DIR *dir = opendir(folder);
    size_t files = 0, others = 0;
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        bool self = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        struct stat about;
        assert_int_equal(fstatat(dirfd(dir), entry->d_name, &about, AT_SYMLINK_NOFOLLOW), 0);
        files += S_ISREG(about.st_mode);
        others += !self && !S_ISREG(about.st_mode);
    }
    closedir(dir);
    return others == folders ? files : SIZE_MAX;
}

static void named(struct attack *attack, const char *spelt)
{
    PST_CLEANUP(attack_case)
    struct attack_case it = attack_case_new(attack, "a role '%.60s' (%zu)", spelt, strlen(spelt));
    PST_CLEANUP(pst_scratch) struct pst_scratch scratch = pst_scratch();
    struct agent_scene *scene = it.scene;
    struct pst_folder_state state;
    char folder[400];

    pst_scratch_path(&scratch, "metadata", folder, sizeof folder);
    assert_int_equal(pst_folder_state_open(folder, &state, NULL), PST_OK);
    scene->ports.metadata = pst_folder_state_port(&state);
    assert_int_equal(pst_tuf_init(&scene->ports.metadata, pst_repo_bytes(&scene->repo->root),
                                  PST_REPO_NOW, NULL),
                     PST_OK);
    scene->product->name = scene->repo->targets.delegation[0].name = spelt;
    scene->repo->snapshot.file_count = 0; /* what it listed has another name now */
    attack_publish_as_it_is(&it);
    serve_product(&it);
    attack_accepted(&it);
    /* Two roots, timestamp, snapshot, targets; and the role's own. */
    attack_holds(&it, files_in(folder, 0) == 6, "%zu files in the folder", files_in(folder, 0));
    attack_holds(&it, files_in(scratch.path, 1) == 0, "something is beside the folder");
}

/* The four have their own files; a delegated one of that name would take its place. */
static void named_as_a_top_level_role(struct attack *attack)
{
    static const char *const puts[] = {"\"root\"", "\"timestamp\"", "\"snapshot\"", "\"targets\""};
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "targets, good");
    struct attack_change change = {.path = "signed/delegations/roles/0/name",
                                   .change = JSON_PUT,
                                   .signer = attack_signer(&it, PST_ROLE_TARGETS)};

    attack_tamper_nth(&it, PST_ROLE_TARGETS, attack_change_and_sign, &change);
    for (size_t i = 0; i < PST_COUNT(puts); i++) {
        attack_again(&it, "a delegated role %s", puts[i]);
        change.put = puts[i];
        attack_publish_again(&it);
        attack_refused(&it, PST_INCONSISTENT);
    }
    attack_mended(&it);
}

/* ---- paths in what is ordered and released --------------------------------------------------- */

static const char *const paths[] = {"../x",
                                    "..",
                                    ".",
                                    "/etc/passwd",
                                    "pos-a/../../x",
                                    "pos-a/./x",
                                    "pos-a//x",
                                    "pos-a/x/",
                                    "/",
                                    "pos-a/%2e%2e/x",
                                    "pos-a/%2fx",
                                    "pos-a\\\\..\\\\x",
                                    "pos-a/.hidden",
                                    "pos-a/-rf",
                                    "~/x",
                                    "C:/x",
                                    "https://elsewhere.example/x",
                                    "pos-a/$(id)",
                                    "pos-a/a b",
                                    "pos-a/a?b",
                                    "pos-a/a#b",
                                    "pos-a/\\u0000",
                                    "pos-a/\\u202e",
                                    "pos-a/\xe4\xb8\x96",
                                    ""};

static void ordered(struct attack *attack)
{
    PST_CLEANUP(attack_case) struct attack_case it = attack_case(attack, "assignment, good");
    struct attack_change change = {.path = "signed/order/manifest",
                                   .change = JSON_PUT,
                                   .signer = attack_signer(&it, ATTACK_ASSIGNMENT)};
    char put[200];

    attack_tamper_nth(&it, ATTACK_ASSIGNMENT, attack_change_and_sign, &change);
    for (size_t i = 0; i < PST_COUNT(paths); i++) {
        attack_again(&it, "the manifest ordered is '%s'", paths[i]);
        snprintf(put, sizeof put, "\"%s\"", paths[i]);
        change.put = put;
        if (strstr(paths[i], "u0000") != NULL) /* then the whole answer is none */
            attack_refused(&it, PST_BAD_ENCODING);
        else if (paths[i][0] == '\0')
            attack_refused(&it, PST_OUT_OF_BOUNDS);
        else
            attack_refused(&it, PST_BAD_SYNTAX);
    }
    attack_mended(&it);
}

static const char *const release_paths[] = {"components/0/sources/0/path",
                                            "components/0/sources/1/path",
                                            "components/0/sources/0/blocks/path"};
static const char *const release_names[] = {
    "product",        "components/0/name", "components/0/slot_class",
    "fits/regions/0", "needs/backup_hook", "confirm/checks/0"};

static void released(struct attack *attack, const struct pst_json *full, const char *where,
                     const char *text)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    static const enum pst_code allowed[] = {PST_BAD_SYNTAX, PST_BAD_ENCODING, PST_OUT_OF_BOUNDS,
                                            PST_INCONSISTENT};
    enum pst_code codes[PST_COUNT(allowed) + 1] = {PST_OK};
    char name[300], put[200];
    size_t count = 0;

    snprintf(name, sizeof name, "release, %s is '%s'", where, text);
    snprintf(put, sizeof put, "\"%s\"", text);
    bool accepted = attack_read_changed_release(full, where, put, why) == PST_OK;
    for (size_t i = 0; i < PST_COUNT(allowed); i++)
        if (pst_report_has(why, allowed[i]))
            codes[count++] = allowed[i];
    attack_judged(attack, name, accepted, why, codes);
}

/* ---- serials --------------------------------------------------------------------------------- */

static void serial(struct attack *attack, const char *text)
{
    static const enum pst_code syntax[] = {PST_BAD_SYNTAX, PST_OK};
    struct pst_report why = {0};
    struct pst_enrol enrol = {
        .product = "pos-a", .keytype = "ed25519", .scheme = "ed25519", .public_part = "00"};
    PST_CLEANUP(pst_buf) struct pst_buf out = pst_buf(65536);
    char name[200];

    snprintf(enrol.serial, sizeof enrol.serial, "%.*s", (int)sizeof enrol.serial - 1, text);
    snprintf(name, sizeof name, "serial '%s'", text);
    bool accepted = pst_enrol_print(&enrol, &out, &why) == PST_OK;
    attack_judged(attack, name, accepted, &why, syntax);
}

void attack_f08(struct attack *attack)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    PST_CLEANUP(pst_json) struct pst_json *full = NULL;
    char spelt[6000];

    for (size_t i = 0; i < PST_COUNT(names); i++) {
        spell(&names[i], spelt);
        named(attack, spelt);
    }
    named_as_a_top_level_role(attack);
    ordered(attack);
    attack_full_release(&bytes, &full);
    for (size_t i = 0; i < PST_COUNT(paths); i++) {
        for (size_t k = 0; k < PST_COUNT(release_paths); k++)
            released(attack, full, release_paths[k], paths[i]);
        for (size_t k = 0; k < PST_COUNT(release_names); k++)
            released(attack, full, release_names[k], paths[i]);
        if (paths[i][0] != '\0')
            serial(attack, paths[i]);
    }
}
