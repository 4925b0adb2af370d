/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/json_out.h"
#include "manifests/release.h"

/* Eight alternatives of two versions each, with their comparators. */
enum { RANGE_ROOM = PST_RANGE_MOST * (2 * PST_VERSION_ROOM + 16) };

static void print_range(struct pst_json_out *out, const char *name,
                        const struct pst_version_range *range)
{
    char text[RANGE_ROOM];
    pst_out_string(out, name, pst_version_range_print(range, text, sizeof text));
}

static void print_ranges(struct pst_json_out *out, const char *name,
                         const struct pst_version_range *range, size_t count)
{
    if (count == 0)
        return;
    pst_out_open(out, name, '[');
    for (size_t i = 0; i < count; i++)
        print_range(out, NULL, &range[i]);
    pst_out_close(out, ']');
}

static void print_texts(struct pst_json_out *out, const char *name, const struct pst_text *text,
                        size_t count)
{
    pst_out_open(out, name, '[');
    for (size_t i = 0; i < count; i++)
        pst_out_text(out, NULL, text[i]);
    pst_out_close(out, ']');
}

static void print_digest(struct pst_json_out *out, const uint8_t sha256[32])
{
    pst_out_hex(out, "sha256", pst_bytes(sha256, 32));
}

static void print_notes(struct pst_json_out *out, const struct pst_release *release)
{
    pst_out_open(out, "notes", '{');
    if (release->notes_en.len > 0)
        pst_out_text(out, "en", release->notes_en);
    if (release->notes_zh_cn.len > 0)
        pst_out_text(out, "zh-CN", release->notes_zh_cn);
    pst_out_close(out, '}');
}

static void print_hardware(struct pst_json_out *out, const struct pst_release *release)
{
    pst_out_open(out, "hardware", '[');
    for (size_t i = 0; i < release->hardware_count; i++) {
        const struct pst_hardware_fit *fit = &release->hardware[i];
        pst_out_open(out, NULL, '{');
        pst_out_text(out, "model", fit->model);
        if (fit->revisions.count > 0)
            print_range(out, "revisions", &fit->revisions);
        pst_out_close(out, '}');
    }
    pst_out_close(out, ']');
}

static void print_fits(struct pst_json_out *out, const struct pst_release *release)
{
    pst_out_open(out, "fits", '{');
    print_hardware(out, release);
    print_ranges(out, "os", release->os, release->os_count);
    if (pst_version_is_set(&release->agent_least))
        pst_out_string(out, "agent", release->agent_least.text);
    if (release->bootloader.count > 0)
        print_range(out, "bootloader", &release->bootloader);
    if (release->data_schema.count > 0)
        print_range(out, "data_schema", &release->data_schema);
    if (release->region_count > 0)
        print_texts(out, "regions", release->region, release->region_count);
    pst_out_close(out, '}');
}

static void print_source(struct pst_json_out *out, const struct pst_source *source)
{
    pst_out_open(out, NULL, '{');
    pst_out_text(out, "path", source->path);
    pst_out_string(out, "format", pst_source_format_name(source->format));
    pst_out_integer(out, "length", source->length_bytes);
    print_digest(out, source->sha256);
    pst_out_integer(out, "memory", source->memory_bytes);

    pst_out_open(out, "blocks", '{');
    pst_out_text(out, "path", source->blocks.path);
    pst_out_integer(out, "size", source->blocks.size_bytes);
    print_digest(out, source->blocks.sha256);
    pst_out_close(out, '}');

    if (source->has_base) {
        pst_out_open(out, "base", '{');
        pst_out_string(out, "version", source->base_version.text);
        pst_out_integer(out, "size", source->base_size_bytes);
        print_digest(out, source->base_sha256);
        pst_out_close(out, '}');
    }
    pst_out_close(out, '}');
}

static void print_component(struct pst_json_out *out, const struct pst_component *component)
{
    pst_out_open(out, NULL, '{');
    pst_out_text(out, "name", component->name);
    pst_out_text(out, "slot_class", component->slot_class);
    pst_out_open(out, "image", '{');
    print_digest(out, component->sha256);
    pst_out_integer(out, "size", component->size_bytes);
    pst_out_close(out, '}');
    pst_out_open(out, "sources", '[');
    for (size_t i = 0; i < component->source_count; i++)
        print_source(out, &component->source[i]);
    pst_out_close(out, ']');
    pst_out_close(out, '}');
}

static void print_needs(struct pst_json_out *out, const struct pst_needs *needs)
{
    pst_out_open(out, "needs", '{');
    pst_out_integer(out, "free", needs->free_bytes);
    pst_out_integer(out, "battery", needs->battery_percent);
    pst_out_bool(out, "mains", needs->mains);
    pst_out_bool(out, "idle", needs->idle);
    pst_out_bool(out, "metered", needs->metered_allowed);
    if (needs->backup_hook.len > 0)
        pst_out_text(out, "backup_hook", needs->backup_hook);
    if (needs->expected_s > 0)
        pst_out_integer(out, "expected_seconds", needs->expected_s);
    pst_out_close(out, '}');
}

static void print_confirm(struct pst_json_out *out, const struct pst_release *release)
{
    pst_out_open(out, "confirm", '{');
    pst_out_integer(out, "tries", release->boot_tries);
    pst_out_integer(out, "within_seconds", release->confirm_within_s);
    print_texts(out, "checks", release->check, release->check_count);
    pst_out_close(out, '}');
}

static void print_release(struct pst_json_out *out, const struct pst_release *release)
{
    pst_out_open(out, NULL, '{');
    pst_out_string(out, "format", PST_RELEASE_FORMAT);
    pst_out_text(out, "product", release->product);
    pst_out_string(out, "version", release->version.text);
    pst_out_integer(out, "sequence", release->sequence);
    pst_out_instant(out, "published", release->published_s);
    print_notes(out, release);
    pst_out_text(out, "severity", release->severity);
    print_fits(out, release);
    if (pst_version_is_set(&release->security_floor))
        pst_out_string(out, "security_floor", release->security_floor.text);
    print_ranges(out, "downgrade_from", release->downgrade_from, release->downgrade_count);
    print_ranges(out, "bridge_for", release->bridge_for, release->bridge_count);
    pst_out_open(out, "components", '[');
    for (size_t i = 0; i < release->component_count; i++)
        print_component(out, &release->component[i]);
    pst_out_close(out, ']');
    print_needs(out, &release->needs);
    print_confirm(out, release);
    pst_out_close(out, '}');
}

enum pst_code pst_release_print(const struct pst_release *release, struct pst_buf *out,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf written = pst_buf(2 * PST_RELEASE_BYTES_MOST);
    struct pst_json_out json = pst_json_out(&written);

    print_release(&json, release);
    if (!pst_json_out_is_whole(&json))
        return pst_refuse_growth(why, &written);

    /* Whoever builds a manifest is told here, and not by the terminals, what is wrong with it. */
    PST_CLEANUP(pst_release) struct pst_release *read = NULL;
    enum pst_code code = pst_release_parse(pst_buf_bytes(&written), &read, why);
    if (code != PST_OK)
        return code;
    return pst_json_canonical(read->json, out, why);
}
