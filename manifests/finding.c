/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/finding.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "manifests/utf8.h"

struct catalogue_row {
    enum pst_code code;
    const char *name;
    enum pst_kind kind;
    enum pst_audience audience;
    enum pst_severity severity;
};

#define ROW(symbol, number, name, kind, audience, severity)                                        \
    {symbol, name, PST_KIND_##kind, PST_AUDIENCE_##audience, PST_SEVERITY_##severity},
static const struct catalogue_row catalogue[] = {PST_CODES(ROW)};
#undef ROW

static const struct catalogue_row *row_of(enum pst_code code)
{
    for (size_t i = 0; i < PST_COUNT(catalogue); i++)
        if (catalogue[i].code == code)
            return &catalogue[i];
    return NULL;
}

/* Copies what fits, cut at a character's edge, with nothing in it that a screen or a log obeys. */
static void copy_printable(char *out, size_t room, const char *from)
{
    struct pst_text rest = pst_text(from);
    size_t len = 0;

    while (rest.len > 0) {
        uint32_t rune = 0;
        size_t size = pst_utf8_take(&rest, &rune);
        bool shown = size > 0 && pst_utf8_is_printable(rune);
        if (size == 0)
            rest = (struct pst_text){rest.at + 1, rest.len - 1};
        size_t need = shown ? size : 1;
        if (len + need >= room)
            break;
        if (shown)
            memcpy(out + len, rest.at - size, size);
        else
            out[len] = '?';
        len += need;
    }
    out[len] = '\0';
}

struct pst_value pst_say(const char *format, ...)
{
    struct pst_value value = {{0}};
    char raw[PST_VALUE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    copy_printable(value.at, sizeof value.at, raw);
    return value;
}

static bool same_finding(const struct pst_finding *a, const struct pst_finding *b)
{
    return a->code == b->code && strcmp(a->where, b->where) == 0 &&
           strcmp(a->expected, b->expected) == 0 && strcmp(a->found, b->found) == 0;
}

/* What a finding adds to pst_report_kind(). */
static int weight_of(const struct pst_finding *finding)
{
    static const int by_kind[] = {
        [PST_KIND_DEFERRAL] = 1, [PST_KIND_FAULT] = 2, [PST_KIND_REFUSAL] = 3};
    return finding->noted ? 0 : by_kind[pst_code_kind(finding->code)];
}

/*
 * In a full report the last of the lightest findings gives way to a heavier one. So nobody can
 * crowd a refusal out with things to note, and pst_report_kind() holds for everything that was ever
 * added.
 */
static bool make_room(struct pst_report *why, const struct pst_finding *heavier)
{
    size_t lightest = 0;
    for (size_t i = 1; i < why->count; i++)
        if (weight_of(&why->finding[i]) <= weight_of(&why->finding[lightest]))
            lightest = i;
    if (weight_of(&why->finding[lightest]) >= weight_of(heavier))
        return false;
    why->count--;
    memmove(&why->finding[lightest], &why->finding[lightest + 1],
            (why->count - lightest) * sizeof why->finding[0]);
    return true;
}

static void keep(struct pst_report *why, const struct pst_finding *finding)
{
    for (size_t i = 0; i < why->count; i++) {
        if (same_finding(&why->finding[i], finding)) {
            why->finding[i].noted = why->finding[i].noted && finding->noted;
            return;
        }
    }
    if (why->count == PST_REPORT_MOST) {
        why->omitted++;
        if (!make_room(why, finding))
            return;
    }
    why->finding[why->count++] = *finding;
}

static void add(struct pst_report *why, enum pst_code code, bool noted,
                const struct pst_value *expected, const struct pst_value *found)
{
    struct pst_finding finding = {.code = code, .unverified = why->unverified, .noted = noted};

    memcpy(finding.where, why->place, sizeof finding.where);
    memcpy(finding.expected, expected->at, sizeof finding.expected);
    memcpy(finding.found, found->at, sizeof finding.found);
    keep(why, &finding);
}

enum pst_code pst_refuse_values(struct pst_report *why, enum pst_code code,
                                const struct pst_value *expected, const struct pst_value *found)
{
    if (why != NULL)
        add(why, code, false, expected, found);
    return code;
}

void pst_note_values(struct pst_report *why, enum pst_code code, const struct pst_value *expected,
                     const struct pst_value *found)
{
    if (why != NULL)
        add(why, code, true, expected, found);
}

enum pst_code pst_no_memory(struct pst_report *why, const char *what)
{
    return pst_refuse(why, PST_NO_MEMORY, pst_say("memory for %s", what), pst_say("none left"));
}

static enum pst_code code_of_errno(int error)
{
    static const struct {
        int error;
        enum pst_code code;
    } rows[] = {
        {ENOMEM, PST_NO_MEMORY},      {ENOSPC, PST_HOST_DISK_FULL},  {EDQUOT, PST_HOST_DISK_FULL},
        {EFBIG, PST_HOST_DISK_FULL},  {EACCES, PST_HOST_PERMISSION}, {EPERM, PST_HOST_PERMISSION},
        {EROFS, PST_HOST_PERMISSION}, {ENOENT, PST_HOST_NOT_FOUND},  {ENOTDIR, PST_HOST_NOT_FOUND},
        {EADDRINUSE, PST_HOST_PORT},  {EEXIST, PST_HOST_EXISTS},
    };
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (rows[i].error == error)
            return rows[i].code;
    return PST_HOST_IO;
}

enum pst_code pst_refuse_growth(struct pst_report *why, const struct pst_buf *buf)
{
    if (buf->starved)
        return pst_no_memory(why, "a buffer");
    return pst_refuse(why, PST_TOO_LARGE, pst_say("at most %zu bytes", buf->max), pst_say("more"));
}

enum pst_code pst_refuse_errno(struct pst_report *why, int error, const char *what)
{
    char words[96] = "an unknown error";
    if (strerror_r(error, words, sizeof words) != 0)
        snprintf(words, sizeof words, "error %d", error);
    return pst_refuse(why, code_of_errno(error), pst_say("%s", what), pst_say("%s", words));
}

void pst_report_append(struct pst_report *into, const struct pst_report *from, bool noted)
{
    if (into == NULL)
        return; /* as for pst_refuse(): nobody asked why */
    for (size_t i = 0; i < from->count; i++) {
        struct pst_finding finding = from->finding[i];
        const char *rest = from->finding[i].where;
        size_t placed = strlen(into->place);

        /* A report that was begun at the same place already carries it. */
        if (placed > 0 && strncmp(rest, into->place, placed) != 0)
            snprintf(finding.where, sizeof finding.where, "%.60s%s%.60s", into->place,
                     rest[0] != '\0' ? "/" : "", rest);
        finding.noted = finding.noted || noted;
        finding.unverified = finding.unverified || into->unverified;
        keep(into, &finding);
    }
    into->omitted += from->omitted;
}

bool pst_report_has(const struct pst_report *why, enum pst_code code)
{
    for (size_t i = 0; i < why->count; i++)
        if (why->finding[i].code == code)
            return true;
    return false;
}

enum pst_code pst_report_verdict(const struct pst_report *why)
{
    for (size_t i = 0; i < why->count; i++)
        if (!why->finding[i].noted)
            return why->finding[i].code;
    return PST_OK;
}

enum pst_kind pst_report_kind(const struct pst_report *why)
{
    static const enum pst_kind by_rank[] = {PST_KIND_NONE, PST_KIND_DEFERRAL, PST_KIND_FAULT,
                                            PST_KIND_REFUSAL};
    size_t highest = 0;
    for (size_t i = 0; i < why->count; i++) {
        if (why->finding[i].noted)
            continue;
        for (size_t rank = highest + 1; rank < PST_COUNT(by_rank); rank++)
            if (pst_code_kind(why->finding[i].code) == by_rank[rank])
                highest = rank;
    }
    return by_rank[highest];
}

struct pst_place pst_place_enter(struct pst_report *why, const char *format, ...)
{
    if (why == NULL)
        return (struct pst_place){NULL, 0};

    struct pst_place back = {why, strlen(why->place)};
    struct pst_value step = {{0}};
    char raw[PST_VALUE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    copy_printable(step.at, sizeof step.at, raw);

    char place[PST_WHERE_BYTES + PST_VALUE_BYTES];
    snprintf(place, sizeof place, "%s%s%s", why->place, back.len > 0 ? "/" : "", step.at);
    copy_printable(why->place, sizeof why->place, place);
    return back;
}

void pst_place_cleanup(struct pst_place *place)
{
    if (place->why != NULL)
        place->why->place[place->len] = '\0';
}

const char *pst_code_name(enum pst_code code)
{
    const struct catalogue_row *row = row_of(code);
    return row != NULL ? row->name : "unknown";
}

bool pst_code_parse(struct pst_text name, enum pst_code *out)
{
    for (size_t i = 0; i < PST_COUNT(catalogue); i++) {
        if (pst_text_is(name, catalogue[i].name)) {
            *out = catalogue[i].code;
            return true;
        }
    }
    return false;
}

enum pst_kind pst_code_kind(enum pst_code code)
{
    const struct catalogue_row *row = row_of(code);
    return row != NULL ? row->kind : PST_KIND_FAULT;
}

enum pst_audience pst_code_audience(enum pst_code code)
{
    const struct catalogue_row *row = row_of(code);
    return row != NULL ? row->audience : PST_AUDIENCE_OPERATOR;
}

enum pst_severity pst_code_severity(enum pst_code code)
{
    const struct catalogue_row *row = row_of(code);
    return row != NULL ? row->severity : PST_SEVERITY_ERROR;
}

const char *pst_kind_name(enum pst_kind kind)
{
    static const char *const names[] = {"none", "refusal", "deferral", "fault"};
    return names[kind];
}

const char *pst_audience_name(enum pst_audience audience)
{
    static const char *const names[] = {"merchant", "operator", "vendor"};
    return names[audience];
}

const char *pst_severity_name(enum pst_severity severity)
{
    static const char *const names[] = {"info", "warning", "error", "critical"};
    return names[severity];
}

size_t pst_code_count(void)
{
    return PST_COUNT(catalogue);
}

enum pst_code pst_code_at(size_t index)
{
    return catalogue[index].code;
}
