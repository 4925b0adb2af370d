/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "service/api/call.h"

enum { RESPONSE_MOST = 16 * 1024 * 1024 };

void pst_response_init(struct pst_response *response)
{
    *response = (struct pst_response){.status = 200,
                                      .content_type = "application/json",
                                      .body = pst_buf(RESPONSE_MOST),
                                      .fd = -1};
}

void pst_response_clear(struct pst_response *response)
{
    pst_buf_clear(&response->body);
    if (response->fd >= 0)
        close(response->fd);
    response->fd = -1;
}

void pst_response_header(struct pst_response *response, const char *name, const char *format, ...)
{
    va_list args;
    size_t at = 0;

    while (at < response->header_count && strcmp(response->header[at].name, name) != 0)
        at++;
    if (at == PST_RESPONSE_HEADERS_MOST)
        return;
    response->header[at].name = name;
    va_start(args, format);
    vsnprintf(response->header[at].value, sizeof response->header[at].value, format, args);
    va_end(args);
    if (at == response->header_count)
        response->header_count++;
}

struct pst_json_out pst_response_json(struct pst_response *response, int status)
{
    pst_response_init(response);
    response->status = status;
    return pst_json_out(&response->body);
}

void pst_response_json_end(struct pst_response *response, const struct pst_api *api,
                           const struct pst_request *request, const struct pst_json_out *json)
{
    struct pst_report why = {0};
    if (pst_json_out_is_whole(json))
        return;
    (void)pst_no_memory(&why, "the answer");
    pst_response_problem(response, api, request, &why);
}
