/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/fetch/checkpoint.h"

#include <stdio.h>

#include "manifests/fields.h"
#include "manifests/json_out.h"

enum { DOCUMENT_BYTES = 1024, FILE_NAME_ROOM = 96 };

static const char *name_of(struct pst_text component, char out[FILE_NAME_ROOM])
{
    snprintf(out, FILE_NAME_ROOM, "checkpoint-%.*s", PST_ARGS(component));
    return out;
}

static bool parse(struct pst_bytes bytes, struct pst_kept_checkpoint *out)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    if (pst_json_parse(bytes, &pst_json_small, &json, NULL) != PST_OK)
        return false;
    struct pst_fields fields = pst_fields_open(json, NULL);
    bool whole = pst_fields_hex(&fields, "source", out->source_sha256, PST_SHA256_BYTES);
    out->slot = (int)pst_fields_integer(&fields, "slot", 0, 1);
    out->at.source_at = pst_fields_integer(&fields, "source_at", 0, PST_JSON_INTEGER_MAX);
    out->at.image_at = pst_fields_integer(&fields, "image_at", 0, PST_JSON_INTEGER_MAX);
    out->at.head_bytes = pst_fields_integer(&fields, "head_bytes", 0, PST_JSON_INTEGER_MAX);
    return pst_fields_close(&fields) == PST_OK && whole;
}

void pst_checkpoint_load(const struct pst_state_port *state, struct pst_text component,
                         struct pst_kept_checkpoint *inout)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(DOCUMENT_BYTES);
    struct pst_kept_checkpoint kept = {.slot = -1};
    char name[FILE_NAME_ROOM];

    inout->at = (struct pst_checkpoint){0};
    if (state->read(state->context, name_of(component, name), &bytes, NULL) == PST_OK &&
        parse(pst_buf_bytes(&bytes), &kept) && kept.slot == inout->slot &&
        memcmp(kept.source_sha256, inout->source_sha256, PST_SHA256_BYTES) == 0)
        inout->at = kept.at;
}

enum pst_code pst_checkpoint_keep(const struct pst_state_port *state, struct pst_text component,
                                  const struct pst_kept_checkpoint *checkpoint,
                                  struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(DOCUMENT_BYTES);
    struct pst_json_out out = pst_json_out(&bytes);
    char name[FILE_NAME_ROOM];

    pst_out_open(&out, NULL, '{');
    pst_out_hex(&out, "source", pst_bytes(checkpoint->source_sha256, PST_SHA256_BYTES));
    pst_out_integer(&out, "slot", checkpoint->slot);
    pst_out_integer(&out, "source_at", checkpoint->at.source_at);
    pst_out_integer(&out, "image_at", checkpoint->at.image_at);
    pst_out_integer(&out, "head_bytes", checkpoint->at.head_bytes);
    pst_out_close(&out, '}');
    if (!pst_json_out_is_whole(&out))
        return pst_no_memory(why, "a checkpoint");
    return state->replace(state->context, name_of(component, name), pst_buf_bytes(&bytes), why);
}

enum pst_code pst_checkpoint_drop(const struct pst_state_port *state, struct pst_text component,
                                  struct pst_report *why)
{
    char name[FILE_NAME_ROOM];
    return state->remove(state->context, name_of(component, name), why);
}
