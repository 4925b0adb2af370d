/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/instant.h"

#include <stdio.h>

enum { DAY_S = 86400, YEAR_LEAST = 1970, YEAR_MOST = 9999 };

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 1970-01-01 to the first of January of `year`. */
static int64_t days_before_year(int64_t year)
{
    int64_t y = year - 1;
    return 365 * (year - 1970) + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) +
           (y / 400 - 1969 / 400);
}

/* "2026-11-05T07:08:09Z": where each number stands, how long it is, what follows it, its bounds. */
static const struct part {
    uint8_t at, len;
    char then;
    int16_t least, most;
} parts[] = {
    {0, 4, '-', YEAR_LEAST, YEAR_MOST},
    {5, 2, '-', 1, 12},
    {8, 2, 'T', 1, 31},
    {11, 2, ':', 0, 23},
    {14, 2, ':', 0, 59},
    {17, 2, 'Z', 0, 59},
};
enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS, TEXT_LEN = 20 };

static bool read_part(struct pst_text text, const struct part *part, int64_t *out)
{
    int64_t value = 0;
    for (size_t i = part->at; i < (size_t)part->at + part->len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (text.at[i] - '0');
    }
    *out = value;
    return text.at[part->at + part->len] == part->then && value >= part->least &&
           value <= part->most;
}

bool pst_instant_parse(struct pst_text text, int64_t *out_s)
{
    int64_t value[PARTS];

    if (text.len != TEXT_LEN)
        return false;
    for (size_t i = 0; i < PARTS; i++)
        if (!read_part(text, &parts[i], &value[i]))
            return false;
    if (value[DAY] > days_in_month(value[YEAR], value[MONTH]))
        return false;

    int64_t days = days_before_year(value[YEAR]) + value[DAY] - 1;
    for (int64_t month = 1; month < value[MONTH]; month++)
        days += days_in_month(value[YEAR], month);
    *out_s = days * DAY_S + value[HOUR] * 3600 + value[MINUTE] * 60 + value[SECOND];
    return true;
}

const char *pst_instant_print(int64_t at_s, char out[PST_INSTANT_ROOM])
{
    if (at_s < 0)
        at_s = 0;
    if (at_s > PST_INSTANT_MAX)
        at_s = PST_INSTANT_MAX;
    int64_t days = at_s / DAY_S;
    int64_t second = at_s % DAY_S;

    int64_t year = YEAR_LEAST + days / 366; /* never too late, and at most a few years too early */
    while (days_before_year(year + 1) <= days)
        year++;
    days -= days_before_year(year);
    int64_t month = 1;
    while (days >= days_in_month(year, month))
        days -= days_in_month(year, month++);

    char text[64]; /* the compiler cannot see that each number keeps to its digits */
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month,
             (int)days + 1, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
    memcpy(out, text, TEXT_LEN + 1);
    return out;
}
