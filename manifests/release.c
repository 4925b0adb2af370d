/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/release.h"

#include <stdio.h>
#include <stdlib.h>

const char *pst_source_format_name(enum pst_source_format format)
{
    static const char *const names[] = {
        [PST_SOURCE_RAW] = "raw",
        [PST_SOURCE_ZSTD] = "zstd",
        [PST_SOURCE_XZ] = "xz",
        [PST_SOURCE_DELTA] = "postern.delta/1",
    };
    return (size_t)format < PST_COUNT(names) ? names[format] : "unknown";
}

bool pst_source_format_is_delta(enum pst_source_format format)
{
    return format == PST_SOURCE_DELTA;
}

int64_t pst_source_list_bytes(const struct pst_source *source)
{
    if (source->blocks.size_bytes <= 0 || source->length_bytes <= 0)
        return 0;
    int64_t blocks = (source->length_bytes - 1) / source->blocks.size_bytes + 1;
    return blocks > INT64_MAX / 32 ? INT64_MAX : blocks * 32;
}

void pst_release_free(struct pst_release *release)
{
    if (release == NULL)
        return;
    for (size_t i = 0; i < release->component_count; i++)
        free(release->component[i].source);
    pst_json_free(release->json);
    free(release);
}

const char *pst_release_path(struct pst_text product, const struct pst_version *version, char *out,
                             size_t room)
{
    int made = snprintf(out, room, "%.*s/%s/manifest.json", PST_ARGS(product), version->text);
    for (int i = 0; i < made && (size_t)i + 1 < room; i++)
        if (out[i] == '+')
            out[i] = '_';
    return out;
}
