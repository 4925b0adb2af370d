/* SPDX-License-Identifier: Apache-2.0 */
/*
 * M09, and no sample of it: every bit of every signed file flipped, and every truncation, each
 * offered where the terminal reads that file. None may be taken, and each must be refused for what
 * it is: a table says which findings a damage at a place may lead to. Damage on the way that is
 * told as an expired key or a wrong clock sends somebody to mend what is whole.
 *
 * The files are compact and canonical, so that no byte is to spare.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/cycle/walk.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"
#include "tests/support/json_places.h"

enum file {
    FIRST_ROOT,
    NEXT_ROOT,
    TIMESTAMP,
    SNAPSHOT,
    TARGETS,
    PRODUCT,
    DELEGATED,
    ORDER,
    RELEASE,
    FILES
};
enum { IMAGE_BYTES = 70000, TOLD_MOST = 12 };
#define BIT(file) (1u << (file))

static const char *const file_names[FILES] = {
    [FIRST_ROOT] = "trusted root",  [NEXT_ROOT] = "next root", [TIMESTAMP] = "timestamp",
    [SNAPSHOT] = "snapshot",        [TARGETS] = "targets",     [PRODUCT] = "product's role",
    [DELEGATED] = "delegated role", [ORDER] = "assignment",    [RELEASE] = "release manifest",
};

/* ---- what a damage may be called ------------------------------------------------------------- */

enum {
    ROOTS = BIT(FIRST_ROOT) | BIT(NEXT_ROOT),
    METAS = BIT(TIMESTAMP) | BIT(SNAPSHOT),
    LISTS = BIT(TARGETS) | BIT(PRODUCT) | BIT(DELEGATED),
    ROLES = ROOTS | METAS | LISTS,
    LISTED = BIT(SNAPSHOT) | LISTS, /* held to a digest that its parent lists */
    SIGNED = ROLES | BIT(ORDER),
    ANY = JSON_STRUCTURE | JSON_NAME | JSON_VALUE,
    NAME = JSON_NAME,
    VALUE = JSON_VALUE
};

struct right {
    unsigned files;
    unsigned parts;
    const char *where; /* a shell pattern, step by step; "**" at its end is any rest */
    enum pst_code code[4];
};

/* clang-format off */
/* What is JSON no longer. */
static const struct right of_wreckage[] = {
    {ROLES,        ANY, "**", {PST_METADATA_CORRUPT, PST_BAD_SYNTAX, PST_BAD_ENCODING, PST_DUPLICATE_FIELD}},
    {BIT(ORDER),   ANY, "**", {PST_BAD_SYNTAX, PST_BAD_ENCODING, PST_DUPLICATE_FIELD}},
    {BIT(RELEASE), ANY, "**", {PST_METADATA_CORRUPT}},
};
/* What is still a document, by the member that was hit: the findings of all rows that match. */
static const struct right of_member[] = {
    {LISTED | BIT(RELEASE), ANY, "**", {PST_METADATA_CORRUPT}},
    {SIGNED, VALUE, "signatures/0/sig",   {PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD}},
    {SIGNED, VALUE, "signatures/0/keyid", {PST_KEY_UNKNOWN, PST_SIGNATURE_THRESHOLD}},
    {SIGNED, ANY,   "signed/**",          {PST_SIGNATURE_INVALID, PST_SIGNATURE_THRESHOLD}},
    {SIGNED, NAME,  "**",                 {PST_MISSING_FIELD}},

    {ROLES, VALUE, "signed/_type",        {PST_METADATA_WRONG_ROLE, PST_BAD_SYNTAX}},
    {ROLES, VALUE, "signed/spec_version", {PST_METADATA_FORMAT_UNKNOWN, PST_BAD_SYNTAX}},
    {ROLES, VALUE, "signed/version",      {PST_METADATA_WRONG_VERSION, PST_OUT_OF_BOUNDS}},
    {ROLES, VALUE, "signed/expires",      {PST_METADATA_EXPIRED, PST_BAD_SYNTAX}},

    /* A root is also signed by the keys that it lists itself. */
    {ROOTS, NAME,  "signed/keys/*",                 {PST_KEY_UNKNOWN}},
    {ROOTS, VALUE, "signed/keys/*/keytype",         {PST_ALGORITHM_UNKNOWN}},
    {ROOTS, VALUE, "signed/keys/*/scheme",          {PST_ALGORITHM_UNKNOWN}},
    {ROOTS, VALUE, "signed/keys/*/keyval/public",   {PST_KEY_MALFORMED}},
    {ROOTS, VALUE, "signed/keys/*/x-postern-not-*", {PST_EMPTY_RANGE, PST_BAD_SYNTAX}},
    {ROOTS, VALUE, "signed/roles/root/keyids/0",    {PST_KEY_UNKNOWN}},
    {ROOTS, VALUE, "signed/roles/*/threshold",      {PST_OUT_OF_BOUNDS}},
    {ROOTS, VALUE, "signed/x-postern-re*/**",       {PST_BAD_SYNTAX}},

    {METAS, NAME,  "signed/meta/*",                 {PST_BAD_SYNTAX}},
    {METAS, VALUE, "signed/meta/*/version",         {PST_OUT_OF_BOUNDS}},
    {METAS, VALUE, "signed/meta/*/hashes/sha256",   {PST_BAD_SYNTAX}},

    {LISTS, ANY,   "signed/targets/**",                         {PST_BAD_SYNTAX}},
    {LISTS, VALUE, "signed/delegations/keys/*/x-postern-not-*", {PST_EMPTY_RANGE, PST_BAD_SYNTAX}},
    {LISTS, VALUE, "signed/delegations/roles/0/threshold",      {PST_OUT_OF_BOUNDS}},
    {LISTS, VALUE, "signed/delegations/roles/0/**",             {PST_BAD_SYNTAX}},

    {BIT(ORDER), NAME,  "signed/**",       {PST_UNKNOWN_FIELD}},
    {BIT(ORDER), VALUE, "signed/format",   {PST_METADATA_FORMAT_UNKNOWN}},
    {BIT(ORDER), VALUE, "signed/terminal", {PST_ASSIGNMENT_OTHER, PST_BAD_SYNTAX}},
    {BIT(ORDER), VALUE, "signed/nonce",    {PST_ASSIGNMENT_REPLAYED}},
    {BIT(ORDER), VALUE, "signed/issued",   {PST_INCONSISTENT, PST_BAD_SYNTAX}},
    {BIT(ORDER), VALUE, "signed/expires",  {PST_INCONSISTENT, PST_BAD_SYNTAX}},
    {BIT(ORDER), VALUE, "signed/sequence", {PST_OUT_OF_BOUNDS}},
    {BIT(ORDER), VALUE, "signed/order/**", {PST_BAD_SYNTAX}},
};
/* clang-format on */

static bool is_there(const struct right *right, const struct json_place *place)
{
    size_t len = strlen(right->where);
    char with_all[JSON_PATH_ROOM];

    if ((right->parts & place->part) == 0)
        return false;
    if (len < 2 || strcmp(right->where + len - 2, "**") != 0)
        return fnmatch(right->where, place->path, FNM_PATHNAME) == 0;
    snprintf(with_all, sizeof with_all, "%.*s*", (int)len - 2, right->where);
    return fnmatch(with_all, place->path, 0) == 0;
}

static bool is_right(const struct right *rows, size_t count, enum file file,
                     const struct json_place *place, enum pst_code code)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < PST_COUNT(rows[i].code) && rows[i].code[k] != PST_OK; k++)
            if (rows[i].code[k] == code && (rows[i].files & BIT(file)) != 0 &&
                is_there(&rows[i], place))
                return true;
    return false;
}

/* Says that it does not verify; all else that a damaged body seems to say is hearsay. */
static bool is_about_the_file(enum pst_code code)
{
    return code == PST_SIGNATURE_INVALID || code == PST_SIGNATURE_THRESHOLD ||
           code == PST_METADATA_CORRUPT;
}

/* What has to be among the findings, whatever else is. */
static bool names_the_damage(enum file file, bool whole, const struct json_place *place,
                             const struct pst_report *why)
{
    if ((BIT(file) & (LISTED | BIT(RELEASE))) != 0 || ((BIT(file) & ROLES) != 0 && !whole))
        return pst_report_has(why, PST_METADATA_CORRUPT);
    if ((BIT(file) & ROLES & ~BIT(FIRST_ROOT)) != 0 && place->part == JSON_VALUE)
        return pst_report_has(why, PST_SIGNATURE_THRESHOLD);
    return pst_report_verdict(why) != PST_OK;
}

static bool is_whole(struct pst_bytes bytes)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    return pst_json_parse(bytes, &pst_json_large, &json, NULL) == PST_OK;
}

static bool is_called_right(enum file file, struct pst_bytes bytes, const struct json_place *place,
                            const struct pst_report *why)
{
    bool whole = is_whole(bytes);
    const struct right *rows = whole ? of_member : of_wreckage;
    size_t count = whole ? PST_COUNT(of_member) : PST_COUNT(of_wreckage);
    bool of_body = whole && strncmp(place->path, "signed/", 7) == 0;

    for (size_t i = 0; i < why->count; i++) {
        const struct pst_finding *finding = &why->finding[i];
        if (!is_right(rows, count, file, place, finding->code))
            return false;
        if (of_body && !is_about_the_file(finding->code) && !finding->unverified)
            return false;
    }
    return why->omitted == 0 && names_the_damage(file, whole, place, why);
}

/* ---- the files ------------------------------------------------------------------------------- */

struct world {
    struct pst_repo *repo; /* its keys have windows, so that these are hit too */
    struct pst_repo_key product_key, delegated_key;
    struct pst_buf first_root;

    struct agent_scene *scene;
    struct pst_walk walk; /* whole; for the release */
    struct pst_buf order;
    char manifest[PST_TEXT_ROOM];
};

static void give_windows(struct world *world)
{
    struct pst_repo *repo = world->repo;
    for (size_t i = 0; i < PST_COUNT(repo->key); i++) {
        pst_repo_key_cleanup(&repo->key[i]);
        repo->key[i] = pst_repo_key_between("ed25519", PST_REPO_NOW - PST_REPO_DAY,
                                            PST_REPO_NOW + PST_REPO_DAY);
    }
    repo->root.retired[0] =
        (struct pst_role_draft_mark){.name = "sm2-sm3", .from_s = PST_REPO_EXPIRES};
    repo->root.revoked[0] = (struct pst_role_draft_mark){
        .name = world->delegated_key.id, .from_s = PST_REPO_EXPIRES, .reason = "retired"};
    repo->root.retired_count = repo->root.revoked_count = 1;
}

static void make_repo(struct world *world)
{
    world->product_key =
        pst_repo_key_between("ed25519", PST_REPO_NOW - PST_REPO_DAY, PST_REPO_NOW + PST_REPO_DAY);
    world->delegated_key = pst_repo_key("ed25519");
    world->repo = pst_repo_new("ed25519");
    give_windows(world);
    struct pst_repo_role *product = pst_repo_delegate(world->repo, &world->repo->targets, "pos-a",
                                                      &world->product_key, "pos-a/*", true);
    struct pst_repo_role *delegated =
        pst_repo_delegate(world->repo, product, "eu", &world->delegated_key, "pos-a/*", false);
    pst_repo_target(delegated, "pos-a/hello", pst_bytes("hello", 5));
    pst_repo_publish(world->repo);
    world->first_root = pst_buf(1 << 20);
    assert_true(
        pst_buf_add(&world->first_root, world->repo->root.bytes.at, world->repo->root.bytes.len));
    world->repo->root.version = 2;
    pst_repo_publish(world->repo);
}

static void sign_order(struct world *world, const char *nonce)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(65536);
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(PST_SIGNATURE_HEX_MOST);
    const struct agent_scene *scene = world->scene;
    struct pst_assignment order = {.terminal = "t-1",
                                   .issued_s = PST_REPO_NOW,
                                   .expires_s = PST_REPO_NOW + 3600,
                                   .sequence = 1,
                                   .has_order = true,
                                   .rollout = "r-1",
                                   .product = "pos-a",
                                   .version = scene->release.version};

    snprintf(order.nonce, sizeof order.nonce, "%s", nonce);
    snprintf(order.manifest, sizeof order.manifest, "%s", world->manifest);
    assert_int_equal(pst_assignment_print(&order, &body, NULL), PST_OK);
    assert_int_equal(
        pst_private_key_sign(scene->assignments_key.private, pst_buf_bytes(&body), &hex, NULL),
        PST_OK);
    assert_true(pst_buf_add(&hex, "", 1));
    struct pst_envelope_new_signature signature = {scene->assignments_key.id, (const char *)hex.at};
    world->order = pst_buf(65536);
    assert_int_equal(pst_envelope_print(pst_buf_bytes(&body), &signature, 1, &world->order, NULL),
                     PST_OK);
}

static void walk_with(struct world *world, struct pst_bytes order, struct pst_walk *out,
                      struct pst_report *why)
{
    const struct pst_walk_in in = {.agent = &world->scene->agent,
                                   .assignment = order,
                                   .terminal = "t-1",
                                   .nonce = "0123456789abcdef",
                                   .wall_s = PST_REPO_NOW,
                                   .floor_s = PST_REPO_NOW - PST_REPO_DAY};
    world->scene->net.call_count = 0;
    pst_walk(&in, out, why);
}

static struct world *make_world(void)
{
    struct world *world = calloc(1, sizeof *world);
    struct pst_report why = {0};
    assert_non_null(world);
    make_repo(world);
    world->scene = agent_scene(IMAGE_BYTES);
    pst_release_path(world->scene->release.product, &world->scene->release.version, world->manifest,
                     sizeof world->manifest);
    sign_order(world, "0123456789abcdef");
    walk_with(world, pst_buf_bytes(&world->order), &world->walk, &why);
    assert_true(world->walk.has_assignment);
    return world;
}

static void free_world(struct world *world)
{
    pst_walk_clear(&world->walk);
    agent_scene_free(world->scene);
    pst_repo_free(world->repo);
    pst_repo_key_cleanup(&world->product_key);
    pst_repo_key_cleanup(&world->delegated_key);
    pst_buf_clear(&world->first_root);
    pst_buf_clear(&world->order);
    free(world);
}

static struct pst_bytes original(const struct world *world, enum file file)
{
    const struct pst_repo *repo = world->repo;
    const struct pst_bytes bytes[FILES] = {
        [FIRST_ROOT] = pst_buf_bytes(&world->first_root),
        [NEXT_ROOT] = pst_repo_bytes(&repo->root),
        [TIMESTAMP] = pst_repo_bytes(&repo->timestamp),
        [SNAPSHOT] = pst_repo_bytes(&repo->snapshot),
        [TARGETS] = pst_repo_bytes(&repo->targets),
        [PRODUCT] = pst_repo_bytes(&repo->role[0]),
        [DELEGATED] = pst_repo_bytes(&repo->role[1]),
        [ORDER] = pst_buf_bytes(&world->order),
        [RELEASE] = pst_buf_bytes(&world->scene->manifest),
    };
    return bytes[file];
}

/* ---- where each is read ---------------------------------------------------------------------- */

/* A walk as far as the attacked file; what is refused changes nothing, so one serves for all. */
struct reader {
    struct world *world;
    struct pst_trust *trust;
    const struct pst_role *delegator;
};

typedef bool read_fn(struct reader *reader, struct pst_bytes bytes, struct pst_report *why);

static bool read_first_root(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    return pst_trust_new(bytes, PST_REPO_NOW, &reader->trust, why) == PST_OK;
}

static bool read_next_root(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    return pst_trust_root_next(reader->trust, bytes, why) == PST_OK &&
           pst_trust_root_done(reader->trust, why) == PST_OK;
}

static bool read_timestamp(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    bool same = false;
    return pst_trust_timestamp(reader->trust, bytes, false, &same, why) == PST_OK;
}

static bool read_snapshot(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    return pst_trust_snapshot(reader->trust, bytes, false, why) == PST_OK;
}

static bool read_list(struct reader *reader, const char *name, struct pst_bytes bytes,
                      struct pst_report *why)
{
    const struct pst_role *role = NULL;
    if (pst_trust_targets(reader->trust, pst_text(name), reader->delegator, bytes, &role, why) !=
        PST_OK)
        return false;
    reader->delegator = role;
    return true;
}

static bool read_targets(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    return read_list(reader, "targets", bytes, why);
}

static bool read_product(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    return read_list(reader, "pos-a", bytes, why);
}

static bool read_delegated(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    return read_list(reader, "eu", bytes, why);
}

static bool read_order(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    PST_CLEANUP(pst_walk) struct pst_walk walk = {.opened = false};
    walk_with(reader->world, bytes, &walk, why);
    return walk.has_assignment;
}

static bool read_release(struct reader *reader, struct pst_bytes bytes, struct pst_report *why)
{
    struct world *world = reader->world;
    PST_CLEANUP(pst_buf) struct pst_buf fetched = pst_buf(PST_RELEASE_BYTES_MOST);
    const struct pst_role_target *target = NULL;
    char url[2][PST_URL_ROOM];

    assert_int_equal(pst_tuf_find(&world->walk.tuf, pst_text(world->manifest), &target, NULL),
                     PST_OK);
    for (size_t i = 0; i < PST_COUNT(url); i++) {
        assert_true(pst_tuf_target_url(world->scene->agent.sources.targets[i], target->path,
                                       pst_bytes(target->digests.sha256, PST_SHA256_BYTES),
                                       url[i]));
        pst_fake_serve(&world->scene->net, url[i], bytes);
    }
    world->scene->net.call_count = 0;
    return pst_tuf_fetch_target(&world->walk.tuf, target, PST_RELEASE_BYTES_MOST, &fetched, why) ==
           PST_OK;
}

static read_fn *const readers[FILES] = {
    [FIRST_ROOT] = read_first_root, [NEXT_ROOT] = read_next_root, [TIMESTAMP] = read_timestamp,
    [SNAPSHOT] = read_snapshot,     [TARGETS] = read_targets,     [PRODUCT] = read_product,
    [DELEGATED] = read_delegated,   [ORDER] = read_order,         [RELEASE] = read_release,
};

static struct reader reader_of(struct world *world, enum file file)
{
    struct reader reader = {.world = world};
    for (int at = FIRST_ROOT; at < (int)file && file <= DELEGATED; at++)
        assert_true(readers[at](&reader, original(world, (enum file)at), NULL));
    return reader;
}

/* ---- all damages ----------------------------------------------------------------------------- */

/* One file under attack. */
struct attacked {
    struct attack *attack;
    enum file file;
    struct reader reader;
    struct json_places *places;
    size_t told;
};

static void tell(struct attacked *it, size_t at, const char *damage, const char *verdict,
                 const struct pst_report *why)
{
    if (it->told++ < TOLD_MOST)
        fprintf(stderr, "M09 %s, byte %zu %s, '%s': %s%s\n", file_names[it->file], at, damage,
                json_place(it->places, at)->path, verdict, agent_scene_explain(why));
}

static void try(struct attacked *it, struct pst_bytes bytes, size_t at, const char *damage)
{
    struct pst_report why = {0};

    it->attack->cases++;
    if (readers[it->file](&it->reader, bytes, &why)) {
        it->attack->accepted++;
        tell(it, at, damage, "accepted", &why);
    } else if (!is_called_right(it->file, bytes, json_place(it->places, at), &why)) {
        it->attack->wrong_code++;
        tell(it, at, damage, "wrong code", &why);
    }
}

/* Nothing at all in the assignment's place is no damage: none came, and who asked tells it. */
static size_t cut_everywhere(struct attacked *it, struct pst_bytes good)
{
    size_t least = it->file == ORDER ? 1 : 0;
    for (size_t at = least; at < good.len; at++) {
        /* On the heap and exactly as long, so that reading too far is seen. */
        PST_CLEANUP(pst_heap) uint8_t *piece = malloc(at > 0 ? at : 1);
        memcpy(piece, good.at, at);
        try(it, pst_bytes(piece, at), at, "cut off");
    }
    return good.len - least;
}

static size_t flip_everywhere(struct attacked *it, struct pst_bytes good)
{
    static const char *const damages[] = {"^ 01", "^ 02", "^ 04", "^ 08",
                                          "^ 10", "^ 20", "^ 40", "^ 80"};
    PST_CLEANUP(pst_heap) uint8_t *bytes = malloc(good.len + 1);

    assert_non_null(bytes);
    memcpy(bytes, good.at, good.len);
    for (size_t at = 0; at < good.len; at++)
        for (unsigned bit = 0; bit < PST_COUNT(damages); bit++) {
            bytes[at] = (uint8_t)(good.at[at] ^ (1u << bit));
            try(it, pst_bytes(bytes, good.len), at, damages[bit]);
            bytes[at] = good.at[at];
        }
    return good.len * PST_COUNT(damages);
}

static void attack_file(struct attack *attack, struct world *world, enum file file)
{
    PST_CLEANUP(pst_buf) struct pst_buf good = pst_buf(1 << 20);
    struct attacked it = {.attack = attack, .file = file, .reader = reader_of(world, file)};
    size_t accepted = attack->accepted, wrong = attack->wrong_code;
    struct pst_report why = {0};

    assert_true(pst_buf_add(&good, original(world, file).at, original(world, file).len));
    it.places = json_places(pst_buf_bytes(&good));
    size_t cuts = cut_everywhere(&it, pst_buf_bytes(&good));
    size_t flips = flip_everywhere(&it, pst_buf_bytes(&good));
    if (!readers[file](&it.reader, pst_buf_bytes(&good), &why)) { /* no refusal changed anything */
        attack->broken++;
        tell(&it, 0, "unharmed", "refused", &why);
    }
    json_places_free(it.places);
    pst_trust_free(it.reader.trust);
    printf("     %-16s %6zu bits flipped, %5zu cuts: accepted %zu, wrong code %zu\n",
           file_names[file], flips, cuts, attack->accepted - accepted, attack->wrong_code - wrong);
}

void attack_m09(struct attack *attack)
{
    struct world *world = make_world();
    for (int file = 0; file < FILES; file++)
        attack_file(attack, world, (enum file)file);
    free_world(world);
}
