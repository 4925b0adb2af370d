/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "keys/tool/calendar.h"
#include "manifests/instant.h"
#include "manifests/utf8.h"

enum { LINE_MOST = 73, TEXT_MOST = 2048 };

/* Lines end in CRLF and go on after CRLF and a space; a character is never cut (RFC 5545, 3.1). */
static void put_line(FILE *out, const char *text)
{
    struct pst_text rest = pst_text(text);
    size_t used = 0;

    while (rest.len > 0) {
        struct pst_text before = rest;
        uint32_t rune = 0;
        size_t taken = pst_utf8_take(&rest, &rune);
        if (taken == 0)
            break;
        if (used + taken > LINE_MOST) {
            fputs("\r\n ", out);
            used = 1;
        }
        fprintf(out, "%.*s", (int)taken, before.at);
        used += taken;
    }
    fputs("\r\n", out);
}

static void put(FILE *out, const char *format, ...) PST_PRINTF(2, 3);
static void put(FILE *out, const char *format, ...)
{
    char text[TEXT_MOST];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put_line(out, text);
}

/* Commas, semicolons and backslashes stand for themselves after a backslash (3.3.11). */
static const char *escaped(const char *text, char out[TEXT_MOST])
{
    size_t at = 0;
    for (; *text != '\0' && at + 2 < TEXT_MOST; text++) {
        if (*text == ',' || *text == ';' || *text == '\\')
            out[at++] = '\\';
        out[at++] = *text;
    }
    out[at] = '\0';
    return out;
}

/* "20270101T000000Z" */
static const char *basic(int64_t at_s, char out[PST_INSTANT_ROOM])
{
    char text[PST_INSTANT_ROOM];
    size_t at = 0;

    pst_instant_print(at_s, text);
    for (const char *c = text; *c != '\0'; c++)
        if (*c != '-' && *c != ':')
            out[at++] = *c;
    out[at] = '\0';
    return out;
}

static void put_event(const struct pst_tool *tool, const struct pst_calendar *calendar,
                      const struct pst_calendar_entry *entry)
{
    static const int days[] = {30, 14, 7, 1};
    const char *kind = pst_calendar_kind_name(entry->kind);
    char what[TEXT_MOST], effect[TEXT_MOST], who[TEXT_MOST], end[PST_INSTANT_ROOM];
    FILE *out = tool->out;

    escaped(entry->what, what);
    put(out, "BEGIN:VEVENT");
    put(out, "UID:%s-%s-%lld@postern", kind, what, (long long)entry->end_s);
    put(out, "DTSTAMP:%s", basic(calendar->now_s, end));
    put(out, "DTSTART:%s", basic(entry->end_s, end));
    put(out, "SUMMARY:Postern: %s %s", kind, what);
    put(out, "DESCRIPTION:%s\\n%s: %s",
        escaped(pst_tool_phrase(tool, pst_calendar_effect(entry)), effect),
        pst_tool_phrase(tool, SAY_MUST_ACT), escaped(pst_calendar_who(tool, entry), who));
    for (size_t i = 0; i < PST_COUNT(days); i++) {
        put(out, "BEGIN:VALARM");
        put(out, "ACTION:DISPLAY");
        put(out, "DESCRIPTION:Postern: %s %s", kind, what);
        put(out, "TRIGGER:-P%dD", days[i]);
        put(out, "END:VALARM");
    }
    put(out, "END:VEVENT");
}

void pst_calendar_print_ics(const struct pst_tool *tool, const struct pst_calendar *calendar)
{
    put(tool->out, "BEGIN:VCALENDAR");
    put(tool->out, "VERSION:2.0");
    put(tool->out, "PRODID:-//postern//postern-keys//EN");
    for (size_t i = 0; i < calendar->count; i++)
        if (calendar->entry[i].end_s != INT64_MAX && !calendar->entry[i].is_replaced_online)
            put_event(tool, calendar, &calendar->entry[i]);
    put(tool->out, "END:VCALENDAR");
}
