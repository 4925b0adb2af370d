/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/trust/sources.h"

#include <stdio.h>

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("_.-~", c) != NULL;
}

bool pst_url_encode(struct pst_text text, bool keep_slash, char *out, size_t room)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool plain = c != '\0' && (is_unreserved(c) || (keep_slash && c == '/'));
        if (len + (plain ? 1 : 3) >= room)
            return false;
        if (plain) {
            out[len++] = (char)c;
        } else {
            out[len++] = '%';
            out[len++] = digits[c >> 4];
            out[len++] = digits[c & 15];
        }
    }
    if (room == 0)
        return false;
    out[len] = '\0';
    return true;
}

static bool take_into_buffer(void *context, struct pst_bytes piece)
{
    return pst_buf_add(context, piece.at, piece.len);
}

enum pst_code pst_fetch_into(const struct pst_transport_port *transport,
                             const struct pst_fetch_request *request, struct pst_buf *out,
                             struct pst_fetch_answer *answer, struct pst_report *why)
{
    struct pst_sink sink = {out, take_into_buffer};
    size_t before = why != NULL ? why->count : 0;

    enum pst_code rc = transport->fetch(transport->context, request, &sink, answer, why);
    if (rc == PST_OK || !out->starved)
        return rc;
    if (why != NULL)
        why->count = before;
    return pst_no_memory(why, "an answer");
}

/* What an HTTP status means for a file that ought to be there. */
static enum pst_code judge_status(const char *url, const struct pst_fetch_answer *answer,
                                  struct pst_report *why)
{
    if (answer->status == 200)
        return PST_OK;
    if (answer->status == 404 || answer->status == 403)
        return pst_refuse(why, PST_METADATA_MISSING, pst_say("%s", url),
                          pst_say("HTTP %d", answer->status));
    if (answer->status == 503)
        return pst_refuse(
            why, PST_SERVICE_MAINTENANCE, pst_say("%s", url),
            pst_say("HTTP 503, again in %jd s",
                    (intmax_t)(answer->retry_after_s < 0 ? 0 : answer->retry_after_s)));
    if (answer->status == 511)
        return pst_refuse(why, PST_NET_CAPTIVE, pst_say("%s", url), pst_say("HTTP 511"));
    return pst_refuse(why, PST_NET_STATUS, pst_say("HTTP 200 for %s", url),
                      pst_say("HTTP %d", answer->status));
}

enum pst_code pst_fetch_small(const struct pst_transport_port *transport,
                              const struct pst_fetch_limits *limits, const char *url,
                              size_t most_bytes, struct pst_buf *out, struct pst_report *why)
{
    struct pst_fetch_request request = {.method = "GET",
                                        .url = url,
                                        .body_fd = -1,
                                        .from = -1,
                                        .to = -1,
                                        .most_bytes = (int64_t)most_bytes,
                                        .connect_ms = limits->connect_ms,
                                        .stall_ms = limits->stall_ms,
                                        .whole_ms = limits->whole_ms};
    struct pst_fetch_answer answer = {0};
    size_t before = out->len;

    enum pst_code rc = pst_fetch_into(transport, &request, out, &answer, why);
    if (rc == PST_OK)
        rc = judge_status(url, &answer, why);
    /* A portal answers 200 with its own page; no file of a repository is HTML. */
    if (rc == PST_OK && strncmp(answer.content_type, "text/html", 9) == 0)
        rc = pst_refuse(why, PST_NET_CAPTIVE, pst_say("the file %s", url), pst_say("a web page"));
    if (rc != PST_OK)
        out->len = before;
    return rc;
}
