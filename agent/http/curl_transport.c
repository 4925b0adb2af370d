/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/http/curl_transport.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

/* Slower than this over the whole stall time is no transfer (bytes a second); and how much of an
 * error page is taken in to keep the connection. */
enum { SLOWEST_BYTES_S = 64, UNWANTED_BYTES_MOST = 65536 };

struct pst_curl_transport {
    CURL *curl;
    struct pst_curl_options options;
};

/* One request on its way. */
struct transfer {
    CURL *curl;
    const struct pst_fetch_request *request;
    const struct pst_sink *sink;
    struct pst_fetch_answer answer;
    struct pst_bytes unsent;
    bool wanted;   /* this answer's body goes to the sink */
    bool settled;  /* `wanted` was decided */
    bool too_long; /* more than request->most_bytes came */
    bool enough;   /* of a body that nobody wants: the status says it all */
    int64_t unwanted_bytes;
    bool refused; /* the sink did not take it */
};

enum pst_code pst_curl_begin(struct pst_report *why)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return pst_no_memory(why, "the HTTP client");
    return PST_OK;
}

void pst_curl_end(void)
{
    curl_global_cleanup();
}

/* Header values: "Name: value\r\n"; true when the name is this one, with the value trimmed. */
static bool is_header(struct pst_text line, const char *name, struct pst_text *value)
{
    size_t len = strlen(name);
    if (line.len <= len || line.at[len] != ':' || strncasecmp(line.at, name, len) != 0)
        return false;
    *value = (struct pst_text){line.at + len + 1, line.len - len - 1};
    while (value->len > 0 && (value->at[0] == ' ' || value->at[0] == '\t'))
        *value = (struct pst_text){value->at + 1, value->len - 1};
    while (value->len > 0 && (unsigned char)value->at[value->len - 1] <= ' ')
        value->len--;
    return true;
}

/* "bytes 0-99/1000" or "bytes 0-99/ *" */
static bool parse_content_range(struct pst_text value, struct pst_fetch_answer *answer)
{
    uint64_t from, to, size;
    if (!pst_take(&value, "bytes ") || !pst_take_number(&value, INT64_MAX, &from) ||
        !pst_take(&value, "-") || !pst_take_number(&value, INT64_MAX, &to) ||
        !pst_take(&value, "/") || to < from)
        return false;
    answer->range_size = -1;
    if (!pst_take(&value, "*")) {
        if (!pst_take_number(&value, INT64_MAX, &size) || size <= to)
            return false;
        answer->range_size = (int64_t)size;
    }
    answer->range_from = (int64_t)from;
    answer->range_to = (int64_t)to;
    return value.len == 0;
}

static void copy_value(struct pst_text value, char *out, size_t room)
{
    snprintf(out, room, "%.*s", PST_ARGS(value));
}

static size_t on_header(char *at, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct pst_text line = {at, size * count}, value;

    /* A new status line: an interim answer (1xx) came before. */
    if (pst_text_starts(line, "HTTP/")) {
        transfer->answer = (struct pst_fetch_answer){.retry_after_s = -1, .range_size = -1};
        transfer->settled = false;
    } else if (is_header(line, "Content-Range", &value)) {
        transfer->answer.has_range = parse_content_range(value, &transfer->answer);
    } else if (is_header(line, "Content-Type", &value)) {
        copy_value(value, transfer->answer.content_type, sizeof transfer->answer.content_type);
    } else if (is_header(line, "ETag", &value)) {
        copy_value(value, transfer->answer.etag, sizeof transfer->answer.etag);
    }
    return line.len;
}

static size_t on_body(char *at, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;

    if (!transfer->settled) {
        long status = 0;
        curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
        bool talks = strcmp(transfer->request->method, "GET") != 0;
        transfer->wanted = talks || (status >= 200 && status < 300);
        transfer->settled = true;
    }
    if (!transfer
             ->wanted) { /* an error page may be larger than the small file that was asked for */
        transfer->unwanted_bytes += (int64_t)len;
        transfer->enough = transfer->unwanted_bytes > UNWANTED_BYTES_MOST;
        return transfer->enough ? 0 : len;
    }
    int64_t sum = transfer->answer.body_bytes + (int64_t)len;
    transfer->too_long = sum > transfer->request->most_bytes;
    if (transfer->too_long)
        return 0;
    transfer->answer.body_bytes = sum;
    transfer->refused = !transfer->sink->take(transfer->sink->context, pst_bytes(at, len));
    return transfer->refused ? 0 : len;
}

static size_t on_upload(char *into, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t room = size * count;

    if (transfer->request->body_fd >= 0) {
        ssize_t got = read(transfer->request->body_fd, into, room);
        return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
    }
    size_t len = transfer->unsent.len < room ? transfer->unsent.len : room;
    if (len > 0)
        memcpy(into, transfer->unsent.at, len);
    transfer->unsent = pst_bytes(transfer->unsent.at + len, transfer->unsent.len - len);
    return len;
}

/* "127.0.0.1.example.com" begins like one and is none. */
static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

/* Only https leaves the machine, unless the configuration says that plain http may. */
static enum pst_code check_url(const struct pst_curl_transport *transport, const char *url,
                               struct pst_report *why)
{
    CURLU *parts = curl_url();
    char *scheme = NULL, *host = NULL, *user = NULL;
    bool fine =
        parts != NULL && curl_url_set(parts, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
        (strcmp(scheme, "https") == 0 ||
         (strcmp(scheme, "http") == 0 && (transport->options.allow_http || is_loopback(host))));

    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(parts);
    if (!fine)
        return pst_refuse(why, PST_NET_FORBIDDEN,
                          pst_say("an https URL, or http to this machine, without user names"),
                          pst_say("'%s'", url));
    return PST_OK;
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void set_safety(CURL *curl, const struct pst_curl_options *options)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_PROXY, is_given(options->proxy) ? options->proxy : "");
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (is_given(options->ca_file))
        curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
    if (is_given(options->client_cert))
        curl_easy_setopt(curl, CURLOPT_SSLCERT, options->client_cert);
    if (is_given(options->client_key))
        curl_easy_setopt(curl, CURLOPT_SSLKEY, options->client_key);
    if (is_given(options->interface))
        curl_easy_setopt(curl, CURLOPT_INTERFACE, options->interface);
}

static void set_times(CURL *curl, const struct pst_fetch_request *request)
{
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->whole_ms);
    if (request->stall_ms > 0) {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_S);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)((request->stall_ms + 999) / 1000));
    }
}

static void set_callbacks(struct transfer *transfer)
{
    curl_easy_setopt(transfer->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(transfer->curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(transfer->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(transfer->curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(transfer->curl, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(transfer->curl, CURLOPT_READDATA, transfer);
}

static curl_off_t body_bytes(const struct pst_fetch_request *request)
{
    if (request->body_fd < 0)
        return (curl_off_t)request->body.len;
    off_t end = lseek(request->body_fd, 0, SEEK_END);
    return lseek(request->body_fd, 0, SEEK_SET) == 0 ? (curl_off_t)end : -1;
}

static void set_method(CURL *curl, const struct pst_fetch_request *request)
{
    if (strcmp(request->method, "GET") == 0) {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    } else if (strcmp(request->method, "PUT") == 0) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, body_bytes(request));
    } else {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, body_bytes(request));
        /* From memory curl can send it again when a kept connection turns out to be dead. */
        if (request->body_fd < 0)
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                             request->body.len > 0 ? (const char *)request->body.at : "");
    }
    if (request->from >= 0) {
        char range[64];
        if (request->to >= 0)
            snprintf(range, sizeof range, "%" PRId64 "-%" PRId64, request->from, request->to);
        else
            snprintf(range, sizeof range, "%" PRId64 "-", request->from);
        curl_easy_setopt(curl, CURLOPT_RANGE, range);
    }
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[4096];
    if (!is_given(value))
        return true;
    int len = snprintf(line, sizeof line, "%s: %s", name, value);
    if (len < 0 || (size_t)len >= sizeof line || strpbrk(line, "\r\n") != NULL)
        return false;
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return false;
    *list = longer;
    return true;
}

static struct curl_slist *headers_of(const struct pst_fetch_request *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no 100-continue round trip */
    char bearer[2048] = "";
    if (is_given(request->bearer))
        snprintf(bearer, sizeof bearer, "Bearer %s", request->bearer);
    if (list != NULL && add_header(&list, "Authorization", bearer) &&
        add_header(&list, "Content-Type", request->content_type) &&
        add_header(&list, "Accept-Language", request->accept_language))
        return list;
    curl_slist_free_all(list);
    return NULL;
}

/* What each of curl's ends means here; the rest is "unreachable". */
static enum pst_code code_of(CURL *curl, CURLcode result)
{
    curl_off_t connected = 0;
    static const struct {
        CURLcode result;
        enum pst_code code;
    } rows[] = {
        {CURLE_OPERATION_TIMEDOUT, PST_NET_STALLED},  {CURLE_PARTIAL_FILE, PST_NET_TRUNCATED},
        {CURLE_RECV_ERROR, PST_NET_TRUNCATED},        {CURLE_GOT_NOTHING, PST_NET_TRUNCATED},
        {CURLE_SSL_CONNECT_ERROR, PST_NET_TLS},       {CURLE_PEER_FAILED_VERIFICATION, PST_NET_TLS},
        {CURLE_SSL_CERTPROBLEM, PST_NET_TLS},         {CURLE_SSL_CACERT_BADFILE, PST_NET_TLS},
        {CURLE_SSL_ISSUER_ERROR, PST_NET_TLS},        {CURLE_SSL_INVALIDCERTSTATUS, PST_NET_TLS},
        {CURLE_UNSUPPORTED_PROTOCOL, PST_NET_STATUS}, /* the answer is no HTTP */
        {CURLE_URL_MALFORMAT, PST_NET_FORBIDDEN},     {CURLE_OUT_OF_MEMORY, PST_NO_MEMORY},
        {CURLE_WEIRD_SERVER_REPLY, PST_NET_STATUS},
    };
    curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected);
    if (result == CURLE_OPERATION_TIMEDOUT && connected == 0)
        return PST_NET_UNREACHABLE; /* nobody took the call at all */
    for (size_t i = 0; i < PST_COUNT(rows); i++)
        if (rows[i].result == result)
            return rows[i].code;
    return PST_NET_UNREACHABLE;
}

static enum pst_code judge(struct transfer *transfer, CURLcode result, const char *words,
                           struct pst_report *why)
{
    const char *url = transfer->request->url;
    long status = 0;
    curl_off_t retry_after = 0;

    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    transfer->answer.status = (int)status;
    if (transfer->too_long)
        return pst_refuse(why, PST_TOO_LARGE,
                          pst_say("at most %" PRId64 " bytes", transfer->request->most_bytes),
                          pst_say("more from %s", url));
    if (transfer->refused)
        return pst_refuse(why, PST_NET_TRUNCATED, pst_say("all of %s", url),
                          pst_say("the reader stopped"));
    if (result != CURLE_OK && !transfer->enough)
        return pst_refuse(why, code_of(transfer->curl, result), pst_say("%s", url),
                          pst_say("%s", words[0] != '\0' ? words : curl_easy_strerror(result)));
    if (status >= 300 && status < 400 && status != 304)
        return pst_refuse(why, PST_NET_REDIRECT, pst_say("an answer from %s", url),
                          pst_say("HTTP %ld, a redirect", status));

    if (curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK &&
        retry_after > 0)
        transfer->answer.retry_after_s = (int64_t)retry_after;
    return PST_OK;
}

static enum pst_code fetch(void *context, const struct pst_fetch_request *request,
                           const struct pst_sink *sink, struct pst_fetch_answer *answer,
                           struct pst_report *why)
{
    struct pst_curl_transport *transport = context;
    char words[CURL_ERROR_SIZE] = "";
    struct transfer transfer = {.curl = transport->curl,
                                .request = request,
                                .sink = sink,
                                .unsent = request->body,
                                .answer = {.retry_after_s = -1, .range_size = -1}};

    enum pst_code rc = check_url(transport, request->url, why);
    if (rc != PST_OK)
        return rc;
    struct curl_slist *headers = headers_of(request);
    if (headers == NULL)
        return pst_no_memory(why, "the request's headers");

    curl_easy_reset(transport->curl); /* keeps live connections */
    set_safety(transport->curl, &transport->options);
    set_times(transport->curl, request);
    set_method(transport->curl, request);
    set_callbacks(&transfer);
    curl_easy_setopt(transport->curl, CURLOPT_URL, request->url);
    curl_easy_setopt(transport->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(transport->curl, CURLOPT_ERRORBUFFER, words);
    CURLcode result = curl_easy_perform(transport->curl);
    rc = judge(&transfer, result, words, why);
    curl_easy_setopt(transport->curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(headers);
    *answer = transfer.answer;
    return rc;
}

enum pst_code pst_curl_transport_new(const struct pst_curl_options *options,
                                     struct pst_curl_transport **out, struct pst_report *why)
{
    struct pst_curl_transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return pst_no_memory(why, "the HTTP client");
    transport->options = *options;
    transport->curl = curl_easy_init();
    if (transport->curl == NULL) {
        free(transport);
        return pst_no_memory(why, "the HTTP client");
    }
    *out = transport;
    return PST_OK;
}

void pst_curl_transport_free(struct pst_curl_transport *transport)
{
    if (transport == NULL)
        return;
    curl_easy_cleanup(transport->curl);
    free(transport);
}

struct pst_transport_port pst_curl_transport_port(struct pst_curl_transport *transport)
{
    return (struct pst_transport_port){.context = transport, .fetch = fetch};
}
