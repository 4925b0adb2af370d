/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a component's sources: the one with the fewest bytes to fetch among those usable here.
 * */
#include "manifests/decide_checks.h"

/* A digest by its first digits: enough to compare by eye. */
static struct pst_value say_base(const char *version, const uint8_t sha256[32], int64_t size_bytes)
{
    char hex[17];
    pst_hex_print(pst_bytes(sha256, 8), hex);
    return pst_say("%s%ssha256 %s..., %lld bytes", version, version[0] != '\0' ? ", " : "", hex,
                   (long long)size_bytes);
}

static void check_base(const struct pst_source *source, const struct pst_facts_component *here,
                       struct pst_report *why)
{
    if (here != NULL && here->active_bytes > 0 && here->active_bytes == source->base_size_bytes &&
        memcmp(here->active_sha256, source->base_sha256, sizeof source->base_sha256) == 0)
        return;
    struct pst_value expected =
        say_base(source->base_version.text, source->base_sha256, source->base_size_bytes);
    if (here == NULL || here->active_bytes == 0)
        (void)pst_refuse(why, PST_DELTA_BASE, expected, pst_say("an unknown image"));
    else
        (void)pst_refuse(why, PST_DELTA_BASE, expected,
                         say_base("", here->active_sha256, here->active_bytes));
}

bool pst_source_is_usable(const struct pst_source *source, const struct pst_component *component,
                          const struct pst_facts *facts, struct pst_report *why)
{
    struct pst_report found = {0};
    if ((size_t)source->format > PST_SOURCE_DELTA)
        (void)pst_refuse(&found, PST_DELTA_FORMAT,
                         pst_say("%s, %s, %s, %s", pst_source_format_name(PST_SOURCE_RAW),
                                 pst_source_format_name(PST_SOURCE_ZSTD),
                                 pst_source_format_name(PST_SOURCE_XZ),
                                 pst_source_format_name(PST_SOURCE_DELTA)),
                         pst_say("format %d", (int)source->format));
    if (source->memory_bytes > facts->memory_bytes)
        (void)pst_refuse(&found, PST_DELTA_MEMORY,
                         pst_say("%lld bytes", (long long)facts->memory_bytes),
                         pst_say("%lld bytes", (long long)source->memory_bytes));
    if (source->has_base || pst_source_format_is_delta(source->format))
        check_base(source, pst_facts_component(facts, component->name), &found);
    if (why != NULL)
        pst_report_append(why, &found, /* noted= */ false);
    return found.count == 0;
}

static int64_t cost_of(const struct pst_source *source)
{
    int64_t cost;
    return __builtin_add_overflow(source->length_bytes, pst_source_list_bytes(source), &cost)
               ? INT64_MAX
               : cost;
}

/* The cheapest that is usable, the first of several; source_count when there is none. */
static size_t cheapest(const struct pst_component *component, const struct pst_facts *facts,
                       bool deltas_only)
{
    size_t best = component->source_count;
    for (size_t i = 0; i < component->source_count; i++) {
        const struct pst_source *source = &component->source[i];
        if ((deltas_only && !source->has_base) ||
            !pst_source_is_usable(source, component, facts, /* why= */ NULL))
            continue;
        if (best == component->source_count || cost_of(source) < cost_of(&component->source[best]))
            best = i;
    }
    return best;
}

static void note_unusable(const struct pst_component *component, const struct pst_facts *facts,
                          struct pst_report *why)
{
    for (size_t i = 0; i < component->source_count; i++) {
        struct pst_report found = {0};
        PST_WITHIN(why, "sources/%zu", i);
        (void)pst_source_is_usable(&component->source[i], component, facts, &found);
        pst_report_append(why, &found, /* noted= */ true);
    }
}

static void tell_costly(enum pst_tri metered, const struct pst_source *full, struct pst_report *why)
{
    if (metered == PST_TRI_UNKNOWN)
        pst_decide_unknown(why, "metered", pst_say("no, as only a full image can be used"));
    else
        (void)pst_refuse(why, PST_METERED, pst_say("a delta, or a link that is not metered"),
                         pst_say("a full image of %lld bytes", (long long)full->length_bytes));
}

/* Answers whether `*chosen` was set; whatever is in the way is told. */
static bool choose(const struct pst_decide_in *in, const struct pst_component *component,
                   size_t *chosen, struct pst_report *why)
{
    const size_t none = component->source_count;
    const bool must_save = in->facts->metered != PST_TRI_NO && !in->full_on_metered;
    size_t best = cheapest(component, in->facts, /* deltas_only= */ false);
    if (best == none) {
        (void)pst_refuse(why, PST_DELTA_NO_SOURCE, pst_say("a source that this terminal can use"),
                         pst_say("%zu, none of them usable", component->source_count));
        note_unusable(component, in->facts, why);
        return false;
    }
    /* Never a full image silently on a link that costs: a dearer delta comes first. */
    if (must_save && !component->source[best].has_base) {
        size_t delta = cheapest(component, in->facts, /* deltas_only= */ true);
        if (delta == none) {
            tell_costly(in->facts->metered, &component->source[best], why);
            note_unusable(component, in->facts, why);
            return false;
        }
        best = delta;
    }
    *chosen = best;
    return true;
}

void pst_decide_sources(const struct pst_decide_in *in, struct pst_decision *out)
{
    for (size_t i = 0; i < in->release->component_count; i++) {
        const struct pst_component *component = &in->release->component[i];
        /* Nowhere to put it: told already, and its deltas lack a base only because of that. */
        if (pst_facts_component(in->facts, component->name) == NULL)
            continue;
        PST_WITHIN(&out->why, "components/%.*s", PST_ARGS(component->name));
        if (!choose(in, component, &out->source[i], &out->why))
            continue;
        if (__builtin_add_overflow(out->fetch_bytes, cost_of(&component->source[out->source[i]]),
                                   &out->fetch_bytes)) {
            out->fetch_bytes = 0;
            (void)pst_refuse(&out->why, PST_OUT_OF_BOUNDS, pst_say("fewer bytes to fetch"),
                             pst_say("more than can be counted"));
        }
    }
}
