/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release_row.c - a published manifest as the row that listings show: what a terminal would fetch.
 */
#include <stdio.h>

#include "manifests/json_out.h"
#include "service/api/publisher.h"

/* The smallest source from `base`, or (NULL) of the full ones; 0: none. */
static int64_t smallest(const struct pst_component *component, const char *base)
{
    int64_t least = 0;
    for (size_t i = 0; i < component->source_count; i++) {
        const struct pst_source *source = &component->source[i];
        bool fits = base == NULL ? !source->has_base
                                 : source->has_base && strcmp(source->base_version.text, base) == 0;
        if (fits && (least == 0 || source->length_bytes < least))
            least = source->length_bytes;
    }
    return least;
}

/* From this base: each component by its delta, or else in full. */
static int64_t bytes_from(const struct pst_release *release, const char *base)
{
    int64_t sum = 0;
    for (size_t i = 0; i < release->component_count; i++) {
        int64_t delta = base != NULL ? smallest(&release->component[i], base) : 0;
        sum += delta > 0 ? delta : smallest(&release->component[i], NULL);
    }
    return sum;
}

/* Whether an earlier source has the same base: each is told once. */
static bool is_first(const struct pst_release *release, size_t component, size_t source)
{
    const char *base = release->component[component].source[source].base_version.text;
    for (size_t i = 0; i <= component; i++) {
        const struct pst_component *at = &release->component[i];
        size_t end = i == component ? source : at->source_count;
        for (size_t j = 0; j < end; j++)
            if (at->source[j].has_base && strcmp(at->source[j].base_version.text, base) == 0)
                return false;
    }
    return true;
}

static void print_deltas(const struct pst_release *release, struct pst_json_out *json)
{
    pst_out_open(json, NULL, '[');
    for (size_t i = 0; i < release->component_count; i++) {
        for (size_t j = 0; j < release->component[i].source_count; j++) {
            const struct pst_source *source = &release->component[i].source[j];
            if (!source->has_base || !is_first(release, i, j))
                continue;
            pst_out_open(json, NULL, '{');
            pst_out_string(json, "base", source->base_version.text);
            pst_out_integer(json, "bytes", bytes_from(release, source->base_version.text));
            pst_out_close(json, '}');
        }
    }
    pst_out_close(json, ']');
}

enum pst_code pst_release_row_of(const struct pst_published_release *published,
                                 struct pst_release_row *out, struct pst_report *why)
{
    const struct pst_release *release = published->release;
    struct pst_release_row row = {.version = release->version,
                                  .sequence = release->sequence,
                                  .published_s = release->published_s,
                                  .full_bytes = bytes_from(release, NULL)};
    PST_CLEANUP(pst_buf) struct pst_buf deltas = pst_buf(sizeof row.deltas - 1);
    struct pst_json_out json = pst_json_out(&deltas);

    print_deltas(release, &json);
    if (release->product.len >= sizeof row.product ||
        strlen(published->path) >= sizeof row.manifest)
        return pst_refuse(why, PST_TOO_LARGE, pst_say("a product and path with room in the store"),
                          pst_say("longer ones"));
    /* Too many bases for a listing are left out of it; terminals read the manifest itself. */
    if (pst_json_out_is_whole(&json))
        snprintf(row.deltas, sizeof row.deltas, "%.*s", PST_ARGS(pst_buf_text(&deltas)));
    else
        snprintf(row.deltas, sizeof row.deltas, "[]");
    snprintf(row.product, sizeof row.product, "%.*s", PST_ARGS(release->product));
    snprintf(row.manifest, sizeof row.manifest, "%s", published->path);
    memcpy(row.manifest_sha256, published->manifest_sha256, sizeof row.manifest_sha256);
    *out = row;
    return PST_OK;
}
