/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "manifests/file.h"
#include "service/cli/offline_build.h"

/* Where every delta is smaller, compressed content did no harm: it is the same in both images. */
enum { HARM_PERCENT = 10 };

struct making {
    struct pst_build *build;
    struct pst_build_component *component;
    struct pst_bytes image;
    struct pst_report *why;
};

static enum pst_code read_whole(const char *path, struct pst_buf *out,
                                uint8_t sha256[PST_SHA256_BYTES], struct pst_report *why)
{
    enum pst_code rc = pst_file_read(path, out, why);
    if (rc == PST_OK && out->len == 0) /* it was not when it was looked at */
        rc = pst_refuse(why, PST_USAGE, pst_say("a file that is not empty"), pst_say("'%s'", path));
    return rc == PST_OK ? pst_sha256(pst_buf_bytes(out), sha256, why) : rc;
}

/* Decoded with exactly what the manifest will declare, as every terminal will. */
static enum pst_code prove(const struct making *making, const struct pst_build_source *source,
                           struct pst_bytes bytes, struct pst_bytes base)
{
    const struct pst_decoder_plan plan = {.format = source->made.format,
                                          .source_bytes = source->bytes,
                                          .image_bytes = making->component->image_bytes,
                                          .base_bytes = source->base_bytes,
                                          .memory_bytes = source->made.memory_bytes,
                                          .base_sha256 =
                                              source->has_base ? source->base_sha256 : NULL,
                                          .image_sha256 = making->component->sha256};
    char expected[2 * PST_SHA256_BYTES + 1], found[2 * PST_SHA256_BYTES + 1] = "no image at all";
    uint8_t sha256[PST_SHA256_BYTES];

    PST_WITHIN(making->why, "%s", source->path);
    enum pst_code rc = pst_offline_decode(&plan, bytes, base, sha256, making->why);
    if (rc == PST_OK && memcmp(sha256, making->component->sha256, sizeof sha256) == 0)
        return PST_OK;
    if (rc == PST_OK)
        pst_hex_print(pst_bytes(sha256, sizeof sha256), found);
    pst_hex_print(pst_bytes(making->component->sha256, sizeof sha256), expected);
    return pst_refuse(making->why, PST_RELEASE_UNPROVEN, pst_say("image %s", expected),
                      pst_say("%s", found));
}

static enum pst_code put(const struct making *making, struct pst_build_source *source,
                         struct pst_bytes bytes)
{
    PST_CLEANUP(pst_buf) struct pst_buf list = pst_buf(PST_OFFLINE_FILE_MOST);
    char path[PST_BUILD_PATH_ROOM + 8];

    enum pst_code rc = pst_sha256(bytes, source->sha256, making->why);
    if (rc == PST_OK)
        rc = pst_offline_block_list(bytes, &list, making->why);
    if (rc == PST_OK)
        rc = pst_sha256(pst_buf_bytes(&list), source->list_sha256, making->why);
    if (rc == PST_OK)
        rc = pst_build_put(making->build, source->path, bytes, making->why);
    (void)snprintf(path, sizeof path, "%s.blocks", source->path);
    return rc == PST_OK ? pst_build_put(making->build, path, pst_buf_bytes(&list), making->why)
                        : rc;
}

/* Proves it, writes it, and counts it in. */
static enum pst_code keep(const struct making *making, struct pst_build_source *source,
                          const struct pst_buf *bytes, struct pst_bytes base)
{
    source->bytes = (int64_t)bytes->len;
    pst_build_path(making->build, making->component, source);
    enum pst_code rc = prove(making, source, pst_buf_bytes(bytes), base);
    if (rc == PST_OK)
        rc = put(making, source, pst_buf_bytes(bytes));
    if (rc == PST_OK)
        making->component->source_count++;
    return rc;
}

static enum pst_code make_full(const struct making *making)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_OFFLINE_FILE_MOST);
    struct pst_build_source *source = &making->component->source[0];
    struct pst_progress_line line = pst_progress_line("%s: packing", making->component->name);
    struct pst_progress_port progress = pst_progress_line_port(&line);
    struct pst_value result = {{0}};

    *source = (struct pst_build_source){.has_base = false};
    enum pst_code rc =
        pst_encode_full(making->image, &progress, &bytes, &source->made, making->why);
    if (rc == PST_OK)
        rc = keep(making, source, &bytes, (struct pst_bytes){NULL, 0});
    if (rc == PST_OK)
        result = pst_say("%zu bytes, decoded again: the image", bytes.len);
    pst_progress_line_end(&line, rc == PST_OK ? result.at : NULL);
    return rc;
}

static enum pst_code make_delta_of(const struct making *making, struct pst_build_base *wanted,
                                   struct pst_build_source *source, struct pst_bytes base,
                                   struct pst_value *result)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(PST_OFFLINE_FILE_MOST);
    struct pst_progress_line line =
        pst_progress_line("%s: delta from %s", making->component->name, wanted->version.text);
    struct pst_progress_port progress = pst_progress_line_port(&line);
    int64_t full = making->component->source[0].bytes;
    bool packed = pst_content_is_packed(&making->component->content);

    enum pst_code rc =
        pst_encode_delta(base, making->image, &progress, &bytes, &source->made, making->why);
    if (rc == PST_OK)
        pst_delta_name_ends(&bytes, source->base_sha256, making->component->sha256);
    wanted->delta_bytes = (int64_t)bytes.len;
    if (rc == PST_OK && wanted->delta_bytes * 100 >= full * PST_BUILD_DELTA_PERCENT_MOST) {
        wanted->left_out = PST_LEFT_OUT_LARGE;
        *result = pst_say("left out: %" PRId64 " bytes, and the full source has %" PRId64 "%s%s",
                          wanted->delta_bytes, full, packed ? "; compressed content: " : "",
                          packed ? pst_content_blame(&making->component->content) : "");
    } else if (rc == PST_OK) {
        rc = keep(making, source, &bytes, base);
        *result = pst_say("%zu bytes, decoded again: the image", bytes.len);
    }
    pst_progress_line_end(&line, rc == PST_OK ? result->at : NULL);
    return rc;
}

static enum pst_code make_delta(const struct making *making, struct pst_build_base *wanted)
{
    PST_CLEANUP(pst_buf) struct pst_buf base = pst_buf(PST_OFFLINE_FILE_MOST);
    struct pst_build_source *source = &making->component->source[making->component->source_count];
    struct pst_value result = {{0}};

    *source = (struct pst_build_source){.has_base = true, .base_version = wanted->version};
    enum pst_code rc = read_whole(wanted->file, &base, source->base_sha256, making->why);
    if (rc != PST_OK)
        return rc;
    source->base_bytes = (int64_t)base.len;
    if (memcmp(source->base_sha256, making->component->sha256, PST_SHA256_BYTES) == 0) {
        wanted->left_out = PST_LEFT_OUT_SAME;
        (void)fprintf(stderr, "%s: delta from %s: left out: the base is the image\n",
                      making->component->name, wanted->version.text);
        return PST_OK;
    }
    return make_delta_of(making, wanted, source, pst_buf_bytes(&base), &result);
}

/* ---- what the content does to deltas */

/* The delta that saves least; NULL when there is none. */
static const struct pst_build_base *worst_delta(const struct pst_build_component *component)
{
    const struct pst_build_base *worst = NULL;
    for (size_t i = 0; i < component->base_count; i++) {
        const struct pst_build_base *base = &component->base[i];
        if (base->left_out != PST_LEFT_OUT_SAME &&
            (worst == NULL || base->delta_bytes > worst->delta_bytes))
            worst = base;
    }
    return worst;
}

static void note_content(struct pst_build *build, const struct pst_build_component *component)
{
    const struct pst_content *content = &component->content;
    const struct pst_build_base *worst = worst_delta(component);
    int64_t percent = worst == NULL ? 0 : worst->delta_bytes * 100 / component->source[0].bytes;
    struct pst_value lost = {{0}};

    if (!pst_content_is_packed(content) || (worst != NULL && percent < HARM_PERCENT))
        return;
    if (worst != NULL)
        lost = pst_say("; the delta from %.24s has %" PRId64 " %% of the full source",
                       worst->version.text, percent);
    PST_WITHIN(&build->notes, "%s", component->name);
    pst_note(&build->notes, PST_RELEASE_COMPRESSED, pst_say("content that can be compared"),
             pst_say("%s, %" PRId64 " KiB of %" PRId64 " KiB cannot be compared%s",
                     pst_content_blame(content), content->packed_bytes >> 10,
                     content->image_bytes >> 10, lost.at));
}

enum pst_code pst_build_digests(struct pst_build *build, struct pst_report *why)
{
    enum pst_code rc = PST_OK;
    for (size_t i = 0; rc == PST_OK && i < build->component_count; i++) {
        PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(PST_OFFLINE_FILE_MOST);
        PST_WITHIN(why, "%s", build->component[i].name);
        rc = read_whole(build->component[i].file, &image, build->component[i].sha256, why);
    }
    return rc;
}

enum pst_code pst_build_sources(struct pst_build *build, struct pst_build_component *component,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf image = pst_buf(PST_OFFLINE_FILE_MOST);
    struct making making = {.build = build, .component = component, .why = why};

    PST_WITHIN(why, "%s", component->name);
    enum pst_code rc = read_whole(component->file, &image, component->sha256, why);
    component->image_bytes = (int64_t)image.len;
    making.image = pst_buf_bytes(&image);
    if (rc == PST_OK)
        rc = pst_content_look(making.image, &component->content, why);
    if (rc == PST_OK)
        rc = make_full(&making);
    for (size_t i = 0; rc == PST_OK && i < component->base_count; i++)
        rc = make_delta(&making, &component->base[i]);
    if (rc == PST_OK)
        note_content(build, component);
    return rc;
}
