/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cli/offline_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifests/fields.h"
#include "manifests/file.h"

struct reading {
    const struct pst_release_choice *choice;
    struct pst_release_folder *out;
    struct pst_report *why;
};

void pst_release_folder_clear(struct pst_release_folder *folder)
{
    pst_release_free(folder->release);
    pst_chain_clear(&folder->chain);
    folder->release = NULL;
}

static bool place(const struct reading *reading, const char *below, const char *name,
                  char out[PST_OFFLINE_PATH_ROOM])
{
    int len = snprintf(out, PST_OFFLINE_PATH_ROOM, "%s/%s%s%s", reading->choice->folder, below,
                       name[0] != '\0' ? "/" : "", name);
    if (len > 0 && len < PST_OFFLINE_PATH_ROOM)
        return true;
    (void)pst_refuse_errno(reading->why, ENAMETOOLONG, reading->choice->folder);
    return false;
}

/* ---- which release */

/* Remembers the only name, or the wanted one. */
struct products {
    const char *wanted;
    size_t count;
    bool has_wanted;
    char only[65];
};

static void see_product(struct products *products, const char *name)
{
    if (!pst_name_is_safe(pst_text(name)))
        return;
    products->count++;
    products->has_wanted = products->has_wanted || strcmp(name, products->wanted) == 0;
    (void)snprintf(products->only, sizeof products->only, "%s", name);
}

static void each_folder(const char *path, void (*see)(void *context, const char *name),
                        void *context)
{
    DIR *open = opendir(path);
    struct dirent *entry;
    struct stat facts;
    char child[PST_OFFLINE_PATH_ROOM];

    while (open != NULL && (entry = readdir(open)) != NULL)
        if (pst_path_join(path, entry->d_name, child, sizeof child) && stat(child, &facts) == 0 &&
            S_ISDIR(facts.st_mode))
            see(context, entry->d_name);
    if (open != NULL)
        closedir(open);
}

static void see_product_folder(void *context, const char *name)
{
    see_product(context, name);
}

/* What was asked for; else the terminal's own; else the only one that there is. */
static bool choose_product(const struct reading *reading)
{
    char targets[PST_OFFLINE_PATH_ROOM];
    struct products products = {.wanted = reading->choice->product != NULL
                                              ? reading->choice->product
                                              : reading->choice->terminal_product};
    const char *chosen = NULL;

    if (!place(reading, "targets", "", targets))
        return false;
    each_folder(targets, see_product_folder, &products);
    if (reading->choice->product != NULL || products.has_wanted)
        chosen = products.wanted;
    else if (products.count == 1)
        chosen = products.only;
    if (chosen != NULL && pst_name_is_safe(pst_text(chosen))) {
        (void)snprintf(reading->out->product, sizeof reading->out->product, "%s", chosen);
        return true;
    }
    if (products.count == 0)
        (void)pst_refuse(reading->why, PST_METADATA_MISSING,
                         pst_say("%s/PRODUCT/VERSION/manifest.json", targets), pst_say("none"));
    else
        (void)pst_refuse(reading->why, PST_USAGE, pst_say("--product, one of those in %s", targets),
                         pst_say("%zu products", products.count));
    return false;
}

static void see_version(void *context, const char *name)
{
    struct pst_version *newest = context, version;
    char text[PST_VERSION_ROOM] = "";

    if (strlen(name) >= sizeof text)
        return;
    for (size_t i = 0; name[i] != '\0'; i++) /* '+' cannot stand in a path: pst_release_path() */
        text[i] = name[i] == '_' ? '+' : name[i];
    if (pst_version_parse(pst_text(text), &version, NULL) == PST_OK &&
        (!pst_version_is_set(newest) || pst_version_compare(newest, &version) < 0))
        *newest = version;
}

/* A version whose folder is gone is still one that the role promises. */
static void see_listed(const struct reading *reading, struct pst_version *newest)
{
    const struct pst_role *role = reading->out->chain.product.role;
    char name[PST_VERSION_ROOM];

    for (size_t i = 0; role != NULL && i < role->target_count; i++) {
        struct pst_text rest = role->target[i].path, version;
        if (!pst_take(&rest, reading->out->product) || !pst_take(&rest, "/") ||
            !pst_take_until(&rest, '/', &version) || !pst_text_is(rest, "manifest.json") ||
            version.len >= sizeof name)
            continue;
        (void)snprintf(name, sizeof name, "%.*s", PST_ARGS(version));
        see_version(newest, name);
    }
}

static bool choose_version(const struct reading *reading)
{
    struct pst_version newest = {.text = ""};
    char folder[PST_OFFLINE_PATH_ROOM];

    if (!place(reading, "targets", reading->out->product, folder))
        return false;
    if (reading->choice->version != NULL) {
        if (pst_version_parse(pst_text(reading->choice->version), &newest, reading->why) != PST_OK)
            return false;
    } else {
        each_folder(folder, see_version, &newest);
        see_listed(reading, &newest);
    }
    if (!pst_version_is_set(&newest)) {
        (void)pst_refuse(reading->why, PST_METADATA_MISSING,
                         pst_say("%s/VERSION/manifest.json", folder), pst_say("none"));
        return false;
    }
    (void)pst_release_path(pst_text(reading->out->product), &newest, reading->out->manifest,
                           sizeof reading->out->manifest);
    return true;
}

/* ---- the manifest */

static void read_manifest(const struct reading *reading)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_RELEASE_BYTES_MOST);
    struct pst_release_folder *out = reading->out;
    char path[PST_OFFLINE_PATH_ROOM];
    struct pst_report *why = reading->why;
    bool before = why->unverified;

    if (!place(reading, "targets", out->manifest, path))
        return;
    const struct pst_role_target *target =
        pst_chain_target(&out->chain, out->product, out->manifest, why);
    PST_WITHIN(why, "%s", out->manifest);
    if (access(path, F_OK) != 0) {
        (void)pst_refuse(why, PST_METADATA_MISSING, pst_say("%s", path), pst_say("none"));
        return;
    }
    if (pst_file_read(path, &bytes, why) != PST_OK)
        return;
    out->verified =
        out->chain.product.verified && target != NULL &&
        pst_trust_check_target(target, pst_buf_bytes(&bytes), PST_METADATA_CORRUPT, why) == PST_OK;
    if (!out->chain.product.verified && target != NULL) {
        why->unverified = true;
        (void)!pst_trust_check_target(target, pst_buf_bytes(&bytes), PST_METADATA_CORRUPT, why);
    }
    why->unverified = before || !out->verified;
    if (pst_release_parse(pst_buf_bytes(&bytes), &out->release, why) != PST_OK)
        out->verified = false;
    why->unverified = before;
}

void pst_release_file_read(const char *path, struct pst_release **out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_RELEASE_BYTES_MOST);

    PST_WITHIN(why, "%s", path);
    if (pst_file_read(path, &bytes, why) == PST_OK)
        (void)!pst_release_parse(pst_buf_bytes(&bytes), out, why);
}

/* ---- its files */

/* The first of the blocks that differ from the list, and how many do. */
static struct pst_value damaged_blocks(int fd, int64_t bytes, const struct pst_buf *list)
{
    uint8_t block[PST_OFFLINE_BLOCK], sha256[PST_SHA256_BYTES];
    int64_t first = -1, bad = 0, count = (bytes - 1) / PST_OFFLINE_BLOCK + 1;

    if ((uint64_t)list->len != (uint64_t)count * PST_SHA256_BYTES)
        return pst_say("other contents");
    for (int64_t i = 0; i < count; i++) {
        int64_t at = i * PST_OFFLINE_BLOCK, left = bytes - at;
        size_t len = left < PST_OFFLINE_BLOCK ? (size_t)left : sizeof block;
        if (pst_fd_read_at(fd, (uint64_t)at, block, len) &&
            pst_sha256(pst_bytes(block, len), sha256, NULL) == PST_OK &&
            memcmp(sha256, list->at + i * PST_SHA256_BYTES, sizeof sha256) == 0)
            continue;
        first = first < 0 ? at : first;
        bad++;
    }
    return pst_say("%" PRId64 " of %" PRId64 " blocks damaged, the first at byte %" PRId64, bad,
                   count, first);
}

struct wanted {
    const char *path; /* target path */
    int64_t bytes;
    const uint8_t *sha256;
    const struct pst_buf *list; /* NULL: none to compare with */
};

static bool check_bytes(const struct reading *reading, const struct wanted *wanted, int fd,
                        int64_t bytes)
{
    char expected[2 * PST_SHA256_BYTES + 1];
    uint8_t sha256[PST_SHA256_BYTES];

    if (bytes != wanted->bytes) {
        (void)pst_refuse(reading->why, PST_IMAGE_CORRUPT,
                         pst_say("%" PRId64 " bytes", wanted->bytes),
                         pst_say("%" PRId64 " bytes", bytes));
        return false;
    }
    if (pst_sha256_fd(fd, (uint64_t)bytes, sha256, reading->why) != PST_OK)
        return false;
    if (memcmp(sha256, wanted->sha256, sizeof sha256) == 0)
        return true;
    pst_hex_print(pst_bytes(wanted->sha256, sizeof sha256), expected);
    (void)pst_refuse(reading->why, PST_IMAGE_CORRUPT, pst_say("sha256 %s", expected),
                     wanted->list != NULL ? damaged_blocks(fd, bytes, wanted->list)
                                          : pst_say("other contents"));
    return false;
}

static bool check_file(const struct reading *reading, const struct wanted *wanted)
{
    char path[PST_OFFLINE_PATH_ROOM];
    struct stat facts;

    PST_WITHIN(reading->why, "%s", wanted->path);
    if (!place(reading, "targets", wanted->path, path))
        return false;
    PST_CLEANUP(pst_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        (void)pst_refuse(reading->why, PST_IMAGE_MISSING, pst_say("%s", path), pst_say("none"));
        return false;
    }
    if (fd < 0 || fstat(fd, &facts) != 0) {
        (void)pst_refuse_errno(reading->why, errno, path);
        return false;
    }
    return check_bytes(reading, wanted, fd, S_ISREG(facts.st_mode) ? (int64_t)facts.st_size : -1);
}

/* The role and the manifest are signed by the same people; terminals hold the files against
 * both. */
static void check_listed(const struct reading *reading, const struct wanted *wanted)
{
    const struct pst_chain *chain = &reading->out->chain;
    const struct pst_role_target *target =
        pst_chain_target(chain, reading->out->product, wanted->path, reading->why);

    if (target == NULL || (target->length_bytes == wanted->bytes &&
                           (!target->digests.has_sha256 ||
                            memcmp(target->digests.sha256, wanted->sha256, PST_SHA256_BYTES) == 0)))
        return;
    PST_WITHIN(reading->why, "%s", wanted->path);
    (void)pst_refuse(reading->why, PST_INCONSISTENT,
                     pst_say("length and digest as in the manifest"),
                     pst_say("others in %s.json", reading->out->product));
}

static void check_source(const struct reading *reading, const struct pst_source *source)
{
    PST_CLEANUP(pst_buf) struct pst_buf list = pst_buf(PST_OFFLINE_FILE_MOST);
    char path[PST_OFFLINE_PATH_ROOM];
    struct wanted of_list = {.path = source->blocks.path.at,
                             .bytes = pst_source_list_bytes(source),
                             .sha256 = source->blocks.sha256};
    struct wanted of_source = {
        .path = source->path.at, .bytes = source->length_bytes, .sha256 = source->sha256};

    check_listed(reading, &of_source);
    check_listed(reading, &of_list);
    if (check_file(reading, &of_list) && place(reading, "targets", of_list.path, path) &&
        pst_file_read(path, &list, reading->why) == PST_OK)
        of_source.list = &list;
    (void)!check_file(reading, &of_source);
}

static void check_sources(const struct reading *reading)
{
    const struct pst_release *release = reading->out->release;
    bool before = reading->why->unverified;

    reading->why->unverified = before || !reading->out->verified;
    for (size_t i = 0; release != NULL && i < release->component_count; i++)
        for (size_t k = 0; k < release->component[i].source_count; k++)
            check_source(reading, &release->component[i].source[k]);
    reading->why->unverified = before;
}

void pst_release_folder_read(const struct pst_release_choice *choice,
                             struct pst_release_folder *out, struct pst_report *why)
{
    const struct reading reading = {.choice = choice, .out = out, .why = why};
    char metadata[PST_OFFLINE_PATH_ROOM];

    *out = (struct pst_release_folder){.product = ""};
    if (!choose_product(&reading) || !place(&reading, "metadata", "", metadata))
        return;
    pst_chain_walk(metadata, out->product, choice->now_s, &out->chain, why);
    if (!choose_version(&reading))
        return;
    read_manifest(&reading);
    check_sources(&reading);
}
