/* SPDX-License-Identifier: Apache-2.0 */
/*
 * code.h - where in an image there is machine code, of which kind, and what its addresses mean.
 * Tools only.
 *
 * ELF files are found wherever they lie (in a file system they are whole, at any byte), and say it
 * themselves. What is in none (a raw kernel, firmware of a microcontroller) is judged by what its
 * words look like.
 *
 * Memory   pst_code_areas_clear().
 * Errors   false: no memory.
 */
#ifndef PST_MANIFESTS_DELTA_CODE_H
#define PST_MANIFESTS_DELTA_CODE_H

#include "manifests/delta/isa.h"

struct pst_code_area {
    uint32_t at, len;
    enum pst_isa_name isa;
    uint32_t address; /* of place 0 of the image, as this code reckons */
    bool raw;         /* in no file: its address is not known */
};

/* In the image's order, without overlaps. */
struct pst_code_areas {
    struct pst_code_area *of;
    size_t count, room;
};
void pst_code_areas_clear(struct pst_code_areas *list);
bool pst_code_find(struct pst_bytes image, struct pst_code_areas *out) PST_MUST_CHECK;
/* The image with all that changes when code moves made zero. `out` has image.len bytes. */
void pst_code_project(const struct pst_code_areas *list, struct pst_bytes image, uint8_t *out);

#endif
