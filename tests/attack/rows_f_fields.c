/* SPDX-License-Identifier: Apache-2.0 */
/*
 * F05 and F06: each member of each signed document in turn is of another type, missing, there twice
 * or spelt with a capital; and signed so by the right key. Nobody but the vendor can do that, and
 * even the vendor is refused, for what it is.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/attack/resign.h"
#include "tests/attack/rows.h"
#include "tests/support/check.h"

static const char *const other_types[] = {"null", "true", "7", "\"text\"", "[]", "{}"};

static enum pst_json_type type_of(const char *text)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    assert_int_equal(pst_json_parse(pst_bytes_of(pst_text(text)), &pst_json_small, &json, NULL),
                     PST_OK);
    return pst_json_type(json);
}

/* ---- what is a field, and what may be left out ----------------------------------------------- */

/* Whose children have names that somebody gave them: keyids, files, paths, algorithms. */
static const char *const maps[] = {"signed/keys/*",    "signed/delegations/keys/*",
                                   "signed/meta/*",    "signed/meta/*/hashes/*",
                                   "signed/targets/*", "signed/targets/*/hashes/*"};
static const char *const optional[] = {
    "signed/consistent_snapshot", "signed/delegations", "signed/meta/*/length",
    "signed/meta/*/hashes",       "signed/order",
};

static bool is_among(const char *const *pattern, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (fnmatch(pattern[i], path, FNM_PATHNAME) == 0)
            return true;
    return false;
}

/* Target paths have steps of their own. */
static bool is_target(const struct json_changed *changed)
{
    return strncmp(changed->path, "signed/targets/", 15) == 0 &&
           pst_json_type(changed->value) == PST_JSON_OBJECT &&
           pst_json_member(changed->value, "length") != NULL;
}

static bool is_digest(const char *path)
{
    return strstr(path, "/hashes/") != NULL;
}

static bool may_be_absent(const struct json_changed *changed)
{
    return is_among(maps, PST_COUNT(maps), changed->path) || is_digest(changed->path) ||
           is_target(changed) || is_among(optional, PST_COUNT(optional), changed->path);
}

/* ---- a document and all its changes ---------------------------------------------------------- */

struct document {
    struct attack_case *it;
    size_t which; /* as attack_nth_name() */
    struct pst_json *json;
    struct attack_change change;
};

static void try(struct document *document, const char *path, const char *what,
                const enum pst_code *codes)
{
    struct attack_case *it = document->it;

    attack_again(it, "%s, %s %s", attack_nth_name(document->which), path, what);
    it->how = &document->change;
    if (document->which < ATTACK_ROLES)
        attack_publish_again(it);
    attack_refused_for(it, codes);
}

typedef void each_fn(struct document *document, const struct json_changed *changed);

/* All that is signed; what stands around it is M11's. */
static void each_value(struct document *document, each_fn *each)
{
    size_t count = json_value_count(document->json);
    for (size_t i = 0; i < count; i++) {
        PST_CLEANUP(json_changed) struct json_changed changed = {.value = NULL};
        assert_true(json_changed(document->json, i, JSON_PUT, "0", &changed));
        document->change.which = i;
        if (strncmp(changed.path, "signed/", 7) == 0)
            each(document, &changed);
    }
}

static void keep_order(void *context, struct pst_buf *envelope)
{
    struct pst_buf *kept = context;
    kept->len = 0;
    assert_true(pst_buf_add(kept, envelope->at, envelope->len));
}

/* The assignment's shape is the same at every check-in: one stands for all. */
static void read_order(struct attack_case *it, struct pst_json **out)
{
    PST_CLEANUP(pst_buf) struct pst_buf kept = pst_buf(65536);
    struct agent_scene_service *service = &it->scene->service;

    service->rewrite = keep_order;
    service->rewrite_context = &kept;
    service->assignment.issued_s = 1; /* so old that nothing comes of it */
    (void)attack_cycle(it);
    service->assignment.issued_s = 0;
    service->rewrite = NULL;
    assert_int_equal(pst_json_parse(pst_buf_bytes(&kept), &pst_json_small, out, NULL), PST_OK);
}

static void each_document(struct attack *attack, each_fn *each)
{
    for (size_t which = 0; which < ATTACK_SIGNED; which++) {
        PST_CLEANUP(attack_case)
        struct attack_case it = attack_case(attack, "%s, good", attack_nth_name(which));
        PST_CLEANUP(pst_json) struct pst_json *json = NULL;
        struct document document = {.it = &it, .which = which};

        document.change.signer = attack_signer(&it, which);
        if (which == ATTACK_ASSIGNMENT)
            read_order(&it, &json);
        attack_tamper_nth(&it, which, attack_change_and_sign, &document.change);
        if (which < ATTACK_ROLES) {
            it.spoilt[0]->version += which == PST_ROLE_ROOT;
            assert_int_equal(
                pst_json_parse(pst_repo_bytes(it.spoilt[0]), &pst_json_large, &json, NULL), PST_OK);
        }
        document.json = json;
        each_value(&document, each);
        attack_mended(&it);
    }
}

/* ---- F05 ------------------------------------------------------------------------------------- */

static void another_type(struct document *document, const struct json_changed *changed)
{
    static const enum pst_code wrong_type[] = {PST_WRONG_TYPE, PST_OK};
    char what[40];

    document->change.change = JSON_PUT;
    for (size_t i = 0; i < PST_COUNT(other_types); i++) {
        if (type_of(other_types[i]) == pst_json_type(changed->value))
            continue;
        document->change.put = other_types[i];
        snprintf(what, sizeof what, "is %s", other_types[i]);
        try(document, changed->path, what, wrong_type);
    }
}

static void not_there(struct document *document, const struct json_changed *changed)
{
    static const enum pst_code missing[] = {PST_MISSING_FIELD, PST_OK};

    if (!changed->is_member || may_be_absent(changed))
        return;
    document->change.change = JSON_REMOVED;
    try(document, changed->path, "is missing", missing);
}

static void spoil_type_and_presence(struct document *document, const struct json_changed *changed)
{
    another_type(document, changed);
    not_there(document, changed);
}

/* ---- F06 ------------------------------------------------------------------------------------- */

static void there_twice(struct document *document, const struct json_changed *changed)
{
    static const enum pst_code twice[] = {PST_DUPLICATE_FIELD, PST_OK};

    if (!changed->is_member)
        return;
    document->change.change = JSON_TWICE;
    try(document, changed->path, "is there twice", twice);
}

/* The assignment is a closed document: what it does not know is refused as well. */
static void with_a_capital(struct document *document, const struct json_changed *changed)
{
    static const enum pst_code missing[] = {PST_MISSING_FIELD, PST_OK};
    static const enum pst_code unknown[] = {PST_MISSING_FIELD, PST_UNKNOWN_FIELD, PST_OK};
    const char *slash = strrchr(changed->path, '/');

    if (!changed->is_member || may_be_absent(changed) || slash[1] == '_')
        return;
    document->change.change = JSON_CASE;
    try(document, changed->path, "begins with a capital",
        document->which == ATTACK_ASSIGNMENT ? unknown : missing);
}

static void spoil_name(struct document *document, const struct json_changed *changed)
{
    there_twice(document, changed);
    with_a_capital(document, changed);
}

/* ---- the release manifest: nobody signs it but through its digest ---------------------------- */

static const char *const optional_in_release[] = {"notes/*",
                                                  "fits/hardware/*/revisions",
                                                  "fits/agent",
                                                  "fits/bootloader",
                                                  "fits/data_schema",
                                                  "fits/regions",
                                                  "security_floor",
                                                  "downgrade_from",
                                                  "bridge_for",
                                                  "needs/backup_hook",
                                                  "needs/expected_seconds"};

static void judge_release(struct attack *attack, const struct json_changed *changed,
                          const char *what, const enum pst_code *codes)
{
    PST_CLEANUP(pst_release) struct pst_release *release = NULL;
    struct pst_report why = {0};
    char name[400];

    snprintf(name, sizeof name, "release, %s %s", changed->path, what);
    bool accepted = pst_release_parse(pst_buf_bytes(&changed->text), &release, &why) == PST_OK;
    attack_judged(attack, name, accepted, &why, codes);
}

static void change_release(struct attack *attack, const struct pst_json *json, size_t which,
                           enum json_change change, const char *put, const enum pst_code *codes)
{
    static const char *const whats[] = {[JSON_REMOVED] = "is missing",
                                        [JSON_PUT] = "is",
                                        [JSON_CASE] = "begins with a capital",
                                        [JSON_TWICE] = "is there twice"};
    PST_CLEANUP(json_changed) struct json_changed changed = {.value = NULL};
    char what[60];

    if (!json_changed(json, which, change, put, &changed))
        return;
    bool optional_one = is_among(optional_in_release, PST_COUNT(optional_in_release), changed.path);
    if ((change == JSON_REMOVED || change == JSON_CASE) && optional_one)
        return;
    if (change == JSON_PUT && type_of(put) == pst_json_type(changed.value))
        return;
    snprintf(what, sizeof what, "%s %s", whats[change], put != NULL ? put : "");
    judge_release(attack, &changed, what, codes);
}

void attack_f05(struct attack *attack)
{
    static const enum pst_code wrong_type[] = {PST_WRONG_TYPE, PST_OK};
    static const enum pst_code missing[] = {PST_MISSING_FIELD, PST_OK};
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;

    each_document(attack, spoil_type_and_presence);
    attack_full_release(&bytes, &json);
    for (size_t i = 0; i < json_value_count(json); i++) {
        for (size_t k = 0; k < PST_COUNT(other_types); k++)
            change_release(attack, json, i, JSON_PUT, other_types[k], wrong_type);
        change_release(attack, json, i, JSON_REMOVED, NULL, missing);
    }
}

void attack_f06(struct attack *attack)
{
    static const enum pst_code twice[] = {PST_DUPLICATE_FIELD, PST_OK};
    static const enum pst_code unknown[] = {PST_MISSING_FIELD, PST_UNKNOWN_FIELD, PST_OK};
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(1 << 20);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;

    each_document(attack, spoil_name);
    attack_full_release(&bytes, &json);
    for (size_t i = 0; i < json_value_count(json); i++) {
        change_release(attack, json, i, JSON_TWICE, NULL, twice);
        change_release(attack, json, i, JSON_CASE, NULL, unknown);
    }
}
