/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - internal to api/: one request on its way through its handler, and its ways to end.
 *
 *     handler --pst_call_end()-----------------------------------------------> reply (reads)
 *        '----pst_call_write()--> writer: apply() in the batch, commit --answer()--> reply
 *        '----pst_call_slowly()--> publisher thread: run() ------------answer()--> reply
 *
 * A handler ends its call exactly once, in one of these ways; pst_call_problem() is the first of
 * them with what `call->why` holds.
 *
 * Memory   a call lives as long as its handler runs; what a job needs later it keeps itself.
 *          Request and reply stay until the reply was delivered.
 */
#ifndef PST_SERVICE_API_CALL_H
#define PST_SERVICE_API_CALL_H

#include "manifests/fields.h"
#include "manifests/json_out.h"
#include "service/api/api.h"
#include "service/api/auth.h"

enum { PST_CALL_PARAM_ROOM = 1024, PST_API_SECRET_MOST = 64 };

struct pst_api {
    struct pst_api_options options; /* `secret` points into this struct */
    uint8_t secret[PST_API_SECRET_MOST];
    char assignments_keyid[65];
    /* By enum pst_language; open as long as the service runs, so that no request unpacks words. */
    struct pst_words_book book[PST_LANGUAGE_ZH_CN + 1];
};

static inline int64_t pst_api_now(const struct pst_api *api)
{
    return api->options.now_s(api->options.now_context);
}

struct pst_call {
    const struct pst_api *api;
    struct pst_store *reader;
    const struct pst_request *request;
    struct pst_reply *reply;
    const struct pst_words_book *book; /* in the language asked for */
    struct pst_caller caller;
    char param[PST_CALL_PARAM_ROOM]; /* what {id} or * stands for in the path, decoded */
    struct pst_report why;
};

/* Ends the call; the response is moved. */
void pst_call_end(struct pst_call *call, struct pst_response *response);
void pst_call_problem(struct pst_call *call);
/* One finding, and the end. */
void pst_call_refuse(struct pst_call *call, enum pst_code code, struct pst_value expected,
                     struct pst_value found);

/* The body as JSON. False: the call has ended with a problem. */
bool pst_call_json(struct pst_call *call, struct pst_json **out);

/* Answers as JSON: begin, write with `json`, end (which turns a lack of room into a problem). */
struct pst_json_out pst_response_json(struct pst_response *response, int status);
void pst_response_json_end(struct pst_response *response, const struct pst_api *api,
                           const struct pst_request *request, const struct pst_json_out *json);
/* pst_response_json_end() and pst_call_end(). */
void pst_call_end_json(struct pst_call *call, struct pst_response *response,
                       const struct pst_json_out *json);

/* What is done on another thread: the head of each such handler's own struct. */
struct pst_work {
    struct pst_job job; /* first: the writer hands it back */
    const struct pst_api *api;
    const struct pst_request *request;
    struct pst_reply *reply;
    int refused_status; /* 0: the one that belongs to the code */
    enum pst_code (*apply)(struct pst_work *work, struct pst_store *store); /* why: work->job.why */
    void (*answer)(struct pst_work *work, struct pst_response *response);
    void (*clear)(
        struct pst_work *work); /* frees what the struct holds besides itself; may be NULL */
};
/* calloc() of `size` bytes that begin with a struct pst_work. NULL: the call has ended. */
void *pst_call_work(struct pst_call *call, size_t size,
                    enum pst_code (*apply)(struct pst_work *work, struct pst_store *store),
                    void (*answer)(struct pst_work *work, struct pst_response *response));
/* Takes the work over. apply() runs on the writer thread inside the batch's transaction, answer()
 * after its commit. */
void pst_call_write(struct pst_call *call, struct pst_work *work);
/* Takes the work over. apply() runs on the publisher thread, with `store` NULL. */
void pst_call_slowly(struct pst_call *call, struct pst_work *work);
/* The end of a work: answer or problem, delivered; frees it. Also publisher.c's. */
void pst_work_done(struct pst_work *work, enum pst_code code);

/* A finding for PST_SERVICE_NOT_FOUND, which the store gives without one. Answers `code`. */
enum pst_code pst_refuse_missing(struct pst_report *why, enum pst_code code, const char *what,
                                 const char *id);

/* problem.c: the same as pst_response_problem() with another status than the code's own. */
void pst_response_problem_as(struct pst_response *response, const struct pst_api *api,
                             const struct pst_request *request, const struct pst_report *why,
                             int status);
int pst_status_of(enum pst_code code);
/* language.c: the best of what Accept-Language asks for; English when it asks for none of ours. */
enum pst_language pst_language_asked(struct pst_text accept_language);
static inline const struct pst_words_book *pst_api_book(const struct pst_api *api,
                                                        const struct pst_request *request)
{
    return &api->book[pst_language_asked(request->accept_language)];
}

typedef void pst_handler_fn(struct pst_call *call);
pst_handler_fn pst_handle_repository, pst_handle_enroll, pst_handle_challenge, pst_handle_token,
    pst_handle_checkin, pst_handle_report, pst_handle_whoami, pst_handle_blob, pst_handle_publish,
    pst_handle_products, pst_handle_releases, pst_handle_terminal_add, pst_handle_terminals,
    pst_handle_terminal, pst_handle_terminal_accept, pst_handle_terminal_block,
    pst_handle_rollout_add, pst_handle_rollouts, pst_handle_rollout, pst_handle_rollout_start,
    pst_handle_rollout_pause, pst_handle_rollout_resume, pst_handle_rollout_cancel,
    pst_handle_rollout_terminals, pst_handle_live, pst_handle_ready;

/* Answers {NAME: [...]} with the rows that `list` gives, of ?product= or of all; `view` writes one
 * row into the struct pst_json_out that is its context. */
typedef enum pst_code pst_list_fn(struct pst_store *store, const char *product_or_null,
                                  pst_row_fn *row, void *context, struct pst_report *why);
void pst_call_list(struct pst_call *call, const char *name, pst_list_fn *list, pst_row_fn *view);

#endif
