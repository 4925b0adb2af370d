/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/trust/tuf_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROLE_NAME_MOST = 255, ROLE_NAME_ROOM = 3 * ROLE_NAME_MOST + 1, FILE_NAME_ROOM = 201 };

/* One file of the walk: how it is called, what it may weigh and what takes it in. */
struct wanted {
    struct pst_text role;
    struct pst_trust_want want;
    enum pst_code (*accept)(struct pst_tuf *tuf, struct wanted *wanted, struct pst_bytes bytes,
                            bool local, struct pst_report *why);
    const struct pst_role *delegator; /* delegated roles */
    const struct pst_role *delegated; /* what accept() made of it */
    bool same;                        /* timestamp: nothing new */
    bool taken;                       /* by the walk: no other source could be asked any more */
    bool missing;                     /* a source said that there is none */
};

/* A file name that cannot leave its folder: "../x" becomes "%2E.%2Fx.json". One that would be
 * longer than a folder's names may be is kept under its digest; no encoded name has a "%h". */
static bool kept_name(struct pst_text role, char out[FILE_NAME_ROOM])
{
    char encoded[ROLE_NAME_ROOM], hex[2 * PST_SHA256_BYTES + 1];
    uint8_t digest[PST_SHA256_BYTES];

    if (!pst_url_encode(role, false, encoded, sizeof encoded))
        return false;
    bool hidden = encoded[0] == '.';
    int len =
        snprintf(out, FILE_NAME_ROOM, "%s%s.json", hidden ? "%2E" : "", encoded + (hidden ? 1 : 0));
    if (len < FILE_NAME_ROOM)
        return len > 0;
    if (pst_sha256(pst_bytes_of(role), digest, NULL) != PST_OK)
        return false;
    pst_hex_print(pst_bytes(digest, sizeof digest), hex);
    snprintf(out, FILE_NAME_ROOM, "%%h%s.json", hex);
    return true;
}

static bool metadata_url(const char *base, const struct wanted *wanted, char out[PST_URL_ROOM])
{
    char encoded[ROLE_NAME_ROOM];
    int len;
    if (!pst_url_encode(wanted->role, false, encoded, sizeof encoded))
        return false;
    if (wanted->want.name_has_version)
        len = snprintf(out, PST_URL_ROOM, "%s%" PRId64 ".%s.json", base, wanted->want.version,
                       encoded);
    else
        len = snprintf(out, PST_URL_ROOM, "%s%s.json", base, encoded);
    return len > 0 && len < PST_URL_ROOM;
}

static enum pst_code keep(struct pst_tuf *tuf, struct pst_text role, struct pst_bytes bytes,
                          struct pst_report *why)
{
    const struct pst_state_port *metadata = tuf->options.metadata;
    char name[FILE_NAME_ROOM];
    if (!kept_name(role, name))
        return pst_refuse(why, PST_METADATA_LIMIT,
                          pst_say("a role name of at most %d bytes", ROLE_NAME_MOST),
                          pst_say("%zu bytes", role.len));
    return metadata->replace(metadata->context, name, bytes, why);
}

/* What is longer than it may be is an attack, or a mistake of the server: never this host's. */
static enum pst_code fetch(const struct pst_tuf *tuf, const char *url, size_t most_bytes,
                           struct pst_buf *out, struct pst_report *why)
{
    const struct pst_tuf_options *options = &tuf->options;
    PST_CLEANUP(pst_heap) struct pst_report *fetched = calloc(1, sizeof *fetched);
    if (fetched == NULL)
        return pst_no_memory(why, "a report");
    enum pst_code rc = pst_fetch_small(options->transport, &options->sources->limits, url,
                                       most_bytes, out, fetched);
    if (rc == PST_TOO_LARGE)
        return pst_refuse(why, PST_METADATA_TOO_LARGE, pst_say("at most %zu bytes", most_bytes),
                          pst_say("more from %s", url));
    pst_report_append(why, fetched, /* noted= */ false);
    return rc;
}

/* Fetches from one source and lets the trust walk judge it; stored when it was taken. */
static enum pst_code try_source(struct pst_tuf *tuf, struct wanted *wanted, size_t source,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(wanted->want.most_bytes);
    char url[PST_URL_ROOM];

    if (!metadata_url(tuf->options.sources->metadata[source], wanted, url))
        return pst_refuse(why, PST_METADATA_LIMIT,
                          pst_say("a URL of at most %d bytes", PST_URL_ROOM),
                          pst_say("a longer one"));
    enum pst_code rc = fetch(tuf, url, bytes.max, &bytes, why);
    wanted->missing = wanted->missing || rc == PST_METADATA_MISSING;
    if (rc != PST_OK)
        return rc;
    rc = wanted->accept(tuf, wanted, pst_buf_bytes(&bytes), /* local= */ false, why);
    wanted->taken = rc == PST_OK;
    if (rc == PST_OK && !wanted->same)
        rc = keep(tuf, wanted->role, pst_buf_bytes(&bytes), why);
    return rc;
}

/* Asks each source in turn. With success, what the earlier ones did wrong is noted. */
static enum pst_code get(struct pst_tuf *tuf, struct wanted *wanted, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);
    enum pst_code rc = PST_METADATA_MISSING;

    if (tried == NULL)
        return pst_no_memory(why, "a report");
    for (size_t i = 0; i < tuf->options.sources->count; i++) {
        PST_WITHIN(tried, "source %zu", i + 1);
        rc = try_source(tuf, wanted, i, tried);
        if (rc == PST_OK || wanted->taken)
            break;
    }
    pst_report_append(why, tried, /* noted= */ rc == PST_OK);
    return rc;
}

/* ---- the local copies */

/* Offers a kept file to the walk. Not being there, or no longer being good, is no finding: it is
 * fetched. */
static bool load_kept(struct pst_tuf *tuf, struct wanted *wanted)
{
    const struct pst_state_port *metadata = tuf->options.metadata;
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_TARGETS_BYTES);
    PST_CLEANUP(pst_heap) struct pst_report *unsaid = calloc(1, sizeof *unsaid);
    char name[FILE_NAME_ROOM];

    return unsaid != NULL && kept_name(wanted->role, name) &&
           metadata->read(metadata->context, name, &bytes, unsaid) == PST_OK &&
           wanted->accept(tuf, wanted, pst_buf_bytes(&bytes), /* local= */ true, unsaid) == PST_OK;
}

/* ---- the four top-level roles */

static enum pst_code accept_root(struct pst_tuf *tuf, struct wanted *wanted, struct pst_bytes bytes,
                                 bool local, struct pst_report *why)
{
    (void)wanted, (void)local;
    return pst_trust_root_next(tuf->trust, bytes, why);
}

static enum pst_code accept_timestamp(struct pst_tuf *tuf, struct wanted *wanted,
                                      struct pst_bytes bytes, bool local, struct pst_report *why)
{
    return pst_trust_timestamp(tuf->trust, bytes, local, &wanted->same, why);
}

static enum pst_code accept_snapshot(struct pst_tuf *tuf, struct wanted *wanted,
                                     struct pst_bytes bytes, bool local, struct pst_report *why)
{
    (void)wanted;
    return pst_trust_snapshot(tuf->trust, bytes, local, why);
}

static enum pst_code accept_targets(struct pst_tuf *tuf, struct wanted *wanted,
                                    struct pst_bytes bytes, bool local, struct pst_report *why)
{
    enum pst_code rc = pst_trust_targets(tuf->trust, wanted->role, wanted->delegator, bytes,
                                         &wanted->delegated, why);
    /* What was refused on its way in may still tell why else this would not fit. */
    if (rc != PST_OK && !local && tuf->refused == NULL &&
        pst_role_parse(PST_ROLE_TARGETS, bytes, &tuf->refused, NULL) != PST_OK)
        tuf->refused = NULL;
    return rc;
}

/* One source that says so is enough; what others did instead is told, and stops nothing. */
static void note_but_missing(const struct pst_report *tried, struct pst_report *why)
{
    PST_CLEANUP(pst_heap) struct pst_report *rest = calloc(1, sizeof *rest);
    for (size_t i = 0; rest != NULL && i < tried->count; i++)
        if (tried->finding[i].code != PST_METADATA_MISSING)
            rest->finding[rest->count++] = tried->finding[i];
    if (rest != NULL)
        pst_report_append(why, rest, /* noted= */ true);
}

/* Follows the roots one by one; a 404 says that there is none newer, another failure is one. */
static enum pst_code refresh_root(struct pst_tuf *tuf, struct pst_report *why)
{
    for (int rotations = 0; rotations < PST_TRUST_ROTATIONS; rotations++) {
        PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);
        const struct pst_role *root = pst_trust_role(tuf->trust, PST_ROLE_ROOT);
        struct wanted wanted = {.role = pst_text("root"), .accept = accept_root};
        if (tried == NULL)
            return pst_no_memory(why, "a report");
        wanted.want = (struct pst_trust_want){root->version + 1, PST_TRUST_ROOT_BYTES, true};

        enum pst_code rc = get(tuf, &wanted, tried);
        if (rc != PST_OK && !wanted.taken && wanted.missing) {
            note_but_missing(tried, why);
            break;
        }
        pst_report_append(why, tried, false);
        if (rc != PST_OK)
            return rc;
        if (rotations + 1 == PST_TRUST_ROTATIONS)
            pst_note(why, PST_METADATA_LIMIT,
                     pst_say("at most %d new roots at a time", PST_TRUST_ROTATIONS),
                     pst_say("perhaps more; the next walk goes on from version %" PRId64,
                             wanted.want.version));
    }
    return pst_trust_root_done(tuf->trust, why);
}

static enum pst_code refresh_timestamp(struct pst_tuf *tuf, struct pst_report *why)
{
    struct wanted kept = {.role = pst_text("timestamp"), .accept = accept_timestamp};
    struct wanted wanted = kept;

    (void)load_kept(tuf, &kept);
    enum pst_code rc =
        pst_trust_want(tuf->trust, PST_ROLE_TIMESTAMP, wanted.role, &wanted.want, why);
    return rc != PST_OK ? rc : get(tuf, &wanted, why);
}

/* A kept snapshot or targets file that is the very one wanted is not fetched again. */
static enum pst_code refresh_listed(struct pst_tuf *tuf, enum pst_role_kind kind,
                                    struct wanted *wanted, struct pst_report *why)
{
    if (load_kept(tuf, wanted))
        return PST_OK;
    enum pst_code rc = pst_trust_want(tuf->trust, kind, wanted->role, &wanted->want, why);
    return rc != PST_OK ? rc : get(tuf, wanted, why);
}

enum pst_code pst_tuf_refresh(struct pst_tuf *tuf, struct pst_report *why)
{
    PST_WITHIN(why, "metadata");
    enum pst_code rc = refresh_root(tuf, why);
    if (rc == PST_OK)
        rc = refresh_timestamp(tuf, why);
    if (rc == PST_OK)
        rc = refresh_listed(
            tuf, PST_ROLE_SNAPSHOT,
            &(struct wanted){.role = pst_text("snapshot"), .accept = accept_snapshot}, why);
    if (rc == PST_OK)
        rc = refresh_listed(tuf, PST_ROLE_TARGETS,
                            &(struct wanted){.role = pst_text("targets"), .accept = accept_targets},
                            why);
    return rc;
}

/* ---- targets */

enum pst_code pst_tuf_find(struct pst_tuf *tuf, struct pst_text path,
                           const struct pst_role_target **out, struct pst_report *why)
{
    PST_WITHIN(why, "metadata");
    PST_CLEANUP(pst_search) struct pst_search *search = NULL;
    struct pst_search_want want = {0};
    enum pst_search_step step;
    enum pst_code rc = pst_search_new(tuf->trust, path, &search, why);

    while (rc == PST_OK && (step = pst_search_step(search, &want, out)) != PST_SEARCH_FOUND) {
        if (step == PST_SEARCH_LIMIT)
            return pst_refuse(why, PST_METADATA_LIMIT,
                              pst_say("at most %d delegated roles", PST_TRUST_VISITS),
                              pst_say("more, looking for '%.*s'", PST_ARGS(path)));
        if (step == PST_SEARCH_NOT_FOUND)
            return pst_refuse(why, PST_METADATA_NOT_LISTED,
                              pst_say("'%.*s' in the signed lists", PST_ARGS(path)),
                              pst_say("no role lists it"));
        struct wanted wanted = {
            .role = want.name, .accept = accept_targets, .delegator = want.delegator};
        rc = refresh_listed(tuf, PST_ROLE_TARGETS, &wanted, why);
        if (rc == PST_OK)
            rc = pst_search_give(search, wanted.delegated, why);
    }
    return rc;
}

bool pst_tuf_target_url(const char *base, struct pst_text path, struct pst_bytes digest,
                        char out[PST_URL_ROOM])
{
    char encoded[PST_URL_ROOM], prefix[2 * PST_SHA512_BYTES + 2] = "";
    if (digest.len > PST_SHA512_BYTES || !pst_url_encode(path, true, encoded, sizeof encoded))
        return false;
    const char *slash = strrchr(encoded, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - encoded) + 1;
    if (digest.len > 0) {
        pst_hex_print(digest, prefix);
        prefix[2 * digest.len] = '.';
    }
    int len = snprintf(out, PST_URL_ROOM, "%s%.*s%s%s", base, (int)folder, encoded, prefix,
                       encoded + folder);
    return len > 0 && len < PST_URL_ROOM;
}

/* The digest that a consistent repository puts before the name: any that is listed will do. */
static struct pst_bytes prefix_of(const struct pst_role *root, const struct pst_role_target *target)
{
    if (root->consistent_snapshot && target->digests.has_sha256)
        return pst_bytes(target->digests.sha256, PST_SHA256_BYTES);
    if (root->consistent_snapshot && target->digests.has_sha512)
        return pst_bytes(target->digests.sha512, PST_SHA512_BYTES);
    return pst_bytes(NULL, 0);
}

/* What came after the first `before` bytes; a buffer that never grew has no place to count from. */
static struct pst_bytes added(const struct pst_buf *out, size_t before)
{
    return pst_bytes(out->at != NULL ? out->at + before : NULL, out->len - before);
}

enum pst_code pst_tuf_fetch_target(struct pst_tuf *tuf, const struct pst_role_target *target,
                                   size_t most_bytes, struct pst_buf *out, struct pst_report *why)
{
    const struct pst_sources *sources = tuf->options.sources;
    struct pst_bytes prefix = prefix_of(pst_trust_role(tuf->trust, PST_ROLE_ROOT), target);
    PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);
    enum pst_code rc = PST_METADATA_MISSING;

    PST_WITHIN(why, "%.*s", PST_ARGS(target->path));
    if (tried == NULL)
        return pst_no_memory(why, "a report");
    if (target->length_bytes > (int64_t)most_bytes)
        return pst_refuse(why, PST_METADATA_TOO_LARGE, pst_say("at most %zu bytes", most_bytes),
                          pst_say("%" PRId64 " bytes", target->length_bytes));
    if (!target->digests.has_sha256 && !target->digests.has_sha512)
        return pst_refuse(why, PST_METADATA_CORRUPT, pst_say("a sha256 or sha512 to compare with"),
                          pst_say("%zu digests of other kinds", target->digests.listed));
    for (size_t i = 0; i < sources->count; i++) {
        char url[PST_URL_ROOM];
        size_t before = out->len;
        if (!pst_tuf_target_url(sources->targets[i], target->path, prefix, url))
            return pst_refuse(why, PST_METADATA_LIMIT, pst_say("a shorter URL"),
                              pst_say("a longer one"));
        PST_WITHIN(tried, "source %zu", i + 1);
        rc = fetch(tuf, url, (size_t)target->length_bytes, out, tried);
        if (rc == PST_OK)
            rc = pst_trust_check_target(target, added(out, before), PST_METADATA_CORRUPT, tried);
        if (rc == PST_OK)
            break;
        out->len = before;
    }
    pst_report_append(why, tried, /* noted= */ rc == PST_OK);
    return rc;
}

/* ---- beginning */

/* What init() was given, for the day when root.json is damaged. No role can be called so: their
 * files end in ".json". */
static const char first_root[] = "root.first";

enum pst_code pst_tuf_init(const struct pst_state_port *metadata, struct pst_bytes root,
                           int64_t now_s, struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_CLEANUP(pst_buf) struct pst_buf kept = pst_buf(PST_TRUST_ROOT_BYTES);
    PST_WITHIN(why, "metadata");

    enum pst_code rc = metadata->read(metadata->context, "root.json", &kept, why);
    if (rc == PST_OK)
        return pst_refuse(why, PST_HOST_EXISTS, pst_say("no trusted root yet"),
                          pst_say("root.json is there"));
    if (rc != PST_HOST_NOT_FOUND)
        return rc;
    rc = pst_trust_new(root, now_s, &trust, why);
    if (rc == PST_OK)
        rc = metadata->replace(metadata->context, first_root, root, why);
    return rc != PST_OK ? rc : metadata->replace(metadata->context, "root.json", root, why);
}

static enum pst_code open_root(const struct pst_tuf_options *options, const char *name,
                               struct pst_buf *bytes, struct pst_trust **out,
                               struct pst_report *why)
{
    const struct pst_state_port *metadata = options->metadata;
    enum pst_code rc = metadata->read(metadata->context, name, bytes, why);
    return rc != PST_OK ? rc : pst_trust_new(pst_buf_bytes(bytes), options->now_s, out, why);
}

/* With a root.json that is damaged or gone the terminal starts over from its first root, and walks
 * up again: an update must not need a visit. It is written anew before anything is fetched. */
static enum pst_code open_first_root(const struct pst_tuf_options *options, enum pst_code damage,
                                     struct pst_trust **out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_ROOT_BYTES);
    const struct pst_state_port *metadata = options->metadata;
    bool is_gone = damage == PST_HOST_NOT_FOUND;

    if (open_root(options, first_root, &bytes, out, NULL) != PST_OK)
        return pst_refuse(why, is_gone ? damage : PST_HOST_STATE,
                          pst_say("a root.json that verifies against itself"),
                          pst_say("%s", is_gone ? "none; was 'init' run?" : pst_code_name(damage)));
    pst_note(why, PST_HOST_STATE, pst_say("a root.json that verifies against itself"),
             pst_say("%s; starting over from the first root", pst_code_name(damage)));
    return metadata->replace(metadata->context, "root.json", pst_buf_bytes(&bytes), why);
}

enum pst_code pst_tuf_open(const struct pst_tuf_options *options, struct pst_tuf *out,
                           struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf root = pst_buf(PST_TRUST_ROOT_BYTES);
    PST_CLEANUP(pst_heap) struct pst_report *damage = calloc(1, sizeof *damage);
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_WITHIN(why, "metadata");

    if (damage == NULL)
        return pst_no_memory(why, "a report");
    enum pst_code found = open_root(options, "root.json", &root, &trust, damage), rc = found;
    /* What failed for now may be there again next time; what is refused never will be. */
    if (found == PST_HOST_NOT_FOUND || pst_code_kind(found) == PST_KIND_REFUSAL)
        rc = open_first_root(options, found, &trust, why);
    pst_report_append(why, damage, /* noted= */ rc == PST_OK);
    if (rc != PST_OK)
        return rc;
    *out = (struct pst_tuf){.options = *options, .trust = trust};
    trust = NULL;
    return PST_OK;
}

void pst_tuf_close(struct pst_tuf *tuf)
{
    pst_trust_free(tuf->trust);
    pst_role_free(tuf->refused);
    *tuf = (struct pst_tuf){.trust = NULL};
}
