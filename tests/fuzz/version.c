/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions and ranges: the first line is a range, each further one a version.
 *
 * The order is a total one and that of a second, plain reading of the rules; a range holds what its
 * text says, comparator by comparator, and prints as a range that holds the same.
 */
#include "manifests/version.h"

#include <stdlib.h>

#include "tests/support/fuzz_property.h"

enum { LINES_MOST = 4, PROBES_MOST = LINES_MOST + 2 * PST_RANGE_MOST, RANGE_TEXT_ROOM = 2048 };

struct probes {
    size_t count;
    struct pst_version at[PROBES_MOST];
};

static int sign(int64_t order)
{
    return (order > 0) - (order < 0);
}

/* The second reading, by the text alone. Ends at the NUL, at `end`, or at the build metadata. */
static struct pst_text piece_until(const char **rest, const char *ends)
{
    struct pst_text piece = {*rest, strcspn(*rest, ends)};
    *rest += piece.len;
    return piece;
}

static int plain_identifiers(struct pst_text a, struct pst_text b)
{
    bool number_a = strspn(a.at, "0123456789") >= a.len;
    bool number_b = strspn(b.at, "0123456789") >= b.len;
    size_t common = a.len < b.len ? a.len : b.len;
    int64_t longer = (int64_t)a.len - (int64_t)b.len;
    int order = sign(memcmp(a.at, b.at, common));

    if (number_a != number_b)
        return number_a ? -1 : 1;
    if (number_a && longer != 0)
        return sign(longer);
    return order != 0 ? order : sign(longer);
}

static int plain_pre_releases(const char *a, const char *b)
{
    if (*a != '-' || *b != '-')
        return (*a != '-') - (*b != '-');
    for (;;) {
        a++;
        b++;
        struct pst_text left = piece_until(&a, ".+"), right = piece_until(&b, ".+");
        int order = plain_identifiers(left, right);
        if (order != 0 || *a != '.' || *b != '.')
            return order != 0 ? order : (*a == '.') - (*b == '.');
    }
}

static int plain_order(const char *a, const char *b)
{
    for (int part = 0; part < 4; part++) {
        uint64_t left = *a >= '0' && *a <= '9' ? strtoull(a, NULL, 10) : 0;
        uint64_t right = *b >= '0' && *b <= '9' ? strtoull(b, NULL, 10) : 0;
        if (left != right)
            return left < right ? -1 : 1;
        a += strspn(a, "0123456789");
        b += strspn(b, "0123456789");
        a += *a == '.';
        b += *b == '.';
    }
    return plain_pre_releases(a, b);
}

static bool plain_comparator(struct pst_text text, const struct pst_version *version)
{
    static const struct {
        const char *sign;
        bool below, same, above;
    } signs[] = {{">=", false, true, true}, {"<=", true, true, false}, {">", false, false, true},
                 {"<", true, false, false}, {"=", false, true, false}, {"", false, true, false}};
    size_t i = 0;
    struct pst_version bound = {0};

    if (pst_text_is(text, "*"))
        return true;
    while (!pst_take(&text, signs[i].sign))
        i++;
    pst_fuzz_hold(pst_version_parse(text, &bound, NULL) == PST_OK, "a bound is a version");
    int order = plain_order(version->text, bound.text);
    return order < 0 ? signs[i].below : order > 0 ? signs[i].above : signs[i].same;
}

static bool plain_holds(struct pst_text range, const struct pst_version *version)
{
    bool holds = false, all = true;

    while (range.len > 0) {
        size_t len = 0;
        while (len < range.len && range.at[len] != ' ' && range.at[len] != '|')
            len++;
        if (len > 0)
            all = plain_comparator((struct pst_text){range.at, len}, version) && all;
        range = (struct pst_text){range.at + len, range.len - len};
        if (pst_take(&range, "||")) {
            holds = holds || all;
            all = true;
        } else {
            (void)pst_take(&range, " ");
        }
    }
    return holds || all;
}

static void hold_version(const struct pst_version *version, struct pst_text text)
{
    struct pst_version_range exactly = {0};
    char range[PST_VERSION_ROOM + 1] = "=";

    pst_fuzz_hold(pst_text_is(text, version->text), "a version keeps its text");
    memcpy(range + 1, version->text, text.len);
    pst_fuzz_hold(pst_version_range_parse((struct pst_text){range, text.len + 1}, &exactly, NULL) ==
                          PST_OK &&
                      pst_version_range_holds(&exactly, version),
                  "a version is in the range of itself");
}

static void hold_pair(const struct pst_version *a, const struct pst_version *b)
{
    int order = sign(pst_version_compare(a, b));
    pst_fuzz_hold(order == -sign(pst_version_compare(b, a)), "the order is the same both ways");
    pst_fuzz_hold(order == plain_order(a->text, b->text), "the order is that of the rules");
}

static void hold_order(const struct probes *probes)
{
    for (size_t i = 0; i < probes->count; i++)
        for (size_t j = 0; j <= i; j++)
            hold_pair(&probes->at[i], &probes->at[j]);
    for (size_t i = 0; i + 2 < probes->count; i++) {
        const struct pst_version *at = &probes->at[i];
        if (pst_version_compare(&at[0], &at[1]) <= 0 && pst_version_compare(&at[1], &at[2]) <= 0)
            pst_fuzz_hold(pst_version_compare(&at[0], &at[2]) <= 0, "the order is transitive");
    }
}

static void hold_place(const struct pst_version_range *range, const struct pst_version *version)
{
    enum pst_version_place place = pst_version_range_place(range, version);
    const struct pst_version_span *first = &range->span[0], *last = &range->span[range->count - 1];

    if (place == PST_VERSION_BELOW)
        pst_fuzz_hold(first->has_low && pst_version_compare(version, &first->low) <= 0,
                      "below is below the lowest bound");
    if (place == PST_VERSION_ABOVE)
        pst_fuzz_hold(last->has_high && pst_version_compare(version, &last->high) >= 0,
                      "above is above the highest bound");
    if (place == PST_VERSION_BETWEEN)
        pst_fuzz_hold(range->count > 1, "between needs two alternatives");
}

static void hold_range(const struct pst_version_range *range, struct pst_text text,
                       const struct probes *probes)
{
    struct pst_version_range again = {0};
    char first[RANGE_TEXT_ROOM], second[RANGE_TEXT_ROOM];

    pst_version_range_print(range, first, sizeof first);
    pst_fuzz_hold(pst_version_range_parse(pst_text(first), &again, NULL) == PST_OK,
                  "a printed range reads again");
    pst_version_range_print(&again, second, sizeof second);
    pst_fuzz_hold(strcmp(first, second) == 0, "the printed form is a fixed point");
    for (size_t i = 0; i < probes->count; i++) {
        const struct pst_version *version = &probes->at[i];
        bool holds = pst_version_range_holds(range, version);
        pst_fuzz_hold(holds == plain_holds(text, version), "a range holds what its text says");
        pst_fuzz_hold(holds == pst_version_range_holds(&again, version),
                      "a printed range holds the same");
        hold_place(range, version);
    }
}

static void add_bounds(struct probes *probes, const struct pst_version_range *range)
{
    for (size_t i = 0; i < range->count; i++) {
        if (range->span[i].has_low)
            probes->at[probes->count++] = range->span[i].low;
        if (range->span[i].has_high)
            probes->at[probes->count++] = range->span[i].high;
    }
}

static struct pst_text take_line(struct pst_text *rest)
{
    struct pst_text line = *rest;
    if (!pst_take_until(rest, '\n', &line))
        *rest = (struct pst_text){0};
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct pst_text rest = pst_text_of(pst_bytes(at, len));
    struct pst_text range_text = take_line(&rest);
    struct pst_version_range range = {0};
    struct probes probes = {0};
    struct pst_report why = {0}, of_line = {0};

    enum pst_code code = pst_version_range_parse(range_text, &range, &why);
    pst_fuzz_verdict(code, range.count > 0, &why);
    for (size_t line = 0; line < LINES_MOST && rest.len > 0; line++) {
        struct pst_text text = take_line(&rest);
        struct pst_version *version = &probes.at[probes.count];
        of_line.count = 0;
        code = pst_version_parse(text, version, &of_line);
        pst_fuzz_verdict(code, pst_version_is_set(version), &of_line);
        if (code != PST_OK)
            continue;
        hold_version(version, text);
        probes.count++;
    }
    add_bounds(&probes, &range);
    hold_order(&probes);
    if (range.count > 0)
        hold_range(&range, range_text, &probes);
    return 0;
}
