/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/copy_release.h"

#include <inttypes.h>
#include <stdio.h>

#include "manifests/fields.h"
#include "manifests/file.h"

enum { BLOCK_BYTES = 65536 };

/* A list of 32 bytes for each block of the largest source. */
#define LIST_BYTES_MOST ((size_t)64 << 20)

struct reading {
    const struct pst_copied_release_choice *choice;
    struct pst_copied_release *out;
    struct pst_report *why;
};

void pst_copied_release_clear(struct pst_copied_release *copied)
{
    pst_release_free(copied->release);
    pst_chain_clear(&copied->chain);
    copied->release = NULL;
}

/* ---- which release */

/* Remembers the only name, or the wanted one. */
struct products {
    const char *wanted;
    size_t count;
    bool has_wanted;
    char only[65];
};

static void see_product(void *context, const char *name)
{
    struct products *products = context;

    if (!pst_name_is_safe(pst_text(name)))
        return;
    products->count++;
    products->has_wanted = products->has_wanted || strcmp(name, products->wanted) == 0;
    (void)snprintf(products->only, sizeof products->only, "%s", name);
}

/* What was asked for; else the terminal's own, if it is there or cannot be mistaken for another;
 * else the only one that there is. */
static bool choose_product(const struct reading *reading)
{
    struct products products = {.wanted = reading->choice->product != NULL
                                              ? reading->choice->product
                                              : reading->choice->terminal_product};
    const char *chosen = NULL;

    pst_pack_each(reading->choice->chain.pack, "targets", see_product, &products);
    bool is_known = products.wanted[0] != '\0';
    if (reading->choice->product != NULL || products.has_wanted || (is_known && products.count > 1))
        chosen = products.wanted;
    else if (products.count == 1)
        chosen = products.only;
    if (chosen != NULL && pst_name_is_safe(pst_text(chosen))) {
        (void)snprintf(reading->out->product, sizeof reading->out->product, "%s", chosen);
        return true;
    }
    if (products.count == 0)
        (void)pst_refuse(reading->why, PST_METADATA_MISSING,
                         pst_say("targets/PRODUCT/VERSION/manifest.json"),
                         pst_say("none in '%s'", pst_pack_path(reading->choice->chain.pack)));
    else
        (void)pst_refuse(reading->why, PST_USAGE, pst_say("--product, one of those in targets/"),
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
void pst_copied_release_newest(const struct pst_role *role, const char *product,
                               struct pst_version *newest)
{
    char name[PST_VERSION_ROOM];

    for (size_t i = 0; role != NULL && i < role->target_count; i++) {
        struct pst_text rest = role->target[i].path, version;
        if (!pst_take(&rest, product) || !pst_take(&rest, "/") ||
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
    char folder[sizeof reading->out->product + 16];

    (void)snprintf(folder, sizeof folder, "targets/%s", reading->out->product);
    if (reading->choice->version != NULL) {
        if (pst_version_parse(pst_text(reading->choice->version), &newest, reading->why) != PST_OK)
            return false;
    } else {
        pst_pack_each(reading->choice->chain.pack, folder, see_version, &newest);
        pst_copied_release_newest(reading->out->chain.product.role, reading->out->product, &newest);
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

static void digest_of(const struct pst_role_target *target, char out[2 * PST_SHA256_BYTES + 1])
{
    out[0] = '\0';
    if (target != NULL && target->digests.has_sha256)
        pst_hex_print(pst_bytes(target->digests.sha256, PST_SHA256_BYTES), out);
}

/* "DIGEST.manifest.json", whatever the digest. */
static void see_manifest(void *context, const char *name)
{
    char *digest = context;
    struct pst_text rest = pst_text(name), found;

    if (pst_take_until(&rest, '.', &found) && pst_text_is(rest, "manifest.json") &&
        found.len == 2 * PST_SHA256_BYTES)
        (void)snprintf(digest, 2 * PST_SHA256_BYTES + 1, "%.*s", PST_ARGS(found));
}

/* As listed; where nobody lists it, whatever is there, for what it says against itself. */
static bool find_manifest(const struct reading *reading, const struct pst_role_target *target,
                          struct pst_part *out)
{
    const struct pst_pack *pack = reading->choice->chain.pack;
    char digest[2 * PST_SHA256_BYTES + 1], folder[sizeof reading->out->manifest + 8];

    digest_of(target, digest);
    if (pst_pack_target(pack, reading->out->manifest, digest, out, NULL) == PST_OK)
        return true;
    (void)snprintf(folder, sizeof folder, "targets/%s", reading->out->manifest);
    *strrchr(folder, '/') = '\0';
    pst_pack_each(pack, folder, see_manifest, digest);
    if (pst_pack_target(pack, reading->out->manifest, digest, out, NULL) == PST_OK)
        return true;
    (void)pst_refuse(reading->why, PST_METADATA_MISSING,
                     pst_say("targets/%s", reading->out->manifest), pst_say("none"));
    return false;
}

static void read_manifest(const struct reading *reading)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_RELEASE_BYTES_MOST);
    PST_CLEANUP(pst_part) struct pst_part part = pst_part_none();
    struct pst_copied_release *out = reading->out;
    struct pst_report *why = reading->why;
    bool before = why->unverified;

    const struct pst_role_target *target =
        pst_chain_target(&out->chain, out->product, out->manifest, why);
    PST_WITHIN(why, "%s", out->manifest);
    if (!find_manifest(reading, target, &part) || pst_part_read(&part, &bytes, why) != PST_OK)
        return;
    why->unverified = before || !out->chain.product.verified;
    bool as_signed = target != NULL && pst_trust_check_target(target, pst_buf_bytes(&bytes),
                                                              PST_METADATA_CORRUPT, why) == PST_OK;
    out->verified = as_signed && out->chain.product.verified;
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
static struct pst_value damaged_blocks(const struct pst_part *part, const struct pst_buf *list)
{
    uint8_t block[BLOCK_BYTES], sha256[PST_SHA256_BYTES];
    int64_t first = -1, bad = 0, count = (part->bytes - 1) / BLOCK_BYTES + 1;

    if ((uint64_t)list->len != (uint64_t)count * PST_SHA256_BYTES)
        return pst_say("other contents");
    for (int64_t i = 0; i < count; i++) {
        int64_t at = i * BLOCK_BYTES, left = part->bytes - at;
        size_t len = left < BLOCK_BYTES ? (size_t)left : sizeof block;
        if (pst_fd_read_at(part->fd, (uint64_t)(part->at + at), block, len) &&
            pst_sha256(pst_bytes(block, len), sha256, NULL) == PST_OK &&
            pst_equal_in_constant_time(sha256, list->at + i * PST_SHA256_BYTES, sizeof sha256))
            continue;
        first = first < 0 ? at : first;
        bad++;
    }
    return pst_say("%" PRId64 " of %" PRId64 " blocks damaged, the first at byte %" PRId64, bad,
                   count, first);
}

static enum pst_code digest_part(const struct pst_part *part, uint8_t out[PST_SHA256_BYTES],
                                 struct pst_report *why)
{
    PST_CLEANUP(pst_digest) struct pst_digest digest = {0};
    uint8_t block[BLOCK_BYTES];

    enum pst_code rc = pst_digest_begin(&digest, PST_SHA256, why);
    for (int64_t at = 0; rc == PST_OK && at < part->bytes; at += BLOCK_BYTES) {
        size_t len = part->bytes - at < BLOCK_BYTES ? (size_t)(part->bytes - at) : sizeof block;
        if (!pst_fd_read_at(part->fd, (uint64_t)(part->at + at), block, len))
            return pst_refuse(why, PST_HOST_IO, pst_say("%zu bytes to be read", len),
                              pst_say("fewer"));
        rc = pst_digest_add(&digest, pst_bytes(block, len), why);
    }
    return rc != PST_OK ? rc : pst_digest_end(&digest, out, why);
}

struct wanted {
    const char *path; /* target path */
    int64_t bytes;
    const uint8_t *sha256;
    const struct pst_buf *list; /* NULL: none to compare with */
};

static bool check_bytes(const struct reading *reading, const struct wanted *wanted,
                        const struct pst_part *part)
{
    char expected[2 * PST_SHA256_BYTES + 1];
    uint8_t sha256[PST_SHA256_BYTES];

    if (part->bytes != wanted->bytes) {
        (void)pst_refuse(reading->why, PST_IMAGE_CORRUPT,
                         pst_say("%" PRId64 " bytes", wanted->bytes),
                         pst_say("%" PRId64 " bytes", part->bytes));
        return false;
    }
    if (digest_part(part, sha256, reading->why) != PST_OK)
        return false;
    if (pst_equal_in_constant_time(sha256, wanted->sha256, sizeof sha256))
        return true;
    pst_hex_print(pst_bytes(wanted->sha256, sizeof sha256), expected);
    (void)pst_refuse(reading->why, PST_IMAGE_CORRUPT, pst_say("sha256 %s", expected),
                     wanted->list != NULL ? damaged_blocks(part, wanted->list)
                                          : pst_say("other contents"));
    return false;
}

/* Whole and right; its bytes stay in `part`. */
static bool check_file(const struct reading *reading, const struct wanted *wanted,
                       struct pst_part *part)
{
    char digest[2 * PST_SHA256_BYTES + 1];

    PST_WITHIN(reading->why, "%s", wanted->path);
    pst_hex_print(pst_bytes(wanted->sha256, PST_SHA256_BYTES), digest);
    if (pst_pack_target(reading->choice->chain.pack, wanted->path, digest, part, NULL) == PST_OK)
        return check_bytes(reading, wanted, part);
    (void)pst_refuse(reading->why, PST_IMAGE_MISSING, pst_say("targets/%s", wanted->path),
                     pst_say("none"));
    return false;
}

/* The role and the manifest are signed by the same people; terminals hold the files against
 * both. */
static void check_listed(const struct reading *reading, const struct wanted *wanted)
{
    const struct pst_chain *chain = &reading->out->chain;
    const struct pst_role_target *target =
        pst_chain_target(chain, reading->out->product, wanted->path, reading->why);

    if (target == NULL ||
        (target->length_bytes == wanted->bytes &&
         (!target->digests.has_sha256 ||
          pst_equal_in_constant_time(target->digests.sha256, wanted->sha256, PST_SHA256_BYTES))))
        return;
    PST_WITHIN(reading->why, "%s", wanted->path);
    (void)pst_refuse(reading->why, PST_INCONSISTENT,
                     pst_say("length and digest as in the manifest"),
                     pst_say("others in %s.json", reading->out->product));
}

static void check_source(const struct reading *reading, const struct pst_source *source)
{
    PST_CLEANUP(pst_part) struct pst_part list_part = pst_part_none(), part = pst_part_none();
    PST_CLEANUP(pst_buf) struct pst_buf list = pst_buf(LIST_BYTES_MOST);
    struct wanted of_list = {.path = source->blocks.path.at,
                             .bytes = pst_source_list_bytes(source),
                             .sha256 = source->blocks.sha256};
    struct wanted of_source = {
        .path = source->path.at, .bytes = source->length_bytes, .sha256 = source->sha256};

    check_listed(reading, &of_source);
    check_listed(reading, &of_list);
    if (check_file(reading, &of_list, &list_part) &&
        pst_part_read(&list_part, &list, reading->why) == PST_OK)
        of_source.list = &list;
    (void)!check_file(reading, &of_source, &part);
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

void pst_copied_release_read(const struct pst_copied_release_choice *choice,
                             struct pst_copied_release *out, struct pst_report *why)
{
    const struct reading reading = {.choice = choice, .out = out, .why = why};
    struct pst_chain_in chain = choice->chain;

    *out = (struct pst_copied_release){.product = ""};
    if (!choose_product(&reading))
        return;
    chain.product = out->product;
    pst_chain_walk(&chain, &out->chain, why);
    if (!choose_version(&reading))
        return;
    read_manifest(&reading);
    check_sources(&reading);
}
