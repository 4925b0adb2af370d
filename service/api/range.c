/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/range.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct pst_text *rest)
{
    while (rest->len > 0 && is_blank(rest->at[0]))
        *rest = (struct pst_text){rest->at + 1, rest->len - 1};
}

/* Any number of digits; what is beyond 64 bits counts as the largest number. */
static bool take_digits(struct pst_text *rest, uint64_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;

    while (digits < rest->len && rest->at[digits] >= '0' && rest->at[digits] <= '9') {
        uint64_t digit = (uint64_t)(rest->at[digits] - '0');
        value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
        digits++;
    }
    if (digits == 0)
        return false;
    *rest = (struct pst_text){rest->at + digits, rest->len - digits};
    *out = value;
    return true;
}

static bool take_unit(struct pst_text *rest)
{
    static const char unit[] = "bytes=";
    for (size_t i = 0; i < sizeof unit - 1; i++) {
        if (rest->len <= i)
            return false;
        char c = rest->at[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != unit[i])
            return false;
    }
    *rest = (struct pst_text){rest->at + sizeof unit - 1, rest->len - (sizeof unit - 1)};
    return true;
}

static enum pst_range_verdict last_bytes(uint64_t wanted, uint64_t size, uint64_t *from,
                                         uint64_t *len)
{
    if (wanted == 0 || size == 0)
        return PST_RANGE_UNSATISFIABLE;
    *len = wanted < size ? wanted : size;
    *from = size - *len;
    return PST_RANGE_PART;
}

enum pst_range_verdict pst_range_of(struct pst_text range, uint64_t size, uint64_t *from,
                                    uint64_t *len)
{
    uint64_t first = 0, last = UINT64_MAX;

    if (!take_unit(&range))
        return PST_RANGE_WHOLE;
    skip_blanks(&range);
    bool has_first = take_digits(&range, &first);
    if (!pst_take(&range, "-"))
        return PST_RANGE_WHOLE;
    bool has_last = take_digits(&range, &last);
    skip_blanks(&range);
    if (range.len > 0 || (!has_first && !has_last) || (has_first && last < first))
        return PST_RANGE_WHOLE;
    if (!has_first)
        return last_bytes(last, size, from, len);
    if (first >= size)
        return PST_RANGE_UNSATISFIABLE;
    *from = first;
    *len = (last < size ? last : size - 1) - first + 1;
    return PST_RANGE_PART;
}

/* `"..."` with its quotes. */
static bool take_tag(struct pst_text *rest, struct pst_text *tag)
{
    struct pst_text after = *rest, inside;
    if (!pst_take(&after, "\"") || !pst_take_until(&after, '"', &inside))
        return false;
    *tag = (struct pst_text){rest->at, inside.len + 2};
    *rest = after;
    return true;
}

bool pst_etag_list_holds(struct pst_text list, struct pst_text etag, bool weak)
{
    struct pst_text tag;

    skip_blanks(&list);
    if (pst_take(&list, "*")) {
        skip_blanks(&list);
        return list.len == 0;
    }
    while (list.len > 0) {
        bool is_weak = pst_take(&list, "W/");
        if (!take_tag(&list, &tag))
            return false;
        if (pst_text_equal(tag, etag) && (weak || !is_weak))
            return true;
        skip_blanks(&list);
        if (!pst_take(&list, ","))
            return false;
        skip_blanks(&list);
    }
    return false;
}

bool pst_if_range_holds(struct pst_text if_range, struct pst_text etag)
{
    return if_range.len == 0 || pst_text_equal(if_range, etag);
}
