/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calendar.h - internal to the tool: words of the calendar, for people, programs and iCalendar.
 */
#ifndef PST_KEYS_TOOL_CALENDAR_H
#define PST_KEYS_TOOL_CALENDAR_H

#include "keys/ceremony_calendar.h"
#include "keys/tool/tool.h"

/* What happens to the fleet when nothing is done. */
enum pst_phrase pst_calendar_effect(const struct pst_calendar_entry *entry);
const char *pst_calendar_who(const struct pst_tool *tool, const struct pst_calendar_entry *entry);
const char *pst_calendar_kind_name(enum pst_calendar_kind kind); /* "key", "file", ... */

/* RFC 5545: an event at each end, with alarms 30, 14, 7 and 1 days before. */
void pst_calendar_print_ics(const struct pst_tool *tool, const struct pst_calendar *calendar);

#endif
