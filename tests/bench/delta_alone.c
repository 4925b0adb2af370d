/* SPDX-License-Identifier: Apache-2.0 */
/* What tests/fuzz/delta.c needs where nothing but the delta decoder is linked (delta-32.sh). */
#include <stdio.h>
#include <stdlib.h>

#include "manifests/decoder_formats.h"
#include "tests/support/fuzz_property.h"

const struct pst_decoder_format pst_decoder_zstd = {.frame_bytes = 1};
const struct pst_decoder_format pst_decoder_xz = {.frame_bytes = 1};
void pst_zstd_frame_free(struct pst_zstd_frame *frame)
{
    (void)frame;
}
void pst_xz_free(struct pst_xz *xz)
{
    (void)xz;
}

void pst_fuzz_fail(const char *what)
{
    fprintf(stderr, "fuzz: does not hold: %s\n", what);
    abort();
}
