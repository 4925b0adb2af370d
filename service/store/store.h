/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - what the service remembers: one interface, so that a second backend can implement it.
 *
 *   reader   one per HTTP worker thread; read-only; short transactions
 *   writer   one for the whole service; owned by the writer thread (writer.h), which alone writes
 *
 * Every function is about the domain (a terminal, a rollout), never about SQL. Counters of a
 * rollout are kept with each change, not counted: status costs the same for ten terminals and ten
 * million. They count findings that stopped something; those that are merely noted are kept and
 * not counted.
 *
 * Units    instants in seconds UTC.
 * Memory   rows are values with fixed room; lists come through a callback, row by row.
 * Threads  one handle belongs to one thread at a time.
 * Errors   PST_SERVICE_STORE, PST_HOST_DISK_FULL, PST_SERVICE_NOT_FOUND, PST_SERVICE_CONFLICT,
 *          PST_HOST_STATE_NEWER (database of a newer service), PST_HOST_STATE (damaged).
 */
#ifndef PST_SERVICE_STORE_STORE_H
#define PST_SERVICE_STORE_STORE_H

#include "manifests/facts.h"
#include "manifests/messages.h"
#include "service/rollout/rollout.h"

enum { PST_STORE_JSON_MOST = 65536, PST_PAGE_MOST = 1000 };

enum pst_terminal_state {
    PST_TERMINAL_REGISTERED, /* an operator announced the serial; nobody enrolled yet */
    PST_TERMINAL_PENDING,    /* enrolled; waits for an operator */
    PST_TERMINAL_ACCEPTED,
    PST_TERMINAL_BLOCKED
};
const char *pst_terminal_state_name(enum pst_terminal_state state);

struct pst_terminal_row {
    char id[PST_ID_ROOM]; /* "t-" and 24 hex digits */
    char serial[PST_NAME_ROOM], product[PST_NAME_ROOM], group[PST_TAG_ROOM];
    enum pst_terminal_state state;
    uint8_t code_sha256[32]; /* of the one-time code; zero when used or never given */
    bool has_key;
    char keytype[PST_NAME_ROOM], scheme[PST_NAME_ROOM], public_part[PST_PUBLIC_KEY_ROOM];
    uint8_t key_fingerprint[32];
    int64_t registered_s, last_seen_s; /* 0: never */
    int64_t assignment_sequence, report_sequence;
    bool has_facts;
    struct pst_facts facts;     /* of the last check-in */
    enum pst_progress progress; /* of the last report */
    char rollout[PST_ID_ROOM];  /* of the last report; "" none */
};

struct pst_release_row {
    char product[PST_NAME_ROOM];
    struct pst_version version;
    int64_t sequence, published_s;
    char manifest[PST_TEXT_ROOM];
    uint8_t manifest_sha256[32];
    int64_t full_bytes; /* smallest full source of all components */
    char deltas[2048];  /* JSON array [{"base","bytes"}] */
};

struct pst_token_row {
    char id[PST_ID_ROOM], name[PST_NAME_ROOM], role[PST_NAME_ROOM]; /* viewer, operator, admin */
    uint8_t secret_sha256[32];
    int64_t created_s, expires_s;
};

struct pst_outcome_row { /* one terminal in one rollout */
    char terminal[PST_ID_ROOM], serial[PST_NAME_ROOM], rollout[PST_ID_ROOM];
    enum pst_progress progress;
    char source[PST_NAME_ROOM];
    int64_t fetched_bytes, at_s;
    struct pst_report findings;
};

struct pst_count_row {
    char key[PST_NAME_ROOM]; /* a progress name, or a finding's code */
    int64_t count;
};

struct pst_terminal_query {
    /* Cursor: the last id of the page before, "" from the beginning; pages are in the order in
     * which terminals became known. PST_SERVICE_BAD_REQUEST for an id that nobody has. */
    char after[PST_ID_ROOM];
    int64_t limit; /* 1..PST_PAGE_MOST */
    char product[PST_NAME_ROOM], progress[PST_NAME_ROOM], finding[PST_NAME_ROOM],
        serial[PST_NAME_ROOM];
};

/* Answering false ends a listing early. The row is valid during the call only. */
typedef bool pst_row_fn(void *context, const void *row);

struct pst_store; /* one handle of one backend */

struct pst_store_ops {
    /* Reading. PST_SERVICE_NOT_FOUND, without a finding, when there is no such row. */
    enum pst_code (*terminal)(struct pst_store *, const char *id, struct pst_terminal_row *,
                              struct pst_report *);
    enum pst_code (*terminal_by_serial)(struct pst_store *, const char *product, const char *serial,
                                        struct pst_terminal_row *, struct pst_report *);
    enum pst_code (*terminal_by_key)(struct pst_store *, const uint8_t fingerprint[32],
                                     struct pst_terminal_row *, struct pst_report *);
    enum pst_code (*terminals)(struct pst_store *, const struct pst_terminal_query *, pst_row_fn *,
                               void *context,
                               struct pst_report *); /* rows: struct pst_terminal_row */
    enum pst_code (*last_report)(struct pst_store *, const char *terminal,
                                 struct pst_terminal_report *, struct pst_report *);
    enum pst_code (*rollout)(struct pst_store *, const char *id, struct pst_rollout_row *,
                             struct pst_report *);
    enum pst_code (*rollouts)(struct pst_store *, const char *product_or_null, pst_row_fn *,
                              void *context, struct pst_report *); /* newest first */
    enum pst_code (*rollout_counts)(struct pst_store *, const char *id, bool by_finding,
                                    pst_row_fn *, void *context,
                                    struct pst_report *); /* struct pst_count_row, largest first */
    enum pst_code (*outcomes)(struct pst_store *, const char *rollout, const char *after_terminal,
                              int64_t limit, pst_row_fn *, void *context, struct pst_report *);
    enum pst_code (*release)(struct pst_store *, const char *product, const struct pst_version *,
                             struct pst_release_row *, struct pst_report *);
    enum pst_code (*releases)(struct pst_store *, const char *product_or_null, pst_row_fn *,
                              void *context, struct pst_report *);
    enum pst_code (*products)(struct pst_store *, pst_row_fn *, void *context,
                              struct pst_report *); /* count rows: terminals */
    enum pst_code (*token)(struct pst_store *, const char *id, struct pst_token_row *,
                           struct pst_report *);

    /* Writing: only on the writer's handle, inside begin .. commit. */
    enum pst_code (*begin)(struct pst_store *, struct pst_report *);
    enum pst_code (*savepoint)(struct pst_store *, struct pst_report *);
    enum pst_code (*release_savepoint)(struct pst_store *, bool keep, struct pst_report *);
    enum pst_code (*commit)(struct pst_store *, struct pst_report *);
    void (*abandon)(struct pst_store *);
    /* Inserts or replaces who the terminal is. Last seen, sequences, facts, progress and rollout
     * stay as check-ins and reports left them, so a row read before cannot undo what came since.
     * PST_SERVICE_CONFLICT when the serial (of the product) or the key is another terminal's. */
    enum pst_code (*put_terminal)(struct pst_store *, const struct pst_terminal_row *,
                                  struct pst_report *);
    /* Facts, last seen and assignment sequence of a check-in; the latter two never go back. */
    enum pst_code (*put_checkin)(struct pst_store *, const char *terminal, const struct pst_facts *,
                                 int64_t seen_s, int64_t assignment_sequence, struct pst_report *);
    /* Stores a report, the terminal's outcome in its rollout and moves the counters; *fresh is
     * false, and nothing changes, when its sequence is not above the last one. A rollout that is
     * not known, or is another product's, counts nowhere; the report is kept all the same. */
    enum pst_code (*put_report)(struct pst_store *, const struct pst_terminal_report *, bool *fresh,
                                struct pst_report *);
    /* Inserts or replaces; PST_SERVICE_CONFLICT unless the revision is above the stored one. */
    enum pst_code (*put_rollout)(struct pst_store *, const struct pst_rollout_row *,
                                 struct pst_report *);
    /* Inserts or replaces; PST_SERVICE_CONFLICT for a manifest sequence below the stored one. */
    enum pst_code (*put_release)(struct pst_store *, const struct pst_release_row *,
                                 struct pst_report *);
    enum pst_code (*put_token)(struct pst_store *, const struct pst_token_row *,
                               struct pst_report *);
    /* Housekeeping between batches: moves the log into the database. Never inside a transaction. */
    enum pst_code (*checkpoint)(struct pst_store *, bool idle, struct pst_report *);

    void (*close)(struct pst_store *);
};

/* Each backend's handle begins with this. */
struct pst_store {
    const struct pst_store_ops *ops;
};

/* Knows how to open handles on one database; the backend's own. */
struct pst_store_backend {
    void *context;
    enum pst_code (*open_writer)(void *context, struct pst_store **out,
                                 struct pst_report *why); /* migrates */
    enum pst_code (*open_reader)(void *context, struct pst_store **out, struct pst_report *why);
    void (*free)(void *context);
};

#endif
