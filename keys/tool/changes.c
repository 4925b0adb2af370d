/* SPDX-License-Identifier: Apache-2.0 */
/* What a draft changes against what was signed before, in plain words. */
#include <stdarg.h>
#include <stdlib.h>

#include "keys/tool/tool.h"
#include "manifests/envelope.h"
#include "manifests/instant.h"

enum { HEX_ROOM = 2 * PST_SHA256_BYTES + 1 };

struct changes {
    const struct pst_tool *tool;
    const struct pst_role *before, *after;
    struct pst_ceremony_names *names;
    size_t lines;
};

/* "    label: ..." */
static void say(struct changes *changes, enum pst_phrase label, const char *format, ...)
    PST_PRINTF(3, 4);
static void say(struct changes *changes, enum pst_phrase label, const char *format, ...)
{
    FILE *out = changes->tool->out;
    va_list args;

    changes->lines++;
    fprintf(out, "    %s: ", pst_tool_phrase(changes->tool, label));
    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
    fputc('\n', out);
}

/* ---- keys */

static bool is_listed(const struct pst_role_rule *rule, struct pst_text keyid)
{
    for (size_t i = 0; rule != NULL && i < rule->keyid_count; i++)
        if (pst_text_equal(rule->keyid[i], keyid))
            return true;
    return false;
}

static bool is_same_key(const struct pst_role_key *a, const struct pst_role_key *b)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key one = {0}, two = {0};
    return a != NULL && b != NULL && pst_ceremony_key_listed(a, &one, NULL) == PST_OK &&
           pst_ceremony_key_listed(b, &two, NULL) == PST_OK && pst_ceremony_key_same(&one, &two);
}

/* The same public key in another rule, under whatever id. */
static const struct pst_role_key *find_same(const struct pst_role *role,
                                            const struct pst_role_rule *rule,
                                            const struct pst_role_key *key)
{
    for (size_t i = 0; rule != NULL && i < rule->keyid_count; i++) {
        const struct pst_role_key *other = pst_role_key(role, rule->keyid[i]);
        if (is_same_key(other, key))
            return other;
    }
    return NULL;
}

/* "root-4 (ab12cd34), ed25519, * .. 2031-01-01T00:00:00Z" */
static struct pst_value key_words(const struct changes *changes, const struct pst_role_key *key)
{
    PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key read = {0};
    char from[PST_INSTANT_ROOM], until[PST_INSTANT_ROOM];
    const char *name = "";

    if (pst_ceremony_key_listed(key, &read, NULL) == PST_OK)
        name = pst_ceremony_name_of(changes->names, &read);
    return pst_say(
        "%s%s%.8s%s, %.*s, %s .. %s", name, name[0] != '\0' ? " (" : "", key->id.at,
        name[0] != '\0' ? ")" : "", PST_ARGS(key->scheme),
        key->not_before_s == INT64_MIN ? "*" : pst_instant_print(key->not_before_s, from),
        key->not_after_s == INT64_MAX ? "*" : pst_instant_print(key->not_after_s, until));
}

static void say_keys(struct changes *changes, const struct pst_role_rule *before,
                     const struct pst_role_rule *after)
{
    const struct pst_role_rule *named = after != NULL ? after : before;

    for (size_t i = 0; after != NULL && i < after->keyid_count; i++) {
        const struct pst_role_key *key = pst_role_key(changes->after, after->keyid[i]);
        if (key == NULL || is_listed(before, after->keyid[i]))
            continue;
        const struct pst_role_key *old = find_same(changes->before, before, key);
        if (old != NULL)
            say(changes, SAY_KEY_RENEWED, "%.*s, %s -> %s", PST_ARGS(named->name),
                key_words(changes, old).at, key_words(changes, key).at);
        else
            say(changes, SAY_KEY_ADDED, "%.*s, %s", PST_ARGS(named->name),
                key_words(changes, key).at);
    }
    for (size_t i = 0; before != NULL && i < before->keyid_count; i++) {
        const struct pst_role_key *key = pst_role_key(changes->before, before->keyid[i]);
        if (key != NULL && !is_listed(after, before->keyid[i]) &&
            find_same(changes->after, after, key) == NULL)
            say(changes, SAY_KEY_REMOVED, "%.*s, %s", PST_ARGS(named->name),
                key_words(changes, key).at);
    }
}

static bool same_paths(const struct pst_role_rule *a, const struct pst_role_rule *b)
{
    if (a->pattern_count != b->pattern_count || a->terminating != b->terminating)
        return false;
    for (size_t i = 0; i < a->pattern_count; i++)
        if (!pst_text_equal(a->pattern[i], b->pattern[i]))
            return false;
    return true;
}

static void say_paths(struct changes *changes, const struct pst_role_rule *rule)
{
    for (size_t i = 0; i < rule->pattern_count; i++)
        say(changes, SAY_PATHS, "%.*s, %.*s%s", PST_ARGS(rule->name), PST_ARGS(rule->pattern[i]),
            rule->terminating ? "" : " ...");
}

static void say_rules(struct changes *changes)
{
    for (size_t i = 0; i < changes->after->rule_count; i++) {
        const struct pst_role_rule *after = &changes->after->rule[i];
        const struct pst_role_rule *before = pst_role_rule(changes->before, after->name);
        if (before == NULL)
            say(changes, SAY_ROLE_ADDED, "%.*s, %lld/%zu", PST_ARGS(after->name),
                (long long)after->threshold, after->keyid_count);
        else if (before->threshold != after->threshold)
            say(changes, SAY_THRESHOLD, "%.*s, %lld -> %lld", PST_ARGS(after->name),
                (long long)before->threshold, (long long)after->threshold);
        if (before == NULL || !same_paths(before, after))
            say_paths(changes, after);
        say_keys(changes, before, after);
    }
    for (size_t i = 0; i < changes->before->rule_count; i++) {
        const struct pst_role_rule *before = &changes->before->rule[i];
        if (pst_role_rule(changes->after, before->name) != NULL)
            continue;
        say(changes, SAY_ROLE_REMOVED, "%.*s", PST_ARGS(before->name));
        say_keys(changes, before, NULL);
    }
}

/* ---- marks */

static void say_revoked(struct changes *changes)
{
    char from[PST_INSTANT_ROOM];

    for (size_t i = 0; i < changes->after->revoked_count; i++) {
        const struct pst_role_revoked *mark = &changes->after->revoked[i];
        const struct pst_role_key *key = pst_role_key(changes->after, mark->keyid);
        if (pst_role_revoked(changes->before, mark->keyid) == NULL)
            say(changes, SAY_KEY_REVOKED, "%s, %s, %.*s",
                key != NULL ? key_words(changes, key).at : mark->keyid.at,
                pst_instant_print(mark->from_s, from), PST_ARGS(mark->reason));
    }
    for (size_t i = 0; i < changes->before->revoked_count; i++)
        if (pst_role_revoked(changes->after, changes->before->revoked[i].keyid) == NULL)
            say(changes, SAY_UNREVOKED, "%.*s", PST_ARGS(changes->before->revoked[i].keyid));
}

static void say_retired(struct changes *changes)
{
    char from[PST_INSTANT_ROOM];

    for (size_t i = 0; i < changes->after->retired_count; i++) {
        const struct pst_role_retired *mark = &changes->after->retired[i];
        if (pst_role_retired_from(changes->before, mark->scheme) != mark->from_s)
            say(changes, SAY_SCHEME_RETIRED, "%.*s, %s", PST_ARGS(mark->scheme),
                pst_instant_print(mark->from_s, from));
    }
    for (size_t i = 0; i < changes->before->retired_count; i++)
        if (pst_role_retired_from(changes->after, changes->before->retired[i].scheme) == INT64_MAX)
            say(changes, SAY_UNRETIRED, "%.*s", PST_ARGS(changes->before->retired[i].scheme));
}

/* ---- releases and their files */

/* "pos-a/2.0.0" of "pos-a/2.0.0/os.full.zst" */
static struct pst_text release_of(struct pst_text path)
{
    size_t slashes = 0;
    for (size_t i = 0; i < path.len; i++)
        if (path.at[i] == '/' && ++slashes == 2)
            return (struct pst_text){path.at, i};
    return path;
}

static bool has_release(const struct pst_role *role, struct pst_text release)
{
    for (size_t i = 0; i < role->target_count; i++)
        if (pst_text_equal(release_of(role->target[i].path), release))
            return true;
    return false;
}

static bool is_same_content(const struct pst_role_target *a, const struct pst_role_target *b)
{
    return a->length_bytes == b->length_bytes && a->digests.has_sha256 && b->digests.has_sha256 &&
           pst_equal_in_constant_time(a->digests.sha256, b->digests.sha256, PST_SHA256_BYTES);
}

static const char *digest_words(const struct pst_role_target *target, char out[HEX_ROOM])
{
    snprintf(out, HEX_ROOM, "?");
    if (target->digests.has_sha256)
        pst_hex_print(pst_bytes(target->digests.sha256, PST_SHA256_BYTES), out);
    return out;
}

/* The files of one release that are in `role`, told by how `other` has them. */
static size_t say_files(struct changes *changes, const struct pst_role *role,
                        const struct pst_role *other, struct pst_text release, bool speak)
{
    bool is_after = role == changes->after;
    size_t count = 0;
    char mine[HEX_ROOM], theirs[HEX_ROOM];

    for (size_t i = 0; i < role->target_count; i++) {
        const struct pst_role_target *target = &role->target[i];
        if (!pst_text_equal(release_of(target->path), release))
            continue;
        const struct pst_role_target *old = pst_role_target(other, target->path);
        if (old != NULL && (!is_after || is_same_content(old, target)))
            continue;
        count++;
        if (!speak)
            continue;
        digest_words(target, mine);
        if (old == NULL)
            say(changes, is_after ? SAY_FILE_APPEARS : SAY_FILE_GONE, "%.*s, %lld %s, sha256 %s",
                PST_ARGS(target->path), (long long)target->length_bytes,
                pst_tool_phrase(changes->tool, SAY_BYTES), mine);
        else
            say(changes, SAY_FILE_CHANGES, "%.*s, %lld -> %lld %s, sha256 %s -> %s",
                PST_ARGS(target->path), (long long)old->length_bytes,
                (long long)target->length_bytes, pst_tool_phrase(changes->tool, SAY_BYTES),
                digest_words(old, theirs), mine);
    }
    return count;
}

static int64_t bytes_of(const struct pst_role *role, struct pst_text release)
{
    int64_t sum = 0;
    for (size_t i = 0; i < role->target_count; i++)
        if (pst_text_equal(release_of(role->target[i].path), release) &&
            role->target[i].length_bytes <= INT64_MAX - sum)
            sum += role->target[i].length_bytes;
    return sum;
}

static void say_release(struct changes *changes, struct pst_text release)
{
    const struct pst_role *before = changes->before, *after = changes->after;
    bool was = has_release(before, release), is = has_release(after, release);
    size_t changed = say_files(changes, after, before, release, false) +
                     say_files(changes, before, after, release, false);

    if (changed == 0)
        return;
    say(changes,
        !was ? SAY_APPEARS
        : is ? SAY_CHANGES
             : SAY_DISAPPEARS,
        "%.*s, %lld %s", PST_ARGS(release), (long long)bytes_of(is ? after : before, release),
        pst_tool_phrase(changes->tool, SAY_BYTES));
    (void)say_files(changes, after, before, release, true);
    (void)say_files(changes, before, after, release, true);
}

/* Targets are in the order of their names, so a release's files stand together. */
static void say_releases_of(struct changes *changes, const struct pst_role *role, bool only_gone)
{
    struct pst_text last = {NULL, 0};

    for (size_t i = 0; i < role->target_count; i++) {
        struct pst_text release = release_of(role->target[i].path);
        if (last.at != NULL && pst_text_equal(last, release))
            continue;
        last = release;
        if (!only_gone || !has_release(changes->after, release))
            say_release(changes, release);
    }
}

static void say_all(struct changes *changes)
{
    char from[PST_INSTANT_ROOM], until[PST_INSTANT_ROOM];

    if (changes->before->version > 0 && changes->before->expires_s != changes->after->expires_s)
        say(changes, SAY_EXPIRES, "%s -> %s", pst_instant_print(changes->before->expires_s, from),
            pst_instant_print(changes->after->expires_s, until));
    say_rules(changes);
    say_revoked(changes);
    say_retired(changes);
    say_releases_of(changes, changes->after, false);
    say_releases_of(changes, changes->before, true);
}

enum pst_code pst_tool_say_changes(const struct pst_tool *tool,
                                   const struct pst_ceremony_file *file,
                                   const struct pst_ceremony_before *before, struct pst_report *why)
{
    static const struct pst_role nothing = {.version = 0};
    PST_CLEANUP(pst_heap) struct pst_ceremony_names *names = calloc(1, sizeof *names);
    char keys[PATH_ROOM];

    if (names == NULL)
        return pst_no_memory(why, "names of keys");
    enum pst_code rc = pst_tool_folder(tool, "keys", keys, why);
    if (rc == PST_OK)
        rc = pst_ceremony_names_read(keys, names, why);
    if (rc != PST_OK)
        return rc;
    struct changes changes = {.tool = tool,
                              .before = before->role != NULL ? before->role : &nothing,
                              .after = file->role,
                              .names = names};
    if (before->role == NULL)
        fprintf(tool->out, "  %s\n", pst_tool_phrase(tool, SAY_FIRST));
    else
        pst_tool_say(
            tool, SAY_SINCE, "%lld (%s)", (long long)before->role->version,
            pst_tool_phrase(tool, before->is_borne_out ? SAY_BORNE_OUT : SAY_NOT_BORNE_OUT));
    say_all(&changes);
    if (changes.lines == 0)
        fprintf(tool->out, "    %s\n", pst_tool_phrase(tool, SAY_NO_CHANGE));
    return PST_OK;
}
