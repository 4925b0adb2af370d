/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_fixture.h - the whole service but its sockets, in a folder of its own, with a clock to
 * set.
 *
 *     struct pst_service service;
 *     pst_service_start(&service, PST_ENROLMENT_CODE);
 *     pst_service_call(&service, PST_GET, "/api/v1/whoami", service.token[PST_ACCESS_VIEWER],
 *     NULL); assert_int_equal(service.response.status, 200);
 *     pst_service_stop(&service);
 *
 * Memory   the answer stays until the next call or the stop.
 * Errors   whatever fails here ends the program with a message.
 */
#ifndef PST_TESTS_SERVICE_FIXTURE_H
#define PST_TESTS_SERVICE_FIXTURE_H

#include "service/api/api.h"
#include "service/api/auth.h"
#include "tests/support/repo_builder.h"
#include "tests/support/scratch.h"

struct pst_service {
    struct pst_scratch scratch;
    _Atomic int64_t now_s; /* begins at PST_REPO_NOW */
    struct pst_repo *repo; /* its root is the service's, snapshot and timestamp are signed online */
    struct pst_private_key *assignments_key;
    struct pst_store_backend backend;
    struct pst_writer *writer;
    struct pst_repository *repository;
    bool borrowed; /* the repository is the test's */
    struct pst_publisher *publisher;
    struct pst_api *api;
    struct pst_store *reader;
    char token[PST_ACCESS_ADMIN + 1][PST_OPERATOR_TOKEN_ROOM]; /* of the operators' roles */
    char expired[PST_OPERATOR_TOKEN_ROOM];                     /* an admin's, of yesterday */
    struct pst_request
        request; /* of the next call: set languages and conditions here; then cleared */
    struct pst_response response;
    struct pst_json *json; /* the response's body; NULL when it is none */
};

void pst_service_start(struct pst_service *service, enum pst_enrolment enrolment);
/* The same around a repository of the test's own, whose clock is then the test's too. */
void pst_service_start_on(struct pst_service *service, enum pst_enrolment enrolment,
                          struct pst_repository *repository);
void pst_service_stop(struct pst_service *service);

/* `token` and `body` may be NULL. `path` may have a query. Answers the status. */
int pst_service_call(struct pst_service *service, enum pst_method method, const char *path,
                     const char *token, const char *body);
/* Of the last answer: a member by its path with dots, or an empty text / 0 / NULL. */
const struct pst_json *pst_service_member(const struct pst_service *service, const char *path);
struct pst_text pst_service_text(const struct pst_service *service, const char *path);
/* "" when the header is not there. */
const char *pst_service_header(const struct pst_service *service, const char *name);
/* A release row, as a publish would leave it. */
void pst_service_release(struct pst_service *service, const char *product, const char *version);

/* A terminal with a key of its own. */
struct pst_test_terminal {
    struct pst_private_key *key;
    char serial[PST_NAME_ROOM], product[PST_NAME_ROOM], public_part[PST_PUBLIC_KEY_ROOM], keyid[65];
    char id[PST_ID_ROOM], token[PST_TICKET_ROOM];
};
void pst_test_terminal_init(struct pst_test_terminal *terminal, const char *product,
                            const char *serial);
void pst_test_terminal_clear(struct pst_test_terminal *terminal);
/* An envelope around `body` signed by the terminal; NUL-terminated in the buffer. */
void pst_test_terminal_sign(const struct pst_test_terminal *terminal, struct pst_bytes body,
                            struct pst_buf *out);
/* Each answers the status. */
int pst_test_terminal_enroll(struct pst_service *service, struct pst_test_terminal *terminal,
                             const char *code);
int pst_test_terminal_log_in(struct pst_service *service, struct pst_test_terminal *terminal);
int pst_test_terminal_check_in(struct pst_service *service,
                               const struct pst_test_terminal *terminal, const char *os);
int pst_test_terminal_report(struct pst_service *service, const struct pst_test_terminal *terminal,
                             const struct pst_terminal_report *report);

#endif
