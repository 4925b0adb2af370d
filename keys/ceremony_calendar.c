/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ceremony_calendar.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "manifests/envelope.h"
#include "manifests/file.h"

enum { ENTRIES_MOST = 4096 };

struct work {
    const struct pst_calendar_in *in;
    const char *folder; /* of the role files that are judged */
    const struct pst_role *root;
    const struct pst_role *targets; /* NULL: none */
    struct pst_ceremony_names *names;
    struct pst_calendar *calendar;
    struct pst_report *why;
};

static const char *const online_roles[] = {"snapshot", "timestamp", "assignments"};

static bool is_online(struct pst_text role)
{
    for (size_t i = 0; i < PST_COUNT(online_roles); i++)
        if (pst_text_is(role, online_roles[i]))
            return true;
    return false;
}

void pst_ceremony_calendar_free(struct pst_calendar *calendar)
{
    if (calendar != NULL)
        free(calendar->entry);
    free(calendar);
}

static struct pst_calendar_entry *add_entry(struct work *work, enum pst_calendar_kind kind)
{
    struct pst_calendar *calendar = work->calendar;

    if (calendar->count == calendar->room) {
        size_t room = calendar->room * 2 + 64;
        struct pst_calendar_entry *entry =
            room <= ENTRIES_MOST ? realloc(calendar->entry, room * sizeof *entry) : NULL;
        if (entry == NULL) {
            (void)pst_no_memory(work->why, "the calendar");
            return NULL;
        }
        calendar->entry = entry;
        calendar->room = room;
    }
    struct pst_calendar_entry *one = &calendar->entry[calendar->count++];
    *one = (struct pst_calendar_entry){.kind = kind, .end_s = INT64_MAX};
    return one;
}

/* "a, b" + "c"; what does not fit is left out, as it is for people only. */
static void add_word(char list[PST_CALENDAR_TEXT_ROOM], struct pst_text word)
{
    size_t len = strlen(list);

    if (len + word.len + 3 > PST_CALENDAR_TEXT_ROOM)
        return;
    snprintf(list + len, PST_CALENDAR_TEXT_ROOM - len, "%s%.*s", len > 0 ? ", " : "",
             PST_ARGS(word));
}

/* "root-1" or, when nobody here knows its name, the first digits of its id. */
static void name_of(const struct work *work, const struct pst_ceremony_key *key, bool with_id,
                    char out[PST_CALENDAR_TEXT_ROOM])
{
    const char *name = pst_ceremony_name_of(work->names, key);

    if (name[0] == '\0')
        snprintf(out, PST_CALENDAR_TEXT_ROOM, "%.8s", key->id);
    else if (with_id)
        snprintf(out, PST_CALENDAR_TEXT_ROOM, "%s (%.8s)", name, key->id);
    else
        snprintf(out, PST_CALENDAR_TEXT_ROOM, "%s", name);
}

static void add_holders(const struct work *work, const struct pst_role *delegator,
                        const struct pst_role_rule *rule, char out[PST_CALENDAR_TEXT_ROOM])
{
    for (size_t i = 0; i < rule->keyid_count; i++) {
        PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
        const struct pst_role_key *listed = pst_role_key(delegator, rule->keyid[i]);
        char name[PST_CALENDAR_TEXT_ROOM];
        if (listed == NULL || pst_ceremony_key_listed(listed, &key, NULL) != PST_OK)
            continue;
        name_of(work, &key, false, name);
        add_word(out, pst_text(name));
    }
}

/* ---- keys */

static struct pst_calendar_entry *find_key(const struct work *work, const char *what)
{
    for (size_t i = 0; i < work->calendar->count; i++)
        if (work->calendar->entry[i].kind == PST_CALENDAR_KEY &&
            strcmp(work->calendar->entry[i].what, what) == 0)
            return &work->calendar->entry[i];
    return NULL;
}

static enum pst_code add_key(struct work *work, const struct pst_ceremony_key *key,
                             struct pst_text role)
{
    int64_t retired_s = pst_role_retired_from(work->root, pst_text(key->scheme));
    char what[PST_CALENDAR_TEXT_ROOM];

    name_of(work, key, true, what);
    struct pst_calendar_entry *entry = find_key(work, what);
    if (entry == NULL) {
        entry = add_entry(work, PST_CALENDAR_KEY);
        if (entry == NULL)
            return PST_NO_MEMORY;
        snprintf(entry->what, sizeof entry->what, "%s", what);
        snprintf(entry->who, sizeof entry->who, "%s", pst_ceremony_name_of(work->names, key));
        entry->end_s = key->not_after_s < retired_s ? key->not_after_s : retired_s;
        entry->cause = retired_s < key->not_after_s ? PST_CALENDAR_BY_SCHEME : PST_CALENDAR_BY_DATE;
    }
    if (role.len > 0)
        add_word(entry->role, role);
    entry->is_online = entry->is_online || is_online(role);
    return PST_OK;
}

static enum pst_code add_role(struct work *work, const struct pst_role *delegator,
                              const struct pst_role_rule *rule)
{
    for (size_t i = 0; i < rule->keyid_count; i++) {
        PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
        const struct pst_role_key *listed = pst_role_key(delegator, rule->keyid[i]);
        if (listed == NULL || pst_ceremony_key_listed(listed, &key, NULL) != PST_OK)
            continue; /* it never counted */
        enum pst_code rc = add_key(work, &key, rule->name);
        if (rc != PST_OK)
            return rc;
    }
    struct pst_calendar_entry *entry = add_entry(work, PST_CALENDAR_ROLE);
    if (entry == NULL)
        return PST_NO_MEMORY;
    snprintf(entry->what, sizeof entry->what, "%.*s", PST_ARGS(rule->name));
    snprintf(entry->role, sizeof entry->role, "%.*s", PST_ARGS(rule->name));
    add_holders(work, delegator, rule, entry->who);
    entry->is_online = is_online(rule->name);
    entry->wanted = rule->threshold;
    entry->end_s =
        pst_calendar_rule_ends(delegator, rule, work->root, NULL, work->in->now_s, &entry->left);
    return PST_OK;
}

/* Public keys that lie in the folder and serve no role yet. */
static enum pst_code add_idle_keys(struct work *work)
{
    for (size_t i = 0; i < work->names->count; i++) {
        PST_CLEANUP(pst_ceremony_key) struct pst_ceremony_key key = {0};
        char file[PST_CEREMONY_KEY_NAME_ROOM + 8], path[PATH_MAX], prefix[PST_CALENDAR_TEXT_ROOM];
        bool is_listed = false;

        snprintf(file, sizeof file, "%s.pub", work->names->at[i].name);
        snprintf(prefix, sizeof prefix, "%s (", work->names->at[i].name);
        for (size_t k = 0; k < work->calendar->count; k++)
            is_listed =
                is_listed || (work->calendar->entry[k].kind == PST_CALENDAR_KEY &&
                              strncmp(work->calendar->entry[k].what, prefix, strlen(prefix)) == 0);
        if (is_listed || !pst_path_join(work->in->keys, file, path, sizeof path) ||
            pst_ceremony_key_read(path, &key, NULL) != PST_OK ||
            pst_ceremony_revoked(work->root, &key) != NULL)
            continue;
        enum pst_code rc = add_key(work, &key, pst_text(""));
        if (rc != PST_OK)
            return rc;
    }
    return PST_OK;
}

/* ---- files */

/* `file` is signed by enough, or was when it was kept. */
static enum pst_code add_file(struct work *work, const struct pst_ceremony_file *file,
                              const char *path)
{
    const struct pst_ceremony_rule *rule = file->rule_count > 0 ? &file->rule[0] : NULL;
    struct pst_calendar_entry *entry = add_entry(work, PST_CALENDAR_FILE);
    const char *slash = strrchr(path, '/');
    int64_t left = 0;

    if (entry == NULL)
        return PST_NO_MEMORY;
    snprintf(entry->what, sizeof entry->what, "%s", slash != NULL ? slash + 1 : path);
    snprintf(entry->role, sizeof entry->role, "%.128s", file->name);
    entry->is_online = is_online(pst_text(file->name));
    entry->is_replaced_online = entry->is_online;
    entry->end_s = file->role->expires_s;
    if (rule == NULL)
        return PST_OK;
    add_holders(work, rule->delegator, rule->rule, entry->who);
    int64_t signed_s = pst_calendar_rule_ends(rule->delegator, rule->rule, rule->root, file,
                                              work->in->now_s, &left);
    if (signed_s < entry->end_s) {
        entry->end_s = signed_s;
        entry->cause = PST_CALENDAR_BY_SIGNATURES;
    }
    return PST_OK;
}

static enum pst_code open_at(const struct work *work, const char *folder, const char *name,
                             char path[PATH_MAX], struct pst_ceremony_file *out)
{
    const struct pst_ceremony_place place = {
        .path = path, .metadata = work->folder, .now_s = work->in->now_s};

    if (!pst_path_join(folder, name, path, PATH_MAX))
        return PST_HOST_NOT_FOUND;
    return pst_ceremony_open(&place, out, NULL);
}

/* R.json when it is signed by enough; else the highest N.R.json beside it; else what was kept. */
static enum pst_code open_signed(const struct work *work, const char *role, char path[PATH_MAX],
                                 struct pst_ceremony_file *out)
{
    const char *const folders[] = {work->folder, work->in->history};
    char name[PST_CEREMONY_NAME_MOST + 1];

    snprintf(name, sizeof name, "%.200s.json", role);
    if (open_at(work, work->folder, name, path, out) == PST_OK) {
        if (pst_ceremony_is_complete(out))
            return PST_OK;
        pst_ceremony_close(out);
    }
    for (size_t i = 0; i < PST_COUNT(folders); i++) {
        if (pst_ceremony_latest(folders[i], role, INT64_MAX, name, NULL) == PST_OK &&
            name[0] != '\0' && open_at(work, folders[i], name, path, out) == PST_OK)
            return PST_OK;
    }
    return PST_HOST_NOT_FOUND;
}

static enum pst_code add_file_of(struct work *work, const char *role)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    char path[PATH_MAX];

    if (open_signed(work, role, path, &file) == PST_OK)
        return add_file(work, &file, path);
    pst_note(work->why, PST_METADATA_MISSING, pst_say("a signed %s.json", role),
             pst_say("none in '%s'", work->folder));
    return PST_OK;
}

/* ---- all of it */

static enum pst_code add_root(struct work *work)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file file = {0};
    char name[40], path[PATH_MAX];
    enum pst_code rc = PST_OK;

    snprintf(name, sizeof name, "%lld.root.json", (long long)work->root->version);
    if (open_at(work, work->folder, name, path, &file) == PST_OK)
        rc = add_file(work, &file, path);
    for (size_t i = 0; rc == PST_OK && i < work->root->rule_count; i++)
        rc = add_role(work, work->root, &work->root->rule[i]);
    for (size_t i = 0; rc == PST_OK && i < work->root->retired_count; i++) {
        struct pst_calendar_entry *entry = add_entry(work, PST_CALENDAR_SCHEME);
        if (entry == NULL)
            return PST_NO_MEMORY;
        snprintf(entry->what, sizeof entry->what, "%.*s", PST_ARGS(work->root->retired[i].scheme));
        entry->end_s = work->root->retired[i].from_s;
    }
    return rc;
}

static enum pst_code add_targets(struct work *work)
{
    PST_CLEANUP(pst_ceremony_file) struct pst_ceremony_file targets = {0};
    char path[PATH_MAX], name[PST_CEREMONY_NAME_MOST + 1];

    if (open_signed(work, "targets", path, &targets) != PST_OK) {
        pst_note(work->why, PST_METADATA_MISSING, pst_say("a signed targets.json"),
                 pst_say("none in '%s'", work->folder));
        return PST_OK;
    }
    enum pst_code rc = add_file(work, &targets, path);
    for (size_t i = 0; rc == PST_OK && i < targets.role->rule_count; i++) {
        const struct pst_role_rule *rule = &targets.role->rule[i];
        rc = add_role(work, targets.role, rule);
        snprintf(name, sizeof name, "%.200s", rule->name.at);
        if (rc == PST_OK && !is_online(rule->name))
            rc = add_file_of(work, name);
    }
    return rc;
}

static enum pst_code add_published(struct work *work)
{
    enum pst_code rc = PST_OK;
    for (size_t i = 0; rc == PST_OK && work->in->published != NULL && i < 2; i++)
        rc = add_file_of(work, online_roles[i]);
    return rc;
}

static int by_end(const void *a, const void *b)
{
    const struct pst_calendar_entry *one = a, *two = b;
    if (one->end_s != two->end_s)
        return one->end_s < two->end_s ? -1 : 1;
    return one->kind != two->kind ? (int)one->kind - (int)two->kind : strcmp(one->what, two->what);
}

static enum pst_code fill(struct work *work)
{
    enum pst_code rc = pst_ceremony_names_read(work->in->keys, work->names, work->why);
    if (rc == PST_OK)
        rc = add_root(work);
    if (rc == PST_OK)
        rc = add_targets(work);
    if (rc == PST_OK)
        rc = add_published(work);
    return rc == PST_OK ? add_idle_keys(work) : rc;
}

enum pst_code pst_ceremony_calendar(const struct pst_calendar_in *in, struct pst_calendar **out,
                                    struct pst_report *why)
{
    PST_CLEANUP(pst_trust) struct pst_trust *trust = NULL;
    PST_CLEANUP(pst_heap) struct pst_ceremony_names *names = calloc(1, sizeof *names);
    PST_CLEANUP(pst_ceremony_calendar) struct pst_calendar *calendar = calloc(1, sizeof *calendar);

    if (names == NULL || calendar == NULL)
        return pst_no_memory(why, "the calendar");
    const char *folder = in->published != NULL ? in->published : in->metadata;
    enum pst_code rc = pst_ceremony_roots(folder, INT64_MAX, in->now_s, &trust, why);
    if (rc != PST_OK)
        return rc;
    struct work work = {.in = in,
                        .folder = folder,
                        .root = pst_trust_role(trust, PST_ROLE_ROOT),
                        .names = names,
                        .calendar = calendar,
                        .why = why};
    rc = fill(&work);
    if (rc != PST_OK)
        return rc;
    if (calendar->count > 0)
        qsort(calendar->entry, calendar->count, sizeof calendar->entry[0], by_end);
    calendar->now_s = in->now_s;
    *out = calendar;
    calendar = NULL;
    return PST_OK;
}
