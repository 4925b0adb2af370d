/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/service_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/envelope.h"
#include "manifests/report_print.h"
#include "service/api/publisher.h"
#include "service/store/sqlite/sqlite_store.h"

enum { BODY_MOST = 128 * 1024, YEAR_S = 365 * 86400 };

/* Ends the program unless the code is PST_OK. */
static void must(enum pst_code code, const struct pst_report *why, const char *what)
{
    PST_CLEANUP(pst_buf) struct pst_buf text = pst_buf(PST_REPORT_PRINT_MOST);

    if (code == PST_OK)
        return;
    if (!pst_report_print(why, PST_LANGUAGE_EN, false, &text))
        text.len = 0;
    fprintf(stderr, "service fixture: %s: %s\n%.*s", what, pst_code_name(code),
            PST_ARGS(pst_buf_text(&text)));
    abort();
}

static int64_t clock_of(void *context)
{
    return ((struct pst_service *)context)->now_s;
}

struct token_job {
    struct pst_job job; /* first */
    struct pst_token_row row;
};

static enum pst_code apply_token(struct pst_job *job, struct pst_store *store)
{
    return store->ops->put_token(store, &((struct token_job *)job)->row, &job->why);
}

static void add_token(struct pst_service *service, enum pst_access role, int64_t expires_s,
                      char *text)
{
    struct token_job job = {.job = {.apply = apply_token}};
    struct pst_report why = {0};

    must(pst_operator_token_new(pst_access_name(role), role, PST_REPO_NOW, expires_s, &job.row,
                                text, &why),
         &why, "a token");
    must(pst_writer_run(service->writer, &job.job), &job.job.why, "storing a token");
}

static void open_parts(struct pst_service *service, struct pst_report *why)
{
    static const struct pst_writer_options writer = {.queue_most = 256, .batch_most = 32};
    struct pst_repository_options repository = {
        .snapshot_key = service->repo->key[PST_ROLE_SNAPSHOT].private,
        .timestamp_key = service->repo->key[PST_ROLE_TIMESTAMP].private,
        .snapshot_days = 7,
        .timestamp_days = 2,
        .now_s = clock_of,
        .now_context = service,
    };
    char path[512];

    pst_scratch_path(&service->scratch, "postern.db", path, sizeof path);
    must(pst_sqlite_backend(path, &service->backend, why), why, "the backend");
    must(pst_writer_start(&service->backend, &writer, &service->writer, why), why, "the writer");
    must(service->backend.open_reader(service->backend.context, &service->reader, why), why,
         "a reader");
    pst_scratch_path(&service->scratch, "repository", path, sizeof path);
    repository.folder = path;
    if (!service->borrowed)
        must(pst_repository_open(&repository, pst_repo_bytes(&service->repo->root),
                                 &service->repository, why),
             why, "the repository");
    struct pst_publisher_options publisher = {
        .repository = service->repository, .writer = service->writer, .queue_most = 4};
    must(pst_publisher_start(&publisher, &service->publisher, why), why, "the publisher");
}

void pst_service_start(struct pst_service *service, enum pst_enrolment enrolment)
{
    pst_service_start_on(service, enrolment, NULL);
}

void pst_service_start_on(struct pst_service *service, enum pst_enrolment enrolment,
                          struct pst_repository *repository)
{
    static const uint8_t secret[32] = "not a secret, but long enough..";
    struct pst_report why = {0};

    memset(service, 0, sizeof *service);
    service->repository = repository;
    service->borrowed = repository != NULL;
    service->scratch = pst_scratch();
    service->now_s = PST_REPO_NOW;
    service->repo = pst_repo_new("ed25519");
    must(pst_private_key_generate("ed25519", &service->assignments_key, &why), &why, "a key");
    open_parts(service, &why);
    struct pst_api_options options = {.writer = service->writer,
                                      .repository = service->repository,
                                      .publisher = service->publisher,
                                      .assignments_key = service->assignments_key,
                                      .secret = pst_bytes(secret, sizeof secret),
                                      .enrolment = enrolment,
                                      .challenge_s = 120,
                                      .token_s = 3600,
                                      .assignment_s = 86400,
                                      .poll_s = 300,
                                      .upload_most_bytes = 1 << 20,
                                      .now_s = clock_of,
                                      .now_context = service};
    must(pst_api_new(&options, &service->api, &why), &why, "the interface");
    for (int role = PST_ACCESS_VIEWER; role <= PST_ACCESS_ADMIN; role++)
        add_token(service, (enum pst_access)role, PST_REPO_NOW + YEAR_S, service->token[role]);
    add_token(service, PST_ACCESS_ADMIN, PST_REPO_NOW - 86400, service->expired);
    pst_response_init(&service->response);
    service->request.upload_fd = -1;
}

void pst_service_stop(struct pst_service *service)
{
    pst_publisher_stop(service->publisher);
    pst_api_free(service->api);
    if (!service->borrowed)
        pst_repository_free(service->repository);
    service->reader->ops->close(service->reader);
    pst_writer_stop(service->writer);
    service->backend.free(service->backend.context);
    pst_private_key_free(service->assignments_key);
    pst_repo_free(service->repo);
    pst_response_clear(&service->response);
    pst_json_free(service->json);
    pst_scratch_cleanup(&service->scratch);
}

int pst_service_call(struct pst_service *service, enum pst_method method, const char *path,
                     const char *token, const char *body)
{
    char authorization[PST_TICKET_ROOM + 16] = "";
    struct pst_text rest = pst_text(path);
    struct pst_request *request = &service->request;

    pst_response_clear(&service->response);
    pst_json_free(service->json);
    service->json = NULL;
    request->method = method;
    request->path = rest;
    if (pst_take_until(&rest, '?', &request->path))
        request->query = rest;
    if (token != NULL)
        snprintf(authorization, sizeof authorization, "Bearer %s", token);
    request->authorization = pst_text(authorization);
    request->body = pst_bytes_of(pst_text(body));
    snprintf(request->id, sizeof request->id, "req-1");
    pst_api_call(service->api, service->reader, request, &service->response);
    if (service->response.body.len > 0)
        (void)!pst_json_parse(pst_buf_bytes(&service->response.body), &pst_json_large,
                              &service->json, NULL);
    *request = (struct pst_request){.upload_fd = -1};
    return service->response.status;
}

const struct pst_json *pst_service_member(const struct pst_service *service, const char *path)
{
    const struct pst_json *at = service->json;
    struct pst_text rest = pst_text(path), step;
    char name[64];

    while (at != NULL && rest.len > 0) {
        if (!pst_take_until(&rest, '.', &step)) {
            step = rest;
            rest = (struct pst_text){0};
        }
        snprintf(name, sizeof name, "%.*s", PST_ARGS(step));
        at = pst_json_type(at) == PST_JSON_ARRAY ? pst_json_first(at) : pst_json_member(at, name);
    }
    return at;
}

struct pst_text pst_service_text(const struct pst_service *service, const char *path)
{
    const struct pst_json *member = pst_service_member(service, path);
    return member != NULL ? pst_json_text(member) : (struct pst_text){0};
}

const char *pst_service_header(const struct pst_service *service, const char *name)
{
    for (size_t i = 0; i < service->response.header_count; i++)
        if (strcmp(service->response.header[i].name, name) == 0)
            return service->response.header[i].value;
    return "";
}

struct release_job {
    struct pst_job job; /* first */
    struct pst_release_row row;
};

static enum pst_code apply_release(struct pst_job *job, struct pst_store *store)
{
    return store->ops->put_release(store, &((struct release_job *)job)->row, &job->why);
}

void pst_service_release(struct pst_service *service, const char *product, const char *version)
{
    struct release_job job = {.job = {.apply = apply_release}};

    must(pst_version_parse(pst_text(version), &job.row.version, &job.job.why), &job.job.why,
         "version");
    snprintf(job.row.product, sizeof job.row.product, "%s", product);
    snprintf(job.row.manifest, sizeof job.row.manifest, "%s/%s/manifest.json", product, version);
    snprintf(job.row.deltas, sizeof job.row.deltas, "[]");
    job.row.sequence = 1;
    job.row.published_s = PST_REPO_NOW;
    job.row.full_bytes = 1000;
    must(pst_writer_run(service->writer, &job.job), &job.job.why, "storing a release");
}

/* ---- terminals */

void pst_test_terminal_init(struct pst_test_terminal *terminal, const char *product,
                            const char *serial)
{
    PST_CLEANUP(pst_buf) struct pst_buf object = pst_buf(BODY_MOST);
    PST_CLEANUP(pst_json) struct pst_json *json = NULL;
    struct pst_report why = {0};

    memset(terminal, 0, sizeof *terminal);
    snprintf(terminal->product, sizeof terminal->product, "%s", product);
    snprintf(terminal->serial, sizeof terminal->serial, "%s", serial);
    must(pst_private_key_generate("ed25519", &terminal->key, &why), &why, "a terminal's key");
    must(pst_private_key_describe(terminal->key, INT64_MIN, INT64_MAX, &object, terminal->keyid,
                                  &why),
         &why, "its public part");
    must(pst_json_parse(pst_buf_bytes(&object), &pst_json_small, &json, &why), &why, "its object");
    struct pst_text part =
        pst_json_text(pst_json_member(pst_json_member(json, "keyval"), "public"));
    snprintf(terminal->public_part, sizeof terminal->public_part, "%.*s", PST_ARGS(part));
}

void pst_test_terminal_clear(struct pst_test_terminal *terminal)
{
    pst_private_key_free(terminal->key);
}

static void sign_hex(const struct pst_test_terminal *terminal, struct pst_bytes message,
                     struct pst_buf *hex)
{
    struct pst_report why = {0};
    must(pst_private_key_sign(terminal->key, message, hex, &why), &why, "signing");
    if (!pst_buf_add(hex, "", 1))
        abort();
}

void pst_test_terminal_sign(const struct pst_test_terminal *terminal, struct pst_bytes body,
                            struct pst_buf *out)
{
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(BODY_MOST);
    struct pst_report why = {0};

    sign_hex(terminal, body, &hex);
    struct pst_envelope_new_signature signature = {terminal->keyid, (const char *)hex.at};
    must(pst_envelope_print(body, &signature, 1, out, &why), &why, "an envelope");
    if (!pst_buf_add(out, "", 1))
        abort();
}

int pst_test_terminal_enroll(struct pst_service *service, struct pst_test_terminal *terminal,
                             const char *code)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(BODY_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf envelope = pst_buf(BODY_MOST);
    struct pst_enrol enrol = {.keytype = "ed25519", .scheme = "ed25519"};
    struct pst_report why = {0};

    snprintf(enrol.serial, sizeof enrol.serial, "%s", terminal->serial);
    snprintf(enrol.product, sizeof enrol.product, "%s", terminal->product);
    snprintf(enrol.public_part, sizeof enrol.public_part, "%s", terminal->public_part);
    snprintf(enrol.code, sizeof enrol.code, "%s", code);
    must(pst_enrol_print(&enrol, &body, &why), &why, "an enrol message");
    pst_test_terminal_sign(terminal, pst_buf_bytes(&body), &envelope);
    int status = pst_service_call(service, PST_POST, "/v1/enroll", NULL, (const char *)envelope.at);
    if (status == 200 || status == 201)
        snprintf(terminal->id, sizeof terminal->id, "%.*s",
                 PST_ARGS(pst_service_text(service, "terminal")));
    return status;
}

int pst_test_terminal_log_in(struct pst_service *service, struct pst_test_terminal *terminal)
{
    PST_CLEANUP(pst_buf) struct pst_buf hex = pst_buf(BODY_MOST);
    char body[1024], challenge[PST_TICKET_ROOM];

    snprintf(body, sizeof body, "{\"terminal\":\"%s\"}", terminal->id);
    int status = pst_service_call(service, PST_POST, "/v1/challenge", NULL, body);
    if (status != 200)
        return status;
    snprintf(challenge, sizeof challenge, "%.*s", PST_ARGS(pst_service_text(service, "challenge")));
    sign_hex(terminal, pst_bytes_of(pst_text(challenge)), &hex);
    snprintf(body, sizeof body, "{\"terminal\":\"%s\",\"challenge\":\"%s\",\"signature\":\"%s\"}",
             terminal->id, challenge, (const char *)hex.at);
    status = pst_service_call(service, PST_POST, "/v1/token", NULL, body);
    if (status == 200)
        snprintf(terminal->token, sizeof terminal->token, "%.*s",
                 PST_ARGS(pst_service_text(service, "token")));
    return status;
}

int pst_test_terminal_check_in(struct pst_service *service,
                               const struct pst_test_terminal *terminal, const char *os)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(BODY_MOST);
    struct pst_json_out json = pst_json_out(&body);
    struct pst_facts facts = {.model = "A920",
                              .free_bytes = -1,
                              .memory_bytes = 1 << 20,
                              .battery_percent = -1,
                              .component_count = 1,
                              .component = {{.name = "os", .slot_class = "os", .slot_bytes = 4096}},
                              .scheme_count = 1,
                              .scheme = {"ed25519"}};
    struct pst_report why = {0};

    snprintf(facts.serial, sizeof facts.serial, "%s", terminal->serial);
    snprintf(facts.product, sizeof facts.product, "%s", terminal->product);
    must(pst_version_parse(pst_text(os), &facts.os, &why), &why, "the OS");
    must(pst_version_parse(pst_text("1.0"), &facts.revision, &why), &why, "the revision");
    must(pst_version_parse(pst_text("1.0.0"), &facts.agent, &why), &why, "the agent");
    pst_out_open(&json, NULL, '{');
    pst_out_string(&json, "nonce", "nonce-1");
    pst_facts_print(&facts, &json, "facts");
    pst_out_close(&json, '}');
    if (!pst_json_out_is_whole(&json) || !pst_buf_add(&body, "", 1))
        abort();
    return pst_service_call(service, PST_POST, "/v1/checkin", terminal->token,
                            (const char *)body.at);
}

int pst_test_terminal_report(struct pst_service *service, const struct pst_test_terminal *terminal,
                             const struct pst_terminal_report *report)
{
    PST_CLEANUP(pst_buf) struct pst_buf body = pst_buf(BODY_MOST);
    PST_CLEANUP(pst_buf) struct pst_buf envelope = pst_buf(BODY_MOST);
    struct pst_report why = {0};

    must(pst_terminal_report_print(report, &body, &why), &why, "a report");
    pst_test_terminal_sign(terminal, pst_buf_bytes(&body), &envelope);
    return pst_service_call(service, PST_POST, "/v1/reports", terminal->token,
                            (const char *)envelope.at);
}
