/* SPDX-License-Identifier: Apache-2.0 */
/* A repository of any shape that a good one may have. From the target up: each file is listed by
 * the next one, and the roots come last. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/valid_maker.h"

enum { NAME_ROOM = 256, PATH_MOST = 1024 };

/* ---- what all bodies have -------------------------------------------------------------------- */

static void put_instant(struct pst_buf *out, int64_t at_s)
{
    char text[PST_INSTANT_ROOM];
    valid_print(out, "\"%s\"", pst_instant_print(at_s, text));
}

static void put_head(struct valid_maker *maker, struct valid_object *body, const char *type,
                     int64_t version, int64_t expires_s)
{
    static const char *const specs[] = {"1.0.34", "1.0.0", "1.0", "1", "1.4294967295.4294967295"};
    valid_text(maker->any, valid_member(maker->any, body, "_type"), pst_text(type));
    valid_print(valid_member(maker->any, body, "spec_version"), "\"%s\"",
                specs[any_below(maker->any, PST_COUNT(specs))]);
    valid_print(valid_member(maker->any, body, "version"), "%lld", (long long)version);
    put_instant(valid_member(maker->any, body, "expires"), expires_s);
}

static int64_t any_expiry(struct valid_maker *maker)
{
    return any_between(maker->any, maker->repo->now_s + 1, PST_INSTANT_MAX);
}

static int64_t any_version(struct valid_maker *maker)
{
    return any_between(maker->any, 1, PST_JSON_INTEGER_MAX);
}

static void put_hashes(struct valid_maker *maker, struct pst_buf *out, struct pst_bytes content)
{
    struct valid_object hashes = {.count = 0};
    PST_CLEANUP(pst_digest) struct pst_digest digest = {NULL};
    uint8_t sha256[PST_SHA256_BYTES], sha512[PST_SHA512_BYTES];
    char hex[2 * PST_SHA512_BYTES + 1];
    size_t which = 1 + any_below(maker->any, 3);

    valid_must(pst_sha256(content, sha256, NULL), "hash");
    valid_must(pst_digest_begin(&digest, PST_SHA512, NULL), "hash");
    valid_must(pst_digest_add(&digest, content, NULL), "hash");
    valid_must(pst_digest_end(&digest, sha512, NULL), "hash");
    if ((which & 1) != 0) {
        pst_hex_print(pst_bytes(sha256, sizeof sha256), hex);
        valid_print(valid_member(maker->any, &hashes, "sha256"), "\"%s\"", hex);
    }
    if ((which & 2) != 0) {
        pst_hex_print(pst_bytes(sha512, sizeof sha512), hex);
        valid_print(valid_member(maker->any, &hashes, "sha512"), "\"%s\"", hex);
    }
    if (any_once_in(maker->any, 4))
        valid_print(valid_member(maker->any, &hashes, "blake3"), "\"unknown\"");
    valid_close(maker->any, &hashes, out);
}

/* How a file stands in snapshot and timestamp. */
static void put_file(struct valid_maker *maker, struct pst_buf *out, int64_t version,
                     struct pst_bytes content)
{
    struct valid_object file = {.count = 0};
    valid_print(valid_member(maker->any, &file, "version"), "%lld", (long long)version);
    if (any_once_in(maker->any, 2))
        valid_print(valid_member(maker->any, &file, "length"), "%zu", content.len);
    if (any_once_in(maker->any, 2))
        put_hashes(maker, valid_member(maker->any, &file, "hashes"), content);
    valid_close_open(maker->any, &file, out);
}

/* ---- targets and delegations ----------------------------------------------------------------- */

static void put_target(struct valid_maker *maker, struct pst_buf *out, struct pst_text path,
                       struct pst_bytes content)
{
    struct valid_object target = {.count = 0};
    valid_text(maker->any, out, path);
    valid_print(out, ":");
    valid_print(valid_member(maker->any, &target, "length"), "%zu", content.len);
    put_hashes(maker, valid_member(maker->any, &target, "hashes"), content);
    if (any_once_in(maker->any, 4))
        valid_print(valid_member(maker->any, &target, "custom"),
                    "{\"\\u00e9\":[1,null,{\"path\":\"../..\"}]}");
    valid_close_open(maker->any, &target, out);
}

static void put_targets(struct valid_maker *maker, struct pst_buf *out, bool has_it)
{
    size_t count = any_once_in(maker->any, 100) ? 2000 : any_below(maker->any, 4);
    bool first = true;
    char name[40];
    valid_print(out, "{");
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "other/../%zu", i);
        valid_print(out, first ? "" : ",");
        first = false;
        put_target(maker, out, pst_text(name), pst_bytes(name, strlen(name)));
    }
    if (has_it) {
        valid_print(out, first ? "" : ",");
        put_target(maker, out, pst_buf_text(&maker->repo->path),
                   pst_buf_bytes(&maker->repo->content));
    }
    valid_print(out, "}");
}

/* A glob that the path matches: some of its characters are '?', some ends of its steps '*'. */
static void put_glob(struct valid_maker *maker, struct pst_buf *out)
{
    PST_CLEANUP(pst_buf) struct pst_buf glob = pst_buf(2 * PATH_MOST);
    struct pst_text path = pst_buf_text(&maker->repo->path);
    for (size_t i = 0; i < path.len; i++) {
        bool begins = ((uint8_t)path.at[i] & 0xc0) != 0x80; /* not inside a character */
        if (begins && path.at[i] != '/' && any_once_in(maker->any, 10)) {
            valid_print(&glob, "*");
            while (i + 1 < path.len && path.at[i + 1] != '/')
                i++;
        } else if ((path.at[i] & 0x80) == 0 && path.at[i] != '/' && any_once_in(maker->any, 10)) {
            valid_print(&glob, "?");
        } else {
            valid_print(&glob, "%c", path.at[i]);
        }
    }
    valid_text(maker->any, out, pst_buf_text(&glob));
}

static void path_digest(const struct valid_maker *maker, char hex[65],
                        uint8_t digest[PST_SHA256_BYTES])
{
    valid_must(pst_sha256(pst_buf_bytes(&maker->repo->path), digest, NULL), "hash a path");
    pst_hex_print(pst_bytes(digest, PST_SHA256_BYTES), hex);
}

static void put_patterns(struct valid_maker *maker, struct valid_object *delegation, bool covers)
{
    size_t more =
        any_once_in(maker->any, 100) ? PST_ROLE_PATTERNS_MOST - 1 : any_below(maker->any, 3);
    bool by_hash = any_once_in(maker->any, 3);
    uint8_t digest[PST_SHA256_BYTES];
    char hex[65];

    path_digest(maker, hex, digest);
    struct pst_buf *patterns =
        valid_member(maker->any, delegation, by_hash ? "path_hash_prefixes" : "paths");
    valid_print(patterns, "[");
    for (size_t i = 0; i < more; i++) /* of the same length as no digest and no path has */
        valid_print(patterns, "%s%s", i > 0 ? "," : "",
                    by_hash ? (hex[0] == 'f' ? "\"0\"" : "\"f\"") : "\"never/*/?\"");
    if (covers) {
        valid_print(patterns, more > 0 ? "," : "");
        if (by_hash)
            valid_print(patterns, "\"%.*s\"", (int)any_between(maker->any, 1, 64), hex);
        else
            put_glob(maker, patterns);
    }
    valid_print(patterns, "]");
}

static void put_delegation(struct valid_maker *maker, struct pst_buf *out, const char *name,
                           const struct valid_rule *rule, bool covers, bool terminating)
{
    struct valid_object delegation = {.count = 0};
    valid_text(maker->any, valid_member(maker->any, &delegation, "name"), pst_text(name));
    valid_put_signers(maker, &delegation, rule);
    valid_print(valid_member(maker->any, &delegation, "terminating"),
                terminating ? "true" : "false");
    put_patterns(maker, &delegation, covers);
    valid_close_open(maker->any, &delegation, out);
}

/* Others stand before the one that leads on; they do not cover the path, and nobody wrote them. */
static void put_roles(struct valid_maker *maker, struct valid_object *delegations, const char *name,
                      const struct valid_rule *rule)
{
    static const struct valid_rule nobody = {.threshold = INT32_MAX};
    size_t before =
        any_once_in(maker->any, 60) ? PST_ROLE_RULES_MOST - 1 : any_below(maker->any, 3);
    struct pst_buf *roles = valid_member(maker->any, delegations, "roles");
    char other[40];
    valid_print(roles, "[");
    for (size_t i = 0; i < before; i++) {
        snprintf(other, sizeof other, "unwritten %zu", i);
        put_delegation(maker, roles, other, &nobody, false, any_once_in(maker->any, 2));
        valid_print(roles, ",");
    }
    put_delegation(maker, roles, name, rule, true, any_once_in(maker->any, 2));
    valid_print(roles, "]");
}

/* TAP 15: the first bits of the path's digest name the bin. */
static void put_succinct(struct valid_maker *maker, struct valid_object *delegations, unsigned bits,
                         const char *prefix, const struct valid_rule *rule)
{
    struct valid_object succinct = {.count = 0};
    valid_put_signers(maker, &succinct, rule);
    valid_print(valid_member(maker->any, &succinct, "bit_length"), "%u", bits);
    valid_text(maker->any, valid_member(maker->any, &succinct, "name_prefix"), pst_text(prefix));
    valid_close_open(maker->any, &succinct,
                     valid_member(maker->any, delegations, "succinct_roles"));
}

/* The next step gets its name here, for its delegator writes it. */
static void put_delegations(struct valid_maker *maker, struct pst_buf *out, struct valid_step *next,
                            size_t number, const struct valid_rule *rule)
{
    struct valid_object delegations = {.count = 0};
    PST_CLEANUP(pst_buf) struct pst_buf word = pst_buf(NAME_ROOM);
    uint8_t digest[PST_SHA256_BYTES];
    char hex[65];

    valid_put_keys(maker, valid_member(maker->any, &delegations, "keys"), rule, 1);
    valid_print(&word, "%zu", number);
    if (any_once_in(maker->any, 3)) {
        unsigned bits = (unsigned)any_between(maker->any, 1, 32);
        path_digest(maker, hex, digest);
        uint32_t first = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
                         (uint32_t)digest[2] << 8 | digest[3];
        valid_word(maker->any, &word, 246 - word.len, "");
        valid_print(&word, "%c", '\0');
        put_succinct(maker, &delegations, bits, (const char *)word.at, rule);
        snprintf(next->name, sizeof next->name, "%s-%0*x", (const char *)word.at,
                 (int)(bits + 3) / 4, first >> (32 - bits));
    } else {
        valid_word(maker->any, &word, 255 - word.len, "");
        valid_print(&word, "%c", '\0');
        snprintf(next->name, sizeof next->name, "%s", (const char *)word.at);
        put_roles(maker, &delegations, next->name, rule);
    }
    valid_close_open(maker->any, &delegations, out);
}

static void make_steps(struct valid_maker *maker, const struct valid_rule *of_targets)
{
    struct valid_repo *repo = maker->repo;
    struct valid_rule *rule = calloc(2, sizeof *rule);
    const struct valid_rule *own = of_targets;

    if (rule == NULL)
        exit(1);
    repo->step_count = any_once_in(maker->any, 40) ? VALID_STEPS : 1 + any_below(maker->any, 4);
    snprintf(repo->step[0].name, sizeof repo->step[0].name, "targets");
    for (size_t i = 0; i < repo->step_count; i++) {
        struct valid_object body = {.count = 0};
        struct valid_step *step = &repo->step[i];
        struct valid_rule *next = &rule[i % 2];
        bool last = i + 1 == repo->step_count;
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(VALID_FILE_MOST);

        step->version = any_version(maker);
        put_head(maker, &body, "targets", step->version, any_expiry(maker));
        put_targets(maker, valid_member(maker->any, &body, "targets"), last);
        if (!last) {
            valid_free_rule(next);
            valid_rule(maker, true, true, next);
            put_delegations(maker, valid_member(maker->any, &body, "delegations"), step + 1, i + 1,
                            next);
        }
        valid_close_open(maker->any, &body, &text);
        valid_seal(maker, &text, own, 1, PST_TRUST_TARGETS_BYTES, &step->bytes);
        own = next;
    }
    valid_free_rule(&rule[0]);
    valid_free_rule(&rule[1]);
    free(rule);
}

/* ---- snapshot and timestamp ------------------------------------------------------------------ */

static void put_meta(struct valid_maker *maker, struct pst_buf *out)
{
    const struct valid_repo *repo = maker->repo;
    size_t more = any_once_in(maker->any, 100) ? 8000 : any_below(maker->any, 4);
    char name[NAME_ROOM + 8];

    valid_print(out, "{");
    for (size_t i = 0; i < more; i++)
        valid_print(out, "\"unwritten %zu.json\":{\"version\":%zu},", i, i + 1);
    for (size_t i = 0; i < repo->step_count; i++) {
        snprintf(name, sizeof name, "%s.json", repo->step[i].name);
        valid_print(out, i > 0 ? "," : "");
        valid_text(maker->any, out, pst_text(name));
        valid_print(out, ":");
        put_file(maker, out, repo->step[i].version, pst_buf_bytes(&repo->step[i].bytes));
    }
    valid_print(out, "}");
}

static void make_snapshot(struct valid_maker *maker, const struct valid_rule *rule, int64_t version)
{
    struct valid_object body = {.count = 0};
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(VALID_FILE_MOST);

    put_head(maker, &body, "snapshot", version, any_expiry(maker));
    put_meta(maker, valid_member(maker->any, &body, "meta"));
    valid_close_open(maker->any, &body, &text);
    valid_seal(maker, &text, rule, 1, PST_TRUST_SNAPSHOT_BYTES, &maker->repo->snapshot);
}

static void make_timestamp(struct valid_maker *maker, const struct valid_rule *rule,
                           int64_t of_snapshot)
{
    struct valid_object body = {.count = 0};
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(VALID_FILE_MOST);

    put_head(maker, &body, "timestamp", any_version(maker), any_expiry(maker));
    struct pst_buf *meta = valid_member(maker->any, &body, "meta");
    valid_print(meta, "{\"snapshot.json\":");
    put_file(maker, meta, of_snapshot, pst_buf_bytes(&maker->repo->snapshot));
    valid_print(meta, "}");
    valid_close_open(maker->any, &body, &text);
    valid_seal(maker, &text, rule, 1, PST_TRUST_TIMESTAMP_BYTES, &maker->repo->timestamp);
}

/* ---- roots ----------------------------------------------------------------------------------- */

enum { RULES = PST_ROLE_TARGETS + 1 };

/* A scheme that nobody uses any more may be retired, and any from tomorrow on; so may keys. */
static void put_marks(struct valid_maker *maker, struct valid_object *body,
                      const struct valid_rule *rule)
{
    int64_t now_s = maker->repo->now_s;
    if (any_once_in(maker->any, 3)) {
        struct pst_buf *schemes = valid_member(maker->any, body, "x-postern-retired-schemes");
        valid_print(schemes, "{\"md5-with-rsa\":");
        put_instant(schemes, 0);
        valid_print(schemes, ",\"ed25519\":");
        put_instant(schemes, now_s + 1);
        valid_print(schemes, ",\"rsassa-pss-sha256\":");
        put_instant(schemes, any_expiry(maker));
        valid_print(schemes, "}");
    }
    if (any_once_in(maker->any, 3)) {
        struct pst_buf *keys = valid_member(maker->any, body, "x-postern-revoked-keys");
        valid_print(keys, "{\"stolen long ago\":{\"reason\":\"leaked\",\"from\":");
        put_instant(keys, 0);
        valid_print(keys, "},");
        valid_text(maker->any, keys, pst_text(rule->holder[0].id));
        valid_print(keys, ":{\"reason\":\"retired\",\"from\":");
        put_instant(keys, now_s + 1);
        valid_print(keys, "}}");
    }
}

static void put_root(struct valid_maker *maker, struct pst_buf *out,
                     const struct valid_rule rule[RULES], int64_t version, int64_t expires_s)
{
    struct valid_object body = {.count = 0}, roles = {.count = 0};

    put_head(maker, &body, "root", version, expires_s);
    valid_put_keys(maker, valid_member(maker->any, &body, "keys"), rule, RULES);
    for (size_t i = 0; i < RULES; i++) {
        struct valid_object role = {.count = 0};
        valid_put_signers(maker, &role, &rule[i]);
        valid_close_open(
            maker->any, &role,
            valid_member(maker->any, &roles, pst_role_kind_name((enum pst_role_kind)i)));
    }
    if (any_once_in(maker->any, 4))
        valid_print(valid_member(maker->any, &roles, "mirrors"), "{}");
    valid_close_open(maker->any, &roles, valid_member(maker->any, &body, "roles"));
    if (!any_once_in(maker->any, 3))
        valid_print(valid_member(maker->any, &body, "consistent_snapshot"),
                    any_once_in(maker->any, 2) ? "true" : "false");
    put_marks(maker, &body, &rule[PST_ROLE_ROOT]);
    valid_close_open(maker->any, &body, out);
}

static void make_rules(struct valid_maker *maker, bool last, struct valid_rule rule[RULES])
{
    for (size_t i = 0; i < RULES; i++) {
        valid_free_rule(&rule[i]);
        valid_rule(maker, false, last, &rule[i]);
    }
}

/* Each signed by the one before and by itself; the last one's rules stay in `rule`. */
static void make_roots(struct valid_maker *maker, struct valid_rule rule[RULES])
{
    struct valid_repo *repo = maker->repo;
    struct valid_rule *before = calloc(2, sizeof *before);
    int64_t first = any_between(maker->any, 1, PST_JSON_INTEGER_MAX - VALID_ROOTS);

    if (before == NULL)
        exit(1);
    repo->root_count = any_once_in(maker->any, 300) ? VALID_ROOTS : 1 + any_below(maker->any, 3);
    for (size_t i = 0; i < repo->root_count; i++) {
        PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(VALID_FILE_MOST);
        bool last = i + 1 == repo->root_count;

        make_rules(maker, last, rule);
        put_root(maker, &text, rule, first + (int64_t)i,
                 last || any_once_in(maker->any, 2) ? any_expiry(maker) : repo->now_s);
        /* First itself, then the one before: whose keys are both sign once. */
        struct valid_rule *both = i > 0 ? before : rule;
        if (i > 0)
            before[1] = rule[PST_ROLE_ROOT];
        valid_seal(maker, &text, both, i > 0 ? 2 : 1, PST_TRUST_ROOT_BYTES, &repo->root[i]);
        valid_free_rule(&before[0]);
        before[0] = rule[PST_ROLE_ROOT];
        rule[PST_ROLE_ROOT].count = 0; /* its texts are now in `before` */
    }
    valid_free_rule(&before[0]);
    free(before);
}

/* ---- all together ---------------------------------------------------------------------------- */

static void make_target(struct valid_maker *maker)
{
    struct valid_repo *repo = maker->repo;
    size_t steps = 1 + any_below(maker->any, 4);

    repo->path = pst_buf(PATH_MOST);
    repo->content = pst_buf(1 << 20);
    for (size_t i = 0; i < steps; i++) {
        size_t most = i + 1 < steps ? 40 : PATH_MOST - repo->path.len;
        valid_word(maker->any, &repo->path, most, "");
        valid_print(&repo->path, i + 1 < steps ? "/" : "");
    }
    valid_release(maker->any, &repo->content);
}

static int64_t any_now(struct any *any)
{
    static const int64_t times[] = {1,                   /* the first second but one */
                                    INT64_C(951782399),  /* 2000-02-28T23:59:59Z */
                                    INT64_C(1709164800), /* 2024-02-29 */
                                    INT64_C(2147483647), /* the end of 32 bits */
                                    INT64_C(2147483648),
                                    INT64_C(4107542399),   /* 2100-02-28T23:59:59Z: no leap year */
                                    INT64_C(253402300798), /* the last second but one */
                                    INT64_C(1893456000)};
    return times[any_below(any, PST_COUNT(times))];
}

struct valid_repo *valid_repo(const struct valid_keys *keys, struct any *any)
{
    struct valid_repo *repo = calloc(1, sizeof *repo);
    struct valid_rule *rule = calloc(RULES, sizeof *rule);
    struct valid_maker maker = {.keys = keys, .any = any, .repo = repo};
    int64_t of_snapshot = 0;

    if (repo == NULL || rule == NULL)
        exit(1);
    repo->now_s = any_now(any);
    make_target(&maker);
    make_roots(&maker, rule);
    make_steps(&maker, &rule[PST_ROLE_TARGETS]);
    of_snapshot = any_version(&maker);
    make_snapshot(&maker, &rule[PST_ROLE_SNAPSHOT], of_snapshot);
    make_timestamp(&maker, &rule[PST_ROLE_TIMESTAMP], of_snapshot);
    for (size_t i = 0; i < RULES; i++)
        valid_free_rule(&rule[i]);
    free(rule);
    return repo;
}

void valid_repo_free(struct valid_repo *repo)
{
    for (size_t i = 0; i < repo->root_count; i++)
        pst_buf_clear(&repo->root[i]);
    for (size_t i = 0; i < repo->step_count; i++)
        pst_buf_clear(&repo->step[i].bytes);
    pst_buf_clear(&repo->timestamp);
    pst_buf_clear(&repo->snapshot);
    pst_buf_clear(&repo->path);
    pst_buf_clear(&repo->content);
    free(repo);
}
