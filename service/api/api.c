/* SPDX-License-Identifier: Apache-2.0 */
#include "service/api/api.h"

#include <pthread.h>
#include <stdlib.h>

#include "service/api/call.h"

enum { SECRET_LEAST = 32, KEY_OBJECT_MOST = 8192 };

enum pst_code pst_api_new(const struct pst_api_options *options, struct pst_api **out,
                          struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(KEY_OBJECT_MOST);
    PST_CLEANUP(pst_api) struct pst_api *api = calloc(1, sizeof *api);

    if (api == NULL)
        return pst_no_memory(why, "the service's interface");
    if (options->secret.len < SECRET_LEAST || options->secret.len > sizeof api->secret)
        return pst_refuse(why, PST_HOST_STATE,
                          pst_say("a secret of %d to %zu bytes", SECRET_LEAST, sizeof api->secret),
                          pst_say("%zu bytes", options->secret.len));
    for (size_t i = 0; i < PST_COUNT(api->book); i++)
        if (!pst_words_open((enum pst_language)i, &api->book[i]))
            return pst_no_memory(why, "the words of findings");
    api->options = *options;
    memcpy(api->secret, options->secret.at, options->secret.len);
    api->options.secret = pst_bytes(api->secret, options->secret.len);
    enum pst_code code = pst_private_key_describe(options->assignments_key, INT64_MIN, INT64_MAX,
                                                  &object, api->assignments_keyid, why);
    if (code != PST_OK)
        return code;
    *out = api;
    api = NULL;
    return PST_OK;
}

void pst_api_free(struct pst_api *api)
{
    if (api == NULL)
        return;
    for (size_t i = 0; i < PST_COUNT(api->book); i++)
        pst_words_close(&api->book[i]);
    pst_wipe(api->secret, sizeof api->secret);
    free(api);
}

int pst_api_upload_fd(const struct pst_api *api, struct pst_report *why)
{
    return pst_repository_upload_fd(api->options.repository, why);
}

/* ---- a call that waits */

struct waiting_reply {
    struct pst_reply reply; /* first */
    struct pst_response *response;
    bool delivered;
    pthread_mutex_t lock;
    pthread_cond_t wakes;
};

static void deliver_waiting(struct pst_reply *reply, struct pst_response *response)
{
    struct waiting_reply *waiting = (struct waiting_reply *)reply;
    pthread_mutex_lock(&waiting->lock);
    *waiting->response = *response;
    waiting->delivered = true;
    pthread_cond_signal(&waiting->wakes);
    pthread_mutex_unlock(&waiting->lock);
}

void pst_api_call(const struct pst_api *api, struct pst_store *reader,
                  const struct pst_request *request, struct pst_response *response)
{
    struct waiting_reply waiting = {.reply = {deliver_waiting},
                                    .response = response,
                                    .lock = PTHREAD_MUTEX_INITIALIZER,
                                    .wakes = PTHREAD_COND_INITIALIZER};
    struct pst_route_limits limits;

    if (!pst_api_admit(api, reader, request, &limits, response))
        return;
    pst_response_clear(response);
    pst_api_begin(api, reader, request, &waiting.reply);
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.delivered)
        pthread_cond_wait(&waiting.wakes, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_cond_destroy(&waiting.wakes);
    pthread_mutex_destroy(&waiting.lock);
}
