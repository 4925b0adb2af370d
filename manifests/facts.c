/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/facts.h"

#include "manifests/document.h"

/* Ceilings of what a terminal may claim; far beyond real ones, far below overflow. */
#define BYTES_MOST (INT64_C(1) << 50)

static void read_active(struct pst_fields *up, struct pst_facts_component *component)
{
    const struct pst_json *json = pst_fields_object(up, "active");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "active");
    struct pst_fields fields = pst_fields_open(json, up->why);
    component->active_bytes = pst_fields_integer(&fields, "size", 1, BYTES_MOST);
    (void)pst_fields_hex(&fields, "sha256", component->active_sha256,
                         sizeof component->active_sha256);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static enum pst_code read_component(const struct pst_json *json, struct pst_facts *facts,
                                    struct pst_report *why)
{
    struct pst_facts_component component = {0};
    struct pst_fields fields = pst_fields_open(json, why);
    pst_document_name(&fields, "name", component.name, sizeof component.name);
    pst_document_name(&fields, "slot_class", component.slot_class, sizeof component.slot_class);
    component.slot_bytes = pst_fields_integer(&fields, "slot_bytes", 0, BYTES_MOST);
    if (pst_document_has(&fields, "active"))
        read_active(&fields, &component);
    if (component.name[0] != '\0' && pst_facts_component(facts, pst_text(component.name)) != NULL)
        pst_fields_fault(&fields, "name", PST_INCONSISTENT, pst_say("each component name once"),
                         pst_say("%s again", component.name));
    facts->component[facts->component_count++] = component;
    return pst_fields_close(&fields);
}

static void read_components(struct pst_fields *up, struct pst_facts *facts)
{
    const struct pst_json *array = pst_fields_array(up, "components", 0, PST_FACTS_COMPONENTS_MOST);
    if (array == NULL)
        return;
    PST_WITHIN(up->why, "components");
    for (const struct pst_json *child = pst_json_first(array); child != NULL;
         child = pst_json_next(child)) {
        PST_WITHIN(up->why, "%zu", facts->component_count);
        pst_fields_merge(up, read_component(child, facts, up->why));
    }
}

static void read_schemes(struct pst_fields *fields, struct pst_facts *facts)
{
    struct pst_text scheme[PST_FACTS_SCHEMES_MOST];
    facts->scheme_count =
        pst_document_texts(fields, "schemes", 0, PST_FACTS_SCHEMES_MOST, pst_name_is_safe,
                           "a name of a signature scheme", scheme);
    for (size_t i = 0; i < facts->scheme_count; i++)
        pst_document_keep(scheme[i], facts->scheme[i], sizeof facts->scheme[i]);
}

static int64_t read_count(struct pst_fields *fields, const char *name, int64_t most,
                          int64_t unknown)
{
    return pst_document_has(fields, name) ? pst_fields_integer(fields, name, 0, most) : unknown;
}

static enum pst_tri read_tri(struct pst_fields *fields, const char *name)
{
    if (!pst_document_has(fields, name))
        return PST_TRI_UNKNOWN;
    return pst_fields_bool(fields, name) ? PST_TRI_YES : PST_TRI_NO;
}

static struct pst_version read_version(struct pst_fields *fields, const char *name)
{
    return pst_document_has(fields, name) ? pst_fields_version(fields, name)
                                          : (struct pst_version){0};
}

static void read_who(struct pst_fields *fields, struct pst_facts *facts)
{
    pst_document_name(fields, "serial", facts->serial, sizeof facts->serial);
    pst_document_name(fields, "product", facts->product, sizeof facts->product);
    pst_document_text(fields, "model", facts->model, sizeof facts->model);
    if (pst_document_has(fields, "region"))
        pst_document_name(fields, "region", facts->region, sizeof facts->region);
    if (!pst_document_has(fields, "group"))
        return;
    struct pst_text group = pst_document_path(fields, "group");
    if (group.len >= sizeof facts->group)
        pst_fields_fault(fields, "group", PST_OUT_OF_BOUNDS,
                         pst_say("at most %zu bytes", sizeof facts->group - 1),
                         pst_say("%zu bytes", group.len));
    pst_document_keep(group, facts->group, sizeof facts->group);
}

static void read_versions(struct pst_fields *fields, struct pst_facts *facts)
{
    facts->revision = pst_fields_version(fields, "revision");
    facts->os = pst_fields_version(fields, "os");
    facts->agent = pst_fields_version(fields, "agent");
    facts->bootloader = read_version(fields, "bootloader");
    facts->data_schema = read_version(fields, "data_schema");
    facts->security_floor = read_version(fields, "security_floor");
}

static void read_state(struct pst_fields *fields, struct pst_facts *facts)
{
    facts->free_bytes = read_count(fields, "free_bytes", BYTES_MOST, -1);
    facts->memory_bytes = pst_fields_integer(fields, "memory_bytes", 0, BYTES_MOST);
    facts->battery_percent = read_count(fields, "battery_percent", 100, -1);
    facts->mains = read_tri(fields, "mains");
    facts->busy = read_tri(fields, "busy");
    facts->tampered = read_tri(fields, "tampered");
    facts->metered = read_tri(fields, "metered");
    facts->window_open = read_tri(fields, "window_open");
    facts->root_version = pst_fields_integer(fields, "root_version", 0, PST_JSON_INTEGER_MAX);
    facts->sequence = pst_fields_integer(fields, "sequence", 0, PST_JSON_INTEGER_MAX);
}

enum pst_code pst_facts_parse(const struct pst_json *json, struct pst_facts *out,
                              struct pst_report *why)
{
    struct pst_facts facts = {0};

    PST_WITHIN(why, "facts");
    enum pst_code code = pst_document_format(json, PST_FACTS_FORMAT, /* needs= */ "", why);
    if (code != PST_OK)
        return code;
    struct pst_fields fields = pst_fields_open(json, why);
    (void)pst_fields_text(&fields, "format", sizeof PST_FACTS_FORMAT);
    read_who(&fields, &facts);
    read_versions(&fields, &facts);
    read_components(&fields, &facts);
    read_schemes(&fields, &facts);
    read_state(&fields, &facts);
    code = pst_fields_close(&fields);
    if (code == PST_OK)
        *out = facts;
    return code;
}

const struct pst_facts_component *pst_facts_component(const struct pst_facts *facts,
                                                      struct pst_text name)
{
    for (size_t i = 0; i < facts->component_count; i++)
        if (pst_text_is(name, facts->component[i].name))
            return &facts->component[i];
    return NULL;
}

static void print_if_set(struct pst_json_out *out, const char *name, const char *text)
{
    if (text[0] != '\0')
        pst_out_string(out, name, text);
}

static void print_if_known(struct pst_json_out *out, const char *name, int64_t value)
{
    if (value >= 0)
        pst_out_integer(out, name, value);
}

static void print_tri(struct pst_json_out *out, const char *name, enum pst_tri value)
{
    if (value != PST_TRI_UNKNOWN)
        pst_out_bool(out, name, value == PST_TRI_YES);
}

static void print_component(struct pst_json_out *out, const struct pst_facts_component *component)
{
    pst_out_open(out, NULL, '{');
    pst_out_string(out, "name", component->name);
    pst_out_string(out, "slot_class", component->slot_class);
    pst_out_integer(out, "slot_bytes", component->slot_bytes);
    if (component->active_bytes > 0) {
        pst_out_open(out, "active", '{');
        pst_out_integer(out, "size", component->active_bytes);
        pst_out_hex(out, "sha256",
                    pst_bytes(component->active_sha256, sizeof component->active_sha256));
        pst_out_close(out, '}');
    }
    pst_out_close(out, '}');
}

static void print_lists(struct pst_json_out *out, const struct pst_facts *facts)
{
    pst_out_open(out, "components", '[');
    for (size_t i = 0; i < facts->component_count; i++)
        print_component(out, &facts->component[i]);
    pst_out_close(out, ']');
    pst_out_open(out, "schemes", '[');
    for (size_t i = 0; i < facts->scheme_count; i++)
        pst_out_string(out, NULL, facts->scheme[i]);
    pst_out_close(out, ']');
}

static void print_state(struct pst_json_out *out, const struct pst_facts *facts)
{
    print_if_known(out, "free_bytes", facts->free_bytes);
    pst_out_integer(out, "memory_bytes", facts->memory_bytes);
    print_if_known(out, "battery_percent", facts->battery_percent);
    print_tri(out, "mains", facts->mains);
    print_tri(out, "busy", facts->busy);
    print_tri(out, "tampered", facts->tampered);
    print_tri(out, "metered", facts->metered);
    print_tri(out, "window_open", facts->window_open);
    pst_out_integer(out, "root_version", facts->root_version);
    pst_out_integer(out, "sequence", facts->sequence);
}

void pst_facts_print(const struct pst_facts *facts, struct pst_json_out *out, const char *name)
{
    pst_out_open(out, name, '{');
    pst_out_string(out, "format", PST_FACTS_FORMAT);
    pst_out_string(out, "serial", facts->serial);
    pst_out_string(out, "product", facts->product);
    pst_out_string(out, "model", facts->model);
    print_if_set(out, "region", facts->region);
    print_if_set(out, "group", facts->group);
    pst_out_string(out, "revision", facts->revision.text);
    pst_out_string(out, "os", facts->os.text);
    pst_out_string(out, "agent", facts->agent.text);
    print_if_set(out, "bootloader", facts->bootloader.text);
    print_if_set(out, "data_schema", facts->data_schema.text);
    print_if_set(out, "security_floor", facts->security_floor.text);
    print_lists(out, facts);
    print_state(out, facts);
    pst_out_close(out, '}');
}
