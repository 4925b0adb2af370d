/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cli/offline_build.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "manifests/instant.h"
#include "manifests/json_out.h"

enum { OUTPUT_BYTES = 1 << 20 };

/* ---- the table at the end */

static void print_source(const struct pst_build_component *component,
                         const struct pst_build_source *source)
{
    struct pst_value base = pst_say("%s", source->has_base ? source->base_version.text : "-");
    int64_t share = source->bytes * 1000 / component->image_bytes;

    pst_cli_column(pst_text(component->name), 18);
    pst_cli_column(pst_text(strrchr(source->path, '/') + 1), 36);
    pst_cli_column(pst_text(pst_source_format_name(source->made.format)), 22);
    printf("%12" PRId64 "  %4" PRId64 ".%" PRId64 " %%  %10" PRId64 "  %s\n", source->bytes,
           share / 10, share % 10, source->made.memory_bytes, base.at);
}

static void print_left_out(const struct pst_build_component *component,
                           const struct pst_build_base *base)
{
    if (base->left_out == PST_LEFT_OUT_SAME)
        printf("%s: no delta from %s: it has the same image\n", component->name,
               base->version.text);
    if (base->left_out != PST_LEFT_OUT_LARGE)
        return;
    int64_t full = component->source[0].bytes;
    bool packed = pst_content_is_packed(&component->content);
    printf("%s: no delta from %s: it would have %" PRId64 " bytes, the full source has %" PRId64
           ", and up to %d %% of that is worth while%s%s\n",
           component->name, base->version.text, base->delta_bytes, full,
           PST_BUILD_DELTA_PERCENT_MOST, packed ? "; compressed content: " : "",
           packed ? pst_content_blame(&component->content) : "");
}

static void print_table(const struct pst_build *build)
{
    char expires[PST_INSTANT_ROOM];

    printf("%s %s, manifest %" PRId64 " (%zu bytes)\n", build->product, build->version.text,
           build->release->sequence, build->manifest.len);
    pst_cli_column(pst_text("COMPONENT"), 18);
    pst_cli_column(pst_text("SOURCE"), 36);
    pst_cli_column(pst_text("FORMAT"), 22);
    printf("%12s  %8s  %10s  %s\n", "BYTES", "OF IMAGE", "MEMORY", "BASE");
    for (size_t i = 0; i < build->component_count; i++)
        for (size_t k = 0; k < build->component[i].source_count; k++)
            print_source(&build->component[i], &build->component[i].source[k]);
    for (size_t i = 0; i < build->component_count; i++)
        for (size_t k = 0; k < build->component[i].base_count; k++)
            print_left_out(&build->component[i], &build->component[i].base[k]);
    printf("%s/metadata/%s.json: version %" PRId64 ", until %s, not signed yet\n", build->cli->out,
           build->product, build->role_version, pst_instant_print(build->role_expires_s, expires));
}

static void out_source(struct pst_json_out *out, const struct pst_build_component *component,
                       const struct pst_build_source *source)
{
    pst_out_open(out, NULL, '{');
    pst_out_string(out, "path", source->path);
    pst_out_string(out, "format", pst_source_format_name(source->made.format));
    pst_out_integer(out, "bytes", source->bytes);
    pst_out_integer(out, "permille_of_image", source->bytes * 1000 / component->image_bytes);
    pst_out_integer(out, "memory_bytes", source->made.memory_bytes);
    pst_out_hex(out, "sha256", pst_bytes(source->sha256, sizeof source->sha256));
    pst_out_string(out, "base", source->has_base ? source->base_version.text : NULL);
    pst_out_close(out, '}');
}

static void out_left_out(struct pst_json_out *out, const struct pst_build_component *component)
{
    pst_out_open(out, "left_out", '[');
    for (size_t i = 0; i < component->base_count; i++) {
        const struct pst_build_base *base = &component->base[i];
        if (base->left_out == PST_LEFT_IN)
            continue;
        pst_out_open(out, NULL, '{');
        pst_out_string(out, "base", base->version.text);
        pst_out_string(out, "why", base->left_out == PST_LEFT_OUT_SAME ? "same" : "large");
        pst_out_integer(out, "bytes", base->delta_bytes);
        pst_out_integer(out, "permille_of_full",
                        base->delta_bytes * 1000 / component->source[0].bytes);
        pst_out_close(out, '}');
    }
    pst_out_close(out, ']');
}

static void out_content(struct pst_json_out *out, const struct pst_content *content)
{
    pst_out_open(out, "content", '{');
    pst_out_integer(out, "compressed_bytes", content->packed_bytes);
    pst_out_open(out, "kinds", '[');
    for (size_t i = 0; i < content->count; i++) {
        const struct pst_content_part *part = &content->part[i];
        pst_out_open(out, NULL, '{');
        pst_out_string(out, "what", part->what);
        pst_out_integer(out, "first_at", part->at);
        pst_out_integer(out, "count", part->count);
        pst_out_integer(out, "compressed_bytes", part->packed_bytes);
        pst_out_close(out, '}');
    }
    pst_out_close(out, ']');
    pst_out_close(out, '}');
}

static void out_component(struct pst_json_out *out, const struct pst_build_component *component)
{
    pst_out_open(out, NULL, '{');
    pst_out_string(out, "name", component->name);
    pst_out_integer(out, "bytes", component->image_bytes);
    pst_out_hex(out, "sha256", pst_bytes(component->sha256, sizeof component->sha256));
    pst_out_open(out, "sources", '[');
    for (size_t i = 0; i < component->source_count; i++)
        out_source(out, component, &component->source[i]);
    pst_out_close(out, ']');
    out_left_out(out, component);
    out_content(out, &component->content);
    pst_out_close(out, '}');
}

static int print_json(const struct pst_build *build)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(OUTPUT_BYTES);
    struct pst_json_out out = pst_json_out(&bytes);

    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "product", build->product);
    pst_out_string(&out, "version", build->version.text);
    pst_out_integer(&out, "sequence", build->release->sequence);
    pst_out_integer(&out, "manifest_bytes", (int64_t)build->manifest.len);
    pst_out_hex(&out, "manifest_sha256", pst_bytes(build->manifest_sha256, PST_SHA256_BYTES));
    pst_out_integer(&out, "role_version", build->role_version);
    pst_out_instant(&out, "role_expires", build->role_expires_s);
    pst_out_open(&out, "components", '[');
    for (size_t i = 0; i < build->component_count; i++)
        out_component(&out, &build->component[i]);
    pst_out_close(&out, ']');
    pst_out_findings(&out, "findings", &build->notes);
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        return 1;
    printf("%.*s\n", PST_ARGS(pst_buf_text(&bytes)));
    return 0;
}

/* ---- the work */

/* The convention of builds that can be repeated elsewhere: their time is given. */
static int64_t time_of_build(void)
{
    struct pst_text text = pst_text(getenv("SOURCE_DATE_EPOCH"));
    uint64_t given = 0;
    if (text.len > 0 && pst_take_number(&text, PST_INSTANT_MAX, &given) && text.len == 0)
        return (int64_t)given;
    return (int64_t)time(NULL);
}

static enum pst_code make(struct pst_build *build, struct pst_buf *role, struct pst_report *why)
{
    /* What needs no packing comes first: nobody likes to be refused after minutes. */
    enum pst_code rc = pst_build_digests(build, why);
    if (rc == PST_OK)
        rc = pst_tree_check(build, why);
    if (rc == PST_OK)
        rc = pst_build_check_role(build, why);
    if (rc == PST_OK)
        rc = pst_tree_begin(build, why);
    for (size_t i = 0; rc == PST_OK && i < build->component_count; i++)
        rc = pst_build_sources(build, &build->component[i], why);
    if (rc == PST_OK)
        rc = pst_tree_check(build, why); /* again: the files that were packed are what counts */
    if (rc == PST_OK)
        rc = pst_build_manifest(build, &build->manifest, &build->release, why);
    if (rc == PST_OK)
        rc = pst_sha256(pst_buf_bytes(&build->manifest), build->manifest_sha256, why);
    if (rc == PST_OK)
        rc = pst_build_put(build, "/manifest.json", pst_buf_bytes(&build->manifest), why);
    if (rc == PST_OK)
        rc = pst_build_role(build, role, why);
    return rc;
}

int pst_cli_release_build(struct pst_cli *cli)
{
    PST_CLEANUP(pst_heap) struct pst_report *why = calloc(1, sizeof *why);
    PST_CLEANUP(pst_build) struct pst_build *build = calloc(1, sizeof *build);
    PST_CLEANUP(pst_buf) struct pst_buf role = pst_buf(2 * PST_RELEASE_BYTES_MOST + (16 << 20));

    if (why == NULL || build == NULL)
        return 1;
    *build = (struct pst_build){.cli = cli, .now_s = time_of_build()};
    build->manifest = pst_buf(PST_RELEASE_BYTES_MOST);
    if (pst_build_check_arguments(cli, &build->days, why) != PST_OK)
        return pst_cli_tell(cli, why);
    if (pst_build_read(build, why) != PST_OK || make(build, &role, why) != PST_OK ||
        pst_tree_finish(build, pst_buf_bytes(&role), why) != PST_OK)
        return pst_cli_tell(cli, why);
    if (cli->json)
        return print_json(build);
    print_table(build);
    return pst_cli_tell(cli, &build->notes);
}
