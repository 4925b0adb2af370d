/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes.h - views of text and bytes, buffers with a ceiling, and scope cleanup.
 *
 * A *view* (`struct pst_text`, `struct pst_bytes`) borrows memory and is passed by value; it is
 * never freed and need not end in a NUL. A *buffer* (`struct pst_buf`) owns memory that grows up to
 * `max`, which is given at birth: nothing that the network or a file feeds can make it grow
 * further.
 *
 * Memory   pst_buf_clear() frees; a buffer of {0} is empty and may be cleared. Threads  values
 * only; no globals. Errors   growing answers PST_NO_MEMORY or PST_TOO_LARGE and leaves the content
 * as it was.
 */
#ifndef PST_MANIFESTS_BYTES_H
#define PST_MANIFESTS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PST_MUST_CHECK                  __attribute__((warn_unused_result))
#define PST_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

/* PST_CLEANUP(pst_role) runs pst_role_cleanup(&variable) at the end of the variable's scope. */
#define PST_CLEANUP(name) __attribute__((cleanup(name##_cleanup)))

#define PST_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct pst_text {
    const char *at; /* may be NULL when len is 0 */
    size_t len;
};

struct pst_bytes {
    const uint8_t *at; /* may be NULL when len is 0 */
    size_t len;
};

static inline struct pst_text pst_text(const char *string)
{
    return (struct pst_text){string, string != NULL ? strlen(string) : 0};
}

/* For printf's "%.*s". Views longer than INT_MAX do not occur: every reader has a lower ceiling. */
#define PST_ARGS(text) (int)(text).len, pst_text_start(text)
static inline const char *pst_text_start(struct pst_text text)
{
    return text.at != NULL ? text.at : "";
}

static inline struct pst_bytes pst_bytes(const void *at, size_t len)
{
    return (struct pst_bytes){at, len};
}

static inline struct pst_bytes pst_bytes_of(struct pst_text text)
{
    return (struct pst_bytes){(const uint8_t *)text.at, text.len};
}

static inline struct pst_text pst_text_of(struct pst_bytes bytes)
{
    return (struct pst_text){(const char *)bytes.at, bytes.len};
}

bool pst_text_is(struct pst_text text, const char *string);
bool pst_text_equal(struct pst_text a, struct pst_text b);
bool pst_bytes_equal(struct pst_bytes a, struct pst_bytes b);
bool pst_text_starts(struct pst_text text, const char *prefix);

/* Takers: each answers true and moves `rest` past what it took, or answers false and leaves it. */
bool pst_take(struct pst_text *rest, const char *literal);
/* A decimal number without a leading zero. */
bool pst_take_number(struct pst_text *rest, uint64_t max, uint64_t *out);
/* All up to `end`, which is taken too but is no part of `out`. */
bool pst_take_until(struct pst_text *rest, char end, struct pst_text *out);

/* Lower-case hex. `out` holds 2 * bytes.len + 1 characters. */
void pst_hex_print(struct pst_bytes bytes, char *out);
/* No digit is a capital: what is signed has one spelling. */
bool pst_hex_is_lower(struct pst_text hex);
/* Reads exactly `len` bytes of hex, either case; false (and `out` untouched) on anything else. */
bool pst_hex_parse(struct pst_text text, uint8_t *out, size_t len);

struct pst_buf {
    uint8_t *at;
    size_t len;
    size_t room;  /* bytes allocated */
    size_t max;   /* never grows beyond this */
    bool starved; /* it could not grow for want of memory, not of room */
};

static inline struct pst_buf pst_buf(size_t max)
{
    return (struct pst_buf){.max = max};
}

void pst_buf_clear(struct pst_buf *buf);
static inline void pst_buf_cleanup(struct pst_buf *buf)
{
    pst_buf_clear(buf);
}

/* Each answers false, with the content as it was, when `max` would be passed or memory is out. */
bool pst_buf_add(struct pst_buf *buf, const void *at, size_t len) PST_MUST_CHECK;
bool pst_buf_add_text(struct pst_buf *buf, const char *string) PST_MUST_CHECK;
bool pst_buf_print(struct pst_buf *buf, const char *format, ...) PST_PRINTF(2, 3) PST_MUST_CHECK;
bool pst_buf_reserve(struct pst_buf *buf, size_t more) PST_MUST_CHECK;

static inline struct pst_bytes pst_buf_bytes(const struct pst_buf *buf)
{
    return (struct pst_bytes){buf->at, buf->len};
}

static inline struct pst_text pst_buf_text(const struct pst_buf *buf)
{
    return (struct pst_text){(const char *)buf->at, buf->len};
}

/* free() and close() for PST_CLEANUP. */
void pst_heap_cleanup(void *pointer_to_pointer);
void pst_fd_cleanup(int *fd);

#endif
