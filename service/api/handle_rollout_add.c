/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_rollout_add.c - a new rollout, as a draft.
 *
 * With an Idempotency-Key the id follows from it, so that the same request sent again meets its own
 * rollout instead of making a second one; nothing else has to be remembered.
 */
#include <stdio.h>

#include "service/api/call.h"
#include "service/api/rollout_answer.h"
#include "service/api/views.h"
#include "service/rollout/rollout.h"

enum { SERIALS_MOST = 256, ID_BYTES = 8 };

struct add_work {
    struct pst_work work; /* first */
    struct pst_rollout_row row;
    bool repeated;
};

void pst_rollout_answer(const struct pst_work *work, const struct pst_rollout_row *row, int status,
                        struct pst_response *response)
{
    struct pst_json_out json = pst_response_json(response, status);

    pst_out_open(&json, NULL, '{');
    pst_view_rollout(&json, row);
    pst_out_close(&json, '}');
    pst_response_header(response, "ETag", PST_ROLLOUT_ETAG, row->revision);
    if (status == 201)
        pst_response_header(response, "Location", "/api/v1/rollouts/%s", row->id);
    pst_response_json_end(response, work->api, work->request, &json);
}

static bool is_same_order(const struct pst_rollout_row *a, const struct pst_rollout_row *b)
{
    return strcmp(a->product, b->product) == 0 && strcmp(a->version.text, b->version.text) == 0 &&
           strcmp(a->name, b->name) == 0 && a->percent == b->percent &&
           a->downgrade == b->downgrade && strcmp(a->filter_os, b->filter_os) == 0 &&
           strcmp(a->filter_model, b->filter_model) == 0 &&
           strcmp(a->filter_region, b->filter_region) == 0 &&
           strcmp(a->filter_group, b->filter_group) == 0 &&
           strcmp(a->filter_serials, b->filter_serials) == 0;
}

static enum pst_code apply_add(struct pst_work *base, struct pst_store *store)
{
    struct add_work *work = (struct add_work *)base;
    struct pst_rollout_row known;

    enum pst_code code = store->ops->rollout(store, work->row.id, &known, &base->job.why);
    if (code == PST_SERVICE_NOT_FOUND)
        return store->ops->put_rollout(store, &work->row, &base->job.why);
    if (code != PST_OK)
        return code;
    if (!is_same_order(&known, &work->row))
        return pst_refuse(&base->job.why, PST_SERVICE_CONFLICT,
                          pst_say("the request that this Idempotency-Key stood on"),
                          pst_say("another one"));
    work->row = known;
    work->repeated = true;
    return PST_OK;
}

static void answer_add(struct pst_work *base, struct pst_response *response)
{
    struct add_work *work = (struct add_work *)base;
    pst_rollout_answer(base, &work->row, work->repeated ? 200 : 201, response);
}

/* ---- reading it */

static void keep_text(struct pst_fields *fields, const char *name, char *out, size_t room)
{
    if (!pst_fields_has(fields, name))
        return;
    struct pst_text text = pst_fields_text(fields, name, room - 1);
    snprintf(out, room, "%.*s", PST_ARGS(text));
}

static void read_serials(struct pst_fields *fields, struct pst_rollout_row *row)
{
    const struct pst_json *serials = pst_fields_array(fields, "serials", 1, SERIALS_MOST);
    size_t len = 0;

    for (const struct pst_json *serial = serials != NULL ? pst_json_first(serials) : NULL;
         serial != NULL; serial = pst_json_next(serial)) {
        struct pst_text text = pst_json_text(serial);
        if (pst_json_type(serial) != PST_JSON_TEXT || !pst_name_is_safe(text)) {
            pst_fields_fault(fields, "serials", PST_BAD_SYNTAX, pst_say("a list of serials"),
                             pst_say("'%.*s'", PST_ARGS(text)));
            return;
        }
        if (len + text.len + 2 > sizeof row->filter_serials) {
            pst_fields_fault(fields, "serials", PST_TOO_LARGE,
                             pst_say("%zu bytes of serials", sizeof row->filter_serials - 1),
                             pst_say("more"));
            return;
        }
        len += (size_t)snprintf(row->filter_serials + len, sizeof row->filter_serials - len,
                                "%s%.*s", len > 0 ? "\n" : "", PST_ARGS(text));
    }
}

static void read_filter(struct pst_fields *up, struct pst_rollout_row *row)
{
    const struct pst_json *json = pst_fields_object(up, "filter");
    if (json == NULL)
        return;
    PST_WITHIN(up->why, "filter");
    struct pst_fields fields = pst_fields_open(json, up->why);
    keep_text(&fields, "os", row->filter_os, sizeof row->filter_os);
    keep_text(&fields, "model", row->filter_model, sizeof row->filter_model);
    keep_text(&fields, "region", row->filter_region, sizeof row->filter_region);
    keep_text(&fields, "group", row->filter_group, sizeof row->filter_group);
    if (pst_fields_has(&fields, "serials"))
        read_serials(&fields, row);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static enum pst_code read_rollout(const struct pst_json *json, struct pst_rollout_row *row,
                                  struct pst_report *why)
{
    PST_WITHIN(why, "rollout");
    struct pst_fields fields = pst_fields_open(json, why);
    struct pst_text product = pst_fields_name(&fields, "product");

    snprintf(row->product, sizeof row->product, "%.*s", PST_ARGS(product));
    row->version = pst_fields_version(&fields, "version");
    keep_text(&fields, "name", row->name, sizeof row->name);
    row->percent = 100;
    if (pst_fields_has(&fields, "percent"))
        row->percent = pst_fields_integer(&fields, "percent", 1, 100);
    row->downgrade = pst_fields_has(&fields, "downgrade") && pst_fields_bool(&fields, "downgrade");
    if (pst_fields_has(&fields, "filter"))
        read_filter(&fields, row);
    return pst_fields_close(&fields);
}

static enum pst_code find_release(struct pst_call *call, struct pst_rollout_row *row,
                                  struct pst_report *why)
{
    struct pst_release_row release;
    char named[PST_NAME_ROOM + PST_VERSION_ROOM + 2];

    snprintf(named, sizeof named, "%s %s", row->product, row->version.text);
    enum pst_code code = pst_refuse_missing(
        why, call->reader->ops->release(call->reader, row->product, &row->version, &release, why),
        "published release", named);
    if (code == PST_OK)
        snprintf(row->manifest, sizeof row->manifest, "%s", release.manifest);
    return code;
}

static enum pst_code make_id(struct pst_call *call, char id[PST_ID_ROOM], struct pst_report *why)
{
    struct pst_text key = call->request->idempotency_key;
    uint8_t bytes[PST_SHA256_BYTES];
    char message[400];
    enum pst_code code;

    if (key.len == 0) {
        code = pst_random(bytes, ID_BYTES, why);
    } else if (key.len > 255) {
        return pst_refuse(why, PST_SERVICE_BAD_REQUEST,
                          pst_say("an Idempotency-Key of at most 255 bytes"),
                          pst_say("%zu", key.len));
    } else {
        int len =
            snprintf(message, sizeof message, "rollout|%s|%.*s", call->caller.id, PST_ARGS(key));
        code =
            pst_hmac_sha256(call->api->options.secret, pst_bytes(message, (size_t)len), bytes, why);
    }
    if (code != PST_OK)
        return code;
    id[0] = 'r';
    id[1] = '-';
    pst_hex_print(pst_bytes(bytes, ID_BYTES), id + 2);
    return PST_OK;
}

void pst_handle_rollout_add(struct pst_call *call)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    if (!pst_call_json(call, &json))
        return;
    struct add_work *work = pst_call_work(call, sizeof *work, apply_add, answer_add);
    if (work == NULL)
        return;
    struct pst_report *why = &work->work.job.why;
    struct pst_rollout_row *row = &work->row;

    row->state = PST_ROLLOUT_DRAFT;
    row->created_s = row->changed_s = pst_api_now(call->api);
    row->revision = 1;
    enum pst_code code = read_rollout(json, row, why);
    if (code == PST_OK)
        code = make_id(call, row->id, why);
    if (code == PST_OK)
        code = find_release(call, row, why);
    if (code == PST_OK)
        code = pst_rollout_check(row, why);
    if (code == PST_OK)
        pst_call_write(call, &work->work);
    else
        pst_work_done(&work->work, code);
}
