/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/guard.h"

#include <strings.h>

#include "manifests/utf8.h"

static void fault(struct pst_report *why, struct pst_value expected, struct pst_value found)
{
    (void)pst_refuse(why, PST_SERVICE_BAD_REQUEST, expected, found);
}

static bool is_token_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct pst_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_byte((unsigned char)text.at[i]))
            return false;
    return text.len > 0;
}

static bool is_named(struct pst_text name, const char *wanted)
{
    return name.len == strlen(wanted) && strncasecmp(name.at, wanted, name.len) == 0;
}

/* ---- the request line */

static bool escapes_are_sound(struct pst_text target)
{
    for (size_t i = 0; i < target.len; i++) {
        uint8_t byte;
        if (target.at[i] != '%')
            continue;
        if (target.len - i < 3 || !pst_hex_parse((struct pst_text){target.at + i + 1, 2}, &byte, 1))
            return false;
        if (byte < 0x20 || byte == 0x7f)
            return false;
    }
    return true;
}

static void check_line(const struct pst_guard_head *head, struct pst_report *why)
{
    if (!is_token(pst_text(head->method)))
        fault(why, pst_say("a method that is one word"), pst_say("'%s'", head->method));
    if (strcmp(head->version, "HTTP/1.1") != 0 && strcmp(head->version, "HTTP/1.0") != 0)
        fault(why, pst_say("HTTP/1.1 or HTTP/1.0"), pst_say("'%s'", head->version));
    if (!pst_text_starts(head->target, "/") || memchr(head->target.at, ' ', head->target.len) ||
        memchr(head->target.at, '#', head->target.len) || !pst_utf8_is_plain(head->target))
        fault(why, pst_say("a target that begins with '/', without blanks and control characters"),
              pst_say("'%.*s'", (int)(head->target.len < 100 ? head->target.len : 100),
                      head->target.at));
    if (!escapes_are_sound(head->target))
        fault(why, pst_say("%%XX only for characters that can be printed"),
              pst_say("another in the target"));
}

/* ---- headers, each by itself */

static bool is_value(struct pst_text value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_length(struct pst_text value)
{
    uint64_t length;
    return value.len > 0 && pst_take_number(&value, INT64_MAX, &length) && value.len == 0;
}

static bool is_chunked(struct pst_text value)
{
    return is_named(value, "chunked");
}

static bool is_host(struct pst_text value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              (c != 0 && strchr(".-_:[]%", c) != NULL)))
            return false;
    }
    return value.len > 0 && value.len <= 255;
}

/* Those that decide something: once at most, and their values as here. */
static const struct single {
    const char *name;
    bool (*is_good)(struct pst_text value);
    const char *expected;
} singles[] = {
    {"Content-Length", is_length, "one decimal Content-Length"},
    {"Transfer-Encoding", is_chunked, "Transfer-Encoding: chunked, or none"},
    {"Host", is_host, "one Host"},
    {"Authorization", is_value, "one Authorization"},
    {"Content-Type", is_value, "one Content-Type"},
    {"Expect", is_value, "one Expect"},
    {"Range", is_value, "one Range"},
    {"If-Range", is_value, "one If-Range"},
    {"Idempotency-Key", is_value, "one Idempotency-Key"},
};
enum { CONTENT_LENGTH, TRANSFER_ENCODING, HOST };

static void check_single(const struct single *single, const struct pst_guard_head *head,
                         size_t *count, struct pst_report *why)
{
    for (size_t i = 0; i < head->header_count; i++) {
        struct pst_text value = head->header[i].value;
        if (!is_named(head->header[i].name, single->name))
            continue;
        ++*count;
        if (!single->is_good(value))
            fault(why, pst_say("%s", single->expected),
                  pst_say("'%.*s'", (int)(value.len < 64 ? value.len : 64), value.at));
    }
    if (*count > 1)
        fault(why, pst_say("%s", single->expected), pst_say("%zu of them", *count));
}

/* ---- headers together */

static void check_together(const struct pst_guard_head *head, const size_t *count,
                           struct pst_report *why)
{
    bool is_1_1 = strcmp(head->version, "HTTP/1.1") == 0;

    if (count[CONTENT_LENGTH] > 0 && count[TRANSFER_ENCODING] > 0)
        fault(why, pst_say("Content-Length or Transfer-Encoding"), pst_say("both"));
    if (count[TRANSFER_ENCODING] > 0 && !is_1_1)
        fault(why, pst_say("Transfer-Encoding in HTTP/1.1 only"), pst_say("%s", head->version));
    if (count[HOST] == 0 && is_1_1)
        fault(why, pst_say("one Host"), pst_say("none"));
}

static bool is_blank_between(const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != ' ' && *from != '\t')
            return false;
    return true;
}

/* name ':' blanks value: the colon was overwritten by the library. */
static bool is_one_line(struct pst_text name, struct pst_text value)
{
    uintptr_t colon = (uintptr_t)name.at + name.len;
    return (uintptr_t)value.at > colon && (uintptr_t)value.at - colon < 65536 &&
           is_blank_between(name.at + name.len + 1, value.at);
}

/* CR LF CR LF, which the library has turned into NULs. A line that begins with ':' ends its head
 * too. */
static bool ends_with_empty_line(struct pst_text last)
{
    static const char ended[4] = {0};
    return memcmp(last.at + last.len, ended, sizeof ended) == 0;
}

bool pst_guard_layout_holds(const struct pst_guard_head *head)
{
    size_t kept =
        head->header_count < PST_GUARD_HEADERS_MOST ? head->header_count : PST_GUARD_HEADERS_MOST;
    struct pst_text last = pst_text(head->version);
    uintptr_t next = (uintptr_t)last.at + last.len + 2;

    if ((uintptr_t)head->url != (uintptr_t)head->method + strlen(head->method) + 1 ||
        (uintptr_t)head->version != (uintptr_t)head->url + head->target.len + 1)
        return false;
    for (size_t i = 0; i < kept; i++) {
        struct pst_text name = head->header[i].name, value = head->header[i].value;
        if ((uintptr_t)name.at != next || !is_one_line(name, value))
            return false;
        next = (uintptr_t)value.at + value.len + 2;
        last = value;
    }
    return head->header_count > PST_GUARD_HEADERS_MOST || ends_with_empty_line(last);
}

enum pst_code pst_guard_check(const struct pst_guard_head *head, struct pst_report *why)
{
    struct pst_report faults = {0};
    size_t count[PST_COUNT(singles)] = {0};

    check_line(head, &faults);
    if (head->header_count > PST_GUARD_HEADERS_MOST) {
        fault(&faults, pst_say("at most %d headers", PST_GUARD_HEADERS_MOST),
              pst_say("%zu", head->header_count));
    } else {
        for (size_t i = 0; i < head->header_count; i++)
            if (!is_token(head->header[i].name) || !is_value(head->header[i].value))
                fault(&faults,
                      pst_say("header names that are one word, values without control "
                              "characters"),
                      pst_say("another in line %zu", i + 1));
        for (size_t i = 0; i < PST_COUNT(singles); i++)
            check_single(&singles[i], head, &count[i], &faults);
        check_together(head, count, &faults);
    }
    if (!pst_guard_layout_holds(head))
        fault(&faults, pst_say("each header on one line that ends in CR LF"),
              pst_say("a folded line, a bare line feed, a NUL or a blank too many"));
    pst_report_append(why, &faults, /* noted= */ false);
    return faults.count > 0 ? PST_SERVICE_BAD_REQUEST : PST_OK;
}
