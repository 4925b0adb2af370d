/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/call.h"

#include <stdlib.h>
#include <strings.h>

#include "service/api/publisher.h"
#include "service/api/url.h"

void pst_call_end(struct pst_call *call, struct pst_response *response)
{
    call->reply->deliver(call->reply, response);
}

void pst_call_problem(struct pst_call *call)
{
    struct pst_response response;
    pst_response_init(&response);
    pst_response_problem(&response, call->api, call->request, &call->why);
    pst_call_end(call, &response);
}

void pst_call_refuse(struct pst_call *call, enum pst_code code, struct pst_value expected,
                     struct pst_value found)
{
    (void)pst_refuse(&call->why, code, expected, found);
    pst_call_problem(call);
}

void pst_call_end_json(struct pst_call *call, struct pst_response *response,
                       const struct pst_json_out *json)
{
    pst_response_json_end(response, call->api, call->request, json);
    pst_call_end(call, response);
}

/* "application/json", with or without parameters, or nothing said. */
static bool is_json(struct pst_text content_type)
{
    static const char json[] = "application/json";
    size_t len = sizeof json - 1;
    return content_type.len == 0 ||
           (content_type.len >= len && strncasecmp(content_type.at, json, len) == 0 &&
            (content_type.len == len || content_type.at[len] == ';' ||
             content_type.at[len] == ' '));
}

bool pst_call_json(struct pst_call *call, struct pst_json **out)
{
    struct pst_response response;

    if (!is_json(call->request->content_type)) {
        (void)pst_refuse(&call->why, PST_SERVICE_BAD_REQUEST,
                         pst_say("Content-Type: application/json"),
                         pst_say("%.*s", PST_ARGS(call->request->content_type)));
        pst_response_init(&response);
        pst_response_problem_as(&response, call->api, call->request, &call->why, 415);
        pst_call_end(call, &response);
        return false;
    }
    PST_WITHIN(&call->why, "body");
    if (pst_json_parse(call->request->body, &pst_json_small, out, &call->why) == PST_OK)
        return true;
    pst_call_problem(call);
    return false;
}

void *pst_call_work(struct pst_call *call, size_t size,
                    enum pst_code (*apply)(struct pst_work *work, struct pst_store *store),
                    void (*answer)(struct pst_work *work, struct pst_response *response))
{
    struct pst_work *work = calloc(1, size);
    if (work == NULL) {
        (void)pst_no_memory(&call->why, "the request");
        pst_call_problem(call);
        return NULL;
    }
    work->api = call->api;
    work->request = call->request;
    work->reply = call->reply;
    work->apply = apply;
    work->answer = answer;
    return work;
}

static void refuse_work(struct pst_work *work, enum pst_code code, struct pst_response *response)
{
    /* A commit that failed leaves its code only. */
    if (pst_report_verdict(&work->job.why) == PST_OK)
        (void)pst_refuse(&work->job.why, code, pst_say("the change on the disk"),
                         pst_say("it could not be stored"));
    pst_response_init(response);
    if (work->refused_status != 0)
        pst_response_problem_as(response, work->api, work->request, &work->job.why,
                                work->refused_status);
    else
        pst_response_problem(response, work->api, work->request, &work->job.why);
}

void pst_work_done(struct pst_work *work, enum pst_code code)
{
    struct pst_response response;
    struct pst_reply *reply = work->reply;

    if (code == PST_OK)
        work->answer(work, &response);
    else
        refuse_work(work, code, &response);
    if (work->clear != NULL)
        work->clear(work);
    free(work);
    reply->deliver(reply, &response);
}

static enum pst_code apply_job(struct pst_job *job, struct pst_store *store)
{
    struct pst_work *work = (struct pst_work *)job;
    return work->apply(work, store);
}

static void job_done(struct pst_job *job, enum pst_code code)
{
    pst_work_done((struct pst_work *)job, code);
}

void pst_call_write(struct pst_call *call, struct pst_work *work)
{
    work->job.apply = apply_job;
    work->job.done = job_done;
    enum pst_code code = pst_writer_submit(call->api->options.writer, &work->job, &work->job.why);
    if (code != PST_OK)
        pst_work_done(work, code);
}

void pst_call_slowly(struct pst_call *call, struct pst_work *work)
{
    enum pst_code code = pst_publisher_submit(call->api->options.publisher, work, &work->job.why);
    if (code != PST_OK)
        pst_work_done(work, code);
}

enum pst_code pst_refuse_missing(struct pst_report *why, enum pst_code code, const char *what,
                                 const char *id)
{
    if (code != PST_SERVICE_NOT_FOUND)
        return code;
    return pst_refuse(why, code, pst_say("a %s that is known here", what), pst_say("'%s'", id));
}

void pst_call_list(struct pst_call *call, const char *name, pst_list_fn *list, pst_row_fn *view)
{
    char product[PST_NAME_ROOM] = "";
    const struct pst_url_parameter parameters[] = {
        {.name = "product", .text = product, .room = sizeof product}};
    struct pst_response response;

    if (pst_url_query(call->request->query, parameters, PST_COUNT(parameters), &call->why) !=
        PST_OK) {
        pst_call_problem(call);
        return;
    }
    struct pst_json_out json = pst_response_json(&response, 200);
    pst_out_open(&json, NULL, '{');
    pst_out_open(&json, name, '[');
    enum pst_code code =
        list(call->reader, product[0] != '\0' ? product : NULL, view, &json, &call->why);
    pst_out_close(&json, ']');
    pst_out_close(&json, '}');
    if (code == PST_OK) {
        pst_call_end_json(call, &response, &json);
        return;
    }
    pst_response_clear(&response);
    pst_call_problem(call);
}
