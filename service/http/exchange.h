/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - internal to http/: one request and its answer, from the first line to the last byte.
 *
 *     HEAD --guard, admit--> BODY --all of it--> RUNNING --answer there--> ANSWERED
 *                              (the connection is suspended while RUNNING waits for another thread)
 *
 * Threads  belongs to its connection's worker; deliver() alone comes from elsewhere, and `turn`
 *          says who was first.
 */
#ifndef PST_SERVICE_HTTP_EXCHANGE_H
#define PST_SERVICE_HTTP_EXCHANGE_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "keys/digest.h"
#include "service/http/http.h"

enum pst_stage { PST_STAGE_HEAD, PST_STAGE_BODY, PST_STAGE_RUNNING, PST_STAGE_ANSWERED };
enum pst_turn { PST_TURN_WORKER, PST_TURN_SUSPENDED, PST_TURN_DELIVERED };

struct pst_exchange {
    struct pst_reply reply; /* first */
    struct pst_http *http;
    struct MHD_Connection *connection;
    enum pst_stage stage;
    atomic_int turn;
    char *target; /* as sent, query and all; NUL-terminated */
    char method[16];
    int64_t started_us;
    struct pst_request request;
    struct pst_route_limits limits;
    struct pst_buf body;
    struct pst_digest digest;
    uint64_t came_bytes;   /* of the body */
    struct pst_report why; /* what went wrong while the body came */
    struct pst_response response;
    int status;
    uint64_t sent_bytes;
};

struct pst_exchange *pst_exchange_new(struct pst_http *http, struct MHD_Connection *connection,
                                      const char *target);
void pst_exchange_free(struct pst_exchange *exchange);

/* The library's calls, in order. Each answers what the library wants. */
enum MHD_Result pst_exchange_head(struct pst_exchange *exchange, const char *url,
                                  const char *method, const char *version);
enum MHD_Result pst_exchange_body(struct pst_exchange *exchange, struct pst_bytes part);
enum MHD_Result pst_exchange_run(struct pst_exchange *exchange);
enum MHD_Result pst_exchange_answer(struct pst_exchange *exchange);

#endif
