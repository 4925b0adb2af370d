/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_publish.c - blobs come in one by one, then a publish makes them visible together.
 *
 * Both end on the publisher's thread: fsync of an image, or verifying a whole release, is nothing
 * that an HTTP worker or the store's writer may wait for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/api/call.h"
#include "service/api/publisher.h"

enum { ITEMS_MOST = 256 };

/* ---- blobs */

struct blob_work {
    struct pst_work work; /* first */
    int fd;
    int64_t bytes;
    uint8_t sha256[PST_SHA256_BYTES];
    bool existed;
};

static enum pst_code apply_blob(struct pst_work *base, struct pst_store *store)
{
    struct blob_work *work = (struct blob_work *)base;
    (void)store;
    return pst_repository_keep(base->api->options.repository, work->fd, work->sha256,
                               &work->existed, &base->job.why);
}

static void answer_blob(struct pst_work *base, struct pst_response *response)
{
    struct blob_work *work = (struct blob_work *)base;
    struct pst_json_out json = pst_response_json(response, work->existed ? 200 : 201);

    pst_out_open(&json, NULL, '{');
    pst_out_hex(&json, "sha256", pst_bytes(work->sha256, sizeof work->sha256));
    pst_out_integer(&json, "bytes", work->bytes);
    pst_out_close(&json, '}');
    pst_response_json_end(response, base->api, base->request, &json);
}

static enum pst_code check_digest(struct pst_call *call)
{
    const struct pst_request *request = call->request;
    uint8_t named[PST_SHA256_BYTES];
    char found[2 * PST_SHA256_BYTES + 1];

    if (!pst_hex_parse(pst_text(call->param), named, sizeof named))
        return pst_refuse(&call->why, PST_SERVICE_BAD_REQUEST,
                          pst_say("a SHA-256 of 64 hex digits in the path"),
                          pst_say("'%.100s'", call->param));
    if (request->upload_fd < 0)
        return pst_refuse(&call->why, PST_SERVICE_BAD_REQUEST, pst_say("the blob's bytes"),
                          pst_say("no body"));
    if (memcmp(named, request->upload_sha256, sizeof named) == 0)
        return PST_OK;
    pst_hex_print(pst_bytes(request->upload_sha256, PST_SHA256_BYTES), found);
    return pst_refuse(&call->why, PST_IMAGE_CORRUPT, pst_say("%s", call->param),
                      pst_say("%s (%lld bytes came)", found, (long long)request->upload_bytes));
}

void pst_handle_blob(struct pst_call *call)
{
    if (check_digest(call) != PST_OK) {
        pst_call_problem(call);
        return;
    }
    struct blob_work *work = pst_call_work(call, sizeof *work, apply_blob, answer_blob);
    if (work == NULL)
        return;
    work->fd = call->request->upload_fd; /* stays open until the reply: it is the request's */
    work->bytes = call->request->upload_bytes;
    memcpy(work->sha256, call->request->upload_sha256, sizeof work->sha256);
    pst_call_slowly(call, &work->work);
}

/* ---- publishing */

struct publish_work {
    struct pst_work work; /* first */
    size_t count;
    struct pst_publish_item item[ITEMS_MOST];
    struct pst_published published;
};

static enum pst_code apply_publish(struct pst_work *base, struct pst_store *store)
{
    struct publish_work *work = (struct publish_work *)base;
    const struct pst_api_options *options = &base->api->options;
    (void)store;

    enum pst_code code = pst_repository_publish(options->repository, work->item, work->count,
                                                &work->published, &base->job.why);
    return code == PST_OK ? pst_publisher_store(options->writer, &work->published, &base->job.why)
                          : code;
}

static void view_published(struct pst_json_out *json, const struct pst_published_release *published)
{
    pst_out_open(json, NULL, '{');
    pst_out_text(json, "product", published->release->product);
    pst_out_string(json, "version", published->release->version.text);
    pst_out_integer(json, "sequence", published->release->sequence);
    pst_out_string(json, "manifest", published->path);
    pst_out_close(json, '}');
}

static void answer_publish(struct pst_work *base, struct pst_response *response)
{
    struct publish_work *work = (struct publish_work *)base;
    struct pst_json_out json = pst_response_json(response, 200);

    pst_out_open(&json, NULL, '{');
    pst_out_integer(&json, "snapshot", work->published.snapshot_version);
    pst_out_integer(&json, "timestamp", work->published.timestamp_version);
    pst_out_open(&json, "releases", '[');
    for (size_t i = 0; i < work->published.count; i++)
        view_published(&json, &work->published.release[i]);
    pst_out_close(&json, ']');
    pst_out_close(&json, '}');
    pst_response_json_end(response, base->api, base->request, &json);
}

static void clear_publish(struct pst_work *base)
{
    pst_published_clear(&((struct publish_work *)base)->published);
}

static void read_item(struct pst_fields *up, const struct pst_json *json, size_t index,
                      struct pst_publish_item *item)
{
    PST_WITHIN(up->why, "metadata/%zu", index);
    struct pst_fields fields = pst_fields_open(json, up->why);
    struct pst_text name = pst_fields_name(&fields, "name");
    snprintf(item->name, sizeof item->name, "%.*s", PST_ARGS(name));
    (void)pst_fields_hex(&fields, "sha256", item->sha256, sizeof item->sha256);
    pst_fields_merge(up, pst_fields_close(&fields));
}

static enum pst_code read_publish(const struct pst_json *json, struct publish_work *work,
                                  struct pst_report *why)
{
    struct pst_fields fields = pst_fields_open(json, why);
    const struct pst_json *items = pst_fields_array(&fields, "metadata", 1, ITEMS_MOST);

    for (const struct pst_json *item = items != NULL ? pst_json_first(items) : NULL; item != NULL;
         item = pst_json_next(item)) {
        read_item(&fields, item, work->count, &work->item[work->count]);
        work->count++;
    }
    return pst_fields_close(&fields);
}

void pst_handle_publish(struct pst_call *call)
{
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    if (!pst_call_json(call, &json))
        return;
    struct publish_work *work = pst_call_work(call, sizeof *work, apply_publish, answer_publish);
    if (work == NULL)
        return;
    work->work.clear = clear_publish;
    enum pst_code code = read_publish(json, work, &work->work.job.why);
    if (code == PST_OK)
        pst_call_slowly(call, &work->work);
    else
        pst_work_done(&work->work, code);
}
