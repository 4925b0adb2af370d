/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content.h - whether an image's content is compressed, so that deltas find nothing to compare.
 * Tools only.
 *
 * A delta sees that two images have bytes in common. Where content is compressed, one changed byte
 * of it changes all that follows, and a delta is as large as the image. What counts is measured:
 * blocks of 64 KiB that a quick compressor cannot make smaller. Who is to blame is found by the
 * headers of file systems, archives and compressed streams, at any place, one in another.
 *
 * Units    bytes, and offsets in the image.
 * Memory   values only; 1 MiB while it works. `what` is static.
 * Threads  pure function.
 * Errors   PST_NO_MEMORY. No image is at fault.
 */
#ifndef PST_MANIFESTS_CONTENT_H
#define PST_MANIFESTS_CONTENT_H

#include "manifests/finding.h"

enum { PST_CONTENT_BLOCK = 64 << 10, PST_CONTENT_PARTS_MOST = 24 };

/* All of one kind together. */
struct pst_content_part {
    const char *what; /* "squashfs with xz" */
    int64_t at;       /* of the first */
    int64_t count;
    int64_t packed_bytes; /* of the blocks in them that cannot be made smaller */
};

struct pst_content {
    int64_t image_bytes, packed_bytes;
    size_t count; /* kinds beyond the room there is are left out, their blocks are not */
    struct pst_content_part part[PST_CONTENT_PARTS_MOST];
};

enum pst_code pst_content_look(struct pst_bytes image, struct pst_content *out,
                               struct pst_report *why) PST_MUST_CHECK;
/* So much of it is compressed that deltas suffer: a tenth. */
bool pst_content_is_packed(const struct pst_content *content);
/* "squashfs with xz", the kind with most of the blocks; never NULL. */
const char *pst_content_blame(const struct pst_content *content);

#endif
