/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messages.h - what the service and a terminal say to each other.
 *
 *     enrol       terminal -> service   signed by the terminal's new key: proof that it holds it
 *     assignment  service -> terminal   signed by the key that targets delegates "assignments" to;
 *                                       also when there is nothing to do, and always with the
 *                                       terminal's nonce: so it is signed time as well
 *     report      terminal -> service   signed by the terminal's key, numbered, idempotent
 *
 * Each travels in an envelope (envelope.h); these functions read and write its body. Printing adds
 * canonical JSON, ready to be signed.
 *
 * The formats are closed, as the release manifest's is. Schemas:
 * manifests/schema/{enrol,assignment,report}.schema.json. What printing writes, parsing reads;
 * what parsing would refuse is not written.
 *
 * Memory   values only.
 * Threads  pure functions.
 * Errors   those of fields.h; PST_INCONSISTENT for an assignment that ends before it begins;
 *          PST_METADATA_FORMAT_UNKNOWN, alone, for another format.
 */
#ifndef PST_MANIFESTS_MESSAGES_H
#define PST_MANIFESTS_MESSAGES_H

#include "manifests/facts.h"

#define PST_ENROL_FORMAT      "postern.enrol/1"
#define PST_ASSIGNMENT_FORMAT "postern.assignment/1"
#define PST_REPORT_FORMAT     "postern.report/1"

enum { PST_NONCE_ROOM = 65, PST_PUBLIC_KEY_ROOM = 1024, PST_TEXT_ROOM = 256 };

struct pst_enrol {
    char serial[PST_NAME_ROOM];
    char product[PST_NAME_ROOM];
    char keytype[PST_NAME_ROOM], scheme[PST_NAME_ROOM];
    char public_part[PST_PUBLIC_KEY_ROOM]; /* as in TUF's keyval: hex, or PEM with its line feeds */
    char code[PST_NAME_ROOM];              /* one-time code; "" when the policy needs none */
};

struct pst_assignment {
    char terminal[PST_NAME_ROOM]; /* the service's id of the terminal, as given when it enrolled */
    char nonce[PST_NONCE_ROOM];   /* what the terminal sent with the check-in: printable text */
    int64_t issued_s, expires_s;  /* it may be acted upon while issued_s <= now < expires_s */
    int64_t sequence;             /* grows with every assignment of this terminal */
    /* The order; empty when there is nothing to do. */
    bool has_order;
    char rollout[PST_NAME_ROOM];
    char product[PST_NAME_ROOM];
    struct pst_version version;
    char manifest[PST_TEXT_ROOM]; /* target path: pst_release_path() of product and version */
    bool downgrade;               /* an operator asked for an older version on purpose */
};

enum pst_progress {
    PST_PROGRESS_IDLE,
    PST_PROGRESS_FETCHING,
    PST_PROGRESS_STAGED,
    PST_PROGRESS_TRIAL,
    PST_PROGRESS_CONFIRMED,
    PST_PROGRESS_REVERTED,
    PST_PROGRESS_REFUSED,
    PST_PROGRESS_DEFERRED,
    PST_PROGRESS_FAILED
};
const char *pst_progress_name(enum pst_progress progress); /* "idle", "fetching", ... */
bool pst_progress_parse(struct pst_text name, enum pst_progress *out);

struct pst_terminal_report {
    char terminal[PST_NAME_ROOM];
    int64_t sequence; /* grows with each report of this terminal; sent again with the same number */
    int64_t at_s;     /* the terminal's best time */
    char rollout[PST_NAME_ROOM]; /* "" when no assignment led to it */
    char product[PST_NAME_ROOM];
    struct pst_version version; /* the release concerned; unset when none */
    enum pst_progress progress;
    char source[PST_NAME_ROOM]; /* "full", "delta"; "" when nothing was fetched */
    int64_t fetched_bytes;
    struct pst_report findings;
};

enum pst_code pst_enrol_parse(const struct pst_json *body, struct pst_enrol *out,
                              struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_enrol_print(const struct pst_enrol *enrol, struct pst_buf *out,
                              struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_assignment_parse(const struct pst_json *body, struct pst_assignment *out,
                                   struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_assignment_print(const struct pst_assignment *assignment, struct pst_buf *out,
                                   struct pst_report *why) PST_MUST_CHECK;
enum pst_code pst_terminal_report_parse(const struct pst_json *body,
                                        struct pst_terminal_report *out, struct pst_report *why)
    PST_MUST_CHECK;
enum pst_code pst_terminal_report_print(const struct pst_terminal_report *report,
                                        struct pst_buf *out, struct pst_report *why) PST_MUST_CHECK;

#endif
