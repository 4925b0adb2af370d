/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content_marks.h - what the files that look at content share; nobody else includes it.
 *
 *     content.c           the walk over an image, and the measure
 *     content_systems.c   marks of file systems and archives
 *     content_streams.c   marks of compressed streams
 *     content_deflate.c   whether bytes begin as deflate does
 *
 * A mark is a few bytes that any content may have by chance, so each has a check of what follows.
 */
#ifndef PST_MANIFESTS_CONTENT_MARKS_H
#define PST_MANIFESTS_CONTENT_MARKS_H

#include "manifests/bytes.h"

struct pst_content_hit {
    const char *what;
    int64_t bytes; /* from its beginning; 0: as far as the content stays dense */
    bool packed;   /* its content is compressed */
    bool mixed;    /* other kinds may lie in it, in the clear */
};

/* `from` is the image from where the kind begins, which is `at` bytes before the mark. */
struct pst_content_mark {
    uint8_t bytes[8];
    uint8_t len;
    uint16_t at;
    bool (*check)(struct pst_bytes from, struct pst_content_hit *hit);
};
extern const struct pst_content_mark pst_content_systems[], pst_content_streams[];
extern const size_t pst_content_systems_count, pst_content_streams_count;

/* The strict form takes no block but one with codes of its own, of which few bytes make sense. */
bool pst_content_is_deflate(struct pst_bytes from, bool strict);

/* Numbers of `len` bytes at an offset; 0 behind the end. */
static inline uint64_t pst_content_le(struct pst_bytes from, size_t at, size_t len)
{
    uint64_t value = 0;
    for (size_t i = len; i-- > 0 && at + len <= from.len;)
        value = value << 8 | from.at[at + i];
    return value;
}

static inline struct pst_bytes pst_content_after(struct pst_bytes from, size_t len)
{
    return len < from.len ? pst_bytes(from.at + len, from.len - len) : (struct pst_bytes){NULL, 0};
}

#endif
