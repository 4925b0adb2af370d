/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool pst_text_is(struct pst_text text, const char *string)
{
    return pst_text_equal(text, pst_text(string));
}

bool pst_text_equal(struct pst_text a, struct pst_text b)
{
    return pst_bytes_equal(pst_bytes_of(a), pst_bytes_of(b));
}

bool pst_bytes_equal(struct pst_bytes a, struct pst_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool pst_text_starts(struct pst_text text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.at, prefix, len) == 0;
}

static struct pst_text after(struct pst_text text, size_t len)
{
    return (struct pst_text){text.at + len, text.len - len};
}

bool pst_take(struct pst_text *rest, const char *literal)
{
    if (rest->len == 0 || !pst_text_starts(*rest, literal))
        return false;
    *rest = after(*rest, strlen(literal));
    return true;
}

bool pst_take_number(struct pst_text *rest, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;

    while (digits < rest->len && rest->at[digits] >= '0' && rest->at[digits] <= '9') {
        uint64_t digit = (uint64_t)(rest->at[digits] - '0');
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
        digits++;
    }
    if (digits == 0 || (digits > 1 && rest->at[0] == '0'))
        return false;
    *rest = after(*rest, digits);
    *out = value;
    return true;
}

bool pst_take_until(struct pst_text *rest, char end, struct pst_text *out)
{
    const char *at = rest->len > 0 ? memchr(rest->at, end, rest->len) : NULL;
    if (at == NULL)
        return false;
    *out = (struct pst_text){rest->at, (size_t)(at - rest->at)};
    *rest = after(*rest, out->len + 1);
    return true;
}

void pst_hex_print(struct pst_bytes bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        out[2 * i] = digits[bytes.at[i] >> 4];
        out[2 * i + 1] = digits[bytes.at[i] & 15];
    }
    out[2 * bytes.len] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool pst_hex_parse(struct pst_text text, uint8_t *out, size_t len)
{
    if (text.len % 2 != 0 || text.len / 2 != len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (hex_digit(text.at[i]) < 0)
            return false;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(hex_digit(text.at[2 * i]) * 16 + hex_digit(text.at[2 * i + 1]));
    return true;
}

bool pst_hex_is_lower(struct pst_text hex)
{
    for (size_t i = 0; i < hex.len; i++)
        if (hex.at[i] >= 'A' && hex.at[i] <= 'F')
            return false;
    return true;
}

void pst_buf_clear(struct pst_buf *buf)
{
    free(buf->at);
    *buf = pst_buf(buf->max);
}

bool pst_buf_reserve(struct pst_buf *buf, size_t more)
{
    if (more > buf->max || buf->len > buf->max - more)
        return false;
    size_t need = buf->len + more;
    if (need <= buf->room)
        return true;

    size_t room = buf->room < 64 ? 64 : buf->room;
    while (room < need)
        room = room > buf->max / 2 ? buf->max : room * 2;
    uint8_t *at = realloc(buf->at, room);
    buf->starved = at == NULL;
    if (buf->starved)
        return false;
    buf->at = at;
    buf->room = room;
    return true;
}

bool pst_buf_add(struct pst_buf *buf, const void *at, size_t len)
{
    if (!pst_buf_reserve(buf, len))
        return false;
    if (len > 0)
        memcpy(buf->at + buf->len, at, len);
    buf->len += len;
    return true;
}

bool pst_buf_add_text(struct pst_buf *buf, const char *string)
{
    return pst_buf_add(buf, string, strlen(string));
}

bool pst_buf_print(struct pst_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    /* One more than is kept: vsnprintf wants room for its NUL. */
    if (len < 0 || !pst_buf_reserve(buf, (size_t)len + 1))
        return false;

    va_start(args, format);
    vsnprintf((char *)buf->at + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
    return true;
}

void pst_heap_cleanup(void *pointer_to_pointer)
{
    void *pointer;
    memcpy(&pointer, pointer_to_pointer, sizeof pointer);
    free(pointer);
}

void pst_fd_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
