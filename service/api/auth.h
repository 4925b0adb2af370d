/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.h - who calls, and may they: operators' tokens, terminals' tokens and challenges.
 *
 *     operators   "pst_<16 hex>_<64 hex>": id and secret. The store keeps its SHA-256 only.
 *     terminals   "postern-token.<terminal>.<expiry>.<nonce>.<mac>": an HMAC of the service's own
 *                 secret over all before it; nothing is stored or looked up. Challenges likewise,
 *                 with another first word, so that one never passes for the other.
 *
 * Every way of being wrong - no such token, another secret, expired, broken - is one answer.
 *
 * Threads  pure but for the reader given.
 * Errors   PST_SERVICE_UNAUTHORIZED (who is it?), PST_SERVICE_FORBIDDEN (known, but may not),
 *          PST_HOST_CRYPTO, PST_SERVICE_STORE.
 */
#ifndef PST_SERVICE_API_AUTH_H
#define PST_SERVICE_API_AUTH_H

#include "keys/digest.h"
#include "service/store/store.h"

/* Each operator's role includes those before it. */
enum pst_access {
    PST_ACCESS_NONE,
    PST_ACCESS_TERMINAL,
    PST_ACCESS_VIEWER,
    PST_ACCESS_OPERATOR,
    PST_ACCESS_ADMIN
};
const char *pst_access_name(enum pst_access access);
/* "viewer", "operator", "admin"; false on anything else. */
bool pst_operator_role_parse(struct pst_text name, enum pst_access *out);

struct pst_caller {
    enum pst_access access;
    char id[PST_ID_ROOM];     /* of the terminal or of the token */
    char name[PST_NAME_ROOM]; /* the token's; "" for terminals */
};

/* Operators: finds the token and compares; `needed` is VIEWER or above. */
enum pst_code pst_auth_operator(struct pst_store *reader, struct pst_text authorization,
                                enum pst_access needed, int64_t now_s, struct pst_caller *out,
                                struct pst_report *why) PST_MUST_CHECK;
/* Terminals: checks the token's HMAC and time; whether it is accepted is for the handler. */
enum pst_code pst_auth_terminal(struct pst_bytes secret, struct pst_text authorization,
                                int64_t now_s, struct pst_caller *out, struct pst_report *why)
    PST_MUST_CHECK;

/* A new operator's token: the row to store and the text to show once. */
enum { PST_OPERATOR_TOKEN_ROOM = 112 };
enum pst_code pst_operator_token_new(const char *name, enum pst_access role, int64_t now_s,
                                     int64_t expires_s, struct pst_token_row *row,
                                     char text[PST_OPERATOR_TOKEN_ROOM], struct pst_report *why)
    PST_MUST_CHECK;

/* Tickets: challenges and terminals' tokens. */
enum pst_ticket { PST_TICKET_CHALLENGE, PST_TICKET_TOKEN };
enum { PST_TICKET_ROOM = 256 };
enum pst_code pst_ticket_new(struct pst_bytes secret, enum pst_ticket kind, const char *terminal,
                             int64_t expires_s, char out[PST_TICKET_ROOM], struct pst_report *why)
    PST_MUST_CHECK;
/* PST_SERVICE_UNAUTHORIZED without a finding when it is not ours or too old. */
enum pst_code pst_ticket_check(struct pst_bytes secret, enum pst_ticket kind, struct pst_text text,
                               int64_t now_s, char terminal[PST_ID_ROOM], struct pst_report *why)
    PST_MUST_CHECK;

#endif
