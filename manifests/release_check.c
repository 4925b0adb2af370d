/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the parts of a manifest fit each other; what a single field may hold is
 * release_parse.c's. */
#include "manifests/release.h"

static void bad(struct pst_report *why, enum pst_code *first, struct pst_value expected,
                struct pst_value found)
{
    enum pst_code code = pst_refuse(why, PST_INCONSISTENT, expected, found);
    if (*first == PST_OK)
        *first = code;
}

static bool ends_before(const struct pst_version_span *a, const struct pst_version_span *b)
{
    if (!a->has_high || !b->has_low)
        return false;
    int order = pst_version_compare(&a->high, &b->low);
    return order < 0 || (order == 0 && (a->high_open || b->low_open));
}

static bool overlap(const struct pst_version_range *a, const struct pst_version_range *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (!ends_before(&a->span[i], &b->span[k]) && !ends_before(&b->span[k], &a->span[i]))
                return true;
    return false;
}

static struct pst_value say_range(const struct pst_version_range *range)
{
    char text[PST_VALUE_BYTES];
    return pst_say("%s", pst_version_range_print(range, text, sizeof text));
}

static void check_overlap(const char *name, const struct pst_version_range *range, size_t count,
                          enum pst_code *first, struct pst_report *why)
{
    PST_WITHIN(why, "%s", name);
    for (size_t i = 0; i < count; i++) {
        PST_WITHIN(why, "%zu", i);
        for (size_t k = 0; k < i; k++)
            if (overlap(&range[k], &range[i]))
                bad(why, first, pst_say("no overlap with '%s'", say_range(&range[k]).at),
                    say_range(&range[i]));
    }
}

static void check_ranges(const struct pst_release *release, enum pst_code *first,
                         struct pst_report *why)
{
    check_overlap("fits/os", release->os, release->os_count, first, why);
    check_overlap("downgrade_from", release->downgrade_from, release->downgrade_count, first, why);
    check_overlap("bridge_for", release->bridge_for, release->bridge_count, first, why);
}

/* All of each range must lie on one side of the release's own version. */
static void check_side(const char *name, const struct pst_version_range *range, size_t count,
                       const struct pst_version *version, enum pst_version_place side,
                       enum pst_code *first, struct pst_report *why)
{
    PST_WITHIN(why, "%s", name);
    for (size_t i = 0; i < count; i++) {
        PST_WITHIN(why, "%zu", i);
        if (range[i].count > 0 && pst_version_range_place(&range[i], version) != side)
            bad(why, first,
                pst_say("only versions %s %s", side == PST_VERSION_BELOW ? "above" : "below",
                        version->text),
                say_range(&range[i]));
    }
}

static void check_version(const struct pst_release *release, enum pst_code *first,
                          struct pst_report *why)
{
    const struct pst_version *version = &release->version;
    if (!pst_version_is_set(version))
        return;
    check_side("downgrade_from", release->downgrade_from, release->downgrade_count, version,
               PST_VERSION_BELOW, first, why);
    check_side("bridge_for", release->bridge_for, release->bridge_count, version, PST_VERSION_ABOVE,
               first, why);
    if (pst_version_is_set(&release->security_floor) &&
        pst_version_compare(&release->security_floor, version) > 0) {
        PST_WITHIN(why, "security_floor");
        bad(why, first, pst_say("at most %s, the release's own version", version->text),
            pst_say("%s", release->security_floor.text));
    }
}

static bool same_name(struct pst_text a, struct pst_text b)
{
    return a.len > 0 && pst_text_equal(a, b);
}

static void check_hardware(const struct pst_release *release, enum pst_code *first,
                           struct pst_report *why)
{
    for (size_t i = 0; i < release->hardware_count; i++)
        for (size_t k = 0; k < i; k++)
            if (same_name(release->hardware[k].model, release->hardware[i].model)) {
                PST_WITHIN(why, "fits/hardware/%zu/model", i);
                bad(why, first, pst_say("each model once, its revisions joined by '||'"),
                    pst_say("%.*s again", PST_ARGS(release->hardware[i].model)));
            }
}

static void check_names(const struct pst_release *release, enum pst_code *first,
                        struct pst_report *why)
{
    for (size_t i = 0; i < release->component_count; i++) {
        const struct pst_component *component = &release->component[i];
        PST_WITHIN(why, "components/%zu", i);
        for (size_t k = 0; k < i; k++) {
            if (same_name(release->component[k].name, component->name))
                bad(why, first, pst_say("each component name once"),
                    pst_say("%.*s again", PST_ARGS(component->name)));
            /* Two images for one pair of slots: the second would overwrite the first. */
            if (same_name(release->component[k].slot_class, component->slot_class))
                bad(why, first, pst_say("each slot class once"),
                    pst_say("%.*s again", PST_ARGS(component->slot_class)));
        }
    }
}

static bool is_below(struct pst_text path, struct pst_text product)
{
    return path.len > product.len + 1 && memcmp(path.at, product.at, product.len) == 0 &&
           path.at[product.len] == '/';
}

static void check_path(struct pst_text path, struct pst_text product, enum pst_code *first,
                       struct pst_report *why)
{
    PST_WITHIN(why, "path");
    if (path.len > 0 && product.len > 0 && !is_below(path, product))
        bad(why, first, pst_say("a path that begins with '%.*s/'", PST_ARGS(product)),
            pst_say("%.*s", PST_ARGS(path)));
}

/* Zero stands for what could not be read and was told: it must not lead to a second finding. */
static bool was_read(const uint8_t sha256[32])
{
    for (size_t i = 0; i < 32; i++)
        if (sha256[i] != 0)
            return true;
    return false;
}

static bool same_digest(const uint8_t a[32], const uint8_t b[32])
{
    return memcmp(a, b, 32) == 0;
}

/* A raw source is the image itself, to the byte; a delta that leads back to its base is none. */
static void check_source(const struct pst_component *component, const struct pst_source *source,
                         enum pst_code *first, struct pst_report *why)
{
    if (component->size_bytes == 0 || source->length_bytes == 0)
        return;
    if (source->format == PST_SOURCE_RAW && source->length_bytes != component->size_bytes) {
        PST_WITHIN(why, "length");
        bad(why, first, pst_say("%lld, the size of the image", (long long)component->size_bytes),
            pst_say("%lld", (long long)source->length_bytes));
    }
    if (source->format == PST_SOURCE_RAW && was_read(source->sha256) &&
        was_read(component->sha256) && !same_digest(source->sha256, component->sha256)) {
        PST_WITHIN(why, "sha256");
        bad(why, first, pst_say("the digest of the image, as a raw source is the image"),
            pst_say("another"));
    }
    if (source->has_base && was_read(component->sha256) &&
        same_digest(source->base_sha256, component->sha256)) {
        PST_WITHIN(why, "base/sha256");
        bad(why, first, pst_say("a base that is not the image itself"), pst_say("the same digest"));
    }
}

static void check_sources(const struct pst_release *release, enum pst_code *first,
                          struct pst_report *why)
{
    for (size_t i = 0; i < release->component_count; i++)
        for (size_t k = 0; k < release->component[i].source_count; k++) {
            const struct pst_source *source = &release->component[i].source[k];
            PST_WITHIN(why, "components/%zu/sources/%zu", i, k);
            check_source(&release->component[i], source, first, why);
            check_path(source->path, release->product, first, why);
            PST_WITHIN(why, "blocks");
            check_path(source->blocks.path, release->product, first, why);
        }
}

/* The files that a manifest names, counted through: each source, then its list of blocks. */
struct file {
    size_t component, source;
    bool is_list;
    struct pst_text path;
    const uint8_t *sha256;
};

static bool next_file(const struct pst_release *release, struct file *file, bool begin)
{
    if (begin)
        *file = (struct file){0};
    else if (!file->is_list)
        file->is_list = true;
    else
        *file = (struct file){.component = file->component, .source = file->source + 1};
    while (file->component < release->component_count &&
           file->source == release->component[file->component].source_count)
        *file = (struct file){.component = file->component + 1};
    if (file->component == release->component_count)
        return false;

    const struct pst_source *at = &release->component[file->component].source[file->source];
    file->path = file->is_list ? at->blocks.path : at->path;
    file->sha256 = file->is_list ? at->blocks.sha256 : at->sha256;
    return true;
}

/* One path cannot hold two contents: whichever was published last would break the other. */
static void check_files(const struct pst_release *release, enum pst_code *first,
                        struct pst_report *why)
{
    struct file a, b;
    for (bool more = next_file(release, &a, true); more; more = next_file(release, &a, false)) {
        for (b = a; next_file(release, &b, false);) {
            if (!same_name(a.path, b.path) || !was_read(a.sha256) || !was_read(b.sha256) ||
                same_digest(a.sha256, b.sha256))
                continue;
            PST_WITHIN(why, "components/%zu/sources/%zu%s/path", b.component, b.source,
                       b.is_list ? "/blocks" : "");
            bad(why, first, pst_say("one content at each path"),
                pst_say("another at %.*s", PST_ARGS(b.path)));
        }
    }
}

enum pst_code pst_release_check(const struct pst_release *release, struct pst_report *why)
{
    static void (*const checks[])(const struct pst_release *release, enum pst_code *first,
                                  struct pst_report *why) = {
        check_ranges, check_version, check_hardware, check_names, check_sources, check_files,
    };
    enum pst_code first = PST_OK;
    for (size_t i = 0; i < PST_COUNT(checks); i++)
        checks[i](release, &first, why);
    return first;
}
