/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - the route table, and the way of a request through it: path, method, caller, handler.
 */
#include <stdio.h>
#include <stdlib.h>

#include "service/api/call.h"
#include "service/api/url.h"

enum { SMALL = 4096, DOCUMENT = 64 * 1024 };

struct route {
    enum pst_method method; /* GET also answers HEAD */
    const char *pattern;    /* one {id} at most; or a * at the end for all the rest */
    enum pst_access access;
    size_t body_most;
    bool upload;
    pst_handler_fn *handle;
};

/* clang-format off */
static const struct route routes[] = {
    {PST_GET,  "/repo/*",                          PST_ACCESS_NONE,     0,        false, pst_handle_repository},
    {PST_POST, "/v1/enroll",                       PST_ACCESS_NONE,     DOCUMENT, false, pst_handle_enroll},
    {PST_POST, "/v1/challenge",                    PST_ACCESS_NONE,     SMALL,    false, pst_handle_challenge},
    {PST_POST, "/v1/token",                        PST_ACCESS_NONE,     SMALL * 4, false, pst_handle_token},
    {PST_POST, "/v1/checkin",                      PST_ACCESS_TERMINAL, DOCUMENT, false, pst_handle_checkin},
    {PST_POST, "/v1/reports",                      PST_ACCESS_TERMINAL, DOCUMENT, false, pst_handle_report},
    {PST_GET,  "/api/v1/whoami",                   PST_ACCESS_VIEWER,   0,        false, pst_handle_whoami},
    {PST_PUT,  "/api/v1/blobs/{id}",               PST_ACCESS_OPERATOR, 0,        true,  pst_handle_blob},
    {PST_POST, "/api/v1/publish",                  PST_ACCESS_OPERATOR, DOCUMENT, false, pst_handle_publish},
    {PST_GET,  "/api/v1/products",                 PST_ACCESS_VIEWER,   0,        false, pst_handle_products},
    {PST_GET,  "/api/v1/releases",                 PST_ACCESS_VIEWER,   0,        false, pst_handle_releases},
    {PST_POST, "/api/v1/terminals",                PST_ACCESS_OPERATOR, SMALL,    false, pst_handle_terminal_add},
    {PST_GET,  "/api/v1/terminals",                PST_ACCESS_VIEWER,   0,        false, pst_handle_terminals},
    {PST_GET,  "/api/v1/terminals/{id}",           PST_ACCESS_VIEWER,   0,        false, pst_handle_terminal},
    {PST_POST, "/api/v1/terminals/{id}/accept",    PST_ACCESS_OPERATOR, SMALL,    false, pst_handle_terminal_accept},
    {PST_POST, "/api/v1/terminals/{id}/block",     PST_ACCESS_OPERATOR, SMALL,    false, pst_handle_terminal_block},
    {PST_POST, "/api/v1/rollouts",                 PST_ACCESS_OPERATOR, DOCUMENT, false, pst_handle_rollout_add},
    {PST_GET,  "/api/v1/rollouts",                 PST_ACCESS_VIEWER,   0,        false, pst_handle_rollouts},
    {PST_GET,  "/api/v1/rollouts/{id}",            PST_ACCESS_VIEWER,   0,        false, pst_handle_rollout},
    {PST_POST, "/api/v1/rollouts/{id}/start",      PST_ACCESS_OPERATOR, SMALL,    false, pst_handle_rollout_start},
    {PST_POST, "/api/v1/rollouts/{id}/pause",      PST_ACCESS_OPERATOR, SMALL,    false, pst_handle_rollout_pause},
    {PST_POST, "/api/v1/rollouts/{id}/resume",     PST_ACCESS_OPERATOR, SMALL,    false, pst_handle_rollout_resume},
    {PST_POST, "/api/v1/rollouts/{id}/cancel",     PST_ACCESS_OPERATOR, SMALL,    false, pst_handle_rollout_cancel},
    {PST_GET,  "/api/v1/rollouts/{id}/terminals",  PST_ACCESS_VIEWER,   0,        false, pst_handle_rollout_terminals},
    {PST_GET,  "/livez",                           PST_ACCESS_NONE,     0,        false, pst_handle_live},
    {PST_GET,  "/readyz",                          PST_ACCESS_NONE,     0,        false, pst_handle_ready},
};
/* clang-format on */

static const char *const method_names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OTHER"};

const char *pst_method_name(enum pst_method method)
{
    return method_names[method];
}

enum pst_method pst_method_of(const char *name)
{
    for (size_t i = 0; i < PST_METHOD_OTHER; i++)
        if (strcmp(method_names[i], name) == 0)
            return (enum pst_method)i;
    return PST_METHOD_OTHER;
}

size_t pst_api_route_count(void)
{
    return PST_COUNT(routes);
}

struct pst_api_route pst_api_route_at(size_t index)
{
    const struct route *route = &routes[index];
    return (struct pst_api_route){route->method, route->pattern, pst_access_name(route->access)};
}

/* What stands for {id} or * goes to `param`, which has the path's room. */
static bool matches(const char *pattern, const char *path, char *param)
{
    param[0] = '\0';
    while (*pattern != '\0') {
        if (*pattern == '*') {
            snprintf(param, PST_CALL_PARAM_ROOM, "%s", path);
            return param[0] != '\0';
        }
        if (*pattern == '{') {
            size_t len = strcspn(path, "/");
            if (len == 0)
                return false;
            snprintf(param, PST_CALL_PARAM_ROOM, "%.*s", (int)len, path);
            path += len;
            pattern += strlen("{id}");
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

static bool takes_method(const struct route *route, enum pst_method method)
{
    return route->method == method || (route->method == PST_GET && method == PST_HEAD);
}

/* Those methods of other routes with this path that the Allow header names. */
static void allow_methods(const char *path, struct pst_response *response)
{
    char param[PST_CALL_PARAM_ROOM], allow[64] = "";

    for (size_t i = 0; i < PST_COUNT(routes); i++) {
        size_t len = strlen(allow);
        if (matches(routes[i].pattern, path, param))
            snprintf(allow + len, sizeof allow - len, "%s%s%s", len > 0 ? ", " : "",
                     method_names[routes[i].method], routes[i].method == PST_GET ? ", HEAD" : "");
    }
    pst_response_header(response, "Allow", "%s", allow);
}

static enum pst_code find_route(const struct pst_request *request, const struct route **out,
                                char *param, struct pst_response *response, struct pst_report *why)
{
    char path[PST_CALL_PARAM_ROOM];
    bool known = false;

    enum pst_code code = pst_url_path(request->path, path, sizeof path, why);
    if (code != PST_OK)
        return code;
    for (size_t i = 0; i < PST_COUNT(routes); i++) {
        if (!matches(routes[i].pattern, path, param))
            continue;
        known = true;
        if (takes_method(&routes[i], request->method)) {
            *out = &routes[i];
            return PST_OK;
        }
    }
    if (!known)
        return pst_refuse(why, PST_SERVICE_NOT_FOUND, pst_say("a path of this service"),
                          pst_say("%s", path));
    allow_methods(path, response);
    return pst_refuse(why, PST_SERVICE_METHOD, pst_say("another method (see Allow)"),
                      pst_say("%s", method_names[request->method]));
}

static enum pst_code authenticate(const struct pst_api *api, struct pst_store *reader,
                                  const struct route *route, const struct pst_request *request,
                                  struct pst_caller *caller, struct pst_report *why)
{
    if (route->access == PST_ACCESS_NONE)
        return PST_OK;
    if (route->access == PST_ACCESS_TERMINAL)
        return pst_auth_terminal(api->options.secret, request->authorization, pst_api_now(api),
                                 caller, why);
    return pst_auth_operator(reader, request->authorization, route->access, pst_api_now(api),
                             caller, why);
}

bool pst_api_admit(const struct pst_api *api, struct pst_store *reader,
                   const struct pst_request *request, struct pst_route_limits *limits,
                   struct pst_response *response)
{
    struct pst_report why = {0};
    struct pst_caller caller = {0};
    const struct route *route = NULL;
    char param[PST_CALL_PARAM_ROOM];

    pst_response_init(response);
    enum pst_code code = find_route(request, &route, param, response, &why);
    if (code == PST_OK)
        code = authenticate(api, reader, route, request, &caller, &why);
    if (code != PST_OK) {
        pst_response_problem(response, api, request, &why);
        return false;
    }
    *limits = (struct pst_route_limits){.body_most = route->body_most,
                                        .upload = route->upload,
                                        .upload_most =
                                            route->upload ? api->options.upload_most_bytes : 0};
    return true;
}

void pst_api_begin(const struct pst_api *api, struct pst_store *reader,
                   const struct pst_request *request, struct pst_reply *reply)
{
    struct pst_call call = {.api = api,
                            .reader = reader,
                            .request = request,
                            .reply = reply,
                            .book = pst_api_book(api, request)};
    struct pst_response response;
    const struct route *route = NULL;

    /* Once more, and not only in admit(): nothing reaches a handler by another way round. */
    pst_response_init(&response);
    enum pst_code code = find_route(request, &route, call.param, &response, &call.why);
    if (code == PST_OK)
        code = authenticate(api, reader, route, request, &call.caller, &call.why);
    if (code == PST_OK && request->body.len > route->body_most)
        code = pst_refuse(&call.why, PST_TOO_LARGE, pst_say("at most %zu bytes", route->body_most),
                          pst_say("%zu bytes", request->body.len));
    if (code == PST_OK) {
        pst_response_clear(&response);
        route->handle(&call);
        return;
    }
    pst_response_problem(&response, api, request, &call.why);
    reply->deliver(reply, &response);
}
