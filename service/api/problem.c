/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem.c - findings as RFC 9457 problems, with the status of the first that decides.
 */
#include <stdio.h>

#include "service/api/call.h"
#include "service/api/views.h"

enum { PROBLEM_MOST = 512 * 1024, DETAIL_MOST = 4096, RETRY_AFTER_S = 30 };

/* What is not listed goes by its kind. */
static const struct status_row {
    enum pst_code code;
    int status;
} status_rows[] = {
    {PST_TOO_LARGE, 413},          {PST_SERVICE_UNAUTHORIZED, 401},
    {PST_SERVICE_FORBIDDEN, 403},  {PST_SERVICE_NOT_ACCEPTED, 403},
    {PST_SERVICE_NOT_FOUND, 404},  {PST_SERVICE_METHOD, 405},
    {PST_SERVICE_CONFLICT, 409},   {PST_ROLLOUT_STATE, 409},
    {PST_RELEASE_EXISTS, 409},     {PST_METADATA_ROLLBACK, 409},
    {PST_SERVICE_OVERLOADED, 503}, {PST_SERVICE_MAINTENANCE, 503},
    {PST_SERVICE_STORE, 503},      {PST_NO_MEMORY, 503},
    {PST_HOST_DISK_FULL, 507},
};

int pst_status_of(enum pst_code code)
{
    static const int by_kind[] = {
        [PST_KIND_NONE] = 500,
        [PST_KIND_REFUSAL] = 400,
        [PST_KIND_DEFERRAL] = 503,
        [PST_KIND_FAULT] = 500,
    };
    for (size_t i = 0; i < PST_COUNT(status_rows); i++)
        if (status_rows[i].code == code)
            return status_rows[i].status;
    return by_kind[pst_code_kind(code)];
}

/* The finding that decides; one without values when a report that should explain is empty. */
static struct pst_finding deciding(const struct pst_report *why)
{
    for (size_t i = 0; i < why->count; i++)
        if (!why->finding[i].noted)
            return why->finding[i];
    return (struct pst_finding){.code = PST_SERVICE_STORE};
}

static bool print_problem(const struct pst_api *api, const struct pst_request *request,
                          const struct pst_report *why, const struct pst_finding *first, int status,
                          struct pst_buf *out)
{
    PST_CLEANUP(pst_buf) struct pst_buf detail = pst_buf(DETAIL_MOST);
    const struct pst_words_book *book = pst_api_book(api, request);
    struct pst_json_out json = pst_json_out(out);
    char type[96];

    if (!pst_words_fill(book, first, &detail))
        detail.len = 0;
    snprintf(type, sizeof type, "urn:postern:finding:%s", pst_code_name(first->code));
    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "type", type);
    pst_out_string(&json, "title", pst_words_of(book, first->code).title);
    pst_out_integer(&json, "status", status);
    pst_out_text(&json, "detail", pst_buf_text(&detail));
    pst_out_string(&json, "code", pst_code_name(first->code));
    pst_out_string(&json, "request_id", request->id);
    pst_view_findings(&json, "findings", why, book);
    pst_out_close(&json, '}');
    return pst_json_out_is_whole(&json);
}

void pst_response_problem_as(struct pst_response *response, const struct pst_api *api,
                             const struct pst_request *request, const struct pst_report *why,
                             int status)
{
    struct pst_finding first = deciding(why);
    struct pst_buf body = pst_buf(PROBLEM_MOST);
    struct pst_response fresh;

    /* Headers that explain the status (Allow, Content-Range) stay; a body or file does not. */
    pst_response_init(&fresh);
    fresh.header_count = response->header_count;
    memcpy(fresh.header, response->header, sizeof fresh.header);
    pst_response_clear(response);
    fresh.status = status;
    fresh.content_type = "application/problem+json";
    if (print_problem(api, request, why, &first, status, &body))
        fresh.body = body;
    else
        pst_buf_clear(&body);
    *response = fresh;
    if (status == 401)
        pst_response_header(response, "WWW-Authenticate", "Bearer");
    if (status == 503 || status == 507)
        pst_response_header(response, "Retry-After", "%d", RETRY_AFTER_S);
}

void pst_response_problem(struct pst_response *response, const struct pst_api *api,
                          const struct pst_request *request, const struct pst_report *why)
{
    pst_response_problem_as(response, api, request, why, pst_status_of(deciding(why).code));
}
