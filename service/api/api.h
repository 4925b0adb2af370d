/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h - requests and responses without HTTP's bytes, and the router between them.
 *
 *     http/ --struct pst_request--> router: route table --> handler --+--> response (reads)
 *                                                                     '--> a job for the writer;
 *                                                     the response after its commit <--'
 *
 * Handlers never wait for the disk: reads use the worker's own reader, writes go to the writer
 * thread. Tests call pst_api_call() directly: no socket is needed.
 *
 * Memory   a request's texts are borrowed from http/ until the response is delivered; a response
 *          owns its body and its file descriptor; pst_response_clear() frees.
 * Threads  the router is immutable; pst_api_begin() runs on any worker with that worker's reader.
 */
#ifndef PST_SERVICE_API_API_H
#define PST_SERVICE_API_API_H

#include "keys/private_key.h"
#include "manifests/words.h"
#include "service/repository/repository.h"
#include "service/store/writer.h"

enum pst_method { PST_GET, PST_HEAD, PST_POST, PST_PUT, PST_DELETE, PST_METHOD_OTHER };

struct pst_request {
    enum pst_method method;
    struct pst_text path;  /* as sent, still percent-encoded, without the query; begins with '/' */
    struct pst_text query; /* as sent, without '?' */
    struct pst_text authorization, if_none_match, if_match, if_range, range, content_type,
        accept_language, idempotency_key; /* empty when not sent */
    struct pst_bytes body;                /* whole; at most the route's ceiling */
    int upload_fd; /* routes that take uploads: the body in an unnamed file; else -1 */
    int64_t upload_bytes;
    uint8_t upload_sha256[32];
    char id[PST_ID_ROOM]; /* request id: in problems and in the log */
    char peer[64];
};

enum { PST_RESPONSE_HEADERS_MOST = 12 };
struct pst_response {
    int status;
    const char *content_type; /* static storage */
    struct pst_buf body;
    int fd; /* -1, or a file to send instead of the body */
    uint64_t fd_at, fd_bytes;
    size_t header_count;
    struct {
        const char *name; /* static storage */
        char value[192];
    } header[PST_RESPONSE_HEADERS_MOST];
};
void pst_response_init(struct pst_response *response);
void pst_response_clear(struct pst_response *response);
void pst_response_header(struct pst_response *response, const char *name, const char *format, ...)
    PST_PRINTF(3, 4);

struct pst_api; /* the service's parts: writer, repository, keys, policies, clock, words */

/* Turns findings into problem+json with the status that belongs to the first that is not noted. */
void pst_response_problem(struct pst_response *response, const struct pst_api *api,
                          const struct pst_request *request, const struct pst_report *why);

/* Who may enroll. */
enum pst_enrolment {
    PST_ENROLMENT_CODE,   /* announced by an operator, with the one-time code */
    PST_ENROLMENT_ACCEPT, /* anybody, who then waits for an operator, unless the code was right */
    PST_ENROLMENT_OPEN    /* anybody, at once: for a lab */
};

struct pst_publisher; /* publisher.h */
struct pst_api_options {
    /* All borrowed: they outlive the api. */
    struct pst_writer *writer;
    struct pst_repository *repository;
    struct pst_publisher *publisher;
    const struct pst_private_key *assignments_key;

    struct pst_bytes secret; /* 32 bytes or more; copied. Signs challenges and tokens */
    enum pst_enrolment enrolment;
    int64_t challenge_s, token_s, assignment_s; /* how long each is good for */
    int64_t poll_s;                             /* what terminals are told to wait */
    int64_t upload_most_bytes;
    int64_t (*now_s)(void *context);
    void *now_context;
};
enum pst_code pst_api_new(const struct pst_api_options *options, struct pst_api **out,
                          struct pst_report *why) PST_MUST_CHECK;
void pst_api_free(struct pst_api *api);
static inline void pst_api_cleanup(struct pst_api **api)
{
    pst_api_free(*api);
}

/* What a route takes, known before its body is read. */
struct pst_route_limits {
    size_t body_most; /* bytes in memory; 0: no body */
    bool upload;      /* the body goes to a file instead */
    int64_t upload_most;
};
/* Looks method and path up. False: the response already says 400, 404 or 405. Also refuses, before
 * the body is read, requests whose Authorization cannot be right (401, 403). */
bool pst_api_admit(const struct pst_api *api, struct pst_store *reader,
                   const struct pst_request *request, struct pst_route_limits *limits,
                   struct pst_response *response);

/* For routes that take uploads: an unnamed file that the body goes to; -1 with a finding. */
int pst_api_upload_fd(const struct pst_api *api, struct pst_report *why);

/* The end of a request: called once, on any thread, maybe before pst_api_begin() has returned. The
 * request and the reply stay until then. */
struct pst_reply {
    void (*deliver)(struct pst_reply *reply,
                    struct pst_response *response); /* takes the response over */
};
void pst_api_begin(const struct pst_api *api, struct pst_store *reader,
                   const struct pst_request *request, struct pst_reply *reply);

/* Admits, begins and waits for the response: tests and tools. */
void pst_api_call(const struct pst_api *api, struct pst_store *reader,
                  const struct pst_request *request, struct pst_response *response);

/* The route table, for tests and documents: index 0 .. pst_api_route_count() - 1. */
struct pst_api_route {
    enum pst_method method;
    const char *pattern; /* "/api/v1/terminals/{id}" */
    const char *access;  /* "none", "terminal", "viewer", "operator", "admin" */
};
size_t pst_api_route_count(void);
struct pst_api_route pst_api_route_at(size_t index);
const char *pst_method_name(enum pst_method method); /* "GET", ... */
enum pst_method pst_method_of(const char *name);

#endif
