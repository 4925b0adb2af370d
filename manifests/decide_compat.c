/* SPDX-License-Identifier: Apache-2.0 */
/* Is the release made for this terminal: product, hardware, versions, slots. */
#include "manifests/decide_checks.h"

static struct pst_value say_range(const struct pst_version_range *range)
{
    char text[PST_VALUE_BYTES];
    return pst_say("%s", pst_version_range_print(range, text, sizeof text));
}

static struct pst_value say_ranges(const struct pst_version_range *range, size_t count)
{
    struct pst_value value = pst_say("%s", "");
    for (size_t i = 0; i < count; i++)
        value = pst_say("%s%s%s", value.at, i > 0 ? " || " : "", say_range(&range[i]).at);
    return value;
}

static bool any_holds(const struct pst_version_range *range, size_t count,
                      const struct pst_version *version)
{
    for (size_t i = 0; i < count; i++)
        if (pst_version_range_holds(&range[i], version))
            return true;
    return false;
}

static void check_range(const char *name, enum pst_code code, const struct pst_version_range *range,
                        const struct pst_version *version, struct pst_report *why)
{
    if (range->count == 0 || pst_version_range_holds(range, version))
        return;
    PST_WITHIN(why, "fits/%s", name);
    (void)pst_refuse(why, code, say_range(range), pst_say("%s", version->text));
}

void pst_check_product(const struct pst_decide_in *in, struct pst_report *why)
{
    if (pst_text_is(in->release->product, in->facts->product))
        return;
    PST_WITHIN(why, "product");
    (void)pst_refuse(why, PST_PRODUCT, pst_say("%s", in->facts->product),
                     pst_say("%.*s", PST_ARGS(in->release->product)));
}

static struct pst_value say_models(const struct pst_release *release)
{
    struct pst_value value = pst_say("%s", "");
    for (size_t i = 0; i < release->hardware_count; i++)
        value =
            pst_say("%s%s%.*s", value.at, i > 0 ? ", " : "", PST_ARGS(release->hardware[i].model));
    return value;
}

static const struct pst_hardware_fit *fit_of_model(const struct pst_release *release,
                                                   const char *model)
{
    for (size_t i = 0; i < release->hardware_count; i++)
        if (pst_text_is(release->hardware[i].model, model))
            return &release->hardware[i];
    return NULL;
}

void pst_check_hardware(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_facts *facts = in->facts;
    const struct pst_hardware_fit *fit = fit_of_model(in->release, facts->model);
    if (fit == NULL) {
        PST_WITHIN(why, "fits/hardware");
        (void)pst_refuse(why, PST_HARDWARE_MODEL, say_models(in->release),
                         pst_say("%s", facts->model));
        return;
    }
    if (fit->revisions.count > 0 && !pst_version_is_set(&facts->revision))
        pst_decide_unknown(why, "revision", say_range(&fit->revisions));
    else
        check_range("hardware", PST_HARDWARE_REVISION, &fit->revisions, &facts->revision, why);
}

static struct pst_value say_regions(const struct pst_release *release)
{
    struct pst_value value = pst_say("%s", "");
    for (size_t i = 0; i < release->region_count; i++)
        value = pst_say("%s%s%.*s", value.at, i > 0 ? ", " : "", PST_ARGS(release->region[i]));
    return value;
}

void pst_check_region(const struct pst_decide_in *in, struct pst_report *why)
{
    if (in->release->region_count == 0)
        return;
    if (in->facts->region[0] == '\0') {
        pst_decide_unknown(why, "region", say_regions(in->release));
        return;
    }
    for (size_t i = 0; i < in->release->region_count; i++)
        if (pst_text_is(in->release->region[i], in->facts->region))
            return;
    PST_WITHIN(why, "fits/regions");
    (void)pst_refuse(why, PST_REGION, say_regions(in->release), pst_say("%s", in->facts->region));
}

/* Where a version stands to several ranges that do not hold it. */
static enum pst_code code_of_place(const struct pst_version_range *range, size_t count,
                                   const struct pst_version *version)
{
    size_t below = 0, above = 0;
    for (size_t i = 0; i < count; i++) {
        enum pst_version_place place = pst_version_range_place(&range[i], version);
        below += place == PST_VERSION_BELOW;
        above += place == PST_VERSION_ABOVE;
    }
    if (below == count)
        return PST_OS_TOO_OLD;
    return above == count ? PST_OS_TOO_NEW : PST_OS_NOT_LISTED;
}

void pst_check_os(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_release *release = in->release;
    const struct pst_version *os = &in->facts->os;
    if (!pst_version_is_set(os)) {
        pst_decide_unknown(why, "os", say_ranges(release->os, release->os_count));
        return;
    }
    /* Going down is pst_check_downgrade()'s question, and those ranges are its answer. A release
     * also fits its own version: so a damaged or half-done install of it can be repaired. */
    if (any_holds(release->os, release->os_count, os) ||
        any_holds(release->downgrade_from, release->downgrade_count, os) ||
        pst_version_compare(os, &release->version) == 0)
        return;
    PST_WITHIN(why, "fits/os");
    (void)pst_refuse(why, code_of_place(release->os, release->os_count, os),
                     say_ranges(release->os, release->os_count), pst_say("%s", os->text));
}

void pst_check_agent(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_version *least = &in->release->agent_least;
    const struct pst_version *agent = &in->facts->agent;
    if (!pst_version_is_set(least))
        return;
    if (!pst_version_is_set(agent)) {
        pst_decide_unknown(why, "agent", pst_say("%s or newer", least->text));
        return;
    }
    if (pst_version_compare(agent, least) >= 0)
        return;
    PST_WITHIN(why, "fits/agent");
    (void)pst_refuse(why, PST_AGENT_TOO_OLD, pst_say("%s or newer", least->text),
                     pst_say("%s", agent->text));
}

void pst_check_bootloader(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_version_range *range = &in->release->bootloader;
    if (range->count > 0 && !pst_version_is_set(&in->facts->bootloader))
        pst_decide_unknown(why, "bootloader", say_range(range));
    else
        check_range("bootloader", PST_BOOTLOADER, range, &in->facts->bootloader, why);
}

void pst_check_data_schema(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_version_range *range = &in->release->data_schema;
    if (range->count > 0 && !pst_version_is_set(&in->facts->data_schema))
        pst_decide_unknown(why, "data_schema", say_range(range));
    else
        check_range("data_schema", PST_DATA_SCHEMA, range, &in->facts->data_schema, why);
}

/* Both the vendor, in the manifest, and an operator, in the order, must have meant it. */
static void check_permission(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_release *release = in->release;
    const struct pst_version *os = &in->facts->os;
    if (pst_version_compare(&release->version, os) >= 0)
        return;
    if (!any_holds(release->downgrade_from, release->downgrade_count, os)) {
        PST_WITHIN(why, "downgrade_from");
        (void)pst_refuse(why, PST_DOWNGRADE_NOT_PERMITTED,
                         pst_say("%s or newer, or leave to go down from it", os->text),
                         pst_say("%s", release->version.text));
    }
    if (in->assignment != NULL && in->assignment->has_order && !in->assignment->downgrade) {
        PST_WITHIN(why, "assignment/order/downgrade");
        (void)pst_refuse(why, PST_DOWNGRADE_NOT_PERMITTED,
                         pst_say("an order that asks for a downgrade from %s", os->text),
                         pst_say("an order for %s as an update", release->version.text));
    }
}

void pst_check_downgrade(const struct pst_decide_in *in, struct pst_report *why)
{
    const struct pst_version *floor = &in->facts->security_floor;
    if (pst_version_is_set(&in->facts->os))
        check_permission(in, why);
    if (!pst_version_is_set(floor) || pst_version_compare(&in->release->version, floor) >= 0)
        return;
    PST_WITHIN(why, "version");
    (void)pst_refuse(why, PST_DOWNGRADE_FLOOR, pst_say("%s or newer", floor->text),
                     pst_say("%s", in->release->version.text));
}

static void check_component(const struct pst_component *component, const struct pst_facts *facts,
                            struct pst_report *why)
{
    const struct pst_facts_component *here = pst_facts_component(facts, component->name);
    PST_WITHIN(why, "components/%.*s", PST_ARGS(component->name));
    if (here == NULL) {
        (void)pst_refuse(why, PST_COMPONENT_MISSING,
                         pst_say("%.*s in a slot of class %.*s", PST_ARGS(component->name),
                                 PST_ARGS(component->slot_class)),
                         pst_say("no such component"));
        return;
    }
    if (!pst_text_is(component->slot_class, here->slot_class))
        (void)pst_refuse(why, PST_COMPONENT_MISSING,
                         pst_say("slot class %.*s", PST_ARGS(component->slot_class)),
                         pst_say("slot class %s", here->slot_class));
    if (here->slot_bytes < component->size_bytes)
        (void)pst_refuse(why, PST_SLOT_TOO_SMALL,
                         pst_say("%lld bytes", (long long)component->size_bytes),
                         pst_say("%lld bytes", (long long)here->slot_bytes));
}

void pst_check_components(const struct pst_decide_in *in, struct pst_report *why)
{
    for (size_t i = 0; i < in->release->component_count; i++)
        check_component(&in->release->component[i], in->facts, why);
}

static bool is_active(const struct pst_component *component, const struct pst_facts_component *here,
                      bool same_version)
{
    if (here == NULL)
        return false;
    if (here->active_bytes == 0)
        return same_version;
    return here->active_bytes == component->size_bytes &&
           memcmp(here->active_sha256, component->sha256, sizeof component->sha256) == 0;
}

bool pst_decide_is_installed(const struct pst_decide_in *in)
{
    const struct pst_release *release = in->release;
    /* What did not verify cannot talk the terminal out of anything: "never a reason for". */
    if (release == NULL || !in->release_verified || release->component_count == 0)
        return false;

    bool same_version = pst_version_is_set(&in->facts->os) &&
                        pst_version_compare(&in->facts->os, &release->version) == 0;
    for (size_t i = 0; i < release->component_count; i++) {
        const struct pst_component *component = &release->component[i];
        if (!is_active(component, pst_facts_component(in->facts, component->name), same_version))
            return false;
    }
    return true;
}
