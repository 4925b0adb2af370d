/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/role.h"

#include <stdlib.h>

#include "manifests/role_read.h"
#include "manifests/utf8.h"

const char *pst_role_kind_name(enum pst_role_kind kind)
{
    static const char *const names[] = {
        [PST_ROLE_ROOT] = "root",
        [PST_ROLE_TIMESTAMP] = "timestamp",
        [PST_ROLE_SNAPSHOT] = "snapshot",
        [PST_ROLE_TARGETS] = "targets",
    };
    return names[kind];
}

static void free_rule(struct pst_role_rule *rule)
{
    free(rule->keyid);
    free(rule->pattern);
}

void pst_role_free(struct pst_role *role)
{
    if (role == NULL)
        return;
    for (size_t i = 0; i < role->rule_count; i++)
        free_rule(&role->rule[i]);
    free_rule(&role->succinct.rule);
    free(role->rule);
    free(role->key);
    free(role->retired);
    free(role->revoked);
    free(role->file);
    free(role->target);
    pst_envelope_free(role->envelope);
    free(role);
}

int pst_role_compare(struct pst_text a, struct pst_text b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.at, b.at, shorter) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

const struct pst_role_key *pst_role_key(const struct pst_role *role, struct pst_text keyid)
{
    for (size_t i = 0; i < role->key_count; i++)
        if (pst_text_equal(role->key[i].id, keyid))
            return &role->key[i];
    return NULL;
}

const struct pst_role_rule *pst_role_rule(const struct pst_role *role, struct pst_text name)
{
    for (size_t i = 0; i < role->rule_count; i++)
        if (pst_text_equal(role->rule[i].name, name))
            return &role->rule[i];
    return NULL;
}

/* Files and targets are kept in order of their names, so that a walk over two snapshots stays
 * cheap. */
static int compare_file(const void *name, const void *file)
{
    return pst_role_compare(*(const struct pst_text *)name,
                            ((const struct pst_role_file *)file)->name);
}

const struct pst_role_file *pst_role_file(const struct pst_role *role, struct pst_text name)
{
    if (role->file_count == 0)
        return NULL;
    return bsearch(&name, role->file, role->file_count, sizeof *role->file, compare_file);
}

static int compare_target(const void *path, const void *target)
{
    return pst_role_compare(*(const struct pst_text *)path,
                            ((const struct pst_role_target *)target)->path);
}

const struct pst_role_target *pst_role_target(const struct pst_role *role, struct pst_text path)
{
    if (role->target_count == 0)
        return NULL;
    return bsearch(&path, role->target, role->target_count, sizeof *role->target, compare_target);
}

const struct pst_role_revoked *pst_role_revoked(const struct pst_role *role, struct pst_text keyid)
{
    for (size_t i = 0; i < role->revoked_count; i++)
        if (pst_text_equal(role->revoked[i].keyid, keyid))
            return &role->revoked[i];
    return NULL;
}

int64_t pst_role_retired_from(const struct pst_role *role, struct pst_text scheme)
{
    for (size_t i = 0; i < role->retired_count; i++)
        if (pst_text_equal(role->retired[i].scheme, scheme))
            return role->retired[i].from_s;
    return INT64_MAX;
}

static bool at(struct pst_text text, char c)
{
    return text.len > 0 && text.at[0] == c;
}

static struct pst_text rest_of(struct pst_text text, size_t len)
{
    return (struct pst_text){text.at + len, text.len - len};
}

/* '?' stands for a character, which may be several bytes; a byte that is no UTF-8 stands for
 * itself. */
static struct pst_text skip_character(struct pst_text text)
{
    uint32_t rune = 0;
    struct pst_text rest = text;
    return pst_utf8_take(&rest, &rune) > 0 ? rest : rest_of(text, 1);
}

/*
 * The usual walk with one place to come back to: when it does not go on, the last '*' takes one
 * character more. A '/' ends what a '*' may take, and then there is nothing to come back to: a
 * pattern costs at most its length times the path's, whatever is in it.
 */
bool pst_role_pattern_matches(struct pst_text pattern, struct pst_text path)
{
    struct pst_text after_star = {0}, star_takes = {0};
    bool starred = false;

    while (path.len > 0 || pattern.len > 0) {
        if (at(pattern, '*')) {
            pattern = after_star = rest_of(pattern, 1);
            star_takes = path;
            starred = true;
        } else if (at(pattern, '?') && path.len > 0 && !at(path, '/')) {
            pattern = rest_of(pattern, 1);
            path = skip_character(path);
        } else if (pattern.len > 0 && at(path, pattern.at[0])) {
            starred = starred && pattern.at[0] != '/';
            pattern = rest_of(pattern, 1);
            path = rest_of(path, 1);
        } else if (starred && star_takes.len > 0 && !at(star_takes, '/')) {
            path = star_takes = skip_character(star_takes);
            pattern = after_star;
        } else {
            return false;
        }
    }
    return true;
}

bool pst_role_rule_covers(const struct pst_role_rule *rule, struct pst_text path,
                          const uint8_t path_sha256[32])
{
    char hex[2 * 32 + 1];
    pst_hex_print(pst_bytes(path_sha256, 32), hex);
    for (size_t i = 0; i < rule->pattern_count; i++) {
        struct pst_text pattern = rule->pattern[i];
        bool covered = rule->by_hash_prefix
                           ? pattern.len <= 64 && memcmp(pattern.at, hex, pattern.len) == 0
                           : pst_role_pattern_matches(pattern, path);
        if (covered)
            return true;
    }
    return false;
}
