/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_health.c - is the process alive, can it serve, and who am I.
 */
#include "manifests/instant.h"
#include "service/api/call.h"

static void end_status(struct pst_call *call, const char *status)
{
    struct pst_response response;
    struct pst_json_out json = pst_response_json(&response, 200);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "status", status);
    pst_out_string(&json, "version", PST_VERSION);
    pst_out_close(&json, '}');
    pst_call_end_json(call, &response, &json);
}

void pst_handle_live(struct pst_call *call)
{
    end_status(call, "alive");
}

/* Ready: writes reach the disk, and what terminals fetch is not out of date. */
void pst_handle_ready(struct pst_call *call)
{
    struct pst_response response;
    int64_t now_s = pst_api_now(call->api);
    int64_t expires_s = pst_repository_expires_s(call->api->options.repository);
    char text[PST_INSTANT_ROOM];

    if (!pst_writer_is_healthy(call->api->options.writer))
        (void)pst_refuse(&call->why, PST_SERVICE_STORE, pst_say("commits that succeed"),
                         pst_say("the last one failed"));
    if (expires_s <= now_s)
        (void)pst_refuse(&call->why, PST_METADATA_EXPIRED,
                         pst_say("snapshot and timestamp in time"),
                         pst_say("expired at %s", pst_instant_print(expires_s, text)));
    if (call->why.count == 0) {
        end_status(call, "ready");
        return;
    }
    pst_response_init(&response);
    pst_response_problem_as(&response, call->api, call->request, &call->why, 503);
    pst_call_end(call, &response);
}

void pst_handle_whoami(struct pst_call *call)
{
    struct pst_response response;
    struct pst_json_out json = pst_response_json(&response, 200);

    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "name", call->caller.name);
    pst_out_string(&json, "role", pst_access_name(call->caller.access));
    pst_out_close(&json, '}');
    pst_call_end_json(call, &response, &json);
}
