/* SPDX-License-Identifier: Apache-2.0 */
/* What a product role lists: is it all there, is it what the manifests say, and was it once
 * otherwise. */
#include <stdio.h>
#include <sys/stat.h>

#include "manifests/fields.h"
#include "manifests/file.h"
#include "service/repository/repository_internal.h"

/* Blobs up to this size are hashed again at each publish; larger ones were hashed when they came,
 * and new ones are held against their list of blocks. */
enum { REHASH_MOST = 1 << 20 };

struct product {
    struct pst_publish *publish;
    const struct pst_signed *part;
};

static void refuse(struct pst_publish *publish, enum pst_code code, struct pst_value expected,
                   struct pst_value found)
{
    pst_publish_took(publish, pst_refuse(publish->why, code, expected, found));
}

static enum pst_code check_size(int fd, int64_t bytes, struct pst_report *why)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0 || facts.st_size != bytes)
        return pst_refuse(why, PST_IMAGE_CORRUPT, pst_say("a blob of %lld bytes", (long long)bytes),
                          pst_say("%lld bytes", (long long)facts.st_size));
    return PST_OK;
}

static enum pst_code check_digest(int fd, const struct pst_role_target *target,
                                  struct pst_report *why)
{
    uint8_t found[PST_SHA256_BYTES];

    enum pst_code rc = pst_sha256_fd(fd, (uint64_t)target->length_bytes, found, why);
    if (rc == PST_OK && memcmp(found, target->digests.sha256, PST_SHA256_BYTES) != 0)
        rc = pst_refuse(why, PST_IMAGE_CORRUPT, pst_say("the bytes of its digest"),
                        pst_say("others"));
    return rc;
}

static void check_blob(struct pst_publish *publish, const struct pst_role_target *target)
{
    struct pst_report *why = publish->why;
    char hex[2 * PST_SHA256_BYTES + 1];

    if (!target->digests.has_sha256) {
        refuse(publish, PST_INCONSISTENT, pst_say("a sha256"), pst_say("none"));
        return;
    }
    PST_CLEANUP(pst_fd) int fd = pst_blob_open(publish->repository, target->digests.sha256);
    if (fd < 0) {
        pst_hex_print(pst_bytes(target->digests.sha256, PST_SHA256_BYTES), hex);
        refuse(publish, PST_IMAGE_MISSING, pst_say("blob %s, uploaded before", hex),
               pst_say("none"));
        return;
    }
    enum pst_code rc = check_size(fd, target->length_bytes, why);
    if (rc == PST_OK && target->length_bytes <= REHASH_MOST)
        rc = check_digest(fd, target, why);
    pst_publish_took(publish, rc);
}

static bool is_path_ok(struct pst_publish *publish, struct pst_text path)
{
    if (pst_target_path_is_safe(path))
        return true;
    refuse(publish, PST_BAD_SYNTAX, pst_say("names of letters, digits and '._-', joined by '/'"),
           pst_say("%.*s", PST_ARGS(path)));
    return false;
}

void pst_publish_check_targets(struct pst_publish *publish, const struct pst_signed *part)
{
    for (size_t i = 0; i < part->role->target_count; i++) {
        const struct pst_role_target *target = &part->role->target[i];
        PST_WITHIN(publish->why, "%.*s", PST_ARGS(target->path));
        if (is_path_ok(publish, target->path))
            check_blob(publish, target);
    }
}

/* A target that no client looks for under this role is a mistake, not an extra. */
static void check_target(const struct product *product, const struct pst_role_rule *rule,
                         const struct pst_role_target *target)
{
    struct pst_publish *publish = product->publish;
    struct pst_text rest = target->path, first = {0};
    uint8_t sha256[PST_SHA256_BYTES];

    PST_WITHIN(publish->why, "%.*s", PST_ARGS(target->path));
    if (!is_path_ok(publish, target->path))
        return;
    enum pst_code rc = pst_sha256(pst_bytes_of(target->path), sha256, publish->why);
    pst_publish_took(publish, rc);
    if (rc == PST_OK &&
        (!pst_take_until(&rest, '/', &first) || !pst_text_is(first, product->part->name) ||
         !pst_role_rule_covers(rule, target->path, sha256)))
        refuse(publish, PST_INCONSISTENT,
               pst_say("a path beneath '%s/' that the delegation covers", product->part->name),
               pst_say("%.*s", PST_ARGS(target->path)));
    check_blob(publish, target);
}

/* What the manifest says of a file, and what the role says of it. */
static const struct pst_role_target *check_file(const struct product *product, struct pst_text path,
                                                int64_t bytes, const uint8_t sha256[32])
{
    struct pst_publish *publish = product->publish;
    const struct pst_role_target *target = pst_role_target(product->part->role, path);
    char hex[2 * PST_SHA256_BYTES + 1], found[2 * PST_SHA256_BYTES + 1];

    if (target == NULL) {
        refuse(publish, PST_RELEASE_INCOMPLETE,
               pst_say("'%.*s' among the targets of %s", PST_ARGS(path), product->part->name),
               pst_say("it is not listed"));
        return NULL;
    }
    if (target->length_bytes == bytes && target->digests.has_sha256 &&
        memcmp(target->digests.sha256, sha256, PST_SHA256_BYTES) == 0)
        return target;
    pst_hex_print(pst_bytes(sha256, PST_SHA256_BYTES), hex);
    pst_hex_print(pst_bytes(target->digests.sha256, PST_SHA256_BYTES), found);
    refuse(publish, PST_INCONSISTENT,
           pst_say("%lld bytes, sha256 %s, as in the manifest", (long long)bytes, hex),
           pst_say("%lld bytes, sha256 %s in %s", (long long)target->length_bytes, found,
                   product->part->name));
    return NULL;
}

static enum pst_code check_block(int fd, uint64_t at, size_t len, const uint8_t *expected,
                                 struct pst_report *why)
{
    uint8_t block[PST_RELEASE_BLOCK_BYTES], found[PST_SHA256_BYTES];

    if (!pst_fd_read_at(fd, at, block, len))
        return pst_refuse(why, PST_IMAGE_CORRUPT,
                          pst_say("%zu bytes at %llu", len, (unsigned long long)at),
                          pst_say("fewer"));
    enum pst_code rc = pst_sha256(pst_bytes(block, len), found, why);
    if (rc == PST_OK && memcmp(found, expected, PST_SHA256_BYTES) != 0)
        rc = pst_refuse(why, PST_IMAGE_CORRUPT,
                        pst_say("block %llu as its list says",
                                (unsigned long long)(at / PST_RELEASE_BLOCK_BYTES)),
                        pst_say("another"));
    return rc;
}

/* The first block that is wrong is told: the others of a wrong list would say nothing more. */
static enum pst_code check_blocks(const struct pst_repository *repository,
                                  const struct pst_source *source, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf list = pst_buf((size_t)pst_source_list_bytes(source));
    enum pst_code rc = pst_blob_read(repository, source->blocks.sha256, &list, why);

    PST_CLEANUP(pst_fd) int fd = pst_blob_open(repository, source->sha256);
    if (rc != PST_OK || fd < 0)
        return rc; /* a source that is missing was told */
    if (list.len != (uint64_t)pst_source_list_bytes(source))
        return pst_refuse(why, PST_IMAGE_CORRUPT, pst_say("a list of %zu bytes", list.max),
                          pst_say("%zu bytes", list.len));
    uint64_t bytes = (uint64_t)source->length_bytes;
    for (uint64_t at = 0; rc == PST_OK && at < bytes; at += PST_RELEASE_BLOCK_BYTES) {
        uint64_t left = bytes - at;
        size_t len = left < PST_RELEASE_BLOCK_BYTES ? (size_t)left : PST_RELEASE_BLOCK_BYTES;
        rc = check_block(fd, at, len, list.at + at / PST_RELEASE_BLOCK_BYTES * PST_SHA256_BYTES,
                         why);
    }
    return rc;
}

static void check_source(const struct product *product, const struct pst_source *source, bool fresh)
{
    struct pst_publish *publish = product->publish;
    const struct pst_blocks *blocks = &source->blocks;

    const struct pst_role_target *image =
        check_file(product, source->path, source->length_bytes, source->sha256);
    PST_WITHIN(publish->why, "blocks");
    const struct pst_role_target *list =
        check_file(product, blocks->path, pst_source_list_bytes(source), blocks->sha256);
    if (fresh && image != NULL && list != NULL)
        pst_publish_took(publish, check_blocks(publish->repository, source, publish->why));
}

static void check_sources(const struct product *product, const struct pst_release *release,
                          bool fresh)
{
    for (size_t i = 0; i < release->component_count; i++)
        for (size_t k = 0; k < release->component[i].source_count; k++) {
            PST_WITHIN(product->publish->why, "components/%zu/sources/%zu", i, k);
            check_source(product, &release->component[i].source[k], fresh);
        }
}

static void check_place(const struct product *product, const struct pst_release *release,
                        struct pst_text path)
{
    char expected[256];

    (void)pst_release_path(pst_text(product->part->name), &release->version, expected,
                           sizeof expected);
    if (!pst_text_is(release->product, product->part->name))
        refuse(product->publish, PST_INCONSISTENT, pst_say("product %s", product->part->name),
               pst_say("product %.*s", PST_ARGS(release->product)));
    if (!pst_text_is(path, expected))
        refuse(product->publish, PST_INCONSISTENT,
               pst_say("%s for version %s", expected, release->version.text),
               pst_say("%.*s", PST_ARGS(path)));
}

static const struct pst_component *component_of(const struct pst_release *release,
                                                struct pst_text name)
{
    for (size_t i = 0; i < release->component_count; i++)
        if (pst_text_equal(release->component[i].name, name))
            return &release->component[i];
    return NULL;
}

/* What terminals run under this version stays what it is. */
static void check_images(struct pst_publish *publish, const struct pst_release *before,
                         const struct pst_release *release)
{
    if (before->component_count != release->component_count)
        refuse(publish, PST_RELEASE_EXISTS,
               pst_say("the %zu components published", before->component_count),
               pst_say("%zu components", release->component_count));
    for (size_t i = 0; i < before->component_count; i++) {
        const struct pst_component *old = &before->component[i];
        const struct pst_component *now = component_of(release, old->name);
        char expected[65], found[65] = "none";
        PST_WITHIN(publish->why, "components/%.*s", PST_ARGS(old->name));
        if (now != NULL && now->size_bytes == old->size_bytes &&
            memcmp(now->sha256, old->sha256, sizeof now->sha256) == 0)
            continue;
        pst_hex_print(pst_bytes(old->sha256, sizeof old->sha256), expected);
        if (now != NULL)
            pst_hex_print(pst_bytes(now->sha256, sizeof now->sha256), found);
        refuse(publish, PST_RELEASE_EXISTS, pst_say("image %s", expected),
               pst_say("image %s", found));
    }
}

static void check_earlier(struct pst_publish *publish, const struct pst_role_target *earlier,
                          const struct pst_release *release)
{
    PST_CLEANUP(pst_release) struct pst_release *before = NULL;

    enum pst_code rc = pst_manifest_read(publish->repository, earlier, &before, publish->why);
    pst_publish_took(publish, rc);
    if (rc != PST_OK)
        return;
    check_images(publish, before, release);
    if (release->sequence <= before->sequence)
        refuse(publish, PST_RELEASE_EXISTS,
               pst_say("a sequence above %lld for a changed manifest", (long long)before->sequence),
               pst_say("%lld", (long long)release->sequence));
}

/* How many older files of a role are asked for what was withdrawn. */
enum { HISTORY_MOST = 256 };

static bool find_in_file(const struct product *product, int64_t version, struct pst_text path,
                         struct pst_role_target *out)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_TARGETS_BYTES);
    PST_CLEANUP(pst_role) struct pst_role *role = NULL;
    char file[PST_METADATA_NAME_ROOM], at[PATH_MAX];

    (void)snprintf(file, sizeof file, "%lld.%s.json", (long long)version, product->part->name);
    if (pst_metadata_path(product->publish->repository, file, at, NULL) != PST_OK ||
        pst_file_read(at, &bytes, NULL) != PST_OK ||
        pst_role_parse(PST_ROLE_TARGETS, pst_buf_bytes(&bytes), &role, NULL) != PST_OK)
        return false;
    const struct pst_role_target *target = pst_role_target(role, path);
    if (target == NULL || !target->digests.has_sha256)
        return false;
    *out = (struct pst_role_target){
        .path = path, .length_bytes = target->length_bytes, .digests = target->digests};
    return true;
}

/* The manifest as it was published last. What was withdrawn is no longer in the set, and may still
 * be on terminals: the older files of the role, which are all kept, tell of it. */
static bool find_earlier(const struct product *product, struct pst_text path,
                         struct pst_role_target *out)
{
    const struct pst_set *old = product->publish->old;
    const struct pst_role_target *published = pst_set_target(old, path);
    const struct pst_signed *part = pst_set_find(old, pst_text(product->part->name));

    if (published != NULL && published->digests.has_sha256) {
        *out = *published;
        return true;
    }
    int64_t version = part != NULL ? part->role->version : 0;
    for (int i = 0; i < HISTORY_MOST && version - i > 0; i++)
        if (find_in_file(product, version - i, path, out))
            return true;
    return false;
}

static bool is_same(const struct pst_role_target *a, const struct pst_role_target *b)
{
    return memcmp(a->digests.sha256, b->digests.sha256, PST_SHA256_BYTES) == 0;
}

static void check_release(const struct product *product, const struct pst_role_target *target)
{
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    struct pst_publish *publish = product->publish;
    struct pst_role_target earlier;
    bool was_there = find_earlier(product, target->path, &earlier);
    bool listed = pst_set_target(publish->old, target->path) != NULL;
    bool changed = was_there && !is_same(&earlier, target);
    bool fresh = changed || !listed;

    PST_WITHIN(publish->why, "%.*s", PST_ARGS(target->path));
    if (!target->digests.has_sha256)
        return; /* told with the blobs */
    enum pst_code rc = pst_manifest_read(publish->repository, target, &release, publish->why);
    pst_publish_took(publish, rc);
    if (rc != PST_OK)
        return;
    check_place(product, release, target->path);
    check_sources(product, release, fresh);
    if (!fresh)
        return;
    if (changed)
        check_earlier(publish, &earlier, release);
    pst_publish_took(publish,
                     pst_published_add(&publish->published, &release, target->digests.sha256,
                                       target->path, publish->why));
}

void pst_publish_check_releases(struct pst_publish *publish, const struct pst_signed *part,
                                const struct pst_role_rule *rule)
{
    const struct product product = {publish, part};

    for (size_t i = 0; i < part->role->target_count; i++)
        check_target(&product, rule, &part->role->target[i]);
    for (size_t i = 0; i < part->role->target_count; i++)
        if (pst_path_is_manifest(part->role->target[i].path, pst_text(part->name)))
            check_release(&product, &part->role->target[i]);
}
