/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fault_http.h"

size_t pst_fault_head_length(struct pst_text text)
{
    for (size_t i = 0; i + 4 <= text.len; i++)
        if (memcmp(text.at + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    return 0;
}

bool pst_fault_is_interim(struct pst_text head)
{
    return head.len > 9 && pst_text_starts(head, "HTTP/1.") && head.at[9] == '1';
}

bool pst_fault_contains(struct pst_text text, const char *part)
{
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= text.len; i++)
        if (memcmp(text.at + i, part, len) == 0)
            return true;
    return false;
}

bool pst_fault_take_line(struct pst_text *rest, struct pst_text *line)
{
    if (!pst_take_until(rest, '\n', line))
        return false;
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

/* Header names are compared without regard to case; `name` is given in small letters. */
static bool is_header(struct pst_text line, const char *name)
{
    size_t len = strlen(name);
    if (line.len <= len || line.at[len] != ':')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = line.at[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != name[i])
            return false;
    }
    return true;
}

bool pst_fault_range(struct pst_text head, int64_t size, int64_t *first, int64_t *last)
{
    struct pst_text line;
    uint64_t from = 0;
    uint64_t to = (uint64_t)size - 1;

    while (pst_fault_take_line(&head, &line)) {
        if (!is_header(line, "range"))
            continue;
        struct pst_text value = {line.at + strlen("range:"), line.len - strlen("range:")};
        while (pst_take(&value, " "))
            ;
        if (size == 0 || !pst_take(&value, "bytes=") ||
            !pst_take_number(&value, (uint64_t)size - 1, &from) || !pst_take(&value, "-"))
            return false;
        if (value.len > 0 && (!pst_take_number(&value, INT64_MAX, &to) || value.len > 0))
            return false;
        *first = (int64_t)from;
        *last = to < (uint64_t)size ? (int64_t)to : size - 1;
        return *first <= *last;
    }
    return false;
}

size_t pst_fault_rewrite(struct pst_text head, char *out, size_t room)
{
    /* "expect" too: the server's interim answer would only come in between. */
    static const char *const dropped[] = {"connection", "keep-alive", "proxy-connection", "expect"};
    static const char mark[] = "Connection: close\r\n\r\n";
    struct pst_text line;
    size_t to = 0;

    while (pst_fault_take_line(&head, &line) && line.len > 0) {
        bool drop = false;
        for (size_t i = 0; i < PST_COUNT(dropped); i++)
            drop = drop || is_header(line, dropped[i]);
        if (drop)
            continue;
        if (line.len + 2 > room - to)
            return 0;
        memcpy(out + to, line.at, line.len);
        memcpy(out + to + line.len, "\r\n", 2);
        to += line.len + 2;
    }
    if (sizeof mark - 1 > room - to)
        return 0;
    memcpy(out + to, mark, sizeof mark - 1);
    return to + sizeof mark - 1;
}
