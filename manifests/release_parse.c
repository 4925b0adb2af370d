/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "manifests/document.h"
#include "manifests/release.h"

/* Room for the fullest manifest: 8 components of 32 sources have about 5000 values. */
static const struct pst_json_limits limits = {
    .bytes = PST_RELEASE_BYTES_MOST,
    .values = 20000,
    .depth = 12,
};

static const char *const severities[] = {"low", "normal", "high", "critical", NULL};
static const char *const formats[] = {"raw", "zstd", "xz", "postern.delta/1", NULL};

static void read_notes(struct pst_fields *up, struct pst_release *release)
{
    const struct pst_json *json = pst_fields_object(up, "notes");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "notes");
    struct pst_fields fields = pst_fields_open(json, up->why);
    if (pst_document_has(&fields, "en"))
        release->notes_en = pst_fields_text(&fields, "en", PST_RELEASE_NOTE_MOST);
    if (pst_document_has(&fields, "zh-CN"))
        release->notes_zh_cn = pst_fields_text(&fields, "zh-CN", PST_RELEASE_NOTE_MOST);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static enum pst_code read_one_range(const struct pst_json *json, struct pst_version_range *out,
                                    struct pst_report *why)
{
    if (pst_json_type(json) != PST_JSON_TEXT)
        return pst_refuse(why, PST_WRONG_TYPE, pst_say("a version range as text"),
                          pst_say("%s", pst_json_type_name(pst_json_type(json))));
    return pst_version_range_parse(pst_json_text(json), out, why);
}

/* A range at fault stays {0} in its place, so that the others keep theirs. */
static size_t read_ranges(struct pst_fields *up, const char *name, struct pst_version_range *out)
{
    const struct pst_json *array = pst_fields_array(up, name, 1, PST_RELEASE_RANGES_MOST);
    size_t count = 0;
    if (array == NULL)
        return 0;
    PST_WITHIN(up->why, "%s", name);
    for (const struct pst_json *child = pst_json_first(array); child != NULL;
         child = pst_json_next(child)) {
        PST_WITHIN(up->why, "%zu", count);
        pst_fields_merge(up, read_one_range(child, &out[count++], up->why));
    }
    return count;
}

static enum pst_code read_hardware_fit(const struct pst_json *json, struct pst_hardware_fit *fit,
                                       struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    fit->model = pst_fields_text(&fields, "model", PST_RELEASE_MODEL_MOST);
    if (pst_document_has(&fields, "revisions"))
        fit->revisions = pst_fields_range(&fields, "revisions");
    return pst_fields_close(&fields);
}

static void read_hardware(struct pst_fields *up, struct pst_release *release)
{
    const struct pst_json *array = pst_fields_array(up, "hardware", 1, PST_RELEASE_HARDWARE_MOST);
    if (array == NULL)
        return;
    PST_WITHIN(up->why, "hardware");
    for (const struct pst_json *child = pst_json_first(array); child != NULL;
         child = pst_json_next(child)) {
        PST_WITHIN(up->why, "%zu", release->hardware_count);
        struct pst_hardware_fit *fit = &release->hardware[release->hardware_count++];
        pst_fields_merge(up, read_hardware_fit(child, fit, up->why));
    }
}

static void read_fits(struct pst_fields *up, struct pst_release *release)
{
    const struct pst_json *json = pst_fields_object(up, "fits");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "fits");
    struct pst_fields fields = pst_fields_open(json, up->why);
    read_hardware(&fields, release);
    release->os_count = read_ranges(&fields, "os", release->os);
    if (pst_document_has(&fields, "agent"))
        release->agent_least = pst_fields_version(&fields, "agent");
    if (pst_document_has(&fields, "bootloader"))
        release->bootloader = pst_fields_range(&fields, "bootloader");
    if (pst_document_has(&fields, "data_schema"))
        release->data_schema = pst_fields_range(&fields, "data_schema");
    if (pst_document_has(&fields, "regions"))
        release->region_count =
            pst_document_texts(&fields, "regions", 1, PST_RELEASE_REGIONS_MOST, pst_name_is_safe,
                               "a name of a region", release->region);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static void read_blocks(struct pst_fields *up, struct pst_blocks *blocks)
{
    const struct pst_json *json = pst_fields_object(up, "blocks");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "blocks");
    struct pst_fields fields = pst_fields_open(json, up->why);
    blocks->path = pst_document_path(&fields, "path");
    blocks->size_bytes =
        pst_fields_integer(&fields, "size", PST_RELEASE_BLOCK_BYTES, PST_RELEASE_BLOCK_BYTES);
    (void)pst_fields_hex(&fields, "sha256", blocks->sha256, sizeof blocks->sha256);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static void read_base(struct pst_fields *up, struct pst_source *source)
{
    const struct pst_json *json = pst_fields_object(up, "base");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "base");
    struct pst_fields fields = pst_fields_open(json, up->why);
    source->base_version = pst_fields_version(&fields, "version");
    source->base_size_bytes = pst_fields_integer(&fields, "size", 1, PST_IMAGE_BYTES_MOST);
    (void)pst_fields_hex(&fields, "sha256", source->base_sha256, sizeof source->base_sha256);
    source->has_base = true;
    pst_fields_merge(up, pst_fields_close(&fields));
}

static enum pst_code read_source(const struct pst_json *json, struct pst_source *source,
                                 struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    source->path = pst_document_path(&fields, "path");
    int format = pst_fields_choice(&fields, "format", formats);
    source->length_bytes = pst_fields_integer(&fields, "length", 1, PST_IMAGE_BYTES_MOST);
    (void)pst_fields_hex(&fields, "sha256", source->sha256, sizeof source->sha256);
    source->memory_bytes = pst_fields_integer(&fields, "memory", 0, PST_RELEASE_MEMORY_MOST);
    read_blocks(&fields, &source->blocks);
    if (format >= 0)
        source->format = (enum pst_source_format)format;
    else
        source->length_bytes = 0; /* unknown: pst_release_check() has nothing to compare it with */
    /* A delta without its base is missing something; any other source with one says too much. */
    if (pst_source_format_is_delta(source->format) || pst_document_has(&fields, "base"))
        read_base(&fields, source);
    if (format >= 0 && source->has_base && !pst_source_format_is_delta(source->format))
        pst_fields_fault(&fields, "base", PST_INCONSISTENT, pst_say("a base only for a delta"),
                         pst_say("format %s", formats[format]));
    return pst_fields_close(&fields);
}

static void read_sources(struct pst_fields *up, struct pst_component *component)
{
    const struct pst_json *array = pst_fields_array(up, "sources", 1, PST_RELEASE_SOURCES_MOST);
    if (array == NULL || pst_json_count(array) == 0)
        return;
    component->source = calloc(pst_json_count(array), sizeof *component->source);
    if (component->source == NULL) {
        pst_fields_merge(up, pst_no_memory(up->why, "the sources of a component"));
        return;
    }
    PST_WITHIN(up->why, "sources");
    for (const struct pst_json *child = pst_json_first(array); child != NULL;
         child = pst_json_next(child)) {
        PST_WITHIN(up->why, "%zu", component->source_count);
        struct pst_source *source = &component->source[component->source_count++];
        pst_fields_merge(up, read_source(child, source, up->why));
    }
}

static void read_image(struct pst_fields *up, struct pst_component *component)
{
    const struct pst_json *json = pst_fields_object(up, "image");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "image");
    struct pst_fields fields = pst_fields_open(json, up->why);
    (void)pst_fields_hex(&fields, "sha256", component->sha256, sizeof component->sha256);
    component->size_bytes = pst_fields_integer(&fields, "size", 1, PST_IMAGE_BYTES_MOST);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static enum pst_code read_component(const struct pst_json *json, struct pst_component *component,
                                    struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    component->name = pst_fields_name(&fields, "name");
    component->slot_class = pst_fields_name(&fields, "slot_class");
    read_image(&fields, component);
    read_sources(&fields, component);
    return pst_fields_close(&fields);
}

static void read_components(struct pst_fields *up, struct pst_release *release)
{
    const struct pst_json *array =
        pst_fields_array(up, "components", 1, PST_RELEASE_COMPONENTS_MOST);
    if (array == NULL)
        return;
    PST_WITHIN(up->why, "components");
    for (const struct pst_json *child = pst_json_first(array); child != NULL;
         child = pst_json_next(child)) {
        PST_WITHIN(up->why, "%zu", release->component_count);
        struct pst_component *component = &release->component[release->component_count++];
        pst_fields_merge(up, read_component(child, component, up->why));
    }
}

static void read_needs(struct pst_fields *up, struct pst_needs *needs)
{
    const struct pst_json *json = pst_fields_object(up, "needs");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "needs");
    struct pst_fields fields = pst_fields_open(json, up->why);
    needs->free_bytes = pst_fields_integer(&fields, "free", 0, PST_IMAGE_BYTES_MOST);
    needs->battery_percent = pst_fields_integer(&fields, "battery", 0, 100);
    needs->mains = pst_fields_bool(&fields, "mains");
    needs->idle = pst_fields_bool(&fields, "idle");
    needs->metered_allowed = pst_fields_bool(&fields, "metered");
    if (pst_document_has(&fields, "backup_hook"))
        needs->backup_hook = pst_fields_name(&fields, "backup_hook");
    if (pst_document_has(&fields, "expected_seconds"))
        needs->expected_s =
            pst_fields_integer(&fields, "expected_seconds", 1, PST_RELEASE_SECONDS_MOST);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static void read_confirm(struct pst_fields *up, struct pst_release *release)
{
    const struct pst_json *json = pst_fields_object(up, "confirm");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "confirm");
    struct pst_fields fields = pst_fields_open(json, up->why);
    release->boot_tries = pst_fields_integer(&fields, "tries", 1, 10);
    release->confirm_within_s =
        pst_fields_integer(&fields, "within_seconds", 1, PST_RELEASE_SECONDS_MOST);
    release->check_count =
        pst_document_texts(&fields, "checks", 0, PST_RELEASE_CHECKS_MOST, pst_name_is_safe,
                           "a name of a health check", release->check);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static enum pst_code read_release(const struct pst_json *json, struct pst_release *release,
                                  struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    (void)pst_fields_text(&fields, "format", sizeof PST_RELEASE_FORMAT);
    release->product = pst_fields_name(&fields, "product");
    release->version = pst_fields_version(&fields, "version");
    release->sequence = pst_fields_integer(&fields, "sequence", 1, PST_JSON_INTEGER_MAX);
    release->published_s = pst_fields_instant(&fields, "published");
    read_notes(&fields, release);
    int severity = pst_fields_choice(&fields, "severity", severities);
    release->severity = severity < 0 ? (struct pst_text){0} : pst_text(severities[severity]);
    read_fits(&fields, release);
    if (pst_document_has(&fields, "security_floor"))
        release->security_floor = pst_fields_version(&fields, "security_floor");
    if (pst_document_has(&fields, "downgrade_from"))
        release->downgrade_count = read_ranges(&fields, "downgrade_from", release->downgrade_from);
    if (pst_document_has(&fields, "bridge_for"))
        release->bridge_count = read_ranges(&fields, "bridge_for", release->bridge_for);
    read_components(&fields, release);
    read_needs(&fields, &release->needs);
    read_confirm(&fields, release);
    pst_fields_merge(&fields, pst_release_check(release, why));
    return pst_fields_close(&fields);
}

/* Of a manifest that this agent cannot read: what its `fits.agent` asks for, where it still says
 * so. */
static struct pst_value agent_needed(const struct pst_json *json)
{
    const struct pst_json *fits =
        pst_json_type(json) == PST_JSON_OBJECT ? pst_json_member(json, "fits") : NULL;
    const struct pst_json *agent = fits != NULL && pst_json_type(fits) == PST_JSON_OBJECT
                                       ? pst_json_member(fits, "agent")
                                       : NULL;
    struct pst_version version;
    if (agent == NULL || pst_json_type(agent) != PST_JSON_TEXT ||
        pst_version_parse(pst_json_text(agent), &version, /* why= */ NULL) != PST_OK)
        return pst_say("a newer agent");
    return pst_say("agent %s or newer", version.text);
}

enum pst_code pst_release_parse(struct pst_bytes in, struct pst_release **out,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_release) struct pst_release *release = calloc(1, sizeof *release);
    if (release == NULL)
        return pst_no_memory(why, "a release manifest");

    PST_WITHIN(why, "release");
    enum pst_code code = pst_json_parse(in, &limits, &release->json, why);
    if (code != PST_OK)
        return code;
    struct pst_value needed = agent_needed(release->json);
    code = pst_document_format(release->json, PST_RELEASE_FORMAT, needed.at, why);
    if (code != PST_OK)
        return code;
    code = read_release(release->json, release, why);
    if (code != PST_OK)
        return code;

    *out = release;
    release = NULL; /* the caller's now */
    return PST_OK;
}
