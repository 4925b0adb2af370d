/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "keys/ceremony.h"
#include "manifests/envelope.h"
#include "manifests/file.h"
#include "manifests/instant.h"

static enum pst_code refuse_missing(struct pst_report *why, const char *folder, const char *what)
{
    return pst_refuse(why, PST_METADATA_MISSING, pst_say("%s", what),
                      pst_say("none in '%s'", folder != NULL ? folder : "."));
}

void pst_ceremony_close(struct pst_ceremony_file *file)
{
    pst_buf_clear(&file->bytes);
    pst_role_free(file->role);
    pst_trust_free(file->trust);
    pst_role_free(file->targets);
    memset(file, 0, sizeof *file);
}

/* "12.pos-a.json" -> "12.pos-a", and "pos-a" as well: consistent snapshots put the version in
 * front. */
static void split_name(const char *path, struct pst_text *stem, struct pst_text *bare,
                       int64_t *version)
{
    const char *slash = strrchr(path, '/');
    struct pst_text name = pst_text(slash != NULL ? slash + 1 : path);
    uint64_t number = 0;

    if (name.len > 5 && strcmp(name.at + name.len - 5, ".json") == 0)
        name.len -= 5;
    *stem = *bare = name;
    *version = 0;
    if (pst_take_number(&name, INT64_MAX, &number) && pst_take(&name, ".") && name.len > 0) {
        *bare = name;
        *version = (int64_t)number;
    }
}

static bool is_kind(struct pst_text name, enum pst_role_kind *kind)
{
    for (int i = PST_ROLE_ROOT; i <= PST_ROLE_TARGETS; i++) {
        if (!pst_text_is(name, pst_role_kind_name((enum pst_role_kind)i)))
            continue;
        *kind = (enum pst_role_kind)i;
        return true;
    }
    return false;
}

static enum pst_code read_role(const char *path, struct pst_ceremony_file *file,
                               struct pst_report *why)
{
    PST_CLEANUP(pst_envelope) struct pst_envelope *envelope = NULL;
    struct pst_text stem, bare;
    enum pst_role_kind named = PST_ROLE_TARGETS, kind = PST_ROLE_TARGETS;
    int64_t version = 0;

    PST_WITHIN(why, "%s", path);
    split_name(path, &stem, &bare, &version);
    file->bytes = pst_buf(pst_json_large.bytes);
    enum pst_code rc = pst_file_read(path, &file->bytes, why);
    if (rc != PST_OK)
        return rc;
    bool is_named = is_kind(bare, &named);
    kind = named;
    if (pst_envelope_parse(pst_buf_bytes(&file->bytes), &pst_json_large, &envelope, NULL) == PST_OK)
        (void)is_kind(pst_json_text(pst_json_member(envelope->body, "_type")), &kind);
    rc = pst_role_parse(is_named ? named : kind, pst_buf_bytes(&file->bytes), &file->role, why);
    if (rc != PST_OK)
        return rc;
    if (is_named && version > 0 && version != file->role->version)
        return pst_refuse(why, PST_METADATA_WRONG_VERSION,
                          pst_say("version %lld, as the file is named", (long long)version),
                          pst_say("version %lld", (long long)file->role->version));
    struct pst_text name =
        is_named || kind == PST_ROLE_TARGETS ? bare : pst_text(pst_role_kind_name(kind));
    snprintf(file->name, sizeof file->name, "%.*s", PST_ARGS(name));
    return PST_OK;
}

static bool folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (len >= PATH_MAX)
        return false;
    memcpy(out, slash == NULL ? "." : path, len);
    out[len] = '\0';
    return true;
}

/* The file's own folder when it holds a root, or else where the caller says. */
static const char *metadata_of(const struct pst_ceremony_place *place, char room[PATH_MAX])
{
    int64_t lowest = 0, highest = 0;
    if (place->metadata == NULL ||
        (folder_of(place->path, room) &&
         pst_ceremony_root_range(room, &lowest, &highest, NULL) == PST_OK && highest > 0))
        return folder_of(place->path, room) ? room : ".";
    return place->metadata;
}

static enum pst_code open_roots(const struct pst_ceremony_place *place, const char *metadata,
                                int64_t below, struct pst_trust **out, struct pst_report *why)
{
    if (place->root_path == NULL)
        return pst_ceremony_roots(metadata, below, place->now_s, out, why);

    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_ROOT_BYTES);
    PST_WITHIN(why, "%s", place->root_path);
    enum pst_code rc = pst_file_read(place->root_path, &bytes, why);
    return rc == PST_OK ? pst_trust_new(pst_buf_bytes(&bytes), place->now_s, out, why) : rc;
}

static void add_rule(struct pst_ceremony_file *file, const struct pst_role *delegator,
                     const struct pst_role_rule *rule, const struct pst_role *root)
{
    file->rule[file->rule_count++] = (struct pst_ceremony_rule){
        .delegator = delegator, .rule = rule, .root = root, .wanted = rule->threshold};
}

static enum pst_code find_rules_of_root(const struct pst_ceremony_place *place,
                                        const char *metadata, struct pst_ceremony_file *file,
                                        struct pst_report *why)
{
    const struct pst_text name = pst_text("root");
    int64_t version = file->role->version;

    add_rule(file, file->role, pst_role_rule(file->role, name), file->role);
    if (version == 1)
        return PST_OK;
    enum pst_code rc = open_roots(place, metadata, version, &file->trust, why);
    if (rc != PST_OK)
        return rc;
    const struct pst_role *before = pst_trust_role(file->trust, PST_ROLE_ROOT);
    if (before->version != version - 1)
        return pst_refuse(why, PST_METADATA_MISSING,
                          pst_say("%lld.root.json, signed by enough", (long long)version - 1),
                          pst_say("version %lld", (long long)before->version));
    add_rule(file, before, pst_role_rule(before, name), before);
    file->rule[1].at_any_time = true;
    return PST_OK;
}

static enum pst_code open_targets(const struct pst_ceremony_place *place, const char *metadata,
                                  struct pst_ceremony_file *file, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_TRUST_TARGETS_BYTES);
    const struct pst_role *root = pst_trust_role(file->trust, PST_ROLE_ROOT);
    char path[PATH_MAX];

    if (place->targets_path != NULL)
        snprintf(path, sizeof path, "%s", place->targets_path);
    else if (!pst_path_join(metadata, "targets.json", path, sizeof path))
        return refuse_missing(why, metadata, "a signed targets.json");
    PST_WITHIN(why, "%s", path);
    enum pst_code rc = pst_file_read(path, &bytes, why);
    if (rc == PST_OK)
        rc = pst_role_parse(PST_ROLE_TARGETS, pst_buf_bytes(&bytes), &file->targets, why);
    if (rc != PST_OK)
        return rc;
    const struct pst_verify_in in = {
        .envelope = file->targets->envelope,
        .delegator = root,
        .rule = pst_role_rule(root, pst_text("targets")),
        .root = root,
        .now_s = place->now_s,
    };
    return pst_verify(&in, why);
}

static enum pst_code find_delegation(const char *path, struct pst_ceremony_file *file,
                                     struct pst_report *why)
{
    const struct pst_role *root = pst_trust_role(file->trust, PST_ROLE_ROOT);
    struct pst_text stem, bare;
    int64_t version = 0;

    split_name(path, &stem, &bare, &version);
    const struct pst_role_rule *rule = pst_role_rule(file->targets, stem);
    if (rule == NULL)
        rule = pst_role_rule(file->targets, bare);
    if (rule == NULL)
        return pst_refuse(why, PST_METADATA_NOT_LISTED,
                          pst_say("a product that targets.json delegates to"),
                          pst_say("'%.*s', which it does not", PST_ARGS(stem)));
    snprintf(file->name, sizeof file->name, "%.*s", PST_ARGS(rule->name));
    add_rule(file, file->targets, rule, root);
    return PST_OK;
}

static enum pst_code find_rules(const struct pst_ceremony_place *place,
                                struct pst_ceremony_file *file, struct pst_report *why)
{
    char room[PATH_MAX];
    const char *metadata = metadata_of(place, room);
    enum pst_role_kind kind = file->role->kind;

    if (kind == PST_ROLE_ROOT)
        return find_rules_of_root(place, metadata, file, why);
    enum pst_code rc = open_roots(place, metadata, INT64_MAX, &file->trust, why);
    if (rc != PST_OK)
        return rc;
    if (kind != PST_ROLE_TARGETS || strcmp(file->name, "targets") == 0) {
        const struct pst_role *root = pst_trust_role(file->trust, PST_ROLE_ROOT);
        add_rule(file, root, pst_role_rule(root, pst_text(pst_role_kind_name(kind))), root);
        return PST_OK;
    }
    rc = open_targets(place, metadata, file, why);
    return rc == PST_OK ? find_delegation(place->path, file, why) : rc;
}

enum pst_code pst_ceremony_judge(const struct pst_ceremony_file *file,
                                 const struct pst_ceremony_rule *rule,
                                 const struct pst_envelope_signature *signature, int64_t now_s,
                                 struct pst_report *why)
{
    struct pst_envelope alone = *file->role->envelope;
    struct pst_role_rule one_of = *rule->rule;
    struct pst_report causes = {0};

    alone.signature_count = 1;
    alone.signature[0] = *signature;
    one_of.threshold = 1;
    const struct pst_verify_in in = {
        .envelope = &alone,
        .delegator = rule->delegator,
        .rule = &one_of,
        .root = rule->root,
        .now_s = now_s,
        .at_any_time = rule->at_any_time,
    };
    if (pst_verify(&in, &causes) == PST_OK)
        return PST_OK;
    /* The last finding only counts to none; the others say why. */
    if (causes.count > 1)
        causes.count--;
    if (why != NULL)
        pst_report_append(why, &causes, false);
    return pst_report_verdict(&causes);
}

static bool was_counted(const struct pst_ceremony_key *counted, size_t count,
                        const struct pst_ceremony_key *key)
{
    for (size_t i = 0; i < count; i++)
        if (pst_ceremony_key_same(&counted[i], key))
            return true;
    return false;
}

static void count_rule(const struct pst_ceremony_file *file, struct pst_ceremony_rule *rule,
                       int64_t now_s)
{
    const struct pst_envelope *envelope = file->role->envelope;
    struct pst_ceremony_key counted[PST_SIGNATURES_MOST];
    size_t count = 0;

    for (size_t i = 0; i < envelope->signature_count; i++) {
        const struct pst_role_key *listed =
            pst_role_key(rule->delegator, envelope->signature[i].keyid);
        if (pst_ceremony_judge(file, rule, &envelope->signature[i], now_s, NULL) != PST_OK ||
            listed == NULL || pst_ceremony_key_listed(listed, &counted[count], NULL) != PST_OK)
            continue;
        if (was_counted(counted, count, &counted[count]))
            pst_ceremony_key_clear(&counted[count]);
        else
            count++;
    }
    rule->counted = (int64_t)count;
    for (size_t i = 0; i < count; i++)
        pst_ceremony_key_clear(&counted[i]);
}

enum pst_code pst_ceremony_open(const struct pst_ceremony_place *place,
                                struct pst_ceremony_file *out, struct pst_report *why)
{
    enum pst_code rc = read_role(place->path, out, why);
    if (rc != PST_OK) {
        pst_ceremony_close(out);
        return rc;
    }
    (void)find_rules(place, out, &out->causes); /* told by `causes` */
    for (size_t i = 0; i < out->rule_count; i++)
        count_rule(out, &out->rule[i], place->now_s);
    return PST_OK;
}

bool pst_ceremony_is_complete(const struct pst_ceremony_file *file)
{
    for (size_t i = 0; i < file->rule_count; i++)
        if (file->rule[i].counted < file->rule[i].wanted)
            return false;
    return file->rule_count > 0 && pst_report_verdict(&file->causes) == PST_OK;
}
