/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "manifests/fields.h"
#include "service/repository/repository_internal.h"

size_t pst_signed_most(enum pst_role_kind kind)
{
    static const size_t most[] = {
        [PST_ROLE_ROOT] = PST_TRUST_ROOT_BYTES,
        [PST_ROLE_TIMESTAMP] = PST_TRUST_TIMESTAMP_BYTES,
        [PST_ROLE_SNAPSHOT] = PST_TRUST_SNAPSHOT_BYTES,
        [PST_ROLE_TARGETS] = PST_TRUST_TARGETS_BYTES,
    };
    return most[kind];
}

static enum pst_code fill(struct pst_signed *part, struct pst_report *why)
{
    if (part->bytes.len > pst_signed_most(part->kind))
        return pst_refuse(why, PST_METADATA_TOO_LARGE,
                          pst_say("at most %zu bytes", pst_signed_most(part->kind)),
                          pst_say("%zu bytes", part->bytes.len));
    enum pst_code rc = pst_sha256(pst_buf_bytes(&part->bytes), part->sha256, why);
    if (rc == PST_OK)
        rc = pst_role_parse(part->kind, pst_buf_bytes(&part->bytes), &part->role, why);
    return rc;
}

enum pst_code pst_signed_new(enum pst_role_kind kind, const char *name, struct pst_buf *bytes,
                             struct pst_signed **out, struct pst_report *why)
{
    struct pst_buf taken = *bytes;
    PST_CLEANUP(pst_signed) struct pst_signed *part = calloc(1, sizeof *part);

    *bytes = (struct pst_buf){.max = taken.max};
    if (part == NULL) {
        pst_buf_clear(&taken);
        return pst_no_memory(why, "a role file");
    }
    part->users = 1;
    part->kind = kind;
    (void)snprintf(part->name, sizeof part->name, "%s", name);
    part->bytes = taken;
    enum pst_code rc = fill(part, why);
    if (rc != PST_OK)
        return rc;
    *out = part;
    part = NULL;
    return PST_OK;
}

struct pst_signed *pst_signed_share(struct pst_signed *part)
{
    if (part != NULL)
        part->users++;
    return part;
}

void pst_signed_drop(struct pst_signed *part)
{
    if (part == NULL || --part->users > 0)
        return;
    pst_role_free(part->role);
    pst_buf_clear(&part->bytes);
    free(part);
}

void pst_signed_file(const struct pst_signed *part, char out[PST_METADATA_NAME_ROOM])
{
    if (part->kind == PST_ROLE_TIMESTAMP)
        (void)snprintf(out, PST_METADATA_NAME_ROOM, "timestamp.json");
    else
        (void)snprintf(out, PST_METADATA_NAME_ROOM, "%lld.%s.json", (long long)part->role->version,
                       part->name);
}

enum pst_code pst_signed_verify(const struct pst_signed *part, const struct pst_role *delegator,
                                const struct pst_role *root, int64_t now_s, bool at_any_time,
                                struct pst_report *why)
{
    const struct pst_verify_in in = {
        .envelope = part->role->envelope,
        .delegator = delegator,
        .rule = pst_role_rule(delegator, pst_text(part->name)),
        .root = root,
        .now_s = now_s,
        .at_any_time = at_any_time,
    };
    if (in.rule == NULL)
        return pst_refuse(why, PST_METADATA_NOT_LISTED, pst_say("a delegation to '%s'", part->name),
                          pst_say("none"));
    return pst_verify(&in, why);
}

enum pst_code pst_set_new(const struct pst_set *from, struct pst_set **out, struct pst_report *why)
{
    PST_CLEANUP(pst_set) struct pst_set *set = calloc(1, sizeof *set);

    if (set == NULL)
        return pst_no_memory(why, "the published set");
    if (from != NULL) {
        set->product = calloc(from->count + 1, sizeof(struct pst_signed *));
        if (set->product == NULL)
            return pst_no_memory(why, "the published set");
        set->root = pst_signed_share(from->root);
        set->timestamp = pst_signed_share(from->timestamp);
        set->snapshot = pst_signed_share(from->snapshot);
        set->targets = pst_signed_share(from->targets);
        for (; set->count < from->count; set->count++)
            set->product[set->count] = pst_signed_share(from->product[set->count]);
    }
    *out = set;
    set = NULL;
    return PST_OK;
}

void pst_set_free(struct pst_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++)
        pst_signed_drop(set->product[i]);
    free(set->product);
    pst_signed_drop(set->targets);
    pst_signed_drop(set->snapshot);
    pst_signed_drop(set->timestamp);
    pst_signed_drop(set->root);
    free(set);
}

static void replace(struct pst_signed **place, struct pst_signed *part)
{
    struct pst_signed *before = *place;
    *place = pst_signed_share(part);
    pst_signed_drop(before);
}

static enum pst_code put_product(struct pst_set *set, struct pst_signed *part,
                                 struct pst_report *why)
{
    size_t at = 0;

    while (at < set->count && strcmp(set->product[at]->name, part->name) < 0)
        at++;
    if (at < set->count && strcmp(set->product[at]->name, part->name) == 0) {
        replace(&set->product[at], part);
        return PST_OK;
    }
    struct pst_signed **product =
        realloc(set->product, (set->count + 1) * sizeof(struct pst_signed *));
    if (product == NULL)
        return pst_no_memory(why, "the published set");
    set->product = product;
    memmove(&product[at + 1], &product[at], (set->count - at) * sizeof(struct pst_signed *));
    product[at] = pst_signed_share(part);
    set->count++;
    return PST_OK;
}

static bool is_top_level(const struct pst_signed *part)
{
    return strcmp(part->name, pst_role_kind_name(part->kind)) == 0;
}

enum pst_code pst_set_put(struct pst_set *set, struct pst_signed *part, struct pst_report *why)
{
    struct pst_signed **const place[] = {
        [PST_ROLE_ROOT] = &set->root,
        [PST_ROLE_TIMESTAMP] = &set->timestamp,
        [PST_ROLE_SNAPSHOT] = &set->snapshot,
        [PST_ROLE_TARGETS] = &set->targets,
    };
    if (!is_top_level(part))
        return put_product(set, part, why);
    replace(place[part->kind], part);
    return PST_OK;
}

static int compare_name(const void *name, const void *part)
{
    const struct pst_text *text = name;
    const struct pst_signed *const *product = part;
    size_t len = strlen((*product)->name);
    int order = memcmp(text->at, (*product)->name, text->len < len ? text->len : len);
    return order != 0 ? order : (text->len > len) - (text->len < len);
}

struct pst_signed *pst_set_find(const struct pst_set *set, struct pst_text name)
{
    struct pst_signed *const top[] = {set->root, set->timestamp, set->snapshot, set->targets};

    for (size_t i = 0; i < PST_COUNT(top); i++)
        if (pst_text_is(name, pst_role_kind_name((enum pst_role_kind)i)))
            return top[i];
    if (name.len == 0 || set->count == 0)
        return NULL;
    struct pst_signed **found =
        bsearch(&name, set->product, set->count, sizeof(struct pst_signed *), compare_name);
    return found != NULL ? *found : NULL;
}

const struct pst_role_target *pst_set_target(const struct pst_set *set, struct pst_text path)
{
    struct pst_text rest = path, product;
    uint8_t sha256[PST_SHA256_BYTES];

    if (set->targets == NULL || !pst_target_path_is_safe(path))
        return NULL;
    const struct pst_role_target *target = pst_role_target(set->targets->role, path);
    if (target != NULL || !pst_take_until(&rest, '/', &product))
        return target;
    const struct pst_role_rule *rule = pst_role_rule(set->targets->role, product);
    const struct pst_signed *part = pst_set_find(set, product);
    if (rule == NULL || part == NULL || part->kind != PST_ROLE_TARGETS ||
        pst_sha256(pst_bytes_of(path), sha256, NULL) != PST_OK ||
        !pst_role_rule_covers(rule, path, sha256))
        return NULL;
    return pst_role_target(part->role, path);
}

bool pst_path_is_manifest(struct pst_text path, struct pst_text product)
{
    struct pst_text rest = path, first, version;

    return pst_target_path_is_safe(path) && pst_take_until(&rest, '/', &first) &&
           pst_text_equal(first, product) && pst_take_until(&rest, '/', &version) &&
           pst_text_is(rest, "manifest.json");
}
