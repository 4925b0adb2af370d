/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cli/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "manifests/file.h"
#include "manifests/json_out.h"

enum { ANSWER_BYTES = 8 << 20, URL_ROOM = 2048 };

/* Only what can stand in a header. */
static bool is_visible(struct pst_text token)
{
    for (size_t i = 0; i < token.len; i++)
        if (token.at[i] <= ' ' || token.at[i] > '~')
            return false;
    return true;
}

static enum pst_code read_token(const struct pst_cli *cli, struct pst_secret *out,
                                struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(sizeof out->at - 1);
    const char *given = getenv("POSTERN_TOKEN");
    struct pst_text token = pst_text(given);
    PST_WITHIN(why, "token");

    if (cli->token_file != NULL) {
        enum pst_code rc = pst_file_read(cli->token_file, &bytes, why);
        if (rc != PST_OK)
            return rc;
        token = pst_buf_text(&bytes);
        while (token.len > 0 && (unsigned char)token.at[token.len - 1] <= ' ')
            token.len--;
    }
    if (token.len == 0 || token.len >= sizeof out->at)
        return pst_refuse(why, PST_SERVICE_UNAUTHORIZED,
                          pst_say("--token-file FILE or POSTERN_TOKEN"),
                          pst_say("%s", token.len == 0 ? "neither" : "something too long"));
    if (!is_visible(token))
        return pst_refuse(
            why, PST_SERVICE_UNAUTHORIZED, pst_say("a token of visible characters"),
            pst_say("others in %s", cli->token_file != NULL ? cli->token_file : "POSTERN_TOKEN"));
    memcpy(out->at, token.at, token.len);
    out->at[token.len] = '\0';
    out->len = token.len;
    return PST_OK;
}

enum pst_code pst_client_open(const struct pst_cli *cli, struct pst_client *out,
                              struct pst_report *why)
{
    struct pst_curl_options options = {.ca_file = cli->ca};
    struct pst_client client = {.cli = cli};

    if (cli->service == NULL)
        return pst_refuse(why, PST_USAGE, pst_say("--service URL or POSTERN_SERVICE"),
                          pst_say("neither"));
    enum pst_code rc = read_token(cli, &client.token, why);
    if (rc == PST_OK)
        rc = pst_curl_begin(why);
    if (rc == PST_OK)
        rc = pst_curl_transport_new(&options, &client.curl, why);
    if (rc != PST_OK) {
        pst_secret_clear(&client.token);
        return rc;
    }
    client.transport = pst_curl_transport_port(client.curl);
    *out = client;
    return PST_OK;
}

void pst_client_close(struct pst_client *client)
{
    pst_curl_transport_free(client->curl);
    pst_secret_clear(&client->token);
    client->curl = NULL;
}

static bool take_into_buffer(void *context, struct pst_bytes piece)
{
    return pst_buf_add(context, piece.at, piece.len);
}

/* The service explains itself: its findings are ours. */
static enum pst_code refuse_answer(const char *url, int status, struct pst_bytes body,
                                   struct pst_report *why)
{
    PST_CLEANUP(pst_json) struct pst_json *problem = NULL;
    PST_CLEANUP(pst_heap) struct pst_report *told = calloc(1, sizeof *told);

    if (told != NULL && pst_json_parse(body, &pst_json_large, &problem, NULL) == PST_OK &&
        pst_json_member(problem, "findings") != NULL &&
        pst_findings_parse(pst_json_member(problem, "findings"), told, NULL) == PST_OK &&
        pst_report_verdict(told) != PST_OK) {
        pst_report_append(why, told, false);
        return pst_report_verdict(told);
    }
    return pst_refuse(why, status == 401 ? PST_SERVICE_UNAUTHORIZED : PST_NET_STATUS,
                      pst_say("an answer from %s", url), pst_say("HTTP %d", status));
}

static enum pst_code exchange(struct pst_client *client, const char *method, const char *path,
                              struct pst_bytes body, int fd, struct pst_json **out,
                              struct pst_report *why)
{
    PST_CLEANUP(pst_buf) struct pst_buf bytes = pst_buf(ANSWER_BYTES);
    struct pst_fetch_answer answer = {0};
    struct pst_sink sink = {&bytes, take_into_buffer};
    char url[URL_ROOM];

    int len = snprintf(url, sizeof url, "%s%s", client->cli->service, path);
    if (len < 0 || (size_t)len >= sizeof url)
        return pst_refuse(why, PST_USAGE, pst_say("a shorter URL"),
                          pst_say("'%s'", client->cli->service));
    struct pst_fetch_request request = {.method = method,
                                        .url = url,
                                        .body = body,
                                        .body_fd = fd,
                                        .content_type = fd >= 0 ? "application/octet-stream"
                                                                : "application/json",
                                        .bearer = client->token.at,
                                        .accept_language = pst_language_tag(client->cli->language),
                                        .from = -1,
                                        .to = -1,
                                        .most_bytes = ANSWER_BYTES,
                                        .connect_ms = 15000,
                                        .stall_ms = 60000};
    enum pst_code rc =
        client->transport.fetch(client->transport.context, &request, &sink, &answer, why);
    if (rc != PST_OK)
        return rc;
    if (answer.status < 200 || answer.status > 299)
        return refuse_answer(url, answer.status, pst_buf_bytes(&bytes), why);
    return pst_json_parse(pst_buf_bytes(&bytes), &pst_json_large, out, why);
}

enum pst_code pst_client_call(struct pst_client *client, const char *method, const char *path,
                              struct pst_bytes body, struct pst_json **out, struct pst_report *why)
{
    return exchange(client, method, path, body, -1, out, why);
}

enum pst_code pst_client_upload(struct pst_client *client, const char *path, int fd,
                                struct pst_json **out, struct pst_report *why)
{
    return exchange(client, "PUT", path, (struct pst_bytes){NULL, 0}, fd, out, why);
}
