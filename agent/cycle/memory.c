/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cycle/memory.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/fields.h"
#include "manifests/json_out.h"

enum { DOCUMENT_BYTES = 65536 };

/* ---- one document */

/* *out stays NULL when the document is absent or damaged; only what stops us is an error. */
static enum pst_code load(const struct pst_state_port *state, const char *name,
                          struct pst_json **out, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(DOCUMENT_BYTES);
    PST_CLEANUP(pst_heap) struct pst_report *tried = calloc(1, sizeof *tried);
    if (tried == NULL)
        return pst_no_memory(why, "a report");
    enum pst_code rc = state->read(state->context, name, &bytes, tried);
    if (rc == PST_HOST_NOT_FOUND)
        return PST_OK;
    if (rc != PST_OK && rc != PST_TOO_LARGE) { /* larger than any that we wrote: damaged too */
        pst_report_append(why, tried, false);
        return rc;
    }
    if (rc == PST_OK)
        rc = pst_json_parse(pst_buf_bytes(&bytes), &pst_json_small, out, NULL);
    if (rc == PST_NO_MEMORY) /* it is not damaged, and what it says must not be forgotten */
        return pst_no_memory(why, name);
    if (rc != PST_OK)
        pst_note(why, PST_HOST_STATE, pst_say("'%s' to be whole", name),
                 pst_say("a damaged document"));
    return PST_OK;
}

static enum pst_code settle(enum pst_code rc, const char *name, struct pst_report *why)
{
    if (rc != PST_OK)
        pst_note(why, PST_HOST_STATE, pst_say("'%s' to make sense", name),
                 pst_say("%s", pst_code_name(rc)));
    return rc;
}

static enum pst_code keep(const struct pst_state_port *state, const char *name,
                          const struct pst_json_out *out, struct pst_report *why)
{
    if (!pst_json_out_is_whole(out))
        return pst_no_memory(why, name);
    return state->replace(state->context, name, pst_buf_bytes(out->buf), why);
}

static void copy(struct pst_text text, char *out, size_t room)
{
    snprintf(out, room, "%.*s", PST_ARGS(text));
}

static void out_version(struct pst_json_out *out, const char *name,
                        const struct pst_version *version)
{
    if (pst_version_is_set(version))
        pst_out_string(out, name, version->text);
}

static struct pst_version optional_version(struct pst_fields *fields, const char *name)
{
    return pst_fields_has(fields, name) ? pst_fields_version(fields, name)
                                        : (struct pst_version){.pre_len = 0};
}

static void optional_name(struct pst_fields *fields, const char *name, char *out)
{
    if (pst_fields_has(fields, name))
        copy(pst_fields_name(fields, name), out, PST_NAME_ROOM);
}

static void out_name(struct pst_json_out *out, const char *name, const char *value)
{
    if (value[0] != '\0')
        pst_out_string(out, name, value);
}

/* ---- update */

static void read_checks(struct pst_fields *fields, struct pst_update_memory *memory)
{
    const struct pst_json *list = pst_fields_array(fields, "checks", 0, PST_COUNT(memory->check));
    for (const struct pst_json *item = list != NULL ? pst_json_first(list) : NULL; item != NULL;
         item = pst_json_next(item))
        copy(pst_json_text(item), memory->check[memory->check_count++], PST_NAME_ROOM);
}

static enum pst_code parse_update(const struct pst_json *json, struct pst_update_memory *out)
{
    struct pst_update_memory memory = {.state = PST_UPDATE_IDLE};
    struct pst_fields fields = pst_fields_open(json, NULL);

    if (!pst_update_state_parse(pst_fields_text(&fields, "state", 32), &memory.state))
        return PST_HOST_STATE;
    memory.target = (int)pst_fields_integer(&fields, "target", 0, 1);
    optional_name(&fields, "rollout", memory.rollout);
    optional_name(&fields, "product", memory.product);
    optional_name(&fields, "source", memory.source);
    memory.version = optional_version(&fields, "version");
    memory.from = optional_version(&fields, "from");
    memory.security_floor = optional_version(&fields, "security_floor");
    memory.sequence = pst_fields_integer(&fields, "sequence", 0, PST_JSON_INTEGER_MAX);
    memory.tries = pst_fields_integer(&fields, "tries", 0, 255);
    memory.confirm_within_s =
        pst_fields_integer(&fields, "confirm_within", 0, PST_JSON_INTEGER_MAX);
    memory.fetched_bytes = pst_fields_integer(&fields, "fetched", 0, PST_JSON_INTEGER_MAX);
    read_checks(&fields, &memory);
    enum pst_code rc = pst_fields_close(&fields);
    if (rc == PST_OK)
        *out = memory;
    return rc;
}

enum pst_code pst_memory_load_update(const struct pst_state_port *state,
                                     struct pst_update_memory *out, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_update_memory memory = {.state = PST_UPDATE_IDLE};

    enum pst_code rc = load(state, "update", &json, why);
    if (rc != PST_OK)
        return rc;
    if (json != NULL && settle(parse_update(json, &memory), "update", why) != PST_OK)
        memory = (struct pst_update_memory){.state = PST_UPDATE_IDLE};
    *out = memory;
    return PST_OK;
}

enum pst_code pst_memory_keep_update(const struct pst_state_port *state,
                                     const struct pst_update_memory *memory, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(DOCUMENT_BYTES);
    struct pst_json_out out = pst_json_out(&bytes);

    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "state", pst_update_state_name(memory->state));
    pst_out_integer(&out, "target", memory->target);
    out_name(&out, "rollout", memory->rollout);
    out_name(&out, "product", memory->product);
    out_name(&out, "source", memory->source);
    out_version(&out, "version", &memory->version);
    out_version(&out, "from", &memory->from);
    out_version(&out, "security_floor", &memory->security_floor);
    pst_out_integer(&out, "sequence", memory->sequence);
    pst_out_integer(&out, "tries", memory->tries);
    pst_out_integer(&out, "confirm_within", memory->confirm_within_s);
    pst_out_integer(&out, "fetched", memory->fetched_bytes);
    pst_out_open(&out, "checks", '[');
    for (size_t i = 0; i < memory->check_count; i++)
        pst_out_string(&out, NULL, memory->check[i]);
    pst_out_close(&out, ']');
    pst_out_close(&out, '}');
    return keep(state, "update", &out, why);
}

/* ---- slots */

static void read_component(const struct pst_json *item, struct pst_fields *outer,
                           struct pst_facts_component *out)
{
    struct pst_fields fields = pst_fields_open(item, NULL);
    copy(pst_fields_name(&fields, "name"), out->name, sizeof out->name);
    out->active_bytes = pst_fields_integer(&fields, "bytes", 0, PST_JSON_INTEGER_MAX);
    (void)pst_fields_hex(&fields, "sha256", out->active_sha256, sizeof out->active_sha256);
    pst_fields_merge(outer, pst_fields_close(&fields));
}

static void read_slot(const struct pst_json *item, struct pst_fields *outer,
                      struct pst_slot_memory *out)
{
    struct pst_fields fields = pst_fields_open(item, NULL);
    out->version = optional_version(&fields, "version");
    const struct pst_json *list =
        pst_fields_array(&fields, "components", 0, PST_FACTS_COMPONENTS_MOST);
    for (const struct pst_json *one = list != NULL ? pst_json_first(list) : NULL; one != NULL;
         one = pst_json_next(one))
        read_component(one, &fields, &out->component[out->component_count++]);
    pst_fields_merge(outer, pst_fields_close(&fields));
}

static enum pst_code parse_slots(const struct pst_json *json, struct pst_slots_memory *out)
{
    struct pst_slots_memory memory = {.sequence = 0};
    struct pst_fields fields = pst_fields_open(json, NULL);
    size_t count = 0;

    memory.security_floor = optional_version(&fields, "security_floor");
    memory.sequence = pst_fields_integer(&fields, "sequence", 0, PST_JSON_INTEGER_MAX);
    const struct pst_json *list = pst_fields_array(&fields, "slots", 2, 2);
    for (const struct pst_json *item = list != NULL ? pst_json_first(list) : NULL; item != NULL;
         item = pst_json_next(item))
        read_slot(item, &fields, &memory.slot[count++]);
    enum pst_code rc = pst_fields_close(&fields);
    if (rc == PST_OK)
        *out = memory;
    return rc;
}

enum pst_code pst_memory_load_slots(const struct pst_state_port *state,
                                    struct pst_slots_memory *out, struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    enum pst_code rc = load(state, "slots", &json, why);
    if (rc != PST_OK)
        return rc;
    if (json == NULL || settle(parse_slots(json, out), "slots", why) != PST_OK)
        return PST_HOST_NOT_FOUND;
    return PST_OK;
}

static void out_slot(struct pst_json_out *out, const struct pst_slot_memory *slot)
{
    pst_out_open(out, NULL, '{');
    out_version(out, "version", &slot->version);
    pst_out_open(out, "components", '[');
    for (size_t i = 0; i < slot->component_count; i++) {
        const struct pst_facts_component *component = &slot->component[i];
        pst_out_open(out, NULL, '{');
        pst_out_string(out, "name", component->name);
        pst_out_integer(out, "bytes", component->active_bytes);
        pst_out_hex(out, "sha256", pst_bytes(component->active_sha256, PST_SHA256_BYTES));
        pst_out_close(out, '}');
    }
    pst_out_close(out, ']');
    pst_out_close(out, '}');
}

enum pst_code pst_memory_keep_slots(const struct pst_state_port *state,
                                    const struct pst_slots_memory *memory, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(DOCUMENT_BYTES);
    struct pst_json_out out = pst_json_out(&bytes);

    pst_out_open(&out, NULL, '{');
    out_version(&out, "security_floor", &memory->security_floor);
    pst_out_integer(&out, "sequence", memory->sequence);
    pst_out_open(&out, "slots", '[');
    out_slot(&out, &memory->slot[0]);
    out_slot(&out, &memory->slot[1]);
    pst_out_close(&out, ']');
    pst_out_close(&out, '}');
    return keep(state, "slots", &out, why);
}

/* ---- identity and time */

enum pst_code pst_memory_load_terminal(const struct pst_state_port *state, char out[PST_NAME_ROOM],
                                       struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    enum pst_code rc = load(state, "identity", &json, why);
    if (rc != PST_OK)
        return rc;
    struct pst_text id = pst_json_text(pst_json_member(json, "terminal"));
    copy(json != NULL && pst_name_is_safe(id) ? id : pst_text(""), out, PST_NAME_ROOM);
    return PST_OK;
}

enum pst_code pst_memory_keep_terminal(const struct pst_state_port *state, const char *terminal,
                                       struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(DOCUMENT_BYTES);
    struct pst_json_out out = pst_json_out(&bytes);
    pst_out_open(&out, NULL, '{');
    pst_out_string(&out, "terminal", terminal);
    pst_out_close(&out, '}');
    return keep(state, "identity", &out, why);
}

enum pst_code pst_memory_load_floor(const struct pst_state_port *state, int64_t *out_s,
                                    struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    enum pst_code rc = load(state, "time", &json, why);
    if (rc != PST_OK)
        return rc;
    *out_s = json != NULL ? pst_json_integer(pst_json_member(json, "floor")) : 0;
    return PST_OK;
}

enum pst_code pst_memory_keep_floor(const struct pst_state_port *state, int64_t floor_s,
                                    struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(DOCUMENT_BYTES);
    struct pst_json_out out = pst_json_out(&bytes);
    pst_out_open(&out, NULL, '{');
    pst_out_integer(&out, "floor", floor_s);
    pst_out_close(&out, '}');
    return keep(state, "time", &out, why);
}

/* ---- notes */

enum pst_code pst_memory_keep_notes(const struct pst_state_port *state,
                                    const struct pst_report *notes, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(DOCUMENT_BYTES);
    struct pst_json_out out = pst_json_out(&bytes);

    if (notes->count == 0)
        return state->remove(state->context, "notes", why);
    pst_out_findings(&out, NULL, notes);
    return keep(state, "notes", &out, why);
}

void pst_memory_add_notes(const struct pst_state_port *state, struct pst_report *into)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    PST_CLEANUP(pst_heap) struct pst_report *notes = calloc(1, sizeof *notes);

    if (notes != NULL && load(state, "notes", &json, into) == PST_OK && json != NULL &&
        pst_findings_parse(json, notes, NULL) == PST_OK)
        pst_report_append(into, notes, /* noted= */ true);
}
