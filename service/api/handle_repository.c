/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_repository.c - the signed files: GET and HEAD with ETag, conditions and a single range.
 */
#include <inttypes.h>
#include <unistd.h>

#include "service/api/call.h"
#include "service/api/range.h"

/* Which files there are is no secret, but why one is not there is nobody's business: 404. */
static void end_missing(struct pst_call *call, enum pst_code code)
{
    if (pst_code_kind(code) == PST_KIND_REFUSAL || code == PST_HOST_NOT_FOUND) {
        struct pst_report why = {0};
        (void)pst_refuse(&why, PST_SERVICE_NOT_FOUND, pst_say("a file of the repository"),
                         pst_say("'%.120s'", call->param));
        call->why = why;
    }
    pst_call_problem(call);
}

static void add_headers(const struct pst_repository_file *file, struct pst_response *response)
{
    pst_response_header(response, "ETag", "%s", file->etag);
    pst_response_header(response, "Accept-Ranges", "bytes");
    pst_response_header(response, "Cache-Control", "%s",
                        file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
}

static void refuse_range(struct pst_call *call, const struct pst_repository_file *file,
                         struct pst_response *response)
{
    (void)pst_refuse(&call->why, PST_NET_RANGE,
                     pst_say("a range within %" PRIu64 " bytes", file->bytes),
                     pst_say("'%.*s'", PST_ARGS(call->request->range)));
    pst_response_header(response, "Content-Range", "bytes */%" PRIu64, file->bytes);
    pst_response_problem_as(response, call->api, call->request, &call->why, 416);
}

static void choose_part(struct pst_call *call, const struct pst_repository_file *file,
                        struct pst_response *response)
{
    struct pst_text range = call->request->range;
    uint64_t from = 0, len = file->bytes;

    if (!pst_if_range_holds(call->request->if_range, pst_text(file->etag)))
        range = (struct pst_text){0};
    switch (pst_range_of(range, file->bytes, &from, &len)) {
    case PST_RANGE_UNSATISFIABLE:
        refuse_range(call, file, response);
        return;
    case PST_RANGE_PART:
        response->status = 206;
        pst_response_header(response, "Content-Range", "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
                            from, from + len - 1, file->bytes);
        break;
    case PST_RANGE_WHOLE:
        break;
    }
    response->fd = file->fd;
    response->fd_at = from;
    response->fd_bytes = len;
}

void pst_handle_repository(struct pst_call *call)
{
    struct pst_repository_file file = {.fd = -1};
    struct pst_response response;

    enum pst_code code =
        pst_repository_get(call->api->options.repository, pst_text(call->param), &file, &call->why);
    if (code != PST_OK) {
        end_missing(call, code);
        return;
    }
    pst_response_init(&response);
    response.content_type = file.content_type;
    add_headers(&file, &response);
    if (pst_etag_list_holds(call->request->if_none_match, pst_text(file.etag), /* weak= */ true))
        response.status = 304;
    else
        choose_part(call, &file, &response);
    if (response.fd != file.fd)
        close(file.fd);
    pst_call_end(call, &response);
}
