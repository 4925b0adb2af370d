/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - one conversation with posternd's operator interface.
 *
 * The token comes from --token-file or from POSTERN_TOKEN, never from the command line: other users
 * of the machine can read that.
 *
 * Memory   pst_client_close() wipes the token; answers are the caller's.
 * Errors   network.*, and the service's own findings as it sent them.
 */
#ifndef PST_SERVICE_CLI_CLIENT_H
#define PST_SERVICE_CLI_CLIENT_H

#include "agent/http/curl_transport.h"
#include "keys/digest.h"
#include "service/cli/cli.h"

struct pst_client {
    const struct pst_cli *cli;
    struct pst_curl_transport *curl;
    struct pst_transport_port transport;
    struct pst_secret token;
};

enum pst_code pst_client_open(const struct pst_cli *cli, struct pst_client *out,
                              struct pst_report *why) PST_MUST_CHECK;
void pst_client_close(struct pst_client *client);
static inline void pst_client_cleanup(struct pst_client *client)
{
    pst_client_close(client);
}

/* `path` begins with '/'. `body` empty: none. */
enum pst_code pst_client_call(struct pst_client *client, const char *method, const char *path,
                              struct pst_bytes body, struct pst_json **out, struct pst_report *why)
    PST_MUST_CHECK;
/* PUT of a file's content. */
enum pst_code pst_client_upload(struct pst_client *client, const char *path, int fd,
                                struct pst_json **out, struct pst_report *why) PST_MUST_CHECK;

#endif
