/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "keys/tool/calendar.h"
#include "manifests/instant.h"
#include "manifests/json_out.h"

enum { STATUS_DUE = 3, JSON_MOST = 4 << 20 };

enum pst_phrase pst_calendar_effect(const struct pst_calendar_entry *entry)
{
    static const struct {
        enum pst_calendar_kind kind;
        const char *role;
        enum pst_phrase effect;
    } rows[] = {
        {PST_CALENDAR_FILE, "root", SAY_IF_ROOT},
        {PST_CALENDAR_FILE, "targets", SAY_IF_TARGETS},
        {PST_CALENDAR_FILE, "snapshot", SAY_IF_ONLINE},
        {PST_CALENDAR_FILE, "timestamp", SAY_IF_ONLINE},
        {PST_CALENDAR_FILE, NULL, SAY_IF_PRODUCT},
        {PST_CALENDAR_ROLE, "root", SAY_IF_ROOT_ROLE},
        {PST_CALENDAR_ROLE, NULL, SAY_IF_ROLE},
        {PST_CALENDAR_SCHEME, NULL, SAY_IF_SCHEME},
        {PST_CALENDAR_KEY, "", SAY_IF_IDLE},
        {PST_CALENDAR_KEY, NULL, SAY_IF_KEY},
    };
    size_t i = 0;
    while (rows[i].kind != entry->kind ||
           (rows[i].role != NULL && strcmp(rows[i].role, entry->role) != 0))
        i++;
    return rows[i].effect;
}

const char *pst_calendar_who(const struct pst_tool *tool, const struct pst_calendar_entry *entry)
{
    if (entry->is_online)
        return pst_tool_phrase(tool, SAY_OPERATOR);
    return entry->who[0] != '\0' ? entry->who : "?";
}

const char *pst_calendar_kind_name(enum pst_calendar_kind kind)
{
    static const char *const names[] = {"key", "file", "role", "scheme"};
    return names[kind];
}

static size_t count_due(const struct pst_calendar *calendar)
{
    size_t due = 0;
    for (size_t i = 0; i < calendar->count; i++)
        due += pst_calendar_alarm(&calendar->entry[i], calendar->now_s) != PST_CALENDAR_ALARM_NONE;
    return due;
}

/* ---- for people */

static void say_entry(const struct pst_tool *tool, const struct pst_calendar *calendar,
                      const struct pst_calendar_entry *entry)
{
    static const enum pst_phrase kinds[] = {SAY_KEY, SAY_FILE, SAY_ROLE, SAY_SCHEME};
    char end[PST_INSTANT_ROOM];
    int alarm = pst_calendar_alarm(entry, calendar->now_s);

    if (entry->end_s == INT64_MAX)
        fprintf(tool->out, "%-20s  ", pst_tool_phrase(tool, SAY_NEVER));
    else
        fprintf(tool->out, "%-20s  ", pst_instant_print(entry->end_s, end));
    fprintf(tool->out, "%s %s", pst_tool_phrase(tool, kinds[entry->kind]), entry->what);
    if (entry->kind == PST_CALENDAR_KEY)
        fprintf(tool->out, " [%s]",
                entry->role[0] != '\0' ? entry->role : pst_tool_phrase(tool, SAY_NO_ROLE));
    if (entry->end_s <= calendar->now_s)
        fprintf(tool->out, "  %s", pst_tool_phrase(tool, SAY_OVER));
    else if (entry->end_s != INT64_MAX)
        fprintf(tool->out, "  %s: %lld", pst_tool_phrase(tool, SAY_DAYS_LEFT),
                (long long)((entry->end_s - calendar->now_s) / DAY_S));
    fprintf(tool->out, "%s\n", alarm != PST_CALENDAR_ALARM_NONE ? "  !" : "");
    if (entry->end_s == INT64_MAX)
        return;
    if (entry->cause != PST_CALENDAR_BY_DATE)
        fprintf(tool->out, "    %s\n",
                pst_tool_phrase(tool, entry->cause == PST_CALENDAR_BY_SCHEME ? SAY_BY_SCHEME
                                                                             : SAY_BY_SIGNERS));
    if (entry->kind == PST_CALENDAR_ROLE)
        fprintf(tool->out, "    %s: %lld, %lld\n", pst_tool_phrase(tool, SAY_LEFT_OF),
                (long long)entry->left, (long long)entry->wanted);
    fprintf(tool->out, "    %s\n", pst_tool_phrase(tool, pst_calendar_effect(entry)));
    if (entry->kind != PST_CALENDAR_SCHEME)
        fprintf(tool->out, "    %s: %s\n", pst_tool_phrase(tool, SAY_MUST_ACT),
                pst_calendar_who(tool, entry));
}

static void say_all(const struct pst_tool *tool, const struct pst_calendar *calendar)
{
    size_t due = count_due(calendar);

    for (size_t i = 0; i < calendar->count; i++)
        say_entry(tool, calendar, &calendar->entry[i]);
    if (due > 0)
        fprintf(tool->out, "%s: %zu\n", pst_tool_phrase(tool, SAY_DUE), due);
    else
        fprintf(tool->out, "%s\n", pst_tool_phrase(tool, SAY_NOTHING_DUE));
}

/* ---- for programs */

static void out_entry(struct pst_json_out *out, const struct pst_calendar *calendar,
                      const struct pst_calendar_entry *entry)
{
    static const char *const causes[] = {"date", "signatures", "scheme"};
    int alarm = pst_calendar_alarm(entry, calendar->now_s);

    pst_out_open(out, NULL, '{');
    pst_out_string(out, "kind", pst_calendar_kind_name(entry->kind));
    pst_out_string(out, "what", entry->what);
    pst_out_string(out, "role", entry->role);
    pst_out_string(out, "who", entry->is_online ? "service" : entry->who);
    if (entry->end_s == INT64_MAX) {
        pst_out_null(out, "ends");
        pst_out_null(out, "days_left");
    } else {
        pst_out_instant(out, "ends", entry->end_s);
        pst_out_integer(out, "days_left", (entry->end_s - calendar->now_s) / DAY_S);
    }
    if (alarm == PST_CALENDAR_ALARM_NONE)
        pst_out_null(out, "alarm");
    else
        pst_out_integer(out, "alarm", alarm);
    pst_out_string(out, "cause", causes[entry->cause]);
    if (entry->kind == PST_CALENDAR_ROLE) {
        pst_out_integer(out, "threshold", entry->wanted);
        pst_out_integer(out, "keys_left", entry->left);
    }
    pst_out_string(out, "effect", pst_phrase(pst_calendar_effect(entry), PST_LANGUAGE_EN));
    pst_out_close(out, '}');
}

static enum pst_code print_json(const struct pst_tool *tool, const struct pst_calendar *calendar,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(JSON_MOST);
    struct pst_json_out out = pst_json_out(&text);

    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "format", "postern.calendar/1");
    pst_out_instant(&out, "at", calendar->now_s);
    pst_out_integer(&out, "due", (int64_t)count_due(calendar));
    pst_out_open(&out, "entries", '[');
    for (size_t i = 0; i < calendar->count; i++)
        out_entry(&out, calendar, &calendar->entry[i]);
    pst_out_close(&out, ']');
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        return pst_no_memory(why, "the calendar");
    fprintf(tool->out, "%.*s\n", PST_ARGS(pst_buf_text(&text)));
    return PST_OK;
}

enum pst_code pst_command_calendar(const struct pst_tool *tool, struct pst_report *why)
{
    PST_CLEANUP(pst_ceremony_calendar) struct pst_calendar *calendar = NULL;
    char metadata[PATH_ROOM], history[PATH_ROOM], keys[PATH_ROOM];
    bool json = pst_arguments_has(tool->arguments, "--json");
    bool ics = pst_arguments_has(tool->arguments, "--ics");
    struct pst_calendar_in in = {.metadata = metadata,
                                 .history = history,
                                 .keys = keys,
                                 .published = pst_arguments_one(tool->arguments, "--metadata")};

    if (json && ics)
        return pst_refuse(why, PST_USAGE, pst_say("--json or --ics"), pst_say("both"));
    enum pst_code rc = pst_tool_instant(tool, "--at", tool->now_s, &in.now_s, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "metadata", metadata, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "signed", history, why);
    if (rc == PST_OK)
        rc = pst_tool_folder(tool, "keys", keys, why);
    if (rc == PST_OK)
        rc = pst_ceremony_calendar(&in, &calendar, why);
    if (rc != PST_OK)
        return rc;
    if (json)
        rc = print_json(tool, calendar, why);
    else if (ics)
        pst_calendar_print_ics(tool, calendar);
    else
        say_all(tool, calendar);
    if (rc == PST_OK && count_due(calendar) > 0)
        *tool->status = STATUS_DUE;
    return rc;
}
