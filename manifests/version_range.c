/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "manifests/version.h"

static void trim(struct pst_text *text)
{
    while (text->len > 0 && text->at[0] == ' ')
        *text = (struct pst_text){text->at + 1, text->len - 1};
    while (text->len > 0 && text->at[text->len - 1] == ' ')
        text->len--;
}

/* Takes all up to `end` or, where there is none, the rest. */
static struct pst_text take_piece(struct pst_text *rest, const char *end)
{
    struct pst_text piece = {rest->at, 0};
    while (rest->len > 0 && !pst_take(rest, end)) {
        *rest = (struct pst_text){rest->at + 1, rest->len - 1};
        piece.len++;
    }
    return piece;
}

static struct pst_value quoted(struct pst_text text)
{
    return pst_say("'%.*s'", text.len > 128 ? 128 : (int)text.len, text.at);
}

enum bound { LOW = 1, HIGH = 2 };
static const struct comparator {
    const char *sign; /* the longer before what they begin with */
    unsigned bounds;
    bool open;
} comparators[] = {
    {">=", LOW, false}, {"<=", HIGH, false},      {">", LOW, true},
    {"<", HIGH, true},  {"=", LOW | HIGH, false}, {"", LOW | HIGH, false},
};

static const struct comparator *take_sign(struct pst_text *rest)
{
    for (size_t i = 0; i + 1 < PST_COUNT(comparators); i++)
        if (pst_take(rest, comparators[i].sign))
            return &comparators[i];
    return &comparators[PST_COUNT(comparators) - 1];
}

static enum pst_code parse_comparator(struct pst_text text, struct pst_version_span *span,
                                      struct pst_report *why)
{
    struct pst_text rest = text;
    const struct comparator *comparator = take_sign(&rest);
    struct pst_version version;
    enum pst_code rc = pst_version_parse(rest, &version, why);
    if (rc != PST_OK)
        return rc;
    if (((comparator->bounds & LOW) && span->has_low) ||
        ((comparator->bounds & HIGH) && span->has_high))
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("one lower and one upper bound at most"),
                          quoted(text));
    if (comparator->bounds & LOW) {
        span->has_low = true;
        span->low_open = comparator->open;
        span->low = version;
    }
    if (comparator->bounds & HIGH) {
        span->has_high = true;
        span->high_open = comparator->open;
        span->high = version;
    }
    return PST_OK;
}

/* No version lies between the two: 1.0-a and 1.0-a.0; 1.0.0.4 and 1.0.0.5-0. */
static bool are_neighbours(const struct pst_version *low, const struct pst_version *high)
{
    struct pst_version next = {.part = {low->part[0], low->part[1], low->part[2], low->part[3]}};
    int len = snprintf(next.text, sizeof next.text, "%.*s%s", (int)low->pre_len,
                       low->text + low->pre_at, low->pre_len > 0 ? ".0" : "0");
    /* It fits: at least two numbers and a '-' stood before the pre-release in the same room. */
    next.pre_len = (uint8_t)len;
    if (low->pre_len == 0)
        next.part[3]++;
    return pst_version_compare(&next, high) == 0;
}

static bool is_empty(const struct pst_version_span *span)
{
    static const struct pst_version least = {.pre_len = 1, .text = "0"};
    if (!span->has_high)
        return false;
    if (!span->has_low)
        return span->high_open && pst_version_compare(&span->high, &least) <= 0;
    int order = pst_version_compare(&span->low, &span->high);
    if (order == 0)
        return span->low_open || span->high_open;
    return order > 0 ||
           (span->low_open && span->high_open && are_neighbours(&span->low, &span->high));
}

static enum pst_code parse_alternative(struct pst_text text, struct pst_version_span *out,
                                       struct pst_report *why)
{
    struct pst_version_span span = {0};
    struct pst_text rest = text;

    trim(&rest);
    if (rest.len == 0)
        return pst_refuse(why, PST_BAD_SYNTAX, pst_say("a range such as '>=1.2.0 <2.0.0'"),
                          pst_say("nothing"));
    bool any = pst_text_is(rest, "*");
    while (!any && rest.len > 0) {
        enum pst_code rc = parse_comparator(take_piece(&rest, " "), &span, why);
        if (rc != PST_OK)
            return rc;
        trim(&rest);
    }
    if (is_empty(&span))
        return pst_refuse(why, PST_EMPTY_RANGE, pst_say("a range that some version is in"),
                          quoted(text));
    /* Bounds that differ in build metadata only are one version: keep one spelling of it. */
    if (span.has_low && span.has_high && pst_version_compare(&span.low, &span.high) == 0)
        span.high = span.low;
    *out = span;
    return PST_OK;
}

static int compare_spans(const void *left, const void *right)
{
    const struct pst_version_span *a = left;
    const struct pst_version_span *b = right;
    if (!a->has_low || !b->has_low)
        return (int)a->has_low - (int)b->has_low;
    int order = pst_version_compare(&a->low, &b->low);
    return order != 0 ? order : (int)a->low_open - (int)b->low_open;
}

/* `a` begins no later than `b`. */
static bool overlap(const struct pst_version_span *a, const struct pst_version_span *b)
{
    if (!a->has_high || !b->has_low)
        return true;
    int order = pst_version_compare(&a->high, &b->low);
    return order > 0 || (order == 0 && !a->high_open && !b->low_open);
}

static enum pst_code order_spans(struct pst_version_range *range, struct pst_text text,
                                 struct pst_report *why)
{
    qsort(range->span, range->count, sizeof range->span[0], compare_spans);
    for (size_t i = 1; i < range->count; i++)
        if (overlap(&range->span[i - 1], &range->span[i]))
            return pst_refuse(why, PST_INCONSISTENT, pst_say("alternatives that do not overlap"),
                              quoted(text));
    return PST_OK;
}

enum pst_code pst_version_range_parse(struct pst_text text, struct pst_version_range *out,
                                      struct pst_report *why)
{
    struct pst_version_range range = {0};
    struct pst_text rest = text;
    enum pst_code first = PST_OK;
    bool more = true;

    while (more) {
        if (range.count == PST_RANGE_MOST)
            return pst_refuse(why, PST_BAD_SYNTAX,
                              pst_say("at most %d alternatives", PST_RANGE_MOST), pst_say("more"));
        size_t before = rest.len;
        struct pst_text piece = take_piece(&rest, "||");
        more = before - rest.len > piece.len; /* the "||" was taken too */
        enum pst_code rc = parse_alternative(piece, &range.span[range.count++], why);
        if (first == PST_OK)
            first = rc;
    }
    if (first == PST_OK)
        first = order_spans(&range, text, why);
    if (first == PST_OK)
        *out = range;
    return first;
}

/* <0: the version lies below the span; >0: above it. */
static int side_of(const struct pst_version_span *span, const struct pst_version *version)
{
    int low = span->has_low ? pst_version_compare(version, &span->low) : 1;
    int high = span->has_high ? pst_version_compare(version, &span->high) : -1;
    if (low < 0 || (low == 0 && span->low_open))
        return -1;
    return high > 0 || (high == 0 && span->high_open) ? 1 : 0;
}

enum pst_version_place pst_version_range_place(const struct pst_version_range *range,
                                               const struct pst_version *version)
{
    size_t below = 0;
    size_t above = 0;
    for (size_t i = 0; i < range->count; i++) {
        int side = side_of(&range->span[i], version);
        if (side == 0)
            return PST_VERSION_INSIDE;
        below += side < 0 ? 1 : 0;
        above += side > 0 ? 1 : 0;
    }
    if (above == 0 && below > 0)
        return PST_VERSION_BELOW;
    return below == 0 && above > 0 ? PST_VERSION_ABOVE : PST_VERSION_BETWEEN;
}

bool pst_version_range_holds(const struct pst_version_range *range,
                             const struct pst_version *version)
{
    return pst_version_range_place(range, version) == PST_VERSION_INSIDE;
}

struct line {
    char *at;
    size_t len, room;
};

static void add(struct line *line, const char *string)
{
    while (*string != '\0' && line->len + 1 < line->room)
        line->at[line->len++] = *string++;
    if (line->room > 0)
        line->at[line->len] = '\0';
}

static void print_span(const struct pst_version_span *span, struct line *line)
{
    bool exact =
        span->has_low && span->has_high && pst_version_compare(&span->low, &span->high) == 0;
    if (!span->has_low && !span->has_high)
        add(line, "*");
    if (span->has_low) {
        add(line, exact ? "=" : span->low_open ? ">" : ">=");
        add(line, span->low.text);
    }
    if (span->has_high && !exact) {
        add(line, span->has_low ? " " : "");
        add(line, span->high_open ? "<" : "<=");
        add(line, span->high.text);
    }
}

const char *pst_version_range_print(const struct pst_version_range *range, char *out, size_t room)
{
    struct line line = {out, 0, room};
    add(&line, "");
    for (size_t i = 0; i < range->count; i++) {
        add(&line, i > 0 ? " || " : "");
        print_span(&range->span[i], &line);
    }
    return out;
}
