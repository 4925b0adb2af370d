/* SPDX-License-Identifier: Apache-2.0 */
#include "service/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "manifests/file.h"
#include "service/api/publisher.h"
#include "service/http/http.h"
#include "service/log.h"
#include "service/notify.h"
#include "service/state_folder.h"
#include "service/store/sqlite/sqlite_store.h"

enum { RENEW_EVERY_S = 60, ROOT_MOST = 512000 };

struct service {
    struct pst_state_folder state;
    struct pst_store_backend backend;
    struct pst_writer *writer;
    struct pst_repository *repository;
    struct pst_publisher *publisher;
    struct pst_api *api;
    struct pst_http *http;
};

static int64_t now_s(void *context)
{
    (void)context;
    return (int64_t)time(NULL);
}

static void on_renewed(void *context, enum pst_code code, const struct pst_report *why)
{
    (void)context;
    if (code == PST_OK)
        pst_log(PST_LOG_INFO, "renewed", "code=ok");
    pst_log_report(PST_LOG_ERROR, "renewal-failed", why);
}

/* ---- the parts, in order */

static enum pst_code open_store(const struct pst_service_config *config, struct service *service,
                                struct pst_report *why)
{
    struct pst_writer_options options = {.queue_most = (size_t)config->queue,
                                         .batch_most = (size_t)config->batch};
    enum pst_code code = pst_sqlite_backend(service->state.database, &service->backend, why);
    return code == PST_OK ? pst_writer_start(&service->backend, &options, &service->writer, why)
                          : code;
}

static enum pst_code open_repository(const struct pst_service_config *config,
                                     struct service *service, struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf root = pst_buf(ROOT_MOST);
    struct pst_repository_options options = {
        .folder = service->state.repository,
        .snapshot_key = service->state.key[PST_ONLINE_SNAPSHOT],
        .timestamp_key = service->state.key[PST_ONLINE_TIMESTAMP],
        .snapshot_days = config->snapshot_days,
        .timestamp_days = config->timestamp_days,
        .now_s = now_s,
    };
    enum pst_code code = PST_OK;

    if (config->root[0] != '\0')
        code = pst_file_read(config->root, &root, why);
    return code == PST_OK
               ? pst_repository_open(&options, pst_buf_bytes(&root), &service->repository, why)
               : code;
}

static enum pst_code open_publisher(const struct pst_service_config *config,
                                    struct service *service, struct pst_report *why)
{
    struct pst_publisher_options options = {.repository = service->repository,
                                            .writer = service->writer,
                                            .queue_most = (size_t)config->publish_queue,
                                            .on_renewed = on_renewed};
    struct pst_store *reader = NULL;
    size_t recovered = 0;

    enum pst_code code = service->backend.open_reader(service->backend.context, &reader, why);
    if (code != PST_OK)
        return code;
    code = pst_publisher_recover(service->repository, service->writer, reader, &recovered, why);
    reader->ops->close(reader);
    if (code == PST_OK && recovered > 0)
        pst_log(PST_LOG_NOTICE, "recovered", "releases=%zu", recovered);
    return code == PST_OK ? pst_publisher_start(&options, &service->publisher, why) : code;
}

static enum pst_code open_api(const struct pst_service_config *config, struct service *service,
                              struct pst_report *why)
{
    struct pst_api_options options = {
        .writer = service->writer,
        .repository = service->repository,
        .publisher = service->publisher,
        .assignments_key = service->state.key[PST_ONLINE_ASSIGNMENTS],
        .secret = pst_bytes(service->state.secret, sizeof service->state.secret),
        .enrolment = config->enrolment,
        .challenge_s = config->challenge_s,
        .token_s = config->token_s,
        .assignment_s = config->assignment_s,
        .poll_s = config->poll_s,
        .upload_most_bytes = config->upload_most_bytes,
        .now_s = now_s,
    };
    if (config->enrolment == PST_ENROLMENT_OPEN)
        pst_log(PST_LOG_WARNING, "enrolment-open",
                "policy=open text=\"anybody may enroll: for a lab only\"");
    return pst_api_new(&options, &service->api, why);
}

static enum pst_code open_http(const struct pst_service_config *config, struct service *service,
                               struct pst_report *why)
{
    struct pst_http_options options = {
        .listen = config->listen,
        .workers = (unsigned)config->workers,
        .connections_most = (unsigned)config->connections,
        .connection_memory_bytes = (size_t)config->memory_bytes,
        .idle_timeout_s = (unsigned)config->idle_timeout_s,
        .request_deadline_s = config->deadline_s,
        .drain_s = config->drain_s,
        .backend = &service->backend,
        .on_access = config->log_access ? pst_log_access : NULL,
    };
    return pst_http_start(&options, service->api, &service->http, why);
}

static enum pst_code open_service(const struct pst_service_config *config, struct service *service,
                                  struct pst_report *why)
{
    static enum pst_code (*const steps[])(const struct pst_service_config *config,
                                          struct service *service, struct pst_report *why) = {
        open_store, open_repository, open_publisher, open_api, open_http,
    };
    enum pst_code code =
        pst_state_folder_open(config->state, /* make= */ false, &service->state, why);
    for (size_t i = 0; code == PST_OK && i < PST_COUNT(steps); i++)
        code = steps[i](config, service, why);
    return code;
}

static void close_service(struct service *service)
{
    pst_http_stop(service->http);
    pst_publisher_stop(service->publisher);
    pst_api_free(service->api);
    pst_repository_free(service->repository);
    pst_writer_stop(service->writer);
    if (service->backend.free != NULL)
        service->backend.free(service->backend.context);
    pst_state_folder_close(&service->state);
}

/* ---- running */

/* Before any thread is made: all threads then have them blocked, and the loop takes them. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int run_until_signal(struct service *service, const sigset_t *signals)
{
    const struct timespec tick = {.tv_sec = 1};
    int64_t renewed_s = 0;

    for (;;) {
        int64_t at_s = now_s(NULL);
        /* A clock that was set back counts as time gone by. */
        if (at_s - renewed_s >= RENEW_EVERY_S || at_s < renewed_s) {
            pst_publisher_renew(service->publisher);
            renewed_s = at_s;
        }
        pst_http_sweep(service->http);
        int number = sigtimedwait(signals, NULL, &tick);
        if (number > 0)
            return number;
    }
}

static enum pst_code write_port(const char *path, unsigned port, struct pst_report *why)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u\n", port);
    return path != NULL ? pst_file_replace(path, pst_bytes(text, (size_t)len), 0644, why) : PST_OK;
}

enum pst_code pst_serve(const struct pst_service_config *config, const char *port_file,
                        struct pst_report *why)
{
    struct service service = {.state = {.lock = -1}};
    sigset_t signals;

    block_signals(&signals);
    enum pst_code code = open_service(config, &service, why);
    if (code == PST_OK)
        code = write_port(port_file, pst_http_port(service.http), why);
    if (code == PST_OK) {
        /* Parts that opened with something to tell: an online key that the root does not name, say.
         * */
        pst_log_report(PST_LOG_WARNING, "noted", why);
        pst_log(PST_LOG_NOTICE, "started", "version=%s listen=\"%s\" port=%u", PST_VERSION,
                config->listen, pst_http_port(service.http));
        pst_notify("READY=1");
        int number = run_until_signal(&service, &signals);
        pst_notify("STOPPING=1");
        pst_log(PST_LOG_NOTICE, "stopping", "signal=%d", number);
    }
    close_service(&service);
    return code;
}
